package lexicon

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"sync"
)

// Class is a set of roles that a phrase plays.
type Class uint64

// The classes, one per section of the phrase files.
const (
	Byline      Class = 1 << iota // opens a byline
	Role                          // a reporter's function
	Signoff                       // opens a closing credit to writers
	Note                          // opens a note to editors
	Edit                          // what such a note says was done
	Boilerplate                   // opens site furniture
	Rights                        // stands anywhere in a notice of rights
	Source                        // opens a line that names where it was taken from
	Photo                         // a word for picture
	Credit                        // opens a credit
	Archive                       // marks an older or illustrative picture
	Reference                     // opens a line that names a report
	Said                          // verb of saying
	According                     // comes before the one who is quoted
	Employer                      // says that a medium is more than a source
	MediaNoun                     // newspaper, broadcaster
	Month
	Weekday
	Verb // a common finite verb
	Join // and, for, in
	Article
	KickerWord // a desk or form of story
	End        // the end of a text
	City
	Via        // introduces the agency that passes a picture on
	Standfirst // opens a standfirst
	Particle   // a small word inside names
	MediaName  // ends the names of newspapers and stations
	Outlet     // stands between a statement and where it was made
	Anaphora   // speaks of the medium named before
	Form       // a form of story that a headline may begin with
	Urgency    // how urgent an agency says its report is
	Invite     // asks the reader to do something on the site
	MediaOpen  // begins the names of stations and newspapers
	Given      // a given name
	Man        // a given name of men
	Woman      // a given name of women
)

var sections = map[string]Class{
	"byline": Byline, "role": Role, "signoff": Signoff, "note": Note, "edit": Edit, "boilerplate": Boilerplate,
	"rights": Rights, "source": Source, "photo": Photo, "credit": Credit, "archive": Archive,
	"reference": Reference, "said": Said, "according": According, "employer": Employer, "medianoun": MediaNoun,
	"month": Month, "weekday": Weekday, "verb": Verb, "join": Join, "article": Article, "kickerword": KickerWord,
	"end": End, "via": Via, "standfirst": Standfirst, "particle": Particle,
	"medianame": MediaName, "outlet": Outlet, "anaphora": Anaphora,
	"form": Form, "urgency": Urgency, "invite": Invite, "mediaopen": MediaOpen,
}

// Agency is a news agency.
type Agency struct {
	Name      string // usual short name
	PhotoOnly bool   // never the agency of a text
	Parent    string // the agency whose service it is, "" if it is its own
	Language  string // home language, BCP 47
}

// Lexicon is everything the data says. It is read-only after Load.
type Lexicon struct {
	Phrases  Trie
	agencies []Agency
	marks    Trie // how agencies sign
	names    Trie // how prose names them, and how they sign
}

//go:embed data
var data embed.FS

// Default is the lexicon of the data that is built in. The error is for a
// broken build only.
var Default = sync.OnceValues(func() (*Lexicon, error) {
	sub, err := fs.Sub(data, "data")
	if err != nil {
		return nil, err
	}
	return Load(sub)
})

