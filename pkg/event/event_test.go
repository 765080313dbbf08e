package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event/internal/pb"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

var update = flag.Bool("update", false, "write the golden files anew")

const sampleTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// sample has every field set.
func sample() article.Article {
	ev := func(start, end int) article.Evidence {
		return article.Evidence{Span: article.Span{Start: start, End: end}, Enricher: "segments", Version: 2, Confidence: 0.75}
	}
	text := "Zürich floods\n\nThe river rose.  (dpa)\n"
	return article.Article{
		URI: "urn:copytaster:dpa:ä%201", Version: "3", Revision: 1<<62 + 7, Status: article.Withheld,
		EmbargoUntil: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
		Source:       "site 3/é", Provider: "dpa", URL: "https://example.org/a?b=c",
		Text: text,
		Segments: []article.Segment{
			{Kind: article.Headline, Evidence: ev(0, 14)},
			{Kind: article.Paragraph, Evidence: ev(16, 31)},
			{Kind: article.Signoff, Evidence: ev(33, 38)},
		},
		Language:   article.Label{Value: "en", Evidence: []article.Evidence{{Enricher: "language", Version: 1, Confidence: 1}}},
		Agency:     article.Label{Value: "dpa", Evidence: []article.Evidence{ev(33, 38), {}}},
		CitedMedia: []article.Label{{Value: "NZZ"}, {Value: "BBC", Evidence: []article.Evidence{ev(1, 3)}}},
		Credits:    []article.Credit{{Evidence: ev(33, 38), Photographer: "A. Nother", Agencies: []string{"dpa", "AFP"}}},
		Attribution: article.Attribution{
			Publisher: "site", Via: "dpa", Cites: []string{"NZZ"},
		},
		Filed: article.Filed{Evidence: ev(0, 7), Places: []string{"Zürich"}, Date: time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC), Agencies: []string{"dpa"}},
		Translation: article.Translation{Likelihood: 0.75, Reasons: []article.Reason{
			{Evidence: ev(33, 38), Why: "agency"}, {Evidence: article.Evidence{Enricher: "translation", Version: 1, Confidence: 0.5}, Why: "source"},
		}},
		Quotes: []article.Quotation{{Evidence: ev(16, 25), Speaker: "A. Nother", Role: "mayor", Via: "NZZ", Cue: "said", Partial: true}, {Evidence: ev(26, 30)}},
		Amounts: []article.Amount{
			{Evidence: ev(16, 19), Figure: article.Figure{Known: true, Value: 110e6, To: 110e6}, Currency: "USD"},
			{Evidence: ev(20, 25), Figure: article.Figure{Known: true, Value: 94e6, To: 95.5e6, Approximate: true}, Currency: "EUR", Converts: 1},
		},
		Quantities: []article.Quantity{{Evidence: ev(16, 19), Figure: article.Figure{Approximate: true}, Unit: "soldiers"}},
		Moments: []article.Moment{
			{Evidence: ev(16, 19), From: time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC), Precision: article.PrecisionMonth},
			{Evidence: ev(20, 25), Precision: article.PrecisionOpen, To: time.Date(1850, 1, 1, 0, 0, 0, 0, time.UTC)},
			{Evidence: ev(26, 30), Precision: article.PrecisionDay},
		},
		Entities: []article.Entity{
			{Type: article.EntityPerson, Name: "A. Nother", ID: "wikidata:Q1", Title: "Dr", Role: "mayor", Mentions: []article.Evidence{ev(0, 7), ev(16, 19)}},
			{Type: article.EntityOrganisation, Name: "Deutsche Presse-Agentur", Mentions: []article.Evidence{{}}},
		},
		Places: []article.Place{
			{Name: "Zürich", Country: "CH", GeoNamesID: 2657896, Located: true, Lat: 47.36667, Lon: 8.55, Main: true, Mentions: []article.Evidence{ev(0, 7)}},
			{Name: "Null Island", Located: true, Mentions: []article.Evidence{ev(16, 19)}},
			{Name: "Alps", Mentions: []article.Evidence{ev(16, 19), {}}},
		},
		Topics: []article.Topic{
			{Evidence: ev(16, 19), Qcode: "medtop:20000070", Label: "war", Path: []string{"medtop:16000000", "medtop:20000070"}, Why: []article.Reason{{Evidence: ev(16, 19), Why: "war"}, {Why: "subject"}}},
			{Qcode: "medtop:16000000", Path: []string{"medtop:16000000"}},
		},
		Keyphrases: []article.Keyphrase{{Evidence: ev(16, 25), Phrase: "mayor", Score: 2.5}, {Phrase: "war"}},
		Summary:    ev(16, 31),
		Subjects:   []article.Subject{{Code: "medtop:20000070", Name: "war"}, {Name: "weather"}},
		Images:     []article.Image{{URL: "https://example.org/i.jpg", MediaType: "image/jpeg", Caption: "c", Credit: "d"}},
		Urgency:    4, PublishedAt: time.Date(2025, 12, 31, 23, 59, 59, 999999999, time.UTC),
		VersionCreated: time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC), ReceivedAt: time.Date(2026, 1, 1, 0, 0, 0, 1, time.UTC),
		Original: article.Original{
			Bytes: []byte{0, 0xff, 'x'}, Size: 3, Hash: strings.Repeat("ab", 32), Format: "text", MediaType: "text/plain", Charset: "utf-8", Name: "a.txt",
			Archived: "originals/ab/cd/x", Stated: article.Stated{URL: "https://example.org/feed?key=1", MediaType: "text/plain; charset=ascii", Charset: "ascii", PublishedAt: time.Date(2025, 12, 30, 0, 0, 0, 5, time.UTC)},
		},
		Flags:       []string{article.FlagOrderTimeClamped},
		Traceparent: sampleTrace,
	}
}

