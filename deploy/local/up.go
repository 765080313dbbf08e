// Package local runs the real Kafka and Elasticsearch on this machine without containers: Maven
// fetches and verifies them once, [Up] starts them on the loopback interface, and nothing of them
// outlives the process that called it.
package local

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Servers that run elsewhere, used instead of starting any.
const (
	EnvKafkaBrokers     = "COPYTASTER_KAFKA_BROKERS"     // host:port, comma separated
	EnvElasticsearchURL = "COPYTASTER_ELASTICSEARCH_URL" // http://host:port
)

// Config says where and how the servers run. Its zero value is usable.
type Config struct {
	// Dir holds programs, data, logs, lock and state. "" = .local beside the go.work found upwards
	// from the working directory, else .local in it.
	Dir string
	// Ports; a port that is given must be free. 0 = the usual one (9092, 9200) if free, else any.
	KafkaPort, ElasticsearchPort int
	// Heaps in MiB; 0 = 512 and 1024.
	KafkaHeapMiB, ElasticsearchHeapMiB int
	// Brief is that of [ServerConfig].
	Brief bool
	// Progress gets one line per step; nil = nowhere.
	Progress io.Writer
	// Secure starts servers with TLS, passwords and rights, beside the others: they have data, ports
	// (9093, 9243), lock and state of their own, in the folder secure below Dir, and the environment
	// isn't asked for servers that run elsewhere. Users are Kafka's, beside its administrator.
	Secure bool
	Users  []string
}

// Validate names the first setting that can't be used.
func (c Config) Validate() error {
	const maxPort, minHeap, maxHeap = 65535, 128, 1 << 20
	for name, port := range map[string]int{"Kafka": c.KafkaPort, "Elasticsearch": c.ElasticsearchPort} {
		if port < 0 || port > maxPort {
			return fmt.Errorf("port %d for %s is not between 0 and %d", port, name, maxPort)
		}
	}
	for name, heap := range map[string]int{"Kafka": c.KafkaHeapMiB, "Elasticsearch": c.ElasticsearchHeapMiB} {
		if heap != 0 && (heap < minHeap || heap > maxHeap) {
			return fmt.Errorf("heap of %d MiB for %s is not between %d and %d", heap, name, minHeap, maxHeap)
		}
	}
	if c.KafkaPort != 0 && c.KafkaPort == c.ElasticsearchPort {
		return fmt.Errorf("port %d is given to both Kafka and Elasticsearch", c.KafkaPort)
	}
	return nil
}

// Servers are a Kafka and an Elasticsearch that serve.
type Servers struct {
	KafkaBrokers     []string // host:port
	ElasticsearchURL string   // without a trailing slash

	// Kafka and Elasticsearch are nil when they run elsewhere.
	Kafka, Elasticsearch *Server

	// Credentials is nil unless the servers are secured.
	Credentials *Credentials

	lock     *os.File
	record   *record
	stopping chan struct{} // closed when Stop begins
	stop     sync.Once
	stopErr  error
	died     chan error
}

// Up starts Kafka and Elasticsearch and returns when both serve. The first time it fetches them,
// which takes a minute or more; afterwards it takes some ten seconds. A server that the
// environment names (EnvKafkaBrokers, EnvElasticsearchURL) is only asked whether it serves.
//
// ctx bounds the start only; when it ends before, or on any error, nothing is left running. A
// *RunningError says that another process has servers up in the same folder, and where.
// The servers stop with [Servers.Stop] and, on Linux, whenever this process ends.
func Up(ctx context.Context, config Config) (*Servers, error) {
	err := config.Validate()
	if err != nil {
		return nil, err
	}
	servers := &Servers{stopping: make(chan struct{}), died: make(chan error, 2)}
	progress := &progress{output: config.Progress}
	if !config.Secure {
		err = servers.useOthers(ctx, progress)
		if err != nil {
			return nil, err
		}
	}
	if servers.KafkaBrokers != nil && servers.ElasticsearchURL != "" {
		return servers, nil
	}

	dir, err := stateDir(config.Dir)
	if err != nil {
		return nil, err
	}
	programs := dir
	if config.Secure {
		dir = filepath.Join(dir, secureDir)
	}
	err = makeOpen(dir)
	if err != nil {
		return nil, fmt.Errorf("make the folder of the local servers: %w", err)
	}
	servers.lock, err = takeLock(dir)
	if err != nil {
		return nil, err
	}
	servers.record = &record{dir: dir}
	err = servers.start(ctx, programs, dir, config, progress)
	if err != nil {
		return nil, errors.Join(err, servers.Stop(context.WithoutCancel(ctx)))
	}
	return servers, nil
}

