// Command offclock is the ingest service on a machine whose clock is wrong: it
// takes the settings of ingest, and how far off the clock is.
package main

import (
	"context"
	"time"

	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/services/ingest"
)

// config is what it is told.
type config struct {
	ingest.Config `embed:""`

	ClockOff time.Duration `help:"How far the clock is ahead, or, less than nothing, behind."`
}

func main() {
	s := ingest.Service
	boot.Main(boot.Service[config]{Name: s.Name, About: s.About, Listen: s.Listen, Run: run})
}

func run(ctx context.Context, c config, k *boot.Kit) error {
	return ingest.RunBy(ctx, c.Config, k, func() time.Time { return time.Now().Add(c.ClockOff) })
}
