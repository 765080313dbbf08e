package query_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/query"
)

// How much the property test looks at.
const (
	corpusSize     = 300
	queriesAtOnce  = 40
	articlesAsRead = 12 // words of a paragraph, at most
)

// words are what articles and queries are made of, by language: with what is hard in
// it, and with forms of one word.
var words = map[string][]string{
	"en": strings.Fields(`the of and in niger Niger's NIGER's withdraw withdrawal withdrawing soldiers soldier's died dies dying death women woman café cafés naïve co-operate
		U.S. AT&T don't can't O'Brien rock'n'roll e-mail 1,000 3.5 10:30 F-16 COVID-19 running runner ran flies fly air defence defences air-defence University universal generously news`),
	"de": strings.Fields(`der die und in Brücke Brücken Häuser Haus Straße Strassen STRASSE Maß Masse grüßen größer größte Übung Übungen übermäßig Mädchen Regierungen Regierung Österreich
		Bundeskanzlerin sprach sprechen gesprochen Bürgerinnen ẞ Müller's EU-Gipfel Jahre Jahres 1.000 20-jährige Soldaten Soldat Niger äußern`),
	"fr": strings.Fields(`le la les l'État l’État d'accord qu'il aujourd'hui jusqu'à condamné condamnées condamner nation nations Haïti haïtien Israël maïs Noël été étés élève élèves
		gouvernement gouvernements étrangers étrangère œuvre cœur ÉTAT ça français française Niger soldats presqu'île lorsqu'elle`),
	"es": strings.Fields(`el la los y en nación naciones niño niña niños pingüino cigüeña ¿Qué? ¡No! está están dijo diciendo gobierno gobiernos soldados acción acciones año años Níger Perú rápidamente`),
	"ar": strings.Fields(`القوات النيجر انسحاب الولايات المتحدة السلام٪ لا ١٢٣ مُحَمَّد`),
	"zh": strings.Fields(`尼日尔 政变 美国军队 撤出 日本 カタカナ ひらがな 한국 東京タワー 尼日`),
	"tr": strings.Fields(`İstanbul Iğdır ısı ışık Nijer'den askerler ordusu çekilme İNGİLTERE şehir`),
	"":   strings.Fields(`☕ 👍🏽 👩‍👩‍👧 🇩🇪🇫🇷 1️⃣ ☕️news a_b x__y ½ ﬁnal Ω Ångström naı̈ve e̊ Москва москвы ไทยแลนด์ שר"ם צה"ל ב' 100% €5 #niger @dpa http://example.org/a?b=c C++`),
}

var tongues = []string{"en", "de", "fr", "es", "ar", "zh", "tr", ""}

// names are what entities, sources and the like are called.
var names = []string{
	"Emmanuel Macron", "macron", "Ursula von der Leyen", "Amadou Abdramane", "Abdramane", "African Union", "Union", "Côte d'Ivoire", "Ivory Coast", "NE", "Niger",
	"The Washington Post", "Le Monde", "dpa", "AP", "site-3", "site-33", "Müller & Söhne", "尼日尔", "Agadez", "Niamey", "São Tomé", "US", "drone base", "military junta", "O'Brien",
}

var (
	qcodes   = []string{"medtop:20000070", "medtop:16000000", "medtop:15000000", "medtop:20000065", "medtop:04000000"}
	points   = []corpus.Point{{Lat: 13.51366, Lon: 2.1098}, {Lat: 16.97333, Lon: 7.99111}, {Lat: -33.86785, Lon: 151.20732}, {Lat: 64.14, Lon: -21.9}, {Lat: -17.7, Lon: 179.9}}
	country  = []string{"NE", "US", "FR", "CI", "DE"}
	currency = []string{"EUR", "USD", "XOF", ""}
	today    = time.Date(2026, 3, 29, 9, 30, 0, 0, time.UTC) // clocks go forward that night in Berlin
)

// writer makes articles, the same for the same seed.
type writer struct {
	*rand.Rand
	a article.Article
}

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

