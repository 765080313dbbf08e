//go:build unix

package cputime

import (
	"syscall"
	"time"
)

// used is the processors' time of this process so far.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // of these arguments it never fails
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
