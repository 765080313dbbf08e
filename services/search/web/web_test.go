package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/web"
)

// shelf answers with what it is given.
type shelf struct {
	asked  *find.Request // of the last search
	result find.Result
	found  find.Found
	err    error
}

func (s shelf) Search(_ context.Context, r find.Request) (find.Result, error) {
	if s.asked != nil {
		*s.asked = r
	}
	return s.result, s.err
}

func (s shelf) Article(context.Context, article.URI, article.Revision) (find.Found, error) {
	return s.found, s.err
}

func (s shelf) Zone() *time.Location { return time.UTC }

func render(t *testing.T, s shelf, query string) *httptest.ResponseRecorder {
	t.Helper()
	h, err := web.New(func(*http.Request) web.Finder { return s }, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/?"+query, nil))
	return w
}

// paper is an article with every kind of segment.
func paper() article.Article {
	var a article.Article
	b := article.Builder{Signer: "format/test", Version: 1}
	for _, k := range article.Kinds {
		b.Add(k, "The "+string(k)+" <i>text</i>.")
	}
	b.Add(article.Unknown, "The unknown text.")
	b.Fill(&a)
	a.URI, a.Status, a.Source, a.Revision = "urn:x", article.Usable, "wire", 1<<40
	a.Language.Value = "en"
	return a
}

func TestOnlyWhatIsForReadersIsShown(t *testing.T) {
	a := paper()
	body := render(t, shelf{found: find.Found{Article: &a, Newest: true}}, "uri=urn:x").Body.String()
	for _, k := range append([]article.Kind{article.Unknown}, article.Kinds...) {
		if n := strings.Count(body, "The "+string(k)+" "); k.ForReaders() != (n > 0) {
			t.Errorf("%s stands %d times on the page", k, n)
		}
	}
	if strings.Contains(body, "<i>") {
		t.Error("copy became markup")
	}
	for _, in := range [][2]string{{"The kicker", "The headline"}, {"The headline", "The standfirst"}, {"The standfirst", "The byline"}, {"The byline", "The paragraph"}, {"The paragraph", "The signoff"}} {
		if strings.LastIndex(body, in[0]) > strings.LastIndex(body, in[1]) {
			t.Errorf("%s stands below %s", in[0], in[1])
		}
	}
}

func TestWhatWasReadIsListed(t *testing.T) {
	a := paper()
	at := func(words string) article.Evidence {
		i := strings.Index(a.Text, words)
		if i < 0 {
			t.Fatal(words)
		}
		return article.Evidence{Span: article.Span{Start: i, End: i + len(words)}}
	}
	date := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	a.Filed = article.Filed{Places: []string{"Niamey"}, Date: date(2024, 4, 20)}
	a.Translation.Likelihood = .9
	for range 40 {
		a.Quotes = append(a.Quotes, article.Quotation{Evidence: at("The paragraph <i>"), Speaker: "Ana <b>", Role: "mayor", Via: "Le Monde"})
	}
	a.Quotes = append(a.Quotes, article.Quotation{Evidence: at("The note"), Speaker: "An editor"}, article.Quotation{Evidence: at("The subhead")})
	a.Amounts = []article.Amount{
		{Evidence: at("The paragraph"), Figure: article.Figure{Known: true, Value: 1.5e6, To: 2e6, Approximate: true}, Currency: "EUR"},
		{Evidence: at("The paragraph")},
		{Evidence: at("The boilerplate"), Figure: article.Figure{Known: true, Value: 777, To: 777}},
	}
	a.Moments = []article.Moment{
		{Evidence: at("The paragraph"), From: date(2023, 1, 1), To: date(2023, 12, 31), Precision: article.PrecisionYear},
		{Evidence: at("The paragraph"), From: date(2023, 1, 1), To: date(2023, 4, 30), Precision: article.PrecisionYear},
		{Evidence: at("The paragraph"), From: date(2022, 2, 1), To: date(2022, 2, 28), Precision: article.PrecisionMonth},
		{Evidence: at("The paragraph"), From: date(2021, 3, 4), To: date(2021, 3, 4), Precision: article.PrecisionDay},
		{Evidence: at("The paragraph"), From: date(2019, 3, 4), Precision: article.PrecisionOpen},
		{Evidence: at("The paragraph"), To: date(2018, 3, 4), Precision: article.PrecisionOpen},
		{Evidence: at("The paragraph"), From: date(2017, 3, 4).Add(time.Hour), To: date(2017, 3, 4).Add(time.Hour), Precision: article.PrecisionTime},
		{Evidence: at("The paragraph"), Precision: article.PrecisionDay},
	}
	body := render(t, shelf{found: find.Found{Article: &a, Newest: true}}, "uri=urn:x").Body.String()
	if n := strings.Count(body, "Ana &lt;b&gt;, mayor, Le Monde"); n != 30 {
		t.Errorf("%d quotes are listed", n)
	}
	for _, want := range []string{
		"Niamey, 20 Apr 2024", "<dt>Translated</dt>", "EUR about 1,500,000 to 2,000,000", ">2023<", "1 Jan 2023 to 30 Apr 2023", ">February 2022<", ">4 Mar 2021<",
		"from 4 Mar 2019", "until 4 Mar 2018", "4 Mar 2017, 01:00 UTC", "and 10 more",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	for _, bad := range []string{"An editor", "777", "<b>"} {
		if strings.Contains(body, bad) {
			t.Errorf("%q is on the page", bad)
		}
	}
	a.Status = article.Canceled
	if body := render(t, shelf{found: find.Found{Article: &a, Newest: true}}, "uri=urn:x").Body.String(); strings.Contains(body, "mayor") {
		t.Error("what was read in a canceled article is shown")
	}
}

func TestWhatTheTextIsAboutIsListed(t *testing.T) {
	a := paper()
	in := func(k article.Kind) []article.Evidence {
		for _, s := range a.Segments {
			if s.Kind == k {
				return []article.Evidence{s.Evidence}
			}
		}
		t.Fatal(k)
		return nil
	}
	for i := range 40 {
		a.Entities = append(a.Entities, article.Entity{Type: article.EntityPerson, Name: fmt.Sprintf("Ana <b> %d", i), Title: "Dr", Role: "mayor", Mentions: in(article.Paragraph)})
	}
	a.Entities = append(
		a.Entities,
		article.Entity{Type: article.EntityOrganisation, Name: "A Council", Mentions: in(article.Paragraph)},
		article.Entity{Type: article.EntityOrganisation, Name: "Hidden Council", Mentions: in(article.Note)},
		article.Entity{Type: article.EntityPlace, Name: "Not by type", Mentions: in(article.Paragraph)},
	)
	a.Places = []article.Place{
		{Name: "Agadez", Country: "NE", Main: true, Mentions: in(article.Paragraph)},
		{Name: "Niger", Country: "NE", Mentions: in(article.Paragraph)},
		{Name: "Sahel", Mentions: in(article.Paragraph)},
		{Name: "Hidden City", Country: "NE", Mentions: in(article.Boilerplate)},
	}
	a.Entities = append(a.Entities, a.Entities[0]) // as if there were another
	sure := article.Evidence{Confidence: article.Sure}
	unsure := in(article.Paragraph)[0]
	unsure.Confidence = .3
	a.Topics = []article.Topic{
		{Evidence: sure, Qcode: "medtop:20000070", Path: []string{"medtop:16000000", "medtop:20000070"}},
		{Evidence: sure, Qcode: "medtop:99999999", Path: []string{"medtop:99999999"}},
		{Evidence: sure, Qcode: "x:1", Label: "label & own"},
		{Evidence: in(article.Note)[0], Qcode: "x:2", Label: "Hidden topic"},
		{Evidence: unsure, Qcode: "x:3", Label: "Doubtful topic"},
	}
	a.Entities = append(a.Entities, article.Entity{Type: article.EntityOrganisation, Name: "Doubtful Council", Mentions: []article.Evidence{unsure}})
	a.Places = append(
		a.Places,
		article.Place{Name: "Doubtful City", Country: "NE", Mentions: []article.Evidence{unsure}},
		article.Place{Name: "Ivory Coast", Country: "CI", GeoNamesID: 2287781, Mentions: in(article.Paragraph)}, article.Place{Name: "Hong Kong", Country: "HK", GeoNamesID: 1819730, Mentions: in(article.Paragraph)},
		article.Place{Name: "Singapore", Country: "SG", GeoNamesID: 1880252, Mentions: in(article.Paragraph)}, article.Place{Name: "Paris", Country: "US", GeoNamesID: 4717560, Mentions: in(article.Paragraph)},
	)
	a.Summary = in(article.Standfirst)[0]
	a.Keyphrases = []article.Keyphrase{{Evidence: in(article.Paragraph)[0], Phrase: "drone & base"}, {Evidence: unsure, Phrase: "doubtful phrase"}, {Evidence: in(article.Residue)[0], Phrase: "hidden phrase"}}
	a.Corrections.Fields = []article.Corrected{{Field: "cited_media", Who: "M. <b> Ito"}, {Field: "places", Who: "B. Lee"}, {Field: "topics", Who: "M. <b> Ito"}}
	body := render(t, shelf{found: find.Found{Article: &a, Newest: true}}, "uri=urn:x").Body.String()
	if n := strings.Count(body, "Ana &lt;b&gt; "); n != 30 {
		t.Errorf("%d persons are listed", n)
	}
	for _, want := range []string{
		"<bdi>Dr, mayor</bdi>", `<a href="/?person=Ana&#43;%3Cb%3E&#43;0" rel="nofollow">`, "and 10 more", "<bdi>A Council</bdi></a></li>", "<bdi>Agadez</bdi></a> <span class=\"is\"><bdi>Niger</bdi>",
		"<bdi>Niger</bdi></a></li>", "<bdi>Sahel</bdi></a></li>",
		`<dd><a href="/?topic=medtop%3A20000070" rel="nofollow"><bdi>Coup d&#39;etat</bdi></a>; <a href="/?topic=medtop%3A99999999" rel="nofollow"><bdi>medtop:99999999</bdi></a>; <a href="/?topic=x%3A1" rel="nofollow"><bdi>Label &amp; own</bdi></a></dd>`,
		`<dt>Summary</dt><dd dir="auto">The standfirst &lt;i&gt;text&lt;/i&gt;.</dd>`, "<bdi>Ivory Coast</bdi></a></li>", "<bdi>Hong Kong</bdi></a></li>", "<bdi>Singapore</bdi></a></li>",
		"<bdi>Paris</bdi></a> <span class=\"is\"><bdi>United States</bdi>", "<bdi>drone &amp; base</bdi>", "<dd>under a minute</dd>",
		"<dt>Corrected</dt><dd><bdi>cited media, topics by M. &lt;b&gt; Ito; places by B. Lee</bdi></dd>",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	for _, bad := range []string{"Hidden", "hidden phrase", "Not by type", "Doubtful", "doubtful", "<b>"} {
		if strings.Contains(body, bad) {
			t.Errorf("%q is on the page", bad)
		}
	}
	a.Status = article.Canceled
	if body := render(t, shelf{found: find.Found{Article: &a, Newest: true}}, "uri=urn:x").Body.String(); strings.Contains(body, "mayor") || strings.Contains(body, "Reading time") || strings.Contains(body, "Corrected") || strings.Contains(body, "Summary") {
		t.Error("what a canceled article was about is shown")
	}
	none := paper()
	if body := render(t, shelf{found: find.Found{Article: &none, Newest: true}}, "uri=urn:x").Body.String(); strings.Contains(body, "People") || strings.Contains(body, "Topics") || strings.Contains(body, "Keyphrases") || strings.Contains(body, "Summary") {
		t.Error("what isn't there has a heading")
	}
}

func TestFacetsAreCalledByNames(t *testing.T) {
	r := find.Result{Total: find.Total{Value: 1, Relation: "eq"}, Facets: []find.FacetCount{
		{Name: "topic", Values: []find.ValueCount{{Value: "medtop:16000000", Label: "conflict, war and peace", Count: 2}}},
		{Name: "country", Values: []find.ValueCount{{Value: "NE", Count: 2}, {Value: "XQ", Count: 1}}},
		{Name: "person"},
	}}
	body := render(t, shelf{result: r}, "topic=medtop:20000070&country=DE&organisation=A+%26+B").Body.String()
	for _, want := range []string{
		">Conflict, war and peace<", ">Niger<", ">XQ<", `<span class="of">Topic</span> <bdi>Coup d&#39;etat</bdi>`, `<span class="of">Country</span> <bdi>Germany</bdi>`,
		`<span class="of">Organisation</span> <bdi>A &amp; B</bdi>`, `name="topic" value="medtop:20000070"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	if strings.Contains(body, "facet-person") {
		t.Error("a facet without values is shown")
	}
}

// TestFacetsOnDemand: what has as many values as there are articles is counted
// for those who ask.
func TestFacetsOnDemand(t *testing.T) {
	const always = "agency,source,language,cited_media,topic,"
	for query, c := range map[string]struct{ facets, offered string }{
		"":                          {always + "country,speaker,currency,filed,day", "/?facets=person /?facets=organisation /?facets=place /?facets=keyphrase"},
		"q=a&facets=place,person":   {always + "person,place,country,speaker,currency,filed,day", "/?facets=place%2Cperson%2Corganisation&amp;q=a /?facets=place%2Cperson%2Ckeyphrase&amp;q=a"},
		"keyphrase=a&facets=none":   {always + "country,keyphrase,speaker,currency,filed,day", "/?facets=person&amp;keyphrase=a /?facets=organisation&amp;keyphrase=a /?facets=place&amp;keyphrase=a"},
		"after=x&facets=person&q=a": {always + "person,country,speaker,currency,filed,day", ""},
	} {
		var asked find.Request
		body := render(t, shelf{asked: &asked}, query).Body.String()
		if got := strings.Join(asked.Facets, ","); got != c.facets {
			t.Errorf("%s: facets %s, want %s", query, got, c.facets)
		}
		for address := range strings.FieldsSeq(c.offered) {
			if !strings.Contains(body, `<a href="`+address+`"`) {
				t.Errorf("%s: no %s on the page", query, address)
			}
		}
		if strings.Contains(body, "other-facets") != (c.offered != "") {
			t.Errorf("%s: offered are others", query)
		}
		if strings.Contains(body, "on the first page") != strings.Contains(query, "after") {
			t.Errorf("%s: where the facets are", query)
		}
	}
}

func TestWhatIsAskedOfTheReadingIsKept(t *testing.T) {
	body := render(t, shelf{}, "said=%3Cb%3E+word&amount_from=5&mentioned_to=2024-04-20&translated=yes&speaker=Ana").Body.String()
	for _, want := range []string{
		`name="said" value="&lt;b&gt; word"`, `name="amount_from" value="5"`, `name="mentioned_to" value="2024-04-20"`, `type="hidden" name="translated" value="yes"`,
		`<span class="of">Said</span> <bdi>&lt;b&gt; word</bdi>`, `<span class="of">Mentions to</span> <bdi>Sat 20 Apr 2024</bdi>`, `<span class="of">Quotes</span> <bdi>Ana</bdi>`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s on the page", want)
		}
	}
	if n := strings.Count(body, `name="said"`); n != 1 {
		t.Errorf("the form sends said %d times", n)
	}
}

// TestSecondPartsAreNotLost: a text may have two headlines, or only a dateline.
func TestSecondPartsAreNotLost(t *testing.T) {
	var a article.Article
	b := article.Builder{}
	for _, k := range []article.Kind{article.Headline, article.Headline, article.Byline, article.Byline, article.CreditLine, article.Dateline, article.Dateline} {
		b.Add(k, "part-"+string(rune('a'+b.Len()%26)))
	}
	b.Fill(&a)
	a.URI, a.Status, a.Source = "urn:x", article.Usable, "wire"
	body := render(t, shelf{found: find.Found{Article: &a, Newest: true}}, "uri=urn:x").Body.String()
	for _, s := range a.Segments {
		if !strings.Contains(body, s.In(a.Text)) {
			t.Errorf("%s %q is lost", s.Kind, s.In(a.Text))
		}
	}
}

func TestHeadersAndHostileInput(t *testing.T) {
	hostile := `"><script>alert(1)</script>'{{.}}`
	r := find.Result{
		Total: find.Total{Value: 1, Relation: "eq"}, Sort: find.Relevance,
		Hits:   []find.Hit{{URI: "javascript:alert(1)", Headline: hostile, Kicker: hostile, Standfirst: hostile, Source: hostile, Agency: hostile, Language: hostile}},
		Facets: []find.FacetCount{{Name: "agency", Values: []find.ValueCount{{Value: hostile, Count: 1, Chosen: true}}}},
		Next:   hostile,
	}
	w := render(t, shelf{result: r}, url.Values{"q": {strings.ReplaceAll(hostile, `"`, "")}, "agency": {hostile}, "utm_source": {"mail"}}.Encode())
	body := w.Body.String()
	if w.Code != http.StatusOK {
		t.Errorf("status %d: %s", w.Code, body)
	}
	if strings.Contains(body, "<script>") || strings.Contains(body, `href="javascript:`) {
		t.Errorf("hostile input became markup:\n%s", body)
	}
	if inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=["']|<script(?:[^>]*)>[^<]`).FindString(body); inline != "" {
		t.Errorf("the page has inline style or script, which its policy forbids: %s", inline)
	}
	if other := regexp.MustCompile(`(?:src|href|action)="(?:https?:)?//[^"]*`).FindString(body); other != "" {
		t.Errorf("the page leads elsewhere: %s", other)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache", "Referrer-Policy": "same-origin",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	for path, want := range map[string]int{"style.css": 200, "page.js": 200, "icon.svg": 200, "none.css": 404, "..": 404, "": 404} {
		req := httptest.NewRequest(http.MethodGet, "/assets/x", nil)
		req.SetPathValue("name", path)
		got := httptest.NewRecorder()
		web.Assets().ServeHTTP(got, req)
		if got.Code != want {
			t.Errorf("asset %q: %d, want %d", path, got.Code, want)
		}
	}
}

func TestFailuresAreSaid(t *testing.T) {
	for _, c := range []struct {
		err    error
		query  string
		status int
		says   string
	}{
		{&find.UnavailableError{Err: errors.New("secret host")}, "q=a", http.StatusServiceUnavailable, "be reached"},
		{&find.UnavailableError{Err: find.ErrTimeout}, "q=a", http.StatusServiceUnavailable, "too long"},
		{find.ErrNotFound, "uri=x", http.StatusNotFound, "isn’t here"},
		{errors.New("secret host"), "q=a", http.StatusInternalServerError, "logged"},
		{nil, "q=%22a", http.StatusBadRequest, "never closed"},
		{nil, "day=x", http.StatusBadRequest, "not a day"},
		{nil, "uri=x&revision=y", http.StatusBadRequest, "not the number of a revision"},
	} {
		a := paper()
		w := render(t, shelf{err: c.err, found: find.Found{Article: &a}}, c.query)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) || strings.Contains(w.Body.String(), "secret host") {
			t.Errorf("%v: %d\n%s", c.err, w.Code, w.Body.String())
		}
		if (w.Header().Get("Retry-After") != "") != (c.status == http.StatusServiceUnavailable) {
			t.Errorf("%v: Retry-After %q", c.err, w.Header().Get("Retry-After"))
		}
	}
}

func TestRelatedIsSaidAndLinked(t *testing.T) {
	a := paper()
	found := find.Found{
		Article: &a, Newest: true,
		Earlier: []find.Related{{URI: "urn:x:0&1", Headline: "The <flash>"}},
		Later:   []find.Related{{URI: "urn:x:2", Headline: "The rewrite"}, {URI: "urn:x:3"}},
	}
	body := render(t, shelf{found: found}, "q=x&uri=urn:x").Body.String()
	for _, want := range []string{
		`A later article goes on from this one or is derived from it: <a href="/?q=x&amp;uri=urn%3Ax%3A2" dir="auto">The rewrite</a>; <a href="/?q=x&amp;uri=urn%3Ax%3A3" dir="auto">Without a headline</a></p>`,
		`<dt>Goes on or derived from</dt><dd><a href="/?q=x&amp;uri=urn%3Ax%3A0%261" dir="auto">The &lt;flash&gt;</a></dd>`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s on the page", want)
		}
	}
	body = render(t, shelf{found: find.Found{Article: &a, Newest: true}}, "uri=urn:x&evolved_from=urn:y").Body.String()
	if strings.Contains(body, "later article") || strings.Contains(body, "<dt>Goes on or") || !strings.Contains(body, `<span class="of">Goes on from</span> <bdi>urn:y</bdi>`) {
		t.Error("an article that goes on from none, found by what it goes on from")
	}
}
