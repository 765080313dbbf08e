package index_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/index"
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

// created answers every bulk request at once that all was created.
type created struct{ item []byte }

func (c created) Perform(r *http.Request) (*http.Response, error) {
	var buf [32 << 10]byte
	lines := 0
	for {
		n, err := r.Body.Read(buf[:])
		lines += bytes.Count(buf[:n], []byte{'\n'})
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	n := lines / 2
	reply := append([]byte(`{"items":[`), bytes.Repeat(append(c.item, ','), n)...)
	reply = append(reply[:len(reply)-1], `]}`...)
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(reply)), Header: http.Header{}}, nil
}

// loop gives the same messages again and again, b.N in all.
type loop struct {
	ms   []stage.Message
	left int
}

func (l *loop) Next(context.Context) ([]stage.Message, error) {
	if l.left == 0 {
		return nil, io.EOF
	}
	ms := l.ms[:min(len(l.ms), l.left)]
	l.left -= len(ms)
	return ms, nil
}
func (l *loop) Close() error                                  { return nil }
func (l *loop) Write(context.Context, stage.DeadLetter) error { return errors.New("a dead letter") }

// BenchmarkWithoutServers gives what an article costs the service itself, from
// the message to the request: no Kafka, no Elasticsearch, no network.
func BenchmarkWithoutServers(b *testing.B) {
	for _, lanes := range []int{1, 4, 16} {
		b.Run(fmt.Sprint("lanes=", lanes), func(b *testing.B) {
			l := &loop{left: b.N}
			as := wire("n", 1000)
			for i := range as {
				m, err := event.Encode(&as[i], event.Enriched)
				if err != nil {
					b.Fatal(err)
				}
				l.ms = append(l.ms, m)
			}
			s := stage.Stage{
				Name: "index", Source: l, Sink: index.NewSink(created{[]byte(`{"index":{"status":201}}`)}, corpus.Namespace(""), bulk.Config{}, prometheus.NewRegistry()), Dead: l,
				Handler: func(_ context.Context, m stage.Message) ([]article.Article, error) {
					a, err := event.Decode(m)
					return []article.Article{a}, err
				},
				Config: stage.Config{Lanes: lanes}, Log: zerolog.Nop(),
			}
			b.ReportAllocs()
			b.ResetTimer()
			if err := s.Run(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "articles/s")
		})
	}
}
