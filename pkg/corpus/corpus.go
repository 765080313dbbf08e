// Package corpus is the shape of the articles in Elasticsearch: index names and
// aliases, ids, mapping, analysis, and the document itself. The index service
// writes by it and the search service reads by it; neither knows the other.
//
// There are two indices, each behind an alias:
//
//   - articles holds the newest revision of every URI, or its kill. Its id is
//     [ID], its external version [HeadVersion].
//   - article-versions holds every revision a provider sent. Its id is
//     [VersionID], its routing [Routing], its external version the revision
//     with generation and sequence, so that a better enrichment replaces the
//     entry. It is stored and not searched: a reader comes to it only through
//     the head in articles, whose status and embargo govern all revisions.
package corpus

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/zeebo/blake3"

	"github.com/copytaster/copytaster/pkg/article"
)

// Schema is the version of mapping and analysis. It is part of the names of the
// concrete indices: a change that Elasticsearch can't apply to a live index
// counts it up, and the new index is filled from the log beside the old one.
const Schema = 1

// MaxNamespace is the longest namespace in bytes; index names end at 255.
const MaxNamespace = 100

// Namespace sets one installation's indices apart from another's on the same
// cluster: a prefix, "" for none.
type Namespace string

const namespaceRunes = "abcdefghijklmnopqrstuvwxyz0123456789-_."

// Articles is the alias of the newest revisions.
func (n Namespace) Articles() string { return string(n) + "articles" }

// Versions is the alias of all revisions.
func (n Namespace) Versions() string { return string(n) + "article-versions" }

// Pair is a pair of aliases that stand for the two indices of one build.
type Pair struct{ articles, versions string }

// Articles is the alias of the newest revisions.
func (p Pair) Articles() string { return p.articles }

// Versions is the alias of all revisions.
func (p Pair) Versions() string { return p.versions }

// Ends of the aliases that are not the live ones.
const (
	suffixNext     = "-next"
	suffixPrevious = "-previous"
)

// Next are the aliases of the indices that are being filled beside the live ones.
func (n Namespace) Next() Pair { return Pair{n.Articles() + suffixNext, n.Versions() + suffixNext} }

// Previous are the aliases of the indices that were live before, and are kept
// for a rollback.
func (n Namespace) Previous() Pair {
	return Pair{n.Articles() + suffixPrevious, n.Versions() + suffixPrevious}
}

// Validate tells why n can't stand in front of an index name.
func (n Namespace) Validate() error {
	if n == "" {
		return nil
	}
	switch {
	case len(n) > MaxNamespace:
		return fmt.Errorf("namespace %q has %d bytes, the limit is %d", string(n), len(n), MaxNamespace)
	case strings.ContainsFunc(string(n), func(r rune) bool { return !strings.ContainsRune(namespaceRunes, r) }):
		return fmt.Errorf("namespace %q: only a-z, 0-9, '-', '_' and '.' may stand in an index name", string(n))
	case strings.ContainsRune("-_.", rune(n[0])):
		return fmt.Errorf("namespace %q: an index name may not begin with %q", string(n), n[0])
	}
	return nil
}

// concrete is the name of the index behind an alias.
func concrete(alias string) string { return alias + "-" + strconv.Itoa(Schema) }

// ID is the document id of an article's head: 43 characters that need no
// escaping in a URL. The URI itself won't do, since ids end at 512 bytes.
func ID(uri article.URI) string { return hash(string(uri)) }

// VersionID is the document id of one revision among the versions. Generation
// and sequence don't count: what was enriched again replaces what it was.
func VersionID(uri article.URI, r article.Revision) string {
	// No URI has a control character, so the separator can't be part of one.
	return hash(string(uri) + "\x00" + strconv.FormatInt(r.Source(), 10))
}

// The external version of a head is, of an article about which nothing was ruled,
// the revision that governs.
//
// Else the highest 11 of 63 bits are set; a revision is up there only with a source
// version that saturates and an order time after the year 2106. The next 38 bits
// are the place of the newest kill or reinstatement ([article.Article.RuledAt], 0:
// none, but a hold without a version) when its head was written, then 1 bit for a
// kill. The last 13 order kills of one moment by their revisions' ends. So a kill
// stands above every revision, whatever its own revision is, and above the
// reinstatement that it came after; a reinstatement stands above the kill that it
// lifts, and above nothing later. See [article.Standing.Apply].
//
// Each head that is written after a look at the one before it counts up by one from
// there, through the bit of the kills and into the next place: nothing is left out,
// so that whoever wrote meanwhile is noticed. What it goes by then is no longer told
// by the version, but by the document's status and its field ruling, see
// [RuledDocument]. A kill whose own version was passed is written after a look, too.
const (
	ruledFrom = math.MaxInt64 &^ (1<<52 - 1)
	maxRuling = 1<<38 - 1
	rulingAt  = 14
	killBit   = 1 << 13
	maxTie    = killBit - 1
)

