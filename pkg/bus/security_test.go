package bus

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/produce"
)

func TestSecurityNamesTheSetting(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		name string
		s    Security
		want string // "": fine
	}{
		{"nothing", Security{}, ""},
		{"TLS alone", Security{KafkaTLS: true}, ""},
		{"a user", Security{KafkaTLS: true, KafkaUser: "u", KafkaPassword: "hunter2", KafkaSASLMechanism: Scram512}, ""},
		{"a file", Security{KafkaTLS: true, KafkaUser: "u", KafkaPasswordFile: file("ok", "hunter2\n")}, ""},
		{"authority without TLS", Security{KafkaCACert: "x"}, "setting kafka-ca-cert (COPYTASTER_KAFKA_CA_CERT) needs kafka-tls"},
		{"certificate without TLS", Security{KafkaClientCert: "x", KafkaClientKey: "x"}, "setting kafka-client-key (COPYTASTER_KAFKA_CLIENT_KEY) needs kafka-tls"},
		{"a user without TLS", Security{KafkaUser: "u", KafkaPassword: "hunter2"}, "setting kafka-user (COPYTASTER_KAFKA_USER) needs kafka-tls"},
		{"half a pair", Security{KafkaTLS: true, KafkaClientCert: "x"}, "setting kafka-client-cert (COPYTASTER_KAFKA_CLIENT_CERT) and kafka-client-key go together"},
		{"other mechanism", Security{KafkaTLS: true, KafkaUser: "u", KafkaPassword: "hunter2", KafkaSASLMechanism: "PLAIN"}, `setting kafka-sasl-mechanism (COPYTASTER_KAFKA_SASL_MECHANISM) is "PLAIN", only SCRAM-SHA-512`},
		{"two passwords", Security{KafkaTLS: true, KafkaUser: "u", KafkaPassword: "hunter2", KafkaPasswordFile: "x"}, "kafka-password-file are both set"},
		{"no password", Security{KafkaTLS: true, KafkaUser: "u"}, "setting kafka-password-file (COPYTASTER_KAFKA_PASSWORD_FILE) is empty"},
		{"no user", Security{KafkaTLS: true, KafkaPassword: "hunter2"}, "setting kafka-user (COPYTASTER_KAFKA_USER) is empty"},
		{"no file", Security{KafkaTLS: true, KafkaUser: "u", KafkaPasswordFile: filepath.Join(dir, "none")}, "setting kafka-password-file (COPYTASTER_KAFKA_PASSWORD_FILE): open"},
		{"an empty file", Security{KafkaTLS: true, KafkaUser: "u", KafkaPasswordFile: file("empty", "\n")}, "it is empty"},
		{"a forbidden character", Security{KafkaTLS: true, KafkaUser: "u", KafkaPassword: "hunter2\u200e\u0627a"}, "has a character that SCRAM-SHA-512 does not allow"},
		{"no authority", Security{KafkaTLS: true, KafkaCACert: file("ca", "hunter2")}, "has no certificate"},
		{"no authority file", Security{KafkaTLS: true, KafkaCACert: filepath.Join(dir, "none")}, "setting kafka-ca-cert (COPYTASTER_KAFKA_CA_CERT): open"},
		{"no certificate", Security{KafkaTLS: true, KafkaClientCert: file("crt", "x"), KafkaClientKey: file("key", "x")}, "setting kafka-client-cert (COPYTASTER_KAFKA_CLIENT_CERT) and kafka-client-key"},
	} {
		_, err := Connect(Config{KafkaBrokers: []string{"127.0.0.1:1"}, Security: c.s}, zerolog.Nop())
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if shown := fmt.Sprintf("%v %+v %#v", err, c.s, c.s); strings.Contains(shown, "hunter2") {
			t.Errorf("%s: a secret is shown: %s", c.name, shown)
		}
	}
}

// signed is a certificate, its key, and what it is stored as.
type signed struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pair tls.Certificate
}

// sign makes a certificate for 127.0.0.1, unless change says otherwise, signed
// by an authority or by itself.
func sign(t *testing.T, by *signed, change func(*x509.Certificate)) *signed {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: by == nil,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(template)
	}
	if by == nil {
		by = &signed{template, key, tls.Certificate{}}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &signed{cert, key, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}}
}

