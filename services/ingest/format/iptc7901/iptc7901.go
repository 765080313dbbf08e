// Package iptc7901 decodes IPTC Recommendation 7901, the text transmission
// format of most agencies outside of North America:
//
//	SOH bdt0157 3 pl 93  dpa 1888 CR LF      service and number, priority, category, words, what else
//	Hafen/Skarra/ CR LF                      keywords
//	STX Hafen von Skarra öffnet wieder = CR LF
//	CR LF
//	Skarra (dpa) - Der Hafen ... CR LF
//	ETX 241805 Nov 26 EOT                    day, hour, minute, month, year
package iptc7901

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/habit"
	"github.com/copytaster/copytaster/services/ingest/format/telegraph"
)

// Name of the format.
const Name = "iptc7901"

const (
	signer = "format/" + Name
	// version counts the changes of what the decoder makes of the same bytes.
	version = 1
)

// header is the first line of a header.
var header = regexp.MustCompile(`^([A-Za-z]{1,10})[ ]?(\d{1,6})[ ]+([0-9])[ ]+([^\s]{1,24})(?:[ ]+(\d{1,6}))?(?:[ ]+(\S.*))?$`)

// Detect tells whether the first message's header has the form of 7901.
func Detect(head []byte) bool {
	head = restore(head)
	head = head[telegraph.Filler(head):]
	if len(head) == 0 || head[0] != telegraph.SOH {
		return false
	}
	line, _, _ := bytes.Cut(bytes.TrimLeft(head[1:min(len(head), telegraph.MaxHeader)], "\r\n "), []byte("\n"))
	line, _, _ = bytes.Cut(line, []byte{telegraph.STX})
	return header.Match(plain(line))
}

// restore gives a message the frame that it has lost, or that its agency sends
// in another form.
func restore(data []byte) []byte {
	if framed, ok := ansa(data); ok {
		return framed
	}
	return telegraph.Restore(data, isHeader)
}

func isHeader(line []byte) bool { return header.Match(plain(line)) }

// plain is a line without control characters.
func plain(line []byte) []byte {
	return bytes.TrimSpace(bytes.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, bytes.ToValidUTF8(line, []byte("?"))))
}

// Split cuts a stream into its messages.
func Split(data []byte, _ document.Hint) ([]document.Part, error) {
	if _, ok := ansa(data); ok {
		return []document.Part{{Data: data, Item: data}}, nil
	}
	return telegraph.Split(Name, data, isHeader)
}

// message is a message as the format has it.
type message struct {
	Service  string // source identification, "bdt"
	Number   string // of the message, digits
	Priority int
	Category string
	Info     string // what else the header says, "dpa 1888"
	Keywords []string
	Catch    []string // lines above the headline, for editors
	Headline string
	Body     []string // lines
	Date     telegraph.Stated
	Stamp    string // the day-time group as it stands, if it stood in the text

	agency  habit.Agency
	own     story // how the agency numbers it, if the header says so
	charset string
}

// story is an agency's own name of a message.
type story struct {
	Agency, Number, Version string
}

// ownNumber is what stands behind the header's fixed fields: "dpa 1888", "KNA
// 170123-89-00065#2".
var ownNumber = regexp.MustCompile(`(?:^|[ ])(\pL{2,10})[ ](\d[\d-]{0,40})(?:#(\d{1,5}))?$`)

// parse takes a message apart.
func parse(data []byte, h document.Hint) (*message, error) {
	data = restore(data)
	f, err := telegraph.Open(Name, data)
	if err != nil {
		return nil, err
	}
	first, more, _ := bytes.Cut(bytes.TrimLeft(f.Header, "\r\n "), []byte("\n"))
	g := header.FindStringSubmatch(string(plain(first)))
	if g == nil {
		return nil, document.At(document.Syntax, Name, data, f.At, "the header %q has not the form: service and number, priority, category, words", clip(string(plain(first))))
	}
	m := &message{Service: strings.ToLower(g[1]), Number: g[2], Category: strings.ToLower(g[4]), Info: g[6]}
	m.Priority, _ = strconv.Atoi(g[3])
	if n := ownNumber.FindStringSubmatch(m.Info); n != nil {
		m.own = story{strings.ToLower(n[1]), n[2], n[3]}
	}
	trailer := string(plain(telegraph.Lines(f.Trailer)))
	names := append([]string{m.own.Agency, m.Service}, strings.FieldsFunc(m.Info, func(r rune) bool { return !unicode.IsLetter(r) })...)
	signed, group, _ := strings.Cut(trailer, " ") // "AFP  201031 GMT APR 24"
	m.agency = habit.First(append(names, signed, h.Provider, h.Source)...)

	head, charset, err := m.convert(more, h)
	if err != nil {
		return nil, err
	}
	body, bodyCharset, err := m.convert(f.Text, h)
	if err != nil {
		return nil, err
	}
	if m.charset = bodyCharset; m.charset == "utf-8" {
		m.charset = charset // the text has only ASCII
	}
	for l := range strings.SplitSeq(head, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			m.Keywords = append(m.Keywords, l)
		}
	}
	lines := strings.Split(body, "\n")
	if _, known := habit.Find(signed); !known {
		group = trailer
	}
	if d, ok := dayTime(group); ok {
		m.Date = d
	} else if d, ok := day(trailer); ok {
		m.Date = d
	} else {
		lines = m.stamp(lines)
	}
	m.top(lines)
	return m, nil
}

