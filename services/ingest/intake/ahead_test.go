package intake_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/ingest/intake"
)

// sink notes what is written, in the order of both topics.
type sink struct {
	name string
	said *[]string
	err  error
}

func (s sink) Write(_ context.Context, as []article.Article) error {
	for _, a := range as {
		*s.said = append(*s.said, s.name+" "+string(a.URI))
	}
	return s.err
}

func (s sink) Close() error {
	*s.said = append(*s.said, "close "+s.name)
	return nil
}

func TestKillsGoAhead(t *testing.T) {
	as := []article.Article{{URI: "a", Status: article.Usable}, {URI: "k", Status: article.Canceled}, {URI: "w", Status: article.Withheld}}
	refused := &stage.PartialError{Errs: map[int]error{0: stage.Permanent(errors.New("too large"))}, Total: 1}
	for name, c := range map[string]struct {
		notices error
		want    []string
		fails   bool
	}{
		"well":             {nil, []string{"notices k", "received a", "received k", "received w"}, false},
		"kafka is away":    {errors.New("no route"), []string{"notices k"}, true},
		"refused for good": {refused, []string{"notices k", "received a", "received k", "received w"}, false},
		"refused for now":  {&stage.PartialError{Errs: map[int]error{0: errors.New("busy")}, Total: 1}, []string{"notices k"}, true},
	} {
		var said []string
		s := intake.KillsAhead(sink{"notices", &said, c.notices}, sink{"received", &said, nil})
		err := s.Write(t.Context(), as)
		if (err != nil) != c.fails {
			t.Errorf("%s: %v", name, err)
		}
		if _, partial := errors.AsType[*stage.PartialError](err); partial {
			t.Errorf("%s: %v says of some articles that they were written, and none was", name, err)
		}
		if !slices.Equal(said, c.want) {
			t.Errorf("%s: %q, want %q", name, said, c.want)
		}
		if err := s.Close(); err != nil || len(said) != len(c.want)+2 {
			t.Errorf("%s: close: %v, %q", name, err, said)
		}
	}
	var said []string
	if err := intake.KillsAhead(sink{"notices", &said, nil}, sink{"received", &said, nil}).Write(t.Context(), as[:1]); err != nil || len(said) != 1 {
		t.Errorf("without a kill: %q, %v", said, err)
	}
}
