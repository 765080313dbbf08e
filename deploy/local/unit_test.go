package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestValidate(t *testing.T) {
	for _, test := range []struct {
		config Config
		err    string
	}{
		{Config{}, ""},
		{Config{KafkaPort: 1, ElasticsearchPort: 65535, KafkaHeapMiB: 128, ElasticsearchHeapMiB: 4096}, ""},
		{Config{KafkaPort: -1}, "port -1 for Kafka"},
		{Config{ElasticsearchPort: 65536}, "port 65536 for Elasticsearch"},
		{Config{KafkaHeapMiB: 127}, "heap of 127 MiB for Kafka"},
		{Config{ElasticsearchHeapMiB: -5}, "heap of -5 MiB for Elasticsearch"},
		{Config{KafkaPort: 9000, ElasticsearchPort: 9000}, "port 9000 is given to both"},
	} {
		wantError(t, test.config.Validate(), test.err)
		if test.err != "" {
			_, err := Up(t.Context(), test.config)
			wantError(t, err, test.err)
		}
	}
}

func TestJavaVersion(t *testing.T) {
	for text, want := range map[string]int{
		`openjdk version "17.0.15" 2025-04-15`:                         17,
		`java version "1.8.0_402"`:                                     8,
		`openjdk version "21-ea" 2023-09-19`:                           21,
		`openjdk version "25" 2025-09-16`:                              25,
		"Picked up JAVA_TOOL_OPTIONS: -Dx\nopenjdk version \"17.0.1\"": 17,
		``:                     0,
		`version "x"`:          0,
		`bash: java: no such`:  0,
		`version "99999999999`: 9999,
	} {
		got, err := javaVersion(text)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("javaVersion(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
}

// without gives the test a PATH with nothing but the named scripts.
func without(t *testing.T, scripts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, script := range scripts {
		err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755)
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv("JAVA_HOME", "")
	t.Setenv(EnvKafkaBrokers, "")
	t.Setenv(EnvElasticsearchURL, "")
	return dir
}

const java17 = `echo 'openjdk version "17.0.1"' >&2`

func TestUpNamesWhatIsMissing(t *testing.T) {
	for name, test := range map[string]struct {
		scripts map[string]string
		err     string
	}{
		"java":     {nil, "java is missing (Java 17 or newer, runs Kafka and Elasticsearch); on Debian or Ubuntu: apt-get install openjdk-17-jre-headless"},
		"maven":    {map[string]string{"java": java17, "sed": "exec /bin/sed \"$@\""}, "mvn is missing (Maven, fetches Kafka and Elasticsearch); on Debian or Ubuntu: apt-get install maven"},
		"old java": {map[string]string{"java": `echo 'java version "1.8.0_402"' >&2`, "sed": "exec /bin/sed \"$@\""}, "java is missing (Java 17 or newer"},
	} {
		t.Run(name, func(t *testing.T) {
			without(t, test.scripts)
			dir := openDir(t)
			_, err := Up(t.Context(), Config{Dir: dir})
			wantError(t, err, test.err)
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			_, err = os.Stat(filepath.Join(dir, stateFile))
			if err == nil {
				t.Error("state.json stays after a failed start")
			}
			state, err := Running(dir)
			if state != nil || err != nil {
				t.Errorf("still locked: %v, %v", state, err)
			}
		})
	}
}

func TestEnsureInstallsForRoot(t *testing.T) {
	dir := without(t, map[string]string{
		"id":        "echo 0",
		"sed":       `exec /bin/sed "$@"`,
		"apt-cache": `[ "$2" != openjdk-17-jre-headless ]`,
		"apt-get": `echo "$@" >>"${0%/*}/calls"
case "$*" in
*install\ openjdk-21*) printf '#!/bin/sh\necho "version \\"21.0.1\\"" >&2\n' >"${0%/*}/java"; /bin/chmod +x "${0%/*}/java" ;;
*install\ maven*) echo 'E: Unable to fetch some archives' >&2; exit 100 ;;
esac`,
	})
	var progress bytes.Buffer
	err := Ensure(t.Context(), &progress, "java", "mvn", "sh-does-not-matter")
	wantError(t, err, "usage")
	err = Ensure(t.Context(), &progress, "java", "mvn")
	wantError(t, err, "mvn is missing (Maven, fetches Kafka and Elasticsearch): Unable to fetch some archives")
	err = Ensure(t.Context(), nil, "java")
	wantError(t, err, "")

	calls, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(calls), "update"); got != 1 {
		t.Errorf("%d updates, want 1:\n%s", got, calls)
	}
	if strings.Contains(string(calls), "openjdk-17") {
		t.Errorf("installed a package that this system doesn't have:\n%s", calls)
	}
	if !strings.Contains(progress.String(), "java is missing, installing openjdk-21-jre-headless") {
		t.Errorf("progress: %q", progress.String())
	}
}

func TestChoosePort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	taken := listener.Addr().(*net.TCPAddr).Port

	_, err = choosePort("Kafka", taken, 0)
	wantError(t, err, fmt.Sprintf("port %d for Kafka is taken", taken))
	_, err = choosePort("Kafka", 70000, 0)
	wantError(t, err, "port 70000 for Kafka is not between 1 and 65535")
	other, err := choosePort("Kafka", 0, taken)
	if err != nil || other == taken || other == 0 {
		t.Errorf("fell to port %d, %v", other, err)
	}
	got, err := choosePort("Kafka", other, taken)
	if err != nil || got != other {
		t.Errorf("got port %d, %v; want %d", got, err, other)
	}
	got, err = choosePort("Kafka", 0, other)
	if err != nil || got != other {
		t.Errorf("got port %d, %v; want the usual %d", got, err, other)
	}
}

