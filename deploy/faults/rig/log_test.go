package rig

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"github.com/segmentio/kafka-go/protocol/produce"
)

// late answers with errors first.
type late struct {
	errs  []error
	asked int
}

func (l *late) RoundTrip(context.Context, net.Addr, kafka.Request) (kafka.Response, error) {
	l.asked++
	if l.asked <= len(l.errs) {
		return nil, l.errs[l.asked-1]
	}
	return &metadata.Response{}, nil
}

func TestPatient(t *testing.T) {
	refused := errors.New("refused")
	slow := context.DeadlineExceeded
	for _, c := range []struct {
		name  string
		req   kafka.Request
		errs  []error
		asked int
		err   error
	}{
		{"an answer", &metadata.Request{}, nil, 1, nil},
		{"a late answer about topics is asked for again", &metadata.Request{}, []error{slow, slow}, 3, nil},
		{"a refusal isn't", &metadata.Request{}, []error{refused}, 1, refused},
		{"what is written isn't written again", &produce.Request{}, []error{slow}, 1, slow},
		{"the caller has had enough", &metadata.Request{}, []error{slow, slow, slow, slow, slow, slow, slow, slow}, 5, slow},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 4*metadataTTL+time.Second)
				defer cancel()
				l := &late{errs: c.errs}
				_, err := patient{l}.RoundTrip(ctx, nil, c.req)
				if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) || l.asked != c.asked {
					t.Errorf("asked %d times, %v; want %d, %v", l.asked, err, c.asked, c.err)
				}
			})
		})
	}
}
