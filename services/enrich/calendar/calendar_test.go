package calendar_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/calendar"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

func TestLanguages(t *testing.T) {
	ls, err := calendar.Languages()
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"en", "de", "fr", "es"} {
		if ls[tag] == nil || ls[tag].Tag != tag {
			t.Errorf("no %s", tag)
		}
	}
}

// A mistake in the data is found with its place.
func TestBrokenData(t *testing.T) {
	const tense = "[past]\nwas\n"
	for terms, want := range map[string]string{
		"[month]\nmay\n":               "terms.txt:2",
		"[month]\n5: \n[weather]\nx\n": "unknown section [weather]",
		"[month]\nfive: may\n":         "terms.txt:2",
		"[unit]\nfortnight: x\n":       "no unit",
		"[part]\nafter: x\n":           "early, mid, late",
		"[period]\nyear: x\n":          "not a unit and a distance",
		"[feast]\n13-01: x\n":          "no day of a feast",
		"[rules]\ncolour: red\n":       "unknown rule",
		"[to]\n...\n":                  "no words",
		"may\n":                        `xx/terms.txt:1: "may" stands before the first section`,
		"[to]\nto {the; until\n":       "a brace without its other",
	} {
		_, err := calendar.Load(fstest.MapFS{"xx/terms.txt": {Data: []byte(terms)}, "xx/tense.txt": {Data: []byte(tense)}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", terms, err, want)
		}
	}
	if _, err := calendar.Load(fstest.MapFS{}); err == nil {
		t.Error("no language is no error")
	}
	if _, err := calendar.Load(fstest.MapFS{"xx/terms.txt": {Data: []byte("[to]\nto\n")}}); err == nil {
		t.Error("a language without tense.txt is no error")
	}
}

// Braces hold alternatives.
func TestAlternatives(t *testing.T) {
	ls, err := calendar.Load(fstest.MapFS{
		"xx/terms.txt": {Data: []byte("[rules]\nnames: small\nyear: bare\n[month]\n3: mar{so,zo}\n[of]\nof{, the}\n")},
		"xx/tense.txt": {Data: []byte("[past]\nwas\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"3 of marso of 2024", "3 of the marzo of the 2024"} {
		if xs := ls["xx"].Read(nil, lexicon.NewWords(text), 0, len(text), 10, new(calendar.Manner)); len(xs) != 1 || text[xs[0].Start:xs[0].End] != text {
			t.Errorf("%q: %+v", text, xs)
		}
	}
}

// A language of its own needs data and no code.
func TestNewLanguage(t *testing.T) {
	ls, err := calendar.Load(fstest.MapFS{
		"eo/terms.txt": {Data: []byte("[rules]\nnames: small\nyear: bare\n[month]\n3: marto\n[of]\nde\n[shift]\n-1: pasinta\n[unit]\nyear: jaro\n")},
		"eo/tense.txt": {Data: []byte("[past ending]\nis\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	text := "Ĝi okazis la 3 de marto de 2024 kaj en la pasinta jaro."
	xs := ls["eo"].Read(nil, lexicon.NewWords(text), 0, len(text), 10, new(calendar.Manner))
	if len(xs) != 2 || text[xs[0].Start:xs[0].End] != "3 de marto de 2024" || text[xs[1].Start:xs[1].End] != "pasinta jaro" {
		t.Fatalf("%+v", xs)
	}
	when, ok := xs[1].Resolve(time.Date(2025, 3, 12, 0, 0, 0, 0, time.UTC))
	if !ok || when.From.Year() != 2024 || when.To.Month() != time.December || when.Precision != article.PrecisionYear {
		t.Errorf("%+v", when)
	}
	if _, ok := xs[1].Resolve(time.Time{}); ok {
		t.Error("resolved without a day to count from")
	}
}

func TestLimit(t *testing.T) {
	ls, err := calendar.Languages()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("on 3 March 2024 ", 20)
	if xs := ls["en"].Read(nil, lexicon.NewWords(text), 0, len(text), 7, new(calendar.Manner)); len(xs) != 7 {
		t.Errorf("%d expressions", len(xs))
	}
}
