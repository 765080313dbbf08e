package eval

import (
	"context"
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher"
)

// geoArticle is an article of GeoVirus. Its offsets count characters, from 1.
type geoArticle struct {
	Text      string        `xml:"text"`
	Locations []geoLocation `xml:"locations>location"`
}

type geoLocation struct {
	Name  string `xml:"name"`
	Start int    `xml:"start"`
	End   int    `xml:"end"`
	Lat   string `xml:"lat"`
	Lon   string `xml:"lon"`
}

// tunedOn is the half whose errors are named.
const tunedOn = "tuned on"

// closeKm is how near a place must be to where it is: a hundred miles, as others
// measure.
const closeKm = 161

// measurePlaces runs the chain over the articles of a file. Every second one, from the
// first, is for tuning on, the others are for measuring: each half has its scores, too,
// and only the errors of the first are named.
func measurePlaces(ctx context.Context, chain *enricher.Chain, file string) (*Measure, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var in struct {
		Articles []geoArticle `xml:"article"`
	}
	if err := xml.Unmarshal(raw, &in); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(in.Articles) == 0 {
		return nil, fmt.Errorf("%s: there is no article in it", file)
	}
	m := newMeasure()
	errs := map[string][]float64{}
	for i := range in.Articles {
		half := tunedOn
		if i%2 == 1 {
			half = "unseen"
		}
		if err := m.geo(ctx, chain, &in.Articles[i], i, half, errs); err != nil {
			return nil, fmt.Errorf("%s: article %d: %w", file, i+1, err)
		}
	}
	for half, km := range errs {
		slices.Sort(km)
		// Of an even number it is the upper one of the two in the middle.
		m.Figures[half+" median error of those found, km"] = km[len(km)/2]
	}
	return m, nil
}

type geoFound struct {
	place *article.Place
	used  bool
}

func (m *Measure) geo(ctx context.Context, chain *enricher.Chain, in *geoArticle, n int, half string, errs map[string][]float64) error {
	a := article.Article{Text: in.Text, Source: "GeoVirus", Provider: "GeoVirus"}
	if err := chain.Enrich(ctx, &a); err != nil {
		return err
	}
	got := map[article.Span]*geoFound{}
	for i := range a.Places {
		for _, at := range a.Places[i].Mentions {
			got[at.Span] = &geoFound{place: &a.Places[i]}
		}
	}
	id := strconv.Itoa(n + 1)
	offsets := byteOffsets(in.Text)
	before := m.Scores["places"]
	blame := func(format string, args ...any) {
		if half == tunedOn {
			m.blame(id, format, args...)
		}
	}
	score := func(field string, s Score) {
		m.add(field, s)
		m.add(field+" "+half, s)
	}
	for _, l := range in.Locations {
		if l.Start < 1 || l.End <= l.Start || l.End > len(offsets) {
			return fmt.Errorf("%s: %d to %d is outside the text", l.Name, l.Start, l.End)
		}
		span := article.Span{Start: offsets[l.Start-1], End: offsets[l.End-1]}
		g := got[span]
		if g == nil || g.used {
			score("places", Score{Missed: 1})
			score("places within 161 km", Score{Missed: 1})
			blame("missed: %s", around(in.Text, span))
			continue
		}
		g.used = true
		score("places", Score{Right: 1})
		lat, err := strconv.ParseFloat(strings.TrimSpace(l.Lat), 64)
		if err != nil {
			return err
		}
		lon, err := strconv.ParseFloat(strings.TrimSpace(l.Lon), 64)
		if err != nil {
			return err
		}
		km := kilometres(lat, lon, g.place.Lat, g.place.Lon)
		if !g.place.Located {
			km = math.Pi * earthKm
		}
		errs["places"] = append(errs["places"], km)
		errs["places "+half] = append(errs["places "+half], km)
		if km <= closeKm {
			score("places within 161 km", Score{Right: 1})
		} else {
			score("places within 161 km", Score{Missed: 1})
			blame("%.0f km off, in %q: %s", km, g.place.Country, around(in.Text, span))
		}
	}
	spans := make([]article.Span, 0, len(got))
	for span, g := range got {
		if !g.used {
			spans = append(spans, span)
		}
	}
	slices.SortFunc(spans, func(a, b article.Span) int { return a.Start - b.Start })
	for _, span := range spans {
		score("places", Score{Wrong: 1})
		blame("not there: %s", around(in.Text, span))
	}
	if s := m.Scores["places"]; s.Wrong == before.Wrong && s.Missed == before.Missed {
		m.Exact++
	}
	m.Texts++
	return nil
}

// byteOffsets is where each character begins, and the end.
func byteOffsets(text string) []int {
	var at []int
	for i := range text {
		at = append(at, i)
	}
	return append(at, len(text))
}

// around is a piece of text with what stands beside it.
func around(text string, s article.Span) string {
	const beside = 30 // bytes
	return fmt.Sprintf("%q [%s] %q", strings.ToValidUTF8(text[max(0, s.Start-beside):s.Start], ""), s.In(text), strings.ToValidUTF8(text[s.End:min(len(text), s.End+beside)], ""))
}

const earthKm = 6371

// kilometres is the way over the earth between two positions in degrees.
func kilometres(lat1, lon1, lat2, lon2 float64) float64 {
	const rad = math.Pi / 180
	a := math.Pow(math.Sin((lat2-lat1)*rad/2), 2) + math.Cos(lat1*rad)*math.Cos(lat2*rad)*math.Pow(math.Sin((lon2-lon1)*rad/2), 2)
	return 2 * earthKm * math.Asin(math.Sqrt(min(1, a)))
}
