package find

import (
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/query"
)

// Names of what a live feed can be asked besides its query.
const (
	parameterSince = "since"
	parameterLife  = "life"
)

// liveFacets are the facets whose values a live feed can be narrowed down to, and where
// an article has them; see also [Request.Chooses].
var liveFacets = map[string]func(a *article.Article, found *corpus.Found) []string{
	"agency":   func(a *article.Article, _ *corpus.Found) []string { return []string{a.Agency.Value} },
	"source":   func(a *article.Article, _ *corpus.Found) []string { return []string{a.Source} },
	"language": func(a *article.Article, _ *corpus.Found) []string { return []string{a.Language.Value} },
	"cited_media": func(a *article.Article, _ *corpus.Found) (all []string) {
		for _, m := range a.CitedMedia {
			all = append(all, m.Value)
		}
		return all
	},
	"topic":        func(_ *article.Article, found *corpus.Found) []string { return found.Topics },
	"person":       func(_ *article.Article, found *corpus.Found) []string { return found.Persons },
	"organisation": func(_ *article.Article, found *corpus.Found) []string { return found.Organisations },
	"place":        func(_ *article.Article, found *corpus.Found) []string { return found.Places },
	"country":      func(_ *article.Article, found *corpus.Found) []string { return found.Countries },
	"keyphrase":    func(_ *article.Article, found *corpus.Found) []string { return found.Keyphrases },
	"filed":        func(_ *article.Article, found *corpus.Found) []string { return found.Filed },
	"currency":     func(_ *article.Article, found *corpus.Found) []string { return found.Currencies },
	// Of a day it is the time that decides.
	"day": func(*article.Article, *corpus.Found) []string { return nil },
}

// liveReading are the other parameters of a search that a live feed can be narrowed down
// by.
var liveReading = []string{"from", "to", parameterWithin, "amount_from", "amount_to", "mentioned_from", "mentioned_to", "translated"}

// LiveRequest asks for what a search finds from now on.
type LiveRequest struct {
	Request           // without Sort, Size, Facets and EvolvedFrom; After: where to go on
	Since   time.Time // begin with what went out since then; zero: from now on
	// Life is how long the feed lasts; 0: until all that was missed is told.
	Life time.Duration
}

// LiveParameters are the names that [ParseLive] knows.
func LiveParameters() []string {
	names := append([]string{"q", "after", parameterSince, parameterLife}, liveReading...)
	for _, f := range Facets {
		if liveFacets[f.Name] != nil {
			names = append(names, f.Name)
		}
	}
	return names
}

// ParseLive reads a request for a feed that lives for longest at most from the
// parameters of a URL, as [ParseRequest] does.
func ParseLive(values url.Values, zone *time.Location, longest time.Duration) (l LiveRequest, err error) {
	known, searched := LiveParameters(), Parameters()
	search := url.Values{}
	for name, given := range values {
		switch {
		case !slices.Contains(known, name) && slices.Contains(searched, name):
			return l, wrong(name, "a live feed has no such parameter: words of quotes and speakers are asked for in q, such as said:withdraw; there are %s", strings.Join(known, ", "))
		case !slices.Contains(known, name):
			return l, wrong(name, "there is no such parameter; there are %s", strings.Join(known, ", "))
		case name != parameterSince && name != parameterLife:
			search[name] = given
		case len(given) > 1:
			return l, wrong(name, "is given %d times, once is enough", len(given))
		}
	}
	if l.Request, err = ParseRequest(search, zone); err != nil {
		return l, err
	}
	if l.After != "" {
		if _, err = l.Unseal("after", l.After); err != nil {
			return l, err
		}
	}
	if s := values.Get(parameterSince); s != "" {
		if l.Since, err = time.Parse(time.RFC3339, s); err != nil || l.Since.Before(query.Earliest) {
			return l, wrong(parameterSince, "%q is no time such as 2024-04-20T06:00:00Z", clip(s))
		}
	}
	if l.After != "" && !l.Since.IsZero() {
		return l, wrong(parameterSince, "says where to begin, and so does after: take one")
	}
	most := int(longest / time.Second)
	seconds, err := number(values, parameterLife, most, 0, most)
	l.Life = time.Duration(seconds) * time.Second
	return l, err
}

// Narrowed tells that the request asks for more of an article than its words, see
// [Request.Chooses].
func (r Request) Narrowed() bool {
	return len(r.Chosen) > 0 || !r.from.IsZero() || !r.to.IsZero() || r.Within != nil ||
		r.least != nil || r.most != nil || r.mentioned != nil || r.until != nil || r.Translated != ""
}

// Chooses tells whether an article has what a search by the request filters by beside its
// words, of what [LiveParameters] has.
func (r Request) Chooses(a *article.Article, found *corpus.Found) bool {
	for name, chosen := range r.Chosen {
		if len(chosen) > 0 && !r.chooses(name, chosen, a, found) {
			return false
		}
	}
	sorted, _ := a.SortDate()
	return interval{r.from, r.to}.has(sorted) && r.Within.has(found.Locations) && r.mentions(found.Mentioned) &&
		(r.within(corpus.Sums) == nil || slices.ContainsFunc(found.Sums, func(m corpus.Money) bool { return r.amounts(m, r.Chosen["currency"]) })) &&
		(r.Translated == "" || a.Translation.Likely() == (r.Translated == "yes"))
}

