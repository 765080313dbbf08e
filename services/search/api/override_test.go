package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	before func() // is called before Still is

	unplaced string // a field
}

func (d *copydesk) line(o *article.Override) desk.Line {
	l := desk.Line{URI: "urn:x:ferry", Fields: []desk.Correction{}}
	if o != nil {
		l.Number = o.Number
		for i := range o.Corrections {
			c := &o.Corrections[i]
			value, _ := c.JSON()
			l.Fields = append(l.Fields, desk.Correction{Field: c.Field, Who: c.Who, At: c.At, Reason: c.Reason, Value: value, Unplaced: c.Field == d.unplaced})
		}
	}
	return l
}

func (d *copydesk) Of(context.Context, *article.Article) (desk.Line, error) {
	d.asked++
	return d.line(d.stands), nil
}

func (d *copydesk) Change(ctx context.Context, seen desk.Seen, c override.Change) (desk.Line, error) {
	d.asked++
	if d.before != nil {
		d.before()
	}
	if err := seen.Still(ctx); err != nil {
		return desk.Line{}, err
	}
	if ctx.Err() != nil {
		return desk.Line{}, ctx.Err()
	}
	if d.fails != nil && !d.kept {
		return desk.Line{}, d.fails
	}
	c.At, d.last = time.Unix(1_700_000_100, 0), c
	made, err := c.Make(d.stands, nil, 0, seen.Article)
	if err != nil {
		return desk.Line{}, &desk.RefusalError{Err: err}
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

	desk    *copydesk
	editors *api.Editors
	found   func() (find.Found, error)
	who     access.Identity
	gone    bool // the client
	now     time.Time
}

// find is the finder of who sends a request.
func (c *correcting) find(r *http.Request) api.Finder {
	return &finder{answers: []func() (find.Found, error){func() (find.Found, error) { return c.found() }}, grant: access.Of(r.Context()).Grant}
}

func (c *correcting) ask(method, target, body string, header ...string) (*httptest.ResponseRecorder, api.Problem, desk.Line) {
	c.Helper()
	mux := http.NewServeMux()
	all := api.Corrections{Of: c.find, Editors: c.editors, Log: zerolog.Nop()}
	mux.Handle("GET /v1/articles/{uri}/overrides", all.Overridden())
	mux.Handle("PUT /v1/articles/{uri}/overrides/{field}", all.Correct())
	mux.Handle("DELETE /v1/articles/{uri}/overrides/{field}", all.TakeBack())
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
	c := &correcting{T: t, desk: &copydesk{}, found: ferry, who: access.Identity{Name: "M. Ito", Key: "abcdefgh", Scopes: both, Sender: "abcdefgh"}, now: time.Unix(1_700_000_000, 0)}
	c.editors = api.NewEditors(c.desk, func() time.Time { return c.now })
	return c
}

// both are the scopes of who corrects.
var both = []access.Scope{access.Read, access.Write}

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
	c.who = access.Identity{Name: "B. Lee", Session: true, Scopes: both}
	p := c.refused(http.StatusPreconditionFailed, "it has by now, 1.", http.MethodPut, "/language", `"sv"`, "If-Match", `"0"`)
	if p.Override == nil || p.Override.Number != 1 || len(p.Override.Fields) != 1 || p.Override.Fields[0].Who != "M. Ito (key abcdefgh)" || string(p.Override.Fields[0].Value) != `"de"` {
		t.Errorf("it doesn't tell what stands now: %+v", p)
	}
	if _, _, l = c.ask(http.MethodPut, "/language", `"sv"`, "If-Match", `"1"`); l.Number != 2 || l.Fields[0].Who != "B. Lee" {
		t.Errorf("%+v", l)
	}
	if w, _, l = c.ask(http.MethodPut, "/language", `"sv"`, "If-Match", `"1"`); w.Code != http.StatusOK || l.Number != 2 || l.Action != "" || l.Fields[0].Who != "B. Lee" {
		t.Errorf("what says so already: %d %+v", w.Code, l)
	}
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
	whatever := []string{"If-Match", "*"}
	c.refused(http.StatusBadRequest, `entities[0].mentions[0]: \"Bo Tran\" is not in the text`, http.MethodPut, "/entities", `[{"type":"person","name":"Bo Tran","mentions":[{"text":"Bo Tran"}]}]`, whatever...)
	c.refused(http.StatusBadRequest, `"type":"urn:copytaster:problem:value"`, http.MethodPut, "/language", `"x y"`, whatever...)
	c.refused(http.StatusBadRequest, "topics: topic 0", http.MethodPut, "/topics", `[{"qcode":"medtop:1"}]`, whatever...)
	c.refused(http.StatusBadRequest, `"type":"urn:copytaster:problem:value"`, http.MethodPut, "/topics", `[`, whatever...)
	c.refused(http.StatusBadRequest, `field \"body\" can't be corrected; there are`, http.MethodPut, "/body", `"x"`, whatever...)
	c.refused(http.StatusBadRequest, `"parameter":"field"`, http.MethodDelete, "/body", "", whatever...)
	c.refused(http.StatusBadRequest, `"parameter":"reason"`, http.MethodPut, "/language?reason="+strings.Repeat("x", article.MaxReason+1), `"de"`, whatever...)
	c.refused(http.StatusBadRequest, `"parameter":"who"`, http.MethodPut, "/language?who=B.+Lee", `"de"`, whatever...)
	c.refused(http.StatusBadRequest, `"parameter":"reason"`, http.MethodPut, "/language?reason=a&reason=b", `"de"`, whatever...)
	c.refused(http.StatusBadRequest, `"parameter":"x"`, http.MethodGet, "?x=1", "")
	c.refused(http.StatusBadRequest, `"parameter":"reason"`, http.MethodPut, "/language?reason=%ff", `"de"`, whatever...)
	c.refused(http.StatusBadRequest, `"parameter":"reason"`, http.MethodDelete, "/language?reason=a%0Ab", "", whatever...)
	c.refused(http.StatusPreconditionRequired, "If-Match", http.MethodPut, "/language", `"de"`)
	c.refused(http.StatusPreconditionRequired, "If-Match", http.MethodDelete, "/language", "")
	for _, tag := range []string{"3", "W/3", `"x"`, `"1", "2"`, `"-1"`, `"01"`, `""`, `"99999999999"`} {
		c.refused(http.StatusBadRequest, `"parameter":"If-Match"`, http.MethodPut, "/language", `"de"`, "If-Match", tag)
	}
	c.refused(http.StatusRequestEntityTooLarge, "1048576 bytes", http.MethodPut, "/summary", `"`+strings.Repeat("x", api.MaxCorrection)+`"`, whatever...)
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
	c.editors, c.found = nil, ferry
	c.refused(http.StatusNotFound, "search-overrides", http.MethodPut, "/language", `"de"`, "If-Match", "*")
}

