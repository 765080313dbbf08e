package archive_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/archive/archivetest"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

func made(uri article.URI, revision article.Revision, original string) article.Article {
	sum := sha256.Sum256([]byte(original))
	text := "Text of " + string(uri)
	return article.Article{
		URI: uri, Revision: revision, Status: article.Usable, Source: "s", ReceivedAt: time.Unix(1, 0).UTC(), Text: text,
		Segments: []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{Start: 0, End: len(text)}}}},
		Original: article.Original{Bytes: []byte(original), Size: int64(len(original)), Hash: hex.EncodeToString(sum[:]), Format: "text"},
	}
}

// kafka takes articles as messages, and looks whether their originals are there
// by then.
type kafka struct {
	t       testing.TB
	archive *archive.Archive

	mu       sync.Mutex
	messages []stage.Message
	fail     func(a *article.Article) error // may be nil
}

func (k *kafka) Close() error { return nil }

func (k *kafka) Write(ctx context.Context, as []article.Article) error {
	errs := map[int]error{}
	for i := range as {
		m, err := event.Encode(&as[i], event.Received)
		if err == nil {
			k.mu.Lock()
			fail := k.fail
			k.mu.Unlock()
			if fail != nil {
				err = fail(&as[i])
			}
		}
		if err != nil {
			errs[i] = err
			continue
		}
		if as[i].Original.Size > 0 {
			if _, err := k.archive.Get(ctx, archive.KeyOf(&as[i])); err != nil {
				k.t.Errorf("the event of %s is there before its original: %v", as[i].URI, err)
			}
		}
		k.mu.Lock()
		k.messages = append(k.messages, m)
		k.mu.Unlock()
	}
	if len(errs) > 0 {
		return &stage.PartialError{Errs: errs, Total: len(as)}
	}
	return nil
}

func (k *kafka) articles() []article.Article {
	k.mu.Lock()
	defer k.mu.Unlock()
	as := make([]article.Article, len(k.messages))
	for i, m := range k.messages {
		a, err := event.Decode(m)
		if err != nil {
			k.t.Fatal(err)
		}
		as[i] = a
	}
	return as
}

func TestOriginalsComeFirst(t *testing.T) {
	b := &broken{Store: archivetest.NewMemory()}
	a := archive.New(b, time.Minute, nil)
	k := &kafka{t: t, archive: a}
	s := a.Before(k)
	as := []article.Article{made("urn:1", 1<<20, "one"), made("urn:2", 1<<20, "two"), made("urn:3", 1<<20, "three")}
	if err := s.Write(t.Context(), as); err != nil {
		t.Fatal(err)
	}
	got := k.articles()
	if len(got) != 3 || string(got[1].Original.Bytes) != "two" || !strings.HasPrefix(got[1].Original.Archived, "originals/") {
		t.Errorf("%+v", got)
	}
	if as[0].Original.Archived != "" {
		t.Error("the caller's article was changed")
	}

	b.err = errors.New("disk full")
	err := s.Write(t.Context(), []article.Article{made("urn:4", 1<<20, "four")})
	if err == nil || stage.IsPermanent(err) || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("without an archive: %v", err)
	}
	if n := len(k.articles()); n != 3 {
		t.Errorf("%d events: one has no original", n)
	}
	b.err = nil

	// Errors keep their places: 1 and 3 fail behind the archive, 0 before it.
	k.fail = func(a *article.Article) error {
		if a.URI == "urn:1" || a.URI == "urn:3" {
			return errors.New("kafka refuses " + string(a.URI))
		}
		return nil
	}
	wrong := made("urn:0", 1<<20, "zero")
	wrong.Original.Hash = strings.Repeat("0", 64)
	err = s.Write(t.Context(), []article.Article{wrong, as[0], as[1], as[2]})
	partial, ok := errors.AsType[*stage.PartialError](err)
	if !ok || partial.Total != 4 || len(partial.Errs) != 3 || !stage.IsPermanent(partial.Errs[0]) || partial.Errs[2] != nil ||
		!strings.Contains(fmt.Sprint(partial.Errs[1], partial.Errs[3]), "kafka refuses urn:1 kafka refuses urn:3") {
		t.Errorf("%+v", err)
	}
	// What Kafka refused is an orphan in the archive, which is allowed.
	if _, err := a.Get(t.Context(), archive.KeyOf(&as[0])); err != nil {
		t.Error(err)
	}
	if none := (*archive.Archive)(nil).Before(k); none != stage.Sink(k) {
		t.Error("without an archive there is something in the way")
	}
}

