// Package secret keeps passwords and keys out of logs, errors and help.
package secret

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// MaxBytes is how long a secret may be.
const MaxBytes = 4096

// hidden is what is shown of a secret.
const hidden = "(secret)"

// Text is a secret. However it is printed, logged or encoded, it is not shown;
// a conversion to string shows it.
type Text string

// Format implements [fmt.Formatter].
func (t Text) Format(f fmt.State, _ rune) {
	if t != "" {
		_, _ = io.WriteString(f, hidden)
	}
}

// String implements [fmt.Stringer].
func (t Text) String() string { return fmt.Sprint(t) }

// MarshalText implements [encoding.TextMarshaler].
func (t Text) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(t)), nil }

// Source is where a secret comes from: a setting, or a file that is read anew
// each time, so that it can be changed while its users run.
type Source struct {
	Text Text
	File string // read if not ""
}

// Given tells whether there is any.
func (s Source) Given() bool { return s.Text != "" || s.File != "" }

// Get gives the secret. White space around what is in a file does not count;
// what is left must be one line of printable characters.
func (s Source) Get() (string, error) {
	if s.File == "" {
		return string(s.Text), check(string(s.Text))
	}
	f, err := os.Open(s.File)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(b))
	if len(b) > MaxBytes {
		text = string(b)
	}
	if err := check(text); err != nil {
		return "", fmt.Errorf("%s: %w", s.File, err)
	}
	return text, nil
}

func check(text string) error {
	switch {
	case text == "":
		return errors.New("it is empty")
	case len(text) > MaxBytes:
		return fmt.Errorf("it has more than %d bytes", MaxBytes)
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }):
		return errors.New("it is not one line of text")
	}
	return nil
}
