package archive_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/archive/archivetest"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
)

func keyOf(uri article.URI, revision article.Revision, data string) archive.Key {
	sum := sha256.Sum256([]byte(data))
	return archive.Key{URI: uri, Revision: revision, Hash: hex.EncodeToString(sum[:])}
}

func TestMemory(t *testing.T) {
	archivetest.Suite(t, func(*testing.T) archive.Store { return archivetest.NewMemory() }, nil)
}

// TestNames: a name is safe whatever the URI is, the same for all generations
// and sequences, and different for everything else.
func TestNames(t *testing.T) {
	safe := regexp.MustCompile(`^originals/[0-9a-f]{3}/[0-9a-f]{64}\.[0-9a-f]{12}\.[0-9a-f]{64}$`)
	rapid.Check(t, func(r *rapid.T) {
		k := keyOf(article.URI(rapid.StringN(1, 100, 300).Draw(r, "uri")), article.Revision(rapid.Int64Range(1<<17, 1<<62).Draw(r, "revision")), rapid.String().Draw(r, "data"))
		name, err := k.Name()
		if err != nil || !safe.MatchString(name) {
			r.Fatalf("%q, %v", name, err)
		}
		same := k
		same.Revision ^= article.Revision(rapid.IntRange(0, 1<<16-1).Draw(r, "generation and sequence"))
		if other, err := same.Name(); err != nil || other != name {
			r.Fatalf("%q and %q: %v", name, other, err)
		}
		for _, different := range []archive.Key{
			{URI: k.URI + "x", Revision: k.Revision, Hash: k.Hash},
			{URI: k.URI, Revision: k.Revision ^ 1<<16, Hash: k.Hash},
			keyOf(k.URI, k.Revision, k.Hash),
		} {
			if other, err := different.Name(); err != nil || other == name {
				r.Fatalf("%+v has the name of %+v: %v", different, k, err)
			}
		}
	})
	for _, bad := range []archive.Key{
		{},
		{URI: "u", Revision: 1},
		{URI: "u", Revision: 1, Hash: strings.Repeat("A", 64)},
		{URI: "u", Revision: 1, Hash: strings.Repeat("../", 22)[:64]},
		{URI: "u", Revision: 0, Hash: strings.Repeat("a", 64)},
		{URI: "u", Revision: -1, Hash: strings.Repeat("a", 64)},
		{Revision: 1, Hash: strings.Repeat("a", 64)},
	} {
		if name, err := bad.Name(); !stage.IsPermanent(err) {
			t.Errorf("%+v: %q, %v", bad, name, err)
		}
	}
}

func TestWrongBytesAreRefused(t *testing.T) {
	store := archivetest.NewMemory()
	a := archive.New(store, time.Minute, nil)
	k := keyOf("urn:x", 1<<20, "right")
	if err := a.Put(t.Context(), k, []byte("wrong")); !stage.IsPermanent(err) {
		t.Errorf("wrong bytes: %v", err)
	}
	large := strings.Repeat("x", archive.MaxObject+1)
	if err := a.Put(t.Context(), keyOf("urn:x", 1<<20, large), []byte(large)); !stage.IsPermanent(err) || !strings.Contains(err.Error(), "16777216") {
		t.Errorf("too large: %v", err)
	}
	if err := a.Put(t.Context(), keyOf("urn:x", 1<<20, ""), nil); !stage.IsPermanent(err) {
		t.Errorf("nothing: %v", err)
	}
	if err := a.Put(t.Context(), k, []byte("right")); err != nil {
		t.Fatal(err)
	}
	if data, err := a.Get(t.Context(), k); string(data) != "right" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	name, err := k.Name()
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), name, []byte("rotten")); err != nil {
		t.Fatal(err)
	}
	if data, err := a.Get(t.Context(), k); !errors.Is(err, archive.ErrDamaged) || data != nil {
		t.Errorf("a damaged original: %q, %v", data, err)
	}
	if n, err := a.Purge(t.Context(), ""); !stage.IsPermanent(err) || n != 0 {
		t.Errorf("purge of nothing: %d, %v", n, err)
	}
	if n, err := a.Purge(t.Context(), "urn:x"); n != 1 || err != nil {
		t.Errorf("purge: %d, %v", n, err)
	}
	if _, err := a.Get(t.Context(), k); !errors.Is(err, archive.ErrNotFound) {
		t.Errorf("after the purge: %v", err)
	}
}

// broken fails while it is told to, and hangs until ctx ends if hang is set.
type broken struct {
	archive.Store

	err  error
	hang bool
}

func (b *broken) Put(ctx context.Context, name string, data []byte) error {
	if b.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if b.err != nil {
		return b.err
	}
	return b.Store.Put(ctx, name, data)
}

// TestReady: what can't be kept makes it not ready, until something can.
func TestReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broken{Store: archivetest.NewMemory()}
		metrics, err := archive.NewMetrics(prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		a := archive.New(b, time.Second, metrics)
		ready := func(want string) {
			t.Helper()
			err := a.Ready(t.Context())
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("ready: %v, want %q", err, want)
			}
		}
		k := keyOf("urn:x", 1<<20, "x")
		ready("")
		b.err = errors.New("no space left")
		if err := a.Put(t.Context(), k, []byte("x")); err == nil || stage.IsPermanent(err) {
			t.Errorf("put: %v", err)
		}
		ready("no space left")
		b.err = nil
		ready("no space left") // until somebody has tried
		if err := a.Put(t.Context(), k, []byte("x")); err != nil {
			t.Error(err)
		}
		ready("")

		b.err = errors.New("gone")
		_ = a.Put(t.Context(), k, []byte("x"))
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		ready("gone")           // tried, and failed
		b.err = nil
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		ready("")               // nobody else tries

		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		b.err = canceled.Err()
		_ = a.Put(canceled, k, []byte("x"))
		b.err = nil
		ready("") // that was not the archive

		b.hang = true
		began := time.Now()
		if err := a.Put(t.Context(), k, []byte("x")); err == nil || !strings.Contains(err.Error(), "no answer within 1s") {
			t.Errorf("it hung: %v", err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %v", took)
		}
		ready("no answer")
	})
}
