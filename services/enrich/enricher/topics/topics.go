// Package topics tells what a text is about: entries of IPTC's Media Topics, by
// the terms that stand in it and the codes that its agency sent.
package topics

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Name and version that results are signed with.
const (
	Name    = "topics"
	Version = 1
)

// Limits of what is read and told.
const (
	Limit         = 5      // topics of a text
	MaxBelow      = 2      // of them below one top topic, by the text's words
	MaxWhy        = 5      // words that are given for one topic
	MaxWords      = 20_000 // words of a text that are read
	MinConfidence = 0.5    // of a topic that is told
)

// Confidence in what an agency says, and in what the text says, too.
const (
	stated    = 0.9
	confirmed = 0.98
)

// Why of the reasons for a topic.
const (
	Term    = "term"    // the span has words that speak for it
	Subject = "subject" // the agency sent its code; without a span
)

//go:embed data
var embedded embed.FS

// knowledge is all data, read once.
type knowledge struct {
	scheme    *scheme
	codes     *codes
	languages map[string]*terms
	most      int // terms of a language
}

// Enricher finds topics. It is safe for concurrent use.
type Enricher struct {
	*knowledge
	pool sync.Pool // of *evidence
}

var builtIn = sync.OnceValues(func() (*knowledge, error) {
	sub, err := fs.Sub(embedded, "data")
	if err != nil {
		return nil, err
	}
	return load(sub)
})

// New makes an enricher on the built-in data. The error is for a broken build.
func New() (*Enricher, error) {
	k, err := builtIn()
	if err != nil {
		return nil, err
	}
	return on(k), nil
}

func on(k *knowledge) *Enricher {
	e := &Enricher{knowledge: k}
	e.pool.New = func() any { return newEvidence(k.most, len(k.scheme.concepts)) }
	return e
}

// load reads a data folder: mediatopics.tsv, codes.tsv, labels.txt and
// lang/<tag>/terms.txt.
func load(dir fs.FS) (*knowledge, error) {
	s, err := readScheme(dir, "mediatopics.tsv")
	if err != nil {
		return nil, err
	}
	k := &knowledge{scheme: s, languages: map[string]*terms{}}
	if k.codes, err = readCodes(dir, "codes.tsv", s); err != nil {
		return nil, err
	}
	files, err := fs.Glob(dir, "lang/*/terms.txt")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		t := newTerms()
		if err := t.read(dir, file, s); err != nil {
			return nil, err
		}
		k.languages[path.Base(path.Dir(file))] = t
	}
	if err := k.readLabels(dir, "labels.txt"); err != nil {
		return nil, err
	}
	for _, t := range k.languages {
		t.patterns, t.silent = nil, nil
		k.most = max(k.most, len(t.postings))
	}
	return k, nil
}

// readLabels reads which topics' labels are terms: a line is a weight, a topic
// whose descendants they are, and after colons those that are left out.
func (k *knowledge) readLabels(dir fs.FS, name string) error {
	return lexicon.EachLine(dir, name, func(line string) error {
		number, rest, _ := strings.Cut(line, " ")
		weight, err := strconv.ParseFloat(number, 32)
		if err != nil || weight <= 0 || weight > maxWeight {
			return fmt.Errorf("%q is no weight above 0 and up to %d", number, maxWeight)
		}
		names := strings.Split(rest, ";")
		below, err := k.scheme.find(strings.TrimSpace(names[0]))
		if err != nil {
			return err
		}
		but := map[int32]bool{}
		for _, n := range names[1:] {
			t, err := k.scheme.find(strings.TrimSpace(n))
			if err != nil {
				return err
			}
			but[t] = true
		}
		for tag, t := range k.languages {
			if err := t.labels(k.scheme, tag, below, float32(weight), but); err != nil {
				return err
			}
		}
		return nil
	})
}

// Enrich sets a.Topics, and replaces what is there.
func (e *Enricher) Enrich(ctx context.Context, a *article.Article) error {
	ev, _ := e.pool.Get().(*evidence)
	defer func() {
		ev.clear()
		e.pool.Put(ev)
	}()
	t := e.languages[primary(a.Language.Value)]
	if t != nil {
		readArticle(ev, t, a, lexicon.WordsOf(ctx, a.Text))
		ev.sum(t, e.scheme)
	}
	var told []guess
	if len(ev.told) > 0 {
		told = ev.guesses(e.scheme)
	}
	list := e.merge(a.Subjects, told)
	if len(list) == 0 {
		a.Topics = nil
		return nil
	}
	topics := make([]article.Topic, 0, len(list))
	for _, g := range list {
		topics = append(topics, e.topic(a, ev, t, g))
	}
	a.Topics = topics
	return nil
}

// primary is the language of a tag, without script and region.
func primary(tag string) string {
	tag, _, _ = strings.Cut(tag, "-")
	return strings.ToLower(tag)
}

