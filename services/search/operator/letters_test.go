package operator

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/deadletter"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

func TestCursor(t *testing.T) {
	want := deadletter.Cursor{topic.IngestDead: {0: 17, 1: 0}, topic.ReleaseDead: {0: 1 << 60}}
	text, err := encodeCursor(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseCursor(text); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %v", got, err)
	}
	foreign, err := encodeCursor(deadletter.Cursor{topic.Received: {0: 1}})
	if err != nil {
		t.Fatal(err)
	}
	below, err := encodeCursor(deadletter.Cursor{topic.IngestDead: {0: -1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"!", "eyJh", "WzFd", foreign, below} {
		if got, err := ParseCursor(bad); err == nil {
			t.Errorf("%q is %v", bad, got)
		}
	}
}

func TestQueryWants(t *testing.T) {
	s := &deadletter.Summary{Stage: "enrich", Source: "coast", Reason: "No such Index"}
	done := &deadletter.Handled{Done: deadletter.Discarded}
	for _, c := range []struct {
		q          Query
		open, done bool
	}{
		{Query{}, true, true},
		{Query{State: Open}, true, false},
		{Query{State: Handled}, false, true},
		{Query{Stage: "enrich", Source: "coast", Reason: "such index"}, true, true},
		{Query{Stage: "index"}, false, false},
		{Query{Source: "coas"}, false, false},
		{Query{Reason: "other"}, false, false},
	} {
		if c.q.wants(s, nil) != c.open || c.q.wants(s, done) != c.done {
			t.Errorf("%+v", c.q)
		}
	}
}

// TestLettersAreBounded: what is told of a letter has limits, and is text.
func TestLettersAreBounded(t *testing.T) {
	s := deadletter.Summary{
		Place: bus.Place{Topic: topic.IngestDead, Offset: 3}, Reason: strings.Repeat("ä", MaxReason+1) + "\xff", At: start,
		Origin: stage.Message{Topic: "drop", Partition: -1, Time: start.In(time.FixedZone("", 3600))},
	}
	l := letterOf(&s, &deadletter.Handled{Done: deadletter.Redriven, By: "M. Ito"})
	if l.Reason != strings.Repeat("ä", MaxReason) || l.Letter != "ingest.dead/0@3" || l.State != "redriven" || l.Handled.By != "M. Ito" {
		t.Errorf("%+v", l)
	}
	if l.Origin.Partition != nil || l.Origin.Offset != nil || l.Origin.Time.Location() != time.UTC {
		t.Errorf("%+v", l.Origin)
	}
	if h := headerOf(stage.Header{Key: "x", Value: []byte(strings.Repeat("ß", MaxValue+1))}); !h.Cut || h.Value != strings.Repeat("ß", MaxValue) {
		t.Errorf("%d bytes, %v", len(h.Value), h.Cut)
	}
	if h := headerOf(stage.Header{Key: "x", Value: []byte{0xff, 1}}); h.Cut || h.Value != "hex:ff01" {
		t.Errorf("%+v", h)
	}
	if h := headerOf(stage.Header{Key: "x", Value: make([]byte, MaxValue)}); h.Cut {
		t.Errorf("zeroes are text: %+v", h)
	}
	if h := headerOf(stage.Header{Key: "x", Value: []byte(strings.Repeat("\xff", MaxValue))}); !h.Cut || len(h.Value) != len("hex:")+MaxValue {
		t.Errorf("%d bytes, %v", len(h.Value), h.Cut)
	}
}

// TestRefusedHeedsItsTime: who waits for another's count doesn't wait longer than their answer may
// take, and doesn't try again at once what has failed.
func TestRefusedHeedsItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Desk{tally: tally{turn: make(chan struct{}, 1)}} // without Kafka: a count would panic
		d.ledger.Store(&deadletter.Ledger{})
		d.tally.turn <- struct{}{}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := d.Refused(ctx); !errors.As(err, new(*AwayError)) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("while another counts: %v", err)
		}
		<-d.tally.turn
		d.tally.at, d.tally.err = time.Now(), &AwayError{errors.New("no route")}
		if _, err := d.Refused(t.Context()); !errors.Is(err, d.tally.err) {
			t.Errorf("of what has failed: %v", err)
		}
		d.tally.err, d.tally.last = nil, Refused{Complete: true}
		if r, err := d.Refused(t.Context()); err != nil || !r.Complete {
			t.Errorf("of what was counted: %+v %v", r, err)
		}
	})
}

// TestAway: what is Kafka's fault is told from what isn't.
func TestAway(t *testing.T) {
	if err := away(errors.New("refused")); !errors.As(err, new(*AwayError)) {
		t.Error(err)
	}
	for _, err := range []error{nil, ErrNoLetter, bus.ErrOvertaken, t.Context().Err()} {
		if got := away(err); !errors.Is(got, err) || errors.As(got, new(*AwayError)) {
			t.Error(got)
		}
	}
}
