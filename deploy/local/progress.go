package local

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progress writes one line per event to an output that many steps share.
type progress struct {
	mu     sync.Mutex
	output io.Writer // nil = nowhere
}

// Write passes on what a program says about itself.
func (p *progress) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.output == nil {
		return len(text), nil
	}
	return p.output.Write(text)
}

// step begins a named step, whose lines carry the seconds since now.
func (p *progress) step(name string) *step {
	return &step{progress: p, name: name, began: time.Now()}
}

type step struct {
	progress *progress
	name     string
	began    time.Time
}

func (s *step) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.progress, "%-14s %s\n", s.name, fmt.Sprintf(format, args...))
}

// done is say with the time that the step took.
func (s *step) done(format string, args ...any) {
	s.say("%s (%.1f s)", fmt.Sprintf(format, args...), time.Since(s.began).Seconds())
}

// during runs work, and says where it stands from time to time.
func (s *step) during(where func() string, work func() error) error {
	finished := make(chan struct{})
	var saying sync.WaitGroup
	saying.Go(func() {
		ticker := time.NewTicker(progressEvery)
		defer ticker.Stop()
		for {
			select {
			case <-finished:
				return
			case <-ticker.C:
				s.done("%s", where())
			}
		}
	})
	defer saying.Wait()
	defer close(finished)
	return work()
}
