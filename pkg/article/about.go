package article

import (
	"time"
	"unicode"
)

// Entity is somebody or something that a text speaks of by name.
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
// ("Washington" for a government, "Washington Post") is none.
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

// Tells tells whether readers may be shown that the text is about t: a word that
// speaks for it may be, see [Article.Mentioned], or nothing in the text does.
func (a *Article) Tells(t *Topic) bool {
	var spoke []Evidence
	for i := range t.Why {
		spoke = append(spoke, t.Why[i].Evidence)
	}
	if t.Span != (Span{}) || len(spoke) == 0 {
		spoke = append(spoke, t.Evidence)
	}
	return a.Mentioned(spoke)
}

// Keyphrase is a word or a few words that tell what a text is about. Its span
// is the first place where it stands.
type Keyphrase struct {
	Evidence
	Phrase string  // normal form
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

func (l *length) add(text string) {
	const longVowel, narrowLongVowel = 'ー', 'ｰ' // of no script: of the one that they follow
	within, character := false, false
	for _, r := range text {
		character = r >= firstOfAsia && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) ||
			character && (r == longVowel || r == narrowLongVowel)
		switch {
		case unicode.IsSpace(r):
			within = false
		case character:
			l.characters++
			within = true
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
		case r >= firstOfThai && unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			l.letters++
			within = true
		case !within:
			l.words++
			within = true
		}
	}
}

// Before all characters of Thai and the like, and of Chinese and Japanese.
const (
	firstOfThai = '\u0e00'
	firstOfAsia = '\u2e80'
)
