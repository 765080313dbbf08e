package operate

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/secret"
	"github.com/copytaster/copytaster/services/enrich/override"
)

// OverrideServeCmd is `copytaster override serve`.
type OverrideServeCmd struct {
	Kafka     `embed:"" group:"servers"`
	Listen    string `help:"Address to listen on." default:"127.0.0.1:8806" placeholder:"HOST:PORT"`
	TokenFile string `help:"File with the bearer token that editors' tools must give, read for every request. Without one it listens on loopback only." placeholder:"FILE"`
}

// Help is shown by "copytaster override serve --help".
func (OverrideServeCmd) Help() string {
	return `Does over HTTP what set, remove and list do, with the rights of the operator's tools:

    GET    /v1/overrides         all that have corrections
    GET    /v1/overrides/URI     of one article; the uri percent-encoded
    PATCH  /v1/overrides/URI     {"who":"M. Ito","reason":"...","set":{"language":"de"},"remove":["topics"]}
    DELETE /v1/overrides/URI     {"who":"M. Ito"}: all of them

?dry_run=true tells what would be done. Answers are those of --json; an error is {"error":"..."}: 400 what was sent is
wrong, 401 the token, 404 no such article or correction, 409 it is killed, or somebody else changed overrides at the
same moment, 413 too long, 422 the article can't be corrected so, 503 the servers. One change is made after the other.`
}

// Limits of the API.
const (
	maxChange       = event.MaxOverride // bytes of a request
	headerPatience  = 5 * time.Second
	requestPatience = time.Minute
	changePatience  = 10 * time.Minute // a change reads four partitions of the log
)

// Run serves until ctx is done.
func (c *OverrideServeCmd) Run(ctx context.Context, t Terminal) error {
	token := secret.Source{File: c.TokenFile}
	if token.Given() {
		if _, err := token.Get(); err != nil {
			return misuse("--token-file: %w", err)
		}
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return misuse("--listen: %w", err)
	}
	if at, err := netip.ParseAddrPort(l.Addr().String()); !token.Given() && (err != nil || !at.Addr().Unmap().IsLoopback()) {
		return errors.Join(misuse("whoever reaches %s could correct every article: set --token-file, or listen on loopback", l.Addr()), l.Close())
	}
	fmt.Fprintf(t.Out, "http://%s/v1/overrides\n", l.Addr())
	srv := &http.Server{
		Handler: newOverrideAPI(&editor{bus: b, progress: func(int64) *bar { return &bar{} }}, token), ReadHeaderTimeout: headerPatience, ReadTimeout: requestPatience,
		WriteTimeout: changePatience, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), headerPatience)
		defer cancel()
		stopped <- srv.Shutdown(end)
	}()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// overrides is what the API needs; an editor is it.
type overrides interface {
	list(ctx context.Context, uri article.URI) ([]overrideLine, error)
	rehearse(ctx context.Context, uri article.URI, change override.Change) (overrideLine, error)
	carryOut(ctx context.Context, uri article.URI, change override.Change) (overrideLine, error)
}

type overrideAPI struct {
	of    overrides
	token secret.Source
	one   sync.Mutex // of two changes at once one would overtake the other
}

func newOverrideAPI(of overrides, token secret.Source) http.Handler {
	a := &overrideAPI{of: of, token: token}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/overrides", a.answer(a.all))
	mux.HandleFunc("GET /v1/overrides/{uri}", a.answer(a.get))
	mux.HandleFunc("PATCH /v1/overrides/{uri}", a.answer(a.change))
	mux.HandleFunc("DELETE /v1/overrides/{uri}", a.answer(a.change))
	return mux
}

