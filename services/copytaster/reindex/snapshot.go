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

// DefaultRepository is the snapshot repository's usual name.
const DefaultRepository = "copytaster"

// snapshotEvery is how often a snapshot or a restore is asked how far it is.
const snapshotEvery = 500 * time.Millisecond

var nameOf = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)

// CheckSnapshotName tells why a snapshot or repository can't have that name.
func CheckSnapshotName(name string) error {
	if !nameOf.MatchString(name) {
		return fmt.Errorf("%q is no name for a snapshot or its repository: up to 100 of a-z, 0-9, '.', '_', '-', not beginning with a mark", name)
	}
	return nil
}

// Repository registers a folder of Elasticsearch's own file system, below one
// of the folders that its setting path.repo names. One of that name that is
// there already stays as it is if location is "".
func (j *Job) Repository(ctx context.Context, name, location string) error {
	if location == "" {
		err := elastic.Ask(ctx, j.ES, "find the snapshot repository "+name, esapi.SnapshotGetRepositoryRequest{Repository: []string{name}}, nil)
		var refused *elastic.StatusError
		if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
			return fmt.Errorf("there is no snapshot repository %s: say --location to make it, a folder below Elasticsearch's path.repo", name)
		}
		return err
	}
	content, err := json.Marshal(map[string]any{"type": "fs", "settings": map[string]any{"location": location}})
	if err != nil {
		return err
	}
	err = elastic.Ask(ctx, j.ES, "make the snapshot repository "+name, esapi.SnapshotCreateRepositoryRequest{Repository: name, Body: bytes.NewReader(content)}, nil)
	var refused *elastic.StatusError
	if errors.As(err, &refused) && refused.Type == "repository_exception" {
		return fmt.Errorf("%w: the folder must lie below one that path.repo in elasticsearch.yml names, and Elasticsearch must be allowed to write to it", err)
	}
	return err
}

// Snapshot is a snapshot of both live indices.
type Snapshot struct {
	Name    string         `json:"snapshot"`
	State   string         `json:"state"` // by Elasticsearch's name: SUCCESS, IN_PROGRESS, PARTIAL, FAILED
	Indices []string       `json:"indices"`
	BeganAt time.Time      `json:"began_at"`
	Took    time.Duration  `json:"took_ns"`
	Schema  int            `json:"schema"`
	Log     corpus.Offsets `json:"log,omitempty"` // what is certainly in it
}

// snapshotMeta is what a snapshot says of itself.
type snapshotMeta struct {
	Namespace string         `json:"namespace"`
	Schema    int            `json:"schema"`
	Log       corpus.Offsets `json:"log"`
}

