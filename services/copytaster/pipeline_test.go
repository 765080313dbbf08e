package copytaster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

const goldenText = "../enrich/testdata/golden/niger.txt"

// The careful editor's reading is held against `copytaster read` in the tests
// of services/enrich. Here: what read gives is what the pipeline indexes.
func TestPipelineIndexesWhatReadShows(t *testing.T) {
	s := startSystem(t)
	text, err := os.ReadFile(goldenText)
	if err != nil {
		t.Fatal(err)
	}
	uri := s.mustPush(string(text), "source=site-3&published_at=2024-04-20T06:00:00Z&name=niger.txt")
	got := s.awaitArticle(uri, nil)

	var out bytes.Buffer
	args := []string{"read", "--source", "site-3", "--published-at", "2024-04-20T06:00:00Z", goldenText}
	if code := execute(t.Context(), args, Terminal{Out: &out, Err: os.Stderr}); code != 0 {
		t.Fatalf("read: exit code %d", code)
	}
	if n := bytes.Count(out.Bytes(), []byte("\n")); n != 1 {
		t.Fatalf("read printed %d lines for one article", n)
	}
	var want article.Article
	if err := json.Unmarshal(out.Bytes(), &want); err != nil {
		t.Fatal(err)
	}
	if want.Revision != got.Revision {
		t.Errorf("revision %d, by read %d", got.Revision, want.Revision)
	}
	got.ReceivedAt = want.ReceivedAt
	if d := cmp.Diff(&want, got); d != "" {
		t.Errorf("indexed is not what read shows (-read +indexed):\n%s", d)
	}
	if got.Text != string(text) {
		t.Error("the segments in the index don't rebuild the original byte for byte")
	}
	if got.Agency.Value != "dpa" || got.Language.Value != "en" || len(got.CitedMedia) != 2 {
		t.Errorf("agency %q, language %q, cited media %v", got.Agency.Value, got.Language.Value, got.CitedMedia)
	}
	for q, hits := range map[string]int{
		`withdraw military`: 1, `"air defense system"`: 1, `niger -junta`: 0, `"source site-3"`: 0, `withdrawing`: 1,
	} {
		f, err := s.search(q)
		if err != nil {
			t.Fatal(err)
		}
		if f.Total.Value != hits {
			t.Errorf("search for %s finds %d, want %d", q, f.Total.Value, hits)
		}
	}
}

