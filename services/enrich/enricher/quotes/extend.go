package quotes

import (
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// extend takes what a description goes on with: "of the company".
func (g *grammar) extend(p *phrase, end int) {
	if k := p.to; k < end && k > p.from && len(g.lang.adjectives) > 0 && g.items[k-1].upper() && g.joined(k) && g.adjectival(k) && !p.desc.Empty() {
		p.to++
		p.desc.End = int(g.items[k].End)
		if !p.role.Empty() {
			p.role.End = p.desc.End
		}
	}
	for range 3 {
		k := p.to
		if k+1 >= end || k-p.from > maxPhrase || !g.joined(k) {
			return
		}
		n := g.items[k].words(inside)
		if g.items[k].is(toward) && g.items[k+1].words(audience) == 0 && (g.items[k+1].upper() || g.items[k+1].is(articleWord|possessive)) {
			n = 1
		}
		if n == 0 && k == p.core && g.lang.capitals && g.kindsAt(k-1) != 0 && !(p.from > 0 && g.items[p.from-1].is(preposition) && g.between(p.from) == " ") && g.items[k+1].upper() && g.text[g.items[k].Start:g.items[k].End] == "in" && g.lex.Phrases.All([]lexicon.Token{g.items[k+1].Token})&lexicon.City != 0 {
			n = 1 // "das Ministerium in Kiew"
		}
		if n == 0 && k == p.core && g.forTask(p, k, end) {
			n = 1
		}
		if n == 0 && k == p.core && g.placed(p, k, end) {
			n = 1
		}
		if n > 0 && g.english() && k == p.core && k+2 < end && g.text[g.items[k+1].Start:g.items[k+1].End] == "about" && (g.items[k+2].is(many) || g.items[k+2].Shape&lexicon.Digits != 0 || g.items[k+2].class == 0) && g.headed(p) {
			p.to = k + 3 // "a boy of about seven"
			p.desc.End = int(g.items[p.to-1].End)
			return
		}
		if n > 0 && g.lang.capitals && k == p.core && g.kindsAt(k-1) != 0 && g.text[g.items[k].Start:g.items[k].End] == "von" && g.lex.Phrases.All([]lexicon.Token{g.items[k+1].Token})&lexicon.City == 0 {
			return // "geht die Polizei von Absicht aus"
		}
		if n == 0 || k+n >= end || !g.joined(k+n) || g.items[k].words(according) > 0 {
			return
		}
		owned := g.text[g.items[k].Start:g.items[k].End] == "du" && g.headed(p) // "le patron du site"
		if c := g.items[k+n].words(channel); c > 0 && !owned || k+n+1 < end && g.items[k+n].is(articleWord|possessive) && g.items[k+n+1].words(channel) > 0 {
			return
		}
		m := k + n
		for m < end && g.items[m].is(articleWord|possessive) && g.joined(m) {
			m++
		}
		start := m
		for m < end && m < start+4 && g.items[m].kind == word && !g.items[m].named && (m == start || g.joined(m)) {
			if !g.items[m].upper() && (m > start && g.verbal(m) || g.stopper(m) && !(m == start && m > k+n && g.english() && g.items[m].is(adverb) && (m+1 == end || g.items[m+1].kind != word))) || g.items[m].is(timeWord) {
				if m == start+1 && g.items[m].is(timeWord) && !g.items[start].upper() && g.headed(p) && m+1 < end && g.items[m+1].kind == comma {
					m++ // "her editor of thirty years, Ann Brandt"
				} else if m == start+1 && (g.lang.inserts || g.lang.noSubject) && g.items[m].is(timeWord) && g.items[p.from].is(articleWord) && !g.items[p.from].is(definite) && !g.items[start].upper() {
					m++ // "un niño de seis años"
				}
				break
			}
			if m > start && g.lang.noSubject && g.items[m].is(articleWord) && !g.items[m].upper() && !g.items[m].is(preposition) && m+1 < len(g.items) && g.items[m+1].kind == word && g.verbal(m+1) {
				break // "un portavoz de la empresa la tachó"
			}
			// Behind a noun, a small word is a verb that the data don't know.
			if m > start && g.items[m].Shape&lexicon.Digits != 0 && g.items[m].End-g.items[m].Start < 3 && g.items[m-1].upper() && !g.lang.capitals {
				m++ // "una maestra de la Escuela 7"
				break
			}
			if m > start && !g.items[m].upper() && g.items[m-1].upper() && !g.genitive(m) && !g.items[m].is(role) && !g.adjectival(m) && !g.namedAfter(start, m, end) {
				break
			}
			if m > start && m+1 < end && (g.lang.inserts || g.lang.noSubject) && g.plain(m) && g.items[m+1].is(articleWord) && !g.items[m+1].is(preposition) && g.joined(m+1) && !g.adjectival(m) {
				break // "une mère d'élève renvoie les deux"
			}
			m++
		}
		if m > start && g.genitive(m-1) {
			m--
		}
		if m == start+1 && g.items[start].Shape&lexicon.Digits != 0 {
			return // an age
		}
		if at := g.nameBehind(p, start, m, end); at > 0 {
			p.to = at
			return
		}
		if m == start && m > k+n+1 {
			start-- // "of the three"
		}
		if m == start && m == k+n+1 && m+1 < end && g.items[m].is(inside) && g.items[m+1].is(oblique|pronoun) && g.joined(m+1) {
			m += 2 // "de una de ellas"
		}
		if m == start {
			return
		}
		if g.lang.capitals && g.items[k].is(articleWord) && g.medial(start, m) {
			return // "sagte ein Sprecher der Deutschen Presse-Agentur"
		}
		if !p.desc.Empty() {
			p.desc.End = int(g.items[m-1].End)
		}
		p.to = m
		if !p.role.Empty() {
			p.role.End = p.desc.End
		}
	}
}

// placed tells whether where somebody is, or what he has, stands behind somebody new at item
// k: "a woman at the back", "un paciente con muletas".
func (g *grammar) placed(p *phrase, k, end int) bool {
	if k+1 >= end || p.desc.Empty() || p.loose || !g.items[p.from].is(articleWord) || g.items[p.from].is(definite|possessive|many) || g.items[k-1].words(role|person) == 0 {
		return false
	}
	w := g.text[g.items[k].Start:g.items[k].End]
	switch {
	case g.english():
		return w == "at" && g.items[k+1].is(definite) && k+2 < end && g.items[k+2].words(channel) == 0
	case g.lang.noSubject:
		return w == "con" && g.plain(k+1) && g.joined(k+1)
	case g.lang.inserts:
		return w == "en" && g.plain(k+1) && g.joined(k+1) && (k+2 >= end || g.items[k+2].kind != word)
	}
	return false
}

// namedAfter tells whether the English word at m is the noun that a name before it, from
// item start on, belongs to: "for the Senate campaign arm".
func (g *grammar) namedAfter(start, m, end int) bool {
	noun := func(k int) bool {
		return g.items[k].kind == word && !g.items[k].upper() && !g.verbal(k) && !g.stopper(k) && !g.items[k].is(articleWord|possessive)
	}
	if !g.english() || !noun(m) {
		return false
	}
	if !g.items[start-1].is(articleWord) {
		return m+1 < end && g.items[m+1].is(cue) && g.joined(m+1) // "a trader at Azadpur mandi said"
	}
	return m+1 >= end || g.items[m+1].kind != word || g.verbal(m+1) || noun(m+1) && g.joined(m+1)
}

// adjectival tells whether the small word at k, which the data don't know, ends like
// an adjective: "Ejecutivo regional".
func (g *grammar) adjectival(k int) bool {
	if !g.plain(k) {
		return false
	}
	w := g.text[g.items[k].Start:g.items[k].End]
	return slices.ContainsFunc(g.lang.adjectives, func(e string) bool { return len(w) > len(e)+minStem && strings.HasSuffix(w, e) })
}

// forTask tells whether the task of a function stands behind the French "à" at k:
// "l'adjointe à la sécurité", "secrétaire d'État au Tourisme".
func (g *grammar) forTask(p *phrase, k, end int) bool {
	if !g.lang.inserts || !g.headed(p) || g.items[k].words(audience) > 0 || k+1 >= end {
		return false
	}
	next := &g.items[k+1]
	switch g.text[g.items[k].Start:g.items[k].End] {
	case "à":
		return next.is(definite) && k+2 < end && !g.items[k+2].is(channel|medium|timeWord) && g.items[k+2].Shape&lexicon.AllCaps == 0
	case "au", "aux":
		return next.upper() && !g.medial(k+1, k+2)
	}
	return false
}

// nameBehind names a description whose function and what it is of stand before the
// name: "chair of governors Ravi Menon". items [start, m) are what it goes on
// with. It is the item behind the name, 0 if there is none.
func (g *grammar) nameBehind(p *phrase, start, m, end int) int {
	if !g.headed(p) {
		return g.firmBehind(p, start, m)
	}
	for k := start + 1; k < m; k++ {
		t := &g.items[k]
		if !t.upper() || k+1 >= end || !g.items[k+1].upper() || !g.joined(k+1) {
			continue
		}
		known := g.given(k) && !g.given(k-1)
		lower := !g.items[k-1].upper() && !g.items[k-1].is(body|work|articleWord|preposition) && t.Shape&lexicon.AllCaps == 0
		if !known && !lower {
			continue
		}
		to := k + 1
		for to < end && to < k+4 && g.items[to].upper() && g.joined(to) {
			to++
		}
		p.name, p.words, p.likely = g.cover(k, to), to-k, true
		p.role = g.bare(p.from, k)
		p.desc = article.Span{}
		return to
	}
	return 0
}

// firmBehind names a description of a firm whose trade stands before the name:
// "le fabricant de skis Valmorain", "la cadena de supermercados Sol". It is the
// item behind the name, 0 if there is none.
func (g *grammar) firmBehind(p *phrase, start, m int) int {
	if !g.lang.inserts && !g.lang.noSubject || !g.items[p.from].is(articleWord) || p.core != p.from+2 || !g.items[p.from+1].is(body) ||
		g.lang.bodies[fold(g.cover(p.from+1, p.from+2).In(g.text))]&firms == 0 || g.items[start-1].is(articleWord) {
		return 0
	}
	k := start
	for k < m && !g.items[k].upper() {
		k++
	}
	if k == start || k == m {
		return 0
	}
	for j := k; j < m; j++ {
		if !g.items[j].upper() {
			return 0
		}
	}
	p.name, p.words, p.article = g.cover(k, m), m-k, true
	p.role = g.bare(p.from, k)
	p.desc = article.Span{}
	return m
}

// extendName takes what the name of a body goes on with: "The Ministry of Works",
// "La Cour de cassation". The name before it stays in p.short.
func (g *grammar) extendName(p *phrase, end int) {
	k := p.to
	place := g.kindsAt(k-1) != 0 && k+1 < end && g.text[g.items[k].Start:g.items[k].End] == "in"
	if k+1 >= end || p.to-p.from != 2 && !place && !(g.english() && g.items[k-1].is(body) && g.items[k-1].upper()) || !g.items[p.from].is(articleWord) || !g.joined(k) || !g.joined(k+1) || g.items[p.from+1].named {
		return
	}
	romance := g.lang.inserts || g.lang.noSubject
	if romance && k+2 < end && !g.items[p.from+1].is(body) && g.adjectival(k) && g.joined(k+1) && g.items[k+1].is(inside) && g.joined(k+2) {
		k++ // "Le Centre national du sel"
	}
	if romance && g.items[p.from+1].is(body) {
		for k < p.to+2 && k+1 < end && g.plain(k) && g.joined(k+1) {
			k++ // "régionale"
		}
	}
	if romance && k == p.to && k+1 < end && g.items[k-1].is(body) && g.adjectival(k) && g.items[k+1].kind == word && !g.items[k+1].is(inside) {
		p.short = p.name // "la Commission européenne s'est dite"
		p.to, p.name.End, p.words = k+1, int(g.items[k].End), p.words+1
		p.desc = p.name
		return
	}
	switch g.text[g.items[k].Start:g.items[k].End] {
	case "of", "for", "de", "des", "du", "del", "d":
	case "in":
		if !place {
			return
		}
	default:
		return
	}
	m := k + 1
	for romance && m < k+2 && m+1 < end && g.items[m].is(articleWord) && g.joined(m+1) {
		m++
	}
	from := m
	for m < end && m < k+6 && g.items[m].kind == word && g.items[m].upper() && !g.items[m].is(timeWord) && g.joined(m) {
		m++
	}
	if romance && m == from && m < end && (g.plain(m) || g.items[m].Shape&lexicon.Digits == 0 && (g.items[m].class == 0 || g.items[k-1].is(body) && g.items[m].class&^(role|person|office) == 0)) && g.joined(m) {
		m++
		for m < from+3 && m < end && g.plain(m) && g.joined(m) {
			m++
		}
		if m+1 < end && g.items[m].is(conjunction) && !g.items[m].is(preposition|relative) && g.joined(m) && g.plain(m+1) && g.joined(m+1) && (m+2 >= end || !g.items[m+2].is(articleWord|preposition)) {
			m += 2 // "justice et police"
		}
	}
	if m == from {
		return
	}
	if romance && m < end && g.items[m-1].upper() && g.joined(m) && g.adjectival(m) {
		m++ // "des Finances publiques"
	}
	p.short = p.name
	p.to = m
	p.name.End = int(g.items[m-1].End)
	p.desc = p.name
	p.words = m - p.from - 1
}

// plain tells whether the word at k is small and no word that the data know.
func (g *grammar) plain(k int) bool {
	t := &g.items[k]
	return t.kind == word && t.Shape&lexicon.Lower != 0 && t.class == 0 && t.long == 0 && !g.verbal(k)
}

// medial tells whether the name of an agency or a word for a medium is among
// the items.
func (g *grammar) medial(from, to int) bool {
	for k := from; k < to; k++ {
		if t := &g.items[k]; t.is(medium) || t.named || t.upper() && g.agency(k) {
			return true
		}
	}
	return false
}

// agency tells whether the word at k is the name of an agency.
func (g *grammar) agency(k int) bool {
	t := &g.items[k]
	ag, n := g.lex.AgencyName([]lexicon.Token{t.Token})
	return n > 0 && g.text[t.Start:t.End] == ag.Name
}

// apposition reads what stands between commas behind a phrase and tells more of
// it: a name behind a function, or a function behind a name. The
// closing comma is not part of it.
func (g *grammar) apposition(p *phrase, end int) {
	k := p.to
	if k+1 >= end || p.pronoun != 0 {
		return
	}
	if n := g.brackets(k, end); n > k && n < end && (!p.named() || g.items[n].kind == comma) {
		k = n // "le maire (divers droite), Paul Morin"
		if q, ok := g.noun(k, end); ok && !p.named() && q.named() && !q.article && q.words > 1 && g.headed(p) {
			g.bears(p, &q, g.cover(p.from, p.to))
			return
		}
	}
	if k+1 >= end {
		return
	}
	if !p.named() && g.items[k].is(like) && g.joined(k) && !g.items[p.from].is(definite|possessive) {
		if q, ok := g.noun(k+1, end); ok && q.named() && q.likely && q.words > 1 && !q.article {
			p.name, p.words, p.likely, p.to, p.desc = q.name, q.words, true, q.to, article.Span{} // "Händler wie Jan Brandt"
			return
		}
	}
	if g.items[k].kind != comma {
		g.nameBeyond(p, end)
		return
	}
	k++
	if g.lang.inserts && k+1 < end && g.items[k+1].kind == comma && g.items[k].is(pronoun|oblique) {
		switch g.text[g.items[k].Start:g.items[k].End] {
		case "lui", "elle", "eux", "elles":
			p.to, p.enclosed = k+1, true // "L'association, elle, voit"
			return
		}
	}
	if g.ofInitials(p, k, end) || g.items[k].is(relative) && !g.items[k].is(articleWord) {
		return
	}
	if p.named() && p.role.Empty() && !p.article {
		g.functionBehind(p, k, end)
		return
	}
	if p.named() && !p.article && g.items[k].is(articleWord) {
		// "Sen. Ann Brandt, the Ohio Democrat who led the talks, said"
		if q, ok := g.noun(k, end); ok && q.pronoun == 0 && q.to < end && (g.items[q.to].kind == comma || g.items[q.to].is(relative)) && (!q.named() || q.article) {
			p.to, p.enclosed = q.to, true
		}
		return
	}
	if n := g.roleAt(k); !p.named() && n > 0 && k+n < end && g.brackets(k+n, end) > k+n && !g.items[k].upper() {
		k = g.brackets(k+n, end) // "general (r) Luis Cobo"
	}
	if !p.named() {
		q, ok := g.noun(k, end)
		if ok && q.named() && q.article && g.byArticle(p, &q, k, end) {
			return
		}
		if ok && q.named() && !q.article && !(q.words == 1 && g.plural(p)) && (q.words >= 2 || q.to < end && g.items[q.to].kind == comma || q.to == end && (end == len(g.items) || g.items[end].kind != word || g.sentenceEnds(end))) && g.closes(q.to, end) &&
			(g.headed(p) || p.loose || g.items[p.from].is(possessive) || q.to < end && g.items[q.to].kind == comma || q.to == end && (end == len(g.items) || g.items[end].kind != word || !g.joined(end)) && q.likely && q.words > 1 && g.items[p.from].is(definite) && p.to == p.core && p.core == p.from+2) {
			if p.role.Empty() && !p.loose {
				p.role = p.desc
			}
			p.name, p.words, p.to, p.enclosed, p.likely = q.name, q.words, q.to, true, q.likely
			if !q.role.Empty() && q.role.Start < q.name.Start && g.items[q.from].is(title) {
				p.role = q.role
			}
		}
	}
}

// ofInitials takes a body's initials behind a function for what it is of, where a name
// stands behind a comma at item k: "le délégué CGT, Paul Morin".
func (g *grammar) ofInitials(p *phrase, k, end int) bool {
	if !p.named() || p.likely || p.article || p.role.Empty() || !p.desc.Empty() {
		return false
	}
	for i := p.to - 1; i >= p.from && int(g.items[i].Start) >= p.name.Start; i-- {
		if g.items[i].Shape&lexicon.AllCaps == 0 {
			return false
		}
	}
	q, ok := g.noun(k, end)
	if !ok || !q.named() || q.article || !q.likely || q.words < 2 {
		return false
	}
	p.role.End = p.name.End
	p.name, p.words, p.likely, p.to, p.enclosed = q.name, q.words, true, q.to, true
	return true
}

// maxTask is how many words may stand between a function and who has it.
const maxTask = 12

// nameBeyond reads who has a function that goes on with words that the data don't
// know: "l'entraîneur du Stade nantois, Paul Morin," "le conseiller chargé de la
// santé Paul Morin".
func (g *grammar) nameBeyond(p *phrase, end int) {
	if p.named() || !g.lang.inserts && !g.lang.noSubject || !g.items[p.from].is(definite|possessive) && (p.from == 0 || !g.contractedAt(p.from)) || !g.headed(p) {
		return
	}
	for k := p.to; k < min(end, p.to+maxTask); k++ {
		t := &g.items[k]
		switch {
		case t.kind == comma:
			q, ok := g.noun(k+1, end)
			if !ok || !q.named() || q.article || q.words < 2 || q.to < end && g.items[q.to].kind == word && !g.verbal(q.to) {
				return
			}
			g.bears(p, &q, g.cover(p.from, k))
			p.enclosed = true
			return
		case t.kind != word || t.is(relative|pronoun) && !t.is(articleWord) || t.is(auxiliary|cue|describe|finite|weak) && !t.is(participle|articleWord|preposition):
			return
		case k > p.to && t.upper() && g.given(k) && !g.items[k-1].is(preposition|articleWord|title) && k+1 < end && g.items[k+1].upper() && g.joined(k+1) && !g.items[k-1].upper():
			if q, ok := g.noun(k, end); ok && q.named() && q.words > 1 {
				g.bears(p, &q, g.cover(p.from, k))
			}
			return
		case k > p.to && !g.joined(k):
			return
		}
	}
}

// contractedAt tells whether the word at i is a preposition with an article in it.
func (g *grammar) contractedAt(i int) bool {
	return g.items[i].is(preposition) && g.items[i].is(articleWord)
}

// bears makes q who has the function that p describes.
func (g *grammar) bears(p, q *phrase, function article.Span) {
	for from := p.from; from < p.to && int(g.items[from].Start) == function.Start && g.items[from].is(articleWord|possessive); from++ {
		function.Start = int(g.items[from+1].Start)
	}
	p.name, p.words, p.likely, p.to = q.name, q.words, true, q.to
	p.role, p.desc = function, article.Span{}
}

// sentenceEnds tells whether a sentence ends before item k.
func (g *grammar) sentenceEnds(k int) bool {
	gap := g.text[g.items[k-1].End:g.items[k].Start]
	return strings.ContainsAny(gap[:min(len(gap), 8)], ".!?\n")
}

// byArticle takes a name with an article, at item k between commas, for what a
// description before it means: "his union, the RSW, has", "the vicar, the Rev Tim
// Oakes".
func (g *grammar) byArticle(p, q *phrase, k, end int) bool {
	titled := g.items[k+1].is(title | role)
	if !titled && q.words > 1 && !(q.to < end && g.bodyAt(q.to-1, q.to) && !g.items[p.from].is(definite)) || !g.items[k].is(articleWord) || !g.headed(p) && !g.bodyAt(p.from, p.to) || q.to < end && g.items[q.to].kind != comma {
		return false
	}
	p.role = p.desc
	p.name, p.words, p.to, p.enclosed, p.article = q.name, q.words, q.to, true, !titled
	if titled {
		from := k + 1
		for n := g.roleAt(from); n > 0 && from+n < q.to && !g.items[from].is(title); n = g.roleAt(from) {
			from += n
		}
		p.name, p.likely = g.cover(from, q.to), true
	}
	return true
}

// functionBehind reads ", owner of the bakery" behind a name.
func (g *grammar) functionBehind(p *phrase, k, end int) {
	start := k
	// "seit 2011 Leiterin", "formerly an adviser"
	for k < end && k < start+3 && g.items[k].kind == word && (g.items[k].Shape&lexicon.Digits != 0 || g.items[k].is(preposition) && k+1 < end && g.items[k+1].Shape&lexicon.Digits != 0) {
		k++
	}
	if k > start && k+1 < end && g.items[k].kind == comma {
		k++ // ", 54, a driver"
	}
	if k >= end || g.items[k].kind != word || g.verbal(k) && g.items[k].words(role) == 0 {
		return
	}
	q, ok := g.noun(k, end)
	if !ok || q.pronoun != 0 || q.loose && q.to-q.from == 1 {
		return
	}
	if g.goesOn(q.to, min(len(g.items), q.to+4)) {
		return // "Behind the club, the family said"
	}
	det := g.items[k].is(articleWord) || g.items[k].is(possessive)
	function := g.hasFunction(q.from, q.to)
	if !function && (!det || q.to < end && g.items[q.to].kind != comma && !g.items[q.to].is(relative)) || q.named() && !q.article && q.role.Empty() {
		return
	}
	switch {
	case !q.role.Empty() && !q.named():
		p.role = q.role
	case q.desc.Empty():
		p.role = article.Span{Start: int(g.items[q.from].Start), End: q.name.End}
	default:
		p.role = g.bare(q.from, q.to)
	}
	p.to, p.enclosed = g.moreFunctions(q.to, end), true
}

// moreFunctions is where the functions end that stand behind another one: "president
// and chief operating officer".
func (g *grammar) moreFunctions(k, end int) int {
	for range 3 {
		if k+1 >= end || !g.items[k].is(conjunction) || g.items[k].is(preposition|relative) || g.items[k+1].upper() {
			return k
		}
		q, ok := g.noun(k+1, end)
		if !ok || q.named() || !g.headed(&q) {
			return k
		}
		k = q.to
	}
	return k
}

// goesOn tells whether a verb stands at k or behind small words there, so that what
// stands before it is its subject.
func (g *grammar) goesOn(k, end int) bool {
	for ; k < end && g.items[k].kind == word; k++ {
		if g.verbal(k) {
			return true
		}
		if !g.items[k].is(adverb) {
			return false
		}
	}
	return false
}

// closes tells whether an apposition may end before item k.
func (g *grammar) closes(k, end int) bool {
	return k >= end || g.items[k].kind != word || g.verbal(k) || g.stopper(k) || !g.items[k].upper()
}
