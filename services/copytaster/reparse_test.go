package copytaster

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest"
)

// ninjsOf is the article of a ninjs item, as ingest makes it.
func ninjsOf(t *testing.T, id, headline string) article.Article {
	t.Helper()
	data := fmt.Appendf(nil, `{"uri":%q,"version":"1","versioncreated":"2026-01-05T10:00:00Z","headline":%q,"body_text":"The text of %s."}`, id, headline, id)
	as, err := ingest.Decode(t.Context(), data, ingest.Hint{Source: "desk", ReceivedAt: time.Date(2026, 1, 5, 10, 1, 0, 0, time.UTC)}, "")
	if err != nil || len(as) != 1 {
		t.Fatalf("%d articles: %v", len(as), err)
	}
	return as[0]
}

// worse is a as an earlier decoder may have read it.
func worse(a article.Article) article.Article {
	text := "An older parse of " + string(a.URI)
	a.Text, a.Urgency = text, 9
	a.Segments = []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{Start: 0, End: len(text)}, Enricher: "format/ninjs", Version: 0, Confidence: 1}}}
	return a
}

// sent is all that is in a topic.
func (o *tools) sent(name string) (as []article.Article) {
	o.t.Helper()
	for _, m := range o.log(name) {
		a, err := event.Decode(m)
		if err != nil {
			o.t.Fatal(err)
		}
		as = append(as, a)
	}
	return as
}