func atom(id string, updated time.Time, title, text string) string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>tag:example.org,2024:feed</id><updated>2024-05-22T09:00:00Z</updated>
<entry><id>%s</id><title>%s</title><published>2024-05-01T00:00:00Z</published><updated>%s</updated><content type="text">%s</content></entry></feed>`,
		id, title, updated.Format(time.RFC3339), text)
}

func TestRevisionsOutOfOrderEndWithTheNewest(t *testing.T) {
	s := startSystem(t)
	noon := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	const id = "tag:example.org,2024:bridge"
	const uri = article.URI("urn:copytaster:wire:tag:example.org%2C2024:bridge")
	order := []int{3, 1, 5, 2, 5, 4, 1}
	for _, n := range order {
		got := s.mustPush(atom(id, noon.Add(time.Duration(n)*time.Minute), fmt.Sprintf("Bridge closed, version %d", n),
			fmt.Sprintf("The bridge over the Lenn was closed on Wednesday. This is text number %d.", n)), "source=wire")
		if got != uri {
			t.Fatalf("uri %s", got)
		}
	}
	s.await("all seven are through", func() error {
		if n := s.counts()["index ok"]; n < len(order) {
			return fmt.Errorf("%d indexed", n)
		}
		return nil
	})
	got := s.awaitArticle(uri, func(a *article.Article) bool { return a.First(article.Headline) == "Bridge closed, version 5" })
	if !got.VersionCreated.Equal(noon.Add(5 * time.Minute)) {
		t.Errorf("version created %v", got.VersionCreated)
	}
	s.await("five versions are kept", func() error {
		docs, err := s.source("article-versions", uri)
		if err == nil && len(docs) != 5 {
			err = fmt.Errorf("%d versions", len(docs))
		}
		return err
	})
	f, err := s.search("bridge")
	if err != nil {
		t.Fatal(err)
	}
	if f.Total.Value != 1 || f.Hits[0].Headline != "Bridge closed, version 5" {
		t.Errorf("search finds %+v", f)
	}
	var api struct {
		Article   article.Article `json:"article"`
		Revisions []struct {
			Headline string `json:"headline"`
		} `json:"revisions"`
	}
	resp, err := s.client.Get(s.base + "/v1/articles/" + url.PathEscape(string(uri)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&api); err != nil {
		t.Fatal(err)
	}
	var heads []string
	for _, r := range api.Revisions {
		heads = append(heads, strings.TrimPrefix(r.Headline, "Bridge closed, version "))
	}
	if got := strings.Join(heads, " "); got != "5 4 3 2 1" {
		t.Errorf("the API lists the revisions %s", got)
	}
}

func TestTheSameArticleFiveTimesIsOneDocument(t *testing.T) {
	s := startSystem(t)
	const text = "Ferry runs again\n\nThe ferry to Skarra runs again since Monday, the operator said. It carried 212 passengers.\n"
	dir := filepath.Join(s.drop, "coast")
	for i := range 4 {
		writeDropped(t, dir, fmt.Sprintf("copy-%d.txt", i), text)
	}
	uri := s.mustPush(text, "source=coast")
	s.await("all five are through", func() error {
		if n := s.counts()["index ok"]; n < 5 {
			return fmt.Errorf("%d indexed", n)
		}
		return nil
	})
	for alias, want := range map[string]int{"articles": 1, "article-versions": 1} {
		s.await(alias, func() error {
			docs, err := s.source(alias, uri)
			if err == nil && len(docs) != want {
				err = fmt.Errorf("%d documents, want %d", len(docs), want)
			}
			return err
		})
	}
	f, err := s.search("ferry skarra")
	if err != nil {
		t.Fatal(err)
	}
	if f.Total.Value != 1 {
		t.Errorf("search finds it %d times", f.Total.Value)
	}
	s.awaitDone(s.drop, "coast", 4)
}

func writeDropped(t testing.TB, dir, name, text string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	tmp := filepath.Join(dir, "."+name)
	if err := os.WriteFile(tmp, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(tmp, filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

// deadLetters reads a topic of dead letters from its beginning.
func (s *system) deadLetters(name string) ([]stage.DeadLetter, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), waitLimit)
	defer cancel()
	client := &kafka.Client{Addr: kafka.TCP(s.brokers...)}
	full := s.namespace + name
	resp, err := client.Fetch(ctx, &kafka.FetchRequest{Topic: full, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: 100 * time.Millisecond})
	if err != nil {
		return nil, err
	}
	if resp.Error != nil {
		return nil, resp.Error
	}
	var all []stage.DeadLetter
	for {
		r, err := resp.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		m := stage.Message{Topic: name, Offset: r.Offset}
		if m.Key, err = kafka.ReadAll(r.Key); err != nil {
			return nil, err
		}
		if m.Value, err = kafka.ReadAll(r.Value); err != nil {
			return nil, err
		}
		for _, h := range r.Headers {
			m.Headers = append(m.Headers, stage.Header{Key: h.Key, Value: h.Value})
		}
		d, err := event.DecodeDead(m)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
}

func TestBrokenInputBecomesADeadLetterAndHoldsNothingUp(t *testing.T) {
	s := startSystem(t)
	broken := "\x00\x01\x02\x00binary\xff\xfe\x00"
	dir := filepath.Join(s.drop, "coast")
	writeDropped(t, dir, "broken.txt", broken)
	writeDropped(t, dir, "good.txt", "A good file\n\nThis file comes right behind a broken one, and is found all the same.\n")

	// Bytes that are no article, straight into the topic, as a broken producer would.
	w := &kafka.Writer{Addr: kafka.TCP(s.brokers...), Topic: s.namespace + topic.Received, RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond}
	defer w.Close()
	s.await("the broken message is written", func() error { // the writer may not know the new topic yet
		return w.WriteMessages(t.Context(), kafka.Message{
			Key: []byte("urn:x:broken"), Value: []byte("no protobuf"),
			Headers: []kafka.Header{{Key: "ce_type", Value: []byte("org.copytaster.article.received.v1")}},
		})
	})
	s.await("the good file is found", func() error {
		f, err := s.search(`"right behind a broken one"`)
		if err == nil && f.Total.Value != 1 {
			err = fmt.Errorf("found %d times", f.Total.Value)
		}
		return err
	})
	for name, want := range map[string]struct{ value, stage, origin, err string }{
		topic.IngestDead:                  {broken, "ingest", "drop", "no text"},
		topic.Received + topic.DeadSuffix: {"no protobuf", "enrich", topic.Received, "ce_specversion"},
	} {
		s.await("a dead letter in "+name, func() error {
			all, err := s.deadLetters(name)
			if err == nil && len(all) != 1 {
				err = fmt.Errorf("%d letters", len(all))
			}
			if err != nil {
				return err
			}
			d := all[0]
			if string(d.Message.Value) != want.value || d.Stage != want.stage || d.Message.Topic != want.origin || !strings.Contains(d.Err.Error(), want.err) {
				t.Fatalf("the letter in %s is %+v, want %+v", name, d, want)
			}
			return nil
		})
	}
	s.await("the broken file is in failed/ with its reason", func() error {
		b, err := os.ReadFile(filepath.Join(s.drop, "failed", "coast", "broken.txt"))
		if err != nil {
			return err
		}
		if string(b) != broken {
			t.Fatalf("failed/ holds %q", b)
		}
		reason, err := os.ReadFile(filepath.Join(s.drop, "failed", "coast", "broken.txt.reason.txt"))
		if err != nil {
			return err
		}
		if !strings.Contains(string(reason), "binary") {
			t.Fatalf("reason: %s", reason)
		}
		return nil
	})
}

// endless gives bytes of text without holding them.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), e.left)
	for i := range p[:n] {
		p[i] = 'a'
	}
	e.left -= n
	return int(n), nil
}

func TestBadInputIsRefusedClearlyAndTheServiceLives(t *testing.T) {
	s := startSystem(t)
	deep := "<html><body>" + strings.Repeat("<div>", 200_000) + "text" + strings.Repeat("</div>", 200_000)
	deepFeed := `<?xml version="1.0"?><rss version="2.0"><channel>` + strings.Repeat("<a>", 100_000) + strings.Repeat("</a>", 100_000) + "</channel></rss>"
	for _, c := range []struct {
		name   string
		body   io.Reader
		query  string
		status []int
		reason string
	}{
		{"empty", strings.NewReader(""), "", []int{400}, "empty"},
		{"white space", strings.NewReader(" \n\t\r\n"), "", []int{400}, "empty"},
		{"binary", bytes.NewReader([]byte{0x7f, 'E', 'L', 'F', 0, 0, 1, 2, 0, 0xff, 0}), "", []int{415}, "binary"},
		{"100 MB", &endless{100 << 20}, "", []int{413}, "too_large"},
		{"unknown XML", strings.NewReader(`<?xml version="1.0"?><invoice><total>3</total></invoice>`), "", []int{415}, "unknown_format"},
		{"unknown JSON", strings.NewReader(`{"invoice": {"total": 3}}`), "", []int{415}, "unknown_format"},
		{"deep page", strings.NewReader(deep), "", []int{422}, "too_deep"},
		{"deep feed", strings.NewReader(deepFeed), "", []int{422}, "too_deep"},
		{"unknown charset", strings.NewReader("M\xfcnchen"), "charset=klingon-8", []int{415}, "charset"},
		{"wrong parameter", strings.NewReader("text"), "published_at=yesterday", []int{400}, ""},
	} {
		a, err := s.push(c.body, c.query)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !slices.Contains(c.status, a.status) || a.Reason != c.reason || a.Detail == "" {
			t.Errorf("%s: %d %s, want %v with reason %q and a detail", c.name, a.status, a.body, c.status, c.reason)
		}
	}
	// One endless line, and Latin-1 that says it is UTF-8, are odd, but text.
	line := s.mustPush("Endless "+strings.Repeat("word ", 200_000)+"end", "source=odd")
	latin := s.mustPush("M\xfcnchen baut um\n\nDer Umbau in M\xfcnchen beginnt am Montag, teilte die Stadt mit.", "source=odd")
	s.awaitArticle(line, nil)
	if a := s.awaitArticle(latin, nil); !strings.Contains(a.Text, "München baut um") {
		t.Errorf("Latin-1 became %q", a.Text)
	}
	if resp, err := http.Get(s.base + "/readyz"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("after all that: %v %v", resp, err)
	}
	if n := s.counts()["ingest dead"]; n != 0 {
		t.Errorf("%d refused pushes became dead letters: their senders were told", n)
	}
}
