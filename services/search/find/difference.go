package find

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sergi/go-diff/diffmatchpatch"

	"github.com/copytaster/copytaster/pkg/article"
)

// Limits of differences.
const (
	// differing is how long two texts are compared; then what is not done yet is told
	// as left out and put in as a whole.
	differing = 2 * time.Second
	// ahead is how many segments further on one is looked for that was rewritten.
	ahead = 20
	// alike is how much of their words two segments must share to be one, rewritten.
	alike = .4
	// firstToken stands for the first of the words that are compared, and lastToken
	// for the last one that there can be: they are runes, above all that can't be.
	firstToken, lastToken = 0xE000, unicode.MaxRune
)

// Change is what became of a part of a text.
type Change string

// The changes.
const (
	Equal   Change = "equal"
	Insert  Change = "insert"
	Delete  Change = "delete"
	Rewrite Change = "rewrite" // of a segment: its runs tell more
)

// Difference is what one revision of an article says otherwise than another.
type Difference struct {
	URI  article.URI `json:"uri"`
	From Revision    `json:"from"`
	To   Revision    `json:"to"`
	// Segments are those of both revisions in their order. What is equal or left out
	// makes the text of the one, what is equal or put in that of the other.
	Segments []SegmentChange `json:"segments"`
	// Coarse tells that there was no time to compare all of it word by word.
	Coarse bool `json:"coarse,omitempty"`
}

// SegmentChange is a segment and what became of it.
type SegmentChange struct {
	Kind   article.Kind `json:"kind"`
	Change Change       `json:"change"`
	Runs   []Run        `json:"runs"`
}

// Run is a part of a segment; its change is never Rewrite.
type Run struct {
	Change Change `json:"change"`
	Text   string `json:"text"`
}

// ParseDifference reads the two revisions from the parameters of a URL; 0 is the newest
// for to, and the one before that for from.
func ParseDifference(values url.Values) (from, to article.Revision, err error) {
	if err := only(values, "from", "to"); err != nil {
		return 0, 0, err
	}
	for name, into := range map[string]*article.Revision{"from": &from, "to": &to} {
		s := values.Get(name)
		if s == "" {
			continue
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n <= 0 {
			return 0, 0, wrong(name, "%q is not the number of a revision", clip(s))
		}
		*into = article.Revision(n)
	}
	return from, to, nil
}

// Difference compares two revisions of an article; see [ParseDifference] for what 0 is.
// What a reader may not see is [ErrNotFound], and so is a canceled article. A revision
// before which there is none is a [*ParameterError].
func (f *Finder) Difference(ctx context.Context, uri article.URI, from, to article.Revision) (Difference, error) {
	head, after, err := f.article(ctx, uri, to)
	if err != nil {
		return Difference{}, err
	}
	if head.Status != article.Usable {
		return Difference{}, ErrNotFound
	}
	if from == 0 {
		if from, err = f.before(ctx, head, after.Article.Revision); err != nil {
			return Difference{}, err
		}
	}
	head, before, err := f.article(ctx, uri, from)
	if err != nil {
		return Difference{}, err
	}
	if head.Status != article.Usable { // killed meanwhile
		return Difference{}, ErrNotFound
	}
	d := Difference{URI: uri, From: revisionOf(before.Article), To: revisionOf(after.Article)}
	d.Segments, d.Coarse = difference(before.Article, after.Article, time.Now().Add(differing))
	return d, nil
}

// before is the revision before one.
func (f *Finder) before(ctx context.Context, head *article.Article, of article.Revision) (article.Revision, error) {
	list, _, err := f.revisions(ctx, head)
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		if r.Revision.Source() < of.Source() {
			return r.Revision, nil
		}
	}
	return 0, wrong("from", "is missing, and of the newest %d revisions there is none before %d", MaxRevisions, of)
}

func revisionOf(a *article.Article) Revision {
	e := entryOf(a)
	return Revision{Revision: e.Revision, Version: e.Version, Headline: e.Headline, Created: e.Created, Received: e.Received}
}

// piece is a segment to compare.
type piece struct {
	kind article.Kind
	text string
}

func pieces(a *article.Article) []piece {
	ps := make([]piece, len(a.Segments))
	for i, s := range a.Segments {
		ps[i] = piece{s.Kind, s.In(a.Text)}
	}
	return ps
}

// difference compares segments, and the words of those that were rewritten.
func difference(from, to *article.Article, until time.Time) (changes []SegmentChange, coarse bool) {
	var gone, come []piece // since the last one that is equal
	flush := func() {
		more, half := rewritten(gone, come, until)
		changes, coarse = append(changes, more...), coarse || half
		gone, come = nil, nil
	}
	changes = []SegmentChange{}
	runs, half := compare(pieces(from), pieces(to), until, false)
	coarse = half
	for _, r := range runs {
		switch r.change {
		case Equal:
			flush()
			for _, p := range r.of {
				changes = append(changes, SegmentChange{p.kind, Equal, []Run{{Equal, p.text}}})
			}
		case Delete:
			gone = append(gone, r.of...)
		case Insert, Rewrite:
			come = append(come, r.of...)
		}
	}
	flush()
	return changes, coarse
}

