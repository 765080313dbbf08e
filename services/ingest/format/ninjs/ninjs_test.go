package ninjs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
)

var received = time.Date(2024, 4, 22, 6, 0, 0, 0, time.UTC)

func hint() document.Hint {
	return document.Hint{Source: "wire", ReceivedAt: received}
}

func decode(t testing.TB, data string) []article.Article {
	t.Helper()
	as, err := format.Decode(context.Background(), []byte(data), hint(), "")
	if err != nil {
		t.Fatalf("%v\n%.300s", err, data)
	}
	for i := range as {
		if as[i].Original.Format != "ninjs" {
			t.Fatalf("recognised as %s: %.300s", as[i].Original.Format, data)
		}
	}
	return as
}

func one(t testing.TB, data string) article.Article {
	t.Helper()
	as := decode(t, data)
	if len(as) != 1 {
		t.Fatalf("%d articles of %.300s", len(as), data)
	}
	return as[0]
}

// all are the segments of kind k.
func all(a *article.Article, k article.Kind) string {
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
	return t.Format(time.RFC3339Nano)
}

func codes(a *article.Article) string {
	var s []string
	for _, x := range a.Subjects {
		s = append(s, x.Code+"="+x.Name)
	}
	return strings.Join(s, " | ")
}

func images(a *article.Article) string {
	var s []string
	for _, x := range a.Images {
		s = append(s, strings.Join([]string{x.URL, x.MediaType, x.Caption, x.Credit}, ";"))
	}
	return strings.Join(s, " | ")
}

