package index

import (
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// PanicOn makes the building of one article's documents panic.
func (s *Sink) PanicOn(uri article.URI) {
	build := s.documents
	s.documents = func(b []byte, a *article.Article, now time.Time) ([]byte, int, error) {
		if a.URI == uri {
			panic("no such day")
		}
		return build(b, a, now)
	}
}

// Room is what is reserved for the documents of articles.
func Room(as []article.Article) int { return room(as) }
