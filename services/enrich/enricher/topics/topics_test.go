package topics

import (
	"context"
	"math/rand/v2"
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

// told are the topics of a headline and paragraphs.
func told(t testing.TB, e *Enricher, language, headline string, paragraphs ...string) []article.Topic {
	t.Helper()
	a := enrichertest.Article(language, headline, paragraphs...)
	enrich(t, e, a)
	return a.Topics
}

func enrich(t testing.TB, e *Enricher, a *article.Article) {
	t.Helper()
	if err := e.Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	check(t, e, a)
}

// check tells whether topics are as they must be, whatever the text is.
func check(t testing.TB, e *Enricher, a *article.Article) {
	t.Helper()
	if len(a.Topics) > Limit {
		t.Errorf("%d topics", len(a.Topics))
	}
	last := 1.0
	for i, p := range a.Topics {
		n, ok := e.scheme.byCode[p.Qcode]
		if !ok || p.Label != e.scheme.concepts[n].label || !slices.Equal(p.Path, e.scheme.concepts[n].path) {
			t.Errorf("%s is labelled %q with path %q", p.Qcode, p.Label, p.Path)
		}
		if p.Confidence < MinConfidence || p.Confidence > last || p.Enricher != Name || p.Version != Version {
			t.Errorf("%s is signed %+v, after a confidence of %v", p.Qcode, p.Evidence, last)
		}
		last = p.Confidence
		if len(p.Why) == 0 || len(p.Why) > MaxWhy+1 {
			t.Errorf("%s has %d reasons", p.Qcode, len(p.Why))
		}
		for _, w := range p.Why {
			if (w.Why == Term) == w.Empty() || w.Why != Term && w.Why != Subject || w.Confidence <= 0 || w.Confidence > 1 {
				t.Errorf("%s: reason %+v", p.Qcode, w)
			}
			if !w.Empty() && (!slices.ContainsFunc(a.Segments, func(s article.Segment) bool { return s.Contains(w.Span) }) || !utf8.ValidString(w.In(a.Text)) && utf8.ValidString(a.Text)) {
				t.Errorf("%s: reason %+v isn't in a segment", p.Qcode, w)
			}
		}
		for _, o := range a.Topics[:i] {
			if o.Qcode == p.Qcode || slices.Contains(o.Path, p.Qcode) || slices.Contains(p.Path, o.Qcode) {
				t.Errorf("%s beside %s", p.Qcode, o.Qcode)
			}
		}
	}
}

func labels(ts []article.Topic) (all []string) {
	for _, p := range ts {
		all = append(all, p.Label)
	}
	return all
}

func TestTopics(t *testing.T) {
	e := newEnricher(t)
	for _, c := range []struct {
		name, language, headline, text string
		want, never                    string // labels
	}{
		{"headline", "en", "Volcano erupts on island", "Lava ran down the slope on Sunday and villages were evacuated.", "volcanic eruption", ""},
		{"compound", "de", "Oberverwaltungsgericht kippt Verbot", "Die Richter gaben der Klage statt.", "court", ""},
		{"other language's words", "de", "Volcano, lava, eruption", "lava lava", "", "volcanic eruption"},
		{"diacritics and capitals", "fr", "ELECTION PRESIDENTIELLE: LE SECOND TOUR", "Les urnes ouvrent dimanche.", "election", ""},
		{"inflected", "es", "Los volcanes y las erupciones", "Las erupciones de los volcanes cubrieron el pueblo de ceniza.", "volcanic eruption", ""},
		{"hidden by a longer term", "en", "Price war between grocers", "The price war has gone on for a year, say shoppers and retailers.", "retail", "war"},
		{"capitals that are none in a shout", "en", "WHO SAID WHAT", "Nothing more was heard.", "", "epidemic"},
		{"small letters for a name in capitals", "en", "He aids them", "It aids those who aided him.", "", "AIDS"},
		{"language with region", "en-GB", "Earthquake shakes capital", "The quake had a magnitude of 6.1.", "earthquake", ""},
		{"unknown language", "xx", "Earthquake shakes capital", "The quake had a magnitude of 6.1.", "", "earthquake"},
		{"label of a sport", "en", "Badminton: Lee wins final", "The badminton final went to three games.", "badminton", ""},
		{"nothing", "en", "Untitled", "It was as it had been.", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := labels(told(t, e, c.language, c.headline, c.text))
			if c.want != "" && !slices.Contains(got, c.want) {
				t.Errorf("%q, want %s", got, c.want)
			}
			if c.want == "" && c.never == "" && len(got) > 0 {
				t.Errorf("%q, want none", got)
			}
			if c.never != "" && slices.Contains(got, c.never) {
				t.Errorf("%q has %s", got, c.never)
			}
		})
	}
}

