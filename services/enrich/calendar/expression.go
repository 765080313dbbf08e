package calendar

import (
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// form is how an expression tells its time.
type form uint8

const (
	asFixed       form = iota + 1 // a date in full
	asDay                         // day and month, with or without year
	asNth                         // the last Sunday in March
	asMonth                       // n is the month
	asWeekday                     // n is the day of the week
	asDayOfMonth                  // day is its number; the month isn't told
	asSeason                      //
	asQuarter                     //
	asHalf                        //
	asYear                        //
	asDecade                      // n is its first year
	asCentury                     //
	asUnit                        // last week: n units from the anchor's
	asWeekend                     //
	asMonths                      // the first n months of a year
	asDistance                    // three weeks ago: n units, told by units
	asOpen                        // the coming months
	asFollowing                   // the Monday after (shift > 0) what was named, before it or in it
	asOffset                      // two days after what was named
	asBeside                      // the unit, month or season (inner) n after what was named, or that one
	asSame                        // the same months of another year as what was named
	asPartOfMonth                 // the first week of May
	asDayOfWeek                   // Monday of last week
	asFeast                       //
)

// expression is one date or period as it is told; its words are [i, j).
type expression struct {
	form form
	i, j int

	n          int // see form
	day, day2  int // day2: the end of a range in one month
	weekday    int // beside a day and month; 0 if none stands there
	year       int // 0: none
	shift      int // of a noun; in years if yearShift
	shifted    bool
	named      bool // has a name: "the next day"
	weeks      int  // that a day is put off by: "Saturday week"
	yearShift  int  // "January last year"
	yearShifts bool
	hung       bool // yearShift counts from the year of what was named: "of that year"
	inner      form // see asBeside; its number is day
	orAnchor   bool // counts from the anchor where nothing is named: "Vormonat"
	part       Part
	unit       Unit
	feast      string
	fixed      Interval
	swaps      bool    // fixed may have day and month the other way round: "03/04/24"
	weekOf     bool    // the week that the day lies in: "the week of June 10"
	sure       float64 // 0 to 1
}

// dated tells whether it carries its year.
func (e *expression) dated() bool {
	return e.year != 0 || e.form == asFixed || e.form == asDecade || e.form == asCentury
}

// How sure an expression of some form is read.
const (
	sureFull     = 0.98 // a date with its year
	sureNamed    = 0.9  // a word that tells nothing but time
	surePartial  = 0.85 // the direction is told by a verb
	sureWord     = 0.75 // a word that may tell something else
	sureRelative = 0.6  // hangs on another date
)

// opens are the roles that a date may begin with.
const opens = partHyphen | month | monthShort | weekday | weekdayShort | season | ordinal | number | units | quarterNamed | quarterSign | part | shift |
	shiftPlural | day | period | agoBefore | ahead | nextDay | following | decade | decades | feast | named | unit | cardinalPart | span

// point reads the longest expression that begins with word i.
func (r *reader) point(i int) (best expression, ok bool) {
	c := r.all[i]
	digit := r.toks[i].Shape&lexicon.HasDigit != 0
	try := func(e expression, found bool) {
		if found && e.j > best.j {
			e.i = i
			best, ok = e, true
		}
	}
	if digit || c&number != 0 {
		if digit {
			try(r.numeric(i))
			try(r.decadeDigits(i))
			try(r.yearAlone(i))
			try(r.yearOfTwo(i))
		}
		try(r.distanceAfter(i))
	}
	if c&(weekday|weekdayShort) != 0 {
		try(r.numeric(i))
	}
	if digit || c&(month|monthShort|weekday|weekdayShort|ordinal) != 0 || r.Careless {
		try(r.dayMonth(i))
	}
	if digit || c&(ordinal|quarterNamed|quarterSign|unit) != 0 || r.romanAt(i) {
		try(r.ordinalPeriod(i))
	}
	if c&opens == 0 {
		return best, ok
	}
	if c&(month|monthShort) != 0 {
		try(r.monthAlone(i))
	}
	if c&weekday != 0 {
		try(r.weekdayAlone(i))
	}
	if c&season != 0 {
		try(r.seasonAlone(i))
	}
	if c&(shift|shiftPlural) != 0 {
		try(r.shifted(i))
	}
	if c&unit != 0 {
		try(r.unitAlone(i))
		try(r.numberedDay(i))
	}
	if c&units != 0 {
		try(r.unitsAhead(i))
	}
	if c&(part|partHyphen) != 0 {
		try(r.partOf(i))
	}
	if c&(day|period|feast|named|nextDay) != 0 {
		try(r.fixedPhrase(i))
	}
	if c&(decade|decades) != 0 {
		try(r.decadeWord(i))
	}
	if c&(agoBefore|ahead) != 0 {
		try(r.distanceBefore(i))
	}
	if c&(following|ordinal|shift) != 0 {
		try(r.weekdayOf(i))
	}
	if c&following != 0 {
		try(r.hanging(i))
	}
	if c&(unit|month|season) != 0 {
		try(r.besideAlone(i))
	}
	if c&span != 0 {
		try(r.spanNamed(i))
	}
	if c&cardinalPart != 0 || !r.monthFirst && !r.verbLast && (digit || c&number != 0) {
		try(r.firstMonths(i))
	}
	return best, ok
}
