package amounts

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

//go:embed data
var data embed.FS

// What a phrase can be; one per section of the language files.
const (
	isNumber     lexicon.Class = 1 << iota // a number word
	isScale                                // multiplies the number before it
	isMoneyScale                           // as isScale, beside a currency only: "5m"
	isOne                                  // an article that is 1 before a scale
	isHalf                                 // "and a half", behind a number or a scale
	isFew                                  // leaves the number open: "several"
	isVague                                // a numeral without a number: "hundreds"
	isApprox                               // a word of approximation
	isReach                                // as isApprox, unless something changes
	isRound                                // as isApprox, before a round number only
	isBetween                              // opens a range
	isArticle                              // may stand before the ends of a range: "entre el 5 y el 7 %"
	isAnd                                  // stands in a range that isBetween opened
	isFrom                                 // opens a range, or says what something was
	isTo                                   // stands in a range
	isOr                                   // as isTo, between small numbers that follow each other
	isJoin                                 // stands inside a number of several words
	isOf                                   // stands between a scale and what is counted
	isMinus                                // belongs to a number below zero
	isPercent                              // the unit is percent
	isPoints                               // the unit is percentage points
	isHyphen                               // what is counted with a hyphen: "15-member"
	isMeasure                              // a unit of measure, also in the singular
	isNever                                // what is counted is time or turns: not reported
	isThing                                // a noun that ends as a verb or adverb does: "building", "family"
	isNoNoun                               // describes one, and is none by itself
	isDated                                // a year can stand before it
	isNoun                                 // can be counted without looking like a plural
	isCompound                             // several words that are one noun: "bureaux de vote"
	isComplement                           // belongs to the noun before it: "de chasse"
	isBehind                               // an adjective behind the noun that tells its kind
	isApart                                // an adjective behind the noun that doesn't
	isAdjective                            // may stand before a noun that is counted
	isOdd                                  // joined to a number by a hyphen, it is about that: "20-odd"
	isMore                                 // never part of it but as its first word: "two more people"
	isStop                                 // never part of a noun that is counted
	isNoOne                                // no number is the one behind it
	isLabel                                // the number behind it is a name
	isYear                                 // a year can stand behind it
	isIdiom                                // has a number in it that counts nothing
	isPer                                  // the number behind it is a denominator
	isPerMany                              // as isPer, if the number is a hundred, a thousand, …
	isRatio                                // stands between the numbers of a ratio
	isChange                               // what goes up or down: "to" is no range
	isSame                                 // a figure behind it is compared with the one before
	isEqual                                // introduces a conversion
	isWorth                                // behind "pounds of": they are money
	isMoney                                // names a currency, behind the number
	isBefore                               // names a currency, before the number
	isISO                                  // the code of a currency, in capitals
	isCountry                              // the name of a country, or what belongs to it
)

var sections = map[string]lexicon.Class{
	"number": isNumber, "scale": isScale, "money scale": isMoneyScale, "one": isOne, "half": isHalf, "few": isFew, "vague": isVague,
	"approx": isApprox, "reach": isReach, "round": isRound, "between": isBetween, "article": isArticle, "and": isAnd, "from": isFrom, "to": isTo, "or": isOr, "join": isJoin, "of": isOf,
	"minus": isMinus, "percent": isPercent, "points": isPoints, "measure": isMeasure, "hyphen": isHyphen, "never": isNever, "noun": isNoun, "compound": isCompound, "complement": isComplement, "behind": isBehind, "apart": isApart, "thing": isThing, "dated": isDated, "no noun": isNoNoun,
	"adjective": isAdjective, "stop": isStop, "more": isMore, "odd": isOdd, "label": isLabel, "no one": isNoOne, "year": isYear, "idiom": isIdiom, "per": isPer, "per many": isPerMany, "ratio": isRatio, "change": isChange, "same": isSame,
	"equal": isEqual, "worth": isWorth, "money": isMoney, "before": isBefore,
}

// How a language shows which noun is counted.
type nouns uint8

const (
	nounsNone    nouns = iota // not looked for
	nounsLast                 // the plural that ends the phrase: "sports cars"
	nounsFirst                // the plural that begins it: "hectómetros cúbicos"
	nounsCapital              // the word with a capital: "neue Schulen"
)

