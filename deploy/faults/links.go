package faults

import (
	"context"
	"fmt"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/rig"
)

// How long a link is bad, and what comes in meanwhile.
const (
	linkFault      = 20 * time.Second
	linkFaultShort = 4 * time.Second
	linkPause      = 5 * time.Second
	linkRate       = 60 // items a second
	linkRateShort  = 20
	// leastTraffic of a bad link goes in or out, in bytes, while it is bad.
	leastTraffic = 4 << 10
)

// harm is what a bad link does to those who use it.
type harm int

const (
	slows  harm = iota // all arrives, later
	holds              // nothing arrives, and nobody says so
	breaks             // connections end
)

// bad is one way in which a link is bad; no toxics: it is cut.
type bad struct {
	name   string
	toxics []rig.Toxic
	harm   harm
	short  bool // also in the short form
}

func badLinks() []bad {
	both := func(kind string, attributes map[string]int) []rig.Toxic {
		return []rig.Toxic{{Type: kind, Stream: "upstream", Attributes: attributes}, {Type: kind, Stream: "downstream", Attributes: attributes}}
	}
	return []bad{
		{"slow: 300 ms ± 200 ms each way", both("latency", map[string]int{"latency": 300, "jitter": 200}), slows, false},
		{"slow: 30 KB/s", both("bandwidth", map[string]int{"rate": 30}), slows, true},
		{"in pieces of 64 bytes", both("slicer", map[string]int{"average_size": 64, "size_variation": 32, "delay": 20}), slows, false},
		{"half-open: answers vanish", []rig.Toxic{{Type: "timeout", Stream: "downstream", Attributes: map[string]int{"timeout": 0}}}, holds, true},
		{"half-open: requests vanish", []rig.Toxic{{Type: "timeout", Stream: "upstream", Attributes: map[string]int{"timeout": 0}}}, holds, false},
		{"answers break off after 2 KB", []rig.Toxic{{Type: "limit_data", Stream: "downstream", Attributes: map[string]int{"bytes": 2048}}}, breaks, false},
		{"reset", []rig.Toxic{{Type: "reset_peer", Stream: "downstream", Attributes: map[string]int{"timeout": 50}}}, breaks, true},
		{"cut: connections are dropped and refused", nil, breaks, false},
	}
}

const elasticsearch = "Elasticsearch"

// links makes the links to Kafka and to Elasticsearch bad in every way while
// copy comes in.
func links(ctx context.Context, t *trial) error {
	s := rig.Settings{KafkaBrokers: t.servers.KafkaLink.Addr, ElasticsearchURL: "http://" + t.servers.ElasticsearchLink.Addr}
	lasts, pause, rate, timeout := linkFault, linkPause, linkRate, bulkTimeout
	if t.Short {
		lasts, pause, rate, timeout = linkFaultShort, 0, linkRateShort, bulkTimeoutShort
	}
	// Shorter than the faults: it is the service that gives up, not the link.
	s.Env = []string{"COPYTASTER_BULK_TIMEOUT=" + timeout}
	if err := t.start(ctx, s); err != nil {
		return err
	}
	type one struct {
		bad

		to   string
		link *rig.Link
	}
	var all []one
	for _, b := range badLinks() {
		if b.short || !t.Short {
			all = append(all, one{b, "Kafka", t.servers.KafkaLink}, one{b, elasticsearch, t.servers.ElasticsearchLink})
		}
	}
	stop := t.stream(time.Duration(len(all))*(lasts+pause), rate).run(ctx)
	for _, o := range all {
		begin := func() error {
			if o.toxics == nil {
				o.link.Cut()
			}
			for _, toxic := range o.toxics {
				if err := o.link.Poison(toxic); err != nil {
					return err
				}
			}
			return nil
		}
		end := func() error {
			if o.toxics == nil {
				return o.link.Join()
			}
			return o.link.Heal(ctx)
		}
		before := o.link.Traffic()
		var silent float64 // requests without a reply
		given := func() (float64, error) {
			return t.Metric(ctx, t.Index, "copytaster_index_bulk_requests_total", `status="0"`)
		}
		met := func() (bool, string, error) {
			now := o.link.Traffic().Less(before)
			n, err := given()
			said := fmt.Sprintf("%d bytes to %s and %d from there, %d connections that broke, %.0f bulk requests without a reply", now.Up, o.to, now.Down, now.Broken, n-silent)
			switch o.harm {
			case slows:
				return now.Up >= leastTraffic && now.Down >= leastTraffic, said, err
			case holds:
				return now.Up > 0 && (o.to != elasticsearch || n > silent), said, err
			default:
				return now.Broken > 0, said, err
			}
		}
		bad := func() (err error) {
			before = o.link.Traffic()
			if silent, err = given(); err != nil {
				return err
			}
			return begin()
		}
		if err := t.last(ctx, lasting{what: "link to " + o.to + ": " + o.name, lasts: lasts, begin: bad, end: end, met: met}); err != nil {
			return err
		}
		if !rig.Sleep(ctx, pause) {
			return context.Cause(ctx)
		}
	}
	if err := stop(); err != nil {
		return err
	}
	_, err := t.settle(ctx)
	return err
}
