package api

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/services/search/export"
	"github.com/copytaster/copytaster/services/search/find"
)

// plainJSON is the API's own form, which is given where none is asked for.
const plainJSON = "json"

// offer is a form of an answer.
type offer struct {
	name, mediaType string
	format          *export.Format // nil: the API's own
}

// offers are the forms of single articles, or of searches, in their order.
func offers(many bool) []offer {
	list := []offer{{plainJSON, "application/json", nil}}
	for i := range export.Table {
		f := &export.Table[i]
		mediaType := f.MediaType
		if many && f.MediaTypeMany != "" {
			mediaType = f.MediaTypeMany
		}
		list = append(list, offer{f.Name, mediaType, f})
	}
	return list
}

// notAcceptableError says that there is no such form of the answer.
type notAcceptableError struct {
	parameter string // "format", or "" if the header asked
	offers    []offer
}

func (e *notAcceptableError) Error() string {
	return "there is no such form of this answer; there are " + strings.Join(e.names(), ", ")
}

func (e *notAcceptableError) names() []string {
	names := make([]string, len(e.offers))
	for i, o := range e.offers {
		names[i] = o.name
	}
	return names
}

// negotiate finds the form that is asked for, by the parameter format, which
// it takes out of values, or else by the Accept headers. nil is the API's own.
func negotiate(r *http.Request, values url.Values, many bool) (*export.Format, error) {
	list := offers(many)
	i, err := choose(r, values, list)
	if err != nil {
		return nil, err
	}
	return list[i].format, nil
}

// choose finds which of the offers is asked for; the first one if none is.
func choose(r *http.Request, values url.Values, list []offer) (int, error) {
	if given, ok := values["format"]; ok {
		if len(given) > 1 {
			return 0, &find.ParameterError{Parameter: "format", Message: "may be given once", At: -1}
		}
		values.Del("format")
		for i, o := range list {
			if o.name == given[0] {
				return i, nil
			}
		}
		return 0, &notAcceptableError{"format", list}
	}
	ranges := accepted(r.Header.Values("Accept"))
	if len(ranges) == 0 {
		return 0, nil
	}
	best, weight := -1, 0.0
	for i, o := range list {
		if q := ranges.weight(o.mediaType); q > weight {
			best, weight = i, q
		}
	}
	if best < 0 {
		return 0, &notAcceptableError{"", list}
	}
	return best, nil
}

// mediaRange is what a client accepts, by RFC 9110.
type mediaRange struct {
	kind, subtype string // "*" for any
	q             float64
}

type mediaRanges []mediaRange

// accepted reads Accept headers; what can't be read is passed over.
func accepted(headers []string) mediaRanges {
	var rs mediaRanges
	for one := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		t, parameters, err := mime.ParseMediaType(one)
		kind, subtype, ok := strings.Cut(t, "/")
		if err != nil || !ok {
			continue
		}
		q := 1.0
		if s, given := parameters["q"]; given {
			if q, err = strconv.ParseFloat(s, 64); err != nil || q < 0 || q > 1 {
				continue
			}
		}
		rs = append(rs, mediaRange{kind, subtype, q})
	}
	// The most specific range that fits is the one that counts.
	slices.SortStableFunc(rs, func(a, b mediaRange) int { return b.specific() - a.specific() })
	return rs
}

func (r mediaRange) specific() int {
	switch {
	case r.kind == "*":
		return 0
	case r.subtype == "*":
		return 1
	}
	return 2
}

// weight is how much a media type is wanted; 0 is not at all.
func (rs mediaRanges) weight(mediaType string) float64 {
	t, _, _ := strings.Cut(mediaType, ";")
	kind, subtype, _ := strings.Cut(t, "/")
	for _, r := range rs {
		if (r.kind == "*" || r.kind == kind) && (r.subtype == "*" || r.subtype == subtype) {
			return r.q
		}
	}
	return 0
}
