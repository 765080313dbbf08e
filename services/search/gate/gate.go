// Package gate stands before the routes: it finds out who sends a request, holds
// them to what they may do and how often, and lets people log in.
package gate

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/services/search/api"
)

// Gate is the one before all routes. Its methods may be called at once by many.
type Gate struct {
	// Keys are the API keys; nil: there are none. Without keys and without a proxy
	// that says who comes, everybody may read everything.
	Keys *Keys
	// SessionSecret signs sessions; "": nobody can log in. Session is how long one is
	// good at most.
	SessionSecret string
	Session       time.Duration
	Proxy         Proxy
	// Rate is how many requests per minute a key or person may send that has no rate of
	// their own; RateAnonymous likewise, by address, those who have shown neither. 0: any number.
	Rate, RateAnonymous int
	// Public is where clients reach the service; "": as they called it.
	Public string
	// Local tells that nobody is asked because only this machine reaches the service.
	// Then it answers to this machine's names alone: else a page of another site could
	// have its own name resolved to this machine, and its scripts would read everything.
	Local bool
	Log   zerolog.Logger
	Now   func() time.Time

	sessions *sessions
	limits   *limiter // of keys and people
	places   *limiter // of addresses
	strange  sync.Once
	cross    *http.CrossOriginProtection
	used     *prometheus.GaugeVec
	refused  *prometheus.CounterVec
}

// Ready makes the gate usable, with its metrics in m; call it once, before all else.
func (g *Gate) Ready(m prometheus.Registerer) error {
	g.limits, g.places = newLimiter(g.Now, MaxBuckets), newLimiter(g.Now, MaxBuckets)
	if g.SessionSecret != "" {
		g.sessions = newSessions(g.SessionSecret)
	}
	g.cross = http.NewCrossOriginProtection()
	if g.Public != "" {
		scheme, rest, _ := strings.Cut(g.Public, "://")
		host, _, _ := strings.Cut(rest, "/")
		if err := g.cross.AddTrustedOrigin(scheme + "://" + host); err != nil {
			return fmt.Errorf("setting search-public-url: %w", err)
		}
	}
	g.used = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "copytaster_search_key_last_used_timestamp_seconds",
		Help: "When each API key was last used with this process, as a key or by a session, by its id.",
	}, []string{"key"})
	g.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "copytaster_search_refused_total",
		Help: "Requests that were refused before they were looked at, by the reason.",
	}, []string{"reason"})
	errs := []error{m.Register(g.used), m.Register(g.refused)}
	if g.Keys != nil {
		errs = append(errs, m.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "copytaster_search_keys_unreadable", Help: "API keys that can't be read, and so open nothing.",
		}, func() float64 { return float64(g.Keys.unread.Load()) })))
	}
	return errors.Join(errs...)
}

// Open tells that nobody is asked who they are.
func (g *Gate) Open() bool { return g.Keys == nil && !g.Proxy.on() }

// refusal is why a request isn't answered.
type refusal struct {
	api.Problem
	reason string // for the metric
	auth   string // WWW-Authenticate
}

const realm = `Bearer realm="copytaster"`

func unauthorized(reason, detail, auth string) *refusal {
	return &refusal{api.Problem{Type: api.TypeUnauthorized, Title: "Who asks?", Status: http.StatusUnauthorized, Detail: detail}, reason, auth}
}

func invalid(reason, detail string) *refusal {
	return unauthorized(reason, detail, realm+`, error="invalid_token", error_description="`+detail+`"`)
}

// For answers by h whoever may ask for what has that scope, and refuses others by a
// problem. h finds them in its request's context by [access.Of].
func (g *Gate) For(scope access.Scope, h http.Handler) http.Handler { return g.Costing(1, scope, h) }

// Costing is [Gate.For] for what costs as much as so many requests.
func (g *Gate) Costing(requests int, scope access.Scope, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, no := g.admit(w, r, scope, requests)
		if no != nil {
			g.refuse(w, no)
			return
		}
		h.ServeHTTP(w, r.WithContext(access.With(r.Context(), who)))
	})
}

// admitAnyone lets in whoever comes, where nobody is asked who they are.
func (g *Gate) admitAnyone(w http.ResponseWriter, r *http.Request, requests int) (who access.Identity, no *refusal) {
	if g.Local && !g.ours(r.Host) {
		return who, &refusal{api.Problem{
			Type: api.TypeForbidden, Title: "Another name is asked", Status: http.StatusForbidden,
			Detail: "The service asks nobody who they are, so it answers only where it is called by an address or as localhost. " +
				"Behind a proxy, set search-public-url to the address that clients call.",
		}, "host", ""}
	}
	who.Scopes, who.Sender = access.Reader.Scopes(), g.Proxy.address(r)
	who.GiveBack, no = g.limit(w, r, nil, requests)
	return who, no
}

