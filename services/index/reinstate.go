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
	if a.Notice == nil || a.Notice.Action != article.Reinstate || stands.Status != article.Canceled && stands.HeldAt == 0 {
		return stands, nil
	}
	type clause = map[string]any
	query, err := json.Marshal(clause{
		"size": MaxKept, "_source": []string{"revision", "status", "embargo_until", "expires_at", "received_at", "flags"},
		"query": clause{"term": clause{"uri": a.URI}}, "sort": []any{clause{"revision": "desc"}},
	})
	if err != nil {
		return stands, err
	}
	// The search sees what was written up to here.
	if err := s.ask(ctx, "refresh the versions", esapi.IndicesRefreshRequest{Index: []string{s.indices.Versions()}}, nil); err != nil {
		return stands, err
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
		return stands, err
	}
	if reply.TimedOut || reply.Shards.Failed > 0 {
		return stands, errors.New("find what came under the kill: Elasticsearch answered for a part of it only")
	}
	var came article.Standing
	for _, h := range reply.Hits.Hits {
		switch r := h.Source.article(); {
		case slices.Contains(r.Flags, article.FlagWithheldByEditor):
			if at := r.RuledAt(); at >= a.RuledAt() {
				stands.HeldAt = max(stands.HeldAt, at)
			}
		case r.Status == article.Canceled, r.Bars() && r.RuledAt() < a.RuledAt(): // a kill, or what is over by now
		default:
			came, _ = came.Apply(r)
		}
	}
	stands.Kept = came.Terms
	return stands, nil
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
