package copytaster

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/enrich/enricher"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
	"github.com/copytaster/copytaster/services/search/export"
	"github.com/copytaster/copytaster/services/search/export/story"
)

// ReadCmd is `copytaster read`.
type ReadCmd struct {
	Files       []string `arg:"" optional:"" help:"Files to read; none, or -, is standard input." type:"path"`
	PublishedAt rfc3339  `help:"When it was published (RFC 3339), for input that doesn't say." placeholder:"TIME"`
	Source      string   `help:"Name of the intake." default:"read"`
	Provider    string   `help:"Namespace of the publisher's ids (default: the source)."`
	URL         string   `help:"Where the input is found."`
	Format      string   `help:"Decode as this format instead of recognising it: ${formats}." placeholder:"NAME"`
	Pretty      bool     `help:"Print for people, not as JSON." short:"p"`
	As          string   `help:"Print each article as a document of this format: ${exports}." placeholder:"NAME"`
}

// Validate is asked by kong.
func (c *ReadCmd) Validate() error {
	switch _, ok := export.Find(c.As); {
	case c.As == "":
		return nil
	case c.Pretty:
		return errors.New("--pretty and --as can't both be")
	case !ok:
		return fmt.Errorf("--as=%s: there is no such format; there are %s", c.As, exportNames())
	}
	return nil
}

// Help is shown by `copytaster read --help`.
func (ReadCmd) Help() string {
	return `Prints one line of JSON for each article, by the schema in pkg/article/schema.json. A file that can't be
read is named on standard error with the reason; the others are read all the same, and the exit code is 1.

  copytaster read --source site-3 --published-at 2024-04-20T06:00:00Z report.txt
  curl -s https://example.org/feed.xml | copytaster read --pretty
  copytaster read --as ninjs report.xml`
}

// rfc3339 is a flag's point in time.
type rfc3339 struct{ time.Time }

func (t *rfc3339) UnmarshalText(b []byte) error {
	v, err := time.Parse(time.RFC3339, string(b))
	if err != nil {
		return fmt.Errorf("%q is not a time like 2024-04-20T06:00:00Z", b)
	}
	t.Time = v
	return nil
}

// defaultWidth is how wide text is set where the terminal doesn't say.
const defaultWidth = 100

// Run reads the files.
func (c *ReadCmd) Run(ctx context.Context, t Terminal) error {
	chain, err := enrich.NewChain(nil)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(t.Out)
	show := func(a *article.Article) error {
		b, err := json.Marshal(a)
		if err != nil {
			return err
		}
		if a.Replaced > 0 {
			b = fmt.Appendf(b[:len(b)-1], `,"replaced":%d}`, a.Replaced)
		}
		_, err = out.Write(append(b, '\n'))
		return err
	}
	if c.Pretty {
		p := printer{w: out, width: defaultWidth}
		if f, ok := t.Out.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
			p.color = os.Getenv("NO_COLOR") == ""
			if w, _, err := term.GetSize(int(f.Fd())); err == nil {
				p.width = w
			}
		}
		show = func(a *article.Article) error { p.article(a); return nil }
	}
	if f, ok := export.Find(c.As); ok {
		show = func(a *article.Article) error {
			b, err := f.Encode(a, story.List{Title: string(a.URI), Now: time.Now()})
			if err != nil {
				return fmt.Errorf("article %s: %w", a.URI, err)
			}
			_, err = out.Write(b)
			return err
		}
	}
	files := c.Files
	if len(files) == 0 {
		files = []string{"-"}
	}
	var errs []error
	for _, name := range files {
		if err := c.read(ctx, t, chain, name, show); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			errs = append(errs, err)
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

func (c *ReadCmd) read(ctx context.Context, t Terminal, chain *enricher.Chain, name string, show func(*article.Article) error) error {
	label := name
	in := t.In
	if filepath.Base(name) == "-" {
		label = "standard input"
	} else {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, document.MaxBytes+1))
	if err != nil {
		return fmt.Errorf("%s: %w", label, err)
	}
	hint := format.Hint{
		Source: c.Source, Provider: c.Provider, URL: c.URL, PublishedAt: c.PublishedAt.Time, ReceivedAt: time.Now().UTC(),
	}
	if label == name {
		hint.Name = filepath.Base(name)
	}
	// Some parts of a feed may be broken: those that aren't are shown.
	as, err := format.Decode(ctx, data, hint, c.Format)
	errs := []error{prefix(label, err)}
	for i := range as {
		if err := chain.Enrich(ctx, &as[i]); err != nil {
			errs = append(errs, prefix(label, err))
			continue
		}
		if err := show(&as[i]); err != nil {
			errs = append(errs, prefix(label, err))
		}
	}
	return errors.Join(errs...)
}

func prefix(label string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", label, err)
}

// exportNames is for the help text.
func exportNames() string { return strings.Join(export.Names(), ", ") }

// formatNames is for the help text.
func formatNames() string { return strings.Join(format.Names(), ", ") }
