package quotes

import (
	"slices"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// quotation ascribes quotation id, for which item i of sentence n stands.
func (a *ascriber) quotation(id, i, n int) {
	q := &a.quotes[id]
	s := &a.sents[n]
	if q.first != q.last && i == q.first {
		// It goes on into a later paragraph, and what stands behind it is there:
		// what stands before it is looked at first, and may be outdone.
		if asc, tied, ok := a.left(i, s.from, s.to); ok && tied && (a.items[i-1].kind == colon || a.items[i-1].kind == comma && a.cueJustBefore(i-1, s)) {
			a.take(q, id, &asc, n, byCue)
		}
		return
	}
	if q.done {
		a.lastQ, a.para = id, s.paragraph
		return
	}
	start := i == s.from
	colonBefore := !start && a.items[i-1].kind == colon
	commaBefore := !start && (a.items[i-1].kind == comma || a.items[i-1].kind == dash || a.items[i-1].kind == semicolon)
	next := i + 1
	setOff := start && next < s.to || q.stop == ',' || q.stop == '?' || q.stop == '!' || q.stop == '…'
	if next < s.to && (a.items[next].kind == comma || a.items[next].kind == dash) {
		setOff = true
		next++
	}
	atEnd := next >= s.to
	q.partial = a.fragment(q, i, s, start, colonBefore, commaBefore, setOff || atEnd)
	if start && !atEnd && next == i+1 && q.stop == 0 {
		// "“…” is how she put it"
		t := &a.items[next]
		q.partial = t.kind == word && !t.upper() && !t.is(cue|pronoun|articleWord|role|possessive|auxiliary|loose) && t.words(according|impersonal) == 0
	}

	if q.first != q.last {
		start, q.partial = true, false
	}
	var asc ascription
	var ok, tied bool
	if start && next < s.to && a.items[next].kind == colon && a.subject[n].to > next {
		// “…”: with these words he began.
		asc = ascription{who: a.subject[n], at: -1}
		a.take(q, id, &asc, n, byColon)
		return
	}
	if !start {
		if asc, tied, ok = a.left(i, s.from, s.to); ok && tied && !(setOff && !atEnd && (a.mere(&asc) && a.better(next, s) || asc.guess && (commaBefore || a.better(next, s)) || asc.at >= 0 && asc.at < i-3 && !a.items[asc.at].is(cue|participle) && a.items[next].words(according) > 0)) {
			c := byTie
			if !q.partial {
				c = byCue
			}
			if asc.guess {
				c += byDoubt / 2
			}
			a.take(q, id, &asc, n, c)
			return
		}
		if a.verbLastTake(q, id, i, n) {
			return
		}
		if asc, ok = a.attribute(i, s.from, s.to); ok {
			a.take(q, id, &asc, n, byTie)
			return
		}
	}
	if a.lastQ >= 0 && a.holds(a.lastQ, s) {
		if asc, ok = a.byAgent(next, i, s); ok {
			a.take(q, id, &asc, n, byTie)
			return
		}
		if asc, ok = a.gapped(i, s.from); ok {
			a.take(q, id, &asc, n, byTie)
			return
		}
	}
	if !start && !a.goesOn(q, id, i, s, commaBefore) {
		if asc, ok = a.unknown(i, s.from); ok && !a.alongside(q, i, s) && !(setOff && !atEnd && a.better(next, s)) {
			a.take(q, id, &asc, n, bySentence)
			return
		}
	}
	if a.goesOn(q, id, i, s, commaBefore) {
		a.keep(q, id, s, min(byCue, a.quotes[a.lastQ].conf))
		return
	}
	if !atEnd {
		if asc, ok = a.right(next, s.to, setOff, q.partial); ok {
			c := byCue
			if asc.guess {
				c = byGuess
			}
			if q.partial {
				c = min(c, byTie)
			}
			a.take(q, id, &asc, n, c)
			if q.conf >= Enough {
				a.used = max(a.used, asc.at+1)
			}
			return
		}
		if asc, ok = a.trailing(next, s.to); ok {
			a.take(q, id, &asc, n, byTie)
			return
		}
	}
	if asc, ok = a.zufolge(s, i); ok {
		a.take(q, id, &asc, n, byTie)
		return
	}
	if start && setOff && q.words <= maxPredicate && !q.sentence && q.stop != '!' && q.stop != '?' && (a.lang.inserts || a.lang.noSubject) {
		// « Consterné », le maire a porté plainte.
		if p, is := a.noun(next, s.to); is && p.to < s.to && a.items[p.to].kind == word && (p.named() || a.headed(&p) || a.bodyAt(p.from, p.to)) {
			q.partial = true
			a.take(q, id, &ascription{who: p, at: -1}, n, byReport)
			return
		}
	}
	a.alone(q, id, i, n, start && atEnd, colonBefore)
}

// maxPredicate is how many words what somebody is may have in front of a sentence.
const maxPredicate = 4

// mere tells whether an ascription is by a verb that counts only if there is no better
// one: "Farmers fear a “disaster”, the union said".
func (a *ascriber) mere(asc *ascription) bool {
	return asc.at >= 0 && a.items[asc.at].is(weak) && !a.items[asc.at].is(cue|describe|quoted|participle)
}

// better tells whether a verb that is known ascribes the quotation from behind,
// from item j on.
func (a *ascriber) better(j int, s *sentence) bool {
	asc, ok := a.right(j, s.to, true, true)
	return ok && !asc.guess && !asc.nobody
}

// verbLastTake ascribes by a verb at the end of the clause.
func (a *ascriber) verbLastTake(q *quote, id, i, n int) bool {
	s := &a.sents[n]
	asc, ok := a.verbLast(i, s.from, s.to)
	if ok {
		a.take(q, id, &asc, n, byTie)
	}
	return ok
}

// fragment tells whether a quotation is a part of the reporter's sentence.
func (a *ascriber) fragment(q *quote, i int, s *sentence, start, colonBefore, commaBefore, free bool) bool {
	small := !q.upper && !q.sentence && q.stop != '!' && q.stop != '?'
	switch {
	case q.dash:
		return false
	case s.headline && q.fam == single:
		return true
	case start:
		return !free || small && q.words <= 3 && q.stop != ','
	case colonBefore:
		return small && q.words <= 3
	case commaBefore:
		if a.lastQ >= 0 && a.sameSentence(i, s) {
			return !q.sentence && q.words < longWords
		}
		return !q.upper || !a.cueJustBefore(i-1, s) && !q.sentence
	}
	if q.upper && (q.stop == '!' || q.stop == '?') && i > s.from && a.items[i-1].is(cue) {
		return false // "chanted “Freedom!”"
	}
	return !(q.upper && q.sentence && q.words >= 4 && free && (a.cueJustBefore(i, s) || q.stop != 0 && q.stop != ','))
}

// sameSentence tells whether another quotation stands before item i.
func (a *ascriber) sameSentence(i int, s *sentence) bool {
	for k := i - 1; k >= max(s.from, i-maxSentence); k-- {
		if a.items[k].kind == quotation {
			return true
		}
	}
	return false
}

func (a *ascriber) cueJustBefore(i int, s *sentence) bool {
	return i > s.from && a.verb(max(s.from, i-4), i, cue) >= 0
}

// goesOn tells whether the quotation goes on with the one before it in the
// sentence: behind the cue that interrupts it, or "…" and "…".
func (a *ascriber) goesOn(q *quote, id, i int, s *sentence, commaBefore bool) bool {
	if a.lastQ < 0 || a.lastQ != id-1 && !a.namesBetween(a.lastQ+1, id) || a.quotes[a.lastQ].entity == nil {
		return false
	}
	k := i - 1
	n := 0
	for ; k >= s.from && a.items[k].kind != quotation; k-- {
		if a.items[k].kind == word && !a.items[k].is(conjunction|articleWord|preposition|adverb) {
			n++
		}
	}
	if k < s.from {
		return false
	}
	return (commaBefore || q.dash) && i-k <= maxClause || n == 0 && i-k <= 4
}

func (a *ascriber) namesBetween(from, to int) bool {
	for k := from; k < to; k++ {
		if !a.quotes[k].name {
			return false
		}
	}
	return true
}

// take gives q to whom asc names.
func (a *ascriber) take(q *quote, id int, asc *ascription, n int, conf float64) {
	s := &a.sents[n]
	a.spokesman(asc, s)
	if p, ok := a.placeOf(&asc.who, s); ok && asc.entity == nil && !asc.nobody {
		asc.who = p
	}
	var e *entity
	if !asc.nobody {
		e = asc.entity
		if e == nil {
			a.asking, a.behindVerb = id, asc.at >= 0 && asc.who.from > asc.at
			if asc.at >= 0 && asc.at < q.first {
				a.cueItem = asc.at
			}
			e = a.resolve(&asc.who, n, false)
			a.asking, a.behindVerb, a.cueItem = -1, false, 0
			a.join(asc, e)
			e = a.foretold(e, n)
		}
	}
	if asc.nobody && asc.at >= 0 && a.lang.capitals && a.items[asc.at].words(impersonal) > 0 {
		if b := a.before; b != nil && n > 0 && b.sent == n-1 && a.sents[n-1].paragraph == s.paragraph && (a.kindsIn(b.fold())|a.kindsIn(fold(b.role)))&^noKind != 0 {
			e = b // "Der Verband kündigte Proteste an. Man werde „…“, hieß es"
		}
	}
	if e != nil && e.person && asc.at == s.from && a.items[s.from].words(view|according) > 0 {
		a.viewedIn = n
	}
	q.entity, q.cue, q.conf = e, asc.cue, conf
	if via := a.channel(asc, s); via != "" {
		q.via = via
		if e != nil {
			e.via = via
		}
	} else if e != nil {
		q.via = e.via
	}
	a.settle(q, id, s)
}

// placeOf is the body in which somebody says so whom nobody names: "En el ministerio hablan
// de «…»", « Dans l'entourage du maire, on se dit « … » ».
func (a *ascriber) placeOf(who *phrase, s *sentence) (p phrase, ok bool) {
	if who.named() || s.to-s.from < 4 || !a.lang.noSubject && !a.lang.inserts {
		return p, false
	}
	switch strings.ToLower(a.text[a.items[s.from].Start:a.items[s.from].End]) {
	case "en", "desde", "dans", "chez", "à":
	default:
		return p, false
	}
	p, ok = a.noun(s.from+1, s.to)
	if !ok || p.pronoun != 0 || p.to+1 >= s.to {
		return p, false
	}
	if a.lang.noSubject {
		v := &a.items[p.to]
		several := v.kind == word && a.verbal(p.to) && strings.HasSuffix(a.text[v.Start:v.End], "n")
		return p, several && who.to == 0 && who.pronoun != 0 && (p.article || a.bodyAt(p.from, p.to))
	}
	return p, a.items[p.to].kind == comma && who.from == p.to+1 && a.text[a.items[who.from].Start:a.items[who.from].End] == "on"
}

// keep gives q to the last speaker.
func (a *ascriber) keep(q *quote, id int, s *sentence, conf float64) {
	q.entity, q.conf = a.speaker, conf
	if q.entity != nil {
		q.via = q.entity.via
	}
	a.settle(q, id, s)
}

// settle lowers the confidence of what reads like a name, and remembers the
// speaker.
func (a *ascriber) settle(q *quote, id int, s *sentence) {
	q.done = true
	q.conf += a.likeName(q, s)
	if q.unclosed {
		q.conf += unclosedFix
	}
	if q.conf < Enough {
		if q.first == q.last {
			t := &a.items[q.first]
			t.kind, t.named, t.len, t.Shape = word, true, 1, lexicon.Upper
		}
		return
	}
	a.sole = a.para != s.paragraph || a.sole && q.entity == a.speaker
	a.lastQ, a.para = id, s.paragraph
	if e := q.entity; e != nil {
		a.speaker, e.quoted = e, true
		a.note(e, a.now, true)
		if e.person || e.words > 1 {
			a.human = e
		}
		if !e.person {
			a.body = e
			if !e.named && a.people.isCourt(e.name) {
				a.bench = e
			}
		}
	}
}

// likeName is what speaks against words that read like a title, a term or the
// words on a sign.
func (a *ascriber) likeName(q *quote, s *sentence) float64 {
	i := q.first
	var d float64
	if q.caps && !a.lang.capitals && q.words <= 8 && q.partial {
		d += titleCase
		if q.words > 1 || a.text[q.start:q.end] == strings.ToUpper(a.text[q.start:q.end]) {
			d += titleCase
		}
	}
	if q.caps && q.partial && a.english() && i > s.from && a.items[i-1].is(definite) && q.words <= 2 && a.verb(max(s.from, i-4), i, describe) < 0 {
		d += titleCase // the “Britannia”
	}
	if i > s.from && a.items[i-1].kind != colon && (q.upper || !a.lang.capitals) {
		for k := max(s.from, i-3); k < i; k++ {
			if a.items[k].is(participle) && a.active(k, s.from) || a.reflexive(k, s.from) {
				continue // "los había llamado «…»", "s'est dite « … »"
			}
			if !q.upper && q.words > 2 && a.items[k].is(weak) && q.entity != nil && a.english() {
				continue // "its authors call “a cry for help”"
			}
			if !q.upper && a.items[k].is(cue) && a.cueAt(k, s.from, cue) && q.entity != nil && !a.lang.capitals {
				continue // "Ann Brandt dit « assumer »"
			}
			if n := a.items[k].words(titled); n > 0 && k+n <= i && (k+n == i || k+n == i-1 && (a.items[i-1].kind == comma || a.items[i-1].is(describe))) {
				return d + asName
			}
			if n := a.items[k].words(work); n > 0 && q.upper && k+n <= i && (k+n == i || k+n == i-1 && (a.items[i-1].kind == comma || a.items[i-1].is(describe|like)) || k+n == i-2 && a.items[i-1].is(like)) {
				return d + asName
			}
		}
	}
	if q.partial && q.words <= 2 && a.english() && i > s.from+4 && a.items[i-2].words(titled) > 0 && a.items[i-2].is(weak) && a.items[i-4].is(relative|subordinate|conjunction) {
		return d + asName // "where dealers call dollars “greens”"
	}
	if q.caps && q.words == 1 && q.partial && a.english() && i > s.from+1 && a.items[i-1].is(oblique) && a.items[i-2].is(describe) {
		return d + asName // "have called her “Mia”"
	}
	if !q.letters || a.begun(q, i, s) {
		return d + asName
	}
	if q.upper && q.partial && !q.sentence && q.words <= longWords && q.stop == 0 && a.workBehind(i, s) {
		return d + asName
	}
	if a.givenName(q, s) || a.isCalled(i, s) || a.knownAs(q, i, s) {
		return d + asName
	}
	if q.rated && a.ratingAt(i, s) || a.titleAfter(q, s) || a.titleOf(q, s) {
		return d + asName
	}
	if q.upper && q.words <= longWords && (a.dated(i, s) || a.listed(i, s)) {
		return d + asName
	}
	for k := max(s.from, i-8); k < min(s.to, i+8); k++ {
		if a.items[k].is(sign) && k > s.from && (a.subject[a.now].core-1 == k && k < i || a.items[k-1].is(articleWord|possessive|preposition|cue) || k < i && k >= i-3 && q.upper) {
			return d + asName
		}
	}
	return d
}

// begun tells whether the words have the capital that French and Spanish give titles, and
// parts of a sentence never: "publicó «Agosto» en 1961".
func (a *ascriber) begun(q *quote, i int, s *sentence) bool {
	return (a.lang.inserts || a.lang.noSubject) && q.partial && q.upper && !q.sentence && q.words <= longWords && q.stop == 0 && i > s.from && !s.headline && a.items[i-1].kind == word && !a.items[i-1].is(describe|like|auxiliary)
}

// workBehind tells whether a word for a work stands behind the comma after item i, with
// an article: "publica «La orilla», una novela".
func (a *ascriber) workBehind(i int, s *sentence) bool {
	k := i + 1
	if k+2 >= s.to || a.items[k].kind != comma || !a.items[k+1].is(articleWord|possessive) {
		return false
	}
	for k += 2; k < min(s.to, i+7) && a.items[k].kind == word && !a.verbal(k); k++ {
		if a.items[k].words(work) > 0 {
			return true
		}
		if a.items[k].is(preposition) {
			return false
		}
	}
	return false
}

// ratingAt tells whether a rating of shares is named at item i: "kept its “hold”
// rating", "hebt sie auf „Kaufen“".
func (a *ascriber) ratingAt(i int, s *sentence) bool {
	if q := &a.quotes[a.items[i].quote]; q.partial && i > s.from && a.items[i-1].kind == word && !a.items[i-1].is(cue) {
		return true // "rates the stock “hold”"
	}
	return i > s.from && (a.items[i-1].is(preposition|describe|participle) || a.items[i-1].words(titled|speech) > 0) || i+1 < s.to && a.items[i+1].words(titled|speech) > 0
}

// titleAfter tells whether the words are the title of a work that they stand behind:
// "in “Clear Hours”", "his first novel in ten years, “The Well”"; or in German the
// name of a product: "ihr Müsli „Crispy Crunch“".
func (a *ascriber) titleAfter(q *quote, s *sentence) bool {
	i := q.first
	if i <= s.from || !q.upper || q.words > longWords || q.stop != 0 && q.stop != ',' {
		return false
	}
	if a.lang.capitals {
		t := &a.items[i-1]
		if q.caps && q.partial && q.words > 1 && t.is(within) && i+1 < s.to && a.items[i+1].kind == word {
			return true // "in „Klare Stunden“ erscheint"
		}
		return q.caps && q.partial && q.words > 1 && q.words <= 4 && t.upper() && !t.given && t.class == 0 && a.roleAt(i-1) == 0 && a.verb(max(s.from, i-maxSentence), i, describe) < 0
	}
	if (a.lang.inserts || a.lang.noSubject) && q.partial && !q.sentence && a.items[i-1].is(articleWord) && i > s.from+1 && q.stop == 0 {
		return true // "patrón del «Muffin»", "la « Marche pour la vie »"
	}
	if q.partial && !q.sentence && a.items[i-1].is(within) && i > s.from+1 && !a.items[i-2].is(cue|describe) {
		return true
	}
	if a.items[i-1].kind != comma || !q.partial || q.sentence {
		return false
	}
	for k := i - 2; k >= max(s.from, i-9) && a.items[k].kind == word && !a.verbal(k); k-- {
		if a.items[k].is(work) {
			return true
		}
	}
	return false
}

// maxGiven is how many words a name has at most that a verb gives somebody or something.
const maxGiven = 3

// givenName tells whether the words are what several call somebody or something, with an
// article as names have: "the locals call it “the factory”".
func (a *ascriber) givenName(q *quote, s *sentence) bool {
	i := q.first
	if !q.partial || q.words > maxGiven || i < s.from+2 || q.entity != nil && q.entity.named && q.entity.person {
		return false
	}
	first, _, ok := strings.Cut(a.text[q.start:min(q.end, q.start+8)], " ")
	if !ok {
		first, _, ok = strings.Cut(strings.ReplaceAll(first, "’", "'"), "'")
	}
	var room few
	toks := lexicon.Scan(room[:0], first, 0, len(first))
	if !ok && !(a.lang.capitals && q.words == 1) || len(toks) == 0 || ok && a.lang.words.All(toks[:1])&definite == 0 {
		return false
	}
	for k := i - 1; k >= max(s.from, i-maxGiven) && a.items[k].kind == word; k-- {
		t := &a.items[k]
		if a.lang.naming[strings.ToLower(a.text[t.Start:t.End])] {
			return ok
		}
	}
	return false
}

// knownAs tells whether the words are what somebody is known as: between commas with an article
// and a capital ("Ana Ruiz, «la Alondra», cantaba"), or in German before "genannt wird".
func (a *ascriber) knownAs(q *quote, i int, s *sentence) bool {
	if !q.partial || q.sentence || q.words > maxGiven || i+1 >= s.to || i == s.from {
		return false
	}
	if a.lang.capitals {
		return i+2 < s.to && a.text[a.items[i+1].Start:a.items[i+1].End] == "genannt" && a.items[i+2].is(auxiliary|passive) && q.upper && q.words == 1
	}
	if a.english() || q.words < 2 || a.items[i-1].kind != comma || a.items[i+1].kind != comma {
		return false
	}
	var room few
	toks := lexicon.Scan(room[:0], a.text, q.start, q.end)
	return len(toks) > 1 && a.lang.words.All(toks[:1])&definite != 0 && toks[1].Shape&lexicon.Upper != 0
}

// isCalled tells whether the words are how somebody or something is called in German: "Im
// Labor heißt er „Susi“", but not "heißt es".
func (a *ascriber) isCalled(i int, s *sentence) bool {
	for k := i - 1; a.lang.capitals && k >= max(s.from, i-2) && a.items[k].kind == word; k-- {
		switch a.text[a.items[k].Start:a.items[k].End] {
		case "es":
			return false
		case "heißt", "hieß":
			return k > s.from && a.text[a.items[k-1].Start:a.items[k-1].End] != "es"
		}
	}
	return false
}

// titleOf tells whether the words are the title of a work that stands behind a colon
// ("Its title: “The Well”"), or of which the sentence tells something ("“The Well” is
// published").
func (a *ascriber) titleOf(q *quote, s *sentence) bool {
	i := q.first
	if !q.upper || q.sentence || q.words > longWords || q.stop != 0 {
		return false
	}
	if i > s.from+1 && a.items[i-1].kind == colon {
		return a.items[i-2].words(work) > 0
	}
	return i == s.from && q.caps && q.words > 1 && q.cue.Empty() && i+1 < s.to && a.items[i+1].is(finite|auxiliary|passive) && !a.items[i+1].is(cue|describe) && a.joined(i+1)
}

// active tells whether an auxiliary before the participle at k makes it what the
// subject did.
func (a *ascriber) active(k, from int) bool {
	if k <= from || !a.items[k-1].is(auxiliary) {
		return false
	}
	return !a.items[k-1].is(passive) || a.reflexive(k-1, from)
}

// dated tells whether the year in brackets stands behind item i that a work has.
func (a *ascriber) dated(i int, s *sentence) bool {
	return i+3 < s.to && a.items[i+1].kind == bracket && a.items[i+3].kind == bracket && a.items[i+2].Shape&lexicon.Digits != 0 && a.items[i+2].End-a.items[i+2].Start == 4
}

// listed tells whether the quotation at item i goes on with a list of names:
// "the films “…” and “…”".
func (a *ascriber) listed(i int, s *sentence) bool {
	if i < s.from+2 || a.items[i-2].kind != quotation && !a.items[i-2].named || a.items[i-1].kind != comma && !a.items[i-1].is(conjunction|preposition) {
		return false
	}
	q := &a.quotes[a.items[i-2].quote]
	return q.done && q.conf < Enough && q.upper
}

// alone ascribes a quotation that no cue of its sentence ascribes.
func (a *ascriber) alone(q *quote, id, i, n int, whole, colonBefore bool) {
	s := &a.sents[n]
	if asc, ok := a.signed(i, n, whole && (!q.partial || s.setOff)); ok {
		q.partial = false
		a.take(q, id, &asc, n, byColon)
		return
	}
	if whole && !q.partial && a.withThese(n) {
		asc := ascription{who: a.subject[n+1], at: -1}
		a.take(q, id, &asc, n+1, byColon)
		return
	}
	if p, ok := a.bracketed(q, i, s); ok {
		q.partial = false
		a.take(q, id, &ascription{who: p, at: -1}, n, byTie)
		return
	}
	if p, ok := a.introducesSelf(q, i, n, whole); ok {
		a.take(q, id, &ascription{who: p, at: -1}, n+1, bySentence)
		return
	}
	told := a.lastQ >= 0 && a.holds(a.lastQ, s) && a.speaker != nil && a.quotes[a.lastQ].entity == a.speaker
	switch {
	case told && q.partial && a.subjunctiveBefore(i, a.quotes[a.lastQ].last):
		a.keep(q, id, s, byReport)
	case s.headline && a.alongside(q, i, s):
		a.keep(q, id, s, byReport)
	case q.partial && !q.upper && i > s.from+1 && a.lang.capitals && a.intends(i, n):
		asc := ascription{who: a.subject[n], at: -1}
		a.take(q, id, &asc, n, byReport)
	case q.partial && !q.upper && i > s.from+1 && !a.lang.capitals && a.mustDo(q, i, s):
		p, _, _ := a.subjectOf(i-1, s.from)
		a.take(q, id, &ascription{who: p, at: -1}, n, byReport)
	case s.headline && q.partial && a.announced(i, n):
		asc := ascription{who: a.subject[n], at: -1}
		a.take(q, id, &asc, n, byReport)
	case s.headline && !colonBefore && q.partial && a.beside(i, n):
		asc := ascription{who: a.subject[n], at: -1}
		a.take(q, id, &asc, n, byReport)
	case s.headline && !colonBefore:
		q.conf = byFragment
		if whole || q.sentence {
			q.conf = bySentence
		}
		a.settle(q, id, s)
	case whole && !q.partial:
		switch {
		case a.speaker != nil && a.para == s.paragraph && a.follows(n):
			a.keep(q, id, s, byNext)
			return
		case (a.before != nil || a.speaker != nil) && i == s.from:
			q.entity, q.conf = a.before, byColon
			if e := a.answers(n); e != nil {
				q.entity = e
			} else if a.toldIn >= 0 && a.toldIn == n-1 && a.teller != nil {
				q.entity = a.teller
			} else if a.before != nil && a.before.many && (a.speaker != nil && !a.speaker.many && a.para == s.paragraph || q.one) {
				q.entity = a.soleSpeaker(s)
			} else if a.speaker != nil && (q.entity == nil || !q.entity.person && !q.entity.human && !q.entity.outlet || a.bareNoun(q.entity)) {
				q.entity = a.speaker
			} else if a.speaker == nil && a.recent != nil && q.entity != nil && !q.entity.person && !q.entity.human && !q.entity.outlet && q.one {
				q.entity = a.recent
			}
			q.via = q.entity.via
		default:
			q.conf = bySentence
		}
		if q.words < 3 && !q.sentence {
			q.conf += byDoubt
		}
		a.settle(q, id, s)
	case colonBefore && told && a.speaker.person && a.thing(n):
		a.keep(q, id, s, byReport)
	case colonBefore && a.subject[n].to > 0 && a.subject[n].to < i && !a.reportedSpeech(s, i):
		asc := ascription{who: a.owned(a.subject[n]), at: -1}
		if p, ok := a.speechOf(&a.subject[n], i-1); ok {
			asc.who, a.subject[n] = p, p
		}
		if p, ok := a.lastPronoun(i-1, s.from); ok {
			asc.who = p
		} else if p := &a.subject[n]; a.lang.noSubject && a.thing(n) && p.from > s.from && a.verbBefore(p.from, s.from) == p.from-1 {
			asc.who = phrase{pronoun: masculine | feminine} // "No ve la salida: «…»"
		}
		a.take(q, id, &asc, n, byColon)
	case a.teller != nil && a.reportedSpeech(s, i) && a.saidOfHimself(n, i):
		asc := ascription{who: a.subject[n], at: -1}
		a.take(q, id, &asc, n, byReport)
	case colonBefore && told && a.lang.capitals && a.speaker.person && a.reportedSpeech(s, i):
		a.keep(q, id, s, byReport)
	case a.teller != nil && a.reportedSpeech(s, i):
		a.speaker = a.teller
		if b := a.before; a.lang.capitals && b != nil && b != a.teller && n > 0 && b.sent == n-1 && b.subject && a.sents[n-1].paragraph == s.paragraph && (b.person && b.likely || b.human) && !a.holds(max(0, a.lastQ), &a.sents[n-1]) {
			a.speaker = b // "Ein Sprecher wies das zurück. Man gebe „…“"
		}
		a.keep(q, id, s, byReport)
	case colonBefore && a.speaker != nil:
		a.keep(q, id, s, byReport)
	case q.partial && !q.upper && i > s.from+1 && a.has(i, n):
		asc := ascription{who: a.subject[n], at: -1}
		a.take(q, id, &asc, n, byReport)
	case a.alongside(q, i, s):
		a.keep(q, id, s, byReport)
	default:
		if p := &a.subject[n]; p.to > 0 && p.to <= i {
			q.entity = a.resolve(p, n, true)
		}
		if q.entity == nil {
			q.entity = a.speaker
		}
		q.conf = byFragment
		if q.words >= longWords {
			q.conf += longer
		}
		if q.first == s.from && !q.partial {
			q.conf = bySentence
		}
		a.settle(q, id, s)
	}
}

// bareNoun tells whether e is known by one German word without an article, which may be no name.
func (a *ascriber) bareNoun(e *entity) bool {
	return a.lang.capitals && e.named && e.words == 1 && !e.likely && e.role == "" && !e.quoted && !e.place && e.sex == 0
}

// bracketed is the person right before a quotation of some words in brackets: "Trainer Jan
// Brandt („Ich bleibe“) durfte".
func (a *ascriber) bracketed(q *quote, i int, s *sentence) (p phrase, ok bool) {
	if q.words < 3 || !q.upper || i < s.from+2 || i+1 >= s.to || a.items[i-1].kind != bracket || a.items[i+1].kind != bracket {
		return p, false
	}
	for k := max(s.from, i-maxInserted); k < i-1; k++ {
		if p, ok = a.noun(k, i-1); ok && p.to == i-1 {
			return p, p.named() && !p.article && (p.likely || !p.role.Empty())
		}
	}
	return p, false
}

// introducesSelf is who is named for the first time behind a whole quotation that a paragraph
// begins with, with what he is: "“I heard it.” Ann Brandt, 81, lives next door."
func (a *ascriber) introducesSelf(q *quote, i, n int, whole bool) (p phrase, ok bool) {
	if !whole || q.partial || !q.sentence || n+1 >= len(a.sents) || i != a.sents[n].from || a.sents[n+1].paragraph != a.sents[n].paragraph || n > 0 && a.sents[n-1].paragraph == a.sents[n].paragraph || a.sents[n].headline {
		return p, false
	}
	p = a.subject[n+1]
	if p.to == 0 || !p.named() || p.article || p.words < 2 || p.from != a.sents[n+1].from || p.to >= len(a.items) || a.items[p.to].kind != comma && !p.enclosed {
		return p, false
	}
	e := a.people.byName[fold(p.name.In(a.text))]
	return p, e != nil && e.person && e.likely && e.at == p.name.Start
}

// thing tells whether the subject of sentence n is nobody who could say something.
func (a *ascriber) thing(n int) bool {
	p := &a.subject[n]
	if p.to == 0 || p.named() || p.pronoun != 0 || p.loose || a.headed(p) || a.bodyAt(p.from, p.to) {
		return false
	}
	for k := p.from; k < p.to; k++ {
		if a.items[k].is(speech|person|party|channel) || a.items[k].is(many) {
			return false
		}
	}
	return true
}

// saidOfHimself tells whether reported speech, before the quotation at item i, has "he"
// for its subject right before its verb: "Sie sei „tief beeindruckt“".
func (a *ascriber) saidOfHimself(n, i int) bool {
	p, s := &a.subject[n], &a.sents[n]
	single := p.pronoun & (masculine | feminine)
	return p.to > 0 && p.from == s.from && p.to < i && single != 0 && single != masculine|feminine && a.items[p.to].is(subjunctive)
}

// speechOf is who answers where a sentence begins with a word for what somebody says, and
// names whose it is before the colon at item c: "Réponse immédiate de Paul Morin :".
func (a *ascriber) speechOf(p *phrase, c int) (q phrase, ok bool) {
	if a.english() || p.from != a.sent.from || !a.items[p.from].is(speech) {
		return q, false
	}
	for k := p.from + 1; k+1 < c && a.items[k].kind == word; k++ {
		if a.items[k].is(preposition) && a.items[k+1].upper() {
			q, ok = a.noun(k+1, c)
			a.apposition(&q, c)
			return q, ok && q.named() && q.to == c
		}
	}
	return q, false
}

// lastPronoun is the "he" of the clause that ends with the colon at item c, in German
// behind its verb: "Ob sie klagt, ließ er offen: „…“".
func (a *ascriber) lastPronoun(c, from int) (p phrase, ok bool) {
	for k := c - 1; k > from; k-- {
		t := &a.items[k]
		if t.kind != word {
			return p, false
		}
		if a.lang.capitals && t.is(pronoun) && (t.is(masculine) && !t.is(articleWord|neuter) || t.is(feminine) && !t.upper() && !t.is(articleWord|oblique) && a.verbal(k-1)) {
			return a.noun(k, k+1)
		}
	}
	return p, false
}

// beside tells whether the quotation at item i of a headline stands right behind who
// is quoted: "Mayor ‘heartbroken’ as lido shuts".
func (a *ascriber) beside(i, n int) bool {
	p := &a.subject[n]
	return p.to > 0 && p.to == i && p.from == a.sents[n].from && p.pronoun == 0 && !a.quotes[a.items[i].quote].upper && (p.likely || a.hasFunction(p.from, p.to) || a.bodyAt(p.from, p.to))
}

// announced tells whether a headline begins with who says what follows: "Bank boss: cut
// “only a matter of time”".
func (a *ascriber) announced(i, n int) bool {
	p, s := &a.subject[n], &a.sents[n]
	return p.to > 0 && p.from == s.from && p.to < i && a.items[p.to].kind == colon && p.pronoun == 0 && !a.quotes[a.items[i].quote].upper && (p.likely || a.hasFunction(p.from, p.to) || a.bodyAt(p.from, p.to))
}

// soleSpeaker is the one person who goes on speaking, or whom the text spoke of last.
func (a *ascriber) soleSpeaker(s *sentence) *entity {
	if a.speaker != nil && !a.speaker.many && a.para == s.paragraph {
		return a.speaker
	}
	if a.recent != nil {
		return a.recent
	}
	return a.before
}

// answers is whom the sentence before n asks something, nil if it asks nobody:
// "Counsel asked her whether she was sure."
func (a *ascriber) answers(n int) *entity {
	if n == 0 || a.sents[n-1].paragraph != a.sents[n].paragraph {
		return nil
	}
	s := &a.sents[n-1]
	for v := s.from + 1; v+1 < s.to; v++ {
		if a.items[v].kind == quotation {
			return nil
		}
		if !a.items[v].is(asking) || a.passiveAt(v, s.from) {
			continue
		}
		question := func(k int) bool { return k < s.to && a.items[k].is(conjunction|relative) }
		before := v - 1
		if a.items[before].is(auxiliary) && before > s.from {
			before--
		}
		switch p, ok := a.noun(v+1, s.to); {
		case a.items[v+1].is(oblique) && question(v+2):
			return a.other(a.before, a.items[v+1].class)
		case a.items[before].is(oblique) && !a.items[before].is(pronoun) && question(v+1):
			return a.other(a.before, 0)
		case ok && p.named() && !p.article && question(p.to):
			return a.resolve(&p, n-1, false)
		}
		return nil
	}
	return nil
}

// other is the person whom the text spoke of last but for e.
func (a *ascriber) other(e *entity, c lexicon.Class) *entity {
	for _, o := range []*entity{a.speaker, a.human, a.recent} {
		if o != nil && o != e && o.person && (c&(masculine|feminine) == 0 || o.sex == 0 || o.sex&c != 0) {
			return o
		}
	}
	return nil
}

// alongside tells whether a part of a sentence goes on with another one that was
// ascribed: "…, the court ruled, and that it was “…”".
func (a *ascriber) alongside(q *quote, i int, s *sentence) bool {
	if !q.partial || a.lastQ < 0 || !a.holds(a.lastQ, s) || a.quotes[a.lastQ].entity == nil || a.quotes[a.lastQ].entity != a.speaker || a.quotes[a.lastQ].cue.Empty() {
		return false
	}
	last := a.quotes[a.lastQ].last
	if i-last > maxSentence {
		return false
	}
	for k := last + 1; k < i; k++ {
		if a.items[k].kind == quotation {
			return false
		}
		if a.items[k].is(conjunction) && !a.items[k].is(relative|preposition) {
			return true
		}
	}
	return false
}

// has tells whether the quotation at item i is what the subject of the sentence
// has done, in its own words: "the firm has “taken note”".
func (a *ascriber) has(i, n int) bool {
	s := &a.sents[n]
	k := i - 1
	for k > s.from && a.items[k].is(adverb) && !a.items[k].is(auxiliary) {
		k--
	}
	if !a.items[k].is(auxiliary) || a.items[k].is(passive) || !a.items[k].is(finite) {
		return false
	}
	p, found, near := a.subjectOf(k, s.from)
	return found && near && p.to == a.subject[n].to
}

// intends tells whether the quotation at item i is what the subject of the sentence is
// going to do, in its own words: "Der Kanzler will „keinen Millimeter“ nachgeben".
func (a *ascriber) intends(i, n int) bool {
	s := &a.sents[n]
	v := i - 1
	if !a.items[v].is(auxiliary) || a.items[v].is(passive|participle|subjunctive) || a.items[v].upper() || i+1 >= s.to || a.items[i+1].kind != word {
		return false
	}
	k := i + 1
	for k+1 < min(s.to, i+maxPhrase) && a.items[k+1].kind == word && !a.verbal(k) {
		k++
	}
	w := a.text[a.items[k].Start:a.items[k].End]
	if !strings.HasSuffix(w, "en") || a.items[k].is(participle) || a.items[k].upper() || k+1 < s.to && a.items[k+1].kind == word {
		return false
	}
	p, found, near := a.subjectOf(v, s.from)
	return found && near && p.to == a.subject[n].to
}

// mustDo tells whether the quotation at item i is what the subject of the clause must or
// will do, in its own words: "elle devra « trouver une laverie »", "she will “fight on”".
func (a *ascriber) mustDo(q *quote, i int, s *sentence) bool {
	t := &a.items[i-1]
	if q.words < 2 || !a.lang.modals[a.text[t.Start:t.End]] {
		return false
	}
	if !a.english() {
		first, _, _ := strings.Cut(a.text[q.start:q.end], " ")
		if !slices.ContainsFunc([]string{"er", "ir", "re", "ar", "rse"}, func(e string) bool { return len(first) > len(e)+1 && strings.HasSuffix(first, e) }) {
			return false
		}
	}
	p, found, near := a.subjectOf(i-1, s.from)
	return found && near && (p.named() || p.pronoun&(masculine|feminine) != 0 || a.headed(&p) || a.bodyAt(p.from, p.to))
}

// withThese tells whether the sentence behind n begins with "With these words" and
// has a subject.
func (a *ascriber) withThese(n int) bool {
	if n+1 >= len(a.sents) || a.sents[n+1].paragraph != a.sents[n].paragraph || a.subject[n+1].to == 0 {
		return false
	}
	s := &a.sents[n+1]
	return s.to-s.from > 3 && a.items[s.from].is(preposition) && a.items[s.from+1].is(articleWord) && a.items[s.from+2].is(speech)
}

// signed reads the name that stands below or behind the whole quotation at item
// i.
func (a *ascriber) signed(i, n int, whole bool) (asc ascription, ok bool) {
	s := &a.sents[n]
	if i+2 < s.to && i == s.from && a.items[i+1].kind == dash {
		return a.under(i+1, s.to)
	}
	if !whole || n+1 >= len(a.sents) {
		return asc, false
	}
	next := &a.sents[n+1]
	k := a.items[next.from].kind
	if k == dash || k == bracket || s.setOff && next.to-next.from < 12 && (next.paragraph == s.paragraph || next.setOff) {
		return a.under(next.from, next.to)
	}
	return asc, false
}

// lend gives a quotation that nothing ascribes to whom the next one in its
// paragraph belongs.
func (a *ascriber) lend() {
	for i := len(a.quotes) - 2; i >= 0; i-- {
		q, next := &a.quotes[i], &a.quotes[i+1]
		if q.entity == nil && q.cue.Empty() && !q.partial && !q.name && q.conf >= Enough && next.conf >= Enough && !strings.Contains(a.text[q.close:max(q.close, next.open)], "\n\n") {
			q.entity = next.entity
		}
	}
}

// follows tells whether the sentence before n ended with an ascription.
func (a *ascriber) follows(n int) bool {
	if n == 0 || a.sents[n-1].paragraph != a.sents[n].paragraph {
		return false
	}
	p := &a.sents[n-1]
	if n > 1 && a.sents[n-2].paragraph == p.paragraph && a.question(p) {
		p = &a.sents[n-2] // "…, said Brandt. Worried? “No.”"
	}
	for k := p.from; k < p.to; k++ {
		if a.items[k].kind == quotation && a.quotes[a.items[k].quote].entity == a.speaker {
			return true
		}
	}
	return false
}

// subjunctiveBefore tells whether the form that German has for what others say stands
// between the quotation whose last item is last and item i.
func (a *ascriber) subjunctiveBefore(i, last int) bool {
	for k := last + 1; k < i && i-last <= maxSentence; k++ {
		if a.items[k].is(subjunctive) && !a.items[k].upper() {
			return true
		}
	}
	return false
}

// reportedSpeech tells whether the sentence is told in the form that German
// has for what others say.
func (a *ascriber) reportedSpeech(s *sentence, i int) bool {
	for k := max(s.from, i-maxClause); k < min(s.to, i+8); k++ {
		if a.items[k].is(subjunctive) && !a.items[k].upper() {
			return true
		}
	}
	return false
}
