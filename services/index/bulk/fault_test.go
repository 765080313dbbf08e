package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/index/bulk"
)

const full = `{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"full"}}`

// TestItemWithoutRoomIsSentAgain: it alone, and nothing of its id before it.
func TestItemWithoutRoomIsSentAgain(t *testing.T) {
	var mu sync.Mutex
	var requests []string
	var repeated atomic.Int32
	refusals := 2
	w := observed(t, bulk.Config{Concurrency: 1}, bulk.Observer{Repeat: func(n int) { repeated.Add(int32(n)) }}, func(w http.ResponseWriter, ds []line, _ int) {
		mu.Lock()
		defer mu.Unlock()
		var ids []string
		for _, d := range ds {
			ids = append(ids, fmt.Sprintf("%s@%d", d.ID, d.Version))
		}
		requests = append(requests, strings.Join(ids, " "))
		items(w, ds, func(d line) string {
			if d.ID == "1" && refusals > 0 {
				refusals--
				return full
			}
			return created(d)
		})
	})
	ds := append(docs(3), bulk.Doc{Index: "a", ID: "1", Version: 2, Body: []byte(`{}`)})
	results, err := w.Write(t.Context(), ds)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Outcome != bulk.Created || r.Err != nil {
			t.Errorf("document %d: %+v", i, r)
		}
	}
	want := []string{"0@1 1@1 2@1", "1@1", "1@1", "1@2"}
	if !slices.Equal(requests, want) || repeated.Load() != 2 {
		t.Errorf("%q, %d repeated", requests, repeated.Load())
	}
	if n, size := w.Pending(); n != 0 || size != 0 {
		t.Errorf("%d documents and %d bytes still wait", n, size)
	}
}

// TestRestingDocumentsCanBeGivenUp: by their caller, and by Close.
func TestRestingDocumentsCanBeGivenUp(t *testing.T) {
	repeated := make(chan struct{}, 100)
	w := observed(t, bulk.Config{}, bulk.Observer{Repeat: func(int) { repeated <- struct{}{} }}, func(w http.ResponseWriter, ds []line, _ int) {
		items(w, ds, func(line) string { return full })
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-repeated
		cancel()
	}()
	if _, err := w.Write(ctx, docs(2)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	done := make(chan []bulk.Result)
	go func() {
		results, err := w.Write(t.Context(), docs(1))
		if err != nil {
			t.Error(err)
		}
		done <- results
	}()
	<-repeated
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if r := <-done; r[0].Err == nil || stage.IsPermanent(r[0].Err) {
		t.Errorf("%+v", r)
	}
	if n, size := w.Pending(); n != 0 || size != 0 {
		t.Errorf("%d documents and %d bytes still wait", n, size)
	}
}

// outage is an Elasticsearch that can be switched off, and writes down how it
// was asked meanwhile.
type outage struct {
	mu      sync.Mutex
	off     bool
	open    bool // and the first probe began
	flying  int
	probes  []time.Time
	wrong   []string
	states  []bulk.State
	written map[string]int64
}

func (o *outage) circuit(s bulk.State, why error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	// Those under way when it opens may arrive later; before the first probe
	// they have ended.
	o.open = s == bulk.HalfOpen || o.open && s != bulk.Closed
	o.states = append(o.states, s)
	if s == bulk.Open && why == nil {
		o.wrong = append(o.wrong, "it opened for no reason")
	}
}

func (o *outage) answer(w http.ResponseWriter, ds []line, _ int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open {
		o.probes = append(o.probes, time.Now())
		if len(ds) != 1 || o.flying > 0 {
			o.wrong = append(o.wrong, fmt.Sprintf("%d documents and %d other requests while it was open", len(ds), o.flying))
		}
	}
	if o.off {
		o.flying++
		o.mu.Unlock()
		<-time.After(2 * time.Millisecond) // so that requests overlap if they may
		o.mu.Lock()
		o.flying--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	items(w, ds, func(d line) string {
		o.written[d.ID] = max(o.written[d.ID], d.Version)
		return created(d)
	})
}

func (o *outage) set(off bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.off = off
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not in time", what)
		}
	}
}

// TestCircuit: while Elasticsearch is away one document at a time is tried, and
// when it is back everything goes in by itself.
func TestCircuit(t *testing.T) {
	o := &outage{off: true, written: map[string]int64{}}
	const every, callers = 20 * time.Millisecond, 8
	w := observed(t, bulk.Config{BreakAfter: 3, ProbeEvery: every, MaxDocs: 5}, bulk.Observer{Circuit: o.circuit}, o.answer)
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			ds := docs(20)
			for i := range ds {
				ds[i].ID = fmt.Sprintf("%d-%d", caller, i)
			}
			for len(ds) > 0 {
				results, err := w.Write(t.Context(), ds)
				if err != nil {
					t.Error(err)
					return
				}
				var again []bulk.Doc
				for i, r := range results {
					if r.Err != nil {
						again = append(again, ds[i])
					}
				}
				ds = again
			}
		})
	}
	eventually(t, "some probes", func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		return len(o.probes) >= 5
	})
	if s, why := w.Circuit(); s == bulk.Closed || why == nil || !strings.Contains(why.Error(), "503") {
		t.Errorf("%s, %v", s, why)
	}
	o.set(false)
	wg.Wait()
	if s, why := w.Circuit(); s != bulk.Closed || why != nil {
		t.Errorf("%s, %v", s, why)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.written) != callers*20 || len(o.wrong) > 0 {
		t.Errorf("%d written; %q", len(o.written), o.wrong)
	}
	for i := 1; i < len(o.probes); i++ {
		if d := o.probes[i].Sub(o.probes[i-1]); d < every {
			t.Errorf("probe %d came after %v", i, d)
		}
	}
	n := len(o.states)
	if n < 5 || !slices.Equal(o.states[:3], []bulk.State{bulk.Open, bulk.HalfOpen, bulk.Open}) || !slices.Equal(o.states[n-2:], []bulk.State{bulk.HalfOpen, bulk.Closed}) {
		t.Errorf("states: %v", o.states)
	}
}

