package copytaster

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Load of BenchmarkKillToHidden.
const (
	killLoad  = 50 // articles pushed in a second
	killEvery = 50 // of these, so many live until one of them is killed
	// It is looked whether a kill has come through after killLook, and then
	// whenever a tenth has gone by of the time that it took so far: often enough
	// for the figures, and not so often that the looking is the load. Until there
	// is something to kill it is looked after killWait.
	killLook = 20 * time.Millisecond
	killWait = 200 * time.Millisecond
	// killEmbargo is long enough for an article to wait for its time.
	killEmbargo = 10 * time.Second
)

// BenchmarkKillToHidden pushes 50 articles a second and kills every fiftieth when
// it is found. It measures from the kill's acceptance (its 202) until the
// article is absent from search and facets, from the API with its revisions,
// and until the notice is in the public topics; and from the end of an embargo
// of every fiftieth until it is there.
func BenchmarkKillToHidden(b *testing.B) {
	s := startSystem(b)
	released, current := s.subscribe(topic.Released), s.subscribe(topic.Current)
	var mu sync.Mutex
	took := map[string][]time.Duration{}
	note := func(what string, d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		took[what] = append(took[what], d)
	}
	// until looks again and again, and gives the first moment.
	until := func(what string, least time.Duration, ok func() (bool, error)) time.Time {
		began := time.Now()
		for deadline := began.Add(waitLimit); ; {
			done, err := ok()
			now := time.Now()
			switch {
			case err == nil && done:
				return now
			case now.After(deadline):
				b.Errorf("%s: not within %v: %v", what, waitLimit, err)
				return now
			}
			<-time.After(max(least, now.Sub(began)/10))
		}
	}
	said := func(uri article.URI, status article.Status) func() (bool, error) {
		return func() (bool, error) {
			for _, sub := range []*subscriber{released, current} {
				all := sub.all(uri)
				if len(all) == 0 || all[len(all)-1].Status != status {
					return false, nil
				}
			}
			return true, nil
		}
	}
	// push gives the moment of acceptance; ingest may be busy before it.
	push := func(item string) time.Time {
		return until("an item is accepted", killLook, func() (bool, error) {
			a, err := s.push(strings.NewReader(item), "source=wire")
			if err == nil && a.status != http.StatusAccepted {
				err = fmt.Errorf("push: %d %s", a.status, a.body)
			}
			return err == nil, err
		})
	}
	kill := func(id, word string, uri article.URI) {
		until("the article is everywhere", killWait, func() (bool, error) {
			f, err := s.search(word)
			out, _ := said(uri, article.Usable)()
			return err == nil && len(f.Hits) == 1 && out, err
		})
		accepted := push(fmt.Sprintf(`{"uri":%q,"pubstatus":"canceled"}`, id))
		var looks sync.WaitGroup
		look := func(what string, ok func() (bool, error)) {
			looks.Go(func() { note(what, until(what, killLook, ok).Sub(accepted)) })
		}
		look("search", func() (bool, error) {
			f, err := s.search(word)
			if err != nil || len(f.Hits) > 0 || f.Total.Value > 0 {
				return false, err
			}
			for _, facet := range f.Facets {
				if len(facet.Values) > 0 {
					return false, nil
				}
			}
			return true, nil
		})
		look("versions", func() (bool, error) {
			status, body, err := s.get(uri, 0)
			return status == http.StatusOK && strings.Contains(body, `"canceled"`) && !strings.Contains(body, "Report "+word), err
		})
		look("public", said(uri, article.Canceled))
		looks.Wait()
	}
	var under sync.WaitGroup
	tick := time.NewTicker(time.Second / killLoad)
	defer tick.Stop()
	b.ResetTimer()
	for i := range b.N {
		<-tick.C
		under.Go(func() {
			word := fmt.Sprintf("killword%d", i)
			id := "urn:newsml:wire.example:kill:" + word
			uri := article.URI("urn:copytaster:wire:" + id)
			item := ninjs(id, "1", "Report "+word, "")
			end := time.Now().Add(killEmbargo)
			if i%killEvery == 1 {
				item = embargoed(id, "1", "Report "+word, end)
			}
			push(item)
			switch i % killEvery {
			case 0:
				kill(id, word, uri)
			case 1:
				until("the embargo is over", killWait, said(uri, article.Usable))
				note("embargo", current.all(uri)[0].read.Sub(end))
			}
		})
	}
	under.Wait()
	b.StopTimer()
	for what, all := range took {
		slices.Sort(all)
		for name, at := range map[string]int{"p50": len(all) / 2, "p99": len(all) * 99 / 100} {
			b.ReportMetric(float64(all[at])/float64(time.Millisecond), what+"-"+name+"-ms")
		}
	}
	b.ReportMetric(0, "ns/op")
	b.Logf("%d kills, %d embargoes, at %d articles/s", len(took["search"]), len(took["embargo"]), killLoad)
}