func (w *writer) prose(language string, most int) string {
	var all []string
	for range 1 + w.IntN(most) {
		from := language
		if w.IntN(5) == 0 {
			from = pick(w.Rand, tongues)
		}
		all = append(all, pick(w.Rand, words[from]))
	}
	return strings.Join(all, pick(w.Rand, []string{" ", " ", ", ", " – ", "/"}))
}

// evidence is of a run of the text.
func (w *writer) evidence() article.Evidence {
	s := pick(w.Rand, w.a.Segments)
	text := s.In(w.a.Text)
	from := strings.LastIndexByte(text[:w.IntN(len(text))], ' ') + 1
	to := len(text)
	if i := strings.IndexByte(text[from:], ' '); i > 0 && w.IntN(2) == 0 {
		to = from + i
	}
	return article.Evidence{Span: article.Span{Start: s.Start + from, End: s.Start + to}, Enricher: "test", Version: 1, Confidence: pick(w.Rand, []float64{.3, .5, .9})}
}

func (w *writer) write(i int) article.Article {
	language := pick(w.Rand, tongues)
	w.a = article.Article{
		URI: article.URI(fmt.Sprintf("urn:test:%d", i)), Revision: article.Revision(1<<40 + i), Status: pick(w.Rand, []article.Status{article.Usable, article.Usable, article.Usable, article.Withheld, article.Canceled}),
		Source: pick(w.Rand, names), Agency: article.Label{Value: pick(w.Rand, append(names, ""))}, Urgency: w.IntN(10),
		Language: article.Label{Value: pick(w.Rand, []string{language, language, strings.ToUpper(language), language + "-XX"})},
	}
	if language == "" {
		w.a.Language.Value = pick(w.Rand, []string{"", "und", "ru"})
	}
	for range w.IntN(3) {
		w.a.CitedMedia = append(w.a.CitedMedia, article.Label{Value: pick(w.Rand, names)})
	}
	for _, t := range []*time.Time{&w.a.PublishedAt, &w.a.VersionCreated, &w.a.ReceivedAt} {
		if w.IntN(4) > 0 {
			*t = today.Add(-time.Duration(w.Int64N(int64(20 * 24 * time.Hour)))).Truncate(pick(w.Rand, []time.Duration{time.Hour, time.Nanosecond}))
		}
	}
	if w.IntN(3) == 0 {
		w.a.Flag(article.FlagCorrection)
	}
	w.a.Translation.Likelihood = pick(w.Rand, []float64{0, .5, .7})
	b := article.Builder{Signer: "test", Version: 1}
	for _, k := range []article.Kind{article.Kicker, article.Headline, article.Headline, article.Standfirst, article.Byline, article.Dateline, article.Caption, article.Paragraph, article.Quote, article.Subhead, article.Paragraph, article.Caption, article.Note, article.CreditLine} {
		if k == article.Headline || w.IntN(2) == 0 {
			b.Add(k, w.prose(language, articlesAsRead))
		}
	}
	if b.Fill(&w.a); w.IntN(20) > 0 {
		w.read()
	}
	return w.a
}

