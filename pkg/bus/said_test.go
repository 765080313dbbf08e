package bus

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestFailuresDontFloodTheLog: two that take turns every half second, with
// another port each time, are said once in sayEvery each, and a third at once.
func TestFailuresDontFloodTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s said
		n := 0
		for i := range 4 * int(sayEvery/joinBackoff) {
			err := fmt.Errorf("read tcp 127.0.0.1:%d: reset", 40000+i)
			if i%2 == 1 {
				err = errors.New("no coordinator")
			}
			if s.news(err) {
				n++
			}
			time.Sleep(joinBackoff)
		}
		if n != 8 {
			t.Errorf("said %d times in 4 x %v", n, sayEvery)
		}
		if !s.news(errors.New("denied")) || s.news(errors.New("denied")) {
			t.Error("what is new is not said once")
		}
		time.Sleep(sayEvery)
		if !s.news(errors.New("denied")) || len(s) != 1 {
			t.Errorf("remembers %d", len(s))
		}
	})
}
