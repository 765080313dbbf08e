package format_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format"
)

// What a format says of from when on an item may no longer be shown is read; of
// rights, the end of all of them.
func TestExpiry(t *testing.T) {
	ninjs := func(expires string) string {
		return `{"uri":"urn:x:1","headline":"H","body_text":"Text.","expires":"` + expires + `"}`
	}
	g2 := func(meta, rights string) string {
		return `<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:x:1" version="1">` + rights +
			`<itemMeta><itemClass qcode="ninat:text"/><provider literal="x"/><versionCreated>2024-05-01T10:00:00Z</versionCreated>` + meta + `</itemMeta>` +
			`<contentMeta><headline>H</headline></contentMeta><contentSet><inlineData contenttype="text/plain">Text.</inlineData></contentSet></newsItem>`
	}
	newsml := func(rights string) string {
		return `<NewsML Version="1.2"><NewsItem><Identification><NewsIdentifier><ProviderId>x.example</ProviderId><DateId>20240501</DateId><NewsItemId>1</NewsItemId>` +
			`<RevisionId PreviousRevision="0" Update="N">1</RevisionId></NewsIdentifier></Identification>` +
			`<NewsManagement><NewsItemType FormalName="News"/><FirstCreated>20240501T100000Z</FirstCreated><ThisRevisionCreated>20240501T100000Z</ThisRevisionCreated><Status FormalName="Usable"/></NewsManagement>` +
			`<NewsComponent><NewsLines><HeadLine>H</HeadLine></NewsLines><RightsMetadata>` + rights + `</RightsMetadata>` +
			`<ContentItem><MediaType FormalName="Text"/><Format FormalName="text/plain"/><DataContent>Text.</DataContent></ContentItem></NewsComponent></NewsItem></NewsML>`
	}
	nitf := func(data string) string {
		return `<nitf><head><docdata><doc-id id-string="1"/>` + data + `</docdata></head><body><body.head><hedline><hl1>H</hl1></hedline></body.head><body.content><p>Text.</p></body.content></body></nitf>`
	}
	for name, c := range map[string]struct {
		format, data, want string
		unread             bool
	}{
		"ninjs":                       {"ninjs", ninjs("2024-06-01T02:00:00+02:00"), "2024-06-01T00:00:00Z", false},
		"ninjs, a date":               {"ninjs", ninjs("2024-06-01"), "2024-06-01T00:00:00Z", false},
		"ninjs, none":                 {"ninjs", ninjs(""), "", false},
		"ninjs, unreadable":           {"ninjs", ninjs("soon"), "", true},
		"nitf":                        {"nitf", nitf(`<date.expire norm="20240601T020000+0200"/>`), "2024-06-01T00:00:00Z", false},
		"nitf, none":                  {"nitf", nitf(`<date.expire/>`), "", false},
		"g2":                          {"newsmlg2", g2(`<expires>2024-06-01T00:00:00Z</expires>`, ""), "2024-06-01T00:00:00Z", false},
		"g2, rights":                  {"newsmlg2", g2("", `<rightsInfo validto="2024-07-01T00:00:00Z"/>`), "2024-07-01T00:00:00Z", false},
		"g2, one after the other":     {"newsmlg2", g2("", `<rightsInfo validto="2024-07-01T00:00:00Z"/><rightsInfo validto="2024-08-01T00:00:00Z"/>`), "2024-08-01T00:00:00Z", false},
		"g2, some without end":        {"newsmlg2", g2("", `<rightsInfo validto="2024-07-01T00:00:00Z"/><rightsInfo/>`), "", false},
		"g2, of a part":               {"newsmlg2", g2("", `<rightsInfo idrefs="p1" validto="2024-07-01T00:00:00Z"/>`), "", false},
		"g2, the earlier":             {"newsmlg2", g2(`<expires>2024-08-01T00:00:00Z</expires>`, `<rightsInfo validto="2024-07-01T00:00:00Z"/>`), "2024-07-01T00:00:00Z", false},
		"newsml":                      {"newsml", newsml(`<UsageRights><EndDate>20240601T000000Z</EndDate></UsageRights>`), "2024-06-01T00:00:00Z", false},
		"newsml, several":             {"newsml", newsml(`<UsageRights><EndDate>20240601</EndDate></UsageRights><UsageRights><EndDate>20240701</EndDate></UsageRights>`), "2024-07-01T00:00:00Z", false},
		"newsml, some without an end": {"newsml", newsml(`<UsageRights><EndDate>20240601</EndDate></UsageRights><UsageRights/>`), "", false},
	} {
		as, err := format.Decode(t.Context(), []byte(c.data), format.Hint{Source: "x", Provider: "x", ReceivedAt: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)}, c.format)
		if err != nil || len(as) != 1 {
			t.Errorf("%s: %d articles, %v", name, len(as), err)
			continue
		}
		got := ""
		if !as[0].ExpiresAt.IsZero() {
			got = as[0].ExpiresAt.Format(time.RFC3339)
		}
		if got != c.want || slices.Contains(as[0].Flags, article.FlagDateUnreadable) != c.unread {
			t.Errorf("%s: expires at %q, want %q; flags %s", name, got, c.want, strings.Join(as[0].Flags, ", "))
		}
	}
}
