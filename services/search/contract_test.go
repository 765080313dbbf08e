package search_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/find"
)

// contract is the API's OpenAPI document, read as tests need it.
type contract struct {
	Paths      map[string]pathItem `json:"paths"`
	Components struct {
		Parameters map[string]parameter `json:"parameters"`
		Responses  map[string]answer    `json:"responses"`
	} `json:"components"`

	compiler *jsonschema.Compiler
	mu       sync.Mutex // compiling is no business of two
}

type pathItem struct {
	Parameters []parameter `json:"parameters"` // of all its operations
	Get        operation   `json:"get"`
	Post       operation   `json:"post"`
	Put        operation   `json:"put"`
	Delete     operation   `json:"delete"`
}

// of are its operations by their methods.
func (i *pathItem) of() map[string]*operation {
	all := map[string]*operation{http.MethodGet: &i.Get, http.MethodPost: &i.Post, http.MethodPut: &i.Put, http.MethodDelete: &i.Delete}
	maps.DeleteFunc(all, func(_ string, o *operation) bool { return o.ID == "" })
	return all
}

type operation struct {
	ID         string            `json:"operationId"`
	Summary    string            `json:"summary"`
	Parameters []parameter       `json:"parameters"`
	Responses  map[string]answer `json:"responses"`
}

type parameter struct {
	Ref     string          `json:"$ref"`
	Name    string          `json:"name"`
	In      string          `json:"in"`
	Example any             `json:"example"`
	Schema  json.RawMessage `json:"schema"`
}

type answer struct {
	Ref     string                     `json:"$ref"`
	Content map[string]json.RawMessage `json:"content"`
}

// documentURL is what the document is called while schemas in it are looked for.
const documentURL = "urn:copytaster:openapi"