// refusal is an error of what was asked for, with HTTP's status.
type refusal struct {
	status int
	err    error
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

func refused(status int, format string, args ...any) error {
	return &refusal{status, fmt.Errorf(format, args...)}
}

// answer writes what f gives, or why it gives nothing.
func (a *overrideAPI) answer(f func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := a.allowed(r)
		var said any
		if err == nil {
			said, err = f(r)
		}
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			status := http.StatusServiceUnavailable
			var no *refusal
			switch {
			case errors.As(err, &no):
				status = no.status
			case errors.Is(err, bus.ErrOvertaken):
				status = http.StatusConflict
			}
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="copytaster"`)
			}
			w.WriteHeader(status)
			said = map[string]string{"error": err.Error()}
		}
		_ = line(w, said) // who asked is gone
	}
}

// allowed tells why the caller may not ask.
func (a *overrideAPI) allowed(r *http.Request) error {
	if !a.token.Given() {
		return nil
	}
	right, err := a.token.Get()
	if err != nil {
		return errors.New("there is no token to compare with")
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	given, want := sha256.Sum256([]byte(strings.TrimSpace(token))), sha256.Sum256([]byte(right))
	if !strings.EqualFold(scheme, "bearer") || subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
		return refused(http.StatusUnauthorized, "a valid bearer token is needed")
	}
	return nil
}

func (a *overrideAPI) all(r *http.Request) (any, error) {
	lines, err := a.of.list(r.Context(), "")
	if lines == nil {
		lines = []overrideLine{}
	}
	return lines, err
}

func (a *overrideAPI) get(r *http.Request) (any, error) {
	uri, err := uriOf(r)
	if err != nil {
		return nil, err
	}
	lines, err := a.of.list(r.Context(), uri)
	if err == nil && len(lines) == 0 {
		err = refused(http.StatusNotFound, "nothing of %s was ever corrected", uri)
	}
	if err != nil {
		return nil, err
	}
	return lines[0], nil
}

func uriOf(r *http.Request) (article.URI, error) {
	uri := article.URI(r.PathValue("uri"))
	if err := uri.Validate(); err != nil {
		return "", &refusal{http.StatusBadRequest, err}
	}
	return uri, nil
}

func (a *overrideAPI) change(r *http.Request) (any, error) {
	uri, err := uriOf(r)
	if err != nil {
		return nil, err
	}
	change, err := changeIn(r)
	if err != nil {
		return nil, err
	}
	dry := false
	switch said := r.URL.Query().Get("dry_run"); said {
	case "true":
		dry = true
	case "", "false":
	default:
		return nil, refused(http.StatusBadRequest, "dry_run is %q, must be true or false", cutText(said))
	}
	a.one.Lock()
	defer a.one.Unlock()
	// Who asked may go: what was begun is brought to its end.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), changePatience)
	defer cancel()
	done := !dry
	do := a.of.carryOut
	if dry {
		do = a.of.rehearse
	}
	l, err := do(ctx, uri, change)
	l.Done = &done
	return l, err
}

// changeIn reads the change out of a request.
func changeIn(r *http.Request) (c override.Change, err error) {
	if mt, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mt != "application/json" {
		return c, refused(http.StatusUnsupportedMediaType, "the content type must be application/json")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxChange+1))
	switch {
	case err != nil:
		return c, &refusal{http.StatusBadRequest, err}
	case len(body) > maxChange:
		return c, refused(http.StatusRequestEntityTooLarge, "the limit is %d bytes", maxChange)
	}
	var said struct {
		Who    string                     `json:"who"`
		Reason string                     `json:"reason"`
		Set    map[string]json.RawMessage `json:"set"`
		Remove []string                   `json:"remove"`
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(&said); err != nil {
		return c, &refusal{http.StatusBadRequest, err}
	}
	c = override.Change{
		Remove: said.Remove, Who: strings.TrimSpace(said.Who), Reason: strings.TrimSpace(said.Reason), At: time.Now(), All: r.Method == http.MethodDelete,
	}
	for field, value := range said.Set {
		c.Set = append(c.Set, override.Said{Field: field, Value: value})
	}
	slices.SortFunc(c.Set, func(a, b override.Said) int { return strings.Compare(a.Field, b.Field) })
	if c.All && len(c.Set)+len(c.Remove) > 0 {
		return c, refused(http.StatusBadRequest, "DELETE removes all, and sets nothing")
	}
	if err := c.Validate(); err != nil {
		return c, &refusal{http.StatusBadRequest, err}
	}
	return c, nil
}
