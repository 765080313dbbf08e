package copytaster

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// tools runs the operator's commands on a namespace.
type tools struct {
	t             *testing.T
	ns            string
	brokers       []string
	elasticsearch string
	bus           *bus.Bus
}

// toolsOn makes tools on servers and namespace of s, or on a namespace of their
// own if s is nil.
func toolsOn(t *testing.T, s *system) *tools {
	t.Helper()
	o := &tools{t: t}
	if s != nil {
		o.ns, o.brokers, o.elasticsearch = s.namespace, s.brokers, s.elasticsearch
	} else {
		o.ns, o.brokers, o.elasticsearch = localtest.Namespace(t), localtest.Kafka(t), localtest.Elasticsearch(t)
	}
	b, err := bus.Connect(bus.Config{KafkaBrokers: o.brokers, Namespace: o.ns}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	o.bus = b
	return o
}

func (o *tools) args(args ...string) []string {
	args = append(args, "--namespace="+o.ns, "--kafka-brokers="+strings.Join(o.brokers, ","))
	if slices.Contains([]string{"indices", "trace", "reindex", "snapshot", "kill", "withhold", "reinstate", "audit"}, args[0]) {
		args = append(args, "--elasticsearch-url="+o.elasticsearch)
	}
	return args
}

func (o *tools) run(args ...string) (code int, out, errs string) {
	o.t.Helper()
	return run(o.t, "", o.args(args...)...)
}

// must runs what must end with that code, and gives its output.
func (o *tools) must(code int, args ...string) string {
	o.t.Helper()
	got, out, errs := o.run(args...)
	if got != code {
		o.t.Fatalf("%v: exit code %d, want %d\n%s%s", args, got, code, out, errs)
	}
	return out
}

// refused runs what must end with that code and message, and say nothing else.
func (o *tools) refused(code int, message string, args ...string) {
	o.t.Helper()
	got, out, errs := o.run(args...)
	if got != code || !strings.Contains(errs, message) {
		o.t.Errorf("%v: exit code %d, want %d with %q\n%s%s", args, got, code, message, out, errs)
	}
}

type object = map[string]any

// lines runs a command with --json and gives what it prints.
func (o *tools) lines(code int, args ...string) []object {
	o.t.Helper()
	return objects(o.t, o.must(code, append(args, "--json")...))
}

func objects(t *testing.T, out string) (all []object) {
	t.Helper()
	for l := range strings.Lines(out) {
		var v object
		if err := json.Unmarshal([]byte(l), &v); err != nil {
			t.Fatalf("no line of JSON: %s: %v", l, err)
		}
		all = append(all, v)
	}
	return all
}

// pick gives those objects that have these values.
func pick(all []object, want object) (found []object) {
	for _, v := range all {
		ok := true
		for k, x := range want {
			if n, isInt := x.(int); isInt {
				x = float64(n)
			}
			ok = ok && v[k] == x
		}
		if ok {
			found = append(found, v)
		}
	}
	return found
}

// only is the one object that has these values.
func (o *tools) only(all []object, want object) object {
	o.t.Helper()
	found := pick(all, want)
	if len(found) != 1 {
		o.t.Fatalf("%d objects have %v in %v", len(found), want, all)
	}
	return found[0]
}

func (o *tools) ensure(names ...string) {
	o.t.Helper()
	await(o.t, "the topics are set up", func() error { return o.bus.EnsureTopics(o.t.Context(), names...) })
}

func (o *tools) write(name string, as ...article.Article) {
	o.t.Helper()
	typ := event.Received
	if strings.HasPrefix(name, topic.Enriched) {
		typ = event.Enriched
	}
	s := o.bus.Sink(name, typ)
	if err := errors.Join(s.Write(o.t.Context(), as), s.Close()); err != nil {
		o.t.Fatal(err)
	}
}

func (o *tools) forward(name string, ms ...stage.Message) {
	o.t.Helper()
	f := o.bus.Forward()
	if err := errors.Join(f.Write(o.t.Context(), name, ms...), f.Close()); err != nil {
		o.t.Fatal(err)
	}
}

// log is everything that a topic holds.
func (o *tools) log(name string) (all []stage.Message) {
	o.t.Helper()
	es, err := o.bus.Extents(o.t.Context(), name)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, e := range es {
		err := o.bus.ReadLog(o.t.Context(), name, e.Partition, e.First, e.End, func(m stage.Message) error {
			all = append(all, m)
			return nil
		})
		if err != nil {
			o.t.Fatal(err)
		}
	}
	return all
}

// report is an article as a decoder makes it.
func report(key string, revision int) article.Article {
	text := fmt.Sprintf("Report %s, %d\n\nThe text of this report.", key, revision)
	return article.Article{
		URI: article.URI("urn:test:" + key), Version: fmt.Sprint(revision), Revision: article.Revision(revision << 16), Status: article.Usable, Source: "test",
		Text: text, Segments: []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len(text)}, Confidence: 1}}},
		ReceivedAt: time.Now().Add(-time.Second).UTC(), Traceparent: event.NewTraceparent(),
	}
}

func reports(n int) (as []article.Article) {
	for i := range n {
		as = append(as, report(fmt.Sprintf("n%03d", i), 1))
	}
	return as
}

// buffer may be written to and read from different goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// await repeats check until it gives nil.
func await(t *testing.T, what string, check func() error) {
	t.Helper()
	(&system{t: t}).await(what, check)
}

func TestTopicsAreCreatedCheckedAndApplied(t *testing.T) {
	o := toolsOn(t, nil)
	if got := o.lines(0, "topics"); len(got) != len(topic.All) || len(pick(got, object{"state": "missing"})) != len(got) {
		t.Fatalf("before: %v", got)
	}
	if got := o.lines(3, "topics", "check"); len(pick(got, object{"problem": "missing"})) != len(topic.All) {
		t.Fatalf("check before: %v", got)
	}
	// What an earlier version or somebody by hand may have left.
	client := &kafka.Client{Addr: kafka.TCP(o.brokers...)}
	r, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
		{Topic: o.ns + topic.Received, NumPartitions: 2, ReplicationFactor: 1, ConfigEntries: []kafka.ConfigEntry{
			{ConfigName: "retention.ms", ConfigValue: "60000"}, {ConfigName: "min.insync.replicas", ConfigValue: "2"},
		}},
		{Topic: o.ns + "stray", NumPartitions: 1, ReplicationFactor: 1},
	}})
	if err != nil || r.Errors[o.ns+topic.Received] != nil {
		t.Fatal(r, err)
	}
	await(t, "both are there", func() error {
		all, err := o.bus.Topics(t.Context())
		if err == nil && len(all) != 2 {
			err = fmt.Errorf("%d topics", len(all))
		}
		return err
	})

	if got := o.lines(0, "topics", "create", "--dry-run"); len(got) != len(topic.All)-1 || len(pick(got, object{"action": "create", "done": false})) != len(got) {
		t.Fatalf("create --dry-run: %v", got)
	}
	if all, err := o.bus.Topics(t.Context()); err != nil || len(all) != 2 {
		t.Fatalf("a dry run created topics: %v %v", all, err)
	}
	o.refused(2, "not in the topology", "topics", "create", "articles.recieved")
	if got := o.lines(0, "topics", "create"); len(pick(got, object{"action": "create", "done": true})) != len(topic.All)-1 {
		t.Fatalf("create: %v", got)
	}
	if out := o.must(0, "topics", "create"); out != "every topic is there\n" {
		t.Errorf("a second time: %s", out)
	}

	problems := func() []object {
		return slices.DeleteFunc(o.lines(3, "topics", "check"), func(v object) bool { return v["problem"] == nil })
	}
	before := problems()
	copies := o.lines(3, "topics", "check")
	if got := o.only(copies, object{"topic": topic.Received, "replicas": 1, "min_insync_replicas": 2}); !strings.Contains(got["warning"].(string), "nothing can be written") {
		t.Errorf("got %v", got)
	}
	if got := o.only(copies, object{"topic": topic.Enriched, "replicas": 1}); !strings.Contains(got["warning"].(string), "one copy") {
		t.Errorf("got %v", got)
	}
	o.only(before, object{"problem": "unknown", "topic": "stray"})
	o.only(before, object{"problem": "differs", "topic": topic.Received, "setting": "partitions", "have": "2", "want": "12"})
	o.only(before, object{"problem": "differs", "topic": topic.Received, "setting": "retention.ms", "have": "60000", "want": "2592000000"})

	if got := o.lines(0, "topics", "apply", "-n"); len(pick(got, object{"action": "grow", "done": false})) != 1 {
		t.Fatalf("apply --dry-run: %v", got)
	}
	if after := problems(); !reflect.DeepEqual(before, after) {
		t.Fatalf("a dry run changed %v to %v", before, after)
	}
	o.refused(2, "say --yes", "topics", "apply")
	if after := problems(); !reflect.DeepEqual(before, after) {
		t.Fatalf("a refusal changed %v to %v", before, after)
	}
	out := o.must(0, "topics", "apply", "--yes")
	for _, want := range []string{"grow articles.received: partitions from 2 to 12", "set articles.received: retention.ms from 60000 to 2592000000"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	await(t, "only the stray topic is wrong", func() error {
		if got := problems(); len(got) != 1 || got[0]["topic"] != "stray" {
			return fmt.Errorf("%v", got)
		}
		return nil
	})
	if out := o.must(0, "topics", "apply"); out != "nothing to change\n" {
		t.Errorf("a second time: %s", out)
	}
	o.only(o.lines(0, "topics"), object{"topic": "stray", "state": "unknown", "partitions": 1})
}