// files stores a certificate and its key.
func (s *signed) files(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "crt.pem"), filepath.Join(dir, "key.pem")
	err = errors.Join(
		os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw}), 0o600),
		os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// listen accepts connections and lets serve have each.
func listen(t *testing.T, c *tls.Config, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if c != nil {
		l = tls.NewListener(l, c)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// greet sends one line, if the client has said anything.
func greet(conn net.Conn) { greetWith(conn, "welcome") }

func greetWith(conn net.Conn, what string) {
	b := make([]byte, 64)
	if _, err := conn.Read(b); err == nil {
		_, _ = io.WriteString(conn, what)
	}
}

// visit connects, says a word, and gives what is answered.
func visit(t *testing.T, s Security, address string) (string, error) {
	t.Helper()
	conn, err := s.dial(t.Context(), "tcp", address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "hello, I am sixteen bytes or more"); err != nil {
		return "", err
	}
	b := make([]byte, 7)
	_, err = io.ReadFull(conn, b)
	return string(b), err
}

func TestDialSaysWhatToDo(t *testing.T) {
	ca := sign(t, nil, nil)
	caFile, _ := ca.files(t, t.TempDir())
	server := &tls.Config{Certificates: []tls.Certificate{sign(t, ca, nil).pair}}
	trusting := Security{KafkaTLS: true, KafkaCACert: caFile}

	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	careful := server.Clone()
	careful.ClientAuth, careful.ClientCAs = tls.RequireAndVerifyClientCert, pool
	ours, stranger := trusting, trusting
	ours.KafkaClientCert, ours.KafkaClientKey = sign(t, ca, nil).files(t, t.TempDir())
	stranger.KafkaClientCert, stranger.KafkaClientKey = sign(t, sign(t, nil, func(c *x509.Certificate) { c.Subject.CommonName = "other" }), nil).files(t, t.TempDir())

	with := func(change func(*x509.Certificate)) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{sign(t, ca, change).pair}}
	}
	for _, c := range []struct {
		name   string
		client Security
		server *tls.Config
		serve  func(net.Conn)
		want   string // "": welcome
		sure   bool
	}{
		{"plain", Security{}, nil, greet, "", false},
		{"TLS", trusting, server, greet, "", false},
		{"our certificate", ours, careful, greet, "", false},
		{"unknown authority", Security{KafkaTLS: true}, server, greet, "signed by none of the system's certificates (set kafka-ca-cert)", true},
		{"other authority", Security{KafkaTLS: true, KafkaCACert: stranger.KafkaClientCert}, server, greet, "signed by none of kafka-ca-cert " + stranger.KafkaClientCert, true},
		{"other name", trusting, with(func(c *x509.Certificate) { c.IPAddresses = nil; c.DNSNames = []string{"kafka.example"} }), greet, "for another name than that in kafka-brokers", true},
		{"expired", trusting, with(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), greet, "not valid now", true},
		{"no certificate of ours", trusting, careful, greet, "refuses our certificate", true},
		{"a stranger's certificate", stranger, careful, greet, "refuses our certificate", true},
		{"TLS to a plain port", trusting, nil, greet, "does not speak TLS", true},
		{"TLS to a port that closes", trusting, nil, func(c net.Conn) { _, _ = io.CopyN(io.Discard, c, 4) }, "leave kafka-tls out", false},
		{"plain to a TLS port", Security{}, server, greet, "set kafka-tls", false},
		{"plain to a TLS port that says so", Security{}, nil, func(c net.Conn) { greetWith(c, "\x15\x03\x03\x00\x02\x02\x46") }, "this port speaks TLS: set kafka-tls", true},
		{"plain to a port that closes", Security{}, nil, func(c net.Conn) { _, _ = c.Read(make([]byte, 64)) }, "set kafka-tls", false},
		{"nobody to a port that closes", trusting, server, func(c net.Conn) { _, _ = c.Read(make([]byte, 64)) }, "set kafka-user", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := visit(t, c.client, listen(t, c.server, c.serve))
			var access *AccessError
			switch {
			case c.want == "":
				if err != nil || got != "welcome" {
					t.Errorf("%q, %v", got, err)
				}
			case !errors.As(err, &access) || !strings.Contains(access.Error(), c.want) || access.Sure != c.sure:
				t.Errorf("%v, want %q, sure: %v", err, c.want, c.sure)
			}
		})
	}
}

