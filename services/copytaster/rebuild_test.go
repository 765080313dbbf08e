package copytaster

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/copytaster/operate"
	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/enrich/enricher"
)

// marker is an enrichment that says which one it is.
type marker string

func (m marker) Enrich(_ context.Context, a *article.Article) error {
	a.Agency = article.Label{Value: string(m)}
	return nil
}

// enrichAs runs an enrich service that marks what it enriches.
func enrichAs(s *system, mark string) (stop func()) {
	s.t.Helper()
	service := enrich.Service
	service.Run = func(ctx context.Context, c enrich.Config, k *boot.Kit) error {
		return enrich.RunWith(ctx, c, k, enricher.Catalogue{{
			Name: "marker", Version: 1, Required: true, New: func() (enricher.Enricher, error) { return marker(mark), nil },
		}})
	}
	c, err := boot.Load(service, "--namespace="+s.namespace, "--kafka-brokers="+strings.Join(s.brokers, ","))
	if err != nil {
		s.t.Fatal(err)
	}
	srv, err := boot.NewServer(boot.Config{Listen: "127.0.0.1:0"}, zerolog.Nop())
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- boot.RunService(ctx, service, c, srv.Kit("enrich")) }()
	done := false
	stop = func() {
		if done {
			return
		}
		done = true
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("enrich: %v", err)
		}
		if err := srv.Close(context.Background()); err != nil {
			s.t.Error(err)
		}
	}
	s.t.Cleanup(stop)
	s.await("enrich is ready", func() error { return boot.Healthcheck(ctx, srv.Addr()) })
	return stop
}

// shelf is what the index has of an article: of its head, and of each source
// revision, "mark/generation", or "killed".
func (s *system) shelf(key string) (string, error) {
	uri := article.URI("urn:test:" + key)
	if err := s.refresh(); err != nil {
		return "", err
	}
	says := ""
	for _, alias := range []string{"articles", "article-versions"} {
		docs, err := s.source(alias, uri)
		if err != nil {
			return "", err
		}
		byRevision := map[int64]string{}
		most := int64(0)
		for _, d := range docs {
			a, _, err := corpus.Parse(d)
			if err != nil {
				return "", err
			}
			n := a.Revision.Source()
			byRevision[n] = fmt.Sprintf(" %d:%s/%d", n, a.Agency.Value, a.Revision.Parts().Generation)
			if a.Status == article.Canceled {
				byRevision[n] = fmt.Sprintf(" %d:killed", n)
				if strings.Contains(string(d), "Report") {
					byRevision[n] += " and text"
				}
			}
			most = max(most, n)
		}
		for n := range most + 1 {
			says += byRevision[n]
		}
		says += ";"
	}
	return strings.TrimSpace(says), nil
}

func (s *system) refresh() error {
	resp, err := s.client.Post(s.elasticsearch+"/"+s.namespace+"articles,"+s.namespace+"article-versions/_refresh", "application/json", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("refresh: %s", resp.Status)
	}
	return nil
}

func (s *system) wantShelf(key, want string) {
	s.t.Helper()
	s.await(key+" is "+want, func() error {
		got, err := s.shelf(key)
		if err == nil && got != want {
			err = fmt.Errorf("it is %q", got)
		}
		return err
	})
}

