package bus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/scram"

	"github.com/copytaster/copytaster/pkg/secret"
)

// Scram512 is the one way to log in that is supported.
const Scram512 = "SCRAM-SHA-512"

// closedSoon is how young a connection is that is closed because of what it
// is, not of what became of the broker.
const closedSoon = 10 * time.Second

// Security is how Kafka knows who comes, and how we know that it is Kafka. The
// zero value: neither does.
//
// Files are read anew for every connection, so that certificates and passwords
// can be changed while the service runs.
type Security struct {
	KafkaTLS           bool        `name:"kafka-tls" help:"Speak TLS with Kafka."`
	KafkaCACert        string      `name:"kafka-ca-cert" help:"File with the certificates to trust, PEM; by default the system's." placeholder:"FILE"`
	KafkaClientCert    string      `name:"kafka-client-cert" help:"File with our own certificate, PEM, if Kafka asks for one." placeholder:"FILE"`
	KafkaClientKey     string      `name:"kafka-client-key" help:"File with the key of our own certificate, PEM." placeholder:"FILE"`
	KafkaSASLMechanism string      `name:"kafka-sasl-mechanism" help:"How to log in; only SCRAM-SHA-512." default:"SCRAM-SHA-512" placeholder:"NAME"`
	KafkaUser          string      `name:"kafka-user" help:"Whom to log in as; without one, nobody logs in."`
	KafkaPassword      secret.Text `name:"kafka-password" help:"The user's password; better in a file."`
	KafkaPasswordFile  string      `name:"kafka-password-file" help:"File with the user's password, read for every connection." placeholder:"FILE"`
}

// setting names a setting in errors.
func setting(name string) string {
	return fmt.Sprintf("setting %s (COPYTASTER_%s)", name, strings.ToUpper(strings.ReplaceAll(name, "-", "_")))
}

// check tells which settings don't go together, without a look at files.
func (s Security) check() error {
	var errs []error
	bad := func(name, what string) { errs = append(errs, fmt.Errorf("%s %s", setting(name), what)) }
	if !s.KafkaTLS {
		for _, f := range []struct{ name, value string }{
			{"kafka-ca-cert", s.KafkaCACert},
			{"kafka-client-cert", s.KafkaClientCert},
			{"kafka-client-key", s.KafkaClientKey},
			{"kafka-user", s.KafkaUser},
		} {
			if f.value != "" {
				bad(f.name, "needs kafka-tls")
			}
		}
	}
	if (s.KafkaClientCert == "") != (s.KafkaClientKey == "") {
		bad("kafka-client-cert", "and kafka-client-key go together: one of them is empty")
	}
	if m := s.KafkaSASLMechanism; m != "" && m != Scram512 {
		bad("kafka-sasl-mechanism", fmt.Sprintf("is %q, only %s is supported", m, Scram512))
	}
	password := s.password()
	switch {
	case password.Text != "" && password.File != "":
		bad("kafka-password", "and kafka-password-file are both set: take one")
	case s.KafkaUser == "" && password.Given():
		bad("kafka-user", "is empty, and there is a password")
	case s.KafkaUser != "" && !password.Given():
		bad("kafka-password-file", "is empty, and there is a user: set it, or kafka-password")
	}
	return errors.Join(errs...)
}

func (s Security) password() secret.Source {
	return secret.Source{Text: s.KafkaPassword, File: s.KafkaPasswordFile}
}

// readable tells which files can't be used.
func (s Security) readable() error {
	if err := s.check(); err != nil {
		return err
	}
	if s.KafkaTLS {
		if _, err := s.tls(""); err != nil {
			return err
		}
	}
	if s.KafkaUser != "" {
		if _, err := s.login().mechanism(); err != nil {
			return err
		}
	}
	return nil
}

