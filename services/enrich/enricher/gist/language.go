package gist

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// kind is a set of what a word can't do.
type kind uint8

const (
	stop kind = 1 << iota
	inner
	opens
	abbreviation
)

var sections = map[string]kind{"stop": stop, "inner": inner, "opens": opens, "abbreviations": abbreviation}

// language is what a file of data says.
type language struct {
	words   map[uint64]kind // by hash
	short   map[string]bool // abbreviations, in small letters
	endings []string
	nouns   bool // they have capitals
	plural  bool // "s" makes one
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
		l := &language{words: map[uint64]kind{}, short: map[string]bool{}}
		section := ""
		err := lexicon.EachLine(dir, file, func(line string) error {
			if line[0] == '[' {
				section = strings.Trim(line, "[]")
				return nil
			}
			return l.add(section, line)
		})
		if err != nil {
			return nil, err
		}
		l.plural = !l.nouns
		all[strings.TrimSuffix(path.Base(file), ".txt")] = l
	}
	return all, nil
}

func (l *language) add(section, line string) error {
	switch section {
	case "":
		return errors.New("it stands before the first section")
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
		if k == abbreviation {
			l.short[strings.ToLower(w)] = true
			continue
		}
		toks := lexicon.Scan(nil, w, 0, len(w))
		if len(toks) != 1 {
			return fmt.Errorf("%q is no word", w)
		}
		l.words[toks[0].Hash] |= k
	}
	return nil
}
