// Package bus connects stages by Kafka: sources, sinks, dead letters and state
// tables on kafka-go.
//
// Topics are named without the namespace everywhere in this package; only
// Kafka sees it.
package bus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/topic"
)

// Limits and times of the connection.
const (
	// metadataTTL is how long a partition's former leader may be asked after it
	// moved. kafka-go doesn't look for the new one when it is told of the move.
	metadataTTL = 200 * time.Millisecond
	dialTimeout = 5 * time.Second
	// callTimeout bounds a call that isn't a long poll.
	callTimeout = 10 * time.Second
	pingTimeout = 2 * time.Second
	clientID    = "copytaster"
	// maxNamespace keeps names of topics below Kafka's 249 characters.
	maxNamespace = 100
)

// Config is where Kafka is and which part of it is ours.
type Config struct {
	KafkaBrokers []string `help:"Addresses of Kafka, host:port, separated by commas." default:"127.0.0.1:9092"`
	Namespace    string   `help:"Put before the names of all topics, groups and indices, to keep installations on one cluster apart."`
	Security     Security `embed:""`
}

// Validate tells which settings are wrong.
func (c Config) Validate() error {
	var errs []error
	if len(c.KafkaBrokers) == 0 {
		errs = append(errs, errors.New("setting kafka-brokers is empty"))
	}
	for _, b := range c.KafkaBrokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			errs = append(errs, fmt.Errorf("setting kafka-brokers: %q is not host:port", b))
		}
	}
	// Lower case only, since Elasticsearch's indices share it.
	if len(c.Namespace) > maxNamespace || strings.Trim(c.Namespace, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
		errs = append(errs, fmt.Errorf("setting namespace is %q, allowed are up to %d of a-z, 0-9, '.', '_', '-'", c.Namespace, maxNamespace))
	}
	errs = append(errs, c.Security.check())
	return errors.Join(errs...)
}

// Bus is a connection to Kafka. It may be used from many goroutines.
type Bus struct {
	cfg       Config
	ns        topic.Namespace
	log       zerolog.Logger
	transport *gate
	dialer    *kafka.Dialer
	client    *kafka.Client
	unpackers unpackers
	lostRetry time.Duration // how often an offset that Kafka no longer has is asked for again

	maxTracked int // messages of a partition, see [MaxTracked]
}

// Connect makes a bus; it doesn't wait for Kafka to answer.
func Connect(c Config, log zerolog.Logger) (*Bus, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := c.Security.readable(); err != nil {
		return nil, err
	}
	us, err := newUnpackers()
	if err != nil {
		return nil, err
	}
	b := &Bus{cfg: c, ns: topic.Namespace(c.Namespace), log: log, unpackers: us, lostRetry: lostRetry, maxTracked: MaxTracked}
	transport := &kafka.Transport{ClientID: clientID, MetadataTTL: metadataTTL, DialTimeout: dialTimeout, Dial: c.Security.dial}
	b.dialer = &kafka.Dialer{ClientID: clientID, Timeout: dialTimeout, DialFunc: c.Security.dial}
	if c.Security.KafkaUser != "" {
		transport.SASL = c.Security.login()
		b.dialer.SASLMechanism = transport.SASL
	}
	b.transport = &gate{Transport: transport, bus: b, now: time.Now, refused: map[string]refusal{}}
	b.client = &kafka.Client{Addr: kafka.TCP(c.KafkaBrokers...), Transport: b.transport}
	return b, nil
}

// Close drops idle connections. Sources, sinks and tables are closed on their
// own, before.
func (b *Bus) Close() { b.transport.CloseIdleConnections() }

// Ping tells whether Kafka answers, and lets us do what was tried lately. The
// error says what to do about a refusal.
func (b *Bus) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if _, err := b.client.ApiVersions(ctx, &kafka.ApiVersionsRequest{}); err != nil {
		return fmt.Errorf("kafka at %s: %w", strings.Join(b.cfg.KafkaBrokers, ","), err)
	}
	return b.transport.lasting()
}

// Namespace is that of the configuration.
func (b *Bus) Namespace() topic.Namespace { return b.ns }

// sleep waits and tells whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
