package quotes

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// fields is a set of what people work at, or are told of with: politics, sport.
type fields uint32

// fieldNames are the sections of the files of fields, in the order of their bits.
var fieldNames = []string{"politics", "law", "crime", "police", "army", "rescue", "sport", "health", "science", "arts", "business", "union", "farm", "school", "faith", "media", "trade", "old", "young", "activist"}

// Fields of an age, which is told by a number, too.
const (
	fieldOld   fields = 1 << 17
	fieldYoung fields = 1 << 18
)

// Ages, in years, from which on somebody is a pensioner, and up to which a teenager.
const (
	pension = 63
	youth   = 20
)

// stem is a word, the beginning of words or their end, that is of some fields.
type stem struct {
	text  string
	whole bool
	of    fields
}

// vocabulary tells which fields a word is of.
type vocabulary struct {
	begin map[string][]stem // by the first two bytes
	end   []stem
}

// stemKey is how many bytes of a stem it is found by.
const stemKey = 2

// minInner is how many bytes a stem has at least that counts within a compound.
const minInner = 5

func readFields(dir fs.FS, name string, to ...*vocabulary) error {
	return lexicon.EachSectionLine(dir, name, func(section, line string) error {
		bit := slices.Index(fieldNames, section)
		if bit < 0 {
			return fmt.Errorf("unknown field %q", section)
		}
		for s := range strings.SplitSeq(line, ";") {
			for _, v := range to {
				if err := v.add(s, 1<<bit); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (v *vocabulary) add(s string, of fields) error {
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		v.end = append(v.end, stem{text: rest, of: of})
		return nil
	}
	rest, open := strings.CutSuffix(s, "-")
	if len(rest) < stemKey || strings.ContainsAny(rest, " -") {
		return fmt.Errorf("%q is no stem", s)
	}
	if v.begin == nil {
		v.begin = map[string][]stem{}
	}
	key := rest[:stemKey]
	v.begin[key] = append(v.begin[key], stem{rest, !open, of})
	return nil
}

// of is the fields of a word in lower case; inner tells that a stem within it counts.
func (v *vocabulary) of(w string, inner bool) fields {
	var f fields
	for at := 0; at+stemKey <= len(w); at++ {
		if at > 0 && (!inner || len(w)-at < minInner) {
			break
		}
		if at > 0 && (at < minStem || !utf8.RuneStart(w[at])) {
			continue
		}
		for _, s := range v.begin[w[at:at+stemKey]] {
			if at > 0 && len(s.text) < minInner || !strings.HasPrefix(w[at:], s.text) {
				continue
			}
			if rest := w[at+len(s.text):]; !s.whole || rest == "" || rest == "s" {
				f |= s.of
			}
		}
	}
	for _, s := range v.end {
		if len(w) > len(s.text)+1 && strings.HasSuffix(w, s.text) {
			f |= s.of
		}
	}
	return f
}

// readAllFields reads data/<tag>/fields.txt of every language.
func readAllFields(dir fs.FS, langs map[string]*language) error {
	files, err := fs.Glob(dir, "data/*/fields.txt")
	if err != nil {
		return err
	}
	for _, f := range files {
		l := langs[path.Base(path.Dir(f))]
		if l == nil {
			return fmt.Errorf("%s: there is no words.txt", f)
		}
		if err := readFields(dir, f, &l.fields, &langs[""].fields); err != nil {
			return err
		}
	}
	return nil
}

// How far from a name words tell what somebody works at, in items.
const (
	toldBefore = 8
	toldBehind = 16
)

// work fills in the fields of what e is called, and of what stands around the place
// where it is named first.
func (a *ascriber) work(e *entity) {
	if e.placed {
		return
	}
	e.placed = true
	called := e.role
	if !e.named {
		called = e.name
	}
	e.work = a.fieldsOf(fold(called))
	at := sort.Search(len(a.items), func(i int) bool { return int(a.items[i].Start) >= e.at })
	n := sort.Search(len(a.sents), func(i int) bool { return a.sents[i].to > at })
	if n == len(a.sents) || !e.named {
		return
	}
	s := &a.sents[n]
	for k := max(s.from, at-toldBefore); k < min(s.to, at+toldBehind); k++ {
		t := &a.items[k]
		if t.kind != word || k >= at && int(t.Start) < e.at+len(e.name) {
			continue
		}
		if t.Shape&lexicon.Digits != 0 {
			e.told |= a.ageAt(k)
			continue
		}
		e.told |= a.lang.fields.of(strings.ToLower(a.text[t.Start:t.End]), a.lang.capitals)
	}
	e.told &^= e.work
}

func notInWord(r rune) bool { return r == ' ' || r == '-' || r == ',' || r == '\'' || r == '’' }

// ageAt is the field of an age at item k, between commas, in brackets or before
// "years"; 0 if the number is none.
func (a *ascriber) ageAt(k int) fields {
	t := &a.items[k]
	w := a.text[t.Start:t.End]
	if len(w) > 2 || k == 0 || k+1 >= len(a.items) {
		return 0
	}
	years := 0
	for i := range len(w) {
		if w[i] < '0' || w[i] > '9' {
			return 0
		}
		years = years*10 + int(w[i]-'0')
	}
	before, behind := &a.items[k-1], &a.items[k+1]
	if before.kind != comma && before.kind != bracket && behind.kind == word && !a.lang.years[strings.ToLower(a.text[behind.Start:behind.End])] {
		return 0
	}
	switch {
	case years >= pension:
		return fieldOld
	case years > 3 && years <= youth:
		return fieldYoung
	}
	return 0
}

// fieldsIn is the fields that the words of a description tell, its noun before others.
func (a *ascriber) fieldsIn(c *choice) fields {
	noun, others := a.fieldsOf(c.noun), fields(0)
	for _, w := range c.words {
		others |= a.fieldsOf(w)
	}
	switch {
	case noun == 0:
		return others
	case noun&others != 0:
		return noun & others
	}
	return noun
}

// fieldsOf is the fields of words made comparable.
func (a *ascriber) fieldsOf(words string) fields {
	var f fields
	for w := range strings.FieldsFuncSeq(words, notInWord) {
		f |= a.lang.fields.of(w, a.lang.capitals)
	}
	return f
}

// match is how well the fields of a description go with somebody's.
type match uint8

const (
	matchNone  match = iota // nothing is known of one of them
	matchWork               // of the function
	matchTold               // of what is told
	matchOther              // the function is of another one
)

func (a *ascriber) match(c *choice, e *entity) match {
	if c.fields == 0 || e == nil {
		return matchNone
	}
	a.work(e)
	switch {
	case c.fields&e.work != 0:
		return matchWork
	case c.fields&e.told != 0:
		return matchTold
	case e.work != 0:
		return matchOther
	}
	return matchNone
}
