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

// life is what an article says of its use: status, embargo, expiry, flags.
func life(a *article.Article) string {
	s := string(a.Status)
	if !a.EmbargoUntil.IsZero() {
		s += " from " + a.EmbargoUntil.Format(time.RFC3339)
	}
	if !a.ExpiresAt.IsZero() {
		s += " until " + a.ExpiresAt.Format(time.RFC3339)
	}
	for _, f := range []string{article.FlagFieldUnreadable, article.FlagDateUnreadable, article.FlagEmbargoUnresolved, article.FlagCorrection} {
		if slices.Contains(a.Flags, f) {
			s += " " + f
		}
	}
	return s
}

type lifeCase struct{ format, data, want string }

func checkLives(t *testing.T, cases map[string]lifeCase) {
	t.Helper()
	for name, c := range cases {
		as, err := format.Decode(t.Context(), []byte(c.data), format.Hint{Source: "x", Provider: "x", ReceivedAt: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)}, c.format)
		if err != nil || len(as) != 1 {
			t.Errorf("%s: %d articles, %v", name, len(as), err)
			continue
		}
		if got := life(&as[0]); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// The signal of an embargo holds an item until the embargo's date, if it has one.
func TestEmbargoSignal(t *testing.T) {
	const usable, signal = `<pubStatus qcode="stat:usable"/>`, `<signal qcode="sig:embargoed"/>`
	const until = `<embargoed>2024-07-01T00:00:00Z</embargoed>`
	checkLives(t, map[string]lifeCase{
		"with a date":        {"newsmlg2", g2Item(usable+signal+until, ""), "usable from 2024-07-01T00:00:00Z"},
		"a date alone":       {"newsmlg2", g2Item(usable+until, ""), "usable from 2024-07-01T00:00:00Z"},
		"without a date":     {"newsmlg2", g2Item(usable+signal, ""), "withheld"},
		"with none":          {"newsmlg2", g2Item(usable+signal+`<embargoed/>`, ""), "withheld"},
		"with another":       {"newsmlg2", g2Item(usable+signal+`<signal qcode="sig:holdForRelease"/>`+until, ""), "withheld from 2024-07-01T00:00:00Z"},
		"that can't be read": {"newsmlg2", g2Item(usable+signal+`<embargoed>soon</embargoed>`, ""), "withheld date_unreadable"},
		"withheld besides":   {"newsmlg2", g2Item(`<pubStatus qcode="stat:withheld"/>`+signal+until, ""), "withheld from 2024-07-01T00:00:00Z"},
	})
}

// Signals of a kill or a hold count in ninjs as in G2, whatever pubstatus says.
func TestSignalsInNinjs(t *testing.T) {
	const until = `,"embargoed":"2024-07-01T00:00:00Z"`
	cases := map[string]lifeCase{}
	for _, c := range []struct{ more, want string }{
		{`"signal":[{"qcode":"sig:retract"}]`, "canceled"},
		{`"signals":[{"uri":"http://cv.iptc.org/newscodes/signal/withdraw"}]`, "canceled"},
		{`"signals":"sig:holdForRelease"`, "withheld"},
		{`"signals":[{"name":"Withdrawn"}]`, "canceled"},
		{`"editorialtypes":["Kill"]`, "canceled"},
		{`"editorialtypes":["Withhold","Lead"]`, "withheld"},
		{`"editorialtypes":["Lead"]`, "usable"},
		{`"signal":"sig:update"`, "usable"},
		{`"signal":"sig:embargoed"`, "withheld"},
		{`"signal":"sig:embargoed"` + until, "usable from 2024-07-01T00:00:00Z"},
		{`"signal":"sig:holdForRelease"` + until, "withheld from 2024-07-01T00:00:00Z"},
	} {
		cases[c.more] = lifeCase{"ninjs", `{"uri":"urn:x:1","headline":"H","body_text":"T.","pubstatus":"usable",` + c.more + `}`, c.want}
	}
	checkLives(t, cases)
	as, err := format.Decode(t.Context(), []byte(`{"uri":"urn:x:1","signal":"sig:retract"}`), format.Hint{Source: "x", ReceivedAt: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)}, "ninjs")
	if err != nil || len(as) != 1 || as[0].Status != article.Canceled {
		t.Errorf("a kill of the id alone: %v, %v", as, err)
	}
}

