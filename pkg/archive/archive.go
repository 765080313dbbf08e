// Package archive keeps the originals: what arrived, as it arrived, by the
// article's URI and revision. It outlives Kafka's topics, and holds the bytes
// of what is too large for a message.
//
// An original is written before its article's event, so that there may be an
// original without an event, never an event whose original is missing. It is
// never changed: the same name stands for the same bytes.
package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
)

// MaxObject is the largest original, in bytes.
const MaxObject = 16 << 20

// Errors of what is asked for.
var (
	ErrNotFound = errors.New("the archive has no such original")
	// ErrDamaged says that what is kept is not what was put in.
	ErrDamaged = errors.New("the original is damaged in the archive")
)

// Store keeps bytes under names: a [Folder], an [S3]. Its methods may be called
// at once by many. Any error but [ErrNotFound] may pass: the call may be
// repeated, unless it is marked by [stage.Permanent].
type Store interface {
	// Put returns nil when data is safe: it survives the loss of power. What
	// has the name already is replaced, in one step, or left if it is the same.
	// There is at least one byte.
	Put(ctx context.Context, name string, data []byte) error
	// Get returns [ErrNotFound] if nothing has the name, and no other error
	// then. What is larger than [MaxObject] is [ErrDamaged].
	Get(ctx context.Context, name string) ([]byte, error)
	// Remove removes what has names that begin with prefix, and says how many
	// there were. The prefix ends in the last part of a name.
	Remove(ctx context.Context, prefix string) (int, error)
}

// Key names an original.
type Key struct {
	URI article.URI
	// Revision is that of the article; generation and sequence play no part,
	// since they come of what was made of the original.
	Revision article.Revision
	// Hash is the SHA-256 of the bytes, hex. Two inputs may claim one revision.
	Hash string
}

// KeyOf names the original of a.
func KeyOf(a *article.Article) Key { return Key{a.URI, a.Revision, a.Original.Hash} }

// Limits of a name's parts.
const (
	hashDigits     = 2 * sha256.Size
	revisionDigits = 12 // hex, of the 47 bits of a source revision
	shardDigits    = 3  // 4,096 folders: few to make, and some thousand files in each for ten million originals
)

// Name is the name under which a [Store] keeps the original:
//
//	originals/<3 digits>/<SHA-256 of the URI>.<source revision>.<SHA-256 of the bytes>
//
// all in hexadecimal digits. The first three are those of the URI's hash.
func (k Key) Name() (string, error) {
	switch {
	case k.URI == "":
		return "", stage.Permanent(errors.New("key of an original: the uri is empty"))
	case k.Revision <= 0:
		return "", stage.Permanent(fmt.Errorf("key of an original of %s: revision %d is not positive", k.URI, k.Revision))
	case len(k.Hash) != hashDigits || strings.Trim(k.Hash, "0123456789abcdef") != "":
		return "", stage.Permanent(fmt.Errorf("key of an original of %s: %q is no SHA-256", k.URI, clip(k.Hash)))
	}
	return fmt.Sprintf("%s%0*x.%s", prefixOf(k.URI), revisionDigits, k.Revision.Source(), k.Hash), nil
}

// prefixOf begins the names of all originals of an article.
func prefixOf(uri article.URI) string {
	sum := sha256.Sum256([]byte(uri))
	h := hex.EncodeToString(sum[:])
	return "originals/" + h[:shardDigits] + "/" + h + "."
}

const maxQuoted = 80

func clip(s string) string { return s[:min(len(s), maxQuoted)] }

// CheckName tells why a store must not use a name: it would leave its place.
func CheckName(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789./-") != "" {
		return stage.Permanent(fmt.Errorf("archive: %q is no name of an object", clip(name)))
	}
	return nil
}

// Archive is a store with the rules of this package: right names, right bytes.
type Archive struct {
	store   Store
	metrics *Metrics
	timeout time.Duration
	now     func() time.Time

	mu     sync.Mutex
	failed error // the last Put's
	tried  time.Time
}