// What makes Kafka delete is asked for, and a table's partitions stay.
func TestTopicsApplyAsksBeforeKafkaDeletes(t *testing.T) {
	o := toolsOn(t, nil)
	client := &kafka.Client{Addr: kafka.TCP(o.brokers...)}
	r, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
		{Topic: o.ns + topic.Received, NumPartitions: 12, ReplicationFactor: 1, ConfigEntries: []kafka.ConfigEntry{{ConfigName: "retention.ms", ConfigValue: "-1"}}},
		{Topic: o.ns + topic.Status, NumPartitions: 1, ReplicationFactor: 1, ConfigEntries: []kafka.ConfigEntry{{ConfigName: "cleanup.policy", ConfigValue: "delete"}}},
		{Topic: o.ns + topic.Current, NumPartitions: 3, ReplicationFactor: 1},
	}})
	if err := errors.Join(err, r.Errors[o.ns+topic.Received], r.Errors[o.ns+topic.Status], r.Errors[o.ns+topic.Current]); err != nil {
		t.Fatal(err)
	}
	await(t, "all are there", func() error {
		all, err := o.bus.Topics(t.Context())
		if err == nil && len(all) != 3 {
			err = fmt.Errorf("%d topics", len(all))
		}
		return err
	})
	var old []kafka.Message
	for i, age := range []time.Duration{50 * 24 * time.Hour, 40 * 24 * time.Hour, time.Hour} {
		old = append(old, kafka.Message{Topic: o.ns + topic.Received, Key: []byte{byte(i)}, Value: []byte("x"), Time: time.Now().Add(-age)})
	}
	w := &kafka.Writer{Addr: kafka.TCP(o.brokers...), RequiredAcks: kafka.RequireAll}
	if err := errors.Join(w.WriteMessages(t.Context(), old...), w.Close()); err != nil {
		t.Fatal(err)
	}
	differences := func() []bus.Difference {
		t.Helper()
		ds, err := o.bus.Differences(t.Context(), topic.Received, topic.Status, topic.Current)
		if err != nil {
			t.Fatal(err)
		}
		return ds
	}
	before := differences()

	// One of them can't be: nothing is done, and nothing is asked.
	const stays = "articles.current: partitions is 3, should be 12: a compacted topic keeps its partitions"
	o.refused(1, stays, "topics", "apply", "--yes")
	o.refused(1, stays, "topics", "apply", "-n")
	o.refused(1, stays, "topics", "apply")

	const older = "what is older than 720h0m0s (2 of 3 messages now)"
	for name, want := range map[string]string{
		topic.Received: "of articles.received, by retention.ms from -1 to 2592000000, " + older + ": this can't be undone",
		topic.Status:   "of articles.status, by cleanup.policy from delete to compact, all but the newest message of each key",
	} {
		o.refused(2, want, "topics", "apply", name)
	}
	got := o.lines(0, "topics", "apply", topic.Received, topic.Status, "-n")
	o.only(got, object{"topic": topic.Received, "setting": "retention.ms", "deletes": older, "done": false})
	if after := differences(); !reflect.DeepEqual(before, after) {
		t.Fatalf("refusals and a dry run changed %v to %v", before, after)
	}
	if out := o.must(0, "topics", "apply", topic.Received, topic.Status, "--yes"); !strings.Contains(out, "set articles.received: retention.ms from -1 to 2592000000: Kafka deletes "+older) {
		t.Errorf("it says %s", out)
	}
	await(t, "the table alone differs", func() error {
		for _, d := range differences() {
			if d.Topic != topic.Current {
				return fmt.Errorf("still %v", d)
			}
		}
		return nil
	})
}

