package rig

import (
	"context"
	"io"
	"net"
	"testing"
)

// A proxy that can't be healed is replaced: connections through it break, and new
// ones are as the link is to be.
func TestReplacedProxy(t *testing.T) {
	l, err := newLink("echo")
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	server, err := net.Listen("tcp", loopback(l.port))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", l.Addr)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	echoes := func(c net.Conn) error {
		if _, err := c.Write([]byte("word")); err != nil {
			return err
		}
		_, err := io.ReadFull(c, make([]byte, 4))
		return err
	}
	c := dial()
	defer c.Close()
	if err := echoes(c); err != nil {
		t.Fatal(err)
	}
	resets := Toxic{Type: "reset_peer", Stream: "downstream"}
	if err := l.Poison(resets); err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	err = l.replace()
	l.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	if err := echoes(c); err == nil {
		t.Error("a connection through the proxy before goes on")
	}
	poisoned := dial()
	defer poisoned.Close()
	if err := echoes(poisoned); err == nil {
		t.Error("the new proxy has not the toxic")
	}
	if err := l.Heal(context.Background()); err != nil {
		t.Fatal(err)
	}
	healed := dial()
	defer healed.Close()
	if err := echoes(healed); err != nil {
		t.Error(err)
	}
}
