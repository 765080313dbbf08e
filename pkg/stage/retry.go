package stage

import "sync/atomic"

// retryBudget tells whether a message is to blame for its failure, or what the
// handler depends on.
//
// It begins full. A failed call of the handler takes one out, a successful one
// puts a tenth back: that is the rule by which Finagle, gRPC and others keep
// clients from repeating a service to death. As long as something is in it,
// most calls succeed, so the message that fails is the odd one: it is repeated
// soon, and after some attempts it is given up. Once it is empty, the failures
// are everybody's: messages are repeated slowly, and none is given up for that.
//
// So an outage makes at most Config.RetryBudget / Config.HandlerAttempts dead
// letters of messages that are innocent, however long it lasts below
// Config.GiveUpAfter.
type retryBudget struct {
	full int64
	left atomic.Int64 // in parts of [budgetPart]
}

// budgetPart is how many successes pay for a failure.
const budgetPart = 10

func newRetryBudget(failures int) *retryBudget {
	b := &retryBudget{full: int64(failures) * budgetPart}
	b.left.Store(b.full)
	return b
}

// failed tells whether there was something left.
func (b *retryBudget) failed() bool {
	for {
		n := b.left.Load()
		if n < budgetPart {
			return false
		}
		if b.left.CompareAndSwap(n, n-budgetPart) {
			return true
		}
	}
}

// succeeded tells whether there is something again that was not before.
func (b *retryBudget) succeeded() bool {
	for {
		n := b.left.Load()
		if n >= b.full {
			return false
		}
		if b.left.CompareAndSwap(n, n+1) {
			return n == budgetPart-1
		}
	}
}
