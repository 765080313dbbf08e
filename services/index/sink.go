package index

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

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
//
// That needs no reading beforehand, and holds whoever else writes at the same
// moment, an instance that lost its partition or one that fills from another
// topic:
//
//   - A killed head has an external version above every revision's, see
//     [corpus.HeadVersion]. Nothing that comes later takes its place without a
//     look at it.
//   - A revision is written to article-versions first, and to articles when that
//     is done. So a head that was written before the kill has its version there
//     when the kill purges, and one that comes after the kill is refused.
//   - Whoever is refused looks whether it was by a kill, and takes the text out
//     of the version that it wrote. Only then is the article done; one that was
//     not done comes again.
type Sink struct {
	// Log hears when Elasticsearch is lost and found. Set it before the first
	// Write, or never.
	Log zerolog.Logger
	// Originals, if set, lose those of what is killed. It is set as Log is.
	Originals Originals

	es          esapi.Transport
	indices     Indices
	writer      *bulk.Writer
	timeout     time.Duration // of a request that is no bulk request
	concurrency int           // of the writer
	pending     int           // bytes of documents that it takes at once
	metrics     *metrics
	now         func() time.Time
	documents   func(b []byte, a *article.Article, now time.Time) (_ []byte, head int, err error)
	blocks      blocks
	lost        bool      // circuit said so; it is called by one goroutine at a time
	arenas      sync.Pool // of *[]byte: where documents are built
}

// Limits of what is built and sent at once. A write is cut into parts, so that
// Elasticsearch works on one while the next is built.
const (
	PartArticles = 64
	PartBytes    = 1 << 20 // of their texts; one larger article goes alone
)

// Originals is where the originals of articles are, see [archive.Archive].
type Originals interface {
	Purge(ctx context.Context, uri article.URI) (int, error)
}

// Indices are the aliases that a Sink writes to: the live ones of a
// [corpus.Namespace], or a [corpus.Pair] that is filled beside them.
type Indices interface {
	Articles() string
	Versions() string
}

// NewSink makes a Sink on indices that exist, see [corpus.Ensure], that counts
// in r. es must not repeat requests by itself.
func NewSink(es esapi.Transport, n Indices, c bulk.Config, r prometheus.Registerer) *Sink {
	s := &Sink{es: es, indices: n, timeout: c.Timeout, concurrency: c.Concurrency, pending: c.MaxPending, now: time.Now, documents: corpus.AppendDocuments}
	if s.timeout == 0 {
		s.timeout = bulk.DefaultTimeout
	}
	if s.concurrency == 0 {
		s.concurrency = bulk.DefaultConcurrency
	}
	if s.pending == 0 {
		s.pending = bulk.DefaultMaxPending
	}
	s.arenas.New = func() any { return new([]byte) }
	// The writer is there before the metrics, which ask it when they are read;
	// it tells them nothing before the first Write.
	s.writer = bulk.New(es, c, bulk.Observer{
		Request: func(q bulk.Request) { s.metrics.request(q) }, Repeat: func(n int) { s.metrics.repeat(n) }, Circuit: s.circuit,
	})
	s.metrics = newMetrics(r, s.writer.Pending)
	return s
}

// circuit tells that Elasticsearch was lost or found. That it is tried meanwhile
// is no news.
func (s *Sink) circuit(state bulk.State, why error) {
	s.metrics.circuit(state)
	was := s.lost
	if s.lost = state != bulk.Closed; s.lost == was {
		return
	}
	level := zerolog.WarnLevel
	if state == bulk.Closed {
		level, why = zerolog.InfoLevel, nil
	}
	s.Log.WithLevel(level).Err(why).Str("circuit", string(state)).Msg("circuit to Elasticsearch changed")
}

// Ready tells why articles can't be written, if Elasticsearch did not take the
// last requests, or if an index was blocked when it was last written to.
func (s *Sink) Ready(context.Context) error {
	state, why := s.writer.Circuit()
	if state == bulk.Closed {
		return s.blocks.why()
	}
	return fmt.Errorf("circuit to Elasticsearch is %s: %w", state, why)
}

