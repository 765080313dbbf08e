package operate

import (
	"cmp"
	"context"
	"fmt"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/copytaster/reindex"
	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/enrich/enricher"
	"github.com/copytaster/copytaster/services/enrich/override"
	"github.com/copytaster/copytaster/services/enrich/override/desk"
)

// Sample says which articles reindex --shadow looks at.
type Sample struct {
	Sample   *int          `help:"With --shadow: how many articles, spread evenly over the log; 0: all (default: 1000)." placeholder:"N"`
	Since    moment        `help:"With --shadow: only what was received since this time." placeholder:"TIME"`
	Until    moment        `help:"With --shadow: only what was received until this time." placeholder:"TIME"`
	URI      []article.URI `name:"uri" help:"With --shadow: only this article; may be said several times."`
	Examples *int          `help:"With --shadow: how many examples of each field are shown (default: 3)." placeholder:"N"`
}

// What Sample has where nothing is said.
const (
	defaultSample   = 1000
	defaultExamples = 3
)

func (s Sample) check(shadow bool) error {
	switch {
	case !shadow && (!s.Since.IsZero() || !s.Until.IsZero() || len(s.URI) > 0 || s.Sample != nil || s.Examples != nil):
		return misuse("--sample, --since, --until, --uri and --examples go with --shadow")
	case orDefault(s.Sample, defaultSample) < 0:
		return misuse("--sample is %d, it must not be negative", *s.Sample)
	case orDefault(s.Examples, defaultExamples) < 0 || orDefault(s.Examples, defaultExamples) > reindex.MaxExamples:
		return misuse("--examples is %d, allowed are 0 to %d", *s.Examples, reindex.MaxExamples)
	}
	for _, u := range s.URI {
		if err := u.Validate(); err != nil {
			return misuse("%w", err)
		}
	}
	return nil
}

func orDefault(n *int, d int) int {
	if n == nil {
		return d
	}
	return *n
}

// corrected enriches as the service does, with what editors corrected.
type corrected struct {
	*enricher.Chain

	rows override.Rows
}

// Enrich enriches.
func (c corrected) Enrich(ctx context.Context, a *article.Article) error {
	o, err := override.Of(c.rows, a.URI)
	if err != nil {
		return c.EnrichUncorrected(ctx, a, err)
	}
	return c.EnrichWith(ctx, a, o)
}

func (c *ReindexBuildCmd) shadow(ctx context.Context, t Terminal, j *reindexing) error {
	chain, err := enrich.NewChain(nil)
	if err != nil {
		return err
	}
	var s reindex.Shadow
	if err := desk.New(j.bus, nil).See(ctx, func(rows override.Rows) error {
		s, err = j.Shadow(ctx, corrected{chain, rows}, reindex.Sample{
			Count: orDefault(c.Sample.Sample, defaultSample), Since: c.Sample.Since.Time, Until: c.Sample.Until.Time, URIs: c.Sample.URI, Examples: orDefault(c.Sample.Examples, defaultExamples),
		})
		return err
	}); err != nil {
		return err
	}
	if c.JSON {
		return line(t.Out, s)
	}
	fmt.Fprintf(t.Out, "enrichers: %s\n", s.Enrichers)
	fmt.Fprintf(t.Out, "%s looked at, of %s in the log; %s would change", count(s.Compared, "article"), count(s.Messages, "message"), grouped(s.Changed))
	for _, x := range []struct {
		n    int64
		what string
	}{{s.NotIndexed, "not indexed"}, {s.Killed, "killed"}, {s.Unreadable, "unreadable"}, {s.Refused, "refused by the enrichers"}} {
		if x.n > 0 {
			fmt.Fprintf(t.Out, "; %s %s", grouped(x.n), x.what)
		}
	}
	fmt.Fprintln(t.Out)
	f := columns("field", ">same", ">changed", ">gained", ">lost")
	for _, x := range s.Fields {
		f.row(x.Field, grouped(x.Same), grouped(x.Changed), grouped(x.Gained), grouped(x.Lost))
	}
	f.print(t.Out)
	for _, x := range s.Fields {
		for _, e := range x.Examples {
			fmt.Fprintf(t.Out, "\n%s %s of %s\n  indexed: %s\n  now:     %s\n", x.Field, e.How, safe(string(e.URI)), cmp.Or(safe(string(e.Indexed)), "nothing"), cmp.Or(safe(string(e.Now)), "nothing"))
		}
	}
	return nil
}
