package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

const (
	// ensureTimeout is how long Kafka may take until topics can be used, for
	// those who don't wait as long as it takes.
	ensureTimeout = 30 * time.Second
	ensurePause   = 50 * time.Millisecond
)

// EnsureTopics creates those of the topics that are missing, as the topology
// has them, and waits until they can be used, by this bus's own producers, too;
// but not for long. Existing ones are never changed: where they differ from the
// topology, a warning is logged. An error that waiting can't mend is marked by
// [stage.Permanent].
func (b *Bus) EnsureTopics(ctx context.Context, names ...string) error {
	ctx, cancel := context.WithTimeout(ctx, ensureTimeout)
	defer cancel()
	for {
		err := b.TryTopics(ctx, names...)
		if err == nil || stage.IsPermanent(err) {
			return err
		}
		if !sleep(ctx, ensurePause) {
			return errors.Join(err, ctx.Err(), b.transport.lasting())
		}
	}
}

// TryTopics does what [Bus.EnsureTopics] does, without waiting: an error that
// is not permanent says why the topics can't be used yet.
func (b *Bus) TryTopics(ctx context.Context, names ...string) error {
	want := make([]topic.Topic, len(names))
	for i, n := range names {
		t, err := topic.ByName(n)
		if err != nil {
			return stage.Permanent(err)
		}
		want[i] = t
	}
	err := b.tryTopics(ctx, want)
	if err == nil {
		b.warn(ctx, names)
		return nil
	}
	return b.judge(fmt.Errorf("can't set up topics: %w", err))
}

// tryTopics asks every broker itself: the transport's cache may be of a time
// before a topic was deleted, and partitions of a deleted topic may answer a
// moment longer than others. Once all brokers know the same topics, a cache that
// begins anew can't fall behind that.
func (b *Bus) tryTopics(ctx context.Context, want []topic.Topic) error {
	partitions, missing, err := b.known(ctx, want)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		if err := b.create(ctx, missing); err != nil {
			return err
		}
		// Whoever may create a topic may not see it, perhaps.
		if partitions, missing, err = b.known(ctx, want); err != nil {
			return err
		}
		if len(missing) > 0 {
			return fmt.Errorf("topic %s is not there yet", missing[0].Name)
		}
	}
	b.transport.CloseIdleConnections()
	full := slices.Collect(maps.Keys(partitions))
	md, err := b.metadata(ctx, full)
	if err != nil {
		return err
	}
	for _, name := range full {
		if t := md[name]; t.Error != nil || len(t.Partitions) != len(partitions[name]) {
			return fmt.Errorf("topic %s has %d of %d partitions yet: %w", name, len(t.Partitions), len(partitions[name]), errOr(t.Error, kafka.LeaderNotAvailable))
		}
	}
	// The metadata names leaders that don't know it yet, perhaps.
	return b.led(ctx, partitions)
}

// known gives the partitions of topics, by full name, if every broker knows the
// same ones and all have leaders. missing are those that the first broker asked
// doesn't know; then the others aren't asked.
func (b *Bus) known(ctx context.Context, want []topic.Topic) (partitions map[string][]int, missing []topic.Topic, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	full := make([]string, len(want))
	for i, t := range want {
		full[i] = b.ns.Name(t.Name)
	}
	first, err := b.describe(ctx, full)
	if err != nil {
		return nil, nil, err
	}
	for i, t := range want {
		switch d := first.topics[full[i]]; {
		case !d.there, errors.Is(d.err, kafka.TopicAuthorizationFailed): // whether it may be created says more
			missing = append(missing, t)
		case d.err != nil:
			return nil, nil, fmt.Errorf("topic %s: %w", t.Name, d.err)
		}
	}
	if len(missing) > 0 {
		return nil, missing, nil
	}
	partitions = map[string][]int{}
	for _, addr := range first.brokers {
		at, err := b.describeFrom(ctx, addr, full)
		if err != nil {
			return nil, nil, err
		}
		for _, name := range full {
			d := at.topics[name]
			if !d.there || first.topics[name].id.other(d.id) {
				return nil, nil, fmt.Errorf("topic %s: broker %s doesn't know it yet", name, addr)
			}
			if err := errors.Join(d.err, d.unled); err != nil {
				return nil, nil, fmt.Errorf("topic %s: %w", name, err)
			}
			partitions[name] = d.partitions
		}
	}
	return partitions, nil, nil
}

