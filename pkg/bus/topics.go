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

	"github.com/copytaster/copytaster/pkg/topic"
)

const (
	// ensureTimeout is how long Kafka may take until new topics have leaders.
	ensureTimeout = 30 * time.Second
	ensurePause   = 50 * time.Millisecond
)

// EnsureTopics creates those of the topics that are missing, as the topology
// has them, and waits until they can be used. Existing ones are never changed:
// where they differ from the topology, a warning is logged.
func (b *Bus) EnsureTopics(ctx context.Context, names ...string) error {
	ctx, cancel := context.WithTimeout(ctx, ensureTimeout)
	defer cancel()
	want := make([]topic.Topic, len(names))
	for i, n := range names {
		t, err := topic.ByName(n)
		if err != nil {
			return err
		}
		want[i] = t
	}
	var last error
	created := false
	for {
		missing, notReady, err := b.missing(ctx, want)
		switch {
		case err != nil && surelyRefused(err):
			return fmt.Errorf("can't set up topics: %w", err)
		case err != nil:
			last = err
		case len(missing) > 0:
			created = true
			if last = b.create(ctx, missing); last != nil && fatal(last) {
				return last
			}
		case len(notReady) > 0:
			last = fmt.Errorf("topics %v have no leaders yet", notReady)
		case created:
			// The metadata names leaders that don't know it yet.
			if last = b.led(ctx, want); last == nil {
				return nil
			}
		default:
			// The metadata is a moment old: the topics may be gone since.
			if last = b.there(ctx, want); last == nil {
				b.warn(ctx, names)
				return nil
			}
		}
		if !sleep(ctx, ensurePause) {
			return fmt.Errorf("can't set up topics: %w", errors.Join(ctx.Err(), last, b.transport.lasting()))
		}
	}
}

// led asks the leader of every partition, as a consumer will.
func (b *Bus) led(ctx context.Context, ts []topic.Topic) error {
	for _, t := range ts {
		partitions := make([]int, t.Partitions)
		for i := range partitions {
			partitions[i] = i
		}
		if _, err := b.offsets(ctx, b.ns.Name(t.Name), partitions, kafka.FirstOffset); err != nil {
			return err
		}
	}
	return nil
}

// there asks for one partition of each topic.
func (b *Bus) there(ctx context.Context, ts []topic.Topic) error {
	for _, t := range ts {
		if _, err := b.offsets(ctx, b.ns.Name(t.Name), []int{0}, kafka.FirstOffset); err != nil {
			return err
		}
	}
	return nil
}

// fatal tells errors that won't go away by waiting.
func fatal(err error) bool {
	for _, e := range []kafka.Error{
		kafka.TopicAuthorizationFailed, kafka.ClusterAuthorizationFailed, kafka.InvalidTopic, kafka.PolicyViolation,
		kafka.InvalidConfiguration, kafka.InvalidReplicationFactor, kafka.InvalidPartitionNumber,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (b *Bus) missing(ctx context.Context, want []topic.Topic) (missing []topic.Topic, notReady []string, err error) {
	full := make([]string, len(want))
	for i, t := range want {
		full[i] = b.ns.Name(t.Name)
	}
	md, err := b.metadata(ctx, full)
	if err != nil {
		return nil, nil, err
	}
	for i, t := range want {
		m, ok := md[full[i]]
		switch {
		case !ok || errors.Is(m.Error, kafka.UnknownTopicOrPartition):
			missing = append(missing, t)
		case m.Error != nil || slices.ContainsFunc(m.Partitions, func(p kafka.Partition) bool { return p.Error != nil || p.Leader.Host == "" }):
			notReady = append(notReady, t.Name)
		}
	}
	return missing, notReady, nil
}

// metadata asks for topics by their full names; nil: for all. The transport
// answers from a cache that is [metadataTTL] old at most, and gives up on a
// Kafka that takes longer than that to fill it: hence the repetitions.
func (b *Bus) metadata(ctx context.Context, full []string) (map[string]kafka.Topic, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var r *kafka.MetadataResponse
	err := patiently(ctx, func() (err error) {
		r, err = b.client.Metadata(ctx, &kafka.MetadataRequest{Topics: full})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	ts := make(map[string]kafka.Topic, len(r.Topics))
	for _, t := range r.Topics {
		ts[t.Name] = t
	}
	return ts, nil
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
	md, have, err := b.describe(ctx, names)
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
	md, have, err := b.describe(ctx, names)
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

// describe gives what the topics are and their settings, in the order of names.
func (b *Bus) describe(ctx context.Context, names []string) ([]kafka.Topic, []map[string]string, error) {
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
