package stage

import (
	"errors"
	"fmt"
	"time"
)

// What a zero field of [Config] stands for.
const (
	DefaultLanes           = 16
	DefaultInFlight        = 2000
	DefaultInFlightBytes   = 64 << 20
	DefaultBatchMax        = 500
	DefaultBatchLinger     = 5 * time.Millisecond
	DefaultHandlerAttempts = 5
	DefaultRetryBudget     = 10
	DefaultGiveUpAfter     = time.Hour
	DefaultRetryMin        = 50 * time.Millisecond
	DefaultRetryMax        = 5 * time.Second
	DefaultDrainTimeout    = 20 * time.Second
	DefaultHangAfter       = 2 * time.Minute
	DefaultCancelAfter     = 5 * time.Minute
)

// Config is how a stage runs. A zero field stands for its default.
type Config struct {
	Lanes           int           `help:"How many keys are worked on side by side." default:"16"`
	InFlight        int           `help:"How many messages may be in work or wait for it." default:"2000"`
	InFlightBytes   int64         `help:"How many bytes they may have; one larger message is taken alone." default:"67108864"`
	BatchMax        int           `help:"How many articles are written at once." default:"500"`
	BatchLinger     time.Duration `help:"How long a finished article may wait for those queued behind it; it never waits for an empty queue." default:"5ms"`
	HandlerAttempts int           `help:"How often a message is tried before it becomes a dead letter, as long as most others succeed; failing writes are repeated for ever." default:"5"`
	RetryBudget     int           `help:"How many failures make the handler's surroundings to blame instead of the messages: then they are repeated slowly, and none is given up. Ten successes make up for a failure." default:"10"`
	GiveUpAfter     time.Duration `help:"How long a message that fails is tried at most, whoever is to blame." default:"1h"`
	RetryMin        time.Duration `help:"The first wait before a repetition; doubled each time, with jitter." default:"50ms"`
	RetryMax        time.Duration `help:"The longest wait before a repetition." default:"5s"`
	DrainTimeout    time.Duration `help:"How long what is in work may take at the end; what is left comes again after a restart." default:"20s"`
	HangAfter       time.Duration `help:"How long one call may take until its lane is reported as hung, and the service is not ready; more than what the sink bounds itself." default:"2m"`
	CancelAfter     time.Duration `help:"How long one call may take until its context is canceled, so that it fails and is repeated." default:"5m"`
}

// Validate tells which settings are out of range.
func (c Config) Validate() error {
	var errs []error
	for _, f := range []struct {
		name string
		bad  bool
		v    any
	}{
		{"lanes", c.Lanes < 0, c.Lanes},
		{"in-flight", c.InFlight < 0, c.InFlight},
		{"in-flight-bytes", c.InFlightBytes < 0, c.InFlightBytes},
		{"batch-max", c.BatchMax < 0, c.BatchMax},
		{"batch-linger", c.BatchLinger < 0, c.BatchLinger},
		{"handler-attempts", c.HandlerAttempts < 0, c.HandlerAttempts},
		{"retry-budget", c.RetryBudget < 0, c.RetryBudget},
		{"give-up-after", c.GiveUpAfter < 0, c.GiveUpAfter},
		{"retry-min", c.RetryMin < 0, c.RetryMin},
		{"retry-max", c.RetryMax < 0, c.RetryMax},
		{"drain-timeout", c.DrainTimeout < 0, c.DrainTimeout},
		{"hang-after", c.HangAfter < 0, c.HangAfter},
		{"cancel-after", c.CancelAfter < 0, c.CancelAfter},
	} {
		if f.bad {
			errs = append(errs, fmt.Errorf("setting stage-%s is %v, it must not be negative", f.name, f.v))
		}
	}
	if d := c.withDefaults(); len(errs) == 0 && d.RetryMax < d.RetryMin {
		errs = append(errs, fmt.Errorf("setting stage-retry-max is %v, less than stage-retry-min with %v", d.RetryMax, d.RetryMin))
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	or(&c.Lanes, DefaultLanes)
	or(&c.InFlight, DefaultInFlight)
	or(&c.InFlightBytes, DefaultInFlightBytes)
	or(&c.BatchMax, DefaultBatchMax)
	or(&c.BatchLinger, DefaultBatchLinger)
	or(&c.HandlerAttempts, DefaultHandlerAttempts)
	or(&c.RetryBudget, DefaultRetryBudget)
	or(&c.GiveUpAfter, DefaultGiveUpAfter)
	or(&c.RetryMin, DefaultRetryMin)
	or(&c.RetryMax, DefaultRetryMax)
	or(&c.DrainTimeout, DefaultDrainTimeout)
	or(&c.HangAfter, DefaultHangAfter)
	or(&c.CancelAfter, DefaultCancelAfter)
	return c
}

func or[T comparable](p *T, d T) {
	var zero T
	if *p == zero {
		*p = d
	}
}
