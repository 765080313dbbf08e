package gate_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/gate"
)

// TestWhoStillAsks: what takes long can find out whether its reader may still have it.
func TestWhoStillAsks(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, func(g *gate.Gate) { g.Rate = 3 })
		var who access.Identity
		d.mux.Handle("/long", d.For(access.Read, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { who = access.Of(r.Context()) })))
		refused := func(name string, status int) {
			t.Helper()
			_, err := who.Again()
			var no *api.RefusedError
			if !errors.As(err, &no) || api.ProblemOf(err).Status != status {
				t.Errorf("%s: %v, want status %d", name, err, status)
			}
		}
		k, text := d.key(nil)
		d.want(d.ask("GET", "/long", "X-API-Key", text), 200, "")
		if who.Sender != "key "+k.ID {
			t.Errorf("the sender is %q", who.Sender)
		}
		k.Grant = access.Grant{Agencies: []string{"dpa"}}
		d.put(k)
		for range 10 { // no request of its own
			if now, err := who.Again(); err != nil || !slices.Equal(now.Grant.Agencies, k.Grant.Agencies) || now.Sender != who.Sender {
				t.Errorf("%+v, %v", now, err)
			}
		}
		k.Scopes = []access.Scope{access.Write}
		d.put(k)
		refused("without the scope", 403)
		k.RevokedAt, k.RevokedBy = time.Now(), "op"
		d.put(k)
		refused("revoked", 401)
	})
}

// TestSenders: who asks without a key is told from others by where they are.
func TestSenders(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		d := newDoor(t, func(g *gate.Gate) { g.Keys, g.SessionSecret = nil, "" })
		var who access.Identity
		d.mux.Handle("/long", d.For(access.Read, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { who = access.Of(r.Context()) })))
		d.want(d.ask("GET", "/long", "from", "10.1.2.3:4"), 200, "")
		if who.Sender != "10.1.2.3" || who.Again != nil {
			t.Errorf("%+v", who)
		}
	})
}
