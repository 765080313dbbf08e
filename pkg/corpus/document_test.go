package corpus_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
)

var received = time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC)

// report is an article that has something in every field.
func report(language string) article.Article {
	a := article.Article{
		URI: "urn:newsml:dpa.com:20240420:1", Version: "3", Status: article.Usable, EmbargoUntil: received.Add(time.Hour), ExpiresAt: received.Add(48 * time.Hour),
		Source: "site-3", Provider: "dpa", URL: "https://example.org/a?b=c", Urgency: 4, EvolvedFrom: []article.URI{"urn:earlier:1", "urn:earlier:\"2\""},
		Language: article.Label{Value: language, Evidence: []article.Evidence{{Enricher: "language", Version: 1, Confidence: .9}}},
		Agency:   article.Label{Value: "dpa"}, CitedMedia: []article.Label{{Value: "The Washington Post"}},
		Attribution: article.Attribution{Publisher: "site-3", Via: "dpa", Cites: []string{"The Washington Post"}},
		Subjects:    []article.Subject{{Code: "medtop:20000070", Name: "war"}},
		Images:      []article.Image{{URL: "https://example.org/1.jpg", Caption: "picturecaption"}},
		PublishedAt: received.Add(-time.Hour), VersionCreated: received.Add(-time.Minute), ReceivedAt: received.Add(123456789),
		Original: article.Original{Size: 7, Hash: "ab", Format: "text", MediaType: "text/plain", Charset: "utf-8", Name: "a.txt"},
		Flags:    []string{article.FlagSortDateReceived},
	}
	b := article.Builder{Signer: "test", Version: 1}
	b.Add(article.Kicker, "Sahel")
	b.Add(article.Headline, "Soldiers are withdrawing from Niger")
	b.Add(article.Caption, "A captioned soldier in <Agadez>.")
	b.Add(article.CreditLine, "© creditname/AP")
	b.Add(article.Standfirst, "Junta turns elsewhere.")
	b.Add(article.Byline, "By Sam Mednick")
	b.Add(article.Dateline, "NIAMEY (dpa) -")
	b.Add(article.Paragraph, "The \"withdrawals\" began & ended.\u2028Next line.")
	b.Add(article.Note, "notetext to editors")
	b.Add(article.Caption, "Second caption.")
	b.Add(article.Boilerplate, "boilerplatetext")
	b.Fill(&a)
	a.Credits = []article.Credit{{Evidence: a.Segments[3].Evidence, Agencies: []string{"AP"}}}
	read := func(words string) article.Evidence {
		start := strings.Index(a.Text, words)
		return article.Evidence{Span: article.Span{Start: start, End: start + len(words)}, Enricher: "test", Version: 1, Confidence: .8}
	}
	unsure := func(words string) article.Evidence {
		e := read(words)
		e.Confidence = .3
		return e
	}
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	a.Filed = article.Filed{Evidence: a.Segments[6].Evidence, Places: []string{"NIAMEY"}, Date: day(2024, 4, 19), Agencies: []string{"dpa"}}
	a.Translation = article.Translation{Likelihood: .75, Reasons: []article.Reason{{Evidence: read("Junta"), Why: "calque"}}}
	a.Quotes = []article.Quotation{
		{Evidence: read("withdrawals"), Speaker: "Ana Speaker", Role: "minister", Via: "The Washington Post", Cue: "said", Partial: true},
		{Evidence: read("Next line"), Speaker: "Bo Other"},
		{Evidence: read("notetext to"), Speaker: "An Editor"},
	}
	a.Amounts = []article.Amount{
		{Evidence: read("began"), Figure: article.Figure{Known: true, Value: 110e6, To: 110e6}, Currency: "USD"},
		{Evidence: read("ended"), Figure: article.Figure{Known: true, Value: 94e6, To: 96e6, Approximate: true}, Currency: "EUR", Converts: 1},
		{Evidence: read("Next"), Figure: article.Figure{Approximate: true}, Currency: "CHF"},
	}
	a.Quantities = []article.Quantity{{Evidence: read("line"), Figure: article.Figure{Known: true, Value: 5, To: 5}, Unit: "soldiers"}}
	a.Moments = []article.Moment{
		{Evidence: read("began"), From: day(2024, 3, 11), To: day(2024, 3, 20), Precision: article.PrecisionThird},
		{Evidence: read("ended"), From: day(2025, 1, 1), Precision: article.PrecisionOpen},
		{Evidence: read("Next"), Precision: article.PrecisionDay},
	}
	a.Entities = []article.Entity{
		{Type: article.EntityPerson, Name: "Sam Mednick", Title: "Ms", Role: "reporter", ID: "wikidata:Q1", Mentions: []article.Evidence{read("Sam Mednick"), read("Next")}},
		{Type: article.EntityOrganisation, Name: "Junta Council", Mentions: []article.Evidence{read("Junta")}},
		{Type: article.EntityOther, Name: "Operation Otherwise", Mentions: []article.Evidence{read("Next")}},
		{Type: article.EntityPerson, Name: "Nota Reader", Mentions: []article.Evidence{read("notetext")}},
		{Type: article.EntityOrganisation, Name: "Of Metadata", Mentions: []article.Evidence{{Enricher: "test", Version: 1, Confidence: 1}}},
		{Type: article.EntityPerson, Name: "Unsure Labour", Mentions: []article.Evidence{unsure("ended")}},
	}
	a.Places = []article.Place{
		{Name: "Agadez", Country: "NE", GeoNamesID: 2448085, Located: true, Lat: 16.97333, Lon: 7.99111, Main: true, Mentions: []article.Evidence{read("Agadez")}},
		{Name: "Sahelia", Mentions: []article.Evidence{read("began")}},
		{Name: "Unsure City", Country: "XU", Located: true, Lat: -60, Lon: -120, Mentions: []article.Evidence{unsure("Next")}},
		{Name: "Hidden City", Country: "XH", Located: true, Lat: -45, Lon: -170, Mentions: []article.Evidence{read("boilerplatetext")}},
	}
	a.Topics = []article.Topic{
		{Evidence: read("Soldiers"), Qcode: "medtop:20000056", Label: "armed conflict", Path: []string{"medtop:16000000", "medtop:20000056"}, Why: []article.Reason{{Evidence: read("Soldiers"), Why: "soldier"}}},
		{Qcode: "medtop:16000000", Path: []string{"medtop:16000000"}},
		{Evidence: unsure("Next"), Qcode: "medtop:14000000", Path: []string{"medtop:14000000"}, Why: []article.Reason{{Evidence: read("Next"), Why: "y"}}},
		{Evidence: read("notetext"), Qcode: "medtop:15000000", Path: []string{"medtop:15000000"}, Why: []article.Reason{{Evidence: read("boilerplatetext"), Why: "x"}}},
	}
	a.Keyphrases = []article.Keyphrase{{Evidence: read("withdrawing"), Phrase: "withdrawal", Score: 3.5}, {Evidence: unsure("Next"), Phrase: "unsure phrase", Score: 2}, {Evidence: read("notetext"), Phrase: "notephrase", Score: 1}}
	a.Summary = read("The \"withdrawals\" began & ended.")
	if err := a.Stamp(); err != nil {
		panic(err)
	}
	return a
}

