// Package archivetest is what every store of the archive must do, and a store
// in memory.
package archivetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/stage"
)

// Suite holds a store to the contract of [archive.Store]. open gives an empty
// one; reopen gives another one on what the last had, nil if it keeps nothing.
func Suite(t *testing.T, open, reopen func(t *testing.T) archive.Store) {
	t.Helper()
	t.Run("what is put is got", func(t *testing.T) {
		s := open(t)
		for name, data := range map[string][]byte{
			"a": []byte("one"), "b/c/d.0": {0}, "b/c/d.1": []byte("\x00\xff\r\n"), "b/c/large": bytes.Repeat([]byte("large "), archive.MaxObject/6),
		} {
			put(t, s, name, data)
			if got := get(t, s, name); !bytes.Equal(got, data) {
				t.Errorf("%s: got %d bytes, put %d", name, len(got), len(data))
			}
		}
		if reopen == nil {
			return
		}
		if got := get(t, reopen(t), "b/c/d.1"); string(got) != "\x00\xff\r\n" {
			t.Errorf("after it was opened again: %q", got)
		}
	})
	t.Run("what is not there is not found", func(t *testing.T) {
		s := open(t)
		put(t, s, "a/b/cd", []byte("x"))
		for _, name := range []string{"a/b/c", "a/b/cde", "a/b", "a", "z/z/z", "probe"} {
			if data, err := s.Get(t.Context(), name); !errors.Is(err, archive.ErrNotFound) {
				t.Errorf("%s: %q, %v", name, data, err)
			}
		}
	})
	t.Run("put again replaces", func(t *testing.T) {
		s := open(t)
		for _, data := range []string{"first, long", "second", "second", "3"} {
			put(t, s, "a/b/c", []byte(data))
			if got := get(t, s, "a/b/c"); string(got) != data {
				t.Errorf("got %q, put %q", got, data)
			}
		}
	})
	t.Run("a caller may change its bytes afterwards", func(t *testing.T) {
		s := open(t)
		data := []byte("abc")
		put(t, s, "a", data)
		data[0] = 'x'
		got := get(t, s, "a")
		got[1] = 'x'
		if again := get(t, s, "a"); string(again) != "abc" {
			t.Errorf("%q", again)
		}
	})
	t.Run("remove takes one prefix", func(t *testing.T) { remove(t, open(t)) })
	t.Run("bad names are refused for good", func(t *testing.T) {
		s := open(t)
		for _, name := range []string{"", ".", "..", "../a", "a/../b", "/a", "a/", "a//b", "./a", "a\x00", "A", "a b", "a\\b", "ä", strings.Repeat("../", 20) + "tmp/x"} {
			_, gotten := s.Get(t.Context(), name)
			_, removed := s.Remove(t.Context(), name)
			for what, err := range map[string]error{"put": s.Put(t.Context(), name, []byte("x")), "get": gotten, "remove": removed} {
				if !stage.IsPermanent(err) {
					t.Errorf("%s %q: %v", what, name, err)
				}
			}
		}
	})
	t.Run("a canceled call fails", func(t *testing.T) {
		s := open(t)
		put(t, s, "a", []byte("x"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, gotten := s.Get(ctx, "a")
		_, removed := s.Remove(ctx, "a")
		for what, err := range map[string]error{"put": s.Put(ctx, "b", []byte("x")), "get": gotten, "remove": removed} {
			if err == nil || errors.Is(err, archive.ErrNotFound) || stage.IsPermanent(err) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if got := get(t, s, "a"); string(got) != "x" {
			t.Errorf("%q", got)
		}
	})
	t.Run("many at once", func(t *testing.T) { atOnce(t, open(t)) })
	t.Run("any sequence", func(t *testing.T) {
		n := 0
		rapid.Check(t, func(r *rapid.T) {
			if n++; n > maxSequences {
				return // each takes many calls of a real server
			}
			sequence(r, open(t))
		})
	})
}

const (
	maxSequences = 10
	atOnceNames  = 8
	atOnceCalls  = 8
)

func put(t *testing.T, s archive.Store, name string, data []byte) {
	t.Helper()
	if err := s.Put(t.Context(), name, data); err != nil {
		t.Fatalf("put %s: %v", name, err)
	}
}

func get(t *testing.T, s archive.Store, name string) []byte {
	t.Helper()
	data, err := s.Get(t.Context(), name)
	if err != nil {
		t.Fatalf("get %s: %v", name, err)
	}
	return data
}

func remove(t *testing.T, s archive.Store) {
	t.Helper()
	all := []string{"o/ab/one.1", "o/ab/one.2", "o/ab/two.1", "o/cd/one.1", "o/ab/one"}
	for _, name := range all {
		put(t, s, name, []byte(name))
	}
	for _, want := range []int{2, 0} {
		if n, err := s.Remove(t.Context(), "o/ab/one."); n != want || err != nil {
			t.Errorf("removed %d, want %d: %v", n, want, err)
		}
	}
	for i, name := range all {
		_, err := s.Get(t.Context(), name)
		if gone := errors.Is(err, archive.ErrNotFound); gone != (i < 2) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, err := s.Remove(t.Context(), "never/was/there."); n != 0 || err != nil {
		t.Errorf("removed %d of nothing: %v", n, err)
	}
	put(t, s, all[0], []byte("back"))
	if got := get(t, s, all[0]); string(got) != "back" {
		t.Errorf("put after remove: %q", got)
	}
}

// atOnce has several write the same names: nobody reads a mixture.
func atOnce(t *testing.T, s archive.Store) {
	t.Helper()
	whole := func(name string, i int) []byte {
		return bytes.Repeat([]byte(fmt.Sprintf("%s by %d;", name, i)), 2000)
	}
	var wg sync.WaitGroup
	for i := range atOnceCalls {
		wg.Go(func() {
			for n := range atOnceNames {
				name := fmt.Sprintf("o/ab/%d", n)
				if err := s.Put(t.Context(), name, whole(name, i)); err != nil {
					t.Errorf("put %s: %v", name, err)
				}
				got, err := s.Get(t.Context(), name)
				ok := false
				for j := range atOnceCalls {
					ok = ok || bytes.Equal(got, whole(name, j))
				}
				if err != nil || !ok {
					t.Errorf("%s is nobody's: %d bytes, %v", name, len(got), err)
				}
			}
		})
	}
	wg.Wait()
}

// sequence compares the store with a map.
func sequence(r *rapid.T, s archive.Store) {
	ctx := context.Background()
	model := map[string]string{}
	names := []string{"o/a/x.1", "o/a/x.2", "o/a/xy.1", "o/b/x.1"}
	prefixes := []string{"o/a/x.", "o/a/xy.", "o/b/x.", "o/a/x"}
	name := rapid.SampledFrom(names)
	r.Repeat(map[string]func(*rapid.T){
		"put": func(r *rapid.T) {
			n, data := name.Draw(r, "name"), rapid.StringN(1, 40, 200).Draw(r, "data")
			if err := s.Put(ctx, n, []byte(data)); err != nil {
				r.Fatal(err)
			}
			model[n] = data
		},
		"remove": func(r *rapid.T) {
			p := rapid.SampledFrom(prefixes).Draw(r, "prefix")
			want := 0
			for _, n := range names {
				if _, ok := model[n]; ok && strings.HasPrefix(n, p) {
					delete(model, n)
					want++
				}
			}
			if n, err := s.Remove(ctx, p); n != want || err != nil {
				r.Fatalf("removed %d, want %d: %v", n, want, err)
			}
		},
		"": func(r *rapid.T) {
			for _, n := range slices.Sorted(slices.Values(names)) {
				got, err := s.Get(ctx, n)
				want, ok := model[n]
				if ok && (err != nil || string(got) != want) || !ok && !errors.Is(err, archive.ErrNotFound) {
					r.Fatalf("%s: %q, %v; want %q, %v", n, got, err, want, ok)
				}
			}
		},
	})
}