// entry is what the data says of one phrase.
type entry struct {
	value  float64 // of numbers and scales
	about  bool    // the number is approximate
	dotted bool    // written with a full stop
	proper bool    // counts with a capital only
	mixed  bool    // has small letters: "Rs" is not "RS"
	money  int16   // 1-based index of language.moneys; 0: none
}

// money is a currency, or a name that several have.
type money struct {
	codes  []string // ISO 4217; more than one: the text tells which
	usual  string   // if it doesn't; "" if none is
	minor  bool     // a hundredth
	sign   bool     // a sign: the usual one, unless the country has another
	weight bool     // also a unit of weight
	doubt  bool     // only in a text that names a country that has it, or with a scale
	many   bool     // also another word: behind a hundred or more only
	times  float64  // of abbreviations with a scale in them, "mdd"; 0: once
	fixed  bool     // the usual one, wherever the text plays
}

// language is what is known of one language. It is read-only.
type language struct {
	phrases  lexicon.Trie // value: 1-based index of entries
	entries  []entry
	moneys   []money
	signs    map[string]int16   // of currencies; 1-based index of moneys
	bare     map[string][]int16 // names that several currencies have, by the code of each; likewise
	minor    map[string][]int16 // names of hundredths, by the code; likewise
	decimal  byte
	spaces   bool // a plain space can separate thousands
	swaps    bool // some write the decimal point, some the comma
	parts    map[string]float64
	openings map[[2]byte]bool // how the parts begin
	and      string           // between the parts of a glued number: "und"; "": none are glued
	nouns    nouns
	plural   []string // endings of plurals
	singular []string // endings that only look so
	people   []string // endings of the names of peoples that are no plurals
	// governs has the words to which a preposition behind them belongs, so that
	// it approximates nothing: the hashes of "dispute" and "over".
	governs    map[[2]uint64]bool
	participle []string // endings of participles
	adjective  []string // endings of adjectives before the noun
}

// draft collects phrases before they are entered.
type draft struct {
	entry
	classes lexicon.Class
}

// currency is a row of currencies.txt.
type currency struct {
	code   string
	family string
	signs  []string
}

type catalogue struct {
	rows   []currency
	usual  map[string]string   // of a family
	fixed  map[string]bool     // the usual one, wherever the text plays
	family map[string][]string // its codes
}

// readData reads data/currencies.txt and data/lang/<tag>/words.txt, with
// countries.txt where there is one. Errors name file and line.
func readData(dir fs.FS) (map[string]*language, error) {
	cat, err := readCurrencies(dir, "data/currencies.txt")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(dir, "data/lang/*/words.txt")
	if err != nil {
		return nil, err
	}
	languages := map[string]*language{}
	for _, f := range files {
		tag := path.Base(path.Dir(f))
		if languages[tag], err = readLanguage(dir, path.Dir(f), cat); err != nil {
			return nil, err
		}
	}
	if languages["und"] == nil {
		return nil, fmt.Errorf("no data/lang/und/words.txt")
	}
	return languages, nil
}

func readCurrencies(dir fs.FS, name string) (*catalogue, error) {
	c := &catalogue{usual: map[string]string{}, fixed: map[string]bool{}, family: map[string][]string{}}
	return c, lexicon.EachLine(dir, name, func(line string) error {
		if family, code, ok := strings.Cut(line, "="); ok {
			family = strings.TrimSpace(family)
			c.usual[family], c.fixed[family] = strings.CutSuffix(strings.TrimSpace(code), " always")
			return nil
		}
		f := strings.Fields(line)
		if len(f) < 2 || len(f[0]) != 3 {
			return fmt.Errorf("%q is not a code of three letters, a family, and signs", line)
		}
		c.rows = append(c.rows, currency{f[0], f[1], f[2:]})
		c.family[f[1]] = append(c.family[f[1]], f[0])
		return nil
	})
}

