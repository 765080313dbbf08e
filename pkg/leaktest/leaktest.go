// Package leaktest fails the tests of a package that leave goroutines behind.
package leaktest

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long goroutines may take to end after the last test. Goleak's
// own half a second is little on a busy machine.
const patience = time.Minute

// Main runs the tests and ends the process: call it from TestMain. After a
// success, goroutines that go on for a minute are a failure, but for those that
// the options leave out.
func Main(m *testing.M, options ...goleak.Option) {
	goleak.VerifyTestMain(patient{m, options}, options...)
}

type patient struct {
	*testing.M
	options []goleak.Option
}

// Run runs the tests, and waits until what they began has ended.
func (p patient) Run() int {
	code := p.M.Run()
	for deadline := time.Now().Add(patience); code == 0 && goleak.Find(p.options...) != nil && time.Now().Before(deadline); {
		// Find has waited itself.
	}
	return code
}