// names are the top-level names of a JSON object, in order, duplicates and all.
func names(t testing.TB, doc []byte) []string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(doc))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	var ns []string
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		ns = append(ns, name.(string))
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			t.Fatal(err)
		}
	}
	return ns
}

func TestDocument(t *testing.T) {
	for language, key := range map[string]string{"en": "en", "en-GB": "en", "DE": "de", "fr_CA": "fr", "es": "es", "pt": "other", "und": "other", "": "other", "english": "other"} {
		a := report(language)
		doc, err := corpus.Document(&a, received)
		if err != nil {
			t.Fatal(err)
		}
		ns := names(t, doc)
		slices.Sort(ns)
		if d := slices.Compact(slices.Clone(ns)); len(d) != len(ns) {
			t.Errorf("a name stands twice: %v", ns)
		}
		var got struct {
			Headline string
			Caption  []string
			Stemmed  map[string]json.RawMessage
		}
		if err := json.Unmarshal(doc, &got); err != nil {
			t.Fatal(err)
		}
		var of map[string]any
		if err := json.Unmarshal(got.Stemmed[key], &of); err != nil {
			t.Fatal(err)
		}
		in := slices.DeleteFunc(append([]string{corpus.Other}, corpus.Languages...), func(l string) bool { return got.Stemmed[l] == nil })
		if len(in) != 1 || len(of) != len(corpus.TextFields) {
			t.Errorf("%q: stemmed is %v", language, got.Stemmed)
		}
		if of["headline"] != a.First(article.Headline) || of["body"] != a.Body() || got.Headline != a.First(article.Headline) {
			t.Errorf("%q: %s", language, doc)
		}
		if d := cmp.Diff([]string{"A captioned soldier in <Agadez>.", "Second caption."}, got.Caption); d != "" {
			t.Error(d)
		}
	}
}

