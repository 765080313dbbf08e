package operate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/copytaster/copytaster/pkg/corpus"
)

// keyMaker answers as Elasticsearch does who makes keys, and counts them.
func keyMaker(t *testing.T) (url string, made *atomic.Int64) {
	t.Helper()
	made = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path != "/_security/api_key":
			fmt.Fprint(w, `{"version":{"number":"8.0.0"}}`)
		case r.Method == http.MethodGet:
			fmt.Fprint(w, `{"api_keys":[]}`)
		default:
			n := made.Add(1)
			fmt.Fprintf(w, `{"id":"id%d","name":"copytaster-writer","encoded":"secret%d"}`, n, n)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, made
}

// A key's file is replaced only if somebody says so, and a dry run makes no key.
func TestKeysAreNotReplacedUnasked(t *testing.T) {
	url, made := keyMaker(t)
	dir := t.TempDir()
	password, file := filepath.Join(dir, "password"), filepath.Join(dir, "writer.key")
	if err := os.WriteFile(password, []byte("a password\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	create := func(change Change) (out string, err error) {
		t.Helper()
		c := KeysCreateCmd{Change: change, Role: []corpus.Role{corpus.Writer}, Out: dir}
		c.JSON, c.Admin, c.AdminPasswordFile, c.Elasticsearch.URL = true, "elastic", password, []string{url}
		var b bytes.Buffer
		err = c.Run(t.Context(), Terminal{In: strings.NewReader("yes\n"), Out: &b, Err: &b})
		return b.String(), err
	}
	for _, step := range []struct {
		change      Change
		refused     string
		content     string // of the file; "": there is none
		made        int64
		done, again bool
	}{
		{change: Change{DryRun: true}},
		{change: Change{}, content: "secret1\n", made: 1, done: true},
		{change: Change{DryRun: true}, content: "secret1\n", made: 1, again: true},
		{change: Change{}, refused: "Replaces " + file + ", and what is in there is nowhere else: this can't be undone. Standard input is no terminal", content: "secret1\n", made: 1},
		{change: Change{Yes: true}, content: "secret2\n", made: 2, done: true, again: true},
	} {
		out, err := create(step.change)
		switch {
		case step.refused != "":
			if err == nil || !strings.Contains(err.Error(), step.refused) || out != "" {
				t.Errorf("%+v: %q, error %v, want %q", step, out, err, step.refused)
			}
		case err != nil:
			t.Errorf("%+v: %v", step, err)
		default:
			var m madeKey
			if err := json.Unmarshal([]byte(out), &m); err != nil {
				t.Fatal(err)
			}
			if m.Done != step.done || m.Replaces != step.again || m.File != file || m.Encoded != "" {
				t.Errorf("%+v: %s", step, out)
			}
		}
		b, err := os.ReadFile(file)
		if string(b) != step.content || (err != nil) != (step.content == "") || made.Load() != step.made {
			t.Errorf("%+v: the file has %q (%v), %d keys were made", step, b, err, made.Load())
		}
	}
}