func TestIndicesAreCreatedAndChecked(t *testing.T) {
	o := toolsOn(t, nil)
	articles, versions := o.ns+"articles", o.ns+"article-versions"
	missing := func() {
		t.Helper()
		got := o.lines(3, "indices", "check")
		o.only(got, object{"problem": "missing", "index": articles})
		o.only(got, object{"problem": "missing", "index": versions})
	}
	missing()
	got := o.lines(0, "indices", "create", "-n")
	o.only(got, object{"action": "create", "index": articles, "done": false})
	o.only(got, object{"action": "create", "index": versions, "done": false})
	missing()
	if got := o.lines(0, "indices", "create"); len(pick(got, object{"action": "create", "done": true})) != 2 {
		t.Errorf("created: %v", got)
	}
	if got := o.lines(0, "indices", "check"); len(pick(got, object{"problem": ""})) != 2 {
		t.Errorf("afterwards: %v", got)
	}
	if got := o.lines(0, "indices", "create"); len(got) != 0 {
		t.Errorf("a second time: %v", got)
	}
	// One that differs is named, and left as it is.
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, o.elasticsearch+"/"+articles+"/_mapping", strings.NewReader(`{"properties":{"colour":{"type":"keyword"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(request)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	_ = resp.Body.Close()
	l := o.only(o.lines(3, "indices", "check"), object{"problem": "differs", "index": articles})
	if ds, _ := l["differences"].([]any); len(ds) != 1 || !strings.Contains(fmt.Sprint(ds...), "mapping.properties.colour") {
		t.Errorf("differences: %v", l)
	}
	o.refused(1, "colour", "indices", "create", "-n")
	o.refused(1, "colour", "indices", "create")
	o.refused(1, "elasticsearch", "indices", "check", "--elasticsearch-url=http://127.0.0.1:1")
}

func TestLagIsShown(t *testing.T) {
	s := startSystem(t, "enrich")
	o := toolsOn(t, s)
	o.write(topic.Received, reports(30)...)
	await(t, "enrich has read all", func() error {
		got := o.lines(0, "lag", "enrich")
		if n := len(pick(got, object{"lag": 0, "state": "Stable", "members": 1, "group": "enrich", "topic": topic.Received})); n != 12 {
			return fmt.Errorf("%d of 12 partitions are done", n)
		}
		committed := 0.0
		for _, p := range got {
			c, _ := p["committed"].(float64)
			committed += c
			if p["member"] == nil || p["oldest_unread"] != nil {
				return fmt.Errorf("partition is %v", p)
			}
		}
		if committed != 30 {
			return fmt.Errorf("committed %v", committed)
		}
		return nil
	})
	if out := o.must(0, "lag", "enrich", "--behind"); out != "no partition is behind\n" {
		t.Errorf("--behind: %s", out)
	}
	// Nobody indexes.
	lag := 0.0
	got := o.lines(0, "lag", "index", "--behind")
	for _, p := range got {
		n, _ := p["lag"].(float64)
		lag += n
		if age, ok := p["age_seconds"].(float64); !ok || age < 0 || age > 600 || p["oldest_unread"] == nil || p["committed"] != nil || p["state"] != "Dead" || p["member"] != nil {
			t.Errorf("partition is %v", p)
		}
	}
	if lag != 30 {
		t.Errorf("lag %v of index, want 30: %v", lag, got)
	}
	if out := o.must(0, "lag"); !strings.Contains(out, "group index on articles.enriched, Dead, 0 members, lag 30, oldest ") || !strings.Contains(out, "group enrich on articles.received, Stable, 1 member, lag 0\n") {
		t.Errorf("lag:\n%s", out)
	}
	o.refused(2, `group "indexx" is not in the topology; there are enrich, `, "lag", "indexx")
	o.refused(2, "--every is 1ms", "lag", "--every", "1ms")

	ctx, cancel := context.WithCancel(t.Context())
	var out buffer
	code := make(chan int, 1)
	go func() {
		code <- execute(ctx, o.args("lag", "enrich", "--watch", "--every", "100ms"), Terminal{Out: &out, Err: &out})
	}()
	await(t, "it was looked three times", func() error {
		if n := strings.Count(out.String(), "group enrich on"); n < 3 {
			return fmt.Errorf("%d times", n)
		}
		return nil
	})
	cancel()
	if c := <-code; c != 0 {
		t.Errorf("--watch ended with %d:\n%s", c, out.String())
	}
}

func TestLagIsWatchedThroughAnOutage(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, topic.Received))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, errs buffer
	code := make(chan int, 1)
	go func() {
		code <- execute(ctx, []string{"lag", "enrich", "--watch", "--every", "100ms", "--kafka-brokers=" + c.ListenAddrs()[0]}, Terminal{Out: &out, Err: &errs})
	}()
	looked := func(more int) {
		t.Helper()
		n := strings.Count(out.String(), "group enrich on")
		await(t, "it was looked", func() error {
			if got := strings.Count(out.String(), "group enrich on"); got < n+more {
				return fmt.Errorf("%d times, errors: %s", got-n, errs.String())
			}
			return nil
		})
	}
	looked(1)
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Topic: topic.Received, Err: kerr.LeaderNotAvailable, Count: 4})
	await(t, "the outage is told", func() error {
		if !strings.Contains(errs.String(), "offsets of topic "+topic.Received) {
			return errors.New(errs.String())
		}
		return nil
	})
	looked(2)
	cancel()
	if c := <-code; c != 0 {
		t.Errorf("ended with %d: %s", c, errs.String())
	}
}

func TestTailShowsWhateverATopicHolds(t *testing.T) {
	o := toolsOn(t, nil)
	o.ensure(topic.Received, topic.Received+topic.DeadSuffix, topic.SourcesState)
	as := reports(20)
	o.write(topic.Received, as...)
	o.write(topic.Received, report("n003", 2))
	broken := []byte("no protobuf \xff, but Words")
	o.forward(topic.Received, stage.Message{Key: []byte("urn:test:broken"), Value: broken})

	all := o.lines(0, "tail", topic.Received, "--from", "beginning")
	if len(all) != 22 {
		t.Fatalf("%d messages", len(all))
	}
	for i := range all[1:] {
		a, _ := time.Parse(time.RFC3339Nano, all[i]["time"].(string))
		b, _ := time.Parse(time.RFC3339Nano, all[i+1]["time"].(string))
		if b.Before(a) {
			t.Errorf("message %d of %v comes before one of %v", i, a, b)
		}
	}
	if got := o.lines(0, "tail", topic.Received); len(got) != 10 || got[9]["key"] != "urn:test:broken" {
		t.Errorf("the last ten: %v", got)
	}
	last := o.lines(0, "tail", topic.Received, "-n", "1")
	if len(last) != 1 || last[0]["type"] != "broken" || last[0]["hex"] != hex.EncodeToString(broken) || !strings.Contains(last[0]["reason"].(string), "ce_specversion") {
		t.Errorf("broken: %v", last)
	}
	mine := o.lines(0, "tail", topic.Received, "--uri", "urn:test:n003")
	if len(mine) != 2 || mine[0]["type"] != "article" {
		t.Fatalf("--uri: %v", mine)
	}
	// The article is in the project's JSON.
	want, err := as[3].MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var wanted object
	if err := json.Unmarshal(want, &wanted); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(mine[0]["article"], any(wanted)) || mine[0]["traceparent"] != as[3].Traceparent {
		t.Errorf("article is %v, want %v", mine[0], wanted)
	}
	if code, out, errs := o.run("tail", topic.Received, "--from", "beginning", "--articles"); code != 0 || strings.Count(errs, "no article: ") != 1 || !strings.Contains(errs, "BROKEN, 24 bytes") {
		t.Errorf("--articles: %d %s", code, errs)
	} else if got := objects(t, out); len(got) != 21 || !reflect.DeepEqual(pick(got, object{"uri": "urn:test:n003", "revision": wanted["revision"]}), []object{wanted}) {
		t.Errorf("--articles: %v", got)
	}
	if got := o.lines(0, "tail", topic.Received, "--uri", "urn:test:n003", "--headers"); len(got) != 2 || got[0]["headers"].(object)["ce_id"] != "urn:test:n003#"+as[3].Revision.String() {
		t.Errorf("--headers: %v", got)
	}
	o.refused(2, "--headers is for --json", "tail", topic.Received, "--headers")
	if got := o.lines(0, "tail", topic.Received, "--grep", "REPORT N003,"); len(got) != 2 {
		t.Errorf("--grep: %v", got)
	}
	if got := o.lines(0, "tail", topic.Received, "--grep", "but words"); len(got) != 1 || got[0]["type"] != "broken" {
		t.Errorf("--grep in what is broken: %v", got)
	}
	if got := o.lines(0, "tail", topic.Received, "--from", "1h", "-n", "5"); !reflect.DeepEqual(got, all[:5]) {
		t.Errorf("the first five of the last hour: %v", got)
	}
	if got := o.lines(0, "tail", topic.Received, "--from", "end"); len(got) != 0 {
		t.Errorf("--from end: %v", got)
	}
	p := mine[1]
	at := fmt.Sprintf("%v@%v", p["partition"], p["offset"])
	if got := o.lines(0, "tail", topic.Received, "--from", at, "-n", "1"); len(got) != 1 || !reflect.DeepEqual(got[0], p) {
		t.Errorf("--from %s: %v", at, got)
	}
	o.refused(1, "not 999", "tail", topic.Received, "--from", "0@999")
	o.refused(2, "has no partition 40", "tail", topic.Received, "--from", "40@0")
	o.refused(2, `"noon" is not beginning, end`, "tail", topic.Received, "--from", "noon")
	o.refused(2, "at most 10000", "tail", topic.Received, "-n", "0")
	o.refused(1, "topic nowhere", "tail", "nowhere")
	if out := o.must(0, "tail", topic.Received, "-n", "1"); !strings.Contains(out, "BROKEN, 24 bytes: message articles.received/") || strings.Contains(out, "\xff") {
		t.Errorf("for people: %q", out)
	}
	if out := o.must(0, "tail", topic.Received, "--uri", "urn:test:n003", "-n", "1"); !strings.Contains(out, `urn:test:n003  "Report n003, 2  The text of this report."`) {
		t.Errorf("for people: %q", out)
	}

	table, err := o.bus.OpenTable(t.Context(), topic.SourcesState)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		table.Put(t.Context(), "json", []byte(`{"etag":"x"}`)), table.Put(t.Context(), "text", []byte("plain")), table.Put(t.Context(), "bytes", []byte{0xff}),
		table.Delete(t.Context(), "text"), table.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	rows := o.lines(0, "tail", topic.SourcesState)
	if len(rows) != 5 || rows[0]["type"] != "epoch" {
		t.Fatalf("state: %v", rows)
	}
	rows = rows[1:]
	if !reflect.DeepEqual(rows[0]["value"], any(object{"etag": "x"})) || rows[1]["text"] != "plain" || rows[2]["hex"] != "ff" || rows[3]["deleted"] != true || len(pick(rows, object{"type": "state"})) != 4 {
		t.Errorf("state: %v", rows)
	}

	ctx, cancel := context.WithCancel(t.Context())
	var out buffer
	code := make(chan int, 1)
	go func() {
		code <- execute(ctx, o.args("tail", topic.Received, "-f", "-n", "1", "--json", "--grep", "report"), Terminal{Out: &out, Err: &out})
	}()
	await(t, "the last one is shown", func() error { return holdsLines(&out, 1) })
	o.write(topic.Received, report("new", 1), report("newer", 1))
	await(t, "the new ones are shown", func() error { return holdsLines(&out, 3) })
	cancel()
	if c := <-code; c != 0 {
		t.Errorf("--follow ended with %d:\n%s", c, out.String())
	}
	if got := objects(t, out.String()); len(pick(got, object{"key": "urn:test:new"})) != 1 || len(pick(got, object{"key": "urn:test:newer"})) != 1 {
		t.Errorf("followed: %v", got)
	}
}

func holdsLines(b *buffer, n int) error {
	if got := strings.Count(b.String(), "\n"); got != n {
		return fmt.Errorf("%d lines", got)
	}
	return nil
}

func TestTraceShowsEveryStep(t *testing.T) {
	s := startSystem(t)
	o := toolsOn(t, s)
	noon := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	const uri = "urn:copytaster:wire:tag:example.org%2C2024:bridge"
	for n := range 2 {
		s.mustPush(atom("tag:example.org,2024:bridge", noon.Add(time.Duration(n)*time.Minute), fmt.Sprintf("Bridge closed, %d", n), "The bridge over the Lenn was closed on Wednesday."), "source=wire")
	}
	// A third that index refused, as it looks afterwards.
	late := report("x", 9)
	late.URI, late.Revision = uri, 1<<60
	m, err := event.Encode(&late, event.Enriched)
	if err != nil {
		t.Fatal(err)
	}
	m.Topic, m.Partition, m.Offset, m.Time = topic.Enriched, 3, 77, time.Now()
	dead, refused := o.bus.DeadLetters(), o.bus.DeadLettersTo(topic.ReleaseDead)
	if err := errors.Join(
		dead.Write(t.Context(), stage.DeadLetter{Message: m, Stage: "index", Err: errors.New("mapping conflict"), At: time.Now()}), dead.Close(),
		refused.Write(t.Context(), stage.DeadLetter{Message: m, Stage: "release", Err: errors.New("too large with its notice"), At: time.Now()}), refused.Close(),
	); err != nil {
		t.Fatal(err)
	}
	var got []object
	await(t, "both revisions are indexed and out", func() error {
		code, out, errs := o.run("trace", uri, "--json")
		if code != 0 {
			return errors.New(errs)
		}
		got = objects(t, out)
		if n := len(pick(got, object{"step": "version"})); n != 2 {
			return fmt.Errorf("%d versions", n)
		}
		if n := len(pick(got, object{"step": "current"})); n != 2 {
			return fmt.Errorf("%d in the public topics", n)
		}
		return nil
	})
	for want, n := range map[string]int{"notice": 0, "received": 2, "enriched": 2, "version": 2, "head": 1, "released": 2, "current": 2, "status": 0, "dead": 2, "verdict": 3} {
		if found := pick(got, object{"step": want}); len(found) != n {
			t.Errorf("%d steps %s, want %d", len(found), want, n)
		}
	}
	letter := o.only(got, object{"step": "dead", "topic": topic.ReleaseDead})
	if letter["error"] != "too large with its notice" || letter["stage"] != "release" || letter["revision"] != float64(1<<60) {
		t.Errorf("the dead letter of release is %v", letter)
	}
	letter = o.only(got, object{"step": "dead", "stage": "index"})
	if letter["error"] != "mapping conflict" || letter["topic"] != topic.Enriched+topic.DeadSuffix || letter["revision"] != float64(1<<60) {
		t.Errorf("the dead letter is %v", letter)
	}
	newest := o.only(got, object{"step": "head"})
	if newest["headline"] != "Bridge closed, 1" || newest["status"] != "usable" || newest["index"] != o.ns+"articles-1" {
		t.Errorf("head is %v", newest)
	}
	last := time.Time{}
	trace := map[any]any{}
	for _, v := range got {
		if v["step"] == "verdict" {
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, v["time"].(string))
		if err != nil || at.Before(last) {
			t.Errorf("%v stands behind %v", v, last)
		}
		last = at
		if ms, ok := v["after_ms"].(float64); v["step"] != "head" && v["step"] != "dead" && (!ok || ms < -1 || ms > 60_000) {
			t.Errorf("step %v took %v", v["step"], v["after_ms"])
		}
		if v["step"] == "enriched" && trace[v["revision"]] != v["traceparent"] {
			t.Errorf("traceparent of enriched is %v, of received %v", v["traceparent"], trace[v["revision"]])
		}
		trace[v["revision"]] = v["traceparent"]
	}
	for _, want := range []object{
		{"step": "verdict", "reached": "head", "says": "is what search finds, usable", "revision": int(newest["revision"].(float64))},
		{"step": "verdict", "reached": "version"},
		{"step": "verdict", "reached": "dead", "says": "was refused by index: copytaster dead show articles.enriched.dead/0@0"},
		{"step": "verdict", "public": "out", "since": o.only(got, object{"step": "released", "revision": int(newest["revision"].(float64))})["time"]},
		{"step": "verdict", "public": "was_out"},
		{"step": "verdict", "public": "refused", "public_says": "refused by release: too large with its notice; copytaster dead show release.dead/0@0"},
	} {
		o.only(got, want)
	}
	out := o.must(0, "trace", uri)
	for _, want := range []string{
		uri + "\n", "received  articles.received/", "index: mapping conflict", " is what search finds, usable\n", "traceparent 00-",
		"release: too large with its notice", "released  articles.released/", "current   articles.current/", " in the public topics: out since 20", " in the public topics: was out from 20",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if all := o.lines(0, "trace", uri, "--all-partitions"); len(all) != len(got) {
		t.Errorf("with all partitions %d steps, with one %d", len(all), len(got))
	}
	if since := o.lines(0, "trace", uri, "--since", time.Now().Add(time.Hour).UTC().Format(time.RFC3339)); len(pick(since, object{"step": "received"})) != 0 || len(pick(since, object{"step": "head"})) != 1 {
		t.Errorf("since later: %v", since)
	}
	// What is killed, and what is held.
	const killed, held = "urn:newsml:wire.example:20240501:ferry", "urn:newsml:wire.example:20240501:budget"
	const killedURI, heldURI = article.URI("urn:copytaster:wire:" + killed), article.URI("urn:copytaster:wire:" + held)
	until := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
	s.mustPush(ninjs(killed, "1", "Ferry sinks", ""), "source=wire")
	s.mustPush(embargoed(held, "1", "Budget", until), "source=wire")
	fate := func(uri article.URI, want object) (got []object) {
		t.Helper()
		await(t, fmt.Sprintf("the trace of %s ends with %v", uri, want), func() error {
			code, out, errs := o.run("trace", string(uri), "--json")
			if code != 0 {
				return errors.New(errs)
			}
			if got = objects(t, out); len(pick(got, want)) != 1 {
				return errors.New(out)
			}
			return nil
		})
		return got
	}
	got = fate(heldURI, object{
		"public": "held", "until": until.Format(time.RFC3339), "public_says": "held until " + until.Format(time.RFC3339),
		"reached": "head", "says": "is the head of the index, which search hides: embargo until " + until.Format(time.RFC3339),
	})
	o.only(got, object{"step": "status", "topic": topic.Status, "embargo_until": until.Format(time.RFC3339)})
	if n := len(pick(got, object{"step": "released"})) + len(pick(got, object{"step": "current"})); n != 0 {
		t.Errorf("it is out: %v", got)
	}
	// How it stands counts, however old that is.
	later := o.lines(0, "trace", string(heldURI), "--since", time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	if len(pick(later, object{"step": "received"})) != 0 || len(pick(later, object{"step": "status"})) != 1 || len(pick(later, object{"public": "held"})) != 1 {
		t.Errorf("since later: %v", later)
	}
	fate(killedURI, object{"public": "out"})
	o.must(0, "kill", string(killedURI), "--who", "M. Ito", "--reason", "names a minor", "--yes")
	fate(killedURI, object{"reached": "head", "says": "is what search finds, canceled", "public": "killed"})
	got = fate(killedURI, object{"step": "current", "status": "canceled"})
	notice := o.only(got, object{"step": "notice", "topic": topic.Notices, "action": "kill", "who": "M. Ito", "reason": "names a minor"})
	sent := o.only(got, object{"step": "released", "status": "canceled"})
	o.only(got, object{"step": "status", "status": "canceled", "who": "M. Ito", "revision": int(notice["revision"].(float64))})
	o.only(got, object{"public": "was_out", "until": sent["time"]})
	verdict := o.only(got, object{"public": "killed", "since": sent["time"]})
	if says, _ := verdict["public_says"].(string); !strings.HasPrefix(says, "killed by M. Ito (names a minor), notice sent at 20") {
		t.Errorf("of the kill it says %s", says)
	}
	if out := o.must(0, "trace", string(killedURI)); !strings.Contains(out, "notice    articles.notices/") || !strings.Contains(out, "kill by M. Ito: names a minor") || !strings.Contains(out, "status    articles.status/0@") {
		t.Errorf("for people:\n%s", out)
	}

	o.refused(1, "no trace of urn:test:nowhere", "trace", "urn:test:nowhere")
	o.refused(2, "", "trace", "no uri\x01")
	code, out, errs := o.run("trace", uri, "--elasticsearch-url=http://127.0.0.1:1")
	if code != 1 || !strings.Contains(errs, "elasticsearch") || !strings.Contains(out, "is enriched; the index could not be asked") {
		t.Errorf("without Elasticsearch: %d\n%s%s", code, out, errs)
	}
}

// What a writer of the statuses that was overtaken wrote last does not count.
func TestTraceShowsTheStatusThatCounts(t *testing.T) {
	o := toolsOn(t, nil)
	o.ensure(topic.Received, topic.Status)
	o.write(topic.Received, report("ferry", 1))
	const uri = "urn:test:ferry"
	table, err := o.bus.OpenTable(t.Context(), topic.Status)
	if err != nil {
		t.Fatal(err)
	}
	late := o.bus.Forward()
	for _, err := range []error{
		table.Put(t.Context(), uri, []byte(`{"status":"canceled","revision":131072}`)), table.Close(),
		late.Write(t.Context(), topic.Status, stage.Message{Key: []byte(uri), Value: []byte(`{"status":"withheld","revision":65536}`)}), late.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	o.only(o.lines(0, "trace", uri), object{"step": "status", "status": "canceled", "revision": 131072})
}

// Topics and indices that aren't made yet are no error: it got no further.
func TestTraceInAnInstallationThatIsHalfMade(t *testing.T) {
	o := toolsOn(t, nil)
	o.ensure(topic.Received)
	o.write(topic.Received, report("ferry", 1))
	all := o.lines(0, "trace", "urn:test:ferry")
	o.only(all, object{"step": "received", "topic": topic.Received})
	v := o.only(all, object{"step": "verdict", "reached": "received"})
	if _, said := v["public"]; said || len(all) != 2 {
		t.Errorf("the trace is %v", all)
	}
}

// letters writes dead letters as a stage does.
func (o *tools) letters(ls ...stage.DeadLetter) {
	o.t.Helper()
	d := o.bus.DeadLetters()
	for _, l := range ls {
		if l.Message.Partition < 0 {
			i := o.bus.DeadLettersTo(topic.IngestDead)
			if err := errors.Join(i.Write(o.t.Context(), l), i.Close()); err != nil {
				o.t.Fatal(err)
			}
			continue
		}
		if err := d.Write(o.t.Context(), l); err != nil {
			o.t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		o.t.Fatal(err)
	}
}

func sameMessage(a, b stage.Message) bool {
	return bytes.Equal(a.Key, b.Key) && (a.Key == nil) == (b.Key == nil) && bytes.Equal(a.Value, b.Value) && reflect.DeepEqual(a.Headers, b.Headers)
}

func TestDeadLettersAreListedShownSentAgainAndDiscarded(t *testing.T) {
	o := toolsOn(t, nil)
	deadReceived, deadEnriched := topic.Received+topic.DeadSuffix, topic.Enriched+topic.DeadSuffix
	o.ensure(topic.Received, topic.Enriched, topic.IngestDead, deadReceived, deadEnriched)
	if out := o.must(0, "dead"); out != "no dead letters\n" {
		t.Errorf("none: %s", out)
	}
	now := time.Now().UTC()
	var refused []stage.Message
	for i := range 5 {
		a := report(fmt.Sprintf("dead%d", i), 1)
		m, err := event.Encode(&a, event.Enriched)
		if err != nil {
			t.Fatal(err)
		}
		m.Topic, m.Partition, m.Offset, m.Time = topic.Enriched, i, int64(100+i), now
		m.Headers = append(m.Headers, stage.Header{Key: "odd", Value: []byte{0, 0xff}}, stage.Header{Key: "odd", Value: []byte("again")})
		refused = append(refused, m)
		o.letters(stage.DeadLetter{Message: m, Stage: "index", Err: fmt.Errorf("article %s: field %d of type long can't hold \"x%d\"", a.URI, i, i), Attempts: 1, At: now.Add(time.Duration(i-5) * time.Minute)})
	}
	broken := stage.Message{Topic: topic.Received, Partition: 1, Offset: 5, Key: []byte("urn:test:broken"), Value: []byte{0xff, 0xfe}, Headers: []stage.Header{{Key: "x", Value: []byte("y")}}}
	o.letters(
		stage.DeadLetter{Message: broken, Stage: "enrich", Err: errors.New("no article"), Attempts: 3, At: now},
		stage.DeadLetter{Message: stage.Message{Topic: topic.Received, Partition: 2, Offset: 6, Value: make([]byte, event.MaxDeadValue+1)}, Stage: "enrich", Err: errors.New("too large"), At: now},
	)
	stray := event.EncodeDead(stage.DeadLetter{Message: stage.Message{Topic: "articles.elsewhere", Value: []byte("x")}, Stage: "old", Err: errors.New("gone"), At: now})
	o.forward(deadReceived, stray, stage.Message{Value: []byte("no letter")})
	text := "Ferry runs again\n\nThe ferry to Skarra runs again since Monday, the operator said.\n"
	received := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	o.letters(
		stage.DeadLetter{Message: stage.Message{Topic: "drop", Partition: -1, Value: []byte(text), Headers: []stage.Header{
			{Key: "intake_source", Value: []byte("coast")}, {Key: "intake_received_at", Value: []byte(received.Format(time.RFC3339Nano))},
		}}, Stage: "ingest", Err: errors.New("an older decoder knew no better"), At: now},
		stage.DeadLetter{Message: stage.Message{Topic: "drop", Partition: -1, Value: []byte("\x00\x01"), Headers: []stage.Header{
			{Key: "intake_source", Value: []byte("coast")}, {Key: "intake_received_at", Value: []byte(received.Format(time.RFC3339Nano))},
		}}, Stage: "ingest", Err: errors.New("binary"), At: now},
	)

	// list
	counts := o.lines(0, "dead", "list")
	n := o.only(counts, object{"topic": deadEnriched, "stage": "index", "count": 5, "open": 5, "redriven": 0, "discarded": 0, "example": deadEnriched + "/0@4"})
	if n["reason"] != `article …: field … of type long can't hold "…"` || n["oldest"].(string) > n["newest"].(string) {
		t.Errorf("counted: %v", n)
	}
	o.only(counts, object{"topic": deadReceived, "stage": "enrich", "reason": "no article", "count": 1})
	o.only(counts, object{"topic": topic.IngestDead, "stage": "ingest", "reason": "binary", "count": 1})
	if len(counts) != 7 {
		t.Errorf("%d counts: %v", len(counts), counts)
	}
	if each := o.lines(0, "dead", "list", "--each", "--uri", "urn:test:dead3"); len(each) != 1 || each[0]["letter"] != deadEnriched+"/0@3" || each[0]["handled"] != nil {
		t.Errorf("--each --uri: %v", each)
	}
	if each := o.lines(0, "dead", "list", "--each", "--until", now.Add(-150*time.Second).Format(time.RFC3339Nano), "--since", "1h"); len(each) != 3 {
		t.Errorf("--until: %d letters", len(each))
	}
	o.refused(2, "no topic of dead letters", "dead", "list", topic.Received)
	o.refused(1, "there is no message ingest.dead/0@99", "dead", "list", "ingest.dead/0@99")

	// show
	shown := o.lines(0, "dead", "show", deadEnriched+"/0@2")[0]
	d, _ := shown["dead"].(object)
	from, _ := d["origin"].(object)
	if shown["key"] != "urn:test:dead2" || shown["article"] == nil || d["stage"] != "index" || from["topic"] != topic.Enriched || from["partition"] != 2.0 || from["offset"] != 102.0 {
		t.Errorf("shown: %v", shown)
	}
	if out := o.must(0, "dead", "show", deadReceived+"/0@0"); !strings.Contains(out, "because      no article\n") || !strings.Contains(out, "came from    articles.received/1@5") || !strings.Contains(out, "ff fe") {
		t.Errorf("for people:\n%s", out)
	}
	if out := o.must(0, "dead", "show", topic.IngestDead+"/0@0", "--raw"); out != text {
		t.Errorf("--raw gave %q", out)
	}
	o.refused(2, "is not topic/partition@offset", "dead", "show", "ingest.dead")

	// redrive, dry
	if got := o.lines(1, "dead", "redrive", "-n", "--all"); len(pick(got, object{"action": "redrive", "done": false})) != 7 || len(pick(got, object{"action": "refused"})) != 4 {
		t.Errorf("redrive --dry-run: %v", got)
	}
	if got := append(o.log(topic.Enriched), o.log(topic.Received)...); len(got) != 0 {
		t.Fatalf("a dry run sent %v", got)
	}
	if there, err := o.bus.Topics(t.Context()); err != nil || slices.ContainsFunc(there, func(e bus.Existing) bool { return e.Name == topic.DeadHandled }) {
		t.Fatalf("a dry run made a topic: %v %v", there, err)
	}

	// nobody to ask
	o.refused(2, "Sends dead letters again: this can't be undone. Standard input is no terminal to ask on: say --yes", "dead", "redrive", "--all")
	o.refused(2, "say --yes", "dead", "redrive", deadEnriched+"/0@1")
	if got := append(o.log(topic.Enriched), o.log(topic.Received)...); len(got) != 0 {
		t.Fatalf("a refusal sent %v", got)
	}
	if there, err := o.bus.Topics(t.Context()); err != nil || slices.ContainsFunc(there, func(e bus.Existing) bool { return e.Name == topic.DeadHandled }) {
		t.Fatalf("a refusal made a topic: %v %v", there, err)
	}

	// redrive by reason, byte for byte
	got := o.lines(0, "dead", "redrive", "--reason", "TYPE LONG", "--uri", "urn:test:dead1", "--by", "ada", "--why", "mapping mended", "--yes")
	o.only(got, object{"action": "redrive", "done": true, "letter": deadEnriched + "/0@1", "to": topic.Enriched, "uri": "urn:test:dead1"})
	o.only(got, object{"action": "summary", "done": 1, "failed": 0, "handled_before": 0})
	if sent := o.log(topic.Enriched); len(sent) != 1 || !sameMessage(sent[0], refused[1]) {
		t.Fatalf("sent %+v, want %+v", sent, refused[1])
	}
	h, _ := o.lines(0, "dead", "show", deadEnriched+"/0@1")[0]["handled"].(object)
	if h["done"] != "redriven" || h["by"] != "ada" || h["why"] != "mapping mended" || h["to"] != topic.Enriched || h["times"] != 1.0 {
		t.Errorf("noted: %v", h)
	}

	// the rest; what can't be is told, and a second time nothing is sent
	got = o.lines(1, "dead", "redrive", "--all", "--yes")
	o.only(got, object{"action": "summary", "done": 6, "failed": 4, "handled_before": 1})
	for letter, reason := range map[string]string{
		deadReceived + "/0@1": "the letter is cut", deadReceived + "/0@2": "not in the topology",
		deadReceived + "/0@3": "the letter itself is broken", topic.IngestDead + "/0@1": "it is refused again: text: binary",
	} {
		if l := o.only(got, object{"action": "refused", "letter": letter}); !strings.Contains(l["reason"].(string), reason) {
			t.Errorf("%s was refused with %v, want %s", letter, l["reason"], reason)
		}
	}
	if sent := o.log(topic.Enriched); len(sent) != 5 {
		t.Fatalf("%d messages in %s", len(sent), topic.Enriched)
	}
	sent := o.log(topic.Received)
	i := slices.IndexFunc(sent, func(m stage.Message) bool { return string(m.Key) == "urn:test:broken" })
	if len(sent) != 2 || i < 0 || !sameMessage(sent[i], broken) {
		t.Fatalf("sent to %s: %+v", topic.Received, sent)
	}
	a, err := event.Decode(sent[1-i])
	if err != nil || a.Text != text || a.Source != "coast" || !a.ReceivedAt.Equal(received) {
		t.Fatalf("what ingest had refused became %+v %v", a, err)
	}
	got = o.lines(1, "dead", "redrive", "--all", "--yes")
	o.only(got, object{"action": "summary", "done": 0, "failed": 4, "handled_before": 7})
	if n := len(o.log(topic.Enriched)); n != 5 {
		t.Fatalf("a second redrive sent again: %d", n)
	}
	o.only(o.lines(0, "dead", "redrive", deadEnriched+"/0@1", "--again", "--yes"), object{"action": "summary", "done": 1})
	if h, _ := o.lines(0, "dead", "show", deadEnriched+"/0@1")[0]["handled"].(object); h["times"] != 2.0 || len(o.log(topic.Enriched)) != 6 {
		t.Errorf("--again: %v", h)
	}

	// discard
	cut := deadReceived + "/0@1"
	o.refused(2, "or --all", "dead", "discard", "--why", "tired")
	o.refused(2, "say --why", "dead", "discard", cut)
	o.refused(2, "say --yes", "dead", "discard", cut, "--why", "lost for good")
	if h := o.lines(0, "dead", "show", cut)[0]["handled"]; h != nil {
		t.Fatalf("a refusal discarded: %v", h)
	}
	o.only(o.lines(0, "dead", "discard", cut, "-n"), object{"action": "summary", "would": 1})
	if h := o.lines(0, "dead", "show", cut)[0]["handled"]; h != nil {
		t.Fatalf("a dry run discarded: %v", h)
	}
	o.only(o.lines(0, "dead", "discard", cut, "--why", "lost for good", "--by", "ada", "--yes"), object{"action": "discard", "letter": cut, "done": true})
	if h, _ := o.lines(0, "dead", "show", cut)[0]["handled"].(object); h["done"] != "discarded" || h["by"] != "ada" || h["why"] != "lost for good" || h["at"] == nil {
		t.Errorf("audit: %v", h)
	}
	o.only(o.lines(0, "dead", "redrive", cut, "--yes"), object{"action": "summary", "handled_before": 1, "failed": 0})
	open := o.lines(0, "dead", "list", "--open")
	if len(open) != 3 {
		t.Errorf("still open: %v", open)
	}

	// What is noted of a letter doesn't count for another that stands there
	// after the topic was made anew.
	if err := recreate(t, o, topic.IngestDead); err != nil {
		t.Fatal(err)
	}
	o.letters(stage.DeadLetter{Message: stage.Message{Topic: "push", Partition: -1, Value: []byte("another")}, Stage: "ingest", Err: errors.New("new"), At: now})
	if h := o.lines(0, "dead", "show", topic.IngestDead+"/0@0")[0]["handled"]; h != nil {
		t.Errorf("a new letter is said to be handled: %v", h)
	}
}

