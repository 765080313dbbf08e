package boot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/leaktest"
	"github.com/copytaster/copytaster/pkg/stage"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

type inner struct {
	Depth int `help:"Depth." default:"3"`
}

func (i inner) Validate() error {
	if i.Depth > 9 {
		return errors.New("setting sea-depth is above 9")
	}
	return nil
}

type testConfig struct {
	Sea   inner    `embed:"" prefix:"sea-"`
	Names []string `help:"Names." default:"a,b"`
	Quick bool     `help:"Quick." negatable:"" default:"true"`
}

func testService(run func(ctx context.Context, c testConfig, k *Kit) error) Service[testConfig] {
	return Service[testConfig]{Name: "dredge", About: "Dredges.", Listen: "127.0.0.1:0", Run: run}
}

// buffer may be written to and read from different goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func noSignals() <-chan os.Signal { return make(chan os.Signal) }

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

func TestLifeOfAService(t *testing.T) {
	signals := make(chan os.Signal, 2)
	var out, errs buffer
	started := make(chan *Kit)
	drained := make(chan struct{})
	s := testService(func(ctx context.Context, c testConfig, k *Kit) error {
		if c.Sea.Depth != 7 {
			return fmt.Errorf("depth is %d", c.Sea.Depth)
		}
		started <- k
		<-ctx.Done()
		<-drained
		return ctx.Err()
	})
	code := make(chan int, 1)
	go func() {
		code <- execute(s, []string{"--sea-depth=7", "--pprof"}, signals, &out, &errs, func(int) { t.Error("exit was called") })
	}()
	k := <-started
	url := "http://" + k.Addr()
	if st, b := get(t, url+"/healthz"); st != 200 || b != "ok\n" {
		t.Fatal(st, b)
	}
	var broken error
	var mu sync.Mutex
	k.Ready("kafka", func(context.Context) error { mu.Lock(); defer mu.Unlock(); return broken })
	if st, b := get(t, url+"/readyz"); st != 503 || !strings.Contains(b, `"dredge/running":"the service is starting"`) {
		t.Fatal("ready before it has started:", st, b)
	}
	k.Started()
	if st, b := get(t, url+"/readyz"); st != 200 || !strings.Contains(b, `"dredge/kafka":"ok"`) {
		t.Fatal(st, b)
	}
	if err := Healthcheck(t.Context(), k.Addr()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	broken = errors.New("no brokers")
	mu.Unlock()
	if st, b := get(t, url+"/readyz"); st != 503 || !strings.Contains(b, `"dredge/kafka":"no brokers"`) {
		t.Fatal(st, b)
	}
	if err := Healthcheck(t.Context(), k.Addr()); err == nil || !strings.Contains(err.Error(), "no brokers") {
		t.Fatal(err)
	}
	mu.Lock()
	broken = nil
	mu.Unlock()
	lanes := k.Observer("sorting")
	lanes.Hung(2)
	if st, b := get(t, url+"/readyz"); st != 503 || !strings.Contains(b, `"dredge/stage sorting":"2 lanes hang; the log says where"`) {
		t.Fatal(st, b)
	}
	lanes.Hung(0)
	lanes.Failing(3, errors.New("sink: read-only"))
	if st, b := get(t, url+"/readyz"); st != 503 || !strings.Contains(b, `"dredge/stage sorting":"3 lanes fail and don't get on: sink: read-only"`) {
		t.Fatal(st, b)
	}
	lanes.Failing(0, nil)
	if st, b := get(t, url+"/readyz"); st != 200 {
		t.Fatal(st, b)
	}
	k.Ready("panics", func(context.Context) error { panic("oh") })
	if st, b := get(t, url+"/readyz"); st != 503 || !strings.Contains(b, "check panicked: oh") {
		t.Fatal(st, b)
	}

	if err := k.Handle("GET /v1/x", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "x") })); err != nil {
		t.Fatal(err)
	}
	if _, b := get(t, url+"/v1/x"); b != "x" {
		t.Fatal(b)
	}
	if err := k.Handle("GET /v1/x", http.NotFoundHandler()); err == nil || !strings.Contains(err.Error(), "GET /v1/x") {
		t.Fatal(err)
	}
	if st, _ := get(t, url+"/debug/pprof/"); st != 200 {
		t.Fatal(st)
	}

	o := k.Observer("dredge")
	o.Done(stage.OK, 3, 20*time.Millisecond)
	o.Done(stage.Dead, 1, time.Second)
	o.Retry(stage.CallSink)
	o.Hung(2)
	o.Failing(3, errors.New("x"))
	_, b := get(t, url+"/metrics")
	for _, want := range []string{
		`copytaster_articles_total{outcome="ok",stage="dredge"} 3`, `copytaster_articles_total{outcome="dead",stage="dredge"} 1`,
		`copytaster_articles_total{outcome="filtered",stage="dredge"} 0`, `copytaster_retries_total{call="sink",stage="dredge"} 1`,
		`copytaster_lanes_hung{stage="dredge"} 2`, `copytaster_lanes_failing{stage="dredge"} 3`, `copytaster_stage_seconds_count{stage="dredge"} 4`,
		`copytaster_stage_seconds_bucket{stage="dredge",le="0.025"} 3`, "go_goroutines", "process_cpu_seconds_total",
	} {
		if !strings.Contains(b, want) {
			t.Errorf("metrics lack %s", want)
		}
	}

	signals <- syscall.SIGTERM
	for {
		if st, b := get(t, url+"/readyz"); st == 503 && strings.Contains(b, "stopping") {
			break
		}
	}
	if st, _ := get(t, url+"/healthz"); st != 200 {
		t.Fatal("not alive while it drains:", st)
	}
	close(drained)
	if c := <-code; c != ExitOK {
		t.Fatal(c, errs.String())
	}
	if !strings.Contains(errs.String(), `"service":"dredge"`) {
		t.Fatal("the log is not JSON:", errs.String())
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	signals := make(chan os.Signal, 2)
	var errs buffer
	release, exited := make(chan struct{}), make(chan int, 1)
	s := testService(func(context.Context, testConfig, *Kit) error { <-release; return nil })
	code := make(chan int, 1)
	go func() {
		code <- execute(s, nil, signals, io.Discard, &errs, func(c int) { exited <- c })
	}()
	signals <- syscall.SIGINT
	signals <- syscall.SIGINT
	if c := <-exited; c != ExitSignals {
		t.Fatal(c)
	}
	close(release)
	<-code
}

