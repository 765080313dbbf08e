package places

import (
	"io/fs"
	"runtime"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/cputime"
)

// BenchmarkLoad measures the start, and what the gazetteer keeps in memory.
func BenchmarkLoad(b *testing.B) {
	sub, err := fs.Sub(data, "data")
	if err != nil {
		b.Fatal(err)
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	var g *Gazetteer
	var used time.Duration
	for b.Loop() {
		used += cputime.Of(func() { g, err = load(sub) })
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(used.Milliseconds())/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(heap()-before)/(1<<20), "MiB-kept")
	b.ReportMetric(float64(len(g.records)), "places")
	b.ReportMetric(float64(len(g.postings)), "names")
	b.ReportMetric(float64(g.table.used), "keys")
}

// What is built in fits the room that is made for it.
func TestRoom(t *testing.T) {
	g, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if len(g.records) > roomRecords || len(g.postings) > roomPostings || len(g.named) > roomNames || len(g.table.keys) > roomTable {
		t.Errorf("%d places, %d names in %d bytes, %d keys don't fit", len(g.records), len(g.postings), len(g.named), len(g.table.keys))
	}
	for _, c := range g.countries[1:] {
		if len(c) != 2 {
			t.Errorf("country %q", c)
		}
	}
}
