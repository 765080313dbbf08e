package format_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
)

// The XML formats of agencies, each with a place for what is looked at.

func nitfDoc(attrs, data, front, content string) string {
	return `<nitf><head><docdata ` + attrs + `><doc-id id-string="x-1"/>` + data + `</docdata></head><body><body.head>` + front + `</body.head><body.content>` + content + `</body.content></body></nitf>`
}

func g2Doc(attrs, meta, content, set string) string {
	return `<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="x-1" ` + attrs + `><itemMeta>` + meta + `</itemMeta><contentMeta>` + content + `</contentMeta><contentSet>` + set + `</contentSet></newsItem>`
}

func newsmlDoc(revision, management, component string) string {
	return `<NewsML><NewsItem><Identification><NewsIdentifier><ProviderId>p</ProviderId><DateId>20240420</DateId><NewsItemId>x-1</NewsItemId><RevisionId PreviousRevision="0" Update="N">` + revision +
		`</RevisionId></NewsIdentifier></Identification><NewsManagement>` + management + `</NewsManagement><NewsComponent>` + component + `</NewsComponent></NewsItem></NewsML>`
}

const (
	hl     = `<hedline><hl1>H</hl1></hedline>`
	g2hl   = `<headline>H</headline>`
	lines  = `<NewsLines><HeadLine>H</HeadLine></NewsLines>`
	usable = `<Status FormalName="Usable"/>`
)

func inlineXML(s string) string { return `<inlineXML>` + s + `</inlineXML>` }
func inlineData(s string) string {
	return `<inlineData contenttype="text/plain">` + s + `</inlineData>`
}

func content(s string) string {
	return `<ContentItem><MimeType FormalName="text/plain"/><DataContent>` + s + `</DataContent></ContentItem>`
}

