package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/override"
	"github.com/copytaster/copytaster/services/enrich/override/desk"
)

// OverrideCmd is `copytaster override` with its subcommands.
type OverrideCmd struct {
	Set     OverrideSetCmd     `cmd:"" help:"Correct fields of an article."`
	Remove  OverrideRemoveCmd  `cmd:"" help:"Take corrections back."`
	List    OverrideListCmd    `cmd:"" help:"List the corrections of an article, or of all."`
	Reissue OverrideReissueCmd `cmd:"" help:"Send an article again, for its corrections to be seen."`
}

// Help is shown by "copytaster override --help".
func (OverrideCmd) Help() string {
	return "What an editor says of a field goes before all that is found out of it, in this revision and those to come, through\n" +
		"replays, generations and new indices, until it is removed. Fields: " + strings.Join(article.Correctable(), ",\n") + ".\n" +
		`
A value is the field's JSON in an article (copytaster override list shows some); words of the text need no places, and an
entity's or place's name none either, nor a topic its path. null or [] says that there is nothing. "passage" beside words, as
the list shows it, tells which of several alike are meant: leave it there. A place by its name alone, or name and country, or
name and geonames_id, is where the gazetteer has it; where several fit, the error names them.

A list is all that there is, in later texts too: the enrichers add nothing to it. What they surely find in a later text and
the editor didn't see is named by override list ("outdated"), and the article is flagged override_outdated: say the list
again, with or without it.

segments alone isn't the whole list: it says of passages, which are whole segments or lines, what kind each is, and all
others are as they are found. What is set takes the place of what was said of segments before.

  copytaster override set --who "M. Ito" URI language=de 'topics=[{"qcode":"medtop:20000070"}]'
  copytaster override set --who "M. Ito" --reason "the other Springfield" URI places=@places.json
  copytaster override set --who "M. Ito" URI 'segments=[{"text":"By Ana Ruiz","kind":"byline"}]'
  copytaster override list URI
  copytaster override remove --who "M. Ito" URI places`
}

// editing is what every command has that changes an override.
type editing struct {
	Change
	Output
	Progress
	Kafka  `embed:"" group:"servers"`
	Who    string `help:"Who says so, by name." aliases:"by" required:"" placeholder:"NAME"`
	Reason string `help:"Why; it is kept with the correction and in the audit." placeholder:"TEXT"`
}

// OverrideSetCmd is `copytaster override set`.
type OverrideSetCmd struct {
	editing `embed:""`
	URI     article.URI `arg:"" name:"uri" help:"The article."`
	Fields  []string    `arg:"" name:"field=value" help:"What it is: a field's JSON, @FILE with it, or, of language and agency, the word itself."`
}

// Run sets.
func (c *OverrideSetCmd) Run(ctx context.Context, t Terminal) error {
	change := override.Change{}
	for _, f := range c.Fields {
		said, err := saidIn(f)
		if err != nil {
			return misuse("%w", err)
		}
		change.Set = append(change.Set, said)
	}
	return c.change(ctx, t, c.URI, change)
}

// saidIn reads "field=value".
func saidIn(arg string) (override.Said, error) {
	field, value, ok := strings.Cut(arg, "=")
	if !ok {
		return override.Said{}, fmt.Errorf("%q is not as FIELD=VALUE", cutText(arg))
	}
	said := override.Said{Field: field, Value: []byte(value)}
	if name, is := strings.CutPrefix(value, "@"); is {
		b, err := os.ReadFile(name)
		if err != nil {
			return said, fmt.Errorf("%s: %w", field, err)
		}
		said.Value = b
	} else if (field == "language" || field == "agency") && !json.Valid(said.Value) {
		b, err := json.Marshal(value)
		if err != nil {
			return said, err
		}
		said.Value = b
	}
	return said, nil
}

// OverrideRemoveCmd is `copytaster override remove`.
type OverrideRemoveCmd struct {
	editing `embed:""`
	All     bool        `help:"All corrections of the article."`
	URI     article.URI `arg:"" name:"uri" help:"The article."`
	Fields  []string    `arg:"" optional:"" name:"field" help:"Whose correction is removed."`
}

// Help is shown by `copytaster override remove --help`.
func (OverrideRemoveCmd) Help() string {
	return `Takes corrections back, and sends the article again. Of a killed one the row alone is emptied, and nothing is sent: so
go the words that the corrections have of its text. --all also empties a row that can't be read.`
}

// Run removes.
func (c *OverrideRemoveCmd) Run(ctx context.Context, t Terminal) error {
	if c.All == (len(c.Fields) > 0) {
		return misuse("say which fields, or --all")
	}
	return c.change(ctx, t, c.URI, override.Change{Remove: c.Fields, All: c.All})
}

