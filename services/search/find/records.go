package find

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

const (
	// MaxRecords is how many articles one export has; another goes on where it ended.
	MaxRecords = 100_000
	// recordsOnPage is how many are read at once, fewer where they are long.
	recordsOnPage = MaxSize
)

// ExportRequest asks for all articles of a search.
type ExportRequest struct {
	Request
	Limit int // articles, at most
}

// ParseExport reads the request from the parameters of a URL, as [ParseRequest] does. It
// is sorted by time unless it says otherwise.
func ParseExport(values url.Values, zone *time.Location) (e ExportRequest, err error) {
	search := url.Values{}
	for name, given := range values {
		switch {
		case name == "size", name == parameterFacets:
			return e, wrong(name, "there is no such parameter here: an export has neither pages nor facets; limit says how many articles there may be")
		case name == "limit" && len(given) > 1:
			return e, wrong(name, "is given %d times, once is enough", len(given))
		case name != "limit":
			search[name] = given
		}
	}
	if !search.Has("sort") {
		search.Set("sort", string(Time))
	}
	if e.Request, err = ParseRequest(search, zone); err != nil {
		return e, err
	}
	if e.Limit, err = number(values, "limit", MaxRecords, 1, MaxRecords); err != nil {
		return e, err
	}
	e.Size, e.Facets = min(recordsOnPage, e.Limit), []string{}
	return e, nil
}

// Record is an article of an export.
type Record struct {
	Article *article.Article `json:"article"`
	// Cursor is where the export goes on after it, for the parameter after.
	Cursor string `json:"cursor"`
}

// Records gives the next articles that r finds, at most Size, and where to go on after
// them; "" after the last. As from [Finder.Articles], those are missing that were killed,
// withheld or put under an embargo since the index was refreshed. Of long ones there are
// fewer.
func (f *Finder) Records(ctx context.Context, r Request) (records []Record, next string, err error) {
	ds, more, err := f.documents(ctx, r, []string{"caption"})
	var tooLong *ParameterError
	for errors.As(err, &tooLong) && tooLong.Parameter == "size" && r.Size > 1 {
		r.Size /= 2
		ds, more, err = f.documents(ctx, r, []string{"caption"})
	}
	if err != nil {
		return nil, "", err
	}
	as := make([]*article.Article, len(ds))
	ends := make(map[*article.Article]string, len(ds))
	for i, d := range ds {
		as[i] = d.article
		if ends[d.article], err = d.end.encode(r); err != nil {
			return nil, "", err
		}
		if more {
			next = ends[d.article]
		}
	}
	if as, err = f.still(ctx, as); err != nil {
		return nil, "", err
	}
	for _, a := range as {
		records = append(records, Record{a, ends[a]})
	}
	return records, next, nil
}

// Columns are those of [Record.Row].
func Columns() []string {
	return []string{
		"uri", "revision", "version", "source", "provider", "agency", "language", "urgency", "sort_date", "published_at", "version_created", "received_at",
		"kicker", "headline", "standfirst", "byline", "dateline", "body", "url", "topics", "persons", "organisations", "places", "countries", "cursor",
	}
}

// Row is the record as a line of a table. Lists have "; " between their values; names and
// topics are those that the article can be found by.
func (r Record) Row() []string {
	a := r.Article
	when := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	urgency := ""
	if a.Urgency > 0 {
		urgency = strconv.Itoa(a.Urgency)
	}
	sorted, _ := a.SortDate()
	var topics, persons, organisations, places, countries []string
	for i := range a.Topics {
		if t := &a.Topics[i]; a.Tells(t) {
			topics = append(topics, t.Qcode)
		}
	}
	for _, e := range a.Entities {
		switch {
		case !a.Mentioned(e.Mentions):
		case e.Type == article.EntityPerson:
			persons = append(persons, e.Name)
		case e.Type == article.EntityOrganisation:
			organisations = append(organisations, e.Name)
		}
	}
	seen := map[string]bool{"": true}
	for _, p := range a.Places {
		if !a.Mentioned(p.Mentions) {
			continue
		}
		places = append(places, p.Name)
		if !seen[p.Country] {
			seen[p.Country] = true
			countries = append(countries, p.Country)
		}
	}
	list := func(values []string) string { return strings.Join(values, "; ") }
	return []string{
		string(a.URI), a.Revision.String(), a.Version, a.Source, a.Provider, a.Agency.Value, a.Language.Value, urgency,
		when(sorted), when(a.PublishedAt), when(a.VersionCreated), when(a.ReceivedAt),
		a.First(article.Kicker), a.First(article.Headline), a.First(article.Standfirst), a.First(article.Byline), a.First(article.Dateline), a.Body(),
		a.URL, list(topics), list(persons), list(organisations), list(places), list(countries), r.Cursor,
	}
}
