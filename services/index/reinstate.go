package index

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
)

// MaxKept is how many revisions of an article are looked at, the newest first,
// to tell what a reinstatement must give way to.
const MaxKept = 10_000

// stood is how the article of the head stands, before a. The head of one that is
// killed or withheld by an editor doesn't tell what came since: its revisions do,
// and a reinstatement must know.
func (s *Sink) stood(ctx context.Context, head *found, a *article.Article) (article.Standing, error) {
	stands := head.standing()
	if !reinstates(a) || stands.Status != article.Canceled && stands.HeldAt == 0 {
		return stands, nil
	}
	came, heldAt, err := s.came(ctx, a)
	stands.Kept, stands.HeldAt = came, max(stands.HeldAt, heldAt)
	return stands, err
}

func reinstates(a *article.Article) bool {
	return a.Notice != nil && a.Notice.Action == article.Reinstate
}

// came is what the agency said last, by the article's revisions, of what the
// reinstatement a may have to give way to, and the place of the newest withhold of
// an editor that it doesn't lift; 0: there is none.
func (s *Sink) came(ctx context.Context, a *article.Article) (kept article.Terms, heldAt int64, err error) {
	type clause = map[string]any
	query, err := json.Marshal(clause{
		"size": MaxKept, "_source": []string{"revision", "status", "embargo_until", "expires_at", "received_at", "flags"},
		"query": clause{"term": clause{"uri": a.URI}}, "sort": []any{clause{"revision": "desc"}},
	})
	if err != nil {
		return kept, 0, err
	}
	// The search sees what was written up to here.
	if err := s.ask(ctx, "refresh the versions", esapi.IndicesRefreshRequest{Index: []string{s.indices.Versions()}}, nil); err != nil {
		return kept, 0, err
	}
	var reply struct {
		Hits struct {
			Hits []struct {
				Source revision `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
		TimedOut bool `json:"timed_out"`
		Shards   struct {
			Failed int `json:"failed"`
		} `json:"_shards"`
	}
	partial := false
	err = s.ask(ctx, "find what came under the kill", esapi.SearchRequest{
		Index: []string{s.indices.Versions()}, Routing: []string{corpus.Routing(a.URI)}, Body: bytes.NewReader(query), AllowPartialSearchResults: &partial,
	}, &reply)
	if err != nil {
		return kept, 0, err
	}
	if reply.TimedOut || reply.Shards.Failed > 0 {
		return kept, 0, errors.New("find what came under the kill: Elasticsearch answered for a part of it only")
	}
	var stands article.Standing
	for _, h := range reply.Hits.Hits {
		switch r := h.Source.article(); {
		case slices.Contains(r.Flags, article.FlagWithheldByEditor):
			if at := r.RuledAt(); at >= a.RuledAt() {
				heldAt = max(heldAt, at)
			}
		case r.Status == article.Canceled, r.Bars() && r.RuledAt() < a.RuledAt(): // a kill, or what is over by now
		default:
			stands, _ = stands.Apply(r)
		}
	}
	return stands.Terms, heldAt, nil
}

// giveWay looks once more at what reinstatements have to give way to that were
// settled. What another writer brought while one was decided was refused by the
// kill that the reinstatement lifted: it is among the versions, but neither its
// writer nor the reinstatement knew that it governs.
func (s *Sink) giveWay(ctx context.Context, of []plan) error {
	var late []plan
	var at []int
	for i, p := range of {
		if p.err != nil || p.killed || !reinstates(p.a) {
			continue
		}
		kept, heldAt, err := s.came(ctx, p.a)
		if err != nil {
			return err
		}
		if a, unseen := under(p.a, kept, heldAt); a != nil {
			late, at = append(late, plan{i: p.i, a: a, unseen: unseen}), append(at, i)
		}
	}
	err := s.settle(ctx, late)
	for i, p := range late {
		of[at[i]].err = p.err
	}
	return err
}

// under is the reinstatement back as an article that needs no ruling, under what it
// has to give way to, and what that is; nil: there is none.
func under(back *article.Article, kept article.Terms, heldAt int64) (a, unseen *article.Article) {
	lifted := article.Standing{Terms: article.Terms{Status: article.Canceled}, Kept: kept, HeldAt: heldAt}
	stands, _ := lifted.Apply(back)
	if stands.Text == 0 {
		return nil, nil
	}
	b := *stands.Of(back)
	b.Notice = nil
	if stands.HeldAt > 0 {
		b.Notice = &article.Notice{Action: article.Withhold}
		return &b, &b
	}
	return &b, &article.Article{
		URI: b.URI, Revision: kept.Revision, Status: kept.Status, EmbargoUntil: kept.EmbargoUntil, ExpiresAt: kept.ExpiresAt,
		ReceivedAt: article.RulingTime(kept.At),
	}
}

// revision is what of a revision tells how the article stands.
type revision struct {
	Revision     article.Revision `json:"revision"`
	Status       article.Status   `json:"status"`
	EmbargoUntil time.Time        `json:"embargo_until"`
	ExpiresAt    time.Time        `json:"expires_at"`
	ReceivedAt   time.Time        `json:"received_at"`
	Flags        []string         `json:"flags"`
}

func (r *revision) article() *article.Article {
	return &article.Article{
		Revision: r.Revision, Status: corpus.Was(r.Status, r.Flags), EmbargoUntil: r.EmbargoUntil, ExpiresAt: r.ExpiresAt,
		ReceivedAt: r.ReceivedAt, Flags: r.Flags,
	}
}
