package web

import (
	"cmp"
	_ "embed"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// named is a name that an article speaks of.
type named struct {
	Name string
	Is   string // role, country; "" if nothing more is known
	URL  string // of what else speaks of it
}

// about lists what the article is about, as far as it stands in what is shown.
func (r *reading) about(a *article.Article) {
	if a.Status == article.Canceled {
		return
	}
	for i := range a.Topics {
		if t := &a.Topics[i]; a.Tells(t) {
			once(&r.Topics, named{Name: topicName(t.Qcode, t.Label), URL: only("topic", t.Qcode)})
		}
	}
	if s := a.Summary; !s.Span.Empty() && s.Confidence >= article.Sure {
		r.Summary = s.Span.In(a.Text)
	}
	r.Length = minutes(a.ReadingTime())
	r.Corrected = correctedBy(a.Corrections.Fields)
	for i := range a.Entities {
		e := &a.Entities[i]
		if !a.Mentioned(e.Mentions) {
			continue
		}
		switch e.Type {
		case article.EntityPerson:
			once(&r.People, named{e.Name, joined(e.Title, e.Role), only("person", e.Name)})
		case article.EntityOrganisation:
			once(&r.Bodies, named{e.Name, e.Role, only("organisation", e.Name)})
		case article.EntityPlace, article.EntityOther:
			// Places are listed by themselves.
		}
	}
	for i := range a.Places {
		if p := &a.Places[i]; a.Mentioned(p.Mentions) {
			once(&r.Places, named{p.Name, country(p), only("place", p.Name)})
		}
	}
	for i := range a.Keyphrases {
		if k := &a.Keyphrases[i]; a.Mentioned([]article.Evidence{k.Evidence}) {
			once(&r.Keyphrases, named{Name: k.Phrase, URL: only("keyphrase", k.Phrase)})
		}
	}
	r.Left += cut(&r.People) + cut(&r.Bodies) + cut(&r.Places) + cut(&r.Keyphrases)
}

// correctedBy says who corrected what, in the order of the fields.
func correctedBy(fields []article.Corrected) string {
	var who []string
	what := map[string][]string{}
	for _, f := range fields {
		if what[f.Who] == nil {
			who = append(who, f.Who)
		}
		what[f.Who] = append(what[f.Who], strings.ReplaceAll(f.Field, "_", " "))
	}
	for i, name := range who {
		who[i] = strings.Join(what[name], ", ") + " by " + cmp.Or(name, "an editor")
	}
	return strings.Join(who, "; ")
}

// once adds what doesn't look like one that is there.
func once(list *[]named, n named) {
	if !slices.Contains(*list, n) {
		*list = append(*list, n)
	}
}

// countryIDs are the countries' codes of ISO 3166-1 with their ids of GeoNames
// (https://www.geonames.org, CC BY 4.0).
//
//go:embed countries.tsv
var countryIDs string

// countries are the codes by ids.
var countries = sync.OnceValue(func() map[int64]string {
	m := make(map[int64]string, strings.Count(countryIDs, "\n"))
	for line := range strings.Lines(countryIDs) {
		code, id, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if n, err := strconv.ParseInt(id, 10, 64); err == nil {
			m[n] = code
		}
	}
	return m
})

// country is where a place is, if it isn't the country itself, however that is
// called.
func country(p *article.Place) string {
	if name := countryName(p.Country); p.Country != "" && name != p.Name && countries()[p.GeoNamesID] != p.Country {
		return name
	}
	return ""
}

// only is the address of all articles with that value of a facet.
func only(facet, value string) string { return address(url.Values{facet: {value}}) }

// joined are the parts that there are.
func joined(parts ...string) string {
	var all []string
	for _, p := range parts {
		if p != "" {
			all = append(all, p)
		}
	}
	return strings.Join(all, ", ")
}

// minutes is a reading time for people, "" for none.
func minutes(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d < time.Minute:
		return "under a minute"
	}
	return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
}
