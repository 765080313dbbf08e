package html

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/copytaster/copytaster/pkg/article"
)

// The words by which editorial systems name what stands around a headline, in
// class names, ids and itemprop. They count as whole parts of a name:
// "article__lead" says lead, "leading-tight" does not.
//
//nolint:gochecknoglobals // sets that are only read
var (
	bylineWords = words("author authors byline bylines autor autoren autorin autorzeile auteur auteurs autore autora auteurice writer " +
		"writers redakteur verfasser signature contributor contributors creator reporter schrijver forfatter skribent")
	kickerWords = words("kicker dachzeile overline spitzmarke surtitre eyebrow supertitle suptitle toptitle topline roofline " +
		"antetitulo occhiello surtitle pretitle preheadline overhead")
	standfirstWords = words("standfirst lead lede leadin teaser vorspann chapo chapeau dek deck subtitle subtitulo sottotitolo soustitre subheadline " +
		"subheading intro introduction strapline summary anlauf untertitel unterzeile entradilla sommario ingress abstract resumen")
	// around are the words that may follow one of the above without changing
	// what it says: "author__name" is a byline, "author-photo" is none.
	around = words("text texts name names line info p para paragraph copy content title wrapper container item inner list block element link sc css")
	// apart are the words of what belongs to other articles, to the site or to
	// its readers. Nothing under such a name is this article's front matter.
	apart = words("related recommended recommendation recommendations teasers teaserlist teasergrid latest popular trending more next prev previous " +
		"comment comments newsletter share shares sharing social breadcrumb breadcrumbs nav navigation menu sidebar promo ad ads advert " +
		"advertisement anzeige toolbar bio avatar photo image img picture video media gallery quote pullquote cookie consent")
)

const (
	// maxByline and maxKicker are, in bytes, how long a text may be that a name
	// is believed for; maxMarked is it for standfirsts.
	maxByline = 300
	maxKicker = 150
	// maxMarkedNodes is how many nodes of the page such a text may be made of.
	maxMarkedNodes = 500
	// maxFront is how many pieces below the headline are looked at for the first
	// paragraph. Where it isn't among them, only marks are believed.
	maxFront = 40
	// maxUnnamed is how many lines without a mark are taken; more are a ticker
	// or a list of other articles.
	maxUnnamed = 12
	// maxAbove is how many pieces above the headline may hold its kicker.
	maxAbove = 6
	// lateByline is how many paragraphs may stand in front of a byline.
	lateByline = 2
	// prose is from which length, in bytes, a text without a full stop is taken
	// as a paragraph.
	prose = 100
)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

// role is the kind that n's own names give it, "" if they give none.
func role(n *html.Node) article.Kind {
	for _, a := range n.Attr {
		switch a.Key {
		case "rel":
			if slices.Contains(strings.Fields(strings.ToLower(a.Val)), "author") {
				return article.Byline
			}
		case "itemprop":
			for w := range strings.FieldsSeq(strings.ToLower(a.Val)) {
				switch w {
				case "author", "creator":
					return article.Byline
				case "description":
					return article.Standfirst
				}
			}
		case "class", "id":
			for token := range strings.FieldsSeq(a.Val) {
				if k := roleOf(token); k != "" {
					return k
				}
			}
		}
	}
	return ""
}

// roleOf is the kind that one name stands for: a BEM modifier ("header--dek")
// speaks only where the name itself says nothing.
func roleOf(token string) article.Kind {
	name, modifier, _ := strings.Cut(token, "--")
	if slices.ContainsFunc(parts(token), func(p string) bool { return apart[p] }) {
		return ""
	}
	if k := roleOfParts(parts(name)); k != "" {
		return k
	}
	return roleOfParts(parts(modifier))
}

func roleOfParts(ps []string) article.Kind {
	for i, p := range slices.Backward(ps) {
		tails := []string{p}
		if i > 0 {
			tails = append(tails, ps[i-1]+p) // "sub-title"
		}
		for _, w := range tails {
			switch {
			case bylineWords[w]:
				return article.Byline
			case kickerWords[w]:
				return article.Kicker
			case standfirstWords[w]:
				return article.Standfirst
			}
		}
		// Generated names end in figures.
		if !around[p] && !strings.ContainsAny(p, "0123456789") {
			return ""
		}
	}
	return ""
}

