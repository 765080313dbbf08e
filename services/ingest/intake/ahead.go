package intake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
)

// KillsAhead is a sink that writes every kill to notices before it writes all
// articles to to: whoever hides what is killed reads notices, and doesn't wait
// for what is still to be enriched.
func KillsAhead(notices, to stage.Sink) stage.Sink { return ahead{notices, to} }

type ahead struct{ notices, to stage.Sink }

func (s ahead) Write(ctx context.Context, as []article.Article) error {
	var kills []article.Article
	for _, a := range as {
		if a.Status == article.Canceled {
			a.Original.Bytes = nil // who hides it needs none
			kills = append(kills, a)
		}
	}
	if len(kills) > 0 {
		// What is refused for good is refused below, too, and told there.
		if err := stands(s.notices.Write(ctx, kills)); err != nil {
			return fmt.Errorf("write kills ahead: %w", err)
		}
	}
	return s.to.Write(ctx, as)
}

// stands is the error that stands in the way of all articles; nil if there is
// none, or what failed is refused for good. It is never a [*stage.PartialError]:
// that would be read as one of all articles, of which none was written.
func stands(err error) error {
	partial, ok := errors.AsType[*stage.PartialError](err)
	if !ok {
		return err
	}
	for _, i := range slices.Sorted(maps.Keys(partial.Errs)) {
		if e := partial.Errs[i]; !stage.IsPermanent(e) || stage.IsFatal(e) {
			return e
		}
	}
	return nil
}

func (s ahead) Close() error { return errors.Join(s.notices.Close(), s.to.Close()) }