func TestUpWithServersThatDoNotAnswer(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(EnvElasticsearchURL, "http://127.0.0.1:1")
	t.Setenv(EnvKafkaBrokers, "")
	_, err := Up(t.Context(), Config{Dir: dir})
	wantError(t, err, EnvElasticsearchURL+" does not serve")
	t.Setenv(EnvKafkaBrokers, " , ")
	_, err = Up(t.Context(), Config{Dir: dir})
	wantError(t, err, "names no broker")
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 0 {
		t.Errorf("files were made: %v, %v", entries, err)
	}
}

func TestLock(t *testing.T) {
	// With servers elsewhere, nothing would be started, nor locked.
	t.Setenv(EnvElasticsearchURL, "")
	t.Setenv(EnvKafkaBrokers, "")
	dir := t.TempDir()
	// A file alone, from a process long gone, is no lock.
	write(t, filepath.Join(dir, lockFile), "12345\n")
	first, err := takeLock(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = takeLock(dir)
	wantError(t, err, "is starting or stopping")
	write(t, filepath.Join(dir, stateFile), `{"pid":77,"kafka_brokers":["127.0.0.1:9"],"elasticsearch_url":"http://127.0.0.1:8"}`)
	_, err = Up(t.Context(), Config{Dir: dir})
	wantError(t, err, "already up (process 77): Kafka 127.0.0.1:9, Elasticsearch http://127.0.0.1:8")
	var running *RunningError
	if !errors.As(err, &running) || running.State.KafkaBrokers[0] != "127.0.0.1:9" {
		t.Errorf("got %#v", err)
	}
	state, err := Running(dir)
	if err != nil || state == nil || state.PID != 77 {
		t.Errorf("Running = %v, %v", state, err)
	}
	// Garbage in the state file doesn't hide that something runs.
	write(t, filepath.Join(dir, stateFile), `{`)
	_, err = takeLock(dir)
	wantError(t, err, "is starting or stopping")

	err = first.Close()
	if err != nil {
		t.Fatal(err)
	}
	state, err = Running(dir)
	if err != nil || state != nil {
		t.Errorf("Running = %v, %v after the end", state, err)
	}
	state, err = Running(filepath.Join(dir, "none"))
	if err != nil || state != nil {
		t.Errorf("Running = %v, %v without a folder", state, err)
	}
}

func TestLeftoversEndOnlyWhenTheSame(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*ProcessInfo)
		ends   bool
	}{
		"same":          {func(*ProcessInfo) {}, true},
		"other start":   {func(p *ProcessInfo) { p.Start += "1" }, false},
		"other command": {func(p *ProcessInfo) { p.Command = "java" }, false},
		"no start":      {func(p *ProcessInfo) { p.Start = "" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			sleep := sleeper(t, "exec sleep 600")
			<-sleep.serves
			record := &record{dir: dir}
			err := record.add("Kafka", sleep.process.pid)
			if err != nil {
				t.Fatal(err)
			}
			if len(record.state.Processes) != 1 {
				t.Fatalf("recorded %v", record.state.Processes)
			}
			err = record.change(func(state *State) { test.change(&state.Processes[0]) })
			if err != nil {
				t.Fatal(err)
			}
			err = endLeftovers(t.Context(), dir, &progress{})
			if err != nil {
				t.Fatal(err)
			}
			if lives := groupLives(sleep.process.pid); lives == test.ends {
				t.Errorf("lives: %v, want %v", lives, !test.ends)
			}
		})
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, stateFile), "\x00\x01")
	var said bytes.Buffer
	err := endLeftovers(t.Context(), dir, &progress{output: &said})
	if err != nil || !strings.Contains(said.String(), "ignoring a broken file") {
		t.Errorf("%v, %q", err, said.String())
	}
}

