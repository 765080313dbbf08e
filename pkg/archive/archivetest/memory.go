package archivetest

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"github.com/copytaster/copytaster/pkg/archive"
)

// Memory keeps objects in memory, for tests.
type Memory struct {
	mu      sync.Mutex
	objects map[string][]byte
}

// NewMemory makes an empty one.
func NewMemory() *Memory { return &Memory{objects: map[string][]byte{}} }

// Put implements [archive.Store].
func (m *Memory) Put(ctx context.Context, name string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := archive.CheckName(name); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects[name] = bytes.Clone(data)
	return nil
}

// Get implements [archive.Store].
func (m *Memory) Get(ctx context.Context, name string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := archive.CheckName(name); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.objects[name]
	if !ok {
		return nil, archive.ErrNotFound
	}
	return bytes.Clone(data), nil
}

// Remove implements [archive.Store].
func (m *Memory) Remove(ctx context.Context, prefix string) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := archive.CheckName(prefix); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for name := range m.objects {
		if strings.HasPrefix(name, prefix) {
			delete(m.objects, name)
			n++
		}
	}
	return n, nil
}
