package article_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
)

func second(n int64) time.Time { return time.Unix(n, 0).UTC() }

// told is an article of which only matters how it stands.
func told(t interface{ Fatal(args ...any) }, version int, at int64, s article.Status, embargo int64) article.Article {
	r, err := article.Parts{SourceVersion: version, OrderTime: at}.Revision()
	if err != nil {
		t.Fatal(err)
	}
	a := article.Article{URI: "urn:x:1", Revision: r, Status: s, ReceivedAt: second(at)}
	if embargo > 0 {
		a.EmbargoUntil = second(embargo)
	}
	return a
}

func ruled(a article.Article, n article.Notice) article.Article {
	a.Notice = &n
	return a
}

func standing(as ...article.Article) (s article.Standing) {
	for i := range as {
		s, _ = s.Apply(&as[i])
	}
	return s
}

func TestStanding(t *testing.T) {
	v := func(n int, at int64) article.Article { return told(t, n, at, article.Usable, 0) }
	kill := func(at int64) article.Article { return told(t, 0, at, article.Canceled, 0) }
	hold := func(at int64) article.Article { return told(t, 0, at, article.Withheld, 0) }
	withhold := func(at int64) article.Article { return ruled(hold(at), article.Notice{Action: article.Withhold}) }
	back := func(n int, at, lifts int64) article.Article {
		return ruled(v(n, at), article.Notice{Action: article.Reinstate, Lifts: second(lifts)})
	}
	for name, c := range map[string]struct {
		as     []article.Article
		status article.Status
		at     int64 // order time of what governs
		mixed  bool  // what has a version and what has none can not be told apart afterwards
	}{
		"newest":                               {[]article.Article{v(1, 10), v(3, 30), v(2, 20)}, article.Usable, 30, false},
		"newest is withheld":                   {[]article.Article{v(1, 10), told(t, 2, 20, article.Withheld, 0)}, article.Withheld, 20, false},
		"withheld and sent again":              {[]article.Article{told(t, 2, 20, article.Withheld, 0), v(3, 30)}, article.Usable, 30, false},
		"kill":                                 {[]article.Article{v(1, 10), kill(20), v(3, 30)}, article.Canceled, 20, false},
		"kill before its article":              {[]article.Article{kill(20), v(1, 10), v(9, 90)}, article.Canceled, 20, false},
		"kill that came late":                  {[]article.Article{v(9, 90), kill(20)}, article.Canceled, 20, false},
		"two kills":                            {[]article.Article{kill(30), kill(20)}, article.Canceled, 30, false},
		"reinstated":                           {[]article.Article{v(1, 10), kill(20), back(1, 10, 20)}, article.Usable, 10, false},
		"reinstated, and the same kill again":  {[]article.Article{kill(20), back(1, 10, 20), kill(20)}, article.Usable, 10, false},
		"reinstated before the kill came":      {[]article.Article{back(1, 10, 20), kill(20)}, article.Usable, 10, false},
		"a kill that the editor did not see":   {[]article.Article{kill(20), kill(40), back(1, 10, 20)}, article.Canceled, 40, false},
		"killed again":                         {[]article.Article{kill(20), back(1, 10, 20), kill(40)}, article.Canceled, 40, false},
		"killed again a second later":          {[]article.Article{kill(20), back(1, 10, 20), kill(21)}, article.Canceled, 21, false},
		"an update of what was reinstated":     {[]article.Article{kill(20), back(1, 10, 20), v(3, 30)}, article.Usable, 30, false},
		"an old one after the reinstatement":   {[]article.Article{kill(20), back(2, 15, 20), v(1, 10)}, article.Usable, 15, false},
		"hold without a version":               {[]article.Article{v(7, 10), hold(20)}, article.Withheld, 20, false},
		"hold without a version, first":        {[]article.Article{hold(20), v(7, 10)}, article.Withheld, 20, false},
		"hold of the same second":              {[]article.Article{v(7, 20), hold(20)}, article.Withheld, 20, false},
		"hold of the same second, first":       {[]article.Article{hold(20), v(7, 20)}, article.Withheld, 20, false},
		"hold lifted by what came later":       {[]article.Article{v(7, 10), hold(20), v(8, 30)}, article.Usable, 30, false},
		"hold lifted before it came":           {[]article.Article{v(8, 30), hold(20)}, article.Usable, 30, false},
		"hold lifted without a version":        {[]article.Article{v(7, 10), hold(20), v(0, 30)}, article.Usable, 30, true},
		"an old hold after the reinstatement":  {[]article.Article{v(1, 10), hold(15), kill(20), back(1, 10, 20), hold(15)}, article.Usable, 10, false},
		"embargo without a version":            {[]article.Article{v(7, 10), told(t, 0, 20, article.Usable, 99)}, article.Usable, 20, false},
		"an editor's withhold":                 {[]article.Article{v(1, 10), withhold(20), v(9, 90)}, article.Withheld, 20, false},
		"an editor's withhold, lifted":         {[]article.Article{v(1, 10), withhold(20), v(9, 90), back(9, 90, 20)}, article.Usable, 90, false},
		"a withhold after the reinstatement":   {[]article.Article{kill(20), back(1, 10, 20), withhold(30), back(1, 10, 20)}, article.Withheld, 30, false},
		"a withhold does not lift a kill":      {[]article.Article{kill(20), withhold(30), v(9, 90)}, article.Canceled, 20, false},
		"a kill of what is withheld":           {[]article.Article{withhold(30), kill(20)}, article.Canceled, 20, false},
		"a withhold under a lifted kill":       {[]article.Article{v(1, 10), kill(20), withhold(30), back(1, 10, 20)}, article.Withheld, 10, false},
		"a withhold before a lifted kill":      {[]article.Article{v(1, 10), withhold(30), kill(20), back(1, 10, 20)}, article.Withheld, 10, false},
		"both lifted":                          {[]article.Article{v(1, 10), kill(20), withhold(30), back(1, 10, 20), back(1, 11, 30)}, article.Usable, 11, false},
		"a hold under a kill, not seen":        {[]article.Article{v(1, 10), kill(20), told(t, 2, 30, article.Withheld, 0), back(1, 10, 20)}, article.Withheld, 30, false},
		"the same, under a withhold":           {[]article.Article{v(1, 10), withhold(20), told(t, 2, 30, article.Withheld, 0), back(1, 10, 20)}, article.Withheld, 30, false},
		"a hold before the kill, not seen":     {[]article.Article{v(1, 10), told(t, 2, 15, article.Withheld, 0), kill(20), back(1, 10, 20)}, article.Withheld, 15, false},
		"a hold that has no version, not seen": {[]article.Article{v(1, 10), kill(20), hold(30), back(1, 10, 20)}, article.Withheld, 30, false},
		"the same, seen":                       {[]article.Article{v(1, 10), kill(20), hold(30), back(1, 10, 30)}, article.Usable, 10, false},
		"a hold under a kill, given up again":  {[]article.Article{v(1, 10), kill(20), told(t, 2, 30, article.Withheld, 0), v(3, 40), back(1, 10, 20)}, article.Usable, 10, true},
		"a hold under a kill, then lifted":     {[]article.Article{v(1, 10), kill(20), told(t, 2, 30, article.Withheld, 0), back(1, 10, 20), v(3, 40)}, article.Usable, 40, false},
		"an old one after the hold":            {[]article.Article{v(1, 10), kill(20), told(t, 3, 30, article.Withheld, 0), back(1, 10, 20), v(2, 15)}, article.Withheld, 30, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := standing(c.as...)
			if at := s.Revision.Parts().OrderTime; s.Status != c.status || at != c.at {
				t.Errorf("%s by what was sent at %d, want %s by %d", s.Status, at, c.status, c.at)
			}
			for i := range c.as { // what comes again changes nothing
				if again, _ := s.Apply(&c.as[i]); again != s && !c.mixed {
					t.Errorf("again %d: %+v, was %+v", i, again, s)
				}
			}
		})
	}
	// The agency's first kill comes after an editor's withhold was lifted, and
	// has the date of what it kills.
	late, lateHold := kill(10), hold(10)
	late.ReceivedAt, lateHold.ReceivedAt = second(30), second(30)
	lifted := back(1, 10, 20)
	if s := standing(v(1, 10), withhold(20), lifted, late); s.Status != article.Canceled {
		t.Errorf("a kill with an old date is lost after a reinstatement: %+v", s)
	}
	if s := standing(v(1, 10), withhold(20), lifted, late, lifted, back(1, 10, 30), late); s.Status != article.Usable {
		t.Errorf("a kill with an old date is not lifted by who saw it: %+v", s)
	}
	if s := standing(v(1, 10), withhold(20), lifted, lateHold); s.Status != article.Withheld {
		t.Errorf("a hold with an old date is lost after a reinstatement: %+v", s)
	}
	wrongClock := kill(90)
	wrongClock.ReceivedAt = second(20)
	if at := article.RulingTime(wrongClock.RuledAt()); at != second(20) {
		t.Errorf("a kill from the future is ruled at %v", at)
	}
	// A moment after a reinstatement, a kill without a date counts.
	now := second(20).Add(300 * time.Millisecond)
	first, next := kill(20), kill(20)
	first.ReceivedAt, next.ReceivedAt = now, now.Add(50*time.Millisecond)
	lifted = ruled(v(1, 10), article.Notice{Action: article.Reinstate, Lifts: article.RulingTime(first.RuledAt())})
	if s := standing(first, lifted); s.Status != article.Usable {
		t.Errorf("not lifted: %+v", s)
	}
	if s := standing(first, lifted, next); s.Status != article.Canceled {
		t.Errorf("the kill after the reinstatement is lost: %+v", s)
	}
}

