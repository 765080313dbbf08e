package calendar

import (
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// numeric reads "2025-03-16", with or without a time, "3.4.2005", "31/12/2024",
// "3/31/25", and in German "3.4."
func (r *reader) numeric(i int) (e expression, ok bool) {
	if v, n := r.is(i, weekday|weekdayShort); n > 0 {
		// "Mo., 16.9."
		if !r.namesTime(i) || !r.joined(i+n, ",.") || r.toks[i+n].Shape&lexicon.Digits == 0 {
			return e, false
		}
		if e, ok = r.numeric(i + n); ok && e.form == asDay {
			e.weekday = v.n
		}
		return e, ok
	}
	if e, ok = r.iso(i); ok {
		return e, true
	}
	if i+1 >= len(r.toks) || r.digits(i) < 0 || r.length(i) > 2 || r.digits(i+1) < 0 || r.length(i+1) > 2 {
		return e, false
	}
	sep := r.gap(i + 1)
	if sep != "." && sep != "/" && sep != "-" && sep != ". " || r.glued(i) {
		return e, false
	}
	a, b := r.digits(i), r.digits(i+1)
	if i+2 >= len(r.toks) || r.digits(i+2) < 0 || r.gap(i+2) != sep && (sep[0] != '.' || r.gap(i+2) != ". " && r.gap(i+2) != ".") {
		return r.dottedDay(i, a, b, sep)
	}
	y := r.digits(i + 2)
	switch r.length(i + 2) {
	case 4:
		if y < minYear || y > maxYear {
			return e, false
		}
	case 2:
		if sep == "-" || r.gap(i+2) == ". " {
			return e, false
		}
		if y += 2000; y > 2059 {
			y -= 100
		}
	default:
		return e, false
	}
	rest := r.text[r.toks[i+2].End:r.end]
	if len(rest) > 1 && strings.IndexByte("./-:", rest[0]) >= 0 && rest[1] >= '0' && rest[1] <= '9' {
		return e, false
	}
	d, m := a, b
	if sep == "/" && r.usNumeric && r.monthFirstHere(a, b, r.length(i+2)) {
		d, m = b, a
	}
	if !valid(y, m, d) {
		return e, false
	}
	open := sep == "/" && r.usNumeric && r.us == 0 && valid(y, d, m) && d != m
	return expression{form: asFixed, fixed: oneDay(date(y, m, d)), swaps: open, j: i + 3, sure: sureFull}, true
}

// monthFirstHere tells whether a/b is month and day: where one of them can be
// no month, it says so for the whole text.
func (r *reader) monthFirstHere(a, b, yearLength int) bool {
	switch {
	case b > 12:
		r.us = 1
	case a > 12:
		r.us = -1
	case r.us == 0:
		return yearLength == 2
	}
	return r.us > 0
}

// swapped is the day that e, whose day and month may be the other way round, is by the day
// of the article: what is numbered and stamped is mostly new.
func (e *expression) swapped(anchor time.Time) Interval {
	const (
		recent = 14 * 24 * time.Hour
		older  = 45 * 24 * time.Hour
	)
	from := e.fixed.From
	other := oneDay(date(from.Year(), from.Day(), int(from.Month())))
	if !anchor.IsZero() && away(other, anchor) <= recent && away(e.fixed, anchor) > older {
		return other
	}
	return e.fixed
}

// glued tells whether word i hangs on something before it, as in "10.1.2.2025".
func (r *reader) glued(i int) bool {
	if i == 0 {
		return false
	}
	g := r.gap(i)
	return g == "" || len(g) == 1 && strings.IndexByte("./-:,_+#$€£", g[0]) >= 0
}

// dottedDay reads "3.4." in languages that write so.
func (r *reader) dottedDay(i, d, m int, sep string) (e expression, ok bool) {
	if sep[0] != '.' || !r.capitals || !r.bareYears || !valid(2000, m, d) || !strings.HasPrefix(r.text[r.toks[i+1].End:r.end], ".") {
		return e, false
	}
	if _, cue := r.before(i, in|at|since|until|weekday|weekdayShort|articleWord); !cue && !r.Careless {
		return e, false
	}
	return expression{form: asDay, n: m, day: d, j: i + 2, sure: surePartial}, true
}

func (r *reader) iso(i int) (e expression, ok bool) {
	if i+2 >= len(r.toks) || r.length(i) != 4 || r.digits(i) < 0 || r.gap(i+1) != "-" || r.gap(i+2) != "-" || r.glued(i) {
		return e, false
	}
	s := r.text[r.toks[i].Start:min(r.end, int(r.toks[i].Start)+len("2006-01-02T15:04:05+00:00"))]
	n := 0
	for n < len(s) && strings.IndexByte("0123456789TZ:+-.", s[n]) >= 0 {
		n++
	}
	s = strings.TrimRight(s[:n], ".:-+")
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		t, err := time.Parse(layout, s)
		if err != nil || t.Year() < minYear || t.Year() > maxYear {
			continue
		}
		j := i
		for j < len(r.toks) && int(r.toks[j].Start) < int(r.toks[i].Start)+len(s) {
			j++
		}
		iv := Interval{t.UTC(), t.UTC(), article.PrecisionTime}
		if layout == time.DateOnly {
			iv = oneDay(t)
		}
		return expression{form: asFixed, fixed: iv, j: j, sure: sureFull}, true
	}
	return e, false
}
