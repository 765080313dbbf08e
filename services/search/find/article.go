package find

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
)

// MaxRevisions is how many revisions of an article are listed, the newest.
const MaxRevisions = 100

// Found is an article as a reader may see it.
type Found struct {
	// Article is the revision asked for. Its status and embargo are those of
	// the newest one, which govern all.
	Article *article.Article `json:"article"`
	// Newest tells that Article is the newest revision.
	Newest bool `json:"newest"`
	// Revisions are all that can be asked for, newest first; none of a canceled
	// article.
	Revisions []Revision `json:"revisions"`
	// MoreRevisions tells that there are older ones than those.
	MoreRevisions bool `json:"more_revisions,omitempty"`
	// Earlier are the articles that Article goes on from or is derived from, as far
	// as a reader may see them; Later those that say so of it. None of a canceled
	// article, nor where that can't be told now. The article's own EvolvedFrom has
	// the URIs of Earlier and no others.
	Earlier []Related `json:"earlier,omitempty"`
	Later   []Related `json:"later,omitempty"`
}

// Revision is an entry in the list of an article's revisions.
type Revision struct {
	Revision article.Revision `json:"revision"`
	Version  string           `json:"version,omitempty"`
	Headline string           `json:"headline,omitempty"`
	Created  *time.Time       `json:"version_created,omitempty"`
	Received *time.Time       `json:"received_at,omitempty"`
	// SameText tells that the text says what that of the revision before it
	// said: only what is about the text differs.
	SameText bool `json:"same_text,omitempty"`
}

