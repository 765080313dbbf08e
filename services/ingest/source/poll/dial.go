package poll

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Limits of one fetch.
const (
	dialTimeout   = 10 * time.Second
	headerTimeout = 30 * time.Second
	fetchTimeout  = 2 * time.Minute
	maxRedirects  = 5
	maxHeader     = 64 << 10
)

// inner are address ranges that are not of the public Internet, beyond those
// that netip names itself, and those that carry an IPv4 address inside, behind
// which anything may hide.
var inner = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "fec0::/10",
)

func prefixes(list ...string) []netip.Prefix {
	ps := make([]netip.Prefix, len(list))
	for i, s := range list {
		ps[i] = netip.MustParsePrefix(s)
	}
	return ps
}

// public tells whether an address is on the public Internet.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range inner {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// client makes the HTTP client of one feed. It looks at the address that is
// really dialled, after the name was resolved, at every redirect anew; so a
// name can't be made to point elsewhere in between. A feed that may be private
// may be so on its own host alone.
func client(f Feed) *http.Client {
	own := ""
	if u, err := url.Parse(f.URL); err == nil && f.AllowPrivate {
		own = strings.ToLower(u.Hostname())
	}
	return &http.Client{
		Timeout: fetchTimeout,
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				d := net.Dialer{Timeout: dialTimeout}
				host, _, err := net.SplitHostPort(addr)
				if err != nil {
					return nil, err
				}
				if own == "" || strings.ToLower(host) != own {
					d.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
						a, err := netip.ParseAddrPort(address)
						if err != nil {
							return err
						}
						if !public(a.Addr()) {
							return fmt.Errorf("%s is at %s, which is not public; feed %q is not allowed to be there (poll-allow-private)", host, a.Addr(), f.Name)
						}
						return nil
					}
				}
				return d.DialContext(ctx, network, addr)
			},
			TLSHandshakeTimeout:    dialTimeout,
			ResponseHeaderTimeout:  headerTimeout,
			MaxResponseHeaderBytes: maxHeader,
			MaxIdleConnsPerHost:    1,
			IdleConnTimeout:        time.Minute,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			if r.URL.Scheme != "http" && r.URL.Scheme != "https" {
				return fmt.Errorf("redirect to a %s address", r.URL.Scheme)
			}
			return nil
		},
	}
}