func TestRoundTripOfEveryField(t *testing.T) {
	want := sample()
	m, err := Encode(&want, Received)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(m)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	if string(m.Key) != string(want.URI) || !m.Time.IsZero() || m.Partition != -1 {
		t.Fatalf("key %q, time %v, partition %d", m.Key, m.Time, m.Partition)
	}
	typ, err := TypeOf(m)
	if err != nil || typ != Received {
		t.Fatal(typ, err)
	}
	m, err = Encode(&want, Enriched)
	if err != nil {
		t.Fatal(err)
	}
	if got, err = Decode(m); err != nil {
		t.Fatal(err)
	}
	if got.Original.Bytes != nil || got.Original.Size != 3 {
		t.Fatalf("an enriched article carries %d original bytes, size %d", len(got.Original.Bytes), got.Original.Size)
	}
}

func TestGolden(t *testing.T) {
	a := sample()
	for _, typ := range []Type{Received, Enriched} {
		m, err := Encode(&a, typ)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		b.WriteString("key " + string(m.Key) + "\n")
		for _, h := range m.Headers {
			b.WriteString(h.Key + " " + string(h.Value) + "\n")
		}
		b.WriteString("\n" + hex.Dump(m.Value))
		name, _, _ := typ.split()
		file := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), b.String()); d != "" {
			t.Errorf("%s: what is on the wire has changed, which breaks every reader of the log:\n%s", file, d)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*article.Article)
		typ    Type
		want   string
	}{
		"filed year":     {func(a *article.Article) { a.Filed.Date = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, Received, "year 10000"},
		"converts":       {func(a *article.Article) { a.Amounts[1].Converts = 2 }, Received, "converts the one 2 before it"},
		"quote outside":  {func(a *article.Article) { a.Quotes[1].End = 1000 }, Received, "quote 1: has span"},
		"entity outside": {func(a *article.Article) { a.Entities[0].Mentions[1].End = 1000 }, Received, "entity 0: has span"},
		"mention":        {func(a *article.Article) { a.Places[0].Mentions[0].Confidence = 2 }, Received, "place 0: confidence 2"},
		"no position":    {func(a *article.Article) { a.Places[0].Lat = 91 }, Received, "place 0: position 91"},
		"topics": {func(a *article.Article) {
			a.Topics = append(a.Topics, a.Topics[0], a.Topics[0], a.Topics[0], a.Topics[0])
		}, Enriched, "has 6 topics, the limit is 5"},
		"role":             {func(a *article.Article) { a.Entities[0].Role = strings.Repeat("r", article.MaxNameBytes+1) }, Enriched, "entity 0: \"rrr"},
		"path":             {func(a *article.Article) { a.Topics[0].Path = nil }, Received, "topic 0: has a path"},
		"summary":          {func(a *article.Article) { a.Summary.Version = 1 << 40 }, Received, "summary 0: version 1099511627776"},
		"no uri":           {func(a *article.Article) { a.URI = "" }, Received, "uri is empty"},
		"unknown type":     {func(*article.Article) {}, "org.copytaster.article.shredded.v1", "unknown"},
		"other version":    {func(*article.Article) {}, "org.copytaster.article.received.v2", "v1 only"},
		"span outside":     {func(a *article.Article) { a.Agency.Evidence[0].End = 1000 }, Received, "outside the text"},
		"negative span":    {func(a *article.Article) { a.Credits[0].Start = -1 }, Received, "outside the text"},
		"confidence":       {func(a *article.Article) { a.Segments[0].Confidence = math.NaN() }, Received, "confidence"},
		"infinite":         {func(a *article.Article) { a.Language.Evidence[0].Confidence = math.Inf(1) }, Received, "confidence"},
		"invalid UTF-8":    {func(a *article.Article) { a.Subjects[0].Name = "a\xffb" }, Received, "UTF-8"},
		"year 10000":       {func(a *article.Article) { a.PublishedAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, Received, "published_at"},
		"urgency":          {func(a *article.Article) { a.Urgency = 1 << 40 }, Received, "urgency"},
		"evidence version": {func(a *article.Article) { a.Agency.Evidence[0].Version = 1 << 40 }, Received, "32 bits"},
		"too large":        {func(a *article.Article) { a.Original.Bytes = make([]byte, topic.MaxMessage) }, Received, "the limit is 8388608"},
	} {
		a := sample()
		c.change(&a)
		_, err := Encode(&a, c.typ)
		if err == nil || !stage.IsPermanent(err) || !strings.Contains(err.Error(), c.want) || a.URI != "" && !strings.Contains(err.Error(), "%201") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSizeLimitIsExact(t *testing.T) {
	a := sample()
	m, err := Encode(&a, Received)
	if err != nil {
		t.Fatal(err)
	}
	// Lengths of three bytes become lengths of four, twice: measure once more near the limit.
	a.Original.Bytes = make([]byte, topic.MaxMessage-m.Size()-100)
	if m, err = Encode(&a, Received); err != nil {
		t.Fatal(err)
	}
	n := len(a.Original.Bytes) + topic.MaxMessage - m.Size()
	a.Original.Bytes = make([]byte, n)
	if m, err = Encode(&a, Received); err != nil || m.Size() != topic.MaxMessage {
		t.Fatal(m.Size(), err)
	}
	if _, err := Decode(m); err != nil {
		t.Fatal(err)
	}
	a.Original.Bytes = make([]byte, n+1)
	if !Fits(&a, Enriched) || Fits(&a, Received) {
		t.Error("it fits without its original alone")
	}
	if _, err = Encode(&a, Received); err == nil {
		t.Fatal("one byte above the limit was accepted")
	}
	a.Original.Bytes = make([]byte, n)
	if !Fits(&a, Received) {
		t.Error("what has the limit exactly doesn't fit")
	}
}

// TestFitsCountsWhatATextIsAbout has all of it at its limits beside the longest text
// that is taken for short.
func TestFitsCountsWhatATextIsAbout(t *testing.T) {
	a := sample()
	a.Text += strings.Repeat(".", topic.MaxMessage/8-1000-len(a.Text)) // and some for original and pictures
	a.Segments[2].End, a.Status = len(a.Text), article.Usable
	long := strings.Repeat("n", article.MaxNameBytes)
	mentions := make([]article.Evidence, article.MaxAllMentions/(article.MaxEntities+article.MaxPlaces))
	for i := range mentions {
		mentions[i] = article.Evidence{Span: article.Span{Start: 16, End: 19}, Enricher: strings.Repeat("e", article.MaxEnricher), Confidence: .5}
	}
	a.Entities, a.Places = make([]article.Entity, article.MaxEntities), make([]article.Place, article.MaxPlaces)
	for i := range a.Entities {
		a.Entities[i] = article.Entity{Type: article.EntityPerson, Name: long, ID: long, Title: long, Role: long, Mentions: mentions}
	}
	for i := range a.Places {
		a.Places[i] = article.Place{Name: long, Mentions: mentions}
	}
	if err := a.Validate(); err != nil {
		t.Fatal(err)
	}
	if Fits(&a, Enriched) {
		t.Error("all that an article may be about fits beside a text of a mebibyte")
	}
	for i := range a.Entities {
		a.Entities[i].Mentions = mentions[:1]
	}
	if !Fits(&a, Enriched) {
		t.Error("with fewer mentions it doesn't fit")
	}
}

func set(m *stage.Message, key, value string) {
	hs := m.Headers
	m.Headers = nil
	for _, h := range hs {
		if h.Key == key {
			if value == "" {
				continue
			}
			h.Value = []byte(value)
		}
		m.Headers = append(m.Headers, h)
	}
}

// reencode changes the protobuf in m.
func reencode(m *stage.Message, change func(*pb.Article)) {
	var p pb.Article
	if err := proto.Unmarshal(m.Value, &p); err != nil {
		panic(err)
	}
	change(&p)
	m.Value, _ = proto.Marshal(&p)
}

func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*stage.Message)
		want   string
	}{
		"no spec version":     {func(m *stage.Message) { set(m, HeaderSpecVersion, "") }, HeaderSpecVersion},
		"other spec version":  {func(m *stage.Message) { set(m, HeaderSpecVersion, "2.0") }, HeaderSpecVersion},
		"no content type":     {func(m *stage.Message) { set(m, HeaderContentType, "") }, HeaderContentType},
		"structured mode":     {func(m *stage.Message) { set(m, HeaderContentType, "application/cloudevents+json") }, HeaderContentType},
		"no type":             {func(m *stage.Message) { set(m, HeaderType, "") }, "ce_type is missing"},
		"unknown type":        {func(m *stage.Message) { set(m, HeaderType, "com.example.thing.v1") }, "unknown"},
		"next major version":  {func(m *stage.Message) { set(m, HeaderType, "org.copytaster.article.received.v2") }, "v1 only"},
		"empty value":         {func(m *stage.Message) { m.Value = nil }, "status is not set"},
		"text":                {func(m *stage.Message) { m.Value = []byte("hello, this is text") }, "is no article"},
		"cut short":           {func(m *stage.Message) { m.Value = m.Value[:len(m.Value)/2] }, "is no article"},
		"too large":           {func(m *stage.Message) { m.Value = make([]byte, topic.MaxMessage) }, "the limit is"},
		"other key":           {func(m *stage.Message) { m.Key = bytes.Repeat([]byte{0xff}, 1000) }, "not the article's uri"},
		"no key":              {func(m *stage.Message) { m.Key = nil }, "not the article's uri"},
		"other subject":       {func(m *stage.Message) { set(m, HeaderSubject, "urn:x") }, HeaderSubject},
		"unknown status":      {func(m *stage.Message) { reencode(m, func(p *pb.Article) { p.Status = 99 }) }, "status 99"},
		"no status":           {func(m *stage.Message) { reencode(m, func(p *pb.Article) { p.Status = 0 }) }, "status is not set"},
		"span outside":        {func(m *stage.Message) { reencode(m, func(p *pb.Article) { p.Agency.Evidence[0].End = 9999 }) }, "outside the text"},
		"segment outside":     {func(m *stage.Message) { reencode(m, func(p *pb.Article) { p.Segments[2].Evidence.End = 9999 }) }, "outside the text"},
		"segment without end": {func(m *stage.Message) { reencode(m, func(p *pb.Article) { p.Segments[0].Evidence = nil }) }, "span 0-0"},
		"segment of no kind":  {func(m *stage.Message) { reencode(m, func(p *pb.Article) { p.Segments[0].Kind = "" }) }, "no kind"},
		"mention outside":     {func(m *stage.Message) { reencode(m, func(p *pb.Article) { p.Entities[0].Mentions[1].End = 9999 }) }, "entity 0: has span 16-9999"},
		"topic outside":       {func(m *stage.Message) { reencode(m, func(p *pb.Article) { p.Topics[0].Why[0].Evidence.Start = -1 }) }, "reason of a topic 0: has span -1-19"},
		"not a time":          {func(m *stage.Message) { reencode(m, func(p *pb.Article) { p.ReceivedAt.Nanos = -1 }) }, "received_at"},
		"no revision":         {func(m *stage.Message) { reencode(m, func(p *pb.Article) { p.Revision = 0 }) }, "revision"},
	} {
		a := sample()
		m, err := Encode(&a, Received)
		if err != nil {
			t.Fatal(err)
		}
		m.Topic, m.Partition, m.Offset = "articles.received", 3, 42
		c.change(&m)
		_, err = Decode(m)
		if err == nil || !stage.IsPermanent(err) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "articles.received/3@42") {
			t.Errorf("%s: %v", name, err)
		} else if len(err.Error()) > 700 {
			t.Errorf("%s: error of %d bytes", name, len(err.Error()))
		}
	}
}

