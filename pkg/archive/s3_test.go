package archive_test

import (
	"crypto/rand"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/archive/archivetest"
	"github.com/copytaster/copytaster/pkg/secret"
	"github.com/copytaster/copytaster/pkg/stage"
)

const bucket = "originals-of-a-test"

// server is an object store that speaks S3 over HTTP.
type server struct {
	*httptest.Server

	refuse atomic.Int64 // status that it answers with instead, if not 0
	asked  atomic.Int64
}

func serve(t *testing.T) *server {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	s := &server{}
	store := gofakes3.New(backend).Server()
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if code := s.refuse.Load(); code != 0 {
			w.WriteHeader(int(code))
			return
		}
		store.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) config() archive.Config {
	return archive.Config{Timeout: 30 * time.Second, S3: archive.S3Config{
		Endpoint: s.URL, Bucket: bucket, Prefix: "press/one", Region: "us-east-1", AccessKey: "user", SecretKey: "password",
	}}
}

func connect(t *testing.T, c archive.S3Config) *archive.S3 {
	t.Helper()
	s, err := archive.OpenS3(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

var realServer = flag.String("s3", "", "S3 server to test with as well, as http://KEY:SECRET@HOST:PORT")

func TestS3(t *testing.T) {
	t.Run("in this process", func(t *testing.T) { suite(t, func(t *testing.T) archive.S3Config { return serve(t).config().S3 }) })
	if *realServer != "" {
		t.Run("another program", func(t *testing.T) { suite(t, freshBucket) })
	}
}

func suite(t *testing.T, fresh func(*testing.T) archive.S3Config) {
	var on archive.S3Config
	archivetest.Suite(t,
		func(t *testing.T) archive.Store {
			on = fresh(t)
			return connect(t, on)
		},
		func(t *testing.T) archive.Store { return connect(t, on) })
}

// freshBucket is a bucket of its own at the server that was named.
func freshBucket(t *testing.T) archive.S3Config {
	u, err := url.Parse(*realServer)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := u.User.Password()
	client, err := minio.New(u.Host, &minio.Options{Creds: credentials.NewStaticV4(u.User.Username(), key, "")})
	if err != nil {
		t.Fatal(err)
	}
	name := "originals-" + strings.ToLower(rand.Text())
	if err := client.MakeBucket(t.Context(), name, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	return archive.S3Config{
		Endpoint: "http://" + u.Host, Bucket: name, Prefix: "press/one", Region: "us-east-1", AccessKey: u.User.Username(), SecretKey: secret.Text(key),
	}
}

// TestS3Namespaces: two installations in one bucket don't see each other.
func TestS3Namespaces(t *testing.T) {
	c := serve(t).config().S3
	one := connect(t, c)
	c.Prefix = "press/two"
	two := connect(t, c)
	c.Prefix = ""
	none := connect(t, c)
	for _, s := range []*archive.S3{one, two, none} {
		if err := s.Put(t.Context(), "o/a/x.1", []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := one.Remove(t.Context(), "o/a/x."); n != 1 || err != nil {
		t.Errorf("removed %d: %v", n, err)
	}
	for i, s := range []*archive.S3{one, two, none} {
		if _, err := s.Get(t.Context(), "o/a/x.1"); errors.Is(err, archive.ErrNotFound) != (i == 0) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// TestS3Away: an object store that refuses, is missing its bucket, or can't be
// reached is not one that has no such object.
func TestS3Away(t *testing.T) {
	s := serve(t)
	c := s.config()
	c.Timeout = 2 * time.Second
	store := connect(t, c.S3)
	if err := store.Put(t.Context(), "o/a/x", []byte("x")); err != nil {
		t.Fatal(err)
	}
	fails := func(what string, c archive.Config) {
		t.Helper()
		a := archive.New(connect(t, c.S3), c.Timeout, nil)
		k := keyOf("urn:x", 1<<20, "x")
		err := a.Put(t.Context(), k, []byte("x"))
		if err == nil || stage.IsPermanent(err) {
			t.Errorf("%s: put: %v", what, err)
		}
		if _, err := a.Get(t.Context(), k); err == nil || errors.Is(err, archive.ErrNotFound) || stage.IsPermanent(err) {
			t.Errorf("%s: get: %v", what, err)
		}
		if n, err := a.Purge(t.Context(), k.URI); err == nil || n != 0 {
			t.Errorf("%s: purge: %d, %v", what, n, err)
		}
		if err := a.Ready(t.Context()); err == nil {
			t.Errorf("%s: it is ready", what)
		}
		if err := archive.New(connect(t, c.S3), c.Timeout, nil).Ready(t.Context()); err == nil {
			t.Errorf("%s: it is ready before anybody puts anything", what)
		}
	}
	for _, status := range []int{http.StatusForbidden, http.StatusServiceUnavailable} {
		s.refuse.Store(int64(status))
		fails(http.StatusText(status), c)
	}
	s.refuse.Store(0)
	other := c
	other.S3.Bucket = "another-bucket"
	fails("no such bucket", other)
	other = c
	other.S3.SecretKey, other.S3.SecretKeyFile = "", filepath.Join(t.TempDir(), "missing")
	fails("no key", other)
	if data, err := store.Get(t.Context(), "o/a/x"); string(data) != "x" || err != nil {
		t.Errorf("after all: %q, %v", data, err)
	}
	s.Close()
	fails("nobody listens", c)
}

// TestS3KeyIsReadAnew: a key in a file may be changed while it is used.
func TestS3KeyIsReadAnew(t *testing.T) {
	c := serve(t).config().S3
	c.SecretKey, c.SecretKeyFile = "", filepath.Join(t.TempDir(), "key")
	s := connect(t, c)
	if err := s.Put(t.Context(), "o/a/x", []byte("x")); err == nil || !strings.Contains(err.Error(), "archive-s3-secret-key-file") {
		t.Errorf("without a key: %v", err)
	}
	if err := os.WriteFile(c.SecretKeyFile, []byte("password\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "o/a/x", []byte("x")); err != nil {
		t.Error(err)
	}
}
