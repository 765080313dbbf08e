package corpus

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/elastic"
)

// Offsets say by topic, without namespace, and partition up to where a log is
// in an index: every message before the offset is.
type Offsets map[string]map[int]int64

// Build is what both indices of a pair say, in their _meta, of how they came
// to be. A pair that the index service made when it first started has none.
type Build struct {
	// ID ends the names of both indices: 20261124t150312.
	ID string `json:"id"`
	// From is where it was filled from: "log", or "snapshot NAME".
	From    string    `json:"from"`
	BeganAt time.Time `json:"began_at"`
	// Log is where the filling stands.
	Log Offsets `json:"log,omitempty"`
	// Refused counts the messages that the index refused, for good.
	Refused int64 `json:"refused,omitempty"`
	// LiveAt and RetiredAt are when the aliases began and ceased to point at
	// it, the last time; zero: never.
	LiveAt    time.Time `json:"live_at,omitzero"`
	RetiredAt time.Time `json:"retired_at,omitzero"`
}

// BuildID makes the ID of a build that begins at t.
func BuildID(t time.Time) string { return t.UTC().Format("20060102t150405") }

// FillRefreshInterval is the refresh interval of an index while it is filled.
const FillRefreshInterval = 30 * time.Second

// Roles of an index.
const (
	RoleLive     = "live"     // read and written by the services
	RoleNext     = "next"     // being filled
	RolePrevious = "previous" // was live, kept for a rollback
	RoleNone     = "-"        // no alias points at it
)

// Index is an index as it stands in Elasticsearch.
type Index struct {
	Name     string `json:"name"`
	Alias    string `json:"alias"` // the live alias that it is, or would be, behind
	Role     string `json:"role"`
	Schema   int    `json:"schema"`
	Same     bool   `json:"same"` // mapping and analysis are those of this program
	Build    Build  `json:"build"`
	Docs     int64  `json:"docs"`
	Bytes    int64  `json:"bytes"`
	Shards   int    `json:"shards"`
	Refresh  string `json:"refresh_interval"`
	Blocked  bool   `json:"write_blocked"` // closed for writing, as the cluster has it: the index's settings may not say so
	Versions bool   `json:"-"`             // it holds the versions, not the heads
	meta     object // all of _meta
}

// Indices are all of the namespace's indices that this program or an earlier
// one made, with their roles: heads before versions, older before newer.
func Indices(ctx context.Context, es esapi.Transport, n Namespace) ([]Index, error) {
	patterns := []string{n.Articles() + "-*", n.Versions() + "-*"}
	var live map[string]struct {
		Aliases  map[string]json.RawMessage `json:"aliases"`
		Mappings struct {
			Meta object `json:"_meta"`
		} `json:"mappings"`
		Settings struct {
			Index struct {
				Shards  string `json:"number_of_shards"`
				Refresh string `json:"refresh_interval"`
			} `json:"index"`
		} `json:"settings"`
	}
	err := elastic.Ask(ctx, es, "list indices", esapi.IndicesGetRequest{Index: patterns, FilterPath: []string{"*.aliases", "*.mappings._meta", "*.settings.index"}}, &live)
	if err != nil {
		return nil, err
	}
	var sizes []struct {
		Name  string `json:"index"`
		Docs  string `json:"docs.count"`
		Bytes string `json:"pri.store.size"`
	}
	err = elastic.Ask(ctx, es, "list indices", esapi.CatIndicesRequest{Index: patterns, Format: "json", Bytes: "b", H: []string{"index", "docs.count", "pri.store.size"}}, &sizes)
	if err != nil {
		return nil, err
	}
	blocked, err := blocked(ctx, es)
	if err != nil {
		return nil, err
	}
	found := []Index{}
	for name, l := range live {
		mine, ok := l.Mappings.Meta["copytaster"].(object)
		if !ok {
			continue // somebody else's
		}
		x := Index{Name: name, Alias: n.Articles(), Role: RoleNone, Refresh: l.Settings.Index.Refresh, Blocked: slices.Contains(blocked, name), meta: l.Mappings.Meta}
		shape := indices(n)[0]
		if strings.HasPrefix(name, n.Versions()+"-") {
			x.Alias, x.Versions, shape = n.Versions(), true, indices(n)[1]
		}
		for alias, role := range map[string]string{x.Alias: RoleLive, x.Alias + suffixNext: RoleNext, x.Alias + suffixPrevious: RolePrevious} {
			if _, ok := l.Aliases[alias]; ok {
				x.Role = role
			}
		}
		schema, _ := mine["schema"].(float64)
		x.Schema, x.Same = int(schema), mine["fingerprint"] == shape.fingerprint()
		x.Shards, _ = strconv.Atoi(l.Settings.Index.Shards) // 0 if it can't be told
		if x.Build, err = buildOf(mine); err != nil {
			return nil, fmt.Errorf("index %s: %w", name, err)
		}
		for _, s := range sizes {
			if s.Name == name {
				x.Docs, _ = strconv.ParseInt(s.Docs, 10, 64)   // likewise
				x.Bytes, _ = strconv.ParseInt(s.Bytes, 10, 64) // likewise
			}
		}
		found = append(found, x)
	}
	slices.SortFunc(found, func(a, b Index) int {
		if a.Versions != b.Versions {
			return map[bool]int{false: -1, true: 1}[a.Versions]
		}
		return cmp.Or(a.Build.BeganAt.Compare(b.Build.BeganAt), cmp.Compare(a.Name, b.Name))
	})
	return found, nil
}

// writeBlock is Elasticsearch's number for what closes an index for writing by
// request. A full disk has another.
const writeBlock = "8"

