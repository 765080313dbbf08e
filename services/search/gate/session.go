package gate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
)

// A session is a cookie that says by which secret of which key somebody logged in,
// and until when that holds, under a signature: nothing is stored, every instance
// with the same session secret knows it, and it outlives a restart. The key is looked
// up for each request: with it, or with that secret of it, the session is over.
const (
	sessionVersion = 1
	// markBytes of a secret's hash tell it from the key's others.
	markBytes = 16
	idLength  = 8
	bodyBytes = 1 + 8 + markBytes + idLength
	tokenSize = bodyBytes + sha256.Size
)

// MinSecret is how long the secret that signs sessions must be, and that of a proxy, in
// bytes.
const MinSecret = 32

// sessionUse keeps what else might be signed by the same secret from being a session.
const sessionUse = "copytaster search session"

// errSession says that a cookie is no session, or one that is over.
var errSession = errors.New("the session is over")

type session struct {
	id      string // of the key
	mark    [markBytes]byte
	expires time.Time
}

// sessions signs and reads cookies.
type sessions struct{ key []byte }

func newSessions(secret string) *sessions {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(sessionUse))
	return &sessions{m.Sum(nil)}
}

func (s *sessions) sign(body []byte) []byte {
	m := hmac.New(sha256.New, s.key)
	m.Write(body)
	return m.Sum(slices.Clip(body))
}

// token is the cookie's value.
func (s *sessions) token(of session) string {
	body := append(make([]byte, 0, tokenSize), sessionVersion)
	body = binary.BigEndian.AppendUint64(body, uint64(of.expires.Unix()))
	body = append(append(body, of.mark[:]...), of.id...)
	return base64.RawURLEncoding.EncodeToString(s.sign(body))
}

// read gives the session of a cookie's value, if it is one of ours and not over.
func (s *sessions) read(token string, now time.Time) (session, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenSize) {
		return session{}, errSession
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || !hmac.Equal(b, s.sign(b[:bodyBytes])) || b[0] != sessionVersion {
		return session{}, errSession
	}
	of := session{id: string(b[bodyBytes-idLength : bodyBytes]), expires: time.Unix(int64(binary.BigEndian.Uint64(b[1:])), 0)}
	copy(of.mark[:], b[9:])
	if !now.Before(of.expires) {
		return session{}, errSession
	}
	return of, nil
}

// cookieName has the prefix by which browsers take the cookie from this host alone,
// over TLS alone, where it is served by TLS.
func cookieName(secure bool) string {
	if secure {
		return "__Host-copytaster"
	}
	return "copytaster"
}

func cookie(value string, secure bool, expires time.Time) *http.Cookie {
	c := &http.Cookie{ //nolint:gosec // not Secure only where clients come without TLS
		Name: cookieName(secure), Value: value, Path: "/", Expires: expires, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: secure,
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// begin is the session of who shows that secret of the key.
func begin(k *access.Key, sum access.Sum, until time.Time) session {
	s := session{id: k.ID, expires: until}
	copy(s.mark[:], sum[:])
	return s
}
