package reindex

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Limits of a shadow comparison.
const (
	MaxExamples     = 50   // of a field
	MaxExampleBytes = 1000 // of a value in an example
	shadowBatch     = 100  // documents that are asked for at once
	shadowWorkers   = 4
)

// Enricher is the chain whose results are compared.
type Enricher interface {
	Enrich(ctx context.Context, a *article.Article) error
	Fingerprint() string
}

// Sample says which articles are compared.
type Sample struct {
	Count        int // spread evenly over the log; 0: all
	Since, Until time.Time
	URIs         []article.URI // none: all
	Examples     int
}

// Shadow is what the enrichers would give otherwise than what is indexed.
type Shadow struct {
	Enrichers  string  `json:"enrichers"`
	Messages   int64   `json:"messages"` // in the part of the log that was asked for
	Compared   int64   `json:"compared"`
	Changed    int64   `json:"changed"` // articles with any field not the same
	NotIndexed int64   `json:"not_indexed"`
	Killed     int64   `json:"killed"`
	Unreadable int64   `json:"unreadable"` // no article in the message
	Refused    int64   `json:"refused"`    // a required enricher failed
	Fields     []Field `json:"fields"`
}

// Field is one field over all articles that were compared.
type Field struct {
	Field    string    `json:"field"`
	Same     int64     `json:"same"`
	Changed  int64     `json:"changed"`
	Gained   int64     `json:"gained"` // it was empty
	Lost     int64     `json:"lost"`   // it would be empty
	Examples []Example `json:"examples,omitempty"`
}

// Example is a field that is not the same. A value that is too long is cut.
type Example struct {
	URI     article.URI `json:"uri"`
	How     string      `json:"how"` // changed, gained, lost
	Indexed text        `json:"indexed,omitempty"`
	Now     text        `json:"now,omitempty"`
}

// text is a value as JSON, cut: a string, since cut JSON is none.
type text string

// fixed are the fields that say nothing about the enrichers.
var fixed = []string{"indexed_at", "revision"}

