// Package drop takes in files that are put into a folder.
//
// A file is claimed by renaming it into work/, and ends in done/ when all its
// articles are safe, or in failed/ with its reason beside it. What is found in
// work/ at the start was claimed before a crash, and is taken in again, with
// the time of its first claim, so that it gives the same revisions.
//
//	drop/report.txt            of the default source
//	drop/site-3/report.txt     of source site-3
//	drop/work/SOURCE/CLAIM/report.txt
//	drop/done/SOURCE/report.txt
//	drop/failed/SOURCE/report.txt, report.txt.reason.txt
package drop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/gofrs/flock"
	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
	"github.com/copytaster/copytaster/services/ingest/intake"
)

// Origin is the source's name in messages and metrics.
const Origin = "drop"

// Folders that the source keeps inside the drop folder.
const (
	Work   = "work"
	Done   = "done"
	Failed = "failed"
)

const (
	lockFile = ".lock"
	// reasonSuffix makes the name of the file that says why one was refused.
	reasonSuffix = ".reason.txt"
	// maxName is how much of a name is kept where something is added to it;
	// file systems take 255 bytes.
	maxName = 200
	// lockRetry is how often a folder that another process holds is tried.
	lockRetry = time.Second
	// claimLayout names a claim; names sort by time.
	claimLayout = "20060102T150405.000000000Z"
	// stuckRetry is after how long a file that could not be moved or read is
	// tried again.
	stuckRetry = 5 * time.Second
)

// unfinished are endings of names under which writers keep what isn't complete.
var unfinished = []string{".tmp", ".part", ".partial", ".crdownload", ".filepart", ".swp", "~"}

// Config is where and how.
type Config struct {
	Dir string `help:"Folder to take files from; none: no drop folder." placeholder:"DIR"`
	// Source of files that lie in no sub-folder.
	Source string `help:"Source of files that lie directly in the folder; a sub-folder's name is its files' source." default:"drop"`
	// BackfillDir is another folder of the same kind.
	BackfillDir string        `help:"Folder to take files of back-fills from; none: no such folder." placeholder:"DIR"`
	Settle      time.Duration `help:"How long a file's size and date must stay the same before it is taken; 0 where writers rename complete files into place." default:"200ms"`
	Scan        time.Duration `help:"How often the folder is looked through where the system tells of no changes (network drives)." default:"2s"`
}

// Validate tells which settings are wrong.
func (c Config) Validate() error {
	if c.Dir == "" && c.BackfillDir == "" {
		return nil
	}
	var errs []error
	if c.Dir != "" && c.BackfillDir != "" && (within(c.Dir, c.BackfillDir) || within(c.BackfillDir, c.Dir)) {
		errs = append(errs, errors.New("settings drop-dir and drop-backfill-dir must name folders of which neither lies in the other"))
	}
	if err := intake.CheckSource(c.Source); err != nil {
		errs = append(errs, fmt.Errorf("setting drop-source: %w", err))
	}
	if c.Settle < 0 {
		errs = append(errs, fmt.Errorf("setting drop-settle is %v, it must not be negative", c.Settle))
	}
	if c.Scan <= 0 {
		errs = append(errs, fmt.Errorf("setting drop-scan is %v, it must be above 0", c.Scan))
	}
	return errors.Join(errs...)
}

// within tells whether a folder is another or lies in it.
func within(dir, parent string) bool {
	dir, err1 := filepath.Abs(dir)
	parent, err2 := filepath.Abs(parent)
	if err1 != nil || err2 != nil {
		return dir == parent
	}
	rel, err := filepath.Rel(parent, dir)
	return err == nil && filepath.IsLocal(rel)
}

// Backfills is the configuration of the folder of back-fills.
func (c Config) Backfills() Config {
	c.Dir, c.BackfillDir = c.BackfillDir, ""
	return c
}

// Folder is a drop folder.
type Folder struct {
	c     Config
	queue *intake.Queue
	count intake.Counter
	log   zerolog.Logger
	now   func() time.Time

	moving sync.Mutex // moves are made one at a time, so that no name is taken twice
	ending sync.WaitGroup
	seen   map[string]sight // by path, of files that are not yet taken
	hidden []os.FileInfo    // of files under an unfinished name
	stuck  []stuck
}

