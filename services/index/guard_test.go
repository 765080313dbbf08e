package index_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/index"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// eager reads what is registered at once, as a scrape may.
type eager struct{ *prometheus.Registry }

func (e eager) MustRegister(cs ...prometheus.Collector) {
	e.Registry.MustRegister(cs...)
	if _, err := e.Gather(); err != nil {
		panic(err)
	}
}

func TestScrapeWhileASinkIsMade(t *testing.T) {
	s := index.NewSink(&away{}, corpus.Namespace("x"), bulk.Config{}, eager{prometheus.NewRegistry()})
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestPanickingArticle: one article whose documents can't be built for a panic
// is refused for good, and those around it are written.
func TestPanickingArticle(t *testing.T) {
	w := newWorld(t)
	w.sink.PanicOn("urn:x:bad")
	err := w.sink.Write(t.Context(), []article.Article{revision("urn:x:1", 1), revision("urn:x:bad", 1), revision("urn:x:2", 1)})
	var partial *stage.PartialError
	if !errors.As(err, &partial) || len(partial.Errs) != 1 || !stage.IsPermanent(partial.Errs[1]) || !strings.Contains(partial.Errs[1].Error(), "no such day") {
		t.Errorf("got %v", err)
	}
}

// forgetful can't ask for versions.
type forgetful struct{ esapi.Transport }

func (f forgetful) Perform(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "_search") {
		panic("what was it")
	}
	return f.Transport.Perform(r)
}

// TestPanicBesideTheCaller: parts of a large write have goroutines of their own,
// and a panic in one of them is an error for the stage to deal with.
func TestPanicBesideTheCaller(t *testing.T) {
	w := newWorld(t)
	s := index.NewSink(forgetful{w.es}, w.ns, bulk.Config{}, prometheus.NewRegistry())
	as := []article.Article{kill("urn:x:killed", 1)} // its older versions are looked for
	for i := range 2 * index.PartArticles {
		as = append(as, revision(article.URI(fmt.Sprint("urn:x:", i)), 1))
	}
	for range 2 { // what the first one held is free again
		if err := s.Write(t.Context(), as); !stage.Panicked(err) || !strings.Contains(err.Error(), "what was it") {
			t.Errorf("got %v", err)
		}
	}
	if err := s.Write(t.Context(), as[1:]); err != nil {
		t.Errorf("without the culprit: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(b)
}

// TestOutageIsSaidOnce: however often Elasticsearch is tried while it is away.
func TestOutageIsSaidOnce(t *testing.T) {
	es := &away{}
	var log lockedBuffer
	s := index.NewSink(es, corpus.Namespace("x"), bulk.Config{BreakAfter: 1, Timeout: 50 * time.Millisecond, ProbeEvery: time.Millisecond}, prometheus.NewRegistry())
	s.Log = zerolog.New(&log)
	for es.asked.Load() < 20 {
		if err := s.Write(t.Context(), []article.Article{revision("urn:x:1", 1)}); err == nil {
			t.Fatal("written")
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "circuit to Elasticsearch changed"); n != 1 {
		t.Errorf("said %d times: %s", n, log.String())
	}
}
