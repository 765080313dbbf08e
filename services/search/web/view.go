package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/message"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/mediatopic"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/find"
)

// view is what the template shows.
type view struct {
	Title   string
	Version string  // of the assets
	Who     string  // has logged in
	Leave   bool    // and can log out
	Text    string  // in the search box
	Keep    []field // what the search form keeps beside the box
	From    string  // of the date fields
	To      string
	Asked   find.Reading // of the fields for quotes, amounts and mentioned dates

	Error   *failure
	Heading string
	Filters []filter
	Sorts   []link
	Facets  []facet
	Others  []link // facets that are shown on demand
	Hits    []hit
	Found   bool   // a search was made
	First   string // URL of the first page, on later ones
	Next    string // URL of the next page, if there is one
	Home    string // URL without any search

	Reading bool   // the pane is open
	Back    string // URL with the pane closed
	Missing string // why there is no article in it
	Article *reading

	request find.Request
	zone    *time.Location
}

type field struct{ Name, Value string }

type link struct {
	Label, URL string
	Current    bool
}

type filter struct{ Facet, Label, URL string }

type facet struct {
	Name   string
	Label  string
	Values []facetValue
	More   bool
}

type facetValue struct {
	Label  string
	Count  string
	URL    string
	Chosen bool
}

// failure is why there are no results.
type failure struct {
	Title, Detail string
	// The query with the character that is meant, if one is.
	Before, At, After string
	Pointed           bool
}

type hit struct {
	ID         string // of the element
	URL        string
	Open       bool
	Language   string
	Kicker     find.Fragment
	Headline   find.Fragment
	Snippets   []find.Fragment
	Source     string
	Agency     string
	LanguageIs string
	Time       *moment
	Urgent     bool
}

// moment is a time for people and for machines.
type moment struct{ Machine, Human string }

type reading struct {
	Language   string
	LanguageIs string
	Canceled   bool
	URI        string
	URL        string // where readers find it, if anywhere
	Kicker     string
	Headline   string
	Standfirst string
	Byline     string
	Blocks     []block
	Ends       []string // what it is based on, who signs
	Source     string
	Agency     string
	Media      string
	Filed      string
	Translated string // why it seems to be; "" if it doesn't
	Topics     []named
	Summary    string
	Length     string // how long it takes to read
	Corrected  string // by which editors, and what; "" if by none
	People     []named
	Bodies     []named // organisations
	Places     []named
	Keyphrases []named
	Quotes     []quotation
	Amounts    []finding
	Dates      []finding
	Left       int // of these lists, what is not shown
	Published  *moment
	Created    *moment
	Received   *moment
	Old        bool   // not the newest revision
	Newest     string // URL of the newest one
	Earlier    []link // articles that it goes on from
	Later      []link // those that go on from it
	Revisions  []revision
	More       bool
}

// block is a part of the text: a paragraph, subhead, quote or picture.
type block struct {
	Kind     string
	Text     string
	Dateline string   // in front of the first paragraph
	Credits  []string // of a picture
}

type revision struct {
	URL      string
	Current  bool
	Time     *moment
	Version  string
	Headline string
	SameText bool
}

// facetLabels are what facets are called.
var facetLabels = map[string]string{
	"agency": "Agency", "source": "Source", "language": "Language", "cited_media": "Cites", "day": "Day",
	"topic": "Topic", "person": "Person", "organisation": "Organisation", "place": "Place", "country": "Country", "keyphrase": "Keyphrase",
	"speaker": "Quotes", "currency": "Currency", "filed": "Filed in",
}

// noHeadline is what an article without one is called.
const noHeadline = "Without a headline"

// urgent is the least urgent urgency that is shown as such.
const urgent = 3

