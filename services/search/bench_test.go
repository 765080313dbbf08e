package search_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// BenchmarkSearch measures a whole request over HTTP, and of it what
// Elasticsearch says that it took itself: the rest is ours, and the way there
// and back.
func BenchmarkSearch(b *testing.B) {
	n := open(b)
	paragraph := strings.Repeat("The soldiers left the base near the border within months, officials said. ", 8)
	var all []report
	for i := range 2000 {
		all = append(all, report{
			id: fmt.Sprint("b-", i), agency: []string{"dpa", "AP", "Reuters"}[i%3], language: "en", headline: fmt.Sprint("Report number ", i, " from Niger"),
			standfirst: "What is known so far.", body: []string{paragraph, paragraph, paragraph}, published: day.Add(time.Duration(i) * time.Minute),
		})
		if len(all) == 500 {
			n.index(all...)
			all = nil
		}
	}
	for _, q := range [][]string{{}, {"q", "niger"}, {"q", `soldiers "left the base" -ferry`, "agency", "dpa"}} {
		b.Run(fmt.Sprint(strings.ReplaceAll(strings.Join(q, "_"), " ", "+"), "_"), func(b *testing.B) {
			n.tb = b
			var took int64
			start := time.Now()
			for b.Loop() {
				took += n.search(q...).TookMS
			}
			whole := time.Since(start).Seconds() * 1000 / float64(b.N)
			inside := float64(took) / float64(b.N)
			b.ReportMetric(whole, "ms/search")
			b.ReportMetric(inside, "ms-elasticsearch/search")
			b.ReportMetric(whole-inside, "ms-overhead/search")
		})
	}
}
