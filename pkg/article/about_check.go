package article

import (
	"math"
	"slices"
	"sort"
	"strings"
	"unicode"
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
	// MaxEnricher is the longest name, in bytes, that evidence is signed with.
	MaxEnricher = 100
)

// cutAbout cuts what the text is about to its limits, and tells whether
// something was cut. Names are written in one way, as [checker.name] wants them: they
// are told apart, asked for and linked to by what they read like. What has a name that is too long
// or no UTF-8 goes altogether: half a name would be a false one. Of what is known
// beside the name, only that goes which can't stay.
func (a *Article) cutAbout(before *Article) bool {
	cut := false
	entities, places := replaced(a.Entities, before.Entities), replaced(a.Places, before.Places)
	if entities {
		a.Entities, _ = shorten(a.Entities, false, func(e *Entity) bool { return normalise(&e.Name) })
		a.Entities = keepTo(a.Entities, MaxEntities, &cut, (*Entity).fits)
	}
	if places {
		a.Places, _ = shorten(a.Places, false, func(p *Place) bool { return normalise(&p.Name) })
		a.Places = keepTo(a.Places, MaxPlaces, &cut, (*Place).fits)
	}
	if entities || places { // of both together the mentions are counted
		each := a.mentionsEach()
		a.Entities, cut = shorten(a.Entities, cut, func(e *Entity) bool { return e.shorten(each) })
		a.Places, cut = shorten(a.Places, cut, func(p *Place) bool { return p.shorten(each) })
	}
	if replaced(a.Topics, before.Topics) {
		a.Topics, _ = shorten(a.Topics, false, (*Topic).normalise)
		a.Topics = keepTo(a.Topics, MaxTopics, &cut, (*Topic).fits)
		a.Topics, cut = shorten(a.Topics, cut, (*Topic).shorten)
	}
	if replaced(a.Keyphrases, before.Keyphrases) {
		a.Keyphrases, _ = shorten(a.Keyphrases, false, func(k *Keyphrase) bool { return normalise(&k.Phrase) })
		a.Keyphrases = keepTo(a.Keyphrases, MaxKeyphrases, &cut, (*Keyphrase).fits)
	}
	if s := a.Summary; s.End-s.Start > MaxSummary {
		a.Summary, cut = Evidence{}, true
	}
	return cut
}

// normalise writes qcodes in one way, and tells whether there was something to do.
func (t *Topic) normalise() bool {
	changed := normalise(&t.Qcode)
	path, otherwise := shorten(t.Path, false, normalise)
	t.Path = path
	return changed || otherwise
}

// mentionsEach is how many mentions an entity or place may keep, so that the
// rare ones keep theirs where there are too many of all.
func (a *Article) mentionsEach() int {
	if a.mentions(MaxMentions) <= MaxAllMentions {
		return MaxMentions // as nearly always
	}
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
	for i := range list {
		if !fits(&list[i]) {
			list, *cut = slices.DeleteFunc(slices.Clone(list), func(t T) bool { return !fits(&t) }), true
			break
		}
	}
	if len(list) > limit {
		*cut = true
	}
	return cutTo(list, limit)
}

// shorten changes the items of list in place, and tells whether one was, or some
// was before. What list was made of stays as it is.
func shorten[T any](list []T, some bool, change func(*T) bool) ([]T, bool) {
	if len(list) == 0 {
		return list, some
	}
	own := list
	var item T
	for i := range list {
		if item = list[i]; !change(&item) {
			continue
		}
		if &own[0] == &list[0] {
			own = slices.Clone(list)
		}
		own[i], some = item, true
	}
	return own, some
}

func (e *Entity) fits() bool { return short(e.Name, string(e.Type)) }

// shorten takes out what can't stay, and tells whether there was something.
func (e *Entity) shorten(mentions int) bool {
	cut := len(e.Mentions) > mentions
	e.Mentions = cutTo(e.Mentions, mentions)
	for _, s := range []*string{&e.ID, &e.Title, &e.Role} {
		cut = empty(s, short(*s)) || cut
	}
	return cut
}

func (p *Place) fits() bool { return short(p.Name) }

// shorten takes out what can't stay, and tells whether there was something.
func (p *Place) shorten(mentions int) bool {
	cut := len(p.Mentions) > mentions
	p.Mentions = cutTo(p.Mentions, mentions)
	cut = empty(&p.Country, p.Country == "" || countryCode(p.Country)) || cut
	if p.GeoNamesID < 0 {
		p.GeoNamesID, cut = 0, true
	}
	if p.Located && !p.onEarth() {
		p.Located, p.Lat, p.Lon, cut = false, 0, 0, true
	}
	return cut
}

func (p *Place) onEarth() bool {
	return p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180
}

func (t *Topic) fits() bool {
	return short(t.Qcode) && short(t.Path...) && len(t.Path) <= MaxTopicDepth
}

