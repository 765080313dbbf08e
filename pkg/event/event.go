// Package event turns articles and dead letters into messages and back.
//
// An article travels as protobuf (proto/copytaster/v1) in the binary mode of
// CloudEvents 1.0: attributes are headers named ce_*, the value is the bare
// article, and the key is its URI, so that all revisions of one article keep
// their order.
//
// Every error of this package is marked by [stage.Permanent]: the same bytes
// will be refused again.
package event

import (
	"crypto/rand"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event/internal/pb"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Type is the CloudEvents type of an article: what happened to it.
type Type string

// The types.
const (
	Received Type = "org.copytaster.article.received.v1"
	Enriched Type = "org.copytaster.article.enriched.v1"
	// Released is an article that may go out, or the notice, without text, that
	// one which went out is canceled or withheld.
	Released Type = "org.copytaster.article.released.v1"
)

// Names and values of headers.
const (
	HeaderSpecVersion = "ce_specversion"
	HeaderID          = "ce_id"
	HeaderSource      = "ce_source"
	HeaderType        = "ce_type"
	HeaderTime        = "ce_time"
	HeaderSubject     = "ce_subject"
	HeaderUrgency     = "ce_urgency"     // of the article, if it states one
	HeaderCorrections = "ct_corrections" // how many changes of editors its revision counts, if any
	HeaderDataSchema  = "ce_dataschema"
	HeaderContentType = "content-type"
	HeaderTraceparent = "traceparent"

	SpecVersion = "1.0"
	ContentType = "application/protobuf"
	DataSchema  = "urn:copytaster:proto:copytaster.v1.Article"
)

const typePrefix = "org.copytaster.article."

// split takes a type apart into "received" and "v1".
func (t Type) split() (name, version string, ok bool) {
	rest, ok := strings.CutPrefix(string(t), typePrefix)
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, ".")
}

// check tells why an article of this type can't be read here.
func (t Type) check() error {
	switch t {
	case Received, Enriched, Released:
		return nil
	case "":
		return fmt.Errorf("header %s is missing", HeaderType)
	}
	name, version, ok := t.split()
	if ok && version != "v1" && (name == "received" || name == "enriched" || name == "released") {
		return fmt.Errorf("%s %q has version %q, this program reads v1 only", HeaderType, string(t), version)
	}
	return fmt.Errorf("%s %q is unknown", HeaderType, string(t))
}

// TypeOf is the type of the article in m, without reading the article.
func TypeOf(m stage.Message) (Type, error) {
	t := Type(m.Header(HeaderType))
	if err := t.check(); err != nil {
		return "", stage.Permanent(err)
	}
	return t, nil
}

// Encode makes the message that carries a. Its Time is not set, so that a
// replayed article counts as new for its topic's retention.
//
// The original's bytes are kept for [Received] only. The same article gives
// the same bytes. An article that is not valid, or is larger than
// [topic.MaxMessage] with key and headers, is refused.
func Encode(a *article.Article, t Type) (stage.Message, error) {
	if err := t.check(); err != nil {
		return stage.Message{}, stage.Permanent(fmt.Errorf("article %s: %w", a.URI, err))
	}
	if err := a.Validate(); err != nil {
		return stage.Message{}, stage.Permanent(err)
	}
	p, err := toProto(a, t)
	if err != nil {
		return stage.Message{}, stage.Permanent(fmt.Errorf("article %s: %w", a.URI, err))
	}
	value, err := proto.MarshalOptions{Deterministic: true}.Marshal(p)
	if err != nil {
		return stage.Message{}, stage.Permanent(fmt.Errorf("article %s: %w", a.URI, err))
	}
	name, _, _ := t.split()
	m := stage.Message{Key: []byte(a.URI), Value: value, Partition: -1}
	for _, h := range [...][2]string{
		{HeaderSpecVersion, SpecVersion},
		{HeaderID, string(a.URI) + "#" + a.Revision.String()},
		{HeaderSource, "/copytaster/" + name + "/" + url.PathEscape(a.Source)},
		{HeaderType, string(t)},
		{HeaderTime, a.ReceivedAt.UTC().Format(time.RFC3339Nano)},
		{HeaderSubject, string(a.URI)},
		{HeaderUrgency, stated(a.Urgency)},
		{HeaderCorrections, stated(a.Corrections.Number)},
		{HeaderDataSchema, DataSchema},
		{HeaderContentType, ContentType},
		{HeaderTraceparent, a.Traceparent},
	} {
		if h[1] != "" {
			m.Headers = append(m.Headers, stage.Header{Key: h[0], Value: []byte(h[1])})
		}
	}
	if n := m.Size(); n > topic.MaxMessage {
		return stage.Message{}, stage.Permanent(&TooLargeError{a.URI, n})
	}
	return m, nil
}

