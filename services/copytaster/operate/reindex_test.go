package operate

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/services/copytaster/reindex"
)

// TestHowAReindexEnded: what the operator reads, and the exit code.
func TestHowAReindexEnded(t *testing.T) {
	cut := errors.New("cut off")
	for what, c := range map[string]struct {
		result reindex.Result
		err    error
		code   int    // 0: none of its own
		says   string // in the error
		prints string
	}{
		"before the build":  {reindex.Result{}, cut, 0, "cut off", ""},
		"while it filled":   {reindex.Result{ID: "x"}, cut, 0, "cut off; the live indices are as they were, and the next call goes on", ""},
		"after the swap":    {reindex.Result{ID: "x", Swapped: true}, cut, 0, "cut off; the new indices are live, and the next call ends what is left to do", ""},
		"differences":       {reindex.Result{ID: "x"}, &reindex.DifferenceError{Comparison: reindex.Comparison{Differences: 1, Shown: []reindex.Difference{{URI: "urn:x:1", How: reindex.Missing}}}}, ExitDiffers, "nothing was swapped", "urn:x:1"},
		"not to be swapped": {reindex.Result{ID: "x", Read: 3}, nil, 0, "", "not swapped: the next call without --stay does it"},
		"swapped":           {reindex.Result{ID: "x", Swapped: true, Pause: 1, Live: []corpus.Index{{Name: "articles-1-x", Role: corpus.RoleLive}}}, nil, 0, "", "swapped: live copy waited"},
		"some were refused": {reindex.Result{ID: "x", Refused: 1, Refusals: []reindex.Refusal{{Topic: "articles.enriched", URI: "urn:x:2", Reason: "no room"}}}, nil, 0, "", "the index refused 1 message"},
	} {
		var out bytes.Buffer
		err := (&ReindexBuildCmd{}).result(Terminal{Out: &out}, c.result, c.err)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want %q", what, err, c.says)
		}
		var exit *ExitError
		if errors.As(err, &exit) != (c.code != 0) || exit != nil && exit.Code != c.code {
			t.Errorf("%s: exit code of %v", what, err)
		}
		if !strings.Contains(out.String(), c.prints) {
			t.Errorf("%s: no %q in %s", what, c.prints, out.String())
		}
	}
}