func recreate(t *testing.T, o *tools, name string) error {
	// kafka-go waits no longer than MetadataTTL for an answer about topics.
	client := &kafka.Client{Addr: kafka.TCP(o.brokers...), Transport: &kafka.Transport{MetadataTTL: 30 * time.Second}}
	r, err := client.DeleteTopics(t.Context(), &kafka.DeleteTopicsRequest{Topics: []string{o.ns + name}})
	if err == nil {
		err = r.Errors[o.ns+name]
	}
	if err != nil {
		return fmt.Errorf("delete topic %s: %w", name, err)
	}
	await(t, name+" is gone", func() error {
		all, err := o.bus.Topics(t.Context())
		if err == nil && slices.ContainsFunc(all, func(e bus.Existing) bool { return e.Name == name }) {
			err = errors.New("it is there")
		}
		return err
	})
	return o.bus.EnsureTopics(t.Context(), name)
}

// deleteRecords deletes what stands before an offset, as retention does.
func (o *tools) deleteRecords(name string, partition int32, before int64) {
	o.t.Helper()
	req := kmsg.NewPtrDeleteRecordsRequest()
	req.TimeoutMillis = int32(time.Minute.Milliseconds())
	rt, rp := kmsg.NewDeleteRecordsRequestTopic(), kmsg.NewDeleteRecordsRequestTopicPartition()
	rt.Topic, rp.Partition, rp.Offset = o.ns+name, partition, before
	rt.Partitions = append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	req.SetVersion(1) // before the flexible versions, whose headers differ
	conn, err := net.DialTimeout("tcp", o.brokers[0], waitLimit)
	if err != nil {
		o.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(kmsg.NewRequestFormatter().AppendRequest(nil, req, 1)); err != nil {
		o.t.Fatal(err)
	}
	var size [4]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		o.t.Fatal(err)
	}
	body := make([]byte, binary.BigEndian.Uint32(size[:]))
	if _, err := io.ReadFull(conn, body); err != nil {
		o.t.Fatal(err)
	}
	resp := kmsg.NewPtrDeleteRecordsResponse()
	resp.SetVersion(1)
	if err := resp.ReadFrom(body[4:]); err != nil || resp.Topics[0].Partitions[0].ErrorCode != 0 {
		o.t.Fatal(resp, err)
	}
}