// chooses tells whether an article has one of the values of a facet.
func (r Request) chooses(name string, chosen []string, a *article.Article, found *corpus.Found) bool {
	if name == "day" {
		sorted, _ := a.SortDate()
		return slices.ContainsFunc(chosen, func(v string) bool { return r.days[v].has(sorted) })
	}
	of := liveFacets[name]
	return of == nil || slices.ContainsFunc(of(a, found), func(v string) bool { return v != "" && slices.Contains(chosen, v) })
}

// has tells whether a time lies in the interval, of which an end may be open. As in the
// index, what counts are milliseconds.
func (i interval) has(t time.Time) bool {
	ms := t.UnixMilli()
	return (i.from.IsZero() || ms >= i.from.UnixMilli()) && (i.to.IsZero() || ms < i.to.UnixMilli())
}

// has tells whether one of the points lies in the box. The index keeps both in 32 bits for
// each coordinate.
func (b *Box) has(points []corpus.Point) bool {
	if b == nil {
		return true
	}
	least, most := query.Stored(corpus.Point{Lat: b.South, Lon: b.West}), query.Stored(corpus.Point{Lat: b.North, Lon: b.East})
	return slices.ContainsFunc(points, func(p corpus.Point) bool {
		p = query.Stored(p)
		switch {
		case p.Lat < least.Lat || p.Lat > most.Lat:
			return false
		case least.Lon > most.Lon: // over the line where dates change
			return p.Lon >= least.Lon || p.Lon <= most.Lon
		}
		return p.Lon >= least.Lon && p.Lon <= most.Lon
	})
}

// amounts tells whether an amount is one that is asked for, in one of the currencies if
// there are any.
func (r Reading) amounts(m corpus.Money, currencies []string) bool {
	return (r.least == nil || m.To >= *r.least) && (r.most == nil || m.From <= *r.most) && (len(currencies) == 0 || slices.Contains(currencies, m.Currency))
}

// mentions tells whether one of the periods touches the days that are asked for.
func (r Reading) mentions(periods []corpus.Period) bool {
	if r.mentioned == nil && r.until == nil {
		return true
	}
	return slices.ContainsFunc(periods, func(p corpus.Period) bool {
		return (r.mentioned == nil || p.Last.UnixMilli() >= r.mentioned.UnixMilli()) &&
			(r.until == nil || p.First.UnixMilli() < r.until.AddDate(0, 0, 1).UnixMilli())
	})
}

// Seal makes a cursor of what stands for a place: opaque, and tied to the search, to catch
// mistakes. It gives access to nothing.
func (r Request) Seal(place []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(check(place, r), place...))
}

// Unseal is the place that a cursor stands for, which the parameter of that name has. One
// that isn't this search's is a [*ParameterError].
func (r Request) Unseal(name, cursor string) ([]byte, error) {
	if len(cursor) > maxCursor {
		return nil, wrong(name, "has %d bytes, the limit is %d", len(cursor), maxCursor)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) < checkBytes {
		return nil, wrong(name, "is not a cursor of this service")
	}
	if subtle.ConstantTimeCompare(b[:checkBytes], check(b[checkBytes:], r)) != 1 {
		return nil, wrong(name, "is damaged, or belongs to another search")
	}
	return b[checkBytes:], nil
}

// LiveHit is an article as live feeds show it: a [Hit] without score and highlights, and
// what a client should know that keeps it.
type LiveHit struct {
	Hit

	Status       article.Status `json:"status"`                  // always usable
	EmbargoUntil *time.Time     `json:"embargo_until,omitempty"` // that is over
	ExpiresAt    *time.Time     `json:"expires_at,omitempty"`    // when it leaves, if nothing comes before
	ReleasedAt   *time.Time     `json:"released_at,omitempty"`   // when this revision went out
}

// LiveHitOf is the article as live feeds show it, which went out at a time.
func LiveHitOf(a *article.Article, released time.Time) LiveHit {
	return LiveHit{hitOf(a), a.Status, when(a.EmbargoUntil), when(a.ExpiresAt), when(released)}
}

// when is a time as answers have it; nil: it isn't known.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// hitOf is the article as searches show it, without score and highlights.
func hitOf(a *article.Article) Hit {
	sorted, _ := a.SortDate()
	h := Hit{
		URI: a.URI, Revision: a.Revision, Version: a.Version, Source: a.Source, Provider: a.Provider, URL: a.URL,
		Agency: a.Agency.Value, Language: a.Language.Value, Urgency: a.Urgency,
		Kicker: a.First(article.Kicker), Headline: a.First(article.Headline), Standfirst: a.First(article.Standfirst),
		Byline: a.First(article.Byline), Dateline: a.First(article.Dateline),
		Published: when(a.PublishedAt), Created: when(a.VersionCreated), Received: when(a.ReceivedAt), SortDate: when(sorted), Flags: a.Flags,
	}
	for _, m := range a.CitedMedia {
		h.CitedMedia = append(h.CitedMedia, m.Value)
	}
	return h
}
