package article

import (
	"slices"
	"time"
	"unicode"
)

// Entity is somebody or something that a text speaks of by name. Name, title and
// role come from what is for readers, see [Kind.ForReaders], if any mention does: a
// note to editors may say more, and all of it is shown.
type Entity struct {
	Type EntityType
	Name string // normal name: a gazetteer's, else the fullest that the text gives
	// ID names it outside of Copytaster, with the naming authority in front:
	// "geonames:2440485", "wikidata:Q1032"; "" if it isn't known.
	ID    string
	Title string // before the name, as written ("Dr", "President"); "" if the text gives none
	Role  string // as written ("junta spokesman"); "" if the text gives none
	// Mentions are at least one, by place in the text, aliases among them.
	Mentions []Evidence
}

// EntityType is what kind of thing an [Entity] is.
type EntityType string

// The types of entities.
const (
	EntityPerson       EntityType = "person"
	EntityOrganisation EntityType = "organisation"
	EntityPlace        EntityType = "place"
	EntityOther        EntityType = "other" // has a name and is none of these: events, works, laws
)

// EntityTypes are all of them.
var EntityTypes = []EntityType{EntityPerson, EntityOrganisation, EntityPlace, EntityOther}

// Place is where something that a text tells of is. What only names somebody
// ("Washington" for a government, "Washington Post") is none. Its name is one of
// what is for readers, as an [Entity]'s.
type Place struct {
	Name       string // usual English name
	Country    string // ISO 3166-1 alpha-2 ("NE"); "" for what lies in none or in several
	GeoNamesID int64  // 0: none, or not known
	Located    bool   // whether Lat and Lon are known
	Lat, Lon   float64
	Main       bool       // the one where most of it happens; at most one place is
	Mentions   []Evidence // at least one, by place in the text
}

// Topic is an entry of IPTC's Media Topics that a text is about.
type Topic struct {
	// Evidence has the span of the word that spoke for it most, or none.
	Evidence
	Qcode string   // "medtop:20000070"
	Label string   // in English
	Path  []string // qcodes, from the top to its own
	Why   []Reason // words that spoke for it, the strongest first
}

// Tells tells whether readers may be shown that the text is about t: it is at least
// [Sure], and a word that speaks for it is for them, see [Article.ForReaders], or
// something else than the text does.
func (a *Article) Tells(t *Topic) bool {
	if t.Confidence < Sure {
		return false
	}
	if (t.Span != Span{} || len(t.Why) == 0) && a.open(t.Span) {
		return true
	}
	return slices.ContainsFunc(t.Why, func(r Reason) bool { return a.open(r.Span) })
}

// Keyphrase is a word or a few words that tell what a text is about. Its span
// is the first place where it stands, for readers if it stands there for them.
type Keyphrase struct {
	Evidence
	Phrase string  // normal form, of what is for readers, as an [Entity]'s name
	Score  float64 // from 0 up; comparable within one article only
}

// How fast news is read: the mean of silent reading of non-fiction in English
// (Brysbaert 2019), and of Chinese and Japanese, which are counted by characters.
// Thai, Lao, Khmer and Burmese, whose words no spaces tell apart either, are
// counted by letters, as if a word had as many as one of English.
const (
	WordsPerMinute      = 238
	CharactersPerMinute = 300
	LettersPerWord      = 5
)

// ReadingTime is how long an average reader takes for headline, standfirst and
// body, in whole seconds, rounded up; 0 if there is none of them.
func (a *Article) ReadingTime() time.Duration {
	var all length
	for i := range a.Segments {
		s := &a.Segments[i]
		if s.Kind != Headline && s.Kind != Standfirst && !s.Kind.InBody() {
			continue
		}
		all.add(s.In(a.Text))
	}
	const minute = 60
	words := float64(all.words) + float64(all.letters)/LettersPerWord
	seconds := words*minute/WordsPerMinute + float64(all.characters)*minute/CharactersPerMinute
	whole := time.Duration(seconds) * time.Second
	if seconds > whole.Seconds() {
		whole += time.Second
	}
	return whole
}

// length is how much there is to read.
type length struct {
	words      int // between white space, with a letter or digit
	characters int // of Chinese and Japanese
	letters    int // of the other scripts that put no space between words
}

// class is what a character is to who counts what there is to read.
type class uint8

const (
	other     class = iota // marks, signs
	space                  // between words
	letter                 // or digit, of a word
	character              // of Chinese or Japanese
	unspaced               // letter of Thai and the like
	longVowel              // of no script: of the one that it follows
)

func (l *length) add(text string) {
	before := space // class of the one before, marks left out
	for _, r := range text {
		c := classOf(r)
		if c == longVowel {
			if c = letter; before == character {
				c = character
			}
		}
		switch {
		case c == other:
			continue
		case c == character:
			l.characters++
		case c == unspaced:
			l.letters++
		case c == letter && before != letter:
			l.words++
		}
		before = c
	}
}

var ascii = func() (t [128]class) {
	for c := range t {
		t[c] = classify(rune(c))
	}
	return t
}()

// classOf is classify, at once for most characters of news.
func classOf(r rune) class {
	switch {
	case r < '\u0080':
		return ascii[r]
	case '\u2010' <= r && r <= '\u2027': // dashes, quotation marks, ellipsis
		return other
	case '\u4e00' <= r && r <= '\u9fff': // Han
		return character
	case '\uac00' <= r && r <= '\ud7a3': // Hangul
		return letter
	}
	return classify(r)
}

func classify(r rune) class {
	switch {
	case unicode.IsSpace(r):
		return space
	case r == 'ー' || r == 'ｰ':
		return longVowel
	case r >= '\u2e80' && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
		return character
	case !unicode.IsLetter(r) && !unicode.IsDigit(r):
		return other
	case '\u0e00' <= r && r <= '\uaa7f' && unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
		return unspaced
	}
	return letter
}