// TestCulpritDoesNotKeepTheCircuitOpen: a document whose request always breaks
// down holds up nobody for good.
func TestCulpritDoesNotKeepTheCircuitOpen(t *testing.T) {
	synctest.Test(t, testCulprit)
}

func testCulprit(t *testing.T) {
	es := direct(func(_ context.Context, w io.Writer, ds []line) (int, error) {
		if slices.ContainsFunc(ds, func(d line) bool { return d.ID == "0" }) {
			return 0, io.ErrUnexpectedEOF
		}
		items(w, ds, created)
		return http.StatusOK, nil
	})
	w := bulk.New(es, bulk.Config{BreakAfter: 1, ProbeEvery: 5 * time.Millisecond, Timeout: 300 * time.Millisecond, MaxDocs: 3}, bulk.Observer{})
	defer w.Close()
	left := docs(10)
	for range 50 {
		results, err := w.Write(t.Context(), left)
		if err != nil {
			t.Fatal(err)
		}
		var again []bulk.Doc
		for i, r := range results {
			if stage.IsPermanent(r.Err) {
				t.Fatal(r.Err)
			}
			if r.Err != nil {
				again = append(again, left[i])
			}
		}
		left = again
		if len(left) == 1 {
			break
		}
	}
	if len(left) != 1 || left[0].ID != "0" {
		t.Errorf("left: %d", len(left))
	}
}

// TestUnavailable: what waited long enough comes back unsent, and says why.
func TestUnavailable(t *testing.T) { synctest.Test(t, testUnavailable) }

func testUnavailable(t *testing.T) {
	var sent atomic.Int32
	es := direct(func(_ context.Context, _ io.Writer, ds []line) (int, error) {
		sent.Add(int32(len(ds)))
		return http.StatusServiceUnavailable, nil
	})
	w := bulk.New(es, bulk.Config{BreakAfter: 1, ProbeEvery: 100 * time.Millisecond, Timeout: 2 * time.Second, MaxDocs: 1, Concurrency: 1}, bulk.Observer{})
	defer w.Close()
	results, err := w.Write(t.Context(), docs(1000))
	if err != nil {
		t.Fatal(err)
	}
	unsent := 0
	for _, r := range results {
		if _, ok := errors.AsType[*bulk.UnavailableError](r.Err); ok {
			unsent++
		}
		if r.Err == nil || stage.IsPermanent(r.Err) || !strings.Contains(r.Err.Error(), "503") {
			t.Fatalf("%+v", r)
		}
	}
	if n := int(sent.Load()); unsent < 970 || n < 20 || n > 22 {
		t.Errorf("%d unsent, %d sent", unsent, sent.Load())
	}
}

