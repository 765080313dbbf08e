package article

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxURI is the longest URI that is accepted, in bytes.
const MaxURI = 2048

// URI names an article for good: all its revisions share it.
type URI string

// Validate tells why u can't name an article.
func (u URI) Validate() error {
	switch {
	case u == "":
		return errors.New("uri is empty")
	case len(u) > MaxURI:
		return fmt.Errorf("uri has %d bytes, the limit is %d", len(u), MaxURI)
	case !utf8.ValidString(string(u)):
		return errors.New("uri is not valid UTF-8")
	case strings.ContainsFunc(string(u), func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		return fmt.Errorf("uri %q has white space or a control character", string(u))
	}
	return nil
}

// NewURI makes a URI of a publisher's id. An id that is a URI by itself
// (urn:, tag:, http:, https:) stands as it is; any other is put into the
// provider's namespace.
func NewURI(provider, id string) URI {
	id = strings.TrimSpace(id)
	for _, p := range []string{"urn:", "tag:", "http://", "https://"} {
		if hasPrefixFold(id, ownNamespace) {
			break // nobody's id may pass for another provider's
		}
		if len(id) > len(p) && hasPrefixFold(id, p) {
			return URI(strings.Map(func(r rune) rune {
				if unicode.IsSpace(r) || unicode.IsControl(r) {
					return '+'
				}
				return r
			}, id))
		}
	}
	return ScopedURI(provider, id)
}

// ScopedURI puts an id into the provider's namespace even if it is a URI by
// itself: for ids whose sender can't be held to be the one they name.
func ScopedURI(provider, id string) URI {
	return URI(ownNamespace + url.PathEscape(provider) + ":" + url.PathEscape(strings.TrimSpace(id)))
}

// In tells whether u is of the provider's namespace: an id that the provider
// gives and that is such a URI can name nothing of anybody else.
func (u URI) In(provider string) bool {
	id, ok := strings.CutPrefix(string(u), ownNamespace+url.PathEscape(provider)+":")
	if !ok {
		return false
	}
	plain, err := url.PathUnescape(id)
	return err == nil && ScopedURI(provider, plain) == u && u.Validate() == nil
}

// ownNamespace is what URIs begin with that Copytaster makes.
const ownNamespace = "urn:copytaster:"

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// TextURI names a text that has no id: the same words from the same provider
// are the same article, however they are wrapped.
func TextURI(provider, text string) URI {
	h := sha256.New()
	for w := range strings.FieldsSeq(text) {
		h.Write([]byte(w))
		h.Write([]byte{' '})
	}
	return URI(ownNamespace + url.PathEscape(provider) + ":text:" + hex.EncodeToString(h.Sum(nil)[:20]))
}
