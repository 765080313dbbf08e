package search_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/find"
)

// newsroom is a running search service over indices of its own.
type newsroom struct {
	tb    testing.TB
	es    *elasticsearch.BaseClient
	names corpus.Namespace
	base  string // of the service's URLs
	kept  archive.Config
	key   string // that requests are sent with, if it isn't empty

	address string // of Elasticsearch
}

// elastic is how the service reaches the indices.
func (n *newsroom) elastic() elastic.Config { return elastic.Config{URL: []string{n.address}} }

func open(tb testing.TB) *newsroom {
	tb.Helper()
	address := localtest.Elasticsearch(tb)
	n := &newsroom{tb: tb, names: corpus.Namespace(localtest.Namespace(tb)), address: address, kept: archive.Config{Dir: filepath.Join(tb.TempDir(), "archive")}}
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	es, err := elasticsearch.NewBaseClient(elasticsearch.Config{Addresses: []string{address}, Transport: transport})
	if err != nil {
		tb.Fatal(err)
	}
	n.es = es
	if err := corpus.Ensure(tb.Context(), es, n.names, corpus.Settings{}); err != nil {
		tb.Fatal(err)
	}
	n.base = serve(tb, search.Config{
		Elasticsearch: elastic.Config{URL: []string{address}}, Bus: bus.Config{Namespace: string(n.names)}, SearchTimeout: search.MaxTimeout, SearchRelatedTimeout: search.MaxTimeout, SearchZone: "Europe/Berlin",
		Archive: n.kept,
	})
	return n
}

// serve runs the service and gives the base of its URLs.
func serve(tb testing.TB, c search.Config) string {
	tb.Helper()
	base := start(tb, c)
	await(tb, "the routes are mounted", func() bool {
		res, err := http.Get(base + "/assets/signin.css")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return base
}

// start starts the service, and gives the base of its URLs.
func start(tb testing.TB, c search.Config) string {
	tb.Helper()
	if err := c.Validate(); err != nil {
		tb.Fatal(err)
	}
	log := zerolog.New(zerolog.NewTestWriter(tb)).Level(zerolog.WarnLevel)
	srv, err := boot.NewServer(boot.Config{Listen: "127.0.0.1:0"}, log)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	kit := srv.Kit("search")
	go func() { ended <- boot.RunService(ctx, search.Service, c, kit) }()
	tb.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			tb.Errorf("service ended with %v", err)
		}
		closing, done := context.WithTimeout(context.Background(), patience)
		defer done()
		if err := srv.Close(closing); err != nil {
			tb.Error(err)
		}
	})
	return "http://" + srv.Addr()
}

// serveHandler serves h and gives the base of its URLs.
func serveHandler(tb testing.TB, h http.Handler) string {
	tb.Helper()
	srv := httptest.NewServer(h)
	tb.Cleanup(srv.Close)
	return srv.URL
}

// patience is how long a condition may take on a busy machine.
const patience = 5 * time.Minute

// await fails the test unless the condition comes true.
func await(tb testing.TB, what string, condition func() bool) {
	tb.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline.C:
			tb.Fatalf("waited in vain until %s", what)
		}
	}
}

// report describes an article for a test.
type report struct {
	id, uri, source, agency, language    string
	media                                []string
	kicker, headline, standfirst, byline string
	dateline, caption, credit, note      string
	body                                 []string // "# " begins a subhead, "> " a quote
	published                            time.Time
	created                              time.Time
	received                             time.Time // an hour after day, if not given
	status                               article.Status
	embargo, expiry                      time.Time
	urgency                              int
	url                                  string
	generation                           int
	original                             article.Original // size and hash are those of its bytes
	flags                                []string
	said                                 []said
	sums                                 []sum
	filed                                []string
	dates                                []article.Moment // spans are made
	translated                           float64
	persons, organisations, keyphrases   []string
	places                               []article.Place // mentions are made
	topics                               [][]string      // paths
	evolvedFrom                          []article.URI
}

// said is a quote, which is a paragraph of its own; sum an amount.
type said struct{ speaker, words string }

type sum struct {
	currency  string
	value, to float64
}

