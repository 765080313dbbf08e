package subscriber

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The parts of a copy's folder.
const (
	positionFile = "position.json"
	copyPrefix   = "articles-"
	partSuffix   = ".part" // of what is still being written
	entrySuffix  = ".json"
)

// folder is a local copy: a file for each article in a folder articles-N, and
// beside it position.json, which says which N counts and how far it is. All of
// a copy changes at once when position.json does.
type folder struct {
	dir string
	position
}

// position is how far a copy is.
type position struct {
	Copy int             `json:"copy"` // N of its folder; 0: there is none
	Next map[int32]int64 `json:"next"` // offset to go on with, by partition of [Released]
}

// open reads the position of the copy in dir; an empty or new folder is a copy
// that has yet to be made.
func open(dir string) (*folder, error) {
	f := &folder{dir: dir}
	b, err := os.ReadFile(filepath.Join(dir, positionFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(b, &f.position); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, positionFile), err)
	}
	return f, nil
}

// begin is a new copy beside the one that counts, which stays until commit. What
// an earlier attempt left is removed.
func (f *folder) begin() (*folder, error) {
	if err := f.remove(func(name string) bool { return name != f.name() }); err != nil {
		return nil, err
	}
	next := &folder{dir: f.dir, position: position{Copy: f.Copy + 1, Next: map[int32]int64{}}}
	return next, os.MkdirAll(filepath.Join(next.dir, next.name()), 0o750)
}

// commit makes the position count, and with it this copy.
func (f *folder) commit() error {
	if err := write(filepath.Join(f.dir, positionFile), f.position); err != nil {
		return err
	}
	return f.remove(func(name string) bool { return name != f.name() })
}

// advance notes how far the copy is.
func (f *folder) advance() error { return write(filepath.Join(f.dir, positionFile), f.position) }

// put writes what a message says. A message
// whose effect is there already, from before the program was killed, changes
// nothing: else an older one would show again, for a moment, what is gone.
func (f *folder) put(e Entry) error {
	path := f.path(e.URI)
	old, err := load(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if at := old.Place; err == nil && at.Topic == e.Place.Topic && at.Partition == e.Place.Partition && at.Offset >= e.Place.Offset {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return write(path, stored{e, e.Place})
}

// all are the entries of the copy, by uri.
func (f *folder) all() ([]Entry, error) {
	var es []Entry
	if f.Copy == 0 {
		return nil, nil
	}
	err := filepath.WalkDir(filepath.Join(f.dir, f.name()), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, entrySuffix) {
			return err
		}
		e, err := load(path)
		es = append(es, e)
		return err
	})
	slices.SortFunc(es, func(a, b Entry) int { return strings.Compare(a.URI, b.URI) })
	return es, err
}

func (f *folder) name() string { return fmt.Sprint(copyPrefix, f.Copy) }

// path is the file of an article. A uri may hold anything and be long; its hash
// is a name. Two levels keep folders small.
func (f *folder) path(uri string) string {
	sum := sha256.Sum256([]byte(uri))
	name := hex.EncodeToString(sum[:])
	return filepath.Join(f.dir, f.name(), name[:2], name+entrySuffix)
}

// remove removes the copies of those names.
func (f *folder) remove(which func(name string) bool) error {
	there, err := filepath.Glob(filepath.Join(f.dir, copyPrefix+"*"))
	for _, path := range there {
		if which(filepath.Base(path)) {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return err
}

// stored is an entry in its file.
type stored struct {
	Entry

	Place Place `json:"place"`
}

func load(path string) (Entry, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Entry{}, err
	}
	var s stored
	if err := json.Unmarshal(b, &s); err != nil {
		return Entry{}, fmt.Errorf("%s: %w", path, err)
	}
	s.Entry.Place = s.Place
	return s.Entry, nil
}

// write writes v so that the file is there whole or not at all, and is on the
// disk before what comes after it.
func write(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	part, err := os.Create(path + partSuffix)
	if err != nil {
		return err
	}
	_, err = part.Write(b)
	if err = errors.Join(err, part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), path)
}
