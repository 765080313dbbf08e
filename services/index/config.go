package index

import (
	"errors"
	"fmt"
	"time"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/lane"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// Config is what the service can be told.
type Config struct {
	Bus           bus.Config     `embed:""`
	Stage         stage.Config   `embed:"" prefix:"stage-"`
	Elasticsearch elastic.Config `embed:"" prefix:"elasticsearch-"`
	Bulk          bulk.Config    `embed:"" prefix:"bulk-"`
	Lanes         lane.Config    `embed:""`
	Archive       archive.Config `embed:"" prefix:"archive-"`

	BackfillMaxDocs     int `help:"How many documents a bulk request of back-fills has at most." default:"100"`
	BackfillConcurrency int `help:"How many bulk requests of back-fills are under way at once." default:"1"`

	PurgeOriginals  bool          `help:"Remove the originals of killed articles from the archive. Without it they stay for the record; readers can't reach them either way."`
	Shards          int           `help:"Shards of each index, when it is created." default:"1"`
	RefreshInterval time.Duration `help:"How soon an indexed article can be found; set when an index is created." default:"250ms"`
}

// Limits of the settings.
const (
	MinRefreshInterval = 50 * time.Millisecond
	MaxRefreshInterval = time.Hour
)

// Validate tells which settings are wrong.
func (c Config) Validate() error {
	var errs []error
	if err := corpus.Namespace(c.Bus.Namespace).Validate(); err != nil {
		errs = append(errs, fmt.Errorf("setting namespace: %w", err))
	}
	if c.Shards < 1 || c.Shards > corpus.MaxShards {
		errs = append(errs, fmt.Errorf("setting shards is %d, allowed are 1 to %d", c.Shards, corpus.MaxShards))
	}
	if c.RefreshInterval < MinRefreshInterval || c.RefreshInterval > MaxRefreshInterval {
		errs = append(errs, fmt.Errorf("setting refresh-interval is %v, allowed are %v to %v", c.RefreshInterval, MinRefreshInterval, MaxRefreshInterval))
	}
	for _, f := range []struct {
		name string
		v    int
	}{{"max-docs", c.BackfillMaxDocs}, {"concurrency", c.BackfillConcurrency}} {
		if f.v < 0 {
			errs = append(errs, fmt.Errorf("setting backfill-%s is %d, it must not be negative", f.name, f.v))
		}
	}
	if c.PurgeOriginals && !c.Archive.Given() {
		errs = append(errs, errors.New("setting purge-originals (COPYTASTER_PURGE_ORIGINALS) needs the archive: archive-dir or archive-s3-endpoint"))
	}
	return errors.Join(errs...)
}

// What a zero field stands for.
const (
	DefaultBackfillMaxDocs     = 100
	DefaultBackfillConcurrency = 1
)

// backfill is how the documents of back-fills are written.
func (c Config) backfill() bulk.Config {
	b := c.Bulk
	b.MaxDocs, b.Concurrency = DefaultBackfillMaxDocs, DefaultBackfillConcurrency
	if c.BackfillMaxDocs > 0 {
		b.MaxDocs = c.BackfillMaxDocs
	}
	if c.BackfillConcurrency > 0 {
		b.Concurrency = c.BackfillConcurrency
	}
	return b
}
