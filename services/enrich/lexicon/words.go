package lexicon

import (
	"context"
	"slices"
	"sort"
)

// Words are the words of a text, scanned when they are first asked for. They are for
// one goroutine; what they give is not to be changed.
type Words struct {
	Text    string
	all     []Token
	scanned bool
	behind  int // the word behind those that were asked for last
}

// bytesPerWord is how many bytes of prose a word takes at least on average, with what
// stands behind it.
const bytesPerWord = 5

// keptWords is how many words there is room for when the next text is read: what one
// long text needed is given back.
const keptWords = 4096

// NewWords are the words of text.
func NewWords(text string) *Words { return &Words{Text: text} }

// Reset makes them those of another text, in the same room: nobody may have what was
// given of the one before.
func (w *Words) Reset(text string) {
	all := w.all[:0]
	if cap(all) > keptWords {
		all = nil
	}
	*w = Words{Text: text, all: all}
}

// In are the words of Text[start:end], as [Scan] finds them.
func (w *Words) In(start, end int) []Token {
	if !w.scanned {
		w.all, w.scanned = Scan(slices.Grow(w.all, len(w.Text)/bytesPerWord+1), w.Text, 0, len(w.Text)), true
	}
	i := w.behind // most go through a text from its beginning to its end
	if i > len(w.all) || i > 0 && int(w.all[i-1].End) > start || i < len(w.all) && int(w.all[i].End) <= start {
		i = sort.Search(len(w.all), func(i int) bool { return int(w.all[i].End) > start })
	}
	most := min(len(w.all)-i, (end-start)/2+1) // a blank stands between two words
	n := sort.Search(most, func(n int) bool { return int(w.all[i+n].Start) >= end })
	w.behind = i + n
	toks := w.all[i : i+n : i+n]
	if n > 0 && (int(toks[0].Start) < start || int(toks[n-1].End) > end) { // a word is cut
		return Scan(nil, w.Text, start, end)
	}
	return toks
}

type shared struct{}

// Share gives a context in which all who ask for the words of w's text by [WordsOf]
// get w.
func Share(ctx context.Context, w *Words) context.Context {
	return context.WithValue(ctx, shared{}, w)
}

// WordsOf are the words of text: those that ctx shares, if it does.
func WordsOf(ctx context.Context, text string) *Words {
	if w, ok := ctx.Value(shared{}).(*Words); ok && w.Text == text {
		return w
	}
	return NewWords(text)
}
