package ledger_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/deploy/faults/ledger"
	"github.com/copytaster/copytaster/pkg/article"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func item(a uint32, version int, killed bool) ledger.Item {
	return ledger.Item{
		Article: fmt.Sprint("a", a), Version: version, Created: noon.Add(time.Duration(version) * time.Minute), Killed: killed,
		Mark: ledger.Mark(7, a, uint8(version)),
	}
}

func acked(i ledger.Item) ledger.Ack {
	r, err := article.Parts{SourceVersion: i.Version, OrderTime: i.Created.Unix()}.Revision()
	if err != nil {
		panic(err)
	}
	return ledger.Ack{Item: i, URI: article.URI("urn:x:" + i.Article), Revision: r}
}

// said: the text of an item is its mark and two more words.
func said(i ledger.Item) ledger.Words { return ledger.WordsOf("the word " + i.Mark) }

// index is a perfect one: what it holds of a ledger is what should be there.
type index struct {
	heads, versions map[string]ledger.Document
}

func newIndex() *index {
	return &index{map[string]ledger.Document{}, map[string]ledger.Document{}}
}

// take indexes in the order of arrival, as the pipeline should.
func (x *index) take(a ledger.Ack) {
	d := ledger.Document{ID: string(a.URI), URI: a.URI, Revision: a.Revision, Status: article.Usable, Marks: []string{a.Mark}, Words: said(a.Item)}
	killed := x.heads[d.ID].Status == article.Canceled
	if a.Killed || killed {
		d.Status, d.Marks, d.Words = article.Canceled, nil, ledger.Words{}
		for id, v := range x.versions {
			if v.URI == a.URI {
				v.Status, v.Marks, v.Words = article.Canceled, nil, ledger.Words{}
				x.versions[id] = v
			}
		}
	}
	version := d
	version.ID = fmt.Sprintf("%s %d", a.URI, a.Revision)
	x.versions[version.ID] = version
	if old, there := x.heads[d.ID]; there && old.Revision > d.Revision {
		if !a.Killed {
			return
		}
		d.Revision = old.Revision
	}
	x.heads[d.ID] = d
}

func (x *index) audit(l *ledger.Ledger) ledger.Verdict {
	a := l.Audit(said)
	for _, d := range x.heads {
		a.Head(d)
	}
	for _, d := range x.versions {
		a.Version(d)
	}
	return a.Verdict()
}

// world is a ledger of three articles and the index that is right for it:
// article 1 with three revisions, article 2 killed, article 3 with one.
func world() (*ledger.Ledger, *index) {
	l, x := &ledger.Ledger{}, newIndex()
	for _, i := range []ledger.Item{
		item(1, 2, false), item(1, 1, false), item(1, 3, false),
		item(2, 2, true), item(2, 1, false), item(2, 3, false), item(3, 1, false),
	} {
		l.Sent(i)
		a := acked(i)
		l.Acked(a)
		x.take(a)
	}
	return l, x
}

func TestWhatIsRightIsNotBlamed(t *testing.T) {
	l, x := world()
	v := x.audit(l)
	if len(v.Findings) > 0 {
		t.Errorf("%+v", v.Findings)
	}
	if want := (ledger.Counts{Articles: 3, Revisions: 7, Kills: 1}); v.Counts != want {
		t.Errorf("counted %+v, want %+v", v.Counts, want)
	}
}