func TestDocumentAndBack(t *testing.T) {
	a := report("en")
	for name, f := range map[string]func(*article.Article, time.Time) ([]byte, error){"head": corpus.Document, "version": corpus.VersionDocument} {
		doc, err := f(&a, received.Add(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		got, at, err := corpus.Parse(doc)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a, got); d != "" || !at.Equal(received.Add(time.Second)) {
			t.Errorf("%s: %v\n%s", name, at, d)
		}
	}
	doc, err := corpus.VersionDocument(&a, received)
	if err != nil || bytes.Contains(doc, []byte("stemmed")) {
		t.Errorf("%v: %s", err, doc)
	}
}

func TestNoticeSaysNothing(t *testing.T) {
	a := report("en")
	a.Status = article.Canceled
	for _, f := range []func(*article.Article, time.Time) ([]byte, error){corpus.Document, corpus.VersionDocument} {
		doc, err := f(&a, received)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"oldier", "Sahel", "Junta", "Mednick", "NIAMEY", "notetext", "boilerplate", "caption", "creditname", "example.org", "a.txt", "Washington", "war\"", "stemmed", "headline", "Speaker", "USD", "quotes", "filed", "translation", "dates", "amounts", "Council", "Metadata", "NE\"", "entities", "places", "armed", "topics", "withdraw", "keyphrases", "summary", "reading_time", "earlier"} {
			if bytes.Contains(doc, []byte(word)) {
				t.Errorf("the notice holds %q: %s", word, doc)
			}
		}
		got, _, err := corpus.Parse(doc)
		if err != nil {
			t.Fatal(err)
		}
		if got.URI != a.URI || got.Revision != a.Revision || got.Status != article.Canceled || got.Source != "site-3" || got.Agency.Value != "" ||
			!got.ReceivedAt.Equal(a.ReceivedAt) || !got.PublishedAt.Equal(a.PublishedAt) || !got.EmbargoUntil.Equal(a.EmbargoUntil) || !got.ExpiresAt.Equal(a.ExpiresAt) || len(got.Flags) != 1 {
			t.Errorf("got %+v", got)
		}
		allowed := append(slices.Clone(corpus.NoticeFields), "segments", "attribution", "indexed_at")
		for _, name := range names(t, doc) {
			if !slices.Contains(allowed, name) {
				t.Errorf("the notice has %s", name)
			}
		}
	}
}

// A kill's notice is the same, whether it is made of what was received or of what
// was enriched.
func TestNoticeTellsNothingOfEnrichment(t *testing.T) {
	enriched := report("en")
	received := enriched
	received.Agency, received.Language, received.Segments = article.Label{}, article.Label{}, nil
	enriched.Flags = append(slices.Clone(enriched.Flags), article.FlagEnricherFailed, article.FlagTruncated)
	if enriched.Agency.Value == "" {
		t.Fatal("the report has no agency")
	}
	if a, b := corpus.Notice(&received), corpus.Notice(&enriched); !reflect.DeepEqual(a, b) {
		t.Errorf("received: %+v\nenriched: %+v", a, b)
	}
}

// A notice of what a kill took away tells what it was, however often it is made.
func TestNoticeTellsWhatItWas(t *testing.T) {
	for _, s := range []article.Status{article.Usable, article.Withheld, article.Canceled} {
		a := report("en")
		a.Status = s
		n := corpus.Notice(&a)
		n = corpus.Notice(&n)
		if was := corpus.Was(n.Status, n.Flags); n.Status != article.Canceled || was != s || len(a.Flags) != 1 {
			t.Errorf("%s: is %s, was %s, flags %v of %v", s, n.Status, was, n.Flags, a.Flags)
		}
	}
}

func TestDocumentRefusesBrokenSegments(t *testing.T) {
	a := report("en")
	a.Segments = a.Segments[1:]
	if _, err := corpus.Document(&a, received); err == nil {
		t.Error("text outside every segment was taken")
	}
}

