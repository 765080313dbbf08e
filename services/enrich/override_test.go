package enrich

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/enrich/enricher"
	"github.com/copytaster/copytaster/services/enrich/override"
)

func foundChain(t testing.TB) *enricher.Chain {
	t.Helper()
	c, err := enricher.NewChain(found(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// found finds a language, and one topic built on it.
func found() enricher.Catalogue {
	entry := func(name string, f func(a *article.Article)) enricher.Entry {
		return enricher.Entry{Name: name, Version: 1, Required: true, New: func() (enricher.Enricher, error) { return enriches(f), nil }}
	}
	return enricher.Catalogue{
		entry("language", func(a *article.Article) { a.Language = article.Label{Value: "en"} }),
		entry("topics", func(a *article.Article) {
			a.Topics = []article.Topic{{Qcode: "in:" + a.Language.Value, Path: []string{"in:" + a.Language.Value}}}
		}),
	}
}

type enriches func(a *article.Article)

func (f enriches) Enrich(_ context.Context, a *article.Article) error {
	f(a)
	return nil
}

// table is the rows of overrides, and what a view of them has read.
type table struct {
	written map[string][]byte
	read    map[string][]byte
	away    error
	asked   int
}

func (v *table) Get(key string) ([]byte, bool) {
	b, ok := v.read[key]
	return b, ok
}

func (v *table) Range(func(string, []byte) bool) {}

func (v *table) CatchUp(context.Context) error {
	if v.asked++; v.away != nil {
		return v.away
	}
	v.read = map[string][]byte{}
	maps.Copy(v.read, v.written)
	return nil
}

const uri = article.URI("urn:x:1")

// revision is one that an agency sent, as it was received.
func revision(t testing.TB, version int) article.Article {
	t.Helper()
	text := fmt.Sprintf("Text %d of Skarra", version)
	a := article.Article{
		URI: uri, Version: fmt.Sprint(version), Source: "wire", Status: article.Usable, ReceivedAt: time.Unix(1_700_000_000+int64(version), 0).UTC(), Text: text,
		Segments: []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len(text)}}}},
	}
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	return a
}

func message(t testing.TB, a article.Article, number int) stage.Message {
	t.Helper()
	m, err := event.Encode(&a, event.Received)
	if err != nil {
		t.Fatal(err)
	}
	if number > 0 {
		m.Headers = append(m.Headers, stage.Header{Key: override.Header, Value: fmt.Append(nil, number)})
	}
	return m
}

// change changes the row of a, and gives the override.
func (v *table) change(t testing.TB, a article.Article, c override.Change) article.Override {
	t.Helper()
	c.Who, c.At = "M. Ito", time.Unix(1_700_000_100, 0)
	was, unread := override.Of(rows(v.written), a.URI)
	o, err := c.Make(was, unread, 0, &a)
	if err != nil {
		t.Fatal(err)
	}
	b, err := event.EncodeOverride(&o.Override)
	if err != nil {
		t.Fatal(err)
	}
	if v.written == nil {
		v.written = map[string][]byte{}
	}
	v.written[string(a.URI)] = b
	return o.Override
}

type rows map[string][]byte

func (r rows) Get(key string) ([]byte, bool) {
	b, ok := r[key]
	return b, ok
}

func (r rows) Range(func(string, []byte) bool) {}

func set(field, value string) override.Change {
	return override.Change{Set: []override.Said{{Field: field, Value: []byte(value)}}}
}

