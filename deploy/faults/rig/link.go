package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/rs/zerolog/log"
)

// Link is a network link that can be made bad.
type Link struct {
	Addr string // where clients come to, host:port
	port int    // of the server behind it

	relay relay

	mu     sync.Mutex
	name   string
	server *toxiproxy.ApiServer
	proxy  *toxiproxy.Proxy
	toxics []named
}

// changeLimit is how long a change of the toxics may take. Toxiproxy changes those
// of every open connection with its lock held, and waits for each to give way; one
// that ends just then waits for the lock, and both wait for ever.
const changeLimit = 10 * time.Second

// named is a toxic as toxiproxy takes it.
type named struct {
	name string
	data []byte
}

func newLink(name string) (*Link, error) {
	behind, err := freePort()
	if err != nil {
		return nil, err
	}
	front, err := freePort()
	if err != nil {
		return nil, err
	}
	// Toxics log to the process's logger, each piece of data that they delay.
	log.Logger = zerolog.Nop()
	l := &Link{
		Addr: loopback(front), port: behind, name: name,
		server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()),
	}
	if err := l.renew(); err != nil {
		return nil, err
	}
	if err := l.Join(); err != nil {
		return nil, fmt.Errorf("link to %s: %w", name, err)
	}
	return l, nil
}

// Toxic is one way in which a link is bad. Attributes are toxiproxy's.
type Toxic struct {
	Type       string         `json:"type"`
	Stream     string         `json:"stream"` // "upstream" to the server, "downstream" to its clients
	Toxicity   float32        `json:"toxicity"`
	Attributes map[string]int `json:"attributes,omitempty"`
}

// Poison makes the link bad, beside what it is already.
func (l *Link) Poison(t Toxic) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.Toxicity == 0 {
		t.Toxicity = 1
	}
	name := fmt.Sprintf("%s-%s-%d", t.Type, t.Stream, len(l.toxics))
	data, err := json.Marshal(struct {
		Name string `json:"name"`
		Toxic
	}{name, t})
	if err != nil {
		return err
	}
	toxic := named{name, data}
	changed, err := l.change(func(p *toxiproxy.Proxy) error { return toxic.add(p) })
	if err != nil {
		return err
	}
	l.toxics = append(l.toxics, toxic)
	if changed {
		return nil
	}
	return l.replace()
}

func (n named) add(p *toxiproxy.Proxy) error {
	if _, err := p.Toxics.AddToxicJson(bytes.NewReader(n.data)); err != nil {
		return fmt.Errorf("toxic %s: %w", n.name, err)
	}
	return nil
}

// Heal takes all of it back.
func (l *Link) Heal(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	toxics := l.toxics
	changed, err := l.change(func(p *toxiproxy.Proxy) error {
		for _, t := range toxics {
			if err := p.Toxics.RemoveToxic(ctx, t.name); err != nil {
				return fmt.Errorf("remove toxic %s: %w", t.name, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	l.toxics = nil
	if changed {
		return nil
	}
	return l.replace()
}

// change changes the toxics, unless that takes longer than it may.
func (l *Link) change(f func(*toxiproxy.Proxy) error) (changed bool, err error) {
	ended := make(chan error, 1)
	go func(p *toxiproxy.Proxy) { ended <- f(p) }(l.proxy)
	select {
	case err := <-ended:
		return true, err
	case <-time.After(changeLimit):
		return false, nil
	}
}

// replace gives the link another proxy, with the toxics that it is to have, and
// breaks the connections that go through the one before.
func (l *Link) replace() error {
	old := l.proxy
	if err := l.renew(); err != nil {
		return err
	}
	if err := l.proxy.Start(); err != nil {
		return err
	}
	for _, t := range l.toxics {
		if err := t.add(l.proxy); err != nil {
			return err
		}
	}
	l.relay.drop()
	go old.Stop() // which may wait for ever, too
	return nil
}

// renew makes a proxy that has yet to be started, and leads there.
func (l *Link) renew() error {
	middle, err := freePort()
	if err != nil {
		return err
	}
	l.proxy = toxiproxy.NewProxy(l.server, l.name, loopback(middle), loopback(l.port))
	l.relay.lead(loopback(middle))
	return nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Cut refuses connections and drops those that are, until Join.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.relay.close()
	l.proxy.Stop()
}

// Join takes Cut back.
func (l *Link) Join() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.proxy.Start(); err != nil {
		return err
	}
	return l.relay.listen(l.Addr)
}

// Traffic is what went through so far, as clients saw it.
func (l *Link) Traffic() Traffic { return l.relay.sofar() }

func (l *Link) close() { l.Cut() }