func TestDecodeBears(t *testing.T) {
	for name, change := range map[string]func(*stage.Message){
		"a later minor version's field":  func(m *stage.Message) { m.Value = protowire.AppendString(protowire.AppendTag(m.Value, 999, 2), "new") },
		"an unknown kind":                func(m *stage.Message) { reencode(m, func(p *pb.Article) { p.Segments[0].Kind = "infobox" }) },
		"parameters of the content type": func(m *stage.Message) { set(m, HeaderContentType, "Application/Protobuf; x=y") },
		"a later spec version":           func(m *stage.Message) { set(m, HeaderSpecVersion, "1.1") },
		"no subject":                     func(m *stage.Message) { set(m, HeaderSubject, "") },
		"a broken trace context":         func(m *stage.Message) { set(m, HeaderTraceparent, "00-zz") },
		"headers of others": func(m *stage.Message) {
			m.Headers = append([]stage.Header{{Key: "x", Value: []byte{0xff}}}, m.Headers...)
		},
	} {
		a := sample()
		m, err := Encode(&a, Received)
		if err != nil {
			t.Fatal(err)
		}
		change(&m)
		got, err := Decode(m)
		if err != nil || got.URI != a.URI {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFitsCountsCaptions(t *testing.T) {
	a := sample()
	if a.Images[0].Caption = strings.Repeat("c", topic.MaxMessage); Fits(&a, Enriched) {
		t.Error("a caption as long as a message fits")
	}
}

// TestDecodeCuts: a later version may have more of what a text is about than this
// one holds, and is read all the same.
func TestDecodeCuts(t *testing.T) {
	long := strings.Repeat("r", article.MaxNameBytes+1)
	for name, c := range map[string]struct {
		change func(*pb.Article)
		cut    func(*article.Article)
	}{
		"topics": {
			func(p *pb.Article) {
				for len(p.Topics) < 6 {
					p.Topics = append(p.Topics, p.Topics[0])
				}
			},
			func(a *article.Article) { a.Topics = append(a.Topics, a.Topics[0], a.Topics[0], a.Topics[0]) },
		},
		"a role":   {func(p *pb.Article) { p.Entities[0].Role = long }, func(a *article.Article) { a.Entities[0].Role = "" }},
		"a name":   {func(p *pb.Article) { p.Places[0].Name = long }, func(a *article.Article) { a.Places = a.Places[1:] }},
		"a path":   {func(p *pb.Article) { p.Topics[0].Path = make([]string, 11) }, func(a *article.Article) { a.Topics = a.Topics[1:] }},
		"mentions": {func(p *pb.Article) { p.Places[2].Mentions = make([]*pb.Evidence, 1001) }, func(a *article.Article) { a.Places[2].Mentions = make([]article.Evidence, 1000) }},
		"a summary": {
			func(p *pb.Article) {
				p.Text += strings.Repeat(".", 1001)
				p.Segments[2].Evidence.End, p.Segments[2].Kind = int32(len(p.Text)), "paragraph"
				p.Summary.Start, p.Summary.End = p.Segments[2].Evidence.Start, p.Segments[2].Evidence.End
			},
			func(a *article.Article) {
				a.Text += strings.Repeat(".", 1001)
				a.Segments[2].End, a.Segments[2].Kind, a.Summary = len(a.Text), article.Paragraph, article.Evidence{}
			},
		},
	} {
		want := sample()
		m, err := Encode(&want, Enriched)
		if err != nil {
			t.Fatal(err)
		}
		reencode(&m, c.change)
		got, err := Decode(m)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.cut(&want)
		want.Original.Bytes = nil
		want.Flag(article.FlagTruncated)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
		if _, err := Encode(&got, Enriched); err != nil {
			t.Errorf("%s: what was read can't be written: %v", name, err)
		}
	}
}

func TestUrgent(t *testing.T) {
	for urgency, want := range map[int]bool{0: false, 1: true, 2: true, 3: false, 9: false} {
		a := sample()
		a.Urgency = urgency
		m, err := Encode(&a, Received)
		if err != nil {
			t.Fatal(err)
		}
		if got := Urgent(&m); got != want || urgency == 0 && m.Header(HeaderUrgency) != "" {
			t.Errorf("urgency %d: %v, header %q", urgency, got, m.Header(HeaderUrgency))
		}
	}
	for _, s := range []string{"", "01", "1 ", "10", "-1"} {
		if m := (stage.Message{Headers: []stage.Header{{Key: HeaderUrgency, Value: []byte(s)}}}); Urgent(&m) {
			t.Errorf("%q is urgent", s)
		}
	}
}

func TestTraceparent(t *testing.T) {
	for s, want := range map[string]string{
		sampleTrace:                  sampleTrace,
		"":                           "",
		strings.ToUpper(sampleTrace): "",
		sampleTrace + "-00":          "",
		strings.Repeat("-", 55):      strings.Repeat("-", 55)[:0],
		strings.Replace(sampleTrace, "-", "x", 1): "",
	} {
		if got := traceparent(s); got != want {
			t.Errorf("%q: %q", s, got)
		}
	}
}

func genTime(t *rapid.T, name string) time.Time {
	if rapid.Bool().Draw(t, name+" is set") {
		return time.Unix(rapid.Int64Range(-62135596799, 253402300799).Draw(t, name), rapid.Int64Range(0, 999999999).Draw(t, name+" ns")).UTC()
	}
	return time.Time{}
}

func genArticle(t *rapid.T) article.Article {
	str := rapid.StringN(0, 20, 60)
	word := rapid.StringMatching(`[a-zäß€]{1,8}`)
	var text strings.Builder
	a := article.Article{
		URI: article.URI("urn:" + word.Draw(t, "uri")), Version: str.Draw(t, "version"),
		Revision:     article.Revision(rapid.Int64Range(1, math.MaxInt64).Draw(t, "revision")),
		Status:       rapid.SampledFrom([]article.Status{article.Usable, article.Withheld, article.Canceled}).Draw(t, "status"),
		EmbargoUntil: genTime(t, "embargo"), ExpiresAt: genTime(t, "expiry"), Source: word.Draw(t, "source"), Provider: str.Draw(t, "provider"), URL: str.Draw(t, "url"),
		Urgency: rapid.IntRange(-1, 9).Draw(t, "urgency"), PublishedAt: genTime(t, "published"), VersionCreated: genTime(t, "created"),
		ReceivedAt:  time.Unix(rapid.Int64Range(1, 1<<33).Draw(t, "received"), 5).UTC(),
		EvolvedFrom: rapid.SampledFrom([][]article.URI{nil, {"urn:a"}, {"urn:a", "urn:ä"}}).Draw(t, "evolved from"),
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "segments") {
		text.WriteString(rapid.SampledFrom([]string{"", " ", "\n\n", "\u00a0"}).Draw(t, "space"))
		start := text.Len()
		text.WriteString(word.Draw(t, "words"))
		a.Segments = append(a.Segments, article.Segment{Kind: article.Kinds[i], Evidence: article.Evidence{
			Span: article.Span{Start: start, End: text.Len()}, Enricher: str.Draw(t, "enricher"), Confidence: rapid.Float64Range(0, 1).Draw(t, "confidence"),
		}})
	}
	a.Text = text.String()
	label := rapid.Custom(func(t *rapid.T) article.Label {
		l := article.Label{Value: str.Draw(t, "value")}
		for range rapid.IntRange(0, 2).Draw(t, "evidence") {
			end := rapid.IntRange(0, len(a.Text)).Draw(t, "end")
			l.Evidence = append(l.Evidence, article.Evidence{
				Span:     article.Span{Start: rapid.IntRange(0, end).Draw(t, "start"), End: end},
				Enricher: str.Draw(t, "enricher"), Version: rapid.IntRange(0, 1<<31-1).Draw(t, "version"), Confidence: rapid.Float64Range(0, 1).Draw(t, "confidence"),
			})
		}
		return l
	})
	a.Language, a.Agency = label.Draw(t, "language"), label.Draw(t, "agency")
	for range rapid.IntRange(0, 3).Draw(t, "lists") {
		a.CitedMedia = append(a.CitedMedia, label.Draw(t, "cited"))
		a.Credits = append(a.Credits, article.Credit{Photographer: str.Draw(t, "photographer"), Agencies: []string{str.Draw(t, "agency")}})
		a.Subjects = append(a.Subjects, article.Subject{Code: str.Draw(t, "code"), Name: str.Draw(t, "name")})
		a.Images = append(a.Images, article.Image{URL: str.Draw(t, "image")})
		a.Cites = append(a.Cites, str.Draw(t, "cites"))
		a.Flag(word.Draw(t, "flag"))
	}
	genReading(t, &a)
	genAbout(t, &a)
	if b := rapid.SliceOf(rapid.Byte()).Draw(t, "original"); len(b) > 0 {
		a.Original.Bytes = b
	}
	a.Original.Size = rapid.Int64().Draw(t, "size")
	a.Original.Archived, a.Original.Stated.URL = str.Draw(t, "archived"), str.Draw(t, "stated url")
	return a
}

// genReading draws what was read in the text, by the segments' places.
func genReading(t *rapid.T, a *article.Article) {
	str := rapid.StringN(0, 10, 30)
	day := func(label string) time.Time {
		if rapid.Bool().Draw(t, label+" is set") {
			return time.Unix(86400*rapid.Int64Range(-700000, 700000).Draw(t, label), 0).UTC()
		}
		return time.Time{}
	}
	figure := func() (f article.Figure) {
		if f.Known = rapid.Bool().Draw(t, "known"); f.Known {
			f.Value = rapid.Float64().Draw(t, "value")
			f.To = max(f.Value, rapid.Float64().Draw(t, "to"))
		}
		f.Approximate = rapid.Bool().Draw(t, "approximate")
		return f
	}
	for i, s := range a.Segments {
		e := s.Evidence
		switch rapid.IntRange(0, 6).Draw(t, "reading") {
		case 0:
			a.Filed = article.Filed{Evidence: e, Places: rapid.SliceOfN(str, 1, 2).Draw(t, "places"), Date: day("filed"), Agencies: rapid.SliceOfN(str, 1, 2).Draw(t, "agencies")}
		case 1:
			a.Translation.Likelihood = rapid.Float64Range(0, 1).Draw(t, "likelihood")
			a.Translation.Reasons = append(a.Translation.Reasons, article.Reason{Evidence: e, Why: "x" + str.Draw(t, "why")})
		case 2:
			a.Quotes = append(a.Quotes, article.Quotation{
				Evidence: e, Speaker: str.Draw(t, "speaker"), Role: str.Draw(t, "role"), Via: str.Draw(t, "via"), Cue: str.Draw(t, "cue"), Partial: rapid.Bool().Draw(t, "partial"),
			})
		case 3:
			a.Amounts = append(a.Amounts, article.Amount{Evidence: e, Figure: figure(), Currency: str.Draw(t, "currency"), Converts: rapid.IntRange(0, len(a.Amounts)).Draw(t, "converts")})
		case 4:
			a.Quantities = append(a.Quantities, article.Quantity{Evidence: e, Figure: figure(), Unit: str.Draw(t, "unit")})
		case 5:
			m := article.Moment{Evidence: e, From: day("from"), To: day("to"), Precision: rapid.SampledFrom(article.Precisions).Draw(t, "precision")}
			if m.To.Before(m.From) {
				m.To = time.Time{}
			}
			if m.Precision == article.PrecisionTime && !m.From.IsZero() && m.To.IsZero() {
				m.From = m.From.Add(time.Duration(i) * time.Millisecond)
			}
			a.Moments = append(a.Moments, m)
		}
	}
}

// genAbout draws what the text is about, by the segments' places.
func genAbout(t *rapid.T, a *article.Article) {
	str := rapid.StringN(0, 10, 30)
	name := rapid.StringMatching(`[a-zäß€]{1,5}( [a-zäß€]{1,5})?`)
	mentions := func(i int) (ms []article.Evidence) {
		for _, s := range a.Segments[i:] {
			ms = append(ms, s.Evidence)
		}
		return append(ms, article.Evidence{})
	}
	for i := range a.Segments {
		e := a.Segments[i].Evidence
		switch rapid.IntRange(0, 5).Draw(t, "about") {
		case 0:
			a.Entities = append(a.Entities, article.Entity{
				Type: rapid.SampledFrom(article.EntityTypes).Draw(t, "type"), Name: name.Draw(t, "name"), ID: str.Draw(t, "id"), Title: str.Draw(t, "title"), Role: str.Draw(t, "role"), Mentions: mentions(i),
			})
		case 1:
			p := article.Place{
				Name: name.Draw(t, "name"), Country: rapid.SampledFrom([]string{"", "NE"}).Draw(t, "country"), GeoNamesID: rapid.Int64Min(0).Draw(t, "id"), Main: len(a.Places) == 0,
				Located: rapid.Bool().Draw(t, "located"), Mentions: mentions(i),
			}
			if p.Located {
				p.Lat, p.Lon = rapid.Float64Range(-90, 90).Draw(t, "lat"), rapid.Float64Range(-180, 180).Draw(t, "lon")
			}
			a.Places = append(a.Places, p)
		case 2:
			if len(a.Topics) < article.MaxTopics {
				path := rapid.SliceOfN(name, 1, article.MaxTopicDepth).Draw(t, "path")
				a.Topics = append(a.Topics, article.Topic{
					Evidence: e, Qcode: path[len(path)-1], Label: str.Draw(t, "label"), Path: path, Why: []article.Reason{{Evidence: e, Why: name.Draw(t, "why")}, {Why: "x"}},
				})
			}
		case 3:
			a.Keyphrases = append(a.Keyphrases, article.Keyphrase{Evidence: e, Phrase: name.Draw(t, "phrase"), Score: rapid.Float64Min(0).Draw(t, "score")})
		case 4:
			if k := a.Segments[i].Kind; k == article.Headline || k == article.Standfirst || k.InBody() {
				a.Summary = e
			}
		}
	}
}

func TestRoundTripOfAnyArticle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := genArticle(t)
		m, err := Encode(&want, Received)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(m)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
		again, err := Encode(&got, Received)
		if err != nil || !cmp.Equal(m, again) {
			t.Fatal("the same article gave other bytes", err)
		}
	})
}

