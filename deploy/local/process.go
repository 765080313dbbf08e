package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// stopGrace is how long a process may take to end after SIGTERM before it is killed.
	stopGrace = 30 * time.Second
	// killGrace is how long the members of a killed process group may take to vanish.
	killGrace = 10 * time.Second
	// pollEvery is the pause between two looks at something that can only be asked.
	pollEvery = 50 * time.Millisecond
	// tailLines and tailBytes bound what an error quotes of a log.
	tailLines = 12
	tailBytes = 8 << 10
	// tailWidth cuts long log lines (a Java class path) in a quote, in bytes.
	tailWidth = 300
)

// program is what to run and how.
type program struct {
	args []string // the first one is the path
	dir  string
	env  []string // on top of this process's environment
	log  string   // file for both outputs; what was there is kept as log+".1"
	user *syscall.Credential

	input io.Reader // nil = nothing to read
}

// process is a running program that leads a process group of its own: a Ctrl-C at the terminal
// doesn't reach it, and whatever it starts can be ended with it.
type process struct {
	pid  int
	log  string
	done chan struct{} // closed once the process has ended and err is set
	err  error

	ending sync.Mutex
	gone   bool // nothing of the group is left
}

// start runs p. The process ends when this process does, however that ends (on Linux).
func (p program) start() (*process, error) {
	err := os.Rename(p.log, p.log+".1")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()

	//nolint:noctx // It outlives the context of its start, and has its own ways to end.
	cmd := exec.Command(p.args[0], p.args[1:]...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.input, log, log
	cmd.SysProcAttr = endWithParent(&syscall.SysProcAttr{Setpgid: true, Credential: p.user})

	started := make(chan error)
	running := &process{log: p.log, done: make(chan struct{})}
	go func() {
		// The kernel ties the child to the thread that started it, not to the process: the thread
		// must live exactly as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err != nil {
			started <- err
			return
		}
		running.pid = cmd.Process.Pid
		started <- nil
		running.err = cmd.Wait()
		// What the leader left behind ends at once, while its number can't be anyone else's yet.
		_ = syscall.Kill(-running.pid, syscall.SIGKILL)
		close(running.done)
	}()
	err = <-started
	if err != nil {
		if p.user != nil && (errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EPERM)) {
			return nil, fmt.Errorf("%w (may this root change to user %d?)", err, unprivileged)
		}
		return nil, err
	}
	return running, nil
}

// run runs p to its end. When ctx is over first, it stops p and returns ctx's cause.
func (p program) run(ctx context.Context) error {
	running, err := p.start()
	if err != nil {
		return err
	}
	select {
	case <-running.done:
		return running.err
	case <-ctx.Done():
		return errors.Join(context.Cause(ctx), running.stop(ctx))
	}
}

// stop asks the process to end, and kills its group when ctx or stopGrace is over first. It
// returns once nothing of the group is left.
func (p *process) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopGrace)
	defer cancel()
	if p.lives() {
		_ = syscall.Kill(p.pid, syscall.SIGTERM)
	}
	select {
	case <-p.done:
	case <-ctx.Done():
	}
	return p.kill()
}

// kill ends the process group with SIGKILL and returns once nothing of it is left.
func (p *process) kill() error {
	if p.lives() { // Later its number may belong to someone else.
		_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	}
	deadline := time.NewTimer(killGrace)
	defer deadline.Stop()
	select {
	case <-p.done:
	case <-deadline.C:
		return fmt.Errorf("process %d is still there %v after SIGKILL", p.pid, killGrace)
	}
	p.ending.Lock()
	defer p.ending.Unlock()
	for !p.gone && groupLives(p.pid) {
		select {
		case <-time.After(pollEvery):
		case <-deadline.C:
			return fmt.Errorf("process group %d is still there %v after SIGKILL", p.pid, killGrace)
		}
	}
	p.gone = true
	return nil
}

func (p *process) lives() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// tail returns the last lines of a log, each indented and cut to tailWidth; "" when there are none.
func tail(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return ""
	}
	_, err = file.Seek(max(0, info.Size()-tailBytes), io.SeekStart)
	if err != nil {
		return ""
	}
	data, err := io.ReadAll(io.LimitReader(file, tailBytes))
	if err != nil {
		return ""
	}
	lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	lines = lines[max(0, len(lines)-tailLines):]
	var out strings.Builder
	for _, line := range lines {
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			continue
		}
		if len(line) > tailWidth {
			line = append(bytes.Clone(line[:tailWidth]), "..."...)
		}
		fmt.Fprintf(&out, "\n    %s", bytes.ToValidUTF8(line, []byte("?")))
	}
	return out.String()
}
