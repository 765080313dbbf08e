package boot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/stage"
)

// Limits of the HTTP server. A route that needs more time for a long answer
// sets its own deadline by [http.ResponseController].
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = time.Minute
	writeTimeout      = 2 * time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	shutdownTimeout   = 5 * time.Second
	// checkTimeout is how long all checks of /readyz together may take.
	checkTimeout = 3 * time.Second
)

// Server is the HTTP server of a process, with /healthz (the process lives),
// /readyz (every check passes) and /metrics.
type Server struct {
	log      zerolog.Logger
	listener net.Listener
	http     *http.Server
	mux      *http.ServeMux
	registry *prometheus.Registry
	metrics  metrics
	served   chan struct{}

	mu   sync.Mutex
	kits []*Kit
}

// NewServer listens on c.Listen and serves at once.
func NewServer(c Config, log zerolog.Logger) (*Server, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("setting listen (%sLISTEN): %w", EnvPrefix, err)
	}
	s := &Server{log: log, listener: l, mux: http.NewServeMux(), registry: prometheus.NewRegistry(), served: make(chan struct{})}
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.metrics = newMetrics(s.registry)
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	s.mux.HandleFunc("GET /readyz", s.ready)
	s.mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{Registry: s.registry}))
	if c.Pprof {
		s.mux.HandleFunc("/debug/pprof/", pprof.Index)
		s.mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		s.mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		s.mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		s.mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	s.http = &http.Server{
		Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
	}
	go func() {
		defer close(s.served)
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error().Err(err).Msg("HTTP server ended")
		}
	}()
	return s, nil
}

// retryWhileStarting is when to ask a starting service again, in seconds.
const retryWhileStarting = "1"

// serve answers. While a service is starting its routes are not there yet: who
// asks for one must not take that for an answer for good.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if _, pattern := s.mux.Handler(r); pattern == "" && s.starting() {
		w.Header().Set("Retry-After", retryWhileStarting)
		http.Error(w, errStarting.Error(), http.StatusServiceUnavailable)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// starting tells whether some service of the process has not set everything up.
func (s *Server) starting() bool {
	s.mu.Lock()
	kits := slices.Clone(s.kits)
	s.mu.Unlock()
	return len(kits) == 0 || slices.ContainsFunc(kits, func(k *Kit) bool { return !k.isStarted() })
}

// Addr is where the server listens, with the port that it got.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close waits for requests in progress until ctx is done, then ends them.
func (s *Server) Close(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	<-s.served
	return err
}

// Kit makes the kit of one of the process's services.
func (s *Server) Kit(service string) *Kit {
	k := &Kit{
		Name: service, Log: s.log.With().Str("service", service).Logger(),
		Metrics: prometheus.WrapRegistererWith(prometheus.Labels{"service": service}, s.registry),
		server:  s,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kits = append(s.kits, k)
	return k
}

// state is the answer of /readyz.
type state struct {
	Ready  bool              `json:"ready"`
	Checks map[string]string `json:"checks,omitempty"` // "ok" or the reason
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
	defer cancel()
	s.mu.Lock()
	kits := slices.Clone(s.kits)
	s.mu.Unlock()

	st := state{Ready: true, Checks: map[string]string{}}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, k := range kits {
		for _, c := range k.list() {
			wg.Go(func() {
				err := c.run(ctx)
				mu.Lock()
				defer mu.Unlock()
				st.Checks[k.Name+"/"+c.name] = "ok"
				if err != nil {
					st.Ready = false
					st.Checks[k.Name+"/"+c.name] = err.Error()
				}
			})
		}
	}
	wg.Wait()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !st.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if err := json.NewEncoder(w).Encode(st); err != nil {
		s.log.Debug().Err(err).Msg("can't answer /readyz")
	}
}

// Kit is what a service gets from its process.
type Kit struct {
	Name string
	Log  zerolog.Logger
	// Metrics takes the service's own metrics; they get the label service.
	Metrics prometheus.Registerer

	server *Server

	mu      sync.Mutex
	checks  []*check
	waits   []*wait // steps of the start that are not done
	started bool
	stopped bool
}

// check is asked by one goroutine at a time: while one that hangs is under way,
// whoever asks is told so.
type check struct {
	name string
	ask  func(ctx context.Context) error

	mu      sync.Mutex
	running *probe // nil: none
}

// probe is a question to a check.
type probe struct {
	began time.Time
	done  chan struct{} // closed when there is an answer
	err   error         // the answer
}

// run asks, or waits for the answer of a question that is under way, and gives up
// when ctx is done, or the question is older than checkTimeout, even if the check
// doesn't.
func (c *check) run(ctx context.Context) error {
	p := c.probe(ctx)
	ctx, cancel := context.WithDeadline(ctx, p.began.Add(checkTimeout))
	defer cancel()
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return fmt.Errorf("no answer for %v", time.Since(p.began).Round(time.Second))
	}
}

