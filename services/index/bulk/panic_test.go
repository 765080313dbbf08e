package bulk_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// delicate takes everything but one document.
type delicate struct{ id string }

func (d delicate) Perform(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(body, fmt.Appendf(nil, `"_id":%q`, d.id)) {
		panic("can't bear " + d.id)
	}
	n := bytes.Count(body, []byte("\n")) / 2
	answer := `{"items":[` + strings.TrimSuffix(strings.Repeat(`{"index":{"status":201}},`, n), ",") + `]}`
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer))}, nil
}

// TestPanicOverOneDocument: it is refused, and the others are written.
func TestPanicOverOneDocument(t *testing.T) {
	w := bulk.New(delicate{"3"}, bulk.Config{BreakAfter: 1}, bulk.Observer{})
	defer w.Close()
	results, err := w.Write(t.Context(), docs(10))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if bad := i == 3; bad != (r.Err != nil) || bad && (!stage.IsPermanent(r.Err) || !strings.Contains(r.Err.Error(), "can't bear 3")) {
			t.Errorf("document %d: %+v", i, r)
		}
	}
	if s, why := w.Circuit(); s != bulk.Closed {
		t.Errorf("the circuit is %s: %v", s, why)
	}
}
