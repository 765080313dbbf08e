package gate

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/services/search/api"
)

// Patterns of the routes, for [http.ServeMux].
const (
	PatternLogin  = "POST /login"
	PatternForm   = "GET /login"
	PatternLogout = "POST /logout"
)

// reloaded is a cookie by which a browser knows that the page has just loaded itself
// again. Browsers that say that another site led there each time would never end.
const reloaded = "copytaster-reloaded"

// maxForm bounds what is sent to log in, in bytes.
const maxForm = 64 << 10

// Form shows people why they are not let in, with a form to log in if Login.
type Form func(w http.ResponseWriter, r *http.Request, s SignIn)

// SignIn is what such a form says.
type SignIn struct {
	Status int
	Why    string // "": they have only just come
	Login  bool   // there is a way to log in
	Next   string // query of the page that they came for
	// Reload tells that another site led here: a browser sends no session with that,
	// and does when the page loads itself again.
	Reload bool
}

// CanLogin tells whether people can log in with a key.
func (g *Gate) CanLogin() bool { return g.sessions != nil && g.Keys != nil }

// Page is [Gate.For] for what people see: they are refused by a form.
func (g *Gate) Page(scope access.Scope, h http.Handler, form Form) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, no := g.admit(w, r, scope, 1)
		if no == nil {
			h.ServeHTTP(w, r.WithContext(access.With(r.Context(), who)))
			return
		}
		s := SignIn{Status: no.Status, Login: g.CanLogin(), Next: r.URL.RawQuery}
		switch no.reason {
		case "none":
			_, err := r.Cookie(cookieName(g.secure(r)))
			_, before := r.Cookie(reloaded)
			if s.Reload = s.Login && err != nil && before != nil && r.Header.Get("Sec-Fetch-Site") == "cross-site"; s.Reload {
				http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure only where clients come without TLS
					Name: reloaded, Value: "1", Path: "/", MaxAge: 10, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: g.secure(r),
				})
			}
			if !s.Login {
				s.Why = no.Detail
			}
		case "session":
			s.Why = "The session is over. Log in again."
		default:
			s.Why = no.Detail
		}
		g.show(w, r, no, form, s)
	})
}

func (g *Gate) show(w http.ResponseWriter, r *http.Request, no *refusal, form Form, s SignIn) {
	g.refused.WithLabelValues(no.reason).Inc()
	if no.auth != "" {
		w.Header().Set("WWW-Authenticate", no.auth)
	}
	form(w, r, s)
}

// Form answers PatternForm.
func (g *Gate) Form(form Form) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.CanLogin() {
			noLogin().Write(w)
			return
		}
		form(w, r, SignIn{Status: http.StatusOK, Login: true, Next: r.URL.Query().Get("next")})
	})
}

func noLogin() api.Problem {
	return api.Problem{
		Type: api.TypeNotFound, Title: "Not found", Status: http.StatusNotFound, Detail: "Nobody logs in here: the service asks for no keys, or has no secret for sessions.",
	}
}

// Login answers PatternLogin: who sends a good key in the field "key" of a form gets
// a session, and goes on to the page with the query in "next".
func (g *Gate) Login(form Form) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.CanLogin() {
			noLogin().Write(w)
			return
		}
		_, no := g.limit(w, r, nil, 1)
		if no == nil && g.cross.Check(r) != nil {
			no = &refusal{api.Problem{Status: http.StatusForbidden, Detail: "Another site sent this form. Log in from here."}, "origin", ""}
		}
		var next string
		if no == nil {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
			if err := r.ParseForm(); err != nil {
				no = &refusal{api.Problem{Status: http.StatusBadRequest, Detail: "That is no form."}, "malformed", ""}
			}
			next = r.PostForm.Get("next")
		}
		if no == nil {
			no = g.login(w, r)
		}
		if no != nil {
			g.show(w, r, no, form, SignIn{Status: no.Status, Why: sentence(no.Detail), Login: true, Next: next})
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, home(next), http.StatusSeeOther) //nolint:gosec // always of this site, see home
	})
}

func (g *Gate) login(w http.ResponseWriter, r *http.Request) *refusal {
	k, sum, no := g.byKey(strings.TrimSpace(r.PostForm.Get("key")))
	if no != nil {
		return no
	}
	if who := identityOf(k); !who.May(access.Read) {
		return &refusal{api.Problem{Status: http.StatusForbidden, Detail: "This key may not read articles."}, "scope", ""}
	}
	until := g.Now().Add(g.Session)
	if !k.ExpiresAt.IsZero() && k.ExpiresAt.Before(until) {
		until = k.ExpiresAt
	}
	http.SetCookie(w, cookie(g.sessions.token(begin(k, sum, until)), g.secure(r), until))
	g.used.WithLabelValues(k.ID).Set(float64(g.Now().Unix()))
	g.Log.Info().Str("key", k.ID).Str("address", g.Proxy.address(r)).Msg("somebody logged in")
	return nil
}

// Logout answers PatternLogout: the browser forgets its session.
func (g *Gate) Logout() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.CanLogin() {
			noLogin().Write(w)
			return
		}
		if g.cross.Check(r) != nil {
			g.refuse(w, &refusal{api.Problem{
				Type: api.TypeForbidden, Title: "Another site asks", Status: http.StatusForbidden, Detail: "Another site sent this form.",
			}, "origin", ""})
			return
		}
		http.SetCookie(w, cookie("", g.secure(r), g.Now()))
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, home(""), http.StatusSeeOther)
	})
}

// home is the address of the page with that query, of this site whatever it is.
func home(query string) string {
	values, err := url.ParseQuery(query)
	if err != nil || len(values) == 0 {
		return "/"
	}
	return "/?" + values.Encode()
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}
