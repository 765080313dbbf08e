package corpus_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
)

// slow makes a document the plain way: what encoding/json makes of the article,
// and the further fields behind it.
func slow(a *article.Article, indexedAt time.Time, searchable bool) ([]byte, error) {
	if a.Status == article.Canceled {
		notice := corpus.Notice(a)
		a = &notice
	}
	base, err := a.MarshalJSON()
	if err != nil {
		return nil, err
	}
	type texts struct {
		Kicker     string   `json:"kicker,omitempty"`
		Headline   string   `json:"headline,omitempty"`
		Standfirst string   `json:"standfirst,omitempty"`
		Byline     string   `json:"byline,omitempty"`
		Body       string   `json:"body,omitempty"`
		Caption    []string `json:"caption,omitempty"`
	}
	var e struct {
		Caption   []string       `json:"caption,omitempty"`
		IndexedAt time.Time      `json:"indexed_at"`
		Stemmed   map[string]any `json:"stemmed,omitempty"`
	}
	e.IndexedAt = indexedAt.UTC()
	for _, s := range a.Segments {
		if s.Kind == article.Caption {
			e.Caption = append(e.Caption, s.In(a.Text))
		}
	}
	if searchable && len(a.Segments) > 0 {
		e.Stemmed = map[string]any{}
	}
	more, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	doc := append(append(base[:len(base)-1], ','), more[1:]...)
	if !searchable || len(a.Segments) == 0 {
		return doc, nil
	}
	language := corpus.Language(a.Language.Value)
	words, err := json.Marshal(map[string]texts{language: {
		a.First(article.Kicker), a.First(article.Headline), a.First(article.Standfirst), a.First(article.Byline), a.Body(), e.Caption,
	}})
	if err != nil {
		return nil, err
	}
	found, err := json.Marshal(slowFound(a, language))
	if err != nil {
		return nil, err
	}
	stemmed := words[:len(words)-1]
	if string(found) != "{}" {
		stemmed = append(append(stemmed, ','), found[1:len(found)-1]...)
	}
	return append(append(append(doc[:len(doc)-1], `,"stemmed":`...), stemmed...), "}}"...), nil
}

type slowRange struct {
	From any `json:"gte"`
	To   any `json:"lte"`
}

type slowSaid struct {
	Words   map[string]string `json:"words"`
	Speaker string            `json:"speaker,omitempty"`
}

type slowSum struct {
	Value    slowRange `json:"value"`
	Currency string    `json:"currency,omitempty"`
}

type slowReading struct {
	Said       []slowSaid  `json:"said,omitempty"`
	Speakers   []string    `json:"speakers,omitempty"`
	Sums       []slowSum   `json:"sums,omitempty"`
	Currencies []string    `json:"currencies,omitempty"`
	Mentioned  []slowRange `json:"mentioned,omitempty"`
	Filed      []string    `json:"filed,omitempty"`
	slowAbout
}

type slowPoint struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

type slowAbout struct {
	Persons       []string    `json:"persons,omitempty"`
	Organisations []string    `json:"organisations,omitempty"`
	Places        []string    `json:"places,omitempty"`
	Countries     []string    `json:"countries,omitempty"`
	Locations     []slowPoint `json:"locations,omitempty"`
	Topics        []string    `json:"topics,omitempty"`
	Keyphrases    []string    `json:"keyphrases,omitempty"`
}

