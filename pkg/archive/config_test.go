package archive_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/archive"
)

func TestSettings(t *testing.T) {
	good := archive.Config{S3: archive.S3Config{
		Endpoint: "https://store.example:9000", Bucket: "press-originals", Prefix: "a/b-1", Region: "eu-1", AccessKey: "k", SecretKeyFile: "f",
	}}
	for _, c := range []archive.Config{{}, {S3: archive.S3Config{Region: "us-east-1"}}, {Dir: "d"}, {Dir: "d", Timeout: time.Second}, good} {
		if err := c.Validate(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for want, change := range map[string]func(c *archive.Config){
		"archive-dir":                           func(c *archive.Config) { c.Dir = "d" },
		"archive-timeout":                       func(c *archive.Config) { c.Timeout = time.Millisecond },
		"allowed are 100ms to 2m0s":             func(c *archive.Config) { c.Timeout = time.Hour },
		"is missing, and other":                 func(c *archive.Config) { c.S3.Endpoint = "" },
		"https://host:port":                     func(c *archive.Config) { c.S3.Endpoint = "store.example:9000" },
		"not http://host:port":                  func(c *archive.Config) { c.S3.Endpoint = "https://store.example/bucket" },
		"has a user":                            func(c *archive.Config) { c.S3.Endpoint = "https://me:secret@store.example" },
		"to the network: take https":            func(c *archive.Config) { c.S3.Endpoint = "http://store.example" },
		"needs https":                           func(c *archive.Config) { c.S3.Endpoint, c.S3.CACert = "http://127.0.0.1:1", "f" },
		"archive-s3-bucket":                     func(c *archive.Config) { c.S3.Bucket = "Press" },
		`bucket (COPYTASTER_ARCHIVE`:            func(c *archive.Config) { c.S3.Bucket = "" },
		"archive-s3-prefix":                     func(c *archive.Config) { c.S3.Prefix = "../x" },
		"of 256 bytes at most":                  func(c *archive.Config) { c.S3.Prefix = strings.Repeat("x", 257) },
		"archive-s3-access-key":                 func(c *archive.Config) { c.S3.AccessKey = "" },
		"archive-s3-secret-key-file are needed": func(c *archive.Config) { c.S3.SecretKeyFile = "" },
		"are both set":                          func(c *archive.Config) { c.S3.SecretKey = "s" },
	} {
		c := good
		change(&c)
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret@") {
			t.Errorf("it shows a password: %v", err)
		}
	}
}

func TestOpen(t *testing.T) {
	if a, end, err := (archive.Config{}).Open(nil); a != nil || err != nil || end() != nil {
		t.Errorf("none: %v, %v", a, err)
	}
	a, end, err := archive.Config{Dir: filepath.Join(t.TempDir(), "a")}.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	k := keyOf("urn:x", 1<<20, "x")
	if err := a.Put(t.Context(), k, []byte("x")); err != nil {
		t.Error(err)
	}
	if err := a.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
	if _, _, err := (archive.Config{Dir: filepath.Join(t.TempDir(), "a", "b")}).Open(nil); err == nil || !strings.Contains(err.Error(), "archive-dir") {
		t.Errorf("a folder in none: %v", err)
	}
}
