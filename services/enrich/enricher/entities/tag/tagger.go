package tag

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strings"
	"sync"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

//go:embed models
var models embed.FS

// Tagger finds names. It is safe for concurrent use.
type Tagger struct {
	names  *Names
	langs  map[string]*Language
	models map[string]*Model // by language, or AnyLanguage
	docs   sync.Pool
}

// New reads the lists, and the models that are built in.
func New(lex *lexicon.Lexicon, media [][]string) (*Tagger, error) {
	t, err := Untrained(lex, media)
	if err != nil {
		return nil, err
	}
	trained, err := builtIn()
	if err != nil {
		return nil, err
	}
	for language, m := range trained {
		t.Use(language, m)
	}
	return t, nil
}

// builtIn are the models by language. They are large, and nothing changes them: all taggers have the same.
var builtIn = sync.OnceValues(func() (map[string]*Model, error) {
	files, err := fs.Glob(models, "models/*.gz")
	if err != nil {
		return nil, err
	}
	read := make([]*Model, len(files))
	errs := make([]error, len(files))
	var all sync.WaitGroup
	for i, f := range files {
		all.Go(func() { read[i], errs[i] = readModel(f) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	trained := map[string]*Model{}
	for i, f := range files {
		trained[strings.TrimSuffix(path.Base(f), ".gz")] = read[i]
	}
	return trained, nil
})

func readModel(file string) (*Model, error) {
	r, err := models.Open(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	m, err := ReadModel(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}

// Untrained reads the lists only.
func Untrained(lex *lexicon.Lexicon, media [][]string) (*Tagger, error) {
	names, err := readNames(data, media)
	if err != nil {
		return nil, err
	}
	langs, err := readLanguages(data)
	if err != nil {
		return nil, err
	}
	for _, l := range langs {
		l.phrases = &lex.Phrases
	}
	return &Tagger{names: names, langs: langs, models: map[string]*Model{}}, nil
}

// AnyLanguage is the name of the model for languages without one of their own.
const AnyLanguage = "any"

// Use makes m the model of a language. It is for before the tagger is in use.
func (t *Tagger) Use(language string, m *Model) { t.models[language] = m }

// Normal is the normal name of the list's phrase that the token is part of, "" if
// it is none that has one.
func (t *Tagger) Normal(w *Token) string {
	if w.value == 0 {
		return ""
	}
	return t.names.normal[w.value-1]
}

// Tag labels the tokens of d by the language's model.
func (t *Tagger) Tag(d *Doc, language string) {
	m := t.models[language]
	if m == nil {
		m = t.models[AnyLanguage]
	}
	if m == nil {
		return
	}
	tilt := float32(otherTilt)
	if !m.Lexical {
		tilt = otherTiltAny
	}
	d.runs, d.psi, d.likely = d.runs[:0], d.psi[:0], d.likely[:0]
	d.Islands(func(a, b, from, to int) {
		at := len(d.psi)
		for i := a; i < b; i++ {
			d.features(i, a, b, from, to, m.Lexical)
			d.psi = append(d.psi, [Labels]float32{})
			psi := &d.psi[at+i-a]
			d.at = m.near(d.at, d.feats)
			m.scores(d.feats, d.at, psi)
			psi[First(Other)] *= tilt
			psi[Next(Other)] *= tilt
		}
		d.runs = append(d.runs, run{a, b, at})
		d.work.marginals(d.psi[at:], &m.follow)
		d.likely = append(d.likely, d.work.bwd...)
		d.best(a, b)
		d.note(a, at, b-a)
	})
	for _, r := range d.runs {
		if d.agree(r) {
			d.work.marginals(d.psi[r.at:r.at+r.b-r.a], &m.follow)
			d.best(r.a, r.b)
		}
	}
}

// run is an island of tokens, from a to b, and where it stands in d.psi.
type run struct{ a, b, at int }

// note adds up what the words of an island were held for.
func (d *Doc) note(a, at, n int) {
	for i := range n {
		if t := &d.Tokens[a+i]; t.upper {
			s := d.seen.at(t.hash)
			s.n++
			p := &d.likely[at+i]
			s.mass[Kinds] += p[Outside]
			for k := range Kinds {
				s.mass[k] += p[First(k)] + p[Next(k)]
			}
		}
	}
}

// agree makes each word of an island likelier to be what it is held for elsewhere in
// the text. It tells whether one of them stands elsewhere.
func (d *Doc) agree(r run) bool {
	const little = 0.1 // so that nothing becomes impossible
	some := false
	for i := r.a; i < r.b; i++ {
		t := &d.Tokens[i]
		if !t.upper {
			continue
		}
		s := d.seen.at(t.hash)
		if s.n < 2 {
			continue
		}
		some = true
		j := r.at + i - r.a
		p, psi, others := &d.likely[j], &d.psi[j], float32(s.n-1)
		psi[Outside] *= root((s.mass[Kinds]-p[Outside])/others + little)
		for k := range Kinds {
			f := root((s.mass[k]-p[First(k)]-p[Next(k)])/others + little)
			psi[First(k)] *= f
			psi[Next(k)] *= f
		}
	}
	return some
}

func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// otherTilt makes names of other kinds less likely than in the corpora, which have
// more titles of works and prizes than news.
const (
	otherTilt    = 0.4
	otherTiltAny = 0.15 // of a model that has no words to know them by
)

// best labels an island by the likeliest labels that may follow one another.
func (d *Doc) best(a, b int) {
	last := Outside
	for i := a; i < b; i++ {
		p := &d.work.bwd[i-a]
		best := Outside
		for l := Begin; l < Labels; l++ {
			if p[l] > p[best] && (l.Begins() || last != Outside && last.Kind() == l.Kind()) {
				best = l
			}
		}
		d.Tokens[i].label, d.Tokens[i].conf = best, p[best]
		last = best
	}
}

// Islands calls do for each run of tokens that may be part of a name: those from a
// to b, in the block between from and to.
func (d *Doc) Islands(do func(a, b, from, to int)) {
	for k := 0; k+1 < len(d.blocks); k++ {
		from, to := d.blocks[k], d.blocks[k+1]
		for i := from; i < to; i++ {
			if !d.Tokens[i].possible {
				continue
			}
			a := i
			for i < to && d.Tokens[i].possible && i-a < maxIsland {
				i++
			}
			do(a, i, from, to)
			i--
		}
	}
}

// maxIsland is how many tokens are read as one run.
const maxIsland = 60

// Features are those of token i of the island from a to b, in the block between
// from and to. They are good until the next call.
func (d *Doc) Features(i, a, b, from, to int, words bool) []uint32 {
	d.features(i, a, b, from, to, words)
	return d.feats
}

// Label is what the token was labelled, and how sure that is.
func (t *Token) Label() (Label, float64) { return t.label, float64(t.conf) }

// verb tells whether a verb of saying stands at token i.
func (d *Doc) verb(i int) bool {
	t := &d.Tokens[i]
	return t.low && d.lang.phrases.Longest(d.lex[t.l0:t.l1], lexicon.Said).Tokens > 0
}

// isThe tells whether token i is an article.
func (d *Doc) isThe(i int) bool {
	t := &d.Tokens[i]
	return t.mark == 0 && t.End-t.Start <= 5 && d.lang.phrases.Longest(d.lex[t.l0:t.l1], lexicon.Article).Tokens > 0
}