// tls is what is known now of whom to trust as host, and of who we are.
func (s Security) tls(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if s.KafkaCACert != "" {
		pem, err := os.ReadFile(s.KafkaCACert)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", setting("kafka-ca-cert"), err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: %s has no certificate", setting("kafka-ca-cert"), s.KafkaCACert)
		}
	}
	if s.KafkaClientCert != "" {
		pair, err := tls.LoadX509KeyPair(s.KafkaClientCert, s.KafkaClientKey)
		if err != nil {
			return nil, fmt.Errorf("%s and kafka-client-key: %w", setting("kafka-client-cert"), err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// dial opens a connection, with TLS if that is set. kafka-go is left out of it,
// so that an error says at which step it happened.
func (s Security) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if !s.KafkaTLS {
		return &plainConn{Conn: conn, opened: time.Now(), anonymous: true, plain: true}, nil
	}
	host, _, err := net.SplitHostPort(address)
	if err == nil {
		var c *tls.Config
		if c, err = s.tls(host); err == nil {
			secured := tls.Client(conn, c)
			if err = secured.HandshakeContext(ctx); err == nil {
				return &plainConn{Conn: secured, opened: time.Now(), anonymous: s.KafkaUser == ""}, nil
			}
			err = s.explainHandshake(err)
		}
	}
	_ = conn.Close()
	return nil, fmt.Errorf("kafka at %s: %w", address, err)
}

// plainConn explains why a connection ends soon after it began.
type plainConn struct {
	net.Conn

	opened           time.Time
	anonymous, plain bool
	read             bool
}

// alertRecord begins what a server says who was not spoken to in TLS.
const alertRecord = 0x15

func (c *plainConn) Read(b []byte) (int, error) {
	// kafka-go makes something else of whatever is an io.EOF.
	n, err := c.Conn.Read(b)
	first := !c.read
	c.read = c.read || n > 0
	switch remote := new(net.OpError); {
	case c.plain && first && n > 0 && b[0] == alertRecord:
		return 0, &AccessError{Do: "this port speaks TLS: set kafka-tls", Sure: true, Err: errors.New("Kafka answered with a TLS alert")}
	case errors.As(err, &remote) && remote.Op == "remote error":
		return n, &AccessError{Do: "Kafka refuses our certificate: check kafka-client-cert and kafka-client-key", Sure: true, Err: err}
	case n > 0 || !closedByPeer(err) || time.Since(c.opened) > closedSoon:
	case c.plain:
		return n, &AccessError{Do: "Kafka closed the new connection; if it goes on so, this port wants TLS (set kafka-tls) or a user (kafka-user)", Err: io.ErrUnexpectedEOF}
	case c.anonymous:
		return n, &AccessError{Do: "Kafka closed the new connection; if it goes on so, it wants a user (set kafka-user and kafka-password-file)", Err: io.ErrUnexpectedEOF}
	}
	return n, err
}

func closedByPeer(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
}

func (s Security) explainHandshake(err error) error {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		noTLS     tls.RecordHeaderError
		remote    *net.OpError
	)
	trusted := "the system's certificates (set kafka-ca-cert)"
	if s.KafkaCACert != "" {
		trusted = "kafka-ca-cert " + s.KafkaCACert
	}
	switch {
	case errors.As(err, &authority):
		return &AccessError{Do: "Kafka's certificate is signed by none of " + trusted, Sure: true, Err: err}
	case errors.As(err, &name):
		return &AccessError{Do: "Kafka's certificate is for another name than that in kafka-brokers, or than Kafka gives itself in advertised.listeners", Sure: true, Err: err}
	case errors.As(err, &invalid):
		return &AccessError{Do: "Kafka's certificate is not valid now: renew it, or set this machine's clock", Sure: true, Err: err}
	case errors.As(err, &noTLS):
		return &AccessError{Do: "this port does not speak TLS: take another port, or leave kafka-tls out", Sure: true, Err: err}
	case errors.As(err, &remote) && remote.Op == "remote error":
		return &AccessError{Do: "Kafka refuses our certificate: check kafka-client-cert and kafka-client-key", Sure: true, Err: err}
	case closedByPeer(err):
		return &AccessError{Do: "Kafka closed the connection at the greeting; if it goes on so, this port does not speak TLS: take another, or leave kafka-tls out", Err: err}
	}
	return err
}

func (s Security) login() *login { return &login{user: s.KafkaUser, password: s.password()} }

// login is a [sasl.Mechanism] that takes the password that stands in its file
// when a connection is made.
type login struct {
	user     string
	password secret.Source

	mu   sync.Mutex
	text string // that the mechanism was made for: its keys are worth keeping
	last sasl.Mechanism
}

// Name implements [sasl.Mechanism].
func (*login) Name() string { return Scram512 }

// Start implements [sasl.Mechanism].
func (l *login) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	m, err := l.mechanism()
	if err != nil {
		return nil, nil, err
	}
	return m.Start(ctx)
}

func (l *login) mechanism() (sasl.Mechanism, error) {
	name := "kafka-password"
	if l.password.File != "" {
		name = "kafka-password-file"
	}
	text, err := l.password.Get()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting(name), err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil || l.text != text {
		m, err := scram.Mechanism(scram.SHA512, l.user, text)
		if err != nil {
			// The error may quote what it can't use.
			return nil, fmt.Errorf("%s or kafka-user has a character that %s does not allow", setting(name), Scram512)
		}
		l.text, l.last = text, m
	}
	return l.last, nil
}
