// Package anpa1312 decodes ANPA 1312, the wire format of North America's
// agencies, as it is sent at high speed:
//
//	SYN SOH w 4711 US bc--- CR LF                 service level, number, selector code
//	r s DC3 DC1 SP BC-HKN--Skarra-Lund SP 04-22 0310 CR LF
//	     priority, category, format codes, keyword with version, date, words
//	STX ^BC-HKN--Skarra-Lund, 1st Ld-Writethru,310< CR LF
//	^Skarra beats Lund in overtime< CR LF
//	^By IDA BRANDT= CR LF
//	^AP Sports Writer= CR LF
//	HT SKARRA (AP) _ ... CR LF
//	ETX AP-WF-04-22-24 1805GMT< CR LF EOT
package anpa1312

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/habit"
	"github.com/copytaster/copytaster/services/ingest/format/telegraph"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
)

// Name of the format.
const Name = "anpa1312"

const (
	signer = "format/" + Name
	// version counts the changes of what the decoder makes of the same bytes.
	version = 1
)

var (
	// level is the header's first line.
	level = regexp.MustCompile(`^([A-Za-z])(\d{3,5})(?:\x1f([^\r\n]{0,64})|[ ]?([a-z0-9]{2,6}-{1,4}(?:[\r\n]|$)))`)
	// fields is its second line, format codes gone.
	fields = regexp.MustCompile(`^([A-Za-z])[ ]([A-Za-z0-9])[ ]+(.*?)(?:[ ]+(\d{1,2})-(\d{1,2}))?(?:[ ]+(\d{1,6}))?[ ]*$`)
	// sent is the line behind the text.
	sent = regexp.MustCompile(`^(?:([A-Za-z]{1,8})-(?:([A-Za-z]{1,4})-)?)?(\d{1,2})-(\d{1,2})-(\d{2}|\d{4})[ ]+(\d{2})[:-]?(\d{2})(?:[:-]\d{2})?[ ]?([A-Za-z]{1,4})?[<=! ]*$`)
	// slug is a keyword line: cycle, keyword, versions, words.
	slug = regexp.MustCompile(`^(?:BC|AM|PM|AP|[A-Z]{2})-[^\s,][^,]{0,80}(?:,|$)`)
)

// Detect tells whether the first message's header has the form of 1312.
func Detect(head []byte) bool {
	head = telegraph.Restore(head, level.Match)
	head = head[telegraph.Filler(head):]
	return len(head) > 0 && head[0] == telegraph.SOH && level.Match(head[1:])
}

// Split cuts a stream into its messages.
func Split(data []byte, _ document.Hint) ([]document.Part, error) {
	return telegraph.Split(Name, data, level.Match)
}

// message is a message as the format has it.
type message struct {
	Service            string // service level, one letter
	Number             string
	Selector           string
	Priority, Category string
	Keyword            string // as the header has it, cut short
	Month, Day         int    // of the header
	Slug               string // keyword of the text's first line, whole
	Versions           []string
	Trailer            string // the line behind the text, if it stood in it
	Date               telegraph.Stated
	Lines              []string

	agency  habit.Agency
	charset string
}

// parse takes a message apart.
func parse(data []byte, h document.Hint) (*message, error) {
	data = telegraph.Restore(data, level.Match)
	f, err := telegraph.Open(Name, data)
	if err != nil {
		return nil, err
	}
	g := level.FindSubmatch(f.Header)
	if g == nil {
		return nil, document.At(document.Syntax, Name, data, f.At, "the header's first line is not service level, number, US, selector code")
	}
	m := &message{Service: strings.ToLower(string(g[1])), Number: string(g[2]), Selector: strings.Trim(strings.TrimSpace(string(g[3])+string(g[4])), "-")}
	_, second, _ := bytes.Cut(f.Header, []byte("\n"))
	second, _, _ = bytes.Cut(bytes.TrimLeft(second, "\r\n"), []byte("\n"))
	if err := m.fields(second, data, f.At); err != nil {
		return nil, err
	}
	trailer := sent.FindStringSubmatch(strings.TrimSpace(string(unset(f.Trailer))))
	service := ""
	if trailer != nil {
		service = trailer[1]
	}
	m.agency = habit.First(service, h.Provider, h.Source)
	t, err := telegraph.Convert(unset(f.Text), h.Declared(), m.agency.ISO646)
	if err != nil {
		return nil, err
	}
	m.charset = t.Charset
	m.Lines = strings.Split(t.UTF8, "\n")
	if trailer == nil {
		trailer = m.trailer()
	}
	if trailer != nil {
		if m.agency.Name == "" {
			m.agency = habit.First(trailer[1])
		}
		m.date(trailer)
	}
	m.keyword()
	return m, nil
}

// fields reads the header's second line.
func (m *message) fields(line, data []byte, at int) error {
	plain := bytes.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, bytes.ToValidUTF8(line, []byte("?")))
	g := fields.FindSubmatch(bytes.TrimSpace(plain))
	if g == nil {
		return document.At(document.Syntax, Name, data, at, "the header's second line is not priority, category, keyword, date, words")
	}
	m.Priority, m.Category = strings.ToLower(string(g[1])), strings.ToLower(string(g[2]))
	m.Keyword = strings.TrimSpace(string(g[3]))
	m.Month, _ = strconv.Atoi(string(g[4]))
	m.Day, _ = strconv.Atoi(string(g[5]))
	return nil
}

// trailer takes the trailer from the end of the text, where some send it.
func (m *message) trailer() []string {
	for i, l := range slices.Backward(m.Lines) {
		l = strings.TrimSpace(l)
		if l == "" {
			continue
		}
		if g := sent.FindStringSubmatch(l); g != nil {
			m.Trailer, m.Lines = read(l), m.Lines[:i]
			return g
		}
		break
	}
	return nil
}

func (m *message) date(g []string) {
	n := func(i int) int { v, _ := strconv.Atoi(g[i]); return v }
	m.Date = telegraph.Stated{Year: telegraph.Year(n(5)), Month: time.Month(n(3)), Day: n(4), Hour: n(6), Minute: n(7)}
	if z, ok := habit.Zone(g[8]); ok {
		m.Date.Zone = z
	}
}

// keyword takes the keyword line from the text: the header has it cut short.
func (m *message) keyword() {
	m.Slug = m.Keyword
	for i, l := range m.Lines {
		s := read(l)
		if s == "" {
			continue
		}
		if slug.MatchString(s) || m.repeats(s) {
			parts := strings.Split(s, ",")
			m.Slug = strings.TrimSpace(parts[0])
			for _, v := range parts[1:] {
				if v = strings.TrimSpace(v); v != "" && strings.Trim(v, "0123456789") != "" {
					m.Versions = append(m.Versions, v)
				}
			}
			m.Lines = append(m.Lines[:i:i], m.Lines[i+1:]...)
		}
		return
	}
}

// repeats tells whether a line is the header's keyword once more, whole, for
// agencies whose keywords have no cycle.
func (m *message) repeats(line string) bool {
	key, _, _ := strings.Cut(line, ",")
	head, whole := wire.Squeeze(m.Keyword), wire.Squeeze(key)
	return head != "" && strings.HasPrefix(whole, head) && len(line) <= maxSlug
}

// maxSlug is the longest keyword line, in bytes.
const maxSlug = 120

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
