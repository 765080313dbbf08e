// Package places finds the places that a text tells of and says where they are:
// GeoNames id, country, coordinates. What a language calls them, and the words
// around them, are data: a language is a folder under data/lang.
package places

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Name and version that results are signed with.
const (
	Name    = "places"
	Version = 3
)

// MentionLimit is how many names of one article are looked at.
const MentionLimit = 5000

// Enricher finds places. It is safe for concurrent use.
type Enricher struct {
	lex     *lexicon.Lexicon
	gaz     *Gazetteer
	finders sync.Pool
}

// New makes an enricher on the built-in gazetteer.
func New() (*Enricher, error) {
	lex, err := lexicon.Default()
	if err != nil {
		return nil, err
	}
	gaz, err := Default()
	if err != nil {
		return nil, err
	}
	e := &Enricher{lex: lex, gaz: gaz}
	e.finders.New = func() any {
		return &finder{g: gaz, lex: lex, divisions: map[uint16]float32{}, states: map[uint16]float32{}, gave: map[uint64]float32{}, senses: map[uint64]sense{}, persons: map[uint64]bool{}, seen: map[int32]int32{}}
	}
	return e, nil
}

// Enrich sets a.Places, by first mention, from headline, standfirst, dateline,
// captions and body.
func (e *Enricher) Enrich(ctx context.Context, a *article.Article) error {
	a.Places = nil
	f, _ := e.finders.Get().(*finder)
	defer e.finders.Put(f)
	f.reset()
	tag, _, _ := strings.Cut(strings.ToLower(a.Language.Value), "-")
	if f.lang = e.gaz.langs[tag]; f.lang == nil {
		f.lang = e.gaz.langs[""]
	}
	f.text, f.scanned = a.Text, lexicon.WordsOf(ctx, a.Text)
	first := true
	for _, s := range a.Segments {
		if !looked(s.Kind) {
			continue
		}
		f.segment, f.lead = s, s.Kind == article.Paragraph && first
		first = first && s.Kind != article.Paragraph
		f.scan()
		f.part++
	}
	f.resolve()
	a.Places = f.places()
	f.text, f.scanned, f.toks = "", nil, nil
	return nil
}

// looked tells whether places are looked for in segments of a kind.
func looked(k article.Kind) bool {
	switch k {
	case article.Headline, article.Standfirst, article.Dateline, article.Caption, article.Paragraph, article.Subhead, article.Quote:
		return true
	}
	return false
}

// places are what was found, each once.
func (f *finder) places() []article.Place {
	clear(f.seen)
	total, count := 0, int32(0)
	for i := range f.mentions {
		if m := &f.mentions[i]; m.record != 0 {
			total++
			if f.seen[m.record] == 0 {
				count++
				f.seen[m.record] = count
			}
		}
	}
	if total == 0 {
		return nil
	}
	out := make([]article.Place, count)
	f.found = slices.Grow(f.found[:0], int(count))[:count]
	clear(f.found)
	for i := range f.mentions {
		if m := &f.mentions[i]; m.record != 0 {
			p := &f.found[f.seen[m.record]-1]
			p.mentions++
			p.record = m.record
			w := f.weight(m)
			p.weight += w
			if m.kind == article.Dateline {
				p.filed += w
			}
		}
	}
	all := make([]article.Evidence, total)
	for k, used := 0, int32(0); k < len(out); k++ {
		n := f.found[k].mentions
		out[k].Mentions = all[used : used : used+n]
		used += n
	}
	for i := range f.mentions {
		m := &f.mentions[i]
		if m.record == 0 {
			continue
		}
		p := &out[f.seen[m.record]-1]
		if len(p.Mentions) == 0 {
			f.describe(p, &f.g.records[m.record])
		}
		p.Mentions = append(p.Mentions, article.Evidence{Span: article.Span{Start: int(m.start), End: int(m.end)}, Enricher: Name, Version: Version, Confidence: f.confidence(m)})
	}
	main, most := f.main()
	out[main].Main = true
	if len(f.landmarks) > 0 {
		return f.sites(out, most)
	}
	return out
}

func (f *finder) describe(p *article.Place, r *record) {
	p.Name = f.g.nameOf(r)
	p.Country = f.g.countries[r.country]
	p.GeoNamesID = int64(r.id)
	p.Located = true
	p.Lat, p.Lon = float64(r.lat)/hundredths, float64(r.lon)/hundredths
}

