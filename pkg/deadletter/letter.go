// Package deadletter is what the stages refused: reading the letters, the newest first,
// and what operators did about them.
package deadletter

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Topics are the topics that hold dead letters.
func Topics() []string {
	var names []string
	for _, t := range topic.All {
		if t.Dead() {
			names = append(names, t.Name)
		}
	}
	return names
}

// Letter is a dead letter as it was read.
type Letter struct {
	Stored stage.Message // as it stands in its topic
	stage.DeadLetter
	Cut string // see [event.HeaderCut]; "": the message is all there
	// Broken is why the letter itself can't be read; then it has no DeadLetter.
	Broken error
}

// Read reads a letter.
func Read(m stage.Message) Letter {
	d, err := event.DecodeDead(m)
	if err != nil {
		return Letter{Stored: m, Broken: err}
	}
	return Letter{Stored: m, DeadLetter: d, Cut: m.Header(event.HeaderCut)}
}

// Article is the article that was refused, nil if it is none, or can't be read.
func (l *Letter) Article() *article.Article {
	if l.Broken != nil {
		return nil
	}
	a, err := event.Decode(l.Message)
	if err != nil {
		return nil
	}
	return &a
}

// Reason is why it was refused, or why it can't be read itself.
func (l *Letter) Reason() string {
	switch {
	case l.Broken != nil:
		return l.Broken.Error()
	case l.Err == nil:
		return "unknown"
	}
	return l.Err.Error()
}

// ExcerptRunes is how many characters of its text, and of its headline, a summary has.
const ExcerptRunes = 300

// Summary is a letter without its message, of which it keeps nothing in memory.
type Summary struct {
	Place    bus.Place
	Mark     string
	Time     time.Time // when Kafka got it
	At       time.Time // when it was refused; Time, if the letter is broken
	Stage    string    // "" if the letter is broken
	Reason   string
	Attempts int
	Origin   stage.Message // topic, partition, offset and time alone
	URI      string
	Source   string
	Agency   string
	Headline string
	URL      string
	Excerpt  string
	Bytes    int  // of the refused message's value
	Whole    bool // neither cut nor broken
}

// Hints are the headers by which a message that is no article says where it is from.
type Hints struct{ Source, URL string }

// Summarise makes the summary of a letter.
func (l *Letter) Summarise(h Hints) Summary {
	s := Summary{
		Place: bus.PlaceOf(l.Stored), Mark: Mark(l.Stored), Time: l.Stored.Time.UTC(), At: l.Stored.Time.UTC(),
		Reason: l.Reason(), Bytes: len(l.Stored.Value), Whole: l.Broken == nil && l.Cut == "",
	}
	if l.Broken != nil {
		return s
	}
	m := l.Message
	s.At, s.Stage, s.Attempts = l.At.UTC(), l.Stage, l.Attempts
	s.Origin = stage.Message{Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, Time: m.Time}
	a := l.Article()
	if a != nil {
		s.URI, s.Source, s.Agency, s.URL = string(a.URI), a.Source, a.Agency.Value, a.URL
		s.Headline = beginOf(a.First(article.Headline))
	} else {
		s.Source, s.URL = m.Header(h.Source), m.Header(h.URL)
		if m.Partition >= 0 && utf8.Valid(m.Key) {
			s.URI = string(m.Key)
		}
	}
	s.Excerpt = beginOf(strings.TrimSpace(l.text(a)))
	return s
}

// beginOf is the beginning of s, without s itself: many summaries are held at once, and what
// they are of may be large.
func beginOf(s string) string {
	s, _ = Begin(s, ExcerptRunes)
	return strings.Clone(s)
}

// Text is the article's text, or the message if it is text; "" if it is neither.
func (l *Letter) Text() string { return l.text(l.Article()) }

func (l *Letter) text(a *article.Article) string {
	if a != nil {
		return a.Text
	}
	if v := l.Stored.Value; utf8.Valid(v) {
		return string(v)
	}
	return ""
}

// Begin is the first n characters of s, and whether that is less than all.
func Begin(s string, n int) (begin string, cut bool) {
	for i := range s {
		if n == 0 {
			return s[:i], true
		}
		n--
	}
	return s, false
}
