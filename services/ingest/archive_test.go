package ingest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/ingest"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/intake/intaketest"
	"github.com/copytaster/copytaster/services/ingest/source/drop"
	"github.com/copytaster/copytaster/services/ingest/source/push"
)

// taking is ingest while it runs.
type taking struct {
	t    *testing.T
	base string
}

func take(t *testing.T, c ingest.Config) *taking {
	t.Helper()
	srv, err := boot.NewServer(boot.Config{Listen: "127.0.0.1:0"}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	kit := srv.Kit(ingest.Name)
	go func() { ended <- boot.RunService(ctx, ingest.Service, c, kit) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the end was not clean: %v", err)
		}
		if err := srv.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s := &taking{t, "http://" + srv.Addr()}
	intaketest.Await(t, "ingest is ready", func() bool { return s.ready() == "" })
	return s
}

// ready is "" or what /readyz says of the archive and the rest.
func (s *taking) ready() string {
	res, err := http.Get(s.base + "/readyz")
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return fmt.Sprint(string(b), err)
	}
	return ""
}

func (s *taking) push(mediaType string, data []byte) (status int, answer push.Problem) {
	s.t.Helper()
	res, err := http.Post(s.base+push.Path+"?source=desk", mediaType, bytes.NewReader(data))
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, answer
}

func configOf(t *testing.T) ingest.Config {
	t.Helper()
	brokers, ns := localtest.Kafka(t), localtest.Namespace(t)
	return ingest.Config{
		Bus:  bus.Config{KafkaBrokers: brokers, Namespace: ns},
		Push: push.Config{Enabled: true, Source: "push", Wait: time.Minute, Bodies: 8, BackfillBodies: 8},
	}
}

func received(t *testing.T, c ingest.Config) func() []article.Article {
	t.Helper()
	b, err := bus.Connect(c.Bus, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	r := read(t, b, topic.Received)
	return func() (as []article.Article) {
		for _, m := range r.all() {
			a, err := event.Decode(m)
			if err != nil {
				t.Fatal(err)
			}
			as = append(as, a)
		}
		return as
	}
}

// mailWithPicture has a text and a picture that is too large for a message.
func mailWithPicture(subject string, size int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: a@example.org\r\nMessage-ID: <%s@example.org>\r\nSubject: %s\r\nDate: Mon, 05 Jan 2026 10:00:00 +0000\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nA report about the bridge.\r\n"+
		"--b\r\nContent-Type: image/jpeg; name=bridge.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n", subject, subject)
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xff, 0xd8, 1}, 19))
	for b.Len() < size {
		b.WriteString(line + "\r\n")
	}
	b.WriteString("--b--\r\n")
	return b.Bytes()
}

// TestClaimCheck: what is too large for a message is taken where there is an
// archive, by push and by file, and only there.
func TestClaimCheck(t *testing.T) {
	c := configOf(t)
	dir := t.TempDir()
	c.Archive = archive.Config{Dir: filepath.Join(dir, "archive")}
	c.Drop = drop.Config{Dir: filepath.Join(dir, "drop"), Source: "drop", Settle: 20 * time.Millisecond, Scan: 100 * time.Millisecond}
	s := take(t, c)
	all := received(t, c)

	large := mailWithPicture("pushed", topic.MaxMessage+100)
	if status, answer := s.push("message/rfc822", large); status != http.StatusAccepted {
		t.Fatalf("push: %d %+v", status, answer)
	}
	put(t, filepath.Join(c.Drop.Dir, "dropped.eml"), mailWithPicture("dropped", document.MaxSingle+100))
	intaketest.Await(t, "both are in Kafka", func() bool { return len(all()) >= 2 })
	a, closeIt, err := c.Archive.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := closeIt(); err != nil {
			t.Error(err)
		}
	}()
	for _, got := range all() {
		key, claimed := archive.Claim(&got)
		if claimed != (got.Source == "desk") || got.Original.Archived == "" || !strings.Contains(got.Text, "A report about the bridge.") {
			t.Errorf("%s: claimed %v, archived as %q", got.Source, claimed, got.Original.Archived)
		}
		data, err := a.Get(t.Context(), key)
		if err != nil || int64(len(data)) != got.Original.Size || claimed && !bytes.Equal(data, large) {
			t.Errorf("%s: %d bytes, %v", got.Source, len(data), err)
		}
	}
	if status, answer := s.push("text/plain", bytes.Repeat([]byte("word "), article.MaxText/5+2)); status != http.StatusUnprocessableEntity || !strings.Contains(answer.Detail, "4194304") {
		t.Errorf("a text that is too large for an article: %d %+v", status, answer)
	}
	if status, answer := s.push("message/rfc822", mailWithPicture("huge", document.MaxBytes+1)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("an input beyond all limits: %d %+v", status, answer)
	}
}

func TestWithoutArchiveTheLimitIsAsBefore(t *testing.T) {
	s := take(t, configOf(t))
	text := bytes.Repeat([]byte("word "), document.MaxSingle/5+2)
	if status, answer := s.push("text/plain", text); status != http.StatusRequestEntityTooLarge || !strings.Contains(answer.Detail, "3145728") {
		t.Errorf("%d %+v", status, answer)
	}
}

// TestArchiveAway: while originals can't be kept nothing is acknowledged, and
// the service says so; then what was taken arrives, the older first.
func TestArchiveAway(t *testing.T) {
	c := configOf(t)
	c.Archive = archive.Config{Dir: filepath.Join(t.TempDir(), "archive")}
	c.Push.Wait = 2 * time.Second
	s := take(t, c)
	all := received(t, c)
	inTheWay := filepath.Join(c.Archive.Dir, "originals")
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	item := func(version int) []byte {
		return fmt.Appendf(nil, `{"uri":"x","version":"%d","versioncreated":"2026-01-0%dT00:00:00Z","headline":"H%d","body_text":"Text."}`, version, version, version)
	}
	for v := 1; v <= 2; v++ {
		if status, answer := s.push("application/json", item(v)); status != http.StatusServiceUnavailable {
			t.Errorf("push without an archive: %d %+v", status, answer)
		}
	}
	intaketest.Await(t, "it says why it is not ready", func() bool {
		why := s.ready()
		return strings.Contains(why, "ingest/archive") && strings.Contains(why, "could not be kept")
	})
	if n := len(all()); n != 0 {
		t.Errorf("%d events without an original", n)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	intaketest.Await(t, "what was taken arrives", func() bool { return len(all()) >= 2 })
	if as := all(); as[0].Version != "1" || as[1].Version != "2" {
		t.Errorf("in the order %s, %s", as[0].Version, as[1].Version)
	}
	intaketest.Await(t, "it is ready again", func() bool { return s.ready() == "" })
}
