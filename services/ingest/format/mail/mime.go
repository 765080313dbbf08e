package mail

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"

	"github.com/copytaster/copytaster/services/ingest/document"
)

// Limits of a mail, besides those of every input.
const (
	// maxHeader is the longest header, the mail's or a part's, in bytes.
	maxHeader = 64 << 10
	// maxParts is how many parts a mail may have, those in parts counted.
	maxParts = 200
	// maxDepth is how deep parts may stand in parts, mails in mails counted.
	maxDepth = 10
	// maxLine is the longest line of a text, in bytes: RFC 5322 allows 998.
	maxLine = 256 << 10
	// maxParagraphs is how many paragraphs a mail's text may have.
	maxParagraphs = 20_000
)

// entity is a mail or a part of one.
type entity struct {
	header  textproto.MIMEHeader
	kind    string // media type
	params  map[string]string
	name    string // of the file
	aside   bool   // to be stored, not to be read with the rest
	raw     []byte // the body as it was sent
	encoded string // its transfer encoding
	parts   []*entity
	inside  *entity // of message/rfc822
}

// reader counts what a mail takes.
type reader struct {
	parts int
}

// read takes a mail apart. Errors are [*document.Error]s.
func (r *reader) read(data []byte, depth int) (*entity, error) {
	if bytes.HasPrefix(data, []byte("From ")) { // a line of a mailbox
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	head, body := cut(data)
	if len(head) > maxHeader {
		return nil, document.At(document.TooLarge, Name, data, maxHeader, "a header of %d bytes, the limit is %d", len(head), maxHeader)
	}
	h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(bytes.Clone(head), "\r\n\r\n"...)))).ReadMIMEHeader()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, document.Refuse(document.Syntax, Name, "the header can't be read: %v", err)
	}
	return r.entity(h, body, depth)
}

// cut parts header and body at the first blank line.
func cut(data []byte) (head, body []byte) {
	for _, sep := range []string{"\n\r\n", "\n\n"} {
		if i := bytes.Index(data, []byte(sep)); i >= 0 && (head == nil || i < len(head)) {
			head, body = data[:i+1], data[i+len(sep):]
		}
	}
	if head == nil {
		return data, nil
	}
	return head, body
}

func (r *reader) entity(h textproto.MIMEHeader, body []byte, depth int) (*entity, error) {
	if r.parts++; r.parts > maxParts {
		return nil, document.Refuse(document.TooMany, Name, "more than %d parts", maxParts)
	}
	if depth > maxDepth {
		return nil, document.Refuse(document.TooDeep, Name, "parts are nested deeper than %d", maxDepth)
	}
	e := &entity{header: h, kind: "text/plain", raw: body, encoded: strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding")))}
	if ct := h.Get("Content-Type"); ct != "" {
		kind, params, err := mime.ParseMediaType(ct)
		if kind == "" {
			kind = strings.ToLower(strings.TrimSpace(strings.SplitN(ct, ";", 2)[0]))
		}
		if err != nil && strings.HasPrefix(kind, "multipart/") {
			return nil, &document.Error{Reason: document.Syntax, Format: Name, Field: "Content-Type", Detail: err.Error()}
		}
		e.kind, e.params = kind, params
	}
	disposition, params, err := mime.ParseMediaType(h.Get("Content-Disposition"))
	if err == nil {
		e.aside, e.name = strings.EqualFold(disposition, "attachment"), params["filename"]
	}
	if e.name == "" {
		e.name = e.params["name"]
	}
	e.name = line(e.name)
	switch {
	case strings.HasPrefix(e.kind, "multipart/"):
		return e, r.multipart(e, depth)
	case e.kind == "message/rfc822":
		data, err := e.content()
		if err != nil {
			return nil, err
		}
		e.inside, err = r.read(data, depth+1)
		return e, err
	}
	return e, nil
}

func (r *reader) multipart(e *entity, depth int) error {
	boundary := e.params["boundary"]
	if boundary == "" {
		return &document.Error{Reason: document.Syntax, Format: Name, Field: "Content-Type", Detail: e.kind + " without a boundary"}
	}
	mr := multipart.NewReader(bytes.NewReader(e.raw), boundary)
	for {
		p, err := mr.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return document.Refuse(document.Syntax, Name, "part %d: %v", r.parts+1, err)
		}
		body, err := io.ReadAll(p)
		if err != nil {
			return document.Refuse(document.Syntax, Name, "part %d breaks off: %v", r.parts+1, err)
		}
		one, err := r.entity(p.Header, body, depth+1)
		if err != nil {
			return err
		}
		e.parts = append(e.parts, one)
	}
}

// content is the body, decoded.
func (e *entity) content() ([]byte, error) {
	var from io.Reader
	switch e.encoded {
	case "", "7bit", "8bit", "binary":
		return e.raw, nil
	case "base64":
		from = base64.NewDecoder(base64.StdEncoding, bytes.NewReader(bytes.Map(func(r rune) rune {
			if r == ' ' || r == '\t' {
				return -1
			}
			return r
		}, bytes.TrimSpace(e.raw))))
	case "quoted-printable":
		from = quotedprintable.NewReader(bytes.NewReader(e.raw))
	default:
		return nil, &document.Error{Reason: document.Charset, Format: Name, Field: "Content-Transfer-Encoding", Detail: fmt.Sprintf("%q is not known", clip(e.encoded))}
	}
	data, err := io.ReadAll(from)
	if err != nil {
		return nil, &document.Error{Reason: document.Syntax, Format: Name, Field: "Content-Transfer-Encoding", Detail: fmt.Sprintf("%s: %v", e.encoded, err)}
	}
	return data, nil
}

// text is the body as UTF-8.
func (e *entity) text(h document.Hint) (document.Text, error) {
	data, err := e.content()
	if err != nil {
		return document.Text{}, err
	}
	if len(data) > document.MaxSingle {
		return document.Text{}, document.Refuse(document.TooLarge, Name, "a text of %d bytes, the limit is %d", len(data), document.MaxSingle)
	}
	for l := range bytes.Lines(data) {
		if len(l) > maxLine {
			return document.Text{}, document.Refuse(document.TooLarge, Name, "a line of %d bytes, the limit is %d", len(l), maxLine)
		}
	}
	charset := e.params["charset"]
	if charset == "" || strings.EqualFold(charset, "us-ascii") || strings.EqualFold(charset, "unknown-8bit") {
		charset = h.Charset
	}
	t, err := document.Convert(data, charset)
	if e, ok := errors.AsType[*document.Error](err); ok && e.Reason == document.Charset && h.Charset == "" {
		return document.Convert(data, "") // mail programs name encodings that there are not
	}
	return t, err
}

// words decodes the encoded words of a header.
func words(s string) string {
	d := mime.WordDecoder{CharsetReader: func(charset string, r io.Reader) (io.Reader, error) {
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		t, err := document.Convert(data, charset)
		return strings.NewReader(t.UTF8), err
	}}
	out, err := d.DecodeHeader(s)
	if err != nil {
		out = s // as it stands, rather than lost
	}
	if t, err := document.Convert([]byte(out), ""); err == nil {
		out = t.UTF8
	}
	return line(out)
}

// line is one line without control characters.
func line(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool { return r <= ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' }), " ")
}

func clip(s string) string {
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
