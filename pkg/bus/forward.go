package bus

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/stage"
)

// Forward writes messages as they are: key, bytes and headers.
type Forward struct {
	w   producer
	bus *Bus
}

// Forward makes a forward. Close it.
func (b *Bus) Forward() *Forward { return &Forward{w: b.producer(), bus: b} }

// ForwardPlain makes a forward that does not compress, for topics that are
// compacted: not every client can read what compaction leaves of compressed
// batches. Close it.
func (b *Bus) ForwardPlain() *Forward {
	f := b.Forward()
	f.w.together.Compression, f.w.alone.Compression = 0, 0
	return f
}

// Write returns nil when all messages are safe in the topic. Kafka stamps them
// with the time at which they were written.
func (f *Forward) Write(ctx context.Context, name string, ms ...stage.Message) error {
	all := make([]kafka.Message, len(ms))
	for i, m := range ms {
		all[i] = record(f.bus.ns.Name(name), m)
	}
	if err := f.w.write(ctx, all); err != nil {
		return fmt.Errorf("write to topic %s: %w", name, err)
	}
	return nil
}

// Close waits for what is being written.
func (f *Forward) Close() error { return f.w.Close() }
