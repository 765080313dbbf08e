package gate_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/services/search/gate"
)

// safe is where keys are kept.
type safe struct {
	mu      sync.Mutex
	rows    map[string][]byte
	changed chan struct{}
}

func newSafe() *safe { return &safe{rows: map[string][]byte{}, changed: make(chan struct{})} }

func (s *safe) Range(f func(string, []byte) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, row := range s.rows {
		if !f(id, row) {
			return
		}
	}
}

func (s *safe) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *safe) put(t *testing.T, k *access.Key) {
	t.Helper()
	row, err := k.Encode()
	if err != nil {
		t.Fatal(err)
	}
	s.putRow(k.ID, row)
}

func (s *safe) putRow(id string, row []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[id] = row
	close(s.changed)
	s.changed = make(chan struct{})
}

// door is a gate in a bubble of [synctest], with what is behind it.
type door struct {
	*testing.T
	*gate.Gate
	safe    *safe
	metrics *prometheus.Registry
	log     *strings.Builder
	mux     *http.ServeMux
}

const sessionSecret = "0123456789abcdef0123456789abcdef"

func newDoor(t *testing.T, change func(*gate.Gate)) *door {
	t.Helper()
	d := &door{T: t, safe: newSafe(), metrics: prometheus.NewRegistry(), log: &strings.Builder{}, mux: http.NewServeMux()}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	log := zerolog.New(d.log).Level(zerolog.TraceLevel)
	d.Gate = &gate.Gate{
		Keys: gate.Follow(ctx, d.safe, log), SessionSecret: sessionSecret, Session: time.Hour, Rate: 1000, RateAnonymous: 1000, Log: log, Now: time.Now,
	}
	if change != nil {
		change(d.Gate)
	}
	if err := d.Ready(d.metrics); err != nil {
		t.Fatal(err)
	}
	inside := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := access.Of(r.Context())
		fmt.Fprintf(w, "in: %s %s %v %v %v", who.Name, who.Key, who.Scopes, who.Session, who.Grant)
	})
	form := func(w http.ResponseWriter, _ *http.Request, s gate.SignIn) {
		w.WriteHeader(s.Status)
		fmt.Fprintf(w, "form: %+v", s)
	}
	d.mux.Handle("/read", d.For(access.Read, inside))
	d.mux.Handle("/write", d.For(access.Write, inside))
	d.mux.Handle("GET /{$}", d.Page(access.Read, inside, form))
	d.mux.Handle(gate.PatternForm, d.Form(form))
	d.mux.Handle(gate.PatternLogin, d.Login(form))
	d.mux.Handle(gate.PatternLogout, d.Logout())
	return d
}

// key makes one.
func (d *door) key(change func(*access.Key)) (*access.Key, string) {
	d.Helper()
	now := time.Now()
	k := &access.Key{ID: access.NewID(), Name: "team", Scopes: []access.Scope{access.Read}, CreatedAt: now, CreatedBy: "op"}
	if change != nil {
		change(k)
	}
	text, err := k.Issue(now, now)
	if err != nil {
		d.Fatal(err)
	}
	d.put(k)
	return k, text
}

// put has the gate know of a key.
func (d *door) put(k *access.Key) {
	d.Helper()
	d.safe.put(d.T, k)
	synctest.Wait()
}

// ask sends a request with headers, name and value by turns.
func (d *door) ask(method, target string, header ...string) *httptest.ResponseRecorder {
	d.Helper()
	r := httptest.NewRequest(method, target, nil)
	return d.send(r, header...)
}

func (d *door) send(r *http.Request, header ...string) *httptest.ResponseRecorder {
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "from" {
			r.RemoteAddr = header[i+1]
			continue
		}
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	d.mux.ServeHTTP(w, r)
	return w
}

