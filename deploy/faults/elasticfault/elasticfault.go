// Package elasticfault stands between a client and Elasticsearch, and answers
// as Elasticsearch, or the network before it, does on a bad day.
package elasticfault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is what is done to requests.
type Fault string

// The faults.
const (
	None        Fault = ""
	TooMany     Fault = "429"                  // refused, with Elasticsearch's own words; nothing is applied
	Unavailable Fault = "503"                  // refused by something before Elasticsearch, without JSON
	Items       Fault = "item-level 429"       // of a bulk request some documents are applied, the others refused
	Hang        Fault = "time-out after apply" // applied, and never answered
	Cut         Fault = "cut reply"            // applied, and the answer breaks off in its middle
)

// Share is how many of the requests a fault meets, in percent; of [Items], how
// many of the documents.
const Share = 70

// Limits.
const (
	MaxBody    = 128 << 20 // of a request or reply, in bytes
	startGrace = 5 * time.Second
)

// Proxy passes requests on to one Elasticsearch. It must be made by [Start].
type Proxy struct {
	upstream string
	client   *http.Client
	server   *http.Server
	listener net.Listener

	mu      sync.Mutex
	random  *rand.Rand
	fault   Fault
	met     Met
	spoiled string
	lie     Lie
}

// Start listens on a port of its own before the Elasticsearch at upstream, a
// URL. Which requests a fault meets depends on seed.
func Start(upstream string, seed uint64) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // binding to loopback doesn't block
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		upstream: strings.TrimRight(upstream, "/"), listener: l, random: rand.New(rand.NewPCG(seed, 3)),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32, DisableCompression: true}},
	}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: startGrace}
	go func() {
		if err := p.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.Set(None)
		}
	}()
	return p, nil
}

// URL is where the proxy listens.
func (p *Proxy) URL() string { return "http://" + p.listener.Addr().String() }

// Close drops all connections.
func (p *Proxy) Close() error {
	defer p.client.CloseIdleConnections()
	return p.server.Close()
}

// Set changes what is done to requests from now on.
func (p *Proxy) Set(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
}

// Spoil makes documents with that word conflict with the mapping, as those of a
// faulty enricher would: their urgency is a word. "" ends it.
func (p *Proxy) Spoil(word string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spoiled = word
}

// Met is what faults have met.
type Met struct {
	Writes    int // bulk requests
	Others    int // other requests
	Documents int // of bulk requests, refused one by one
}

// Met is what faults have met so far.
func (p *Proxy) Met() Met {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.met
}

// choose tells what is done to this request.
func (p *Proxy) choose(bulk bool) (Fault, string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.fault
	if f == None || f == Items && !bulk || f != Items && p.random.IntN(100) >= Share {
		return None, p.spoiled
	}
	if bulk {
		p.met.Writes++
	} else {
		p.met.Others++
	}
	return f, p.spoiled
}

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody))
	if err != nil {
		return // the client is gone
	}
	bulk := strings.HasSuffix(r.URL.Path, "/_bulk")
	fault, spoiled := p.choose(bulk)
	if bulk && spoiled != "" {
		body = spoil(body, spoiled)
	}
	if bulk {
		if through, became, told := p.told(body); told {
			p.passLies(w, r, through, became)
			return
		}
	}
	switch fault {
	case TooMany:
		refuse(w, http.StatusTooManyRequests, "application/json", rejected(http.StatusTooManyRequests))
	case Unavailable:
		refuse(w, http.StatusServiceUnavailable, "text/html", []byte("<html><body><h1>503 Service Unavailable</h1></body></html>"))
	case Items:
		p.someItems(w, r, body)
	case Hang:
		p.hang(r, body)
		// No answer, not even an empty one.
		panic(http.ErrAbortHandler)
	case Cut:
		p.cut(w, r, body)
	case None:
		p.pass(w, r, body)
	}
}

// rejected is what Elasticsearch says when its queues are full.
func rejected(status int) []byte {
	return fmt.Appendf(nil, `{"error":{"root_cause":[],"type":"es_rejected_execution_exception","reason":"rejected execution of coordinating operation"},"status":%d}`, status)
}

