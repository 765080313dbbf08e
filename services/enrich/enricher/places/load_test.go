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
	if len(g.records) > roomRecords || len(g.postings) > roomPostings || len(g.named) > roomNames {
		t.Errorf("%d places, %d names in %d bytes don't fit", len(g.records), len(g.postings), len(g.named))
	}
	for _, c := range g.countries[1:] {
		if len(c) != 2 {
			t.Errorf("country %q", c)
		}
	}
}

// A table holds as many keys as it says, and finds each of them and no other.
func TestTable(t *testing.T) {
	var tab table
	tab.reserve(6)
	key := func(i int) uint64 { return step(uint64(i), 7) }
	n := tab.room()
	for i := range n {
		*tab.put(key(i)) = int32(i + 1)
	}
	for i := range 2 * n {
		head, some := tab.get(key(i))
		if want := i < n; some != want || want && head != int32(i+1) {
			t.Errorf("key %d: %d, %v", i, head, some)
		}
	}
	if tab.used != n || n >= len(tab.slots) {
		t.Errorf("%d keys of %d in %d slots", tab.used, n, len(tab.slots))
	}
}

// More names than there is room for are an error, and no endless search.
func TestTableFull(t *testing.T) {
	g := &Gazetteer{records: make([]record, 2), postings: make([]posting, 1)}
	g.table.reserve(3)
	l := loader{g: g}
	for _, name := range []string{"Ash", "Birch", "Cedar", "Dogwood", "Elm", "Fir"} {
		l.name(name, 1, 0, 0)
	}
	if l.full != nil {
		t.Fatal(l.full)
	}
	if l.name("Gum", 1, 0, 0); l.full == nil {
		t.Errorf("%d keys in %d slots", g.table.used, len(g.table.slots))
	}
}
