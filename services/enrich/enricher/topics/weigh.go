package topics

import (
	"cmp"
	"math"
	"slices"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// How much a term weighs by where it stands.
const (
	inHeadline = 2
	inLead     = 1.5 // standfirst and first paragraph
	inBody     = 1
	inCaption  = 0.5
)

// lead is how many bytes of the first paragraph are the lead: a text that is laid
// out as one paragraph has one, too.
const lead = 350

// How evidence becomes confidence.
const (
	// plainWords is how long a text is, in words, whose evidence counts as it is; of
	// a longer one it is divided by the root of how much longer it is.
	plainWords = 80
	// telling is the evidence that leaves a doubt of 1/e.
	telling = 5.5
	// beside is the power to which the share of the strongest topic is taken: of
	// what a text mentions by the way, some is always about something else, and
	// what a third of it is about is a topic.
	beside = 0.7
	// single is what the evidence of one term alone is worth.
	single = 0.5
	// least is the evidence for which the strongest topic is told even if it gives
	// less than MinConfidence: a text is about something.
	least = 2.5
	// up is the part of the evidence for a topic that is evidence for the one
	// above it.
	up = 0.5
	// specific is the part of a top topic's evidence that one below it needs to be
	// told in its place; another one needs as much of the first one's.
	specific = 0.25
	another  = 0.35
)

// hit is a term that was found.
type hit struct {
	term  int32
	place float32 // sum of the weights of its places
	first article.Span
}

// value is what the term's repetitions leave of its places: the second one says
// less than the first.
func (h *hit) value() float64 { return math.Log2(1 + float64(h.place)) }

// evidence gathers what the terms of one text say. It is used again for others.
type evidence struct {
	tokens []token
	hits   []hit
	seen   []int32 // by term: 1 and its index in hits, 0: not found
	words  int
	scores []score // by topic
	told   []int32 // topics with a score, in order of the scheme
}

// score is what speaks for one topic.
type score struct {
	value float64 // with its part of what is below it; of a top topic, all of it
	terms int     // that speak for it or what is below it
}

func newEvidence(terms, topics int) *evidence {
	return &evidence{seen: make([]int32, terms), scores: make([]score, topics)}
}

// clear makes it empty again.
func (e *evidence) clear() {
	for i := range e.hits {
		e.seen[e.hits[i].term] = 0
	}
	for _, t := range e.told {
		e.scores[t] = score{}
	}
	e.tokens, e.hits, e.told, e.words = e.tokens[:0], e.hits[:0], e.told[:0], 0
}

// note takes a term that stands in the text.
func (e *evidence) note(term int32, span article.Span, place float32) {
	i := e.seen[term]
	if i == 0 {
		e.hits = append(e.hits, hit{term: term, first: span})
		i = int32(len(e.hits))
		e.seen[term] = i
	}
	e.hits[i-1].place += place
}

// read finds the terms of a part of the text; first is the weight of its first
// bytes, up to upto, and rest of what comes then.
func (e *evidence) read(t *terms, words *lexicon.Words, span article.Span, first, rest float32, upto int) {
	e.tokens = t.tokens(e.tokens[:0], words, span, MaxWords-e.words)
	e.words += len(e.tokens)
	for i := 0; i < len(e.tokens); {
		term, size := t.longest(e.tokens[i:])
		if term == none {
			i++
			continue
		}
		at := article.Span{Start: int(e.tokens[i].start), End: int(e.tokens[i+size-1].end)}
		place := rest
		if at.Start-span.Start < upto {
			place = first
		}
		if len(t.postings[term]) > 0 {
			e.note(term, at, place)
		}
		i += size
	}
}

// add adds to a topic's score.
func (e *evidence) add(topic int32, value float64) {
	s := &e.scores[topic]
	if s.terms == 0 && s.value == 0 {
		e.told = append(e.told, topic)
	}
	s.value += value
	s.terms++
}

// sum makes scores of the terms that were found. What a term says for a topic it
// says in part for those above it, and once in full for the one at the top.
func (e *evidence) sum(t *terms, s *scheme) {
	for i := range e.hits {
		h := &e.hits[i]
		value := h.value()
		postings := t.postings[h.term]
		for k := range postings {
			p := &postings[k]
			v := value * float64(p.weight)
			for at := p.topic; s.concepts[at].parent != none; at = s.concepts[at].parent {
				e.add(at, v)
				v *= up
			}
			if heaviest(postings, k, s) {
				e.add(s.concepts[p.topic].top, value*float64(p.weight))
			}
		}
	}
	slices.Sort(e.told)
}

// heaviest tells whether posting k is the one that counts for its top topic.
func heaviest(postings []posting, k int, s *scheme) bool {
	top := s.concepts[postings[k].topic].top
	for i, p := range postings {
		if i != k && s.concepts[p.topic].top == top && (p.weight > postings[k].weight || p.weight == postings[k].weight && i < k) {
			return false
		}
	}
	return true
}

// guess is a topic with how sure it is.
type guess struct {
	topic      int32
	confidence float64
	stated     bool // the agency says so, or says what is above it
}

// guesses are the topics that the text is about, the surest first.
func (e *evidence) guesses(s *scheme) []guess {
	scale := math.Sqrt(max(1, float64(e.words)/plainWords))
	strength := func(t int32) float64 {
		sc := e.scores[t]
		v := sc.value / scale
		if sc.terms < 2 {
			v *= single
		}
		return v
	}
	most, first := 0.0, int32(none)
	for _, t := range e.told {
		if v := strength(t); s.concepts[t].parent == none && v > most {
			most, first = v, t
		}
	}
	var all []guess
	for _, t := range e.told {
		if s.concepts[t].parent != none {
			continue
		}
		v := strength(t)
		confidence := sure(v) * math.Pow(v/most, beside)
		if confidence >= MinConfidence {
			all = e.narrow(all, s, t, confidence)
		}
	}
	if len(all) == 0 && most >= least {
		all = e.narrow(all, s, first, MinConfidence)
	}
	slices.SortStableFunc(all, func(a, b guess) int { return cmp.Compare(b.confidence, a.confidence) })
	return all
}

// narrow appends the topics below top that its evidence is for, or top itself.
func (e *evidence) narrow(all []guess, s *scheme, top int32, confidence float64) []guess {
	from := len(all)
	of := e.scores[top].value
	var below []int32
	for _, t := range e.told {
		if t != top && s.concepts[t].top == top && e.scores[t].value >= specific*of {
			below = append(below, t)
		}
	}
	slices.SortStableFunc(below, func(a, b int32) int { return cmp.Compare(e.scores[b].value, e.scores[a].value) })
	for i, t := range below {
		v := e.scores[t].value
		if len(all)-from == MaxBelow || v < another*e.scores[below[0]].value {
			break
		}
		if i > 0 && e.scores[t].terms < 2 {
			continue // by the way
		}
		if !slices.ContainsFunc(all[from:], func(g guess) bool { return s.within(t, g.topic) || s.within(g.topic, t) }) {
			// The first is as sure as the top topic, those behind it less so.
			all = append(all, guess{topic: t, confidence: max(MinConfidence, confidence*math.Pow(v/e.scores[below[0]].value, beside))})
		}
	}
	if len(all) == from {
		all = append(all, guess{topic: top, confidence: confidence})
	}
	return all
}

// sure is the confidence that so much evidence gives.
func sure(v float64) float64 { return 1 - math.Exp(-v/telling) }
