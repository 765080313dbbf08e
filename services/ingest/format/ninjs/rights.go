package ninjs

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format/odrl"
)

// rights are a policy elsewhere, or one here in a language that langid names.
type rights struct {
	LinkedRights  text       `json:"linkedrights"`
	LangID        text       `json:"langid"`
	EncodedRights expression `json:"encodedrights"`
}

// expression is a policy as text: a string, as the standard wants it, or the JSON
// that stands in its place.
type expression text

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (e *expression) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if k := dec.PeekKind(); k != '{' && k != '[' {
		return (*text)(e).UnmarshalJSONFrom(dec)
	}
	raw, err := dec.ReadValue()
	*e = expression(raw)
	return err
}

// allowed is when the item may be used by its policy, see [odrl.Read].
func (it *item) allowed(a *article.Article) (when odrl.Period, only bool) {
	if it.RightsInfo == nil {
		return when, false
	}
	named := false
	if lang := it.RightsInfo.LangID.trim(); lang != "" {
		if named = odrl.Is(lang); !named {
			return when, false
		}
	}
	src := strings.TrimSpace(string(it.RightsInfo.EncodedRights))
	if src == "" || !named && src[0] != '{' && src[0] != '[' {
		return when, false // in a language that isn't known
	}
	return odrl.Read(a, src, it.ids())
}

// ids are all by which a policy may name the item.
func (it *item) ids() map[string]bool {
	ids := map[string]bool{it.URI.trim(): true, it.GUID.trim(): true, it.URN.trim(): true}
	var alternatives any
	if json.Unmarshal(it.AltIDs, &alternatives, lenient...) != nil {
		return ids
	}
	list, ok := alternatives.([]any)
	if !ok {
		list = []any{alternatives}
	}
	for _, v := range list {
		o, ok := v.(map[string]any)
		if !ok {
			o = map[string]any{"": v}
		}
		for _, id := range o {
			if s, ok := id.(string); ok {
				ids[strings.TrimSpace(s)] = true
			}
		}
	}
	return ids
}
