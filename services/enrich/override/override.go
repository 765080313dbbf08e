// Package override is what editors correct of articles, which goes before all that
// is found out of them, whenever that is.
//
// An override is a row of the compacted topic [topic.Overrides], one of each article
// that was ever corrected. The operator's tools write them; the enrich service reads
// them before it begins, follows them, and puts the corrections into all that it
// enriches.
package override

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/mediatopic"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/enrich/enricher/topics"
)

// Header is on a message that was sent because an override changed: who enriches it
// knows of the change by then. Its value is the override's number.
const Header = "ct_override"

// Rows are the rows of the topic: a table or a view of package bus.
type Rows interface {
	Get(key string) ([]byte, bool)
	Range(f func(key string, value []byte) bool)
}

// Of is the override of an article; nil: it has none. A row that can't be read is a
// permanent error.
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

// patience is how long the rows may take to be read. The lane waits meanwhile, with the
// holds and embargoes of other articles in it.
const patience = 3 * time.Second

// For is the override that counts for the article of a message; nil: it has none. An
// error that is not permanent says that it can't be told now, a permanent one that the
// row can't be read.
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

// Change is a change of an override: it sets or removes.
type Change struct {
	Set    []Said
	Remove []string // fields; with All: what there is, readable or not
	All    bool
	Who    string
	Reason string
	Via    string // by what it came, for the audit; "": the operator's tools
	At     time.Time
	// Spare is how many numbers are left to others, of those that there is room for.
	Spare int
	// From is the number of the override that the change is of, as its editor saw it, 0 if
	// there was none; nil: of whatever there is.
	From *int
	// Found is the article as it was enriched, with the text that is corrected; nil: it
	// isn't known.
	Found *article.Article
}

// Validate tells what is wrong with a change, whatever article it is of.
func (c *Change) Validate() error {
	if c.Who == "" || len(c.Who) > article.MaxWho || len(c.Reason) > article.MaxReason {
		return fmt.Errorf("who corrects needs 1 to %d bytes, the reason may have %d", article.MaxWho, article.MaxReason)
	}
	if !line(c.Who) || !line(c.Reason) {
		return errors.New("who corrects, and the reason, need to be one line of text each")
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
	switch removes := c.All || len(c.Remove) > 0; {
	case len(c.Set) == 0 && !removes:
		return errors.New("nothing is set or removed")
	case len(c.Set) > 0 && removes:
		return errors.New("a change sets or removes, it can't do both")
	}
	return nil
}

// line tells whether s is text without line ends and other control characters.
func line(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) }

// Errors of changes that change nothing.
var (
	ErrNothing = errors.New("has no such correction")
	ErrSame    = errors.New("is corrected so already")
)

// ErrMoved is of a change whose override is not as its editor saw it any more.
var ErrMoved = errors.New("was corrected otherwise meanwhile")

// ErrUnread is of a change of what can't be read.
var ErrUnread = errors.New("what was corrected can't be read")

// unreadError says why.
type unreadError struct{ err error }

func (e *unreadError) Error() string   { return e.err.Error() }
func (e *unreadError) Unwrap() []error { return []error{e.err, ErrUnread} }

// ValueError says that what an editor says of fields is none of theirs, and where.
type ValueError struct{ Err error }

func (e *ValueError) Error() string { return e.Err.Error() }

// Unwrap gives what is wrong.
func (e *ValueError) Unwrap() error { return e.Err }

// Made is what a change makes.
type Made struct {
	article.Override
	Fields   []string            // that are set or removed
	Replaced []article.Corrected // what was said before of fields that are set
}

// Make is the override after a change of the one that there is; was is nil if there is
// none, and unread says that there is one which can't be read. a is the article's newest
// revision as it was received; to remove, its URI is enough. above is a number that the
// new one must be above, whatever the row says: the highest that was ever seen.
//
// Where the numbers end nothing can be set any more, and all can still be removed.
func (c *Change) Make(was *article.Override, unread error, above int, a *article.Article) (Made, error) {
	o := Made{Override: article.Override{URI: a.URI}}
	if was != nil {
		o.Override = *was
	}
	limit := article.MaxCorrections - c.Spare
	if len(c.Set) == 0 {
		limit = article.MaxCorrections + len(article.Correctable())
	}
	if o.Number = max(o.Number, above) + 1; o.Number > limit {
		return o, fmt.Errorf("%s was corrected %d times, and a revision has room for %d", a.URI, o.Number-1, limit)
	}
	switch {
	case unread != nil && !c.All:
		return o, fmt.Errorf("remove --all comes first: %w", &unreadError{unread})
	case unread != nil:
		return o, nil //nolint:nilerr // what can't be read is written over
	case len(c.Set) == 0:
		if err := c.remove(&o); err != nil {
			return o, err
		}
		return o, c.moved(was, &o)
	}
	if err := c.set(&o, a); err != nil {
		return o, err
	}
	if err := c.moved(was, &o); err != nil {
		return o, err
	}
	if _, err := event.EncodeOverride(&o.Override); err != nil {
		return o, err
	}
	return o, fits(&o.Override, *a)
}

// moved tells that the override isn't the one that the change is of. Of what changes
// nothing it isn't asked: that may be the same change, sent again.
func (c *Change) moved(was *article.Override, o *Made) error {
	number := 0
	if was != nil {
		number = was.Number
	}
	if c.From == nil || *c.From == number {
		return nil
	}
	return fmt.Errorf("%s %w: the change is of number %d, and it has %d", o.URI, ErrMoved, *c.From, number)
}

