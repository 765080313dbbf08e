package operator

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/deadletter"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/ingest/redrive"
)

// Limits of what is told of letters.
const (
	// DefaultLetters and MaxLetters are how many a page has.
	DefaultLetters = 50
	MaxLetters     = 200
	// MaxLooked is how many are looked at for one page, and WalkTime for how long.
	MaxLooked = 5000
	WalkTime  = 5 * time.Second
	// MaxText is how many characters of a letter's text are told, MaxValue of a header's value.
	MaxText  = 256 << 10
	MaxValue = 4 << 10
	// MaxHex is how many bytes are told of what is no text.
	MaxHex = 4 << 10
	// MaxHeaders is how many headers are told.
	MaxHeaders = 200
	// MaxReason is how many characters of a reason are told in lists.
	MaxReason = 1000
	// RefusedFor is for how long back refused letters are counted by source, RefusedEvery how
	// often that is done anew.
	RefusedFor   = 24 * time.Hour
	RefusedEvery = 30 * time.Second
)

// States of a letter.
const (
	Open    = "open"
	Handled = "handled" // redriven or discarded
)

// Query chooses letters. What is empty chooses all.
type Query struct {
	Topic, Stage, Source, Reason string
	State                        string // Open, Handled
	Size                         int
	After                        deadletter.Cursor
}

func (q *Query) wants(s *deadletter.Summary, done *deadletter.Handled) bool {
	return (q.Stage == "" || s.Stage == q.Stage) && (q.Source == "" || s.Source == q.Source) &&
		(q.Reason == "" || strings.Contains(strings.ToLower(s.Reason), strings.ToLower(q.Reason))) &&
		(q.State == "" || (q.State == Open) == (done == nil))
}

// Page is some letters, the newest first.
type Page struct {
	Letters []Letter `json:"letters"`
	Next    string   `json:"next,omitempty"`
}

// Letter is a dead letter in a list.
type Letter struct {
	Letter    string    `json:"letter"`
	Topic     string    `json:"topic"`
	Partition int       `json:"partition"`
	Offset    int64     `json:"offset"`
	At        time.Time `json:"at"`
	Stage     string    `json:"stage,omitempty"`
	Reason    string    `json:"reason"`
	Attempts  int       `json:"attempts,omitempty"`
	Origin    *Origin   `json:"origin,omitempty"`
	URI       string    `json:"uri,omitempty"`
	Source    string    `json:"source,omitempty"`
	Agency    string    `json:"agency,omitempty"`
	Headline  string    `json:"headline,omitempty"`
	URL       string    `json:"url,omitempty"`
	Excerpt   string    `json:"excerpt,omitempty"`
	Bytes     int       `json:"bytes"`
	Whole     bool      `json:"whole"`
	State     string    `json:"state"`
	Handled   *Done     `json:"handled,omitempty"`
}

// Origin is where a refused message stood.
type Origin struct {
	Topic     string     `json:"topic"`
	Partition *int       `json:"partition,omitempty"`
	Offset    *int64     `json:"offset,omitempty"`
	Time      *time.Time `json:"time,omitempty"`
}

// Done is what was done about a letter.
type Done struct {
	Done  string    `json:"done"`
	At    time.Time `json:"at"`
	By    string    `json:"by"`
	Why   string    `json:"why,omitempty"`
	To    string    `json:"to,omitempty"`
	Times int       `json:"times,omitempty"`
}

func doneOf(h *deadletter.Handled) *Done {
	if h == nil {
		return nil
	}
	return &Done{h.Done, h.At, h.By, h.Why, h.To, h.Times}
}

func letterOf(s *deadletter.Summary, done *deadletter.Handled) Letter {
	l := Letter{
		Letter: s.Place.String(), Topic: s.Place.Topic, Partition: s.Place.Partition, Offset: s.Place.Offset, At: s.At, Stage: s.Stage,
		Attempts: s.Attempts, URI: s.URI, Source: s.Source, Agency: s.Agency, Headline: s.Headline, URL: s.URL,
		Excerpt: s.Excerpt, Bytes: s.Bytes, Whole: s.Whole, State: Open, Handled: doneOf(done),
	}
	l.Reason, _ = deadletter.Begin(strings.ToValidUTF8(s.Reason, "�"), MaxReason)
	if done != nil {
		l.State = done.Done
	}
	if s.Origin.Topic != "" {
		l.Origin = &Origin{Topic: s.Origin.Topic}
		if s.Origin.Partition >= 0 {
			l.Origin.Partition, l.Origin.Offset = &s.Origin.Partition, &s.Origin.Offset
		}
		if !s.Origin.Time.IsZero() {
			t := s.Origin.Time.UTC()
			l.Origin.Time = &t
		}
	}
	return l
}

// Letters gives a page of letters. Errors are [ErrStarting], an [*AwayError], or ctx's.
func (d *Desk) Letters(ctx context.Context, q Query) (Page, error) {
	ledger, err := d.known()
	if err != nil {
		return Page{}, err
	}
	topics := deadletter.Topics()
	if q.Topic != "" {
		topics = []string{q.Topic}
	}
	w := deadletter.Walk{Bus: d.bus, Topics: topics, Hints: redrive.Hints(), Letters: MaxLooked, Time: WalkTime}
	page := Page{Letters: []Letter{}}
	next, all, err := w.Go(ctx, q.After, func(s deadletter.Summary) error {
		done := ledger.At(s.Place, s.Mark)
		switch {
		case !q.wants(&s, done):
			return nil
		case len(page.Letters) == q.Size:
			return deadletter.ErrEnough
		}
		page.Letters = append(page.Letters, letterOf(&s, done))
		return nil
	})
	if err != nil {
		return Page{}, away(err)
	}
	if !all {
		page.Next, err = encodeCursor(next)
	}
	return page, err
}