// convert is a part as UTF-8, its lines ended by line feeds.
func (m *message) convert(part []byte, h document.Hint) (string, string, error) {
	t, err := telegraph.Convert(quiet(telegraph.Lines(part)), h.Declared(), m.agency.ISO646)
	return t.UTF8, t.Charset, err
}

// quiet makes spaces of the control characters that move paper or ring bells,
// tabs and line feeds apart.
func quiet(part []byte) []byte {
	out := make([]byte, 0, len(part))
	for _, c := range part {
		switch {
		case c == '\n' || c == '\t' || c == 0x1b:
			out = append(out, c)
		case c == telegraph.BEL || c == 0 || c == 0x7f:
		case c < ' ':
			out = append(out, ' ')
		default:
			out = append(out, c)
		}
	}
	return out
}

// group is a day-time group: day, hour, minute, zone, month, year. All but the
// first three may be missing.
var group = regexp.MustCompile(`^(\d{2})(\d{2})(\d{2})[ ]?([A-Z]{1,4}\b)?[ ]*(?:(\pL{3,9})\.?)?[ ]*(\d{4}|\d{2})?(?:[ ]+(GMT|UTC|UT|Z))?$`)

// clock is another form of it: "20-APR-24 10:31".
var clock = regexp.MustCompile(`^(\d{1,2})-(\pL{3})-(\d{2}|\d{4})[ ]+(\d{1,2})[:.](\d{2})$`)

// iso is a third, that APA sends in front of it: "2024-04-20/10:31".
var iso = regexp.MustCompile(`(?:^|[ ])(\d{4})-(\d{2})-(\d{2})/(\d{2}):(\d{2})(?:$|[ ]|\d{6})`)

func day(s string) (telegraph.Stated, bool) {
	g := iso.FindStringSubmatch(s)
	if g == nil {
		return telegraph.Stated{}, false
	}
	n := func(i int) int { v, _ := strconv.Atoi(g[i]); return v }
	return telegraph.Stated{Year: n(1), Month: time.Month(n(2)), Day: n(3), Hour: n(4), Minute: n(5)}, true
}

// numeric is a fourth: "20.04.2024 10:31".
var numeric = regexp.MustCompile(`^(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})[ ,/]+(\d{1,2})[:.](\d{2})$`)

func dayTime(s string) (telegraph.Stated, bool) {
	if g := numeric.FindStringSubmatch(strings.TrimSpace(s)); g != nil {
		n := func(i int) int { v, _ := strconv.Atoi(g[i]); return v }
		d := telegraph.Stated{Year: telegraph.Year(n(3)), Month: time.Month(n(2)), Day: n(1), Hour: n(4), Minute: n(5)}
		return d, d.Month >= 1 && d.Month <= 12
	}
	if g := clock.FindStringSubmatch(strings.TrimSpace(s)); g != nil {
		n := func(i int) int { v, _ := strconv.Atoi(g[i]); return v }
		d := telegraph.Stated{Year: telegraph.Year(n(3)), Month: habit.MonthOf(g[2]), Day: n(1), Hour: n(4), Minute: n(5)}
		return d, d.Month != 0
	}
	g := group.FindStringSubmatch(strings.TrimSpace(s))
	if g == nil {
		return telegraph.Stated{}, false
	}
	n := func(i int) int { v, _ := strconv.Atoi(g[i]); return v }
	d := telegraph.Stated{Day: n(1), Hour: n(2), Minute: n(3)}
	month := g[5]
	if g[4] != "" {
		if z, ok := habit.Zone(g[4]); ok {
			d.Zone = z
		} else if month == "" && habit.MonthOf(g[4]) != 0 {
			month = g[4] // "241805 NOV 26"
		} else {
			return telegraph.Stated{}, false
		}
	}
	if g[7] != "" {
		d.Zone = time.UTC
	}
	if month != "" {
		if d.Month = habit.MonthOf(month); d.Month == 0 {
			return telegraph.Stated{}, false
		}
	}
	if g[6] != "" {
		if d.Month == 0 {
			return telegraph.Stated{}, false // a number without month is no year
		}
		d.Year = telegraph.Year(n(6))
	}
	return d, true
}

