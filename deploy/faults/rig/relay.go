package rig

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
)

// Traffic is what went through a link.
type Traffic struct {
	Up     int64 // bytes from clients
	Down   int64 // bytes to clients
	Broken int   // connections that ended from the server's side, or could not be made
}

// Less is what came after o.
func (t Traffic) Less(o Traffic) Traffic {
	return Traffic{t.Up - o.Up, t.Down - o.Down, t.Broken - o.Broken}
}

// relay passes connections on as they are, and counts. It stands before a
// link's proxy, so that it sees what clients see.
type relay struct {
	mu       sync.Mutex
	to       string
	open     map[net.Conn]struct{} // to there
	listener net.Listener
	traffic  Traffic
}

func (r *relay) listen(at string) error {
	l, err := net.Listen("tcp", at) //nolint:noctx // binding to loopback doesn't block
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.listener = l
	r.mu.Unlock()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(c)
		}
	}()
	return nil
}

// close refuses connections from now on; those that are end with the proxy's.
func (r *relay) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.listener.Close() // nothing is left to lose
}

// lead has the connections that come from now on go to another address.
func (r *relay) lead(to string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to = to
}

// drop breaks the connections that are.
func (r *relay) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.open {
		_ = c.Close() // both directions end
	}
}

// dial connects to where the relay leads; the connection is open until forget.
func (r *relay) dial() (net.Conn, error) {
	r.mu.Lock()
	to := r.to
	r.mu.Unlock()
	c, err := net.Dial("tcp", to) //nolint:noctx // to loopback
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.to != to { // it has been led elsewhere, and dropped the others
		_ = c.Close()
		return nil, net.ErrClosed
	}
	if r.open == nil {
		r.open = map[net.Conn]struct{}{}
	}
	r.open[c] = struct{}{}
	return c, nil
}

func (r *relay) forget(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, c)
	_ = c.Close()
}

func (r *relay) count(f func(*Traffic)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.traffic)
}

func (r *relay) sofar() Traffic {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.traffic
}

func (r *relay) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := r.dial()
	if err != nil {
		r.count(func(t *Traffic) { t.Broken++ })
		reset(client)
		return
	}
	defer r.forget(server)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(server, counted{client, func(n int) { r.count(func(t *Traffic) { t.Up += int64(n) }) }})
		// The client has no more to say, or is gone: so is this connection.
		_ = server.Close()
	}()
	_, err = io.Copy(client, counted{server, func(n int) { r.count(func(t *Traffic) { t.Down += int64(n) }) }})
	select {
	case <-ended: // by the client
		return
	default:
	}
	if !errors.Is(err, net.ErrClosed) {
		r.count(func(t *Traffic) { t.Broken++ })
	}
	if errors.Is(err, syscall.ECONNRESET) {
		reset(client)
	}
	_ = client.Close()
	<-ended
}

// reset has the connection end with a reset when it is closed.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// counted counts what is read.
type counted struct {
	io.Reader

	add func(int)
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.add(n)
	return n, err
}
