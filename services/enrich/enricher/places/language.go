package places

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// What a word is where places are named; sections of words.txt.
const (
	before lexicon.Class = 1 << iota
	strong
	typeWord
	feature
	body
	bodyBefore
	policy
	acts
	talks
	title
	stop
	direction
	typeOf
	named
	office
	people
)

var sections = map[string]lexicon.Class{
	"before": before, "strong": strong, "type": typeWord, "feature": feature, "body": body, "bodybefore": bodyBefore,
	"policy": policy, "acts": acts, "talks": talks, "title": title, "stop": stop, "direction": direction, "typeof": typeOf, "named": named, "office": office,
}

// language is how one language speaks of places.
type language struct {
	bit      uint8 // 0: any language
	nouns    bool  // every noun has a capital
	words    lexicon.Trie
	endings  []string
	byPeople lexicon.Trie // its value is one more than the index of a country
}

// endings that "~" stands for.
var endings = map[string][]string{
	"de": {"", "e", "er", "en", "es", "em"},
	"fr": {"", "s", "e", "es", "ne", "nes"},
	"es": {"", "o", "a", "os", "as", "s", "es"},
}

func (l *loader) readLanguages(dir fs.FS) error {
	const name = "words.txt"
	files, err := fs.Glob(dir, "lang/*/"+name)
	if err != nil {
		return err
	}
	if len(files) == 0 || len(files) > 8 {
		return fmt.Errorf("%d files lang/*/%s, want 1 to 8", len(files), name)
	}
	if err := l.ids(dir, files); err != nil {
		return err
	}
	any := &language{}
	for i, file := range files {
		tag := strings.Split(file, "/")[1]
		lang := &language{bit: 1 << i, nouns: tag == "de", endings: endings[tag]}
		r := wordReader{l, tag, "", []*language{lang, any}}
		if err := lexicon.EachLine(dir, file, r.line); err != nil {
			return err
		}
		l.g.langs[tag] = lang
		l.g.order = append(l.g.order, tag)
	}
	l.g.langs[""] = any
	return nil
}

// ids finds the places that the files speak of by number.
func (l *loader) ids(dir fs.FS, files []string) error {
	for _, file := range files {
		err := lexicon.EachLine(dir, file, func(line string) error {
			key, _, _ := strings.Cut(line, " | ")
			if id, err := strconv.ParseUint(key, 10, 32); err == nil {
				l.byID[uint32(id)] = 0
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for i := range l.g.records {
		if _, ok := l.byID[l.g.records[i].id]; ok && l.g.records[i].id != 0 {
			l.byID[l.g.records[i].id] = int32(i)
		}
	}
	return nil
}

type wordReader struct {
	*loader
	tag     string
	section string
	into    []*language
}

func (r *wordReader) line(line string) error {
	if strings.HasPrefix(line, "[") {
		r.section = strings.Trim(line, "[]")
		if sections[r.section] == 0 && r.section != "names" && r.section != "peoples" && r.section != "tails" {
			return fmt.Errorf("unknown section %s", line)
		}
		return nil
	}
	switch r.section {
	case "names":
		return r.places(line, 0)
	case "tails":
		return r.places(line, tail)
	case "peoples":
		return r.peoples(line)
	}
	for w := range strings.SplitSeq(line, ";") {
		for _, l := range r.into {
			if !l.words.Add(w, sections[r.section], 0) {
				return fmt.Errorf("%q has no words", line)
			}
		}
	}
	return nil
}

func (r *wordReader) places(line string, how manner) error {
	col := columns(line)
	if len(col) != 2 {
		return fmt.Errorf("%q has %d columns, want 2", line, len(col))
	}
	at := r.byKey[col[0]]
	if id, err := strconv.ParseUint(col[0], 10, 32); err == nil {
		at = r.byID[uint32(id)]
	}
	if at == 0 {
		return fmt.Errorf("no place has the key %s", col[0])
	}
	for i, name := range strings.Split(col[1], ";") {
		name = strings.TrimSpace(name)
		rec := &r.g.records[at]
		if i == 0 && r.tag == "en" && how == 0 && rec.kind != Country && rec.kind != Region {
			rec.name = uint32(len(r.g.names))
			r.g.names = append(append(r.g.names, byte(len(name))), name...)
		}
		r.name(name, at, how, r.into[0].bit)
	}
	return nil
}

func (r *wordReader) peoples(line string) error {
	col := columns(line)
	if len(col) != 2 {
		return fmt.Errorf("%q has %d columns, want 2", line, len(col))
	}
	c := r.country[col[0]]
	if c == 0 {
		return fmt.Errorf("no country has the code %s", col[0])
	}
	for w := range strings.SplitSeq(col[1], ";") {
		stem, open := strings.CutSuffix(strings.TrimSpace(w), "~")
		ends := []string{""}
		if open {
			ends = r.into[0].endings
		}
		for _, e := range ends {
			for _, l := range r.into {
				l.byPeople.Add(stem+e, people, int32(c)+1)
			}
		}
	}
	return nil
}