// Each case breaks one thing in an index that is right.
func TestEveryBreachIsFound(t *testing.T) {
	one, two, three := "urn:x:a1", "urn:x:a2", "urn:x:a3"
	version := func(uri string, n int) string {
		return fmt.Sprintf("%s %d", uri, acked(item(1, n, false)).Revision)
	}
	for _, c := range []struct {
		name   string
		spoil  func(l *ledger.Ledger, x *index)
		kind   ledger.Kind
		detail string
	}{
		{"head is missing", func(_ *ledger.Ledger, x *index) { delete(x.heads, three) }, ledger.Lost, "no head"},
		{"head has no text", func(_ *ledger.Ledger, x *index) { x.strip(three) }, ledger.Lost, "none of the texts"},
		{"head is canceled by nobody", func(_ *ledger.Ledger, x *index) {
			x.change(three, func(d *ledger.Document) { d.Status = article.Canceled })
		}, ledger.Lost, "nobody killed"},
		{"version is missing", func(_ *ledger.Ledger, x *index) { delete(x.versions, version(one, 2)) }, ledger.Lost, "not among the versions"},
		{"version has no text", func(_ *ledger.Ledger, x *index) {
			d := x.versions[version(one, 1)]
			d.Marks = nil
			x.versions[version(one, 1)] = d
		}, ledger.Lost, "has not its text"},
		{"notice is missing", func(_ *ledger.Ledger, x *index) { delete(x.heads, two) }, ledger.Lost, "no notice"},
		{"head twice", func(_ *ledger.Ledger, x *index) { x.heads["copy"] = x.heads[one] }, ledger.Duplicate, "2 heads"},
		{"version twice", func(_ *ledger.Ledger, x *index) { x.versions["copy"] = x.versions[version(one, 2)] }, ledger.Duplicate, "2 times among"},
		{"text under another revision", func(_ *ledger.Ledger, x *index) {
			d := x.versions[version(one, 2)]
			d.Revision += 1 << 16
			x.versions["copy"] = d
		}, ledger.Duplicate, "stands in 2 versions"},
		{"foreign document", func(_ *ledger.Ledger, x *index) {
			x.heads["foreign"] = ledger.Document{ID: "foreign", URI: "urn:x:foreign", Marks: []string{"mk"}}
		}, ledger.Duplicate, "sent by nobody"},
		{"versions are canceled by nobody", func(_ *ledger.Ledger, x *index) {
			x.changeVersions(one, func(d *ledger.Document) { d.Status, d.Marks, d.Words = article.Canceled, nil, ledger.Words{} })
		}, ledger.Lost, "\"canceled\" among the versions"},
		{"heads are withheld", func(_ *ledger.Ledger, x *index) {
			for _, id := range []string{one, three} {
				x.change(id, func(d *ledger.Document) { d.Status = article.Withheld })
			}
		}, ledger.Lost, "the head is \"withheld\""},
		{"versions are withheld", func(_ *ledger.Ledger, x *index) {
			x.changeVersions(three, func(d *ledger.Document) { d.Status = article.Withheld })
		}, ledger.Lost, "\"withheld\" among the versions"},
		{"version of nobody, without text", func(_ *ledger.Ledger, x *index) {
			x.versions["x"] = ledger.Document{ID: "x", URI: article.URI(one), Revision: acked(item(1, 9, false)).Revision, Status: article.Usable}
		}, ledger.Duplicate, "acknowledged to nobody"},
		{"notice of nobody among the versions", func(_ *ledger.Ledger, x *index) {
			x.versions["x"] = ledger.Document{ID: "x", URI: article.URI(two), Revision: acked(item(2, 9, false)).Revision, Status: article.Canceled}
		}, ledger.Duplicate, "acknowledged to nobody"},
		{"head has a revision of nobody", func(_ *ledger.Ledger, x *index) {
			x.change(one, func(d *ledger.Document) { d.Revision += 1 << 16 })
		}, ledger.Duplicate, "acknowledged to nobody"},
		{"head has lost words", func(_ *ledger.Ledger, x *index) {
			x.change(three, func(d *ledger.Document) { d.Words = ledger.WordsOf(d.Marks...) })
		}, ledger.Lost, "the head has not all words"},
		{"version has lost words", func(_ *ledger.Ledger, x *index) {
			x.changeVersions(three, func(d *ledger.Document) { d.Words = ledger.WordsOf(d.Marks...) })
		}, ledger.Lost, "has not all words"},
		{"head is not enriched", func(_ *ledger.Ledger, x *index) {
			x.change(three, func(d *ledger.Document) { d.Lacks = "a language" })
		}, ledger.Lost, "the head lacks a language"},
		{"notice with text but without its mark", func(_ *ledger.Ledger, x *index) {
			x.change(two, func(d *ledger.Document) { d.Words = ledger.WordsOf("the word") })
		}, ledger.Resurrected, "notice shows"},
		{"two names", func(l *ledger.Ledger, _ *index) {
			a := acked(item(3, 1, false))
			a.URI = "urn:x:other"
			l.Sent(a.Item)
			l.Acked(a)
		}, ledger.Duplicate, "was named"},
		{"older text in the head", func(_ *ledger.Ledger, x *index) {
			x.change(one, func(d *ledger.Document) { d.Marks = []string{item(1, 2, false).Mark} })
		}, ledger.Stale, "version 2"},
		{"older revision in the head", func(_ *ledger.Ledger, x *index) { x.change(one, func(d *ledger.Document) { d.Revision-- }) }, ledger.Stale, "revision"},
		{"head is alive", func(_ *ledger.Ledger, x *index) {
			x.change(two, func(d *ledger.Document) { d.Status, d.Marks = article.Usable, []string{item(2, 3, false).Mark} })
		}, ledger.Resurrected, "the head is usable"},
		{"notice with text", func(_ *ledger.Ledger, x *index) {
			x.change(two, func(d *ledger.Document) { d.Marks = []string{item(2, 2, true).Mark} })
		}, ledger.Resurrected, "notice shows"},
		{"version with text", func(_ *ledger.Ledger, x *index) {
			d := x.versions[version(two, 1)]
			d.Marks = []string{item(2, 1, false).Mark}
			x.versions[version(two, 1)] = d
		}, ledger.Resurrected, "shows text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, x := world()
			c.spoil(l, x)
			v := x.audit(l)
			if v.Count(c.kind) == 0 {
				t.Fatalf("not found: %+v", v.Findings)
			}
			for _, f := range v.Findings {
				if f.Kind != c.kind || !strings.Contains(f.Detail, c.detail) {
					t.Errorf("found %+v, want %s: %s", f, c.kind, c.detail)
				}
			}
		})
	}
}