// A topic of the headline is surer than one of the last paragraph.
func TestPlaceCounts(t *testing.T) {
	e := newEnricher(t)
	filler := "It was a long day and nobody knew what the next one would bring to them."
	first := told(t, e, "en", "Earthquake shakes town", filler, filler, "There was a tornado.")
	last := told(t, e, "en", "Tornado crosses town", filler, filler, "There was an earthquake.")
	if len(first) == 0 || len(last) == 0 || first[0].Label != "earthquake" || last[0].Label != "windstorms" {
		t.Errorf("%q and %q", labels(first), labels(last))
	}
}

// The same words prove less in a longer text.
func TestLengthCounts(t *testing.T) {
	e := newEnricher(t)
	short := told(t, e, "en", "", "The earthquake had a magnitude of 6.1.")
	long := told(t, e, "en", "", "The earthquake had a magnitude of 6.1.", strings.Repeat("It was as it had been before. ", 20))
	if len(short) == 0 || len(long) == 0 || long[0].Confidence >= short[0].Confidence {
		t.Errorf("%+v in a short text, %+v in a long one", short, long)
	}
}

func TestSubjects(t *testing.T) {
	e := newEnricher(t)
	for _, c := range []struct{ code, want string }{
		{"medtop:20000070", "coup d'etat"},
		{"MEDTOP:20000070", "coup d'etat"},
		{"medtop:99999999", ""},
		{"subj:11002000", "diplomacy"},
		{"subj:15054000", "soccer"},
		{"subj:15054003", "soccer"}, // a detail that isn't known
		{"subj:15099000", "sport"},  // a matter that isn't known
		{"subj:99000000", ""},
		{"subj:1505400", ""},
		{"subj:1505400x", ""},
		{"anpa:s", "sport"},
		{"ANPA:F", "economy, business and finance"},
		{"anpa:i", ""},
		{"iptc7901:wi", "economy, business and finance"},
		{"iptc7901:eco,tra", "economy, business and finance"},
		{"iptccat:WAR", "conflict, war and peace"},
		{"", ""},
	} {
		a := enrichertest.Article("xx", "Untitled")
		a.Subjects = []article.Subject{{Code: c.code, Name: "x"}}
		enrich(t, e, a)
		if got := strings.Join(labels(a.Topics), ", "); got != c.want {
			t.Errorf("%s means %q, want %q", c.code, got, c.want)
		}
	}
}

// What the text says, too, is surer; of a topic and one below it the lower one is
// told.
func TestSubjectsAndText(t *testing.T) {
	e := newEnricher(t)
	a := enrichertest.Article("en", "Earthquake shakes town", "The quake had a magnitude of 6.1 and many aftershocks.")
	a.Subjects = []article.Subject{{Code: "subj:03000000"}, {Code: "medtop:03000000"}, {Code: "medtop:11000000"}}
	enrich(t, e, a)
	if got := labels(a.Topics); !slices.Equal(got, []string{"earthquake", "politics"}) || a.Topics[0].Confidence <= stated || a.Topics[0].Why[0].Why != Subject || a.Topics[0].Empty() {
		t.Errorf("%+v", a.Topics)
	}
}

func TestMoreSubjectsThanTopics(t *testing.T) {
	e := newEnricher(t)
	a := enrichertest.Article("en", "Earthquake shakes town")
	for i := range e.scheme.concepts {
		a.Subjects = append(a.Subjects, article.Subject{Code: e.scheme.concepts[i].qcode})
	}
	enrich(t, e, a)
	if len(a.Topics) != Limit {
		t.Errorf("%d topics", len(a.Topics))
	}
}

// What the agency says is told whatever the text says.
func TestAgencyFirst(t *testing.T) {
	e := newEnricher(t)
	a := enrichertest.Article("en", "Earthquake, election, strike, cancer and football", strings.Repeat("An earthquake; the election and its voters; a strike of the union's workers; cancer and its patients; a football club and its goalkeeper. ", 3))
	enrich(t, e, a)
	if len(a.Topics) < Limit-1 {
		t.Fatalf("the text tells of %q only", labels(a.Topics))
	}
	a.Subjects = []article.Subject{{Code: "medtop:12000000"}, {Code: "medtop:17000000"}}
	enrich(t, e, a)
	if got := labels(a.Topics); len(got) != Limit || !slices.Contains(got, "religion and belief") || !slices.Contains(got, "weather") {
		t.Errorf("%q", got)
	}
}

