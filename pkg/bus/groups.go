package bus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/segmentio/kafka-go"
)

// Group is what Kafka knows of a consumer group.
type Group struct {
	// State is Kafka's word: "Stable", "Empty" (no members, offsets are kept),
	// "PreparingRebalance", "CompletingRebalance", "Dead" (there is no such group).
	State   string
	Members []Member
}

// Member is one process, or part of one, in a group.
type Member struct {
	ID, Client, Host string
	Partitions       map[string][]int // by topic, without the namespace
}

// Group describes a group.
func (b *Bus) Group(ctx context.Context, group string) (Group, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var r *kafka.DescribeGroupsResponse
	err := patiently(ctx, func() (err error) {
		if r, err = b.client.DescribeGroups(ctx, &kafka.DescribeGroupsRequest{GroupIDs: []string{b.ns.Name(group)}}); err == nil && len(r.Groups) == 1 && passing(r.Groups[0].Error) {
			err = r.Groups[0].Error
		}
		return err
	})
	switch {
	case err != nil:
		return Group{}, fmt.Errorf("describe group %s: %w", group, err)
	case len(r.Groups) != 1:
		return Group{}, fmt.Errorf("describe group %s: Kafka answered with %d groups", group, len(r.Groups))
	case errors.Is(r.Groups[0].Error, kafka.GroupIdNotFound):
		return Group{State: "Dead"}, nil
	case r.Groups[0].Error != nil:
		return Group{}, fmt.Errorf("describe group %s: %w", group, r.Groups[0].Error)
	}
	g := Group{State: r.Groups[0].GroupState}
	for _, m := range r.Groups[0].Members {
		member := Member{ID: m.MemberID, Client: m.ClientID, Host: strings.TrimPrefix(m.ClientHost, "/"), Partitions: map[string][]int{}}
		for _, t := range m.MemberAssignments.Topics {
			name := strings.TrimPrefix(t.Topic, b.ns.Name(""))
			ps := slices.Clone(t.Partitions)
			slices.Sort(ps)
			member.Partitions[name] = ps
		}
		g.Members = append(g.Members, member)
	}
	return g, nil
}

// patiently repeats a call that fails for what passes: kafka-go gives up on
// metadata that is slower than our [metadataTTL], and then knows no broker, and
// a coordinator moves or loads.
func patiently(ctx context.Context, call func() error) error {
	for {
		err := call()
		if !passing(err) || !sleep(ctx, ensurePause) {
			return err
		}
	}
}

func passing(err error) bool {
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return true
	}
	for _, e := range []kafka.Error{kafka.BrokerNotAvailable, kafka.GroupCoordinatorNotAvailable, kafka.NotCoordinatorForGroup, kafka.GroupLoadInProgress} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Committed gives what a group has finished of a topic: by partition the offset
// of the next message. Partitions of which it has committed nothing are missing.
func (b *Bus) Committed(ctx context.Context, group, name string) (map[int]int64, error) {
	partitions, err := b.partitions(ctx, name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	full := b.ns.Name(name)
	var r *kafka.OffsetFetchResponse
	err = patiently(ctx, func() (err error) {
		if r, err = b.client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: b.ns.Name(group), Topics: map[string][]int{full: partitions}}); err == nil {
			err = r.Error
		}
		return err
	})
	switch {
	case errors.Is(err, kafka.GroupIdNotFound):
		return map[int]int64{}, nil
	case err != nil:
		return nil, fmt.Errorf("offsets of group %s: %w", group, err)
	}
	at := map[int]int64{}
	for _, p := range r.Topics[full] {
		if p.Error != nil {
			return nil, fmt.Errorf("offsets of group %s, topic %s, partition %d: %w", group, name, p.Partition, p.Error)
		}
		if p.CommittedOffset >= 0 {
			at[p.Partition] = p.CommittedOffset
		}
	}
	return at, nil
}

// ErrHasMembers says that a group's offsets belong to its members.
var ErrHasMembers = errors.New("the group has members")

// SetOffsets moves a group to these offsets of a topic, by partition. The group
// must have no members, else it is [ErrHasMembers]. Offsets are taken as they
// are: whoever asks knows the log's extent.
func (b *Bus) SetOffsets(ctx context.Context, group, name string, to map[int]int64) error {
	g, err := b.Group(ctx, group)
	if err != nil {
		return err
	}
	if len(g.Members) > 0 {
		return fmt.Errorf("set offsets of group %s: %w", group, ErrHasMembers)
	}
	full := b.ns.Name(name)
	commits := make([]kafka.OffsetCommit, 0, len(to))
	for p, o := range to {
		commits = append(commits, kafka.OffsetCommit{Partition: p, Offset: o})
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	// Kafka itself refuses a commit without a generation while there are members.
	r, err := b.client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
		GroupID: b.ns.Name(group), GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{full: commits},
	})
	if err != nil {
		return fmt.Errorf("set offsets of group %s: %w", group, err)
	}
	var errs []error
	for _, p := range r.Topics[full] {
		switch {
		case errors.Is(p.Error, kafka.UnknownMemberId):
			errs = append(errs, fmt.Errorf("set offset of group %s, %s/%d: %w", group, name, p.Partition, ErrHasMembers))
		case p.Error != nil:
			errs = append(errs, fmt.Errorf("set offset of group %s, %s/%d: %w", group, name, p.Partition, p.Error))
		}
	}
	return errors.Join(errs...)
}
