package copytaster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/deploy/local"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/index"
	"github.com/copytaster/copytaster/services/ingest"
	"github.com/copytaster/copytaster/services/search"
)

// service is a [boot.Service] without the type of its settings.
type service struct {
	name string
	// prepare reads the settings; start runs until ctx is done.
	prepare func(args ...string) (start func(ctx context.Context, kit *boot.Kit) error, err error)
}

// services are all of them, in the order of the flow.
var services = []service{of(ingest.Service), of(enrich.Service), of(index.Service), of(search.Service)}

func of[C any](s boot.Service[C]) service {
	return service{s.Name, func(args ...string) (func(context.Context, *boot.Kit) error, error) {
		c, err := boot.Load(s, args...)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, kit *boot.Kit) error { return boot.RunService(ctx, s, c, kit) }, nil
	}}
}

func serviceNames() []string {
	names := make([]string, len(services))
	for i, s := range services {
		names[i] = s.name
	}
	return names
}

// RunCmd is `copytaster run`.
type RunCmd struct {
	Only      []string `help:"Run only these: ${services}." placeholder:"NAME,..."`
	Listen    string   `help:"Address of health, metrics, the push API and the search page." default:"127.0.0.1:8800" env:"COPYTASTER_LISTEN"`
	Archive   string   `help:"Folder that keeps the originals where no setting names an archive; none: they are not kept. (default: archive in COPYTASTER_LOCAL_DIR, else in .local beside go.work, else in .local here)" placeholder:"DIR"`
	Config    string   `help:"File of settings, one NAME=value per line." type:"path" placeholder:"FILE" env:"COPYTASTER_CONFIG"`
	LogLevel  string   `help:"Least severe messages to log: ${enum}." enum:"trace,debug,info,warn,error" default:"info" env:"COPYTASTER_LOG_LEVEL"`
	LogFormat string   `help:"How to log: ${enum}." enum:"auto,json,console" default:"auto" env:"COPYTASTER_LOG_FORMAT"`
	Pprof     bool     `help:"Serve /debug/pprof/; only on a loopback address." env:"COPYTASTER_PPROF"`
}

// Help is shown by `copytaster run --help`.
func (RunCmd) Help() string {
	return `All services share one address: /readyz tells how each of them is, /metrics has all their figures.
When one ends with an error, the others stop, and the exit code is 1.

  copytaster run
  copytaster run --only ingest,enrich --config /etc/copytaster.env`
}

// Run runs the services until ctx is done or one of them fails.
func (c *RunCmd) Run(ctx context.Context, t Terminal) error {
	log := boot.NewLog(boot.Config{LogLevel: c.LogLevel, LogFormat: c.LogFormat}, t.Err)
	conf := boot.Config{Listen: c.Listen, LogLevel: c.LogLevel, LogFormat: c.LogFormat, Pprof: c.Pprof}
	if err := conf.Validate(); err != nil {
		return err
	}
	var args []string
	if c.Config != "" {
		args = append(args, "--config="+c.Config)
	}
	chosen, err := choose(c.Only)
	if err != nil {
		return err
	}
	archived, err := c.archive(args)
	if err != nil {
		return err
	}
	p, err := launch(ctx, chosen, conf, log, func(service string) []string { return append(slices.Clip(args), archived(service)...) })
	if err != nil {
		return err
	}
	log.Info().Str("address", p.Addr()).Strs("services", p.names).Str("version", boot.Version()).Msg("started")
	err = p.Wait()
	log.Info().Msg("ended")
	return err
}

// noArchive is said instead of a folder.
const noArchive = "none"

// archive gives the services that keep originals, or give them out, the folder
// for them, unless their own settings name an archive.
func (c *RunCmd) archive(args []string) (of func(service string) []string, err error) {
	none := func(string) []string { return nil }
	// What is wrong with the settings is told when the service is started.
	in, _ := boot.Load(ingest.Service, args...)
	out, _ := boot.Load(search.Service, args...)
	if c.Archive == noArchive || in.Archive.Given() || out.Archive.Given() {
		return none, nil
	}
	dir := c.Archive
	if dir == "" {
		if dir, err = local.Folder(os.Getenv(envLocalDir)); err != nil {
			return nil, err
		}
		dir = filepath.Join(dir, "archive")
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil { //nolint:gosec // the folder of the local servers; the archive's own is closed
		return nil, fmt.Errorf("folder of the archive: %w", err)
	}
	return func(service string) []string {
		if service == ingest.Name || service == search.Service.Name {
			return []string{"--archive-dir=" + dir}
		}
		return nil
	}, nil
}

func choose(only []string) ([]service, error) {
	if len(only) == 0 {
		return services, nil
	}
	for _, name := range only {
		if !slices.Contains(serviceNames(), name) {
			return nil, fmt.Errorf("there is no service %q; there are %s", name, strings.Join(serviceNames(), ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(services), func(s service) bool { return !slices.Contains(only, s.name) }), nil
}

// pipeline is a set of services that run in this process.
type pipeline struct {
	names  []string
	server *boot.Server
	group  *errgroup.Group
	ctx    context.Context // done when the pipeline must end or one service failed
}

// launch starts services on one HTTP server. args gives the settings of each
// besides the environment. They run until ctx is done or one of them fails.
func launch(ctx context.Context, chosen []service, conf boot.Config, log zerolog.Logger, args func(service string) []string) (*pipeline, error) {
	type start func(context.Context, *boot.Kit) error
	starts := make([]start, len(chosen))
	p := &pipeline{}
	var errs []error
	for i, s := range chosen {
		var err error
		starts[i], err = s.prepare(args(s.name)...)
		errs = append(errs, err)
		p.names = append(p.names, s.name)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	srv, err := boot.NewServer(conf, log)
	if err != nil {
		return nil, err
	}
	p.server = srv
	p.group, p.ctx = errgroup.WithContext(ctx)
	for i, s := range chosen {
		kit := srv.Kit(s.name)
		p.group.Go(func() error {
			if err := starts[i](p.ctx, kit); err != nil {
				kit.Log.Error().Err(err).Msg("ended with an error, stopping the others")
				return fmt.Errorf("%s: %w", s.name, err)
			}
			return nil
		})
	}
	return p, nil
}

// httpStopTimeout is how long requests may take to end after the services have.
const httpStopTimeout = 5 * time.Second

// Addr is where the services listen.
func (p *pipeline) Addr() string { return p.server.Addr() }

// Wait waits until all services have ended, and closes the HTTP server.
func (p *pipeline) Wait() error {
	err := p.group.Wait()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), httpStopTimeout)
	defer cancel()
	return errors.Join(err, p.server.Close(ctx))
}