func newView(r find.Request, zone *time.Location, version string) *view {
	v := &view{request: r, zone: zone, Version: version, Text: r.Text, Home: "/", Back: address(r.Values())}
	v.Title = "Copytaster"
	if r.Text != "" {
		v.Title = r.Text + " – Copytaster"
	}
	for name, chosen := range r.Values() {
		switch name {
		case "q", "after", "said", "amount_from", "amount_to", "mentioned_from", "mentioned_to":
			continue // stand in fields of their own
		case "from", "to":
			if isDay(chosen[0]) {
				continue // stands in a field of its own
			}
		}
		for _, c := range chosen {
			v.Keep = append(v.Keep, field{name, c})
		}
	}
	slices.SortFunc(v.Keep, func(a, b field) int { return strings.Compare(a.Name+"\x00"+a.Value, b.Name+"\x00"+b.Value) })
	v.Asked = r.Reading
	if isDay(r.From) {
		v.From = r.From
	}
	if isDay(r.To) {
		v.To = r.To
	}

	for _, f := range find.Facets {
		for _, c := range r.Chosen[f.Name] {
			v.Filters = append(v.Filters, filter{facetLabels[f.Name], v.label(f.Name, c), v.toggle(f.Name, c)})
		}
	}
	for _, asked := range []struct{ name, label, value string }{
		{"from", "From", v.label("day", r.From)},
		{"to", "To", v.label("day", r.To)},
		{"said", "Said", r.Said},
		{"amount_from", "Amount from", r.AmountFrom},
		{"amount_to", "Amount to", r.AmountTo},
		{"mentioned_from", "Mentions from", v.label("day", r.MentionedFrom)},
		{"mentioned_to", "Mentions to", v.label("day", r.MentionedTo)},
		{"translated", "Translated", r.Translated},
		{"evolved_from", "Goes on from", string(r.EvolvedFrom)},
	} {
		if asked.value != "" {
			v.Filters = append(v.Filters, filter{asked.label, asked.value, v.with(func(p url.Values) { p.Del(asked.name) })})
		}
	}
	return v
}

// with is the address of this search with its parameters changed, at its
// first page.
func (v *view) with(change func(url.Values)) string {
	p := v.request.Values()
	p.Del("after")
	change(p)
	return address(p)
}

// toggle is the address at which a facet's value is chosen if it isn't, and
// the other way round.
func (v *view) toggle(name, value string) string {
	return v.with(func(p url.Values) {
		if i := slices.Index(p[name], value); i >= 0 {
			p[name] = slices.Delete(p[name], i, i+1)
			return
		}
		p.Add(name, value)
	})
}

// search is the search with the facets that the page shows: those that it always
// does, those in which something is chosen, and those that were asked for.
func (v *view) search() find.Request {
	r := v.request
	r.Facets = []string{}
	for _, f := range find.Facets {
		if !f.Asked || len(r.Chosen[f.Name]) > 0 || slices.Contains(v.request.Facets, f.Name) {
			r.Facets = append(r.Facets, f.Name)
		}
	}
	return r
}

// offer lists the facets that the page doesn't show, with the addresses at which
// it does.
func (v *view) offer() {
	shown := v.search().Facets
	for _, f := range find.Facets {
		if !slices.Contains(shown, f.Name) {
			asked := append(slices.Clone(v.request.Facets), f.Name)
			v.Others = append(v.Others, link{Label: facetLabels[f.Name], URL: v.with(func(p url.Values) { p.Set("facets", strings.Join(asked, ",")) })})
		}
	}
}

func address(p url.Values) string {
	if len(p) == 0 {
		return "/"
	}
	return "/?" + p.Encode()
}

func (v *view) results(r find.Result, open string) {
	v.Found = true
	positive := v.request.Query.Positive()
	switch n := number(r.Total.Value); {
	case r.Total.Relation != "eq":
		v.Heading = "More than " + n + " articles"
	case r.Total.Value == 1:
		v.Heading = "1 article"
	default:
		v.Heading = n + " articles"
	}
	if v.request.Text == "" && len(v.Filters) == 0 {
		v.Heading = "Latest"
	}
	if positive {
		for _, s := range []struct {
			sort  find.Sort
			label string
		}{{find.Relevance, "Relevance"}, {find.Time, "Newest"}} {
			v.Sorts = append(v.Sorts, link{s.label, v.with(func(p url.Values) {
				p.Del("sort")
				if s.sort != find.Relevance {
					p.Set("sort", string(s.sort))
				}
			}), r.Sort == s.sort})
		}
	}
	for i, h := range r.Hits {
		v.Hits = append(v.Hits, v.hit(i, h, open))
	}
	for _, f := range r.Facets {
		if len(f.Values) == 0 {
			continue
		}
		shown := facet{Name: f.Name, Label: facetLabels[f.Name], More: f.More}
		for _, c := range f.Values {
			shown.Values = append(shown.Values, facetValue{v.label(f.Name, c.Value), number(c.Count), v.toggle(f.Name, c.Value), c.Chosen})
		}
		v.Facets = append(v.Facets, shown)
	}
	if v.request.After == "" {
		v.offer()
	} else {
		v.First = v.with(func(url.Values) {})
	}
	if r.Next != "" {
		v.Next = v.with(func(p url.Values) { p.Set("after", r.Next) })
	}
}

