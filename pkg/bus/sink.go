package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Settings of the producers.
const (
	produceLinger   = 5 * time.Millisecond
	produceBatch    = 1000
	produceTimeout  = 10 * time.Second
	produceAttempts = 5 // then the stage repeats
	// produceBytes lets the largest message pass with room for what Kafka adds,
	// and stays below the topics' max.message.bytes.
	produceBytes = topic.MaxMessage + 512<<10
)

// writer makes a producer that acknowledges when all replicas in sync have the
// message. kafka-go's own defaults acknowledge nothing and wait a second.
func (b *Bus) writer() *kafka.Writer {
	return &kafka.Writer{
		Addr: b.client.Addr, Transport: b.transport, Balancer: kafka.Murmur2Balancer{}, RequiredAcks: kafka.RequireAll,
		BatchTimeout: produceLinger, BatchSize: produceBatch, BatchBytes: produceBytes,
		ReadTimeout: produceTimeout, WriteTimeout: produceTimeout,
		MaxAttempts: produceAttempts, WriteBackoffMin: 100 * time.Millisecond, WriteBackoffMax: time.Second,
		Compression: kafka.Zstd,
	}
}

// Sink writes articles to one topic.
type Sink struct {
	w    *kafka.Writer
	full string
	typ  event.Type
}

// Sink makes a sink. Close it.
func (b *Bus) Sink(name string, t event.Type) *Sink {
	return &Sink{w: b.writer(), full: b.ns.Name(name), typ: t}
}

// Write encodes the articles and writes them. What can't be encoded or is too
// large is refused for good.
func (s *Sink) Write(ctx context.Context, as []article.Article) error {
	bad := map[int]error{}
	ms := make([]kafka.Message, 0, len(as))
	index := make([]int, 0, len(as)) // of each message's article
	for i := range as {
		m, err := event.Encode(&as[i], s.typ)
		if err != nil {
			bad[i] = err
			continue
		}
		ms, index = append(ms, record(s.full, m)), append(index, i)
	}
	err := write(ctx, s.w, ms)
	var each kafka.WriteErrors
	switch {
	case errors.As(err, &each):
		for j, e := range each {
			if e != nil {
				bad[index[j]] = e
			}
		}
	case err != nil && len(bad) == 0:
		return err
	case err != nil:
		for _, i := range index {
			bad[i] = err
		}
	}
	if len(bad) > 0 {
		return &stage.PartialError{Errs: bad, Total: len(as)}
	}
	return nil
}

// Close waits for what is being written.
func (s *Sink) Close() error { return s.w.Close() }

// record is m for a topic, by its full name. Kafka stamps the time.
func record(full string, m stage.Message) kafka.Message {
	k := kafka.Message{Topic: full, Key: m.Key, Value: m.Value}
	for _, h := range m.Headers {
		k.Headers = append(k.Headers, kafka.Header{Key: h.Key, Value: h.Value})
	}
	return k
}

// write writes ms; errors of single messages come as [kafka.WriteErrors].
//
// Kafka refuses a batch as a whole when it is too large, and kafka-go blames
// all messages in it: they are tried one by one, and only what is too large by
// itself is refused for good.
func write(ctx context.Context, w *kafka.Writer, ms []kafka.Message) error {
	err := w.WriteMessages(ctx, ms...)
	var each kafka.WriteErrors
	if !errors.As(err, &each) {
		var large kafka.MessageTooLargeError
		if errors.As(err, &large) && len(ms) == 1 {
			return kafka.WriteErrors{stage.Permanent(err)}
		}
		return err
	}
	failed := false
	for i, e := range each {
		if !tooLarge(e) {
			failed = failed || e != nil
			continue
		}
		if len(ms) > 1 {
			if e = w.WriteMessages(ctx, ms[i]); e == nil {
				each[i] = nil
				continue
			}
			var one kafka.WriteErrors
			if errors.As(e, &one) && len(one) == 1 {
				e = one[0]
			}
		}
		if tooLarge(e) {
			e = stage.Permanent(fmt.Errorf("message with key %q: %w", ms[i].Key, e))
		}
		each[i] = e
		failed = true
	}
	if !failed {
		return nil
	}
	return each
}

func tooLarge(err error) bool {
	return errors.Is(err, kafka.MessageSizeTooLarge) || errors.As(err, new(kafka.MessageTooLargeError))
}

// DeadLetters writes refused messages.
type DeadLetters struct {
	w    *kafka.Writer
	bus  *Bus
	name string // "": each message's topic with the suffix
}

// DeadLetters makes dead letters that go to <topic>.dead of the topic that
// each message came from. Close it.
func (b *Bus) DeadLetters() *DeadLetters { return &DeadLetters{w: b.writer(), bus: b} }

// DeadLettersTo makes dead letters that all go to one topic. Close it.
func (b *Bus) DeadLettersTo(name string) *DeadLetters {
	return &DeadLetters{w: b.writer(), bus: b, name: name}
}

// Write returns nil when the letter is safe.
func (d *DeadLetters) Write(ctx context.Context, l stage.DeadLetter) error {
	name := d.name
	if name == "" {
		name = l.Message.Topic + topic.DeadSuffix
	}
	if err := write(ctx, d.w, []kafka.Message{record(d.bus.ns.Name(name), event.EncodeDead(l))}); err != nil {
		return fmt.Errorf("dead letter to %s: %w", name, err)
	}
	return nil
}

// Close waits for what is being written.
func (d *DeadLetters) Close() error { return d.w.Close() }
