package index

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// Sink writes articles to both indices. It implements [stage.Sink].
//
// The newest revision stands in articles whatever order they come in, and every
// revision in article-versions. A kill holds, whether it comes before or after
// what it kills: from then on neither index has any text of that article.
type Sink struct {
	es      esapi.Transport
	indices corpus.Namespace
	writer  *bulk.Writer
	timeout time.Duration // of a request that is no bulk request
	metrics *metrics
	now     func() time.Time
}

// NewSink makes a Sink on indices that exist, see [corpus.Ensure], that counts
// in r. es must not repeat requests by itself.
func NewSink(es esapi.Transport, n corpus.Namespace, c bulk.Config, r prometheus.Registerer) *Sink {
	m := newMetrics(r)
	timeout := c.Timeout
	if timeout == 0 {
		timeout = bulk.DefaultTimeout
	}
	return &Sink{es: es, indices: n, writer: bulk.New(es, c, m.request), timeout: timeout, metrics: m, now: time.Now}
}

// Close ends what is under way.
func (s *Sink) Close() error { return s.writer.Close() }

// Write indexes articles. What Elasticsearch refuses for what the article says
// is permanent; everything else may be written again, with the same effect.
func (s *Sink) Write(ctx context.Context, as []article.Article) error {
	errs := map[int]error{}
	// Of one article, one revision after the other: what happens to the later
	// depends on the earlier.
	for begin := 0; begin < len(as); {
		seen := map[article.URI]struct{}{}
		end := begin
		for ; end < len(as); end++ {
			if _, again := seen[as[end].URI]; again {
				break
			}
			seen[as[end].URI] = struct{}{}
		}
		if err := s.write(ctx, as[begin:end], func(i int, err error) { errs[begin+i] = err }); err != nil {
			if begin == 0 && end == len(as) {
				return err
			}
			for i := begin; i < len(as); i++ {
				errs[i] = err
			}
			break
		}
		begin = end
	}
	if len(errs) > 0 {
		return &stage.PartialError{Errs: errs, Total: len(as)}
	}
	return nil
}

// plan is what is done about one article.
type plan struct {
	i    int // of the article
	a    *article.Article
	head head
	docs int // index of its first document; the second is its version
}

// errOvertaken asks for the same again.
var errOvertaken = errors.New("the article changed while it was being killed")

// write indexes articles of different URIs.
func (s *Sink) write(ctx context.Context, as []article.Article, fail func(int, error)) error {
	heads, err := s.heads(ctx, as)
	if err != nil {
		return err
	}
	plans := make([]plan, 0, len(as))
	docs := make([]bulk.Doc, 0, 2*len(as))
	now := s.now()
	for i := range as {
		p := plan{i: i, a: &as[i], head: heads[i], docs: len(docs)}
		both, err := s.documents(&p, now)
		if err != nil {
			s.metrics.dead.Inc()
			fail(i, stage.Permanent(err))
			continue
		}
		docs = append(docs, both[:]...)
		plans = append(plans, p)
	}
	results, err := s.writer.Write(ctx, docs)
	if err != nil {
		return err
	}
	indexed := s.now()
	var killed []plan
	for _, p := range plans {
		of, version := results[p.docs], results[p.docs+1]
		err := worse(of.Err, version.Err)
		if err == nil && p.a.Status == article.Canceled && of.Outcome == bulk.Superseded && p.head.status != article.Canceled {
			err = errOvertaken
		}
		switch {
		case err != nil:
			if stage.IsPermanent(err) {
				s.metrics.dead.Inc()
			}
			fail(p.i, err)
		case p.a.Status == article.Canceled:
			killed = append(killed, p)
		default:
			s.metrics.indexed(of.Outcome, indexed.Sub(p.a.ReceivedAt))
		}
	}
	if len(killed) == 0 {
		return nil
	}
	err = s.purge(ctx, killed)
	for _, p := range killed {
		if err != nil {
			fail(p.i, fmt.Errorf("purge the versions of killed article %s: %w", p.a.URI, err))
			continue
		}
		s.metrics.indexed(results[p.docs].Outcome, s.now().Sub(p.a.ReceivedAt))
	}
	return nil
}

// documents are the article's head and version.
func (s *Sink) documents(p *plan, now time.Time) (both [2]bulk.Doc, err error) {
	a := *p.a
	kill := a.Status == article.Canceled
	if p.head.status == article.Canceled {
		a.Status = article.Canceled // A kill sticks, also to what comes later.
	}
	entry, err := corpus.VersionDocument(&a, now)
	if err != nil {
		return both, err
	}
	both[1] = bulk.Doc{
		Index: s.indices.Versions(), ID: corpus.VersionID(a.URI, a.Revision), Routing: corpus.Routing(a.URI),
		Version: int64(a.Revision), Replace: kill, Body: entry,
	}
	replace := false
	if kill && p.head.found && p.head.status != article.Canceled && p.head.revision >= a.Revision {
		a.Revision, replace = p.head.revision, true // It kills what is newer, too.
	}
	body, err := corpus.Document(&a, now)
	if err != nil {
		return both, err
	}
	both[0] = bulk.Doc{
		Index: s.indices.Articles(), ID: corpus.ID(a.URI), Version: int64(a.Revision), Replace: replace, Body: body,
	}
	return both, nil
}

// worse is the error that decides: a permanent one, else any.
func worse(errs ...error) error {
	var worst error
	for _, err := range errs {
		if err != nil && (worst == nil || stage.IsPermanent(err) && !stage.IsPermanent(worst)) {
			worst = err
		}
	}
	return worst
}
