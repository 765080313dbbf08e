package operate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/override"
)

const corrected1 = article.URI("urn:x:ferry")

func version(t *testing.T, n int) article.Article {
	t.Helper()
	text := fmt.Sprint("Text ", n)
	a := article.Article{
		URI: corrected1, Version: fmt.Sprint(n), Source: "wire", Status: article.Usable, Text: text, ReceivedAt: time.Unix(1_700_000_000+int64(n), 0).UTC(),
		Segments: []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len(text)}}}},
	}
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	return a
}

// A revision that comes between the look for the newest and the message that sends it
// again may have been enriched without the override: so it is sent again, too.
func TestWhatComesInBetweenIsSentAgain(t *testing.T) {
	b, err := bus.Connect(bus.Config{KafkaBrokers: localtest.Kafka(t), Namespace: localtest.Namespace(t)}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for deadline := time.Now().Add(5 * time.Minute); ; {
		if err := b.EnsureTopics(t.Context(), traces...); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	write := func(name string, typ event.Type, a article.Article) {
		t.Helper()
		s := b.Sink(name, typ)
		defer func() { _ = s.Close() }()
		if err := s.Write(t.Context(), []article.Article{a}); err != nil {
			t.Fatal(err)
		}
	}
	e := &editor{bus: b, progress: func(int64) *bar { return &bar{} }}
	if of, err := e.find(t.Context(), corrected1); err != nil || of.correctable() == nil {
		t.Fatalf("%+v, %v", of, err)
	}
	write(topic.Received, event.Received, version(t, 1))
	done := version(t, 1)
	done.Corrections.Number, done.Language = 3, article.Label{Value: "de"}
	done.Corrections.Fields = []article.Corrected{{Field: "language", Who: "M. Ito", At: done.ReceivedAt}}
	done.Revision = done.Revision.Reissued(3)
	write(topic.Enriched, event.Enriched, done)
	of, err := e.find(t.Context(), corrected1)
	if err != nil {
		t.Fatal(err)
	}
	if of.newest.Revision != version(t, 1).Revision || of.newest.Language.Value != "" || of.fromEnriched || of.corrected != 3 || of.seen != 3 {
		t.Errorf("%+v", of)
	}
	write(topic.ReceivedBulk, event.Received, version(t, 2))
	sent, err := e.send(t.Context(), of, 4)
	if err != nil || sent != version(t, 2).Revision {
		t.Fatalf("%v, %v", sent, err)
	}
	for name, want := range map[string]string{topic.Received: "1- 1-4 2-4", topic.ReceivedBulk: "2- 1-4 2-4"} {
		ss, err := whole(t.Context(), b, name, keyOf(corrected1))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := scan(t.Context(), b, ss, &bar{}, func(m stage.Message) error {
			a, err := event.Decode(m)
			got = append(got, a.Version+"-"+m.Header(override.Header))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s has %v, want %s", name, got, want)
		}
	}
}

// Where the log of what was received is gone, the newest is what was enriched, without
// what was corrected.
func TestTheNewestIsAsItWasReceived(t *testing.T) {
	enriched := version(t, 2)
	enriched.Language = article.Label{Value: "de"}
	enriched.Corrections = article.Corrections{Number: 2, Fields: []article.Corrected{{Field: "language"}}}
	p := enriched.Revision.Parts()
	p.Generation, p.Sequence = 7, 3
	var err error
	if enriched.Revision, err = p.Revision(); err != nil {
		t.Fatal(err)
	}
	of := &lineage{}
	old, again := version(t, 1), enriched
	of.take(&old, false)
	of.take(&again, true)
	if got := of.newest.Revision.Parts(); got.Generation != 0 || got.Sequence != 1 || of.newest.Language.Value != "" || of.newest.Version != "2" || of.seen != 2 || of.corrected != 2 {
		t.Errorf("%+v", of.newest)
	}
	// The same as it was received goes before it, whichever comes first.
	received := version(t, 2)
	p.Generation, p.Sequence = 0, 1
	if received.Revision, err = p.Revision(); err != nil {
		t.Fatal(err)
	}
	of.take(&received, false)
	another := enriched
	of.take(&another, true)
	if of.newest != &received {
		t.Errorf("%+v", of.newest)
	}
	killed := version(t, 3)
	killed.Status = article.Canceled
	of.take(&killed, false)
	if of.newest != &received || of.correctable() != nil {
		t.Errorf("%+v", of.newest)
	}
	of.stands.Status = article.Canceled
	if err := of.correctable(); err == nil || !strings.Contains(err.Error(), "is killed") {
		t.Error(err)
	}
}

func TestSaid(t *testing.T) {
	for arg, want := range map[string]string{
		"language=de": `language "de"`, `language="de"`: `language "de"`, "agency=dpa": `agency "dpa"`, "agency=null": "agency null", "topics=[]": "topics []",
	} {
		said, err := saidIn(arg)
		if got := said.Field + " " + string(said.Value); err != nil || got != want {
			t.Errorf("%s: %s, %v", arg, got, err)
		}
	}
	for _, arg := range []string{"language", "topics=@" + t.TempDir() + "/none"} {
		if _, err := saidIn(arg); err == nil {
			t.Errorf("%s is taken", arg)
		}
	}
}
