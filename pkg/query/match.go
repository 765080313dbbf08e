package query

import (
	"math"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/query/analysis"
)

// Matcher is a query made ready for single articles. It may be used by several at once.
type Matcher struct{ test test }

// Matcher makes the query ready. Its answers are those that [Query.Elastic] has of the
// articles index.
func (q Query) Matcher() *Matcher {
	if q.root == nil {
		return &Matcher{func(*scene) bool { return true }}
	}
	c := &tests{}
	for _, l := range languageKeys {
		c.analyzers = append(c.analyzers, analysis.New(corpus.Analyzer(l)))
	}
	return &Matcher{q.root.test(c)}
}

// Match tells whether the query finds an article, at that time.
func (m *Matcher) Match(d *Document, clock Clock) bool {
	return m.test(&scene{Document: d, clock: clock})
}

// scene is what a test looks at.
type scene struct {
	*Document
	clock Clock
	quote *quote // of the article, one by one
}

type test func(s *scene) bool

// tests makes tests.
type tests struct {
	analyzers []*analysis.Analyzer // as languageKeys
}

func (c *tests) all(of []node) []test {
	ts := make([]test, len(of))
	for i, n := range of {
		ts[i] = n.test(c)
	}
	return ts
}

func (n every) test(c *tests) test {
	all := c.all(n.of)
	return func(s *scene) bool {
		for _, t := range all {
			if !t(s) {
				return false
			}
		}
		return true
	}
}

func (n some) test(c *tests) test {
	all := c.all(n.of)
	return func(s *scene) bool {
		for _, t := range all {
			if t(s) {
				return true
			}
		}
		return false
	}
}

func (n not) test(c *tests) test {
	t := n.of.test(c)
	return func(s *scene) bool { return !t(s) }
}

func (n quoted) test(c *tests) test {
	t := n.of.test(c)
	return func(s *scene) bool {
		quotes := s.quotes()
		for i := range quotes {
			if t(&scene{s.Document, s.clock, &quotes[i]}) {
				return true
			}
		}
		return false
	}
}

// Fields of texts, as bits: all, and those that a word without a field is looked for in.
const anyField = ^uint64(0)

var everywhereField = func() (bits uint64) {
	for i, f := range fields {
		if slices.Contains(corpus.TextFields, f.elastic) && f.kind == ofText {
			bits |= 1 << i
		}
	}
	return bits
}()

func (t *term) test(c *tests) test {
	switch {
	case t.value != nil:
		return t.value.test(t.field, c)
	case t.inside && t.field != nil && t.exact:
		return func(s *scene) bool { return hasKeyword(s.quote.by, t.text) }
	case t.inside && t.field != nil:
		bare := t.unstemmed(c)
		return func(s *scene) bool { return bare.in(s.quote.speaker, anyField) }
	case t.inside:
		bare, stemmed := t.unstemmed(c), t.stemmed(c)
		return func(s *scene) bool {
			return bare.in(s.quote.speaker, anyField) ||
				stemmed == nil && bare.in(s.quote.folded, anyField) ||
				stemmed != nil && stemmed[s.language].in(s.quote.stemmed, anyField)
		}
	case t.field == nil:
		return t.inTexts(c, everywhereField)
	case t.field.kind == ofText:
		return t.inTexts(c, 1<<t.field.number())
	case t.exact:
		f := t.field
		return func(s *scene) bool { return hasKeyword(f.words(s.Document), t.text) }
	}
	bare, f, code := t.unstemmed(c), t.field, t.country()
	return func(s *scene) bool {
		return bare.in(s.name(f), anyField) || code != "" && slices.Contains(s.found.Countries, code)
	}
}

// inTexts is a term in the texts of these fields.
func (t *term) inTexts(c *tests, bits uint64) test {
	stemmed := t.stemmed(c)
	if stemmed == nil || t.field != nil && t.field.elastic == corpus.Dateline {
		bare := t.unstemmed(c)
		return func(s *scene) bool { return bare.in(s.texts.folded, bits) }
	}
	return func(s *scene) bool { return stemmed[s.language].in(s.texts.stemmed, bits) }
}

// wanted are words that are looked for in a row, or one with wildcards.
type wanted struct {
	words []string
	slop  int
	mask  string
}

func (t *term) unstemmed(c *tests) wanted { return t.wanted(c.analyzers[0]) } // of corpus.Other

// stemmed is what is looked for in each language; nil if it isn't stemmed.
func (t *term) stemmed(c *tests) []wanted {
	if t.exact || t.mask != "" {
		return nil
	}
	all := make([]wanted, len(c.analyzers))
	for i, a := range c.analyzers {
		all[i] = t.wanted(a)
	}
	return all
}

func (t *term) wanted(a *analysis.Analyzer) wanted {
	w := wanted{slop: t.slop, mask: t.mask}
	if t.mask != "" {
		return w
	}
	a.Each(t.text, func(word string, _ analysis.Token) {
		if t.slop == 0 || !slices.Contains(w.words, word) {
			w.words = append(w.words, word)
		}
	})
	return w
}

// in tells whether the words stand there, in one of these fields.
func (w *wanted) in(x *index, fields uint64) bool {
	if w.mask != "" {
		return w.like(x, fields)
	}
	first := x.positions(w.words[0])
	if len(w.words) == 1 || len(first) == 0 {
		return inFields(first, fields)
	}
	if w.slop > 0 {
		return w.around(x, fields)
	}
	others := make([][]int32, len(w.words))
	for i, word := range w.words {
		if others[i] = x.positions(word); len(others[i]) == 0 {
			return false
		}
	}
	for _, at := range first {
		if fields&(1<<(at>>placeBits)) != 0 && follow(others, at) {
			return true
		}
	}
	return false
}

