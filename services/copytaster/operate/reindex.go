package operate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/services/copytaster/reindex"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// ReindexCmd is `copytaster reindex` with its subcommands.
type ReindexCmd struct {
	Build ReindexBuildCmd `cmd:"" default:"withargs" help:"Build the indices anew from the log, beside live traffic, and swap them in (the default)."`
	List  ReindexListCmd  `cmd:"" help:"List the indices: which is live, which is being filled, which can be gone back to."`
	Drop  ReindexDropCmd  `cmd:"" help:"Delete indices that are not live."`
	Open  ReindexOpenCmd  `cmd:"" help:"Open the live indices for writing, which a build that was killed may have left closed."`
}

// ReindexBuildCmd is `copytaster reindex`.
type ReindexBuildCmd struct {
	Output
	Progress
	Change
	Shards          int           `help:"Shards of each new index (default: as the live ones have)." placeholder:"N"`
	RefreshInterval time.Duration `help:"How soon an article can be found once the new indices are live (default: as the live ones have it)." placeholder:"TIME"`
	Lanes           int           `help:"How many articles are written side by side." default:"16"`
	MaxPause        time.Duration `help:"How long live copy may wait at the swap; beyond it, the live indices are opened again." default:"5s"`
	Anew            bool          `help:"Drop what an interrupted build left, instead of going on with it."`
	Stay            bool          `help:"Build and compare, and don't swap."`
	Lost            bool          `help:"The live indices were lost and begun anew: the new ones may hold more."`
	Differ          bool          `help:"Swap even though the new indices don't hold the same."`
	Rollback        bool          `help:"Make the previous indices live again, once they have what came since." xor:"way"`
	Shadow          bool          `help:"Build nothing: show by field what the enrichers of this program would give otherwise than what is indexed." xor:"way"`
	Sample          Sample        `embed:""`
	Servers         `embed:"" group:"servers"`
}

// Help is shown by `copytaster reindex --help`.
func (ReindexBuildCmd) Help() string {
	return `New indices are filled from the whole log of articles.enriched and articles.enriched.bulk, and from the kills in
articles.notices (30 days), beside live traffic. They are compared with the live ones, document by document. Then the live ones are closed for writing, which the
index service waits out; the last messages are added, what was written lately is compared once more, and the aliases
are swapped in one step. Nothing is lost and no kill is undone. The old indices are kept for --rollback until they
are dropped; they still hold the text of what is killed from now on. Those of the swap before are then behind no alias,
"-" in reindex list: drop them by reindex drop -.

Interrupted, it goes on where it stood when it is called again. Exit code 3: the new indices don't hold the same,
and nothing was swapped. That goes for --rollback too, which asks before it begins; --differ goes back all the same.

After the loss of all of Elasticsearch: start it, and the index service if you like, and say --lost.

  copytaster reindex --dry-run
  copytaster reindex --shards 4
  copytaster reindex --rollback
  copytaster reindex --shadow --sample 1000 --since 7d`
}

// narrator shows a job's progress.
type narrator struct {
	Progress
	t    Terminal
	mu   sync.Mutex
	now  *bar
	what string
}

func (n *narrator) Begin(what string, total int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.end()
	n.now, n.what = n.bar(n.t, what, total), what
}

func (n *narrator) Add(k int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.now != nil && k > 0 {
		// Live traffic adds to what was there at the beginning.
		if b := n.now.ProgressBar; b != nil && b.GetMax64() > 0 && b.State().CurrentNum+k > b.GetMax64() {
			b.ChangeMax64(b.State().CurrentNum + k)
		}
		n.now.add(int(k))
	}
}

func (n *narrator) Done() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.end()
}

func (n *narrator) end() {
	if n.now != nil {
		n.now.close()
		n.now = nil
	}
}

func (n *narrator) Say(what string) {
	n.Done()
	fmt.Fprintln(n.t.Err, safe(what))
}

func (c *ReindexBuildCmd) check() error {
	switch {
	case c.Shards < 0 || c.Shards > corpus.MaxShards:
		return misuse("--shards is %d, allowed are 1 to %d", c.Shards, corpus.MaxShards)
	case c.Lanes < 1 || c.Lanes > reindex.MaxLanes:
		return misuse("--lanes is %d, allowed are 1 to %d", c.Lanes, reindex.MaxLanes)
	case c.MaxPause <= 0:
		return misuse("--max-pause is %v, it must be more than nothing", c.MaxPause)
	case c.RefreshInterval < 0:
		return misuse("--refresh-interval is %v, it must not be negative", c.RefreshInterval)
	case (c.Rollback || c.Shadow) && (c.Shards > 0 || c.Anew):
		return misuse("--shards and --anew go with building only")
	case c.Shadow && (c.Stay || c.Lost || c.Differ):
		return misuse("--stay, --lost and --differ go with building only")
	}
	return c.Sample.check(c.Shadow)
}

