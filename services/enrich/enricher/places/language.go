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
	of
	join
	side
	sport
	field
	people
	landmarkType
	landmarkEnd
	dweller
)

var sections = map[string]lexicon.Class{
	"before": before, "strong": strong, "type": typeWord, "feature": feature, "body": body, "bodybefore": bodyBefore,
	"policy": policy, "acts": acts, "talks": talks, "title": title, "stop": stop, "direction": direction, "typeof": typeOf, "named": named, "office": office,
	"of": of, "join": join, "side": side, "sport": sport, "field": field,
	"landmark": landmarkType, "landmarkend": landmarkEnd, "dweller": dweller,
}

// language is how one language speaks of places.
type language struct {
	bit   uint8 // 0: any language
	nouns bool  // every noun has a capital
	// smallNouns: names of bodies have one where other nouns don't, before "de".
	smallNouns bool
	genitive   bool      // an "s" may stand behind a name without an apostrophe
	home       [256]bool // countries where it is spoken, by index
	words      lexicon.Trie
	endings    []string
	kinds      []string     // ends of nouns that say what the place behind them is
	byPeople   lexicon.Trie // its value is one more than the index of a country
	others     filter       // words that peoples, what tells of sport and landmarks begin with
	ends       filter       // what landmarks end with
}

// smallBits is room for the words of a long article, so that few seem to be there that
// aren't.
const smallBits = 1 << 16

// filter has some words, and seems to have few others.
type filter [smallBits / 64]uint64

func (s *filter) add(word uint64) { s[word%smallBits/64] |= 1 << (word % 64) }

func (s *filter) has(word uint64) bool { return s[word%smallBits/64]&(1<<(word%64)) != 0 }

// addFirst adds the word that a phrase begins with.
func (s *filter) addFirst(phrase string) {
	if toks := lexicon.Scan(nil, phrase, 0, len(phrase)); len(toks) > 0 {
		s.add(toks[0].Hash)
	}
}

// readers read the sections that hold no phrases.
var readers = map[string]func(r *wordReader, line string) error{
	"names":   func(r *wordReader, line string) error { return r.places(line, 0) },
	"tails":   func(r *wordReader, line string) error { return r.places(line, tail) },
	"peoples": (*wordReader).peoples,
	"home":    (*wordReader).home,
	"endings": (*wordReader).ends,
	"nouns":   (*wordReader).capitals,
	"kinds":   (*wordReader).kinds,
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
	shared := &language{}
	for i, file := range files {
		tag := strings.Split(file, "/")[1]
		lang := &language{bit: 1 << i, endings: []string{""}}
		r := wordReader{l, tag, "", []*language{lang, shared}}
		if err := lexicon.EachLine(dir, file, r.line); err != nil {
			return err
		}
		l.g.langs[tag] = lang
		l.g.order = append(l.g.order, tag)
	}
	l.g.langs[""] = shared
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
		if sections[r.section] == 0 && readers[r.section] == nil {
			return fmt.Errorf("unknown section %s", line)
		}
		return nil
	}
	if read := readers[r.section]; read != nil {
		return read(r, line)
	}
	for w := range strings.SplitSeq(line, ";") {
		for _, l := range r.into {
			if !l.words.Add(w, sections[r.section], 0) {
				return fmt.Errorf("%q has no words", line)
			}
			switch sections[r.section] {
			case sport, landmarkType:
				l.others.addFirst(w)
			case landmarkEnd:
				l.ends.addFirst(w)
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

// ends reads what "~" stands for.
func (r *wordReader) ends(line string) error {
	for e := range strings.SplitSeq(line, ";") {
		r.into[0].endings = append(r.into[0].endings, strings.TrimSpace(e))
	}
	return nil
}

// kinds reads what nouns end with that say what a place is.
func (r *wordReader) kinds(line string) error {
	for e := range strings.SplitSeq(line, ";") {
		r.into[0].kinds = append(r.into[0].kinds, strings.TrimSpace(e))
	}
	return nil
}

// capitals reads which nouns have one, and whether names have an ending.
func (r *wordReader) capitals(line string) error {
	switch line {
	case "all":
		r.into[0].nouns = true
	case "genitive":
		r.into[0].genitive = true
	case "bodies":
		r.into[0].smallNouns = true
	default:
		return fmt.Errorf("nouns have a capital: %q, want all, bodies or genitive", line)
	}
	return nil
}

// home reads where the language is spoken.
func (r *wordReader) home(line string) error {
	for code := range strings.SplitSeq(line, ";") {
		c := r.country[strings.TrimSpace(code)]
		if c == 0 {
			return fmt.Errorf("no country has the code %s", code)
		}
		r.into[0].home[c] = true
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
				l.others.addFirst(stem + e)
			}
		}
	}
	return nil
}
