// Package poll takes in feeds from the web.
//
// Every item becomes a message of its own, so that a broken one holds nobody
// up, and only items that are new or were edited since they were last safe
// become one. Publishers are treated politely: conditional requests, one at a
// time and host, Retry-After, longer waits after errors.
package poll

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
	"github.com/copytaster/copytaster/services/ingest/intake"
)

// Origin is the source's name in messages and metrics.
const Origin = "poll"

const (
	// maxBackoff is the longest wait after errors.
	maxBackoff = 6 * time.Hour
	// maxRetryAfter is the longest wait that a publisher can ask for.
	maxRetryAfter = 24 * time.Hour
	// jitter is the share by which waits differ, so that feeds don't march in
	// step.
	jitter = 0.1
	// maxStart is within which time the first polls are spread.
	maxStart = 2 * time.Second
	// saveTimeout is how long the state may take to be saved at the end.
	saveTimeout = 5 * time.Second
)

// errGone ends the polling of a feed.
var errGone = errors.New("the feed is gone for good (410)")

// Poller polls all feeds.
type Poller struct {
	c       Config
	feeds   []Feed
	queue   *intake.Queue
	state   State
	metrics *intake.Metrics
	log     zerolog.Logger
	agent   string
	now     func() time.Time

	mu    sync.Mutex
	hosts map[string]*host
}

// host lets one request at a time to a host, with a gap in between.
type host struct {
	turn chan struct{}
	free time.Time
}

// New makes the poller; Run starts it.
func New(c Config, version string, q *intake.Queue, s State, m *intake.Metrics, log zerolog.Logger) (*Poller, error) {
	feeds, err := c.List()
	if err != nil {
		return nil, err
	}
	agent := "Copytaster/" + strings.ReplaceAll(version, " ", "-")
	if c.Contact != "" {
		agent += " (+" + c.Contact + ")"
	}
	return &Poller{
		c: c, feeds: feeds, queue: q, state: s, metrics: m, log: log.With().Str("origin", Origin).Logger(), agent: agent,
		now: q.Now, hosts: map[string]*host{},
	}, nil
}

// Run polls until ctx is done, and returns when all that was under way is
// finished and its state saved. An error that is fatal, see [stage.Fatal], ends
// it: another process polls these feeds.
func (p *Poller) Run(ctx context.Context) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var wg sync.WaitGroup
	for _, f := range p.feeds {
		wg.Go(func() {
			if err := p.follow(ctx, f); err != nil {
				fail(fmt.Errorf("feed %s: %w", f.Name, err))
			}
		})
	}
	wg.Wait()
	if cause := context.Cause(ctx); stage.IsFatal(cause) {
		return cause
	}
	return nil
}

// follow polls one feed, until ctx is done or an error is fatal.
func (p *Poller) follow(ctx context.Context, f Feed) error {
	log := p.log.With().Str("feed", f.Name).Str("url", f.URL).Logger()
	count := p.metrics.Of(Origin, f.Name)
	c := client(f)
	defer c.CloseIdleConnections()
	failures := 0
	wait := time.Duration(rand.Float64() * float64(min(maxStart, time.Duration(f.Interval)/10)))
	for {
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return nil
		case <-t.C:
		}
		asked, err := p.poll(ctx, c, f, count, log)
		switch {
		case stage.IsFatal(err):
			count.Error()
			log.Error().Err(err).Msg("polling ends")
			return err
		case ctx.Err() != nil || errors.Is(err, intake.ErrStopped):
			return nil
		case errors.Is(err, errGone):
			count.Error()
			log.Error().Msg("the feed is gone for good (410) and no longer polled; take it out of the settings")
			return nil
		case err != nil:
			failures++
			count.Error()
			wait = backoff(time.Duration(f.Interval), failures)
			log.Warn().Err(err).Int("failures", failures).Dur("again_in", max(wait, asked)).Msg("feed can't be polled")
		default:
			failures = 0
			count.Success()
			wait = time.Duration(f.Interval)
		}
		wait = max(spread(wait), asked+spread(asked/10))
	}
}

// backoff doubles the interval with every failure in a row.
func backoff(interval time.Duration, failures int) time.Duration {
	w := interval
	for range failures {
		if w *= 2; w >= maxBackoff {
			return max(maxBackoff, interval)
		}
	}
	return w
}

func spread(d time.Duration) time.Duration {
	return d + time.Duration((rand.Float64()*2-1)*jitter*float64(d))
}

// poll fetches a feed once and sends what is new. asked is how long the
// publisher wants to be left alone, 0 if it says nothing.
func (p *Poller) poll(ctx context.Context, c *http.Client, f Feed, count intake.Counter, log zerolog.Logger) (asked time.Duration, err error) {
	pos := load(p.state, f)
	data, next, asked, err := p.fetch(ctx, c, f, pos, log)
	if err != nil || data == nil {
		return asked, err
	}
	h := document.Hint{Source: f.Name, Provider: f.Provider, URL: f.URL, MediaType: next.mediaType, ReceivedAt: p.now().UTC(), Claimed: p.queue.Claims, DeletedKills: f.Deleted == Kill}
	fm, parts, err := format.Split(data, h, "")
	if err != nil {
		return asked, err
	}
	if fm.Split == nil {
		return asked, fmt.Errorf("this is no feed but %s", fm.Name)
	}
	return asked, p.send(ctx, f, h, fm, parts, pos, next, count)
}

// answer is what a publisher says beside the feed.
type answer struct {
	etag, lastModified, mediaType string
}

