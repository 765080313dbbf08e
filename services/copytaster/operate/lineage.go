package operate

import (
	"context"
	"fmt"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/override"
)

// lineage is what the log has of an article's revisions.
type lineage struct {
	uri          article.URI
	ends         map[string]int64 // where reading goes on
	newest       *article.Article // with a text, as it was received
	fromEnriched bool             // newest is of what was enriched, and not as it was received
	corrected    int              // the highest number of an override
	last         article.Revision // of what was enriched
	read         *article.Article // it, without corrections
	seen         int              // the number that it has
	stands       article.Standing // by the table of statuses
}

// traces are where an article's revisions are.
var traces = []string{topic.Received, topic.ReceivedBulk, topic.Enriched, topic.EnrichedBulk}

// find looks for an article in the log.
func (e *editor) find(ctx context.Context, uri article.URI) (*lineage, error) {
	of := &lineage{uri: uri, ends: map[string]int64{}}
	var err error
	if of.stands, err = ruledSoFar(ctx, e.bus, uri); err != nil {
		return of, err
	}
	return of, e.readOn(ctx, of)
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
	if a.Text == "" || a.Status == article.Canceled {
		return
	}
	if enriched {
		if a.Revision >= of.last {
			of.last, of.seen, of.read = a.Revision, a.Corrections.Number, a
		}
		unfind(a)
		p := a.Revision.Parts()
		p.Generation = 0
		if r, err := p.Revision(); err == nil {
			a.Revision = r
		}
	}
	if n := of.newest; n == nil || a.Revision > n.Revision || a.Revision == n.Revision && of.fromEnriched && !enriched {
		of.newest, of.fromEnriched = a, enriched
	}
}

// unfind takes out of a what is found out again. Language and agency stay, which the
// agency may have stated, unless an editor corrected them.
func unfind(a *article.Article) {
	a.Forget()
	a.Amounts, a.Quantities, a.Moments, a.Quotes, a.Filed, a.Translation = nil, nil, nil, nil, article.Filed{}, article.Translation{}
	a.CitedMedia, a.Credits, a.Attribution = nil, nil, article.Attribution{}
	a.Entities, a.Places, a.Topics, a.Keyphrases, a.Summary = nil, nil, nil, nil, article.Evidence{}
	a.Unflag(article.FlagEnricherFailed)
}

// make is what a change of the rows makes.
func (of *lineage) make(change *override.Change, rows override.Rows) (override.Made, error) {
	was, unread := override.Of(rows, of.uri)
	a := article.Article{URI: of.uri}
	if of.newest != nil {
		a = *of.newest
	}
	if of.read != nil && of.read.Text == a.Text { // a summary must be of the report
		a.Segments = of.read.Segments
	}
	return change.Make(was, unread, of.corrected, &a)
}

// line says what a change made.
func (of *lineage) line(change *override.Change, made *override.Made) (overrideLine, error) {
	l, err := overrideLineOf(&made.Override)
	if l.Action = "remove"; len(change.Set) > 0 {
		l.Action = "set"
	}
	if of.correctable() == nil {
		l.Revision = of.newest.Revision
	} else {
		l.hide()
	}
	return l, err
}

// correctable tells why nothing of the article can be corrected or sent now.
func (of *lineage) correctable() error {
	switch {
	case of.newest == nil:
		return fmt.Errorf("%s has no revision with a text in the log", of.uri)
	case of.stands.Status == article.Canceled:
		return fmt.Errorf("%s is killed: copytaster reinstate comes first", of.uri)
	}
	return nil
}
