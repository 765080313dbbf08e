package amounts

import (
	"testing"
	"testing/fstest"
)

func folder(currencies, words, countries string) fstest.MapFS {
	return fstest.MapFS{
		"data/currencies.txt":            {Data: []byte(currencies)},
		"data/lang/und/words.txt":        {Data: []byte("[format]\ndecimal = .\n")},
		"data/lang/xx/words.txt":         {Data: []byte(words)},
		"data/lang/xx/countries.txt":     {Data: []byte(countries)},
		"data/lang/no-words/ignored.txt": {Data: []byte("")},
	}
}

func TestDataErrorsNameTheLine(t *testing.T) {
	const currencies, words, countries = "franc = CHF\nCHF franc Fr\n", "[number]\ntwo = 2\n[money]\nfranc = franc\n", "CHF | Swiss\n"
	if _, err := readData(folder(currencies, words, countries)); err != nil {
		t.Fatal(err)
	}
	for says, dir := range map[string]fstest.MapFS{
		`data/currencies.txt:1: "CHF" is not a code of three letters, a family, and signs`:    folder("CHF\n", words, countries),
		`data/lang/xx/words.txt:2: unknown section [numbers]`:                                 folder(currencies, "[numbers]\ntwo = 2\n", countries),
		`data/lang/xx/words.txt:1: "two = 2" stands before the first section`:                 folder(currencies, "two = 2\n", countries),
		`data/lang/xx/words.txt:2: "two" has no number`:                                       folder(currencies, "[number]\ntwo\n", countries),
		`data/lang/xx/words.txt:4: "two" is 2 already`:                                        folder(currencies, "[number]\ntwo = 2\n[scale]\ntwo = 3\n", countries),
		`data/lang/xx/words.txt:2: "pound" is no currency and no family of currencies`:        folder(currencies, "[money]\nx = pound\n", countries),
		`data/lang/xx/words.txt:2: no currency is given`:                                      folder(currencies, "[money]\nx = minor\n", countries),
		`data/lang/xx/words.txt:2: unknown format decimal = ;`:                                folder(currencies, "[format]\ndecimal = ;\n", countries),
		`data/lang/xx/words.txt:2: "z" is too short for a part of a number`:                   folder(currencies, "[part]\nz = 2\n", countries),
		`data/lang/xx/words.txt:2: "row" is no word with its preposition`:                     folder(currencies, "[governs]\nrow\n", countries),
		`data/lang/xx/words.txt: a phrase has no words`:                                       folder(currencies, "[stop]\n-\n", countries),
		`data/lang/xx/countries.txt:1: "XXX | Swiss" is not "CODE | names" with a known code`: folder(currencies, words, "XXX | Swiss\n"),
		"no data/lang/und/words.txt":                                                          {"data/currencies.txt": {Data: []byte("")}},
		"open data/currencies.txt: file does not exist":                                       {},
	} {
		if _, err := readData(dir); err == nil || err.Error() != says {
			t.Errorf("got %v, want %s", err, says)
		}
	}
}
