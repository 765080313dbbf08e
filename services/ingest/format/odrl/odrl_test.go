package odrl_test

import (
	"slices"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format/odrl"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
)

// The rules themselves are held in the tests of the formats, by what becomes of an
// article; this is what a caller gets.
func TestRead(t *testing.T) {
	july := time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC)
	never := wire.Start{Unresolved: true}
	const later = `{"leftOperand":"dateTime","operator":"gteq","rightOperand":"2024-08-01"}`
	const from, until = `{"leftOperand":"dateTime","operator":"gteq","rightOperand":"2024-07-01"}`, `{"leftOperand":"dateTime","operator":"lt","rightOperand":"2024-07-01"}`
	for _, c := range []struct {
		src  string
		when odrl.Period
		only bool
		flag string
	}{
		{`{"permission":{"target":"a","action":"use","constraint":` + until + `}}`, odrl.Period{Until: july}, true, ""},
		{`{"permission":{"target":"a","action":"use","constraint":` + from + `}}`, odrl.Period{From: wire.Start{At: july}}, false, ""},
		{`{"permission":{"target":"b","action":"use","constraint":` + until + `}}`, odrl.Period{}, false, ""},
		{`{"prohibition":{"action":"use","constraint":` + until + `}}`, odrl.Period{From: wire.Start{At: july}}, false, ""},
		{`{"permission":{"action":"use","constraint":{"leftOperand":"dateTime","operator":"gt","rightOperand":"soon"}}}`, odrl.Period{From: wire.Start{Unresolved: true}}, false, article.FlagDateUnreadable},
		{`{"permission":{"target":"a","action":"use","constraint":{"leftOperand":"datetime","operator":"LT","rightOperand":"2024-07-01"}}}`, odrl.Period{Until: july}, true, ""},
		{`{"permission":{"action":"use","constraint":{"leftOperand":"odrl:DateTime","operator":"odrl:gtEq","rightOperand":"2024-07-01"}}}`, odrl.Period{From: wire.Start{At: july}}, false, ""},
		{`{"permission":{"action":"use","constraint":{"leftOperand":"dateTime","operator":"from","rightOperand":"2024-07-01"}}}`, odrl.Period{From: never}, false, article.FlagFieldUnreadable},
		{`{"permission":{"action":"use","constraint":{"leftOperand":"dateTime","rightOperand":"2024-07-01"}}}`, odrl.Period{From: never}, false, article.FlagFieldUnreadable},
		{`{"permission":{"action":"use","constraint":[{"leftOperand":"dateTime","operator":"from","rightOperand":"2024-06-01"},` + until + `]}}`, odrl.Period{From: never, Until: july}, false, article.FlagFieldUnreadable},
		{`{"prohibition":{"action":"use","constraint":{"leftOperand":"dateTime","operator":"until","rightOperand":"2024-07-01"}}}`, odrl.Period{From: never}, false, article.FlagFieldUnreadable},
		{`{"permission":{"action":"use","constraint":{"or":[` + from + `,` + later + `]}}}`, odrl.Period{From: never}, false, article.FlagFieldUnreadable},
		{`{"permission":{"action":"use","constraint":{"odrl:xone":{"@list":[` + from + `,{"and":[` + later + `,` + until + `]}]}}}}`, odrl.Period{From: never}, false, article.FlagFieldUnreadable},
		{`{"permission":{"action":"use","constraint":{"or":[` + from + `,` + until + `]}}}`, odrl.Period{}, false, article.FlagFieldUnreadable},
		{`{"permission":{"action":"use","constraint":{"or":[` + from + `,{"leftOperand":"spatial","operator":"eq","rightOperand":"x"}]}}}`, odrl.Period{}, false, article.FlagFieldUnreadable},
		{`{"permission":[{"action":"use","constraint":{"xone":[` + from + `,` + later + `]}},{"action":"use"}]}`, odrl.Period{}, false, article.FlagFieldUnreadable},
		{`{"@type":"Offer","permission":{"action":"use","constraint":` + until + `}}`, odrl.Period{}, false, ""},
		{`{"@type":["odrl:Offer"],"permission":{"action":"use","constraint":[` + from + `,{"leftOperand":"dateTime","operator":"lt","rightOperand":"2024-08-01"}]}}`, odrl.Period{From: wire.Start{At: july}}, false, ""},
		{`{"@type":"Request","permission":{"action":"use","constraint":` + from + `}}`, odrl.Period{}, false, ""},
		{`no policy`, odrl.Period{}, false, article.FlagFieldUnreadable},
		{``, odrl.Period{}, false, article.FlagFieldUnreadable},
	} {
		var a article.Article
		when, only := odrl.Read(&a, c.src, map[string]bool{"a": true})
		if when != c.when || only != c.only || c.flag == "" && len(a.Flags) > 0 || c.flag != "" && !slices.Equal(a.Flags, []string{c.flag}) {
			t.Errorf("%s: %+v, only %v, flags %v", c.src, when, only, a.Flags)
		}
	}
}

func TestIs(t *testing.T) {
	for language, want := range map[string]bool{
		"http://www.w3.org/ns/odrl/2/": true, "https://iptc.org/std/RightsML/2.0/": true, "ODRL 2.2": true, "http://www.xrml.org/": false, "": false,
	} {
		if odrl.Is(language) != want {
			t.Errorf("%q: %v", language, !want)
		}
	}
}
