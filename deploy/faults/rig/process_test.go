package rig

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fake is a program that says where it listens, and then does what the rest
// of the script says.
func fake(t *testing.T, rest string) *Process {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "fake")
	script := "#!/bin/sh\necho 'no json'\nprintf '{\"message\":\"sta'\nprintf 'rted\",\"address\":\"127.0.0.1:%s\"}\\n' $$\n" + rest + "\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	p := &Process{Name: "fake", path: path, log: filepath.Join(dir, "logs", "fake.log")}
	t.Cleanup(func() {
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestProcessIsKilledAndStartedAgain(t *testing.T) {
	p := fake(t, "exec sleep 600")
	var addresses []string
	for range 2 {
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		addresses = append(addresses, p.Addr())
		if err := p.Died(); err != nil {
			t.Fatal(err)
		}
		if err := p.Start(t.Context()); err == nil {
			t.Error("it was started while it runs")
		}
		if rss, err := p.RSS(); err != nil || rss == 0 {
			t.Errorf("memory: %d %v", rss, err)
		}
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := p.Died(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("died of %v", err)
		}
		if err := p.Kill(); err != nil {
			t.Errorf("killed again: %v", err)
		}
	}
	if addresses[0] == addresses[1] || !strings.HasPrefix(addresses[0], "127.0.0.1:") {
		t.Errorf("addresses %v", addresses)
	}
	log, err := os.ReadFile(p.log)
	if err != nil || strings.Count(string(log), "started") != 2 {
		t.Errorf("the log holds %q (%v)", log, err)
	}
}

func TestProcessThatEndsAtItsStart(t *testing.T) {
	p := fake(t, "")
	p.path = "/bin/false"
	if err := p.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "ended at its start") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	silent := fake(t, "")
	silent.path, silent.args = "/bin/sleep", []string{"600"}
	if err := silent.Start(ctx); err == nil {
		t.Error("a program that says nothing was started")
	}
}

func TestProcessThatEndsByItself(t *testing.T) {
	told := make(chan error, 1)
	for _, c := range []struct {
		name, rest string
		by         func(*Process) error
		itself     bool
	}{
		// When it has been started: one that ends at its start is an error.
		{"by itself", "while [ ! -e \"$0.go\" ]; do sleep 0.01; done; exit 3", func(p *Process) error { return os.WriteFile(p.path+".go", nil, 0o600) }, true},
		{"killed", "exec sleep 600", (*Process).Kill, false},
		{"stopped", "exec sleep 600", (*Process).Stop, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := fake(t, c.rest)
			p.ended = told
			if err := p.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := c.by(p); err != nil {
				t.Fatal(err)
			}
			<-p.current().done
			if !c.itself {
				select {
				case err := <-told:
					t.Errorf("told %v", err)
				default:
				}
				return
			}
			if err := <-told; !strings.Contains(err.Error(), "exit status 3") {
				t.Errorf("told %v", err)
			}
		})
	}
}
