package subscriber

import (
	"fmt"
	"mime"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/protobuf/proto"

	"github.com/copytaster/copytaster/deploy/consumers/go/copytasterv1"
)

// Headers and their values, by deploy/CONSUMING.md.
const (
	headerType        = "ce_type"
	headerContentType = "content-type"
	headerSince       = "ct_since"

	released    = "org.copytaster.article.released.v1"
	contentType = "application/protobuf"
)

// Entry is what the local copy keeps of an article.
type Entry struct {
	URI      string `json:"uri"`
	Revision int64  `json:"revision"`
	Status   string `json:"status"` // usable, withheld or canceled
	Headline string `json:"headline,omitempty"`
	Text     string `json:"text,omitempty"`

	Place Place `json:"-"` // of the message that says so
	// Since is the message's ct_since: what was released before is current. Zero: it says nothing.
	Since time.Time `json:"-"`
}

// Place is where a message stands.
type Place struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
}

func (p Place) String() string { return fmt.Sprintf("%s/%d@%d", p.Topic, p.Partition, p.Offset) }

// read takes a message apart. What it doesn't know it refuses: to pass over it
// might be to pass over a kill.
func read(r *kgo.Record) (Entry, error) {
	e := Entry{Place: Place{r.Topic, r.Partition, r.Offset}}
	if t := header(r, headerType); t != released {
		return e, fmt.Errorf("message %v: %s is %q, this program knows %s", e.Place, headerType, t, released)
	}
	if t, _, err := mime.ParseMediaType(header(r, headerContentType)); err != nil || t != contentType {
		return e, fmt.Errorf("message %v: %s is %q, not %s", e.Place, headerContentType, header(r, headerContentType), contentType)
	}
	var a copytasterv1.Article
	if err := proto.Unmarshal(r.Value, &a); err != nil {
		return e, fmt.Errorf("message %v: %w", e.Place, err)
	}
	if a.GetUri() == "" || a.GetUri() != string(r.Key) {
		return e, fmt.Errorf("message %v: the key is %q, the uri %q", e.Place, r.Key, a.GetUri())
	}
	if since := header(r, headerSince); since != "" {
		ms, err := strconv.ParseInt(since, 10, 64)
		if err != nil {
			return e, fmt.Errorf("message %v: %s: %w", e.Place, headerSince, err)
		}
		e.Since = time.UnixMilli(ms)
	}
	e.URI, e.Revision = a.GetUri(), a.GetRevision()
	switch a.GetStatus() {
	case copytasterv1.Status_STATUS_USABLE:
		e.Status, e.Text = "usable", a.GetText()
		e.Headline = first(&a, "headline")
	case copytasterv1.Status_STATUS_CANCELED:
		e.Status = "canceled"
	default: // a status of later days, too, is none that lets the text be used
		e.Status = "withheld"
	}
	return e, nil
}

// first is the text of the article's first segment of that kind, "" if it has none.
func first(a *copytasterv1.Article, kind string) string {
	for _, s := range a.GetSegments() {
		start, end := int(s.GetEvidence().GetStart()), int(s.GetEvidence().GetEnd())
		if s.GetKind() == kind && 0 <= start && start <= end && end <= len(a.GetText()) {
			return a.GetText()[start:end]
		}
	}
	return ""
}

func header(r *kgo.Record, key string) string {
	for _, h := range r.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}
