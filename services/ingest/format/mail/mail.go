// Package mail decodes agency mail: RFC 5322 with MIME. The mail itself is an
// article, and so is every attachment in a format that is known.
package mail

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/habit"
	"github.com/copytaster/copytaster/services/ingest/format/html"
	"github.com/copytaster/copytaster/services/ingest/format/plain"
)

// Name of the format.
const Name = "mail"

const (
	signer = "format/" + Name
	// version counts the changes of what the decoder makes of the same bytes.
	version = 1
	// declaredConfidence is what a mail's word about its language is worth.
	declaredConfidence = 0.7
)

// Inner is a format that an attachment may have.
type Inner struct {
	Name   string
	Detect func(head []byte) bool
	Split  func(data []byte, h document.Hint) ([]document.Part, error) // nil: one part
	Decode func(ctx context.Context, r io.Reader, h document.Hint) ([]article.Article, error)
}

// headBytes is how much of an attachment is looked at to recognise it.
const headBytes = 16 << 10

var field = regexp.MustCompile(`^([!-9;-~]{1,76}):`)

// Detect tells whether an input begins with a mail's header: nothing but
// fields, among them a sender or a way it came, and an id, a MIME version, or
// a subject and a date in a mail's form.
func Detect(head []byte) bool {
	if rest, ok := bytes.CutPrefix(head, []byte("From ")); ok {
		_, head, _ = bytes.Cut(rest, []byte("\n"))
	}
	var sender, typical, subject, date bool
	for l := range bytes.Lines(head) {
		l = bytes.TrimRight(l, "\r\n")
		if len(l) == 0 {
			break
		}
		if l[0] == ' ' || l[0] == '\t' {
			continue
		}
		g := field.FindSubmatch(l)
		if g == nil {
			return false
		}
		switch strings.ToLower(string(g[1])) {
		case "from", "sender", "received", "return-path":
			sender = true
		case "message-id", "mime-version":
			typical = true
		case "subject":
			subject = true
		case "date":
			_, err := mail.ParseDate(strings.TrimSpace(string(l[len(g[0]):])))
			date = err == nil
		}
	}
	return sender && (typical || subject && date)
}

// The header's fields by which the parts of a mail know where they come from.
const (
	fieldAttachment = "Copytaster-Attachment" // its number
	fieldEmbargo    = "Copytaster-Embargo"    // the mail's: a date, or unresolved
	unresolved      = "unresolved"
)

// content is what a mail is made of.
type content struct {
	mail        *entity
	plain, html *entity   // wordings of one text
	more        []*entity // texts that follow it
	attached    []*entity
}

func sort(mail *entity) *content {
	c := &content{mail: mail}
	c.add(mail, false)
	return c
}

func (c *content) add(e *entity, alternative bool) {
	switch {
	case strings.HasPrefix(e.kind, "multipart/"):
		for _, p := range e.parts {
			c.add(p, alternative || e.kind == "multipart/alternative")
		}
	case e.aside, e.inside != nil, e.name != "" && e != c.mail:
		c.attached = append(c.attached, e)
	case e.kind == "text/plain" && c.plain == nil && (c.html == nil || alternative):
		c.plain = e
	case e.kind == "text/html" && c.html == nil && (c.plain == nil || alternative):
		c.html = e
	case e.kind == "text/plain", e.kind == "text/html":
		c.more = append(c.more, e)
	default:
		c.attached = append(c.attached, e)
	}
}

