package operate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Originals is where a command finds the archive: the services' settings, by
// the same names.
type Originals struct {
	Archive archive.Config `embed:"" prefix:"archive-"`
}

// open opens the archive, nil if no setting names one.
func (o *Originals) open() (*archive.Archive, func() error, error) {
	if err := o.Archive.Validate(); err != nil {
		return nil, nil, &ExitError{boot.ExitUsage, err}
	}
	return o.Archive.Open(nil)
}

// must is open where there has to be one.
func (o *Originals) must() (*archive.Archive, func() error, error) {
	a, closeIt, err := o.open()
	if err == nil && a == nil {
		err = misuse("no archive is named: set archive-dir (COPYTASTER_ARCHIVE_DIR) or archive-s3-endpoint, as for ingest")
	}
	return a, closeIt, err
}

// ArchiveCmd is `copytaster archive` with its subcommands.
type ArchiveCmd struct {
	Get   ArchiveGetCmd   `cmd:"" help:"Write the original of an article, whatever its status is."`
	Purge ArchivePurgeCmd `cmd:"" help:"Remove the originals of articles from the archive."`
}

// Help is shown by `copytaster archive --help`.
func (ArchiveCmd) Help() string {
	return `Readers get the originals of articles that they may see, through the API. Operators get all of them here, and can
remove those of killed articles for good. articles.received has them, too, for its 30 days.

  copytaster archive get URI --out report.xml
  copytaster archive purge --killed --dry-run`
}

// ArchiveGetCmd is `copytaster archive get`.
type ArchiveGetCmd struct {
	Output
	Progress
	Revision  article.Revision `help:"Of this revision (default: the newest in the log)." placeholder:"NUMBER"`
	Out       string           `help:"File to write it to; standard output if none is named and that is no terminal." placeholder:"FILE"`
	Kafka     `embed:"" group:"servers"`
	Originals `embed:"" group:"servers"`
	URI       article.URI `arg:"" help:"The article."`
}

// Help is shown by `copytaster archive get --help`.
func (ArchiveGetCmd) Help() string {
	return `The log says which original it is, from the archive or the log come its bytes, as they arrived. Nobody is asked whether
the article is withheld, under embargo or killed.

  copytaster archive get URI --out original.xml
  copytaster archive get URI --revision 14641338839048192 --out original.xml`
}

// Run writes the original.
func (c *ArchiveGetCmd) Run(ctx context.Context, t Terminal) (err error) {
	if err := c.URI.Validate(); err != nil {
		return misuse("%w", err)
	}
	switch {
	case c.Out == "" && c.JSON:
		return misuse("say --out FILE with --json: without it standard output gets the original")
	case c.Out == "" && isTerminal(t.Out):
		return misuse("say --out FILE: what a stranger wrote is not for a terminal")
	}
	keep, closeIt, err := c.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeIt()) }()
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	a, err := c.newest(ctx, t, b)
	if err != nil {
		return err
	}
	data, err := keep.Original(ctx, a)
	switch {
	case errors.Is(err, archive.ErrNotFound) && keep == nil:
		return fmt.Errorf("the log has the bytes of %s no longer, and no archive is named (archive-dir, archive-s3-endpoint)", a.URI)
	case err != nil:
		return fmt.Errorf("original of %s, revision %s: %w", a.URI, a.Revision, err)
	}
	if c.Out == "" {
		_, err = t.Out.Write(data)
		return err
	}
	if err := os.WriteFile(c.Out, data, originalMode); err != nil {
		return err
	}
	if c.JSON {
		return line(t.Out, originalLine{a.URI, a.Revision, a.Status, a.Original.MediaType, len(data), c.Out})
	}
	fmt.Fprintf(t.Err, "%s: %s, revision %s, %s, %s\n", safe(string(a.URI)), a.Status, a.Revision, safe(a.Original.MediaType), count(len(data), "byte"))
	return nil
}

// originalLine is `archive get --json`.
type originalLine struct {
	URI       article.URI      `json:"uri"`
	Revision  article.Revision `json:"revision"`
	Status    article.Status   `json:"status"`
	MediaType string           `json:"media_type,omitempty"`
	Bytes     int              `json:"bytes"`
	File      string           `json:"file"`
}

// originalMode is of files that may hold copy under embargo.
const originalMode = 0o600

// newest is the article's newest revision in the log, or the one asked for; if
// there is one with its bytes, that one.
func (c *ArchiveGetCmd) newest(ctx context.Context, t Terminal, b *bus.Bus) (*article.Article, error) {
	names, _, err := b.There(ctx, []string{topic.Received, topic.ReceivedBulk, topic.Enriched, topic.EnrichedBulk})
	if err != nil {
		return nil, err
	}
	var best *article.Article
	for _, name := range names {
		ss, err := b.Whole(ctx, name, keyOf(c.URI))
		if err != nil {
			return nil, err
		}
		progress := c.bar(t, "looking in "+name, bus.LenOf(ss))
		err = b.Scan(ctx, ss, progress.add, func(m stage.Message) error {
			if string(m.Key) != string(c.URI) {
				return nil
			}
			a, err := event.Decode(m)
			if err != nil || c.Revision != 0 && a.Revision.Source() != c.Revision.Source() {
				return nil //nolint:nilerr // a dead letter of whoever read it
			}
			if best == nil || a.Revision.Source() > best.Revision.Source() ||
				a.Revision.Source() == best.Revision.Source() && len(best.Original.Bytes) == 0 && len(a.Original.Bytes) > 0 {
				best = &a
			}
			return nil
		})
		progress.close()
		if err != nil {
			return nil, err
		}
	}
	if best == nil {
		return nil, fmt.Errorf("no such article or revision is in the log: %s", c.URI)
	}
	return best, nil
}

