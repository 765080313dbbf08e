package operate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
)

// KeysAddCmd is `copytaster keys add`.
type KeysAddCmd struct {
	Output `embed:""`
	Who    `embed:""`
	Kafka  `embed:"" group:"servers"`
	DryRun bool `help:"Only tell what would be done." short:"n"`

	Name      string         `arg:"" help:"Whose it is: a team, a person, a program."`
	Scope     []access.Scope `help:"What may be asked for: read (articles), write (what editors keep and correct), operate (what operators do), embargo (articles before their embargo is over)." default:"read" enum:"read,write,operate,embargo" placeholder:"SCOPE,..."`
	Agency    []string       `help:"Only articles of these agencies, by their names in search; those without one are not among them." sep:"none" placeholder:"NAME"`
	NotAgency []string       `help:"No articles of these agencies." sep:"none" placeholder:"NAME"`
	Source    []string       `help:"Only articles of these sources." sep:"none" placeholder:"NAME"`
	NotSource []string       `help:"No articles of these sources." sep:"none" placeholder:"NAME"`
	Rate      int            `help:"Requests per minute (default: as the search service has it)." placeholder:"N"`
	Expires   until          `help:"Until when it is good: 90d, 2027-04-20, never." default:"never" placeholder:"WHEN"`
	Out       string         `help:"File to write the key to, instead of printing it; it must not be there." type:"path" placeholder:"FILE"`
}

// Help is shown by `copytaster keys add --help`.
func (KeysAddCmd) Help() string {
	return `Makes an API key of the search service, and prints it once: only its hash is kept. Clients send it as
"Authorization: Bearer KEY" or "X-API-Key: KEY"; people log in with it on the page. A running search service with
search-keys knows of it within a moment. An agency is known by what was found in the text: a list of those allowed is
safe where a contract asks for it, a list of those denied lets through what no agency was found of.

  copytaster keys add "Sports desk" --scope read,write --expires 365d
  copytaster keys add "Museum of news" --agency dpa --agency AFP --rate 60 --out museum.key`
}

// Run makes a key.
func (c *KeysAddCmd) Run(ctx context.Context, t Terminal) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	k, err := c.key(time.Now().UTC())
	if err != nil {
		return err
	}
	if c.DryRun {
		keys, err := c.seeAccessKeys(ctx, t)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, keys.close()) }()
		k.ID = ""
		return c.tell(t, k, "", false)
	}
	out, err := newSecretFile(c.Out)
	if err != nil {
		return err
	}
	keys, err := c.openAccessKeys(ctx, t)
	if err != nil {
		return errors.Join(err, out.drop())
	}
	defer func() { err = errors.Join(err, keys.close()) }()
	if all, _ := keys.all(); len(all) >= access.MaxKeys {
		return errors.Join(fmt.Errorf("there are %d keys, the limit is %d", len(all), access.MaxKeys), out.drop())
	}
	text, err := k.Issue(k.CreatedAt, k.CreatedAt)
	if err != nil {
		return errors.Join(err, out.drop())
	}
	// Written first: a key that nobody has is no harm, one that is lost is made anew.
	if err := out.write(text); err != nil {
		return errors.Join(err, out.drop())
	}
	err = keys.put(ctx, k, access.Change{
		At: k.CreatedAt, Action: access.Added, By: c.name(), Why: c.Why, Scopes: k.Scopes, Grant: k.Grant, Rate: k.Rate, ExpiresAt: k.ExpiresAt,
	})
	if err != nil {
		return errors.Join(err, out.drop())
	}
	return c.tell(t, k, text, true)
}

