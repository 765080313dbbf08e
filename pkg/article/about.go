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

// Keyphrase is a word or a few words that tell what a text is about. Its span
// is the first place where it stands.
type Keyphrase struct {
	Evidence
	Phrase string  // normal form
	Score  float64 // from 0 up; comparable within one article only
}

// How fast news is read: the mean of silent reading of non-fiction in English
// (Brysbaert 2019), and of Chinese and Japanese, which are counted by characters.
const (
	WordsPerMinute      = 238
	CharactersPerMinute = 300
)

// ReadingTime is how long an average reader takes for headline, standfirst and
// body, in whole seconds, rounded up; 0 if there is none of them.
func (a *Article) ReadingTime() time.Duration {
	var words, characters int
	for i := range a.Segments {
		s := &a.Segments[i]
		if s.Kind != Headline && s.Kind != Standfirst && !s.Kind.InBody() {
			continue
		}
		w, c := countWords(s.In(a.Text))
		words, characters = words+w, characters+c
	}
	const minute = 60
	seconds := float64(words)*minute/WordsPerMinute + float64(characters)*minute/CharactersPerMinute
	whole := time.Duration(seconds) * time.Second
	if seconds > whole.Seconds() {
		whole += time.Second
	}
	return whole
}

// countWords counts what stands between white space and has a letter or digit,
// and the characters of scripts that put no space between words.
func countWords(text string) (words, characters int) {
	within := false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r):
			within = false
		case r >= firstOfAsia && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			characters++
			within = false
		case !within && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			words++
			within = true
		}
	}
	return words, characters
}

// firstOfAsia is before all characters of these scripts.
const firstOfAsia = '\u2e80'
