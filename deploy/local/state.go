package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	stateFile = "state.json"
	lockFile  = "lock"
)

// State is what Up tells other processes, as Dir/state.json. The addresses appear once the servers
// serve. Tests (package localtest) read kafka_brokers and elasticsearch_url.
type State struct {
	PID              int           `json:"pid"` // of the process that called Up
	StartedAt        time.Time     `json:"started_at"`
	KafkaBrokers     []string      `json:"kafka_brokers"`     // host:port; empty when not started here or not yet ready
	ElasticsearchURL string        `json:"elasticsearch_url"` // without a trailing slash; empty likewise
	Processes        []ProcessInfo `json:"processes"`
}

// ProcessInfo names a process beyond doubt: its number may be given anew, but not with the same
// start and command line.
type ProcessInfo struct {
	Name    string `json:"name"`
	PID     int    `json:"pid"`
	Start   string `json:"start"` // as the system counts: clock ticks since boot on Linux
	Command string `json:"command"`
}

// RunningError says that another process has servers up, or starting, in the same folder.
type RunningError struct {
	Dir   string
	State State // its addresses are empty while those servers are starting
}

func (e *RunningError) Error() string {
	if len(e.State.KafkaBrokers) == 0 && e.State.ElasticsearchURL == "" {
		return fmt.Sprintf("process %d is starting or stopping the servers of %s: wait for it, or end it", e.State.PID, e.Dir)
	}
	return fmt.Sprintf("the servers of %s are already up (process %d): Kafka %s, Elasticsearch %s; use those, or end that process",
		e.Dir, e.State.PID, strings.Join(e.State.KafkaBrokers, ","), e.State.ElasticsearchURL)
}

// Running returns what runs for dir ("" = the usual folder, see [Config]); nil when nothing does.
func Running(dir string) (*State, error) {
	dir, err := stateDir(dir)
	if err != nil {
		return nil, err
	}
	lock, err := takeLock(dir)
	var running *RunningError
	switch {
	case errors.As(err, &running):
		return &running.State, nil
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return nil, lock.Close()
}

// Lock keeps dir for this process until it is closed: Up and Lock fail there, and `make clean`
// leaves it alone.
func Lock(dir string) (io.Closer, error) {
	return takeLock(dir)
}

// takeLock makes this process the only one that runs servers in dir. The lock is the kernel's on
// an open file: it ends with its holder, however that ends, so the file alone means nothing.
func takeLock(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return file, nil
	}
	_ = file.Close()
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	state, readErr := readState(dir)
	if readErr != nil {
		state = State{}
	}
	return nil, &RunningError{Dir: dir, State: state}
}

// readState returns the zero State when there is no file.
func readState(dir string) (State, error) {
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, os.ErrNotExist) {
		return State{}, nil
	}
	if err != nil {
		return State{}, err
	}
	var state State
	err = json.Unmarshal(data, &state)
	if err != nil {
		return State{}, fmt.Errorf("%s: %w", filepath.Join(dir, stateFile), err)
	}
	return state, nil
}

// record keeps dir/state.json up to date.
type record struct {
	dir string

	mu    sync.Mutex
	state State
}

func (r *record) change(change func(*State)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.state)
	data, err := json.MarshalIndent(r.state, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(r.dir, stateFile), append(data, '\n'))
}

func (r *record) remove() error {
	err := os.Remove(filepath.Join(r.dir, stateFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// add notes the processes of a group that it doesn't know yet.
func (r *record) add(name string, id int) error {
	var infos []ProcessInfo
	for _, pid := range group(id) {
		started, command, there := identify(pid)
		if there {
			infos = append(infos, ProcessInfo{Name: name, PID: pid, Start: started, Command: command})
		}
	}
	return r.change(func(state *State) {
		for _, info := range infos {
			if !slices.Contains(state.Processes, info) {
				state.Processes = append(state.Processes, info)
			}
		}
	})
}

// endLeftovers ends what an earlier process, now gone, left running and noted in dir/state.json.
// A process that only has the same number is left alone.
func endLeftovers(ctx context.Context, dir string, progress *progress) error {
	state, err := readState(dir)
	if err != nil {
		// Nobody can tell from a broken file what to end; a port that is still taken will be seen.
		progress.step("clean").say("ignoring a broken file: %v", err)
		return nil
	}
	for _, info := range state.Processes {
		if !isStill(info) {
			continue
		}
		step := progress.step("clean")
		step.say("ending %s (process %d), left behind by process %d", info.Name, info.PID, state.PID)
		err := end(ctx, info)
		if err != nil {
			return err
		}
		step.done("ended")
	}
	return nil
}

func isStill(info ProcessInfo) bool {
	started, command, there := identify(info.PID)
	return there && info.Start != "" && started == info.Start && command == info.Command
}

func end(ctx context.Context, info ProcessInfo) error {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		err := syscall.Kill(info.PID, signal)
		if err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("end %s (process %d): %w", info.Name, info.PID, err)
		}
		deadline := time.Now().Add(killGrace)
		for time.Now().Before(deadline) {
			if !isStill(info) {
				return nil
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(pollEvery):
			}
		}
	}
	return fmt.Errorf("%s (process %d) is still there %v after SIGKILL", info.Name, info.PID, killGrace)
}
