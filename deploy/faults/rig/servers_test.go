package rig

import (
	"context"
	"io"
	"strings"
	"testing"
)

// Nothing lands in the folder of whoever starts servers.
func TestServersNeedAnAbsoluteFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	ended, cancel := context.WithCancel(t.Context()) // nothing starts, even if the folder is taken
	cancel()
	for _, dir := range []string{"", "logs", "./x"} {
		s, err := Start(ended, t.TempDir(), dir, "false", io.Discard)
		if err == nil {
			_ = s.Stop(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), "absolute") {
			t.Errorf("%q: %v", dir, err)
		}
	}
}
