package event_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
)

func TestOverridesTravel(t *testing.T) {
	text := "Ana Ruiz swam. Skarra saw it."
	a := &article.Article{Text: text, Revision: 77}
	o := article.Override{URI: "urn:x:1", Number: 3}
	for field, value := range map[string]string{
		"language": `"de"`, "entities": `[{"type":"person","name":"Ana Ruiz"},{"type":"place","name":"Elsewhere"}]`, "topics": "[]",
		"quotes": `[{"text":"swam","speaker":"Ana"}]`, "summary": `{"text":"Skarra saw it."}`,
		"segments": `[{"text":"Ana Ruiz swam. Skarra saw it.","kind":"note"}]`,
	} {
		c, err := article.ParseCorrection(article.Proof{Article: a}, field, []byte(value))
		if err != nil {
			t.Fatal(err)
		}
		c.Who, c.At, c.Reason = "M. Ito", time.Date(2024, 4, 22, 1, 2, 3, 0, time.UTC), "why"
		if field == "entities" {
			c.Text, c.Known = 1<<63, []uint64{7, 1 << 62}
		}
		o = o.Set(c)
	}
	b, err := event.EncodeOverride(&o)
	if err != nil {
		t.Fatal(err)
	}
	got, err := event.DecodeOverride("urn:x:1", b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, o) {
		t.Errorf("got  %+v\nwant %+v", got, o)
	}
	for says, c := range map[string]struct {
		key   string
		value []byte
	}{
		`it is of "urn:x:1"`: {"urn:x:2", b},
		"it has number 0":    {"urn:x:1", nil},
		"can't be read":      {"urn:x:1", []byte("broken")},
		"can't be read: ":    {"urn:x:1", b[:len(b)-3]},
	} {
		if _, err := event.DecodeOverride(c.key, c.value); !stage.IsPermanent(err) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
	o.Corrections[0].Passages[0].End++
	if b, err = event.EncodeOverride(&o); err != nil {
		t.Fatal(err)
	}
	if _, err := event.DecodeOverride("urn:x:1", b); err == nil || !strings.Contains(err.Error(), "bytes of words") {
		t.Errorf("passages that aren't those of the words: %v", err)
	}
	unsorted := article.Override{URI: "urn:x:1", Number: 1, Corrections: []article.Correction{{Corrected: article.Corrected{Field: "topics"}, Text: 1, Known: []uint64{2, 1}}}}
	if b, err = event.EncodeOverride(&unsorted); err != nil {
		t.Fatal(err)
	}
	if _, err := event.DecodeOverride("urn:x:1", b); err == nil || !strings.Contains(err.Error(), "what was known is not in order") {
		t.Errorf("what was known, not in order: %v", err)
	}
	large := article.Override{URI: "urn:x:1", Number: 1, Corrections: []article.Correction{{Value: article.Article{Text: strings.Repeat("x", event.MaxOverride)}}}}
	if _, err := event.EncodeOverride(&large); !stage.IsPermanent(err) || !strings.Contains(err.Error(), "the limit is 1048576") {
		t.Errorf("too large: %.200v", err)
	}
}

// An article says in a header how many changes its revision counts, for those who
// read headers alone.
func TestCorrectionsAreCountedInAHeader(t *testing.T) {
	a := article.Article{
		URI: "urn:x:1", Source: "wire", Status: article.Usable, Text: "x", ReceivedAt: time.Unix(1, 0).UTC(), Revision: 7,
		Segments:    []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: 1}}}},
		Corrections: article.Corrections{Number: 2, Fields: []article.Corrected{{Field: "topics", Who: "M. Ito", At: time.Unix(2, 0).UTC(), Unseen: []string{"medtop:1"}}}},
	}
	m, err := event.Encode(&a, event.Enriched)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := event.Decode(m); err != nil || m.Header(event.HeaderCorrections) != "2" || !reflect.DeepEqual(got.Corrections, a.Corrections) {
		t.Errorf("%q, %+v, %v", m.Header(event.HeaderCorrections), got, err)
	}
	a.Corrections = article.Corrections{Fields: a.Corrections.Fields}
	if _, err := event.Encode(&a, event.Enriched); err == nil || !strings.Contains(err.Error(), "corrections: 1 fields in 0 changes") {
		t.Error(err)
	}
}