func (x *index) change(id string, f func(*ledger.Document)) {
	d := x.heads[id]
	f(&d)
	x.heads[id] = d
}

func (x *index) changeVersions(uri string, f func(*ledger.Document)) {
	for id, d := range x.versions {
		if string(d.URI) == uri {
			f(&d)
			x.versions[id] = d
		}
	}
}

func (x *index) strip(id string) { x.change(id, func(d *ledger.Document) { d.Marks = nil }) }

func TestTextThatIsOnlySearchedIsFound(t *testing.T) {
	l, x := world()
	if got, want := l.KilledMarks(), []string{item(2, 1, false).Mark, item(2, 2, false).Mark, item(2, 3, false).Mark}; !slices.Equal(got, want) {
		t.Fatalf("killed marks %v, want %v", got, want)
	}
	a := l.Audit(said)
	for _, d := range x.heads {
		a.Head(d)
	}
	for _, d := range x.versions {
		a.Version(d)
	}
	a.Found(item(2, 3, false).Mark)
	if v := a.Verdict(); v.Count(ledger.Resurrected) != 1 || len(v.Findings) != 1 {
		t.Errorf("%+v", v.Findings)
	}
}

func TestLivingTextThatNoSearchFindsIsLost(t *testing.T) {
	l, x := world()
	l.Sent(item(4, 1, false)) // open: may be found or not
	if got, want := l.LivingMarks(), []string{item(1, 3, false).Mark, item(3, 1, false).Mark}; !slices.Equal(got, want) {
		t.Fatalf("living marks %v, want %v", got, want)
	}
	a := l.Audit(said)
	for _, d := range x.heads {
		a.Head(d)
	}
	for _, d := range x.versions {
		a.Version(d)
	}
	a.Missed(item(1, 3, false).Mark, "stemmed.en.body")
	if v := a.Verdict(); v.Count(ledger.Lost) != 1 || len(v.Findings) != 1 || !strings.Contains(v.Findings[0].Detail, "stemmed.en.body") {
		t.Errorf("%+v", v.Findings)
	}
}

func TestWordsOf(t *testing.T) {
	want := ledger.WordsOf("Rates rise", "The bank said so.")
	for text, same := range map[string]bool{
		"Rates rise\n\nThe bank\tsaid so.": true,
		"Rates rise The bank said":         false,
		"Rates rise The bank so said.":     false,
		"Ratesrise The bank said so.":      false,
		"Rates rise The bank said so. .":   false,
	} {
		if (ledger.WordsOf(text) == want) != same {
			t.Errorf("%q: same is %v", text, !same)
		}
	}
	if ledger.WordsOf(" ", "\n") != (ledger.Words{}) {
		t.Error("white space is a word")
	}
}

func TestWhatWasNotAcknowledgedMayBeThereOrNot(t *testing.T) {
	for name, arrives := range map[string]bool{"arrives": true, "doesn't": false} {
		t.Run(name, func(t *testing.T) {
			l, x := world()
			for _, i := range []ledger.Item{item(1, 4, false), item(3, 2, true), item(4, 1, false)} {
				l.Sent(i)
				if arrives {
					x.take(acked(i))
				}
			}
			v := x.audit(l)
			if len(v.Findings) > 0 {
				t.Errorf("%+v", v.Findings)
			}
			if v.Open != 3 {
				t.Errorf("%d are open, want 3", v.Open)
			}
		})
	}
}

// Whatever is sent in whatever order, a perfect index is not blamed, and one
// that lost a document is.
func TestAnyHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, x := &ledger.Ledger{}, newIndex()
		type key struct {
			a uint32
			v int
		}
		sent := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) key {
			return key{uint32(rapid.IntRange(1, 4).Draw(t, "article")), rapid.IntRange(1, 5).Draw(t, "version")}
		}), 1, 15, rapid.ID[key]).Draw(t, "sent")
		for _, s := range sent {
			i := item(s.a, s.v, rapid.IntRange(0, 5).Draw(t, "kill") == 0)
			l.Sent(i)
			x.take(acked(i))
			l.Acked(acked(i))
		}
		if v := x.audit(l); len(v.Findings) > 0 {
			t.Fatalf("blamed: %+v", v.Findings)
		}
		from := rapid.SampledFrom([]map[string]ledger.Document{x.heads, x.versions}).Draw(t, "index")
		delete(from, rapid.SampledFrom(slices.Sorted(maps.Keys(from))).Draw(t, "document"))
		if v := x.audit(l); v.Count(ledger.Lost) != 1 || len(v.Findings) != 1 {
			t.Fatalf("one document is gone: %+v", v.Findings)
		}
	})
}

func TestMarksAreFoundInText(t *testing.T) {
	a, b := ledger.Mark(1, 2, 3), ledger.Mark(0xffff, 1<<24, 255)
	got := ledger.Marks(fmt.Appendf(nil, `{"body":"word %s, and %s. %s","x":"mk12q mkzz"}`, a, b, a))
	if !slices.Equal(got, []string{a, b}) {
		t.Errorf("found %v, want %v", got, []string{a, b})
	}
}
