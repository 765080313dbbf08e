package quotes_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
	"github.com/copytaster/copytaster/services/enrich/enricher/quotes"
)

// sound tells what is wrong with the quotations of an article.
func sound(a *article.Article) error {
	at := -1
	for i, q := range a.Quotes {
		switch {
		case q.Start < 0 || q.Start >= q.End || q.End > len(a.Text):
			return fmt.Errorf("quotation %d has span %d-%d in a text of %d bytes", i, q.Start, q.End, len(a.Text))
		case q.Start <= at:
			return fmt.Errorf("quotation %d begins at %d, before the end of the one before it", i, q.Start)
		case !utf8.RuneStart(a.Text[q.Start]) || q.End < len(a.Text) && !utf8.RuneStart(a.Text[q.End]):
			return fmt.Errorf("quotation %d cuts a character in two", i)
		case strings.TrimSpace(q.In(a.Text)) != q.In(a.Text):
			return fmt.Errorf("quotation %d is %q", i, q.In(a.Text))
		case q.Confidence < quotes.Enough || q.Confidence > 1:
			return fmt.Errorf("quotation %d has confidence %v", i, q.Confidence)
		}
		at = q.End - 1
	}
	return nil
}

func FuzzQuotes(f *testing.F) {
	for _, s := range []string{
		"“It rained,” said Tom Brandt, head of the service. “It always does.”",
		"“A.\n\n“B.\n\n“C,” she said.",
		"« On tient, témoigne Nadine Perrot. La suite", "—No —dijo Ana—. Sí.", "„Ja „, sagte er. ‚Nein‘, so Müller (CDU)",
		"12\" x 6'2\" ''a'' ‘‘b’’ ,,c“ \"\" '' “”", "The “Bild”-Zeitung: 'A' — B. (C) [D]", "\xff“\xfe”",
		"0!A!X:   “0",
	} {
		for _, l := range []string{"en", "de", "fr", "es", ""} {
			f.Add(l, s)
		}
	}
	e, err := quotes.New()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, lang, text string) {
		a := enrichertest.Paragraphs(lang, strings.ToValidUTF8(text, "?"))
		// Media anywhere, as another enricher may find them.
		if n := len(a.Text); n > 4 {
			a.CitedMedia = []article.Label{{Value: "M", Evidence: []article.Evidence{{Span: article.Span{Start: n / 3, End: n / 2}}}}}
		}
		if err := e.Enrich(context.Background(), a); err != nil {
			t.Fatal(err)
		}
		if err := sound(a); err != nil {
			t.Fatal(err)
		}
		first := fmt.Sprint(a.Quotes)
		if err := e.Enrich(context.Background(), a); err != nil {
			t.Fatal(err)
		}
		if again := fmt.Sprint(a.Quotes); again != first {
			t.Fatalf("again gives\n%s\nand not\n%s", again, first)
		}
	})
}

