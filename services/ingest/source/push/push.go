// Package push takes in what is sent by HTTP: POST /v1/articles with a body in
// any known format. It answers 202 when Kafka has the articles, never before.
package push

import (
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/secret"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
	"github.com/copytaster/copytaster/services/ingest/intake"
)

// Origin is the source's name in messages and metrics.
const Origin = "push"

// Path is where articles are sent to.
const Path = "/v1/articles"

const (
	// maxErrors is how many refused parts one answer names.
	maxErrors = 100
	// retryAfter is when a sender that was turned away should try again.
	retryAfter = 2 * time.Second
)

// Config is who may send, and how much at once.
type Config struct {
	Enabled bool   `help:"Take articles by POST /v1/articles." default:"true" negatable:""`
	Source  string `help:"Source of what is sent without naming one." default:"push"`
	// Token, or what is in TokenFile, read for every request, is what senders
	// must give. Without one, and without Open, only this machine may send.
	Token     secret.Text `help:"If set, senders must give it as a bearer token; better in a file."`
	TokenFile string      `help:"File with the bearer token, read for every request." placeholder:"FILE"`
	Open      bool        `help:"Take articles without a token also on an address that is not loopback: whoever reaches it may change and kill every article."`

	Wait   time.Duration `help:"How long a sender waits at most until its articles are safe; then it is told to try again." default:"20s"`
	Bodies int           `help:"How many requests may be in work at once; others are told to try again." default:"64"`
	// BackfillBodies are other places than Bodies, so that a back-fill takes
	// none from live copy.
	BackfillBodies int `help:"How many requests of back-fills may be in work at once besides." default:"8"`
}

// Validate tells which settings are wrong.
func (c Config) Validate() error {
	if !c.Enabled {
		return nil
	}
	var errs []error
	if err := intake.CheckSource(c.Source); err != nil {
		errs = append(errs, fmt.Errorf("setting push-source: %w", err))
	}
	if c.Token != "" && c.TokenFile != "" {
		errs = append(errs, errors.New("setting push-token (COPYTASTER_PUSH_TOKEN) and push-token-file are both set: take one"))
	}
	if c.Open && c.token().Given() {
		errs = append(errs, errors.New("setting push-open (COPYTASTER_PUSH_OPEN) is set, and so is a token: take one"))
	}
	if c.Wait <= 0 || c.Wait > maxWait {
		errs = append(errs, fmt.Errorf("setting push-wait is %v, it must be above 0 and at most %v", c.Wait, maxWait))
	}
	if c.Bodies < 1 {
		errs = append(errs, fmt.Errorf("setting push-bodies is %d, it must be at least 1", c.Bodies))
	}
	if c.BackfillBodies < 1 {
		errs = append(errs, fmt.Errorf("setting push-backfill-bodies is %d, it must be at least 1", c.BackfillBodies))
	}
	return errors.Join(errs...)
}

func (c Config) token() secret.Source { return secret.Source{Text: c.Token, File: c.TokenFile} }

// Guarded tells why push would be an open door at addr, the host:port that is
// listened on, or why the token can't be had.
func (c Config) Guarded(addr string) error {
	if c.token().Given() {
		return c.Readable()
	}
	at, err := netip.ParseAddrPort(addr)
	if c.Open || err == nil && at.Addr().Unmap().IsLoopback() {
		return nil
	}
	return fmt.Errorf("push takes articles and kills from whoever reaches %s: set push-token-file (COPYTASTER_PUSH_TOKEN_FILE), listen on loopback, "+
		"set push-open (COPYTASTER_PUSH_OPEN=true) if the network lets none but senders through, or turn push off with no-push-enabled (COPYTASTER_PUSH_ENABLED=false)", addr)
}

// Readable tells why the token can't be had, if there is to be one.
func (c Config) Readable() error {
	if !c.token().Given() {
		return nil
	}
	if _, err := c.token().Get(); err != nil {
		name := "push-token (COPYTASTER_PUSH_TOKEN)"
		if c.TokenFile != "" {
			name = "push-token-file (COPYTASTER_PUSH_TOKEN_FILE)"
		}
		return fmt.Errorf("setting %s: %w", name, err)
	}
	return nil
}

