package operate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

func TestVerdicts(t *testing.T) {
	const a, b = article.Revision(1 << 16), article.Revision(2 << 16)
	p, o := 0, int64(7)
	at := func(what string, second int, r article.Revision) step {
		s := step{Step: what, Time: time.Unix(int64(second), 0), Revision: r, Status: article.Usable}
		if what == stepDead {
			s.Topic, s.Partition, s.Offset, s.Stage = "x.dead", &p, &o, "enrich"
		}
		return s
	}
	dead := func(name string, second int, r article.Revision) step {
		s := at(stepDead, second, r)
		s.Topic = name
		return s
	}
	for _, c := range []struct {
		name   string
		steps  []step
		looked bool
		want   map[article.Revision]string
	}{
		{"nothing", nil, true, nil},
		{"received", []step{at(stepReceived, 1, a)}, true, map[article.Revision]string{a: stepReceived}},
		{"refused by enrich", []step{at(stepReceived, 1, a), at(stepDead, 2, a)}, true, map[article.Revision]string{a: stepDead}},
		{"refused, then redriven", []step{at(stepReceived, 1, a), at(stepDead, 2, a), at(stepEnriched, 3, a)}, true, map[article.Revision]string{a: stepEnriched}},
		{"refused by index", []step{at(stepReceived, 1, a), at(stepEnriched, 2, a), at(stepDead, 3, a)}, true, map[article.Revision]string{a: stepDead}},
		{"refused once, and indexed since", []step{at(stepEnriched, 2, a), at(stepDead, 3, a), at(stepVersion, 4, a), at(stepHead, 4, a)}, true, map[article.Revision]string{a: stepHead}},
		{"the index is away", []step{at(stepEnriched, 2, a)}, false, map[article.Revision]string{a: stepEnriched}},
		{"an older one", []step{at(stepVersion, 1, a), at(stepVersion, 2, b), at(stepHead, 2, b)}, true, map[article.Revision]string{a: stepVersion, b: stepHead}},
		{"enriched again", []step{at(stepEnriched, 1, a), at(stepEnriched, 2, a+1<<8), at(stepHead, 3, a+1<<8)}, true, map[article.Revision]string{a: stepHead}},
		{"a kill ahead, refused by index", []step{at(stepNotice, 1, a), dead("articles.notices.dead", 5, a), at(stepReceived, 3, a), at(stepEnriched, 4, a)}, true, map[article.Revision]string{a: stepEnriched}},
		{"a kill that was not received", []step{at(stepNotice, 1, a)}, true, map[article.Revision]string{a: stepNotice}},
		{"released by another's log", []step{at(stepReleased, 1, a)}, true, map[article.Revision]string{a: stepReleased}},
		{"broken", []step{{Step: stepReceived, Error: "no article"}}, true, nil},
	} {
		got := map[article.Revision]string{}
		for _, v := range verdicts(c.steps, seen{index: c.looked, now: time.Unix(100, 0)}) {
			got[v.Revision] = v.Reached
			if v.Says == "" || v.Step != "verdict" {
				t.Errorf("%s: %+v", c.name, v)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		for r, want := range c.want {
			if got[r] != want {
				t.Errorf("%s: revision %d reached %q, want %s", c.name, r, got[r], want)
			}
		}
	}
}

func TestStepsAreTimedWithinARevision(t *testing.T) {
	at := func(what string, ms int, r article.Revision) step {
		return step{Step: what, Time: time.UnixMilli(int64(ms)), Revision: r}
	}
	steps := []step{
		at(stepHead, 90, 1<<16), at(stepEnriched, 30, 1<<16), at(stepVersion, 90, 1<<16), at(stepReceived, 10, 1<<16), at(stepReceived, 20, 2<<16),
		at(stepReleased, 50, 1<<16), at(stepCurrent, 55, 1<<16), at(stepStatus, 56, 1<<16), at(stepNotice, 10, 2<<16),
	}
	order(steps)
	after(steps)
	want := []struct {
		step string
		ms   float64 // -1: none
	}{
		{stepNotice, -1},
		{stepReceived, -1},
		{stepReceived, 10},
		{stepEnriched, 20},
		{stepReleased, 20},
		{stepCurrent, 5},
		{stepStatus, -1},
		{stepVersion, 60},
		{stepHead, -1},
	}
	for i, w := range want {
		s := steps[i]
		if s.Step != w.step || (s.After == nil) != (w.ms < 0) || s.After != nil && *s.After != w.ms {
			t.Errorf("step %d is %s after %v, want %+v", i, s.Step, s.After, w)
		}
	}
}

// What release did about a revision, told from what it left behind.
func TestFates(t *testing.T) {
	const a, b, kill, again = article.Revision(1 << 16), article.Revision(2 << 16), article.Revision(3 << 16), article.Revision(4 << 16)
	clock := func(second int) time.Time { return time.Unix(int64(second), 0).UTC() }
	p, o := 0, int64(7)
	at := func(what string, second int, r article.Revision, status article.Status) step {
		return step{
			Step: what, Time: clock(second), Revision: r, Status: status, Topic: "x", Partition: &p, Offset: &o,
			article: &article.Article{URI: "urn:x", Revision: r, Status: status, ReceivedAt: clock(second)},
		}
	}
	enriched := func(second int, r article.Revision) step { return at(stepEnriched, second, r, article.Usable) }
	refused := func(second int, r article.Revision) step {
		s := at(stepDead, second, r, article.Usable)
		s.Topic, s.Stage, s.Error = topic.ReleaseDead, "release", "too large"
		return s
	}
	out := func(second int, r article.Revision, status article.Status) []step {
		return []step{at(stepReleased, second, r, status), at(stepCurrent, second, r, status)}
	}
	row := func(second int, a article.Article) step {
		stands, governs := article.Standing{}.Apply(&a)
		if !governs {
			t.Fatalf("%+v does not govern", a)
		}
		value := fmt.Sprintf(`{"status":%q,"revision":%d,"embargo_until":%q,"expires_at":%q,"ruling":%d}`,
			stands.Status, stands.Revision, stands.EmbargoUntil.Format(time.RFC3339), stands.ExpiresAt.Format(time.RFC3339), stands.Ruling)
		return *rowStep(&record{Topic: topic.Status, Time: clock(second), message: stage.Message{Value: []byte(value)}})
	}
	killed := article.Article{URI: "urn:x", Revision: kill, Status: article.Canceled, ReceivedAt: clock(50)}
	killedAgain := article.Article{URI: "urn:x", Revision: again, Status: article.Canceled, ReceivedAt: clock(60)}
	held := article.Article{URI: "urn:x", Revision: a, Status: article.Usable, EmbargoUntil: clock(1000), ReceivedAt: clock(1)}
	over := held
	over.EmbargoUntil = clock(90)
	expired := article.Article{URI: "urn:x", Revision: a, Status: article.Usable, ExpiresAt: clock(80), ReceivedAt: clock(1)}
	withheld := article.Article{URI: "urn:x", Revision: b, Status: article.Withheld, ReceivedAt: clock(1)}
	type fates map[article.Revision]string
	join := slices.Concat[[]step]
	for _, c := range []struct {
		name  string
		steps []step
		since time.Time
		want  fates
	}{
		{"received alone", []step{at(stepReceived, 1, a, article.Usable)}, time.Time{}, fates{a: ": "}},
		{"not decided", []step{enriched(1, a)}, time.Time{}, fates{a: "waits: not decided yet: copytaster lag release"}},
		{"not decided, or long ago", []step{enriched(1, a)}, clock(0), fates{a: "waits: not decided yet: copytaster lag release; or it was done before 1970-01-01T00:00:00Z, which --since left out"}},
		{"out", join([]step{enriched(1, a)}, out(2, a, article.Usable)), time.Time{}, fates{a: "out: out since 1970-01-01T00:00:02Z"}},
		{"enriched again and out again", join([]step{enriched(1, a)}, out(2, a, article.Usable), out(5, a+1<<8, article.Usable)), time.Time{}, fates{a: "out: out since 1970-01-01T00:00:02Z"}},
		{"in one topic alone", []step{enriched(1, a), at(stepReleased, 2, a, article.Usable)}, time.Time{}, fates{a: "out: out since 1970-01-01T00:00:02Z; not in articles.current yet: release was interrupted between the two, and ends it when it starts"}},
		{"the stream is over", []step{at(stepCurrent, 2, a, article.Usable)}, time.Time{}, fates{a: "out: out since 1970-01-01T00:00:02Z"}},
		{"followed", join([]step{enriched(1, a), enriched(3, b)}, out(2, a, article.Usable), out(4, b, article.Usable)), time.Time{}, fates{
			a: "was_out: was out from 1970-01-01T00:00:02Z to 1970-01-01T00:00:04Z, when revision 131072 followed, usable", b: "out: out since 1970-01-01T00:00:04Z",
		}},
		{"a late older one", join([]step{enriched(1, b), enriched(3, a)}, out(2, b, article.Usable)), time.Time{}, fates{
			b: "out: out since 1970-01-01T00:00:02Z", a: "superseded: does not go out: revision 131072 governs, usable",
		}},
		{"a newer one waits", join([]step{enriched(1, a), enriched(3, b)}, out(2, a, article.Usable)), time.Time{}, fates{
			a: "out: out since 1970-01-01T00:00:02Z", b: "waits: not decided yet: copytaster lag release",
		}},
		{"refused", []step{enriched(1, a), refused(2, a)}, time.Time{}, fates{a: "refused: refused by release: too large; copytaster dead show release.dead/0@7"}},
		{"refused, then redriven", join([]step{enriched(1, a), refused(2, a)}, out(3, a, article.Usable)), time.Time{}, fates{a: "out: out since 1970-01-01T00:00:03Z"}},
		{"refused, then redriven into an embargo", []step{enriched(1, a), refused(2, a), row(3, held)}, time.Time{}, fates{a: "held: held until 1970-01-01T00:16:40Z"}},
		{"under embargo", []step{enriched(1, a), row(2, held)}, time.Time{}, fates{a: "held: held until 1970-01-01T00:16:40Z"}},
		{"whose embargo is over", []step{enriched(1, a), row(2, over)}, time.Time{}, fates{a: "waits: was held until 1970-01-01T00:01:30Z and is to go out: copytaster lag release, /readyz of release"}},
		{"taken back into an embargo", join([]step{enriched(1, a), row(4, held)}, out(2, a, article.Usable), out(4, a, article.Withheld)), time.Time{}, fates{a: "held: held until 1970-01-01T00:16:40Z, notice sent at 1970-01-01T00:00:04Z"}},
		{"expired", join([]step{enriched(1, a), row(1, expired)}, out(2, a, article.Usable), out(80, a, article.Withheld)), time.Time{}, fates{a: "expired: expired at 1970-01-01T00:01:20Z, notice sent at 1970-01-01T00:01:20Z"}},
		{"expired, and the notice is missing", join([]step{enriched(1, a), row(1, expired)}, out(2, a, article.Usable)), time.Time{}, fates{a: "out: out since 1970-01-01T00:00:02Z; it may not be any longer, its notice is missing: copytaster lag release"}},
		{"withheld before it was out", []step{enriched(1, a), at(stepEnriched, 2, b, article.Withheld), row(2, withheld)}, time.Time{}, fates{
			a: "superseded: does not go out: revision 131072 governs, withheld", b: "withheld: withheld",
		}},
		{"killed", join([]step{enriched(1, a), at(stepNotice, 50, kill, article.Canceled), row(50, killed)}, out(2, a, article.Usable), out(51, kill, article.Canceled)), time.Time{}, fates{
			a: "was_out: was out from 1970-01-01T00:00:02Z to 1970-01-01T00:00:51Z, when revision 196608 followed, canceled", kill: "killed: killed, notice sent at 1970-01-01T00:00:51Z",
		}},
		{"killed, and what came since", join([]step{at(stepNotice, 50, kill, article.Canceled), row(50, killed), enriched(60, b)}), time.Time{}, fates{
			kill: "killed: killed; no notice was sent", b: "superseded: does not go out: revision 196608 governs, canceled",
		}},
		{"killed, and reinstated", join(out(2, a, article.Usable), out(51, kill, article.Canceled), out(70, a+1, article.Usable)), time.Time{}, fates{
			a: "out: out since 1970-01-01T00:01:10Z", kill: "killed: killed, notice sent at 1970-01-01T00:00:51Z, until revision 65537 followed at 1970-01-01T00:01:10Z",
		}},
		{"withheld, and reinstated", join(out(2, a, article.Usable), out(51, b, article.Withheld), out(70, a+1, article.Usable)), time.Time{}, fates{
			a: "out: out since 1970-01-01T00:01:10Z", b: "withheld: withheld, notice sent at 1970-01-01T00:00:51Z, until revision 65537 followed at 1970-01-01T00:01:10Z",
		}},
		{"killed again by another revision", join([]step{enriched(1, a), at(stepNotice, 50, kill, article.Canceled), at(stepNotice, 60, again, article.Canceled), row(60, killedAgain)}, out(2, a, article.Usable), out(51, kill, article.Canceled)), time.Time{}, fates{
			a:     "was_out: was out from 1970-01-01T00:00:02Z to 1970-01-01T00:00:51Z, when revision 196608 followed, canceled",
			kill:  "killed: killed, notice sent at 1970-01-01T00:00:51Z",
			again: "killed: killed; the notice of revision 196608 stands, sent at 1970-01-01T00:00:51Z",
		}},
		{"killed, and the notice is missing", join([]step{enriched(1, a), at(stepNotice, 50, kill, article.Canceled), row(50, killed)}, out(2, a, article.Usable)), time.Time{}, fates{
			a:    "out: out since 1970-01-01T00:00:02Z; it may not be any longer, its notice is missing: copytaster lag release",
			kill: "killed: killed; no notice was sent; revision 65536 is out still, its notice is missing: copytaster lag release",
		}},
	} {
		order(c.steps)
		got := fates{}
		for _, v := range verdicts(c.steps, seen{index: true, since: c.since, now: clock(100)}) {
			got[v.Revision] = v.Public + ": " + v.PublicSays
			if sent := "sent at "; strings.Contains(v.PublicSays, sent) && !strings.Contains(v.PublicSays, sent+words(v.Since)) {
				t.Errorf("%s: since %v, but %s", c.name, v.Since, v.PublicSays)
			}
			if strings.Contains(v.PublicSays, ", until revision ") && !strings.HasSuffix(v.PublicSays, " followed at "+words(v.Until)) {
				t.Errorf("%s: until %v, but %s", c.name, v.Until, v.PublicSays)
			}
		}
		if !maps.Equal(got, c.want) {
			t.Errorf("%s: %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestHeadsThatSearchHides(t *testing.T) {
	now := time.Unix(100, 0)
	for _, c := range []struct {
		s    step
		want string
	}{
		{step{Status: article.Usable, Embargo: now}, "is what search finds, usable"},
		{step{Status: article.Canceled, Embargo: now.Add(1)}, "is what search finds, canceled"},
		{step{Status: article.Usable, Embargo: now.Add(time.Second)}, "is the head of the index, which search hides: embargo until 1970-01-01T00:01:41Z"},
		{step{Status: article.Usable, Expires: now}, "is the head of the index, which search hides: expired 1970-01-01T00:01:40Z"},
		{step{Status: article.Withheld}, "is the head of the index, which search hides: withheld"},
	} {
		if got := headSays(&c.s, now); got != c.want {
			t.Errorf("%+v: %s, want %s", c.s, got, c.want)
		}
	}
}

// A topic that is added to the topology is traced, or named here.
func TestTraceKnowsTheTopology(t *testing.T) {
	known := append(traced(),
		topic.EmbargoPending,                // its rows are told by the statuses
		topic.Audit,                         // copytaster audit
		topic.Overrides,                     // copytaster override list
		topic.AccessKeys, topic.AccessAudit, // copytaster keys
		topic.Generations, topic.SourcesState, topic.IngestDead, topic.DeadHandled, // of no article, or not by its uri
	)
	for _, tp := range topic.All {
		if !slices.Contains(known, tp.Name) {
			t.Errorf("an article's messages in %s are not traced", tp.Name)
		}
		if _, ok := stepIn[tp.Name]; !ok && slices.Contains(traced(), tp.Name) && !tp.Dead() {
			t.Errorf("a message in %s is no step", tp.Name)
		}
	}
}
