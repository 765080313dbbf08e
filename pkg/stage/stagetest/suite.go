package stagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

const (
	// patience is how long a part of the suite may take.
	patience = 5 * time.Minute
	// moment is how long nothing must come for the suite to believe that nothing
	// does.
	moment = 200 * time.Millisecond
)

// Subject is an implementation under test: one log of articles, one of dead
// letters, both empty.
type Subject struct {
	// Send appends messages as they are; what has a key keeps its order.
	Send func(ctx context.Context, ms ...stage.Message) error
	Sink func() (stage.Sink, error) // articles of [event.Received]
	Dead func() (stage.DeadLetters, error)
	// Source opens the one reader of the articles. There is one source at a
	// time; a new one goes on where the last one stood when it was closed.
	Source func() (stage.Source, error)
	// Letters opens a reader of the dead letters, from the first on.
	Letters func() (stage.Source, error)
	// Ends says that a source ends with io.EOF where the log ends. Others wait.
	Ends bool
}

// Run holds what open gives to the contract of package stage. open is called
// once for each part, with that part's test.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for _, c := range []struct {
		name string
		test func(*suite)
	}{
		{"order", (*suite).order},
		{"redelivery", (*suite).redelivery},
		{"late acknowledgement", (*suite).lateAck},
		{"odd acknowledgements", (*suite).oddAcks},
		{"given back", (*suite).givenBack},
		{"as it was sent", (*suite).asSent},
		{"big", (*suite).big},
		{"refusals", (*suite).refusals},
		{"the end", (*suite).theEnd},
		{"context", (*suite).canceled},
		{"closing", (*suite).closing},
		{"dead letters", (*suite).deadLetters},
		{"whole stage", (*suite).wholeStage},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			c.test(&suite{T: t, Subject: open(t), ctx: ctx})
		})
	}
}

type suite struct {
	*testing.T
	Subject
	ctx context.Context
}

func must[X any](s *suite, f func() (X, error)) X {
	s.Helper()
	x, err := f()
	if err != nil {
		s.Fatal(err)
	}
	return x
}

func (s *suite) close(c io.Closer) {
	s.Helper()
	if err := c.Close(); err != nil {
		s.Fatal("close:", err)
	}
}

// sample is an article whose revision is n.
func sample(uri article.URI, n int) article.Article {
	text := fmt.Sprintf("Report %d", n)
	return article.Article{
		URI: uri, Version: strconv.Itoa(n), Revision: article.Revision(n), Status: article.Usable, Source: "test", Text: text,
		Segments:   []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len(text)}, Confidence: 1}}},
		ReceivedAt: time.Unix(1_700_000_000, 0).UTC(),
	}
}

// write writes revisions from to below to of each key.
func (s *suite) write(keys, from, to int) {
	s.Helper()
	w := must(s, s.Sink)
	for r := from; r < to; r++ {
		var as []article.Article
		for k := range keys {
			as = append(as, sample(article.URI(fmt.Sprintf("urn:test:%d", k)), r+1))
		}
		if err := w.Write(s.ctx, as); err != nil {
			s.Fatal(err)
		}
	}
	s.close(w)
}

// take reads n messages.
func (s *suite) take(src stage.Source, n int) []stage.Message {
	s.Helper()
	var ms []stage.Message
	for len(ms) < n {
		more, err := src.Next(s.ctx)
		if err != nil {
			s.Fatalf("after %d of %d messages: %v", len(ms), n, err)
		}
		if len(more) == 0 {
			s.Fatal("Next gave neither messages nor an error")
		}
		ms = append(ms, more...)
	}
	return ms
}

// nothing checks that no message comes.
func (s *suite) nothing(src stage.Source) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, moment)
	defer cancel()
	ms, err := src.Next(ctx)
	want := context.DeadlineExceeded
	if s.Ends {
		want = io.EOF
	}
	if len(ms) > 0 || !errors.Is(err, want) {
		s.Fatalf("%d messages and %v, want %v", len(ms), err, want)
	}
}

// name is what an article's message is called in the suite: key#revision.
func (s *suite) name(m stage.Message) string {
	s.Helper()
	a, err := event.Decode(m)
	if err != nil {
		s.Fatal(err)
	}
	return fmt.Sprintf("%s#%d", a.URI, a.Revision)
}

