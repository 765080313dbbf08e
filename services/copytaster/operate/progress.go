package operate

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/copytaster/copytaster/services/enrich/override/desk"
)

// How often progress is shown.
const (
	progressTerminal = 100 * time.Millisecond
	progressElse     = 5 * time.Second
)

// Progress is what every command has that may take long.
type Progress struct {
	Progress *bool `help:"Show progress on standard error; by default only if that is a terminal." negatable:""`
}

// bar shows how far a command is with messages, how fast, and how long it will
// still take. total < 0: nobody knows. The bar must be closed.
func (p Progress) bar(t Terminal, what string, total int64) *bar {
	return p.barOf(t, what, "messages", total)
}

// barOf is bar for other things than messages.
func (p Progress) barOf(t Terminal, what, things string, total int64) *bar {
	every := progressTerminal
	live := isTerminal(t.Err)
	if !live {
		every = progressElse
	}
	if p.Progress != nil && !*p.Progress || p.Progress == nil && !live {
		return &bar{}
	}
	return &bar{progressbar.NewOptions64(total,
		progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(t.Err), progressbar.OptionThrottle(every),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(things), progressbar.OptionSetWidth(barWidth),
		progressbar.OptionSpinnerType(spinner), progressbar.OptionClearOnFinish(), progressbar.OptionSetRenderBlankState(live),
		progressbar.OptionUseANSICodes(false), progressbar.OptionOnCompletion(func() {}),
	), t.Err, live}
}

const (
	barWidth = 20
	spinner  = 14
)

// bar may be nil inside: then nothing is shown.
type bar struct {
	*progressbar.ProgressBar

	w    io.Writer
	live bool
}

func (b *bar) add(n int) {
	if b.ProgressBar != nil {
		_ = b.Add(n) // it is only shown
	}
}

// close takes the bar off the terminal, or ends its line. It may be called again.
func (b *bar) close() {
	switch {
	case b.ProgressBar == nil:
	case b.live:
		_ = b.Clear()
	default:
		_ = b.Exit()
		fmt.Fprintln(b.w)
	}
	b.ProgressBar = nil
}

// watch shows how far a [desk.Desk] is with messages.
func (p Progress) watch(t Terminal) desk.Watch {
	return func(n int64) (func(int), func()) {
		b := p.bar(t, "looking for it", n)
		return b.add, b.close
	}
}