// reindexing are the connections of a job.
type reindexing struct {
	*reindex.Job
	bus *bus.Bus
	es  *elastic.Client
}

func (r *reindexing) close() {
	r.bus.Close()
	r.es.Close()
}

// job connects to both servers.
func (s *Servers) job(ctx context.Context, t Terminal, p Progress, lanes int) (*reindexing, error) {
	es, n, err := s.elastic(ctx)
	if err != nil {
		return nil, err
	}
	b, err := s.connect(ctx, t)
	if err != nil {
		es.Close()
		return nil, err
	}
	return &reindexing{&reindex.Job{
		ES: es, Bus: b, Indices: n, Progress: &narrator{Progress: p, t: t}, Log: logger(t), Lanes: lanes, Bulk: bulk.Config{},
	}, b, es}, nil
}

// Run builds, goes back, or compares.
func (c *ReindexBuildCmd) Run(ctx context.Context, t Terminal) error {
	if err := c.check(); err != nil {
		return err
	}
	j, err := c.job(ctx, t, c.Progress, c.Lanes)
	if err != nil {
		return err
	}
	defer j.close()
	j.MaxPause = c.MaxPause
	switch {
	case c.Shadow:
		return c.shadow(ctx, t, j)
	case c.Rollback:
		return c.rollback(ctx, t, j)
	}
	o := reindex.Options{
		Settings: corpus.Settings{Shards: c.Shards, RefreshInterval: c.RefreshInterval},
		Anew:     c.Anew, Stay: c.Stay, Lost: c.Lost, Differ: c.Differ,
	}
	plan, err := j.Plan(ctx, o)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.plan(t, "build", plan, nil)
	}
	if err := c.sure(t, plan); err != nil {
		return err
	}
	r, err := j.Run(ctx, o)
	return c.result(t, r, err)
}

// sure asks before something that can't be undone.
func (c *ReindexBuildCmd) sure(t Terminal, p reindex.Plan) error {
	switch {
	case c.Differ && !c.Stay && len(p.Live) > 0:
		return c.confirm(t, "Swaps the new indices in even though they may hold less than the live ones")
	case c.Anew:
		return c.confirm(t, "Deletes what an interrupted build has filled so far")
	}
	return nil
}

func (c *ReindexBuildCmd) rollback(ctx context.Context, t Terminal, j *reindexing) error {
	plan, previous, err := j.PlanRollback(ctx)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.plan(t, "rollback", plan, previous)
	}
	if !c.Stay {
		if err := c.confirm(t, goesBack(plan.Live, previous)); err != nil {
			return err
		}
	}
	r, err := j.Rollback(ctx, reindex.Options{Stay: c.Stay, Lost: c.Lost, Differ: c.Differ})
	return c.result(t, r, err)
}

// goesBack says what a rollback puts in place of what.
func goesBack(live, previous []corpus.Index) string {
	hold := func(xs []corpus.Index) string {
		var ss []string
		for _, x := range xs {
			ss = append(ss, fmt.Sprintf("%s with %s", x.Name, count(x.Docs, "document")))
		}
		return strings.Join(ss, " and ")
	}
	return fmt.Sprintf("Makes %s live again, after what came since was added, in place of %s", hold(previous), cmp.Or(hold(live), "nothing"))
}

// planLine is `reindex --dry-run --json`.
type planLine struct {
	Action string `json:"action"` // build, rollback
	reindex.Plan
	To   []corpus.Index `json:"to,omitempty"` // the indices that are gone back to
	Done bool           `json:"done"`
}

func (c *ReindexBuildCmd) plan(t Terminal, action string, p reindex.Plan, to []corpus.Index) error {
	if c.JSON {
		return line(t.Out, planLine{Action: action, Plan: p, To: to})
	}
	printIndices(t, append(p.Live, to...))
	for _, b := range p.Begins {
		fmt.Fprintf(t.Out, "%s: what came before is not in the log, and would be missing\n", b)
	}
	if len(p.Displaced) > 0 {
		fmt.Fprintf(t.Out, "%s would be behind no alias any more, and keep the text of what was killed since: copytaster reindex drop -\n", strings.Join(p.Displaced, " and "))
	}
	switch {
	case action == "rollback":
		fmt.Fprintf(t.Out, "%s would be added to the previous indices, and they would be live again\n", count(p.Messages, "message"))
	case p.Resumes != "":
		fmt.Fprintf(t.Out, "build %s would be gone on with: %s are left to be read\n", p.Resumes, count(p.Messages, "message"))
	default:
		fmt.Fprintf(t.Out, "new indices of %s each would be filled from %s\n", count(p.Shards, "shard"), count(p.Messages, "message"))
	}
	return nil
}

