package rig

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
)

// TestRelay counts what goes through, and passes on how a connection ends.
func TestRelay(t *testing.T) {
	for _, c := range []struct {
		name   string
		server func(net.Conn) // after it has answered
		client func(net.Conn)
		end    error
		broken int
	}{
		{"the client ends", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, func(c net.Conn) { _ = c.Close() }, net.ErrClosed, 0},
		{"the server ends", func(net.Conn) {}, func(net.Conn) {}, io.EOF, 1},
		{"the server resets", reset, func(net.Conn) {}, syscall.ECONNRESET, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			behind, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer behind.Close()
			read := make(chan struct{})
			go func() {
				s, err := behind.Accept()
				if err != nil {
					return
				}
				defer s.Close()
				if _, err := io.ReadFull(s, make([]byte, 4)); err == nil {
					_, _ = s.Write([]byte("answer"))
				}
				<-read
				c.server(s)
			}()
			r := &relay{to: behind.Addr().String()}
			if err := r.listen("127.0.0.1:0"); err != nil {
				t.Fatal(err)
			}
			defer r.close()
			client, err := net.Dial("tcp", r.listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if _, err := client.Write([]byte("call")); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(client, make([]byte, 6)); err != nil {
				t.Fatal(err)
			}
			close(read)
			c.client(client)
			if _, err := client.Read(make([]byte, 1)); !errors.Is(err, c.end) {
				t.Errorf("the client's end is %v, want %v", err, c.end)
			}
			if got, want := r.sofar(), (Traffic{Up: 4, Down: 6, Broken: c.broken}); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

func TestRelayWithoutAServer(t *testing.T) {
	r := &relay{to: "127.0.0.1:1"}
	if err := r.listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer r.close()
	// It may be reset before it is made, as far as the client can tell.
	if client, err := net.Dial("tcp", r.listener.Addr().String()); err == nil {
		defer client.Close()
		if _, err := client.Read(make([]byte, 1)); err == nil {
			t.Error("the connection lives")
		}
	}
	if got := r.sofar(); got.Broken != 1 {
		t.Errorf("%+v", got)
	}
}