// FuzzDecode: whatever the bytes, no panic; what is accepted can be sent on
// and reads the same.
func FuzzDecode(f *testing.F) {
	a := sample()
	m, err := Encode(&a, Received)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m.Key, m.Value)
	f.Add([]byte(nil), []byte(nil))
	f.Add([]byte("urn:x"), []byte("\x0a\x05urn:x"))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		in := m
		in.Key, in.Value = key, value
		set(&in, HeaderSubject, "")
		a, err := Decode(in)
		if err != nil {
			if !stage.IsPermanent(err) {
				t.Fatal(err)
			}
			return
		}
		out, err := Encode(&a, Received)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Decode(out)
		if err != nil {
			t.Fatal(err)
		}
		if x, y := mustEncode(t, a), mustEncode(t, b); !bytes.Equal(x, y) {
			t.Fatal("not the same after a second journey")
		}
	})
}

func mustEncode(t *testing.T, a article.Article) []byte {
	m, err := Encode(&a, Received)
	if err != nil {
		t.Fatal(err)
	}
	return m.Value
}

func TestDeadLetterRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		str := rapid.String()
		want := stage.DeadLetter{
			Message: stage.Message{
				Topic: str.Draw(t, "topic"), Partition: rapid.Int().Draw(t, "partition"), Offset: rapid.Int64().Draw(t, "offset"),
				Key: rapid.SliceOf(rapid.Byte()).Draw(t, "key"), Value: rapid.SliceOf(rapid.Byte()).Draw(t, "value"), Time: genTime(t, "time"),
			},
			Stage: str.Draw(t, "stage"), Err: errors.New(rapid.StringN(1, 40, 200).Draw(t, "error")), Attempts: rapid.Int().Draw(t, "attempts"), At: genTime(t, "at"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "headers") {
			want.Message.Headers = append(want.Message.Headers, stage.Header{Key: "x" + str.Draw(t, "header"), Value: []byte(str.Draw(t, "value"))})
		}
		got, err := DecodeDead(EncodeDead(want))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, cmp.Comparer(func(a, b error) bool { return a.Error() == b.Error() })); d != "" {
			t.Fatal(d)
		}
	})
}