// parts takes a name apart at its punctuation and inner capitals.
func parts(token string) []string {
	var b strings.Builder
	lower := false
	for _, r := range token {
		if unicode.IsUpper(r) && lower {
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}

// setApart tells of elements that are not the article's, by element or name.
func setApart(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Nav, atom.Aside, atom.Footer, atom.Figure:
		return true
	}
	for _, a := range n.Attr {
		if a.Key != "class" && a.Key != "id" {
			continue
		}
		for token := range strings.FieldsSeq(a.Val) {
			if slices.ContainsFunc(parts(token), func(p string) bool { return apart[p] }) {
				return true
			}
		}
	}
	return false
}

// piece is a stretch of text on the page, with the kind that a mark gives it.
type piece struct {
	kind article.Kind // "" without a mark
	text string
	// below tells that it stands after the headline.
	below bool
	// heading tells that it is one itself.
	heading bool
}

// front is what stands around the headline.
type front struct {
	kickers, standfirsts, bylines []string
	// unnamed stand between headline and first paragraph, without a mark.
	unnamed []string
	// heading is the headline with the kicker that is set inside it.
	heading string
}

// has tells whether text is laid out under a name of its own.
func (f *front) has(text string) bool {
	is := func(s string) bool { return same(s, text) }
	return slices.ContainsFunc(f.kickers, is) || slices.ContainsFunc(f.standfirsts, is) || slices.ContainsFunc(f.bylines, is) || is(f.heading)
}

// rest is the body without what is laid out as front matter. A line without a
// name is taken out once: an agency's mark may stand at the end again.
func (f *front) rest(body []Block) []Block {
	unnamed := slices.Clone(f.unnamed)
	left := slices.DeleteFunc(slices.Clone(body), func(b Block) bool {
		if i := slices.IndexFunc(unnamed, func(s string) bool { return same(s, b.Text) }); i >= 0 {
			unnamed = slices.Delete(unnamed, i, i+1)
			return true
		}
		return f.has(b.Text)
	})
	for len(left) > 0 && !hasWord(left[0].Text) {
		left = left[1:] // the bar between a byline and a date
	}
	return left
}

// frontMatter finds what stands around the headline. Its end is the first
// paragraph of body; what has no mark is taken only if there is such an end.
func (p *page) frontMatter(main *html.Node, headline string, body []Block) front {
	isHeadline := func(n *html.Node) bool { return isH1(n) && same(headlineOf(n), headline) }
	h1, top := find(main, isHeadline), main
	if h1 == nil {
		if h1 = find(p.doc, isHeadline); h1 != nil {
			top = p.doc // the heading stands above the element that holds the text
		}
	}
	g := gatherer{h1: h1, below: h1 == nil, inBody: inBody(body)}
	g.walk(top, false)
	g.flush(false)

	above, below := g.pieces, g.pieces
	if i := slices.IndexFunc(g.pieces, func(p piece) bool { return p.below }); i >= 0 {
		above, below = g.pieces[:i], g.pieces[i:]
	}
	var f front
	if h1 != nil {
		f.heading = textOf(h1, nil)
	}
	for _, p := range append(above[max(0, len(above)-maxAbove):len(above):len(above)], g.inside...) {
		if p.kind == article.Kicker {
			add(&f.kickers, p.text)
		}
	}
	paragraphs := 0
	var unnamed []string
	for i, p := range below {
		if i == maxFront || paragraphs > lateByline {
			break
		}
		switch {
		case same(p.text, headline):
		case p.kind == article.Byline:
			add(&f.bylines, p.text)
		case p.kind == "" && g.inBody(p.text) && isProse(p.text):
			paragraphs++
		case paragraphs > 0:
		case p.kind == article.Kicker:
			add(&f.kickers, p.text)
		case p.kind == article.Standfirst:
			add(&f.standfirsts, p.text)
		case p.heading && g.inBody(p.text):
		default:
			add(&unnamed, p.text)
		}
	}
	if paragraphs > 0 && h1 != nil && len(unnamed) <= maxUnnamed {
		f.unnamed = unnamed
	}
	return f
}

func add(to *[]string, text string) {
	if !slices.ContainsFunc(*to, func(s string) bool { return same(s, text) }) {
		*to = append(*to, text)
	}
}

// isProse tells a paragraph from a line such as a date or a name.
func isProse(s string) bool {
	end := strings.TrimRight(s, "\"'”“»«’)")
	return len(s) >= prose || strings.HasSuffix(end, ".") || strings.HasSuffix(end, "!") || strings.HasSuffix(end, "?") || strings.HasSuffix(end, "…")
}

// inBody tells whether a text is part of the extracted body: one of its
// blocks, or long enough that its being in one is no accident.
func inBody(body []Block) func(string) bool {
	var all strings.Builder
	blocks := map[string]bool{}
	for _, b := range body {
		t := compact(b.Text)
		blocks[t] = true
		all.WriteString(t)
	}
	whole := all.String()
	return func(s string) bool {
		t := compact(s)
		return blocks[t] || len(t) >= prose/2 && strings.Contains(whole, t)
	}
}

func hasWord(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) })
}

func compact(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }

// headlineOf is a heading's text without a kicker that is set inside it.
func headlineOf(h1 *html.Node) string {
	if s := textOf(h1, func(n *html.Node) bool { return n != h1 && role(n) == article.Kicker }); s != "" {
		return s
	}
	return textOf(h1, nil)
}

// gatherer collects the pieces of a page in order.
type gatherer struct {
	h1     *html.Node
	below  bool
	inBody func(string) bool
	pieces []piece
	// inside are the marked pieces within the heading.
	inside []piece
	// line is the block at hand; a mark on a part of it makes a run of its own.
	line []piece
	// after counts the pieces below the headline; the walk ends with the front.
	after int
}