func TestIDs(t *testing.T) {
	long := article.URI("urn:x:" + strings.Repeat("ü/?#", 500))
	for _, u := range []article.URI{"a", "urn:x:1", long} {
		id := corpus.ID(u)
		if len(id) != 43 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			t.Errorf("%q", id)
		}
	}
	// The ids of a live index can't change.
	if got := corpus.ID("urn:x:1"); got != "xqHJx1Zk0G7XvyAH6wbU_HZPuJfjdezxnZtSlnZEnDc" {
		t.Errorf("ID: %s", got)
	}
	if got := corpus.VersionID("urn:x:1", 5<<16); got != "dZuf04Z8HxiPo_NNhFirtPPC6BRvApq78jU7zEcN0EE" {
		t.Errorf("VersionID: %s", got)
	}
	if corpus.VersionID("u", 5<<16) != corpus.VersionID("u", 5<<16|0xffff) {
		t.Error("generation or sequence made another version")
	}
	rapid.Check(t, func(t *rapid.T) {
		uris := rapid.StringMatching(`[ -~]{1,20}`) // no URI has a control character
		u, v := uris.Draw(t, "u"), uris.Draw(t, "v")
		r, s := rapid.Int64Min(1).Draw(t, "r"), rapid.Int64Min(1).Draw(t, "s")
		same := u == v && r>>16 == s>>16
		a, b := corpus.VersionID(article.URI(u), article.Revision(r)), corpus.VersionID(article.URI(v), article.Revision(s))
		if (a == b) != same {
			t.Fatalf("%s, %s", a, b)
		}
	})
}

func of(r int64, s article.Status) *article.Article {
	return &article.Article{
		Revision: article.Revision(r), Status: s, ReceivedAt: time.Unix(article.Revision(r).Parts().OrderTime, 0),
	}
}

func TestKillsStandAboveEverything(t *testing.T) {
	revisions := rapid.Int64Min(1)
	rapid.Check(t, func(t *rapid.T) {
		r, k, l := revisions.Draw(t, "revision"), revisions.Draw(t, "kill"), revisions.Draw(t, "other kill")
		usable, withheld := corpus.HeadVersion(of(r, article.Usable)), corpus.HeadVersion(of(r, article.Withheld))
		kill, other := corpus.HeadVersion(of(k, article.Canceled)), corpus.HeadVersion(of(l, article.Canceled))
		if usable != withheld || corpus.Ruled(usable) || !corpus.Ruled(kill) || kill <= usable || kill < 0 {
			t.Fatalf("%x, %x, %x", usable, withheld, kill)
		}
		if r>>53 < article.MaxSourceVersion && usable != r {
			t.Fatalf("%x became %x", r, usable)
		}
		// Kills are ordered by their time, whatever their versions.
		if k, l := of(k, article.Canceled).RuledAt(), of(l, article.Canceled).RuledAt(); max(k, l) < 1<<38 && k < l && kill >= other {
			t.Fatalf("kills of %d and %d became %x and %x", k, l, kill, other)
		}
		if at := of(k, article.Canceled).RuledAt(); at < 1<<38 && corpus.Ruling(kill, nil) != at {
			t.Fatalf("kill of %d has ruling %d", at, corpus.Ruling(kill, nil))
		}
	})
}

// What is not a kill gets above a kill's version by a later ruling, or by the next
// number after a look at it.
func TestNextVersion(t *testing.T) {
	times := rapid.Int64Range(0, 1<<38-2)
	killed := func(at int64) *article.Article {
		t := article.RulingTime(at)
		return &article.Article{Revision: article.Revision(t.Unix()<<20 | 1), Status: article.Canceled, ReceivedAt: t}
	}
	rapid.Check(t, func(t *rapid.T) {
		at, later := times.Draw(t, "kill"), times.Draw(t, "ruling")
		version := corpus.HeadVersion(killed(at))
		next, err := corpus.NextVersion(version, later)
		if err != nil || next <= version || later <= at && next != version+1 || later > at && corpus.Ruling(next, nil) != later {
			t.Fatalf("kill of %d, ruling of %d: %x, %v", at, later, next, err)
		}
		if later <= at {
			return
		}
		again, err := corpus.NextVersion(next, later)
		if err != nil || again != next+1 || corpus.Ruling(again, nil) != later {
			t.Fatalf("%x after %x: %v", again, next, err)
		}
		// A kill of that very moment still goes above all of them.
		if v := corpus.HeadVersion(killed(later)); v <= again {
			t.Fatalf("kill %x is not above %x", v, again)
		}
	})
	plain := corpus.HeadVersion(of(5<<16, article.Usable))
	if v, err := corpus.NextVersion(plain, 0); err != nil || !corpus.Ruled(v) || corpus.Ruling(v, nil) != 0 {
		t.Errorf("%x, %v", v, err)
	}
	if v, err := corpus.NextVersion(math.MaxInt64, 7); err == nil {
		t.Errorf("%x is above the highest", v)
	}
}

