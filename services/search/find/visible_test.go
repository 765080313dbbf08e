package find

import (
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
)

// Which editor corrected what is for the house alone.
func TestDiscreet(t *testing.T) {
	f := New(nil, "", time.UTC, time.Second, time.Now)
	for _, c := range []struct {
		grant access.Grant
		want  string
	}{
		{access.Grant{}, "M. Ito"},
		{access.Grant{Sources: []string{"wire"}}, ""},
		{access.Grant{AgenciesDenied: []string{"dpa"}}, ""},
		{access.Nothing(), ""},
	} {
		a := article.Article{Corrections: article.Corrections{Number: 1, Fields: []article.Corrected{{Field: "language", Who: "M. Ito"}}}}
		f.As(c.grant).discreet(&a)
		if got := a.Corrections.Fields[0]; got.Who != c.want || got.Field != "language" {
			t.Errorf("%+v: %+v", c.grant, got)
		}
	}
}
