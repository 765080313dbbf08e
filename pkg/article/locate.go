package article

import (
	"fmt"
	"hash/fnv"
	"index/suffixarray"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxAlike is how often words that a correction names may stand in a text, inside
	// of others, too. What stands more often in another text is not found there.
	MaxAlike = 100_000
	// maxBeside is how many bytes on each side of words count as their sentence.
	maxBeside = 200
	// minBeside is how many bytes stand beside words at the least. Where there are fewer
	// and no full stop, as in a cell of a table, what is in front counts, too.
	minBeside = 8
)

// finder tells where what c says of a field stands in a text.
//
// Passages are known by their words and their sentence: so in the text that the
// correction was said of each is found where it stood. Where another text has a sentence
// several times that stood there once, the first is meant; where it stood there several
// times, and not as many now, nobody could tell which. Names and reasons then take the
// places that are left, in order, unless two things have the same words; a passage whose
// kind is said takes the first that begins or ends lines as its kind does, and of those
// behind it some are told by elsewhere: which can be cut out goes by the segments.
func (c *Correction) finder(s *search, f *correctable) (find func(Span) (Span, bool), elsewhere map[Span][]Span) {
	found := make(map[Span]Span, len(c.Passages)) // by place in the value's text
	taken := make(map[Span]bool, len(c.Passages))
	rest := map[string][]Span{} // what is not found, by words
	elsewhere = map[Span][]Span{}
	for was, p := range c.stood() {
		words := was.In(c.Value.Text)
		at := s.find(p, words)
		if at < 0 {
			rest[words] = append(rest[words], was)
			continue
		}
		found[was] = Span{at, at + len(words)}
		taken[found[was]] = true
	}
	if f.named && len(rest) > 0 {
		shared := c.shared(f)
		for words, group := range rest {
			if shared[words] {
				continue
			}
			free := slices.DeleteFunc(slices.Clone(s.places(words).all), func(at int) bool {
				return taken[Span{at, at + len(words)}]
			})
			if f.lines { // and so there is one of these words
				if to := s.lines(free, words, c.kindAt(group[0])); len(to) > 0 {
					found[group[0]] = to[0]
					elsewhere[to[0]] = to[1:min(len(to), 1+maxElsewhere)]
				}
				continue
			}
			for i, was := range group[:min(len(group), len(free))] {
				found[was] = Span{free[i], free[i] + len(words)}
			}
		}
	}
	return func(was Span) (Span, bool) {
		to, ok := found[was]
		return to, ok
	}, elsewhere
}

// kindAt is what is said of a place in the value's text.
func (c *Correction) kindAt(was Span) Kind {
	i := slices.IndexFunc(c.Value.Segments, func(s Segment) bool { return s.Span == was })
	if i < 0 {
		return Unknown
	}
	return c.Value.Segments[i].Kind
}

// lines are those of the places of words where these begin or end lines. Where they do as
// the kind asks for, they come first; the others are good where a segment begins or ends
// in the line.
func (s *search) lines(all []int, words string, kind Kind) []Span {
	var first, then []Span
	for _, at := range all {
		to := Span{at, at + len(words)}
		starts, ends := lineStarts(s.text, to.Start), lineEnds(s.text, to.End)
		switch {
		case (starts || kind.endOf()) && (ends || kind.startOf()):
			first = append(first, to)
		case starts || ends:
			then = append(then, to)
		}
	}
	return append(first, then...)
}

// shared tells of words whether two things have them, as two places of one name.
func (c *Correction) shared(f *correctable) map[string]bool {
	of, shared := map[string]int{}, map[string]bool{}
	m := &mover{}
	m.to = func(s Span) (Span, bool) {
		words := s.In(c.Value.Text)
		if thing, ok := of[words]; ok && thing != m.thing {
			shared[words] = true
		}
		of[words] = m.thing
		return s, true
	}
	v := c.Value
	f.place(&v, m)
	return shared
}

// search finds words in a text.
type search struct {
	text  string
	index *suffixarray.Index // of all that stands in it, since there may be thousands to find
	known map[string]places  // that were looked for, by words
}

// places are where words stand, and not inside of others, in order.
type places struct {
	all []int
	in  map[uint64][]int // by sentence
}

// passage is what stands at a place, as it is found again.
func (s *search) passage(at Span) (Passage, error) {
	words := at.In(s.text)
	if !wholeWords(s.text, at.Start, words) {
		return Passage{}, fmt.Errorf("%q at %d is a part of a word or number", clip(words), at.Start)
	}
	p := Passage{Span: at, Sentence: sentenceOf(s.text, at)}
	like := s.places(words).in[p.Sentence]
	if p.Nth, p.Alike = slices.Index(like, at.Start), len(like); p.Nth < 0 {
		return p, fmt.Errorf("%q stands in the text more than %d times", clip(words), MaxAlike)
	}
	return p, nil
}

