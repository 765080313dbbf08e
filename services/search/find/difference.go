package find

import (
	"context"
	"net/url"
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
	// maxPieces and maxTokens are how many segments of both texts, and words of both
	// segments, are compared with each other at most, without those at begin and end
	// that are equal; of more, all are told as left out and put in. What is compared
	// ends by itself only now and then: it takes up to the square of that.
	maxPieces = 4000
	maxTokens = 6000
	// ahead is how many segments further on one is looked for that was rewritten.
	ahead = 20
	// alike is how much of their words two segments must share to be one, rewritten.
	alike = .4
	// firstToken stands for the first of the words that are compared; the others are the
	// runes above it.
	firstToken = 0xE000
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
	// Coarse tells that not all of it was compared word by word: there was no time for
	// it, or it was too much.
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
	limited, cancel := context.WithTimeout(ctx, differing)
	defer cancel()
	d.Segments, d.Coarse = difference(limited, before.Article, after.Article)
	return d, ctx.Err()
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

// difference compares segments, and the words of those that were rewritten, until ctx is
// done.
func difference(ctx context.Context, from, to *article.Article) (changes []SegmentChange, coarse bool) {
	var gone, come []piece // since the last one that is equal
	flush := func() {
		more, half := rewritten(ctx, gone, come)
		changes, coarse = append(changes, more...), coarse || half
		gone, come = nil, nil
	}
	changes = []SegmentChange{}
	runs, half := compare(ctx, pieces(from), pieces(to), maxPieces, false)
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
func rewritten(ctx context.Context, gone, come []piece) (changes []SegmentChange, coarse bool) {
	each := func(ps []piece, c Change) {
		for _, p := range ps {
			changes = append(changes, SegmentChange{p.kind, c, []Run{{c, p.text}}})
		}
	}
	bags := make([]bag, len(gone))
	for i, g := range gone {
		bags[i] = bagOf(g.text)
	}
	before, after := 0, 0 // how many of those that went, and that came, are told
	for i, c := range come {
		if ctx.Err() != nil {
			coarse = true
			break
		}
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
		runs, half := compare(ctx, tokens(gone[match].text), tokens(c.text), maxTokens, true)
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
func likest(gone []piece, bags []bag, from int, p piece) int {
	words := bagOf(p.text)
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

// bag is how often each word is in a text.
type bag struct {
	words map[string]int
	all   int
}

func bagOf(text string) bag {
	b := bag{words: map[string]int{}}
	for _, t := range tokens(text) {
		if r, _ := firstRune(t); unicode.IsLetter(r) || unicode.IsNumber(r) {
			b.words[strings.ToLower(t)]++
			b.all++
		}
	}
	return b
}

func firstRune(s string) (rune, bool) {
	for _, r := range s {
		return r, true
	}
	return 0, false
}

// shared is how much of the words of both there is in both, from 0 to 1.
func shared(a, b bag) float64 {
	if a.all+b.all == 0 {
		return 1
	}
	if len(a.words) > len(b.words) { // a long one is held against many short ones
		a, b = b, a
	}
	both := 0
	for w, n := range a.words {
		both += min(n, b.words[w])
	}
	return float64(2*both) / float64(a.all+b.all)
}

// changed are parts of two sequences that are equal, or in one of them alone.
type changed[T any] struct {
	change Change
	of     []T
}

// compare finds a short way from one sequence to the other, or, to be read, one that
// leaves out what is equal by chance. coarse tells that it was not looked for to the end:
// ctx was done, or both together had more than most.
func compare[T comparable](ctx context.Context, from, to []T, most int, read bool) (all []changed[T], coarse bool) {
	add := func(c Change, of []T) {
		if len(of) > 0 {
			all = append(all, changed[T]{c, of})
		}
	}
	begin := 0
	for begin < min(len(from), len(to)) && from[begin] == to[begin] {
		begin++
	}
	end := 0
	for end < min(len(from), len(to))-begin && from[len(from)-1-end] == to[len(to)-1-end] {
		end++
	}
	gone, come := from[begin:len(from)-end], to[begin:len(to)-end]
	if len(gone) == 0 || len(come) == 0 || len(gone)+len(come) > most || ctx.Err() != nil {
		add(Equal, from[:begin])
		add(Delete, gone)
		add(Insert, come)
		add(Equal, from[len(from)-end:])
		return all, len(gone) > 0 && len(come) > 0
	}
	if len(from)+len(to) <= most {
		return differ(ctx, from, to, read)
	}
	add(Equal, from[:begin])
	middle, coarse := differ(ctx, gone, come, read)
	all = append(all, middle...)
	add(Equal, from[len(from)-end:])
	return all, coarse
}

// differ is [compare] of two sequences that are neither empty nor long.
func differ[T comparable](ctx context.Context, from, to []T, read bool) (all []changed[T], coarse bool) {
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
	dmp := diffmatchpatch.New()
	if deadline, ok := ctx.Deadline(); ok {
		dmp.DiffTimeout = max(time.Until(deadline), time.Nanosecond) // 0 would be no limit
	}
	found := dmp.DiffMainRunes(a, b, false)
	if read {
		found = dmp.DiffCleanupSemantic(found)
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
	return all, ctx.Err() != nil
}
