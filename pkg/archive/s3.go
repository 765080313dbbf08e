package archive

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/copytaster/copytaster/pkg/secret"
)

const (
	// s3Attempts is how often one call is tried by the client itself; the
	// stage that needs it repeats it for as long as it takes.
	s3Attempts = 3
	// s3Type is stated for every object: what it is stands in the article.
	s3Type = "application/octet-stream"
	// s3Connections to the object store are kept open.
	s3Connections = 64
)

// S3 keeps objects in a bucket of an S3-compatible object store. An object is
// there when the store has acknowledged it, whole or not at all.
type S3 struct {
	client         *minio.Client
	bucket, prefix string
	close          func()
}

// OpenS3 makes the client; the store is not asked.
func OpenS3(c S3Config) (*S3, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, errors.New("setting archive-s3-endpoint (COPYTASTER_ARCHIVE_S3_ENDPOINT) is not a URL")
	}
	roots, err := c.roots()
	if err != nil {
		return nil, err
	}
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConns: s3Connections, MaxIdleConnsPerHost: s3Connections,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, ForceAttemptHTTP2: true,
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.New(&keyFile{c}), Secure: u.Scheme == "https", Transport: t, Region: c.Region, MaxRetries: s3Attempts,
	})
	if err != nil {
		return nil, fmt.Errorf("object store of the archive: %w", err)
	}
	return &S3{client: client, bucket: c.Bucket, prefix: c.Prefix, close: t.CloseIdleConnections}, nil
}

// roots are the certificates to trust; nil: the system's.
func (c S3Config) roots() (*x509.CertPool, error) {
	if c.CACert == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(c.CACert)
	if err != nil {
		return nil, fmt.Errorf("setting archive-s3-ca-cert (COPYTASTER_ARCHIVE_S3_CA_CERT): %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("setting archive-s3-ca-cert (COPYTASTER_ARCHIVE_S3_CA_CERT): %s has no certificate", c.CACert)
	}
	return roots, nil
}

// keyFile gives the keys, the secret one read anew for every request.
type keyFile struct{ c S3Config }

// Retrieve implements [credentials.Provider].
func (k *keyFile) Retrieve() (credentials.Value, error) {
	key, err := k.c.secret().Get()
	if err != nil {
		name := "archive-s3-secret-key (COPYTASTER_ARCHIVE_S3_SECRET_KEY)"
		if k.c.SecretKeyFile != "" {
			name = "archive-s3-secret-key-file (COPYTASTER_ARCHIVE_S3_SECRET_KEY_FILE)"
		}
		return credentials.Value{}, fmt.Errorf("setting %s: %w", name, err)
	}
	return credentials.Value{AccessKeyID: k.c.AccessKey, SecretAccessKey: key, SignerType: credentials.SignatureV4}, nil
}

// RetrieveWithCredContext implements [credentials.Provider].
func (k *keyFile) RetrieveWithCredContext(*credentials.CredContext) (credentials.Value, error) {
	return k.Retrieve()
}

// IsExpired implements [credentials.Provider].
func (k *keyFile) IsExpired() bool { return k.c.SecretKeyFile != "" }

func (c S3Config) secret() secret.Source {
	return secret.Source{Text: c.SecretKey, File: c.SecretKeyFile}
}

// Close ends the connections.
func (s *S3) Close() error {
	s.close()
	return nil
}

func (s *S3) key(name string) string { return path.Join(s.prefix, name) }

// Put implements [Store].
func (s *S3) Put(ctx context.Context, name string, data []byte) error {
	if err := CheckName(name); err != nil {
		return err
	}
	// One request with its sum: the store refuses what was damaged on the way.
	_, err := s.client.PutObject(ctx, s.bucket, s.key(name), bytes.NewReader(data), int64(len(data)),
		minio.PutObjectOptions{ContentType: s3Type, SendContentMd5: true, DisableMultipart: true})
	if err != nil {
		return fmt.Errorf("put %s into bucket %s: %w", name, s.bucket, err)
	}
	return nil
}

// Get implements [Store].
func (s *S3) Get(ctx context.Context, name string) ([]byte, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	failed := func(err error) error {
		if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
			return ErrNotFound
		}
		return fmt.Errorf("get %s from bucket %s: %w", name, s.bucket, err)
	}
	o, err := s.client.GetObject(ctx, s.bucket, s.key(name), minio.GetObjectOptions{})
	if err != nil {
		return nil, failed(err)
	}
	defer func() { _ = o.Close() }()
	data, err := io.ReadAll(io.LimitReader(o, MaxObject+1))
	if err != nil {
		return nil, failed(err)
	}
	if len(data) > MaxObject {
		return nil, fmt.Errorf("%s: more than %d bytes: %w", name, MaxObject, ErrDamaged)
	}
	return data, nil
}

// Remove implements [Store]. In a bucket with versions the store keeps what was
// removed, as its own rules say.
func (s *S3) Remove(ctx context.Context, prefix string) (int, error) {
	if err := CheckName(prefix); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := 0
	for o := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.key(prefix), Recursive: true}) {
		if o.Err != nil {
			return n, fmt.Errorf("list %s in bucket %s: %w", prefix, s.bucket, o.Err)
		}
		if err := s.client.RemoveObject(ctx, s.bucket, o.Key, minio.RemoveObjectOptions{}); err != nil {
			return n, fmt.Errorf("remove %s from bucket %s: %w", o.Key, s.bucket, err)
		}
		n++
	}
	return n, nil
}
