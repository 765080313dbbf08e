package reindex

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
)

// snapshotEvery is how often a snapshot or a restore is asked how far it is.
const snapshotEvery = 500 * time.Millisecond

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

// DeleteSnapshot deletes a snapshot of this installation; one that is being
// taken is given up. What other snapshots need of its files stays. A
// [*HeldError]: another job, which may be restoring it, is at the indices.
func (j *Job) DeleteSnapshot(ctx context.Context, repository, name string) error {
	if _, err := j.snapshot(ctx, repository, name); err != nil {
		return err
	}
	ctx, release, err := j.hold(ctx, "snapshot delete")
	if err != nil {
		return err
	}
	defer release()
	j.Progress.Begin("delete the snapshot", -1)
	defer j.Progress.Done()
	return elastic.Ask(ctx, j.ES, "delete snapshot "+name, esapi.SnapshotDeleteRequest{Repository: repository, Snapshot: []string{name}}, nil)
}

// snapshot is one of this installation's by its name, in whatever state.
func (j *Job) snapshot(ctx context.Context, repository, name string) (Snapshot, error) {
	all, err := j.snapshots(ctx, repository, name)
	switch {
	case err != nil:
		return Snapshot{}, err
	case len(all) != 1:
		return Snapshot{}, fmt.Errorf("snapshot %s is not one of this installation", name)
	}
	return all[0], nil
}

// Restorable is a snapshot by its name.
func (j *Job) Restorable(ctx context.Context, repository, name string) (Snapshot, error) {
	s, err := j.snapshot(ctx, repository, name)
	if err == nil && (s.State != "SUCCESS" || len(s.Indices) != 2) {
		err = fmt.Errorf("snapshot %s is %s and has %d indices, it can't be restored", name, s.State, len(s.Indices))
	}
	return s, err
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
