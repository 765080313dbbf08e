package iptc7901

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/habit"
	"github.com/copytaster/copytaster/services/ingest/format/telegraph"
)

// adapt makes the article of the message.
func (m *message) adapt(h document.Hint) ([]article.Article, error) {
	a := article.Article{PublishedAt: h.PublishedAt, Status: article.Usable, Original: article.Original{Charset: m.charset}}
	if a.Urgency = m.Priority; a.Urgency > 9 {
		a.Urgency = 0
	}
	home, _ := m.agency.Location()
	sent, completed, dated := m.Date.Complete(arrival(h), home)
	switch {
	case dated:
		a.VersionCreated = sent.UTC()
		if a.PublishedAt.IsZero() {
			a.PublishedAt = a.VersionCreated
		}
		if completed {
			a.Flag(article.FlagDateCompleted)
		}
	case m.Date != telegraph.Stated{}:
		a.Flag(article.FlagDateUnreadable)
	}
	if m.own.Version != "" {
		a.Version = "#" + m.own.Version // no counter that a kill, which has none, would be below
	}
	a.Subjects = append(a.Subjects, article.Subject{Code: "iptc7901:" + m.Category})
	for _, k := range m.Keywords {
		for w := range strings.SplitSeq(k, "/") {
			if w = strings.TrimSpace(w); w != "" {
				a.Subjects = append(a.Subjects, article.Subject{Name: w})
			}
		}
	}
	if m.agency.Name != "" {
		a.Agency = article.Label{Value: m.agency.Name, Evidence: []article.Evidence{{Enricher: signer, Version: version, Confidence: 0.9}}}
	}
	blocks := telegraph.Paragraphs(m.Body)
	if len(blocks) > telegraph.MaxParagraphs {
		return nil, document.Refuse(document.TooMany, Name, "%d paragraphs, the limit is %d", len(blocks), telegraph.MaxParagraphs)
	}
	marks := m.agency.Read(m.marked(blocks))
	if marks.Notice() {
		marks = marks.Find(strings.Join(blocks, "\n"))
	}
	m.lay(&a, blocks, marks)
	if a.Text == "" {
		return nil, document.Refuse(document.Empty, Name, "message %s%s has neither headline nor text", m.Service, m.Number)
	}
	marks.Apply(&a)
	day := ""
	if dated {
		day = sent.In(zone(m.Date.Zone, home)).Format("2006-01-02")
	}
	a.URI = m.uri(&a, h, day)
	return marks.Notices(a, func(t habit.Target) (article.URI, bool) { return m.target(t, h, day) }), nil
}

func zone(stated, home *time.Location) *time.Location {
	if stated != nil {
		return stated
	}
	return home
}

// uri names the message. Its number begins anew every day, so that the day
// belongs to its name; the agency's own number is the same in all services,
// that of the service is not. Where no day is known the text names it.
func (m *message) uri(a *article.Article, h document.Hint, day string) article.URI {
	if strings.Contains(m.own.Number, "-") {
		return article.ScopedURI(h.Namespace(), m.own.Agency+":"+m.own.Number) // is one for good
	}
	if day == "" {
		a.Flag(article.FlagIdentityFromText)
		return article.TextURI(h.Namespace(), a.Text)
	}
	if m.own.Number != "" {
		return id(h, m.own.Agency, m.own.Number, day)
	}
	return id(h, m.Service, m.Number, day)
}

func id(h document.Hint, who, number, day string) article.URI {
	n, err := strconv.Atoi(number)
	if err == nil {
		number = fmt.Sprintf("%04d", n)
	}
	return article.ScopedURI(h.Namespace(), who+":"+number+":"+day)
}

// target is the message that a notice names: one of the same day, so with a
// lower number than its own, by the numbers that name this message, too.
func (m *message) target(t habit.Target, h document.Hint, day string) (article.URI, bool) {
	who, number := m.Service, m.Number
	named := t.Agency == "" || t.Agency == who || t.Agency == strings.ToLower(m.agency.Name)
	if m.own.Number != "" {
		who, number = m.own.Agency, m.own.Number
		named = t.Agency == who
	}
	n, err := strconv.Atoi(number)
	if !named || err != nil || day == "" || t.Dated || t.Number >= n {
		return "", false
	}
	return id(h, who, strconv.Itoa(t.Number), day), true
}

// maxMarked is how many paragraphs below the headline may be marks.
const maxMarked = 6

// marked are the lines in which marks are looked for.
func (m *message) marked(blocks []string) []habit.Line {
	var top []habit.Line
	for _, l := range m.Keywords {
		top = append(top, habit.Line{Text: l, Heading: true})
	}
	for _, l := range m.Catch {
		top = append(top, habit.Line{Text: l})
	}
	top = append(top, habit.Line{Text: m.Headline, Heading: true})
	for _, b := range blocks[:min(len(blocks), maxMarked)] {
		top = append(top, habit.Line{Text: b})
	}
	return append(top, habit.Lines(m.Body)...)
}

func first(block string) string {
	l, _, _ := strings.Cut(block, "\n")
	return l
}

var (
	byline = regexp.MustCompile(`^(?:Von|By|Par|Por|Di|Av|Af) \p{Lu}[^.!?:]{2,70}$`)
	sign   = regexp.MustCompile(`^(?:\pL{2,7}(?:/\pL{2,7})? )?(?:\pL{2,4}[ /]?){1,5}$`)
)

// lay writes the text with its segments.
func (m *message) lay(a *article.Article, blocks []string, marks habit.Marks) {
	b := article.Builder{Signer: signer, Version: version}
	if len(m.Keywords) > 0 {
		b.Add(article.Note, "Keywords: "+strings.Join(m.Keywords, "\n"))
	}
	for _, l := range m.Catch {
		b.Add(article.Note, l)
	}
	b.Add(article.Headline, m.Headline)
	private := marks.Notice() || marks.Advisory
	kept := private
	for i, p := range blocks {
		private = private || habit.Private(first(p))
		kind := article.Paragraph
		switch {
		case private || i < maxMarked && m.agency.Note(p):
			kind = article.Note
		case i < 2 && strings.HasSuffix(p, " =") && m.Headline != "":
			kind, p = article.Standfirst, strings.TrimRight(p, " =") // a line below the headline ends as that does
		case i < 2 && byline.MatchString(p):
			kind = article.Byline
		case i < 3 && i < len(blocks)-1 && m.place(p):
			kind = article.Dateline
		case i == len(blocks)-1 && i > 0 && (m.signs(p) || m.signed(p)):
			kind = article.Signoff
		}
		b.Add(kind, p)
		if habit.PrivateEnd(p) {
			private = kept
		}
	}
	b.Add(article.Signoff, m.Stamp)
	b.Fill(a)
}

// place tells whether a paragraph is but where the report comes from, and the
// agency's name: "SKARRA TT".
func (m *message) place(p string) bool {
	at := strings.LastIndexByte(p, ' ')
	if at < 0 || len(p) > maxSigned || strings.ToUpper(p) != p {
		return false
	}
	_, known := habit.Find(strings.Trim(p[at+1:], "()"))
	return known
}

// signs tells whether the last paragraph is the agency's mark: its name and
// the letters of who wrote it.
func (m *message) signs(p string) bool {
	if len(p) <= maxSigned && initials.MatchString(p) {
		return true
	}
	if len(p) > maxSigned || !sign.MatchString(p) {
		return false
	}
	name, _, _ := strings.Cut(strings.ToLower(p), " ")
	name, _, _ = strings.Cut(name, "/")
	_, known := habit.Find(name)
	return known || name == m.own.Agency || p == strings.ToLower(p)
}
