package entities

import (
	"cmp"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// agree lets the mentions of one name agree on what it is of, and finds those that
// were missed.
func (f *finder) agree() {
	votes := map[string][tag.Kinds]float64{}
	last := map[string]int{} // full names of persons by their last word
	for k := range f.found {
		m := &f.found[k]
		s := f.text(m)
		v := votes[s]
		v[m.kind] += m.conf
		votes[s] = v
		if m.kind == tag.Person && m.to-m.from > 1 {
			last[f.doc.Word(m.to-1)] = k + 1
		}
	}
	for k := range f.found {
		m := &f.found[k]
		if m.to-m.from == 1 && m.kind != tag.Person && last[f.text(m)] > 0 && m.normal == "" && m.alias == k && !f.placed(m) {
			m.kind, m.conf = tag.Person, byRepeat
			continue
		}
		v := votes[f.text(m)]
		best := m.kind
		for kind := range v {
			if v[kind] > v[best] {
				best = tag.Kind(kind)
			}
		}
		if best != m.kind && m.normal == "" && m.alias == k && m.conf != byMeaning {
			m.kind = best
		}
	}
	f.missed(votes, last)
}

// missed adds single words that the text names elsewhere.
func (f *finder) missed(votes map[string][tag.Kinds]float64, last map[string]int) {
	toks := f.doc.Tokens
	next := 0
	for i := range toks {
		for next < len(f.found) && f.found[next].to <= i {
			next++
		}
		t := &toks[i]
		if !t.Word() || !t.Capital() || next < len(f.found) && f.found[next].from <= i || t.Is(tag.Stop|tag.Demonym) && t.First() {
			continue
		}
		if i > 0 && toks[i-1].Capital() && !toks[i-1].First() && !toks[i-1].Is(tag.Title) || i+1 < len(toks) && toks[i+1].Capital() {
			continue
		}
		w := f.doc.Word(i)
		m := mention{from: i, to: i + 1, title: i, conf: byRepeat, alias: -1}
		if last[w] > 0 {
			m.kind = tag.Person
		} else if v, ok := votes[w]; ok && !t.First() {
			for kind := range v {
				if v[kind] > v[m.kind] {
					m.kind = tag.Kind(kind)
				}
			}
		} else {
			continue
		}
		f.byLists(&m)
		f.spare = append(f.spare, m)
	}
	f.insert()
}

// of is the alias of a spare mention that means the k-th of those found.
func of(k int) int { return -2 - k }

// insert adds the spare mentions, which are by place, and keeps the aliases.
func (f *finder) insert() {
	if len(f.spare) == 0 {
		return
	}
	moved := make([]int, len(f.found))
	all := make([]mention, 0, len(f.found)+len(f.spare))
	i := 0
	for k := range f.found {
		for i < len(f.spare) && f.spare[i].from < f.found[k].from {
			all = append(all, f.spare[i])
			i++
		}
		moved[k] = len(all)
		all = append(all, f.found[k])
	}
	all = append(all, f.spare[i:]...)
	for k := range f.found {
		all[moved[k]].alias = moved[f.found[k].alias]
	}
	next := 0
	for k := range all {
		if next < len(moved) && moved[next] == k {
			next++
			continue
		}
		if a := all[k].alias; a <= of(0) {
			all[k].alias = moved[of(a)]
		} else {
			all[k].alias = k
		}
	}
	f.found, f.spare = all, f.spare[:0]
}

// anaphora finds "the paper" behind the medium that was named last.
func (f *finder) anaphora() {
	toks := f.doc.Tokens
	next, medium := 0, -1
	for i := range toks {
		for next < len(f.found) && f.found[next].from <= i {
			if m := &f.found[next]; m.kind == tag.Organised && f.token(m.from).Is(tag.Medium) {
				medium = next
			}
			next++
		}
		if medium < 0 || !toks[i].Word() {
			continue
		}
		n := f.doc.Phrased(i, lexicon.Anaphora)
		if n < 2 || next > 0 && f.found[next-1].to > i || next < len(f.found) && f.found[next].from < i+n {
			continue
		}
		f.spare = append(f.spare, mention{from: i, to: i + n, title: i, kind: tag.Organised, conf: byMeaning, alias: of(medium), normal: f.found[medium].normal})
	}
	f.insert()
}

// names is what a text's entities are called, to find the one that a mention is of.
type names struct {
	byName map[string]int // 1-based
	byLast map[string]int
	byInit map[string]int
}

var types = [tag.Kinds]article.EntityType{article.EntityPerson, article.EntityOrganisation, article.EntityPlace, article.EntityOther}

// join makes entities of the mentions.
func (f *finder) join() []article.Entity {
	if len(f.found) == 0 {
		return nil
	}
	f.found = f.found[:min(len(f.found), MentionLimit)]
	var all []article.Entity
	n := names{map[string]int{}, map[string]int{}, map[string]int{}}
	for k := range f.found {
		m := &f.found[k]
		id := f.of(&n, k, all)
		if id == 0 {
			all = append(all, article.Entity{Type: types[m.kind], Name: cmp.Or(m.normal, f.plain(m))})
			id = len(all)
		}
		m.entity = id
		e := &all[id-1]
		f.remember(&n, m, id)
		e.Mentions = append(e.Mentions, article.Evidence{Span: f.span(m), Enricher: Name, Version: Version, Confidence: round(m.conf)})
		if name := f.plain(m); m.normal == "" && m.alias == k && len(name) > len(e.Name) && f.fuller(m, e) {
			e.Name = name
		}
		if m.kind == tag.Person {
			f.describe(m, e)
		}
	}
	return all
}

// fuller tells whether a mention's text is a better name than the entity's: a
// person's with more words.
func (f *finder) fuller(m *mention, e *article.Entity) bool {
	return m.kind == tag.Person && m.to-m.from > strings.Count(e.Name, " ")+1
}

// plain is a mention's text with single blanks.
func (f *finder) plain(m *mention) string {
	s := f.text(m)
	if strings.ContainsAny(s, "\n\t\u00a0\u202f") || strings.Contains(s, "  ") {
		s = strings.Join(strings.Fields(s), " ")
	}
	return s
}

// key is the mention's kind and bare name.
func (f *finder) key(m *mention) string {
	if m.key == "" {
		m.key = marks[m.kind] + f.bare(m)
	}
	return m.key
}

// marks tell the kinds apart in keys.
var marks = [tag.Kinds]string{"0", "1", "2", "3"}

// bare is a mention in small letters, without an article before it and "Ltd" behind
// it.
func (f *finder) bare(m *mention) string {
	if m.normal != "" {
		return fold(m.normal)
	}
	c := *m
	for m.kind == tag.Organised && c.to-c.from > 1 && f.token(c.to-1).Is(tag.OrgEnd) {
		c.to--
	}
	for c.to-c.from > 1 && f.doc.Classes(c.from)&lexicon.Article != 0 && m.kind != tag.Person {
		c.from++
	}
	return fold(f.plain(&c))
}

func fold(s string) string {
	s = strings.TrimPrefix(strings.ToLower(s), "the ")
	if strings.ContainsAny(s, "’.") {
		s = folding.Replace(s)
	}
	return s
}

var folding = strings.NewReplacer("’", "'", ".", "")

// of is the entity that mention k is of, 0 if it is a new one.
func (f *finder) of(n *names, k int, all []article.Entity) int {
	m := &f.found[k]
	if m.alias < k {
		return f.found[m.alias].entity
	}
	if id := n.byName[f.key(m)]; id > 0 {
		return id
	}
	switch m.kind {
	case tag.Person:
		if m.to-m.from == 1 {
			return n.byLast[strings.ToLower(f.doc.Word(m.from))]
		}
		// "Abdramane" first, "Amadou Abdramane" later
		if id := n.byName[marks[tag.Person]+strings.ToLower(f.doc.Word(m.to-1))]; id > 0 && !strings.Contains(all[id-1].Name, " ") {
			return id
		}
	case tag.Organised:
		if m.to-m.from == 1 && f.token(m.from).Capitals() {
			return n.byInit[strings.ToLower(strings.ReplaceAll(f.doc.Word(m.from), ".", ""))]
		}
	}
	return 0
}

// remember notes what else may mean the entity.
func (f *finder) remember(n *names, m *mention, id int) {
	key := f.key(m)
	if n.byName[key] == 0 {
		n.byName[key] = id
	}
	if m.to-m.from < 2 {
		return
	}
	switch m.kind {
	case tag.Person:
		last := strings.ToLower(f.doc.Word(m.to - 1))
		if n.byLast[last] == 0 {
			n.byLast[last] = id
		}
		if first := strings.ToLower(f.doc.Word(m.from)); n.byLast[first] == 0 {
			n.byLast[first] = id
		}
	case tag.Organised:
		for _, all := range []bool{true, false} {
			if s := f.initials(m, all); len(s) > 1 && n.byInit[s] == 0 {
				n.byInit[s] = id
			}
		}
	}
}

// photographers adds those whom credits name, who are no part of the text.
func photographers(a *article.Article, all []article.Entity) []article.Entity {
	added := false
	for i := range a.Credits {
		c := &a.Credits[i]
		at := strings.Index(c.In(a.Text), c.Photographer)
		if c.Photographer == "" || at < 0 {
			continue
		}
		at += c.Start
		m := article.Evidence{Span: article.Span{Start: at, End: at + len(c.Photographer)}, Enricher: Name, Version: Version, Confidence: round(c.Confidence)}
		k := slices.IndexFunc(all, func(e article.Entity) bool { return e.Type == article.EntityPerson && e.Name == c.Photographer })
		if k < 0 {
			all = append(all, article.Entity{Type: article.EntityPerson, Name: c.Photographer})
			k = len(all) - 1
		}
		all[k].Mentions = append(all[k].Mentions, m)
		slices.SortFunc(all[k].Mentions, func(a, b article.Evidence) int { return a.Start - b.Start })
		added = true
	}
	if added {
		slices.SortStableFunc(all, func(a, b article.Entity) int { return a.Mentions[0].Start - b.Mentions[0].Start })
	}
	return all
}
