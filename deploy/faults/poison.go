package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/deploy/faults/elasticfault"
	"github.com/copytaster/copytaster/deploy/faults/ledger"
	"github.com/copytaster/copytaster/deploy/faults/rig"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// How much poison there is.
const (
	poisonPercent = 1
	// oversized messages are few, as each has more than 8 MiB.
	oversized     = 3
	oversizeBytes = topic.MaxMessage + 64<<10
)

// venom is one kind of poison that is put straight into a topic.
type venom struct {
	name   string
	topic  string
	reason string // stands in the dead letter's error
	make   func(good stage.Message) stage.Message
	few    bool
}

func venoms() []venom {
	value := func(change func([]byte) []byte) func(stage.Message) stage.Message {
		return func(m stage.Message) stage.Message {
			m.Value = change(bytes.Clone(m.Value))
			return m
		}
	}
	corrupt := value(func(b []byte) []byte { return b[:len(b)-len(b)/3] })
	version := func(t event.Type) func(stage.Message) stage.Message {
		return func(m stage.Message) stage.Message {
			m.Headers = slices.Clone(m.Headers)
			for i, h := range m.Headers {
				if h.Key == event.HeaderType {
					m.Headers[i].Value = []byte(strings.TrimSuffix(string(t), "v1") + "v2")
				}
			}
			return m
		}
	}
	return []venom{
		{"corrupt protobuf", topic.Received, "is no article", corrupt, false},
		{"corrupt protobuf", topic.Enriched, "is no article", corrupt, false},
		{"unknown schema version", topic.Received, `has version "v2"`, version(event.Received), false},
		{"unknown schema version", topic.Enriched, `has version "v2"`, version(event.Enriched), false},
		{"invalid UTF-8", topic.Received, "UTF-8", value(func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("The desk knows this"), []byte("The desk \xff\xfe\xfd\xfc\xfb this"))
		}), false},
		{"oversize", topic.Received, fmt.Sprintf("the limit is %d", topic.MaxMessage), value(func(b []byte) []byte {
			return append(b, make([]byte, oversizeBytes-len(b))...)
		}), true},
	}
}

// poisoned is a message that must become a dead letter.
type poisoned struct {
	venom
	stage.Message
}

// poison mixes what can't be handled into good copy.
func poison(ctx context.Context, t *trial) error {
	proxy, err := elasticfault.Start(t.servers.ElasticsearchURL(), t.Seed)
	if err != nil {
		return err
	}
	defer func() { _ = proxy.Close() }()
	if err := t.start(ctx, rig.Settings{ElasticsearchURL: proxy.URL()}); err != nil {
		return err
	}
	items := t.wire.Items(t.pick(20_000, 300))
	count := max(len(items)*poisonPercent/100, len(venoms())+1)
	all, err := t.brew(ctx, count)
	if err != nil {
		return err
	}
	proxy.Spoil(spoiledMark)
	spoiled := t.conflicts(max(count/(len(venoms())+1), 1))
	wait := t.feed(ctx, t.mix(items, spoiled))
	if err := t.pour(ctx, all, items); err != nil {
		return err
	}
	if err := t.refused(ctx); err != nil {
		return err
	}
	if err := wait(); err != nil {
		return err
	}
	t.fault(ctx, "%d poisoned messages and %d articles that conflict with the mapping among %d good ones", len(all), len(spoiled), len(items))
	t.mu.Lock()
	t.result.Faults = len(all) + len(spoiled)
	t.mu.Unlock()
	t.probes.Wait()
	if err := t.Quiet(ctx); err != nil {
		return err
	}
	if err := t.checkDead(ctx, all, spoiled); err != nil {
		return err
	}
	// The mapping is mended, as it were: what conflicted is sent again.
	proxy.Spoil("")
	if err := t.redrive(ctx, topic.Enriched, "document_parsing_exception", len(spoiled)); err != nil {
		return err
	}
	_, err = t.settle(ctx)
	return err
}

// spoiledMark, which no report says, is in the URI of those articles that conflict with the mapping.
const spoiledMark = "spoiled-for-the-mapping"

