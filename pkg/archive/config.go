package archive

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/copytaster/copytaster/pkg/secret"
)

// Config is where the originals are kept: in a folder, in an object store, or
// nowhere.
type Config struct {
	Dir     string        `help:"Folder that keeps the originals; none: they are not kept, unless in an object store." placeholder:"DIR"`
	S3      S3Config      `embed:"" prefix:"s3-"`
	Timeout time.Duration `help:"How long one call of the archive may take." default:"30s"`
}

// S3Config is where the object store is and how to get in.
type S3Config struct {
	Endpoint  string      `help:"Address of an S3-compatible object store that keeps the originals." placeholder:"URL"`
	Bucket    string      `help:"Its bucket, which must exist." placeholder:"NAME"`
	Prefix    string      `help:"What begins the names of all objects, for several installations in one bucket." placeholder:"PREFIX"`
	Region    string      `help:"Its region." default:"us-east-1"`
	AccessKey string      `help:"Name of the access key." placeholder:"NAME"`
	SecretKey secret.Text `help:"The secret key; better in a file."`
	// SecretKeyFile is read for every request, so that the key can be changed.
	SecretKeyFile string `help:"File with the secret key, read for every request." placeholder:"FILE"`
	CACert        string `name:"ca-cert" help:"File with the certificates to trust, PEM; by default the system's." placeholder:"FILE"`
}

// Limits of Timeout.
const (
	MinTimeout     = 100 * time.Millisecond
	MaxTimeout     = 2 * time.Minute
	DefaultTimeout = 30 * time.Second
)

// Given tells whether originals are kept at all.
func (c Config) Given() bool { return c.Dir != "" || c.S3.Endpoint != "" }

// Validate tells which settings are wrong.
func (c Config) Validate() error {
	if !c.Given() {
		if c.S3 != (S3Config{Region: c.S3.Region}) {
			return errors.New("setting archive-s3-endpoint (COPYTASTER_ARCHIVE_S3_ENDPOINT) is missing, and other settings of the object store are given")
		}
		return nil
	}
	var errs []error
	if c.Dir != "" && c.S3.Endpoint != "" {
		errs = append(errs, errors.New("settings archive-dir (COPYTASTER_ARCHIVE_DIR) and archive-s3-endpoint are both given: take one"))
	}
	if c.Timeout != 0 && (c.Timeout < MinTimeout || c.Timeout > MaxTimeout) {
		errs = append(errs, fmt.Errorf("setting archive-timeout (COPYTASTER_ARCHIVE_TIMEOUT) is %v, allowed are %v to %v", c.Timeout, MinTimeout, MaxTimeout))
	}
	if c.S3.Endpoint != "" {
		errs = append(errs, c.S3.check())
	}
	return errors.Join(errs...)
}

// The names that S3 allows for a bucket, and this package for a prefix.
const (
	bucketRule = `^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`
	prefixRule = `^[a-z0-9-]+(/[a-z0-9-]+)*$`
	maxPrefix  = 256
)

func (c S3Config) check() error {
	var errs []error
	u, err := url.Parse(c.Endpoint)
	switch {
	case err != nil:
		errs = append(errs, errors.New("setting archive-s3-endpoint (COPYTASTER_ARCHIVE_S3_ENDPOINT) is not a URL"))
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		errs = append(errs, fmt.Errorf("setting archive-s3-endpoint (COPYTASTER_ARCHIVE_S3_ENDPOINT): %q is not http://host:port or https://host:port", u.Redacted()))
	case u.User != nil:
		errs = append(errs, errors.New("setting archive-s3-endpoint (COPYTASTER_ARCHIVE_S3_ENDPOINT) has a user or a password: take it out, and set archive-s3-access-key and archive-s3-secret-key-file"))
	case u.Scheme == "http" && !loopback(u.Hostname()):
		errs = append(errs, fmt.Errorf("setting archive-s3-endpoint (COPYTASTER_ARCHIVE_S3_ENDPOINT): %q would show copy under embargo to the network: take https", u.Redacted()))
	case u.Scheme == "http" && c.CACert != "":
		errs = append(errs, errors.New("setting archive-s3-ca-cert (COPYTASTER_ARCHIVE_S3_CA_CERT) needs https in archive-s3-endpoint"))
	}
	if !regexp.MustCompile(bucketRule).MatchString(c.Bucket) {
		errs = append(errs, fmt.Errorf("setting archive-s3-bucket (COPYTASTER_ARCHIVE_S3_BUCKET): %q is no name of a bucket", clip(c.Bucket)))
	}
	if c.Prefix != "" && (len(c.Prefix) > maxPrefix || !regexp.MustCompile(prefixRule).MatchString(c.Prefix)) {
		errs = append(errs, fmt.Errorf("setting archive-s3-prefix (COPYTASTER_ARCHIVE_S3_PREFIX): %q is not made of small letters, digits and dashes, in parts by slashes, of %d bytes at most", clip(c.Prefix), maxPrefix))
	}
	if c.AccessKey == "" || !c.secret().Given() {
		errs = append(errs, errors.New("settings archive-s3-access-key (COPYTASTER_ARCHIVE_S3_ACCESS_KEY) and archive-s3-secret-key-file are needed with archive-s3-endpoint"))
	}
	if c.SecretKey != "" && c.SecretKeyFile != "" {
		errs = append(errs, errors.New("setting archive-s3-secret-key (COPYTASTER_ARCHIVE_S3_SECRET_KEY) and archive-s3-secret-key-file are both set: take one"))
	}
	return errors.Join(errs...)
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// Open opens the archive, nil if there is to be none. A folder must be usable
// at once; an object store may come later. Metrics are registered in r if that
// is not nil. Call close at the end.
func (c Config) Open(r prometheus.Registerer) (a *Archive, closeIt func() error, err error) {
	if !c.Given() {
		return nil, func() error { return nil }, nil
	}
	var m *Metrics
	if r != nil {
		if m, err = NewMetrics(r); err != nil {
			return nil, nil, err
		}
	}
	timeout := c.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	if c.S3.Endpoint != "" {
		s, err := OpenS3(c.S3)
		if err != nil {
			return nil, nil, err
		}
		return New(s, timeout, m), s.Close, nil
	}
	f, err := OpenFolder(c.Dir)
	if err != nil {
		return nil, nil, fmt.Errorf("setting archive-dir (COPYTASTER_ARCHIVE_DIR): %w", err)
	}
	return New(f, timeout, m), f.Close, nil
}
