package corpus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/localtest"
)

func connect(t testing.TB) *elasticsearch.Client {
	t.Helper()
	es, err := elasticsearch.NewClient(elasticsearch.Config{Addresses: []string{localtest.Elasticsearch(t)}, DisableRetry: true})
	if err != nil {
		t.Fatal(err)
	}
	return es
}

// call does one request and gives the decoded reply.
func call(t testing.TB, es *elasticsearch.Client, method, path string, body any) map[string]any {
	t.Helper()
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(b)
	}
	r, err := http.NewRequest(method, path, content)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := es.Perform(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	reply, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, reply)
	}
	var v map[string]any
	if err := json.Unmarshal(reply, &v); err != nil {
		t.Fatalf("%s %s: %v: %s", method, path, err, reply)
	}
	return v
}

func ensured(t testing.TB) (*elasticsearch.Client, corpus.Namespace) {
	t.Helper()
	n := corpus.Namespace(localtest.Namespace(t))
	es := connect(t)
	if err := corpus.Ensure(t.Context(), es, n, corpus.Settings{}); err != nil {
		t.Fatal(err)
	}
	return es, n
}

// states holds both indices to a condition.
func states(t *testing.T, es *elasticsearch.Client, n corpus.Namespace, want func(corpus.State) bool) {
	t.Helper()
	got, err := corpus.States(t.Context(), es, n)
	if err != nil || len(got) != 2 || got[0].Alias != n.Articles() || got[1].Alias != n.Versions() {
		t.Fatalf("states: %+v %v", got, err)
	}
	for _, s := range got {
		if !want(s) {
			t.Errorf("state: %+v", s)
		}
	}
}

func TestEnsureCreatesAndKeeps(t *testing.T) {
	n := corpus.Namespace(localtest.Namespace(t))
	es := connect(t)
	if err := corpus.Check(t.Context(), es, n); !errors.Is(err, corpus.ErrMissing) {
		t.Fatalf("before: %v", err)
	}
	states(t, es, n, func(s corpus.State) bool { return errors.Is(s.Err, corpus.ErrMissing) && s.Mends })
	for range 2 {
		if err := corpus.Ensure(t.Context(), es, n, corpus.Settings{Shards: 2, RefreshInterval: time.Second}); err != nil {
			t.Fatal(err)
		}
	}
	if err := corpus.Check(t.Context(), es, n); err != nil {
		t.Fatal(err)
	}
	states(t, es, n, func(s corpus.State) bool { return s.Err == nil && !s.Mends })
	settings := call(t, es, "GET", "/"+n.Articles()+"/_settings?flat_settings=true", nil)
	got := settings[n.Articles()+"-1"].(map[string]any)["settings"].(map[string]any)
	if got["index.number_of_shards"] != "2" || got["index.refresh_interval"] != "1000ms" || got["index.highlight.weight_matches_mode.enabled"] != "false" {
		t.Errorf("settings: %v", got)
	}
	// Settings that an operator changes while the index lives are no difference.
	call(t, es, "PUT", "/"+n.Articles()+"/_settings", map[string]any{"index": map[string]any{"refresh_interval": "30s"}})
	if err := corpus.Ensure(t.Context(), es, n, corpus.Settings{}); err != nil {
		t.Fatal(err)
	}
}

