package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/deploy/faults"
	"github.com/copytaster/copytaster/deploy/faults/ledger"
)

// shows is a matrix that had these results, and reports them as the real one does.
func shows(seen *faults.Options, results ...faults.Result) matrix {
	return func(_ context.Context, o faults.Options) ([]faults.Result, error) {
		*seen = o
		for i := range results {
			results[i].Seed = o.Seed
		}
		return results, faults.Report(o.Out, results)
	}
}

// well is a row that kept its promises, with recoveries of 1 to n seconds.
func well(row string, n int) faults.Result {
	r := faults.Result{Row: row, Faults: n, Compared: true, Took: 90 * time.Second}
	for i := range n {
		r.Recovery = append(r.Recovery, time.Duration(n-i)*time.Second)
	}
	return r
}

func TestExitCodes(t *testing.T) {
	lost := well("kill-services", 3)
	lost.Verdict.Findings = []ledger.Finding{{Kind: ledger.Lost, URI: "urn:test:gone", Detail: "it was acknowledged"}}
	broken := well("links", 3)
	broken.Failed = []string{"a reader waited too long"}
	untold := well("poison", 3)
	untold.Compared = false
	var seen faults.Options
	for name, c := range map[string]struct {
		args []string
		rows matrix
		code int
		out  []string // what it prints
		errs string   // what it says is wrong
	}{
		"all kept": {
			[]string{"--seed", "4711"},
			shows(&seen, well("poison", 3), well("links", 200)), 0,
			// p50 and p99 by the nearest rank; of fewer than 100 the longest.
			[]string{
				"| row | articles | revisions | kills | faults | lost/duplicate/stale/resurrected | recovery p50 | p99, of fewer than 100 the longest | took | seed |",
				"| poison | 0 | 0 | 0 | 3 | 0/0/0/0 | 2.0 s | 3.0 s | 90.0 s | 4711 |",
				"| links | 0 | 0 | 0 | 200 | 0/0/0/0 | 100.0 s | 198.0 s | 90.0 s | 4711 |",
			},
			"",
		},
		"one of the four": {
			[]string{"--seed", "4711"},
			shows(&seen, well("poison", 3), lost), 1,
			[]string{"| kill-services | 0 | 0 | 0 | 3 | 1/0/0/0 |", "kill-services: LOST: urn:test:gone: it was acknowledged"},
			"faults: row kill-services: the pipeline did not keep its promises: 1 lost",
		},
		"another promise": {
			nil, shows(&seen, broken), 1,
			[]string{"links: FAILED: a reader waited too long"},
			"faults: row links: the pipeline did not keep its promises: a reader waited too long",
		},
		"nothing was compared": {nil, shows(&seen, untold), 1, []string{"| not compared |"}, "faults: row poison: the pipeline did not keep its promises"},
		"it could not be tried": {
			nil, func(context.Context, faults.Options) ([]faults.Result, error) {
				return nil, errors.New("no server starts")
			}, 2, nil, "faults: no server starts",
		},
		"a flag that isn't there": {[]string{"--speed", "1"}, nil, 2, nil, "faults: unknown flag --speed"},
		"a seed that is none":     {[]string{"--seed", "x"}, nil, 2, nil, "faults: --seed"},
		"a row that isn't there":  {[]string{"--row", "floods"}, faults.Run, 2, nil, `faults: there is no row "floods"; there are kill-services, `},
		"texts that aren't there": {[]string{"--reuters", filepath.Join(t.TempDir(), "none")}, nil, 2, nil, "none: no such file or directory"},
		"help":                    {[]string{"--help"}, nil, 0, []string{"--seed", "kill-services"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := run(t.Context(), c.args, &out, &errs, c.rows)
			if code != c.code || !strings.Contains(errs.String(), c.errs) || c.errs == "" && errs.Len() > 0 {
				t.Errorf("exit code %d, want %d with %q\n%s%s", code, c.code, c.errs, out.String(), errs.String())
			}
			for _, want := range c.out {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, out.String())
				}
			}
		})
	}
}

// What was asked for reaches the matrix, and a run that names no seed has one
// that can be named the next time.
func TestOptions(t *testing.T) {
	dir := t.TempDir()
	var seen faults.Options
	var out, errs bytes.Buffer
	args := []string{"--short", "--row", "links,poison", "--seed", "4711", "--scale", "0.5", "--root", dir, "--dir", filepath.Join(dir, "x"), "--keep", "--go", "go1"}
	if code := run(t.Context(), args, &out, &errs, shows(&seen, well("links", 1))); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	seen.Out = nil
	want := faults.Options{Short: true, Rows: []string{"links", "poison"}, Seed: 4711, Scale: 0.5, Root: dir, Dir: filepath.Join(dir, "x"), Keep: true, Go: "go1"}
	if !reflect.DeepEqual(seen, want) {
		t.Errorf("got %+v, want %+v", seen, want)
	}
	out.Reset()
	if code := run(t.Context(), nil, &out, &errs, shows(&seen, well("links", 1))); code != 0 || seen.Seed == 0 || !strings.Contains(out.String(), fmt.Sprintf("| %d |\n", seen.Seed)) {
		t.Errorf("exit code %d, seed %d, in\n%s", code, seen.Seed, out.String())
	}
}
