package search

import (
	"context"

	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/services/enrich/override/desk"
	"github.com/copytaster/copytaster/services/search/api"
)

// desk is where editors correct articles, nil if they don't by this service. It waits
// for Kafka, as what asks for keys does. Close what it gives.
func (c Config) desk(ctx context.Context, k *boot.Kit) (api.Overrides, func(), error) {
	if !c.SearchOverrides {
		return nil, func() {}, nil
	}
	b, err := bus.Connect(c.Bus, k.Log)
	if err != nil {
		return nil, func() {}, err
	}
	if err := k.Await(ctx, "reach what editors correct", func(ctx context.Context) error { return b.TryTopics(ctx, desk.Topics...) }); err != nil {
		b.Close()
		return nil, func() {}, err
	}
	return desk.New(b, nil), b.Close, nil
}