// The editor's text is under what the agency has said since.
func TestReinstatementGivesWay(t *testing.T) {
	kill, embargo := told(t, 0, 20, article.Canceled, 0), told(t, 3, 30, article.Usable, 99)
	expiring := told(t, 4, 40, article.Usable, 0)
	expiring.ExpiresAt = second(88)
	back := ruled(told(t, 2, 10, article.Usable, 0), article.Notice{Action: article.Reinstate, Lifts: second(20)})
	for _, c := range []struct {
		as              []article.Article
		visible, hidden int64
	}{
		{[]article.Article{kill, embargo, back}, 99, 98},
		{[]article.Article{kill, embargo, expiring, back}, 87, 88},
		{[]article.Article{kill, expiring, embargo, back}, 87, 88},
	} {
		s := standing(c.as...)
		if s.Visible(second(c.hidden)) || !s.Visible(second(c.visible)) {
			t.Errorf("stands as %+v", s)
		}
		a := s.Of(&back)
		if !s.Is(&back) || !s.Is(a) || a.Revision != s.Revision || a.Visible(second(c.hidden)) || !a.Visible(second(c.visible)) || back.Revision == a.Revision {
			t.Errorf("shown is %+v", a)
		}
		for i := range c.as {
			if again, governs := s.Apply(&c.as[i]); again != s || governs {
				t.Errorf("again %d: %+v", i, again)
			}
		}
	}
	withhold := ruled(told(t, 0, 30, article.Withheld, 0), article.Notice{Action: article.Withhold})
	s := standing(kill, withhold, back)
	if a := s.Of(&back); !a.ReceivedAt.Equal(article.RulingTime(s.HeldAt)) || a.Status != article.Withheld || len(back.Flags) > 0 || len(a.Flags) != 1 {
		t.Errorf("shown is %+v by %+v", a, s)
	}
	// What gave way to a hold or an embargo without a version has their place, by
	// which a later reinstatement lifts them.
	for _, bar := range []article.Article{told(t, 0, 30, article.Withheld, 0), told(t, 0, 30, article.Usable, 99)} {
		s := standing(kill, bar, back)
		if a := s.Of(&back); s.Text != back.Revision || !a.ReceivedAt.Equal(second(30)) {
			t.Errorf("shown is %+v by %+v", a, s)
		}
	}
	if a := standing(kill, told(t, 3, 30, article.Withheld, 0), back).Of(&back); !a.ReceivedAt.Equal(back.ReceivedAt) {
		t.Errorf("shown is %+v", a)
	}
	if a := standing(kill, back).Of(&back); a != &back {
		t.Errorf("changed to %+v", a)
	}
}

