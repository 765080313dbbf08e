package operate

import (
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/topic"
)

func TestWhatKafkaDeletesForASetting(t *testing.T) {
	const month = 30 * 24 * time.Hour
	for _, c := range []struct {
		topic, setting, have, want string
		what                       string
		age                        time.Duration
	}{
		{topic.Received, "retention.ms", "-1", "2592000000", "what is older than 720h0m0s", month},
		{topic.Received, "retention.ms", "2592000001", "2592000000", "what is older than 720h0m0s", month},
		{topic.Received, "retention.ms", "?", "2592000000", "what is older than 720h0m0s", month},
		{topic.Received, "retention.ms", "60000", "2592000000", "", 0},
		{topic.Enriched, "retention.ms", "60000", "-1", "", 0},
		{topic.Enriched, "retention.bytes", "-1", "1000000", "the oldest of every partition that has more than 1,000,000 bytes", 0},
		{topic.Enriched, "retention.bytes", "1000000", "-1", "", 0},
		{topic.Current, "cleanup.policy", "delete", "compact", "all but the newest message of each key, and what has no key", 0},
		{topic.Current, "cleanup.policy", "compact,delete", "compact", "", 0},
		{topic.Received, "cleanup.policy", "compact", "delete", "what is older than 720h0m0s", month},
		{topic.Received, "cleanup.policy", "compact,delete", "delete", "", 0},
		{topic.Enriched, "cleanup.policy", "compact", "delete", "", 0}, // kept for ever
		{topic.Current, "min.compaction.lag.ms", "7200000", "3600000", "what has a newer message of its key, 1h0m0s after it was written", 0},
		{topic.Current, "min.compaction.lag.ms", "0", "3600000", "", 0},
		{topic.Received, "max.message.bytes", "9437185", "9437184", "", 0},
		{topic.Received, bus.SettingPartitions, "12", "3", "", 0},
	} {
		got := lossBy(bus.Difference{Topic: c.topic, Setting: c.setting, Have: c.have, Want: c.want})
		if got != (loss{c.what, c.age}) {
			t.Errorf("%s of %s from %s to %s: %+v, want %q by age %v", c.setting, c.topic, c.have, c.want, got, c.what, c.age)
		}
	}
}
