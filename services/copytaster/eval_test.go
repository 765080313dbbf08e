package copytaster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/boot"
)

func TestEval(t *testing.T) {
	dir := t.TempDir()
	// A piece that no enricher will ever find, so that there is an error to name.
	const line = `{"id":"case-7","language":"en","text":"It rained all over the country.","dates":[{"text":"rained all","from":null,"to":null,"precision":"day"}]}`
	tune, measure := filepath.Join(dir, "tune.jsonl"), filepath.Join(dir, "measure.jsonl")
	for _, file := range []string{tune, measure} {
		if err := os.WriteFile(file, []byte(line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args  []string
		code  int
		names bool // the error
	}{
		{[]string{"dates", tune}, boot.ExitOK, true},
		{[]string{"dates", tune, "--worst=0"}, boot.ExitOK, false},
		{[]string{"dates", measure}, boot.ExitOK, false},
		{[]string{"dates", measure, "--errors"}, boot.ExitOK, true},
		{[]string{"dates", filepath.Join(dir, "none.jsonl")}, boot.ExitFailed, false},
		{[]string{"dots", tune}, boot.ExitUsage, false},
		{[]string{"all", dir}, boot.ExitFailed, false},
		{[]string{"all", dir, "--errors"}, boot.ExitUsage, false},
		{[]string{"dates", tune, "--worst=-1"}, boot.ExitUsage, false},
	} {
		var out, errs strings.Builder
		code := execute(t.Context(), append([]string{"eval"}, c.args...), Terminal{Out: &out, Err: &errs})
		if code != c.code {
			t.Errorf("%v: exit code %d, want %d: %s", c.args, code, c.code, errs.String())
		}
		if got := strings.Contains(out.String(), "rained all"); got != c.names {
			t.Errorf("%v: the error is named: %v\n%s", c.args, got, out.String())
		}
		if c.code == boot.ExitOK && !strings.Contains(out.String(), "(0 right, 0 wrong, 1 missed)") {
			t.Errorf("%v: %s", c.args, out.String())
		}
	}
}
