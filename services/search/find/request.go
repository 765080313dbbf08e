package find

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/query"
)

// Limits of a request.
const (
	DefaultSize = 20
	MaxSize     = 100
	// MaxValues is how many values of one facet can be chosen at once.
	MaxValues = 32
	// MaxValue is the longest of them, in bytes.
	MaxValue = 512
)

// parameterFacets names the facets that are counted, noFacets none of them.
const (
	parameterFacets = "facets"
	noFacets        = "none"
)

// fieldEvolvedFrom is the field of what an article goes on from, and the
// parameter that asks for it.
const fieldEvolvedFrom = "evolved_from"

// Sort is the order of the hits.
type Sort string

const (
	// Relevance puts first what was found in headlines, kickers and standfirsts,
	// and among equals what is newer. Without words to look for it is Time.
	Relevance Sort = "relevance"
	// Time puts the newest first.
	Time Sort = "time"
)

// Request is one search.
type Request struct { //nolint:recvcheck // Search gives the request itself, to be filled in
	Text   string              // as typed
	Query  query.Query         // what it means
	Chosen map[string][]string // values by facet name; an article must have one of each facet that has any
	From   string              // as typed: a day or an instant, inclusive; "" for no bound
	To     string              // likewise; a day is inclusive, an instant is not
	Sort   Sort
	Size   int
	After  string // cursor of the page before; "" for the first one
	// Facets are the names of those that are counted, on the first page; nil: all
	// that are not [Facet.Asked], and those in which something is chosen.
	Facets []string
	// EvolvedFrom is the URI of an article that those looked for go on from; "":
	// of any or none.
	EvolvedFrom article.URI
	// Within is where a place of the article lies; nil: anywhere or nowhere.
	Within *Box
	Reading

	from, to time.Time
	known    bool // what [Finder.Known] found out of EvolvedFrom
	days     map[string]interval
}

// Search is the search of a request that asks more about it.
func (r *Request) Search() *Request { return r }

type interval struct{ from, to time.Time }

// ParameterError says which parameter of a request is wrong, and why.
type ParameterError struct {
	Parameter string
	Message   string
	At        int // the character of the value that is meant, from 0; -1: the value as a whole
}

func (e *ParameterError) Error() string {
	if e.At >= 0 {
		return fmt.Sprintf("parameter %s, character %d: %s", e.Parameter, e.At+1, e.Message)
	}
	return fmt.Sprintf("parameter %s: %s", e.Parameter, e.Message)
}

func wrong(parameter, format string, args ...any) error {
	return &ParameterError{parameter, fmt.Sprintf(format, args...), -1}
}

// misplaced is what is wrong with a query, as a [*ParameterError].
func misplaced(parameter string, err error) error {
	e, ok := errors.AsType[*query.Error](err)
	if !ok {
		return err
	}
	return &ParameterError{parameter, e.Message, e.At}
}

// Parameters are the names that ParseRequest knows.
func Parameters() []string {
	names := append([]string{"q", "from", "to", "sort", "size", "after", parameterFacets, fieldEvolvedFrom, parameterWithin}, readingParameters...)
	return append(names, FacetNames()...)
}

// ParseRequest reads a search from the parameters of a URL. Days are days in
// zone. Errors are [*ParameterError]; names that are not known are errors too,
// since a misspelt filter would show more than was asked for. With an error,
// the request holds what could be read, for showing the form again.
func ParseRequest(values url.Values, zone *time.Location) (Request, error) {
	r := Request{Chosen: map[string][]string{}, Size: DefaultSize, days: map[string]interval{}}
	known := Parameters()
	var first error
	note := func(err error) {
		if first == nil {
			first = err
		}
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		switch {
		case !slices.Contains(known, name):
			note(wrong(name, "there is no such parameter; there are %s", strings.Join(known, ", ")))
		case len(values[name]) > 1 && !isFacet(name):
			note(wrong(name, "is given %d times, once is enough", len(values[name])))
		}
		for _, v := range values[name] {
			if !utf8.ValidString(v) {
				note(wrong(name, "is not valid UTF-8"))
			}
		}
	}

	r.Text = values.Get("q")
	var err error
	if r.Query, err = query.Parse(r.Text); err != nil {
		note(misplaced("q", err))
	}
	r.Reading = parseReading(values, note)
	for _, f := range Facets {
		chosen := values[f.Name]
		if len(chosen) > MaxValues {
			note(wrong(f.Name, "has %d values, the limit is %d", len(chosen), MaxValues))
			chosen = chosen[:MaxValues]
		}
		for _, v := range chosen {
			v = strings.TrimSpace(v)
			if v == "" || slices.Contains(r.Chosen[f.Name], v) {
				continue
			}
			if len(v) > MaxValue {
				note(wrong(f.Name, "has a value of %d bytes, the limit is %d", len(v), MaxValue))
				continue
			}
			if f.Day {
				var in interval
				if in.from, in.to, err = day(v, zone); err != nil {
					note(wrong(f.Name, "%q is not a day such as 2024-04-20, of the years 1 to 9999", v))
					continue
				}
				r.days[v] = in
			}
			if err := f.check(v); err != nil {
				note(err)
				continue
			}
			r.Chosen[f.Name] = append(r.Chosen[f.Name], v)
		}
	}
	if r.From = strings.TrimSpace(values.Get("from")); r.From != "" {
		if r.from, _, err = moment(r.From, zone); err != nil {
			note(wrong("from", "%q is neither a day such as 2024-04-20 nor a time such as 2024-04-20T06:00:00Z, of the years 1 to 9999", r.From))
		}
	}
	if r.To = strings.TrimSpace(values.Get("to")); r.To != "" {
		if _, r.to, err = moment(r.To, zone); err != nil {
			note(wrong("to", "%q is neither a day such as 2024-04-20 nor a time such as 2024-04-20T06:00:00Z, of the years 1 to 9999", r.To))
		}
	}
	if !r.from.IsZero() && !r.to.IsZero() && !r.from.Before(r.to) {
		note(wrong("to", "%s is not after from, %s", r.To, r.From))
	}
	switch s := Sort(values.Get("sort")); s {
	case "", Relevance:
		r.Sort = Relevance
	case Time:
		r.Sort = Time
	default:
		r.Sort = Relevance
		note(wrong("sort", "%q is neither relevance nor time", string(s)))
	}
	if s := values.Get("size"); s != "" {
		if r.Size, err = strconv.Atoi(s); err != nil || r.Size < 1 || r.Size > MaxSize {
			note(wrong("size", "%q is not a number from 1 to %d", clip(s), MaxSize))
			r.Size = DefaultSize
		}
	}
	r.After = values.Get("after")
	r.Facets = parseFacets(values, note)
	r.EvolvedFrom = parseEvolvedFrom(values, note)
	r.Within = parseWithin(values, note)
	return r, first
}

