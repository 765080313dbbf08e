package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/operator"
)

// told is a desk that tells what it was asked, and fails as it is told to.
type toldDesk struct {
	Operator // what isn't asked for here

	order operator.Order
	fails error
	lists func() // called while a list is made
}

func (d *toldDesk) Stages(points int) (operator.Stages, error) {
	return operator.Stages{Every: float64(points), Stages: []operator.Stage{}}, d.fails
}

func (d *toldDesk) Letters(context.Context, operator.Query) (operator.Page, error) {
	if d.lists != nil {
		d.lists()
	}
	return operator.Page{Letters: []operator.Letter{}}, d.fails
}

func (d *toldDesk) Refused(context.Context) (operator.Refused, error) {
	return operator.Refused{}, d.fails
}

func (d *toldDesk) Redrive(ctx context.Context, o operator.Order) (operator.Redriven, error) {
	d.order = o
	return operator.Redriven{Results: []operator.Result{}}, errors.Join(ctx.Err(), d.fails)
}

// asking sends a request to a route as who.
func asking(s Service, name, method, target, body string, who access.Identity) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	for _, r := range Routes {
		if r.Name == name {
			s.Log = zerolog.Nop()
			req := httptest.NewRequest(method, target, strings.NewReader(body))
			mux := http.NewServeMux()
			mux.Handle(r.Pattern, r.Handler(s))
			mux.ServeHTTP(w, req.WithContext(access.With(req.Context(), who)))
		}
	}
	return w
}

// TestOperatorProblems: whoever is refused is told why.
func TestOperatorProblems(t *testing.T) {
	who := access.Identity{Name: "ops"}
	for kind, c := range map[string]struct {
		err    error
		status int
	}{
		"unavailable": {&operator.AwayError{Err: errors.New("refused")}, 503},
		"overtaken":   {fmt.Errorf("table: %w", bus.ErrOvertaken), 409},
		"not-found":   {operator.ErrNoLetter, 404},
		"internal":    {errors.New("x"), 500},
	} {
		w := asking(Service{Operator: &toldDesk{fails: c.err}}, "letters", http.MethodGet, "/v1/operator/letters", "", who)
		if w.Code != c.status || !strings.Contains(w.Body.String(), problemPrefix+kind) {
			t.Errorf("%s: %d %s", kind, w.Code, w.Body)
		}
	}
	for _, err := range []error{operator.ErrBusy, operator.ErrStopping, operator.ErrStarting} {
		w := asking(Service{Operator: &toldDesk{fails: err}}, "redrive", http.MethodPost, "/v1/operator/redrive", `{"letters":["ingest.dead/0@1"]}`, who)
		if w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("%v: %d %s", err, w.Code, w.Body)
		}
	}
	for _, name := range []string{"stages", "sources", "letters"} {
		if w := asking(Service{}, name, http.MethodGet, "/v1/operator/"+name, "", who); w.Code != 404 || !strings.Contains(w.Body.String(), problemPrefix+"off") || !strings.Contains(w.Body.String(), "search-operator") {
			t.Errorf("%s where they are off: %d %s", name, w.Code, w.Body)
		}
	}
	restricted := access.Identity{Name: "ops", Grant: access.Grant{SourcesDenied: []string{"coast"}}}
	for name, target := range map[string]string{"letters": "letters", "letter": "letters/ingest.dead/0/0"} {
		if w := asking(Service{Operator: &toldDesk{}}, name, http.MethodGet, "/v1/operator/"+target, "", restricted); w.Code != 403 {
			t.Errorf("%s for who may not see all: %d %s", name, w.Code, w.Body)
		}
	}
	if w := asking(Service{Operator: &toldDesk{}}, "redrive", http.MethodPost, "/v1/operator/redrive", `{"letters":["ingest.dead/0@1"]}`, restricted); w.Code != 403 {
		t.Errorf("redrive for who may not see all: %d %s", w.Code, w.Body)
	}
	if w := asking(Service{Operator: &toldDesk{}}, "stages", http.MethodGet, "/v1/operator/stages", "", restricted); w.Code != 200 {
		t.Errorf("stages for who may not see all: %d %s", w.Code, w.Body)
	}
}