// stuck is a claimed file that could not be read when it was its turn.
type stuck struct {
	path, source string
	at, again    time.Time
}

// sight is what a file looked like when it was last looked at.
type sight struct {
	size  int64
	mtime time.Time
	since time.Time
	again time.Time // not to be tried before
}

// New makes the source; Run starts it.
func New(c Config, q *intake.Queue, count intake.Counter, log zerolog.Logger) *Folder {
	return &Folder{c: c, queue: q, count: count, log: log.With().Str("origin", Origin).Logger(), now: q.Now, seen: map[string]sight{}}
}

// Run takes files in until ctx is done, and then waits until the queue is
// closed, since until then files under way may still be finished. It returns
// an error only if the folder can't be set up.
func (f *Folder) Run(ctx context.Context) error {
	for _, d := range []string{Work, Done, Failed} {
		if err := os.MkdirAll(filepath.Join(f.c.Dir, d), 0o755); err != nil {
			return fmt.Errorf("setting drop-dir: %w", err)
		}
	}
	lock := flock.New(filepath.Join(f.c.Dir, Work, lockFile))
	if ok, err := lock.TryLock(); err != nil {
		return fmt.Errorf("lock the drop folder: %w", err)
	} else if !ok {
		f.log.Warn().Str("dir", f.c.Dir).Msg("another process takes files from the drop folder; standing by")
		if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("lock the drop folder: %w", err)
		}
	}
	defer func() {
		<-f.queue.Stopped() // no verdict comes after it
		f.ending.Wait()
		if err := lock.Unlock(); err != nil {
			f.log.Warn().Err(err).Msg("can't unlock the drop folder")
		}
	}()

	changes, stop := f.watch()
	defer stop()
	if err := f.resume(ctx); err != nil {
		return ended(ctx, err)
	}
	for {
		wait, err := f.scan(ctx)
		if err == nil {
			err = f.retry(ctx)
		}
		if err != nil {
			return ended(ctx, err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-f.queue.Stopped():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-changes:
			timer.Stop()
		}
	}
}

// ended is nil for an error that only says that ctx or the queue has ended.
func ended(ctx context.Context, err error) error {
	if ctx.Err() == nil && !errors.Is(err, intake.ErrStopped) {
		return err
	}
	return nil
}

// hold keeps a claimed file that can't be taken in for another try.
func (f *Folder) hold(err error, path, source string, at time.Time) {
	f.problem(err, path, "can't take this claimed file in; it stays in work and is tried again")
	f.stuck = append(f.stuck, stuck{path, source, at, f.now().Add(stuckRetry)})
}

// retry takes those in whose time has come.
func (f *Folder) retry(ctx context.Context) error {
	waiting := f.stuck
	f.stuck = nil
	for i, s := range waiting {
		if f.now().Before(s.again) {
			f.stuck = append(f.stuck, s)
			continue
		}
		err := f.take(ctx, s.path, s.source, s.at)
		switch {
		case err == nil || errors.Is(err, fs.ErrNotExist):
		case ended(ctx, err) == nil:
			f.stuck = append(f.stuck, waiting[i:]...)
			return err
		default:
			f.hold(err, s.path, s.source, s.at)
		}
	}
	return nil
}

// watch tells of changes in the folder and its sub-folders, as far as the
// system does; the channel is never closed.
func (f *Folder) watch() (told <-chan struct{}, stop func()) {
	changes := make(chan struct{}, 1)
	w, err := fsnotify.NewWatcher()
	if err != nil {
		f.log.Warn().Err(err).Msg("the system tells of no changes; the drop folder is looked through from time to time")
		return changes, func() {}
	}
	add := func(dir string) {
		if err := w.Add(dir); err != nil {
			f.log.Warn().Err(err).Str("dir", dir).Msg("the folder is only looked through from time to time")
		}
	}
	add(f.c.Dir)
	for _, s := range f.sources() {
		add(filepath.Join(f.c.Dir, s))
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case e, ok := <-w.Events:
				if !ok {
					return
				}
				if e.Has(fsnotify.Create) && filepath.Dir(e.Name) == filepath.Clean(f.c.Dir) && !reserved(filepath.Base(e.Name)) {
					if i, err := os.Lstat(e.Name); err == nil && i.IsDir() {
						add(e.Name)
					}
				}
				select {
				case changes <- struct{}{}:
				default:
				}
			case err, ok := <-w.Errors:
				if !ok {
					return
				}
				f.log.Warn().Err(err).Msg("watching the drop folder")
			}
		}
	}()
	return changes, func() {
		_ = w.Close()
		<-done
	}
}

