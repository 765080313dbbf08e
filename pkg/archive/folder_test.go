package archive_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/archive/archivetest"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
)

func open(t *testing.T, dir string) *archive.Folder {
	t.Helper()
	f, err := archive.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestFolder(t *testing.T) {
	var dir string
	archivetest.Suite(t,
		func(t *testing.T) archive.Store {
			dir = filepath.Join(t.TempDir(), "archive")
			return open(t, dir)
		},
		func(t *testing.T) archive.Store { return open(t, dir) })
}

// files are the regular files below dir.
func files(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestFolderHasNoHalves: what a crash left unfinished has no name, and goes
// after a while; a file that is half there under its name is written anew.
func TestFolderHasNoHalves(t *testing.T) {
	dir := t.TempDir()
	if err := open(t, dir).Put(t.Context(), "o/a/first", []byte("first")); err != nil {
		t.Fatal(err)
	}
	half, young := filepath.Join(dir, "unfinished", "half"), filepath.Join(dir, "unfinished", "young")
	for _, name := range []string{half, young} {
		if err := os.WriteFile(name, []byte("hal"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(half, old, old); err != nil {
		t.Fatal(err)
	}
	f := open(t, dir)
	if err := f.Put(t.Context(), "o/a/x", []byte("whole")); err != nil {
		t.Fatal(err)
	}
	if left := files(t, dir); len(left) != 3 || !slices.Contains(left, young) || slices.Contains(left, half) {
		t.Errorf("left are %v", left)
	}
	if err := os.WriteFile(filepath.Join(dir, "o/a/x"), []byte("who"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Put(t.Context(), "o/a/x", []byte("whole")); err != nil {
		t.Fatal(err)
	}
	if data, err := f.Get(t.Context(), "o/a/x"); string(data) != "whole" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	if all := files(t, dir); len(all) != 3 {
		t.Errorf("files: %v", all)
	}
}

// TestFolderDiskFull: a write that breaks off leaves nothing, and may be
// repeated. The limit of a file's size stands for the disk's.
func TestFolderDiskFull(t *testing.T) {
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

// TestFolderInTheWay: what can't be written, since something else is there or
// the folder was taken away, is an error that may pass.
func TestFolderInTheWay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	f := open(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "o"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Put(t.Context(), "o/a/x", []byte("x")); err == nil || stage.IsPermanent(err) {
		t.Errorf("a file in the way: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "o")); err != nil {
		t.Fatal(err)
	}
	if err := f.Put(t.Context(), "o/a/x", []byte("x")); err != nil {
		t.Errorf("out of the way: %v", err)
	}
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Fatal(err)
	}
	if err := f.Put(t.Context(), "o/a/y", []byte("y")); err == nil || stage.IsPermanent(err) {
		t.Errorf("put into a folder that is gone: %v", err)
	}
	if _, err := f.Get(t.Context(), "o/a/y"); err == nil || errors.Is(err, archive.ErrNotFound) {
		t.Errorf("an archive that is gone has no original: %v", err)
	}
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := f.Put(t.Context(), "o/a/y", []byte("y")); err == nil || stage.IsPermanent(err) {
		t.Errorf("put into a folder that another has replaced: %v", err)
	}
	if all := files(t, dir+".old"); len(all) != 1 {
		t.Errorf("written where nobody looks: %v", all)
	}
	if _, err := archive.OpenFolder(filepath.Join(t.TempDir(), "not", "mounted")); err == nil {
		t.Error("a folder was made where no disk is mounted")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.OpenFolder(file); err == nil {
		t.Error("a file passed for a folder")
	}
}

// TestFolderStaysInside: a link does not lead out of the archive.
func TestFolderStaysInside(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	f := open(t, dir)
	if err := os.Symlink(outside, filepath.Join(dir, "o")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := f.Get(t.Context(), "o/secret"); err == nil {
		t.Errorf("read %q through a link", data)
	}
	if err := f.Put(t.Context(), "o/x", []byte("x")); err == nil {
		t.Error("wrote through a link")
	}
	if all := files(t, outside); len(all) != 1 {
		t.Errorf("outside: %v", all)
	}
}

// BenchmarkFolderPut keeps articles of 4 kB, as ingest's 16 lanes do. On a disk
// each is synced twice: the file, and the folder that lists it.
func BenchmarkFolderPut(b *testing.B) {
	f, err := archive.OpenFolder(filepath.Join(b.TempDir(), "archive"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			b.Error(err)
		}
	}()
	a := archive.New(f, time.Minute, nil)
	text := strings.Repeat("0123456789abcdef", 256)
	var next atomic.Int64
	b.SetBytes(int64(len(text)))
	b.SetParallelism(16 / runtime.GOMAXPROCS(0))
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			uri := article.URI(fmt.Sprintf("urn:x:%d", next.Add(1)))
			data := text + string(uri)
			if err := a.Put(context.Background(), keyOf(uri, 1<<20, data), []byte(data)); err != nil {
				b.Error(err)
			}
		}
	})
}
