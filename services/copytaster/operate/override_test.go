package operate

import (
	"context"
	"encoding/json"
	"errors"
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

const ferryURI = article.URI("urn:x:ferry")

func version(t *testing.T, n int) article.Article {
	t.Helper()
	text := fmt.Sprint("Text ", n)
	a := article.Article{
		URI: ferryURI, Version: fmt.Sprint(n), Source: "wire", Status: article.Usable, Text: text, ReceivedAt: time.Unix(1_700_000_000+int64(n), 0).UTC(),
		Segments: []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len(text)}}}},
	}
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	return a
}

// connected is a bus that has these topics.
func connected(t *testing.T, names ...string) *bus.Bus {
	t.Helper()
	b, err := bus.Connect(bus.Config{KafkaBrokers: localtest.Kafka(t), Namespace: localtest.Namespace(t)}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(5 * time.Minute); ; <-tick.C {
		if err = b.EnsureTopics(t.Context(), names...); err == nil {
			return b
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// Of two who change overrides at once the one that is overtaken tries again, and loses
// nothing of the other's. What is decided is in the audit before it is done.
func TestTwoEditorsAtOnce(t *testing.T) {
	b := connected(t, topic.Overrides, topic.Audit)
	newest := version(t, 1)
	of := &lineage{uri: ferryURI, newest: &newest}
	set := override.Change{Who: "M. Ito", Set: []override.Said{{Field: "language", Value: []byte(`"de"`)}}}
	var noted []audited
	e := newEditor(b, func(int64) *bar { return &bar{} })
	e.note = func(context.Context, audited) error { return errors.New("the audit is away") }
	if _, err := e.write(t.Context(), of, &set); err == nil || !strings.Contains(err.Error(), "nothing is changed") {
		t.Errorf("without the audit: %v", err)
	}
	e.note = func(ctx context.Context, r audited) error {
		if noted = append(noted, r); len(noted) > 1 {
			return nil
		}
		table, err := b.OpenTable(ctx, topic.Overrides)
		if err != nil {
			return err
		}
		if _, ok := table.Get(string(ferryURI)); ok {
			t.Error("the row is there before the audit has it")
		}
		value, err := event.EncodeOverride(&article.Override{URI: "urn:x:other", Number: 1})
		if err != nil {
			return err
		}
		return errors.Join(table.Put(ctx, "urn:x:other", value), table.Close())
	}
	if _, err := e.write(t.Context(), of, &set); err != nil {
		t.Fatal(err)
	}
	remove := override.Change{Who: "B. Lee", All: true}
	made, err := e.write(t.Context(), of, &remove)
	if err != nil || made.Number != 2 {
		t.Fatalf("%+v, %v", made, err)
	}
	var says []string
	for _, r := range noted {
		says = append(says, fmt.Sprint(r.Action, " ", r.Number, " ", r.Who, " ", r.Fields))
	}
	if got := strings.Join(says, "; "); got != "override 1 M. Ito [language]; override 1 M. Ito [language]; override removed 2 B. Lee [language]" {
		t.Errorf("the audit has %s", got)
	}
	if noted[2].At.Before(noted[1].At) || noted[1].At.Before(noted[0].At) {
		t.Errorf("the audit is out of order: %+v", noted)
	}
	lines, err := e.list(t.Context(), "urn:x:other")
	if err != nil || len(lines) != 1 {
		t.Errorf("the other one's: %+v, %v", lines, err)
	}
}

// What can't be read hides nothing of the rest, and what may not be shown has no words.
func TestLines(t *testing.T) {
	a := version(t, 1)
	c := override.Change{Who: "M. Ito", Reason: "names a minor", Set: []override.Said{{Field: "language", Value: []byte(`"de"`)}}}
	made, err := c.Make(nil, nil, 0, &a)
	if err != nil {
		t.Fatal(err)
	}
	value, err := event.EncodeOverride(&made.Override)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := linesOf(someRows{string(ferryURI): value, "urn:x:a": []byte("broken")}, "")
	if err == nil || !strings.Contains(err.Error(), `override of "urn:x:a" can't be read`) || len(lines) != 1 || string(lines[0].Fields[0].Value) != `"de"` {
		t.Fatalf("%+v, %v", lines, err)
	}
	lines[0].hide()
	b, err := json.Marshal(lines[0])
	if got := string(b); err != nil || strings.Contains(got, "de\"") || strings.Contains(got, "minor") || !strings.Contains(got, `"who":"M. Ito"`) || !strings.Contains(got, `"withheld":true`) {
		t.Errorf("%s, %v", got, err)
	}
}

type someRows map[string][]byte

func (r someRows) Get(key string) ([]byte, bool) {
	b, ok := r[key]
	return b, ok
}

func (r someRows) Range(f func(string, []byte) bool) {
	for k, b := range r {
		if !f(k, b) {
			return
		}
	}
}

// A revision that comes between the look for the newest and the message that sends it
// again may have been enriched without the override: so it is sent again, too.
func TestWhatComesInBetweenIsSentAgain(t *testing.T) {
	b := connected(t, traces...)
	write := func(name string, typ event.Type, a article.Article) {
		t.Helper()
		s := b.Sink(name, typ)
		defer func() { _ = s.Close() }()
		if err := s.Write(t.Context(), []article.Article{a}); err != nil {
			t.Fatal(err)
		}
	}
	e := newEditor(b, func(int64) *bar { return &bar{} })
	if of, err := e.find(t.Context(), ferryURI); err != nil || of.correctable() == nil {
		t.Fatalf("%+v, %v", of, err)
	}
	write(topic.Received, event.Received, version(t, 1))
	done := version(t, 1)
	done.Corrections.Number, done.Language = 3, article.Label{Value: "de"}
	done.Corrections.Fields = []article.Corrected{{Field: "language", Who: "M. Ito", At: done.ReceivedAt}}
	done.Revision = done.Revision.Reissued(3)
	write(topic.Enriched, event.Enriched, done)
	of, err := e.find(t.Context(), ferryURI)
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
		ss, err := whole(t.Context(), b, name, keyOf(ferryURI))
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
	enriched.Quotes = []article.Quotation{{Evidence: article.Evidence{Span: article.Span{End: 4}}}}
	enriched.Flags = []string{article.FlagEnricherFailed}
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
	if got := of.newest.Revision.Parts(); got.Generation != 0 || got.Sequence != 1 || of.newest.Language.Value != "" || len(of.newest.Quotes)+len(of.newest.Flags) > 0 || of.newest.Version != "2" || of.seen != 2 || of.corrected != 2 {
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