func printLine(t Terminal, l *desk.Line) {
	fmt.Fprintf(t.Out, "%s, %s\n", safe(string(l.URI)), count(int64(l.Number), "change"))
	for _, f := range l.Fields {
		fmt.Fprintf(t.Out, "  %s  %-11s  %s", f.At.Local().Format("2006-01-02 15:04:05"), safe(f.Field), safe(f.Who))
		if f.Reason != "" {
			fmt.Fprintf(t.Out, ": %s", safe(f.Reason))
		}
		fmt.Fprintln(t.Out)
		if len(f.Value) > 0 {
			fmt.Fprintf(t.Out, "    %s\n", cutText(string(f.Value)))
		}
		if f.Unplaced {
			fmt.Fprintln(t.Out, "    unplaced: not all of it is in the article as it is now")
		}
		if n := len(f.Unseen); n > 0 {
			fmt.Fprintf(t.Out, "    outdated: the text has changed since, %d found that it doesn't know: %s\n", n, cutText(safe(strings.Join(f.Unseen, "; "))))
		}
	}
	if l.Withheld {
		fmt.Fprintln(t.Out, "  the article may not be shown now, nor may what was corrected")
	}
	if l.Seen != nil && *l.Seen < l.Number {
		fmt.Fprintf(t.Out, "  the newest enriched revision has %s of them: it waits for enrich, or copytaster override reissue sends it again\n", count(int64(*l.Seen), "change"))
	}
}

// change asks, and carries a change out.
func (c *editing) change(ctx context.Context, t Terminal, uri article.URI, change override.Change) error {
	change.Who, change.Reason = strings.TrimSpace(c.Who), strings.TrimSpace(c.Reason)
	if err := errors.Join(uri.Validate(), change.Validate()); err != nil {
		return misuse("%w", err)
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	d := desk.New(b, c.watch(t))
	of, err := d.Find(ctx, uri)
	if err != nil {
		return err
	}
	l, err := d.Rehearse(ctx, of, change)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.agree(t, question(&l, change.Who)); err != nil {
			return err
		}
		var kept desk.Line
		if kept, err = d.CarryOut(ctx, of, change); kept.URI == "" {
			return err
		}
		l = kept
	}
	done := !c.DryRun && err == nil
	l.Done = &done
	if c.JSON {
		return errors.Join(err, line(t.Out, l))
	}
	printLine(t, &l)
	switch {
	case c.DryRun:
		fmt.Fprintln(t.Err, "nothing was changed")
	case l.Action == desk.Reissued && done:
		fmt.Fprintln(t.Err, "it said so before, and the newest revision had not got it: that was sent again")
	}
	return err
}

// question is what a change does, to be agreed to.
func question(l *desk.Line, who string) string {
	does := map[string]string{"set": "Corrects", "remove": "Takes corrections back of", desk.Reissued: "It is changed so already. Sends again"}[l.Action]
	asks := fmt.Sprintf("%s %s for everybody, as %s", does, l.URI, who)
	var before []string
	for _, c := range l.Replaced {
		before = append(before, fmt.Sprintf("%s by %s, %s", safe(c.Field), safe(c.Who), c.At.Local().Format("2006-01-02 15:04:05")))
	}
	if len(before) > 0 {
		asks += ", in place of " + strings.Join(before, "; ")
	}
	return asks
}

// OverrideListCmd is `copytaster override list`.
type OverrideListCmd struct {
	Output
	Progress
	Kafka `embed:"" group:"servers"`
	URI   article.URI `arg:"" optional:"" name:"uri" help:"The article; none: all that have corrections."`
}

// Run lists.
func (c *OverrideListCmd) Run(ctx context.Context, t Terminal) error {
	if c.URI != "" {
		if err := c.URI.Validate(); err != nil {
			return misuse("%w", err)
		}
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	d := desk.New(b, c.watch(t))
	lines, failed := d.List(ctx, c.URI)
	for _, l := range lines {
		if c.JSON {
			if err := line(t.Out, l); err != nil {
				return err
			}
			continue
		}
		printLine(t, &l)
	}
	if failed == nil && c.URI != "" && len(lines) == 0 {
		return fmt.Errorf("nothing of %s was ever corrected", c.URI)
	}
	return failed
}

// OverrideReissueCmd is `copytaster override reissue`.
type OverrideReissueCmd struct {
	Output
	Progress
	DryRun bool `help:"Only tell what would be done." short:"n"`
	Kafka  `embed:"" group:"servers"`
	URI    article.URI `arg:"" name:"uri" help:"The article."`
}

// Help is shown by `copytaster override reissue --help`.
func (OverrideReissueCmd) Help() string {
	return `Sends the newest revision again, as set and remove do: for a set or remove that was cut off in between, or whose message
is a dead letter. Once too often changes nothing.`
}

// Run sends again.
func (c *OverrideReissueCmd) Run(ctx context.Context, t Terminal) error {
	if err := c.URI.Validate(); err != nil {
		return misuse("%w", err)
	}
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	d := desk.New(b, c.watch(t))
	l, err := d.Reissue(ctx, c.URI, c.DryRun)
	if err != nil {
		return err
	}
	done := !c.DryRun
	l.Done = &done
	if c.JSON {
		return line(t.Out, l)
	}
	printLine(t, &l)
	if c.DryRun {
		fmt.Fprintln(t.Err, "nothing was sent")
	}
	return nil
}