func (o *tools) committed(group, name string) map[int]int64 {
	o.t.Helper()
	at, err := o.bus.Committed(o.t.Context(), group, name)
	if err != nil {
		o.t.Fatal(err)
	}
	return at
}

func TestReplayMovesAGroupBack(t *testing.T) {
	s := startSystem(t, "ingest") // for the namespace's end
	o := toolsOn(t, s)
	o.ensure(topic.Received, topic.Enriched)
	stop := s.start("enrich")
	o.write(topic.Received, reports(40)...)
	enriched := func(n int) {
		t.Helper()
		await(t, fmt.Sprintf("%d messages are enriched", n), func() error {
			if got := len(o.log(topic.Enriched)); got != n {
				return fmt.Errorf("%d are", got)
			}
			return nil
		})
	}
	enriched(40)
	o.refused(1, "group enrich has 1 member (copytaster@", "replay", "enrich", "--from-time", "1h", "--yes")
	if got := o.lines(0, "replay", "enrich", "--from-time", "1h", "-n"); len(got) != 12 {
		t.Errorf("a dry run beside members: %v", got)
	}
	stop()
	before := o.committed("enrich", topic.Received)
	o.refused(2, "say one of", "replay", "enrich")
	o.refused(2, "say one of", "replay", "enrich", "--skip-lost", "--from-time", "1h")
	o.refused(2, "not in the topology", "replay", "enrihc", "--from-time", "1h")
	o.refused(2, "group enrich reads articles.received", "replay", "enrich", "--from-offset", "articles.enriched/0@0")
	o.refused(2, "has 12 partitions", "replay", "enrich", "--from-offset", "articles.received/12@0")
	o.refused(1, "the log holds 0 to ", "replay", "enrich", "--from-offset", "articles.received/0@999")
	o.refused(2, "say --yes", "replay", "enrich", "--from-time", "1h")
	dry := o.lines(0, "replay", "enrich", "--from-time", "1h", "--dry-run")
	again := 0.0
	for _, m := range pick(dry, object{"action": "move", "done": false, "group": "enrich", "to": 0}) {
		n, _ := m["again"].(float64)
		again += n
	}
	if again != 40 {
		t.Errorf("a dry run would read %v again: %v", again, dry)
	}
	if after := o.committed("enrich", topic.Received); !reflect.DeepEqual(before, after) {
		t.Fatalf("offsets moved from %v to %v", before, after)
	}
	// Later than everything, and forward: nothing moves.
	if got := o.lines(0, "replay", "enrich", "--from-time", "0s", "--yes"); len(pick(got, object{"action": "keep"})) != 12 {
		t.Errorf("nothing was written since: %v", got)
	}
	p := 0
	for q := range before {
		if before[q] > before[p] {
			p = q
		}
	}
	at := fmt.Sprintf("articles.received/%d@%d", p, before[p]-1)
	if got := o.lines(0, "replay", "enrich", "--from-offset", at, "--yes"); len(pick(got, object{"action": "move", "partition": p, "again": 1, "done": true})) != 1 || len(pick(got, object{"action": "keep"})) != 11 {
		t.Errorf("one offset back: %v", got)
	}
	stop = s.start("enrich")
	enriched(41)
	stop()
	out := o.must(0, "replay", "enrich", "--from-time", "1h", "--yes")
	if !strings.Contains(out, "of group enrich moved: 40 messages are read again, 0 are lost") {
		t.Errorf("for people:\n%s", out)
	}
	s.start("enrich")
	enriched(81)
}