// One word of many meanings makes no topic, nor does a name that is a word.
func TestHomonyms(t *testing.T) {
	e := newEnricher(t)
	for _, c := range []struct{ language, headline, text, never string }{
		{"en", "BP first-half profit falls", "BP said on Tuesday its profit fell 12% in the first half, and it expects a better second half.", "soccer"},
		{"en", "President tries to end deadlock", "The president tries again this week to end the deadlock.", "rugby"},
		{"en", "Kingdom expands nuclear arsenal", "The nuclear arsenal has grown, the U.N. atomic watchdog said.", "soccer"},
		{"en", "Minister hails accord", "The minister hailed the deal.", "weather"},
		{"en", "Man dies in Liverpool", "A man has died in Liverpool.", "soccer"},
		{"en", "Nightclub manager jailed", "A nightclub manager was jailed for three years.", "soccer"},
		{"en", "Lira sinks", "The lira sank to a record low.", "maritime accident and incident"},
		{"en", "Marathon talks end", "Marathon talks ended without a deal.", "marathon"},
		{"en", "A novel approach to parking", "The town tries a novel approach to parking.", "literature"},
		{"en", "Cash as a last resort", "The bank lends as a last resort.", "travel and tourism"},
		{"en", "Sue Gray resigns", "Sue Gray resigned as chief of staff.", "litigation"},
		{"en", "Cubs beat Giants 5-2", "The Cubs beat the Giants 5-2 in Chicago.", "animal"},
		{"de", "Söldner der Gruppe Wagner überfallen Dorf", "Söldner der Gruppe Wagner haben ein Dorf überfallen.", "music"},
		{"de", "Roland Koch zieht sich zurück", "Roland Koch zieht sich aus der Politik zurück.", "food and drink enthusiasm"},
		{"de", "Der Aufstieg der Partei", "Der Aufstieg der Partei ist rasch.", "soccer"},
		{"de", "Das Band zwischen den Ländern", "Das Band zwischen den Ländern ist stark.", "music"},
		{"de", "Zahlen im Vergleich", "Im Vergleich zum Vorjahr ist es mehr.", "litigation"},
		{"fr", "Le golfe s'ensable", "Le golfe s'ensable depuis longtemps.", "golf"},
		{"es", "De qué se trata", "Se trata de una idea que trata de todo.", "human smuggling and trafficking"},
	} {
		if got := labels(told(t, e, c.language, c.headline, c.text)); slices.Contains(got, c.never) {
			t.Errorf("%s: %q", c.headline, got)
		}
	}
}

// Words behind the limit aren't read.
func TestMaxWords(t *testing.T) {
	e := newEnricher(t)
	quake := "The earthquake had a magnitude of 6.1, and aftershocks shook the town."
	ev := newEvidence(e.most, len(e.scheme.concepts))
	a := enrichertest.Article("en", "", strings.Repeat("word ", MaxWords), quake)
	readArticle(ev, e.languages["en"], a, lexicon.NewWords(a.Text))
	if len(ev.hits) > 0 || ev.words != MaxWords {
		t.Errorf("%d words, %d terms", ev.words, len(ev.hits))
	}
}

// Any text: no panic, what check says, and the same again; with the evidence of
// other texts before it.
func TestAnyText(t *testing.T) {
	e := newEnricher(t)
	words := []string{"war", "Krieg", "élection", "fútbol", "the", "military", "base", "coup", "d'etat", "WHO", "stock", "market", "gericht", "\x00", "\xff\xfe", "ß", "İ", "ﬁ", "🙂", "-", "'", "  ", ".", "weather", "warning"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var b strings.Builder
		for range r.IntN(200) {
			b.WriteString(words[r.IntN(len(words))])
			b.WriteString([]string{" ", "", "\n", "-"}[r.IntN(4)])
		}
		for _, language := range []string{"en", "de", "fr", "es", ""} {
			text := b.String()
			first, again := told(t, e, language, "", text), told(t, e, language, "", text)
			if !reflect.DeepEqual(first, again) {
				t.Fatalf("%q: %+v, then %+v", text, first, again)
			}
		}
	}
}

