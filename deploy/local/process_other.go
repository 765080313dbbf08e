//go:build !linux

package local

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// endWithParent can't tie a child to this process here; what a killed one leaves behind is ended
// by the next Up.
func endWithParent(attr *syscall.SysProcAttr) *syscall.SysProcAttr { return attr }

// identify returns when a process began and its command line; false when it isn't there.
func identify(pid int) (started, command string, there bool) {
	out, err := exec.Command("ps", "-ww", "-o", "lstart=,command=", "-p", strconv.Itoa(pid)).Output()
	const startWidth = 24 // as in "Mon Jan  2 15:04:05 2006"
	line := strings.TrimSpace(string(out))
	if err != nil || len(line) <= startWidth {
		return "", "", false
	}
	return line[:startWidth], strings.TrimSpace(line[startWidth:]), true
}

// group returns the leader of a process group while the group lives.
func group(id int) []int {
	if groupLives(id) {
		return []int{id}
	}
	return nil
}

// groupLives says whether a process group has a member.
func groupLives(id int) bool { return syscall.Kill(-id, 0) == nil }
