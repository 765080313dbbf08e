package index_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/stage"
)

// told is a message about an article of which the text says the version.
func told(t interface{ Fatal(args ...any) }, uri article.URI, version int, at int64, s article.Status) article.Article {
	r, err := article.Parts{SourceVersion: version, OrderTime: at}.Revision()
	if err != nil {
		t.Fatal(err)
	}
	a := revision(uri, version)
	a.Revision, a.Status, a.ReceivedAt = r, s, time.Unix(at, 0).UTC()
	if s != article.Usable {
		a.Text, a.Segments = "", nil
	}
	return a
}

func reinstated(a article.Article, lifts int64) article.Article {
	p := a.Revision.Parts()
	p.Sequence++
	a.Revision, _ = p.Revision() // the sequence has room
	a.Notice = &article.Notice{Action: article.Reinstate, Who: "ed", Lifts: time.Unix(lifts, 0)}
	return a
}

func withheld(a article.Article) article.Article {
	a.Notice = &article.Notice{Action: article.Withhold, Who: "ed"}
	a.Flag(article.FlagWithheldByEditor)
	return a
}

// stands is "<status> <headline>" of the URI's head.
func (w *world) stands(uri article.URI) string {
	w.Helper()
	reply := w.call("GET", "/"+w.ns.Articles()+"/_doc/"+corpus.ID(uri), nil)
	if reply["found"] != true {
		return ""
	}
	source, err := json.Marshal(reply["_source"])
	if err != nil {
		w.Fatal(err)
	}
	a, _, err := corpus.Parse(source)
	if err != nil {
		w.Fatal(err)
	}
	return fmt.Sprintf("%s %s", a.Status, a.First(article.Headline))
}

// texts are the headlines that stand among the URI's versions.
func (w *world) texts(uri article.URI) string {
	w.Helper()
	w.refresh()
	reply := w.call("POST", "/"+w.ns.Versions()+"/_search?size=100&routing="+corpus.Routing(uri), map[string]any{
		"query": map[string]any{"term": map[string]any{"uri": uri}}, "sort": []string{"revision"},
	})
	var all []string
	for _, h := range reply["hits"].(map[string]any)["hits"].([]any) {
		if s, ok := h.(map[string]any)["_source"].(map[string]any)["headline"].(string); ok {
			all = append(all, s)
		}
	}
	return strings.Join(all, ", ")
}

