package poll

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/copytaster/copytaster/services/ingest/intake"
)

const (
	// minInterval is the shortest time between two polls of one feed.
	minInterval = time.Second
	// maxFeeds is how many feeds one instance polls.
	maxFeeds = 2_000
	// maxFile is the largest list of feeds, in bytes.
	maxFile = 4 << 20
)

// Config is what to poll and how often.
type Config struct {
	Feeds        map[string]string `help:"Feeds to poll: NAME=URL, separated by semicolons. The name is the source of its items." mapsep:";" placeholder:"NAME=URL"`
	File         string            `help:"File with further feeds: a JSON list of {\"name\", \"url\", \"interval\", \"provider\", \"allow_private\", \"deleted\"}." type:"path" placeholder:"FILE"`
	Interval     time.Duration     `help:"How often a feed is polled that says nothing else." default:"1m"`
	AllowPrivate []string          `help:"Names of feeds that may be on a private, link-local or loopback address." placeholder:"NAME"`
	Contact      string            `help:"Address or page named in the User-Agent, for publishers who wonder who polls them." placeholder:"URL"`
	HostGap      time.Duration     `help:"Least time between two requests to one host." default:"500ms"`
}

// Feed is one feed.
type Feed struct {
	Name         string   `json:"name"`
	URL          string   `json:"url"`
	Interval     Duration `json:"interval,omitempty"`
	Provider     string   `json:"provider,omitempty"`
	AllowPrivate bool     `json:"allow_private,omitempty"`
	Deleted      Deleted  `json:"deleted,omitempty"`
}

// Deleted is what becomes of an article whose entry the feed deletes (RFC 6721).
type Deleted string

// What becomes of it; "" is Withhold.
const (
	Withhold Deleted = "withhold" // until the entry comes again
	Kill     Deleted = "kill"
)

// Duration is a time.Duration that stands as "90s" in JSON.
type Duration time.Duration

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// MarshalText implements [encoding.TextMarshaler].
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Validate tells which settings are wrong.
func (c Config) Validate() error {
	var errs []error
	if c.Interval < minInterval {
		errs = append(errs, fmt.Errorf("setting poll-interval is %v, the least is %v", c.Interval, minInterval))
	}
	if c.HostGap < 0 {
		errs = append(errs, fmt.Errorf("setting poll-host-gap is %v, it must not be negative", c.HostGap))
	}
	if strings.ContainsAny(c.Contact, "\r\n") {
		errs = append(errs, errors.New("setting poll-contact has a line break"))
	}
	if _, err := c.List(); err != nil {
		errs = append(errs, fmt.Errorf("settings poll-feeds and poll-file: %w", err))
	}
	return errors.Join(errs...)
}

// List is all feeds, by name, with the defaults filled in.
func (c Config) List() ([]Feed, error) {
	var feeds []Feed
	for name, u := range c.Feeds {
		feeds = append(feeds, Feed{Name: name, URL: u})
	}
	var errs []error
	if c.File != "" {
		more, err := readFile(c.File)
		if err != nil {
			return nil, fmt.Errorf("setting poll-file: %w", err)
		}
		feeds = append(feeds, more...)
	}
	names := map[string]bool{}
	for i := range feeds {
		f := &feeds[i]
		if f.Interval == 0 {
			f.Interval = Duration(c.Interval)
		}
		if slices.Contains(c.AllowPrivate, f.Name) {
			f.AllowPrivate = true
		}
		if err := f.validate(); err != nil {
			errs = append(errs, err)
		}
		if names[f.Name] {
			errs = append(errs, fmt.Errorf("feed %q is listed twice", f.Name))
		}
		names[f.Name] = true
	}
	for _, n := range c.AllowPrivate {
		if !names[n] {
			errs = append(errs, fmt.Errorf("setting poll-allow-private names %q, which is no feed", n))
		}
	}
	if len(feeds) > maxFeeds {
		errs = append(errs, fmt.Errorf("%d feeds are listed, the limit is %d", len(feeds), maxFeeds))
	}
	slices.SortFunc(feeds, func(a, b Feed) int { return strings.Compare(a.Name, b.Name) })
	return feeds, errors.Join(errs...)
}

func (f Feed) validate() error {
	if err := intake.CheckSource(f.Name); err != nil {
		return fmt.Errorf("feed %q: %w", f.Name, err)
	}
	u, err := url.Parse(f.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("feed %q: url %q is no absolute http or https address", f.Name, f.URL)
	}
	if time.Duration(f.Interval) < minInterval {
		return fmt.Errorf("feed %q: interval is %v, the least is %v", f.Name, time.Duration(f.Interval), minInterval)
	}
	switch f.Deleted {
	case "", Withhold, Kill:
	default:
		return fmt.Errorf("feed %q: deleted is %q, it must be %s or %s", f.Name, f.Deleted, Withhold, Kill)
	}
	if f.Provider != "" {
		if err := intake.CheckSource(f.Provider); err != nil {
			return fmt.Errorf("feed %q: provider: %w", f.Name, err)
		}
	}
	return nil
}

func readFile(path string) ([]Feed, error) {
	i, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if i.Size() > maxFile {
		return nil, fmt.Errorf("%s has %d bytes, the limit is %d", path, i.Size(), maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var feeds []Feed
	if err := d.Decode(&feeds); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return feeds, nil
}
