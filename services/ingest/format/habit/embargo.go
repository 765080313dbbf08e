package habit

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// zones are the abbreviations that mean one thing in the news of the agencies
// that use them, in seconds east of UTC. "IST" and "CST" of China are left
// out: what is not sure holds the article back.
var zones = map[string]int{
	"gmt": 0, "utc": 0, "z": 0, "ut": 0, "tu": 0, "wet": 0,
	"cet": 3600, "mez": 3600, "cest": 7200, "mesz": 7200, "bst": 3600, "eet": 7200, "eest": 10800, "msk": 10800,
	"edt": -4 * 3600, "est": -5 * 3600, "cdt": -5 * 3600, "mdt": -6 * 3600, "mst": -7 * 3600, "pdt": -7 * 3600, "pst": -8 * 3600,
	"aest": 10 * 3600, "aedt": 11 * 3600, "awst": 8 * 3600, "nzst": 12 * 3600, "nzdt": 13 * 3600, "jst": 9 * 3600, "hkt": 8 * 3600,
}

// months by their first letters, in the agencies' languages.
var months = []struct {
	begins []string
	month  time.Month
}{
	{[]string{"jan", "jän", "ene", "gen"}, time.January},
	{[]string{"feb", "fév"}, time.February},
	{[]string{"mar", "mär", "maer", "mrz"}, time.March},
	{[]string{"apr", "avr", "abr"}, time.April},
	{[]string{"may", "mai", "maj", "mag"}, time.May},
	{[]string{"juin", "jun", "giu"}, time.June},
	{[]string{"juil", "jul", "lug"}, time.July},
	{[]string{"aug", "aoû", "ago"}, time.August},
	{[]string{"sep", "set"}, time.September},
	{[]string{"oct", "okt", "ott"}, time.October},
	{[]string{"nov"}, time.November},
	{[]string{"dec", "dez", "déc", "des", "dic"}, time.December},
}

// MonthOf is the month that a word names, or 0.
func MonthOf(word string) time.Month {
	word = strings.TrimRight(strings.ToLower(word), ".")
	if len(word) < 3 || len(word) > 12 {
		return 0
	}
	for _, m := range months {
		for _, b := range m.begins {
			if strings.HasPrefix(word, b) && !slices.Contains(fillers, word) {
				return m.month
			}
		}
	}
	return 0
}

// fillers may stand in a date and say nothing that is needed.
var fillers = []string{
	"at", "on", "the", "of", "until", "till", "to", "in", "before", "for", "from", "and", "hours", "hrs", "hr", "local", "time", "o'clock", "use", "release", "publication",
	"bis", "um", "am", "den", "dem", "der", "zum", "uhr", "ab", "frei", "für", "vor", "kl", "klokken", "klockan", "den", "til", "till", "indtil",
	"le", "à", "a", "au", "jusqu'au", "jusqu'à", "heures", "heure", "h", "hasta", "el", "las", "los", "la", "de", "del", "horas", "fino", "al", "alle", "ore", "dalle", "il", "det",
	"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mon", "tue", "tues", "wed", "thu", "thurs", "fri", "sat", "sun",
	"montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonnabend", "sonntag",
	"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo",
	"lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica", "mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag",
	"måndag", "tisdag", "lördag", "söndag",
}

