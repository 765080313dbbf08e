package article_test

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
)

// drawText is text with the characters that break offsets and layouts.
func drawText(t *rapid.T, label string) string {
	return rapid.StringOfN(rapid.RuneFrom([]rune("aZ é“”\n\t\r\u00a0€😀.,:\"<&-")), 1, 40, -1).Draw(t, label)
}

func drawArticle(t *rapid.T) article.Article {
	var a article.Article
	b := article.Builder{Signer: "format/test", Version: 2}
	for range rapid.IntRange(0, 8).Draw(t, "segments") {
		b.Add(rapid.SampledFrom(article.Kinds).Draw(t, "kind"), drawText(t, "text"))
	}
	b.Fill(&a)
	evidence := func() article.Evidence {
		e := article.Evidence{Enricher: "x", Version: rapid.IntRange(0, 9).Draw(t, "v"), Confidence: rapid.Float64Range(0, 1).Draw(t, "c")}
		if len(a.Segments) > 0 {
			e.Span = rapid.SampledFrom(a.Segments).Draw(t, "span").Span
		}
		return e
	}
	a.URI = article.NewURI("prov", drawText(t, "id")+"x")
	a.Version = rapid.SampledFrom([]string{"", "1", "7", "2024"}).Draw(t, "version")
	a.Status = rapid.SampledFrom([]article.Status{article.Usable, article.Withheld, article.Canceled}).Draw(t, "status")
	a.Source = "site-3"
	when := func(label string) time.Time {
		s := rapid.Int64Range(0, 4e9).Draw(t, label)
		if s%3 == 0 {
			return time.Time{}
		}
		return time.Unix(s, s%1e9).UTC()
	}
	a.EmbargoUntil, a.PublishedAt, a.VersionCreated = when("embargo"), when("published"), when("created")
	a.ExpiresAt = when("expiry")
	a.EvolvedFrom = rapid.SampledFrom([][]article.URI{nil, {"urn:x:\"0\""}, {"urn:x:0", "https://x.example/é"}}).Draw(t, "evolved from")
	a.ReceivedAt = time.Unix(1_700_000_000, 5).UTC()
	a.Language = article.Label{Value: "en", Evidence: []article.Evidence{evidence()}}
	a.Agency = article.Label{Value: rapid.SampledFrom([]string{"", "dpa"}).Draw(t, "agency")}
	if rapid.Bool().Draw(t, "cites") {
		a.CitedMedia = []article.Label{{Value: "Le Monde", Evidence: []article.Evidence{evidence(), evidence()}}, {Value: "Bild"}}
		a.Credits = []article.Credit{{Evidence: evidence(), Photographer: "A B", Agencies: []string{"AP"}}}
		a.Attribution = article.Attribution{Publisher: "site-3", Cites: []string{"Le Monde", "Bild"}}
		a.Subjects = []article.Subject{{Code: "medtop:1", Name: "n"}}
		a.Images = []article.Image{{URL: "https://x.example/a.jpg", Caption: "c"}}
	}
	if len(a.Segments) > 0 && rapid.Bool().Draw(t, "read") {
		drawReading(t, &a, evidence)
		drawAbout(t, &a, evidence)
	}
	a.Original = article.Original{Size: 3, Format: "text", Charset: "utf-8", Hash: strings.Repeat("0a", 32)}
	a.Flag(article.FlagIdentityFromText)
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	return a
}

