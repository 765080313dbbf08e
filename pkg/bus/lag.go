package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// Lag gives by topic how many messages the group has not finished: from the
// committed offset, or the log's start if there is none, to the log's end.
func (b *Bus) Lag(ctx context.Context, group string, names ...string) (map[string]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	full := make([]string, len(names))
	for i, n := range names {
		full[i] = b.ns.Name(n)
	}
	md, err := b.metadata(ctx, full)
	if err != nil {
		return nil, err
	}
	ask := map[string][]int{}
	for i, n := range names {
		t, ok := md[full[i]]
		if !ok || t.Error != nil {
			return nil, fmt.Errorf("topic %s: %w", n, errOr(t.Error, kafka.UnknownTopicOrPartition))
		}
		for _, p := range t.Partitions {
			ask[full[i]] = append(ask[full[i]], p.ID)
		}
	}
	r, err := b.client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: b.ns.Name(group), Topics: ask})
	if err == nil {
		err = r.Error
	}
	// A group that never committed: some brokers say so, others give no offsets.
	if errors.Is(err, kafka.GroupIdNotFound) {
		r, err = &kafka.OffsetFetchResponse{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("offsets of group %s: %w", group, err)
	}
	lag := make(map[string]int64, len(names))
	for i, n := range names {
		first, end, err := b.bounds(ctx, full[i], ask[full[i]])
		if err != nil {
			return nil, err
		}
		at := map[int]int64{}
		for _, p := range r.Topics[full[i]] {
			if p.Error != nil {
				return nil, fmt.Errorf("offsets of group %s, topic %s, partition %d: %w", group, n, p.Partition, p.Error)
			}
			at[p.Partition] = p.CommittedOffset
		}
		lag[n] = 0
		for _, p := range ask[full[i]] {
			from, ok := at[p]
			if !ok || from < first[p] {
				from = first[p]
			}
			lag[n] += max(end[p]-from, 0)
		}
	}
	return lag, nil
}

func errOr(err, or error) error {
	if err != nil {
		return err
	}
	return or
}