func reserved(name string) bool {
	return name == Work || name == Done || name == Failed || strings.HasPrefix(name, ".")
}

// sources lists the sub-folders that name a source.
func (f *Folder) sources() []string {
	entries, err := os.ReadDir(f.c.Dir)
	if err != nil {
		f.problem(err, f.c.Dir, "can't read the drop folder")
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !reserved(e.Name()) {
			if err := intake.CheckSource(e.Name()); err != nil {
				f.problem(err, e.Name(), "this folder's files are left alone")
				continue
			}
			names = append(names, e.Name())
		}
	}
	return names
}

func (f *Folder) problem(err error, path, msg string) {
	f.count.Error()
	f.log.Error().Err(err).Str("path", path).Msg(msg)
}

// scan takes in all files that are complete, and says when to look again. The
// error is that of the queue or of ctx.
func (f *Folder) scan(ctx context.Context) (wait time.Duration, err error) {
	wait = f.c.Scan
	seen, hidden := map[string]sight{}, []os.FileInfo(nil)
	take := func(dir, source string) error {
		entries, err := os.ReadDir(dir)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				f.problem(err, dir, "can't read the folder")
			}
			return nil
		}
		// Complete names after unfinished ones: who renames is recognised by it.
		for _, e := range entries {
			if !e.IsDir() && ignored(e.Name()) {
				if i, err := e.Info(); err == nil {
					hidden = append(hidden, i)
				}
			}
		}
		for _, e := range entries {
			if !e.Type().IsRegular() || ignored(e.Name()) {
				continue
			}
			path := filepath.Join(dir, e.Name())
			// However long asking takes on a busy machine: a file has stayed the
			// same from after the first answer to before the last question.
			now := f.now()
			i, err := e.Info()
			if err != nil {
				continue // gone again
			}
			s, ready := f.look(path, i, f.now())
			if left := ready.Sub(now); left > 0 {
				wait = min(wait, left)
				seen[path] = s
				continue
			}
			if err := f.claim(ctx, path, source); err != nil {
				if ctx.Err() != nil || errors.Is(err, intake.ErrStopped) {
					return err
				}
				if errors.Is(err, fs.ErrNotExist) {
					continue // its owner took it back
				}
				f.problem(err, path, "can't take this file; it stays where it is and is tried again")
				s.again = now.Add(stuckRetry)
				seen[path] = s
			}
		}
		return nil
	}
	if err := take(f.c.Dir, f.c.Source); err != nil {
		return 0, err
	}
	for _, s := range f.sources() {
		if err := take(filepath.Join(f.c.Dir, s), s); err != nil {
			return 0, err
		}
	}
	f.seen, f.hidden = seen, hidden
	f.count.Success()
	return wait, nil
}

// look compares a file with what it was when it was last looked at, and says
// when it counts as complete.
func (f *Folder) look(path string, i os.FileInfo, now time.Time) (s sight, ready time.Time) {
	s, known := f.seen[path]
	if !known || s.size != i.Size() || !s.mtime.Equal(i.ModTime()) {
		s = sight{size: i.Size(), mtime: i.ModTime(), since: now}
	}
	if f.c.Settle > 0 && !f.renamed(i) {
		ready = s.since.Add(f.c.Settle)
	}
	if s.again.After(ready) {
		ready = s.again
	}
	return s, ready
}

// renamed tells whether a file was seen under an unfinished name before: its
// writer says by the new name that it is complete.
func (f *Folder) renamed(i os.FileInfo) bool {
	for _, h := range f.hidden {
		if os.SameFile(h, i) && h.Size() == i.Size() {
			return true
		}
	}
	return false
}

