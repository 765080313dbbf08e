package article

import (
	"errors"
	"fmt"
	"slices"
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
func (a *Article) Bars() bool { return a.terms().Bars() }

// Terms are what one revision says of the article's use.
type Terms struct {
	Revision     Revision
	Status       Status
	EmbargoUntil time.Time // zero: none
	ExpiresAt    time.Time // zero: never
	At           int64     // its place among what was ruled, see [Article.RuledAt]
}

func (a *Article) terms() Terms {
	return Terms{a.Revision, a.Status, a.EmbargoUntil, a.ExpiresAt, a.RuledAt()}
}

// Visible tells whether they let the article be shown at time now.
func (t Terms) Visible(now time.Time) bool {
	return t.Status == Usable && !t.EmbargoUntil.After(now) && !t.Expired(now)
}

// Expired tells that the time is over in which the article may be shown.
func (t Terms) Expired(now time.Time) bool { return !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(now) }

// Bars tells that they bar, see [Article.Bars].
func (t Terms) Bars() bool {
	return t.Revision.Parts().SourceVersion == 0 && (t.Status == Withheld || t.Status == Usable && !t.EmbargoUntil.IsZero())
}

// binds tells that they forbid the use at that time, or at a later one.
func (t Terms) binds(at time.Time) bool {
	return t.Status == Withheld || t.EmbargoUntil.After(at) || !t.ExpiresAt.IsZero()
}

// equal tells whether they say the same, whenever they arrived.
func (t Terms) equal(u Terms) bool {
	return t.Revision == u.Revision && t.Status == u.Status && t.EmbargoUntil.Equal(u.EmbargoUntil) && t.ExpiresAt.Equal(u.ExpiresAt)
}

// giveWayTo tells whether u is newer, if nothing was ruled.
func (t Terms) giveWayTo(u Terms) bool {
	is, was := u.Revision.Parts().OrderTime, t.Revision.Parts().OrderTime
	switch barring := t.Bars(); {
	case t.Revision == 0:
		return true
	case u.Revision.Source() == t.Revision.Source():
		return u.Revision > t.Revision
	case is != was && (barring || u.Bars()):
		return is > was
	case barring != u.Bars():
		return u.Bars()
	}
	return u.Revision > t.Revision
}

// Standing is how an article stands after all that came of it: what governs
// all of its revisions. The zero value is an article of which nothing came.
type Standing struct {
	Terms // that govern

	// Ruling is the place of the newest kill or reinstatement, see
	// [Article.RuledAt]; 0: there was none.
	Ruling int64
	// HeldAt is the place of an editor's withhold that no reinstatement lifted,
	// also under a kill; 0: there is none.
	HeldAt int64
	// Kept is what the agency said last, while a kill or an editor's withhold
	// governs: a reinstatement that doesn't know of it gives way to it.
	Kept Terms
	// Text is the revision whose text goes by Terms, if they aren't its own: that
	// of a reinstatement which gave way. 0: their own.
	Text Revision
}

// Apply is how the article stands after a came, too, and whether a governs now.
//
//   - A kill holds, whatever its revision, against all but a reinstatement that
//     saw it.
//   - An editor's withhold holds likewise, but a kill goes before it.
//   - A hold without a version from before the newest reinstatement is over.
//   - A reinstatement brings its text back. Where the agency has said something
//     newer that it doesn't know of, which holds the article, puts it under an
//     embargo or lets it expire, that governs the text: see [Standing.Of].
//   - Of the rest, the newest revision governs: its status, embargo and expiry
//     are those of all. Holds and embargoes without a version govern by their
//     order time, see [Article.Bars].
//
// What comes again changes nothing. Kills, reinstatements and the revisions of
// a provider whose versions and dates agree may come in any order; an editor's
// withhold takes its place in the order of arrival.
func (s Standing) Apply(a *Article) (_ Standing, governs bool) {
	at := a.RuledAt()
	switch {
	case a.Notice.is(Reinstate):
		return s.reinstate(a, at)
	case a.Status == Canceled:
		killed := s.Status == Canceled
		if at < s.Ruling || at == s.Ruling && killed && a.Revision <= s.Revision {
			return s, false
		}
		s = s.covered()
		s.Terms, s.Ruling = a.terms(), at
		return s, true
	case a.Notice.is(Withhold):
		if at < s.Ruling || at <= s.HeldAt {
			return s, false
		}
		s = s.covered()
		s.HeldAt = at
		if s.Status == Canceled {
			return s, false
		}
	case a.Bars() && at < s.Ruling && s.Status != Canceled:
		return s, false
	case s.covers():
		if s.Kept.giveWayTo(a.terms()) {
			s.Kept = a.terms()
		}
		return s, false
	case !s.giveWayTo(a.terms()):
		return s, false
	}
	s.Terms, s.Text = a.terms(), 0
	return s, true
}

// covers tells that a kill or an editor's withhold governs.
func (s Standing) covers() bool { return s.Status == Canceled || s.HeldAt > 0 }

// covered is s as a kill or an editor's withhold that comes over it leaves it.
func (s Standing) covered() Standing {
	if !s.covers() {
		s.Kept = s.Terms
	}
	s.Text = 0
	return s
}

func (s Standing) reinstate(a *Article, at int64) (Standing, bool) {
	if at <= s.Ruling || at <= s.HeldAt && s.Status != Canceled {
		return s, false
	}
	if !s.covers() {
		s.Kept = s.Terms
	}
	next := Standing{Terms: a.terms(), Ruling: at}
	switch kept := s.Kept; {
	case at <= s.HeldAt: // the kill is lifted, the withhold was not known
		next.Status, next.HeldAt, next.Text = Withheld, s.HeldAt, a.Revision
		next.Kept = kept
	case kept.Revision == 0 || !kept.binds(a.ReceivedAt) || kept.Bars() && kept.At < at || !next.giveWayTo(kept):
	default:
		next.Terms, next.Text = kept, a.Revision
		next.Revision = kept.Revision.again()
	}
	return next, true
}

// Of is a, which governs, as the article stands by it: a itself, or, of a
// reinstatement that gave way, its text under the newer terms. Where those are an
// editor's withhold or bar, it arrived when they did.
func (s Standing) Of(a *Article) *Article {
	if s.Text == 0 || a.Revision != s.Text {
		return a
	}
	b := *a
	b.Revision, b.Status, b.EmbargoUntil, b.ExpiresAt = s.Revision, s.Status, s.EmbargoUntil, s.ExpiresAt
	switch {
	case s.HeldAt > 0:
		b.Flags = slices.Clone(a.Flags)
		b.Flag(FlagWithheldByEditor)
		b.ReceivedAt = RulingTime(s.HeldAt)
	case s.Bars(): // who sees b must know what it goes by, to tell what lifts it
		b.ReceivedAt = RulingTime(s.At)
	}
	return &b
}

// Is tells that a is what governs: it has come again.
func (s Standing) Is(a *Article) bool { return a.Revision == s.Text || s.Terms.equal(a.terms()) }