// Before the rights to it begin an article is under embargo; of several rights
// until the first.
func TestRightsStart(t *testing.T) {
	const june, july = "2024-06-01T00:00:00Z", "2024-07-01T00:00:00Z"
	usage := func(start string) string {
		return `<UsageRights><StartDate>` + start + `</StartDate></UsageRights>`
	}
	from := func(op, when string) string { return may(byDate(op, when)) }
	checkLives(t, map[string]lifeCase{
		"g2":                             {"newsmlg2", g2Item("", `<rightsInfo validfrom="`+july+`"/>`), "usable from " + july},
		"g2, begun":                      {"newsmlg2", g2Item("", `<rightsInfo validfrom="2024-05-01T12:00:00Z"/>`), "usable"},
		"g2, several":                    {"newsmlg2", g2Item("", `<rightsInfo validfrom="`+july+`"/><rightsInfo validfrom="`+june+`" validto="`+july+`"/>`), "usable from " + june},
		"g2, one at once":                {"newsmlg2", g2Item("", `<rightsInfo validfrom="`+july+`"/><rightsInfo/>`), "usable"},
		"g2, of the metadata":            {"newsmlg2", g2Item("", `<rightsInfo scope="riscope:metadata" validfrom="`+july+`"/>`), "usable"},
		"g2, of a part":                  {"newsmlg2", g2Item("", `<rightsInfo idrefs="p1" validfrom="`+july+`"/>`), "usable"},
		"g2, an embargo that is later":   {"newsmlg2", g2Item(`<embargoed>`+july+`</embargoed>`, `<rightsInfo validfrom="`+june+`"/>`), "usable from " + july},
		"g2, an earlier one":             {"newsmlg2", g2Item(`<embargoed>`+june+`</embargoed>`, `<rightsInfo validfrom="`+july+`"/>`), "usable from " + july},
		"g2, unreadable":                 {"newsmlg2", g2Item("", `<rightsInfo validfrom="soon"/>`), "withheld date_unreadable embargo_unresolved"},
		"g2, unreadable, and begun":      {"newsmlg2", g2Item("", `<rightsInfo validfrom="soon"/><rightsInfo validfrom="2024-04-01"/>`), "usable date_unreadable"},
		"g2, unreadable, and later":      {"newsmlg2", g2Item("", `<rightsInfo validfrom="soon"/><rightsInfo validfrom="`+july+`"/>`), "withheld date_unreadable embargo_unresolved"},
		"g2, no zone":                    {"newsmlg2", g2Item("", `<rightsInfo validfrom="2024-05-01T00:00:01"/>`), "withheld embargo_unresolved"},
		"g2, no zone, begun in all":      {"newsmlg2", g2Item("", `<rightsInfo validfrom="2024-05-01T00:00:00"/>`), "usable"},
		"g2, no zone, and later":         {"newsmlg2", g2Item("", `<rightsInfo validfrom="2024-06-01T00:00:00"/><rightsInfo validfrom="`+july+`"/>`), "withheld embargo_unresolved"},
		"g2, no zone, and as early":      {"newsmlg2", g2Item("", `<rightsInfo validfrom="2024-06-01T14:00:00"/><rightsInfo validfrom="`+june+`"/>`), "usable from " + june},
		"g2, no zone, a second later":    {"newsmlg2", g2Item("", `<rightsInfo validfrom="2024-06-01T13:59:59"/><rightsInfo validfrom="`+june+`"/>`), "withheld embargo_unresolved"},
		"g2, no zone, unreadable, both":  {"newsmlg2", g2Item("", `<rightsInfo validfrom="soon"/><rightsInfo validfrom="2024-07-01T00:00:00"/><rightsInfo validfrom="`+june+`"/>`), "withheld date_unreadable embargo_unresolved"},
		"nitf, unreadable":               {"nitf", nitfItem(`<doc.rights startdate="soon"/>`, ""), "withheld date_unreadable embargo_unresolved"},
		"nitf, no zone":                  {"nitf", nitfItem(`<doc.rights startdate="20240701T000000"/>`, ""), "withheld embargo_unresolved"},
		"nitf, the body's, no zone":      {"nitf", nitfItem(`<doc.rights startdate="20240401"/>`, `<rights><rights.startdate norm="20240701T000000"/></rights>`), "withheld embargo_unresolved"},
		"nitf, killed, no zone":          {"nitf", strings.Replace(nitfItem(`<doc.rights startdate="20240701T000000"/>`, ""), `<docdata>`, `<docdata management-status="canceled">`, 1), "canceled"},
		"newsml, unreadable":             {"newsml", newsmlItem(usage("1 July")), "withheld date_unreadable embargo_unresolved"},
		"newsml, no zone":                {"newsml", newsmlItem(usage("20240701T000000")), "withheld embargo_unresolved"},
		"g2, a day of a zone":            {"newsmlg2", g2Item("", `<rightsInfo validfrom="2024-07-01+02:00"/>`), "usable from 2024-06-30T22:00:00Z"},
		"nitf":                           {"nitf", nitfItem(`<doc.rights startdate="20240701T020000+0200" enddate="20240801"/>`, ""), "usable from " + july + " until 2024-08-01T00:00:00Z"},
		"nitf, begun":                    {"nitf", nitfItem(`<doc.rights startdate="20240401"/>`, ""), "usable"},
		"nitf, several":                  {"nitf", nitfItem(`<doc.rights startdate="20240701"/><doc.rights startdate="20240601"/>`, ""), "usable from " + june},
		"nitf, the body's":               {"nitf", nitfItem("", `<rights><rights.startdate norm="20240701T000000Z">July</rights.startdate></rights>`), "usable from " + july},
		"nitf, the later":                {"nitf", nitfItem(`<doc.rights startdate="20240601"/>`, `<rights><rights.startdate norm="20240701"/></rights>`), "usable from " + july},
		"nitf, released later":           {"nitf", nitfItem(`<date.release norm="20240701T000000Z"/><doc.rights startdate="20240601"/>`, ""), "usable from " + july},
		"nitf, released earlier":         {"nitf", nitfItem(`<date.release norm="20240601T000000Z"/><doc.rights startdate="20240701"/>`, ""), "usable from " + july},
		"newsml":                         {"newsml", newsmlItem(usage("20240701T000000Z")), "usable from " + july},
		"newsml, several":                {"newsml", newsmlItem(usage("20240701T000000Z") + usage("20240601")), "usable from " + june},
		"newsml, one at once":            {"newsml", newsmlItem(usage("20240701T000000Z") + `<UsageRights/>`), "usable"},
		"newsml, in words":               {"newsml", newsmlItem(usage("at once")), "usable date_unreadable"},
		"ninjs":                          {"ninjs", withPolicy(`"permission":` + from("gteq", july)), "usable from " + july},
		"ninjs, begun":                   {"ninjs", withPolicy(`"permission":` + from("gteq", "2024-04-01T00:00:00Z")), "usable"},
		"ninjs, after a moment":          {"ninjs", withPolicy(`"permission":` + from("gt", july)), "usable from " + july},
		"ninjs, after a day":             {"ninjs", withPolicy(`"permission":` + from("gt", "2024-06-30")), "usable from " + july},
		"ninjs, from a day on":           {"ninjs", withPolicy(`"permission":` + from("gteq", "2024-07-01")), "usable from " + july},
		"ninjs, several":                 {"ninjs", withPolicy(`"permission":[` + from("gteq", july) + `,` + from("gteq", june) + `]`), "usable from " + june},
		"ninjs, one at once":             {"ninjs", withPolicy(`"permission":[` + from("gteq", july) + `,{"action":"use"}]`), "usable"},
		"ninjs, another's at once":       {"ninjs", withPolicy(`"permission":[{"assignee":"urn:premium","action":"use"},` + from("gteq", july) + `]`), "usable from " + july},
		"ninjs, elsewhere at once":       {"ninjs", withPolicy(`"permission":[` + from("gteq", july) + `,{"action":"use","constraint":{"leftOperand":"spatial","operator":"eq","rightOperand":"de"}}]`), "usable from " + july},
		"ninjs, in part at once":         {"ninjs", withPolicy(`"permission":[` + from("gteq", july) + `,{"action":{"@id":"use","refinement":[]}}]`), "usable from " + july},
		"ninjs, others' alone":           {"ninjs", withPolicy(`"permission":[{"assignee":"urn:premium","action":"use","constraint":` + byDate("gteq", june) + `},{"assignee":"urn:all","action":"use","constraint":` + byDate("gteq", july) + `}]`), "usable from " + june},
		"ninjs, another's, unreadable":   {"ninjs", withPolicy(`"permission":[{"assignee":"urn:premium","action":"use","constraint":` + byDate("gteq", "soon") + `},` + from("gteq", july) + `]`), "usable from " + july + " date_unreadable"},
		"ninjs, unreadable":              {"ninjs", withPolicy(`"permission":` + from("gteq", "soon")), "withheld date_unreadable embargo_unresolved"},
		"ninjs, nothing":                 {"ninjs", withPolicy(`"permission":` + from("gt", "")), "withheld date_unreadable embargo_unresolved"},
		"ninjs, unreadable, and begun":   {"ninjs", withPolicy(`"permission":[` + from("gt", "soon") + `,` + from("gteq", "2024-04-01") + `]`), "usable date_unreadable"},
		"ninjs, unreadable, and later":   {"ninjs", withPolicy(`"permission":[` + from("gteq", july) + `,` + from("gteq", "soon") + `]`), "withheld date_unreadable embargo_unresolved"},
		"ninjs, unreadable, one at once": {"ninjs", withPolicy(`"permission":[` + from("gteq", "soon") + `,{"action":"use"}]`), "usable date_unreadable"},
		"ninjs, both must be begun":      {"ninjs", withPolicy(`"permission":` + may(`[`+byDate("gteq", "soon")+`,`+byDate("gteq", "2024-04-01")+`]`)), "withheld date_unreadable embargo_unresolved"},
		"ninjs, no zone, and as late":    {"ninjs", withPolicy(`"permission":` + may(`[`+byDate("gteq", "2024-05-31T12:00:00")+`,`+byDate("gteq", june)+`]`)), "usable from " + june},
		"ninjs, no zone, and earlier":    {"ninjs", withPolicy(`"permission":` + may(`[`+byDate("gteq", "2024-05-31T12:00:01")+`,`+byDate("gteq", june)+`]`)), "withheld embargo_unresolved"},
		"ninjs, unreadable, to keep":     {"ninjs", withPolicy(`"permission":{"action":"archive","constraint":` + byDate("gteq", "soon") + `}`), "usable"},
		"ninjs, no zone":                 {"ninjs", withPolicy(`"permission":` + from("gteq", "2024-07-01T00:00:00")), "withheld embargo_unresolved"},
		"ninjs, no zone, begun in all":   {"ninjs", withPolicy(`"permission":` + from("gteq", "2024-05-01T00:00:00")), "usable"},
		"ninjs, an end of no zone":       {"ninjs", withPolicy(`"permission":` + from("lt", "2024-07-01T00:00:00")), "usable until " + july},
		"ninjs, an unreadable end":       {"ninjs", withPolicy(`"permission":` + from("lt", "soon")), "usable date_unreadable"},
		"ninjs, forbidden until soon":    {"ninjs", withPolicy(`"prohibition":{"action":"use","constraint":` + byDate("lt", "soon") + `}`), "withheld date_unreadable embargo_unresolved"},
		"ninjs, forbidden from soon":     {"ninjs", withPolicy(`"prohibition":{"action":"use","constraint":` + byDate("gteq", "soon") + `}`), "usable date_unreadable"},
		"ninjs, from and until":          {"ninjs", withPolicy(`"permission":` + may(`[`+byDate("gteq", june)+`,`+byDate("lt", july)+`]`)), "usable from " + june + " until " + july},
	})
	embargoed := strings.Replace(withPolicy(`"permission":`+from("gteq", june)), `"headline"`, `"embargoed":"`+july+`","headline"`, 1)
	checkLives(t, map[string]lifeCase{"ninjs, an embargo that is later": {"ninjs", embargoed, "usable from " + july}})
}

