package reindex

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
)

const (
	// restoreTimeout is how long Elasticsearch may take to begin with restoring.
	restoreTimeout = 30 * time.Second
	// StalledAfter is how long Elasticsearch may copy nothing into indices that
	// are not whole before that is an error.
	StalledAfter = 30 * time.Second
	intentID     = "restore"
)

// intent is what a restore notes beside the lock before it begins, so that the
// next call finds the indices of one that was interrupted.
type intent struct {
	ID         string    `json:"id"` // ends the names of the indices
	Repository string    `json:"repository"`
	Snapshot   string    `json:"snapshot"`
	BeganAt    time.Time `json:"began_at"`
}

// from is what a build says that was restored from a snapshot.
func from(snapshot string) string { return "snapshot " + snapshot }

func isFrom(xs []corpus.Index, snapshot string) bool {
	return len(xs) > 0 && xs[0].Build.From == from(snapshot)
}

// Restore makes new indices out of a snapshot, and goes on with them as [Job.Run]
// does with a build: adds what came to the log since, compares and swaps.
// Interrupted, it goes on at the next call. It fails as Run does.
func (j *Job) Restore(ctx context.Context, repository, name string, o Options) (r Result, err error) {
	snap, err := j.Restorable(ctx, repository, name)
	if err != nil {
		return r, err
	}
	ctx, release, err := j.hold(ctx, "snapshot restore")
	if err != nil {
		return r, err
	}
	defer release()
	s, err := j.standing(ctx)
	if err != nil {
		return r, err
	}
	switch {
	case isFrom(s.next, name), isFrom(s.live, name) && !settledAll(s.live):
		// It was interrupted when all was restored.
	case len(s.next) > 0:
		return r, fmt.Errorf("build %s was not ended: end it by reindex, or copytaster reindex drop next", s.next[0].Build.ID)
	default:
		if _, err := j.end(ctx, s); err != nil {
			return r, j.ended(ctx, &r, err)
		}
		if r.ID, err = j.restore(ctx, repository, snap); err != nil {
			return r, j.ended(ctx, &r, err)
		}
	}
	return j.run(ctx, o)
}

// restore makes the indices, and puts them where those of a build stand.
func (j *Job) restore(ctx context.Context, repository string, snap Snapshot) (id string, err error) {
	i, xs, err := j.intended(ctx, repository, snap.Name)
	if err != nil {
		return "", err
	}
	if i.ID == "" {
		now := time.Now().UTC().Truncate(time.Second)
		i = intent{corpus.BuildID(now), repository, snap.Name, now}
		if err := j.intend(ctx, i); err != nil {
			return "", err
		}
	}
	if len(xs) == 0 {
		if err := j.copyOut(ctx, i, snap); err != nil {
			return i.ID, err
		}
	}
	if err := j.whole(ctx, i); err != nil {
		return i.ID, err
	}
	if xs, err = j.restoring(ctx, i); err != nil {
		return i.ID, err
	}
	if len(xs) != 2 {
		return i.ID, fmt.Errorf("the restored indices %s are not there any more", strings.Join(j.restoredNames(i, snap.Schema), " and "))
	}
	b := corpus.Build{ID: i.ID, From: from(snap.Name), BeganAt: i.BeganAt, Log: snap.Log}
	if err := j.record(ctx, xs, b); err != nil {
		return i.ID, err
	}
	var actions []map[string]any
	for _, x := range xs {
		next := j.Indices.Next().Articles()
		if x.Versions {
			next = j.Indices.Next().Versions()
		}
		actions = append(actions, map[string]any{"add": map[string]any{"index": x.Name, "alias": next, "is_write_index": true}})
	}
	if err := elastic.Ask(ctx, j.ES, "name the restored indices", esapi.IndicesUpdateAliasesRequest{Body: body(map[string]any{"actions": actions})}, nil); err != nil {
		return i.ID, err
	}
	return i.ID, j.intend(ctx, intent{}) // an operator may not delete documents
}

// intended is the restore that was interrupted, if it was of this snapshot, with
// the indices that it left: both, or none.
func (j *Job) intended(ctx context.Context, repository, snapshot string) (intent, []corpus.Index, error) {
	var reply struct {
		Source intent `json:"_source"`
	}
	err := elastic.Ask(ctx, j.ES, "read what was being restored", esapi.GetRequest{Index: j.lockIndex(), DocumentID: intentID}, &reply)
	var refused *elastic.StatusError
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return intent{}, nil, nil
	}
	if err != nil {
		return intent{}, nil, err
	}
	i := reply.Source
	all, err := j.restoredAs(ctx, i)
	if err != nil || i.ID == "" {
		return intent{}, nil, err
	}
	xs := unnamed(all)
	if len(xs) < len(all) {
		return intent{}, nil, nil // it was ended, and the note was not taken away
	}
	if i.Snapshot != snapshot || i.Repository != repository {
		if len(xs) > 0 {
			j.Progress.Say(fmt.Sprintf("the restore of snapshot %s, begun at %s, was not ended, and is given up; it leaves %s: copytaster reindex drop -", i.Snapshot, i.BeganAt.Format(time.RFC3339), strings.Join(names(xs), " and ")))
		}
		return intent{}, nil, nil
	}
	if len(xs) == 0 {
		return i, nil, nil
	}
	done, moving, err := j.copied(ctx, i)
	if err != nil {
		return intent{}, nil, err
	}
	if len(xs) == 2 && (done || moving) {
		j.Progress.Say(fmt.Sprintf("going on with the restore begun at %s", i.BeganAt.Format(time.RFC3339)))
		return i, xs, nil
	}
	j.Progress.Say(fmt.Sprintf("Elasticsearch gave up the restore begun at %s: it begins anew", i.BeganAt.Format(time.RFC3339)))
	for _, x := range xs {
		if err := corpus.Delete(ctx, j.ES, x); err != nil {
			return intent{}, nil, err
		}
	}
	return i, nil, nil
}

