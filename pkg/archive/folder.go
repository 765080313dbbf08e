package archive

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"time"
)

const (
	// unfinished is where files are written before they get their name.
	unfinished = "unfinished"
	// unfinishedFor is how old a file there must be to count as left over from
	// a crash: far more than the time that one takes to write.
	unfinishedFor = time.Hour

	folderMode = 0o750
	fileMode   = 0o640
)

// Folder keeps objects as files in a folder. A file gets its name when all of
// it is on disk, so that there are no halves.
//
// Several processes may use one folder, also over a network file system that
// renames in one step and keeps what was synced (NFS does).
type Folder struct {
	root  *os.Root
	dir   string
	swept sync.Once // before the first write

	mu   sync.Mutex
	made map[string]bool // folders that are known to be on disk
}

// OpenFolder opens a folder, and makes it if it isn't there. The folder that it
// lies in must be there: else a disk that is not mounted would be filled beside.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.Mkdir(dir, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the folder of the archive: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder of the archive: %w", err)
	}
	return &Folder{root: root, dir: dir, made: map[string]bool{}}, nil
}

// Close ends the use of the folder.
func (f *Folder) Close() error { return f.root.Close() }

// sweep removes what a crash left unfinished. What can't be removed does no
// harm.
func (f *Folder) sweep() {
	entries, err := fs.ReadDir(f.root.FS(), unfinished)
	if err != nil {
		return
	}
	for _, e := range entries {
		if i, err := e.Info(); err == nil && time.Since(i.ModTime()) > unfinishedFor {
			_ = f.root.Remove(path.Join(unfinished, e.Name()))
		}
	}
}

// gone tells that the folder is no longer where it was opened.
func (f *Folder) gone() error {
	here, err := f.root.Stat(".")
	if err != nil {
		return err
	}
	there, err := os.Stat(f.dir)
	if err != nil {
		return fmt.Errorf("the folder of the archive is gone: %s", err.Error()) // not that an object isn't there
	}
	if !os.SameFile(here, there) {
		return errors.New("the folder of the archive is another one by now")
	}
	return nil
}

// mkdir makes a folder and those above it, all on disk when it returns.
func (f *Folder) mkdir(dir string) error {
	f.mu.Lock()
	known := f.made[dir]
	f.mu.Unlock()
	if known || dir == "." {
		return nil
	}
	parent := path.Dir(dir)
	if err := f.mkdir(parent); err != nil {
		return err
	}
	if err := f.root.Mkdir(dir, folderMode); err != nil {
		if i, e := f.root.Stat(dir); e != nil || !i.IsDir() {
			return err
		}
	}
	if err := f.sync(parent); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made[dir] = true
	return nil
}

// sync puts what a folder lists on disk.
func (f *Folder) sync(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Put implements [Store].
func (f *Folder) Put(ctx context.Context, name string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := CheckName(name); err != nil {
		return err
	}
	err := f.put(name, data)
	if errors.Is(err, fs.ErrNotExist) {
		// Somebody took a folder away: the next call makes it again.
		f.mu.Lock()
		defer f.mu.Unlock()
		clear(f.made)
	}
	return err
}

func (f *Folder) put(name string, data []byte) error {
	if err := f.gone(); err != nil {
		return err // else it would be written where nobody finds it
	}
	dir := path.Dir(name)
	if err := f.mkdir(dir); err != nil {
		return err
	}
	// What is there may be what a crash left before the folder was on disk, or
	// what decayed: only the same bytes are left alone, and the folder is synced
	// in any case.
	if old, err := f.read(name); err == nil && bytes.Equal(old, data) {
		return f.sync(dir)
	}
	temporary, err := f.write(data)
	if err != nil {
		return err
	}
	if err := f.root.Rename(temporary, name); err != nil {
		return errors.Join(err, f.root.Remove(temporary))
	}
	return f.sync(dir)
}

// write writes a file that has no name yet, and puts it on disk.
func (f *Folder) write(data []byte) (temporary string, err error) {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	if err := f.mkdir(unfinished); err != nil {
		return "", err
	}
	f.swept.Do(f.sweep)
	temporary = path.Join(unfinished, hex.EncodeToString(b[:]))
	file, err := f.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return "", err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(err, f.root.Remove(temporary))
	}
	return temporary, nil
}

// Get implements [Store].
func (f *Folder) Get(ctx context.Context, name string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := CheckName(name); err != nil {
		return nil, err
	}
	data, err := f.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		if err := f.gone(); err != nil {
			return nil, err
		}
		return nil, ErrNotFound
	}
	return data, err
}

func (f *Folder) read(name string) ([]byte, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if i, err := file.Stat(); err != nil || i.IsDir() {
		return nil, cmp.Or(err, fs.ErrNotExist) // a folder is no object
	}
	data, err := io.ReadAll(io.LimitReader(file, MaxObject+1))
	if err == nil && len(data) > MaxObject {
		err = fmt.Errorf("%s: more than %d bytes: %w", name, MaxObject, ErrDamaged)
	}
	return data, err
}

// Remove implements [Store].
func (f *Folder) Remove(ctx context.Context, prefix string) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := CheckName(prefix); err != nil {
		return 0, err
	}
	dir, begin := path.Dir(prefix), path.Base(prefix)
	entries, err := fs.ReadDir(f.root.FS(), dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n := 0
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), begin) {
			continue
		}
		if err := f.root.Remove(path.Join(dir, e.Name())); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return n, err
		}
		n++
	}
	if n == 0 {
		return 0, nil
	}
	return n, f.sync(dir)
}