// TestOrders: an order says who gives it, goes on when its client leaves, and has limits.
func TestOrders(t *testing.T) {
	who := access.Identity{Name: "M. Ito", Key: "abcdefgh"}
	d := &toldDesk{}
	order := func(body string) *httptest.ResponseRecorder {
		return asking(Service{Operator: d}, "redrive", http.MethodPost, "/v1/operator/redrive", body, who)
	}
	if w := order(`{"letters":["ingest.dead/0@1","articles.received.dead/0@2"],"why":" mended ","again":true}`); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if o := d.order; o.By != "M. Ito (key abcdefgh)" || o.Why != "mended" || !o.Again || len(o.Letters) != 2 || o.Letters[1] != (bus.Place{Topic: topic.Received + topic.DeadSuffix, Offset: 2}) {
		t.Errorf("%+v", o)
	}
	many := make([]string, operator.MaxRedriven+1)
	for i := range many {
		many[i] = fmt.Sprint("ingest.dead/0@", i)
	}
	text, err := json.Marshal(map[string]any{"letters": many[1:]})
	if err != nil {
		t.Fatal(err)
	}
	if w := order(string(text)); w.Code != 200 {
		t.Errorf("as many as may be: %d %s", w.Code, w.Body)
	}
	if text, err = json.Marshal(map[string]any{"letters": many}); err != nil {
		t.Fatal(err)
	}
	for body, parameter := range map[string]string{
		"": "body", "{}": "letters", `{"letters":[]}`: "letters", `{"letters":["x"]}`: "letters", `{"letters":["ingest.dead/0@1","ingest.dead/0@1"]}`: "letters",
		`{"letters":["ingest.dead/0@1"],"all":true}`: "body", `{"letters":["ingest.dead/0@1"]} {}`: "body", string(text): "letters",
		`{"letters":["ingest.dead/0@1"],"why":"` + strings.Repeat("x", operator.MaxWhy+1) + `"}`: "why",
	} {
		var p Problem
		if w := order(body); w.Code != 400 || json.Unmarshal(w.Body.Bytes(), &p) != nil || p.Parameter != parameter {
			t.Errorf("%.80s: %d %s", body, w.Code, w.Body)
		}
	}
	if w := order(`{"letters":["ingest.dead/0@1"],"why":"` + strings.Repeat("x", MaxOrder)); w.Code != 413 {
		t.Errorf("too long: %d %s", w.Code, w.Body)
	}
}

// TestListsAtOnce: so many lists of letters are made at once, and so many for one sender.
func TestListsAtOnce(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	h := letters(Service{Log: zerolog.Nop(), Operator: &toldDesk{lists: func() {
		begun <- struct{}{}
		<-end
	}}})
	ask := func(sender int) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/v1/operator/letters", nil)
		h.ServeHTTP(w, r.WithContext(access.With(r.Context(), access.Identity{Name: "ops", Sender: fmt.Sprint(sender)})))
		return w
	}
	var asked sync.WaitGroup
	for i := range MaxLists {
		asked.Go(func() {
			if w := ask(i / MaxListsEach); w.Code != 200 {
				t.Errorf("list %d: %d %s", i, w.Code, w.Body)
			}
		})
		<-begun
		if i == MaxListsEach-1 {
			if w := ask(0); w.Code != 429 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "You have 2") {
				t.Errorf("one more of the same: %d %s", w.Code, w.Body)
			}
		}
	}
	if w := ask(100); w.Code != 503 || !strings.Contains(w.Body.String(), "There are 4") {
		t.Errorf("one more: %d %s", w.Code, w.Body)
	}
	close(end)
	asked.Wait()
}

func TestParseLetters(t *testing.T) {
	good := func(text string) operator.Query {
		t.Helper()
		values, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		q, err := parseLetters(values)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		return q
	}
	if q := good(""); q.Size != operator.DefaultLetters || q.State != "" {
		t.Errorf("%+v", q)
	}
	if q := good("size=200&state=open&topic=ingest.dead&stage=ingest&source=coast&reason=x"); q.Size != operator.MaxLetters || q.State != operator.Open || q.Topic != topic.IngestDead || q.Source != "coast" || q.Stage != "ingest" || q.Reason != "x" {
		t.Errorf("%+v", q)
	}
	for text, parameter := range map[string]string{
		"size=0": "size", "size=201": "size", "size=1&size=2": "size", "state=closed": "state", "topic=articles.received": "topic", "after=x": "after", "what=x": "what",
		"reason=" + strings.Repeat("x", 201): "reason", "source=" + strings.Repeat("x", 513): "source", "stage=" + strings.Repeat("x", 101): "stage",
	} {
		values, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		var wrong *find.ParameterError
		if _, err := parseLetters(values); !errors.As(err, &wrong) || wrong.Parameter != parameter {
			t.Errorf("%.40s: %v", text, err)
		}
	}
}

