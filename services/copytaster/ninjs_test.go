package copytaster

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// ninjs is an item of version 3.x with more fields behind its own.
func ninjs(uri, version, headline, more string) string {
	return fmt.Sprintf(`{"standard":{"name":"ninjs","version":"3.0"},"uri":%q,"type":"text","version":%q,"versionCreated":"2024-05-01T12:0%s:00Z",
"headlines":[{"role":"main","value":%q}],"bodies":[{"contentType":"text/html","value":"<p>The lighthouse of Skarra was lit.</p><p>Text %s.</p>"}]%s}`,
		uri, version, version, headline, version, more)
}

// TestNinjsLife drives one item through its life, as an agency would send it:
// the index has the newest version whatever comes late, and at last the notice
// alone, whose kill says nothing but the id.
func TestNinjsLife(t *testing.T) {
	s := startSystem(t)
	const id = "urn:newsml:wire.example:20240501:lighthouse"
	const uri = article.URI("urn:copytaster:wire:" + id)
	headlines := func(want string) {
		t.Helper()
		s.await("search finds "+want, func() error {
			f, err := s.search(`lighthouse skarra`)
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
	push := func(item string) {
		t.Helper()
		if got := s.mustPush(item, "source=wire"); got != uri {
			t.Fatalf("uri %s, want %s", got, uri)
		}
	}
	push(ninjs(id, "2", "Lighthouse lit", `,"edNote":"Adds quote"`))
	headlines("Lighthouse lit")
	push(ninjs(id, "3", "Lighthouse lit again", ""))
	push(ninjs(id, "1", "Lighthouse to be lit", ""))
	s.await("three versions are kept", func() error {
		docs, err := s.source("article-versions", uri)
		if err == nil && len(docs) != 3 {
			err = fmt.Errorf("%d versions", len(docs))
		}
		return err
	})
	headlines("Lighthouse lit again")
	if a := s.awaitArticle(uri, nil); a.Version != "3" || a.Body() != "The lighthouse of Skarra was lit.\n\nText 3." {
		t.Errorf("version %s, body %q", a.Version, a.Body())
	}

	push(fmt.Sprintf(`{"uri":%q,"version":"4","pubStatus":"withheld"}`, id))
	headlines("")
	push(ninjs(id, "5", "Lighthouse lit for good", ""))
	headlines("Lighthouse lit for good")

	push(fmt.Sprintf(`{"uri":%q,"pubstatus":"canceled"}`, id))
	headlines("")
	notice := s.awaitArticle(uri, func(a *article.Article) bool { return a.Status == article.Canceled })
	if notice.Text != "" || len(notice.Segments) > 0 {
		t.Errorf("the notice has text: %q", notice.Text)
	}
	push(ninjs(id, "6", "Lighthouse lit after all", ""))
	s.await("the late version is through", func() error {
		if n := s.counts()["index ok"]; n < 7 {
			return fmt.Errorf("%d indexed", n)
		}
		return nil
	})
	headlines("")
	// The text went before the late version was done, but a search sees it only
	// after the next refresh.
	s.await("no text of the killed article is kept", func() error {
		docs, err := s.source("article-versions", uri)
		for _, d := range docs {
			if strings.Contains(string(d), "lighthouse of Skarra") {
				return fmt.Errorf("%s", d)
			}
		}
		return err
	})
	resp, err := s.client.Get(s.base + "/v1/articles/" + url.PathEscape(string(uri)))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the notice: %s", resp.Status)
	}
}

// TestNinjsEmbargoAndBatch: several items in one request, one of them under an
// embargo that isn't over, which nobody finds.
func TestNinjsEmbargoAndBatch(t *testing.T) {
	s := startSystem(t)
	var lines []string
	for i := range 20 {
		more := ""
		if i == 7 {
			more = fmt.Sprintf(`,"embargoedUntil":%q`, time.Now().Add(time.Hour).Format(time.RFC3339))
		}
		item := ninjs(fmt.Sprintf("urn:x:batch:%d", i), "1", fmt.Sprintf("Lamp %d", i), more)
		lines = append(lines, strings.ReplaceAll(item, "\n", ""))
	}
	a, err := s.push(strings.NewReader(strings.Join(lines, "\n")), "source=wire")
	if err != nil || a.status != http.StatusAccepted || len(a.Articles) != 20 {
		t.Fatalf("%d articles, status %d, %v: %s", len(a.Articles), a.status, err, a.body)
	}
	for i, one := range a.Articles {
		if want := article.URI(fmt.Sprintf("urn:copytaster:wire:urn:x:batch:%d", i)); one.URI != want {
			t.Errorf("article %d is %s", i, one.URI)
		}
	}
	s.await("all but one are found", func() error {
		if n := s.counts()["index ok"]; n != 20 {
			return fmt.Errorf("%d indexed", n)
		}
		f, err := s.search("lighthouse")
		if err == nil && f.Total.Value != 19 {
			err = fmt.Errorf("%d found", f.Total.Value)
		}
		return err
	})
	if f, err := s.search(`"lamp 7"`); err != nil || f.Total.Value != 0 {
		t.Errorf("what is under embargo is found: %+v, %v", f, err)
	}
}
