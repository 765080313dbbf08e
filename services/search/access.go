package search

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/secret"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/search/gate"
)

// Access is who may ask, how often, and how the service knows them.
type Access struct {
	SearchKeys bool `help:"Ask for an API key (copytaster keys add), which Kafka has: see kafka-brokers."`
	SearchOpen bool `help:"Answer whoever reaches it also on an address that is not loopback, without a key."`

	SearchSessionSecret     secret.Text   `help:"Secret that signs the sessions of people who log in with a key, the same for all instances; better in a file. Without one, nobody can log in."`
	SearchSessionSecretFile string        `help:"File with that secret, read at the start." placeholder:"FILE"`
	SearchSession           time.Duration `help:"How long a session lasts at most." default:"12h"`

	SearchRate          int `help:"Requests per minute of a key or person that has no rate of its own." default:"600" placeholder:"N"`
	SearchRateAnonymous int `help:"Requests per minute of an address that shows no good key; 0: 120 where one is asked for, any number elsewhere." default:"0" placeholder:"N"`

	SearchProxyUserHeader string      `help:"Header by which a proxy in front names the person who asks; without it, none is believed. The proxy must take it out of what clients send." placeholder:"NAME"`
	SearchProxyRoleHeader string      `help:"Header by which it says what they are: reader, editor, embargo-editor, operator." default:"X-Forwarded-Role" placeholder:"NAME"`
	SearchProxyFrom       []string    `help:"Addresses or networks that a proxy in front comes from; it says in X-Forwarded-For where a request comes from." placeholder:"ADDRESS,..."`
	SearchProxySecret     secret.Text `help:"Secret by which the proxy is known besides, in the header X-Copytaster-Proxy; better in a file."`
	SearchProxySecretFile string      `help:"File with that secret, read at the start." placeholder:"FILE"`

	SearchProxyAgency    []string `help:"Agencies that the people whom the proxy names may see, and no others." placeholder:"NAME,..."`
	SearchProxyNotAgency []string `help:"Agencies that they may not see." placeholder:"NAME,..."`
	SearchProxySource    []string `help:"Sources that they may see, and no others." placeholder:"NAME,..."`
	SearchProxyNotSource []string `help:"Sources that they may not see." placeholder:"NAME,..."`
}

// proxySecretHeader is where the proxy says its secret.
const proxySecretHeader = "X-Copytaster-Proxy" //nolint:gosec // its name is no secret

// Limits of the settings.
const (
	MinSession = time.Minute
	MaxSession = 30 * 24 * time.Hour
	// anonymousRate is what is meant by 0 where a key is asked for.
	anonymousRate = 120
)

// asks tells that the service asks who comes.
func (a *Access) asks() bool { return a.SearchKeys || a.SearchProxyUserHeader != "" }

func (a *Access) sessionSecret() secret.Source {
	return secret.Source{Text: a.SearchSessionSecret, File: a.SearchSessionSecretFile}
}

func (a *Access) proxySecret() secret.Source {
	return secret.Source{Text: a.SearchProxySecret, File: a.SearchProxySecretFile}
}

// proxyGrant is what the people may see whom the proxy names.
func (a *Access) proxyGrant() access.Grant {
	return access.Grant{Agencies: a.SearchProxyAgency, AgenciesDenied: a.SearchProxyNotAgency, Sources: a.SearchProxySource, SourcesDenied: a.SearchProxyNotSource}
}

// check tells which settings are wrong.
func (a *Access) check(bad func(name string, err error)) {
	if a.SearchOpen && a.asks() {
		bad("search-open", errors.New("is set, and so is search-keys or search-proxy-user-header: take one"))
	}
	for _, s := range []struct {
		name string
		text secret.Text
		file string
	}{
		{"search-session-secret", a.SearchSessionSecret, a.SearchSessionSecretFile},
		{"search-proxy-secret", a.SearchProxySecret, a.SearchProxySecretFile},
	} {
		if s.text != "" && s.file != "" {
			bad(s.name, fmt.Errorf("and %s-file are both set: take one", s.name))
		}
	}
	if a.sessionSecret().Given() && !a.SearchKeys {
		bad("search-session-secret", errors.New("is for who logs in with a key: set search-keys"))
	}
	if a.SearchKeys && (a.SearchSession < MinSession || a.SearchSession > MaxSession) {
		bad("search-session", fmt.Errorf("%v is not between %v and %v", a.SearchSession, MinSession, MaxSession))
	}
	if a.asks() && (a.SearchRate < 1 || a.SearchRate > access.MaxRate) {
		bad("search-rate", fmt.Errorf("%d is not between 1 and %d", a.SearchRate, access.MaxRate))
	}
	if a.SearchRateAnonymous < 0 || a.SearchRateAnonymous > access.MaxRate {
		bad("search-rate-anonymous", fmt.Errorf("%d is not between 0 and %d", a.SearchRateAnonymous, access.MaxRate))
	}
	a.checkProxy(bad)
}

