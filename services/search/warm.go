package search

import (
	"context"
	"net/url"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/services/search/find"
)

// Limits of asking what the page asks before anybody does.
const (
	// warmTimes is how often its first questions are asked in a try, warmTime for how long.
	warmTimes = 3
	warmTime  = 10 * time.Second
	// warmTries is how often that is tried, warmPause how long after a failure, and how
	// often it is looked whether there is an index.
	warmTries = 10
	warmPause = 2 * time.Second
)

// warmUp asks what the page asks when it is opened, once searches can be answered: the first
// searches of a process, and of an Elasticsearch that was just started, take several times as
// long as all that follow. Being ready doesn't wait for it. It returns when all was answered,
// after [warmTries] failures, or when ctx is done.
func warmUp(ctx context.Context, ready func(context.Context) error, search func(context.Context, find.Request) error, zone *time.Location, log zerolog.Logger) {
	within := func(ask func(ctx context.Context) error) error {
		ctx, cancel := context.WithTimeout(ctx, warmTime)
		defer cancel()
		return ask(ctx)
	}
	pause := time.NewTicker(warmPause)
	defer pause.Stop()
	for tries := 0; tries < warmTries; {
		if within(ready) == nil {
			err := within(func(ctx context.Context) error { return warm(ctx, search, zone) })
			if err == nil {
				return
			}
			tries++
			log.Debug().Err(err).Int("tries", tries).Msg("can't ask what the page asks before others do")
		}
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
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
