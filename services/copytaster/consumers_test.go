package copytaster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest/intake"
	"github.com/copytaster/copytaster/services/release"
)

// copied is an article in the copy of a downstream team.
type copied struct {
	URI      article.URI    `json:"uri"`
	Revision int64          `json:"revision"`
	Status   article.Status `json:"status"`
	Headline string         `json:"headline"`
	Text     string         `json:"text"`
}

// downstream is a subscriber of deploy/consumers, in a process of its own.
type downstream struct {
	t            *testing.T
	name         string
	follow, list []string

	said    buffer // its standard error
	process *exec.Cmd
	ended   chan error
	killed  bool
}

// downstreams are both subscribers, each with a copy of its own.
func downstreams(t *testing.T, options ...string) []*downstream {
	t.Helper()
	program, folder := buildSubscriber(t), filepath.Join(t.TempDir(), "copy")
	inGo := func(what string) []string {
		return slices.Concat([]string{program, "--dir", folder}, options, []string{what})
	}
	python, script, file := pythonSubscriber(t), "../../deploy/consumers/python/subscriber.py", filepath.Join(t.TempDir(), "copy.db")
	inPython := func(what string) []string {
		return slices.Concat([]string{python, "-B", script, "--copy", file}, options, []string{what})
	}
	return []*downstream{
		{t: t, name: "the subscriber in Go", follow: inGo("follow"), list: inGo("list")},
		{t: t, name: "the subscriber in Python", follow: inPython("follow"), list: inPython("list")},
	}
}

func buildSubscriber(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "subscriber")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/copytaster/copytaster/deploy/consumers/go/cmd/subscriber")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

func pythonSubscriber(t *testing.T) (python string) {
	t.Helper()
	python, err := filepath.Abs("../../.local/python/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(python); err != nil {
		t.Fatalf("no Python to test with: run `make .local/python/ready`: %v", err)
	}
	return python
}

// TestPythonSubscriber runs the tests that the subscriber in Python has of its own.
func TestPythonSubscriber(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), pythonSubscriber(t), "-B", "-m", "unittest", "-v", "subscriber_test")
	cmd.Dir = "../../deploy/consumers/python"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// start runs it until the test ends or it is killed.
func (d *downstream) start() {
	d.t.Helper()
	d.process = exec.CommandContext(context.Background(), d.follow[0], d.follow[1:]...)
	d.process.Stderr, d.killed = &d.said, false
	if err := d.process.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.ended = make(chan error, 1)
	go func(p *exec.Cmd, ended chan<- error) { ended <- p.Wait() }(d.process, d.ended)
}

// kill ends it as a crash of the machine would: it can't do anything any more.
func (d *downstream) kill() {
	d.t.Helper()
	d.running()
	_ = d.process.Process.Kill()
	<-d.ended
	d.killed = true
}

// stop asks it to end, which it does without an error.
func (d *downstream) stop() {
	d.t.Helper()
	if d.killed || d.process == nil {
		return
	}
	d.running()
	_ = d.process.Process.Signal(os.Interrupt)
	select {
	case err := <-d.ended:
		if err != nil {
			d.t.Errorf("%s ends with %v: %s", d.name, err, d.said.String())
		}
	case <-time.After(waitLimit):
		_ = d.process.Process.Kill()
		d.t.Errorf("%s does not end: %s", d.name, d.said.String())
	}
	d.killed = true
}

// running ends the test if it has ended by itself.
func (d *downstream) running() {
	d.t.Helper()
	select {
	case err := <-d.ended:
		d.killed = true
		d.t.Fatalf("%s ended by itself: %v: %s", d.name, err, d.said.String())
	default:
	}
}