func TestReplayGoesOnWhereMessagesAreLost(t *testing.T) {
	o := toolsOn(t, nil)
	o.ensure(topic.Received)
	o.write(topic.Received, reports(60)...)
	es, err := o.bus.Extents(t.Context(), topic.Received)
	if err != nil {
		t.Fatal(err)
	}
	at := map[int]int64{}
	for _, e := range es {
		at[e.Partition] = 1
	}
	lost, beyond := 1, 3 // partitions
	if es[lost].End < 3 || es[beyond].End < 1 {
		t.Fatalf("the keys lie badly: %v", es)
	}
	at[beyond] = es[beyond].End + 5
	if err := o.bus.SetOffsets(t.Context(), "enrich", topic.Received, at); err != nil {
		t.Fatal(err)
	}
	o.deleteRecords(topic.Received, int32(lost), 3)
	l := o.lines(0, "lag", "enrich", "--behind")
	o.only(l, object{"partition": lost, "lost": 2, "first": 3, "committed": 1})
	o.only(l, object{"partition": beyond, "beyond": 5})
	if out := o.must(0, "lag", "enrich"); !strings.Contains(out, "LOST: 2 messages were deleted unread; copytaster replay enrich --skip-lost") {
		t.Errorf("lag:\n%s", out)
	}
	o.refused(1, "use --skip-lost first", "replay", "enrich", "--from-time", "1h", "--yes")
	o.refused(2, "Gives up 2 messages that group enrich never read", "replay", "enrich", "--skip-lost")
	dry := o.lines(0, "replay", "enrich", "--skip-lost", "--dry-run")
	o.only(dry, object{"action": "move", "partition": lost, "lost": 2, "to": 3, "again": 0, "done": false})
	o.only(dry, object{"action": "move", "partition": beyond, "to": 0, "again": int(es[beyond].End), "done": false})
	if got := o.committed("enrich", topic.Received); !reflect.DeepEqual(got, at) {
		t.Fatalf("offsets moved from %v to %v", at, got)
	}
	if got := o.lines(0, "replay", "enrich", "--skip-lost", "--yes"); len(pick(got, object{"action": "keep"})) != 10 || len(pick(got, object{"done": true})) != 2 {
		t.Errorf("moved: %v", got)
	}
	at[lost], at[beyond] = 3, 0
	if got := o.committed("enrich", topic.Received); !reflect.DeepEqual(got, at) {
		t.Errorf("offsets are %v, want %v", got, at)
	}
}

