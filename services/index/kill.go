package index

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// Limits of what is read back from Elasticsearch.
const (
	PurgeArticles  = 100  // killed articles that are searched for at once
	PurgeBatch     = 500  // of their versions that are rewritten at once
	MaxPurgeRounds = 1000 // of PurgeBatch versions; beyond it the kill is tried again
)

// found is a document that was looked for by its id.
type found struct {
	ID      string `json:"_id"`
	Found   bool   `json:"found"`
	Version int64  `json:"_version"`
	Source  struct {
		Status       article.Status   `json:"status"`
		Revision     article.Revision `json:"revision"`
		EmbargoUntil time.Time        `json:"embargo_until"`
		ExpiresAt    time.Time        `json:"expires_at"`
		ReceivedAt   time.Time        `json:"received_at"`
		Flags        []string         `json:"flags"`
		Ruling       *int64           `json:"ruling"`
	} `json:"_source"`
	Error *struct {
		Type   string `json:"type"`
		Reason string `json:"reason"`
	} `json:"error"`
}

// wanted is a document to look for.
type wanted struct {
	ID      string `json:"_id"`
	Routing string `json:"routing,omitempty"`
}

// get reads how documents stand, by their ids, which sees what was written a
// moment ago, searchable or not.
func (s *Sink) get(ctx context.Context, do, alias string, docs []wanted) ([]found, error) {
	body, err := json.Marshal(map[string][]wanted{"docs": docs})
	if err != nil {
		return nil, err
	}
	var reply struct {
		Docs []found `json:"docs"`
	}
	r := esapi.MgetRequest{
		Index: alias, Body: bytes.NewReader(body),
		FilterPath: []string{"docs._id", "docs.found", "docs._version", "docs._source", "docs.error.type", "docs.error.reason"},
	}
	r.SourceIncludes = []string{"status", "revision", "embargo_until", "expires_at", "received_at", "flags", "ruling"}
	if err := s.ask(ctx, do, r, &reply); err != nil {
		return nil, err
	}
	if len(reply.Docs) != len(docs) {
		return nil, fmt.Errorf("%s: Elasticsearch answered with %d of %d", do, len(reply.Docs), len(docs))
	}
	for i, d := range reply.Docs {
		if d.Error != nil {
			return nil, fmt.Errorf("%s: %s: %s", do, d.Error.Type, d.Error.Reason)
		}
		if d.ID != docs[i].ID {
			return nil, fmt.Errorf("%s: Elasticsearch answered with %s where %s was asked for", do, d.ID, docs[i].ID)
		}
	}
	return reply.Docs, nil
}

// standing is how the article of the head stands.
func (f *found) standing() article.Standing {
	if !f.Found {
		return article.Standing{}
	}
	head := article.Article{ReceivedAt: f.Source.ReceivedAt}
	s := article.Standing{
		Terms: article.Terms{
			Revision: f.Source.Revision, Status: f.Source.Status, EmbargoUntil: f.Source.EmbargoUntil, ExpiresAt: f.Source.ExpiresAt,
			At: head.RuledAt(),
		},
		Ruling: corpus.Ruling(f.Version, f.Source.Ruling),
	}
	if slices.Contains(f.Source.Flags, article.FlagWithheldByEditor) {
		s.HeldAt = s.At
	}
	return s
}

func (f *found) killed() bool { return f.Found && f.Source.Status == article.Canceled }

// heads reads the heads of articles.
func (s *Sink) heads(ctx context.Context, of []*plan) ([]found, error) {
	heads := make([]wanted, len(of))
	for i, p := range of {
		heads[i] = wanted{ID: corpus.ID(p.a.URI)}
	}
	return s.get(ctx, "read heads", s.indices.Articles(), heads)
}

// MaxSettleRounds is how often a head is looked at again that others write at
// the same time, before the article is tried again.
const MaxSettleRounds = 20

