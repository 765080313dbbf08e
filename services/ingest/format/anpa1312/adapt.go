package anpa1312

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/habit"
	"github.com/copytaster/copytaster/services/ingest/format/telegraph"
)

// urgencies are the priorities by IPTC's scale: flash, bulletin, urgent,
// regular, daily, weekend. Others state none.
var urgencies = map[string]int{"f": 1, "b": 2, "u": 3, "r": 4, "d": 5, "a": 5, "s": 6, "w": 6}

// categories are the standard's.
var categories = map[string]string{
	"a": "domestic news", "b": "special events", "c": "features", "d": "food", "e": "entertainment", "f": "finance",
	"i": "international news", "j": "lottery", "k": "commentary", "l": "lifestyle", "n": "state and regional news",
	"o": "weather", "p": "politics", "q": "single result", "r": "race results", "s": "sports", "t": "travel",
	"v": "advisory", "w": "Washington",
}

const advisories = "v"

// adapt makes the article of the message.
func (m *message) adapt(h document.Hint) ([]article.Article, error) {
	a := article.Article{PublishedAt: h.PublishedAt, Status: article.Usable, Urgency: urgencies[m.Priority], Original: article.Original{Charset: m.charset}}
	a.Version = strings.Join(m.Versions, ", ")
	a.Subjects = append(a.Subjects, article.Subject{Code: "anpa:" + m.Category, Name: categories[m.Category]})
	if m.agency.Name != "" {
		a.Agency = article.Label{Value: m.agency.Name, Evidence: []article.Evidence{{Enricher: signer, Version: version, Confidence: 0.9}}}
	}
	home, _ := m.agency.Location()
	day := m.dates(&a, h, home)

	blocks := m.blocks()
	if len(blocks) > telegraph.MaxParagraphs {
		return nil, document.Refuse(document.TooMany, Name, "%d paragraphs, the limit is %d", len(blocks), telegraph.MaxParagraphs)
	}
	marks := m.agency.Read(m.marked(blocks))
	marks.Advisory = marks.Advisory || m.Category == advisories && !marks.Notice()
	if marks.Notice() {
		marks = marks.Find(joined(blocks))
	}
	m.lay(&a, blocks, marks)
	if a.Text == "" {
		return nil, document.Refuse(document.Empty, Name, "message %s%s has no text", m.Service, m.Number)
	}
	marks.Apply(&a)
	a.URI = m.uri(&a, h, day)
	story, ok := m.story(h, day)
	if marks.Notice() && ok && !marks.OtherDay && m.versionSays(marks) {
		// The keyword names the story, and the notice goes under it.
		marks.Targets = []habit.Target{{}}
		return marks.Notices(a, func(habit.Target) (article.URI, bool) { return story, true }), nil
	}
	if marks.Notice() && ok {
		a.URI = part(story, "notice") // it must not take the story's place
	}
	return marks.Notices(a, func(t habit.Target) (article.URI, bool) { return m.target(t, h, day) }), nil
}

// dates sets the article's dates, and is the day that belongs to its name: the
// header's, in the year that the trailer states or that makes it recent, else
// the trailer's.
func (m *message) dates(a *article.Article, h document.Hint, home *time.Location) string {
	arrival := h.ReceivedAt
	if !h.PublishedAt.IsZero() {
		arrival = h.PublishedAt // of a back-fill that knows better than the clock
	}
	stated := m.Date != telegraph.Stated{}
	at, _, ok := m.Date.Complete(arrival, home)
	if ok {
		a.VersionCreated = at.UTC()
		if a.PublishedAt.IsZero() {
			a.PublishedAt = a.VersionCreated
		}
		arrival = at.Add(24 * time.Hour) // the header's day is that of filing
	} else if stated {
		a.Flag(article.FlagDateUnreadable)
	}
	if m.Day > 0 {
		d, _, known := telegraph.Stated{Month: time.Month(m.Month), Day: m.Day}.Complete(arrival, time.UTC)
		if known {
			if !ok {
				a.Flag(article.FlagDateCompleted)
			}
			return d.Format("2006-01-02")
		}
		a.Flag(article.FlagDateUnreadable)
	}
	if ok {
		zone := m.Date.Zone
		if zone == nil {
			zone = home
		}
		return at.In(zone).Format("2006-01-02")
	}
	return ""
}