// add adds s to the list if it isn't there.
func add(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func slowFoundAbout(a *article.Article) (f slowAbout) {
	readable := func(ms ...article.Evidence) bool {
		for _, m := range ms {
			if m.Confidence >= .5 && (m.Start == 0 && m.End == 0 || a.ForReaders(m.Span)) {
				return true
			}
		}
		return false
	}
	for _, e := range a.Entities {
		if !readable(e.Mentions...) {
			continue
		}
		if e.Type == "person" {
			f.Persons = add(f.Persons, e.Name)
		}
		if e.Type == "organisation" {
			f.Organisations = add(f.Organisations, e.Name)
		}
	}
	for _, p := range a.Places {
		if !readable(p.Mentions...) {
			continue
		}
		f.Places = add(f.Places, p.Name)
		f.Countries = add(f.Countries, p.Country)
		if p.Located {
			f.Locations = append(f.Locations, slowPoint{p.Lat, p.Lon})
		}
	}
	for _, t := range a.Topics {
		if t.Confidence < .5 {
			continue
		}
		var es []article.Evidence
		for _, r := range t.Why {
			es = append(es, r.Evidence)
		}
		if t.Start != 0 || t.End != 0 || len(es) == 0 {
			es = append(es, t.Evidence)
		}
		for i := range es {
			es[i].Confidence = 1
		}
		if !readable(es...) {
			continue
		}
		for _, q := range t.Path {
			f.Topics = add(f.Topics, q)
		}
	}
	for _, k := range a.Keyphrases {
		if readable(k.Evidence) {
			f.Keyphrases = add(f.Keyphrases, k.Phrase)
		}
	}
	return f
}

func slowFound(a *article.Article, language string) (f slowReading) {
	f.slowAbout = slowFoundAbout(a)
	for _, q := range a.Quotes {
		if !a.ForReaders(q.Span) {
			continue
		}
		text := ""
		if q.Start >= 0 && q.Start < q.End && q.End <= len(a.Text) {
			text = q.In(a.Text)
		}
		f.Said = append(f.Said, slowSaid{map[string]string{language: text}, q.Speaker})
		f.Speakers = add(f.Speakers, q.Speaker)
	}
	for _, m := range a.Amounts {
		if !a.ForReaders(m.Span) {
			continue
		}
		if m.Known {
			f.Sums = append(f.Sums, slowSum{slowRange{m.Value, m.To}, m.Currency})
		}
		f.Currencies = add(f.Currencies, m.Currency)
	}
	for _, m := range a.Moments {
		from, to := m.From.UTC(), m.To.UTC()
		switch {
		case !m.Resolved(), !a.ForReaders(m.Span):
			continue
		case m.To.IsZero():
			to = from
		case m.From.IsZero():
			from = to
		}
		if m.Precision != article.PrecisionTime {
			to = to.Add(24*time.Hour - time.Millisecond)
		}
		f.Mentioned = append(f.Mentioned, slowRange{from, to})
	}
	for _, p := range a.Filed.Places {
		f.Filed = add(f.Filed, p)
	}
	return f
}

// alphabet has what JSON escapes, and what it need not.
var alphabet = []string{
	"a", "Z", "9", " ", "\n", "\t", "\r", "\b", "\f", "\x00", "\x1f", "\x7f", `"`, `\`, "/", "<", ">", "&", "'", "ü", "€", "\u2028", "\u2029", "\u2030", "😀", "\ufffd", "\xff", "\xc3",
}

func drawText(t *rapid.T, label string) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, 12).Draw(t, label), "")
}

// fill draws a value for everything in v: a field that is added to the article
// is drawn, too, without a word here.
func fill(t *rapid.T, v reflect.Value, label string) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		if rapid.Bool().Draw(t, label) {
			v.Set(reflect.ValueOf(time.Unix(rapid.Int64Range(-62135596799, 253402300799).Draw(t, label), rapid.Int64Range(0, 999999999).Draw(t, label)).
				In(time.FixedZone("", rapid.IntRange(-43200, 43200).Draw(t, label)/60*60))))
			// Another zone may carry it over the edge of what JSON holds.
			if y := v.Interface().(time.Time).UTC().Year(); y < 1 || y > 9999 {
				v.SetZero()
			}
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(drawText(t, label))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(-3, 40), rapid.Int64()).Draw(t, label))
	case reflect.Float64:
		v.SetFloat(rapid.OneOf(rapid.Float64Range(0, 1), rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64), rapid.SampledFrom([]float64{1e-7, 1e21, 1e-6, 123456789e-20, 0, 1})).Draw(t, label))
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		n := rapid.IntRange(0, 3).Draw(t, label)
		if n == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i), label)
		}
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, label))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), v.Type().Field(i).Name)
		}
	case reflect.Pointer: // an editor's notice, which no document has
	default:
		t.Fatalf("%s is a %s: say here how to draw one", label, v.Kind())
	}
}

func TestDocumentsHaveNoNotice(t *testing.T) {
	a := report("en")
	want, err := corpus.Document(&a, received)
	if err != nil {
		t.Fatal(err)
	}
	a.Notice = &article.Notice{Action: article.Reinstate, Who: "ed", Reason: "wrong kill", Lifts: received}
	if got, err := corpus.Document(&a, received); err != nil || string(got) != string(want) {
		t.Errorf("%v: %s", err, got)
	}
}

// drawArticle draws an article with whole segments and anything else.
func drawArticle(t *rapid.T) article.Article {
	var a article.Article
	fill(t, reflect.ValueOf(&a).Elem(), "article")
	a.Status = rapid.SampledFrom([]article.Status{article.Usable, article.Usable, article.Withheld, article.Canceled}).Draw(t, "status")
	a.Language.Value = rapid.SampledFrom([]string{"", "en", "de-AT", "und", `"`}).Draw(t, "language")
	blank := rapid.SampledFrom([]string{"", " ", "\n\n", "\t\u2028"})
	n := rapid.IntRange(0, 6).Draw(t, "segments")
	if rapid.IntRange(0, 20).Draw(t, "many") == 0 {
		n = 100
	}
	var text strings.Builder
	text.WriteString(blank.Draw(t, "before"))
	a.Segments = nil
	for range n {
		var s article.Segment
		fill(t, reflect.ValueOf(&s).Elem(), "segment")
		s.Kind = rapid.SampledFrom(article.Kinds).Draw(t, "kind")
		s.Start = text.Len()
		text.WriteString("x" + drawText(t, "text") + "x") // starts a character, ends one
		s.End = text.Len()
		text.WriteString(blank.Draw(t, "after"))
		a.Segments = append(a.Segments, s)
	}
	a.Text = text.String()
	for i := range a.Moments {
		if rapid.Bool().Draw(t, "instants") {
			a.Moments[i].Precision = article.PrecisionTime
		}
		if len(a.Segments) > 0 {
			a.Moments[i].Span = a.Segments[0].Span
		}
	}
	placeMentions(t, &a)
	if n := len(a.Segments); n > 0 {
		for i := range a.Quotes {
			a.Quotes[i].Span = a.Segments[i%n].Span
		}
		for i := range a.Amounts {
			a.Amounts[i].Span = a.Segments[(i+1)%n].Span
			a.Amounts[i].Converts = rapid.IntRange(0, 2).Draw(t, "converts")
		}
	}
	return a
}

// placeMentions puts some of what the text is about into it, and gives entities
// types that are known.
func placeMentions(t *rapid.T, a *article.Article) {
	put := func(e *article.Evidence) {
		if n := len(a.Segments); n > 0 && rapid.Bool().Draw(t, "in the text") {
			e.Span = a.Segments[rapid.IntRange(0, n-1).Draw(t, "where")].Span
		}
	}
	for i := range a.Entities {
		a.Entities[i].Type = rapid.SampledFrom(article.EntityTypes).Draw(t, "type")
		for j := range a.Entities[i].Mentions {
			put(&a.Entities[i].Mentions[j])
		}
	}
	for i := range a.Places {
		for j := range a.Places[i].Mentions {
			put(&a.Places[i].Mentions[j])
		}
	}
	for i := range a.Keyphrases {
		put(&a.Keyphrases[i].Evidence)
	}
	put(&a.Summary)
}

// TestDocumentsAreWhatJSONMakes holds the fast way to the plain one.
func TestDocumentsAreWhatJSONMakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawArticle(t)
		at := received.Add(time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "at")))
		before := []byte(drawText(t, "buffer"))
		got, head, err := corpus.AppendDocuments(bytes.Clone(before), &a, at)
		wantHead, headErr := slow(&a, at, true)
		wantVersion, versionErr := slow(&a, at, false)
		if wantErr := cmp.Or(headErr, versionErr); (err == nil) != (wantErr == nil) {
			t.Fatalf("got %v, want %v", err, wantErr)
		}
		if err != nil {
			if !bytes.Equal(got, before) || head != len(before) {
				t.Fatalf("the buffer is %q, %d", got, head)
			}
			return
		}
		for _, c := range []struct{ got, want []byte }{{got[len(before):head], wantHead}, {got[head:], wantVersion}} {
			if !bytes.Equal(c.got, c.want) {
				t.Fatalf("got  %s\nwant %s", c.got, c.want)
			}
		}
	})
}

