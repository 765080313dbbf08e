package rig

import "syscall"

// endWithParent has the kernel kill the child when this process is gone.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
