package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// audited are the rows about an article: "<action> <where it had gone>", of
// revisions the versions.
func (w *world) audited(t *testing.T) []string {
	t.Helper()
	all := []string{}
	for i, m := range w.rulings {
		r := w.ruling(t, i)
		if string(m.Key) != string(r.URI) || r.Who != "wire" || r.At.IsZero() || (r.Action == RulingEmbargo) != (r.Until != nil) {
			t.Errorf("row %+v under key %s", r, m.Key)
		}
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s", r.Action, strings.Join(r.Gone, ", "))))
	}
	return all
}

func TestRulingsOfAgenciesAreAudited(t *testing.T) {
	usable := func(n int, at int64) article.Article { return told(t, "urn:x:1", n, at, article.Usable, 0) }
	until := func(n int, at, e int64) article.Article { return told(t, "urn:x:1", n, at, article.Usable, e) }
	kill := func(at int64) article.Article { return told(t, "urn:x:1", 0, at, article.Canceled, 0) }
	hold := func(n int, at int64) article.Article { return told(t, "urn:x:1", n, at, article.Withheld, 0) }
	editor := func(a article.Article, action article.Action, lifts int64) article.Article {
		a.Notice = &article.Notice{Action: action, Who: "ed", Lifts: second(lifts)}
		return a
	}
	both := func(n int, at int64) string {
		r := usable(n, at).Revision.String()
		return topic.Released + ": revision " + r + ", " + topic.Current + ": revision " + r
	}
	const earlier = topic.Released + ": an earlier revision, followed by the notice "
	for name, c := range map[string]struct {
		as   []article.Article
		want []string
	}{
		"kill":                     {[]article.Article{usable(1, 10), kill(20)}, []string{"canceled " + both(1, 10)}},
		"kill before its article":  {[]article.Article{kill(20), usable(1, 10)}, []string{"canceled"}},
		"kill of an editor":        {[]article.Article{usable(1, 10), editor(kill(20), article.Kill, 0)}, []string{}},
		"killed again":             {[]article.Article{usable(1, 10), kill(20), editor(usable(1, 11), article.Reinstate, 20), kill(30)}, []string{"canceled " + both(1, 10), "canceled " + both(1, 11)}},
		"hold, and what lifts it":  {[]article.Article{usable(1, 10), hold(2, 20), usable(3, 30), usable(4, 40)}, []string{"withheld " + both(1, 10), "lifted " + earlier + "withheld"}},
		"hold, and a kill":         {[]article.Article{usable(1, 10), hold(2, 20), kill(30)}, []string{"withheld " + both(1, 10), "canceled " + earlier + "withheld"}},
		"embargo, and an end":      {[]article.Article{until(1, 10, 1500), usable(2, 20)}, []string{"embargo", "lifted"}},
		"embargo that is over":     {[]article.Article{until(1, 10, 900), usable(2, 20)}, []string{}},
		"an older hold":            {[]article.Article{usable(2, 20), hold(1, 10)}, []string{}},
		"a hold under a kill":      {[]article.Article{usable(1, 10), kill(20), hold(2, 30)}, []string{"canceled " + both(1, 10)}},
		"a hold under an editor's": {[]article.Article{usable(1, 10), editor(hold(0, 20), article.Withhold, 0), hold(2, 30), usable(3, 40)}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.start(t)
			for range 2 { // and all of it again, by another process
				for _, a := range c.as {
					for range 2 {
						if err := w.r.Write(t.Context(), []article.Article{a}); err != nil {
							t.Fatal(err)
						}
					}
				}
				w.start(t)
			}
			if got := w.audited(t); !slices.Equal(got, c.want) {
				t.Errorf("the audit has\n%q, want\n%q", got, c.want)
			}
		})
	}
}

