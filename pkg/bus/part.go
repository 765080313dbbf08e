package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
)

// part is a partition in one generation. tracker and committed are guarded by
// the generation's mutex.
type part struct {
	*generation
	name, full string
	id         int
	most       int32 // bytes of a fetch
	tracker    *tracker
	committed  int64
	handed     int           // messages handed to the source and not yet given out; guarded likewise
	room       chan struct{} // has something in it after a message was done
	gone       bool          // the topic is not the one that was read

	good time.Time // of the last fetch that succeeded; guarded by the source's mutex
	err  error     // of the last fetch; likewise
}

// fetched notes how a fetch went.
func (p *part) fetched(err error) {
	p.source.mu.Lock()
	defer p.source.mu.Unlock()
	if p.err = err; err == nil {
		p.good = time.Now()
	}
}

// deliver notes that ms are handed out and gives them their Ack; false if the
// partition was taken away meanwhile.
func (p *part) deliver(ms []stage.Message) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over.Load() {
		return false
	}
	p.handed -= len(ms)
	revoked := p.over.Load
	for i := range ms {
		offset := ms[i].Offset
		if !p.tracker.deliver(offset) {
			continue
		}
		p.pending++
		ms[i].Urgent = event.Urgent(&ms[i])
		ms[i].Ack, ms[i].Revoked = func(v stage.Verdict) { p.ack(offset, v) }, revoked
	}
	return true
}

func (p *part) ack(offset int64, v stage.Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	note := p.tracker.done
	if errors.Is(v.Err, stage.ErrRevoked) {
		note = p.tracker.giveBack
	}
	if p.closed || !note(offset) {
		return
	}
	select {
	case p.room <- struct{}{}:
	default:
	}
	if p.pending--; p.pending == 0 && p.over.Load() {
		select {
		case p.idle <- struct{}{}:
		default:
		}
	}
}

// MaxTracked is how many messages of a partition may be handed out beyond the
// first that is not done, so that one which never ends doesn't cost ever more
// memory, nor ever more that comes again after a restart. A larger batch is handed
// out when nothing else is.
const MaxTracked = 100_000

// admit waits until n messages more may be handed out, and counts them as handed;
// false: ctx is done.
func (p *part) admit(ctx context.Context, n int) bool {
	for stands := false; ; {
		p.mu.Lock()
		tracked := p.handed + p.tracker.inFlight()
		admitted := tracked == 0 || tracked+n <= p.source.bus.maxTracked
		if admitted {
			p.handed += n
		}
		first := p.tracker.watermark()
		p.mu.Unlock()
		if admitted {
			return true
		}
		if !stands {
			stands = true
			p.source.bus.log.Warn().Str("topic", p.name).Int("partition", p.id).Int64("offset", first).Int("tracked", tracked).
				Msg("a message is not done, and too many behind it were handed out: the partition stands still until it is")
		}
		select {
		case <-p.room:
		case <-ctx.Done():
			return false
		}
	}
}

// hand hands ms to the source; false: ctx is done.
func (p *part) hand(ctx context.Context, ms []stage.Message) bool {
	if !p.admit(ctx, len(ms)) {
		return false
	}
	select {
	case p.source.out <- batch{p, ms}:
		return true
	case <-ctx.Done():
		return false
	}
}

// run fetches from start on and hands out, until ctx is done.
func (p *part) run(ctx context.Context, start int64) {
	s := p.source
	log := s.bus.log.With().Str("topic", p.name).Int("partition", p.id).Logger()
	promised := start >= 0 // someone committed it, so nothing behind it may be skipped
	offset := start
	wait := retryMin
	var said said
	var shouted time.Time
	doubted := false // whether the topic is the same was asked
	fetcher := s.bus.fetcher(p.full, p.name, p.id, p.most)
	defer fetcher.Close()
	again := func(err error) bool {
		if ctx.Err() != nil {
			return false
		}
		if said.news(err) {
			log.Warn().Err(err).Int64("offset", offset).Msg("can't fetch, trying again")
		}
		p.fetched(err)
		p.look()
		d := wait
		wait = min(2*wait, retryMax)
		return sleep(ctx, d)
	}
	// beyond: the log ended before offset. When it has grown past it, what stands
	// there is not what would have come next, so that isn't read any more.
	beyond := false
	for ctx.Err() == nil {
		if offset < 0 {
			first, err := s.bus.offsets(ctx, p.full, []int{p.id}, kafka.FirstOffset)
			if err != nil {
				if !again(err) {
					return
				}
				continue
			}
			offset = first[p.id]
		}
		var ms []stage.Message
		var next int64
		err := error(kafka.OffsetOutOfRange)
		if !beyond {
			ms, next, err = fetcher.read(ctx, offset)
		}
		switch {
		case errors.Is(err, kafka.OffsetOutOfRange) && !promised:
			// Retention was faster than the first fetch: begin anew.
			offset = kafka.FirstOffset
			if !sleep(ctx, retryMin) {
				return
			}
			continue
		case errors.Is(err, kafka.OffsetOutOfRange):
			p.look()
			if !doubted {
				// The look ends this generation if the topic is another one.
				doubted = true
				if !sleep(ctx, lostDoubt) {
					return
				}
				continue
			}
			past, err := p.lostError(ctx, offset)
			beyond = beyond || past
			s.setLost(p.place(), err)
			if time.Since(shouted) >= lostLog {
				shouted = time.Now()
				log.Error().Err(err).Msg("messages are LOST; the partition stands still until an operator decides: copytaster replay GROUP --skip-lost")
			}
			if !sleep(ctx, s.bus.lostRetry) {
				return
			}
			continue
		case err != nil:
			if !again(err) {
				return
			}
			continue
		}
		wait = retryMin
		p.fetched(nil)
		if !shouted.IsZero() {
			shouted = time.Time{}
			s.setLost(p.place(), nil)
		}
		p.mu.Lock()
		if p.tracker == nil {
			p.tracker, p.committed = newTracker(offset), max(start, 0)
		}
		p.mu.Unlock()
		if len(ms) > 0 {
			promised = true
			if !p.hand(ctx, ms) {
				return
			}
		}
		offset = next
	}
}

// lostError says what is missing, and whether the log ends before offset.
func (p *part) lostError(ctx context.Context, offset int64) (beyond bool, _ error) {
	first, end, err := p.source.bus.bounds(ctx, p.full, []int{p.id})
	if err != nil {
		return false, fmt.Errorf("%s/%d: offset %d is not there: %w", p.name, p.id, offset, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%d: group %s stands at offset %d, the log holds %d to %d", p.name, p.id, p.source.cfg.Group, offset, first[p.id], end[p.id])
	if offset < first[p.id] {
		fmt.Fprintf(&b, ": %d messages were deleted before they were read", first[p.id]-offset)
	}
	return offset > end[p.id], errors.New(b.String())
}

func (p *part) place() string { return fmt.Sprintf("%s/%d", p.name, p.id) }
