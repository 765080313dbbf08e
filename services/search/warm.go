package search

import (
	"context"
	"net/url"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/services/search/find"
)

// warmTimes is how often the page's first questions are asked before anybody does, warmTime
// for how long in all.
const (
	warmTimes = 3
	warmTime  = 3 * time.Second
)

// warmed is a check of readiness that asks what the page asks when it is opened as soon as
// searches can be answered, and before it says so: the first searches of a process, and of an
// Elasticsearch that was just started, take several times as long as all that follow. It asks
// once; what fails of it is no reason not to be ready.
func warmed(ready func(context.Context) error, search func(context.Context, find.Request) error, zone *time.Location, log zerolog.Logger) func(context.Context) error {
	var once sync.Once
	return func(ctx context.Context) error {
		if err := ready(ctx); err != nil {
			return err
		}
		once.Do(func() {
			ctx, cancel := context.WithTimeout(ctx, warmTime)
			defer cancel()
			if err := warm(ctx, search, zone); err != nil {
				log.Debug().Err(err).Msg("can't ask what the page asks before others do")
			}
		})
		return nil
	}
}

// warm asks for the list of the newest articles, its filters, and a list with a word in it.
func warm(ctx context.Context, search func(context.Context, find.Request) error, zone *time.Location) error {
	for range warmTimes {
		for _, v := range []url.Values{
			{"sort": {"time"}, "size": {"30"}, "facets": {"none"}},
			{"sort": {"time"}, "size": {"1"}, "facets": {"agency,topic,country,language"}},
			{"q": {"the"}, "sort": {"time"}, "size": {"30"}, "facets": {"none"}},
		} {
			r, err := find.ParseRequest(v, zone)
			if err != nil {
				return err
			}
			if err := search(ctx, r); err != nil {
				return err
			}
		}
	}
	return nil
}
