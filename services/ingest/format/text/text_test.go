package text_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/text"
)

// TestTop: an embargo at the very top holds, a kill is but flagged, and a
// report about either is a report.
func TestTop(t *testing.T) {
	for _, c := range []struct {
		text   string
		status article.Status
		until  string
		flags  string
	}{
		{"EMBARGOED UNTIL 0001 GMT 25 NOV 2026\n\nThe bank holds its rates.", article.Usable, "2026-11-25T00:01:00Z", ""},
		{"Bank holds rates\nEMBARGOED UNTIL DELIVERY\nText.", article.Withheld, "", article.FlagEmbargoUnresolved},
		{"KILL KILL KILL\nPlease kill item dpa 157.", article.Usable, "", article.FlagTargetUnknown},
		{"Bank holds rates\nOne.\nTwo.\nEMBARGOED UNTIL DELIVERY", article.Usable, "", ""},
		{"Embargo on oil lifted\nText.", article.Usable, "", ""},
		{"KILL BILL RETURNS\nText.", article.Usable, "", ""},
		{"Embargo: what it means\nText.", article.Usable, "", ""},
	} {
		as, err := text.Decode(context.Background(), strings.NewReader(c.text), document.Hint{Source: "site"})
		if err != nil {
			t.Fatal(err)
		}
		a := as[0]
		until := ""
		if !a.EmbargoUntil.IsZero() {
			until = a.EmbargoUntil.Format(time.RFC3339)
		}
		status := a.Status
		if status == "" {
			status = article.Usable
		}
		if status != c.status || until != c.until || !strings.Contains(strings.Join(a.Flags, " "), c.flags) || c.flags == "" && len(a.Flags) > 1 {
			t.Errorf("%q: %s until %q, %v", c.text, status, until, a.Flags)
		}
		if a.Text != c.text {
			t.Errorf("%q became %q", c.text, a.Text)
		}
	}
}
