package access

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"time"
)

// Limits of keys.
const (
	MaxKeys    = 10_000
	MaxSecrets = 4    // of a key that is being rotated
	MaxWho     = 200  // bytes of a name, of a key or of whoever made it
	MaxWhy     = 1000 // bytes of a reason
	MaxRate    = 1_000_000
)

// Scope is a kind of thing that may be asked for.
type Scope string

// The scopes.
const (
	Read    Scope = "read"    // articles
	Write   Scope = "write"   // what editors keep and correct
	Operate Scope = "operate" // what operators do
	Embargo Scope = "embargo" // articles before their embargo is over

	// Any is no scope that a key can have: whoever is known may ask for it.
	Any Scope = "any"
)

// Scopes are all there are.
var Scopes = []Scope{Read, Write, Operate, Embargo}

// Role is what a person is.
type Role string

// The roles. What is under an embargo is for a role of its own, that nobody is by another
// one: not for editors, who would otherwise all see it, nor for operators, who mend what
// carries it.
const (
	Reader        Role = "reader"
	Editor        Role = "editor"
	EmbargoEditor Role = "embargo-editor"
	Operator      Role = "operator"
)

// Roles are all there are, from the least on.
var Roles = []Role{Reader, Editor, EmbargoEditor, Operator}

// Scopes are what the role may; none if there is no such role.
func (r Role) Scopes() []Scope {
	switch r {
	case Reader:
		return []Scope{Read}
	case Editor:
		return []Scope{Read, Write}
	case EmbargoEditor:
		return []Scope{Read, Write, Embargo}
	case Operator:
		return []Scope{Read, Write, Operate}
	}
	return []Scope{}
}

// Key is an API key: a row of [topic.AccessKeys], whose key is the id. It holds
// nothing that a secret could be made of.
type Key struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"` // whose it is, for people
	Scopes []Scope  `json:"scopes"`
	Grant  Grant    `json:"grant,omitzero"`
	Rate   int      `json:"rate,omitempty"` // requests per minute; 0: as the service has it
	Hashes []Hashed `json:"hashes"`         // of the secrets that are good, the newest last

	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero: never
	RevokedAt time.Time `json:"revoked_at,omitzero"` // zero: it is not
	RevokedBy string    `json:"revoked_by,omitempty"`
}

