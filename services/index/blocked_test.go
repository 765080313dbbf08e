package index_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/services/index"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// TestReadyNamesTheBlock: a live index that is closed for writing is named, with
// its block, until a write succeeds.
func TestReadyNamesTheBlock(t *testing.T) {
	w := newWorld(t)
	w.write(revision("urn:x:1", 1))
	if err := w.sink.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, alias := range []string{w.ns.Versions(), w.ns.Articles()} {
		w.call("PUT", "/"+alias+"-1/_block/write", nil)
		if err := w.sink.Write(t.Context(), []article.Article{revision("urn:x:1", 2)}); err == nil {
			t.Fatal("it was written")
		}
		err := w.sink.Ready(t.Context())
		if err == nil || !strings.Contains(err.Error(), alias+" can't be written to") || !strings.Contains(err.Error(), "index ["+alias+"-1] blocked by: [FORBIDDEN/8/index write (api)]") {
			t.Errorf("ready: %v", err)
		}
		w.call("PUT", "/"+alias+"-1/_settings", map[string]any{"index.blocks.write": nil})
		if err := w.sink.Ready(t.Context()); err == nil {
			t.Error("it is forgotten before a write has succeeded")
		}
		w.write(revision("urn:x:1", 1)) // superseded, which is as good
		if err := w.sink.Ready(t.Context()); err != nil {
			t.Errorf("after a write: %v", err)
		}
	}
}

// TestReadyNamesTheLostIndex: an alias that is not there any more is named until
// there is one again.
func TestReadyNamesTheLostIndex(t *testing.T) {
	w := newWorld(t)
	w.call("DELETE", "/"+w.ns.Articles()+"-1", nil)
	if err := w.sink.Write(t.Context(), []article.Article{revision("urn:x:1", 1)}); err == nil {
		t.Fatal("it was written")
	}
	if err := w.sink.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), w.ns.Articles()+" can't be written to") || !strings.Contains(err.Error(), "is not an alias") {
		t.Errorf("ready: %v", err)
	}
	if err := corpus.Ensure(t.Context(), w.es, w.ns, corpus.Settings{}); err != nil {
		t.Fatal(err)
	}
	w.write(revision("urn:x:1", 1))
	if err := w.sink.Ready(t.Context()); err != nil {
		t.Errorf("with a new index: %v", err)
	}
}

// flooded answers as an Elasticsearch whose disk is full, for one index.
type flooded struct {
	index string
	gone  atomic.Bool
}

func (f *flooded) Perform(r *http.Request) (*http.Response, error) {
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var items []string
	for i, l := range bytes.Split(bytes.TrimSpace(sent), []byte("\n")) {
		if i%2 == 1 {
			continue // a document
		}
		item := `{"index":{"status":201}}`
		if bytes.Contains(l, []byte(`"`+f.index+`"`)) && !f.gone.Load() {
			item = `{"index":{"status":429,"error":{"type":"cluster_block_exception","reason":"index [` + f.index + `-1] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];"}}}`
		}
		items = append(items, item)
	}
	body := fmt.Sprintf(`{"items":[%s]}`, strings.Join(items, ","))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"X-Elastic-Product": {"Elasticsearch"}}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func TestReadyNamesTheFullDisk(t *testing.T) {
	es := &flooded{index: "x-articles"}
	s := index.NewSink(es, corpus.Namespace("x-"), bulk.Config{}, prometheus.NewRegistry())
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := s.Write(t.Context(), []article.Article{revision("urn:x:1", 1)}); err == nil {
		t.Fatal("it was written")
	}
	err := s.Ready(t.Context())
	if err == nil || !strings.Contains(err.Error(), "x-articles-1") || !strings.Contains(err.Error(), "read-only-allow-delete") || strings.Contains(err.Error(), "article-versions") {
		t.Errorf("ready: %v", err)
	}
	es.gone.Store(true)
	if err := s.Write(t.Context(), []article.Article{revision("urn:x:1", 1)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("after a write: %v", err)
	}
}