func (s *suite) names(ms []stage.Message) []string {
	s.Helper()
	var out []string
	for _, m := range ms {
		out = append(out, s.name(m))
	}
	return out
}

// order: several writers at once, each with keys of its own; within a key all
// is there once and in order, and offsets of a partition grow.
func (s *suite) order() {
	const writers, keys, revisions = 4, 5, 20
	w := must(s, s.Sink)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for r := range revisions {
				var as []article.Article
				for k := range keys {
					as = append(as, sample(article.URI(fmt.Sprintf("urn:test:%d-%d", i, k)), r+1))
				}
				if err := w.Write(s.ctx, as); err != nil {
					s.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s.close(w)
	src := must(s, s.Source)
	defer src.Close()
	last := map[string]int{}
	offsets := map[string]int64{}
	for _, m := range s.take(src, writers*keys*revisions) {
		a, err := event.Decode(m)
		if err != nil {
			s.Fatal(err)
		}
		if string(m.Key) != string(a.URI) || int(a.Revision) != last[string(m.Key)]+1 {
			s.Fatalf("%s, revision %d, comes after %d with key %q", a.URI, a.Revision, last[string(m.Key)], m.Key)
		}
		last[string(m.Key)]++
		place := fmt.Sprintf("%s/%d", m.Topic, m.Partition)
		if at, ok := offsets[place]; ok && m.Offset <= at {
			s.Fatalf("%s: offset %d after %d", place, m.Offset, at)
		}
		offsets[place] = m.Offset
		if m.Ack == nil {
			s.Fatal("a message without Ack")
		}
		if m.Revoked != nil && m.Revoked() {
			s.Fatalf("%s was taken away when it was handed out", s.name(m))
		}
	}
	s.nothing(src)
}

// redelivery: what was not acknowledged comes again, in order; what was
// acknowledged, with all before it in its partition, does not.
func (s *suite) redelivery() {
	const keys, revisions = 7, 6
	s.write(keys, 0, revisions)
	for round := range 3 { // nothing acknowledged: everything comes again
		src := must(s, s.Source)
		ms := s.take(src, keys*revisions)
		if len(ms) != keys*revisions {
			s.Fatalf("round %d: %d messages", round, len(ms))
		}
		if round == 2 {
			for i, m := range ms {
				if i%3 != 1 {
					m.Ack(stage.Verdict{})
				}
			}
		}
		s.close(src)
		if round < 2 {
			continue
		}
		// In each partition, from the first that is open on.
		var want []string
		open := map[int]bool{}
		for i, m := range ms {
			if open[m.Partition] = open[m.Partition] || i%3 == 1; open[m.Partition] {
				want = append(want, s.name(m))
			}
		}
		src = must(s, s.Source)
		got := s.take(src, len(want))
		names := s.names(got)
		slices.Sort(names)
		slices.Sort(want)
		if !slices.Equal(names, want) {
			s.Fatalf("came again: %v\nwant: %v", names, want)
		}
		for _, m := range got {
			m.Ack(stage.Verdict{})
		}
		s.close(src)
		src = must(s, s.Source)
		s.nothing(src)
		s.close(src)
	}
}

// lateAck: after Close an acknowledgement is too late and does no harm.
func (s *suite) lateAck() {
	s.write(1, 0, 3)
	src := must(s, s.Source)
	ms := s.take(src, 3)
	ms[0].Ack(stage.Verdict{})
	s.close(src)
	for _, m := range ms {
		m.Ack(stage.Verdict{})
	}
	src = must(s, s.Source)
	defer src.Close()
	if got := s.names(s.take(src, 2)); !slices.Equal(got, s.names(ms[1:])) {
		s.Fatal(got)
	}
}

// oddAcks: in any order, from many goroutines, more than once, and for refused
// messages as for accepted ones.
func (s *suite) oddAcks() {
	const keys, revisions = 5, 30
	s.write(keys, 0, revisions)
	src := must(s, s.Source)
	ms := s.take(src, keys*revisions)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range ms {
				v := stage.Verdict{}
				if j%2 == 0 {
					v.Err = errors.New("refused")
				}
				ms[(j*(2*i+1)+i)%len(ms)].Ack(v)
			}
			for _, m := range slices.Backward(ms) {
				m.Ack(stage.Verdict{})
			}
		})
	}
	wg.Wait()
	s.close(src)
	s.write(keys, revisions, revisions+1)
	src = must(s, s.Source)
	defer src.Close()
	for _, n := range s.names(s.take(src, keys)) {
		if !strings.HasSuffix(n, fmt.Sprintf("#%d", revisions+1)) {
			s.Errorf("%s came again", n)
		}
	}
}