func (v *view) hit(i int, h find.Hit, open string) hit {
	p := v.request.Values()
	p.Set("uri", string(h.URI))
	shown := hit{
		ID: fmt.Sprintf("hit-%d", i+1), URL: address(p), Open: open == string(h.URI),
		Language: h.Language, LanguageIs: languageName(h.Language), Source: h.Source, Agency: h.Agency,
		Kicker: whole(h, "kicker", h.Kicker), Headline: whole(h, "headline", h.Headline),
		Time: v.moment(h.SortDate), Urgent: h.Urgency > 0 && h.Urgency <= urgent,
	}
	if shown.Language == "und" {
		shown.Language = ""
	}
	// What was found counts as a summary; where nothing was, the standfirst is
	// the best one.
	for _, name := range []string{"standfirst", "body", "caption", "byline"} {
		for _, f := range h.Highlights[name] {
			if marked(f) && len(shown.Snippets) < 2 {
				shown.Snippets = append(shown.Snippets, f)
			}
		}
	}
	if len(shown.Snippets) == 0 {
		if body := h.Highlights["body"]; h.Standfirst == "" && len(body) > 0 {
			shown.Snippets = body[:1]
		} else if h.Standfirst != "" {
			shown.Snippets = []find.Fragment{{{Text: h.Standfirst}}}
		}
	}
	if len(shown.Headline) == 0 { // a link needs a text
		shown.Headline = find.Fragment{{Text: noHeadline}}
	}
	return shown
}

// whole is a short text with what was found in it.
func whole(h find.Hit, name, text string) find.Fragment {
	if f := h.Highlights[name]; len(f) == 1 {
		return f[0]
	}
	if text == "" {
		return nil
	}
	return find.Fragment{{Text: text}}
}

func marked(f find.Fragment) bool {
	return slices.ContainsFunc(f, func(p find.Piece) bool { return p.Match })
}

func (v *view) fail(p api.Problem, err error) {
	v.Error = &failure{Title: p.Title, Detail: p.Detail}
	var parameter *find.ParameterError
	if !errors.As(err, &parameter) {
		return
	}
	v.Error.Title, v.Error.Detail = "This search can’t be made", parameter.Error()
	if parameter.Parameter == "q" && parameter.At >= 0 {
		v.Error.Title, v.Error.Detail = "This can’t be searched for", fmt.Sprintf("%s (character %d).", sentence(parameter.Message), parameter.At+1)
		text := []rune(v.Text)
		at := min(parameter.At, len(text))
		end := min(at+1, len(text))
		v.Error.Pointed = true
		v.Error.Before, v.Error.At, v.Error.After = string(text[:at]), string(text[at:end]), string(text[end:])
	}
}

func (v *view) unread(p api.Problem) {
	v.Reading, v.Missing = true, p.Title+". "+p.Detail
	if p.Status == http.StatusNotFound {
		v.Missing = "This article isn’t here. It may have been withheld, or its address may be mistyped."
	}
}

func (v *view) read(f find.Found) {
	v.Reading = true
	a := f.Article
	r := &reading{
		Language: a.Language.Value, LanguageIs: languageName(a.Language.Value),
		Canceled: a.Status == article.Canceled, URI: string(a.URI),
		Source: a.Source, Agency: a.Agency.Value, Old: !f.Newest, More: f.MoreRevisions,
		Published: v.moment(&a.PublishedAt), Created: v.moment(&a.VersionCreated), Received: v.moment(&a.ReceivedAt),
	}
	v.Article = r
	if r.Language == "und" {
		r.Language = ""
	}
	if u, err := url.Parse(a.URL); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		r.URL = a.URL
	}
	for i, m := range a.CitedMedia {
		if i > 0 {
			r.Media += ", "
		}
		r.Media += m.Value
	}
	r.lay(a)
	r.found(a)
	r.about(a)
	if r.Headline != "" {
		v.Title = r.Headline + " – Copytaster"
	}

	at := func(number article.Revision) string {
		p := v.request.Values()
		p.Set("uri", string(a.URI))
		if number > 0 {
			p.Set("revision", number.String())
		}
		return address(p)
	}
	r.Newest = at(0)
	r.Earlier, r.Later = v.others(f.Earlier), v.others(f.Later)
	for i, o := range f.Revisions {
		when := o.Created
		if when == nil {
			when = o.Received
		}
		shown := revision{
			URL: at(o.Revision), Current: o.Revision.Source() == a.Revision.Source(),
			Time: v.moment(when), Version: o.Version, Headline: o.Headline, SameText: o.SameText,
		}
		if i == 0 {
			shown.URL = r.Newest
		}
		r.Revisions = append(r.Revisions, shown)
	}
}

