package desk

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/services/enrich/override"
)

// Line is an override in JSON, and what was done about it.
type Line struct {
	Action string       `json:"action,omitempty"` // set, remove, reissue: it says so already, and is sent again
	URI    article.URI  `json:"uri"`
	Number int          `json:"number"` // of changes
	Fields []Correction `json:"fields"`
	// Correctable are the fields that who asks may correct, where that is told.
	Correctable []string `json:"correctable,omitempty"`
	// Replaced are those of before of the fields that are set.
	Replaced []Correction `json:"replaced,omitempty"`
	// Withheld says that the article isn't to be seen now, and so the values and reasons
	// are left out.
	Withheld bool `json:"withheld,omitempty"`
	// Revision is the newest that was sent again, as it was received.
	Revision article.Revision `json:"revision,omitempty"`
	// Seen is the number that the newest enriched revision has: below Number it waits
	// for enrich, or was not sent again. Missing: nothing can be corrected now.
	Seen *int  `json:"seen,omitempty"`
	Done *bool `json:"done,omitempty"`
}

// Reissued is the [Line.Action] of what says so already, and is sent again.
const Reissued = "reissue"

// Correction is a field of a [Line].
type Correction struct {
	Field  string          `json:"field"`
	Who    string          `json:"who,omitempty"` // "": it isn't told
	At     time.Time       `json:"at"`
	Reason string          `json:"reason,omitempty"`
	Value  json.RawMessage `json:"value,omitempty"`
	// Unplaced tells that not all of the value is in the article as it is now, as words of it
	// are not in the text.
	Unplaced bool `json:"unplaced,omitempty"`
	// Unseen is what the text as it is now has more for a list, see [article.Corrected].
	Unseen []string `json:"unseen,omitempty"`
}

func lineOf(o *article.Override) (Line, error) {
	l := Line{URI: o.URI, Number: o.Number, Fields: []Correction{}}
	for i := range o.Corrections {
		c := &o.Corrections[i]
		value, err := c.JSON()
		if err != nil {
			return l, fmt.Errorf("%s: %s: %w", o.URI, c.Field, err)
		}
		l.Fields = append(l.Fields, Correction{Field: c.Field, Who: c.Who, At: c.At.UTC(), Reason: c.Reason, Value: value})
	}
	return l, nil
}

// linesOf are the rows' overrides of all articles that have corrections.
func linesOf(rows override.Rows) (lines []Line, err error) {
	var errs []error
	rows.Range(func(key string, value []byte) bool {
		o, err := event.DecodeOverride(key, value)
		var l Line
		if err == nil {
			l, err = lineOf(&o)
		}
		if err != nil {
			errs = append(errs, err)
		} else if len(l.Fields) > 0 {
			lines = append(lines, l)
		}
		return true
	})
	slices.SortFunc(lines, func(a, b Line) int { return cmp.Compare(a.URI, b.URI) })
	return lines, errors.Join(errs...)
}

// hide leaves out what may have words of the text.
func (l *Line) hide() {
	l.Withheld = true
	for i := range l.Fields {
		l.Fields[i].Value, l.Fields[i].Reason, l.Fields[i].Unseen = nil, "", nil
	}
}

// Discreet leaves out what is for those alone who may see every article: who corrected
// and why, values with words that aren't in the text as it is now, and what that has more.
// They may be of a revision that is another agency's.
func (l *Line) Discreet() {
	for _, fields := range [][]Correction{l.Fields, l.Replaced} {
		for i := range fields {
			fields[i].Who, fields[i].Reason, fields[i].Unseen = "", "", nil
			if fields[i].Unplaced {
				fields[i].Value = nil
			}
		}
	}
}
