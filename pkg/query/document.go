package query

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/query/analysis"
)

// Document is an article made ready for [Matcher.Match], by several at once.
type Document struct {
	article  *article.Article
	found    corpus.Found
	language int                // of the stemmed texts, in languageKeys
	stemmed  *analysis.Analyzer // of that language
	folded   *analysis.Analyzer

	texts texts

	mu    sync.Mutex
	names map[*Field]*index // as they were asked for
	said  []quote
	read  bool // said is
}

// languageKeys are the keys under which the index has stemmed texts.
var languageKeys = append([]string{corpus.Other}, corpus.Languages...) //nolint:gochecknoglobals // never changed

// quote is what was said, and by whom.
type quote struct {
	stemmed, folded, speaker *index
	by                       []string
}

// NewDocument reads an article, as the index has it: of a canceled one, the notice. The
// article must not change while the document is in use.
func NewDocument(a *article.Article) *Document {
	if a.Status == article.Canceled {
		notice := corpus.Notice(a)
		a = &notice
	}
	key := corpus.Language(a.Language.Value)
	d := &Document{article: a, found: corpus.FoundBy(a), language: slices.Index(languageKeys, key), names: map[*Field]*index{}}
	d.stemmed = analysis.New(corpus.Analyzer(key))
	d.folded = analysis.New(corpus.Analyzer(corpus.Other))
	d.texts.read(d)
	return d
}

// texts are the words of all texts. A position is the number of the field, in its
// upper bits, and the place in the text.
type texts struct {
	stemmed, folded *index
	seen            map[string]both // by token: most stand there more than once
}

// both are where a token stands, among the stemmed words and the folded ones.
type both struct{ stemmed, folded *[]int32 }

// Of a position: how many bits are for the place, how far apart two texts of one field
// are, and two fields.
const (
	placeBits = 24
	gap       = 100
)

// number is the place of a field of texts in the table.
func (f *Field) number() int { return slices.Index(fields, f) }

func (t *texts) read(d *Document) {
	t.stemmed, t.folded, t.seen = newIndex(), newIndex(), map[string]both{}
	for i, f := range fields {
		if f.kind != ofText {
			continue
		}
		at := int32(i) << placeBits
		for _, text := range f.words(d) {
			at = t.add(d, text, at) + gap
		}
	}
}

// add adds the words of a text, the first at position at, and returns the position
// behind the last.
func (t *texts) add(d *Document, text string, at int32) int32 {
	analysis.Tokens(text, func(token analysis.Token) bool {
		written := text[token.Start:token.End]
		b, ok := t.seen[written]
		if !ok {
			folded, stemmed := d.stemmed.Both(written)
			b = both{t.stemmed.of(stemmed), t.folded.of(folded)}
			t.seen[written] = b
		}
		*b.stemmed = append(*b.stemmed, at)
		*b.folded = append(*b.folded, at)
		at++
		return true
	})
	return at
}

// index is where each word stands, in order.
type index struct {
	at map[string]*[]int32

	sort   sync.Once
	sorted []string // the words, once somebody asked for them
}

func newIndex() *index { return &index{at: map[string]*[]int32{}} }

// of are the positions of a word, to be added to.
func (x *index) of(word string) *[]int32 {
	all := x.at[word]
	if all == nil {
		all = new([]int32)
		x.at[word] = all
	}
	return all
}

func (x *index) positions(word string) []int32 {
	if all := x.at[word]; all != nil {
		return *all
	}
	return nil
}

// words are the words in order.
func (x *index) words() []string {
	x.sort.Do(func() { x.sorted = slices.Sorted(maps.Keys(x.at)) })
	return x.sorted
}

func indexOf(a *analysis.Analyzer, texts ...string) *index {
	x := newIndex()
	at := int32(0)
	for _, text := range texts {
		a.Each(text, func(w string, _ analysis.Token) {
			all := x.of(w)
			*all = append(*all, at)
			at++
		})
		at += gap
	}
	return x
}

// name is the index of the words of a field's names.
func (d *Document) name(f *Field) *index {
	d.mu.Lock()
	defer d.mu.Unlock()
	x := d.names[f]
	if x == nil {
		x = indexOf(d.folded, f.words(d)...)
		d.names[f] = x
	}
	return x
}

func (d *Document) quotes() []quote {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.read {
		d.read = true
		for _, s := range d.found.Said {
			by := one(s.Speaker)
			d.said = append(d.said, quote{indexOf(d.stemmed, s.Words), indexOf(d.folded, s.Words), indexOf(d.folded, by...), by})
		}
	}
	return d.said
}

func at(t time.Time) (corpus.Period, bool) { return corpus.Period{First: t, Last: t}, !t.IsZero() }

func sortDate(d *Document) (corpus.Period, bool) {
	t, _ := d.article.SortDate()
	return at(t)
}