func TestReplayBesideLiveTraffic(t *testing.T) {
	o := toolsOn(t, nil)
	o.ensure(topic.Received, topic.Enriched)
	o.write(topic.Received, reports(30)...)
	o.write(topic.Received, report("n003", 2))
	want := o.log(topic.Received)
	bulk := func() []stage.Message {
		if there, err := o.bus.Topics(t.Context()); err != nil || !slices.ContainsFunc(there, func(e bus.Existing) bool { return e.Name == topic.ReceivedBulk }) {
			return nil
		}
		return o.log(topic.ReceivedBulk)
	}
	got := o.lines(0, "replay", "enrich", "--uri", "urn:test:n003", "--dry-run")
	o.only(got, object{"action": "send", "messages": 2, "done": false, "to": topic.ReceivedBulk, "uri": "urn:test:n003"})
	if len(bulk()) != 0 {
		t.Fatal("a dry run sent")
	}
	o.only(o.lines(0, "replay", "enrich", "--uri", "urn:test:n003"), object{"action": "send", "messages": 2, "done": true})
	// Of a topic that was just made, a busy Kafka may say so a moment later.
	await(t, "the topic of the replay is there", func() error {
		if len(bulk()) == 0 {
			return errors.New("it is not, or is empty")
		}
		return nil
	})
	sent := bulk()
	mine := slices.DeleteFunc(slices.Clone(want), func(m stage.Message) bool { return string(m.Key) != "urn:test:n003" })
	if len(sent) != 2 || !sameMessage(sent[0], mine[0]) || !sameMessage(sent[1], mine[1]) {
		t.Fatalf("sent %+v, want %+v", sent, mine)
	}
	// What a replay sent is not sent twice by the next.
	o.only(o.lines(0, "replay", "enrich", "--uri", "urn:test:n003"), object{"messages": 2, "same": 2})
	o.refused(1, "no message of urn:test:nowhere", "replay", "enrich", "--uri", "urn:test:nowhere")

	o.refused(2, "--beside goes with --from-time", "replay", "enrich", "--uri", "urn:test:n003", "--beside")
	o.refused(2, "reads the back-fill lane itself", "replay", "enrich.bulk", "--from-time", "1h", "--beside")
	o.refused(2, "--rate is -1", "replay", "enrich", "--from-time", "1h", "--beside", "--rate=-1")
	o.refused(2, "--until goes with --beside", "replay", "enrich", "--from-time", "1h", "--until", "2h", "--beside")
	before := len(bulk())
	o.only(o.lines(0, "replay", "enrich", "--from-time", "1h", "--beside", "-n"), object{"messages": 31, "done": false})
	o.only(o.lines(0, "replay", "enrich", "--from-time", "2h", "--until", "1h", "--beside"), object{"messages": 0})
	if n := len(bulk()); n != before {
		t.Fatalf("%d messages in the back-fill lane, want %d", n, before)
	}
	code, out, errs := o.run("replay", "enrich", "--from-time", "1h", "--beside", "--rate", "1000", "--progress")
	if code != 0 || out != "31 messages from articles.received sent again to articles.received.bulk\n" || !strings.Contains(errs, "nobody reads articles.received.bulk now") || !strings.Contains(errs, "/31") {
		t.Fatalf("%d %s%s", code, out, errs)
	}
	all := bulk()
	if len(all) != before+31 {
		t.Fatalf("%d messages in the back-fill lane, want %d", len(all), before+31)
	}
	for _, m := range want {
		if !slices.ContainsFunc(all, func(b stage.Message) bool { return sameMessage(b, m) }) {
			t.Errorf("%s was not sent as it was", m.Key)
		}
	}
	if got := o.committed("enrich", topic.Received); len(got) != 0 {
		t.Errorf("the live group was touched: %v", got)
	}
}

