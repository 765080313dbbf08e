package tag

import (
	"strings"
	"sync"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Doc is a text that names are looked for in.
type Doc struct {
	Tokens []Token
	blocks []int // where each block begins

	text  string
	lang  *Language
	lex   []lexicon.Token
	spare []lexicon.Token
	seen  seen

	feats []uint32
	at    []uint32 // where those stand in the model
	work  decoder
	pool  *sync.Pool

	runs        []run
	psi, likely [][Labels]float32 // of all runs: what the model says, and how likely each label is
}

// Span is a piece of a text, in bytes.
type Span struct{ Start, End int }

// Read splits the spans of a text into words, in the language of the tag. Free
// gives the document back.
func (t *Tagger) Read(words *lexicon.Words, language string, spans []Span) *Doc {
	d, ok := t.docs.Get().(*Doc)
	if !ok {
		d = &Doc{pool: &t.docs}
	}
	d.text, d.lang = words.Text, t.langs[language]
	if d.lang == nil {
		d.lang = t.langs[""]
	}
	d.Tokens, d.lex, d.blocks = d.Tokens[:0], d.lex[:0], d.blocks[:0]
	for n, s := range spans {
		if len(d.Tokens) >= MaxTokens {
			spans = spans[:n]
			break
		}
		from := len(d.Tokens)
		d.blocks = append(d.blocks, from)
		d.scan(words, s.Start, s.End)
		d.sentences(from)
	}
	d.blocks = append(d.blocks, len(d.Tokens))
	for b := range spans {
		for i := d.blocks[b]; i < d.blocks[b+1]; i++ {
			t.look(d, i, d.blocks[b+1])
		}
	}
	for b := range spans {
		d.candidates(d.blocks[b], d.blocks[b+1])
	}
	d.survey()
	return d
}

// MaxTokens is how many words and marks of a text are read; what goes beyond is not.
const MaxTokens = 200_000

// maxKept is how many words and marks a document may have had to be used again: the
// room for a rare long text isn't kept for good.
const maxKept = 20_000

// Free makes a document available for the next text.
func (d *Doc) Free() {
	d.text = ""
	if cap(d.Tokens) <= maxKept && cap(d.lex) <= maxKept {
		d.pool.Put(d)
	}
}

// Inflects tells whether names get an "s" at their end without an apostrophe.
func (d *Doc) Inflects() bool { return d.lang.nouns }

// Apposes tells whether functions stand before names with commas around these: "le
// ministre, Jean Martin,".
func (d *Doc) Apposes() bool { return d.lang.apposes }

// Ending is what the last word of a compound with hyphens is, perhaps without an "s"
// at its end; 0 if token i is none, or has two parts only.
func (d *Doc) Ending(i int) Class {
	const least = 3
	t := &d.Tokens[i]
	if t.mark != 0 || t.l1-t.l0 < least || !strings.Contains(d.text[t.Start:t.End], "-") {
		return 0
	}
	m := d.lang.words.Longest(d.lex[t.l1-1:t.l1], 0)
	if m.Tokens == 0 && d.text[t.End-1] == 's' {
		d.spare = lexicon.Scan(d.spare[:0], d.text, int(d.lex[t.l1-1].Start), int(t.End)-1)
		m = d.lang.words.Longest(d.spare, 0)
	}
	return m.Classes
}

// Said tells whether a verb of saying stands at token i.
func (d *Doc) Said(i int) bool { return i < len(d.Tokens) && d.verb(i) }

// The tells whether token i is an article.
func (d *Doc) The(i int) bool { return d.isThe(i) }

// Text is what the tokens are of.
func (d *Doc) Text() string { return d.text }

// Word is the i-th token as it stands.
func (d *Doc) Word(i int) string { return d.text[d.Tokens[i].Start:d.Tokens[i].End] }

// Block gives where the block of the i-th token begins and ends.
func (d *Doc) Block(i int) (from, to int) {
	lo, hi := 0, len(d.blocks)-1
	for lo+1 < hi {
		if mid := (lo + hi) / 2; d.blocks[mid] <= i {
			lo = mid
		} else {
			hi = mid
		}
	}
	return d.blocks[lo], d.blocks[lo+1]
}

// sentences marks the tokens from one on that begin a sentence, that stand in
// brackets, and lines in capitals.
func (d *Doc) sentences(from int) {
	first, depth := true, 0
	capitals, words := 0, 0
	long, great := 0, 0 // words that a headline writes with a capital if it does so with all, and those with one
	for i := from; i < len(d.Tokens); i++ {
		t := &d.Tokens[i]
		if t.mark != 0 {
			switch {
			case ends(t.mark):
				first = true
			case t.mark == '(' || t.mark == '[':
				depth = i + 1
			case t.mark == ')' || t.mark == ']':
				depth = 0
			}
			continue
		}
		t.first = first
		t.enclosed = depth > 0 && i-depth < maxEnclosed
		first = false
		words++
		if t.allCaps {
			capitals++
		}
		if t.End-t.Start > shortWord && !t.first {
			long++
			if t.upper {
				great++
			}
		}
	}
	loud := words > 3 && capitals*10 > words*8
	titled := !loud && !d.lang.nouns && long >= leastTitled && great*10 >= long*9
	if !loud && !titled {
		return
	}
	for i := from; i < len(d.Tokens); i++ {
		d.Tokens[i].loud, d.Tokens[i].titled = loud, titled
	}
}

// A headline that writes its words with capitals leaves out those of so many bytes;
// so many others tell that it does.
const (
	shortWord   = 3
	leastTitled = 4
)

const maxEnclosed = 20 // tokens behind an opening bracket

// look looks a token up, and the phrase that it begins.
func (t *Tagger) look(d *Doc, i, end int) {
	w := &d.Tokens[i]
	if w.mark != 0 {
		return
	}
	toks := d.lex[w.l0:w.l1]
	d.words(i, end)
	if w.allCaps && !w.loud {
		w.class &^= Stop | Link | Near // "US" is not "us"
	}
	if w.low && !w.mixed {
		return
	}
	limit := toks
	if !w.inside {
		limit = d.lex[w.l0:d.limit(i, end)]
	}
	long := t.names.trie.Longest(limit, 0)
	m := long
	if m.Tokens > len(toks) {
		m = t.names.trie.Longest(toks, 0)
	}
	if m.Tokens == 0 {
		m = t.genitive(d, w)
	}
	if m.Tokens == len(toks) {
		m = t.names.in(m, d.lang.tag, w.allCaps)
		w.class |= m.Classes
		if w.phrase == 0 && m.Value != 0 {
			w.phrase, w.value = m.Classes&named, m.Value
		}
	}
	for m := long; m.Tokens > len(toks); m = t.names.trie.Longest(limit, 0) {
		n := d.covers(i, end, m.Tokens)
		if in := t.names.in(m, d.lang.tag, true); n > 1 && d.proper(i, n) && in.Classes&named != 0 {
			for k := i; k < i+n; k++ {
				d.Tokens[k].phrase, d.Tokens[k].inside, d.Tokens[k].value = in.Classes&named, k > i, in.Value
			}
			return
		}
		limit = limit[:m.Tokens-1]
	}
}

// phrasal are the classes that every word of a phrase has: "prime minister".
const phrasal = Title | Role | OrgWord | Demonym | Head

// words gives the i-th token the classes of the language's word, and those from it on
// the classes of the phrase that they are.
func (d *Doc) words(i, end int) {
	w := &d.Tokens[i]
	one := int(w.l1 - w.l0)
	limit := d.lex[w.l0:d.limit(i, end)]
	m := d.lang.words.Longest(limit, 0)
	if m.Tokens > one {
		if n := d.covers(i, end, m.Tokens); n > 1 {
			for k := i; k < i+n; k++ {
				d.Tokens[k].class |= m.Classes & phrasal
			}
		}
		m = d.lang.words.Longest(limit[:one], 0)
	}
	if m.Tokens == one {
		w.class |= m.Classes
	}
}

// genitive looks a single word up without an "s" at its end, in a language that puts
// no apostrophe before it.
func (t *Tagger) genitive(d *Doc, w *Token) lexicon.Match {
	if !d.lang.nouns || w.l1-w.l0 != 1 || d.text[w.End-1] != 's' {
		return lexicon.Match{}
	}
	d.spare = lexicon.Scan(d.spare[:0], d.text, int(w.Start), int(w.End)-1)
	return t.names.trie.Longest(d.spare, 0)
}

const maxPhrase = 8 // tokens of a listed name

func (d *Doc) limit(i, end int) int32 {
	return d.Tokens[min(i+maxPhrase, end)-1].l1
}

// covers is how many tokens from the i-th on the words are; 0 if they end within
// one.
func (d *Doc) covers(i, end, words int) int {
	last := d.Tokens[i].l0 + int32(words)
	for k := i; k < end; k++ {
		switch t := &d.Tokens[k]; {
		case t.l1 == last && t.mark == 0:
			return k - i + 1
		case t.l1 > last:
			return 0
		case t.mark == '.' && k+1 < end && d.Tokens[k+1].Start > t.End && t.Start-d.Tokens[k-1].Start > maxInitial:
			return 0 // a sentence ends
		case t.mark != 0 && t.mark != '.' && t.mark != '\'' && t.mark != '’' && t.mark != '&' && t.mark != '-':
			return 0
		}
	}
	return 0
}

// maxInitial is how long a word is that a full stop behind it shortens: "St".
const maxInitial = 3

// longPhrase is how many words a listed name has that may end with a small letter:
// "Organisation mondiale de la santé".
const longPhrase = 3

// proper tells whether a phrase is written as a name: its first word begins with a
// capital, and its last one, unless it is long or French ("Parti socialiste").
func (d *Doc) proper(i, n int) bool {
	a, b := &d.Tokens[i], &d.Tokens[i+n-1]
	return (a.upper || a.mixed) && (!b.low || b.mixed || n >= longPhrase || d.lang.split)
}

// candidates marks the tokens of a block that may be part of a name.
func (d *Doc) candidates(from, to int) {
	for i := from; i < to; i++ {
		t := &d.Tokens[i]
		t.possible = t.mark == 0 && (t.upper || t.mixed)
	}
	for i := from + 1; i+1 < to; i++ {
		t := &d.Tokens[i]
		if t.possible || !d.Tokens[i-1].possible {
			continue
		}
		if t.mark == 0 && t.Is(Link) || t.inside || t.mark == '&' || t.mark == '.' || t.mark == '\'' || t.mark == '’' || t.mark == '!' {
			t.possible = d.goesOn(i+1, to)
		}
		if t.mark == 0 && !t.upper && !t.low && t.l1-t.l0 < 3 && d.Tokens[i-1].possible { // "Apollo 11", not "35-year-old"
			t.possible = true
		}
	}
}

const maxLinks = 3 // small words in a row within a name

// goesOn tells whether a name goes on at the i-th token, perhaps behind more small
// words.
func (d *Doc) goesOn(i, to int) bool {
	for k := i; k < min(i+maxLinks, to); k++ {
		t := &d.Tokens[k]
		if t.first && t.mark == 0 {
			return false
		}
		if t.mark == 0 && t.upper {
			return true
		}
		if !t.Is(Link) && t.mark != '\'' && t.mark != '’' {
			return false
		}
	}
	return false
}
