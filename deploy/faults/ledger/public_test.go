package ledger_test

import (
	"slices"
	"testing"

	"github.com/copytaster/copytaster/deploy/faults/ledger"
	"github.com/copytaster/copytaster/pkg/article"
)

func given(a ledger.Ack) ledger.Given {
	return ledger.Given{URI: a.URI, Revision: a.Revision, Status: article.Usable, Marks: []string{a.Mark}}
}

func notice(a ledger.Ack) ledger.Given {
	return ledger.Given{URI: a.URI, Revision: a.Revision, Status: article.Canceled}
}

func TestPublicTopics(t *testing.T) {
	v1, v2, v3 := acked(item(1, 1, false)), acked(item(1, 2, false)), acked(item(1, 3, true))
	foreign := acked(item(2, 1, false))
	shown := notice(v3)
	shown.Marks = []string{v1.Mark}
	otherText := given(v2)
	otherText.Marks = []string{v1.Mark}
	held := given(v2)
	held.Status, held.Marks = article.Withheld, nil
	living, killed := []ledger.Ack{v1, v2}, []ledger.Ack{v1, v2, v3}
	for name, c := range map[string]struct {
		acks []ledger.Ack
		log  []ledger.Given
		want []ledger.Kind
	}{
		"each revision":                    {living, []ledger.Given{given(v1), given(v2)}, nil},
		"the newest alone":                 {living, []ledger.Given{given(v2)}, nil},
		"twice in a row":                   {living, []ledger.Given{given(v1), given(v1), given(v2), given(v2)}, nil},
		"killed":                           {killed, []ledger.Given{given(v1), given(v2), notice(v3)}, nil},
		"killed before it went out":        {killed, nil, nil},
		"killed twice":                     {killed, []ledger.Given{given(v2), notice(v3), notice(v3)}, nil},
		"nothing":                          {living, nil, []ledger.Kind{ledger.Lost}},
		"an older one at the end":          {living, []ledger.Given{given(v1)}, []ledger.Kind{ledger.Stale}},
		"back to an older one":             {living, []ledger.Given{given(v2), given(v1), given(v2)}, []ledger.Kind{ledger.Stale}},
		"another's text":                   {living, []ledger.Given{otherText}, []ledger.Kind{ledger.Lost}},
		"held, and nobody held it":         {living, []ledger.Given{held}, []ledger.Kind{ledger.Lost}},
		"killed, and nobody killed it":     {living, []ledger.Given{given(v2), notice(v2)}, []ledger.Kind{ledger.Lost}},
		"usable, and killed":               {killed, []ledger.Given{given(v2)}, []ledger.Kind{ledger.Resurrected}},
		"usable after the kill":            {killed, []ledger.Given{notice(v3), given(v2)}, []ledger.Kind{ledger.Resurrected, ledger.Resurrected}},
		"usable between":                   {killed, []ledger.Given{notice(v3), given(v2), notice(v3)}, []ledger.Kind{ledger.Resurrected}},
		"a notice that shows text":         {killed, []ledger.Given{given(v1), shown}, []ledger.Kind{ledger.Resurrected}},
		"what nobody sent, and not itself": {living, []ledger.Given{given(foreign)}, []ledger.Kind{ledger.Lost, ledger.Duplicate}},
	} {
		var l ledger.Ledger
		for _, a := range c.acks {
			l.Sent(a.Item)
			l.Acked(a)
		}
		log := map[article.URI][]ledger.Given{}
		for _, g := range c.log {
			log[g.URI] = append(log[g.URI], g)
		}
		var got []ledger.Kind
		for _, f := range l.Public("articles.current", log) {
			got = append(got, f.Kind)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: found %v, want %v", name, got, c.want)
		}
	}
}