// Hashed is a secret, as it is kept: its SHA-256. A secret is 256 random bits, so
// that nobody finds it by trying, however fast the hash is; a slow one, as for
// passwords, would cost each request and protect nothing.
type Hashed struct {
	SHA256    string    `json:"sha256"` // hex
	MadeAt    time.Time `json:"made_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // since another took its place
}

// Why a key opens nothing. Only who has the secret is told which.
var (
	ErrMalformed = errors.New("it is not an API key, or is not whole")
	ErrUnknown   = errors.New("there is no such API key")
	ErrRevoked   = errors.New("the API key was revoked")
	ErrExpired   = errors.New("the API key has expired")
	ErrReplaced  = errors.New("the API key was replaced by a newer secret")
)

// The text of a key: Prefix, id, '_', secret and checksum. By prefix and checksum a
// program that looks for secrets where none should be knows one from chance.
const (
	Prefix      = "ctk_"
	idBytes     = 5
	secretBytes = 32
	idChars     = 8
	secretChars = 52
	checkChars  = 7
	keyChars    = len(Prefix) + idChars + 1 + secretChars + checkChars
)

// letters are those that a double click takes for one word.
var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding) //nolint:gochecknoglobals // never changed

// NewID gives an id that no other key has, as far as chance goes.
func NewID() string {
	var b [idBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	return letters.EncodeToString(b[:])
}

// CheckID tells whether s has the form of an id.
func CheckID(s string) error {
	if b, err := letters.DecodeString(s); err != nil || len(s) != idChars || len(b) != idBytes {
		return fmt.Errorf("%.40q is not the id of a key, such as %s", s, strings.Repeat("a", idChars))
	}
	return nil
}

func checksum(s string) string {
	return letters.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(s))))
}

// Issue makes a new secret, and gives the whole key: nobody can tell it again. The
// secrets before it are good until then at most. Those that are over by now are
// forgotten.
func (k *Key) Issue(now, until time.Time) (string, error) {
	hashes := slices.Clone(k.Hashes)
	for i := range hashes {
		if h := &hashes[i]; h.ExpiresAt.IsZero() || h.ExpiresAt.After(until) {
			h.ExpiresAt = until
		}
	}
	hashes = slices.DeleteFunc(hashes, func(h Hashed) bool { return !h.ExpiresAt.After(now) })
	if len(hashes) >= MaxSecrets {
		return "", fmt.Errorf("%d secrets of the key are still good, until %s: wait, or replace them at once", len(hashes), hashes[0].ExpiresAt.Format(time.RFC3339))
	}
	var b [secretBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	text := Prefix + k.ID + "_" + letters.EncodeToString(b[:])
	text += checksum(text)
	sum := sha256.Sum256([]byte(text))
	k.Hashes = append(hashes, Hashed{SHA256: hex.EncodeToString(sum[:]), MadeAt: now})
	return text, nil
}

// Sum is the hash of a key's text.
type Sum [sha256.Size]byte

// Parse reads the text of a key: its id, and its hash. Errors are [ErrMalformed], and
// tell nothing of the text.
func Parse(text string) (id string, sum Sum, err error) {
	if len(text) != keyChars || !strings.HasPrefix(text, Prefix) || text[len(Prefix)+idChars] != '_' {
		return "", Sum{}, ErrMalformed
	}
	body, check := text[:keyChars-checkChars], text[keyChars-checkChars:]
	if checksum(body) != check {
		return "", Sum{}, ErrMalformed
	}
	if id = text[len(Prefix):][:idChars]; CheckID(id) != nil {
		return "", Sum{}, ErrMalformed
	}
	return id, sha256.Sum256([]byte(text)), nil
}

// Opens tells whether the secret with that hash is good at now; nil: it is. The time it
// takes tells nothing of the hashes.
func (k *Key) Opens(sum Sum, now time.Time) error {
	want := hex.EncodeToString(sum[:])
	found := -1
	for i, h := range k.Hashes {
		if subtle.ConstantTimeCompare([]byte(h.SHA256), []byte(want)) == 1 {
			found = i
		}
	}
	if found < 0 {
		return ErrUnknown
	}
	return k.good(&k.Hashes[found], now)
}

// Still tells whether the secret whose hash begins so is good at now: what was let in
// by it may stay.
func (k *Key) Still(beginning []byte, now time.Time) error {
	want := hex.EncodeToString(beginning)
	for i := range k.Hashes {
		if strings.HasPrefix(k.Hashes[i].SHA256, want) && want != "" {
			return k.good(&k.Hashes[i], now)
		}
	}
	return ErrUnknown
}

func (k *Key) good(h *Hashed, now time.Time) error {
	switch {
	case !k.RevokedAt.IsZero():
		return ErrRevoked
	case !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt):
		return ErrExpired
	case !h.ExpiresAt.IsZero() && !now.Before(h.ExpiresAt):
		return ErrReplaced
	}
	return nil
}

// State is what a key is at now: "good", "expired", "revoked".
func (k *Key) State(now time.Time) string {
	switch {
	case !k.RevokedAt.IsZero():
		return "revoked"
	case !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt):
		return "expired"
	}
	return "good"
}

// Validate tells what is wrong with a key.
func (k *Key) Validate() error {
	errs := []error{CheckID(k.ID), k.Grant.Validate()}
	bad := func(err error) { errs = append(errs, err) }
	if err := checkName(k.Name, MaxWho); err != nil {
		bad(fmt.Errorf("name: %w", err))
	}
	if len(k.Scopes) == 0 || len(k.Scopes) > len(Scopes) {
		bad(fmt.Errorf("it has %d scopes", len(k.Scopes)))
	}
	for _, s := range k.Scopes {
		if !slices.Contains(Scopes, s) {
			bad(fmt.Errorf("there is no scope %.40q", string(s)))
		}
	}
	if k.Rate < 0 || k.Rate > MaxRate {
		bad(fmt.Errorf("rate %d is not between 1 and %d requests per minute", k.Rate, MaxRate))
	}
	if len(k.Hashes) > MaxSecrets {
		bad(fmt.Errorf("it has %d secrets", len(k.Hashes)))
	}
	for _, h := range k.Hashes {
		if b, err := hex.DecodeString(h.SHA256); err != nil || len(b) != sha256.Size {
			bad(errors.New("a hash is none"))
		}
	}
	if err := checkName(k.CreatedBy, MaxWho); err != nil {
		bad(fmt.Errorf("created by: %w", err))
	}
	return errors.Join(errs...)
}

// Encode is the key as a row.
func (k *Key) Encode() ([]byte, error) {
	if err := k.Validate(); err != nil {
		return nil, err
	}
	return json.Marshal(k)
}

// Decode reads a row. What this program doesn't know is an error: it may be what a
// newer one restricts the key by.
func Decode(id string, row []byte) (*Key, error) {
	var k Key
	d := json.NewDecoder(bytes.NewReader(row))
	d.DisallowUnknownFields()
	err := d.Decode(&k)
	if _, more := d.Token(); err == nil && !errors.Is(more, io.EOF) {
		err = errors.New("more than one value")
	}
	if err == nil {
		err = k.Validate()
	}
	if err == nil && k.ID != id {
		err = fmt.Errorf("it has the id %q", k.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("key %q can't be read: %w", id, err)
	}
	return &k, nil
}

// Change is an entry of [topic.AccessAudit].
type Change struct {
	At     time.Time `json:"at"`
	Action Action    `json:"action"`
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	By     string    `json:"by"`
	Why    string    `json:"why,omitempty"`

	Scopes    []Scope   `json:"scopes,omitempty"` // of what was added
	Grant     Grant     `json:"grant,omitzero"`
	Rate      int       `json:"rate,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	OldUntil  time.Time `json:"old_until,omitzero"` // of a rotation: until when the secrets before are good
}

// Action is what was done with a key.
type Action string

// The actions.
const (
	Added   Action = "add"
	Rotated Action = "rotate"
	Revoked Action = "revoke"
)
