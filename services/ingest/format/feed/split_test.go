package feed_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/cputime"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/feed"
)

// inside are things that stand inside an item and must not be taken for its
// borders.
var inside = []string{
	"text", " & more", "<title>T</title>", "<b/>", "<!-- </item> -->", "<!-- <item> -->", "<![CDATA[</item><item>]]>", `<x a="</item>"/>`,
	`<x a='<item>'>y</x>`, "<media:item>z</media:item>", "<?php </item> ?>", "<items/>", "<entry/>", "<br>", "</b>", "< ", "ü",
}

// TestSplitKeepsEveryItem: whatever stands in the items, each comes out as it
// went in, in order.
func TestSplitKeepsEveryItem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []string
		var b strings.Builder
		b.WriteString(`<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x "<item>">]><rss version="2.0" xmlns:media="m"><channel><title>The feed</title><image><title>No</title></image>`)
		for range rapid.IntRange(0, 6).Draw(t, "items") {
			item := `<item rdf:about="x">` + strings.Join(rapid.SliceOfN(rapid.SampledFrom(inside), 0, 8).Draw(t, "content"), "") + "</item>"
			want = append(want, item)
			b.WriteString(item + rapid.SampledFrom([]string{"", "\n", "<!-- x -->", "<link>l</link>"}).Draw(t, "between"))
		}
		b.WriteString("</channel></rss>")
		parts, err := feed.SplitRSS([]byte(b.String()), document.Hint{})
		if err != nil {
			t.Fatal(err)
		}
		if len(parts) != len(want) {
			t.Fatalf("%d items, want %d", len(parts), len(want))
		}
		for i, p := range parts {
			if p.Err != nil || string(p.Item) != want[i] {
				t.Fatalf("item %d is %q (%v), want %q", i, p.Item, p.Err, want[i])
			}
			if !strings.Contains(string(p.Data), "<title>The feed</title>") || strings.Contains(string(p.Data), "<title>No</title>") {
				t.Fatalf("frame: %s", p.Data)
			}
			// What was split is split into itself again.
			again, err := feed.SplitRSS(p.Data, document.Hint{})
			if err != nil || len(again) != 1 || string(again[0].Data) != string(p.Data) {
				t.Fatalf("%q became %d parts (%v)", p.Data, len(again), err)
			}
		}
	})
}

func TestIDs(t *testing.T) {
	parts, err := feed.SplitRSS([]byte(`<rss><channel><item><guid isPermaLink="false"> g1 </guid></item><item><link>https://x.example/2</link><title/></item><item><media:group><guid>inner</guid></media:group><title>none</title></item></channel></rss>`), document.Hint{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"g1", "https://x.example/2", ""} {
		if parts[i].ID != want {
			t.Errorf("id %q, want %q", parts[i].ID, want)
		}
	}
	parts, err = feed.SplitAtom([]byte(`<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>x</a:title></a:entry></a:feed>`), document.Hint{})
	if err != nil || len(parts) != 1 {
		t.Errorf("an Atom feed with a prefix: %d parts, %v", len(parts), err)
	}
}

// atom is a feed with this in it, and the hint of where it is.
func atom(inside string) (string, document.Hint) {
	return `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><id>urn:x:feed</id>` + inside + `</feed>`,
		document.Hint{Source: "desk", URL: "https://news.example/a.atom"}
}

// TestDeletedEntries: what is deleted is the article that the entry was, held at
// the time that the feed says, or killed where the feed is set to.
func TestDeletedEntries(t *testing.T) {
	for name, c := range map[string]struct{ id string }{
		"tag of the site": {"tag:news.example,2024:1"}, "address": {"https://news.example/1"}, "number": {"1"}, "urn": {"urn:x:1"},
	} {
		t.Run(name, func(t *testing.T) {
			data, h := atom(`<entry><id>` + c.id + `</id><title>T</title><updated>2024-05-03T08:00:00Z</updated></entry>`)
			made, err := feed.DecodeAtom(t.Context(), strings.NewReader(data), h)
			if err != nil || len(made) != 1 {
				t.Fatal(len(made), err)
			}
			data, _ = atom(`<at:deleted-entry ref="` + c.id + `" when="2024-05-03T10:00:00+02:00"><at:comment>x</at:comment></at:deleted-entry>`)
			for _, kills := range []bool{false, true} {
				h.DeletedKills = kills
				as, err := feed.DecodeAtom(t.Context(), strings.NewReader(data), h)
				if err != nil || len(as) != 1 {
					t.Fatal(len(as), err)
				}
				want := map[bool]article.Status{false: article.Withheld, true: article.Canceled}[kills]
				if a := as[0]; a.URI != made[0].URI || a.Status != want || a.Text != "" || a.VersionCreated.Format(time.RFC3339) != "2024-05-03T08:00:00Z" || len(a.Flags) != 0 {
					t.Errorf("kills %v: %+v, want %s of %s", kills, a, want, made[0].URI)
				}
			}
		})
	}
	for name, inside := range map[string]string{
		"no ref": `<at:deleted-entry when="2024-05-03T10:00:00Z"/>`, "empty ref": `<at:deleted-entry ref=" "/>`,
	} {
		data, h := atom(inside)
		if as, err := feed.DecodeAtom(t.Context(), strings.NewReader(data), h); err == nil {
			t.Errorf("%s: %+v", name, as)
		}
	}
}

// TestDeletedEntriesAreItems: they stand beside entries, and not in them.
func TestDeletedEntriesAreItems(t *testing.T) {
	const gone = `<at:deleted-entry ref="b" when="2024-05-03T10:00:00Z"/>`
	data, h := atom(`<entry><id>a</id><title>A</title>` + gone + `</entry>` + gone + `<at:deleted-entry ref="c"><x/></at:deleted-entry><entry><id>d</id></entry>`)
	parts, err := feed.SplitAtom([]byte(data), h)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, p := range parts {
		if p.Err != nil {
			t.Error(p.Err)
		}
		ids = append(ids, p.ID)
	}
	if got := strings.Join(ids, " "); got != "a b c d" {
		t.Errorf("items are %q", got)
	}
}

// TestSplitIsLinear: feeds of nothing but beginnings took time by the square
// of their length in a first version.
func TestSplitIsLinear(t *testing.T) {
	for _, piece := range []string{"<!--", "<![CDATA[", "<?x", "<!", "<a ", `<a "`, "<item", "<item>", "</", "<!--<![CDATA[<?<!<a '\""} {
		data := []byte("<rss><channel>" + strings.Repeat(piece, (4<<20)/len(piece)))
		if d := cputime.Of(func() { _, _ = feed.SplitRSS(data, document.Hint{}) }); d > 10*time.Second {
			t.Errorf("%q repeated: %v for 4 MiB", piece, d)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("<rss><channel><item><guid>1</guid></item><item>"))
	f.Add([]byte(`<feed><entry/><a:entry></a:entry></feed>`))
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1","items":[{"id":1},2,null]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for i, split := range []func([]byte, document.Hint) ([]document.Part, error){feed.SplitRSS, feed.SplitAtom, feed.SplitJSONFeed} {
			parts, err := split(data, document.Hint{})
			if err != nil {
				continue
			}
			for j, p := range parts {
				if len(p.Item) == 0 || len(p.Data) == 0 || p.Label != fmt.Sprintf("item %d", j+1) {
					t.Fatalf("splitter %d, part %d: %+v", i, j, p)
				}
			}
		}
	})
}