// Article gives an article by its URI, in that revision, or in the newest one
// if revision is 0. What a reader may not see is [ErrNotFound], like what isn't
// there; of a canceled article the notice is given. What of its relations to others
// can't be told now is left out: those are in other shards than the article, and it
// opens without them.
func (f *Finder) Article(ctx context.Context, uri article.URI, revision article.Revision) (Found, error) {
	head, found, err := f.article(ctx, uri, revision)
	if err != nil || head.Status == article.Canceled {
		return found, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var both sync.WaitGroup
	both.Go(func() { f.relate(ctx, &found, true) })
	found.Revisions, found.MoreRevisions, err = f.revisions(ctx, head)
	if err != nil {
		cancel()
	}
	both.Wait()
	cancel()
	if err != nil {
		return Found{}, err
	}
	return found, nil
}

// Alone gives what [Finder.Article] does without the lists: without revisions, and
// without what other articles say of it.
func (f *Finder) Alone(ctx context.Context, uri article.URI, revision article.Revision) (Found, error) {
	head, found, err := f.article(ctx, uri, revision)
	if err == nil && head.Status != article.Canceled {
		f.relate(ctx, &found, false)
	}
	return found, err
}

// Itself gives what [Finder.Alone] does without what the article goes on from.
func (f *Finder) Itself(ctx context.Context, uri article.URI, revision article.Revision) (Found, error) {
	_, found, err := f.article(ctx, uri, revision)
	if err == nil {
		found.Article.EvolvedFrom = nil
	}
	return found, err
}

// ToCorrect gives the newest revision of an article that the reader may see by its URI, a
// notice of a killed one, with all that is kept of it: also which articles it goes on from,
// which the reader may not be entitled to. It is for what corrects it, and for no answer.
func (f *Finder) ToCorrect(ctx context.Context, uri article.URI) (*article.Article, error) {
	head, _, err := f.article(ctx, uri, 0)
	return head, err
}

// article is the article itself, and its newest revision.
func (f *Finder) article(ctx context.Context, uri article.URI, revision article.Revision) (head *article.Article, found Found, err error) {
	if uri.Validate() != nil {
		return nil, Found{}, ErrNotFound
	}
	// Get by id sees what was written a moment ago, before any search does: a
	// kill counts at once.
	head, err = f.get(ctx, esapi.GetRequest{Index: f.names.Articles(), DocumentID: corpus.ID(uri)})
	if err != nil {
		return nil, Found{}, err
	}
	if head.URI != uri {
		return nil, Found{}, ErrNotFound
	}
	if shown, err := f.shown(ctx, head, f.now()); err != nil || !shown {
		return nil, Found{}, cmp.Or(err, ErrNotFound)
	}
	f.discreet(head)
	found = Found{Article: head, Newest: true, Revisions: []Revision{}}
	if revision == 0 || revision.Source() == head.Revision.Source() {
		return head, found, nil
	}
	if head.Status == article.Canceled || revision.Source() > head.Revision.Source() { // written, and its head not yet
		return nil, Found{}, ErrNotFound
	}
	v, err := f.get(ctx, esapi.GetRequest{
		Index: f.names.Versions(), DocumentID: corpus.VersionID(uri, revision), Routing: corpus.Routing(uri),
	})
	if err != nil {
		return nil, Found{}, err
	}
	if v.URI != uri || v.Status == article.Canceled || !f.allows(v) {
		return nil, Found{}, ErrNotFound
	}
	f.discreet(v)
	v.Status, v.EmbargoUntil, v.ExpiresAt = head.Status, head.EmbargoUntil, head.ExpiresAt
	found.Article, found.Newest = v, false
	return head, found, nil
}

func (f *Finder) get(ctx context.Context, req esapi.GetRequest) (*article.Article, error) {
	var doc struct {
		Source json.RawMessage `json:"_source"`
	}
	if err := f.call(ctx, req, &doc); err != nil {
		return nil, err
	}
	a, _, err := corpus.Parse(doc.Source)
	return &a, err
}

// entry is what of a version's document its place in the list is made of.
type entry struct {
	Revision article.Revision `json:"revision"`
	Version  string           `json:"version"`
	Status   article.Status   `json:"status"`
	Headline string           `json:"headline"`
	Created  *time.Time       `json:"version_created"`
	Received *time.Time       `json:"received_at"`

	Kicker     string   `json:"kicker"`
	Standfirst string   `json:"standfirst"`
	Byline     string   `json:"byline"`
	Dateline   string   `json:"dateline"`
	Body       string   `json:"body"`
	Caption    []string `json:"caption"`
}

func (e *entry) sameText(o *entry) bool {
	return e.Headline == o.Headline && e.Kicker == o.Kicker && e.Standfirst == o.Standfirst && e.Byline == o.Byline &&
		e.Dateline == o.Dateline && e.Body == o.Body && slices.Equal(e.Caption, o.Caption)
}

// notice tells that the entry is a hold and has no text.
func (e *entry) notice() bool {
	return e.Status == article.Withheld && e.Headline == "" && e.Body == "" && e.Kicker == "" && e.Standfirst == "" && len(e.Caption) == 0
}

// revisions lists the revisions of a visible head that the reader is entitled to,
// newest first.
func (f *Finder) revisions(ctx context.Context, head *article.Article) ([]Revision, bool, error) {
	fields := []string{"revision", "version", "status", "headline", "version_created", "received_at"}
	texts := append(slices.Clone(fields), "kicker", "standfirst", "byline", "dateline", "body", "caption")
	entries, err := f.entries(ctx, head, texts)
	told := err == nil
	if errors.Is(err, errTooLarge) {
		entries, err = f.entries(ctx, head, fields) // better a list that doesn't tell what changed than none
	}
	if err != nil {
		return nil, false, err
	}
	// Of a reinstated article, what was purged is left out, and so are notices.
	entries = slices.DeleteFunc(entries, func(e entry) bool {
		return e.Status == article.Canceled || e.Revision.Source() > head.Revision.Source() || e.notice()
	})
	// What is searched may be a moment behind the head.
	if !slices.ContainsFunc(entries, func(e entry) bool { return e.Revision.Source() == head.Revision.Source() }) {
		entries = append([]entry{entryOf(head)}, entries...)
	}
	list := []Revision{}
	for i := range entries[:min(len(entries), MaxRevisions)] {
		e := &entries[i]
		list = append(list, Revision{
			Revision: e.Revision, Version: e.Version, Headline: e.Headline, Created: e.Created, Received: e.Received,
			SameText: told && i+1 < len(entries) && e.sameText(&entries[i+1]),
		})
	}
	return list, len(entries) > MaxRevisions, nil
}

func (f *Finder) entries(ctx context.Context, head *article.Article, fields []string) ([]entry, error) {
	body := object{
		"query": object{"bool": object{"filter": append(f.entitled(), term("uri", string(head.URI)))}},
		"sort":  []any{object{"revision": "desc"}}, "size": MaxRevisions + 1, "_source": fields, "track_total_hits": false,
	}
	var reply struct {
		summary

		Hits struct {
			Hits []struct {
				Source entry `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	err := f.search(ctx, esapi.SearchRequest{Index: []string{f.names.Versions()}, Routing: []string{corpus.Routing(head.URI)}}, body, &reply)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, len(reply.Hits.Hits))
	for i, h := range reply.Hits.Hits {
		entries[i] = h.Source
	}
	return entries, nil
}

func entryOf(a *article.Article) entry {
	e := entry{
		Revision: a.Revision, Version: a.Version, Status: a.Status, Headline: a.First(article.Headline),
		Kicker: a.First(article.Kicker), Standfirst: a.First(article.Standfirst), Byline: a.First(article.Byline),
		Dateline: a.First(article.Dateline), Body: a.Body(),
	}
	if !a.VersionCreated.IsZero() {
		e.Created = &a.VersionCreated
	}
	if !a.ReceivedAt.IsZero() {
		e.Received = &a.ReceivedAt
	}
	for _, s := range a.Segments {
		if s.Kind == article.Caption {
			e.Caption = append(e.Caption, s.In(a.Text))
		}
	}
	return e
}