// login sends the form.
func (d *door) login(key, next string, header ...string) *httptest.ResponseRecorder {
	d.Helper()
	r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(url.Values{"key": {key}, "next": {next}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return d.send(r, header...)
}

func (d *door) want(w *httptest.ResponseRecorder, status int, has string) {
	d.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), has) {
		d.Errorf("%d %q, want %d with %q", w.Code, w.Body, status, has)
	}
}

func inBubble(t *testing.T, f func(t *testing.T)) { t.Helper(); synctest.Test(t, f) }

func TestKeys(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, nil)
		k, text := d.key(func(k *access.Key) { k.Grant = access.Grant{Agencies: []string{"dpa"}} })
		d.want(d.ask("GET", "/read", "Authorization", "Bearer "+text), 200, "in: team "+k.ID+" [read] false {[dpa]")
		d.want(d.ask("GET", "/read", "Authorization", "bearer  "+text), 200, "in: team")
		d.want(d.ask("GET", "/read", "X-API-Key", text), 200, "in: team")
		w := d.ask("GET", "/read")
		d.want(w, 401, "urn:copytaster:problem:unauthorized")
		if got := w.Header().Get("WWW-Authenticate"); got != `Bearer realm="copytaster"` {
			t.Errorf("WWW-Authenticate: %s", got)
		}
		if w.Header().Get("Content-Type") != "application/problem+json" || w.Header().Get("Cache-Control") != "no-store" {
			t.Error(w.Header())
		}
		for _, name := range []string{"Authorization", "X-API-Key", "Cookie"} {
			if !slices.Contains(w.Header().Values("Vary"), name) {
				t.Errorf("caches don't know that it depends on %s", name)
			}
		}
		other, _ := d.key(nil)
		_, foreign := newDoorKey(t)
		for name, header := range map[string][]string{
			"another's secret": {"Authorization", "Bearer " + foreign}, "empty": {"X-API-Key", ""}, "cut": {"X-API-Key", text[:len(text)-1]},
			"two": {"X-API-Key", text, "Authorization", "Bearer " + text}, "no word": {"Authorization", "Bearer ä"}, "nothing behind it": {"Authorization", "Bearer  "},
			"another's id": {"X-API-Key", strings.Replace(text, k.ID, other.ID, 1)},
		} {
			w := d.ask("GET", "/read", header...)
			d.want(w, 401, "API key")
			if got := w.Header().Get("WWW-Authenticate"); !strings.Contains(got, `error="invalid_token"`) && name != "nothing behind it" {
				t.Errorf("%s: WWW-Authenticate: %s", name, got)
			}
		}
		d.want(d.ask("GET", "/read", "Authorization", "Basic dXNlcjpwYXNz"), 401, "Send an API key")
		w = d.ask("GET", "/write", "X-API-Key", text)
		d.want(w, 403, "This needs the scope write.")
		if got := w.Header().Get("WWW-Authenticate"); !strings.Contains(got, `error="insufficient_scope", scope="write"`) {
			t.Errorf("WWW-Authenticate: %s", got)
		}
		if strings.Contains(d.log.String(), text[12:40]) || strings.Contains(w.Body.String(), text[12:40]) {
			t.Error("a key is in the log, or in an answer")
		}
	})
}