func TestExitCodes(t *testing.T) {
	for name, c := range map[string]struct {
		run  func(context.Context, testConfig, *Kit) error
		args []string
		code int
		out  string
	}{
		"success":            {func(context.Context, testConfig, *Kit) error { return nil }, nil, ExitOK, "ended"},
		"failure":            {func(context.Context, testConfig, *Kit) error { return errors.New("sank") }, nil, ExitFailed, "sank"},
		"canceled by itself": {func(context.Context, testConfig, *Kit) error { return context.Canceled }, nil, ExitFailed, "canceled"},
		"panic":              {func(context.Context, testConfig, *Kit) error { panic("leak") }, nil, ExitFailed, "panic: leak"},
		"help":               {nil, []string{"--help"}, ExitOK, "COPYTASTER_DREDGE_SEA_DEPTH"},
		"version":            {nil, []string{"--version"}, ExitOK, ""},
		"unknown flag":       {nil, []string{"--sea-deep=1"}, ExitUsage, "--sea-deep"},
		"not a number":       {nil, []string{"--sea-depth=x"}, ExitUsage, "--sea-depth"},
		"validation":         {nil, []string{"--sea-depth=10"}, ExitUsage, "sea-depth is above 9"},
		"log level":          {nil, []string{"--log-level=loud"}, ExitUsage, "--log-level"},
		"listen":             {nil, []string{"--listen=nowhere"}, ExitUsage, "setting listen"},
		"pprof for all":      {nil, []string{"--listen=0.0.0.0:0", "--pprof"}, ExitUsage, "setting pprof"},
		"no such address":    {nil, []string{"--listen=127.0.0.1:99999"}, ExitFailed, "setting listen"},
		"no config file":     {nil, []string{"--config=/does/not/exist"}, ExitUsage, "/does/not/exist"},
		"unhealthy":          {nil, []string{"healthcheck", "--listen=127.0.0.1:1"}, ExitFailed, "refused"},
		"no port to ask":     {nil, []string{"healthcheck"}, ExitFailed, "no port"},
	} {
		t.Run(name, func(t *testing.T) {
			var out buffer
			code := execute(testService(c.run), c.args, noSignals(), &out, &out, func(int) { t.Error("exit was called") })
			if code != c.code || !strings.Contains(out.String(), c.out) {
				t.Fatalf("code %d, want %d\n%s", code, c.code, out.String())
			}
		})
	}
}

