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
	to string

	mu       sync.Mutex
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
	server, err := net.Dial("tcp", r.to) //nolint:noctx // to loopback
	if err != nil {
		r.count(func(t *Traffic) { t.Broken++ })
		reset(client)
		return
	}
	defer func() { _ = server.Close() }()
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
