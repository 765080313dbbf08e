package language

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

const (
	// profileLength is how many trigrams are known of a language.
	profileLength = 300
	// farthest is the distance of a trigram that the text hasn't, and strange that
	// of a text that has none of a language's.
	farthest = profileLength
	strange  = profileLength * farthest
)

// trigram is three characters, of 21 bits each: it sorts as they do in UTF-8.
type trigram uint64

const runeBits = 21

// then is the trigram of the last two characters of t, and r.
func (t trigram) then(r rune) trigram {
	return (t<<runeBits | trigram(r)) & (1<<(3*runeBits) - 1)
}

// inner tells whether t has no two blanks side by side.
func (t trigram) inner() bool {
	first, middle, last := t>>(2*runeBits), t>>runeBits&(1<<runeBits-1), t&(1<<runeBits-1)
	return middle != ' ' || first != ' ' && last != ' '
}

// place is where a trigram stands among those of a language.
type place struct{ profile, rank uint16 }

// detector tells languages by the script, and by how far a text's most frequent
// trigrams stand from where they stand in the languages of that script.
type detector struct {
	scripts []script
	tags    []string               // of each profile
	places  lexicon.Table[[]place] // of each trigram
}

// script is a script and its languages.
type script struct {
	name     string
	letters  []*unicode.RangeTable
	code     string // of the one language that is taken for granted, "" if there is not one
	tag      string // of that language, "" if it isn't to be told apart
	profiles []uint16
}

// allScripts are the scripts in the order in which they are tried first.
func allScripts() []script {
	of := func(name, code string, more ...*unicode.RangeTable) script {
		return script{name: name, code: code, letters: append(more, unicode.Scripts[name])}
	}
	return []script{
		of("Latin", ""), of("Cyrillic", ""), of("Arabic", ""), of("Devanagari", ""), of("Hiragana", "jpn", unicode.Katakana),
		of("Ethiopic", ""), of("Hebrew", ""), of("Bengali", "ben"), of("Georgian", "kat"), of("Han", "cmn"), of("Hangul", "kor"),
		of("Greek", "ell"), of("Kannada", "kan"), of("Tamil", "tam"), of("Thai", "tha"), of("Gujarati", "guj"), of("Gurmukhi", "pan"),
		of("Telugu", "tel"), of("Malayalam", "mal"), of("Oriya", "ori"), of("Myanmar", "mya"), of("Sinhala", "sin"), of("Khmer", "khm"),
	}
}

// newDetector reads trigrams.txt, and knows of it the languages whose ISO 639-3 code
// has a tag.
func newDetector(dir fs.FS, tags map[string]string) (*detector, error) {
	d := &detector{scripts: allScripts()}
	known := map[string]bool{}
	for i := range d.scripts {
		s := &d.scripts[i]
		s.tag = tags[s.code]
		known[s.code] = true
	}
	err := lexicon.EachSectionLine(dir, "trigrams.txt", func(section, line string) error {
		code, trigrams, _ := strings.Cut(line, "\t")
		known[code] = true
		if tags[code] == "" {
			return nil
		}
		i := slices.IndexFunc(d.scripts, func(s script) bool { return s.name == section })
		if i < 0 {
			return fmt.Errorf("unknown script %s", section)
		}
		profile := uint16(len(d.tags))
		d.scripts[i].profiles = append(d.scripts[i].profiles, profile)
		d.tags = append(d.tags, tags[code])
		return d.learn(profile, strings.Fields(trigrams))
	})
	if err != nil {
		return nil, err
	}
	for code := range tags {
		if !known[code] {
			return nil, fmt.Errorf("%q is no language that can be detected", code)
		}
	}
	return d, nil
}

// learn takes a language's trigrams in.
func (d *detector) learn(profile uint16, trigrams []string) error {
	if len(trigrams) != profileLength {
		return fmt.Errorf("%d trigrams, not %d", len(trigrams), profileLength)
	}
	for rank, s := range trigrams {
		chars := []rune(strings.ReplaceAll(s, "_", " "))
		if len(chars) != 3 {
			return fmt.Errorf("%q is no trigram", s)
		}
		at := d.places.Add(uint64(trigram(0).then(chars[0]).then(chars[1]).then(chars[2])))
		*at = append(*at, place{profile, uint16(rank)})
	}
	return nil
}

