package bulk_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/elastic/go-elasticsearch/v8"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/leaktest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/index/bulk"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// line is a document as a fake Elasticsearch receives it.
type line struct {
	Index       string `json:"_index"`
	ID          string `json:"_id"`
	Routing     string `json:"routing"`
	Version     int64  `json:"version"`
	VersionType string `json:"version_type"`
	body        string
}

// fake starts an Elasticsearch whose bulk replies answer gives, and returns a
// writer on it.
func fake(t testing.TB, c bulk.Config, answer func(w http.ResponseWriter, docs []line, size int)) *bulk.Writer {
	t.Helper()
	return observed(t, c, bulk.Observer{}, answer)
}

func observed(t testing.TB, c bulk.Config, o bulk.Observer, answer func(w http.ResponseWriter, docs []line, size int)) *bulk.Writer {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		w.Header().Set("Content-Type", "application/json")
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if r.URL.Path != "/_bulk" || r.URL.Query().Get("require_alias") != "true" {
			t.Errorf("request %s", r.URL)
		}
		docs, err := parse(body)
		if err != nil {
			t.Error(err)
			return
		}
		answer(w, docs, len(body))
	}))
	transport := &http.Transport{}
	es, err := elasticsearch.NewClient(elasticsearch.Config{Addresses: []string{server.URL}, DisableRetry: true, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	w := bulk.New(es, c, o)
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		transport.CloseIdleConnections()
		server.Close()
	})
	return w
}

// parse reads the body of a bulk request.
func parse(body []byte) (docs []line, err error) {
	lines := bufio.NewScanner(bytes.NewReader(body))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var action struct{ Index *line }
		if err := json.Unmarshal(lines.Bytes(), &action); err != nil || action.Index == nil {
			return nil, fmt.Errorf("action line %q: %w", lines.Text(), err)
		}
		lines.Scan()
		action.Index.body = lines.Text()
		docs = append(docs, *action.Index)
	}
	return docs, lines.Err()
}

// direct is an Elasticsearch without a network, for tests whose clock is that of
// a bubble. An error is all that the writer hears.
type direct func(ctx context.Context, w io.Writer, docs []line) (status int, err error)

func (d direct) Perform(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	docs, err := parse(body)
	if err != nil {
		return nil, err
	}
	var reply bytes.Buffer
	status, err := d(r.Context(), &reply, docs)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(&reply)}, nil
}

// items answers with one item per document.
func items(w io.Writer, docs []line, of func(line) string) {
	parts := make([]string, len(docs))
	for i, d := range docs {
		parts[i] = `{"index":` + of(d) + `}`
	}
	fmt.Fprintf(w, `{"items":[%s]}`, strings.Join(parts, ","))
}

func created(line) string { return `{"status":201}` }

func docs(n int) []bulk.Doc {
	ds := make([]bulk.Doc, n)
	for i := range ds {
		ds[i] = bulk.Doc{Index: "a", ID: fmt.Sprint(i), Version: 1, Body: []byte(`{"n":1}`)}
	}
	return ds
}

