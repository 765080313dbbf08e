package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/enricher/segments"
	"github.com/copytaster/copytaster/services/enrich/override"
)

// Lineage is what the log has of an article's revisions.
type Lineage struct {
	uri       article.URI
	ends      map[string]int64 // where reading goes on
	newest    Newest
	corrected int              // the highest number of an override
	last      article.Revision // of what was enriched
	read      *article.Article // it
	seen      int              // the number that it has
	stands    article.Standing // by the table of statuses
	latest    int64            // the highest source of a revision, notices among them

	// shows is the revision that its editor was shown, 0: none; still is asked right before
	// a change is written, and says why it may not be.
	shows article.Revision
	still func(context.Context) error
}

// Newest is the newest revision of an article that has a text, as it was received.
type Newest struct {
	*article.Article // nil: there is none

	FromEnriched bool // it was enriched: what was found out is taken out, and what was corrected is not known
}

// Take notes a revision; enriched tells that it was read behind the enrichment.
func (n *Newest) Take(a *article.Article, enriched bool) {
	if a.Text == "" || a.Status == article.Canceled {
		return
	}
	if enriched {
		a = asReceived(a)
	}
	if n.Article == nil || a.Revision > n.Revision || a.Revision == n.Revision && n.FromEnriched && !enriched {
		n.Article, n.FromEnriched = a, enriched
	}
}

// asReceived is a without what is found out again. Language and agency stay, which the
// agency may have stated, unless an editor corrected them; and a flag that a list was
// cut, which ingest may have done.
func asReceived(a *article.Article) *article.Article {
	b := *a
	b.Forget()
	b.Amounts, b.Quantities, b.Moments, b.Quotes, b.Filed, b.Translation = nil, nil, nil, nil, article.Filed{}, article.Translation{}
	b.CitedMedia, b.Credits, b.Attribution = nil, nil, article.Attribution{}
	b.Entities, b.Places, b.Topics, b.Keyphrases, b.Summary = nil, nil, nil, nil, article.Evidence{}
	b.Unflag(article.FlagEnricherFailed)
	p := b.Revision.Parts()
	p.Generation = 0
	if r, err := p.Revision(); err == nil {
		b.Revision = r
	}
	return &b
}

// traces are where an article's revisions are.
var traces = []string{topic.Received, topic.ReceivedBulk, topic.Enriched, topic.EnrichedBulk}

// Find looks for an article in the log.
func (e *Desk) Find(ctx context.Context, uri article.URI) (*Lineage, error) {
	of := &Lineage{uri: uri, ends: map[string]int64{}}
	return of, e.look(ctx, of)
}

// look sees how the article stands now, and what came since it was looked at.
func (e *Desk) look(ctx context.Context, of *Lineage) (err error) {
	if of.stands, err = e.stands(ctx, of.uri); err != nil {
		return err
	}
	return e.readOn(ctx, of)
}

// current looks again, and tells why a change that somebody decided by what they were
// shown can't be made by now.
func (e *Desk) current(ctx context.Context, of *Lineage) error {
	if err := e.look(ctx, of); err != nil || of.still == nil {
		return err
	}
	switch killed := of.stands.Status == article.Canceled; {
	case of.latest > of.shows.Source():
		return &RefusalError{ErrNewer}
	case !killed && !of.shown(time.Now()):
		return &RefusalError{ErrHidden}
	}
	return of.still(ctx)
}

// readOn reads what came since.
func (e *Desk) readOn(ctx context.Context, of *Lineage) error {
	there, err := e.there(ctx)
	if err != nil {
		return err
	}
	var ss []bus.Stretch
	for _, name := range there {
		part, err := e.bus.Whole(ctx, name, []byte(of.uri))
		if err != nil {
			return err
		}
		for _, s := range part { // one: the key's
			s.From = max(s.From, of.ends[name])
			of.ends[name] = s.To
			ss = append(ss, s)
		}
	}
	n := bus.LenOf(ss)
	if e.tables != nil && n > MaxBehind {
		return &RefusalError{&BehindError{n}}
	}
	passed, done := e.watch(n)
	defer done()
	return e.bus.Scan(ctx, ss, passed, func(m stage.Message) error {
		if string(m.Key) != string(of.uri) {
			return nil
		}
		if a, err := event.Decode(m); err == nil { // else it is among the dead letters
			of.take(&a, enriched(m.Topic))
		}
		return nil
	})
}

// there are the traces; of a service's desk all of them, or it is an error.
func (e *Desk) there(ctx context.Context) ([]string, error) {
	if e.tables != nil {
		return traces, nil
	}
	there, _, err := e.bus.There(ctx, traces)
	return there, err
}

func enriched(name string) bool { return name == topic.Enriched || name == topic.EnrichedBulk }

// take notes a revision.
func (of *Lineage) take(a *article.Article, enriched bool) {
	of.latest = max(of.latest, a.Revision.Source())
	of.corrected = max(of.corrected, a.Corrections.Number)
	if enriched && a.Text != "" && a.Status != article.Canceled && a.Revision >= of.last {
		of.last, of.seen, of.read = a.Revision, a.Corrections.Number, a
	}
	of.newest.Take(a, enriched)
}