func TestTheDeskFails(t *testing.T) {
	c := newCorrecting(t)
	put := func(status int, says string) {
		t.Helper()
		c.refused(status, says, http.MethodPut, "/language", `"de"`, "If-Match", "*")
	}
	c.desk.fails = errors.New("kafka at 10.0.0.7 is away")
	put(http.StatusServiceUnavailable, "Nothing is changed")
	w, _, _ := c.ask(http.MethodPut, "/language", `"de"`, "If-Match", "*")
	if strings.Contains(w.Body.String(), "10.0.0.7") || w.Header().Get("Retry-After") == "" {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
	c.desk.kept = true
	put(http.StatusServiceUnavailable, `"type":"urn:copytaster:problem:unfinished"`)
	c.desk.kept = false
	c.desk.fails = &desk.RefusalError{Err: &desk.BehindError{Messages: 60_000}}
	put(http.StatusServiceUnavailable, `"type":"urn:copytaster:problem:behind"`)
	for says, is := range map[string]error{
		`"type":"urn:copytaster:problem:newer"`: desk.ErrNewer,
		"The article is killed.":                fmt.Errorf("urn:x:ferry %w: copytaster reinstate comes first", desk.ErrKilled),
		"An operator can write over that":       fmt.Errorf("remove --all comes first: %w", override.ErrUnread),
		"it has 200 changes.":                   errors.New("it has 200 changes"),
	} {
		c.desk.fails = &desk.RefusalError{Err: is}
		put(http.StatusConflict, says)
	}
	c.desk.fails = &desk.RefusalError{Err: desk.ErrHidden}
	put(http.StatusNotFound, "There is no such article or revision")
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

// A person is never called as a key is.
func TestNobodyIsCalledAsAKey(t *testing.T) {
	c := newCorrecting(t)
	c.who = access.Identity{Name: "Desk (key abcdefgh)", Scopes: both}
	if _, _, l := c.ask(http.MethodPut, "/language", `"de"`, "If-Match", "*"); l.Fields[0].Who != "Desk (abcdefgh)" {
		t.Errorf("%q", l.Fields[0].Who)
	}
}

// A number is the same in the weak tag that a proxy made of it.
func TestWeakTags(t *testing.T) {
	c := newCorrecting(t)
	if w, _, _ := c.ask(http.MethodPut, "/language", `"de"`, "If-Match", `W/"0"`); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	c.refused(http.StatusPreconditionFailed, "moved", http.MethodPut, "/language", `"sv"`, "If-Match", `W/"0"`)
}

// A place that is said by a name of several is refused with those, and taken by its id.
func TestPlacesOfOneName(t *testing.T) {
	c := newCorrecting(t)
	p := c.refused(http.StatusBadRequest, `"type":"urn:copytaster:problem:value"`, http.MethodPut, "/places", `[{"name":"Springfield"}]`, "If-Match", "*")
	if len(p.Candidates) < 2 || p.Name != "Springfield" || p.Candidates[0].Country == "" || p.Candidates[0].GeoNamesID == 0 || !strings.Contains(p.Detail, `places[0]: "Springfield" may be one of several places`) {
		t.Fatalf("%+v", p)
	}
	value := fmt.Sprintf(`[{"name":"Springfield","geonames_id":%d}]`, p.Candidates[1].GeoNamesID)
	w, _, l := c.ask(http.MethodPut, "/places", value, "If-Match", "*")
	if w.Code != http.StatusOK || !strings.Contains(string(l.Fields[0].Value), `"country":"`+p.Candidates[1].Country+`"`) || !strings.Contains(string(l.Fields[0].Value), `"lat":`) {
		t.Errorf("%s", w.Body)
	}
}

// Who may not see every article neither moves one between agencies, nor learns who corrected,
// why, and by words which they don't see.
func TestWhoHasAGrantOfTheirOwn(t *testing.T) {
	c := newCorrecting(t)
	for _, field := range []string{"agency", "language"} {
		if w, _, _ := c.ask(http.MethodPut, "/"+field+"?reason=names+a+minor", `"de"`, "If-Match", "*"); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	c.desk.unplaced = "agency"
	w, _, l := c.ask(http.MethodGet, "", "")
	if len(l.Correctable) != len(article.Correctable()) || !strings.Contains(w.Body.String(), "names a minor") || string(l.Fields[0].Value) != `"de"` || !l.Fields[0].Unplaced {
		t.Errorf("to who may see all: %s", w.Body)
	}
	c.who = access.Identity{Name: "Outside", Key: "ijklmnop", Scopes: both, Grant: access.Grant{Agencies: []string{"dpa"}}}
	changes := c.desk.stands.Number
	for _, method := range []string{http.MethodPut, http.MethodDelete} {
		c.refused(http.StatusForbidden, `"type":"urn:copytaster:problem:forbidden"`, method, "/agency", `"dpa"`, "If-Match", "*")
		c.refused(http.StatusForbidden, `"type":"urn:copytaster:problem:forbidden"`, method, "/segments", `[{"text":"x","kind":"byline"}]`, "If-Match", "*")
	}
	if c.desk.stands.Number != changes {
		t.Error("the agency is corrected, or what it is found in")
	}
	w, _, l = c.ask(http.MethodGet, "", "")
	if s := w.Body.String(); strings.Contains(s, "Ito") || strings.Contains(s, "minor") || len(l.Correctable) != len(article.Correctable())-2 || l.Fields[0].Value != nil || string(l.Fields[1].Value) != `"de"` {
		t.Errorf("%s", s)
	}
	if w, _, _ = c.ask(http.MethodPut, "/language", `"sv"`, "If-Match", "*"); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "Ito") || strings.Contains(w.Body.String(), "minor") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w, _, _ = c.ask(http.MethodPut, "/language", `"de"`, "If-Match", `"0"`); w.Code != http.StatusPreconditionFailed || strings.Contains(w.Body.String(), "Ito") || strings.Contains(w.Body.String(), "minor") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	c.who.Scopes = []access.Scope{access.Write}
	c.refused(http.StatusForbidden, "the scope read", http.MethodGet, "", "")
	c.refused(http.StatusForbidden, "the scope read", http.MethodPut, "/language", `"de"`, "If-Match", "*")
}

// What somebody may do and see is asked again right before a change is written.
func TestWhatBecameOfItMeanwhile(t *testing.T) {
	c := newCorrecting(t)
	refused := func(status int, says string, meanwhile func()) {
		t.Helper()
		who, found := c.who, c.found
		c.desk.before = meanwhile
		c.refused(status, says, http.MethodPut, "/agency", `"dpa"`, "If-Match", "*")
		c.desk.before, c.who, c.found = nil, who, found
		if c.desk.stands != nil {
			t.Errorf("%s: it is corrected", says)
		}
	}
	now := c.who
	var gone error
	c.who.Again = func() (access.Identity, error) { return now, gone }
	refused(http.StatusNotFound, "There is no such article", func() {
		c.found = func() (find.Found, error) { return find.Found{}, find.ErrNotFound }
	})
	refused(http.StatusConflict, "problem:newer", func() {
		c.found = func() (find.Found, error) {
			found, err := ferry()
			found.Article.Revision = 2 << 16
			return found, err
		}
	})
	refused(http.StatusForbidden, "The agency says", func() { now.Grant.AgenciesDenied = []string{"AFP"} })
	now.Grant = access.Grant{}
	refused(http.StatusUnauthorized, "revoked", func() {
		gone = &api.RefusedError{Problem: api.Problem{Type: api.TypeUnauthorized, Title: "Who asks?", Status: http.StatusUnauthorized, Detail: "revoked"}}
	})
}

// One sender has few changes at once, from when they begin to send them, and leaves the others
// places; of one article they have not too many at all.
func TestHowManyCorrections(t *testing.T) {
	c := newCorrecting(t)
	type answer struct {
		code int
		body string
	}
	begun, done := make(chan struct{}), make(chan answer)
	slow := api.Corrections{Of: c.find, Editors: c.editors, Log: zerolog.Nop()}.Correct()
	var ends []*io.PipeWriter
	for range api.MaxChangesEach {
		body, end := io.Pipe()
		ends = append(ends, end)
		go func() {
			r := httptest.NewRequestWithContext(access.With(context.Background(), c.who), http.MethodPut, "/", &reading{body, begun})
			r.SetPathValue("uri", "urn:x:ferry")
			r.SetPathValue("field", "language")
			r.Header.Set("If-Match", "*")
			w := httptest.NewRecorder()
			slow.ServeHTTP(w, r)
			done <- answer{w.Code, w.Body.String()}
		}()
		<-begun
	}
	c.refused(http.StatusTooManyRequests, "Too many corrections at once", http.MethodPut, "/language", `"de"`, "If-Match", "*")
	other := *c
	other.who = access.Identity{Name: "B. Lee", Scopes: both, Sender: "B. Lee"}
	if w, _, _ := other.ask(http.MethodPut, "/language", `"sv"`, "If-Match", "*"); w.Code != http.StatusOK {
		t.Errorf("another sender: %d %s", w.Code, w.Body)
	}
	for _, end := range ends { // one after the other: the desk of this test is one's
		if _, err := io.WriteString(end, `"de"`); err != nil {
			t.Fatal(err)
		}
		_ = end.Close()
		if a := <-done; a.code != http.StatusOK {
			t.Errorf("%+v", a)
		}
	}
	for n := range api.MaxChangesOften - api.MaxChangesEach {
		if w, _, _ := c.ask(http.MethodPut, "/language", []string{`"sv"`, `"de"`}[n%2], "If-Match", "*"); w.Code != http.StatusOK {
			t.Fatalf("%d: %d %s", n, w.Code, w.Body)
		}
	}
	if w, _, _ := c.ask(http.MethodPut, "/language", `"fr"`, "If-Match", "*"); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "3601" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if w, _, _ := other.ask(http.MethodPut, "/language", `"fr"`, "If-Match", "*"); w.Code != http.StatusOK {
		t.Errorf("another sender: %d %s", w.Code, w.Body)
	}
	c.now = c.now.Add(api.Often)
	if w, _, _ := c.ask(http.MethodPut, "/language", `"de"`, "If-Match", "*"); w.Code != http.StatusOK {
		t.Errorf("an hour later: %d %s", w.Code, w.Body)
	}
	// The last numbers that a revision has room for are the operators'.
	c.who.Sender, c.desk.stands.Number = "x", article.MaxCorrections-api.SpareChanges
	c.refused(http.StatusConflict, "was corrected 150 times, and a revision has room for 150", http.MethodPut, "/language", `"fr"`, "If-Match", "*")
}

// reading tells when it is read first.
type reading struct {
	io.Reader

	begun chan<- struct{}
}

func (r *reading) Read(b []byte) (int, error) {
	if r.begun != nil {
		r.begun <- struct{}{}
		r.begun = nil
	}
	return r.Reader.Read(b)
}

// A service that stops takes no change any more, and waits for those that are made.
func TestStopping(t *testing.T) {
	c := newCorrecting(t)
	ended := make(chan error)
	c.desk.before = func() {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.editors.Stop(ctx); err == nil {
			t.Error("it doesn't wait for what is made")
		}
		go func() { ended <- c.editors.Stop(t.Context()) }()
	}
	if w, _, _ := c.ask(http.MethodPut, "/language", `"de"`, "If-Match", "*"); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	c.refused(http.StatusServiceUnavailable, "Nothing is changed", http.MethodPut, "/language", `"sv"`, "If-Match", "*")
	if w, _, _ := c.ask(http.MethodGet, "", ""); w.Code != http.StatusOK {
		t.Errorf("what there is: %d", w.Code)
	}
}

// What can't be done says what can.
func TestAllowed(t *testing.T) {
	for path, want := range map[string]string{
		"/v1/articles/urn%3Ax%3Aferry/overrides":          "GET, HEAD",
		"/v1/articles/urn%3Ax%3Aferry/overrides/language": "GET, HEAD, PUT, DELETE",
		"/v1/operator/redrive":                            "POST",
		"/v1/nothing":                                     "",
	} {
		w := httptest.NewRecorder()
		api.Other().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPatch, path, nil))
		code := http.StatusMethodNotAllowed
		if want == "" {
			code = http.StatusNotFound
		}
		if w.Code != code || w.Header().Get("Allow") != want {
			t.Errorf("%s: %d %q, want %q", path, w.Code, w.Header().Get("Allow"), want)
		}
	}
}