func (c *KeysAddCmd) key(now time.Time) (*access.Key, error) {
	k := &access.Key{
		ID: access.NewID(), Name: strings.TrimSpace(c.Name), Scopes: c.Scope, Rate: c.Rate, CreatedAt: now.Truncate(time.Second), CreatedBy: c.name(),
		Grant: access.Grant{Agencies: c.Agency, AgenciesDenied: c.NotAgency, Sources: c.Source, SourcesDenied: c.NotSource},
	}
	var err error
	if k.ExpiresAt, err = c.Expires.from(now); err != nil {
		return nil, misuse("--expires: %w", err)
	}
	if err := k.Validate(); err != nil {
		return nil, misuse("%w", err)
	}
	return k, nil
}

func (c *KeysAddCmd) tell(t Terminal, k *access.Key, text string, done bool) error {
	l := lineOf(k, time.Now())
	l.Action, l.Done, l.File = access.Added, &done, c.Out
	if c.Out == "" {
		l.Key = text
	}
	if c.JSON {
		return line(t.Out, l)
	}
	if !done {
		fmt.Fprintf(t.Out, "would make a key for %s, %s\n", safe(k.Name), describe(k))
		return nil
	}
	fmt.Fprintf(t.Err, "key %s for %s, %s\n", k.ID, safe(k.Name), describe(k))
	return tellSecret(t, text, c.Out)
}

// tellSecret prints a key alone on standard output.
func tellSecret(t Terminal, text, file string) error {
	if file != "" {
		fmt.Fprintf(t.Out, "%s has it; it can't be shown again\n", file)
		return nil
	}
	fmt.Fprintln(t.Err, "It can't be shown again:")
	fmt.Fprintln(t.Out, text)
	return nil
}

// describe says what a key opens, in words.
func describe(k *access.Key) string {
	scopes := make([]string, len(k.Scopes))
	for i, s := range k.Scopes {
		scopes[i] = string(s)
	}
	parts := []string{strings.Join(scopes, "+")}
	for _, l := range []struct {
		called string
		names  []string
	}{{"agencies", k.Grant.Agencies}, {"no agencies", k.Grant.AgenciesDenied}, {"sources", k.Grant.Sources}, {"no sources", k.Grant.SourcesDenied}} {
		if len(l.names) > 0 {
			parts = append(parts, l.called+" "+safe(strings.Join(l.names, ", ")))
		}
	}
	if k.Rate > 0 {
		parts = append(parts, fmt.Sprintf("%d requests per minute", k.Rate))
	}
	return strings.Join(append(parts, "expires "+expires(k.ExpiresAt)), "; ")
}

// secretFile is a new file for a secret, which only this user may read; nil: there is none.
type secretFile struct{ f *os.File }

func newSecretFile(path string) (*secretFile, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // without a path there is no file
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &secretFile{f}, nil
}

func (s *secretFile) write(text string) error {
	if s == nil {
		return nil
	}
	_, err := s.f.WriteString(text + "\n")
	return errors.Join(err, s.f.Sync(), s.f.Close())
}

// drop removes it again.
func (s *secretFile) drop() error {
	if s == nil {
		return nil
	}
	_ = s.f.Close() // it may be already
	return os.Remove(s.f.Name())
}

// KeysListCmd is `copytaster keys list`.
type KeysListCmd struct {
	Output
	Kafka `embed:"" group:"servers"`
	All   bool `help:"Also those that were revoked or have expired."`
}

// Run lists.
func (c *KeysListCmd) Run(ctx context.Context, t Terminal) (err error) {
	keys, err := c.seeAccessKeys(ctx, t)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.close()) }()
	all, unread := keys.all()
	now := time.Now()
	s := columns("id", "state", "created", "by", "name", "what")
	shown := 0
	for _, k := range all {
		if !c.All && k.State(now) != "good" {
			continue
		}
		shown++
		if c.JSON {
			if err := line(t.Out, lineOf(k, now)); err != nil {
				return err
			}
			continue
		}
		s.row(k.ID, k.State(now), day(k.CreatedAt), k.CreatedBy, k.Name, describe(k))
	}
	switch {
	case c.JSON:
	case shown > 0:
		s.print(t.Out)
	default:
		fmt.Fprintln(t.Out, "there are no keys that open anything")
	}
	return unread
}

