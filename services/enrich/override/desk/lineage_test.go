package desk

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/services/enrich/enricher/segments"
	"github.com/copytaster/copytaster/services/enrich/override"
)

// kinds is what is said of the segments of an article, and how that was enriched.
type kinds struct {
	t        *testing.T
	received article.Article
	o        *article.Override
	of       *Lineage
}

func newKinds(t *testing.T, text string) *kinds {
	t.Helper()
	k := &kinds{t: t, received: version(t, 1)}
	k.received.Text = text
	k.received.Segments = []article.Segment{{Kind: article.Unknown, Evidence: article.Evidence{Span: article.Span{End: len(text)}}}}
	if err := k.received.Stamp(); err != nil {
		t.Fatal(err)
	}
	k.enrich()
	return k
}

// enrich puts what is said into the segments as they are found.
func (k *kinds) enrich() {
	k.t.Helper()
	a := k.received
	if err := k.enricher().Enrich(k.t.Context(), &a); err != nil {
		k.t.Fatal(err)
	}
	if k.o != nil {
		k.o.In(a.Text).Apply(&a)
		a.Reissue()
	}
	received := k.received
	k.of = &Lineage{uri: ferryURI, newest: Newest{Article: &received}, read: &a, seen: a.Corrections.Number, corrected: a.Corrections.Number}
}

func (k *kinds) enricher() *segments.Enricher {
	k.t.Helper()
	e, err := segments.New()
	if err != nil {
		k.t.Fatal(err)
	}
	return e
}

// say makes a change of what is said.
func (k *kinds) say(value string) error {
	k.t.Helper()
	rows := someRows{}
	if k.o != nil {
		b, err := event.EncodeOverride(k.o)
		if err != nil {
			k.t.Fatal(err)
		}
		rows[string(ferryURI)] = b
	}
	c := override.Change{Who: "M. Ito", At: time.Unix(1_700_000_100, 0), Set: []override.Said{{Field: "segments", Value: []byte(value)}}}
	made, err := k.of.make(k.t.Context(), &c, rows)
	if err == nil {
		k.o = &made.Override
	}
	return err
}

func (k *kinds) unplaced() bool {
	k.t.Helper()
	l, err := k.of.lineOf(k.o)
	if err != nil {
		k.t.Fatal(err)
	}
	return l.Fields[0].Unplaced
}

func (k *kinds) has(kind article.Kind, words string) bool {
	for _, s := range k.of.read.Segments {
		if s.Kind == kind && s.In(k.of.read.Text) == words {
			return true
		}
	}
	return false
}

// What is said takes the place of what was said before, and so it is held against the
// segments without that: what can't be put in then is refused, and what can be isn't.
func TestWhatIsSaidReplacesWhatWasSaid(t *testing.T) {
	k := newKinds(t, "Ferry sinks off Hamburg\n\nHAMBURG (dpa) - The ferry sank off Hamburg on Monday, the police said.\n\nEditors may call Eve Poe of the desk or else\n")
	const sank = "The ferry sank off Hamburg on Monday, the police said."
	if !k.has(article.Dateline, "HAMBURG (dpa) -") {
		t.Fatalf("%+v", k.of.read.Segments)
	}
	both := `[{"text":"HAMBURG (dpa) - ` + sank + `","kind":"boilerplate"},{"text":"Editors may call Eve Poe of the desk","kind":"note"},{"text":"or else","kind":"signoff"}]`
	if err := k.say(both); err != nil {
		t.Fatal(err)
	}
	k.enrich()
	if !k.has(article.Note, "Editors may call Eve Poe of the desk") || k.unplaced() {
		t.Fatalf("%+v", k.of.read.Segments)
	}
	const noteAlone = `[{"text":"Editors may call Eve Poe of the desk","kind":"note"}]`
	err := k.say(noteAlone)
	if said := new(override.ValueError); !errors.As(err, &said) || !strings.Contains(err.Error(), "part of a segment") {
		t.Errorf("without the sign-off: %v", err)
	}
	if err := k.say(both); !errors.Is(err, override.ErrSame) {
		t.Errorf("the same: %v", err)
	}
	// What is taken from the log of what was enriched is sent as it is cut there.
	of, was := *k.of, k.o
	k.of.newest = Newest{Article: asReceived(k.of.read), FromEnriched: true}
	if err := k.say(noteAlone); err != nil {
		t.Errorf("without the sign-off, of what was enriched: %v", err)
	}
	again := *k.of.newest.Article
	if err := k.enricher().Enrich(t.Context(), &again); err != nil {
		t.Fatal(err)
	}
	if k.o.In(again.Text).Apply(&again); len(again.Flags) > 0 || again.First(article.Note) != "Editors may call Eve Poe of the desk" {
		t.Errorf("%+v", again.Segments)
	}
	*k.of, k.o = of, was
	if err := k.say(`[{"text":"` + sank + `","kind":"caption"}]`); err != nil {
		t.Fatalf("what the enricher cuts out: %v", err)
	}
	if k.unplaced() {
		t.Error("before it is enriched it is said to be gone")
	}
	k.enrich()
	if !k.has(article.Caption, sank) || k.unplaced() {
		t.Errorf("%+v", k.of.read.Segments)
	}
}

// Who enriched the article with all that was said, and didn't know the field, left it out:
// that is told, and the same said again is a change.
func TestAFieldThatWasPassedOver(t *testing.T) {
	k := newKinds(t, "Ferry sinks off Hamburg\n\nThe ferry sank off Hamburg on Monday, the police said.\n\nEditors may call Eve Poe\n")
	const note = `[{"text":"Editors may call Eve Poe","kind":"note"}]`
	if err := k.say(note); err != nil || k.unplaced() {
		t.Fatalf("%v, unplaced %v", err, k.unplaced())
	}
	k.enrich()
	if err := k.say(note); !errors.Is(err, override.ErrSame) || k.unplaced() {
		t.Errorf("the same: %v, unplaced %v", err, k.unplaced())
	}
	before := *k.o
	k.o = nil
	k.enrich()
	k.of.read.Corrections.Number, k.of.seen, k.of.corrected = 1, 1, 1
	k.o = &before
	if !k.unplaced() {
		t.Error("it is said to be there")
	}
	if err := k.say(note); err != nil || k.o.Number != 2 || k.unplaced() {
		t.Errorf("said again: %v, number %d, unplaced %v", err, k.o.Number, k.unplaced())
	}
	k.enrich()
	if !k.has(article.Note, "Editors may call Eve Poe") {
		t.Errorf("%+v", k.of.read.Segments)
	}
}