func TestWhatIsBuiltOnACorrectedField(t *testing.T) {
	v := &table{}
	handle := handler(foundChain(t), func() int { return 3 }, override.Follow(v))
	a := revision(t, 1)
	one := func(m stage.Message) article.Article {
		t.Helper()
		as, err := handle(t.Context(), m)
		if err != nil || len(as) != 1 {
			t.Fatalf("%d articles, %v", len(as), err)
		}
		return as[0]
	}
	if got := one(message(t, a, 0)); got.Language.Value != "en" || got.Topics[0].Qcode != "in:en" || got.Revision.Parts().Sequence != 0 || got.Corrections.Number != 0 {
		t.Errorf("without: %+v", got)
	}
	v.change(t, a, set("language", `"de"`))
	if got := one(message(t, a, 0)); got.Language.Value != "en" {
		t.Errorf("the row was not read: %+v", got)
	}
	corrected := one(message(t, a, 1))
	if p := corrected.Revision.Parts(); corrected.Language.Value != "de" || corrected.Topics[0].Qcode != "in:de" || p.Sequence != 1 || p.Generation != 3 || corrected.Corrections.Fields[0].Who != "M. Ito" {
		t.Errorf("with: %+v", corrected)
	}
	// What was corrected is forgotten where it comes again as an article of its own.
	v.change(t, a, override.Change{All: true})
	if got := one(message(t, corrected, 2)); got.Language.Value != "en" || got.Revision.Parts().Sequence != 2 || len(got.Corrections.Fields) != 0 || got.Corrections.Number != 2 {
		t.Errorf("removed: %+v", got)
	}
	v.change(t, a, set("topics", `[{"qcode":"medtop:20000139","label":"Fishing","path":["x:1","medtop:20000139"]}]`))
	if got := one(message(t, revision(t, 2), 3)); got.Topics[0].Qcode != "medtop:20000139" || got.Topics[0].Label == "Fishing" || got.Topics[0].Label == "" || len(got.Topics[0].Path) < 2 || got.Topics[0].Path[0] != "medtop:03000000" || got.Language.Value != "en" || got.Text != "Text 2 of Skarra" {
		t.Errorf("the next revision: %+v", got)
	}
	killed := article.Article{URI: uri, Source: "wire", Status: article.Canceled, ReceivedAt: a.ReceivedAt}
	if err := killed.Stamp(); err != nil {
		t.Fatal(err)
	}
	if got := one(message(t, killed, 0)); got.Corrections.Number != 0 || got.Revision.Parts().Sequence != 0 {
		t.Errorf("a kill: %+v", got)
	}
}

func TestARowThatCantBeRead(t *testing.T) {
	v := &table{away: errors.New("kafka is away")}
	handle := handler(foundChain(t), func() int { return 0 }, override.Follow(v))
	if _, err := handle(t.Context(), message(t, revision(t, 1), 1)); err == nil || stage.IsPermanent(err) || !strings.Contains(err.Error(), "kafka is away") {
		t.Errorf("out of reach: %v", err)
	}
	if _, err := handle(t.Context(), message(t, revision(t, 1), 0)); err != nil || v.asked != 1 {
		t.Errorf("one that asks for nothing: %v, asked %d times", err, v.asked)
	}
}

// slow is rows that can't be read up to their end.
type slow struct{ table }

