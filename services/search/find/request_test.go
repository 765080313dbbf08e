package find

import (
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/query"
)

// drawRequest is any request that can be asked for.
func drawRequest(t *rapid.T) Request {
	v := url.Values{}
	v.Set("q", rapid.SampledFrom([]string{"", "niger", `"a b" -c`, "  x  ", "person:x OR (a published:>now-7d)"}).Draw(t, "q"))
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aé \"&=%;/尼")), 0, 8, -1)
	for _, f := range Facets {
		values := rapid.SliceOfN(text, 0, 3)
		if f.Day {
			values = rapid.SliceOfN(rapid.SampledFrom([]string{"2024-02-29", "1999-12-31"}), 0, 2)
		}
		if f.Name == "country" {
			values = rapid.SliceOfN(rapid.SampledFrom([]string{"NE", "US"}), 0, 2)
		}
		if f.Name == "currency" {
			values = rapid.SliceOfN(rapid.SampledFrom([]string{"EUR", "USD"}), 0, 2)
		}
		v[f.Name] = values.Draw(t, f.Name)
	}
	v.Set("from", rapid.SampledFrom([]string{"", "2024-01-01", "2024-01-01T00:00:00+02:00"}).Draw(t, "from"))
	v.Set("to", rapid.SampledFrom([]string{"", "2024-01-02"}).Draw(t, "to"))
	v.Set("said", rapid.SampledFrom([]string{"", "never", `"a b" -c`, "  x  "}).Draw(t, "said"))
	v.Set("amount_from", rapid.SampledFrom([]string{"", "1", "1e6"}).Draw(t, "amount_from"))
	v.Set("amount_to", rapid.SampledFrom([]string{"", "1e6", "2000000.5"}).Draw(t, "amount_to"))
	v.Set("mentioned_from", rapid.SampledFrom([]string{"", "2024-01-01"}).Draw(t, "mentioned_from"))
	v.Set("mentioned_to", rapid.SampledFrom([]string{"", "2024-01-01", "2024-02-01"}).Draw(t, "mentioned_to"))
	v.Set("translated", rapid.SampledFrom([]string{"", "yes", "no"}).Draw(t, "translated"))
	v.Set("evolved_from", rapid.SampledFrom([]string{"", " urn:x:1 ", "https://x.example/a?b=c&d"}).Draw(t, "evolved_from"))
	v.Set("facets", rapid.SampledFrom([]string{"", "none", "person", "topic, day,topic"}).Draw(t, "facets"))
	v.Set("sort", rapid.SampledFrom([]string{"", "time", "relevance"}).Draw(t, "sort"))
	v.Set("size", rapid.SampledFrom([]string{"", "1", "100"}).Draw(t, "size"))
	r, err := ParseRequest(v, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRequestIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequest(t)
		again, err := ParseRequest(r.Values(), time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(r, again, cmp.AllowUnexported(Request{}, Reading{}, interval{}),
			cmp.Comparer(func(a, b query.Query) bool { return a.String() == b.String() }), cmp.Comparer(func(a, b query.Said) bool { return a.String() == b.String() })); d != "" {
			t.Fatalf("(-before +after):\n%s", d)
		}
	})
}