// remove removes.
func (c *Change) remove(o *Made) error {
	if o.Fields = c.Remove; c.All {
		for _, x := range o.Corrections {
			o.Fields = append(o.Fields, x.Field)
		}
		if len(o.Fields) == 0 {
			return fmt.Errorf("%s %w", o.URI, ErrNothing)
		}
	}
	var missing []string
	for _, f := range o.Fields {
		var had bool
		if o.Override, had = o.Remove(f); !had {
			missing = append(missing, f)
		}
	}
	switch none := strings.Join(missing, ", "); len(missing) {
	case 0:
		return nil
	case len(o.Fields):
		return fmt.Errorf("%s: %s %w", none, o.URI, ErrNothing)
	default: // no ErrNothing, since there is something to remove
		return fmt.Errorf("%s: %s has no such correction; the others can be removed", none, o.URI)
	}
}

// passedOver tells whether the article was enriched with all that was said, and a field of
// that isn't in it: who enriched it didn't know the field. Said again, it has to be a change,
// or it would be the revision that there is already.
func (c *Change) passedOver(o *Made, field string) bool {
	return c.Found != nil && c.Found.Corrections.Number == o.Number-1 && !c.Found.Corrects(field)
}

// set sets. What says the same as before stays as it was said first, if it was put in.
func (c *Change) set(o *Made, a *article.Article) error {
	if a.Status == article.Canceled || a.Text == "" {
		return fmt.Errorf("%s has no text to correct anything of", a.URI)
	}
	var errs []error
	for _, s := range c.Set {
		proof := article.Proof{Article: a, Found: c.Found}
		if i := slices.IndexFunc(o.Corrections, func(x article.Correction) bool { return x.Field == s.Field }); i >= 0 {
			proof.Stands = &o.Corrections[i]
		}
		said, err := parse(proof, s)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if stands := proof.Stands; stands != nil {
			if same(stands, &said) && !c.passedOver(o, s.Field) {
				continue
			}
			o.Replaced = append(o.Replaced, stands.Corrected)
		}
		said.Who, said.At, said.Reason = c.Who, c.At.UTC().Truncate(time.Millisecond), c.Reason
		o.Override = o.Set(said)
		o.Fields = append(o.Fields, s.Field)
	}
	if len(errs) == 0 && len(o.Fields) == 0 {
		return fmt.Errorf("%s %w", o.URI, ErrSame)
	}
	if len(errs) > 0 {
		return &ValueError{errors.Join(errs...)}
	}
	return nil
}

// same tells whether two corrections say the same, whoever says it.
func same(a, b *article.Correction) bool {
	said := func(c article.Correction) []byte {
		c.Corrected, c.Reason = article.Corrected{Field: c.Field}, ""
		value, err := event.EncodeOverride(&article.Override{Number: 1, Corrections: []article.Correction{c}})
		if err != nil {
			return nil
		}
		return value
	}
	x, y := *a, *b
	if slices.Equal(x.Known, y.Known) && (x.Text == 0) == (y.Text == 0) {
		y.Text = x.Text // there was nothing more to know
	}
	is := said(x)
	return is != nil && bytes.Equal(is, said(y))
}

// fits tells whether the article can travel with the override.
func fits(o *article.Override, a article.Article) error {
	o.In(a.Text).Apply(&a)
	if a.Reissue(); a.Corrections.Number < o.Number {
		return fmt.Errorf("%s was issued again %d times, and a revision has room for %d", a.URI, a.Revision.Parts().Sequence, article.MaxSequence)
	}
	a.Original.Bytes = nil
	_, err := event.Encode(&a, event.Enriched)
	return err
}

// paths gives topics their paths.
var paths = sync.OnceValues(topics.Paths)

// parse reads what is said of a field. Topics must be among those that there are; their
// labels and paths are those of the Media Topics, whatever is said. Places that are said
// by their names are where the gazetteer has them.
func parse(proof article.Proof, s Said) (article.Correction, error) {
	value := s.Value
	switch s.Field {
	case "places":
		proof.Locate = whereIs(proof.Found)
	case "topics":
		path, err := paths()
		if err != nil {
			return article.Correction{}, err
		}
		value = withPaths(value, path)
	}
	c, err := article.ParseCorrection(proof, s.Field, value)
	if err != nil {
		return c, err
	}
	var errs []error
	for i := range c.Value.Topics {
		t := &c.Value.Topics[i]
		if t.Label = mediatopic.Label(t.Qcode); t.Label == "" {
			errs = append(errs, fmt.Errorf("topics: topic %d: %q is none of IPTC's Media Topics", i, t.Qcode))
		}
	}
	return c, errors.Join(errs...)
}

// withPaths gives topics in JSON their paths. What is no list of topics stays as it is,
// and what is none of the Media Topics has itself alone.
func withPaths(value []byte, path func(string) []string) []byte {
	var said []map[string]any
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	if err := d.Decode(&said); err != nil || d.More() {
		return value
	}
	for _, t := range said {
		if qcode, is := t["qcode"].(string); is {
			if t["path"] = []string{qcode}; path(qcode) != nil {
				t["path"] = path(qcode)
			}
		}
	}
	completed, err := json.Marshal(said)
	if err != nil {
		return value
	}
	return completed
}