func (slow) CatchUp(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// The lane, with holds and embargoes of others in it, doesn't wait for long.
func TestTheWaitForRowsIsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handle := handler(foundChain(t), func() int { return 0 }, override.Follow(&slow{}))
		began := time.Now()
		_, err := handle(t.Context(), message(t, revision(t, 1), 1))
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || stage.IsPermanent(err) || took != 3*time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// It is as if there were no corrections, and it is told.
func TestARowThatCantBeDecoded(t *testing.T) {
	var told []string
	chain, err := enricher.NewChain(found(), func(o enricher.Outcome) {
		if o.Err != nil {
			told = append(told, o.Name+": "+o.Err.Error())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	broken := map[string][]byte{string(uri): []byte("broken")}
	v := &table{read: broken, written: broken}
	handle := handler(chain, func() int { return 0 }, override.Follow(v))
	hold := revision(t, 1)
	hold.Status = article.Withheld
	if err := hold.Stamp(); err != nil {
		t.Fatal(err)
	}
	as, err := handle(t.Context(), message(t, hold, 0))
	if err != nil || as[0].Status != article.Withheld || as[0].Language.Value != "en" || as[0].Revision != hold.Revision || !slices.Contains(as[0].Flags, article.FlagEnricherFailed) {
		t.Errorf("%+v, %v", as, err)
	}
	if len(told) != 1 || !strings.Contains(told[0], `override: override of "urn:x:1" can't be read`) {
		t.Errorf("it tells %q", told)
	}
	killed := article.Article{URI: uri, Source: "wire", Status: article.Canceled, ReceivedAt: hold.ReceivedAt}
	if err := killed.Stamp(); err != nil {
		t.Fatal(err)
	}
	as, err = handle(t.Context(), message(t, killed, 0))
	if err != nil || slices.Contains(as[0].Flags, article.FlagEnricherFailed) || len(told) != 1 {
		t.Errorf("a kill: %+v, %v, %q", as, err, told)
	}
	was, unread := override.Of(rows(broken), uri)
	c := set("language", `"de"`)
	if _, err := c.Make(was, unread, 7, &hold); err == nil || !strings.Contains(err.Error(), "remove --all comes first") {
		t.Errorf("it is set: %v", err)
	}
	c = override.Change{All: true}
	if o, err := c.Make(was, unread, 7, &hold); err != nil || o.Number != 8 || len(o.Corrections) > 0 {
		t.Errorf("removed: %+v, %v", o, err)
	}
	v.change(t, hold, c)
	as, err = handle(t.Context(), message(t, hold, 1))
	if err != nil || as[0].Corrections.Number != 1 || slices.Contains(as[0].Flags, article.FlagEnricherFailed) {
		t.Errorf("mended: %+v, %v", as, err)
	}
}

// What says the same changes nothing, and what is at its end can still be taken back.
func TestChangesThatAreNone(t *testing.T) {
	a := revision(t, 1)
	c := set("language", `"de"`)
	c.Who = "M. Ito"
	first, err := c.Make(nil, nil, 0, &a)
	if err != nil || !slices.Equal(first.Fields, []string{"language"}) {
		t.Fatalf("%+v, %v", first, err)
	}
	c.Who, c.Reason = "B. Lee", "x"
	if _, err := c.Make(&first.Override, nil, 0, &a); !errors.Is(err, override.ErrSame) {
		t.Errorf("the same: %v", err)
	}
	c.Set = append(c.Set, override.Said{Field: "agency", Value: []byte(`"dpa"`)})
	second, err := c.Make(&first.Override, nil, 0, &a)
	if len(second.Replaced) > 0 {
		t.Errorf("it replaces %+v", second.Replaced)
	}
	if err != nil || !slices.Equal(second.Fields, []string{"agency"}) || second.Corrections[1].Who != "M. Ito" {
		t.Errorf("one more: %+v, %v", second, err)
	}
	other := set("language", `"sv"`)
	if third, err := other.Make(&second.Override, nil, 0, &a); err != nil || len(third.Replaced) != 1 || third.Replaced[0].Who != "M. Ito" {
		t.Errorf("it replaces %+v, %v", third.Replaced, err)
	}
	second.Number = article.MaxCorrections
	killed := article.Article{URI: uri}
	c = override.Change{All: true}
	none, err := c.Make(&second.Override, nil, 0, &killed)
	if err != nil || none.Number != article.MaxCorrections+1 || len(none.Corrections) > 0 || !slices.Equal(none.Fields, []string{"agency", "language"}) {
		t.Errorf("all: %+v, %v", none, err)
	}
	if len(second.Corrections) != 2 {
		t.Errorf("it changed %+v", second)
	}
	late := revision(t, 1)
	late.Revision = late.Revision.Reissued(article.MaxSequence)
	c = set("language", `"fr"`)
	if _, err := c.Make(nil, nil, 0, &late); err == nil || !strings.Contains(err.Error(), "has room for 255") {
		t.Errorf("no room: %v", err)
	}
}

func TestWhatCantBeChanged(t *testing.T) {
	a := revision(t, 1)
	for says, c := range map[string]override.Change{
		"who corrects needs 1 to 200 bytes":                   {Who: "", All: true},
		"nothing is set or removed":                           {Who: "x"},
		`field "body" can't be corrected; there are agency`:   {Who: "x", Remove: []string{"body"}},
		`field "text" can't be corrected; there are agency, `: {Who: "x", Set: []override.Said{{Field: "text"}}},
		"a change sets or removes":                            {Who: "x", All: true, Set: []override.Said{{Field: "topics"}}},
		"field topics is set twice":                           {Who: "x", Set: []override.Said{{Field: "topics"}, {Field: "topics"}}},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
	for _, c := range []struct {
		says   string
		change override.Change
		above  int
	}{
		{`"medtop:1" is none of IPTC's Media Topics`, set("topics", `[{"qcode":"medtop:1","path":["medtop:1"]}]`), 0},
		{"topics: urn:x:1 has no such correction", override.Change{Remove: []string{"topics"}}, 0},
		{"urn:x:1 has no such correction", override.Change{All: true}, 0},
		{"was corrected 200 times", set("language", `"de"`), article.MaxCorrections},
		{"the limit is 1048576", override.Change{Set: []override.Said{{Field: "places", Value: manyPlaces()}, {Field: "entities", Value: manyEntities()}}}, 0},
	} {
		if _, err := c.change.Make(nil, nil, c.above, &a); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %.300v", c.says, err)
		}
	}
	// A number that was lost with the table goes on.
	c := set("language", `"de"`)
	if o, err := c.Make(nil, nil, 7, &a); err != nil || o.Number != 8 {
		t.Errorf("%+v, %v", o, err)
	}
}

func manyPlaces() []byte {
	one := `{"name":"` + strings.Repeat("x", article.MaxNameBytes) + `"}`
	return []byte("[" + strings.TrimSuffix(strings.Repeat(one+",", article.MaxPlaces), ",") + "]")
}

func manyEntities() []byte {
	one := `{"type":"person","name":"` + strings.Repeat("x", article.MaxNameBytes) + `"}`
	return []byte("[" + strings.TrimSuffix(strings.Repeat(one+",", article.MaxEntities), ",") + "]")
}

// world is two lanes that enrich, each in order, with views that lag, beside editors
// and an agency, and the head that the index keeps.
type world struct {
	t      testing.TB
	lanes  [2][]stage.Message
	at     [2]int
	views  [2]*table
	handle [2]stage.Handler
	rows   map[string][]byte
	log    []article.Article // as received
	stands article.Standing
	head   article.Article
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, rows: map[string][]byte{}}
	chain := foundChain(t)
	for i := range w.views {
		w.views[i] = &table{written: w.rows}
		w.handle[i] = handler(chain, func() int { return 0 }, override.Follow(w.views[i]))
	}
	return w
}

func (w *world) receive(lane int, a article.Article) {
	w.log = append(w.log, a)
	w.lanes[lane] = append(w.lanes[lane], message(w.t, a, 0))
}

// step enriches the next message of a lane.
func (w *world) step(lane int) bool {
	if w.at[lane] == len(w.lanes[lane]) {
		return false
	}
	as, err := w.handle[lane](context.Background(), w.lanes[lane][w.at[lane]])
	if err != nil {
		w.t.Fatal(err)
	}
	w.at[lane]++
	stands, governs := w.stands.Apply(&as[0])
	if w.stands = stands; governs {
		w.head = as[0]
	}
	return true
}

func (w *world) newest() article.Article {
	return slices.MaxFunc(w.log, func(a, b article.Article) int { return int(a.Revision - b.Revision) })
}

// TestOverridesHoldInAnyOrder: whatever comes in which order, and however late the
// overrides are read, the head has the newest revision's text, with what editors said
// last.
func TestOverridesHoldInAnyOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		version := 1
		w.receive(0, revision(t, version))
		said := ""
		var late []article.Article // revisions that come after newer ones
		happens := func(name string) {
			for range rapid.IntRange(0, 3).Draw(r, name) {
				lane := rapid.IntRange(0, 1).Draw(r, "lane")
				switch rapid.IntRange(0, 5).Draw(r, "what") {
				case 0:
					version++
					w.receive(lane, revision(t, version))
				case 1:
					version++
					late = append(late, revision(t, version))
				case 2:
					w.lanes[lane] = append(w.lanes[lane], rapid.SampledFrom(slices.Concat(w.lanes[0], w.lanes[1])).Draw(r, "replay"))
				case 3:
					_ = w.views[lane].CatchUp(context.Background())
				default:
					w.step(lane)
				}
			}
			if len(late) > 0 && rapid.Bool().Draw(r, "it comes") {
				w.receive(rapid.IntRange(0, 1).Draw(r, "lane"), late[0])
				late = late[1:]
			}
		}
		for range rapid.IntRange(1, 5).Draw(r, "changes") {
			happens("before")
			editor := &table{written: w.rows}
			other := slices.DeleteFunc([]string{"de", "fr", "sv"}, func(l string) bool { return l == said })
			c := set("language", `"`+rapid.SampledFrom(other).Draw(r, "language")+`"`)
			if said != "" && rapid.Bool().Draw(r, "removes") {
				c = override.Change{All: true}
			}
			o := editor.change(t, w.newest(), c)
			if said = "en"; len(o.Corrections) > 0 {
				said = o.Corrections[0].Value.Language.Value
			}
			if said == "en" {
				said = ""
			}
			happens("between the row and the search")
			for {
				sent := w.newest()
				happens("between the search and the message")
				for lane := range w.lanes {
					w.lanes[lane] = append(w.lanes[lane], message(t, sent, o.Number))
				}
				happens("before it is looked again")
				if w.newest().Revision == sent.Revision {
					break
				}
			}
			if rapid.Bool().Draw(r, "all is done") {
				w.settle(r, said)
			}
		}
		happens("after")
		for _, a := range late {
			w.receive(1, a)
		}
		w.settle(r, said)
	})
}

