package index_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// wire makes n articles of about 4 KB that differ.
func wire(run string, n int) []article.Article {
	as := make([]article.Article, n)
	for i := range as {
		a := revision(article.URI(fmt.Sprintf("urn:bench:%s:%d", run, i)), 1)
		var b article.Builder
		b.Add(article.Headline, fmt.Sprintf("Ministers meet in city %d over budget %d", i%97, i%31))
		b.Add(article.Standfirst, "The talks are expected to last until the weekend.")
		b.Add(article.Byline, "By Jane Doe")
		for p := range 10 {
			var words []string
			for w := range 55 {
				words = append(words, fmt.Sprintf("word%d", (i*7919+p*104729+w*w*31)%20011))
			}
			b.Add(article.Paragraph, strings.Join(words, " ")+".")
		}
		b.Fill(&a)
		as[i] = a
	}
	return as
}

func BenchmarkDocument(b *testing.B) {
	as := wire("d", 1)
	b.ReportAllocs()
	var size int
	for b.Loop() {
		doc, err := corpus.Document(&as[0], time.Now())
		if err != nil {
			b.Fatal(err)
		}
		size = len(doc)
	}
	b.ReportMetric(float64(size), "bytes/doc")
}

// BenchmarkIndex gives articles/s into the real Elasticsearch from 16 lanes in
// batches of 100, beside what Elasticsearch takes of the same documents when
// they were built beforehand and nothing is read back.
func BenchmarkIndex(b *testing.B) {
	const articles, lanes, batch = 3200, 16, 100
	run := 0
	side := func(b *testing.B, write func(lane int, as []article.Article), as []article.Article) {
		b.Helper()
		var wg sync.WaitGroup
		for lane := range lanes {
			wg.Go(func() {
				for i := lane * batch; i < len(as); i += lanes * batch {
					write(lane, as[i:min(i+batch, len(as))])
				}
			})
		}
		wg.Wait()
	}
	b.Run("sink", func(b *testing.B) {
		w := newWorld(b)
		for b.Loop() {
			run++
			side(b, func(_ int, as []article.Article) {
				if err := w.sink.Write(b.Context(), as); err != nil {
					b.Error(err)
				}
			}, wire(fmt.Sprint(run), articles))
		}
		b.ReportMetric(float64(articles*b.N)/b.Elapsed().Seconds(), "articles/s")
	})
	b.Run("ceiling", func(b *testing.B) {
		w := newWorld(b)
		direct := bulk.New(w.es, bulk.Config{}, bulk.Observer{})
		b.Cleanup(func() { _ = direct.Close() })
		for b.Loop() {
			b.StopTimer()
			run++
			as := wire(fmt.Sprint(run), articles)
			built := map[article.URI][]bulk.Doc{}
			for i := range as {
				a := &as[i]
				head, err := corpus.Document(a, a.ReceivedAt)
				if err != nil {
					b.Fatal(err)
				}
				version, err := corpus.VersionDocument(a, a.ReceivedAt)
				if err != nil {
					b.Fatal(err)
				}
				built[a.URI] = []bulk.Doc{
					{Index: w.ns.Articles(), ID: corpus.ID(a.URI), Version: int64(a.Revision), Body: head},
					{Index: w.ns.Versions(), ID: corpus.VersionID(a.URI, a.Revision), Routing: corpus.Routing(a.URI), Version: int64(a.Revision), Body: version},
				}
			}
			b.StartTimer()
			side(b, func(_ int, as []article.Article) {
				var docs []bulk.Doc
				for i := range as {
					docs = append(docs, built[as[i].URI]...)
				}
				results, err := direct.Write(b.Context(), docs)
				for _, r := range results {
					if r.Err != nil {
						err = r.Err
					}
				}
				if err != nil {
					b.Error(err)
				}
			}, as)
		}
		b.ReportMetric(float64(articles*b.N)/b.Elapsed().Seconds(), "articles/s")
	})
}
