package copytaster

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
)

// reader is somebody who thinks of one article, and looks for what it has.
type reader struct {
	r     *rand.Rand
	of    article.Article
	found corpus.Found
	title []string
	text  []string
}

// reader thinks of any of the articles.
func (c *searchBench) reader(r *rand.Rand) *reader {
	for {
		a, err := c.grown.article(r.IntN(c.grown.n))
		if err != nil {
			continue
		}
		w := &reader{r: r, of: a, found: corpus.FoundBy(&a), title: long(a.First(article.Headline)), text: lettersOf(a.Body())}
		if len(w.title) > 0 && len(long(a.Body())) > 10 {
			return w
		}
	}
}

// long are the words that readers would type, in lower case.
func long(text string) (ws []string) {
	for _, w := range lettersOf(text) {
		if len(w) >= grownShortest {
			ws = append(ws, strings.ToLower(w))
		}
	}
	return ws
}

// headline are n words of the headline at most.
func (w *reader) headline(n int) []string {
	var ws []string
	for _, i := range w.r.Perm(len(w.title))[:min(n, len(w.title))] {
		ws = append(ws, w.title[i])
	}
	return ws
}

// body are n words of the text, one behind the other.
func (w *reader) body(n int) string {
	if n == 1 {
		ws := long(strings.Join(w.text, " "))
		return ws[w.r.IntN(len(ws))]
	}
	at := w.r.IntN(len(w.text) - n)
	return strings.ToLower(strings.Join(w.text[at:at+n], " "))
}

// one of the values; otherwise if there is none.
func (w *reader) one(of []string, otherwise string) string {
	if len(of) == 0 {
		return otherwise
	}
	return strings.ReplaceAll(of[w.r.IntN(len(of))], `"`, "")
}

func (w *reader) fields() string {
	first, second, third := w.headline(1)[0], w.body(1), w.body(1)
	switch w.r.IntN(5) {
	case 0:
		return "headline:" + first
	case 1:
		return `person:"` + w.one(w.found.Persons, "smith") + `"`
	case 2:
		return fmt.Sprintf(`place:"%s" %s`, w.one(w.found.Places, "Washington"), second)
	case 3:
		return "body:" + second + " -headline:" + first
	}
	return fmt.Sprintf("(%s OR %s) -%s", first, second, third)
}

func (w *reader) ranges() string {
	word := w.headline(1)[0]
	return []string{
		word + " published:>now-30d", word + " published:>now-1y", word + " amount:>1mln", word + " amount:USD:1mln..10mln",
		word + " urgency:1..2", word + " date:" + w.of.PublishedAt.Format("2006-01"), word, word,
	}[w.r.IntN(8)]
}

// days are bounds, of half of those who are asked for them.
func (w *reader) days() []string {
	if w.r.IntN(2) == 0 {
		return nil
	}
	from := w.of.PublishedAt.AddDate(0, -w.r.IntN(6), 0)
	return []string{"from", from.Format(time.DateOnly), "to", from.AddDate(0, 1+w.r.IntN(12), 0).Format(time.DateOnly)}
}

func (w *reader) chosen() []string {
	all := []string{"agency", w.of.Agency.Value, "language", w.of.Language.Value}
	switch w.r.IntN(3) {
	case 0:
		all = append(all, "agency", grownAgencies[0])
	case 1:
		all = append(all, "country", w.one(w.found.Countries, "US"))
	case 2:
		all = append(all, "topic", w.one(w.found.Topics, "medtop:04000000"))
	}
	return all
}

// asked is what of a search a histogram or a map shows: of one in ten, everything.
func (w *reader) asked() url.Values {
	if w.r.IntN(10) == 0 {
		return url.Values{}
	}
	return url.Values{"q": {strings.Join(w.headline(1+w.r.IntN(2)), " ")}}
}

// prefix is what is typed of a name.
func (w *reader) prefix() string {
	name := []rune(w.one(append(w.found.Persons, w.found.Organisations...), "reagan"))
	return string(name[:min(len(name), 3+w.r.IntN(3))])
}
