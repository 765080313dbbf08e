package bulk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// live is a writer on the real Elasticsearch, with an index behind alias a.
type live struct {
	*testing.T
	es    *elastic.Client
	w     *bulk.Writer
	alias string
}

func newLive(t *testing.T, c bulk.Config) *live {
	t.Helper()
	r := &live{T: t, alias: localtest.Namespace(t) + "a"}
	var err error
	if r.es, err = (elastic.Config{URL: []string{localtest.Elasticsearch(t)}}).Connect(4); err != nil {
		t.Fatal(err)
	}
	r.w = bulk.New(r.es, c, bulk.Observer{})
	t.Cleanup(func() {
		if err := r.w.Close(); err != nil {
			t.Error(err)
		}
		r.es.Close()
	})
	r.call(http.MethodPut, "/"+r.alias+"-1", map[string]any{
		"aliases": map[string]any{r.alias: map[string]any{}},
		"mappings": map[string]any{"dynamic": "strict", "properties": map[string]any{
			"n": map[string]any{"type": "byte", "coerce": false}, "x": map[string]any{"type": "object", "enabled": false},
		}},
	})
	return r
}

func (r *live) call(method, path string, body any) {
	r.Helper()
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			r.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(r.Context(), method, path, bytes.NewReader(content))
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := r.es.Perform(req)
	if err != nil {
		r.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		r.Fatalf("%s %s: %s", method, path, (&esapi.Response{StatusCode: res.StatusCode, Body: res.Body}).String())
	}
}

// write writes one document and gives its result.
func (r *live) write(d bulk.Doc) bulk.Result {
	r.Helper()
	if d.Index == "" {
		d.Index = r.alias
	}
	results, err := r.w.Write(r.Context(), []bulk.Doc{d})
	if err != nil {
		r.Fatal(err)
	}
	return results[0]
}

// TestRealAnswers holds what is made of Elasticsearch's answers to the answers
// that it gives.
func TestRealAnswers(t *testing.T) {
	r := newLive(t, bulk.Config{})
	doc := func(id string, version int64, body string) bulk.Doc {
		return bulk.Doc{ID: id, Version: version, Body: []byte(body)}
	}
	outcome := func(what string, d bulk.Doc, want bulk.Outcome) {
		t.Helper()
		if got := r.write(d); got.Outcome != want || got.Err != nil {
			t.Errorf("%s: %+v, want %s", what, got, want)
		}
	}
	fails := func(what string, d bulk.Doc, permanent bool, says ...string) {
		t.Helper()
		got := r.write(d)
		if got.Err == nil || stage.IsPermanent(got.Err) != permanent {
			t.Errorf("%s: %+v", what, got)
			return
		}
		for _, s := range says {
			if !strings.Contains(got.Err.Error(), s) {
				t.Errorf("%s: %v, want %s in it", what, got.Err, s)
			}
		}
	}
	const highest = 1<<63 - 1
	outcome("new", doc("1", 5, `{"n":1}`), bulk.Created)
	outcome("newer", doc("1", 6, `{"n":1}`), bulk.Updated)
	outcome("the same", doc("1", 6, `{"n":1}`), bulk.Superseded)
	outcome("older", doc("1", 5, `{"n":1}`), bulk.Superseded)
	same := doc("1", 6, `{"n":2}`)
	same.Replace = true
	outcome("the same in its place", same, bulk.Updated)
	outcome("the highest version", doc("1", highest, `{"n":1}`), bulk.Updated)
	outcome("below the highest", doc("1", highest-1, `{"n":1}`), bulk.Superseded)

	fails("mapping conflict", doc("2", 1, `{"n":300}`), true, "document_parsing_exception", "[n]", "300")
	fails("unknown field", doc("2", 1, `{"colour":1}`), true, "strict_dynamic_mapping_exception", "colour")
	fails("wrong type", doc("2", 1, `{"n":"many"}`), true, "document_parsing_exception", "[n]")
	fails("no JSON", doc("2", 1, `{"n":`), true, "document_parsing_exception")
	fails("id too long", doc(strings.Repeat("i", 513), 1, `{"n":1}`), true, "512")
	lost := doc("2", 1, `{"n":1}`)
	lost.Index = r.alias + "-nowhere"
	fails("no alias", lost, false, "index_not_found_exception")

	for name, says := range map[string]string{"blocks.write": "FORBIDDEN/8", "blocks.read_only": "FORBIDDEN/5", "blocks.read_only_allow_delete": ""} {
		r.call(http.MethodPut, "/"+r.alias+"/_settings", map[string]any{"index." + name: true})
		fails(name, doc("3", 1, `{"n":1}`), false, says)
		r.call(http.MethodPut, "/"+r.alias+"/_settings", map[string]any{"index." + name: nil})
	}
	r.call(http.MethodPost, "/"+r.alias+"-1/_close", nil)
	fails("closed", doc("3", 1, `{"n":1}`), false, "index_closed_exception")
	r.call(http.MethodPost, "/"+r.alias+"-1/_open?wait_for_active_shards=1", nil)
	outcome("open again", doc("3", 1, `{"n":1}`), bulk.Created)

	r.call(http.MethodPut, "/"+r.alias+"-2", map[string]any{"aliases": map[string]any{r.alias: map[string]any{}}})
	fails("alias without a write index", doc("4", 1, `{"n":1}`), false, "no write index")
	r.call(http.MethodDelete, "/"+r.alias+"-2", nil)
	outcome("alias mended", doc("4", 1, `{"n":1}`), bulk.Created)
	fails("too deep", doc("5", 1, `{"x":`+strings.Repeat(`{"a":`, 1100)+"1"+strings.Repeat("}", 1101)), true, "document_parsing_exception")
	fails("same field twice", doc("5", 1, `{"n":1,"n":2}`), true, "document_parsing_exception")
	fails("no object", doc("5", 1, `[1]`), true, "document_parsing_exception")
	if s, why := r.w.Circuit(); s != bulk.Closed {
		t.Errorf("the circuit is %s: %v", s, why)
	}
}

// TestRealTooLarge: one document beyond http.max_content_length (100 MB) is
// found among others, and they go in.
func TestRealTooLarge(t *testing.T) {
	r := newLive(t, bulk.Config{MaxBytes: 400 << 20})
	var ds []bulk.Doc
	for i := range 3 {
		ds = append(ds, bulk.Doc{Index: r.alias, ID: fmt.Sprint(i), Version: 1, Body: []byte(`{"n":1}`)})
	}
	ds[1].Body = []byte(`{"x":{"x":"` + strings.Repeat("x", 101<<20) + `"}}`)
	results, err := r.w.Write(t.Context(), ds)
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Outcome != bulk.Created || results[2].Outcome != bulk.Created {
		t.Errorf("the others: %+v, %+v", results[0], results[2])
	}
	if err := results[1].Err; !stage.IsPermanent(err) || !strings.Contains(err.Error(), "413") {
		t.Errorf("the large one: %v", err)
	}
}