// whole are the versions that stand in the place of the story: the first take,
// and leads with all that was written through. Anything else (a lead without
// the rest, adds, inserts, substitutes, later takes, corrections) has not the
// whole text and must not hide it.
var whole = regexp.MustCompile(`(?i)^(?:(?:\d+(?:st|nd|rd|th) )?(?:ld|lead)[ -](?:all[ -])?(?:writethru|writethrough|write-thru|wr)|writethru|writethrough|1st take|take 1(?: of \d+)?|updates?|repeat|rpt)$`)

// partial tells the versions that are a part of the story, or a message about
// it, in the words that belong to its name.
func (m *message) partial() string {
	var parts []string
	for _, v := range m.Versions {
		k := habit.Agency{}.Read([]habit.Line{{Text: v, Field: true}})
		if !whole.MatchString(v) && !k.Notice() && !k.Embargo {
			parts = append(parts, strings.ToLower(v))
		}
	}
	return strings.Join(parts, " ")
}

// versionSays tells whether the version field itself is the notice, so that
// the keyword before it is what it is about.
func (m *message) versionSays(marks habit.Marks) bool {
	for _, v := range m.Versions {
		k := m.agency.Read([]habit.Line{{Text: v, Field: true}})
		if marks.Hold && k.Hold || !marks.Hold && k.Kill {
			return true
		}
	}
	return false
}

// story is the URI of the story that the keyword names, where the agency's
// keywords do.
func (m *message) story(h document.Hint, day string) (article.URI, bool) {
	if !m.agency.SlugNames || day == "" || m.Slug == "" {
		return "", false
	}
	return article.ScopedURI(h.Namespace(), m.Service+":"+key(m.Slug)+":"+day), true
}

// key is a keyword without its cycle, in one spelling.
func key(slug string) string {
	s := strings.ToLower(strings.Join(strings.Fields(slug), " "))
	for _, cycle := range []string{"bc-", "am-", "pm-", "ap-"} {
		if rest, ok := strings.CutPrefix(s, cycle); ok {
			return rest
		}
	}
	return s
}

// uri names the message: the story of its keyword and day, where those name
// one, with what part of it this is; else service, number and day. Where no
// day is known the text names it.
func (m *message) uri(a *article.Article, h document.Hint, day string) article.URI {
	if u, ok := m.story(h, day); ok {
		if p := m.partial(); p != "" {
			return part(u, p)
		}
		return u
	}
	if day == "" {
		a.Flag(article.FlagIdentityFromText)
		return article.TextURI(h.Namespace(), a.Text)
	}
	return m.numbered(h, m.Number, day)
}

// part is the URI of a part of a story.
func part(story article.URI, what string) article.URI {
	return story + ":" + article.URI(url.PathEscape(what))
}

func (m *message) numbered(h document.Hint, number, day string) article.URI {
	n, _ := strconv.Atoi(number)
	return article.ScopedURI(h.Namespace(), fmt.Sprintf("%s:%04d:%s", m.Service, n, day))
}

// target is the message that a notice names by its number: one of the same day
// and service.
func (m *message) target(t habit.Target, h document.Hint, day string) (article.URI, bool) {
	own, _ := strconv.Atoi(m.Number)
	if m.agency.SlugNames || day == "" || t.Dated || t.Agency != m.Service || t.Number >= own {
		return "", false
	}
	return m.numbered(h, strconv.Itoa(t.Number), day), true
}

// block is a piece of the text.
type block struct {
	kind article.Kind
	text string
}

