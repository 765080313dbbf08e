// Package search is the service that answers readers: an API for programs and
// the newsroom's page for people, over the articles in Elasticsearch.
package search

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

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
	var warming sync.WaitGroup
	defer warming.Wait()
	ctx, stopWarming := context.WithCancel(ctx)
	defer stopWarming()
	warming.Go(func() {
		warmUp(ctx, f.Ready, func(ctx context.Context, r find.Request) error {
			_, err := f.Search(ctx, r)
			return err
		}, zone, k.Log)
	})
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
	editors, closeDesk, err := c.editors(ctx, k)
	if err != nil {
		return err
	}
	defer closeDesk()
	operators, closeOperators, err := c.operators(ctx, k, originals)
	if err != nil {
		return err
	}
	defer closeOperators()
	service := api.Service{Archive: keep, Live: feeds, Editors: editors, Operator: operators, Public: c.SearchPublicURL, Log: k.Log}
	if c.SearchEmbargoes {
		service.Embargoes = api.NewEmbargoes(k.Log)
	}
	if err := mount(k, entrance, f, service); err != nil {
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
	turn, ahead, replays := b.Lookup(topic.Released), b.Lookup(topic.Released), b.Lookup(topic.Released)
	disconnect := func() {
		for _, l := range []*bus.Lookup{turn, ahead, replays} {
			l.Close()
		}
		b.Close()
	}
	hub, err := live.New(b, live.Lookups{Turn: turn, Ahead: ahead, Replays: replays}, live.Config{
		Feeds: c.SearchLiveFeeds, FeedsOfReader: c.SearchLiveFeedsOfReader, Known: c.SearchLiveKnown, Zone: zone, Now: time.Now, Log: k.Log,
	}, k.Metrics)
	if err != nil {
		disconnect()
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
		disconnect()
	}, nil
}

// mount puts the routes onto k's server.
func mount(k *boot.Kit, g *gate.Gate, f *find.Finder, service api.Service) error {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "copytaster_search_seconds",
		Help:    "Time to answer a request, by what was asked for and the answer's status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "code"})
	if err := k.Metrics.Register(seconds); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	all, err := routes(g, f, service)
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.name == api.RouteLive { // it takes as long as its client wants
			if err := k.Handle(r.pattern, r.handler); err != nil {
				return err
			}
			continue
		}
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
// articles: no finder is to be had but that of whoever the gate has let in, which the
// service gets here.
func routes(g *gate.Gate, f *find.Finder, service api.Service) ([]route, error) {
	reader := func(r *http.Request) *find.Finder { return f.As(access.Of(r.Context()).Grant) }
	page, err := web.New(web.Settings{
		Zone: f.Zone().String(), Live: service.Live != nil, Overrides: service.Editors != nil, Operator: service.Operator != nil, Embargoes: service.Embargoes != nil,
	}, service.Log)
	if err != nil {
		return nil, err
	}
	form, err := web.SignIn(service.Log)
	if err != nil {
		return nil, err
	}
	service.Finder, service.Timeout = reader, f.Whole()
	service.Asks, service.Rate = !g.Open(), g.RateOf
	compressed, err := api.Compressed()
	if err != nil {
		return nil, err
	}
	var all []route
	for _, r := range api.Routes {
		h := g.Costing(r.Cost(), r.Needs(), r.Handler(service))
		if !r.Streams {
			h = compressed(h)
		}
		all = append(all, route{r.Pattern, r.Name, api.Clocked(time.Now, h)})
	}
	// What answers where there is no other route comes behind those.
	return append(all,
		route{web.PatternPage, "page", g.Page(access.Read, page, form)},
		route{gate.PatternForm, "login", g.Form(form)},
		route{gate.PatternLogin, "login", g.Login(form)},
		route{gate.PatternLogout, "login", g.Logout()},
		route{api.PatternOther, "other", api.Clocked(time.Now, g.For(access.Read, api.Other()))},
		route{web.PatternAssets, "assets", web.Assets()},
	), nil
}
