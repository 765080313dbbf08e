package search_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/web"
)

// keyring writes keys as the operator's tool does.
type keyring struct {
	tb    testing.TB
	table *bus.Table
}

func openKeyring(tb testing.TB, c bus.Config) *keyring {
	tb.Helper()
	b, err := bus.Connect(c, zerolog.New(zerolog.NewTestWriter(tb)).Level(zerolog.WarnLevel))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(b.Close)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.EnsureTopics(ctx, topic.AccessKeys); err != nil {
		tb.Fatal(err)
	}
	table, err := b.OpenTable(ctx, topic.AccessKeys)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := table.Close(); err != nil {
			tb.Error(err)
		}
	})
	return &keyring{tb, table}
}

func (k *keyring) put(key *access.Key) {
	k.tb.Helper()
	row, err := key.Encode()
	if err != nil {
		k.tb.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := k.table.Put(ctx, key.ID, row); err != nil {
		k.tb.Fatal(err)
	}
}

func (k *keyring) add(g access.Grant) (*access.Key, string) {
	k.tb.Helper()
	now := time.Now()
	key := &access.Key{ID: access.NewID(), Name: "The <desk>", Scopes: []access.Scope{access.Read}, Grant: g, CreatedAt: now, CreatedBy: "test"}
	text, err := key.Issue(now, now)
	if err != nil {
		k.tb.Fatal(err)
	}
	k.put(key)
	return key, text
}

// TestKeysReachARunningService: a key that is added, rotated or revoked is so for a
// service that runs, and for the sessions of who logged in with it.
func TestKeysReachARunningService(t *testing.T) {
	n := open(t)
	n.index(
		report{id: "dpa", agency: "dpa", language: "en", headline: "Bridge opens", body: []string{"x"}},
		report{id: "ap", agency: "AP", language: "en", headline: secret, body: []string{secret}},
	)
	file := filepath.Join(t.TempDir(), "session")
	if err := os.WriteFile(file, []byte(strings.Repeat("s", 40)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := search.Config{
		Elasticsearch: n.elastic(), Bus: bus.Config{KafkaBrokers: localtest.Kafka(t), Namespace: string(n.names)},
		SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC",
		Access: search.Access{SearchKeys: true, SearchSessionSecretFile: file, SearchSession: time.Hour, SearchRate: access.MaxRate, SearchRateAnonymous: access.MaxRate},
	}
	keys := openKeyring(t, c.Bus)
	n.base = serve(t, c)
	if p := n.problem("/v1/articles"); p.Status != http.StatusUnauthorized || p.Type != "urn:copytaster:problem:unauthorized" {
		t.Errorf("%+v", p)
	}
	if r := n.get("/readyz"); r.status != http.StatusOK || !strings.Contains(r.body, `"search/keys":"ok"`) {
		t.Errorf("readyz: %d %s", r.status, r.body)
	}

	key, text := keys.add(access.Grant{AgenciesDenied: []string{"AP"}})
	sees := func(base, text string) bool {
		r := get(t, base+"/v1/articles", "Authorization", "Bearer "+text)
		if strings.Contains(r.body, secret) {
			t.Errorf("it tells of what is denied: %s", r.body)
		}
		if r.status == http.StatusOK && !strings.Contains(r.body, "Bridge") {
			t.Errorf("it doesn't tell of what is allowed: %s", r.body)
		}
		return r.status == http.StatusOK
	}
	await(t, "the key is known", func() bool { return sees(n.base, text) })
	second := serve(t, c)
	await(t, "the key is known to another instance", func() bool { return sees(second, text) })

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	page := func(base, path string, form url.Values) (int, string) {
		t.Helper()
		var res *http.Response
		var err error
		if form == nil {
			res, err = browser.Get(base + path)
		} else {
			res, err = browser.PostForm(base+path, form)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	if status, body := page(n.base, "/?q=bridge", nil); status != http.StatusUnauthorized || !strings.Contains(body, `name="next" value="q=bridge"`) {
		t.Errorf("the page before: %d %s", status, body)
	}
	if status, body := page(n.base, "/login", url.Values{"key": {text[:len(text)-1]}, "next": {"q=bridge"}}); status != http.StatusUnauthorized || !strings.Contains(body, "not an API key") || !strings.Contains(body, `value="q=bridge"`) || strings.Contains(body, text[:20]) {
		t.Errorf("a wrong key: %d %s", status, body)
	}
	status, body := page(n.base, "/login", url.Values{"key": {text}, "next": {"q=bridge"}})
	// A program made without the page says so.
	opened := http.StatusOK
	if !web.Built() {
		opened = http.StatusServiceUnavailable
	}
	if status != opened || strings.Contains(body, secret) || web.Built() && (!strings.Contains(body, `The \u003cdesk\u003e`) || !strings.Contains(body, "leave&#34;:true")) {
		t.Errorf("the page: %d %s", status, body)
	}
	// Cookies know no ports: the same browser comes to the other instance.
	if status, _ := page(second, "/", nil); status != opened {
		t.Errorf("another instance doesn't know the session: %d", status)
	}

	// A new secret, while the old one is good; then without.
	rotated, err := key.Issue(time.Now(), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	keys.put(key)
	await(t, "the new secret is known", func() bool { return sees(n.base, rotated) })
	if !sees(n.base, text) {
		t.Error("the old secret is not good any more")
	}
	if status, _ := page(n.base, "/", nil); status != opened {
		t.Errorf("the session by the old secret: %d", status)
	}
	if _, err = key.Issue(time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	keys.put(key)
	await(t, "the old secrets are over", func() bool { return !sees(n.base, text) && !sees(n.base, rotated) })
	if status, body := page(n.base, "/", nil); status != http.StatusUnauthorized || !strings.Contains(body, "session is over") {
		t.Errorf("the session by an old secret: %d %s", status, body)
	}

	other, otherText := keys.add(access.Grant{AgenciesDenied: []string{"AP"}})
	await(t, "the other key is known", func() bool { return sees(n.base, otherText) })
	if status, _ := page(n.base, "/login", url.Values{"key": {otherText}}); status != opened {
		t.Errorf("log in with it: %d", status)
	}
	other.RevokedAt, other.RevokedBy = time.Now(), "test"
	keys.put(other)
	await(t, "it is revoked everywhere", func() bool { return !sees(n.base, otherText) && !sees(second, otherText) })
	if status, _ := page(n.base, "/", nil); status != http.StatusUnauthorized {
		t.Errorf("the session of a revoked key: %d", status)
	}
	if r := n.get("/metrics"); !strings.Contains(r.body, `copytaster_search_key_last_used_timestamp_seconds{key="`+key.ID+`"`) || strings.Contains(r.body, text[13:30]) {
		t.Error("the metrics don't tell when the key was last used, or tell the key")
	}
}

// TestNobodyIsAnsweredBeforeTheKeysAreKnown: without Kafka a service that asks for keys
// waits.
func TestNobodyIsAnsweredBeforeTheKeysAreKnown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nowhere := l.Addr().String()
	ended := make(chan struct{})
	go func() { // nobody else gets the port, and nobody is answered there
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	n := open(t)
	base := start(t, search.Config{
		Elasticsearch: n.elastic(), Bus: bus.Config{KafkaBrokers: []string{nowhere}, Namespace: string(n.names)},
		SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC",
		Access: search.Access{SearchKeys: true, SearchSession: time.Hour, SearchRate: 1},
	})
	var state struct {
		Ready  bool              `json:"ready"`
		Checks map[string]string `json:"checks"`
	}
	await(t, "it says what it waits for", func() bool {
		r := get(t, base+"/readyz")
		return json.Unmarshal([]byte(r.body), &state) == nil && strings.Contains(state.Checks["search/start"], "read the API keys")
	})
	if state.Ready {
		t.Error("it is ready")
	}
	for _, path := range []string{"/v1/articles", "/", "/login"} {
		if got := statusOf(t, base+path); got != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", path, got)
		}
	}
}

// statusOf is that of an answer which may come before the routes are there, and so be none
// of theirs.
func statusOf(t *testing.T, address string) int {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// TestOpenDoor: on an address that others reach, the service doesn't start without keys
// unless it is told to.
func TestOpenDoor(t *testing.T) {
	n := open(t)
	c := search.Config{Elasticsearch: n.elastic(), Bus: bus.Config{Namespace: string(n.names)}, SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "UTC"}
	try := func(c search.Config) (error, bool) {
		t.Helper()
		srv, err := boot.NewServer(boot.Config{Listen: "0.0.0.0:0"}, zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			http.DefaultClient.CloseIdleConnections()
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := srv.Close(ctx); err != nil {
				t.Error(err)
			}
		}()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		kit := srv.Kit("search")
		go func() { ended <- boot.RunService(ctx, search.Service, c, kit) }()
		_, port, err := net.SplitHostPort(srv.Addr())
		if err != nil {
			t.Fatal(err)
		}
		opened := false
		await(t, "it serves or ends", func() bool {
			if len(ended) > 0 {
				return true
			}
			opened = statusOf(t, "http://127.0.0.1:"+port+"/v1/articles") == http.StatusOK
			return opened
		})
		cancel()
		return <-ended, opened
	}
	err, opened := try(c)
	if err == nil || opened {
		t.Fatalf("it serves everybody: %v", err)
	}
	for _, want := range []string{"COPYTASTER_SEARCH_KEYS=true", "copytaster keys add", "COPYTASTER_SEARCH_OPEN=true", "0.0.0.0"} {
		if !strings.Contains(strings.ReplaceAll(err.Error(), "[::]", "0.0.0.0"), want) {
			t.Errorf("it doesn't say %s: %v", want, err)
		}
	}
	c.SearchOpen = true
	if err, opened := try(c); err != nil || !opened {
		t.Errorf("told to: %v", err)
	}
}

func TestAccessSettings(t *testing.T) {
	long := strings.Repeat("x", 40)
	good := map[string]search.Access{
		"nothing":  {},
		"open":     {SearchOpen: true, SearchProxyFrom: []string{"10.0.0.1"}, SearchProxySecretFile: "/secret"},
		"keys":     {SearchKeys: true, SearchSessionSecretFile: "/secret", SearchSession: time.Hour, SearchRate: 1},
		"a proxy":  {SearchProxyUserHeader: "X-User", SearchProxyRoleHeader: "X-Role", SearchProxyFrom: []string{"10.0.0.1"}, SearchRate: 1},
		"and more": {SearchKeys: true, SearchSession: time.Hour, SearchProxyUserHeader: "X-User", SearchProxyRoleHeader: "X-Role", SearchProxyFrom: []string{"10.0.0.1"}, SearchProxySecretFile: "/secret", SearchProxySource: []string{"wire", "site"}, SearchRate: 1},
	}
	wrong := map[string]search.Access{
		"COPYTASTER_SEARCH_OPEN":              {SearchOpen: true, SearchKeys: true, SearchSession: time.Hour, SearchRate: 1},
		"COPYTASTER_SEARCH_SESSION_SECRET":    {SearchKeys: true, SearchSessionSecret: "x", SearchSessionSecretFile: "y", SearchSession: time.Hour, SearchRate: 1},
		"is for who logs in":                  {SearchSessionSecretFile: "y"},
		"COPYTASTER_SEARCH_SESSION)":          {SearchKeys: true, SearchSession: search.MaxSession + 1, SearchRate: 1},
		"COPYTASTER_SEARCH_RATE)":             {SearchKeys: true, SearchSession: time.Hour},
		"COPYTASTER_SEARCH_RATE_ANONYMOUS":    {SearchRateAnonymous: -1},
		"COPYTASTER_SEARCH_PROXY_FROM":        {SearchProxyUserHeader: "X-User", SearchProxyRoleHeader: "X-Role", SearchProxyFrom: []string{"0.0.0.0/0"}, SearchRate: 1},
		"is empty: whoever":                   {SearchProxyUserHeader: "X-User", SearchProxyRoleHeader: "X-Role", SearchRate: 1},
		"COPYTASTER_SEARCH_PROXY_USER_HEADER": {SearchProxyFrom: []string{"10.0.0.1"}, SearchProxyAgency: []string{"dpa"}},
		"and the proxy has a secret":          {SearchProxySecretFile: "/secret"},
		"COPYTASTER_SEARCH_PROXY_NOT_SOURCE":  {SearchProxyUserHeader: "X-User", SearchProxyRoleHeader: "X-Role", SearchProxyFrom: []string{"10.0.0.1"}, SearchRate: 1, SearchProxyNotSource: []string{" site"}},
		"COPYTASTER_SEARCH_PROXY_ROLE_HEADER": {SearchProxyUserHeader: "X-User", SearchProxyRoleHeader: "a b", SearchProxyFrom: []string{"10.0.0.1"}, SearchRate: 1},
		"is no name of a header of its own":   {SearchProxyUserHeader: "X-User", SearchProxyRoleHeader: "x-user", SearchProxyFrom: []string{"10.0.0.1"}, SearchRate: 1},
		"COPYTASTER_SEARCH_PROXY_SECRET)":     {SearchProxyUserHeader: "X-User", SearchProxyRoleHeader: "X-Role", SearchProxyFrom: []string{"10.0.0.1"}, SearchProxySecret: "x", SearchProxySecretFile: "y", SearchRate: 1},
	}
	check := func(a search.Access) error {
		c := search.Config{SearchTimeout: time.Second, SearchRelatedTimeout: time.Second, SearchZone: "UTC", Elasticsearch: elastic.Config{URL: []string{"http://127.0.0.1:9200"}}, Access: a}
		c.Bus.KafkaBrokers = []string{"127.0.0.1:9092"}
		return c.Validate()
	}
	for name, a := range good {
		if err := check(a); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for says, a := range wrong {
		if err := check(a); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q isn't said: %v", says, err)
		}
	}
	// Who corrects must be known.
	c := search.Config{SearchTimeout: time.Second, SearchRelatedTimeout: time.Second, SearchZone: "UTC", Elasticsearch: elastic.Config{URL: []string{"http://127.0.0.1:9200"}}, SearchOverrides: true}
	c.Bus.KafkaBrokers = []string{"127.0.0.1:9092"}
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "COPYTASTER_SEARCH_OVERRIDES") || !strings.Contains(err.Error(), "search-keys") {
		t.Errorf("overrides without keys: %v", err)
	}
	c.SearchKeys, c.SearchSession, c.SearchRate = true, time.Hour, 1
	if err := c.Validate(); err != nil {
		t.Errorf("overrides with keys: %v", err)
	}
	c.SearchOverridesUser = "editor"
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "search-overrides-password-file go together") {
		t.Errorf("a user without a password: %v", err)
	}
	c.SearchOverridesPasswordFile = "editor.password"
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "nobody logs in") {
		t.Errorf("a user where nobody logs in: %v", err)
	}
	c.SearchOverridesUser, c.SearchOverridesPasswordFile = "", ""
	if c.Bus.KafkaBrokers = nil; c.Validate() == nil {
		t.Error("overrides without Kafka are taken")
	}
	e := search.Config{SearchTimeout: time.Second, SearchRelatedTimeout: time.Second, SearchZone: "UTC", Elasticsearch: c.Elasticsearch, SearchEmbargoes: true}
	if err := e.Validate(); err == nil || !strings.Contains(err.Error(), "COPYTASTER_SEARCH_EMBARGOES") || !strings.Contains(err.Error(), "search-keys") {
		t.Errorf("embargoes where nobody is asked: %v", err)
	}
	e.SearchOpen = true
	if err := e.Validate(); err == nil || !strings.Contains(err.Error(), "COPYTASTER_SEARCH_EMBARGOES") {
		t.Errorf("embargoes where everybody is let in: %v", err)
	}
	c.Bus.KafkaBrokers, c.SearchOverrides, c.SearchOperator, c.SearchOperatorEvery = []string{"127.0.0.1:9092"}, false, true, search.MinOperatorEvery
	if err := c.Validate(); err != nil {
		t.Errorf("operators with keys: %v", err)
	}
	for says, change := range map[string]func(c *search.Config){
		"COPYTASTER_SEARCH_OPERATOR)":       func(c *search.Config) { c.SearchKeys, c.SearchSession = false, 0 },
		"COPYTASTER_SEARCH_OPERATOR_EVERY)": func(c *search.Config) { c.SearchOperatorEvery = search.MinOperatorEvery - 1 },
		"is not between 1s and 1m0s":        func(c *search.Config) { c.SearchOperatorEvery = search.MaxOperatorEvery + 1 },
		"kafka-brokers":                     func(c *search.Config) { c.Bus.KafkaBrokers = nil },
	} {
		changed := c
		change(&changed)
		if err := changed.Validate(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q isn't said of operators: %v", says, err)
		}
	}
	// Secrets are read at the start.
	n := open(t)
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, []byte(long[:31]), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{short, short + ".none"} {
		srv, err := boot.NewServer(boot.Config{Listen: "127.0.0.1:0"}, zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		err = boot.RunService(t.Context(), search.Service, search.Config{
			Elasticsearch: n.elastic(), Bus: bus.Config{Namespace: string(n.names), KafkaBrokers: []string{"127.0.0.1:1"}}, SearchTimeout: time.Second, SearchRelatedTimeout: time.Second, SearchZone: "UTC",
			Access: search.Access{SearchKeys: true, SearchSessionSecretFile: file, SearchSession: time.Hour, SearchRate: 1},
		}, srv.Kit("search"))
		if err == nil || !strings.Contains(err.Error(), "search-session-secret-file") || strings.Contains(err.Error(), "xxx") {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
		if err := srv.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