// body is the text: the plain wording, unless it hardly says anything of what
// the other does.
func (c *content) body(h document.Hint) (blocks []html.Block, text, charset string, err error) {
	add := func(e *entity) (int, error) {
		t, err := e.text(h)
		if err != nil {
			return 0, err
		}
		bs, err := read(e, t.UTF8)
		if err != nil {
			return 0, err
		}
		blocks = append(blocks, bs...)
		if e.kind != "text/html" {
			text += t.UTF8 + "\n"
		}
		if charset == "" || charset == "utf-8" {
			charset = t.Charset
		}
		return letters(bs), nil
	}
	if c.plain != nil {
		n, err := add(c.plain)
		if err != nil {
			return nil, "", "", err
		}
		if c.html != nil {
			kept, keptText := blocks, text
			blocks, text = nil, ""
			m, err := add(c.html)
			if err != nil || m < 2*n && n > 0 {
				blocks, text = kept, keptText
			}
		}
	} else if c.html != nil {
		if _, err := add(c.html); err != nil {
			return nil, "", "", err
		}
	}
	for _, e := range c.more {
		if _, err := add(e); err != nil {
			return nil, "", "", err
		}
	}
	return blocks, text, charset, nil
}

func read(e *entity, s string) ([]html.Block, error) {
	if e.kind == "text/html" {
		blocks, _, err := html.Fragment(s, "")
		return blocks, err
	}
	if strings.EqualFold(e.params["format"], "flowed") {
		s = flowed(s, strings.EqualFold(e.params["delsp"], "yes"))
	}
	var blocks []html.Block
	for _, p := range plain.Paragraphs(printable(s), false) {
		blocks = append(blocks, html.Block{Kind: article.Paragraph, Text: p})
	}
	return blocks, nil
}

// flowed joins the lines that RFC 3676 has broken; deleted says that the space
// in front of a break is none of the text's. A blank line ends a paragraph, also
// where the line before it wrongly says that it goes on.
func flowed(s string, deleted bool) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	var b strings.Builder
	open := false // the line before goes on
	for l := range strings.Lines(s) {
		body := strings.TrimSuffix(l, "\n")
		body = strings.TrimPrefix(body, " ") // stuffed, for what mail programs do to "From "
		if open && (strings.TrimSpace(body) == "" || body == "-- ") {
			b.WriteByte('\n')
		}
		open = body != "-- " && strings.HasSuffix(body, " ") && strings.TrimSpace(body) != "" && !strings.HasPrefix(body, ">")
		if open && deleted {
			body = strings.TrimSuffix(body, " ")
		}
		b.WriteString(body)
		if !open {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// forwards is the header of another mail as programs put it into the text: a
// line that says so, and fields.
var (
	forwards = regexp.MustCompile(`(?i)^[-_ ]{3,}\s*(?:\pL+[- ]){0,3}(?:message|nachricht|meddelande|meddelelse|melding|mensaje|messaggio|mail)\s*(?:[-_ ]{3,}|:)`)
	fields   = regexp.MustCompile(`(?i)(?:^|\s)(?:from|von|de|da|från|fra):\s.*\s(?:subject|betreff|objet|asunto|oggetto|ämne|emne):\s`)
)

// forwarded tells whether a paragraph is such a header.
func forwarded(p string) bool {
	return len(p) <= maxForwarded && (forwards.MatchString(p) || fields.MatchString(p))
}

// maxForwarded is the longest header of that kind, in bytes.
const maxForwarded = 2 << 10

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\r' && r != '\t' && (r < ' ' || r >= 0x7f && r < 0xa0) {
			return ' '
		}
		return r
	}, s)
}

func letters(blocks []html.Block) int {
	n := 0
	for _, b := range blocks {
		if b.Kind.InBody() {
			n += len(strings.Join(strings.Fields(b.Text), ""))
		}
	}
	return n
}

// ids are the message ids of a field.
var ids = regexp.MustCompile(`<([^<>\s]{1,998})>`)

// id is a mail's message id, "" if it has none. Of several none can be believed.
func (e *entity) id() (string, error) {
	all := e.header.Values("Message-Id")
	if len(all) > 1 {
		return "", &document.Error{Reason: document.Syntax, Format: Name, Field: "Message-ID", Detail: "stands twice"}
	}
	if len(all) == 0 {
		return "", nil
	}
	if g := ids.FindStringSubmatch(all[0]); g != nil {
		return g[1], nil
	}
	return line(strings.Trim(strings.TrimSpace(all[0]), "<>")), nil
}

