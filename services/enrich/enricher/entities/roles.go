package entities

import (
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
)

// How many tokens a title or function before a name has at most, and one behind it.
const (
	maxBefore = 5
	maxBehind = 10
)

// describe adds the title and function that stand beside a mention.
func (f *finder) describe(m *mention, e *article.Entity) {
	from, to := f.doc.Block(m.from)
	if e.Title == "" || e.Role == "" {
		f.before(m, e, from)
	}
	if e.Role == "" {
		e.Role = f.behind(m, to)
	}
}

// before reads "Junta spokesman", "Dr", "Prime Minister" before a name.
func (f *finder) before(m *mention, e *article.Entity, from int) {
	i := m.from
	for i > from && m.from-i < maxBefore && f.token(i-1).Word() && f.token(i-1).Is(tag.Title|tag.Role) && f.near(i-1, i) {
		i--
	}
	if i == m.from {
		return
	}
	role := false
	for k := i; k < m.from; k++ {
		role = role || f.token(k).Is(tag.Role) && !f.token(k).Capital()
	}
	// what goes before a function belongs to it
	for i > from && m.from-i < maxBefore && f.modifies(i-1) && f.near(i-1, i) {
		i--
		role = true
	}
	s := strings.Join(strings.Fields(f.doc.Text()[f.token(i).Start:f.token(m.from-1).End]), " ")
	switch {
	case role && e.Role == "":
		e.Role = s
	case !role && e.Title == "":
		e.Title = s
	}
}

// near tells whether two tokens have only a blank between them.
func (f *finder) near(i, j int) bool { return f.token(j).Start-f.token(i).End <= 2 }

// modifies tells whether a word may go before a function: a country, a party, a
// nation.
func (f *finder) modifies(i int) bool {
	t := f.token(i)
	if !t.Word() || f.doc.Word(i) == "s" {
		return false
	}
	if t.Is(tag.Demonym | tag.Country | tag.OrgWord | tag.Role | tag.Title) {
		return true
	}
	return t.Capital() && (!t.Is(tag.Stop|tag.Link|tag.Near) || t.First() && !t.Is(tag.Link|tag.Near) && len(f.doc.Word(i)) > 4)
}

// behind reads ", a spokesman for the ministry," behind a name.
func (f *finder) behind(m *mention, to int) string {
	toks := f.doc.Tokens
	if m.to+1 >= to || toks[m.to].Mark() != ',' {
		return ""
	}
	role := false
	from := m.to + 1
	if toks[from].Is(tag.Stop) && len(f.doc.Word(from)) <= 5 && !toks[from].Is(tag.Role) {
		from++
	}
	for k := from; k < min(to, from+maxBehind); k++ {
		t := &toks[k]
		if t.Word() {
			role = role || t.Is(tag.Role)
			if !role && k-from > 3 {
				return ""
			}
			continue
		}
		switch t.Mark() {
		case '\'', '’', '-':
			continue
		case ',', '.', ';', ')':
			if role && k > from {
				return strings.Join(strings.Fields(f.doc.Text()[toks[from].Start:toks[k-1].End]), " ")
			}
		}
		return ""
	}
	return ""
}
