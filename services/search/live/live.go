// Package live tells open feeds what their queries begin and cease to find, as it goes
// out. One [Hub] of a process follows the public topic that the release service writes,
// outside of any group, and asks the query of every feed of each article.
package live

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
)

// Limits of feeds.
const (
	// MaxLife is how long a feed lasts; its client comes back by itself, and shows anew
	// who it is.
	MaxLife = 15 * time.Minute
	// Buffer is how many events wait for a client until it counts as slow.
	Buffer = 256
	// Heartbeat is how often a feed is told that there is nothing new.
	Heartbeat = 15 * time.Second
	// MaxReplay is how many messages of the topic are read again for a client that comes
	// back; MaxReplays for how many at once, MaxReplaysOfReader of them for one reader:
	// others wait.
	MaxReplay          = 10_000
	MaxReplays         = 4
	MaxReplaysOfReader = 2
	// Overlap is how far before a reset a feed goes on behind it: what went out just before
	// its client searches anew isn't in the index yet. It is never more than MaxReplay
	// messages, of each partition its share.
	Overlap = time.Minute
	// ReplayTime is how long reading again and telling may take in all, without waiting
	// for others: then the client comes back for the rest. ReplayEvents and ReplayBytes
	// are how many events are read at once, before they are told.
	ReplayTime   = time.Minute
	ReplayEvents = 64
	ReplayBytes  = 128 << 10
	// MaxKnown is of how many messages it is known which article they are of.
	MaxKnown = 1_000_000
	// Recent is how many articles are held in memory, and RecentBytes of how many bytes,
	// to be compared with what follows them; others are read again from the topic.
	Recent      = 1000
	RecentBytes = 32 << 20
	// AheadBytes is how much is read ahead of what is told, for kills in it: they wait
	// for nothing else.
	AheadBytes = 32 << 20
)

const (
	// closeGap is how many messages may be missing of a feed when it joins the others.
	closeGap = 64
	// watchEvery is how often it is looked whether the topic can be read and is what it
	// was, pruneEvery how often what is too old is forgotten.
	watchEvery = 5 * time.Second
	pruneEvery = time.Hour
	// Pauses after a failure to follow, doubled each time.
	pause, pauseMax = 500 * time.Millisecond, 5 * time.Second
	// lookups is how often it is tried to read what an article was before; lookupPause is
	// in between.
	lookups     = 3
	lookupPause = 100 * time.Millisecond
	// learnAtOnce is how many messages of a partition are looked through at once that went
	// out before the process began.
	learnAtOnce = 5000
	// aheadMessages is how many messages are read ahead, however short;
	// aheadKills how many kills wait to be told ahead: others come in their turn.
	aheadMessages = 32 << 10
	aheadKills    = 256
	// stepsAhead is how many messages wait for a shard.
	stepsAhead = 8
)

// Errors of [Hub.Open].
var (
	// ErrUnavailable says that the topic isn't followed, or not yet.
	ErrUnavailable = errors.New("live feeds are not to be had now")
	// ErrTooMany says that the process has as many feeds as it may.
	ErrTooMany = errors.New("there are too many live feeds")
	// ErrTooManyOfReader says that of one reader.
	ErrTooManyOfReader = errors.New("you have too many live feeds open")
	// ErrAccess is what who takes the events says when the reader may not have them any
	// more, or is entitled to something else.
	ErrAccess = errors.New("the reader may not read this feed any more")
)

// Kind is what an event tells.
type Kind string

// The kinds of events.
const (
	Ready   Kind = "ready"     // the feed is open
	Entered Kind = "entered"   // an article is found that wasn't
	Changed Kind = "changed"   // a newer revision of an article is found, as the one before was
	Left    Kind = "left"      // an article is no longer found
	Beat    Kind = "heartbeat" // there is nothing new
	Reset   Kind = "reset"     // something may be missing: search anew
	Current Kind = "current"   // all that was missed is told; what follows is new
	Ended   Kind = "end"       // the feed ends
)