// read is what enrichers would have found.
func (w *writer) read() {
	a := &w.a
	for range w.IntN(4) {
		a.Entities = append(a.Entities, article.Entity{Type: pick(w.Rand, article.EntityTypes), Name: pick(w.Rand, names), Mentions: []article.Evidence{w.evidence(), w.evidence()}})
		p := pick(w.Rand, points)
		a.Places = append(a.Places, article.Place{Name: pick(w.Rand, names), Country: pick(w.Rand, country), Located: w.IntN(2) == 0, Lat: p.Lat, Lon: p.Lon, Mentions: []article.Evidence{w.evidence()}})
		a.Quotes = append(a.Quotes, article.Quotation{Evidence: w.evidence(), Speaker: pick(w.Rand, append(names, ""))})
		value := float64(1 + w.IntN(9))
		value *= pick(w.Rand, []float64{1, 1e3, 1.1e6, 1e9})
		to := value
		if w.IntN(3) == 0 {
			to *= 2
		}
		a.Amounts = append(a.Amounts, article.Amount{Evidence: w.evidence(), Figure: article.Figure{Known: w.IntN(5) > 0, Value: value, To: to}, Currency: pick(w.Rand, currency)})
		day := time.Date(2026, time.Month(1+w.IntN(4)), 1+w.IntN(28), 0, 0, 0, 0, time.UTC)
		m := article.Moment{Evidence: w.evidence(), From: day, To: day.AddDate(0, 0, w.IntN(40)), Precision: article.PrecisionDay}
		switch w.IntN(5) {
		case 0:
			m.From = time.Time{}
		case 1:
			m.To = time.Time{}
		case 2:
			m.From = m.From.Add(7 * time.Hour)
			m.To, m.Precision = m.From, article.PrecisionTime
		}
		a.Moments = append(a.Moments, m)
		a.Topics = append(a.Topics, article.Topic{Evidence: w.evidence(), Qcode: pick(w.Rand, qcodes), Path: []string{pick(w.Rand, qcodes), pick(w.Rand, qcodes)}})
		a.Keyphrases = append(a.Keyphrases, article.Keyphrase{Evidence: w.evidence(), Phrase: pick(w.Rand, names)})
		a.Filed.Places = append(a.Filed.Places, pick(w.Rand, names))
	}
}

// reader asks for what stands in articles, or nearly does.
type reader struct{ articles []article.Article }

// texts are what is looked for in an article: of captions, one behind the other.
func texts(a *article.Article) (all [][]string) {
	var captions []string
	for _, s := range a.Segments {
		row := strings.Fields(strings.ReplaceAll(s.In(a.Text), `"`, " "))
		if s.Kind == article.Caption {
			captions = append(captions, row...)
		} else if s.Kind.InBody() || s.Kind == article.Headline || s.Kind == article.Byline {
			all = append(all, row)
		}
	}
	return append(all, captions)
}

// row is a few words that stand in an article, perhaps in another order, with one left
// out, or one of them twice.
func (r reader) row(t *rapid.T) []string {
	a := rapid.SampledFrom(r.articles).Draw(t, "article")
	all := rapid.SampledFrom(texts(&a)).Draw(t, "of")
	if len(all) < 2 {
		return []string{"niger", "niger"}
	}
	n := rapid.IntRange(2, min(5, len(all))).Draw(t, "length")
	from := rapid.IntRange(0, len(all)-n).Draw(t, "from")
	row := slices.Clone(all[from : from+n])
	switch rapid.IntRange(0, 5).Draw(t, "change") {
	case 0:
		slices.Reverse(row)
	case 1:
		row = slices.Delete(row, 0, 1)
	case 2:
		row = slices.Insert(row, 1, row[0])
	case 3:
		row = append(row, row[0])
	case 4:
		row = append(row[:1], row[n-1])
	}
	return row
}

// word is a word of some language, or what a hurried reader makes of it.
func (r reader) word(t *rapid.T) string {
	w := rapid.SampledFrom(words[rapid.SampledFrom(tongues).Draw(t, "language")]).Draw(t, "word")
	switch rapid.IntRange(0, 9).Draw(t, "form") {
	case 0:
		return strings.ToUpper(w)
	case 1:
		return strings.ToLower(w)
	case 2:
		return w + "s"
	}
	return w
}

func (r reader) text(t *rapid.T) string {
	prefix := ""
	if rapid.IntRange(0, 4).Draw(t, "exact") == 0 {
		prefix = "="
	}
	switch rapid.IntRange(0, 9).Draw(t, "text") {
	case 0, 1:
		return prefix + `"` + strings.Join(r.row(t), " ") + `"`
	case 2, 3:
		return prefix + `"` + strings.Join(r.row(t), " ") + `"~` + fmt.Sprint(rapid.OneOf(rapid.IntRange(0, 7), rapid.IntRange(8, query.MaxSlop)).Draw(t, "slop"))
	case 4, 5:
		w := []rune(r.word(t))
		at := rapid.IntRange(min(query.MinStem, len(w)), len(w)).Draw(t, "wildcard")
		switch rapid.IntRange(0, 4).Draw(t, "wildcards") {
		case 0, 1:
			return string(w[:at]) + "*"
		case 2:
			return masked(t, w, at)
		}
		if at < len(w) {
			return string(w[:at]) + "?" + string(w[at+1:])
		}
		return string(w[:at]) + "*" + string(w[:min(1, len(w))])
	}
	return prefix + r.word(t)
}

