package rig

import (
	"context"
	"errors"
	"fmt"

	"github.com/copytaster/copytaster/deploy/faults/ledger"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Public reads the public topics to their ends and holds them against the ledger.
func (p *Pipeline) Public(ctx context.Context) ([]ledger.Finding, error) {
	var all []ledger.Finding
	for _, name := range []string{topic.Released, topic.Current} {
		log := map[article.URI][]ledger.Given{}
		var broken error
		if err := p.ReadAll(ctx, name, func(m stage.Message) {
			a, err := event.Decode(m)
			if err != nil {
				broken = errors.Join(broken, err)
				return
			}
			log[a.URI] = append(log[a.URI], ledger.Given{URI: a.URI, Revision: a.Revision, Status: a.Status, Marks: ledger.Marks(m.Value)})
		}); err != nil || broken != nil {
			return nil, fmt.Errorf("read %s: %w", name, errors.Join(err, broken))
		}
		all = append(all, p.Ledger.Public(name, log)...)
	}
	return all, nil
}
