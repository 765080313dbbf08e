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
)

// Names of what a live feed can be asked besides its query.
const (
	parameterSince = "since"
	parameterLife  = "life"
)

// liveFacets are the facets whose values a live feed can be narrowed down to, and where
// an article has them. The others ask for several things of the same quote or amount, or
// of a time; a query can say that, too.
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
}

// LiveRequest asks for what a search finds from now on.
type LiveRequest struct {
	Request           // Text, Query, Chosen, and After: where to go on
	Since   time.Time // begin with what went out since then; zero: from now on
	// Life is how long the feed lasts; 0: until all that was missed is told.
	Life time.Duration
}

// LiveParameters are the names that [ParseLive] knows.
func LiveParameters() []string {
	names := []string{"q", "after", parameterSince, parameterLife}
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
			return l, wrong(name, "a live feed has no such parameter: ask for it in q, such as said:withdraw, amount:>5mln, published:>=today; there are %s", strings.Join(known, ", "))
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
		if l.Since, err = time.Parse(time.RFC3339, s); err != nil || l.Since.Before(earliest) {
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

// Chooses tells whether an article has one of the chosen values of each facet that any
// are chosen of. Of the facets, it looks at those of [LiveParameters].
func (r Request) Chooses(a *article.Article, found *corpus.Found) bool {
	for name, chosen := range r.Chosen {
		if of := liveFacets[name]; of != nil && len(chosen) > 0 && !slices.ContainsFunc(of(a, found), func(v string) bool {
			return v != "" && slices.Contains(chosen, v)
		}) {
			return false
		}
	}
	return true
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

// HitOf is the article as searches show it, without score and highlights.
func HitOf(a *article.Article) Hit {
	when := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		t = t.UTC()
		return &t
	}
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
