package operator

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Limits of what is kept of the stages.
const (
	// MaxPoints is how many looks are remembered.
	MaxPoints = 360
	// Window is what rates are over.
	Window = time.Minute
	// MaxMembers is how many members of a group are told of.
	MaxMembers = 100
)

// services are those that have stages, in the order in which an article passes them.
var services = []string{"ingest", "enrich", "index", "release"}

// Stages is where all stages stand.
type Stages struct {
	At      *time.Time `json:"at,omitempty"`
	Every   float64    `json:"every_seconds"`
	Window  float64    `json:"window_seconds"`
	Problem string     `json:"problem,omitempty"`
	Stages  []Stage    `json:"stages"`
}

// Stage is where a service stands.
type Stage struct {
	Service string  `json:"service"`
	Groups  []Group `json:"groups"`
	Writes  []Topic `json:"writes"`
	Dead    []Dead  `json:"dead_letters"`
}

// Group is where a consumer group stands.
type Group struct {
	Group       string       `json:"group"`
	Topic       string       `json:"topic"`
	State       string       `json:"state"`
	Members     []Member     `json:"members"`
	MoreMembers bool         `json:"more_members,omitempty"`
	Partitions  int          `json:"partitions"`
	Unread      int          `json:"unread_partitions"`
	Lag         int64        `json:"lag"`
	Oldest      *time.Time   `json:"oldest_unread,omitempty"`
	OldestAge   *float64     `json:"oldest_age_seconds,omitempty"`
	Lost        int64        `json:"lost,omitempty"`
	Beyond      int64        `json:"beyond,omitempty"`
	PerSecond   *float64     `json:"per_second,omitempty"`
	History     []GroupPoint `json:"history,omitempty"`
}

// GroupPoint is a group at one look.
type GroupPoint struct {
	At        time.Time `json:"at"`
	Lag       int64     `json:"lag"`
	OldestAge *float64  `json:"oldest_age_seconds,omitempty"`
	PerSecond *float64  `json:"per_second,omitempty"`
}

// Member is a process of a group, or a part of one.
type Member struct {
	Client     string `json:"client"`
	Host       string `json:"host"`
	Partitions int    `json:"partitions"`
}

// Topic is a topic that a service writes.
type Topic struct {
	Topic     string       `json:"topic"`
	Messages  int64        `json:"messages"`
	PerSecond *float64     `json:"per_second,omitempty"`
	History   []TopicPoint `json:"history,omitempty"`
}

// TopicPoint is a topic at one look.
type TopicPoint struct {
	At        time.Time `json:"at"`
	PerSecond *float64  `json:"per_second,omitempty"`
}

// Dead is a topic of dead letters.
type Dead struct {
	Topic    string      `json:"topic"`
	Letters  int64       `json:"letters"`
	Open     int64       `json:"open"`
	InWindow *int64      `json:"in_window,omitempty"`
	History  []DeadPoint `json:"history,omitempty"`
}

// DeadPoint is a topic of dead letters at one look.
type DeadPoint struct {
	At      time.Time `json:"at"`
	Letters int64     `json:"letters"`
}

// looks are the last looks at the stages, the newest last.
type looks struct {
	all     []look
	problem error // of the last one
	handled map[string]int64
	// What was counted up to the last look, and where the partitions stood then.
	groups map[string]*count
	topics map[string]*count
}

// look is what was seen at one time.
type look struct {
	at     time.Time
	groups map[string]groupLook
	topics map[string]topicLook
}

type groupLook struct {
	bus.Standing

	lag      int64
	oldest   time.Time
	finished int64 // messages since the first look
	rate     *float64
}

type topicLook struct {
	messages int64
	written  int64 // messages since the first look
	rate     *float64
}

// count adds up by how much partitions go on. One that falls back, because messages are
// handled again or the topic was made anew, counts from there.
type count struct {
	at    map[int]int64
	total int64
}

