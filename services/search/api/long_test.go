package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/live"
	"github.com/copytaster/copytaster/services/search/live/livetest"
)

// hurried is a server with the time limits of the service's, in a bubble of synctest, and
// a client of it.
type hurried struct {
	conns  chan net.Conn
	closed chan struct{}
}

func serve(t *testing.T, h http.Handler) (client *http.Client, stop func()) {
	t.Helper()
	l := &hurried{make(chan net.Conn), make(chan struct{})}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = srv.Serve(l)
	}()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		select {
		case l.conns <- theirs:
			return ours, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	return &http.Client{Transport: transport}, func() {
		transport.CloseIdleConnections()
		_ = srv.Close()
		<-served
	}
}

func (l *hurried) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *hurried) Close() error {
	close(l.closed)
	return nil
}

func (l *hurried) Addr() net.Addr { return &net.TCPAddr{} }

func handler(t *testing.T, name string, s api.Service) http.Handler {
	t.Helper()
	for _, r := range api.Routes {
		if r.Name == name {
			return r.Handler(s)
		}
	}
	t.Fatalf("there is no route %s", name)
	return nil
}

func text(t *testing.T, id string) *article.Article {
	t.Helper()
	var a article.Article
	b := article.Builder{Signer: "format/test", Version: 1}
	b.Add(article.Headline, "Text "+id)
	b.Fill(&a)
	a.URI, a.Source, a.Provider, a.Status, a.Language.Value = article.NewURI("test", id), "wire", "test", article.Usable, "en"
	a.PublishedAt = time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC)
	a.ReceivedAt = a.PublishedAt
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	return &a
}

// index answers searches with one page after the other, each of which takes its time.
type index struct {
	pages [][]any
	heads []any
	takes time.Duration
}

func (x *index) Perform(r *http.Request) (*http.Response, error) {
	asked, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	answer := map[string]any{"docs": x.heads}
	if !strings.HasSuffix(r.URL.Path, "/_mget") {
		hits := map[string]any{"total": map[string]any{"value": len(x.heads), "relation": "eq"}}
		if !strings.Contains(string(asked), `"size":0`) {
			select {
			case <-time.After(x.takes):
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
			hits["hits"], x.pages = x.pages[0], x.pages[1:]
		}
		answer = map[string]any{"hits": hits}
	}
	b, err := json.Marshal(answer)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"X-Elastic-Product": {"Elasticsearch"}}, Body: io.NopCloser(strings.NewReader(string(b)))}, err
}

// TestLongExport: an export may take longer than the server gives a request, and longer to
// make a page of than its client has to read it.
func TestLongExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &index{takes: 90 * time.Second}
		for _, n := range []int{find.MaxSize + 1, find.MaxSize + 1, 1} {
			var page []any
			for range n {
				a := text(t, "a")
				source, err := corpus.Document(a, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				page = append(page, map[string]any{"_source": json.RawMessage(source), "sort": []any{1, a.URI}})
			}
			x.pages = append(x.pages, page)
		}
		for range find.MaxSize + 1 {
			x.heads = append(x.heads, map[string]any{"_id": corpus.ID(text(t, "a").URI), "found": true, "_source": map[string]any{"status": article.Usable}})
		}
		f := find.New(x, "", time.UTC, 2*time.Minute, time.Now)
		client, stop := serve(t, handler(t, "export", api.Service{Finder: func(*http.Request) *find.Finder { return f }, Log: zerolog.Nop()}))
		defer stop()
		began := time.Now()
		res, err := client.Get("http://search/v1/export")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil || !strings.Contains(string(b), `"end":{"articles":201,"complete":true}`) {
			t.Errorf("%s: %v, after %v", b[max(0, len(b)-300):], err, time.Since(began))
		}
		if took := time.Since(began); took != 3*x.takes {
			t.Errorf("it took %v: the test isn't what it means to be", took)
		}
	})
}

// TestLongFeed: a feed lasts longer than the server gives a request and its answer.
func TestLongFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := livetest.New(1)
		hub, err := live.New(log, log.Lookups(), live.Config{Feeds: 1, FeedsOfReader: 1, Known: time.Hour, Zone: time.UTC, Now: time.Now, Log: zerolog.Nop()}, prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		followed := make(chan struct{})
		go func() {
			defer close(followed)
			hub.Run(ctx)
		}()
		defer func() {
			hub.Close()
			cancel()
			<-followed
		}()
		synctest.Wait()
		f := find.New(&index{}, "", time.UTC, time.Minute, time.Now)
		h := handler(t, "live", api.Service{Finder: func(*http.Request) *find.Finder { return f }, Live: hub, Log: zerolog.Nop()})
		client, stop := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r.WithContext(access.With(r.Context(), access.Identity{Sender: "somebody"})))
		}))
		defer stop()
		res, err := client.Get("http://search/v1/live")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "private, no-store, no-transform", "X-Accel-Buffering": "no"} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		go func() {
			<-time.After(10 * time.Minute)
			if err := log.Write(time.Now(), text(t, "late")); err != nil {
				t.Error(err)
			}
		}()
		heard := map[string]int{}
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			if kind, ok := strings.CutPrefix(s.Text(), "event: "); ok {
				heard[kind]++
			}
		}
		if heard["ready"] != 1 || heard["entered"] != 1 || heard["end"] != 1 || heard["heartbeat"] < int(live.MaxLife/live.Heartbeat)-1 {
			t.Errorf("heard %v", heard)
		}
	})
}