// givenBack: where a source can take messages away, what it is given back is
// not done, nor is what stands behind it in its partition.
func (s *suite) givenBack() {
	const revisions = 6
	s.write(1, 0, revisions)
	src := must(s, s.Source)
	ms := s.take(src, revisions)
	revocable := ms[0].Revoked != nil
	for i, m := range ms {
		v := stage.Verdict{}
		if revocable && (i == 2 || i == 4) {
			v.Err = stage.ErrRevoked
			m.Ack(v) // twice, as the others
		}
		m.Ack(v)
		m.Ack(stage.Verdict{})
	}
	s.close(src)
	src = must(s, s.Source)
	defer src.Close()
	if !revocable {
		s.nothing(src)
		return
	}
	if got := s.names(s.take(src, revisions-2)); !slices.Equal(got, s.names(ms[2:])) {
		s.Fatalf("came again: %v", got)
	}
}

// asSent: nil keys and values, empty ones, bytes that are no text, and headers
// in their order, twice the same included.
func (s *suite) asSent() {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	h := func(key string, value []byte) stage.Header { return stage.Header{Key: key, Value: value} }
	sent := []stage.Message{
		{Value: []byte("1")},
		{Key: []byte{}, Value: []byte("2")},
		{Key: all, Value: all, Headers: []stage.Header{h("b", all), h("a", []byte("x")), h("b", []byte("y"))}},
		{Key: []byte("k"), Value: []byte{}},
		{Key: []byte("k"), Value: nil},
		{Key: []byte("line\nbreak"), Value: []byte("a\nb\r\n\x00"), Headers: []stage.Header{h("c", []byte{})}},
	}
	if err := s.Send(s.ctx, sent...); err != nil {
		s.Fatal(err)
	}
	src := must(s, s.Source)
	defer src.Close()
	got := s.take(src, len(sent))
	text := func(m stage.Message) string {
		return fmt.Sprintf("%t %q %t %q %q", m.Key == nil, m.Key, m.Value == nil, m.Value, m.Headers)
	}
	var want, have []string
	for i := range sent {
		want, have = append(want, text(sent[i])), append(have, text(got[i]))
		if got[i].Topic == "" || got[i].Time.IsZero() {
			s.Errorf("a message without a topic or time: %+v", got[i])
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if diff := cmp.Diff(want, have); diff != "" {
		s.Fatal(diff)
	}
}

// noise is bytes that don't compress.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint64(88172645463325252)
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x >> 32)
	}
	return b
}

// big: the largest message passes, whole, with others around it.
func (s *suite) big() {
	large := sample("urn:test:large", 1)
	large.Original.Bytes = noise(topic.MaxMessage - 2000)
	w := must(s, s.Sink)
	if err := w.Write(s.ctx, []article.Article{sample("urn:test:0", 1), large, sample("urn:test:1", 1)}); err != nil {
		s.Fatal(err)
	}
	s.close(w)
	src := must(s, s.Source)
	defer src.Close()
	found := false
	for _, m := range s.take(src, 3) {
		a, err := event.Decode(m)
		if err != nil {
			s.Fatal(err)
		}
		if a.URI == large.URI {
			found = bytes.Equal(a.Original.Bytes, large.Original.Bytes)
		}
	}
	if !found {
		s.Fatal("the large article is not what it was")
	}
}

