package gist

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// trait is a set of what is known of a word.
type trait uint16

// Traits that the data gives.
const (
	stop         trait = 1 << iota // says nothing of what a text is about
	inner                          // may stand inside a phrase between two others
	joint                          // likewise, but not between names
	opens                          // begins sentences that hang on the one before
	abbreviation                   // a full stop behind it ends no sentence
	noForm                         // a noun that ends like a form of a verb or an adverb
)

// Traits of a word at its place in a text.
const (
	given trait = noForm << (1 + iota) // a given name
	name                               // a name begins within a run of capitals
	first                              // a phrase may begin here
	last                               // a phrase may end here
	alone                              // a phrase may be this one word
)

var sections = map[string]trait{"stop": stop, "inner": inner, "joint": joint, "opens": opens, "abbreviations": abbreviation, "but": noForm}

// language is what a file of data says.
type language struct {
	words   lexicon.Table[trait] // by hash
	short   map[string]bool      // abbreviations, in small letters
	endings []string
	nouns   bool // they have capitals, and their plurals no "s"
}

//go:embed data
var embedded embed.FS

var builtIn = sync.OnceValues(func() (map[string]*language, error) {
	sub, err := fs.Sub(embedded, "data")
	if err != nil {
		return nil, err
	}
	return load(sub)
})

// load reads a file LANGUAGE.txt for each language.
func load(dir fs.FS) (map[string]*language, error) {
	files, err := fs.Glob(dir, "*.txt")
	if err != nil {
		return nil, err
	}
	all := map[string]*language{}
	for _, file := range files {
		l := &language{short: map[string]bool{}}
		if err := lexicon.EachSectionLine(dir, file, l.add); err != nil {
			return nil, err
		}
		all[strings.TrimSuffix(path.Base(file), ".txt")] = l
	}
	return all, nil
}

// known are the traits that the data gives a word.
func (l *language) known(word uint64) trait {
	if k := l.words.Find(word); k != nil {
		return *k
	}
	return 0
}

func (l *language) add(section, line string) error {
	switch section {
	case "nouns":
		l.nouns = line == "yes"
		return nil
	case "endings":
		l.endings = append(l.endings, strings.Fields(line)...)
		return nil
	}
	k := sections[section]
	if k == 0 {
		return fmt.Errorf("section %q is unknown", section)
	}
	for w := range strings.FieldsSeq(line) {
		toks := lexicon.Scan(nil, w, 0, len(w))
		if k == abbreviation {
			l.short[strings.ToLower(w)] = true
			if len(toks) > 1 {
				continue // "u.s" is known by its letters
			}
		}
		if len(toks) != 1 {
			return fmt.Errorf("%q is no word", w)
		}
		*l.words.Add(toks[0].Hash) |= k
	}
	return nil
}
