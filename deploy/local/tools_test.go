package local

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tool copies a script of deploy/tools to a tree of its own, whose root it gives.
func tool(t *testing.T, name string) (root, script string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../tools", name))
	if err != nil {
		t.Fatal(err)
	}
	root, err = filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	script = filepath.Join(root, "deploy/tools", name)
	err = os.MkdirAll(filepath.Dir(script), 0o755)
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(script, text, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	return root, script
}

func place(t *testing.T, parts ...string) string {
	t.Helper()
	file := filepath.Join(parts...)
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(file, nil, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func there(t *testing.T, file string) bool {
	t.Helper()
	_, err := os.Lstat(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return err == nil
}

func TestCleanLeavesAloneWhatIsInUse(t *testing.T) {
	_, err := exec.LookPath("flock")
	if err != nil {
		t.Fatal("flock is missing: it comes with util-linux")
	}
	root, script := tool(t, "clean.sh")
	away := t.TempDir()
	program := place(t, root, "bin/copytaster")
	stay := []string{place(t, root, ".local/dist/versions"), place(t, away, "dist/versions"), place(t, root, ".local/home/x")}
	used := []string{place(t, root, ".local/faults-1/data"), place(t, away, "faults-2/data")}
	removed := []string{
		place(t, root, ".local/faults-3/data"), place(t, root, ".local/data/kafka"), place(t, root, ".local/.hidden"),
		place(t, away, "faults-4/data"), place(t, away, "data/elasticsearch"), place(t, root, ".local/faults-5/lock"),
	}
	base := filepath.Join(root, ".local/base")
	err = os.Symlink(away, base)
	if err != nil {
		t.Fatal(err)
	}
	clean := func() (string, error) {
		out, err := exec.CommandContext(t.Context(), script).CombinedOutput()
		return string(out), err
	}
	check := func(when string, want bool, files ...string) {
		t.Helper()
		for _, file := range files {
			if there(t, file) != want {
				t.Errorf("%s: %s is there: %v, want %v", when, file, !want, want)
			}
		}
	}

	up, err := Lock(filepath.Join(root, ".local"))
	if err != nil {
		t.Fatal(err)
	}
	said, err := clean()
	if err == nil || !strings.Contains(said, "local servers are running") {
		t.Errorf("beside servers: %v, %s", err, said)
	}
	check("beside servers", true, slices.Concat(stay, used, removed, []string{program, base})...)
	err = up.Close()
	if err != nil {
		t.Fatal(err)
	}

	for _, file := range used {
		lock, err := Lock(filepath.Dir(file))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = lock.Close() })
	}
	said, err = clean()
	if err == nil || !strings.Contains(said, "faults-1") || !strings.Contains(said, "faults-2") {
		t.Errorf("beside the fault matrix: %v, %s", err, said)
	}
	check("beside the fault matrix", true, slices.Concat(stay, used, []string{program, base})...)
	check("beside the fault matrix", false, removed...)
}

func TestCleanRemovesWhatIsDone(t *testing.T) {
	root, script := tool(t, "clean.sh")
	gone := []string{place(t, root, "bin/copytaster"), place(t, root, ".local/faults-1/data"), place(t, root, ".local/lock")}
	dist := place(t, root, ".local/dist/versions")
	lock, err := Lock(filepath.Join(root, ".local/faults-1"))
	if err != nil {
		t.Fatal(err)
	}
	err = lock.Close()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // The second time there is nothing to do.
		out, err := exec.CommandContext(t.Context(), script).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	for _, file := range gone {
		if there(t, file) {
			t.Errorf("%s is still there", file)
		}
	}
	if !there(t, dist) {
		t.Error("the programs are gone")
	}
}

// The fault matrix runs after all else, and neither failure hides the other.
func TestTestScriptRunsTheFaultMatrixAlone(t *testing.T) {
	root, script := tool(t, "test.sh")
	for name, test := range map[string]struct {
		failing string // part of the arguments of the call that fails
		passes  bool
		says    []string
	}{
		"both pass":     {"nothing fails", true, []string{"all modules but deploy/faults: passed after ", "deploy/faults: passed after "}},
		"others fail":   {"./pkg/...", false, []string{"all modules but deploy/faults: FAILED after ", "deploy/faults: passed after "}},
		"matrix fails":  {"./deploy/faults/...", false, []string{"all modules but deploy/faults: passed after ", "deploy/faults: FAILED after "}},
		"both fail":     {"-race", false, []string{"all modules but deploy/faults: FAILED after ", "deploy/faults: FAILED after "}},
		"of a selected": {"-run Name", false, []string{"all modules but deploy/faults: FAILED after ", "deploy/faults: FAILED after "}},
	} {
		t.Run(name, func(t *testing.T) {
			fake := filepath.Join(t.TempDir(), "go")
			err := os.WriteFile(fake, []byte(`#!/bin/sh
case $1 in
list) printf '%s\n' "$ROOT/pkg" "$ROOT/deploy/faults" "$ROOT/deploy/local" ;;
test) echo "ran $*"; case " $* " in *"$FAILING"*) exit 1 ;; esac ;;
esac
`), 0o755)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), script, "-run", "Name")
			cmd.Env = append(os.Environ(), "GO="+fake, "ROOT="+root, "FAILING="+test.failing)
			out, err := cmd.CombinedOutput()
			if (err == nil) != test.passes {
				t.Errorf("%v: %s", err, out)
			}
			var calls []string
			for line := range strings.Lines(string(out)) {
				if strings.HasPrefix(line, "ran ") {
					calls = append(calls, line)
				}
			}
			if len(calls) != 2 || !strings.HasSuffix(calls[0], "-run Name ./pkg/... ./deploy/local/...\n") || !strings.HasSuffix(calls[1], "-run Name ./deploy/faults/...\n") {
				t.Errorf("calls: %q", calls)
			}
			for _, want := range test.says {
				if !strings.Contains(string(out), "test: "+want) {
					t.Errorf("no %q in %s", want, out)
				}
			}
		})
	}
}