// stated is a number as a header's value; "" for none.
func stated(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// Urgent tells whether the message carries an article of urgency 1 or 2, which
// goes before what waits. Only the header says so: one that has none waits.
func Urgent(m *stage.Message) bool {
	switch m.Header(HeaderUrgency) {
	case "1", "2":
		return true
	}
	return false
}

// Fits tells whether the message that carries a is within [topic.MaxMessage].
// It takes about as long as [Encode]; of most articles their sizes tell enough.
func Fits(a *article.Article, t Type) bool {
	const sure = topic.MaxMessage / 8 // leaves room for what is made of the text
	if written(a) < sure && parts(a) < usualParts {
		return true
	}
	_, err := Encode(a, t)
	return !errors.As(err, new(*TooLargeError))
}

// written is how many bytes have what may be long.
func written(a *article.Article) int {
	n := len(a.Text) + len(a.Original.Bytes)
	for i := range a.Images {
		n += len(a.Images[i].URL) + len(a.Images[i].Caption) + len(a.Images[i].Credit)
	}
	return n
}

// parts is how many there are of what is written. Mentions are left out: within their
// limit they are too few to make a message too large that isn't by other things.
func parts(a *article.Article) int {
	return len(a.Segments) + len(a.Subjects) + len(a.Images) + len(a.Quotes) + len(a.Amounts) + len(a.Quantities) + len(a.Moments) + len(a.EvolvedFrom) +
		len(a.Entities) + len(a.Places) + len(a.Keyphrases)
}

// usualParts of an article are small beside its text.
const usualParts = 1000

// TooLargeError says that an article is too large for a message.
type TooLargeError struct {
	URI   article.URI
	Bytes int // that the message would have
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("article %s: message has %d bytes, the limit is %d", e.URI, e.Bytes, topic.MaxMessage)
}

// Decode reads the article in m. Refused are: another content type, another
// type or major version, bytes that aren't such an article, one that is not
// valid ([article.Article.Validate]), and a key that is not the article's URI.
// Fields of a later minor version are ignored, and of what was read in the text that
// is cut which is more than this one can hold ([article.Article.CutReading]).
func Decode(m stage.Message) (article.Article, error) {
	a, err := decode(m)
	if err != nil {
		return article.Article{}, stage.Permanent(fmt.Errorf("message %s/%d@%d: %w", m.Topic, m.Partition, m.Offset, err))
	}
	return a, nil
}

func decode(m stage.Message) (article.Article, error) {
	var none article.Article
	if n := m.Size(); n > topic.MaxMessage {
		return none, fmt.Errorf("message has %d bytes, the limit is %d", n, topic.MaxMessage)
	}
	if v := m.Header(HeaderSpecVersion); !strings.HasPrefix(v, "1.") {
		return none, fmt.Errorf("%s is %q, want %s", HeaderSpecVersion, v, SpecVersion)
	}
	ct := m.Header(HeaderContentType)
	if mt, _, err := mime.ParseMediaType(ct); err != nil || mt != ContentType {
		return none, fmt.Errorf("%s is %q, want %s", HeaderContentType, ct, ContentType)
	}
	if err := Type(m.Header(HeaderType)).check(); err != nil {
		return none, err
	}
	var p pb.Article
	if err := proto.Unmarshal(m.Value, &p); err != nil {
		return none, fmt.Errorf("value of %d bytes is no article: %w", len(m.Value), err)
	}
	a, err := fromProto(&p)
	if err != nil {
		return none, err
	}
	a.CutReading()
	if err := a.Validate(); err != nil {
		return none, err
	}
	if string(m.Key) != string(a.URI) {
		return none, fmt.Errorf("key %s is not the article's uri %s", quote(m.Key), strconv.Quote(string(a.URI)))
	}
	if s := m.Header(HeaderSubject); s != "" && s != string(a.URI) {
		return none, fmt.Errorf("%s %s is not the article's uri %s", HeaderSubject, quote([]byte(s)), strconv.Quote(string(a.URI)))
	}
	a.Traceparent = traceparent(m.Header(HeaderTraceparent))
	return a, nil
}

// Bare is the message around the value of one that [Encode] made, for where
// only key and value were kept.
func Bare(key string, value []byte, t Type) stage.Message {
	return stage.Message{Key: []byte(key), Value: value, Partition: -1, Headers: []stage.Header{
		{Key: HeaderSpecVersion, Value: []byte(SpecVersion)},
		{Key: HeaderType, Value: []byte(t)},
		{Key: HeaderContentType, Value: []byte(ContentType)},
	}}
}

// maxQuoted keeps foreign bytes in error texts short.
const maxQuoted = 80

func quote(b []byte) string {
	if len(b) > maxQuoted {
		return strconv.Quote(string(b[:maxQuoted])) + "..."
	}
	return strconv.Quote(string(b))
}

// traceparent is s if it looks like one, else "": a broken trace context is
// no reason to refuse an article, by W3C's own rule.
func traceparent(s string) string {
	const length = len("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	if len(s) != length {
		return ""
	}
	for i := range len(s) {
		dash := i == 2 || i == 35 || i == 52
		if dash != (s[i] == '-') || !dash && !strings.ContainsRune("0123456789abcdef", rune(s[i])) {
			return ""
		}
	}
	return s
}

// NewTraceparent starts a trace: a sampled W3C trace context with random ids.
func NewTraceparent() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("00-%x-%x-01", b[:16], b[16:])
}