func newDoorKey(t *testing.T) (*access.Key, string) {
	t.Helper()
	k := &access.Key{ID: access.NewID(), Name: "x", Scopes: access.Scopes, CreatedBy: "op"}
	text, err := k.Issue(time.Now(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return k, text
}

// What ends a key ends its sessions at the same moment.
func TestKeysEnd(t *testing.T) {
	for name, c := range map[string]struct {
		says string
		end  func(d *door, k *access.Key)
	}{
		"revoked":  {"was revoked", func(d *door, k *access.Key) { k.RevokedAt, k.RevokedBy = time.Now(), "op"; d.put(k) }},
		"removed":  {"no such", func(d *door, k *access.Key) { d.safe.putRow(k.ID, []byte("{}")); synctest.Wait() }},
		"expired":  {"has expired", func(d *door, k *access.Key) { time.Sleep(time.Until(k.ExpiresAt)) }},
		"replaced": {"", func(d *door, k *access.Key) { d.rotate(k, 0) }},
		"overlap":  {"was replaced", func(d *door, k *access.Key) { d.rotate(k, time.Minute); d.still(k); time.Sleep(time.Minute) }},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				d := newDoor(t, nil)
				k, text := d.key(func(k *access.Key) { k.ExpiresAt = time.Now().Add(30 * time.Minute) })
				w := d.login(text, "")
				d.want(w, 303, "")
				if c := w.Result().Cookies()[0]; !c.Expires.Equal(k.ExpiresAt) {
					t.Errorf("the session is good until %v, the key until %v", c.Expires, k.ExpiresAt)
				}
				cookie := w.Result().Cookies()[0].String()
				d.want(d.ask("GET", "/read", "Cookie", cookie), 200, "in: team "+k.ID+" [read] true")
				d.want(d.ask("GET", "/read", "X-API-Key", text), 200, "in:")
				c.end(d, k)
				d.want(d.ask("GET", "/read", "X-API-Key", text), 401, c.says)
				d.want(d.ask("GET", "/read", "Cookie", cookie), 401, "session is over")
				d.want(d.ask("GET", "/?q=a", "Cookie", cookie), 401, "session is over")
				d.want(d.login(text, ""), 401, "form")
			})
		})
	}
}

// rotate gives the key another secret, and sees that it opens.
func (d *door) rotate(k *access.Key, overlap time.Duration) {
	d.Helper()
	text, err := k.Issue(time.Now(), time.Now().Add(overlap))
	if err != nil {
		d.Fatal(err)
	}
	d.put(k)
	d.want(d.ask("GET", "/read", "X-API-Key", text), 200, "in:")
}

// still sees that the secret before the newest is still good.
func (d *door) still(k *access.Key) {
	d.Helper()
	if k.Hashes[0].ExpiresAt.IsZero() || !k.Hashes[0].ExpiresAt.After(time.Now()) {
		d.Error("nothing overlaps")
	}
}