// answers is the mail that this one answers, "" if it isn't one.
func (e *entity) answers() string {
	all := e.header.Values("In-Reply-To")
	if len(all) != 1 {
		return ""
	}
	if g := ids.FindAllStringSubmatch(all[0], 2); len(g) == 1 {
		return g[0][1]
	}
	return ""
}

func uri(h document.Hint, id string) article.URI {
	return article.ScopedURI(h.Namespace(), document.ShortID(id))
}

// date is when the mail says it was written; zero if that can't be read.
func (e *entity) date(a *article.Article) time.Time {
	s := e.header.Get("Date")
	if s == "" {
		return time.Time{}
	}
	t, err := mail.ParseDate(strings.TrimSpace(s))
	if err != nil {
		a.Flag(article.FlagDateUnreadable)
		return time.Time{}
	}
	return t.UTC()
}

// reply are what mail programs put before a subject.
var reply = regexp.MustCompile(`(?i)^(?:(?:re|aw|sv|fwd?|wg|tr|vs)\s*:\s*)+`)

// marks is what a mail says of itself, in its subject and at its top. Lines
// that it quotes from another are not its own.
func (c *content) marks(h document.Hint, subject, text string, blocks []html.Block) habit.Marks {
	agency := habit.First(h.Provider, h.Source)
	answer := c.mail.answers() != ""
	own := reply.ReplaceAllString(subject, "")
	// The subject of a "Re:" is that of the mail it answers.
	top := []habit.Line{{Text: own, Heading: true, Field: answer && own == subject}}
	var lines []string
	if text != "" {
		for l := range strings.Lines(text) {
			if !strings.HasPrefix(strings.TrimSpace(l), ">") {
				lines = append(lines, strings.TrimSpace(l))
			}
		}
	} else {
		for _, b := range blocks {
			if b.Kind != article.Quote {
				lines = append(lines, b.Text)
			}
		}
	}
	top = append(top, habit.Lines(lines)...)
	for i, l := range lines {
		if i >= maxMarked {
			break
		}
		top = append(top, habit.Line{Text: l})
	}
	m := agency.Read(top)
	if own != subject {
		body := agency.Read(top[1:])
		m.Kill, m.Hold = body.Kill, body.Hold
	}
	if m.Notice() {
		m.Targets = nil // numbers name no mail
		if answer {
			m.Targets = []habit.Target{{}}
		}
	}
	if s := strings.TrimSpace(c.mail.header.Get(fieldEmbargo)); s != "" {
		until, err := time.Parse(time.RFC3339, s)
		switch {
		case err != nil:
			m.Embargo, m.Until = true, time.Time{}
		case !m.Embargo || !m.Until.IsZero() && until.After(m.Until):
			m.Embargo, m.Until = true, until
		}
	}
	return m
}

// maxMarked is how many lines at the top may be marks in small letters, too.
const maxMarked = 8

