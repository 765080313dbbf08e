package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/override"
	"github.com/copytaster/copytaster/services/enrich/override/desk"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/find"
)

// copydesk is a desk with one article, whose override is made by the rules.
type copydesk struct {
	stands *article.Override
	last   override.Change
	fails  error
	kept   bool
	asked  int
}

func (d *copydesk) line(o *article.Override) desk.Line {
	l := desk.Line{URI: "urn:x:ferry", Fields: []desk.Correction{}}
	if o != nil {
		l.Number = o.Number
		for i := range o.Corrections {
			c := &o.Corrections[i]
			value, _ := c.JSON()
			l.Fields = append(l.Fields, desk.Correction{Field: c.Field, Who: c.Who, At: c.At, Reason: c.Reason, Value: value})
		}
	}
	return l
}

func (d *copydesk) Of(context.Context, *article.Article) (desk.Line, error) {
	d.asked++
	return d.line(d.stands), nil
}

func (d *copydesk) Change(ctx context.Context, a *article.Article, c override.Change) (desk.Line, error) {
	d.asked++
	if ctx.Err() != nil {
		return desk.Line{}, ctx.Err()
	}
	if d.fails != nil && !d.kept {
		return desk.Line{}, d.fails
	}
	c.At, d.last = time.Unix(1_700_000_100, 0), c
	made, err := c.Make(d.stands, nil, 0, a)
	if err != nil {
		return desk.Line{}, &desk.Refusal{Err: err}
	}
	d.stands = &made.Override
	return d.line(d.stands), d.fails
}

// ferry is an article that may be seen.
func ferry() (find.Found, error) {
	const text = "Ana Ruiz lit the lamp."
	return find.Found{Article: &article.Article{
		URI: "urn:x:ferry", Version: "1", Source: "wire", Status: article.Usable, Text: text, ReceivedAt: time.Unix(1_700_000_000, 0).UTC(), Revision: 1 << 16,
		Segments: []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len(text)}}}},
	}}, nil
}

type correcting struct {
	*testing.T

	desk  *copydesk
	found func() (find.Found, error)
	who   access.Identity
	gone  bool // the client
}

