package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// startTimeout bounds one server's start; a slow disk and a cold cache fit in.
	startTimeout = 5 * time.Minute
	// probeTimeout bounds one question whether a server serves.
	probeTimeout = 5 * time.Second
	// startAttempts bounds how often a server is started again because another process took a
	// port between its choice and its use.
	startAttempts = 4
	// host is the only address the servers listen on.
	host = "127.0.0.1"
)

// ServerConfig says how to run one server of its own, for tests that break it.
type ServerConfig struct {
	Dist    string // the laid-out programs, see [Dist]
	Dir     string // its configuration and data; made if missing, found again at the next start
	Port    int    // 0 = any free one
	HeapMiB int    // 0 = the default
	Log     string // "" = server.log in Dir
	// Brief is for a server that runs for minutes: Java's first compiler alone makes its code, which
	// takes a third of the work from a start. What runs for long is slower by it.
	Brief bool
	// Proxy is where a proxy in front of Kafka listens, host:port: who comes through it is told to go
	// on through it. It must send to Server.Proxied. "" = there is none.
	Proxy       string
	ProxiedPort int // the port of Server.Proxied; 0 = any free one

	// Secure switches TLS, passwords and rights on. nil = whoever can connect may do everything.
	Secure *Credentials

	started func(group int) error // told of each new process group before it serves
}

// prepare fills in defaults and makes the folders.
func (c ServerConfig) prepare(heapMiB int) (ServerConfig, error) {
	for _, path := range []*string{&c.Dist, &c.Dir, &c.Log} {
		if *path == "" {
			continue
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return c, err
		}
		*path = absolute
	}
	if c.Dist == "" || c.Dir == "" {
		return c, errors.New("a server needs both Dist and Dir")
	}
	if c.HeapMiB == 0 {
		c.HeapMiB = heapMiB
	}
	if c.Log == "" {
		c.Log = filepath.Join(c.Dir, "server.log")
	}
	return c, errors.Join(os.MkdirAll(filepath.Join(c.Dir, "tmp"), 0o755), os.MkdirAll(filepath.Dir(c.Log), 0o755))
}

// Server is one running Kafka or Elasticsearch. Its methods may be called from any goroutine.
type Server struct {
	Name    string // "Kafka" or "Elasticsearch"
	Address string // host:port, the same for all its life
	Proxied string // where Kafka listens for its proxy, see ServerConfig.Proxy; "" = nowhere
	Log     string // what it says

	program program
	started func(group int) error // nil = nobody to tell
	ready   func(context.Context) error

	mu      sync.Mutex
	process *process
}

// Stop ends the server cleanly, or with SIGKILL once ctx is over. It returns when the process is
// gone; stopping a stopped server is no error.
func (s *Server) Stop(ctx context.Context) error { return s.current().stop(ctx) }

// Kill ends the server with SIGKILL, as a crash would, and returns when the process is gone.
func (s *Server) Kill() error { return s.current().kill() }

// Done returns a channel that is closed when the process that runs now has ended.
func (s *Server) Done() <-chan struct{} { return s.current().done }

// Restart starts a stopped or killed server again, on the same data and port, and returns when it
// serves. A server that still runs is stopped first.
func (s *Server) Restart(ctx context.Context) error {
	err := s.Stop(ctx)
	if err != nil {
		return err
	}
	return s.start(ctx)
}

func (s *Server) current() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process
}

// died describes a server that ended without being told to, with the end of its log.
func (s *Server) died() error {
	process := s.current()
	reason := "it ended by itself"
	if process.err != nil {
		reason = process.err.Error()
	}
	return fmt.Errorf("%s died (%s); the end of %s:%s", s.Name, reason, s.Log, tail(s.Log))
}

// start runs the server and returns once it serves. After an error nothing of it is left.
func (s *Server) start(ctx context.Context) error {
	started, err := s.program.start()
	if err != nil {
		return fmt.Errorf("start %s: %w", s.Name, err)
	}
	s.mu.Lock()
	s.process = started
	s.mu.Unlock()
	if s.started != nil {
		err := s.started(started.pid)
		if err != nil {
			return errors.Join(err, started.kill())
		}
	}

	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout,
		fmt.Errorf("%s does not serve after %v", s.Name, startTimeout))
	defer cancel()
	for {
		probe, cancel := context.WithTimeout(ctx, probeTimeout)
		failed := s.ready(probe)
		cancel()
		if failed == nil && started.lives() {
			return nil
		}
		select {
		case <-started.done:
			// Its children may still be there.
			err := started.kill()
			return errors.Join(s.died(), err)
		case <-ctx.Done():
			err := started.kill()
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return errors.Join(fmt.Errorf("%w: %w; the end of %s:%s", context.Cause(ctx), failed, s.Log, tail(s.Log)), err)
			}
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(pollEvery):
		}
	}
}

// startOnFreePort makes a server with create and starts it; when it lost a port to another process,
// it does so again with other ports.
func startOnFreePort(ctx context.Context, create func() (*Server, error)) (*Server, error) {
	for attempt := 1; ; attempt++ {
		server, err := create()
		if err != nil {
			return nil, err
		}
		err = server.start(ctx)
		if err == nil {
			return server, nil
		}
		if attempt == startAttempts || ctx.Err() != nil || !lostPort(err) {
			return nil, err
		}
	}
}

// lostPort says whether a server's last words are that its port is taken.
func lostPort(err error) bool {
	for _, words := range []string{"Address already in use", "BindException", "BindHttpException"} {
		if strings.Contains(err.Error(), words) {
			return true
		}
	}
	return false
}

// choosePort returns wanted, which must be free; or, when wanted is 0, usual if it is free (0 is
// never), else any free port.
func choosePort(name string, wanted, usual int) (int, error) {
	if wanted != 0 {
		if wanted < 0 || wanted > 65535 {
			return 0, fmt.Errorf("port %d for %s is not between 1 and 65535", wanted, name)
		}
		_, err := listen(wanted)
		if err != nil {
			return 0, fmt.Errorf("port %d for %s is taken: stop what uses it, or choose another: %w", wanted, name, err)
		}
		return wanted, nil
	}
	if usual != 0 {
		_, err := listen(usual)
		if err == nil {
			return usual, nil
		}
	}
	port, err := listen(0)
	if err != nil {
		return 0, fmt.Errorf("find a free port for %s: %w", name, err)
	}
	return port, nil
}

func listen(port int) (int, error) {
	//nolint:noctx // Binding to loopback doesn't block.
	listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return 0, err
	}
	bound, err := netip.ParseAddrPort(listener.Addr().String())
	return int(bound.Port()), errors.Join(err, listener.Close())
}

// replaceFile writes a file so that a reader sees the old or the new content, never a part.
func replaceFile(path string, data []byte) error {
	next := path + ".new"
	err := os.WriteFile(next, data, 0o644)
	if err != nil {
		return err
	}
	return os.Rename(next, path)
}
