package operate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/topic"
)

// ranks is the order of steps of one revision that have the same time.
var ranks = []string{stepNotice, stepReceived, stepEnriched, stepDead, stepVersion, stepHead, stepReleased, stepCurrent, stepStatus}

func order(steps []step) {
	slices.SortStableFunc(steps, func(a, b step) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(slices.Index(ranks, a.Step), slices.Index(ranks, b.Step)))
	})
}

// after sets how long each step took since the step before it on the way of the
// same revision. The ways to the index and to the public part after enrichment.
// The head's time is its version's, that of a status is when the row was written:
// they are no steps of their own.
func after(steps []step) {
	type way struct {
		revision int64 // without generation
		public   bool
	}
	last := map[way]time.Time{}
	for i := range steps {
		s := &steps[i]
		if s.Step == stepHead || s.Step == stepStatus {
			continue
		}
		on := way{s.Revision.Source(), s.Step == stepReleased || s.Step == stepCurrent || s.Topic == topic.ReleaseDead}
		before, ok := last[on]
		if !ok && on.public {
			before, ok = last[way{on.revision, false}]
		}
		if ok && s.After == nil && s.Revision != 0 {
			ms := float64(s.Time.Sub(before)) / float64(time.Millisecond)
			s.After = &ms
		}
		if s.Step != stepVersion {
			last[on] = s.Time
		}
	}
}

// seen is what a trace had before it.
type seen struct {
	index bool      // it could be asked
	since time.Time // what is older was left out of the log; zero: nothing was
	now   time.Time
}

// way is how far a revision came: the last step of each kind.
type way struct {
	revision                                               article.Revision
	notice, received, enriched, dead, ahead, version, head *step
	released, current, refused                             *step // by release
}

func (w *way) take(s *step) {
	switch s.Step {
	case stepNotice:
		w.notice = s
	case stepReceived:
		w.received = s
	case stepEnriched:
		w.enriched = s
	case stepVersion:
		w.version = s
	case stepHead:
		w.head = s
	case stepReleased:
		w.released = s
	case stepCurrent:
		w.current = s
	case stepDead:
		switch s.Topic {
		case topic.ReleaseDead:
			w.refused = s
		case topic.Notices + topic.DeadSuffix:
			w.ahead = s
		default:
			w.dead = s
		}
	}
}

// ways are those of all revisions, in the order in which they were first seen.
// What is broken and names no revision has none.
func ways(steps []step) (all []*way) {
	known := map[int64]*way{}
	for i := range steps {
		s := &steps[i]
		if s.Revision == 0 || s.Step == stepStatus {
			continue
		}
		w, ok := known[s.Revision.Source()]
		if !ok {
			w = &way{revision: s.Revision}
			known[s.Revision.Source()] = w
			all = append(all, w)
		}
		w.take(s)
	}
	return all
}

// verdicts says of each revision where it got to.
func verdicts(steps []step, saw seen) (vs []verdict) {
	var head *step
	p := publicOf(steps, saw)
	for i := range steps {
		if steps[i].Step == stepHead {
			head = &steps[i]
		}
	}
	for _, w := range ways(steps) {
		v := verdict{Step: "verdict", Revision: w.revision}
		v.Reached, v.Says = w.indexed(head, saw)
		p.judge(w, &v)
		vs = append(vs, v)
	}
	return vs
}

// indexed is how far it came on the way to the index.
func (w *way) indexed(head *step, saw seen) (reached, says string) {
	switch {
	case w.head != nil:
		return stepHead, headSays(w.head, saw.now)
	case w.version != nil && head != nil && head.Revision > w.revision:
		return stepVersion, "is indexed as an older version; a newer one is the head"
	case w.version != nil:
		return stepVersion, "is among the versions, but not the head: look at copytaster lag index"
	case w.dead != nil && (w.enriched == nil || w.dead.Time.After(w.enriched.Time)):
		return stepDead, "was refused by " + w.dead.Stage + ": " + showDead(w.dead)
	case w.enriched != nil && !saw.index:
		return stepEnriched, "is enriched; the index could not be asked"
	case w.enriched != nil:
		return stepEnriched, "is enriched and not in the index: it waits (copytaster lag index), or the index was made anew"
	case w.received != nil:
		return stepReceived, "is received and not enriched: it waits (copytaster lag enrich)"
	case w.ahead != nil:
		return stepDead, "was refused by " + w.ahead.Stage + ": " + showDead(w.ahead)
	case w.notice != nil:
		return stepNotice, "is among the notices and not received: ingest was interrupted, and its sender sends it again"
	case w.refused != nil:
		return stepDead, "is known by its dead letter alone: " + showDead(w.refused)
	}
	return stepReleased, "is known by the public topics alone: the log before them is gone, or was left out"
}

