package article

import (
	"errors"
	"fmt"
	"time"
)

// Status is whether an article may be used. The newest revision's status
// governs all revisions of its URI. An embargo is not a status of its own: it
// is EmbargoUntil, and ends by itself.
type Status string

const (
	Usable   Status = "usable"
	Withheld Status = "withheld" // until further notice
	Canceled Status = "canceled" // killed: final, except by an audited reinstatement, see [Standing.Apply]
)

// ParseStatus reads a status by its name; "" is Usable, since most wires
// state none.
func ParseStatus(s string) (Status, error) {
	switch Status(s) {
	case "":
		return Usable, nil
	case Usable, Withheld, Canceled:
		return Status(s), nil
	}
	return "", fmt.Errorf("status %q is none of usable, withheld, canceled", s)
}

// Action is what an editor's notice does.
type Action string

// The actions.
const (
	Kill      Action = "kill"      // as an agency's kill
	Withhold  Action = "withhold"  // holds until a reinstatement, whatever the agency sends
	Reinstate Action = "reinstate" // lifts kills and withholds, and carries the article again
)

// Notice is what an editor says about an article. Agencies' notices have none:
// theirs is the article's status.
type Notice struct {
	Action Action
	Who    string
	Reason string
	// Lifts is the time of the newest kill or withhold that the editor saw, see
	// [Article.RuledAt]: a reinstatement lifts what was ruled up to then, and
	// nothing later. Zero for other actions.
	Lifts time.Time
}

// Limits of a notice, in bytes.
const (
	MaxWho    = 200
	MaxReason = 2000
)

// validate tells what is wrong with a notice on an article of that status.
func (n *Notice) validate(s Status) error {
	switch want, ok := map[Action]Status{Kill: Canceled, Withhold: Withheld, Reinstate: Usable}[n.Action]; {
	case !ok:
		return fmt.Errorf("notice: action %q is none of kill, withhold, reinstate", n.Action)
	case s != want:
		return fmt.Errorf("notice: status of a %s is %q, must be %q", n.Action, s, want)
	case n.Action == Reinstate && n.Lifts.IsZero():
		return errors.New("notice: a reinstatement says what it lifts")
	case len(n.Who) > MaxWho || len(n.Reason) > MaxReason:
		return fmt.Errorf("notice: who has %d bytes and reason %d, the limits are %d and %d", len(n.Who), len(n.Reason), MaxWho, MaxReason)
	}
	return nil
}

// is tells whether an editor's notice does that.
func (n *Notice) is(a Action) bool { return n != nil && n.Action == a }

// RulingTick is the unit of [Article.RuledAt]. It is short: what an agency rules
// just after a reinstatement must not seem to come before it.
const RulingTick = time.Second / 64

// RuledAt is the place of a kill, withhold or reinstatement in the order of
// what was ruled about the article, in ticks of [RulingTick] since 1970: when it
// arrived, whatever its date says, since a reinstatement lifts what was there to
// be seen; of a reinstatement, the tick after what it lifts.
func (a *Article) RuledAt() int64 {
	if a.Notice.is(Reinstate) {
		return ticks(a.Notice.Lifts) + 1
	}
	return max(ticks(a.ReceivedAt), 0)
}

func ticks(t time.Time) int64 {
	return t.Unix()*int64(time.Second/RulingTick) + int64(t.Nanosecond())/int64(RulingTick)
}

// RulingTime is the time of a place in the order of rulings.
func RulingTime(at int64) time.Time {
	each := int64(time.Second / RulingTick)
	return time.Unix(at/each, at%each*int64(RulingTick)).UTC()
}

// Bars tells that a is a hold or an embargo without a version of its own. Its
// revision sorts below every one that has a version, so it is not the revision
// that decides: it bars everything whose order time isn't later.
func (a *Article) Bars() bool { return bars(a.Revision, a.Status, a.EmbargoUntil) }

func bars(r Revision, s Status, embargo time.Time) bool {
	return r.Parts().SourceVersion == 0 && (s == Withheld || s == Usable && !embargo.IsZero())
}

// Standing is how an article stands after all that came of it: what governs
// all of its revisions. The zero value is an article of which nothing came.
type Standing struct {
	Revision     Revision  // that governs
	Status       Status    // its status
	EmbargoUntil time.Time // its embargo
	// Ruling is the place of the newest kill or reinstatement, see
	// [Article.RuledAt]; 0: there was none.
	Ruling int64
	// HeldAt is the place of an editor's withhold that no reinstatement lifted;
	// 0: there is none.
	HeldAt int64
}

// Visible tells whether the article may be shown at time now.
func (s Standing) Visible(now time.Time) bool {
	return s.Status == Usable && !s.EmbargoUntil.After(now)
}

// Bars tells that what governs bars, see [Article.Bars].
func (s Standing) Bars() bool { return bars(s.Revision, s.Status, s.EmbargoUntil) }

// Apply is how the article stands after a came, too, and whether a governs now.
//
//   - A kill holds, whatever its revision, against all but a reinstatement that
//     saw it.
//   - An editor's withhold holds likewise, but a kill goes before it.
//   - A hold without a version from before the newest reinstatement is over.
//   - Of the rest, the newest revision governs: its status and embargo are those
//     of all. Holds and embargoes without a version govern by their order time,
//     see [Article.Bars].
//
// What comes again changes nothing. Kills, reinstatements and the revisions of
// a provider whose versions and dates agree may come in any order; an editor's
// withhold takes its place in the order of arrival.
func (s Standing) Apply(a *Article) (_ Standing, governs bool) {
	at := a.RuledAt()
	switch {
	case a.Notice.is(Reinstate):
		if at <= s.Ruling || at <= s.HeldAt {
			return s, false
		}
		s = Standing{Ruling: at}
	case a.Status == Canceled:
		killed := s.Status == Canceled
		if at < s.Ruling || at == s.Ruling && killed && a.Revision <= s.Revision {
			return s, false
		}
		return Standing{Revision: a.Revision, Status: Canceled, EmbargoUntil: a.EmbargoUntil, Ruling: at}, true
	case s.Status == Canceled:
		return s, false
	case a.Notice.is(Withhold):
		if at < s.Ruling || at <= s.HeldAt {
			return s, false
		}
		s.HeldAt = at
	case s.HeldAt > 0, a.Bars() && at < s.Ruling, !s.givesWayTo(a):
		return s, false
	}
	s.Revision, s.Status, s.EmbargoUntil = a.Revision, a.Status, a.EmbargoUntil
	return s, true
}

// givesWayTo tells whether a is newer than what governs, if nothing was ruled.
func (s Standing) givesWayTo(a *Article) bool {
	is, was := a.Revision.Parts().OrderTime, s.Revision.Parts().OrderTime
	switch barring := s.Bars(); {
	case s.Revision == 0:
		return true
	case a.Revision.Source() == s.Revision.Source():
		return a.Revision > s.Revision
	case is != was && (barring || a.Bars()):
		return is > was
	case barring != a.Bars():
		return a.Bars()
	}
	return a.Revision > s.Revision
}
