package stage

import (
	"fmt"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// task is a message on its way.
type task struct {
	m        Message
	key      uint64 // hash of the message's; 0 if it has none
	taken    time.Time
	entered  time.Time // through the gate
	bytes    int64     // held of the limit
	attempts int
	blamed   int           // attempts that failed while others succeeded
	first    time.Time     // of the attempts
	left     int           // articles that are not yet safe or refused
	safe     []article.URI // those that are safe
	err      error         // why it was refused for good, the first reason
}

type lane struct {
	*running
	queue     *queue
	call      call
	goroutine int // for the stack of one that hangs
	ended     bool
}

// end ends the stage: this lane does nothing more.
func (l *lane) end(err error) {
	l.ended = true
	l.Log.Error().Err(err).Msg("the stage can't go on")
	l.fail(err)
}

// idle tells that nothing may be done any more.
func (l *lane) idle() bool { return l.ended || l.work.Err() != nil }

func (l *lane) loop() {
	l.goroutine = goroutine()
	defer l.call.release()
	for t := l.queue.take(); t != nil; t = l.queue.take() {
		var batch []entry
		var first time.Time // when the oldest article in batch was ready
		for t != nil && !l.idle() {
			batch = l.handle(t, batch)
			if len(batch) > 0 && first.IsZero() {
				first = time.Now()
			}
			if len(batch) >= l.Config.BatchMax || len(batch) > 0 && time.Since(first) >= l.Config.BatchLinger {
				break
			}
			// What is urgent doesn't wait for what is not.
			t = l.queue.poll(len(batch) > 0 && t.m.Urgent)
		}
		l.flush(batch)
		if l.idle() {
			return
		}
	}
}

// handle calls the handler and returns batch with the new articles. Before it
// waits for a repetition it writes what is in batch. What was taken away is
// given back.
func (l *lane) handle(t *task, batch []entry) []entry {
	t.first = time.Now()
	defer l.call.wentOn()
	for {
		if t.m.revoked() {
			t.m.giveBack()
			l.leave(t)
			return batch
		}
		t.attempts++
		as, err := l.handler(t)
		if err == nil && l.budget.succeeded() {
			l.Log.Info().Msg("messages are handled again")
		}
		switch {
		case err == nil && len(as) == 0:
			l.settle(t)
			return batch
		case err == nil:
			t.left = len(as)
			for _, a := range as {
				batch = append(batch, entry{t, a})
			}
			return batch
		case l.work.Err() != nil:
			return batch
		case IsFatal(err):
			l.flush(batch)
			l.end(err)
			return nil
		case IsPermanent(err):
			t.err = err
			l.settle(t)
			return batch
		}
		wait, again := l.again(t, err)
		if !again {
			l.settle(t)
			return batch
		}
		l.flush(batch)
		batch = nil
		l.call.failed(t.first, CallHandler, err)
		if l.ended || !sleep(l.work, wait) {
			return nil
		}
	}
}

// again tells how long to wait before a message is tried again that failed; or
// that it is given up.
func (l *lane) again(t *task, err error) (time.Duration, bool) {
	wait := l.Config.backoff(retryForever)
	blame := l.budget.failed()
	if blame {
		t.blamed++
		wait = l.Config.backoff(t.blamed)
	}
	switch {
	case t.blamed >= l.Config.HandlerAttempts:
		t.err = fmt.Errorf("given up after %d attempts: %w", t.attempts, err)
		return 0, false
	case time.Since(t.first) >= l.Config.GiveUpAfter:
		t.err = fmt.Errorf("given up after %d attempts in %v: %w", t.attempts, time.Since(t.first).Round(time.Second), err)
		return 0, false
	}
	l.Observer.Retry(CallHandler)
	l.Log.Warn().Err(err).Str("topic", t.m.Topic).Int("partition", t.m.Partition).Int64("offset", t.m.Offset).
		Int("attempt", t.attempts).Bool("most_fail", !blame).Msg("can't handle a message, trying again")
	return wait, true
}

// handler calls the handler. A message that makes it panic is refused.
func (l *lane) handler(t *task) (as []article.Article, err error) {
	ctx := l.call.begin(l.work, CallHandler, &t.m)
	err = l.call.end(Guard(CallHandler, func() (err error) {
		as, err = l.Handler(ctx, t.m)
		return err
	}))
	if Panicked(err) {
		l.tell(err, &t.m)
		return nil, Permanent(err)
	}
	return as, err
}

// settle ends a message: dead letter, if it was refused, and verdict.
func (l *lane) settle(t *task) {
	outcome := Dead
	switch {
	case t.err == nil && len(t.safe) == 0:
		outcome = Filtered
	case t.err == nil:
		outcome = OK
	case t.m.Interactive:
		outcome = Refused
	case !l.bury(t):
		return
	}
	if t.m.Ack != nil {
		t.m.Ack(Verdict{Articles: t.safe, Err: t.err})
	}
	taken := time.Since(t.taken)
	if len(t.safe) > 0 {
		l.Observer.Done(OK, len(t.safe), taken)
	}
	if outcome != OK {
		l.Observer.Done(outcome, 1, taken)
	}
	l.leave(t)
}

// leave makes room for another message.
func (r *running) leave(t *task) {
	r.open.Add(-1)
	r.Gate.Leave(t.entered)
	r.count.Release(1)
	r.bytes.Release(t.bytes)
}

// bury writes the dead letter and tells whether it is safe.
func (l *lane) bury(t *task) bool {
	d := DeadLetter{Message: t.m, Stage: l.Name, Err: t.err, Attempts: t.attempts, At: time.Now().UTC()}
	d.Message.Ack, d.Message.Revoked = nil, nil
	began := time.Now()
	defer l.call.wentOn()
	for failures := 1; ; failures++ {
		ctx := l.call.begin(l.work, CallDead, &t.m)
		err := l.call.end(Guard(CallDead, func() error { return l.Dead.Write(ctx, d) }))
		l.tell(err, &t.m)
		if err == nil {
			l.Log.Warn().AnErr("error", t.err).Str("topic", t.m.Topic).Int("partition", t.m.Partition).Int64("offset", t.m.Offset).
				Int("attempts", t.attempts).Msg("message is now a dead letter")
			return true
		}
		if l.work.Err() != nil {
			return false
		}
		if IsFatal(err) {
			l.end(err)
			return false
		}
		l.call.failed(began, CallDead, err)
		l.Observer.Retry(CallDead)
		l.Log.Error().Err(err).Int("failures", failures).Msg("can't write a dead letter, trying again; the lane waits")
		if !sleep(l.work, l.Config.backoff(failures)) {
			return false
		}
	}
}
