// Package enricher is the contract of enrichers and the chain that runs them.
package enricher

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Enricher finds one thing out about an article and writes it into its field.
//
// It never changes Text and touches no field but its own. It replaces slices
// and never writes into those it finds: the chain looks only at those that were
// replaced. Its lists are cut to the limits of an article; what
// [article.Article.CheckReading] refuses counts as an error. What is not to be found
// is left nil or empty, which is no error. Enriching an article again gives the same
// article. An error means that the field can't be told; it is then left empty by the
// chain. Enrich is called by several goroutines at once.
type Enricher interface {
	Enrich(ctx context.Context, a *article.Article) error
}

// Entry is an enricher in a catalogue.
type Entry struct {
	Name    string
	Version int // counted up with every change of its results
	// Required: without its result the article can't go on.
	Required bool
	New      func() (Enricher, error)
	// Clear empties the enricher's field; for optional ones.
	Clear func(a *article.Article)
}

// Catalogue is the enrichers in the order in which they run: each may use what
// those before it found.
type Catalogue []Entry

// Validate tells what is wrong with the catalogue.
func (c Catalogue) Validate() error {
	seen := map[string]bool{}
	for i, e := range c {
		switch {
		case e.Name == "" || e.New == nil:
			return fmt.Errorf("enricher %d has no name or no constructor", i)
		case seen[e.Name]:
			return fmt.Errorf("enricher %s is in the catalogue twice", e.Name)
		case e.Version < 1:
			return fmt.Errorf("enricher %s has version %d, versions begin at 1", e.Name, e.Version)
		case !e.Required && e.Clear == nil:
			return fmt.Errorf("enricher %s is optional and has no Clear", e.Name)
		}
		seen[e.Name] = true
	}
	return nil
}

// Outcome is how one enricher fared with one article.
type Outcome struct {
	Name     string
	Version  int
	Required bool
	Took     time.Duration
	Err      error // nil: done
	Panicked bool
}

// Chain runs a catalogue. It is safe for concurrent use.
type Chain struct {
	links  []link
	report func(Outcome)
	words  sync.Pool // of *lexicon.Words
}

type link struct {
	Entry
	run Enricher
}

// NewChain makes every enricher of c. report hears of every outcome, from the
// goroutine that enriches; it may be nil.
func NewChain(c Catalogue, report func(Outcome)) (*Chain, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	ch := &Chain{report: report}
	for _, e := range c {
		r, err := e.New()
		if err != nil {
			return nil, fmt.Errorf("enricher %s: %w", e.Name, err)
		}
		ch.links = append(ch.links, link{e, r})
	}
	return ch, nil
}

var errTextChanged = errors.New("it changed the text")

// Enrich runs all enrichers on a. An optional one that fails leaves its field
// empty and [article.FlagEnricherFailed] set. An article that got too large for a
// message loses mentions, and [article.FlagTruncated] is set. The error is that of a required
// one, permanent by [stage.Permanent], or that of ctx.
func (c *Chain) Enrich(ctx context.Context, a *article.Article) error {
	return c.EnrichWith(ctx, a, nil)
}

// EnrichWith is Enrich with what editors corrected; nil: nothing. A correction stands
// in its field from the first enricher on, which tells the segments, and again as soon
// as the field's own has run: what is built on the field is built on the correction.
func (c *Chain) EnrichWith(ctx context.Context, a *article.Article, corrects *article.Override) error {
	a.Forget()
	a.Unflag(article.FlagEnricherFailed)
	var placed *article.Placed
	if corrects != nil {
		placed = corrects.In(a.Text)
	}
	// One of before may lie in what is no report by the segments of now.
	a.Summary = article.Evidence{}
	words, _ := c.words.Get().(*lexicon.Words)
	if words == nil {
		words = new(lexicon.Words)
	}
	words.Reset(a.Text)
	defer func() {
		words.Reset("")
		c.words.Put(words)
	}()
	ctx = lexicon.Share(ctx, words)
	checked := new(article.Article) // what is known to be right of what a has
	for i := range c.links {
		l := &c.links[i]
		if err := ctx.Err(); err != nil {
			return err
		}
		before := *a
		o := Outcome{Name: l.Name, Version: l.Version, Required: l.Required}
		began := time.Now()
		o.Panicked, o.Err = l.enrich(ctx, a)
		o.Took = time.Since(began)
		if a.Text != before.Text {
			o.Err = errors.Join(o.Err, errTextChanged)
		} else if o.Err == nil {
			a.CutReadingSince(checked)
			o.Err = a.CheckReadingSince(checked)
		}
		if o.Err == nil {
			*checked = *a
		} else {
			*a = before
			if err := ctx.Err(); err != nil {
				return err
			}
			o.Err = fmt.Errorf("enricher %s: %w", l.Name, o.Err)
		}
		if c.report != nil {
			c.report(o)
		}
		if o.Err != nil {
			if l.Required {
				return stage.Permanent(o.Err)
			}
			l.Clear(a)
			a.Flags = slices.Clone(a.Flags)
			a.Flag(article.FlagEnricherFailed)
		}
		if placed != nil {
			if o.Err == nil {
				then := before // on the heap for corrected articles alone
				placed = placed.Found(a, &then)
			}
			var err error
			if placed, err = Correct(a, placed); err != nil {
				c.uncorrected(err)
			}
		}
	}
	Fit(a)
	return nil
}

// EnrichUncorrected is Enrich of an article whose corrections can't be read, and why:
// it goes on with what is found out, flagged as by an enricher that fails.
func (c *Chain) EnrichUncorrected(ctx context.Context, a *article.Article, why error) error {
	if err := c.Enrich(ctx, a); err != nil {
		return err
	}
	a.Flags = slices.Clone(a.Flags)
	a.Flag(article.FlagEnricherFailed)
	c.uncorrected(why)
	return nil
}

// Override is the name under which the outcome of corrections is reported.
const Override = "override"

func (c *Chain) uncorrected(why error) {
	if c.report != nil {
		c.report(Outcome{Name: Override, Version: 1, Err: fmt.Errorf("%s: %w", Override, why)})
	}
}

// Correct puts corrections in, and gives those that could be. One that was checked when
// it was said, and makes no article of this text, is left out as what a failed enricher
// gives; the error says which, and why.
func Correct(a *article.Article, p *article.Placed) (*article.Placed, error) {
	with := func(p *article.Placed) (article.Article, error) {
		b := *a
		p.Apply(&b)
		b.CutReading()
		return b, b.CheckReading()
	}
	b, err := with(p)
	if err == nil {
		*a = b
		return p, nil
	}
	for _, c := range a.Corrections.Fields { // that were put in before
		a.Empty(c.Field)
	}
	var good []string
	for _, f := range p.Fields() {
		if _, err := with(p.With(append(good, f)...)); err == nil {
			good = append(good, f)
		}
	}
	left := p.With(good...)
	*a, _ = with(left)
	a.Flags = slices.Clone(a.Flags)
	a.Flag(article.FlagEnricherFailed)
	return left, err
}

func (l *link) enrich(ctx context.Context, a *article.Article) (panicked bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			panicked, err = true, fmt.Errorf("panic: %v", p)
		}
	}()
	return false, l.run.Enrich(ctx, a)
}

// Fingerprint names the enrichers with their versions, in order: two chains
// with the same one give the same results.
func (c *Chain) Fingerprint() string {
	var b strings.Builder
	for i, l := range c.links {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s/%d", l.Name, l.Version)
	}
	return b.String()
}
