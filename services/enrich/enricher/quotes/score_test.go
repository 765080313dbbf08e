package quotes_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher"
	"github.com/copytaster/copytaster/services/enrich/enricher/agency"
	"github.com/copytaster/copytaster/services/enrich/enricher/citedmedia"
	"github.com/copytaster/copytaster/services/enrich/enricher/language"
	"github.com/copytaster/copytaster/services/enrich/enricher/quotes"
	"github.com/copytaster/copytaster/services/enrich/enricher/segments"
)

const testdata = "../../testdata"

func made[E enricher.Enricher](f func() (E, error)) func() (enricher.Enricher, error) {
	return func() (enricher.Enricher, error) { return f() }
}

func cleared(*article.Article) {}

// newChain is what stands before quotations are read, and that.
func newChain(t testing.TB) *enricher.Chain {
	t.Helper()
	c, err := enricher.NewChain(enricher.Catalogue{
		{Name: segments.Name, Version: segments.Version, Required: true, New: made(segments.New)},
		{Name: language.Name, Version: language.Version, New: made(language.New), Clear: cleared},
		{Name: agency.Name, Version: agency.Version, New: made(agency.New), Clear: cleared},
		{Name: citedmedia.Name, Version: citedmedia.Version, New: made(citedmedia.New), Clear: cleared},
		{Name: quotes.Name, Version: quotes.Version, New: made(quotes.New), Clear: cleared},
	}, func(o enricher.Outcome) {
		if o.Err != nil {
			t.Error(o.Err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Annotated is a quotation as an editor reads it, see testdata/cases/GUIDE.md.
type Annotated struct {
	Text     string
	Nth      int
	Speaker  *string
	Role     *string
	Via      *string
	Partial  bool
	Doubtful string
}

// Case is one annotated text.
type Case struct {
	ID, Language, Text string
	Quotes             []Annotated
	Scare              []json.RawMessage
}

// place is where in the text an annotation stands.
func place(text, part string, nth int) article.Span {
	at := -1
	for ; nth >= 0; nth-- {
		i := strings.Index(text[at+1:], part)
		if i < 0 {
			return article.Span{}
		}
		at += 1 + i
	}
	return article.Span{Start: at, End: at + len(part)}
}

// Score counts what was found in annotated texts.
type Score struct {
	Right, Found, Wanted             int // spans
	Speakers, Roles, Vias, Partials  int // right ones, of the right spans
	Both                             int // span and speaker
	RolesWanted, RolesRight, Doubted int
}

// Add adds the counts of o.
func (s *Score) Add(o Score) {
	s.Right += o.Right
	s.Found += o.Found
	s.Wanted += o.Wanted
	s.Speakers += o.Speakers
	s.Roles += o.Roles
	s.Vias += o.Vias
	s.Partials += o.Partials
	s.Both += o.Both
	s.RolesWanted += o.RolesWanted
	s.RolesRight += o.RolesRight
}

func share(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// F1 of the spans alone, and of spans with the right speaker.
func (s *Score) F1() (spans, speakers float64) {
	return share(2*s.Right, s.Found+s.Wanted), share(2*s.Both, s.Found+s.Wanted)
}

func (s *Score) String() string {
	f, both := s.F1()
	return fmt.Sprintf("wanted %d found %d right %d  P %.3f R %.3f F1 %.3f  span+speaker F1 %.3f  speaker %.3f role %.3f (of those stated %d/%d) via %.3f partial %.3f",
		s.Wanted, s.Found, s.Right, share(s.Right, s.Found), share(s.Right, s.Wanted), f, both,
		share(s.Speakers, s.Right), share(s.Roles, s.Right), s.RolesRight, s.RolesWanted, share(s.Vias, s.Right), share(s.Partials, s.Right))
}

// Measure compares what was found in the text of a case with its annotation.
// If strict, doubtful annotations neither count when found nor when missed.
// Errors are told to report, if it is not nil.
func Measure(c *Case, got []article.Quotation, strict bool, report func(string)) Score {
	var s Score
	say := func(format string, args ...any) {
		if report != nil {
			report(c.ID + ": " + fmt.Sprintf(format, args...))
		}
	}
	want := map[article.Span]Annotated{}
	ignored := map[article.Span]bool{}
	for _, q := range c.Quotes {
		p := place(c.Text, q.Text, q.Nth)
		if strict && q.Doubtful != "" {
			ignored[p] = true
			continue
		}
		want[p] = q
	}
	for _, raw := range c.Scare {
		var o Annotated
		if json.Unmarshal(raw, &o) == nil && strict && o.Doubtful != "" {
			ignored[place(c.Text, o.Text, o.Nth)] = true
		}
	}
	s.Wanted = len(want)
	seen := map[article.Span]bool{}
	for _, q := range got {
		if ignored[q.Span] {
			continue
		}
		s.Found++
		w, ok := want[q.Span]
		if !ok {
			say("FALSE %q by %q conf %.2f cue %q", q.In(c.Text), q.Speaker, q.Confidence, q.Cue)
			continue
		}
		seen[q.Span] = true
		s.Right++
		if sameSpeaker(value(w.Speaker), q.Speaker) {
			s.Speakers++
			s.Both++
		} else {
			say("speaker of %.40q is %q, want %q (cue %q)", w.Text, q.Speaker, value(w.Speaker), q.Cue)
		}
		if w.Role != nil {
			s.RolesWanted++
		}
		switch {
		case w.Role == nil:
			s.Roles++
		case sameRole(*w.Role, q.Role):
			s.Roles++
			s.RolesRight++
		default:
			say("role of %.40q is %q, want %q", w.Text, q.Role, *w.Role)
		}
		if (w.Via == nil) == (q.Via == "") {
			s.Vias++
		} else {
			say("via of %.40q is %q, want %q", w.Text, q.Via, value(w.Via))
		}
		if w.Partial == q.Partial {
			s.Partials++
		} else {
			say("partial of %.40q is %v", w.Text, q.Partial)
		}
	}
	for p, w := range want {
		if !seen[p] {
			say("MISSED %q by %q", w.Text, value(w.Speaker))
		}
	}
	return s
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

var articles = map[string]bool{"the": true, "a": true, "an": true, "der": true, "die": true, "das": true, "den": true, "dem": true, "ein": true, "eine": true, "einen": true, "einem": true, "einer": true, "le": true, "la": true, "les": true, "l": true, "un": true, "une": true, "el": true, "los": true, "las": true, "una": true}

// plain is a name without case and leading article, up to a comma.
func plain(s string) []string {
	s, _, _ = strings.Cut(strings.ToLower(s), ",")
	f := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" '’\u00a0\n„“”\"«»", r) })
	if len(f) > 1 && articles[f[0]] {
		f = f[1:]
	}
	return f
}

// sameSpeaker compares without articles, case and inflection.
func sameSpeaker(want, got string) bool {
	a, b := plain(want), plain(got)
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, y := a[i], b[i]
		if len(x) > len(y) {
			x, y = y, x
		}
		if !strings.HasPrefix(y, x) || len(y)-len(x) > 2 || len(y) > len(x) && len(x) < 4 {
			return false
		}
	}
	return true
}

// sameRole tells whether one holds the other.
func sameRole(want, got string) bool {
	a, b := strings.Join(plain(want), " "), strings.Join(plain(got), " ")
	return b != "" && (strings.Contains(a, b) || strings.Contains(b, a))
}

// Cases reads annotated texts.
func Cases(t testing.TB, name string) []Case {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(testdata, "cases", "quotes", name))
	if err != nil {
		t.Fatal(err)
	}
	var out []Case
	sc := bufio.NewScanner(bytes.NewReader(raw))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var c Case
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, c)
	}
	return out
}