// make is what a change of the rows makes.
func (of *Lineage) make(ctx context.Context, change *override.Change, rows override.Rows) (override.Made, error) {
	was, unread := override.Of(rows, of.uri)
	a := article.Article{URI: of.uri}
	if of.newest.Article != nil {
		a = *of.newest.Article
	}
	said := *change
	if of.read != nil && of.read.Text == a.Text {
		a.Segments = of.read.Segments // a summary must be of the report
		said.Found = of.read
		if slices.ContainsFunc(change.Set, func(s override.Said) bool { return s.Field == "segments" }) {
			if err := of.untold(ctx, &a); err != nil {
				return override.Made{}, refused(err)
			}
		}
	}
	made, err := said.Make(was, unread, of.corrected, &a)
	return made, refused(err)
}

var segmenter = sync.OnceValues(segments.New)

// untold gives a the segments that what is said of them is put into: what was said before
// isn't in them, which they may be cut by.
func (of *Lineage) untold(ctx context.Context, a *article.Article) error {
	if !slices.ContainsFunc(a.Segments, func(s article.Segment) bool { return s.Enricher == article.Signer }) {
		return nil
	}
	enricher, err := segmenter()
	if err != nil {
		return err
	}
	found := *of.newest.Article
	if err := enricher.Enrich(ctx, &found); err != nil {
		return err
	}
	a.Segments = found.Segments
	return nil
}

// line says what a change made.
func (of *Lineage) line(change *override.Change, made *override.Made) (Line, error) {
	l, err := of.lineOf(&made.Override)
	if l.Action = "remove"; len(change.Set) > 0 {
		l.Action = "set"
	}
	for _, c := range made.Replaced {
		l.Replaced = append(l.Replaced, Correction{Field: c.Field, Who: c.Who, At: c.At.UTC()})
	}
	return l, err
}

// lineOf is an override of the article, without words that may not be shown.
func (of *Lineage) lineOf(o *article.Override) (Line, error) {
	l, err := lineOf(o)
	of.compare(&l, o)
	if !of.shown(time.Now()) {
		l.hide()
	}
	if of.correctable() == nil {
		l.Revision = of.newest.Revision
	}
	return l, err
}

// compare tells of each field of o what of it isn't in the text as it is now, and what
// that has more.
func (of *Lineage) compare(l *Line, o *article.Override) {
	var lost []string
	var in *article.Article // has all of o that could be put in
	if of.newest.Article != nil {
		if of.read != nil && of.read.Text == of.newest.Text && of.seen >= o.Number {
			in = of.read
		}
		lost = o.In(of.newest.Text).Lost(in)
	}
	for i := range l.Fields {
		c := &l.Fields[i]
		c.Unplaced = slices.Contains(lost, c.Field) || in != nil && !in.Corrects(c.Field)
		if of.read == nil {
			continue
		}
		for _, f := range of.read.Corrections.Fields {
			if f.Field == c.Field && f.At.Equal(c.At) {
				c.Unseen = f.Unseen
			}
		}
	}
}

// shown tells whether the article may be seen at that time.
func (of *Lineage) shown(now time.Time) bool {
	stands := of.stands
	if of.newest.Article != nil { // the table may not have it yet
		stands, _ = stands.Apply(of.newest.Article)
	}
	return stands.Revision == 0 || stands.Visible(now)
}

// said is the override that says already what was to be changed, by the error of that.
func (of *Lineage) said(err error, rows override.Rows) *article.Override {
	if !errors.Is(err, override.ErrSame) && !errors.Is(err, override.ErrNothing) {
		return nil
	}
	if o, err := override.Of(rows, of.uri); err == nil {
		return o
	}
	return nil
}

// owed tells that the newest revision doesn't have the override yet, though it is written.
func (of *Lineage) owed(o *article.Override) bool {
	return o != nil && of.seen < o.Number && of.correctable() == nil
}

// correctable tells why nothing of the article can be corrected or sent now.
func (of *Lineage) correctable() error {
	switch {
	case of.stands.Status == article.Canceled:
		return fmt.Errorf("%s %w: copytaster reinstate comes first", of.uri, ErrKilled)
	case of.newest.Article == nil:
		return fmt.Errorf("%s has no revision with a text in the log", of.uri)
	}
	return nil
}

// changeable tells why such a change can't be made of the article.
func (of *Lineage) changeable(change *override.Change) error {
	if len(change.Set) == 0 {
		return nil
	}
	return refused(of.correctable())
}

// unsureError is of a change of which nobody knows whether it is kept.
type unsureError struct{ error }

func (e *unsureError) Unwrap() error { return e.error }

// Unsure tells whether it is open, after the error of a change, if the change is kept.
func Unsure(err error) bool { return errors.As(err, new(*unsureError)) }

// unsure is an error after which nobody knows whether a change is kept.
func (of *Lineage) unsure(err error) error {
	return &unsureError{fmt.Errorf("the change may be kept: copytaster override list %s tells, and the same command once more, or copytaster override reissue, goes on: %w", of.uri, err)}
}
