package find

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ofPages are the parameters of searches that are about pages of hits.
var ofPages = []string{"sort", "size", "after", parameterFacets}

// wholeParameters are the parameters of searches that choose articles, and own.
func wholeParameters(own []string) []string {
	names := slices.DeleteFunc(Parameters(), func(name string) bool { return slices.Contains(ofPages, name) })
	return append(names, own...)
}

// parseWhole reads a request about all that a search finds: the search's parameters
// but those of pages, and own, of which each may be given once. Errors are as those of
// [ParseRequest]; own ones are the caller's to read.
func parseWhole(values url.Values, zone *time.Location, own ...string) (Request, error) {
	search := url.Values{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		given := values[name]
		switch {
		case !slices.Contains(wholeParameters(own), name):
			return Request{}, wrong(name, "there is no such parameter here; there are %s", strings.Join(wholeParameters(own), ", "))
		case !slices.Contains(own, name):
			search[name] = given
		case len(given) > 1:
			return Request{}, wrong(name, "is given %d times, once is enough", len(given))
		case !utf8.ValidString(given[0]):
			return Request{}, wrong(name, "is not valid UTF-8")
		}
	}
	return ParseRequest(search, zone)
}

// number reads a parameter that is a number from least to most; preset if it isn't given.
func number(values url.Values, name string, preset, least, most int) (int, error) {
	s := strings.TrimSpace(values.Get(name))
	if s == "" {
		return preset, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return preset, wrong(name, "%q is not a number from %d to %d", clip(s), least, most)
	}
	return n, nil
}

// listed reads a parameter that has names with commas between them; preset if it isn't
// given.
func listed(values url.Values, name string, preset, known []string) ([]string, error) {
	s := strings.TrimSpace(values.Get(name))
	if s == "" {
		return preset, nil
	}
	var names []string
	for one := range strings.SplitSeq(s, ",") {
		one = strings.TrimSpace(one)
		if !slices.Contains(known, one) {
			return nil, wrong(name, "%q is none of %s", clip(one), strings.Join(known, ", "))
		}
		if !slices.Contains(names, one) {
			names = append(names, one)
		}
	}
	return names, nil
}

// whole is the query for all that a request finds, as far as a reader may see it; see
// [Finder.Known].
func (f *Finder) whole(r Request, now time.Time) object {
	var told []string // by the chosen values' own conditions
	for _, facet := range Facets {
		if facet.path != "" && len(r.Chosen[facet.Name]) > 0 {
			told = append(told, facet.path)
		}
	}
	words, filter := f.conditions(r, now, now, told...)
	return object{"bool": object{"must": []any{words}, "filter": append(filter, r.filters("")...)}}
}

// summary is what replies without hits have in common.
type summary struct {
	Took     int64 `json:"took"`
	TimedOut bool  `json:"timed_out"`
	Hits     struct {
		Total Total `json:"total"`
	} `json:"hits"`
}

func (s *summary) late() bool { return s.TimedOut }

// summarise asks for no hits of a query, but for aggs of them, counted exactly. into
// must have a [summary]. What Elasticsearch had no time to look at is an error, as what it
// could not reach: half a count is none.
func (f *Finder) summarise(ctx context.Context, query, aggs object, into interface{ late() bool }) error {
	body := object{"query": query, "size": 0, "track_total_hits": true}
	if aggs != nil {
		body["aggs"] = aggs
	}
	return f.page(ctx, body, into)
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) + "ms" }

// Count is the number of articles that a request finds, exactly.
func (f *Finder) Count(ctx context.Context, r Request) (int, error) {
	if err := f.Known(ctx, &r); err != nil {
		return 0, err
	}
	var reply summary
	err := f.summarise(ctx, f.whole(r, f.now()), nil, &reply)
	return reply.Hits.Total.Value, err
}
