package operate

import (
	"fmt"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
)

// TestDecodeAgainKeepsWhatDeletionMeans: an entry that its feed deleted is killed
// or withheld again, as the feed was set to when it came.
func TestDecodeAgainKeepsWhatDeletionMeans(t *testing.T) {
	const data = `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><id>urn:x:feed</id>` +
		`<at:deleted-entry ref="urn:x:1" when="2026-01-05T10:00:00Z"/></feed>`
	for kills, want := range map[bool]article.Status{false: article.Withheld, true: article.Canceled} {
		h := document.Hint{Source: "desk", URL: "https://news.example/a.atom", ReceivedAt: time.Date(2026, 1, 5, 10, 1, 0, 0, time.UTC), Claimed: true, DeletedKills: kills}
		came, err := format.DecodePart(t.Context(), []byte(data), h, "atom")
		if err != nil || len(came) != 1 || came[0].Status != want {
			t.Fatalf("kills %v: %+v, %v", kills, came, err)
		}
		for _, detect := range []bool{false, true} {
			t.Run(fmt.Sprintf("kills %v, detect %v", kills, detect), func(t *testing.T) {
				again, err := decodeAgain(t.Context(), &came[0], []byte(data), detect)
				if err != nil || len(again) != 1 || again[0].Status != want {
					t.Fatalf("%+v, %v", again, err)
				}
				if cs, err := changes(&came[0], &again[0], false); err != nil || len(cs) != 0 {
					t.Errorf("%+v, %v", cs, err)
				}
			})
		}
	}
}
