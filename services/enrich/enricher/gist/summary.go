package gist

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// How long a summary may be, in bytes.
const (
	MinSummary = 40
	MaxSummary = 400
)

// later is what each sentence before another takes from it: news tells the most
// first. dependent is what remains of one that hangs on the sentence before it.
const (
	later     = 0.12
	dependent = 0.4
)

// summary is the sentence that tells most; a zero span if none will do.
func (c *counter) summary(a *article.Article, l *language, phrases []article.Keyphrase) article.Evidence {
	title := c.titleWords(a, l)
	var best article.Evidence
	most, n := 0.0, 0
	for i := range a.Segments {
		s := &a.Segments[i]
		if s.Kind != article.Standfirst && s.Kind != article.Paragraph {
			continue
		}
		for at := s.Start; at < s.End && n < MaxSentences; n++ {
			sentence := next(a.Text, l, article.Span{Start: at, End: s.End})
			at = sentence.End
			sentence = trim(a.Text, sentence)
			if !whole(sentence.In(a.Text)) {
				continue
			}
			v := c.tells(a.Text, l, sentence, title, phrases) * (1 - later*min(float64(n), 1/later-1))
			if v > most {
				most = v
				best = article.Evidence{Span: sentence, Enricher: Name, Version: Version, Confidence: v / (v + doubted)}
			}
		}
	}
	return best
}

// titleWords are the hashes of the words of the headline that say something.
func (c *counter) titleWords(a *article.Article, l *language) []uint64 {
	var all []uint64
	for i := range a.Segments {
		s := &a.Segments[i]
		if s.Kind != article.Headline {
			continue
		}
		c.tokens = c.text.In(s.Start, min(s.End, s.Start+MaxSummary))
		for i := range c.tokens {
			if t := &c.tokens[i]; l.known(t.Hash)&stop == 0 && t.End-t.Start >= shortest {
				all = append(all, l.stem(a.Text, t))
			}
		}
		break
	}
	return all
}

// tells is how much a sentence tells: 1, and what it has of headline and
// keyphrases.
func (c *counter) tells(text string, l *language, s article.Span, title []uint64, phrases []article.Keyphrase) float64 {
	tokens := c.text.In(s.Start, s.End)
	v := 1.0
	seen := 0
	for i, w := range title {
		if !slices.Contains(title[:i], w) && hasWord(text, l, tokens, w) {
			seen++
		}
	}
	if len(title) > 0 {
		v += float64(seen) / float64(len(title))
	}
	of := 0.0
	for i := range phrases {
		if strings.Contains(s.In(text), phrases[i].Phrase) {
			of += phrases[i].Score
		}
	}
	if len(phrases) > 0 {
		v += of / (float64(len(phrases)) * phrases[0].Score)
	}
	if len(tokens) > 0 && l.known(tokens[0].Hash)&opens != 0 {
		v *= dependent
	}
	return v
}

func hasWord(text string, l *language, tokens []lexicon.Token, word uint64) bool {
	for i := range tokens {
		if l.stem(text, &tokens[i]) == word {
			return true
		}
	}
	return false
}

// whole tells whether a sentence stands on its own: it begins with a capital or a
// figure and ends as sentences do, is no quotation and no part of one, and neither
// too short nor too long.
func whole(s string) bool {
	if len(s) < MinSummary || len(s) > MaxSummary {
		return false
	}
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, "”“\"»’) \u00a0\u202f"))
	if !unicode.IsUpper(first) && !unicode.IsDigit(first) && first != '¿' && first != '¡' || !strings.ContainsRune(".!?…", last) {
		return false
	}
	of := func(mark string) int { return strings.Count(s, mark) }
	curly := of("“") == of("”")
	if low := of("„"); low > 0 {
		curly = low == of("“")+of("”")
	}
	return curly && of(`"`)%2 == 0 && of("«") == of("»") && of("(") == of(")")
}

func trim(text string, s article.Span) article.Span {
	t := s.In(text)
	s.Start += len(t) - len(strings.TrimLeftFunc(t, unicode.IsSpace))
	s.End -= len(t) - len(strings.TrimRightFunc(t, unicode.IsSpace))
	s.End = max(s.Start, s.End)
	return s
}

// next is the first sentence of a part of the text.
func next(text string, l *language, s article.Span) article.Span {
	part := s.In(text)
	for i := 0; i < len(part); {
		c := part[i]
		if c == '\n' && strings.HasPrefix(part[i:], "\n\n") {
			return article.Span{Start: s.Start, End: s.Start + i + 2}
		}
		if c != '.' && c != '!' && c != '?' {
			i++
			continue
		}
		end := closing(part, i)
		after := strings.TrimLeftFunc(part[end:], unicode.IsSpace)
		spaced := end == len(part) || len(after) < len(part)-end
		if spaced && (strings.ContainsAny(part[i:end], "!?") || l.ends(part[:i], after)) {
			return article.Span{Start: s.Start, End: s.Start + end}
		}
		i = end
	}
	return s
}

// closing is where the marks end that belong to a sentence which ends at part[i].
func closing(part string, i int) int {
	end := i + 1
	low := -1 // whether a low mark stands before: not known, no, yes
	for end < len(part) {
		r, n := utf8.DecodeRuneInString(part[end:])
		if r == '“' && low < 0 {
			low = strings.Count(part[max(0, i-MaxSummary):i], "„")
		}
		if !strings.ContainsRune(".!?”\"»’)", r) && (r != '“' || low == 0) {
			break
		}
		end += n
	}
	return end
}

// ends tells whether a full stop between before and after ends a sentence.
func (l *language) ends(before, after string) bool {
	word := before[len(strings.TrimRightFunc(before, func(r rune) bool { return !unicode.IsSpace(r) && r != '(' })):]
	r, _ := utf8.DecodeRuneInString(after)
	switch {
	case after == "":
		return true
	case unicode.IsLower(r), utf8.RuneCountInString(word) == 1 && !unicode.IsDigit(rune(word[0])), l.short[strings.ToLower(word)]:
		return false
	case l.nouns && word != "" && strings.Trim(word, "0123456789") == "" && len(word) <= 2:
		return false // an ordinal
	}
	return true
}
