package access_test

import (
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/access"
)

func TestGrant(t *testing.T) {
	type seen struct{ source, agency string }
	for name, c := range map[string]struct {
		grant        access.Grant
		yes, no      []seen
		told, untold []string // sources of notices
	}{
		"everything": {yes: []seen{{"wire", "dpa"}, {"wire", ""}, {"", ""}}, told: []string{"wire", "desk"}},
		"nothing":    {grant: access.Nothing(), no: []seen{{"wire", "dpa"}, {"", ""}}, untold: []string{"wire"}},
		"agencies": {
			grant:  access.Grant{Agencies: []string{"dpa", "AFP"}},
			yes:    []seen{{"wire", "dpa"}, {"site", "afp"}, {"wire", "DPA"}},
			no:     []seen{{"wire", "AP"}, {"wire", ""}, {"wire", "dp"}, {"dpa", ""}, {"wire", "dpa "}},
			untold: []string{"wire"},
		},
		"agencies denied": {
			grant:  access.Grant{AgenciesDenied: []string{"Élan", "AP"}},
			yes:    []seen{{"wire", "dpa"}, {"wire", ""}, {"wire", "élan"}}, // only ASCII has no case
			no:     []seen{{"wire", "AP"}, {"wire", "ap"}, {"wire", "ÉLAN"}},
			untold: []string{"wire"},
		},
		"sources": {
			grant: access.Grant{Sources: []string{"wire"}},
			yes:   []seen{{"wire", ""}, {"Wire", "AP"}}, no: []seen{{"site", "AP"}, {"", ""}},
			told: []string{"wire"}, untold: []string{"desk"},
		},
		"sources denied": {
			grant: access.Grant{SourcesDenied: []string{"site"}},
			yes:   []seen{{"wire", ""}}, no: []seen{{"site", "AP"}}, untold: []string{"wire", "site"},
		},
		"denied among allowed": {
			grant: access.Grant{Sources: []string{"wire", "site"}, SourcesDenied: []string{"site"}, Agencies: []string{"AP"}},
			yes:   []seen{{"wire", "AP"}}, no: []seen{{"site", "AP"}, {"wire", "dpa"}},
		},
	} {
		for _, s := range c.yes {
			if !c.grant.Allows(s.source, s.agency) {
				t.Errorf("%s: %+v is not allowed", name, s)
			}
		}
		for _, s := range c.no {
			if c.grant.Allows(s.source, s.agency) {
				t.Errorf("%s: %+v is allowed", name, s)
			}
		}
		for _, s := range c.told {
			if !c.grant.AllowsNotice(s) {
				t.Errorf("%s: a notice of %s is not told", name, s)
			}
		}
		for _, s := range c.untold {
			if c.grant.AllowsNotice(s) {
				t.Errorf("%s: a notice of %s is told", name, s)
			}
		}
		if got := c.grant.Everything(); got != (name == "everything") {
			t.Errorf("%s: everything: %v", name, got)
		}
		if err := c.grant.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGrantLimits(t *testing.T) {
	for name, wrong := range map[string]access.Grant{
		"empty": {Agencies: []string{""}}, "space": {Sources: []string{" wire"}}, "lines": {SourcesDenied: []string{"a\nb"}},
		"long": {AgenciesDenied: []string{strings.Repeat("x", access.MaxName+1)}}, "UTF-8": {Agencies: []string{"\xff"}},
		"many": {Sources: strings.Split(strings.Repeat("x,", access.MaxNames)+"x", ",")},
	} {
		if wrong.Validate() == nil {
			t.Errorf("%s passed", name)
		}
	}
	if err := (access.Grant{Agencies: []string{strings.Repeat("x", access.MaxName)}, Sources: strings.Split(strings.Repeat("x,", access.MaxNames-1)+"x", ",")}).Validate(); err != nil {
		t.Error(err)
	}
}
