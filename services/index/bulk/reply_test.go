package bulk

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/stage"
)

func FuzzReply(f *testing.F) {
	for _, s := range []string{
		`{"items":[{"index":{"status":201}}]}`, `{"items":[{"index":{"status":400,"error":{"type":"t","reason":"r","caused_by":{"reason":"x"}}}}]}`,
		`{"items":[{"create":{"status":201}}]}`, `{"items":[null]}`, `null`, ``, `{"items":[{"index":{"status":"201"}}]}`, "\xff", `{"error":"plain"}`,
		`{"error":{"type":"x"}}`, strings.Repeat(`{"error":{"caused_by":`, 100),
	} {
		f.Add([]byte(s), 1, 400)
	}
	f.Fuzz(func(t *testing.T, reply []byte, n, status int) {
		if items, err := parseItems(reply, n); err == nil {
			if len(items) != n {
				t.Fatalf("%d items of %d", len(items), n)
			}
			for _, it := range items {
				r := it.result()
				if (r.Err == nil) != (it.Status == 200 || it.Status == 201 || it.Status == 409) || (r.Err == nil) == (r.Outcome == "") {
					t.Fatalf("%+v of %+v", r, it)
				}
				if stage.IsPermanent(r.Err) && (it.Status < 400 || it.Status >= 500) {
					t.Fatalf("given up at %d", it.Status)
				}
			}
		}
		e := parseRefusal(status, reply)
		if len(e.Reason) > MaxReason+len("…") || !utf8.ValidString(e.Reason) {
			t.Fatalf("reason of %d bytes", len(e.Reason))
		}
	})
}
