package lexicon

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The trie finds what a search through all phrases finds.
func TestTrieAgainstModel(t *testing.T) {
	words := make([]string, 40)
	for i := range words {
		words[i] = fmt.Sprintf("w%c%c", 'a'+i%7, 'a'+i/7)
	}
	rapid.Check(t, func(t *rapid.T) {
		var trie Trie
		type entry struct {
			classes Class
			value   int32
		}
		model := map[string]entry{}
		for i := range rapid.IntRange(0, 200).Draw(t, "phrases") {
			phrase := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 4).Draw(t, "phrase"), " ")
			classes := Class(1) << rapid.IntRange(0, 3).Draw(t, "class")
			if !trie.Add(phrase, classes, int32(i+1)) {
				t.Fatalf("%q has no words", phrase)
			}
			e := model[phrase]
			e.classes |= classes
			if e.value == 0 {
				e.value = int32(i + 1)
			}
			model[phrase] = e
		}
		text := rapid.SliceOfN(rapid.SampledFrom(words), 1, 8).Draw(t, "text")
		want := Class(rapid.IntRange(0, 15).Draw(t, "want"))
		var longest Match
		var all Class
		for n := 1; n <= len(text); n++ {
			e := model[strings.Join(text[:n], " ")]
			all |= e.classes
			if e.classes != 0 && (want == 0 || e.classes&want != 0) {
				longest = Match{n, e.classes, e.value}
			}
		}
		joined := strings.Join(text, " ")
		toks := Scan(nil, joined, 0, len(joined))
		if got := trie.Longest(toks, want); got != longest {
			t.Errorf("%q: %+v, want %+v", text, got, longest)
		}
		if got := trie.All(toks); got != all {
			t.Errorf("%q: all classes %b, want %b", text, got, all)
		}
	})
}

func TestEmptyTrie(t *testing.T) {
	var trie Trie
	toks := Scan(nil, "a b", 0, 3)
	if m := trie.Longest(toks, 0); m != (Match{}) || trie.All(toks) != 0 || trie.Add("-", 1, 1) {
		t.Error(m)
	}
}
