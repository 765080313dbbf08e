package index_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/index"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// TestKillInOneLaneWhileTheOtherWrites: the lanes have sinks of their own, so a
// kill and the revisions around it may be written at the same moment. It holds
// all the same, for the head and for every version.
func TestKillInOneLaneWhileTheOtherWrites(t *testing.T) {
	w := newWorld(t)
	other := index.NewSink(w.es, w.ns, bulk.Config{Concurrency: 1, MaxDocs: 20}, prometheus.NewRegistry())
	t.Cleanup(func() {
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	})
	// write repeats what is to be repeated, as the stage does.
	write := func(s *index.Sink, a article.Article) error {
		for {
			err := s.Write(t.Context(), []article.Article{a})
			var partial *stage.PartialError
			if err == nil || !errors.As(err, &partial) || stage.IsPermanent(partial.Errs[0]) {
				return err
			}
		}
	}
	const articles = 60
	var all sync.WaitGroup
	for i := range articles {
		uri := article.URI(fmt.Sprintf("urn:x:race-%d", i))
		for _, side := range []struct {
			sink *index.Sink
			as   []article.Article
		}{
			{w.sink, []article.Article{revision(uri, 2), kill(uri, 3)}},
			{other, []article.Article{revision(uri, 1), revision(uri, 4), revision(uri, 5)}},
		} {
			all.Go(func() {
				for _, a := range side.as {
					if err := write(side.sink, a); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	w.refresh()
	for i := range articles {
		uri := article.URI(fmt.Sprintf("urn:x:race-%d", i))
		if head := w.head(uri); !strings.HasPrefix(head, "canceled") || strings.Contains(head, "Secret") {
			t.Errorf("head of %s: %s", uri, head)
		}
		versions := w.searchable(uri)
		if len(versions) != 5 || strings.Contains(fmt.Sprint(versions), "Secret") {
			t.Errorf("versions of %s: %v", uri, versions)
		}
	}
}
