package drop

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/services/ingest/intake/intaketest"
)

// TestSlowLookIsNoSettling: a process that stands still between asking for a
// file and its clock, as on a busy machine, while the file grows on, has not seen
// it stay the same.
func TestSlowLookIsNoSettling(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{Work, Done, Failed} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "slow.txt")
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	s := intaketest.Start(t)
	c := Config{Dir: dir, Source: "inbox", Settle: time.Second, Scan: time.Second}
	f := New(c, s.Queue, s.Count.Of("drop", "drop"), zerolog.Nop())
	now, asked := time.Now(), 0
	f.now = func() time.Time {
		if asked++; asked%2 == 0 {
			now = now.Add(2 * c.Settle)
			if _, err := w.WriteString("One more line.\n"); err != nil {
				t.Error(err)
			}
		}
		return now
	}
	for range 5 {
		if _, err := f.scan(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Fatalf("it was taken while it was written: %v", err)
		}
	}
	f.now = func() time.Time { now = now.Add(2 * c.Settle); return now }
	for range 2 {
		if _, err := f.scan(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	intaketest.Await(t, "it is done", func() bool {
		_, err := os.Stat(filepath.Join(dir, Done, "inbox", "slow.txt"))
		return err == nil
	})
	s.Stop()
	f.ending.Wait()
}
