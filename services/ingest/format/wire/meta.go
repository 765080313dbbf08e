// Package wire holds what the formats of news agencies have in common,
// whatever they are written in: how ids, statuses, dates and codes are read,
// and how a story is laid out as one text.
package wire

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/habit"
)

// declaredConfidence is what an agency's word about its language is worth.
const declaredConfidence = 0.9

// URI puts an id into the provider's namespace, also one that is a URI by
// itself: anybody can write another's, and a kill under it would hide the
// other's article. All ways in by which one provider sends share it. What is in
// that namespace already, as what this system gave out, is the URI itself.
func URI(h document.Hint, id string) article.URI {
	if u := article.URI(id); u.In(h.Namespace()) {
		return u
	}
	return article.ScopedURI(h.Namespace(), document.ShortID(id))
}

// Relations of an item to another that it goes on from. The second is also
// that of an item to its own earlier version.
const (
	evolvedFrom     = "evolvedfrom"
	previousVersion = "previousversion"
)

// Evolved tells whether the code or word of a relation between items says that one
// goes on from the other.
func Evolved(rel string) bool {
	code := Code(rel)
	return code == evolvedFrom || code == previousVersion
}

// EvolvedFrom notes which articles a goes on from, by the ids that their publisher
// gave them: their URIs are made as a's own, which must be known. Its own id among
// them says nothing.
func EvolvedFrom(a *article.Article, h document.Hint, ids ...string) {
	for _, id := range ids {
		if id = strings.TrimSpace(id); id == "" {
			continue
		}
		if u := URI(h, id); u != a.URI && !slices.Contains(a.EvolvedFrom, u) {
			a.EvolvedFrom = append(a.EvolvedFrom, u)
		}
		if len(a.EvolvedFrom) > article.MaxEvolvedFrom {
			return // more than can be kept, which is flagged where all limits are
		}
	}
}

// statuses are the standards' three, and what else is sent for them.
var statuses = map[string]article.Status{
	"": article.Usable, "usable": article.Usable,
	"withheld": article.Withheld, "withhold": article.Withheld, "hold": article.Withheld,
	"canceled": article.Canceled, "cancelled": article.Canceled, "killed": article.Canceled, "kill": article.Canceled,
}

// Status reads a status: the word, its QCode or its address in IPTC's
// vocabulary, in capitals or not. ok is false if it is none that is known: a
// kill in other words must not pass for an article.
func Status(word string) (s article.Status, ok bool) {
	s, ok = statuses[Code(word)]
	return s, ok
}

// embargoSignal says no more than the date of an embargo does, if there is one.
const embargoSignal = "embargoed"

// signals are G2's that hide an item, besides the words of a status.
var signals = map[string]article.Status{
	"holdforrelease": article.Withheld, embargoSignal: article.Withheld, "retract": article.Canceled, "withdraw": article.Canceled, "withdrawn": article.Canceled,
}

// Signal is the status that the code or word of a signal gives an item; Usable if
// it is another. ends says that the item's embargo has an end: that of an embargo
// then says no more.
func Signal(word string, ends bool) article.Status {
	if s, ok := Status(word); ok {
		return s
	}
	code := Code(word)
	if code == embargoSignal && ends {
		return article.Usable
	}
	return Stricter(article.Usable, signals[code])
}

// Code is the last part of a QCode or of a concept's address, in lower case.
func Code(word string) string {
	word = strings.ToLower(strings.TrimSpace(word))
	return word[strings.LastIndexAny(word, ":/#")+1:]
}

// Stricter is the one of two statuses that hides more.
func Stricter(a, b article.Status) article.Status {
	if a == article.Canceled || b == article.Canceled {
		return article.Canceled
	}
	if a == article.Withheld || b == article.Withheld {
		return article.Withheld
	}
	return article.Usable
}

// layouts are those of the standards (RFC 3339, ISO 8601's basic form) and of
// what else is sent.
var layouts = []struct {
	form string
	zone bool
}{
	{time.RFC3339Nano, true},
	{"2006-01-02T15:04:05.999999999-0700", true},
	{"2006-01-02T15:04Z07:00", true},
	{"2006-01-02 15:04:05.999999999Z07:00", true},
	{"2006-01-02T15:04:05.999999999", false},
	{"2006-01-02T15:04", false},
	{"2006-01-02", false},
	{"2006-01-02Z07:00", false},
	{"20060102T150405.999999999Z0700", true},
	{"20060102T150405.999999999Z07:00", true},
	{"20060102T1504Z0700", true},
	{"20060102150405Z0700", true},
	{"20060102T150405.999999999", false},
	{"20060102T1504", false},
	{"20060102", false},
	{"20060102Z0700", false},
}