// TestReparse decodes the log again: a dry run tells what differs, a write sends
// it once, as the next sequence, and a better decoder later as the one after.
func TestReparse(t *testing.T) {
	o := toolsOn(t, nil)
	dir := filepath.Join(t.TempDir(), "archive")
	kept, closeIt, err := archive.Config{Dir: dir}.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := closeIt(); err != nil {
			t.Error(err)
		}
	}()
	same, differs, claimed, gone := ninjsOf(t, "same", "H"), ninjsOf(t, "differs", "H"), ninjsOf(t, "claimed", "H"), ninjsOf(t, "gone", "H")
	name, err := archive.KeyOf(&claimed).Name()
	if err != nil {
		t.Fatal(err)
	}
	if err := kept.Put(t.Context(), archive.KeyOf(&claimed), claimed.Original.Bytes); err != nil {
		t.Fatal(err)
	}
	claimed.Original.Archived, gone.Original.Archived = name, "somewhere"
	claimed.Original.Bytes, gone.Original.Bytes = nil, nil
	moved := worse(ninjsOf(t, "moved", "H"))
	moved.URI = "urn:copytaster:desk:what-it-was-called"
	refused := ninjsOf(t, "refused", "H")
	refused.Original.Bytes = []byte(`{"uri":"refused","pubstatus":"nobody knows"}`)
	other := worse(ninjsOf(t, "other", "H"))
	other.Source = "elsewhere"
	o.ensure(topic.Received, topic.ReceivedBulk)
	o.write(topic.Received, same, worse(differs), worse(claimed), gone, moved, refused, other)

	args := []string{"reparse", "--source", "desk", "--archive-dir", dir}
	check := func(lines []object, sent int) {
		t.Helper()
		sum := o.only(lines, object{"action": "summary"})
		for field, want := range map[string]int{"read": 6, "same": 1, "differ": 2, "refused": 1, "identity": 1, "missing": 1, "sent": sent} {
			if sum[field] != float64(want) {
				t.Errorf("summary: %s is %v, want %d", field, sum[field], want)
			}
		}
		l := o.only(lines, object{"action": "differs", "uri": string(differs.URI)})
		b, err := json.Marshal(l["changes"])
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"field":"headline"`, `"after":"H"`, `"field":"urgency"`, "An older parse of", `"field":"text"`} {
			if !strings.Contains(string(b), want) {
				t.Errorf("the changes don't say %s: %s", want, b)
			}
		}
		o.only(lines, object{"action": "differs", "uri": string(claimed.URI)})
		o.only(lines, object{"action": "missing", "uri": string(gone.URI)})
		o.only(lines, object{"action": "refused", "uri": string(refused.URI)})
		if l := o.only(lines, object{"action": "identity"}); !strings.Contains(fmt.Sprint(l["reason"]), "desk:moved") {
			t.Errorf("identity: %v", l)
		}
	}
	check(o.lines(0, args...), 0)
	check(o.lines(0, append(args, "--dry-run")...), 0)
	check(o.lines(0, append(args, "--write", "--dry-run")...), 0)
	if n := len(o.sent(topic.ReceivedBulk)); n != 0 {
		t.Fatalf("a dry run sent %d", n)
	}
	o.refused(2, "say --yes", append(args, "--write")...)
	check(o.lines(0, append(args, "--write", "--yes")...), 2)
	again := map[article.URI]article.Article{}
	for _, a := range o.sent(topic.ReceivedBulk) {
		again[a.URI] = a
	}
	for _, want := range []article.Article{ninjsOf(t, "differs", "H"), ninjsOf(t, "claimed", "H")} {
		got := again[want.URI]
		if got.Text != want.Text || got.Revision != want.Revision+1 || len(got.Original.Bytes) == 0 || !strings.HasPrefix(got.Original.Archived, "originals/") || !got.ReceivedAt.Equal(want.ReceivedAt) {
			t.Errorf("%s was sent as %+v", want.URI, got)
		}
	}
	// It is done: the newer parse stands, and is as this program reads it.
	sum := o.only(o.lines(0, append(args, "--write", "--yes")...), object{"action": "summary"})
	if sum["differ"] != float64(0) || sum["same"] != float64(3) || sum["sent"] != float64(0) {
		t.Errorf("once more: %v", sum)
	}
	// A worse parse of that sequence is mended by the one after.
	bad := worse(differs)
	bad.Revision += 2
	o.write(topic.ReceivedBulk, bad)
	o.lines(0, append(args, "--write", "--yes", "--uri", string(differs.URI))...)
	var highest article.Article
	for _, a := range o.sent(topic.ReceivedBulk) {
		if a.URI == differs.URI && a.Revision > highest.Revision {
			highest = a
		}
	}
	if highest.Revision != differs.Revision+3 || highest.Text != differs.Text {
		t.Errorf("the highest is %d above, %q", highest.Revision-differs.Revision, highest.Text)
	}
	// Out of sequences: told, not sent.
	last := worse(same)
	last.Revision += article.MaxSequence
	o.write(topic.ReceivedBulk, last)
	n := len(o.sent(topic.ReceivedBulk))
	if out := o.must(0, append(args, "--write", "--yes", "--uri", string(same.URI))...); !strings.Contains(out, "not sent: all 255 sequences") || len(o.sent(topic.ReceivedBulk)) != n {
		t.Errorf("beyond the last sequence: %s", out)
	}
	o.refused(2, "known are", "reparse", "--format", "telex")
	o.refused(2, "needs the archive", "reparse", "--enriched")
}

// TestReparseFromTheArchive: when the received topic is over, the log of
// enriched articles and the archive have all that is needed.
func TestReparseFromTheArchive(t *testing.T) {
	o := toolsOn(t, nil)
	dir := filepath.Join(t.TempDir(), "archive")
	kept, closeIt, err := archive.Config{Dir: dir}.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := closeIt(); err != nil {
			t.Error(err)
		}
	}()
	want := ninjsOf(t, "old", "H")
	if err := kept.Put(t.Context(), archive.KeyOf(&want), want.Original.Bytes); err != nil {
		t.Fatal(err)
	}
	enriched := worse(want)
	enriched.Original.Bytes = nil
	enriched.Language.Value = "en" // of the enrichment: not compared
	enriched.Revision += 5 << 8    // a generation
	o.ensure(topic.ReceivedBulk, topic.Enriched)
	o.write(topic.Enriched, enriched)
	l := o.only(o.lines(0, "reparse", "--enriched", "--archive-dir", dir, "--write", "--yes"), object{"action": "differs"})
	var fields []string
	changes, _ := l["changes"].([]any)
	for _, c := range changes {
		o, _ := c.(object)
		fields = append(fields, fmt.Sprint(o["field"]))
	}
	if strings.Join(fields, " ") != "text urgency" {
		t.Errorf("changed are %v", fields)
	}
	as := o.sent(topic.ReceivedBulk)
	if len(as) != 1 || as[0].Text != want.Text || as[0].Revision != want.Revision+1 || string(as[0].Original.Bytes) != string(want.Original.Bytes) {
		t.Errorf("sent: %+v", as)
	}

	// The operator gets the original, and purges it.
	file := filepath.Join(t.TempDir(), "out")
	o.must(0, "archive", "get", string(want.URI), "--archive-dir", dir, "--out", file)
	if b, err := os.ReadFile(file); err != nil || string(b) != string(want.Original.Bytes) {
		t.Errorf("got %q, %v", b, err)
	}
	got := o.only(o.lines(0, "archive", "get", string(want.URI), "--archive-dir", dir, "--out", file), object{"uri": string(want.URI), "file": file, "bytes": len(want.Original.Bytes)})
	if got["status"] != string(article.Usable) {
		t.Errorf("%v", got)
	}
	o.refused(2, "say --out FILE with --json", "archive", "get", string(want.URI), "--archive-dir", dir, "--json")
	o.refused(1, "no such article", "archive", "get", "urn:none", "--archive-dir", dir, "--out", file)
	o.refused(2, "no archive is named", "archive", "purge", string(want.URI), "--yes")
	o.refused(2, "say --killed, or which", "archive", "purge", "--archive-dir", dir)
	o.refused(2, "say --yes", "archive", "purge", string(want.URI), "--archive-dir", dir)
	o.must(0, "archive", "purge", string(want.URI), "--archive-dir", dir, "--dry-run")
	if _, err := kept.Get(t.Context(), archive.KeyOf(&want)); err != nil {
		t.Errorf("a dry run: %v", err)
	}
	l = o.only(o.lines(0, "archive", "purge", string(want.URI), "--archive-dir", dir, "--yes", "--progress"), object{"action": "purge"})
	if l["originals"] != float64(1) || l["done"] != true {
		t.Errorf("%v", l)
	}
	if _, err := kept.Get(t.Context(), archive.KeyOf(&want)); err == nil {
		t.Error("it is still there")
	}
}

// TestOriginalOfThePipeline runs all services: the original is to be had as
// soon as the article is, and no longer once it is killed; the purge of what was
// killed takes the killed one's alone.
func TestOriginalOfThePipeline(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	t.Setenv("COPYTASTER_ARCHIVE_DIR", dir)
	s := startSystem(t)
	item := func(id, status string) string {
		return fmt.Sprintf(`{"uri":%q,"version":"1","versioncreated":"2026-01-05T10:0%d:00Z","pubstatus":%q,"headline":"H","body_text":"The text of %s."}`, id, len(status)%10, status, id)
	}
	alive := s.mustPush(item("alive", "usable"), "source=desk")
	doomed := s.mustPush(item("doomed", "usable"), "source=desk")
	for _, u := range []article.URI{alive, doomed} {
		s.awaitArticle(u, nil)
	}
	original := func(u article.URI) (int, string) {
		resp, err := s.client.Get(s.base + "/v1/articles/" + url.PathEscape(string(u)) + "/original")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	for u, want := range map[article.URI]string{alive: item("alive", "usable"), doomed: item("doomed", "usable")} {
		if status, body := original(u); status != http.StatusOK || body != want {
			t.Errorf("%s: %d %s", u, status, body)
		}
	}
	s.mustPush(item("doomed", "canceled"), "source=desk")
	s.await("the kill counts", func() error {
		if status, body := original(doomed); status != http.StatusNotFound {
			return fmt.Errorf("%d %s", status, body)
		}
		return nil
	})
	o := toolsOn(t, s)
	purge := []string{"archive", "purge", "--killed", "--yes", "--elasticsearch-url=" + s.elasticsearch}
	s.await("the kill can be searched for", func() error {
		if lines := o.lines(0, append(purge, "--dry-run")...); len(lines) != 1 {
			return fmt.Errorf("%v", lines)
		}
		return nil
	})
	l := o.only(o.lines(0, purge...), object{"action": "purge", "uri": string(doomed)})
	if l["originals"] != float64(2) { // the article's, and the kill's own
		t.Errorf("%v", l)
	}
	if status, _ := original(alive); status != http.StatusOK {
		t.Errorf("the other one: %d", status)
	}
}