func (c *correcting) ask(method, target, body string, header ...string) (*httptest.ResponseRecorder, api.Problem, desk.Line) {
	c.Helper()
	mux := http.NewServeMux()
	of := one(&finder{answers: []func() (find.Found, error){c.found}})
	var overrides api.Overrides
	if c.desk != nil {
		overrides = c.desk
	}
	mux.Handle("GET /v1/articles/{uri}/overrides", api.Overridden(of, overrides, zerolog.Nop()))
	mux.Handle("PUT /v1/articles/{uri}/overrides/{field}", api.Correct(of, overrides, zerolog.Nop()))
	mux.Handle("DELETE /v1/articles/{uri}/overrides/{field}", api.TakeBack(of, overrides, zerolog.Nop()))
	ctx, cancel := context.WithCancel(access.With(context.Background(), c.who))
	defer cancel()
	if c.gone {
		cancel()
	}
	r := httptest.NewRequestWithContext(ctx, method, "/v1/articles/urn%3Ax%3Aferry/overrides"+target, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	var p api.Problem
	var l desk.Line
	var err error
	if w.Code == http.StatusOK {
		err = json.Unmarshal(w.Body.Bytes(), &l)
	} else {
		err = json.Unmarshal(w.Body.Bytes(), &p)
	}
	if err != nil {
		c.Fatalf("%s: %v", w.Body, err)
	}
	return w, p, l
}

func (c *correcting) refused(status int, says, method, target, body string, header ...string) api.Problem {
	c.Helper()
	w, p, _ := c.ask(method, target, body, header...)
	if w.Code != status || p.Status != status || !strings.Contains(w.Body.String(), says) {
		c.Errorf("%s %s %.40s: %d %s, want %d with %s", method, target, body, w.Code, w.Body, status, says)
	}
	return p
}

func newCorrecting(t *testing.T) *correcting {
	return &correcting{T: t, desk: &copydesk{}, found: ferry, who: access.Identity{Name: "M. Ito", Key: "abcdefgh"}}
}

// Who corrects is who asks; what stands is told with its number, which a change is of.
func TestCorrect(t *testing.T) {
	c := newCorrecting(t)
	w, _, l := c.ask(http.MethodGet, "", "")
	if w.Code != http.StatusOK || w.Header().Get("ETag") != `"0"` || l.Number != 0 || !strings.Contains(w.Body.String(), `"fields":[]`) || w.Header().Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("nothing was corrected: %d %s %v", w.Code, w.Body, w.Header())
	}
	w, _, l = c.ask(http.MethodPut, "/language?reason=+the+other+one+", `"de"`, "If-Match", `"0"`)
	if w.Code != http.StatusOK || w.Header().Get("ETag") != `"1"` || len(l.Fields) != 1 || l.Fields[0].Who != "M. Ito (key abcdefgh)" || l.Fields[0].Reason != "the other one" || string(l.Fields[0].Value) != `"de"` {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	// Somebody else saw nothing yet.
	c.who = access.Identity{Name: "B. Lee", Session: true}
	p := c.refused(http.StatusPreconditionFailed, "was corrected otherwise meanwhile: the change is of number 0, and it has 1", http.MethodPut, "/language", `"sv"`, "If-Match", `"0"`)
	if p.Override == nil || p.Override.Number != 1 || len(p.Override.Fields) != 1 || p.Override.Fields[0].Who != "M. Ito (key abcdefgh)" || string(p.Override.Fields[0].Value) != `"de"` {
		t.Errorf("it doesn't tell what stands now: %+v", p)
	}
	if _, _, l = c.ask(http.MethodPut, "/language", `"sv"`, "If-Match", `"1"`); l.Number != 2 || l.Fields[0].Who != "B. Lee" {
		t.Errorf("%+v", l)
	}
	c.refused(http.StatusConflict, "is corrected so already", http.MethodPut, "/language", `"sv"`, "If-Match", `"1"`)
	if _, _, l = c.ask(http.MethodPut, "/agency", `"dpa"`, "If-Match", "*"); l.Number != 3 || len(l.Fields) != 2 {
		t.Errorf("whatever there is: %+v", l)
	}
	c.refused(http.StatusNotFound, "topics: urn:x:ferry has no such correction", http.MethodDelete, "/topics", "", "If-Match", `"3"`)
	c.refused(http.StatusPreconditionFailed, `"type":"urn:copytaster:problem:moved"`, http.MethodDelete, "/agency", "", "If-Match", `"2"`)
	if w, _, l = c.ask(http.MethodDelete, "/agency?reason=x", "", "If-Match", `"3"`); w.Code != http.StatusOK || l.Number != 4 || len(l.Fields) != 1 || c.desk.last.Reason != "x" || c.desk.last.Who != "B. Lee" {
		t.Errorf("%d %+v", w.Code, l)
	}
	// It goes on when its client leaves.
	c.gone = true
	if w, _, _ := c.ask(http.MethodPut, "/agency", `"AP"`, "If-Match", `"4"`); w.Code != http.StatusOK {
		t.Errorf("the client left: %d %s", w.Code, w.Body)
	}
}

// What is wrong is told as the command tells it, with its place, and nothing is changed.
func TestWhatCantBeCorrected(t *testing.T) {
	c := newCorrecting(t)
	any := []string{"If-Match", "*"}
	c.refused(http.StatusBadRequest, `entities[0].mentions[0]: \"Bo Tran\" is not in the text`, http.MethodPut, "/entities", `[{"type":"person","name":"Bo Tran","mentions":[{"text":"Bo Tran"}]}]`, any...)
	c.refused(http.StatusBadRequest, `"type":"urn:copytaster:problem:value"`, http.MethodPut, "/language", `"x y"`, any...)
	c.refused(http.StatusBadRequest, "topics: topic 0", http.MethodPut, "/topics", `[{"qcode":"medtop:1"}]`, any...)
	c.refused(http.StatusBadRequest, `"type":"urn:copytaster:problem:value"`, http.MethodPut, "/topics", `[`, any...)
	c.refused(http.StatusBadRequest, `field \"body\" can't be corrected; there are`, http.MethodPut, "/body", `"x"`, any...)
	c.refused(http.StatusBadRequest, `"parameter":"field"`, http.MethodDelete, "/body", "", any...)
	c.refused(http.StatusBadRequest, `"parameter":"reason"`, http.MethodPut, "/language?reason="+strings.Repeat("x", article.MaxReason+1), `"de"`, any...)
	c.refused(http.StatusBadRequest, `"parameter":"who"`, http.MethodPut, "/language?who=B.+Lee", `"de"`, any...)
	c.refused(http.StatusBadRequest, `"parameter":"reason"`, http.MethodPut, "/language?reason=a&reason=b", `"de"`, any...)
	c.refused(http.StatusBadRequest, `"parameter":"x"`, http.MethodGet, "?x=1", "")
	c.refused(http.StatusPreconditionRequired, "If-Match", http.MethodPut, "/language", `"de"`)
	c.refused(http.StatusPreconditionRequired, "If-Match", http.MethodDelete, "/language", "")
	for _, tag := range []string{"3", `W/"3"`, `"x"`, `"1", "2"`, `"-1"`, `"01"`, `""`, `"99999999999"`} {
		c.refused(http.StatusBadRequest, `"parameter":"If-Match"`, http.MethodPut, "/language", `"de"`, "If-Match", tag)
	}
	c.refused(http.StatusRequestEntityTooLarge, "1048576 bytes", http.MethodPut, "/summary", `"`+strings.Repeat("x", api.MaxCorrection)+`"`, any...)
	if c.desk.stands != nil {
		t.Errorf("it is corrected: %+v", c.desk.stands)
	}
}

// Of what a reader may not see nothing is told, and nothing can be corrected.
func TestNobodyCorrectsWhatTheyMayNotSee(t *testing.T) {
	c := newCorrecting(t)
	c.found = func() (find.Found, error) { return find.Found{}, find.ErrNotFound }
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		target := map[bool]string{true: "", false: "/language"}[method == http.MethodGet]
		c.refused(http.StatusNotFound, "There is no such article or revision", method, target, `"de"`, "If-Match", "*")
	}
	if c.desk.asked > 0 {
		t.Error("the desk is asked")
	}
	c.desk, c.found = nil, ferry
	c.refused(http.StatusNotFound, "search-overrides", http.MethodPut, "/language", `"de"`, "If-Match", "*")
}