// useOthers takes over the servers that the environment names, if they serve.
func (s *Servers) useOthers(ctx context.Context, progress *progress) error {
	ctx, cancel := context.WithTimeout(ctx, 2*probeTimeout)
	defer cancel()
	if list := os.Getenv(EnvKafkaBrokers); list != "" {
		var brokers []string
		for broker := range strings.SplitSeq(list, ",") {
			broker = strings.TrimSpace(broker)
			if broker != "" {
				brokers = append(brokers, broker)
			}
		}
		if len(brokers) == 0 {
			return fmt.Errorf("%s=%q names no broker", EnvKafkaBrokers, list)
		}
		step := progress.step("Kafka")
		err := kafkaServes(ctx, brokers, nil)
		if err != nil {
			return fmt.Errorf("%s=%s does not serve: %w", EnvKafkaBrokers, list, err)
		}
		s.KafkaBrokers = brokers
		step.done("serves on %s, as %s says", list, EnvKafkaBrokers)
	}
	if url := strings.TrimRight(os.Getenv(EnvElasticsearchURL), "/"); url != "" {
		step := progress.step("Elasticsearch")
		err := elasticsearchServes(ctx, url, nil)
		if err != nil {
			return fmt.Errorf("%s does not serve: %w", EnvElasticsearchURL, err)
		}
		s.ElasticsearchURL = url
		step.done("serves, as %s says", EnvElasticsearchURL)
	}
	return nil
}

// secureDir is the folder of the secured servers, beside that of the others.
const secureDir = "secure"

// start starts what is wanted: programs is where they are laid out, dir where lock and state are.
func (s *Servers) start(ctx context.Context, programs, dir string, config Config, progress *progress) error {
	err := endLeftovers(ctx, dir, progress)
	if err != nil {
		return err
	}
	err = s.record.change(func(state *State) {
		*state = State{PID: os.Getpid(), StartedAt: time.Now().UTC(), KafkaBrokers: []string{}, Processes: []ProcessInfo{}}
	})
	if err != nil {
		return err
	}
	base, err := baseDir(programs, elsewhere, progress)
	if err != nil {
		return err
	}
	dist := filepath.Join(base, "dist")
	kafkaPort, elasticsearchPort := KafkaPort, ElasticsearchPort
	place := base
	if config.Secure {
		kafkaPort, elasticsearchPort = KafkaSecurePort, ElasticsearchSecurePort
		place = filepath.Join(base, secureDir)
		s.Credentials, err = OpenCredentials(filepath.Join(dir, "credentials"), config.Users...)
		if err != nil {
			return err
		}
	}
	logs := filepath.Join(place, "logs")
	err = errors.Join(makeOpen(place), makeOpen(logs), makeOpen(filepath.Join(place, "data")))
	if err != nil {
		return err
	}
	_, err = findJava(ctx)
	if err != nil {
		err = Ensure(ctx, progress, "java")
		if err != nil {
			return err
		}
	}
	err = layout(ctx, base, logs, progress)
	if err != nil {
		return err
	}

	// Both start at once; the first that fails ends the other's start.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var starting sync.WaitGroup
	one := func(into **Server, start func(context.Context, ServerConfig, int) (*Server, error), name string, port, usual, heap int) {
		starting.Go(func() {
			step := progress.step(name)
			step.say("starting")
			config := ServerConfig{
				Dist: dist, Dir: filepath.Join(place, "data", strings.ToLower(name)), Secure: s.Credentials,
				Port: port, HeapMiB: heap, Brief: config.Brief, Log: filepath.Join(logs, strings.ToLower(name)+".log"),
				started: func(id int) error { return s.record.add(name, id) },
			}
			var server *Server
			err := step.during(func() string { return "still starting" }, func() (err error) {
				server, err = start(ctx, config, usual)
				return err
			})
			if err != nil {
				cancel(err)
				return
			}
			*into = server
			step.done("serves on %s", server.Address)
		})
	}
	if s.KafkaBrokers == nil {
		one(&s.Kafka, startKafka, "Kafka", config.KafkaPort, kafkaPort, config.KafkaHeapMiB)
	}
	if s.ElasticsearchURL == "" {
		one(&s.Elasticsearch, startElasticsearch, "Elasticsearch", config.ElasticsearchPort, elasticsearchPort, config.ElasticsearchHeapMiB)
	}
	starting.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return s.announce()
}

// announce notes and watches the servers that were started here.
func (s *Servers) announce() error {
	for _, server := range []*Server{s.Kafka, s.Elasticsearch} {
		if server == nil {
			continue
		}
		// A launcher has started the server itself by now.
		err := s.record.add(server.Name, server.current().pid)
		if err != nil {
			return err
		}
		done := server.Done()
		go func() {
			select {
			case <-s.stopping:
			case <-done:
				select {
				case <-s.stopping:
				default:
					s.died <- server.died()
				}
			}
		}()
	}
	err := s.record.change(func(state *State) {
		if s.Kafka != nil {
			state.KafkaBrokers = []string{s.Kafka.Address}
		}
		if s.Elasticsearch != nil {
			state.ElasticsearchURL = s.scheme() + s.Elasticsearch.Address
		}
	})
	if err != nil {
		return err
	}
	if s.Kafka != nil {
		s.KafkaBrokers = []string{s.Kafka.Address}
	}
	if s.Elasticsearch != nil {
		s.ElasticsearchURL = s.scheme() + s.Elasticsearch.Address
	}
	return nil
}

