// Package quotes finds who is quoted: the words between quotation marks, who
// said them, as what, by which channel. A language is a folder under data/.
package quotes

import (
	"context"
	"math"
	"sort"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Name and version that results are signed with.
const (
	Name    = "quotes"
	Version = 8
)

// Enough is the confidence from which on words in marks are reported as a
// quotation. Below it they are a title, a nickname, a term, an ironic word.
const Enough = 0.5

// How sure it is that words in marks are somebody's, by what ascribes them.
const (
	byCue       = 0.95 // "…," she said
	byGuess     = 0.85 // the same with a verb that is not known
	byColon     = 0.8  // somebody, a colon, a sentence
	byNext      = 0.85 // a whole sentence behind one that was ascribed
	byReport    = 0.75 // within reported speech
	byTie       = 0.85 // within the clause of a cue
	bySentence  = 0.6  // a whole sentence without anything that ascribes it
	byFragment  = 0.3  // less than a sentence, likewise
	longer      = 0.25 // more, for a long fragment
	byDoubt     = -0.25
	asName      = -0.6 // behind "film", "so-called"; on a banner
	titleCase   = -0.2 // every word has a capital
	unclosedFix = -0.1
)

// longWords is how many words make a fragment long.
const longWords = 6

// Enricher finds quotations. It is safe for concurrent use.
type Enricher struct {
	lex     *lexicon.Lexicon
	langs   map[string]*language
	title   *lexicon.Trie // words before a name, by pronoun
	rooms   sync.Pool     // of *room
	weights *weights
}

// New reads the data that are built in.
func New() (*Enricher, error) {
	lex, err := lexicon.Default()
	if err != nil {
		return nil, err
	}
	langs, err := readLanguages(data)
	if err != nil {
		return nil, err
	}
	titles := &language{}
	if err := readWords(data, "data/titles.txt", titles); err != nil {
		return nil, err
	}
	w, err := readWeights(data, "data/weights.txt")
	if err != nil {
		return nil, err
	}
	return &Enricher{lex: lex, langs: langs, title: &titles.words, weights: w}, nil
}

// quote is a passage in marks while it is weighed.
type quote struct {
	passage
	stop        rune // last mark of punctuation inside, 0 if none
	words       int
	letters     bool // there is a letter among the words that are looked at
	upper       bool // begins with a capital
	sentence    bool // has a finite verb
	caps        bool // every word that counts has a capital
	rated       bool // a rating of shares
	one         bool // the speaker calls himself "I"
	name        bool // a name in the reporter's text
	first, last int  // items that stand for it

	entity  *entity
	via     string
	cue     article.Span
	partial bool
	conf    float64
	done    bool
}

// Enrich sets a.Quotes, from the headline, the standfirst and the body. Words in
// marks that are nobody's are not in it.
func (e *Enricher) Enrich(ctx context.Context, a *article.Article) error {
	return e.enrich(ctx, a, nil)
}

// enrich is Enrich; record is told of every choice, if it is there: for quotation q, or for
// the subject of a sentence if q is nil.
func (e *Enricher) enrich(ctx context.Context, a *article.Article, record func(q *quote, s shape, sent int, desc article.Span, list []candidate)) error {
	a.Quotes = nil
	tag, _, _ := strings.Cut(a.Language.Value, "-")
	lang := e.langs[tag]
	if lang == nil {
		lang = e.langs[""]
	}
	words := lexicon.WordsOf(ctx, a.Text)
	room := e.enter()
	defer e.leave(room)
	blocks, spans := room.blocks, room.spans
	for _, s := range a.Segments {
		if s.Kind.InBody() || s.Kind == article.Headline || s.Kind == article.Standfirst {
			blocks = append(blocks, block{s.Span, s.Kind == article.Headline || s.Kind == article.Subhead, s.Kind == article.Quote})
			spans = append(spans, s.Span)
		}
	}
	pair := pairing{text: a.Text, lang: lang, marks: room.marks}
	passages := pair.passages(spans)
	room.blocks, room.spans, room.marks = blocks, spans, pair.marks
	if len(passages) == 0 {
		return nil
	}
	media := mentions(a)
	quotes := make([]quote, 0, len(passages))
	for _, p := range passages {
		if q, ok := e.weighWords(words, p, lang, media); ok {
			quotes = append(quotes, q)
		}
	}
	r := reader{text: a.Text, words: words, lang: lang, lex: e.lex, items: room.items, sents: room.sents}
	r.read(blocks, quotes)
	room.items, room.sents = r.items, r.sents
	asc := ascriber{
		grammar: newGrammar(a.Text, lang, e.lex, r.items), people: room.people.begin(a.Text, lang, e.title, &e.lex.Phrases), ascribing: &room.ascribing,
		media: media, quotes: quotes, sents: r.sents, weights: e.weights,
	}
	if record != nil {
		asc.record = func(asking int, s shape, sent int, desc article.Span, list []candidate) {
			var q *quote
			if asking >= 0 {
				q = &quotes[asking]
			}
			record(q, s, sent, desc, list)
		}
	}
	asc.survey()
	asc.run()
	asc.lend()
	asc.reveal()
	asc.echo()
	for i := range quotes {
		// A channel holds for all that was said on the occasion.
		if q := &quotes[i]; q.via == "" && q.entity != nil {
			q.via = q.entity.via
		}
		if q := &quotes[i]; !q.name && q.conf >= Enough {
			a.Quotes = append(a.Quotes, q.result(a.Text))
		}
	}
	return nil
}

func (q *quote) result(text string) article.Quotation {
	out := article.Quotation{
		Evidence: article.Evidence{Span: article.Span{Start: q.start, End: q.end}, Enricher: Name, Version: Version, Confidence: math.Round(min(q.conf, 0.99)*100) / 100},
		Via:      q.via, Partial: q.partial,
	}
	if !q.cue.Empty() {
		out.Cue = clean(q.cue.In(text))
	}
	if q.entity != nil {
		out.Speaker, out.Role = q.entity.name, q.entity.role
	}
	return out
}

// mentions are where the text cites media, in order.
func mentions(a *article.Article) []mention {
	var out []mention
	for _, l := range a.CitedMedia {
		for _, e := range l.Evidence {
			if !e.Empty() {
				out = append(out, mention{e.Span, l.Value})
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Start < out[j].Start })
	return out
}

// medially tells whether the words stand where a medium's name does: laut „Kurier“,
// the newspaper “Nova”, der „Bote“ berichtet, sagte sie der „Bild“.
func medially(text string, q *quote, lang *language) bool {
	const most = 60 // bytes looked at on either side
	from := max(0, q.open-most)
	for from < q.open && !utf8.RuneStart(text[from]) {
		from++
	}
	before := lexicon.Scan(nil, text, from, q.open)
	n := len(before)
	if n == 0 || strings.ContainsAny(text[before[n-1].End:q.open], ",.:;!?") {
		return false
	}
	class := func(i int) lexicon.Class {
		if i < 0 || i >= n {
			return 0
		}
		return lang.words.Longest(before[i:i+1], 0).Classes
	}
	if class(n-1)&(medium|according) != 0 && class(n-1)&preposition == 0 {
		return true
	}
	if n > 1 && class(n-1)&body != 0 && class(n-2)&articleWord != 0 && !called(class, n) {
		return true // "die Gruppe „Klima jetzt“"
	}
	if class(n-1)&articleWord == 0 {
		return false
	}
	after := lexicon.Scan(nil, text, q.close, min(len(text), q.close+most/2))
	if len(after) > 0 && strings.TrimSpace(text[q.close:after[0].Start]) == "" && lang.words.Longest(after[:1], 0).Classes&(cue|quoted) != 0 {
		return true
	}
	if lang.capitals && class(n-2)&preposition != 0 && class(n-1)&definite != 0 && class(n-3)&channel != 0 {
		return true // "im Gespräch mit dem „Boten“"
	}
	if !lang.capitals || class(n-2)&preposition != 0 {
		return false
	}
	if class(n-2)&conjunction != 0 && class(n-1)&definite != 0 {
		return true // "wie der „Kurier“ unter Berufung auf"
	}
	for i := max(0, n-6); i < n-2; i++ {
		if class(i)&cue != 0 && (class(n-2)&pronoun != 0 || before[n-2].Shape&lexicon.Upper != 0) {
			return true
		}
	}
	return false
}

// called tells whether a verb that calls things names is among the last of n words.
func called(class func(int) lexicon.Class, n int) bool {
	for i := max(0, n-8); i < n-2; i++ {
		if class(i)&(describe|auxiliary|infinitive) != 0 {
			return true
		}
	}
	return false
}

// maxNickname is how many words a nickname within a name has at most.
const maxNickname = 4

// nickname tells whether the words stand between a given name and another word
// with a capital: Walter ‘Dusty’ Rhodes.
func (e *Enricher) nickname(text string, q *quote) bool {
	const most = 30 // bytes looked at on either side
	from := max(0, q.open-most)
	for from < q.open && !utf8.RuneStart(text[from]) {
		from++
	}
	before := lexicon.Scan(nil, text, from, q.open)
	after := lexicon.Scan(nil, text, q.close, min(len(text), q.close+most))
	if len(before) == 0 || len(after) == 0 || after[0].Shape&lexicon.Upper == 0 {
		return false
	}
	last := before[len(before)-1:]
	return last[0].Shape&lexicon.Upper != 0 && text[last[0].End:q.open] == " " && text[q.close:after[0].Start] == " " && e.lex.Phrases.Longest(last, lexicon.Given).Tokens > 0
}

// maxWords is how many words of a quotation are looked at.
const maxWords = 40

// weighWords trims a passage to its words and looks at them.
func (e *Enricher) weighWords(words *lexicon.Words, p passage, lang *language, media []mention) (quote, bool) {
	text := words.Text
	q := quote{passage: p}
	q.start += len(text[q.start:q.end]) - len(strings.TrimLeftFunc(text[q.start:q.end], unicode.IsSpace))
	s := strings.TrimRightFunc(text[q.start:q.end], unicode.IsSpace)
	q.stop, _ = utf8.DecodeLastRuneInString(s)
	if unicode.IsLetter(q.stop) || unicode.IsDigit(q.stop) {
		q.stop = 0
	}
	if !strings.HasSuffix(s, "..") {
		s = strings.TrimRightFunc(strings.TrimRight(s, ",."), unicode.IsSpace)
	}
	q.end = q.start + len(s)
	toks := words.In(q.start, min(q.end, q.start+maxWords*12))
	if len(toks) == 0 {
		return q, false
	}
	toks = toks[:min(len(toks), maxWords)]
	q.words = len(toks)
	q.upper = toks[0].Shape&lexicon.Upper != 0
	q.caps = true
	rated := q.words <= 2
	for i, t := range toks {
		c := lang.words.All(toks[i : i+1])
		q.one = q.one || c&firstone != 0
		q.letters = q.letters || t.Shape&lexicon.Digits == 0
		rated = rated && c&rating != 0
		if c&(finite|auxiliary|subjunctive) != 0 {
			q.sentence = true
		}
		if t.Shape&lexicon.Lower != 0 && c&(articleWord|preposition|conjunction|possessive) == 0 {
			q.caps = false
		}
	}
	q.caps = q.caps && q.upper
	q.sentence = q.sentence || q.words >= longWords+2
	q.rated = rated && (q.stop == 0 || q.stop == ',' || q.stop == '.')
	q.name = !p.unclosed && q.open > 1 && text[q.open-1] == '-' && !unicode.IsSpace(rune(text[q.open-2])) && q.caps // Ö1-"Mittagsjournal"
	rest := text[q.close:]
	if len(rest) > 1 && rest[0] == '-' && !p.unclosed {
		if r, _ := utf8.DecodeRuneInString(rest[1:]); unicode.IsLetter(r) {
			q.name = true // "Bild"-Zeitung
		}
	}
	q.name = q.name || !p.unclosed && q.caps && q.words <= maxNickname && q.stop == 0 && e.nickname(text, &q) || !p.unclosed && q.upper && (q.caps || lang.capitals && !q.sentence) && q.words <= 4 && q.stop == 0 && medially(text, &q, lang)
	i := sort.Search(len(media), func(i int) bool { return media[i].End > q.start })
	if i < len(media) && media[i].Start <= q.start+4 && media[i].End >= q.end-4 && q.words <= 8 {
		q.name = true
	}
	return q, true
}