// Shadow runs the enrichers over what is in the log of received articles, and
// compares with the versions that are indexed. It writes nothing.
func (j *Job) Shadow(ctx context.Context, e Enricher, s Sample) (Shadow, error) {
	v := &shadow{job: j, enricher: e, sample: s, fields: map[string]*Field{}}
	v.sum.Enrichers = e.Fingerprint()
	ss, err := v.spans(ctx)
	if err != nil {
		return Shadow{}, err
	}
	v.sum.Messages = messages(ss)
	every := int64(1)
	if s.Count > 0 && len(s.URIs) == 0 {
		every = max(v.sum.Messages/int64(s.Count), 1)
	}
	j.Progress.Begin("compare with the log", v.sum.Messages)
	defer j.Progress.Done()
	found := make(chan []stage.Message)
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		defer close(found)
		return v.read(ctx, ss, every, found)
	})
	for range shadowWorkers {
		work.Go(func() error {
			for ms := range found {
				if err := v.compare(ctx, ms); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return Shadow{}, err
	}
	for _, name := range slices.Sorted(maps.Keys(v.fields)) {
		v.sum.Fields = append(v.sum.Fields, *v.fields[name])
	}
	return v.sum, nil
}

type shadow struct {
	job      *Job
	enricher Enricher
	sample   Sample

	mu     sync.Mutex
	sum    Shadow
	fields map[string]*Field
}

// spans are the parts of the log that are meant.
func (v *shadow) spans(ctx context.Context) ([]span, error) {
	names := []string{topic.Received, topic.ReceivedBulk}
	es, err := extents(ctx, v.job.Bus, names)
	if err != nil {
		return nil, err
	}
	var ss []span
	for _, name := range names {
		if len(es[name]) == 0 {
			continue
		}
		var since, until map[int]int64
		if !v.sample.Since.IsZero() {
			if since, err = v.job.Bus.OffsetsAt(ctx, name, v.sample.Since); err != nil {
				return nil, err
			}
		}
		if !v.sample.Until.IsZero() {
			if until, err = v.job.Bus.OffsetsAt(ctx, name, v.sample.Until); err != nil {
				return nil, err
			}
		}
		for _, e := range es[name] {
			s := span{name, e.Partition, e.First, e.End}
			if since != nil {
				s.from = max(s.from, since[e.Partition])
			}
			if until != nil {
				s.to = min(s.to, until[e.Partition])
			}
			if s.from < s.to && v.mayHold(e.Partition, len(es[name])) {
				ss = append(ss, s)
			}
		}
	}
	return ss, nil
}

// mayHold tells whether any of the wanted articles is in that partition.
func (v *shadow) mayHold(partition, of int) bool {
	return len(v.sample.URIs) == 0 || slices.ContainsFunc(v.sample.URIs, func(u article.URI) bool {
		return bus.PartitionOf([]byte(u), of) == partition
	})
}

// read hands over every so manyth message, counted over all partitions.
func (v *shadow) read(ctx context.Context, ss []span, every int64, found chan<- []stage.Message) error {
	var seen atomic.Int64
	work, ctx := errgroup.WithContext(ctx)
	for _, s := range ss {
		work.Go(func() error {
			var ms []stage.Message
			hand := func() error {
				select {
				case found <- ms:
					ms = nil
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			err := v.job.Bus.ReadLog(ctx, s.topic, s.partition, s.from, s.to, func(m stage.Message) error {
				v.job.Progress.Add(1)
				wanted := seen.Add(1)%every == 0
				if len(v.sample.URIs) > 0 {
					wanted = slices.Contains(v.sample.URIs, article.URI(m.Key))
				}
				if !wanted {
					return nil
				}
				if ms = append(ms, m); len(ms) < shadowBatch {
					return nil
				}
				return hand()
			})
			if err != nil || len(ms) == 0 {
				return err
			}
			return hand()
		})
	}
	return work.Wait()
}

func (v *shadow) compare(ctx context.Context, ms []stage.Message) error {
	var as []article.Article
	for _, m := range ms {
		a, err := event.Decode(m)
		if err != nil {
			v.count(func(s *Shadow) { s.Unreadable++ })
			continue
		}
		if err := v.enricher.Enrich(ctx, &a); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			v.count(func(s *Shadow) { s.Refused++ })
			continue
		}
		as = append(as, a)
	}
	if len(as) == 0 {
		return nil
	}
	indexed, err := v.job.versions(ctx, as)
	if err != nil {
		return err
	}
	for i := range as {
		if err := v.one(&as[i], indexed[i]); err != nil {
			return err
		}
	}
	return nil
}

func (v *shadow) count(f func(*Shadow)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f(&v.sum)
}

// one compares an article with its document; nil: there is none.
func (v *shadow) one(a *article.Article, source json.RawMessage) error {
	if source == nil {
		v.count(func(s *Shadow) { s.NotIndexed++ })
		return nil
	}
	doc, err := corpus.VersionDocument(a, time.Time{})
	if err != nil {
		v.count(func(s *Shadow) { s.Refused++ })
		return nil
	}
	var was, is map[string]json.RawMessage
	if err := json.Unmarshal(source, &was); err != nil {
		return fmt.Errorf("document of %s: %w", a.URI, err)
	}
	if err := json.Unmarshal(doc, &is); err != nil {
		return fmt.Errorf("article %s: %w", a.URI, err)
	}
	if string(was["status"]) == `"`+killed+`"` {
		v.count(func(s *Shadow) { s.Killed++ })
		return nil
	}
	names := map[string]struct{}{}
	for n := range was {
		names[n] = struct{}{}
	}
	for n := range is {
		names[n] = struct{}{}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sum.Compared++
	changed := false
	for n := range names {
		if slices.Contains(fixed, n) {
			continue
		}
		f := v.fields[n]
		if f == nil {
			// Where it stood nowhere so far, it was the same.
			f = &Field{Field: n, Same: v.sum.Compared - 1}
			v.fields[n] = f
		}
		changed = f.add(a.URI, was[n], is[n], v.sample.Examples) || changed
	}
	for n, f := range v.fields {
		if _, ok := names[n]; !ok {
			f.Same++
		}
	}
	if changed {
		v.sum.Changed++
	}
	return nil
}

// add counts one article, and tells whether the field is not the same.
func (f *Field) add(uri article.URI, was, is json.RawMessage, examples int) bool {
	if equal(was, is) {
		f.Same++
		return false
	}
	how := Changed
	switch {
	case empty(was):
		how = "gained"
		f.Gained++
	case empty(is):
		how = "lost"
		f.Lost++
	default:
		f.Changed++
	}
	if len(f.Examples) < examples {
		f.Examples = append(f.Examples, Example{uri, how, cut(was), cut(is)})
	}
	return true
}

func empty(v json.RawMessage) bool {
	switch string(v) {
	case "", "null", `""`, "[]", "{}":
		return true
	}
	return false
}

// equal compares JSON whatever its spaces, its escapes and the order of names.
func equal(a, b json.RawMessage) bool {
	if empty(a) || empty(b) {
		return empty(a) && empty(b)
	}
	if bytes.Equal(a, b) {
		return true
	}
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	p, err := json.Marshal(x)
	q, e := json.Marshal(y)
	return err == nil && e == nil && bytes.Equal(p, q)
}

func cut(v json.RawMessage) text {
	if len(v) <= MaxExampleBytes {
		return text(v)
	}
	n := MaxExampleBytes
	for n > 0 && !utf8.RuneStart(v[n]) {
		n--
	}
	return text(v[:n]) + "…"
}

// versions are the documents of the articles' revisions, nil where there is
// none.
func (j *Job) versions(ctx context.Context, as []article.Article) ([]json.RawMessage, error) {
	type ask struct {
		Index   string `json:"_index"`
		ID      string `json:"_id"`
		Routing string `json:"routing"`
	}
	docs := make([]ask, len(as))
	for i, a := range as {
		docs[i] = ask{j.Indices.Versions(), corpus.VersionID(a.URI, a.Revision), corpus.Routing(a.URI)}
	}
	content, err := json.Marshal(map[string]any{"docs": docs})
	if err != nil {
		return nil, err
	}
	var reply struct {
		Docs []struct {
			Found  bool            `json:"found"`
			Source json.RawMessage `json:"_source"`
			Error  *struct {
				Type   string `json:"type"`
				Reason string `json:"reason"`
			} `json:"error"`
		} `json:"docs"`
	}
	if err := elastic.Ask(ctx, j.ES, "read versions", esapi.MgetRequest{Body: strings.NewReader(string(content))}, &reply); err != nil {
		return nil, err
	}
	if len(reply.Docs) != len(as) {
		return nil, fmt.Errorf("read versions: Elasticsearch answered with %d of %d", len(reply.Docs), len(as))
	}
	sources := make([]json.RawMessage, len(as))
	for i, d := range reply.Docs {
		if d.Error != nil {
			return nil, fmt.Errorf("read versions: %s: %s", d.Error.Type, d.Error.Reason)
		}
		if d.Found {
			sources[i] = d.Source
		}
	}
	return sources, nil
}