// Rights for a part of the world or of the uses are not those to the item.
func TestPartOfRights(t *testing.T) {
	const july = "2024-07-01T00:00:00Z"
	dates := ` startdate="20240601" enddate="20240701"`
	cases := map[string]lifeCase{
		"nitf, worldwide":    {"nitf", nitfItem(`<doc.rights geography="Worldwide"`+dates+`/>`, ""), "usable from 2024-06-01T00:00:00Z until " + july},
		"nitf, one of all":   {"nitf", nitfItem(`<doc.rights enddate="20240701"/><doc.rights geography="x"/>`, ""), "usable until " + july},
		"newsml, worldwide":  {"newsml", newsmlItem(`<UsageRights><Geography>World</Geography><Limitations>none</Limitations><StartDate>20240601</StartDate></UsageRights>`), "usable from 2024-06-01T00:00:00Z"},
		"newsml, one of all": {"newsml", newsmlItem(`<UsageRights><StartDate>20240701</StartDate></UsageRights><UsageRights><Geography>DE</Geography><StartDate>20240601</StartDate></UsageRights>`), "usable from " + july},
	}
	for _, name := range []string{"geography", "location-code", "type", "limitations"} {
		cases["nitf, "+name] = lifeCase{"nitf", nitfItem(`<doc.rights `+name+`="x"`+dates+`/>`, ""), "usable"}
	}
	for _, name := range []string{"geography", "type", "limitations"} {
		cases["nitf, the body's "+name] = lifeCase{"nitf", nitfItem("", `<rights><rights.`+name+`>x</rights.`+name+`><rights.startdate norm="20240601"/><rights.enddate norm="20240701"/></rights>`), "usable"}
	}
	for _, name := range []string{"UsageType", "Geography", "Limitations"} {
		cases["newsml, "+name] = lifeCase{"newsml", newsmlItem(`<UsageRights><` + name + `>x</` + name + `><StartDate>20240601</StartDate><EndDate>20240701</EndDate></UsageRights>`), "usable"}
	}
	checkLives(t, cases)
}