// shorten takes out what can't stay, and tells whether there was something.
func (t *Topic) shorten() bool {
	cut := empty(&t.Label, short(t.Label))
	t.Why = keepTo(t.Why, MaxTopicWhy, &cut, (*Reason).fits)
	return cut
}

func (k *Keyphrase) fits() bool { return short(k.Phrase) }

func (r *Reason) fits() bool { return short(r.Why) }

// empty empties s if it may not stay, and tells whether it did.
func empty(s *string, stays bool) bool {
	if stays {
		return false
	}
	*s = ""
	return true
}

// normal tells whether s has no control characters, and no white space but single
// blanks within it.
func normal(s string) bool {
	blank := true // before what comes next: none may stand at the beginning
	for _, r := range s {
		switch {
		case r == ' ' && !blank:
			blank = true
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return false
		default:
			blank = false
		}
	}
	return !blank || s == ""
}

// normalise puts single blanks in the place of white space and control characters
// in s, and tells whether there was something to do. What is nothing else stays.
func normalise(s *string) bool {
	if normal(*s) || !utf8.ValidString(*s) {
		return false
	}
	words := strings.FieldsFunc(*s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	if len(words) == 0 {
		return false
	}
	*s = strings.Join(words, " ")
	return true
}

// short tells whether all texts are UTF-8 and none is too long for a name.
func short(texts ...string) bool {
	return valid(texts...) && !slices.ContainsFunc(texts, func(s string) bool { return len(s) > MaxNameBytes })
}

// valid tells whether all texts are UTF-8, as protobuf and JSON have to be.
func valid(texts ...string) bool {
	return !slices.ContainsFunc(texts, func(s string) bool { return !utf8.ValidString(s) })
}

func (c *checker) about(a, before *Article) {
	if replaced(a.Entities, before.Entities) {
		c.entities(a.Entities)
	}
	if replaced(a.Places, before.Places) {
		c.places(a.Places)
	}
	if replaced(a.Topics, before.Topics) {
		c.topics(a.Topics)
	}
	if replaced(a.Keyphrases, before.Keyphrases) {
		c.keyphrases(a.Keyphrases)
	}
	c.summary(a)
}

func (c *checker) keyphrases(ks []Keyphrase) {
	for i := range ks {
		k := &ks[i]
		c.at = 0 // by score, not by place
		c.optional("keyphrase", i, &k.Evidence)
		if c.name("keyphrase", i, k.Phrase); !(k.Score >= 0) || math.IsInf(k.Score, 0) {
			c.bad("keyphrase", i, "score %v is no number from 0 up", k.Score)
		}
	}
}

func (c *checker) summary(a *Article) {
	s := a.Summary.Span
	c.at = 0
	c.optional("summary", 0, &a.Summary)
	if n := s.End - s.Start; n > MaxSummary {
		c.bad("summary", 0, "has %d bytes, the limit is %d", n, MaxSummary)
	}
	if !a.summaryOfReport() {
		c.bad("summary", 0, "lies outside headline, standfirst and body")
	}
}

// summaryOfReport tells that the summary, if there is one with a place, is of headline,
// standfirst or body.
func (a *Article) summaryOfReport() bool {
	return a.Summary.Span == Span{} || a.within(a.Summary.Span, Kind.summed)
}

// summed tells whether a summary may come from segments of this kind.
func (k Kind) summed() bool { return k == Headline || k == Standfirst || k.InBody() }

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
	case !p.onEarth():
		c.bad("place", i, "position %v, %v is outside -90 to 90, -180 to 180", p.Lat, p.Lon)
	}
}

func (c *checker) topics(ts []Topic) {
	for i := range ts {
		t := &ts[i]
		c.name("topic", i, t.Qcode)
		c.lengths("topic", i, t.Path...)
		c.lengths("topic", i, t.Label)
		c.normal("topic", i, t.Path...)
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
		c.optional("topic", i, &t.Evidence)
		for j := range t.Why {
			c.at = 0
			c.said("reason of a topic", j, t.Why[j].Why)
			c.optional("reason of a topic", j, &t.Why[j].Evidence)
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
	c.optional(what, i, &ms[0])
	first = c.at
	for j := range ms[1:] {
		c.optional(what, i, &ms[1+j])
	}
	return first
}

// optional checks evidence whose span is zero where something comes from elsewhere
// than the text.
func (c *checker) optional(what string, i int, e *Evidence) {
	if e.Span != (Span{}) {
		c.span(what, i, e.Span)
	}
	c.signed(what, i, e)
}

// name checks a text that people ask for.
func (c *checker) name(what string, i int, s string) {
	c.said(what, i, s)
	c.normal(what, i, s)
}

func (c *checker) said(what string, i int, s string) {
	if s == "" {
		c.bad(what, i, "has no name")
	}
	c.lengths(what, i, s)
}

func (c *checker) normal(what string, i int, texts ...string) {
	for _, s := range texts {
		if !normal(s) {
			c.bad(what, i, "%q has control characters, or white space that is no single blank within it", clip(s))
		}
	}
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