func TestLifeOfAnArticle(t *testing.T) {
	w := newWorld(t)
	const u = article.Usable
	v := func(n int, at int64) article.Article { return told(t, "urn:x:1", n, at, u) }
	kill := func(at int64) article.Article { return told(t, "urn:x:1", 0, at, article.Canceled) }
	hold := func(at int64) article.Article { return told(t, "urn:x:1", 0, at, article.Withheld) }
	late := func(a article.Article, at int64) article.Article {
		a.ReceivedAt = time.Unix(at, 0).UTC()
		return a
	}
	for i, c := range []struct {
		name        string
		as          []article.Article
		head, texts string
	}{
		{"killed", []article.Article{v(1, 10), kill(20)}, "canceled ", ""},
		{"reinstated", []article.Article{v(1, 10), kill(20), reinstated(v(1, 10), 20)}, "usable Secret 1", "Secret 1"},
		{"the same again", []article.Article{v(1, 10), kill(20), reinstated(v(1, 10), 20), kill(20), v(1, 10), reinstated(v(1, 10), 20)}, "usable Secret 1", "Secret 1"},
		{"updated after it", []article.Article{v(1, 10), kill(20), reinstated(v(1, 10), 20), v(2, 30), v(1, 10)}, "usable Secret 2", "Secret 1, Secret 2"},
		{"killed again", []article.Article{v(1, 10), kill(20), reinstated(v(1, 10), 20), v(2, 30), kill(40)}, "canceled ", ""},
		{"killed again and all again", []article.Article{v(1, 10), kill(20), reinstated(v(1, 10), 20), kill(40), v(1, 10), kill(20), reinstated(v(1, 10), 20)}, "canceled ", ""},
		{"reinstated twice", []article.Article{v(1, 10), kill(20), reinstated(v(1, 10), 20), kill(40), reinstated(reinstated(v(1, 10), 0), 40)}, "usable Secret 1", "Secret 1"},
		{"held without a version", []article.Article{v(7, 10), hold(20), v(6, 9)}, "withheld ", "Secret 6, Secret 7"},
		{"held without a version, first", []article.Article{hold(20), v(7, 10)}, "withheld ", "Secret 7"},
		{"hold lifted", []article.Article{v(7, 10), hold(20), v(8, 30), v(7, 10), hold(20)}, "usable Secret 8", "Secret 7, Secret 8"},
		{"hold killed", []article.Article{v(7, 10), hold(20), kill(30), v(8, 40)}, "canceled ", ""},
		{"withheld by an editor", []article.Article{v(7, 10), withheld(hold(20)), v(8, 30)}, "withheld ", "Secret 7, Secret 8"},
		{"withheld by an editor, lifted", []article.Article{v(7, 10), withheld(hold(20)), v(8, 30), reinstated(v(8, 30), 20), withheld(hold(20))}, "usable Secret 8", "Secret 7, Secret 8"},
		{"withheld by an editor, lifted, killed by an old date", []article.Article{v(7, 10), withheld(hold(20)), reinstated(v(7, 10), 20), late(kill(10), 30)}, "canceled ", ""},
		{"a hold under the kill that the editor didn't know", []article.Article{v(1, 10), kill(20), told(t, "urn:x:1", 2, 30, article.Withheld), reinstated(v(1, 10), 20), v(2, 25)}, "withheld Secret 1", "Secret 1, Secret 2"},
		{"the same before the kill", []article.Article{v(1, 10), told(t, "urn:x:1", 2, 15, article.Withheld), kill(20), reinstated(v(1, 10), 20)}, "withheld Secret 1", "Secret 1"},
		{"the same without a version", []article.Article{v(1, 10), kill(20), hold(30), reinstated(v(1, 10), 20)}, "withheld Secret 1", "Secret 1"},
		{"the same, known", []article.Article{v(1, 10), kill(20), hold(30), reinstated(v(1, 10), 30)}, "usable Secret 1", "Secret 1"},
		{"a hold under a kill, given up", []article.Article{v(1, 10), kill(20), told(t, "urn:x:1", 2, 30, article.Withheld), v(3, 40), reinstated(v(1, 10), 20)}, "usable Secret 1", "Secret 1"},
		{"a hold under a kill, then an update", []article.Article{v(1, 10), kill(20), told(t, "urn:x:1", 2, 30, article.Withheld), reinstated(v(1, 10), 20), v(3, 40)}, "usable Secret 3", "Secret 1, Secret 3"},
		{"a hold under a withhold", []article.Article{v(1, 10), withheld(hold(20)), told(t, "urn:x:1", 2, 30, article.Withheld), reinstated(v(1, 10), 20)}, "withheld Secret 1", "Secret 1"},
		{"a withhold under a kill", []article.Article{v(1, 10), kill(20), withheld(hold(30)), reinstated(v(1, 10), 20), v(2, 40)}, "withheld Secret 1", "Secret 1, Secret 2"},
		{"a withhold under a kill, both lifted", []article.Article{v(1, 10), kill(20), withheld(hold(30)), reinstated(v(1, 10), 20), v(2, 40), reinstated(v(2, 40), 30)}, "usable Secret 2", "Secret 1, Secret 2"},
		{"a withhold and a kill", []article.Article{v(1, 10), withheld(hold(30)), kill(20), reinstated(v(1, 10), 20)}, "withheld Secret 1", "Secret 1"},
		{"a hold under a hold", []article.Article{v(1, 10), hold(20), hold(30), late(reinstated(v(1, 10), 20), 50)}, "withheld Secret 1", "Secret 1"},
		{"a hold under a hold, known", []article.Article{v(1, 10), hold(20), hold(30), late(reinstated(v(1, 10), 30), 50)}, "usable Secret 1", "Secret 1"},
		{"a hold under a hold, both lifted", []article.Article{v(1, 10), hold(20), hold(30), late(reinstated(v(1, 10), 20), 50), late(reinstated(reinstated(v(1, 10), 0), 30), 60)}, "usable Secret 1", "Secret 1"},
		{"a hold under a kill, both lifted", []article.Article{v(1, 10), kill(20), hold(30), late(reinstated(v(1, 10), 20), 50), late(reinstated(reinstated(v(1, 10), 0), 30), 60)}, "usable Secret 1", "Secret 1"},
		{"withheld by an editor, killed", []article.Article{v(7, 10), withheld(hold(20)), kill(30), withheld(hold(40))}, "canceled ", ""},
	} {
		uri := article.URI(fmt.Sprintf("urn:x:life:%d", i))
		for _, a := range c.as {
			a.URI = uri
			w.write(a)
		}
		if got := w.stands(uri); got != c.head {
			t.Errorf("%s: head is %q, want %q", c.name, got, c.head)
		}
		if got := w.texts(uri); got != c.texts {
			t.Errorf("%s: texts are %q, want %q", c.name, got, c.texts)
		}
	}
}

