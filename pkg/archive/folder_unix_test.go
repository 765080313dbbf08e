//go:build unix

package archive_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/stage"
)

// fullEnv tells the test that it is the process with the limit.
const fullEnv = "COPYTASTER_TEST_FULL_DISK"

// TestFolderDiskFull: a write that breaks off leaves nothing, and may be
// repeated. The limit of a file's size stands for the disk's. It is of a whole
// process, so this is one of its own: what go test itself writes would break off,
// too.
func TestFolderDiskFull(t *testing.T) {
	if os.Getenv(fullEnv) == "" {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFolderDiskFull$", "-test.v")
		c.Env = append(os.Environ(), fullEnv+"=1")
		out, err := c.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestFolderDiskFull") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	dir := t.TempDir()
	f := open(t, dir)
	if err := f.Put(t.Context(), "o/a/before", []byte("before")); err != nil {
		t.Fatal(err)
	}
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	full := was
	full.Cur = 1000
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		t.Fatal(err)
	}
	data := []byte(strings.Repeat("x", 5000))
	err := f.Put(t.Context(), "o/a/x", data)
	if e := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); e != nil {
		t.Fatal(e)
	}
	if !errors.Is(err, syscall.EFBIG) || stage.IsPermanent(err) {
		t.Errorf("put onto a full disk: %v", err)
	}
	if _, err := f.Get(t.Context(), "o/a/x"); !errors.Is(err, archive.ErrNotFound) {
		t.Errorf("half of it is there: %v", err)
	}
	if all := files(t, dir); len(all) != 1 {
		t.Errorf("files: %v", all)
	}
	if err := f.Put(t.Context(), "o/a/x", data); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if got, err := f.Get(t.Context(), "o/a/x"); len(got) != len(data) || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
