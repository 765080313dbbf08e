package citedmedia

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

//go:embed data/media.txt
var data embed.FS

// medium is a newspaper, broadcaster or the like.
type medium struct {
	name     string
	language string
	country  string
	word     bool // the name is an ordinary word too
}

// alias is a way to write a medium's name.
type alias struct {
	medium int
	words  []string
	// bare: without the article that belongs to the name.
	bare bool
	// tail is what the name has behind its last word: "Canal+".
	tail string
	// own: the normal name itself.
	own bool
}

// gazetteer finds media by name.
type gazetteer struct {
	media   []medium
	aliases []alias
	trie    lexicon.Trie // value: alias number + 1
	// small are the first words of names that may stand in small letters.
	small lexicon.Table[struct{}]
}

var articles = []string{"The ", "Der ", "Die ", "Das "}

func readGazetteer(dir fs.FS, name string) (*gazetteer, error) {
	g := &gazetteer{}
	lang, country := "", ""
	err := lexicon.EachLine(dir, name, func(line string) error {
		if line[0] != '[' {
			return g.medium(line, lang, country)
		}
		h := strings.Fields(strings.Trim(line, "[]"))
		if len(h) != 2 {
			return fmt.Errorf("%s is not [language country]", line)
		}
		lang, country = h[0], h[1]
		return nil
	})
	return g, err
}

// medium enters a row: name | aliases | word.
func (g *gazetteer) medium(line, lang, country string) error {
	col := strings.Split(line, "|")
	if len(col) > 3 {
		return fmt.Errorf("%d columns, a medium has 3 at most", len(col))
	}
	m := medium{name: strings.TrimSpace(col[0]), language: lang, country: country}
	if len(col) == 3 {
		if strings.TrimSpace(col[2]) != "word" {
			return fmt.Errorf("%q is not the mark \"word\"", strings.TrimSpace(col[2]))
		}
		m.word = true
	}
	g.media = append(g.media, m)
	id := len(g.media) - 1
	plain, _, _ := strings.Cut(m.name, " (")
	g.add(id, plain, false)
	g.aliases[len(g.aliases)-1].own = true
	for _, a := range articles {
		if rest, ok := strings.CutPrefix(plain, a); ok {
			g.add(id, rest, true)
		}
	}
	if len(col) == 1 {
		return nil
	}
	for a := range strings.SplitSeq(col[1], ";") {
		if a = strings.TrimSpace(a); a == "" {
			continue
		}
		with := strings.NewReplacer("(n)", "n", "(s)", "s").Replace(a)
		without := strings.NewReplacer("(n)", "", "(s)", "").Replace(a)
		g.add(id, without, false)
		if with != without {
			g.add(id, with, false)
		}
	}
	return nil
}

// add enters an alias; of two media with the same one, the first has it.
func (g *gazetteer) add(id int, name string, bare bool) {
	toks := lexicon.Scan(nil, name, 0, len(name))
	words := make([]string, len(toks))
	for i, t := range toks {
		words[i] = name[t.Start:t.End]
	}
	tail := ""
	if len(toks) > 0 {
		tail = strings.TrimRight(name[toks[len(toks)-1].End:], "\"' ")
	}
	a := alias{tail: tail, medium: id, words: words, bare: bare}
	if len(toks) > 0 && (toks[0].Shape&lexicon.Upper == 0 || a.article(words[0])) {
		g.small.Add(toks[0].Hash)
	}
	g.aliases = append(g.aliases, a)
	g.trie.Add(name, 0, int32(len(g.aliases)))
}

// find is the medium whose name the tokens begin with, nil if there is none.
// The words must be written as the medium writes them, or all in capitals.
func (g *gazetteer) find(text string, toks []lexicon.Token) (m *medium, a *alias, n int) {
	if toks[0].Shape&(lexicon.Upper|lexicon.AllCaps) == 0 && g.small.Find(toks[0].Hash) == nil {
		return nil, nil, 0 // as most words of prose
	}
	for limit := len(toks); limit > 0; limit = n - 1 {
		match := g.trie.Longest(toks[:limit], 0)
		if match.Value == 0 {
			return nil, nil, 0
		}
		a, n = &g.aliases[match.Value-1], match.Tokens
		same := true
		for i, w := range a.words {
			t := toks[i]
			if text[t.Start:t.End] != w && !(t.Shape&lexicon.AllCaps != 0 && len(w) > 3) && !(i == 0 && a.article(w) && strings.EqualFold(text[t.Start:t.End], w)) {
				same = false
				break
			}
		}
		if same && strings.HasPrefix(text[toks[n-1].End:], a.tail) {
			return &g.media[a.medium], a, n
		}
	}
	return nil, nil, 0
}

// article tells whether w is an article in front of a name, which prose writes
// small.
func (a *alias) article(w string) bool {
	if len(a.words) < 2 {
		return false
	}
	return slices.Contains(articles, w+" ")
}

// Names are the media that are known: rows of the normal name and its aliases, all
// with the name without its article. A name that is an ordinary word, too, is left
// out.
func Names() ([][]string, error) {
	g, err := readGazetteer(data, "data/media.txt")
	if err != nil {
		return nil, err
	}
	rows := make([][]string, len(g.media))
	for i, m := range g.media {
		rows[i] = []string{m.name}
	}
	for i := range g.aliases {
		a := &g.aliases[i]
		rows[a.medium] = append(rows[a.medium], strings.Join(a.words, " "))
	}
	var all [][]string
	for i, m := range g.media {
		if !m.word {
			all = append(all, rows[i])
		}
	}
	return all, nil
}