// TestClaim: an original that is too large for a message travels as a claim; a
// text that is too large is refused as without an archive.
func TestClaim(t *testing.T) {
	r := prometheus.NewRegistry()
	metrics, err := archive.NewMetrics(r)
	if err != nil {
		t.Fatal(err)
	}
	a := archive.New(archivetest.NewMemory(), time.Minute, metrics)
	k := &kafka{t: t, archive: a}
	s := a.Before(k)
	large := made("urn:large", 1<<20, strings.Repeat("large ", (topic.MaxMessage+1000)/6))
	if _, err := event.Encode(&large, event.Received); err == nil {
		t.Fatal("it would have fitted")
	}
	small := made("urn:small", 1<<20, strings.Repeat("small ", topic.MaxMessage/2/6))
	for range 2 { // a repetition gives the same
		if err := s.Write(t.Context(), []article.Article{large, small}); err != nil {
			t.Fatal(err)
		}
	}
	for i, got := range k.articles() {
		want := []*article.Article{&large, &small}[i%2]
		key, claimed := archive.Claim(&got)
		if claimed != (want == &large) || got.Original.Size != want.Original.Size || got.Original.Hash != want.Original.Hash {
			t.Errorf("%s: claimed %v, %d bytes of %d", got.URI, claimed, len(got.Original.Bytes), got.Original.Size)
		}
		if name, err := key.Name(); err != nil || name != got.Original.Archived {
			t.Errorf("the claim says %q, its key %q: %v", got.Original.Archived, name, err)
		}
		data, err := a.Original(t.Context(), &got)
		if err != nil || !bytes.Equal(data, want.Original.Bytes) {
			t.Errorf("%s: %d bytes, %v", got.URI, len(data), err)
		}
		// A claim that is sent on is left as it is.
		if err := s.Write(t.Context(), []article.Article{got}); err != nil {
			t.Error(err)
		}
	}
	if err := testutil.GatherAndCompare(r, strings.NewReader(`
# HELP copytaster_archive_claims_total Articles whose original was too large for their message, and is in the archive alone.
# TYPE copytaster_archive_claims_total counter
copytaster_archive_claims_total 2
`), "copytaster_archive_claims_total"); err != nil {
		t.Error(err)
	}
	text := strings.Repeat("x", article.MaxText) // with its original it is too large, and with its segments alone
	fat := made("urn:fat", 1<<20, "fat")
	fat.Text = text
	fat.Segments = make([]article.Segment, article.MaxSegments)
	for i := range fat.Segments {
		fat.Segments[i] = article.Segment{Kind: article.Paragraph, Evidence: article.Evidence{
			Span: article.Span{Start: i * 40, End: i*40 + 40}, Enricher: "format/text-of-a-long-name", Version: 1, Confidence: 0.5,
		}}
	}
	fat.Segments[len(fat.Segments)-1].End = len(text)
	err = s.Write(t.Context(), []article.Article{fat})
	partial, ok := errors.AsType[*stage.PartialError](err)
	if !ok || !stage.IsPermanent(partial.Errs[0]) || !strings.Contains(partial.Errs[0].Error(), "the limit is 8388608") {
		t.Errorf("a text that is too large: %v", err)
	}
}

func TestOriginalOfAnArticle(t *testing.T) {
	a := archive.New(archivetest.NewMemory(), time.Minute, nil)
	with := made("urn:x", 1<<20, "x")
	without := with
	without.Original.Bytes = nil
	for what, c := range map[string]struct {
		archive *archive.Archive
		of      article.Article
		want    error
	}{
		"its own": {nil, with, nil}, "no archive": {nil, without, archive.ErrNotFound}, "not there": {a, without, archive.ErrNotFound},
		"none at all": {a, article.Article{URI: "urn:x", Revision: 1}, archive.ErrNotFound},
	} {
		if data, err := c.archive.Original(t.Context(), &c.of); !errors.Is(err, c.want) || (err == nil) != (string(data) == "x") {
			t.Errorf("%s: %q, %v", what, data, err)
		}
	}
}

