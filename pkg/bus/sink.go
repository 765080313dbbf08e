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
	// sharedBytes is how large messages together get: whoever reads holds all of
	// a batch, from each partition. A larger message goes alone.
	sharedBytes = 1 << 20
	// produceBytes lets the largest message and the largest dead letter pass with
	// room for what Kafka adds, and stays below the topics' max.message.bytes.
	produceBytes = event.MaxDead + 128<<10
)

// producer writes messages together with others, or alone.
type producer struct{ together, alone *kafka.Writer }

func (b *Bus) producer() producer {
	p := producer{b.writer(), b.writer()}
	p.together.BatchBytes = sharedBytes
	p.alone.BatchSize = 1
	return p
}

// Close waits for what is being written.
func (p producer) Close() error { return errors.Join(p.together.Close(), p.alone.Close()) }

// writer makes a writer that acknowledges when all replicas in sync have the
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
	w    producer
	full string
	typ  event.Type
}

// Sink makes a sink. Close it.
func (b *Bus) Sink(name string, t event.Type) *Sink {
	return &Sink{w: b.producer(), full: b.ns.Name(name), typ: t}
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
	err := s.w.write(ctx, ms)
	if each, ok := errors.AsType[kafka.WriteErrors](err); ok {
		for j, e := range each {
			if e != nil {
				bad[index[j]] = e
			}
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
// kafka-go puts messages of all callers into one batch, and Kafka refuses a
// batch that is too large as a whole: all messages in it are blamed, even one
// that was written by itself. Each that is blamed is tried again in a batch of
// its own, and only what is refused there is refused for good.
func (p producer) write(ctx context.Context, ms []kafka.Message) error {
	each := make(kafka.WriteErrors, len(ms))
	for from := 0; from < len(ms); { // one run after the other, so that keys keep their order
		w, alone := p.together, size(&ms[from]) > sharedBytes
		if alone {
			w = p.alone
		}
		to := from + 1
		for to < len(ms) && size(&ms[to]) > sharedBytes == alone {
			to++
		}
		write(ctx, w, ms[from:to], each[from:to])
		from = to
	}
	failed := false
	for i, m := range ms {
		if tooLarge(each[i]) {
			each[i] = p.writeAlone(ctx, m)
		}
		failed = failed || each[i] != nil
	}
	if !failed {
		return nil
	}
	return each
}

// write writes ms, and notes the error of each.
func write(ctx context.Context, w *kafka.Writer, ms []kafka.Message, each kafka.WriteErrors) {
	err := w.WriteMessages(ctx, ms...)
	if errs, ok := errors.AsType[kafka.WriteErrors](err); ok {
		copy(each, errs)
		return
	}
	for i := range each {
		each[i] = err // none was sent
	}
}

// size is at least what kafka-go counts of a message.
func size(m *kafka.Message) int {
	const fixed, field = 64, 10
	n := fixed + len(m.Key) + len(m.Value)
	for i := range m.Headers {
		n += 2*field + len(m.Headers[i].Key) + len(m.Headers[i].Value)
	}
	return n
}

func (p producer) writeAlone(ctx context.Context, m kafka.Message) error {
	err := p.alone.WriteMessages(ctx, m)
	var one kafka.WriteErrors
	if errors.As(err, &one) && len(one) == 1 {
		err = one[0]
	}
	if tooLarge(err) {
		return stage.Permanent(fmt.Errorf("message with key %q: %w", m.Key, err))
	}
	return err
}

func tooLarge(err error) bool {
	return errors.Is(err, kafka.MessageSizeTooLarge) || errors.As(err, new(kafka.MessageTooLargeError))
}

// DeadLetters writes refused messages.
type DeadLetters struct {
	w    producer
	bus  *Bus
	name string // "": each message's topic with the suffix
}

// DeadLetters makes dead letters that go to <topic>.dead of the topic that
// each message came from. Close it.
func (b *Bus) DeadLetters() *DeadLetters { return &DeadLetters{w: b.producer(), bus: b} }

// DeadLettersTo makes dead letters that all go to one topic. Close it.
func (b *Bus) DeadLettersTo(name string) *DeadLetters {
	return &DeadLetters{w: b.producer(), bus: b, name: name}
}

// Write returns nil when the letter is safe.
func (d *DeadLetters) Write(ctx context.Context, l stage.DeadLetter) error {
	name := d.name
	if name == "" {
		name = l.Message.Topic + topic.DeadSuffix
	}
	if err := d.w.write(ctx, []kafka.Message{record(d.bus.ns.Name(name), event.EncodeDead(l))}); err != nil {
		return fmt.Errorf("dead letter to %s: %w", name, err)
	}
	return nil
}

// Close waits for what is being written.
func (d *DeadLetters) Close() error { return d.w.Close() }
