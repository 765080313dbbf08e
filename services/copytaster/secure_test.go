package copytaster

import (
	"bytes"
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/scram"

	"github.com/copytaster/copytaster/deploy/local"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/secret"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/index"
	"github.com/copytaster/copytaster/services/index/bulk"
	"github.com/copytaster/copytaster/services/search/operator"
)

// nobody has a user and no rights.
const nobody = "nobody"

// transcript is what the services and the tools say, for a search for secrets.
type transcript struct {
	mu sync.Mutex
	bytes.Buffer
}

func (s *transcript) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Buffer.Write(b)
}

func (s *transcript) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.String()
}

// vault is every secret that there was, and the file that it was in.
type vault map[string]string

// collect takes in what is in the files of some patterns now, so that it is
// still known when it has been replaced.
func (v vault) collect(t *testing.T, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if text := strings.TrimSpace(string(b)); text != "" {
				v[text] = file
			}
		}
	}
}

// told are the files whose secrets are in a text, in order.
func (v vault) told(text string) []string {
	var files []string
	for secret, file := range v {
		if strings.Contains(text, secret) {
			files = append(files, file)
		}
	}
	slices.Sort(files)
	return files
}

func TestSecretsOfBeforeAreLookedFor(t *testing.T) {
	dir, v := t.TempDir(), vault{}
	file := filepath.Join(dir, "writer.key")
	for _, secret := range []string{"old-4711\n", "new-4711\n"} {
		if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
		v.collect(t, filepath.Join(dir, "*.key"))
	}
	for text, want := range map[string]int{"key old-4711": 1, "key new-4711": 1, "old-4711, new-4711": 2, "nothing": 0} {
		if told := v.told(text); len(told) != want || want > 0 && told[0] != file {
			t.Errorf("%q tells %v", text, told)
		}
	}
}

// fortress is a pair of secured servers of the test's own.
type fortress struct {
	secured
	t              *testing.T
	kafka, elastic *local.Server
	file           string // of the settings
	said           *transcript
	secrets        vault
}