// theContract is the document with every object closed: a field that it doesn't
// name is a mistake in an answer of this version, though not to its clients.
var theContract = sync.OnceValues(func() (*contract, error) {
	b, err := api.OpenAPI()
	if err != nil {
		return nil, err
	}
	c := &contract{compiler: jsonschema.NewCompiler()}
	if err := json.Unmarshal(b, c); err != nil {
		return nil, err
	}
	for path, item := range c.Paths {
		for _, op := range item.of() {
			op.Parameters = append(slices.Clone(item.Parameters), op.Parameters...)
			for i, p := range op.Parameters {
				if p.Ref != "" {
					op.Parameters[i] = c.Components.Parameters[strings.TrimPrefix(p.Ref, "#/components/parameters/")]
				}
			}
		}
		c.Paths[path] = item
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	closeObjects(doc)
	c.compiler.AssertFormat()
	return c, c.compiler.AddResource(documentURL, doc)
})

func closeObjects(node any) {
	switch node := node.(type) {
	case map[string]any:
		if _, ok := node["properties"].(map[string]any); ok {
			if _, said := node["additionalProperties"]; !said {
				node["additionalProperties"] = false
			}
		}
		for _, v := range node {
			closeObjects(v)
		}
	case []any:
		for _, v := range node {
			closeObjects(v)
		}
	}
}

// check tells what is wrong with the answer to a request of the path, by the document.
func (c *contract) check(method, path string, r response) error {
	route, op, err := c.operation(method, path)
	if err != nil {
		return err
	}
	status := fmt.Sprint(r.status)
	a, ok := op.Responses[status]
	at := []string{"paths", route, strings.ToLower(method), "responses", status}
	if a.Ref != "" {
		at = strings.Split(strings.TrimPrefix(a.Ref, "#/"), "/")
		a, ok = c.Components.Responses[at[len(at)-1]]
	}
	if !ok {
		return fmt.Errorf("%s: status %s is not in the document", op.ID, status)
	}
	if len(a.Content) == 0 {
		if r.body != "" {
			return fmt.Errorf("%s, status %s: the document has no content, the answer %.80q", op.ID, status, r.body)
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("%s, status %s: content type %q: %w", op.ID, status, r.header.Get("Content-Type"), err)
	}
	if _, ok := a.Content["*/*"]; ok {
		return nil // any bytes
	}
	if _, ok := a.Content[media]; !ok {
		return fmt.Errorf("%s, status %s: media type %s is not in the document", op.ID, status, media)
	}
	values := []string{r.body}
	switch {
	case media == "application/x-ndjson":
		values = strings.Split(strings.TrimSuffix(r.body, "\n"), "\n")
	case media != "application/json" && !strings.HasSuffix(media, "+json"):
		return nil
	}
	schema, err := c.schema(append(at, "content", media, "schema")...)
	if err != nil {
		return err
	}
	for _, v := range values {
		body, err := jsonschema.UnmarshalJSON(strings.NewReader(v))
		if err == nil {
			err = schema.Validate(body)
		}
		if err != nil {
			return fmt.Errorf("%s, status %s: %w", op.ID, status, err)
		}
	}
	return nil
}

// schema compiles what stands at that place of the document.
func (c *contract) schema(at ...string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	pointer := ""
	for _, part := range at {
		pointer += "/" + url.PathEscape(strings.ReplaceAll(strings.ReplaceAll(part, "~", "~0"), "/", "~1"))
	}
	return c.compiler.Compile(documentURL + "#" + pointer)
}

// operation is what a path, as it is sent, asks for.
func (c *contract) operation(method, path string) (route string, op operation, err error) {
	path, _, _ = strings.Cut(path, "?")
	sent := strings.Split(path, "/")
	best := -1 // as the mux: more that is fixed is more specific
	for _, r := range slices.Sorted(maps.Keys(c.Paths)) {
		parts, fixed := strings.Split(r, "/"), 0
		item := c.Paths[r]
		of := item.of()[method]
		if len(parts) != len(sent) || of == nil {
			continue
		}
		fits := true
		for i, p := range parts {
			switch {
			case strings.HasPrefix(p, "{"):
			case p == sent[i]:
				fixed++
			default:
				fits = false
			}
		}
		if fits && fixed > best {
			best, route, op = fixed, r, *of
		}
	}
	if best < 0 {
		return "", operation{}, fmt.Errorf("no path of the document is %s %s", method, path)
	}
	return route, op, nil
}

// kept fails the test if an answer of the API is none that the document promises.
func kept(tb testing.TB, method, address string, r response) {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	path := u.EscapedPath()
	c, err := theContract()
	if err != nil {
		tb.Fatal(err)
	}
	if !strings.HasPrefix(path, "/v1/") {
		return
	}
	if _, err := time.Parse(api.FormatNow, r.header.Get(api.HeaderNow)); err != nil {
		tb.Errorf("%s %s: %d, which doesn't say what time it is: %v", method, path, r.status, err)
	}
	if _, _, err := c.operation(method, path); err != nil {
		if r.status != http.StatusNotFound && !allowed(c, path, r) {
			tb.Errorf("%s %s: %d, that the document doesn't have", method, path, r.status)
		}
		return
	}
	if err := c.check(method, path, r); err != nil {
		tb.Errorf("the answer to %s %.200s is not as the OpenAPI document says: %v", method, address, err)
	}
}

// allowed tells that an answer says by what other methods, which the document has, the path
// can be asked.
func allowed(c *contract, path string, r response) bool {
	if r.status != http.StatusMethodNotAllowed {
		return false
	}
	for m := range strings.SplitSeq(r.header.Get("Allow"), ", ") {
		if _, _, err := c.operation(m, path); err != nil && m != http.MethodHead {
			return false
		}
	}
	return true
}

// TestContract compares the OpenAPI document with the routes and parameters that
// there are.
func TestContract(t *testing.T) {
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	var routes, documented []string
	for _, r := range api.Routes {
		routes = append(routes, strings.ReplaceAll(r.Pattern, "...}", "}")+" "+r.Name)
		if r.Handler == nil {
			t.Errorf("%s has no handler", r.Name)
		}
	}
	var methods struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	b, err := api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &methods); err != nil {
		t.Fatal(err)
	}
	for path, item := range methods.Paths {
		known := c.Paths[path]
		for method := range item {
			if method == "parameters" {
				continue
			}
			op := known.of()[strings.ToUpper(method)]
			if op == nil {
				t.Errorf("%s %s: the tests don't know the method, or it has no operationId", method, path)
				continue
			}
			documented = append(documented, strings.ToUpper(method)+" "+path+" "+op.ID)
			if op.Summary == "" {
				t.Errorf("%s %s has no summary", method, path)
			}
		}
	}
	slices.Sort(routes)
	slices.Sort(documented)
	if d := cmp.Diff(routes, documented); d != "" {
		t.Errorf("routes (-) and the document's paths (+):\n%s", d)
	}
	want := append(find.Parameters(), "format")
	var got []string
	for _, p := range c.Paths["/v1/articles"].Get.Parameters {
		got = append(got, p.Name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("parameters of searches (-) and the document's (+):\n%s", d)
	}

	var fields bounds
	if err := json.Unmarshal(c.Components.Parameters["field"].Schema, &fields); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(article.Correctable(), fields.Enum); d != "" {
		t.Errorf("fields that can be corrected (-) and the document's (+):\n%s", d)
	}

	doc, err := libopenapi.NewDocument(b)
	if err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(doc)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if ok, wrong := v.ValidateDocument(); !ok {
		for _, w := range wrong {
			t.Errorf("the document is not OpenAPI 3.1: %s: %s %v", w.Message, w.Reason, w.SchemaValidationErrors)
		}
	}
}

// TestExamples holds the document's examples of answers to their schemas.
func TestExamples(t *testing.T) {
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	examples := func(content map[string]json.RawMessage, at ...string) {
		for media, raw := range content {
			var m struct {
				Example json.RawMessage `json:"example"`
			}
			if err := json.Unmarshal(raw, &m); err != nil || m.Example == nil {
				continue
			}
			n++
			schema, err := c.schema(append(slices.Clone(at), "content", media, "schema")...)
			if err != nil {
				t.Fatal(err)
			}
			example, err := jsonschema.UnmarshalJSON(bytes.NewReader(m.Example))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(example); err != nil {
				t.Errorf("example of %v: %v", at, err)
			}
		}
	}
	for path, item := range c.Paths {
		for method, op := range item.of() {
			for status, a := range op.Responses {
				examples(a.Content, "paths", path, strings.ToLower(method), "responses", status)
			}
		}
	}
	for name, a := range c.Components.Responses {
		examples(a.Content, "components", "responses", name)
	}
	if n < 10 {
		t.Errorf("there are only %d examples", n)
	}
}

// TestOpenAPIIsServed asks for the document as clients do.
func TestOpenAPIIsServed(t *testing.T) {
	n := open(t)
	r := n.get("/v1/openapi.json")
	b, err := api.OpenAPI()
	if err != nil || r.status != http.StatusOK || r.body != string(b) || r.header.Get("Content-Type") != "application/json" {
		t.Errorf("%d, %d bytes, %v", r.status, len(r.body), err)
	}
	if strings.Contains(r.body, "schema.json") || strings.Contains(r.body, "$defs") {
		t.Error("the document refers to what is outside of it")
	}
	if r := n.get("/v1/openapi.json", "If-None-Match", r.header.Get("ETag")); r.status != http.StatusNotModified {
		t.Errorf("the same again: %d", r.status)
	}
	res, err := http.Post(n.base+"/v1/openapi.json", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s %s %v", res.Status, body, err)
	}
}
