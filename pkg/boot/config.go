package boot

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// EnvPrefix starts the names of all settings in the environment: the flag
// --stage-lanes is COPYTASTER_STAGE_LANES there, or, for one service of
// several in the same environment, COPYTASTER_ENRICH_STAGE_LANES, which wins.
const EnvPrefix = "COPYTASTER_"

// Config is what every service can be told.
type Config struct {
	Config    string `help:"File of settings, one NAME=value per line, by their names in the environment, which wins over the file." type:"path" placeholder:"FILE"`
	Listen    string `help:"Address of health, metrics and the service's own HTTP." default:"${listen}"`
	LogLevel  string `help:"Least severe messages to log: ${enum}." enum:"trace,debug,info,warn,error" default:"info"`
	LogFormat string `help:"How to log: ${enum}; auto is console on a terminal, else json." enum:"auto,json,console" default:"auto"`
	Pprof     bool   `help:"Serve /debug/pprof/; only on a loopback address."`
}

// Validate tells which settings are wrong.
func (c Config) Validate() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("setting listen (%sLISTEN): %w", EnvPrefix, err)
	}
	if c.Pprof && !loopback(host) {
		return fmt.Errorf("setting pprof (%sPPROF) needs a loopback address to listen on, listen is %q", EnvPrefix, c.Listen)
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// envNames gives every flag its names in the environment.
func envNames(service string) kong.Option {
	return envNamesOf(service, func(f *kong.Flag) bool { return f.Name != "help" && f.Name != "version" })
}

// Settings treats the flags of one group as a service's settings, in a program
// that has other flags and commands besides: each has its names in the
// environment, and is read from the file that the group's flag config names.
func Settings(service, group string) kong.Option {
	of := func(f *kong.Flag) bool { return f.Group != nil && f.Group.Key == group }
	return kong.OptionFunc(func(k *kong.Kong) error {
		return errors.Join(envNamesOf(service, of).Apply(k), kong.Resolvers(&fileResolver{of: of}).Apply(k))
	})
}

func envNamesOf(service string, of func(*kong.Flag) bool) kong.Option {
	name := strings.NewReplacer("-", "_", ".", "_")
	service = strings.ToUpper(name.Replace(service)) + "_"
	var visit func(n *kong.Node)
	visit = func(n *kong.Node) {
		for _, f := range n.Flags {
			if !of(f) {
				continue
			}
			if len(f.Envs) == 0 {
				s := strings.ToUpper(name.Replace(f.Name))
				f.Envs = []string{EnvPrefix + service + s, EnvPrefix + s}
			}
			f.Value.Tag.Envs = f.Envs
		}
		for _, c := range n.Children {
			visit(c)
		}
	}
	return kong.PostBuild(func(k *kong.Kong) error {
		visit(k.Model.Node)
		return nil
	})
}

// fileResolver gives settings from the file that the flag config names.
type fileResolver struct {
	of     func(*kong.Flag) bool // the flags it is for; nil: all
	loaded bool
	values map[string]string
	path   string
}

func (*fileResolver) Validate(*kong.Application) error { return nil }

func (r *fileResolver) Resolve(c *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
	if r.of != nil && !r.of(f) {
		return nil, nil
	}
	if !r.loaded {
		r.loaded = true
		if err := r.load(c); err != nil {
			return nil, err
		}
	}
	for _, name := range f.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return nil, nil // kong has it already
		}
	}
	for _, name := range f.Envs {
		if v, ok := r.values[name]; ok {
			return v, nil
		}
	}
	return nil, nil
}

func (r *fileResolver) load(c *kong.Context) error {
	for _, f := range c.Flags() {
		if f.Name != "config" || r.of != nil && !r.of(f) {
			continue
		}
		r.path, _ = c.FlagValue(f).(string)
		for i := 0; r.path == "" && i < len(f.Envs); i++ {
			r.path = os.Getenv(f.Envs[i])
		}
	}
	if r.path == "" {
		return nil
	}
	file, err := os.Open(r.path)
	if err != nil {
		return err
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, MaxConfigFile+1))
	if err != nil {
		return err
	}
	if len(b) > MaxConfigFile {
		return fmt.Errorf("%s has more than %d bytes", r.path, MaxConfigFile)
	}
	if r.values, err = parseEnvFile(string(b)); err != nil {
		return fmt.Errorf("%s: %w", r.path, err)
	}
	return nil
}

