package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/metadata"

	"github.com/copytaster/copytaster/pkg/stage"
)

const (
	fetchBytes   = 16 << 20
	fetchWait    = 200 * time.Millisecond
	writeTimeout = time.Minute
	dialTimeout  = 30 * time.Second // the usual 5 s are few on a busy machine
	// metadataTTL is also how long kafka-go waits for an answer about topics.
	metadataTTL = 2 * time.Second
	// writeBytes lets a message through that is larger than the pipeline takes.
	writeBytes = 9 << 20
	// writeBatch is how many messages are written at once.
	writeBatch = 1000
)

// ReadAll gives every message of one of the pipeline's topics, partition by
// partition, up to what is there now.
func (p *Pipeline) ReadAll(ctx context.Context, topicName string, each func(stage.Message)) error {
	client := p.kafka()
	full := p.Namespace + topicName
	md, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{full}})
	if err != nil {
		return err
	}
	if len(md.Topics) != 1 || md.Topics[0].Error != nil {
		return fmt.Errorf("topic %s: %v", full, md.Topics)
	}
	for _, partition := range md.Topics[0].Partitions {
		if err := readPartition(ctx, client, full, topicName, partition.ID, each); err != nil {
			return fmt.Errorf("read %s/%d: %w", full, partition.ID, err)
		}
	}
	return nil
}

func (p *Pipeline) kafka() *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(p.servers.Kafka.Address), Transport: patient{newTransport()}}
}

func newTransport() *kafka.Transport {
	// The usual transport believes for seconds that a new topic isn't there.
	return &kafka.Transport{MetadataTTL: metadataTTL, DialTimeout: dialTimeout}
}

// patient asks about topics again, as long as its caller waits, when the answer
// took longer than [metadataTTL]: a busy machine, or one large message, is
// enough for that, and the rig must not fail where no service would.
type patient struct{ kafka.RoundTripper }

// RoundTrip repeats questions about topics alone: what is written isn't repeated.
func (p patient) RoundTrip(ctx context.Context, addr net.Addr, req kafka.Request) (kafka.Response, error) {
	r, err := p.RoundTripper.RoundTrip(ctx, addr, req)
	if _, about := req.(*metadata.Request); !about {
		return r, err
	}
	for errors.Is(err, context.DeadlineExceeded) && Sleep(ctx, metadataTTL) {
		r, err = p.RoundTripper.RoundTrip(ctx, addr, req)
	}
	return r, err
}

func readPartition(ctx context.Context, client *kafka.Client, full, name string, id int, each func(stage.Message)) error {
	next, end := int64(0), int64(0)
	for first := true; first || next < end; first = false {
		r, err := client.Fetch(ctx, &kafka.FetchRequest{Topic: full, Partition: id, Offset: next, MinBytes: 1, MaxBytes: fetchBytes, MaxWait: fetchWait})
		if err == nil {
			err = r.Error
		}
		if err != nil {
			return err
		}
		if first {
			end = r.HighWatermark
		}
		for {
			rec, err := r.Records.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			m := stage.Message{Topic: name, Partition: id, Offset: rec.Offset, Time: rec.Time}
			if m.Key, err = kafka.ReadAll(rec.Key); err != nil {
				return err
			}
			if m.Value, err = kafka.ReadAll(rec.Value); err != nil {
				return err
			}
			if rec.Offset < next {
				continue // a batch comes whole
			}
			for _, h := range rec.Headers {
				m.Headers = append(m.Headers, stage.Header{Key: h.Key, Value: h.Value})
			}
			next = rec.Offset + 1
			each(m)
		}
	}
	return nil
}

// WriteAll puts messages straight into one of the pipeline's topics, as they
// are and in their order.
func (p *Pipeline) WriteAll(ctx context.Context, topicName string, ms []stage.Message) (err error) {
	transport := newTransport()
	defer transport.CloseIdleConnections()
	w := &kafka.Writer{
		Transport: patient{transport}, Addr: kafka.TCP(p.servers.Kafka.Address), Topic: p.Namespace + topicName, Balancer: kafka.Murmur2Balancer{}, RequiredAcks: kafka.RequireAll,
		BatchTimeout: time.Millisecond, BatchBytes: writeBytes, BatchSize: writeBatch, WriteTimeout: writeTimeout, ReadTimeout: writeTimeout,
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	for len(ms) > 0 {
		some := ms[:min(writeBatch, len(ms))]
		ms = ms[len(some):]
		records := make([]kafka.Message, len(some))
		for i, m := range some {
			records[i] = kafka.Message{Key: m.Key, Value: m.Value}
			for _, h := range m.Headers {
				records[i].Headers = append(records[i].Headers, kafka.Header{Key: h.Key, Value: h.Value})
			}
		}
		err := w.WriteMessages(ctx, records...)
		for errors.Is(err, kafka.UnknownTopicOrPartition) && Sleep(ctx, metadataTTL) {
			err = w.WriteMessages(ctx, records...) // nothing was written
		}
		if err != nil {
			return fmt.Errorf("write %d messages to %s: %w", len(some), topicName, err)
		}
	}
	return nil
}