// NITF that is the content of an Atom entry says of its use what it says alone.
func TestNITFInAtom(t *testing.T) {
	entry := func(data string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x:f</id><title>T</title><updated>2024-05-01T10:00:00Z</updated><entry><id>urn:x:1</id><title>H</title>` +
			`<updated>2024-05-01T10:00:00Z</updated><content type="text/xml">` + nitfItem(data, "") + `</content></entry></feed>`
	}
	checkLives(t, map[string]lifeCase{
		"nothing":   {"atom", entry(""), "usable"},
		"released":  {"atom", entry(`<date.release norm="20240701T020000+0200"/>`), "usable from 2024-07-01T00:00:00Z"},
		"rights":    {"atom", entry(`<doc.rights startdate="20240601" enddate="20240701"/>`), "usable from 2024-06-01T00:00:00Z until 2024-07-01T00:00:00Z"},
		"no zone":   {"atom", entry(`<doc.rights startdate="20240601T000000"/>`), "withheld embargo_unresolved"},
		"expiry":    {"atom", entry(`<date.expire norm="20240701"/>`), "usable until 2024-07-01T00:00:00Z"},
		"not whole": {"atom", strings.Replace(entry(`<date.expire norm="20240701"/>`), `<nitf>`, `<p>P.</p><nitf>`, 1), "usable field_unreadable"},
	})
	for data, says := range map[string]string{`<date.release norm="soon"/>`: "date.release", `<ed-msg msg-type="kill"/>`: "kill"} {
		hint := format.Hint{Source: "x", ReceivedAt: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)}
		if _, err := format.Decode(t.Context(), []byte(entry(data)), hint, "atom"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", data, err)
		}
	}
}

// A kill is known at once, whenever the rights would have begun.
func TestKillBeforeRights(t *testing.T) {
	const july = "2024-07-01T00:00:00Z"
	started := nitfItem(`<doc.rights startdate="20240701"/>`, "")
	checkLives(t, map[string]lifeCase{
		"g2":              {"newsmlg2", g2Item(`<pubStatus qcode="stat:canceled"/>`, `<rightsInfo validfrom="`+july+`"/>`), "canceled"},
		"nitf":            {"nitf", strings.Replace(started, `<docdata>`, `<docdata management-status="canceled">`, 1), "canceled"},
		"nitf, a type":    {"nitf", strings.Replace(started, `<docdata>`, `<docdata><ed-msg msg-type="kill"/>`, 1), "canceled"},
		"nitf, of itself": {"nitf", strings.Replace(started, `<docdata>`, `<docdata management-doc-idref="1" management-idref-status="canceled">`, 1), "canceled"},
		"newsml":          {"newsml", strings.Replace(newsmlItem(`<UsageRights><StartDate>20240701</StartDate></UsageRights>`), `"Usable"`, `"Canceled"`, 1), "canceled"},
		"ninjs":           {"ninjs", strings.Replace(withPolicy(`"permission":`+may(byDate("gteq", july))), `"headline"`, `"pubstatus":"canceled","headline"`, 1), "canceled"},
	})
}

// Of a policy in ODRL what is about the item counts, by its own ids; what can't be
// read is flagged, and nothing is read into it.
func TestPolicy(t *testing.T) {
	const july = "2024-07-01T00:00:00Z"
	until := byDate("lt", july)
	rule := func(target, constraint string) string {
		return `"permission":{` + target + `"action":"use","constraint":` + constraint + `}`
	}
	forbidden := func(more, constraint string) string {
		return `"prohibition":{"target":"urn:x:1",` + more + `,"constraint":` + constraint + `}`
	}
	const ended, unread, free = "usable until " + july, "usable field_unreadable", "usable"
	cases := map[string]lifeCase{}
	for name, c := range map[string][2]string{
		"of another asset":         {rule(`"target":"urn:x:2",`, until), free},
		"of another, as an object": {rule(`"target":{"@id":"urn:x:2"},`, until), free},
		"of the item, by an id":    {rule(`"target":{"@id":"urn:x:1"},`, until), ended},
		"of the item, by a uid":    {rule(`"target":{"@type":"Asset","uid":"urn:x:1"},`, until), ended},
		"of several":               {rule(`"target":["urn:x:2",{"uid":"urn:x:1"}],`, until), ended},
		"of nothing":               {rule("", until), ended},
		"of all rules, another":    {`"target":"urn:x:2",` + rule("", until), free},
		"of all rules, the item":   {`"target":"urn:x:1",` + rule("", until), ended},
		"of both":                  {`"target":"urn:x:2",` + rule(`"target":"urn:x:1",`, until), ended},
		"of a collection":          {rule(`"target":{"@type":"AssetCollection","source":"urn:x:all"},`, until), unread},
		"another's without end":    {`"permission":[` + may(until) + `,{"target":"urn:x:2","action":"use"}]`, ended},

		"until a day":              {rule("", byDate("lteq", "2024-07-01")), "usable until 2024-07-02T00:00:00Z"},
		"before a day":             {rule("", byDate("lt", "2024-07-01")), ended},
		"until a day in UTC":       {rule("", byDate("lteq", "2024-06-30Z")), ended},
		"until a day of a zone":    {rule("", byDate("lteq", "2024-07-01+02:00")), "usable until 2024-07-01T22:00:00Z"},
		"forbidden by all":         {`"action":"use","prohibition":{"constraint":` + byDate("gteq", july) + `}`, ended},
		"by prefixes":              {`"odrl:permission":[{"odrl:target":{"@id":"urn:x:1"},"odrl:action":{"@id":"odrl:use"},"odrl:constraint":[{"odrl:leftOperand":{"@id":"odrl:dateTime"},"odrl:operator":{"@id":"odrl:lt"},"odrl:rightOperand":{"@value":"` + july + `"}}]}]`, ended},
		"by addresses":             {`"http://www.w3.org/ns/odrl/2/permission":{"http://www.w3.org/ns/odrl/2/constraint":{"http://www.w3.org/ns/odrl/2/leftOperand":"http://www.w3.org/ns/odrl/2/dateTime","http://www.w3.org/ns/odrl/2/operator":"http://www.w3.org/ns/odrl/2/lt","http://www.w3.org/ns/odrl/2/rightOperand":"` + july + `"}}`, ended},
		"with both":                {rule("", `{"and":{"@list":[`+byDate("gteq", "2024-06-01")+`,`+until+`]}}`), "usable from 2024-06-01T00:00:00Z until " + july},
		"with both, no list":       {rule("", `{"and":[`+until+`,{"leftOperand":"spatial","operator":"eq","rightOperand":"de"}]}`), ended},
		"with alternatives":        {rule("", `{"or":[`+until+`]}`), unread},
		"with one of alternatives": {rule("", `{"xone":{"@list":[`+until+`]}}`), unread},
		"with one elsewhere":       {rule("", `"urn:c:1"`), unread},
		"with one elsewhere, too":  {rule("", `[`+until+`,{"@id":"urn:c:1"}]`), ended + " field_unreadable"},
		"at one moment":            {rule("", byDate("eq", july)), "withheld embargo_unresolved"},
		"on a day":                 {rule("", byDate("eq", "2024-07-01")), "usable from " + july + " until 2024-07-02T00:00:00Z"},
		"on a day that is soon":    {rule("", byDate("eq", "soon")), "withheld date_unreadable embargo_unresolved"},
		"on all days but one":      {rule("", byDate("neq", "2024-12-24")), unread},
		"but for one moment":       {rule("", byDate("neq", july)), unread},
		"but for a day, until":     {rule("", `{"and":[`+byDate("neq", "2024-06-24")+`,`+until+`]}`), ended + " field_unreadable"},
		"with another operator":    {rule("", byDate("isA", july)), "withheld field_unreadable embargo_unresolved"},
		"with a list of one date":  {rule("", `{"leftOperand":"dateTime","operator":"lt","rightOperand":["`+july+`"]}`), ended},
		"with a list of dates":     {rule("", `{"leftOperand":"dateTime","operator":"lt","rightOperand":["`+july+`","2024-08-01"]}`), "usable date_unreadable"},
		"expanded":                 {rule("", `[{"odrl:leftOperand":[{"@id":"odrl:dateTime"}],"odrl:operator":[{"@id":"odrl:lteq"}],"odrl:rightOperand":[{"@value":"2024-06-30"}]}]`), ended},
		"twice":                    {rule("", `{"leftOperand":"dateTime","operator":"lt","operator":"gt","rightOperand":"`+july+`"}`), unread},
		"twice, by a prefix":       {rule(`"odrl:action":"print",`, until), unread},
		"rules of no shape":        {`"permission":["urn:r:1"]`, unread},

		"to keep until then":      {`"permission":{"action":"archive","constraint":` + until + `}`, free},
		"to translate from then":  {`"permission":{"action":"odrl:translate","constraint":` + byDate("gteq", july) + `}`, free},
		"of all rules, to keep":   {`"action":"archive","permission":{"constraint":` + until + `}`, free},
		"to keep and to show":     {`"permission":{"action":["archive","display"],"constraint":` + until + `}`, ended},
		"all rules of no action":  {`"permission":{"constraint":` + until + `}`, ended},
		"to use until, then keep": {`"permission":[` + may(until) + `,{"action":"archive","constraint":` + byDate("lt", "2024-08-01") + `}]`, ended},

		"forbidden later":              {forbidden(`"action":"use"`, byDate("gteq", july)), ended},
		"forbidden after a day":        {forbidden(`"action":["odrl:distribute","print"]`, byDate("gt", "2024-06-30")), ended},
		"forbidden until then":         {forbidden(`"action":"display"`, byDate("lt", july)), "usable from " + july},
		"forbidden on a day":           {forbidden(`"action":"use"`, byDate("eq", "2024-12-24")), unread},
		"forbidden at one moment":      {forbidden(`"action":"use"`, byDate("eq", july)), unread},
		"forbidden but for a day":      {forbidden(`"action":"use"`, byDate("neq", "2024-07-01")), "usable from " + july + " until 2024-07-02T00:00:00Z"},
		"forbidden but for a moment":   {forbidden(`"action":"use"`, byDate("neq", july)), "withheld embargo_unresolved"},
		"forbidden to another":         {`"prohibition":{"target":"urn:x:2","action":"use","constraint":` + byDate("gteq", july) + `}`, free},
		"forbidden in another way":     {forbidden(`"action":"print"`, byDate("gteq", july)), unread},
		"forbidden elsewhere":          {forbidden(`"action":"use"`, `[`+byDate("gteq", july)+`,{"leftOperand":"spatial","operator":"eq","rightOperand":"de"}]`), unread},
		"forbidden for a while":        {forbidden(`"action":"use"`, `[`+byDate("gteq", july)+`,`+byDate("lt", "2024-08-01")+`]`), unread},
		"forbidden in part":            {forbidden(`"action":{"rdf:value":{"@id":"odrl:use"},"refinement":[]}`, byDate("gteq", july)), unread},
		"forbidden, but overridden":    {`"conflict":"perm",` + forbidden(`"action":"use"`, byDate("gteq", july)), unread},
		"forbidden without a date":     {forbidden(`"action":"use"`, `[]`), unread},
		"forbidden always":             {`"prohibition":[{"action":"use"}]`, unread},
		"forbidden always, by all":     {`"action":"display","prohibition":[{}]`, unread},
		"forbidden always, overridden": {`"conflict":"perm","permission":{"action":"use"},"prohibition":[{"action":"use"}]`, free},
		"forbidden always to print":    {`"prohibition":[{"action":"print"}]`, free},
		"forbidden always to another":  {`"prohibition":[{"target":"urn:x:2","action":"use"}]`, free},
		"forbidden in a place":         {forbidden(`"action":"use"`, `{"leftOperand":"spatial","operator":"eq","rightOperand":"de"}`), free},
		"forbidden before it ends":     {rule("", byDate("lt", "2024-08-01")) + `,` + forbidden(`"action":"use"`, byDate("gteq", july)), ended},
		"old names":                    {`"permissions":[{"target":"urn:x:1","action":"http://www.w3.org/ns/odrl/2/use","constraints":[{"name":"http://www.w3.org/ns/odrl/2/dateTime","operator":"http://www.w3.org/ns/odrl/2/lteq","rightoperand":"2024-06-30","rightoperanddatatype":"xs:date"}]}]`, ended},
		"old names, of another":        {`"permissions":[{"target":"urn:x:2","constraints":[{"name":"dateTime","operator":"lt","rightoperand":"2024-07-01"}]}]`, free},
		"old names, forbidden":         {`"prohibitions":[{"target":"urn:x:1","action":"http://www.w3.org/ns/odrl/2/display","constraints":[{"name":"dateTime","operator":"gteq","rightoperand":"2024-07-01"}]}]`, ended},
		"no policy, but several of it": {`"@graph":[{}]`, unread},
	} {
		cases[name] = lifeCase{"ninjs", withPolicy(c[0]), c[1]}
	}
	kindOf := func(of, rules string) string {
		return strings.Replace(withPolicy(rules), `\"Set\"`, `\"`+of+`\"`, 1)
	}
	kind := func(of string) string { return kindOf(of, rule("", until)) }
	with := func(rights string) string {
		return `{"uri":"urn:x:1?v=1","altids":[{"role":"itemid","value":"urn:x:one"},{"role":"slug","value":"urn:x:s"}],"headline":"H","body_text":"Text.","rightsinfo":` + rights + `}`
	}
	policy := `{"permission":{"constraint":` + until + `}}`
	for name, c := range map[string][2]string{
		"an agreement":         {kind("Agreement"), ended},
		"an offer":             {kind("Offer"), free},
		"an offer that begins": {kindOf("Offer", rule("", byDate("gteq", july))), "usable from " + july},
		"a request":            {kind("http://www.w3.org/ns/odrl/2/Request"), free},
		"an alternative id":    {with(`{"encodedrights":{"target":"urn:x:s","permission":{"constraint":` + until + `}}}`), ended},
		"the version's id":     {with(`{"encodedrights":{"target":"urn:x:1?v=1","permission":{"constraint":` + until + `}}}`), ended},
		"no ids of those":      {with(`{"encodedrights":{"target":"urn:x:1","permission":{"constraint":` + until + `}}}`), free},
		"an object":            {with(`{"langid":"http://www.w3.org/ns/odrl/2/","encodedrights":` + policy + `}`), ended},
		"in a list":            {with(`{"encodedrights":` + strconv.Quote("["+policy+"]") + `,"langid":"https://iptc.org/std/RightsML/2.0/"}`), ended},
		"no language, a list":  {with(`{"encodedrights":[` + policy + `]}`), ended},
		"no language, quoted":  {with(`{"encodedrights":` + strconv.Quote(" ["+policy+"]") + `}`), ended},
		"no language, several": {with(`{"encodedrights":[` + policy + `,` + policy + `]}`), unread},
		"no language, no list": {with(`{"encodedrights":"[All reserved.]"}`), unread},
		"no language":          {with(`{"encodedrights":` + policy + `}`), ended},
		"another language":     {with(`{"langid":"http://www.xrml.org/","encodedrights":` + policy + `}`), free},
		"ODRL in XML":          {with(`{"langid":"http://www.w3.org/ns/odrl/2/","encodedrights":"<o:Policy/>"}`), unread},
		"no language, no JSON": {with(`{"encodedrights":"All reserved."}`), free},
		"too deep":             {with(`{"encodedrights":` + strconv.Quote(`{"a":`+strings.Repeat("[", 200)+strings.Repeat("]", 200)+`}`) + `}`), unread},
	} {
		cases[name] = lifeCase{"ninjs", c[0], c[1]}
	}
	checkLives(t, cases)
}

