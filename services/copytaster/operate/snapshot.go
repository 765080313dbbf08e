package operate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/copytaster/copytaster/services/copytaster/reindex"
)

// SnapshotCmd is `copytaster snapshot` with its subcommands.
type SnapshotCmd struct {
	Create  SnapshotCreateCmd  `cmd:"" help:"Take a snapshot of the live indices, beside live traffic."`
	List    SnapshotListCmd    `cmd:"" help:"List the snapshots of this installation."`
	Delete  SnapshotDeleteCmd  `cmd:"" help:"Delete snapshots of this installation."`
	Restore SnapshotRestoreCmd `cmd:"" help:"Make new indices of a snapshot, add what came to the log since, and swap them in."`
}

// Repository is where snapshots are.
type Repository struct {
	Repository string `help:"Name of the snapshot repository in Elasticsearch." default:"copytaster"`
	Location   string `help:"Make the repository in this folder, as Elasticsearch sees it: below one that its path.repo names." placeholder:"FOLDER"`
}

// look finds the repository, and changes nothing.
func (r Repository) look(ctx context.Context, j *reindexing) error {
	if err := reindex.CheckSnapshotName(r.Repository); err != nil {
		return misuse("--repository: %w", err)
	}
	is, err := j.Repository(ctx, r.Repository)
	if err == nil && r.Location != "" && !is.Is(r.Location) {
		return misuse("the snapshot repository %s is registered at %s. What changes something would ask, and register it at %s instead. Without --location, that at %[2]s is looked into", r.Repository, is, r.Location)
	}
	return err
}

// open finds the repository, or makes it. It asks before it registers one of that
// name at another place.
func (r Repository) open(ctx context.Context, t Terminal, j *reindexing, c Change) error {
	if r.Location == "" {
		return r.look(ctx, j)
	}
	if err := reindex.CheckSnapshotName(r.Repository); err != nil {
		return misuse("--repository: %w", err)
	}
	is, err := j.Repository(ctx, r.Repository)
	if _, none := errors.AsType[*reindex.NoRepositoryError](err); !none {
		if err != nil {
			return err
		}
		if !is.Is(r.Location) {
			err := c.agree(t, fmt.Sprintf("The snapshot repository %s is registered at %s. Registers it at %s instead; what is in the other stays there, and isn't found under this name any more", r.Repository, is, r.Location))
			if err != nil {
				return err
			}
		}
	}
	return j.Register(ctx, r.Repository, r.Location)
}

// SnapshotCreateCmd is `copytaster snapshot create`.
type SnapshotCreateCmd struct {
	Output
	Progress
	Change
	Repository
	Servers `embed:"" group:"servers"`
	Name    string `arg:"" optional:"" help:"Its name (default: the time)."`
}

// Help is shown by `copytaster snapshot create --help`.
func (SnapshotCreateCmd) Help() string {
	return `A snapshot holds both live indices as they are now, and says up to where the log is in them. What is in it already
from an earlier snapshot is not copied again. The log itself is not in it: it is Kafka's.

  copytaster snapshot create --location /var/backups/copytaster`
}

// snapshotLine is a snapshot in JSON.
type snapshotLine struct {
	reindex.Snapshot
	Done *bool `json:"done,omitempty"`
}

// Run takes it.
func (c *SnapshotCreateCmd) Run(ctx context.Context, t Terminal) error {
	if c.Name == "" {
		c.Name = strings.ToLower(time.Now().UTC().Format("20060102t150405"))
	}
	if err := reindex.CheckSnapshotName(c.Name); err != nil {
		return misuse("%w", err)
	}
	j, err := c.job(ctx, t, c.Progress, 0)
	if err != nil {
		return err
	}
	defer j.close()
	if c.DryRun {
		err := c.look(ctx, j)
		if _, none := errors.AsType[*reindex.NoRepositoryError](err); err != nil && (!none || c.Location == "") {
			return err
		}
		p, err := j.Plan(ctx, reindex.Options{})
		if err != nil {
			return err
		}
		s := reindex.Snapshot{Name: c.Name, Indices: []string{}}
		for _, x := range p.Live {
			s.Indices = append(s.Indices, x.Name)
		}
		if c.JSON {
			return line(t.Out, snapshotLine{s, new(false)})
		}
		printIndices(t, p.Live)
		fmt.Fprintf(t.Out, "snapshot %s of %s would be taken into %s\n", c.Name, strings.Join(s.Indices, " and "), c.Repository.Repository)
		return nil
	}
	if err := c.open(ctx, t, j, c.Change); err != nil {
		return err
	}
	s, err := j.CreateSnapshot(ctx, c.Repository.Repository, c.Name)
	if err != nil {
		return err
	}
	if c.JSON {
		return line(t.Out, snapshotLine{s, new(true)})
	}
	fmt.Fprintf(t.Out, "snapshot %s of %s was taken in %s\n", s.Name, strings.Join(s.Indices, " and "), span(s.Took))
	return nil
}

// SnapshotListCmd is `copytaster snapshot list`.
type SnapshotListCmd struct {
	Output
	Repository
	Servers `embed:"" group:"servers"`
}

