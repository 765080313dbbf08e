package reindex

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/elastic"
)

// DefaultLease is how long a job that says nothing any more keeps others from
// changing the indices. It says so five times as often.
const DefaultLease = 15 * time.Second

const (
	beats       = 5 // in a lease
	lockID      = "job"
	lockSuffix  = "-lock"
	lockTimeout = 30 * time.Second // of one request for the lock
)

// HeldError says that another job changes the indices at the moment.
type HeldError struct{ Holder string }

func (e *HeldError) Error() string {
	return fmt.Sprintf("the indices are being changed by %s: wait for its end", e.Holder)
}

// errLost ends a job whose lock another one has taken.
var errLost = errors.New("another job took the lock on the indices, since this one did not answer for long")

// holder is the lock's document. Nobody holds it where Token is "".
type holder struct {
	Token string    `json:"token"`
	Who   string    `json:"who"`
	Since time.Time `json:"since"`
	Beat  int64     `json:"beat"` // so that a writing is a change
}

// place is the version of the lock's document that was read or written last.
type place struct {
	Seq  int `json:"_seq_no"`
	Term int `json:"_primary_term"`
}

// lock keeps others from changing the indices. Its document is written only in
// place of the version that was read; who holds it writes it again and again.
// Whether a holder still lives is told by that alone, not by anybody's clock.
type lock struct {
	job   *Job
	index string

	mu   sync.Mutex
	mine holder
	at   place
}

// lockIndex is where the lock stands.
func (j *Job) lockIndex() string { return j.Indices.Articles() + lockSuffix }

// hold takes the lock for as long as the context lives that it returns. It is
// given back by release.
func (j *Job) hold(ctx context.Context, doing string) (held context.Context, release func(), err error) {
	lease := j.Lease
	if lease == 0 {
		lease = DefaultLease
	}
	host, _ := os.Hostname() // only shown
	l := &lock{
		job: j, index: j.lockIndex(),
		mine: holder{Token: rand.Text(), Who: fmt.Sprintf("%s, process %d on %s", doing, os.Getpid(), host), Since: time.Now().UTC().Truncate(time.Second)},
	}
	if err := l.take(ctx, lease); err != nil {
		return nil, nil, err
	}
	held, cancel := context.WithCancelCause(ctx)
	end := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() {
		tick := time.NewTicker(lease / beats)
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-tick.C:
			}
			if err := l.beat(ctx); errors.Is(err, errLost) {
				cancel(err)
				return
			}
		}
	})
	j.held = l
	return held, func() {
		close(end)
		beating.Wait()
		cancel(nil)
		j.held = nil
		l.giveBack(ctx)
	}, nil
}

// take waits for at most a lease: who holds the lock and doesn't say so in that
// time is gone.
func (l *lock) take(ctx context.Context, lease time.Duration) error {
	err := elastic.Ask(ctx, l.job.ES, "make the index of the lock", esapi.IndicesCreateRequest{Index: l.index, Body: body(map[string]any{
		"settings": map[string]any{"number_of_shards": 1, "auto_expand_replicas": "0-1", "hidden": true},
		"mappings": map[string]any{"dynamic": false},
	})}, nil)
	var refused *elastic.StatusError
	if err != nil && (!errors.As(err, &refused) || refused.Type != "resource_already_exists_exception") {
		return err
	}
	var first *place
	began := time.Now()
	for {
		h, at, err := l.read(ctx)
		if err != nil {
			return err
		}
		switch {
		case h.Token == "" || first != nil && *first == *at && time.Since(began) >= lease:
			err := l.write(ctx, at)
			if !conflict(err) {
				return err
			}
			first = nil
			continue
		case first == nil:
			first, began = at, time.Now()
			l.job.Progress.Say(fmt.Sprintf("the lock on the indices is held by %s since %s: looking for up to %v whether it still runs", h.Who, h.Since.Format(time.RFC3339), lease))
		case *first != *at:
			return &HeldError{h.Who}
		}
		if !wait(ctx, lease/(2*beats)) {
			return ctx.Err()
		}
	}
}

// read gives the document; at is nil if there is none.
func (l *lock) read(ctx context.Context) (h holder, at *place, err error) {
	var reply struct {
		place

		Source holder `json:"_source"`
	}
	err = elastic.Ask(ctx, l.job.ES, "read the lock on the indices", esapi.GetRequest{Index: l.index, DocumentID: lockID}, &reply)
	var refused *elastic.StatusError
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return holder{}, nil, nil
	}
	return reply.Source, &reply.place, err
}

// write writes the document in place of that at at, to its end: a request that
// is cut off may have taken the lock for nobody.
func (l *lock) write(ctx context.Context, at *place) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockTimeout)
	defer cancel()
	l.mine.Beat++
	content, err := json.Marshal(l.mine)
	if err != nil {
		return err
	}
	r := esapi.IndexRequest{Index: l.index, DocumentID: lockID, Body: bytes.NewReader(content)}
	if at == nil {
		r.OpType = "create"
	} else {
		r.IfSeqNo, r.IfPrimaryTerm = &at.Seq, &at.Term
	}
	return elastic.Ask(ctx, l.job.ES, "write the lock on the indices", r, &l.at)
}

func conflict(err error) bool {
	var refused *elastic.StatusError
	return errors.As(err, &refused) && refused.Status == http.StatusConflict
}

// beat says that the holder lives. errLost: it holds no lock any more.
func (l *lock) beat(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.write(ctx, &l.at)
	if !conflict(err) {
		return err
	}
	// One of its own whose reply was lost?
	h, at, err := l.read(context.WithoutCancel(ctx))
	switch {
	case err != nil:
		return err
	case at == nil || h.Token != l.mine.Token:
		return errLost
	}
	return l.write(ctx, at)
}

func (l *lock) giveBack(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mine.Token = ""
	if err := l.write(ctx, &l.at); err != nil && !conflict(err) {
		l.job.Log.Warn().Err(err).Msg("the lock on the indices could not be given back, the next job waits for it")
	}
}
