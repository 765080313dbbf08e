package entities

import (
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
)

// How many tokens a title or function before a name has at most, and one behind it;
// how many words of that may stand before the one that tells the function.
const (
	maxBefore   = 5
	maxBehind   = 10
	maxToWord   = 3
	maxApposed  = 12 // "le ministre de l'Intérieur, Jean Martin,"
	maxArticles = 5  // letters
)

// describe adds the title and function that stand beside the k-th mention.
func (f *finder) describe(k int, e *article.Entity) {
	m := &f.found[k]
	from, to := f.doc.Block(m.from)
	if e.Title == "" || e.Role == "" {
		f.before(m, e, from)
	}
	if e.Role == "" {
		e.Role = f.apposed(k, from, to)
	}
	if e.Role == "" {
		e.Role = f.behind(k, to)
	}
}

// before reads "Junta spokesman", "Dr", "Prime Minister" before a name.
func (f *finder) before(m *mention, e *article.Entity, from int) {
	first := m.from
	for first > from && m.from-first < maxBefore && f.token(first-1).Word() && f.token(first-1).Is(tag.Title|tag.Role) && f.near(first-1, first) {
		first--
	}
	if first == m.from {
		return
	}
	role := false
	for k := first; k < m.from; k++ {
		role = role || f.token(k).Is(tag.Role) && !f.token(k).Capital()
	}
	// what goes before a function belongs to it, unless a preposition governs it
	i := first
	for i > from && m.from-i < maxBefore && f.modifies(i-1) && f.near(i-1, i) {
		i--
	}
	if i < first && i > from && f.token(i-1).Is(tag.Near) && f.near(i-1, i) && !f.token(i).Is(tag.Demonym|tag.Modifier) {
		i = first
	}
	s := f.words(i, m.from)
	switch {
	case (role || i < first) && e.Role == "":
		e.Role = s
	case !role && i == first && e.Title == "":
		e.Title = s
	}
}

// words is the text from one token up to another, with single blanks.
func (f *finder) words(from, to int) string {
	return strings.Join(strings.Fields(f.doc.Text()[f.token(from).Start:f.token(to-1).End]), " ")
}

// near tells whether two tokens have only a blank between them.
func (f *finder) near(i, j int) bool { return f.token(j).Start-f.token(i).End <= 2 }

// modifies tells whether a word may go before a function: a country, a party, a
// nation, a common noun like "police".
func (f *finder) modifies(i int) bool {
	t := f.token(i)
	if !t.Word() || f.doc.Word(i) == "s" {
		return false
	}
	if t.Is(tag.Demonym | tag.Country | tag.OrgWord | tag.Role | tag.Title | tag.Modifier) {
		return true
	}
	return t.Capital() && !t.First() && !t.Is(tag.Stop|tag.Link|tag.Near)
}

// article tells whether a small article stands at token i.
func (f *finder) article(i int) bool {
	t := f.token(i)
	return t.Word() && !t.Capital() && t.Is(tag.Stop) && len(f.doc.Word(i)) <= maxArticles && f.doc.The(i)
}

// person tells whether a person other than the k-th mention is named between two
// tokens.
func (f *finder) person(k, from, to int) bool {
	for n := k + 1; n < len(f.found) && f.found[n].from < to; n++ {
		if f.found[n].kind == tag.Person {
			return true
		}
	}
	for n := k - 1; n >= 0 && f.found[n].to > from; n-- {
		if f.found[n].kind == tag.Person {
			return true
		}
	}
	return false
}

// behind reads ", a spokesman for the ministry," behind a name.
func (f *finder) behind(k, to int) string {
	m := &f.found[k]
	toks := f.doc.Tokens
	if m.to+1 >= to || toks[m.to].Mark() != ',' {
		return ""
	}
	from := m.to + 1
	apposition := f.article(from)
	if apposition {
		from++
	}
	role := -1
	for i := from; i < min(to, from+maxBehind); i++ {
		t := &toks[i]
		switch {
		case t.Word():
			if role < 0 && (t.Is(tag.Stop) && !t.Is(tag.Role|tag.Modifier) || i-from > maxToWord) {
				return ""
			}
			if role < 0 && t.Is(tag.Role) && (apposition || !t.Capital()) {
				role = i
			}
		case t.Mark() == '\'' || t.Mark() == '’' || t.Mark() == '-':
		case (t.Mark() == ',' || t.Mark() == '.' || t.Mark() == ';' || t.Mark() == ')') && role >= 0:
			if f.person(k, from, i) {
				return ""
			}
			return f.words(from, i)
		default:
			return ""
		}
	}
	return ""
}

// apposed reads "El presidente del Gobierno, Pedro Sánchez," before a name.
func (f *finder) apposed(k, from, to int) string {
	m := &f.found[k]
	if !f.doc.Apposes() || m.from-2 < from || f.token(m.from-1).Mark() != ',' || m.to < to && f.token(m.to).Word() {
		return ""
	}
	role := -1
	for i := m.from - 2; i >= max(from, m.from-maxApposed); i-- {
		t := f.token(i)
		switch {
		case t.Word() && t.Is(tag.Role|tag.Title):
			role = i
		case t.Word() && role >= 0 && f.doc.The(i):
			if f.person(k, role, m.from) {
				return ""
			}
			return f.words(role, m.from-1)
		case !t.Word() && t.Mark() != '\'' && t.Mark() != '’':
			return ""
		}
	}
	return ""
}
