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

// maxDifferences is how many differences an error names.
const maxDifferences = 8

// ErrMissing says that an alias does not exist yet: the index service creates
// it when it starts.
var ErrMissing = errors.New("does not exist")

// MismatchError says that a live index isn't what this program expects. It is
// not mended by waiting.
type MismatchError struct {
	Alias, Index string
	Differences  []string // "mapping.properties.uri.type: is text, should be keyword"

	// lacks is the index's _meta if fields that are missing are all the difference.
	lacks object
}

func (e *MismatchError) Error() string {
	shown, rest := e.Differences, ""
	if len(shown) > maxDifferences {
		shown, rest = shown[:maxDifferences], fmt.Sprintf("; and %d more", len(e.Differences)-maxDifferences)
	}
	return fmt.Sprintf("index %s behind alias %s differs from schema %d of this program: %s%s",
		e.Index, e.Alias, Schema, strings.Join(shown, "; "), rest)
}

// Ensure makes both indices exist behind their aliases, and what this program
// expects. Fields that an index of an earlier program lacks are added to it; what
// is there is never changed, and any other difference is a [*MismatchError] that
// names it. Several instances may call it at once. Any other error (no connection,
// a cluster that can't, a key that may not) may be tried again.
func Ensure(ctx context.Context, es esapi.Transport, n Namespace, s Settings) error {
	if err := n.Validate(); err != nil {
		return err
	}
	for _, x := range indices(n) {
		err := x.check(ctx, es)
		var lacks *MismatchError
		switch {
		case errors.Is(err, ErrMissing):
			if err = x.make(ctx, es, s); err == nil {
				err = x.check(ctx, es)
			}
		case errors.As(err, &lacks) && lacks.lacks != nil:
			if err = x.extend(ctx, es, lacks); err == nil {
				err = x.check(ctx, es)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// State is how the index behind an alias is, beside what this program expects.
type State struct {
	Alias string
	Err   error // nil, [ErrMissing], or a [*MismatchError]
	// Mends tells that [Ensure] makes it, or adds the fields that it lacks.
	Mends bool
}

// States tells it of both indices. It changes nothing.
func States(ctx context.Context, es esapi.Transport, n Namespace) ([]State, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	var states []State
	for _, x := range indices(n) {
		s := State{Alias: x.alias, Err: x.check(ctx, es)}
		mismatch, differs := errors.AsType[*MismatchError](s.Err)
		missing := errors.Is(s.Err, ErrMissing)
		if s.Err != nil && !differs && !missing {
			return nil, s.Err
		}
		s.Mends = missing || differs && mismatch.lacks != nil
		states = append(states, s)
	}
	return states, nil
}

// Check tells whether both indices exist ([ErrMissing]) and are what this
// program expects ([*MismatchError]). It changes nothing.
func Check(ctx context.Context, es esapi.Transport, n Namespace) error {
	for _, x := range indices(n) {
		if err := x.check(ctx, es); err != nil {
			return err
		}
	}
	return nil
}

func (x index) make(ctx context.Context, es esapi.Transport, s Settings) error {
	body, err := json.Marshal(x.create(s))
	if err != nil {
		return err
	}
	name := concrete(x.alias)
	err = elastic.Ask(ctx, es, "create index "+name, esapi.IndicesCreateRequest{Index: name, Body: bytes.NewReader(body)}, nil)
	var refused *elastic.StatusError
	if errors.As(err, &refused) && refused.Type == "resource_already_exists_exception" {
		return nil // Another instance was faster; what it made is checked like any other.
	}
	if errors.As(err, &refused) && refused.Status == http.StatusForbidden {
		return fmt.Errorf("index %s is missing, and this API key may not create it: create the indices with the operator's key, by `copytaster indices create`: %w", name, err)
	}
	return err
}

type liveIndex struct {
	Aliases map[string]struct {
		IsWriteIndex *bool `json:"is_write_index"`
	} `json:"aliases"`
	Mappings object `json:"mappings"`
	Settings struct {
		Index struct {
			Analysis object `json:"analysis"`
		} `json:"index"`
	} `json:"settings"`
}

func (x index) check(ctx context.Context, es esapi.Transport) error {
	var live map[string]liveIndex
	err := elastic.Ask(ctx, es, "read index "+x.alias, esapi.IndicesGetRequest{Index: []string{x.alias}}, &live)
	var refused *elastic.StatusError
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return x.orphan(ctx, es)
	}
	if err != nil {
		return err
	}
	if _, ok := live[x.alias]; ok {
		return &MismatchError{Alias: x.alias, Index: x.alias, Differences: []string{"it is an index of that name, should be an alias: delete or rename it"}}
	}
	name := ""
	for candidate, l := range live {
		if w := l.Aliases[x.alias].IsWriteIndex; len(live) == 1 || w != nil && *w {
			name = candidate
		}
	}
	if name == "" {
		return &MismatchError{Alias: x.alias, Index: "(several)", Differences: []string{fmt.Sprintf("alias has %d indices and none of them is its write index", len(live))}}
	}
	return x.compare(name, live[name])
}

// orphan tells a missing index from one whose alias was taken away.
func (x index) orphan(ctx context.Context, es esapi.Transport) error {
	name := concrete(x.alias)
	var live map[string]liveIndex
	err := elastic.Ask(ctx, es, "read index "+name, esapi.IndicesGetRequest{Index: []string{name}}, &live)
	var refused *elastic.StatusError
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusNotFound:
		return fmt.Errorf("alias %s %w", x.alias, ErrMissing)
	case err != nil:
		return err
	}
	if _, ok := live[name].Aliases[x.alias]; ok {
		return x.compare(name, live[name]) // It came to be between the two requests.
	}
	return &MismatchError{Alias: x.alias, Index: name, Differences: []string{"the index exists and the alias does not: point the alias at it, or delete the index"}}
}

func (x index) compare(name string, live liveIndex) error {
	var stored string
	meta, _ := live.Mappings["_meta"].(object)
	if mine, ok := meta["copytaster"].(object); ok {
		stored, _ = mine["fingerprint"].(string)
	}
	delete(live.Mappings, "_meta")
	is := flatten("mapping", live.Mappings)
	differences := diff(flatten("mapping", x.mapping), is)
	differences = append(differences, diff(flatten("analysis", x.analysis), flatten("analysis", live.Settings.Index.Analysis))...)
	if fingerprint := x.fingerprint(); len(differences) == 0 && stored != fingerprint {
		differences = []string{fmt.Sprintf("mapping._meta.copytaster.fingerprint: is %s, should be %s", orNothing(stored), fingerprint)}
	}
	if len(differences) == 0 {
		return nil
	}
	m := &MismatchError{Alias: x.alias, Index: name, Differences: differences}
	if stored != "" && !slices.ContainsFunc(differences, func(d string) bool { return !ofMissingField(d, is) }) {
		m.lacks = meta
	}
	return m
}

// ofMissingField tells that a difference is in a field, or another form of one, that
// isn't there at all.
func ofMissingField(difference string, is map[string]string) bool {
	path, _, _ := strings.Cut(difference, ": ")
	return missing(path, ".properties.", is) || missing(path, ".fields.", is)
}

func missing(path, properties string, is map[string]string) bool {
	for at := 0; ; {
		i := strings.Index(path[at:], properties)
		if i < 0 {
			return false
		}
		at += i + len(properties)
		field := path[:at]
		if end := strings.IndexByte(path[at:], '.'); end >= 0 {
			field = path[:at+end]
		}
		known := false
		for p := range is {
			known = known || p == field || strings.HasPrefix(p, field+".")
		}
		if !known {
			return true
		}
		at-- // the next one may begin with this dot
	}
}

// extend adds the fields that an index of an earlier program lacks. Articles that
// are in it already get them when they are written again.
func (x index) extend(ctx context.Context, es esapi.Transport, m *MismatchError) error {
	mine, ok := m.lacks["copytaster"].(object)
	if !ok {
		return m
	}
	meta, ours := maps.Clone(m.lacks), maps.Clone(mine)
	ours["fingerprint"] = x.fingerprint()
	meta["copytaster"] = ours
	body, err := json.Marshal(object{"_meta": meta, "properties": x.mapping["properties"]})
	if err != nil {
		return err
	}
	err = elastic.Ask(ctx, es, "add fields to index "+m.Index, esapi.IndicesPutMappingRequest{Index: []string{m.Index}, Body: bytes.NewReader(body)}, nil)
	var refused *elastic.StatusError
	if errors.As(err, &refused) && refused.Status == http.StatusForbidden {
		return fmt.Errorf("index %s lacks fields of this program, and this API key may not add them: add them with the operator's key, by `copytaster indices create`: %w", m.Index, err)
	}
	return err
}

// flatten makes path: value of a tree, with what Elasticsearch says in several
// ways said in one: numbers and bools are strings, "type": "object" goes
// without saying.
func flatten(path string, tree any) map[string]string {
	flat := map[string]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case object:
			for k, e := range v {
				if k == "type" && e == "object" {
					continue
				}
				walk(path+"."+k, e)
			}
		case []any:
			parts := make([]string, len(v))
			for i, e := range v {
				parts[i] = fmt.Sprint(e)
			}
			flat[path] = strings.Join(parts, ", ")
		case []string:
			flat[path] = strings.Join(v, ", ")
		default:
			flat[path] = fmt.Sprint(v)
		}
	}
	walk(path, tree)
	return flat
}

func diff(want, is map[string]string) []string {
	var ds []string
	for path, w := range want {
		if i, ok := is[path]; !ok || i != w {
			ds = append(ds, fmt.Sprintf("%s: is %s, should be %s", path, orNothing(i), w))
		}
	}
	for path, i := range is {
		if _, ok := want[path]; !ok {
			ds = append(ds, fmt.Sprintf("%s: is %s, should be nothing", path, orNothing(i)))
		}
	}
	slices.Sort(ds)
	return ds
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