// However many heads were written after a ruling, the version goes on, and the
// document tells which ruling it was; one of today's scheme is told as one of
// before, which had no field.
func TestRuledDocumentTellsItsRuling(t *testing.T) {
	a := report("en")
	rapid.Check(t, func(t *rapid.T) {
		ruling := rapid.Int64Range(0, 1<<37).Draw(t, "ruling")
		version, err := corpus.NextVersion(0, ruling)
		if err != nil {
			t.Fatal(err)
		}
		heads := rapid.OneOf(rapid.Int64Range(0, 1<<13), rapid.Int64Range(0, 1<<16), rapid.Int64Range(0, 1<<40)).Draw(t, "heads since")
		version += heads
		next, err := corpus.NextVersion(version, ruling)
		if err != nil || next != version+1 {
			t.Fatalf("%x after %x: %v", next, version, err)
		}
		doc, err := corpus.RuledDocument(&a, received, next, ruling)
		if err != nil {
			t.Fatal(err)
		}
		var source struct {
			URI    article.URI `json:"uri"`
			Ruling *int64      `json:"ruling"`
		}
		if err := json.Unmarshal(doc, &source); err != nil || source.URI != a.URI {
			t.Fatalf("%v: %s", err, doc)
		}
		if got := corpus.Ruling(next, source.Ruling); got != ruling || heads+1 < 1<<14 && source.Ruling != nil {
			t.Fatalf("%d heads after ruling %d: told is %d, field %v", heads, ruling, got, source.Ruling)
		}
	})
}

func TestHeadsOfProvidersThatCountTooFar(t *testing.T) {
	// A provider whose counter is beyond what a revision holds still has all
	// its order until 2106.
	late, err := article.Parts{SourceVersion: article.MaxSourceVersion, OrderTime: 1<<32 - 1, Content: 15, Generation: 255, Sequence: 255}.Revision()
	if err != nil || corpus.HeadVersion(of(int64(late), article.Usable)) != int64(late) {
		t.Errorf("%v, %x", err, late)
	}
}