// A provider's revisions and kills, in any order and however often, end the
// same way, by what is said of all of them together.
func TestStandingDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []article.Article
		var kills []int64
		at, version := int64(10), 0
		for range rapid.IntRange(1, 8).Draw(t, "messages") {
			at += int64(rapid.IntRange(1, 3).Draw(t, "later"))
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0:
				all = append(all, told(t, 0, at, article.Withheld, 0))
			case 1:
				all = append(all, told(t, 0, at, article.Usable, at+100))
			case 2:
				all = append(all, told(t, rapid.IntRange(0, 9).Draw(t, "version of the kill"), at, article.Canceled, 0))
				kills = append(kills, at)
			case 3:
				version++
				all = append(all, told(t, version, at, article.Withheld, 0))
			default:
				version++
				all = append(all, told(t, version, at, article.Usable, 0))
			}
		}
		again := append(append([]article.Article{}, all...), rapid.SliceOf(rapid.SampledFrom(all)).Draw(t, "again")...)
		s := standing(rapid.Permutation(again).Draw(t, "order")...)
		if len(kills) > 0 {
			if s.Status != article.Canceled || article.RulingTime(s.Ruling) != second(kills[len(kills)-1]) {
				t.Fatalf("killed at %v, stands as %+v", kills, s)
			}
			return
		}
		last := all[len(all)-1]
		if s.Revision != last.Revision || s.Status != last.Status || !s.EmbargoUntil.Equal(last.EmbargoUntil) {
			t.Fatalf("stands as %+v, the last was %+v", s, last)
		}
	})
}

