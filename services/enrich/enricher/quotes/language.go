package quotes

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

//go:embed data
var data embed.FS

// What words do around quotations: the sections of the data files.
const (
	cue         lexicon.Class = 1 << iota // verb of saying, finite
	describe                              // verb that calls something by a source's word
	quoted                                // verb by which a medium passes words on
	asSaying                              // "as saying", "mit den Worten"
	according                             // stands before a source
	postposed                             // stands behind a source
	subjunctive                           // form of reported speech
	participle                            // of a verb of saying
	auxiliary                             // goes with a participle
	pronoun                               // of the third person
	masculine                             // "he"
	feminine                              // "she"
	neuter                                // "it"
	plural                                // "they"
	loose                                 // "one", "others": a speaker by itself
	relative
	articleWord
	possessive
	preposition
	inside // preposition that goes on with a description
	conjunction
	adverb
	timeWord
	channel            // statement, interview, Telegram
	channelPreposition // stands before a channel
	audience           // reporters
	medium             // newspaper, broadcaster
	theMedium          // speaks of the medium named before
	titled             // film, so-called: what follows in marks is a name
	sign               // banner, placard
	title              // Mr, kept with the name
	abbreviation
	role
	finite // common finite verb, marks a clause
	subordinate
	elision    // word that begins with an apostrophe
	passive    // auxiliary that turns who speaks into who is spoken of
	agent      // stands before who did it, in the passive
	impersonal // "hieß es": nobody is named
	many       // article of the plural
	action     // other finite verb: ends a noun phrase
	toward     // likewise as inside, before an article or a name
	speech     // answer, verdict: what somebody says
	oblique    // "him": a pronoun behind "according to"
	definite   // article for somebody who is known
	weak       // verb that ascribes if no better one does
	view       // "for": stands before whose view it is, at the start of a clause
	mouth      // "through": stands before who speaks for a body
	object     // article that no subject begins with
	like       // "as": stands before a reporter\'s clause
	work       // film, novel: a name with a capital that follows is its title
	person     // noun by which a text comes back to somebody it has named
	party      // likewise, to who stands trial
	body       // likewise, to an organisation
	honour     // stands behind a name: KC, MBE
	office     // function that somebody new may have: the mayor
	infinitive // of a verb of saying; its subject is that of the verb before it
	negated    // "no", "nobody": nobody who speaks begins with it
	firstone   // "I", "my": who says it is one person
	rating     // of shares: "buy"
	asking     // verb of asking: the answer is whom it asks
	trial      // function of others in a trial than who stands it
	punishing  // verb of those who tell by a preposition why they did it: "fined" it for “…”
	within     // preposition before a work: what follows with a capital is its title
)

// kinds of bodies, so that "the court" means no company.
var kinds = map[string]uint16{"company": 1, "court": 2, "union": 4, "office": 8, "team": 16, "party": 32, "ruling": 64, "document": 128, "paper": 256, "panel": 512}

var sections = map[string]lexicon.Class{
	"cue": cue, "describe": describe, "quoted": quoted, "as saying": asSaying, "according": according,
	"postposed": postposed, "subjunctive": subjunctive, "participle": participle, "auxiliary": auxiliary,
	"pronoun": pronoun, "he": masculine, "she": feminine, "it": neuter, "they": plural, "loose": loose, "relative": relative,
	"article": articleWord, "possessive": possessive, "preposition": preposition, "inside": inside,
	"conjunction": conjunction, "adverb": adverb, "time": timeWord, "channel": channel,
	"channel preposition": channelPreposition, "audience": audience, "medium": medium, "the medium": theMedium,
	"titled": titled, "sign": sign, "title": title, "abbreviation": abbreviation, "role": role,
	"verb": finite, "subordinate": subordinate, "elision": elision, "passive": passive, "agent": agent, "impersonal": impersonal, "many": many, "other verb": action, "inside name": toward, "speech": speech, "him": oblique, "definite": definite, "weak": weak, "view": view, "through": mouth, "as": like, "object": object,
	"work": work, "person": person, "party": party, "honour": honour, "office": office, "infinitive": infinitive,
	"no": negated, "i": firstone, "rating": rating, "asking": asking, "trial": trial, "in work": within, "punishing": punishing,
}

// language is what the data say of one language.
type language struct {
	words         lexicon.Trie
	bodies        map[string]uint16 // kinds of the bodies that a noun means, by the noun in lower case
	longestBody   int               // bytes of the longest of them
	roleEndings   []string          // of nouns for functions, in lower case
	likelyEndings []string          // of words before a full name that are functions rather than given names
	offices       []string          // words of the section office, which may end a compound
	verbEndings   []string          // of finite verbs, likewise
	capitals      bool              // every noun has a capital
	topics        []string          // words before whom a sentence is about: "as for"
	these         map[string]bool   // articles such as "this"
	same          []map[string]bool // groups of functions that mean the same
	adjectives    []string          // endings of adjectives that stand behind a noun
	participles   []string          // endings of participles, with which a clause may begin
	noSubject     bool              // a verb may do without its pronoun
	dashes        bool              // dashes set off direct speech
	fields        vocabulary        // what people work at
	years         map[string]bool   // words behind an age: "ans"
	shares        map[string]bool   // words for shares of a firm
	modals        map[string]bool   // verbs of what one must or will do: "devra"
	naming        map[string]bool   // verbs that give a name: "call", "surnomme"
	ownBodies     map[string]bool   // nouns of bodies that mean no other ones: "police"
	ownNames      map[string]bool   // words for a name that somebody gives: "surname"
	inserts       bool              // a reporter's clause may stand within the marks

	// The groups of same that a word is in.
	alike map[string][]map[string]bool
}

