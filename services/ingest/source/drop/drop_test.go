package drop_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/intake/intaketest"
	"github.com/copytaster/copytaster/services/ingest/source/drop"
)

// start runs a drop folder with a stage; stop ends both, as at a process's end.
func start(t *testing.T, dir string, settle time.Duration) (s *intaketest.Stage, stop func()) {
	t.Helper()
	s = intaketest.Start(t)
	c := drop.Config{Dir: dir, Source: "inbox", Settle: settle, Scan: 20 * time.Millisecond}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	f := drop.New(c, s.Queue, s.Count.Of("drop", "drop"), zerolog.Nop())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		s.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return s, stop
}

// put has a file there whole: one that is written in place may stay empty, on a
// busy machine, for longer than it takes to settle.
func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(t.TempDir(), "whole")
	if err := os.WriteFile(whole, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(whole, path); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func names(t *testing.T, pattern string) []string {
	t.Helper()
	ps, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

func TestTakesFilesAndKnowsTheirSource(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "early.txt"), "There before the start.")
	s, _ := start(t, dir, 50*time.Millisecond)
	put(t, filepath.Join(dir, "site-3", "a b ü.txt"), "Of a source.")
	intaketest.Await(t, "both are done", func() bool {
		return exists(filepath.Join(dir, "done/inbox/early.txt")) && exists(filepath.Join(dir, "done/site-3/a b ü.txt"))
	})
	sources := map[string]string{}
	for _, a := range s.Articles() {
		sources[a.Source] = a.Original.Name
		if a.Traceparent == "" {
			t.Error("no trace begins")
		}
	}
	if sources["inbox"] != "early.txt" || sources["site-3"] != "a b ü.txt" {
		t.Errorf("%v", sources)
	}
	intaketest.Await(t, "no claim is left", func() bool { return len(names(t, filepath.Join(dir, "work/*/*"))) == 0 })
}

func TestLeavesWhatIsNotComplete(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{".hidden", "a.tmp", "b.part", "C.PART", "d.txt~", "e.filepart"} {
		put(t, filepath.Join(dir, n), "Not complete.")
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "link.txt")); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "no source!", "x.txt"), "In a folder whose name is no source.")
	s, _ := start(t, dir, 50*time.Millisecond)
	put(t, filepath.Join(dir, "last.txt"), "The mark.")
	intaketest.Await(t, "the mark is done", func() bool { return exists(filepath.Join(dir, "done/inbox/last.txt")) })
	if n := len(s.Articles()); n != 1 {
		t.Errorf("%d articles", n)
	}
	// A writer that renames says that it is complete.
	if err := os.Rename(filepath.Join(dir, "a.tmp"), filepath.Join(dir, "a.txt")); err != nil {
		t.Fatal(err)
	}
	intaketest.Await(t, "the renamed file is done", func() bool { return exists(filepath.Join(dir, "done/inbox/a.txt")) })
}

// TestWaitsForWriters: a file that grows is taken once, whole. Where the machine
// is so busy that the writer itself pauses for longer than a file takes to
// settle, it is given longer.
func TestWaitsForWriters(t *testing.T) {
	const lines = 12
	for settle := time.Second; ; settle *= 4 {
		dir := t.TempDir()
		s, stop := start(t, dir, settle)
		longest := writeSlowly(t, filepath.Join(dir, "slow.txt"), lines)
		intaketest.Await(t, "it is done", func() bool { return len(names(t, filepath.Join(dir, "done/inbox/*"))) > 0 })
		as := s.Articles()
		if len(as) == 1 && strings.HasSuffix(as[0].Text, fmt.Sprintf("Line %d\n", lines-1)) {
			return
		}
		if longest < settle || settle > 10*time.Second {
			t.Fatalf("%d articles; the longest pause was %v, files settle in %v", len(as), longest, settle)
		}
		stop()
	}
}