// detect is the tag of the language of a text, and how sure that is; "" if it is
// none of those that are told apart.
func (d *detector) detect(text string) (tag string, confidence float64) {
	s := d.script(text)
	switch {
	case s == nil:
		return "", 0
	case s.code != "":
		return s.tag, 1
	case len(s.profiles) == 0:
		return "", 0
	case len(s.profiles) == 1:
		return d.tags[s.profiles[0]], 1
	}
	distances := make([]int, len(d.tags))
	n := d.compare(text, distances)
	best, second := -1, -1
	for _, p := range s.profiles {
		switch i := int(p); {
		case best < 0 || distances[i] < distances[best]:
			best, second = i, best
		case second < 0 || distances[i] < distances[second]:
			second = i
		}
	}
	like, other := strange-distances[best], strange-distances[second]
	switch {
	case like == 0:
		return "", 0
	case other == 0: // no other language has anything of it
		const enough = 500
		return d.tags[best], float64(min(like/enough, 1))
	}
	// The shorter the text, the farther the second must be.
	ahead, enough := float64(like-other)/float64(other), 12/float64(n)+0.05
	return d.tags[best], min(ahead/enough, 1)
}

// compare adds the distance between a text and each language up, and returns how
// many different trigrams the text has.
func (d *detector) compare(text string, distances []int) (different int) {
	for i := range distances {
		distances[i] = strange
	}
	all := trigrams(make([]trigram, 0, MaxSample+2), text)
	slices.Sort(all)
	// Those that are as frequent stand by their letters, the last first.
	type frequent struct {
		trigram
		times int
	}
	list := make([]frequent, 0, MaxSample+2)
	before := make([]int, len(all)+2) // how many are more frequent
	for i := len(all); i > 0; {
		j := i - 1
		for j > 0 && all[j-1] == all[i-1] {
			j--
		}
		list = append(list, frequent{all[i-1], i - j})
		before[i-j-1]++
		i = j
	}
	for i := len(before) - 2; i >= 0; i-- {
		before[i] += before[i+1]
	}
	for _, f := range list {
		at := before[f.times]
		before[f.times]++
		places := d.places.Find(uint64(f.trigram))
		if places == nil {
			continue
		}
		for _, p := range *places {
			away := at - int(p.rank)
			distances[p.profile] += max(away, -away) - farthest
		}
	}
	return len(list)
}

// trigrams appends the trigrams of a text in small letters, with one blank for
// whatever stands between words.
func trigrams(dst []trigram, text string) []trigram {
	t := trigram(' ')
	first := true
	put := func(r rune) {
		if t = t.then(r); !first && t.inner() {
			dst = append(dst, t)
		}
		first = false
	}
	for _, r := range text {
		switch {
		case 'a' <= r && r <= 'z':
		case between(r):
			r = ' '
		default:
			r = unicode.ToLower(r)
		}
		put(r)
	}
	put(' ')
	return dst
}

// between tells whether r stands between words: a blank, mark, sign or digit.
func between(r rune) bool {
	return unicode.IsSymbol(r) || unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsDigit(r)
}

// script is the one that most of the text is written in; nil if there is none. Of
// two that it has as much of, it is mostly the one that was met later.
func (d *detector) script(text string) *script {
	var counts, order [32]int
	for i := range d.scripts {
		order[i] = i
	}
	for _, r := range text {
		at := d.writes(order[:len(d.scripts)], r)
		if at < 0 {
			continue
		}
		i := order[at]
		if counts[i]++; counts[i] > len(text)/2 {
			return &d.scripts[i]
		}
		if at > 0 {
			slices.Reverse(order[at-1 : at+1])
		}
	}
	var most *script
	n, kana := 0, false
	for _, i := range order[:len(d.scripts)] {
		if counts[i] > n {
			n, most = counts[i], &d.scripts[i]
			kana = kana || most.code == "jpn"
		}
	}
	if most != nil && most.code == "cmn" && kana { // Japanese has both
		return d.named("Hiragana")
	}
	return most
}

func (d *detector) named(name string) *script {
	i := slices.IndexFunc(d.scripts, func(s script) bool { return s.name == name })
	return &d.scripts[i]
}

// writes is where in order the script is that r belongs to; -1 if it belongs to none.
func (d *detector) writes(order []int, r rune) int {
	latin := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	if !latin && between(r) {
		return -1
	}
	for at, i := range order {
		if latin && i == 0 || !latin && unicode.In(r, d.scripts[i].letters...) {
			return at
		}
	}
	return -1
}
