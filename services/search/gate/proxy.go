package gate

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/access"
)

// Proxy is who may say from where a request comes, and whose it is. The zero value:
// nobody.
type Proxy struct {
	From         []netip.Prefix // addresses that it comes from
	UserHeader   string         // "": it doesn't say whose a request is
	RoleHeader   string         // with a [access.Role]
	SecretHeader string         // has Secret, if there is one
	Secret       string
	Grant        access.Grant // what the people whom it names may see
}

func (p *Proxy) on() bool { return p.UserHeader != "" }

// is tells whether a request comes from the proxy: from its address, and with its secret
// if it has one.
func (p *Proxy) is(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !slices.ContainsFunc(p.From, func(n netip.Prefix) bool { return n.Contains(at.Addr().Unmap().WithZone("")) }) {
		return false
	}
	if p.Secret == "" {
		return true
	}
	said, err := only(r.Header, p.SecretHeader)
	return err == nil && subtle.ConstantTimeCompare([]byte(said), []byte(p.Secret)) == 1
}

// trusted tells whether what a request says of its sender is the proxy's word.
func (p *Proxy) trusted(r *http.Request) bool { return p.on() && p.is(r) }

// identity is whose a request is, by the word of the proxy that it comes from; false:
// it names nobody.
func (p *Proxy) identity(r *http.Request) (access.Identity, bool, error) {
	if len(r.Header.Values(p.UserHeader)) == 0 {
		return access.Identity{}, false, nil
	}
	user, err := only(r.Header, p.UserHeader)
	if err != nil {
		return access.Identity{}, false, err
	}
	if user == "" {
		return access.Identity{}, false, nil
	}
	if len(user) > access.MaxWho || !utf8.ValidString(user) || strings.ContainsFunc(user, unicode.IsControl) {
		return access.Identity{}, false, fmt.Errorf("the header %s is no name of up to %d bytes", p.UserHeader, access.MaxWho)
	}
	role, err := only(r.Header, p.RoleHeader)
	if err != nil {
		return access.Identity{}, false, err
	}
	return access.Identity{Name: user, Scopes: access.Role(role).Scopes(), Grant: p.Grant, Session: true}, true, nil
}

// only is the header's one value, "" without one. Of several, one may be the client's own.
func only(h http.Header, name string) (string, error) {
	switch values := h.Values(name); len(values) {
	case 0:
		return "", nil
	case 1:
		return strings.TrimSpace(values[0]), nil
	}
	return "", fmt.Errorf("the header %s is there more than once", name)
}

// ParseFrom reads addresses and networks, such as 10.0.0.7 or 10.0.0.0/24.
func ParseFrom(list []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, s := range list {
		if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
			a = a.Unmap()
			all = append(all, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		n, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address such as 10.0.0.7 nor a network such as 10.0.0.0/24", s)
		}
		if n.Bits() == 0 {
			return nil, fmt.Errorf("%q is everybody", s)
		}
		all = append(all, n.Masked())
	}
	return all, nil
}

// forwardedFor is where a proxy says for whom it asks.
const forwardedFor = "X-Forwarded-For"

// address is where a request comes from: of one by the proxy, what that says last. An
// IPv6 network of 64 bits is one sender.
func (p *Proxy) address(r *http.Request) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	a := at.Addr()
	if p.is(r) {
		if all := r.Header.Values(forwardedFor); len(all) > 0 {
			last := all[len(all)-1]
			last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
			if said, err := netip.ParseAddr(last); err == nil {
				a = said
			}
		}
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if n, err := a.Prefix(64); err == nil {
			return n.String()
		}
	}
	return a.String()
}