var day = time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC)

// about fills in what the article is about, each name as a paragraph.
func (r report) about(a *article.Article, paragraph func(string) article.Evidence) {
	for _, name := range r.persons {
		a.Entities = append(a.Entities, article.Entity{Type: article.EntityPerson, Name: name, Mentions: []article.Evidence{paragraph(name)}})
	}
	for _, name := range r.organisations {
		a.Entities = append(a.Entities, article.Entity{Type: article.EntityOrganisation, Name: name, Mentions: []article.Evidence{paragraph(name)}})
	}
	for _, p := range r.places {
		p.Mentions = []article.Evidence{paragraph(p.Name)}
		a.Places = append(a.Places, p)
	}
	for _, path := range r.topics {
		a.Topics = append(a.Topics, article.Topic{Evidence: article.Evidence{Confidence: 1}, Qcode: path[len(path)-1], Path: path})
	}
	for _, k := range r.keyphrases {
		a.Keyphrases = append(a.Keyphrases, article.Keyphrase{Evidence: paragraph(k), Phrase: k})
	}
}

func (r report) article(tb testing.TB) *article.Article {
	tb.Helper()
	var a article.Article
	b := article.Builder{Signer: "format/test", Version: 1}
	b.Add(article.Kicker, r.kicker)
	b.Add(article.Headline, r.headline)
	b.Add(article.Caption, r.caption)
	b.Add(article.CreditLine, r.credit)
	b.Add(article.Standfirst, r.standfirst)
	b.Add(article.Byline, r.byline)
	b.Add(article.Dateline, r.dateline)
	for _, p := range r.body {
		if h, ok := strings.CutPrefix(p, "# "); ok {
			b.Add(article.Subhead, h)
		} else if q, ok := strings.CutPrefix(p, "> "); ok {
			b.Add(article.Quote, q)
		} else {
			b.Add(article.Paragraph, p)
		}
	}
	paragraph := func(text string) article.Evidence {
		b.Add(article.Paragraph, text)
		return article.Evidence{Span: article.Span{Start: b.Len() - len(text), End: b.Len()}, Confidence: 1}
	}
	for _, q := range r.said {
		a.Quotes = append(a.Quotes, article.Quotation{Evidence: paragraph(q.words), Speaker: q.speaker})
	}
	for _, m := range r.sums {
		to := max(m.value, m.to)
		a.Amounts = append(a.Amounts, article.Amount{Evidence: paragraph("some money"), Figure: article.Figure{Known: true, Value: m.value, To: to}, Currency: m.currency})
	}
	for _, m := range r.dates {
		m.Evidence = paragraph("some day")
		a.Moments = append(a.Moments, m)
	}
	a.Filed.Places, a.Translation.Likelihood = r.filed, r.translated
	r.about(&a, paragraph)
	b.Add(article.Note, r.note)
	b.Fill(&a)
	a.URI = article.URI(r.uri)
	if r.uri == "" {
		a.URI = article.NewURI("test", r.id)
	}
	a.Status = article.Usable
	if r.status != "" {
		a.Status = r.status
	}
	a.Source, a.Provider = "wire", "test"
	if r.source != "" {
		a.Source = r.source
	}
	a.Agency.Value, a.Language.Value = r.agency, r.language
	for _, m := range r.media {
		a.CitedMedia = append(a.CitedMedia, article.Label{Value: m})
	}
	a.PublishedAt, a.VersionCreated, a.EmbargoUntil, a.ExpiresAt, a.Urgency, a.URL = r.published, r.created, r.embargo, r.expiry, r.urgency, r.url
	if a.PublishedAt.IsZero() {
		a.PublishedAt = day
	}
	a.ReceivedAt, a.Flags, a.EvolvedFrom = day.Add(time.Hour), r.flags, r.evolvedFrom
	if !r.received.IsZero() {
		a.ReceivedAt = r.received
	}
	if a.Original = r.original; len(r.original.Bytes) > 0 {
		sum := sha256.Sum256(r.original.Bytes)
		a.Original.Size, a.Original.Hash = int64(len(r.original.Bytes)), hex.EncodeToString(sum[:])
	}
	if err := a.Stamp(); err != nil {
		tb.Fatal(err)
	}
	parts := a.Revision.Parts()
	parts.Generation = r.generation
	var err error
	if a.Revision, err = parts.Revision(); err != nil {
		tb.Fatal(err)
	}
	if err := a.Validate(); err != nil {
		tb.Fatal(err)
	}
	return &a
}