// CreateSnapshot takes a snapshot of the live indices, beside live traffic, and
// waits for its end.
func (j *Job) CreateSnapshot(ctx context.Context, repository, name string) (Snapshot, error) {
	s, err := j.standing(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	if len(s.live) == 0 {
		return Snapshot{}, errors.New("there are no live indices")
	}
	// Before the snapshot, so that everything before it is in.
	at, err := j.committed(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	names := []string{s.live[0].Name, s.live[1].Name}
	content, err := json.Marshal(map[string]any{
		"indices": names, "include_global_state": false, "feature_states": []string{"none"},
		"metadata": map[string]any{"copytaster": snapshotMeta{string(j.Indices), s.live[0].Schema, at}},
	})
	if err != nil {
		return Snapshot{}, err
	}
	err = elastic.Ask(ctx, j.ES, "take snapshot "+name, esapi.SnapshotCreateRequest{Repository: repository, Snapshot: name, Body: bytes.NewReader(content)}, nil)
	if err != nil {
		return Snapshot{}, err
	}
	j.Progress.Begin("take the snapshot", -1)
	defer j.Progress.Done()
	for {
		all, err := j.snapshots(ctx, repository, name)
		if err != nil {
			return Snapshot{}, err
		}
		if len(all) == 1 && all[0].State != "IN_PROGRESS" {
			if all[0].State != "SUCCESS" {
				return all[0], fmt.Errorf("snapshot %s ended as %s", name, all[0].State)
			}
			return all[0], nil
		}
		if !wait(ctx, snapshotEvery) {
			return Snapshot{}, fmt.Errorf("snapshot %s goes on by itself: %w", name, ctx.Err())
		}
		j.Progress.Add(1)
	}
}

// Snapshots are those of this namespace in a repository, the oldest first.
func (j *Job) Snapshots(ctx context.Context, repository string) ([]Snapshot, error) {
	return j.snapshots(ctx, repository, "*")
}

func (j *Job) snapshots(ctx context.Context, repository, name string) ([]Snapshot, error) {
	var reply struct {
		Snapshots []struct {
			Snapshot string   `json:"snapshot"`
			State    string   `json:"state"`
			Indices  []string `json:"indices"`
			Began    int64    `json:"start_time_in_millis"`
			Took     int64    `json:"duration_in_millis"`
			Metadata struct {
				Mine *snapshotMeta `json:"copytaster"`
			} `json:"metadata"`
		} `json:"snapshots"`
	}
	err := elastic.Ask(ctx, j.ES, "read the snapshots in "+repository, esapi.SnapshotGetRequest{Repository: repository, Snapshot: []string{name}}, &reply)
	if err != nil {
		return nil, err
	}
	found := []Snapshot{}
	for _, s := range reply.Snapshots {
		if m := s.Metadata.Mine; m != nil && m.Namespace == string(j.Indices) {
			found = append(found, Snapshot{
				Name: s.Snapshot, State: s.State, Indices: s.Indices, BeganAt: time.UnixMilli(s.Began).UTC(),
				Took: time.Duration(s.Took) * time.Millisecond, Schema: m.Schema, Log: m.Log,
			})
		}
	}
	slices.SortFunc(found, func(a, b Snapshot) int { return a.BeganAt.Compare(b.BeganAt) })
	return found, nil
}

// Restorable is a snapshot by its name.
func (j *Job) Restorable(ctx context.Context, repository, name string) (Snapshot, error) {
	all, err := j.snapshots(ctx, repository, name)
	switch {
	case err != nil:
		return Snapshot{}, err
	case len(all) != 1:
		return Snapshot{}, fmt.Errorf("snapshot %s is not one of this installation", name)
	case all[0].State != "SUCCESS" || len(all[0].Indices) != 2:
		return all[0], fmt.Errorf("snapshot %s is %s and has %d indices, it can't be restored", name, all[0].State, len(all[0].Indices))
	}
	return all[0], nil
}

// Restore makes new indices out of a snapshot. They stand where an interrupted
// build does: [Job.Run] adds what came to the log since, compares and swaps.
func (j *Job) Restore(ctx context.Context, repository, name string) error {
	snap, err := j.Restorable(ctx, repository, name)
	if err != nil {
		return err
	}
	s, err := j.standing(ctx)
	if err != nil {
		return err
	}
	if len(s.next) > 0 {
		return fmt.Errorf("build %s was not ended: end it by reindex, or copytaster reindex drop next", s.next[0].Build.ID)
	}
	now := time.Now().UTC().Truncate(time.Second)
	id := corpus.BuildID(now)
	// Two indices, each with a name of its own afterwards.
	rename := map[string]string{}
	for _, x := range snap.Indices {
		alias := j.Indices.Articles()
		if strings.HasPrefix(x, j.Indices.Versions()+"-") {
			alias = j.Indices.Versions()
		}
		rename[x] = fmt.Sprintf("%s-%d-%s", alias, snap.Schema, id)
	}
	for _, x := range snap.Indices {
		if err := j.restoreOne(ctx, repository, name, x, rename[x]); err != nil {
			return err
		}
	}
	if err := j.restored(ctx, snap.Indices, rename); err != nil {
		return err
	}
	xs, err := corpus.Indices(ctx, j.ES, j.Indices)
	if err != nil {
		return err
	}
	b := corpus.Build{ID: id, From: "snapshot " + name, BeganAt: now, Log: snap.Log}
	var actions []map[string]any
	for _, x := range xs {
		if x.Name != rename[snap.Indices[0]] && x.Name != rename[snap.Indices[1]] {
			continue
		}
		if err := corpus.Record(ctx, j.ES, x, b); err != nil {
			return err
		}
		next := j.Indices.Next().Articles()
		if x.Versions {
			next = j.Indices.Next().Versions()
		}
		actions = append(actions, map[string]any{"add": map[string]any{"index": x.Name, "alias": next, "is_write_index": true}})
	}
	return elastic.Ask(ctx, j.ES, "name the restored indices", esapi.IndicesUpdateAliasesRequest{Body: body(map[string]any{"actions": actions})}, nil)
}

func (j *Job) restoreOne(ctx context.Context, repository, snapshot, from, to string) error {
	content := body(map[string]any{
		"indices": from, "include_global_state": false, "include_aliases": false, "feature_states": []string{"none"},
		"rename_pattern": "^.*$", "rename_replacement": to,
		"index_settings":        map[string]any{"index.refresh_interval": fmt.Sprintf("%ds", int(corpus.FillRefreshInterval.Seconds()))},
		"ignore_index_settings": []string{"index.blocks.write"},
	})
	return elastic.Ask(ctx, j.ES, "restore index "+from+" as "+to, esapi.SnapshotRestoreRequest{Repository: repository, Snapshot: snapshot, Body: content}, nil)
}

// restored waits until the restored indices can be used.
func (j *Job) restored(ctx context.Context, from []string, rename map[string]string) error {
	j.Progress.Begin("restore the snapshot", -1)
	defer j.Progress.Done()
	names := []string{rename[from[0]], rename[from[1]]}
	for {
		var health struct {
			Status   string `json:"status"`
			TimedOut bool   `json:"timed_out"`
		}
		err := elastic.Ask(ctx, j.ES, "wait for the restored indices", esapi.ClusterHealthRequest{
			Index: names, WaitForStatus: "yellow", WaitForNoInitializingShards: new(true), Timeout: snapshotEvery,
		}, &health)
		var refused *elastic.StatusError
		late := errors.As(err, &refused) && refused.Status == http.StatusRequestTimeout
		if err != nil && !late {
			return err
		}
		if err == nil && !health.TimedOut && health.Status != "red" {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		j.Progress.Add(1)
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