// admit finds out who sends r, and whether that is to be answered. It sets the headers
// of rates, and tells caches that the answer depends on who asks.
func (g *Gate) admit(w http.ResponseWriter, r *http.Request, scope access.Scope, requests int) (access.Identity, *refusal) {
	g.notice(r)
	if g.Open() {
		who, no := g.admitAnyone(w, r, requests)
		if no != nil {
			return who, no
		}
		return who, g.may(r, &who, scope)
	}
	for _, name := range []string{"Authorization", "X-API-Key", "Cookie", g.Proxy.UserHeader} {
		if name != "" {
			w.Header().Add("Vary", name)
		}
	}
	who, no := g.identify(r)
	if no != nil {
		if _, over := g.limit(w, r, nil, 1); over != nil {
			return who, over
		}
		return who, no
	}
	if who.GiveBack, no = g.limit(w, r, &who, requests); no != nil {
		return who, no
	}
	who.Again = func() (access.Identity, error) { return g.again(r, scope) }
	if who.Key != "" {
		g.used.WithLabelValues(who.Key).Set(float64(g.Now().Unix()))
	}
	return who, g.may(r, &who, scope)
}

// notice tells operators, once, of a proxy that isn't known for one: everybody who comes
// by it pays out of one bucket.
func (g *Gate) notice(r *http.Request) {
	if g.RateAnonymous > 0 && r.Header.Get(forwardedFor) != "" && !g.Proxy.is(r) {
		g.strange.Do(func() {
			g.Log.Warn().Str("address", r.RemoteAddr).Msg("a request says by X-Forwarded-For for whom it asks, and comes from no proxy of search-proxy-from, " +
				"or without its secret: rates of addresses count all who come by there as one")
		})
	}
}

// again is who sends r by now; an [*api.RefusedError] if they may not ask for it any more.
func (g *Gate) again(r *http.Request, scope access.Scope) (access.Identity, error) {
	who, no := g.identify(r)
	if no == nil {
		no = g.may(r, &who, scope)
	}
	if no != nil {
		return access.Identity{}, &api.RefusedError{Problem: no.Problem}
	}
	return who, nil
}

// ours tells whether host, with or without a port, is one by which this machine or
// search-public-url is called.
func (g *Gate) ours(host string) bool {
	called := (&url.URL{Host: host}).Hostname()
	if _, err := netip.ParseAddr(called); err == nil {
		return true
	}
	public, err := url.Parse(g.Public)
	called = strings.ToLower(called)
	return called == "localhost" || strings.HasSuffix(called, ".localhost") || err == nil && g.Public != "" && called == strings.ToLower(public.Hostname())
}

// may tells why who may not ask for what has that scope by r; nil: they may.
func (g *Gate) may(r *http.Request, who *access.Identity, scope access.Scope) *refusal {
	if who.Session && g.cross.Check(r) != nil {
		return &refusal{api.Problem{
			Type: api.TypeForbidden, Title: "Another site asks", Status: http.StatusForbidden,
			Detail: "A browser sends this for a page of another site.",
		}, "origin", ""}
	}
	if !who.May(scope) {
		return &refusal{api.Problem{
			Type: api.TypeForbidden, Title: "That is not allowed", Status: http.StatusForbidden,
			Detail: fmt.Sprintf("This needs the scope %s.", scope),
		}, "scope", realm + `, error="insufficient_scope", scope="` + string(scope) + `"`}
	}
	return nil
}

// identify finds out who sends a request: by its key, its session, or its proxy's
// word, in that order. A key that is given must be good.
func (g *Gate) identify(r *http.Request) (access.Identity, *refusal) {
	who, no := g.whose(r)
	who.Sender = "key " + who.Key
	if who.Key == "" {
		who.Sender = "user " + who.Name
	}
	return who, no
}

func (g *Gate) whose(r *http.Request) (access.Identity, *refusal) {
	// A proxy may pass on the token by which it knows the person: that isn't for here.
	text, no := keyOf(r, g.Proxy.trusted(r))
	if no != nil {
		return access.Identity{}, no
	}
	if text != "" {
		k, _, no := g.byKey(text)
		if no != nil {
			return access.Identity{}, no
		}
		return identityOf(k), nil
	}
	if g.Proxy.trusted(r) {
		who, named, err := g.Proxy.identity(r)
		if err != nil {
			return who, invalid("proxy", err.Error())
		}
		if named {
			return who, nil
		}
	}
	return g.bySession(r)
}