type sleeping struct {
	process *process
	serves  chan struct{} // closed once the script runs
}

// sleeper runs a shell script that first says so in its log.
func sleeper(t *testing.T, script string) sleeping {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	process, err := program{args: []string{"/bin/sh", "-c", "echo ready; " + script}, log: log}.start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := process.kill()
		if err != nil {
			t.Error(err)
		}
	})
	serves := make(chan struct{})
	go func() {
		defer close(serves)
		for process.lives() && !strings.Contains(tail(log), "ready") {
			<-time.After(time.Millisecond)
		}
		// exec replaces the command line a moment later.
		for strings.HasPrefix(script, "exec") && process.lives() {
			_, command, _ := identify(process.pid)
			if !strings.Contains(command, "sh -c") {
				return
			}
			<-time.After(time.Millisecond)
		}
	}()
	return sleeping{process, serves}
}

func TestStopEndsTheWholeGroup(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		end    func(*process) error
	}{
		"obedient":                  {"exec sleep 600", func(p *process) error { return p.stop(t.Context()) }},
		"leaves a child behind":     {"sleep 600 & exec sleep 601", func(p *process) error { return p.stop(t.Context()) }},
		"killed, child and all":     {"sleep 600 & sleep 601", (*process).kill},
		"ended already, child left": {"sleep 600 & exit 3", func(p *process) error { <-p.done; return p.kill() }},
		"deaf": {"trap '' TERM; while :; do sleep 1; done", func(p *process) error {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			return p.stop(ctx)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			sleep := sleeper(t, test.script)
			<-sleep.serves
			err := test.end(sleep.process)
			if err != nil {
				t.Error(err)
			}
			if left := group(sleep.process.pid); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			err = sleep.process.stop(t.Context())
			if err != nil {
				t.Error("a second stop:", err)
			}
		})
	}
}

func TestProgramThatIsNotThere(t *testing.T) {
	_, err := program{args: []string{"/nonexistent"}, log: filepath.Join(t.TempDir(), "log")}.start()
	wantError(t, err, "no such file")
}

