package eval

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/conll"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
)

// SentencesOfText is how many sentences of a corpus in columns are read as one
// text, unless it says itself where one begins.
const SentencesOfText = 10

// describing are corpora that annotate pronouns and common nouns, too; those are
// left out, and articles don't count.
var describing = []string{"re3d"}

// Entities measures an enricher of entities on a corpus in CoNLL columns: persons,
// organisations and places, with exact spans.
func Entities(e enricher.Enricher, language, file string) (*Measure, error) {
	texts, err := conll.Read(file, SentencesOfText)
	if err != nil {
		return nil, err
	}
	described := false
	for _, p := range describing {
		described = described || strings.HasPrefix(filepath.Base(file), p)
	}
	m := newMeasure()
	for i := range texts {
		x := &texts[i]
		a := article.Article{Text: x.Text, Language: article.Label{Value: language}}
		for _, s := range x.Sentences {
			a.Segments = append(a.Segments, paragraph(s))
		}
		if err := e.Enrich(context.Background(), &a); err != nil {
			return nil, fmt.Errorf("%s: text %d: %w", file, i+1, err)
		}
		m.names(fmt.Sprintf("text %d", i+1), &a, x, described)
	}
	return m, nil
}

// sorts are the kinds that are measured, and how articles call them.
var sorts = map[tag.Kind]article.EntityType{tag.Person: article.EntityPerson, tag.Organised: article.EntityOrganisation, tag.Place: article.EntityPlace}

type placed struct {
	article.Span
	sort article.EntityType
}

func (m *Measure) names(text string, a *article.Article, x *conll.Text, described bool) {
	cut := func(s article.Span) article.Span {
		if described {
			return withoutArticle(a.Text, s)
		}
		return s
	}
	var want []placed
	left := map[article.Span]bool{}
	for i := range x.Names {
		n := &x.Names[i]
		s := cut(article.Span{Start: n.Start, End: n.End})
		kind, ok := n.Kind()
		switch {
		case described && !proper(s.In(a.Text)):
			left[s] = true
		case ok && sorts[kind] != "":
			want = append(want, placed{s, sorts[kind]})
		}
	}
	got := map[placed]bool{}
	for i := range a.Entities {
		e := &a.Entities[i]
		for _, k := range e.Mentions {
			p := placed{cut(k.Span), e.Type}
			if e.Type != article.EntityOther && k.Confidence >= article.Sure && naming(p.In(a.Text)) && !left[p.Span] {
				got[p] = true
			}
		}
	}
	before := len(m.Errors[text])
	for _, w := range want {
		if got[w] {
			m.count(w.sort, Score{Right: 1})
			delete(got, w)
			continue
		}
		m.count(w.sort, Score{Missed: 1})
		m.blame(text, "missed: %s %q%s", w.sort, clip(w.In(a.Text)), instead(a, w.Span))
	}
	for _, g := range slices.SortedFunc(maps.Keys(got), func(a, b placed) int { return cmp.Or(a.Start-b.Start, a.End-b.End) }) {
		m.count(g.sort, Score{Wrong: 1})
		m.blame(text, "not there: %s %q", g.sort, clip(a.Text[max(0, g.Start-20):g.Start])+"["+clip(g.In(a.Text))+"]")
	}
	m.Texts++
	if len(m.Errors[text]) == before {
		m.Exact++
	}
}

func (m *Measure) count(sort article.EntityType, s Score) {
	m.add("entities", s)
	m.add("entities: "+string(sort), s)
}

// naming tells whether words are a name: one of them has a capital, and they are no
// pronoun.
func naming(s string) bool {
	return strings.IndexFunc(s, unicode.IsUpper) >= 0 && !pronouns[strings.ToLower(s)]
}

var pronouns = map[string]bool{"i": true, "we": true, "he": true, "she": true, "it": true, "they": true, "you": true, "this": true, "these": true, "those": true, "that": true, "his": true, "her": true, "our": true, "their": true, "its": true, "my": true}

// proper tells whether words are a name and no description with one in it ("Syrian
// forces", "city of Raqqa"): it begins and ends with a capital or a figure.
func proper(s string) bool {
	words := strings.Fields(s)
	if !naming(s) || len(words) == 0 {
		return false
	}
	first, _ := utf8.DecodeRuneInString(words[0])
	last := words[len(words)-1]
	return (unicode.IsUpper(first) || unicode.IsDigit(first)) && strings.IndexFunc(last, func(r rune) bool { return unicode.IsUpper(r) || unicode.IsDigit(r) }) >= 0
}

func withoutArticle(text string, s article.Span) article.Span {
	if word, rest, ok := strings.Cut(s.In(text), " "); ok && isArticle(strings.ToLower(word)) {
		s.Start = s.End - len(rest)
	}
	return s
}

func measureNames(_ context.Context, _ *enricher.Chain, file string) (*Measure, error) {
	e, err := entities.New()
	if err != nil {
		return nil, err
	}
	return Entities(e, LanguageOf(file), file)
}

// LanguageOf is the language that the name of a corpus tells ("NER-de-dev.tsv"),
// else English.
func LanguageOf(file string) string {
	for _, part := range strings.FieldsFunc(filepath.Base(file), func(r rune) bool { return strings.ContainsRune("-_.", r) }) {
		if slices.Contains(languages, part) {
			return part
		}
	}
	return "en"
}

func paragraph(s tag.Span) article.Segment {
	return article.Segment{Evidence: article.Evidence{Span: article.Span{Start: s.Start, End: s.End}}, Kind: article.Paragraph}
}

// instead tells what was found where something was missed.
func instead(a *article.Article, s article.Span) string {
	for i := range a.Entities {
		for _, k := range a.Entities[i].Mentions {
			if overlap(k.Span, s) {
				return fmt.Sprintf(", instead: %s %q %.2f", a.Entities[i].Type, clip(k.In(a.Text)), k.Confidence)
			}
		}
	}
	return ""
}
