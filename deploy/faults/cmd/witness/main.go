// Command witness is a stage that writes down which message it handles when:
// offset and key, one line each, into a file that all witnesses share. Many of
// them are members of one group, and the file tells in which order they worked
// together.
package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Config is what a witness is told.
type Config struct {
	Bus         bus.Config   `embed:""`
	Stage       stage.Config `embed:"" prefix:"stage-"`
	WitnessFile string       `help:"File to write to." placeholder:"FILE"`
}

// Validate tells which settings are wrong.
func (c Config) Validate() error {
	if c.WitnessFile == "" {
		return errors.New("setting witness-file is empty")
	}
	return errors.Join(c.Bus.Validate(), c.Stage.Validate())
}

func main() {
	boot.Main(boot.Service[Config]{Name: "witness", About: "Write down what is handled.", Listen: "127.0.0.1:0", Run: run})
}

// safe is a sink that has nothing to do.
type safe struct{}

func (safe) Write(context.Context, []article.Article) error { return nil }
func (safe) Close() error                                   { return nil }

// Some messages take a while, so that work is under way when members come and
// go: one in slowOneIn, up to slowMost.
const (
	slowOneIn = 3
	slowMost  = 20 * time.Millisecond
)

// work takes so long; false: ctx ended before.
func work(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func run(ctx context.Context, c Config, k *boot.Kit) (err error) {
	f, err := os.OpenFile(c.WitnessFile, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := bus.Connect(c.Bus, k.Log)
	if err != nil {
		return err
	}
	defer b.Close()
	source, err := b.Source(bus.SourceConfig{Group: "faults.witness", Topics: []string{topic.Received}})
	if err != nil {
		return err
	}
	k.Ready("source", source.Ready)
	k.Started()
	return stage.Stage{
		Name: "witness", Source: source, Sink: safe{}, Dead: b.DeadLetters(), Config: c.Stage, Observer: k.Observer("witness"), Log: k.Log,
		Handler: func(ctx context.Context, m stage.Message) ([]article.Article, error) {
			// Before the line is written: whoever works on the key's next message
			// too early gets ahead.
			if rand.IntN(slowOneIn) == 0 && !work(ctx, rand.N(slowMost)) {
				return nil, ctx.Err()
			}
			// One write, at the end of the file: the kernel puts the lines of all
			// witnesses in one order.
			if _, err := fmt.Fprintf(f, "%d %s\n", m.Offset, m.Key); err != nil {
				return nil, err
			}
			a, err := event.Decode(m)
			return []article.Article{a}, err
		},
	}.Run(ctx)
}
