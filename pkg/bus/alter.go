package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/topic"
)

// SettingPartitions is the name that [Difference] has for their number.
const SettingPartitions = "partitions"

// Existing is a topic that Kafka has in the namespace.
type Existing struct {
	Name       string // without the namespace
	Partitions int
	Replicas   int // of its first partition
	Err        error
}

// Topics lists what Kafka has in the namespace, by name, whether or not it is
// in the topology; Kafka's own topics are left out.
func (b *Bus) Topics(ctx context.Context) ([]Existing, error) {
	md, err := b.metadata(ctx, nil)
	if err != nil {
		return nil, err
	}
	var all []Existing
	for full, t := range md {
		name, ours := strings.CutPrefix(full, b.ns.Name(""))
		if !ours || t.Internal || name == "" {
			continue
		}
		e := Existing{Name: name, Partitions: len(t.Partitions), Err: t.Error}
		if len(t.Partitions) > 0 {
			e.Replicas = len(t.Partitions[0].Replicas)
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Existing) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

func compacted(name string) bool {
	t, err := topic.ByName(name)
	return err == nil && t.Compact
}

// Apply makes topics as the topology has them, by what [Bus.Differences] found.
// Before anything is changed it is an error that a topic has more partitions than
// it should, since Kafka takes none away, or a compacted one fewer, since its keys
// would go to other partitions than their older rows. It waits until new partitions
// can be used. With dry, Kafka is only asked whether it would.
func (b *Bus) Apply(ctx context.Context, dry bool, ds ...Difference) error {
	ctx, cancel := context.WithTimeout(ctx, ensureTimeout)
	defer cancel()
	alter := &kafka.IncrementalAlterConfigsRequest{ValidateOnly: dry}
	grow := &kafka.CreatePartitionsRequest{ValidateOnly: dry}
	grown := map[string][]int{}  // partitions, by the topic's full name
	resource := map[string]int{} // index in alter by topic
	for _, d := range ds {
		full := b.ns.Name(d.Topic)
		if d.Setting != SettingPartitions {
			i, ok := resource[full]
			if !ok {
				i = len(alter.Resources)
				resource[full] = i
				alter.Resources = append(alter.Resources, kafka.IncrementalAlterConfigsRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: full})
			}
			alter.Resources[i].Configs = append(alter.Resources[i].Configs, kafka.IncrementalAlterConfigsRequestConfig{
				Name: d.Setting, Value: d.Want, ConfigOperation: kafka.ConfigOperationSet,
			})
			continue
		}
		want, errWant := strconv.ParseInt(d.Want, 10, 32)
		have, errHave := strconv.ParseInt(d.Have, 10, 32)
		switch {
		case errWant != nil || errHave != nil:
			return fmt.Errorf("%v: no numbers", d)
		case want < have:
			return fmt.Errorf("%v: Kafka takes no partitions away", d)
		case compacted(d.Topic):
			return fmt.Errorf("%v: a compacted topic keeps its partitions: its keys would move away from their old rows", d)
		}
		for i := range int(want) {
			grown[full] = append(grown[full], i)
		}
		grow.Topics = append(grow.Topics, kafka.TopicPartitionsConfig{Name: full, Count: int32(want)})
	}
	var errs []error
	if len(alter.Resources) > 0 {
		r, err := b.client.IncrementalAlterConfigs(ctx, alter)
		if err != nil {
			return fmt.Errorf("alter topics: %w", err)
		}
		for _, res := range r.Resources {
			if res.Error != nil {
				errs = append(errs, fmt.Errorf("alter topic %s: %w", res.ResourceName, res.Error))
			}
		}
	}
	if len(grow.Topics) > 0 {
		r, err := b.client.CreatePartitions(ctx, grow)
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("add partitions: %w", err))...)
		}
		for full, err := range r.Errors {
			if err != nil {
				errs = append(errs, fmt.Errorf("add partitions to topic %s: %w", full, err))
			}
		}
	}
	if len(errs) > 0 || dry {
		return errors.Join(errs...)
	}
	for err := b.led(ctx, grown); err != nil; err = b.led(ctx, grown) {
		if !sleep(ctx, ensurePause) {
			return fmt.Errorf("new partitions have no leaders yet: %w", errors.Join(ctx.Err(), err))
		}
	}
	return nil
}
