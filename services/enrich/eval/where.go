package eval

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher"
)

// where is the task of finding out where things happen: every mention of a place with
// its country and, for towns, its position; and which place is the main one.
func where() Task {
	const name = "where"
	dir := filepath.Join("cases", "who")
	return Task{
		name, name, "a file of cases, one in a line",
		[]string{filepath.Join(dir, "tune.jsonl"), filepath.Join(dir, "measure.jsonl")},
		nil,
		measureWhere,
	}
}

// whereCase is a case as testdata/cases/who/GUIDE.md has it; of the names in it only
// those of places are looked at.
type whereCase struct {
	written

	Mentions []whereMark `json:"mentions"`
	Places   []goldPlace `json:"places"`
	Never    []struct {
		Type string `json:"type"`
		Text string `json:"text"`
		Nth  *int   `json:"nth"` // nil: all of them
	} `json:"never"`
}

type whereMark struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	Text        string `json:"text"`
	Nth         int    `json:"nth"`
	Optional    bool   `json:"optional"`
	Alternative string `json:"alternative"`
	OutsideBody bool   `json:"outside_body"`
}

type goldPlace struct {
	Name      string   `json:"name"`
	Country   *string  `json:"country"` // nil: in none or in several
	Lat       *float64 `json:"lat"`
	Lon       *float64 `json:"lon"`
	Tolerance float64  `json:"tolerance_km"`
	Main      bool     `json:"main"`
}

// typePlace is how cases call places.
const typePlace = string(article.EntityPlace)

func measureWhere(ctx context.Context, chain *enricher.Chain, file string) (*Measure, error) {
	return measureEach(ctx, chain, file, (*Measure).where)
}

// sited is an annotated mention, and where its place is.
type sited struct {
	finding
	place *goldPlace
}

// sites are the mentions of places that are annotated, those that an editor may
// leave out marked as doubtful; others are what may be a place as well.
func (c *whereCase) sites() (want []sited, others []finding, err error) {
	gold := map[string]*goldPlace{}
	for i := range c.Places {
		gold[c.Places[i].Name] = &c.Places[i]
	}
	for i := range c.Mentions {
		k := &c.Mentions[i]
		if k.Type != typePlace && k.Alternative != typePlace {
			continue
		}
		m := mark{Text: k.Text, Nth: k.Nth}
		if k.Optional || k.Alternative != "" || k.OutsideBody {
			m.Doubtful = "optional"
		}
		at, err := places(c.testcase(), []mark{m})
		if err != nil {
			return nil, nil, err
		}
		switch p := gold[k.Name]; {
		case k.Type != typePlace:
			others = append(others, at...)
		case p == nil:
			return nil, nil, fmt.Errorf("case %s: %q is not among its places", c.ID, k.Name)
		default:
			want = append(want, sited{at[0], p})
		}
	}
	return want, others, nil
}

// testcase is as much of the case as the other tasks know.
func (c *whereCase) testcase() *testcase {
	return &testcase{written: c.written}
}

// is tells whether what was found is the place, in its country.
func (p *goldPlace) is(got *article.Place) bool { return p.in(got) && p.near(got) }

func (p *goldPlace) in(got *article.Place) bool { return got.Country == said(p.Country) }

// near is true of all but towns: where the middle of a country or a river is taken to
// be is not compared.
func (p *goldPlace) near(got *article.Place) bool {
	return p.Lat == nil || p.Lon == nil || got.Located && kilometres(*p.Lat, *p.Lon, got.Lat, got.Lon) <= p.Tolerance
}

func (m *Measure) where(c *whereCase, a *article.Article) error {
	want, others, err := c.sites()
	if err != nil {
		return err
	}
	got, found := mentioned(a)
	used := make([]bool, len(got))
	var main *article.Place // what was found where the main place is named
	for i := range want {
		w := &want[i]
		j := match(a.Text, w.Span, got, used)
		if j < 0 {
			m.sited(c, w, nil)
			continue
		}
		used[j] = true
		m.sited(c, w, found[j])
		if w.place.Main && found[j].Main && w.place.is(found[j]) {
			main = found[j]
		}
		others = append(others, w.finding)
	}
	for j := range got {
		if !used[j] {
			m.extra(c, got[j].Span, touches(got[j].Span, others))
		}
	}
	if slices.ContainsFunc(c.Places, func(p goldPlace) bool { return p.Main }) {
		m.add("where main place", verdict(main != nil))
		if main == nil {
			m.blame(c.ID, "the main place is %q", mainOf(a))
		}
	}
	m.neverPlaces(c, got)
	return nil
}

// mentioned are the mentions of places that were found, each with its place.
func mentioned(a *article.Article) (at []finding, of []*article.Place) {
	for i := range a.Places {
		for _, k := range a.Places[i].Mentions {
			if k.Confidence >= article.Sure {
				at = append(at, finding{k.Span, mark{}})
				of = append(of, &a.Places[i])
			}
		}
	}
	return at, of
}

func mainOf(a *article.Article) string {
	for i := range a.Places {
		if a.Places[i].Main {
			return a.Places[i].Name
		}
	}
	return ""
}

// sited scores one annotated mention by what was found there, nil for nothing.
func (m *Measure) sited(c *whereCase, w *sited, got *article.Place) {
	t, doubtful := c.testcase(), w.Doubtful != ""
	if got == nil {
		m.tally(t, "where text", "", doubtful, Score{Missed: 1})
		m.tally(t, "where", w.place.sort(), doubtful, Score{Missed: 1})
		if !doubtful {
			m.blame(c.ID, "missed: %s", around(c.Text, w.Span))
		}
		return
	}
	right := w.place.is(got)
	m.tally(t, "where text", "", doubtful, Score{Right: 1})
	m.tally(t, "where", w.place.sort(), doubtful, verdict(right))
	if doubtful {
		return
	}
	m.add("where country", verdict(w.place.in(got)))
	if w.place.Lat != nil {
		m.add("where position of towns", verdict(w.place.near(got)))
		m.add("where GeoNames id of towns", found(right && got.GeoNamesID > 0, got.GeoNamesID > 0))
	}
	if !right {
		m.blame(c.ID, "in %q at %.2f, %.2f: %s", got.Country, got.Lat, got.Lon, around(c.Text, w.Span))
	}
}

// sort is what places are counted by: only towns have a position.
func (p *goldPlace) sort() string {
	if p.Lat != nil {
		return "town"
	}
	return "other place"
}

// extra scores what was found where nothing is annotated.
func (m *Measure) extra(c *whereCase, s article.Span, doubtful bool) {
	m.tally(c.testcase(), "where text", "", doubtful, Score{Wrong: 1})
	m.tally(c.testcase(), "where", "", doubtful, Score{Wrong: 1})
	if !doubtful {
		m.blame(c.ID, "not there: %s", around(c.Text, s))
	}
}

// neverPlaces scores what must not be a place.
func (m *Measure) neverPlaces(c *whereCase, got []finding) {
	for _, n := range c.Never {
		if n.Type != typePlace && n.Type != "any" {
			continue
		}
		bad := slices.ContainsFunc(got, func(g finding) bool {
			if n.Nth == nil {
				return g.In(c.Text) == n.Text
			}
			at, err := places(c.testcase(), []mark{{Text: n.Text, Nth: *n.Nth}})
			return err == nil && overlap(at[0].Span, g.Span)
		})
		if bad {
			m.add("where never", Score{Wrong: 1, Missed: 1})
			m.blame(c.ID, "never: %q", n.Text)
		} else {
			m.add("where never", Score{Right: 1})
		}
	}
}