func (s *Servers) scheme() string {
	if s.Credentials != nil {
		return "https://"
	}
	return "http://"
}

// Died returns a channel that gets an error, with the end of the log, for each server that ends
// before Stop is called.
func (s *Servers) Died() <-chan error { return s.died }

// Stop ends the servers that Up started, cleanly or, once ctx is over, with SIGKILL; it returns
// when they are gone. Further calls return what the first one did.
func (s *Servers) Stop(ctx context.Context) error {
	s.stop.Do(func() {
		close(s.stopping)
		var ending sync.WaitGroup
		var mu sync.Mutex
		for _, server := range []*Server{s.Kafka, s.Elasticsearch} {
			if server == nil {
				continue
			}
			ending.Go(func() {
				err := server.Stop(ctx)
				mu.Lock()
				defer mu.Unlock()
				s.stopErr = errors.Join(s.stopErr, err)
			})
		}
		ending.Wait()
		if s.lock != nil {
			// The lock goes last: whoever gets it finds everything ended.
			s.stopErr = errors.Join(s.stopErr, s.record.remove(), s.lock.Close())
		}
	})
	return s.stopErr
}

// Folder is where programs, data and logs are kept: dir, or the usual place for
// "", as an absolute path.
func Folder(dir string) (string, error) { return stateDir(dir) }

// stateDir returns dir as an absolute path, or the usual one for "".
func stateDir(dir string) (string, error) {
	if dir != "" {
		return filepath.Abs(dir)
	}
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	const name = ".local"
	for at := start; ; at = filepath.Dir(at) {
		_, err := os.Stat(filepath.Join(at, "go.work"))
		if err == nil {
			return filepath.Join(at, name), nil
		}
		if at == filepath.Dir(at) {
			return filepath.Join(start, name), nil
		}
	}
}

// makeOpen makes a folder that other users can pass, whatever the umask is.
func makeOpen(dir string) error {
	err := os.MkdirAll(dir, 0o755)
	if err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm()&0o055 == 0o055 {
		return err
	}
	return os.Chmod(dir, info.Mode().Perm()|0o055)
}

// elsewhere is where programs, data and logs lie when the unprivileged user can't reach dir.
const elsewhere = "/var/lib/copytaster"

// Base returns a folder for programs, data and logs of servers that are not [Up]'s: dir, which is
// made, or, where Elasticsearch's unprivileged user could not get there, that which Up would use
// instead, and says so. dir/base is then a link to it.
func Base(dir string, say io.Writer) (string, error) {
	dir, err := stateDir(dir)
	if err != nil {
		return "", err
	}
	err = makeOpen(dir)
	if err != nil {
		return "", err
	}
	return baseDir(dir, elsewhere, &progress{output: say})
}

// baseDir returns where programs, data and logs lie: dir, unless Elasticsearch's unprivileged user
// could not get there (a repository below root's own home). Then it is a folder of its own below
// elsewhere, and dir/base is a link to it.
func baseDir(dir, elsewhere string, progress *progress) (string, error) {
	if os.Geteuid() != 0 || blockedAt(filepath.Join(dir, "data")) == "" {
		return dir, nil
	}
	name := fmt.Sprintf("%x", sha256.Sum256([]byte(dir)))[:12]
	base := filepath.Join(elsewhere, name)
	err := errors.Join(makeOpen(elsewhere), makeOpen(base))
	if err != nil {
		return "", err
	}
	blocked := blockedAt(filepath.Join(base, "data"))
	if blocked != "" {
		return "", fmt.Errorf("user %d, whom Elasticsearch runs as, can pass neither %s nor %s: chmod o+x one of them",
			unprivileged, blockedAt(filepath.Join(dir, "data")), blocked)
	}
	link := filepath.Join(dir, "base")
	err = os.Remove(link)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	err = os.Symlink(base, link)
	if err != nil {
		return "", err
	}
	progress.step("place").say("programs, data and logs are in %s, because Elasticsearch may not run as root and others can't pass %s",
		base, blockedAt(filepath.Join(dir, "data")))
	return base, nil
}

// Dist returns where Up has laid out the programs for dir ("" = the usual folder), for
// ServerConfig. The error says that they aren't there yet.
func Dist(dir string) (string, error) {
	dir, err := stateDir(dir)
	if err != nil {
		return "", err
	}
	versions, err := pomVersions(pom)
	if err != nil {
		return "", err
	}
	for _, base := range []string{dir, filepath.Join(dir, "base")} {
		dist := filepath.Join(base, "dist")
		if whole(dist, versions) {
			return filepath.EvalSymlinks(dist)
		}
	}
	return "", fmt.Errorf("no Kafka and Elasticsearch are laid out in %s: run `copytaster up` once", dir)
}