// HeadVersion is the external version of an article's head that is written
// without looking at what stands there. That of a kill is above every
// revision's; for what goes by a ruling otherwise, see [NextVersion].
func HeadVersion(a *article.Article) int64 {
	if a.Status == article.Canceled {
		return KillVersion(a.Revision, a.RuledAt())
	}
	return min(int64(a.Revision), ruledFrom-1)
}

// KillVersion is [HeadVersion] of a kill with that revision and place, see
// [article.Article.RuledAt].
func KillVersion(r article.Revision, at int64) int64 {
	return ruled(at) | killBit | int64(r)>>7&maxTie
}

func ruled(at int64) int64 { return ruledFrom | min(at, maxRuling)<<rulingAt }

// Ruled tells whether the head with that external version goes by more than its
// revision: it is a kill, was reinstated, or is, or was, under a hold that had
// no version. Such a head is written only after a look at it, but by a kill.
func Ruled(version int64) bool { return version >= ruledFrom }

// Ruling is the place of the newest kill or reinstatement of the head with that
// external version and field ruling (nil: it has none); 0: there was none.
func Ruling(version int64, field *int64) int64 {
	switch {
	case field != nil:
		return *field
	case !Ruled(version):
		return 0
	}
	return version >> rulingAt & maxRuling
}

// NextVersion is the external version for a head that takes the place of one
// with that version (0: there is none), which was looked at. ruling is the newest
// then, see [article.Standing].
func NextVersion(version, ruling int64) (int64, error) {
	if version == math.MaxInt64 {
		return 0, fmt.Errorf("no head can be written above version %d, the last of the year 2106", version)
	}
	return max(version+1, ruled(ruling)), nil
}

// Routing brings all versions of one article onto one shard.
func Routing(uri article.URI) string { return ID(uri) }

func hash(s string) string {
	sum := blake3.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Other is the key, beside those of [Languages], under which text of all other
// languages, and of no known one, is indexed: folded and unstemmed.
const Other = "other"

// Languages are the languages that are stemmed, by their keys in the mapping.
var Languages = []string{"en", "de", "fr", "es"}

// TextFields are the fields that words are looked for in. Each stands at the
// top level, folded and unstemmed, and as stemmed.<language>.<field>.
var TextFields = []string{"kicker", "headline", "standfirst", "byline", "body", "caption"}

// Language is the key under which text of the language, a BCP 47 tag, is
// stemmed: one of [Languages], or [Other].
func Language(tag string) string {
	primary, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	primary = strings.ToLower(primary)
	for _, l := range Languages {
		if l == primary {
			return l
		}
	}
	return Other
}

// Stemmed is the name of the field that holds the stemmed text of field in the
// language with that key.
func Stemmed(language, field string) string { return "stemmed." + language + "." + field }

// Names of what of an article's reading is found by. Said and Sums are nested:
// SaidSpeaker belongs to the words of [SaidWords], SumsCurrency to SumsValue.
const (
	Said         = "stemmed.said"
	SaidSpeaker  = "stemmed.said.speaker"
	Sums         = "stemmed.sums"
	SumsValue    = "stemmed.sums.value" // a range
	SumsCurrency = "stemmed.sums.currency"
	Speakers     = "stemmed.speakers"   // of all quotes
	Currencies   = "stemmed.currencies" // of all amounts
	Filed        = "stemmed.filed"      // places
	Mentioned    = "stemmed.mentioned"  // ranges, to the millisecond

	Persons       = "stemmed.persons" // normal names, as those of the next two
	Organisations = "stemmed.organisations"
	Places        = "stemmed.places"
	Countries     = "stemmed.countries"  // of the places, ISO 3166-1 alpha-2
	Locations     = "stemmed.locations"  // points, of the places that are located
	Topics        = "stemmed.topics"     // qcodes, with all broader ones
	Keyphrases    = "stemmed.keyphrases" // normal forms
)

const wordsOf = "words"

// Dateline is the field of the dateline: folded and unstemmed, at the top level alone.
const Dateline = "dateline"

// Words is the name of the field that holds the words, folded and unstemmed, of
// names: source, agency, cited_media, and those above that are names.
func Words(field string) string { return field + "." + wordsOf }

// SaidWords is the name of the field that holds the words of a quote, stemmed in
// the language with that key.
func SaidWords(language string) string { return "stemmed.said.words." + language }

// SaidExact is the name of the field that holds the words of such a quote folded and
// unstemmed.
func SaidExact(language string) string {
	if language == Other {
		return SaidWords(language)
	}
	return Words(SaidWords(language))
}
