package index_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/archive/archivetest"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/services/index"
)

// archived puts an original of a into the archive, as ingest does before it
// writes the article.
func (w *world) archived(keep *archive.Archive, a article.Article) article.Article {
	w.Helper()
	data := fmt.Appendf(nil, "original of %s %d", a.URI, a.Revision)
	sum := sha256.Sum256(data)
	a.Original = article.Original{Size: int64(len(data)), Hash: hex.EncodeToString(sum[:])}
	if err := keep.Put(w.Context(), archive.KeyOf(&a), data); err != nil {
		w.Fatal(err)
	}
	return a
}

// TestKillPurgesOriginals: with the setting, nothing of a killed article is left
// in the archive, whatever the order is that its revisions come in.
func TestKillPurgesOriginals(t *testing.T) {
	for name, order := range map[string][]article.Article{
		"after its article":      {revision("urn:x:1", 1), kill("urn:x:1", 2)},
		"before its article":     {kill("urn:x:1", 2), revision("urn:x:1", 1)},
		"between its revisions":  {revision("urn:x:1", 1), kill("urn:x:1", 2), revision("urn:x:1", 3)},
		"after a newer revision": {revision("urn:x:1", 3), kill("urn:x:1", 2)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			keep := archive.New(archivetest.NewMemory(), time.Minute, nil)
			w.sink.Originals = keep
			other := w.archived(keep, revision("urn:x:other", 1))
			w.write(other)
			var all []article.Article
			for _, a := range order {
				all = append(all, w.archived(keep, a))
				w.write(all[len(all)-1])
			}
			for _, a := range all {
				if _, err := keep.Get(t.Context(), archive.KeyOf(&a)); !errors.Is(err, archive.ErrNotFound) {
					t.Errorf("the original of revision %d is still there: %v", a.Revision, err)
				}
			}
			if _, err := keep.Get(t.Context(), archive.KeyOf(&other)); err != nil {
				t.Errorf("another article's: %v", err)
			}
		})
	}
}

type awayArchive struct{ asked int }

func (a *awayArchive) Purge(context.Context, article.URI) (int, error) {
	a.asked++
	return 0, errors.New("the archive is away")
}

// TestKillDoesNotWaitForTheArchive: the kill counts, and the rest goes on.
func TestKillDoesNotWaitForTheArchive(t *testing.T) {
	w := newWorld(t)
	away := &awayArchive{}
	w.sink.Originals = away
	w.write(revision("urn:x:1", 1))
	if away.asked != 0 {
		t.Error("originals of what is not killed are purged")
	}
	w.write(kill("urn:x:1", 2), revision("urn:x:2", 1))
	if away.asked != 1 {
		t.Errorf("asked %d times", away.asked)
	}
	w.want("urn:x:1", fmt.Sprintf("canceled  @%d", of(2)), fmt.Sprintf("canceled  @%d", of(1)), fmt.Sprintf("canceled  @%d", of(2)))
	w.want("urn:x:2", fmt.Sprintf("usable Secret 1 @%d", of(1)), fmt.Sprintf("usable Secret 1 @%d", of(1)))
}

func TestPurgeNeedsAnArchive(t *testing.T) {
	if _, err := boot.Load(index.Service, "--purge-originals"); err == nil || !strings.Contains(err.Error(), "COPYTASTER_PURGE_ORIGINALS") {
		t.Errorf("%v", err)
	}
	c, err := boot.Load(index.Service, "--purge-originals", "--archive-dir=x")
	if err != nil || !c.PurgeOriginals {
		t.Errorf("%+v, %v", c, err)
	}
}