func TestItemOutcomes(t *testing.T) {
	for item, want := range map[string]struct {
		outcome   bulk.Outcome
		permanent bool
		says      string
	}{
		`{"status":201}`: {outcome: bulk.Created},
		`{"status":200}`: {outcome: bulk.Updated},
		`{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"r"}}`:                                                   {outcome: bulk.Superseded},
		`{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"full"}}`:                                                  {says: "429: es_rejected_execution_exception: full"},
		`{"status":503,"error":{"type":"unavailable_shards_exception","reason":"no"}}`:                                                       {says: "503"},
		`{"status":500,"error":{"type":"x","reason":"y"}}`:                                                                                   {says: "500: x: y"},
		`{"status":400,"error":{"type":"document_parsing_exception","reason":"field [a]","caused_by":{"type":"i","reason":"out of range"}}}`: {permanent: true, says: "field [a]: out of range"},
		`{"status":400,"error":{"type":"strict_dynamic_mapping_exception","reason":"[colour]"}}`:                                             {permanent: true, says: "[colour]"},
		`{"status":404,"error":{"type":"index_not_found_exception","reason":"no alias"}}`:                                                    {says: "no alias"},
		`{"status":403,"error":{"type":"cluster_block_exception","reason":"read-only"}}`:                                                     {says: "read-only"},
		`{"status":403,"error":{"type":"security_exception","reason":"denied"}}`:                                                             {says: "denied"},
		`{"status":400,"error":{"type":"index_closed_exception","reason":"closed"}}`:                                                         {says: "closed"},
		`{"status":413,"error":{"type":"x","reason":"big"}}`:                                                                                 {permanent: true, says: "big"},
		`{"status":400,"error":{"type":"illegal_argument_exception","reason":"no write index is defined for alias [a]"}}`:                    {says: "no write index"},
		`{"status":400,"error":{"type":"illegal_argument_exception","reason":"number of documents in the index cannot exceed 2147483519"}}`:  {says: "cannot exceed"},
		`{"status":400,"error":{"type":"illegal_argument_exception","reason":"Document contains at least one immense term in field=\"a\""}}`: {permanent: true, says: "immense"},
		`{"status":400,"error":{"type":"mapper_parsing_exception","reason":"old"}}`:                                                          {permanent: true, says: "old"},
		`{"status":403,"error":{"type":"document_parsing_exception","reason":"no"}}`:                                                         {says: "403"},
		`{"status":302}`: {says: "302"},
		`{}`:             {says: "without a reason"},
		`{"status":400,"error":{"type":"t","reason":"` + strings.Repeat("ü", 5000) + `"}}`: {says: "ü…"},
	} {
		w := fake(t, bulk.Config{}, func(w http.ResponseWriter, ds []line, _ int) { items(w, ds, func(line) string { return item }) })
		got, err := w.Write(t.Context(), docs(1))
		if err != nil {
			t.Fatal(err)
		}
		r := got[0]
		if r.Outcome != want.outcome || stage.IsPermanent(r.Err) != want.permanent ||
			(want.outcome == "") != (r.Err != nil) || r.Err != nil && !strings.Contains(r.Err.Error(), want.says) || r.Err != nil && len(r.Err.Error()) > bulk.MaxReason+100 {
			t.Errorf("%.80s: got %+v", item, r)
		}
	}
}

func TestWholeRequestFails(t *testing.T) {
	say := func(status int, body string) func(http.ResponseWriter, []line, int) {
		return func(w http.ResponseWriter, _ []line, _ int) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	for name, answer := range map[string]func(http.ResponseWriter, []line, int){
		"429":            say(429, `{"error":{"type":"es_rejected_execution_exception","reason":"full"},"status":429}`),
		"502 page":       say(502, `<html>bad gateway`),
		"503":            say(503, ``),
		"504":            say(504, ``),
		"401":            say(401, `{"error":{"type":"security_exception","reason":"who"},"status":401}`),
		"400 of a proxy": say(400, `nope`),
		"nothing":        say(200, ``),
		"not JSON":       say(200, `<html>`),
		"one item":       say(200, `{"items":[{"index":{"status":201}}]}`),
		"four items":     say(200, `{"items":[{"index":{"status":201}},{"index":{"status":201}},{"index":{"status":201}},{"index":{"status":201}}]}`),
		"cut":            say(200, `{"items":[{"index":{"status":201}},{"index":{"status":201}},{"ind`),
		"cut by the line": func(w http.ResponseWriter, ds []line, _ int) {
			w.Header().Set("Content-Length", "1000")
			items(w, ds, created)
		},
		"hang up": func(http.ResponseWriter, []line, int) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			w := fake(t, bulk.Config{}, func(w http.ResponseWriter, ds []line, n int) {
				requests.Add(1)
				answer(w, ds, n)
			})
			results, err := w.Write(t.Context(), docs(3))
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range results {
				if r.Err == nil || stage.IsPermanent(r.Err) {
					t.Errorf("document %d: %+v", i, r)
				}
			}
			if n := requests.Load(); n != 1 {
				t.Errorf("%d requests, the caller decides about repeating", n)
			}
		})
	}
}

func TestSilenceEndsWithTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		silent := direct(func(ctx context.Context, _ io.Writer, _ []line) (int, error) {
			requests++
			<-ctx.Done()
			return 0, ctx.Err()
		})
		w := bulk.New(silent, bulk.Config{Timeout: 5 * time.Second}, bulk.Observer{})
		defer w.Close()
		began := time.Now()
		results, err := w.Write(t.Context(), docs(3))
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			if r.Err == nil || stage.IsPermanent(r.Err) {
				t.Errorf("document %d: %+v", i, r)
			}
		}
		if took := time.Since(began); took != 5*time.Second || requests != 1 {
			t.Errorf("%d requests in %v", requests, took)
		}
	})
}

