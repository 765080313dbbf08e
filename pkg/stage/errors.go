package stage

import (
	"errors"
	"fmt"
)

// Permanent marks err as one that repeating can't mend. nil stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &PermanentError{err}
}

// PermanentError says that a message or article is refused for good.
type PermanentError struct{ Err error }

func (e *PermanentError) Error() string { return e.Err.Error() }
func (e *PermanentError) Unwrap() error { return e.Err }

// IsPermanent tells whether err, or an error that it wraps, is permanent. Fatal
// ones are.
func IsPermanent(err error) bool {
	return errors.As(err, new(*PermanentError)) || IsFatal(err)
}

// Fatal marks err as one that neither the message nor its repetition is to
// blame for: this process must not go on, since another one does its work. A
// stage ends with it, and leaves its messages to whoever comes next. nil stays
// nil.
func Fatal(err error) error {
	if err == nil {
		return nil
	}
	return &FatalError{err}
}

// FatalError says that the process must end.
type FatalError struct{ Err error }

func (e *FatalError) Error() string { return e.Err.Error() }
func (e *FatalError) Unwrap() error { return e.Err }

// IsFatal tells whether err, or an error that it wraps, is fatal.
func IsFatal(err error) bool { return errors.As(err, new(*FatalError)) }

// PartialError is what a [Sink] returns when some of the articles failed.
type PartialError struct {
	// Errs holds, by index into the written slice, what failed. Those marked
	// permanent are refused for good; the others may be written again.
	Errs map[int]error
	// Total is how many were written.
	Total int
}

func (e *PartialError) Error() string {
	for i, err := range e.Errs {
		return fmt.Sprintf("%d of %d articles failed, one of them (%d): %v", len(e.Errs), e.Total, i, err)
	}
	return "no article failed"
}
