// Package moments finds the dates and periods that a text mentions, and tells
// when that is: counted from the dateline's date or the day of publication, and
// from nothing else.
package moments

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/calendar"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Name and version that results are signed with.
const (
	Name    = "moments"
	Version = 6
)

// Limit is the most moments that are reported for one article.
const Limit = 2000

// unresolved is what stays of the confidence in a moment that can't be
// resolved for lack of an anchor.
const unresolved = 0.9

// maxDayLine is how long a line that is only a day may be, in bytes: an agenda's
// "MONDAY, MAY 6", which is no paragraph.
const maxDayLine = 60

// Enricher finds moments. It is safe for concurrent use.
type Enricher struct{ languages map[string]*calendar.Language }

// New reads the languages that are built in.
func New() (*Enricher, error) {
	l, err := calendar.Languages()
	if err != nil {
		return nil, err
	}
	return &Enricher{l}, nil
}

// Enrich sets a.Moments: what headline, standfirst, dateline, body and notes
// mention, by place. In languages that the data doesn't have nothing is found.
func (e *Enricher) Enrich(ctx context.Context, a *article.Article) error {
	e.enrich(ctx, a, nil)
	return nil
}

// Choices finds the moments of a as Enrich does, and tells between which years there was
// to choose.
func (e *Enricher) Choices(ctx context.Context, a *article.Article) []calendar.Choice {
	var all []calendar.Choice
	e.enrich(ctx, a, func(c calendar.Choice) { all = append(all, c) })
	return all
}

// enrich is Enrich; asked, if it isn't nil, is told of each choice.
func (e *Enricher) enrich(ctx context.Context, a *article.Article, asked func(calendar.Choice)) {
	a.Moments = nil
	tag, _, _ := strings.Cut(a.Language.Value, "-")
	lang := e.languages[strings.ToLower(tag)]
	if lang == nil {
		return
	}
	var found []article.Moment
	focus := calendar.Focus{Anchor: Anchor(a), Asked: asked}
	var read []calendar.Expression
	var manner calendar.Manner
	words := lexicon.WordsOf(ctx, a.Text)
	for _, s := range a.Segments {
		if !mentions(&s) {
			continue
		}
		alone := s.Kind == article.Boilerplate
		reads, told := &manner, &focus
		if alone || s.Kind == article.Note {
			// What stands beside the article tells nothing of its manner, nor what hangs on what.
			apart, none := manner, focus.Apart()
			reads, told = &apart, &none
		}
		read = lang.Read(read[:0], words, s.Start, s.End, Limit-len(found), reads)
		if alone && (len(read) != 1 || !read[0].Agenda() || strings.Trim(a.Text[s.Start:read[0].Start]+a.Text[read[0].End:s.End], " .:") != "") {
			continue
		}
		found = resolved(found, read, s.Kind, told)
		if len(found) >= Limit {
			break
		}
	}
	a.Moments = found
}

// resolved appends what was read in a segment of the kind to found, told from what the
// text has named so far.
func resolved(found []article.Moment, read []calendar.Expression, kind article.Kind, focus *calendar.Focus) []article.Moment {
	focus.Paragraph()
	for i := range read {
		x := &read[i]
		if kind == article.Dateline {
			x.Nearest()
		}
		m := article.Moment{
			Evidence:  article.Evidence{Span: article.Span{Start: x.Start, End: x.End}, Enricher: Name, Version: Version, Confidence: x.Confidence},
			Precision: x.Precision(),
		}
		when, ok := focus.Resolve(x)
		switch {
		case ok:
			m.From, m.To, m.Precision = when.From, when.To, when.Precision
		case x.Relative():
			continue // nothing to count from: it may be a duration
		default:
			m.Confidence *= unresolved
		}
		m.Confidence = math.Round(100*m.Confidence) / 100
		found = append(found, m)
	}
	return found
}

// mentions tells whether the days that s names are those of the article, or of a note
// on it: what it corrects, until when it is embargoed. Of what a page says beside it
// only a line may be one.
func mentions(s *article.Segment) bool {
	switch s.Kind {
	case article.Headline, article.Standfirst, article.Dateline, article.Note:
		return true
	case article.Boilerplate:
		return s.End-s.Start <= maxDayLine
	default:
		return s.Kind.InBody()
	}
}

// Anchor is the day that relative dates of a count from: that of the dateline,
// else that of publication; zero if neither is known.
func Anchor(a *article.Article) time.Time {
	if !a.Filed.Date.IsZero() {
		return a.Filed.Date
	}
	return a.PublishedAt
}