func TestSession(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, nil)
		k, text := d.key(nil)
		w := d.ask("GET", "/?q=niger&sort=time")
		d.want(w, 401, "form: {Status:401 Why: Login:true Next:q=niger&sort=time Reload:false}")
		led := d.ask("GET", "/?q=a", "Sec-Fetch-Site", "cross-site")
		d.want(led, 401, "Reload:true")
		// A browser that says the same of the page that loads itself again is shown the form.
		d.want(d.ask("GET", "/?q=a", "Sec-Fetch-Site", "cross-site", "Cookie", led.Result().Cookies()[0].String()), 401, "Reload:false")
		d.want(d.ask("GET", "/login?next=q%3Dniger"), 200, "Next:q=niger")

		w = d.login(" "+text+"\n", "q=niger&sort=time")
		d.want(w, 303, "")
		if got := w.Header().Get("Location"); got != "/?q=niger&sort=time" {
			t.Errorf("goes on to %s", got)
		}
		c := w.Result().Cookies()[0]
		if c.Name != "copytaster" || !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || !c.Expires.Equal(time.Now().Add(time.Hour).Truncate(time.Second)) || c.Domain != "" {
			t.Errorf("%+v", c)
		}
		if strings.Contains(c.Value, text[13:30]) {
			t.Error("the cookie has the key")
		}
		for _, next := range []string{"//evil.example", "https://evil.example/", "/\\evil", "%0d%0aX: y", "", ";"} {
			if got := d.login(text, next).Header().Get("Location"); !strings.HasPrefix(got, "/?") && got != "/" || strings.Contains(got, "\n") {
				t.Errorf("%q leads to %q", next, got)
			}
		}

		// Another instance with the same secret, and this one after a restart, know it.
		again := newDoor(t, nil)
		again.put(k)
		again.want(again.ask("GET", "/?q=a", "Cookie", c.String()), 200, "in: team")
		strange := newDoor(t, func(g *gate.Gate) { g.SessionSecret = strings.Repeat("x", 32) })
		strange.put(k)
		strange.want(strange.ask("GET", "/?q=a", "Cookie", c.String()), 401, "session is over")

		// Nobody makes a session of something else.
		name, value, _ := strings.Cut(c.String(), "=")
		value, _, _ = strings.Cut(value, ";")
		for i := range len(value) {
			wrong := value[:i] + string("AB"[map[bool]int{true: 1}[value[i] == 'A']]) + value[i+1:]
			if w := d.ask("GET", "/read", "Cookie", name+"="+wrong); w.Code != 401 {
				t.Fatalf("with a wrong character at %d: %d", i, w.Code)
			}
		}
		for _, wrong := range []string{"", value[1:], value + "A", "AAAA"} {
			d.want(d.ask("GET", "/read", "Cookie", name+"="+wrong), 401, "")
		}

		// A key that is given must be good, whatever session comes with it.
		d.want(d.ask("GET", "/read", "Cookie", c.String(), "X-API-Key", "x"), 401, "")
		// What changes something is only for pages of this site.
		writes, writer := d.key(func(k *access.Key) { k.Scopes = access.Editor.Scopes() })
		session := d.login(writer, "").Result().Cookies()[0].String()
		d.want(d.ask("POST", "/write", "Cookie", session, "Sec-Fetch-Site", "same-origin"), 200, writes.ID)
		d.want(d.ask("POST", "/write", "Cookie", session, "Sec-Fetch-Site", "cross-site"), 403, "another site")
		d.want(d.ask("POST", "/write", "Cookie", session, "Origin", "https://evil.example"), 403, "another site")
		d.want(d.ask("POST", "/write", "X-API-Key", writer, "Origin", "https://evil.example"), 200, "")
		for _, path := range []string{"/login", "/logout"} {
			for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
				if w := d.ask("POST", path, header...); w.Code != 403 || len(w.Result().Cookies()) != 0 {
					t.Errorf("%s %v: %d %v", path, header, w.Code, w.Result().Cookies())
				}
			}
		}

		w = d.ask("POST", "/logout", "Cookie", c.String(), "Sec-Fetch-Site", "same-origin")
		if gone := w.Result().Cookies()[0]; w.Code != 303 || gone.Value != "" || gone.MaxAge >= 0 || gone.Name != c.Name {
			t.Errorf("logout: %d %+v", w.Code, gone)
		}
		d.want(d.ask("GET", "/read", "Cookie", c.String()), 200, "") // until it is over by itself
		time.Sleep(time.Hour - time.Since(time.Now().Truncate(time.Second)))
		d.want(d.ask("GET", "/read", "Cookie", c.String()), 401, "session is over")
		if strings.Contains(d.log.String(), text[12:40]) || strings.Contains(d.log.String(), value) {
			t.Error("a secret is in the log")
		}
	})
}

func TestSessionByTLS(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, func(g *gate.Gate) { g.Public = "https://news.example/search" })
		_, text := d.key(nil)
		w := d.login(text, "", "Origin", "https://news.example")
		d.want(w, 303, "")
		if c := w.Result().Cookies()[0]; c.Name != "__Host-copytaster" || !c.Secure || c.Path != "/" || c.Domain != "" {
			t.Errorf("%+v", c)
		}
		d.want(d.login(text, "", "Origin", "https://other.example"), 403, "Another site")
	})
}