// ArchivePurgeCmd is `copytaster archive purge`.
type ArchivePurgeCmd struct {
	Output
	Progress
	Change
	Killed    bool `help:"Of all articles that are canceled in the index."`
	Servers   `embed:"" group:"servers"`
	Originals `embed:"" group:"servers"`
	URI       []article.URI `arg:"" optional:"" help:"The articles."`
}

// Help is shown by `copytaster archive purge --help`.
func (ArchivePurgeCmd) Help() string {
	return `After a kill the originals can't be reached through the API; in the archive they stay for the record. This removes them,
all revisions. What is named by its URI is removed whatever its status is. In articles.received they end with the topic's
30 days.

  copytaster archive purge --killed --dry-run
  copytaster archive purge --killed --yes
  copytaster archive purge URI`
}

// purgedLine is a purged article in JSON.
type purgedLine struct {
	Action    string      `json:"action"` // purge
	URI       article.URI `json:"uri"`
	Originals int         `json:"originals"`
	Done      bool        `json:"done"`
}

// Run removes originals.
func (c *ArchivePurgeCmd) Run(ctx context.Context, t Terminal) (err error) {
	if c.Killed == (len(c.URI) > 0) {
		return misuse("say --killed, or which articles")
	}
	keep, closeIt, err := c.must()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeIt()) }()
	uris := c.URI
	if c.Killed {
		es, names, err := c.elastic(ctx)
		if err != nil {
			return err
		}
		defer es.Close()
		if uris, err = killed(ctx, es, names); err != nil {
			return err
		}
	}
	if len(uris) > 0 && !c.DryRun {
		if err := c.confirm(t, fmt.Sprintf("Removes the originals of %s from the archive", count(len(uris), "article"))); err != nil {
			return err
		}
	}
	originals, err := c.purge(ctx, t, keep, uris)
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
	case c.DryRun:
		fmt.Fprintf(t.Out, "the originals of %s would be removed\n", count(len(uris), "article"))
	default:
		fmt.Fprintf(t.Out, "%s of %s removed\n", count(originals, "original"), count(len(uris), "article"))
	}
	return nil
}

// purge removes the originals of the articles, and says how many there were.
func (c *ArchivePurgeCmd) purge(ctx context.Context, t Terminal, keep *archive.Archive, uris []article.URI) (originals int, err error) {
	progress := &bar{}
	if !c.DryRun {
		progress = c.barOf(t, "removing originals", "articles", int64(len(uris)))
	}
	defer progress.close()
	for _, u := range uris {
		l := purgedLine{Action: "purge", URI: u, Done: !c.DryRun}
		if !c.DryRun {
			if l.Originals, err = keep.Purge(ctx, u); err != nil {
				return originals, err
			}
			originals += l.Originals
		}
		progress.add(1)
		if c.JSON {
			if err := line(t.Out, l); err != nil {
				return originals, err
			}
		}
	}
	return originals, nil
}

// killedPage is how many articles are asked for at once.
const killedPage = 1000

// killed lists the articles whose head is canceled, by their URIs.
func killed(ctx context.Context, es *elastic.Client, n corpus.Namespace) (uris []article.URI, err error) {
	type clause = map[string]any
	after := ""
	for {
		q := clause{
			"size": killedPage, "_source": []string{"uri"}, "track_total_hits": false, "sort": []any{clause{"uri": "asc"}},
			"query": clause{"term": clause{"status": article.Canceled}},
		}
		if after != "" {
			q["search_after"] = []string{after}
		}
		body, err := json.Marshal(q)
		if err != nil {
			return nil, err
		}
		var reply struct {
			Hits struct {
				Hits []struct {
					Source struct {
						URI article.URI `json:"uri"`
					} `json:"_source"`
				} `json:"hits"`
			} `json:"hits"`
			TimedOut bool `json:"timed_out"`
		}
		partial := false
		if err := elastic.Ask(ctx, es, "find killed articles", esapi.SearchRequest{Index: []string{n.Articles()}, Body: bytes.NewReader(body), AllowPartialSearchResults: &partial}, &reply); err != nil {
			return nil, err
		}
		if reply.TimedOut {
			return nil, errors.New("find killed articles: Elasticsearch answered for a part of them only")
		}
		for _, h := range reply.Hits.Hits {
			uris = append(uris, h.Source.URI)
		}
		if len(reply.Hits.Hits) < killedPage {
			return uris, nil
		}
		after = string(uris[len(uris)-1])
	}
}
