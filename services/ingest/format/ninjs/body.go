package ninjs

import (
	stdhtml "html"
	"slices"
	"strings"
	"unicode"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format/html"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
)

// wording is one of the wordings of a body or description.
type wording struct {
	role  string
	kind  markup
	value string
	// aside: it isn't the description, but something else said beside it
	// ("writer": who wrote it).
	aside bool
}

// creditRoles are what descriptions are called that name whom to credit.
var creditRoles = []string{"credit", "creditline"}

type markup int

const (
	plainText markup = iota
	htmlText
	otherXML // NITF, or an agency's own
)

// wordings are the fields of a list and those that 1.x names one by one.
func (it *item) wordings(list writer, prefix string) []wording {
	var ws []wording
	for _, w := range slices.Concat(list, it.others(prefix)) {
		if w.Value.trim() == "" {
			continue
		}
		role := strings.ToLower(w.Role.trim())
		ws = append(ws, wording{role: role, kind: markupOf(role, w.ContentType.trim(), w.Value.trim()), value: string(w.Value)})
	}
	return ws
}

func (it *item) bodies() []wording {
	list := it.Bodies
	if it.ArticleHTML.trim() != "" {
		list = append(slices.Clip(list), written{Role: "html", Value: it.ArticleHTML})
	}
	return it.wordings(list, "body_")
}

// textRoles are what descriptions are called that describe what happened, in
// whatever markup. Others say something else.
var textRoles = []string{"", "text", "plain", "html", "xhtml", "html5", "nitf", "caption", "summary", "abstract", "description", "main", "short", "long", "lead", "teaser", "standfirst", "intro"}

func (it *item) descriptions() []wording {
	list := it.Descriptions
	if it.Teaser.trim() != "" {
		list = append(slices.Clip(list), written{Role: "teaser", Value: it.Teaser})
	}
	ws := it.wordings(list, "description_")
	for i := range ws {
		first, _, _ := strings.Cut(ws[i].role, "_")
		ws[i].aside = !slices.Contains(textRoles, first)
	}
	return ws
}

// markupOf tells how a wording is marked up: by its type, its name, or what it
// begins with.
func markupOf(role, contentType, value string) markup {
	contentType = strings.ToLower(contentType)
	tagged := strings.Contains(value, "<")
	switch {
	case strings.Contains(contentType, "nitf") || strings.Contains(role, "nitf"):
		return otherXML
	case strings.Contains(contentType, "html") || strings.Contains(role, "html"):
		return htmlText
	case strings.Contains(contentType, "xml") || strings.Contains(role, "xml"):
		return otherXML
	case !tagged:
		return plainText
	case strings.HasPrefix(value, "<nitf") || strings.HasPrefix(value, "<?xml"):
		return otherXML
	case strings.HasPrefix(value, "<") && strings.Contains(value, "</") && html.Detect([]byte(value)):
		return htmlText
	}
	return plainText
}

// choose reads the wordings and takes the one that says the most with its
// paragraphs: marked-up text before plain, unless the plain has clearly more
// words or is alone in having paragraphs; XML of news only if there is nothing
// else. A wording by a name that isn't one of a markup, and that says
// something else, is added behind.
func choose(ws []wording, base string) (body []html.Block, pictures []html.Picture, err error) {
	type reading struct {
		wording
		blocks   []html.Block
		pictures []html.Picture
		letters  int
	}
	best := map[markup]reading{}
	var all []reading
	for _, w := range ws {
		if w.aside {
			continue
		}
		r := reading{wording: w}
		if r.blocks, r.pictures, err = w.read(base); err != nil {
			return nil, nil, err
		}
		for _, b := range r.blocks {
			if b.Kind.InBody() {
				r.letters += len(wire.Squeeze(b.Text))
			}
		}
		all = append(all, r)
		if b, ok := best[w.kind]; !ok || !alternative(b.role) && alternative(w.role) || r.letters > b.letters && alternative(b.role) == alternative(w.role) {
			best[w.kind] = r
		}
	}
	marked, plain := best[htmlText], best[plainText]
	chosen := marked
	switch {
	case marked.letters*10 < plain.letters*9, len(marked.blocks) == 1 && len(plain.blocks) > 1:
		chosen = plain
	case marked.letters == 0 && plain.letters == 0:
		chosen = best[otherXML]
	}
	body, pictures = chosen.blocks, chosen.pictures
	all = slices.DeleteFunc(all, func(r reading) bool { return alternative(r.role) || r.kind == otherXML })
	if len(all) == 0 {
		return body, pictures, nil
	}
	// Not by adding strings up: of twenty thousand paragraphs it would copy gigabytes.
	var said strings.Builder
	for _, b := range body {
		said.WriteString(wire.Squeeze(b.Text))
	}
	for _, r := range all {
		for _, b := range r.blocks {
			if s := wire.Squeeze(b.Text); !strings.Contains(said.String(), s) {
				said.WriteString(s)
				body = append(body, b)
			}
		}
	}
	return body, pictures, nil
}

