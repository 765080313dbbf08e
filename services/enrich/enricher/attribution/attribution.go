// Package attribution draws the chain of who says so: the publisher, the
// agency it took the text from, the media that the text cites.
package attribution

import (
	"context"
	"slices"

	"github.com/copytaster/copytaster/pkg/article"
)

// Name and version of this enricher.
const (
	Name    = "attribution"
	Version = 1
)

// Enricher puts together what others found. It is safe for concurrent use.
type Enricher struct{}

// New never fails.
func New() (Enricher, error) { return Enricher{}, nil }

// Enrich sets a.Attribution from Source, Agency and CitedMedia.
func (Enricher) Enrich(_ context.Context, a *article.Article) error {
	at := article.Attribution{Publisher: a.Source, Via: a.Agency.Value}
	at.Cites = slices.Grow(at.Cites, len(a.CitedMedia))
	for _, m := range a.CitedMedia {
		at.Cites = append(at.Cites, m.Value)
	}
	a.Attribution = at
	return nil
}
