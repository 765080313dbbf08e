package operate

import (
	"context"
	"errors"
	"fmt"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
)

// groupServers is the group of the flags that are settings, as the services
// have them: see [boot.Settings].
const groupServers = "servers"

// Kafka is where a command finds Kafka: the services' settings, by the same
// names. Commands embed it with `embed:"" group:"servers"`.
type Kafka struct {
	Config string     `help:"File of settings, one NAME=value per line; the environment wins over it." type:"path" placeholder:"FILE"`
	Bus    bus.Config `embed:""`
}

// connect gives a connection on which Kafka has answered. Close it.
func (k *Kafka) connect(ctx context.Context, t Terminal) (*bus.Bus, error) {
	if err := k.Bus.Validate(); err != nil {
		return nil, &ExitError{boot.ExitUsage, err}
	}
	b, err := bus.Connect(k.Bus, logger(t))
	if err != nil {
		return nil, err
	}
	// A Kafka that is busy may take longer than one try waits.
	for try := 1; ; try++ {
		err := b.Ping(ctx)
		if err == nil {
			return b, nil
		}
		if try == pings || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			b.Close()
			return nil, err
		}
	}
}

// pings is how often Kafka is asked whether it answers.
const pings = 5

// Servers is where a command finds Kafka and Elasticsearch.
type Servers struct {
	Kafka         `embed:""`
	Elasticsearch elastic.Config `embed:"" prefix:"elasticsearch-"`
}

// idle connections to Elasticsearch are kept open.
const idle = 4

// elastic gives a connection on which Elasticsearch has answered, and the names
// of the indices. Close it.
func (s *Servers) elastic(ctx context.Context) (*elastic.Client, corpus.Namespace, error) {
	n := corpus.Namespace(s.Bus.Namespace)
	if err := errors.Join(s.Elasticsearch.Validate(), n.Validate()); err != nil {
		return nil, n, &ExitError{boot.ExitUsage, err}
	}
	es, err := s.Elasticsearch.Connect(idle)
	if err != nil {
		return nil, n, &ExitError{boot.ExitUsage, err}
	}
	if err := elastic.Ask(ctx, es, "reach Elasticsearch", esapi.InfoRequest{}, nil); err != nil {
		es.Close()
		return nil, n, fmt.Errorf("elasticsearch: %w", err)
	}
	return es, n, nil
}

// logger says on standard error what goes wrong on the way and is tried again.
func logger(t Terminal) zerolog.Logger {
	return boot.NewLog(boot.Config{LogLevel: "warn", LogFormat: "console"}, t.Err)
}
