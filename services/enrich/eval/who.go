package eval

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/conll"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
)

// whoCase is a text with all its names; the rules are in testdata/cases/who/GUIDE.md.
type whoCase struct {
	written

	Mentions []whoMention                    `json:"mentions"`
	Optional map[article.EntityType][]string `json:"optional"`
	Never    []whoNever                      `json:"never"`
}

type whoMention struct {
	Type        article.EntityType `json:"type"`
	Name        string             `json:"name"` // the same for all mentions of one entity
	Text        string             `json:"text"`
	Nth         int                `json:"nth"`
	Optional    bool               `json:"optional"`
	OutsideBody bool               `json:"outside_body"`
	Alternative article.EntityType `json:"alternative"`

	span article.Span
}

type whoNever struct {
	Type article.EntityType `json:"type"`
	Text string             `json:"text"`
	Nth  *int               `json:"nth"`
}

// whoNamed is a mention that was found.
type whoNamed struct {
	article.Span
	sort   article.EntityType
	entity int
	used   bool
}

// Where its texts are.
const (
	whoTune    = "cases/who/tune.jsonl"
	whoMeasure = "cases/who/measure.jsonl"
)

// The fields of the task; micro is of persons, organisations and places.
const (
	whoMicro   = "entities"
	whoAliases = "aliases" // the further mentions of a name, written otherwise than the first: joined with it
	whoNevers  = "never"   // right: left alone
)

func measureWho(ctx context.Context, chain *enricher.Chain, file string) (*Measure, error) {
	return measureEach(ctx, chain, file, (*Measure).who)
}

// WhoTexts are the texts of a file of the task, those in one language.
func WhoTexts(file, language string) ([]string, error) {
	cases, err := readCases[whoCase](file)
	if err != nil {
		return nil, err
	}
	var texts []string
	for i := range cases {
		if cases[i].Language == language {
			texts = append(texts, cases[i].Text)
		}
	}
	return texts, nil
}

// WhoNames are the texts of a file of the task in these languages, with their names, to
// train with. The chain tells what is read of them.
func WhoNames(ctx context.Context, chain *enricher.Chain, file string, languages ...string) ([]conll.Text, error) {
	cases, err := readCases[whoCase](file)
	if err != nil {
		return nil, err
	}
	var texts []conll.Text
	for i := range cases {
		c := &cases[i]
		if !slices.Contains(languages, c.Language) {
			continue
		}
		if err := c.find(); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		a := article.Article{Text: c.Text, Source: "eval", Provider: "eval", PublishedAt: c.PublishedAt}
		if err := chain.Enrich(ctx, &a); err != nil {
			return nil, fmt.Errorf("%s: case %s: %w", file, c.ID, err)
		}
		x := conll.Text{Text: c.Text, Language: c.Language, Sentences: entities.Read(&a)}
		for k := range c.Mentions {
			w := &c.Mentions[k]
			x.Names = append(x.Names, conll.Name{Span: tag.Span{Start: w.span.Start, End: w.span.End}, Label: string(w.Type)})
		}
		texts = append(texts, x)
	}
	return texts, nil
}

// find finds the mentions in the text, and puts them into its order.
func (c *whoCase) find() error {
	for i := range c.Mentions {
		w := &c.Mentions[i]
		at := nth(c.Text, w.Text, w.Nth)
		if at < 0 {
			return fmt.Errorf("case %s has no %d. %q", c.ID, w.Nth+1, w.Text)
		}
		w.span = article.Span{Start: at, End: at + len(w.Text)}
	}
	slices.SortStableFunc(c.Mentions, func(a, b whoMention) int { return a.span.Start - b.span.Start })
	return nil
}

func (m *Measure) who(c *whoCase, a *article.Article) error {
	var got []whoNamed
	for i := range a.Entities {
		for _, k := range a.Entities[i].Mentions {
			if k.Confidence >= article.Sure {
				got = append(got, whoNamed{k.Span, a.Entities[i].Type, i, false})
			}
		}
	}
	firsts := map[string]whoNamed{} // by name: where it was found first
	if err := c.find(); err != nil {
		return err
	}
	for i := range c.Mentions {
		w := &c.Mentions[i]
		j := slices.IndexFunc(got, func(g whoNamed) bool {
			return g.Span == w.span && (g.sort == w.Type || g.sort == w.Alternative)
		})
		doubtful := w.Optional || w.OutsideBody
		if j < 0 {
			if !doubtful {
				m.whoTally(c, w.Type, Score{Missed: 1})
				m.blame(c.ID, "missed: %s %q%s", w.Type, clip(w.Text), instead(a, w.span))
			}
			continue
		}
		got[j].used = true
		if doubtful {
			continue
		}
		m.whoTally(c, w.Type, Score{Right: 1})
		m.alias(c, w, &got[j], firsts, a)
	}
	for _, g := range got {
		if !g.used && !c.maybe(g, a.Text) {
			m.whoTally(c, g.sort, Score{Wrong: 1})
			m.blame(c.ID, "not there: %s %q", g.sort, clip(a.Text[max(0, g.Start-20):g.Start])+"["+clip(g.In(a.Text))+"]")
		}
	}
	m.neverNames(c, a, got)
	return nil
}

// whoTally counts a mention under its type, its language, and all; others than
// persons, organisations and places only by themselves.
func (m *Measure) whoTally(c *whoCase, sort article.EntityType, s Score) {
	m.add(whoMicro+": "+string(sort), s)
	if sort != article.EntityOther {
		m.add(whoMicro, s)
		m.add(whoMicro+" "+c.Language, s)
	}
}

// alias counts whether a mention is joined with the first one of its name, if that
// is written otherwise.
func (m *Measure) alias(c *whoCase, w *whoMention, g *whoNamed, firsts map[string]whoNamed, a *article.Article) {
	key := string(w.Type) + " " + w.Name
	first, ok := firsts[key]
	switch {
	case !ok:
		firsts[key] = *g
	case first.In(a.Text) == w.Text:
	case first.entity == g.entity:
		m.add(whoAliases, Score{Right: 1})
	default:
		m.add(whoAliases, Score{Missed: 1})
		m.blame(c.ID, "not joined: %q and %q", clip(first.In(a.Text)), clip(w.Text))
	}
}

// maybe tells whether what was found is neither right nor wrong: a second reading,
// a doubtful mention, or one outside of the body.
func (c *whoCase) maybe(g whoNamed, text string) bool {
	if slices.Contains(c.Optional[g.sort], g.In(text)) {
		return true
	}
	return slices.ContainsFunc(c.Mentions, func(w whoMention) bool {
		return (w.Optional || w.OutsideBody) && overlap(w.span, g.Span)
	})
}

// neverNames counts what must not be found.
func (m *Measure) neverNames(c *whoCase, a *article.Article, got []whoNamed) {
	for _, n := range c.Never {
		at := -1
		if n.Nth != nil {
			at = nth(c.Text, n.Text, *n.Nth)
		}
		bad := slices.ContainsFunc(got, func(g whoNamed) bool {
			if n.Type != "any" && g.sort != n.Type {
				return false
			}
			if at >= 0 {
				return overlap(g.Span, article.Span{Start: at, End: at + len(n.Text)})
			}
			return g.In(a.Text) == n.Text || strings.EqualFold(a.Entities[g.entity].Name, n.Text)
		})
		if bad {
			m.add(whoNevers, Score{Wrong: 1, Missed: 1})
			m.blame(c.ID, "never: %s %q", n.Type, n.Text)
		} else {
			m.add(whoNevers, Score{Right: 1})
		}
	}
}
