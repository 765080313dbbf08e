// Package segments says of every part of a text what it is: headline,
// paragraph, caption, credit, note to editors. It loses nothing: the segments
// and the white space between them are the text, byte for byte.
//
// Each block of the text is observed (weights.go lists what can be seen), the
// observations are weighed for every kind, and the most likely sequence of
// kinds is taken, given the order in which articles are written.
package segments

import (
	"context"
	"errors"
	"math"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/grammar"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Name and version that results are signed with.
const (
	Name    = "segments"
	Version = 2
)

// Enricher types the unknown parts of articles. It is safe for concurrent use.
type Enricher struct{ lex *lexicon.Lexicon }

// New makes an enricher on the built-in lexicon.
func New() (*Enricher, error) {
	lex, err := lexicon.Default()
	if err != nil {
		return nil, err
	}
	return &Enricher{lex}, nil
}

// Enrich gives every Unknown segment (or the whole text, if there are none)
// its kinds. Segments named by a decoder are kept, but for a dateline, credit
// or sign-off that is cut off a paragraph or caption. Segments that this
// version made are kept; those of an earlier version are made again.
// The error is for a text that is not UTF-8 or segments that don't fit it.
func (e *Enricher) Enrich(ctx context.Context, a *article.Article) error {
	ps, err := e.judge(ctx, a)
	if err != nil || ps == nil {
		return err
	}
	segs := make([]article.Segment, 0, len(ps)+1)
	for i := range ps {
		p := &ps[i]
		if p.fixed != "" && p.signer.Enricher != "" && p.signer.Start == p.Start && p.signer.End == p.End {
			segs = append(segs, article.Segment{Kind: p.fixed, Evidence: p.signer})
			continue
		}
		sign := func(s, t int) article.Evidence {
			return article.Evidence{Span: article.Span{Start: s, End: t}, Enricher: Name, Version: Version, Confidence: p.conf}
		}
		if p.kind == article.Headline && p.fixed == "" && !hasKind(ps, article.Kicker) {
			if at, next := e.kicker(ps, i); at > 0 {
				segs = append(segs,
					article.Segment{Kind: article.Kicker, Evidence: sign(p.Start, at)},
					article.Segment{Kind: article.Headline, Evidence: sign(next, p.End)})
				continue
			}
		}
		segs = append(segs, article.Segment{Kind: p.kind, Evidence: sign(p.Start, p.End)})
	}
	if err := article.CheckSegments(a.Text, segs); err != nil {
		return err
	}
	a.Segments = segs
	return nil
}

// judge cuts the article's text into pieces and decides on their kinds; nil
// if there is nothing to do.
func (e *Enricher) judge(ctx context.Context, a *article.Article) ([]piece, error) {
	if !utf8.ValidString(a.Text) {
		return nil, errors.New("the text is not valid UTF-8")
	}
	if len(a.Segments) > 0 {
		if err := article.CheckSegments(a.Text, a.Segments); err != nil {
			return nil, err
		}
	}
	ps := e.pieces(a, lexicon.WordsOf(ctx, a.Text))
	if len(ps) == 0 {
		return nil, nil
	}
	if !open(ps) && len(ps) == len(a.Segments) {
		return nil, nil
	}
	e.observe(a, ps)
	decide(ps)
	return ps, nil
}

func open(ps []piece) bool {
	for i := range ps {
		if ps[i].fixed == "" {
			return true
		}
	}
	return false
}

func hasKind(ps []piece, k article.Kind) bool {
	for i := range ps {
		if ps[i].kind == k {
			return true
		}
	}
	return false
}

// pieces lays the text out. Neighbouring segments that are open make one
// stretch of text; what is named stands by itself.
func (e *Enricher) pieces(a *article.Article, words *lexicon.Words) []piece {
	var ps []piece
	block := 0
	stretch := func(start, end int) {
		ls := lines(nil, a.Text, start, end)
		width := wrapWidth(a.Text, ls)
		if ps == nil {
			ps = make([]piece, 0, len(ls)+len(a.Segments)+4)
		}
		if len(ls) > MaxPieces {
			last := ls[len(ls)-1].end
			ls = ls[:MaxPieces]
			ls[MaxPieces-1] = line{ls[MaxPieces-1].start, last, math.MaxInt32, false, true}
		}
		e.blocks(words, ls, width, func(l grammar.Line, adjacent bool) {
			block++
			ps = e.split(ps, l, block, adjacent, "", article.Evidence{})
		})
	}
	if len(a.Segments) == 0 {
		stretch(0, len(a.Text))
		return ps
	}
	for i := 0; i < len(a.Segments); {
		s := a.Segments[i]
		if isOpen(s) {
			j := i + 1
			if s.Kind != article.Unknown {
				for j < len(a.Segments) && isOpen(a.Segments[j]) && a.Segments[j].Kind != article.Unknown {
					j++
				}
			}
			stretch(s.Start, a.Segments[j-1].End)
			i = j
			continue
		}
		block++
		l := grammar.Line{Text: a.Text, Start: s.Start, End: s.End, Tokens: words.In(s.Start, s.End)}
		if s.Enricher == Name || len(ps) > MaxPieces {
			ps = append(ps, piece{Line: l, block: block, fixed: s.Kind, signer: s.Evidence})
		} else {
			ps = e.split(ps, l, block, false, s.Kind, s.Evidence)
		}
		i++
	}
	return ps
}

func isOpen(s article.Segment) bool {
	return s.Kind == article.Unknown || s.Enricher == Name && s.Version < Version
}

// sortBy sorts states by their scores, the highest first. They come as they were sorted
// for the piece before, which is not far from it.
func sortBy(order []uint8, scores *[maxStates]float32) {
	for i := 1; i < len(order); i++ {
		s, j := order[i], i
		for ; j > 0 && scores[order[j-1]&(maxStates-1)] < scores[s&(maxStates-1)]; j-- {
			order[j] = order[j-1]
		}
		order[j] = s
	}
}

// decide finds the best sequence of states (Viterbi).
func decide(ps []piece) {
	n, k := len(ps), len(states)
	from := make([]uint8, n*k)
	var cur, prev [maxStates]float32
	order := make([]uint8, k) // of the states, the likeliest first
	for j := range order {
		order[j] = uint8(j)
	}
	for i := range ps {
		p := &ps[i]
		for j := range states {
			best, arg := start[j], uint8(0)
			if i > 0 {
				best = 2 * never
				to := &ways[j]
				for _, s := range order {
					v := prev[s&(maxStates-1)]
					if v+to.most < best { // nor are those behind it likelier to lead here
						break
					}
					if v += to.from[s&(maxStates-1)]; v > best || v == best && s < arg {
						best, arg = v, s
					}
				}
			}
			cur[j] = best + p.scores[states[j].kind]
			from[i*k+j] = arg
		}
		cur, prev = prev, cur
		sortBy(order, &prev)
	}
	best := 0
	for j := range states {
		if prev[j]+stop[j] > prev[best]+stop[best] {
			best = j
		}
	}
	for i := n - 1; i >= 0; i-- {
		p := &ps[i]
		kind := states[best].kind
		p.kind = kindNames[kind]
		second := 2 * never
		for j := range p.scores {
			if j != kind {
				second = max(second, p.scores[j])
			}
		}
		margin := float64(p.scores[kind] - second)
		p.conf = math.Round(100*min(0.99, max(0.3, 1/(1+math.Exp(-(margin+1.5)/2))))) / 100
		if p.fixed != "" {
			p.kind, p.conf = p.fixed, max(p.conf, 0.9)
		}
		best = int(from[i*k+best])
	}
}