// adapt makes the article of the mail's own text.
func (c *content) adapt(h document.Hint) ([]article.Article, error) {
	a := article.Article{Status: article.Usable, PublishedAt: h.PublishedAt}
	blocks, text, charset, err := c.body(h)
	if err != nil {
		return nil, err
	}
	if len(blocks) > maxParagraphs {
		return nil, document.Refuse(document.TooMany, Name, "%d paragraphs, the limit is %d", len(blocks), maxParagraphs)
	}
	a.Original.Charset = charset
	subject := words(c.mail.header.Get("Subject"))
	if len(blocks) == 0 && subject == "" {
		return nil, document.Refuse(document.Empty, Name, "the mail has neither subject nor text")
	}
	a.VersionCreated = c.mail.date(&a)
	if a.PublishedAt.IsZero() {
		a.PublishedAt = a.VersionCreated
	}
	if l, err := language.Parse(strings.TrimSpace(strings.SplitN(c.mail.header.Get("Content-Language"), ",", 2)[0])); err == nil && l != language.Und {
		a.Language = article.Label{Value: l.String(), Evidence: []article.Evidence{{Enricher: signer, Version: version, Confidence: declaredConfidence}}}
	}
	for k := range strings.SplitSeq(words(c.mail.header.Get("Keywords")), ",") {
		if k = strings.TrimSpace(k); k != "" {
			a.Subjects = append(a.Subjects, article.Subject{Name: k})
		}
	}
	if slices.ContainsFunc(c.attached, func(e *entity) bool { return !e.picture() }) {
		a.Flag(article.FlagHoldsOthers)
	}
	marks := c.marks(h, subject, text, blocks)
	c.lay(&a, subject, blocks, marks)
	marks.Apply(&a)
	id, err := c.mail.id()
	if err != nil {
		return nil, err
	}
	if id != "" {
		a.URI = uri(h, id)
	} else {
		a.URI = article.TextURI(h.Namespace(), a.Text)
		a.Flag(article.FlagIdentityFromText)
	}
	return marks.Notices(a, func(habit.Target) (article.URI, bool) {
		answered := c.mail.answers()
		return uri(h, answered), answered != ""
	}), nil
}

// picture tells that an attachment can't be an article.
func (e *entity) picture() bool {
	kind, _, _ := strings.Cut(e.kind, "/")
	return e.inside == nil && slices.Contains([]string{"image", "audio", "video"}, kind)
}

// lay writes the text with its segments.
func (c *content) lay(a *article.Article, subject string, blocks []html.Block, marks habit.Marks) {
	agency := habit.Agency{}
	b := article.Builder{Signer: signer, Version: version}
	b.Add(article.Headline, subject)
	if len(blocks) > 0 && strings.EqualFold(blocks[0].Text, subject) {
		blocks = blocks[1:]
	}
	private := marks.Notice() || marks.Advisory
	kept := private
	for i, p := range blocks {
		private = private || habit.Private(p.Text)
		kind := p.Kind
		switch {
		case private, i < maxMarked && agency.Note(p.Text), forwarded(p.Text):
			kind = article.Note
		case p.Text == "--", strings.HasPrefix(p.Text, "-- "):
			kind, private = article.Boilerplate, true // the signature of a mail program, to the end
		}
		b.Add(kind, p.Text)
		if habit.PrivateEnd(p.Text) {
			private = kept
		}
	}
	var names []string
	for _, e := range c.attached {
		name := e.kind
		if e.name != "" {
			name = e.name + " (" + e.kind + ")"
		}
		names = append(names, name)
	}
	if len(names) > 0 {
		b.Add(article.Note, "Attachments: "+strings.Join(names, ", "))
	}
	b.Fill(a)
}

// Split cuts a mail into its text and its attachments in formats of inner,
// those of mails in it included.
func Split(inner []Inner) func([]byte, document.Hint) ([]document.Part, error) {
	return func(data []byte, h document.Hint) ([]document.Part, error) {
		var r reader
		e, err := r.read(data, 1)
		if err != nil {
			return nil, err
		}
		if e.header.Get(fieldAttachment) != "" {
			return []document.Part{{Data: data, Item: data}}, nil
		}
		s := splitter{inner: inner, h: h}
		if err := s.mail(e, data, ""); err != nil {
			return nil, err
		}
		if len(s.parts) == 1 && bytes.Equal(s.parts[0].Data, data) {
			s.parts[0].Label = ""
		}
		return s.parts, nil
	}
}

type splitter struct {
	inner []Inner
	h     document.Hint
	parts []document.Part
}

func (s *splitter) add(p document.Part) error {
	if len(s.parts) >= document.MaxItems {
		return document.Refuse(document.TooMany, Name, "more than %d articles in one mail", document.MaxItems)
	}
	s.parts = append(s.parts, p)
	return nil
}

