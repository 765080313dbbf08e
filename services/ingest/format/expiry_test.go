package format_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format"
)

// ninjsItem and the like are the least that an item is, with what is said of its
// rights.
func ninjsItem(expires string) string {
	return `{"uri":"urn:x:1","headline":"H","body_text":"Text.","expires":"` + expires + `"}`
}

func withPolicy(permissions string) string {
	policy := strconv.Quote(`{"@context":"http://www.w3.org/ns/odrl.jsonld","@type":"Set","uid":"urn:p:1",` + permissions + `}`)
	return `{"uri":"urn:x:1","headline":"H","body_text":"Text.","rightsinfo":{"langid":"http://www.w3.org/ns/odrl/2/","encodedrights":` + policy + `}}`
}

func may(constraints string) string {
	return `{"target":"urn:x:1","action":"use","constraint":` + constraints + `}`
}

func byDate(operator, end string) string {
	return `{"leftOperand":"dateTime","operator":"` + operator + `","rightOperand":{"@value":"` + end + `","@type":"xsd:dateTime"}}`
}

func g2Item(meta, rights string) string {
	return `<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:x:1" version="1">` + rights +
		`<itemMeta><itemClass qcode="ninat:text"/><provider literal="x"/><versionCreated>2024-05-01T10:00:00Z</versionCreated>` + meta + `</itemMeta>` +
		`<contentMeta><headline>H</headline></contentMeta><contentSet><inlineData contenttype="text/plain">Text.</inlineData></contentSet></newsItem>`
}

func newsmlItem(rights string) string {
	return `<NewsML Version="1.2"><NewsItem><Identification><NewsIdentifier><ProviderId>x.example</ProviderId><DateId>20240501</DateId><NewsItemId>1</NewsItemId>` +
		`<RevisionId PreviousRevision="0" Update="N">1</RevisionId></NewsIdentifier></Identification>` +
		`<NewsManagement><NewsItemType FormalName="News"/><FirstCreated>20240501T100000Z</FirstCreated><ThisRevisionCreated>20240501T100000Z</ThisRevisionCreated><Status FormalName="Usable"/></NewsManagement>` +
		`<NewsComponent><NewsLines><HeadLine>H</HeadLine></NewsLines><RightsMetadata>` + rights + `</RightsMetadata>` +
		`<ContentItem><MediaType FormalName="Text"/><Format FormalName="text/plain"/><DataContent>Text.</DataContent></ContentItem></NewsComponent></NewsItem></NewsML>`
}

func nitfItem(data, head string) string {
	return `<nitf><head><docdata><doc-id id-string="1"/>` + data + `</docdata></head><body><body.head><hedline><hl1>H</hl1></hedline>` + head + `</body.head><body.content><p>Text.</p></body.content></body></nitf>`
}

// jsonFeed is a feed of an item with this extension.
func jsonFeed(extension string) string {
	return `{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"1","title":"H","content_html":"<p>Text.</p>","_copytaster":` + extension + `}]}`
}