func TestTheDeskFails(t *testing.T) {
	c := newCorrecting(t)
	put := func(status int, says string) {
		t.Helper()
		c.refused(status, says, http.MethodPut, "/language", `"de"`, "If-Match", "*")
	}
	c.desk.fails = errors.New("kafka at 10.0.0.7 is away")
	put(http.StatusServiceUnavailable, "Nobody knows whether it is kept")
	w, _, _ := c.ask(http.MethodPut, "/language", `"de"`, "If-Match", "*")
	if strings.Contains(w.Body.String(), "10.0.0.7") || w.Header().Get("Retry-After") == "" {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
	c.desk.kept = true
	put(http.StatusServiceUnavailable, "The correction is kept")
	c.desk.fails = &desk.Refusal{Err: fmt.Errorf("urn:x:ferry is killed")}
	c.desk.kept = false
	put(http.StatusConflict, "urn:x:ferry is killed.")
}

// Names are told whole as far as there is room, and the key always.
func TestWhoCorrects(t *testing.T) {
	c := newCorrecting(t)
	c.who.Name = strings.Repeat("ü", access.MaxWho/2)
	_, _, l := c.ask(http.MethodPut, "/language", `"de"`, "If-Match", "*")
	if who := l.Fields[0].Who; len(who) > article.MaxWho || !strings.HasSuffix(who, "ü (key abcdefgh)") {
		t.Errorf("%q", who)
	}
}
