// Package access says who may ask for what: API keys and what they are entitled
// to.
package access

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a grant.
const (
	MaxNames = 64  // of each list
	MaxName  = 200 // of a name, in bytes
)

// Grant says which articles a reader may learn of, by their sources and
// agencies. The zero value lets through everything. A list of what is allowed lets
// through nothing else, what is denied counts before it. Names are the facets'
// values; between capitals and small letters of ASCII there is no difference.
type Grant struct {
	Agencies       []string `json:"agencies,omitempty"` // allowed; empty: all, and articles without one
	AgenciesDenied []string `json:"agencies_denied,omitempty"`
	Sources        []string `json:"sources,omitempty"`
	SourcesDenied  []string `json:"sources_denied,omitempty"`

	nothing bool
}

// Nothing lets through no article.
func Nothing() Grant { return Grant{nothing: true} }

// None tells that the grant is [Nothing].
func (g Grant) None() bool { return g.nothing }

// Everything tells whether g restricts nothing.
func (g Grant) Everything() bool {
	return !g.nothing && len(g.Agencies)+len(g.AgenciesDenied)+len(g.Sources)+len(g.SourcesDenied) == 0
}

// Allows tells whether an article of that source and agency may be seen; agency is
// "" where none is known.
func (g Grant) Allows(source, agency string) bool {
	return !g.nothing &&
		(len(g.Agencies) == 0 || among(g.Agencies, agency)) && !among(g.AgenciesDenied, agency) &&
		(len(g.Sources) == 0 || among(g.Sources, source)) && !among(g.SourcesDenied, source)
}

// ByAgency tells whether g looks at the agency of an article, or lets through nothing.
func (g Grant) ByAgency() bool { return g.nothing || len(g.Agencies)+len(g.AgenciesDenied) > 0 }

// AllowsNotice tells whether it may be told that an article was killed, by a notice
// that has this source. A notice has no agency any more, and the source of who sent
// it: only a list of allowed sources can vouch for it.
func (g Grant) AllowsNotice(source string) bool {
	return !g.ByAgency() && len(g.SourcesDenied) == 0 && (len(g.Sources) == 0 || among(g.Sources, source))
}

// Validate tells what is wrong with the lists.
func (g Grant) Validate() error {
	var errs []error
	for _, l := range []struct {
		called string
		names  []string
	}{
		{"agencies", g.Agencies}, {"agencies denied", g.AgenciesDenied}, {"sources", g.Sources}, {"sources denied", g.SourcesDenied},
	} {
		if len(l.names) > MaxNames {
			errs = append(errs, fmt.Errorf("%d %s, the limit is %d", len(l.names), l.called, MaxNames))
		}
		for _, name := range l.names {
			if err := checkName(name, MaxName); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", l.called, err))
			}
		}
	}
	return errors.Join(errs...)
}

// checkName holds a name to one line of text of 1 to limit bytes.
func checkName(name string, limit int) error {
	switch {
	case name == "" || name != strings.TrimSpace(name):
		return fmt.Errorf("%.40q is empty, or has space around it", name)
	case len(name) > limit:
		return fmt.Errorf("%.40q… has %d bytes, the limit is %d", name, len(name), limit)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("%.40q is not one line of text", name)
	}
	return nil
}

// among compares as Elasticsearch does where it is told that the case doesn't count.
func among(names []string, name string) bool {
	for _, n := range names {
		if len(n) == len(name) && lower(n) == lower(name) {
			return true
		}
	}
	return false
}

// lower makes small letters of ASCII's capitals, and of no others.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