func (c *count) add(partition int, offset int64) {
	if before, ok := c.at[partition]; ok {
		c.total += max(offset-before, 0)
	}
	c.at[partition] = offset
}

func newLooks() looks { return looks{groups: map[string]*count{}, topics: map[string]*count{}} }

func counting(of map[string]*count, name string) *count {
	if of[name] == nil {
		of[name] = &count{at: map[int]int64{}}
	}
	return of[name]
}

// watched are the topics whose ends are looked at.
func watched() []topic.Topic {
	var all []topic.Topic
	for _, t := range topic.All {
		for _, s := range services {
			if t.Writer == s && !t.Compact {
				all = append(all, t)
			}
		}
	}
	return all
}

// look looks at everything once.
func (d *Desk) look(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	standings, extents, err := d.see(limited)
	if ctx.Err() != nil {
		return
	}
	handled := d.ledger.Load().Counts()
	d.mu.Lock()
	defer d.mu.Unlock()
	if (err == nil) != (d.looks.problem == nil) && err != nil {
		d.cfg.Log.Warn().Err(err).Msg("can't look at the stages, trying again")
	}
	if d.looks.problem = err; err == nil {
		d.looks.handled = handled
		d.looks.add(time.Now().UTC(), standings, extents)
	}
}

func (d *Desk) see(ctx context.Context) ([]bus.Standing, map[string][]bus.Extent, error) {
	standings, err := d.watch.Standings(ctx, topic.Groups)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	for _, t := range watched() {
		names = append(names, t.Name)
	}
	there, _, err := d.bus.There(ctx, names)
	if err != nil {
		return nil, nil, err
	}
	each := make([][]bus.Extent, len(there))
	work, ctx := errgroup.WithContext(ctx)
	for i, name := range there {
		work.Go(func() (err error) {
			each[i], err = d.bus.Extents(ctx, name)
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, nil, err
	}
	extents := map[string][]bus.Extent{}
	for i, name := range there {
		extents[name] = each[i]
	}
	return standings, extents, nil
}

func (l *looks) add(at time.Time, standings []bus.Standing, extents map[string][]bus.Extent) {
	now := look{at, map[string]groupLook{}, map[string]topicLook{}}
	for _, s := range standings {
		g, c := groupLook{Standing: s}, counting(l.groups, s.Group.Name)
		for i := range s.Partitions {
			r := &s.Partitions[i]
			c.add(r.Partition, r.Position())
			g.lag += r.Lag
			if !r.Oldest.IsZero() && (g.oldest.IsZero() || r.Oldest.Before(g.oldest)) {
				g.oldest = r.Oldest
			}
		}
		g.finished = c.total
		now.groups[s.Group.Name] = g
	}
	for name, es := range extents {
		t, c := topicLook{}, counting(l.topics, name)
		for _, e := range es {
			c.add(e.Partition, e.End)
			t.messages += e.End - e.First
		}
		t.written = c.total
		now.topics[name] = t
	}
	if len(l.all) == MaxPoints {
		l.all = append(l.all[:0], l.all[1:]...)
	}
	if n := len(l.all); n > 0 { // only the newest tells where each partition stands
		for name, g := range l.all[n-1].groups {
			g.Standing = bus.Standing{}
			l.all[n-1].groups[name] = g
		}
	}
	l.all = append(l.all, now)
	from := l.before()
	seconds := now.at.Sub(from.at).Seconds()
	rate := func(now, before int64) *float64 {
		if seconds <= 0 {
			return nil
		}
		r := float64(max(now-before, 0)) / seconds
		return &r
	}
	for name, g := range now.groups {
		g.rate = rate(g.finished, from.groups[name].finished)
		now.groups[name] = g
	}
	for name, t := range now.topics {
		t.rate = rate(t.written, from.topics[name].written)
		now.topics[name] = t
	}
}

// before is the look that rates at the last one are from; the last one itself if there is
// none.
func (l *looks) before() look {
	last := len(l.all) - 1
	j := max(last-1, 0)
	for j > 0 && l.all[last].at.Sub(l.all[j-1].at) <= Window {
		j--
	}
	return l.all[j]
}

// Stages tells where the stages stood at the last look, with so many looks before as
// history. The error is [ErrStarting], or an [*AwayError] if there was none yet.
func (d *Desk) Stages(points int) (Stages, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &d.looks
	res := Stages{Every: d.cfg.Every.Seconds(), Window: Window.Seconds(), Stages: []Stage{}}
	if l.problem != nil {
		res.Problem = l.problem.Error()
	}
	if len(l.all) == 0 {
		if l.problem != nil {
			return res, &AwayError{l.problem}
		}
		return res, ErrStarting
	}
	last := len(l.all) - 1
	at := l.all[last].at // what is kept moves with the next look
	res.At = &at
	from := max(len(l.all)-points, 0)
	for _, s := range services {
		stage := Stage{Service: s, Groups: []Group{}, Writes: []Topic{}, Dead: []Dead{}}
		for _, g := range topic.Groups {
			if g.Service == s {
				stage.Groups = append(stage.Groups, l.group(g.Name, from))
			}
		}
		for _, t := range watched() {
			switch {
			case t.Writer != s:
			case t.Dead():
				stage.Dead = append(stage.Dead, l.dead(t.Name, from))
			default:
				stage.Writes = append(stage.Writes, l.topic(t.Name, from))
			}
		}
		res.Stages = append(res.Stages, stage)
	}
	return res, nil
}

func (l *looks) group(name string, from int) Group {
	last := len(l.all) - 1
	now := l.all[last].groups[name]
	g := Group{
		Group: name, Topic: now.Group.Topic, State: now.State, Members: []Member{}, Partitions: len(now.Partitions), Lag: now.lag,
		OldestAge: age(l.all[last].at, now.oldest), PerSecond: now.rate,
	}
	if g.State == "" {
		g.State = "Dead" // its topic isn't there
	}
	if !now.oldest.IsZero() {
		g.Oldest = &now.oldest
	}
	for _, m := range now.Members {
		if len(g.Members) == MaxMembers {
			g.MoreMembers = true
			break
		}
		g.Members = append(g.Members, Member{m.Client, m.Host, len(m.Partitions[now.Group.Topic])})
	}
	for _, p := range now.Partitions {
		g.Lost, g.Beyond = g.Lost+p.Lost, g.Beyond+p.Beyond
		if p.Member == "" {
			g.Unread++
		}
	}
	for i := from; i <= last; i++ {
		k := l.all[i].groups[name]
		g.History = append(g.History, GroupPoint{l.all[i].at, k.lag, age(l.all[i].at, k.oldest), k.rate})
	}
	return g
}

func age(at, oldest time.Time) *float64 {
	if oldest.IsZero() {
		return nil
	}
	s := max(at.Sub(oldest), 0).Seconds()
	return &s
}

func (l *looks) topic(name string, from int) Topic {
	last := len(l.all) - 1
	t := Topic{Topic: name, Messages: l.all[last].topics[name].messages, PerSecond: l.all[last].topics[name].rate}
	for i := from; i <= last; i++ {
		t.History = append(t.History, TopicPoint{l.all[i].at, l.all[i].topics[name].rate})
	}
	return t
}

func (l *looks) dead(name string, from int) Dead {
	last := len(l.all) - 1
	letters := l.all[last].topics[name].messages
	t := Dead{Topic: name, Letters: letters, Open: max(letters-l.handled[name], 0)}
	if last > 0 {
		n := max(l.all[last].topics[name].written-l.before().topics[name].written, 0)
		t.InWindow = &n
	}
	for i := from; i <= last; i++ {
		t.History = append(t.History, DeadPoint{l.all[i].at, l.all[i].topics[name].messages})
	}
	return t
}
