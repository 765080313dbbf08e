package copytaster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/mediatopic"
)

// about prints what the text is about: a line for each entity, place, topic and
// keyphrase, and the sentence that sums it up.
func (p printer) about(a *article.Article) {
	for i := range a.Topics {
		t := &a.Topics[i]
		var why []string
		for _, r := range t.Why {
			why = append(why, r.Why)
		}
		p.piece(ansiGreen, "topic", t.Confidence, described(t.Qcode+" "+cmp.Or(mediatopic.Label(t.Qcode), t.Label), broader(t.Path), strings.Join(why, ", ")))
	}
	for i := range a.Entities {
		e := &a.Entities[i]
		p.piece(ansiGreen, string(e.Type), surest(e.Mentions), described(e.Name, aliases(a, e.Name, e.Mentions), e.Title, e.Role, e.ID))
	}
	for i := range a.Places {
		o := &a.Places[i]
		p.piece(ansiGreen, "in", surest(o.Mentions), described(o.Name, o.Country, position(o), geonames(o), mainPlace(o)))
	}
	for i := range a.Keyphrases {
		k := &a.Keyphrases[i]
		p.piece(ansiGreen, "keyphrase", k.Confidence, fmt.Sprintf("%s = %.3g", k.Phrase, k.Score))
	}
	if s := a.Summary; s.Span != (article.Span{}) {
		p.piece(ansiGreen, "summary", s.Confidence, s.In(a.Text))
	}
	if len(a.Topics)+len(a.Entities)+len(a.Places)+len(a.Keyphrases) > 0 || a.Summary.Span != (article.Span{}) {
		fmt.Fprintln(p.w)
	}
}

// described is a name with what is known of it.
func described(name string, is ...string) string {
	is = slices.DeleteFunc(is, func(s string) bool { return s == "" })
	if len(is) == 0 {
		return name
	}
	return strings.TrimSpace(name) + " = " + strings.Join(is, "; ")
}

// broader are a topic's broader ones, the broadest first.
func broader(path []string) string {
	if len(path) < 2 {
		return ""
	}
	return "in " + strings.Join(path[:len(path)-1], " › ")
}

func surest(ms []article.Evidence) float64 {
	best := 0.0
	for _, m := range ms {
		best = max(best, m.Confidence)
	}
	return best
}

// aliases are how else the text calls it.
func aliases(a *article.Article, name string, ms []article.Evidence) string {
	var others []string
	for _, m := range ms {
		if m.Span == (article.Span{}) {
			continue
		}
		if text := m.In(a.Text); text != name && !slices.Contains(others, text) {
			others = append(others, text)
		}
	}
	if len(others) == 0 {
		return ""
	}
	return "as “" + strings.Join(others, "”, “") + "”"
}

func position(p *article.Place) string {
	if !p.Located {
		return ""
	}
	return fmt.Sprintf("%.2f, %.2f", p.Lat, p.Lon)
}

func geonames(p *article.Place) string {
	if p.GeoNamesID == 0 {
		return ""
	}
	return fmt.Sprintf("geonames:%d", p.GeoNamesID)
}

func mainPlace(p *article.Place) string {
	if p.Main {
		return "main place"
	}
	return ""
}

// takes is how long it takes to read an article, "" if it has nothing to read.
func takes(a *article.Article) string {
	if t := a.ReadingTime(); t > 0 {
		return t.String()
	}
	return ""
}
