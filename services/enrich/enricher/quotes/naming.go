package quotes

import (
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// split tells role and name apart: items [first, small) are small words, [run,
// end) have capitals.
func (g *grammar) split(p *phrase, from, first, small, run, end int, det bool) {
	name := run
	if name < end {
		name = g.peel(run, end, det || small > first)
	}
	lower := small > first
	switch {
	case name >= end:
		p.desc = g.cover(from, end)
		p.role = g.bare(first, end)
		p.definite = g.items[from].is(definite)
	case g.firm(p, first, run, end, det):
	case g.lang.capitals && name == run && (det || lower) && g.single(name, end) && !g.given(name):
		p.desc = g.cover(from, end) // "ein Augenzeuge"
		p.definite = g.items[from].is(definite) && g.hasFunction(first, end)
		if p.definite {
			p.role = g.bare(first, end)
		}
	case lower && !g.lang.capitals && !g.hasRole(first, small) && !g.given(name) && end-name == 1 && det:
		p.desc = g.cover(from, end) // "a French diplomat", "the old Bundestag"
	default:
		p.name, p.words, p.likely = g.cover(name, end), end-name, g.given(name)
		if g.items[name].is(title) && end-name == 2 {
			p.words = 1
		}
		if name > first {
			if name > run || g.lang.capitals || g.hasRole(first, small) || small == first+1 && p.words > 1 && !strings.HasSuffix(g.text[g.items[first].Start:g.items[first].End], "ing") {
				p.role = g.bare(first, name)
			}
		} else if det && (first == from+1 && g.items[from].is(articleWord) || p.words == 1 && !g.given(name)) {
			p.article = true
			p.name.Start = int(g.items[from].Start)
			p.desc = p.name
		}
	}
	if !p.named() && first+1 < end && g.items[from].is(definite) && g.items[first].Shape&lexicon.Digits != 0 && g.between(first+1) == "-" {
		p.pronoun = masculine | feminine // "the 47-year-old"
		if only := g.items[from].class & (masculine | feminine); g.lang.capitals && only != 0 {
			p.pronoun = only // "die 47-Jährige"
		}
	}
}

// firm reads "the carmaker Ravel", "der Autobauer Ravel": what a body is, and its
// name.
func (g *grammar) firm(p *phrase, first, run, end int, det bool) bool {
	name := run
	switch {
	case !det && run == first+1 && g.kindsAt(first)&firms != 0 && !g.lang.capitals && !g.lang.inserts && !g.lang.noSubject:
		if end-run > 3 {
			return false // "processor Longmeadow"
		}
	case !det && (g.lang.capitals || g.lang.inserts || g.lang.noSubject):
		return false
	case g.lang.capitals && end-run == 3 && strings.HasSuffix(g.text[g.items[run].Start:g.items[run].End], "er") && !g.given(run) && g.bodyNoun(run+1) && g.between(run+1) == " " && g.between(run+2) == " ":
		name = run + 2 // "der Dresdner Chiphersteller Nexora"
	case !det || g.lang.capitals:
		if end-run < 2 || end-run > 4 || !g.bodyNoun(run) || g.between(run+1) != " " {
			return false
		}
		name = run + 1
	default:
		if end-run > 3 || run <= first {
			return false
		}
		head := run - 1
		for head >= first && !g.items[head].is(body|medium) && !g.hasFunction(head, head+1) && head > run-3 {
			head--
		}
		if head < first || !g.items[head].is(body|medium) || g.items[head].is(body) && g.lang.bodies[fold(g.cover(head, head+1).In(g.text))]&firms == 0 && !g.items[head].is(medium) || g.hasFunction(head, run) && (head != run-1 || g.anyGiven(run, end)) {
			return false
		}
	}
	p.name, p.words, p.article = g.cover(name, end), end-name, true
	p.role = g.bare(first, name)
	return true
}

// bodyNoun tells whether the word at i is a company's noun or a compound that ends
// with one.
func (g *grammar) bodyNoun(i int) bool {
	w := fold(g.text[g.items[i].Start:g.items[i].End])
	if g.lang.bodies[w]&firms != 0 {
		return true
	}
	for k := max(1, len(w)-g.lang.longestBody); k < len(w)-minCompound; k++ {
		if g.lang.bodies[w[k:]]&firms != 0 {
			return true
		}
	}
	return false
}

// single tells whether items [from, to) are one word, with hyphens in it.
func (g *grammar) single(from, to int) bool {
	for k := from + 1; k < to; k++ {
		if g.between(k) != "-" {
			return false
		}
	}
	return true
}

// peel is where the name begins in a run of words with capitals.
func (g *grammar) peel(run, end int, before bool) int {
	k := run
	for k < end {
		if g.items[k].is(title) && k+1 < end {
			return k
		}
		n := g.roleAt(k)
		if k > run && (g.bothTitles(k, end) || n == 0 && g.english() && k+1 < end && g.roleAt(k+1) > 0 && !g.given(k) && g.between(k) == " ") {
			k++ // "Detective Senior Sergeant"
			continue
		}
		if n == 1 && k == run && k+2 == end && before && g.lang.noSubject && g.items[k].is(body) && !g.given(k+1) {
			break // "la Policía Nacional"
		}
		if n > 0 && k+n == end-1 && n == 1 && k == run && g.items[k+n].is(body) && !g.lang.capitals {
			break // "Premier League"
		}
		if n == 0 || n > end-k || k+n < end && (g.between(k+n) == "' " || g.between(k+n) == "’ ") {
			break
		}
		k += n
	}
	if k > run && k < end && !g.items[k].upper() {
		return end // "Fuentes del Ejecutivo"
	}
	if k > run {
		// "Ministerpräsident des Landes", "Polizeichef Braun": what is left.
		return k
	}
	if before && !g.lang.capitals && end-run >= 3 && !g.given(run) && g.items[run].words(person) > 0 && g.between(run+1) == " " && !g.bodyAt(run+1, end) && g.items[run+1].Shape&lexicon.AllCaps == 0 {
		return run + 1 // "le Slovène Matej Zupan"
	}
	if end-run == 2 && before && !g.lang.capitals && g.items[end-1].words(person) > 0 && g.between(end-1) == " " && !g.anyGiven(run, end) {
		return end // "the Ohio Democrat"
	}
	if end-run > 1 && !g.lang.capitals && g.roleAt(end-1) > 0 && !g.items[end-1].is(title) && g.between(end-1) == " " && !g.anyGiven(run, end) && end < len(g.items) && g.items[end].kind == comma {
		return end // "Public Relations Officer, Ann Brandt,"
	}
	for m := end - 1; m > run && !g.lang.capitals; m-- {
		if n := g.roleAt(m); n > 0 && m+n < end && g.items[m+n].upper() && !g.given(m) && !g.given(m-1) {
			return m + n // "U.S. Attorney Nealy Cox"
		}
	}
	if !g.lang.capitals && end-run == 3 && (run == 0 || g.between(run) != " ") && !g.given(run) && g.given(run+1) && !g.given(run+2) && g.between(run+1) == " " && g.items[run].Shape&lexicon.AllCaps == 0 && g.roleLike(run) {
		return run + 1 // "Crofter Morag MacLeod": a function that begins the sentence
	}
	if !g.lang.capitals && end-run == 3 && (run == 0 || g.between(run) != " ") && g.between(run+1) == " " && g.roleLike(run) && !g.given(run) && !g.bodyAt(run, end) && g.recurs(end-1) {
		return run + 1 // "Orchardist Meg Dunstable", of whom the text goes on to speak as Dunstable
	}
	for m := run + 1; m < end; m++ {
		if g.given(m) && !g.given(m-1) && end-m >= 2 && g.between(m) == " " && (g.lang.capitals || before) && g.items[m-1].upper() {
			return m
		}
		if g.roleAt(m) > 0 && g.lang.capitals && end-m >= 2 {
			return g.peel(m, end, before)
		}
	}
	if g.lang.capitals && end-run >= 3 && !g.given(run) && g.items[run].End-g.items[run].Start > minCompound && !g.items[run+1].is(articleWord) && g.text[g.items[run+1].Start:g.items[run+1].End] != "von" && g.between(run+1) == " " {
		return run + 1
	}
	return run
}

// recurs tells whether the word at i stands further on without the one before it, so that it
// is a family name.
func (g *grammar) recurs(i int) bool {
	w := g.text[g.items[i].Start:g.items[i].End]
	for k := i + 2; k < min(len(g.items), i+maxVouched); k++ {
		t := &g.items[k]
		if t.upper() && int(t.End-t.Start) == len(w) && g.text[t.Start:t.End] == w {
			return !g.items[k-1].upper() || g.items[k-1].is(title) || g.between(k) != " "
		}
	}
	return false
}

// bothTitles tells whether the word at j joins two functions that stand before a name:
// "Gründer und Geschäftsführer Ann Brandt".
func (g *grammar) bothTitles(j, end int) bool {
	return g.items[j].is(conjunction) && !g.items[j].is(preposition|relative) && j+2 < end && g.roleAt(j-1) == 1 && g.roleAt(j+1) == 1 && g.joined(j) && g.joined(j+1) && g.items[j+1].upper() && g.items[j+2].upper() && g.joined(j+2)
}

// anyGiven tells whether a given name or a title like "Mr" is among the items.
func (g *grammar) anyGiven(from, to int) bool {
	for k := from; k < to; k++ {
		if g.given(k) || g.items[k].is(title) {
			return true
		}
	}
	return false
}

// roleLike tells whether the word at i is a function or ends like one.
func (g *grammar) roleLike(i int) bool {
	w := g.text[g.items[i].Start:g.items[i].End]
	return g.roleAt(i) > 0 || slices.ContainsFunc(g.lang.likelyEndings, func(e string) bool {
		return len(w) > len(e)+minStem && strings.HasSuffix(w, e)
	})
}

// bare is the text of a function without what it is of before it: "the junta's
// spokesman" is a spokesman.
func (g *grammar) bare(from, to int) article.Span {
	for k := to - 2; k > from; k-- {
		if g.genitive(k) {
			from = k + 1
			break
		}
	}
	for from < to-1 && g.items[from].is(articleWord|possessive) {
		from++
	}
	return g.cover(from, to)
}

// headed tells whether the head of a description is a function.
func (g *grammar) headed(p *phrase) bool {
	to := p.from + 1
	for to < p.to && !g.items[to].is(inside) {
		to++
	}
	return g.hasFunction(p.from, to)
}

// bodyAt tells whether a body's noun is among the items.
func (g *grammar) bodyAt(from, to int) bool {
	for k := from; k < to; k++ {
		if g.items[k].is(body) {
			return true
		}
	}
	return false
}

func (g *grammar) hasFunction(from, to int) bool {
	for k := from; k < to; k++ {
		if g.roleAt(k) > 0 {
			return true
		}
	}
	return false
}