func TestTooLargeIsHalved(t *testing.T) {
	for _, status := range []int{413, 400} {
		w := fake(t, bulk.Config{}, func(w http.ResponseWriter, ds []line, size int) {
			if size > 2000 {
				w.WriteHeader(status)
				if status == 400 {
					fmt.Fprint(w, `{"error":{"type":"illegal_argument_exception","reason":"malformed"}}`)
				}
				return
			}
			items(w, ds, created)
		})
		ds := docs(100)
		ds[37].Body = []byte(`{"x":"` + strings.Repeat("x", 3000) + `"}`)
		results, err := w.Write(t.Context(), ds)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			if i == 37 {
				if !stage.IsPermanent(r.Err) || !strings.Contains(r.Err.Error(), "3008 bytes") {
					t.Errorf("%d: the culprit: %+v", status, r)
				}
			} else if r.Outcome != bulk.Created {
				t.Errorf("%d: document %d: %+v", status, i, r)
			}
		}
	}
}

func TestBrokenDocumentIsRefused(t *testing.T) {
	w := fake(t, bulk.Config{}, func(w http.ResponseWriter, ds []line, _ int) { items(w, ds, created) })
	ds := docs(3)
	ds[1].Body = []byte("{\n}")
	results, err := w.Write(t.Context(), ds)
	if err != nil {
		t.Fatal(err)
	}
	if !stage.IsPermanent(results[1].Err) || results[0].Outcome != bulk.Created || results[2].Outcome != bulk.Created {
		t.Errorf("%+v", results)
	}
}

// TestLimits: requests keep to their limits, no two documents of one id are
// under way at once, and they arrive in order.
func TestLimits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := bulk.Config{
			MaxBytes: rapid.IntRange(1, 3000).Draw(rt, "bytes"), MaxDocs: rapid.IntRange(1, 10).Draw(rt, "docs"),
			Concurrency: rapid.IntRange(1, 3).Draw(rt, "concurrency"),
		}
		var mu sync.Mutex
		flying := 0
		busy := map[string]bool{}
		last := map[string]int64{}
		var wrong []string
		w := fake(t, c, func(w http.ResponseWriter, ds []line, size int) {
			mu.Lock()
			flying++
			if flying > c.Concurrency || len(ds) > c.MaxDocs || size > c.MaxBytes && len(ds) > 1 {
				wrong = append(wrong, fmt.Sprintf("%d requests, %d documents, %d bytes", flying, len(ds), size))
			}
			for _, d := range ds {
				if busy[d.ID] {
					wrong = append(wrong, "two of "+d.ID)
				}
				busy[d.ID] = true
				if d.Version < last[d.ID] {
					wrong = append(wrong, "order of "+d.ID)
				}
				last[d.ID] = d.Version
			}
			mu.Unlock()
			<-time.After(time.Duration(size%300) * time.Microsecond) // a request takes its time
			mu.Lock()
			flying--
			for _, d := range ds {
				delete(busy, d.ID)
			}
			mu.Unlock()
			items(w, ds, created)
		})
		callers := rapid.IntRange(1, 5).Draw(rt, "callers")
		var wg sync.WaitGroup
		for caller := range callers {
			ids := rapid.SliceOfN(rapid.IntRange(0, 4), 1, 30).Draw(rt, "ids")
			wg.Go(func() {
				version := int64(0)
				for part := range slices.Chunk(ids, 7) {
					var ds []bulk.Doc
					for _, id := range part {
						version++
						ds = append(ds, bulk.Doc{Index: "a", ID: fmt.Sprintf("%d-%d", caller, id), Version: version, Body: []byte(`{}`)})
					}
					results, err := w.Write(context.Background(), ds)
					for _, r := range results {
						err = errors.Join(err, r.Err)
					}
					if err != nil || len(results) != len(ds) {
						t.Errorf("%v, %d results", err, len(results))
					}
				}
			})
		}
		wg.Wait()
		if len(wrong) > 0 {
			rt.Fatal(wrong)
		}
	})
}

