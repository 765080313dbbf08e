package eval

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher"
	"github.com/copytaster/copytaster/services/enrich/enricher/topics"
)

func TestScore(t *testing.T) {
	s := Score{3, 1, 2}
	if s.Precision() != .75 || s.Recall() != .6 || s.F1() != 2*.75*.6/(.75+.6) {
		t.Errorf("%v", s)
	}
	if (Score{}).F1() != 0 || (Score{Missed: 1}).F1() != 0 || !(Score{}).Empty() {
		t.Error("nothing found is not 0")
	}
}

func TestAlike(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"the paper", "Paper", true},
		{"einen ranghohen Beamten", "ein ranghoher Beamter", true},
		{"l’Élysée", "Élysée", true},
		{"“the end of April,”", "end of April", true},
		{"Ana Ruiz", "Ana Ruiz's", true},
		{"Ana Ruiz", "Ana Rubio", false},
		{"Ana Ruiz", "Ruiz", false},
		{"", "the", false},
		{"", "", true},
		{"she", "he", false},
		{"10\u00a0000 €", "10 000 €", true},
	} {
		if Alike(c.a, c.b) != c.same || Alike(c.b, c.a) != c.same {
			t.Errorf("%q and %q: alike is %v", c.a, c.b, !c.same)
		}
	}
}

func TestTopics(t *testing.T) {
	const (
		disaster, conflict, weather = "medtop:03000000", "medtop:16000000", "medtop:17000000"
		politics, sport             = "medtop:11000000", "medtop:15000000"
	)
	path, err := topics.Paths()
	if err != nil {
		t.Fatal(err)
	}
	find := func(a *article.Article) {
		a.Topics = nil
		for code, confidence := range map[string]float64{"medtop:20000156": 1, weather: 1, politics: .5, sport: .4, "medtop:20000070": 1} {
			a.Topics = append(a.Topics, article.Topic{Evidence: article.Evidence{Confidence: confidence}, Qcode: code, Label: "of " + code, Path: path(code)})
		}
	}
	// Found are an avalanche, which is five levels down, weather, politics and a coup.
	m := run(t, "topics", `{"id":"1","language":"en","text":"Some text","topics":["medtop:20000151","medtop:16000000"],"tops":["medtop:03000000"],"doubtful":["medtop:16000000","medtop:17000000"]}`, find)
	want := map[string]Score{
		"topics": {1, 1, 0}, "topics en": {1, 1, 0}, "topics: " + disaster: {1, 0, 0}, "topics: " + politics: {0, 1, 0},
		"topics, doubtful too": {2, 2, 0}, "topics with their paths": {3, 2, 0},
	}
	if d := cmp.Diff(want, m.Scores); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	m = run(t, "topics", `{"id":"1","language":"en","text":"Some text","topics":["medtop:20000070"]}`, find)
	if d := cmp.Diff(Score{1, 3, 0}, m.Scores["topics"]); d != "" || m.Scores["topics: "+conflict] != (Score{Right: 1}) {
		t.Errorf("without tops: %v", m.Scores)
	}
	for data, want := range map[string]string{
		`{"topics":["medtop:1"]}`:                                                                  "none of the Media Topics",
		`{"topics":["medtop:16000000"],"tops":["medtop:20000070"]}`:                                "none of the topmost",
		`{"topics":["medtop:16000000"],"doubtful":["medtop:1"]}`:                                   "none of the topmost",
		`{"topics":["medtop:16000000"],"tops":["medtop:16000000"],"doubtful":["medtop:16000000"]}`: "doubtful and is not",
	} {
		file := filepath.Join(t.TempDir(), "tune.jsonl")
		if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := topicsTask.Run(t.Context(), reader(t, find), file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", data, err, want)
		}
	}
}

