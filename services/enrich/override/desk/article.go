package desk

import (
	"context"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/services/enrich/override"
)

// clocks is how far those of ingest and Kafka may differ.
const clocks = time.Hour

// known is an article of the index, of which the log is to be read from where its newest
// revision was received: what is older says nothing that the index doesn't.
func (e *Desk) known(ctx context.Context, a *article.Article) (*Lineage, error) {
	of := &Lineage{uri: a.URI, ends: map[string]int64{}, corrected: a.Corrections.Number}
	there, _, err := e.bus.There(ctx, traces)
	if err != nil {
		return nil, err
	}
	for _, name := range there {
		at, err := e.bus.OffsetsAt(ctx, name, a.ReceivedAt.Add(-clocks))
		if err != nil {
			return nil, err
		}
		of.ends[name] = at[bus.PartitionOf([]byte(a.URI), len(at))]
	}
	return of, nil
}

// Of is the override of an article, a being it in the index; without fields, and with
// the number 0, if nothing of it was ever corrected. A row that can't be read is a
// [Refusal].
func (e *Desk) Of(ctx context.Context, a *article.Article) (Line, error) {
	l := Line{URI: a.URI, Fields: []Correction{}}
	var o *article.Override
	if err := e.See(ctx, func(rows override.Rows) error {
		var unread error
		o, unread = override.Of(rows, a.URI)
		return refused(unread)
	}); err != nil || o == nil {
		return l, err
	}
	of := &Lineage{uri: a.URI, seen: a.Corrections.Number, newest: Newest{Article: a, FromEnriched: true}}
	var err error
	if of.stands, err = Stands(ctx, e.bus, a.URI); err != nil {
		return l, err
	}
	if l, err = of.lineOf(o); err == nil && of.correctable() == nil {
		l.Revision, l.Seen = 0, &of.seen
	}
	return l, err
}

// Change makes a change of the override of an article, a being it in the index, and
// sends the article again. An error may come with what is kept nevertheless.
func (e *Desk) Change(ctx context.Context, a *article.Article, change override.Change) (Line, error) {
	of, err := e.known(ctx, a)
	if err != nil {
		return Line{}, err
	}
	l, err := e.CarryOut(ctx, of, change)
	if l.URI == "" {
		return l, err
	}
	done := err == nil
	l.Done = &done
	return l, err
}