func refuse(w http.ResponseWriter, status int, mediaType string, body []byte) {
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}

// answer is what Elasticsearch said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (p *Proxy) forward(ctx context.Context, r *http.Request, body []byte) (answer, error) {
	out, err := http.NewRequestWithContext(ctx, r.Method, p.upstream+r.URL.RequestURI(), bytes.NewReader(body)) //nolint:gosec // a proxy on loopback before one server
	if err != nil {
		return answer{}, err
	}
	out.Header = r.Header.Clone()
	out.Header.Del("Accept-Encoding") // answers are read here
	resp, err := p.client.Do(out)     //nolint:gosec // as above
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody))
	return answer{resp.StatusCode, resp.Header, data}, err
}

func (p *Proxy) pass(w http.ResponseWriter, r *http.Request, body []byte) {
	a, err := p.forward(r.Context(), r, body)
	if err != nil {
		// Elasticsearch is away: so is the connection.
		panic(http.ErrAbortHandler)
	}
	a.write(w, a.body)
}

// write answers with body, and the length that it should have.
func (a answer) write(w http.ResponseWriter, body []byte) {
	for k, vs := range a.header {
		for _, v := range vs {
			w.Header().Add(k, v)
		}
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // the client may be gone
}

// hang applies the request whatever its sender does, and waits until it gives up.
func (p *Proxy) hang(r *http.Request, body []byte) {
	_, _ = p.forward(context.WithoutCancel(r.Context()), r, body) // whether it was applied is nobody's to know
	<-r.Context().Done()
}

func (p *Proxy) cut(w http.ResponseWriter, r *http.Request, body []byte) {
	a, err := p.forward(context.WithoutCancel(r.Context()), r, body)
	if err == nil {
		a.write(w, a.body[:len(a.body)/2])
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
	}
	panic(http.ErrAbortHandler)
}

// someItems applies some documents of a bulk request and refuses the others.
func (p *Proxy) someItems(w http.ResponseWriter, r *http.Request, body []byte) {
	lines := bytes.SplitAfter(body, []byte("\n"))
	var through []byte
	var refused []bool
	for i := 0; i+1 < len(lines); i += 2 {
		p.mu.Lock()
		no := p.random.IntN(100) < Share
		if no {
			p.met.Documents++
		}
		p.mu.Unlock()
		refused = append(refused, no)
		if !no {
			through = append(append(through, lines[i]...), lines[i+1]...)
		}
	}
	var items []json.RawMessage
	if len(through) > 0 {
		a, err := p.forward(r.Context(), r, through)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		var reply struct {
			Items []json.RawMessage `json:"items"`
		}
		if a.status != http.StatusOK || json.Unmarshal(a.body, &reply) != nil {
			a.write(w, a.body)
			return
		}
		items = reply.Items
	}
	all := make([]json.RawMessage, len(refused))
	for i, no := range refused {
		switch {
		case no:
			all[i] = json.RawMessage(`{"index":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"rejected execution of primary operation"}}}`)
		case len(items) > 0:
			all[i], items = items[0], items[1:]
		default:
			panic(http.ErrAbortHandler) // Elasticsearch spoke of fewer than it was given
		}
	}
	data, err := json.Marshal(map[string]any{"took": 1, "errors": true, "items": all})
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	header := http.Header{"Content-Type": {"application/json"}, "X-Elastic-Product": {"Elasticsearch"}}
	answer{http.StatusOK, header, data}.write(w, data)
}

// spoil gives the documents with that word an urgency that is a word.
func spoil(body []byte, word string) []byte {
	lines := bytes.SplitAfter(body, []byte("\n"))
	for i := 1; i < len(lines); i += 2 {
		if bytes.Contains(lines[i], []byte(word)) && bytes.HasPrefix(lines[i], []byte("{")) {
			lines[i] = append([]byte(`{"urgency":"flash",`), lines[i][1:]...)
		}
	}
	return bytes.Join(lines, nil)
}
