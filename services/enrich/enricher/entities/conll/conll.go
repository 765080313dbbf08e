// Package conll reads texts whose names are annotated in columns, one word in a
// line and an empty line behind each sentence, as in the CoNLL shared tasks.
package conll

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
)

// Text is some sentences with the names in them.
type Text struct {
	Text      string
	Language  string // "": that of the training
	Sentences []tag.Span
	Names     []Name
}

// Name is an annotated name.
type Name struct {
	tag.Span
	Label string // as the corpus has it
}

// kinds are the labels of the corpora that are known, in small letters.
var kinds = map[string]tag.Kind{
	"per": tag.Person, "person": tag.Person, "politician": tag.Person, "writer": tag.Person, "musicalartist": tag.Person, "scientist": tag.Person, "researcher": tag.Person,
	"org": tag.Organised, "organisation": tag.Organised, "organization": tag.Organised, "corporation": tag.Organised, "group": tag.Organised,
	"politicalparty": tag.Organised, "band": tag.Organised, "university": tag.Organised, "magazine": tag.Organised,
	"loc": tag.Place, "place": tag.Place, "location": tag.Place, "country": tag.Place, "gpe": tag.Place,
}

// unnamed are labels of what is no name.
var unnamed = map[string]bool{
	"temporal": true, "quantity": true, "money": true, "documentreference": true, "weapon": true, "militaryplatform": true, "nationality": true,
	"locderiv": true, "locpart": true, "orgderiv": true, "orgpart": true, "perderiv": true, "perpart": true, "othderiv": true, "othpart": true,
}

// Kind is what the name is of. Not ok: of nothing that counts as a name.
func (n *Name) Kind() (k tag.Kind, ok bool) {
	l := strings.ToLower(n.Label)
	if unnamed[l] {
		return 0, false
	}
	if k, ok := kinds[l]; ok {
		return k, true
	}
	return tag.Other, true
}

// parts are the labels of compounds with a name in front, and what that is of.
var parts = map[string]tag.Kind{"orgpart": tag.Organised, "locpart": tag.Place, "perpart": tag.Person}

// Part is what the name in front of a compound is of. Not ok: it is no compound.
func (n *Name) Part() (k tag.Kind, ok bool) {
	k, ok = parts[strings.ToLower(n.Label)]
	return k, ok
}

// maxLine is the longest line, in bytes.
const maxLine = 1 << 20

// Read reads a file, as texts of so many sentences; 0: all in one.
// Columns are parted by tabs or blanks; the word is the first one and its label
// the last, or both stand behind a number. Labels are BIO or IO.
func Read(file string, sentences int) ([]Text, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []Text
	split, err := splits(file)
	if err != nil {
		return nil, err
	}
	b := builder{split: split}
	flush := func() {
		if b.sentence(); len(b.Sentences) > 0 {
			all = append(all, b.Text)
		}
		b = builder{split: split}
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), " \r\t")
		switch {
		case line == "":
			if b.sentence(); sentences > 0 && len(b.Sentences) >= sentences {
				flush()
			}
			continue
		case strings.HasPrefix(line, "-DOCSTART-"), strings.HasPrefix(line, "# newdoc"):
			flush()
			continue
		case strings.HasPrefix(line, "# ") && !strings.Contains(line, "\t"), strings.HasPrefix(line, "#\thttp"):
			continue
		}
		word, label, err := columns(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		b.word(word, label)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	flush()
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: there is no sentence in it", file)
	}
	return all, nil
}

// splits tells whether the corpus makes words of their own of all hyphens and
// apostrophes, so that blanks around them are its own.
func splits(file string) (bool, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	return !inner.Match(data) && bytes.Contains(data, []byte("\n-\t")), nil
}

var inner = regexp.MustCompile(`(?m)^(\d+\t)?\pL+-\pL+\s`)

func columns(line string) (word, label string, err error) {
	col := strings.Split(line, "\t")
	if len(col) == 1 {
		col = strings.Fields(line)
	}
	switch {
	case len(col) > 2 && digits(col[0]):
		return strings.TrimSpace(col[1]), col[2], nil
	case len(col) >= 2:
		return strings.TrimSpace(col[0]), col[len(col)-1], nil
	}
	return "", "", fmt.Errorf("%q has one column, a word has a label, too", line)
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

type builder struct {
	Text

	at    int    // where the sentence begins
	last  string // label of the word before
	glued bool   // no blank stands before the next word
	quote bool   // a quotation is open
	split bool   // hyphens and apostrophes have blanks around them
}

func (b *builder) sentence() {
	if len(b.Text.Text) > b.at {
		b.Sentences = append(b.Sentences, tag.Span{Start: b.at, End: len(b.Text.Text)})
		b.Text.Text += "\n"
	}
	b.at, b.last, b.glued, b.quote = len(b.Text.Text), "", true, false
}

func (b *builder) word(word, label string) {
	if word == "" {
		return
	}
	left, right := b.spacing(word)
	if word == "``" || word == "''" {
		word = `"`
	}
	if !b.glued && !left && len(b.Text.Text) > b.at {
		b.Text.Text += " "
	}
	start := len(b.Text.Text)
	b.Text.Text += word
	b.glued = right
	kind, name, _ := strings.Cut(label, "-")
	switch {
	case name == "":
		b.last = ""
		return
	case kind == "I" && b.last == name && len(b.Names) > 0:
		b.Names[len(b.Names)-1].End = len(b.Text.Text)
	default:
		b.Names = append(b.Names, Name{tag.Span{Start: start, End: len(b.Text.Text)}, name})
	}
	b.last = name
}

// spacing tells whether a word stands right behind the one before it, and the one
// behind it right behind it.
func (b *builder) spacing(word string) (left, right bool) {
	if b.split && (word == "-" || word == "'" || word == "’") {
		return true, true
	}
	switch word {
	case ",", ".", ";", ":", "!", "?", ")", "]", "%", "''", "…", "...", "'s", "’s", "n't", "'", "’", "'re", "'ve", "'ll", "'d", "'m", "”":
		return true, false
	case "(", "[", "$", "£", "``", "#", "“", "„":
		return false, true
	case `"`:
		b.quote = !b.quote
		return !b.quote, b.quote
	}
	return false, false
}
