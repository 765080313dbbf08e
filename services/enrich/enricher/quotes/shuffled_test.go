package quotes_test

import (
	"bufio"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
)

// TestShuffled: no order of words, no cut and no language makes it panic.
func TestShuffled(t *testing.T) {
	f, err := os.Open("../../testdata/cases/quotes/tune.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	e := enricherOf(t)
	r := rand.New(rand.NewPCG(1, 2))
	read := func(lang, text string) {
		t.Helper()
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("%s: %v: %s", lang, p, text)
			}
		}()
		if err := e.Enrich(t.Context(), enrichertest.Article(lang, "", strings.Split(text, "\n\n")...)); err != nil {
			t.Error(err)
		}
	}
	// Who alone has spoken is told something.
	read("en", "“It rained,” said a farmer who gave his name only as Dunstan. A farmer told her “it never stops”.")
	n := 0
	lines := bufio.NewScanner(f)
	for ; lines.Scan(); n++ {
		var c struct{ Text string }
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		for _, lang := range []string{"en", "de", "fr", "es", ""} {
			read(lang, c.Text)
			words := strings.Fields(c.Text)
			for range 8 {
				from := r.IntN(len(words))
				read(lang, strings.Join(words[from:from+1+r.IntN(len(words)-from)], " "))
				r.Shuffle(len(words), func(i, k int) { words[i], words[k] = words[k], words[i] })
				read(lang, strings.Join(words, " "))
			}
		}
	}
	if lines.Err() != nil || n == 0 {
		t.Errorf("%d texts: %v", n, lines.Err())
	}
}