// Moment reads a date; zero if it can't be read. zone tells whether it states
// a time and its zone; without a zone it is taken for UTC, and a day for its
// first moment.
func Moment(s string) (t time.Time, zone bool) {
	for _, l := range layouts {
		if t, err := time.Parse(l.form, s); err == nil {
			return t.UTC(), l.zone
		}
	}
	return time.Time{}, false
}

// days are the layouts of dates without a time.
var days = []string{"2006-01-02", "2006-01-02Z07:00", "20060102", "20060102Z0700"}

// Day tells whether a date is that of a whole day.
func Day(s string) bool {
	return slices.ContainsFunc(days, func(form string) bool {
		_, err := time.Parse(form, strings.TrimSpace(s))
		return err == nil
	})
}

// Date is the first of the dates that is stated; what can't be read is
// flagged.
func Date(a *article.Article, stated ...string) time.Time {
	for _, v := range stated {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		if t, _ := Moment(v); !t.IsZero() {
			return t
		}
		a.Flag(article.FlagDateUnreadable)
	}
	return time.Time{}
}

// RightsEnd is when the last of the rights to an item ends, by the ends that are
// stated of each; zero: one of them doesn't end, or none is stated. What can't be
// read is flagged, and counts as no end.
func RightsEnd(a *article.Article, ends ...string) (last time.Time) {
	for _, stated := range ends {
		end := Date(a, stated)
		if end.IsZero() {
			return time.Time{}
		}
		if end.After(last) {
			last = end
		}
	}
	return last
}

// unlimited are what stands for all of the world or of the uses.
var unlimited = []string{"", "all", "any", "none", "unlimited", "unrestricted", "world", "worldwide"}

// Partial tells whether rights are limited to a part of the world or of the uses,
// by what is stated of either. The dates of such are not those of the item.
func Partial(limits ...string) bool {
	return slices.ContainsFunc(limits, func(l string) bool {
		return !slices.Contains(unlimited, strings.ToLower(strings.TrimSpace(l)))
	})
}

// Start is when rights begin. The zero value: they have begun.
type Start struct {
	// At is when they begin; zero if that isn't known.
	At time.Time
	// Unresolved says that At is no more than the latest that is known of it.
	Unresolved bool
	// Earliest is then the earliest that is known of it; zero if nothing is.
	Earliest time.Time
}

// Begun tells whether it is sure that the rights had begun at that time.
func (s Start) Begun(at time.Time) bool {
	if s.At.IsZero() {
		return !s.Unresolved
	}
	return !s.At.After(at)
}

// And is when the later of two has begun.
func (s Start) And(o Start) Start {
	both := Start{Later(s.At, o.At), s.Unresolved || o.Unresolved, Later(s.earliest(), o.earliest())}
	if s.never() || o.never() {
		both.At = time.Time{}
	}
	return both.settled()
}

// Or is when the first of two has begun.
func (s Start) Or(o Start) Start {
	if s == (Start{}) || o == (Start{}) {
		return Start{}
	}
	either := Start{At: Earlier(s.At, o.At), Unresolved: s.Unresolved || o.Unresolved}
	if a, b := s.earliest(), o.earliest(); !a.IsZero() && !b.IsZero() {
		either.Earliest = Earlier(a, b)
	}
	return either.settled()
}

// never tells that nothing is known of the latest time.
func (s Start) never() bool { return s.Unresolved && s.At.IsZero() }

func (s Start) earliest() time.Time {
	if s.Unresolved {
		return s.Earliest
	}
	return s.At
}

// settled is s, resolved if the latest time is the earliest, too.
func (s Start) settled() Start {
	if !s.Unresolved || !s.At.IsZero() && s.At.Equal(s.Earliest) {
		return Start{At: s.At}
	}
	return s
}

