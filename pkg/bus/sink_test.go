package bus_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// TestBatchTooLarge: on a topic with Kafka's own limit of 1 MiB, articles that
// are small go in however many are written at the same moment, and one that is
// too large by itself is refused for good.
func TestBatchTooLarge(t *testing.T) {
	const writers, size = 48, 60_000
	b, brokers := realBusAt(t)
	client := plainClient(t, brokers)
	r, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
		{Topic: b.Namespace().Name(topic.Received), NumPartitions: 1, ReplicationFactor: 1, ConfigEntries: []kafka.ConfigEntry{
			{ConfigName: "max.message.bytes", ConfigValue: "1048588"},
		}},
	}})
	if err = errors.Join(err, r.Errors[b.Namespace().Name(topic.Received)]); err != nil {
		t.Fatal(err)
	}
	s := b.Sink(topic.Received, event.Received)
	defer s.Close()
	sized := func(key string, n int) []article.Article {
		a := newArticle(key, 0)
		a.Original.Bytes = make([]byte, n)
		rand.Read(a.Original.Bytes)
		return []article.Article{a}
	}
	if err := s.Write(testContext(t), sized("first", 1)); err != nil { // the topic is known
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			if err := s.Write(testContext(t), sized(fmt.Sprint(i), size)); err != nil {
				t.Errorf("article %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	var partial *stage.PartialError
	if err := s.Write(testContext(t), sized("large", 1_100_000)); !errors.As(err, &partial) || !stage.IsPermanent(partial.Errs[0]) ||
		!strings.Contains(partial.Errs[0].Error(), "large") {
		t.Errorf("one beyond the limit: %v", err)
	}
}

// TestLargestDeadLetter: a message as large as Kafka takes it, with all its
// bytes in the wrong places, becomes a dead letter.
func TestLargestDeadLetter(t *testing.T) {
	b := realBus(t)
	ensure(t, testContext(t), b, topic.IngestDead)
	noise := make([]byte, topic.MaxMessage+1<<20)
	rand.Read(noise)
	d := b.DeadLettersTo(topic.IngestDead)
	defer d.Close()
	for what, m := range map[string]stage.Message{
		"headers beyond value": {Value: noise[:topic.MaxMessage], Headers: []stage.Header{{Key: "small", Value: noise[:event.MaxDeadHeaders-50]}, {Key: "large", Value: noise[:600<<10]}}},
		"all is key":           {Key: noise},
		"all at most":          {Key: noise, Value: noise, Topic: strings.Repeat("t", 5000), Headers: []stage.Header{{Key: "h", Value: noise[:event.MaxDeadHeaders-50]}}},
	} {
		l := stage.DeadLetter{Message: m, Stage: strings.Repeat("s", 5000), Err: errors.New(strings.Repeat("e", 5000))}
		if err := d.Write(testContext(t), l); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