// Load reads a data folder: lang/<tag>/phrases.txt, agencies.tsv, places.txt,
// given.txt.
// Errors name file and line.
func Load(dir fs.FS) (*Lexicon, error) {
	l := &Lexicon{}
	files, err := fs.Glob(dir, "lang/*/phrases.txt")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no lang/*/phrases.txt")
	}
	for _, f := range files {
		if err := l.readPhrases(dir, f); err != nil {
			return nil, err
		}
	}
	if err := l.readAgencies(dir, "agencies.tsv"); err != nil {
		return nil, err
	}
	err = EachLine(dir, "places.txt", func(line string) error { return l.addAll(line, City) })
	if err != nil {
		return nil, err
	}
	return l, l.readGiven(dir, "given.txt")
}

// addAll adds phrases that ";" separates.
func (l *Lexicon) addAll(line string, class Class) error {
	for w := range strings.SplitSeq(line, ";") {
		if !l.Phrases.Add(w, class, 0) {
			return fmt.Errorf("%q has no words", line)
		}
	}
	return nil
}

// readGiven reads given names in the sections m, f and -.
func (l *Lexicon) readGiven(dir fs.FS, name string) error {
	var class Class
	return EachLine(dir, name, func(line string) error {
		switch {
		case line == "[m]":
			class = Given | Man
		case line == "[f]":
			class = Given | Woman
		case line == "[-]":
			class = Given
		case strings.HasPrefix(line, "["):
			return fmt.Errorf("unknown section %s", line)
		case class == 0:
			return fmt.Errorf("%q stands before the first section", line)
		default:
			return l.addAll(line, class)
		}
		return nil
	})
}

func (l *Lexicon) readPhrases(dir fs.FS, name string) error {
	var class Class
	return EachLine(dir, name, func(line string) error {
		if strings.HasPrefix(line, "[") {
			class = sections[strings.Trim(line, "[]")]
			if class == 0 {
				return fmt.Errorf("unknown section %s", line)
			}
			return nil
		}
		if class == 0 {
			return fmt.Errorf("%q stands before the first section", line)
		}
		if !l.Phrases.Add(line, class, 0) {
			return fmt.Errorf("%q has no words", line)
		}
		return nil
	})
}

func (l *Lexicon) readAgencies(dir fs.FS, name string) error {
	return EachLine(dir, name, func(line string) error {
		col := strings.Split(line, "\t")
		if len(col) != 5 && len(col) != 6 {
			return fmt.Errorf("an agency has 5 columns, or 6 with its parent, this row has %d", len(col))
		}
		switch col[1] {
		case "text", "photo", "both":
		default:
			return fmt.Errorf("%q is none of text, photo, both", col[1])
		}
		ag := Agency{Name: col[0], PhotoOnly: col[1] == "photo", Language: col[2]}
		if len(col) == 6 {
			ag.Parent = col[5]
		}
		l.agencies = append(l.agencies, ag)
		id := int32(len(l.agencies))
		for m := range strings.SplitSeq(col[3], ";") {
			if !l.marks.Add(m, 0, id) {
				return fmt.Errorf("mark %q has no words", m)
			}
			l.names.Add(m, 0, id)
		}
		for m := range strings.SplitSeq(col[4], ";") {
			if !l.names.Add(m, 0, id) {
				return fmt.Errorf("name %q has no words", m)
			}
		}
		return nil
	})
}

// Mark finds the agency whose mark ("dpa", "AP") the tokens begin with, in any
// case. n is the number of tokens, 0 if there is none.
func (l *Lexicon) Mark(toks []Token) (a *Agency, n int) { return l.agency(&l.marks, toks) }

// AgencyName finds the agency whose mark or name in prose the tokens begin
// with.
func (l *Lexicon) AgencyName(toks []Token) (a *Agency, n int) { return l.agency(&l.names, toks) }

func (l *Lexicon) agency(t *Trie, toks []Token) (*Agency, int) {
	m := t.Longest(toks, 0)
	if m.Value == 0 {
		return nil, 0
	}
	return &l.agencies[m.Value-1], m.Tokens
}

// Agencies are all agencies, by the order of the data.
func (l *Lexicon) Agencies() []Agency { return l.agencies }

// EachLine calls do for every line of a file of data that says something, without
// the white space around it; "#" begins a comment only at the start of a line. An
// error has the place.
func EachLine(dir fs.FS, name string, do func(line string) error) error {
	f, err := dir.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := do(line); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// EachSectionLine calls do for every line of a file of data as [EachLine] does, with
// the name of the section that it stands in; a section begins with "[name]". A line
// before the first section is an error.
func EachSectionLine(dir fs.FS, name string, do func(section, line string) error) error {
	section := ""
	return EachLine(dir, name, func(line string) error {
		if line[0] == '[' {
			section = strings.Trim(line, "[]")
			return nil
		}
		if section == "" {
			return fmt.Errorf("%q stands before the first section", line)
		}
		return do(section, line)
	})
}