// Wherever the process is cut off, a ruling that was carried out is there, once,
// with where the text had gone before; after a restart its notice may be named
// with that.
func TestAuditSurvivesCuts(t *testing.T) {
	for _, restart := range []bool{false, true} {
		for cut := 1; cut < 8; cut++ {
			w := newWorld()
			w.start(t)
			for _, a := range []article.Article{
				told(t, "urn:x:1", 1, 10, article.Usable, 0), told(t, "urn:x:1", 2, 20, article.Withheld, 0),
				told(t, "urn:x:1", 3, 30, article.Usable, 0), told(t, "urn:x:1", 0, 40, article.Canceled, 0),
			} {
				w.failIn = cut
				for err := w.r.Write(t.Context(), []article.Article{a}); err != nil; err = w.r.Write(t.Context(), []article.Article{a}) {
					if !errors.Is(err, errCut) {
						t.Fatal(err)
					}
					if restart {
						w.start(t)
					}
				}
				w.failIn = 0
			}
			got := w.audited(t)
			ok := len(got) == 3
			for i, action := range []string{"withheld", "lifted", "canceled"} {
				gone := ""
				if ok {
					gone, ok = strings.CutPrefix(got[i], action+" "+topic.Released+": ")
				}
				ok = ok && (strings.HasPrefix(gone, "revision ") && action != "lifted" ||
					strings.HasPrefix(gone, "an earlier revision, followed by the notice ") && (action == "lifted" || restart))
			}
			if !ok {
				t.Errorf("cut at %d, restart %v: %q", cut, restart, got)
			}
		}
	}
}

// An audit that can't be written keeps no kill waiting, not even from an article
// whose embargo ends meanwhile: the row comes when it can, as it would have been.
func TestTheAuditKeepsNoKillWaiting(t *testing.T) {
	w := newWorld()
	w.start(t)
	for _, a := range []article.Article{told(t, "urn:x:1", 1, 10, article.Usable, 0), told(t, "urn:x:2", 1, 10, article.Usable, 2000)} {
		if err := w.r.Write(t.Context(), []article.Article{a}); err != nil {
			t.Fatal(err)
		}
	}
	away := errors.New("the audit is away")
	write := w.r.trail.out
	w.r.trail.out = func(context.Context, stage.Message) error { return away }
	kills := []article.Article{told(t, "urn:x:1", 0, 20, article.Canceled, 0), told(t, "urn:x:2", 0, 20, article.Canceled, 0)}
	for _, kill := range kills {
		if err := w.r.Write(t.Context(), []article.Article{kill}); !errors.Is(err, away) {
			t.Fatal(err)
		}
	}
	w.clock = second(3000)
	if err := w.tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if last := w.current[len(w.current)-1]; len(w.current) != 2 || string(last.Key) != "urn:x:1" || !strings.Contains(fmt.Sprintf("%s", last.Headers), string(article.Canceled)) {
		t.Errorf("the public topic has %d messages, the last is %s %s", len(w.current), last.Key, last.Headers)
	}
	w.r.trail.out = write
	for _, kill := range kills {
		if err := w.r.Write(t.Context(), []article.Article{kill}); err != nil {
			t.Fatal(err)
		}
	}
	got := w.audited(t)
	if len(got) != 3 || got[0] != "embargo" || !strings.HasPrefix(got[1], "canceled "+topic.Released+": revision ") || got[2] != "canceled" {
		t.Errorf("the audit has %q", got)
	}
}

// What can't be read in the audit is told, and what stands beside it is known.
func TestUnreadableAudit(t *testing.T) {
	w := newWorld()
	w.start(t)
	if err := w.r.Write(t.Context(), []article.Article{told(t, "urn:x:1", 0, 40, article.Canceled, 0)}); err != nil {
		t.Fatal(err)
	}
	w.rulings = append([]stage.Message{{Key: []byte("urn:x:0"), Value: []byte("kill")}}, w.rulings...)
	kept, unread, err := readTrail(t.Context(), w, w.rule)
	if err != nil || unread == nil || !strings.Contains(unread.Error(), topic.Audit+"/0@0") || len(kept.kept) != 1 {
		t.Errorf("%d rulings, %v, %v", len(kept.kept), unread, err)
	}
}
