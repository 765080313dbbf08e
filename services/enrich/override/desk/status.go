package desk

import (
	"context"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/release"
)

// Stands is how the article stands by the table of statuses.
func Stands(ctx context.Context, b *bus.Bus, uri article.URI) (article.Standing, error) {
	value, err := StatusRow(ctx, b, uri)
	if err != nil || value == nil {
		return article.Standing{}, err
	}
	row, err := release.ReadRow(value)
	return row.Standing(), err
}

// StatusRow is the article's row in the table of statuses, whatever a writer that
// was overtaken wrote since; nil if it has none.
func StatusRow(ctx context.Context, b *bus.Bus, uri article.URI) ([]byte, error) {
	there, _, err := b.There(ctx, []string{topic.Status})
	if err != nil || len(there) == 0 {
		return nil, err
	}
	v, err := b.OpenView(ctx, topic.Status)
	if err != nil {
		return nil, err
	}
	defer func() { _ = v.Close() }()
	value, _ := v.Get(string(uri))
	return value, nil
}
