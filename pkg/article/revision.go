package article

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Revision orders the revisions of one article: of two, the greater is the
// newer. It is positive and has 63 bits, so that it serves as Elasticsearch's
// external version. From the most significant:
//
//	bits  field            unit                               on overflow
//	10    source version   the provider's counter             saturates at 1023, order time decides
//	33    order time       seconds since 1970, UTC            clamped to 1970 .. 2242
//	 4    content          tie-break: status, content's hash  -
//	 8    generation       issued by an operator              an error
//	 8    sequence         re-issues (placement, override)    an error
type Revision int64

const (
	versionBits    = 10
	orderTimeBits  = 33
	contentBits    = 4
	generationBits = 8
	sequenceBits   = 8

	MaxSourceVersion = 1<<versionBits - 1
	MaxOrderTime     = 1<<orderTimeBits - 1 // seconds since 1970
	MaxGeneration    = 1<<generationBits - 1
	MaxSequence      = 1<<sequenceBits - 1

	// MaxClockLead is how far a version's date may lie after its arrival. A
	// later one is clamped to the arrival plus this, so that one wrong clock
	// can't hold an article's newest place for ever.
	MaxClockLead = 24 * 60 * 60 // seconds
)

// Parts are the fields of a Revision.
type Parts struct {
	SourceVersion int
	OrderTime     int64 // seconds since 1970
	Content       int   // 0 to 15
	Generation    int
	Sequence      int
}

// Revision packs the parts. Generation and sequence out of range are errors;
// the other fields saturate.
func (p Parts) Revision() (Revision, error) {
	if p.Generation < 0 || p.Generation > MaxGeneration {
		return 0, fmt.Errorf("generation %d is outside 0 to %d", p.Generation, MaxGeneration)
	}
	if p.Sequence < 0 || p.Sequence > MaxSequence {
		return 0, fmt.Errorf("sequence %d is outside 0 to %d", p.Sequence, MaxSequence)
	}
	r := int64(min(max(p.SourceVersion, 0), MaxSourceVersion))
	r = r<<orderTimeBits | min(max(p.OrderTime, 0), MaxOrderTime)
	r = r<<contentBits | int64(p.Content&(1<<contentBits-1))
	r = r<<generationBits | int64(p.Generation)
	r = r<<sequenceBits | int64(p.Sequence)
	return Revision(r), nil
}

// Parts unpacks r.
func (r Revision) Parts() Parts {
	v := int64(r)
	cut := func(bits int) int64 {
		f := v & (1<<bits - 1)
		v >>= bits
		return f
	}
	var p Parts
	p.Sequence = int(cut(sequenceBits))
	p.Generation = int(cut(generationBits))
	p.Content = int(cut(contentBits))
	p.OrderTime = cut(orderTimeBits)
	p.SourceVersion = int(cut(versionBits))
	return p
}

// Source is r without generation and sequence: what the provider sent, however
// often it was enriched again. It names an entry among an article's versions.
func (r Revision) Source() int64 { return int64(r) >> (generationBits + sequenceBits) }

// again is r with the next sequence: a re-issue, which takes its place.
func (r Revision) again() Revision {
	if r.Parts().Sequence == MaxSequence {
		return r
	}
	return r + 1
}

// String is r in decimal, as it stands in JSON.
func (r Revision) String() string { return strconv.FormatInt(int64(r), 10) }

// Stamp sets a.Revision from the version, the dates, the status and the original
// bytes (or the text, if there are none), and flags what had to be bent. All of
// these must be set, ReceivedAt among them.
//
// Of what has the same version and second, a kill or hold is newer than an
// embargo, and that newer than what may be used at once: who takes something
// back does it after it was given.
//
// The order time is VersionCreated, else ReceivedAt: a publication date doesn't
// move when a text is edited. A URI that is a hash of the text is the
// exception, since it can't be edited: sent again, it is the same revision,
// whenever it arrives (order time PublishedAt, or 1).
func (a *Article) Stamp() error {
	if a.ReceivedAt.IsZero() {
		return fmt.Errorf("article %s: received_at is not set", a.URI)
	}
	var p Parts
	p.SourceVersion = sourceVersion(a.Version)
	if p.SourceVersion > MaxSourceVersion {
		a.Flag(FlagVersionSaturated)
	}
	order := a.VersionCreated
	if order.IsZero() {
		order = a.ReceivedAt
		if slices.Contains(a.Flags, FlagIdentityFromText) {
			order = a.PublishedAt
		}
	}
	if latest := a.ReceivedAt.Add(MaxClockLead * time.Second); order.After(latest) {
		order = latest
		a.Flag(FlagOrderTimeClamped)
	}
	// At least 1, or a text without a date whose hash begins with four zero
	// bits would have revision 0, which is none.
	p.OrderTime = max(order.Unix(), 1)
	content := a.Original.Bytes
	if len(content) == 0 {
		content = []byte(a.Text)
	}
	sum := sha256.Sum256(content)
	p.Content = a.terms().tieBreak(sum[0])
	r, err := p.Revision()
	if err != nil {
		return err
	}
	a.Revision = r
	return nil
}

// Ranges of the tie-break.
const (
	freeTies   = 12 // 0 to 11: usable at once
	laterTies  = 3  // 12 to 14: an embargo
	heldTie    = 15 // a kill or hold
	hashValues = 256
)

// tieBreak is the content part of a revision whose content's hash begins with
// that byte.
func (t Terms) tieBreak(hash byte) int {
	switch {
	case t.Status != Usable:
		return heldTie
	case !t.EmbargoUntil.IsZero():
		return freeTies + int(hash)*laterTies/hashValues
	}
	// What fits is the hash's first four bits, as it was before status counted.
	if n := int(hash >> 4); n < freeTies {
		return n
	}
	return int(hash&0xf) * freeTies / 16
}

// sourceVersion reads a counter; what is no counter is 0, what is too big for
// an int is one more than the maximum.
func sourceVersion(s string) int {
	s = strings.TrimSpace(s)
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n > MaxSourceVersion {
		return MaxSourceVersion + 1
	}
	return n
}