// TestSourcesWithRefused: refused letters count at their source, and tell nobody of a source
// that they may not learn of.
func TestSourcesWithRefused(t *testing.T) {
	refused := operator.Refused{Since: time.Now(), Counts: map[string]int{"coast": 2, "hills": 1, "": 3}}
	all := func() []find.Source {
		return []find.Source{{Source: "wire", State: find.SourceOK}, {Source: "coast", State: find.SourceOK}, {Source: "mill", State: find.SourceSilent}}
	}
	tell := func(g access.Grant) string {
		var b strings.Builder
		for _, s := range withRefused(all(), refused, g) {
			fmt.Fprintf(&b, "%s %s %d; ", s.Source, s.State, s.Refused)
		}
		return b.String()
	}
	if got, want := tell(access.Grant{}), "mill silent 0;  refused 3; coast ok 2; hills refused 1; wire ok 0; "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := tell(access.Grant{Sources: []string{"coast", "wire"}}); strings.Contains(got, "hills") || strings.Contains(got, " refused") {
		t.Errorf("a grant lets through %q", got)
	}
}

// replying is an index that replies with a text.
type replying string

func (x replying) Perform(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"X-Elastic-Product": {"Elasticsearch"}}, Body: io.NopCloser(strings.NewReader(string(x))),
	}, nil
}

// TestSourcesWithoutKafka: the index knows what sources sent.
func TestSourcesWithoutKafka(t *testing.T) {
	f := find.New(replying(`{"aggregations":{"sources":{"buckets":[{"key":"coast"}]}}}`), "", time.UTC, time.Minute, time.Now)
	s := Service{Operator: &toldDesk{fails: &operator.AwayError{Err: errors.New("no route")}}, Finder: func(*http.Request) *find.Finder { return f }}
	w := asking(s, "sources", http.MethodGet, "/v1/operator/sources", "", access.Identity{Name: "ops"})
	var told sourcesAnswer
	if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil || w.Code != 200 {
		t.Fatalf("%d %s %v", w.Code, w.Body, err)
	}
	if len(told.Sources.Sources) != 1 || told.RefusedComplete || !told.RefusedSince.Equal(told.At) || told.At.IsZero() {
		t.Errorf("%s", w.Body)
	}
}

// TestMe: everybody is told of themselves alone.
func TestMe(t *testing.T) {
	s := Service{Operator: &toldDesk{}, Asks: true, Rate: func(who access.Identity) int { return who.Rate }}
	for want, who := range map[string]access.Identity{
		`{"name":"M. Ito","key":"abcdefgh","role":"operator","scopes":["read","write","operate"],"grant":"everything","asked":true,"session":true,"rate":60,"service":{"live":false,"overrides":false,"operator":true,"embargoes":false}}`: {
			Name: "M. Ito", Key: "abcdefgh", Scopes: access.Operator.Scopes(), Session: true, Rate: 60,
		},
		`{"role":"none","scopes":["operate"],"grant":"restricted","asked":true,"service":{"live":false,"overrides":false,"operator":true,"embargoes":false}}`: {
			Scopes: []access.Scope{access.Operate}, Grant: access.Grant{Agencies: []string{"dpa"}},
		},
		`{"role":"operator","scopes":["read","write","operate","embargo"],"grant":"everything","asked":true,"service":{"live":false,"overrides":false,"operator":true,"embargoes":false}}`: {Scopes: access.Scopes},
		`{"role":"embargo-editor","scopes":["read","write","embargo"],"grant":"everything","asked":true,"service":{"live":false,"overrides":false,"operator":true,"embargoes":false}}`:     {Scopes: access.EmbargoEditor.Scopes()},
		`{"role":"reader","scopes":["read"],"grant":"everything","asked":true,"service":{"live":false,"overrides":false,"operator":true,"embargoes":false}}`:                               {Scopes: access.Reader.Scopes()},
	} {
		w := asking(s, "me", http.MethodGet, "/v1/me", "", who)
		if w.Code != 200 || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("%d %s, want %s", w.Code, w.Body, want)
		}
	}
	if w := asking(s, "me", http.MethodGet, "/v1/me?who=other", "", access.Identity{}); w.Code != 400 {
		t.Errorf("asked of others: %d %s", w.Code, w.Body)
	}
}
