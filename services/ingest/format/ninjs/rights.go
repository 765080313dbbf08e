package ninjs

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
)

// policy is what is read of a policy in W3C's ODRL 2.2, which RightsML profiles,
// in JSON: rights that end are permissions with a constraint of dateTime.
type policy struct {
	Context     jsontext.Value     `json:"@context"`
	Type        term               `json:"@type"`
	UID         term               `json:"uid"`
	Permissions listed[permission] `json:"permission"`
	Others      jsontext.Value     `json:",unknown"`
}

type permission struct {
	Target      jsontext.Value     `json:"target"`
	Action      jsontext.Value     `json:"action"`
	Constraints listed[constraint] `json:"constraint"`
	Others      jsontext.Value     `json:",unknown"`
}

type constraint struct {
	Left     term `json:"leftOperand"`
	Operator term `json:"operator"`
	Right    term `json:"rightOperand"`
}

// listed is one of a kind or a list of them, which mean the same in JSON-LD.
type listed[T any] []T

// UnmarshalJSON reads either.
func (l *listed[T]) UnmarshalJSON(data []byte) error {
	if jsontext.Value(data).Kind() == '[' {
		return json.Unmarshal(data, (*[]T)(l))
	}
	*l = make([]T, 1)
	return json.Unmarshal(data, &(*l)[0])
}

// term is a word, an address or a typed value, as text.
type term string

// UnmarshalJSON takes the value or the address out of an object of JSON-LD. What
// is neither stands for itself: numbers, lists.
func (t *term) UnmarshalJSON(data []byte) error {
	var o struct {
		ID    string `json:"@id"`
		Value string `json:"@value"`
	}
	switch jsontext.Value(data).Kind() {
	case '"':
		return json.Unmarshal(data, (*string)(t))
	case '{':
		if json.Unmarshal(data, &o) == nil {
			*t = term(o.ID + o.Value)
			return nil
		}
	}
	*t = term(data)
	return nil
}

// word is ODRL's term without its namespace, by prefix or by address.
func (t term) word() string {
	return string(t[strings.LastIndexAny(string(t), "/#:")+1:])
}

// rightsEnd is when the last permission of the item's policy ends; zero: one of
// them doesn't, or no policy is stated that can be read. What else the policy
// tells is not read; only says that there is no such thing.
func (it *item) rightsEnd(a *article.Article) (end time.Time, only bool) {
	var p policy
	if it.RightsInfo == nil || json.Unmarshal([]byte(it.RightsInfo.EncodedRights), &p, lenient...) != nil {
		return time.Time{}, false
	}
	only = len(p.Permissions) == 1 && len(p.Permissions[0].Constraints) == 1 && len(p.Others)+len(p.Permissions[0].Others) == 0
	for _, right := range p.Permissions {
		var until time.Time
		for _, c := range right.Constraints {
			if op := c.Operator.word(); c.Left.word() == "dateTime" && (op == "lt" || op == "lteq") {
				until = wire.Earlier(until, wire.Date(a, string(c.Right)))
			}
		}
		if until.IsZero() {
			return time.Time{}, false
		}
		if until.After(end) {
			end = until
		}
	}
	return end, only && !end.IsZero()
}
