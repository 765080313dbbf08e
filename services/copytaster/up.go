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
	"github.com/copytaster/copytaster/services/copytaster/operate"
)

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
	stop := func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), serverStopTimeout)
		defer cancel()
		return servers.Stop(ctx)
	}
	return servers, stop, nil
}

// UpCmd is `copytaster up`.
type UpCmd struct {
	LocalServers `embed:""`

	Exec []string `arg:"" optional:"" passthrough:"" help:"A command to run with the servers' addresses in its environment; the servers stop when it ends, and its exit code is passed on."`
}

// Help is shown by `copytaster up --help`.
func (UpCmd) Help() string {
	return `The first time, Maven fetches both (about 1 GB); after that a start takes about ten seconds.
If ` + local.EnvKafkaBrokers + ` and ` + local.EnvElasticsearchURL + ` are set, nothing is started: it is only checked that both answer.

  copytaster up                        run until Ctrl-C
  copytaster up -- go test ./...       run one command beside them`
}

// Run starts both servers, and stops them when ctx or the command ends.
func (c *UpCmd) Run(ctx context.Context, t Terminal) (err error) {
	args := c.Exec
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	servers, stop, err := c.up(ctx, t.Err)
	var running *local.RunningError
	switch {
	case errors.As(err, &running) && len(args) > 0 && len(running.State.KafkaBrokers) > 0 && running.State.ElasticsearchURL != "":
		// A second user of the same servers: they are not this command's to stop.
		fmt.Fprintf(t.Err, "using the servers of process %d\n", running.State.PID)
		return execWith(ctx, t, args, running.State.KafkaBrokers, running.State.ElasticsearchURL, nil)
	case err != nil:
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	fmt.Fprintf(t.Err, "%s=%s\n%s=%s\n", local.EnvKafkaBrokers, strings.Join(servers.KafkaBrokers, ","), local.EnvElasticsearchURL, servers.ElasticsearchURL)
	if len(args) > 0 {
		return execWith(ctx, t, args, servers.KafkaBrokers, servers.ElasticsearchURL, servers.Died())
	}
	select {
	case <-ctx.Done():
		fmt.Fprintln(t.Err, "stopping Kafka and Elasticsearch")
		return nil
	case err := <-servers.Died():
		return err
	}
}

// commandStopTimeout is how long a command may take to end after SIGTERM.
const commandStopTimeout = 20 * time.Second

func execWith(ctx context.Context, t Terminal, args, brokers []string, elasticsearch string, died <-chan error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = t.In, t.Out, t.Err
	cmd.Env = append(os.Environ(), local.EnvKafkaBrokers+"="+strings.Join(brokers, ","), local.EnvElasticsearchURL+"="+elasticsearch)
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
