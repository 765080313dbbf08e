package language

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"pgregory.net/rapid"
)

// profileOf is a line of trigrams.txt that begins with some.
func profileOf(code, some string) string {
	list := strings.Fields(some)
	for i := len(list); i < profileLength; i++ {
		list = append(list, string([]rune{rune('A' + i/26), rune('A' + i%26), '_'}))
	}
	return code + "\t" + strings.Join(list, " ") + "\n"
}

func TestLoadNamesTheLine(t *testing.T) {
	for says, file := range map[string]map[string]string{
		"": {},
		`languages.txt:1: "en" is no tag and code`:              {"languages.txt": "en\n"},
		`"xyz" is no language that can be detected`:             {"languages.txt": "en\teng\nxx\txyz\n"},
		`trigrams.txt:1: "eng" stands before the first section`: {"trigrams.txt": "eng\n"},
		`trigrams.txt:2: unknown script Runic`:                  {"trigrams.txt": "[Runic]\n" + profileOf("eng", "")},
		`trigrams.txt:2: 2 trigrams, not 300`:                   {"trigrams.txt": "[Latin]\neng\tthe _th\n"},
		`trigrams.txt:2: "th" is no trigram`:                    {"trigrams.txt": "[Latin]\n" + profileOf("eng", "the th")},
		`words.txt:1: "fr" is not in languages.txt`:             {"words.txt": "fr\tle la\n"},
		`open trigrams.txt: file does not exist`:                {"trigrams.txt": "-"},
	} {
		dir := fstest.MapFS{}
		for name, text := range map[string]string{"languages.txt": "en\teng\nzh\tcmn\n", "trigrams.txt": "[Latin]\n" + profileOf("eng", "the _th"), "words.txt": "en\tthe\n"} {
			if other, ok := file[name]; ok {
				text = other
			}
			if text != "-" {
				dir[name] = &fstest.MapFile{Data: []byte(text)}
			}
		}
		if _, err := load(dir); (err == nil) != (says == "") || err != nil && err.Error() != says {
			t.Errorf("got %v, want %q", err, says)
		}
	}
}

func TestScripts(t *testing.T) {
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"政府は木曜日":            "ja", // more of Chinese characters
		"新しい経済対策を発表した":      "ja",
		"政府发表了新的经济对策":       "zh",
		"Η κυβέρνηση abc":   "el",
		"abcdef Η":          "-",  // Latin, whichever language
		"הממשלה הודיעה":     "he", // the one language of its script
		"सरकार ने घोषणा की": "hi",
		"정부가 발표했다":          "ko",
		"รัฐบาลประกาศ":      "th",
		"সরকার ঘোষণা":       "bn",
		"მთავრობა":          "", // of no language that is told apart
		"መንግሥት":             "",
		"12 + 34, «»":       "",
		"":                  "",
	} {
		got, conf := e.detector.detect(text)
		if want == "-" && got != "" {
			continue
		}
		if got != want || want != "" && conf != 1 {
			t.Errorf("%q: got %q, %v, want %q", text, got, conf, want)
		}
	}
}

// TestAgainstModel: the distances are those that the definition gives.
func TestAgainstModel(t *testing.T) {
	profiles := [][]string{strings.Fields(profileOf("", "_ab bab ab_ a_b b_a aba")), strings.Fields(profileOf("", "aba bab abé bé_ éa_ é_é"))}
	d := &detector{tags: []string{"x", "y"}}
	for i, p := range profiles {
		if err := d.learn(uint16(i), p); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("abAB É,é1")), 0, 400, -1).Draw(t, "text")
		var chars []rune
		for _, r := range " " + text + " " {
			if r = unicode.ToLower(r); !unicode.IsLetter(r) {
				r = '_'
			}
			chars = append(chars, r)
		}
		times := map[string]int{}
		for i := range max(len(chars)-2, 0) {
			if s := string(chars[i : i+3]); !strings.Contains(s, "__") {
				times[s]++
			}
		}
		list := slices.SortedFunc(maps.Keys(times), func(a, b string) int {
			// Among those that are as frequent a blank, which is below all letters, is last.
			blank := strings.NewReplacer("_", " ")
			return cmp.Or(times[b]-times[a], cmp.Compare(blank.Replace(b), blank.Replace(a)))
		})
		got := make([]int, 2)
		if n := d.compare(text, got); n != len(list) {
			t.Errorf("%d trigrams, want %d: %q", n, len(list), list)
		}
		for i, p := range profiles {
			want := 0
			for rank, s := range p {
				if at := slices.Index(list, s); at >= 0 {
					want += max(at-rank, rank-at)
				} else {
					want += farthest
				}
			}
			if got[i] != want {
				t.Errorf("distance %d, want %d", got[i], want)
			}
		}
	})
}

func BenchmarkDetect(b *testing.B) {
	e, err := New()
	if err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("The council said that the bridge would stay closed until Monday. ", 6)
	b.ReportAllocs()
	for b.Loop() {
		e.detector.detect(text)
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(); err != nil {
			b.Fatal(err)
		}
	}
}