// restoring are the indices of an intent that are behind no alias yet.
func (j *Job) restoring(ctx context.Context, i intent) ([]corpus.Index, error) {
	xs, err := j.restoredAs(ctx, i)
	return unnamed(xs), err
}

func unnamed(xs []corpus.Index) []corpus.Index {
	return slices.DeleteFunc(slices.Clone(xs), func(x corpus.Index) bool { return x.Role != corpus.RoleNone })
}

// restoredAs are the indices of an intent, whatever they have become.
func (j *Job) restoredAs(ctx context.Context, i intent) ([]corpus.Index, error) {
	xs, err := corpus.Indices(ctx, j.ES, j.Indices)
	return slices.DeleteFunc(xs, func(x corpus.Index) bool { return !slices.Contains(j.restoredNames(i, x.Schema), x.Name) }), err
}

func (j *Job) restoredNames(i intent, schema int) []string {
	end := fmt.Sprintf("-%d-%s", schema, i.ID)
	return []string{j.Indices.Articles() + end, j.Indices.Versions() + end}
}

func (j *Job) intend(ctx context.Context, i intent) error {
	content, err := json.Marshal(i)
	if err != nil {
		return err
	}
	return elastic.Ask(ctx, j.ES, "note what is to be restored", esapi.IndexRequest{Index: j.lockIndex(), DocumentID: intentID, Body: bytes.NewReader(content)}, nil)
}

// copyOut has Elasticsearch begin to restore both indices under new names, in one
// step. It isn't cut off: otherwise the next call might come before Elasticsearch
// has begun.
func (j *Job) copyOut(ctx context.Context, i intent, snap Snapshot) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreTimeout)
	defer cancel()
	content := body(map[string]any{
		"indices": strings.Join(snap.Indices, ","), "include_global_state": false, "include_aliases": false, "feature_states": []string{"none"},
		"rename_pattern":        fmt.Sprintf("^(%s|%s)-.*$", regexp.QuoteMeta(j.Indices.Articles()), regexp.QuoteMeta(j.Indices.Versions())),
		"rename_replacement":    fmt.Sprintf("$1-%d-%s", snap.Schema, i.ID),
		"index_settings":        map[string]any{"index.refresh_interval": fmt.Sprintf("%ds", int(corpus.FillRefreshInterval.Seconds()))},
		"ignore_index_settings": []string{"index.blocks.write"},
	})
	err := elastic.Ask(ctx, j.ES, "restore snapshot "+snap.Name, esapi.SnapshotRestoreRequest{Repository: i.Repository, Snapshot: snap.Name, Body: content}, nil)
	if err == nil {
		return nil
	}
	// A call that was killed may have asked for it, and Elasticsearch done it since.
	xs, e := j.restoring(ctx, i)
	if e == nil && len(xs) == 2 {
		return nil
	}
	return errors.Join(err, e)
}

// copied tells whether the restored indices, which exist, can be used, and else
// whether Elasticsearch is copying.
func (j *Job) copied(ctx context.Context, i intent) (done, moving bool, err error) {
	xs, err := j.restoring(ctx, i)
	if err != nil || len(xs) == 0 {
		return false, false, err
	}
	var health struct {
		Status       string `json:"status"`
		Initializing int    `json:"initializing_shards"`
	}
	err = elastic.Ask(ctx, j.ES, "ask how far the restored indices are", esapi.ClusterHealthRequest{Index: names(xs)}, &health)
	return err == nil && health.Status != "red" && health.Initializing == 0, health.Initializing > 0, err
}

// whole waits until the restored indices can be used.
func (j *Job) whole(ctx context.Context, i intent) error {
	j.Progress.Begin("restore the snapshot", -1)
	defer j.Progress.Done()
	moved := time.Now()
	for {
		done, moving, err := j.copied(ctx, i)
		switch {
		case err != nil:
			return err
		case done:
			return nil
		case moving:
			moved = time.Now()
		case time.Since(moved) > StalledAfter:
			return fmt.Errorf("Elasticsearch has copied nothing of the snapshot for %v, its log or GET _cluster/allocation/explain says why", StalledAfter)
		}
		if !wait(ctx, snapshotEvery) {
			return ctx.Err()
		}
		j.Progress.Add(1)
	}
}
