// Package elastic is the connection to Elasticsearch: where it is, how to get
// in, and how a request is made and its refusal read.
package elastic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/secret"
)

// Limits of what is read of a reply, in bytes.
const (
	MaxReply  = 64 << 20
	MaxReason = 2048 // of a refusal that is no JSON
)

// ErrReplyTooLong is in the error of a request whose reply is beyond [MaxReply].
var ErrReplyTooLong = fmt.Errorf("the reply has more than %d bytes", MaxReply)

// Config is where Elasticsearch is and how to get in. Without a key there is no
// security; the zero value of CACert stands for the system's certificates. Files
// are read anew while the service runs, so that what is in them can be changed.
type Config struct {
	URL        []string    `name:"url" help:"Addresses of Elasticsearch, separated by commas." default:"http://127.0.0.1:9200" placeholder:"URL"`
	APIKey     secret.Text `name:"api-key" help:"API key, as Elasticsearch encodes it; better in a file."`
	APIKeyFile string      `name:"api-key-file" help:"File with the API key, looked at every second." placeholder:"FILE"`
	CACert     string      `name:"ca-cert" help:"File with the certificates to trust, PEM; by default the system's." placeholder:"FILE"`
}

// Validate tells which settings are wrong, without showing what may be secret. A
// user in a URL is one: it would pass by all that is asked of a key.
func (c Config) Validate() error {
	var errs []error
	if len(c.URL) == 0 {
		errs = append(errs, errors.New("setting elasticsearch-url (COPYTASTER_ELASTICSEARCH_URL) is empty"))
	}
	for _, s := range c.URL {
		u, err := url.Parse(s)
		switch {
		case err != nil:
			errs = append(errs, errors.New("setting elasticsearch-url (COPYTASTER_ELASTICSEARCH_URL) is not a URL"))
		case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
			errs = append(errs, fmt.Errorf("setting elasticsearch-url (COPYTASTER_ELASTICSEARCH_URL): %q is not http://host:port or https://host:port", u.Redacted()))
		case u.User != nil:
			errs = append(errs, errors.New("setting elasticsearch-url (COPYTASTER_ELASTICSEARCH_URL) has a user or a password: take it out, and set elasticsearch-api-key-file"))
		}
	}
	errs = append(errs, c.checkSecurity())
	return errors.Join(errs...)
}

// Client talks to Elasticsearch and repeats nothing: who waits, and how long, is
// for its user to decide.
type Client struct {
	*elasticsearch.BaseClient

	transport *http.Transport
}

// Close drops the connections that are idle.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Connect makes a client that keeps up to idle connections open. It
// doesn't wait for Elasticsearch to answer.
func (c Config) Connect(idle int) (*Client, error) {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("the process has another default HTTP transport")
	}
	transport = transport.Clone()
	transport.MaxIdleConnsPerHost = idle
	transport.DialTLSContext = c.dialTLS
	if _, err := c.roots(); err != nil {
		return nil, err
	}
	keys := &keyring{next: transport, key: c.key()}
	if keys.key.Given() {
		if _, err := keys.current(); err != nil {
			return nil, err
		}
	}
	es, err := elasticsearch.NewBaseClient(elasticsearch.Config{
		Addresses: c.URL, Transport: keys, DisableRetry: true,
	})
	if err != nil {
		return nil, fmt.Errorf("setting elasticsearch-url: %w", err)
	}
	return &Client{es, transport}, nil
}

// StatusError is a reply of Elasticsearch that is not what was asked for.
type StatusError struct {
	Do     string // what was tried
	Status int
	Type   string // Elasticsearch's name of the error, e.g. "resource_already_exists_exception"; "" if the reply is not its own
	Reason string
}

func (e *StatusError) Error() string {
	if e.Type == "" {
		return fmt.Sprintf("%s: Elasticsearch answered %d: %s%s", e.Do, e.Status, e.Reason, Hint(e.Status))
	}
	return fmt.Sprintf("%s: Elasticsearch answered %d: %s: %s%s", e.Do, e.Status, e.Type, e.Reason, Hint(e.Status))
}

// Request is one of package esapi's.
type Request interface {
	Do(ctx context.Context, t esapi.Transport) (*esapi.Response, error)
}

// Ask makes the request r and reads its JSON reply into v, unless v is nil. do
// says what it is for, in errors. A reply that is no success is a
// [*StatusError].
func Ask(ctx context.Context, es esapi.Transport, do string, r Request, v any) error {
	res, err := r.Do(ctx, es)
	if err != nil {
		return fmt.Errorf("%s: %w", do, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxReply+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s: read the reply: %w", do, err)
	case len(body) > MaxReply:
		return fmt.Errorf("%s: %w", do, ErrReplyTooLong)
	case res.IsError():
		return refusal(do, res.StatusCode, body)
	case v == nil:
		return nil
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%s: read the reply: %w", do, err)
	}
	return nil
}

// refusal reads Elasticsearch's own reply; anything else, such as a proxy's
// page, is quoted.
func refusal(do string, status int, body []byte) *StatusError {
	var reply struct {
		Error struct {
			Type   string `json:"type"`
			Reason string `json:"reason"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &reply) == nil && reply.Error.Type != "" {
		return &StatusError{do, status, reply.Error.Type, reply.Error.Reason}
	}
	return &StatusError{Do: do, Status: status, Reason: strings.ToValidUTF8(string(body[:min(len(body), MaxReason)]), "")}
}