func inFields(at []int32, fields uint64) bool {
	for _, p := range at {
		if fields&(1<<(p>>placeBits)) != 0 {
			return true
		}
	}
	return false
}

// follow tells whether each word stands as far behind at as it should.
func follow(words [][]int32, at int32) bool {
	for i := 1; i < len(words); i++ {
		if _, ok := slices.BinarySearch(words[i], at+int32(i)); !ok {
			return false
		}
	}
	return true
}

// around tells whether the words stand no further from where they would be in a row
// than slop, in any order: as Lucene has it, what the furthest two are off.
func (w *wanted) around(x *index, fields uint64) bool {
	all := make([][]int32, len(w.words))
	for i, word := range w.words {
		for _, p := range x.positions(word) {
			if fields&(1<<(p>>placeBits)) != 0 {
				all[i] = append(all[i], p-int32(i))
			}
		}
		if len(all[i]) == 0 {
			return false
		}
	}
	for {
		least, most, of := int32(math.MaxInt32), int32(math.MinInt32), 0
		for i, at := range all {
			if at[0] < least {
				least, of = at[0], i
			}
			most = max(most, at[0])
		}
		if int(most-least) <= w.slop {
			return true
		}
		if all[of] = all[of][1:]; len(all[of]) == 0 {
			return false
		}
	}
}

// like tells whether a word stands there that the mask fits.
func (w *wanted) like(x *index, fields uint64) bool {
	stem := w.mask[:strings.IndexAny(w.mask, "*?")]
	words := x.words()
	i, _ := slices.BinarySearch(words, stem)
	for ; i < len(words) && strings.HasPrefix(words[i], stem); i++ {
		if fits(words[i][len(stem):], w.mask[len(stem):]) && inFields(x.positions(words[i]), fields) {
			return true
		}
	}
	return false
}

// fits tells whether a mask with * and ? fits all of s.
func fits(s, mask string) bool {
	text, pattern := []rune(s), []rune(mask)
	i, j, star, from := 0, 0, -1, 0
	for i < len(text) {
		switch {
		case j < len(pattern) && pattern[j] == '*':
			star, from = j, i
			j++
		case j < len(pattern) && (pattern[j] == '?' || pattern[j] == text[i]):
			i++
			j++
		case star >= 0: // the star takes one more
			from++
			i, j = from, star+1
		default:
			return false
		}
	}
	return strings.Trim(string(pattern[j:]), "*") == ""
}

// hasKeyword tells whether a name is among them, of those that the index keeps.
func hasKeyword(names []string, name string) bool {
	return slices.ContainsFunc(names, func(s string) bool {
		return s == name && len(utf16.Encode([]rune(s))) <= corpus.MaxNameKeyword
	})
}

func (v code) test(f *Field, _ *tests) test {
	return func(s *scene) bool { return slices.Contains(f.words(s.Document), string(v)) }
}

func (v tag) test(f *Field, _ *tests) test {
	return func(s *scene) bool {
		return slices.ContainsFunc(f.words(s.Document), func(l string) bool {
			l = strings.ToLower(l)
			return l == string(v) || strings.HasPrefix(l, string(v)+"-")
		})
	}
}

func (v yesOrNo) test(f *Field, _ *tests) test {
	return func(s *scene) bool { return f.yes(s.Document) == bool(v) }
}

func (v topics) test(f *Field, _ *tests) test {
	return func(s *scene) bool {
		return slices.ContainsFunc(f.words(s.Document), func(t string) bool { return slices.Contains(v, t) })
	}
}

func (v numbers) test(f *Field, _ *tests) test {
	return func(s *scene) bool {
		n := f.count(s.Document)
		return n != 0 && v.least <= n && n <= v.most
	}
}

func (v times) test(f *Field, _ *tests) test {
	if f.kind == ofPeriod {
		return func(s *scene) bool {
			from, to := v.bounds(s.clock, true)
			return from < to && slices.ContainsFunc(s.found.Mentioned, func(p corpus.Period) bool {
				return p.Last.UnixMilli() >= from && p.First.UnixMilli() < to
			})
		}
	}
	return func(s *scene) bool {
		p, ok := f.times(s.Document)
		from, to := v.bounds(s.clock, false)
		return ok && p.First.UnixMilli() >= from && p.First.UnixMilli() < to
	}
}

func (v money) test(*Field, *tests) test {
	return func(s *scene) bool {
		return slices.ContainsFunc(s.found.Sums, func(m corpus.Money) bool {
			return (v.currency == "" || v.currency == m.Currency) && m.To >= v.least && m.From <= v.most
		})
	}
}

func (v point) test(*Field, *tests) test {
	return func(s *scene) bool {
		return slices.ContainsFunc(s.found.Locations, func(p corpus.Point) bool {
			at := Stored(p)
			return metres(v, point{lat: at.Lat, lon: at.Lon}) <= v.radius
		})
	}
}

// Stored is a point as the index keeps it: in 32 bits each.
func Stored(p corpus.Point) corpus.Point {
	round := func(degrees, all float64) float64 {
		step := all / (1 << 32)
		return math.Floor(min(degrees, all/2-step)/step) * step
	}
	return corpus.Point{Lat: round(p.Lat, 2*maxLat), Lon: round(p.Lon, 2*maxLon)}
}

// earth is the mean radius of it, in metres.
const earth = 6371008.7714

// metres is how far two points are from each other, by the haversine formula.
func metres(a, b point) float64 {
	const degree = math.Pi / 180
	h := func(d float64) float64 { s := math.Sin(d * degree / 2); return s * s }
	x := h(a.lat-b.lat) + math.Cos(a.lat*degree)*math.Cos(b.lat*degree)*h(a.lon-b.lon)
	return 2 * earth * math.Asin(math.Min(1, math.Sqrt(x)))
}
