package operate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/secret"
)

// KeysCmd is `copytaster keys`.
type KeysCmd struct {
	Add    KeysAddCmd    `cmd:"" help:"Make an API key of the search service."`
	List   KeysListCmd   `cmd:"" help:"List the search service's API keys."`
	Show   KeysShowCmd   `cmd:"" help:"Show an API key of the search service, and what was done with it."`
	Rotate KeysRotateCmd `cmd:"" help:"Give an API key of the search service a new secret."`
	Revoke KeysRevokeCmd `cmd:"" help:"Make API keys of the search service useless."`

	Elasticsearch struct {
		Create     KeysCreateCmd     `cmd:"" default:"withargs" help:"Make a key for each role (the default)."`
		List       ElasticKeysCmd    `cmd:"" help:"List the keys that were made here."`
		Invalidate KeysInvalidateCmd `cmd:"" help:"Make keys useless, by their ids."`
	} `cmd:"" help:"API keys of Elasticsearch."`
}

// admin is an administrator of Elasticsearch. It can't be a key: Elasticsearch
// gives no rights to a key that a key makes.
type admin struct {
	Config            string         `help:"File of settings, one NAME=value per line; the environment wins over it." type:"path" placeholder:"FILE" group:"servers"`
	Namespace         string         `help:"Prefix of the names of all indices." group:"servers"`
	Elasticsearch     elastic.Config `embed:"" prefix:"elasticsearch-" group:"servers"`
	Admin             string         `help:"Elasticsearch's user who makes keys." default:"elastic"`
	AdminPasswordFile string         `help:"File with that user's password." required:"" placeholder:"FILE"`
}

// connect gives a connection as the administrator. Close it.
func (a *admin) connect() (*elastic.Client, corpus.Namespace, error) {
	n := corpus.Namespace(a.Namespace)
	c := a.Elasticsearch
	c.APIKey, c.APIKeyFile = "", ""
	if err := errors.Join(c.Validate(), n.Validate(), c.Hidden("the administrator's password")); err != nil {
		return nil, n, &ExitError{boot.ExitUsage, err}
	}
	password, err := secret.Source{File: a.AdminPasswordFile}.Get()
	if err != nil {
		return nil, n, misuse("--admin-password-file: %w", err)
	}
	c.URL = slices.Clone(c.URL)
	for i, s := range c.URL {
		u, err := url.Parse(s)
		if err != nil {
			return nil, n, misuse("setting elasticsearch-url is not a URL")
		}
		u.User = url.UserPassword(a.Admin, password)
		c.URL[i] = u.String()
	}
	es, err := c.Connect(idle)
	return es, n, err
}

// keyName begins the names of the keys that are made here.
func keyName(n corpus.Namespace) string { return "copytaster-" + string(n) }

// key is an API key. Encoded is known only when it is made.
type key struct {
	Role    string `json:"role"`
	ID      string `json:"id"`
	Name    string `json:"name"`
	Encoded string `json:"encoded,omitempty"`
	File    string `json:"file,omitempty"`
	Created string `json:"created,omitempty"`
	Expires string `json:"expires"` // "never", or when
	State   string `json:"state,omitempty"`
}

// KeysCreateCmd is `copytaster keys elasticsearch create`.
type KeysCreateCmd struct {
	Output `embed:""`
	admin
	Change `embed:""`

	Role    []corpus.Role `help:"Roles to make a key for: writer (index), reader (search), operator (the operator's tools)." default:"writer,reader,operator" placeholder:"ROLE,..."`
	Expires time.Duration `help:"How long the keys are good for; 0 is for ever." default:"0" placeholder:"DURATION"`
	Out     string        `help:"Folder to write the keys to, as ROLE.key, instead of printing them." type:"path" placeholder:"DIR"`
}

// Help is shown by `copytaster keys elasticsearch create --help`.
func (KeysCreateCmd) Help() string {
	return `Each key may do what its role needs, and nothing else; nobody can show it again later. A new key of a role
leaves the old one as it is: give it to the service (its file is looked at every second), then
"copytaster keys elasticsearch invalidate" the old one. Before a file of --out is replaced, it asks: what was in it is
nowhere else.`
}

// Run makes the keys.
func (c *KeysCreateCmd) Run(ctx context.Context, t Terminal) error {
	if c.Expires < 0 {
		return misuse("--expires is %v, it must not be negative", c.Expires)
	}
	es, n, err := c.connect()
	if err != nil {
		return err
	}
	defer es.Close()
	grants := make([]corpus.Grant, len(c.Role))
	for i, r := range c.Role {
		if grants[i], err = n.Grant(r); err != nil {
			return misuse("--role: %w", err)
		}
	}
	plan, err := c.plan(n)
	if err != nil {
		return err
	}
	if c.DryRun {
		// Whether the administrator gets in.
		if _, err := listKeys(ctx, es, n); err != nil {
			return err
		}
	} else if err := c.sure(t, plan); err != nil {
		return err
	}
	for i, m := range plan {
		if !c.DryRun {
			if err := m.make(ctx, es, n, c.Role[i], grants[i], c.Expires); err != nil {
				return err
			}
		}
		if err := c.tell(t, m); err != nil {
			return err
		}
	}
	return nil
}

