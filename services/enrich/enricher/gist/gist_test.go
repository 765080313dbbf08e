package gist

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/enrichertest"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

func newEnricher(t testing.TB) *Enricher {
	t.Helper()
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func enrich(t testing.TB, e *Enricher, a *article.Article) {
	t.Helper()
	if err := e.Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	check(t, a)
}

// check tells whether a gist is as it must be, whatever the text is.
func check(t testing.TB, a *article.Article) {
	t.Helper()
	if len(a.Keyphrases) > MaxPhrases {
		t.Errorf("%d keyphrases", len(a.Keyphrases))
	}
	inSegment := func(s article.Span) bool {
		return slices.ContainsFunc(a.Segments, func(g article.Segment) bool { return g.Contains(s) }) && (utf8.ValidString(s.In(a.Text)) || !utf8.ValidString(a.Text))
	}
	for i, k := range a.Keyphrases {
		if k.Phrase == "" || k.Phrase != k.In(a.Text) || !inSegment(k.Span) || k.Confidence <= 0 || k.Confidence > 1 || k.Enricher != Name || k.Version != Version {
			t.Errorf("keyphrase %+v", k)
		}
		if i > 0 && k.Score > a.Keyphrases[i-1].Score {
			t.Errorf("%q scores more than the one before", k.Phrase)
		}
	}
	s := a.Summary
	if s == (article.Evidence{}) {
		return
	}
	if n := s.End - s.Start; !inSegment(s.Span) || n < MinSummary || n > MaxSummary || s.Confidence <= 0 || s.Confidence > 1 || s.Enricher != Name {
		t.Errorf("summary %+v", s)
	}
}

func phrases(a *article.Article) (all []string) {
	for _, k := range a.Keyphrases {
		all = append(all, k.Phrase)
	}
	return all
}

func TestKeyphrases(t *testing.T) {
	e := newEnricher(t)
	for _, c := range []struct {
		name, language, headline, text string
		want, never                    string
	}{
		{"repeated", "en", "Harbour bridge to close", "The harbour bridge needs repairs. The council said the harbour bridge would close for the repairs.", "harbour bridge", "bridge"},
		{"name that stands once", "en", "Mayor resigns", "The office will go to Ana Lopez Ruiz for now.", "Ana Lopez Ruiz", "office"},
		{"plural", "en", "Olive growers", "An olive grower said so, and other olive growers agreed.", "olive grower", ""},
		{"days and numbers", "en", "Monday 2024", "Monday 2024, and again Monday 2024.", "", "Monday"},
		{"inner word", "es", "El tipo de interés sube", "Baja el tipo de interés. El tipo de interés estaba bajo.", "tipo de interés", ""},
		{"noun at the end", "de", "Die neue Brücke", "Die lange gesperrte Brücke bleibt gesperrt, die Brücke ist gesperrt.", "Brücke", "gesperrt"},
		{"elision", "fr", "La poche d'eau", "Une poche d'eau menace. La poche d'eau inquiète.", "poche d'eau", ""},
		{"two names", "en", "Talks on the war", "The talks between Emmanuel Macron and Olaf Scholz ended.", "Emmanuel Macron", "Emmanuel Macron and Olaf"},
		{"second name", "en", "Talks on the war", "The talks between Emmanuel Macron and Olaf Scholz ended.", "Olaf Scholz", "Macron and Olaf Scholz"},
		{"title before a name", "en", "Talks", "The talks were opened by British Prime Minister Keir Starmer and others.", "Keir Starmer", "British Prime Minister Keir"},
		{"title with a small word", "en", "Talks", "The talks were led by Secretary of State Antony Blinken.", "Antony Blinken", "Secretary of State Antony"},
		{"name in full and short", "en", "Talks", "The talks were led by Antony Blinken. Blinken said little. Then Blinken left.", "Antony Blinken", "Blinken"},
		{"long name", "en", "Talks", "It is what the Organization for Economic Co-operation and Development of Western Europe said.", "", "Economic Co-operation"},
		{"name with small words", "en", "Rates", "A rise by the Bank of England is expected.", "Bank of England", ""},
		{"initial", "en", "Library", "A hall was named for John F. Kennedy in the spring.", "John F. Kennedy", ""},
		{"behind an abbreviation", "en", "Library", "It was Mr. John Smith who opened the hall.", "John Smith", ""},
		{"month that is a surname", "en", "Votes", "It was said by Martin May in the hall.", "Martin May", ""},
		{"two things", "en", "Prices", "Prices of food and drink rose. Those of food and drink will fall.", "food and drink", ""},
		{"word in two phrases", "en", "Military", "The military junta spoke of a military base. The military junta closed the military base.", "military junta", "military"},
		{"noun in -ment", "fr", "Climat", "Le changement climatique inquiète. Le changement climatique est là.", "changement climatique", "climatique"},
		{"adverb", "fr", "Climat", "La ville lentement éclairée est officiellement fermée, officiellement fermée.", "", "officiellement"},
		{"noun in -ly", "en", "Food supply", "The food supply is short. The food supply was short.", "food supply", "food"},
		{"unknown language", "xx", "Harbour bridge", "The harbour bridge, the harbour bridge.", "", "harbour bridge"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := enrichertest.Article(c.language, c.headline, c.text)
			enrich(t, e, a)
			for _, k := range a.Keyphrases {
				if k.Phrase == c.want && k.Confidence < article.Sure {
					t.Errorf("%q is told by %v, and not shown", c.want, k.Confidence)
				}
			}
			if got := phrases(a); c.want != "" && !slices.Contains(got, c.want) || c.never != "" && slices.Contains(got, c.never) {
				t.Errorf("%q, want %q and never %q", got, c.want, c.never)
			}
		})
	}
}

