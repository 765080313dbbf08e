package deadletter

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// stored is d as it would be read.
func stored(name string, d stage.DeadLetter) stage.Message {
	m := event.EncodeDead(d)
	m.Topic, m.Partition, m.Offset, m.Time = name, 0, 5, time.Date(2024, 4, 20, 6, 0, 1, 0, time.UTC)
	return m
}

// TestSummaries: an article tells what it is, other input what its source says, and a letter that
// can't be read says so.
func TestSummaries(t *testing.T) {
	a := article.Article{
		URI: article.NewURI("test", "ferry"), Source: "coast", Provider: "test", Status: article.Usable, Text: "Ferry runs\n\nIt runs.",
		Segments: []article.Segment{
			{Kind: article.Headline, Evidence: article.Evidence{Span: article.Span{Start: 0, End: 10}}},
			{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{Start: 12, End: 20}}},
		},
		ReceivedAt: time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC),
	}
	a.Agency.Value = "dpa"
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	m, err := event.Encode(&a, event.Received)
	if err != nil {
		t.Fatal(err)
	}
	m.Topic, m.Partition, m.Offset = topic.Received, 3, 120
	at := time.Date(2024, 4, 20, 6, 0, 0, 5, time.UTC)
	l := Read(stored(topic.Received+topic.DeadSuffix, stage.DeadLetter{Message: m, Stage: "enrich", Err: errors.New("no"), Attempts: 2, At: at}))
	s := l.Summarise(Hints{"x-source", "x-url"})
	if s.URI != string(a.URI) || s.Source != "coast" || s.Agency != "dpa" || s.Headline != "Ferry runs" || s.Excerpt != a.Text || !s.Whole || s.Stage != "enrich" || s.Reason != "no" ||
		s.Attempts != 2 || !s.At.Equal(at) || s.Origin.Topic != topic.Received || s.Origin.Offset != 120 || s.Place.Offset != 5 || s.Mark != Mark(l.Stored) {
		t.Errorf("an article: %+v", s)
	}
	raw := stage.Message{Topic: "drop", Partition: -1, Key: []byte("k"), Value: []byte("\n  " + strings.Repeat("ä", ExcerptRunes+1)), Headers: []stage.Header{
		{Key: "x-source", Value: []byte("hills")}, {Key: "x-url", Value: []byte("https://hills.example/")},
	}}
	l = Read(stored(topic.IngestDead, stage.DeadLetter{Message: raw, Stage: "ingest", Err: errors.New("no text"), At: at}))
	if s := l.Summarise(Hints{"x-source", "x-url"}); s.Source != "hills" || s.URL != "https://hills.example/" || s.URI != "" || s.Excerpt != strings.Repeat("ä", ExcerptRunes) {
		t.Errorf("other input: %+v", s)
	}
	raw.Value = []byte{0xff}
	l = Read(stored(topic.IngestDead, stage.DeadLetter{Message: raw, Stage: "ingest", At: at}))
	if s := l.Summarise(Hints{}); s.Excerpt != "" || s.Bytes != 1 || l.Text() != "" || s.Reason != "unknown" {
		t.Errorf("what is no text: %+v", s)
	}
	raw.Value = make([]byte, event.MaxDeadValue+1)
	l = Read(stored(topic.IngestDead, stage.DeadLetter{Message: raw, Stage: "ingest", At: at}))
	if s := l.Summarise(Hints{}); s.Whole {
		t.Errorf("what was cut: %+v", s)
	}
	l = Read(stage.Message{Topic: topic.IngestDead, Value: []byte("x")})
	if s := l.Summarise(Hints{}); l.Broken == nil || s.Whole || s.Stage != "" || !strings.Contains(s.Reason, event.HeaderStage) || l.Article() != nil {
		t.Errorf("a broken letter: %+v", s)
	}
}

func TestMark(t *testing.T) {
	m := stage.Message{Key: []byte("k"), Value: []byte("v"), Headers: []stage.Header{{Key: "h", Value: []byte("w")}}}
	same, other := m, m
	other.Key, other.Value = []byte("kv"), nil
	if Mark(m) == Mark(other) || Mark(m) != Mark(same) {
		t.Error("letters are taken for each other")
	}
}

func TestBegin(t *testing.T) {
	for _, c := range []struct {
		s, want string
		n       int
		cut     bool
	}{{"", "", 0, false}, {"ä", "", 0, true}, {"äb", "ä", 1, true}, {"äb", "äb", 2, false}, {"äb", "äb", 3, false}} {
		if got, cut := Begin(c.s, c.n); got != c.want || cut != c.cut {
			t.Errorf("%q, %d: %q %v", c.s, c.n, got, cut)
		}
	}
}

// TestTopics: they are the topology's, and what was handled is none of them.
func TestTopics(t *testing.T) {
	if got := strings.Join(Topics(), " "); !strings.Contains(got, topic.IngestDead) || !strings.Contains(got, topic.ReleaseDead) || strings.Contains(got, topic.DeadHandled) {
		t.Error(got)
	}
}