// madeKey is a line of `keys elasticsearch create --json`.
type madeKey struct {
	key

	Replaces bool `json:"replaces,omitempty"` // the file is there already
	Done     bool `json:"done"`               // false: a dry run
}

// plan are the keys as they would be.
func (c *KeysCreateCmd) plan(n corpus.Namespace) ([]madeKey, error) {
	plan := make([]madeKey, len(c.Role))
	for i, r := range c.Role {
		plan[i].key = key{Role: string(r), Name: keyName(n) + string(r), Expires: expiry(0)}
		if c.Expires > 0 {
			plan[i].Expires = expiry(time.Now().Add(c.Expires).UnixMilli())
		}
		if c.Out == "" {
			continue
		}
		plan[i].File = filepath.Join(c.Out, string(r)+".key")
		_, err := os.Lstat(plan[i].File)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		plan[i].Replaces = err == nil
	}
	return plan, nil
}

// sure asks before a file is replaced.
func (c *KeysCreateCmd) sure(t Terminal, plan []madeKey) error {
	var files []string
	for _, m := range plan {
		if m.Replaces {
			files = append(files, m.File)
		}
	}
	if len(files) == 0 {
		return nil
	}
	return c.confirm(t, "Replaces "+strings.Join(files, " and ")+", and what is in there is nowhere else")
}

// make makes the key, and writes it to its file if it has one.
func (m *madeKey) make(ctx context.Context, es esapi.Transport, n corpus.Namespace, r corpus.Role, g corpus.Grant, expires time.Duration) error {
	k, err := createKey(ctx, es, n, r, g, expires)
	if err != nil {
		return err
	}
	k.File, m.Done = m.File, true
	if k.File != "" {
		if err := replaceSecret(k.File, k.Encoded); err != nil {
			return fmt.Errorf("key %s was made, and can't be written: %w", k.ID, err)
		}
		k.Encoded = ""
	}
	m.key = k
	return nil
}

func (c *KeysCreateCmd) tell(t Terminal, m madeKey) error {
	if c.JSON {
		return line(t.Out, m)
	}
	if !m.Done {
		file := m.File
		if m.Replaces {
			file += ", in place of what is there"
		}
		fmt.Fprintf(t.Out, "would make %s, expires %s  %s\n", m.Name, m.Expires, file)
		return nil
	}
	s := columns(fmt.Sprintf("# %s, id %s, expires %s", m.Name, m.ID, m.Expires))
	s.row(m.Encoded + m.File)
	s.print(t.Out)
	return nil
}

func createKey(ctx context.Context, es esapi.Transport, n corpus.Namespace, r corpus.Role, g corpus.Grant, expires time.Duration) (key, error) {
	body := map[string]any{
		"name":             keyName(n) + string(r),
		"role_descriptors": map[string]any{string(r): g},
		"metadata":         map[string]any{"copytaster": map[string]string{"role": string(r), "namespace": string(n)}},
	}
	if expires > 0 {
		body["expiration"] = fmt.Sprintf("%dms", expires.Milliseconds())
	}
	b, err := json.Marshal(body)
	if err != nil {
		return key{}, err
	}
	var reply struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		Encoded    string `json:"encoded"`
		Expiration int64  `json:"expiration"`
	}
	err = elastic.Ask(ctx, es, "make the key of the "+string(r), esapi.SecurityCreateAPIKeyRequest{Body: bytes.NewReader(b)}, &reply)
	if err != nil {
		return key{}, adminError(err)
	}
	return key{Role: string(r), ID: reply.ID, Name: reply.Name, Encoded: reply.Encoded, Expires: expiry(reply.Expiration)}, nil
}

// adminError says that it is about the administrator, not about a key.
func adminError(err error) error {
	var refused *elastic.StatusError
	if errors.As(err, &refused) && elastic.Hint(refused.Status) != "" {
		return fmt.Errorf("Elasticsearch refuses the administrator (--admin, --admin-password-file): %d: %s: %s", refused.Status, refused.Type, refused.Reason)
	}
	return err
}

// expiry is a time of Elasticsearch's, in milliseconds; 0 is never.
func expiry(ms int64) string {
	if ms == 0 {
		return "never"
	}
	return time.UnixMilli(ms).UTC().Format(time.RFC3339)
}

