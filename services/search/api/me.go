package api

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/copytaster/copytaster/pkg/access"
)

// Me is who sends a request, what they may do, and what the service has for them.
type Me struct {
	Name    string         `json:"name,omitempty"`
	Key     string         `json:"key,omitempty"` // id
	Role    access.Role    `json:"role"`
	Scopes  []access.Scope `json:"scopes"`
	Grant   string         `json:"grant"` // "everything", "restricted"
	Asked   bool           `json:"asked"` // the service asks who comes
	Session bool           `json:"session,omitempty"`
	Rate    int            `json:"rate,omitempty"`
	Service Features       `json:"service"`
}

// Features are what a service has that others may not have.
type Features struct {
	Live      bool `json:"live"`
	Overrides bool `json:"overrides"`
	Operator  bool `json:"operator"`
	Embargoes bool `json:"embargoes"`
}

// noRole is that of who may less than a reader.
const noRole access.Role = "none"

func me(s Service) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			fail(w, r, s.Log, malformed(err))
			return
		}
		if err := only(values); err != nil {
			fail(w, r, s.Log, err)
			return
		}
		who := access.Of(r.Context())
		m := Me{
			Name: who.Name, Key: who.Key, Role: roleOf(who), Scopes: append([]access.Scope{}, who.Scopes...), Grant: "restricted",
			Asked: s.Asks, Session: who.Session, Service: Features{s.Live != nil, s.Editors != nil, s.Operator != nil, s.Embargoes != nil},
		}
		if who.Grant.Everything() {
			m.Grant = "everything"
		}
		if s.Rate != nil {
			m.Rate = s.Rate(who)
		}
		answer(w, r, s.Log, &m)
	})
}

// roleOf is the greatest role whose scopes who has.
func roleOf(who access.Identity) access.Role {
	role := noRole
	for _, r := range access.Roles {
		if !slices.ContainsFunc(r.Scopes(), func(s access.Scope) bool { return !who.May(s) }) {
			role = r
		}
	}
	return role
}
