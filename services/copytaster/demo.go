package copytaster

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/deploy/local"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/services/copytaster/demo"
	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/ingest"
	"github.com/copytaster/copytaster/services/search"
)

// DemoCmd is `copytaster demo`.
type DemoCmd struct {
	LocalServers `embed:"" prefix:"local-"`

	Once    bool          `help:"End when every article was searched for; exit code 0 only if all were found."`
	Listen  string        `help:"Address of the search page; if its port is taken, any free one." default:"127.0.0.1:8800"`
	Timeout time.Duration `help:"How long all articles may take to be found." default:"60s"`
	Verbose bool          `help:"Show the services' log." short:"v"`
}

// Help is shown by `copytaster demo --help`.
func (DemoCmd) Help() string {
	return `Starts Kafka, Elasticsearch and all services, in a namespace of its own. Files are dropped into a folder, one
article is pushed over HTTP, and the feeds of a small local publisher are polled. Then every article is searched for.`
}

// Demo limits.
const (
	demoReadyTimeout = 60 * time.Second // for the services to be ready
	demoPoll         = 50 * time.Millisecond
	demoTick         = 200 * time.Millisecond // of the progress line
)

// Run plays the demo.
func (c *DemoCmd) Run(ctx context.Context, t Terminal) (err error) {
	started := time.Now()
	// The demo brings its own settings; what a newsroom has set must not leak in.
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, boot.EnvPrefix) && name != local.EnvKafkaBrokers && name != local.EnvElasticsearchURL && !strings.HasPrefix(name, boot.EnvPrefix+"LOCAL_") {
			if err := os.Unsetenv(name); err != nil {
				return err
			}
		}
	}
	d := &player{t: t, log: zerolog.Nop(), client: &http.Client{Timeout: 10 * time.Second}}
	if f, ok := t.Err.(*os.File); ok {
		d.live = isatty.IsTerminal(f.Fd())
	}
	if c.Verbose {
		d.log, d.live = boot.NewLog(boot.Config{LogLevel: "info", LogFormat: "console"}, t.Err), false
	}
	d.say("1. Kafka and Elasticsearch")
	stop, err := d.servers(ctx, c.LocalServers)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return d.play(ctx, c, started)
}

// player holds what the demo needs from step to step.
type player struct {
	t      Terminal
	live   bool // the progress line may be redrawn
	log    zerolog.Logger
	client *http.Client

	brokers       []string
	elasticsearch string
	died          <-chan error
	namespace     string
	base          string // address of the services
}

func (d *player) say(format string, args ...any) {
	fmt.Fprintf(d.t.Err, format+"\n", args...)
}

// servers starts Kafka and Elasticsearch, or takes those that run.
func (d *player) servers(ctx context.Context, l LocalServers) (stop func() error, err error) {
	servers, stop, err := l.up(ctx, d.t.Err)
	var running *local.RunningError
	switch {
	case errors.As(err, &running) && len(running.State.KafkaBrokers) > 0 && running.State.ElasticsearchURL != "":
		d.say("   using those of process %d", running.State.PID)
		d.brokers, d.elasticsearch = running.State.KafkaBrokers, running.State.ElasticsearchURL
		return func() error { return nil }, nil
	case err != nil:
		return nil, err
	}
	d.brokers, d.elasticsearch, d.died = servers.KafkaBrokers, servers.ElasticsearchURL, servers.Died()
	return stop, nil
}

