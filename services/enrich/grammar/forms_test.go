package grammar_test

import (
	"testing"

	"github.com/copytaster/copytaster/services/enrich/grammar"
)

func TestName(t *testing.T) {
	for in, want := range map[string]string{
		"Nadia Kowalczyk":         "given",
		"Anna-Lena van der Berg":  "given",
		"J. Quillfeather":         "name",
		"Bronte Asquith":          "name",
		"Politics":                "",
		"Back on the rails":       "",
		"Nadia Kowalczyk reports": "",
		"Nadia Kowalczyk, 31":     "",
		"March Monday":            "",
		"":                        "",
	} {
		got := ""
		if given, ok := grammar.ParseName(lex(t), line(in)); ok {
			got = "name"
			if given {
				got = "given"
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestMannersOfBylines(t *testing.T) {
	for in, want := range map[string]string{ // agency, "-" for a byline without one
		"PA Reporter":                               "PA",
		"TT/The Local Herald":                       "TT",
		"Rédaction avec Belga":                      "Belga",
		"Redaktion mit dpa":                         "dpa",
		"Ann Lee |02.06.2025 - Update : 02.06.2025": "-",
		"Sarah Lee, economics correspondent":        "-",
		"von Anna Muster und Ben Beispiel, Köln":    "-",
		"von der Stadt Köln":                        "",
		"TT/Ann Lee":                                "",
		"PA is a news agency":                       "",
		"Police reporter shot":                      "",
	} {
		got := ""
		if b, ok := grammar.ParseByline(lex(t), line(in)); ok {
			got = "-"
			if b.Agency != nil {
				got = b.Agency.Name
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestNoteForms(t *testing.T) {
	for in, want := range map[string]bool{
		"($1 = 4.9412 reais)":  true,
		"(1 = 1)":              true,
		"URGENT":               true,
		"Urgent":               false,
		"EILMELDUNG":           true,
		"The $1 = 1 euro rule": false,
	} {
		if c, _ := grammar.ParseNote(lex(t), line(in)); c >= 0.85 != want {
			t.Errorf("%q: %v", in, c)
		}
	}
}

func TestSignoffBehindASentence(t *testing.T) {
	for in, want := range map[string]string{
		"The firm declined to comment./vmr/ag/jkf": "/vmr/ag/jkf",
		"The firm declined to comment. (AFP)":      "(AFP)",
		"It is read at example.org/a/b":            "",
		"He went and/or stayed there.":             "",
	} {
		l, got := line(in), ""
		if from, ok := grammar.TrailingSignoff(lex(t), l); ok {
			got = in[from:]
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestDatelineForms: a date makes a dateline sure, whatever follows; a headline
// in capitals with a dash in it is none.
func TestDatelineForms(t *testing.T) {
	for in, want := range map[string]string{ // what is read, and whether it is dated
		"TORONTO, March 2 - <Four Seasons Hotels Inc> said":          "TORONTO, March 2 -|dated",
		"LONDON, Oct 20- Allied Irish Banks said":                    "LONDON, Oct 20-|dated",
		"BEVERLY HILLS, CALIF., March 5 - Great Western said":        "BEVERLY HILLS, CALIF., March 5 -|dated",
		"Calgary, Alberta, March 13 - Shr 48 cts":                    "Calgary, Alberta, March 13 -|dated",
		"ARMONK, N.Y., April 13 - 1st qtr":                           "ARMONK, N.Y., April 13 -|dated",
		"(ANSA) - VENICE, MAR 12 - Two brothers":                     "(ANSA) - VENICE, MAR 12 -|dated",
		"SELBITZ - Der Ort liegt":                                    "SELBITZ -|",
		"PEP BOYS - MANNY, MOE AND JACK INC 4TH QTR":                 "",
		"ECUADOR POSTS 71.3 MLN DLR 8-MONTH trade surplus":           "",
		"He came in March 2 - and left":                              "",
		"SOUTH SAN FRANCISCO, Calif., March 9 - Imatron Inc said it": "SOUTH SAN FRANCISCO, Calif., March 9 -|dated",
	} {
		got := ""
		if d, ok := grammar.ParseDateline(lex(t), line(in)); ok {
			got = in[:d.End] + "|"
			if d.Dated {
				got += "dated"
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
