// Package subscriber is a downstream team's program, in full: it keeps a local
// copy of the newest articles from the public topics, takes out of it what is
// killed or held, and goes on where it was after it ended in whatever way.
// deploy/CONSUMING.md says what it relies on.
package subscriber

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// The public topics, without the namespace.
const (
	Released = "articles.released"
	Current  = "articles.current"
)

// tryAgain is how long it waits when Kafka can't be asked.
const tryAgain = time.Second

// sinceMargin is for clocks that differ, and for the ends of partitions that were
// not asked for at one moment.
const sinceMargin = time.Minute

// partitionsEvery is how often the number of partitions is looked at.
const partitionsEvery = time.Minute

// What is not the end.
var (
	// errAnew says that the copy can't go on from where it is, and is made anew.
	errAnew = errors.New("the copy must be made anew")
	// errKafka says that Kafka can't be asked, and is asked again.
	errKafka = errors.New("can't read from Kafka, trying again")
)

// Config says what to follow, and where to keep it.
type Config struct {
	Kafka     []kgo.Opt // addresses, TLS, user
	Namespace string    // before the topics' names
	Dir       string    // of the copy
	Say       func(string)
}

// List gives the copy's entries, by uri, also while another process follows.
func List(dir string) ([]Entry, error) {
	for {
		f, err := open(dir)
		if err != nil {
			return nil, err
		}
		es, err := f.all()
		if again, failed := open(dir); err != nil && failed == nil && again.Copy != f.Copy {
			continue // it was replaced meanwhile
		}
		return es, err
	}
}

// Follow keeps the copy up to date until ctx is done. It tries again for as long
// as Kafka is away; what ends it is a message that it can't read, and a copy
// that it can't write.
func Follow(ctx context.Context, c Config) error {
	f, err := open(c.Dir)
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(c.Kafka...)
	if err != nil {
		return err
	}
	defer client.Close()
	s := &subscriber{Config: c, admin: kadm.NewClient(client)}
	for {
		err := s.check(ctx, f)
		if err == nil {
			err = s.follow(ctx, f)
		}
		if errors.Is(err, errAnew) {
			c.Say(err.Error())
			var next *folder
			if next, err = s.anew(ctx, f); err == nil {
				f = next
				c.Say("the copy is made")
				continue
			}
		}
		switch {
		case ctx.Err() != nil:
			return nil // the end, as asked for
		case !errors.Is(err, errKafka) && !errors.Is(err, errAnew):
			return err
		}
		c.Say(err.Error())
		select {
		case <-time.After(tryAgain):
		case <-ctx.Done():
		}
	}
}

type subscriber struct {
	Config

	admin *kadm.Client
}

// check tells whether the log still has what comes after the copy.
func (s *subscriber) check(ctx context.Context, f *folder) error {
	if f.Copy == 0 {
		return fmt.Errorf("%w: there is none", errAnew)
	}
	first, end, err := s.extent(ctx, Released)
	if err != nil {
		return err
	}
	if len(end) != len(f.Next) {
		return fmt.Errorf("%w: %s has %d partitions, and had %d: keys have moved", errAnew, Released, len(end), len(f.Next))
	}
	for p, next := range f.Next {
		if next < first[p] || next > end[p] {
			return fmt.Errorf("%w: %s/%d has offsets %d to %d, and %d is next", errAnew, Released, p, first[p], end[p], next)
		}
	}
	return nil
}

// anew makes a copy: all of what is current, and then what was released and may
// not have been current when that was read. Nobody sees it until it is whole, so
// that it does not matter that the second repeats some of the first.
func (s *subscriber) anew(ctx context.Context, f *folder) (*folder, error) {
	next, err := f.begin()
	if err != nil {
		return nil, err
	}
	first, end, err := s.extent(ctx, Current)
	if err != nil {
		return nil, err
	}
	var since time.Time
	err = s.read(ctx, Current, first, end, func(e Entry) error {
		if e.Since.After(since) {
			since = e.Since
		}
		return next.put(e)
	})
	if err != nil {
		return nil, err
	}
	from, err := s.from(ctx, Released, since)
	if err != nil {
		return nil, err
	}
	// What is current was released before: so this end is behind all that was read.
	if _, end, err = s.extent(ctx, Released); err != nil {
		return nil, err
	}
	if err := s.read(ctx, Released, from, end, next.put); err != nil {
		return nil, err
	}
	next.Next = end
	return next, next.commit()
}

