package corpus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/elastic"
)

// Role is one of those who come to Elasticsearch, each with a key of its own.
type Role string

// The roles.
const (
	Writer   Role = "writer"   // the index service
	Reader   Role = "reader"   // the search service
	Operator Role = "operator" // the operator's tools: indices, aliases, snapshots
)

// Roles are all of them.
var Roles = []Role{Writer, Reader, Operator}

// Grant is what a role may do, as Elasticsearch describes roles. What begins
// with "cluster:" or "indices:" is the name of single actions, for where the
// named privilege would allow much more.
type Grant struct {
	Cluster []string     `json:"cluster"`
	Indices []IndexGrant `json:"indices"`
}

// IndexGrant is a part of a [Grant].
type IndexGrant struct {
	Names      []string `json:"names"`
	Privileges []string `json:"privileges"`
}

// Grant is all that a role needs, and nothing else. Only the operator may make
// or delete an index. The aliases are named beside what is behind them: the
// index service asks for both to tell a missing index from a lost alias.
func (n Namespace) Grant(r Role) (Grant, error) {
	of := func(privileges ...string) []IndexGrant {
		return []IndexGrant{{[]string{n.Articles(), n.Articles() + "-*", n.Versions(), n.Versions() + "-*"}, privileges}}
	}
	const (
		info    = "cluster:monitor/main" // the version, which says that it is Elasticsearch and serves
		meta    = "view_index_metadata"
		refresh = "indices:admin/refresh*"
		index   = "indices:data/write/index*"
		bulk    = "indices:data/write/bulk*"
	)
	switch r {
	case Writer:
		// It reads heads before it writes, and the versions of what was killed.
		return Grant{[]string{info}, of("read", meta, refresh, index, bulk)}, nil
	case Reader:
		return Grant{[]string{info}, of("read", meta)}, nil
	case Operator:
		return Grant{
			[]string{"monitor", "cluster:admin/snapshot/*", "cluster:admin/repository/*"},
			of("read", meta, "manage", index, bulk),
		}, nil
	}
	return Grant{}, fmt.Errorf("there is no role %q; there are %s, %s and %s", r, Writer, Reader, Operator)
}

// LacksError says what a key may not do that its role needs.
type LacksError struct {
	Role Role
	User string   // as Elasticsearch calls the key's owner
	What []string // "read on articles"
}

func (e *LacksError) Error() string {
	return fmt.Sprintf("the API key lacks what the %s needs: %s: `copytaster keys elasticsearch` makes one that has it", e.Role, strings.Join(e.What, ", "))
}

// CheckRights asks whether es may do what r needs; a [*LacksError] says
// what is missing. Where Elasticsearch has no security, everybody may.
func CheckRights(ctx context.Context, es esapi.Transport, n Namespace, r Role) error {
	g, err := n.Grant(r)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"cluster": g.Cluster, "index": g.Indices})
	if err != nil {
		return err
	}
	var reply struct {
		Username string                     `json:"username"`
		All      bool                       `json:"has_all_requested"`
		Cluster  map[string]bool            `json:"cluster"`
		Index    map[string]map[string]bool `json:"index"`
	}
	err = elastic.Ask(ctx, es, "ask what the API key may do", esapi.SecurityHasPrivilegesRequest{Body: bytes.NewReader(body)}, &reply)
	var refused *elastic.StatusError
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusBadRequest && refused.Type == "":
		return nil // the question is unknown where there is no security
	case err != nil || reply.All:
		return err
	}
	lacks := &LacksError{Role: r, User: reply.Username}
	for _, p := range slices.Sorted(maps.Keys(reply.Cluster)) {
		if !reply.Cluster[p] {
			lacks.What = append(lacks.What, p)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(reply.Index)) {
		for _, p := range slices.Sorted(maps.Keys(reply.Index[name])) {
			if !reply.Index[name][p] {
				lacks.What = append(lacks.What, p+" on "+name)
			}
		}
	}
	return lacks
}
