package lexicon_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

func folder(phrases, agencies, places string) fstest.MapFS {
	return fstest.MapFS{
		"lang/xx/phrases.txt": {Data: []byte(phrases)}, "agencies.tsv": {Data: []byte(agencies)}, "places.txt": {Data: []byte(places)}, "given.txt": {Data: []byte("[f]\nAda\n[m]\nJohn;Jan\n[-]\nKim\n")},
	}
}

func TestLoadNamesTheLine(t *testing.T) {
	const phrases, agencies, places = "[byline]\nby\n", "dpa\tboth\tde\tdpa\tDeutsche Presse-Agentur\n", "Rome\n"
	if _, err := lexicon.Load(folder(phrases, agencies, places)); err != nil {
		t.Fatal(err)
	}
	given := func(names string) fstest.MapFS {
		dir := folder(phrases, agencies, places)
		dir["given.txt"] = &fstest.MapFile{Data: []byte(names)}
		return dir
	}
	for says, dir := range map[string]fstest.MapFS{
		"given.txt:1: \"Ada\" stands before the first section":                          given("Ada\n[f]\n"),
		"given.txt:2: unknown section [x]":                                              given("# c\n[x]\nAda\n"),
		"given.txt:2: \"Ada;-\" has no words":                                           given("[f]\nAda;-\n"),
		"lang/xx/phrases.txt:1: unknown section [bylines]":                              folder("[bylines]\n", agencies, places),
		"lang/xx/phrases.txt:2: \"by\" stands before the first section":                 folder("# c\nby\n", agencies, places),
		"agencies.tsv:1: an agency has 5 columns, or 6 with its parent, this row has 2": folder(phrases, "dpa\tboth\n", places),
		"agencies.tsv:1: \"x\" is none of text, photo, both":                            folder(phrases, "dpa\tx\tde\tdpa\tdpa\n", places),
		"agencies.tsv:1: mark \"\" has no words":                                        folder(phrases, "dpa\tboth\tde\t\tdpa\n", places),
		"places.txt:2: \"-\" has no words":                                              folder(phrases, agencies, "Rome\n-\n"),
		"no lang/*/phrases.txt":                                                         {},
	} {
		if _, err := lexicon.Load(dir); err == nil || err.Error() != says {
			t.Errorf("got %v, want %s", err, says)
		}
	}
}

func TestScan(t *testing.T) {
	text := "L’État d'Ivoire: U.S. dpa-AFX 3.60\u00a0€ ÉCOLE"
	var got []string
	for _, k := range lexicon.Scan(nil, text, 0, len(text)) {
		got = append(got, text[k.Start:k.End])
	}
	if s := strings.Join(got, "|"); s != "L|État|d|Ivoire|U|S|dpa|AFX|3|60|ÉCOLE" {
		t.Errorf("got %s", s)
	}
	a, b := lexicon.Scan(nil, "ÉCOLE", 0, 6)[0], lexicon.Scan(nil, "école", 0, 6)[0]
	if a.Hash != b.Hash || a.Shape&lexicon.AllCaps == 0 || b.Shape&lexicon.Lower == 0 {
		t.Errorf("%+v %+v", a, b)
	}
}

// TestGivenNames: who is named by a given name may be a man, a woman, or either.
func TestGivenNames(t *testing.T) {
	lex, err := lexicon.Load(folder("[byline]\nby\n", "dpa\tboth\tde\tdpa\tDeutsche Presse-Agentur\n", "Rome\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]lexicon.Class{"Ada": lexicon.Given | lexicon.Woman, "Jan": lexicon.Given | lexicon.Man, "Kim": lexicon.Given, "Rome": lexicon.City, "Xyz": 0} {
		if got := lex.Phrases.All(lexicon.Scan(nil, name, 0, len(name))); got != want {
			t.Errorf("%s is %b, want %b", name, got, want)
		}
	}
}