func TestServerThatDies(t *testing.T) {
	log := filepath.Join(t.TempDir(), "x.log")
	never := func(context.Context) error { return errors.New("not yet") }
	server := &Server{
		Name: "Kafka", Log: log, ready: never,
		program: program{args: []string{"/bin/sh", "-c", "echo FATAL no memory; exit 3"}, log: log},
	}
	err := server.start(t.Context())
	wantError(t, err, "Kafka died (exit status 3); the end of "+log+":\n    FATAL no memory")

	// Cancelled while starting: nothing is left, and the reason is the caller's.
	server.program.args[2] = "echo go; sleep 600 & sleep 601"
	ctx, cancel := context.WithCancelCause(t.Context())
	server.ready = func(context.Context) error {
		if strings.Contains(tail(log), "go") {
			cancel(errors.New("the user left"))
		}
		return errors.New("not yet")
	}
	err = server.start(ctx)
	wantError(t, err, "the user left")
	if left := group(server.current().pid); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	// What the log said before is kept once.
	before, err := os.ReadFile(log + ".1")
	if err != nil || string(before) != "FATAL no memory\n" {
		t.Errorf("kept log: %q, %v", before, err)
	}
}

func TestLostPortIsTriedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		says  string
		tries int
	}{
		"port lost":  {"java.net.BindException: Address already in use", startAttempts},
		"other ends": {"OutOfMemoryError", 1},
	} {
		t.Run(name, func(t *testing.T) {
			tries := 0
			_, err := startOnFreePort(t.Context(), func() (*Server, error) {
				tries++
				log := filepath.Join(t.TempDir(), strconv.Itoa(tries))
				return &Server{
					Name: "Kafka", Log: log, ready: func(context.Context) error { return errors.New("no") },
					program: program{args: []string{"/bin/sh", "-c", "echo '" + test.says + "'; exit 1"}, log: log},
				}, nil
			})
			wantError(t, err, test.says)
			if tries != test.tries {
				t.Errorf("%d tries, want %d", tries, test.tries)
			}
		})
	}
}

func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if got := tail(path); got != "" {
		t.Errorf("no file: %q", got)
	}
	for in, want := range map[string]string{
		"":               "",
		"\n\n":           "",
		"a\r\n\nb\n":     "\n    a\n    b",
		"\xff\x00":       "\n    ?\x00",
		"é" + nines(400): "\n    é" + nines(tailWidth-2) + "...",
	} {
		write(t, path, in)
		if got := tail(path); got != want {
			t.Errorf("tail of %q = %q, want %q", in, got, want)
		}
	}
	write(t, path, strings.Repeat(nines(1000)+"\n", 1000))
	if got := len(tail(path)); got > tailBytes+tailLines*8 {
		t.Errorf("a tail of %d bytes", got)
	}
}

func nines(n int) string { return strings.Repeat("9", n) }

// fakeMaven lays out what arrange and whole look for.
const fakeMaven = `
for a; do case $a in -Dlayout=*) l=${a#*=} ;; -Dmaven.repo.local=*) r=${a#*=} ;; esac; done
e=$l/sonar/sonarqube-1/elasticsearch
/bin/mkdir -p "$r" "$l/kafka/libs" "$l/target" "$e/lib/cli-launcher" "$e/modules/analysis-common" "$e/bin"
echo x >"$r/a.jar"; echo x >"$l/kafka/libs/kafka_2.jar"; echo x >"$e/lib/elasticsearch-8.jar"; echo x >"$e/lib/cli-launcher/c.jar"
echo x >"$e/bin/run"; /bin/chmod 700 "$e/bin/run" "$e"; /bin/chmod 600 "$e/lib/elasticsearch-8.jar"
echo run >>"${0%/*}/runs"
`

