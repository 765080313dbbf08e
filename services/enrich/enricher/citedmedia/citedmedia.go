// Package citedmedia finds the newspapers, broadcasters and agencies that a
// text cites as its source. A medium that is only spoken of is not cited.
package citedmedia

import (
	"context"
	"math"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Name and version that results are signed with.
const (
	Name    = "citedmedia"
	Version = 1
)

// What each kind of mention says about being a source, see the cues below.
const (
	byReference = 0.95 // a line that names the report
	byAccording = 0.9  // "according to the ..."
	bySaidAfter = 0.8  // "the ... reported"
	bySaidLater = 0.6  // a verb of saying further on in the sentence
	bySaidFirst = 0.75 // "..., wrote the ..."
	byOutlet    = 0.6  // said "in the ...", "on ..."
	byQuotes    = 0.1  // the name stands in quotation marks
	byNoun      = 0.1  // beside "newspaper"
	asEmployer  = -0.6 // "a ... reporter"
	enough      = 0.5
	unlisted    = 0.8 // of the confidence, for a medium by the form of its name only
)

// How many words a cue may be away.
const (
	cueBefore   = 6
	cueAfter    = 7
	cueWord     = 2  // behind a name that is an ordinary word too
	maxSentence = 80 // words looked through on either side
)

// Limit is the most media that are reported for one article, MentionLimit the
// most mentions that are weighed.
const (
	Limit        = 100
	MentionLimit = 5000
)

// Enricher finds cited media. It is safe for concurrent use.
type Enricher struct {
	lex *lexicon.Lexicon
	gaz *gazetteer
}

// New reads the gazetteer that is built in.
func New() (*Enricher, error) {
	lex, err := lexicon.Default()
	if err != nil {
		return nil, err
	}
	gaz, err := readGazetteer(data, "data/media.txt")
	if err != nil {
		return nil, err
	}
	return &Enricher{lex, gaz}, nil
}

// Enrich sets a.CitedMedia: normal names by first mention, with one piece of
// evidence for every mention as a source. The text's own agency is a sender,
// not a source.
func (e *Enricher) Enrich(ctx context.Context, a *article.Article) error {
	var found []article.Label
	at := map[string]int{}
	left := MentionLimit
	words := lexicon.WordsOf(ctx, a.Text)
	for _, s := range a.Segments {
		switch s.Kind {
		case article.Paragraph, article.Standfirst, article.Headline, article.Subhead, article.Quote, article.Reference, article.Caption:
		default:
			continue
		}
		e.mentions(a, s, words.In(s.Start, s.End), &left, func(name string, span article.Span, conf float64) {
			i, ok := at[name]
			if !ok {
				if len(found) >= Limit {
					return
				}
				i = len(found)
				at[name] = i
				found = append(found, article.Label{Value: name})
			}
			found[i].Evidence = append(found[i].Evidence, article.Evidence{Span: span, Enricher: Name, Version: Version, Confidence: math.Round(conf*100) / 100})
		})
	}
	a.CitedMedia = found
	return nil
}

func (e *Enricher) mentions(a *article.Article, s article.Segment, toks []lexicon.Token, left *int, put func(name string, span article.Span, conf float64)) {
	text := a.Text
	for i := 0; i < len(toks) && *left > 0; {
		name, n, bare, word, listed := "", 0, false, false, true
		if m, al, k := e.gaz.find(text, toks[i:]); k > 0 {
			// "the magazine Sol" is told from the sun by its noun.
			name, n, word = m.name, k, m.word && (k == 1 || al.own || al.bare)
			bare = al.bare
		} else if ag, k := e.lex.AgencyName(toks[i:]); k > 0 && !ag.PhotoOnly && spelled(text, toks[i], ag, k) {
			name, n = ag.Name, k
		} else if k := e.unlisted(text, toks, i); k > 0 {
			name, n, listed = text[toks[i].Start:toks[i+k-1].End], k, false
		}
		if n == 0 {
			i++
			continue
		}
		if listed && n > 1 && e.lex.Phrases.All(toks[i+n-1:i+n])&lexicon.MediaOpen != 0 {
			// "BBC Radio" Kent: the station is the broadcaster's.
			for i+n < len(toks) && toks[i+n].Shape&lexicon.Upper != 0 && narrow(text, toks, i+n) {
				n++
			}
		}
		*left--
		span := article.Span{Start: int(toks[i].Start), End: int(toks[i+n-1].End)}
		if name != a.Agency.Value && !(a.Agency.Value != "" && e.isAgency(name, a.Agency.Value)) {
			if !listed && callSign(text, toks[i]) {
				// "WXYZ-TV": the station is WXYZ, and what is behind it its service
				n = 1
				name, span.End = name[:4], int(toks[i].End)
				for i+n < len(toks) && text[toks[i+n-1].End:toks[i+n].Start] == "-" && e.lex.Phrases.All(toks[i+n:i+n+1])&lexicon.MediaName != 0 {
					n++
				}
			}
			c := e.confidence(text, toks, i, n, s.Kind, word, bare, listed, a.Language.Value == "de")
			if !listed {
				c *= unlisted
			}
			if c >= enough {
				put(name, span, min(c, 0.99))
			}
		}
		i += n
	}
}

// isAgency tells whether a medium's name is another name of the agency.
func (e *Enricher) isAgency(name, agency string) bool {
	toks := lexicon.Scan(nil, name, 0, len(name))
	ag, n := e.lex.AgencyName(toks)
	return ag != nil && n == len(toks) && ag.Name == agency
}

// spelled tells whether the agency stands in its own capitals: "AA" is one,
// "aa" is not.
func spelled(text string, t lexicon.Token, ag *lexicon.Agency, n int) bool {
	if n > 1 || text[t.Start:t.End] == ag.Name {
		return t.Shape&lexicon.Upper != 0 || text[t.Start:t.End] == ag.Name || n > 1
	}
	return t.Shape&lexicon.AllCaps != 0 || t.Shape&lexicon.Upper != 0 && t.End-t.Start >= 5
}

// confidence weighs what stands around toks[i:i+n].
func (e *Enricher) confidence(text string, toks []lexicon.Token, i, n int, kind article.Kind, word, bare, listed, german bool) float64 {
	if kind == article.Reference {
		return byReference
	}
	lex := e.lex
	from, to := sentence(text, toks, i, n)
	var before, after string
	if i > 0 {
		before = text[toks[i-1].End:toks[i].Start]
	} else {
		before = text[max(0, int(toks[0].Start)-4):toks[0].Start]
	}
	if i+n < len(toks) {
		after = text[toks[i+n-1].End:toks[i+n].Start]
	} else {
		end := int(toks[i+n-1].End)
		after = text[end:min(len(text), end+4)]
	}
	quoted := strings.ContainsAny(before, "\"“„«‚‘'»") && strings.ContainsAny(after, "\"“”»’'«")
	articled := i > from && lex.Phrases.All(toks[i-1:i])&lexicon.Article != 0
	noun := !listed && e.lex.Phrases.Longest(toks[i:], lexicon.MediaOpen).Tokens > 0 || e.class(toks, max(from, i-2), i, lexicon.MediaNoun) || i+n < to && strings.TrimSpace(after) == "" && e.class(toks, i+n, i+n+1, lexicon.MediaNoun) || strings.HasPrefix(after, "-") && i+n < to && e.class(toks, i+n, i+n+1, lexicon.MediaNoun)
	inside := toks[i].Shape&lexicon.Upper != 0 && n == 1 && (i > from && toks[i-1].Shape&lexicon.Upper != 0 && before == " " && lex.Phrases.All(toks[i-1:i])&(lexicon.Article|lexicon.MediaNoun|lexicon.Outlet|lexicon.According|lexicon.Weekday|lexicon.Said) == 0 ||
		i+n < to && toks[i+n].Shape&lexicon.Upper != 0 && after == " " && lex.Phrases.All(toks[i+n:i+n+1])&lexicon.MediaNoun == 0)
	if day := lex.Phrases.All(toks[i+n-1:i+n])&(lexicon.Weekday|lexicon.Month) != 0; day && !quoted {
		return 0 // "sagte er am Freitag"
	}
	if word && !quoted && !noun {
		// In German every noun has a capital, and the article tells nothing.
		if german {
			return 0
		}
		// "The Post Office", "the Independent MP"
		if i+n < to && toks[i+n].Shape&lexicon.Upper != 0 && after == " " && lex.Phrases.All(toks[i+n:i+n+1])&(lexicon.Weekday|lexicon.Month|lexicon.Said) == 0 {
			return 0
		}
		// "The Hill" may do, "Time" alone may not; inside a longer name it is
		// a part of that.
		if inside || bare && !articled || !bare && n == 1 && !articled {
			return 0
		}
	}

	// "The Sun said" may be the paper, "The Sun was shining, he said" is not.
	doubtful := word && !quoted && !noun
	c := 0.0
	raise := func(v float64) { c = max(c, v) }
	said := false
	for k := max(from, i-maxSentence); k < i; k++ {
		m := lex.Phrases.Longest(toks[k:min(i+n, len(toks))], lexicon.According)
		if m.Tokens > 0 && i-(k+m.Tokens) <= cueBefore && k+m.Tokens <= i+1 && e.light(text, toks, k+m.Tokens, i) {
			raise(byAccording)
		}
		if lex.Phrases.Longest(toks[k:i], lexicon.Said).Tokens > 0 {
			said = true
			if i-k <= 3 && e.light(text, toks, k+1, i) {
				raise(bySaidFirst)
			}
		}
	}
	for k := i + n; k < to && k < i+n+maxSentence; k++ {
		if lex.Phrases.Longest(toks[k:to], lexicon.Said).Tokens == 0 {
			continue
		}
		said = true
		near := cueAfter
		if doubtful {
			near = cueWord
		}
		if k-(i+n) <= near && !clause(text, toks, i+n-1, k) {
			raise(bySaidAfter)
		} else if i-from <= 2 && !doubtful {
			raise(bySaidLater)
		}
	}
	start, stop := int(toks[from].Start), int(toks[to-1].End)
	speech := said || strings.ContainsAny(text[start:toks[i].Start], "\"“”„«»") || strings.ContainsAny(text[min(stop, int(toks[i+n-1].End)+3):max(stop, min(stop, int(toks[i+n-1].End)+3))], "\"“”„«»")
	if speech && i > from {
		for k := max(from, i-4); k < i; k++ {
			m := lex.Phrases.Longest(toks[k:i], lexicon.Outlet)
			if m.Tokens > 0 && e.light(text, toks, k+m.Tokens, i) {
				raise(byOutlet)
			}
		}
	}
	// "estimated by the daily Les Échos"
	if noun && c < byOutlet {
		for k := max(from, i-4); k < i; k++ {
			m := lex.Phrases.Longest(toks[k:i], lexicon.Byline)
			if m.Tokens > 0 && e.light(text, toks, k+m.Tokens, i) {
				raise(byOutlet)
			}
		}
	}
	if c == 0 {
		return 0
	}
	if quoted {
		c += byQuotes
	}
	if noun {
		c += byNoun
	}
	// "a former Washington Post reporter", "editor of the Post"
	if i+n < to && !strings.ContainsAny(after, ",;:") && e.class(toks, i+n, min(i+n+2, to), lexicon.Employer) || e.class(toks, max(from, i-3), i, lexicon.Employer) {
		c += asEmployer
	}
	return c
}

// light tells whether only small words, nouns for media and descriptions lie
// between a cue and a name.
func (e *Enricher) light(text string, toks []lexicon.Token, from, to int) bool {
	if from > to {
		return true
	}
	upper := 0
	for k := from; k < to; k++ {
		if k > from && strings.ContainsAny(text[toks[k-1].End:toks[k].Start], ",;:.!?") {
			return false
		}
		if toks[k].Shape&lexicon.Upper != 0 && e.lex.Phrases.All(toks[k:k+1])&(lexicon.Article|lexicon.MediaNoun|lexicon.Weekday|lexicon.Particle) == 0 {
			upper++
		}
	}
	return upper <= 1
}

// class tells whether a phrase of class c begins at one of toks[from:to].
func (e *Enricher) class(toks []lexicon.Token, from, to int, c lexicon.Class) bool {
	for k := from; k < to; k++ {
		if e.lex.Phrases.Longest(toks[k:], c).Tokens > 0 {
			return true
		}
	}
	return false
}

// clause tells whether a comma or the like stands between two words.
func clause(text string, toks []lexicon.Token, a, b int) bool {
	for k := a; k < b; k++ {
		if strings.ContainsAny(text[toks[k].End:toks[k+1].Start], ",;:") {
			return true
		}
	}
	return false
}

// sentence is the range of words of the sentence around toks[i:i+n].
func sentence(text string, toks []lexicon.Token, i, n int) (from, to int) {
	from, to = i, i+n
	for from > 0 && i-from < maxSentence && !ends(text, toks, from) {
		from--
	}
	for to < len(toks) && to-i < maxSentence && !ends(text, toks, to) {
		to++
	}
	return from, to
}

// ends tells whether a sentence ends between words k-1 and k. A mark inside a
// quotation that goes on with a small letter does not end it.
func ends(text string, toks []lexicon.Token, k int) bool {
	g := text[toks[k-1].End:toks[k].Start]
	if len(g) < 2 || !strings.ContainsAny(g, ".!?") || toks[k].Shape&lexicon.Lower != 0 {
		return false
	}
	prev := toks[k-1]
	return prev.End-prev.Start > 2 || prev.Shape&lexicon.HasDigit == 0 && prev.Shape&lexicon.Lower != 0
}

// unlisted finds the name of a medium that the gazetteer doesn't have, by its
// form: "the newspaper Nova Gazeto", "Harrowby Post". It gives the number of
// words, 0 if there is none.
func (e *Enricher) unlisted(text string, toks []lexicon.Token, i int) int {
	const most = 5
	t := toks[i]
	if e.afterNoun(text, toks, i) && quotedName(text, toks, i, most) > 0 {
		return quotedName(text, toks, i, most)
	}
	if callSign(text, t) {
		return 1
	}
	if t.Shape&lexicon.Upper == 0 {
		return 0
	}
	if m := e.lex.Phrases.Longest(toks[i:], lexicon.MediaOpen); m.Tokens > 0 && toks[i+m.Tokens-1].Shape&lexicon.Upper != 0 {
		// "Radio Nova", "La Voix de la Plaine"
		n := m.Tokens
		for k := n; i+k < len(toks) && k < most && narrow(text, toks, i+k); k++ {
			switch {
			case toks[i+k].Shape&(lexicon.Upper|lexicon.Digits) != 0:
				n = k + 1
			case e.lex.Phrases.All(toks[i+k:i+k+1])&(lexicon.Particle|lexicon.Article) == 0:
				k = most
			}
		}
		if n > m.Tokens {
			return n
		}
	}
	if e.lex.Phrases.All(toks[i:i+1])&(lexicon.Article|lexicon.Month|lexicon.Weekday|lexicon.Outlet|lexicon.According|lexicon.MediaNoun) != 0 {
		return 0
	}
	n := 1
	for i+n < len(toks) && n < most && toks[i+n].Shape&lexicon.Upper != 0 {
		if g := text[toks[i+n-1].End:toks[i+n].Start]; g != " " && g != "-" && g != "\n" {
			break
		}
		n++
	}
	last := -1
	for k := n - 1; k >= 1; k-- {
		if e.lex.Phrases.Longest(toks[i+k:i+k+1], lexicon.MediaName).Tokens > 0 {
			last = k
			break
		}
	}
	if last >= 1 {
		return last + 1
	}
	if i > 0 && e.lex.Phrases.Longest(toks[i-1:i], lexicon.MediaNoun).Tokens > 0 {
		g := text[toks[i-1].End:t.Start]
		if g == " " || strings.ContainsAny(g, "\"“„«") && len(strings.TrimSpace(g)) <= 5 {
			return n
		}
	}
	return 0
}

// afterNoun tells whether toks[i] stands behind a word such as "newspaper",
// with an opening quotation mark in between.
func (e *Enricher) afterNoun(text string, toks []lexicon.Token, i int) bool {
	if i == 0 {
		return false
	}
	g := text[toks[i-1].End:toks[i].Start]
	if g == " " || e.lex.Phrases.Longest(toks[i-1:i], lexicon.MediaNoun).Tokens == 0 {
		return false
	}
	return len(g) <= 8 && strings.ContainsAny(g, "\"“„«‚‘»") && !strings.ContainsAny(g, ".,;:!?")
}

// quotedName is the number of words from toks[i] on up to the closing
// quotation mark, 0 if there are more than most.
func quotedName(text string, toks []lexicon.Token, i, most int) int {
	for n := 1; n <= most; n++ {
		end := len(text)
		if i+n < len(toks) {
			end = int(toks[i+n].Start)
		}
		g := text[toks[i+n-1].End:min(end, int(toks[i+n-1].End)+4)]
		switch {
		case strings.ContainsAny(g, "\"“”»«’‘"):
			return n
		case i+n >= len(toks) || len(g) > 2:
			return 0
		}
	}
	return 0
}

// callSign tells whether t is the call sign of a station in North America.
func callSign(text string, t lexicon.Token) bool {
	return t.End-t.Start == 4 && t.Shape&lexicon.AllCaps != 0 && t.Shape&lexicon.HasDigit == 0 && (text[t.Start] == 'W' || text[t.Start] == 'K')
}

// narrow tells whether only a space, a hyphen or an apostrophe stands before
// toks[k].
func narrow(text string, toks []lexicon.Token, k int) bool {
	switch text[toks[k-1].End:toks[k].Start] {
	case " ", "-", "'", "’", "\n", "\u00a0":
		return true
	}
	return false
}