// New makes an archive on a store. timeout bounds each call; m may be nil.
func New(s Store, timeout time.Duration, m *Metrics) *Archive {
	return &Archive{store: s, metrics: m, timeout: timeout, now: time.Now}
}

// Put keeps an original. nil: it is safe. An error marked by [stage.Permanent]
// says that data is not what the key names, or too large; any other may pass.
func (a *Archive) Put(ctx context.Context, k Key, data []byte) error {
	name, err := k.Name()
	if err != nil {
		return err
	}
	if len(data) == 0 || len(data) > MaxObject {
		return stage.Permanent(fmt.Errorf("original of %s has %d bytes, the archive takes 1 to %d", k.URI, len(data), MaxObject))
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != k.Hash {
		return stage.Permanent(fmt.Errorf("original of %s: the bytes are not those of its hash %s", k.URI, k.Hash))
	}
	return a.put(ctx, name, data)
}

func (a *Archive) put(ctx context.Context, name string, data []byte) error {
	began := a.now()
	err := a.bounded(ctx, func(ctx context.Context) error { return a.store.Put(ctx, name, data) })
	a.metrics.called("put", a.now().Sub(began), len(data), err)
	if ctx.Err() != nil && err != nil {
		return err // says nothing of the archive
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed, a.tried = err, a.now()
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}

func (a *Archive) bounded(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, a.timeout, fmt.Errorf("no answer within %v", a.timeout))
	defer cancel()
	err := f(ctx)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return err
}

// Get gives an original. Errors are [ErrNotFound], [ErrDamaged], or what may
// pass.
func (a *Archive) Get(ctx context.Context, k Key) ([]byte, error) {
	name, err := k.Name()
	if err != nil {
		return nil, err
	}
	began := a.now()
	var data []byte
	err = a.bounded(ctx, func(ctx context.Context) error {
		data, err = a.store.Get(ctx, name)
		return err
	})
	if err == nil {
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != k.Hash {
			err = fmt.Errorf("%s: %d bytes of another hash: %w", name, len(data), ErrDamaged)
		}
	}
	a.metrics.called("get", a.now().Sub(began), len(data), err)
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return data, nil
}

// Purge removes all originals of an article, and says how many there were.
func (a *Archive) Purge(ctx context.Context, uri article.URI) (int, error) {
	if uri == "" {
		return 0, stage.Permanent(errors.New("purge of originals: the uri is empty"))
	}
	began := a.now()
	var n int
	err := a.bounded(ctx, func(ctx context.Context) (err error) {
		n, err = a.store.Remove(ctx, prefixOf(uri))
		return err
	})
	a.metrics.called("purge", a.now().Sub(began), 0, err)
	if err != nil {
		return n, fmt.Errorf("archive: purge the originals of %s: %w", uri, err)
	}
	return n, nil
}

const (
	// probeName is of what is looked for, or put, to see whether it works.
	probeName = "probe"
	// probeAfter is when an archive that failed is tried again by [Archive.Ready]
	// if nobody else has: more than the longest wait between a stage's attempts.
	probeAfter = 30 * time.Second
)

// Ready tells why originals can't be kept: the last Put failed, or the store
// can't be read. What failed counts until a Put succeeds; if nobody puts
// anything, Ready does.
func (a *Archive) Ready(ctx context.Context) error {
	a.mu.Lock()
	failed, idle := a.failed, a.now().Sub(a.tried)
	a.mu.Unlock()
	if failed != nil {
		if idle < probeAfter {
			return fmt.Errorf("archive: the last original could not be kept: %w", failed)
		}
		return a.put(ctx, probeName, []byte(probeName))
	}
	return a.Readable(ctx)
}

// Readable tells why originals can't be read.
func (a *Archive) Readable(ctx context.Context) error {
	err := a.bounded(ctx, func(ctx context.Context) error {
		_, err := a.store.Get(ctx, probeName)
		return err
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}