func (a *Access) checkProxy(bad func(name string, err error)) {
	if _, err := gate.ParseFrom(a.SearchProxyFrom); err != nil {
		bad("search-proxy-from", err)
	}
	for name, g := range map[string]access.Grant{
		"search-proxy-agency": {Agencies: a.SearchProxyAgency}, "search-proxy-not-agency": {AgenciesDenied: a.SearchProxyNotAgency},
		"search-proxy-source": {Sources: a.SearchProxySource}, "search-proxy-not-source": {SourcesDenied: a.SearchProxyNotSource},
	} {
		if err := g.Validate(); err != nil {
			bad(name, err)
		}
	}
	if a.SearchProxyUserHeader == "" {
		if !a.proxyGrant().Everything() {
			bad("search-proxy-user-header", errors.New("is empty, and it is said what the people may see whom the proxy names"))
		}
		if a.proxySecret().Given() && len(a.SearchProxyFrom) == 0 {
			bad("search-proxy-from", errors.New("is empty, and the proxy has a secret"))
		}
		return
	}
	if len(a.SearchProxyFrom) == 0 {
		bad("search-proxy-from", errors.New("is empty: whoever reaches the service could say who they are"))
	}
	names := map[string]bool{http.CanonicalHeaderKey(proxySecretHeader): true}
	for name, header := range map[string]string{"search-proxy-user-header": a.SearchProxyUserHeader, "search-proxy-role-header": a.SearchProxyRoleHeader} {
		canonical := http.CanonicalHeaderKey(header)
		if header == "" || strings.Trim(strings.ToLower(header), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || names[canonical] {
			bad(name, fmt.Errorf("%q is no name of a header of its own, such as X-Forwarded-User", header))
		}
		names[canonical] = true
	}
}

// guarded tells why the service would be an open door at addr, the host:port that is
// listened on.
func (a *Access) guarded(addr string) error {
	at, err := netip.ParseAddrPort(addr)
	if a.asks() || a.SearchOpen || err == nil && at.Addr().Unmap().IsLoopback() {
		return nil
	}
	return fmt.Errorf("whoever reaches %s could read every article: set search-keys (COPYTASTER_SEARCH_KEYS=true) and make keys by copytaster keys add, "+
		"listen on loopback, or set search-open (COPYTASTER_SEARCH_OPEN=true) if the network lets none but readers through", addr)
}

// gate is the one before the routes. With keys it waits for Kafka, for as long as it
// takes: before they are known, nobody is answered. Close what it gives.
func (c Config) gate(ctx context.Context, k *boot.Kit) (g *gate.Gate, closeIt func(), err error) {
	closeIt = func() {}
	from, err := gate.ParseFrom(c.SearchProxyFrom)
	if err != nil {
		return nil, closeIt, fmt.Errorf("setting search-proxy-from: %w", err)
	}
	g = &gate.Gate{
		Session: c.SearchSession, Rate: c.SearchRate, RateAnonymous: c.SearchRateAnonymous, Public: c.SearchPublicURL, Local: !c.SearchOpen, Log: k.Log, Now: time.Now,
		Proxy: gate.Proxy{From: from, UserHeader: c.SearchProxyUserHeader, RoleHeader: c.SearchProxyRoleHeader, SecretHeader: proxySecretHeader, Grant: c.proxyGrant()},
	}
	if g.RateAnonymous == 0 && c.asks() {
		g.RateAnonymous = anonymousRate
	}
	if g.SessionSecret, err = secretOf("search-session-secret", c.sessionSecret()); err != nil {
		return nil, closeIt, err
	}
	if g.Proxy.Secret, err = secretOf("search-proxy-secret", c.proxySecret()); err != nil {
		return nil, closeIt, err
	}
	if c.SearchKeys {
		if g.Keys, closeIt, err = c.followKeys(ctx, k); err != nil {
			return nil, closeIt, err
		}
	}
	if err := g.Ready(k.Metrics); err != nil {
		closeIt()
		return nil, func() {}, err
	}
	return g, closeIt, nil
}

func secretOf(name string, s secret.Source) (string, error) {
	if !s.Given() {
		return "", nil
	}
	text, err := s.Get()
	if err == nil && len(text) < gate.MinSecret {
		err = fmt.Errorf("it has %d bytes, at least %d are needed", len(text), gate.MinSecret)
	}
	if err != nil {
		return "", fmt.Errorf("setting %s or %s-file: %w", name, name, err)
	}
	return text, nil
}

// followKeys opens the table of keys. While Kafka is away the keys are what they were,
// and /readyz says so: a key that is revoked meanwhile is still good here.
func (c Config) followKeys(ctx context.Context, k *boot.Kit) (*gate.Keys, func(), error) {
	b, err := bus.Connect(c.Bus, k.Log)
	if err != nil {
		return nil, func() {}, err
	}
	var view *bus.View
	err = k.Await(ctx, "read the API keys", func(ctx context.Context) (err error) {
		if err = b.TryTopics(ctx, topic.AccessKeys); err == nil {
			view, err = b.OpenView(ctx, topic.AccessKeys)
		}
		return err
	})
	if err != nil {
		b.Close()
		return nil, func() {}, err
	}
	k.Ready("keys", view.Ready)
	following, stop := context.WithCancel(ctx)
	return gate.Follow(following, view, k.Log), func() {
		stop()
		_ = view.Close() // nothing is left to write
		b.Close()
	}, nil
}
