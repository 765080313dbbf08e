// Package export is the table of the formats that articles go out in, each in
// a folder of its own.
package export

import (
	"fmt"
	"io"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/export/atom"
	"github.com/copytaster/copytaster/services/search/export/jsonfeed"
	"github.com/copytaster/copytaster/services/search/export/newsmlg2"
	"github.com/copytaster/copytaster/services/search/export/ninjs"
	"github.com/copytaster/copytaster/services/search/export/nitf"
	"github.com/copytaster/copytaster/services/search/export/story"
	"github.com/copytaster/copytaster/services/search/export/text"
)

// Format is one way in which articles go out.
type Format struct {
	Name      string
	MediaType string // of a document of one article
	// MediaTypeMany is that of a document of several, if it is another. Formats
	// may share it: who asks by it gets the first of them.
	MediaTypeMany string
	Extension     string // of a file's name, without the leading dot
	// Notice tells whether it can say that an article was canceled.
	Notice bool
	// Life tells whether it can say that an article is withheld or under an
	// embargo.
	Life bool
	// Feed tells that its readers ask again and again for what is new.
	Feed bool
	// One makes the document of an article. Of a canceled one it is the notice,
	// without text; only formats with Notice are given any.
	One func(a *article.Article, l story.List) ([]byte, error)
	// Many makes one document of several articles. Where a format has no document
	// of none, it is empty.
	Many func(as []*article.Article, l story.List) ([]byte, error)
	// Open makes one document, to be written to w, of however many articles; nil: the
	// format has none.
	Open func(w io.Writer, l story.List) Stream
	// GoesOn tells that such a document says where the next one goes on.
	GoesOn bool
}

// Stream writes a document of articles, none of them canceled.
type Stream interface {
	Begin() error
	// Article adds one; whoever was cut off after it goes on by its cursor.
	Article(a *article.Article, cursor string) error
	// End ends the document. next is the address of what is left, "" if nothing is; see
	// [Format.GoesOn].
	End(next string) error
}

// Table lists the formats in the order in which they are offered.
var Table = []Format{
	{Name: ninjs.Name, MediaType: ninjs.MediaType, Extension: ninjs.Extension, Notice: true, Life: true, One: ninjs.One, Many: ninjs.Many, Open: func(w io.Writer, l story.List) Stream { return ninjs.Open(w, l) }},
	{Name: newsmlg2.Name, MediaType: newsmlg2.MediaType, MediaTypeMany: newsmlg2.MediaTypeMany, Extension: newsmlg2.Extension, Notice: true, Life: true, One: newsmlg2.One, Many: newsmlg2.Many},
	{Name: nitf.Name, MediaType: nitf.MediaType, MediaTypeMany: nitf.MediaTypeMany, Extension: nitf.Extension, Notice: true, Life: true, One: nitf.One, Many: nitf.Many},
	{Name: atom.Name, MediaType: atom.MediaType, Extension: atom.Extension, Notice: true, Feed: true, One: atom.One, Many: atom.Many, Open: func(w io.Writer, l story.List) Stream { return atom.Open(w, l) }, GoesOn: true},
	{Name: jsonfeed.Name, MediaType: jsonfeed.MediaType, Extension: jsonfeed.Extension, Feed: true, One: jsonfeed.One, Many: jsonfeed.Many, Open: func(w io.Writer, l story.List) Stream { return jsonfeed.Open(w, l) }, GoesOn: true},
	{Name: text.Name, MediaType: text.MediaType, Extension: text.Extension, Notice: true, One: text.One, Many: text.Many},
}

// Find is the format of that name.
func Find(name string) (Format, bool) {
	for _, f := range Table {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// Names are the formats' names in the order of the table.
func Names() []string {
	names := make([]string, len(Table))
	for i, f := range Table {
		names[i] = f.Name
	}
	return names
}

// UnfitError says that a format can't say what an article's life is: without
// it the article would pass for one that may be used.
type UnfitError struct {
	Format string
	What   string // "canceled", "withheld", "under an embargo"
}

func (e *UnfitError) Error() string {
	var able []string
	for _, f := range Table {
		if f.says(e.What) {
			able = append(able, f.Name)
		}
	}
	return fmt.Sprintf("%s can't say that an article is %s; these can: %s", e.Format, e.What, strings.Join(able, ", "))
}

// What an article may be, other than free to use.
const (
	canceled  = "canceled"
	withheld  = "withheld"
	embargoed = "under an embargo"
)

func (f Format) says(what string) bool {
	if what == canceled {
		return f.Notice
	}
	return f.Life
}

// Encode makes the document of an article. An [*UnfitError] says that the
// format has no words for its status, or for its embargo that isn't over.
func (f Format) Encode(a *article.Article, l story.List) ([]byte, error) {
	what := ""
	switch {
	case a.Status == article.Canceled:
		what = canceled
	case a.Status == article.Withheld:
		what = withheld
	case a.EmbargoUntil.After(l.Now):
		what = embargoed
	}
	if what != "" && !f.says(what) {
		return nil, &UnfitError{f.Name, what}
	}
	return f.One(a, l)
}
