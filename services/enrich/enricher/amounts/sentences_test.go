package amounts_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
)

// sentence is a line of testdata/sentences without its marks, and the places
// that they stood around.
type sentence struct {
	text       string
	want, open []article.Span
}

var marked = regexp.MustCompile(`[\[{]([^\]}]*)[\]}](\??)`)

func unmark(line string) sentence {
	var s sentence
	at := 0
	for _, m := range marked.FindAllStringSubmatchIndex(line, -1) {
		s.text += line[at:m[0]]
		span := article.Span{Start: len(s.text), End: len(s.text) + m[3] - m[2]}
		s.text += line[m[2]:m[3]]
		at = m[1]
		if m[4] < m[5] {
			s.open = append(s.open, span)
		} else {
			s.want = append(s.want, span)
		}
	}
	s.text += line[at:]
	return s
}

// TestSentences holds how many of the marked places are found, and nothing
// beside them.
func TestSentences(t *testing.T) {
	e := enricher(t)
	for lang, floor := range map[string]float64{"en": 0.98, "de": 0.98, "fr": 0.98, "es": 0.98} {
		data, err := os.ReadFile(filepath.Join("testdata", "sentences", lang+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		right, wrong, missed := 0, 0, 0
		for line := range strings.Lines(string(data)) {
			line = strings.TrimSuffix(line, "\n")
			if line[0] == '#' {
				continue
			}
			s := unmark(line)
			a := enrichertest.Paragraphs(lang, s.text)
			read(t, e, a)
			for _, g := range spans(a) {
				i := slices.Index(s.want, g)
				switch {
				case i >= 0:
					right++
					s.want = slices.Delete(s.want, i, i+1)
				case !slices.ContainsFunc(s.open, func(o article.Span) bool { return g.Start < o.End && o.Start < g.End }):
					wrong++
					t.Logf("%s: not there: %q in %q", lang, g.In(s.text), s.text)
				}
			}
			for _, w := range s.want {
				missed++
				t.Logf("%s: missed: %q in %q", lang, w.In(s.text), s.text)
			}
		}
		if f1 := float64(2*right) / float64(2*right+wrong+missed); f1 < floor {
			t.Errorf("%s: F1 %.3f, had %.3f: %d right, %d wrong, %d missed", lang, f1, floor, right, wrong, missed)
		}
	}
}

// spans are the places of all that was found.
func spans(a *article.Article) []article.Span {
	var all []article.Span
	for i := range a.Amounts {
		all = append(all, a.Amounts[i].Span)
	}
	for i := range a.Quantities {
		all = append(all, a.Quantities[i].Span)
	}
	return all
}
