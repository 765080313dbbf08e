// Package article holds what every stage of Copytaster speaks about: one
// revision of one article, its text, and what is known about it.
//
// The text is the truth. Headline, byline, body and the like are not stored
// beside it: they are [Segment]s, spans over [Article.Text] with a kind, so
// that nothing of what arrived can be lost or said twice.
package article

import (
	"slices"
	"strings"
	"time"
)

// Article is one revision of one article. The zero value is not valid; see
// [Article.Validate].
type Article struct {
	URI      URI
	Version  string   // as the provider sent it; empty if it sent none
	Revision Revision // orders the revisions of one URI, see [Article.Stamp]
	Status   Status
	// EmbargoUntil is when the article may go out, UTC; zero means at once.
	EmbargoUntil time.Time
	// ExpiresAt is from when on the article may no longer be shown, UTC; zero
	// means never.
	ExpiresAt time.Time
	// Notice is set if an editor says it, and not the agency.
	Notice *Notice

	// Source is the configured name of the intake it came through ("site-3").
	Source string
	// Provider is the namespace of the publisher's ids ("dpa", "site-3").
	Provider string
	// URL is where readers find the article, if anywhere.
	URL string
	// EvolvedFrom are the articles that this one goes on from or is derived from, as
	// its publisher says; it may take their place. Their own identities, statuses and
	// revisions stay as they are, and it says nothing of its own.
	EvolvedFrom []URI

	// Text is everything that was written, UTF-8. For plain text it is the
	// input itself, character by character; for structured input the decoder
	// lays the fields out with a [Builder]. Spans are byte offsets into it.
	Text string
	// Segments cover Text in order, without overlap; what lies between them is
	// white space only. A decoder leaves what it can't name as [Unknown].
	Segments []Segment

	Language   Label   // BCP 47 tag, e.g. "en"; "und" if it was looked for and not found
	Agency     Label   // the agency's usual short name, e.g. "dpa"
	CitedMedia []Label // normal names of the media the text cites, by first mention
	Credits    []Credit
	Attribution
	Filed       Filed
	Translation Translation
	Quotes      []Quotation // by place in Text, as the three below
	Amounts     []Amount    // of money
	Quantities  []Quantity  // of anything else
	Moments     []Moment    // the dates and periods that the text mentions
	Entities    []Entity    // by first mention, as Places
	Places      []Place
	Topics      []Topic     // the surest first
	Keyphrases  []Keyphrase // the highest score first
	// Summary is the one sentence of the text that tells most of it; a zero span
	// means that there is none.
	Summary Evidence
	// Corrections are which of the fields above an editor corrected.
	Corrections Corrections

	Subjects []Subject // as sent by the provider
	Images   []Image
	// Urgency is 1 (flash) to 9 by IPTC's scale; 0 means not stated.
	Urgency int

	PublishedAt    time.Time // zero: not known; never guessed from the clock
	VersionCreated time.Time // zero: not known
	ReceivedAt     time.Time // stamped once at ingest, kept on replay

	Original Original
	// Flags name what a reader or operator should know of, see the Flag
	// constants; sorted, no duplicates. Set them with [Article.Flag].
	Flags []string

	// Traceparent is the W3C trace context the article travels in. It belongs
	// to the journey, not to the article, and is not part of its JSON.
	Traceparent string
	// Replaced is how many characters stand as U+FFFD in what was read of the
	// original. It belongs to the decoding: it is neither sent on nor part of the
	// JSON.
	Replaced int
}

// What a flag says. Further ones belong here too, so that there is one list.
const (
	FlagOrderTimeClamped  = "order_time_clamped"             // VersionCreated was more than a day after ReceivedAt
	FlagVersionSaturated  = "version_saturated"              // the source's version is beyond what a Revision can hold
	FlagSortDateReceived  = "sort_date_is_received_at"       // no publication date is known
	FlagDateUnreadable    = "date_unreadable"                // a date was stated in a form that can't be read, and is left out
	FlagFieldUnreadable   = "field_unreadable"               // a field of the metadata has a form that can't be read, and is left out
	FlagCharsetReplaced   = "charset_replacement_characters" // bytes could not be converted and stand as U+FFFD
	FlagIdentityFromText  = "identity_from_text"             // no id was given, the URI is a hash of the text
	FlagCanonicalRejected = "canonical_url_of_other_site"    // a page claimed to be another site's
	FlagEnricherFailed    = "optional_enricher_failed"       // a field may be empty for that reason
	FlagNoticeDropped     = "notice_without_id"              // a kill or the like of a part was left out: it has no id of its own
	FlagTruncated         = "items_truncated"                // a limit cut a list (subjects, images) short
	FlagDateCompleted     = "date_completed"                 // a date without month or year was completed from that of arrival
	FlagAdvisory          = "advisory"                       // a message to editors, no report
	FlagCorrection        = "correction"                     // it says of itself that it corrects an earlier one
	FlagEmbargoUnresolved = "embargo_unresolved"             // an embargo is stated whose end can't be told; the article is withheld
	FlagWithheldByEditor  = "withheld_by_editor"             // it holds until an editor's reinstatement
	FlagWasUsable         = "was_usable"                     // a kill took its text: it was usable, or under embargo
	FlagWasWithheld       = "was_withheld"                   // a kill took its text: it was withheld
	FlagTargetUnknown     = "notice_target_unknown"          // a kill or hold whose article can't be told; it has killed nothing
	FlagOverrideOutdated  = "override_outdated"              // a list that an editor corrected lacks what is surely found in this revision's text, which has changed since
	FlagOverrideUnplaced  = "override_unplaced"              // words that an editor's correction names are not in this revision's text
	FlagHoldsOthers       = "original_holds_others"          // the original has other articles in it, or what may not be used: it is not for readers
)