func headSays(s *step, now time.Time) string {
	const hides = "is the head of the index, which search hides: "
	switch {
	case s.Status == article.Withheld:
		return hides + "withheld"
	case s.Status == article.Usable && s.Embargo.After(now):
		return hides + "embargo until " + words(s.Embargo)
	case s.Status == article.Usable && !s.Expires.IsZero() && !s.Expires.After(now):
		return hides + "expired " + words(s.Expires)
	}
	return "is what search finds, " + string(s.Status)
}

func showDead(s *step) string {
	return "copytaster dead show " + bus.Place{Topic: s.Topic, Partition: *s.Partition, Offset: *s.Offset}.String()
}

// Fates of a revision in the public topics.
const (
	fateOut        = "out"
	fateWasOut     = "was_out"
	fateHeld       = "held" // under an embargo
	fateWithheld   = "withheld"
	fateExpired    = "expired"
	fateKilled     = "killed"
	fateRefused    = "refused" // by release, as a dead letter
	fateSuperseded = "superseded"
	fateWaits      = "waits" // for release
)

// public is what release did about an article.
type public struct {
	seen

	row    *step // of [topic.Status], if it has one
	last   *step // what the public topics said last
	stands article.Standing
	// By revision without generation: when the public topics began to say what
	// they said of it last, and what they said next of another.
	began map[int64]time.Time
	next  map[int64]*step
}

func publicOf(steps []step, saw seen) *public {
	p := &public{seen: saw, began: map[int64]time.Time{}, next: map[int64]*step{}}
	for i := range steps {
		switch s := &steps[i]; s.Step {
		case stepReleased, stepCurrent:
			if s.article != nil {
				p.say(s)
			}
		case stepStatus:
			if s.row != nil {
				p.row = s
			}
		}
	}
	switch {
	case p.row != nil:
		p.stands = p.row.row.Standing()
	case p.last != nil:
		p.stands = article.Standing{Terms: article.Terms{Revision: p.last.Revision, Status: p.last.Status}, Ruling: p.last.ruling}
	}
	return p
}

// say takes the next message of the public topics.
func (p *public) say(s *step) {
	r := s.Revision.Source()
	another := p.last == nil || p.last.Revision.Source() != r
	if another || p.last.Status != s.Status {
		p.began[r] = s.Time
	}
	if another && p.last != nil {
		p.next[p.last.Revision.Source()] = s
	}
	p.last = s
}

// judge sets what release did about a revision.
func (p *public) judge(w *way, v *verdict) {
	governs := p.row != nil && p.stands.Revision.Source() == w.revision.Source()
	decided := time.Time{}
	for _, s := range []*step{w.released, w.current} {
		if s != nil && s.Time.After(decided) {
			decided = s.Time
		}
	}
	if governs && p.row.Time.After(decided) {
		decided = p.row.Time
	}
	switch {
	case w.refused != nil && w.refused.Time.After(decided):
		v.Public, v.Since = fateRefused, w.refused.Time
		v.PublicSays = fmt.Sprintf("refused by release: %s; %s", cutText(w.refused.Error), showDead(w.refused))
	case w.public() != nil:
		p.went(w, governs, v)
	case governs:
		p.held(w, v)
		if p.owes() {
			v.PublicSays += fmt.Sprintf("; revision %s is out still, its notice is missing: copytaster lag release", p.last.Revision)
		}
	default:
		p.absent(w, v)
	}
}

// owes tells that an article is out that may not be, as release's own owes does.
func (p *public) owes() bool {
	return p.row != nil && p.last != nil && p.last.Status == article.Usable && !p.stands.Visible(p.now)
}

// unless is what else may be so, if a part of the log was left out.
func (p *public) unless() string {
	if p.since.IsZero() {
		return ""
	}
	return "; or it was done before " + words(p.since) + ", which --since left out"
}

// public is what the public topics said of the revision last; nil: nothing that
// can be read.
func (w *way) public() *step {
	s := w.released
	if s == nil || w.current != nil && w.current.Time.After(s.Time) && w.current.Status != s.Status {
		s = w.current
	}
	if s == nil || s.article == nil {
		return nil
	}
	return s
}

