package copytaster

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

const killNote = `{"uri":%q,"version":"2","versioncreated":"2026-01-05T11:00:00Z","pubstatus":"canceled"}`

// wantAhead looks for the kill, and nothing else, among the notices, without its
// original.
func (o *tools) wantAhead(a article.Article) {
	o.t.Helper()
	ahead := o.sent(topic.Notices)
	if len(ahead) != 1 || ahead[0].URI != a.URI || ahead[0].Revision != a.Revision || ahead[0].Status != article.Canceled || !ahead[0].ReceivedAt.Equal(a.ReceivedAt) {
		o.t.Errorf("the notices have %+v, want the kill %s %v", ahead, a.URI, a.Revision)
	}
	if len(ahead) == 1 && ahead[0].Original.Bytes != nil {
		o.t.Error("the notice has an original")
	}
}

// A kill that ingest refused waits behind nothing when it is sent again.
func TestRedriveSendsKillsAhead(t *testing.T) {
	o := toolsOn(t, nil)
	o.ensure(topic.Received, topic.ReceivedBulk, topic.IngestDead)
	now := time.Now().UTC()
	for _, text := range []string{fmt.Sprintf(killNote, "killed"), "Ferry runs again\n\nThe ferry to Skarra runs again since Monday, the operator said.\n"} {
		o.letters(stage.DeadLetter{Message: stage.Message{Topic: "drop", Partition: -1, Value: []byte(text), Headers: []stage.Header{
			{Key: "intake_source", Value: []byte("desk")}, {Key: "intake_received_at", Value: []byte("2026-01-05T11:01:00Z")}, {Key: "intake_lane", Value: []byte(topic.Bulk)},
		}}, Stage: "ingest", Err: errors.New("an older decoder knew no better"), At: now})
	}
	o.only(o.lines(0, "dead", "redrive", "-n", "--all"), object{"action": "summary", "would": 2})
	o.only(o.lines(0, "dead", "redrive", "--all", "--yes"), object{"action": "summary", "done": 2})
	for _, a := range o.sent(topic.ReceivedBulk) {
		if a.Status == article.Canceled {
			o.wantAhead(a)
			return
		}
	}
	t.Error("the kill was not sent")
}

// What turns out to be a kill waits behind nothing either.
func TestReparseSendsKillsAhead(t *testing.T) {
	o := toolsOn(t, nil)
	kill, report := ninjsOf(t, "killed", "H"), ninjsOf(t, "report", "H")
	kill.Original.Bytes = fmt.Appendf(nil, killNote, "killed")
	o.ensure(topic.Received, topic.ReceivedBulk)
	o.write(topic.Received, worse(kill), worse(report))
	o.only(o.lines(0, "reparse", "--write", "--yes"), object{"action": "summary", "sent": 2})
	for _, a := range o.sent(topic.ReceivedBulk) {
		if a.Status == article.Canceled {
			o.wantAhead(a)
			return
		}
	}
	t.Error("the kill was not sent")
}
