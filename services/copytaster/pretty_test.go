package copytaster

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
)

func TestWrapKeepsEveryWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`([a-zé€]{1,12}[ \n]{0,2}){0,20}`).Draw(t, "s")
		width := rapid.IntRange(1, 30).Draw(t, "width")
		lines := wrap(s, width)
		if got, want := strings.Fields(strings.Join(lines, " ")), strings.Fields(s); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Fatalf("%q became %q", want, got)
		}
		for _, l := range lines {
			if utf8.RuneCountInString(l) > width && strings.Contains(l, " ") {
				t.Fatalf("line %q is wider than %d", l, width)
			}
		}
	})
}

func TestPrettyKeepsControlCharactersOffTheTerminal(t *testing.T) {
	var b article.Builder
	b.Add(article.Headline, "Head\x1b[31mline")
	b.Add(article.Paragraph, "bell\a and\u009b more")
	var a article.Article
	b.Fill(&a)
	a.URI, a.Source = "urn:x:\x1b", "s"
	var out strings.Builder
	printer{w: &out, width: 40}.article(&a)
	if strings.ContainsAny(out.String(), "\x1b\a\u009b") {
		t.Errorf("%q", out.String())
	}
	for _, want := range []string{"headline", "100%", "paragraph"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}