func ignored(name string) bool {
	if strings.HasPrefix(name, ".") {
		return true
	}
	low := strings.ToLower(name)
	for _, u := range unfinished {
		if strings.HasSuffix(low, u) {
			return true
		}
	}
	return false
}

// claim moves a file into work/ and takes it in. A file that was claimed is
// never lost: it stays in work/ until it is in done/ or failed/.
func (f *Folder) claim(ctx context.Context, path, source string) error {
	f.moving.Lock()
	dir, at, err := claimDir(filepath.Join(f.c.Dir, Work, source), f.now().UTC())
	if err != nil {
		f.moving.Unlock()
		return err
	}
	to := filepath.Join(dir, filepath.Base(path))
	if err := os.Rename(path, to); err != nil {
		_ = os.Remove(dir)
		f.moving.Unlock()
		return err
	}
	f.moving.Unlock()
	if err := f.take(ctx, to, source, at); err != nil {
		if ended(ctx, err) == nil {
			return err
		}
		f.hold(err, to, source, at)
	}
	return nil
}

// claimDir makes a folder that no other claim has. at is moved on until it is
// one's own, since it comes back from the name.
func claimDir(parent string, at time.Time) (string, time.Time, error) {
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", at, err
	}
	for {
		dir := filepath.Join(parent, at.Format(claimLayout))
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			return dir, at, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", at, err
		}
		at = at.Add(time.Nanosecond)
	}
}

// resume takes in again what was claimed and not finished, oldest first.
func (f *Folder) resume(ctx context.Context) error {
	claims, err := f.claims()
	if err != nil {
		return err
	}
	for _, dir := range claims {
		at, err := time.Parse(claimLayout, filepath.Base(dir))
		if err != nil {
			f.problem(err, dir, "this is no claim; it is left alone")
			continue
		}
		source := filepath.Base(filepath.Dir(dir))
		entries, err := os.ReadDir(dir)
		if err != nil {
			f.problem(err, dir, "can't read the claim")
			continue
		}
		if len(entries) == 0 {
			_ = os.Remove(dir)
		}
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			f.log.Info().Str("path", path).Msg("claimed before the last end and not finished: taken in again")
			if err := f.take(ctx, path, source, at); err != nil {
				if ctx.Err() != nil || errors.Is(err, intake.ErrStopped) {
					return err
				}
				f.hold(err, path, source, at)
			}
		}
	}
	return nil
}

// claims lists the folders in work/, by source and time.
func (f *Folder) claims() ([]string, error) {
	work := filepath.Join(f.c.Dir, Work)
	sources, err := os.ReadDir(work)
	if err != nil {
		return nil, fmt.Errorf("drop folder: %w", err)
	}
	var dirs []string
	for _, s := range sources {
		if !s.IsDir() {
			continue
		}
		entries, err := os.ReadDir(filepath.Join(work, s.Name()))
		if err != nil {
			return nil, fmt.Errorf("drop folder: %w", err)
		}
		for _, e := range entries {
			dirs = append(dirs, filepath.Join(work, s.Name(), e.Name()))
		}
	}
	return dirs, nil
}

