package api

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/find"
)

// PatternOriginal is the route of what arrived, as it arrived.
const PatternOriginal = "GET /v1/articles/{uri}/original"

// originalWrite is how long sending an original may take: slow lines have 16
// MiB to fetch.
const originalWrite = 10 * time.Minute

// MaxOriginals is how many are sent at the same time: each is in memory until
// the client has it.
const MaxOriginals = 32

// Archive is where originals are kept; see [archive.Archive].
type Archive interface {
	Get(ctx context.Context, k archive.Key) ([]byte, error)
}

// Errors of originals that aren't given.
var (
	errNoArchive = errors.New("there is no archive")
	errNotKept   = errors.New("the original is not in the archive")
	errOthers    = errors.New("the original holds other articles")
	errBusy      = errors.New("too many originals are sent at once")
)

// Original answers PatternOriginal with the bytes of an article's original, if
// the article is one that a reader may see in full: not under embargo, not
// withheld, not canceled. keep may be nil: then there are none.
//
// What a stranger wrote is never shown as a page of this site: a browser saves
// it, believes the stated type and no other, and runs nothing in it.
func Original(of Readers, keep Archive, log zerolog.Logger) http.Handler {
	places := make(chan struct{}, MaxOriginals)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			fail(w, r, log, errBusy)
			return
		}
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			fail(w, r, log, malformed(err))
			return
		}
		revision, err := ParseRevision(values)
		if err != nil {
			fail(w, r, log, err)
			return
		}
		a, data, err := original(r.Context(), of(r), keep, article.URI(r.PathValue("uri")), revision)
		if err != nil {
			fail(w, r, log, err)
			return
		}
		h := w.Header()
		h.Set("Content-Type", safeType(a.Original))
		h.Set("Content-Disposition", attachment(a.Original))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "private, no-cache") // asked for anew each time: a kill counts at once
		tag := `"` + a.Original.Hash + `"`
		h.Set("ETag", tag)
		if matches(r.Header.Values("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Length", strconv.Itoa(len(data)))
		// Where the server can't do it, its own time limit holds.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(originalWrite))
		if _, err := w.Write(data); err != nil {
			log.Debug().Err(err).Msg("client left before its answer")
		}
	})
}

func original(ctx context.Context, f Finder, keep Archive, uri article.URI, revision article.Revision) (*article.Article, []byte, error) {
	may := func() (*article.Article, error) {
		found, err := f.Itself(ctx, uri, revision)
		switch {
		case err != nil:
			return nil, err
		case found.Article.Status != article.Usable: // a notice
			return nil, find.ErrNotFound
		case slices.Contains(found.Article.Flags, article.FlagHoldsOthers):
			return nil, errOthers
		}
		return found.Article, nil
	}
	a, err := may()
	if err != nil {
		return nil, nil, err
	}
	if keep == nil {
		return nil, nil, errNoArchive
	}
	if a.Original.Hash == "" {
		return nil, nil, errNotKept
	}
	data, err := keep.Get(ctx, archive.KeyOf(a))
	if errors.Is(err, archive.ErrNotFound) {
		return nil, nil, errNotKept
	}
	if err != nil {
		return nil, nil, &archiveError{err}
	}
	// It was killed, or embargoed, while the archive was read.
	again, err := may()
	if err != nil {
		return nil, nil, err
	}
	if again.Original.Hash != a.Original.Hash {
		return nil, nil, find.ErrNotFound // of this moment: asked again, it gives the other
	}
	return a, data, nil
}

// archiveError says that the archive did not give what it should have.
type archiveError struct{ err error }

func (e *archiveError) Error() string { return e.err.Error() }
func (e *archiveError) Unwrap() error { return e.err }

// originalProblem is what an error of [original] means; false if it is none of
// its own.
func originalProblem(err error) (Problem, bool) {
	var away *archiveError
	switch {
	case errors.Is(err, errNoArchive), errors.Is(err, errNotKept):
		return Problem{
			Type: problemPrefix + "not-kept", Title: "The original isn't kept", Status: http.StatusNotFound,
			Detail: "The article is there, but " + err.Error() + ".",
		}, true
	case errors.Is(err, errOthers):
		return Problem{
			Type: problemPrefix + "holds-others", Title: "The original is not for readers", Status: http.StatusForbidden,
			Detail: "Other articles are in the same original, which may be withheld or killed by themselves. An operator can get it.",
		}, true
	case errors.Is(err, errBusy):
		return Problem{
			Type: problemPrefix + "unavailable", Title: "Too many originals are asked for", Status: http.StatusServiceUnavailable,
			Detail: "Try again in a moment.",
		}, true
	case errors.Is(err, archive.ErrDamaged):
		return Problem{
			Type: problemPrefix + "internal", Title: "The original is damaged", Status: http.StatusInternalServerError,
			Detail: "It has been logged.",
		}, true
	case errors.As(err, &away):
		return Problem{
			Type: problemPrefix + "unavailable", Title: "The archive can't be reached", Status: http.StatusServiceUnavailable,
			Detail: "Try again in a moment.",
		}, true
	}
	return Problem{}, false
}

// plainType tells which types are stated as they are: they run nothing where a page of this site
// would name them as a script or a style, which ignores Content-Disposition.
func plainType(t string) bool {
	switch t {
	case "text/plain", "text/html", "application/xhtml+xml", "text/xml", "application/xml", "application/json", "message/rfc822":
		return true
	}
	return strings.HasPrefix(t, "text/vnd.iptc.") || (strings.HasPrefix(t, "application/") && (strings.HasSuffix(t, "+xml") || strings.HasSuffix(t, "+json")))
}

// opaque is stated of everything else.
const opaque = "application/octet-stream"

func safeType(o article.Original) string {
	t, _, err := mime.ParseMediaType(o.MediaType)
	if err != nil || !plainType(t) {
		return opaque
	}
	parameters := map[string]string{}
	if o.Charset != "" && strings.HasPrefix(t, "text/") {
		parameters["charset"] = o.Charset
	}
	if s := mime.FormatMediaType(t, parameters); s != "" {
		return s
	}
	return t
}

// maxFileName is how many characters of a file's name are told.
const maxFileName = 120

// attachment names the file, by the last part of the name that it came with.
func attachment(o article.Original) string {
	name := o.Name[strings.LastIndexAny(o.Name, `/\`)+1:]
	name = strings.TrimLeft(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) || strings.ContainsRune(`"%:*?<>|`, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "")), ". ")
	if r := []rune(name); len(r) > maxFileName {
		name = string(r[len(r)-maxFileName:])
	}
	if name == "" {
		name = "original"
	}
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}