func (g *Gate) bySession(r *http.Request) (access.Identity, *refusal) {
	const ask = "Send an API key: Authorization: Bearer KEY, or X-API-Key: KEY."
	c, err := r.Cookie(cookieName(g.secure(r)))
	if err != nil || g.sessions == nil || g.Keys == nil {
		return access.Identity{}, unauthorized("none", ask, realm)
	}
	now := g.Now()
	s, err := g.sessions.read(c.Value, now)
	if err == nil {
		if k := g.Keys.Key(s.id); k != nil && k.Still(s.mark[:], now) == nil {
			who := identityOf(k)
			who.Session = true
			return who, nil
		}
	}
	return access.Identity{}, unauthorized("session", "The session is over: log in again, or send an API key.", realm)
}

func identityOf(k *access.Key) access.Identity {
	return access.Identity{Name: k.Name, Key: k.ID, Scopes: k.Scopes, Grant: k.Grant, Rate: k.Rate}
}

// keyOf is the key that a request gives; "" if it gives none. tokens tells that there may
// be others for Authorization than ours.
func keyOf(r *http.Request, tokens bool) (string, *refusal) {
	var given []string
	for _, v := range r.Header.Values("Authorization") {
		if scheme, rest, ok := strings.Cut(strings.TrimSpace(v), " "); ok && strings.EqualFold(scheme, "Bearer") {
			if rest = strings.TrimSpace(rest); !tokens || strings.HasPrefix(rest, access.Prefix) {
				given = append(given, rest)
			}
		}
	}
	for _, v := range r.Header.Values("X-API-Key") {
		given = append(given, strings.TrimSpace(v))
	}
	switch {
	case len(given) == 0:
		return "", nil
	case len(given) > 1:
		return "", invalid("malformed", "the request gives more than one API key")
	case given[0] == "":
		return "", invalid("malformed", access.ErrMalformed.Error())
	}
	return given[0], nil
}

// byKey is the key whose text that is, if it is good.
func (g *Gate) byKey(text string) (*access.Key, access.Sum, *refusal) {
	id, sum, err := access.Parse(text)
	if err != nil {
		return nil, sum, invalid("malformed", err.Error())
	}
	if g.Keys == nil {
		return nil, sum, invalid("unknown", access.ErrUnknown.Error())
	}
	k := g.Keys.Key(id)
	if k == nil {
		return nil, sum, invalid("unknown", access.ErrUnknown.Error())
	}
	if err := k.Opens(sum, g.Now()); err != nil {
		g.Log.Debug().Err(err).Str("key", id).Msg("an API key opens nothing")
		return nil, sum, invalid(reason(err), err.Error())
	}
	return k, sum, nil
}

func reason(err error) string {
	switch {
	case errors.Is(err, access.ErrRevoked):
		return "revoked"
	case errors.Is(err, access.ErrExpired), errors.Is(err, access.ErrReplaced):
		return "expired"
	}
	return "unknown"
}

// RateOf is how many requests per minute who may send; 0: any number.
func (g *Gate) RateOf(who access.Identity) int {
	switch {
	case g.Open():
		return g.RateAnonymous
	case who.Rate > 0:
		return who.Rate
	}
	return g.Rate
}

// limit takes so many requests from what the sender of r may send; who is nil if that
// isn't known. giveBack is for [access.Identity].
func (g *Gate) limit(w http.ResponseWriter, r *http.Request, who *access.Identity, requests int) (giveBack func(), no *refusal) {
	policy, name, rate, buckets := "address", "", g.RateAnonymous, g.places
	if who != nil {
		policy, rate, buckets = "key", g.RateOf(*who), g.limits
		name = who.Sender
		if who.Key == "" {
			policy = "user"
		}
	}
	if rate <= 0 {
		return nil, nil
	}
	if name == "" {
		name = g.Proxy.address(r)
	}
	q := buckets.take(name, rate, requests)
	q.policy = policy
	q.tell(w.Header())
	if q.ok {
		if requests == 1 {
			return nil, nil
		}
		return func() {
			q := buckets.give(name, rate, min(requests, rate)-1)
			q.policy = policy
			q.tell(w.Header())
		}, nil
	}
	return nil, &refusal{api.Problem{
		Type: api.TypeTooMany, Title: "Too many requests", Status: http.StatusTooManyRequests,
		Detail: fmt.Sprintf("%d requests per minute are allowed, and this counts as %d; Retry-After says when it will be answered.", rate, min(requests, rate)),
	}, "rate", ""}
}

func (g *Gate) refuse(w http.ResponseWriter, no *refusal) {
	g.refused.WithLabelValues(no.reason).Inc()
	if no.auth != "" {
		w.Header().Set("WWW-Authenticate", no.auth)
	}
	no.Write(w)
}

// secure tells whether clients reach the service by TLS.
func (g *Gate) secure(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(g.Public, "https://")
}
