package lexicon_test

import (
	"testing"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

func TestSlip(t *testing.T) {
	var trie lexicon.Trie
	trie.Add("march", lexicon.Month, 3)
	trie.Add("may", lexicon.Month, 5)
	trie.Add("april", lexicon.Month, 4)
	trie.Add("marche", lexicon.City, 9)
	for word, want := range map[string]int32{
		"Marchg": 3, "Marc": 3, "amrch": 3, "Apri": 4, "APRIL": 0, "aprill": 4, "Maay": 0, "mab": 0, "märch": 0, "smart": 0, "": 0, "marchmarchmarch": 0,
	} {
		if m := trie.Slip(word, lexicon.Month); m.Value != want {
			t.Errorf("%q is %d, want %d", word, m.Value, want)
		}
	}
}