func TestSummary(t *testing.T) {
	e := newEnricher(t)
	const lead = "The harbour bridge will be closed to all traffic until Friday morning."
	for _, c := range []struct {
		name, language, headline, text, want string
	}{
		{"first", "en", "Harbour bridge closed", lead + " A bearing has cracked and will be replaced by the council.", lead},
		{"not one that hangs on another", "en", "Harbour bridge closed", "It is bad news for everybody who has to cross. " + lead, lead},
		{"not a quotation's part", "en", "Harbour bridge closed", "“We will close the harbour bridge for some days. Nobody is happy about that,” he said. " + lead, lead},
		{"not too short", "en", "Harbour bridge closed", "Closed again. " + lead, lead},
		{"abbreviations", "en", "Bridge", "Sen. Ana Ruiz of the U.S. Senate crossed the bridge at 5 p.m. on Friday. She smiled.", "Sen. Ana Ruiz of the U.S. Senate crossed the bridge at 5 p.m. on Friday."},
		{"ordinals", "de", "Brücke", "Die Brücke am Hafen wird am 3. Februar nach langer Zeit wieder geöffnet. Danach ist Ruhe.", "Die Brücke am Hafen wird am 3. Februar nach langer Zeit wieder geöffnet."},
		{"quotation inside", "de", "Brücke", "Der Bürgermeister nannte die neue Brücke am Hafen „ein Wunder der Technik“. Danach war Ruhe.", "Der Bürgermeister nannte die neue Brücke am Hafen „ein Wunder der Technik“."},
		{"ends in a quotation", "en", "Bridge", "The mayor called the new bridge across the old harbour “a miracle.” Then she left.", "The mayor called the new bridge across the old harbour “a miracle.”"},
		{"question in Spanish", "es", "Puente", "¿Cuándo abrirá por fin el puente nuevo del puerto viejo? Nadie lo sabe.", "¿Cuándo abrirá por fin el puente nuevo del puerto viejo?"},
		{"other language", "xx", "Harbour bridge closed", lead, lead},
		{"none", "en", "Harbour bridge closed", "no sentence here at all, as it begins and ends without", ""},
		{"too long", "en", "Bridge", "The bridge " + strings.Repeat("and the bridge ", 40) + "will close.", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := enrichertest.Article(c.language, c.headline, c.text)
			enrich(t, e, a)
			got := ""
			if a.Summary != (article.Evidence{}) {
				got = a.Summary.In(a.Text)
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// Only what readers read of the text itself is looked at.
func TestOtherSegments(t *testing.T) {
	e := newEnricher(t)
	a := enrichertest.Article("en", "", "The harbour bridge will be closed. The harbour bridge will be closed to all traffic.")
	for i := range a.Segments {
		a.Segments[i].Kind = article.Note
	}
	enrich(t, e, a)
	if a.Keyphrases != nil || a.Summary != (article.Evidence{}) {
		t.Errorf("%+v, %+v", a.Keyphrases, a.Summary)
	}
}

// Enriching again, after other texts, gives the same.
func TestAgain(t *testing.T) {
	e := newEnricher(t)
	bridge := func() *article.Article {
		return enrichertest.Article("en", "Harbour bridge closed", "The harbour bridge will be closed to all traffic until Friday morning. The bridge has cracks.")
	}
	a, b := bridge(), bridge()
	enrich(t, e, a)
	enrich(t, e, enrichertest.Article("de", "Brücke", strings.Repeat("Die Brücke am Hafen bleibt gesperrt. ", 50)))
	enrich(t, e, b)
	enrich(t, e, b)
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%+v, then %+v", a, b)
	}
}

func TestLimits(t *testing.T) {
	e := newEnricher(t)
	var b strings.Builder
	for i := range MaxWords {
		fmt.Fprintf(&b, "word%c%c%c ", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26)
	}
	a := enrichertest.Article("en", "", b.String(), "The harbour bridge and the harbour bridge.")
	c := &counter{text: lexicon.NewWords(a.Text)}
	c.read(a, e.languages["en"], e.lex)
	if c.words != MaxWords || len(c.all) > MaxCandidates {
		t.Errorf("%d words, %d candidates", c.words, len(c.all))
	}
	enrich(t, e, a)
	if slices.Contains(phrases(a), "harbour bridge") {
		t.Error("words behind the limit are read")
	}
	late := enrichertest.Article("en", "", strings.Repeat("Hm! ", MaxSentences)+"The harbour bridge will be closed to all traffic until Friday morning.")
	enrich(t, e, late)
	if late.Summary != (article.Evidence{}) {
		t.Error("a sentence behind the limit is the summary")
	}
}

func TestBrokenData(t *testing.T) {
	for text, want := range map[string]string{
		"word":            "en.txt:1: \"word\" stands before the first section",
		"[nothing]\nword": `"nothing" is unknown`,
		"[stop]\nw/o":     `"w/o" is no word`,
	} {
		if _, err := load(fstest.MapFS{"en.txt": {Data: []byte(text)}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// What one long text needed isn't kept, and of a long segment no more is read than
// counts.
func TestKeepsLittle(t *testing.T) {
	e := newEnricher(t)
	a := enrichertest.Article("en", "", strings.Repeat(enrichertest.Distinct(), 4))
	c := &counter{text: lexicon.NewWords(a.Text)}
	c.read(a, e.languages["en"], e.lex)
	if n := cap(c.traits); n > 4*MaxWords {
		t.Errorf("room for %d words", n)
	}
	c.choose()
	c.clear()
	if cap(c.traits) > kept || cap(c.all) > kept || c.byKey.Len() > 0 || c.text != nil || c.tokens != nil {
		t.Errorf("kept %d words, %d candidates", cap(c.traits), cap(c.all))
	}
}

func FuzzGist(f *testing.F) {
	e := newEnricher(f)
	f.Add("en", "Harbour bridge closed", "The harbour bridge will be closed to all traffic until Friday morning. “So.” The bridge.")
	f.Add("de", "Brücke", "Die Brücke wird am 3. Februar „nicht“ geöffnet.\n\nDie Brücke\xff.")
	f.Fuzz(func(t *testing.T, language, headline, text string) {
		enrich(t, e, enrichertest.Article(language, headline, text))
	})
}
