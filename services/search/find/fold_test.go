package find

import (
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

func TestWordExpressionIsShortEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix := fold(strings.Repeat(rapid.StringN(1, 20, -1).Draw(t, "prefix"), 1+rapid.IntRange(0, 8).Draw(t, "times")))
		e := wordExpression(prefix)
		if n := len(utf16.Encode([]rune(e))); n > maxRegexp || !strings.HasSuffix(e, ".*") {
			t.Fatalf("%q: %d units: %s", prefix, n, e)
		}
	})
}

func TestBeginsWord(t *testing.T) {
	for _, c := range []struct {
		value, prefix string
		want          bool
	}{
		{"Amadou Abdramane", "abd", true},
		{"Amadou Abdramane", "madou", false},
		{"Jean-Émile D’Arc", "arc", true},
		{"Jean-Émile D’Arc", "emile d’a", true},
		{"ababab aba", "aba", true},
		{"xaba xaba", "aba", false},
		{"Straße", "strass", true},
		{"尼日尔", "尼", true},
		{"", "a", false},
	} {
		if got := beginsWord(fold(c.value), fold(c.prefix)); got != c.want {
			t.Errorf("%s, %s: %v", c.value, c.prefix, got)
		}
	}
}