// Run lists.
func (c *SnapshotListCmd) Run(ctx context.Context, t Terminal) error {
	j, err := c.job(ctx, t, Progress{}, 0)
	if err != nil {
		return err
	}
	defer j.close()
	if err := c.look(ctx, j); err != nil {
		return err
	}
	all, err := j.Snapshots(ctx, c.Repository.Repository)
	if err != nil {
		return err
	}
	if c.JSON {
		for _, s := range all {
			if err := line(t.Out, snapshotLine{s, nil}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		fmt.Fprintf(t.Out, "no snapshots in %s\n", c.Repository.Repository)
		return nil
	}
	printSnapshots(t, all)
	return nil
}

func printSnapshots(t Terminal, all []reindex.Snapshot) {
	x := columns("snapshot", "state", "taken", ">took", "indices")
	for _, s := range all {
		x.row(s.Name, s.State, day(s.BeganAt), span(s.Took), strings.Join(s.Indices, " "))
	}
	x.print(t.Out)
}

// SnapshotDeleteCmd is `copytaster snapshot delete`.
type SnapshotDeleteCmd struct {
	Output
	Progress
	Change
	Repository
	Servers `embed:"" group:"servers"`
	Names   []string `arg:"" name:"name" help:"The snapshots."`
}

// Help is shown by `copytaster snapshot delete --help`.
func (SnapshotDeleteCmd) Help() string {
	return `What other snapshots need of a deleted one's files stays. A snapshot keeps the text of articles that were killed after it
was taken: it goes with it. One that is being taken is given up. While a restore or a reindex runs, nothing is deleted.

  copytaster snapshot delete 20261124t150312 --dry-run`
}

// Run deletes.
func (c *SnapshotDeleteCmd) Run(ctx context.Context, t Terminal) error {
	for _, name := range c.Names {
		if err := reindex.CheckSnapshotName(name); err != nil {
			return misuse("%w", err)
		}
	}
	j, err := c.job(ctx, t, c.Progress, 0)
	if err != nil {
		return err
	}
	defer j.close()
	if err := c.look(ctx, j); err != nil {
		return err
	}
	meant, err := c.meant(ctx, j)
	if err != nil {
		return err
	}
	if !c.JSON {
		printSnapshots(t, meant)
	}
	if !c.DryRun {
		if err := c.confirm(t, fmt.Sprintf("Deletes %s of repository %s: %s", count(len(meant), "snapshot"), c.Repository.Repository, strings.Join(c.Names, ", "))); err != nil {
			return err
		}
	}
	for _, s := range meant {
		if !c.DryRun {
			if err := j.DeleteSnapshot(ctx, c.Repository.Repository, s.Name); err != nil {
				return err
			}
		}
		if c.JSON {
			if err := line(t.Out, snapshotLine{s, new(!c.DryRun)}); err != nil {
				return err
			}
		}
	}
	if !c.JSON && !c.DryRun {
		fmt.Fprintln(t.Out, "deleted")
	}
	return nil
}

// meant are the named snapshots: all are there, or nothing is done.
func (c *SnapshotDeleteCmd) meant(ctx context.Context, j *reindexing) ([]reindex.Snapshot, error) {
	all, err := j.Snapshots(ctx, c.Repository.Repository)
	if err != nil {
		return nil, err
	}
	var meant []reindex.Snapshot
	for _, name := range c.Names {
		i := slices.IndexFunc(all, func(s reindex.Snapshot) bool { return s.Name == name })
		if i < 0 {
			return nil, misuse("snapshot %s is not one of this installation: see copytaster snapshot list", name)
		}
		if !slices.ContainsFunc(meant, func(s reindex.Snapshot) bool { return s.Name == name }) {
			meant = append(meant, all[i])
		}
	}
	return meant, nil
}

// SnapshotRestoreCmd is `copytaster snapshot restore`.
type SnapshotRestoreCmd struct {
	Output
	Progress
	Change
	Repository
	Lost    bool          `help:"The live indices were lost and begun anew: the restored ones may hold more."`
	Differ  bool          `help:"Swap even though the restored indices, with what came since, don't hold the same as the live ones."`
	Stay    bool          `help:"Restore, add what came since and compare, and don't swap."`
	Pause   time.Duration `name:"max-pause" help:"How long live copy may wait at the swap." default:"5s"`
	Servers `embed:"" group:"servers"`
	Name    string `arg:"" help:"The snapshot."`
}

// Help is shown by `copytaster snapshot restore --help`.
func (SnapshotRestoreCmd) Help() string {
	return `The indices of the snapshot come back under new names, beside the live ones. What came to the log since the snapshot
is added, kills among it; then it goes on as copytaster reindex does: compare, swap, keep the old ones. Interrupted, it goes on
when it is called again. One job at a time changes the indices: this, or a reindex.

After the loss of all of Elasticsearch: start it with the same path.repo, and say --location and --lost.`
}

// Run restores.
func (c *SnapshotRestoreCmd) Run(ctx context.Context, t Terminal) error {
	if err := reindex.CheckSnapshotName(c.Name); err != nil {
		return misuse("%w", err)
	}
	if c.Pause <= 0 {
		return misuse("--max-pause is %v, it must be more than nothing", c.Pause)
	}
	j, err := c.job(ctx, t, c.Progress, 0)
	if err != nil {
		return err
	}
	defer j.close()
	j.MaxPause = c.Pause
	find := func() error { return c.open(ctx, t, j, c.Change) }
	if c.DryRun {
		find = func() error { return c.look(ctx, j) }
	}
	if err := find(); err != nil {
		return err
	}
	s, err := j.Restorable(ctx, c.Repository.Repository, c.Name)
	if err != nil {
		return err
	}
	if c.DryRun {
		if c.JSON {
			return line(t.Out, snapshotLine{s, new(false)})
		}
		fmt.Fprintf(t.Out, "%s would be restored as they were at %s, under new names\n", strings.Join(s.Indices, " and "), day(s.BeganAt))
		return nil
	}
	if c.Differ && !c.Stay {
		if err := c.confirm(t, "Swaps the restored indices in even though they may hold less than the live ones"); err != nil {
			return err
		}
	}
	r, err := j.Restore(ctx, c.Repository.Repository, c.Name, reindex.Options{Lost: c.Lost, Differ: c.Differ, Stay: c.Stay})
	return (&ReindexBuildCmd{Output: c.Output}).result(t, r, err)
}