// clock is a time of day at the beginning of a token: 18:00, 18.00, 18h00,
// 0001, 6 p.m. and 12:01 a.m. come as one or two tokens.
var (
	clockForm  = regexp.MustCompile(`^(\d{1,2})(?:[:.h](\d{2}))?(?::\d{2})?(am|pm|h|z|gmt|utc)?$`)
	fourDigits = regexp.MustCompile(`^(\d{2})(\d{2})(z|gmt|utc|h)?$`)
	dotted     = regexp.MustCompile(`^(\d{1,2})\.(\d{1,2})\.(\d{4})$`)
	halfDotted = regexp.MustCompile(`^(\d{1,2})\.(\d{1,2})\.(\d{2})?$`)
	isoDay     = regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})$`)
	slashed    = regexp.MustCompile(`^\d{1,4}/\d{1,2}/\d{1,4}$`)
	offset     = regexp.MustCompile(`^(?:gmt|utc)?([+-])(\d{2}):?(\d{2})$`)
	ordinal    = regexp.MustCompile(`^(\d{1,2})(?:st|nd|rd|th|\.|º|er)?$`)
)

// Zone is the zone that an abbreviation means; false if it means none or several.
func Zone(name string) (*time.Location, bool) {
	n, ok := zones[strings.ToLower(name)]
	if !ok {
		return nil, false
	}
	if n == 0 {
		return time.UTC, true
	}
	return time.FixedZone(name, n), true
}

// moment is what was read of a date.
type moment struct {
	year, day, hour, minute int
	month                   time.Month
	clocks, dates, zones    int
	loc                     *time.Location
	foreign                 int // tokens that belong to no date
	tokens                  int
}

// like tells whether all of it is said about a date.
func (m *moment) like() bool { return m.foreign == 0 && m.clocks+m.dates+m.day > 0 }

// until is the time, if a full date with time and zone was read, each once. A
// zone that isn't stated is home, if that is known.
func (m *moment) until(home *time.Location) (time.Time, bool) {
	loc := m.loc
	if loc == nil {
		loc = home
	}
	if loc == nil || m.zones > 1 || m.clocks != 1 || m.dates != 1 || m.year == 0 || m.month == 0 || m.day == 0 {
		return time.Time{}, false
	}
	hour, days := m.hour, 0
	if hour == 24 && m.minute == 0 {
		hour, days = 0, 1
	}
	if hour > 23 || m.minute > 59 {
		return time.Time{}, false
	}
	t := time.Date(m.year, m.month, m.day, hour, m.minute, 0, 0, loc)
	if t.Day() != m.day || t.Month() != m.month || t.Hour() != hour {
		return time.Time{}, false // the 31st of June, or an hour that a clock change swallowed
	}
	// An hour that a clock change repeats is the later one.
	if later := t.Add(time.Hour); m.loc == nil && later.Hour() == t.Hour() && later.Minute() == t.Minute() {
		t = later
	}
	return t.AddDate(0, 0, days).UTC(), true
}

// readMoment reads the tokens of a date in whatever order they come.
func readMoment(s string) moment {
	s = strings.ToLower(s)
	s = strings.NewReplacer("a.m.", "am", "p.m.", "pm", "a.m", "am", "p.m", "pm", "’", "'", "noon", "12:00", "midday", "12:00").Replace(s)
	var m moment
	if t, err := time.Parse(time.RFC3339, strings.ToUpper(strings.Trim(s, " .!()[]*"))); err == nil {
		m.year, m.month, m.day = t.Date()
		m.hour, m.minute = t.Hour(), t.Minute()
		m.loc, m.clocks, m.dates, m.zones, m.tokens = t.Location(), 1, 1, 1, 1
		return m
	}
	fields := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;()[]*!=\"", r) })
	var numbers []string // that may be a day or a year
	for i := 0; i < len(fields); i++ {
		f := strings.Trim(fields[i], "-–:")
		next := ""
		if i+1 < len(fields) {
			next = strings.Trim(fields[i+1], "-–.:")
		}
		if f == "" || f == "." {
			continue
		}
		m.tokens++
		if m.token(f, next, &numbers) {
			i++
		}
	}
	m.number(numbers)
	return m
}

// token reads one; both tells whether the next one was part of it.
func (m *moment) token(f, next string, numbers *[]string) (both bool) {
	if g := isoDay.FindStringSubmatch(f); g != nil {
		m.date(g[1], g[2], g[3])
		return false
	}
	if g := dotted.FindStringSubmatch(f); g != nil {
		m.date(g[3], g[2], g[1])
		return false
	}
	if slashed.MatchString(f) || halfDotted.MatchString(f) {
		m.day, m.dates = -1, m.dates+1 // the day's or the month's place, or the year, can't be told
		return false
	}
	if g := offset.FindStringSubmatch(f); g != nil {
		h, _ := strconv.Atoi(g[2])
		n, _ := strconv.Atoi(g[3])
		n = h*3600 + n*60
		if g[1] == "-" {
			n = -n
		}
		m.zone(n)
		return false
	}
	bare := strings.TrimRight(f, ".")
	if n, ok := zones[bare]; ok {
		m.zone(n)
		return false
	}
	if g := fourDigits.FindStringSubmatch(bare); g != nil {
		if g[3] != "" || slices.Contains([]string{"hours", "hrs", "hr", "uhr"}, next) || isZone(next) {
			m.clock(g[1], g[2], "")
			m.suffix(g[3])
			return false
		}
		*numbers = append(*numbers, bare)
		return false
	}
	if g := clockForm.FindStringSubmatch(bare); g != nil {
		half := next
		if half != "am" && half != "pm" {
			half = ""
		}
		switch {
		case g[2] != "" || g[3] != "":
			if g[3] == "am" || g[3] == "pm" {
				half = g[3]
			}
			m.clock(g[1], g[2], half)
			m.suffix(g[3])
			return half == next && half != ""
		case half != "" || next == "uhr" || next == "heures" || next == "horas":
			m.clock(g[1], "0", half)
			return true
		}
	}
	if g := ordinal.FindStringSubmatch(f); g != nil {
		*numbers = append(*numbers, g[1])
		return false
	}
	if mo := MonthOf(f); mo != 0 {
		if m.month != 0 {
			m.dates++
		}
		m.month = mo
		return false
	}
	if !slices.Contains(fillers, bare) {
		m.foreign++
	}
	return false
}

func isZone(s string) bool {
	_, ok := zones[s]
	return ok || offset.MatchString(s)
}

func (m *moment) suffix(s string) {
	if n, ok := zones[s]; ok {
		m.zone(n)
	}
}

func (m *moment) zone(seconds int) {
	m.zones++
	m.loc = time.FixedZone("", seconds)
}

func (m *moment) clock(hour, minute, half string) {
	m.clocks++
	m.hour, _ = strconv.Atoi(hour)
	m.minute, _ = strconv.Atoi("0" + minute)
	switch {
	case half == "":
	case m.hour < 1 || m.hour > 12:
		m.hour = 99
	case half == "pm" && m.hour < 12:
		m.hour += 12
	case half == "am" && m.hour == 12:
		m.hour = 0
	}
}

func (m *moment) date(year, month, day string) {
	m.dates++
	m.year, _ = strconv.Atoi(year)
	n, _ := strconv.Atoi(month)
	m.day, _ = strconv.Atoi(day)
	if m.month = time.Month(n); n > 12 || n < 1 {
		m.month = 0
	}
}

// number gives day and year their places: the year has four digits.
func (m *moment) number(numbers []string) {
	for _, s := range numbers {
		n, _ := strconv.Atoi(s)
		switch {
		case len(s) == 4 && m.year == 0 && n >= 1900 && n < 2200:
			m.year = n
		case len(s) == 4 && m.clocks == 0:
			m.clock(s[:2], s[2:], "")
		case len(s) <= 2 && m.day == 0:
			m.day = n
		default:
			m.foreign++
			m.dates += 2 // two days or two years: neither can be believed
		}
	}
	if m.month != 0 && m.day > 0 && m.dates == 0 {
		m.dates = 1
	}
}
