package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"sync"

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
	proxy  *toxiproxy.Proxy
	toxics []string
}

func newLink(name string) (*Link, error) {
	behind, err := freePort()
	if err != nil {
		return nil, err
	}
	middle, err := freePort()
	if err != nil {
		return nil, err
	}
	front, err := freePort()
	if err != nil {
		return nil, err
	}
	address := func(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
	// Toxics log to the process's logger, each piece of data that they delay.
	log.Logger = zerolog.Nop()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &Link{Addr: address(front), port: behind, relay: relay{to: address(middle)}, proxy: toxiproxy.NewProxy(server, name, address(middle), address(behind))}
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
	if _, err := l.proxy.Toxics.AddToxicJson(bytes.NewReader(data)); err != nil {
		return fmt.Errorf("toxic %s: %w", name, err)
	}
	l.toxics = append(l.toxics, name)
	return nil
}

// Heal takes all of it back.
func (l *Link) Heal(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.toxics) > 0 {
		if err := l.proxy.Toxics.RemoveToxic(ctx, l.toxics[0]); err != nil {
			return fmt.Errorf("remove toxic %s: %w", l.toxics[0], err)
		}
		l.toxics = l.toxics[1:]
	}
	return nil
}

// Cut refuses connections and drops those that are, until Join.
func (l *Link) Cut() {
	l.relay.close()
	l.proxy.Stop()
}

// Join takes Cut back.
func (l *Link) Join() error {
	if err := l.proxy.Start(); err != nil {
		return err
	}
	return l.relay.listen(l.Addr)
}

// Traffic is what went through so far, as clients saw it.
func (l *Link) Traffic() Traffic { return l.relay.sofar() }

func (l *Link) close() { l.Cut() }
