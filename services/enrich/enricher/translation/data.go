package translation

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

//go:embed data
var embedded embed.FS

var data = func() fs.FS {
	sub, err := fs.Sub(embedded, "data")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}()

// language is what a file of data says.
type language struct {
	entries   lexicon.Table[*entry] // by the hash of a word in lower case
	stated    []string              // in lower case
	foreign   string                // quotation marks that the language hasn't
	spellings [][]string            // each of one name
	decimal   byte                  // mark
	inside    bool                  // a comma may stand before the closing mark
}

// entry is what the data says of a word.
type entry struct {
	small   bool     // has a capital only where a sentence begins
	unit    bool     // follows a number with a decimal mark
	before  bool     // of saying: no comma stands between it and what of comma
	comma   bool     // likewise
	spelled []string // spellings of names that have several
	calques []calque // that begin with it
}

// calque is a row of words; nil stands for up to [perWord] others.
type calque struct {
	words  []*entry
	weight float64
}

// hash is that of a word in lower case, as [lexicon.Token] has it of words without
// marks in them.
func hash(word string) uint64 {
	const seed, prime = 14695981039346656037, 1099511628211
	h := uint64(seed)
	for i := range len(word) {
		h = (h ^ uint64(word[i])) * prime
	}
	return h
}

// entry is that of a word, which is made if there is none.
func (l *language) entry(word string) *entry {
	e := l.entries.Add(hash(strings.ToLower(word)))
	if *e == nil {
		*e = &entry{}
	}
	return *e
}

// find is the entry of a word; nil if there is none.
func (l *language) find(hash uint64) *entry {
	if e := l.entries.Find(hash); e != nil {
		return *e
	}
	return nil
}

// load reads a file LANGUAGE.txt for each language.
func load(dir fs.FS) (map[string]*language, error) {
	files, err := fs.Glob(dir, "*.txt")
	if err != nil {
		return nil, err
	}
	all := map[string]*language{}
	for _, file := range files {
		l := &language{decimal: '.'}
		if err := lexicon.EachSectionLine(dir, file, l.add); err != nil {
			return nil, err
		}
		all[strings.TrimSuffix(path.Base(file), ".txt")] = l
	}
	return all, nil
}

func (l *language) add(section, line string) error {
	words := strings.Fields(line)
	switch section {
	case "small":
		l.mark(words, func(e *entry) { e.small = true })
	case "stated":
		l.stated = append(l.stated, strings.ToLower(line))
	case "foreign":
		l.foreign += line
	case "spellings":
		l.spellings = append(l.spellings, words)
		for _, w := range words {
			e := l.entry(w)
			e.spelled = append(e.spelled, w)
		}
	case "decimal":
		l.decimal = line[0]
	case "units":
		l.mark(words, func(e *entry) { e.unit = true })
	case "comma before":
		l.mark(words, func(e *entry) { e.comma = true })
	case "comma after":
		l.mark(words, func(e *entry) { e.before = true })
	case "comma inside":
		l.inside = line == "yes"
	case "calques":
		weight, err := strconv.ParseFloat(words[0], 64)
		if err != nil || weight <= 0 || weight >= 1 || len(words) < 2 {
			return fmt.Errorf("%q is no weight between 0 and 1 with words behind it", line)
		}
		c := calque{weight: weight}
		for _, w := range words[1:] {
			if w == "…" {
				c.words = append(c.words, nil)
			} else {
				c.words = append(c.words, l.entry(w))
			}
		}
		first := c.words[0]
		if first == nil || c.words[len(c.words)-1] == nil {
			return fmt.Errorf("%q begins or ends with a gap", line)
		}
		first.calques = append(first.calques, c)
	default:
		return fmt.Errorf("section %q is unknown", section)
	}
	return nil
}

func (l *language) mark(words []string, as func(*entry)) {
	for _, w := range words {
		as(l.entry(w))
	}
}
