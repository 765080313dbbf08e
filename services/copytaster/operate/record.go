package operate

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest/intake"
)

// MaxHex is how many bytes of a value that can't be decoded are shown.
const MaxHex = 4 << 10

// Types of a message.
const (
	typeArticle = "article"
	typeDead    = "dead"   // a dead letter; what it holds is shown as far as it can be
	typeState   = "state"  // a row of a state table
	typeEpoch   = "epoch"  // a writer took a state table over
	typeBroken  = "broken" // can't be decoded
)

// record is a message as `tail --json` and `dead show --json` print it.
type record struct {
	Topic       string            `json:"topic"`
	Partition   int               `json:"partition"`
	Offset      int64             `json:"offset"`
	Time        time.Time         `json:"time"` // when Kafka got it
	Key         string            `json:"key,omitempty"`
	Bytes       int               `json:"bytes"` // of the value
	Type        string            `json:"type"`
	Traceparent string            `json:"traceparent,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"` // of the message, where they are asked for
	Dead        *deadRecord       `json:"dead,omitempty"`
	Article     json.RawMessage   `json:"article,omitempty"` // by pkg/article/schema.json
	Value       json.RawMessage   `json:"value,omitempty"`   // of a state table, if it is JSON
	Text        string            `json:"text,omitempty"`    // else, if it is text
	Hex         string            `json:"hex,omitempty"`     // else: the first MaxHex bytes
	Deleted     bool              `json:"deleted,omitempty"` // the row was deleted
	Epoch       string            `json:"epoch,omitempty"`   // of a state table: "<number> <writer's random name>"
	Reason      string            `json:"reason,omitempty"`  // why it can't be decoded

	article *article.Article
	message stage.Message // as it was read
}

// deadRecord is what a dead letter says beside the message in it.
type deadRecord struct {
	Stage    string            `json:"stage"`
	Error    string            `json:"error"`
	Attempts int               `json:"attempts"`
	At       time.Time         `json:"at"`
	Origin   origin            `json:"origin"`
	Cut      string            `json:"cut,omitempty"` // bytes and SHA-256 of the whole, if the letter has only a part
	Headers  map[string]string `json:"headers,omitempty"`

	letter stage.DeadLetter
}

// origin is where a refused message stood. Partition is -1 if that was no topic
// ("drop", "push", "poll").
type origin struct {
	Topic     string     `json:"topic"`
	Partition int        `json:"partition"`
	Offset    int64      `json:"offset"`
	Time      *time.Time `json:"time,omitempty"`
}

func (o origin) String() string {
	if o.Partition < 0 {
		return o.Topic
	}
	return bus.Place{Topic: o.Topic, Partition: o.Partition, Offset: o.Offset}.String()
}

// decode makes of a message whatever it is.
func decode(m stage.Message) *record {
	r := &record{
		Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, Time: m.Time.UTC(), Key: printable(m.Key), Bytes: len(m.Value),
		Traceparent: m.Header(event.HeaderTraceparent), message: m,
	}
	tp, err := topic.ByName(m.Topic)
	known := err == nil
	switch {
	case known && (tp.Compact || tp.Name == topic.Audit || tp.Name == topic.AccessAudit) && m.Header(event.HeaderType) == "":
		r.state(m)
	case known && tp.Dead() || m.Header(event.HeaderOriginTopic) != "":
		r.dead(m)
	case known || m.Header(event.HeaderType) != "":
		r.articleOf(m)
	default:
		r.state(m) // anything, in the best form that there is
	}
	return r
}

func (r *record) state(m stage.Message) {
	r.Type, r.Epoch = typeState, m.Header(bus.EpochHeader)
	switch {
	case string(m.Key) == bus.EpochKey:
		r.Type, r.Key = typeEpoch, ""
	case m.Value == nil:
		r.Deleted = true
	case json.Valid(m.Value):
		r.Value = m.Value
	case utf8.Valid(m.Value):
		r.Text = string(m.Value)
	default:
		r.Hex = hexOf(m.Value)
	}
}

func (r *record) articleOf(m stage.Message) {
	a, err := event.Decode(m)
	if err == nil {
		r.Article, err = a.MarshalJSON()
	}
	if err != nil {
		r.Type, r.Reason, r.Hex = typeBroken, err.Error(), hexOf(m.Value)
		return
	}
	r.Type, r.article = typeArticle, &a
}