func openFortress(t *testing.T) *fortress {
	t.Helper()
	dist, err := local.Dist("")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	// Elasticsearch runs as another user, who must get through.
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	// The environment names the plain servers, and would win over the file.
	for _, name := range []string{local.EnvKafkaBrokers, local.EnvElasticsearchURL} {
		t.Setenv(name, "")
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	f := &fortress{t: t, file: filepath.Join(dir, settingsFile), said: new(transcript), secrets: vault{}}
	f.namespace, f.dir = "s-", filepath.Join(dir, "keys")
	if err := os.Mkdir(f.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if f.credentials, err = local.OpenCredentials(filepath.Join(dir, "credentials"), append(topic.Services(), nobody)...); err != nil {
		t.Fatal(err)
	}
	f.remember()
	began := time.Now()
	var starting sync.WaitGroup
	var errs [2]error
	starting.Go(func() {
		f.kafka, errs[0] = local.StartKafka(t.Context(), local.ServerConfig{Dist: dist, Dir: filepath.Join(dir, "kafka"), HeapMiB: 256, Brief: true, Secure: f.credentials})
	})
	starting.Go(func() {
		f.elastic, errs[1] = local.StartElasticsearch(t.Context(), local.ServerConfig{Dist: dist, Dir: filepath.Join(dir, "elasticsearch"), HeapMiB: 512, Brief: true, Secure: f.credentials})
	})
	starting.Wait()
	t.Cleanup(func() {
		for _, s := range []*local.Server{f.kafka, f.elastic} {
			if s != nil {
				_ = s.Kill() // what they hold is not wanted any more
			}
		}
	})
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	t.Logf("both secured servers serve after %.1f s", time.Since(began).Seconds())
	f.brokers, f.elasticsearch = []string{f.kafka.Address}, "https://"+f.elastic.Address
	if err := os.WriteFile(f.file, []byte(f.settings()), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

// run runs a command of copytaster and gives what it printed. Where the machine
// is so busy that a server doesn't answer in time, it does what one would do.
func (f *fortress) run(want int, args ...string) string {
	f.t.Helper()
	return f.runOnce(want, "", args...)
}

// tooBusy is what a command says where the machine is: the controller may take
// the one broker for dead, an answer about offsets that does not come is unknown to
// the client, and a connection may not take in time what is written to it.
var tooBusy = []error{context.DeadlineExceeded, os.ErrDeadlineExceeded, kafka.BrokerNotAvailable, kafka.Unknown}

func tooLate(out string) bool {
	return slices.ContainsFunc(tooBusy, func(err error) bool { return strings.Contains(out, err.Error()) })
}

// runOnce is run for what may not be done twice: after a try that came too late,
// done is what the command says when that had an effect all the same.
func (f *fortress) runOnce(want int, done string, args ...string) string {
	f.t.Helper()
	deadline := time.Now().Add(waitLimit)
	for tried := false; ; tried = true {
		var out bytes.Buffer
		code := execute(f.t.Context(), args, Terminal{In: strings.NewReader(""), Out: io.MultiWriter(&out, f.said), Err: io.MultiWriter(&out, f.said)})
		if code == want || tried && done != "" && strings.Contains(out.String(), done) {
			return out.String()
		}
		if !tooLate(out.String()) || time.Now().After(deadline) {
			f.t.Fatalf("copytaster %s: exit code %d, want %d:\n%s", strings.Join(args, " "), code, want, out.String())
		}
	}
}

// remember takes in all secrets as they are now: at the start, and before and
// after each change.
func (f *fortress) remember() {
	f.t.Helper()
	f.secrets.collect(f.t, filepath.Join(f.dir, "*.key"), filepath.Join(filepath.Dir(f.credentials.CA()), "*.password"))
}

// in is the same fortress seen from another namespace.
func (f *fortress) in(namespace string) *fortress {
	other := &fortress{secured: f.secured, t: f.t, kafka: f.kafka, elastic: f.elastic, file: f.file, said: f.said, secrets: f.secrets}
	other.namespace = namespace
	return other
}

func (f *fortress) mustSay(text, want string) {
	f.t.Helper()
	if !strings.Contains(text, want) {
		f.t.Errorf("%q does not say %q", text, want)
	}
}

// asAdmin are the flags for Kafka's administrator.
func (f *fortress) asAdmin() []string {
	return []string{"--config", f.file, "--kafka-user", local.KafkaAdmin, "--kafka-password-file", f.credentials.PasswordFile(local.KafkaAdmin)}
}

func (f *fortress) apply(more ...string) string {
	f.t.Helper()
	args := append([]string{"acls", "apply"}, f.asAdmin()...)
	for _, s := range topic.Services() {
		args = append(args, "--user", s+"="+s)
	}
	return f.run(boot.ExitOK, append(args, more...)...)
}

// start runs one service with the settings of the file, and more.
func (f *fortress) start(service string, more ...string) *running {
	f.t.Helper()
	chosen, err := choose([]string{service})
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p, err := launch(ctx, chosen, boot.Config{Listen: "127.0.0.1:0"}, zerolog.New(f.said), func(string) []string {
		return append([]string{"--config=" + f.file}, more...)
	})
	if err != nil {
		cancel()
		f.t.Fatal(err)
	}
	r := &running{f: f, base: "http://" + p.Addr(), cancel: cancel, ended: make(chan struct{})}
	go func() {
		r.err = p.Wait()
		close(r.ended)
	}()
	f.t.Cleanup(func() {
		if err := r.stop(); err != nil && !r.mayFail {
			f.t.Errorf("%s: %v", service, err)
		}
	})
	return r
}

// running is one service.
type running struct {
	f       *fortress
	base    string
	cancel  context.CancelFunc
	ended   chan struct{}
	err     error
	mayFail bool
}

func (r *running) stop() error {
	r.cancel()
	<-r.ended
	return r.err
}

// readiness is what /readyz says, "" if the service is ready.
func (r *running) readiness() string {
	resp, err := http.Get(r.base + "/readyz")
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	if resp.StatusCode == http.StatusOK {
		return ""
	}
	var said struct {
		Checks map[string]string `json:"checks"`
	}
	if err := json.Unmarshal(b, &said); err != nil {
		return err.Error()
	}
	return fmt.Sprint(said.Checks)
}

// await waits until the service is ready, or says that it is not, and why.
func (r *running) await(want string) {
	r.f.t.Helper()
	r.f.await(func() error {
		if got := r.readiness(); want == "" && got != "" || !strings.Contains(got, want) || want != "" && got == "" {
			return fmt.Errorf("it says %q, want %q", got, want)
		}
		return nil
	})
}

func (f *fortress) await(check func() error) {
	f.t.Helper()
	deadline := time.Now().Add(waitLimit)
	for err := check(); err != nil; err = check() {
		if time.Now().After(deadline) {
			said := f.said.text()
			f.t.Fatalf("not within %v: %v\n%s", waitLimit, err, said[max(0, len(said)-5000):])
		}
		<-time.After(50 * time.Millisecond) // between two looks at the condition
	}
}

// fails waits for a service's end, which must say why.
func (r *running) fails(want string) {
	r.f.t.Helper()
	r.mayFail = true
	select {
	case <-r.ended:
	case <-time.After(waitLimit):
		r.f.t.Fatalf("it still runs: %s", r.readiness())
	}
	if r.err == nil || !strings.Contains(r.err.Error(), want) {
		r.f.t.Errorf("it ended with %v, want %q", r.err, want)
	}
}

// TestSecured is one long story, because its servers take long to start.
func TestSecured(t *testing.T) {
	plain := localtest.Kafka(t)
	f := openFortress(t)
	t.Run("an operator sees what is wrong with a connection", func(t *testing.T) { f.t = t; f.connections(plain[0]) })
	f.t = t
	var s *suite
	t.Run("services without rights say what they lack", func(t *testing.T) { f.t = t; f.bareStart() })
	f.t = t
	s = f.startAll()
	var alpha article.URI
	t.Run("the pipeline works", func(t *testing.T) { f.t = t; alpha = s.throughput("alpha"); f.state() })
	// Before the tables, which write to the indices what no log has.
	t.Run("the operator repairs", func(t *testing.T) { f.t = t; s.repair(alpha) })
	t.Run("downstream teams make their copies", func(t *testing.T) { f.t = t; s.subscribers(alpha) })
	t.Run("everyone may do what is theirs in Kafka, and nothing else", func(t *testing.T) { f.t = t; f.kafkaTable() })
	t.Run("everyone may do what is theirs in Elasticsearch, and nothing else", func(t *testing.T) { f.t = t; f.elasticTable() })
	t.Run("a right that is taken away is missed aloud", func(t *testing.T) { f.t = t; s.loseRight() })
	t.Run("keys, passwords and certificates change under the services", func(t *testing.T) { f.t = t; s.rotate() })
	t.Run("the operator's tools work", func(t *testing.T) { f.t = t; f.tools() })
	f.t = t
	s.stop()
	t.Run("the operator moves a group", func(t *testing.T) { f.t = t; f.move() })
	f.t = t
	f.noSecrets()
}

// says is nil if err says what is wanted.
func says(err error, want string) error {
	if err == nil {
		return fmt.Errorf("all is well, want %q", want)
	}
	if !strings.Contains(err.Error(), want) {
		return fmt.Errorf("%w, want %q", err, want)
	}
	return nil
}

// connections holds the messages against real servers.
func (f *fortress) connections(plain string) {
	right := f.bus("ingest")
	wrong := filepath.Join(f.t.TempDir(), "wrong")
	if err := os.WriteFile(wrong, []byte("guess\n"), 0o600); err != nil {
		f.t.Fatal(err)
	}
	other, err := local.OpenCredentials(f.t.TempDir())
	if err != nil {
		f.t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*bus.Config)
		want   string
		atOnce bool // setting up topics does not go on trying
	}{
		"wrong password":     {func(c *bus.Config) { c.Security.KafkaPasswordFile = wrong }, `Kafka refuses user "ingest": the password is wrong (kafka-password-file or kafka-password)`, true},
		"no such user":       {func(c *bus.Config) { c.Security.KafkaUser = "stranger" }, `Kafka refuses user "stranger"`, true},
		"no TLS to TLS":      {func(c *bus.Config) { c.Security = bus.Security{} }, "set kafka-tls", false},
		"TLS to no TLS":      {func(c *bus.Config) { c.KafkaBrokers = []string{plain} }, "leave kafka-tls out", false},
		"untrusted":          {func(c *bus.Config) { c.Security.KafkaCACert = other.CA() }, "signed by none of kafka-ca-cert " + other.CA(), true},
		"system's authority": {func(c *bus.Config) { c.Security.KafkaCACert = "" }, "set kafka-ca-cert", true},
		"nobody":             {func(c *bus.Config) { c.Security.KafkaUser, c.Security.KafkaPasswordFile = "", "" }, "set kafka-user", false},
	} {
		f.t.Run(name, func(t *testing.T) {
			config := right
			c.change(&config)
			b, err := bus.Connect(config, zerolog.New(f.said))
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if name != "nobody" {
				f.await(func() error { return says(b.Ping(t.Context()), c.want) })
			}
			limit := waitLimit
			if !c.atOnce {
				limit = time.Second
			}
			f.await(func() error { // with more time, where the machine is so busy that nobody answers in it
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				limit = min(2*limit, waitLimit)
				began := time.Now()
				err := b.EnsureTopics(ctx, topic.Received)
				if c.atOnce && errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("it goes on trying for %v: %v", time.Since(began), err)
				}
				return says(err, c.want)
			})
			// Consumer groups have connections of their own.
			src, err := b.Source(bus.SourceConfig{Group: "g", Topics: []string{topic.Received}})
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			f.await(func() error {
				return says(src.Ready(t.Context()), c.want)
			})
		})
	}
}

// bareStart starts services step by step, as their rights come.
func (f *fortress) bareStart() {
	f.start("enrich", "--kafka-user="+nobody, "--kafka-password-file="+f.credentials.PasswordFile(nobody)).fails(`user "nobody" may not see it, and may not create it either: create it with ` + "`copytaster topics create`")
	f.start("ingest").fails("create it with `copytaster topics create`, and give rights with `copytaster acls`")

	f.mustSay(f.run(operateDiffers, append([]string{"acls", "check"}, f.asAdminFor()...)...), "rules are missing")
	f.mustSay(f.apply("--dry-run"), "would add")
	args := append([]string{"acls", "apply"}, f.asAdmin()...)
	f.mustSay(f.run(boot.ExitUsage, args...), "say --yes")
	f.mustSay(f.apply("--yes"), "added")
	f.mustSay(f.apply("--yes"), "nothing to do")
	f.mustSay(f.run(boot.ExitOK, append([]string{"acls", "check"}, f.asAdminFor()...)...), "there")
	// The operator's own user can look, and can't give itself anything.
	f.mustSay(f.run(boot.ExitFailed, "acls", "apply", "--yes", "--config", f.file, "--user", "ingest="+nobody), `user "operator" lacks a right on the cluster`)

	// With rights and without topics: a service may not create them.
	f.start("ingest").fails("create it with `copytaster topics create`")
	f.run(boot.ExitOK, "topics", "create", "--config", f.file)

	wait := f.start("index", "--elasticsearch-api-key=bm9ib2R5Om5vYm9keQ==", "--elasticsearch-api-key-file=")
	wait.await("the API key is missing, wrong, expired or invalidated")
	if err := wait.stop(); err != nil {
		f.t.Error(err)
	}
	keys := []string{"keys", "elasticsearch", "create", "--config", f.file, "--namespace", f.namespace, "--admin-password-file", f.credentials.PasswordFile(local.ElasticsearchAdmin), "--out", f.dir}
	f.mustSay(f.run(boot.ExitOK, append(keys, "--dry-run")...), "would make copytaster-s-operator, expires never  "+f.keyFile(corpus.Operator))
	out := f.run(boot.ExitOK, append(keys, "--yes")...)
	f.mustSay(out, "s-operator, id ")
	f.remember()
	// With rights and without indices: the same, and it goes on by itself.
	wait = f.start("index")
	wait.await("create the indices with the operator's key, by `copytaster indices create`")
	f.run(boot.ExitOK, "indices", "create", "--config", f.file)
	wait.await("")
	if err := wait.stop(); err != nil {
		f.t.Error(err)
	}
	f.run(boot.ExitOK, "indices", "check", "--config", f.file)
	// The reader's key can see the indices, but is no writer's.
	wait = f.start("index", "--elasticsearch-api-key-file="+f.keyFile(corpus.Reader))
	wait.await("the API key lacks what the writer needs: indices:admin/refresh* on s-article")
	if err := wait.stop(); err != nil {
		f.t.Error(err)
	}
}

const operateDiffers = 3

// asAdminFor is asAdmin with the users of the rules.
func (f *fortress) asAdminFor() []string {
	args := f.asAdmin()
	for _, s := range topic.Services() {
		args = append(args, "--user", s+"="+s)
	}
	return args
}

// suite is every service as a process of its own.
type suite struct {
	*fortress
	ingest, enrich, index, release, search *running

	key string // of search
}

func (f *fortress) startAll() *suite {
	f.t.Helper()
	file := filepath.Join(f.dir, "suite.key")
	f.run(boot.ExitOK, "keys", "add", "suite", "--config", f.file, "--out", file)
	key, err := secret.Source{File: file}.Get()
	if err != nil {
		f.t.Fatal(err)
	}
	f.remember()
	s := &suite{f, f.start("ingest"), f.start("enrich"), f.start("index"), f.start("release"), f.start("search", "--search-keys"), key}
	for _, r := range s.all() {
		r.await("")
	}
	return s
}

func (s *suite) all() []*running {
	return []*running{s.ingest, s.enrich, s.index, s.release, s.search}
}

func (s *suite) stop() {
	for _, r := range s.all() {
		if err := r.stop(); err != nil {
			s.t.Error(err)
		}
	}
}

func (s *suite) push(word string) (article.URI, error) {
	text := fmt.Sprintf("Ferry %s runs again\n\nThe ferry %s to Skarra runs again since Monday, the operator said.\n", word, word)
	resp, err := http.Post(s.ingest.base+"/v1/articles?source=coast", "text/plain; charset=utf-8", strings.NewReader(text))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	var said answer
	if err := json.Unmarshal(b, &said); err != nil || resp.StatusCode != http.StatusAccepted || len(said.Articles) != 1 {
		return "", fmt.Errorf("%s: %s", resp.Status, b)
	}
	return said.Articles[0].URI, nil
}

// throughput pushes an article until it is taken, and waits until it is found,
// and out.
func (s *suite) throughput(word string) (uri article.URI) {
	s.t.Helper()
	s.fortress.await(func() (err error) { uri, err = s.push(word); return err })
	s.finds(word, 1)
	b, err := bus.Connect(s.bus(topic.Subscriber), zerolog.Nop())
	if err != nil {
		s.t.Fatal(err)
	}
	defer b.Close()
	s.fortress.await(func() error {
		current, err := b.OpenView(s.t.Context(), topic.Current)
		if err != nil {
			return err
		}
		if _, out := current.Get(string(uri)); !out {
			err = fmt.Errorf("%q is not out; release %s", word, s.release.readiness())
		}
		return errors.Join(err, current.Close())
	})
	return uri
}

// finds waits until the article with a word is found so often.
func (s *suite) finds(word string, want int) {
	s.t.Helper()
	s.fortress.await(func() error {
		req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.search.base+"/v1/articles?q="+url.QueryEscape("ferry "+word), nil)
		if err != nil {
			return err
		}
		req.Header.Set("X-API-Key", s.key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		var found struct {
			Total struct {
				Value int `json:"value"`
			} `json:"total"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&found); err != nil {
			return err
		}
		if resp.StatusCode != http.StatusOK || found.Total.Value != want {
			return fmt.Errorf("%s, %q is found %d times, want %d; enrich %s, index %s", resp.Status, word, found.Total.Value, want, s.enrich.readiness(), s.index.readiness())
		}
		return nil
	})
}

// state is what ingest keeps of its feeds; the pipeline polls none.
func (f *fortress) state() {
	b, err := bus.Connect(f.bus("ingest"), zerolog.Nop())
	if err != nil {
		f.t.Fatal(err)
	}
	defer b.Close()
	for i := range 2 {
		table, err := b.OpenTable(f.t.Context(), topic.SourcesState)
		if err != nil {
			f.t.Fatal(err)
		}
		if table.Len() != i {
			f.t.Errorf("%d rows, want %d", table.Len(), i)
		}
		if err := table.Put(f.t.Context(), "feed", []byte("etag")); err != nil {
			f.t.Error(err)
		}
		if err := table.Close(); err != nil {
			f.t.Error(err)
		}
	}
}

// subscribers runs those of deploy/consumers, as the one user that is for them,
// and takes an article that is out through what an editor may do to it.
func (s *suite) subscribers(uri article.URI) {
	ds := downstreams(s.t, "--brokers", s.brokers[0], "--namespace", s.namespace, "--ca-cert", s.credentials.CA(),
		"--user", topic.Subscriber, "--password-file", s.credentials.PasswordFile(topic.Subscriber))
	have := func(want article.Status) {
		s.t.Helper()
		for _, d := range ds {
			s.fortress.await(func() error {
				d.running()
				all, err := d.copies(s.t.Context())
				c := all[uri]
				if err == nil && (c.Status != want || strings.Contains(c.Text, "Skarra") != (want == article.Usable)) {
					err = fmt.Errorf("%s has %+v, want %s; it says %q; release %s", d.name, c, want, d.said.String(), s.release.readiness())
				}
				return err
			})
		}
	}
	for _, d := range ds {
		d.start()
		s.t.Cleanup(d.stop)
	}
	have(article.Usable)
	for _, ruling := range []struct {
		command string
		status  article.Status
	}{{"withhold", article.Withheld}, {"kill", article.Canceled}} {
		say := func(command, done string) {
			s.runOnce(boot.ExitOK, done, command, string(uri), "--who", "desk", "--reason", "tried", "--yes", "--config", s.file)
		}
		say(ruling.command, "")
		have(ruling.status)
		s.finds("alpha", 0)
		say("reinstate", "is neither killed nor withheld")
		have(article.Usable)
		s.finds("alpha", 1)
		s.mustSay(s.run(boot.ExitOK, "audit", string(uri), "--config", s.file), ruling.command)
	}
}

// repair has the operator do all that changes something beside running services.
func (s *suite) repair(uri article.URI) {
	tool := func(args ...string) string {
		s.t.Helper()
		return s.run(boot.ExitOK, append(args, "--config", s.file)...)
	}
	once := func(done string, args ...string) {
		s.t.Helper()
		s.runOnce(boot.ExitOK, done, append(args, "--config", s.file)...)
	}
	s.mustSay(tool("trace", string(uri)), "is what search finds, usable")

	tool("generation", "issue", "--note", "tried")
	tool("generation", "promote", "1", "--replay", "--deployed", "--yes")
	once("is a rollback already", "generation", "rollback", "--deployed", "--yes")
	tool("generation", "rollback", "--again")

	s.mustSay(tool("replay", "enrich", "--uri", string(uri)), "sent again to "+topic.ReceivedBulk)
	s.mustSay(tool("replay", "index", "--from-time", "1h", "--beside"), "sent again to "+topic.EnrichedBulk)

	pause := waitLimit.String() // for a busy machine
	tool("snapshot", "create", "--location", "tried")
	s.mustSay(tool("reindex", "--shards", "2", "--max-pause", pause), "swapped")
	tool("reindex", "list")
	once("there are no previous indices to go back to", "reindex", "--rollback", "--max-pause", pause, "--yes")
	tool("reindex", "open")
	var snapshot struct {
		Name string `json:"snapshot"`
	}
	for l := range strings.Lines(tool("snapshot", "list", "--json")) {
		if err := json.Unmarshal([]byte(l), &snapshot); err != nil {
			s.t.Fatal(err)
		}
	}
	// A second try goes on with what the first one restored.
	s.mustSay(tool("snapshot", "restore", snapshot.Name, "--stay", "--max-pause", pause), "no differences")
	once(`no indices are "next"`, "reindex", "drop", "next", "--yes")
	once("is not one of this installation", "snapshot", "delete", snapshot.Name, "--yes")
	tool("reindex", "--shadow")
	tool("indices", "check")

	s.redrive()
}

// redrive has each stage refuse a message, and the operator send it again.
func (s *suite) redrive() {
	b, err := bus.Connect(s.bus(topic.Operator), zerolog.Nop())
	if err != nil {
		s.t.Fatal(err)
	}
	defer b.Close()
	f := b.Forward()
	for _, name := range []string{topic.Received, topic.Enriched} {
		if err := f.Write(s.t.Context(), name, stage.Message{Key: []byte("urn:test:broken"), Value: []byte("no protobuf \xff")}); err != nil {
			s.t.Error(err)
		}
	}
	if err := f.Close(); err != nil {
		s.t.Error(err)
	}
	dead := []string{topic.Received + topic.DeadSuffix, topic.Enriched + topic.DeadSuffix, topic.ReleaseDead}
	s.fortress.await(func() error {
		said := s.run(boot.ExitOK, "dead", "list", "--open", "--config", s.file)
		for _, name := range dead {
			if err := says(errors.New(said), name); err != nil {
				return err
			}
		}
		return nil
	})
	for _, name := range dead {
		said := s.run(boot.ExitOK, "dead", "redrive", name+"/0@0", "--again", "--yes", "--config", s.file)
		s.mustSay(said, "redrive "+name+"/0@0")
		s.mustSay(said, "1 letter redriven")
	}
	s.console(dead)
	s.run(boot.ExitOK, "dead", "discard", "--all", "--why", "tried", "--yes", "--config", s.file)
}

// console has an operator work by a search service that logs in for that as the console: it sees all
// groups, reads letters of all topics and sends them again, once more.
func (s *suite) console(dead []string) {
	file := filepath.Join(s.dir, "console.key")
	s.run(boot.ExitOK, "keys", "add", "console", "--scope", "read,operate", "--config", s.file, "--out", file)
	key, err := secret.Source{File: file}.Get()
	if err != nil {
		s.t.Fatal(err)
	}
	r := s.start("search", "--search-keys", "--search-operator")
	defer func() {
		if err := r.stop(); err != nil {
			s.t.Error(err)
		}
	}()
	r.await("")
	ask := func(method, path, body string, into any) error {
		req, err := http.NewRequestWithContext(s.t.Context(), method, r.base+path, strings.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("X-API-Key", key)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err == nil && res.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s: %s", path, res.Status, b)
		}
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		return err
	}
	s.fortress.await(func() error {
		var stages operator.Stages
		if err := ask(http.MethodGet, "/v1/operator/stages", "", &stages); err != nil {
			return err
		}
		if stages.Problem != "" || len(stages.Stages) != 4 {
			return fmt.Errorf("stages: %+v", stages)
		}
		return nil
	})
	for _, name := range dead {
		var page operator.Page
		if err := ask(http.MethodGet, "/v1/operator/letters?topic="+name, "", &page); err != nil || len(page.Letters) == 0 {
			s.t.Errorf("letters of %s: %+v %v", name, page, err)
			continue
		}
		var done operator.Redriven
		if err := ask(http.MethodPost, "/v1/operator/redrive", fmt.Sprintf(`{"letters":[%q],"again":true}`, page.Letters[0].Letter), &done); err != nil || done.Redriven != 1 {
			s.t.Errorf("redrive of %s: %+v %v", name, done, err)
		}
	}
}

// may tells whether the topology gives a user a right.
func (f *fortress) may(user string, on topic.Resource, name, operation string) bool {
	implies := map[string][]string{
		"Describe": {"Read", "Write", "Delete", "Alter"}, "DescribeConfigs": {"AlterConfigs"},
	}
	for _, r := range topic.Rights(topic.Namespace(f.namespace)) {
		if r.Service == user && r.Resource == on && r.Name == name {
			if r.Operation == operation || slices.Contains(implies[operation], r.Operation) {
				return true
			}
		}
	}
	return false
}

// kafkaTable tries all that there is to try, as every user, in a second
// namespace with the same users, so that nothing real is written or deleted.
func (f *fortress) kafkaTable() {
	f = f.in("r-")
	f.run(boot.ExitOK, append([]string{"acls", "apply", "--yes", "--namespace", f.namespace}, f.asAdminFor()...)...)
	f.run(boot.ExitOK, "topics", "create", "--namespace", f.namespace, "--config", f.file)
	tries, granted := 0, 0
	had := map[string][]string{} // by user: what it may do
	check := func(user string, on topic.Resource, name, operation string, err error) {
		tries++
		refused := errors.Is(err, kafka.TopicAuthorizationFailed) || errors.Is(err, kafka.GroupAuthorizationFailed) || errors.Is(err, kafka.ClusterAuthorizationFailed)
		want := f.may(user, on, name, operation)
		if want {
			granted++
		}
		if !refused {
			had[user] = append(had[user], operation+" "+strings.TrimPrefix(name, f.namespace))
		}
		if want == refused {
			f.t.Errorf("%s, %s on %s %s: should be allowed: %v, got: %v", user, operation, on, name, want, err)
		}
	}
	// The operator comes last, because it may do most.
	for _, user := range []string{nobody, "ingest", "enrich", "index", "release", "search", topic.Editor, topic.Console, topic.Subscriber, topic.Operator} {
		f.tryAll(user, check)
	}
	f.t.Logf("%d tries, %d of them granted", tries, granted)
	if granted == 0 || granted == tries {
		f.t.Error("the table proves nothing")
	}
	f.mayOnly(had)
}

// mayOnly says by name what stands between the public and the rest, whatever the
// topology says.
func (f *fortress) mayOnly(had map[string][]string) {
	want := []string{"Describe " + topic.Subscriber, "Read " + topic.Subscriber}
	for _, name := range []string{topic.Current, topic.Released} {
		want = append(want, "Describe "+name, "DescribeConfigs "+name, "Read "+name)
	}
	got := had[topic.Subscriber]
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		f.t.Errorf("a subscriber may %q, want %q", got, want)
	}
	for name, want := range map[string]bool{
		topic.Released: true, topic.Current: true,
		topic.Received: false, topic.ReceivedBulk: false, topic.Enriched: false, topic.EnrichedBulk: false, topic.Notices: false,
	} {
		if got := slices.Contains(had["release"], "Write "+name); got != want {
			f.t.Errorf("release may write to %s: %v, want %v", name, got, want)
		}
	}
}

func (f *fortress) tryAll(user string, check func(user string, on topic.Resource, name, operation string, err error)) {
	t := f.t
	ctx := t.Context()
	transport, err := f.credentials.KafkaTransport(user)
	if err != nil {
		t.Fatal(err)
	}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(f.brokers...), Transport: transport}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("as %s: %v", user, err)
		}
	}
	var names []string
	for _, known := range topic.All {
		names = append(names, f.namespace+known.Name)
	}

	md, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: names})
	must(err)
	for _, m := range md.Topics {
		err := m.Error
		if errors.Is(err, kafka.UnknownTopicOrPartition) {
			err = kafka.TopicAuthorizationFailed // Kafka hides what may not be seen.
		}
		check(user, topic.OnTopic, m.Name, "Describe", err)
	}
	for _, name := range names {
		check(user, topic.OnTopic, name, "Write", f.direct(user, name, func(c *kafka.Conn) error {
			_, err := c.WriteMessages(kafka.Message{Key: []byte("k"), Value: []byte("v")})
			return err
		}))
		check(user, topic.OnTopic, name, "Read", f.direct(user, name, func(c *kafka.Conn) error {
			batch := c.ReadBatchWith(kafka.ReadBatchConfig{MinBytes: 1, MaxBytes: 1000, MaxWait: 10 * time.Millisecond})
			_, err := batch.ReadMessage()
			_ = batch.Close()
			return err
		}))
	}
	describe, alter, create := &kafka.DescribeConfigsRequest{}, &kafka.IncrementalAlterConfigsRequest{}, &kafka.CreateTopicsRequest{}
	grow := &kafka.CreatePartitionsRequest{}
	for _, name := range names {
		describe.Resources = append(describe.Resources, kafka.DescribeConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: name})
		alter.Resources = append(alter.Resources, kafka.IncrementalAlterConfigsRequestResource{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: name,
			Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: "compression.type", Value: "producer", ConfigOperation: kafka.ConfigOperationSet}},
		})
		create.Topics = append(create.Topics, kafka.TopicConfig{Topic: name, NumPartitions: 1, ReplicationFactor: 1})
		grow.Topics = append(grow.Topics, kafka.TopicPartitionsConfig{Name: name, Count: 1})
	}
	described, err := client.DescribeConfigs(ctx, describe)
	must(err)
	for _, r := range described.Resources {
		check(user, topic.OnTopic, r.ResourceName, "DescribeConfigs", r.Error)
	}
	altered, err := client.IncrementalAlterConfigs(ctx, alter)
	must(err)
	for _, r := range altered.Resources {
		check(user, topic.OnTopic, r.ResourceName, "AlterConfigs", r.Error)
	}
	created, err := client.CreateTopics(ctx, create)
	must(err)
	for _, name := range names {
		check(user, topic.OnTopic, name, "Create", created.Errors[name])
	}
	grown, err := client.CreatePartitions(ctx, grow)
	must(err)
	for _, name := range names {
		check(user, topic.OnTopic, name, "Alter", grown.Errors[name])
	}
	for _, g := range append(slices.Clone(topic.Groups), topic.Group{Name: topic.Subscriber, Topic: topic.Released}) {
		group, of := f.namespace+g.Name, f.namespace+g.Topic
		fetched, err := client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group})
		if err == nil {
			err = fetched.Error
		}
		check(user, topic.OnGroup, group, "Describe", err)
		committed, err := client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
			GroupID: group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{of: {{Partition: 0, Offset: 0}}},
		})
		if err == nil {
			err = committed.Topics[of][0].Error
		}
		check(user, topic.OnGroup, group, "Read", err)
		deleted, err := client.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: []string{group}})
		if err == nil {
			err = deleted.Errors[group]
		}
		check(user, topic.OnGroup, group, "Delete", err)
	}
	// A group that is nobody's.
	fetched, err := client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: f.namespace + "else"})
	if err == nil {
		err = fetched.Error
	}
	check(user, topic.OnGroup, f.namespace+"else", "Describe", err)
	acls, err := client.DescribeACLs(ctx, &kafka.DescribeACLsRequest{Filter: kafka.ACLFilter{
		ResourceTypeFilter: kafka.ResourceTypeAny, ResourcePatternTypeFilter: kafka.PatternTypeAny,
		Operation: kafka.ACLOperationTypeAny, PermissionType: kafka.ACLPermissionTypeAny,
	}})
	must(err)
	check(user, topic.OnCluster, topic.ClusterName, "Describe", acls.Error)
	given, err := client.CreateACLs(ctx, &kafka.CreateACLsRequest{ACLs: []kafka.ACLEntry{{
		ResourceType: kafka.ResourceTypeTopic, ResourceName: "x", ResourcePatternType: kafka.PatternTypeLiteral, Principal: "User:" + user,
		Host: "*", Operation: kafka.ACLOperationTypeAll, PermissionType: kafka.ACLPermissionTypeAllow,
	}}})
	must(err)
	check(user, topic.OnCluster, topic.ClusterName, "Alter", errors.Join(given.Errors...))
	gone, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: names})
	must(err)
	for _, name := range names {
		check(user, topic.OnTopic, name, "Delete", gone.Errors[name])
	}
}

// direct goes to the one broker without asking first which topics there are,
// which would already be refused.
func (f *fortress) direct(user, name string, do func(*kafka.Conn) error) error {
	config, err := f.credentials.TLS()
	if err != nil {
		f.t.Fatal(err)
	}
	password, err := f.credentials.Password(user)
	if err != nil {
		f.t.Fatal(err)
	}
	mechanism, err := scram.Mechanism(scram.SHA512, user, password)
	if err != nil {
		f.t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(f.brokers[0])
	if err != nil {
		f.t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		f.t.Fatal(err)
	}
	d := kafka.Dialer{TLS: config, SASLMechanism: mechanism, Timeout: waitLimit}
	conn, err := d.DialPartition(f.t.Context(), "tcp", f.brokers[0], kafka.Partition{Topic: name, ID: 0, Leader: kafka.Broker{Host: host, Port: n, ID: 1}})
	if err != nil {
		f.t.Fatalf("as %s: %v", user, err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(waitLimit)); err != nil {
		f.t.Fatal(err)
	}
	return do(conn)
}

// elasticTable holds each role to what is its own.
func (f *fortress) elasticTable() {
	ctx := f.t.Context()
	n := corpus.Namespace(f.namespace)
	status := func(c elastic.Config, r elastic.Request) int {
		f.t.Helper()
		es, err := c.Connect(1)
		if err != nil {
			f.t.Fatal(err)
		}
		defer es.Close()
		err = elastic.Ask(ctx, es, "try", r, nil)
		var refused *elastic.StatusError
		switch {
		case errors.As(err, &refused):
			return refused.Status
		case err != nil:
			f.t.Fatal(err)
		}
		return http.StatusOK
	}
	body := func(s string) io.Reader { return strings.NewReader(s) }
	requests := map[string]struct {
		make                     func() elastic.Request
		writer, reader, operator int
	}{
		"search": {func() elastic.Request { return esapi.SearchRequest{Index: []string{n.Articles()}} }, 200, 200, 200},
		"bulk": {func() elastic.Request {
			return esapi.BulkRequest{Body: body(`{"index":{"_index":"` + n.Articles() + `","_id":"x"}}` + "\n{}\n")}
		}, 200, 403, 200},
		"refresh": {func() elastic.Request { return esapi.IndicesRefreshRequest{Index: []string{n.Versions()}} }, 200, 403, 200},
		"delete by query": {func() elastic.Request {
			return esapi.DeleteByQueryRequest{Index: []string{n.Articles()}, Body: body(`{"query":{"ids":{"values":["none"]}}}`)}
		}, 403, 403, 403},
		"delete document": {func() elastic.Request { return esapi.DeleteRequest{Index: n.Articles(), DocumentID: "none"} }, 403, 403, 403},
		"create index":    {func() elastic.Request { return esapi.IndicesCreateRequest{Index: n.Articles() + "-other"} }, 403, 403, 200},
		"move alias": {func() elastic.Request {
			return esapi.IndicesUpdateAliasesRequest{Body: body(`{"actions":[{"add":{"index":"` + n.Articles() + `-1","alias":"` + n.Articles() + `-moved"}}]}`)}
		}, 403, 403, 200},
		"settings": {func() elastic.Request {
			return esapi.IndicesPutSettingsRequest{Index: []string{n.Articles()}, Body: body(`{"index.refresh_interval":"250ms"}`)}
		}, 403, 403, 200},
		"mapping": {func() elastic.Request {
			return esapi.IndicesPutMappingRequest{Index: []string{n.Articles()}, Body: body(`{"dynamic":"strict"}`)}
		}, 403, 403, 200},
		"delete index":  {func() elastic.Request { return esapi.IndicesDeleteRequest{Index: []string{n.Articles() + "-nothing"}} }, 403, 403, 404},
		"foreign index": {func() elastic.Request { return esapi.IndicesCreateRequest{Index: "foreign"} }, 403, 403, 403},
		"foreign read":  {func() elastic.Request { return esapi.IndicesGetRequest{Index: []string{"foreign"}} }, 403, 403, 403},
		"snapshots":     {func() elastic.Request { return esapi.SnapshotGetRepositoryRequest{} }, 403, 403, 200},
		"restore":       {func() elastic.Request { return esapi.SnapshotRestoreRequest{Repository: "none", Snapshot: "none"} }, 403, 403, 404},
		"health":        {func() elastic.Request { return esapi.ClusterHealthRequest{} }, 403, 403, 200},
		"cluster": {func() elastic.Request {
			return esapi.ClusterPutSettingsRequest{Body: body(`{"persistent":{"cluster.max_shards_per_node":1000}}`)}
		}, 403, 403, 403},
		"users": {func() elastic.Request { return esapi.SecurityGetUserRequest{} }, 403, 403, 403},
		"keys":  {func() elastic.Request { return esapi.SecurityGetAPIKeyRequest{} }, 403, 403, 403},
	}
	for name, r := range requests {
		for role, want := range map[corpus.Role]int{corpus.Writer: r.writer, corpus.Reader: r.reader, corpus.Operator: r.operator} {
			if got := status(f.secured.elastic(role), r.make()); got != want {
				f.t.Errorf("%s by the %s: %d, want %d", name, role, got, want)
			}
		}
		if got := status(f.secured.elastic(""), r.make()); got != http.StatusUnauthorized {
			f.t.Errorf("%s by nobody: %d", name, got)
		}
	}
	for _, role := range corpus.Roles {
		es, err := f.secured.elastic(role).Connect(1)
		if err != nil {
			f.t.Fatal(err)
		}
		for _, of := range corpus.Roles {
			err := corpus.CheckRights(ctx, es, n, of)
			var lacks *corpus.LacksError
			// The operator may do all that the others may.
			more := of == corpus.Operator && role != of || of == corpus.Writer && role == corpus.Reader
			if !more && err != nil || more && !errors.As(err, &lacks) {
				f.t.Errorf("the %s asks what the %s needs: %v", role, of, err)
			}
		}
		es.Close()
	}

	// A key that has ended, and one that never was.
	args := []string{"keys", "elasticsearch", "create", "--config", f.file, "--namespace", f.namespace, "--admin-password-file", f.credentials.PasswordFile(local.ElasticsearchAdmin)}
	short := f.t.TempDir()
	f.run(boot.ExitOK, append(args, "--role", "reader", "--expires", "1ms", "--out", short)...)
	f.secrets.collect(f.t, filepath.Join(short, "*.key"))
	ended := f.secured.elastic("")
	ended.APIKeyFile = filepath.Join(short, "reader.key")
	f.await(func() error {
		if got := status(ended, esapi.InfoRequest{}); got != http.StatusUnauthorized {
			return fmt.Errorf("an expired key: %d", got)
		}
		return nil
	})
	wrong := f.secured.elastic("")
	wrong.APIKey = "bm9ib2R5Om5vYm9keQ=="
	if got := status(wrong, esapi.InfoRequest{}); got != http.StatusUnauthorized {
		f.t.Errorf("a key that never was: %d", got)
	}
	f.mustSay(f.run(boot.ExitFailed, "keys", "elasticsearch", "create", "--config", f.file, "--admin", "stranger", "--admin-password-file", f.credentials.PasswordFile(local.ElasticsearchAdmin)), "refuses the administrator")

	inClear := elastic.Config{URL: []string{"http://" + f.elastic.Address}}
	es, err := inClear.Connect(1)
	if err != nil {
		f.t.Fatal(err)
	}
	defer es.Close()
	if err := elastic.Ask(ctx, es, "try", esapi.InfoRequest{}, nil); err == nil || !strings.Contains(err.Error(), "take https in elasticsearch-url") {
		f.t.Errorf("without TLS: %v", err)
	}
	f.kill(n)
}

// kill has the index service's sink do all that it ever does to Elasticsearch.
func (f *fortress) kill(n corpus.Namespace) {
	es, err := f.secured.elastic(corpus.Writer).Connect(1)
	if err != nil {
		f.t.Fatal(err)
	}
	defer es.Close()
	sink := index.NewSink(es, n, bulk.Config{}, prometheus.NewRegistry())
	defer sink.Close()
	a := article.Article{
		URI: "urn:test:killed", Revision: 1 << 40, Status: article.Usable, Source: "test", Text: "Wrong report",
		Segments:   []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len("Wrong report")}, Confidence: 1}}},
		ReceivedAt: time.Now().UTC(),
	}
	for i := range 2 {
		if err := sink.Write(f.t.Context(), []article.Article{a}); err != nil {
			f.t.Fatal(i, err)
		}
		a.Revision, a.Status = 2<<40, article.Canceled
	}
}

// loseRight takes ingest's right to write away while it runs.
func (s *suite) loseRight() {
	b, err := bus.Connect(s.bus(local.KafkaAdmin), zerolog.Nop())
	if err != nil {
		s.t.Fatal(err)
	}
	defer b.Close()
	lost := bus.ACL{Principal: "User:ingest", Resource: "Topic", Name: s.namespace + topic.Received, Pattern: "Literal", Operation: "Write", Host: "*", Allow: "Allow"}
	group := bus.ACL{Principal: "User:index", Resource: "Topic", Name: s.namespace + topic.Enriched, Pattern: "Literal", Operation: "Read", Host: "*", Allow: "Allow"}
	if err := b.DeleteACLs(s.t.Context(), lost, group); err != nil {
		s.t.Fatal(err)
	}
	extra := bus.ACL{Principal: "User:enrich", Resource: "Topic", Name: s.namespace + topic.IngestDead, Pattern: "Literal", Operation: "Read", Host: "*", Allow: "Allow"}
	if err := b.CreateACLs(s.t.Context(), extra); err != nil {
		s.t.Fatal(err)
	}
	// Besides, the users have the rules of the other namespace (kafkaTable); that
	// on the cluster is in both.
	extras := len(topic.Rights("")) - 1 + 1
	s.mustSay(s.run(operateDiffers, append([]string{"acls", "check"}, s.asAdminFor()...)...), fmt.Sprintf("2 rules are missing, %d are extra", extras))

	s.index.await(`topic articles.enriched is not there (` + "`copytaster topics create`), or user \"index\" may not see it (`copytaster acls`)")
	pushed := make(chan error, 1)
	go func() {
		_, err := s.push("beta")
		pushed <- err
	}()
	s.ingest.await("topic articles.received")
	s.apply("--yes", "--prune")
	s.run(boot.ExitOK, append([]string{"acls", "check"}, s.asAdminFor()...)...)
	<-pushed // taken or not: the sender knows, and sends again
	for _, r := range s.all() {
		r.await("")
	}
	s.throughput("beta")
}

// rotate changes every secret while the services run.
func (s *suite) rotate() {
	// A new key in place of the old one, which then ends.
	args := func(what string) []string {
		return []string{"keys", "elasticsearch", what, "--config", s.file, "--namespace", s.namespace, "--admin-password-file", s.credentials.PasswordFile(local.ElasticsearchAdmin)}
	}
	var old []string
	for l := range strings.Lines(s.run(boot.ExitOK, append(args("list"), "--json")...)) {
		var k struct{ Role, ID, State string }
		if err := json.Unmarshal([]byte(l), &k); err != nil {
			s.t.Fatal(err)
		}
		if k.State == "good" && k.Role != string(corpus.Operator) {
			old = append(old, k.ID)
		}
	}
	if len(old) < 2 {
		s.t.Fatalf("keys: %v", old)
	}
	s.remember()
	known := len(s.secrets)
	replace := append(args("create"), "--role", "writer,reader", "--out", s.dir)
	s.mustSay(s.run(boot.ExitUsage, replace...), "Replaces "+s.keyFile(corpus.Writer)+" and "+s.keyFile(corpus.Reader))
	s.run(boot.ExitOK, append(replace, "--yes")...)
	// An id may begin with a dash.
	s.mustSay(s.run(boot.ExitUsage, append(append(args("invalidate"), "--"), old...)...), "say --yes")
	s.run(boot.ExitOK, append(append(args("invalidate"), "--yes", "--"), old...)...)
	s.throughput("gamma")

	// New passwords; Kafka's restart makes everyone log in again, with a
	// certificate of another authority.
	for _, user := range []string{"ingest", "enrich", "index", "release"} {
		s.setPassword(user, user+"-changed-4711")
	}
	s.remember()
	if more := len(s.secrets) - known; more != 6 {
		s.t.Errorf("%d new secrets, want two keys and four passwords", more)
	}
	if err := s.credentials.Renew(); err != nil {
		s.t.Fatal(err)
	}
	if err := s.kafka.Restart(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	for _, r := range s.all() {
		r.await("")
	}
	s.throughput("delta")
}

// setPassword changes a password in Kafka and in the user's file.
func (s *suite) setPassword(user, password string) {
	transport, err := s.credentials.KafkaTransport(local.KafkaAdmin)
	if err != nil {
		s.t.Fatal(err)
	}
	defer transport.CloseIdleConnections()
	const iterations = 4096
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		s.t.Fatal(err)
	}
	salted, err := pbkdf2.Key(sha512.New, password, salt, iterations, sha512.Size)
	if err != nil {
		s.t.Fatal(err)
	}
	client := &kafka.Client{Addr: kafka.TCP(s.brokers...), Transport: transport}
	r, err := client.AlterUserScramCredentials(s.t.Context(), &kafka.AlterUserScramCredentialsRequest{Upsertions: []kafka.UserScramCredentialsUpsertion{{
		Name: user, Mechanism: kafka.ScramMechanismSha512, Iterations: iterations, Salt: salt, SaltedPassword: salted,
	}}})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, u := range r.Results {
		if u.Error != nil {
			s.t.Fatal(u.Error)
		}
	}
	if err := s.credentials.SetPassword(user, password); err != nil {
		s.t.Fatal(err)
	}
}

// tools are the operator's, with the operator's user and key.
func (f *fortress) tools() {
	for _, args := range [][]string{
		{"topics", "check"},
		{"topics", "list"},
		{"lag"},
		{"dead", "list"},
		{"indices", "check"},
		{"tail", topic.Received, "--count", "1"},
	} {
		f.run(boot.ExitOK, append(args, "--config", f.file)...)
	}
	// It may do what the services do, too: that is how dead letters go back.
	b, err := bus.Connect(f.bus(topic.Operator), zerolog.Nop())
	if err != nil {
		f.t.Fatal(err)
	}
	defer b.Close()
	sink := b.Sink(topic.ReceivedBulk, event.Received)
	defer sink.Close()
	text := "Sent again by the operator"
	err = sink.Write(f.t.Context(), []article.Article{{
		URI: "urn:test:again", Version: "1", Revision: 1 << 40, Status: article.Usable, Source: "test", Text: text,
		Segments:   []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: len(text)}, Confidence: 1}}},
		ReceivedAt: time.Now().UTC(),
	}})
	if err != nil {
		f.t.Error(err)
	}
}

// move sets a group back whose service is stopped.
func (f *fortress) move() {
	late := false
	f.await(func() error { // Kafka may take a moment to know that it is stopped
		var out bytes.Buffer
		said := io.MultiWriter(&out, f.said)
		args := []string{"replay", topic.GroupRelease, "--from-time", "1h", "--yes", "--json", "--config", f.file}
		if code := execute(f.t.Context(), args, Terminal{In: strings.NewReader(""), Out: said, Err: said}); code != boot.ExitOK {
			late = late || tooLate(out.String())
			return errors.New(out.String())
		}
		if !late || !allKept(out.String()) {
			f.mustSay(out.String(), `"done":true`)
		}
		return nil
	})
}

// allKept tells that a replay found nothing to move: an earlier try, whose answer
// came too late, had moved it.
func allKept(out string) bool {
	kept := 0
	for l := range strings.Lines(out) {
		var move struct{ Action string }
		if json.Unmarshal([]byte(l), &move) != nil {
			continue // a warning
		}
		if move.Action != "keep" {
			return false
		}
		kept++
	}
	return kept > 0
}

func TestAllKept(t *testing.T) {
	for out, want := range map[string]bool{
		"": false,
		`{"action":"keep"}` + "\n" + `{"action":"keep"}` + "\n":              true,
		"slow\n" + `{"action":"keep"}` + "\n":                                true,
		`{"action":"keep"}` + "\n" + `{"action":"move","done":false}` + "\n": false,
	} {
		if got := allKept(out); got != want {
			t.Errorf("%q: %v, want %v", out, got, want)
		}
	}
}

// noSecrets looks for all of them, those of before too, in all that was said.
func (f *fortress) noSecrets() {
	f.remember()
	said := f.said.text()
	if len(said) == 0 {
		f.t.Error("nothing was said")
	}
	// The users' and administrators' passwords, four keys, and what became of
	// six of them.
	if least := len(topic.Services()) + 3 + 4 + 6; len(f.secrets) < least {
		f.t.Errorf("only %d secrets, want %d", len(f.secrets), least)
	}
	for _, file := range f.secrets.told(said) {
		f.t.Errorf("a secret that is or was in %s was said", file)
	}
}
