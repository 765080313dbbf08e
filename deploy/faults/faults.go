// Package faults breaks a running pipeline in every way that the fault matrix
// names, and holds what is in the index at the end against a ledger of what was
// acknowledged.
//
// Everything is real: Kafka, Elasticsearch and the services are processes of
// their own, and die by SIGKILL. Each row of the matrix has a pipeline with
// topics and indices of its own.
package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/rig"
	"github.com/copytaster/copytaster/deploy/faults/wire"
	"github.com/copytaster/copytaster/deploy/local"
)

// Options are what is run and how.
type Options struct {
	Root string // of the workspace: services are built from it, servers run from its .local
	// Dir is for the servers' data, programs and logs; Elasticsearch's user must
	// be able to pass it. "": a new one in .local, or where that user can go,
	// removed at the end if all went well, unless Keep.
	Dir  string
	Keep bool
	// Seed decides on articles, moments and faults; how processes interleave it
	// can't decide.
	Seed  uint64
	Rows  []string // names of rows; none: all
	Short bool     // a small form of each
	// Scale multiplies articles and faults of the full form; 0: 1.
	Scale float64
	Texts []wire.Text // what articles say; none: made-up sentences
	Go    string      // the program that builds the services; "": go
	Out   io.Writer   // gets the fault log and the table; one line at a time
}

// row is one line of the matrix.
type row struct {
	name, about string
	// shared rows break services and links of their own only: their small forms
	// run side by side.
	shared bool
	limit  time.Duration // of the full form
	run    func(context.Context, *trial) error
}

// shortLimit bounds the small form of a row; it is for machines that have much
// else to do.
const shortLimit = 10 * time.Minute

// matrix is the table of rows.
func matrix() []row {
	return []row{
		{"kill-services", "kill -9 of each service at random moments", true, 90 * time.Minute, killServices},
		{"rebalance", "rebalance storm: members of three groups join, leave and die", true, 60 * time.Minute, rebalance},
		{"poison", "poison among good copy", true, 30 * time.Minute, poison},
		{"replay", "the whole topic replayed twice, shuffled", true, 30 * time.Minute, replay},
		{"clocks", "clocks a day off, dates in the future", true, 30 * time.Minute, clocks},
		{"links", "slow, half-open, resetting and cut links", true, 60 * time.Minute, links},
		{"elasticsearch", "Elasticsearch refuses, hangs, breaks off, is read-only, is down", false, 60 * time.Minute, elastic},
		{"kill-broker", "kill -9 of the broker", false, 60 * time.Minute, killBroker},
	}
}

// Names are the names of all rows, in the order in which they run.
func Names() []string {
	var names []string
	for _, r := range matrix() {
		names = append(names, r.name)
	}
	return names
}

// About says what a row does.
func About(name string) string {
	for _, r := range matrix() {
		if r.name == name {
			return r.about
		}
	}
	return ""
}

// ErrBroken says that a row found one of the four, or another promise broken.
var ErrBroken = errors.New("the pipeline did not keep its promises")

// Run runs rows. The results are of those that ran, in the matrix's order. The
// error is [ErrBroken] if a row failed, another one if it could not be tried.
func Run(ctx context.Context, o Options) ([]Result, error) {
	var rows []row
	for _, name := range o.Rows {
		if !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("there is no row %q; there are %s", name, strings.Join(Names(), ", "))
		}
	}
	for _, r := range matrix() {
		if len(o.Rows) == 0 || slices.Contains(o.Rows, r.name) {
			rows = append(rows, r)
		}
	}
	if o.Scale == 0 || o.Short {
		o.Scale = 1
	}
	var results []Result
	err := o.serve(ctx, func(o Options, servers *rig.Servers) (err error) {
		results, err = o.on(ctx, servers, rows)
		return err
	})
	return results, err
}

// serve starts servers for what is done with them. The options that it is given
// name the folder, and write whole lines.
func (o Options) serve(ctx context.Context, do func(Options, *rig.Servers) error) (err error) {
	out := &lines{w: o.Out}
	o.Out = out
	dir, tidy, err := o.place()
	if err != nil {
		return err
	}
	o.Dir = dir
	defer func() { err = tidy(err) }()
	lock, err := local.Lock(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	fmt.Fprintf(out, "seed %d, %s\n", o.Seed, map[bool]string{true: "short form", false: "full form"}[o.Short])
	servers, err := rig.Start(ctx, o.Root, o.Dir, o.Go, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, servers.Stop(context.WithoutCancel(ctx))) }()
	return do(o, servers)
}

// on runs rows on servers that run.
func (o Options) on(ctx context.Context, servers *rig.Servers, rows []row) ([]Result, error) {
	results := make([]Result, len(rows))
	var together sync.WaitGroup
	for i, r := range rows {
		one := func() { results[i] = o.try(ctx, r, servers) }
		if o.Short && r.shared {
			together.Go(one)
			continue
		}
		// What breaks the servers waits for those who share them.
		together.Wait()
		one()
	}
	together.Wait()
	return results, Report(o.Out, results)
}

// place makes the folder. tidy removes it or says where it is; it returns the
// error that it is given, or one of its own.
func (o Options) place() (dir string, tidy func(error) error, err error) {
	say := func(err error) error {
		fmt.Fprintf(o.Out, "data and logs are in %s\n", dir)
		return err
	}
	if o.Dir != "" {
		if dir, err = filepath.Abs(o.Dir); err != nil {
			return "", nil, err
		}
		return dir, say, os.MkdirAll(dir, 0o755) //nolint:gosec // Elasticsearch's user passes it
	}
	root, err := filepath.Abs(o.Root)
	if err != nil {
		return "", nil, err
	}
	base, err := local.Base(filepath.Join(root, ".local"), o.Out)
	if err != nil {
		return "", nil, err
	}
	if dir, err = os.MkdirTemp(base, "faults-"); err != nil {
		return "", nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // Elasticsearch's user passes it
		return "", nil, err
	}
	return dir, func(err error) error {
		if err != nil || o.Keep {
			return say(err)
		}
		return os.RemoveAll(dir)
	}, nil
}

// lines writes whole lines from many goroutines.
type lines struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
