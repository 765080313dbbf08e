package operate

import (
	"bytes"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/bus"
)

func TestFewCopiesAreWarnedOf(t *testing.T) {
	for _, c := range []struct {
		replicas, min int
		says          string // "": nothing
	}{
		{1, 1, "one copy"},
		{1, 0, "one copy"},
		{1, 2, "nothing can be written: more copies"},
		{0, 1, "nothing can be written"},
		{2, 2, "while one broker is away"},
		{2, 1, ""},
		{3, 3, "while one broker is away"},
		{3, 2, ""},
		{3, 1, ""},
		{3, 4, "more copies"},
	} {
		r := bus.Replication{Topic: "articles.received", Replicas: c.replicas, MinInSync: c.min}
		says := fragile(r)
		if !strings.Contains(says, c.says) || c.says == "" && says != "" {
			t.Errorf("%d copies, %d in sync: %q, want %q", c.replicas, c.min, says, c.says)
		}
		var out bytes.Buffer
		report(Terminal{Out: &out}, nil, []bus.Replication{r})
		if !strings.Contains(out.String(), "1 topics are as") || !strings.Contains(out.String(), says) {
			t.Errorf("printed %s", out.String())
		}
	}
}
