package format_test

import (
	"context"
	"testing"

	"github.com/copytaster/copytaster/services/ingest/format"
)

// representative is a usual report of each format: with headline, a few
// paragraphs and what its agencies send along.
var representative = map[string]string{
	"anpa1312": "anpa1312/story.tst",
	"iptc7901": "iptc7901/report.tst",
	"mail":     "mail/alternative.eml",
	"ninjs":    "ninjs/3.0-ntb_text.json",
	"jsonfeed": "jsonfeed/html.json",
	"atom":     "atom/xhtml.xml",
	"rss":      "rss/content_encoded.xml",
	"newsmlg2": "newsmlg2/reuters_message.xml",
	"newsml":   "newsml/text_nitf.xml",
	"nitf":     "nitf/text.xml",
	"html":     "html/news.html",
	"text":     "text/scraped.txt",
}

// BenchmarkDecode takes one representative input of each format from its bytes
// to a checked article with a revision, recognising it included.
func BenchmarkDecode(b *testing.B) {
	for _, f := range format.Table {
		name := representative[f.Name]
		if name == "" {
			b.Errorf("%s has no representative", f.Name)
			continue
		}
		b.Run(f.Name, func(b *testing.B) {
			var g golden
			for _, one := range goldens(b) {
				if one.name == name {
					g = one
				}
			}
			h := hint()
			h.URL = goldenURL[name]
			b.ReportAllocs()
			b.SetBytes(int64(len(g.data)))
			items := 0
			b.ResetTimer()
			for b.Loop() {
				as, err := format.Decode(context.Background(), g.data, h, "")
				if err != nil || len(as) == 0 {
					b.Fatalf("%s: %d articles, %v", name, len(as), err)
				}
				items += len(as)
			}
			b.ReportMetric(float64(items)/b.Elapsed().Seconds(), "items/s")
		})
	}
}
