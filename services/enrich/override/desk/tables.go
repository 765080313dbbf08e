package desk

import (
	"context"
	"errors"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/override"
	"github.com/copytaster/copytaster/services/release"
)

// tables are those that the desk of a service follows.
type tables struct{ overrides, status *bus.View }

// Open is the desk of a service: it reads the tables once and follows them. All of
// [Topics] must be there; where one is missing later, or out of reach, every answer is an
// error: without the statuses nobody knows what may be shown. Close it before the bus.
func Open(ctx context.Context, b *bus.Bus) (e *Desk, err error) {
	if err := b.TryTopics(ctx, Topics...); err != nil {
		return nil, err
	}
	e = New(b, nil)
	e.tables = &tables{}
	if e.tables.overrides, err = b.OpenView(ctx, topic.Overrides); err != nil {
		return nil, err
	}
	if e.tables.status, err = b.OpenView(ctx, topic.Status); err != nil {
		return nil, errors.Join(err, e.tables.overrides.Close())
	}
	return e, nil
}

// Close ends following.
func (e *Desk) Close() error {
	if e.tables == nil {
		return nil
	}
	var kept error
	select {
	case e.turn <- struct{}{}: // for good: there is no change any more
		if e.kept != nil {
			e.idle.Stop()
			kept = e.kept.Close()
		}
	default: // a change was cut off, and has the table
	}
	return errors.Join(kept, e.tables.overrides.Close(), e.tables.status.Close())
}

// see shows the rows as they are now.
func (*tables) see(ctx context.Context, v *bus.View, f func(override.Rows) error) error {
	if err := v.CatchUp(ctx); err != nil {
		return err
	}
	return f(v)
}

// stands is how the article stands by the table of statuses.
func (e *Desk) stands(ctx context.Context, uri article.URI) (s article.Standing, err error) {
	if e.tables == nil {
		return Stands(ctx, e.bus, uri)
	}
	err = e.tables.see(ctx, e.tables.status, func(rows override.Rows) error {
		value, ok := rows.Get(string(uri))
		if !ok {
			return nil
		}
		row, err := release.ReadRow(value)
		s = row.Standing()
		return err
	})
	return s, err
}