// alternative tells whether a role names but the markup, or none.
func alternative(role string) bool {
	first, _, _ := strings.Cut(role, "_")
	return slices.Contains(textRoles, first) || strings.Contains(role, "html") || strings.Contains(role, "xml") || strings.Contains(role, "nitf")
}

func (w wording) read(base string) ([]html.Block, []html.Picture, error) {
	value := strings.Map(printable, w.value)
	switch w.kind {
	case htmlText:
		if !strings.Contains(value, "<") {
			return wire.Paragraphs(stdhtml.UnescapeString(value), true), nil, nil
		}
		return html.Fragment(value, base)
	case otherXML:
		return html.Fragment(wire.NewsText(value), base)
	default:
		return wire.Paragraphs(value, false), nil, nil
	}
}

func printable(r rune) rune {
	if r != '\n' && r != '\r' && r != '\t' && unicode.IsControl(r) {
		return ' '
	}
	return r
}

// headings are the wordings of the headline.
type headings struct {
	main, kicker string
	subs         []string
	others       []labelled
}

type labelled struct{ role, text string }

// The roles of headlines.
var (
	mainRoles   = []string{"main", "headline", "title", "hl1", "text", "html", "xhtml", ""}
	kickerRoles = []string{"kicker", "overline", "eyebrow", "dachzeile", "vignette"}
	subRoles    = []string{"sub", "subheadline", "subhead", "subtitle", "hl2", "deck", "standfirst", "unterzeile", "secondary"}
)

func (it *item) headlines() headings {
	var hs headings
	all := slices.Concat(it.Headlines, it.others("headline_"))
	if h := it.Headline.trim(); h != "" {
		all = slices.Insert(all, 0, written{Role: "main", Value: it.Headline})
	}
	if it.Kicker.trim() != "" {
		all = append(all, written{Role: "kicker", Value: it.Kicker})
	}
	line := func(w written) string {
		role := strings.ToLower(w.Role.trim())
		value := w.Value.trim()
		tagged := strings.HasPrefix(value, "<") && strings.Contains(value, "</")
		if tagged || strings.Contains(role, "html") || strings.Contains(strings.ToLower(string(w.ContentType)), "html") {
			return wire.Clean(html.Plain(string(w.Value)))
		}
		return wire.Clean(string(w.Value))
	}
	main := -1
	for _, r := range mainRoles {
		if main = slices.IndexFunc(all, func(w written) bool { return strings.EqualFold(w.Role.trim(), r) && line(w) != "" }); main >= 0 {
			break
		}
	}
	if main < 0 {
		main = slices.IndexFunc(all, func(w written) bool {
			return line(w) != "" && !slices.Contains(kickerRoles, strings.ToLower(w.Role.trim()))
		})
	}
	if main >= 0 {
		hs.main = line(all[main])
	}
	for i, w := range all {
		text, role := line(w), strings.ToLower(w.Role.trim())
		switch {
		case i == main || text == "" || wire.Same(text, hs.main):
		case slices.Contains(kickerRoles, role) && hs.kicker == "":
			hs.kicker = text
		case slices.Contains(subRoles, role):
			hs.subs = append(hs.subs, text)
		case !slices.Contains(hs.others, labelled{role, text}):
			hs.others = append(hs.others, labelled{role, text})
		}
	}
	return hs
}

// maxSign is the longest line above a text that is but place and sign, in
// bytes.
const maxSign = 40

// trimRepeated takes the headline from the beginning of the body, and names
// the line of place and agency ("Försvar TT") that may stand there.
func trimRepeated(body []html.Block, headline, agency string) []html.Block {
	for len(body) > 0 && headline != "" && wire.Same(body[0].Text, headline) {
		body = body[1:]
	}
	if len(body) > 1 && agency != "" && len(body[0].Text) <= maxSign && body[0].Text != agency && strings.HasSuffix(body[0].Text, agency) {
		place := strings.TrimSpace(strings.TrimSuffix(body[0].Text, agency))
		body = slices.Clone(body)
		body[0] = html.Block{Kind: article.Dateline, Text: place + " " + agency}
	}
	return body
}
