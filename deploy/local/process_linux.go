package local

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// endWithParent has the kernel stop the child when this process is gone, even by SIGKILL.
// SIGTERM, so that the servers close their files properly.
func endWithParent(attr *syscall.SysProcAttr) *syscall.SysProcAttr {
	attr.Pdeathsig = syscall.SIGTERM
	return attr
}

// stat is what /proc says of one process.
type stat struct {
	dead  bool // a zombie through and through
	group int
	start string // clock ticks since boot
}

func readStat(pid int) (stat, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	// The second field is the name in brackets, and may itself hold blanks and brackets.
	end := bytes.LastIndexByte(data, ')')
	if end < 0 {
		return stat{}, errors.New("no name")
	}
	fields := strings.Fields(string(data[end+1:]))
	const stateAt, groupAt, threadsAt, startAt = 0, 2, 17, 19 // fields 3, 5, 20 and 22 of proc_pid_stat(5)
	if len(fields) <= startAt {
		return stat{}, errors.New("too few fields")
	}
	group, err := strconv.Atoi(fields[groupAt])
	if err != nil {
		return stat{}, err
	}
	// A process is shown as a zombie once its first thread has ended; the others may still hold its
	// ports and files.
	threads, err := strconv.Atoi(fields[threadsAt])
	if err != nil {
		return stat{}, err
	}
	return stat{dead: fields[stateAt] == "Z" && threads <= 1, group: group, start: fields[startAt]}, nil
}

// identify returns when a process began and its command line; false when it isn't there or is
// only a zombie.
func identify(pid int) (started, command string, there bool) {
	stat, err := readStat(pid)
	if err != nil || stat.dead {
		return "", "", false
	}
	// The command line of a process in its last throes is empty already.
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return "", "", false
	}
	line = bytes.ReplaceAll(bytes.TrimRight(line, "\x00"), []byte{0}, []byte(" "))
	return stat.start, string(line), true
}

// group returns the living processes of a process group.
func group(id int) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := readStat(pid)
		if err == nil && stat.group == id && !stat.dead {
			pids = append(pids, pid)
		}
	}
	return pids
}

// groupLives says whether a process group has a living member. Zombies don't count: in a
// container without an init nobody ever buries a grandchild.
func groupLives(id int) bool { return len(group(id)) > 0 }
