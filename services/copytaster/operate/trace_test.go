package operate

import (
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
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
		{"broken", []step{{Step: stepReceived, Error: "no article"}}, true, nil},
	} {
		got := map[article.Revision]string{}
		for _, v := range verdicts(c.steps, c.looked) {
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
	steps := []step{at(stepHead, 90, 1<<16), at(stepEnriched, 30, 1<<16), at(stepVersion, 90, 1<<16), at(stepReceived, 10, 1<<16), at(stepReceived, 20, 2<<16)}
	order(steps)
	after(steps)
	want := []struct {
		step string
		ms   float64 // -1: none
	}{{stepReceived, -1}, {stepReceived, -1}, {stepEnriched, 20}, {stepVersion, 60}, {stepHead, -1}}
	for i, w := range want {
		s := steps[i]
		if s.Step != w.step || (s.After == nil) != (w.ms < 0) || s.After != nil && *s.After != w.ms {
			t.Errorf("step %d is %s after %v, want %+v", i, s.Step, s.After, w)
		}
	}
}
