package index

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/elastic/go-elasticsearch/v8"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// Config is what the service can be told.
type Config struct {
	Bus           bus.Config    `embed:""`
	Stage         stage.Config  `embed:"" prefix:"stage-"`
	Elasticsearch Elasticsearch `embed:"" prefix:"elasticsearch-"`
	Bulk          bulk.Config   `embed:"" prefix:"bulk-"`

	Shards          int           `help:"Shards of each index, when it is created." default:"1"`
	RefreshInterval time.Duration `help:"How soon an indexed article can be found; set when an index is created." default:"250ms"`
}

// Limits of the settings.
const (
	MinRefreshInterval = 50 * time.Millisecond
	MaxRefreshInterval = time.Hour
)

// Validate tells which settings are wrong.
func (c Config) Validate() error {
	var errs []error
	if err := corpus.Namespace(c.Bus.Namespace).Validate(); err != nil {
		errs = append(errs, fmt.Errorf("setting namespace: %w", err))
	}
	if c.Shards < 1 || c.Shards > corpus.MaxShards {
		errs = append(errs, fmt.Errorf("setting shards is %d, allowed are 1 to %d", c.Shards, corpus.MaxShards))
	}
	if c.RefreshInterval < MinRefreshInterval || c.RefreshInterval > MaxRefreshInterval {
		errs = append(errs, fmt.Errorf("setting refresh-interval is %v, allowed are %v to %v", c.RefreshInterval, MinRefreshInterval, MaxRefreshInterval))
	}
	return errors.Join(errs...)
}

// Elasticsearch is where Elasticsearch is and how to get in.
type Elasticsearch struct {
	URL    []string `name:"url" help:"Addresses of Elasticsearch, separated by commas." default:"http://127.0.0.1:9200"`
	APIKey string   `name:"api-key" help:"API key, as Elasticsearch encodes it."`
	CACert string   `name:"ca-cert" help:"File with the certificates to trust, PEM." placeholder:"FILE"`
}

// Validate tells which settings are wrong.
func (c Elasticsearch) Validate() error {
	var errs []error
	if len(c.URL) == 0 {
		errs = append(errs, errors.New("setting elasticsearch-url is empty"))
	}
	for _, s := range c.URL {
		if u, err := url.Parse(s); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			errs = append(errs, fmt.Errorf("setting elasticsearch-url: %q is not http://host:port or https://host:port", s))
		}
	}
	return errors.Join(errs...)
}

// connect makes a client that repeats nothing: who waits, and how long, is
// decided in one place, the stage.
func (c Elasticsearch) connect(idle int) (*elasticsearch.Client, error) {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("the process has another default HTTP transport")
	}
	transport = transport.Clone()
	transport.MaxIdleConnsPerHost = idle
	if c.CACert != "" {
		pem, err := os.ReadFile(c.CACert)
		if err != nil {
			return nil, fmt.Errorf("setting elasticsearch-ca-cert: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("setting elasticsearch-ca-cert: %s has no certificate", c.CACert)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return elasticsearch.NewClient(elasticsearch.Config{
		Addresses: c.URL, APIKey: c.APIKey, Transport: transport, DisableRetry: true,
	})
}
