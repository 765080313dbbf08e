package copytaster

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
)

// TestAgencyXMLLife drives an item of each of the agencies' XML formats through
// its life: an update that overtakes, then the end, each in its own words.
func TestAgencyXMLLife(t *testing.T) {
	s := startSystem(t)
	headlines := func(want string) {
		t.Helper()
		s.await("search finds "+want, func() error {
			f, err := s.search("breakwater tolsund")
			if err != nil {
				return err
			}
			var got []string
			for _, h := range f.Hits {
				got = append(got, h.Headline)
			}
			if strings.Join(got, ", ") != want {
				return fmt.Errorf("it finds %q", got)
			}
			return nil
		})
	}
	push := func(data string, want ...article.URI) {
		t.Helper()
		a, err := s.push(strings.NewReader(data), "source=wire")
		if err != nil || a.status != http.StatusAccepted || len(a.Articles) != len(want) {
			t.Fatalf("%d articles, status %d, %v: %s", len(a.Articles), a.status, err, a.body)
		}
		for i := range want {
			if a.Articles[i].URI != "urn:copytaster:wire:"+want[i] {
				t.Errorf("article %d is %s, want %s", i, a.Articles[i].URI, want[i])
			}
		}
	}

	g2 := func(version, status, headline string) string {
		return `<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><header/><itemSet><newsItem guid="tag:w,2024:1" version="` + version + `"><itemMeta><versionCreated>2024-05-01T12:0` + version +
			`:00Z</versionCreated><pubStatus qcode="stat:` + status + `"/></itemMeta>` + headline + `</newsItem></itemSet></newsMessage>`
	}
	text := func(headline string) string {
		return `<contentMeta><headline>` + headline + `</headline></contentMeta><contentSet><inlineXML><html xmlns="http://www.w3.org/1999/xhtml"><body><p>The breakwater of Tolsund holds.</p></body></html></inlineXML></contentSet>`
	}
	push(g2("2", "usable", text("Wall holds")), "tag:w%2C2024:1")
	headlines("Wall holds")
	push(g2("1", "usable", text("Wall may hold")), "tag:w%2C2024:1")
	s.await("both versions are kept", func() error {
		docs, err := s.source("article-versions", "urn:copytaster:wire:tag:w%2C2024:1")
		if err == nil && len(docs) != 2 {
			err = fmt.Errorf("%d versions", len(docs))
		}
		return err
	})
	headlines("Wall holds")
	push(g2("3", "canceled", ""), "tag:w%2C2024:1")
	headlines("")

	nitf := func(id, attrs, headline string) string {
		return `<?xml version="1.0"?><nitf><head><docdata ` + attrs + `><doc-id id-string="` + id + `"/><date.issue norm="20240501T120000Z"/></docdata></head><body><body.head><hedline><hl1>` + headline +
			`</hl1></hedline></body.head><body.content><p>The breakwater of Tolsund leaks.</p></body.content></body></nitf>`
	}
	push(nitf("n-1", `management-status="usable"`, "Wall leaks"), "n-1")
	headlines("Wall leaks")
	push(nitf("n-2", `management-status="withheld" management-doc-idref="n-1" management-idref-status="canceled"`, "Kill"), "n-2", "n-1")
	headlines("")

	newsml := func(revision, status string) string {
		return `<NewsML><NewsItem><Identification><NewsIdentifier><ProviderId>w</ProviderId><DateId>20240501</DateId><NewsItemId>9</NewsItemId><RevisionId>` + revision + `</RevisionId></NewsIdentifier></Identification>` +
			`<NewsManagement><ThisRevisionCreated>20240501T120` + revision + `00Z</ThisRevisionCreated><Status FormalName="` + status + `"/></NewsManagement><NewsComponent><NewsLines><HeadLine>Wall mended</HeadLine></NewsLines>` +
			`<ContentItem><DataContent><p>The breakwater of Tolsund is whole.</p></DataContent></ContentItem></NewsComponent></NewsItem></NewsML>`
	}
	const id = "urn:newsml:w:20240501:9"
	push(newsml("1", "Embargoed"), id)
	push(newsml("2", "Usable"), id)
	headlines("Wall mended")
	push(newsml("3", "Withheld"), id)
	headlines("")
}
