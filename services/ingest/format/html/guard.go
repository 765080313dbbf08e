package html

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/copytaster/copytaster/services/ingest/document"
)

const (
	// maxDepth is how deep elements may be nested. The parser gives up at 512,
	// after it has built the tree so far.
	maxDepth = 400
	// maxNodes is how many nodes a page may become. The parser repeats unclosed
	// formatting elements in every block, so that three megabytes of
	// "<font size=1><font size=2>...<p>x<p>x..." could become gigabytes. The
	// extractor takes 3 s for as many in a flat page; news pages come to a few
	// thousand.
	maxNodes = 200_000
	// maxNesting is the sum of the depths of all nodes. Whoever asks each node
	// for what it stands in, as the extractor does time and again, takes as many
	// steps: a hundred thousand paragraphs in 380 elements took it 36 s. News
	// pages come to 40,000.
	maxNesting = 2_000_000
)

// formatting are the elements that the parser repeats while they are open
// (HTML standard, 13.2.4.3).
var formatting = map[atom.Atom]bool{
	atom.A: true, atom.B: true, atom.Big: true, atom.Code: true, atom.Em: true, atom.Font: true, atom.I: true,
	atom.Nobr: true, atom.S: true, atom.Small: true, atom.Strike: true, atom.Strong: true, atom.Tt: true, atom.U: true,
}

// void are elements without an end, and those that the next of their kind
// closes, so that leaving their end out nests nothing.
var void = map[atom.Atom]bool{
	atom.Area: true, atom.Base: true, atom.Br: true, atom.Col: true, atom.Embed: true, atom.Hr: true, atom.Img: true,
	atom.Input: true, atom.Link: true, atom.Meta: true, atom.Param: true, atom.Source: true, atom.Track: true, atom.Wbr: true,
	atom.P: true, atom.Li: true, atom.Dt: true, atom.Dd: true, atom.Option: true, atom.Optgroup: true, atom.Tr: true,
	atom.Td: true, atom.Th: true, atom.Thead: true, atom.Tbody: true, atom.Tfoot: true, atom.Colgroup: true, atom.Rp: true,
	atom.Rt: true, atom.Html: true, atom.Head: true, atom.Body: true,
}

// guard looks at the tokens alone, in constant memory, and refuses what would
// make the parser build a monster.
func guard(data []byte) error {
	z := html.NewTokenizer(bytes.NewReader(data))
	var depth, open, nodes, nesting, at int
	for {
		t := z.Next()
		size := len(z.Raw())
		switch t {
		case html.ErrorToken:
			return nil // the end, or what the parser too takes for it
		case html.TextToken:
			nodes += 1 + open
		case html.SelfClosingTagToken:
			nodes++
		case html.StartTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			nodes += 1 + open
			switch {
			case formatting[a]:
				open++
				depth++
			case !void[a]:
				depth++
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			switch {
			case formatting[a]:
				open = max(open-1, 0)
				depth = max(depth-1, 0)
			case !void[a]:
				depth = max(depth-1, 0)
			}
		}
		if t == html.StartTagToken || t == html.TextToken || t == html.SelfClosingTagToken {
			nesting += depth
		}
		if depth > maxDepth {
			return document.At(document.TooDeep, Name, data, at, "elements are nested deeper than %d", maxDepth)
		}
		if nodes > maxNodes {
			return document.At(document.TooMany, Name, data, at, "the page would become more than %d nodes", maxNodes)
		}
		if nesting > maxNesting {
			return document.At(document.TooMany, Name, data, at, "the page has too many nodes nested too deep: their depths add up to more than %d", maxNesting)
		}
		at += size
	}
}

// parse makes a tree of a page or a fragment of one, within the limits.
func parse(text string) (*html.Node, error) {
	if err := guard([]byte(text)); err != nil {
		return nil, err
	}
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return nil, document.Refuse(document.TooDeep, Name, "%v", err)
	}
	return doc, nil
}
