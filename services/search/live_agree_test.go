package search_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/services/search"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/live"
)

// TestLiveChoosesAsSearchesDo: what a live feed is narrowed down by has the meaning that it
// has in a search, for any articles and filters.
func TestLiveChoosesAsSearchesDo(t *testing.T) {
	n := open(t)
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	const seed = 20240420
	some := rand.New(rand.NewPCG(seed, seed)) // the same each time
	one := func(of ...string) string { return of[some.IntN(len(of))] }
	// Times and days next to each other, so that bounds are met; degrees on bounds and next to them.
	at := func() time.Time {
		return day.Add(time.Duration(some.IntN(96)-48)*time.Hour + time.Duration(some.IntN(3)-1)*time.Millisecond)
	}
	date := func() time.Time { return day.Truncate(24*time.Hour).AddDate(0, 0, some.IntN(9)-4) }
	degrees := func() float64 { return float64(some.IntN(17)-8)*20 + float64(some.IntN(3)-1)*1e-7 }
	reports := make([]report, 150)
	for i := range reports {
		r := report{id: fmt.Sprint(i), language: one("en", "de"), agency: one("dpa", "AP", ""), headline: "Ferry", body: []string{"It runs."}, published: at()}
		for range some.IntN(3) {
			from := float64(some.IntN(5)) * 1000
			r.sums = append(r.sums, sum{one("EUR", "USD", ""), from, from + float64(some.IntN(3))*500})
		}
		for range some.IntN(3) {
			from := date()
			r.dates = append(r.dates, article.Moment{From: from, To: from.AddDate(0, 0, some.IntN(3)), Precision: article.PrecisionDay})
		}
		for range some.IntN(3) {
			r.places = append(r.places, article.Place{Name: fmt.Sprint("Place ", i), Country: "NE", Located: true, Lat: degrees() / 2, Lon: degrees()})
		}
		r.translated = float64(some.IntN(3)) / 2
		reports[i] = r
	}
	as := n.index(reports...)

	degree := func(from, to int) string { return fmt.Sprintf("%d", from+some.IntN((to-from)/20+1)*20) }
	filters := map[string]func() []string{
		"from":           func() []string { return []string{one(at().Format(time.RFC3339Nano), date().Format(time.DateOnly))} },
		"to":             func() []string { return []string{one(at().Format(time.RFC3339Nano), date().Format(time.DateOnly))} },
		"day":            func() []string { return []string{date().Format(time.DateOnly), date().Format(time.DateOnly)} },
		"amount_from":    func() []string { return []string{fmt.Sprint(some.IntN(9) * 500)} },
		"amount_to":      func() []string { return []string{fmt.Sprint(some.IntN(9) * 500)} },
		"currency":       func() []string { return []string{one("EUR", "USD"), one("EUR", "GBP")} },
		"mentioned_from": func() []string { return []string{date().Format(time.DateOnly)} },
		"mentioned_to":   func() []string { return []string{date().Format(time.DateOnly)} },
		"translated":     func() []string { return []string{one("yes", "no")} },
		"agency":         func() []string { return []string{one("dpa", "AP")} },
		"within": func() []string {
			return []string{degree(-160, 160) + "," + degree(-80, 0) + "," + degree(-160, 160) + "," + degree(20, 80)}
		},
	}
	names := slices.Sorted(maps.Keys(filters))
	f := find.New(n.es, n.names, zone, search.MaxTimeout, time.Now)
	asked, found := 0, map[string]int{} // by filter: answers that are neither nothing nor all
	for asked < 300 {
		values := url.Values{}
		for range 1 + some.IntN(3) {
			name := names[some.IntN(len(names))]
			values[name] = filters[name]()
		}
		request, err := find.ParseLive(values, zone, live.MaxLife)
		if err != nil {
			continue // ends before it begins, or the like
		}
		asked++
		values.Set("size", "100")
		values.Set("facets", "none")
		var want []string
		for {
			whole, err := find.ParseRequest(values, zone)
			if err != nil {
				t.Fatal(err)
			}
			page, err := f.Search(t.Context(), whole)
			if err != nil {
				t.Fatalf("%v: %v", values, err)
			}
			want = append(want, ids(page)...)
			if page.Next == "" {
				break
			}
			values.Set("after", page.Next)
		}
		slices.Sort(want)
		var got []string
		for i, a := range as {
			by := corpus.FoundBy(a)
			if request.Chooses(a, &by) {
				got = append(got, reports[i].id)
			}
		}
		slices.Sort(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%v: searches (-) and live feeds (+):\n%s", values, d)
		}
		if !request.Narrowed() {
			t.Errorf("%v narrows nothing down", values)
		}
		if len(want) > 0 && len(want) < len(as) {
			for name := range values {
				found[name]++
			}
		}
	}
	for _, name := range names {
		if found[name] < 5 {
			t.Errorf("%s chose some of the articles only %d times", name, found[name])
		}
	}
	if _, err := find.ParseLive(url.Values{"said": {"x"}}, zone, live.MaxLife); err == nil {
		t.Error("said is taken, and passed over")
	}
	if _, err := find.ParseLive(url.Values{"evolved_from": {"urn:x:y"}}, zone, live.MaxLife); err == nil {
		t.Error("evolved_from is taken, and passed over")
	}
}