func TestDeadLetterLimits(t *testing.T) {
	big := bytes.Repeat([]byte("x"), MaxDeadValue+1)
	m := EncodeDead(stage.DeadLetter{Message: stage.Message{Value: big}, Err: errors.New(strings.Repeat("ä", MaxDeadError)), Stage: "s"})
	if len(m.Value) != MaxDeadValue || !strings.HasPrefix(m.Header(HeaderCut), "8388609 ") {
		t.Fatal(len(m.Value), m.Header(HeaderCut))
	}
	if e := m.Header(HeaderError); len(e) > MaxDeadError || strings.Trim(e, "ä") != "" {
		t.Fatalf("error of %d bytes", len(e))
	}
	m = EncodeDead(stage.DeadLetter{Message: stage.Message{Value: big[1:]}, Err: errors.New("a\xffb")})
	if len(m.Value) != MaxDeadValue || m.Header(HeaderCut) != "" || m.Header(HeaderError) != "a�b" {
		t.Fatal(len(m.Value), m.Header(HeaderCut), m.Header(HeaderError))
	}
}

// TestDeadLetterOfAnything: whatever was refused, its letter has a bounded size,
// can be read, and says what it lacks.
func TestDeadLetterOfAnything(t *testing.T) {
	blob := bytes.Repeat([]byte("ä\xff"), 6<<20)
	rapid.Check(t, func(t *rapid.T) {
		size := func(name string, around int) int {
			return rapid.OneOf(rapid.IntRange(0, 100), rapid.IntRange(around-20, around+20), rapid.IntRange(0, 2*around)).Draw(t, name)
		}
		d := stage.DeadLetter{
			Message: stage.Message{
				Topic: string(blob[:size("topic", MaxDeadName)]), Partition: -1 << 63, Offset: -1 << 63, Time: time.Unix(1, 1),
				Key: blob[:size("key", MaxDeadKey)], Value: blob[:size("value", MaxDeadValue)],
			},
			Stage: string(blob[:size("stage", MaxDeadName)]), Err: errors.New(string(blob[:size("error", MaxDeadError)])), Attempts: 1 << 62,
		}
		n := rapid.SampledFrom([]int{0, 1, 3, 100, 30_000}).Draw(t, "headers")
		whole := 0
		for i := range n {
			h := stage.Header{Key: fmt.Sprint(i), Value: blob[:rapid.SampledFrom([]int{0, 1, 1000, MaxDeadHeaders}).Draw(t, "header")]}
			if n > 100 {
				h.Value = blob[:i%50]
			}
			whole += len(h.Key) + len(h.Value) + headerBytes
			d.Message.Headers = append(d.Message.Headers, h)
		}
		m := EncodeDead(d)
		got := len(m.Key) + len(m.Value)
		for _, h := range m.Headers {
			got += len(h.Key) + len(h.Value) + headerBytes
		}
		if got > MaxDead {
			t.Fatalf("the letter has %d bytes", got)
		}
		back, err := DecodeDead(m)
		if err != nil {
			t.Fatal(err)
		}
		lacks := len(back.Message.Key) < len(d.Message.Key) || len(back.Message.Value) < len(d.Message.Value) || len(back.Message.Headers) < n
		if cut := m.Header(HeaderCut); (cut != "") != lacks || lacks && !strings.HasPrefix(cut, fmt.Sprintf("%d %x", len(d.Message.Value), sha256.Sum256(d.Message.Value))) ||
			strings.Contains(cut, fmt.Sprintf(" headers=%d", n-len(back.Message.Headers))) != (len(back.Message.Headers) < n) ||
			strings.Contains(cut, fmt.Sprintf(" key=%d", len(d.Message.Key))) != (len(back.Message.Key) < len(d.Message.Key)) {
			t.Fatalf("cut is %q", cut)
		}
		if whole <= MaxDeadHeaders && len(back.Message.Headers) != n {
			t.Fatal("headers that have room are left out")
		}
		for i, last := 0, -1; i < len(back.Message.Headers); i++ {
			at, err := strconv.Atoi(back.Message.Headers[i].Key)
			if err != nil || at <= last {
				t.Fatal("the headers are in another order", err)
			}
			last = at
		}
	})
}

