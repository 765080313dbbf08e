package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// maxStacks is how many bytes of all goroutines' stacks are searched for that
// of a hung one.
const maxStacks = 8 << 20

// errHangs is why the context of a call was canceled.
var errHangs = errors.New("canceled by the watchdog: the call took too long")

// call is what a lane is doing. Its context is one for many calls, and a new
// one after the watchdog canceled it.
type call struct {
	mu     sync.Mutex
	what   Call
	m      *Message  // the first one, if several are written
	since  time.Time // zero: nothing in progress
	told   bool      // it was reported that it hangs
	ctx    context.Context
	cancel context.CancelCauseFunc

	failing failure
}

// failure is what a lane repeats.
type failure struct {
	what  Call
	since time.Time // of its first try; zero: nothing fails
	err   error     // of its last
}

func (f failure) Error() string {
	return fmt.Sprintf("%s, since %s: %v", f.what, f.since.UTC().Format(time.RFC3339), f.err)
}
func (f failure) Unwrap() error { return f.err }

// failed notes that what was tried first at since failed, and will be repeated.
func (c *call) failed(since time.Time, what Call, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failing = failure{what, since, err}
}

// wentOn notes that nothing waits for its repetition.
func (c *call) wentOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failing = failure{}
}

// fails is what the lane repeats, if it does.
func (c *call) fails() failure {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failing
}

// begin notes what is called, and gives the context for it.
func (c *call) begin(work context.Context, what Call, m *Message) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx == nil || c.ctx.Err() != nil {
		c.ctx, c.cancel = context.WithCancelCause(work)
	}
	c.what, c.m, c.since, c.told = what, m, time.Now(), false
	return c.ctx
}

// end notes that the call returned, and says err more clearly if it is the
// watchdog's doing.
func (c *call) end(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.since = time.Time{}
	if err != nil && c.ctx.Err() != nil {
		if cause := context.Cause(c.ctx); errors.Is(cause, errHangs) {
			return fmt.Errorf("%w: %w", cause, err)
		}
	}
	return err
}

// release frees the context.
func (c *call) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel(nil)
	}
}

// watch looks for calls that take too long. What it does about them, in order:
//
//   - After Config.HangAfter: an error in the log, with where the call stands
//     (the stack of its goroutine), once; and [Observer.Hung], which makes the
//     service not ready as long as it lasts.
//   - After Config.CancelAfter: the call's context is canceled. One that heeds it
//     returns an error, and is repeated as after any other; a write that was
//     under way may so be made twice, which sinks must bear anyway.
//   - One that doesn't heed it holds its lane until the process ends, and the
//     others go on. The stage doesn't end itself: a restart is for whoever
//     watches readiness, and would meet the same message again.
//
// A lane whose calls return, but fail for Config.HangAfter, is told to
// [Observer.Failing] only: the log has each of its failures.
func (r *running) watch(stop <-chan struct{}) {
	tick := time.NewTicker(max(min(r.Config.HangAfter, r.Config.CancelAfter)/4, time.Millisecond))
	defer tick.Stop()
	was, failing := 0, 0
	for {
		select {
		case <-stop:
			if was > 0 {
				r.Observer.Hung(0)
			}
			if failing > 0 {
				r.Observer.Failing(0, nil)
			}
			return
		case <-tick.C:
		}
		before := failing
		var why error
		if failing, why = r.failing(); failing > 0 || before > 0 {
			r.Observer.Failing(failing, why)
		}
		n := 0
		for i, l := range r.lanes {
			if r.check(i, l) {
				n++
			}
		}
		if n != was {
			was = n
			r.Observer.Hung(n)
		}
	}
}

// failing is how many lanes fail for too long, and why the first of them does.
func (r *running) failing() (n int, why error) {
	now := time.Now()
	first := now
	for _, l := range r.lanes {
		f := l.call.fails()
		if f.since.IsZero() || now.Sub(f.since) < r.Config.HangAfter {
			continue
		}
		n++
		if f.since.Before(first) {
			first, why = f.since, f
		}
	}
	return n, why
}

// check tells whether the lane hangs.
func (r *running) check(i int, l *lane) bool {
	c := &l.call
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() {
		return false
	}
	d := time.Since(c.since)
	if d >= r.Config.CancelAfter && c.ctx.Err() == nil {
		c.cancel(errHangs)
		r.Log.Error().Int("lane", i).Str("call", string(c.what)).Dur("for", d).Msg("canceling a call that hangs")
	}
	if d < r.Config.HangAfter {
		return false
	}
	if !c.told {
		c.told = true
		r.Log.Error().Int("lane", i).Str("call", string(c.what)).Dur("for", d).
			Str("topic", c.m.Topic).Int("partition", c.m.Partition).Int64("offset", c.m.Offset).
			Bytes("stack", stackOf(l.goroutine)).Msg("lane hangs")
	}
	return true
}

// goroutine is the number of the one that calls, as it stands in stacks.
func goroutine() int {
	var b [64]byte
	f := bytes.Fields(b[:runtime.Stack(b[:], false)]) // "goroutine 7 [running]:"
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(string(f[1]))
	return n
}

// stackOf gives the stack of a goroutine. It stops the whole process for a
// moment: for reports only.
func stackOf(n int) []byte {
	all := make([]byte, 64<<10)
	size := runtime.Stack(all, true)
	for size == len(all) && size < maxStacks {
		all = make([]byte, 2*len(all))
		size = runtime.Stack(all, true)
	}
	begin := fmt.Appendf(nil, "goroutine %d ", n)
	for s := range bytes.SplitSeq(all[:size], []byte("\n\n")) {
		if bytes.HasPrefix(s, begin) {
			return s
		}
	}
	return nil
}
