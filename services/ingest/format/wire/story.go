package wire

import (
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format/html"
)

// Story is what an agency's text consists of, in no format's words.
type Story struct {
	Kicker, Headline string
	Standfirst       []string
	Byline, Dateline string
	// Body has the text; captions and credits stand in it where the sender
	// put the pictures.
	Body        []html.Block
	Images      []article.Image // those whose captions aren't in the body are laid out behind it
	Notes       []string        // for editors
	Boilerplate []string
}

// Note adds a note with its label, if there is one.
func (s *Story) Note(label, text string) {
	if text != "" {
		s.Notes = append(s.Notes, label+": "+text)
	}
}

// Rights adds boilerplate with its label, if there is any.
func (s *Story) Rights(label, text string) {
	if text != "" {
		s.Boilerplate = append(s.Boilerplate, label+": "+text)
	}
}

// Fill takes what s doesn't say from o: the fields around a text, where the
// text says some of them itself.
func (s *Story) Fill(o *Story) {
	for _, f := range []struct{ to, from *string }{{&s.Kicker, &o.Kicker}, {&s.Headline, &o.Headline}, {&s.Byline, &o.Byline}, {&s.Dateline, &o.Dateline}} {
		switch {
		case *f.to == "":
			*f.to = *f.from
		case f.to == &s.Headline && !Same(*f.to, *f.from):
			s.Note("Headline", *f.from)
		}
	}
	s.Standfirst = append(s.Standfirst, o.Standfirst...)
	s.Body = append(s.Body, o.Body...)
	s.Images = append(s.Images, o.Images...)
	s.Notes = append(s.Notes, o.Notes...)
	s.Boilerplate = append(s.Boilerplate, o.Boilerplate...)
}

// Empty tells that there is nothing to read.
func (s *Story) Empty() bool {
	return s.Headline == "" && len(s.Standfirst) == 0 && len(s.Body) == 0 &&
		!slices.ContainsFunc(s.Images, func(i article.Image) bool { return i.Caption != "" })
}

// Lay writes the story into a, signed.
func (s *Story) Lay(a *article.Article, signer string, version int) {
	body := Aside(s.Body)
	if s.Headline == "" && len(body) > 0 && body[0].Kind == article.Subhead {
		s.Headline = body[0].Text // the text has it, and nothing else
	}
	for len(body) > 0 && s.Headline != "" && Same(body[0].Text, s.Headline) {
		body = body[1:]
	}
	text := Squeeze(Joined(body))
	said := seen{} // of what stands above the text
	said.first(Squeeze(s.Headline))
	var standfirst []string
	for _, t := range s.Standfirst {
		if k := Squeeze(t); said.first(k) && !strings.HasPrefix(text, k) {
			standfirst = append(standfirst, t)
		}
	}
	b := article.Builder{Signer: signer, Version: version}
	b.Add(article.Kicker, s.Kicker)
	b.Add(article.Headline, s.Headline)
	b.Add(article.Standfirst, strings.Join(standfirst, "\n"))
	b.Add(article.Byline, s.Byline)
	place := s.Dateline
	if !Opens(body, place) {
		b.Add(article.Dateline, place)
		place = ""
	}
	said = seen{} // of the text and the captions
	for _, bl := range body {
		b.Add(bl.Kind, bl.Text)
		said.first(Squeeze(bl.Text))
	}
	urls := seen{}
	for _, im := range a.Images {
		urls.first(im.URL)
	}
	for _, im := range s.Images {
		for _, t := range []struct {
			kind article.Kind
			text string
		}{{article.Caption, im.Caption}, {article.CreditLine, im.Credit}} {
			if k := Squeeze(t.text); k != "" && said.first(k) {
				b.Add(t.kind, t.text)
			}
		}
		if im.URL != "" && urls.first(im.URL) {
			a.Images = append(a.Images, im)
		}
	}
	if !strings.Contains(text, Squeeze(place)) {
		b.Add(article.Note, "Dateline: "+place)
	}
	noted := seen{}
	for _, n := range s.Notes {
		if noted.first(n) {
			b.Add(article.Note, n)
		}
	}
	for _, n := range s.Boilerplate {
		if noted.first(n) {
			b.Add(article.Boilerplate, n)
		}
	}
	b.Fill(a)
}

// seen are texts that were said already. There may be tens of thousands: each
// compared with each would take minutes.
type seen map[string]bool

// first tells whether s is new, and remembers it.
func (s seen) first(text string) bool {
	if s[text] {
		return false
	}
	s[text] = true
	return true
}
