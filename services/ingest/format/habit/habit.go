// Package habit knows how agencies write: the words by which formats without
// a status field kill, hold, embargo and correct, how an agency names another
// of its messages, and what it leaves unsaid (its time zone, its variant of
// ISO 646).
//
// An agency is data, one small file each. The words of all agencies are looked
// for in every text, since a text rarely says for sure whose it is; what an
// agency leaves unsaid is only taken of one that is named.
package habit

import (
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // images without a zone database know the agencies' zones, too
)

// Agency is what is known of one agency.
type Agency struct {
	// Name is its usual short name, as [article.Article] has it.
	Name string
	// Names are the others under which it stands in headers and providers, in
	// lower case.
	Names []string
	// Services are the source identifications that it sends under, in lower case.
	Services []string
	// Zone is the time zone of dates that state none; "": UTC.
	Zone string
	// ISO646 is the national variant of its 7-bit texts, see telegraph.Variants.
	ISO646 string
	// SlugNames says that its keyword line names a story through all its
	// versions of one day.
	SlugNames bool
	Words     Words
}

// Words are the forms of lines that say something about the message. All are
// in upper case; they are compared without regard to it only where a form is
// strict enough.
type Words struct {
	// Kill and Hold stand alone on a line, as often as the agency likes.
	Kill, Hold []string
	// Embargo opens a line that can't be anything else.
	Embargo []string
	// Correction and Advisory stand alone, or before a colon or dash.
	Correction, Advisory []string
	// Private opens what is not for publication; PrivateEnd ends it.
	Private, PrivateEnd []string
}

// table is every agency.
var table = []Agency{aap, afp, ansa, ap, apa, dpa, efe, ntb, pa, reuters, ritzau, tt}

// Agencies are all that are known, by name.
func Agencies() []Agency { return slices.Clone(table) }

// Find is the agency of that name or service; false if none is known.
func Find(name string) (Agency, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "" {
		return Agency{}, false
	}
	for _, a := range table {
		if strings.EqualFold(a.Name, name) || slices.Contains(a.Names, name) || slices.Contains(a.Services, name) {
			return a, true
		}
	}
	return Agency{}, false
}

// First is the first of names that is known.
func First(names ...string) Agency {
	for _, n := range names {
		if a, ok := Find(n); ok {
			return a
		}
	}
	return Agency{}
}

// Location is the zone of dates that state none; stated tells whether it is
// known, else it is UTC.
func (a Agency) Location() (loc *time.Location, stated bool) {
	if a.Zone == "" {
		return time.UTC, false
	}
	loc, err := time.LoadLocation(a.Zone)
	if err != nil {
		return time.UTC, false
	}
	return loc, true
}

// lexicon is the words of all agencies, the longest first, so that none hides
// one that it begins.
func lexicon() Words {
	w := common
	for _, a := range table {
		w.Kill = append(slices.Clip(w.Kill), a.Words.Kill...)
		w.Hold = append(slices.Clip(w.Hold), a.Words.Hold...)
		w.Embargo = append(slices.Clip(w.Embargo), a.Words.Embargo...)
		w.Correction = append(slices.Clip(w.Correction), a.Words.Correction...)
		w.Advisory = append(slices.Clip(w.Advisory), a.Words.Advisory...)
		w.Private = append(slices.Clip(w.Private), a.Words.Private...)
		w.PrivateEnd = append(slices.Clip(w.PrivateEnd), a.Words.PrivateEnd...)
	}
	for _, list := range []*[]string{&w.Kill, &w.Hold, &w.Embargo, &w.Correction, &w.Advisory, &w.Private, &w.PrivateEnd} {
		slices.SortFunc(*list, func(a, b string) int {
			if n := len(b) - len(a); n != 0 {
				return n
			}
			return strings.Compare(a, b)
		})
		*list = slices.Compact(*list)
	}
	return w
}

// words is the lexicon, made once.
var words = func() Words { return lexicon() }()

// lone is those of the words that may stand alone, made once.
var lone = struct{ kill, hold, correction, advisory loners }{
	newLoners(words.Kill), newLoners(words.Hold), newLoners(words.Correction), newLoners(words.Advisory),
}