func TestNoLogin(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, func(g *gate.Gate) { g.SessionSecret = "" })
		_, text := d.key(nil)
		d.want(d.ask("GET", "/"), 401, "Send an API key")
		d.want(d.ask("GET", "/", "X-API-Key", text), 200, "in:")
		d.want(d.login(text, ""), 404, "Nobody logs in here")
		d.want(d.ask("GET", "/login"), 404, "")
		d.want(d.ask("POST", "/logout"), 404, "")
		d.want(d.ask("GET", "/", "Cookie", "copytaster=x"), 401, "")
	})
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, nil)
		_, text := d.key(func(k *access.Key) { k.Scopes = []access.Scope{access.Operate} })
		if w := d.login(text, ""); w.Code != 403 || len(w.Result().Cookies()) != 0 {
			t.Errorf("a key that may not read logs in: %d", w.Code)
		}
		r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader("key="+strings.Repeat("x", 1<<20)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		d.want(d.send(r), 400, "no form")
	})
}

func TestOpen(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, func(g *gate.Gate) { g.Keys, g.RateAnonymous = nil, 0 })
		for range 5 {
			d.want(d.ask("GET", "/read"), 200, "in:   [read] false")
		}
		d.want(d.ask("GET", "/write"), 403, "")
	})
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, func(g *gate.Gate) { g.Keys, g.RateAnonymous = nil, 2 })
		d.want(d.ask("GET", "/read"), 200, "")
		d.want(d.ask("GET", "/read"), 200, "")
		d.want(d.ask("GET", "/read"), 429, "")
	})
}

// A name of somebody else's may be made to lead to this machine, with their scripts behind it.
func TestOpenAnswersToItsOwnNames(t *testing.T) {
	for _, c := range []struct {
		host, public string
		open         bool // to the network
		want         int
	}{
		{host: "127.0.0.1:8804", want: 200},
		{host: "[::1]:8804", want: 200},
		{host: "192.0.2.7", want: 200},
		{host: "localhost:8804", want: 200},
		{host: "LOCALHOST", want: 200},
		{host: "news.localhost:8804", want: 200},
		{host: "evil.example:8804", want: 403},
		{host: "localhost.evil.example", want: 403},
		{host: "127.0.0.1.evil.example", want: 403},
		{host: "", want: 403},
		{host: "news.example", public: "https://news.example/search", want: 200},
		{host: "evil.example", public: "https://news.example/search", want: 403},
		{host: "anything.example", open: true, want: 200},
	} {
		inBubble(t, func(t *testing.T) {
			d := newDoor(t, func(g *gate.Gate) { g.Keys, g.Public, g.Local = nil, c.public, !c.open })
			r := httptest.NewRequest(http.MethodGet, "/read", nil)
			r.Host = c.host
			w := httptest.NewRecorder()
			d.mux.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("%+v: %d %s", c, w.Code, w.Body)
			}
		})
	}
}

