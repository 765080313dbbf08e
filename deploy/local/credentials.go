package local

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// certificateLife is how long the certificates hold, and certificateSpare how much of it must be
	// left at a start; with less, they are made anew.
	certificateLife  = 365 * 24 * time.Hour
	certificateSpare = 30 * 24 * time.Hour
	// passwordBytes of randomness make a password.
	passwordBytes = 24
)

// Users that every secured pair of servers has. They may do everything; the services have users of
// their own.
const (
	KafkaAdmin         = "admin"
	ElasticsearchAdmin = "elastic"

	kafkaBroker = "broker" // the broker itself
	// nodeName is what the servers' certificate is made out to. Kafka's controller takes it for its
	// broker.
	nodeName = "copytaster-local"
)

// The files of a folder of credentials.
const (
	caFile         = "ca.crt"   // to trust
	nodeFile       = "node.crt" // the servers' certificate
	nodeKeyFile    = "node.key"
	nodeStoreFile  = "node.pem" // key and certificates in one, as Kafka wants them
	passwordSuffix = ".password"
)

// Credentials are what a secured Kafka and Elasticsearch are set up with, and what their clients
// need: certificates and passwords, as files in one folder.
type Credentials struct {
	dir   string
	users []string
}

// OpenCredentials takes what is in dir, and makes what is missing: a certificate of our own
// authority for 127.0.0.1 and localhost, and a password for each of Kafka's users beside the
// administrators'. Passwords stay the same for good; certificates are made anew before they end.
func OpenCredentials(dir string, users ...string) (*Credentials, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for _, user := range users {
		if user == "" || strings.Trim(user, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || user == kafkaBroker || user == ElasticsearchAdmin {
			return nil, fmt.Errorf("%q can't be the name of a user of the local servers", user)
		}
	}
	c := &Credentials{dir: dir, users: append([]string{kafkaBroker, KafkaAdmin}, users...)}
	err = os.MkdirAll(dir, 0o755)
	if err != nil {
		return nil, err
	}
	for _, user := range append([]string{ElasticsearchAdmin}, c.users...) {
		_, err := os.Stat(c.PasswordFile(user))
		if errors.Is(err, os.ErrNotExist) {
			err = c.SetPassword(user, newPassword())
		}
		if err != nil {
			return nil, err
		}
	}
	if !c.fresh(time.Now().Add(certificateSpare)) {
		err = c.issue(time.Now())
	}
	return c, err
}

// CA is the file with the certificate to trust.
func (c *Credentials) CA() string { return filepath.Join(c.dir, caFile) }

// PasswordFile is the file with a user's password. Elasticsearch's administrator is one of them.
func (c *Credentials) PasswordFile(user string) string {
	return filepath.Join(c.dir, user+passwordSuffix)
}

// Password is a user's password.
func (c *Credentials) Password(user string) (string, error) {
	data, err := os.ReadFile(c.PasswordFile(user))
	return strings.TrimSpace(string(data)), err
}

// SetPassword writes a user's password to its file. The servers know nothing of it.
func (c *Credentials) SetPassword(user, password string) error {
	return replaceSecret(c.PasswordFile(user), []byte(password+"\n"))
}

// TLS is how a client reaches the servers.
func (c *Credentials) TLS() (*tls.Config, error) {
	data, err := os.ReadFile(c.CA())
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s has no certificate", c.CA())
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}

func newPassword() string {
	secret := make([]byte, passwordBytes)
	_, _ = rand.Read(secret) // It never fails.
	return base64.RawURLEncoding.EncodeToString(secret)
}

// fresh says whether the certificates are there and hold until then.
func (c *Credentials) fresh(then time.Time) bool {
	for _, name := range []string{caFile, nodeFile} {
		data, err := os.ReadFile(filepath.Join(c.dir, name))
		if err != nil {
			return false
		}
		block, _ := pem.Decode(data)
		if block == nil {
			return false
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil || certificate.NotAfter.Before(then) {
			return false
		}
	}
	for _, name := range []string{nodeKeyFile, nodeStoreFile} {
		_, err := os.Stat(filepath.Join(c.dir, name))
		if err != nil {
			return false
		}
	}
	return true
}

// issue makes an authority and the servers' certificate, and forgets the authority's key: nobody
// can sign anything else with it. What is trusted is written last.
func (c *Credentials) issue(now time.Time) error {
	authority, authorityKey, err := certify(x509.Certificate{
		Subject: pkix.Name{CommonName: nodeName + " authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}, now, nil, nil)
	if err != nil {
		return err
	}
	node, key, err := certify(x509.Certificate{
		Subject: pkix.Name{CommonName: nodeName}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{"localhost"}, IPAddresses: []net.IP{net.ParseIP(host)},
	}, now, authority, authorityKey)
	if err != nil {
		return err
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
	nodePEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: node.Raw})
	caPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Raw})
	return errors.Join(
		replaceSecret(filepath.Join(c.dir, nodeStoreFile), bytes.Join([][]byte{keyPEM, nodePEM, caPEM}, nil)),
		replaceSecret(filepath.Join(c.dir, nodeKeyFile), keyPEM),
		replaceFile(filepath.Join(c.dir, nodeFile), nodePEM),
		replaceFile(filepath.Join(c.dir, caFile), caPEM),
	)
}

// certify makes a certificate and its key, signed by parent, or by itself without one.
func certify(template x509.Certificate, now time.Time, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	// The clocks of two machines differ.
	template.NotBefore, template.NotAfter = now.Add(-time.Hour), now.Add(certificateLife)
	if parent == nil {
		parent, signer = &template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, key.Public(), signer)
	if err != nil {
		return nil, nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return certificate, key, err
}

// replaceSecret is replaceFile for what only this user may read.
func replaceSecret(path string, data []byte) error {
	next := path + ".new"
	err := errors.Join(os.RemoveAll(next), os.WriteFile(next, data, 0o600))
	if err != nil {
		return err
	}
	return os.Rename(next, path)
}

// Renew makes the certificates anew, of another authority. A server takes them at its next start;
// until then it shows the old one, so CA goes on to hold the old authority behind the new one.
func (c *Credentials) Renew() error {
	old, err := os.ReadFile(c.CA())
	if err != nil {
		return err
	}
	err = c.issue(time.Now())
	if err != nil {
		return err
	}
	renewed, err := os.ReadFile(c.CA())
	if err != nil {
		return err
	}
	return replaceFile(c.CA(), append(renewed, old...))
}