// result prints how it ended.
func (c *ReindexBuildCmd) result(t Terminal, r reindex.Result, err error) error {
	if differs, ok := errors.AsType[*reindex.DifferenceError](err); ok {
		r.Compared = &differs.Comparison
		err = &ExitError{ExitDiffers, fmt.Errorf("%w; nothing was swapped. See copytaster reindex --help for --lost and --differ", err)}
	} else if err != nil && !r.Swapped && r.ID != "" {
		err = fmt.Errorf("%w; the live indices are as they were, and the next call goes on", err)
	} else if err != nil && r.Swapped {
		err = fmt.Errorf("%w; the new indices are live, and the next call ends what is left to do", err)
	}
	if c.JSON {
		return errors.Join(line(t.Out, r), err)
	}
	if r.Compared != nil {
		comparison(t, r.Compared)
	}
	if r.Refused > 0 {
		fmt.Fprintf(t.Out, "the index refused %s, and has nothing of them:\n", count(r.Refused, "message"))
		for _, f := range r.Refusals {
			fmt.Fprintf(t.Out, "  %s/%d@%d  %s: %s\n", f.Topic, f.Partition, f.Offset, safe(f.URI), safe(f.Reason))
		}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(t.Out, "%s read in %s%s\n", count(r.Read, "message"), span(r.Took), pace(r.Read, r.Took))
	if !r.Swapped {
		fmt.Fprintln(t.Out, "not swapped: the next call without --stay does it")
		return nil
	}
	if r.Pause > 0 {
		fmt.Fprintf(t.Out, "swapped: live copy waited %s\n", span(r.Pause))
	}
	printIndices(t, r.Live)
	return nil
}

func pace(n int64, took time.Duration) string {
	if n == 0 || took <= 0 {
		return ""
	}
	return fmt.Sprintf(" (%s/s)", grouped(int64(float64(n)/took.Seconds())))
}

func comparison(t Terminal, x *reindex.Comparison) {
	s := columns("alias", "", ">documents", "content hash")
	for _, i := range x.Indices {
		s.row(i.Alias, "live", grouped(i.Old.Docs), i.Old.Sum)
		s.row("", "new", grouped(i.New.Docs), i.New.Sum)
	}
	s.print(t.Out)
	if x.Differences == 0 {
		fmt.Fprintln(t.Out, "no differences, but for what was written while they were compared")
		return
	}
	fmt.Fprintf(t.Out, "%s:\n", count(x.Differences, "difference"))
	d := columns("how", "alias", ">live", ">new", "uri")
	for _, e := range x.Shown {
		d.row(e.How, e.Alias, revisionOf(int64(e.Old), e.OldState), revisionOf(int64(e.New), e.NewState), e.URI)
	}
	d.print(t.Out)
	if more := x.Differences - len(x.Shown); more > 0 {
		fmt.Fprintf(t.Out, "and %s more\n", grouped(int64(more)))
	}
}

func revisionOf(r int64, state string) string {
	if r == 0 {
		return "-"
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", r, state))
}

func printIndices(t Terminal, xs []corpus.Index) {
	s := columns("index", "is", ">documents", ">MB", ">shards", "from", "begun", "live since", "")
	for _, x := range xs {
		var notes []string
		if x.Blocked {
			notes = append(notes, "closed for writing")
		}
		if !x.Same {
			notes = append(notes, fmt.Sprintf("schema %d of another version of this program", x.Schema))
		}
		from := x.Build.From
		if x.Build.ID == "" {
			from = "index service"
		}
		s.row(x.Name, x.Role, grouped(x.Docs), grouped((x.Bytes+mb/2)/mb), x.Shards, from, day(x.Build.BeganAt), day(x.Build.LiveAt), strings.Join(notes, ", "))
	}
	s.print(t.Out)
}

const mb = 1_000_000

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}

// ReindexListCmd is `copytaster reindex list`.
type ReindexListCmd struct {
	Output
	Servers `embed:"" group:"servers"`
}

// Help is shown by `copytaster reindex list --help`.
func (ReindexListCmd) Help() string {
	return `live: read and written by the services. next: being filled, or filled and not swapped in. previous: was live, and is
kept for reindex --rollback. -: no alias points at it; it can be dropped. A live index that is closed for writing was
left so by a build that was killed: reindex open, or the next reindex, opens it again.`
}

// Run lists.
func (c *ReindexListCmd) Run(ctx context.Context, t Terminal) error {
	es, n, err := c.elastic(ctx)
	if err != nil {
		return err
	}
	defer es.Close()
	xs, err := corpus.Indices(ctx, es, n)
	if err != nil {
		return err
	}
	if c.JSON {
		for _, x := range xs {
			if err := line(t.Out, x); err != nil {
				return err
			}
		}
		return nil
	}
	if len(xs) == 0 {
		fmt.Fprintln(t.Out, "there are no indices")
		return nil
	}
	printIndices(t, xs)
	return nil
}

// ReindexDropCmd is `copytaster reindex drop`.
type ReindexDropCmd struct {
	Output
	Change
	Servers `embed:"" group:"servers"`
	Which   string `arg:"" help:"previous, next, - (those behind no alias), the ID that ends the names of a build's indices, or an index's name."`
}

// Help is shown by `copytaster reindex drop --help`.
func (ReindexDropCmd) Help() string {
	return `Without the previous indices there is no reindex --rollback any more. They still hold the text of articles that were
killed since they were live, so don't keep them for long.

  copytaster reindex drop previous
  copytaster reindex drop -
  copytaster reindex drop 20261124t150312`
}

// droppedLine is an index in `reindex drop --json`.
type droppedLine struct {
	corpus.Index
	Done bool `json:"done"`
}

// meant are the indices that are to be dropped.
func (c *ReindexDropCmd) meant(ctx context.Context, es *elastic.Client, n corpus.Namespace) ([]corpus.Index, error) {
	xs, err := corpus.Indices(ctx, es, n)
	if err != nil {
		return nil, err
	}
	var meant []corpus.Index
	for _, x := range xs {
		if c.Which == "" || !slices.Contains([]string{x.Role, x.Build.ID, x.Name}, c.Which) {
			continue
		}
		if x.Role == corpus.RoleLive {
			return nil, misuse("%s is live, it can't be dropped", x.Name)
		}
		meant = append(meant, x)
	}
	if len(meant) == 0 {
		return nil, misuse("no indices are %q: see copytaster reindex list", c.Which)
	}
	return meant, nil
}

// Run deletes.
func (c *ReindexDropCmd) Run(ctx context.Context, t Terminal) error {
	es, n, err := c.elastic(ctx)
	if err != nil {
		return err
	}
	defer es.Close()
	meant, err := c.meant(ctx, es, n)
	if err != nil {
		return err
	}
	if !c.JSON {
		printIndices(t, meant)
	}
	if !c.DryRun {
		names := make([]string, len(meant))
		for i, x := range meant {
			names[i] = x.Name
		}
		if err := c.confirm(t, "Deletes "+strings.Join(names, " and ")); err != nil {
			return err
		}
		j := &reindex.Job{ES: es, Indices: n, Progress: &narrator{t: t}, Log: logger(t)}
		if err := j.Drop(ctx, meant); err != nil {
			return err
		}
	}
	if c.JSON {
		for _, x := range meant {
			if err := line(t.Out, droppedLine{x, !c.DryRun}); err != nil {
				return err
			}
		}
		return nil
	}
	if !c.DryRun {
		fmt.Fprintln(t.Out, "deleted")
	}
	return nil
}

// ReindexOpenCmd is `copytaster reindex open`.
type ReindexOpenCmd struct {
	Output
	DryRun  bool `help:"Only tell what would be done." short:"n"`
	Servers `embed:"" group:"servers"`
}

// Help is shown by `copytaster reindex open --help`.
func (ReindexOpenCmd) Help() string {
	return `Does nothing to indices that are open. A build that still runs keeps it away: that one opens them itself.`
}

// Run opens.
func (c *ReindexOpenCmd) Run(ctx context.Context, t Terminal) error {
	es, n, err := c.elastic(ctx)
	if err != nil {
		return err
	}
	defer es.Close()
	opened, err := c.open(ctx, t, es, n)
	if err != nil {
		return err
	}
	if c.JSON {
		return line(t.Out, struct {
			Opened []string `json:"opened"`
			Done   bool     `json:"done"`
		}{opened, !c.DryRun})
	}
	if len(opened) == 0 {
		fmt.Fprintln(t.Out, "the live indices were open")
		return nil
	}
	how := "open for writing again"
	if c.DryRun {
		how = "would be opened for writing"
	}
	fmt.Fprintf(t.Out, "%s: %s\n", strings.Join(opened, " and "), how)
	return nil
}

// open gives the names of those that were closed, none as an empty list.
func (c *ReindexOpenCmd) open(ctx context.Context, t Terminal, es *elastic.Client, n corpus.Namespace) ([]string, error) {
	if c.DryRun {
		blocked, err := corpus.BlockedLive(ctx, es, n)
		return append([]string{}, blocked...), err
	}
	j := &reindex.Job{ES: es, Indices: n, Progress: &narrator{t: t}, Log: logger(t)}
	return j.Open(ctx)
}