func (g *gatherer) flush(heading bool) {
	var all strings.Builder
	running := 0
	for _, r := range g.line {
		all.WriteString(r.text)
		if r.kind == "" {
			running += len(collapse(r.text))
		}
	}
	text := tidy(collapse(all.String()))
	switch {
	case text == "":
	case len(text) >= prose && running > len(text)/2 && g.inBody(text):
		g.put(piece{text: text, heading: heading}) // a paragraph that names an author
	default:
		for _, r := range g.line {
			r.text, r.heading = strings.Trim(tidy(collapse(r.text)), " |·•–-,/"), heading
			if hasWord(r.text) {
				g.put(r)
			}
		}
	}
	g.line = g.line[:0]
}

func (g *gatherer) put(p piece) {
	p.below = g.below
	g.pieces = append(g.pieces, p)
	if g.below {
		g.after++
	}
}

// write adds running text to the line.
func (g *gatherer) write(s string, k article.Kind) {
	if n := len(g.line); n > 0 && g.line[n-1].kind == "" && k == "" {
		g.line[n-1].text += s
		return
	}
	g.line = append(g.line, piece{kind: k, text: s})
}

// walk visits n. listed tells that it lies in a list or a link, where a mark
// other than a byline's is another article's.
func (g *gatherer) walk(n *html.Node, listed bool) {
	if g.after > maxFront {
		return
	}
	switch n.Type {
	case html.TextNode:
		g.write(n.Data, "")
		return
	case html.DocumentNode:
		g.children(n, listed)
		return
	case html.ElementNode:
	default:
		return
	}
	if n == g.h1 {
		g.flush(false)
		for d := range n.Descendants() {
			if d.Type == html.ElementNode && role(d) == article.Kicker {
				g.inside = append(g.inside, piece{kind: article.Kicker, text: textOf(d, nil)})
			}
		}
		g.below = true
		return
	}
	holds := g.h1 != nil && contains(n, g.h1)
	if hidden(n) || !holds && (setApart(n) || n.DataAtom == atom.Article && g.h1 != nil || linkList(n)) {
		return
	}
	k := role(n)
	if k != "" && !holds && n.DataAtom != atom.Body && n.DataAtom != atom.Html && n.DataAtom != atom.Main && n.DataAtom != atom.Article &&
		(k == article.Byline || !listed) && believed(n, k) {
		if block(n) {
			g.flush(false)
		}
		g.write(" "+textOf(n, nil)+" ", k)
		if block(n) {
			g.flush(isHeading(n))
		}
		return
	}
	switch n.DataAtom {
	case atom.Blockquote, atom.Ul, atom.Ol, atom.Li, atom.A:
		listed = true
	}
	if !block(n) {
		if n.DataAtom == atom.Br {
			g.write("\n", "")
		}
		g.children(n, listed)
		return
	}
	g.flush(false)
	g.children(n, listed)
	g.flush(isHeading(n))
}

func (g *gatherer) children(n *html.Node, listed bool) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		g.walk(c, listed)
	}
}

// believed tells whether n may be what its name says: not too long, and
// without a part that is named otherwise.
func believed(n *html.Node, k article.Kind) bool {
	limit := map[article.Kind]int{article.Byline: maxByline, article.Kicker: maxKicker, article.Standfirst: maxMarked}[k]
	// Counted first: names may be nested, and each would read all of a page.
	nodes := 0
	for range n.Descendants() {
		if nodes++; nodes > maxMarkedNodes {
			return false
		}
	}
	if len(textOf(n, nil)) > limit {
		return false
	}
	return find(n, func(d *html.Node) bool {
		o := role(d)
		return d != n && (o != "" && o != k || d.DataAtom == atom.Article || d.DataAtom == atom.Figure)
	}) == nil
}

// linkList tells of a list that is nothing but links: of sections, of other
// articles, to networks. Authors' pages are told by their mark.
func linkList(n *html.Node) bool {
	if n.DataAtom != atom.Ul && n.DataAtom != atom.Ol {
		return false
	}
	if role(n) == article.Byline || find(n, func(d *html.Node) bool { return role(d) == article.Byline }) != nil {
		return false
	}
	return textOf(n, func(d *html.Node) bool { return d.DataAtom == atom.A }) == ""
}

func contains(n, d *html.Node) bool {
	for ; d != nil; d = d.Parent {
		if d == n {
			return true
		}
	}
	return false
}

// block tells of elements that begin a line.
func block(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Li, atom.Ul, atom.Ol, atom.Dl, atom.Dt, atom.Dd, atom.Section, atom.Article, atom.Main, atom.Pre,
		atom.Table, atom.Tr, atom.Td, atom.Th, atom.Header, atom.Hgroup, atom.Footer, atom.Aside, atom.Address, atom.Details, atom.Summary,
		atom.Hr, atom.Body, atom.Html, atom.Nav, atom.Center, atom.Blockquote, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	}
	return false
}

// tidy takes back the space that an inline element's border cost in front of a
// mark.
func tidy(s string) string {
	return strings.NewReplacer(" ,", ",", " .", ".", " ;", ";", "( ", "(", " )", ")").Replace(s)
}
