package copytaster

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/topic"
)

// elasticDelete deletes what a test made that has no namespace.
func (o *tools) elasticDelete(path string) {
	o.t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(o.t.Context()), http.MethodDelete, o.elasticsearch+path, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		o.t.Error(err)
		return
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		o.t.Errorf("DELETE %s: %s %s", path, resp.Status, b)
	}
}

// TestSnapshots: they are taken, listed and deleted, and the place of their
// repository is changed by none who didn't agree to it.
func TestSnapshots(t *testing.T) {
	o := toolsOn(t, nil)
	o.ensure(topic.Enriched, topic.EnrichedBulk)
	es, err := elastic.Config{URL: []string{o.elasticsearch}}.Connect(1)
	if err != nil {
		t.Fatal(err)
	}
	defer es.Close()
	if err := corpus.Ensure(t.Context(), es, corpus.Namespace(o.ns), corpus.Settings{}); err != nil {
		t.Fatal(err)
	}
	store := strings.TrimSuffix(o.ns, "-")
	here, there := store+"/here", store+"/there" // below path.repo
	in := func(args ...string) []string { return append(slices.Clone(args), "--repository", store) }

	o.refused(boot.ExitFailed, "there is no snapshot repository", in("snapshot", "create", "first", "--dry-run")...)
	if out := o.must(boot.ExitOK, in("snapshot", "create", "first", "--dry-run", "--location", here)...); !strings.Contains(out, "snapshot first of "+o.ns+"articles-1 and ") {
		t.Errorf("got %s", out)
	}
	o.refused(boot.ExitFailed, "there is no snapshot repository", in("snapshot", "list")...)
	if got := o.lines(boot.ExitOK, in("snapshot", "create", "first", "--location", here)...); got[0]["state"] != "SUCCESS" || got[0]["done"] != true {
		t.Errorf("got %v", got)
	}
	t.Cleanup(func() { o.elasticDelete("/_snapshot/" + store) })
	o.must(boot.ExitOK, in("snapshot", "create", "second", "--location", here+"/")...) // the same place

	moved := fmt.Sprintf("The snapshot repository %s is registered at %s/. Registers it at %s instead", store, here, there)
	o.refused(boot.ExitUsage, moved, in("snapshot", "create", "third", "--location", there)...)
	o.refused(boot.ExitUsage, moved, in("snapshot", "restore", "first", "--location", there)...)
	for _, args := range [][]string{{"list"}, {"restore", "first", "--dry-run"}, {"create", "third", "--dry-run"}} {
		o.refused(boot.ExitUsage, fmt.Sprintf("is registered at %s/. What changes something would ask, and register it at %s instead", here, there),
			in(append(append([]string{"snapshot"}, args...), "--location", there)...)...)
	}
	if got := o.lines(boot.ExitOK, in("snapshot", "list")...); len(got) != 2 {
		t.Errorf("got %v", got)
	}

	o.refused(boot.ExitUsage, "snapshot third is not one of this installation", in("snapshot", "delete", "first", "third", "--yes")...)
	o.refused(boot.ExitUsage, "Deletes 2 snapshots of repository "+store+": first, second: this can't be undone", in("snapshot", "delete", "first", "second")...)
	if got := o.lines(boot.ExitOK, in("snapshot", "delete", "first", "--dry-run")...); len(got) != 1 || got[0]["snapshot"] != "first" || got[0]["done"] != false {
		t.Errorf("got %v", got)
	}
	if got := o.lines(boot.ExitOK, in("snapshot", "list")...); len(got) != 2 {
		t.Errorf("after a dry run: %v", got)
	}
	if got := o.lines(boot.ExitOK, in("snapshot", "delete", "first", "--yes")...); len(got) != 1 || got[0]["done"] != true {
		t.Errorf("got %v", got)
	}
	o.only(o.lines(boot.ExitOK, in("snapshot", "list")...), object{"snapshot": "second"})

	o.must(boot.ExitOK, in("snapshot", "create", "third", "--location", there, "--yes")...)
	o.only(o.lines(boot.ExitOK, in("snapshot", "list")...), object{"snapshot": "third"})
	if out := o.must(boot.ExitOK, in("snapshot", "delete", "third", "third", "--yes")...); !strings.Contains(out, "third") || !strings.Contains(out, "deleted") {
		t.Errorf("got %s", out)
	}
	o.must(boot.ExitOK, in("snapshot", "list", "--location", there)...)
	o.must(boot.ExitOK, in("snapshot", "create", "fourth", "--location", here, "--yes")...)
	o.must(boot.ExitOK, in("snapshot", "delete", "second", "fourth", "--yes")...)
}