// index writes the articles as the index service does, and makes them
// searchable.
func (n *newsroom) index(reports ...report) []*article.Article {
	n.tb.Helper()
	var all []*article.Article
	var b bytes.Buffer
	for _, r := range reports {
		a := r.article(n.tb)
		all = append(all, a)
		head, err := corpus.Document(a, time.Now())
		if err != nil {
			n.tb.Fatal(err)
		}
		version, err := corpus.VersionDocument(a, time.Now())
		if err != nil {
			n.tb.Fatal(err)
		}
		fmt.Fprintf(&b, `{"index":{"_index":%q,"_id":%q,"version":%d,"version_type":"external"}}`+"\n%s\n", n.names.Articles(), corpus.ID(a.URI), a.Revision, head)
		fmt.Fprintf(&b, `{"index":{"_index":%q,"_id":%q,"routing":%q,"version":%d,"version_type":"external"}}`+"\n%s\n",
			n.names.Versions(), corpus.VersionID(a.URI, a.Revision), corpus.Routing(a.URI), a.Revision, version)
	}
	res, err := esapi.BulkRequest{Body: &b, Refresh: "true"}.Do(context.Background(), n.es)
	if err != nil {
		n.tb.Fatal(err)
	}
	defer res.Body.Close()
	var reply struct {
		Items []map[string]struct {
			Status int             `json:"status"`
			Error  json.RawMessage `json:"error"`
		} `json:"items"`
	}
	if err := json.NewDecoder(res.Body).Decode(&reply); err != nil || res.IsError() {
		n.tb.Fatalf("bulk: %s %v", res.Status(), err)
	}
	for _, item := range reply.Items {
		for _, i := range item {
			if i.Status >= 300 && i.Status != http.StatusConflict {
				n.tb.Fatalf("bulk: %d %s", i.Status, i.Error)
			}
		}
	}
	return all
}

type response struct {
	status int
	header http.Header
	body   string
}

// get asks the service; path is taken as it stands.
func (n *newsroom) get(path string, header ...string) response {
	n.tb.Helper()
	return n.send(http.MethodGet, path, "", header...)
}

// send asks by another method, with a body.
func (n *newsroom) send(method, path, body string, header ...string) response {
	n.tb.Helper()
	if n.key != "" {
		header = append(header, "X-API-Key", n.key)
	}
	return send(n.tb, method, n.base+path, body, header...)
}

func get(tb testing.TB, address string, header ...string) response {
	tb.Helper()
	return send(tb, http.MethodGet, address, "", header...)
}

func send(tb testing.TB, method, address, body string, header ...string) response {
	tb.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	r := response{res.StatusCode, res.Header, string(b)}
	kept(tb, method, address, r)
	return r
}

func (n *newsroom) search(parameters ...string) find.Result {
	n.tb.Helper()
	r := n.get("/v1/articles?" + query(parameters...))
	if r.status != http.StatusOK {
		n.tb.Fatalf("search %q: %d %s", parameters, r.status, r.body)
	}
	var result find.Result
	if err := json.Unmarshal([]byte(r.body), &result); err != nil {
		n.tb.Fatal(err)
	}
	return result
}

func (n *newsroom) problem(path string) api.Problem {
	n.tb.Helper()
	r := n.get(path)
	var p api.Problem
	if err := json.Unmarshal([]byte(r.body), &p); err != nil {
		n.tb.Fatalf("%s: %d %q: %v", path, r.status, r.body, err)
	}
	if got := r.header.Get("Content-Type"); got != "application/problem+json" || p.Status != r.status || p.Title == "" || p.Type == "" {
		n.tb.Errorf("%s: content type %s, status %d, problem %+v", path, got, r.status, p)
	}
	return p
}

