// Package story is what of an article goes out in the formats of news: its
// text as readers see it, and what a document of several articles says of
// itself. The formats' packages write from it.
package story

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/copytaster/copytaster/pkg/article"
)

// Story is the text of an article. Every string in it is one line without
// control characters and what XML doesn't allow. Of what readers aren't shown
// (notes to editors, boilerplate, residue) there is nothing in it, and of a
// canceled article nothing at all.
type Story struct {
	Kicker, Headline string
	Standfirst       []string
	Byline, Dateline string
	// RunsIn tells that the dateline stands in the line of the first paragraph,
	// as "NIAMEY (dpa) –" does.
	RunsIn bool
	// Body is the text in its order, the pictures where their captions stand, or
	// else at the end.
	Body []Block

	at int // where in the body the dateline stands
}

// Block is a piece of the body.
type Block struct {
	Kind article.Kind // Paragraph, Subhead, Quote, Signoff, or Caption for a picture
	Text string       // "" of a picture
	Picture
}

// Picture is an image with what is said of it; its address may be missing.
type Picture struct{ URL, MediaType, Caption, Credit string }

// List is what a document of articles says of itself.
type List struct {
	// ID names the search: it is the same for all pages and at all times.
	ID    string
	Title string
	// Self is this document's address, Next that of the next page, Home that of
	// the page for people. "" for none.
	Self, Next, Home string
	// Address gives an article's address in this format; nil: it has none.
	Address func(article.URI) string
	Now     time.Time
}

// Of is the story that a tells.
func Of(a *article.Article) *Story {
	s := &Story{}
	if a.Status == article.Canceled {
		return s
	}
	w := writer{story: s, images: slices.Clone(a.Images), used: make([]bool, len(a.Images))}
	for i, seg := range a.Segments {
		t := Clean(seg.In(a.Text))
		if t == "" || !seg.Kind.ForReaders() {
			continue
		}
		if seg.Kind == article.Dateline && s.Dateline == "" {
			s.at = len(s.Body)
			s.RunsIn = i+1 < len(a.Segments) && a.Segments[i+1].Kind == article.Paragraph &&
				!strings.ContainsAny(article.After(a.Text, a.Segments, i), "\r\n")
		}
		w.segment(seg.Kind, t)
	}
	for i, im := range w.images {
		if !w.used[i] && address(im.URL) != "" {
			w.picture(i)
		}
	}
	return s
}

// writer makes a story, segment by segment.
type writer struct {
	story  *Story
	images []article.Image
	used   []bool
}

func (w *writer) segment(k article.Kind, t string) {
	s := w.story
	switch k {
	case article.Kicker:
		w.first(&s.Kicker, article.Subhead, t)
	case article.Headline:
		w.first(&s.Headline, article.Subhead, t)
	case article.Dateline:
		w.first(&s.Dateline, article.Paragraph, t)
	case article.Byline:
		if s.Byline != "" {
			t = s.Byline + ", " + t
		}
		s.Byline = t
	case article.Standfirst:
		s.Standfirst = append(s.Standfirst, t)
	case article.Caption:
		w.caption(t)
	case article.CreditLine:
		w.credit(t)
	case article.Subhead, article.Quote, article.Signoff:
		s.Body = append(s.Body, Block{Kind: k, Text: t})
	default: // paragraphs, and references, which no format has a place for
		s.Body = append(s.Body, Block{Kind: article.Paragraph, Text: t})
	}
}

// first keeps the first of what there is one of; a further one stays where it
// stands, as k.
func (w *writer) first(into *string, k article.Kind, t string) {
	if *into == "" {
		*into = t
		return
	}
	w.story.Body = append(w.story.Body, Block{Kind: k, Text: t})
}

// picture puts a picture here, and before it those that no text says a place of.
func (w *writer) picture(i int) {
	for j, im := range w.images[:i] {
		if !w.used[j] && Clean(im.Caption+im.Credit) == "" && address(im.URL) != "" {
			w.put(j)
		}
	}
	w.put(i)
}