// masked is a word with wildcards for any of its letters from the one at on.
func masked(t *rapid.T, w []rune, at int) string {
	mask := slices.Clone(w[:at])
	for _, letter := range w[at:] {
		switch rapid.IntRange(0, 5).Draw(t, "letter") {
		case 0:
			mask = append(mask, '*')
		case 1:
			mask = append(mask, letter, '*')
		case 2:
			mask = append(mask, '?')
		default:
			mask = append(mask, letter)
		}
	}
	return string(mask)
}

func (r reader) name(t *rapid.T) string {
	name := rapid.SampledFrom(names).Draw(t, "name")
	switch rapid.IntRange(0, 5).Draw(t, "form") {
	case 0:
		return `="` + name + `"`
	case 1:
		return `"` + strings.ToUpper(name) + `"`
	case 2:
		return string([]rune(name)[:min(3, len([]rune(name)))]) + "*"
	case 3:
		fields := strings.Fields(name)
		return fields[len(fields)-1]
	}
	return `"` + name + `"`
}

func (r reader) time(t *rapid.T) string {
	moment := rapid.Custom(func(t *rapid.T) string {
		a := rapid.SampledFrom(r.articles).Draw(t, "article")
		is := a.PublishedAt
		if len(a.Moments) > 0 && rapid.Bool().Draw(t, "mentioned") {
			m := rapid.SampledFrom(a.Moments).Draw(t, "moment")
			is = rapid.SampledFrom([]time.Time{m.From, m.To}).Draw(t, "end")
		}
		if is.IsZero() {
			is = today
		}
		is = is.In(rapid.SampledFrom([]*time.Location{time.UTC, berlin}).Draw(t, "zone"))
		return is.Format(rapid.SampledFrom([]string{time.RFC3339, time.RFC3339, "2006-01-02T15:04", time.DateOnly, "2006-01"}).Draw(t, "form"))
	})
	return drawRange(t, rapid.OneOf(moment, moment, rapid.SampledFrom([]string{
		"now", "now-7d", "now-36h", "now-90min", "now-1mo", "today", "yesterday", "today-1w", "tomorrow", "2026", "2026-03-28", "2026-03-29", "2026-03-29T01:30", "now-1y",
	})))
}

func drawRange(t *rapid.T, value *rapid.Generator[string]) string {
	switch rapid.IntRange(0, 3).Draw(t, "range") {
	case 0:
		return rapid.SampledFrom([]string{">", ">=", "<", "<="}).Draw(t, "sign") + value.Draw(t, "bound")
	case 1:
		return value.Draw(t, "from") + ".." + value.Draw(t, "to")
	case 2:
		return value.Draw(t, "from") + ".."
	}
	return value.Draw(t, "value")
}

func (r reader) said(t *rapid.T) string {
	one := func() string {
		switch rapid.IntRange(0, 3).Draw(t, "said") {
		case 0:
			return "speaker:" + r.name(t)
		case 1:
			return r.name(t)
		}
		return r.text(t)
	}
	switch rapid.IntRange(0, 3).Draw(t, "how") {
	case 0:
		return "said:" + r.text(t)
	case 1:
		return "said:(" + one() + " -" + one() + ")"
	case 2:
		return "said:(" + one() + " OR " + one() + ")"
	}
	return "said:(" + one() + " " + one() + ")"
}

