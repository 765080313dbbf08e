package article

import (
	"math"
	"slices"
	"sort"
	"unicode/utf8"
)

// Limits of what a text is about, kept by [Article.CutReading] as those of what
// was read in it.
const (
	MaxEntities = 2_000
	MaxPlaces   = 2_000
	MaxMentions = 1_000 // of one entity or place
	// MaxAllMentions is of all entities and places together. Every one of them
	// can have a mention.
	MaxAllMentions = 20_000
	MaxTopics      = 5
	MaxTopicDepth  = 10 // qcodes in a topic's path
	MaxTopicWhy    = 20 // words that speak for one topic
	MaxKeyphrases  = 50
	MaxNameBytes   = 500   // of a name, an id, a title or role, a label or code, a keyphrase
	MaxSummary     = 1_000 // bytes
)

// cutAbout cuts what the text is about to its limits, and tells whether
// something was cut. What has a name that is too long or no UTF-8 goes
// altogether: half a name would be a false one.
func (a *Article) cutAbout() bool {
	cut := false
	a.Entities = keepTo(a.Entities, MaxEntities, &cut, (*Entity).fits)
	a.Places = keepTo(a.Places, MaxPlaces, &cut, (*Place).fits)
	a.Topics = keepTo(a.Topics, MaxTopics, &cut, (*Topic).fits)
	a.Keyphrases = keepTo(a.Keyphrases, MaxKeyphrases, &cut, (*Keyphrase).fits)
	each := a.mentionsEach()
	a.Entities = shorten(a.Entities, &cut, func(e *Entity) bool { return len(e.Mentions) > each }, func(e *Entity) { e.Mentions = cutTo(e.Mentions, each) })
	a.Places = shorten(a.Places, &cut, func(p *Place) bool { return len(p.Mentions) > each }, func(p *Place) { p.Mentions = cutTo(p.Mentions, each) })
	a.Topics = shorten(a.Topics, &cut, (*Topic).tooMuchWhy, func(t *Topic) { t.Why = keepTo(t.Why, MaxTopicWhy, &cut, (*Reason).fits) })
	if s := a.Summary; s.End-s.Start > MaxSummary {
		a.Summary, cut = Evidence{}, true
	}
	return cut
}

// mentionsEach is how many mentions an entity or place may keep, so that the
// rare ones keep theirs where there are too many of all.
func (a *Article) mentionsEach() int {
	return sort.Search(MaxMentions, func(n int) bool { return a.mentions(n+1) > MaxAllMentions })
}

// mentions is how many there are, if no more than each counts of an entity or
// place.
func (a *Article) mentions(each int) int {
	n := 0
	for i := range a.Entities {
		n += min(len(a.Entities[i].Mentions), each)
	}
	for i := range a.Places {
		n += min(len(a.Places[i].Mentions), each)
	}
	return n
}

// keepTo is list without what doesn't fit, and with no more than limit of it.
func keepTo[T any](list []T, limit int, cut *bool, fits func(*T) bool) []T {
	if slices.ContainsFunc(list, func(t T) bool { return !fits(&t) }) {
		list = slices.DeleteFunc(slices.Clone(list), func(t T) bool { return !fits(&t) })
		*cut = true
	}
	if len(list) > limit {
		*cut = true
	}
	return cutTo(list, limit)
}

// shorten shortens those that are long. What list was made of stays as it is.
func shorten[T any](list []T, cut *bool, long func(*T) bool, short func(*T)) []T {
	if !slices.ContainsFunc(list, func(t T) bool { return long(&t) }) {
		return list
	}
	list, *cut = slices.Clone(list), true
	for i := range list {
		short(&list[i])
	}
	return list
}

func (e *Entity) fits() bool {
	return short(e.Name, e.ID, e.Title, e.Role, string(e.Type))
}

func (p *Place) fits() bool { return short(p.Name) }

func (t *Topic) fits() bool {
	return short(t.Qcode, t.Label) && short(t.Path...) && len(t.Path) <= MaxTopicDepth
}

// tooMuchWhy tells whether some of the reasons must go.
func (t *Topic) tooMuchWhy() bool {
	return len(t.Why) > MaxTopicWhy || slices.ContainsFunc(t.Why, func(r Reason) bool { return !r.fits() })
}

func (k *Keyphrase) fits() bool { return short(k.Phrase) }

func (r *Reason) fits() bool { return short(r.Why) }

// short tells whether all texts are UTF-8 and none is too long for a name.
func short(texts ...string) bool {
	return valid(texts...) && !slices.ContainsFunc(texts, func(s string) bool { return len(s) > MaxNameBytes })
}

// valid tells whether all texts are UTF-8, as protobuf and JSON have to be.
func valid(texts ...string) bool {
	return !slices.ContainsFunc(texts, func(s string) bool { return !utf8.ValidString(s) })
}