func (d *player) play(ctx context.Context, c *DemoCmd, started time.Time) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if d.died != nil {
		go func() {
			select {
			case err := <-d.died:
				cancel(err)
			case <-ctx.Done():
			}
		}()
	}
	if err := demo.Sweep(ctx, d.brokers, d.elasticsearch); err != nil {
		return fmt.Errorf("clear away what an earlier demo left: %w", err)
	}
	d.namespace = demo.Namespace(started)
	work, err := os.MkdirTemp("", "copytaster-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	drop := filepath.Join(work, "drop")
	publisher, err := demo.Publish(ctx)
	if err != nil {
		return err
	}
	defer publisher.Close()
	items, err := demo.Items()
	if err != nil {
		return err
	}

	d.say("2. The services: %s", strings.Join(serviceNames(), ", "))
	p, err := d.launch(ctx, c, drop, publisher, items)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	defer func() {
		cause := context.Cause(ctx)
		cancel(nil)
		werr := <-ended
		sweepCtx, done := context.WithTimeout(context.WithoutCancel(ctx), serverStopTimeout)
		defer done()
		err = errors.Join(err, werr, demo.Sweep(sweepCtx, d.brokers, d.elasticsearch))
		if cause != nil && !errors.Is(cause, context.Canceled) {
			err = errors.Join(cause, err)
		}
	}()
	if err := d.ready(ctx, p); err != nil {
		return err
	}

	d.say("3. Copy comes in: %d files dropped, 1 article pushed, %d feeds polled", count(items, "drop"), count(items, "feed"))
	wanted, err := d.expect(ctx, publisher, items)
	if err != nil {
		return err
	}
	if err := d.feed(ctx, drop, items); err != nil {
		return err
	}
	found := d.find(ctx, p, wanted, c.Timeout)
	d.table(wanted)
	if err := d.first(ctx); err != nil {
		return err
	}
	missing := len(wanted) - found
	d.say("\n%d of %d articles were found by search, %s after the start.", found, len(wanted), time.Since(started).Round(time.Second/10))
	if missing > 0 {
		for _, w := range wanted {
			if w.took == 0 {
				d.say("   not found: %s (%s %s)", w.uri, w.way, w.name)
			}
		}
		return fmt.Errorf("%d articles were not found within %v", missing, c.Timeout)
	}
	if c.Once {
		return nil
	}
	d.say("\nThe page:        %s/\nDrop files into: %s\nMetrics, health: %s/metrics, %s/readyz\n\nCtrl-C ends it.", d.base, drop, d.base, d.base)
	select {
	case <-ctx.Done():
		return nil
	case <-p.ctx.Done():
		return nil // its error is told by the deferred wait
	}
}

func count(items []demo.Item, way string) int {
	n := 0
	for _, it := range items {
		if it.Way == way {
			n++
		}
	}
	return n
}

// launch starts all services with the demo's settings.
func (d *player) launch(ctx context.Context, c *DemoCmd, drop string, publisher *demo.Publisher, items []demo.Item) (*pipeline, error) {
	var feeds, names []string
	for _, it := range items {
		if it.Way == "feed" {
			feeds = append(feeds, it.Source+"="+publisher.URL(it.Name))
			names = append(names, it.Source)
		}
	}
	archived := "--archive-dir=" + filepath.Join(filepath.Dir(drop), "archive")
	settings := map[string][]string{
		ingest.Name: {
			"--drop-dir=" + drop, "--poll-feeds=" + strings.Join(feeds, ";"), "--poll-allow-private=" + strings.Join(names, ","),
			"--poll-interval=10s", "--poll-host-gap=100ms", archived,
		},
		search.Service.Name: {archived, "--search-live"},
	}
	args := func(service string) []string {
		a := append(settings[service], "--namespace="+d.namespace, "--kafka-brokers="+strings.Join(d.brokers, ","))
		if service == "search" || service == "index" {
			a = append(a, "--elasticsearch-url="+d.elasticsearch)
		}
		return a
	}
	var lc net.ListenConfig
	if l, err := lc.Listen(ctx, "tcp", c.Listen); err != nil {
		host, _, err := net.SplitHostPort(c.Listen)
		if err != nil {
			return nil, fmt.Errorf("flag --listen: %w", err)
		}
		d.say("   %s is taken, using a free port", c.Listen)
		c.Listen = net.JoinHostPort(host, "0")
	} else if err := l.Close(); err != nil {
		return nil, err
	}
	p, err := launch(ctx, services, boot.Config{Listen: c.Listen}, d.log, args)
	if err != nil {
		return nil, err
	}
	d.base = "http://" + p.Addr()
	return p, nil
}