func TestPrecedence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(file, []byte("# our settings\nCOPYTASTER_SEA_DEPTH=5\nCOPYTASTER_NAMES='x,y'\nCOPYTASTER_OTHER=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := testService(nil)
	c, err := Load(s)
	if err != nil || c.Sea.Depth != 3 || strings.Join(c.Names, "") != "ab" || !c.Quick {
		t.Fatalf("defaults: %+v %v", c, err)
	}
	t.Setenv("COPYTASTER_CONFIG", file)
	if c, err = Load(s); err != nil || c.Sea.Depth != 5 || strings.Join(c.Names, "") != "xy" {
		t.Fatalf("file over default: %+v %v", c, err)
	}
	t.Setenv("COPYTASTER_SEA_DEPTH", "6")
	t.Setenv("COPYTASTER_QUICK", "false")
	if c, err = Load(s); err != nil || c.Sea.Depth != 6 || c.Quick {
		t.Fatalf("environment over file: %+v %v", c, err)
	}
	t.Setenv("COPYTASTER_DREDGE_SEA_DEPTH", "8")
	if c, err = Load(s); err != nil || c.Sea.Depth != 8 {
		t.Fatalf("the service's own over the common: %+v %v", c, err)
	}
	if c, err = Load(s, "--sea-depth=9"); err != nil || c.Sea.Depth != 9 {
		t.Fatalf("flag over environment: %+v %v", c, err)
	}
	t.Setenv("COPYTASTER_DREDGE_SEA_DEPTH", "deep")
	if _, err = Load(s); err == nil || !strings.Contains(err.Error(), "COPYTASTER_DREDGE_SEA_DEPTH") {
		t.Fatal(err)
	}
	t.Setenv("COPYTASTER_DREDGE_SEA_DEPTH", "99")
	if _, err = Load(s); err == nil || !strings.Contains(err.Error(), "sea-depth") {
		t.Fatal(err)
	}
}

func TestParseEnvFile(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "map[]",
		"A=1\r\n\n # x\nB_2 = two ": "map[A:1 B_2:two]",
		"A='a b'\nB=\"c#d\"\nC=e#f": "map[A:a b B:c#d C:e#f]",
		"A=":                        "map[A:]",
		"A=b=c":                     "map[A:b=c]",
		"A=$B":                      "map[A:$B]",
		"A":                         "line 1 is not NAME=value",
		"\n=x":                      "line 2: \"\" is not a name",
		"export A=1":                "line 1: \"export A\" is not a name",
		"a=1":                       "line 1: \"a\" is not a name",
		"A=1\nA=2":                  "line 2: A is set twice",
		"A='x":                      "line 1: the quote of A is not closed",
		"A='":                       "line 1: the quote of A is not closed",
	} {
		m, err := parseEnvFile(text)
		got := fmt.Sprint(m)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func FuzzParseEnvFile(f *testing.F) {
	f.Add("A=1\nB='x'\n#c")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseEnvFile(text)
		for k := range m {
			if err != nil || strings.Trim(k, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" || k == "" {
				t.Fatal(k, err)
			}
		}
	})
}