// conflicts are items that Elasticsearch will refuse.
func (t *trial) conflicts(n int) []ledger.Item {
	const first = 1 << 23 // above the wire's own articles, below the probes
	items := make([]ledger.Item, n)
	for k := range items {
		items[k] = t.wire.Item(first+uint32(k), 1)
		items[k].Article += ":" + spoiledMark
	}
	return items
}

// mix spreads few among many.
func (t *trial) mix(many, few []ledger.Item) []ledger.Item {
	all := slices.Clone(many)
	for _, i := range few {
		all = slices.Insert(all, t.random.IntN(len(all)+1), i)
	}
	return all
}

// brew makes n poisoned messages, of all kinds in turn.
func (t *trial) brew(ctx context.Context, n int) ([]poisoned, error) {
	good := map[string]stage.Message{}
	for _, name := range []string{topic.Received, topic.Enriched} {
		if err := t.ReadAll(ctx, name, func(m stage.Message) { good[name] = m }); err != nil {
			return nil, err
		}
		if good[name].Value == nil {
			return nil, fmt.Errorf("topic %s has no message to make poison of", name)
		}
	}
	var all []poisoned
	kinds := venoms()
	few := 0
	for k := range n {
		v := kinds[k%len(kinds)]
		if v.few {
			if few++; few > oversized {
				v = kinds[0]
			}
		}
		m := v.make(good[v.topic])
		m.Key = fmt.Appendf(nil, "urn:faults:poison:%d", k)
		all = append(all, poisoned{v, m})
	}
	return all, nil
}

// underGood is the share of the poison that has the key of a good article: one
// in so many.
const underGood = 3

