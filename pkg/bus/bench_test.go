package bus_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// benchBus is the real Kafka, and ms messages of about 1 KB in it.
func benchBus(b *testing.B, n int) *bus.Bus {
	b.Helper()
	ns := localtest.Namespace(b)
	brokers := localtest.Kafka(b)
	k, err := bus.Connect(bus.Config{KafkaBrokers: brokers, Namespace: ns}, zerolog.Nop())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(k.Close)
	if err := k.EnsureTopics(b.Context(), topic.Received); err != nil {
		b.Fatal(err)
	}
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	w := &kafka.Writer{
		Addr: kafka.TCP(brokers...), Transport: transport, Topic: ns + topic.Received, RequiredAcks: kafka.RequireAll,
		Balancer: kafka.Murmur2Balancer{}, BatchSize: 1000, BatchTimeout: 5e6, Compression: kafka.Zstd,
	}
	value := make([]byte, 1000)
	copy(value, noise(300)) // compresses like text
	for n > 0 {
		var ms []kafka.Message
		for range min(n, 10_000) {
			ms = append(ms, kafka.Message{Key: fmt.Append(nil, "urn:test:", n%5000), Value: value})
			n--
		}
		if err := w.WriteMessages(b.Context(), ms...); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return k
}

// BenchmarkSource reads messages of 1 KB from the real Kafka and acknowledges
// them.
func BenchmarkSource(b *testing.B) {
	k := benchBus(b, b.N)
	b.ReportAllocs()
	b.SetBytes(1000)
	b.ResetTimer()
	src, err := k.Source(bus.SourceConfig{Group: "bench", Topics: []string{topic.Received}})
	if err != nil {
		b.Fatal(err)
	}
	for n := 0; n < b.N; {
		ms, err := src.Next(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		for i := range ms {
			ms[i].Ack(stage.Verdict{})
		}
		n += len(ms)
	}
	b.StopTimer()
	if err := src.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSink writes articles of 1 KB to the real Kafka, 500 at once.
func BenchmarkSink(b *testing.B) {
	k := benchBus(b, 0)
	sink := k.Sink(topic.Received, event.Received)
	as := make([]article.Article, 500)
	for i := range as {
		as[i] = newArticle(fmt.Sprint(i), i)
		as[i].Original.Bytes = noise(700)
	}
	b.ReportAllocs()
	b.SetBytes(1000)
	b.ResetTimer()
	for n := 0; n < b.N; n += len(as) {
		if err := sink.Write(context.Background(), as[:min(len(as), b.N-n)]); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	if err := sink.Close(); err != nil {
		b.Fatal(err)
	}
}