func (r reader) field(t *rapid.T) string {
	switch rapid.IntRange(0, 12).Draw(t, "field") {
	case 0, 1, 2:
		return rapid.SampledFrom([]string{"headline", "kicker", "standfirst", "byline", "body", "caption", "dateline"}).Draw(t, "text") + ":" + r.text(t)
	case 3, 4:
		return rapid.SampledFrom([]string{"person", "org", "place", "keyphrase", "speaker", "agency", "source", "cited", "filed"}).Draw(t, "named") + ":" + r.name(t)
	case 5, 6:
		return r.said(t)
	case 7:
		return rapid.SampledFrom([]string{"published", "created", "received", "date", "date"}).Draw(t, "time") + ":" + r.time(t)
	case 8:
		return "amount:" + rapid.SampledFrom([]string{"", "EUR:", "XOF", "usd:"}).Draw(t, "currency") + drawRange(t, rapid.SampledFrom([]string{"1", "5", "5k", "1.1mln", "2.2mln", "3bn", "4400000"}))
	case 9:
		return "urgency:" + drawRange(t, rapid.SampledFrom([]string{"1", "3", "5", "9"}))
	case 10:
		return "near:" + rapid.SampledFrom([]string{"13.5,2.1", "17,8", "-34,151", "64,-22", "-17.7,-179.9", "0,0"}).Draw(t, "point") + rapid.SampledFrom([]string{"", "~5km", "~900km", "~5000km", "~800m"}).Draw(t, "distance")
	}
	return rapid.SampledFrom([]string{
		"country:NE", "country:us", "currency:EUR", "topic:medtop:20000070", "topic:sport", "topic:war", "language:en", "language:EN-xx", "language:fr", "language:und", "status:usable", "status:canceled",
		"flag:correction", "flag:was_usable", "translated:yes", "translated:no", "uri:urn:test:7", `place:NE`, `place:US`, `country:(NE OR DE)`, `headline:(niger OR soldiers)`,
	}).Draw(t, "other")
}

func (r reader) query(t *rapid.T, depth int) string {
	most := 9
	if depth == 0 {
		most = 5
	}
	switch rapid.IntRange(0, most).Draw(t, "kind") {
	case 0, 1, 2:
		return r.text(t)
	case 3, 4:
		return r.field(t)
	case 5:
		return "-" + r.text(t)
	case 6:
		return r.query(t, depth-1) + " " + r.query(t, depth-1)
	case 7:
		return r.query(t, depth-1) + " OR " + r.query(t, depth-1)
	case 8:
		return "NOT (" + r.query(t, depth-1) + ")"
	}
	return "(" + r.query(t, depth-1) + " AND " + r.query(t, depth-1) + ")"
}

// bench is a corpus in Elasticsearch and beside it.
type bench struct {
	es        *elasticsearch.Client
	index     string
	articles  []article.Article
	documents []*query.Document
	clock     query.Clock
}