func TestEnsureTogether(t *testing.T) {
	n := corpus.Namespace(localtest.Namespace(t))
	es := connect(t)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { errs[i] = corpus.Ensure(t.Context(), es, n, corpus.Settings{}) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestEnsureNamesDifferences(t *testing.T) {
	field := func(name string, of map[string]any) map[string]any {
		return map[string]any{"properties": map[string]any{name: of}}
	}
	for name, c := range map[string]struct {
		spoil func(*testing.T, *elasticsearch.Client, corpus.Namespace)
		want  string
	}{
		"a field too many": {func(t *testing.T, es *elasticsearch.Client, n corpus.Namespace) {
			call(t, es, "PUT", "/"+n.Articles()+"/_mapping", field("colour", map[string]any{"type": "keyword"}))
		}, "mapping.properties.colour.type: is keyword, should be nothing"},
		"a setting of a field": {func(t *testing.T, es *elasticsearch.Client, n corpus.Namespace) {
			call(t, es, "PUT", "/"+n.Versions()+"/_mapping", field("agency", map[string]any{"type": "keyword", "ignore_above": 3}))
		}, "mapping.properties.agency.ignore_above: is 3, should be 512"},
		"a part of a field lost": {func(t *testing.T, es *elasticsearch.Client, n corpus.Namespace) {
			mapping := call(t, es, "GET", "/"+n.Versions()+"/_mapping", nil)[n.Versions()+"-1"].(map[string]any)["mappings"].(map[string]any)
			delete(mapping["properties"].(map[string]any)["agency"].(map[string]any), "ignore_above")
			call(t, es, "DELETE", "/"+n.Versions()+"-1", nil)
			call(t, es, "PUT", "/"+n.Versions()+"-1", map[string]any{
				"mappings": mapping, "aliases": map[string]any{n.Versions(): map[string]any{"is_write_index": true}},
			})
		}, "mapping.properties.agency.ignore_above: is nothing, should be 512"},
		"not strict any more": {func(t *testing.T, es *elasticsearch.Client, n corpus.Namespace) {
			call(t, es, "PUT", "/"+n.Articles()+"/_mapping", map[string]any{"dynamic": true})
		}, "mapping.dynamic: is true, should be strict"},
		"another program's index": {func(t *testing.T, es *elasticsearch.Client, n corpus.Namespace) {
			call(t, es, "PUT", "/"+n.Articles()+"/_mapping", map[string]any{"_meta": map[string]any{"copytaster": map[string]any{"fingerprint": "x"}}})
		}, "fingerprint: is x, should be "},
		"alias gone": {func(t *testing.T, es *elasticsearch.Client, n corpus.Namespace) {
			call(t, es, "DELETE", "/"+n.Articles()+"-1/_alias/"+n.Articles(), nil)
		}, "the index exists and the alias does not"},
		"index in the alias's place": {func(t *testing.T, es *elasticsearch.Client, n corpus.Namespace) {
			call(t, es, "DELETE", "/"+n.Articles()+"-1", nil)
			call(t, es, "PUT", "/"+n.Articles(), map[string]any{})
		}, "should be an alias"},
	} {
		t.Run(name, func(t *testing.T) {
			es, n := ensured(t)
			c.spoil(t, es, n)
			err := corpus.Ensure(t.Context(), es, n, corpus.Settings{})
			var mismatch *corpus.MismatchError
			if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want a mismatch with %q", err, c.want)
			}
			if err := corpus.Check(t.Context(), es, n); !errors.As(err, &mismatch) {
				t.Errorf("check: %v", err)
			}
		})
	}
}

// old makes the indices of an earlier program: this one's, without some fields.
func old(t *testing.T) (*elasticsearch.Client, corpus.Namespace) {
	t.Helper()
	es, n := ensured(t)
	for _, alias := range []string{n.Articles(), n.Versions()} {
		of := call(t, es, "GET", "/"+alias, nil)[alias+"-1"].(map[string]any)
		mappings := of["mappings"].(map[string]any)
		mappings["_meta"].(map[string]any)["copytaster"].(map[string]any)["fingerprint"] = "of an earlier program"
		mappings["_meta"].(map[string]any)["copytaster"].(map[string]any)["build"] = map[string]any{"id": "20240420t060000"}
		fields := mappings["properties"].(map[string]any)
		delete(fields, "quotes")
		delete(fields, "entities")
		delete(fields, "reading_time")
		delete(fields, "translation_likely")
		delete(fields["agency"].(map[string]any), "fields")
		if stemmed, ok := fields["stemmed"].(map[string]any); ok {
			delete(stemmed["properties"].(map[string]any), "said")
			delete(stemmed["properties"].(map[string]any), "locations")
			delete(stemmed["properties"].(map[string]any), "mentioned")
		}
		analysis := of["settings"].(map[string]any)["index"].(map[string]any)["analysis"]
		settings := map[string]any{"number_of_shards": "1", "auto_expand_replicas": "0-1"}
		if analysis != nil {
			settings["analysis"] = analysis
		}
		call(t, es, "DELETE", "/"+alias+"-1", nil)
		call(t, es, "PUT", "/"+alias+"-1", map[string]any{
			"mappings": mappings, "settings": map[string]any{"index": settings},
			"aliases": map[string]any{alias: map[string]any{"is_write_index": true}},
		})
	}
	return es, n
}

func TestEnsureAddsFields(t *testing.T) {
	es, n := old(t)
	a := report("en")
	doc, err := corpus.Document(&a, received)
	if err != nil {
		t.Fatal(err)
	}
	var mismatch *corpus.MismatchError
	if err := corpus.Check(t.Context(), es, n); !errors.As(err, &mismatch) {
		t.Fatalf("before: %v", err)
	}
	states(t, es, n, func(s corpus.State) bool { return errors.As(s.Err, &mismatch) && s.Mends })
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() { errs[i] = corpus.Ensure(t.Context(), es, n, corpus.Settings{}) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if err := corpus.Check(t.Context(), es, n); err != nil {
		t.Fatal(err)
	}
	call(t, es, "PUT", "/"+n.Articles()+"/_doc/1", json.RawMessage(doc))
	xs, err := corpus.Indices(t.Context(), es, n)
	if err != nil || len(xs) != 2 {
		t.Fatalf("%v %v", xs, err)
	}
	for _, x := range xs {
		if !x.Same || x.Build.ID != "20240420t060000" {
			t.Errorf("what is known of index %s was lost: %+v", x.Name, x)
		}
	}
}

// mayNotMap is a way to Elasticsearch with a key that may not change mappings.
type mayNotMap struct{ http.RoundTripper }

func (m mayNotMap) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/_mapping") {
		return &http.Response{
			StatusCode: http.StatusForbidden, Request: r,
			Header: http.Header{"Content-Type": {"application/json"}, "X-Elastic-Product": {"Elasticsearch"}},
			Body:   io.NopCloser(strings.NewReader(`{"error":{"type":"security_exception","reason":"unauthorized"},"status":403}`)),
		}, nil
	}
	return m.RoundTripper.RoundTrip(r)
}

