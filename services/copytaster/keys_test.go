package copytaster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/topic"
)

// TestKeysOfSearch: what the tool makes opens what was asked for, until it is replaced
// or revoked; the secret is shown once, and the audit tells what was done.
func TestKeysOfSearch(t *testing.T) {
	o := toolsOn(t, nil)
	opens := func(text string, at time.Time) (*access.Key, error) {
		t.Helper()
		id, sum, err := access.Parse(strings.TrimSpace(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		v, err := o.bus.OpenView(t.Context(), topic.AccessKeys)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = v.Close() }()
		row, ok := v.Get(id)
		if !ok {
			t.Fatalf("there is no key %s", id)
		}
		k, err := access.Decode(id, row)
		if err != nil {
			t.Fatal(err)
		}
		return k, k.Opens(sum, at)
	}

	if out := o.must(boot.ExitOK, "keys", "list"); !strings.Contains(out, "there are no keys") {
		t.Error(out)
	}
	if got := o.lines(boot.ExitOK, "keys", "add", "Desk", "--dry-run"); got[0]["done"] != false || got[0]["key"] != nil || got[0]["id"] != nil {
		t.Errorf("%v", got)
	}
	if out := o.must(boot.ExitOK, "keys", "list", "--all"); !strings.Contains(out, "there are no keys") {
		t.Errorf("a dry run made one: %s", out)
	}

	text := o.must(boot.ExitOK, "keys", "add", "Sports desk", "--scope", "read,write", "--agency", "dpa", "--agency", "Agence, France", "--not-source", "site-3",
		"--rate", "60", "--expires", "90d", "--by", "M. Ito", "--why", "new desk")
	k, err := opens(text, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if k.Name != "Sports desk" || len(k.Scopes) != 2 || !k.Grant.Allows("wire", "AGENCE, france") || k.Grant.Allows("site-3", "dpa") || k.Grant.Allows("wire", "AP") ||
		k.Rate != 60 || k.CreatedBy != "M. Ito" || k.ExpiresAt.Sub(k.CreatedAt).Round(time.Minute) != 90*24*time.Hour {
		t.Errorf("%+v", k)
	}
	if _, err := opens(text, k.ExpiresAt); !errors.Is(err, access.ErrExpired) {
		t.Error(err)
	}
	secret := strings.TrimSpace(text)[len(access.Prefix)+9:]
	list := o.must(boot.ExitOK, "keys", "list")
	if !strings.Contains(list, k.ID) || !strings.Contains(list, "Sports desk") || !strings.Contains(list, "agencies dpa, Agence, France; no sources site-3; 60 requests per minute") {
		t.Error(list)
	}
	plain := o.must(boot.ExitOK, "keys", "add", "All", "--expires", "never")
	everything, err := opens(plain, time.Now().AddDate(90, 0, 0))
	if err != nil || !everything.Grant.Everything() || len(everything.Scopes) != 1 || everything.CreatedBy == "" {
		t.Errorf("%+v %v", everything, err)
	}

	// A new secret, with an overlap and without.
	file := filepath.Join(t.TempDir(), "desk.key")
	if got := o.lines(boot.ExitOK, "keys", "rotate", k.ID, "--dry-run"); got[0]["done"] != false || got[0]["key"] != nil {
		t.Errorf("%v", got)
	}
	o.must(boot.ExitOK, "keys", "rotate", k.ID, "--overlap", "1h", "--out", file)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if _, err := opens(string(content), time.Now()); err != nil {
		t.Error(err)
	}
	if _, err := opens(text, time.Now()); err != nil {
		t.Errorf("the old one, which overlaps: %v", err)
	}
	if _, err := opens(text, time.Now().Add(time.Hour)); !errors.Is(err, access.ErrReplaced) {
		t.Error(err)
	}
	o.refused(boot.ExitFailed, "exists", "keys", "rotate", k.ID, "--out", file)
	o.refused(boot.ExitUsage, "say --yes", "keys", "rotate", k.ID, "--overlap", "0s")
	o.refused(boot.ExitUsage, "--overlap", "keys", "rotate", k.ID, "--overlap", "-1s")
	third := o.must(boot.ExitOK, "keys", "rotate", k.ID, "--overlap", "0s", "--yes")
	for _, old := range []string{text, string(content)} {
		if _, err := opens(old, time.Now()); err == nil {
			t.Error("a secret that was replaced at once opens")
		}
	}
	if _, err := opens(third, time.Now()); err != nil {
		t.Error(err)
	}

	o.refused(boot.ExitUsage, "say --yes", "keys", "revoke", k.ID)
	if got := o.lines(boot.ExitOK, "keys", "revoke", k.ID, "--dry-run"); got[0]["done"] != false || got[0]["state"] != "revoked" {
		t.Errorf("%v", got)
	}
	if _, err := opens(third, time.Now()); err != nil {
		t.Errorf("a dry run revoked: %v", err)
	}
	o.must(boot.ExitOK, "keys", "revoke", k.ID, "--yes", "--by", "M. Ito", "--why", "stolen")
	if _, err := opens(third, time.Now()); !errors.Is(err, access.ErrRevoked) {
		t.Error(err)
	}
	if got := o.lines(boot.ExitOK, "keys", "revoke", k.ID, "--yes"); got[0]["done"] != false {
		t.Errorf("revoked twice: %v", got)
	}
	o.refused(boot.ExitFailed, "is revoked", "keys", "rotate", k.ID)

	// What was done.
	shown := o.must(boot.ExitOK, "keys", "show", k.ID)
	for _, want := range []string{"revoked", "Sports desk", "add     M. Ito: new desk", "rotate", "revoke  M. Ito: stolen"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q isn't in\n%s", want, shown)
		}
	}
	one := o.lines(boot.ExitOK, "keys", "show", k.ID)[0]
	changes, ok := one["changes"].([]any)
	if !ok || len(changes) != 4 {
		t.Errorf("%v", one["changes"])
	}
	tail := o.must(boot.ExitOK, "tail", topic.AccessAudit, "--from", "beginning", "--json") + o.must(boot.ExitOK, "tail", topic.AccessKeys, "--from", "beginning", "--json")
	if !strings.Contains(tail, "stolen") || strings.Contains(tail, secret[:12]) || strings.Contains(shown+list, secret[:12]) {
		t.Errorf("the audit lacks something, or the secret is shown again: %s", tail)
	}
	if out := o.must(boot.ExitOK, "keys", "list"); strings.Contains(out, k.ID) || !strings.Contains(out, everything.ID) {
		t.Error(out)
	}
	if out := o.must(boot.ExitOK, "keys", "list", "--all"); !strings.Contains(out, k.ID) {
		t.Error(out)
	}

	for _, wrong := range [][]string{
		{"add", "x", "--expires", "2020-01-01"},
		{"add", "x", "--expires", "soon"},
		{"add", ""},
		{"add", "x", "--scope", "all"},
		{"add", "x", "--agency", " "},
		{"add", "x", "--rate", "-1"},
		{"add", strings.Repeat("x", access.MaxWho+1)},
		{"show", "KEY"},
		{"rotate", "x"},
		{"revoke", "x"},
		{"revoke", "--yes"},
		{"add", "x", "--why", strings.Repeat("x", access.MaxWhy+1)},
	} {
		if code, out, errs := o.run(append([]string{"keys"}, wrong...)...); code != boot.ExitUsage || errs == "" {
			t.Errorf("%v: %d %s %s", wrong, code, out, errs)
		}
	}
	o.refused(boot.ExitFailed, "there is no key", "keys", "show", "aaaaaaaa")
	o.refused(boot.ExitFailed, "there is no key", "keys", "revoke", "aaaaaaaa", "--yes")
	// A file that is there is not written over, and no key is made.
	o.refused(boot.ExitFailed, "exists", "keys", "add", "x", "--out", file)
	if got := o.lines(boot.ExitOK, "keys", "list", "--all"); len(got) != 2 {
		t.Errorf("%v", got)
	}
}

// TestSearchAnswersByTheKeysItKnows: while Kafka is away, keys open and don't open as they
// did before, and /readyz says what is the matter.
func TestSearchAnswersByTheKeysItKnows(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	closeKafka := sync.OnceFunc(c.Close)
	t.Cleanup(closeKafka)
	brokers := "--kafka-brokers=" + c.ListenAddrs()[0]
	code, key, errs := run(t, "", "keys", "add", "Desk", brokers)
	if code != boot.ExitOK {
		t.Fatal(errs)
	}
	chosen, err := choose([]string{"search"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, err := launch(ctx, chosen, boot.Config{Listen: "127.0.0.1:0"}, zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.ErrorLevel), func(string) []string {
		return []string{"--search-keys", brokers, "--elasticsearch-url=http://127.0.0.1:1"}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := p.Wait(); err != nil {
			t.Error(err)
		}
	})
	ask := func(path, key string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.Addr()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-API-Key", key)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	// Who is let in is told that Elasticsearch is away: there is none.
	let := func(in bool) error {
		good, body := ask("/v1/articles", strings.TrimSpace(key))
		bad, _ := ask("/v1/articles", "x")
		if in != strings.Contains(body, "The index can't be reached") || in != (bad == http.StatusUnauthorized) {
			return fmt.Errorf("%d %s, and with a wrong key %d", good, body, bad)
		}
		return nil
	}
	await(t, "the key opens", func() error { return let(true) })
	closeKafka()
	await(t, "readyz tells that Kafka is away", func() error {
		_, body := ask("/readyz", "")
		if strings.Contains(body, `"search/keys":"ok"`) || !strings.Contains(body, `"search/keys":`) {
			return errors.New(body)
		}
		return nil
	})
	if err := let(true); err != nil {
		t.Error(err)
	}
}
