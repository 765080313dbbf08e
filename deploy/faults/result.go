package faults

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/ledger"
)

// Result is what a row has shown.
type Result struct {
	Row     string
	Seed    uint64
	Faults  int
	Verdict ledger.Verdict
	// Compared tells that the index was held against the ledger.
	Compared bool
	// Recovery is, for each fault, the time until a reader found an article that
	// was sent after the fault, or after it ended if the fault lasts: see Notes.
	Recovery []time.Duration
	Took     time.Duration
	Notes    []string // further figures
	Failed   []string // promises beyond the ledger that were not kept, and rows that could not be run to their end
}

// OK tells whether all promises were kept.
func (r Result) OK() bool { return r.Compared && len(r.Failed) == 0 && len(r.Verdict.Findings) == 0 }

// Why names what was not kept.
func (r Result) Why() string {
	var parts []string
	for _, k := range ledger.Kinds() {
		if n := r.Verdict.Count(k); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, k))
		}
	}
	return strings.Join(append(parts, r.Failed...), "; ")
}

// Counts are the four, as "0/0/0/0".
func (r Result) Counts() string {
	if !r.Compared {
		return "not compared"
	}
	var parts []string
	for _, k := range ledger.Kinds() {
		parts = append(parts, strconv.Itoa(r.Verdict.Count(k)))
	}
	return strings.Join(parts, "/")
}

// Percentile is the p-th (0 to 1) of ds by the nearest rank; 0 of none.
func Percentile(ds []time.Duration, p float64) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	ds = slices.Sorted(slices.Values(ds))
	return ds[min(max(int(math.Ceil(p*float64(len(ds))))-1, 0), len(ds)-1)]
}

// Longest is the 99th percentile; of fewer than 100, which have none, the
// longest of all.
func Longest(ds []time.Duration) time.Duration {
	if len(ds) < 100 {
		return Percentile(ds, 1)
	}
	return Percentile(ds, 0.99)
}

// Report writes the table of all rows to w. Its error is [ErrBroken] with the rows
// that are not OK, nil if all are.
func Report(w io.Writer, rs []Result) error {
	fmt.Fprint(w, Table(rs))
	var err error
	for _, r := range rs {
		if !r.OK() {
			err = errors.Join(err, fmt.Errorf("row %s: %w: %s", r.Row, ErrBroken, r.Why()))
		}
	}
	return err
}

// shown is how many findings of a row the report prints.
const shown = 20

// Table is the report of all rows, in Markdown.
func Table(rs []Result) string {
	var b strings.Builder
	b.WriteString("\n| row | articles | revisions | kills | faults | lost/duplicate/stale/resurrected | recovery p50 | p99, of fewer than 100 the longest | took | seed |\n|---|---|---|---|---|---|---|---|---|---|\n")
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
	for _, r := range rs {
		p50, p99 := "-", "-"
		if len(r.Recovery) > 0 {
			p50, p99 = seconds(Percentile(r.Recovery, 0.5)), seconds(Longest(r.Recovery))
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %s | %s | %s | %s | %d |\n", r.Row, r.Verdict.Articles, r.Verdict.Revisions, r.Verdict.Kills,
			r.Faults, r.Counts(), p50, p99, seconds(r.Took), r.Seed)
	}
	b.WriteByte('\n')
	for _, r := range rs {
		for _, n := range r.Notes {
			fmt.Fprintf(&b, "%s: %s\n", r.Row, n)
		}
		for _, f := range r.Failed {
			fmt.Fprintf(&b, "%s: FAILED: %s\n", r.Row, f)
		}
		for i, f := range r.Verdict.Findings {
			if i == shown {
				fmt.Fprintf(&b, "%s: and %d more\n", r.Row, len(r.Verdict.Findings)-shown)
				break
			}
			fmt.Fprintf(&b, "%s: %s: %s: %s\n", r.Row, strings.ToUpper(string(f.Kind)), f.URI, f.Detail)
		}
	}
	return b.String()
}