func TestLayout(t *testing.T) {
	base := t.TempDir()
	runs := func(path string) int {
		data, _ := os.ReadFile(filepath.Join(path, "runs"))
		return strings.Count(string(data), "run")
	}
	scripts := map[string]string{"java": java17, "sed": `exec /bin/sed "$@"`, "mvn": fakeMaven}
	path := without(t, scripts)

	// What a run that was cut off leaves: a half-made next layout, and a layout without its marker.
	write(t, filepath.Join(base, "dist.new", "sonar", "sonarqube-0", "elasticsearch", "half"), "x")
	write(t, filepath.Join(base, "dist", "kafka", "half"), "x")
	for range 2 { // The second one finds it whole.
		err := layout(t.Context(), base, base, &progress{})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := runs(path); got != 1 {
		t.Errorf("Maven ran %d times, want 1", got)
	}
	for _, gone := range []string{"dist.new", "m2", "dist/target", "dist/sonar", "dist/kafka/half", "dist/elasticsearch/half"} {
		_, err := os.Stat(filepath.Join(base, gone))
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", gone, err)
		}
	}
	for name, want := range map[string]os.FileMode{"bin/run": 0o755, "lib/elasticsearch-8.jar": 0o644, ".": 0o755} {
		info, err := os.Stat(filepath.Join(base, "dist/elasticsearch", name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want mode %v", name, info.Mode(), err, want)
		}
	}

	// Other versions, or a part that went missing, are laid out anew.
	write(t, filepath.Join(base, "dist", versionsFile), "kafka 1\n")
	err := layout(t.Context(), base, base, &progress{})
	if err != nil {
		t.Fatal(err)
	}
	err = os.RemoveAll(filepath.Join(base, "dist", "elasticsearch", "lib"))
	if err != nil {
		t.Fatal(err)
	}
	err = layout(t.Context(), base, base, &progress{})
	if err != nil {
		t.Fatal(err)
	}
	if got := runs(path); got != 3 {
		t.Errorf("Maven ran %d times, want 3", got)
	}
}

func TestLayoutThatFails(t *testing.T) {
	for name, test := range map[string]struct{ maven, err string }{
		"Maven's error": {
			`printf '[INFO] x\n[\033[1;31mERROR\033[m] Could not transfer artifact: checksum\n[ERROR] more\n'; exit 1`,
			"maven can't lay out Kafka and Elasticsearch: Could not transfer artifact: checksum (all it said: ",
		},
		"without a word": {`exit 7`, "exit status 7"},
		"wrong archive":  {`exit 0`, "0 folders elasticsearch in the archive"},
	} {
		t.Run(name, func(t *testing.T) {
			base := t.TempDir()
			without(t, map[string]string{"java": java17, "sed": `exec /bin/sed "$@"`, "mvn": test.maven})
			err := layout(t.Context(), base, base, &progress{})
			wantError(t, err, test.err)
			_, err = os.Stat(filepath.Join(base, "dist"))
			if err == nil {
				t.Error("a layout came of it")
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		base := t.TempDir()
		path := without(t, map[string]string{
			"java": java17, "sed": `exec /bin/sed "$@"`,
			"mvn": `echo $$ >"${0%/*}/pid.new"; /bin/mv "${0%/*}/pid.new" "${0%/*}/pid"; /bin/sleep 600`,
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for ctx.Err() == nil {
				_, err := os.Stat(filepath.Join(path, "pid"))
				if err == nil {
					cancel()
				}
				<-time.After(time.Millisecond)
			}
		}()
		err := layout(ctx, base, base, &progress{})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		data, err := os.ReadFile(filepath.Join(path, "pid"))
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
		if err != nil || groupLives(pid) {
			t.Errorf("Maven (%d) still runs: %v", pid, err)
		}
	})
}

func TestEnoughSpace(t *testing.T) {
	wantError(t, enoughSpace(t.TempDir(), 1), "")
	wantError(t, enoughSpace(t.TempDir(), 1<<62), "MB free; fetching Kafka and Elasticsearch needs")
	wantError(t, enoughSpace(filepath.Join(t.TempDir(), "none"), 1), "free space of")
}

func TestPomVersions(t *testing.T) {
	got, err := pomVersions(pom)
	if err != nil || !strings.Contains(got, "kafka 4.1.") || !strings.Contains(got, "sonar 26.6.0.123539\n") {
		t.Errorf("got %q, %v", got, err)
	}
	_, err = pomVersions([]byte("<project><properties><layout>x</layout></properties></project>"))
	wantError(t, err, "no property names a version")
	_, err = pomVersions([]byte("<project>"))
	wantError(t, err, "pom.xml")
}

func TestBlockedAt(t *testing.T) {
	base := t.TempDir()
	closed := filepath.Join(base, "closed")
	inner := filepath.Join(closed, "inner")
	err := errors.Join(os.Chmod(filepath.Dir(base), 0o755), os.MkdirAll(inner, 0o755), os.Chmod(closed, 0o700))
	if err != nil {
		t.Fatal(err)
	}
	// Parents that don't exist yet are ours to make.
	if got := blockedAt(filepath.Join(inner, "new", "newer")); got != closed {
		t.Errorf("blocked at %q, want %q", got, closed)
	}
	err = os.Chmod(closed, 0o711)
	if err != nil {
		t.Fatal(err)
	}
	if got := blockedAt(inner); got != "" {
		t.Errorf("blocked at %q", got)
	}
}

// openDir is a temporary folder that other users can pass, too.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	err := os.Chmod(filepath.Dir(dir), 0o755)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestBaseDirMovesOutOfAClosedHome(t *testing.T) {
	home, away := openDir(t), openDir(t)
	open, err := baseDir(home, away, &progress{})
	if err != nil || open != home {
		t.Errorf("base of an open folder: %q, %v", open, err)
	}
	err = os.Chmod(home, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		return // Only root's Elasticsearch runs as someone else.
	}
	var said bytes.Buffer
	dir := filepath.Join(home, "repository", ".local")
	err = os.MkdirAll(dir, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	var base string
	for range 2 { // The second time finds the first one's link.
		base, err = baseDir(dir, filepath.Join(away, "copytaster"), &progress{output: &said})
		if err != nil {
			t.Fatal(err)
		}
	}
	if blockedAt(filepath.Join(base, "data")) != "" || !strings.HasPrefix(base, away) {
		t.Errorf("moved to %q", base)
	}
	link, err := os.Readlink(filepath.Join(dir, "base"))
	if err != nil || link != base {
		t.Errorf("link to %q, %v", link, err)
	}
	if !strings.Contains(said.String(), base) || !strings.Contains(said.String(), home) {
		t.Errorf("said %q", said.String())
	}
	err = os.Chmod(away, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	_, err = baseDir(dir, filepath.Join(away, "copytaster"), &progress{})
	wantError(t, err, "chmod o+x one of them")
}

func TestMakeOpen(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	dir := filepath.Join(t.TempDir(), "a")
	err := makeOpen(dir)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestNeedScriptIsPosix(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "/bin/sh", "-n", "need.sh").CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	switch {
	case part == "" && err != nil:
		t.Errorf("got error %v", err)
	case part != "" && (err == nil || !strings.Contains(err.Error(), part)):
		t.Errorf("got error %v, want one with %q", err, part)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644))
	if err != nil {
		t.Fatal(err)
	}
}

// fakeElasticsearch answers like a healthy one.
func fakeElasticsearch(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"status":"yellow"}`))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestElasticsearchServes(t *testing.T) {
	for body, want := range map[string]string{
		`{"status":"green"}`:  "",
		`{"status":"yellow"}`: "",
		`{"status":"red"}`:    `health is "red"`,
		`{}`:                  `health is ""`,
		`<html>`:              "no JSON",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		wantError(t, elasticsearchServes(t.Context(), server.URL+"/", nil), want)
		server.Close()
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	wantError(t, elasticsearchServes(t.Context(), server.URL, nil), "404")
	wantError(t, elasticsearchServes(t.Context(), "http://%zz", nil), "invalid URL escape")
}
