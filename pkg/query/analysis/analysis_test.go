package analysis_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/query/analysis"
)

func TestWords(t *testing.T) {
	for _, c := range []struct{ analyzer, text, want string }{
		{"folded", "Niger’s U.S. AT&T don't a_b 1,000 3.5 10:30", "niger's u.s at t don't a_b 1,000 3.5 10 30"},
		{"folded", "Ångström ÉTÉ Straße ﬁ İstanbul", "angstrom ete strasse fi istanbul"},
		{"folded", "尼日 カタカナ ひら 한국 ไทย ☕ 👩‍👩‍👧 🇩🇪🇫🇷 1️⃣", "尼 日 カタカナ ひ ら 한국 ไทย ☕ 👩‍👩‍👧 🇩🇪 🇫🇷 1️⃣"},
		{"folded", "צה\"ל ב' & - …", "צה\"ל ב'"},
		{"en", "Withdrawals Niger’s cafés dying", "withdraw niger cafe die"},
		{"de", "Brücken Straßen Häuser", "bruck strass haus"},
		{"fr", "l'État d’accord Haïti condamnées aujourd'hui", "etat accord hait condamn aujourd'hui"},
		{"es", "naciones niños pingüino", "nacion nin pinguin"},
		{"none such", "Running É", "running e"},
	} {
		if got := strings.Join(analysis.New(c.analyzer).Words(c.text), " "); got != c.want {
			t.Errorf("%s of %q: %q, want %q", c.analyzer, c.text, got, c.want)
		}
	}
}

func TestBothIsWordsOfEach(t *testing.T) {
	folded := analysis.New("folded")
	for _, name := range []string{"folded", "en", "de", "fr", "es"} {
		a := analysis.New(name)
		for token := range strings.FieldsSeq("Niger’s cafés l'État Haïti Straße naciones RUNNING 尼 ☕ œuvre") {
			f, own := a.Both(token)
			if want := folded.Words(token)[0]; f != want {
				t.Errorf("%s of %s, folded: %s, want %s", name, token, f, want)
			}
			if want := a.Words(token)[0]; own != want {
				t.Errorf("%s of %s: %s, want %s", name, token, own, want)
			}
		}
	}
}

func TestLongWordsAreCut(t *testing.T) {
	for text, want := range map[string][]int{
		strings.Repeat("a", 255):                                 {255},
		strings.Repeat("a", 256):                                 {255, 1},
		strings.Repeat("é", 600):                                 {510, 510, 180},
		strings.Repeat("𝒜", 128):                                 {508, 4}, // two units each
		"x " + strings.Repeat("a", 255) + ".b":                   {1, 255, 1},
		strings.Repeat("a", 100) + strings.Repeat("\u0301", 200): {410},
	} {
		var got []int
		analysis.Tokens(text, func(t analysis.Token) bool { got = append(got, t.End-t.Start); return true })
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%.10q…: %s", text, d)
		}
	}
}

// later are the letters of which Unicode 14 and 15 have small ones: an Elasticsearch
// that runs on Java 17 doesn't know them.
func later(r rune) bool {
	return strings.ContainsRune("\u2c2f\ua7c0\ua7d0\ua7d6\ua7d8", r) || '\U00010570' <= r && r <= '\U00010595'
}