func newBench(t *testing.T, articles []article.Article) *bench {
	t.Helper()
	namespace := corpus.Namespace(localtest.Namespace(t))
	es, err := elasticsearch.NewClient(elasticsearch.Config{Addresses: []string{localtest.Elasticsearch(t)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := corpus.Ensure(t.Context(), es, namespace, corpus.Settings{}); err != nil {
		t.Fatal(err)
	}
	b := &bench{es: es, index: namespace.Articles(), articles: articles, clock: query.Clock{Now: today, Zone: berlin}}
	var body bytes.Buffer
	for i := range articles {
		document, err := corpus.Document(&articles[i], today)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&body, `{"index":{"_id":"%d"}}`+"\n%s\n", i, document)
		b.documents = append(b.documents, query.NewDocument(&articles[i]))
	}
	res, err := es.Bulk(&body, es.Bulk.WithIndex(b.index), es.Bulk.WithRefresh("true"), es.Bulk.WithContext(t.Context()))
	var reply struct {
		Errors bool              `json:"errors"`
		Items  []json.RawMessage `json:"items"`
	}
	b.read(t.Fatalf, res.Body, res.StatusCode, err, &reply)
	if reply.Errors || len(reply.Items) != len(articles) {
		t.Fatalf("bulk: %.2000s", reply.Items)
	}
	return b
}

func (b *bench) read(fatalf func(string, ...any), body io.ReadCloser, status int, err error, into any) {
	if err != nil {
		fatalf("Elasticsearch: %v", err)
	}
	defer body.Close()
	raw, err := io.ReadAll(body)
	if err != nil || status != http.StatusOK {
		fatalf("Elasticsearch: status %d, %v: %.2000s", status, err, raw)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		fatalf("Elasticsearch: %v: %.2000s", err, raw)
	}
}

// found are the articles that Elasticsearch finds by each query.
func (b *bench) found(fatalf func(string, ...any), queries []query.Query) [][]int {
	var body bytes.Buffer
	for _, q := range queries {
		line, err := json.Marshal(map[string]any{"query": q.Elastic(b.clock), "size": len(b.articles), "_source": false, "track_total_hits": false, "sort": []string{"_doc"}})
		if err != nil {
			fatalf("%s: %v", q, err)
		}
		body.WriteString("{}\n")
		body.Write(append(line, '\n'))
	}
	res, err := b.es.Msearch(&body, b.es.Msearch.WithIndex(b.index))
	var reply struct {
		Responses []struct {
			Status int             `json:"status"`
			Error  json.RawMessage `json:"error"`
			Hits   struct {
				Hits []struct {
					ID int `json:"_id,string"`
				} `json:"hits"`
			} `json:"hits"`
		} `json:"responses"`
	}
	b.read(fatalf, res.Body, res.StatusCode, err, &reply)
	found := make([][]int, len(queries))
	for i, r := range reply.Responses {
		if r.Status != http.StatusOK {
			fatalf("%s: %s", queries[i], r.Error)
		}
		for _, h := range r.Hits.Hits {
			found[i] = append(found[i], h.ID)
		}
		slices.Sort(found[i])
	}
	return found
}

// matched are the articles that the matcher finds.
func (b *bench) matched(q query.Query) (all []int) {
	m := q.Matcher()
	for i, d := range b.documents {
		if m.Match(d, b.clock) {
			all = append(all, i)
		}
	}
	return all
}

// agree holds both machines to the same answer, and returns how many were found.
func (b *bench) agree(fatalf func(string, ...any), queries []query.Query) (n int) {
	for i, found := range b.found(fatalf, queries) {
		matched := b.matched(queries[i])
		if n += len(found); slices.Equal(found, matched) {
			continue
		}
		for j := range b.articles {
			in, out := slices.Contains(found, j), slices.Contains(matched, j)
			if in != out {
				a := b.articles[j]
				read, _ := json.Marshal(corpus.FoundBy(&a))
				fatalf("%s\nElasticsearch finds it: %v, the matcher: %v, in article %d (%s, %s)\n%s\n%s\n%s", queries[i], in, out, j, a.Language.Value, a.Status, a.Text, read, b.explain(queries[i]))
			}
		}
	}
	return n
}

func (b *bench) explain(q query.Query) string {
	line, _ := json.Marshal(q.Elastic(b.clock))
	return string(line)
}

var seed = flag.Uint64("corpus", 7, "seed of the articles that both machines look at")

// TestBothMachinesAgree: what Elasticsearch finds by a query, and what the matcher
// does, are the same articles.
func TestBothMachinesAgree(t *testing.T) {
	w := writer{Rand: rand.New(rand.NewPCG(*seed, 7))}
	var articles []article.Article
	for i := range corpusSize {
		articles = append(articles, w.write(i))
	}
	b := newBench(t, articles)
	r := reader{articles}
	var asked, refused, found atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		var queries []query.Query
		for _, s := range rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return r.query(t, 3) }), queriesAtOnce, queriesAtOnce).Draw(t, "queries") {
			q, err := query.Parse(s)
			if err != nil {
				checkError(t, s, err)
				refused.Add(1)
				continue
			}
			queries = append(queries, q)
		}
		if len(queries) == 0 {
			return
		}
		n := b.agree(t.Fatalf, queries)
		asked.Add(int64(len(queries)))
		found.Add(int64(n))
	})
	t.Logf("%d queries over %d articles, %d found, %d refused", asked.Load(), corpusSize, found.Load(), refused.Load())
	if asked.Load() > 0 && found.Load() < asked.Load() {
		t.Errorf("the queries find next to nothing: %d of %d", found.Load(), asked.Load())
	}
}