// readArticle reads what readers read of the article itself.
func readArticle(ev *evidence, t *terms, a *article.Article, words *lexicon.Words) {
	begun := false
	for i := range a.Segments {
		s := &a.Segments[i]
		switch s.Kind {
		case article.Headline, article.Kicker:
			ev.read(t, words, s.Span, inHeadline, inHeadline, 0)
		case article.Standfirst:
			ev.read(t, words, s.Span, inLead, inLead, 0)
		case article.Paragraph:
			first := 0
			if !begun {
				first = lead
			}
			begun = true
			ev.read(t, words, s.Span, inLead, inBody, first)
		case article.Subhead, article.Quote:
			ev.read(t, words, s.Span, inBody, inBody, 0)
		case article.Caption:
			ev.read(t, words, s.Span, inCaption, inCaption, 0)
		}
	}
}

// merge puts together what the agency says and what the text says, the surest
// first. Of two topics of which one is above the other, the lower one stays. What
// the agency says is left out last.
func (e *Enricher) merge(subjects []article.Subject, told []guess) []guess {
	var all []guess
	for _, sub := range subjects {
		t := e.codes.topic(sub)
		if t == none || slices.ContainsFunc(all, func(g guess) bool { return g.topic == t }) {
			continue
		}
		all = append(all, guess{topic: t, confidence: stated, stated: true})
		if len(all) == maxStated {
			break
		}
	}
	for _, g := range told {
		if i := slices.IndexFunc(all, func(o guess) bool { return o.topic == g.topic || e.scheme.within(o.topic, g.topic) }); i >= 0 {
			all[i].confidence = max(all[i].confidence, confirmed)
			continue
		}
		if slices.ContainsFunc(all, func(o guess) bool { return e.scheme.within(g.topic, o.topic) }) {
			g.confidence, g.stated = max(g.confidence, stated), true
		}
		all = append(all, g)
	}
	kept := all[:0:0]
	for i, g := range all {
		if !slices.ContainsFunc(all[i+1:], e.under(g)) && !slices.ContainsFunc(all[:i], e.under(g)) {
			kept = append(kept, g)
		}
	}
	surest := func(a, b guess) int { return cmp.Compare(b.confidence, a.confidence) }
	slices.SortStableFunc(kept, surest)
	if len(kept) > Limit {
		slices.SortStableFunc(kept, func(a, b guess) int {
			if a.stated == b.stated {
				return 0
			}
			if a.stated {
				return -1
			}
			return 1
		})
		kept = kept[:Limit]
		slices.SortStableFunc(kept, surest)
	}
	return kept
}

// maxStated is how many different topics of an agency are looked at.
const maxStated = 50

// under tells whether a topic is below g's.
func (e *Enricher) under(g guess) func(guess) bool {
	return func(o guess) bool { return o.topic != g.topic && e.scheme.within(o.topic, g.topic) }
}

// topic is a guess with what speaks for it.
func (e *Enricher) topic(a *article.Article, ev *evidence, t *terms, g guess) article.Topic {
	c := &e.scheme.concepts[g.topic]
	topic := article.Topic{
		Evidence: article.Evidence{Enricher: Name, Version: Version, Confidence: g.confidence},
		Qcode:    c.qcode, Label: c.label, Path: slices.Clone(c.path),
	}
	for _, sub := range a.Subjects {
		if of := e.codes.topic(sub); of != none && e.scheme.within(g.topic, of) {
			topic.Why = append(topic.Why, article.Reason{Why: Subject, Evidence: article.Evidence{Enricher: Name, Version: Version, Confidence: stated}})
			break
		}
	}
	if t != nil {
		topic.Why = e.words(topic.Why, ev, t, g.topic)
	}
	for _, why := range topic.Why {
		if !why.Empty() {
			topic.Span = why.Span
			break
		}
	}
	return topic
}

// words appends the terms that speak for a topic, the strongest first.
func (e *Enricher) words(to []article.Reason, ev *evidence, t *terms, topic int32) []article.Reason {
	type spoke struct {
		hit   *hit
		value float64
	}
	var all []spoke
	for i := range ev.hits {
		h := &ev.hits[i]
		most := float32(0)
		for _, p := range t.postings[h.term] {
			if e.scheme.within(p.topic, topic) {
				most = max(most, p.weight)
			}
		}
		if most > 0 {
			all = append(all, spoke{h, h.value() * float64(most)})
		}
	}
	slices.SortStableFunc(all, func(a, b spoke) int { return cmp.Compare(b.value, a.value) })
	for _, s := range all[:min(len(all), MaxWhy)] {
		// The confidence of a word is what it leaves no doubt of, alone.
		to = append(to, article.Reason{Why: Term, Evidence: article.Evidence{Span: s.hit.first, Enricher: Name, Version: Version, Confidence: sure(s.value)}})
	}
	return to
}
