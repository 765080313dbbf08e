package redrive

import (
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/deadletter"
)

// A kill that nobody could see before comes now; one that was sent before comes as it did
// then, however often it is sent.
func TestKillsKeepTheirTime(t *testing.T) {
	received := time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC)
	first, second, now := received.Add(time.Hour), received.Add(2*time.Hour), received.Add(3*time.Hour)
	for what, c := range map[string]struct {
		before *deadletter.Handled
		want   time.Time
	}{
		"the first time":  {nil, now},
		"discarded":       {&deadletter.Handled{Done: deadletter.Discarded, At: first}, now},
		"the second time": {&deadletter.Handled{Done: deadletter.Redriven, At: first, Times: 1}, first},
		"the third time":  {&deadletter.Handled{Done: deadletter.Redriven, At: second, Times: 2, First: first}, first},
	} {
		as := []article.Article{{Status: article.Canceled, ReceivedAt: received}, {Status: article.Usable, ReceivedAt: received}}
		date(as, c.before, now)
		if !as[0].ReceivedAt.Equal(c.want) || !as[1].ReceivedAt.Equal(received) {
			t.Errorf("%s: the kill comes at %v, the copy at %v", what, as[0].ReceivedAt, as[1].ReceivedAt)
		}
	}
}