// Whatever comes, in whatever order: what is killed is let go by a
// reinstatement that saw the kill, and by nothing else.
func TestOnlyAReinstatementLiftsAKill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s article.Standing
		for range rapid.IntRange(1, 20).Draw(t, "messages") {
			at := rapid.Int64Range(1, 30).Draw(t, "at")
			a := told(t, rapid.IntRange(0, 3).Draw(t, "version"), at, article.Usable, rapid.Int64Range(0, 50).Draw(t, "embargo"))
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0:
				a.Status = article.Canceled
			case 1:
				a.Status = article.Withheld
			case 2:
				a.Status = article.Withheld
				a.Notice = &article.Notice{Action: article.Withhold}
			case 3:
				a.Notice = &article.Notice{Action: article.Reinstate, Lifts: second(rapid.Int64Range(0, 30).Draw(t, "lifts"))}
			}
			next, governs := s.Apply(&a)
			seen := next
			seen.Kept, seen.HeldAt = s.Kept, s.HeldAt // they count when the kill is lifted
			if !governs && seen != s || next.HeldAt < s.HeldAt && !(a.Notice != nil && a.Notice.Action == article.Reinstate && a.RuledAt() > s.HeldAt) {
				t.Fatalf("%+v changed %+v to %+v and does not govern", a, s, next)
			}
			if next.Ruling < s.Ruling {
				t.Fatalf("the ruling went back from %d to %d", s.Ruling, next.Ruling)
			}
			saw := a.Notice != nil && a.Notice.Action == article.Reinstate && !a.Notice.Lifts.Before(article.RulingTime(s.Ruling))
			if s.Status == article.Canceled && next.Status != article.Canceled && !saw {
				t.Fatalf("%+v lifted the kill of %d", a, s.Ruling)
			}
			if s.HeldAt > 0 && next.Status == article.Usable && a.RuledAt() <= s.HeldAt {
				t.Fatalf("%+v lifted the withhold of %d", a, s.HeldAt)
			}
			s = next
		}
	})
}

func TestNoticesAreValidated(t *testing.T) {
	for want, n := range map[string]article.Notice{
		"none of kill, withhold, reinstate": {Action: "forget"},
		`status of a kill is "usable"`:      {Action: article.Kill},
		"says what it lifts":                {Action: article.Reinstate},
		"the limits are 200 and 2000":       {Action: article.Reinstate, Lifts: second(5), Reason: strings.Repeat("x", article.MaxReason+1)},
	} {
		a := ruled(told(t, 1, 10, article.Usable, 0), n)
		a.Source, a.Text = "desk", "x"
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", n, err, want)
		}
	}
}
