package override

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/places"
)

// A place that is said by its name is where the gazetteer has it, if only one fits, or
// the article says which.
func TestPlacesByTheirNames(t *testing.T) {
	in := func(ps ...article.Place) *article.Article { return &article.Article{Places: ps} }
	canada := article.Place{Name: "Canada", Country: "CA", Main: true}
	for _, c := range []struct {
		says  string
		said  article.Place
		found *article.Article
		want  string // name, country; "": nobody could tell
	}{
		{"the only one", article.Place{Name: "Ouagadougou"}, nil, "Ouagadougou BF"},
		{"by another language's name", article.Place{Name: "München"}, nil, "Munich DE"},
		{"of a town and its region, the town", article.Place{Name: "Agadez"}, nil, "Agadez NE"},
		{"many", article.Place{Name: "Springfield"}, nil, ""},
		{"by country, of a town and a small one", article.Place{Name: "Hamilton", Country: "CA"}, nil, "Hamilton CA"},
		{"by country", article.Place{Name: "Hamilton", Country: "BM"}, nil, "Hamilton BM"},
		{"by country, many", article.Place{Name: "Springfield", Country: "US"}, nil, ""},
		{"by where the article is", article.Place{Name: "Hamilton"}, in(canada), "Hamilton CA"},
		{"its own country says nothing", article.Place{Name: "Hamilton"}, in(article.Place{Name: "Hamilton", Country: "CA", Main: true}), ""},
		{"by the main place's country first", article.Place{Name: "Hamilton"}, in(article.Place{Name: "Auckland", Country: "NZ"}, canada), "Hamilton CA"},
		{"one elsewhere is far greater", article.Place{Name: "Paris"}, in(canada), ""},
		{"the article has nothing to do with any", article.Place{Name: "Springfield"}, in(article.Place{Name: "Oslo", Country: "NO", Main: true}), ""},
		{"not in the gazetteer", article.Place{Name: "Old Lamp Jetty"}, nil, "Old Lamp Jetty "},
		{"not there", article.Place{Name: "Agadez", Country: "SE"}, nil, "Agadez SE"},
	} {
		p := c.said
		err := whereIs(c.found)(&p)
		if got := p.Name + " " + p.Country; c.want != "" && (err != nil || got != c.want) || c.want == "" && !errors.As(err, new(*AmbiguousError)) {
			t.Errorf("%s: %q, %v", c.says, got, err)
		}
		if known := p.GeoNamesID > 0; err == nil && (known != p.Located || known == strings.HasPrefix(c.says, "not ")) {
			t.Errorf("%s: %+v", c.says, p)
		}
	}
	// The error says what can be said instead, and that decides.
	p := article.Place{Name: "Springfield", Country: "US"}
	var many *AmbiguousError
	if err := whereIs(nil)(&p); !errors.As(err, &many) || len(many.Candidates) < 2 || len(many.Candidates) > MaxCandidates {
		t.Fatal(err)
	}
	for _, c := range many.Candidates {
		if c.Country != "US" || c.Within == "" || !strings.Contains(many.Error(), fmt.Sprint(c.Within, ", US (geonames_id ", c.GeoNamesID, ")")) {
			t.Errorf("%+v in %v", c, many)
		}
		p := article.Place{Name: "Springfield", GeoNamesID: c.GeoNamesID}
		if err := whereIs(nil)(&p); err != nil || p.Lat != c.Lat || p.Lon != c.Lon || p.Country != "US" {
			t.Errorf("%+v: %+v, %v", c, p, err)
		}
	}
	if c := many.Candidates; !slices.IsSortedFunc(c, func(a, b Candidate) int { return int(b.Population - a.Population) }) {
		t.Errorf("not the greatest first: %v", many)
	}
	// What was found of several is meant.
	last := many.Candidates[len(many.Candidates)-1]
	p = article.Place{Name: "Springfield"}
	if err := whereIs(in(article.Place{Name: "Springfield", GeoNamesID: last.GeoNamesID}))(&p); err != nil || p.GeoNamesID != last.GeoNamesID {
		t.Errorf("%+v, %v", p, err)
	}
	// More than can be named are counted.
	g, err := places.Default()
	if err != nil {
		t.Fatal(err)
	}
	all := g.Lookup("Springfield")
	for len(all) <= MaxCandidates {
		all = append(all, all...)
	}
	if !errors.As(ambiguous(g, "Springfield", all), &many) || len(many.Candidates) != MaxCandidates || !strings.Contains(many.Error(), fmt.Sprintf("; and %d more", len(all)-MaxCandidates)) {
		t.Error(many)
	}
}

// A place that comes with its mentions or its position is as it is said.
func TestPlacesThatAreSaidWhole(t *testing.T) {
	const text = "In Springfield it rained. München shone."
	a := &article.Article{
		URI: "urn:x:rain", Source: "wire", Status: article.Usable, Text: text, ReceivedAt: time.Unix(1_700_000_000, 0).UTC(),
		Segments: []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len(text)}}}},
	}
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	c := Change{Who: "x"}
	say := func(value string) (Made, error) {
		c.Set = []Said{{"places", []byte(value)}}
		return c.Make(nil, nil, 0, a)
	}
	for _, whole := range []string{`[{"name":"Springfield","mentions":[{"text":"Springfield"}]}]`, `[{"name":"Springfield","country":"US","lat":1,"lon":2}]`} {
		if made, err := say(whole); err != nil || made.Corrections[0].Value.Places[0].GeoNamesID != 0 {
			t.Errorf("%s: %+v, %v", whole, made, err)
		}
	}
	if _, err := say(`[{"name":"Munich","country":"DE"},{"name":"Springfield"}]`); err == nil || !strings.Contains(err.Error(), `places: places[1]: "Springfield" may be one of several places`) || !errors.As(err, new(*ValueError)) {
		t.Error(err)
	}
	made, err := say(`[{"name":"München"}]`)
	if err != nil {
		t.Fatal(err)
	}
	if v := made.Corrections[0].Value; v.Places[0].Name != "Munich" || v.Places[0].Mentions[0].In(v.Text) != "München" {
		t.Errorf("%+v", v)
	}
	if _, err := c.Make(&made.Override, nil, 0, a); !errors.Is(err, ErrSame) {
		t.Errorf("said again: %v", err)
	}
}