// A time without its seconds is the same instant; a day is no time.
func TestInstant(t *testing.T) {
	for in, want := range map[string]string{"2025-03-16T04:00Z": "2025-03-16T04:00:00Z", "2025-03-16T04:00:00Z": "2025-03-16T04:00:00Z", "2025-03-16": "2025-03-16", "": ""} {
		if got := instant(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

// reader is a chain that finds what a test says.
func reader(t *testing.T, find func(a *article.Article)) *enricher.Chain {
	t.Helper()
	ch, err := enricher.NewChain(enricher.Catalogue{{
		Name: "reader", Version: 1, Required: true,
		New: func() (enricher.Enricher, error) { return enrich(find), nil },
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

type enrich func(a *article.Article)

func (f enrich) Enrich(_ context.Context, a *article.Article) error { f(a); return nil }

func at(a *article.Article, words string, confidence float64) article.Evidence {
	i := strings.Index(a.Text, words)
	return article.Evidence{Span: article.Span{Start: i, End: i + len(words)}, Confidence: confidence}
}

func run(t *testing.T, task, data string, find func(a *article.Article)) *Measure {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tune.jsonl")
	if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := Find(task)
	if err != nil {
		t.Fatal(err)
	}
	m, err := k.Run(t.Context(), reader(t, find), file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestQuotes(t *testing.T) {
	const data = `{"id":"1","language":"en","text":"One two three four five six “seven” eight nine","quotes":[
		{"text":"One","speaker":"Ana","role":"mayor","via":"radio","partial":false},{"text":"two","speaker":"the paper","partial":true},
		{"text":"three","speaker":"Bo"},{"text":"four","speaker":null},{"text":"five","speaker":"Cy","doubtful":"may be none"}],
		"scare":["eight",{"text":"nine","doubtful":"a title"}]}`
	m := run(t, "quotes", strings.ReplaceAll(data, "\n", " "), func(a *article.Article) {
		a.Quotes = []article.Quotation{
			{Evidence: at(a, "One", 1), Speaker: "ana", Role: "town clerk", Via: "tv"},
			{Evidence: at(a, "two", 1), Speaker: "Paper", Role: "extra", Via: "extra"},
			{Evidence: at(a, "three", 1), Speaker: "Di"},
			{Evidence: at(a, "six", .4)},
			{Evidence: at(a, "“seven”", .6)},
			{Evidence: at(a, "eight", .9)},
			{Evidence: at(a, "nine", .9)},
		}
	})
	want := map[string]Score{
		"quotes": {2, 3, 2}, "quotes en": {2, 3, 2}, "quotes text": {3, 2, 1}, "quotes: direct": {1, 3, 2}, "quotes: partial": {1, 0, 0},
		"quotes, doubtful too": {2, 4, 3}, "quotes text, doubtful too": {3, 3, 2}, "quotes text en": {3, 2, 1},
		"quotes partial or not": {2, 1, 1}, "quotes role": {0, 1, 1}, "quotes via, some or none": {1, 1, 0},
	}
	if d := cmp.Diff(want, m.Scores); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if d := cmp.Diff([]string{`"three": speaker "Di", want "Bo"`, `missed: "four"`, `not there: "“seven”"`, `not there: "eight"`}, m.Errors["1"]); d != "" {
		t.Error(d)
	}
	if m.Texts != 1 || m.Exact != 0 {
		t.Errorf("%d texts, %d exact", m.Texts, m.Exact)
	}
}

func TestFiguresAndDates(t *testing.T) {
	const amounts = `{"id":"1","language":"de","text":"$5 (4 euros) and $6 to $7, $8","amounts":[{"text":"$5","currency":"USD","value":5},
		{"text":"4 euros","currency":"EUR","value":4,"conversion_of":0},{"text":"$6 to $7","currency":"USD","value":6,"value_to":7},{"text":"$8","currency":"USD","value":null,"approximate":true}],
		"quantities":[{"text":"4 euros","value":4,"unit":"euros"}]}`
	line := strings.ReplaceAll(amounts, "\n", " ")
	m := run(t, "amounts", line, func(a *article.Article) {
		known := func(v, to float64) article.Figure { return article.Figure{Known: true, Value: v, To: to} }
		a.Amounts = []article.Amount{
			{Evidence: at(a, "$5", 1), Figure: known(5, 5), Currency: "USD"},
			{Evidence: at(a, "4 euros", 1), Figure: known(4.1, 4.1), Currency: "EUR", Converts: 1},
			{Evidence: at(a, "$6 to $7", 1), Figure: known(6, 7), Currency: "USD"},
			{Evidence: at(a, "$8", 1), Figure: article.Figure{Approximate: true}, Currency: "CAD"},
		}
	})
	want := map[string]Score{
		"amounts": {2, 2, 2}, "amounts de": {2, 2, 2}, "amounts text": {4, 0, 0}, "amounts text de": {4, 0, 0}, "amounts, doubtful too": {2, 2, 2}, "amounts text, doubtful too": {4, 0, 0},
		"amounts: plain": {1, 1, 1}, "amounts: range": {1, 0, 0}, "amounts: left open": {0, 1, 1}, "amounts converted": {1, 0, 0},
	}
	if d := cmp.Diff(want, m.Scores); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	m = run(t, "quantities", line, func(a *article.Article) {
		a.Quantities = []article.Quantity{{Evidence: at(a, "4 euros", 1), Figure: article.Figure{Known: true, Value: 4, To: 4}, Unit: "the euros"}}
	})
	if s := m.Scores["quantities"]; s != (Score{Right: 1}) || m.Exact != 1 {
		t.Errorf("quantities: %v", s)
	}
	const dates = `{"id":"1","language":"fr","text":"May or May, since the end of April","dates":[{"text":"May","nth":1,"from":null,"to":null,"precision":"unresolved"},{"text":"the end of April","from":"2024-04-21","to":"2024-04-30","precision":"third of a month"}]}`
	m = run(t, "dates", dates, func(a *article.Article) {
		second := at(a, "May,", 1)
		second.End--
		april := article.Moment{Evidence: at(a, "end of April", 1), Precision: article.PrecisionThird}
		april.From = time.Date(2024, 4, 21, 0, 0, 0, 0, time.UTC)
		april.To = time.Date(2024, 4, 30, 0, 0, 0, 0, time.UTC)
		a.Moments = []article.Moment{{Evidence: at(a, "May", 1), Precision: article.PrecisionMonth}, {Evidence: second, Precision: article.PrecisionMonth}, april}
	})
	if s := m.Scores["dates"]; s != (Score{Right: 2, Wrong: 1}) {
		t.Errorf("dates: %v, %v", s, m.Errors)
	}
}

func TestBadCases(t *testing.T) {
	chain := reader(t, func(*article.Article) {})
	for data, says := range map[string]string{
		"":                                  "no case",
		"{":                                 "tune.jsonl:1",
		`{"id":"7","dates":[{"text":"x"}]}`: `case 7 has no 1. "x"`,
	} {
		file := filepath.Join(t.TempDir(), "tune.jsonl")
		if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		task, err := Find("dates")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := task.Run(t.Context(), chain, file); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", data, err)
		}
	}
	if _, err := Find("x"); err == nil || !strings.Contains(err.Error(), "segments, quotes") {
		t.Errorf("%v", err)
	}
	if _, err := All(t.Context(), chain, t.TempDir()); err == nil {
		t.Error("nothing was measured")
	}
}

func TestDatelines(t *testing.T) {
	chain := reader(t, func(a *article.Article) {
		a.Filed.Places = []string{"NEW YORK"}
		a.Filed.Date = time.Date(1986, 12, 31, 0, 0, 0, 0, time.UTC)
	})
	data := `{"id":"1","date":" 2-JAN-1987 15:01:01.79","title":"T","dateline":"    NEW YORK, Dec 31 -","body":"It rose."}
{"id":"2","date":"2-JAN-1987 15:01:01.79","title":"T","dateline":"NEW YORK/LONDON, Jan 2 -","body":"It rose."}
{"id":"no day","date":"2-JAN-1987 15:01:01.79","title":"T","dateline":"NEW YORK, Jun 31 -","body":"It rose."}
{"id":"no dateline","date":"2-JAN-1987 15:01:01.79","title":"T","dateline":"","body":"It rose."}
`
	measure := func(data string) (*Measure, error) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, err := z.Write([]byte(data))
		file := filepath.Join(t.TempDir(), "reports.jsonl.gz")
		if err := errors.Join(err, z.Close(), os.WriteFile(file, b.Bytes(), 0o600)); err != nil {
			t.Fatal(err)
		}
		task, err := Find("datelines")
		if err != nil {
			t.Fatal(err)
		}
		return task.Run(t.Context(), chain, file)
	}
	m, err := measure(data)
	if err != nil {
		t.Fatal(err)
	}
	if half := (Score{Right: 1, Wrong: 1, Missed: 1}); m.Texts != 2 || m.Exact != 1 || m.Scores["datelines"] != half || m.Scores["datelines place"] != half || m.Scores["datelines date"] != half {
		t.Errorf("%+v", m)
	}
	for data, says := range map[string]string{
		"": "no report", data + "{": "reports.jsonl.gz:5", strings.ReplaceAll(data, "2-JAN", "2.JAN"): "reports.jsonl.gz:1",
	} {
		if _, err := measure(data); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", data, err)
		}
	}
}

func TestUnseen(t *testing.T) {
	for data, is := range map[string]bool{"a/measure.jsonl": true, "testdata/unseen/": true, "unseen/k.jsonl": true, "a/tune.jsonl": false, "a/unseen.jsonl": false, "wire": false} {
		if Unseen(data) != is {
			t.Errorf("%s is unseen: %v", data, !is)
		}
	}
}

func TestWrite(t *testing.T) {
	m := newMeasure()
	m.Texts = 3
	m.add("segment", Score{1, 2, 3})
	m.add("segment de", Score{1, 0, 0})
	m.blame("a", "one")
	m.blame("b", "two")
	m.blame("b", "three")
	r := Result{Tasks[0], "wire", m}
	var b strings.Builder
	r.Write(&b, 1)
	if s := b.String(); !strings.Contains(s, "(1 right, 2 wrong, 3 missed)") || !strings.Contains(s, "three") || strings.Contains(s, "one") {
		t.Error(s)
	}
	b.Reset()
	WriteTable(&b, []Result{r})
	if s := b.String(); strings.Count(s, "\n") != 3 || !strings.Contains(s, "0.333     0.250     0.286          1      2       3") {
		t.Error(s)
	}
	if low := m.Hold(map[string]float64{"segment": .3, "segment de": 1, "none": .1}); len(low) != 2 {
		t.Errorf("%q", low)
	}
}

func TestPlaces(t *testing.T) {
	const data = `<articles><article><text>Über Lyon, Paris and Rome</text><locations>
		<location><name>Lyon</name><start>6</start><end>10</end><lat>45.76</lat><lon>4.84</lon></location>
		<location><name>Paris</name><start>12</start><end>17</end><lat>33.66</lat><lon>-95.55</lon></location>
		<location><name>Rome</name><start>22</start><end>26</end><lat>41.9</lat><lon>12.5</lon></location>
		</locations></article></articles>`
	m := run(t, "places", data, func(a *article.Article) {
		a.Places = []article.Place{
			{Name: "Lyon", Located: true, Lat: 45.7, Lon: 4.8, Mentions: []article.Evidence{at(a, "Lyon", 1)}},
			{Name: "Paris", Located: true, Lat: 48.9, Lon: 2.3, Mentions: []article.Evidence{at(a, "Paris", 1)}},
			{Name: "And", Mentions: []article.Evidence{at(a, "and", 1)}},
		}
	})
	want := map[string]Score{
		"places": {2, 1, 1}, "places tuned on": {2, 1, 1},
		"places within 161 km": {1, 0, 2}, "places within 161 km tuned on": {1, 0, 2},
	}
	if d := cmp.Diff(want, m.Scores); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if km := m.Figures["places median error of those found, km"]; km < 7000 || km > 9000 {
		t.Errorf("Paris is %v km off", km)
	}
}

func TestWhere(t *testing.T) {
	const data = `{"id":"1","language":"de","text":"Rom, Roma, Po, Elbe, Bern, Club, Paris, X","mentions":[
		{"type":"place","name":"Rom","text":"Rom"},{"type":"place","name":"Rom","text":"Roma"},{"type":"place","name":"Po","text":"Po"},
		{"type":"place","name":"Elbe","text":"Elbe","optional":true},{"type":"organisation","name":"Bern","text":"Bern","alternative":"place"},{"type":"person","name":"X","text":"X"}],
		"places":[{"name":"Rom","country":"IT","lat":41.9,"lon":12.5,"tolerance_km":20,"main":true},{"name":"Po","country":"IT"},{"name":"Elbe","country":null}],
		"never":[{"type":"place","text":"Club"},{"type":"any","text":"Paris","nth":0},{"type":"person","text":"Rom"}]}`
	m := run(t, "where", strings.ReplaceAll(data, "\n", " "), func(a *article.Article) {
		rome := article.Place{Name: "Rome", Country: "IT", GeoNamesID: 1, Located: true, Lat: 41.9, Lon: 12.5, Main: true, Mentions: []article.Evidence{at(a, "Rom", 1)}}
		far := rome
		far.Lat, far.Main, far.Mentions = 43, false, []article.Evidence{at(a, "Roma", 1)}
		po := article.Place{Name: "Po", Country: "FR", Mentions: []article.Evidence{at(a, "Po", 1)}}
		more := article.Place{Name: "Bern", Country: "CH", Mentions: []article.Evidence{at(a, "Bern", 1), at(a, "Club", 1), at(a, "X", .4)}}
		a.Places = []article.Place{rome, far, po, more}
	})
	want := map[string]Score{
		"where": {1, 3, 2}, "where de": {1, 3, 2}, "where, doubtful too": {1, 4, 3}, "where text": {3, 1, 0}, "where text de": {3, 1, 0}, "where text, doubtful too": {3, 2, 1},
		"where: town": {1, 1, 1}, "where: other place": {0, 1, 1}, "where country": {2, 1, 1}, "where position of towns": {1, 1, 1}, "where GeoNames id of towns": {1, 1, 1},
		"where main place": {1, 0, 0}, "where never": {1, 1, 1},
	}
	if d := cmp.Diff(want, m.Scores); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if m.Exact != 0 || len(m.Errors["1"]) != 4 {
		t.Errorf("%q", m.Errors["1"])
	}
}
