package query_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/query"
)

// TestParse: what a query is read as, in its canonical form.
func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		" \t\n":                      "",
		"niger":                      "niger",
		"  Niger   coup ":            "Niger coup",
		`"air defence"`:              `"air defence"`,
		`"air` + "\n\t" + `defence"`: `"air defence"`,
		"-sport":                     "-sport",
		`niger -"press review" us`:   `niger -"press review" us`,

		// What newcomers type and paste.
		"air-defence":                    "air-defence",
		"Paris - London":                 "Paris London",
		"a & b":                          "a b",
		"niger -":                        "niger",
		"--sport":                        "-sport",
		"„Mali“ «Niger» ”T”":             `"Mali" "Niger" "T"`,
		`ab"c d"ef`:                      `ab "c d" ef`,
		`"a"-b`:                          `"a" -b`,
		"尼日尔 政变":                         "尼日尔 政变",
		"☕":                              "☕",
		"l’État":                         "l’État",
		"niger\x00coup":                  "niger coup",
		"\xff ok":                        "ok",
		"\u200fالنيجر\u200e":             "النيجر",
		"C++ U.S. AT&T":                  "C++ U.S. AT&T",
		"Niger: junta orders troops out": "Niger: junta orders troops out",
		"Who will win?":                  "Who will win?",
		"¿Qué pasa?":                     "¿Qué pasa?",
		"10:30 3:1":                      "10:30 3:1",
		"https://example.org/?q=1":       "https://example.org/?q=1",
		"a=b = c":                        "a=b c",
		"body: found":                    "body: found",
		"* niger **":                     "niger",
		"niger AND":                      "niger",
		"OR niger":                       "niger",
		"niger NOT":                      "niger",
		"niger AND NOT":                  "niger",
		"a AND AND b":                    "a b",
		"a OR OR b":                      "a OR b",
		"a OR AND":                       "a",
		"a -AND b":                       "a b",
		"AND NOT a OR":                   "-a",
		"a or b and not c":               "a or b and not c",
		"AND, OR: NOT!":                  "AND, OR: NOT!",

		// Operators.
		"a AND b":           "a b",
		"a b OR c d":        "a b OR c d",
		"a (b OR c) d":      "a (b OR c) d",
		"(a b) c":           "a b c",
		"(a OR b) OR c":     "a OR b OR c",
		"((a))":             "a",
		"NOT a":             "-a",
		"NOT NOT a":         "a",
		"a -(b OR c)":       "a -(b OR c)",
		"NOT (a b)":         "-(a b)",
		"a || b && c":       "a OR b c",
		"a - (b)":           "a b",
		"a AND -b":          "a -b",
		"x OR -y":           "x OR -y",
		"(a OR b)c":         "(a OR b) c",
		"a AND (b AND (c))": "a b c",
		"-x -y":             "-x -y",
		"a NOT b OR c":      "a -b OR c",

		// Forms of words.
		`"a b"~5`:     `"a b"~5`,
		`"a b"~`:      `"a b"`,
		"niger*":      "niger*",
		"wom?n":       "wom?n",
		"nig*r?x*":    "nig*r?x*",
		"=died":       "=died",
		`="has died"`: `="has died"`,
		`=niger*`:     `niger*`,
		`="a b"~3`:    `="a b"~3`,
		`"M*A*S*H"`:   `"M*A*S*H"`,
		"Straßen*":    "Straßen*",

		// Fields.
		"headline:niger":              "headline:niger",
		"HEADLINE:Niger":              "headline:Niger",
		"headline:=died":              "headline:=died",
		`headline:"air defence"~2`:    `headline:"air defence"~2`,
		"headline:(a OR b) c":         "(headline:a OR headline:b) c",
		"headline:(a b)":              "headline:a headline:b",
		"headline:(a -b)":             "headline:a -headline:b",
		"headline:nig*":               "headline:nig*",
		"-headline:roundup":           "-headline:roundup",
		"org:nato organization:un":    "organisation:nato organisation:un",
		`person:="Emmanuel Macron"`:   `person:="Emmanuel Macron"`,
		"country:ne":                  "country:ne",
		"country:(NE OR ML)":          "country:NE OR country:ML",
		"topic:medtop:20000070":       "topic:medtop:20000070",
		"topic:20000070":              "topic:20000070",
		`topic:"coup d'etat"`:         `topic:"coup d'etat"`,
		"topic:sport":                 "topic:sport",
		"said:abdramane":              "said:abdramane",
		"said:(abdramane withdraw*)":  "said:(abdramane withdraw*)",
		"said:(a)":                    "said:a",
		"said:(speaker:a b)":          "said:(speaker:a b)",
		"said:(speaker:a)":            "said:(speaker:a)",
		"said:(a -b)":                 "said:(a -b)",
		"said:-b":                     "said:-b",
		"-said:x":                     "-said:x",
		"said:a said:b":               "said:a said:b",
		"speaker:macron":              "speaker:macron",
		"amount:>5mln":                "amount:>5mln",
		"amount:EUR":                  "amount:EUR",
		"amount:EUR:1000000..5000000": "amount:EUR:1000000..5000000",
		"amount:EUR1mln..":            "amount:EUR1mln..",
		"amount:eur:5":                "amount:eur:5",
		"amount>5mln":                 "amount:>5mln",
		"date:2024-04-20":             "date:2024-04-20",
		"date:2024..":                 "date:2024..",
		"published:>now-7d":           "published:>now-7d",
		"published>=yesterday":        "published:>=yesterday",
		"published:2024-04-20T06:00Z..2024-04-20T09:00:00+02:00": "published:2024-04-20T06:00Z..2024-04-20T09:00:00+02:00",
		"received:today":               "received:today",
		"urgency:1..3 urgency:>=2":     "urgency:1..3 urgency:>=2",
		"near:13.5,2.1~50km":           "near:13.5,2.1~50km",
		"near:-13.5,-2.1":              "near:-13.5,-2.1",
		"translated:no flag:x":         "translated:no flag:x",
		"status:Usable":                "status:Usable",
		"lang:en":                      "language:en",
		"uri:urn:copytaster:site-3:42": "uri:urn:copytaster:site-3:42",
		`"air defense" AND (place:NE OR niger*) NOT topic:sport published:>now-7d -headline:roundup`: `"air defense" (place:NE OR niger*) -topic:sport published:>now-7d -headline:roundup`,
	} {
		q, err := query.Parse(in)
		if err != nil {
			t.Errorf("Parse(%q): %v", in, err)
			continue
		}
		if got := q.String(); got != want {
			t.Errorf("Parse(%q) is %q, want %q", in, got, want)
		}
	}
}