// from is the offset of each partition from which on its messages are of that
// time or later, with the margin.
func (s *subscriber) from(ctx context.Context, topic string, t time.Time) (map[int32]int64, error) {
	if t.IsZero() {
		first, _, err := s.extent(ctx, topic)
		return first, err
	}
	name := s.Namespace + topic
	at, err := s.admin.ListOffsetsAfterMilli(ctx, t.Add(-sinceMargin).UnixMilli(), name)
	if err == nil {
		err = at.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: topic %s: %w", errKafka, name, err)
	}
	from := map[int32]int64{}
	at.Each(func(o kadm.ListedOffset) { from[o.Partition] = o.Offset })
	return from, nil
}

// extent is the first offset of each partition, and the one behind its last.
func (s *subscriber) extent(ctx context.Context, topic string) (first, end map[int32]int64, err error) {
	name := s.Namespace + topic
	starts, err := s.admin.ListStartOffsets(ctx, name)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w: topic %s: %w", errKafka, name, err)
	}
	ends, err := s.admin.ListEndOffsets(ctx, name)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w: topic %s: %w", errKafka, name, err)
	}
	first, end = map[int32]int64{}, map[int32]int64{}
	starts.Each(func(o kadm.ListedOffset) { first[o.Partition] = o.Offset })
	ends.Each(func(o kadm.ListedOffset) { end[o.Partition] = o.Offset })
	return first, end, nil
}

// consume is a client that reads a topic from these offsets. An offset that the
// log does not have is an error: to go on elsewhere would be to lose articles.
func (s *subscriber) consume(topic string, from map[int32]int64) (*kgo.Client, error) {
	at := map[int32]kgo.Offset{}
	for p, o := range from {
		at[p] = kgo.NewOffset().At(o)
	}
	return kgo.NewClient(append(append([]kgo.Opt{}, s.Kafka...),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{s.Namespace + topic: at}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		// The mark of a transaction has an offset, too, and may be the last.
		kgo.KeepControlRecords(),
	)...)
}

// read reads a topic up to its end.
func (s *subscriber) read(ctx context.Context, topic string, from, end map[int32]int64, put func(Entry) error) error {
	first, left := map[int32]int64{}, unread{}
	for p, o := range from {
		if o < end[p] {
			first[p], left[p] = o, end[p]
		}
	}
	if len(left) == 0 {
		return nil
	}
	client, err := s.consume(topic, first)
	if err != nil {
		return err
	}
	defer client.Close()
	for len(left) > 0 {
		err := poll(ctx, client, func(r *kgo.Record) error {
			if !left.reach(r.Partition, r.Offset) {
				return nil
			}
			return apply(r, put)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unread are the ends of the partitions that are not read up to there.
type unread map[int32]int64

// reach takes note that the offset is read, and tells whether it is before its
// partition's end. What was last before the end may be gone: it is compacted away
// when its article has a later message, and that one is then the first to come.
func (u unread) reach(partition int32, offset int64) bool {
	end, ok := u[partition]
	if ok && offset+1 >= end {
		delete(u, partition)
	}
	return ok && offset < end
}

// follow reads what is released from now on into the copy.
func (s *subscriber) follow(ctx context.Context, f *folder) error {
	client, err := s.consume(Released, f.Next)
	if err != nil {
		return err
	}
	defer client.Close()
	for looked := time.Now(); ; {
		if time.Since(looked) > partitionsEvery {
			if err := s.check(ctx, f); err != nil {
				return err
			}
			looked = time.Now()
		}
		wait, cancel := context.WithTimeout(ctx, partitionsEvery)
		err := poll(wait, client, func(r *kgo.Record) error {
			f.Next[r.Partition] = r.Offset + 1
			return apply(r, f.put)
		})
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errAnew):
			return err
		case errors.Is(err, context.DeadlineExceeded): // nothing came
		case err != nil:
			return err
		}
		// The articles first: what comes again after a crash changes nothing.
		if err := f.advance(); err != nil {
			return err
		}
	}
}

// poll takes what has come; it waits for something to come.
func poll(ctx context.Context, client *kgo.Client, take func(*kgo.Record) error) error {
	fetches := client.PollFetches(ctx)
	// What came before an error counts, too: the client has gone on behind it.
	for _, r := range fetches.Records() {
		if err := take(r); err != nil {
			return err
		}
	}
	var failed error
	for _, f := range fetches.Errors() {
		kind := errKafka
		if errors.Is(f.Err, kerr.OffsetOutOfRange) {
			kind = errAnew
		}
		failed = errors.Join(failed, fmt.Errorf("%w: %s/%d: %w", kind, f.Topic, f.Partition, f.Err))
	}
	return failed
}

// apply puts what a message says. A mark of a transaction says nothing.
func apply(r *kgo.Record, put func(Entry) error) error {
	if r.Attrs.IsControl() {
		return nil
	}
	e, err := read(r)
	if err != nil {
		return err
	}
	return put(e)
}