func segments(a *article.Article, k article.Kind) string {
	var s []string
	for _, g := range a.Segments {
		if g.Kind == k {
			s = append(s, g.In(a.Text))
		}
	}
	return strings.Join(s, " | ")
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// TestAgencyFields reads each field in the words of each format. "": the format
// has no means for it.
func TestAgencyFields(t *testing.T) {
	seg := func(k article.Kind) func(*article.Article) string {
		return func(a *article.Article) string { return segments(a, k) }
	}
	status := func(a *article.Article) string { return string(a.Status) }
	body := func(a *article.Article) string { return a.Body() }
	subjects := func(a *article.Article) string {
		var s []string
		for _, x := range a.Subjects {
			s = append(s, x.Code+"="+x.Name)
		}
		return strings.Join(s, " | ")
	}
	images := func(a *article.Article) string {
		var s []string
		for _, x := range a.Images {
			s = append(s, strings.Join([]string{x.URL, x.MediaType, x.Caption, x.Credit}, ";"))
		}
		return strings.Join(s, " | ")
	}
	lifted := `<Status FormalName="Embargoed"/><StatusWillChange><FutureStatus FormalName="Usable"/><DateAndTime>20240422T120000+0200</DateAndTime></StatusWillChange>`
	for _, c := range []struct {
		name             string
		get              func(*article.Article) string
		want             string
		nitf, g2, newsml string
	}{
		{
			"version", func(a *article.Article) string { return a.Version }, "7",
			nitfDoc("", `<du-key key="K" version="7"/>`, hl, ""), g2Doc(`version="7"`, "", g2hl, ""), newsmlDoc("7", "", lines),
		},
		{
			"version created", func(a *article.Article) string { return stamp(a.VersionCreated) }, "2024-04-20T06:30:00Z",
			nitfDoc("", `<date.issue norm="20240420T083000+0200"/>`, hl, ""), g2Doc("", `<versionCreated>2024-04-20T08:30:00+02:00</versionCreated>`, g2hl, ""),
			newsmlDoc("", `<ThisRevisionCreated>20240420T083000+0200</ThisRevisionCreated>`, lines),
		},
		{
			"published", func(a *article.Article) string { return stamp(a.PublishedAt) }, "2024-04-19T06:30:00Z",
			nitfDoc("", `<date.issue norm="2024-04-19T06:30:00Z"/>`, hl, ""), g2Doc("", `<firstCreated>2024-04-19T06:30:00Z</firstCreated>`, g2hl, ""),
			newsmlDoc("", `<FirstCreated>20240419T063000Z</FirstCreated>`, lines),
		},
		{
			"embargo", func(a *article.Article) string { return string(a.Status) + " " + stamp(a.EmbargoUntil) }, "usable 2024-04-22T10:00:00Z",
			nitfDoc(`management-status="embargoed"`, `<date.release norm="20240422T120000+0200"/>`, hl, ""), g2Doc("", `<embargoed>2024-04-22T12:00:00+02:00</embargoed>`, g2hl, ""), newsmlDoc("", lifted, lines),
		},
		{
			"embargo by its date alone", func(a *article.Article) string { return string(a.Status) + " " + stamp(a.EmbargoUntil) }, "usable 2024-04-22T10:00:00Z",
			nitfDoc("", `<date.release norm="20240422T120000+0200"/>`, hl, ""), "", "",
		},
		{"embargo without end", status, "withheld", nitfDoc(`management-status="Embargoed"`, "", hl, ""), g2Doc("", `<embargoed/>`, g2hl, ""), newsmlDoc("", `<Status FormalName="embargoed"/>`, lines)},
		{
			"a kill under embargo is a kill", status, "canceled", nitfDoc(`management-status="canceled"`, `<date.release norm="soon"/>`, hl, ""),
			g2Doc("", `<embargoed>soon</embargoed><pubStatus qcode="stat:canceled"/>`, g2hl, ""), newsmlDoc("", strings.Replace(lifted, "Embargoed", "Canceled", 1), lines),
		},
		{
			"the stricter of two counts", status, "canceled", nitfDoc(`management-status="embargoed"`, `<date.release norm="20240422T120000+0200"/><ed-msg msg-type="kill"/><ed-msg msg-type="hold"/>`, hl, ""),
			g2Doc("", `<pubStatus qcode="stat:canceled"/><pubStatus qcode="stat:usable"/><signal qcode="sig:holdForRelease"/>`, g2hl, ""), newsmlDoc("", lifted+`<Instruction FormalName="Kill"/>`, lines),
		},
		{
			"a hold outlasts the embargo", status, "withheld", nitfDoc(`management-status="embargoed"`, `<date.release norm="20240422T120000+0200"/><ed-msg msg-type="hold"/>`, hl, ""),
			g2Doc("", `<embargoed>2024-04-22T12:00:00+02:00</embargoed><pubStatus qcode="stat:withheld"/>`, g2hl, ""), newsmlDoc("", lifted+`<Instruction FormalName="Hold"/>`, lines),
		},
		{
			"killed under an embargo that can't be read", status, "canceled", nitfDoc(`management-status="embargoed"`, `<date.release norm="soon"/><ed-msg msg-type="kill"/>`, hl, ""),
			g2Doc("", `<embargoed>soon</embargoed><signal qcode="sig:kill"/>`, g2hl, ""), newsmlDoc("", strings.Replace(lifted, "20240422T120000+0200", "soon", 1)+`<Instruction FormalName="Kill"/>`, lines),
		},
		{"withheld", status, "withheld", nitfDoc(`management-status="withheld"`, "", "", ""), g2Doc("", `<pubStatus qcode="STAT:Withheld"/>`, "", ""), newsmlDoc("", `<Status FormalName="Withheld"/>`, "")},
		{"canceled", status, "canceled", nitfDoc(`management-status="Canceled"`, "", "", ""), g2Doc("", `<pubStatus uri="http://cv.iptc.org/newscodes/pubstatusg2/canceled"/>`, "", ""), newsmlDoc("", `<Status FormalName="Cancelled"/>`, "")},
		{"killed by a message", status, "canceled", nitfDoc("", `<ed-msg msg-type="kill" info="Wrong."/>`, hl, ""), g2Doc("", `<signal qcode="sig:kill"/>`, g2hl, ""), newsmlDoc("", usable+`<Instruction FormalName="Kill"/>`, lines)},
		{"status not stated", status, "usable", nitfDoc("", "", hl, ""), g2Doc("", "", g2hl, ""), newsmlDoc("", "", lines)},
		{"urgency", func(a *article.Article) string { return fmt.Sprint(a.Urgency) }, "2", nitfDoc("", `<urgency ed-urg="2"/>`, hl, ""), g2Doc("", "", g2hl+`<urgency>2</urgency>`, ""), newsmlDoc("", `<Urgency FormalName="2"/>`, lines)},
		{
			"urgency out of range", func(a *article.Article) string { return strings.Join(a.Flags, " ") }, "field_unreadable sort_date_is_received_at",
			nitfDoc("", `<urgency ed-urg="high"/>`, hl, ""), g2Doc("", "", g2hl+`<urgency>12</urgency>`, ""), newsmlDoc("", `<Urgency FormalName="flash"/>`, lines),
		},
		{
			"language", func(a *article.Article) string { return a.Language.Value }, "nb-NO",
			strings.Replace(nitfDoc("", "", hl, ""), "<body>", `<body xml:lang="nb_NO">`, 1), g2Doc(`xml:lang="en"`, "", g2hl+`<language tag="nb-NO"/>`, ""),
			newsmlDoc("", "", lines+`<DescriptiveMetadata><Language FormalName="nb-NO"/></DescriptiveMetadata>`),
		},
		{
			"headline", seg(article.Headline), "Ferry runs again", nitfDoc("", "", `<hedline><hl1>Ferry <em>runs</em>
 again</hl1></hedline>`, ""), g2Doc("", "", `<headline role="hld:short">Ferry</headline><headline>Ferry runs again</headline>`, ""),
			newsmlDoc("", "", `<NewsLines><HeadLine>Ferry runs again</HeadLine></NewsLines>`),
		},
		{
			"headline from the text", seg(article.Headline), "Inner", strings.Replace(nitfDoc("", "", "", "<p>x</p>"), "<head>", "<head><title>Inner</title>", 1),
			g2Doc("", "", "", inlineXML(`<nitf><body><body.head><hedline><hl1>Inner</hl1></hedline></body.head><body.content><p>x</p></body.content></body></nitf>`)),
			newsmlDoc("", "", `<ContentItem><DataContent><nitf><body><body.head><hedline><hl1>Inner</hl1></hedline></body.head><body.content><p>x</p></body.content></body></nitf></DataContent></ContentItem>`),
		},
		{
			"standfirst", seg(article.Standfirst), "After a year", nitfDoc("", "", `<hedline><hl1>H</hl1><hl2>After a year</hl2></hedline>`, ""), g2Doc("", "", g2hl+`<headline role="hld:subHeadline">After a year</headline>`, ""),
			newsmlDoc("", "", `<NewsLines><HeadLine>H</HeadLine><SubHeadLine>After a year</SubHeadLine></NewsLines>`),
		},
		{"byline", seg(article.Byline), "Ann Lee, Harbour Editor", nitfDoc("", "", hl+`<byline><person>Ann Lee</person><byttl>Harbour Editor</byttl></byline>`, ""), g2Doc("", "", g2hl+`<by>Ann Lee, Harbour Editor</by>`, ""), newsmlDoc("", "", `<NewsLines><HeadLine>H</HeadLine><ByLine>Ann Lee, Harbour Editor</ByLine></NewsLines>`)},
		{
			"dateline", seg(article.Dateline), "SKARRA, April 20", nitfDoc("", "", hl+`<dateline><location>SKARRA</location><story.date>, April 20</story.date></dateline>`, "<p>It runs.</p>"),
			g2Doc("", "", g2hl+`<dateline>SKARRA, April 20</dateline>`, inlineData("It runs.")), newsmlDoc("", "", `<NewsLines><HeadLine>H</HeadLine><DateLine>SKARRA, April 20</DateLine></NewsLines>`+content("It runs.")),
		},
		{
			"dateline that the text has", func(a *article.Article) string { return segments(a, article.Dateline) + "/" + a.Body() }, "/SKARRA (NT) - It runs.",
			nitfDoc("", "", hl+`<dateline><location>Skarra</location></dateline>`, "<p>SKARRA (NT) - It runs.</p>"), g2Doc("", "", g2hl+`<located qcode="c:1"><name>Skarra</name></located>`, inlineData("SKARRA (NT) - It runs.")),
			newsmlDoc("", "", `<NewsLines><HeadLine>H</HeadLine><DateLine>Skarra</DateLine></NewsLines>`+content("SKARRA (NT) - It runs.")),
		},
		{
			"body", body, "One.\n\nSub\n\nTwo & three.", nitfDoc("", "", hl, "<p>One.</p><hl2>Sub</hl2><block><p>Two &amp; three.</p></block>"),
			g2Doc("", "", g2hl, inlineXML(`<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body><p>One.</p><h2>Sub</h2><p>Two &amp; three.</p></body></html>`)),
			newsmlDoc("", "", lines+`<ContentItem><DataContent><html><body><p>One.</p><h2>Sub</h2><p>Two &amp; three.</p></body></html></DataContent></ContentItem>`),
		},
		{
			"body in CDATA", body, "Café.\n\nTwo.", nitfDoc("", "", hl, "<![CDATA[<p>Caf&eacute;.</p><p>Two.</p>]]>"), g2Doc("", "", g2hl, `<inlineData contenttype="text/html"><![CDATA[<p>Caf&eacute;.</p><p>Two.</p>]]></inlineData>`),
			newsmlDoc("", "", lines+`<ContentItem><MimeType FormalName="text/html"/><DataContent><![CDATA[<p>Caf&eacute;.</p><p>Two.</p>]]></DataContent></ContentItem>`),
		},
		{
			"body that is plain", body, "One.\n\nTwo.", nitfDoc("", "", hl, "One.\n\nTwo."), g2Doc("", "", g2hl, inlineData("One.\n\nTwo.")), newsmlDoc("", "", lines+content("One.\n\nTwo.")),
		},
		{
			"body in base64", body, "One.\n\nTwo.", "", g2Doc("", "", g2hl, `<inlineData contenttype="text/plain" encoding="base64">T25lLgoKVHdvLg==</inlineData>`),
			newsmlDoc("", "", lines+`<ContentItem><Encoding Notation="Base64"/><MimeType FormalName="text/plain"/><DataContent>T25lLgoK
VHdvLg==</DataContent></ContentItem>`),
		},
		{"two br are a paragraph's end", body, "One. Still.\n\nTwo.", nitfDoc("", "", hl, "<p>One.<br/>Still.<br/> <br/>Two.</p>"), g2Doc("", "", g2hl, inlineXML("<div>One.<br/>Still.<br/> <br/>Two.</div>")), newsmlDoc("", "", lines+`<ContentItem><DataContent><p>One.<br/>Still.<br/> <br/>Two.</p></DataContent></ContentItem>`)},
		{
			"of several wordings the marked-up", body, "One.\n\nTwo.", "", g2Doc("", "", g2hl, inlineData("One. Two.")+inlineXML("<p>One.</p><p>Two.</p>")),
			newsmlDoc("", "", lines+`<NewsComponent EquivalentsList="yes"><ContentItem><DataContent><p>One.</p><p>Two.</p></DataContent></ContentItem>`+content("One. Two.")+`</NewsComponent>`),
		},
		{"quote", seg(article.Quote), "We waited.", nitfDoc("", "", hl, "<bq><block><p>We waited.</p></block></bq>"), g2Doc("", "", g2hl, inlineXML("<blockquote>We waited.</blockquote>")), newsmlDoc("", "", lines+`<ContentItem><DataContent><blockquote>We waited.</blockquote></DataContent></ContentItem>`)},
		{"editor's note", seg(article.Note), "Repeats with name", nitfDoc("", "", hl+`<note><p>Repeats with name</p></note>`, ""), g2Doc("", `<edNote>Repeats with name</edNote>`, g2hl, ""), strings.Replace(newsmlDoc("", "", lines), "<NewsComponent>", "<Comment>Repeats with name</Comment><NewsComponent>", 1)},
		{"slug", seg(article.Note), "Slugline: ferry", "", g2Doc("", "", g2hl+`<slugline>ferry</slugline>`, ""), newsmlDoc("", "", `<NewsLines><HeadLine>H</HeadLine><SlugLine>ferry</SlugLine></NewsLines>`)},
		{"rights", seg(article.Boilerplate), "Copyright: 2024 NT", nitfDoc("", `<doc.copyright year="2024" holder="NT"/>`, hl, ""), strings.Replace(g2Doc("", "", g2hl, ""), "<itemMeta>", `<rightsInfo><copyrightHolder literal="2024 NT"/></rightsInfo><itemMeta>`, 1), newsmlDoc("", "", `<NewsLines><HeadLine>H</HeadLine><CopyrightLine>Copyright: 2024 NT</CopyrightLine></NewsLines>`)},
		{
			"subjects", subjects, "subj:04000000= | =ferries", nitfDoc("", `<key-list><keyword key="ferries"/></key-list>`, hl, "")[:len("<nitf><head>")] + `<tobject><tobject.subject tobject.subject.refnum="04000000"/></tobject>` + nitfDoc("", `<key-list><keyword key="ferries"/></key-list>`, hl, "")[len("<nitf><head>"):],
			g2Doc("", "", g2hl+`<subject qcode="subj:04000000"/><keyword>ferries</keyword>`, ""), newsmlDoc("", "", `<NewsLines><HeadLine>H</HeadLine><KeywordLine>ferries</KeywordLine></NewsLines><DescriptiveMetadata><SubjectCode><Subject FormalName="04000000"/></SubjectCode></DescriptiveMetadata>`),
		},
		{
			"picture", images, "https://p.example/b.jpg;image/jpeg;The ferry;Ann Lee",
			nitfDoc("", "", hl, `<media media-type="image"><media-reference mime-type="image/jpeg" source="https://p.example/a.jpg" width="9"/><media-reference mime-type="image/jpeg" source="https://p.example/b.jpg" width="900"/><media-caption>The ferry</media-caption><media-producer>Ann Lee</media-producer></media>`),
			g2Doc("", `<itemClass qcode="ninat:picture"/>`, g2hl+`<creditline>Ann Lee</creditline><description>The ferry</description>`, `<remoteContent href="https://p.example/b.jpg" contenttype="image/jpeg" width="900"/><remoteContent href="https://p.example/a.jpg" contenttype="image/jpeg" width="9"/>`),
			newsmlDoc("", "", lines+`<NewsComponent><Role FormalName="Photo"/><NewsLines><HeadLine>The ferry</HeadLine><CreditLine>Ann Lee</CreditLine></NewsLines><ContentItem Href="https://p.example/a.jpg"><MimeType FormalName="image/jpeg"/></ContentItem><ContentItem Href="https://p.example/b.jpg"><MimeType FormalName="image/jpeg"/><Characteristics><Property FormalName="PixelWidth" Value="900"/></Characteristics></ContentItem></NewsComponent>`),
		},
		{
			"video has no image", images, "", nitfDoc("", "", hl, `<media media-type="video"><media-reference mime-type="video/mp4" source="https://p.example/a.mp4"/></media>`),
			g2Doc("", `<itemClass qcode="ninat:video"/>`, g2hl, `<remoteContent href="https://p.example/a.mp4" contenttype="video/mp4"/>`), newsmlDoc("", "", lines+`<ContentItem Href="https://p.example/a.mp4"><MimeType FormalName="video/mp4"/></ContentItem>`),
		},
	} {
		for i, data := range []string{c.nitf, c.g2, c.newsml} {
			name := [...]string{"nitf", "newsmlg2", "newsml"}[i]
			if data == "" {
				continue
			}
			t.Run(c.name+"/"+name, func(t *testing.T) {
				as, err := format.Decode(context.Background(), []byte(data), hint(), "")
				if err != nil || len(as) != 1 {
					t.Fatalf("%d articles, %v", len(as), err)
				}
				if as[0].Original.Format != name {
					t.Errorf("recognised as %s", as[0].Original.Format)
				}
				if d := cmp.Diff(c.want, c.get(&as[0])); d != "" {
					t.Errorf("-want +got:\n%s", d)
				}
			})
		}
	}
}

// TestAgencyRefuses: what can't be an article is refused with its place; above
// all a status or an embargo that can't be read.
func TestAgencyRefuses(t *testing.T) {
	deep := strings.Repeat("<p>", document.MaxDepth) + strings.Repeat("</p>", document.MaxDepth)
	wide := strings.Repeat("<a/>", 200_000)
	for _, c := range []struct {
		name, data  string
		want        document.Reason
		field, says string
	}{
		{"nitf, kill without id", `<nitf><head><docdata management-status="canceled"/></head><body><body.content><p>x</p></body.content></body></nitf>`, document.Invalid, "doc-id", "line 1, byte 12"},
		{"nitf, status", nitfDoc(`management-status="annulled"`, "", hl, ""), document.Invalid, "management-status", "annulled"},
		{"nitf, status of another", nitfDoc(`management-doc-idref="y" management-idref-status="gone"`, "", hl, ""), document.Invalid, "management-idref-status", "gone"},
		{"nitf, embargo", nitfDoc("", `<date.release norm="soon"/>`, hl, ""), document.Invalid, "date.release", "soon"},
		{"nitf, embargo without time", nitfDoc(`management-status="embargoed"`, `<date.issue norm="20240420"/><date.release norm="20240420"/>`, hl, ""), document.Invalid, "date.release", "time zone"},
		{"nitf, release on a later day", nitfDoc("", `<date.issue norm="20240420T100000Z"/><date.release norm="20240421"/>`, hl, ""), document.Invalid, "date.release", "time zone"},
		{"nitf, nothing to read", nitfDoc("", "", "", ""), document.Empty, "body", "neither"},
		{"nitf that breaks off", "<nitf><head>\n<docdata><doc-id id-string='x'/>", document.Syntax, "", "breaks off within <docdata> (line 2"},
		{"nitf, wrong end", "<nitf><head></nitf>", document.Syntax, "", "</nitf> ends nothing"},
		{"nitf, too deep", nitfDoc("", "", hl, deep), document.TooDeep, "", "128"},
		{"nitf, too many nodes", nitfDoc("", "", hl, wide), document.TooMany, "", "200000"},
		{"nitf, too large", nitfDoc("", "", hl, "<p>"+strings.Repeat("x", document.MaxSingle)+"</p>"), document.TooLarge, "", "3145728"},
		{"nitf, two of them", nitfDoc("", "", hl, "") + nitfDoc("", "", hl, ""), document.Syntax, "", "follows the end"},
		{"g2 without id", `<newsItem><itemMeta/></newsItem>`, document.Invalid, "guid", "missing"},
		{"g2, status", g2Doc("", `<pubStatus qcode="stat:annulled"/>`, g2hl, ""), document.Invalid, "pubStatus", "annulled"},
		{"g2, embargo without time zone", g2Doc("", `<embargoed>2024-04-25T00:00:00</embargoed>`, g2hl, ""), document.Invalid, "embargoed", "time zone"},
		{"g2, nothing to read", g2Doc("", "", "", ""), document.Empty, "contentSet", "neither"},
		{"g2, package", `<packageItem guid="p"><groupSet><group><itemRef residref="a"><title>T</title></itemRef></group></groupSet></packageItem>`, document.Empty, "contentSet", "neither"},
		{"g2, concept", `<conceptItem guid="c"><concept/></conceptItem>`, document.Invalid, "conceptItem", "no news"},
		{"g2, message of concepts", `<newsMessage><itemSet><conceptItem guid="p"/></itemSet></newsMessage>`, document.Invalid, "newsItem", "no news item"},
		{"g2, base64", g2Doc("", "", g2hl, `<inlineData encoding="base64">%%%</inlineData>`), document.Invalid, "inlineData", "base64"},
		{"g2, too deep", g2Doc("", "", g2hl, inlineXML(deep)), document.TooDeep, "", "128"},
		{"g2, too many items", "<newsMessage><itemSet>" + strings.Repeat("<newsItem/>", document.MaxItems+1) + "</itemSet></newsMessage>", document.TooMany, "", "5000"},
		{"g2, tags around items", `<newsMessage><itemSet a="` + strings.Repeat("x", 17<<10) + `"><newsItem/><newsItem/></itemSet></newsMessage>`, document.TooLarge, "", "16384"},
		{"newsml without id", `<NewsML><NewsItem><NewsManagement/></NewsItem></NewsML>`, document.Invalid, "NewsItemId", "missing"},
		{"newsml, status", newsmlDoc("", `<Status FormalName="Annulled"/>`, lines), document.Invalid, "Status", "Annulled"},
		{"newsml, embargo", newsmlDoc("", `<Status FormalName="Embargoed"/><StatusWillChange><FutureStatus FormalName="Usable"/><DateAndTime>20240425</DateAndTime></StatusWillChange>`, lines), document.Invalid, "StatusWillChange", "time zone"},
		{"newsml, update of a part", strings.Replace(newsmlDoc("2", usable, ""), `Update="N"`, `Update="U"`, 1), document.Invalid, "RevisionId", "the whole must be sent"},
		{"newsml, nothing to read", newsmlDoc("", "", ""), document.Empty, "NewsComponent", "neither"},
		{"newsml without items", `<NewsML><NewsEnvelope/></NewsML>`, document.Invalid, "NewsItem", "no news item"},
		{"newsml, too deep", newsmlDoc("", "", lines+`<ContentItem><DataContent>`+deep+`</DataContent></ContentItem>`), document.TooDeep, "", "128"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := format.Decode(context.Background(), []byte(c.data), hint(), "")
			e, ok := errors.AsType[*document.Error](err)
			if !ok || e.Reason != c.want || e.Field != c.field || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %.300v, want reason %s at %q saying %q", err, c.want, c.field, c.says)
			}
		})
	}
}

