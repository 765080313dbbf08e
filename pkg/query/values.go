package query

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/mediatopic"
)

// parseValue reads the value of a field that isn't of words.
func parseValue(t *term, at int) (err error) {
	s := strings.TrimSpace(t.text)
	if s == "" {
		return wrong(at, "there is nothing behind %s:, write it such as %s", t.field.Name, t.field.Example)
	}
	switch t.field.kind {
	case ofTag:
		t.value, err = parseTag(t.field, s, at)
	case ofTopic:
		t.value, err = parseTopic(s, at)
	case ofNumber:
		t.value, err = parseNumbers(t.field, s, at)
	case ofTime, ofPeriod:
		t.value, err = parseTimes(t.field, s, at)
	case ofMoney:
		t.value, err = parseMoney(t.field, s, at)
	case ofPoint:
		t.value, err = parsePoint(t.field, s, at)
	case ofYesOrNo:
		t.value, err = parseYesOrNo(t.field, s, at)
	default:
		t.value, err = parseCode(t.field, s, at)
	}
	return err
}

// code is one value that an article has or hasn't.
type code string

func parseCode(f *Field, s string, at int) (value, error) {
	c := f.form(s)
	switch {
	case f.among != nil && !slices.Contains(f.among, c):
		return nil, wrong(at, "%q is none of %s", clip(s), strings.Join(f.among, ", "))
	case c == "":
		return nil, wrong(at, "%q is not %s", clip(s), f.formed)
	}
	return code(c), nil
}

// tag is a language, with its regions and scripts.
type tag string

func parseTag(f *Field, s string, at int) (value, error) {
	if !isTag(s) {
		return nil, wrong(at, "%q is not a language such as %s", clip(s), f.Example)
	}
	return tag(strings.ReplaceAll(strings.ToLower(s), "_", "-")), nil
}

var isTag = regexp.MustCompile(`^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$`).MatchString

// yesOrNo tells whether what is asked is so.
type yesOrNo bool

func parseYesOrNo(f *Field, s string, at int) (value, error) {
	switch strings.ToLower(s) {
	case "yes", "true":
		return yesOrNo(true), nil
	case "no", "false":
		return yesOrNo(false), nil
	}
	return nil, wrong(at, "%q is neither yes nor no, as in %s", clip(s), f.Example)
}

// topics are qcodes, of which an article has one.
type topics []string

const medtop = "medtop:"

var isTopicNumber = regexp.MustCompile(`^[0-9]{8}$`).MatchString

func parseTopic(s string, at int) (value, error) {
	number := strings.TrimPrefix(strings.ToLower(s), medtop)
	if isTopicNumber(number) {
		return topics{medtop + number}, nil
	}
	found := topicsNamed(s)
	switch {
	case len(found) == 0:
		guess := ""
		if names := topicsNear(s); len(names) > 0 {
			guess = "; perhaps " + strings.Join(names, ", or ")
		}
		return nil, wrong(at, "no Media Topic is called %s%s", clip(s), guess)
	case len(found) > MaxTopics:
		return nil, wrong(at, "%s is in the names of %d Media Topics, at most %d can be meant: name one, such as %q", clip(s), len(found), MaxTopics, mediatopic.Label(found[0]))
	}
	return topics(found), nil
}

// span is what stands on both sides of what is asked: a value, or nothing, on each.
// An end may be left out.
type span struct {
	from, to             string
	fromAt, toAt         int  // where they stand in the value
	fromBeyond, toBefore bool // the end itself isn't meant
}

// cut reads 1..3, >=1, <3 or 2.
func parseSpan(f *Field, s string, at int) (span, error) {
	for _, c := range []struct {
		sign          string
		below, strict bool
	}{{">=", false, false}, {"≥", false, false}, {"<=", true, false}, {"≤", true, false}, {">", false, true}, {"<", true, true}} {
		rest, ok := strings.CutPrefix(s, c.sign)
		if !ok {
			continue
		}
		if rest == "" {
			return span{}, wrong(at, "there is nothing behind %s, write it such as %s", c.sign, f.Example)
		}
		n := len([]rune(c.sign))
		if c.below {
			return span{to: rest, toAt: n, toBefore: c.strict}, nil
		}
		return span{from: rest, fromAt: n, fromBeyond: c.strict}, nil
	}
	from, to, ok := strings.Cut(s, "..")
	switch {
	case !ok:
		return span{from: s, to: s}, nil
	case from == "" && to == "":
		return span{}, wrong(at, "a range has an end on one side of the .. at least, such as %s", f.Example)
	}
	return span{from: from, to: to, toAt: len([]rune(from)) + 2}, nil
}

