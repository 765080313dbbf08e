package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
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

// opened is the desk of a service.
func opened(t *testing.T, b *bus.Bus) *Desk {
	t.Helper()
	e, err := Open(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func put(t *testing.T, b *bus.Bus, name string, typ event.Type, a article.Article) {
	t.Helper()
	s := b.Sink(name, typ)
	if err := errors.Join(s.Write(t.Context(), []article.Article{a}), s.Close()); err != nil {
		t.Fatal(err)
	}
}

// log is what a topic has of the ferry: versions with the numbers of the overrides that they
// were sent for.
func logOf(t *testing.T, b *bus.Bus, name string) string {
	t.Helper()
	ss, err := b.Whole(t.Context(), name, []byte(ferryURI))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	if err := b.Scan(t.Context(), ss, nil, func(m stage.Message) error {
		a, err := event.Decode(m)
		all = append(all, a.Version+"-"+m.Header(override.Header))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func shown(a article.Article) Seen {
	return Seen{Article: &a, Still: func(context.Context) error { return nil }}
}

func setTo(value string) override.Change {
	return override.Change{Who: "M. Ito", Via: "api", Set: []override.Said{{Field: "language", Value: []byte(value)}}}
}

// A service's desk corrects what the index shows: the audit and the table have it, with who
// and by what it came, and it is sent again as it was received.
func TestTheDeskOfAService(t *testing.T) {
	b := connected(t, Topics...)
	e := opened(t, b)
	now := version(t, 1)
	now.ReceivedAt = time.Now().UTC().Truncate(time.Second)
	put(t, b, topic.Received, event.Received, now)
	found := now
	found.Language, found.Topics = article.Label{Value: "en"}, []article.Topic{{Qcode: "medtop:01000000"}}
	found.EvolvedFrom = []article.URI{"urn:x:earlier"}

	if l, err := e.Of(t.Context(), &found); err != nil || l.Number != 0 || l.Fields == nil || l.URI != ferryURI {
		t.Errorf("before: %+v, %v", l, err)
	}
	l, err := e.Change(t.Context(), shown(found), setTo(`"de"`))
	if err != nil || l.Number != 1 || l.Action != "set" || !*l.Done || l.Revision != now.Revision {
		t.Fatalf("%+v, %v", l, err)
	}
	if got := logOf(t, b, topic.Received) + "; " + logOf(t, b, topic.ReceivedBulk); got != "1- 1-1; 1-1" {
		t.Errorf("the log has %s", got)
	}
	if l, err = e.Of(t.Context(), &found); err != nil || l.Number != 1 || l.Fields[0].Who != "M. Ito" || *l.Seen != 0 {
		t.Errorf("%+v, %v", l, err)
	}
	// The same again sends it again, as long as nobody has enriched it.
	if l, err = e.Change(t.Context(), shown(found), setTo(`"de"`)); err != nil || l.Action != Reissued || l.Number != 1 {
		t.Errorf("the same again: %+v, %v", l, err)
	}
	found.Corrections, found.Revision = article.Corrections{Number: 1, Fields: []article.Corrected{{Field: "language", Who: "M. Ito", At: now.ReceivedAt}}}, now.Revision.Reissued(1)
	if _, err = e.Change(t.Context(), shown(found), setTo(`"de"`)); !errors.Is(err, override.ErrSame) {
		t.Errorf("once it is there: %v", err)
	}
	if l, err = e.Of(t.Context(), &found); err != nil || *l.Seen != 1 {
		t.Errorf("%+v, %v", l, err)
	}
	var audit []string
	ss, err := b.Whole(t.Context(), topic.Audit, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Scan(t.Context(), ss, nil, func(m stage.Message) error {
		var r Entry
		err := json.Unmarshal(m.Value, &r)
		audit = append(audit, fmt.Sprint(r.Action, " ", r.Who, " ", r.Fields, " ", r.Number, " ", r.Kept, " ", r.Via))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(audit, "; "), "override M. Ito [language] 1 false api; override M. Ito [language] 1 true api; override M. Ito [language] 1 true api"; got != want {
		t.Errorf("the audit has %s", got)
	}
}

// Where nothing is left of what was received, the index's is sent, without what was found out
// and with what it says that it goes on from.
func TestTheIndexIsSentAgain(t *testing.T) {
	b := connected(t, Topics...)
	e := opened(t, b)
	found := version(t, 1)
	found.Language, found.EvolvedFrom = article.Label{Value: "en"}, []article.URI{"urn:x:earlier"}
	found.Quotes = []article.Quotation{{Evidence: article.Evidence{Span: article.Span{End: 4}}}}
	if _, err := e.Change(t.Context(), shown(found), setTo(`"de"`)); err != nil {
		t.Fatal(err)
	}
	ss, err := b.Whole(t.Context(), topic.Received, []byte(ferryURI))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := b.Scan(t.Context(), ss, nil, func(m stage.Message) error {
		n++
		a, err := event.Decode(m)
		if len(a.Quotes) > 0 || len(a.EvolvedFrom) != 1 || a.Revision != found.Revision || a.Text != found.Text {
			t.Errorf("%+v", a)
		}
		return err
	}); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
}

// What was received is found where much came with it, before and behind it.
func TestTheReceivedAmongMuch(t *testing.T) {
	b := connected(t, Topics...)
	e := opened(t, b)
	a := version(t, 1)
	ss, err := b.Whole(t.Context(), topic.Received, []byte(ferryURI))
	if err != nil {
		t.Fatal(err)
	}
	all, err := b.Extents(t.Context(), topic.Received)
	if err != nil {
		t.Fatal(err)
	}
	other := "0"
	for i := 0; bus.PartitionOf([]byte(other), len(all)) != ss[0].Partition; i++ {
		other = fmt.Sprint(i)
	}
	f := b.Forward()
	much := func(n int) {
		t.Helper()
		if err := f.Write(t.Context(), topic.Received, slices.Repeat([]stage.Message{{Key: []byte(other), Value: []byte("{}")}}, n)...); err != nil {
			t.Fatal(err)
		}
	}
	much(MaxMessages + 1)
	a.ReceivedAt = time.Now().UTC()
	put(t, b, topic.Received, event.Received, a)
	much(MaxBehind - MaxMessages)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	found := a
	found.Language = article.Label{Value: "en"}
	of, err := e.known(t.Context(), shown(found))
	if err != nil || of.newest.FromEnriched || of.newest.Language.Value != "" {
		t.Errorf("what was received isn't found: %v", err)
	}
	// As long as all of it waits, nobody knows what is the newest.
	behind, ok := errors.AsType[*BehindError](e.current(t.Context(), of))
	if !ok || behind.Messages != MaxBehind+2 {
		t.Errorf("%d messages wait, and it says %v", MaxBehind+2, behind)
	}
	if err := b.SetOffsets(t.Context(), topic.GroupEnrich, topic.Received, map[int]int64{ss[0].Partition: 2}); err != nil {
		t.Fatal(err)
	}
	if of, err = e.known(t.Context(), shown(found)); err != nil {
		t.Fatal(err)
	}
	if err := e.current(t.Context(), of); err != nil {
		t.Error(err)
	}
}

// It is looked from the middle outwards, not beyond the limit, and at nothing twice.
func TestOutwards(t *testing.T) {
	for _, c := range []struct{ from, middle, to, first, end int64 }{
		{0, 500_000, 1_000_000, 500_000 - MaxMessages/2, 500_000 + MaxMessages/2}, {7, 7, 9, 7, 9}, {7, 9, 9, 7, 9}, {10, 3, 700, 10, 700}, {10, 900, 700, 10, 700}, {5, 5, 5, 5, 5}, {9, 6, 5, 5, 5},
	} {
		middle := min(max(c.middle, c.from), c.to)
		from, to := middle, middle
		for i, s := range outwards(bus.Stretch{Topic: "x", Partition: 3, From: c.from, To: c.to}, c.middle) {
			switch {
			case s.Topic != "x" || s.Partition != 3 || s.Len() <= 0 || s.Len() > max(firstPiece, MaxMessages/2):
				t.Errorf("%+v: piece %d is %+v", c, i, s)
			case s.From == to:
				to = s.To
			case s.To == from:
				from = s.From
			default:
				t.Errorf("%+v: %+v doesn't go on from %d to %d", c, s, from, to)
			}
		}
		if from != c.first || to != c.end {
			t.Errorf("%+v: it is looked from %d to %d", c, from, to)
		}
	}
}

// What isn't shown yet, or isn't to be seen, is neither changed, nor does an error tell of its
// words.
func TestWhatWasntShownIsntChanged(t *testing.T) {
	b := connected(t, Topics...)
	e := opened(t, b)
	old := version(t, 1)
	words := func(text string) override.Change {
		return override.Change{Who: "M. Ito", Set: []override.Said{{Field: "entities", Value: fmt.Appendf(nil, `[{"type":"person","name":"X","mentions":[{"text":%q}]}]`, text)}}}
	}
	refused := func(what string, s Seen, c override.Change, want error) {
		t.Helper()
		l, err := e.Change(t.Context(), s, c)
		if !errors.Is(err, want) || l.URI != "" {
			t.Errorf("%s: %+v, %v, want %v", what, l, err, want)
		}
		if lines, err := e.List(t.Context(), ferryURI); err != nil || len(lines) > 0 {
			t.Errorf("%s: %+v, %v", what, lines, err)
		}
	}
	not := errors.New("not any more")
	asked := shown(old)
	asked.Still = func(context.Context) error { return not }
	refused("whoever may not any more", asked, setTo(`"de"`), not)
	row, err := json.Marshal(map[string]any{"status": "withheld", "revision": old.Revision})
	if err != nil {
		t.Fatal(err)
	}
	statuses, err := b.OpenTable(t.Context(), topic.Status)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = statuses.Close() }()
	if err := statuses.Put(t.Context(), string(ferryURI), row); err != nil {
		t.Fatal(err)
	}
	refused("withheld", shown(old), setTo(`"de"`), ErrHidden)
	if err := statuses.Delete(t.Context(), string(ferryURI)); err != nil {
		t.Fatal(err)
	}
	put(t, b, topic.ReceivedBulk, event.Received, version(t, 2))
	for _, text := range []string{"Text", "nothing of it"} {
		refused("a newer revision", shown(old), words(text), ErrNewer)
	}
	// A notice is newer, too, though it has no text.
	kill := article.Article{URI: ferryURI, Version: "3", Source: "wire", Status: article.Canceled, ReceivedAt: time.Unix(1_700_000_100, 0).UTC()}
	if err := kill.Stamp(); err != nil {
		t.Fatal(err)
	}
	put(t, b, topic.Received, event.Received, kill)
	refused("a notice", shown(version(t, 2)), setTo(`"de"`), ErrNewer)
	// What the groups have finished is in the index, or was refused: the index decides.
	for _, r := range readers {
		end, err := b.Extents(t.Context(), r.topic)
		if err != nil {
			t.Fatal(err)
		}
		to := map[int]int64{}
		for _, x := range end {
			to[x.Partition] = x.End
		}
		if err := b.SetOffsets(t.Context(), r.group, r.topic, to); err != nil {
			t.Fatal(err)
		}
	}
	if l, err := e.Change(t.Context(), shown(version(t, 2)), setTo(`"de"`)); err != nil || l.Number != 1 {
		t.Errorf("%+v, %v", l, err)
	}
}

// Without a topic nothing is answered: as if nothing were withheld, or corrected, it is not.
func TestWithoutTheLog(t *testing.T) {
	e := opened(t, connected(t, Topics...))
	elsewhere, err := bus.Connect(bus.Config{KafkaBrokers: localtest.Kafka(t), Namespace: localtest.Namespace(t)}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close()
	b := e.bus
	e.bus = elsewhere
	if l, err := e.Change(t.Context(), shown(version(t, 1)), setTo(`"de"`)); err == nil || l.URI != "" || Unsure(err) {
		t.Errorf("%+v, %v", l, err)
	}
	e.bus = b
	if lines, err := e.List(t.Context(), ferryURI); err != nil || len(lines) > 0 {
		t.Errorf("%+v, %v", lines, err)
	}
}

// Two instances that correct at once lose nothing of each other's.
func TestTwoDesksAtOnce(t *testing.T) {
	b := connected(t, Topics...)
	a := version(t, 1)
	put(t, b, topic.Received, event.Received, a)
	fields := map[string]string{"language": `"de"`, "agency": `"dpa"`}
	var all sync.WaitGroup
	for field, value := range fields {
		e := opened(t, b)
		all.Go(func() {
			c := override.Change{Who: "M. Ito", Set: []override.Said{{Field: field, Value: []byte(value)}}}
			if _, err := e.Change(t.Context(), shown(a), c); err != nil {
				t.Errorf("%s: %v", field, err)
			}
		})
	}
	all.Wait()
	if l, err := opened(t, b).Of(t.Context(), &a); err != nil || l.Number != 2 || len(l.Fields) != 2 {
		t.Errorf("%+v, %v", l, err)
	}
}

// Values with words of another revision's text are told apart, and not for everybody.
func TestWordsOfAnotherRevision(t *testing.T) {
	first := version(t, 1)
	c := override.Change{Who: "M. Ito", Reason: "names a minor", Set: []override.Said{
		{Field: "language", Value: []byte(`"de"`)}, {Field: "entities", Value: []byte(`[{"type":"person","name":"X","mentions":[{"text":"Text 1"}]}]`)},
	}}
	made, err := c.Make(nil, nil, 0, &first)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]bool{1: false, 2: true} {
		a := version(t, n)
		of := &Lineage{uri: ferryURI, newest: Newest{Article: &a}}
		l, err := of.lineOf(&made.Override)
		if err != nil || l.Fields[0].Field != "entities" || l.Fields[0].Unplaced != want || l.Fields[1].Unplaced {
			t.Errorf("revision %d: %+v, %v", n, l, err)
		}
		l.Discreet()
		b, err := json.Marshal(l)
		if got := string(b); err != nil || strings.Contains(got, "Ito") || strings.Contains(got, "minor") || strings.Contains(got, "Text 1") == want || !strings.Contains(got, `"value":"de"`) {
			t.Errorf("revision %d: %s, %v", n, got, err)
		}
	}
}

// What a later text has more is told with the correction, and not where that may not be
// shown.
func TestWhatTheEditorDidntSee(t *testing.T) {
	a := version(t, 1)
	c := override.Change{Who: "M. Ito", At: a.ReceivedAt, Set: []override.Said{{Field: "entities", Value: []byte(`[]`)}, {Field: "topics", Value: []byte(`[]`)}}}
	made, err := c.Make(nil, nil, 0, &a)
	if err != nil {
		t.Fatal(err)
	}
	read := a
	read.Corrections.Fields = []article.Corrected{
		{Field: "entities", At: a.ReceivedAt, Unseen: []string{"Cy Lee"}},
		{Field: "topics", At: a.ReceivedAt.Add(-time.Hour), Unseen: []string{"medtop:1"}}, // of the correction before
	}
	of := &Lineage{uri: ferryURI, newest: Newest{Article: &a}, read: &read}
	l, err := of.lineOf(&made.Override)
	if err != nil || !slices.Equal(l.Fields[0].Unseen, []string{"Cy Lee"}) || l.Fields[1].Unseen != nil {
		t.Errorf("%+v, %v", l, err)
	}
	if l.Discreet(); l.Fields[0].Unseen != nil {
		t.Errorf("to who may not see all: %+v", l)
	}
	held := a
	held.Status = article.Withheld
	of.newest.Article = &held
	if l, err = of.lineOf(&made.Override); err != nil || !l.Withheld || l.Fields[0].Unseen != nil {
		t.Errorf("%+v, %v", l, err)
	}
}