func FuzzParse(f *testing.F) {
	a := report("en")
	doc, err := corpus.Document(&a, received)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(doc)
	f.Add([]byte(`{"indexed_at":3}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, source []byte) {
		a, _, err := corpus.Parse(source)
		if err != nil {
			return
		}
		if err := article.CheckSegments(a.Text, a.Segments); err != nil {
			t.Fatal(err)
		}
	})
}

// TestSearchable holds the mapping to what may be found, and by which words.
func TestSearchable(t *testing.T) {
	es, n := ensured(t)
	put := func(uri article.URI, language string) {
		a := report(language)
		a.URI = uri
		doc, err := corpus.Document(&a, received)
		if err != nil {
			t.Fatal(err)
		}
		call(t, es, "PUT", "/"+n.Articles()+"/_doc/"+corpus.ID(uri)+"?refresh=true", json.RawMessage(doc))
		doc, err = corpus.VersionDocument(&a, received)
		if err != nil {
			t.Fatal(err)
		}
		call(t, es, "PUT", "/"+n.Versions()+"/_doc/"+corpus.VersionID(uri, a.Revision)+"?refresh=true&routing="+corpus.Routing(uri), json.RawMessage(doc))
	}
	put("urn:x:en", "en")
	put("urn:x:de", "de")
	put("urn:x:none", "")
	hits := func(query map[string]any) []string {
		query["_source"] = []string{"uri"}
		reply := call(t, es, "POST", "/"+n.Articles()+"/_search", query)
		found := []string{}
		for _, h := range reply["hits"].(map[string]any)["hits"].([]any) {
			found = append(found, strings.TrimPrefix(h.(map[string]any)["_source"].(map[string]any)["uri"].(string), "urn:x:"))
		}
		slices.Sort(found)
		return found
	}
	for _, c := range []struct{ field, words, want string }{
		{"headline", "withdrawing", "de en none"},
		{"headline", "withdraw", ""},
		{"headline", "NÍGER", "de en none"},
		{"stemmed.en.headline", "withdraws soldier", "en"},
		{"stemmed.en.body", "withdrawal", "en"},
		{"stemmed.de.headline", "soldiers", "de"},
		{"stemmed.other.headline", "withdraws", ""},
		{"stemmed.other.headline", "withdrawing", "none"},
		{"stemmed.*.caption", "captioned", "de en none"},
		{"stemmed.en.caption", "second", "en"},
		{"dateline", "niamey", "de en none"},
		{"*", "notetext", ""},
		{"*", "boilerplatetext", ""},
		{"*", "Hidden City", ""},
		{"*", "creditname", ""},
		{"*", "picturecaption", ""},
	} {
		got := hits(map[string]any{"query": map[string]any{"multi_match": map[string]any{"query": c.words, "fields": []string{c.field}, "operator": "and", "lenient": true}}})
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s: got %v, want %s", c.field, c.words, got, c.want)
		}
	}
	for field, value := range map[string]any{
		"uri": "urn:x:en", "source": "site-3", "provider": "dpa", "agency": "dpa", "language": "en", "cited_media": "The Washington Post",
		"status": "usable", "flags": article.FlagSortDateReceived, "url": "https://example.org/a?b=c", "original.format": "text",
		"urgency": 4, "subjects.code": "medtop:20000070", "subjects.name": "war", "sort_date": "2024-04-20T05:00:00Z",
	} {
		if got := hits(map[string]any{"query": map[string]any{"term": map[string]any{field: value}}}); !slices.Contains(got, "en") {
			t.Errorf("%s: %v is not found by: %v", field, value, got)
		}
	}
	// What was stemmed is highlighted where it stands.
	reply := call(t, es, "POST", "/"+n.Articles()+"/_search", map[string]any{
		"query": map[string]any{"multi_match": map[string]any{"query": "soldier withdrawal", "fields": []string{"stemmed.en.*"}}},
		"highlight": map[string]any{"number_of_fragments": 0, "pre_tags": []string{"["}, "post_tags": []string{"]"}, "fields": map[string]any{
			"headline": map[string]any{"matched_fields": []string{"stemmed.en.headline"}},
			"body":     map[string]any{"matched_fields": []string{"stemmed.en.body"}},
			"caption":  map[string]any{"matched_fields": []string{"stemmed.en.caption"}},
		}},
	})
	hit := reply["hits"].(map[string]any)["hits"].([]any)[0].(map[string]any)
	want := map[string]any{
		"headline": []any{"[Soldiers] are [withdrawing] from Niger"},
		"body":     []any{"The \"[withdrawals]\" began & ended.\u2028Next line."},
		"caption":  []any{"A captioned [soldier] in <Agadez>."},
	}
	if d := cmp.Diff(want, hit["highlight"]); d != "" {
		t.Errorf("highlight: -want +got\n%s", d)
	}
	source := hit["_source"].(map[string]any)
	if _, ok := source["stemmed"]; ok || source["headline"] == nil || source["indexed_at"] == nil || len(source["caption"].([]any)) != 2 {
		t.Errorf("_source: %v", source)
	}
	// What was read in the text: a speaker's own words, an amount in its currency.
	nested := func(path string, filter ...any) map[string]any {
		return map[string]any{"nested": map[string]any{"path": path, "query": map[string]any{"bool": map[string]any{"filter": filter}}}}
	}
	match := func(field, words string) any { return map[string]any{"match": map[string]any{field: words}} }
	term := func(field string, value any) any { return map[string]any{"term": map[string]any{field: value}} }
	within := func(field string, from, to any) map[string]any {
		return map[string]any{"range": map[string]any{field: map[string]any{"gte": from, "lte": to, "relation": "intersects"}}}
	}
	near := func(lat, lon float64, distance string) any {
		return map[string]any{"geo_distance": map[string]any{"distance": distance, corpus.Locations: map[string]any{"lat": lat, "lon": lon}}}
	}
	for name, c := range map[string]struct {
		query any
		want  string
	}{
		"who said it":              {nested(corpus.Said, match(corpus.SaidWords("en"), "withdrawal"), term(corpus.SaidSpeaker, "Ana Speaker")), "en"},
		"unstemmed":                {nested(corpus.Said, match(corpus.SaidWords("other"), "withdrawals"), term(corpus.SaidSpeaker, "Ana Speaker")), "none"},
		"another said it":          {nested(corpus.Said, match(corpus.SaidWords("en"), "withdrawal"), term(corpus.SaidSpeaker, "Bo Other")), ""},
		"speaker":                  {term(corpus.Speakers, "Bo Other"), "de en none"},
		"amount":                   {nested(corpus.Sums, within(corpus.SumsValue, 100e6, 120e6), term(corpus.SumsCurrency, "USD")), "de en none"},
		"a range":                  {nested(corpus.Sums, within(corpus.SumsValue, 95e6, 95e6), term(corpus.SumsCurrency, "EUR")), "de en none"},
		"in another currency":      {nested(corpus.Sums, within(corpus.SumsValue, 100e6, 120e6), term(corpus.SumsCurrency, "EUR")), ""},
		"currency without number":  {term(corpus.Currencies, "CHF"), "de en none"},
		"last day":                 {within(corpus.Mentioned, "2024-03-20T00:00:00Z", "2024-03-20T23:59:59.999Z"), "de en none"},
		"its last millisecond":     {within(corpus.Mentioned, "2024-03-20T23:59:59.999Z", "2024-03-20T23:59:59.999Z"), "de en none"},
		"the day after":            {within(corpus.Mentioned, "2024-03-21T00:00:00Z", "2024-03-31T23:59:59.999Z"), ""},
		"open":                     {within(corpus.Mentioned, "2025-01-01T00:00:00Z", "2025-01-01T23:59:59.999Z"), "de en none"},
		"long after its beginning": {within(corpus.Mentioned, "2026-01-01T00:00:00Z", "2026-12-31T23:59:59.999Z"), ""},
		"filed in":                 {term(corpus.Filed, "NIAMEY"), "de en none"},
		"person":                   {term(corpus.Persons, "Sam Mednick"), "de en none"},
		"as another type":          {term(corpus.Organisations, "Sam Mednick"), ""},
		"organisation":             {term(corpus.Organisations, "Junta Council"), "de en none"},
		"of the metadata":          {term(corpus.Organisations, "Of Metadata"), "de en none"},
		"person in a note":         {term(corpus.Persons, "Nota Reader"), ""},
		"place":                    {term(corpus.Places, "Agadez"), "de en none"},
		"region":                   {term(corpus.Places, "Sahelia"), "de en none"},
		"place in boilerplate":     {term(corpus.Places, "Hidden City"), ""},
		"country":                  {term(corpus.Countries, "NE"), "de en none"},
		"country in boilerplate":   {term(corpus.Countries, "XH"), ""},
		"topic":                    {term(corpus.Topics, "medtop:20000056"), "de en none"},
		"broader topic":            {term(corpus.Topics, "medtop:16000000"), "de en none"},
		"keyphrase":                {term(corpus.Keyphrases, "withdrawal"), "de en none"},
		"keyphrase in a note":      {term(corpus.Keyphrases, "notephrase"), ""},
		"unsure person":            {term(corpus.Persons, "Unsure Labour"), ""},
		"unsure place":             {term(corpus.Places, "Unsure City"), ""},
		"country of it":            {term(corpus.Countries, "XU"), ""},
		"near it":                  {near(-60, -120, "10km"), ""},
		"unsure topic":             {term(corpus.Topics, "medtop:14000000"), ""},
		"unsure keyphrase":         {term(corpus.Keyphrases, "unsure phrase"), ""},
		"near":                     {near(17, 8, "10km"), "de en none"},
		"not near":                 {near(18, 8, "10km"), ""},
		"near what is hidden":      {near(-45, -170, "10km"), ""},
		"translated":               {term("translation_likely", true), "de en none"},
	} {
		if got := hits(map[string]any{"query": c.query}); strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %v, want %s", name, got, c.want)
		}
	}
	// A field that nobody knows is refused, with its name.
	b, _ := json.Marshal(map[string]any{"uri": "x", "colour": "red"})
	res, err := es.Index(n.Articles(), bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if s := fmt.Sprint(res); res.StatusCode != http.StatusBadRequest || !strings.Contains(s, "colour") {
		t.Errorf("got %s", s)
	}
}