func TestProxy(t *testing.T) {
	behind := func(g *gate.Gate) {
		g.Proxy = gate.Proxy{
			From: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, UserHeader: "X-User", RoleHeader: "X-Role",
			SecretHeader: "X-Proxy", Secret: "known to both of us, and to no other",
		}
		g.SessionSecret = ""
	}
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, behind)
		good := []string{"from", "10.1.2.3:999", "X-Proxy", "known to both of us, and to no other", "X-User", "m.ito", "X-Role", "editor"}
		with := func(name, value string) []string {
			h := slices.Clone(good)
			if i := slices.Index(h, name); i >= 0 {
				h[i+1] = value
				return h
			}
			return append(h, name, value)
		}
		d.want(d.ask("GET", "/read", good...), 200, "in: m.ito  [read write] true")
		d.want(d.ask("POST", "/write", good...), 200, "m.ito")
		d.want(d.ask("POST", "/write", append(good, "Sec-Fetch-Site", "cross-site")...), 403, "another site")
		d.want(d.ask("GET", "/read", with("from", "[::ffff:10.1.9.9]:1")...), 200, "m.ito")
		d.want(d.ask("POST", "/write", with("X-Role", "reader")...), 403, "scope write")
		for name, header := range map[string][]string{
			"another address": with("from", "10.2.0.1:1"), "IPv6": with("from", "[2001:db8::1]:1"), "a socket": with("from", "@"),
			"no secret": with("X-Proxy", ""), "wrong secret": with("X-Proxy", "known to both of us, and to no othes"), "no user": with("X-User", ""),
			"two secrets": append(good, "X-Proxy", "x"), "a strange name": with("X-User", "a\x01"), "a long name": with("X-User", strings.Repeat("x", access.MaxWho+1)),
			"two users": append(good, "X-User", "root"), "two roles": append(good, "X-Role", "operator"),
		} {
			if w := d.ask("GET", "/read", header...); w.Code != 401 {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
		}
		for _, role := range []string{"", "admin", "Reader", "reader,operator"} {
			d.want(d.ask("GET", "/read", with("X-Role", role)...), 403, "scope read")
		}
		// A key counts before it.
		k, text := d.key(nil)
		d.want(d.ask("GET", "/read", with("X-API-Key", text)...), 200, "in: team "+k.ID)
		d.want(d.ask("GET", "/read", with("X-API-Key", "x")...), 401, "")
		d.want(d.ask("GET", "/read", with("Authorization", "Bearer "+text)...), 200, "in: team "+k.ID)
		d.want(d.ask("GET", "/read", with("Authorization", "Bearer "+text[:20])...), 401, "not an API key")
		// What it knows the person by may come along, and is nothing for others to send.
		w := d.ask("GET", "/read", with("Authorization", "Bearer eyJhbGciOiJSUzI1NiJ9.e30.x")...)
		d.want(w, 200, "in: m.ito ")
		if vary := w.Header().Values("Vary"); !slices.Contains(vary, "X-User") || !slices.Contains(vary, "Cookie") {
			t.Errorf("answers vary by %q", vary)
		}
		d.want(d.ask("GET", "/read", "Authorization", "Bearer eyJhbGciOiJSUzI1NiJ9.e30.x"), 401, "not an API key")
	})
	// What the people may see whom it names can be said.
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, func(g *gate.Gate) { behind(g); g.Proxy.Grant = access.Grant{AgenciesDenied: []string{"dpa"}} })
		d.want(d.ask("GET", "/read", "from", "10.1.2.3:999", "X-Proxy", "known to both of us, and to no other", "X-User", "m.ito", "X-Role", "reader"), 200, "[dpa]")
		k, text := d.key(nil)
		if w := d.ask("GET", "/read", "from", "10.1.2.3:999", "X-API-Key", text); w.Code != 200 || strings.Contains(w.Body.String(), "[dpa]") {
			t.Errorf("a key by way of the proxy, %s: %d %s", k.ID, w.Code, w.Body)
		}
	})
	// Without a proxy nobody is believed.
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, nil)
		d.want(d.ask("GET", "/read", "X-User", "root", "X-Role", "operator", "X-Forwarded-User", "root", "X-Forwarded-Role", "operator"), 401, "")
	})
	// Addresses behind it are told apart by what it says last.
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, func(g *gate.Gate) { behind(g); g.RateAnonymous = 1 })
		ask := func(from, forwarded string) int {
			return d.ask("GET", "/read", "from", from, "X-Forwarded-For", forwarded, "X-Proxy", "known to both of us, and to no other").Code
		}
		for i, c := range []struct {
			from, forwarded string
			want            int
		}{
			{"10.1.0.1:1", "1.1.1.1", 401},
			{"10.1.0.1:1", "2.2.2.2, 1.1.1.1", 429},
			{"10.1.0.1:1", "1.1.1.1, 2.2.2.2", 401},
			{"9.9.9.9:1", "3.3.3.3", 401},
			{"9.9.9.9:1", "4.4.4.4", 429}, // nobody else is believed
			{"[2001:db8::1]:1", "", 401},
			{"[2001:db8::2]:1", "", 429},
			{"[2001:db8:0:1::1]:1", "", 401},
		} {
			if got := ask(c.from, c.forwarded); got != c.want {
				t.Errorf("%d: %d, want %d", i, got, c.want)
			}
		}
		if n := strings.Count(d.log.String(), "search-proxy-from"); n != 1 {
			t.Errorf("that nobody else is believed is said %d times: %s", n, d.log)
		}
	})
	// Without the secret it is anybody at the proxy's address.
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, func(g *gate.Gate) { behind(g); g.RateAnonymous = 1 })
		for i, want := range []int{401, 429} {
			if w := d.ask("GET", "/read", "from", "10.1.0.1:1", "X-Forwarded-For", fmt.Sprint("1.1.1.", i)); w.Code != want {
				t.Errorf("%d: %d, want %d", i, w.Code, want)
			}
		}
		if !strings.Contains(d.log.String(), "search-proxy-from") {
			t.Errorf("it isn't said: %s", d.log)
		}
	})
}

