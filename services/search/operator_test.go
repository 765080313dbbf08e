package search_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/operator"
)

// console is a newsroom whose operators work by its search service, on the real Kafka.
type console struct {
	*newsroom

	bus  *bus.Bus
	dead map[string]*bus.DeadLetters // by their topics
}

// console starts the service; keys of the scopes are by their names.
func (n *newsroom) console(t *testing.T) (c *console, keys map[string]string) {
	t.Helper()
	cfg := search.Config{
		Elasticsearch: n.elastic(), Bus: bus.Config{KafkaBrokers: localtest.Kafka(t), Namespace: string(n.names)},
		SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC",
		SearchOperator: true, SearchOperatorEvery: search.MinOperatorEvery,
		Access: search.Access{SearchKeys: true, SearchSession: time.Hour, SearchRate: access.MaxRate, SearchRateAnonymous: access.MaxRate},
	}
	ring := openKeyring(t, cfg.Bus)
	keys = map[string]string{}
	for name, k := range map[string]access.Key{
		"reader": {Scopes: access.Reader.Scopes()}, "editor": {Scopes: access.Editor.Scopes()}, "operator": {Scopes: access.Operator.Scopes()},
		"operator of some": {Scopes: access.Operator.Scopes(), Grant: access.Grant{Sources: []string{"coast"}}},
	} {
		k.ID, k.Name, k.CreatedBy = access.NewID(), name, "test"
		text, err := k.Issue(time.Now(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		ring.put(&k)
		keys[name] = text
	}
	b, err := bus.Connect(cfg.Bus, zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	c = &console{n, b, map[string]*bus.DeadLetters{}}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, name := range []string{topic.IngestDead, topic.Received + topic.DeadSuffix, topic.Received, topic.Enriched} {
		if err := b.EnsureTopics(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{topic.IngestDead, topic.Received + topic.DeadSuffix} {
		c.dead[name] = b.DeadLettersTo(name)
		t.Cleanup(func() {
			if err := c.dead[name].Close(); err != nil {
				t.Error(err)
			}
		})
	}
	c.base, c.key = serve(t, cfg), keys["operator"]
	await(t, "the stages were looked at", func() bool { return c.get("/v1/operator/stages").status == http.StatusOK })
	return c, keys
}

// refuse writes a dead letter, and gives its place.
func (c *console) refuse(name string, d stage.DeadLetter) string {
	c.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	es, err := c.bus.Extents(ctx, name)
	if err != nil {
		c.tb.Fatal(err)
	}
	d.Attempts, d.At = 1, time.Now()
	if err := c.dead[name].Write(ctx, d); err != nil {
		c.tb.Fatal(err)
	}
	for was := time.Now().UnixMilli(); time.Now().UnixMilli() == was; { // of two of one millisecond none is the newer
		runtime.Gosched()
	}
	return bus.Place{Topic: name, Offset: es[0].End}.String()
}

// fetch asks for JSON that must be there.
func fetch[T any](c *console, path string) T {
	c.tb.Helper()
	var v T
	r := c.get(path)
	if r.status != http.StatusOK {
		c.tb.Fatalf("%s: %d %s", path, r.status, r.body)
	}
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		c.tb.Fatal(err)
	}
	return v
}

func (c *console) redrive(body string) operator.Redriven {
	c.tb.Helper()
	var v operator.Redriven
	r := c.send(http.MethodPost, "/v1/operator/redrive", body)
	if err := json.Unmarshal([]byte(r.body), &v); err != nil || r.status != http.StatusOK {
		c.tb.Fatalf("redrive: %d %s", r.status, r.body)
	}
	return v
}

// pages are the places of all letters that a query lists, page by page.
func (c *console) pages(parameters ...string) (places []string) {
	c.tb.Helper()
	for after := ""; ; {
		set := parameters
		if after != "" {
			set = append(append([]string{}, parameters...), "after", after)
		}
		p := fetch[operator.Page](c, "/v1/operator/letters?"+query(set...))
		for _, l := range p.Letters {
			places = append(places, l.Letter)
		}
		if after = p.Next; after == "" {
			return places
		}
	}
}

// TestLettersOfOperators lists dead letters of the real Kafka, reads one, and redrives them.
func TestLettersOfOperators(t *testing.T) {
	n := open(t)
	c, _ := n.console(t)
	if p := fetch[operator.Page](c, "/v1/operator/letters"); len(p.Letters) != 0 || p.Next != "" {
		t.Errorf("there are %+v", p)
	}
	a := report{id: "poisoned", source: "coast", agency: "dpa", language: "en", headline: "Ferry runs", body: []string{"It runs."}}.article(t)
	m, err := event.Encode(a, event.Received)
	if err != nil {
		t.Fatal(err)
	}
	m.Topic, m.Partition, m.Offset = topic.Received, 3, 120
	enrich := topic.Received + topic.DeadSuffix
	// In the order of their time: the pages are the other way round.
	var places []string
	for i := range 5 {
		places = append(places, c.refuse(enrich, stage.DeadLetter{Message: m, Stage: "enrich", Err: fmt.Errorf("panic %d in quotes", i)}))
		raw := stage.Message{Topic: "drop", Partition: -1, Value: []byte("Bridge opens\n\nThe bridge opens on Monday."), Headers: []stage.Header{
			{Key: "intake_source", Value: []byte("hills")},
			{Key: "intake_name", Value: []byte("bridge.txt")},
			{Key: "content-type", Value: []byte("text/plain")},
			{Key: "intake_received_at", Value: []byte(time.Now().UTC().Format(time.RFC3339Nano))},
		}}
		places = append(places, c.refuse(topic.IngestDead, stage.DeadLetter{Message: raw, Stage: "ingest", Err: errors.New("no text")}))
	}
	var newest []string
	for i := range places {
		newest = append(newest, places[len(places)-1-i])
	}
	is := func(what string, got, want []string) {
		t.Helper()
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	is("on one page", c.pages(), newest)
	for _, size := range []string{"1", "3", "10"} {
		is("by "+size, c.pages("size", size), newest)
	}
	is("of a topic", c.pages("topic", topic.IngestDead, "size", "2"), []string{newest[0], newest[2], newest[4], newest[6], newest[8]})
	is("of a stage", c.pages("stage", "enrich", "size", "200"), []string{newest[1], newest[3], newest[5], newest[7], newest[9]})
	is("of a source", c.pages("source", "hills"), []string{newest[0], newest[2], newest[4], newest[6], newest[8]})
	is("of a reason", c.pages("reason", "PANIC 3"), []string{newest[3]})

	whole := fetch[operator.Whole](c, "/v1/operator/letters/"+strings.Replace(places[0], "@", "/", 1))
	if whole.Letter.Letter != places[0] || whole.URI != string(a.URI) || whole.Source != "coast" || whole.Agency != "dpa" || whole.Headline != "Ferry runs" || whole.Reason != "panic 0 in quotes" ||
		whole.State != operator.Open || !whole.Whole || whole.Text != a.Text || len(whole.Headers) != len(m.Headers) || *whole.Origin.Offset != 120 || !strings.HasPrefix(whole.Excerpt, "Ferry runs") {
		t.Errorf("the letter is %+v", whole)
	}
	for _, p := range []string{"ingest.dead/0/99", "ingest.dead/1/0", "articles.received/0/0", "access.keys/0/0", "ingest.dead/x/0", topic.ReleaseDead + "/0/0"} {
		if r := c.get("/v1/operator/letters/" + p); r.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", p, r.status, r.body)
		}
	}

	order := fmt.Sprintf(`{"letters":[%q,%q,"ingest.dead/0@99","articles.received/0@0"],"why":"mended"}`, places[0], places[1])
	first := c.redrive(order)
	if first.Redriven != 2 || first.Failed != 2 || first.Before != 0 || first.Results[2].Outcome != operator.OutcomeMissing || first.Results[3].Outcome != operator.OutcomeMissing {
		t.Errorf("redriven: %+v", first)
	}
	for i, to := range []string{topic.Received, topic.Received} {
		r := first.Results[i]
		if r.Outcome != operator.OutcomeRedriven || r.To != to || r.Handled == nil || !strings.HasPrefix(r.Handled.By, "operator (key ") || r.Handled.Why != "mended" || r.Handled.Times != 1 {
			t.Errorf("%+v", r)
		}
	}
	is("open now", c.pages("state", "open"), newest[:8])
	is("handled", c.pages("state", "handled"), newest[8:])
	again := c.redrive(order)
	if again.Redriven != 0 || again.Before != 2 || again.Results[0].Outcome != operator.OutcomeBefore || again.Results[0].Handled.By != first.Results[0].Handled.By {
		t.Errorf("a second time: %+v", again)
	}
	third := c.redrive(fmt.Sprintf(`{"letters":[%q],"again":true}`, places[0]))
	if third.Redriven != 1 || third.Results[0].Handled.Times != 2 {
		t.Errorf("once more: %+v", third)
	}
	// What came back is what was refused; what ingest refused is an article now.
	uris := map[string]int{}
	es, err := c.bus.Extents(t.Context(), topic.Received)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		if err := c.bus.ReadLog(t.Context(), topic.Received, e.Partition, e.First, e.End, func(got stage.Message) error {
			a, err := event.Decode(got)
			if err != nil {
				return err
			}
			uris[a.Source+" "+a.Text[:6]]++
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if uris["coast Ferry "] != 2 || uris["hills Bridge"] != 1 || len(uris) != 2 {
		t.Errorf("sent were %v", uris)
	}

	// The stages know of it, and the sources.
	await(t, "the stages tell of the letters", func() bool {
		s := fetch[operator.Stages](c, "/v1/operator/stages?points=2")
		d := s.Stages[1].Dead[0]
		return d.Topic == enrich && d.Letters == 5 && d.Open == 4
	})
	n.index(report{id: "a", source: "coast", language: "en", headline: "x", body: []string{"x"}, received: time.Now()})
	type told struct {
		find.Sources
		Complete bool `json:"refused_complete"`
	}
	s := fetch[told](c, "/v1/operator/sources")
	states := ""
	for _, one := range s.Sources.Sources {
		states += fmt.Sprintf("%s %d; ", one.Source, one.Refused)
	}
	if states != "coast 5; hills 5; " || !s.Complete {
		t.Errorf("sources: %s %+v", states, s)
	}
}

// TestOnlyOperatorsOperate: nobody else sees or does anything of it, and who may not see all
// copy sees no letter.
func TestOnlyOperatorsOperate(t *testing.T) {
	n := open(t)
	c, keys := n.console(t)
	raw := stage.Message{Topic: "drop", Partition: -1, Value: []byte(secret + "\n\nIt is told here."), Headers: []stage.Header{
		{Key: "intake_source", Value: []byte("hills")},
		{Key: "content-type", Value: []byte("text/plain")},
		{Key: "intake_received_at", Value: []byte(time.Now().UTC().Format(time.RFC3339Nano))},
	}}
	place := c.refuse(topic.IngestDead, stage.DeadLetter{Message: raw, Stage: "ingest", Err: errors.New("no text")})
	tried := 0
	for _, r := range api.Routes {
		if r.Needs() != access.Operate {
			continue
		}
		tried++
		method, path, _ := strings.Cut(strings.NewReplacer("{topic}", topic.IngestDead, "{partition}", "0", "{offset}", "0").Replace(r.Pattern), " ")
		body := ""
		if method == http.MethodPost {
			body = fmt.Sprintf(`{"letters":[%q]}`, place)
		}
		ask := func(key string) response {
			c.key = key
			defer func() { c.key = keys["operator"] }()
			return c.send(method, path, body)
		}
		for _, name := range []string{"reader", "editor"} {
			if got := ask(keys[name]); got.status != http.StatusForbidden || !strings.Contains(got.body, "scope operate") || strings.Contains(got.body, secret) {
				t.Errorf("%s as a %s: %d %s", r.Name, name, got.status, got.body)
			}
		}
		if got := ask(""); got.status != http.StatusUnauthorized {
			t.Errorf("%s without a key: %d", r.Name, got.status)
		}
		want := http.StatusForbidden
		if r.Name == "stages" || r.Name == "sources" {
			want = http.StatusOK
		}
		if got := ask(keys["operator of some"]); got.status != want || strings.Contains(got.body, secret) {
			t.Errorf("%s for who may not see all: %d %s", r.Name, got.status, got.body)
		}
	}
	if tried != 5 {
		t.Errorf("%d routes were tried", tried)
	}
	if got := c.pages("state", "open"); len(got) != 1 {
		t.Errorf("open are %q", got)
	}
	if got := c.redrive(fmt.Sprintf(`{"letters":[%q]}`, place)); got.Redriven != 1 { // and so it could be
		t.Errorf("the operator: %+v", got)
	}
	for name, role := range map[string]string{"reader": "reader", "editor": "editor", "operator": "operator", "operator of some": "operator"} {
		c.key = keys[name]
		me := fetch[api.Me](c, "/v1/me")
		if me.Name != name || string(me.Role) != role || !me.Asked || !me.Service.Operator || me.Service.Live || me.Rate != access.MaxRate || (me.Grant == "everything") == strings.Contains(name, "some") {
			t.Errorf("%s is %+v", name, me)
		}
	}
}

// TestMeWhereNobodyIsAsked: everybody is a reader without a name, and nobody operates.
func TestMeWhereNobodyIsAsked(t *testing.T) {
	n := open(t)
	r := n.get("/v1/me")
	if want := `{"role":"reader","scopes":["read"],"grant":"everything","asked":false,"service":{"live":false,"overrides":false,"operator":false,"embargoes":false}}`; strings.TrimSpace(r.body) != want {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := n.get("/v1/operator/stages"); r.status != http.StatusForbidden {
		t.Errorf("stages: %d %s", r.status, r.body)
	}
}

// TestSourcesAreCounted: what a source sent lately is counted from the index.
func TestSourcesAreCounted(t *testing.T) {
	n := open(t)
	now := time.Now().UTC().Truncate(time.Second)
	n.index(
		report{id: "a", source: "coast", language: "en", headline: "a", body: []string{"x"}, received: now.Add(-10 * time.Minute)},
		report{id: "b", source: "coast", language: "en", headline: "b", body: []string{"x"}, received: now.Add(-5 * time.Hour)},
		report{id: "c", source: "coast", language: "en", headline: "c", body: []string{"x"}, received: now.Add(-50 * time.Hour)},
		report{id: "d", source: "hills", agency: "AP", language: "en", headline: "d", body: []string{"x"}, received: now.Add(-9 * 24 * time.Hour)},
		report{id: "e", source: "gone", language: "en", headline: "e", body: []string{"x"}, received: now.Add(-31 * 24 * time.Hour)},
	)
	f := find.New(n.es, n.names, time.UTC, search.MaxTimeout, func() time.Time { return now })
	all, err := f.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	told := ""
	for _, s := range all.Sources {
		told += fmt.Sprintf("%s %s %d %d %d; ", s.Source, s.State, s.Hour, s.Day, len(s.Hours))
	}
	if want := "coast unknown 1 2 2; hills silent 0 0 0; "; told != want || all.More {
		t.Errorf("it tells %q, want %q", told, want)
	}
	if last := all.Sources[0].Last; last == nil || !last.Equal(now.Add(-10*time.Minute)) || *all.Sources[0].Silence != 600 {
		t.Errorf("coast: %+v", all.Sources[0])
	}
	if some, err := f.As(access.Grant{SourcesDenied: []string{"coast"}}).Sources(t.Context()); err != nil || len(some.Sources) != 1 || some.Sources[0].Source != "hills" {
		t.Errorf("with a grant: %+v %v", some, err)
	}
}
