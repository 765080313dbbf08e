package intake

import (
	"context"
	"errors"
	"fmt"

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
		if err := s.notices.Write(ctx, kills); err != nil {
			var partial *stage.PartialError
			if !errors.As(err, &partial) || !permanent(partial) {
				return fmt.Errorf("write kills ahead: %w", err)
			}
			// What is refused for good is refused below, too, and told there.
		}
	}
	return s.to.Write(ctx, as)
}

func permanent(e *stage.PartialError) bool {
	for _, err := range e.Errs {
		if !stage.IsPermanent(err) {
			return false
		}
	}
	return true
}

func (s ahead) Close() error { return errors.Join(s.notices.Close(), s.to.Close()) }
