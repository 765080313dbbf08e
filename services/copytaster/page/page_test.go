// Package page tests the newsroom's page: the whole pipeline runs as the program that
// make built, real copy goes in, and Playwright uses the page as its readers do.
package page

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/localtest"
)

const root = "../../.."

// patience bounds each wait for something that must happen.
const patience = 10 * time.Minute

// program is what make built; the page is in it.
const program = root + "/bin/copytaster"

// screens names the folder for pictures of the page: with it, they are made and nothing is
// tested (make screens).
const screens = "COPYTASTER_PAGE_SCREENS"

// TestPage runs services/search/web/tests.
func TestPage(t *testing.T) {
	servers := settings(t)
	base := serve(t, servers, "--archive="+filepath.Join(t.TempDir(), "archive"))
	n := feed(t, base)
	await(t, "all copy is found", func() error {
		var found struct{ Total struct{ Value int } }
		if err := get(base+"/v1/articles?size=1", &found); err != nil {
			return err
		}
		if found.Total.Value != n {
			return fmt.Errorf("%d of %d articles", found.Total.Value, n)
		}
		return nil
	})
	deadLetter(t, servers, base)
	desk := serve(t, append(servers, deskSettings(t)...), "--only=search", "--archive=none")
	args := []string{"test"}
	if os.Getenv(screens) != "" {
		args = append(args, "screens.spec.ts")
	}
	cmd := exec.CommandContext(t.Context(), "deploy/tools/page.sh", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "COPYTASTER_PAGE="+base, "COPYTASTER_PAGE_ARTICLES="+fmt.Sprint(n),
		"COPYTASTER_PAGE_DESK="+desk, "COPYTASTER_PAGE_READER="+key(t, servers, "Readers", "read"),
		"COPYTASTER_PAGE_EDITOR="+key(t, servers, "Desk", "read,write"), "COPYTASTER_PAGE_OPERATOR="+key(t, servers, "Night desk", "read,operate"),
		"COPYTASTER_PAGE_PLANNER="+key(t, servers, "Planning desk", "read,embargo"))
	if !testing.Verbose() { // only what failed
		cmd.Env = append(cmd.Env, "COPYTASTER_PAGE_REPORTER=dot")
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		t.Log(lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("tests of the page: %v", err)
	}
}

// settings say where the real Kafka and Elasticsearch are, and which names there are this test's.
func settings(t *testing.T) []string {
	t.Helper()
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("the page is tested in the program: make build (%v)", err)
	}
	brokers, elasticsearch := localtest.Kafka(t), localtest.Elasticsearch(t)
	return []string{
		"COPYTASTER_NAMESPACE=" + localtest.Namespace(t), "COPYTASTER_KAFKA_BROKERS=" + strings.Join(brokers, ","), "COPYTASTER_ELASTICSEARCH_URL=" + elasticsearch,
		"COPYTASTER_SEARCH_LIVE=true", "COPYTASTER_SEARCH_TIMEOUT=30s", "COPYTASTER_SEARCH_RELATED_TIMEOUT=30s", "COPYTASTER_SEARCH_ZONE=Europe/Berlin",
	}
}

// deskSettings are of a search service where people log in, correct and redrive.
func deskSettings(t *testing.T) []string {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "session.secret")
	if err := os.WriteFile(secret, []byte(strings.Repeat("a secret of a test ", 4)), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{
		"COPYTASTER_SEARCH_KEYS=true", "COPYTASTER_SEARCH_OVERRIDES=true", "COPYTASTER_SEARCH_OPERATOR=true", "COPYTASTER_SEARCH_OPERATOR_EVERY=1s", "COPYTASTER_SEARCH_EMBARGOES=true",
		"COPYTASTER_SEARCH_SESSION_SECRET_FILE=" + secret, "COPYTASTER_SEARCH_RATE=60000",
	}
}