// Run scores a file, per language and in all ("").
func Run(t testing.TB, name string, strict bool, report func(string)) map[string]*Score {
	t.Helper()
	chain := newChain(t)
	out := map[string]*Score{"": {}}
	for _, c := range Cases(t, name) {
		a := article.Article{Text: c.Text}
		if err := chain.Enrich(context.Background(), &a); err != nil {
			t.Fatal(err)
		}
		if report != nil && a.Language.Value != c.Language {
			report(c.ID + ": language is " + a.Language.Value)
		}
		s := Measure(&c, a.Quotes, strict, report)
		if out[c.Language] == nil {
			out[c.Language] = &Score{}
		}
		out[c.Language].Add(s)
		out[""].Add(s)
	}
	return out
}

func show(t *testing.T, name string, scores map[string]*Score) {
	t.Helper()
	for _, l := range []string{"en", "de", "fr", "es", ""} {
		t.Logf("%s %-3s %s", name, l, scores[l])
	}
}

// floor is what a half must reach: F1 of spans, F1 of spans with their speaker,
// shares of right roles and partial flags.
type floor struct{ spans, speakers, roles, partials float64 }

func (f floor) check(t *testing.T, name string, s *Score) {
	t.Helper()
	spans, both := s.F1()
	for what, v := range map[string][2]float64{
		"F1 of spans":              {spans, f.spans},
		"F1 of spans and speakers": {both, f.speakers},
		"right roles":              {share(s.Roles, s.Right), f.roles},
		"right partial flags":      {share(s.Partials, s.Right), f.partials},
	} {
		if v[0] < v[1] {
			t.Errorf("%s: %s is %.3f, it was at least %.3f", name, what, v[0], v[1])
		}
	}
}