// numbers are whole ones, both ends inclusive.
type numbers struct{ least, most int }

func parseNumbers(f *Field, s string, at int) (value, error) {
	sp, err := parseSpan(f, s, at)
	if err != nil {
		return nil, err
	}
	n := numbers{f.bounds[0], f.bounds[1]}
	read := func(s string, off int, into *int, step int) error {
		if s == "" {
			return nil
		}
		i, err := strconv.Atoi(s)
		if err != nil || i < f.bounds[0] || i > f.bounds[1] {
			return wrong(at+off, "%q is not a number from %d to %d", clip(s), f.bounds[0], f.bounds[1])
		}
		*into = i + step
		return nil
	}
	beyond, before := 0, 0
	if sp.fromBeyond {
		beyond = 1
	}
	if sp.toBefore {
		before = -1
	}
	if err := read(sp.from, sp.fromAt, &n.least, beyond); err != nil {
		return nil, err
	}
	if err := read(sp.to, sp.toAt, &n.most, before); err != nil {
		return nil, err
	}
	if sp.from != "" && sp.to != "" && n.least > n.most {
		return nil, wrong(at, "%s ends before it begins", clip(s))
	}
	return n, nil
}

// money is an amount, both ends inclusive, in a currency.
type money struct {
	least, most float64 // infinite: no end
	currency    string  // "": any
}

var moneyForm = regexp.MustCompile(`^(?:([A-Za-z]{3})(?::|$)|([A-Z]{3}))?(.*)$`)

func parseMoney(f *Field, s string, at int) (value, error) {
	parts := moneyForm.FindStringSubmatch(s)
	m := money{math.Inf(-1), math.Inf(1), strings.ToUpper(parts[1] + parts[2])}
	rest := parts[3]
	if rest == "" {
		return m, nil
	}
	at += len([]rune(s)) - len([]rune(rest))
	sp, err := parseSpan(f, rest, at)
	if err != nil {
		return nil, err
	}
	if sp.from != "" {
		if m.least, err = parseSum(f, sp.from, at+sp.fromAt); err != nil {
			return nil, err
		}
		if sp.fromBeyond {
			m.least = math.Nextafter(m.least, math.Inf(1))
		}
	}
	if sp.to != "" {
		if m.most, err = parseSum(f, sp.to, at+sp.toAt); err != nil {
			return nil, err
		}
		if sp.toBefore {
			m.most = math.Nextafter(m.most, math.Inf(-1))
		}
	}
	if m.least > m.most {
		return nil, wrong(at, "%s ends before it begins", clip(rest))
	}
	return m, nil
}

