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
	if i := slices.Index(a.Flags, article.FlagEnricherFailed); i >= 0 {
		a.Flags = slices.Delete(slices.Clone(a.Flags), i, i+1)
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
		if o.Err == nil {
			continue
		}
		if l.Required {
			return stage.Permanent(o.Err)
		}
		l.Clear(a)
		a.Flags = slices.Clone(a.Flags)
		a.Flag(article.FlagEnricherFailed)
	}
	fit(a)
	return nil
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
