package topics

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// posting is what a term says for one topic.
type posting struct {
	topic  int32
	weight float32
}

// form is how a word of a term must be written in a text.
type form struct {
	capital, capitals bool
}

func (f form) fits(w *word, shouted bool) bool {
	return (!f.capital || w.capital) && (!f.capitals || w.capitals && !shouted)
}

// known is what is known of a pattern.
type known struct {
	form
	opens bool  // a term of several words begins with it
	root  int32 // the node of terms that begin with it; 0: none does
	alone int32 // the term that it is by itself, or none
}

// terms are the terms of one language.
//
// Each word of a term is a pattern with a number: "vote" stands for itself with
// the language's endings, "terror*" for all that begins so, "*wahl" for all
// that ends so, with the endings. One that must have a capital is another than
// the one that need not ("Cubs" and "cubs"). Patterns are found by the hashes of
// a word's beginnings and ends; a term is a path of patterns.
type terms struct {
	endings  map[string]bool
	ending   int // bytes of the longest ending
	heads    lexicon.Table[patterns]
	tails    lexicon.Table[patterns]
	patterns map[string]int32     // while reading
	silent   map[int32]bool       // while reading: terms that stand in [none]
	known    []known              // by pattern
	head     int                  // bytes of the shortest beginning
	edges    lexicon.Table[int32] // node and pattern to node
	nodes    []int32              // the term that ends there, or none
	postings [][]posting          // by term; of a term that says nothing there are none
}

// Ways in which a pattern fits a word, the one that says most first.
const (
	byName     = iota // the whole word, with the capital that it must have
	byWhole           // the whole word
	byNameHead        // its beginning, with a capital
	byHead            // its beginning
	byTail            // its end
	ways
)

// patterns are those with the same letters, by way; 0 where there is none, else its
// number and 1.
type patterns [ways]int32

// nothing is the section of what says nothing, and hides the words that would.
const nothing = "none"

func newTerms() *terms {
	return &terms{
		endings: map[string]bool{}, patterns: map[string]int32{}, silent: map[int32]bool{},
		nodes: []int32{none}, head: maxWord,
	}
}

// read reads a file of terms. Its sections are "endings", "none", and labels or
// codes of topics; of these, a line is a weight and terms that ";" separates.
func (t *terms) read(dir fs.FS, name string, s *scheme) error {
	const endings = "endings"
	section, topic := "", int32(none)
	err := lexicon.EachLine(dir, name, func(line string) error {
		if line[0] == '[' {
			section = strings.Trim(line, "[]")
			if section == endings || section == nothing {
				return nil
			}
			var err error
			topic, err = s.find(section)
			return err
		}
		switch section {
		case "":
			return errors.New("it stands before the first section")
		case endings:
			for e := range strings.FieldsSeq(line) {
				t.endings[e] = true
				t.ending = max(t.ending, len(e))
			}
			return nil
		case nothing:
			return t.addAll(line, nil)
		}
		number, list, _ := strings.Cut(line, " ")
		weight, err := strconv.ParseFloat(number, 32)
		if err != nil || weight <= 0 || weight > maxWeight {
			return fmt.Errorf("%q is no weight above 0 and up to %d", number, maxWeight)
		}
		return t.addAll(list, &posting{topic, float32(weight)})
	})
	if err == nil && t.heads.Len() == 0 {
		return fmt.Errorf("%s: there is no term in it", name)
	}
	return err
}

// maxWeight is the most that a term weighs.
const maxWeight = 6

func (t *terms) addAll(list string, p *posting) error {
	for term := range strings.SplitSeq(list, ";") {
		if err := t.add(term, p); err != nil {
			return err
		}
	}
	return nil
}