// TestErrors: each points at the character, and says what would be right.
func TestErrors(t *testing.T) {
	for in, want := range map[string]struct {
		at   int
		says string
	}{
		`"niger`:      {0, "never closed"},
		`é “niger`:    {2, "never closed"},
		`a "b" -"c`:   {7, "never closed"},
		`""`:          {0, "no word between"},
		`niger " - "`: {6, "no word between"},
		" &":          {1, "no word to search for"},
		"-":           {0, "no word to search for"},
		"*":           {0, "no word to search for"},
		"||":          {0, "no word to search for"},
		"😀😀 \"x":      {3, "never closed"},
		"(a":          {0, "never closed"},
		"a (b (c)":    {2, "never closed"},
		"a)":          {1, "never opened"},
		"a ()":        {2, "nothing to search for"},
		"a (-)":       {2, "nothing to search for"},
		"(((((((((a":  {8, "more than 8 deep"},

		"foo:bar":              {0, "no field foo:"},
		"persn:macron":         {0, "perhaps person:"},
		"headlin:x":            {0, "perhaps headline:"},
		"x -writer:y":          {3, "no field writer:"},
		"headline:&":           {9, "& is no word"},
		`headline:""`:          {9, "no word between"},
		"story:niger":          {0, "can't be searched yet"},
		"duplicate:x":          {0, "can't be searched yet"},
		"headline:(body:x)":    {10, "headline:( ) holds for all"},
		"said:(person:x)":      {6, "inside of said:( )"},
		"said:(a (body:x))":    {9, "inside of said:( )"},
		"country:niger":        {8, "ISO 3166-1"},
		"currency:euro":        {9, "ISO 4217"},
		"status:open":          {7, "usable, withheld, canceled"},
		"language:english!":    {9, "not a language"},
		"translated:maybe":     {11, "neither yes nor no"},
		"topic:qqqqq":          {6, "no Media Topic"},
		"topic:ecnomy":         {6, "perhaps"},
		"urgency:0":            {8, "from 1 to 9"},
		"urgency:1..x":         {11, "from 1 to 9"},
		"urgency:3..1":         {8, "ends before it begins"},
		"urgency:>":            {8, "nothing behind >"},
		"urgency:..":           {8, "on one side"},
		"amount:lots":          {7, "not an amount"},
		"amount:>5zillion":     {8, "many zeros"},
		"amount:EUR:1,000":     {11, "not an amount"},
		"amount:5..1":          {7, "ends before it begins"},
		"published:soon":       {10, "not a time"},
		"published:2024-13":    {10, "not a time"},
		"published:now-7m":     {10, "min or mo"},
		"published:now-7x":     {10, "none of s, min"},
		"published:today-1h":   {10, "hours from now"},
		"published:2025..2024": {10, "ends before it begins"},
		"published:0000":       {10, "years are 1 to 9999"},
		"near:13.5":            {5, "latitude and longitude"},
		"near:93.5,2":          {5, "-90 to 90"},
		"near:3.5,200":         {5, "-180 to 180"},
		"near:3,2~6000km":      {5, "1m to 5000km"},

		"*niger":                               {0, "can't begin with *"},
		"ni*":                                  {0, "at least 3 letters"},
		"x ni?er":                              {2, "at least 3 letters"},
		"air-def*":                             {0, "single word"},
		"尼日尔*":                                 {0, "single word"},
		`"a b"~51`:                             {5, "up to 50"},
		strings.Repeat("a", query.MaxLength+1): {query.MaxLength, "characters"},
		strings.Repeat("a ", query.MaxAnywhere) + "b":         {2 * query.MaxAnywhere, "too much at once"},
		`"` + strings.Repeat("a ", query.MaxWords) + `b"`:     {0, "more than 100 words"},
		strings.Repeat("abc* ", query.MaxPatterns) + "abcd?e": {50, "more than 10 words"},
		"x abc*d*e*f*":               {2, "up to 3 *"},
		"abc*d????????????????????e": {0, "up to 1 ?"},
		"abc*d?e?f":                  {0, "up to 1 ?"},
		"amount:>=" + strings.Repeat("9", 294) + "tn": {9, "too great"},
		"abc*" + strings.Repeat("d", query.MaxTail+1): {0, "up to 32 characters"},
		"topic:policy": {6, ""},
	} {
		if in == "topic:policy" {
			continue
		}
		_, err := query.Parse(in)
		var e *query.Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%q): error %v, want a *query.Error", in, err)
			continue
		}
		if e.At != want.at || !strings.Contains(e.Message, want.says) {
			t.Errorf("Parse(%q): %q at %d, want %q at %d", in, e.Message, e.At, want.says, want.at)
		}
	}
}

