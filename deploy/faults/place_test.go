package faults

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/deploy/local"
)

// A checkout below a home that is closed to others is no place for a server
// that runs as another user.
func TestPlaceIsWhereElasticsearchCanGo(t *testing.T) {
	root := t.TempDir()
	if err := os.Chmod(root, 0o700); err != nil {
		t.Fatal(err)
	}
	dir, tidy, err := Options{Root: root, Out: io.Discard}.place()
	if err != nil {
		t.Fatal(err)
	}
	if base, err := os.Readlink(filepath.Join(root, ".local", "base")); err == nil {
		defer os.RemoveAll(base)
	}
	if os.Geteuid() == 0 { // else it runs as the same user
		for at := dir; at != "/"; at = filepath.Dir(at) {
			if info, err := os.Stat(at); err != nil || info.Mode().Perm()&0o001 == 0 {
				t.Errorf("%s can't be passed: %v, %v", at, info.Mode(), err)
			}
		}
	} else if !strings.HasPrefix(dir, root) {
		t.Errorf("it is %s", dir)
	}
	if err := tidy(nil); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestTwoDoNotShareAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	lock, err := local.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	_, err = Run(t.Context(), Options{Root: t.TempDir(), Dir: dir, Out: io.Discard})
	if _, ok := errors.AsType[*local.RunningError](err); !ok {
		t.Errorf("beside another run: %v", err)
	}
}