// rewritten pairs the segments that went with those that came and are much like them.
func rewritten(gone, come []piece, until time.Time) (changes []SegmentChange, coarse bool) {
	each := func(ps []piece, c Change) {
		for _, p := range ps {
			changes = append(changes, SegmentChange{p.kind, c, []Run{{c, p.text}}})
		}
	}
	bags := make([]map[string]int, len(gone))
	for i, g := range gone {
		bags[i] = bag(g.text)
	}
	before, after := 0, 0 // how many of those that went, and that came, are told
	for i, c := range come {
		match := likest(gone, bags, before, c)
		if match < 0 {
			continue
		}
		each(gone[before:match], Delete)
		each(come[after:i], Insert)
		before, after = match+1, i+1
		if gone[match].text == c.text {
			each(come[i:after], Equal)
			continue
		}
		s := SegmentChange{c.kind, Rewrite, nil}
		runs, half := compare(tokens(gone[match].text), tokens(c.text), until, true)
		for _, r := range runs {
			s.Runs = append(s.Runs, Run{r.change, strings.Join(r.of, "")})
		}
		changes, coarse = append(changes, s), coarse || half
	}
	each(gone[before:], Delete)
	each(come[after:], Insert)
	return changes, coarse
}

// likest is the first segment from one on that is much like p; -1 if none soon is.
func likest(gone []piece, bags []map[string]int, from int, p piece) int {
	words := bag(p.text)
	for i := from; i < min(len(gone), from+ahead); i++ {
		if gone[i].kind == p.kind && shared(bags[i], words) >= alike {
			return i
		}
	}
	return -1
}

// tokens are the words of a text, and what is between them.
func tokens(text string) (all []string) {
	kind := func(r rune) int {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
			return 1
		case unicode.IsSpace(r):
			return 2
		}
		return 0
	}
	start, before := 0, -1
	for i, r := range text {
		k := kind(r)
		if i > 0 && (k != before || k == 0) {
			all = append(all, text[start:i])
			start = i
		}
		before = k
	}
	if start < len(text) {
		all = append(all, text[start:])
	}
	return all
}

func bag(text string) map[string]int {
	words := map[string]int{}
	for _, t := range tokens(text) {
		if r, _ := firstRune(t); unicode.IsLetter(r) || unicode.IsNumber(r) {
			words[strings.ToLower(t)]++
		}
	}
	return words
}

func firstRune(s string) (rune, bool) {
	for _, r := range s {
		return r, true
	}
	return 0, false
}

// shared is how much of the words of both there is in both, from 0 to 1.
func shared(a, b map[string]int) float64 {
	both, all := 0, 0
	for w, n := range a {
		both += 2 * min(n, b[w])
		all += n
	}
	for _, n := range b {
		all += n
	}
	if all == 0 {
		return 1
	}
	return float64(both) / float64(all)
}

// changed are parts of two sequences that are equal, or in one of them alone.
type changed[T any] struct {
	change Change
	of     []T
}

// compare finds a short way from one sequence to the other, or, to be read, one that
// leaves out what is equal by chance. coarse tells that there was no time to look for it.
func compare[T comparable](from, to []T, until time.Time, read bool) (all []changed[T], coarse bool) {
	if slices.Equal(from, to) {
		if len(from) == 0 {
			return nil, false
		}
		return []changed[T]{{Equal, from}}, false
	}
	number, things := map[T]rune{}, []T{}
	write := func(list []T) []rune {
		runes := make([]rune, len(list))
		for i, t := range list {
			n, ok := number[t]
			if !ok {
				n = firstToken + rune(len(things))
				number[t] = n
				things = append(things, t)
			}
			runes[i] = n
		}
		return runes
	}
	a, b := write(from), write(to)
	left := time.Until(until)
	if left <= 0 || len(things) > lastToken-firstToken {
		return slices.DeleteFunc([]changed[T]{{Delete, from}, {Insert, to}}, func(c changed[T]) bool { return len(c.of) == 0 }), true
	}
	differ := diffmatchpatch.New()
	differ.DiffTimeout = left
	found := differ.DiffMainRunes(a, b, false)
	if read {
		found = differ.DiffCleanupSemantic(found)
	}
	for _, d := range found {
		c := changed[T]{change: map[diffmatchpatch.Operation]Change{
			diffmatchpatch.DiffEqual: Equal, diffmatchpatch.DiffInsert: Insert, diffmatchpatch.DiffDelete: Delete,
		}[d.Type]}
		for _, r := range d.Text {
			c.of = append(c.of, things[r-firstToken])
		}
		all = append(all, c)
	}
	return all, !time.Now().Before(until)
}
