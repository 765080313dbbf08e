package operate

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Settings of topics that decide on what Kafka deletes, by its names.
const (
	settingRetention  = "retention.ms"
	settingSize       = "retention.bytes"
	settingCleanup    = "cleanup.policy"
	settingCompaction = "min.compaction.lag.ms"
)

// loss is what Kafka deletes of a topic when a setting is as it should be.
type loss struct {
	what string        // "": nothing that it would not delete now
	age  time.Duration // it deletes what is older; 0: not by age
}

// lossBy says what Kafka deletes for the difference's sake. A value that can't be
// read counts as one that keeps all.
func lossBy(d bus.Difference) loss {
	switch d.Setting {
	case settingRetention:
		if ms, ok := lowered(d); ok {
			return older(ms)
		}
	case settingSize:
		if n, ok := lowered(d); ok {
			return loss{what: fmt.Sprintf("the oldest of every partition that has more than %s bytes", grouped(n))}
		}
	case settingCompaction:
		if ms, ok := lowered(d); ok {
			return loss{what: fmt.Sprintf("what has a newer message of its key, %s after it was written", time.Duration(ms)*time.Millisecond)}
		}
	case settingCleanup:
		return lossByPolicy(d)
	}
	return loss{}
}

// lowered is the wanted value, if it keeps less than the one that is there. Below
// nothing is no limit.
func lowered(d bus.Difference) (want int64, ok bool) {
	want, err := strconv.ParseInt(d.Want, 10, 64)
	if err != nil || want < 0 {
		return 0, false
	}
	have, err := strconv.ParseInt(d.Have, 10, 64)
	return want, err != nil || have < 0 || want < have
}

func older(ms int64) loss {
	age := time.Duration(ms) * time.Millisecond
	return loss{fmt.Sprintf("what is older than %s", age), age}
}

// lossByPolicy is of a policy that a topic did not have.
func lossByPolicy(d bus.Difference) loss {
	have := strings.Split(d.Have, ",")
	for p := range strings.SplitSeq(d.Want, ",") {
		switch {
		case slices.Contains(have, p):
		case p == "compact":
			return loss{what: "all but the newest message of each key, and what has no key"}
		default:
			// How long it keeps is set at the same time.
			t, err := topic.ByName(d.Topic)
			if err == nil && t.Retention > 0 {
				return older(t.Retention.Milliseconds())
			}
		}
	}
	return loss{}
}

// deleted says what Kafka deletes for the difference's sake, and how much that is
// now if it goes by age; "": nothing.
func deleted(ctx context.Context, b *bus.Bus, d bus.Difference, now time.Time) (string, error) {
	l := lossBy(d)
	if l.age == 0 {
		return l.what, nil
	}
	es, err := b.Extents(ctx, d.Topic)
	if err != nil {
		return "", err
	}
	at, err := b.OffsetsAt(ctx, d.Topic, now.Add(-l.age))
	if err != nil {
		return "", err
	}
	var gone, all int64
	for _, e := range es {
		gone += max(min(at[e.Partition], e.End)-e.First, 0)
		all += e.End - e.First
	}
	return fmt.Sprintf("%s (%s of %s now)", l.what, grouped(gone), count(all, "message")), nil
}