func readLanguage(dir fs.FS, folder string, cat *catalogue) (*language, error) {
	l := &language{decimal: '.', signs: map[string]int16{}, parts: map[string]float64{}, openings: map[[2]byte]bool{}, governs: map[[2]uint64]bool{}}
	drafts := map[string]*draft{}
	for _, c := range cat.rows {
		m := l.money(money{codes: []string{c.code}})
		d := drafting(drafts, c.code)
		d.classes |= isISO
		d.money = m
		for _, s := range c.signs {
			l.signs[s] = l.money(money{codes: []string{c.code}, sign: true})
		}
	}
	words := path.Join(folder, "words.txt")
	err := lexicon.EachSectionLine(dir, words, func(section, line string) error { return l.line(drafts, cat, section, line) })
	if err != nil {
		return nil, err
	}
	countries := path.Join(folder, "countries.txt")
	if _, err := fs.Stat(dir, countries); err == nil {
		if err := lexicon.EachLine(dir, countries, func(line string) error { return l.country(drafts, line) }); err != nil {
			return nil, err
		}
	}
	for _, phrase := range slices.Sorted(maps.Keys(drafts)) {
		d := drafts[phrase]
		if d.classes&isStop != 0 {
			d.classes &^= isISO // "ALL"
		}
		l.entries = append(l.entries, d.entry)
		if !l.phrases.Add(phrase, d.classes, int32(len(l.entries))) {
			return nil, fmt.Errorf("%s: a phrase has no words", words)
		}
	}
	l.byCode()
	return l, nil
}

// byCode lists the names of currencies that don't tell which one by the codes that
// they may stand for.
func (l *language) byCode() {
	l.bare, l.minor = map[string][]int16{}, map[string][]int16{}
	for i := range l.moneys {
		m := &l.moneys[i]
		for _, c := range m.codes {
			if !m.sign && !m.fixed && len(m.codes) > 1 {
				l.bare[c] = append(l.bare[c], int16(i+1))
			}
			if m.minor {
				l.minor[c] = append(l.minor[c], int16(i+1))
			}
		}
	}
}

// drafting is the draft of the phrase, by its words in lower case.
func drafting(drafts map[string]*draft, phrase string) *draft {
	var b strings.Builder
	for _, t := range lexicon.Scan(nil, phrase, 0, len(phrase)) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strings.ToLower(phrase[t.Start:t.End]))
	}
	d := drafts[b.String()]
	if d == nil {
		d = &draft{}
		drafts[b.String()] = d
	}
	return d
}

func (l *language) money(m money) int16 {
	l.moneys = append(l.moneys, m)
	return int16(len(l.moneys))
}

// line reads a line of words.txt: a phrase, or "phrases; … = value".
func (l *language) line(drafts map[string]*draft, cat *catalogue, section, line string) error {
	left, value, _ := strings.Cut(line, "=")
	value = strings.TrimSpace(value)
	class, known := sections[section]
	if !known {
		return l.option(section, strings.TrimSpace(left), value, cat)
	}
	for phrase := range strings.SplitSeq(left, ";") {
		phrase = strings.TrimSpace(phrase)
		d := drafting(drafts, phrase)
		d.classes |= class
		d.dotted = d.dotted || strings.HasSuffix(phrase, ".")
		if class == isLabel && l.nouns != nounsCapital || class == isStop && l.nouns == nounsCapital {
			r, _ := utf8.DecodeRuneInString(phrase)
			d.proper = unicode.IsUpper(r)
		}
		switch class {
		case isNumber, isScale, isMoneyScale, isHalf:
			value, code, hinted := strings.Cut(value, " ")
			if hinted {
				m, err := cat.read(code)
				if err != nil {
					return err
				}
				d.money = l.money(m)
			}
			number, about := strings.CutPrefix(value, "~")
			v, err := strconv.ParseFloat(number, 64)
			if err != nil {
				return fmt.Errorf("%q has no number", line)
			}
			if d.value != 0 && d.value != v {
				return fmt.Errorf("%q is %v already", phrase, d.value)
			}
			d.value, d.about = v, about
		case isMoney, isBefore:
			m, err := cat.read(value)
			if err != nil {
				return err
			}
			d.money = l.money(m)
			d.mixed = class == isBefore && phrase != strings.ToUpper(phrase)
		case isComplement, isIdiom:
			d.proper = d.proper || phrase != strings.ToLower(phrase)
		}
	}
	return nil
}