var (
	byline  = regexp.MustCompile(`^(?:By|Von|Por|Par) \p{Lu}[\pL .,'-]{2,80}$`)
	title   = regexp.MustCompile(`^(?:The )?(?:Associated Press|AP|Canadian Press|Reuters|AFP|UPI|[A-Z]{2,4})(?: [A-Z][\pL' -]{2,40})?(?: Writer)?$`)
	toldEds = regexp.MustCompile(`^\(?(?:Eds?:|EDS:|Editors:|EDITORS:|EDITOR'S NOTE|AP Photos?|AP Graphics?|AP Video|Photos?:|With AP|With:)`)
)

// blocks sorts the lines: those that begin with the flag "^" are the top and
// subheads, those that are set in are paragraphs.
func (m *message) blocks() []block {
	var out []block
	var text []string
	flush := func() {
		for _, p := range telegraph.Paragraphs(text) {
			out = append(out, block{article.Paragraph, p})
		}
		text = nil
	}
	top := true
	headline := false
	for _, l := range m.Lines {
		l = strings.TrimRight(l, " ")
		flagged := strings.HasPrefix(strings.TrimLeft(l, " "), "^")
		s := read(l)
		switch {
		case s == "":
			flush()
		case !flagged:
			top = false
			if strings.HasPrefix(l, "\t") || strings.HasPrefix(l, "  ") {
				flush()
			}
			text = append(text, s)
		case toldEds.MatchString(s), len(out) < maxMarked && m.agency.Note(s):
			flush()
			out = append(out, block{article.Note, s})
		case top && byline.MatchString(s):
			flush()
			out = append(out, block{article.Byline, s})
		case len(out) > 0 && len(text) == 0 && out[len(out)-1].kind == article.Byline && title.MatchString(s):
			out[len(out)-1].text += ", " + s
		case top && !headline:
			flush()
			headline = true
			out = append(out, block{article.Headline, s})
		default:
			flush()
			if strings.Contains(s, ";") || strings.Contains(s, "\t") {
				text = append(text, s) // the head of a table
				continue
			}
			out = append(out, block{article.Subhead, s})
		}
	}
	flush()
	return out
}

func joined(blocks []block) string {
	var texts []string
	for _, b := range blocks {
		texts = append(texts, b.text)
	}
	return strings.Join(texts, "\n")
}

// maxMarked is how many pieces of the text may be marks.
const maxMarked = 8

// marked are the lines in which marks are looked for.
func (m *message) marked(blocks []block) []habit.Line {
	var top []habit.Line
	for _, v := range m.Versions {
		top = append(top, habit.Line{Text: v, Field: true})
	}
	for _, b := range blocks[:min(len(blocks), maxMarked)] {
		top = append(top, habit.Line{Text: b.text, Heading: b.kind == article.Headline})
	}
	raw := make([]string, len(m.Lines))
	for i, l := range m.Lines {
		raw[i] = read(l)
	}
	return append(top, habit.Lines(raw)...)
}

// lay writes the text with its segments.
func (m *message) lay(a *article.Article, blocks []block, marks habit.Marks) {
	b := article.Builder{Signer: signer, Version: version}
	slug := m.Slug
	if len(m.Versions) > 0 {
		slug += ", " + strings.Join(m.Versions, ", ")
	}
	if slug != "" && len(blocks) > 0 {
		b.Add(article.Note, "Slugline: "+slug)
	}
	private := marks.Notice() || marks.Advisory
	kept := private
	for i, p := range blocks {
		private = private || habit.Private(p.text)
		kind := p.kind
		switch {
		case private && (kind != article.Headline || marks.Notice()), kind == article.Paragraph && i < maxMarked && m.agency.Note(p.text):
			kind = article.Note
		case kind == article.Paragraph && i == len(blocks)-1 && len(p.text) <= maxSign && strings.HasPrefix(p.text, "—"):
			kind = article.Signoff
		case strings.Trim(p.text, "_*- ") == "":
			kind = article.Residue
		}
		b.Add(kind, p.text)
		if habit.PrivateEnd(p.text) {
			private = kept
		}
	}
	b.Add(article.Signoff, m.Trailer)
	b.Fill(a)
}

// maxSign is the longest last line that is a mark of the writer, in bytes.
const maxSign = 40
