package search

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
)

// Config is what the search service can be told.
type Config struct {
	Elasticsearch elastic.Config `embed:"" prefix:"elasticsearch-"`
	// Bus is for the keys, live feeds and editors' corrections alone, but for its namespace,
	// which is the indices', too.
	Bus           bus.Config    `embed:""`
	SearchTimeout time.Duration `help:"How long one call of Elasticsearch may take." default:"5s"`
	// SearchRelatedTimeout is short: a search of all shards, where the article itself
	// is in one.
	SearchRelatedTimeout time.Duration  `help:"How long an article waits for the lists of those it goes on from and those that go on from it; then it is shown without." default:"1s"`
	Archive              archive.Config `embed:"" prefix:"archive-"`
	SearchZone           string         `help:"Time zone whose days are counted and asked for." default:"UTC" placeholder:"AREA/CITY"`
	// SearchPublicURL is for where a proxy stands in front: by what is asked
	// there, the service can't tell how clients reach it.
	SearchPublicURL string `help:"Address at which clients reach this service, for links in feeds (default: as the client called it)." placeholder:"URL"`
	Access          `embed:""`

	SearchOverrides bool `help:"Let editors correct articles (/v1/articles/{uri}/overrides); needs search-keys, or a proxy that names who asks, and Kafka: see kafka-brokers."`
	// SearchOverridesUser may write articles: the user that answers searches needn't.
	SearchOverridesUser         string `help:"Whom to log in as at Kafka for that; by default kafka-user."`
	SearchOverridesPasswordFile string `help:"File with that user's password, read for every connection." placeholder:"FILE"`

	SearchEmbargoes bool `help:"Show what is under an embargo to those with the scope embargo (/v1/embargoes); needs search-keys, or a proxy that names who asks."`

	SearchOperator bool `help:"Show operators the stages, sources and dead letters, and let them redrive (/v1/operator/...); needs search-keys, or a proxy that names who asks, and Kafka: see kafka-brokers."`
	// SearchOperatorUser reads what readers may not, and may write articles, too.
	SearchOperatorUser         string        `help:"Whom to log in as at Kafka for that; by default kafka-user."`
	SearchOperatorPasswordFile string        `help:"File with that user's password, read for every connection." placeholder:"FILE"`
	SearchOperatorEvery        time.Duration `help:"How often the stages are looked at for them." default:"5s"`

	SearchLive              bool          `help:"Follow what goes out in Kafka, for live feeds (/v1/live): see kafka-brokers." default:"true" negatable:""`
	SearchLiveFeeds         int           `help:"How many live feeds may be open at once." default:"2000" placeholder:"N"`
	SearchLiveFeedsOfReader int           `help:"How many of them one reader may have: a key's owner, or an address where nobody is asked who they are." default:"50" placeholder:"N"`
	SearchLiveKnown         time.Duration `help:"For how long live feeds remember what went out: of what went out before, they may not be told that it is no longer found, or be told of a kill though they never had it." default:"168h"`
}

// Limits of the settings of live feeds.
const (
	MaxLiveFeeds = 20_000
	MinLiveKnown = time.Minute
	MaxLiveKnown = 30 * 24 * time.Hour // as long as the topic keeps anything
)

// MinOperatorEvery and MaxOperatorEvery bound how often the stages are looked at.
const (
	MinOperatorEvery = time.Second
	MaxOperatorEvery = time.Minute
)

// MinTimeout and MaxTimeout bound both timeouts. An answer may take as long as two calls
// (see [find.Finder.Whole]): far above the maximum, the HTTP server would cut it off.
const (
	MinTimeout = 10 * time.Millisecond
	MaxTimeout = 30 * time.Second
)

