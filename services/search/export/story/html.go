package story

import (
	"html"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
)

// HTML is blocks marked up, as HTML that is well-formed XML, too.
func HTML(blocks []Block) string {
	var b strings.Builder
	for _, bl := range blocks {
		switch bl.Kind {
		case article.Caption:
			figure(&b, bl.Picture)
		case article.Subhead:
			element(&b, "h2", bl.Text)
		case article.Quote:
			b.WriteString("<blockquote>")
			element(&b, "p", bl.Text)
			b.WriteString("</blockquote>")
		default:
			element(&b, "p", bl.Text)
		}
	}
	return b.String()
}

func element(b *strings.Builder, name, text string) {
	b.WriteString("<" + name + ">" + html.EscapeString(text) + "</" + name + ">")
}

func figure(b *strings.Builder, p Picture) {
	b.WriteString("<figure>")
	if p.URL != "" {
		b.WriteString(`<img src="` + html.EscapeString(p.URL) + `" alt=""/>`)
	}
	if p.Caption != "" || p.Credit != "" {
		b.WriteString("<figcaption>" + html.EscapeString(p.Caption))
		if p.Credit != "" {
			b.WriteString(`<small class="credit">` + html.EscapeString(p.Credit) + "</small>")
		}
		b.WriteString("</figcaption>")
	}
	b.WriteString("</figure>")
}