// refusals: what can never be written is said to be so, alone, and for good.
func (s *suite) refusals() {
	bad := sample("urn:test:bad", 1)
	bad.Source = ""
	large := sample("urn:test:large", 1)
	large.Original.Bytes = noise(topic.MaxMessage + 1)
	w := must(s, s.Sink)
	err := w.Write(s.ctx, []article.Article{bad, sample("urn:test:good", 1), large, sample("urn:test:fine", 1)})
	var partial *stage.PartialError
	if !errors.As(err, &partial) || len(partial.Errs) != 2 || partial.Total != 4 ||
		!stage.IsPermanent(partial.Errs[0]) || !stage.IsPermanent(partial.Errs[2]) {
		s.Fatal(err)
	}
	if err := w.Write(s.ctx, nil); err != nil {
		s.Fatal("nothing to write:", err)
	}
	s.close(w)
	src := must(s, s.Source)
	defer src.Close()
	got := s.names(s.take(src, 2))
	slices.Sort(got)
	if !slices.Equal(got, []string{"urn:test:fine#1", "urn:test:good#1"}) {
		s.Fatal(got)
	}
	s.nothing(src)
}

// theEnd: where the log ends, a source waits, or ends and stays so; either way
// what comes later is not missed.
func (s *suite) theEnd() {
	src := must(s, s.Source)
	s.nothing(src)
	s.nothing(src)
	if s.Ends {
		s.close(src)
		src = must(s, s.Source)
	}
	s.write(1, 0, 1)
	m := s.take(src, 1)
	m[0].Ack(stage.Verdict{})
	s.close(src)
}

// canceled: a done context ends Next and Write at once, and takes nothing away.
func (s *suite) canceled() {
	s.write(1, 0, 2)
	gone, cancel := context.WithCancel(s.ctx)
	cancel()
	src := must(s, s.Source)
	for range 3 {
		if ms, err := src.Next(gone); len(ms) > 0 || !errors.Is(err, context.Canceled) {
			s.Fatalf("%d messages, %v", len(ms), err)
		}
	}
	for _, m := range s.take(src, 2) {
		m.Ack(stage.Verdict{})
	}
	s.close(src)
	w := must(s, s.Sink)
	if err := w.Write(gone, []article.Article{sample("urn:test:0", 3)}); err == nil {
		s.Fatal("a write under a done context was acknowledged")
	}
	d := must(s, s.Dead)
	if err := d.Write(gone, stage.DeadLetter{Stage: "s", Err: errors.New("x"), Message: stage.Message{Topic: topic.Received}}); err == nil {
		s.Fatal("a letter under a done context was acknowledged")
	}
	s.close(w)
	s.close(d)
}

// closing: twice is once; a closed source, sink and dead letters refuse; Next
// that waits is woken.
func (s *suite) closing() {
	src := must(s, s.Source)
	if !s.Ends {
		woken := make(chan error, 1)
		go func() {
			_, err := src.Next(s.ctx)
			woken <- err
		}()
		s.close(src)
		if err := <-woken; err == nil || s.ctx.Err() != nil {
			s.Fatalf("Next gave %v", err)
		}
	}
	s.close(src)
	s.close(src)
	if ms, err := src.Next(s.ctx); len(ms) > 0 || !stage.IsPermanent(err) {
		s.Fatalf("%d messages, %v", len(ms), err)
	}
	w, d := must(s, s.Sink), must(s, s.Dead)
	for range 2 {
		s.close(w)
		s.close(d)
	}
	if err := w.Write(s.ctx, []article.Article{sample("urn:test:0", 1)}); err == nil {
		s.Fatal("a closed sink wrote")
	}
	if err := d.Write(s.ctx, stage.DeadLetter{Stage: "s", Err: errors.New("x"), Message: stage.Message{Topic: topic.Received}}); err == nil {
		s.Fatal("closed dead letters wrote")
	}
}

// deadLetters: written side by side, each is there, with all that is needed to
// send it again.
func (s *suite) deadLetters() {
	const n = 20
	d := must(s, s.Dead)
	sent := map[int64]stage.DeadLetter{}
	for i := range int64(n) {
		l := stage.DeadLetter{
			Stage: "test", Err: fmt.Errorf("reason %d", i), Attempts: int(i), At: time.Unix(1_700_000_000+i, 0).UTC(),
			Message: stage.Message{
				Topic: topic.Received, Partition: int(i % 3), Offset: i, Key: fmt.Append(nil, "key ", i), Value: noise(int(i) * 10),
				Headers: []stage.Header{{Key: "ce_id", Value: fmt.Append(nil, i)}}, Time: time.Unix(1_600_000_000+i, 5e6).UTC(),
			},
		}
		if i == 3 {
			l.Message.Key = nil
		}
		sent[i] = l
	}
	var wg sync.WaitGroup
	for _, l := range sent {
		wg.Go(func() {
			if err := d.Write(s.ctx, l); err != nil {
				s.Error(err)
			}
		})
	}
	wg.Wait()
	s.close(d)
	src := must(s, s.Letters)
	defer src.Close()
	for _, m := range s.take(src, n) {
		got, err := event.DecodeDead(m)
		if err != nil {
			s.Fatal(err)
		}
		want := sent[got.Message.Offset]
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b error) bool { return a.Error() == b.Error() })); diff != "" {
			s.Fatal(diff)
		}
		delete(sent, got.Message.Offset)
	}
	if len(sent) > 0 {
		s.Fatalf("%d letters are missing", len(sent))
	}
}