// TestGenerations takes articles through one enrichment, another that is
// promoted with all of the log enriched again, and back to the results of the
// first; with kills in between, which stay. Then the indices are built anew.
func TestGenerations(t *testing.T) {
	s := startSystem(t, "index")
	o := toolsOn(t, s)
	killOf := func(key string, revision int) article.Article {
		a := report(key, revision)
		a.Status = article.Canceled
		return a
	}
	o.refused(boot.ExitUsage, "nothing to roll back", "generation", "rollback", "--yes")
	stop := enrichAs(s, "one")
	o.write(topic.Received, report("a", 1), report("a", 2), report("b", 1), report("k", 1), report("late", 1))
	o.write(topic.Received, killOf("k", 2))
	s.wantShelf("a", "2:one/0; 1:one/0 2:one/0;")
	s.wantShelf("b", "1:one/0; 1:one/0;")
	s.wantShelf("k", "2:killed; 1:killed 2:killed;")

	if out := o.must(boot.ExitOK, "generation", "list"); !strings.Contains(out, "no generation was issued") {
		t.Errorf("got %s", out)
	}
	o.refused(boot.ExitUsage, "missing flags: --note", "generation", "issue")
	if got := o.lines(boot.ExitOK, "generation", "issue", "--note", "two", "--dry-run"); got[0]["number"] != 1.0 || got[0]["done"] != false {
		t.Errorf("got %v", got)
	}
	if got := o.lines(boot.ExitOK, "generation", "issue", "--note", "two", "--above", "7", "--dry-run"); got[0]["number"] != 8.0 {
		t.Errorf("got %v", got)
	}
	if got := o.lines(boot.ExitOK, "generation", "issue", "--note", "two"); got[0]["number"] != 1.0 || got[0]["done"] != true {
		t.Errorf("got %v", got)
	}
	o.refused(boot.ExitUsage, "was not issued", "generation", "promote", "2", "--yes")
	o.refused(boot.ExitUsage, "this can't be undone", "generation", "promote", "1", "--deployed")
	if got := o.lines(boot.ExitOK, "generation", "promote", "1", "--replay", "--dry-run"); len(got) != 2 || got[1]["messages"] != 6.0 || got[1]["done"] != false {
		t.Errorf("got %v", got)
	}
	o.refused(boot.ExitFailed, "stop enrich on all machines first", "generation", "promote", "1", "--yes")
	stop()

	if got := o.lines(boot.ExitOK, "generation", "promote", "1", "--replay", "--yes"); got[0]["counts"] != true || got[1]["messages"] != 6.0 {
		t.Errorf("got %v", got)
	}
	stop = enrichAs(s, "two")
	// Live copy beside it: a newer revision, a new article, and a kill.
	o.write(topic.Received, report("a", 3), report("new", 1), killOf("late", 2))
	s.wantShelf("a", "3:two/1; 1:two/1 2:two/1 3:two/1;")
	s.wantShelf("b", "1:two/1; 1:two/1;")
	s.wantShelf("new", "1:two/1; 1:two/1;")
	s.wantShelf("late", "2:killed; 1:killed 2:killed;")
	s.wantShelf("k", "2:killed; 1:killed 2:killed;")
	// The kill went through both lanes.
	s.await("the back-fill lane has no lag", func() error {
		lag, err := o.bus.Lag(t.Context(), topic.GroupEnrichBulk, topic.ReceivedBulk)
		if err == nil && lag[topic.ReceivedBulk] > 0 {
			err = fmt.Errorf("%v", lag)
		}
		return err
	})
	o.refused(boot.ExitFailed, "stop enrich on all machines first", "generation", "rollback", "--yes")
	stop()

	dry := o.lines(boot.ExitOK, "generation", "rollback", "--dry-run")[0]
	if dry["number"] != 2.0 || dry["restores"] != 0.0 || dry["sent"] != 3.0 || dry["done"] != false {
		t.Errorf("got %v", dry)
	}
	out := o.must(boot.ExitOK, "generation", "rollback", "--yes", "--note", "worse")
	for _, want := range []string{"generation 2 counts from now on", "3 results of generation 0 and before were sent again", "2 articles were killed, and stay so", "start the old program now", "came since the promotion", "copytaster generation promote 2 --replay --from-time"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	o.refused(boot.ExitUsage, "is a rollback already", "generation", "rollback", "--yes")
	enrichAs(s, "one")
	s.wantShelf("a", "3:two/1; 1:one/2 2:one/2 3:two/1;")
	s.wantShelf("b", "1:one/2; 1:one/2;")
	s.wantShelf("new", "1:two/1; 1:two/1;")
	s.wantShelf("late", "2:killed; 1:killed 2:killed;")
	s.wantShelf("k", "2:killed; 1:killed 2:killed;")
	if got := o.lines(boot.ExitOK, "generation", "rollback", "--again")[0]; got["number"] != 2.0 || got["sent"] != 3.0 {
		t.Errorf("got %v", got)
	}
	// And the rest, as the rollback says.
	o.must(boot.ExitOK, "generation", "promote", "2", "--replay", "--from-time", "1h")
	s.wantShelf("a", "3:one/2; 1:one/2 2:one/2 3:one/2;")
	s.wantShelf("new", "1:one/2; 1:one/2;")
	s.wantShelf("k", "2:killed; 1:killed 2:killed;")
	if got := o.only(o.lines(boot.ExitOK, "generation", "list"), object{"counts": true}); got["number"] != 2.0 || got["note"] != "worse" {
		t.Errorf("got %v", got)
	}

	shadowSays(t, o)
	reindexes(t, s, o)
}

// shadowSays compares with what the program's own enrichers would give: no
// agency, and a language.
func shadowSays(t *testing.T, o *tools) {
	t.Helper()
	before := len(o.log(topic.EnrichedBulk)) + len(o.log(topic.Enriched))
	got := o.lines(boot.ExitOK, "reindex", "--shadow", "--uri", "urn:test:b", "--uri", "urn:test:k")[0]
	if got["compared"].(float64) < 1 || got["killed"].(float64) < 2 || got["changed"] != got["compared"] {
		t.Errorf("got %v", got)
	}
	fields := map[string]object{}
	for _, f := range got["fields"].([]any) {
		f := f.(object)
		fields[f["field"].(string)] = f
	}
	if f := fields["agency"]; f["lost"] != got["compared"] || f["examples"].([]any)[0].(object)["indexed"] != `"one"` {
		t.Errorf("agency: %v", f)
	}
	if f := fields["language"]; f["gained"] != got["compared"] {
		t.Errorf("language: %v", f)
	}
	if f := fields["uri"]; f["same"] != got["compared"] {
		t.Errorf("uri: %v", f)
	}
	if _, ok := fields["revision"]; ok {
		t.Error("the revision is compared, which every generation changes")
	}
	// Which ones a sample has depends on how the partitions are read beside each other: it may be killed ones alone.
	few := o.lines(boot.ExitOK, "reindex", "--shadow", "--sample", "3", "--since", "1h")[0]
	if n := few["compared"].(float64) + few["killed"].(float64) + few["not_indexed"].(float64); n < 3 || n > 5 {
		t.Errorf("got %v", few)
	}
	out := o.must(boot.ExitOK, "reindex", "--shadow", "--sample", "0", "--examples", "1", "--since", "1h")
	for _, want := range []string{"enrichers: segments/", "agency lost of urn:test:", "  indexed: \"one\"\n  now:     nothing"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if n := len(o.log(topic.EnrichedBulk)) + len(o.log(topic.Enriched)); n != before {
		t.Errorf("%d messages became %d", before, n)
	}
	for _, arg := range []string{"--since=1h", "--sample=5", "--sample=1000", "--examples=5"} {
		o.refused(boot.ExitUsage, "go with --shadow", "reindex", arg)
	}
	o.refused(boot.ExitUsage, "allowed are 0 to 50", "reindex", "--shadow", "--examples", "51")
	o.refused(boot.ExitUsage, "must not be negative", "reindex", "--shadow", "--sample=-1")
	o.refused(boot.ExitUsage, "go with building only", "reindex", "--shadow", "--anew")
}

// reindexes builds anew, lists, goes back and drops.
func reindexes(t *testing.T, s *system, o *tools) {
	t.Helper()
	a, err := s.shelf("a")
	if err != nil {
		t.Fatal(err)
	}
	plan := o.lines(boot.ExitOK, "reindex", "--dry-run")[0]
	if plan["action"] != "build" || plan["messages"].(float64) < 10 || plan["shards"] != 1.0 || len(plan["live"].([]any)) != 2 {
		t.Errorf("got %v", plan)
	}
	o.refused(boot.ExitUsage, "allowed are 1 to 128", "reindex", "--shards", "129")
	o.refused(boot.ExitUsage, "allowed are 1 to 256", "reindex", "--lanes", "0")
	o.refused(boot.ExitFailed, "there are no previous indices", "reindex", "--rollback")
	r := o.lines(boot.ExitOK, "reindex", "--shards", "2", "--max-pause", "30s")[0]
	if r["swapped"] != true || r["compared"].(object)["differences"] != 0.0 || r["messages"].(float64) < 10 {
		b, _ := json.Marshal(r)
		t.Errorf("got %s", b)
	}
	id := r["id"].(string)
	list := o.lines(boot.ExitOK, "reindex", "list")
	o.only(list, object{"name": s.namespace + "articles-1-" + id, "role": "live", "shards": 2, "write_blocked": false})
	o.only(list, object{"name": s.namespace + "article-versions-1", "role": "previous", "write_blocked": true})
	s.wantShelf("a", a)
	out := o.must(boot.ExitOK, "reindex", "list")
	for _, want := range []string{"live since", "index service", "closed for writing", s.namespace + "articles-1-" + id} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	o.write(topic.Enriched, report("since", 1))
	s.wantShelf("since", "1:/0; 1:/0;") // by the index service, which knows of nothing
	o.refused(boot.ExitUsage, "Makes "+s.namespace+"articles-1 with ", "reindex", "--rollback")
	if out := o.must(boot.ExitOK, "reindex", "--rollback", "--max-pause", "30s", "--yes"); !strings.Contains(out, "swapped: live copy waited") {
		t.Errorf("got %s", out)
	}
	s.wantShelf("since", "1:/0; 1:/0;")
	s.wantShelf("a", a)
	o.refused(boot.ExitUsage, "can't be undone", "reindex", "drop", "previous")
	o.refused(boot.ExitUsage, "is live", "reindex", "drop", "live")
	o.refused(boot.ExitUsage, "no indices are", "reindex", "drop", id[1:], "--yes")
	o.refused(boot.ExitUsage, "no indices are", "reindex", "drop", "-", "--yes")
	closed, err := http.NewRequest(http.MethodPut, s.elasticsearch+"/"+s.namespace+"articles/_block/write", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.client.Do(closed)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	o.refused(operate.ExitDiffers, "articles-1: closed for writing", "indices", "check")
	o.only(o.lines(operate.ExitDiffers, "indices", "check"), object{"problem": "closed", "index": s.namespace + "articles-1"})
	if got := o.must(boot.ExitOK, "reindex", "open", "-n"); !strings.Contains(got, "articles-1: would be opened for writing") {
		t.Errorf("got %s", got)
	}
	o.refused(operate.ExitDiffers, "articles-1: closed for writing", "indices", "check") // a dry run opened nothing
	if got := o.must(boot.ExitOK, "reindex", "open"); !strings.Contains(got, "articles-1: open for writing again") {
		t.Errorf("got %s", got)
	}
	o.only(o.lines(boot.ExitOK, "reindex", "open"), object{"done": true})
	o.must(boot.ExitOK, "indices", "check")
	if got := o.lines(boot.ExitOK, "reindex", "drop", id, "--yes"); len(got) != 2 || got[0]["done"] != true {
		t.Errorf("got %v", got)
	}
	if list := o.lines(boot.ExitOK, "reindex", "list"); len(list) != 2 {
		t.Errorf("left: %v", list)
	}
	o.refused(boot.ExitFailed, "there is no snapshot repository", "snapshot", "list", "--repository", "t-none")
	o.refused(boot.ExitUsage, "is no name", "snapshot", "create", "A b")
	// A document that is in no log: the new indices lack it.
	foreign := report("foreign", 1)
	doc, err := corpus.Document(&foreign, foreign.ReceivedAt)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPut, s.elasticsearch+"/"+s.namespace+"articles/_doc/"+corpus.ID(foreign.URI)+"?version_type=external&version=65536", strings.NewReader(string(doc)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	code, out, errs := o.run("reindex")
	if code != operate.ExitDiffers || !strings.Contains(out, "missing") || !strings.Contains(out, "urn:test:foreign") || !strings.Contains(errs, "nothing was swapped") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}