// TestAgencyDetect: the root decides, whatever stands in front of it.
func TestAgencyDetect(t *testing.T) {
	for data, want := range map[string]string{
		"<nitf/>": "nitf", "\ufeff<?xml version='1.0'?>\n<!-- <NewsML> -->\n<!DOCTYPE nitf [<!ENTITY a \"<newsItem>\">]><nitf>": "nitf",
		"<x:nitf xmlns:x='y'>": "nitf", "<newsItem guid='a'/>": "newsmlg2", "<n:newsMessage>": "newsmlg2", "<packageItem/>": "newsmlg2", "<conceptItem/>": "newsmlg2",
		"<NewsML Version='1.2'>": "newsml", "<?xml version='1.0'?><newsitem itemid='1'/>": "", "<html><nitf/></html>": "html", "nitf <nitf>": "text", "<p>newsItem": "html",
	} {
		f, err := format.Find([]byte(data), "")
		if err != nil {
			f.Name = ""
		}
		if f.Name != want {
			t.Errorf("%q is %q, want %q", data, f.Name, want)
		}
	}
}

// TestAgencyIdentity: an id is the provider's own, the document's rather than
// the story's, and the same in all revisions.
func TestAgencyIdentity(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"nitf", nitfDoc("", `<du-key key="IRAQ" version="1"/>`, hl, ""), "urn:copytaster:dpa:x-1"},
		// Two documents of one slug are two articles: the slug may be another day's.
		{"nitf, other document of the story", strings.Replace(nitfDoc("", `<du-key key="IRAQ" version="2"/>`, hl, ""), "x-1", "x-2", 1), "urn:copytaster:dpa:x-2"},
		{"nitf without doc-id", strings.Replace(nitfDoc("", `<du-key key="IRAQ" generation="2" part="3" version="2"/>`, hl, ""), `<doc-id id-string="x-1"/>`, "", 1), "urn:copytaster:dpa:du-key%20IRAQ%202%203"},
		{"g2", g2Doc(`version="2"`, "", g2hl, ""), "urn:copytaster:dpa:x-1"},
		{"g2, urn of another", strings.Replace(g2Doc("", "", g2hl, ""), "x-1", "urn:newsml:afp.com:1", 1), "urn:copytaster:dpa:urn:newsml:afp.com:1"},
		{"newsml", newsmlDoc("3", "", lines), "urn:copytaster:dpa:urn:newsml:p:20240420:x-1"},
		{"newsml, public identifier", strings.Replace(newsmlDoc("3", "", lines), "<NewsItemId>x-1</NewsItemId>", "<PublicIdentifier>urn:newsml:p:20240420:x-1:3N</PublicIdentifier>", 1), "urn:copytaster:dpa:urn:newsml:p:20240420:x-1"},
	} {
		h := hint()
		h.Provider = "dpa"
		as, err := format.Decode(context.Background(), []byte(c.data), h, "")
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if string(as[0].URI) != c.want {
			t.Errorf("%s: %s, want %s", c.name, as[0].URI, c.want)
		}
	}
}

