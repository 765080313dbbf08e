package regenerate

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/generation"
)

// shelf is an index as far as it matters here: by source revision the result
// with the highest revision, the first of several with the same; nothing of a
// killed article.
type shelf struct {
	newest map[string]result
	killed map[article.URI]bool
}

type result struct {
	revision article.Revision
	text     string
}

func (s *shelf) put(a article.Article) {
	if a.Status == article.Canceled {
		s.killed[a.URI] = true
	}
	key := fmt.Sprint(a.URI, a.Revision.Source())
	if a.Revision > s.newest[key].revision {
		s.newest[key] = result{a.Revision, a.Text}
	}
}

// TestRestore: whatever was enriched in which generation, restored results are
// those that stood there before the later generations came, no kill is undone,
// and what came since stays.
func TestRestore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.IntRange(0, 3).Draw(t, "before")
		standing := map[int]bool{0: true, before: true}
		for g := 1; g < before; g++ {
			standing[g] = rapid.Bool().Draw(t, "stands")
		}
		const as = 6
		type record struct {
			a  article.Article
			at place
		}
		var log []record
		now := shelf{map[string]result{}, map[article.URI]bool{}}
		then := shelf{map[string]result{}, map[article.URI]bool{}}
		for i := range rapid.IntRange(1, 30).Draw(t, "n") {
			r, err := article.Parts{
				OrderTime:  int64(rapid.IntRange(1, 3).Draw(t, "source revision")),
				Generation: rapid.IntRange(0, 5).Draw(t, "generation"), Sequence: rapid.IntRange(0, 1).Draw(t, "sequence"),
			}.Revision()
			if err != nil {
				t.Fatal(err)
			}
			a := article.Article{URI: article.URI(fmt.Sprint("urn:x:", rapid.IntRange(1, 3).Draw(t, "uri"))), Revision: r, Text: fmt.Sprint("result ", i), Status: article.Usable}
			if rapid.IntRange(0, 15).Draw(t, "kill") == 0 {
				a.Status = article.Canceled
			}
			log = append(log, record{a, place{0, 0, int64(i)}})
			now.put(a)
			if standing[a.Revision.Parts().Generation] {
				then.put(a)
			}
		}
		x := newIndex(before, standing)
		for _, r := range log {
			x.add(&r.a, r.at)
		}
		was := maps.Clone(now.newest)
		sent := 0
		for _, r := range log {
			if !x.wanted(&r.a, r.at) {
				continue
			}
			sent++
			again := r.a
			if again.Status == article.Canceled || now.killed[again.URI] {
				t.Fatalf("sent %s, which was killed", again.URI)
			}
			var err error
			if again.Revision, err = generation.Stamp(again.Revision, as); err != nil {
				t.Fatal(err)
			}
			now.put(again)
		}
		for _, r := range log {
			if now.killed[r.a.URI] {
				continue
			}
			key := fmt.Sprint(r.a.URI, r.a.Revision.Source())
			want, ok := then.newest[key]
			if !ok {
				want = was[key] // it came since
			}
			if got := now.newest[key]; got.text != want.text {
				t.Fatalf("%s: got %+v, want %+v", key, got, want)
			}
		}
		if got := x.result(); int(got.Killed) != len(now.killed) {
			t.Fatalf("%+v, %d were killed", got, len(now.killed))
		}
	})
}