// TestHalvingStopsWhenTheCircuitOpens: no request but the probe is sent then.
func TestHalvingStopsWhenTheCircuitOpens(t *testing.T) {
	var sizes []int
	w := fake(t, bulk.Config{BreakAfter: 1, ProbeEvery: time.Hour, Concurrency: 1, Timeout: time.Hour}, func(w http.ResponseWriter, ds []line, _ int) {
		if sizes = append(sizes, len(ds)); len(ds) > 4 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		w.WriteHeader(http.StatusBadGateway)
	})
	results, err := w.Write(t.Context(), docs(16))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err == nil || stage.IsPermanent(r.Err) {
			t.Fatalf("%+v", r)
		}
	}
	if !slices.Equal(sizes, []int{16, 8, 4}) {
		t.Errorf("requests of %v documents", sizes)
	}
}

func TestReserve(t *testing.T) {
	w := fake(t, bulk.Config{MaxPending: 100}, func(w http.ResponseWriter, ds []line, _ int) { items(w, ds, created) })
	free, err := w.Reserve(t.Context(), 1000) // more than there is: it goes alone
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := w.Reserve(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	free()
	for range 10 {
		if _, err = w.Reserve(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAnyFaults: whatever Elasticsearch answers, whoever repeats what failed gets
// every document in, in its order, and never two of an id are under way.
func TestAnyFaults(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var mu sync.Mutex
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		bad := rapid.IntRange(0, 60).Draw(rt, "bad percent")
		busy := map[string]bool{}
		stands := map[string]int64{}
		var wrong []string
		c := bulk.Config{
			MaxDocs: rapid.IntRange(1, 8).Draw(rt, "docs"), Concurrency: rapid.IntRange(1, 3).Draw(rt, "concurrency"),
			BreakAfter: rapid.IntRange(1, 4).Draw(rt, "break after"), ProbeEvery: time.Millisecond, Timeout: time.Minute,
		}
		w := fake(t, c, func(w http.ResponseWriter, ds []line, _ int) {
			mu.Lock()
			defer mu.Unlock()
			for _, d := range ds {
				if busy[d.ID] {
					wrong = append(wrong, "two of "+d.ID)
				}
				busy[d.ID] = true
			}
			defer func() {
				for _, d := range ds {
					delete(busy, d.ID)
				}
			}()
			apply := func(d line) string {
				if d.Version < stands[d.ID] {
					wrong = append(wrong, "order of "+d.ID)
				}
				stands[d.ID] = max(stands[d.ID], d.Version)
				return created(d)
			}
			if dice.IntN(100) >= bad {
				items(w, ds, func(d line) string {
					if dice.IntN(400) < bad {
						return full
					}
					return apply(d)
				})
				return
			}
			switch dice.IntN(5) {
			case 0:
				w.WriteHeader(http.StatusServiceUnavailable)
			case 1:
				panic(http.ErrAbortHandler)
			case 2: // done, and nobody hears of it
				for _, d := range ds {
					apply(d)
				}
				panic(http.ErrAbortHandler)
			case 3: // done, and the reply is cut
				w.Header().Set("Content-Length", "10000")
				items(w, ds, apply)
			case 4:
				w.WriteHeader(http.StatusRequestEntityTooLarge)
			}
		})
		var wg sync.WaitGroup
		want := map[string]int64{}
		for caller := range rapid.IntRange(1, 4).Draw(rt, "callers") {
			n := int64(rapid.IntRange(1, 12).Draw(rt, "n"))
			id := fmt.Sprint("c", caller)
			want[id] = n
			wg.Go(func() {
				for v := int64(1); v <= n; v++ {
					for {
						results, err := w.Write(context.Background(), []bulk.Doc{{Index: "a", ID: id, Version: v, Body: []byte(`{}`)}})
						if err != nil {
							t.Error(err)
							return
						}
						// A 413 of one document is for good; here it is only a fault.
						if results[0].Err == nil {
							break
						}
					}
				}
			})
		}
		wg.Wait()
		for id, n := range want {
			if stands[id] != n {
				rt.Fatalf("%s stands at %d, want %d", id, stands[id], n)
			}
		}
		if len(wrong) > 0 {
			rt.Fatal(wrong)
		}
		if n, size := w.Pending(); n != 0 || size != 0 {
			rt.Fatalf("%d documents and %d bytes still wait", n, size)
		}
	})
}
