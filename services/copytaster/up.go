package copytaster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/copytaster/copytaster/deploy/local"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/copytaster/operate"
)

// envLocalDir names the folder of local servers.
const envLocalDir = "COPYTASTER_LOCAL_DIR"

// LocalServers is where and how Kafka and Elasticsearch run on this machine.
type LocalServers struct {
	Dir                  string `help:"Folder of the servers' programs, data and logs (default: .local beside go.work)." env:"COPYTASTER_LOCAL_DIR" type:"path"`
	KafkaPort            int    `help:"Port of Kafka; 0 is 9092 if free, else any." env:"COPYTASTER_LOCAL_KAFKA_PORT"`
	ElasticsearchPort    int    `help:"Port of Elasticsearch; 0 is 9200 if free, else any." env:"COPYTASTER_LOCAL_ELASTICSEARCH_PORT"`
	KafkaHeapMiB         int    `help:"Heap of Kafka in MiB." default:"512" env:"COPYTASTER_LOCAL_KAFKA_HEAP_MIB"`
	ElasticsearchHeapMiB int    `help:"Heap of Elasticsearch in MiB." default:"1024" env:"COPYTASTER_LOCAL_ELASTICSEARCH_HEAP_MIB"`
}

func (l LocalServers) config(progress io.Writer) local.Config {
	return local.Config{
		Dir: l.Dir, KafkaPort: l.KafkaPort, ElasticsearchPort: l.ElasticsearchPort,
		KafkaHeapMiB: l.KafkaHeapMiB, ElasticsearchHeapMiB: l.ElasticsearchHeapMiB, Progress: progress,
	}
}

// serverStopTimeout is how long Kafka and Elasticsearch may take to end; then
// they are killed.
const serverStopTimeout = 30 * time.Second

func (l LocalServers) up(ctx context.Context, progress io.Writer) (*local.Servers, func() error, error) {
	servers, err := local.Up(ctx, l.config(progress))
	if err != nil {
		return nil, nil, err
	}
	return servers, func() error { return stopServers(ctx, servers) }, nil
}

func stopServers(ctx context.Context, servers *local.Servers) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), serverStopTimeout)
	defer cancel()
	return servers.Stop(ctx)
}

// UpCmd is `copytaster up`.
type UpCmd struct {
	LocalServers `embed:""`

	Secure bool     `help:"Start servers with TLS, passwords and rights, beside the others: with data and ports of their own."`
	Exec   []string `arg:"" optional:"" passthrough:"" help:"A command to run with the servers' addresses in its environment; the servers stop when it ends, and its exit code is passed on."`
}

// Help is shown by `copytaster up --help`.
func (UpCmd) Help() string {
	return `The first time, Maven fetches both (about 1 GB); after that a start takes about ten seconds.
If ` + local.EnvKafkaBrokers + ` and ` + local.EnvElasticsearchURL + ` are set, nothing is started: it is only checked that both answer.

  copytaster up                        run until Ctrl-C
  copytaster up -- go test ./...       run one command beside them
  copytaster up --secure               users, rules, keys, topics and indices are made, too; the services and the
                                       operator's tools get in with --config FILE, which is named`
}

// Run starts both servers, and stops them when ctx or the command ends.
func (c *UpCmd) Run(ctx context.Context, t Terminal) (err error) {
	args := c.Exec
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if c.Secure {
		return c.secure(ctx, t, args)
	}
	servers, stop, err := c.up(ctx, t.Err)
	var running *local.RunningError
	switch {
	case errors.As(err, &running) && len(args) > 0 && len(running.State.KafkaBrokers) > 0 && running.State.ElasticsearchURL != "":
		// A second user of the same servers: they are not this command's to stop.
		fmt.Fprintf(t.Err, "using the servers of process %d\n", running.State.PID)
		return execWith(ctx, t, args, addresses(running.State.KafkaBrokers, running.State.ElasticsearchURL), nil)
	case err != nil:
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	fmt.Fprintf(t.Err, "%s=%s\n%s=%s\n", local.EnvKafkaBrokers, strings.Join(servers.KafkaBrokers, ","), local.EnvElasticsearchURL, servers.ElasticsearchURL)
	if len(args) > 0 {
		return execWith(ctx, t, args, addresses(servers.KafkaBrokers, servers.ElasticsearchURL), servers.Died())
	}
	return untilEnd(ctx, t, servers)
}

// secure is Run for secured servers.
func (c *UpCmd) secure(ctx context.Context, t Terminal, args []string) (err error) {
	config := c.config(t.Err)
	config.Secure, config.Users = true, topic.Services()
	servers, err := local.Up(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopServers(ctx, servers)) }()
	file, err := upSecure(ctx, servers, t)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.Err, "COPYTASTER_CONFIG=%s\n", file)
	if len(args) > 0 {
		return execWith(ctx, t, args, []string{"COPYTASTER_CONFIG=" + file}, servers.Died())
	}
	return untilEnd(ctx, t, servers)
}

// untilEnd waits for the end of ctx or of a server.
func untilEnd(ctx context.Context, t Terminal, servers *local.Servers) error {
	select {
	case <-ctx.Done():
		fmt.Fprintln(t.Err, "stopping Kafka and Elasticsearch")
		return nil
	case err := <-servers.Died():
		return err
	}
}

// addresses are those of servers in the environment.
func addresses(brokers []string, elasticsearch string) []string {
	return []string{local.EnvKafkaBrokers + "=" + strings.Join(brokers, ","), local.EnvElasticsearchURL + "=" + elasticsearch}
}

// commandStopTimeout is how long a command may take to end after SIGTERM.
const commandStopTimeout = 20 * time.Second

func execWith(ctx context.Context, t Terminal, args, env []string, died <-chan error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = t.In, t.Out, t.Err
	cmd.Env = append(os.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = commandStopTimeout
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case err := <-died:
			cancel(err)
		case <-done:
		}
	}()
	err := cmd.Run()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code := exit.ExitCode()
		if code < 0 {
			code = 1 // ended by a signal
		}
		return &operate.ExitError{Code: code}
	}
	return err
}
