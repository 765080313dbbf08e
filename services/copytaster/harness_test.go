package copytaster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/services/search"
)

// system is the whole pipeline in this process, on the real Kafka and
// Elasticsearch, in a namespace of its own.
type system struct {
	t             testing.TB
	base          string // address of push, search, health and metrics
	drop          string
	backfill      string // the drop folder of back-fills
	namespace     string
	brokers       []string
	elasticsearch string
	client        *http.Client
	stop          func() // what was started last
}

// waitLimit bounds every wait for something that must happen: minutes, as a Kafka
// that is short of a processor takes one to make all topics.
const waitLimit = 5 * time.Minute

// pushWait is the longest that a sender may be made to wait.
const pushWait = time.Minute

func startSystem(t testing.TB, only ...string) *system {
	t.Helper()
	s := &system{
		t: t, namespace: localtest.Namespace(t), brokers: localtest.Kafka(t), elasticsearch: localtest.Elasticsearch(t),
		drop: filepath.Join(t.TempDir(), "drop"), backfill: filepath.Join(t.TempDir(), "backfill"), client: &http.Client{Timeout: waitLimit, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}
	s.start(only...)
	return s
}

// start runs services until the test ends; it may be called again.
func (s *system) start(only ...string) (stop func()) {
	s.t.Helper()
	chosen, err := choose(only)
	if err != nil {
		s.t.Fatal(err)
	}
	args := func(service string) []string {
		a := []string{"--namespace=" + s.namespace}
		if service != "search" {
			a = append(a, "--kafka-brokers="+strings.Join(s.brokers, ","))
		}
		if service == "search" {
			a = append(a, "--search-timeout="+search.MaxTimeout.String(), "--search-related-timeout="+search.MaxTimeout.String())
		}
		if service == "search" || service == "index" {
			a = append(a, "--elasticsearch-url="+s.elasticsearch)
		}
		if service == "ingest" {
			// What is pushed must be accepted, on a busy machine too.
			a = append(a, "--drop-dir="+s.drop, "--drop-backfill-dir="+s.backfill, "--push-wait="+pushWait.String())
		}
		return a
	}
	// The environment that names the servers is for localtest.
	s.t.(interface{ Setenv(k, v string) }).Setenv("COPYTASTER_KAFKA_BROKERS", strings.Join(s.brokers, ","))
	ctx, cancel := context.WithCancel(context.Background())
	log := zerolog.New(zerolog.NewTestWriter(s.t)).Level(zerolog.WarnLevel)
	p, err := launch(ctx, chosen, boot.Config{Listen: "127.0.0.1:0"}, log, args)
	if err != nil {
		cancel()
		s.t.Fatal(err)
	}
	s.base = "http://" + p.Addr()
	done := false
	stop = func() {
		if done {
			return
		}
		done = true
		cancel()
		if err := p.Wait(); err != nil {
			s.t.Errorf("pipeline: %v", err)
		}
		s.client.CloseIdleConnections()
	}
	s.t.Cleanup(stop)
	s.stop = stop
	s.await("the services are ready", func() error { return boot.Healthcheck(ctx, p.Addr()) })
	return stop
}

// await repeats check until it gives nil.
func (s *system) await(what string, check func() error) {
	s.t.Helper()
	deadline := time.Now().Add(waitLimit)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: not within %v: %v", what, waitLimit, err)
		}
		<-time.After(5 * time.Millisecond) // between two looks at the condition
	}
}

// awaitDone waits until so many files of a source are put away.
func (s *system) awaitDone(drop, source string, n int) {
	s.t.Helper()
	s.await("the files are put away", func() error {
		left, err := filepath.Glob(filepath.Join(drop, "done", source, "*"))
		if err == nil && len(left) != n {
			err = fmt.Errorf("done/ holds %v, want %d", left, n)
		}
		return err
	})
}

// answer is what ingest says of a push.
type answer struct {
	status   int
	body     string
	Articles []struct {
		URI      article.URI      `json:"uri"`
		Revision article.Revision `json:"revision"`
	} `json:"articles"`
	Reason string `json:"reason"`
	Place  string `json:"place"`
	Detail string `json:"detail"`
}

func (s *system) push(body io.Reader, query string) (answer, error) {
	var a answer
	resp, err := s.client.Post(s.base+"/v1/articles?"+query, "text/plain; charset=utf-8", body)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return a, err
	}
	a.status, a.body = resp.StatusCode, string(b)
	return a, json.Unmarshal(b, &a)
}

// mustPush pushes what must be accepted as one article.
func (s *system) mustPush(text, query string) article.URI {
	s.t.Helper()
	a, err := s.push(strings.NewReader(text), query)
	if err != nil {
		s.t.Fatal(err)
	}
	if a.status != http.StatusAccepted || len(a.Articles) != 1 {
		s.t.Fatalf("push: %d %s", a.status, a.body)
	}
	return a.Articles[0].URI
}

// source is the document of an article in Elasticsearch, nil if there is none.
func (s *system) source(alias string, uri article.URI) ([]json.RawMessage, error) {
	return s.sources(alias, map[string]any{"size": 100, "query": map[string]any{"term": map[string]any{"uri": uri}}})
}

// sources are the documents behind an alias that a search gives.
func (s *system) sources(alias string, search map[string]any) ([]json.RawMessage, error) {
	q, err := json.Marshal(search)
	if err != nil {
		return nil, err
	}
	resp, err := s.client.Post(s.elasticsearch+"/"+s.namespace+alias+"/_search", "application/json", bytes.NewReader(q))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var r struct {
		Hits struct {
			Hits []struct {
				Source json.RawMessage `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
		Error json.RawMessage `json:"error"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		return nil, err
	}
	if r.Error != nil {
		return nil, fmt.Errorf("elasticsearch: %s", r.Error)
	}
	var all []json.RawMessage
	for _, h := range r.Hits.Hits {
		all = append(all, h.Source)
	}
	return all, nil
}

// awaitArticle waits for the one document of an article for which ok is true.
func (s *system) awaitArticle(uri article.URI, ok func(a *article.Article) bool) *article.Article {
	s.t.Helper()
	var got article.Article
	s.await("article "+string(uri)+" is indexed", func() error {
		docs, err := s.source("articles", uri)
		if err != nil {
			return err
		}
		if len(docs) != 1 {
			return fmt.Errorf("%d documents", len(docs))
		}
		got = article.Article{}
		if err := json.Unmarshal(docs[0], &got); err != nil {
			return err
		}
		if ok != nil && !ok(&got) {
			return fmt.Errorf("it is %+v", got)
		}
		return nil
	})
	return &got
}

func (s *system) search(q string) (f found, err error) {
	resp, err := s.client.Get(s.base + "/v1/articles?size=100&q=" + url.QueryEscape(q))
	if err != nil {
		return f, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b, err := io.ReadAll(resp.Body)
		return f, errors.Join(err, fmt.Errorf("%s: %s", resp.Status, b))
	}
	return f, json.NewDecoder(resp.Body).Decode(&f)
}

// counts reads copytaster_articles_total.
func (s *system) counts() map[string]int {
	s.t.Helper()
	resp, err := s.client.Get(s.base + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	c, err := readCounts(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}
