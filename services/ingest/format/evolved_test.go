package format_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format"
)

// TestEvolvedFrom: what an item goes on from has the identity that it would have
// if it came itself, in the same format from the same provider.
func TestEvolvedFrom(t *testing.T) {
	ninjs := func(fields string) string {
		return `{"uri":"new","type":"text","headline":"H","body_text":"Text.",` + fields + `}`
	}
	g2 := func(links string) string {
		return `<newsItem guid="new"><itemMeta>` + links + `</itemMeta><contentMeta><headline>H</headline></contentMeta></newsItem>`
	}
	newsml := func(id, derived string) string {
		return `<NewsML><NewsItem><Identification><NewsIdentifier><ProviderId>p.example</ProviderId><DateId>20240420</DateId><NewsItemId>` + id +
			`</NewsItemId><RevisionId>2</RevisionId></NewsIdentifier></Identification><NewsManagement><Status FormalName="Usable"/>` + derived +
			`</NewsManagement><NewsComponent><NewsLines><HeadLine>H</HeadLine></NewsLines></NewsComponent></NewsItem></NewsML>`
	}
	old := strings.ReplaceAll(ninjs(`"x":1`), `"new"`, `"old"`)
	oldG2 := strings.ReplaceAll(g2(""), `"new"`, `"old"`)
	for _, c := range []struct{ name, input, earlier string }{
		{"Superdesk", ninjs(`"evolvedfrom":"old"`), old},
		{"NTB", ninjs(`"rewrite_of":"old"`), old},
		{"TT", ninjs(`"replacing":["old"]`), old},
		{"objects", ninjs(`"evolvedfrom":[{"guid":"old"},null]`), old},
		{"twice, and itself", ninjs(`"evolvedfrom":["old","new"," "],"replacing":"old"`), old},
		{"3.x", ninjs(`"associations":[{"name":"a","rel":"evolvedFrom","uri":"old"},{"name":"b","rel":"seeAlso","uri":"other"}]`), old},
		{"3.x, with the kill of the earlier one", ninjs(`"associations":[{"name":"a","rel":"irel:evolvedFrom","uri":"old","pubStatus":"canceled"}]`), old},
		{"G2", g2(`<link rel="irel:evolvedFrom" residref="old" href="https://x.example/"/><link rel="irel:seeAlso" residref="other"/>`), oldG2},
		{"G2, by address", g2(`<link reluri="http://cv.iptc.org/newscodes/itemrelation/evolvedFrom" href="old"/>`), oldG2},
		{"G2, another item as the version before", g2(`<link rel="irel:previousVersion" href="old"/><link rel="irel:previousVersion" residref="new" version="1"/>`), oldG2},
		{"NewsML 1, with a revision", newsml("new", `<DerivedFrom NewsItem="urn:newsml:p.example:20240420:old:12N"/>`), newsml("old", "")},
		{"NewsML 1, without one", newsml("new", `<DerivedFrom NewsItem="URN:newsml:p.example:20240420:old"/>`), newsml("old", "")},
		{"NewsML 1, a part of a collection", newsml("new", `<AssociatedWith NewsItem="urn:newsml:p.example:20240420:other"/>`), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := hint()
			h.Provider = "a b/ü"
			decode := func(s string) article.Article {
				as, err := format.Decode(context.Background(), []byte(s), h, "")
				if err != nil {
					t.Fatal(err)
				}
				return as[0]
			}
			var want []article.URI
			if c.earlier != "" {
				e := decode(c.earlier)
				want = []article.URI{e.URI}
			}
			if a := decode(c.input); !slices.Equal(a.EvolvedFrom, want) || a.Status != article.Usable {
				t.Errorf("%s is %s and goes on from %q, want %q", a.URI, a.Status, a.EvolvedFrom, want)
			}
		})
	}
}

// What can't be read, and what is beyond the limit, is left out and flagged.
func TestEvolvedFromLimits(t *testing.T) {
	var ids []string
	for i := range article.MaxEvolvedFrom + 1 {
		ids = append(ids, fmt.Sprintf(`"old %d"`, i))
	}
	all := strings.Join(ids, ",")
	fits := strings.Join(ids[1:], ",")
	for _, c := range []struct {
		name, value string
		n           int
		flag        string
	}{
		{"a number of them", "[" + fits + "]", article.MaxEvolvedFrom, ""},
		{"one more", "[" + all + "]", article.MaxEvolvedFrom, article.FlagTruncated},
		{"no ids", "[[1]]", 0, article.FlagFieldUnreadable},
		{"true", "true", 0, article.FlagFieldUnreadable},
		{"a long one", `"` + strings.Repeat("ü", 5_000) + `"`, 1, ""},
	} {
		as, err := format.Decode(context.Background(), []byte(`{"uri":"new","headline":"H","evolvedfrom":`+c.value+`}`), hint(), "ninjs")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		flagged := slices.Contains(as[0].Flags, article.FlagTruncated) || slices.Contains(as[0].Flags, article.FlagFieldUnreadable)
		if len(as[0].EvolvedFrom) != c.n || flagged != (c.flag != "") || c.flag != "" && !slices.Contains(as[0].Flags, c.flag) {
			t.Errorf("%s: %d, flags %v", c.name, len(as[0].EvolvedFrom), as[0].Flags)
		}
	}
}