func TestEnsureWithAKeyThatMayNotAddFields(t *testing.T) {
	_, n := old(t)
	es, err := elasticsearch.NewClient(elasticsearch.Config{
		Addresses: []string{localtest.Elasticsearch(t)}, DisableRetry: true, Transport: mayNotMap{http.DefaultTransport},
	})
	if err != nil {
		t.Fatal(err)
	}
	var mismatch *corpus.MismatchError
	err = corpus.Ensure(t.Context(), es, n, corpus.Settings{})
	if err == nil || errors.As(err, &mismatch) || !strings.Contains(err.Error(), "copytaster indices create") {
		t.Errorf("got %v", err)
	}
}

// TestEnsureAddsNothingBesideDifferences: an index that is not as it should be
// otherwise is left alone.
func TestEnsureAddsNothingBesideDifferences(t *testing.T) {
	es, n := old(t)
	call(t, es, "PUT", "/"+n.Articles()+"/_mapping", map[string]any{"properties": map[string]any{"colour": map[string]any{"type": "keyword"}}})
	var mismatch *corpus.MismatchError
	if err := corpus.Ensure(t.Context(), es, n, corpus.Settings{}); !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "colour") {
		t.Fatalf("got %v", err)
	}
	of := call(t, es, "GET", "/"+n.Articles()+"/_mapping", nil)[n.Articles()+"-1"].(map[string]any)
	if of["mappings"].(map[string]any)["properties"].(map[string]any)["quotes"] != nil {
		t.Error("it was changed")
	}
}

func TestEnsureWithoutElasticsearch(t *testing.T) {
	es, err := elasticsearch.NewClient(elasticsearch.Config{Addresses: []string{"http://127.0.0.1:1"}, DisableRetry: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err = corpus.Ensure(ctx, es, "", corpus.Settings{})
	var mismatch *corpus.MismatchError
	if err == nil || errors.Is(err, corpus.ErrMissing) || errors.As(err, &mismatch) {
		t.Errorf("got %v", err)
	}
}

// TestAnalysis holds the analyzers to what the words of each language become.
func TestAnalysis(t *testing.T) {
	es, n := ensured(t)
	for _, c := range []struct{ analyzer, text, want string }{
		{"folded", "The Soldiers’ Häuser, Straße, ÉLYSÉE & İstanbul Łódź", "the soldiers hauser strasse elysee istanbul lodz"},
		{"folded", "air-defence U.S. 1,000", "air defence u.s 1,000"},
		{"en", "Soldiers are withdrawing; the withdrawals", "soldier are withdraw the withdraw"},
		{"en", "Niger's Niger’s NIGER cafés café", "niger niger niger cafe cafe"},
		{"de", "Häuser Haus Hauses Straßen Strasse", "haus haus haus strass strass"},
		{"de", "Der Bundeskanzler der Bundeskanzlerin", "der bundeskanzl der bundeskanzlerin"},
		{"fr", "condamné condamnée condamnés condamnées", "condamn condamn condamn condamn"},
		{"fr", "L’armée l'armée aujourd'hui", "arme arme aujourd'hui"},
		{"fr", "Haïti Haiti Israël ISRAËL Israel", "hait hait israel israel israel"},
		{"es", "nación naciones operación operaciones", "nacion nacion oper oper"},
		{"es", "Málaga Malaga años", "malag malag anos"},
	} {
		reply := call(t, es, "POST", "/"+n.Articles()+"/_analyze", map[string]any{"analyzer": c.analyzer, "text": c.text})
		var got []string
		for _, token := range reply["tokens"].([]any) {
			got = append(got, token.(map[string]any)["token"].(string))
		}
		if d := cmp.Diff(c.want, strings.Join(got, " ")); d != "" {
			t.Errorf("%s of %q: -want +got\n%s", c.analyzer, c.text, d)
		}
	}
}

func TestNamespace(t *testing.T) {
	for n, want := range map[corpus.Namespace]string{
		"": "", "t-": "", "wire.2_x-": "",
		"T-":    "only a-z",
		"a b":   "only a-z",
		"-a":    "may not begin",
		"_a":    "may not begin",
		"a/b":   "only a-z",
		"ä":     "only a-z",
		"a,b":   "only a-z",
		"aa*":   "only a-z",
		"a\x00": "only a-z",
		corpus.Namespace(strings.Repeat("a", 101)): "limit is 100",
	} {
		err := n.Validate()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", string(n), err, want)
		}
	}
	if err := corpus.Ensure(t.Context(), connect(t), "A", corpus.Settings{}); err == nil {
		t.Error("a bad namespace was used")
	}
}
