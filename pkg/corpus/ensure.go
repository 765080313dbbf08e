package corpus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
}

func (e *MismatchError) Error() string {
	shown, rest := e.Differences, ""
	if len(shown) > maxDifferences {
		shown, rest = shown[:maxDifferences], fmt.Sprintf("; and %d more", len(e.Differences)-maxDifferences)
	}
	return fmt.Sprintf("index %s behind alias %s differs from schema %d of this program: %s%s",
		e.Index, e.Alias, Schema, strings.Join(shown, "; "), rest)
}

// Ensure makes both indices exist behind their aliases, and checks that they
// are what this program expects. What exists is never changed: a difference is
// a [*MismatchError] that names it. Several instances may call it at once. Any
// other error (no connection, a cluster that can't) may be tried again.
func Ensure(ctx context.Context, es esapi.Transport, n Namespace, s Settings) error {
	if err := n.Validate(); err != nil {
		return err
	}
	for _, x := range indices(n) {
		err := x.check(ctx, es)
		if errors.Is(err, ErrMissing) {
			if err = x.make(ctx, es, s); err == nil {
				err = x.check(ctx, es)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
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
		return &MismatchError{x.alias, x.alias, []string{"it is an index of that name, should be an alias: delete or rename it"}}
	}
	name := ""
	for candidate, l := range live {
		if w := l.Aliases[x.alias].IsWriteIndex; len(live) == 1 || w != nil && *w {
			name = candidate
		}
	}
	if name == "" {
		return &MismatchError{x.alias, "(several)", []string{fmt.Sprintf("alias has %d indices and none of them is its write index", len(live))}}
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
	return &MismatchError{x.alias, name, []string{"the index exists and the alias does not: point the alias at it, or delete the index"}}
}

func (x index) compare(name string, live liveIndex) error {
	var stored string
	meta, _ := live.Mappings["_meta"].(object)
	if mine, ok := meta["copytaster"].(object); ok {
		stored, _ = mine["fingerprint"].(string)
	}
	delete(live.Mappings, "_meta")
	differences := diff(flatten("mapping", x.mapping), flatten("mapping", live.Mappings))
	differences = append(differences, diff(flatten("analysis", x.analysis), flatten("analysis", live.Settings.Index.Analysis))...)
	if fingerprint := x.fingerprint(); len(differences) == 0 && stored != fingerprint {
		differences = []string{fmt.Sprintf("mapping._meta.copytaster.fingerprint: is %s, should be %s", orNothing(stored), fingerprint)}
	}
	if len(differences) > 0 {
		return &MismatchError{x.alias, name, differences}
	}
	return nil
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