// probe is the question that is under way, or a new one.
func (c *check) probe(ctx context.Context) *probe {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running != nil {
		return c.running
	}
	p := &probe{began: time.Now(), done: make(chan struct{})}
	c.running = p
	// Who asked first may go, and others wait for the answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeout)
	go func() {
		defer cancel()
		err := c.guarded(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		p.err, c.running = err, nil
		close(p.done)
	}()
	return p
}

func (c *check) guarded(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("check panicked: %v", p)
		}
	}()
	return c.ask(ctx)
}

var (
	errStarting = errors.New("the service is starting")
	errStopping = errors.New("the service is stopping")
)

func (k *Kit) list() []*check {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.stopped:
		return []*check{running(errStopping)}
	case !k.started:
		all := []*check{running(errStarting)}
		for _, w := range k.waits {
			all = append(all, &check{name: "start", ask: w.why})
		}
		return append(all, k.checks...)
	}
	return append([]*check{running(nil)}, k.checks...)
}

// running is the check of the service itself.
func running(err error) *check {
	return &check{name: "running", ask: func(context.Context) error { return err }}
}

// Started says that the service has set everything up. Until then it isn't
// ready, whatever its checks say.
func (k *Kit) Started() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.started = true
}

func (k *Kit) isStarted() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.started
}

func (k *Kit) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopped = true
}

// Addr is where the process's HTTP server listens.
func (k *Kit) Addr() string { return k.server.Addr() }

// Ready adds a check to /readyz: nil means ready. It is asked at every
// request, so it should be cheap, but not again while it has not answered.
func (k *Kit) Ready(name string, ask func(ctx context.Context) error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.checks = append(k.checks, &check{name: name, ask: ask})
}

// Handle mounts a route, a pattern of [http.ServeMux]. A pattern that is
// malformed or already taken is an error.
func (k *Kit) Handle(pattern string, h http.Handler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("route %q of service %s: %v", pattern, k.Name, strings.TrimSpace(fmt.Sprint(p)))
		}
	}()
	k.server.mux.Handle(pattern, h)
	return nil
}

// Observer counts what a stage does, in copytaster_articles_total and its
// like. The service is not ready while a lane of the stage hangs, or fails for
// too long.
func (k *Kit) Observer(stageName string) stage.Observer {
	o := k.server.metrics.observer(stageName)
	k.Ready("stage "+stageName, o.ready)
	return o
}

// lagEvery is how often lag is measured.
const lagEvery = 5 * time.Second

// WatchLag measures until ctx is done how many messages a group still has to
// read, by topic, in copytaster_lag_messages. While it can't be measured the
// metric is not there: an old value would pass for a good one. It returns when
// ctx is done.
func (k *Kit) WatchLag(ctx context.Context, group string, measure func(ctx context.Context) (map[string]int64, error)) {
	t := time.NewTicker(lagEvery)
	defer t.Stop()
	failing := false
	for {
		lag, err := measure(ctx)
		if err != nil {
			k.server.metrics.lag.DeletePartialMatch(prometheus.Labels{"group": group})
		}
		switch {
		case err == nil:
			failing = false
			for topic, n := range lag {
				k.server.metrics.lag.WithLabelValues(group, topic).Set(float64(n))
			}
		case ctx.Err() == nil && !failing:
			failing = true
			k.Log.Warn().Err(err).Str("group", group).Msg("can't measure the lag")
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