// Two sinks that write the same articles at the same time, each in its order,
// end as the kills and reinstatements say.
func TestTwoSinksAgreeAboutReinstatements(t *testing.T) {
	w := newWorld(t)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		uri := article.URI(fmt.Sprintf("urn:x:two:%d", n))
		all := []article.Article{
			told(t, uri, 1, 10, article.Usable), told(t, uri, 0, 20, article.Canceled),
			reinstated(told(t, uri, 1, 10, article.Usable), 20),
		}
		if rapid.Bool().Draw(t, "long ago") {
			// The head is beyond the versions of all these kills.
			w.place(t, reinstated(told(t, uri, 1, 10, article.Usable), 5), counted(t, 6*64, 1<<30), 5*64+1)
		}
		want, text := "usable Secret 1", "Secret 1"
		if rapid.Bool().Draw(t, "killed again") {
			all = append(all, told(t, uri, 0, 40, article.Canceled))
			want, text = "canceled ", ""
		}
		done := make(chan error, 2)
		for i := range 2 {
			order := rapid.Permutation(append(slices.Clip(all), rapid.SliceOfN(rapid.SampledFrom(all), 0, 4).Draw(t, "again")...)).Draw(t, fmt.Sprint("order of ", i))
			go func() {
				for _, a := range order {
					if err := w.sink.Write(w.Context(), []article.Article{a}); err != nil {
						done <- err
						return
					}
				}
				done <- nil
			}()
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if got := w.stands(uri); got != want {
			t.Fatalf("head is %q, want %q", got, want)
		}
		// A purge that was under way may take the text out of the entry that the
		// other sink wrote meanwhile: the head has it still.
		if got := w.texts(uri); got != text && got != "" {
			t.Fatalf("texts are %q, want %q", got, text)
		}
	})
}

// place writes a head with that external version and ruling, as if the sink had
// counted up to there.
func (w *world) place(t interface{ Fatal(args ...any) }, a article.Article, version, ruling int64) {
	doc, err := corpus.RuledDocument(&a, time.Now(), version, ruling)
	if err != nil {
		t.Fatal(err)
	}
	w.call("PUT", fmt.Sprintf("/%s/_doc/%s?version=%d&version_type=external", w.ns.Articles(), corpus.ID(a.URI), version), json.RawMessage(doc))
}

// counted is where the head of a reinstated article is after so many more.
func counted(t interface{ Fatal(args ...any) }, ruling, heads int64) int64 {
	v, err := corpus.NextVersion(0, ruling)
	if err != nil {
		t.Fatal(err)
	}
	return v + heads
}

// After a ruling an article may get any number of heads: what decides is the same
// wherever its external version is, below, among and above those of kills that
// come later, and of a second ruling.
func TestAnyNumberOfHeadsAfterARuling(t *testing.T) {
	w := newWorld(t)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		uri := article.URI(fmt.Sprintf("urn:x:many:%d", n))
		v1 := told(t, uri, 1, 10, article.Usable)
		back := reinstated(v1, 20)
		stands, _ := article.Standing{}.Apply(&back)
		// As many as go into a tick of rulings are 1<<14; a second has 64.
		const second = 64 << 14
		heads := rapid.SampledFrom([]int64{0, 1<<13 - 3, 1 << 13, 1<<14 - 2, second, 9*second + 1<<13 - 2, 10*second - 2, 10 * second, 100 * second}).Draw(t, "heads")
		w.place(t, back, counted(t, back.RuledAt(), heads+rapid.Int64Range(0, 4).Draw(t, "more")), back.RuledAt())
		all := []article.Article{
			back, v1, told(t, uri, 2, 25, article.Usable), told(t, uri, 3, 35, article.Usable),
			told(t, uri, 0, 20, article.Canceled), told(t, uri, 0, 30, article.Canceled), told(t, uri, 0, 40, article.Canceled),
			reinstated(told(t, uri, 2, 25, article.Usable), 30),
		}
		for _, a := range rapid.SliceOfN(rapid.SampledFrom(all), 1, 6).Draw(t, "messages") {
			if err := w.sink.Write(w.Context(), []article.Article{a}); err != nil {
				t.Fatal(err)
			}
			stands, _ = stands.Apply(&a)
			want := fmt.Sprintf("%s Secret %d", stands.Status, stands.Revision.Parts().SourceVersion)
			if stands.Status == article.Canceled {
				want = "canceled "
			}
			if got := w.stands(uri); got != want {
				t.Fatalf("head is %q, want %q", got, want)
			}
		}
		if got := w.texts(uri); stands.Status == article.Canceled && got != "" {
			t.Fatalf("texts of a killed article are left: %q", got)
		}
	})
}

// TestOneThatCannotBeDecided: an article whose head has no version left is refused
// for good, and what is decided beside it is not.
func TestOneThatCannotBeDecided(t *testing.T) {
	w := newWorld(t)
	full, other := article.URI("urn:x:full"), article.URI("urn:x:other")
	at := time.Now().Unix()
	v1 := told(t, full, 1, at, article.Usable)
	hold := withheld(told(t, full, 1, at+1, article.Withheld))
	w.place(t, v1, math.MaxInt64, 0)
	if err := w.sink.Write(t.Context(), []article.Article{told(t, other, 1, at, article.Usable)}); err != nil {
		t.Fatal(err)
	}
	err := w.sink.Write(t.Context(), []article.Article{hold, withheld(told(t, other, 1, at+1, article.Withheld))})
	partial, ok := errors.AsType[*stage.PartialError](err)
	if !ok || len(partial.Errs) != 1 || !stage.IsPermanent(partial.Errs[0]) {
		t.Errorf("got %v", err)
	}
	if got := w.stands(other); !strings.HasPrefix(got, string(article.Withheld)) {
		t.Errorf("the other one stands as %q", got)
	}
}