// copies is what its copy has.
func (d *downstream) copies(ctx context.Context) (map[article.URI]copied, error) {
	cmd := exec.CommandContext(ctx, d.list[0], d.list[1:]...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: list: %w: %s", d.name, err, said.String())
	}
	all := map[article.URI]copied{}
	for l := range bytes.Lines(out) {
		var c copied
		if err := json.Unmarshal(l, &c); err != nil {
			return nil, fmt.Errorf("%s: %w in %s", d.name, err, l)
		}
		all[c.URI] = c
	}
	return all, nil
}

// TestSubscribersKeepWhatMayBeUsed drives articles through random lives, and one
// through each turn by name, while the subscribers of deploy/consumers keep their
// copies, are killed in the middle of it, and started again: no copy ever shows
// what may not be used, and in the end each is what the model says, and exactly
// what is current.
func TestSubscribersKeepWhatMayBeUsed(t *testing.T) {
	seed := *livesSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	lt := &livesTest{system: startSystem(t, "ingest", "enrich", "release"), by: map[article.URI]*lived{}}
	b, err := bus.Connect(bus.Config{KafkaBrokers: lt.brokers, Namespace: lt.namespace}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	lt.out = intake.KillsAhead(b.Sink(topic.Notices, event.Received), b.Sink(topic.Received, event.Received))
	t.Cleanup(func() { _ = lt.out.Close() })
	lt.public = map[string]*subscriber{topic.Current: lt.subscribe(topic.Current)}
	const lives = 30
	lt.began = time.Now()
	for n := range lives {
		l := draw(r, n, lt.began)
		lt.lives, lt.by[l.uri] = append(lt.lives, l), l
	}
	ds := downstreams(t, "--brokers", strings.Join(lt.brokers, ","), "--namespace", lt.namespace)
	for _, d := range ds {
		t.Cleanup(d.stop)
	}

	// Some of it is there before they begin.
	turns := lt.firstTurns()
	lt.send(t.Context(), 1)
	for _, d := range ds {
		d.start()
	}
	lt.copiesAgree(ds, turns)
	lt.settle()
	for round := 2; round <= livesRounds; round++ {
		turns = lt.nextTurns(round)
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			lt.send(t.Context(), round)
		}()
		for killing := true; killing; {
			for _, d := range ds {
				d.kill()
				lt.nothingHidden(d)
				d.start()
			}
			select {
			case <-sent:
				killing = false
			default:
			}
		}
		lt.copiesAgree(ds, turns)
		lt.settle()
	}
	// What comes while they are away.
	for _, d := range ds {
		d.kill()
	}
	lt.mustKill(ferry)
	for _, d := range ds {
		d.start()
	}
	turns[lt.wire(ferry)] = copied{Status: article.Canceled}
	lt.copiesAgree(ds, turns)
}

// A notice that is released, and not current yet when a copy is begun, is in it.
func TestCopyHasWhatIsNotCurrentYet(t *testing.T) {
	o := toolsOn(t, nil)
	o.ensure(topic.Released, topic.Current)
	since := strconv.AppendInt(nil, time.Now().UnixMilli(), 10)
	public := func(a article.Article) stage.Message {
		m, err := event.Encode(&a, event.Released)
		if err != nil {
			t.Fatal(err)
		}
		m.Headers = append(m.Headers, stage.Header{Key: release.HeaderSince, Value: since})
		return m
	}
	usable := report("a", 1)
	kill := article.Article{URI: usable.URI, Revision: 2 << 16, Status: article.Canceled, Source: usable.Source, ReceivedAt: usable.ReceivedAt, Traceparent: event.NewTraceparent()}
	o.forward(topic.Released, public(usable))
	o.forward(topic.Current, public(usable))
	o.forward(topic.Released, public(kill))
	for _, d := range downstreams(t, "--brokers", strings.Join(o.brokers, ","), "--namespace", o.ns) {
		t.Cleanup(d.stop)
		d.start()
		await(t, d.name+" has the notice", func() error {
			d.running()
			all, err := d.copies(t.Context())
			if want := (copied{URI: kill.URI, Revision: int64(kill.Revision), Status: article.Canceled}); err == nil && all[kill.URI] != want {
				err = fmt.Errorf("it is %+v; it says %s", all[kill.URI], d.said.String())
			}
			return err
		})
	}
}

