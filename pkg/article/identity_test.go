package article_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
)

func TestNewURI(t *testing.T) {
	for _, c := range []struct{ provider, id, want string }{
		{"dpa", "urn:newsml:dpa.com:20090101:123", "urn:newsml:dpa.com:20090101:123"},
		{"x", "https://example.com/a?b=1", "https://example.com/a?b=1"},
		{"x", "tag:example.com,2024:1", "tag:example.com,2024:1"},
		{"x", " 123 ", "urn:copytaster:x:123"},
		{"a:b", "c", "urn:copytaster:a:b:c"},
		{"a", "b/c d", "urn:copytaster:a:b%2Fc%20d"},
		{"evil", "URN:copytaster:dpa:1", "urn:copytaster:evil:URN:copytaster:dpa:1"},
		{"x", "urn:", "urn:copytaster:x:urn:"},
		{"x", "http://a b", "http://a+b"},
		{"x", "javascript:alert(1)", "urn:copytaster:x:javascript:alert%281%29"},
	} {
		got := article.NewURI(c.provider, c.id)
		if string(got) != c.want {
			t.Errorf("NewURI(%q, %q) = %q, want %q", c.provider, c.id, got, c.want)
		}
		if err := got.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestProvidersDontShareIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-z:%/ ]{1,6}`)
		p1, i1, p2, i2 := s.Draw(t, "p1"), s.Draw(t, "i1"), s.Draw(t, "p2"), s.Draw(t, "i2")
		if (p1 != p2 || strings.TrimSpace(i1) != strings.TrimSpace(i2)) && article.NewURI(p1, i1) == article.NewURI(p2, i2) {
			t.Fatalf("%q %q and %q %q share %s", p1, i1, p2, i2, article.NewURI(p1, i1))
		}
	})
}

func TestTextURIKnowsWordsNotWrapping(t *testing.T) {
	a := article.TextURI("p", "One two\nthree")
	for text, same := range map[string]bool{
		" One  two three\r\n": true, "One two\u00a0three": true, "One twothree": false, "one two three": false, "": false,
	} {
		if (article.TextURI("p", text) == a) != same {
			t.Errorf("%q: same is %v", text, !same)
		}
	}
	if article.TextURI("q", "One two three") == a {
		t.Error("two providers share a text's URI")
	}
}

func drawParts(t *rapid.T) article.Parts {
	return article.Parts{
		SourceVersion: rapid.IntRange(0, article.MaxSourceVersion).Draw(t, "version"),
		OrderTime:     rapid.Int64Range(0, article.MaxOrderTime).Draw(t, "time"),
		Content:       rapid.IntRange(0, 15).Draw(t, "content"),
		Generation:    rapid.IntRange(0, article.MaxGeneration).Draw(t, "generation"),
		Sequence:      rapid.IntRange(0, article.MaxSequence).Draw(t, "sequence"),
	}
}

func pack(t interface{ Fatal(...any) }, p article.Parts) article.Revision {
	r, err := p.Revision()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRevisionOrderIsThePartsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, q := drawParts(t), drawParts(t)
		if rapid.Bool().Draw(t, "same version") {
			q.SourceVersion = p.SourceVersion
		}
		if rapid.Bool().Draw(t, "same time") {
			q.OrderTime = p.OrderTime
		}
		a, b := pack(t, p), pack(t, q)
		if a < 0 || b < 0 {
			t.Fatalf("negative: %d, %d", a, b)
		}
		if a.Parts() != p {
			t.Fatalf("%+v came back as %+v", p, a.Parts())
		}
		list := func(p article.Parts) []int64 {
			return []int64{int64(p.SourceVersion), p.OrderTime, int64(p.Content), int64(p.Generation), int64(p.Sequence)}
		}
		want := slices.Compare(list(p), list(q))
		if got := slices.Compare([]int64{int64(a)}, []int64{int64(b)}); got != want {
			t.Fatalf("%+v against %+v: %d, want %d", p, q, got, want)
		}
		p.Generation, p.Sequence = q.Generation, q.Sequence
		if pack(t, p).Source() != a.Source() {
			t.Fatal("generation or sequence is part of the source revision")
		}
	})
}

// TestRevisionNeverFalls: raising one field, also far beyond its range, never
// makes a revision older.
func TestRevisionNeverFalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawParts(t)
		q := p
		switch rapid.IntRange(0, 4).Draw(t, "field") {
		case 0:
			p.SourceVersion = rapid.Int().Draw(t, "any version")
			q.SourceVersion = rapid.IntMin(p.SourceVersion).Draw(t, "greater version")
		case 1:
			p.OrderTime = rapid.Int64().Draw(t, "any time")
			q.OrderTime = rapid.Int64Min(p.OrderTime).Draw(t, "later time")
		case 2:
			q.Content = rapid.IntRange(p.Content, 15).Draw(t, "greater content")
		case 3:
			q.Generation = rapid.IntRange(p.Generation, article.MaxGeneration).Draw(t, "greater generation")
		default:
			q.Sequence = rapid.IntRange(p.Sequence, article.MaxSequence).Draw(t, "greater sequence")
		}
		a, b := pack(t, p), pack(t, q)
		if a < 0 || b < a {
			t.Fatalf("%+v has %d, %+v has %d", p, a, q, b)
		}
		if back := pack(t, a.Parts()); back != a {
			t.Fatalf("%d came back as %d", a, back)
		}
	})
}

func TestRevisionOverflow(t *testing.T) {
	top := pack(t, article.Parts{SourceVersion: 1 << 40, OrderTime: 1 << 62, Content: 15, Generation: 255, Sequence: 255})
	if top != 1<<63-1 {
		t.Errorf("the greatest revision is %d", top)
	}
	if r := pack(t, article.Parts{SourceVersion: -1, OrderTime: -5}); r != 0 {
		t.Errorf("the smallest revision is %d", r)
	}
	for _, p := range []article.Parts{{Generation: 256}, {Generation: -1}, {Sequence: 256}, {Sequence: -1}} {
		if _, err := p.Revision(); err == nil {
			t.Errorf("%+v passes", p)
		}
	}
}

func TestStamp(t *testing.T) {
	noon := time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)
	base := func() article.Article {
		return article.Article{URI: "urn:x:1", Text: "text", ReceivedAt: noon}
	}
	rev := func(change func(*article.Article)) article.Article {
		a := base()
		change(&a)
		if err := a.Stamp(); err != nil {
			t.Fatal(err)
		}
		return a
	}
	older := rev(func(a *article.Article) { a.VersionCreated = noon.Add(-time.Hour) })
	newer := rev(func(a *article.Article) { a.VersionCreated = noon.Add(-time.Minute) })
	v2 := rev(func(a *article.Article) { a.Version = "2"; a.VersionCreated = noon.Add(-24 * time.Hour) })
	if older.Revision >= newer.Revision || newer.Revision >= v2.Revision {
		t.Errorf("order: %d, %d, %d", older.Revision, newer.Revision, v2.Revision)
	}
	future := rev(func(a *article.Article) { a.VersionCreated = noon.Add(1000 * time.Hour) })
	if got := future.Revision.Parts().OrderTime; got != noon.Unix()+article.MaxClockLead || !slices.Contains(future.Flags, article.FlagOrderTimeClamped) {
		t.Errorf("a wrong clock orders at %d, flags %v", got, future.Flags)
	}
	date := rev(func(a *article.Article) { a.Version = "20240301" })
	if !slices.Contains(date.Flags, article.FlagVersionSaturated) || date.Revision.Parts().SourceVersion != article.MaxSourceVersion {
		t.Errorf("version %s: %+v, flags %v", date.Version, date.Revision.Parts(), date.Flags)
	}
	// A title corrected without a new date must not lose against the old one.
	first := rev(func(a *article.Article) { a.PublishedAt = noon.Add(-time.Hour) })
	edited := rev(func(a *article.Article) {
		a.PublishedAt, a.ReceivedAt, a.Text = noon.Add(-time.Hour), noon.Add(time.Minute), "texT"
	})
	if edited.Revision <= first.Revision {
		t.Error("an edit that arrived later is not the newer revision")
	}
	again := func(at time.Time) article.Revision {
		return rev(func(a *article.Article) { a.Flag(article.FlagIdentityFromText); a.ReceivedAt = at }).Revision
	}
	if again(noon) != again(noon.Add(time.Hour)) {
		t.Error("the same text sent twice makes two revisions")
	}
	var none article.Article
	if err := none.Stamp(); err == nil {
		t.Error("stamped without received_at")
	}
}

// Of what has the same version and second, what holds the article is the newer,
// whatever it says.
func TestHoldsAreNewerThanWhatTheyHold(t *testing.T) {
	noon := time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		stamped := func(s article.Status, embargo time.Time) article.Revision {
			a := article.Article{
				URI: "urn:x:1", Version: rapid.SampledFrom([]string{"", "7"}).Draw(t, "version"), Text: rapid.String().Draw(t, "text"),
				Status: s, EmbargoUntil: embargo, ReceivedAt: noon, VersionCreated: noon.Add(-time.Minute),
			}
			if err := a.Stamp(); err != nil {
				t.Fatal(err)
			}
			p := a.Revision.Parts()
			p.SourceVersion = 0 // the same
			return pack(t, p)
		}
		usable, later := stamped(article.Usable, time.Time{}), stamped(article.Usable, noon)
		for _, s := range []article.Status{article.Withheld, article.Canceled} {
			if held := stamped(s, time.Time{}); held <= usable || held <= later {
				t.Fatalf("%s is %d, usable %d, under embargo %d", s, held, usable, later)
			}
		}
		if later <= usable {
			t.Fatalf("usable is %d, under embargo %d", usable, later)
		}
	})
}

// Texts of the same second are told apart by all that is left for them.
func TestTieBreaksAreSpread(t *testing.T) {
	count := func(embargo time.Time) int {
		seen := map[article.Revision]bool{}
		for i := range 1000 {
			a := article.Article{URI: "urn:x:1", Text: strconv.Itoa(i), Status: article.Usable, EmbargoUntil: embargo, ReceivedAt: time.Unix(9, 0)}
			if err := a.Stamp(); err != nil {
				t.Fatal(err)
			}
			seen[a.Revision] = true
		}
		return len(seen)
	}
	if free, later := count(time.Time{}), count(time.Unix(99, 0)); free != 12 || later != 3 {
		t.Errorf("%d and %d", free, later)
	}
}

// TestIn: a URI is of a provider's namespace if the provider could have named
// it, and as it would be named.
func TestIn(t *testing.T) {
	for _, c := range []struct {
		uri      article.URI
		provider string
		want     bool
	}{
		{"urn:copytaster:dpa:42", "dpa", true},
		{"urn:copytaster:dpa:urn:newsml:dpa.com:1", "dpa", true},
		{"urn:copytaster:a%20b:c%2Fd", "a b", true},
		{"urn:copytaster:dpa:42", "dp", false},
		{"urn:copytaster:dpa:42", "ap", false},
		{"urn:copytaster:dpa:c/d", "dpa", false},   // would be c%2Fd
		{"urn:copytaster:dpa:c%2fd", "dpa", false}, // likewise
		{"urn:copytaster:dpa:%zz", "dpa", false},
		{"urn:copytaster:dpa:%20x", "dpa", false}, // an id has no space around it
		{"URN:copytaster:dpa:42", "dpa", false},
		{"https://x.example/a", "dpa", false},
		{"", "", false},
	} {
		if got := c.uri.In(c.provider); got != c.want {
			t.Errorf("%q of %q: %v", c.uri, c.provider, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		provider, id := rapid.String().Draw(t, "provider"), rapid.String().Draw(t, "id")
		u := article.ScopedURI(provider, id)
		if u.Validate() == nil && !u.In(provider) {
			t.Fatalf("%q isn't of the provider %q that named it", u, provider)
		}
	})
}