func TestHelpNamesEveryGroup(t *testing.T) {
	for _, command := range []string{"lag", "replay"} {
		code, out, errs := run(t, "", command, "--help")
		words := strings.FieldsFunc(out, func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz.", r) })
		for i := range words {
			words[i] = strings.TrimSuffix(words[i], ".")
		}
		for _, g := range topic.Groups {
			if code != 0 || !slices.Contains(words, g.Name) {
				t.Errorf("%s --help (%d, %s) does not name %s:\n%s", command, code, errs, g.Name, out)
			}
		}
	}
	_, out, _ := run(t, "", "replay", "--help")
	if out = strings.Join(strings.Fields(out), " "); !strings.Contains(out, "articles.enriched.bulk: for index, index.bulk, index.notices, release, release.bulk, release.notices; read by index.bulk, release.bulk") {
		t.Errorf("replay --help does not say who reads what is sent again:\n%s", out)
	}
}

// Each group may be moved back, and one article's messages of it be sent again.
func TestReplayWorksForEveryGroup(t *testing.T) {
	o := toolsOn(t, nil)
	names := []string{topic.Received, topic.ReceivedBulk, topic.Enriched, topic.EnrichedBulk, topic.Notices}
	o.ensure(names...)
	for _, n := range names {
		o.write(n, report("n003", 1))
	}
	for _, g := range topic.Groups {
		at := map[int]int64{}
		es, err := o.bus.Extents(t.Context(), g.Topic)
		if err != nil {
			t.Fatal(err)
		}
		p := -1
		for _, e := range es {
			if at[e.Partition] = e.End; e.End > 0 {
				p = e.Partition
			}
		}
		if err := o.bus.SetOffsets(t.Context(), g.Name, g.Topic, at); err != nil {
			t.Fatal(err)
		}
		moves := o.lines(0, "replay", g.Name, "--from-time", "1h", "--yes")
		o.only(moves, object{"action": "move", "group": g.Name, "topic": g.Topic, "partition": p, "to": 0, "again": int(at[p]), "done": true})
		at[p] = 0
		if got := o.committed(g.Name, g.Topic); !reflect.DeepEqual(got, at) {
			t.Errorf("group %s stands at %v, want %v", g.Name, got, at)
		}
		before := len(o.log(g.Bulk))
		sent := o.only(o.lines(0, "replay", g.Name, "--uri", "urn:test:n003"), object{"action": "send", "group": g.Name, "to": g.Bulk, "done": true})
		if n, _ := sent["messages"].(float64); n < 1 || len(o.log(g.Bulk)) != before+int(n) {
			t.Errorf("of group %s: %v, and %d messages more", g.Name, sent, len(o.log(g.Bulk))-before)
		}
	}
}

// What is sent again for one of release and index, the other reads, too: it does
// no harm, and a kill is one there as well.
func TestReplayForReleaseIsReadByIndexToo(t *testing.T) {
	s := startSystem(t, "index", "release")
	o := toolsOn(t, s)
	const uri = article.URI("urn:test:ferry")
	o.write(topic.Enriched, report("ferry", 1))
	kill := report("ferry", 2)
	kill.Status, kill.Text, kill.Segments = article.Canceled, "", nil
	fate := func(want ...object) {
		t.Helper()
		await(t, fmt.Sprintf("the trace has %v", want), func() error {
			code, out, errs := o.run("trace", string(uri), "--json")
			if code != 0 {
				return errors.New(errs)
			}
			for _, w := range want {
				if len(pick(objects(t, out), w)) != 1 {
					return errors.New(out)
				}
			}
			return nil
		})
	}
	through := func(n int64) {
		t.Helper()
		for _, g := range []string{topic.GroupIndexBulk, topic.GroupReleaseBulk} {
			await(t, fmt.Sprintf("group %s has read %d messages", g, n), func() error {
				at, err := o.bus.Committed(t.Context(), g, topic.EnrichedBulk)
				if err != nil {
					return err
				}
				var sum int64
				for _, offset := range at {
					sum += offset
				}
				if sum != n {
					return fmt.Errorf("%d", sum)
				}
				return nil
			})
		}
	}
	out := object{"reached": "head", "says": "is what search finds, usable", "public": "out"}
	fate(out)
	o.only(o.lines(0, "replay", "release", "--uri", string(uri)), object{"messages": 1, "to": topic.EnrichedBulk})
	through(1)
	fate(out)
	o.write(topic.Notices, kill)
	killed := object{"reached": "head", "says": "is what search finds, canceled", "public": "killed"}
	fate(killed, object{"public": "was_out"})
	o.only(o.lines(0, "replay", "index.notices", "--uri", string(uri)), object{"messages": 2, "to": topic.EnrichedBulk})
	through(3)
	fate(killed, object{"public": "was_out"}, object{"step": "released", "status": "canceled"}, object{"step": "released", "status": "usable"})
	if all := o.log(topic.ReleaseDead); len(all) != 0 {
		t.Errorf("dead letters: %v", all)
	}
}

func TestToolsTellWhatIsWrongWithServers(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"topics", "--kafka-brokers=127.0.0.1:1"}, 1, "kafka at 127.0.0.1:1"},
		{[]string{"lag", "--kafka-brokers=nowhere"}, 2, `"nowhere" is not host:port`},
		{[]string{"dead", "--namespace=A"}, 2, "setting namespace"},
		{[]string{"topics", "--config=/nowhere/at/all"}, 2, "no such file"},
	} {
		code, _, errs := run(t, "", c.args...)
		if code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%v: exit code %d, want %d with %q in\n%s", c.args, code, c.code, c.want, errs)
		}
	}
}
