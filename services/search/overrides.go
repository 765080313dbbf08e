package search

import (
	"context"
	"time"

	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/services/enrich/override/desk"
	"github.com/copytaster/copytaster/services/search/api"
)

// StopTime is how long the service waits at its end for corrections that are made, and for
// the letter that is redriven.
const StopTime = 15 * time.Second

// busAs is how a user of its own reaches Kafka, if there is one: who corrects and operates may
// write articles, which who answers searches needn't.
func (c Config) busAs(user, passwordFile string) bus.Config {
	b := c.Bus
	if user != "" {
		b.Security.KafkaUser, b.Security.KafkaPassword, b.Security.KafkaPasswordFile = user, "", passwordFile
	}
	return b
}

// editors correct articles, nil if they don't by this service. It waits for Kafka, as
// what asks for keys does. Close what it gives.
func (c Config) editors(ctx context.Context, k *boot.Kit) (*api.Editors, func(), error) {
	if !c.SearchOverrides {
		return nil, func() {}, nil
	}
	b, err := bus.Connect(c.busAs(c.SearchOverridesUser, c.SearchOverridesPasswordFile), k.Log)
	if err != nil {
		return nil, nil, err
	}
	var at *desk.Desk
	if err := k.Await(ctx, "read what editors correct", func(ctx context.Context) (err error) {
		at, err = desk.Open(ctx, b)
		return err
	}); err != nil {
		b.Close()
		return nil, nil, err
	}
	editors := api.NewEditors(at, time.Now)
	return editors, func() {
		ctx, cancel := context.WithTimeout(context.Background(), StopTime)
		defer cancel()
		if err := editors.Stop(ctx); err != nil {
			k.Log.Error().Err(err).Msg("stopping: the same correction, sent once more, goes on")
		}
		_ = at.Close() // it only reads
		b.Close()
	}, nil
}