// TestSubscribersReadToAMark: a log may end with the mark of a transaction, which has
// an offset and is no message.
func TestSubscribersReadToAMark(t *testing.T) {
	o := toolsOn(t, nil)
	o.ensure(topic.Released, topic.Current)
	a := report("marked", 1)
	released := o.bus.Sink(topic.Released, event.Released)
	if err := errors.Join(released.Write(t.Context(), []article.Article{a}), released.Close()); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(o.brokers...), kgo.TransactionalID(o.ns+"mark"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for _, m := range o.log(topic.Released) {
		r := &kgo.Record{Topic: o.ns + topic.Current, Key: m.Key, Value: m.Value}
		for _, h := range m.Headers {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
		}
		if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	for _, d := range downstreams(t, "--brokers", strings.Join(o.brokers, ","), "--namespace", o.ns) {
		t.Cleanup(d.stop)
		d.start()
		await(t, d.name+" has made its copy", func() error {
			d.running()
			all, err := d.copies(t.Context())
			if err == nil && all[a.URI].Text != a.Text {
				err = fmt.Errorf("%v; it says %s", all, d.said.String())
			}
			return err
		})
	}
}

// The articles whose turns have names.
const (
	ferry  = "urn:newsml:wire.example:20240501:ferry"
	budget = "urn:newsml:wire.example:20240501:budget"
	census = "urn:newsml:wire.example:20240501:census"
)

func (lt *livesTest) wire(id string) article.URI { return article.URI("urn:copytaster:wire:" + id) }

// firstTurns sends a new article, one that is to be killed, and one under embargo.
func (lt *livesTest) firstTurns() map[article.URI]copied {
	lt.t.Helper()
	lt.mustPush(ninjs(ferry, "1", "Ferry sinks", ""), "source=wire")
	lt.mustPush(ninjs(census, "1", "Census begins", ""), "source=wire")
	lt.mustPush(embargoed(budget, "1", "Budget passes", time.Now().Add(time.Hour)), "source=wire")
	return map[article.URI]copied{
		lt.wire(ferry):  {Status: article.Usable, Headline: "Ferry sinks"},
		lt.wire(census): {Status: article.Usable, Headline: "Census begins"},
	}
}

// nextTurns corrects the one, kills the other, and lets the embargo end.
func (lt *livesTest) nextTurns(round int) map[article.URI]copied {
	lt.t.Helper()
	edition := fmt.Sprint(round)
	lt.mustPush(ninjs(ferry, edition, "Ferry saved, edition "+edition, ""), "source=wire")
	lt.mustKill(census)
	lt.mustPush(embargoed(budget, edition, "Budget passes, edition "+edition, time.Now().Add(2*time.Second)), "source=wire")
	return map[article.URI]copied{
		lt.wire(ferry):  {Status: article.Usable, Headline: "Ferry saved, edition " + edition},
		lt.wire(census): {Status: article.Canceled},
		lt.wire(budget): {Status: article.Usable, Headline: "Budget passes, edition " + edition},
	}
}

func (lt *livesTest) mustKill(id string) {
	lt.t.Helper()
	lt.mustPush(fmt.Sprintf(`{"uri":%q,"pubstatus":"canceled"}`, id), "source=wire")
}

// nothingHidden looks at a copy for what nobody may see. These copies hide what has
// expired when its notice comes, which they may not have had yet.
func (lt *livesTest) nothingHidden(d *downstream) map[article.URI]copied {
	lt.t.Helper()
	at := lt.begin()
	all, err := d.copies(lt.t.(*testing.T).Context())
	if err != nil {
		lt.t.Fatal(err)
	}
	at.to = time.Now()
	for uri, c := range all {
		l := lt.by[uri]
		switch {
		case c.Status != article.Usable:
			if c.Headline != "" || c.Text != "" {
				lt.t.Errorf("%s keeps text of %s, which is %s", d.name, uri, c.Status)
			}
		case l != nil && !l.might(at, func(e expected) bool {
			if e.expiry.After(lt.began) {
				e.expiry = time.Time{}
			}
			return e.headline == c.Headline && (e.visible(at.from) || e.visible(at.to))
		}):
			lt.t.Errorf("%s has %q of %s, which nobody may see", d.name, c.Headline, uri)
		}
	}
	return all
}

// copiesAgree waits until every copy is what the model and these turns say, and
// exactly what is current.
func (lt *livesTest) copiesAgree(ds []*downstream, turns map[article.URI]copied) {
	lt.t.Helper()
	for _, d := range ds {
		deadline := time.Now().Add(livesWait)
		for {
			d.running()
			now := time.Now()
			err := lt.copyDiffers(lt.nothingHidden(d), turns, now)
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				lt.t.Fatalf("%s: %v\nit says %s\n%s%s", d.name, err, d.said.String(), lt.written(topic.Released), lt.written(topic.Current))
			}
			<-time.After(100 * time.Millisecond) // between two looks at the condition
		}
	}
}

// written tells what a public topic holds, a message a line.
func (lt *livesTest) written(name string) string {
	lt.t.Helper()
	b, err := bus.Connect(bus.Config{KafkaBrokers: lt.brokers, Namespace: lt.namespace}, zerolog.Nop())
	if err != nil {
		return err.Error()
	}
	defer b.Close()
	extents, err := b.Extents(lt.t.Context(), name)
	if err != nil {
		return err.Error()
	}
	var all strings.Builder
	for _, e := range extents {
		err := b.ReadLog(lt.t.Context(), name, e.Partition, e.First, e.End, func(m stage.Message) error {
			at, _ := strconv.ParseInt(m.Header(release.HeaderSince), 10, 64)
			_, err := fmt.Fprintf(&all, "%s/%d@%d %s %s since %s %s\n", name, e.Partition, m.Offset, m.Key, m.Time.UTC().Format(time.TimeOnly), time.UnixMilli(at).UTC().Format(time.TimeOnly), m.Header(release.HeaderStatus))
			return err
		})
		if err != nil {
			fmt.Fprintln(&all, err)
		}
	}
	return all.String()
}

// copyDiffers tells what is not as it should be.
func (lt *livesTest) copyDiffers(all, turns map[article.URI]copied, now time.Time) error {
	var errs []error
	bad := func(uri article.URI, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", uri, fmt.Sprintf(format, args...)))
	}
	want := maps.Clone(turns)
	for _, l := range lt.lives {
		switch e := foresee(l.known()); {
		case e.visible(now):
			want[l.uri] = copied{Status: article.Usable, Headline: e.headline}
		case all[l.uri].Status == article.Usable:
			bad(l.uri, "should be %+v", e)
		}
	}
	for uri, w := range want {
		if got := all[uri]; got.Status != w.Status || got.Headline != w.Headline {
			bad(uri, "is %s %q, should be %s %q", got.Status, got.Headline, w.Status, w.Headline)
		}
	}
	current := lt.public[topic.Current].newest()
	for uri, c := range current {
		if all[uri] != c {
			bad(uri, "is %+v, current is %+v", all[uri], c)
		}
	}
	for uri := range all {
		if _, ok := current[uri]; !ok {
			bad(uri, "is in the copy, and not current")
		}
	}
	return errors.Join(errs[:min(len(errs), 3)]...)
}

// newest is what the topic says last of each article.
func (s *subscriber) newest() map[article.URI]copied {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[article.URI]copied{}
	for uri, said := range s.said {
		last := said[len(said)-1]
		all[uri] = copied{uri, int64(last.Revision), last.Status, last.First(article.Headline), last.Text}
	}
	return all
}
