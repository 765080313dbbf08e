package drop

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/services/ingest/intake/intaketest"
)

// A file that was claimed and then could not be read (too many open files, a
// network drive's hiccup) is taken in when it can be.
func TestClaimedFileThatCouldNotBeRead(t *testing.T) {
	// The name of the folder is no pattern.
	dir := filepath.Join(t.TempDir(), "wires[1")
	at := time.Now().UTC()
	claim := filepath.Join(dir, Work, "inbox", at.Format(claimLayout))
	if err := os.MkdirAll(claim, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{Done, Failed} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(claim, "a.txt")
	if err := os.WriteFile(path, []byte("A text that came late."), 0o644); err != nil {
		t.Fatal(err)
	}
	s := intaketest.Start(t)
	f := New(Config{Dir: dir, Source: "inbox", Scan: time.Second}, s.Queue, s.Count.Of("drop", "drop"), zerolog.Nop())
	claims, err := f.claims()
	if err != nil || len(claims) != 1 || claims[0] != claim {
		t.Fatalf("claims are %v, %v", claims, err)
	}
	f.hold(errors.New("too many open files"), path, "inbox", at)
	if err := f.retry(t.Context()); err != nil || len(f.stuck) != 1 {
		t.Fatalf("tried before its time: %v, %v", f.stuck, err)
	}
	f.now = func() time.Time { return time.Now().Add(2 * stuckRetry) }
	if err := f.retry(t.Context()); err != nil || len(f.stuck) != 0 {
		t.Fatalf("still stuck: %v, %v", f.stuck, err)
	}
	intaketest.Await(t, "it is done", func() bool {
		_, err := os.Stat(filepath.Join(dir, Done, "inbox", "a.txt"))
		return err == nil
	})
	s.Stop()
	f.ending.Wait()
}
