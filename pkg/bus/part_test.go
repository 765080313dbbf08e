package bus

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/stage"
)

// While one message is not done no more than maxTracked are handed out, however
// many behind it are done; then it goes on.
func TestOneThatNeverEndsStopsItsPartition(t *testing.T) {
	const most, each, batches = 100, 7, 50
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		src := &Source{bus: &Bus{log: zerolog.Nop(), maxTracked: most}, out: make(chan batch), ctx: ctx}
		p := &part{generation: &generation{source: src, idle: make(chan struct{}, 1)}, tracker: newTracker(0), room: make(chan struct{}, 1)}
		go func() {
			for b := range batches {
				ms := make([]stage.Message, each)
				for i := range ms {
					ms[i].Offset = int64(b*each + i)
				}
				if !p.hand(ctx, ms) {
					return
				}
			}
		}()
		var stuck stage.Message
		given := 0
		// until nothing more comes; all but the first are done at once.
		read := func() {
			for {
				within, done := context.WithTimeout(ctx, time.Minute)
				ms, err := src.Next(within)
				done()
				if err != nil {
					return
				}
				for _, m := range ms {
					if given++; m.Offset == 0 {
						stuck = m
						continue
					}
					m.Ack(stage.Verdict{})
				}
				p.mu.Lock()
				if n := p.tracker.inFlight(); n > most {
					t.Errorf("%d are tracked", n)
				}
				p.mu.Unlock()
			}
		}
		read()
		if want := most / each * each; given != want {
			t.Fatalf("%d were given out behind one that is not done, want %d", given, want)
		}
		stuck.Ack(stage.Verdict{})
		read()
		if given != batches*each || p.tracker.watermark() != batches*each || p.handed != 0 {
			t.Errorf("%d given, watermark %d, %d handed", given, p.tracker.watermark(), p.handed)
		}
	})
}

// A batch that is larger than the limit comes when nothing else is out.
func TestLargerBatchIsAdmittedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &Source{bus: &Bus{log: zerolog.Nop(), maxTracked: 5}}
		p := &part{generation: &generation{source: src}, tracker: newTracker(0), room: make(chan struct{}, 1)}
		p.tracker.deliver(0)
		p.pending = 1
		admitted := make(chan bool, 1)
		go func() { admitted <- p.admit(t.Context(), 50) }()
		synctest.Wait()
		select {
		case <-admitted:
			t.Fatal("admitted beside another")
		default:
		}
		p.ack(0, stage.Verdict{})
		if !<-admitted {
			t.Error("not admitted")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if p.admit(ctx, 1) {
			t.Error("admitted after the end")
		}
	})
}
