package local

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

//go:embed need.sh
var needScript string

// Ensure makes sure that tools (see need.sh: gcc, java, mvn, node, npm, chromium) are on this
// machine. Root on a Debian-like system gets what is missing installed; otherwise the error names
// each missing tool in one line with how to get it. What happens is written to progress (nil = to
// nowhere).
func Ensure(ctx context.Context, progress io.Writer, tools ...string) error {
	// By path, because a PATH without a shell is just what may be wrong.
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", needScript, "need.sh"}, tools...)...)
	cmd.Env = os.Environ()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = killGrace
	var said bytes.Buffer
	cmd.Stderr = &said
	if progress != nil {
		cmd.Stderr = io.MultiWriter(&said, progress)
	}
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var lines []string
	for line := range strings.Lines(said.String()) {
		line, found := strings.CutPrefix(strings.TrimSpace(line), "need: ")
		if found && strings.Contains(line, " is missing (") {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return fmt.Errorf("check for %s: %w: %s", strings.Join(tools, ", "), err, strings.TrimSpace(said.String()))
	}
	return errors.New(strings.Join(lines, "\n"))
}