// Texts that were made to be slow.
func TestHostile(t *testing.T) {
	const size = 1 << 20
	e, err := quotes.New()
	if err != nil {
		t.Fatal(err)
	}
	hold := func(name, lang, text string) {
		t.Run(name, func(t *testing.T) {
			a := enrichertest.Paragraphs(lang, text)
			took := enrichertest.InTime(t, maxHostile, name, func() {
				if err := e.Enrich(context.Background(), a); err != nil {
					t.Error(err)
				}
			})
			t.Logf("%s: %v, %d quotations", lang, took, len(a.Quotes))
			if err := sound(a); err != nil {
				t.Error(err)
			}
			if len(a.Quotes) > quotes.MaxQuotes {
				t.Errorf("%d quotations", len(a.Quotes))
			}
		})
	}
	for name, unit := range map[string]string{
		"marks":            "“",
		"straight":         "\"",
		"apostrophes":      "'",
		"single":           " ‘a’",
		"guillemets":       "«»",
		"opening":          " “a",
		"opening, spaced":  " “ ",
		"pairs":            "“a” ",
		"pairs with cue":   "“a,” he said. ",
		"one word pairs":   " \"a\"",
		"paragraphs":       "“a\n\n",
		"no end":           "“a, b, c, d ",
		"names":            "“a,” said Ann Ann Ann Ann. ",
		"name":             "Ann ",
		"commas":           ", ",
		"commas and marks": "“a”, ",
		"pronouns":         "he she it “a” ",
		"brackets":         "(“a” ( ",
		"dashes":           "— “a” — ",
		"genitives":        "Ann’s ",
		"roles":            "“a” mayor of mayor of ",
		"relative":         "“a”, who, who said, ",
		"cues":             "said said “a” ",
		"according":        "according to “a” ",
		"mixed":            "“‘«\"'»’” ",
	} {
		lang := "en"
		if strings.HasSuffix(name, "s") {
			lang = "de"
		}
		hold(name, lang, strings.Repeat(unit, size/len(unit)))
	}
	// Without a quotation nobody would be looked for.
	const quotation = "“It rained,” said Anna Kaer.\n\n"
	hold("names that no pronoun fits", "en", quotation+women(size)+strings.Repeat("He ran. ", size/8))
	hold("functions that no description fits", "en", quotation+mayors(size/2)+strings.Repeat("The old mayor of Ulm ran. ", size/52))
	hold("a long German compound", "de", quotation+"Der A"+strings.Repeat("a", size)+" Ravel.")
	hold("bodies behind the firm that is asked for", "en", quotation+strings.Repeat("The firm ran. ", size/8)+strings.Repeat("RSW ran. ", size/8))
	hold("parts of quotations far behind an ascribed one", "en", quotation+"Anna Kaer said it was “wet and cold”"+strings.Repeat(" rain", size)+strings.Repeat(" “so wet and cold”", quotes.MaxQuotes-2)+".")
	hold("German titles without a full stop", "de", strings.Repeat("ab ", size/3)+strings.Repeat("Xyzab „Ab Cd“ ", quotes.MaxQuotes)+".")
	hold("long paragraphs of unclosed marks", "en", strings.Repeat(strings.Repeat("“a b ", quotes.MaxLength/8)+"\n\n", size/quotes.MaxLength))
}

// maxHostile is far above what a text takes that was made to be slow.
const maxHostile = 10 * time.Second

// women is a text of size bytes that names a woman in each sentence.
func women(size int) string {
	var b strings.Builder
	for n := 0; b.Len() < size; n++ {
		fmt.Fprintf(&b, "Anna %s ran. ", surname(n))
	}
	return b.String()
}

// mayors is a text of size bytes that names a mayor in each sentence.
func mayors(size int) string {
	var b strings.Builder
	for n := 0; b.Len() < size; n++ {
		fmt.Fprintf(&b, "%s mayor Anna %s ran. ", surname(n), surname(n))
	}
	return b.String()
}

// surname is another one for each n.
func surname(n int) string {
	s := "K"
	for ; n > 0; n /= 20 {
		s += string(rune('a' + n%20))
	}
	return s + "er"
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("word ", quotes.MaxLength/5)
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"as long as may be":   {"“" + long[:quotes.MaxLength-1] + "x,” said Tom Brandt.", 0},
		"not too long":        {"“" + long[:quotes.MaxLength-10] + "x,” said Tom Brandt.", 1},
		"as many as may be":   {strings.Repeat("“It rained,” said Tom.\n\n", quotes.MaxQuotes+10), quotes.MaxQuotes},
		"too many paragraphs": {strings.Repeat("“It rained.\n\n", quotes.MaxParagraphs+20), 2},
		"too many marks":      {"“It " + strings.Repeat("«a» ", quotes.MaxMarks) + "rained.” Tom Brandt left.", 0},
		"unclosed, no cue":    {"“It rained " + long[:quotes.MaxUnclosed-100] + "all day.", 1},
		"the same, too long":  {"“It rained " + long[:quotes.MaxUnclosed] + "all day.", 0},
		"unclosed, too long":  {"“It rained " + long[:quotes.MaxUnclosed] + ", said Tom Brandt. He left.", 0},
	} {
		a := enrichertest.Paragraphs("en", c.text)
		e, err := quotes.New()
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Enrich(context.Background(), a); err != nil {
			t.Fatal(err)
		}
		if len(a.Quotes) != c.want {
			t.Errorf("%s: %d quotations, want %d", name, len(a.Quotes), c.want)
		}
	}
}