// How sure a mention is.
const (
	surest    = 0.95
	likely    = 0.85
	uncertain = 0.7
)

func (f *finder) confidence(m *mention) float64 {
	r := &f.g.records[m.record]
	switch {
	case r.kind >= Region || m.near&certain != 0:
		return surest
	case r.population >= known && m.near&(word|weak) == 0:
		return likely
	}
	return uncertain
}

// What a mention weighs for the main place, by where it stands.
const (
	inHeadline = 3.5
	inLead     = 3   // among its first words
	laterOn    = 2   // behind them
	inDateline = 2.5 // less than where the lead says that it was
	inBody     = 1
)

// What it weighs, times, that isn't said to be where something is ("in Niger").
const (
	plainly  = 0.5
	asActor  = 0.25 // a country: "Russia said", "US soldiers"
	asHolder = 0.2  // it only says where a town lies: "Lyon, France"
)

// What a country weighs, times, and what is added to it of what lies in it: a town is
// where something happens, a country where nothing else is.
const (
	ofCountry = 0.75
	ofRegion  = 0.8 // that lies in no country
	ofInside  = 0.2
)

// early is how many words of the lead say first where something happens.
const early = 20

// takesOver is how much of the weight of a division a town in it must have, its dateline
// not counted, to be the main place instead.
const takesOver = 0.4

// weight is what a mention says for its place to be the main one.
func (f *finder) weight(m *mention) float64 {
	r := &f.g.records[m.record]
	w := float64(inBody)
	switch {
	case m.kind == article.Headline:
		w = inHeadline
	case (m.kind == article.Standfirst || m.lead) && m.first < early:
		w = inLead
	case m.kind == article.Standfirst, m.lead:
		w = laterOn
	case m.kind == article.Dateline:
		w = inDateline
	}
	switch {
	case r.kind == Country:
		w *= ofCountry
	case r.kind == Region && r.country == 0:
		w *= ofRegion
	}
	switch {
	case m.holding != 0 && f.contains(m.holding, r):
		w *= asHolder
	case m.kind == article.Dateline:
	case m.near&preposition != 0 && m.near&(sided|dealt) == 0:
	case r.kind == Country:
		w *= asActor
	default:
		w *= plainly
	}
	return w
}

// found is a place that the text has.
type found struct {
	record   int32
	mentions int32
	weight   float64 // for the main place
	filed    float64 // by datelines, of that
}

// main is which place is the main one, and what it weighs: the one that weighs most, a country with a part
// of what lies in it, and of a division what lies in it and weighs nearly as much.
func (f *finder) main() (best int, most float64) {
	var inside [256]float64 // weight of what lies in each country
	for _, p := range f.found {
		if r := &f.g.records[p.record]; r.kind != Country {
			inside[r.country] += p.weight
		}
	}
	for k, p := range f.found {
		w := p.weight
		if r := &f.g.records[p.record]; r.kind == Country {
			w += ofInside * inside[r.country]
		}
		if w > most {
			best, most = k, w
		}
	}
	if k := f.around(best); k >= 0 {
		return k, f.found[k].weight
	}
	d := &f.g.records[f.found[best].record]
	least := most * takesOver
	for k, p := range f.found {
		w := p.weight
		if d.kind == Division {
			w -= p.filed
		}
		if w >= least && d.holds(&f.g.records[p.record]) {
			best, least = k, w
		}
	}
	return best, most
}

// around is the division that is the main place instead of a town in it which hardly more
// than a dateline speaks for, below 0 if there is none.
func (f *finder) around(town int) int {
	t := &f.found[town]
	r := &f.g.records[t.record]
	if t.filed == 0 {
		return -1
	}
	return slices.IndexFunc(f.found, func(p found) bool {
		d := &f.g.records[p.record]
		return d.kind == Division && p.weight > inDateline && d.holds(r) && t.weight-t.filed < takesOver*p.weight
	})
}

// holds tells whether a town lies in a division, as far as it is known.
func (d *record) holds(r *record) bool {
	if r.kind > Capital || r.country != d.country || r.division != d.division {
		return false
	}
	return d.kind == Division || d.kind == Subdivision && distance(d, r) < insideKm
}