func TestConfigFileTooLarge(t *testing.T) {
	file := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(file, bytes.Repeat([]byte("#"), MaxConfigFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(testService(nil), "--config="+file); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Fatal(err)
	}
}

func TestTwoServicesInOneProcess(t *testing.T) {
	srv, err := NewServer(Config{Listen: "127.0.0.1:0"}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	a, b := srv.Kit("a"), srv.Kit("b")
	b.Started()
	a.Observer("a").Done(stage.OK, 1, time.Second)
	b.Observer("b").Done(stage.OK, 2, time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	var down atomic.Bool
	watch := make(chan struct{})
	go func() {
		defer close(watch)
		a.WatchLag(ctx, "g", func(context.Context) (map[string]int64, error) {
			if down.Load() {
				return nil, errors.New("Kafka is away")
			}
			return map[string]int64{"articles": 4}, nil
		})
	}()
	var text string
	for !strings.Contains(text, `copytaster_lag_messages{group="g",topic="articles"} 4`) {
		_, text = get(t, "http://"+srv.Addr()+"/metrics")
	}
	if !strings.Contains(text, `stage="a"} 1`) || !strings.Contains(text, `stage="b"} 2`) {
		t.Fatal(text)
	}
	down.Store(true)
	for strings.Contains(text, "copytaster_lag_messages{") { // an old value would pass for a good one
		<-time.After(10 * time.Millisecond) // between two looks
		_, text = get(t, "http://"+srv.Addr()+"/metrics")
	}
	cancel()
	<-watch
	err = RunService(t.Context(), Service[int]{Run: func(context.Context, int, *Kit) error { return nil }}, 0, a)
	if err != nil {
		t.Fatal(err)
	}
	if st, text := get(t, "http://"+srv.Addr()+"/readyz"); st != 503 || !strings.Contains(text, `"a/running":"the service is stopping"`) || !strings.Contains(text, `"b/running":"ok"`) {
		t.Fatal("an ended service counts as ready:", st, text)
	}
	if err := srv.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A sender that comes while its route isn't there yet must come again, not
// take "404" for an answer for good.
func TestUnknownRouteWhileStarting(t *testing.T) {
	srv, err := NewServer(Config{Listen: "127.0.0.1:0"}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ask := func(when, path string, want int) {
		t.Helper()
		if st, text := get(t, "http://"+srv.Addr()+path); st != want {
			t.Errorf("%s: %s is answered with %d %s, want %d", when, path, st, text, want)
		}
	}
	ask("no service yet", "/v1/x", http.StatusServiceUnavailable)
	a, b := srv.Kit("a"), srv.Kit("b")
	a.Started()
	if err := a.Handle("GET /v1/a", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})); err != nil {
		t.Fatal(err)
	}
	ask("b starts", "/v1/x", http.StatusServiceUnavailable)
	ask("b starts", "/v1/a", http.StatusOK)
	ask("b starts", "/healthz", http.StatusOK)
	b.Started()
	ask("both run", "/v1/x", http.StatusNotFound)
	ask("both run", "/v1/a", http.StatusOK)
	if err := srv.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestMemory: the settings decide, unless the environment has.
func TestMemory(t *testing.T) {
	was := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(was)
	for before, want := range map[int64]int64{math.MaxInt64: 300 << 20, 200 << 20: 200 << 20} {
		debug.SetMemoryLimit(before)
		s := Service[testConfig]{
			Name: "dredge", About: "x", Listen: "127.0.0.1:0",
			Run:    func(context.Context, testConfig, *Kit) error { return nil },
			Memory: func(testConfig) int64 { return 300 << 20 },
		}
		var out, errs bytes.Buffer
		if code := execute(s, nil, nil, &out, &errs, func(int) {}); code != 0 {
			t.Fatalf("exit code %d: %s", code, &errs)
		}
		if got := debug.SetMemoryLimit(-1); got != want {
			t.Errorf("the limit is %d, want %d", got, want)
		}
	}
}
