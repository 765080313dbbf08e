package api

import (
	"errors"
	"testing"

	"github.com/copytaster/copytaster/pkg/access"
)

// A feed ends when its reader may no longer ask, or may see something else.
func TestEntitledAs(t *testing.T) {
	grant := access.Grant{Agencies: []string{"dpa"}}
	again := func(g access.Grant, err error) func() (access.Identity, error) {
		return func() (access.Identity, error) { return access.Identity{Grant: g}, err }
	}
	for name, c := range map[string]struct {
		again func() (access.Identity, error)
		want  bool
	}{
		"nobody is asked": {nil, true},
		"as before":       {again(grant, nil), true},
		"another grant":   {again(access.Grant{}, nil), false},
		"revoked":         {again(access.Grant{}, errors.New("no")), false},
	} {
		if got := entitledAs(access.Identity{Grant: grant, Again: c.again}); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