// TestFirstAndLastDays: what Elasticsearch is asked for has years of four digits, no
// bound is passed over, and what can't be asked for is told.
func TestFirstAndLastDays(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	const first, last = "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"
	for _, c := range []struct {
		name, value, want string
		zone              *time.Location
	}{
		{"mentioned_from", "0001-01-01", first, time.UTC},
		{"mentioned_from", "9999-12-31", "9999-12-31T00:00:00.000Z", time.UTC},
		{"mentioned_to", "0001-01-01", "0001-01-02T00:00:00.000Z", time.UTC},
		{"mentioned_to", "9999-12-31", last, time.UTC},
		{"to", "9999-12-31", last, time.UTC},
		{"to", "9999-12-31T23:00:00-05:00", last, time.UTC},
		{"to", "0001-01-01", "0001-01-02T00:00:00.000Z", time.UTC},
		{"from", "0001-01-01", first, berlin},
		{"day", "9999-12-31", last, time.UTC},
		{"day", "9999-12-31", "9999-12-31T23:00:00.000Z", berlin},
		{"day", "0001-01-01", first, berlin},
		{"day", "0001-01-01", "0001-01-02T00:00:00.000Z", time.UTC},
	} {
		r, err := ParseRequest(url.Values{c.name: {c.value}}, c.zone)
		if err != nil {
			t.Errorf("%s=%s: %v", c.name, c.value, err)
			continue
		}
		b, err := json.Marshal([]any{r.reading(), between(r.from, r.to), r.filters("")})
		if err != nil || !strings.Contains(string(b), strconv.Quote(c.want)) || strings.Contains(string(b), `"10000`) {
			t.Errorf("%s=%s: %s, %v, want %s", c.name, c.value, b, err, c.want)
		}
	}
	for name, values := range map[string][]string{
		"mentioned_from": {"0000-12-31", "10000-01-01"}, "mentioned_to": {"0000-12-31", "10000-01-01"}, "day": {"0000-12-31", "10000-01-01"},
		"from": {"0000-12-31", "0000-12-31T00:00:00Z"}, "to": {"0000-12-31", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00"},
	} {
		for _, v := range values {
			_, err := ParseRequest(url.Values{name: {v}}, time.UTC)
			var wrong *ParameterError
			if !errors.As(err, &wrong) || wrong.Parameter != name || !strings.Contains(wrong.Message, "years 1 to 9999") {
				t.Errorf("%s=%s: %v", name, v, err)
			}
		}
	}
}

func TestCursorBelongsToItsSearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRequest(t), drawRequest(t)
		c := cursor{
			Score: float64(rapid.Float32Range(0, 1e30).Draw(t, "score")), Date: rapid.Int64Range(-maxInstant, maxInstant).Draw(t, "date"),
			URI: rapid.StringN(1, 20, -1).Draw(t, "uri"), Origin: rapid.Int64Range(0, maxInstant).Draw(t, "origin"),
		}
		s, err := c.encode(a)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeCursor(s, a)
		if err != nil || got.Score != c.Score || got.Date != c.Date || got.Origin != c.Origin || got.URI != strings.ToValidUTF8(c.URI, "\ufffd") {
			t.Fatalf("%+v became %+v, %v", c, got, err)
		}
		if _, err := decodeCursor(s, b); (err == nil) != (a.identity() == b.identity()) {
			t.Fatalf("the cursor of %q for %q: %v", a.identity(), b.identity(), err)
		}
	})
}

func FuzzCursor(f *testing.F) {
	r, err := ParseRequest(url.Values{"q": {"niger"}}, time.UTC)
	if err != nil {
		f.Fatal(err)
	}
	good, err := cursor{Score: 4, Date: 1, URI: "urn:x", Origin: 2}.encode(r)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("")
	f.Add("AAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := decodeCursor(s, r)
		var wrong *ParameterError
		if err != nil && !errors.As(err, &wrong) {
			t.Fatal(err)
		}
		if err == nil && c.URI == "" {
			t.Fatalf("%q: %+v", s, c)
		}
	})
}

func TestCut(t *testing.T) {
	m := newMarks()
	for in, want := range map[string]Fragment{
		"":                                nil,
		"plain":                           {{"plain", false}},
		m.open + "a" + m.shut:             {{"a", true}},
		"x " + m.open + "a" + m.shut + "": {{"x ", false}, {"a", true}},
		m.open + "a" + m.shut + m.open + "b" + m.shut + " <c>": {{"a", true}, {"b", true}, {" <c>", false}},
		"\ue000a\ue001":       {{"\ue000a\ue001", false}},
		m.open + "never shut": {{"never shut", true}},
	} {
		if d := cmp.Diff(want, m.cut(in)); d != "" {
			t.Errorf("%q (-want +got):\n%s", in, d)
		}
	}
}

func TestJoined(t *testing.T) {
	for _, c := range []struct{ of, want Fragment }{
		{nil, nil},
		{Fragment{{"a", true}, {" ", false}, {"b", true}, {" \u00a0", false}, {"c", true}, {" d", false}}, Fragment{{"a b \u00a0c", true}, {" d", false}}},
		{Fragment{{" ", false}, {"a", true}, {" ", false}}, Fragment{{" ", false}, {"a", true}, {" ", false}}},
		{Fragment{{"a", true}, {"-", false}, {"b", true}, {"c", true}}, Fragment{{"a", true}, {"-", false}, {"b", true}, {"c", true}}},
		{Fragment{{" ", false}, {"a", true}}, Fragment{{" ", false}, {"a", true}}},
	} {
		if d := cmp.Diff(c.want, c.of.joined()); d != "" {
			t.Errorf("%+v (-want +got):\n%s", c.of, d)
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add("q=a&day=2024-02-30&size=9&from=x")
	f.Add("agency=%ff&q=%22")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		r, err := ParseRequest(v, time.UTC)
		var wrong *ParameterError
		if err != nil && !errors.As(err, &wrong) {
			t.Fatal(err)
		}
		_ = r.Values()
	})
}
