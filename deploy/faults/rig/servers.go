// Package rig runs a whole pipeline that can be broken: a Kafka and an
// Elasticsearch of its own, the services as processes of their own, what
// pushes to them and what reads the index back.
package rig

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/copytaster/copytaster/deploy/local"
)

// Heaps of the servers, in MiB.
const (
	KafkaHeapMiB         = 512
	ElasticsearchHeapMiB = 1024
)

// The ports that servers and proxies listen on. They lie below those that the
// kernel gives to outgoing connections: a client that knocks at the port of a
// dead server could otherwise be given that very port, and keep the server
// from coming back.
const (
	minPort = 18000
	maxPort = 31000
)

// serverStopTimeout is how long a server may take to end.
const serverStopTimeout = 30 * time.Second

// Servers are a Kafka and an Elasticsearch to break, and the programs of the
// services.
type Servers struct {
	Kafka         *local.Server
	Elasticsearch *local.Server
	// KafkaLink is between Kafka and those who use its address as brokers, and
	// ElasticsearchLink before Elasticsearch.
	KafkaLink         *Link
	ElasticsearchLink *Link

	dir string
	bin string
	// starting has pipelines start one after the other: each makes a hundred
	// partitions, and a service waits only so long for its own.
	starting sync.Mutex
}

// Start builds the services from the workspace at root by the program goTool
// ("": go) and starts the servers, with everything below dir, which is an absolute
// path: else logs would lie wherever a process happens to run. ctx bounds the
// start. After an error nothing runs.
func Start(ctx context.Context, root, dir, goTool string, say io.Writer) (_ *Servers, err error) {
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("the folder for servers and logs is %q, it must be an absolute path", dir)
	}
	s := &Servers{dir: dir, bin: filepath.Join(dir, "bin")}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
		}
	}()
	dist, err := programsOf(ctx, filepath.Join(root, ".local"), say)
	if err != nil {
		return nil, err
	}
	if err := s.ports(); err != nil {
		return nil, err
	}
	began := time.Now()
	errs := make([]error, 3)
	var wg sync.WaitGroup
	wg.Go(func() { errs[0] = s.build(ctx, root, goTool) })
	wg.Go(func() { errs[1] = s.startKafka(ctx, dist) })
	wg.Go(func() { errs[2] = s.startElasticsearch(ctx, dist) })
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	fmt.Fprintf(say, "Kafka on %s, Elasticsearch on %s and the services' programs are ready after %v\n",
		s.Kafka.Address, s.Elasticsearch.Address, time.Since(began).Round(100*time.Millisecond))
	return s, nil
}

// programsOf finds the programs of the servers, or has them laid out.
func programsOf(ctx context.Context, base string, say io.Writer) (string, error) {
	dist, err := local.Dist(base)
	if err == nil {
		return dist, nil
	}
	up, err := local.Up(ctx, local.Config{Dir: base, Progress: say})
	if err != nil {
		return "", err
	}
	if err := up.Stop(context.WithoutCancel(ctx)); err != nil {
		return "", err
	}
	return local.Dist(base)
}

// ports opens the links, to ports that the servers will have.
func (s *Servers) ports() error {
	var err error
	if s.KafkaLink, err = newLink("kafka"); err != nil {
		return err
	}
	s.ElasticsearchLink, err = newLink("elasticsearch")
	return err
}

func (s *Servers) startKafka(ctx context.Context, dist string) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	s.Kafka, err = local.StartKafka(ctx, local.ServerConfig{
		Dist: dist, Dir: filepath.Join(s.dir, "kafka"), HeapMiB: KafkaHeapMiB, Port: port,
		Proxy: s.KafkaLink.Addr, ProxiedPort: s.KafkaLink.port,
	})
	return err
}

func (s *Servers) startElasticsearch(ctx context.Context, dist string) error {
	var err error
	s.Elasticsearch, err = local.StartElasticsearch(ctx, local.ServerConfig{
		Dist: dist, Dir: filepath.Join(s.dir, "elasticsearch"), HeapMiB: ElasticsearchHeapMiB, Port: s.ElasticsearchLink.port,
	})
	return err
}

// build builds what runs, all at once, as make does: what it has built before
// is not built again.
func (s *Servers) build(ctx context.Context, root, goTool string) error {
	if err := os.MkdirAll(s.bin, 0o755); err != nil { //nolint:gosec // as the parent
		return err
	}
	args := []string{"build", "-buildvcs=false", "-o", s.bin, "./services/copytaster/cmd/copytaster", "./deploy/faults/cmd/witness", "./services/ingest/internal/offclock"}
	for _, service := range []string{"ingest", "enrich", "index", "release", "search"} {
		args = append(args, "./services/"+service+"/cmd/"+service)
	}
	cmd := exec.CommandContext(ctx, cmp.Or(goTool, "go"), args...) //nolint:gosec // names of the list above
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the services: %w\n%s", err, out)
	}
	return nil
}

// Bin is the path of a program that was built.
func (s *Servers) Bin(name string) string { return filepath.Join(s.bin, name) }

// Dir is where everything lies.
func (s *Servers) Dir() string { return s.dir }

// ElasticsearchURL is its own address, without a link.
func (s *Servers) ElasticsearchURL() string { return "http://" + s.Elasticsearch.Address }

// Stop ends the servers and closes the links.
func (s *Servers) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, serverStopTimeout)
	defer cancel()
	var errs [2]error
	var wg sync.WaitGroup
	for i, server := range []*local.Server{s.Kafka, s.Elasticsearch} {
		if server != nil {
			wg.Go(func() { errs[i] = server.Stop(ctx) })
		}
	}
	wg.Wait()
	for _, l := range []*Link{s.KafkaLink, s.ElasticsearchLink} {
		if l != nil {
			l.close()
		}
	}
	return errors.Join(errs[:]...)
}

// freePort finds one that nobody listens on.
func freePort() (int, error) {
	const attempts = 50
	var last error
	for range attempts {
		port := minPort + rand.N(maxPort-minPort)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))) //nolint:noctx // binding to loopback doesn't block
		if err == nil {
			return port, l.Close()
		}
		last = err
	}
	return 0, fmt.Errorf("no free port between %d and %d: %w", minPort, maxPort, last)
}
