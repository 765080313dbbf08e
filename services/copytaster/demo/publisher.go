// Package demo holds the real input that `copytaster demo` feeds in, and a
// small local publisher whose feeds it polls.
package demo

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path"
	"slices"
	"time"
)

//go:embed input
var input embed.FS

// Item is one piece of input.
type Item struct {
	Way    string // "drop", "push" or "feed": how it gets in
	Source string // name of the intake
	Name   string // file name
	Bytes  []byte
}

// Items lists the input, by way and name.
func Items() ([]Item, error) {
	var items []Item
	err := fs.WalkDir(input, "input", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := input.ReadFile(p)
		if err != nil {
			return err
		}
		dir, name := path.Split(p)
		it := Item{Name: name, Bytes: b}
		// input/drop/<source>/<name>, input/push/<name>, input/feed/<name>
		parts := splitPath(dir)
		it.Way = parts[1]
		switch {
		case len(parts) > 2:
			it.Source = parts[2]
		case it.Way == "feed":
			it.Source = name[:len(name)-len(path.Ext(name))]
		default:
			it.Source = it.Way
		}
		items = append(items, it)
		return nil
	})
	return items, err
}

func splitPath(p string) []string {
	var parts []string
	for p = path.Clean(p); p != "." && p != "/"; p = path.Dir(p) {
		parts = append(parts, path.Base(p))
	}
	slices.Reverse(parts)
	return parts
}

// Publisher serves the feeds of the demo on a free loopback port, as a small
// newspaper's site would: with media types and entity tags.
type Publisher struct {
	srv  *http.Server
	addr net.Addr
}

const headerTimeout = 5 * time.Second

// Publish starts a publisher. It stops when ctx is done or Close is called.
func Publish(ctx context.Context) (*Publisher, error) {
	items, err := Items()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	started := time.Now()
	for _, it := range items {
		if it.Way != "feed" {
			continue
		}
		mediaType := map[string]string{".rss": "application/rss+xml", ".atom": "application/atom+xml", ".json": "application/feed+json"}[path.Ext(it.Name)]
		mux.HandleFunc("GET /"+it.Name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", mediaType)
			w.Header().Set("ETag", fmt.Sprintf(`"%s-%d"`, it.Name, len(it.Bytes)))
			http.ServeContent(w, r, "", started, bytes.NewReader(it.Bytes))
		})
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("demo publisher: %w", err)
	}
	p := &Publisher{addr: l.Addr(), srv: &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout}}
	go func() { _ = p.srv.Serve(l) }()
	context.AfterFunc(ctx, func() { _ = p.Close() })
	return p, nil
}

// URL is where the feed of that file name is.
func (p *Publisher) URL(name string) string { return "http://" + p.addr.String() + "/" + name }

// Close stops the publisher. Closing twice is fine.
func (p *Publisher) Close() error {
	if err := p.srv.Close(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