// KeysShowCmd is `copytaster keys show`.
type KeysShowCmd struct {
	Output
	Kafka `embed:"" group:"servers"`
	ID    string `arg:"" name:"id" help:"The key's id: it stands in the key itself, behind ctk_."`
}

// Run shows one.
func (c *KeysShowCmd) Run(ctx context.Context, t Terminal) (err error) {
	if err := access.CheckID(c.ID); err != nil {
		return misuse("%w", err)
	}
	keys, err := c.seeAccessKeys(ctx, t)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.close()) }()
	k, err := keys.byID(c.ID)
	if err != nil {
		return err
	}
	changes, err := keys.changes(ctx, c.ID)
	if err != nil {
		return err
	}
	now := time.Now()
	l := lineOf(k, now)
	if l.Changes = changes; c.JSON {
		return line(t.Out, l)
	}
	fmt.Fprintf(t.Out, "%s  %s  %s\n%s\n", k.ID, l.State, safe(k.Name), describe(k))
	for _, h := range k.Hashes {
		fmt.Fprintf(t.Out, "secret made %s, good until %s\n", expires(h.MadeAt), cmp.Or(map[bool]string{true: "the key expires or is revoked"}[h.ExpiresAt.IsZero()], expires(h.ExpiresAt)))
	}
	for _, e := range changes {
		fmt.Fprintf(t.Out, "%s  %-6s  %s", e.At.Local().Format("2006-01-02 15:04:05"), e.Action, safe(e.By))
		if e.Why != "" {
			fmt.Fprintf(t.Out, ": %s", safe(e.Why))
		}
		fmt.Fprintln(t.Out)
	}
	return nil
}

// KeysRotateCmd is `copytaster keys rotate`.
type KeysRotateCmd struct {
	Output `embed:""`
	Who    `embed:""`
	Change `embed:""`
	Kafka  `embed:"" group:"servers"`

	ID      string        `arg:"" name:"id" help:"The key's id."`
	Overlap time.Duration `help:"How long the secret before is still good; 0: not a moment." default:"24h" placeholder:"DURATION"`
	Out     string        `help:"File to write the key to, instead of printing it; it must not be there." type:"path" placeholder:"FILE"`
}

// Help is shown by `copytaster keys rotate --help`.
func (KeysRotateCmd) Help() string {
	return `Gives a key a new secret. Its id, and what it may do and see, stay; the secret before is good for --overlap, so that
who uses it has time to change. With --overlap 0 it and all sessions by it end at once, as after a theft.

  copytaster keys rotate abcdefgh --out desk.key
  copytaster keys rotate abcdefgh --overlap 0s --why "it was in a mail"`
}

// maxOverlap is how long two secrets of a key may be good.
const maxOverlap = 90 * 24 * time.Hour

// Run rotates.
func (c *KeysRotateCmd) Run(ctx context.Context, t Terminal) (err error) {
	if err := errors.Join(access.CheckID(c.ID), c.check()); err != nil {
		return misuse("%w", err)
	}
	if c.Overlap < 0 || c.Overlap > maxOverlap {
		return misuse("--overlap is %v, allowed are 0 to %v", c.Overlap, maxOverlap)
	}
	open := c.openAccessKeys
	if c.DryRun {
		open = c.seeAccessKeys
	}
	keys, err := open(ctx, t)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.close()) }()
	k, err := keys.byID(c.ID)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	if s := k.State(now); s != "good" {
		return fmt.Errorf("key %s is %s: make a new one", k.ID, s)
	}
	old := now.Add(c.Overlap).Truncate(time.Second)
	text, err := k.Issue(now.Truncate(time.Second), old)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.tell(t, k, "", old, false)
	}
	if c.Overlap == 0 {
		if err := c.confirm(t, fmt.Sprintf("The secret of key %s (%s) opens nothing from now on, and its sessions end", k.ID, safe(k.Name))); err != nil {
			return err
		}
	}
	out, err := newSecretFile(c.Out)
	if err != nil {
		return err
	}
	if err := out.write(text); err != nil {
		return errors.Join(err, out.drop())
	}
	if err := keys.put(ctx, k, access.Change{At: now, Action: access.Rotated, By: c.name(), Why: c.Why, OldUntil: old}); err != nil {
		return err // the file stays: it may be good
	}
	return c.tell(t, k, text, old, true)
}