func (c *checker) about(a *Article) {
	c.entities(a.Entities)
	c.places(a.Places)
	c.topics(a.Topics)
	for i := range a.Keyphrases {
		k := &a.Keyphrases[i]
		c.at = 0 // by score, not by place
		c.optionalSpan("keyphrase", i, k.Span)
		if c.name("keyphrase", i, k.Phrase); !(k.Score >= 0) || math.IsInf(k.Score, 0) {
			c.bad("keyphrase", i, "score %v is no number from 0 up", k.Score)
		}
	}
	c.at = 0
	c.optionalSpan("summary", 0, a.Summary.Span)
	if n := a.Summary.End - a.Summary.Start; n > MaxSummary {
		c.bad("summary", 0, "has %d bytes, the limit is %d", n, MaxSummary)
	}
}

func (c *checker) entities(es []Entity) {
	first := 0
	for i := range es {
		e := &es[i]
		if e.Type == "" { // those of a later version are borne
			c.bad("entity", i, "has no type")
		}
		c.name("entity", i, e.Name)
		c.lengths("entity", i, string(e.Type), e.ID, e.Title, e.Role)
		first = c.mentions("entity", i, e.Mentions, first)
	}
}

func (c *checker) places(ps []Place) {
	first, main := 0, -1
	for i := range ps {
		p := &ps[i]
		c.name("place", i, p.Name)
		if p.Country != "" && !countryCode(p.Country) {
			c.bad("place", i, "has country %q, which is no code of ISO 3166-1 alpha-2", clip(p.Country))
		}
		if p.GeoNamesID < 0 {
			c.bad("place", i, "has GeoNames id %d", p.GeoNamesID)
		}
		c.position(i, p)
		if p.Main && main >= 0 {
			c.bad("place", i, "is the main place, as place %d is", main)
		} else if p.Main {
			main = i
		}
		first = c.mentions("place", i, p.Mentions, first)
	}
}

func countryCode(s string) bool {
	return len(s) == 2 && 'A' <= s[0] && s[0] <= 'Z' && 'A' <= s[1] && s[1] <= 'Z'
}

func (c *checker) position(i int, p *Place) {
	switch {
	case !p.Located && (p.Lat != 0 || p.Lon != 0):
		c.bad("place", i, "has a position, and says that it isn't known")
	case !(p.Lat >= -90 && p.Lat <= 90) || !(p.Lon >= -180 && p.Lon <= 180):
		c.bad("place", i, "position %v, %v is outside -90 to 90, -180 to 180", p.Lat, p.Lon)
	}
}

func (c *checker) topics(ts []Topic) {
	for i := range ts {
		t := &ts[i]
		c.name("topic", i, t.Qcode)
		c.lengths("topic", i, append(t.Path[:len(t.Path):len(t.Path)], t.Label)...)
		switch n := len(t.Path); {
		case n > MaxTopicDepth:
			c.bad("topic", i, "has a path of %d, the limit is %d", n, MaxTopicDepth)
		case n == 0 || t.Path[n-1] != t.Qcode:
			c.bad("topic", i, "has a path that doesn't end at %q", clip(t.Qcode))
		case slices.Contains(t.Path, ""):
			c.bad("topic", i, "has a path with an empty qcode")
		}
		if n := len(t.Why); n > MaxTopicWhy {
			c.bad("topic", i, "has %d reasons, the limit is %d", n, MaxTopicWhy)
		}
		c.at = 0 // the strongest, not the first
		c.optionalSpan("topic", i, t.Span)
		for j := range t.Why {
			c.at = 0
			c.name("reason of a topic", j, t.Why[j].Why)
			c.optionalSpan("reason of a topic", j, t.Why[j].Span)
		}
	}
}

// mentions checks the mentions of one entity or place, of which the one before
// it has its first at first, and returns where its own first is.
func (c *checker) mentions(what string, i int, ms []Evidence, first int) int {
	if n := len(ms); n == 0 || n > MaxMentions {
		c.bad(what, i, "has %d mentions, it must have one and may have %d", n, MaxMentions)
		return first
	}
	c.at = first
	c.optionalSpan(what, i, ms[0].Span)
	first = c.at
	for j := range ms[1:] {
		c.optionalSpan(what, i, ms[1+j].Span)
	}
	return first
}

// optionalSpan checks a span that is zero where something comes from elsewhere
// than the text.
func (c *checker) optionalSpan(what string, i int, s Span) {
	if s != (Span{}) {
		c.span(what, i, s)
	}
}

func (c *checker) name(what string, i int, s string) {
	if s == "" {
		c.bad(what, i, "has no name")
	}
	c.lengths(what, i, s)
}

func (c *checker) lengths(what string, i int, texts ...string) {
	for _, s := range texts {
		if len(s) > MaxNameBytes {
			c.bad(what, i, "%q has %d bytes, the limit is %d", clip(s), len(s), MaxNameBytes)
		}
	}
	c.utf8(what, i, texts...)
}

func (c *checker) utf8(what string, i int, texts ...string) {
	for _, s := range texts {
		if !utf8.ValidString(s) {
			c.bad(what, i, "%q is not valid UTF-8", clip(s))
		}
	}
}