func FuzzTopics(f *testing.F) {
	e := newEnricher(f)
	f.Add("en", "Earthquake shakes town", "The quake had a magnitude of 6.1.", "subj:03002000")
	f.Add("de", "Verwaltungsgericht", "Fußballweltmeisterschaft", "medtop:15000000")
	f.Add("fr", "coup d’État\xff", "l'élection", "anpa:s")
	f.Fuzz(func(t *testing.T, language, headline, text, code string) {
		a := enrichertest.Article(language, headline, text)
		a.Subjects = []article.Subject{{Code: code}}
		enrich(t, e, a)
	})
}

func TestBrokenData(t *testing.T) {
	const scheme = "a\t\ttop\nb\ta\tbelow\n"
	for name, c := range map[string]struct{ file, text, want string }{
		"columns":       {"mediatopics.tsv", "a\tb", "mediatopics.tsv:1"},
		"twice":         {"mediatopics.tsv", "a\t\tx\na\t\ty", "mediatopics.tsv:2: a is there twice"},
		"label twice":   {"mediatopics.tsv", "a\t\tx\nb\t\tx", `labelled "x"`},
		"no broader":    {"mediatopics.tsv", "a\tz\tx", "below z"},
		"circle":        {"mediatopics.tsv", "a\tb\tx\nb\ta\ty", "levels above"},
		"code":          {"codes.tsv", "x", "codes.tsv:1"},
		"code's topic":  {"codes.tsv", "x\tnothing", `"nothing" is no topic`},
		"code twice":    {"codes.tsv", "x\ttop\nX\ttop", "twice"},
		"no term":       {"lang/en/terms.txt", "[endings]\ns", "terms.txt: there is no term"},
		"no section":    {"lang/en/terms.txt", "1 word", "terms.txt:1: it stands before"},
		"section":       {"lang/en/terms.txt", "[nothing]", `"nothing" is no topic`},
		"weight":        {"lang/en/terms.txt", "[top]\nword", "no weight"},
		"heavy":         {"lang/en/terms.txt", "[top]\n7 word", "no weight"},
		"no word":       {"lang/en/terms.txt", "[top]\n1 a;;b", "no words"},
		"both ends":     {"lang/en/terms.txt", "[top]\n1 *word*", "open on both"},
		"marks":         {"lang/en/terms.txt", "[top]\n1 w/o", `"w/o" is no word`},
		"silenced":      {"lang/en/terms.txt", "[none]\nword\n[top]\n1 word", `"word": it stands in [none], too`},
		"silenced late": {"lang/en/terms.txt", "[top]\n1 word\n[none]\nword", `"word": it stands in [none], too`},
		"term twice":    {"lang/en/terms.txt", "[top]\n1 word; wörd", "twice"},
		"labels weight": {"labels.txt", "x top", "labels.txt:1"},
		"labels topic":  {"labels.txt", "1 nothing", `"nothing"`},
		"labels but":    {"labels.txt", "1 top; nothing", `"nothing"`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := fstest.MapFS{
				"mediatopics.tsv": {Data: []byte(scheme)}, "codes.tsv": {Data: []byte("x\ttop\n")},
				"labels.txt": {Data: []byte("1 top\n")}, "lang/en/terms.txt": {Data: []byte("[top]\n1 word\n")},
			}
			if _, err := load(dir); err != nil {
				t.Fatal(err)
			}
			dir[c.file] = &fstest.MapFile{Data: []byte(c.text)}
			if _, err := load(dir); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// Every topmost topic has terms in every language.
func TestEveryTopTopicHasTerms(t *testing.T) {
	e := newEnricher(t)
	for tag, l := range e.languages {
		has := map[int32]int{}
		for _, ps := range l.postings {
			for _, p := range ps {
				has[e.scheme.concepts[p.topic].top]++
			}
		}
		if len(has) != 17 {
			t.Errorf("%s has terms for %d topics", tag, len(has))
		}
		for top, n := range has {
			if n < 50 {
				t.Errorf("%s has %d terms for %s", tag, n, e.scheme.concepts[top].label)
			}
		}
	}
}

func TestPaths(t *testing.T) {
	path, err := Paths()
	if err != nil {
		t.Fatal(err)
	}
	if got := path("medtop:20000599"); !slices.Equal(got, []string{"medtop:11000000", "medtop:20000593", "medtop:20000598", "medtop:20000599"}) {
		t.Errorf("%q", got)
	}
	if got := path("medtop:1"); got != nil {
		t.Errorf("%q", got)
	}
}