// others are links to other articles, by their headlines.
func (v *view) others(list []find.Related) []link {
	var links []link
	for _, o := range list {
		p := v.request.Values()
		p.Set("uri", string(o.URI))
		l := link{Label: o.Headline, URL: address(p)}
		if l.Label == "" {
			l.Label = noHeadline
		}
		links = append(links, l)
	}
	return links
}

// lay sets the segments like a newspaper: the title parts above, then the
// text in its order, with each credit at its picture, and at the end who
// signs. Segments that are not for readers are left out.
func (r *reading) lay(a *article.Article) {
	once := func(into *string, text string) {
		if *into == "" {
			*into = text
			return
		}
		r.Blocks = append(r.Blocks, block{Kind: string(article.Paragraph), Text: text}) // lost by none, whatever it is
	}
	dateline := ""
	picture := -1 // the block that credits go to
	for _, s := range a.Segments {
		if !s.Kind.ForReaders() {
			continue
		}
		text := s.In(a.Text)
		switch s.Kind {
		case article.Kicker:
			once(&r.Kicker, text)
		case article.Headline:
			once(&r.Headline, text)
		case article.Standfirst:
			once(&r.Standfirst, text)
		case article.Byline:
			once(&r.Byline, text)
		case article.Dateline:
			once(&dateline, text)
		case article.Caption:
			picture = len(r.Blocks)
			r.Blocks = append(r.Blocks, block{Kind: "picture", Text: text})
		case article.CreditLine:
			if picture < 0 {
				picture = len(r.Blocks)
				r.Blocks = append(r.Blocks, block{Kind: "picture"})
			}
			r.Blocks[picture].Credits = append(r.Blocks[picture].Credits, text)
		case article.Reference, article.Signoff:
			r.Ends = append(r.Ends, text)
		default:
			picture = -1
			r.Blocks = append(r.Blocks, block{Kind: string(s.Kind), Text: text})
		}
	}
	if dateline == "" {
		return
	}
	for i := range r.Blocks {
		if r.Blocks[i].Kind == string(article.Paragraph) {
			r.Blocks[i].Dateline = dateline
			return
		}
	}
	r.Blocks = append(r.Blocks, block{Kind: string(article.Paragraph), Text: dateline})
}

// label is how a facet's value is shown.
func (v *view) label(facet, value string) string {
	switch facet {
	case "language":
		return languageName(value)
	case "country":
		return countryName(value)
	case "topic":
		return topicName(value, "")
	case "day":
		if t, err := time.Parse(time.DateOnly, value); err == nil {
			return t.Format("Mon 2 Jan 2006")
		}
	}
	return value
}

func (v *view) moment(t *time.Time) *moment {
	if t == nil || t.IsZero() {
		return nil
	}
	return &moment{t.UTC().Format(time.RFC3339), t.In(v.zone).Format("2 Jan 2006, 15:04 MST")}
}

func languageName(tag string) string {
	if tag == "" || tag == "und" {
		return "Unknown"
	}
	t, err := language.Parse(tag)
	if err != nil {
		return tag
	}
	if name := display.English.Tags().Name(t); name != "" {
		return name
	}
	return tag
}

// countryName is the English name of a country of ISO 3166-1; the code, if it
// has none.
func countryName(code string) string {
	r, err := language.ParseRegion(code)
	if err != nil || !r.IsCountry() {
		return code
	}
	if name := display.English.Regions().Name(r); name != "" {
		return name
	}
	return code
}

// topicName is the name of a topic, which label is for one that is none of the
// table's; its code, if it has none.
func topicName(qcode, label string) string {
	if name := cmp.Or(mediatopic.Label(qcode), label); name != "" {
		return sentence(name)
	}
	return qcode
}

func number(n int) string { return message.NewPrinter(language.English).Sprintf("%d", n) }

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// sentence makes s begin with a capital.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