// wholeStage: a stage that is stopped again and again leaves nothing out, and
// writes one article of a URI at a time; what is poison is among the dead
// letters.
func (s *suite) wholeStage() {
	const keys, revisions = 10, 20
	s.write(keys, 0, revisions)
	out := &ledger{want: keys * revisions, seen: map[string]bool{}}
	for round := 0; len(out.seen) < out.want; round++ {
		if round == 20 || s.ctx.Err() != nil {
			s.Fatalf("%d of %d articles after %d rounds", len(out.seen), out.want, round)
		}
		ctx, cancel := context.WithCancel(s.ctx)
		out.left, out.stop = out.want/3, cancel
		err := stage.Stage{
			Name: "test", Source: must(s, s.Source), Sink: ledgerSink{out}, Dead: ledgerDead{must(s, s.Dead), out}, Log: zerolog.Nop(),
			Handler: func(_ context.Context, m stage.Message) ([]article.Article, error) {
				a, err := event.Decode(m)
				if err == nil && a.URI == "urn:test:3" {
					err = stage.Permanent(errors.New("poison"))
				}
				return []article.Article{a}, err
			},
		}.Run(ctx)
		cancel()
		if err != nil {
			s.Fatal(err)
		}
	}
	src := must(s, s.Letters)
	defer src.Close()
	poison := map[string]bool{}
	for len(poison) < revisions {
		for _, m := range s.take(src, 1) {
			l, err := event.DecodeDead(m)
			if err != nil {
				s.Fatal(err)
			}
			n := s.name(l.Message)
			if poison[n] = true; !strings.HasPrefix(n, "urn:test:3#") {
				s.Fatalf("%s is a dead letter", n)
			}
		}
	}
	// Redelivery goes back, but never leaves out.
	last := map[string]int{}
	for _, n := range out.order {
		key, rev, _ := strings.Cut(n, "#")
		r, err := strconv.Atoi(rev)
		if err != nil || r > last[key]+1 {
			s.Fatalf("%s comes after %d", n, last[key])
		}
		last[key] = r
	}
}

// ledger knows what is safe, and stops the stage after some articles, and when
// all are.
type ledger struct {
	want int

	mu    sync.Mutex
	seen  map[string]bool // key#revision
	order []string        // of what was not poison
	left  int
	stop  func()
}

func (l *ledger) add(uri article.URI, r article.Revision) string {
	n := fmt.Sprintf("%s#%d", uri, r)
	l.seen[n] = true
	if l.left--; l.left == 0 || len(l.seen) == l.want {
		l.stop()
	}
	return n
}

type ledgerSink struct{ *ledger }

func (l ledgerSink) Write(_ context.Context, as []article.Article) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := stage.Distinct(as); n < len(as) {
		return stage.Fatal(fmt.Errorf("two articles of %s in one write", as[n].URI))
	}
	for _, a := range as {
		l.order = append(l.order, l.add(a.URI, a.Revision))
	}
	return nil
}

func (ledgerSink) Close() error { return nil }

type ledgerDead struct {
	stage.DeadLetters
	ledger *ledger
}

func (l ledgerDead) Write(ctx context.Context, d stage.DeadLetter) error {
	if err := l.DeadLetters.Write(ctx, d); err != nil {
		return err
	}
	a, err := event.Decode(d.Message)
	if err != nil {
		return err
	}
	l.ledger.mu.Lock()
	defer l.ledger.mu.Unlock()
	l.ledger.add(a.URI, a.Revision)
	return nil
}
