// Package indextest is what the tests of the index share: articles, requests to
// Elasticsearch, and the service itself.
package indextest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/services/index"
)

// Revision is the version n of a URI: revision n<<16, received n minutes after
// the first.
func Revision(uri article.URI, n int) article.Article {
	a := article.Article{
		URI: uri, Revision: article.Revision(n << 16), Status: article.Usable, Source: "wire", Provider: "dpa",
		Language: article.Label{Value: "en"}, ReceivedAt: time.Date(2024, 4, 20, 6, n, 0, 0, time.UTC),
	}
	var b article.Builder
	b.Add(article.Headline, fmt.Sprintf("Secret %d", n))
	b.Add(article.Paragraph, "Body of the report.")
	b.Fill(&a)
	return a
}

// Kill is [Revision] as a kill.
func Kill(uri article.URI, n int) article.Article {
	a := Revision(uri, n)
	a.Status = article.Canceled
	return a
}

// Call makes a request with a JSON body, none if it is nil, and ends the test if
// the reply is neither a success nor one of the other statuses.
func Call(t testing.TB, es esapi.Transport, method, path string, body any, others ...int) map[string]any {
	t.Helper()
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, path, content)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := es.Perform(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var v map[string]any
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	allowed := res.StatusCode < http.StatusMultipleChoices
	for _, s := range others {
		allowed = allowed || res.StatusCode == s
	}
	if !allowed {
		t.Fatalf("%s %s: %d %v", method, path, res.StatusCode, v)
	}
	return v
}

// Serve runs the service with these settings until stop is called, or the test
// ends. It may not be ready yet.
func Serve(t testing.TB, settings ...string) (addr string, stop func()) {
	t.Helper()
	c, err := boot.Load(index.Service, settings...)
	if err != nil {
		t.Fatal(err)
	}
	srv, err := boot.NewServer(boot.Config{Listen: "127.0.0.1:0"}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- boot.RunService(ctx, index.Service, c, srv.Kit(index.Name)) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-ended, srv.Close(context.Background())); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return srv.Addr(), stop
}
