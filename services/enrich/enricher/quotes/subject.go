package quotes

import (
	"slices"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// verb is the last cue in items [from, to); -1 if there is none.
func (a *ascriber) verb(from, to int, want lexicon.Class) int {
	for v := to - 1; v >= from; v-- {
		if a.cueAt(v, from, want) {
			return v
		}
	}
	return -1
}

// cueAt tells whether item v is a verb that ascribes.
func (a *ascriber) cueAt(v, from int, want lexicon.Class) bool {
	t := &a.items[v]
	if t.words(want) == 0 && (want&cue == 0 || !t.is(infinitive|participle)) {
		return false // as most words
	}
	if t.upper() && (v > from || a.lang.capitals) || v > from && (a.between(v) == "-" || a.genitive(v-1) && !a.sayingAt(v)) {
		return false
	}
	if v > from && a.items[v-1].is(articleWord|possessive) && !a.items[v-1].is(pronoun|relative|loose) && a.joined(v) && !a.clitic(v-1, from) && !(t.is(infinitive) && a.contracted(v-1)) {
		return false
	}
	if v > from && !t.is(infinitive) && !(a.english() && strings.HasSuffix(a.text[t.Start:t.End], "ing") && !a.items[v-1].is(inside)) && a.items[v-1].is(preposition) && !a.items[v-1].is(according|toward|conjunction|pronoun|relative|articleWord|adverb) && a.joined(v) {
		return false // "for hope"
	}
	if t.words(want) > 0 {
		if a.lang.noSubject && v+1 < len(a.items) && strings.HasPrefix(a.text[t.Start:t.End], "cuenta") && a.text[a.items[v+1].Start:a.items[v+1].End] == "con" {
			return false // "cuenta con": has
		}
		return !a.nounBefore(v) && !a.objectAt(v, from) && !a.bareObject(v, from)
	}
	if t.is(infinitive) && want&cue != 0 {
		return a.governor(v, from) >= 0 || v > from && a.opensClause(v, from) == from
	}
	if !t.is(participle) || want&cue == 0 {
		return false
	}
	if v > 0 && a.sent != nil && a.lastQ >= 0 && a.items[v-1].is(conjunction) && a.holds(a.lastQ, a.sent) && a.quotes[a.lastQ].last < v {
		return true // "a salué «…» et promis «…»"
	}
	for k := v - 1; k >= max(from, v-5); k-- {
		if a.items[k].is(auxiliary) {
			return true
		}
	}
	return false
}

// nounBefore tells whether the English word at v, which may be a verb, is a noun
// before its own verb: "rates might".
func (a *ascriber) nounBefore(v int) bool {
	if a.lang.capitals || a.lang.inserts || a.lang.noSubject || v+1 >= len(a.items) {
		return false
	}
	w := a.text[a.items[v].Start:a.items[v].End]
	t := &a.items[v+1]
	if a.inRelative(v) {
		return false // "what the council admits was"
	}
	return strings.HasSuffix(w, "s") && w != "says" && (t.is(auxiliary) || t.is(finite) && !a.items[v].is(describe)) && a.joined(v+1)
}

// inRelative tells whether nothing but its subject stands between the verb at v and the
// word that opens its clause: "what the council admits".
func (a *ascriber) inRelative(v int) bool {
	for k := v - 1; k >= max(0, v-maxInserted) && a.items[k].kind == word; k-- {
		if a.items[k].is(relative) {
			p, ok := a.noun(k+1, v)
			return ok && p.to == v
		}
	}
	return false
}

// objectAt tells whether the English word at v, which may be a verb, is the object of a
// verb before it: "compared the new rules".
func (a *ascriber) objectAt(v, from int) bool {
	if !a.english() || v < from+4 || !strings.HasSuffix(a.text[a.items[v].Start:a.items[v].End], "s") || !a.items[v-2].is(articleWord|possessive) || a.items[v-1].class != 0 || !a.joined(v) || !a.joined(v-1) {
		return false
	}
	return a.items[v-3].is(cue|describe|quoted) && !a.items[v-3].upper() && a.joined(v-2)
}

// bareObject tells whether the English word at v, which may be a verb, is the object of the
// verb right before it: "dismissing talk of".
func (a *ascriber) bareObject(v, from int) bool {
	if !a.english() || v <= from || !a.joined(v) || v+1 >= len(a.items) || !a.items[v+1].is(inside) {
		return false
	}
	t := &a.items[v-1]
	return t.is(cue|describe) && a.gerund(v-1) && !a.items[v].is(participle) && !a.gerund(v)
}

// governor is the verb that the infinitive at v hangs on: "llegó a hablar"; -1 if
// there is none.
func (a *ascriber) governor(v, from int) int {
	for k := v - 1; k >= max(from, v-4) && a.items[k].kind == word; k-- {
		if a.verbal(k) {
			return k
		}
		if k == v-1 && a.contracted(k) {
			return a.verbBefore(k, from) // "anuló la condena al considerar"
		}
		if !a.items[k].is(preposition | adverb) {
			return -1
		}
	}
	return -1
}

// verbBefore is the last verb before item i, from item from on; -1 if there is none.
func (a *ascriber) verbBefore(i, from int) int {
	for k := i - 1; k >= from && a.items[k].kind != quotation; k-- {
		if a.verbal(k) {
			return k
		}
	}
	return -1
}

// clitic tells whether the word at i, which may be an article, is the object of
// the verb behind it: "el alcalde la definió", "lo consideran".
func (a *ascriber) clitic(i, from int) bool {
	t := &a.items[i]
	if a.lang.noSubject && i > from && a.pastEnding(i+1) && a.items[i-1].is(conjunction|pronoun|relative) {
		return true // "y los acusó"
	}
	if !t.is(adverb) || !a.lang.noSubject && !a.lang.inserts || a.items[i+1].is(role) {
		return false
	}
	if i == from {
		return a.lang.noSubject
	}
	before := &a.items[i-1]
	return before.kind == comma || before.kind == word && !before.is(preposition|conjunction|articleWord|possessive|relative|auxiliary) && (!a.verbal(i-1) || before.words(role|person) > 0)
}

// pastEnding tells whether the word at i ends as a finite verb only does.
func (g *grammar) pastEnding(i int) bool {
	t := &g.items[i]
	for _, e := range g.lang.verbEndings {
		if int(t.End-t.Start) > len(e)+2 && strings.HasSuffix(g.text[t.Start:t.End], e) {
			return true
		}
	}
	return false
}

// small tells whether the item may stand between a subject and its verb.
func (a *ascriber) small(i int) bool {
	t := &a.items[i]
	return t.kind == word && (t.is(adverb|auxiliary|timeWord) || t.Shape&lexicon.Digits != 0 || t.is(pronoun) && !t.upper() && t.is(adverb))
}

// linked tells whether the verb at v belongs to the subject p before it.
func (a *ascriber) linked(p *phrase, v int) bool {
	k := p.to
	if p.enclosed && k < v && a.items[k].kind == comma && a.smalls(k+1, v) {
		return true
	}
	for k < v {
		t := &a.items[k]
		switch {
		case a.small(k):
			k++
		case k == p.to && a.english() && a.plain(k) && k+1 < v && a.items[k+1].is(preposition) && !a.items[k+1].is(conjunction|pronoun):
			k++ // "Sources familiar with the talks"
		case t.is(preposition) && !t.is(conjunction|pronoun):
			// "in Kiel", "on Monday"
			k++
			for n := 0; k < v && n < 5 && a.items[k].kind == word && !a.verbal(k) && !a.items[k].is(conjunction|relative|pronoun); n++ {
				k++
			}
		case t.kind == comma:
			for m := v - 1; m > k; m-- {
				if a.items[m].kind == comma {
					return a.smalls(m+1, v) && !a.newClause(k, m)
				}
				if a.items[m].kind == quotation {
					return false
				}
			}
			return p.enclosed && a.smalls(k+1, v)
		case a.brackets(k, v) > k:
			k = a.brackets(k, v)
		default:
			return false
		}
	}
	return true
}

// newClause tells whether another clause begins behind a comma between two
// items.
func (a *ascriber) newClause(from, to int) bool {
	for k := from; k+1 < to; k++ {
		if t := &a.items[k+1]; a.items[k].kind == comma && t.is(conjunction) && !t.is(relative|preposition|articleWord) {
			return true
		}
	}
	return false
}

func (a *ascriber) smalls(from, to int) bool {
	for k := from; k < to; k++ {
		if !a.small(k) {
			return false
		}
	}
	return true
}

// subjectOf finds who does what the verb at v says, to its left.
func (a *ascriber) subjectOf(v, from int) (p phrase, ok, near bool) {
	lo := v
	for lo > max(from, v-maxClause) {
		k := a.items[lo-1].kind
		if k == quotation || k == semicolon || k == colon {
			break
		}
		lo--
	}
	if u := a.sayingBefore(v, lo); u >= 0 {
		return a.subjectOf(u, from)
	}
	if a.english() && a.gerund(v) {
		if q, is := a.withAll(v, lo); is {
			return q, true, true
		}
	}
	// "…, who called it": whom the relative clause is about.
	k := v - 1
	for k > lo && !a.items[k].is(relative) && (a.small(k) || k+1 < v && a.items[k+1].is(timeWord) && a.items[k].is(articleWord|preposition)) {
		k-- // "que el domingo había dicho"
	}
	if a.lang.noSubject && k > lo && a.items[k].is(relative) && a.items[k].is(subordinate) {
		return p, false, false // "en Osuna, donde ha advertido": whoever was spoken of
	}
	if a.lang.noSubject && k > lo+1 && a.items[k].is(relative) && (a.contracted(k-1) || a.items[k-1].is(articleWord) && a.items[k-2].is(preposition)) {
		return p, false, false // "a la que llama": she is its object
	}
	behind := k > lo && a.items[k].is(relative) && (a.items[k-1].kind == comma || !a.items[k].is(articleWord|conjunction))
	var first phrase
	noun := -1 // item behind the noun phrase before
	held, about, owned := false, false, false
	for c := lo; c < v; {
		t := &a.items[c]
		if t.kind != word {
			about = about && t.kind != comma
			held = held && t.kind != comma
			c = max(c+1, a.brackets(c, v))
			continue
		}
		if t.is(relative) && !t.is(articleWord) {
			held, about = false, a.lang.noSubject
		} else if t.is(preposition) && (!t.is(articleWord|pronoun) || a.contracted(c) || a.lang.inserts && a.ofOne(c)) {
			held = !t.is(like) || !a.lang.capitals || c > lo && a.items[c-1].kind != comma
			c++
			continue
		}
		q, is := a.noun(c, v)
		if !is {
			held = held && !a.verbal(c) && !a.timeEnds(c, v)
			c++
			continue
		}
		end := q.to
		if owned = a.lang.capitals && noun == c && a.joined(c) && (owned || a.ofNoun(c)); owned {
			held = true // "ein Kritiker der Neuen Zeitung"
		}
		held = held && !a.nominative(&q)
		if a.mayTell(&q, held) {
			a.apposition(&q, v)
		}
		noun = q.to
		switch {
		case behind && a.lang.noSubject && a.items[v].is(describe) && !q.named() && !a.headed(&q) && !a.bodyAt(q.from, q.to) && v+1 < len(a.items) && a.items[v+1].is(like|preposition):
			// "un libro que define como «…»": whoever the sentence is about
		case behind && (q.to == k || q.to == k-1 && a.items[k-1].kind == comma || end == k-1 && a.items[k-1].kind == comma):
			return q, true, true
		case held && a.bareBefore(&q, lo) && a.items[v].is(cue) && a.linked(&q, v):
			return q, true, true // "Outside court Brandt said"
		case held && q.to == v && a.english() && a.items[q.from-1].is(conjunction) && a.items[v].is(cue|describe|quoted):
			return q, true, true // "after a retailer reported “…”"
		case held && q.to == v && q.named() && !q.article && strings.HasSuffix(a.text[a.items[v].Start:a.items[v].End], "ing"):
			return q, true, true // "with Ann Brandt saying"
		case behind || held || !a.stands(&q):
		case a.linked(&q, v):
			// Behind a comma the first of two counts: the other one stands in
			// what is said of it.
			if direct := a.smalls(q.to, v); direct || !ok || q.enclosed && c > lo+1 && a.items[c-1].is(relative) && !a.items[c-1].is(articleWord) && a.items[c-2].kind == word {
				p, ok, near = q, true, true
			}
		}
		if !held && !about && first.to == 0 && a.stands(&q) {
			first = q
		}
		held = false
		c = max(c+1, q.to)
	}
	if !ok || !near {
		if q, is := a.several(v, lo); is {
			return q, true, true
		}
	}
	if q, is := a.behindObject(&p, v); ok && near && is {
		return q, true, true
	}
	if !ok && first.to > 0 {
		return first, true, a.shares(v, lo)
	}
	if ok && a.restricts(&first, p.from) {
		return first, true, true
	}
	if q, is := a.mainSubject(&p, v, lo); is {
		return q, true, true
	}
	return p, ok, near
}

// nominative tells whether p is an English pronoun that no preposition holds: "In a message
// to staff he wrote".
func (a *ascriber) nominative(p *phrase) bool {
	if !a.english() || p.pronoun == 0 || p.to != p.from+1 {
		return false
	}
	switch a.text[a.items[p.from].Start:a.items[p.from].End] {
	case "he", "she", "they":
		return true
	}
	return false
}

// withAll is what stands between "with" and the English gerund at v: "with officials from
// both countries calling", "with forecasters warning".
func (a *ascriber) withAll(v, lo int) (q phrase, ok bool) {
	for c := v - 2; c >= max(lo, v-maxPhrase) && a.items[c].kind == word; c-- {
		t := &a.items[c]
		if a.text[t.Start:t.End] == "with" {
			if q, ok = a.noun(c+1, v); ok && q.to == v && !q.loose {
				return q, true
			}
			n := &a.items[c+1]
			ok = n.is(role|person) && n.Shape&lexicon.Lower != 0 && strings.HasSuffix(a.text[n.Start:n.End], "s")
			return phrase{from: c + 1, to: v, core: v, desc: a.cover(c+1, v)}, ok
		}
		if a.verbal(c) && !t.is(role|person) || t.is(relative) && !t.is(articleWord) {
			break
		}
	}
	return q, false
}

// mainSubject is the subject of the sentence for an English gerund at v behind a comma, where
// what stands before it is an object: "The firm cut its forecast on Monday, blaming “…”".
func (a *ascriber) mainSubject(p *phrase, v, lo int) (q phrase, ok bool) {
	if !a.english() || a.sent == nil || v < lo+3 || a.items[v-1].kind != comma || !a.gerund(v) || a.now >= len(a.subject) {
		return q, false
	}
	q = a.subject[a.now]
	if q.to == 0 || q.from < lo || q.to >= v || p.to > 0 && (p.from <= q.from || p.pronoun != 0 || p.named() && p.likely || a.headed(p)) || q.pronoun != 0 {
		return q, false
	}
	if a.verb(q.to, v-1, cue|describe) >= 0 || !q.named() && !a.headed(&q) && !a.bodyAt(q.from, q.to) {
		return q, false
	}
	return q, true
}

// sayingBefore is the verb of saying in the clause that ends before a gerund at v: "a
// recession, the fund said on Tuesday, warning that"; -1 if there is none, or its clause is
// the first one.
func (a *ascriber) sayingBefore(v, lo int) int {
	if !a.english() || v < lo+4 || a.items[v-1].kind != comma || !a.gerund(v) {
		return -1
	}
	for u := v - 2; u > lo && a.items[u].kind == word; u-- {
		if a.sayingAt(u) {
			for k := u - 1; k >= lo; k-- {
				if a.sayingAt(k) {
					u = k // "told the paper in remarks published on Monday"
					continue
				}
				if a.items[k].kind == comma {
					return u
				}
				if a.items[k].kind != word || a.items[k].is(relative|conjunction|cue) {
					return -1
				}
			}
			return -1
		}
	}
	return -1
}

// behindObject is the subject behind a German verb at v that a quotation follows, whose
// object p stands before it: "Das Gutachten nennt der Verband „…“".
func (a *ascriber) behindObject(p *phrase, v int) (q phrase, ok bool) {
	if !a.lang.capitals || p.to == 0 || p.named() || p.pronoun != 0 || p.loose || !a.items[v].is(describe|cue) {
		return q, false
	}
	switch strings.ToLower(a.text[a.items[p.from].Start:a.items[p.from].End]) {
	case "das", "die", "den", "dieses", "diese", "diesen", "eine", "einen", "seine", "ihre":
	default:
		return q, false
	}
	q, ok = a.noun(v+1, min(len(a.items), v+1+maxPhrase))
	if !ok || q.pronoun != 0 || q.to >= len(a.items) || a.items[q.to].kind != quotation {
		return q, false
	}
	if q.named() {
		return q, !q.article && q.likely && !a.headed(p)
	}
	w := a.text[a.items[q.from].Start:a.items[q.from].End]
	return q, w == "der" || w == "die" && a.headed(&q) && !a.headed(p) && !a.bodyAt(p.from, p.to)
}

// ofNoun tells whether the German word at i, right behind a noun, is an article of what the
// noun is of.
func (a *ascriber) ofNoun(i int) bool {
	w := a.text[a.items[i].Start:a.items[i].End]
	return (w == "der" || w == "des") && a.joined(i)
}

// ofOne tells whether the word at i is a French preposition with an article of the
// singular in it: "du", "au".
func (a *ascriber) ofOne(i int) bool {
	w := a.text[a.items[i].Start:a.items[i].End]
	return w == "du" || w == "au"
}

// bareBefore tells whether a noun without an article stands between a preposition and
// the person named by p, who is not what the preposition holds: "Outside court Brandt".
func (a *ascriber) bareBefore(p *phrase, lo int) bool {
	if !a.english() || !p.named() || p.article || p.from < lo+2 {
		return false
	}
	t := &a.items[p.from-1]
	return t.kind == word && t.Shape&lexicon.Lower != 0 && t.class&^body == 0 && a.items[p.from-2].is(preposition) && a.joined(p.from) && a.joined(p.from-1)
}

// several is a plural without an article right before the verb at v: "surveyors
// found", "gremios llaman".
func (a *ascriber) several(v, lo int) (p phrase, ok bool) {
	k := v - 1
	for k > lo && a.small(k) {
		k--
	}
	if k < lo || a.lang.capitals || a.lang.inserts || a.items[k].kind != word || a.items[k].Shape&lexicon.Lower == 0 || a.items[v].is(participle) && k == v-1 && !a.items[v].is(cue) {
		return p, false
	}
	t := &a.items[k]
	if w := a.text[t.Start:t.End]; len(w) < 5 || !strings.HasSuffix(w, "s") || strings.HasSuffix(w, "ss") || t.class&^(role|person|body) != 0 || a.verbal(k) {
		return p, false
	}
	from := k
	if before := k - 1; before >= 0 && before >= lo && a.items[before].kind == word && !a.items[before].is(conjunction) {
		if !a.english() || before > 0 && a.items[before-1].kind == word && a.joined(before) && a.between(before) == " " || !a.items[before].upper() || a.items[before].class&^(body|role|person) != 0 || !a.joined(k) || a.genitive(before) {
			return p, false
		}
		from = before // "Aid groups said"
	}
	return phrase{from: from, to: k + 1, core: k + 1, desc: a.cover(from, k+1)}, true
}

// shares tells whether the verb at v stands behind a conjunction, so that its
// subject is that of the verb before: "praised the book and called it".
func (a *ascriber) shares(v, lo int) bool {
	k := v - 1
	for k > lo && a.small(k) && !a.items[k].is(conjunction) {
		k--
	}
	for k > lo && a.items[k].is(articleWord|pronoun) && a.clitic(k, lo) {
		k--
	}
	first := k == lo && lo > 0 && a.items[lo-1].kind == quotation // "calls it “…” and accuses them of"
	return (k > lo || first) && a.items[k].is(conjunction) && !a.items[k].is(relative|preposition|subordinate)
}

// timeEnds tells whether a time behind a preposition ends with the word at k: "On
// Thursday the ministry", but not "ihrem am Donnerstag vorgelegten Bericht".
func (a *ascriber) timeEnds(k, end int) bool {
	if !a.items[k].is(timeWord) {
		return false
	}
	return !a.lang.capitals || k+1 >= end || a.verbal(k+1) || a.items[k+1].is(weak|articleWord|pronoun)
}

// restricts tells whether a relative clause without commas stands behind p and has
// what begins at item k in it: "A resident who filmed the blaze said".
func (a *ascriber) restricts(p *phrase, k int) bool {
	if p.to == 0 || p.to+1 >= k || a.lang.capitals || !a.items[p.to].is(relative) || !a.joined(p.to) {
		return false
	}
	verbs := false
	for m := p.to + 1; m < k; m++ {
		if a.items[m].kind != word {
			return false
		}
		verbs = verbs || a.verbal(m) || m == p.to+1 && a.items[m].class == 0 && (a.lang.inserts || a.lang.noSubject)
	}
	return verbs
}

// inverted reads what stands behind a verb of saying: "said Tom Brandt", "told
// reporters". k is the item behind the verb.
func (a *ascriber) inverted(k, end int) (p phrase, ok bool) {
	limit := min(end, k+10)
	for m := k; m < limit; {
		t := &a.items[m]
		if t.kind != word {
			return p, false
		}
		if n := t.words(audience); n > 0 {
			m += n
			if m < limit {
				m += a.ownName(m, limit)
			}
			continue
		}
		if n := a.channelAt(m, limit); n > 0 {
			own := n > 2 && a.items[m+n-2].upper() // "a Caracol Radio", the whole name
			m += n
			if w := a.ownName(m, limit); w > 0 {
				m += w // "a la agencia Sur"
				continue
			}
			for !own && m < limit && a.items[m-1].upper() && a.items[m].upper() && a.joined(m) && !a.given(m) {
				m++ // "a Radio Sur"
			}
			continue
		}
		if t.is(preposition) && (!t.is(articleWord|pronoun) || a.contracted(m)) {
			m++
			if m < end && m > k+1 && a.infinitiveAt(m) {
				return p, false // "antes de inaugurar una planta"
			}
			if q, is := a.noun(m, end); is {
				if at := a.nameAtEnd(&q, end); at > m {
					m = at // "arengó desde un camión Pablo Ruiz, líder"
					continue
				}
				m = q.to
			} else {
				m++
			}
			continue
		}
		if q, is := a.noun(m, end); is && a.items[m].is(object) && q.to > m {
			m = q.to // "sagte dem Sender"
			continue
		} else if is && q.to < end && a.items[q.to].upper() && a.joined(q.to) && a.medial(q.from, q.to) {
			m = q.to // "a la agencia AFP"
			continue
		} else if is {
			if r, next := a.noun(q.to, end); next && a.lang.noSubject && !q.named() && q.pronoun == 0 && !a.headed(&q) && !a.bodyAt(q.from, q.to) && a.joined(q.to) && (r.named() || a.headed(&r)) {
				q = r // "tachó la decisión el líder"
			}
			a.apposition(&q, end)
			return q, true
		}
		if !a.small(m) && m > k {
			return p, false
		}
		m++
	}
	return p, false
}

// ownName is how many words of the name of a medium or an agency stand at m, right behind
// the French or Spanish noun for it; 0 if there are none. A person's name may stand behind
// it: "a la agencia Sur Ana Ruiz".
func (a *ascriber) ownName(m, end int) int {
	if !a.lang.inserts && !a.lang.noSubject || a.items[m-1].upper() || !a.items[m-1].is(channel|medium) {
		return 0
	}
	n := 0
	for m+n < end && a.items[m+n].upper() && a.joined(m+n) {
		n++
	}
	if n > 2 {
		return n - 2
	}
	if n > 0 && m+n < end && a.items[m+n].is(articleWord) && !a.items[m+n].is(preposition) {
		return n // "a la agencia Sur la alcaldesa"
	}
	return 0
}

// infinitiveAt tells whether the word at m, behind a preposition, is a French or Spanish
// infinitive.
func (a *ascriber) infinitiveAt(m int) bool {
	t := &a.items[m]
	if !a.lang.inserts && !a.lang.noSubject || t.kind != word || t.upper() || t.words(role|person|body) > 0 {
		return false
	}
	if t.is(infinitive) {
		return true
	}
	if t.class&^(finite|cue|describe) != 0 || m+1 >= len(a.items) || !a.items[m+1].is(articleWord|possessive) {
		return false
	}
	w := a.text[t.Start:t.End]
	return slices.ContainsFunc([]string{"er", "ir", "re", "ar"}, func(e string) bool { return len(w) > len(e)+minStem-1 && strings.HasSuffix(w, e) })
}

// nameAtEnd is where a person's name begins that ends the clause and stands behind a
// noun that is no function, so that it is none of its own; 0 if there is none.
func (a *ascriber) nameAtEnd(p *phrase, end int) int {
	if a.lang.capitals || !p.named() || !p.likely || p.article || p.words < 2 || p.to < end && a.items[p.to].kind == word {
		return 0
	}
	for k := p.from; k < p.to; k++ {
		if a.items[k].words(role|person|body|channel|medium) > 0 && !a.items[k].upper() {
			return 0
		}
		if int(a.items[k].Start) == p.name.Start {
			return k
		}
	}
	return 0
}

// source reads who stands behind "according to".
func (a *ascriber) source(i, end int) (phrase, bool) {
	if i < end && a.items[i].is(oblique) && (i+1 >= end || a.items[i+1].kind != word || !a.items[i+1].upper() || !a.joined(i+1)) {
		return phrase{from: i, to: i + 1, pronoun: masculine | feminine}, true
	}
	p, ok := a.noun(i, end)
	if ok && a.lang.capitals && i > 0 && a.items[i-1].is(articleWord) && p.named() && p.words == 1 && !p.likely && p.role.Empty() && !p.article {
		if q, is := a.noun(i-1, end); is && q.to > p.to {
			p = q // "Nach Angaben des Verbands der Kassen"
		}
	}
	if ok {
		a.apposition(&p, end)
	}
	return p, ok
}

// brackets is the item behind the brackets that open at i, i if none do.
func (g *grammar) brackets(i, end int) int {
	if i >= end {
		return i
	}
	if c := g.text[g.items[i].Start]; g.items[i].kind != bracket || c != '(' && c != '[' {
		return i
	}
	for k := i + 1; k < min(end, i+maxPhrase); k++ {
		if g.items[k].kind == bracket {
			return k + 1
		}
	}
	return i
}

// mayFollow tells whether a phrase behind a verb, which is the nth word, may be
// its subject.
func (a *ascriber) mayFollow(p *phrase, n int) bool {
	free := a.lang.capitals || a.lang.noSubject
	switch {
	case !free && n > 2 || p.pronoun&neuter != 0 && p.pronoun&(masculine|feminine) == 0:
		return false
	case p.named():
		return !p.article || a.lang.capitals
	}
	return p.pronoun != 0 || free || a.hasFunction(p.from, p.to)
}

// reflexive tells whether "s'" stands before the auxiliary at k: "s'est réjouie".
func (a *ascriber) reflexive(k, from int) bool {
	if k <= from || !a.lang.inserts && !a.lang.noSubject {
		return false
	}
	w := a.text[a.items[k-1].Start:a.items[k-1].End]
	return w == "s" || w == "se"
}

func (a *ascriber) passiveAt(v, lo int) bool {
	for k := v - 1; k >= max(lo, v-3); k-- {
		if a.items[k].is(passive) {
			return !a.reflexive(k, lo)
		}
		if a.items[k].kind != word || !a.small(k) {
			return false
		}
	}
	return false
}