// settle writes the heads that can't be written without a look at what stands
// there, since the version alone doesn't tell, and notes in of the outcomes, what
// is wrong with one alone, and which were refused by a kill.
func (s *Sink) settle(ctx context.Context, of []plan) error {
	var open []*plan
	for i := range of {
		open = append(open, &of[i])
	}
	for round := 0; len(open) > 0; round++ {
		if round == MaxSettleRounds {
			return fmt.Errorf("%d heads are still written by others after %d rounds", len(open), MaxSettleRounds)
		}
		heads, err := s.heads(ctx, open)
		if err != nil {
			return err
		}
		var docs []bulk.Doc
		var tried []*plan
		for i, p := range open {
			was, err := s.stood(ctx, &heads[i], p.a)
			if err != nil {
				return err
			}
			if p.unseen != nil {
				if _, newer := was.Apply(p.unseen); !newer {
					continue
				}
			}
			doc, governs, err := s.above(was, &heads[i], p.a)
			switch {
			case err != nil:
				p.err = stage.Permanent(err)
			case governs:
				docs, tried = append(docs, doc), append(tried, p)
			default:
				p.killed = heads[i].killed()
			}
		}
		open = nil
		if len(docs) == 0 {
			continue
		}
		results, err := s.writer.Write(ctx, docs)
		if err != nil {
			return err
		}
		for i, r := range results {
			tried[i].outcome, tried[i].err = r.Outcome, r.Err
			switch {
			case r.Err != nil:
			case r.Outcome == bulk.Superseded: // by whoever wrote since
				open = append(open, tried[i])
			}
		}
	}
	return nil
}

// above is the head that takes the place of one that was looked at, of an article
// that stood so, and whether it does.
func (s *Sink) above(was article.Standing, head *found, a *article.Article) (doc bulk.Doc, governs bool, err error) {
	stands, governs := was.Apply(a)
	if !governs || a.Status == article.Canceled && head.killed() && stands.Ruling == was.Ruling {
		return doc, false, nil // of two kills of one moment the versions have decided
	}
	version, err := corpus.NextVersion(head.Version, stands.Ruling)
	if err != nil {
		return doc, false, err
	}
	body, err := corpus.RuledDocument(stands.Of(a), s.now(), version, stands.Ruling)
	return bulk.Doc{Index: s.indices.Articles(), ID: corpus.ID(a.URI), Version: version, Body: body}, true, err
}

// decide settles what can't be written without a look, and takes the text back of
// what a kill refuses.
func (s *Sink) decide(ctx context.Context, of []plan) error {
	if err := s.settle(ctx, of); err != nil {
		return err
	}
	if err := s.giveWay(ctx, of); err != nil {
		return err
	}
	return s.takeBack(ctx, slices.DeleteFunc(slices.Clone(of), func(p plan) bool { return !p.killed }))
}

// retract looks at the heads of articles that were refused, and settles those
// whose head goes by more than its revision.
func (s *Sink) retract(ctx context.Context, refused []plan) error {
	if len(refused) == 0 {
		return nil
	}
	all := make([]*plan, len(refused))
	for i := range refused {
		all[i] = &refused[i]
	}
	heads, err := s.heads(ctx, all)
	if err != nil {
		return err
	}
	var again []plan
	var at []int
	for i, p := range refused {
		if heads[i].Found && corpus.Ruled(heads[i].Version) {
			again, at = append(again, p), append(at, i)
		}
	}
	err = s.decide(ctx, again)
	for i, p := range again {
		refused[at[i]].outcome, refused[at[i]].err = p.outcome, p.err
	}
	return err
}

// takeBack takes the text out of the versions of articles that a kill refused.
func (s *Sink) takeBack(ctx context.Context, killed []plan) error {
	if len(killed) == 0 {
		return nil
	}
	s.forget(ctx, killed) // what came after the kill was archived before it came here
	versions := make([]wanted, len(killed))
	for i, p := range killed {
		versions[i] = wanted{corpus.VersionID(p.a.URI, p.a.Revision), corpus.Routing(p.a.URI)}
	}
	of, err := s.get(ctx, "read versions", s.indices.Versions(), versions)
	if err != nil {
		return err
	}
	var docs []bulk.Doc
	now := s.now()
	for i, p := range killed {
		if of[i].Source.Status == article.Canceled || of[i].Version > int64(p.a.Revision) {
			continue // whoever wrote a newer one is refused as well, and looks after it
		}
		a := corpus.Notice(p.a)
		notice, err := corpus.VersionDocument(&a, now)
		if err != nil {
			return err
		}
		docs = append(docs, bulk.Doc{
			Index: s.indices.Versions(), ID: versions[i].ID, Routing: versions[i].Routing,
			Version: int64(p.a.Revision), Replace: true, Body: notice,
		})
	}
	return s.replace(ctx, docs)
}

// replace writes notices in place of what was there.
func (s *Sink) replace(ctx context.Context, notices []bulk.Doc) error {
	results, err := s.writer.Write(ctx, notices)
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Err != nil {
			return r.Err
		}
	}
	return nil
}