// Files are read for every connection: who holds a connection changes them
// without a restart.
func TestFilesAreReadAnew(t *testing.T) {
	dir := t.TempDir()
	one, two := sign(t, nil, nil), sign(t, nil, func(c *x509.Certificate) { c.Subject.CommonName = "two" })
	caFile, _ := one.files(t, dir)
	s := Security{KafkaTLS: true, KafkaCACert: caFile}
	second := listen(t, &tls.Config{Certificates: []tls.Certificate{sign(t, two, nil).pair}}, greet)
	if _, err := visit(t, s, second); !surelyRefused(err) {
		t.Fatal(err)
	}
	two.files(t, dir)
	if got, err := visit(t, s, second); got != "welcome" {
		t.Fatal(got, err)
	}

	file := filepath.Join(dir, "password")
	l := Security{KafkaUser: "u", KafkaPasswordFile: file}.login()
	var first []any
	for _, password := range []string{"a", "a", "b"} {
		if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := l.mechanism()
		if err != nil {
			t.Fatal(err)
		}
		first = append(first, m)
	}
	if first[0] != first[1] || first[0] == first[2] {
		t.Error("a mechanism must be kept as long as its password is, and no longer")
	}
}

func TestRefusalsLastUntilOvercomeOrForgotten(t *testing.T) {
	var log bytes.Buffer
	b, err := Connect(Config{
		KafkaBrokers: []string{"127.0.0.1:1"}, Namespace: "n-",
		Security: Security{KafkaTLS: true, KafkaUser: "index", KafkaPassword: "hunter2"},
	}, zerolog.New(&log))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	b.transport.now = func() time.Time { return now }
	answer := func(code kafka.Error) {
		for _, p := range (&produce.Response{Topics: []produce.ResponseTopic{{Topic: "n-t", Partitions: []produce.ResponsePartition{{ErrorCode: int16(code)}}}}}).Topics {
			b.transport.topic("write to", p.Topic, p.Partitions[0].ErrorCode)
		}
	}
	lasting := func(want string) {
		t.Helper()
		err := b.transport.lasting()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	lasting("")
	answer(kafka.TopicAuthorizationFailed)
	answer(kafka.TopicAuthorizationFailed)
	lasting("user \"index\" lacks the right to write to topic t: `copytaster acls`")
	if n := strings.Count(log.String(), "Kafka refuses"); n != 1 {
		t.Errorf("said %d times: %s", n, log.String())
	}
	answer(kafka.NotLeaderForPartition)
	lasting("lacks the right")
	answer(0)
	lasting("")
	answer(kafka.UnknownTopicOrPartition)
	lasting("is not there (`copytaster topics create`), or user \"index\" may not see it")
	now = now.Add(refusalAge + time.Second)
	lasting("")
	for code, want := range map[kafka.Error]string{
		kafka.SASLAuthenticationFailed:   "the password is wrong",
		kafka.UnsupportedSASLMechanism:   "offers no SCRAM-SHA-512",
		kafka.TopicAuthorizationFailed:   "a right on a topic",
		kafka.GroupAuthorizationFailed:   "a right on the consumer group",
		kafka.ClusterAuthorizationFailed: "a right on the cluster",
	} {
		if err := b.explain(fmt.Errorf("x: %w", code)); !surelyRefused(err) || !strings.Contains(err.Error(), want) || !errors.Is(err, code) {
			t.Errorf("%v: %v", code, err)
		}
	}
	if err := b.explain(io.ErrUnexpectedEOF); surelyRefused(err) {
		t.Error(err)
	}
	if strings.Contains(log.String(), "hunter2") {
		t.Error("the password is in the log")
	}
}
