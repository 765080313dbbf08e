package stagetest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// maxLine is the longest line of a file: a message of the largest size in
// base64, and room for its names. A longer one is no message.
const maxLine = 2 * topic.MaxMessage

// File is a log in a file, a line of JSON per message. An offset is the place
// of a line in bytes. A reader's place is kept beside it, in a file named after
// both. One process writes, one reads under a name.
//
// What was written is on the disk when a write returns. A last line that was
// torn by a crash was never promised: it is cut off before the next write, and
// not read. Sources end where the file ends.
type File struct {
	path string

	mu  sync.Mutex
	f   *os.File
	err error // after a write that failed half way
}

// line is a message in the file. Keys and values that are nil are null.
type line struct {
	Key     []byte         `json:"key"`
	Value   []byte         `json:"value"`
	Headers []stage.Header `json:"headers,omitempty"`
	Time    time.Time      `json:"time"`
}

// OpenFile opens or creates a log. Close it.
func OpenFile(path string) (*File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	l := &File{path: path, f: f}
	if err := errors.Join(l.mend(), syncDir(path)); err != nil {
		_ = f.Close()
		return nil, err
	}
	return l, nil
}

// mend cuts off a torn line, and goes to the end.
func (l *File) mend() error {
	size, err := l.f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	end := size
	buf := make([]byte, 64<<10)
	for end > 0 {
		n := min(int64(len(buf)), end)
		if _, err := l.f.ReadAt(buf[:n], end-n); err != nil {
			return err
		}
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			end += int64(i) + 1 - n
			break
		}
		end -= n
	}
	if end < size {
		if err := l.f.Truncate(end); err != nil {
			return err
		}
	}
	_, err = l.f.Seek(end, io.SeekStart)
	return err
}

// Append adds messages.
func (l *File) Append(ctx context.Context, ms ...stage.Message) error { return l.append(ctx, ms) }

func (l *File) append(ctx context.Context, ms []stage.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, m := range ms {
		at := m.Time
		if at.IsZero() {
			at = time.Now().UTC()
		}
		if err := enc.Encode(line{m.Key, m.Value, m.Headers, at}); err != nil {
			return stage.Permanent(err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		if l.err = l.mend(); l.err != nil {
			return fmt.Errorf("log %s: %w", l.path, l.err)
		}
	}
	if _, err := l.f.Write(b.Bytes()); err != nil {
		l.err = err
	} else {
		l.err = l.f.Sync()
	}
	if l.err != nil {
		return fmt.Errorf("log %s: %w", l.path, l.err)
	}
	return nil
}

// Close closes the file. Sinks and dead letters are closed on their own, before.
func (l *File) Close() error { return l.f.Close() }

// Sink makes a sink of articles.
func (l *File) Sink(t event.Type) stage.Sink { return &sink{log: l, typ: t} }

// DeadLetters makes dead letters.
func (l *File) DeadLetters() stage.DeadLetters { return &letters{log: l} }

// Source reads on where the last source of that reader stood.
func (l *File) Source(reader string) (stage.Source, error) {
	s := &fileSource{path: l.path, mark: l.path + "." + reader + ".offset"}
	b, err := os.ReadFile(s.mark)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		// Written as a whole or not at all; anything else was done by hand.
		if s.at, err = strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err != nil || s.at < 0 {
			return nil, stage.Permanent(fmt.Errorf("%s: %q is no offset", s.mark, b))
		}
	}
	if s.f, err = os.Open(l.path); err != nil {
		return nil, err
	}
	if size, err := s.f.Seek(0, io.SeekEnd); err != nil || size < s.at {
		_ = s.f.Close()
		return nil, stage.Permanent(errors.Join(err, fmt.Errorf("%s: reader %s stands at %d, the log ends at %d: it was cut", l.path, reader, s.at, size)))
	}
	s.pending.next, s.saved = s.at, s.at
	return s, nil
}

type fileSource struct {
	path, mark string

	mu     sync.Mutex
	f      *os.File
	at     int64
	saved  int64
	closed bool

	pending pending
}

func (s *fileSource) Next(ctx context.Context) ([]stage.Message, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	if err := s.save(s.pending.watermark()); err != nil {
		return nil, err
	}
	if _, err := s.f.Seek(s.at, io.SeekStart); err != nil {
		return nil, err
	}
	r := bufio.NewReader(s.f)
	var ms []stage.Message
	for len(ms) < maxTake {
		b, err := readLine(r)
		if errors.Is(err, io.EOF) {
			break // what there is of a last line is being written, or torn
		}
		var m stage.Message
		if err == nil {
			m, err = parseLine(b)
		}
		if err != nil {
			if len(ms) > 0 {
				break // the next call begins with it
			}
			return nil, stage.Permanent(fmt.Errorf("log %s at %d: %w", s.path, s.at, err))
		}
		m.Topic, m.Offset = filepath.Base(s.path), s.at
		s.at += int64(len(b))
		s.pending.hand(&m, s.at)
		ms = append(ms, m)
	}
	if len(ms) == 0 {
		return nil, io.EOF
	}
	return ms, nil
}

// readLine gives a line with its end; io.EOF if there is no whole one.
func readLine(r *bufio.Reader) ([]byte, error) {
	var b []byte
	for {
		part, err := r.ReadSlice('\n')
		b = append(b, part...)
		switch {
		case err == nil:
			return b, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(b) > maxLine:
			return nil, fmt.Errorf("a line of more than %d bytes", maxLine)
		}
	}
}

func parseLine(b []byte) (stage.Message, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var l line
	if err := d.Decode(&l); errors.Is(err, io.EOF) {
		return stage.Message{}, errors.New("an empty line") // not the end of the file
	} else if err != nil {
		return stage.Message{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return stage.Message{}, errors.New("more than one message in a line")
	}
	return stage.Message{Key: l.Key, Value: l.Value, Headers: l.Headers, Time: l.Time}, nil
}

// save writes the reader's place down, whole or not at all. It is not forced to
// the disk: what is lost with it only comes again.
func (s *fileSource) save(mark int64) error {
	if mark == s.saved {
		return nil
	}
	tmp := s.mark + ".new"
	if err := os.WriteFile(tmp, append(strconv.AppendInt(nil, mark, 10), '\n'), 0o600); err != nil {
		return err
	}
	if err := os.Rename(tmp, s.mark); err != nil {
		return err
	}
	s.saved = mark
	return nil
}

func (s *fileSource) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return errors.Join(s.save(s.pending.close()), s.f.Close())
}

// syncDir makes a file's name safe.
func syncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
