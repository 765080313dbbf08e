package bus

import "time"

// SetLostRetry makes sources of b ask sooner again for what is lost.
func (b *Bus) SetLostRetry(d time.Duration) { b.lostRetry = d }

// SetMaxTracked is [MaxTracked] for sources of b.
func (b *Bus) SetMaxTracked(n int) { b.maxTracked = n }