// take reads a claimed file and sends its parts. It waits while the stage is
// full. An error means that the file stays in work/.
func (f *Folder) take(ctx context.Context, path, source string, at time.Time) error {
	h := document.Hint{Source: source, Name: filepath.Base(path), ReceivedAt: at, Claimed: f.queue.Claims}
	data, err := read(path)
	var refused *document.Error
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	var fm format.Format
	var parts []format.Part
	if refused == nil {
		fm, parts, err = format.Split(data, h, "")
		if err != nil && !errors.As(err, &refused) {
			return err
		}
	}
	if refused != nil {
		parts = []format.Part{{Data: data, Err: refused}}
	}
	b := &batch{folder: f, path: path, source: source, at: at, left: len(parts)}
	if len(parts) == 0 { // a feed that has no items at the moment
		f.ending.Go(b.end)
		return nil
	}
	for _, p := range parts {
		in := intake.Input{Origin: Origin, Data: p.Data, Hint: h, Format: fm.Name, Refused: p.Err, Ack: b.ack(p.Label)}
		if len(in.Data) == 0 {
			in.Data = p.Item
		}
		if p.ID != "" {
			in.Key = []byte(source + " " + p.ID)
		}
		if err := f.queue.Send(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

// read reads a file up to the limit; it looks at the size first.
func read(path string) ([]byte, error) {
	i, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if i.Size() > document.MaxBytes {
		return nil, document.Refuse(document.TooLarge, "", "%d bytes, the limit is %d", i.Size(), document.MaxBytes)
	}
	return os.ReadFile(path)
}

// batch is a file whose parts are under way.
type batch struct {
	folder *Folder
	path   string
	source string
	at     time.Time

	mu      sync.Mutex
	left    int
	good    int
	refused []refusal
}

type refusal struct {
	part string
	err  error
}

func (b *batch) ack(part string) func(stage.Verdict) {
	return func(v stage.Verdict) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if v.Err != nil {
			b.refused = append(b.refused, refusal{part, v.Err})
			b.folder.count.Item(intake.Refused)
		} else {
			b.good++
			b.folder.count.Item(intake.OK)
		}
		if b.left--; b.left == 0 {
			b.folder.ending.Go(b.end)
		}
	}
}

// reason is what stands beside a refused file.
type reason struct {
	File     string    `json:"file"`
	Source   string    `json:"source"`
	At       time.Time `json:"at"`
	Accepted int       `json:"accepted"` // parts of the file that are safe
	Errors   []fault   `json:"errors"`
}

type fault struct {
	Part   string `json:"part,omitempty"`
	Reason string `json:"reason,omitempty"`
	Place  string `json:"place,omitempty"`
	Error  string `json:"error"`
}

// end moves a file to where it belongs. If that fails it stays in work/, and
// the next start repeats it.
func (b *batch) end() {
	f := b.folder
	f.moving.Lock()
	defer f.moving.Unlock()
	kind := Done
	if len(b.refused) > 0 {
		kind = Failed
	}
	dir := filepath.Join(f.c.Dir, kind, b.source)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		f.problem(err, b.path, "can't put the file away; it stays in work")
		return
	}
	to := free(dir, filepath.Base(b.path), b.at)
	if kind == Failed {
		// The reason first: a file in failed/ always has one.
		if err := b.writeReason(to + reasonSuffix); err != nil {
			f.problem(err, b.path, "can't write the reason; the file stays in work")
			return
		}
		f.log.Warn().Str("path", to).Err(b.refused[0].err).Int("refused", len(b.refused)).Int("accepted", b.good).Msg("file refused")
	}
	if err := os.Rename(b.path, to); err != nil {
		f.problem(err, b.path, "can't put the file away; it stays in work")
		return
	}
	_ = os.Remove(filepath.Dir(b.path)) // the claim, empty now
}

func (b *batch) writeReason(path string) error {
	r := reason{File: filepath.Base(b.path), Source: b.source, At: b.folder.now().UTC(), Accepted: b.good}
	for _, x := range b.refused {
		ft := fault{Part: x.part, Error: strings.ToValidUTF8(x.err.Error(), "\uFFFD")}
		if e, ok := errors.AsType[*document.Error](x.err); ok {
			ft.Reason, ft.Place = string(e.Reason), e.Place()
		}
		r.Errors = append(r.Errors, ft)
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

// free is a path in dir that nothing has: the name, or one with the claim's
// time in front of its ending.
func free(dir, name string, at time.Time) string {
	short := name
	if len(short) > maxName {
		ext := filepath.Ext(short)
		if len(ext) > 20 {
			ext = ""
		}
		short = strings.ToValidUTF8(short[:maxName-len(ext)], "") + ext
	}
	path := filepath.Join(dir, short)
	for taken(path) {
		ext := filepath.Ext(short)
		path = filepath.Join(dir, strings.TrimSuffix(short, ext)+"."+at.Format(claimLayout)+ext)
		at = at.Add(time.Nanosecond)
	}
	return path
}

func taken(path string) bool {
	for _, p := range []string{path, path + reasonSuffix} {
		if _, err := os.Lstat(p); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}