// purge takes the text out of all versions of killed articles. A kill that was
// refused is settled: its version may have been passed by heads that were written
// after a ruling before it. If it comes again or another one is newer, it purges
// what that one may not have purged yet; one that was lifted does not.
func (s *Sink) purge(ctx context.Context, kills []plan) error {
	var refused []plan
	var at []int
	for i, p := range kills {
		if p.outcome == bulk.Superseded {
			refused, at = append(refused, p), append(at, i)
		}
	}
	err := s.settle(ctx, refused)
	for i, p := range refused {
		kills[at[i]] = p
	}
	if err != nil {
		return err
	}
	killed := slices.DeleteFunc(slices.Clone(kills), func(p plan) bool {
		return p.err != nil || p.outcome == bulk.Superseded && !p.killed
	})
	s.forget(ctx, killed)
	for len(killed) > 0 {
		n := min(len(killed), PurgeArticles)
		if err := s.purgeSome(ctx, killed[:n]); err != nil {
			return err
		}
		killed = killed[n:]
	}
	return nil
}

// ForgetTimeout is how long the purge of one article's originals may take.
const ForgetTimeout = 5 * time.Second

// forget removes the originals of killed articles, if that is wanted. The kill
// counts without it, and copy must not wait for an archive that is away: what
// fails is told, and is left to `copytaster archive purge --killed`.
func (s *Sink) forget(ctx context.Context, killed []plan) {
	if s.Originals == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, ForgetTimeout)
	defer cancel()
	for _, p := range killed {
		if _, err := s.Originals.Purge(ctx, p.a.URI); err != nil {
			s.Log.Error().Err(err).Str("article", string(p.a.URI)).Msg("can't remove the originals of a killed article: copytaster archive purge --killed")
		}
	}
}

func (s *Sink) purgeSome(ctx context.Context, killed []plan) error {
	uris, routings := make([]string, len(killed)), make([]string, len(killed))
	for i, p := range killed {
		uris[i], routings[i] = string(p.a.URI), corpus.Routing(p.a.URI)
	}
	type clause = map[string]any
	query, err := json.Marshal(clause{
		"size": PurgeBatch, "version": true, "_source": corpus.NoticeFields,
		"query": clause{"bool": clause{
			"filter":   clause{"terms": clause{"uri": uris}},
			"must_not": clause{"term": clause{"status": article.Canceled}},
		}},
	})
	if err != nil {
		return err
	}
	for range MaxPurgeRounds {
		// The search sees what was written up to here.
		if err := s.ask(ctx, "refresh the versions", esapi.IndicesRefreshRequest{Index: []string{s.indices.Versions()}}, nil); err != nil {
			return err
		}
		var reply struct {
			Hits struct {
				Hits []struct {
					Version int64           `json:"_version"`
					Source  json.RawMessage `json:"_source"`
				} `json:"hits"`
			} `json:"hits"`
			TimedOut bool `json:"timed_out"`
			Shards   struct {
				Failed int `json:"failed"`
			} `json:"_shards"`
		}
		partial := false
		err := s.ask(ctx, "find the versions", esapi.SearchRequest{
			Index: []string{s.indices.Versions()}, Routing: routings, Body: bytes.NewReader(query), AllowPartialSearchResults: &partial,
		}, &reply)
		if err != nil {
			return err
		}
		if reply.TimedOut || reply.Shards.Failed > 0 {
			return errors.New("find the versions: Elasticsearch answered for a part of them only")
		}
		if len(reply.Hits.Hits) == 0 {
			return nil
		}
		docs := make([]bulk.Doc, len(reply.Hits.Hits))
		now := s.now()
		for i, h := range reply.Hits.Hits {
			a, _, err := corpus.Parse(h.Source)
			if err != nil {
				return err
			}
			a = corpus.Notice(&a)
			notice, err := corpus.VersionDocument(&a, now)
			if err != nil {
				return err
			}
			docs[i] = bulk.Doc{
				Index: s.indices.Versions(), ID: corpus.VersionID(a.URI, a.Revision), Routing: corpus.Routing(a.URI),
				Version: h.Version, Replace: true, Body: notice,
			}
		}
		// One that changed meanwhile is found again in the next round.
		if err := s.replace(ctx, docs); err != nil {
			return err
		}
	}
	return fmt.Errorf("there is still text after %d rounds of %d versions", MaxPurgeRounds, PurgeBatch)
}

// ask is [elastic.Ask] within the sink's time.
func (s *Sink) ask(ctx context.Context, do string, r elastic.Request, v any) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return elastic.Ask(ctx, s.es, do, r, v)
}
