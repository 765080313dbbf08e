package reindex

import (
	"context"
	"fmt"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
)

// Plan is what a build would do.
type Plan struct {
	Live     []corpus.Index `json:"live"`
	Resumes  string         `json:"resumes,omitempty"` // ID of the build that is gone on with
	Messages int64          `json:"messages"`          // to be read
	Shards   int            `json:"shards"`
	Begins   []string       `json:"begins,omitempty"` // partitions whose log does not begin at its first message any more
	// Displaced are the previous indices that are behind no alias afterwards.
	Displaced []string `json:"displaced,omitempty"`
}

// Plan tells what Run would do. It changes nothing.
func (j *Job) Plan(ctx context.Context, o Options) (Plan, error) {
	s, err := j.standing(ctx)
	if err != nil {
		return Plan{}, err
	}
	es, err := extents(ctx, j.Bus, topics())
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Live: s.live, Shards: j.settings(o, s).Shards, Begins: begins(es)}
	if len(s.live) > 0 {
		p.Displaced = names(s.previous)
	}
	var from corpus.Offsets
	if len(s.next) == 2 && !o.Anew {
		p.Resumes, from, p.Shards = s.next[0].Build.ID, s.next[0].Build.Log, s.next[0].Shards
	}
	ss, err := spans(es, from)
	p.Messages = messages(ss)
	return p, err
}

func begins(es map[string][]bus.Extent) []string {
	var bs []string
	for _, name := range topics() {
		for _, e := range es[name] {
			if e.First > 0 && !expires(name) {
				bs = append(bs, fmt.Sprintf("%s/%d begins at offset %d", name, e.Partition, e.First))
			}
		}
	}
	return bs
}

// settings are those of new indices, with the live ones' where nothing is said.
func (*Job) settings(o Options, s standing) corpus.Settings {
	n := o.Settings
	if n.Shards == 0 && len(s.live) > 0 {
		n.Shards = s.live[0].Shards
	}
	n.Shards = max(n.Shards, 1)
	n.RefreshInterval = corpus.FillRefreshInterval
	return n
}

// PlanRollback tells what Rollback would do. It changes nothing.
func (j *Job) PlanRollback(ctx context.Context) (Plan, []corpus.Index, error) {
	s, err := j.rollbackable(ctx)
	if err != nil {
		return Plan{}, nil, err
	}
	es, err := extents(ctx, j.Bus, topics())
	if err != nil {
		return Plan{}, nil, err
	}
	ss, err := spans(es, s.previous[0].Build.Log)
	return Plan{Live: s.live, Messages: messages(ss), Shards: s.previous[0].Shards}, s.previous, err
}
