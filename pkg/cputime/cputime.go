// Package cputime measures what computing costs, for tests that hold it to a
// limit: other programs on a busy machine change what a clock says of it.
package cputime

import "time"

// Of is for how long this process kept processors busy while f ran, in all its
// goroutines. Where the system doesn't tell, it is the clock's time.
func Of(f func()) time.Duration {
	before := used()
	f()
	return used() - before
}