// mail adds a mail's text, if it has any or nothing else, and its attachments.
func (s *splitter) mail(e *entity, data []byte, embargo string) error {
	c := sort(e)
	blocks, text, _, err := c.body(s.h)
	subject := words(e.header.Get("Subject"))
	own := embargo
	if err == nil {
		m := c.marks(s.h, subject, text, blocks)
		switch {
		case !m.Embargo:
		case m.Until.IsZero():
			own = unresolved
		default:
			own = later(own, m.Until)
		}
	} else {
		own = unresolved // and the text is refused when it is decoded
	}
	at := len(s.parts)
	for i, p := range c.attached {
		if err := s.attachment(e, p, i+1, own); err != nil {
			return err
		}
	}
	if len(blocks) == 0 && err == nil && len(s.parts) > at {
		return nil
	}
	id, _ := e.id() // told when it is decoded
	part := document.Part{Data: data, Item: data, ID: id, Label: "text of the mail"}
	if embargo != "" {
		part.Data = append([]byte(fieldEmbargo+": "+embargo+"\r\n"), data...)
	}
	if len(data) > s.h.Largest() {
		part.Data = c.light(embargo)
	}
	s.parts = append(s.parts[:at:at], append([]document.Part{part}, s.parts[at:]...)...)
	return nil
}

func later(embargo string, until time.Time) string {
	old, err := time.Parse(time.RFC3339, embargo)
	if embargo == unresolved || err == nil && old.After(until) {
		return embargo
	}
	return until.Format(time.RFC3339)
}

// attachment adds an attachment in a format that is known, item by item.
func (s *splitter) attachment(mail, e *entity, n int, embargo string) error {
	label := fmt.Sprintf("attachment %d", n)
	if e.name != "" {
		label += " (" + clip(e.name) + ")"
	}
	data, err := e.content()
	if err != nil {
		return s.add(document.Part{Data: e.raw, Item: e.raw, Label: label, Err: err})
	}
	if e.inside != nil {
		return s.mail(e.inside, data, embargo)
	}
	f, ok := find(s.inner, e, data)
	if !ok {
		return nil
	}
	parts := []document.Part{{Data: data, Item: data}}
	if f.Split != nil {
		if parts, err = f.Split(data, e.hint(s.h)); err != nil {
			return s.add(document.Part{Data: data, Item: data, Label: label, Err: err})
		}
	}
	for i, p := range parts {
		number := strconv.Itoa(n)
		if len(parts) > 1 {
			number = fmt.Sprintf("%d.%d", n, i+1)
		}
		framed := document.Part{Data: frame(mail, e, number, embargo, p.Data), Item: p.Item, ID: p.ID, Label: label, Err: p.Err}
		if p.Label != "" {
			framed.Label += ", " + p.Label
		}
		if err := s.add(framed); err != nil {
			return err
		}
	}
	return nil
}

// find is the format of an attachment. What is called text and is in no other
// format is text.
func find(inner []Inner, e *entity, data []byte) (Inner, bool) {
	head := document.Head(data, headBytes)
	for _, f := range inner {
		if f.Name == "text" && e.kind != "text/plain" {
			continue
		}
		if len(bytes.TrimSpace(head)) > 0 && f.Detect(head) {
			return f, true
		}
	}
	return Inner{}, false
}

func (e *entity) hint(h document.Hint) document.Hint {
	h.URL, h.MediaType, h.Charset, h.Name = "", e.kind, e.params["charset"], e.name
	return h
}

// copied are the fields that the parts of a mail take from it.
var copied = []string{"Message-Id", "Date", "From"}