func TestParseFrom(t *testing.T) {
	got, err := gate.ParseFrom([]string{"10.0.0.7", "10.1.2.3/16", "2001:db8::1", "::ffff:10.0.0.8"})
	if err != nil || fmt.Sprint(got) != "[10.0.0.7/32 10.1.0.0/16 2001:db8::1/128 10.0.0.8/32]" {
		t.Error(got, err)
	}
	for _, wrong := range []string{"", "proxy.example", "10.0.0.0/33", "0.0.0.0/0", "::/0", "fe80::1%eth0"} {
		if _, err := gate.ParseFrom([]string{wrong}); err == nil {
			t.Errorf("%q passes", wrong)
		}
	}
}

func TestRates(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, func(g *gate.Gate) { g.Rate, g.RateAnonymous = 3, 2 })
		_, slow := d.key(func(k *access.Key) { k.Rate = 1 })
		_, usual := d.key(nil)
		w := d.ask("GET", "/read", "X-API-Key", slow)
		d.want(w, 200, "")
		if w.Header().Get("RateLimit-Policy") != `"key";q=1;w=60` || w.Header().Get("RateLimit") != `"key";r=0;t=60` {
			t.Error(w.Header())
		}
		w = d.ask("GET", "/read", "X-API-Key", slow)
		d.want(w, 429, "urn:copytaster:problem:too-many-requests")
		if w.Header().Get("Retry-After") != "60" || w.Header().Get("RateLimit") != `"key";r=0;t=60` {
			t.Error(w.Header())
		}
		for i := range 4 {
			if w := d.ask("GET", "/read", "X-API-Key", usual); (w.Code == 200) != (i < 3) {
				t.Errorf("request %d: %d", i, w.Code)
			}
		}
		// By a session it is the same key.
		time.Sleep(time.Minute)
		c := d.login(slow, "").Result().Cookies()[0].String()
		d.want(d.ask("GET", "/read", "Cookie", c), 200, "")
		d.want(d.ask("GET", "/read", "X-API-Key", slow), 429, "")
		// Who tries keys pays by address, the form included.
		time.Sleep(time.Minute)
		d.want(d.ask("GET", "/read", "X-API-Key", "x"), 401, "")
		d.want(d.login("x", ""), 401, "")
		w = d.login(usual, "")
		d.want(w, 429, "form")
		if len(w.Result().Cookies()) != 0 || w.Header().Get("Retry-After") != "30" || w.Header().Get("RateLimit-Policy") != `"address";q=2;w=60` {
			t.Error(w.Header())
		}
		d.want(d.ask("GET", "/read"), 429, "")
		d.want(d.ask("GET", "/read", "X-API-Key", usual), 200, "")
	})
}