// Close ends what is under way.
func (s *Sink) Close() error { return s.writer.Close() }

// Write indexes articles. What Elasticsearch refuses for what the article says
// is permanent; everything else may be written again, with the same effect.
func (s *Sink) Write(ctx context.Context, as []article.Article) error {
	o := &failures{errs: map[int]error{}}
	var group errgroup.Group
	group.SetLimit(s.concurrency)
	for from := 0; from < len(as); {
		to := from + part(as[from:])
		p := plans{sink: s, articles: as, from: from, to: to, failures: o}
		if from == 0 && to == len(as) {
			p.write(ctx)
		} else {
			group.Go(func() error {
				return stage.Guard(stage.CallSink, func() error {
					p.write(ctx)
					return nil
				})
			})
		}
		from = to
	}
	if err := group.Wait(); err != nil { // a panic; failures has the other errors
		return err
	}
	if len(o.errs) > 0 {
		return &stage.PartialError{Errs: o.errs, Total: len(as)}
	}
	return nil
}

// part is how many articles are written together.
func part(as []article.Article) int {
	size := 0
	for i := range as {
		if size += len(as[i].Text); i == PartArticles || i > 0 && size > PartBytes {
			return i
		}
	}
	return len(as)
}

// failures collects what failed, by index of the article.
type failures struct {
	mu   sync.Mutex
	errs map[int]error
}

func (o *failures) fail(i int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.errs[i] = err
}

// plans are what is done about the articles from .. to.
type plans struct {
	sink     *Sink
	articles []article.Article
	from, to int
	failures *failures
	open     []plan // what has not failed
}

// plan is what is done about one article.
type plan struct {
	i             int // of the article
	a             *article.Article
	head, version []byte
	outcome       bulk.Outcome     // of the head
	killed        bool             // the head was looked at, and a kill refuses this one
	unseen        *article.Article // only where this is newer than the head, see [Sink.giveWay]; nil: no matter
	err           error            // what is wrong with this one alone
}

func (p plan) kill() bool { return p.a.Status == article.Canceled }

// looks tells that the head can't be written without a look at what stands
// there.
func (p plan) looks() bool { return !p.kill() && (p.a.Notice != nil || p.a.Bars()) }

// fail is for good if err is permanent.
func (ps *plans) fail(p plan, err error) {
	if stage.IsPermanent(err) {
		ps.sink.metrics.dead.Inc()
	}
	ps.failures.fail(p.i, err)
}

// keep drops the plans of which each tells an error.
func (ps *plans) keep(each func(i int, p *plan) error) {
	open := ps.open[:0]
	for i := range ps.open {
		p := ps.open[i]
		if err := each(i, &p); err != nil {
			ps.fail(p, err)
			continue
		}
		open = append(open, p)
	}
	ps.open = open
}

// write does all of it. Versions go before heads, see [Sink].
func (ps *plans) write(ctx context.Context) {
	s := ps.sink
	need := room(ps.articles[ps.from:ps.to])
	free, err := s.writer.Reserve(ctx, need)
	if err != nil {
		for i := ps.from; i < ps.to; i++ {
			ps.failures.fail(i, err)
		}
		return
	}
	free = sync.OnceFunc(free)
	defer free()                      // also after a panic
	arena := s.arenas.Get().(*[]byte) //nolint:forcetypeassert // the pool holds nothing else
	*arena = ps.build(slices.Grow((*arena)[:0], need))
	sent := ps.send(ctx, ps.versionDoc, func(*plan, bulk.Result) {}) &&
		ps.send(ctx, ps.headDoc, func(p *plan, r bulk.Result) { p.outcome = r.Outcome })
	for i := range ps.open {
		ps.open[i].head, ps.open[i].version = nil, nil
	}
	// If not sent, a request may still read it; and one that is much larger than
	// what it was used for, or than all that may be built at once, is not kept:
	// many small parts would hold many such.
	if sent && cap(*arena) <= min(2*need, s.pending) {
		s.arenas.Put(arena)
	}
	free()
	now := s.now()
	var look, decide, killed []plan
	for _, p := range ps.open {
		switch {
		case p.kill():
			killed = append(killed, p)
		case p.looks():
			p.outcome = bulk.Superseded // until it is known better
			decide = append(decide, p)
		case p.outcome == bulk.Superseded:
			look = append(look, p)
		default:
			s.metrics.indexed(p.outcome, now.Sub(p.a.ReceivedAt))
		}
	}
	ps.finish(decide, s.decide(ctx, decide), "decide about the head")
	ps.finish(look, s.retract(ctx, look), "take back versions")
	ps.finish(killed, s.purge(ctx, killed), "purge the versions")
}

