package html

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
)

func TestRoleOf(t *testing.T) {
	for token, want := range map[string]article.Kind{
		"author": article.Byline, "article__author": article.Byline, "author__name": article.Byline, "articleByline": article.Byline,
		"Byline-sc-1x2f": article.Byline, "auteur": article.Byline, "autor": article.Byline,
		"kicker": article.Kicker, "c-article-kicker": article.Kicker, "dachzeile": article.Kicker, "surtitre": article.Kicker, "o-eyebrow--red": article.Kicker,
		"lead": article.Standfirst, "article__lead": article.Standfirst, "lead-text": article.Standfirst, "chapo": article.Standfirst,
		"m-header--dek": article.Standfirst, "sub-title": article.Standfirst, "lead--large": article.Standfirst, "articleIntro": article.Standfirst, "vorspann": article.Standfirst,
		// A mark within a word, or under another's name, is none.
		"leading-tight": "", "leader": "", "authority": "", "misleading": "", "author-bio": "", "authorPhoto": "", "lead-image": "",
		"related-teaser": "", "comment-author": "", "teaser-list-more": "", "kickers-guide": "", "--": "", "": "", "1": "",
	} {
		if got := roleOf(token); got != want {
			t.Errorf("%q is %q, want %q", token, got, want)
		}
	}
}

const (
	first  = "The ferry to the island sails again from Friday, the company said on Thursday, after the yard had mended its rudder."
	second = "Milk and bread had run short on the island in the four days. “We shared what there was,” said the keeper of the inn."
	third  = "The state wants to have the harbour dredged in the autumn. Until then, a smaller boat is to lie ready at low water."
	text   = "<p>" + first + "</p><p>" + second + "</p><p>" + third + "</p>"
)

// ticker is one line more than is taken without a mark.
var ticker = func() string {
	var b strings.Builder
	for i := range maxUnnamed + 1 {
		b.WriteString("<div>line " + string(rune('a'+i)) + "</div>")
	}
	return b.String()
}()

// TestAuthorInParagraph: a marked name inside running text doesn't break it up.
func TestAuthorInParagraph(t *testing.T) {
	page := "<html><body><h1>Ferry sails</h1><p>" + first[:9] + "<span class=author>" + first[9:20] + "</span>" + first[20:] + "</p></body></html>"
	as, err := Decode(context.Background(), strings.NewReader(page), document.Hint{Source: "s"})
	if err != nil {
		t.Fatal(err)
	}
	if want := "Ferry sails\n\n" + first; as[0].Text != want {
		t.Errorf("%q, want %q", as[0].Text, want)
	}
}

func TestFrontMatter(t *testing.T) {
	body := []string{"paragraph: " + first, "paragraph: " + second, "paragraph: " + third}
	for _, c := range []struct {
		name, page string
		want       []string // in front of the body; nil: nothing named there
	}{
		{"byline", "<h1>Ferry sails</h1><p class=author>By Ann Example</p>" + text, []string{"headline: Ferry sails", "byline: By Ann Example"}},
		{
			"all", "<p class=dachzeile>Islands</p><h1>Ferry sails</h1><p class='x article__lead'>It was in dock.</p><div class=auteur>Ann</div>" + text,
			[]string{"kicker: Islands", "headline: Ferry sails", "standfirst: It was in dock.", "byline: Ann"},
		},
		{"kicker in the heading", "<h1><span class=kicker>Islands</span> Ferry sails</h1>" + text, []string{"kicker: Islands", "headline: Ferry sails"}},
		{
			"itemprop and rel", "<h1>Ferry sails</h1><p itemprop=description>It was in dock.</p><div><a rel=author href=/a>Ann</a></div>" + text,
			[]string{"headline: Ferry sails", "standfirst: It was in dock.", "byline: Ann"},
		},
		{
			"one line, two roles", "<h1>Ferry sails</h1><div><span class=byline>By Ann</span> | <time>12 April 2024</time></div>" + text,
			[]string{"headline: Ferry sails", "byline: By Ann", "unknown: 12 April 2024"},
		},
		{
			"without a mark", "<h1>Ferry sails</h1><p>By Ann Example</p><div>12 April 2024</div>" + text,
			[]string{"headline: Ferry sails", "unknown: By Ann Example", "unknown: 12 April 2024"},
		},
		{
			"two authors", "<h1>Ferry sails</h1><ul class=authors><li class=author>Ann</li><li class=author>Tom</li></ul>" + text,
			[]string{"headline: Ferry sails", "byline: Ann Tom"},
		},
		{
			"apart", "<h1>Ferry sails</h1><div class=share-bar><p>Share this</p></div><div class=related><p class=lead>Other story.</p></div><ul><li><a href=/x>Mail</a></ul>" + text,
			[]string{"headline: Ferry sails"},
		},
		{"another's teaser", "<h1>Ferry sails</h1><ul><li><a href=/x><b class=kicker>Other</b></a></li></ul>" + text, []string{"headline: Ferry sails"}},
		{"a name that frames the page", "<div class=intro><h1>Ferry sails</h1><div class=lead>" + text + strings.Repeat("<p>"+first+"</p>", 12) + "</div></div>", nil},
		{"deep in the body", "<h1>Ferry sails</h1><p>" + first + "</p><p>" + second + "</p><p class=lead>" + third + "</p>", []string{"headline: Ferry sails"}},
		{
			"byline below a paragraph", "<h1>Ferry sails</h1><p>" + first + "</p><p class=writer>By Ann</p><p>" + second + "</p><p>" + third + "</p>",
			[]string{"headline: Ferry sails", "byline: By Ann"},
		},
		{"a ticker", "<h1>Ferry sails</h1><div>" + ticker + "</div>" + text, nil},
		{"as many lines as may be", "<h1>Ferry sails</h1><p>a</p><p>b</p>" + text, []string{"headline: Ferry sails", "unknown: a", "unknown: b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			as, err := Decode(context.Background(), strings.NewReader("<html><body><main><article>"+c.page+"</article></main></body></html>"), document.Hint{Source: "s"})
			if err != nil {
				t.Fatal(err)
			}
			a := as[0]
			if err := article.CheckSegments(a.Text, a.Segments); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range a.Segments {
				got = append(got, string(s.Kind)+": "+s.In(a.Text))
			}
			if c.want == nil {
				for _, s := range got {
					if strings.HasPrefix(s, "standfirst") || strings.HasPrefix(s, "unknown") {
						t.Errorf("%.60s", s)
					}
				}
				return
			}
			if d := cmp.Diff(append(c.want, body...), got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}