// readLanguages reads data/<tag>/words.txt of every folder, and all of them
// together as the language "".
func readLanguages(dir fs.FS) (map[string]*language, error) {
	files, err := fs.Glob(dir, "data/*/words.txt")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("no data/*/words.txt")
	}
	all := map[string]*language{"": {}}
	for _, f := range files {
		l := &language{}
		if err := readWords(dir, f, l, all[""]); err != nil {
			return nil, err
		}
		all[path.Base(path.Dir(f))] = l
	}
	return all, readAllFields(dir, all)
}

func readWords(dir fs.FS, name string, langs ...*language) error {
	section := ""
	return lexicon.EachLine(dir, name, func(line string) error {
		if line[0] == '[' {
			section = strings.Trim(line, "[]")
			if sections[section] == 0 && kinds[strings.TrimPrefix(section, "body ")] == 0 && section != "role ending" && section != "likely role ending" && section != "verb ending" && section != "participle ending" && section != "adjective ending" && section != "same" && section != "as for" && (&language{}).set(section) == nil && section != "trait" {
				return fmt.Errorf("unknown section %s", line)
			}
			return nil
		}
		if section == "same" {
			group := map[string]bool{}
			for w := range strings.SplitSeq(line, ";") {
				group[strings.TrimSpace(w)] = true
			}
			for _, l := range langs {
				l.addAlike(group)
			}
			return nil
		}
		for phrase := range strings.SplitSeq(line, ";") {
			if section == "as for" {
				for _, l := range langs {
					l.topics = append(l.topics, strings.TrimSpace(phrase))
				}
				continue
			}
			if langs[0].set(section) != nil {
				for _, l := range langs {
					l.set(section)[strings.TrimSpace(phrase)] = true
				}
				continue
			}
			for _, l := range langs {
				if err := l.add(section, strings.TrimSpace(phrase)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// set is the set of words of a section that is no class of words, nil if it is another one.
func (l *language) set(section string) map[string]bool {
	var m *map[string]bool
	switch section {
	case "years":
		m = &l.years
	case "this":
		m = &l.these
	case "naming":
		m = &l.naming
	case "modal":
		m = &l.modals
	case "shares":
		m = &l.shares
	case "own body":
		m = &l.ownBodies
	case "own name":
		m = &l.ownNames
	default:
		return nil
	}
	if *m == nil {
		*m = map[string]bool{}
	}
	return *m
}

// addAlike adds a group of functions that mean the same.
func (l *language) addAlike(group map[string]bool) {
	if l.alike == nil {
		l.alike = map[string][]map[string]bool{}
	}
	l.same = append(l.same, group)
	for w := range group {
		l.alike[w] = append(l.alike[w], group)
	}
}

func (l *language) add(section, phrase string) error {
	switch section {
	case "":
		return fmt.Errorf("%q stands before the first section", phrase)
	case "role ending":
		if !slices.Contains(l.roleEndings, phrase) {
			l.roleEndings = append(l.roleEndings, phrase)
		}
	case "likely role ending":
		if !slices.Contains(l.likelyEndings, phrase) {
			l.likelyEndings = append(l.likelyEndings, phrase)
		}
	case "verb ending":
		if !slices.Contains(l.verbEndings, phrase) {
			l.verbEndings = append(l.verbEndings, phrase)
		}
	case "participle ending":
		if !slices.Contains(l.participles, phrase) {
			l.participles = append(l.participles, phrase)
		}
	case "adjective ending":
		if !slices.Contains(l.adjectives, phrase) {
			l.adjectives = append(l.adjectives, phrase)
		}
	case "trait":
		switch phrase {
		case "capital nouns":
			l.capitals = true
		case "verb without subject":
			l.noSubject = true
		case "dashes":
			l.dashes = true
		case "clause inside marks":
			l.inserts = true
		default:
			return fmt.Errorf("unknown trait %q", phrase)
		}
	default:
		class := sections[section]
		if class == office {
			l.offices = append(l.offices, phrase)
		}
		if kind := kinds[strings.TrimPrefix(section, "body ")]; class == 0 && kind != 0 {
			class = body
			if l.bodies == nil {
				l.bodies = map[string]uint16{}
			}
			l.bodies[phrase] |= kind
			l.longestBody = max(l.longestBody, len(phrase))
		}
		if !l.words.Add(phrase, class, 0) {
			return fmt.Errorf("%q has no words", phrase)
		}
	}
	return nil
}

// pastParticiples are how participles end that stand behind their noun.
func (l *language) pastParticiples() []string {
	switch {
	case l.noSubject:
		return spanishParticiples
	case l.inserts:
		return frenchParticiples
	}
	return nil
}

var (
	spanishParticiples = []string{"ado", "ada", "ido", "ida", "ados", "adas", "idos", "idas"}
	frenchParticiples  = []string{"é", "ée", "és", "ées", "u", "ue", "us", "ues", "i", "ie", "is", "ies"}
)
