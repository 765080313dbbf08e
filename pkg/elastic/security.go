package elastic

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/copytaster/copytaster/pkg/secret"
)

const (
	dialTimeout = 5 * time.Second
	// keyAge is how long a key that was read from its file is used before the
	// file is looked at again.
	keyAge = time.Second
)

func (c Config) key() secret.Source { return secret.Source{Text: c.APIKey, File: c.APIKeyFile} }

// HasKey tells whether there is an API key, so that there is security.
func (c Config) HasKey() bool { return c.key().Given() }

// checkSecurity tells which settings don't go together.
func (c Config) checkSecurity() error {
	var errs []error
	if c.APIKey != "" && c.APIKeyFile != "" {
		errs = append(errs, errors.New("setting elasticsearch-api-key (COPYTASTER_ELASTICSEARCH_API_KEY) and elasticsearch-api-key-file are both set: take one"))
	}
	for _, s := range c.URL {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "http" {
			continue
		}
		if c.CACert != "" {
			errs = append(errs, fmt.Errorf("setting elasticsearch-ca-cert (COPYTASTER_ELASTICSEARCH_CA_CERT) needs https in elasticsearch-url, which has %q", u.Redacted()))
		}
	}
	if c.HasKey() {
		errs = append(errs, c.Hidden("the API key"))
	}
	return errors.Join(errs...)
}

// Hidden tells if a secret would go over a network in the clear.
func (c Config) Hidden(secret string) error {
	for _, s := range c.URL {
		u, err := url.Parse(s)
		if err == nil && u.Scheme == "http" && !loopback(u.Hostname()) {
			return fmt.Errorf("setting elasticsearch-url (COPYTASTER_ELASTICSEARCH_URL): %q would show %s to the network: take https", u.Redacted(), secret)
		}
	}
	return nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// roots are the certificates that are trusted now; nil: the system's.
func (c Config) roots() (*x509.CertPool, error) {
	if c.CACert == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(c.CACert)
	if err != nil {
		return nil, fmt.Errorf("setting elasticsearch-ca-cert (COPYTASTER_ELASTICSEARCH_CA_CERT): %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("setting elasticsearch-ca-cert (COPYTASTER_ELASTICSEARCH_CA_CERT): %s has no certificate", c.CACert)
	}
	return roots, nil
}

// dialTLS opens a connection that trusts what the file says at this moment.
func (c Config) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	roots, err := c.roots()
	if err != nil {
		return nil, err
	}
	d := tls.Dialer{Config: &tls.Config{ServerName: host, RootCAs: roots, MinVersion: tls.VersionTLS12}}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, c.explain(err)
	}
	return conn, nil
}

// explain says what to do about a connection that can't be made.
func (c Config) explain(err error) error {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		noTLS     tls.RecordHeaderError
	)
	trusted := "the system's certificates (set elasticsearch-ca-cert)"
	if c.CACert != "" {
		trusted = "elasticsearch-ca-cert " + c.CACert
	}
	switch {
	case errors.As(err, &authority):
		return fmt.Errorf("Elasticsearch's certificate is signed by none of %s: %w", trusted, err)
	case errors.As(err, &name):
		return fmt.Errorf("Elasticsearch's certificate is for another name than that in elasticsearch-url: %w", err)
	case errors.As(err, &invalid):
		return fmt.Errorf("Elasticsearch's certificate is not valid now, renew it, or set this machine's clock: %w", err)
	case errors.As(err, &noTLS):
		return fmt.Errorf("this port does not speak TLS, take http in elasticsearch-url: %w", err)
	}
	return err
}

// keyring puts the API key into requests.
type keyring struct {
	next *http.Transport
	key  secret.Source

	mu    sync.Mutex
	value string
	read  time.Time
}

// RoundTrip implements [http.RoundTripper].
func (k *keyring) RoundTrip(r *http.Request) (*http.Response, error) {
	if k.key.Given() {
		value, err := k.current()
		if err != nil {
			if r.Body != nil {
				_ = r.Body.Close()
			}
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "ApiKey "+value)
	}
	res, err := k.next.RoundTrip(r)
	if err != nil && r.URL.Scheme == "http" && (errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || strings.Contains(err.Error(), "malformed HTTP")) {
		return nil, fmt.Errorf("the connection was closed at once; if it goes on so, this port speaks TLS: take https in elasticsearch-url: %w", err)
	}
	return res, err
}

func (k *keyring) current() (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := time.Now(); k.value == "" || k.key.File != "" && now.Sub(k.read) >= keyAge {
		value, err := k.key.Get()
		if err != nil {
			name := "elasticsearch-api-key (COPYTASTER_ELASTICSEARCH_API_KEY)"
			if k.key.File != "" {
				name = "elasticsearch-api-key-file (COPYTASTER_ELASTICSEARCH_API_KEY_FILE)"
			}
			return "", fmt.Errorf("setting %s: %w", name, err)
		}
		k.value, k.read = value, now
	}
	return k.value, nil
}

// Hint says what to do about a status that is about access; else it is "".
func Hint(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return " (the API key is missing, wrong, expired or invalidated: elasticsearch-api-key-file, `copytaster keys elasticsearch`)"
	case http.StatusForbidden:
		return " (the API key lacks a right: `copytaster keys elasticsearch` makes one that has it)"
	}
	return ""
}
