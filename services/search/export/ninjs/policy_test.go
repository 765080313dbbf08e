package ninjs

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// A policy is JSON, whatever stands in the id, and nothing is escaped in vain.
func TestPolicyIsJSON(t *testing.T) {
	for _, id := range []string{"urn:x:1", `urn:x:a"b\c`, "urn:x:bell\a", "urn:x:\u00ad\U000e0001", "urn:x:<a&b>"} {
		doc, err := encode(until(id, time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC)).EncodedRights)
		if err != nil {
			t.Fatal(err)
		}
		var src string
		var got policy
		if err := json.Unmarshal(doc, &src); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(src), &got); err != nil || len(got.Permission) != 1 || got.Permission[0].Target != id || strings.Contains(src, `\u0026`) {
			t.Errorf("%q: %v in %s", id, err, src)
		}
	}
}