// ready waits until every service says that it is.
func (d *player) ready(ctx context.Context, p *pipeline) error {
	ctx, cancel := context.WithTimeout(ctx, demoReadyTimeout)
	defer cancel()
	var last error
	for {
		if last = boot.Healthcheck(ctx, p.Addr()); last == nil {
			return nil
		}
		if err := pause(ctx, p); err != nil {
			return fmt.Errorf("the services did not get ready: %w: %w", err, last)
		}
	}
}

// pause waits a moment; it is an error if the wait is in vain.
func pause(ctx context.Context, p *pipeline) error {
	select {
	case <-time.After(demoPoll):
		return nil
	case <-p.ctx.Done():
		return errors.New("a service ended")
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// wanted is an article that search must find.
type wanted struct {
	way, name string
	uri       article.URI
	headline  string
	took      time.Duration // from feeding in to being found; 0: not yet
}

// expect reads the input as the pipeline will, to know what must be found.
func (d *player) expect(ctx context.Context, publisher *demo.Publisher, items []demo.Item) ([]*wanted, error) {
	chain, err := enrich.NewChain(nil)
	if err != nil {
		return nil, err
	}
	var all []*wanted
	for _, it := range items {
		h := ingest.Hint{Source: it.Source, ReceivedAt: time.Now()}
		if it.Way == "feed" {
			h.URL = publisher.URL(it.Name)
		}
		as, err := ingest.Decode(ctx, it.Bytes, h, "")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", it.Name, err)
		}
		for i := range as {
			if err := chain.Enrich(ctx, &as[i]); err != nil {
				return nil, fmt.Errorf("%s: %w", it.Name, err)
			}
			all = append(all, &wanted{way: it.Way, name: it.Name, uri: as[i].URI, headline: as[i].First(article.Headline)})
		}
	}
	return all, nil
}

// feed drops and pushes; the feeds are polled without being asked.
func (d *player) feed(ctx context.Context, drop string, items []demo.Item) error {
	for _, it := range items {
		switch it.Way {
		case "drop":
			dir := filepath.Join(drop, it.Source)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			// Written under a name that is not picked up, then renamed: whole at once.
			tmp := filepath.Join(dir, "."+it.Name+".tmp")
			if err := os.WriteFile(tmp, it.Bytes, 0o644); err != nil {
				return err
			}
			if err := os.Rename(tmp, filepath.Join(dir, it.Name)); err != nil {
				return err
			}
		case "push":
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base+"/v1/articles?source="+url.QueryEscape(it.Source), bytes.NewReader(it.Bytes))
			if err != nil {
				return err
			}
			req.Header.Set("Content-Type", "text/plain; charset=utf-8")
			resp, err := d.client.Do(req)
			if err != nil {
				return err
			}
			b, err := io.ReadAll(resp.Body)
			if err = errors.Join(err, resp.Body.Close()); err != nil {
				return err
			}
			if resp.StatusCode != http.StatusAccepted {
				return fmt.Errorf("push of %s: %s: %s", it.Name, resp.Status, b)
			}
		}
	}
	return nil
}

// found is what the demo reads of a search's answer.
type found struct {
	Total struct {
		Value int `json:"value"`
	} `json:"total"`
	Hits []struct {
		URI      article.URI `json:"uri"`
		Headline string      `json:"headline"`
		Agency   string      `json:"agency"`
		Source   string      `json:"source"`
		Language string      `json:"language"`
	} `json:"hits"`
	Facets []struct {
		Name   string `json:"name"`
		Values []struct {
			Value string `json:"value"`
			Label string `json:"label"`
			Count int    `json:"count"`
		} `json:"values"`
		More bool `json:"more"`
	} `json:"facets"`
}

func (d *player) search(ctx context.Context, q string) (f found, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.base+"/v1/articles?size=50&q="+url.QueryEscape(q), nil)
	if err != nil {
		return f, err
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return f, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return f, fmt.Errorf("search for %s: %s: %s", q, resp.Status, b)
	}
	return f, json.NewDecoder(resp.Body).Decode(&f)
}

