package operator

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/topic"
)

// desk is one that looks were noted for.
func desk() *Desk { return &Desk{cfg: Config{Every: 5 * time.Second}, looks: newLooks()} }

var start = time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC)

// at is where the group of received copy stands, of two partitions, at a look.
func at(committed, end int64) []bus.Standing {
	g, err := topic.GroupByName(topic.GroupEnrich)
	if err != nil {
		panic(err)
	}
	half := committed / 2
	s := bus.Standing{Group: g, State: "Stable", Members: []bus.Member{{Client: "copytaster", Host: "10.0.0.7", Partitions: map[string][]int{g.Topic: {0}}}}}
	for p := range 2 {
		r := bus.Reached{Partition: p, End: end / 2, Committed: &half, Lag: end/2 - half, Member: "copytaster@10.0.0.7"}
		if r.Lag > 0 {
			r.Oldest = start.Add(-time.Duration(p+1) * time.Second)
		}
		s.Partitions = append(s.Partitions, r)
	}
	s.Partitions[1].Member = ""
	return []bus.Standing{s}
}

func ends(name string, end int64) map[string][]bus.Extent {
	return map[string][]bus.Extent{name: {{Partition: 0, First: 2, End: end}}}
}

// told is what is told of the group of received copy, and of all.
func told(t *testing.T, d *Desk, points int) (Stages, Group) {
	t.Helper()
	s, err := d.Stages(points)
	if err != nil {
		t.Fatal(err)
	}
	for _, stage := range s.Stages {
		for _, g := range stage.Groups {
			if g.Group == topic.GroupEnrich {
				return s, g
			}
		}
	}
	t.Fatal("the group is not told of")
	return s, Group{}
}

func near(got *float64, want float64) bool { return got != nil && math.Abs(*got-want) < 1e-9 }

// TestRates: rates are those of the last minute, whatever came before, and what is handled
// again is not counted backwards.
func TestRates(t *testing.T) {
	d := desk()
	if _, err := d.Stages(1); !errors.Is(err, ErrStarting) {
		t.Errorf("before the first look: %v", err)
	}
	d.looks.problem = errors.New("refused")
	if _, err := d.Stages(1); !errors.As(err, new(*AwayError)) {
		t.Errorf("when the first look failed: %v", err)
	}
	d.looks.problem = nil
	d.looks.add(start, at(1000, 1100), ends(topic.Received, 1100))
	if _, g := told(t, d, 1); g.PerSecond != nil || g.Lag != 100 || g.Unread != 1 || g.Partitions != 2 || !near(g.OldestAge, 2) || len(g.Members) != 1 || g.Members[0].Partitions != 1 {
		t.Errorf("of one look it tells %+v", g)
	}
	// 100 a second for 2 minutes, then 10.
	n := int64(1000)
	for i := 1; i <= 36; i++ {
		if n += 500; i > 24 {
			n -= 450
		}
		d.looks.add(start.Add(time.Duration(i)*5*time.Second), at(n, n), ends(topic.Received, n))
	}
	s, g := told(t, d, 37)
	if !near(g.PerSecond, 10) || g.Lag != 0 || g.OldestAge != nil || g.Oldest != nil || len(g.History) != 37 {
		t.Errorf("it tells %+v", g)
	}
	if !near(g.History[1].PerSecond, 100) || !near(g.History[24].PerSecond, 100) || !near(g.History[30].PerSecond, 55) || g.History[0].PerSecond != nil {
		t.Errorf("the history is %+v", g.History)
	}
	if w := s.Stages[0].Writes[0]; w.Topic != topic.Received || !near(w.PerSecond, 10) || w.Messages != n-2 || len(w.History) != 37 {
		t.Errorf("what ingest writes is %+v", w)
	}
	// A replay: the group stands at the beginning, and reads on.
	d.looks.add(start.Add(185*time.Second), at(0, n), ends(topic.Received, n))
	d.looks.add(start.Add(190*time.Second), at(600, n), ends(topic.Received, n))
	if _, g := told(t, d, 0); !near(g.PerSecond, (10*50+600)/60.) || g.History != nil {
		t.Errorf("in a replay it tells %+v", g)
	}
	// Nothing was seen for long: the rate is of the time between.
	d.looks.add(start.Add(time.Hour), at(600+3410, n), ends(topic.Received, n))
	if _, g := told(t, d, 0); !near(g.PerSecond, 1) {
		t.Errorf("after a while it tells %v", *g.PerSecond)
	}
	d.looks.problem = errors.New("refused")
	if s, _ := told(t, d, 0); s.Problem != "refused" || !s.At.Equal(start.Add(time.Hour)) {
		t.Errorf("when a look failed: %+v", s)
	}
}

