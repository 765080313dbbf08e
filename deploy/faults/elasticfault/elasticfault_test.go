package elasticfault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/elasticfault"
)

// elasticsearch counts the documents that it is given.
type elasticsearch struct {
	mu   sync.Mutex
	docs []string
}

func (e *elasticsearch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	lines := strings.Split(strings.TrimSpace(string(body)), "\n")
	var items []string
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := 1; i < len(lines); i += 2 {
		e.docs = append(e.docs, lines[i])
		items = append(items, `{"index":{"status":201}}`)
	}
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	fmt.Fprintf(w, `{"items":[%s]}`, strings.Join(items, ","))
}

func (e *elasticsearch) applied() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.docs
}

const docs = 200

func bulk() []byte {
	var b bytes.Buffer
	for i := range docs {
		fmt.Fprintf(&b, "{\"index\":{\"_id\":\"%d\"}}\n{\"uri\":\"u%d\"}\n", i, i)
	}
	return b.Bytes()
}

type reply struct {
	status int
	body   []byte
	err    error
}

// patience is how long an answer may take on a busy machine.
const patience = time.Minute

func ask(t *testing.T, ctx context.Context, url string) reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/_bulk", bytes.NewReader(bulk()))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, body, err}
}

func start(t *testing.T) (*elasticsearch, *elasticfault.Proxy) {
	t.Helper()
	e := &elasticsearch{}
	s := httptest.NewServer(e)
	t.Cleanup(s.Close)
	p, err := elasticfault.Start(s.URL, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, p
}

// until asks until a fault has met the request.
func until(t *testing.T, e *elasticsearch, p *elasticfault.Proxy, fault elasticfault.Fault) reply {
	t.Helper()
	for before := p.Met(); ; {
		ctx, giveUp := context.WithCancel(t.Context())
		if had := len(e.applied()); fault == elasticfault.Hang {
			go func() { // no answer comes: it is given up when it was applied
				for ctx.Err() == nil && (p.Met().Writes == before.Writes || len(e.applied()) == had) {
					<-time.After(time.Millisecond) // between two looks
				}
				giveUp()
			}()
		}
		r := ask(t, ctx, p.URL())
		giveUp()
		if p.Met().Writes > before.Writes {
			return r
		}
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		fault elasticfault.Fault
		check func(t *testing.T, r reply, applied int)
	}{
		{elasticfault.TooMany, func(t *testing.T, r reply, _ int) {
			if r.status != http.StatusTooManyRequests || !bytes.Contains(r.body, []byte("es_rejected_execution_exception")) {
				t.Errorf("%+v", r)
			}
		}},
		{elasticfault.Unavailable, func(t *testing.T, r reply, _ int) {
			if r.status != http.StatusServiceUnavailable || json.Valid(r.body) {
				t.Errorf("%+v", r)
			}
		}},
		{elasticfault.Hang, func(t *testing.T, r reply, applied int) {
			if !errors.Is(r.err, context.Canceled) || applied == 0 {
				t.Errorf("%+v, %d applied", r, applied)
			}
		}},
		{elasticfault.Cut, func(t *testing.T, r reply, applied int) {
			if !errors.Is(r.err, io.ErrUnexpectedEOF) || len(r.body) == 0 || applied == 0 {
				t.Errorf("%d bytes, %v, %d applied", len(r.body), r.err, applied)
			}
		}},
		{elasticfault.Items, func(t *testing.T, r reply, applied int) {
			var got struct {
				Items []struct {
					Index struct {
						Status int `json:"status"`
					} `json:"index"`
				} `json:"items"`
			}
			if err := json.Unmarshal(r.body, &got); err != nil || len(got.Items) != docs {
				t.Fatalf("%v, %d items", err, len(got.Items))
			}
			created := 0
			for _, i := range got.Items {
				if i.Index.Status == http.StatusCreated {
					created++
				}
			}
			if created != applied || created == 0 || created == docs {
				t.Errorf("%d said to be created, %d applied", created, applied)
			}
		}},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			e, p := start(t)
			p.Set(c.fault)
			r := until(t, e, p, c.fault)
			c.check(t, r, len(e.applied()))
			met := p.Met()
			if refused := docs - len(e.applied()); c.fault == elasticfault.Items && met.Documents != refused || c.fault != elasticfault.Items && met.Documents != 0 {
				t.Errorf("%d documents are said to be refused", met.Documents)
			}
			if met.Others != 0 {
				t.Errorf("a bulk request counts as another: %+v", met)
			}
			p.Set(elasticfault.None)
			if r := ask(t, t.Context(), p.URL()); r.status != http.StatusOK || r.err != nil {
				t.Errorf("after the fault: %+v", r)
			}
		})
	}
}

func TestSpoil(t *testing.T) {
	e, p := start(t)
	p.Spoil(`"u7"`)
	if r := ask(t, t.Context(), p.URL()); r.err != nil {
		t.Fatal(r.err)
	}
	for i, d := range e.applied() {
		if want := map[bool]string{true: `{"urgency":"flash","uri":"u7"}`, false: fmt.Sprintf(`{"uri":"u%d"}`, i)}[i == 7]; d != want {
			t.Errorf("document %d is %s, want %s", i, d, want)
		}
	}
}
