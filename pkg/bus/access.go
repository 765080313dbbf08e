package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/listoffsets"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"github.com/segmentio/kafka-go/protocol/produce"
)

// refusalAge is how long a refusal counts that was not met again: whoever works
// on tries more often.
const refusalAge = time.Minute

// AccessError says that Kafka does not let us do something as things are set
// up, and what to do about it.
type AccessError struct {
	Do   string
	Sure bool // waiting alone will not help
	Err  error
}

func (e *AccessError) Error() string { return fmt.Sprintf("%s: %v", e.Do, e.Err) }

// Unwrap gives Kafka's or the connection's own error.
func (e *AccessError) Unwrap() error { return e.Err }

// surelyRefused tells whether err is an [*AccessError] that waiting won't mend.
func surelyRefused(err error) bool {
	var a *AccessError
	return errors.As(err, &a) && a.Sure
}

// who is the user, in messages.
func (b *Bus) who() string {
	if u := b.cfg.Security.KafkaUser; u != "" {
		return fmt.Sprintf("user %q", u)
	}
	return "whoever is not logged in (kafka-user is empty)"
}

// explain makes an [*AccessError] of an error that is about access, and leaves
// any other.
func (b *Bus) explain(err error) error {
	var known *AccessError
	if err == nil || errors.As(err, &known) {
		return err
	}
	var do string
	switch {
	case errors.Is(err, kafka.SASLAuthenticationFailed):
		do = fmt.Sprintf("Kafka refuses %s: the password is wrong (kafka-password-file or kafka-password), or there is no such user", b.who())
	case errors.Is(err, kafka.UnsupportedSASLMechanism), errors.Is(err, kafka.IllegalSASLState):
		do = "this port of Kafka offers no " + Scram512 + ": take another port, or leave kafka-user out"
	case errors.Is(err, kafka.TopicAuthorizationFailed):
		do = b.lacks("a right on a topic")
	case errors.Is(err, kafka.GroupAuthorizationFailed):
		do = b.lacks("a right on the consumer group")
	case errors.Is(err, kafka.ClusterAuthorizationFailed):
		do = b.lacks("a right on the cluster")
	default:
		return err
	}
	return &AccessError{Do: do, Sure: true, Err: err}
}

func (b *Bus) lacks(what string) string {
	return fmt.Sprintf("%s lacks %s: `copytaster acls` lists what each service needs, and gives it", b.who(), what)
}

// gate is the way of all requests to Kafka. It explains refusals, and keeps
// those that last for [Bus.Ping].
type gate struct {
	*kafka.Transport

	bus *Bus
	now func() time.Time

	mu      sync.Mutex
	refused map[string]refusal // by what was refused
}

type refusal struct {
	err error
	at  time.Time
}

// connection is the key of refusals that are about no topic.
const connection = "connection"

// RoundTrip implements [kafka.RoundTripper].
func (g *gate) RoundTrip(ctx context.Context, addr net.Addr, req kafka.Request) (kafka.Response, error) {
	resp, err := g.roundTrip(ctx, addr, req)
	if err = g.bus.explain(err); err != nil {
		if errors.As(err, new(*AccessError)) {
			g.note(connection, err)
		}
		return resp, err
	}
	g.note(connection, nil)
	switch r := resp.(type) {
	case *produce.Response:
		for _, t := range r.Topics {
			for _, p := range t.Partitions {
				g.topic("write to", t.Topic, p.ErrorCode)
			}
		}
	case *listoffsets.Response:
		for _, t := range r.Topics {
			for _, p := range t.Partitions {
				g.topic("see", t.Topic, p.ErrorCode)
			}
		}
	case *metadata.Response:
		for _, t := range r.Topics {
			g.topic("see", t.Name, t.ErrorCode)
		}
	}
	return resp, nil
}

// fetched notes how a fetch went, which does not come this way.
func (g *gate) fetched(full string, err error) {
	var said kafka.Error
	switch {
	case err == nil:
		g.note(connection, nil)
		g.topic("read", full, 0)
	case errors.As(err, &said) && !errors.Is(err, kafka.SASLAuthenticationFailed):
		g.topic("read", full, int16(said))
	case errors.As(err, new(*AccessError)):
		g.note(connection, err)
	}
}

// roundTrip asks for metadata until the transport has some: its cache begins
// with nothing, and gives up on a Kafka that takes longer than [metadataTTL] to
// fill it. Later on it is that old at most, or older while Kafka is slow.
func (g *gate) roundTrip(ctx context.Context, addr net.Addr, req kafka.Request) (resp kafka.Response, err error) {
	if _, ok := req.(*metadata.Request); !ok {
		return g.Transport.RoundTrip(ctx, addr, req)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err = patiently(ctx, func() error {
		resp, err = g.Transport.RoundTrip(ctx, addr, req)
		return err
	})
	return resp, err
}

// topic notes what was said about a topic.
func (g *gate) topic(do, full string, code int16) {
	name := strings.TrimPrefix(full, string(g.bus.ns))
	switch err := kafka.Error(code); {
	case code == 0:
		g.note(do+" "+name, nil)
	case err == kafka.TopicAuthorizationFailed:
		g.note(do+" "+name, &AccessError{Do: g.bus.lacks(fmt.Sprintf("the right to %s topic %s", do, name)), Sure: true, Err: err})
	case err == kafka.UnknownTopicOrPartition && g.bus.cfg.Security.KafkaUser != "":
		// Kafka does not tell a topic that may not be seen from one that isn't there.
		g.note(do+" "+name, &AccessError{
			Do:  fmt.Sprintf("topic %s is not there (`copytaster topics create`), or %s may not see it (`copytaster acls`)", name, g.bus.who()),
			Err: err,
		})
	}
}

func (g *gate) note(what string, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before, was := g.refused[what]
	switch {
	case err != nil:
		g.refused[what] = refusal{err, g.now()}
		// What waiting may mend is said by whoever waits.
		if surelyRefused(err) && (!was || before.err.Error() != err.Error()) {
			g.bus.log.Error().Err(err).Msg("Kafka refuses; trying again until that is mended")
		}
	case was:
		delete(g.refused, what)
		if !surelyRefused(before.err) {
			return
		}
		g.bus.log.Info().Str("was", before.err.Error()).Msg("Kafka no longer refuses")
	}
}

// lasting are the refusals that were met lately and not overcome.
func (g *gate) lasting() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var errs []error
	for _, what := range slices.Sorted(maps.Keys(g.refused)) {
		if r := g.refused[what]; g.now().Sub(r.at) <= refusalAge {
			errs = append(errs, r.err)
		} else {
			delete(g.refused, what)
		}
	}
	return errors.Join(errs...)
}
