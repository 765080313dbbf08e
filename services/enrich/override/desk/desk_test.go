package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
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
	a := version(t, 1)
	of := &Lineage{uri: ferryURI, newest: Newest{Article: &a}}
	set := override.Change{Who: "M. Ito", Set: []override.Said{{Field: "language", Value: []byte(`"de"`)}}}
	var noted []Entry
	e := New(b, nil)
	e.note = func(context.Context, Entry) error { return errors.New("the audit is away") }
	if _, err := e.write(t.Context(), of, &set); err == nil || !strings.Contains(err.Error(), "nothing is changed") {
		t.Errorf("without the audit: %v", err)
	}
	e.note = func(ctx context.Context, r Entry) error {
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
		says = append(says, fmt.Sprint(r.Action, " ", r.Number, " ", r.Who, " ", r.Fields, " ", r.Kept))
	}
	if got, want := strings.Join(says, "; "), "override 1 M. Ito [language] false; override 1 M. Ito [language] false; override 1 M. Ito [language] true; "+
		"override removed 2 B. Lee [language] false; override removed 2 B. Lee [language] true"; got != want {
		t.Errorf("the audit has %s", got)
	}
	if !noted[1].At.Equal(noted[2].At) || !noted[1].At.After(noted[0].At) || !noted[3].At.After(noted[2].At) {
		t.Errorf("the audit is out of order: %+v", noted)
	}
	lines, err := e.List(t.Context(), "urn:x:other")
	if err != nil || len(lines) != 1 {
		t.Errorf("the other one's: %+v, %v", lines, err)
	}
}

// onePut is a table that is opened again and again, and answers a write.
type onePut struct {
	someRows

	answers []error // in turn; then nil
	keeps   bool    // what it answers an error to
}

func (p *onePut) Put(_ context.Context, key string, value []byte) error {
	var err error
	if len(p.answers) > 0 {
		err, p.answers = p.answers[0], p.answers[1:]
	}
	if err == nil || p.keeps {
		p.someRows[key] = value
	}
	return err
}

func (*onePut) CatchUp(context.Context) error { return nil }

func (p *onePut) Close() error { return nil }

// After an error it is open whether a change is kept. Who tries again finds out, and
// finishes what was begun.
func TestAChangeThatWasCutOff(t *testing.T) {
	a := version(t, 1)
	set := override.Change{Who: "M. Ito", Set: []override.Said{{Field: "language", Value: []byte(`"de"`)}}}
	away := errors.New("kafka is away")
	for _, c := range []struct {
		says   string
		table  onePut
		before bool
		fails  string
		noted  string
	}{
		{"overtaken behind its row", onePut{answers: []error{bus.ErrOvertaken}, keeps: true}, false, "", "1 false, 1 true"},
		{"overtaken before it", onePut{answers: []error{bus.ErrOvertaken}}, false, "", "1 false, 1 false, 1 true"},
		{"the row is kept", onePut{answers: []error{away}, keeps: true}, false, "copytaster override reissue, goes on: kafka is away", "1 false"},
		{"the row is not kept", onePut{answers: []error{away}}, false, "copytaster override list urn:x:ferry tells", "1 false"},
	} {
		c.table.someRows = someRows{}
		var noted []string
		e := &Desk{
			turn: make(chan struct{}, 1),
			open: func(context.Context) (rowTable, error) { return &c.table, nil },
			note: func(_ context.Context, r Entry) error {
				noted = append(noted, fmt.Sprint(r.Number, " ", r.Kept))
				return nil
			},
		}
		of := &Lineage{uri: ferryURI, newest: Newest{Article: &a}}
		w, err := e.write(t.Context(), of, &set)
		if c.fails == "" && (err != nil || w.Number != 1 || w.before) || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
			t.Errorf("%s: %+v, %v", c.says, w, err)
		}
		if got := strings.Join(noted, ", "); got != c.noted {
			t.Errorf("%s: the audit has %s", c.says, got)
		}
		if c.fails != "" && !c.table.keeps {
			continue
		}
		// The same command again sends what the newest revision hasn't got, and nothing else.
		if w, err = e.write(t.Context(), of, &set); err != nil || !w.before || w.Number != 1 {
			t.Errorf("%s: the same again: %+v, %v", c.says, w, err)
		}
		if got := strings.Join(noted, ", "); got != c.noted+", 1 true" { // it may have been owed
			t.Errorf("%s: the same again: the audit has %s", c.says, got)
		}
		of.seen = 1
		if _, err = e.write(t.Context(), of, &set); !errors.Is(err, override.ErrSame) {
			t.Errorf("%s: the same once more: %v", c.says, err)
		}
		both := override.Change{Who: "M. Ito", Remove: []string{"language", "topics"}}
		of.seen = 0
		if _, err = e.write(t.Context(), of, &both); err == nil || !strings.Contains(err.Error(), "topics: urn:x:ferry has no such correction; the others can be removed") {
			t.Errorf("%s: one of two: %v", c.says, err)
		}
		nothing := override.Change{Who: "M. Ito", Remove: []string{"topics"}}
		if w, err = e.write(t.Context(), of, &nothing); err != nil || !w.before {
			t.Errorf("%s: none: %+v, %v", c.says, w, err)
		}
	}
}