// led asks the leader of every partition, as a consumer will. Topics go by
// their full names.
func (b *Bus) led(ctx context.Context, partitions map[string][]int) error {
	for full, ids := range partitions {
		if _, err := b.offsets(ctx, full, ids, kafka.FirstOffset); err != nil {
			return err
		}
	}
	return nil
}

// judge marks err as permanent if waiting can't mend it.
func (b *Bus) judge(err error) error {
	if err = b.explain(err); surelyRefused(err) || fatal(err) {
		return stage.Permanent(err)
	}
	return err
}

// fatal tells errors that won't go away by waiting. Too few brokers for the
// replication are not among them: after a power failure they come one by one.
func fatal(err error) bool {
	for _, e := range []kafka.Error{
		kafka.TopicAuthorizationFailed, kafka.ClusterAuthorizationFailed, kafka.InvalidTopic, kafka.PolicyViolation,
		kafka.InvalidConfiguration, kafka.InvalidPartitionNumber,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// metadata gives what the transport's cache has of topics, by their full names;
// nil: of all. One that the cache lacks may have been created since: it is
// missing only if a broker says so, too.
func (b *Bus) metadata(ctx context.Context, full []string) (map[string]kafka.Topic, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	ts, err := b.cached(ctx, full)
	if err != nil || len(unknown(ts)) == 0 {
		return ts, err
	}
	now, err := b.describe(ctx, unknown(ts))
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	created := func(name string) bool { return now.topics[name].there && now.topics[name].err == nil }
	for slices.ContainsFunc(unknown(ts), created) {
		if sleep(ctx, metadataTTL/4); ctx.Err() != nil {
			return nil, fmt.Errorf("metadata: waiting for what a broker has already: %w", ctx.Err())
		}
		if ts, err = b.cached(ctx, full); err != nil {
			return nil, err
		}
	}
	return ts, nil
}

// cached is what the transport's cache has, as metadata gives it.
func (b *Bus) cached(ctx context.Context, full []string) (map[string]kafka.Topic, error) {
	r, err := b.client.Metadata(ctx, &kafka.MetadataRequest{Topics: full})
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	ts := make(map[string]kafka.Topic, len(r.Topics))
	for _, t := range r.Topics {
		ts[t.Name] = t
	}
	return ts, nil
}

// unknown are the topics that don't exist, by their full names.
func unknown(ts map[string]kafka.Topic) (full []string) {
	for name, t := range ts {
		if errors.Is(t.Error, kafka.UnknownTopicOrPartition) {
			full = append(full, name)
		}
	}
	return full
}

func (b *Bus) create(ctx context.Context, ts []topic.Topic) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req := &kafka.CreateTopicsRequest{}
	for _, t := range ts {
		// Replication is the cluster's own affair: -1 takes its default.
		c := kafka.TopicConfig{Topic: b.ns.Name(t.Name), NumPartitions: t.Partitions, ReplicationFactor: -1}
		for k, v := range t.Config() {
			c.ConfigEntries = append(c.ConfigEntries, kafka.ConfigEntry{ConfigName: k, ConfigValue: v})
		}
		req.Topics = append(req.Topics, c)
	}
	r, err := b.client.CreateTopics(ctx, req)
	if err != nil {
		return fmt.Errorf("create topics: %w", err)
	}
	var errs []error
	for name, err := range r.Errors {
		if errors.Is(err, kafka.TopicAuthorizationFailed) || errors.Is(err, kafka.ClusterAuthorizationFailed) {
			errs = append(errs, &AccessError{
				Do:   fmt.Sprintf("topic %s is missing, or %s may not see it, and may not create it either: create it with `copytaster topics create`, and give rights with `copytaster acls`, as a user who may", name, b.who()),
				Sure: true, Err: err,
			})
		} else if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			errs = append(errs, fmt.Errorf("create topic %s: %w", name, err))
		} else if err == nil {
			b.log.Info().Str("topic", name).Msg("topic created")
		}
	}
	return errors.Join(errs...)
}