// maxWait is less than the HTTP server gives for an answer.
const maxWait = time.Minute

// Handler serves POST /v1/articles.
type Handler struct {
	c     Config
	lanes map[topic.Lane]way
	log   zerolog.Logger
	stop  <-chan struct{}
	now   func() time.Time
}

// Way is where what is sent goes, in one lane.
type Way struct {
	Queue *intake.Queue
	Count intake.Counter
}

type way struct {
	lane  topic.Lane
	queue *intake.Queue
	count intake.Counter
	slots chan struct{}
}

// New makes the handler. ctx is the service's: when it is done, nothing more
// is taken.
func New(ctx context.Context, c Config, live, bulk Way, log zerolog.Logger) *Handler {
	return &Handler{
		c: c, log: log.With().Str("origin", Origin).Logger(), stop: ctx.Done(), now: live.Queue.Now,
		lanes: map[topic.Lane]way{
			topic.Live: {topic.Live, live.Queue, live.Count, make(chan struct{}, c.Bodies)},
			topic.Bulk: {topic.Bulk, bulk.Queue, bulk.Count, make(chan struct{}, c.BackfillBodies)},
		},
	}
}

// Problem is the body of a refusal, RFC 9457.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// Reason is the refusal in one word, see package document.
	Reason string `json:"reason,omitempty"`
	// Place is where in the body, "line 3, byte 120".
	Place string `json:"place,omitempty"`
	Field string `json:"field,omitempty"`
	// Errors are the refused parts of a feed, and Articles the accepted ones:
	// those are safe and need not be sent again.
	Errors   []Fault    `json:"errors,omitempty"`
	Articles []Accepted `json:"articles,omitempty"`
	Lane     topic.Lane `json:"lane,omitempty"` // that Articles went to
	// Parts is how many a feed has of which Skip from the first on are done,
	// when time ran out: the same body with the parameter skip goes on behind
	// them.
	Parts int `json:"parts,omitempty"`
	Skip  int `json:"skip,omitempty"`

	retry bool
}

// Fault is one refused part of what was sent.
type Fault struct {
	Part   string `json:"part,omitempty"`
	Reason string `json:"reason,omitempty"`
	Place  string `json:"place,omitempty"`
	Detail string `json:"detail"`
}

// Accepted is an article that is safe.
type Accepted struct {
	URI      article.URI      `json:"uri"`
	Revision article.Revision `json:"revision"`
}

// Answer is the body of a 202.
type Answer struct {
	Articles []Accepted `json:"articles"`
	Lane     topic.Lane `json:"lane"`
}

func problem(status int, detail string, args ...any) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(detail, args...)}
}

func busy(detail string, args ...any) *Problem {
	p := problem(http.StatusServiceUnavailable, detail, args...)
	p.retry = true
	return p
}

// statuses are those of the reasons for a refusal.
var statuses = map[document.Reason]int{
	document.Empty:    http.StatusBadRequest,
	document.Syntax:   http.StatusBadRequest,
	document.TooLarge: http.StatusRequestEntityTooLarge,
	document.TooMany:  http.StatusRequestEntityTooLarge,
	document.TooDeep:  http.StatusUnprocessableEntity,
	document.Invalid:  http.StatusUnprocessableEntity,
	document.Unknown:  http.StatusUnsupportedMediaType,
	document.Binary:   http.StatusUnsupportedMediaType,
	document.Charset:  http.StatusUnsupportedMediaType,
}