func TestDeadLetterOfADeadLetter(t *testing.T) {
	first := EncodeDead(stage.DeadLetter{Message: stage.Message{Topic: "a", Value: []byte("v")}, Stage: "one", Err: errors.New("x"), Attempts: 1})
	first.Topic = "a.dead"
	d, err := DecodeDead(EncodeDead(stage.DeadLetter{Message: first, Stage: "two", Err: errors.New("y"), Attempts: 2}))
	if err != nil {
		t.Fatal(err)
	}
	if d.Stage != "two" || d.Message.Topic != "a.dead" || d.Attempts != 2 || len(d.Message.Headers) != 0 {
		t.Fatalf("%+v", d)
	}
}

func TestDecodeDeadRefuses(t *testing.T) {
	good := EncodeDead(stage.DeadLetter{Message: stage.Message{Topic: "a", Time: time.Unix(1, 0)}, Stage: "s", Err: errors.New("e")})
	for _, key := range []string{HeaderStage, HeaderError, HeaderAttempts, HeaderOriginTopic, HeaderOriginPartition, HeaderOriginOffset, HeaderAt} {
		m := good
		set(&m, key, "")
		if _, err := DecodeDead(m); err == nil || !strings.Contains(err.Error(), key) || !stage.IsPermanent(err) {
			t.Errorf("without %s: %v", key, err)
		}
	}
	for _, key := range []string{HeaderAttempts, HeaderOriginPartition, HeaderOriginOffset, HeaderOriginTime, HeaderAt} {
		m := good
		set(&m, key, "never")
		if _, err := DecodeDead(m); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("with a bad %s: %v", key, err)
		}
	}
}

// FuzzDecodeDead: whatever the headers, no panic.
func FuzzDecodeDead(f *testing.F) {
	f.Add("1", "2", "3", "2026-01-01T00:00:00Z", "")
	f.Add("", "x", "99999999999999999999", "0", "y")
	f.Fuzz(func(t *testing.T, attempts, partition, offset, at, origin string) {
		m := stage.Message{Headers: []stage.Header{
			{Key: HeaderStage},
			{Key: HeaderError},
			{Key: HeaderOriginTopic},
			{Key: HeaderAttempts, Value: []byte(attempts)},
			{Key: HeaderOriginPartition, Value: []byte(partition)},
			{Key: HeaderOriginOffset, Value: []byte(offset)},
			{Key: HeaderAt, Value: []byte(at)},
			{Key: HeaderOriginTime, Value: []byte(origin)},
		}}
		d, err := DecodeDead(m)
		if err != nil {
			return
		}
		d.Err = errors.New("e")
		if _, err := DecodeDead(EncodeDead(d)); err != nil {
			t.Fatal(err)
		}
	})
}