// Flag adds name to the flags, once.
func (a *Article) Flag(name string) {
	for i, f := range a.Flags {
		if f == name {
			return
		}
		if f > name {
			a.Flags = append(a.Flags[:i], append([]string{name}, a.Flags[i:]...)...)
			return
		}
	}
	a.Flags = append(a.Flags, name)
}

// Unflag takes name out of the flags.
func (a *Article) Unflag(name string) {
	if i := slices.Index(a.Flags, name); i >= 0 {
		a.Flags = slices.Delete(slices.Clone(a.Flags), i, i+1)
	}
}

// SortDate is the date to sort by: PublishedAt, else VersionCreated, else
// ReceivedAt. guessed tells that it is the last of these.
func (a *Article) SortDate() (t time.Time, guessed bool) {
	switch {
	case !a.PublishedAt.IsZero():
		return a.PublishedAt, false
	case !a.VersionCreated.IsZero():
		return a.VersionCreated, false
	}
	return a.ReceivedAt, true
}

// Visible tells whether a reader without special rights may see the article
// at time now.
func (a *Article) Visible(now time.Time) bool {
	return a.terms().Visible(now)
}

// First is the text of the first segment of that kind, or "".
func (a *Article) First(k Kind) string {
	for _, s := range a.Segments {
		if s.Kind == k {
			return s.In(a.Text)
		}
	}
	return ""
}

// Body is what a reader reads below the headline: the paragraphs, subheads and
// set-off quotes, joined by blank lines. Captions, credits, notes and the like
// are not in it.
func (a *Article) Body() string {
	var b strings.Builder
	for _, s := range a.Segments {
		if !s.Kind.InBody() {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(s.In(a.Text))
	}
	return b.String()
}

// Label is a value that was read off the text or the metadata, with where and
// by whom. The zero value means unknown.
type Label struct {
	Value    string
	Evidence []Evidence
}

// Evidence says where a result comes from. A zero Span means that it doesn't
// come from the text (metadata, configuration).
type Evidence struct {
	Span
	Enricher   string  // "segments", "language", ...; a decoder signs as "format/<name>"
	Version    int     // of the enricher, counted up with every change of its results
	Confidence float64 // 0 to 1
}

// Credit is the credit line of an image.
type Credit struct {
	Evidence
	Photographer string
	Agencies     []string
}

// Attribution is who says so: the publisher took it from the agency, which
// cites media.
type Attribution struct {
	Publisher string
	Via       string   // the agency, "" if none
	Cites     []string // normal names
}

// Subject is a topic code as the provider sent it.
type Subject struct {
	Code string // e.g. "medtop:20000070", "" if only a name was sent
	Name string
}

// Image is a picture that belongs to the article.
type Image struct {
	URL       string
	MediaType string
	Caption   string
	Credit    string
}

// Original is what arrived, as it arrived.
type Original struct {
	Bytes     []byte // dropped after the received topic, or before if too large; the archive keeps it
	Size      int64  // of Bytes
	Hash      string // SHA-256 of Bytes, hex
	Format    string // name of the decoder, e.g. "text"
	MediaType string // as stated or detected
	Charset   string // as converted from, e.g. "windows-1252"
	Name      string // file name or the like, for people
	Archived  string // its name in the archive, "" if it isn't there
	Stated    Stated
}

// Stated is what the source said of the original: with the bytes, the
// article's source, provider and ReceivedAt, and the name, all that is needed
// to decode it again.
type Stated struct {
	URL         string
	MediaType   string
	Charset     string
	PublishedAt time.Time
}