// settle enriches all that waits, and looks at the head.
func (w *world) settle(r *rapid.T, language string) {
	for busy := true; busy; {
		lane := rapid.IntRange(0, 1).Draw(r, "lane")
		busy = w.step(lane) || w.step(1-lane)
	}
	want := w.newest()
	if language == "" {
		language = "en"
	}
	if w.head.Text != want.Text || w.head.Language.Value != language || w.head.Topics[0].Qcode != "in:"+language {
		r.Fatalf("the head is %q in %q (%v), want %q in %q", w.head.Text, w.head.Language.Value, w.head.Revision.Parts(), want.Text, language)
	}
}

// What the enrichment surely finds in a text that grew is told of a corrected list that
// was said of the old one, and of no other; said again, it is known.
func TestALaterTextHasMore(t *testing.T) {
	names := []string{"Skarra"}
	catalogue := append(enricher.Catalogue{{Name: "entities", Version: 1, Required: true, New: func() (enricher.Enricher, error) {
		return enriches(func(a *article.Article) {
			a.Entities = nil
			for _, n := range names {
				if at := strings.Index(a.Text, n); at >= 0 {
					a.Entities = append(a.Entities, article.Entity{Type: article.EntityPlace, Name: n, Mentions: []article.Evidence{{Span: article.Span{Start: at, End: at + len(n)}, Confidence: 0.9}}})
				}
			}
		}), nil
	}}}, found()...)
	chain, err := enricher.NewChain(catalogue, nil)
	if err != nil {
		t.Fatal(err)
	}
	enriched := func(a article.Article, o *article.Override) *article.Article {
		t.Helper()
		if err := chain.EnrichWith(t.Context(), &a, o); err != nil {
			t.Fatal(err)
		}
		return &a
	}
	first, second := revision(t, 1), revision(t, 2)
	say := func(was *article.Override, a, shown *article.Article) *article.Override {
		t.Helper()
		c := set("entities", `[{"type":"person","name":"Text"}]`)
		c.Who, c.Found = "M. Ito", shown
		made, err := c.Make(was, nil, 0, a)
		if err != nil {
			t.Fatal(err)
		}
		return &made.Override
	}
	o := say(nil, &first, enriched(first, nil))
	names = []string{"Text 2", "of Skarra", "Skarra"}
	tells := func(a *article.Article) string {
		return fmt.Sprint(len(a.Entities), a.Corrections.Fields[0].Unseen, a.Flags)
	}
	if got := tells(enriched(first, o)); got != "1 [] []" {
		t.Errorf("in the text itself: %s", got)
	}
	shown := enriched(second, o)
	if got := tells(shown); got != "1 [Text 2 of Skarra] [override_outdated]" {
		t.Errorf("in the next one: %s", got)
	}
	if got := tells(enriched(*shown, o)); got != "1 [Text 2 of Skarra] [override_outdated]" {
		t.Errorf("enriched once more: %s", got)
	}
	again := say(o, &second, shown)
	if got := tells(enriched(second, again)); got != "1 [] []" {
		t.Errorf("said again: %s", got)
	}
	names = append([]string{"Text 3"}, names...)
	if got := tells(enriched(revision(t, 3), again)); got != "1 [Text 3] [override_outdated]" {
		t.Errorf("in the one after that: %s", got)
	}
}