// StartOf is what a stated start says; flagged if it can't be read.
func StartOf(a *article.Article, stated string) Start {
	stated = strings.TrimSpace(stated)
	t, zone := Moment(stated)
	switch {
	case stated == "":
		return Start{}
	case t.IsZero():
		a.Flag(article.FlagDateUnreadable)
		return Start{Unresolved: true}
	case !zone && !Day(stated):
		return Start{t.Add(farthest), true, t.Add(-nearest)}
	}
	return Start{At: t}
}

// How long before UTC a day begins in the first of all zones, and how long after it
// in the last.
const nearest, farthest = 14 * time.Hour, 12 * time.Hour

// RightsStart is when the first of the rights to an item begins, by the starts
// that are stated of each. What can't be read is flagged; when it is, and where a
// time has no zone, can't be told.
func RightsStart(a *article.Article, starts ...string) (first Start) {
	for i, stated := range starts {
		if start := StartOf(a, stated); i == 0 {
			first = start
		} else {
			first = first.Or(start)
		}
	}
	return first
}

// NotBefore puts an article under embargo until the rights to it begin, unless
// they had begun when it arrived. Of two embargoes the later counts. If it can't
// be told when they begin, the article is withheld: an embargo never ends early. A
// canceled one stays as it is: under embargo nothing would tell of the kill.
func NotBefore(a *article.Article, h document.Hint, start Start) {
	if a.Status == article.Canceled {
		return
	}
	switch {
	case start.Begun(h.ReceivedAt):
	case start.Unresolved:
		a.Flag(article.FlagEmbargoUnresolved)
		a.Status = Stricter(a.Status, article.Withheld)
	default:
		a.EmbargoUntil = Later(a.EmbargoUntil, start.At)
	}
}

// Later is the later of two moments.
func Later(t, u time.Time) time.Time {
	if u.After(t) {
		return u
	}
	return t
}

// Corrects tells whether a code or a word of a signal or instruction says that
// the item corrects an earlier one, in the words of any agency.
func Corrects(word string) bool {
	return Code(word) == "rectify" || habit.Agency{}.Read([]habit.Line{{Text: Code(word), Field: true}}).Correction
}

// Earlier is the earlier of two moments, of which the zero one is none.
func Earlier(t, u time.Time) time.Time {
	if t.IsZero() || !u.IsZero() && u.Before(t) {
		return u
	}
	return t
}

// Urgency reads 1 to 9; 0 is not stated. ok is false if it is none of them.
func Urgency(s string) (n int, ok bool) {
	if s == "" {
		return 0, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 1 || f > 9 || f != float64(int(f)) {
		return 0, false
	}
	return int(f), true
}

// Language is the first tag that names a language, as signer read it.
func Language(signer string, version int, tags ...string) article.Label {
	for _, tag := range tags {
		if l, err := language.Parse(strings.ReplaceAll(strings.TrimSpace(tag), "_", "-")); err == nil && l != language.Und {
			return article.Label{Value: l.String(), Evidence: []article.Evidence{{Enricher: signer, Version: version, Confidence: declaredConfidence}}}
		}
	}
	return article.Label{}
}

// newsCodes are IPTC's vocabularies by the ends of their addresses, with the
// prefix by which their codes are known.
var newsCodes = []struct{ address, prefix string }{
	{"cv.iptc.org/newscodes/mediatopic/", "medtop:"},
	{"cv.iptc.org/newscodes/subjectcode/", "subj:"},
	{"cv.iptc.org/newscodes/genre/", "genre:"},
}

// NewsCode is an address of IPTC's vocabularies as the code that is known; any
// other id as it stands.
func NewsCode(id string) string {
	for _, v := range newsCodes {
		if _, code, ok := strings.Cut(id, v.address); ok && code != "" {
			return v.prefix + code
		}
	}
	return id
}

// Subjects adds subjects, each once.
func Subjects(a *article.Article, add ...article.Subject) {
	seen := make(map[article.Subject]bool, len(a.Subjects))
	for _, s := range a.Subjects {
		seen[s] = true
	}
	for _, s := range add {
		s.Code, s.Name = Clean(s.Code), Clean(s.Name)
		if s != (article.Subject{}) && !seen[s] {
			seen[s] = true
			a.Subjects = append(a.Subjects, s)
		}
	}
}