func (w *writer) put(i int) {
	im := w.images[i]
	w.used[i] = true
	w.story.Body = append(w.story.Body, Block{Kind: article.Caption, Picture: Picture{
		URL: address(im.URL), MediaType: Clean(im.MediaType), Caption: Clean(im.Caption), Credit: Clean(im.Credit),
	}})
}

// address is one of the web, or "": any other would mean something else
// wherever it is read.
func address(s string) string {
	s = Clean(s)
	if u, err := url.Parse(s); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return s
}

// caption puts the picture here that it is of; without one, the caption alone.
func (w *writer) caption(t string) {
	for i, im := range w.images {
		if !w.used[i] && same(im.Caption, t) {
			w.picture(i)
			return
		}
	}
	w.story.Body = append(w.story.Body, Block{Kind: article.Caption, Picture: Picture{Caption: t}})
}

// credit is said with the picture before it, belongs to one without a caption,
// to the picture before it, to one that was or will be said, or stands alone.
func (w *writer) credit(t string) {
	body := w.story.Body
	var before *Block
	if n := len(body); n > 0 && body[n-1].Kind == article.Caption {
		before = &body[n-1]
	}
	if before != nil && same(before.Credit, t) {
		return
	}
	for i, im := range w.images {
		if !w.used[i] && Clean(im.Caption) == "" && same(im.Credit, t) {
			w.picture(i)
			return
		}
	}
	if before != nil && before.Credit == "" {
		before.Credit = t
		return
	}
	for i, im := range w.images {
		if same(im.Credit, t) && (w.used[i] || address(im.URL) != "") {
			return
		}
	}
	w.story.Body = append(w.story.Body, Block{Kind: article.Caption, Picture: Picture{Credit: t}})
}

// same tells whether two texts differ in their spaces alone.
func same(a, b string) bool {
	return slices.Equal(strings.Fields(Clean(a)), strings.Fields(Clean(b)))
}

// Running is the body as it reads where there is no other place for the
// dateline: in front of the first paragraph, in its line or above it.
func (s *Story) Running() []Block {
	if s.Dateline == "" {
		return s.Body
	}
	body := slices.Clone(s.Body)
	if s.RunsIn && s.at < len(body) && body[s.at].Kind == article.Paragraph {
		body[s.at].Text = s.Dateline + " " + body[s.at].Text
		return body
	}
	return slices.Insert(body, min(s.at, len(body)), Block{Kind: article.Paragraph, Text: s.Dateline})
}

// Pictures are those of the body.
func (s *Story) Pictures() []Picture {
	var ps []Picture
	for _, b := range s.Body {
		if b.Kind == article.Caption {
			ps = append(ps, b.Picture)
		}
	}
	return ps
}

// Created is when the version was made, for formats that demand a date: what
// is not known is the publication's, else the arrival's.
func Created(a *article.Article) time.Time {
	switch {
	case !a.VersionCreated.IsZero():
		return a.VersionCreated
	case !a.PublishedAt.IsZero():
		return a.PublishedAt
	}
	return a.ReceivedAt
}

// Provider is who sent the article, by the best name that is known.
func Provider(a *article.Article) string {
	for _, name := range []string{a.Agency.Value, a.Provider, a.Source} {
		if name = Clean(name); name != "" {
			return name
		}
	}
	return ""
}

// Clean is text as one line: control characters and line ends are spaces, what
// stands for no character is left out. Spaces that mean something (that don't
// break, that are thin) are kept.
func Clean(s string) string {
	return strings.TrimSpace(strings.Join(strings.FieldsFunc(strings.Map(func(r rune) rune {
		if r == '\uFFFE' || r == '\uFFFF' {
			return -1
		}
		return r
	}, s), func(r rune) bool {
		return r == ' ' || unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	}), " "))
}
