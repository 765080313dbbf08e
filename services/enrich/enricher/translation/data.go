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
	small     map[string]bool     // words with a capital only where a sentence begins, in lower case
	calques   map[string][]calque // by their first word
	stated    []string            // in lower case
	foreign   string              // quotation marks that the language hasn't
	spellings [][]string          // each of one name
	spelled   map[string]bool     // all of them
	decimal   byte                // mark
	units     map[string]bool     // words that follow a number with a decimal mark
	before    map[string]bool     // words of saying: no comma stands between them and what of commas
	commas    map[string]bool
	inside    bool // a comma may stand before the closing mark
}

// calque is a row of words in lower case; "" stands for up to [perWord] others.
type calque struct {
	words  []string
	weight float64
}

// load reads a file LANGUAGE.txt for each language.
func load(dir fs.FS) (map[string]*language, error) {
	files, err := fs.Glob(dir, "*.txt")
	if err != nil {
		return nil, err
	}
	all := map[string]*language{}
	for _, file := range files {
		l := &language{
			small: map[string]bool{}, calques: map[string][]calque{}, units: map[string]bool{},
			before: map[string]bool{}, spelled: map[string]bool{}, commas: map[string]bool{}, decimal: '.',
		}
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
		put(l.small, words)
	case "stated":
		l.stated = append(l.stated, strings.ToLower(line))
	case "foreign":
		l.foreign += line
	case "spellings":
		l.spellings = append(l.spellings, words)
		put(l.spelled, words)
	case "decimal":
		l.decimal = line[0]
	case "units":
		put(l.units, words)
	case "comma before":
		put(l.commas, words)
	case "comma after":
		put(l.before, words)
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
				w = ""
			}
			c.words = append(c.words, strings.ToLower(w))
		}
		if c.words[0] == "" || c.words[len(c.words)-1] == "" {
			return fmt.Errorf("%q begins or ends with a gap", line)
		}
		l.calques[c.words[0]] = append(l.calques[c.words[0]], c)
	default:
		return fmt.Errorf("section %q is unknown", section)
	}
	return nil
}

func put(set map[string]bool, words []string) {
	for _, w := range words {
		set[w] = true
	}
}