func TestActionLine(t *testing.T) {
	var got []line
	w := fake(t, bulk.Config{}, func(w http.ResponseWriter, ds []line, _ int) { got = ds; items(w, ds, created) })
	_, err := w.Write(t.Context(), []bulk.Doc{
		{Index: "a", ID: "x", Version: 1<<63 - 1, Body: []byte(`{"a":"ü"}`)},
		{Index: "b", ID: "x", Routing: "r", Version: 1, Replace: true, Body: []byte(`{}`)},
	})
	want := []line{{"a", "x", "", 1<<63 - 1, "external", `{"a":"ü"}`}, {"b", "x", "r", 1, "external_gte", `{}`}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v: %+v", err, got)
	}
}

func TestContextEnds(t *testing.T) {
	hold, arrived := make(chan struct{}), make(chan struct{}, 10)
	var mu sync.Mutex
	var seen []string
	w := fake(t, bulk.Config{Concurrency: 1}, func(w http.ResponseWriter, ds []line, _ int) {
		mu.Lock()
		for _, d := range ds {
			seen = append(seen, d.ID)
		}
		mu.Unlock()
		arrived <- struct{}{}
		<-hold
		items(w, ds, created)
	})
	first := make(chan error, 1)
	go func() {
		_, err := w.Write(context.Background(), []bulk.Doc{{Index: "a", ID: "first", Version: 1, Body: []byte(`{}`)}})
		first <- err
	}()
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// It waits behind the first, and is given up before it is sent.
	if _, err := w.Write(ctx, []bulk.Doc{{Index: "a", ID: "second", Version: 1, Body: []byte(`{}`)}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(hold)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if r, err := w.Write(t.Context(), []bulk.Doc{{Index: "a", ID: "third", Version: 1, Body: []byte(`{}`)}}); err != nil || r[0].Err != nil {
		t.Errorf("%v %v", r, err)
	}
	mu.Lock()
	defer mu.Unlock()
	if strings.Join(seen, " ") != "first third" {
		t.Errorf("sent: %v", seen)
	}
}

func TestClose(t *testing.T) {
	arrived := make(chan struct{}, 10)
	hold := make(chan struct{})
	w := fake(t, bulk.Config{Concurrency: 1}, func(http.ResponseWriter, []line, int) {
		arrived <- struct{}{}
		<-hold
	})
	t.Cleanup(func() { close(hold) })
	var wg sync.WaitGroup
	wg.Go(func() {
		// Two of one id: one under way, one waiting.
		results, err := w.Write(t.Context(), []bulk.Doc{
			{Index: "a", ID: "x", Version: 1, Body: []byte(`{}`)}, {Index: "a", ID: "x", Version: 2, Body: []byte(`{}`)},
		})
		if err != nil || results[0].Err == nil || stage.IsPermanent(results[0].Err) || !errors.Is(results[1].Err, bulk.ErrClosed) {
			t.Errorf("%v %v", results, err)
		}
	})
	<-arrived
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if _, err := w.Write(t.Context(), docs(1)); !errors.Is(err, bulk.ErrClosed) {
		t.Errorf("after: %v", err)
	}
}

func TestConfig(t *testing.T) {
	if err := (bulk.Config{}).Validate(); err != nil {
		t.Error(err)
	}
	err := bulk.Config{MaxBytes: -1, MaxDocs: -1, Concurrency: -1, Timeout: -1}.Validate()
	for _, name := range []string{"max-bytes", "max-docs", "concurrency", "timeout"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// nowhere takes every request at once.
type nowhere struct{ reply []byte }

func (n nowhere) Perform(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(n.reply)), Header: http.Header{}}, nil
}

// BenchmarkBodies measures what a bulk request costs but for Elasticsearch:
// 500 documents of 4 KB, encoded, "sent", its reply read.
func BenchmarkBodies(b *testing.B) {
	const n = 500
	ds := docs(n)
	for i := range ds {
		ds[i].Body = []byte(`{"body":"` + strings.Repeat("x", 4000) + `"}`)
	}
	var reply bytes.Buffer
	items(&reply, make([]line, n), created)
	w := bulk.New(nowhere{reply.Bytes()}, bulk.Config{}, bulk.Observer{})
	b.Cleanup(func() { _ = w.Close() })
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Write(b.Context(), ds); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "docs/s")
}