func drawReading(t *rapid.T, a *article.Article, evidence func() article.Evidence) {
	word := func() string { return rapid.SampledFrom([]string{"", "x", "Łódź", "a \"b\""}).Draw(t, "word") }
	figure := func() (f article.Figure) {
		f.Approximate, f.Known = rapid.Bool().Draw(t, "approximate"), rapid.Bool().Draw(t, "known")
		if f.Known {
			f.Value = rapid.Float64Range(-1e15, 1e15).Draw(t, "value")
			f.To = rapid.SampledFrom([]float64{f.Value, 1e16}).Draw(t, "to")
		}
		return f
	}
	when := func() time.Time {
		return time.Unix(86400*rapid.Int64Range(-700000, 700000).Draw(t, "day"), 0).UTC()
	}
	a.Filed = article.Filed{Evidence: evidence(), Places: []string{word()}, Agencies: []string{word(), "dpa"}}
	if rapid.Bool().Draw(t, "filed on") {
		a.Filed.Date = when()
	}
	a.Translation = article.Translation{Likelihood: rapid.Float64Range(.01, 1).Draw(t, "likelihood"), Reasons: []article.Reason{{Evidence: evidence(), Why: "mark"}}}
	for range rapid.IntRange(0, 2).Draw(t, "quotes") {
		a.Quotes = append(a.Quotes, article.Quotation{Evidence: evidence(), Speaker: word(), Role: word(), Via: word(), Cue: word(), Partial: rapid.Bool().Draw(t, "partial")})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "amounts") {
		a.Amounts = append(a.Amounts, article.Amount{Evidence: evidence(), Figure: figure(), Currency: rapid.SampledFrom([]string{"", "EUR"}).Draw(t, "currency"), Converts: rapid.IntRange(0, i).Draw(t, "converts")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "quantities") {
		a.Quantities = append(a.Quantities, article.Quantity{Evidence: evidence(), Figure: figure(), Unit: word()})
	}
	for range rapid.IntRange(0, 3).Draw(t, "moments") {
		m := article.Moment{Evidence: evidence(), Precision: rapid.SampledFrom(article.Precisions).Draw(t, "precision")}
		if rapid.Bool().Draw(t, "from") {
			m.From = when()
		}
		if rapid.Bool().Draw(t, "to") {
			m.To = when()
		}
		if m.Precision == article.PrecisionTime && !m.To.IsZero() {
			m.To = m.To.Add(12345 * time.Millisecond)
		}
		a.Moments = append(a.Moments, m)
	}
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(article.Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("article.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("article.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJSONRoundTripAndSchema(t *testing.T) {
	s := schema(t)
	rapid.Check(t, func(t *rapid.T) {
		a := drawArticle(t)
		b, err := json.Marshal(&a)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		var back article.Article
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a, back); d != "" {
			t.Fatalf("what went in didn't come out (-in +out):\n%s", d)
		}
	})
}

func TestSchemaRefusesWhatIsNotAnArticle(t *testing.T) {
	s := schema(t)
	for _, bad := range []string{
		`{}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null]}`,
		`{"uri":"u","revision":1,"status":"dead","source":"s","segments":[],"attribution":["s",null,[]]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"more":1}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[{"kind":"headlin","text":"a","start":0,"end":1,"confidence":1}],"attribution":["s",null,[]]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","published_at":"yesterday","segments":[],"attribution":["s",null,[]]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"quotes":[{"text":"a","start":0,"end":1}]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"amounts":[{"text":"a","start":0,"end":1,"confidence":1}]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"amounts":[{"text":"a","value":1,"currency":"euro","start":0,"end":1,"confidence":1}]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"dates":[{"text":"a","from":"1 May","to":null,"precision":"day","start":0,"end":1,"confidence":1}]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"dates":[{"text":"a","from":null,"to":null,"precision":"moment","start":0,"end":1,"confidence":1}]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"translation":{"likelihood":2}}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"translation":{"likelihood":1,"reasons":[{"why":"","start":0,"end":1,"confidence":1}]}}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"entities":[{"type":"person","name":"A"}]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"entities":[{"type":"person","name":"A","mentions":[]}]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"entities":[{"type":"","name":"A","mentions":[{"start":0,"end":1,"confidence":1}]}]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"places":[{"name":"A","country":"Niger","mentions":[{"start":0,"end":1,"confidence":1}]}]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"places":[{"name":"A","lat":1,"mentions":[{"start":0,"end":1,"confidence":1}]}]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"topics":[{"qcode":"medtop:1","path":[],"start":0,"end":0,"confidence":1}]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"keyphrases":[{"phrase":"","score":1,"start":0,"end":1,"confidence":1}]}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"summary":"A sentence."}`,
		`{"uri":"u","revision":1,"status":"usable","source":"s","segments":[],"attribution":["s",null,[]],"reading_time":"1 min"}`,
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(doc) == nil {
			t.Errorf("passes: %s", bad)
		}
	}
}

func TestCheckSegments(t *testing.T) {
	seg := func(start, end int) article.Segment {
		return article.Segment{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{Start: start, End: end}}}
	}
	for _, c := range []struct {
		name, text string
		segs       []article.Segment
		wrong      string // part of the error; "": none
	}{
		{"none of nothing", "", nil, ""},
		{"white space alone", " \n\u00a0", nil, ""},
		{"whole", "ab", []article.Segment{seg(0, 2)}, ""},
		{"with gaps", " ab\n\ncd ", []article.Segment{seg(1, 3), seg(5, 7)}, ""},
		{"lost text", "ab cd", []article.Segment{seg(0, 2)}, `text "cd" at byte 2`},
		{"lost in between", "a b c", []article.Segment{seg(0, 1), seg(4, 5)}, `text "b" at byte 1`},
		{"overlap", "abcd", []article.Segment{seg(0, 3), seg(2, 4)}, "segment 1 (paragraph) starts at 2"},
		{"out of order", "ab cd", []article.Segment{seg(3, 5), seg(0, 2)}, `text "ab" at byte 0`},
		{"beyond the end", "ab", []article.Segment{seg(0, 3)}, "span 0-3 in a text of 2 bytes"},
		{"empty", "ab", []article.Segment{seg(0, 0)}, "span 0-0"},
		{"half a character", "é", []article.Segment{seg(0, 1)}, "cuts a character"},
	} {
		err := article.CheckSegments(c.text, c.segs)
		switch {
		case c.wrong == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%s: error %v doesn't say %q", c.name, err, c.wrong)
		}
	}
}

func TestBodyHoldsOnlyWhatReadersReadBelowTheHeadline(t *testing.T) {
	var b article.Builder
	for _, k := range article.Kinds {
		b.Add(k, "<"+string(k)+">")
	}
	var a article.Article
	b.Fill(&a)
	if got, want := a.Body(), "<paragraph>\n\n<subhead>\n\n<quote>"; got != want {
		t.Errorf("body %q, want %q", got, want)
	}
	if got := a.First(article.Headline); got != "<headline>" {
		t.Errorf("headline %q", got)
	}
}

func TestForReaders(t *testing.T) {
	var b article.Builder
	b.Add(article.Paragraph, "one")
	b.Add(article.Paragraph, "two")
	b.Add(article.Note, "six")
	var a article.Article
	b.Fill(&a) // 0-3, 5-8, 10-13
	for s, want := range map[article.Span]bool{
		{Start: 0, End: 3}: true, {Start: 1, End: 2}: true, {Start: 0, End: 8}: true, {Start: 5, End: 6}: true, {Start: 7, End: 9}: true, {Start: 10, End: 13}: false,
		{Start: 7, End: 11}: false, {Start: 12, End: 13}: false, {Start: 3, End: 5}: false, {}: false, {Start: 20, End: 30}: false, {Start: -3, End: -1}: false,
	} {
		if got := a.ForReaders(s); got != want {
			t.Errorf("%v: %v", s, got)
		}
	}
}

func TestVisible(t *testing.T) {
	now := time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status  article.Status
		embargo time.Time
		want    bool
	}{
		{article.Usable, time.Time{}, true},
		{article.Usable, now, true},
		{article.Usable, now.Add(time.Nanosecond), false},
		{article.Withheld, time.Time{}, false},
		{article.Canceled, now.Add(-time.Hour), false},
		{"", time.Time{}, false},
	} {
		a := article.Article{Status: c.status, EmbargoUntil: c.embargo}
		if a.Visible(now) != c.want {
			t.Errorf("%s, embargo %v: visible is %v", c.status, c.embargo, !c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	good := func() article.Article {
		var a article.Article
		var b article.Builder
		b.Add(article.Headline, "Head")
		b.Fill(&a)
		a.URI, a.Revision, a.Status, a.Source, a.ReceivedAt = "urn:x:1", 5, article.Usable, "s", time.Unix(1, 0)
		return a
	}
	a := good()
	if err := a.Validate(); err != nil {
		t.Fatal(err)
	}
	for wrong, spoil := range map[string]func(*article.Article){
		"uri is empty":             func(a *article.Article) { a.URI = "" },
		"white space":              func(a *article.Article) { a.URI = "a b" },
		"the limit is 2048":        func(a *article.Article) { a.URI = article.URI(strings.Repeat("u", 2049)) },
		"revision 0":               func(a *article.Article) { a.Revision = 0 },
		`status ""`:                func(a *article.Article) { a.Status = "" },
		"source is empty":          func(a *article.Article) { a.Source = "" },
		"received_at":              func(a *article.Article) { a.ReceivedAt = time.Time{} },
		"not valid UTF-8":          func(a *article.Article) { a.Text = "\xff" },
		"text is empty":            func(a *article.Article) { a.Text, a.Segments = " ", nil },
		"in no segment":            func(a *article.Article) { a.Segments = nil },
		"the limit is 4194304":     func(a *article.Article) { a.Text = strings.Repeat("a", article.MaxText+1) },
		"1001 subjects, the limit": func(a *article.Article) { a.Subjects = make([]article.Subject, 1001) },
		"1001 images, the limit":   func(a *article.Article) { a.Images = make([]article.Image, 1001) },
	} {
		a := good()
		spoil(&a)
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("error %v doesn't say %q", err, wrong)
		}
	}
	for _, status := range []article.Status{article.Canceled, article.Withheld} {
		notice := good()
		notice.Status, notice.Text, notice.Segments = status, "", nil
		if err := notice.Validate(); err != nil {
			t.Errorf("a notice (%s) needs no text: %v", status, err)
		}
	}
}

func TestCheckReading(t *testing.T) {
	span := func(start, end int) article.Evidence {
		return article.Evidence{Span: article.Span{Start: start, End: end}}
	}
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	good := func() article.Article {
		known := article.Figure{Known: true, Value: 1, To: 2}
		return article.Article{
			Text:        "é “text” with all of it",
			Filed:       article.Filed{Evidence: span(0, 2), Date: day(2024, 4, 20)},
			Translation: article.Translation{Likelihood: 1, Reasons: []article.Reason{{Why: "mark", Evidence: span(6, 9)}, {Why: "known of the source"}, {Why: "mark", Evidence: span(0, 2)}}},
			Quotes:      []article.Quotation{{Evidence: span(0, 2)}, {Evidence: span(6, 9)}, {Evidence: span(6, 10)}},
			Amounts:     []article.Amount{{Evidence: span(0, 2), Figure: known}, {Evidence: span(6, 9), Converts: 1, Figure: article.Figure{Approximate: true}}},
			Quantities:  []article.Quantity{{Evidence: span(0, 2), Figure: known}},
			Moments: []article.Moment{
				{Evidence: span(0, 2), Precision: article.PrecisionDay, From: day(2024, 4, 20), To: day(2024, 4, 20)},
				{Evidence: span(0, 2), Precision: article.PrecisionTime, From: day(2024, 4, 20).Add(time.Minute), To: day(2024, 4, 20).Add(time.Minute)},
				{Evidence: span(0, 2), Precision: article.PrecisionOpen, From: day(2024, 4, 20)},
			},
		}
	}
	a := good()
	if err := a.CheckReading(); err != nil {
		t.Fatal(err)
	}
	for wrong, spoil := range map[string]func(*article.Article){
		"quote 1: has span 0-99 in a text of":                 func(a *article.Article) { a.Quotes[1].Evidence = span(0, 99) },
		"quote 2: has span 3-3":                               func(a *article.Article) { a.Quotes[2].Evidence = span(3, 3) },
		"quote 0: has span -1-3":                              func(a *article.Article) { a.Quotes[0].Evidence = span(-1, 3) },
		"quote 2: starts at 0, before the one before it at 6": func(a *article.Article) { a.Quotes[2].Evidence = span(0, 2) },
		"quote 0: cuts a character in two":                    func(a *article.Article) { a.Quotes[0].Evidence = span(0, 1) },
		"amount 0: value NaN":                                 func(a *article.Article) { a.Amounts[0].Value = math.NaN() },
		"quantity 0: value 1 to +Inf":                         func(a *article.Article) { a.Quantities[0].To = math.Inf(1) },
		"amount 0: ends at 0, below its beginning 1":          func(a *article.Article) { a.Amounts[0].To = 0 },
		"amount 1: has the value 5, and says":                 func(a *article.Article) { a.Amounts[1].Value, a.Amounts[1].To = 5, 5 },
		"amount 1: converts the one 2 before it":              func(a *article.Article) { a.Amounts[1].Converts = 2 },
		"date 0: has no precision":                            func(a *article.Article) { a.Moments[0].Precision = "" },
		"date 0: ends at 2024-04-19":                          func(a *article.Article) { a.Moments[0].To = day(2024, 4, 19) },
		"is not the beginning of a day":                       func(a *article.Article) { a.Moments[2].From = a.Moments[1].From },
		"date 0: year 10000":                                  func(a *article.Article) { a.Moments[0].To = day(10000, 1, 1) },
		"filed 0: has span 0-99":                              func(a *article.Article) { a.Filed.End = 99 },
		"filed 0: 2024-04-20 01:00:00":                        func(a *article.Article) { a.Filed.Date = a.Filed.Date.Add(time.Hour) },
		"likelihood 1.5":                                      func(a *article.Article) { a.Translation.Likelihood = 1.5 },
		"likelihood NaN":                                      func(a *article.Article) { a.Translation.Likelihood = math.NaN() },
		"reason of translation 1: says nothing":               func(a *article.Article) { a.Translation.Reasons[1].Why = "" },
		"reason of translation 0: has span 9-6":               func(a *article.Article) { a.Translation.Reasons[0].Evidence = span(9, 6) },
		"2001 quotes, the limit is 2000":                      func(a *article.Article) { a.Quotes = make([]article.Quotation, 2001) },
		"2001 amounts, the limit is 2000":                     func(a *article.Article) { a.Amounts = make([]article.Amount, 2001) },
		"2001 quantities, the limit is 2000":                  func(a *article.Article) { a.Quantities = make([]article.Quantity, 2001) },
		"2001 dates, the limit is 2000":                       func(a *article.Article) { a.Moments = make([]article.Moment, 2001) },
		"21 places of filing, the limit is 20":                func(a *article.Article) { a.Filed.Places = make([]string, 21) },
		"21 agencies of filing, the limit is 20":              func(a *article.Article) { a.Filed.Agencies = make([]string, 21) },
		"101 reasons of translation, the limit is 100":        func(a *article.Article) { a.Translation.Reasons = make([]article.Reason, 101) },
	} {
		a := good()
		spoil(&a)
		if err := a.CheckReading(); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("error %v doesn't say %q", err, wrong)
		}
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("Validate: error %v doesn't say %q", err, wrong)
		}
	}
}

func TestCutReading(t *testing.T) {
	a := article.Article{Quotes: make([]article.Quotation, article.MaxQuotes), Amounts: make([]article.Amount, 3)}
	if a.CutReading(); len(a.Quotes) != article.MaxQuotes || len(a.Flags) > 0 {
		t.Errorf("%d quotes, flags %v", len(a.Quotes), a.Flags)
	}
	a = article.Article{
		Filed:       article.Filed{Places: make([]string, 21), Agencies: make([]string, 21)},
		Translation: article.Translation{Reasons: make([]article.Reason, 101)},
		Quotes:      make([]article.Quotation, 2001), Amounts: make([]article.Amount, 2001), Quantities: make([]article.Quantity, 2001), Moments: make([]article.Moment, 2001),
		Flags: []string{article.FlagAdvisory},
	}
	flags := a.Flags
	a.CutReading()
	if len(a.Filed.Places) != 20 || len(a.Filed.Agencies) != 20 || len(a.Translation.Reasons) != 100 ||
		len(a.Quotes) != 2000 || len(a.Amounts) != 2000 || len(a.Quantities) != 2000 || len(a.Moments) != 2000 {
		t.Errorf("left are %+v", a)
	}
	if strings.Join(a.Flags, " ") != "advisory items_truncated" || flags[0] != article.FlagAdvisory {
		t.Errorf("flags %v, those before %v", a.Flags, flags)
	}
}

func TestMarshalRefusesWhatIsNoDate(t *testing.T) {
	far := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	for want, a := range map[string]article.Article{
		"filed: year 10000":  {Filed: article.Filed{Date: far}},
		"date 0: year 10000": {Moments: []article.Moment{{From: far}}},
		"date 0: ":           {Moments: []article.Moment{{From: far, Precision: article.PrecisionTime}}},
	} {
		if _, err := a.MarshalJSON(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for want, doc := range map[string]string{
		"amount 0 converts amount 0": `{"attribution":[null,null,[]],"amounts":[{"text":"","value":1,"conversion_of":0}]}`,
		"filed: parsing time":        `{"attribution":[null,null,[]],"filed":{"date":"20 April"}}`,
		"date 0: parsing time":       `{"attribution":[null,null,[]],"dates":[{"from":"2024-04-20T00:00:00Z","to":null,"precision":"day"}]}`,
	} {
		var a article.Article
		if err := json.Unmarshal([]byte(doc), &a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestFlagsAreSortedAndUnique(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a article.Article
		names := rapid.SliceOf(rapid.SampledFrom([]string{"a", "b", "c", "d"})).Draw(t, "names")
		for _, n := range names {
			a.Flag(n)
		}
		for i, f := range a.Flags {
			if i > 0 && a.Flags[i-1] >= f {
				t.Fatalf("%v", a.Flags)
			}
		}
		for _, n := range names {
			if !strings.Contains(strings.Join(a.Flags, ""), n) {
				t.Fatalf("%s is lost in %v", n, a.Flags)
			}
		}
	})
}

func TestEvolvedFromIsChecked(t *testing.T) {
	a := article.Article{
		URI: "urn:x:1", Revision: 1, Status: article.Withheld, Source: "s", ReceivedAt: time.Unix(1, 0),
		EvolvedFrom: slices.Repeat([]article.URI{"urn:x:0"}, article.MaxEvolvedFrom),
	}
	if err := a.Validate(); err != nil {
		t.Error(err)
	}
	a.EvolvedFrom = append(a.EvolvedFrom, "urn:x:0")
	if err := a.Validate(); err == nil || !strings.Contains(err.Error(), "101") {
		t.Errorf("one too many: %v", err)
	}
	a.EvolvedFrom = []article.URI{"no uri"}
	if err := a.Validate(); err == nil || !strings.Contains(err.Error(), "evolved_from") {
		t.Errorf("none: %v", err)
	}
}

// TestCheckReadingSince: of what was right before, only what was replaced is looked at,
// and all of that.
func TestCheckReadingSince(t *testing.T) {
	at := article.Evidence{Span: article.Span{Start: 0, End: 4}}
	wrong := article.Evidence{Span: article.Span{Start: 2, End: 9}}
	before := article.Article{
		Text: "text", Quotes: []article.Quotation{{Evidence: at}}, Amounts: []article.Amount{{Evidence: at}}, Quantities: []article.Quantity{{Evidence: at}},
		Moments:    []article.Moment{{Evidence: at, Precision: article.PrecisionDay}},
		Entities:   []article.Entity{{Type: article.EntityPerson, Name: "A", Mentions: []article.Evidence{at}}},
		Places:     []article.Place{{Name: "A", Mentions: []article.Evidence{at}}},
		Topics:     []article.Topic{{Evidence: at, Qcode: "x", Path: []string{"x"}}},
		Keyphrases: []article.Keyphrase{{Evidence: at, Phrase: "a"}}, Translation: article.Translation{Reasons: []article.Reason{{Evidence: at, Why: "x"}}},
		CitedMedia: []article.Label{{Value: "A", Evidence: []article.Evidence{at}}}, Credits: []article.Credit{{Evidence: at}},
		Segments: []article.Segment{{Evidence: at, Kind: article.Paragraph}}, Language: article.Label{Value: "en", Evidence: []article.Evidence{at}},
		Filed: article.Filed{Evidence: at, Places: []string{"A"}},
	}
	if err := before.CheckReading(); err != nil {
		t.Fatal(err)
	}
	if a := before; a.CheckReadingSince(&before) != nil {
		t.Error("an error in what has none")
	}
	for name, spoil := range map[string]func(a *article.Article){
		"quotes":     func(a *article.Article) { a.Quotes = []article.Quotation{{Evidence: wrong}} },
		"one more":   func(a *article.Article) { a.Quotes = append(a.Quotes, article.Quotation{Evidence: wrong}) },
		"amounts":    func(a *article.Article) { a.Amounts = []article.Amount{{Evidence: wrong}} },
		"quantities": func(a *article.Article) { a.Quantities = []article.Quantity{{Evidence: wrong}} },
		"moments":    func(a *article.Article) { a.Moments = []article.Moment{{Evidence: at}} },
		"entities":   func(a *article.Article) { a.Entities = []article.Entity{{Type: article.EntityPerson, Name: "A"}} },
		"places":     func(a *article.Article) { a.Places = []article.Place{{Name: "A"}} },
		"topics": func(a *article.Article) {
			a.Topics = []article.Topic{{Evidence: wrong, Qcode: "x", Path: []string{"x"}}}
		},
		"keyphrases": func(a *article.Article) { a.Keyphrases = []article.Keyphrase{{Evidence: wrong, Phrase: "a"}} },
		"reasons":    func(a *article.Article) { a.Translation.Reasons = []article.Reason{{Evidence: at}} },
		"media":      func(a *article.Article) { a.CitedMedia = []article.Label{{Evidence: []article.Evidence{wrong}}} },
		"credits":    func(a *article.Article) { a.Credits = []article.Credit{{Evidence: wrong}} },
		"segments":   func(a *article.Article) { a.Segments = []article.Segment{{Evidence: wrong, Kind: article.Paragraph}} },
		"language":   func(a *article.Article) { a.Language.Evidence = []article.Evidence{wrong} },
		"filed":      func(a *article.Article) { a.Filed.Evidence = wrong },
		"summary":    func(a *article.Article) { a.Segments = nil; a.Summary = at },
	} {
		a := before
		if spoil(&a); a.CheckReadingSince(&before) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	const broken = "\xff"
	for name, spoil := range map[string]func(a *article.Article){
		"quotes":     func(a *article.Article) { a.Quotes = []article.Quotation{{Evidence: at, Cue: broken}} },
		"amounts":    func(a *article.Article) { a.Amounts = []article.Amount{{Evidence: at, Currency: broken}} },
		"quantities": func(a *article.Article) { a.Quantities = []article.Quantity{{Evidence: at, Unit: broken}} },
		"moments":    func(a *article.Article) { a.Moments = []article.Moment{{Evidence: at, Precision: broken}} },
		"entities":   func(a *article.Article) { a.Entities = []article.Entity{{Type: article.EntityPerson, Name: broken}} },
		"places":     func(a *article.Article) { a.Places = []article.Place{{Name: broken}} },
		"topics":     func(a *article.Article) { a.Topics = []article.Topic{{Evidence: at, Qcode: broken}} },
		"keyphrases": func(a *article.Article) { a.Keyphrases = []article.Keyphrase{{Evidence: at, Phrase: broken}} },
		"reasons":    func(a *article.Article) { a.Translation.Reasons = []article.Reason{{Evidence: at, Why: broken}} },
		"filed":      func(a *article.Article) { a.Filed.Places = []string{broken} },
	} {
		a := before
		spoil(&a)
		a.CutReadingSince(&before)
		if err := a.CheckReadingSince(&before); err != nil || len(a.Flags) == 0 {
			t.Errorf("%s: %v, flags %v", name, err, a.Flags)
		}
	}
	full := before
	for range article.MaxEntities {
		full.Entities = append(full.Entities, before.Entities[0])
	}
	mentions := slices.Repeat([]article.Evidence{at}, article.MaxMentions)
	for len(full.Places) < article.MaxPlaces {
		full.Places = append(full.Places, article.Place{Name: "A", Mentions: mentions})
	}
	full.CutReadingSince(&before)
	if err := full.CheckReadingSince(&before); err != nil || len(full.Entities) != article.MaxEntities {
		t.Errorf("%v, %d entities", err, len(full.Entities))
	}
}