func refusal(err error) *Problem {
	var e *document.Error
	if !errors.As(err, &e) {
		return problem(http.StatusUnprocessableEntity, "%v", err)
	}
	p := problem(statuses[e.Reason], "%v", err)
	p.Reason, p.Place, p.Field = string(e.Reason), e.Place(), e.Field
	return p
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l, answer, p := h.serve(w, r)
	if p == nil {
		l.count.Success()
		h.write(w, http.StatusAccepted, "application/json", answer)
		return
	}
	if p.retry {
		l.count.Error()
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="copytaster"`)
	}
	h.write(w, p.Status, "application/problem+json", p)
}

func (h *Handler) write(w http.ResponseWriter, status int, mediaType string, v any) {
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		h.log.Debug().Err(err).Msg("the sender is gone before the answer")
	}
}

// serve gives the lane too, that of live copy where none is known.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request) (way, Answer, *Problem) {
	l := h.lanes[topic.Live]
	if p := h.allowed(r); p != nil {
		return l, Answer{}, p
	}
	select {
	case <-h.stop:
		return l, Answer{}, busy("the service is stopping")
	default:
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return l, Answer{}, problem(http.StatusBadRequest, "query: %v", err)
	}
	get := func(name string) string {
		if v := q.Get(name); v != "" {
			return v
		}
		return r.Header.Get("Copytaster-" + strings.ReplaceAll(name, "_", "-"))
	}
	if name := topic.Lane(get("lane")); name != "" {
		other, ok := h.lanes[name]
		if !ok {
			return l, Answer{}, field("lane", "%q is none of %s, %s", name, topic.Live, topic.Bulk)
		}
		l = other
	}
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	default:
		return l, Answer{}, busy("%d requests are in work already", cap(l.slots))
	}
	skip, err := strconv.Atoi(cmp.Or(get("skip"), "0"))
	if err != nil || skip < 0 {
		return l, Answer{}, field("skip", "%q is no number of parts", get("skip"))
	}
	hint, name, p := h.hint(r, q, get)
	if p != nil {
		return l, Answer{}, p
	}
	hint.Claimed = l.queue.Claims
	data, p := body(w, r)
	if p != nil {
		return l, Answer{}, p
	}
	f, parts, err := format.Split(data, hint, name)
	if err != nil {
		l.count.Item(intake.Refused)
		return l, Answer{}, refusal(err)
	}
	if skip > 0 && skip >= len(parts) {
		return l, Answer{}, field("skip", "is %d, and the body has %d parts", skip, len(parts))
	}
	answer, p := h.send(r, l, hint, f, parts, skip)
	return l, answer, p
}

// allowed is nil if the sender may send.
func (h *Handler) allowed(r *http.Request) *Problem {
	if !h.c.token().Given() {
		return nil
	}
	right, err := h.c.token().Get()
	if err != nil {
		h.log.Error().Err(err).Msg("nobody may push: there is no token to compare with")
		return busy("the service has lost its token")
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	given, want := sha256.Sum256([]byte(strings.TrimSpace(token))), sha256.Sum256([]byte(right))
	if !strings.EqualFold(scheme, "bearer") || subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
		return problem(http.StatusUnauthorized, "a valid bearer token is needed")
	}
	return nil
}

// parameters may be given in the query, or as a header Copytaster-NAME with
// dashes for underscores.
var parameters = []string{"source", "provider", "url", "name", "published_at", "format", "charset", "lane", "skip"}

// hint reads the other parameters: the hint and the format.
func (h *Handler) hint(r *http.Request, q url.Values, get func(name string) string) (document.Hint, string, *Problem) {
	for k := range q {
		if !slices.Contains(parameters, k) {
			return document.Hint{}, "", field(k, "is none of the parameters %s", strings.Join(parameters, ", "))
		}
	}
	hint := document.Hint{
		Source: get("source"), Provider: get("provider"), URL: get("url"), Name: get("name"), Charset: get("charset"),
		MediaType: r.Header.Get("Content-Type"), ReceivedAt: h.now().UTC(),
	}
	if hint.Source == "" {
		hint.Source = h.c.Source
	}
	if err := intake.CheckSource(hint.Source); err != nil {
		return hint, "", field("source", "%v", err)
	}
	if hint.Provider != "" {
		if err := intake.CheckSource(hint.Provider); err != nil {
			return hint, "", field("provider", "%v", err)
		}
	}
	if hint.URL != "" {
		if _, ok := document.CanonicalURL(hint.URL); !ok {
			return hint, "", field("url", "is no absolute http or https address")
		}
	}
	if s := get("published_at"); s != "" {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return hint, "", field("published_at", "%q is not in the form of RFC 3339", s)
		}
		hint.PublishedAt = t.UTC()
	}
	name := get("format")
	if name != "" && !slices.Contains(format.Names(), name) {
		return hint, "", field("format", "%q is none of %s", name, strings.Join(format.Names(), ", "))
	}
	return hint, name, nil
}

func field(name, detail string, args ...any) *Problem {
	p := problem(http.StatusBadRequest, "%s: %s", name, fmt.Sprintf(detail, args...))
	p.Field = name
	return p
}

// body reads what was sent, unpacked, within the limit both before and after.
func body(w http.ResponseWriter, r *http.Request) ([]byte, *Problem) {
	var src io.Reader = http.MaxBytesReader(w, r.Body, document.MaxBytes)
	switch enc := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); enc {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(src)
		if err != nil {
			return nil, unreadable(err)
		}
		src = z
	default:
		p := problem(http.StatusUnsupportedMediaType, "Content-Encoding %q is not gzip", enc)
		p.Field = "Content-Encoding"
		return nil, p
	}
	data, err := io.ReadAll(io.LimitReader(src, document.MaxBytes+1))
	if err != nil {
		return nil, unreadable(err)
	}
	if len(data) > document.MaxBytes {
		p := problem(http.StatusRequestEntityTooLarge, "more than %d bytes, unpacked", document.MaxBytes)
		p.Reason = string(document.TooLarge)
		return nil, p
	}
	return data, nil
}

func unreadable(err error) *Problem {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		p := problem(http.StatusRequestEntityTooLarge, "more than %d bytes", tooLarge.Limit)
		p.Reason = string(document.TooLarge)
		return p
	}
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) {
		return problem(http.StatusBadRequest, "the body is no intact gzip: %v", err)
	}
	return problem(http.StatusBadRequest, "the body breaks off: %v", err)
}

// outcome is how one part ended.
type outcome struct {
	part int
	err  error
	made []Accepted
}

// verdicts are how the parts of a body ended.
type verdicts struct {
	parts   []format.Part
	lane    way
	done    []bool
	made    [][]Accepted
	refused []outcome
}

func (v *verdicts) add(o outcome) {
	v.done[o.part] = true
	if o.err != nil {
		v.lane.count.Item(intake.Refused)
		v.refused = append(v.refused, o)
		return
	}
	v.lane.count.Item(intake.OK)
	v.made[o.part] = o.made
}

// send gives the parts to the stage, without the first skip of them, and waits
// for their verdicts.
func (h *Handler) send(r *http.Request, l way, hint document.Hint, f format.Format, parts []format.Part, skip int) (Answer, *Problem) {
	ctx, cancel := context.WithTimeout(r.Context(), h.c.Wait)
	defer cancel()
	// Buffered for all: a verdict that comes when nobody waits any more must
	// not hold up the stage.
	ended := make(chan outcome, len(parts))
	v := &verdicts{parts: parts, lane: l, done: make([]bool, len(parts)), made: make([][]Accepted, len(parts))}
	sent := 0
	var late *Problem
	for i, p := range parts[skip:] {
		select {
		case <-h.stop:
			late = busy("the service is stopping")
		default:
			if err := l.queue.Send(ctx, h.input(r, hint, f, p, skip+i, ended)); err != nil {
				late = h.late(err)
			}
		}
		if late != nil {
			break
		}
		sent++
	}
	if stopped := h.await(ctx, v, ended, sent); stopped != nil {
		late = stopped
	}
	answer := Answer{Articles: append([]Accepted{}, slices.Concat(v.made...)...), Lane: l.lane}
	switch {
	case late != nil:
		return Answer{}, v.unfinished(late, answer, skip)
	case len(v.refused) > 0:
		return Answer{}, v.partly(answer)
	}
	return answer, nil
}

// await takes the verdicts of as many parts as were sent, or says why they don't
// come.
func (h *Handler) await(ctx context.Context, v *verdicts, ended <-chan outcome, sent int) *Problem {
	for range sent {
		select {
		case o := <-ended:
			v.add(o)
			continue
		default:
		}
		select {
		case o := <-ended:
			v.add(o)
		case <-v.lane.queue.Stopped():
			return busy("the service stopped before all was safe")
		case <-ctx.Done():
			return h.late(ctx.Err())
		}
	}
	return nil
}

func (h *Handler) input(r *http.Request, hint document.Hint, f format.Format, p format.Part, part int, ended chan<- outcome) intake.Input {
	var mu sync.Mutex
	var made []Accepted
	in := intake.Input{
		Origin: Origin, Data: p.Data, Hint: hint, Format: f.Name, Refused: p.Err, Interactive: true,
		Traceparent: r.Header.Get("Traceparent"),
		Made: func(as []article.Article) {
			mu.Lock()
			defer mu.Unlock()
			made = made[:0]
			for i := range as {
				made = append(made, Accepted{as[i].URI, as[i].Revision})
			}
		},
		Ack: func(v stage.Verdict) {
			mu.Lock()
			defer mu.Unlock()
			ended <- outcome{part, v.Err, made}
		},
	}
	if p.ID != "" {
		in.Key = []byte(hint.Source + " " + p.ID)
	}
	return in
}

// late tells a sender that it isn't known whether its articles are safe. Sent
// again they have the same URI, so none is doubled. Their revision is the same
// where the input says when that version was made, and of text whose URI is its
// hash. Of what has an id and no such time, every attempt is stamped with its own
// time of receipt, and the later is the newer revision, see [article.Article.Stamp]:
// a sender may repeat its last word on such an article, and no older one.
func (h *Handler) late(err error) *Problem {
	if errors.Is(err, intake.ErrStopped) {
		return busy("the service is stopping")
	}
	return busy("not safe within %v: the pipeline is busy", h.c.Wait)
}

// unfinished is the answer when not all verdicts came: which parts have theirs,
// and from where to go on. Otherwise a body that takes longer than a request may
// would begin anew each time, and never come to its end.
func (v *verdicts) unfinished(late *Problem, answer Answer, skip int) *Problem {
	if len(v.parts) == 1 {
		return late
	}
	for skip < len(v.parts) && v.done[skip] {
		skip++
	}
	late.Parts, late.Skip = len(v.parts), skip
	late.Articles, late.Lane = answer.Articles, answer.Lane
	late.Errors = v.faults()
	if n := len(v.refused); n > maxErrors {
		late.Detail += fmt.Sprintf("; %d parts were refused, of which the first %d are named", n, maxErrors)
	}
	if skip > 0 {
		late.Detail += fmt.Sprintf("; the first %d of %d parts are done: send the same body again with skip=%d, or send less at once", skip, len(v.parts), skip)
	}
	return late
}

// partly is the answer when parts were refused: all of them, or some.
func (v *verdicts) partly(answer Answer) *Problem {
	if len(v.parts) == 1 {
		return refusal(v.refused[0].err)
	}
	p := problem(http.StatusUnprocessableEntity, "%d of %d parts were refused", len(v.refused), len(v.parts))
	p.Articles, p.Lane, p.Errors = answer.Articles, answer.Lane, v.faults()
	return p
}

// faults are the refused parts, the first of them.
func (v *verdicts) faults() (fs []Fault) {
	slices.SortFunc(v.refused, func(a, b outcome) int { return a.part - b.part })
	for _, o := range v.refused[:min(len(v.refused), maxErrors)] {
		x := Fault{Part: v.parts[o.part].Label, Detail: o.err.Error()}
		if e, ok := errors.AsType[*document.Error](o.err); ok {
			x.Reason, x.Place = string(e.Reason), e.Place()
		}
		fs = append(fs, x)
	}
	return fs
}
