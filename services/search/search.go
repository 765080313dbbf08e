// Package search is the service that answers readers: an API for programs and
// the newsroom's page for people, over the articles in Elasticsearch.
package search

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/search/api"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/gate"
	"github.com/copytaster/copytaster/services/search/live"
	"github.com/copytaster/copytaster/services/search/web"
)

// Service is what the service is called and how it is run.
var Service = boot.Service[Config]{
	Name:   "search",
	About:  "Answers searches: an API at /v1/articles, and a page at /.",
	Listen: "127.0.0.1:8804",
	Run:    Run,
}

// connections to Elasticsearch that are kept open.
const connections = 64

// Run serves on k's server until ctx is done.
func Run(ctx context.Context, c Config, k *boot.Kit) (err error) {
	if err := c.guarded(k.Addr()); err != nil {
		return err
	}
	es, err := c.Elasticsearch.Connect(connections)
	if err != nil {
		return err
	}
	defer es.Close()
	zone, err := c.zone()
	if err != nil {
		return fmt.Errorf("setting search-zone: %w", err)
	}
	f := find.New(es, corpus.Namespace(c.Bus.Namespace), zone, c.SearchTimeout, time.Now)
	f.Related, f.Log = c.SearchRelatedTimeout, k.Log
	k.Ready("index", f.Ready)
	if c.Elasticsearch.HasKey() {
		k.Ready("rights", func(ctx context.Context) error {
			return corpus.CheckRights(ctx, es, corpus.Namespace(c.Bus.Namespace), corpus.Reader)
		})
	}
	originals, closeArchive, err := c.Archive.Open(k.Metrics)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeArchive()) }()
	// Searches are answered without the archive: it plays no part in being ready.
	var keep api.Archive
	if originals != nil {
		keep = originals
	}
	entrance, closeEntrance, err := c.gate(ctx, k)
	if err != nil {
		return err
	}
	defer closeEntrance()
	feeds, closeFeeds, err := c.follow(ctx, k, zone)
	if err != nil {
		return err
	}
	defer closeFeeds()
	if err := mount(k, entrance, f, keep, feeds, c.SearchPublicURL, k.Log); err != nil {
		return err
	}
	k.Started()
	<-ctx.Done()
	return nil
}

// follow opens the live feeds, if they are wanted. Without Kafka searches are answered:
// it plays no part in being ready.
func (c Config) follow(ctx context.Context, k *boot.Kit, zone *time.Location) (*live.Hub, func(), error) {
	if !c.SearchLive {
		return nil, func() {}, nil
	}
	b, err := bus.Connect(c.Bus, k.Log)
	if err != nil {
		return nil, nil, err
	}
	lookup := b.Lookup(topic.Released)
	hub, err := live.New(b, lookup, live.Config{
		Feeds: c.SearchLiveFeeds, FeedsOfReader: c.SearchLiveFeedsOfReader, Known: c.SearchLiveKnown, Zone: zone, Now: time.Now, Log: k.Log,
	}, k.Metrics)
	if err != nil {
		lookup.Close()
		b.Close()
		return nil, nil, err
	}
	// The feeds end before the server does, which waits for them.
	unhook := context.AfterFunc(ctx, hub.Close)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		hub.Run(ctx)
	}()
	return hub, func() {
		unhook()
		hub.Close()
		cancel()
		<-done
		lookup.Close()
		b.Close()
	}, nil
}

// mount puts the routes onto k's server.
func mount(k *boot.Kit, g *gate.Gate, f *find.Finder, keep api.Archive, feeds *live.Hub, public string, log zerolog.Logger) error {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "copytaster_search_seconds",
		Help:    "Time to answer a request, by what was asked for and the answer's status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "code"})
	if err := k.Metrics.Register(seconds); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	all, err := routes(g, f, keep, feeds, public, log)
	if err != nil {
		return err
	}
	for _, r := range all {
		timed := promhttp.InstrumentHandlerDuration(seconds.MustCurryWith(prometheus.Labels{"route": r.name}), r.handler)
		if err := k.Handle(r.pattern, timed); err != nil {
			return err
		}
	}
	return nil
}

type route struct {
	pattern, name string
	handler       http.Handler
}

// routes are all there are. Each is behind the gate, but for what tells nothing of
// articles: no finder is to be had but that of whoever the gate has let in.
func routes(g *gate.Gate, f *find.Finder, keep api.Archive, feeds *live.Hub, public string, log zerolog.Logger) ([]route, error) {
	reader := func(r *http.Request) *find.Finder { return f.As(access.Of(r.Context()).Grant) }
	page, err := web.New(web.Settings{Zone: f.Zone().String(), Live: feeds != nil}, log)
	if err != nil {
		return nil, err
	}
	form, err := web.SignIn(log)
	if err != nil {
		return nil, err
	}
	service := api.Service{Finder: reader, Archive: keep, Live: feeds, Public: public, Timeout: f.Whole(), Log: log}
	var all []route
	for _, r := range api.Routes {
		all = append(all, route{r.Pattern, r.Name, g.For(access.Read, r.Handler(service))})
	}
	// What answers where there is no other route comes behind those.
	return append(all,
		route{web.PatternPage, "page", g.Page(access.Read, page, form)},
		route{gate.PatternForm, "login", g.Form(form)},
		route{gate.PatternLogin, "login", g.Login(form)},
		route{gate.PatternLogout, "login", g.Logout()},
		route{api.PatternOther, "other", g.For(access.Read, api.Other())},
		route{web.PatternAssets, "assets", web.Assets()},
	), nil
}