// fetch gets a feed; no data and no error: it has not changed.
func (p *Poller) fetch(ctx context.Context, c *http.Client, f Feed, pos position, log zerolog.Logger) (data []byte, next answer, asked time.Duration, err error) {
	u, err := url.Parse(f.URL)
	if err != nil {
		return nil, next, 0, err
	}
	leave, err := p.enter(ctx, u.Host)
	if err != nil {
		return nil, next, 0, err
	}
	defer leave()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil {
		return nil, next, 0, err
	}
	req.Header.Set("User-Agent", p.agent)
	req.Header.Set("Accept", "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1")
	if pos.ETag != "" {
		req.Header.Set("If-None-Match", pos.ETag)
	}
	if pos.LastModified != "" {
		req.Header.Set("If-Modified-Since", pos.LastModified)
	}
	res, err := c.Do(req)
	if err != nil {
		return nil, next, 0, err
	}
	defer res.Body.Close()
	asked = retryAfter(res.Header.Get("Retry-After"), p.now())
	if to := movedTo(res); to != "" {
		log.Warn().Str("moved_to", to).Msg("the feed has moved for good; change its address in the settings")
	}
	switch {
	case res.StatusCode == http.StatusNotModified:
		return nil, next, asked, nil
	case res.StatusCode == http.StatusGone:
		return nil, next, asked, errGone
	case res.StatusCode != http.StatusOK:
		return nil, next, asked, fmt.Errorf("answered %s", res.Status)
	}
	data, err = io.ReadAll(io.LimitReader(res.Body, document.MaxBytes+1))
	if err != nil {
		return nil, next, asked, fmt.Errorf("the answer breaks off: %w", err)
	}
	if len(data) > document.MaxBytes {
		return nil, next, asked, document.Refuse(document.TooLarge, "", "more than %d bytes", document.MaxBytes)
	}
	next = answer{res.Header.Get("ETag"), res.Header.Get("Last-Modified"), res.Header.Get("Content-Type")}
	return data, next, asked, nil
}

// movedTo is the address of a redirect that is meant for good.
func movedTo(res *http.Response) string {
	for r := res.Request; r != nil && r.Response != nil; r = r.Response.Request {
		if s := r.Response.StatusCode; s == http.StatusMovedPermanently || s == http.StatusPermanentRedirect {
			return res.Request.URL.Redacted()
		}
	}
	return ""
}

// retryAfter reads seconds or a date.
func retryAfter(s string, now time.Time) time.Duration {
	if s == "" {
		return 0
	}
	var d time.Duration
	if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil {
		d = time.Duration(min(n, int(maxRetryAfter.Seconds()))) * time.Second
	} else if t, err := http.ParseTime(s); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}

// enter waits for the turn at a host.
func (p *Poller) enter(ctx context.Context, name string) (leave func(), err error) {
	p.mu.Lock()
	h := p.hosts[name]
	if h == nil {
		h = &host{turn: make(chan struct{}, 1)}
		p.hosts[name] = h
	}
	p.mu.Unlock()
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if d := time.Until(h.free); d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			<-h.turn
			return nil, ctx.Err()
		}
	}
	return func() {
		h.free = time.Now().Add(p.c.HostGap)
		<-h.turn
	}, nil
}

// done is an item whose verdict came.
type done struct {
	key, hash string
	err       error
}

// send gives the new and edited items to the stage, waits for their verdicts
// and saves the state: an item counts as seen when it is safe, as an article or
// as a dead letter.
func (p *Poller) send(ctx context.Context, f Feed, h document.Hint, fm format.Format, parts []format.Part, pos position, next answer, count intake.Counter) error {
	hour := p.now().Unix() / 3600
	verdicts := make(chan done, len(parts))
	keys := names{}
	sent := 0
	var stopped error
	for _, part := range parts {
		key, hash := keys.key(part.ID, part.Item), digest(part.Item)
		if s, ok := pos.Items[key]; ok && s.Hash == hash {
			pos.Items[key] = seen{hash, hour}
			count.Item(intake.Unchanged)
			continue
		}
		in := intake.Input{
			Origin: Origin, Data: part.Data, Hint: h, Format: fm.Name, Refused: part.Err, Key: []byte(f.Name + " " + key),
			Ack: func(v stage.Verdict) { verdicts <- done{key, hash, v.Err} },
		}
		if len(in.Data) == 0 {
			in.Data = part.Item
		}
		if stopped = p.queue.Send(ctx, in); stopped != nil {
			break
		}
		sent++
	}
	for range sent {
		var d done
		select {
		case d = <-verdicts:
		default:
			select {
			case d = <-verdicts:
			case <-p.queue.Stopped():
				// Verdicts and the end may come at the same time.
				select {
				case d = <-verdicts:
				default:
					stopped = intake.ErrStopped
				}
			}
		}
		if d.key == "" {
			break
		}
		pos.Items[d.key] = seen{d.hash, hour}
		if d.err != nil {
			count.Item(intake.Refused)
			p.log.Warn().Str("feed", f.Name).Err(d.err).Msg("item refused; it is among the dead letters")
		} else {
			count.Item(intake.OK)
		}
	}
	if stopped == nil {
		// Only now: else the publisher would answer "not modified" to what is
		// not safe.
		pos.ETag, pos.LastModified = next.etag, next.lastModified
	}
	save, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	if err := pos.save(save, p.state, f, p.now()); err != nil {
		return errors.Join(stopped, fmt.Errorf("save the state: %w", err))
	}
	return stopped
}