// What a policy says beside the end stays in the text, for editors.
func TestPolicyKept(t *testing.T) {
	until := byDate("lt", "2024-07-01T00:00:00Z")
	for rules, kept := range map[string]bool{
		`"permission":` + may(until):                                                                          false,
		`"permission":[{"action":"odrl:use","constraint":[` + until + `]}]`:                                   false,
		`"permission":{"action":"print","constraint":` + until + `}`:                                          true,
		`"permission":{"action":{"rdf:value":{"@id":"odrl:use"},"refinement":[]},"constraint":` + until + `}`: true,
		`"permission":{"constraint":` + until + `}`:                                                           true,
		`"permission":[` + may(until) + `,{"target":"urn:x:2","action":"use"}]`:                               true,
		`"permission":{"target":["urn:x:1","urn:x:2"],"action":"use","constraint":` + until + `}`:             true,
		`"permission":{"action":"use","assignee":"urn:y","constraint":` + until + `}`:                         true,
		`"permission":{"action":"use","constraint":` + strings.Replace(until, `{`, `{"unit":"x",`, 1) + `}`:   true,
		`"permission":{"action":"use","constraint":[` + until + `,` + byDate("gteq", "2024-04-01") + `]}`:     true,
		`"permission":{"action":"use","constraint":[` + until + `,{"leftOperand":"count","rightOperand":1}]}`: true,
		`"action":"use","permission":` + may(until):                                                           true,
		`"target":"urn:x:1","permission":{"action":"use","constraint":` + until + `}`:                         false,
		`"target":"urn:x:2","permission":` + may(until):                                                       true,
		`"permission":{"action":"https://other.example/use","constraint":` + until + `}`:                      true,
		`"profile":"urn:p","permission":` + may(until):                                                        true,
		`"permission":` + may(until) + `,"prohibition":{"action":"print"}`:                                    true,
		`"permission":` + may(byDate("eq", "2024-07-01")):                                                     true,
		`"permission":` + may(byDate("gteq", "2024-07-01")):                                                   true,
	} {
		as, err := format.Decode(t.Context(), []byte(withPolicy(rules)), format.Hint{Source: "x", ReceivedAt: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)}, "ninjs")
		if err != nil {
			t.Errorf("%s: %v", rules, err)
			continue
		}
		if got := strings.Contains(as[0].Text, "Rights:"); got != kept {
			t.Errorf("%s: kept %v, want %v", rules, got, kept)
		}
	}
}