// finish counts what is done, or says that it failed.
func (ps *plans) finish(of []plan, err error, what string) {
	for _, p := range of {
		if failed := cmp.Or(p.err, err); failed != nil {
			ps.fail(p, fmt.Errorf("article %s: %s: %w", p.a.URI, what, failed))
			continue
		}
		ps.sink.metrics.indexed(p.outcome, ps.sink.now().Sub(p.a.ReceivedAt))
	}
}

// perMention is how much one mention of somebody takes in one document beside its words and
// its enricher's name, in bytes; there are two of it.
const perMention = 150

// perFound is how much what was read in a text takes beside its words, in bytes: the
// names of its members, numbers, who found it.
const perFound = 800

// perURI is how much an article's URI takes beside its characters in both documents,
// in bytes: quotes and commas.
const perURI = 6

// room is about how many bytes the documents of articles have, and more: the head
// has the text three times, the version twice; the quotes stand there thrice more.
func room(as []article.Article) int {
	n := 0
	for i := range as {
		a := &as[i]
		n += 6*corpus.EscapedLen(a.Text) + 300*len(a.Segments) + 4<<10
		for _, u := range a.EvolvedFrom {
			n += 2*corpus.EscapedLen(string(u)) + perURI
		}
		for j := range a.Quotes {
			q := &a.Quotes[j]
			n += perFound + 3*corpus.EscapedLen(q.In(a.Text)) + 4*corpus.EscapedLen(q.Speaker) +
				2*(corpus.EscapedLen(q.Role)+corpus.EscapedLen(q.Via)+corpus.EscapedLen(q.Cue))
		}
		for j := range a.Amounts {
			n += perFound + 2*corpus.EscapedLen(a.Amounts[j].In(a.Text))
		}
		for j := range a.Quantities {
			n += perFound + 2*(corpus.EscapedLen(a.Quantities[j].In(a.Text))+corpus.EscapedLen(a.Quantities[j].Unit))
		}
		for j := range a.Moments {
			n += perFound + 2*corpus.EscapedLen(a.Moments[j].In(a.Text))
		}
		n += roomAbout(a)
	}
	return n
}

// roomAbout is room for what the text of one article is about.
func roomAbout(a *article.Article) int {
	n := 0
	piece := func(e *article.Evidence) {
		n += perFound
		if e.Span != (article.Span{}) {
			n += 2 * corpus.EscapedLen(e.In(a.Text))
		}
	}
	mentions := func(ms []article.Evidence) {
		for i := range ms {
			m := &ms[i]
			n += 2 * (perMention + corpus.EscapedLen(m.Enricher))
			if m.Span != (article.Span{}) {
				n += 2 * corpus.EscapedLen(m.In(a.Text))
			}
		}
	}
	for i := range a.Entities {
		e := &a.Entities[i]
		n += perFound + 3*corpus.EscapedLen(e.Name) + 2*(corpus.EscapedLen(e.ID)+corpus.EscapedLen(e.Title)+corpus.EscapedLen(e.Role))
		mentions(e.Mentions)
	}
	for i := range a.Places {
		p := &a.Places[i]
		n += perFound + 3*corpus.EscapedLen(p.Name)
		mentions(p.Mentions)
	}
	for i := range a.Topics {
		t := &a.Topics[i]
		piece(&t.Evidence)
		n += 2 * (corpus.EscapedLen(t.Qcode) + corpus.EscapedLen(t.Label))
		for _, q := range t.Path {
			n += 3 * (corpus.EscapedLen(q) + len(`"",`))
		}
		for j := range t.Why {
			piece(&t.Why[j].Evidence)
			n += 2 * corpus.EscapedLen(t.Why[j].Why)
		}
	}
	for i := range a.Keyphrases {
		k := &a.Keyphrases[i]
		piece(&k.Evidence)
		n += 3 * corpus.EscapedLen(k.Phrase)
	}
	piece(&a.Summary)
	for i := range a.Corrections.Fields {
		f := &a.Corrections.Fields[i]
		n += perFound + 2*(corpus.EscapedLen(f.Field)+corpus.EscapedLen(f.Who))
		for _, name := range f.Unseen {
			n += 2 * (corpus.EscapedLen(name) + len(`"",`))
		}
	}
	return n
}