// TestCosts: what costs more than a request takes more of what may be sent, at most all.
func TestCosts(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, func(g *gate.Gate) { g.Rate = 12 })
		d.mux.Handle("/dear", d.Costing(5, access.Read, http.NotFoundHandler()))
		_, text := d.key(nil)
		_, slow := d.key(func(k *access.Key) { k.Rate = 2 })
		d.want(d.ask("GET", "/dear", "X-API-Key", text), 404, "")
		w := d.ask("GET", "/dear", "X-API-Key", text)
		d.want(w, 404, "")
		if got := w.Header().Get("RateLimit"); got != `"key";r=2;t=50` {
			t.Error(got)
		}
		w = d.ask("GET", "/dear", "X-API-Key", text)
		d.want(w, 429, "counts as 5")
		if got := w.Header().Get("Retry-After"); got != "15" {
			t.Errorf("retry after %s", got)
		}
		d.want(d.ask("GET", "/read", "X-API-Key", text), 200, "")
		time.Sleep(20 * time.Second)
		d.want(d.ask("GET", "/dear", "X-API-Key", text), 404, "")
		d.want(d.ask("GET", "/dear", "X-API-Key", slow), 404, "")
		d.want(d.ask("GET", "/read", "X-API-Key", slow), 429, "")
	})
}

// TestWhatIsRefusedCostsOne: a request that is refused before it was any work.
func TestWhatIsRefusedCostsOne(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, func(g *gate.Gate) { g.Rate, g.RateAnonymous = 12, 12 })
		refused := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			access.Of(r.Context()).GiveBack()
			w.WriteHeader(http.StatusBadRequest)
		})
		d.mux.Handle("/dear", d.Costing(5, access.Read, refused))
		d.mux.Handle("/dearest", d.Costing(50, access.Read, refused))
		_, text := d.key(nil)
		for i, path := range []string{"/dear", "/dear", "/dearest"} {
			if i == 2 {
				time.Sleep(10 * time.Second)
			}
			w := d.ask("GET", path, "X-API-Key", text)
			d.want(w, 400, "")
			if got, want := w.Header().Get("RateLimit"), fmt.Sprintf(`"key";r=%d;t=%d`, 11-i%2, 5*(1+i%2)); got != want {
				t.Errorf("%s, %d: %s, want %s", path, i, got, want)
			}
		}
	})
}

// TestManyAddresses: whoever has many addresses makes no key's requests forgotten.
func TestManyAddresses(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, func(g *gate.Gate) { g.Rate = 1 })
		_, text := d.key(nil)
		d.want(d.ask("GET", "/read", "X-API-Key", text), 200, "")
		for i := range gate.MaxBuckets + 1 {
			d.want(d.ask("GET", "/read", "from", fmt.Sprintf("[2001:db8:%x:%x::1]:1", i>>16, i&0xffff)), 401, "")
		}
		d.want(d.ask("GET", "/read", "X-API-Key", text), 429, "")
	})
}

func TestMetrics(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, nil)
		k, text := d.key(nil)
		d.ask("GET", "/read", "X-API-Key", text)
		d.ask("GET", "/read")
		d.ask("GET", "/write", "X-API-Key", text)
		d.ask("GET", "/")
		d.safe.putRow("abcdefgh", []byte(`{"id":"abcdefgh","countries_denied":["FR"]}`))
		synctest.Wait()
		all, err := d.metrics.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, f := range all {
			for _, m := range f.Metric {
				name := f.GetName()
				for _, l := range m.Label {
					name += " " + l.GetValue()
				}
				got[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
		for name, want := range map[string]float64{
			"copytaster_search_key_last_used_timestamp_seconds " + k.ID: float64(time.Now().Unix()), "copytaster_search_refused_total none": 2,
			"copytaster_search_refused_total scope": 1, "copytaster_search_keys_unreadable": 1,
		} {
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		if !strings.Contains(d.log.String(), "abcdefgh") {
			t.Errorf("a row that can't be read isn't told: %s", d.log)
		}
	})
}
