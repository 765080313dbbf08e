package topics

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// none stands for no topic, term or word.
const none = -1

// concept is one of the Media Topics.
type concept struct {
	qcode  string
	label  string
	labels map[string]string // by language, English among them
	parent int32             // index in the scheme, or none
	top    int32             // its topmost ancestor, itself if it is at the top
	path   []string          // qcodes from the top to its own
}

// scheme is the Media Topics. A topic is known by its index.
type scheme struct {
	concepts []concept
	byCode   map[string]int32
	byLabel  map[string]int32 // in English
}

var columns = []string{"en", "de", "fr", "es"}

// readScheme reads mediatopics.tsv.
func readScheme(dir fs.FS, name string) (*scheme, error) {
	s := &scheme{byCode: map[string]int32{}, byLabel: map[string]int32{}}
	var broader []string
	err := lexicon.EachLine(dir, name, func(line string) error {
		// A row may end in empty columns, which EachLine takes for white space.
		col := strings.Split(line, "\t")
		if len(col) < 3 || len(col) > 2+len(columns) {
			return fmt.Errorf("a topic has code, broader code and up to %d labels, this row has %d columns", len(columns), len(col))
		}
		if _, ok := s.byCode[col[0]]; ok {
			return fmt.Errorf("%s is there twice", col[0])
		}
		c := concept{qcode: col[0], label: col[2], labels: map[string]string{}, parent: none}
		for i, label := range col[2:] {
			if label != "" {
				c.labels[columns[i]] = label
			}
		}
		if _, ok := s.byLabel[c.label]; ok {
			return fmt.Errorf("two topics are labelled %q", c.label)
		}
		at := int32(len(s.concepts))
		s.byCode[c.qcode], s.byLabel[c.label] = at, at
		s.concepts = append(s.concepts, c)
		broader = append(broader, col[1])
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range s.concepts {
		if broader[i] == "" {
			continue
		}
		p, ok := s.byCode[broader[i]]
		if !ok {
			return nil, fmt.Errorf("%s: %s is below %s, which isn't there", name, s.concepts[i].qcode, broader[i])
		}
		s.concepts[i].parent = p
	}
	for i := range s.concepts {
		if err := s.place(int32(i)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s, nil
}

// maxDepth is more than the levels that Media Topics have.
const maxDepth = 10

// place sets top and path of a topic.
func (s *scheme) place(t int32) error {
	c := &s.concepts[t]
	for at := t; at != none; at = s.concepts[at].parent {
		if len(c.path) == maxDepth {
			return fmt.Errorf("%s has more than %d levels above it", c.qcode, maxDepth)
		}
		c.path = append(c.path, s.concepts[at].qcode)
		c.top = at
	}
	for i, j := 0, len(c.path)-1; i < j; i, j = i+1, j-1 {
		c.path[i], c.path[j] = c.path[j], c.path[i]
	}
	return nil
}

// find finds a topic by its code or its English label.
func (s *scheme) find(name string) (int32, error) {
	if t, ok := s.byCode[name]; ok {
		return t, nil
	}
	if t, ok := s.byLabel[name]; ok {
		return t, nil
	}
	return none, fmt.Errorf("%q is no topic's code or label", name)
}

// within tells whether t is a or below it.
func (s *scheme) within(t, a int32) bool {
	for ; t != none; t = s.concepts[t].parent {
		if t == a {
			return true
		}
	}
	return false
}

// Paths gives the function that tells the path of a topic, from the topmost one
// to itself, by its qcode; nil if it is none of the Media Topics.
func Paths() (func(qcode string) []string, error) {
	k, err := builtIn()
	if err != nil {
		return nil, err
	}
	return func(qcode string) []string {
		if t, ok := k.scheme.byCode[qcode]; ok {
			return slices.Clone(k.scheme.concepts[t].path)
		}
		return nil
	}, nil
}