func (r *record) dead(m stage.Message) {
	d, err := event.DecodeDead(m)
	if err != nil {
		r.Type, r.Reason, r.Hex = typeBroken, err.Error(), hexOf(m.Value)
		return
	}
	o := origin{Topic: d.Message.Topic, Partition: d.Message.Partition, Offset: d.Message.Offset}
	if !d.Message.Time.IsZero() {
		t := d.Message.Time.UTC()
		o.Time = &t
	}
	r.Type = typeDead
	r.Dead = &deadRecord{d.Stage, d.Err.Error(), d.Attempts, d.At.UTC(), o, m.Header(event.HeaderCut), headersOf(d.Message), d}
	if a, err := event.Decode(d.Message); err == nil {
		if r.Article, err = a.MarshalJSON(); err == nil {
			r.article = &a
			return
		}
	}
	if utf8.Valid(m.Value) {
		r.Text = string(m.Value)
	} else {
		r.Hex = hexOf(m.Value)
	}
}

// headersOf are a message's headers; of those with one name the last.
func headersOf(m stage.Message) map[string]string {
	headers := map[string]string{}
	for _, h := range m.Headers {
		headers[h.Key] = printable(h.Value)
	}
	return headers
}

func hexOf(b []byte) string { return hex.EncodeToString(b[:min(len(b), MaxHex)]) }

// printable is b if it is text, else its hex with a mark.
func printable(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return "hex:" + hexOf(b)
}

// uri is that of the article the message is about, "" if none is known.
func (r *record) uri() string {
	if r.article != nil {
		return string(r.article.URI)
	}
	return r.Key
}

// shownText is how many bytes of foreign text stand in a line for people.
const shownText = 160

// String is the record for people, on one line.
func (r *record) String() string {
	return r.Time.Local().Format("01-02 15:04:05.000") + "  " + bus.PlaceOf(r.message).String() + "  " + r.what()
}

func (r *record) what() string {
	switch r.Type {
	case typeArticle:
		return headline(r.article)
	case typeDead:
		about := r.uri()
		switch {
		case r.article != nil:
			about = headline(r.article)
		case r.Dead.Headers[intake.HeaderSource] != "":
			about = r.Dead.Headers[intake.HeaderSource] + " " + cmp.Or(r.Dead.Headers[intake.HeaderURL], r.Dead.Headers[intake.HeaderName])
		}
		return fmt.Sprintf("DEAD in %s, from %s: %s  [%s]", r.Dead.Stage, r.Dead.Origin, cutText(r.Dead.Error), cutText(cmp.Or(about, "no key")))
	case typeBroken:
		return fmt.Sprintf("BROKEN, %s bytes: %s", grouped(int64(r.Bytes)), cutText(r.Reason))
	}
	switch {
	case r.Type == typeEpoch:
		return "a writer took the table over, epoch " + r.Epoch
	case r.Deleted:
		return r.Key + " deleted"
	case r.Value != nil:
		return r.Key + " = " + cutText(string(r.Value))
	case r.Text != "":
		return r.Key + " = " + cutText(r.Text)
	}
	return fmt.Sprintf("%s = %s bytes, hex %s", r.Key, grouped(int64(r.Bytes)), cutText(r.Hex))
}

func headline(a *article.Article) string {
	title := a.First(article.Headline)
	if title == "" {
		title = strings.TrimSpace(a.Text)
	}
	s := fmt.Sprintf("%s  %q", a.URI, cutText(title))
	if a.Status != article.Usable {
		s += " " + strings.ToUpper(string(a.Status))
	}
	return s
}

// cutText shortens s for a line.
func cutText(s string) string {
	s = safe(s)
	if len(s) <= shownText {
		return s
	}
	n := shownText
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// holds tells whether key, headers or value have the text, whatever its case.
// Protobuf keeps text as it is, so that this finds it also in what is broken.
func holds(m stage.Message, lower []byte) bool {
	if bytes.Contains(bytes.ToLower(m.Key), lower) || bytes.Contains(bytes.ToLower(m.Value), lower) {
		return true
	}
	for _, h := range m.Headers {
		if bytes.Contains(bytes.ToLower(h.Value), lower) {
			return true
		}
	}
	return false
}
