// Package filed reads the dateline: where a report was written, when, and by
// which agencies, in every agency's manner.
package filed

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/calendar"
	"github.com/copytaster/copytaster/services/enrich/grammar"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Name and version that results are signed with.
const (
	Name    = "filed"
	Version = 1
)

// unread is the confidence in a dateline whose parts can't be read.
const unread = 0.3

// MaxDateline is how many bytes of a dateline are read, MaxPlaces how many
// places are reported.
const (
	MaxDateline = 300
	MaxPlaces   = 10
)

// Enricher reads datelines. It is safe for concurrent use.
type Enricher struct {
	lex       *lexicon.Lexicon
	languages map[string]*calendar.Language
}

// New makes an enricher on the built-in lexicon and languages.
func New() (*Enricher, error) {
	lex, err := lexicon.Default()
	if err != nil {
		return nil, err
	}
	l, err := calendar.Languages()
	if err != nil {
		return nil, err
	}
	return &Enricher{lex, l}, nil
}

// Enrich sets a.Filed by the first dateline. Its date, if it has no year, is
// the one nearest to a.PublishedAt, and zero where that isn't known.
func (e *Enricher) Enrich(ctx context.Context, a *article.Article) error {
	a.Filed = article.Filed{}
	i := slices.IndexFunc(a.Segments, func(s article.Segment) bool { return s.Kind == article.Dateline })
	if i < 0 {
		return nil
	}
	s := a.Segments[i]
	f := article.Filed{Evidence: article.Evidence{Span: s.Span, Enricher: Name, Version: Version, Confidence: s.Confidence}}
	l := grammar.NewLine(a.Text, s.Start, clip(a.Text, s.Start, s.End))
	if d, ok := grammar.ParseDateline(e.lex, l); ok {
		f.Confidence = min(f.Confidence, d.Confidence)
	}
	p := parts{lex: e.lex, line: l, taken: make([]bool, len(l.Tokens))}
	f.Agencies = p.agencies()
	f.Date = e.date(ctx, a, &p)
	f.Places = p.places()
	if len(f.Places) == 0 && f.Date.IsZero() && len(f.Agencies) == 0 {
		f.Confidence = min(f.Confidence, unread)
	}
	a.Filed = f
	return nil
}

// clip ends a dateline at MaxDateline bytes, between two characters.
func clip(text string, start, end int) int {
	if end-start <= MaxDateline {
		return end
	}
	end = start + MaxDateline
	for end > start && text[end]&0xC0 == 0x80 {
		end--
	}
	return end
}

// date reads the date in the language of the article, else in any other, as
// agencies' datelines keep the language of their service. The first is taken.
func (e *Enricher) date(ctx context.Context, a *article.Article, p *parts) time.Time {
	tag, _, _ := strings.Cut(a.Language.Value, "-")
	tags := []string{strings.ToLower(tag)}
	for _, t := range []string{"en", "de", "fr", "es"} {
		if t != tags[0] {
			tags = append(tags, t)
		}
	}
	for _, t := range tags {
		lang := e.languages[t]
		if lang == nil {
			continue
		}
		var date time.Time
		for _, x := range lang.Read(nil, lexicon.WordsOf(ctx, p.line.Text), p.line.Start, p.line.End, MaxPlaces, &calendar.Manner{Careless: true}) {
			if !x.OfDay() {
				continue
			}
			p.take(x.Start, x.End)
			x.Nearest()
			if when, ok := x.Resolve(a.PublishedAt); ok && date.IsZero() {
				date = when.From
			}
		}
		if p.dated {
			return date
		}
	}
	return time.Time{}
}

// parts is a dateline being taken apart: what remains are its places.
type parts struct {
	lex   *lexicon.Lexicon
	line  grammar.Line
	taken []bool // by word: read already
	dated bool
}

func (p *parts) take(start, end int) {
	p.dated = true
	for i, t := range p.line.Tokens {
		if int(t.Start) >= start && int(t.End) <= end {
			p.taken[i] = true
		}
	}
}

func (p *parts) gap(i int) string {
	toks, from, to := p.line.Tokens, p.line.Start, p.line.End
	if i > 0 {
		from = int(toks[i-1].End)
	}
	if i < len(toks) {
		to = int(toks[i].Start)
	}
	return p.line.Text[from:to]
}

