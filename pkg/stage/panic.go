package stage

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// PanicError says that a call panicked.
type PanicError struct {
	what  Call
	value any
	stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("%s panicked: %v", e.what, e.value) }

// Panicked tells whether err, or an error that it wraps, is of a call that
// panicked.
func Panicked(err error) bool { return errors.As(err, new(*PanicError)) }

// Guard calls what may panic, and makes a [*PanicError] of it: a panic would end
// the process, and all its services, for one message. The stage guards its own
// calls; a sink guards the goroutines that it starts, and returns the error.
func Guard(what Call, call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{what, p, debug.Stack()}
		}
	}()
	return call()
}

// tell logs where a call panicked, if it did; m is its message, or the first of
// them, or nil.
func (r *running) tell(err error, m *Message) {
	p, ok := errors.AsType[*PanicError](err)
	if !ok {
		return
	}
	e := r.Log.Error().Str("call", string(p.what)).Str("panic", fmt.Sprint(p.value)).Bytes("stack", p.stack)
	if m != nil {
		e = e.Str("topic", m.Topic).Int("partition", m.Partition).Int64("offset", m.Offset)
	}
	e.Msg("panicked")
}