// What a format says of the end of the rights to an item, or of its validity, is
// read; of rights, the end of all of them. That an item is no longer relevant,
// which is what expires means in ninjs and G2, hides nothing.
func TestExpiry(t *testing.T) {
	july, august := byDate("lteq", "2024-07-01T00:00:00Z"), byDate("lt", "2024-08-01T02:00:00+02:00")
	for name, c := range map[string]struct {
		format, data, want string
		unread             bool
	}{
		"jsonfeed":                    {"jsonfeed", jsonFeed(`{"expires":"2024-06-01T02:00:00+02:00"}`), "2024-06-01T00:00:00Z", false},
		"jsonfeed, unreadable":        {"jsonfeed", jsonFeed(`{"expires":"soon"}`), "", true},
		"jsonfeed, another's":         {"jsonfeed", jsonFeed(`["2024-06-01T02:00:00+02:00"]`), "", false},
		"ninjs, no right":             {"ninjs", ninjsItem("2024-06-01T02:00:00+02:00"), "", false},
		"ninjs, unreadable":           {"ninjs", ninjsItem("soon"), "", false},
		"ninjs, policy":               {"ninjs", withPolicy(`"permission":[` + may("["+july+"]") + `]`), "2024-07-01T00:00:00Z", false},
		"ninjs, policy, no lists":     {"ninjs", withPolicy(`"permission":` + may(august)), "2024-08-01T00:00:00Z", false},
		"ninjs, one after the other":  {"ninjs", withPolicy(`"permission":[` + may("["+july+"]") + `,` + may("["+august+"]") + `]`), "2024-08-01T00:00:00Z", false},
		"ninjs, both at once":         {"ninjs", withPolicy(`"permission":[` + may("["+august+`,`+july+"]") + `]`), "2024-07-01T00:00:00Z", false},
		"ninjs, some without end":     {"ninjs", withPolicy(`"permission":[` + may("["+july+"]") + `,{"action":"use"}]`), "", false},
		"ninjs, without end to keep":  {"ninjs", withPolicy(`"permission":[` + may("["+july+"]") + `,{"action":"archive"}]`), "2024-07-01T00:00:00Z", false},
		"ninjs, from then on":         {"ninjs", withPolicy(`"permission":[` + may("["+byDate("gt", "2024-07-01T00:00:00Z")+"]") + `]`), "", false},
		"ninjs, a plain string":       {"ninjs", withPolicy(`"permission":[` + may(`{"leftOperand":{"@id":"odrl:dateTime"},"operator":{"@id":"http://www.w3.org/ns/odrl/2/lt"},"rightOperand":"2024-07-01T00:00:00Z"}`) + `]`), "2024-07-01T00:00:00Z", false},
		"ninjs, another constraint":   {"ninjs", withPolicy(`"permission":[` + may("["+july+`,{"leftOperand":"spatial","operator":"eq","rightOperand":"de"}]`) + `]`), "2024-07-01T00:00:00Z", false},
		"ninjs, policy, unreadable":   {"ninjs", withPolicy(`"permission":[` + may("["+byDate("lt", "soon")+"]") + `]`), "", true},
		"ninjs, policy of a number":   {"ninjs", withPolicy(`"permission":[` + may(`{"leftOperand":"count","operator":"lt","rightOperand":10}`) + `]`), "", false},
		"ninjs, a number beside it":   {"ninjs", withPolicy(`"permission":[` + may("["+july+`,{"leftOperand":"count","operator":"lt","rightOperand":{"@value":10}}]`) + `]`), "2024-07-01T00:00:00Z", false},
		"ninjs, policy without rule":  {"ninjs", withPolicy(`"permission":[]`), "", false},
		"nitf":                        {"nitf", nitfItem(`<date.expire norm="20240601T020000+0200"/>`, ""), "2024-06-01T00:00:00Z", false},
		"nitf, none":                  {"nitf", nitfItem(`<date.expire/><doc.rights owner="x"/>`, `<rights>All reserved</rights>`), "", false},
		"nitf, rights":                {"nitf", nitfItem(`<doc.rights owner="x" enddate="20240701000000+0200"/>`, ""), "2024-06-30T22:00:00Z", false},
		"nitf, unreadable":            {"nitf", nitfItem(`<doc.rights enddate="soon"/>`, ""), "", true},
		"nitf, one after the other":   {"nitf", nitfItem(`<doc.rights enddate="20240701"/><doc.rights enddate="20240801"/>`, ""), "2024-08-01T00:00:00Z", false},
		"nitf, some without end":      {"nitf", nitfItem(`<doc.rights enddate="20240701"/><doc.rights owner="x"/>`, ""), "", false},
		"nitf, the body's rights":     {"nitf", nitfItem("", `<rights>Until <rights.enddate norm="20240701">July</rights.enddate></rights>`), "2024-07-01T00:00:00Z", false},
		"nitf, the earlier":           {"nitf", nitfItem(`<date.expire norm="20240801"/><doc.rights enddate="20240701"/>`, ""), "2024-07-01T00:00:00Z", false},
		"nitf, the earliest":          {"nitf", nitfItem(`<date.expire norm="20240801"/><doc.rights enddate="20240701"/>`, `<rights><rights.enddate norm="20240601"/></rights>`), "2024-06-01T00:00:00Z", false},
		"g2, no right":                {"newsmlg2", g2Item(`<expires>2024-06-01T00:00:00Z</expires>`, ""), "", false},
		"g2, no right, unreadable":    {"newsmlg2", g2Item(`<expires>soon</expires>`, ""), "", false},
		"g2, rights":                  {"newsmlg2", g2Item("", `<rightsInfo validto="2024-07-01T00:00:00Z"/>`), "2024-07-01T00:00:00Z", false},
		"g2, rights and no right":     {"newsmlg2", g2Item(`<expires>2024-06-01T00:00:00Z</expires>`, `<rightsInfo validto="2024-07-01T00:00:00Z"/>`), "2024-07-01T00:00:00Z", false},
		"g2, rights, unreadable":      {"newsmlg2", g2Item("", `<rightsInfo validto="soon"/>`), "", true},
		"g2, one after the other":     {"newsmlg2", g2Item("", `<rightsInfo validto="2024-07-01T00:00:00Z"/><rightsInfo validto="2024-08-01T00:00:00Z"/>`), "2024-08-01T00:00:00Z", false},
		"g2, some without end":        {"newsmlg2", g2Item("", `<rightsInfo validto="2024-07-01T00:00:00Z"/><rightsInfo/>`), "", false},
		"g2, of a part":               {"newsmlg2", g2Item("", `<rightsInfo idrefs="p1" validto="2024-07-01T00:00:00Z"/>`), "", false},
		"g2, of a part's content":     {"newsmlg2", g2Item("", `<rightsInfo idrefs="p1" scope="riscope:content" validto="2024-07-01T00:00:00Z"/>`), "", false},
		"g2, of the metadata":         {"newsmlg2", g2Item("", `<rightsInfo scope="riscope:metadata" validto="2024-07-01T00:00:00Z"/>`), "", false},
		"g2, of the content":          {"newsmlg2", g2Item("", `<rightsInfo scope="riscope:content" validto="2024-07-01T00:00:00Z"/><rightsInfo scope="riscope:metadata"/>`), "2024-07-01T00:00:00Z", false},
		"g2, of both":                 {"newsmlg2", g2Item("", `<rightsInfo scopeuri="http://cv.iptc.org/newscodes/riscope/metadata http://cv.iptc.org/newscodes/riscope/content" validto="2024-07-01T00:00:00Z"/>`), "2024-07-01T00:00:00Z", false},
		"newsml":                      {"newsml", newsmlItem(`<UsageRights><EndDate>20240601T000000Z</EndDate></UsageRights>`), "2024-06-01T00:00:00Z", false},
		"newsml, several":             {"newsml", newsmlItem(`<UsageRights><EndDate>20240601</EndDate></UsageRights><UsageRights><EndDate>20240701</EndDate></UsageRights>`), "2024-07-01T00:00:00Z", false},
		"newsml, some without an end": {"newsml", newsmlItem(`<UsageRights><EndDate>20240601</EndDate></UsageRights><UsageRights/>`), "", false},
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