// flaky fails at random, before or after it has put.
type flaky struct {
	archive.Store

	mu   sync.Mutex
	luck []bool
	next int
}

func (f *flaky) Put(ctx context.Context, name string, data []byte) error {
	f.mu.Lock()
	at := f.next
	f.next++
	f.mu.Unlock()
	if at < len(f.luck) && f.luck[at] {
		if at%2 == 0 {
			_ = f.Store.Put(ctx, name, data) // and the answer is lost
		}
		return errors.New("the archive is away")
	}
	return f.Store.Put(ctx, name, data)
}

// queue is a source of messages of few keys.
type queue struct {
	ms []stage.Message
}

func (q *queue) Close() error { return nil }
func (q *queue) Next(ctx context.Context) ([]stage.Message, error) {
	if len(q.ms) == 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	m := q.ms[0]
	q.ms = q.ms[1:]
	return []stage.Message{m}, nil
}

// TestArchiveAwayLosesAndReordersNothing runs a stage whose archive and whose
// Kafka fail at random: every article arrives, those of one key in their order,
// none before its original, and nothing is acknowledged that isn't there.
func TestArchiveAwayLosesAndReordersNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f := &flaky{Store: archivetest.NewMemory(), luck: rapid.SliceOfN(rapid.Bool(), 0, 60).Draw(r, "archive fails")}
		a := archive.New(f, time.Minute, nil)
		k := &kafka{t: t, archive: a}
		refuse := rapid.SliceOfN(rapid.Bool(), 0, 30).Draw(r, "kafka fails")
		k.fail = func(*article.Article) error {
			k.mu.Lock()
			defer k.mu.Unlock()
			if len(refuse) == 0 {
				return nil
			}
			no := refuse[0]
			refuse = refuse[1:]
			if no {
				return errors.New("kafka is away")
			}
			return nil
		}
		const count = 30
		var acked sync.WaitGroup
		acked.Add(count)
		q := &queue{}
		for i := range count {
			uri := fmt.Sprintf("urn:%d", rapid.IntRange(0, 3).Draw(r, "uri"))
			revision := article.Revision(i+1) << 16
			q.ms = append(q.ms, stage.Message{Key: []byte(uri), Value: []byte(revision.String()), Offset: int64(i), Ack: func(v stage.Verdict) {
				defer acked.Done()
				if v.Err != nil || !slices.ContainsFunc(k.articles(), func(a article.Article) bool { return a.Revision == revision }) {
					t.Errorf("message %d is acknowledged, and not there: %v", i, v.Err)
				}
			}})
		}
		s := stage.Stage{
			Name: "ingest", Source: q, Sink: a.Before(k), Dead: noLetters{t}, Log: zerolog.Nop(),
			Config: stage.Config{Lanes: 3, RetryMin: time.Microsecond, RetryMax: time.Microsecond},
			Handler: func(_ context.Context, m stage.Message) ([]article.Article, error) {
				return []article.Article{made(article.URI(m.Key), article.Revision(m.Offset+1)<<16, "original "+string(m.Value))}, nil
			},
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		acked.Wait()
		cancel()
		if err := <-ended; err != nil {
			r.Fatal(err)
		}
		last := map[article.URI]article.Revision{}
		got := k.articles()
		for _, a := range got {
			if a.Revision <= last[a.URI] {
				r.Fatalf("%s: revision %d after %d", a.URI, a.Revision, last[a.URI])
			}
			last[a.URI] = a.Revision
		}
		if len(got) != count {
			r.Fatalf("%d of %d arrived", len(got), count)
		}
	})
}

type noLetters struct{ t *testing.T }

func (n noLetters) Close() error { return nil }
func (n noLetters) Write(_ context.Context, d stage.DeadLetter) error {
	n.t.Errorf("dead letter: %v", d.Err)
	return nil
}