var sumForm = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)([a-z]*)$`)

// maxSum is the greatest amount that can be asked for, in whole units.
const maxSum = 1e300

// scales are what stands for many zeros.
var scales = map[string]float64{
	"": 1, "k": 1e3, "tsd": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "mio": 1e6, "million": 1e6,
	"b": 1e9, "bn": 1e9, "mrd": 1e9, "md": 1e9, "billion": 1e9, "tn": 1e12, "trn": 1e12, "trillion": 1e12,
}

func parseSum(f *Field, s string, at int) (float64, error) {
	parts := sumForm.FindStringSubmatch(strings.ToLower(s))
	if parts == nil {
		return 0, wrong(at, "%q is not an amount such as 5mln, 1.5bn or 250000, with the currency in front: %s", clip(s), f.Example)
	}
	scale, ok := scales[parts[2]]
	if !ok {
		return 0, wrong(at, "%q is none of the words for many zeros: k, mln, bn, tn", clip(parts[2]))
	}
	n, err := strconv.ParseFloat(parts[1], 64)
	if n *= scale; err != nil || n > maxSum {
		return 0, wrong(at, "%q is too great", clip(s))
	}
	// As it would be written out, so that 1.1mln is 1100000.
	if scale > 1 {
		n = math.Round(n*1e3) / 1e3
	}
	return n, nil
}

// point is a place on earth and how far around it is meant, in metres.
type point struct{ lat, lon, radius float64 }

var pointForm = regexp.MustCompile(`^([-+−]?[0-9]+(?:\.[0-9]+)?),([-+−]?[0-9]+(?:\.[0-9]+)?)(?:~([0-9]+(?:\.[0-9]+)?)(km|m))?$`)

const (
	usualRadius = 50e3
	kilometre   = 1e3
	maxLat      = 90
	maxLon      = 180
)

func parsePoint(f *Field, s string, at int) (value, error) {
	parts := pointForm.FindStringSubmatch(strings.ToLower(s))
	if parts == nil {
		return nil, wrong(at, "%q is not latitude and longitude, and how far around: %s", clip(s), f.Example)
	}
	p := point{radius: usualRadius}
	degrees := func(s string) float64 {
		d, _ := strconv.ParseFloat(strings.Replace(s, "−", "-", 1), 64) // the form says that it is a number
		return d
	}
	p.lat, p.lon = degrees(parts[1]), degrees(parts[2])
	if parts[3] != "" {
		p.radius = degrees(parts[3])
		if parts[4] == "km" {
			p.radius *= kilometre
		}
	}
	switch {
	case math.Abs(p.lat) > maxLat:
		return nil, wrong(at, "a latitude is from -90 to 90; it stands in front of the longitude")
	case math.Abs(p.lon) > maxLon:
		return nil, wrong(at, "a longitude is from -180 to 180")
	case p.radius < 1 || p.radius > MaxRadius*kilometre:
		return nil, wrong(at, "how far around is from 1m to %dkm", MaxRadius)
	}
	return p, nil
}

// times are what lies between two moments, or touches that; nil: no end.
type times struct {
	from, to             *moment
	fromBeyond, toBefore bool
}

// moment is a day, a longer period or an instant as it is written.
type moment struct {
	base     base
	at       time.Time // of written: as if in UTC, unless it has a zone
	zoned    bool
	years    int // how long it is
	months   int
	days     int
	length   time.Duration
	shift    time.Duration // of now and the days
	shiftY   int
	shiftM   int
	shiftD   int
	instants bool // it has a time of day
}

type base uint8

const (
	written base = iota
	now
	today
)

func parseTimes(f *Field, s string, at int) (value, error) {
	sp, err := parseSpan(f, s, at)
	if err != nil {
		return nil, err
	}
	t := times{fromBeyond: sp.fromBeyond, toBefore: sp.toBefore}
	if sp.from != "" {
		if t.from, err = parseMoment(f, sp.from, at+sp.fromAt); err != nil {
			return nil, err
		}
	}
	if sp.to != "" {
		if t.to, err = parseMoment(f, sp.to, at+sp.toAt); err != nil {
			return nil, err
		}
	}
	if t.from != nil && t.to != nil && t.from.base == written && t.to.base == written && t.to.at.Before(t.from.at) && t.from.zoned == t.to.zoned {
		return nil, wrong(at, "%s ends before it begins", clip(s))
	}
	return t, nil
}

// layouts are the forms of a moment, and how long each is.
var layouts = []struct {
	form                string
	years, months, days int
	length              time.Duration
	zoned               bool
}{
	{form: "2006", years: 1},
	{form: "2006-01", months: 1},
	{form: time.DateOnly, days: 1},
	{form: "2006-01-02T15:04", length: time.Minute},
	{form: "2006-01-02T15:04:05", length: time.Second},
	{form: "2006-01-02T15:04Z07:00", length: time.Minute, zoned: true},
	{form: time.RFC3339, length: time.Second, zoned: true},
}

var relative = regexp.MustCompile(`^(now|today|yesterday|tomorrow)(?:([-+−])([0-9]{1,5})([a-z]+))?$`)

func parseMoment(f *Field, s string, at int) (*moment, error) {
	if parts := relative.FindStringSubmatch(strings.ToLower(s)); parts != nil {
		return parseRelative(parts, at)
	}
	upper := strings.ToUpper(s)
	for _, l := range layouts {
		t, err := time.Parse(l.form, upper)
		if err != nil {
			continue
		}
		if t.Year() < 1 {
			return nil, wrong(at, "the years are 1 to 9999")
		}
		return &moment{at: t, zoned: l.zoned, years: l.years, months: l.months, days: l.days, length: l.length, instants: l.length > 0}, nil
	}
	return nil, wrong(at, "%q is not a time: write 2024-04-20, 2024-04, 2024, 2024-04-20T06:00, today, yesterday or now-7d, such as %s", clip(s), f.Example)
}

func parseRelative(parts []string, at int) (*moment, error) {
	m := &moment{base: today, days: 1}
	switch parts[1] {
	case "now":
		m.base, m.days, m.length, m.instants = now, 0, time.Millisecond, true
	case "yesterday":
		m.shiftD = -1
	case "tomorrow":
		m.shiftD = 1
	}
	if parts[2] == "" {
		return m, nil
	}
	n, _ := strconv.Atoi(parts[3]) // the form says that it is a number
	if parts[2] != "+" {
		n = -n
	}
	const week = 7
	switch parts[4] {
	case "s":
		m.shift = time.Duration(n) * time.Second
	case "min":
		m.shift = time.Duration(n) * time.Minute
	case "h":
		m.shift = time.Duration(n) * time.Hour
	case "d":
		m.shiftD += n
	case "w":
		m.shiftD += week * n
	case "mo":
		m.shiftM = n
	case "y":
		m.shiftY = n
	case "m":
		return nil, wrong(at, "m may be minutes or months: write min or mo")
	default:
		return nil, wrong(at, "%q is none of s, min, h, d, w, mo, y", clip(parts[4]))
	}
	if m.base == today && m.shift != 0 {
		return nil, wrong(at, "days are counted from %s in d, w, mo or y; hours from now", parts[1])
	}
	return m, nil
}

// Earliest and Latest are the ends of the years that can be asked for, in UTC:
// Elasticsearch reads years of four digits.
var (
	Earliest = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)             //nolint:gochecknoglobals // never changed
	Latest   = time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC) //nolint:gochecknoglobals // never changed
)

// bounds are when a moment begins, and when what is after it does. days tells that
// days are those of UTC, whatever the clock's zone.
func (m *moment) bounds(c Clock, days bool) (from, to time.Time) {
	zone := c.Zone
	if days {
		zone = time.UTC
	}
	from = m.at
	switch {
	case m.base == now:
		from = c.Now.In(c.Zone).AddDate(m.shiftY, m.shiftM, m.shiftD).Add(m.shift).Truncate(time.Millisecond)
	case m.base == today:
		y, month, d := c.Now.In(c.Zone).Date()
		from = time.Date(y+m.shiftY, month+time.Month(m.shiftM), d+m.shiftD, 0, 0, 0, 0, zone)
	case !m.zoned:
		from = time.Date(from.Year(), from.Month(), from.Day(), from.Hour(), from.Minute(), from.Second(), from.Nanosecond(), zone)
	}
	if m.instants {
		return within(from), within(from.Add(m.length))
	}
	y, month, d := from.Date()
	return within(from), within(time.Date(y+m.years, month+time.Month(m.months), d+m.days, 0, 0, 0, 0, zone))
}

func within(t time.Time) time.Time {
	switch {
	case t.Before(Earliest):
		return Earliest
	case t.After(Latest):
		return Latest
	}
	return t
}

// bounds are in milliseconds since 1970: from inclusive, to exclusive.
func (t times) bounds(c Clock, days bool) (from, to int64) {
	from, to = math.MinInt64, math.MaxInt64
	if t.from != nil {
		begin, after := t.from.bounds(c, days)
		if from = begin.UnixMilli(); t.fromBeyond {
			from = after.UnixMilli()
		}
	}
	if t.to != nil {
		begin, after := t.to.bounds(c, days)
		if to = after.UnixMilli(); t.toBefore {
			to = begin.UnixMilli()
		}
	}
	return from, to
}

// Relative tells whether what the query finds depends on when it is asked.
func (q Query) Relative() bool { return q.root != nil && relativeIn(q.root) }

func relativeIn(n node) bool {
	switch n := n.(type) {
	case every:
		return slices.ContainsFunc(n.of, relativeIn)
	case some:
		return slices.ContainsFunc(n.of, relativeIn)
	case not:
		return relativeIn(n.of)
	case *term:
		t, ok := n.value.(times)
		return ok && (t.from != nil && t.from.base != written || t.to != nil && t.to.base != written)
	}
	return false
}