// stamp takes the day-time group from the end of the text, where some send it.
func (m *message) stamp(lines []string) []string {
	for i, l := range slices.Backward(lines) {
		l = strings.TrimSpace(l)
		if l == "" {
			continue
		}
		if d, ok := dayTime(l); ok && (d.Month != 0 || d.Zone != nil) {
			m.Date, m.Stamp = d, l
			return lines[:i]
		}
		break
	}
	return lines
}

// maxTop is how many lines the headline and what stands above it may have.
const maxTop = 8

// top finds the headline: it ends with "=". Without that sign it is the first
// line if a blank one follows.
func (m *message) top(lines []string) {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	end := -1
	for i, l := range lines[:min(len(lines), maxTop)] {
		if strings.HasSuffix(strings.TrimRight(l, " \t"), "=") {
			end = i
			break
		}
	}
	for i, l := range lines[:min(len(lines), maxTop)] {
		if end >= 0 || i == 0 || !dateline.MatchString(strings.TrimSpace(l)) {
			continue
		}
		for end = i - 1; end > 0; end-- { // what stands above the dateline
			if above := strings.TrimSpace(lines[end]); above != "" && !byline.MatchString(above) {
				break
			}
		}
	}
	if end < 0 && len(lines) > 2 && strings.TrimSpace(lines[1]) == "" && len(lines[0]) <= maxHeadline && !strings.HasSuffix(strings.TrimSpace(lines[0]), ".") {
		end = 0
	}
	var headline []string
	for _, l := range lines[:end+1] {
		l = strings.TrimSpace(strings.TrimRight(l, "= \t"))
		switch {
		case l == "":
		case len(headline) == 0 && catch(l):
			m.Catch = append(m.Catch, l)
		default:
			headline = append(headline, l)
		}
	}
	m.Headline = strings.Join(headline, " ")
	m.Body = lines[end+1:]
	for i, l := range slices.Backward(m.Body) {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		if i > 0 && m.signed(l) {
			m.Body = slices.Insert(slices.Clone(m.Body), i, "") // it is no end of the paragraph's
		}
		break
	}
}

// dateline begins a report: "SKARRA, 20 avr (AFP) -", "(ANSA) - ROMA".
var dateline = regexp.MustCompile(`^(?:\p{Lu}[^.!?()]{0,60} )?\([\pL/. ]{2,20}\)\s*(?:[-–—:]|\.-)`)

// initials are those of who wrote and edited a text.
var initials = regexp.MustCompile(`^(?:\(Schluss\) ?)?(?:/?\pL{2,8}/(?:\pL{2,8}/?)*|[A-Z0-9]{2,4}-[A-Z0-9]{2,4})$`)

// signed tells whether the last line of a text is the agency's mark, though no
// blank line stands before it.
func (m *message) signed(l string) bool {
	if len(l) > maxSigned {
		return false
	}
	name, _, _ := strings.Cut(strings.Trim(l, "/() "), " ")
	_, known := habit.Find(name)
	return initials.MatchString(l) || known && m.signs(strings.Trim(l, "/()"))
}

// maxSigned is the longest mark of that kind, in bytes.
const maxSigned = 40

// maxHeadline is the longest headline without the sign that ends it, in bytes.
const maxHeadline = 120

// catchWords are what agencies write above a headline.
var catchWords = regexp.MustCompile(`^(?:\(.*\)|[*#=].*[*#=]|EXTRA|ALERT|BLITZ|EIL|FLASH|BULLETIN|URGENT|SNAP|(?:\d+\. )?(?:LEAD|Lead|Zusammenfassung|ZUSAMMENFASSUNG|Überblick|Hintergrund|Feature|Kurzfassung|Roundup|ROUNDUP)(?: \d{1,4})?:?)$`)

// catch tells whether a line above the headline is for editors.
func catch(l string) bool {
	m := habit.Agency{}.Read([]habit.Line{{Text: l, Heading: true}})
	return catchWords.MatchString(l) || m.Notice() || m.Embargo || m.Correction && !strings.Contains(l, ":")
}

func clip(s string) string {
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

// Decode makes the article of one message, or those that it kills or holds.
// Errors are [*document.Error]s.
func Decode(_ context.Context, r io.Reader, h document.Hint) ([]article.Article, error) {
	data, err := document.Read(r, Name, document.MaxSingle)
	if err != nil {
		return nil, err
	}
	m, err := parse(data, h)
	if err != nil {
		return nil, err
	}
	return m.adapt(h)
}

// arrival is what dates are completed by.
func arrival(h document.Hint) time.Time {
	if !h.PublishedAt.IsZero() {
		return h.PublishedAt // of a back-fill that knows better than the clock
	}
	return h.ReceivedAt
}