// read reads the meaning of a name: a code or a family, codes of which the text
// tells one, the usual one with "!", and what else is to be known: "GBP minor".
func (c *catalogue) read(value string) (money, error) {
	var m money
	var err error
	for w := range strings.FieldsSeq(value) {
		w, usual := strings.CutSuffix(w, "!")
		if usual {
			m.usual = w
		}
		switch {
		case w == "minor":
			m.minor = true
		case w == "weight":
			m.weight = true
		case w == "doubt":
			m.doubt = true
		case w == "many":
			m.many = true
		case w[0] >= '1' && w[0] <= '9':
			if m.times, err = strconv.ParseFloat(w, 64); err != nil {
				return m, fmt.Errorf("%q is no number", w)
			}
		case c.family[w] != nil:
			m.codes = append(m.codes, c.family[w]...)
			m.usual, m.fixed = c.usual[w], c.fixed[w]
		case slices.ContainsFunc(c.rows, func(r currency) bool { return r.code == w }):
			m.codes = append(m.codes, w)
		default:
			return m, fmt.Errorf("%q is no currency and no family of currencies", w)
		}
	}
	if len(m.codes) == 0 {
		return m, fmt.Errorf("no currency is given")
	}
	if m.usual == "" && m.minor {
		m.usual = m.codes[0]
	}
	return m, nil
}

// option reads a line of a section that has no phrases.
func (l *language) option(section, name, value string, cat *catalogue) error {
	switch section {
	case "plural":
		l.plural = append(l.plural, name)
	case "singular":
		l.singular = append(l.singular, name)
	case "people":
		l.people = append(l.people, name)
	case "participle ending":
		l.participle = append(l.participle, name)
	case "adjective ending":
		l.adjective = append(l.adjective, name)
	case "sign":
		m, err := cat.read(value)
		if err != nil {
			return err
		}
		if old := l.signs[name]; old != 0 {
			m.usual = l.moneys[old-1].codes[0]
		}
		m.sign = true
		l.signs[name] = l.money(m)
	case "part":
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("%q has no number", name)
		}
		if len(name) < 2 {
			return fmt.Errorf("%q is too short for a part of a number", name)
		}
		l.parts[name] = v
		l.openings[[2]byte{name[0], name[1]}] = true
	case "governs":
		return l.govern(name, value)
	case "format":
		return l.format(name, value)
	default:
		return fmt.Errorf("unknown section [%s]", section)
	}
	return nil
}

// govern reads "words; … = prepositions; …".
func (l *language) govern(words, prepositions string) error {
	for w := range strings.SplitSeq(words, ";") {
		for p := range strings.SplitSeq(prepositions, ";") {
			phrase := w + " " + p
			toks := lexicon.Scan(nil, phrase, 0, len(phrase))
			if len(toks) != 2 {
				return fmt.Errorf("%q is no word with its preposition", strings.TrimSpace(phrase))
			}
			l.governs[[2]uint64{toks[0].Hash, toks[1].Hash}] = true
		}
	}
	return nil
}

func (l *language) format(name, value string) error {
	switch {
	case name == "decimal" && (value == "." || value == ","):
		l.decimal = value[0]
	case name == "spaces" && value == "yes":
		l.spaces = true
	case name == "swaps" && value == "yes":
		l.swaps = true
	case name == "glue":
		l.and = value
	case name == "nouns" && value == "last":
		l.nouns = nounsLast
	case name == "nouns" && value == "first":
		l.nouns = nounsFirst
	case name == "nouns" && value == "capital":
		l.nouns = nounsCapital
	default:
		return fmt.Errorf("unknown format %s = %s", name, value)
	}
	return nil
}

// country reads "CODE | names; …". A name with a capital counts with one only.
func (l *language) country(drafts map[string]*draft, line string) error {
	code, names, ok := strings.Cut(line, "|")
	code = strings.TrimSpace(code)
	i := slices.IndexFunc(l.moneys, func(m money) bool { return len(m.codes) == 1 && m.codes[0] == code })
	if !ok || i < 0 {
		return fmt.Errorf("%q is not \"CODE | names\" with a known code", line)
	}
	for name := range strings.SplitSeq(names, ";") {
		name = strings.TrimSpace(name)
		d := drafting(drafts, name)
		r, _ := utf8.DecodeRuneInString(name)
		d.proper = unicode.IsUpper(r) || d.classes&isCountry != 0 && d.proper
		d.classes |= isCountry
		if d.money == 0 {
			d.money = int16(i + 1)
		}
	}
	return nil
}