// countedTable is one of which it is told how often it is caught up with and closed.
type countedTable struct {
	onePut

	caught, closed atomic.Int32 // by the desk and by its timer
	away           error
}

func (c *countedTable) CatchUp(context.Context) error { c.caught.Add(1); return c.away }
func (c *countedTable) Close() error                  { c.closed.Add(1); return nil }

// A service's desk keeps the table: each change would read all of it anew.
func TestTheTableIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := version(t, 1)
		rows := someRows{}
		var opened []*countedTable
		e := &Desk{
			turn: make(chan struct{}, 1), note: func(context.Context, Entry) error { return nil }, tables: &tables{},
			open: func(context.Context) (rowTable, error) {
				opened = append(opened, &countedTable{onePut: onePut{someRows: rows}})
				return opened[len(opened)-1], nil
			},
		}
		n := 0
		write := func(fails error) {
			t.Helper()
			n++
			of := &Lineage{uri: ferryURI, seen: n, newest: Newest{Article: &a}}
			change := override.Change{Who: "M. Ito", Set: []override.Said{{Field: "language", Value: fmt.Appendf(nil, `"x%c"`, 'a'+n)}}}
			if _, err := e.write(t.Context(), of, &change); !errors.Is(err, fails) {
				t.Fatalf("change %d: %v, want %v", n, err, fails)
			}
		}
		want := func(tables int, caught, closed int32) {
			t.Helper()
			last := opened[len(opened)-1]
			if len(opened) != tables || last.caught.Load() != caught || last.closed.Load() != closed {
				t.Fatalf("behind change %d: %d tables, the last was caught up with %d times and closed %d times; want %d, %d, %d", n, len(opened), last.caught.Load(), last.closed.Load(), tables, caught, closed)
			}
		}
		write(nil)
		want(1, 0, 0)
		time.Sleep(KeptFor - time.Second)
		write(nil)
		want(1, 1, 0)
		time.Sleep(KeptFor - time.Second)
		want(1, 1, 0) // the minute begins anew
		time.Sleep(2 * time.Second)
		synctest.Wait()
		want(1, 1, 1)
		write(nil)
		want(2, 0, 0)
		n-- // the same again
		write(override.ErrSame)
		want(2, 1, 0)
		opened[1].answers = []error{bus.ErrOvertaken} // it is tried again with another
		write(nil)
		want(3, 0, 0)
		if opened[1].closed.Load() != 1 {
			t.Errorf("who was overtaken keeps the table")
		}
		opened[2].away = bus.ErrOvertaken // between two changes: there is nothing to try again
		write(nil)
		want(4, 0, 0)
		if opened[2].closed.Load() != 1 {
			t.Errorf("who was overtaken before keeps the table")
		}
		away := errors.New("kafka is away")
		opened[3].away = away
		write(away)
		want(4, 1, 1)
		write(nil)
		want(5, 0, 0)
		opened[4].answers = []error{away}
		write(away)
		want(5, 1, 1)
		time.Sleep(2 * KeptFor)
		synctest.Wait()
		want(5, 1, 1)
	})
}