// build makes the documents and returns b, which they share.
func (ps *plans) build(b []byte) []byte {
	now := ps.sink.now()
	type cut struct{ begin, head, end int }
	cuts := make([]cut, 0, ps.to-ps.from)
	ps.open = make([]plan, 0, ps.to-ps.from)
	for i := ps.from; i < ps.to; i++ {
		p := plan{i: i, a: &ps.articles[i]}
		begin := len(b)
		longer, head, err := ps.sink.document(b, p.a, now)
		if err != nil {
			ps.fail(p, stage.Permanent(err))
			continue
		}
		b = longer
		cuts = append(cuts, cut{begin, head, len(b)})
		ps.open = append(ps.open, p)
	}
	for i, c := range cuts { // only now b moves no more
		ps.open[i].head, ps.open[i].version = b[c.begin:c.head:c.head], b[c.head:c.end:c.end]
	}
	return b
}

// document appends the documents of one article. One that makes it panic is
// refused, and the others are written.
func (s *Sink) document(b []byte, a *article.Article, now time.Time) (longer []byte, head int, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error().Str("article", string(a.URI)).Str("panic", fmt.Sprint(p)).Bytes("stack", debug.Stack()).Msg("can't build the documents of an article")
			longer, head, err = b, len(b), fmt.Errorf("article %s: building its documents panicked: %v", a.URI, p)
		}
	}()
	return s.documents(b, a, now)
}

// send writes one document of every open plan, or none where doc gives one
// without an ID, and tells whether all results are there.
func (ps *plans) send(ctx context.Context, doc func(*plan) bulk.Doc, done func(*plan, bulk.Result)) bool {
	docs := make([]bulk.Doc, 0, len(ps.open))
	at := make([]int, len(ps.open)) // of each plan's document; -1: it has none
	for i := range ps.open {
		at[i] = -1
		if d := doc(&ps.open[i]); d.ID != "" {
			at[i] = len(docs)
			docs = append(docs, d)
		}
	}
	results, err := ps.sink.writer.Write(ctx, docs)
	ps.sink.blocks.saw(docs, results)
	ps.keep(func(i int, p *plan) error {
		switch {
		case at[i] < 0:
			return nil
		case err != nil:
			return err
		}
		done(p, results[at[i]])
		return results[at[i]].Err
	})
	return err == nil
}

func (ps *plans) versionDoc(p *plan) bulk.Doc {
	return bulk.Doc{
		Index: ps.sink.indices.Versions(), ID: corpus.VersionID(p.a.URI, p.a.Revision), Routing: corpus.Routing(p.a.URI),
		// A kill may carry the very revision that it kills.
		Version: int64(p.a.Revision), Replace: p.kill(), Body: p.version,
	}
}

func (ps *plans) headDoc(p *plan) bulk.Doc {
	if p.looks() {
		return bulk.Doc{}
	}
	return bulk.Doc{
		Index: ps.sink.indices.Articles(), ID: corpus.ID(p.a.URI), Version: corpus.HeadVersion(p.a), Body: p.head,
	}
}