// frame is an attachment as a mail of its own, with what it takes from the one
// that it came in.
func frame(mail, e *entity, number, embargo string, data []byte) []byte {
	var b bytes.Buffer
	b.Grow(len(data)*4/3 + len(data)/38 + 1024)
	put := func(name, value string) {
		if value = line(value); value != "" {
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	put(fieldAttachment, number)
	put(fieldEmbargo, embargo)
	for _, name := range copied {
		for _, v := range mail.header.Values(name) {
			put(name, v)
		}
	}
	put("MIME-Version", "1.0")
	put("Content-Type", e.header.Get("Content-Type"))
	put("Content-Disposition", e.header.Get("Content-Disposition"))
	put("Content-Transfer-Encoding", "base64")
	b.WriteString("\r\n")
	text := base64.StdEncoding.EncodeToString(data)
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	b.WriteString(text + "\r\n")
	return b.Bytes()
}

// light is the mail without its attachments, of which only the names are kept:
// an article carries its original with it, and must fit into a message.
func (c *content) light(embargo string) []byte {
	var b bytes.Buffer
	put := func(name, value string) {
		if value = line(value); value != "" {
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	put(fieldEmbargo, embargo)
	for _, name := range append(copied, "Subject", "In-Reply-To", "References", "Keywords", "Content-Language") {
		for _, v := range c.mail.header.Values(name) {
			put(name, v)
		}
	}
	put("MIME-Version", "1.0")
	const boundary = "copytaster-without-attachments"
	put("Content-Type", "multipart/mixed; boundary="+boundary)
	part := func(e *entity, raw []byte) {
		b.WriteString("\r\n--" + boundary + "\r\n")
		for _, name := range []string{"Content-Type", "Content-Disposition", "Content-Transfer-Encoding"} {
			put(name, e.header.Get(name))
		}
		b.WriteString("\r\n")
		b.Write(raw)
	}
	text := c.plain
	if text == nil {
		text = c.html
	}
	if text != nil {
		part(text, text.raw)
	}
	for _, e := range c.more {
		part(e, e.raw)
	}
	for _, e := range c.attached {
		part(e, nil)
	}
	b.WriteString("\r\n--" + boundary + "--\r\n")
	return b.Bytes()
}

// Decode makes the article of a mail's text, or of one attachment. Errors are
// [*document.Error]s.
func Decode(inner []Inner) func(context.Context, io.Reader, document.Hint) ([]article.Article, error) {
	return func(ctx context.Context, r io.Reader, h document.Hint) ([]article.Article, error) {
		data, err := document.Read(r, Name, h.Largest())
		if err != nil {
			return nil, err
		}
		var rd reader
		e, err := rd.read(data, 1)
		if err != nil {
			return nil, err
		}
		if n := line(e.header.Get(fieldAttachment)); n != "" {
			return attachment(ctx, inner, e, n, h)
		}
		return sort(e).adapt(h)
	}
}

// attachment makes the articles of an attachment. A text has no id of its own,
// and is named after the mail and its place in it.
func attachment(ctx context.Context, inner []Inner, e *entity, n string, h document.Hint) ([]article.Article, error) {
	data, err := e.content()
	if err != nil {
		return nil, err
	}
	f, ok := find(inner, e, data)
	if !ok {
		return nil, document.Refuse(document.Unknown, Name, "attachment %s is in no format that is known", clip(n))
	}
	as, err := f.Decode(ctx, bytes.NewReader(data), e.hint(h))
	if err != nil {
		return nil, err
	}
	id, err := e.id()
	if err != nil {
		return nil, err
	}
	for i := range as {
		a := &as[i]
		named := true
		kept := a.Flags[:0]
		for _, flag := range a.Flags {
			if flag == article.FlagIdentityFromText && id != "" {
				named = false
				continue
			}
			kept = append(kept, flag)
		}
		if a.Flags = kept; !named {
			a.URI = uri(h, id+"#"+n)
		}
		if a.VersionCreated.IsZero() {
			a.VersionCreated = e.date(a)
		}
		if a.PublishedAt.IsZero() && a.Status != article.Canceled {
			a.PublishedAt = a.VersionCreated
		}
		if s := strings.TrimSpace(e.header.Get(fieldEmbargo)); s != "" {
			m := habit.Marks{Embargo: true}
			if until, err := time.Parse(time.RFC3339, s); err == nil {
				m.Until = until
			}
			m.Apply(a)
		}
	}
	return as, nil
}