// query makes a query string of names and values in turn.
func query(parameters ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(parameters); i += 2 {
		v.Add(parameters[i], parameters[i+1])
	}
	return v.Encode()
}

// ids are the publisher's ids of the hits, sorted.
func ids(r find.Result) []string {
	list := []string{}
	for _, h := range r.Hits {
		list = append(list, strings.TrimPrefix(string(h.URI), "urn:copytaster:test:"))
	}
	slices.Sort(list)
	return list
}

// articlePath encodes the dots, too: clients take a segment of two for the way
// up.
func articlePath(uri article.URI) string {
	return "/v1/articles/" + strings.ReplaceAll(url.PathEscape(string(uri)), ".", "%2E")
}

// secret is a word that stands in all that must not be seen.
const secret = "Geheimnisträger"

// desk is a day's copy: three languages and more, and what readers may not see.
func desk() []report {
	hour := func(h int) time.Time { return day.Add(time.Duration(h) * time.Hour) }
	return []report{
		{
			id: "niger", source: "site-3", agency: "dpa", language: "en", media: []string{"The Wall Street Journal", "Le Monde"},
			headline: "USA must withdraw its military personnel from Niger", standfirst: "It is a bitter setback for the fight against terrorism in the Sahel region.",
			caption: "More and more Sahel countries are turning away from the West.", credit: "© Sam Mednick/AP/dpa", byline: "By Anna Weber", dateline: "NIAMEY (dpa) –",
			body: []string{
				"According to media reports, the soldiers will leave within months.", "# Military junta demands withdrawal",
				"With the withdrawal, the administration loses its most important base for drones in West Africa.",
				"> We no longer need foreign troops on our soil.", "Neighboring countries such as Mali had asked for the same.",
			}, note: "Note to editors: check the embassy’s number.", published: hour(0), url: "https://site-3.example/niger?a=1&b=2",
		},
		{id: "drones", agency: "Reuters", language: "en", headline: "Drone base near Agadez to close", body: []string{"The base in Niger was built for 110 million dollars.", "Soldiers are packing."}, published: hour(1)},
		{id: "sport-en", agency: "AP", language: "en", kicker: "Football", headline: "Niger win in extra time", body: []string{"The national team won 2-1 against Mali. Sport at its best."}, published: hour(2)},
		{id: "review", agency: "dpa", language: "en", headline: "Press review: the Sahel", media: []string{"Le Monde"}, body: []string{"A press review of the withdrawals and the drone bases. Air defence was mentioned."}, published: hour(-20)},
		{id: "defence", agency: "dpa", language: "en", headline: "Air defence for Kyiv", body: []string{"More systems are promised; defence of the air is not enough."}, published: hour(-30), urgency: 2},
		{id: "defence2", agency: "AP", language: "en", headline: "Defence in the air", body: []string{"Not the same order of words."}, published: hour(-31)},
		{
			id: "bruecke", source: "regional", agency: "dpa", language: "de", kicker: "Hamburg", headline: "Hafenbrücke wird gesperrt", standfirst: "Die Häuser am Kai bleiben erreichbar.", byline: "Von Jens Möller",
			body: []string{"Die Brücken im Hafen werden saniert.", "Pendler müssen Umwege fahren."}, published: hour(3),
		},
		{id: "junta", source: "site-3", agency: "dpa", language: "de", media: []string{"Der Spiegel"}, headline: "Junta im Niger kündigt Militärabkommen", body: []string{"Die Soldaten sollen abziehen, berichtet der Spiegel."}, published: hour(4)},
		{id: "strasse", agency: "KNA", language: "de", headline: "Straße nach Unwetter gesperrt", body: []string{"In den Straßen stand das Wasser."}, published: hour(-50)},
		{id: "haiti", agency: "AFP", language: "fr", media: []string{"Le Monde"}, headline: "Haïti : l’État d’urgence prolongé", byline: "Par Élise Durand", body: []string{"Les gouvernements étrangers évacuent leurs ressortissants."}, published: hour(5)},
		{id: "niger-fr", source: "regional", agency: "AFP", language: "fr", headline: "Le Niger dénonce l’accord militaire", body: []string{"Les soldats américains quitteront le pays."}, published: hour(6)},
		{id: "nacion", agency: "EFE", language: "es", headline: "Las naciones del Sahel se alejan", body: []string{"Una nación tras otra. Los niños no van a la escuela."}, published: hour(7)},
		{id: "acqua", agency: "ANSA", language: "it", headline: "Acqua alta a Venezia", body: []string{"Il Mose protegge la città."}, published: hour(8)},
		{id: "arabic", agency: "", language: "ar", headline: "النيجر تطالب بانسحاب القوات", body: []string{"قالت الحكومة إن القوات ستغادر."}, published: hour(9)},
		{id: "chinese", agency: "", language: "zh", headline: "尼日尔要求美军撤离", body: []string{"美国士兵将在几个月内离开。"}, published: hour(10)},
		{
			id: "markup", agency: "<b>AP</b>", source: `"><script>alert(1)</script>`, language: "en", headline: `<script>alert("headline")</script> & <img src=x onerror=alert(1)>`,
			kicker: "<svg onload=alert(2)>", body: []string{`<script>alert("body")</script> markupword </p></article>`}, byline: "javascript:alert(3)", url: "javascript:alert(4)", published: hour(11),
		},
		{id: "plain", agency: "dpa", language: "en", body: []string{"An article that has no headline, only a paragraph about lighthouses."}, published: hour(-100)},
		{id: "caption", agency: "AP", language: "en", headline: "Pictures of the day", caption: "A walrus on the beach of Spitsbergen.", credit: "Photo: AP", body: []string{"See the pictures."}, published: hour(-40)},
		{id: "note", agency: "dpa", language: "en", headline: "Corrected figures", body: []string{"The figures were corrected."}, note: "zebracrossing: not for publication", published: hour(-41)},
		{id: "und", agency: "dpa", language: "und", headline: "1234 5678", body: []string{"0049 40 123456"}, published: hour(-60)},
		{id: "old", agency: "dpa", language: "en", headline: "Niger elects a president", body: []string{"Niger Niger Niger. It was long ago."}, published: time.Date(2011, 3, 12, 22, 30, 0, 0, time.UTC)},
		{id: "cite", agency: "AFP", language: "fr", headline: "La cité interdite", body: []string{"Des condamnées et un condamné."}, published: hour(-25)},
		// Not to be seen.
		{id: "embargoed", agency: secret + " agency", source: secret + "-source", language: "ko", media: []string{secret + " Post"}, headline: secret + " speech in Niger", body: []string{secret + " said so."}, embargo: time.Now().Add(time.Hour), published: time.Date(2019, 1, 1, 9, 0, 0, 0, time.UTC)},
		{id: "withheld", agency: secret + " agency", source: secret + "-source", language: "ko", headline: secret + " is withheld in Niger", kicker: secret, caption: secret, body: []string{secret + " said so."}, status: article.Withheld, published: time.Date(2019, 1, 1, 9, 0, 0, 0, time.UTC)},
		{id: "canceled", agency: secret + " agency", source: secret + "-source", language: "ko", headline: secret + " is killed in Niger", body: []string{secret + " said so."}, status: article.Canceled, published: time.Date(2019, 1, 1, 9, 0, 0, 0, time.UTC)},
		{id: "expired", agency: secret + " agency", source: secret + "-source", language: "ko", headline: secret + " speech in Niger", body: []string{secret}, expiry: time.Now().Add(-time.Second), published: time.Date(2019, 1, 1, 9, 0, 0, 0, time.UTC)},
		{id: "canceled-embargo", agency: secret + " agency", language: "ko", headline: secret, body: []string{secret}, status: article.Canceled, embargo: time.Now().Add(time.Hour), published: time.Date(2019, 1, 1, 9, 0, 0, 0, time.UTC)},
	}
}

// visible are those of the desk that readers may see.
func visible(reports []report) []report {
	var seen []report
	for _, r := range reports {
		if (r.status == "" || r.status == article.Usable) && r.embargo.Before(time.Now()) && r.expiry.IsZero() {
			seen = append(seen, r)
		}
	}
	return seen
}
