package override

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/places"
)

const (
	// MaxCandidates is how many places an [AmbiguousError] names.
	MaxCandidates = 20
	// outranks is how many times the inhabitants of the place that an article's other
	// places speak for make another one as likely.
	outranks = 10
)

// Candidate is a place that a name may mean.
type Candidate struct {
	Name       string  `json:"name"`
	Within     string  `json:"within,omitempty"` // the state or province
	Country    string  `json:"country,omitempty"`
	GeoNamesID int64   `json:"geonames_id,omitempty"`
	Lat        float64 `json:"lat"`
	Lon        float64 `json:"lon"`
	Population int64   `json:"population,omitempty"`
}

// String is a candidate in one line.
func (c *Candidate) String() string {
	s := strings.Join(slices.DeleteFunc([]string{c.Name, c.Within, c.Country}, func(part string) bool { return part == "" }), ", ")
	if c.GeoNamesID != 0 {
		s += " (geonames_id " + strconv.FormatInt(c.GeoNamesID, 10) + ")"
	}
	return s
}

// AmbiguousError is of a name that several places have, of which nothing says which it is.
type AmbiguousError struct {
	Name       string
	Candidates []Candidate // the greatest first, [MaxCandidates] at most
	More       int         // that aren't named
}

func (e *AmbiguousError) Error() string {
	names := make([]string, len(e.Candidates))
	for i := range e.Candidates {
		names[i] = e.Candidates[i].String()
	}
	more := ""
	if e.More > 0 {
		more = fmt.Sprintf("; and %d more", e.More)
	}
	return fmt.Sprintf("%q may be one of several places, say its geonames_id, or its country if one is there: %s%s", e.Name, strings.Join(names, "; "), more)
}

// whereIs completes places that are said by their names, by the gazetteer and what was
// found in the article. A name that the gazetteer doesn't have stays as it is.
func whereIs(found *article.Article) func(*article.Place) error {
	return func(p *article.Place) error {
		g, err := places.Default()
		if err != nil {
			return err
		}
		all := slices.DeleteFunc(g.Lookup(p.Name), func(e places.Entry) bool {
			return p.Country != "" && e.Country != p.Country || p.GeoNamesID != 0 && e.GeoNamesID != p.GeoNamesID
		})
		if len(all) == 0 {
			return nil
		}
		i := meant(all, p.Name, found)
		if i < 0 {
			return ambiguous(g, p.Name, all)
		}
		e := &all[i]
		p.Name, p.Country, p.GeoNamesID = e.Name, e.Country, e.GeoNamesID
		p.Located, p.Lat, p.Lon = true, e.Lat, e.Lon
		return nil
	}
}

func ambiguous(g *places.Gazetteer, name string, all []places.Entry) error {
	e := &AmbiguousError{Name: name, More: max(len(all)-MaxCandidates, 0)}
	for _, c := range all[:len(all)-e.More] {
		e.Candidates = append(e.Candidates, Candidate{c.Name, g.Within(c), c.Country, c.GeoNamesID, c.Lat, c.Lon, c.Population})
	}
	return e
}

// meant is which of the places is meant; -1: nobody could tell. It is the only one, or the
// one that was found in the article; or in a country where the article's other places
// are, of its main place first, unless one elsewhere is far greater.
func meant(all []places.Entry, name string, found *article.Article) int {
	if i := only(all, func(*places.Entry) bool { return true }); i >= 0 || found == nil {
		return i
	}
	if i := only(all, func(e *places.Entry) bool {
		return e.GeoNamesID != 0 && slices.ContainsFunc(found.Places, func(p article.Place) bool { return p.GeoNamesID == e.GeoNamesID })
	}); i >= 0 {
		return i
	}
	for _, main := range []bool{true, false} {
		near := func(e *places.Entry) bool {
			return slices.ContainsFunc(found.Places, func(p article.Place) bool {
				return (p.Main || !main) && p.Country != "" && p.Country == e.Country && !strings.EqualFold(p.Name, name)
			})
		}
		if !slices.ContainsFunc(all, func(e places.Entry) bool { return near(&e) }) {
			continue
		}
		if i := only(all, near); i >= 0 && !outranked(all, i) {
			return i
		}
		return -1
	}
	return -1
}

// outranked tells whether one of them is far greater than the one at i.
func outranked(all []places.Entry, i int) bool {
	return slices.ContainsFunc(all, func(e places.Entry) bool { return e.Population >= outranks*max(all[i].Population, 1) })
}

// only is the one place of those: if all are in one country and none is that, the town
// that is far greater than other towns, where no district or state that is named after it
// is far greater. -1: there is none, or nobody could tell.
func only(all []places.Entry, of func(*places.Entry) bool) int {
	var those, towns []int // the greatest first
	for i := range all {
		e := &all[i]
		if !of(e) {
			continue
		}
		those = append(those, i)
		if e.Kind == places.City || e.Kind == places.Capital {
			towns = append(towns, i)
		}
	}
	if len(those) == 1 {
		return those[0]
	}
	if len(towns) == 0 || slices.ContainsFunc(those, func(i int) bool { return all[i].Kind >= places.Region || all[i].Country != all[towns[0]].Country }) {
		return -1
	}
	town := &all[towns[0]]
	if len(towns) > 1 && town.Population < outranks*max(all[towns[1]].Population, 1) || all[those[0]].Population >= outranks*max(town.Population, 1) {
		return -1
	}
	return towns[0]
}
