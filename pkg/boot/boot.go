// Package boot is what the services share around their work: settings, log,
// health, metrics, signals and exit codes.
//
// Nothing in it is global, so that several services can live in one process:
// each gets its own [Kit] of one [Server].
package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/signal"
	"reflect"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
)

// Exit codes of a service.
const (
	ExitOK      = 0
	ExitFailed  = 1   // it ended with an error, or is not ready
	ExitUsage   = 2   // a setting is wrong
	ExitSignals = 130 // a second signal ended it at once
)

// Service describes a service whose settings are a C: a struct with kong's
// tags. Every struct in C that has a method Validate() error is asked.
type Service[C any] struct {
	Name   string // "enrich"
	About  string // one sentence for --help
	Listen string // default of the setting listen, "127.0.0.1:8802"
	// Run works until ctx is done, then finishes and returns nil.
	Run func(ctx context.Context, c C, k *Kit) error
	// Memory, if there is one, is about how many bytes the settings let a process
	// of this service alone take. The garbage collector works harder rather than
	// let it double what is held. GOMEMLIMIT wins.
	Memory func(c C) int64
}

// Main runs the service with the process's arguments and environment, and
// exits.
func Main[C any](s Service[C]) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	os.Exit(execute(s, os.Args[1:], signals, os.Stdout, os.Stderr, os.Exit))
}

// Version is the module's version and commit, as far as the build knows.
func Version() string {
	v := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		v = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v += " " + s.Value
			}
		}
	}
	return v
}

// NewLog makes the logger that c asks for. out is asked whether it is a
// terminal.
func NewLog(c Config, out io.Writer) zerolog.Logger {
	level, err := zerolog.ParseLevel(c.LogLevel)
	if err != nil {
		level = zerolog.InfoLevel
	}
	f, ok := out.(*os.File)
	if c.LogFormat == "console" || c.LogFormat == "auto" && ok && isatty.IsTerminal(f.Fd()) {
		out = zerolog.ConsoleWriter{Out: out, TimeFormat: "15:04:05.000"}
	}
	// zerolog's own timestamp has whole seconds, or else a setting for the whole
	// process: too coarse for stages that take milliseconds.
	return zerolog.New(out).Level(level).Hook(zerolog.HookFunc(func(e *zerolog.Event, _ zerolog.Level, _ string) {
		e.Str(zerolog.TimestampFieldName, time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
	}))
}

func execute[C any](s Service[C], args []string, signals <-chan os.Signal, out, errs io.Writer, exit func(int)) int {
	var c cli[C]
	// kong reports --help and --version by calling exit.
	said := false
	p, err := parser(s, &c, out, errs, func(int) { said = true })
	if err != nil {
		fmt.Fprintf(errs, "%s: %v\n", s.Name, err)
		return ExitUsage
	}
	k, err := p.Parse(args)
	if said {
		return ExitOK
	}
	if err == nil {
		err = validate(reflect.ValueOf(&c))
	}
	if err != nil {
		fmt.Fprintf(errs, "%s: %v\n", s.Name, err)
		return ExitUsage
	}
	if k.Command() == "healthcheck" {
		if err := Healthcheck(context.Background(), c.Listen); err != nil {
			fmt.Fprintf(errs, "%s: %v\n", s.Name, err)
			return ExitFailed
		}
		return ExitOK
	}

	log := NewLog(c.Config, errs)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stop := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case sig := <-signals:
				if n > 0 {
					log.Error().Stringer("signal", sig).Msg("second signal, ending at once")
					exit(ExitSignals)
					return
				}
				log.Info().Stringer("signal", sig).Msg("stopping; a second signal ends at once")
				cancel()
			}
		}
	}()
	defer func() {
		close(stop)
		<-watched
	}()

	srv, err := NewServer(c.Config, log)
	if err != nil {
		log.Error().Err(err).Msg("can't listen")
		return ExitFailed
	}
	kit := srv.Kit(s.Name)
	kit.Log.Info().Str("address", srv.Addr()).Str("version", Version()).Msg("started")
	err = RunService(ctx, s, c.Service, kit)
	closeCtx, done := context.WithTimeout(context.Background(), shutdownTimeout)
	defer done()
	if e := srv.Close(closeCtx); e != nil {
		kit.Log.Warn().Err(e).Msg("HTTP server did not stop in time")
	}
	if err != nil {
		kit.Log.Error().Err(err).Msg("ended with an error")
		return ExitFailed
	}
	kit.Log.Info().Msg("ended")
	return ExitOK
}

// RunService runs s with a kit; the kit says that it is not ready from when
// ctx is done. A panic in s becomes an error.
func RunService[C any](ctx context.Context, s Service[C], c C, kit *Kit) (err error) {
	defer context.AfterFunc(ctx, kit.stop)()
	defer kit.stop()
	defer func() {
		if p := recover(); p != nil {
			kit.Log.Error().Str("panic", fmt.Sprint(p)).Bytes("stack", debug.Stack()).Msg("service panicked")
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if s.Memory != nil && debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(s.Memory(c))
	}
	if err := s.Run(ctx, c, kit); err != nil && !(errors.Is(err, context.Canceled) && ctx.Err() != nil) {
		return err
	}
	return nil
}

// healthcheckTimeout is how long a service may take to say whether it is ready.
const healthcheckTimeout = 5 * time.Second

// maxHealthAnswer is how many bytes of its answer are read.
const maxHealthAnswer = 64 << 10

// Healthcheck asks the service that listens on addr whether it is ready; the
// error holds its reasons if not.
func Healthcheck(ctx context.Context, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if port == "0" || port == "" {
		return fmt.Errorf("the service listens on %q: no port to ask", addr)
	}
	switch host {
	case "", "0.0.0.0", "::":
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, healthcheckTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(io.LimitReader(resp.Body, maxHealthAnswer))
		return fmt.Errorf("not ready: %s: %s", resp.Status, b)
	}
	return nil
}