// agencies are those in brackets or slashes, and one behind a comma at the end
// ("..., Kyodo -"). What else the brackets hold is a desk's or a colleague's
// mark.
func (p *parts) agencies() []string {
	var names []string
	toks := p.line.Tokens
	inside := false
	for i := 0; i < len(toks); i++ {
		g := p.gap(i)
		switch {
		case strings.ContainsAny(g, "([") || strings.HasSuffix(g, "/") && (i == 0 || strings.ContainsAny(g, " \u00a0")):
			inside = true
		case strings.ContainsAny(g, ")]"):
			inside = false
		}
		if !inside && i == 0 {
			continue
		}
		a, n := p.lex.Mark(toks[i:])
		if a == nil && inside {
			a, n = p.lex.AgencyName(toks[i:])
		}
		last := i+n >= len(toks)
		if a == nil || !inside && (!last || !strings.ContainsAny(g, ",.") && toks[i].Shape&lexicon.AllCaps == 0) {
			continue
		}
		if !slices.Contains(names, a.Name) && !a.PhotoOnly {
			names = append(names, a.Name)
		}
		for k := i; k < i+n; k++ {
			p.taken[k] = true
		}
		i += n - 1
	}
	if len(names) > 0 {
		p.clearBrackets()
	}
	return names
}

// clearBrackets takes what stands beside an agency in its brackets or slashes.
func (p *parts) clearBrackets() {
	toks := p.line.Tokens
	for i := range toks {
		if !p.taken[i] {
			continue
		}
		for k := i + 1; k < len(toks) && !strings.ContainsAny(p.gap(k), ")] \u00a0"); k++ {
			p.taken[k] = true
		}
	}
}

// places are the names that remain: parted by slashes and "and", and by commas
// where what follows is a city of its own and no state or country.
func (p *parts) places() []string {
	var out []string
	toks := p.line.Tokens
	start := -1
	flush := func(end int) {
		if start < 0 {
			return
		}
		for end-1 > start && toks[end-1].Shape&lexicon.Lower != 0 && toks[start].Shape&lexicon.Lower == 0 && !p.cityTo(start, end) {
			end-- // "Paris, le"
		}
		name := strings.Trim(p.line.Text[toks[start].Start:toks[end-1].End], " \u00a0")
		if strings.HasPrefix(p.line.Text[toks[end-1].End:p.line.End], ".") && strings.ContainsAny(p.line.Text[toks[start].Start:toks[end-1].Start], ",.") && (strings.HasPrefix(p.gap(end), ".,") || end < len(toks) && p.taken[end] && p.gap(end) == ". ") {
			name += "." // "AUGUSTA, Ga."
		}
		if open := strings.Count(name, "("); open > strings.Count(name, ")") && strings.HasPrefix(p.line.Text[toks[end-1].End:p.line.End], ")") {
			name += ")"
		}
		if len(out) < MaxPlaces {
			out = append(out, name)
		}
		start = -1
	}
	for i := range toks {
		switch {
		case p.taken[i]:
			flush(i)
			continue
		case start >= 0 && p.parted(start, i):
			flush(i)
		}
		if start < 0 && toks[i].Shape&lexicon.Upper == 0 && !p.opensName(i) && !(i == 0 && p.dated) {
			continue // "le 12 mars", "und", "22"
		}
		if start < 0 {
			start = i
		}
	}
	flush(len(toks))
	return out
}

// opensName tells whether the small word i begins a name: "s-Hertogenbosch".
func (p *parts) opensName(i int) bool {
	return i+1 < len(p.line.Tokens) && !p.taken[i+1] && p.gap(i+1) == "-"
}

// parted tells whether another place begins with word i; the one before it
// begins with word start.
func (p *parts) parted(start, i int) bool {
	toks := p.line.Tokens
	g := p.gap(i)
	switch {
	case strings.Contains(g, "/") || strings.Contains(g, ";") || strings.ContainsAny(g, "—–") || strings.Contains(g, "- ") || strings.Contains(g, " -"):
		return true
	case p.lex.Phrases.Longest(toks[i:], lexicon.Join).Tokens > 0 && toks[i].Shape&lexicon.Lower != 0 && p.lex.Phrases.All(toks[i:i+1])&lexicon.Particle == 0:
		return true
	case !strings.Contains(g, ","):
		return false
	}
	first := toks[start].Shape&lexicon.AllCaps != 0
	second := toks[i].Shape&lexicon.AllCaps != 0
	switch {
	case first && !second:
		return false // "PINE FORK, Idaho"
	case first && second && toks[i].End-toks[i].Start > 2:
		return p.city(i)
	}
	return p.city(i) && p.city(start)
}

// cityTo tells whether words [i, j) are a city.
func (p *parts) cityTo(i, j int) bool {
	return p.lex.Phrases.Longest(p.line.Tokens[i:j], lexicon.City).Tokens == j-i
}

func (p *parts) city(i int) bool {
	return p.lex.Phrases.Longest(p.line.Tokens[i:], lexicon.City).Tokens > 0
}
