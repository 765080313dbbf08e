package faults

import (
	"context"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/rig"
)

// How long a link is bad, and what comes in meanwhile.
const (
	linkFault      = 20 * time.Second
	linkFaultShort = 2 * time.Second
	linkPause      = 5 * time.Second
	linkRate       = 60 // items a second
	linkRateShort  = 20
)

// bad is one way in which a link is bad; no toxics: it is cut.
type bad struct {
	name   string
	toxics []rig.Toxic
	short  bool // also in the short form
}

func badLinks() []bad {
	both := func(kind string, attributes map[string]int) []rig.Toxic {
		return []rig.Toxic{{Type: kind, Stream: "upstream", Attributes: attributes}, {Type: kind, Stream: "downstream", Attributes: attributes}}
	}
	return []bad{
		{"slow: 300 ms ± 200 ms each way", both("latency", map[string]int{"latency": 300, "jitter": 200}), false},
		{"slow: 30 KB/s", both("bandwidth", map[string]int{"rate": 30}), true},
		{"in pieces of 64 bytes", both("slicer", map[string]int{"average_size": 64, "size_variation": 32, "delay": 20}), false},
		{"half-open: answers vanish", []rig.Toxic{{Type: "timeout", Stream: "downstream", Attributes: map[string]int{"timeout": 0}}}, true},
		{"half-open: requests vanish", []rig.Toxic{{Type: "timeout", Stream: "upstream", Attributes: map[string]int{"timeout": 0}}}, false},
		{"answers break off after 2 KB", []rig.Toxic{{Type: "limit_data", Stream: "downstream", Attributes: map[string]int{"bytes": 2048}}}, false},
		{"reset", []rig.Toxic{{Type: "reset_peer", Stream: "downstream", Attributes: map[string]int{"timeout": 50}}}, true},
		{"cut: connections are dropped and refused", nil, false},
	}
}

// links makes the links to Kafka and to Elasticsearch bad in every way while
// copy comes in.
func links(ctx context.Context, t *trial) error {
	s := rig.Settings{KafkaBrokers: t.servers.KafkaLink.Addr, ElasticsearchURL: "http://" + t.servers.ElasticsearchLink.Addr}
	lasts, pause, rate := linkFault, linkPause, linkRate
	if t.Short {
		lasts, pause, rate = linkFaultShort, 0, linkRateShort
		s.Env = []string{"COPYTASTER_BULK_TIMEOUT=" + bulkTimeout}
	}
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
			all = append(all, one{b, "Kafka", t.servers.KafkaLink}, one{b, "Elasticsearch", t.servers.ElasticsearchLink})
		}
	}
	whole := time.Duration(len(all)) * (lasts + pause)
	wait := t.feed(ctx, t.wire.Items(int(whole.Seconds()*float64(rate)*100/135)), float64(rate))
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
		if err := t.lasting(ctx, "link to "+o.to+": "+o.name, lasts, begin, end); err != nil {
			return err
		}
		if !rig.Sleep(ctx, pause) {
			return context.Cause(ctx)
		}
	}
	if err := wait(); err != nil {
		return err
	}
	_, err := t.settle(ctx)
	return err
}