// What is found is found in what an editor says that passages are: the byline's agency, no
// entity and no summary of a note. So it is in the next revision, until it is taken back.
func TestWhatIsBuiltOnCorrectedSegments(t *testing.T) {
	chain, err := NewChain(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &table{}
	handle := handler(chain, func() int { return 0 }, override.Follow(v))
	received := func(version int, headline string) article.Article {
		t.Helper()
		a := revision(t, version)
		a.Text = headline + "\n\nThe ferry Aurora sank off Hamburg on Monday, the police said. All 40 passengers were saved.\n\nThe report by the AFP news agency\n\nHannah Doyle of Oslo can tell more about the ferry Aurora, which sank off Hamburg on Monday.\n"
		a.Segments = []article.Segment{{Kind: article.Unknown, Evidence: article.Evidence{Span: article.Span{End: len(a.Text) - 1}}}}
		if err := a.Stamp(); err != nil {
			t.Fatal(err)
		}
		return a
	}
	enriched := func(a article.Article, number int) article.Article {
		t.Helper()
		as, err := handle(t.Context(), message(t, a, number))
		if err != nil {
			t.Fatal(err)
		}
		if err := as[0].Validate(); err != nil {
			t.Fatal(err)
		}
		return as[0]
	}
	doyle := func(a *article.Article) bool {
		return slices.ContainsFunc(a.Entities, func(e article.Entity) bool { return e.Name == "Hannah Doyle" && a.Mentioned(e.Mentions) })
	}
	notes := func(a *article.Article) int {
		return strings.Count(a.Body(), "Hannah Doyle")
	}
	first := received(1, "Ferry sinks off Hamburg")
	plain := enriched(first, 0)
	if !doyle(&plain) || notes(&plain) != 1 || plain.Agency.Value != "" {
		t.Fatalf("without a correction: agency %q, %+v", plain.Agency.Value, plain.Entities)
	}
	v.change(t, first, set("segments", `[{"text":"The report by the AFP news agency","kind":"byline"},{"text":"Hannah Doyle of Oslo can tell more about the ferry Aurora, which sank off Hamburg on Monday.","kind":"note"}]`))
	for i, a := range []article.Article{first, plain, received(2, "Ferry has sunk off Hamburg")} {
		got := enriched(a, 1)
		if doyle(&got) || notes(&got) != 0 || got.Agency.Value != "AFP" || got.First(article.Byline) != "The report by the AFP news agency" || len(got.Flags) != len(plain.Flags) || got.Corrections.Fields[0].Who != "M. Ito" {
			t.Errorf("%d: agency %q, flags %v, %+v", i, got.Agency.Value, got.Flags, got.Segments)
		}
		if a := enriched(got, 1); fmt.Sprint(a.Segments) != fmt.Sprint(got.Segments) || a.Agency.Value != "AFP" {
			t.Errorf("%d, once more: %+v, was %+v", i, a.Segments, got.Segments)
		}
	}
	third := received(3, "Ferry has sunk off Hamburg")
	third.Text = strings.Replace(third.Text, "can tell more", "may tell more", 1)
	third.Segments[0].End = len(third.Text) - 1
	if got := enriched(third, 0); !doyle(&got) || got.Agency.Value != "AFP" || !slices.Contains(got.Flags, article.FlagOverrideUnplaced) {
		t.Errorf("a note that the agency wrote anew: agency %q, flags %v, %+v", got.Agency.Value, got.Flags, got.Segments)
	}
	// Where the message that was received is gone, the one that was enriched is enriched again.
	corrected := enriched(first, 0)
	v.change(t, first, override.Change{Remove: []string{"segments"}})
	for i, a := range []article.Article{first, corrected} {
		got := enriched(a, 2)
		kinds := func(a *article.Article) (kinds []article.Kind) {
			for _, s := range a.Segments {
				kinds = append(kinds, s.Kind)
			}
			return kinds
		}
		if !slices.Equal(kinds(&got), kinds(&plain)) || !doyle(&got) {
			t.Errorf("%d, removed: %+v, want %+v", i, got.Segments, plain.Segments)
		}
	}
}

// A headline that a format named, and an editor displaced, is the same subhead however
// often the article is enriched, and the headline again once that is taken back.
func TestADisplacedHeadlineOfAFormat(t *testing.T) {
	chain, err := NewChain(nil)
	if err != nil {
		t.Fatal(err)
	}
	a := revision(t, 1)
	a.Text = "By our own staff in Hamburg\n\nFerry sinks off Hamburg\n\nThe ferry Aurora sank off Hamburg on Monday, the police said.\n"
	a.Segments = nil
	for i, line := range strings.Split(strings.TrimSpace(a.Text), "\n\n") {
		at := strings.Index(a.Text, line)
		s := article.Segment{Kind: article.Unknown, Evidence: article.Evidence{Span: article.Span{Start: at, End: at + len(line)}}}
		if i == 0 {
			s.Kind = article.Headline
		}
		a.Segments = append(a.Segments, s)
	}
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	v := &table{}
	o := v.change(t, a, set("segments", `[{"text":"Ferry sinks off Hamburg","kind":"headline"}]`))
	want := ""
	for i := range 3 {
		if err := chain.EnrichWith(t.Context(), &a, &o); err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(a.Segments)
		if want == "" {
			want = got
		}
		if got != want || a.Segments[0].Kind != article.Subhead || a.First(article.Headline) != "Ferry sinks off Hamburg" {
			t.Errorf("enriched %d times: %s, was %s", i+1, got, want)
		}
	}
	if err := chain.Enrich(t.Context(), &a); err != nil || a.First(article.Headline) != "By our own staff in Hamburg" {
		t.Errorf("taken back: %+v, %v", a.Segments, err)
	}
}

// Where another correction makes no article of the text, what was found to be the headline
// is still put behind the one that an editor told.
func TestADisplacedHeadlineBesideWhatIsLeftOut(t *testing.T) {
	a := revision(t, 1)
	a.Text = "By our own staff\n\nFerry sinks"
	a.Segments = []article.Segment{
		{Kind: article.Headline, Evidence: article.Evidence{Span: article.Span{End: 16}}},
		{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{Start: 18, End: 29}}},
	}
	c, err := article.ParseCorrection(article.Proof{Article: &a}, "segments", []byte(`[{"text":"Ferry sinks","kind":"headline"}]`))
	if err != nil {
		t.Fatal(err)
	}
	c.Who = "M. Ito"
	bad := article.Correction{Corrected: article.Corrected{Field: "places", Who: "M. Ito"}, Value: article.Article{Places: []article.Place{{Name: "Skarra", Located: true, Lat: 200}}}}
	o := article.Override{Number: 2, Corrections: []article.Correction{c}}
	if _, err := enricher.Correct(&a, o.In(a.Text)); err != nil {
		t.Fatal(err)
	}
	o.Corrections = []article.Correction{bad, c}
	if _, err := enricher.Correct(&a, o.In(a.Text)); err == nil || a.Segments[0].Kind != article.Subhead || a.Segments[1].Kind != article.Headline || len(a.Places) > 0 {
		t.Errorf("%v, %+v", err, a.Segments)
	}
}