func (c *KeysRotateCmd) tell(t Terminal, k *access.Key, text string, old time.Time, done bool) error {
	if c.JSON {
		l := lineOf(k, time.Now())
		l.Action, l.Done, l.File = access.Rotated, &done, c.Out
		if c.Out == "" {
			l.Key = text
		}
		return line(t.Out, l)
	}
	if !done {
		fmt.Fprintf(t.Out, "key %s (%s) would get a new secret; the one before would be good until %s\n", k.ID, safe(k.Name), expires(old))
		return nil
	}
	fmt.Fprintf(t.Err, "key %s (%s) has a new secret; the one before is good until %s\n", k.ID, safe(k.Name), expires(old))
	return tellSecret(t, text, c.Out)
}

// KeysRevokeCmd is `copytaster keys revoke`.
type KeysRevokeCmd struct {
	Output `embed:""`
	Who    `embed:""`
	Change `embed:""`
	Kafka  `embed:"" group:"servers"`

	ID []string `arg:"" name:"id" help:"The keys' ids."`
}

// Help is shown by `copytaster keys revoke --help`.
func (KeysRevokeCmd) Help() string {
	return `From then on the key opens nothing, and the sessions of who logged in with it are over, within a moment. It stays in the
list, and can't be brought back.

  copytaster keys revoke abcdefgh --why "the contract is over"`
}

// Run revokes.
func (c *KeysRevokeCmd) Run(ctx context.Context, t Terminal) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	for _, id := range c.ID {
		if err := access.CheckID(id); err != nil {
			return misuse("%w", err)
		}
	}
	open := c.openAccessKeys
	if c.DryRun {
		open = c.seeAccessKeys
	}
	keys, err := open(ctx, t)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.close()) }()
	var chosen []*access.Key
	var names []string
	for _, id := range c.ID {
		k, err := keys.byID(id)
		if err != nil {
			return err
		}
		chosen, names = append(chosen, k), append(names, fmt.Sprintf("%s (%s)", k.ID, safe(k.Name)))
	}
	if !c.DryRun {
		if err := c.confirm(t, strings.Join(names, ", ")+": opens nothing from now on, and its sessions end"); err != nil {
			return err
		}
	}
	for _, k := range chosen {
		if err := c.revoke(ctx, t, keys, k); err != nil {
			return err
		}
	}
	return nil
}

func (c *KeysRevokeCmd) revoke(ctx context.Context, t Terminal, keys *accessKeys, k *access.Key) error {
	now := time.Now().UTC().Truncate(time.Second)
	again := !k.RevokedAt.IsZero()
	if !again {
		k.RevokedAt, k.RevokedBy = now, c.name()
	}
	if !again && !c.DryRun {
		if err := keys.put(ctx, k, access.Change{At: now, Action: access.Revoked, By: c.name(), Why: c.Why}); err != nil {
			return err
		}
	}
	done := !again && !c.DryRun
	switch {
	case c.JSON:
		l := lineOf(k, now)
		l.Action, l.Done = access.Revoked, &done
		return line(t.Out, l)
	case again:
		fmt.Fprintf(t.Out, "key %s (%s) was revoked before, %s\n", k.ID, safe(k.Name), expires(k.RevokedAt))
	case c.DryRun:
		fmt.Fprintf(t.Out, "key %s (%s) would be revoked\n", k.ID, safe(k.Name))
	default:
		fmt.Fprintf(t.Out, "key %s (%s) is revoked\n", k.ID, safe(k.Name))
	}
	return nil
}