// add adds a term; p is nil if it says nothing.
func (t *terms) add(term string, p *posting) error {
	at := int32(0)
	first := int32(none)
	words := strings.FieldsFunc(term, func(r rune) bool { return r == ' ' || r == '-' || r == '\'' || r == '’' || r == '.' })
	for i, w := range words {
		n, err := t.pattern(w)
		if err != nil {
			return fmt.Errorf("term %q: %w", strings.TrimSpace(term), err)
		}
		if i == 0 {
			first = n
		}
		to := &t.known[n].root
		if at != 0 {
			to = t.edges.Add(edge(at, n))
		}
		if *to == 0 {
			*to = int32(len(t.nodes))
			t.nodes = append(t.nodes, none)
		}
		at = *to
	}
	if at == 0 {
		return fmt.Errorf("a term of %q has no words", term)
	}
	if len(words) > 1 {
		t.known[first].opens = true
	}
	if t.nodes[at] == none {
		t.nodes[at] = int32(len(t.postings))
		t.postings = append(t.postings, nil)
	}
	if len(words) == 1 {
		t.known[first].alone = t.nodes[at]
	}
	return t.post(t.nodes[at], term, p)
}

// post adds what term n says.
func (t *terms) post(n int32, term string, p *posting) error {
	switch {
	case p == nil && len(t.postings[n]) > 0, p != nil && t.silent[n]:
		return fmt.Errorf("term %q: %w", strings.TrimSpace(term), errSilent)
	case p == nil:
		t.silent[n] = true
		return nil
	}
	for _, q := range t.postings[n] {
		if q.topic == p.topic {
			return fmt.Errorf("term %q: %w", strings.TrimSpace(term), errTwice)
		}
	}
	t.postings[n] = append(t.postings[n], *p)
	return nil
}

var (
	errTwice  = errors.New("it stands twice for one topic")
	errSilent = errors.New("it stands in [" + nothing + "], too")
)

func edge(node, pattern int32) uint64 { return uint64(node)<<32 | uint64(pattern) }

// pattern numbers a word of a term.
func (t *terms) pattern(written string) (int32, error) {
	text, way := written, byWhole
	if s, ok := strings.CutPrefix(text, "*"); ok {
		text, way = s, byTail
	}
	if s, ok := strings.CutSuffix(text, "*"); ok {
		if way == byTail {
			return none, fmt.Errorf("%q is open on both sides", written)
		}
		text, way = s, byHead
	}
	var w word
	if !w.next(text, 0, len(text)) || int(w.end) != len(text) || w.start != 0 || w.size == maxWord {
		return none, fmt.Errorf("%q is no word", written)
	}
	if w.capital {
		switch way {
		case byWhole:
			way = byName
		case byHead:
			way = byNameHead
		}
	}
	key := strconv.Itoa(way) + string(w.bytes())
	f := form{capital: w.capital, capitals: w.capitals}
	n, ok := t.patterns[key]
	if ok {
		// Where it is written in both ways, either will do.
		k := &t.known[n]
		k.capital, k.capitals = k.capital && f.capital, k.capitals && f.capitals
		return n, nil
	}
	n = int32(len(t.known))
	t.patterns[key] = n
	t.known = append(t.known, known{form: f, alone: none})
	if way == byTail {
		t.tails.Add(hashBack(w.bytes()))[way] = n + 1
		return n, nil
	}
	if way >= byNameHead {
		t.head = min(t.head, int(w.size))
	}
	t.heads.Add(hash(w.bytes()))[way] = n + 1
	return n, nil
}

// labels adds the labels of topics in a language as terms.
func (t *terms) labels(s *scheme, language string, below int32, weight float32, but map[int32]bool) error {
	for i := range s.concepts {
		c := int32(i)
		label := s.concepts[i].labels[language]
		label, _, _ = strings.Cut(label, "(")
		if label == "" || c == below || but[c] || !s.within(c, below) || strings.ContainsAny(label, ",/&") {
			continue
		}
		// A term that the language's own file has for the topic, or has silenced,
		// stays.
		err := t.add(strings.ToLower(label), &posting{c, weight})
		if err != nil && !errors.Is(err, errTwice) && !errors.Is(err, errSilent) {
			return err
		}
	}
	return nil
}