// Of a change that was overtaken, and can't be tried again, nobody knows whether it is kept.
func TestAChangeThatCantBeTriedAgain(t *testing.T) {
	a := version(t, 1)
	set := override.Change{Who: "M. Ito", Set: []override.Said{{Field: "language", Value: []byte(`"de"`)}}}
	opens := []error{nil, errors.New("kafka is away")}
	table := onePut{someRows: someRows{}, answers: []error{bus.ErrOvertaken}, keeps: true}
	e := &Desk{
		turn: make(chan struct{}, 1), note: func(context.Context, Entry) error { return nil },
		open: func(context.Context) (rowTable, error) {
			err := opens[0]
			opens = opens[1:]
			return &table, err
		},
	}
	if _, err := e.write(t.Context(), &Lineage{uri: ferryURI, newest: Newest{Article: &a}}, &set); !Unsure(err) {
		t.Errorf("it is said to be known: %v", err)
	}
}

// Words of what may not be shown are shown by no command.
func TestWhatMayNotBeShown(t *testing.T) {
	now := time.Now()
	o := article.Override{URI: ferryURI, Number: 1, Corrections: []article.Correction{{Corrected: article.Corrected{Field: "language", Who: "M. Ito", At: now}, Value: article.Article{Language: article.Label{Value: "de"}}}}}
	for says, c := range map[string]struct {
		change func(a *article.Article)
		row    bool
		hidden bool
	}{
		"usable":                     {func(*article.Article) {}, true, false},
		"not decided yet":            {func(*article.Article) {}, false, false},
		"withheld":                   {func(a *article.Article) { a.Status = article.Withheld }, true, true},
		"under embargo":              {func(a *article.Article) { a.EmbargoUntil = now.Add(time.Hour) }, true, true},
		"under embargo, not decided": {func(a *article.Article) { a.EmbargoUntil = now.Add(time.Hour) }, false, true},
		"the embargo is over":        {func(a *article.Article) { a.EmbargoUntil = now.Add(-time.Hour) }, true, false},
		"expired":                    {func(a *article.Article) { a.ExpiresAt = now.Add(-time.Hour) }, true, true},
	} {
		a := version(t, 1)
		c.change(&a)
		of := &Lineage{uri: ferryURI, newest: Newest{Article: &a}}
		if c.row {
			of.stands, _ = of.stands.Apply(&a)
		}
		l, err := of.lineOf(&o)
		if err != nil || l.Withheld != c.hidden || (len(l.Fields[0].Value) == 0) != c.hidden {
			t.Errorf("%s: %+v, %v", says, l, err)
		}
	}
	none := &Lineage{uri: ferryURI}
	if l, err := none.lineOf(&o); err != nil || l.Withheld {
		t.Errorf("without a text in the log: %+v, %v", l, err)
	}
	none.stands.Status, none.stands.Revision = article.Canceled, 1
	if l, err := none.lineOf(&o); err != nil || !l.Withheld {
		t.Errorf("killed: %+v, %v", l, err)
	}
}