// TestFields reads each field in the words of each generation.
func TestFields(t *testing.T) {
	seg := func(k article.Kind) func(*article.Article) string {
		return func(a *article.Article) string { return all(a, k) }
	}
	for _, c := range []struct {
		name string
		get  func(*article.Article) string
		want string
		// what stands in the item, for 1.x, 2.x, 3.x; "": as the one before
		v1, v2, v3 string
	}{
		{"version", func(a *article.Article) string { return a.Version }, "12", `"version":"12"`, "", ""},
		{"version as number", func(a *article.Article) string { return a.Version }, "12", `"version":12`, "", ""},
		{
			"version created", func(a *article.Article) string { return stamp(a.VersionCreated) }, "2024-04-20T06:30:00Z",
			`"versioncreated":"2024-04-20T08:30:00+02:00"`, "", `"versionCreated":"2024-04-20T08:30:00+02:00"`,
		},
		{
			"version created without a colon in its zone", func(a *article.Article) string { return stamp(a.VersionCreated) }, "2024-04-20T06:30:00Z",
			`"versioncreated":"2024-04-20T08:30:00+0200"`, "", `"versionCreated":"2024-04-20T08:30:00.000+0200"`,
		},
		{
			"first created", func(a *article.Article) string { return stamp(a.PublishedAt) }, "2024-04-19T06:30:00Z",
			`"firstcreated":"2024-04-19T06:30:00Z"`, "", `"firstCreated":"2024-04-19T06:30:00Z"`,
		},
		{
			"content created is no publication", func(a *article.Article) string { return stamp(a.PublishedAt) }, "",
			`"contentcreated":"1999-04-19T06:30:00Z"`, "", `"contentCreated":"1999-04-19T06:30:00Z"`,
		},
		{
			"embargo", func(a *article.Article) string { return stamp(a.EmbargoUntil) }, "2024-04-20T07:00:00Z",
			`"embargoed":"2024-04-20T09:00:00+02:00"`, "", `"embargoedUntil":"2024-04-20T09:00:00+02:00"`,
		},
		{"withheld", func(a *article.Article) string { return string(a.Status) }, "withheld", `"pubstatus":"withheld"`, "", `"pubStatus":"withheld"`},
		{"canceled", func(a *article.Article) string { return string(a.Status) }, "canceled", `"pubstatus":"canceled"`, "", `"pubStatus":"canceled"`},
		{"canceled in other words", func(a *article.Article) string { return string(a.Status) }, "canceled", `"pubstatus":"stat:Cancelled"`, "", `"pubStatus":"killed"`},
		{"no status", func(a *article.Article) string { return string(a.Status) }, "usable", `"pubstatus":null`, "", `"pubStatus":""`},
		{"urgency", func(a *article.Article) string { return fmt.Sprint(a.Urgency) }, "1", `"urgency":1`, "", ""},
		{"urgency as text", func(a *article.Article) string { return fmt.Sprint(a.Urgency) }, "3", `"urgency":"3"`, "", ""},
		{"urgency out of range", func(a *article.Article) string { return fmt.Sprint(a.Urgency, a.Flags) }, "0 [field_unreadable sort_date_is_received_at]", `"urgency":12`, "", ""},
		{"language", func(a *article.Article) string { return a.Language.Value }, "nb-NO", `"language":"nb_NO"`, "", ""},
		{
			"headline", seg(article.Headline), "Ferry runs again",
			`"headline":"Ferry runs\n again","title":"Ferry runs again"`, `"headlines":[{"value":"Ferry runs again"}]`, "",
		},
		{
			"headline by its role", seg(article.Headline), "Ferry runs again",
			`"headline":"Ferry runs again","headline_short":"Ferry"`, `"headlines":[{"role":"short","value":"Ferry"},{"role":"main","value":"Ferry runs again"}]`, "",
		},
		{
			"other headlines", seg(article.Note), "Headline (short): Ferry",
			`"headline":"Ferry runs again","headline_short":"Ferry"`, `"headlines":[{"role":"short","value":"Ferry"},{"role":"main","value":"Ferry runs again"}]`, "",
		},
		{
			"kicker and subheadline", func(a *article.Article) string { return all(a, article.Kicker) + "/" + all(a, article.Standfirst) }, "Skarra/After a year",
			`"headline":"F","headline_kicker":"Skarra","headline_sub":"After a year"`,
			`"headlines":[{"role":"kicker","value":"Skarra"},{"role":"main","value":"F"},{"role":"subheadline","value":"After a year"}]`, "",
		},
		{"title for want of a headline", seg(article.Headline), "Ferry", `"title":"Ferry"`, "", ""},
		{"title beside a headline", seg(article.Note), "Title: ferry-2", `"headline":"Ferry","title":"ferry-2"`, `"headlines":[{"value":"Ferry"}],"title":"ferry-2"`, ""},
		{"byline", seg(article.Byline), "Ann Lee", `"byline":"Ann Lee"`, `"by":"Ann Lee"`, ""},
		{"dateline", seg(article.Dateline), "Skarra, Norway", `"located":"Skarra, Norway","body_text":"It runs."`, `"located":"Skarra, Norway","bodies":[{"value":"It runs."}]`, ""},
		{
			"dateline that the text has", func(a *article.Article) string { return all(a, article.Dateline) + "/" + a.Body() }, "/SKARRA (AP) — It runs.",
			`"located":"Skarra, Norway","body_text":"SKARRA (AP) — It runs."`, `"located":"Skarra, Norway","bodies":[{"value":"SKARRA (AP) — It runs."}]`, "",
		},
		{"editor's note", seg(article.Note), "Repeats with name", `"ednote":"Repeats with name"`, "", `"edNote":"Repeats with name"`},
		{"slugline", seg(article.Note), "Slugline: ferry-skarra", `"slugline":"ferry-skarra"`, "", ""},
		{
			"rights", seg(article.Boilerplate), "© 2024 A | Copyright: B | Usage terms: Not in C. | Rights: https://r.example/1",
			`"copyrightnotice":"© 2024 A","copyrightholder":"B","usageterms":"Not in C.","rightsinfo":{"linkedrights":"https://r.example/1"}`, "",
			`"copyrightNotice":"© 2024 A","copyrightHolder":"B","usageTerms":"Not in C.","rightsInfo":{"linkedRights":"https://r.example/1"}`,
		},
		{
			"a policy of the end alone", seg(article.Boilerplate), "",
			`"rightsinfo":{"encodedrights":"{\"permission\":[{\"action\":\"use\",\"constraint\":[{\"leftOperand\":\"dateTime\",\"operator\":\"lt\",\"rightOperand\":\"2024-07-01T00:00:00Z\"}]}]}"}`, "",
			`"rightsInfo":{"encodedRights":"{\"permission\":[{\"action\":\"use\",\"constraint\":[{\"leftOperand\":\"dateTime\",\"operator\":\"lt\",\"rightOperand\":\"2024-07-01T00:00:00Z\"}]}]}"}`,
		},
		{
			"a policy of more", seg(article.Boilerplate), `Rights: {"prohibition":[],"permission":{"constraint":{"leftOperand":"dateTime","operator":"lt","rightOperand":"2024-07-01"}}}`,
			`"rightsinfo":{"encodedrights":"{\"prohibition\":[],\"permission\":{\"constraint\":{\"leftOperand\":\"dateTime\",\"operator\":\"lt\",\"rightOperand\":\"2024-07-01\"}}}"}`, "", "",
		},
		{"info source", seg(article.Note), "Source: DHA", `"infosource":[{"name":"DHA"}]`, `"infosources":[{"name":"DHA"}]`, `"infoSources":[{"name":"DHA"}]`},
		{
			"description", seg(article.Standfirst), "After a year.", `"description_text":"After a year.","body_text":"It runs."`,
			`"descriptions":[{"value":"After a year."}],"bodies":[{"value":"It runs."}]`, "",
		},
		{
			"description that is the text's beginning", func(a *article.Article) string { return all(a, article.Standfirst) + "/" + a.Body() }, "/It runs again, the operator said.",
			`"description_text":"It runs again, the oper","body_text":"It runs again, the operator said."`,
			`"descriptions":[{"value":"It runs again, the oper…"}],"bodies":[{"value":"It runs again, the operator said."}]`, "",
		},
		{
			"subjects", codes, "medtop:20000070=war | subj:01000000= | =ferries | x:9=nine",
			`"subject":[{"scheme":"http://cv.iptc.org/newscodes/mediatopic/","code":"20000070","name":"war"},{"scheme":"http://cv.iptc.org/newscodes/subjectcode","code":"01000000"},{"name":"ferries"},{"scheme":"x","code":"9","name":"nine"}]`,
			`"subjects":[{"uri":"http://cv.iptc.org/newscodes/mediatopic/20000070","literal":"w","name":"war"},{"uri":"https://cv.iptc.org/newscodes/subjectcode/01000000"},{"name":"ferries"},{"literal":"x:9","name":"nine"}]`, "",
		},
		{
			"people, organisations, places, events, objects, genres", codes, "=genre | =person | =org | =place | =event | =object",
			`"person":[{"name":"person"}],"organisation":[{"name":"org"}],"place":[{"name":"place"}],"event":[{"name":"event"}],"object":[{"name":"object"}],"genre":[{"name":"genre"}]`,
			`"people":[{"name":"person"}],"organisations":[{"name":"org"}],"places":[{"name":"place"}],"events":[{"name":"event"}],"objects":[{"name":"object"}],"genres":[{"name":"genre"}]`, "",
		},
		{"one subject that is no list", codes, "=x", `"subject":{"name":"x"}`, `"subjects":{"name":"x"}`, ""},
		{
			"subjects that can't be read", func(a *article.Article) string { return codes(a) + strings.Join(a.Flags, " ") }, "field_unreadable sort_date_is_received_at",
			`"subject":[true]`, `"subjects":[[1]]`, "",
		},
		{
			"picture", images, "https://p.example/1.jpg;image/jpeg;The ferry;Ann Lee",
			`"associations":{"main":{"uri":"p:1","type":"picture","byline":"Ann Lee","description_text":"The ferry","renditions":{"small":{"href":"https://p.example/s.jpg","mimetype":"image/jpeg","width":10},"big":{"href":"https://p.example/1.jpg","mimetype":"image/jpeg","width":1000}}}}`,
			`"associations":[{"name":"main","uri":"p:1","type":"picture","by":"Ann Lee","descriptions":[{"value":"The ferry"}],"renditions":[{"name":"small","href":"https://p.example/s.jpg","contenttype":"image/jpeg","width":10},{"name":"big","href":"https://p.example/1.jpg","contenttype":"image/jpeg","width":1000}]}]`,
			`"associations":[{"name":"main","uri":"p:1","type":"picture","by":"Ann Lee","descriptions":[{"value":"The ferry"}],"renditions":[{"name":"small","href":"https://p.example/s.jpg","contentType":"image/jpeg","width":10},{"name":"big","href":"https://p.example/1.jpg","contentType":"image/jpeg","width":1000}]}]`,
		},
		{
			"picture in a picture", images, "https://p.example/1.jpg;;The ferry;",
			`"associations":{"gallery":{"uri":"g","type":"composite","associations":{"a":{"uri":"p:1","type":"picture","headline":"The ferry","renditions":{"o":{"href":"https://p.example/1.jpg"}}}}}}`,
			`"associations":[{"name":"g","uri":"g","type":"composite","associations":[{"name":"a","uri":"p:1","type":"picture","headlines":[{"value":"The ferry"}],"renditions":[{"name":"o","href":"https://p.example/1.jpg"}]}]}]`, "",
		},
		{
			"picture that may not be used", images, "",
			`"associations":{"main":{"uri":"p:1","type":"picture","pubstatus":"canceled","renditions":{"o":{"href":"https://p.example/1.jpg"}}}}`,
			`"associations":[{"name":"m","uri":"p:1","type":"picture","pubstatus":"canceled","renditions":[{"name":"o","href":"https://p.example/1.jpg"}]}]`,
			`"associations":[{"name":"m","uri":"p:1","type":"picture","pubStatus":"withheld","renditions":[{"name":"o","href":"https://p.example/1.jpg"}]}]`,
		},
		{
			"body", func(a *article.Article) string { return a.Body() }, "One.\n\nTwo.",
			`"body_text":"One. Two.","body_xhtml":"<p>One.</p><p>Two.</p>"`,
			`"bodies":[{"role":"text","contenttype":"text/plain","value":"One. Two."},{"role":"xhtml","contenttype":"text/html","value":"<body><p>One.</p><p>Two.</p></body>"}]`,
			`"bodies":[{"role":"text","contentType":"text/plain","value":"One. Two."},{"role":"x","contentType":"text/html","value":"<body><p>One.</p><p>Two.</p></body>"}]`,
		},
	} {
		for i, fields := range []string{c.v1, c.v2, c.v3} {
			if i > 0 && fields == "" {
				fields = c.v1
				if i == 2 && c.v2 != "" {
					fields = c.v2
				}
			}
			t.Run(fmt.Sprintf("%s/%d", c.name, i+1), func(t *testing.T) {
				head := ""
				if !strings.Contains(fields, `"headline`) && !strings.Contains(fields, `"title`) {
					head = [...]string{`"headline":"H",`, `"headlines":[{"value":"H"}],`, `"headlines":[{"value":"H"}],`}[i]
				}
				as := decode(t, `{"uri":"urn:x:1","type":"text",`+head+fields+`}`)
				notices := strings.Count(strings.ToLower(fields), `"picture","pubstatus"`) // articles of their own
				if len(as) != 1+notices {
					t.Fatalf("%d articles of %s", len(as), fields)
				}
				a := as[0]
				if d := cmp.Diff(c.want, c.get(&a)); d != "" {
					t.Errorf("-want +got:\n%s", d)
				}
			})
		}
	}
}

// TestNotices: a kill or a hold needs nothing but the id.
func TestNotices(t *testing.T) {
	for _, data := range []string{
		`{"uri":"urn:x:1","pubstatus":"canceled"}`,
		`{"pubStatus":"canceled","uri":"urn:x:1"}`,
		`{"standard":{"name":"ninjs","version":"3.0"},"uri":"urn:x:1","pubStatus":"withheld","versionCreated":"2024-04-20T06:30:00Z"}`,
		"\ufeff" + `{"$standard":{"name":"ninjs","version":"1.3"},"uri":"urn:x:1","pubstatus":"withheld"}`,
	} {
		a := one(t, data)
		if a.URI != "urn:copytaster:wire:urn:x:1" || a.Text != "" || a.Status == article.Usable {
			t.Errorf("%s: %s %s %q", data, a.URI, a.Status, a.Text)
		}
	}
}