// TestNITFManages: a document may kill or hold another, with or without being
// an article itself.
func TestNITFManages(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"kill by an advisory", nitfDoc(`management-doc-idref="y" management-idref-status="canceled"`, "", hl, ""), "x-1 usable, y canceled"},
		{"hold by an advisory", nitfDoc(`management-doc-idref="y" management-idref-status="withheld"`, "", hl, ""), "x-1 usable, y withheld"},
		{"kill alone", strings.Replace(nitfDoc(`management-doc-idref="y" management-idref-status="canceled"`, "", hl, ""), `<doc-id id-string="x-1"/>`, "", 1), "y canceled"},
		{"of itself", nitfDoc(`management-doc-idref="x-1" management-idref-status="canceled"`, "", hl, ""), "x-1 canceled"},
		{"release by an advisory can't be: the text is missing", nitfDoc(`management-doc-idref="y" management-idref-status="usable"`, "", hl, ""), "x-1 usable"},
	} {
		as, err := format.Decode(context.Background(), []byte(c.data), hint(), "")
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var got []string
		for _, a := range as {
			got = append(got, strings.TrimPrefix(string(a.URI), "urn:copytaster:site-9:")+" "+string(a.Status))
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
}

// TestAgencyItems: a broken item of three costs the other two nothing, and each
// is a whole input of its own.
func TestAgencyItems(t *testing.T) {
	item := func(i int) string {
		return strings.Replace(g2Doc("", "", g2hl, inlineData("Text.")), "x-1", fmt.Sprint("i-", i), 1)
	}
	for _, broken := range []string{
		"<newsItem/>",
		"<newsItem guid='b'><itemMeta></newsItem>",
		"<newsItem guid='b'>" + strings.Repeat("<a>", 500) + "</newsItem>",
		g2Doc("", `<pubStatus qcode="stat:annulled"/>`, g2hl, ""),
	} {
		data := `<m:newsMessage xmlns:m="http://iptc.org/std/nar/2006-10-01/"><m:header><sent>x</sent></m:header><m:itemSet><packageItem guid="p"><groupSet/></packageItem>` + item(1) + broken + item(3) + `</m:itemSet></m:newsMessage>`
		as, err := format.Decode(context.Background(), []byte(data), hint(), "")
		if len(as) != 2 || err == nil || !strings.Contains(err.Error(), "item 2") {
			t.Fatalf("%.60s: %d articles, error %v", broken, len(as), err)
		}
		for i := range as {
			again, err := format.DecodePart(context.Background(), as[i].Original.Bytes, hint(), "newsmlg2")
			if err != nil || len(again) != 1 || again[0].URI != as[i].URI || again[0].Revision != as[i].Revision {
				t.Errorf("the original of %s doesn't give it: %v", as[i].URI, err)
			}
		}
	}
}

// TestAgencyManyOfAKind: what compares each with each would not end.
func TestAgencyManyOfAKind(t *testing.T) {
	many := func(form string) string {
		var b strings.Builder
		for i := range 60_000 {
			fmt.Fprintf(&b, form, i)
		}
		return b.String()
	}
	inner := func(front, text string) string {
		return `<nitf><body><body.head>` + front + `</body.head><body.content>` + text + `</body.content></body></nitf>`
	}
	for name, data := range map[string]string{
		"headlines":  nitfDoc("", "", "<hedline><hl1>H</hl1>"+many("<hl2>s%d</hl2>")+"</hedline>", strings.Repeat("<p>.</p>", 10_000)),
		"notes":      nitfDoc("", "", hl+many("<note>%d</note>"), ""),
		"pictures":   g2Doc("", "", g2hl, inlineXML(many("<img src='https://p.example/%d'/>"))),
		"standfirst": newsmlDoc("", "", lines+`<ContentItem><DataContent>`+inner("<hedline>"+many("<hl2>s%d</hl2>")+"</hedline>", "<p>x</p>")+`</DataContent></ContentItem>`),
		"bylines":    newsmlDoc("", "", "<NewsLines><HeadLine>H</HeadLine>"+many("<ByLine>b%d</ByLine>")+"</NewsLines>"),
		"keywords":   g2Doc("", "", g2hl+many("<keyword>%d</keyword>"), ""),
		"br":         nitfDoc("", "", hl, "<p>"+strings.Repeat("<br/>", 60_000)+"x</p>"),
	} {
		as, err := format.Decode(context.Background(), []byte(data), hint(), "")
		if err != nil || len(as) != 1 {
			t.Errorf("%s: %d articles, %v", name, len(as), err)
		}
	}
}