// A picture in an item is shown while its policy allows it.
func TestPicturePolicy(t *testing.T) {
	for constraint, shown := range map[string]bool{
		byDate("lt", "2024-05-01T11:00:00Z"):   false,
		byDate("lt", "2024-05-01T13:00:00Z"):   true,
		byDate("gteq", "2024-05-01T13:00:00Z"): false,
		byDate("gteq", "2024-05-01T11:00:00Z"): true,
		byDate("gteq", "soon"):                 false,
		byDate("gteq", "2024-05-01T11:00:00"):  false, // not begun everywhere
		byDate("lt", "soon"):                   true,
	} {
		data := `{"uri":"urn:x:1","headline":"H","body_text":"Text.","associations":{"main":{"uri":"urn:x:p","type":"picture","description_text":"A ferry.",` +
			`"renditions":{"main":{"href":"https://p.example/1.jpg","mimetype":"image/jpeg"}},"rightsinfo":{"encodedrights":{"permission":{"target":"urn:x:p","action":"use","constraint":` + constraint + `}}}}}}`
		as, err := format.Decode(t.Context(), []byte(data), format.Hint{Source: "x", ReceivedAt: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)}, "ninjs")
		if err != nil {
			t.Fatal(err)
		}
		a := as[0]
		if len(a.Images) == 1 != shown || strings.Contains(a.Text, "A ferry.") != shown || slices.Contains(a.Flags, article.FlagHoldsOthers) == shown {
			t.Errorf("%s: %d images, text %q, flags %v; want shown %v", constraint, len(a.Images), a.Text, a.Flags, shown)
		}
	}
}

