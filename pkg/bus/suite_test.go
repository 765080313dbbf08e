package bus_test

import (
	"context"
	"errors"
	"testing"

	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/stage/stagetest"
	"github.com/copytaster/copytaster/pkg/topic"
)

// subject is the bus for the suite, on topics that are new to it.
func subject(t *testing.T, b *bus.Bus, brokers []string) stagetest.Subject {
	t.Helper()
	const dead = topic.Received + topic.DeadSuffix
	ensure(t, testContext(t), b, topic.Received, dead)
	return stagetest.Subject{
		Send: func(ctx context.Context, ms ...stage.Message) error {
			transport := &kafka.Transport{}
			defer transport.CloseIdleConnections()
			w := &kafka.Writer{
				Addr: kafka.TCP(brokers...), Topic: b.Namespace().Name(topic.Received), Transport: transport,
				RequiredAcks: kafka.RequireAll, Balancer: kafka.Murmur2Balancer{}, BatchSize: len(ms),
			}
			var ks []kafka.Message
			for _, m := range ms {
				k := kafka.Message{Key: m.Key, Value: m.Value}
				for _, h := range m.Headers {
					k.Headers = append(k.Headers, kafka.Header(h))
				}
				ks = append(ks, k)
			}
			return errors.Join(w.WriteMessages(ctx, ks...), w.Close())
		},
		Sink:    func() (stage.Sink, error) { return b.Sink(topic.Received, event.Received), nil },
		Dead:    func() (stage.DeadLetters, error) { return b.DeadLetters(), nil },
		Source:  func() (stage.Source, error) { return source(t, b, "articles", topic.Received), nil },
		Letters: func() (stage.Source, error) { return source(t, b, "letters", dead), nil },
	}
}

func TestSuiteOnKfake(t *testing.T) {
	stagetest.Run(t, func(t *testing.T) stagetest.Subject {
		c, b := fake(t)
		return subject(t, b, c.ListenAddrs())
	})
}

func TestSuiteOnRealKafka(t *testing.T) {
	stagetest.Run(t, func(t *testing.T) stagetest.Subject { return subject(t, realBus(t), localtest.Kafka(t)) })
}