// MaxConfigFile is the largest file of settings, in bytes.
const MaxConfigFile = 1 << 20

// parseEnvFile reads lines of NAME=value, the form that systemd and Docker
// read too. Empty lines and those that start with # are skipped. A value may
// stand in single or double quotes, which are taken off; nothing in it is
// expanded. Errors name the line.
func parseEnvFile(text string) (map[string]string, error) {
	values := map[string]string{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		switch {
		case !ok:
			return nil, fmt.Errorf("line %d is not NAME=value", n)
		case name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "":
			return nil, fmt.Errorf("line %d: %q is not a name of capital letters, digits and _", n, name)
		}
		if _, dup := values[name]; dup {
			return nil, fmt.Errorf("line %d: %s is set twice", n, name)
		}
		value = strings.TrimSpace(value)
		if len(value) > 0 && (value[0] == '"' || value[0] == '\'') {
			if len(value) < 2 || value[len(value)-1] != value[0] {
				return nil, fmt.Errorf("line %d: the quote of %s is not closed", n, name)
			}
			value = value[1 : len(value)-1]
		}
		values[name] = value
	}
	return values, nil
}

// validate calls Validate of v and of every struct in it.
func validate(v reflect.Value) error {
	var errs []error
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil
	}
	embedded := false
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() {
			errs = append(errs, validate(v.Field(i)))
			if _, ok := f.Type.MethodByName("Validate"); ok && f.Anonymous {
				embedded = true
			}
		}
	}
	// A method promoted from an embedded struct was called just now; one of
	// v's own can't be told apart from it, and hearing it twice does no harm.
	if err := errors.Join(errs...); err != nil && embedded {
		return err
	}
	if v.CanAddr() {
		v = v.Addr()
	}
	if c, ok := reflect.TypeAssert[interface{ Validate() error }](v); ok {
		errs = append(errs, c.Validate())
	}
	return errors.Join(errs...)
}

// cli is the command line of a service.
type cli[C any] struct {
	Config      `embed:""`
	Service     C                `embed:""`
	Serve       struct{}         `cmd:"" default:"1" help:"Run the service (the default)."`
	Healthcheck struct{}         `cmd:"" help:"Ask the running service whether it is ready: exit code 0, or 1 with the reasons."`
	Version     kong.VersionFlag `help:"Print the version." short:"V"`
}

// parser makes the command line of s over target. Output of --help and
// --version goes to out; exit is called after it.
func parser[C any](s Service[C], target *cli[C], out, errs io.Writer, exit func(int)) (*kong.Kong, error) {
	return kong.New(target,
		kong.Name(s.Name), kong.Description(s.About),
		kong.Vars{"listen": s.Listen, "version": Version()},
		kong.UsageOnError(), kong.Writers(out, errs), kong.Exit(exit),
		envNames(s.Name), kong.Resolvers(&fileResolver{}),
	)
}

// Load gives the settings of a service from the environment, the file that
// COPYTASTER_CONFIG names, and args, without its command line: for programs
// that hold several services.
func Load[C any](s Service[C], args ...string) (C, error) {
	c, _, err := load(s, args)
	return c.Service, err
}

func load[C any](s Service[C], args []string) (cli[C], string, error) {
	var c cli[C]
	p, err := parser(s, &c, io.Discard, io.Discard, func(int) {})
	if err != nil {
		return c, "", fmt.Errorf("%s: %w", s.Name, err)
	}
	k, err := p.Parse(args)
	if err == nil {
		err = validate(reflect.ValueOf(&c))
	}
	if err != nil {
		return c, "", fmt.Errorf("%s: %w", s.Name, err)
	}
	return c, k.Command(), nil
}
