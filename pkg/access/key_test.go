package access_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newKey(t *testing.T) (*access.Key, string) {
	t.Helper()
	k := &access.Key{ID: access.NewID(), Name: "archive team", Scopes: []access.Scope{access.Read}, CreatedAt: now, CreatedBy: "op"}
	text, err := k.Issue(now, now)
	if err != nil {
		t.Fatal(err)
	}
	return k, text
}

func opens(t *testing.T, k *access.Key, text string, at time.Time) error {
	t.Helper()
	id, sum, err := access.Parse(text)
	if err != nil || id != k.ID {
		t.Fatalf("%s: %v", id, err)
	}
	if a, b := k.Opens(sum, at), k.Still(sum[:16], at); !errors.Is(a, b) {
		t.Errorf("it opens: %v, what it let in stays: %v", a, b)
	}
	return k.Opens(sum, at)
}

func TestKeyOpensUntilItIsOver(t *testing.T) {
	k, text := newKey(t)
	if err := opens(t, k, text, now.AddDate(50, 0, 0)); err != nil {
		t.Error(err)
	}
	k.ExpiresAt = now.Add(time.Hour)
	for at, want := range map[time.Duration]error{0: nil, time.Hour - 1: nil, time.Hour: access.ErrExpired} {
		if err := opens(t, k, text, now.Add(at)); !errors.Is(err, want) {
			t.Errorf("%v: %v", at, err)
		}
	}
	_, other := newKey(t)
	_, sum, err := access.Parse(other)
	if err != nil || !errors.Is(k.Opens(sum, now), access.ErrUnknown) || !errors.Is(k.Still(sum[:16], now), access.ErrUnknown) || k.Still(nil, now) == nil {
		t.Error("another key's secret opens it")
	}
	if k.State(now) != "good" || k.State(k.ExpiresAt) != "expired" {
		t.Error(k.State(now), k.State(k.ExpiresAt))
	}
	k.RevokedAt = now
	if err := opens(t, k, text, now); !errors.Is(err, access.ErrRevoked) || k.State(now) != "revoked" {
		t.Error(err)
	}
}

func TestRotationOverlaps(t *testing.T) {
	k, first := newKey(t)
	second, err := k.Issue(now, now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Duration]error{0: nil, time.Hour - 1: nil, time.Hour: access.ErrReplaced} {
		if err := opens(t, k, first, now.Add(at)); !errors.Is(err, want) {
			t.Errorf("the old one at %v: %v", at, err)
		}
	}
	if err := opens(t, k, second, now.AddDate(1, 0, 0)); err != nil {
		t.Error(err)
	}
	// At once: what was to overlap doesn't either.
	third, err := k.Issue(now, now)
	if err != nil || len(k.Hashes) != 1 {
		t.Fatal(k.Hashes, err)
	}
	if err := opens(t, k, first, now); err == nil {
		t.Error("replaced, and still good")
	}
	if err := opens(t, k, third, now); err != nil {
		t.Error(err)
	}
	for range access.MaxSecrets - 1 {
		if _, err := k.Issue(now, now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	before := slices.Clone(k.Hashes)
	if _, err := k.Issue(now, now.Add(time.Minute)); err == nil || !slices.Equal(before, k.Hashes) {
		t.Errorf("more than %d are good: %v", access.MaxSecrets, err)
	}
	if _, err := k.Issue(now.Add(2*time.Hour), now.Add(3*time.Hour)); err != nil {
		t.Errorf("when the old ones are over: %v", err)
	}
}

func TestKeysAreKnownByTheirForm(t *testing.T) {
	_, text := newKey(t)
	if !strings.HasPrefix(text, access.Prefix) {
		t.Errorf("%s", text)
	}
	for i := range len(text) {
		c := byte('a')
		if text[i] == c {
			c = 'b'
		}
		if _, _, err := access.Parse(text[:i] + string(c) + text[i+1:]); !errors.Is(err, access.ErrMalformed) {
			t.Errorf("with a wrong character at %d: %v", i, err)
		}
	}
	for _, wrong := range []string{"", text[1:], text[:len(text)-1], text + "a", strings.ToUpper(text), " " + text, access.Prefix} {
		if _, _, err := access.Parse(wrong); !errors.Is(err, access.ErrMalformed) || strings.Contains(err.Error(), text[len(text)-20:]) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	seen := map[string]bool{}
	for range 1000 {
		id := access.NewID()
		if seen[id] || access.CheckID(id) != nil {
			t.Fatalf("id %s comes again, or is none", id)
		}
		seen[id] = true
	}
	for _, wrong := range []string{"", "abc", "ABCDEFGH", "abcdefg1", "abcdefghi"} {
		if access.CheckID(wrong) == nil {
			t.Errorf("%q passes for an id", wrong)
		}
	}
}

func TestRowsKeepNoSecret(t *testing.T) {
	k, text := newKey(t)
	k.Grant = access.Grant{AgenciesDenied: []string{"AP"}}
	row, err := k.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if secret := strings.TrimPrefix(text, access.Prefix+k.ID+"_"); strings.Contains(string(row), secret[:10]) || strings.Contains(fmt.Sprintf("%+v", k), secret[:10]) {
		t.Error("the row has the secret")
	}
	back, err := access.Decode(k.ID, row)
	if err != nil || opens(t, back, text, now) != nil || back.Grant.Allows("wire", "ap") {
		t.Errorf("%+v %v", back, err)
	}
	for name, wrong := range map[string]string{
		"no JSON": "{", "two values": string(row) + "{}", "of a newer program": strings.Replace(string(row), `{"id"`, `{"countries_denied":["FR"],"id"`, 1),
		"unknown list": strings.Replace(string(row), `"agencies_denied"`, `"agencies_hidden"`, 1), "other id": strings.Replace(string(row), k.ID, access.NewID(), 1),
		"no scope": strings.Replace(string(row), `"scopes":["read"]`, `"scopes":[]`, 1), "scope": strings.Replace(string(row), `"read"`, `"all"`, 1),
		"hash": strings.Replace(string(row), `"sha256":"`, `"sha256":"0`, 1), "name": strings.Replace(string(row), "archive team", "", 1),
		"rate": strings.Replace(string(row), `"hashes"`, `"rate":-1,"hashes"`, 1),
	} {
		if wrong == string(row) {
			t.Fatalf("%s: nothing is wrong", name)
		}
		if _, err := access.Decode(k.ID, []byte(wrong)); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	k.Name = ""
	if _, err := k.Encode(); err == nil {
		t.Error("a key without a name passes")
	}
}

func TestRoles(t *testing.T) {
	for role, want := range map[access.Role]string{access.Reader: "[read]", access.Editor: "[read write]", access.EmbargoEditor: "[read write embargo]", access.Operator: "[read write operate]", "admin": "[]", "": "[]"} {
		if got := fmt.Sprint(role.Scopes()); got != want {
			t.Errorf("%s: %s", role, got)
		}
	}
}

func TestNobodySeesNothing(t *testing.T) {
	who := access.Of(t.Context())
	if who.Grant.Allows("wire", "dpa") || who.May(access.Read) {
		t.Errorf("%+v", who)
	}
	who = access.Of(access.With(t.Context(), access.Identity{Scopes: access.Editor.Scopes()}))
	if !who.Grant.Allows("wire", "dpa") || !who.May(access.Write) || who.May(access.Operate) {
		t.Errorf("%+v", who)
	}
}