// key makes an API key.
func key(t *testing.T, servers []string, name, scopes string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "keys", "add", name, "--scope", scopes)
	cmd.Env, cmd.Stderr = append(os.Environ(), servers...), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("key for %s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}

// deadLetter leaves one: an article that the index refused, for a cause that is mended since.
func deadLetter(t *testing.T, servers []string, base string) {
	t.Helper()
	const text = "Ferry Aster runs again\n\n\"The ferry runs again since Monday,\" Ana Ruiz said in Oslo. It cost 4 million euros.\n"
	nested(t, servers, "0")
	if err := push(base+"/v1/articles?source=coast&name=aster.txt", text); err != nil {
		t.Fatal(err)
	}
	await(t, "the index refuses it", func() error {
		cmd := exec.CommandContext(t.Context(), program, "dead", "list")
		cmd.Env = append(os.Environ(), servers...)
		out, err := cmd.CombinedOutput()
		if err == nil && !strings.Contains(string(out), "nested") {
			err = fmt.Errorf("dead letters: %s", out)
		}
		return err
	})
	nested(t, servers, "10000")
}

// nested sets how many nested objects a document of the index may have.
func nested(t *testing.T, servers []string, limit string) {
	t.Helper()
	of := map[string]string{}
	for _, s := range servers {
		name, value, _ := strings.Cut(s, "=")
		of[name] = value
	}
	for _, alias := range []string{"articles", "article-versions"} {
		address := of["COPYTASTER_ELASTICSEARCH_URL"] + "/" + of["COPYTASTER_NAMESPACE"] + alias + "/_settings"
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, address, strings.NewReader(`{"index.mapping.nested_objects.limit":`+limit+`}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", address, res.Status)
		}
	}
}

// serve runs services until the test ends, and gives the address of their page.
func serve(t *testing.T, settings []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, append([]string{"run", "--listen=127.0.0.1:0", "--log-format=json"}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	cmd.Env = append(os.Environ(), settings...)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		watch(t, log, address)
	}()
	t.Cleanup(func() {
		<-ended
		_ = cmd.Wait() // it was told to end with the test's context
	})
	select {
	case a := <-address:
		base := "http://" + a
		await(t, "the services are ready", func() error { return get(base+"/readyz", nil) })
		return base
	case <-ended:
		t.Fatal("the services ended at their start")
	case <-time.After(patience):
		t.Fatal("the services don't start")
	}
	return ""
}

// watch logs what isn't told for information, and sends the address that is listened on.
func watch(t *testing.T, log io.Reader, address chan<- string) {
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var said struct{ Level, Message, Address string }
		if json.Unmarshal(lines.Bytes(), &said) != nil || said.Level != "info" && said.Level != "debug" {
			t.Log(lines.Text())
		}
		if said.Message == "started" && said.Address != "" {
			select {
			case address <- said.Address:
			default:
			}
		}
	}
}

// feed pushes real copy, and tells how many articles it is.
func feed(t *testing.T, base string) int {
	t.Helper()
	var files []string
	for _, pattern := range []string{"wire/*.txt", "unseen/*.txt", "golden/*.txt"} {
		some, err := filepath.Glob(filepath.Join(root, "services/enrich/testdata", pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, some...)
	}
	if len(files) < 60 {
		t.Fatalf("there are only %d texts", len(files))
	}
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// As a wire would: over some days, now more, now less.
		at := time.Date(2024, 4, 18, 6, i%60, 0, 0, time.UTC).Add(time.Duration(i*i%97) * time.Hour)
		query := fmt.Sprintf("source=wire-%d&name=%s&published_at=%s", i%3+1, filepath.Base(file), at.Format(time.RFC3339))
		await(t, "it is taken in: "+file, func() error { return push(base+"/v1/articles?"+query, string(text)) })
	}
	return len(files)
}

func push(address, text string) error {
	res, err := http.Post(address, "text/plain; charset=utf-8", strings.NewReader(text))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		b, _ := io.ReadAll(res.Body)
		return fmt.Errorf("%s: %s", res.Status, b)
	}
	return nil
}

func get(address string, to any) error {
	res, err := http.Get(address)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	if to == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(to)
}

// await repeats check until it gives nil.
func await(t *testing.T, what string, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s: %v", what, err)
		}
	}
}
