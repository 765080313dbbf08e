// Package tag finds the names in a text: it splits the text into words, looks
// them up in lists of names and words, and labels them with a trained model.
package tag

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

//go:embed data
var data embed.FS

// Class is what a word or phrase is known as.
type Class = lexicon.Class

// Classes of the lists of names, then those of the sections of a language's words.
const (
	Given Class = 1 << iota
	Surname
	City
	Country
	Region
	Organisation
	Medium
	Capitals // counts only in capitals: "WHO"

	Title        // before a person's name
	Role         // a function
	OrgWord      // part of organisations' names
	OrgEnd       // "Ltd"
	Body         // makes an organisation of the name before it: "government"
	PlaceWord    // part of places' names
	Near         // before places
	Link         // a small word within names
	Policy       // what governments have, and cities don't
	Event        // part of the names of events, works and laws
	Demonym      // of a nation or religion
	Stop         // no name, however it is written
	Abbreviation // with a full stop that ends no sentence

	// What rules ask for, and models haven't learnt.
	Seat      // a capital, which stands for its government
	Head      // in small letters, an organisation with the name behind it: "ministère de"
	PlaceHead // in small letters, a place with the name behind it: "boulevard"
	Sport     // tells of a match
	Particle  // within a person's name: "van der"
	Modifier  // a common noun before a function: "police spokesman"

	traits // of the whole language; no word has it
)

// learned are the classes that models are trained with.
const learned = Seat - 1

const (
	places = City | Country | Region
	bodies = Organisation | Medium
	named  = Given | Surname | places | bodies
)

var sections = map[string]Class{
	"title": Title, "role": Role, "orgword": OrgWord, "orgend": OrgEnd, "body": Body, "placeword": PlaceWord, "near": Near,
	"link": Link, "policy": Policy, "event": Event, "demonym": Demonym, "stop": Stop, "abbrev": Abbreviation,
	"head": Head, "placehead": PlaceHead, "sport": Sport, "particle": Particle, "modifier": Modifier,
	"traits": traits,
}

// lists are the files of names, and what they are lists of.
var lists = []struct {
	file  string
	class Class
	known bool // the first name of a row is the normal name of all in it
}{
	{"data/given.txt", Given, false},
	{"data/surnames.txt", Surname, false},
	{"data/cities.txt", City, false},
	{"data/capitals.txt", City | Seat, false},
	{"data/countries.txt", Country, true},
	{"data/regions.txt", Region, true},
	{"data/organisations.txt", Organisation, true},
}

// Names are the lists of names.
type Names struct {
	trie   lexicon.Trie
	normal []string // by value - 1
	only   []string // the only language that a value counts in; "": any
}

// readNames reads the lists, and media: rows of a normal name and its aliases.
func readNames(dir fs.FS, media [][]string) (*Names, error) {
	n := &Names{}
	for _, l := range lists {
		err := lexicon.EachLine(dir, l.file, func(line string) error {
			row := strings.Split(line, ";")
			for i := range row {
				row[i] = strings.TrimSpace(row[i])
			}
			return n.add(row, l.class, l.known)
		})
		if err != nil {
			return nil, err
		}
	}
	for _, row := range media {
		if err := n.add(row, Medium, true); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// shortName is how many letters a name in capitals has at most that counts only
// in capitals.
const shortName = 5

func (n *Names) add(row []string, class Class, known bool) error {
	all := int32(0)
	if known {
		all = n.value(row[0], "")
	}
	for _, name := range row {
		value, c := all, class
		if language, word, ok := strings.Cut(name, ":"); ok && known {
			name = word
			value = n.value(row[0], language)
		}
		if known && len(name) <= shortName && strings.ToUpper(name) == name {
			c |= Capitals
		}
		if !n.trie.Add(name, c, value) {
			return fmt.Errorf("%q has no words", name)
		}
	}
	return nil
}

// value is a new value.
func (n *Names) value(normal, only string) int32 {
	n.normal, n.only = append(n.normal, normal), append(n.only, only)
	return int32(len(n.normal))
}

// in is what a match says of a word in a language, written in capitals or not.
func (n *Names) in(m lexicon.Match, language string, capitals bool) lexicon.Match {
	foreign := m.Value != 0 && n.only[m.Value-1] != "" && n.only[m.Value-1] != language
	if foreign || m.Classes&Capitals != 0 && !capitals {
		m.Classes &^= Country | Region | Organisation | Medium
		m.Value = 0
	}
	m.Classes &^= Capitals
	return m
}

// Language is what the words of one language say.
type Language struct {
	words   lexicon.Trie
	phrases *lexicon.Trie // the words of the lexicon
	nouns   bool          // every noun has a capital
	split   bool          // "l'" and "d'" are words of their own
	apposes bool          // functions stand before names, with commas around these
	tag     string
}

// trait is what a section "traits" says of a language as a whole.
func (l *Language) trait(name string) bool {
	switch name {
	case "nouns have capitals":
		l.nouns = true
	case "articles are elided":
		l.split = true
	case "functions before names":
		l.apposes = true
	default:
		return false
	}
	return true
}

// entry takes a word of a section, or a trait.
func (l *Language) entry(class Class, word string) error {
	switch {
	case class == traits && !l.trait(strings.TrimSpace(word)):
		return fmt.Errorf("unknown trait %q", word)
	case class != traits && !l.words.Add(word, class, 0):
		return fmt.Errorf("%q has no words", word)
	}
	return nil
}

func readLanguages(dir fs.FS) (map[string]*Language, error) {
	files, err := fs.Glob(dir, "data/lang/*/words.txt")
	if err != nil {
		return nil, err
	}
	all := map[string]*Language{"": {}}
	for _, f := range files {
		tag := path.Base(path.Dir(f))
		l := &Language{tag: tag}
		class := Class(0)
		err := lexicon.EachLine(dir, f, func(line string) error {
			if strings.HasPrefix(line, "[") {
				if class = sections[strings.Trim(line, "[]")]; class == 0 {
					return fmt.Errorf("unknown section %s", line)
				}
				return nil
			}
			if class == 0 {
				return fmt.Errorf("%q stands before the first section", line)
			}
			for w := range strings.SplitSeq(line, ";") {
				if err := l.entry(class, w); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		all[tag] = l
	}
	return all, nil
}