// The half to tune on. Its errors are logged.
func TestTune(t *testing.T) {
	strict := Run(t, "tune.jsonl", true, func(s string) { t.Log(s) })
	show(t, "tune, strict", strict)
	show(t, "tune, all", Run(t, "tune.jsonl", false, nil))
	floor{0.98, 0.96, 0.97, 0.98}.check(t, "tune", strict[""])
}

// The half to measure with: totals only, so that nobody tunes on it.
func TestMeasure(t *testing.T) {
	strict := Run(t, "measure.jsonl", true, nil)
	show(t, "measure, strict", strict)
	show(t, "measure, all", Run(t, "measure.jsonl", false, nil))
	floor{0.96, 0.88, 0.96, 0.98}.check(t, "measure", strict[""])
}

// The golden text in full: three quotations and no others.
func TestGolden(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(testdata, "golden", "niger.txt"))
	if err != nil {
		t.Fatal(err)
	}
	js, err := os.ReadFile(filepath.Join(testdata, "golden", "niger.expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		PublishedAt time.Time `json:"published_at"`
		Quotes      []struct {
			Text, Speaker, Role, Via string
			Partial                  bool
		}
	}
	if err := json.Unmarshal(js, &want); err != nil {
		t.Fatal(err)
	}
	for _, published := range []time.Time{want.PublishedAt, {}} {
		a := article.Article{Text: string(raw), Source: "site-3", PublishedAt: published}
		if err := newChain(t).Enrich(context.Background(), &a); err != nil {
			t.Fatal(err)
		}
		if len(a.Quotes) != len(want.Quotes) {
			t.Fatalf("%d quotations, want %d: %+v", len(a.Quotes), len(want.Quotes), a.Quotes)
		}
		for i, w := range want.Quotes {
			q := a.Quotes[i]
			if q.In(a.Text) != strings.TrimRight(w.Text, ",.") || q.Speaker != w.Speaker || q.Role != w.Role || q.Via != w.Via || q.Partial != w.Partial {
				t.Errorf("quotation %d is %q, %+v, want %+v", i, q.In(a.Text), q, w)
			}
			if q.Cue == "" || q.Enricher != quotes.Name || q.Version != quotes.Version || q.Confidence < quotes.Enough {
				t.Errorf("quotation %d is signed %+v with cue %q", i, q.Evidence, q.Cue)
			}
		}
	}
}