// find is where a passage stands; -1: nowhere, or nobody could tell where.
func (s *search) find(p *Passage, words string) int {
	switch like := s.places(words).in[p.Sentence]; {
	case len(like) == p.Alike && p.Nth < len(like):
		return like[p.Nth]
	case p.Alike == 1 && len(like) > 0:
		return like[0]
	}
	return -1
}

// places are those of words; none if they stand there more often than [MaxAlike].
func (s *search) places(words string) places {
	if of, ok := s.known[words]; ok {
		return of
	}
	if s.index == nil {
		s.index, s.known = suffixarray.New([]byte(s.text)), map[string]places{}
	}
	of := places{in: map[uint64][]int{}}
	if all := s.index.Lookup([]byte(words), MaxAlike+1); len(all) <= MaxAlike {
		slices.Sort(all)
		for _, at := range all {
			if wholeWords(s.text, at, words) {
				of.all = append(of.all, at)
				sentence := sentenceOf(s.text, Span{at, at + len(words)})
				of.in[sentence] = append(of.in[sentence], at)
			}
		}
	}
	s.known[words] = of
	return of
}

// sentenceOf is a hash of what stands beside words in their sentence, at most
// [maxBeside] bytes on each side.
func sentenceOf(text string, s Span) uint64 {
	from, to := s.Start, s.End
	for to < min(s.End+maxBeside, len(text)) && !sentenceEnds(text, to) {
		to++
	}
	ended := stopped(strings.TrimRight(text[s.Start:to], " "))
	for first := max(s.Start-maxBeside, 0); from > first; from-- {
		if sentenceEnds(text, from) && (ended || s.Start-from+to-s.End >= minBeside) {
			break
		}
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(text[from:s.Start]))
	_, _ = h.Write([]byte{0}) // or what moves from one side to the other would be the same
	_, _ = h.Write([]byte(strings.TrimRight(text[s.End:to], " ")))
	return h.Sum64()
}

// sentenceEnds tells whether one ends before text[at:]. It may do so once too often, at
// an abbreviation.
func sentenceEnds(text string, at int) bool {
	if at == 0 || at == len(text) || text[at-1] == '\n' || text[at] == '\n' {
		return true
	}
	switch {
	case text[at-1] == ' ':
		return stopped(text[:at-1])
	case text[at-1] >= utf8.RuneSelf:
		return strings.HasSuffix(text[:at], "。") || strings.HasSuffix(text[:at], "！") || strings.HasSuffix(text[:at], "？")
	}
	return false
}

// stopped tells whether a text ends with a full stop or the like.
func stopped(text string) bool {
	text = strings.TrimRight(text, `"'”’»)]`)
	last, _ := utf8.DecodeLastRuneInString(text)
	return strings.ContainsRune(".!?。！？", last)
}

// nextWhole is where the words stand first in text[from:to], and not inside of others;
// -1: nowhere.
func nextWhole(text, what string, from, to int) int {
	for what != "" && from < to {
		i := strings.Index(text[from:to], what)
		if i < 0 {
			return -1
		}
		if wholeWords(text, from+i, what) {
			return from + i
		}
		_, n := utf8.DecodeRuneInString(text[from+i:])
		from += i + n
	}
	return -1
}

// wholeWords tells that what, which stands at i, begins and ends no word or number in
// the middle. Scripts that put no space between words have no such middle.
func wholeWords(text string, i int, what string) bool {
	end := i + len(what)
	return !joined(text[:i], text[i:]) && !joined(text[:end], text[end:])
}

// joined tells whether a word or a number goes on from the end of before to the
// beginning of after.
func joined(before, after string) bool {
	last, n := utf8.DecodeLastRuneInString(before)
	first, m := utf8.DecodeRuneInString(after)
	switch {
	case before == "" || after == "":
		return false
	case unicode.IsMark(first):
		return !unicode.IsSpace(last)
	case joinsDigits(last):
		last, _ = utf8.DecodeLastRuneInString(before[:len(before)-n])
		return unicode.IsDigit(last) && unicode.IsDigit(first)
	case joinsDigits(first):
		first, _ = utf8.DecodeRuneInString(after[m:])
		return unicode.IsDigit(last) && unicode.IsDigit(first)
	}
	if unicode.IsMark(last) {
		last, _ = utf8.DecodeLastRuneInString(strings.TrimRightFunc(before, unicode.IsMark))
	}
	return last != utf8.RuneError && first != utf8.RuneError && classOf(last) == letter && classOf(first) == letter
}

// joinsDigits tells of a character that between two digits is a part of a number, a
// time or a date.
func joinsDigits(r rune) bool { return strings.ContainsRune(".,'’:/\u00a0\u2009\u202f", r) }