// Blocked are those of the indices that are closed for writing, by name. It asks
// what the cluster does, not what the indices' settings say: while a block is
// being added, and for good if the setting was taken away meanwhile, the
// settings have none.
func Blocked(ctx context.Context, es esapi.Transport, names ...string) ([]string, error) {
	all, err := blocked(ctx, es)
	return slices.DeleteFunc(all, func(name string) bool { return !slices.Contains(names, name) }), err
}

// blocked are all of the cluster's: Elasticsearch gives them whatever index it is
// asked for.
func blocked(ctx context.Context, es esapi.Transport) ([]string, error) {
	var state struct {
		Blocks struct {
			Indices map[string]map[string]json.RawMessage `json:"indices"`
		} `json:"blocks"`
	}
	err := elastic.Ask(ctx, es, "ask which indices are closed for writing", esapi.ClusterStateRequest{Metric: []string{"blocks"}}, &state)
	if err != nil {
		return nil, err
	}
	var found []string
	for name, blocks := range state.Blocks.Indices {
		if _, ok := blocks[writeBlock]; ok {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found, nil
}

// BlockedLive are the live indices that are closed for writing.
func BlockedLive(ctx context.Context, es esapi.Transport, n Namespace) ([]string, error) {
	xs, err := Indices(ctx, es, n)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, x := range xs {
		if x.Role == RoleLive && x.Blocked {
			names = append(names, x.Name)
		}
	}
	return names, nil
}

// buildOf reads the build out of a _meta's part that is ours.
func buildOf(mine object) (Build, error) {
	var b Build
	raw, err := json.Marshal(mine["build"])
	if err == nil {
		err = json.Unmarshal(raw, &b)
	}
	if err != nil {
		return Build{}, fmt.Errorf("its _meta has a build that can't be read: %w", err)
	}
	return b, nil
}

// Create makes a pair of indices that is to be filled, behind the aliases of
// [Namespace.Next]. There must be none yet.
func Create(ctx context.Context, es esapi.Transport, n Namespace, b Build, s Settings) error {
	if err := n.Validate(); err != nil {
		return err
	}
	for _, x := range indices(n) {
		body := x.create(s)
		body["aliases"] = object{x.alias + suffixNext: object{"is_write_index": true}}
		body["mappings"].(object)["_meta"].(object)["copytaster"].(object)["build"] = b //nolint:forcetypeassert // made by create
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		name := concrete(x.alias) + "-" + b.ID
		if err := elastic.Ask(ctx, es, "create index "+name, esapi.IndicesCreateRequest{Index: name, Body: bytes.NewReader(raw)}, nil); err != nil {
			return err
		}
	}
	return nil
}

// Record writes into the _meta of an index how far its build is.
func Record(ctx context.Context, es esapi.Transport, x Index, b Build) error {
	mine, ok := x.meta["copytaster"].(object)
	if !ok {
		return fmt.Errorf("index %s is not of this program's making", x.Name)
	}
	mine["build"] = b
	body, err := json.Marshal(object{"_meta": x.meta})
	if err != nil {
		return err
	}
	return elastic.Ask(ctx, es, "note the build of index "+x.Name, esapi.IndicesPutMappingRequest{Index: []string{x.Name}, Body: bytes.NewReader(body)}, nil)
}

// Complete tells whether an index is what this program expects, by its whole
// mapping and analysis; a difference is a [*MismatchError].
func Complete(ctx context.Context, es esapi.Transport, n Namespace, x Index) error {
	var live map[string]liveIndex
	if err := elastic.Ask(ctx, es, "read index "+x.Name, esapi.IndicesGetRequest{Index: []string{x.Name}}, &live); err != nil {
		return err
	}
	for _, shape := range indices(n) {
		if shape.alias == x.Alias {
			return shape.compare(x.Name, live[x.Name])
		}
	}
	return fmt.Errorf("index %s belongs to no alias of namespace %q", x.Name, string(n))
}

// Swap makes every index of next live and every one of live previous, in one
// step; those that were previous lose that alias. live may be empty.
func Swap(ctx context.Context, es esapi.Transport, next, live, previous []Index) error {
	actions := []object{}
	add := func(do string, x Index, alias string, more object) {
		what := object{"index": x.Name, "alias": alias}
		maps.Copy(what, more)
		actions = append(actions, object{do: what})
	}
	exist, write := object{"must_exist": true}, object{"is_write_index": true}
	for _, x := range previous {
		if !slices.ContainsFunc(next, func(y Index) bool { return y.Name == x.Name }) {
			add("remove", x, x.Alias+suffixPrevious, nil)
		}
	}
	for _, x := range live {
		add("remove", x, x.Alias, exist)
		add("add", x, x.Alias+suffixPrevious, write)
	}
	for _, x := range next {
		switch x.Role {
		case RoleNext:
			add("remove", x, x.Alias+suffixNext, exist)
		case RolePrevious:
			add("remove", x, x.Alias+suffixPrevious, exist)
		}
		add("add", x, x.Alias, write)
	}
	body, err := json.Marshal(object{"actions": actions})
	if err != nil {
		return err
	}
	return elastic.Ask(ctx, es, "swap the aliases", esapi.IndicesUpdateAliasesRequest{Body: bytes.NewReader(body)}, nil)
}

// Delete deletes an index that is not live. One that is gone is no error.
func Delete(ctx context.Context, es esapi.Transport, x Index) error {
	if x.Role == RoleLive {
		return fmt.Errorf("index %s is live, it can't be deleted", x.Name)
	}
	err := elastic.Ask(ctx, es, "delete index "+x.Name, esapi.IndicesDeleteRequest{Index: []string{x.Name}}, nil)
	var refused *elastic.StatusError
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return nil
	}
	return err
}
