package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Times of a process.
const (
	// StartTimeout is how long a service may take to say where it listens.
	StartTimeout = 2 * time.Minute
	// StopTimeout is how long it may take to end after SIGTERM.
	StopTimeout = 40 * time.Second
)

// Process is one run of a program after the other: a service that is killed
// and started again. It may be used from many goroutines.
type Process struct {
	Name string
	path string
	args []string
	env  []string
	log  string
	// ended, if any, is told a run that ends without being asked.
	ended chan<- error

	mu   sync.Mutex
	one  *one
	addr string // where the last run listened
}

// one is one run.
type one struct {
	pid  int
	done chan struct{} // closed when it has ended
	err  error
	told atomic.Bool // to end
}

// Start runs the program, with more in its environment for this run (NAME=value),
// and returns when it says where it listens, or, for a
// program without an address, at once. One that runs already is an error.
func (p *Process) Start(ctx context.Context, more ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.one != nil {
		select {
		case <-p.one.done:
		default:
			return fmt.Errorf("%s runs already", p.Name)
		}
	}
	if err := os.MkdirAll(filepath.Dir(p.log), 0o755); err != nil { //nolint:gosec // Elasticsearch's user passes it, too.
		return err
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644) //nolint:gosec // a log
	if err != nil {
		return err
	}
	out := &output{file: log, address: make(chan string, 1)}
	//nolint:noctx,gosec // it is ended by Kill and Stop, and with this process; the path is what was built here
	cmd := exec.Command(p.path, p.args...)
	cmd.Env = slices.Concat(os.Environ(), p.env, more)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = endWithParent()
	run := &one{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel ties the child to the thread that started it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- errors.Join(err, log.Close())
			return
		}
		run.pid = cmd.Process.Pid
		started <- nil
		run.err = errors.Join(cmd.Wait(), log.Close())
		if p.ended != nil && !run.told.Load() {
			select {
			case p.ended <- fmt.Errorf("%s ended by itself: %w; its log is %s", p.Name, run.err, p.log):
			default: // the first is enough
			}
		}
		close(run.done)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	p.one = run
	t := time.NewTimer(StartTimeout)
	defer t.Stop()
	select {
	case p.addr = <-out.address:
		return nil
	case <-run.done:
		return fmt.Errorf("%s ended at its start: %w; its log is %s", p.Name, run.err, p.log)
	case <-t.C:
		return fmt.Errorf("%s does not say where it listens after %v; its log is %s", p.Name, StartTimeout, p.log)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Process) current() *one {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.one
}

// Kill ends the process with SIGKILL and returns when it is gone. One that
// doesn't run is no error.
func (p *Process) Kill() error { return p.end(syscall.SIGKILL) }

// Stop asks the process to end.
func (p *Process) Stop() error { return p.end(syscall.SIGTERM) }

func (p *Process) end(sig syscall.Signal) error {
	run := p.current()
	if run == nil {
		return nil
	}
	select {
	case <-run.done: // Its number may be someone else's by now.
		return nil
	default:
	}
	run.told.Store(true)
	if err := syscall.Kill(run.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	t := time.NewTimer(StopTimeout)
	defer t.Stop()
	select {
	case <-run.done:
		return nil
	case <-t.C:
		_ = syscall.Kill(run.pid, syscall.SIGKILL)
		return fmt.Errorf("%s (process %d) was still there %v after %v; its log is %s", p.Name, run.pid, StopTimeout, sig, p.log)
	}
}

// Died tells that the process ended, and how; nil while it runs.
func (p *Process) Died() error {
	run := p.current()
	if run == nil {
		return fmt.Errorf("%s was never started", p.Name)
	}
	select {
	case <-run.done:
		return fmt.Errorf("%s ended: %w; its log is %s", p.Name, run.err, p.log)
	default:
		return nil
	}
}

// Addr is where the last run listens or listened.
func (p *Process) Addr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.addr
}

// PID is the number of the last run.
func (p *Process) PID() int {
	if run := p.current(); run != nil {
		return run.pid
	}
	return 0
}

// RSS is how many bytes of memory the process holds now.
func (p *Process) RSS() (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.PID()))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(data)
	if len(fields) < 2 {
		return 0, fmt.Errorf("statm of %s: %q", p.Name, data)
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// output copies what a process says to its log, and finds the address in it.
type output struct {
	file    *os.File
	address chan string
	line    []byte
	told    bool
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.file.Write(b)
	if o.told {
		return n, err
	}
	o.line = append(o.line, b...)
	for !o.told {
		line, rest, whole := bytes.Cut(o.line, []byte("\n"))
		if !whole {
			break
		}
		o.line = rest
		var said struct {
			Message string `json:"message"`
			Address string `json:"address"`
		}
		if json.Unmarshal(line, &said) == nil && said.Message == "started" && said.Address != "" {
			o.told, o.line = true, nil
			o.address <- said.Address
		}
	}
	return n, err
}