// replaceSecret writes a file that only this user may read, so that a reader
// sees the old or the new content.
func replaceSecret(path, text string) error {
	next, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = next.WriteString(text + "\n")
	err = errors.Join(err, next.Close())
	if err == nil {
		err = os.Rename(next.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next.Name()))
	}
	return nil
}

// ElasticKeysCmd is `copytaster keys elasticsearch list`.
type ElasticKeysCmd struct {
	Output `embed:""`
	admin
}

// Run lists.
func (c *ElasticKeysCmd) Run(ctx context.Context, t Terminal) error {
	es, n, err := c.connect()
	if err != nil {
		return err
	}
	defer es.Close()
	keys, err := listKeys(ctx, es, n)
	if err != nil {
		return err
	}
	s := columns("role", "id", "created", "expires", "state")
	for _, k := range keys {
		if c.JSON {
			if err := line(t.Out, k); err != nil {
				return err
			}
		}
		s.row(k.Role, k.ID, k.Created, k.Expires, k.State)
	}
	if !c.JSON {
		s.print(t.Out)
	}
	return nil
}

func listKeys(ctx context.Context, es esapi.Transport, n corpus.Namespace) ([]key, error) {
	var reply struct {
		Keys []struct {
			ID          string `json:"id"`
			Name        string `json:"name"`
			Creation    int64  `json:"creation"`
			Expiration  int64  `json:"expiration"`
			Invalidated bool   `json:"invalidated"`
			Metadata    struct {
				Copytaster *struct {
					Role      string `json:"role"`
					Namespace string `json:"namespace"`
				} `json:"copytaster"`
			} `json:"metadata"`
		} `json:"api_keys"`
	}
	if err := elastic.Ask(ctx, es, "list keys", esapi.SecurityGetAPIKeyRequest{Name: keyName(n) + "*"}, &reply); err != nil {
		return nil, adminError(err)
	}
	var keys []key
	for _, k := range reply.Keys {
		m := k.Metadata.Copytaster
		if m == nil || m.Namespace != string(n) {
			continue
		}
		state := "good"
		switch {
		case k.Invalidated:
			state = "invalidated"
		case k.Expiration > 0 && time.UnixMilli(k.Expiration).Before(time.Now()):
			state = "expired"
		}
		keys = append(keys, key{Role: m.Role, ID: k.ID, Name: k.Name, Created: expiry(k.Creation), Expires: expiry(k.Expiration), State: state})
	}
	slices.SortFunc(keys, func(a, b key) int { return strings.Compare(a.Role+a.Created+a.ID, b.Role+b.Created+b.ID) })
	return keys, nil
}

// KeysInvalidateCmd is `copytaster keys elasticsearch invalidate`.
type KeysInvalidateCmd struct {
	Output `embed:""`
	admin
	Change `embed:""`

	ID []string `arg:"" help:"Ids of the keys, as list shows them; behind -- if one begins with a dash."`
}

// Run makes keys useless.
func (c *KeysInvalidateCmd) Run(ctx context.Context, t Terminal) error {
	es, n, err := c.connect()
	if err != nil {
		return err
	}
	defer es.Close()
	keys, err := listKeys(ctx, es, n)
	if err != nil {
		return err
	}
	var chosen []key
	for _, id := range c.ID {
		i := slices.IndexFunc(keys, func(k key) bool { return k.ID == id })
		if i < 0 {
			return fmt.Errorf("there is no key with the id %q; `copytaster keys elasticsearch list` shows them", id)
		}
		chosen = append(chosen, keys[i])
	}
	s := columns("role", "id", "created", "expires", "state")
	for _, k := range chosen {
		if c.JSON {
			if err := line(t.Out, k); err != nil {
				return err
			}
		}
		s.row(k.Role, k.ID, k.Created, k.Expires, k.State)
	}
	if !c.JSON {
		s.print(t.Out)
	}
	if c.DryRun {
		fmt.Fprintf(t.Err, "would invalidate %d keys\n", len(chosen))
		return nil
	}
	if err := c.confirm(t, fmt.Sprintf("%d keys become useless, and so does whoever still has them", len(chosen))); err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"ids": c.ID})
	if err != nil {
		return err
	}
	var reply struct {
		Errors int `json:"error_count"`
	}
	if err := elastic.Ask(ctx, es, "invalidate keys", esapi.SecurityInvalidateAPIKeyRequest{Body: bytes.NewReader(body)}, &reply); err != nil {
		return adminError(err)
	}
	if reply.Errors > 0 {
		return fmt.Errorf("Elasticsearch could not invalidate %d of the keys", reply.Errors)
	}
	fmt.Fprintf(t.Err, "invalidated %d keys\n", len(chosen))
	return nil
}