// Why an article left.
const (
	Canceled  = "canceled"
	Withheld  = "withheld"  // or put under an embargo
	Expired   = "expired"   // its time is over
	Unmatched = "unmatched" // the query doesn't find its newest revision
)

// Why a feed ended.
const (
	Slow     = "slow"        // its client didn't keep up
	Away     = "unavailable" // what it missed can't be read now
	Shutdown = "shutdown"    // the service stops
	Aged     = "life"        // it lasted as long as it may
	Barred   = "access"      // its reader may not read any more, or sees other articles
)

// Event is what a feed tells.
type Event struct {
	Kind   Kind
	Data   []byte // JSON, one line
	Cursor string // where to go on after it; "": where the event before said
	// Retry is how long the client should wait before it comes back; 0: as it was told.
	Retry time.Duration
}

// Log is all topics, as far as they are read here; see [bus.Bus].
type Log interface {
	Extents(ctx context.Context, name string) ([]bus.Extent, error)
	OffsetsAt(ctx context.Context, name string, t time.Time) (map[int]int64, error)
	ReadLog(ctx context.Context, name string, partition int, from, to int64, f func(stage.Message) error) error
	TopicID(ctx context.Context, name string) ([16]byte, error)
}

// Lookup reads single messages of articles.released; see [bus.Lookup].
type Lookup interface {
	Read(ctx context.Context, partition int, offset int64) (stage.Message, error)
}

// Lookups are one for each purpose, so that none waits for another.
type Lookups struct {
	Turn    Lookup // for what comes in its turn
	Ahead   Lookup // for kills ahead of it
	Replays Lookup // for who comes back
}

// Config is how much a hub may do.
type Config struct {
	Feeds         int            // open at once
	FeedsOfReader int            // of those, one reader's
	Known         time.Duration  // for how long what went out is known
	Zone          *time.Location // where days begin
	Now           func() time.Time
	Log           zerolog.Logger
}

type metrics struct {
	feeds     prometheus.Gauge
	following prometheus.Gauge
	events    *prometheus.CounterVec
	closed    *prometheus.CounterVec
	refused   *prometheus.CounterVec
	learning  prometheus.Gauge
	unread    prometheus.Counter
	delay     prometheus.Histogram
}

func newMetrics(to prometheus.Registerer) (metrics, error) {
	m := metrics{
		feeds:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "copytaster_live_feeds", Help: "Live feeds that are open."}),
		following: prometheus.NewGauge(prometheus.GaugeOpts{Name: "copytaster_live_following", Help: "1: what goes out is followed for live feeds; 0: Kafka can't be read, feeds stay open and are told later."}),
		events:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "copytaster_live_events_total", Help: "Events told to live feeds."}, []string{"event"}),
		closed:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "copytaster_live_closed_total", Help: "Live feeds that ended: slow, unavailable, shutdown, life, access, or gone, where the client left."}, []string{"reason"}),
		refused:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "copytaster_live_refused_total", Help: "Live feeds that were refused: instance, reader, unavailable."}, []string{"reason"}),
		learning:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "copytaster_live_learning", Help: "1: what went out before the start is still being looked through for live feeds; until then it counts as not known."}),
		unread:    prometheus.NewCounter(prometheus.CounterOpts{Name: "copytaster_live_unread_total", Help: "Articles of which live feeds could not read what they were before."}),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "copytaster_live_delay_seconds", Help: "From when Kafka got an article to when all live feeds were asked about it.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .2, .5, 1, 2.5, 5, 10, 60},
		}),
	}
	for _, c := range []prometheus.Collector{m.feeds, m.following, m.events, m.closed, m.refused, m.learning, m.unread, m.delay} {
		if err := to.Register(c); err != nil {
			return m, err
		}
	}
	return m, nil
}