// Corrections are flagged by each format's own means, and what is to be withdrawn
// at a stated time expires then.
func TestCorrectionAndChange(t *testing.T) {
	managed := func(more string) string {
		return strings.Replace(newsmlItem(""), `<Status FormalName="Usable"/>`, `<Status FormalName="Usable"/>`+more, 1)
	}
	change := func(to, at string) string {
		return `<StatusWillChange><FutureStatus FormalName="` + to + `"/><DateAndTime>` + at + `</DateAndTime></StatusWillChange>`
	}
	const ended = "usable until 2024-07-01T00:00:00Z"
	checkLives(t, map[string]lifeCase{
		"g2":                    {"newsmlg2", g2Item(`<signal qcode="sig:correction"/>`, ""), "usable correction"},
		"g2, by its address":    {"newsmlg2", g2Item(`<signal uri="http://cv.iptc.org/newscodes/signal/correction"/>`, ""), "usable correction"},
		"g2, dpa's":             {"newsmlg2", g2Item(`<signal qcode="dpasignal:berichtigung"/>`, ""), "usable correction"},
		"g2, an update":         {"newsmlg2", g2Item(`<signal qcode="sig:update"/>`, ""), "usable"},
		"newsml":                {"newsml", managed(`<Instruction FormalName="Correction"/>`), "usable correction"},
		"newsml, the standard":  {"newsml", managed(`<Instruction FormalName="Rectify"/>`), "usable correction"},
		"newsml, an update":     {"newsml", managed(`<Instruction FormalName="Update"/>`), "usable"},
		"ninjs, AP's":           {"ninjs", `{"uri":"urn:x:1","headline":"H","body_text":"T.","editorialtypes":["Corrective"]}`, "usable correction"},
		"ninjs, as G2's":        {"ninjs", `{"uri":"urn:x:1","headline":"H","body_text":"T.","signals":[{"uri":"http://cv.iptc.org/newscodes/signal/correction"}]}`, "usable correction"},
		"ninjs, another":        {"ninjs", `{"uri":"urn:x:1","headline":"H","body_text":"T.","editorialtypes":["Lead"],"signals":"update"}`, "usable"},
		"canceled then":         {"newsml", managed(change("Canceled", "20240701T000000Z")), ended},
		"withheld then":         {"newsml", managed(change("Withheld", "20240701T020000+0200")), ended},
		"usable then":           {"newsml", managed(change("Usable", "20240701T000000Z")), "usable"},
		"canceled sometime":     {"newsml", managed(change("Canceled", "soon")), "usable date_unreadable"},
		"canceled, rights end":  {"newsml", strings.Replace(managed(change("Canceled", "20240701T000000Z")), `<RightsMetadata>`, `<RightsMetadata><UsageRights><EndDate>20240601</EndDate></UsageRights>`, 1), "usable until 2024-06-01T00:00:00Z"},
		"withheld, canceled":    {"newsml", strings.Replace(managed(change("Canceled", "20240701T000000Z")), `"Usable"`, `"Withheld"`, 1), "withheld"},
		"embargoed until then":  {"newsml", strings.Replace(managed(change("Usable", "20240701T000000Z")), `Status FormalName="Usable"`, `Status FormalName="Embargoed"`, 1), "usable from 2024-07-01T00:00:00Z"},
		"embargoed, then ended": {"newsml", strings.Replace(managed(change("Canceled", "20240701T000000Z")), `Status FormalName="Usable"`, `Status FormalName="Embargoed"`, 1), "withheld"},
	})
}