// TestAllAreThoseOfElasticsearch: every character at which something changes, in and
// beside words, and random rows of them, are cut and folded as the real server does.
func TestAllAreThoseOfElasticsearch(t *testing.T) {
	namespace := corpus.Namespace(localtest.Namespace(t))
	es, err := elasticsearch.NewClient(elasticsearch.Config{Addresses: []string{localtest.Elasticsearch(t)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := corpus.Ensure(t.Context(), es, namespace, corpus.Settings{}); err != nil {
		t.Fatal(err)
	}
	folded := analysis.New("folded")
	shape := func(r rune) string {
		var b strings.Builder
		for _, s := range []string{"a" + string(r) + "a", "1" + string(r) + "1", "☕" + string(r) + "\u200d☕", string(r) + "\u20e3", "כ" + string(r)} {
			for _, w := range folded.Words(s) {
				b.WriteString(strings.Map(func(c rune) rune {
					if c >= utf8.RuneSelf {
						return 'x'
					}
					return c
				}, w) + "|")
			}
			b.WriteByte('/')
		}
		return b.String()
	}
	const rarely = 16 // where scripts are written by thousands of characters
	var edges []rune
	before := ""
	for r := rune(1); r < 0xe0200; r++ {
		if r == 0x32000 {
			r = 0xe0000 // nothing between has letters
		}
		if !utf8.ValidRune(r) || later(r) || r%rarely != 0 && (0x3400 <= r && r < 0xd7a4 || r > 0x17000) {
			continue
		}
		if s := shape(r); s != before || r < 0x250 {
			if r > 1 && utf8.ValidRune(r-1) && !later(r-1) {
				edges = append(edges, r-1)
			}
			edges, before = append(edges, r), s
		}
	}
	t.Logf("%d characters", len(edges))
	random := rand.New(rand.NewPCG(1, 2))
	const size, contexts = 400, 9
	var body strings.Builder
	check := func(analyzer string) {
		text := body.String()
		body.Reset()
		request, err := json.Marshal(map[string]any{"analyzer": analyzer, "text": text})
		if err != nil {
			t.Fatal(err)
		}
		res, err := es.Indices.Analyze(es.Indices.Analyze.WithIndex(namespace.Articles()), es.Indices.Analyze.WithBody(bytes.NewReader(request)), es.Indices.Analyze.WithContext(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("status %d, %v: %.500s", res.StatusCode, err, raw)
		}
		var reply struct {
			Tokens []struct {
				Token string `json:"token"`
			} `json:"tokens"`
		}
		if err := json.Unmarshal(raw, &reply); err != nil {
			t.Fatal(err)
		}
		got := analysis.New(analyzer).Words(text)
		for i, w := range reply.Tokens {
			if i >= len(got) || got[i] != w.Token {
				t.Fatalf("%s: word %d is %+q in Elasticsearch, here %+q", analyzer, i, w.Token, got[max(0, i-1):min(len(got), i+2)])
			}
		}
		if len(got) != len(reply.Tokens) {
			t.Fatalf("%d words in Elasticsearch, %d here", len(reply.Tokens), len(got))
		}
	}
	pool := []rune("ab1 _'\".,:;-#*\u00ad\u0301\u200d\u20e3\ufe0e\ufe0fאé尼カひ한ไ\u0e31ℹ☕👍\U0001f3fd🇩🇺\U000e0067\U000e007f©’·")
	for row := range slices.Chunk(edges, size) {
		for _, r := range row {
			c := string(r)
			body.WriteString("a" + c + "a 1" + c + "1 ☕" + c + "\u200d☕ " + c + "\u20e3 כ" + c + " カ" + c + " " + c + " \n")
			for range contexts {
				body.WriteRune(pool[random.IntN(len(pool))])
			}
			body.WriteString(" \n")
		}
		check("folded")
	}
	for language, of := range endings {
		for range rounds {
			for range size {
				for range 1 + random.IntN(3) {
					body.WriteString(of.middles[random.IntN(len(of.middles))])
				}
				body.WriteString(of.ends[random.IntN(len(of.ends))] + " ")
			}
			check(language)
		}
	}
}

// rounds is how many times words are made of endings.
const rounds = 8

// endings are what words of a language are made of, so that every rule of its stemmer
// is gone through.
var endings = map[string]struct{ middles, ends []string }{
	"en": {
		strings.Fields("gener univers arsen comm sk dy id gent ugl earl onl singl inn out cann herr proc exc succ hop fail sky y bay tr ee app niger wom café"),
		strings.Fields("s es ies ied sses ing eed ed ly edly ingly y ational tional ization ation ator alism aliti fulness ousli iveness ness able ible ement ment ent ion sion 's s' ’s ’ eful e ll er ies! ative icate ical"),
	},
	"de": {
		strings.Fields("häus brück straß größ mäd bürger über öst grüß nie reg sold aufe ung ch sch Ä ß äu eue uye niss"),
		strings.Fields("er en em ern es s st est erin end ung ig ik isch lich heit keit lichkeit igkeit nissen chen e ö ßen ss"),
	},
	"fr": {
		strings.Fields("l'é d’a qu'i condamn nation haï isra maï élèv gouvern étr ho quay yeu par col tap ni œ naïv loy jou gué"),
		strings.Fields("é ée ées er ez ation ements ment amment emment euse eux ivité ique isme able logie usion ence ités ïque issant irions èrent âmes ait euses ière ë ç"),
	},
	"es": {
		strings.Fields("naci niñ ping cig gobiern soldad acci dic est rápid añ quer ll gu ü ay comun"),
		strings.Fields("ón ones amente mente idad idades able ibles logía ución encia ando iendo ándose iéndola selas arlo aba ían aríamos ísteis as es os á é yendo güe ivo oso"),
	},
}
