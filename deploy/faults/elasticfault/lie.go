package elasticfault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// Document is one of a bulk request.
type Document struct {
	Index       string `json:"_index"`
	ID          string `json:"_id"`
	Routing     string `json:"routing,omitempty"`
	Version     int64  `json:"version,omitempty"`
	VersionType string `json:"version_type,omitempty"`

	Source json.RawMessage `json:"-"` // a line
}

// A Lie tells what Elasticsearch is given instead of a document. The answer is
// that to the first of them; if there is none, that the document was created.
type Lie func(Document) []Document

// Lie has every document of a bulk request replaced, from now on, one after
// another; nil ends it.
func (p *Proxy) Lie(l Lie) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lie = l
}

// told is what becomes of a bulk request, and how many documents each of its own
// became; false if no lie is told.
func (p *Proxy) told(body []byte) (through []byte, became []int, told bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lie == nil {
		return nil, nil, false
	}
	lines := bytes.SplitAfter(body, []byte("\n"))
	for i := 0; i+1 < len(lines); i += 2 {
		var action struct {
			Index Document `json:"index"`
		}
		if json.Unmarshal(lines[i], &action) != nil {
			return nil, nil, false
		}
		action.Index.Source = lines[i+1]
		docs := p.lie(action.Index)
		became = append(became, len(docs))
		for _, d := range docs {
			line, err := json.Marshal(map[string]Document{"index": d})
			if err != nil {
				return nil, nil, false
			}
			through = append(append(append(through, line...), '\n'), d.Source...)
		}
	}
	return through, became, true
}

// passLies answers a bulk request of which other documents have become.
func (p *Proxy) passLies(w http.ResponseWriter, r *http.Request, through []byte, became []int) {
	var reply struct {
		Items []json.RawMessage `json:"items"`
	}
	a := answer{http.StatusOK, http.Header{"Content-Type": {"application/json"}, "X-Elastic-Product": {"Elasticsearch"}}, nil}
	if len(through) > 0 {
		got, err := p.forward(r.Context(), r, through)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if got.status != http.StatusOK || json.Unmarshal(got.body, &reply) != nil {
			got.write(w, got.body)
			return
		}
	}
	items := make([]json.RawMessage, len(became))
	for i, n := range became {
		if n == 0 {
			items[i] = fmt.Appendf(nil, `{"index":{"status":%d}}`, http.StatusCreated)
			continue
		}
		if len(reply.Items) < n {
			panic(http.ErrAbortHandler) // Elasticsearch spoke of fewer than it was given
		}
		items[i], reply.Items = reply.Items[0], reply.Items[n:]
	}
	data, err := json.Marshal(map[string]any{"items": items})
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	a.body = data
	a.write(w, data)
}