func encodeCursor(c deadletter.Cursor) (string, error) {
	b, err := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// ParseCursor reads the cursor of a page.
func ParseCursor(s string) (deadletter.Cursor, error) {
	var c deadletter.Cursor
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		return nil, errors.New("is not the cursor of a page of letters")
	}
	for name, at := range c {
		for partition, offset := range at {
			if partition < 0 || offset < 0 || !slices.Contains(deadletter.Topics(), name) {
				return nil, errors.New("is not the cursor of a page of letters")
			}
		}
	}
	return c, nil
}

// Whole is a letter with its message.
type Whole struct {
	Letter

	Headers     []Header `json:"headers"`
	MoreHeaders bool     `json:"more_headers,omitempty"`
	Text        string   `json:"text,omitempty"`
	TextCut     bool     `json:"text_cut,omitempty"`
	Hex         string   `json:"hex,omitempty"`
}

// Header is a header of a refused message.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Cut   bool   `json:"cut,omitempty"`
}

// Read gives one letter. Errors are as those of Letters, and [ErrNoLetter].
func (d *Desk) Read(ctx context.Context, p bus.Place) (Whole, error) {
	ledger, err := d.known()
	if err != nil {
		return Whole{}, err
	}
	m, err := d.message(ctx, p)
	if err != nil {
		return Whole{}, away(err)
	}
	l := deadletter.Read(m)
	s := l.Summarise(redrive.Hints())
	w := Whole{Letter: letterOf(&s, ledger.At(s.Place, s.Mark)), Headers: []Header{}}
	headers := l.Message.Headers
	if l.Broken != nil {
		headers = m.Headers
	}
	for _, h := range headers {
		if len(w.Headers) == MaxHeaders {
			w.MoreHeaders = true
			break
		}
		w.Headers = append(w.Headers, headerOf(h))
	}
	if w.Text, w.TextCut = deadletter.Begin(l.Text(), MaxText); w.Text == "" {
		w.Hex = hex.EncodeToString(m.Value[:min(len(m.Value), MaxHex)])
	}
	return w, nil
}

func headerOf(h stage.Header) Header {
	name, _ := deadletter.Begin(strings.ToValidUTF8(h.Key, "�"), MaxValue)
	if !utf8.Valid(h.Value) {
		n := min(len(h.Value), MaxValue/2)
		return Header{name, "hex:" + hex.EncodeToString(h.Value[:n]), n < len(h.Value)}
	}
	value, cut := deadletter.Begin(string(h.Value), MaxValue)
	return Header{name, value, cut}
}

// message is the one at p, a letter.
func (d *Desk) message(ctx context.Context, p bus.Place) (stage.Message, error) {
	if !slices.Contains(deadletter.Topics(), p.Topic) {
		return stage.Message{}, ErrNoLetter
	}
	there, _, err := d.bus.There(ctx, []string{p.Topic})
	if err != nil {
		return stage.Message{}, err
	}
	if len(there) == 0 {
		return stage.Message{}, ErrNoLetter
	}
	es, err := d.bus.Extents(ctx, p.Topic)
	if err != nil {
		return stage.Message{}, err
	}
	if !slices.ContainsFunc(es, func(e bus.Extent) bool { return e.Partition == p.Partition && p.Offset >= e.First && p.Offset < e.End }) {
		return stage.Message{}, ErrNoLetter
	}
	m, err := d.lookups[p.Topic].Read(ctx, p.Partition, p.Offset)
	if err != nil && bus.Outside(err) {
		return m, ErrNoLetter
	}
	return m, err
}

// Refused is how many letters there are of each source.
type Refused struct {
	Since    time.Time
	Complete bool // all since then were counted; if not, the newest alone
	Counts   map[string]int
}

// tally keeps what was counted last, or why it couldn't be.
type tally struct {
	turn chan struct{} // of who counts; the rest is theirs
	at   time.Time
	last Refused
	err  error
}

// failedFor is how long a count that failed isn't tried again by those who waited for it.
const failedFor = time.Second

// Refused counts the letters of the last [RefusedFor]. What it gives is [RefusedEvery] old
// at most, and must not be changed.
func (d *Desk) Refused(ctx context.Context) (Refused, error) {
	if _, err := d.known(); err != nil {
		return Refused{}, err
	}
	select {
	case d.tally.turn <- struct{}{}:
		defer func() { <-d.tally.turn }()
	case <-ctx.Done():
		return Refused{}, away(fmt.Errorf("count dead letters: %w", ctx.Err()))
	}
	now := time.Now().UTC()
	switch age := now.Sub(d.tally.at); {
	case d.tally.err == nil && age < RefusedEvery:
		return d.tally.last, nil
	case d.tally.err != nil && age < failedFor:
		return Refused{}, d.tally.err
	}
	r := Refused{Since: now.Add(-RefusedFor), Counts: map[string]int{}}
	w := deadletter.Walk{Bus: d.bus, Topics: deadletter.Topics(), Hints: redrive.Hints(), Letters: MaxLooked, Time: WalkTime}
	_, all, err := w.Go(ctx, nil, func(s deadletter.Summary) error {
		if s.Time.Before(r.Since) {
			r.Complete = true
			return deadletter.ErrEnough
		}
		r.Counts[s.Source]++
		return nil
	})
	if err != nil {
		err = away(fmt.Errorf("count dead letters: %w", err))
		if !errors.Is(err, context.Canceled) { // else who asked has left, and that is all
			d.tally.at, d.tally.err = time.Now().UTC(), err
		}
		return Refused{}, err
	}
	r.Complete = r.Complete || all
	d.tally.at, d.tally.last, d.tally.err = now, r, nil
	return r, nil
}