// find searches for every article by its headline until all are found, a
// service ends, or time is up. It returns how many were.
func (d *player) find(ctx context.Context, p *pipeline, all []*wanted, timeout time.Duration) int {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	began := time.Now()
	var n atomic.Int64
	var group errgroup.Group
	for _, w := range all {
		group.Go(func() error { return d.await(ctx, p, w, began, &n) })
	}
	failed := make(chan error, 1)
	go func() { failed <- group.Wait() }()
	tick := time.NewTicker(demoTick)
	defer tick.Stop()
	for {
		select {
		case err := <-failed:
			d.progress(context.WithoutCancel(ctx), int(n.Load()), len(all), true)
			if err != nil {
				d.say("   %v", err)
			}
			return int(n.Load())
		case <-tick.C:
			d.progress(ctx, int(n.Load()), len(all), false)
		}
	}
}

// await searches for w until it is found; the error tells why it wasn't.
func (d *player) await(ctx context.Context, p *pipeline, w *wanted, began time.Time, n *atomic.Int64) error {
	for {
		f, trouble := d.search(ctx, `"`+strings.ReplaceAll(w.headline, `"`, " ")+`"`)
		for _, h := range f.Hits {
			if h.URI == w.uri {
				w.took = time.Since(began)
				n.Add(1)
				return nil
			}
		}
		if err := pause(ctx, p); err != nil {
			return errors.Join(err, trouble)
		}
	}
}

// progress draws one line of how many articles passed each stage.
func (d *player) progress(ctx context.Context, n, of int, last bool) {
	if !d.live && !last {
		return
	}
	counts, err := d.counts(ctx)
	if err != nil {
		return
	}
	var b strings.Builder
	for _, s := range []string{"ingest", "enrich", "index"} {
		fmt.Fprintf(&b, "%s %d", s, counts[s+" ok"])
		if dead := counts[s+" dead"]; dead > 0 {
			fmt.Fprintf(&b, " (%d dead)", dead)
		}
		b.WriteString("  →  ")
	}
	fmt.Fprintf(&b, "found %d of %d", n, of)
	if d.live {
		fmt.Fprintf(d.t.Err, "\r\x1b[K   %s", b.String())
		if last {
			fmt.Fprintln(d.t.Err)
		}
		return
	}
	d.say("   %s", b.String())
}

// counts are the articles by stage and outcome ("index ok"), read from the
// services' metrics as an operator would.
func (d *player) counts(ctx context.Context) (map[string]int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.base+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return readCounts(resp.Body)
}

func (d *player) table(all []*wanted) {
	d.say("\n   way   found after  headline")
	for _, w := range all {
		took := "never"
		if w.took > 0 {
			took = strconv.FormatInt(w.took.Milliseconds(), 10) + " ms"
		}
		d.say("   %-5s %11s  %s", w.way, took, safe(w.headline))
	}
}

// first shows a search with its facets.
func (d *player) first(ctx context.Context) error {
	const q = "military"
	f, err := d.search(ctx, q)
	if err != nil {
		return err
	}
	all, err := d.search(ctx, "")
	if err != nil {
		return err
	}
	d.say("\n4. A search: %s/?q=%s", d.base, q)
	for _, h := range f.Hits {
		d.say("   %s  [%s]", safe(h.Headline), strings.Join(slices.DeleteFunc([]string{h.Source, h.Agency, h.Language}, func(s string) bool { return s == "" }), ", "))
	}
	d.say("   and of all %d articles, by", all.Total.Value)
	for _, facet := range all.Facets {
		var vs []string
		for _, v := range facet.Values {
			vs = append(vs, fmt.Sprintf("%s %d", safe(cmp.Or(v.Label, v.Value)), v.Count))
		}
		d.say("   %-12s %s", facet.Name, strings.Join(vs, ", "))
	}
	return nil
}