// by is the editor who ruled it and why; "" if it was none.
func (w *way) by() string {
	for _, s := range []*step{w.notice, w.received, w.enriched} {
		if s != nil && s.Who != "" {
			return fmt.Sprintf(" by %s (%s)", cutText(s.Who), cutText(s.Reason))
		}
	}
	return ""
}

// went is said of a revision of which the public topics know.
func (p *public) went(w *way, governs bool, v *verdict) {
	s, r := w.public(), w.revision.Source()
	began := p.began[r]
	switch s.Status {
	case article.Canceled:
		v.Public, v.PublicSays = fateKilled, "killed"+w.by()+", notice sent at "+words(began)
		p.lifted(r, v)
	case article.Withheld:
		v.Public, v.PublicSays = fateWithheld, "withheld"+w.by()
		if governs {
			p.held(w, v)
		}
		v.PublicSays += ", notice sent at " + words(began)
		if !governs {
			p.lifted(r, v)
		}
	case article.Usable:
		v.Public, v.PublicSays = fateOut, "out since "+words(began)
		switch {
		case p.last.Revision.Source() != r:
			next := p.next[r]
			v.Public, v.Until = fateWasOut, next.Time
			v.PublicSays = fmt.Sprintf("was out from %s to %s, when revision %s followed, %s", words(began), words(next.Time), next.Revision, next.Status)
		case p.owes():
			v.PublicSays += "; it may not be any longer, its notice is missing: copytaster lag release"
		case w.current == nil || w.current.Status != s.Status:
			v.PublicSays += "; not in " + topic.Current + " yet: release was interrupted between the two, and ends it when it starts"
		}
	}
	v.Since = began
}

// lifted adds to what is said of a kill or a hold when another revision followed
// it in public.
func (p *public) lifted(revision int64, v *verdict) {
	if p.last.Revision.Source() == revision {
		return
	}
	next := p.next[revision]
	v.Until = next.Time
	v.PublicSays += fmt.Sprintf(", until revision %s followed at %s", next.Revision, words(next.Time))
}

// held is said of the revision that governs, if it isn't out.
func (p *public) held(w *way, v *verdict) {
	switch s := p.stands; {
	case s.Status == article.Canceled:
		v.Public = fateKilled
		v.Since, v.PublicSays = p.told("killed" + w.by())
	case s.Status == article.Withheld:
		v.Public, v.PublicSays = fateWithheld, "withheld"+w.by()
	case s.EmbargoUntil.After(p.now):
		v.Public, v.Until, v.PublicSays = fateHeld, s.EmbargoUntil, "held until "+words(s.EmbargoUntil)
	case s.Expired(p.now):
		v.Public, v.Until, v.PublicSays = fateExpired, s.ExpiresAt, "expired at "+words(s.ExpiresAt)
	case !s.EmbargoUntil.IsZero():
		v.Public, v.Until = fateWaits, s.EmbargoUntil
		v.PublicSays = "was held until " + words(s.EmbargoUntil) + " and is to go out: copytaster lag release, /readyz of release" + p.unless()
	default:
		v.Public, v.PublicSays = fateWaits, "is to go out: copytaster lag release, /readyz of release"+p.unless()
	}
}

// told is said of a kill that has no notice of its own: release writes none where
// that of an earlier kill stands. since is when that one was sent.
func (p *public) told(killed string) (since time.Time, says string) {
	if p.last == nil || p.last.Status != article.Canceled {
		return since, killed + "; no notice was sent" + p.unless()
	}
	since = p.began[p.last.Revision.Source()]
	return since, fmt.Sprintf("%s; the notice of revision %s stands, sent at %s", killed, p.last.Revision, words(since))
}

// absent is said of a revision of which release left no trace.
func (p *public) absent(w *way, v *verdict) {
	s := w.enriched
	if s == nil || s.article == nil {
		s = w.notice
	}
	if s == nil || s.article == nil {
		return // release doesn't have it yet
	}
	if p.stands.Revision != 0 {
		if _, governs := p.stands.Apply(s.article); !governs {
			v.Public, v.PublicSays = fateSuperseded, fmt.Sprintf("does not go out: revision %s governs, %s", p.stands.Revision, p.stands.Status)
			return
		}
	}
	v.Public, v.PublicSays = fateWaits, "not decided yet: copytaster lag release"+p.unless()
}
