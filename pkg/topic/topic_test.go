package topic

import (
	"strings"
	"testing"
)

func TestGroupsReadTopicsThatExistAndHaveDeadLetters(t *testing.T) {
	for _, g := range Groups {
		for _, name := range []string{g.Topic, g.Bulk, g.Topic + DeadSuffix} {
			if _, err := ByName(name); err != nil {
				t.Errorf("group %s: %v", g.Name, err)
			}
		}
		if got, err := GroupByName(g.Name); err != nil || got != g {
			t.Error(got, err)
		}
	}
	if _, err := GroupByName("enrihc"); err == nil || !strings.Contains(err.Error(), "there are enrich, ") {
		t.Error(err)
	}
}

func TestDeadTopics(t *testing.T) {
	dead := 0
	for _, tp := range All {
		if tp.Dead() {
			dead++
			if tp.Retention != 0 || tp.Compact {
				t.Errorf("dead letters in %s would be lost", tp.Name)
			}
		}
	}
	if dead != 7 {
		t.Errorf("%d topics of dead letters", dead)
	}
	if tp, err := ByName(DeadHandled); err != nil || tp.Dead() || !tp.Compact {
		t.Error(tp, err)
	}
}
