package gate

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimitFillsUpEvenly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(time.Now, 10)
		for i := range 60 {
			if q := l.take("a", 60, 1); !q.ok || q.left != 59-i {
				t.Fatalf("request %d: %+v", i, q)
			}
		}
		q := l.take("a", 60, 1)
		if q.ok || q.left != 0 || q.next != time.Second || q.full != time.Minute {
			t.Fatalf("beyond the limit: %+v", q)
		}
		if q := l.take("b", 60, 1); !q.ok {
			t.Errorf("another one pays for it: %+v", q)
		}
		time.Sleep(time.Second - 1)
		if q := l.take("a", 60, 1); q.ok {
			t.Errorf("too early: %+v", q)
		}
		time.Sleep(time.Nanosecond) // refusals cost nothing
		if q := l.take("a", 60, 1); !q.ok || q.left != 0 {
			t.Errorf("a second later: %+v", q)
		}
		if q := l.take("a", 60, 1); q.ok {
			t.Errorf("two at once: %+v", q)
		}
		time.Sleep(10 * time.Second)
		if q := l.take("a", 60, 1); !q.ok || q.left != 9 {
			t.Errorf("10 s later: %+v", q)
		}
		time.Sleep(time.Hour)
		if q := l.take("a", 60, 1); !q.ok || q.left != 59 {
			t.Errorf("an hour later: %+v", q)
		}
		if q := l.take("a", 60, 50); !q.ok || q.left != 9 {
			t.Errorf("for 50: %+v", q)
		}
		if q := l.take("a", 60, 10); q.ok || q.left != 9 || q.next != time.Second {
			t.Errorf("for one too many: %+v", q)
		}
		if q := l.take("c", 60, 100); !q.ok || q.left != 0 {
			t.Errorf("for more than there ever is: %+v", q)
		}
	})
}

func TestLimitRemembersSoManyAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(time.Now, 3)
		passed := 0
		for i := range 1000 {
			l.take(fmt.Sprint(i), 1, 1)
			if l.take("busy", 1, 1).ok {
				passed++
			}
		}
		if passed != 1 {
			t.Errorf("who asks all the time was forgotten: %d passed", passed)
		}
		if len(l.byName) != 3 || l.used.Len() != 3 {
			t.Errorf("%d and %d are remembered", len(l.byName), l.used.Len())
		}
		if q := l.take("999", 1, 1); q.ok {
			t.Error("the one before was forgotten")
		}
		if q := l.take("0", 1, 1); !q.ok {
			t.Error("who was silent longest is remembered")
		}
	})
}

func TestLimitHeaders(t *testing.T) {
	h := http.Header{}
	quota{policy: "key", ok: true, limit: 60, left: 7, full: 52500 * time.Millisecond}.tell(h)
	if h.Get("RateLimit-Policy") != `"key";q=60;w=60` || h.Get("RateLimit") != `"key";r=7;t=53` || h.Get("Retry-After") != "" {
		t.Error(h)
	}
	quota{policy: "address", limit: 1000, full: time.Minute, next: time.Millisecond}.tell(h)
	if h.Get("RateLimit-Policy") != `"address";q=1000;w=60` || h.Get("RateLimit") != `"address";r=0;t=60` || h.Get("Retry-After") != "1" {
		t.Error(h)
	}
}