// writeSlowly writes lines one by one, and gives the longest time between two.
func writeSlowly(t *testing.T, path string, lines int) (longest time.Duration) {
	t.Helper()
	began := time.Now()
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	ticks := time.NewTicker(50 * time.Millisecond)
	defer ticks.Stop()
	for i := range lines {
		if _, err := fmt.Fprintf(w, "Line %d\n", i); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		longest, began = max(longest, now.Sub(began)), now
		<-ticks.C
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return longest
}

func TestRefusedFilesStandWithTheirReason(t *testing.T) {
	dir := t.TempDir()
	s, _ := start(t, dir, 50*time.Millisecond)
	put(t, filepath.Join(dir, "empty.txt"), "")
	put(t, filepath.Join(dir, "noise.bin"), "ab\x00\x01\x02")
	put(t, filepath.Join(dir, "other.json"), `{"a": 1}`)
	huge := filepath.Join(dir, "huge.tmp")
	put(t, huge, "")
	if err := os.Truncate(huge, 100<<20); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(huge, filepath.Join(dir, "huge.txt")); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i := range 10 {
		if i == 6 {
			b.WriteString("<item><guid>x</guid></item>")
			continue
		}
		fmt.Fprintf(&b, "<item><guid isPermaLink='false'>%d</guid><title>Title %d</title></item>", i, i)
	}
	put(t, filepath.Join(dir, "feed.xml"), "<rss><channel>"+b.String()+"</channel></rss>")
	for name, want := range map[string]string{"empty.txt": "empty", "noise.bin": "binary", "other.json": "unknown_format", "huge.txt": "too_large", "feed.xml": "empty"} {
		path := filepath.Join(dir, "failed/inbox", name)
		intaketest.Await(t, name+" is refused", func() bool { return exists(path) })
		data, err := os.ReadFile(path + ".reason.txt")
		if err != nil {
			t.Fatal(err)
		}
		var r struct {
			Accepted int
			At       time.Time
			Errors   []struct{ Part, Reason, Error string }
		}
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		if len(r.Errors) != 1 || r.Errors[0].Reason != want || r.At.IsZero() {
			t.Errorf("%s: %s", name, data)
		}
		if name == "feed.xml" && (r.Accepted != 9 || r.Errors[0].Part != "item 7") {
			t.Errorf("%s: %s", name, data)
		}
	}
	if n := len(s.Articles()); n != 9 {
		t.Errorf("%d articles, want the 9 good items", n)
	}
	if n := len(s.Dead()); n != 5 {
		t.Errorf("%d dead letters, want 5", n)
	}
	// The service lives.
	put(t, filepath.Join(dir, "good.txt"), "Good.")
	intaketest.Await(t, "the next is done", func() bool { return exists(filepath.Join(dir, "done/inbox/good.txt")) })
}

func TestEqualNamesDontOverwrite(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("n", 250) + ".txt"
	start(t, dir, 0)
	for i := range 3 {
		for _, name := range []string{"same.txt", long} {
			tmp := filepath.Join(dir, ".next")
			put(t, tmp, fmt.Sprintf("Text %d of %s", i, name))
			if err := os.Rename(tmp, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			intaketest.Await(t, "it is taken", func() bool { return !exists(filepath.Join(dir, name)) })
		}
	}
	intaketest.Await(t, "all are done", func() bool { return len(names(t, filepath.Join(dir, "done/inbox/*"))) == 6 })
	texts := map[string]bool{}
	for _, p := range names(t, filepath.Join(dir, "done/inbox/*")) {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		texts[string(b)] = true
	}
	if len(texts) != 6 {
		t.Errorf("%d different texts are kept of 6", len(texts))
	}
}

// TestNothingIsLostInACrash ends the process while nothing can be written, and
// starts it again: what was claimed comes again, as the same revision.
func TestNothingIsLostInACrash(t *testing.T) {
	dir := t.TempDir()
	s, stop := start(t, dir, 0)
	unblock := s.Block()
	defer unblock()
	page := func(i int) string {
		return fmt.Sprintf("<html><title>Page %d</title><h1>Page %d</h1><p>Text %d of the page.</p></html>", i, i, i)
	}
	const n = 40
	for i := range n {
		tmp := filepath.Join(dir, ".next")
		put(t, tmp, page(i))
		if err := os.Rename(tmp, filepath.Join(dir, fmt.Sprintf("p%d.html", i))); err != nil {
			t.Fatal(err)
		}
	}
	intaketest.Await(t, "some are claimed", func() bool { return len(names(t, filepath.Join(dir, "work/inbox/*/*"))) > 3 })
	stop()
	if got := len(names(t, filepath.Join(dir, "done/inbox/*"))); got != 0 {
		t.Fatalf("%d are done that are not safe", got)
	}
	claims := map[string]time.Time{}
	for _, p := range names(t, filepath.Join(dir, "work/inbox/*/*")) {
		at, err := time.Parse("20060102T150405.000000000Z", filepath.Base(filepath.Dir(p)))
		if err != nil {
			t.Fatal(err)
		}
		claims[filepath.Base(p)] = at
	}
	s, _ = start(t, dir, 0)
	intaketest.Await(t, "all are done", func() bool { return len(names(t, filepath.Join(dir, "done/inbox/*"))) == n })
	uris := map[article.URI]bool{}
	for _, a := range s.Articles() {
		uris[a.URI] = true
		if at, ok := claims[a.Original.Name]; ok && !a.ReceivedAt.Equal(at) {
			t.Errorf("%s was received at %v, claimed at %v", a.Original.Name, a.ReceivedAt, at)
		}
	}
	if len(uris) != n {
		t.Errorf("%d articles of %d", len(uris), n)
	}
}

func TestOneProcessPerFolder(t *testing.T) {
	dir := t.TempDir()
	one, stopOne := start(t, dir, 50*time.Millisecond)
	put(t, filepath.Join(dir, "a.txt"), "First.")
	intaketest.Await(t, "the first has it", func() bool { return len(one.Articles()) == 1 })
	two, _ := start(t, dir, 50*time.Millisecond)
	put(t, filepath.Join(dir, "b.txt"), "Second.")
	intaketest.Await(t, "the first has that too", func() bool { return len(one.Articles()) == 2 })
	// Else its claim would come again.
	intaketest.Await(t, "and is done with it", func() bool { return exists(filepath.Join(dir, "done/inbox/b.txt")) })
	stopOne()
	put(t, filepath.Join(dir, "c.txt"), "Third.")
	intaketest.Await(t, "the second takes over", func() bool { return len(two.Articles()) == 1 })
}

func TestFeedWithoutItems(t *testing.T) {
	dir := t.TempDir()
	start(t, dir, 50*time.Millisecond)
	put(t, filepath.Join(dir, "feed.xml"), "<rss><channel><title>Quiet</title></channel></rss>")
	intaketest.Await(t, "it is done", func() bool { return exists(filepath.Join(dir, "done/inbox/feed.xml")) })
}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		c    drop.Config
		says string
	}{
		{drop.Config{}, ""},
		{drop.Config{Dir: "x", Source: "a b", Scan: 1}, "drop-source"},
		{drop.Config{Dir: "x", Source: "a", Scan: 0}, "drop-scan"},
		{drop.Config{Dir: "x", Source: "a", Scan: 1, Settle: -1}, "drop-settle"},
		{drop.Config{BackfillDir: "x", Source: "a", Scan: 0}, "drop-scan"},
		{drop.Config{Dir: "x", BackfillDir: "xy", Source: "a", Scan: 1}, ""},
		{drop.Config{Dir: "x", BackfillDir: "./x/", Source: "a", Scan: 1}, "drop-backfill-dir"},
		{drop.Config{Dir: "x/y", BackfillDir: "x", Source: "a", Scan: 1}, "drop-backfill-dir"},
		{drop.Config{Dir: "x", BackfillDir: "x/y", Source: "a", Scan: 1}, "drop-backfill-dir"},
	} {
		err := c.c.Validate()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c.c, err)
		}
	}
	if document.MaxBytes >= 100<<20 {
		t.Error("the size test above is beside the point")
	}
}