func TestWhatIsUnsureIsNotFound(t *testing.T) {
	a := report("en")
	doc, head, err := corpus.AppendDocuments(nil, &a, received)
	if err != nil {
		t.Fatal(err)
	}
	whole, found, ok := strings.Cut(string(doc[:head]), `"stemmed":`)
	if !ok {
		t.Fatalf("%s", doc)
	}
	for _, name := range []string{"Unsure Labour", "Unsure City", `"XU"`, `"lat":-60`, "medtop:14000000", "unsure phrase"} {
		if strings.Contains(found, name) || !strings.Contains(whole, name) {
			t.Errorf("%s is found, or isn't in the document: %s", name, doc)
		}
	}
}

func TestDocumentRefusesWhatJSONCannotHold(t *testing.T) {
	for name, spoil := range map[string]func(*article.Article){
		"no number": func(a *article.Article) { a.Segments[0].Confidence = math.NaN() },
		"infinite":  func(a *article.Article) { a.Credits[0].Confidence = math.Inf(1) },
		"value":     func(a *article.Article) { a.Amounts[0].Value = math.NaN() },
		"place":     func(a *article.Article) { a.Places[0].Lat = math.NaN() },
		"score":     func(a *article.Article) { a.Keyphrases[0].Score = math.Inf(1) },
		"no day":    func(a *article.Article) { a.Moments[0].To = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"year":      func(a *article.Article) { a.PublishedAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		a := report("en")
		spoil(&a)
		if _, err := slow(&a, received, true); err == nil {
			t.Errorf("%s: JSON can hold it", name)
		}
		if doc, err := corpus.Document(&a, received); err == nil || len(doc) > 0 {
			t.Errorf("%s: %s", name, doc)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\u2028<\xffü\"")
	f.Add("\x01\n\u2029\u2013&\\\b")
	f.Fuzz(func(t *testing.T, text string) {
		if quoted, err := json.Marshal(text); err != nil || len(quoted)-2 > corpus.EscapedLen(text) || utf8.ValidString(text) && corpus.EscapedLen(text) > len(quoted)-2+4*strings.Count(text, "\b")+4*strings.Count(text, "\f") {
			t.Fatalf("EscapedLen is %d, in JSON it is %s, %v", corpus.EscapedLen(text), quoted, err)
		}
		a := report("en")
		b := article.Builder{}
		b.Add(article.Headline, text)
		b.Add(article.Paragraph, text)
		b.Fill(&a)
		want, wantErr := slow(&a, received, true)
		got, err := corpus.Document(&a, received)
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%v %v\ngot  %s\nwant %s", err, wantErr, got, want)
		}
	})
}

func BenchmarkDocuments(b *testing.B) {
	a := report("en")
	var builder article.Builder
	builder.Add(article.Headline, "Ministers meet over the budget")
	for range 12 {
		builder.Add(article.Paragraph, strings.Repeat("The talks are \"expected\" to last until the weekend. ", 6))
	}
	builder.Fill(&a)
	b.Run("both", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			var err error
			if buf, _, err = corpus.AppendDocuments(buf[:0], &a, received); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(int64(len(buf)))
	})
	b.Run("plainly", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			for _, searchable := range []bool{true, false} {
				doc, err := slow(&a, received, searchable)
				if err != nil {
					b.Fatal(err)
				}
				n += len(doc)
			}
		}
		b.SetBytes(int64(n / b.N))
	})
}
