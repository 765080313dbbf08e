// Package redrive sends dead letters back to where they came from. What ingest refused never
// was a message of a topic: it is decoded again, by this program's own decoders.
package redrive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/deadletter"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest/intake"
)

// Hints are the headers by which what ingest refused says where it is from.
func Hints() deadletter.Hints {
	return deadletter.Hints{Source: intake.HeaderSource, URL: intake.HeaderURL}
}

// Sending is a letter on its way.
type Sending struct {
	deadletter.Letter

	To       string
	Articles []article.Article // instead of the message: ingest's
}

// URI is that of the article that is sent, "" if none is known.
func (s *Sending) URI() string {
	if len(s.Articles) > 0 {
		return string(s.Articles[0].URI)
	}
	if a := s.Article(); a != nil {
		return string(a.URI)
	}
	return ""
}

// Prepare says what is sent where. The error says why a letter can't be sent, or is ctx's.
func Prepare(ctx context.Context, l deadletter.Letter) (Sending, error) {
	if l.Broken != nil {
		return Sending{Letter: l}, fmt.Errorf("the letter itself is broken: %w", l.Broken)
	}
	if l.Cut != "" {
		return Sending{Letter: l}, fmt.Errorf("the letter is cut: it holds %d bytes of a value of (bytes, SHA-256) %s; find the input elsewhere", len(l.Stored.Value), l.Cut)
	}
	s := Sending{Letter: l, To: l.Message.Topic}
	if l.Stored.Topic == topic.IngestDead {
		// Its origin is no topic: it never became an article.
		as, err := intake.Decode(ctx, l.Message)
		if err != nil {
			return s, fmt.Errorf("it is refused again: %w", err)
		}
		if len(as) == 0 {
			return s, errors.New("it is no article")
		}
		for i := range as {
			if as[i].Status == article.Canceled {
				// Nobody could see it before: no reinstatement since then lifts it.
				as[i].ReceivedAt = time.Now().UTC()
			}
		}
		s.To, s.Articles = topic.Received, as
		if topic.Lane(l.Message.Header(intake.HeaderLane)) == topic.Bulk {
			s.To = topic.ReceivedBulk
		}
		return s, nil
	}
	if _, err := topic.ByName(s.To); err != nil {
		return s, fmt.Errorf("it came from elsewhere: %w", err)
	}
	return s, nil
}

// Sender writes what was prepared.
type Sender struct {
	forward *bus.Forward
	sinks   map[string]stage.Sink // by topic, for what ingest refused
}

// NewSender makes one. The originals of what ingest refused are kept in keep first, which
// may be nil. Close it.
func NewSender(b *bus.Bus, keep *archive.Archive) *Sender {
	s := &Sender{forward: b.Forward(), sinks: map[string]stage.Sink{}}
	for _, name := range []string{topic.Received, topic.ReceivedBulk} {
		s.sinks[name] = intake.KillsAhead(b.Sink(topic.Notices, event.Received), keep.Before(b.Sink(name, event.Received)))
	}
	return s
}

// Send writes them in their order, those for one topic at once, and returns when Kafka has
// them. After an error it is not known which it has.
func (s *Sender) Send(ctx context.Context, all ...Sending) error {
	for begin := 0; begin < len(all); {
		end := begin
		var as []article.Article
		var ms []stage.Message
		for ; end < len(all) && all[end].To == all[begin].To && (all[end].Articles == nil) == (all[begin].Articles == nil); end++ {
			as = append(as, all[end].Articles...)
			ms = append(ms, all[end].Message)
		}
		if len(as) == 0 {
			if err := s.forward.Write(ctx, all[begin].To, ms...); err != nil {
				return err
			}
		}
		for len(as) > 0 {
			n := stage.Distinct(as)
			if err := s.sinks[all[begin].To].Write(ctx, as[:n]); err != nil {
				return err
			}
			as = as[n:]
		}
		begin = end
	}
	return nil
}

// Close waits for what is being written.
func (s *Sender) Close() error {
	err := s.forward.Close()
	for _, sink := range s.sinks {
		err = errors.Join(err, sink.Close())
	}
	return err
}