// Validate tells all settings that are wrong.
func (c Config) Validate() error {
	var errs []error
	bad := func(name string, err error) {
		env := boot.EnvPrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		errs = append(errs, fmt.Errorf("setting %s (%s): %w", name, env, err))
	}
	if err := corpus.Namespace(c.Bus.Namespace).Validate(); err != nil {
		bad("namespace", err)
	}
	if c.SearchTimeout < MinTimeout || c.SearchTimeout > MaxTimeout {
		bad("search-timeout", fmt.Errorf("%v is not between %v and %v", c.SearchTimeout, MinTimeout, MaxTimeout))
	}
	if c.SearchRelatedTimeout < MinTimeout || c.SearchRelatedTimeout > MaxTimeout {
		bad("search-related-timeout", fmt.Errorf("%v is not between %v and %v", c.SearchRelatedTimeout, MinTimeout, MaxTimeout))
	}
	if _, err := c.zone(); err != nil {
		bad("search-zone", err)
	}
	if u, err := url.Parse(c.SearchPublicURL); c.SearchPublicURL != "" &&
		(err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil) {
		bad("search-public-url", fmt.Errorf("%q is no address such as https://news.example/search", c.SearchPublicURL))
	}
	if c.SearchKeys || c.SearchLive || c.SearchOverrides || c.SearchOperator {
		errs = append(errs, c.Bus.Validate())
	}
	for _, u := range []struct{ name, user, file string }{
		{"search-overrides", c.SearchOverridesUser, c.SearchOverridesPasswordFile}, {"search-operator", c.SearchOperatorUser, c.SearchOperatorPasswordFile},
	} {
		if (u.user == "") != (u.file == "") {
			bad(u.name+"-user", fmt.Errorf("and %s-password-file go together: one of them is empty", u.name))
		} else if u.user != "" && c.Bus.Security.KafkaUser == "" {
			bad(u.name+"-user", errors.New("is set, and kafka-user is not: nobody logs in"))
		}
	}
	if c.SearchOverrides && !c.asks() {
		bad("search-overrides", errors.New("is set, and nobody is asked who they are: set search-keys, or search-proxy-user-header"))
	}
	if c.SearchEmbargoes && !c.asks() {
		bad("search-embargoes", errors.New("is set, and nobody is asked who they are: set search-keys, or search-proxy-user-header"))
	}
	if c.SearchOperator {
		c.checkOperator(bad)
	}
	if c.SearchLive {
		c.checkLive(bad)
	}
	c.check(bad)
	return errors.Join(errs...)
}

func (c Config) checkOperator(bad func(name string, err error)) {
	if !c.asks() {
		bad("search-operator", errors.New("is set, and nobody is asked who they are: set search-keys, or search-proxy-user-header"))
	}
	if c.SearchOperatorEvery < MinOperatorEvery || c.SearchOperatorEvery > MaxOperatorEvery {
		bad("search-operator-every", fmt.Errorf("%v is not between %v and %v", c.SearchOperatorEvery, MinOperatorEvery, MaxOperatorEvery))
	}
}

func (c Config) checkLive(bad func(name string, err error)) {
	if c.SearchLiveFeeds < 1 || c.SearchLiveFeeds > MaxLiveFeeds {
		bad("search-live-feeds", fmt.Errorf("%d is not between 1 and %d", c.SearchLiveFeeds, MaxLiveFeeds))
	}
	if c.SearchLiveFeedsOfReader < 1 || c.SearchLiveFeedsOfReader > MaxLiveFeeds {
		bad("search-live-feeds-of-reader", fmt.Errorf("%d is not between 1 and %d", c.SearchLiveFeedsOfReader, MaxLiveFeeds))
	}
	if c.SearchLiveKnown < MinLiveKnown || c.SearchLiveKnown > MaxLiveKnown {
		bad("search-live-known", fmt.Errorf("%v is not between %v and %v", c.SearchLiveKnown, MinLiveKnown, MaxLiveKnown))
	}
}

func (c Config) zone() (*time.Location, error) {
	if c.SearchZone == "" || c.SearchZone == "Local" {
		// Elasticsearch would not know which one is meant.
		return nil, fmt.Errorf("%q is not the name of a zone, such as Europe/Berlin or UTC", c.SearchZone)
	}
	return time.LoadLocation(c.SearchZone)
}
