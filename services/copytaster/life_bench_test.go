package copytaster

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
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

// Rounds of BenchmarkEmbargoAcrossRestart: how long an embargo is, and how long
// before its end the service is killed. Kafka keeps the partitions of a process
// that was killed for 10 s.
var restarts = []struct {
	name         string
	embargo, out time.Duration
}{
	{"killed-15s-before", 40 * time.Second, 15 * time.Second},
	{"killed-1s-before", 25 * time.Second, time.Second},
}

// restartGoal is the longest that it should take.
const restartGoal = 2 * time.Second

// BenchmarkEmbargoAcrossRestart kills the release service, as a program of its own,
// by SIGKILL while an article is under embargo, and starts it again when the
// embargo has ended. It measures from that start until the article is in both
// public topics, and until a search finds it from the end, which search and index
// don't need the service for.
func BenchmarkEmbargoAcrossRestart(b *testing.B) {
	s := startSystem(b, "ingest", "enrich", "index", "search")
	program := buildService(b, "release")
	released, current := s.subscribe(topic.Released), s.subscribe(topic.Current)
	for _, c := range restarts {
		b.Run(c.name, func(b *testing.B) {
			took := map[string][]time.Duration{}
			for i := range b.N {
				word := fmt.Sprintf("restart%s%d%d", strings.NewReplacer("-", "", "killed", "").Replace(c.name), b.N, i)
				id := "urn:newsml:wire.example:" + word
				uri := article.URI("urn:copytaster:wire:" + id)
				kill, _ := s.program(b, program)
				end := time.Now().Add(c.embargo)
				s.mustPush(embargoed(id, "1", "Report "+word, end), "source=wire")
				if !s.awaitPending(uri, end) || !time.Now().Before(end.Add(-c.out)) {
					b.Skip("the machine is too busy: the embargo was over before it could be cut off")
				}
				<-time.After(time.Until(end.Add(-c.out)))
				kill()
				<-time.After(time.Until(end)) // the moment that it is dead at
				began := time.Now()
				kill, log := s.program(b, program)
				s.await("a search finds it", func() error {
					f, err := s.search(word)
					if err == nil && len(f.Hits) != 1 {
						err = fmt.Errorf("%d hits", len(f.Hits))
					}
					return err
				})
				took["search"] = append(took["search"], time.Since(end))
				for name, sub := range map[string]*subscriber{"released": released, "current": current} {
					s.awaitSaid(sub, uri, "usable Report "+word)
					took[name] = append(took[name], sub.all(uri)[0].read.Sub(began))
				}
				if early := end.Sub(released.all(uri)[0].read); early > 0 {
					b.Errorf("released %v before its time", early)
				}
				kill()
				if late := current.all(uri)[0].read.Sub(began); late > restartGoal {
					b.Logf("%v after the start at %s, which says:\n%s", late, began.UTC().Format(time.RFC3339Nano), log)
				}
			}
			for what, all := range took {
				b.ReportMetric(float64(slices.Max(all))/float64(time.Millisecond), what+"-max-ms")
				slices.Sort(all)
				b.ReportMetric(float64(all[len(all)/2])/float64(time.Millisecond), what+"-p50-ms")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// program runs a service as a process on the system's servers until kill, which
// leaves it no time for anything. The log may be read after that.
func (s *system) program(b *testing.B, path string) (kill func(), log *bytes.Buffer) {
	b.Helper()
	log = new(bytes.Buffer)
	cmd := exec.Command(path)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "COPYTASTER_KAFKA_BROKERS="+strings.Join(s.brokers, ","), "COPYTASTER_NAMESPACE="+s.namespace,
		"COPYTASTER_LISTEN="+freeAddr(b), "COPYTASTER_LOG_LEVEL=debug")
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if b.Failed() {
			b.Logf("%s said: %s", path, log)
		}
	})
	b.Cleanup(kill)
	return kill, log
}
