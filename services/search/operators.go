package search

import (
	"context"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/operator"
)

// operators is where operators work, nil if they don't by this service. Without Kafka searches
// are answered: it plays no part in being ready. Close what it gives.
func (c Config) operators(ctx context.Context, k *boot.Kit, keep *archive.Archive) (api.Operator, func(), error) {
	if !c.SearchOperator {
		return nil, func() {}, nil
	}
	b, err := bus.Connect(c.busAs(c.SearchOperatorUser, c.SearchOperatorPasswordFile), k.Log)
	if err != nil {
		return nil, nil, err
	}
	desk := operator.New(b, operator.Config{Every: c.SearchOperatorEvery, Archive: keep, Log: k.Log})
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		desk.Run(ctx)
	}()
	return desk, func() {
		stopping, late := context.WithTimeout(context.Background(), StopTime)
		defer late()
		if err := desk.Stop(stopping); err != nil {
			k.Log.Error().Err(err).Msg("stopping: the letter on its way may have been sent, and not be noted")
		}
		cancel()
		<-done
		desk.Close()
		b.Close()
	}, nil
}
