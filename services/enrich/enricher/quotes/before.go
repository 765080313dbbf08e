package quotes

import (
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// left looks for what ascribes a quotation at item i before it, in items [from,
// i). tied tells that nothing sets it off from the quotation.
func (a *ascriber) left(i, from, end int) (asc ascription, tied, ok bool) {
	lo := max(from, i-maxSentence)
	for k := i - 1; k >= lo; k-- {
		if a.items[k].kind == quotation || a.items[k].kind == semicolon {
			lo = k + 1
			break
		}
	}
	set := i > lo && a.items[i-1].kind == colon
	tied = true
	hold, sawComma := false, false
	var nobody ascription
	nobodyTied, nobodyFound := false, false
	defer func() {
		if nobodyFound && (!ok || asc.nobody || asc.who.to == 0 && asc.entity == nil) {
			asc, tied, ok = nobody, nobodyTied, true
		}
	}()
	for v := i - 1; v >= max(lo, a.used); v-- {
		t := &a.items[v]
		if t.kind == comma && v < i-1 {
			sawComma = true
		}
		if sawComma && t.is(relative) && !set && v > lo && a.items[v-1].kind == comma && !a.cueBetween(v, i) {
			tied = false
		}
		if n := t.words(according); n > 1 && t.long&oblique != 0 {
			// "in her view"
			return ascription{who: phrase{from: v, to: v + n, pronoun: masculine | feminine, desc: a.cover(v, v+n)}, cue: a.cover(v, v+n), at: v, end: v + n}, true, true
		}
		if n := t.words(according); n > 0 && v+n < i && (!t.is(adverb) || v > lo && a.items[v-1].kind == comma) {
			if p, is := a.source(v+n, i); is && (!t.is(adverb) || p.to == i || a.items[p.to].kind == comma) {
				return ascription{who: p, cue: a.cover(v, v+n), at: v, end: p.to}, true, true
			}
		}
		if n := t.words(view); n > 0 && v+n < i && (v == from || a.items[v-1].kind == comma || a.items[v-1].is(conjunction)) {
			if p, is := a.source(v+n, i); is && (p.named() && !p.article || p.pronoun != 0 || a.headed(&p) || a.opines(&p) || v == from && a.judged(&p, i)) {
				return ascription{who: p, cue: a.cover(v, v+n), at: v, end: p.to}, true, true
			}
		}
		if n := t.words(impersonal); n > 0 {
			return a.hearsay(v, n, lo, i), true, true
		}
		if a.lang.capitals && v > lo+1 && t.is(cue) && a.items[lo].is(like) && a.items[lo+1].is(pronoun) && a.items[lo+1].is(neuter) && v+1 < i && a.items[v+1].kind == comma {
			return a.hearsay(v, 1, lo, i), true, true // "Wie es in dem Bericht heißt, war"
		}
		if v == lo && t.is(asking) && t.upper() && a.grammar.participial(v, i) {
			return ascription{}, false, false // "Asked about the “…”, she": whose words they are isn't told
		}
		if v == lo && a.lang.capitals && t.words(asSaying) > 1 {
			// "Mit den Worten „…“ verließ der Abgeordnete den Saal"
			if p, is := a.acting(v, lo, i, end); is {
				return ascription{who: p, cue: a.cover(v, v+t.words(asSaying)), at: v, end: i}, true, true
			}
		}
		if !ok && !sawComma && t.words(punishing) > 0 && !t.upper() && a.reasonAt(i) && !a.passiveAt(v, lo) {
			if p, found, near := a.subjectOf(v, lo); found && near {
				return ascription{who: p, cue: a.cover(v, v+1), at: v, end: i}, true, true
			}
		}
		if !ok && a.cueAt(v, lo, weak) {
			asc, ok = a.clauseOf(v, lo, i, end)
			hold = tied
			continue
		}
		if v > lo && a.items[v-1].words(asSaying) > 1 {
			continue // "quoted the president as saying"
		}
		if !a.cueAt(v, lo, cue|describe|quoted) {
			if asc, is := a.loneParticiple(v, lo, i, end); is {
				return asc, tied, true
			}
			continue
		}
		if asc, is := a.accordingFirst(v, lo); is {
			return asc, true, true
		}
		if strong, is := a.clauseOf(v, lo, i, end); is && !(strong.nobody && (ok || v < i-3 && !(a.items[v+1].is(toward) || a.wasTold(v, i)) || a.conjoined(v+1, i) && !a.wasTold(v, i))) {
			if p, w := a.insertedBy(v, lo); w >= 0 {
				strong = ascription{who: p, cue: a.cover(w, w+1), at: w, end: w + 1}
			} else if w := a.insertBefore(v, lo, i); w >= 0 {
				strong = ascription{entity: a.teller, cue: a.cover(w, w+1), at: w, end: w + 1}
			}
			if strong.nobody && a.english() && !nobodyFound && a.passiveAt(v, lo) {
				nobody, nobodyTied, nobodyFound = strong, tied, true
				continue // "saying that all had been reported “…”"
			}
			return strong, tied, true
		}
	}
	return asc, hold, ok
}

// accordingFirst reads the source that a clause begins with, if the verb at v is a passive
// participle: "Según Brandt, se han notificado tres casos, «…»".
func (a *ascriber) accordingFirst(v, lo int) (asc ascription, ok bool) {
	n := a.items[lo].words(according)
	if n == 0 || a.lang.capitals || lo+n >= v || !a.items[v].is(participle) || !a.items[v-1].is(auxiliary|passive) {
		return asc, false
	}
	p, is := a.source(lo+n, v)
	if !is || p.to >= v || a.items[p.to].kind != comma {
		return asc, false
	}
	return ascription{who: p, cue: a.cover(lo, lo+n), at: lo, end: p.to}, true
}

// reasonAt tells whether a preposition, and an article at most, stand before the quotation
// at item i: for “…”, wegen „…“, pour « … ».
func (a *ascriber) reasonAt(i int) bool {
	k := i - 1
	if k > 0 && a.items[k].is(articleWord|possessive) && !a.items[k].is(preposition) {
		k--
	}
	return k > 0 && a.items[k].is(preposition) && (a.lang.capitals || a.items[k].is(view|agent))
}

// judged tells whether the quotation at item i is what something is in the view of p: "Pour
// l'opposition, ce départ est « … »", "Für die Mieter ist das „…“".
func (a *ascriber) judged(p *phrase, i int) bool {
	if p.to >= i || a.items[p.to].kind != comma && !(a.lang.capitals && a.items[p.to].is(passive)) || p.core > 0 && a.items[p.core-1].is(timeWord) || !a.items[p.from].is(articleWord|possessive|many) {
		return false
	}
	k := i - 1
	for k > p.to && a.items[k].is(adverb|articleWord) && !a.items[k].is(passive) {
		k--
	}
	return a.items[k].is(passive|finite) || a.lang.capitals && a.items[p.to].is(passive)
}

// opines tells whether a phrase means a body that has views: a union, a firm.
func (a *ascriber) opines(p *phrase) bool {
	const kinds = firms | court | unions | parties
	h := a.headAt(p)
	return h > p.from && a.kindsAt(h)&kinds != 0 && a.kindsAt(h)&kindsOfPaper == 0
}

// unknown reads a verb that the data don't know, right before a quotation at
// item i, with its subject before it.
func (a *ascriber) unknown(i, from int) (asc ascription, ok bool) {
	v := i - 1
	if a.lang.capitals || v <= from || !a.joined(v) {
		return asc, false
	}
	if t := &a.items[v]; t.kind != word || t.Shape&lexicon.Lower == 0 || t.class != 0 && !t.is(participle) || a.items[v-1].is(passive|articleWord|possessive) {
		return asc, false
	}
	p, found, near := a.subjectOf(v, max(from, v-maxPhrase))
	if !found || !near || p.to == v && !p.named() && p.pronoun == 0 && a.items[p.to-1].kind != word {
		return asc, false
	}
	return ascription{who: p, cue: a.cover(v, v+1), at: v, end: i, guess: true}, true
}

// hearsay reads "aus dem Umfeld hieß es": nobody, or what stands behind the
// preposition. v is the item of the verb, of n words.
func (a *ascriber) hearsay(v, n, lo, i int) ascription {
	asc := ascription{nobody: true, cue: a.cover(v, v+n), at: v, end: v + n}
	if a.lang.capitals && v > lo && v+1 < i {
		// "Wie es in dem Gutachten heißt, war"
		for lo < v-1 && !(a.items[lo].is(channelPreposition) && a.items[lo].is(preposition)) {
			lo++
		}
	}
	for _, r := range [2][2]int{{lo, v}, {v + n, i}} {
		if r[0]+1 < r[1] && a.items[r[0]].is(preposition) {
			if p, is := a.noun(r[0]+1, r[1]); is {
				asc.who, asc.nobody, asc.end = p, false, max(p.to, v+n)
				if e := a.writer(&p); e != nil {
					asc.entity, asc.who = e, phrase{}
				}
				if m := a.channelAt(r[0], r[1]); m > 0 {
					asc.via = clean(a.cover(r[0], p.to).In(a.text))
				}
				return asc
			}
		}
	}
	return asc
}

// writer is whose words a document tells that the text did not speak of before:
// "in a statement"; nil if p is no such document.
func (a *ascriber) writer(p *phrase) *entity {
	if p.named() || p.pronoun != 0 || a.items[p.from].is(definite|possessive) || !a.items[p.from].is(articleWord) {
		return nil
	}
	for k := p.from; k < p.core; k++ {
		if !a.items[k].is(channel) {
			continue
		}
		if a.teller != nil {
			return a.teller
		}
		return a.before
	}
	return nil
}

// cueBetween tells whether a cue stands in items [from, to).
func (a *ascriber) cueBetween(from, to int) bool {
	return a.verb(from, to, cue|describe|quoted) >= 0
}

// clauseOf reads the clause of the verb at v, which stands before a quotation at
// item i.
func (a *ascriber) clauseOf(v, lo, i, end int) (asc ascription, ok bool) {
	if v > lo && !a.items[v].is(quoted) && (a.passiveAt(v, lo) || a.agentBehind(v, i, end)) && (v+1 == i || !a.items[v+1].is(toward) || a.items[v].is(cue) && a.items[v].is(participle)) {
		// "was described as “…” by the mayor"
		for k := v + 1; k < i; k++ {
			if a.items[k].is(agent) {
				if p, is := a.noun(k+1, i); is {
					a.apposition(&p, i)
					return ascription{who: p, cue: a.cover(v, v+1), at: v, end: p.to}, true
				}
			}
		}
		for k := i + 1; k < min(end, i+8); k++ {
			if a.items[k].kind != word || a.items[k].is(conjunction) && !a.items[k].is(preposition) {
				break
			}
			if a.items[k].is(agent) {
				if p, is := a.noun(k+1, end); is {
					a.apposition(&p, end)
					return ascription{who: p, cue: a.cover(v, v+1), at: v, end: p.to}, true
				}
			}
		}
		return ascription{nobody: true, cue: a.cover(v, v+1), at: v, end: i, guess: true}, true
	}
	if asc, ok = a.agentNext(v, lo, i); ok {
		return asc, true
	}
	if asc, ok = a.attributed(v, lo, i); ok {
		return asc, true
	}
	at := v
	if a.items[v].is(infinitive) && !a.items[v].is(cue|describe) {
		at = a.governor(v, lo)
	}
	if a.lang.capitals && a.items[v].is(participle) {
		for k := v - 1; k >= lo; k-- {
			if a.items[k].is(auxiliary) {
				at = k // "hatte die Partei ihm vorgeworfen"
				break
			}
		}
	}
	if a.insertedAt(v, lo, i) {
		return ascription{entity: a.teller, cue: a.cover(v, v+1), at: v, end: v + 1}, true
	}
	p, found, near := a.subjectOf(at, lo)
	if at != v && !near {
		if q, is := a.noun(at+1, v); is {
			p, found, near = q, true, true
		}
	}
	if first := a.opensClause(v, lo); first == lo {
		if q, is := a.acting(lo, lo, i, end); is {
			return ascription{who: q, cue: a.cover(v, v+1), at: v, end: i}, true
		}
	}
	if a.gerund(v) || a.lang.capitals && v == lo && a.items[v].words(describe) > 1 {
		if q, is := a.acting(v, lo, i, end); is {
			return ascription{who: q, cue: a.cover(v, v+1), at: v, end: i}, true
		}
	}
	if !near && v > lo && a.items[v-1].kind == comma {
		// "…, the minister said, calling it “…”"
		if u := a.verb(lo, v-1, cue); u >= 0 {
			if q, is, beside := a.subjectOf(u, lo); is && beside {
				p, found, near = q, true, true
			}
		}
	}
	next := v + 1
	if a.lang.capitals && next+1 < i && a.items[next].is(pronoun) && a.items[next].is(neuter) {
		next++ // "sieht es die Bank"
	}
	if near && a.fronted(&p, next, i) {
		near = false // "Das Angebot wies Gewerkschaftschef Bernd Krug als „…“ zurück"
	}
	if near && next < i && a.frontedNoun(&p, lo, next) {
		near = false // "Gerüchte nannte sie"
	}
	if near && p.pronoun == 0 && a.lang.capitals && next < i && a.items[next].class&(pronoun|masculine|articleWord) == pronoun|masculine {
		near = false // "Eine Pflicht nennt er"
	}
	if !near && next < i {
		if q, is := a.behindNumber(next, i); is && a.mayFollow(&q, v-lo) && !(q.pronoun == 0 && a.shares(v, lo)) && !a.objectOf(&q, v, i) {
			a.apposition(&q, i)
			if o, fronted := a.noun(lo, v); fronted && a.items[v].is(quoted) && a.items[lo].is(object) {
				return ascription{who: o, cue: a.cover(v, v+1), via: a.mediumOf(&q), at: v, end: q.to}, true
			}
			return ascription{who: q, cue: a.cover(v, v+1), at: v, end: q.to}, true
		}
	}
	if !found || a.shares(at, lo) && (!near || a.onlyObjects(lo, at)) {
		if a.lastQ >= 0 && a.holds(a.lastQ, a.sent) && a.speaker != nil && a.quotes[a.lastQ].last < at {
			return ascription{entity: a.speaker, cue: a.cover(v, v+1), at: v, end: i}, true
		}
		if a.lang.noSubject {
			who := phrase{pronoun: masculine | feminine}
			k := v - 1
			for k > a.sent.from && a.small(k) {
				k--
			}
			if s := &a.subject[a.now]; k > a.sent.from && (a.items[k].kind == colon || a.items[k].kind == semicolon) && s.to > 0 && s.to < k && s.pronoun == 0 {
				who = *s // "El banco se muestra cauto: ve «…»"
			}
			if p, is := a.source(lo+1, v); is && a.items[lo].is(view) && !a.items[lo].is(adverb) && (a.bodyAt(p.from, p.to) || a.headed(&p)) {
				who = p // "Desde el sindicato acusan a la empresa de «…»"
			}
			return ascription{who: who, cue: a.cover(v, v+1), at: v, end: i}, true
		}
		if !found {
			return asc, false
		}
	}
	asc = a.spoken(p, lo, v, i)
	asc.guess = !near
	return asc, true
}

// opensClause is where the words before the verb at v begin that make it stand beside
// the verb of the sentence: "having" called it, "après avoir" parlé, "tras" calificar; v
// if there are none.
func (a *ascriber) opensClause(v, lo int) int {
	switch {
	case a.lang.capitals || v == lo || !a.items[lo].upper():
		return v
	case v == lo+1 && a.items[lo].is(auxiliary) && a.gerund(lo):
		return lo
	case !a.english() && v <= lo+2 && a.items[lo].is(preposition) && (a.items[v].is(infinitive) || v == lo+2 && a.items[v].is(participle)):
		return lo
	}
	return v
}

// gerund tells whether the verb at v has the form that stands beside another one:
// "accusing", "dénonçant", "citando".
func (g *grammar) gerund(v int) bool {
	w := g.text[g.items[v].Start:g.items[v].End]
	switch {
	case g.lang.capitals:
		return false
	case g.lang.inserts:
		return strings.HasSuffix(w, "ant")
	case g.lang.noSubject:
		return strings.HasSuffix(w, "ndo")
	}
	return strings.HasSuffix(w, "ing")
}

// acting is who does what the gerund at v says: whom the sentence names behind it, if
// it begins with it ("Citing “…”, the embassy closed"), the phrase behind which it
// stands between commas ("The mayor, citing “…”, resigned"), or whom "with" stands
// before ("with one describing it as “…”").
func (a *ascriber) acting(v, lo, i, end int) (p phrase, ok bool) {
	if v == lo && a.lang.capitals {
		// "Unter Berufung auf „…“ trat der Minister zurück"
		if i+2 < end && a.items[i+1].kind == word && !a.items[i+1].upper() && !a.stopper(i+1) {
			p, ok = a.noun(i+2, end)
			a.apposition(&p, end)
		}
		return p, ok
	}
	if v == lo {
		for k := i + 1; k+1 < min(end, i+maxClause); k++ {
			if a.items[k].kind != comma {
				continue
			}
			if p, ok = a.noun(k+1, end); ok && p.to < end && a.stands(&p) {
				a.apposition(&p, end)
				return p, a.grammar.goesOn(p.to, end) || a.items[p.to].kind == comma
			}
		}
		return p, false
	}
	if a.items[v-1].kind == comma && a.verb(lo, v-1, cue|describe) < 0 {
		if p, ok = a.noun(lo, v); ok && a.stands(&p) {
			a.apposition(&p, v)
			return p, p.to == v-1
		}
		return phrase{}, false
	}
	for c := lo; c+1 < v; c++ {
		if !a.english() || !a.items[c].is(preposition) || a.items[c].is(conjunction) {
			continue
		}
		// "with one describing it as", "with the largest, AgriUnion, praising"
		if p, ok = a.noun(c+1, v); ok && a.items[c+1].is(loose) && p.to == v && a.text[a.items[c].Start:a.items[c].End] == "with" {
			return p, true
		}
		if ok && c > lo && a.items[c-1].kind == comma {
			if a.apposition(&p, v); p.named() && p.enclosed && p.to == v-1 {
				return p, true
			}
		}
	}
	return phrase{}, false
}

// fronted tells whether in German somebody with a function or a body follows the
// verb, from item k on, and a thing stands before it, so that this is the object.
func (a *ascriber) fronted(p *phrase, k, i int) bool {
	if !a.lang.capitals || p.named() || p.pronoun != 0 || p.core <= p.from || a.hasFunction(p.from, p.core) || a.kindsAt(p.core-1) != 0 || k >= i || a.items[k].is(object|preposition) {
		return false
	}
	q, ok := a.noun(k, i)
	return ok && q.pronoun == 0 && q.named() && !q.role.Empty() && a.items[p.from].is(articleWord|possessive)
}

// objectOf tells whether a thing right behind the Spanish verb at v is what the words are said
// of: "califica la situación de «…»".
func (a *ascriber) objectOf(q *phrase, v, i int) bool {
	if !a.lang.noSubject || !a.items[v].is(describe) || q.from != v+1 || q.to >= i || q.to+2 < i || q.named() || q.pronoun != 0 || a.headed(q) || a.bodyAt(q.from, q.to) {
		return false
	}
	return a.items[q.to].is(like) || a.items[q.to].kind == word && a.items[i-1].is(preposition)
}

// frontedNoun tells whether the German noun p without an article, with which a clause begins at
// item lo, is the object of the verb before the pronoun at item k: "Gerüchte nannte sie".
func (a *ascriber) frontedNoun(p *phrase, lo, k int) bool {
	if !a.lang.capitals || p.pronoun != 0 || p.core <= p.from || p.from != lo || p.likely || p.article || !p.role.Empty() || k >= len(a.items) || a.kindsAt(p.core-1) != 0 {
		return false
	}
	switch first := strings.ToLower(a.text[a.items[p.from].Start:a.items[p.from].End]); {
	case p.core-p.from == 1:
	case p.core-p.from == 2 && !p.named() && (first == "das" || first == "die" || first == "eine" || first == "einen" || first == "den") && !a.hasFunction(p.from, p.core):
	default:
		return false
	}
	t := &a.items[k]
	if t.kind != word || a.text[t.Start:t.End] != "sie" && a.text[t.Start:t.End] != "er" || a.people.byLast[fold(a.cover(p.from, p.core).In(a.text))] != nil {
		return false
	}
	v := a.text[a.items[k-1].Start:a.items[k-1].End]
	return a.text[t.Start:t.End] == "er" || !strings.HasSuffix(v, "en")
}

// behindNumber is the phrase that begins at item k, in German also with a number in
// figures before it: "200 Ärzte".
func (a *ascriber) behindNumber(k, end int) (phrase, bool) {
	if !a.lang.capitals || a.items[k].Shape&lexicon.Digits == 0 || k+1 >= end {
		return a.noun(k, end)
	}
	p, ok := a.noun(k+1, end)
	if ok && !p.named() && p.pronoun == 0 {
		p.from, p.desc.Start = k, int(a.items[k].Start)
	}
	return p, ok
}

// onlyObjects tells whether no verb stands between the quotation before item lo and
// the verb at v, so that nouns there belong to the verb before: "called the plan “…”
// on Monday and called it “…”".
func (a *ascriber) onlyObjects(lo, v int) bool {
	if lo == 0 || a.items[lo-1].kind != quotation {
		return false
	}
	for k := lo; k < v && !a.items[k].is(conjunction); k++ {
		if a.verbal(k) || a.items[k].kind != word {
			return false
		}
	}
	return true
}

// insertedAt tells whether the verb at v stands between commas right behind a
// subject that is not its own: "The driver, he said, was", "El maquinista, añadió,
// se disculpó".
func (a *ascriber) insertedAt(v, lo, i int) bool {
	k := v
	for k > lo && a.items[k-1].is(auxiliary) && a.items[v].is(participle) {
		k--
	}
	if k > lo && a.items[k-1].is(pronoun) {
		k--
	} else if !a.lang.noSubject && !(a.lang.inserts && v+1 < i && a.items[v+1].is(pronoun|adverb)) {
		return false
	}
	behind := v + 1
	for behind < min(i, v+3) && a.items[behind].is(pronoun|adverb) {
		behind++
	}
	if k <= lo || a.items[k-1].kind != comma || behind >= i || a.items[behind].kind != comma || a.teller == nil {
		return false
	}
	p, ok := a.noun(lo, k)
	return ok && p.to == k-1
}

// agentBehind tells whether the participle at v, right before the quotation at
// item i, has who did it behind the quotation: "a reply judged “…” by the senator".
func (a *ascriber) agentBehind(v, i, end int) bool {
	if !a.items[v].is(participle) || v < i-3 || a.lang.capitals || v > 0 && a.reflexive(v, 0) || v > 1 && a.items[v-1].is(auxiliary) && a.reflexive(v-1, 0) {
		return false
	}
	if a.inRelative(v) {
		return false // "what the minister called “…” by the firms"
	}
	if a.english() && v > 0 && !a.passiveAt(v, max(0, v-3)) {
		lo := max(0, v-maxPhrase)
		for k := v - 1; k >= lo; k-- {
			if a.items[k].kind != word {
				lo = k + 1
			}
		}
		if p, ok, near := a.subjectOf(v, lo); ok && near && (p.named() && !p.article || p.pronoun&(masculine|feminine) != 0) {
			return false // "Brandt dismissed as “…” a report by a magazine"
		}
	}
	for k := v + 1; k < i; k++ {
		if a.items[k].is(pronoun | auxiliary) {
			return false // "said she was “…” by"
		}
	}
	for k := i + 1; k < min(end, i+4) && a.items[k].kind == word; k++ {
		if a.items[k].is(agent) {
			return true
		}
	}
	return false
}

// loneParticiple reads a participle without an auxiliary that the quotation at
// item i belongs to.
func (a *ascriber) loneParticiple(v, lo, i, end int) (asc ascription, ok bool) {
	t := &a.items[v]
	if !t.is(participle) || t.upper() || v <= lo || a.items[v-1].is(articleWord|possessive|auxiliary) {
		return asc, false
	}
	if a.agentBehind(v, i, end) {
		return a.clauseOf(v, lo, i, end)
	}
	if asc, ok = a.agentNext(v, lo, i); ok {
		return asc, true
	}
	return a.attributed(v, lo, i)
}

// agentNext reads who did it right behind a participle without an auxiliary: "Motif
// invoqué par la direction : une baisse « … »".
func (a *ascriber) agentNext(v, lo, i int) (asc ascription, ok bool) {
	if v+2 < i && a.items[v].is(participle) && a.items[v+1].is(agent) && a.items[i-1].is(like) && !a.lang.capitals && !a.passiveAt(v, lo) {
		// "described by neighbours as “…”"
		p, is := a.noun(v+2, i-1)
		if !is && v+3 == i-1 && a.items[v+2].kind == word {
			p, is = phrase{from: v + 2, to: v + 3, core: v + 3, desc: a.cover(v+2, v+3)}, true
		}
		if is && p.to <= i-1 {
			return ascription{who: p, cue: a.cover(v, v+1), at: v, end: i}, true
		}
	}
	if v+2 >= i || a.lang.capitals || !a.items[v].is(participle) || !a.items[v+1].is(agent) || v == lo || a.items[v-1].kind != word || a.items[v-1].is(auxiliary) || a.items[i-1].kind == comma {
		return asc, false
	}
	p, is := a.noun(v+2, i)
	if !is || !p.named() && !a.headed(&p) && !a.bodyAt(p.from, p.to) {
		return asc, false
	}
	a.apposition(&p, i)
	return ascription{who: p, cue: a.cover(v, v+1), at: v, end: p.to, guess: true}, true
}

// conjoined tells whether a conjunction stands in items [from, to).
func (a *ascriber) conjoined(from, to int) bool {
	for k := from; k < to; k++ {
		if a.items[k].is(conjunction) && !a.items[k].is(preposition) {
			return true
		}
	}
	return false
}

// insertBefore is a cue set in between the subject and its verb at v, -1 if there
// is none.
func (a *ascriber) insertBefore(v, lo, i int) int {
	for w := lo + 1; w < v; w++ {
		if a.items[w].is(cue|participle) && a.cueAt(w, lo, cue) && a.insertedAt(w, lo, i) {
			return w
		}
	}
	return -1
}

// insertedBy is who says what the sentence tells, between commas before the verb at v,
// and the item of its own verb, -1 if there is none: "The two countries, the statement
// said, had agreed to “…”".
func (a *ascriber) insertedBy(v, lo int) (p phrase, w int) {
	if !a.english() {
		return p, -1
	}
	for w = lo + 2; w+1 < v; w++ {
		if a.items[w+1].kind != comma || !a.items[w].is(cue) || !a.cueAt(w, lo, cue) {
			continue
		}
		for c := w - 1; c > lo && c > w-maxInserted; c-- {
			if a.items[c].kind != comma {
				continue
			}
			if q, ok := a.noun(c+1, w); ok && q.to == w && a.stands(&q) && c > lo {
				return q, w
			}
			break
		}
	}
	return p, -1
}

// maxInserted is how many items a clause between commas has before its verb.
const maxInserted = 10

// attributed reads "…, accused of “…”": a participle without who did it, behind
// what it is said of. The subject of the sentence says so.
func (a *ascriber) attributed(v, lo, i int) (asc ascription, ok bool) {
	if v <= lo || !a.items[v].is(participle) || a.lang.capitals || a.items[v-1].is(auxiliary|adverb|pronoun|conjunction|relative) || i-v > 6 {
		return asc, false
	}
	if !a.items[v+1].is(preposition) {
		return asc, false // it may have its own subject
	}
	if k := a.items[v-1].kind; k != comma && k != word || k == word && !a.joined(v) || a.sent == nil {
		return asc, false
	}
	for k := lo; k < v; k++ {
		if a.verbal(k) && k > lo {
			p, found, near := a.subjectOf(k, lo)
			if !found || !near || p.to > k {
				return asc, false
			}
			return ascription{who: p, cue: a.cover(v, v+1), at: v, end: i}, true
		}
	}
	return asc, false
}

// verbLast reads German's "hat … genannt" around a quotation at item i.
func (a *ascriber) verbLast(i, from, end int) (asc ascription, ok bool) {
	if !a.lang.capitals {
		return asc, false
	}
	if asc, ok = a.relativeLast(i, from, end); ok {
		return asc, true
	}
	for k := i + 1; k < min(end, i+7) && a.items[k].kind == word; k++ {
		if !a.items[k].is(participle) && !(a.items[k].is(cue|describe) && k > i+1) || a.items[k].upper() {
			continue
		}
		for v := i - 1; v >= max(from, i-maxClause); v-- {
			if a.items[v].kind == quotation || a.items[v].kind == semicolon {
				break
			}
			if !a.items[v].is(auxiliary) {
				continue
			}
			p, found, near := a.subjectOf(v, from)
			if !near && v+1 < i {
				if q, is := a.noun(v+1, i); is {
					a.apposition(&q, i)
					p, found = q, true
				}
			}
			if found {
				return ascription{who: p, cue: a.cover(k, k+1), at: k, end: k + 1}, true
			}
		}
		return asc, false
	}
	return asc, false
}

// relativeLast reads the verb right behind a quotation at item i that ends a German
// relative clause: "der Abgeordneten Ann Brandt, die den Einsatz „…“ nannte".
func (a *ascriber) relativeLast(i, from, end int) (asc ascription, ok bool) {
	v := i + 1
	if v >= end || !a.items[v].is(cue|describe) || a.items[v].upper() || v+1 < end && a.items[v+1].kind == word && a.items[v+1].upper() {
		return asc, false
	}
	for k := i - 1; k > from+1 && a.items[k].kind == word; k-- {
		if a.items[k-1].kind != comma || !a.items[k].is(relative) || a.items[k].is(object) {
			continue
		}
		for c := max(from, k-1-maxInserted); c < k-1; c++ {
			if p, is := a.noun(c, k-1); is && p.to == k-1 && p.pronoun == 0 {
				return ascription{who: p, cue: a.cover(v, v+1), at: v, end: v + 1}, true
			}
		}
		return asc, false
	}
	return asc, false
}

// wasTold tells whether what somebody was told follows the participle at v with a word that
// opens a clause, and no comma, up to item i: "were told in June that".
func (a *ascriber) wasTold(v, i int) bool {
	that := false
	for k := v + 1; k < i; k++ {
		if a.items[k].kind != word {
			return false
		}
		that = that || a.items[k].is(relative)
	}
	return that && a.english() && a.items[v].is(cue) && a.items[v].is(participle)
}

// byAgent reads who did it right behind a quotation at item i, whose verb is that of
// the one before: "condemned as “…” by the union and “…” by the church". j is the item
// behind it.
func (a *ascriber) byAgent(j, i int, s *sentence) (asc ascription, ok bool) {
	if j+1 >= s.to || !a.items[j].is(agent) || i-a.quotes[a.lastQ].last > maxClause {
		return asc, false
	}
	for k := i - 1; k > a.quotes[a.lastQ].last; k-- {
		if a.verbal(k) {
			return asc, false
		}
	}
	p, is := a.noun(j+1, s.to)
	if !is || p.pronoun != 0 || !p.named() && !a.headed(&p) && !a.bodyAt(p.from, p.to) {
		return asc, false
	}
	a.apposition(&p, s.to)
	return ascription{who: p, cue: a.quotes[a.lastQ].cue, at: j, end: p.to}, true
}

// attribute reads who is said to use the words of a quotation at item i in German
// before a participle that stands before its noun: "die von Kritikern als „…“
// geschmähte Regel".
func (a *ascriber) attribute(i, from, end int) (asc ascription, ok bool) {
	if !a.lang.capitals || i+2 >= end || a.items[i+1].kind != word || a.items[i+1].upper() || !a.items[i+2].upper() || i < from+3 {
		return asc, false
	}
	w := a.text[a.items[i+1].Start:a.items[i+1].End]
	if !strings.HasSuffix(strings.TrimRight(w, "nrsm"), "te") && !strings.HasSuffix(strings.TrimRight(w, "nrsm"), "ene") {
		return asc, false
	}
	for k := i - 2; k >= max(from, i-maxPhrase) && a.items[k].kind == word; k-- {
		if a.items[k].is(agent) {
			p, is := a.noun(k+1, i)
			return ascription{who: p, cue: a.cover(i+1, i+2), at: i + 1, end: i + 2}, is
		}
	}
	return asc, false
}

// zufolge reads who stands before the German word for "according to", which stands behind
// its noun, in the sentence of the quotation at item i.
func (a *ascriber) zufolge(s *sentence, i int) (asc ascription, ok bool) {
	if !a.lang.capitals {
		return asc, false
	}
	for k := max(s.from, i-maxPhrase) + 1; k < min(s.to, i+maxPhrase); k++ {
		if !a.items[k].is(postposed) {
			continue
		}
		for c := max(s.from, k-maxInserted); c < k; c++ {
			if p, is := a.noun(c, k); is && p.to == k && p.pronoun == 0 {
				return ascription{who: p, cue: a.cover(k, k+1), at: k, end: k + 1}, true
			}
		}
	}
	return asc, false
}

// gapped reads ", der Bürgermeister von “…”" behind a quotation that was
// ascribed, where the verb is left out.
func (a *ascriber) gapped(i, from int) (asc ascription, ok bool) {
	k := i - 1
	for k > from && i-k < 12 && a.items[k].kind == word {
		k--
	}
	if a.lang.noSubject && a.items[k].kind == comma && k+2 == i && a.items[i-1].is(preposition) {
		return a.gappedBy(k, from) // "; Kiev, de «…»"
	}
	if a.items[k].kind != comma {
		return asc, false
	}
	last := i
	for last > k+1 && a.items[last-1].is(preposition|articleWord|adverb) {
		last--
	}
	p, is := a.noun(k+1, last)
	if !is || p.pronoun != 0 || last == i {
		return asc, false
	}
	a.apposition(&p, i)
	for m := p.to; m < i; m++ {
		if !a.items[m].is(preposition | articleWord | adverb) {
			return asc, false
		}
	}
	return ascription{who: p, entity: a.people.who(&p), at: -1, end: p.to}, true
}

// gappedBy is gapped where a comma, which is item k, stands for the verb.
func (a *ascriber) gappedBy(k, from int) (asc ascription, ok bool) {
	b := k - 1
	for b > from && k-b < 8 && a.items[b].kind == word {
		b--
	}
	if a.items[b].kind != comma && a.items[b].kind != semicolon {
		return asc, false
	}
	p, is := a.noun(b+1, k)
	if !is || p.pronoun != 0 || p.to != k {
		return asc, false
	}
	return ascription{who: p, entity: a.people.who(&p), at: -1, end: p.to}, true
}
