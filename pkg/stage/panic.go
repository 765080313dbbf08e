package stage

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// panicError says that a call panicked.
type panicError struct {
	what  Call
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("%s panicked: %v", e.what, e.value) }

// panicked tells whether err is of a call that panicked.
func panicked(err error) bool { return errors.As(err, new(*panicError)) }

// guard calls what may panic, and makes an error of it: a panic would end the
// process, and all its services, for one message.
func guard(what Call, call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{what, p, debug.Stack()}
		}
	}()
	return call()
}

// tell logs where a call panicked, if it did; m is its message, or the first of
// them, or nil.
func (r *running) tell(err error, m *Message) {
	p, ok := errors.AsType[*panicError](err)
	if !ok {
		return
	}
	e := r.Log.Error().Str("call", string(p.what)).Str("panic", fmt.Sprint(p.value)).Bytes("stack", p.stack)
	if m != nil {
		e = e.Str("topic", m.Topic).Int("partition", m.Partition).Int64("offset", m.Offset)
	}
	e.Msg("panicked")
}
