package stagetest_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/stage/stagetest"
)

func TestMemory(t *testing.T) {
	stagetest.Run(t, func(*testing.T) stagetest.Subject {
		log, dead := &stagetest.Memory{Name: "m"}, &stagetest.Memory{Name: "m.dead"}
		return stagetest.Subject{
			Send:    log.Append,
			Sink:    func() (stage.Sink, error) { return log.Sink(event.Received), nil },
			Dead:    func() (stage.DeadLetters, error) { return dead.DeadLetters(), nil },
			Source:  func() (stage.Source, error) { return log.Source("r"), nil },
			Letters: func() (stage.Source, error) { return dead.Source("r"), nil },
		}
	})
}

func openFile(t *testing.T, path string) *stagetest.File {
	t.Helper()
	f, err := stagetest.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestFile(t *testing.T) {
	stagetest.Run(t, func(t *testing.T) stagetest.Subject {
		dir := t.TempDir()
		log, dead := openFile(t, filepath.Join(dir, "log")), openFile(t, filepath.Join(dir, "dead"))
		return stagetest.Subject{
			Send:    log.Append,
			Sink:    func() (stage.Sink, error) { return log.Sink(event.Received), nil },
			Dead:    func() (stage.DeadLetters, error) { return dead.DeadLetters(), nil },
			Source:  func() (stage.Source, error) { return log.Source("r") },
			Letters: func() (stage.Source, error) { return dead.Source("r") },
			Ends:    true,
		}
	})
}

// values reads all that a new reader finds.
func values(t *testing.T, f *stagetest.File, reader string) (string, error) {
	t.Helper()
	src, err := f.Source(reader)
	if err != nil {
		return "", err
	}
	defer src.Close()
	var out []string
	for {
		ms, err := src.Next(t.Context())
		for _, m := range ms {
			out = append(out, string(m.Value))
			m.Ack(stage.Verdict{})
		}
		if errors.Is(err, io.EOF) {
			return strings.Join(out, " "), nil
		}
		if err != nil {
			return strings.Join(out, " "), err
		}
	}
}

// TestTornLine cuts the file at every byte of its last line: what was promised
// is there, the rest is not, and what is written next is whole.
func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f := openFile(t, path)
	if err := f.Append(t.Context(), stage.Message{Value: []byte("one")}); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Append(t.Context(), stage.Message{Key: []byte("k"), Value: []byte("two")}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := len(first); n < len(whole); n++ {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		f := openFile(t, path)
		if got, err := values(t, f, "a"); err != nil || got != "one" {
			t.Fatalf("cut at %d: %q %v", n, got, err)
		}
		if err := f.Append(t.Context(), stage.Message{Value: []byte("three")}); err != nil {
			t.Fatal(err)
		}
		if got, err := values(t, f, "b"); err != nil || got != "one three" {
			t.Fatalf("cut at %d: %q %v", n, got, err)
		}
		if got, err := values(t, f, "a"); err != nil || got != "three" {
			t.Fatalf("cut at %d: %q %v", n, got, err)
		}
	}
}

func TestFileThatIsDamaged(t *testing.T) {
	for name, c := range map[string]struct{ log, offset, want string }{
		"no JSON":       {log: "nonsense\n", want: "invalid character"},
		"empty line":    {log: "\n", want: "an empty line"},
		"two in a line": {log: `{"time":"2026-01-01T00:00:00Z"}{}` + "\n", want: "more than one"},
		"unknown field": {log: `{"x":1}` + "\n", want: "unknown field"},
		"too long":      {log: strings.Repeat("x", 17<<20) + "\n", want: "a line of more than"},
		"offset":        {offset: "many\n", want: "is no offset"},
		"cut":           {offset: "1000\n", want: "it was cut"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(path, []byte(c.log), 0o600); err != nil {
				t.Fatal(err)
			}
			if c.offset != "" {
				if err := os.WriteFile(path+".r.offset", []byte(c.offset), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := values(t, openFile(t, path), "r"); !stage.IsPermanent(err) || !strings.Contains(err.Error(), c.want) {
				t.Fatal(err)
			}
		})
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte(`{"key":"aw==","value":null,"time":"2026-01-01T00:00:00Z"}` + "\n{"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		log := openFile(t, path)
		before, err := values(t, log, "a")
		if err != nil {
			return
		}
		if err := log.Append(t.Context(), stage.Message{Value: []byte("last")}); err != nil {
			t.Fatal(err)
		}
		after, err := values(t, log, "b")
		if err != nil || !bytes.HasPrefix([]byte(after), []byte(before)) || !strings.HasSuffix(after, "last") {
			t.Fatalf("%q became %q: %v", before, after, err)
		}
	})
}