// check tells what is wrong with a value of a facet whose values are codes.
func (f Facet) check(value string) error {
	switch {
	case f.Name == "currency" && !isCode(value, 3):
		return wrong(f.Name, "%q is not a code of ISO 4217 such as EUR", clip(value))
	case f.Name == "country" && !isCode(value, 2):
		return wrong(f.Name, "%q is not a code of ISO 3166-1 such as NE", clip(value))
	}
	return nil
}

// parseFacets reads names with commas between them.
func parseFacets(values url.Values, note func(error)) []string {
	s := strings.TrimSpace(values.Get(parameterFacets))
	if s == "" {
		return nil
	}
	facets := []string{}
	if s == noFacets {
		return facets
	}
	for name := range strings.SplitSeq(s, ",") {
		switch name = strings.TrimSpace(name); {
		case !isFacet(name):
			note(wrong(parameterFacets, "%q is no facet; there are %s, or %s alone", clip(name), strings.Join(FacetNames(), ", "), noFacets))
		case !slices.Contains(facets, name):
			facets = append(facets, name)
		}
	}
	return facets
}

// FacetNames are the names of all facets.
func FacetNames() []string {
	var names []string
	for _, f := range Facets {
		names = append(names, f.Name)
	}
	return names
}

// counted are the facets to count. Those of the first page hold for the others.
func (r Request) counted() []Facet {
	if r.After != "" {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(Facets), func(f Facet) bool {
		if r.Facets == nil {
			return f.Asked && len(r.Chosen[f.Name]) == 0
		}
		return !slices.Contains(r.Facets, f.Name)
	})
}

func parseEvolvedFrom(values url.Values, note func(error)) article.URI {
	u := article.URI(strings.TrimSpace(values.Get(fieldEvolvedFrom)))
	if u == "" {
		return ""
	}
	if err := u.Validate(); err != nil {
		note(wrong(fieldEvolvedFrom, "is not the uri of an article: %v", err))
		return ""
	}
	return u
}

// Values writes the request as the parameters of a URL, in their plainest
// form; ParseRequest reads them back.
func (r Request) Values() url.Values {
	v := url.Values{}
	set := func(name, value, unless string) {
		if value != unless {
			v.Set(name, value)
		}
	}
	set("q", r.Text, "")
	for name, chosen := range r.Chosen {
		if len(chosen) > 0 {
			v[name] = slices.Clone(chosen)
		}
	}
	set("from", r.From, "")
	set("to", r.To, "")
	set("sort", string(r.Sort), string(Relevance))
	set("size", strconv.Itoa(r.Size), strconv.Itoa(DefaultSize))
	set("after", r.After, "")
	set(parameterFacets, strings.Join(r.Facets, ","), "")
	if r.Facets != nil && len(r.Facets) == 0 {
		v.Set(parameterFacets, noFacets)
	}
	set(fieldEvolvedFrom, string(r.EvolvedFrom), "")
	set(parameterWithin, r.Within.String(), "")
	r.Reading.values(set)
	return v
}

// sort is the order that the hits really have.
func (r Request) sort() Sort {
	if r.Sort == Relevance && r.Query.Positive() {
		return Relevance
	}
	return Time
}

// identity is the same for two pages of the same search.
func (r Request) identity() string {
	v := r.Values()
	v.Del("after")
	v.Del("size")
	v.Del(parameterFacets)
	v.Set("q", r.Query.String())
	v.Set("said", r.said.String())
	v.Set("sort", string(r.sort()))
	for _, f := range Facets {
		slices.Sort(v[f.Name])
	}
	return v.Encode()
}

func isFacet(name string) bool {
	return slices.ContainsFunc(Facets, func(f Facet) bool { return f.Name == name })
}

// errYear says that a day or time is none that can be asked for.
var errYear = errors.New("the years are 1 to 9999")

// day is when a day begins and when the next one does.
func day(s string, zone *time.Location) (from, to time.Time, err error) {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}, time.Time{}, err
	}
	y, m, n := d.Date()
	if y < 1 {
		return time.Time{}, time.Time{}, errYear
	}
	return time.Date(y, m, n, 0, 0, 0, 0, zone), time.Date(y, m, n+1, 0, 0, 0, 0, zone), nil
}

// moment reads a day, or an instant, which is an interval without length.
func moment(s string, zone *time.Location) (from, to time.Time, err error) {
	if from, to, err = day(s, zone); err == nil {
		return from, to, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err == nil && !t.After(earliest) { // which would be no bound
		err = errYear
	}
	return t, t, err
}

func clip(s string) string {
	const limit = 40
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}