// TestDeadLettersOfStages: every topic of dead letters is told of once, with what came lately
// and what is open.
func TestDeadLettersOfStages(t *testing.T) {
	d := desk()
	name := topic.Received + topic.DeadSuffix
	d.looks.handled = map[string]int64{name: 4}
	d.looks.add(start, nil, ends(name, 7))
	d.looks.add(start.Add(5*time.Second), nil, ends(name, 12))
	s, err := d.Stages(2)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, stage := range s.Stages {
		for _, dead := range stage.Dead {
			if seen[dead.Topic] {
				t.Errorf("%s is told of twice", dead.Topic)
			}
			seen[dead.Topic] = true
			if dead.Topic == name && (stage.Service != "enrich" || dead.Letters != 10 || dead.Open != 6 || dead.InWindow == nil || *dead.InWindow != 5 || dead.History[0].Letters != 5) {
				t.Errorf("%s: %+v", stage.Service, dead)
			}
		}
	}
	for _, tp := range topic.All {
		if tp.Dead() != seen[tp.Name] {
			t.Errorf("%s is told of: %v", tp.Name, seen[tp.Name])
		}
	}
}

// TestLooksAreForgotten: no more are kept than are told.
func TestLooksAreForgotten(t *testing.T) {
	d := desk()
	for i := range MaxPoints + 10 {
		d.looks.add(start.Add(time.Duration(i)*time.Second), at(int64(2*i), int64(2*i)), ends(topic.Received, 10))
	}
	s, g := told(t, d, MaxPoints)
	if len(d.looks.all) != MaxPoints || len(g.History) != MaxPoints || !s.At.Equal(start.Add((MaxPoints+9)*time.Second)) || !g.History[0].At.Equal(start.Add(10*time.Second)) {
		t.Errorf("%d are kept, %d told, from %v", len(d.looks.all), len(g.History), g.History[0].At)
	}
}

// TestToldStaysAsItWas: what was told is written to the client while the next look is kept.
func TestToldStaysAsItWas(t *testing.T) {
	d := desk()
	for i := range MaxPoints {
		d.looks.add(start.Add(time.Duration(i)*time.Second), at(0, 0), nil)
	}
	s, _ := told(t, d, 0)
	d.looks.add(start.Add(MaxPoints*time.Second), at(0, 0), nil)
	d.looks.add(start.Add((MaxPoints+1)*time.Second), at(0, 0), nil)
	if want := start.Add((MaxPoints - 1) * time.Second); !s.At.Equal(want) {
		t.Errorf("it was told of %v, and became %v", want, s.At)
	}
}

// TestMembersAreBounded: of a great group so many members are told of.
func TestMembersAreBounded(t *testing.T) {
	d := desk()
	s := at(0, 0)
	for range MaxMembers {
		s[0].Members = append(s[0].Members, bus.Member{})
	}
	d.looks.add(start, s, nil)
	if _, g := told(t, d, 0); len(g.Members) != MaxMembers || !g.MoreMembers {
		t.Errorf("%d members are told of, more: %v", len(g.Members), g.MoreMembers)
	}
}
