// Package override is what editors correct of articles, which goes before all that
// is found out of them, whenever that is.
//
// An override is a row of the compacted topic [topic.Overrides], one of each article
// that was ever corrected. The operator's tools write them; the enrich service reads
// them before it begins, follows them, and puts the corrections into all that it
// enriches.
package override

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/mediatopic"
	"github.com/copytaster/copytaster/pkg/stage"
)

// Header is on a message that was sent because an override changed: who enriches it
// knows of the change by then. Its value is the override's number.
const Header = "ct_override"

// Rows are the rows of the topic: a table or a view of package bus.
type Rows interface {
	Get(key string) ([]byte, bool)
	Range(f func(key string, value []byte) bool)
}

// Of is the override of an article; nil: it has none.
func Of(rows Rows, uri article.URI) (*article.Override, error) {
	value, ok := rows.Get(string(uri))
	if !ok {
		return nil, nil //nolint:nilnil // none is no error
	}
	o, err := event.DecodeOverride(string(uri), value)
	if err != nil {
		return nil, err
	}
	return &o, nil
}

// View is rows that change.
type View interface {
	Rows
	CatchUp(ctx context.Context) error
}

// Follower knows the overrides.
type Follower struct{ view View }

// Follow knows what the view does.
func Follow(v View) *Follower { return &Follower{v} }

// patience is how long the rows may take to be read.
const patience = 10 * time.Second

// For is the override that counts for the article of a message; nil: it has none. An
// error that is not permanent says that it can't be told now.
func (f *Follower) For(ctx context.Context, m *stage.Message, uri article.URI) (*article.Override, error) {
	if m.Header(Header) != "" {
		// Whatever comes behind this message must have the change, too, so the wait is
		// for the rows and not for the message's alone.
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if err := f.view.CatchUp(ctx); err != nil {
			return nil, fmt.Errorf("read the overrides up to %s of %s: %w", m.Header(Header), uri, err)
		}
	}
	return Of(f.view, uri)
}

// Said is what an editor says of one field.
type Said struct {
	Field string
	Value []byte // JSON, see [article.ParseCorrection]
}

// Change is a change of an override.
type Change struct {
	Set    []Said
	Remove []string // fields; with All: what there is
	All    bool
	Who    string
	Reason string
	At     time.Time
}

// Validate tells what is wrong with a change, whatever article it is of.
func (c *Change) Validate() error {
	if c.Who == "" || len(c.Who) > article.MaxWho || len(c.Reason) > article.MaxReason {
		return fmt.Errorf("who corrects needs 1 to %d bytes, the reason may have %d", article.MaxWho, article.MaxReason)
	}
	known := map[string]bool{}
	for _, name := range article.Correctable() {
		known[name] = true
	}
	seen := map[string]bool{}
	for _, s := range c.Set {
		switch {
		case !known[s.Field]:
			return fmt.Errorf("field %q can't be corrected; there are %s", s.Field, strings.Join(article.Correctable(), ", "))
		case seen[s.Field]:
			return fmt.Errorf("field %s is set twice", s.Field)
		}
		seen[s.Field] = true
	}
	for _, f := range c.Remove {
		if !known[f] {
			return fmt.Errorf("field %q can't be corrected; there are %s", f, strings.Join(article.Correctable(), ", "))
		}
	}
	if len(c.Set) == 0 && len(c.Remove) == 0 && !c.All {
		return errors.New("nothing is set or removed")
	}
	return nil
}

// ErrNothing says that there is nothing to remove.
var ErrNothing = errors.New("has no such correction")

// Make is the override of a, after a change of the one that there is; nil: none. a is
// its newest revision as it was received; above is a number that the new one must be
// above, whatever the row says: the highest that was ever seen.
func (c *Change) Make(was *article.Override, above int, a *article.Article) (article.Override, error) {
	o := article.Override{URI: a.URI}
	if was != nil {
		o = *was
	}
	if o.Number = max(o.Number, above) + 1; o.Number > article.MaxCorrections {
		return o, fmt.Errorf("%s was corrected %d times, and a revision has room for %d", a.URI, o.Number-1, article.MaxCorrections)
	}
	if a.Status == article.Canceled || a.Text == "" {
		return o, fmt.Errorf("%s has no text to correct anything of", a.URI)
	}
	var errs []error
	for _, f := range c.removed(&o) {
		var had bool
		if o, had = o.Remove(f); !had {
			errs = append(errs, fmt.Errorf("%s: %s %w", f, a.URI, ErrNothing))
		}
	}
	for _, s := range c.Set {
		said, err := article.ParseCorrection(a, s.Field, s.Value)
		if err == nil {
			err = complete(&said.Value)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		said.Who, said.At, said.Reason = c.Who, c.At.UTC().Truncate(time.Millisecond), c.Reason
		o = o.Set(said)
	}
	if err := errors.Join(errs...); err != nil {
		return o, err
	}
	if _, err := event.EncodeOverride(&o); err != nil {
		return o, err
	}
	return o, fits(&o, *a)
}

func (c *Change) removed(o *article.Override) []string {
	if !c.All {
		return c.Remove
	}
	if len(o.Corrections) == 0 {
		return []string{"all"}
	}
	var all []string
	for _, x := range o.Corrections {
		all = append(all, x.Field)
	}
	return all
}

// fits tells whether the article can travel with the override.
func fits(o *article.Override, a article.Article) error {
	o.In(a.Text).Apply(&a)
	a.Revision = a.Revision.Reissued(o.Number)
	a.Original.Bytes = nil
	_, err := event.Encode(&a, event.Enriched)
	return err
}

// complete names topics, which must be among those that there are.
func complete(v *article.Article) error {
	var errs []error
	for i := range v.Topics {
		t := &v.Topics[i]
		label := mediatopic.Label(t.Qcode)
		if label == "" {
			errs = append(errs, fmt.Errorf("topics: topic %d: %q is none of IPTC's Media Topics", i, t.Qcode))
		}
		if t.Label == "" {
			t.Label = label
		}
	}
	return errors.Join(errs...)
}
