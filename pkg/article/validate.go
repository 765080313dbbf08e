package article

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Limits of an article. A decoder cuts lists to them and flags it; a text
// beyond MaxText is refused, since a cut article would be a false one.
const (
	MaxText     = 4 << 20 // bytes
	MaxSegments = 100_000
	MaxSubjects = 1_000
	MaxImages   = 1_000

	MaxEvolvedFrom = 100
)

// Validate tells everything that is wrong with a: an article that passes can
// travel and be indexed.
func (a *Article) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if err := a.URI.Validate(); err != nil {
		errs = append(errs, err)
	}
	if a.Revision <= 0 {
		bad("revision %d is not positive", a.Revision)
	}
	switch a.Status {
	case Usable, Withheld, Canceled:
	default:
		bad("status %q is none of usable, withheld, canceled", a.Status)
	}
	if a.Notice != nil {
		if err := a.Notice.validate(a.Status); err != nil {
			errs = append(errs, err)
		}
	}
	if a.Source == "" {
		bad("source is empty")
	}
	if a.ReceivedAt.IsZero() {
		bad("received_at is not set")
	}
	switch {
	case len(a.Text) > MaxText:
		bad("text has %d bytes, the limit is %d", len(a.Text), MaxText)
	case !utf8.ValidString(a.Text):
		bad("text is not valid UTF-8")
	case len(a.Segments) > MaxSegments:
		bad("article has %d segments, the limit is %d", len(a.Segments), MaxSegments)
	default:
		if err := CheckSegments(a.Text, a.Segments); err != nil {
			errs = append(errs, err)
		}
	}
	if blank(a.Text) && a.Status == Usable {
		bad("text is empty")
	}
	if len(a.Subjects) > MaxSubjects {
		bad("article has %d subjects, the limit is %d", len(a.Subjects), MaxSubjects)
	}
	if len(a.Images) > MaxImages {
		bad("article has %d images, the limit is %d", len(a.Images), MaxImages)
	}
	if len(a.EvolvedFrom) > MaxEvolvedFrom {
		bad("article goes on from %d others, the limit is %d", len(a.EvolvedFrom), MaxEvolvedFrom)
	}
	for _, u := range a.EvolvedFrom {
		if err := u.Validate(); err != nil {
			bad("evolved_from: %w", err)
		}
	}
	if n := a.Corrections.Number; n < 0 || n == 0 && len(a.Corrections.Fields) > 0 {
		bad("corrections: %d fields in %d changes", len(a.Corrections.Fields), n)
	}
	for _, f := range a.Corrections.Fields {
		if long := slices.ContainsFunc(f.Unseen, func(s string) bool { return len(s) > MaxUnseenBytes }); long || len(f.Unseen) > MaxUnseen {
			bad("corrections: %s: %d unseen, the limit is %d of %d bytes", clip(f.Field), len(f.Unseen), MaxUnseen, MaxUnseenBytes)
		}
	}
	if err := a.CheckReading(); err != nil {
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("article %q: %w", string(a.URI), errors.Join(errs...))
}