// pour puts the poison into the topics while items come in. Of some the key
// becomes that of a good article with revisions still to come, which must go on.
func (t *trial) pour(ctx context.Context, all []poisoned, items []ledger.Item) error {
	began := t.Acked()
	taken := map[string]bool{}
	for k := range all {
		p := &all[k]
		// Spread over what comes in, as far as that goes.
		for t.Acked() < began+int64(k*len(items)/len(all)) {
			if !rig.Sleep(ctx, sampleEvery/10) {
				return context.Cause(ctx)
			}
		}
		if k%underGood == underGood-1 {
			if uri, ok := t.goesOn(items, int(t.Acked()-began), taken); ok {
				p.Key = []byte(uri)
			}
		}
		if err := t.WriteAll(ctx, p.topic, []stage.Message{p.Message}); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	t.note("%d of %d poisoned messages had the key of a good article whose next revision came after", len(taken), len(all))
	if len(taken) == 0 {
		t.fail("no poison had the key of a good article")
	}
	return nil
}

// goesOn is an article that is acknowledged and has a revision that is not sent
// yet, when so many items were acknowledged.
func (t *trial) goesOn(items []ledger.Item, acked int, taken map[string]bool) (article.URI, bool) {
	// What the senders have in hand is sent, maybe.
	for _, i := range items[min(acked+2*senders, len(items)):] {
		uri, ok := t.Ledger.URI(i.Article)
		if ok && !taken[i.Article] && !strings.HasSuffix(i.Article, spoiledMark) {
			taken[i.Article] = true
			return uri, true
		}
	}
	return "", false
}

// refused pushes what ingest must refuse at once: its sender is told, and it
// makes no dead letter.
func (t *trial) refused(ctx context.Context) error {
	for _, c := range []struct {
		name   string
		body   []byte
		status []int
	}{
		{"9 MiB", bytes.Repeat([]byte("word "), 9<<20/5), []int{http.StatusRequestEntityTooLarge}},
		{"binary", []byte{0, 1, 2, 0xff, 0xfe, 0}, []int{http.StatusUnsupportedMediaType, http.StatusBadRequest}},
	} {
		status, reply, err := t.Post(ctx, topic.Live, c.body)
		if err != nil {
			return fmt.Errorf("push of %s: %w", c.name, err)
		}
		if !slices.Contains(c.status, status) {
			t.fail("push of %s was answered with %d %s", c.name, status, reply)
		}
	}
	return nil
}

// letters are the dead letters of a topic.
func (t *trial) letters(ctx context.Context, name string) ([]stage.DeadLetter, error) {
	var ls []stage.DeadLetter
	var bad error
	err := t.ReadAll(ctx, name+topic.DeadSuffix, func(m stage.Message) {
		l, err := event.DecodeDead(m)
		bad = errors.Join(bad, err)
		l.Message.Offset = m.Offset
		ls = append(ls, l)
	})
	return ls, errors.Join(err, bad)
}

// checkDead holds the dead letters against what was poisoned: each once, with
// its bytes, its origin and the reason, and nothing else.
func (t *trial) checkDead(ctx context.Context, all []poisoned, conflicts []ledger.Item) error {
	dead := map[string][]stage.DeadLetter{}
	n := 0
	for _, name := range []string{topic.Received, topic.Enriched} {
		ls, err := t.letters(ctx, name)
		if err != nil {
			return err
		}
		for _, l := range ls {
			if l.Message.Topic != name {
				t.fail("a dead letter of %s says that it came from %s", name, l.Message.Topic)
			}
			dead[string(l.Message.Key)] = append(dead[string(l.Message.Key)], l)
			n++
		}
	}
	for _, p := range all {
		ls := dead[string(p.Key)]
		switch {
		case len(ls) != 1:
			t.fail("%s in %s: %d dead letters", p.name, p.topic, len(ls))
		case !strings.Contains(ls[0].Err.Error(), p.reason):
			t.fail("%s in %s: the dead letter's reason is %q, %q should be in it", p.name, p.topic, ls[0].Err, p.reason)
		case !bytes.Equal(ls[0].Message.Value, p.Value[:min(len(p.Value), event.MaxDeadValue)]):
			t.fail("%s in %s: the dead letter has other bytes", p.name, p.topic)
		}
	}
	acked := t.uris(conflicts)
	for _, i := range conflicts {
		ls := dead[string(acked[i.Mark])]
		switch {
		case len(ls) != 1:
			t.fail("mapping conflict of %s: %d dead letters", i.Article, len(ls))
		case !strings.Contains(ls[0].Err.Error(), "urgency"):
			t.fail("mapping conflict of %s: the dead letter's reason is %q, without the field", i.Article, ls[0].Err)
		}
	}
	if want := len(all) + len(conflicts); n != want {
		t.fail("%d dead letters, want %d", n, want)
	}
	t.note("%d dead letters, each with its bytes and reason: %d poisoned messages of %d kinds, %d mapping conflicts", n, len(all), len(venoms()), len(conflicts))
	return nil
}

// uris are those of acknowledged items, by mark.
func (t *trial) uris(items []ledger.Item) map[string]article.URI {
	uris := map[string]article.URI{}
	for _, i := range items {
		if u, ok := t.Ledger.URI(i.Article); ok {
			uris[i.Mark] = u
		}
	}
	return uris
}

// redrive has the operator's tool send the dead letters of a topic again whose
// reason holds a text.
func (t *trial) redrive(ctx context.Context, name, reason string, letters int) error {
	out, err := t.Tool(ctx, "dead", "redrive", name+topic.DeadSuffix, "--reason", reason, "--by", "faults", "--why", "the mapping was mended", "--yes", "--json")
	if err != nil {
		return err
	}
	// The last line is the summary.
	var summary struct {
		Action string `json:"action"`
		Done   int    `json:"done"`
		Failed int    `json:"failed"`
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	last := lines[len(lines)-1]
	if err := json.Unmarshal(last, &summary); err != nil {
		return fmt.Errorf("copytaster dead redrive said %q: %w", last, err)
	}
	if summary.Action != "summary" || summary.Done != letters || summary.Failed != 0 {
		t.fail("copytaster dead redrive was to send %d letters again, its last line is %+v", letters, summary)
	}
	t.note("copytaster dead redrive sent %d letters again", summary.Done)
	return nil
}