// Difference is a setting of a topic that isn't as the topology has it.
type Difference struct {
	Topic, Setting string // Setting by Kafka's name, or "partitions"
	Want, Have     string
}

func (d Difference) String() string {
	return fmt.Sprintf("topic %s: %s is %s, should be %s", d.Topic, d.Setting, d.Have, d.Want)
}

// Differences compares existing topics with the topology.
func (b *Bus) Differences(ctx context.Context, names ...string) ([]Difference, error) {
	md, have, err := b.settings(ctx, names)
	if err != nil {
		return nil, err
	}
	var ds []Difference
	for i, n := range names {
		t, err := topic.ByName(n)
		if err != nil {
			return nil, err
		}
		if p := len(md[i].Partitions); p != t.Partitions {
			ds = append(ds, Difference{n, SettingPartitions, strconv.Itoa(t.Partitions), strconv.Itoa(p)})
		}
		settings := t.Config()
		for _, k := range slices.Sorted(maps.Keys(settings)) {
			if h := have[i][k]; h != settings[k] {
				ds = append(ds, Difference{n, k, settings[k], h})
			}
		}
	}
	return ds, nil
}

// settingMinInSync is by Kafka's name how many copies must have a message before
// its writer is told that it is safe.
const settingMinInSync = "min.insync.replicas"

// Replication is how many copies Kafka keeps of a topic.
type Replication struct {
	Topic     string
	Replicas  int // of the partition that has the fewest
	MinInSync int // see [settingMinInSync]; 0: not told
}

// Replications tells it of existing topics.
func (b *Bus) Replications(ctx context.Context, names ...string) ([]Replication, error) {
	md, have, err := b.settings(ctx, names)
	if err != nil {
		return nil, err
	}
	rs := make([]Replication, len(names))
	for i, n := range names {
		rs[i].Topic = n
		for p, x := range md[i].Partitions {
			if k := len(x.Replicas); p == 0 || k < rs[i].Replicas {
				rs[i].Replicas = k
			}
		}
		rs[i].MinInSync, _ = strconv.Atoi(have[i][settingMinInSync]) // 0 if it can't be told
	}
	return rs, nil
}

// settings gives what the topics are and how they are set, in the order of names.
func (b *Bus) settings(ctx context.Context, names []string) ([]kafka.Topic, []map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	full := make([]string, len(names))
	req := &kafka.DescribeConfigsRequest{}
	for i, n := range names {
		full[i] = b.ns.Name(n)
		req.Resources = append(req.Resources, kafka.DescribeConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: full[i]})
	}
	md, err := b.metadata(ctx, full)
	if err != nil {
		return nil, nil, err
	}
	r, err := b.client.DescribeConfigs(ctx, req)
	if err != nil {
		return nil, nil, fmt.Errorf("describe topics: %w", err)
	}
	topics, settings := make([]kafka.Topic, len(names)), make([]map[string]string, len(names))
	for i := range names {
		topics[i], settings[i] = md[full[i]], map[string]string{}
	}
	for _, res := range r.Resources {
		if res.Error != nil {
			return nil, nil, fmt.Errorf("describe topic %s: %w", res.ResourceName, res.Error)
		}
		for _, e := range res.ConfigEntries {
			if i := slices.Index(full, res.ResourceName); i >= 0 {
				settings[i][e.ConfigName] = e.ConfigValue
			}
		}
	}
	return topics, settings, nil
}

func (b *Bus) warn(ctx context.Context, names []string) {
	ds, err := b.Differences(ctx, names...)
	if err != nil {
		b.log.Warn().Err(err).Msg("can't compare topics with the topology")
	}
	for _, d := range ds {
		b.log.Warn().Str("topic", d.Topic).Str("setting", d.Setting).Str("have", d.Have).Str("want", d.Want).Msg("topic differs from the topology; it is not changed")
	}
}