func TestLimitsAreInclusive(t *testing.T) {
	for _, in := range []string{
		strings.Repeat("é", query.MaxLength),
		strings.Repeat("a ", query.MaxAnywhere),
		`"` + strings.Repeat("a ", query.MaxWords) + `"`,
		strings.Repeat("abc* ", query.MaxPatterns),
		"a b abc????????????????????*d**e?f*",
		"abc*" + strings.Repeat("d", query.MaxTail),
		strings.Repeat("(", query.MaxDepth) + "a" + strings.Repeat(")", query.MaxDepth),
		`"a b"~50`,
		"near:3,2~5000km",
	} {
		if _, err := query.Parse(in); err != nil {
			t.Errorf("%.40q…: %v", in, err)
		}
	}
}

// pieces are what random queries are made of.
var pieces = []string{
	"niger", "coup", "AND", "OR", "NOT", "-", "(", ")", `"`, "“", " ", " ", " ", "*", "?", "=", "~2", "headline:", "person:", "said:", "speaker:", "country:NE",
	"published:>now-7d", "topic:sport", "amount:EUR:>5mln", "near:1,2", "foo:", ":", "é", "尼", "😀", "\u0301", "&", "||", "l’État", "urgency:1..3", "translated:no", "language:",
	"said:(", "headline:(", "\u200f", "\ufffd", "C++", "https://x", "יש\"ר", "1", ".",
}

// TestStringIsReadBack: the canonical form of a query is that query.
func TestStringIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 14).Draw(t, "query"), "")
		q, err := query.Parse(in)
		if err != nil {
			checkError(t, in, err)
			return
		}
		again, err := query.Parse(q.String())
		if err != nil {
			t.Fatalf("Parse(%q) of %q: %v", q.String(), in, err)
		}
		if again.String() != q.String() {
			t.Fatalf("%q became %q, and that %q", in, q.String(), again.String())
		}
	})
}

func checkError(t interface{ Fatalf(string, ...any) }, in string, err error) {
	var e *query.Error
	if !errors.As(err, &e) || e.At < 0 || e.At > utf8.RuneCountInString(in) {
		t.Fatalf("Parse(%q): %v", in, err)
	}
}
