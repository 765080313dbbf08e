package places

import (
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Entry is a place that a name may mean.
type Entry struct {
	Name       string // usual English name
	Country    string // ISO 3166-1 alpha-2, "" for what lies in none or in several
	GeoNamesID int64  // 0 if it isn't known
	Kind       Kind
	Population int64
	Lat, Lon   float64

	record int32
}

// Lookup is the places that a name may mean in any language, those with the most
// inhabitants first. It is nil if there is none.
func (g *Gazetteer) Lookup(name string) []Entry {
	toks := lexicon.Scan(nil, name, 0, len(name))
	if len(toks) == 0 {
		return nil
	}
	n, head, _ := g.longest(name, toks, 0)
	if n < len(toks) {
		return nil
	}
	written := spell(toks)
	var out []Entry
	for p := head; p != 0; p = g.postings[p].next {
		if q := &g.postings[p]; written.fits(q.how) {
			r := &g.records[q.record]
			out = append(out, Entry{g.nameOf(r), g.countries[r.country], int64(r.id), r.kind, int64(r.population), float64(r.lat) / hundredths, float64(r.lon) / hundredths, q.record})
		}
	}
	return out
}

// Within is the name of the state or province in which a place lies, "" if it is one
// itself, or that isn't known.
func (g *Gazetteer) Within(e Entry) string {
	r := &g.records[e.record]
	if r.division == 0 || r.kind >= Division {
		return ""
	}
	for i := range g.records {
		if d := &g.records[i]; d.kind == Division && d.division == r.division && d.country == r.country {
			return g.nameOf(d)
		}
	}
	return ""
}

// Longest is the number of tokens of the longest name of a place that text has from
// toks[0] on, in any language, 0 if none begins there; and what the most populous place
// of that name is. Whether it is meant as a place is not looked at.
func (g *Gazetteer) Longest(text string, toks []lexicon.Token) (n int, kind Kind, population int64) {
	if len(toks) == 0 {
		return 0, 0, 0
	}
	n, head, _ := g.longest(text, toks, 0)
	if n == 0 {
		return 0, 0, 0
	}
	r := &g.records[g.postings[head].record]
	return n, r.kind, int64(r.population)
}