// Of two editors who saw the same, the second is told what the first said, and overwrites
// nothing; the same change once more is no overwriting.
func TestWhoSawSomethingElse(t *testing.T) {
	a := version(t, 1)
	e := New(nil, nil)
	table := onePut{someRows: someRows{}}
	e.open = func(context.Context) (rowTable, error) { return &table, nil }
	e.note = func(context.Context, Entry) error { return nil }
	of := &Lineage{uri: ferryURI, newest: Newest{Article: &a}}
	change := func(value string, from int) override.Change {
		return override.Change{Who: "M. Ito", Set: []override.Said{{Field: "language", Value: []byte(value)}}, From: &from}
	}
	var refusal *RefusalError
	for _, c := range []struct {
		override.Change

		fails error
	}{
		{change(`"de"`, 1), override.ErrMoved},
		{change(`"de"`, 0), nil},
		{change(`"sv"`, 0), override.ErrMoved},
		{change(`"sv"`, 1), nil},
		{override.Change{Who: "B. Lee", Remove: []string{"language"}, From: new(int)}, override.ErrMoved},
	} {
		if _, err := e.write(t.Context(), of, &c.Change); !errors.Is(err, c.fails) || c.fails != nil && !errors.As(err, &refusal) {
			t.Errorf("%s from %d: %v, want %v", c.Set, *c.From, err, c.fails)
		}
	}
	of.seen = 2
	again := change(`"sv"`, 1)
	if _, err := e.write(t.Context(), of, &again); !errors.Is(err, override.ErrSame) {
		t.Errorf("the same again: %v", err)
	}
	wrong := change(`"x y"`, 2)
	var value *override.ValueError
	if _, err := e.write(t.Context(), of, &wrong); !errors.As(err, &value) || !strings.Contains(err.Error(), "language") {
		t.Errorf("a wrong value: %v", err)
	}
	o, err := override.Of(table, ferryURI)
	if err != nil || o.Number != 2 || o.Corrections[0].Value.Language.Value != "sv" {
		t.Errorf("%+v, %v", o, err)
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
	lines, err := linesOf(someRows{string(ferryURI): value, "urn:x:a": []byte("broken")})
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
	e := New(b, nil)
	if of, err := e.Find(t.Context(), ferryURI); err != nil || of.correctable() == nil {
		t.Fatalf("%+v, %v", of, err)
	}
	write(topic.Received, event.Received, version(t, 1))
	done := version(t, 1)
	done.Corrections.Number, done.Language = 3, article.Label{Value: "de"}
	done.Corrections.Fields = []article.Corrected{{Field: "language", Who: "M. Ito", At: done.ReceivedAt}}
	done.Revision = done.Revision.Reissued(3)
	write(topic.Enriched, event.Enriched, done)
	of, err := e.Find(t.Context(), ferryURI)
	if err != nil {
		t.Fatal(err)
	}
	if of.newest.Revision != version(t, 1).Revision || of.newest.Language.Value != "" || of.newest.FromEnriched || of.corrected != 3 || of.seen != 3 {
		t.Errorf("%+v", of)
	}
	write(topic.ReceivedBulk, event.Received, version(t, 2))
	sent, err := e.send(t.Context(), of, 4)
	if err != nil || sent != version(t, 2).Revision {
		t.Fatalf("%v, %v", sent, err)
	}
	for name, want := range map[string]string{topic.Received: "1- 1-4 2-4", topic.ReceivedBulk: "2- 1-4 2-4"} {
		ss, err := b.Whole(t.Context(), name, []byte(ferryURI))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := b.Scan(t.Context(), ss, nil, func(m stage.Message) error {
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
	of := &Lineage{}
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
	if of.newest.Article != &received {
		t.Errorf("%+v", of.newest)
	}
	killed := version(t, 3)
	killed.Status = article.Canceled
	of.take(&killed, false)
	if of.newest.Article != &received || of.correctable() != nil {
		t.Errorf("%+v", of.newest)
	}
	of.stands.Status = article.Canceled
	if err := of.correctable(); err == nil || !strings.Contains(err.Error(), "is killed") {
		t.Error(err)
	}
}

// What is taken from the log of what was enriched is sent once, too.
func TestWhatWasEnrichedIsSentOnce(t *testing.T) {
	b := connected(t, traces...)
	e := New(b, nil)
	s := b.Sink(topic.Enriched, event.Enriched)
	if err := errors.Join(s.Write(t.Context(), []article.Article{version(t, 1)}), s.Close()); err != nil {
		t.Fatal(err)
	}
	of, err := e.Find(t.Context(), ferryURI)
	if err != nil || !of.newest.FromEnriched {
		t.Fatalf("%+v, %v", of, err)
	}
	if sent, err := e.send(t.Context(), of, 1); err != nil || sent != version(t, 1).Revision {
		t.Errorf("%v, %v", sent, err)
	}
	for _, name := range []string{topic.Received, topic.ReceivedBulk} {
		ss, err := b.Whole(t.Context(), name, []byte(ferryURI))
		if err != nil {
			t.Fatal(err)
		}
		if n := bus.LenOf(ss); n != 1 {
			t.Errorf("%s has %d messages", name, n)
		}
	}
}

func TestALineSaysWhatGoes(t *testing.T) {
	a := version(t, 1)
	of := &Lineage{uri: ferryURI, newest: Newest{Article: &a}}
	first := override.Change{Who: "M. Ito", At: a.ReceivedAt, Set: []override.Said{{Field: "language", Value: []byte(`"de"`)}}}
	made, err := first.Make(nil, nil, 0, &a)
	if err != nil {
		t.Fatal(err)
	}
	second := override.Change{Who: "B. Lee", At: time.Now(), Set: []override.Said{{Field: "language", Value: []byte(`"sv"`)}}}
	if made, err = second.Make(&made.Override, nil, 0, &a); err != nil {
		t.Fatal(err)
	}
	l, err := of.line(&second, &made)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := json.Marshal(l); err != nil || !strings.Contains(string(b), `"replaced":[{"field":"language","who":"M. Ito"`) {
		t.Errorf("%s, %v", b, err)
	}
}
