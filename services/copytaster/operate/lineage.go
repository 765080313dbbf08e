package operate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/override"
)

// lineage is what the log has of an article's revisions.
type lineage struct {
	uri       article.URI
	ends      map[string]int64 // where reading goes on
	newest    newest
	corrected int              // the highest number of an override
	last      article.Revision // of what was enriched
	read      *article.Article // it
	seen      int              // the number that it has
	stands    article.Standing // by the table of statuses
}

// newest is the newest revision of an article that has a text, as it was received.
type newest struct {
	*article.Article // nil: there is none

	fromEnriched bool // it was enriched: what was found out is taken out, and what was corrected is not known
}

// take notes a revision.
func (n *newest) take(a *article.Article, enriched bool) {
	if a.Text == "" || a.Status == article.Canceled {
		return
	}
	if enriched {
		a = asReceived(a)
	}
	if n.Article == nil || a.Revision > n.Revision || a.Revision == n.Revision && n.fromEnriched && !enriched {
		n.Article, n.fromEnriched = a, enriched
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

// find looks for an article in the log.
func (e *editor) find(ctx context.Context, uri article.URI) (*lineage, error) {
	of := &lineage{uri: uri, ends: map[string]int64{}}
	return of, e.look(ctx, of)
}

// look sees how the article stands now, and what came since it was looked at.
func (e *editor) look(ctx context.Context, of *lineage) (err error) {
	if of.stands, err = ruledSoFar(ctx, e.bus, of.uri); err != nil {
		return err
	}
	return e.readOn(ctx, of)
}

// readOn reads what came since.
func (e *editor) readOn(ctx context.Context, of *lineage) error {
	there, _, err := split(ctx, e.bus, traces)
	if err != nil {
		return err
	}
	var ss []stretch
	for _, name := range there {
		part, err := whole(ctx, e.bus, name, keyOf(of.uri))
		if err != nil {
			return err
		}
		for _, s := range part { // one: the key's
			s.From = max(s.From, of.ends[name])
			of.ends[name] = s.To
			ss = append(ss, s)
		}
	}
	progress := e.progress(lenOf(ss))
	defer progress.close()
	return scan(ctx, e.bus, ss, progress, func(m stage.Message) error {
		if string(m.Key) != string(of.uri) {
			return nil
		}
		if a, err := event.Decode(m); err == nil { // else it is among the dead letters
			of.take(&a, m.Topic == topic.Enriched || m.Topic == topic.EnrichedBulk)
		}
		return nil
	})
}

// take notes a revision.
func (of *lineage) take(a *article.Article, enriched bool) {
	of.corrected = max(of.corrected, a.Corrections.Number)
	if enriched && a.Text != "" && a.Status != article.Canceled && a.Revision >= of.last {
		of.last, of.seen, of.read = a.Revision, a.Corrections.Number, a
	}
	of.newest.take(a, enriched)
}

// make is what a change of the rows makes.
func (of *lineage) make(change *override.Change, rows override.Rows) (override.Made, error) {
	was, unread := override.Of(rows, of.uri)
	a := article.Article{URI: of.uri}
	if of.newest.Article != nil {
		a = *of.newest.Article
	}
	if of.read != nil && of.read.Text == a.Text { // a summary must be of the report
		a.Segments = of.read.Segments
	}
	return change.Make(was, unread, of.corrected, &a)
}

// line says what a change made.
func (of *lineage) line(change *override.Change, made *override.Made) (overrideLine, error) {
	l, err := of.lineOf(&made.Override)
	if l.Action = "remove"; len(change.Set) > 0 {
		l.Action = "set"
	}
	for _, c := range made.Replaced {
		l.Replaced = append(l.Replaced, correctionLine{Field: c.Field, Who: c.Who, At: c.At.UTC()})
	}
	return l, err
}

// lineOf is an override of the article, without words that may not be shown.
func (of *lineage) lineOf(o *article.Override) (overrideLine, error) {
	l, err := overrideLineOf(o)
	if !of.shown(time.Now()) {
		l.hide()
	}
	if of.correctable() == nil {
		l.Revision = of.newest.Revision
	}
	return l, err
}

// shown tells whether the article may be seen at that time.
func (of *lineage) shown(now time.Time) bool {
	stands := of.stands
	if of.newest.Article != nil { // the table may not have it yet
		stands, _ = stands.Apply(of.newest.Article)
	}
	return stands.Revision == 0 || stands.Visible(now)
}

// said is the override that says already what was to be changed, by the error of that.
func (of *lineage) said(err error, rows override.Rows) *article.Override {
	if !errors.Is(err, override.ErrSame) && !errors.Is(err, override.ErrNothing) {
		return nil
	}
	if o, err := override.Of(rows, of.uri); err == nil {
		return o
	}
	return nil
}

// owed tells that the newest revision doesn't have the override yet, though it is written.
func (of *lineage) owed(o *article.Override) bool {
	return o != nil && of.seen < o.Number && of.correctable() == nil
}

// correctable tells why nothing of the article can be corrected or sent now.
func (of *lineage) correctable() error {
	switch {
	case of.newest.Article == nil:
		return fmt.Errorf("%s has no revision with a text in the log", of.uri)
	case of.stands.Status == article.Canceled:
		return fmt.Errorf("%s is killed: copytaster reinstate comes first", of.uri)
	}
	return nil
}

// changeable tells why such a change can't be made of the article.
func (of *lineage) changeable(change *override.Change) error {
	if len(change.Set) == 0 {
		return nil
	}
	return of.correctable()
}

// unsure is an error after which nobody knows whether a change is kept.
func (of *lineage) unsure(err error) error {
	return fmt.Errorf("the change may be kept: copytaster override list %s tells, and the same command once more, or copytaster override reissue, goes on: %w", of.uri, err)
}
