package corpus

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// Document is the article as it is sent to the articles index: its JSON, with
// caption (the captions' texts), indexed_at, and the text again under the key
// of its language, which Elasticsearch indexes and drops from _source. Of a
// canceled article it is a notice, see [Notice]. An error means that the
// article can't be a document, now or later.
func Document(a *article.Article, indexedAt time.Time) ([]byte, error) {
	b, head, err := AppendDocuments(nil, a, indexedAt)
	return b[:head:head], err
}

// RuledDocument is [Document] for a head with that external version, see
// [NextVersion], whose newest kill or reinstatement has the place ruling. It has
// the field ruling if the version doesn't say so.
func RuledDocument(a *article.Article, indexedAt time.Time, version, ruling int64) ([]byte, error) {
	b, err := Document(a, indexedAt)
	if err != nil || Ruling(version, nil) == ruling {
		return b, err
	}
	b = append(b[:len(b)-1], `,"ruling":`...)
	return append(strconv.AppendInt(b, ruling, 10), '}'), nil
}

// VersionDocument is the article as it is sent to the versions index: as
// [Document], without the text to be searched.
func VersionDocument(a *article.Article, indexedAt time.Time) ([]byte, error) {
	b, head, err := AppendDocuments(nil, a, indexedAt)
	return b[head:], err
}

// AppendDocuments appends [Document] and [VersionDocument] to b in one pass;
// the second begins at index head of the result. After an error b is returned
// as it was.
func AppendDocuments(b []byte, a *article.Article, indexedAt time.Time) (_ []byte, head int, err error) {
	if a.Status == article.Canceled {
		notice := Notice(a)
		a = &notice
	}
	if err := article.CheckSegments(a.Text, a.Segments); err != nil {
		return b, len(b), fmt.Errorf("article %s: %w", a.URI, err)
	}
	var few [usualSegments]place
	w := writer{b: b, escaped: few[:0]}
	if len(a.Segments) > len(few) {
		w.escaped = make([]place, len(a.Segments))
	} else {
		w.escaped = few[:len(a.Segments)]
	}
	body := w.article(a, indexedAt)
	common := len(w.b)
	if len(a.Segments) > 0 {
		w.stemmed(a, body)
	}
	w.b = append(w.b, '}')
	head = len(w.b)
	w.b = append(w.b, w.b[len(b):common]...)
	w.b = append(w.b, '}')
	if w.err != nil {
		return b, len(b), fmt.Errorf("article %s: %w", a.URI, w.err)
	}
	return w.b, head, nil
}

// usualSegments is how many segments an article may have until its documents
// need a piece of memory more.
const usualSegments = 64

// Parse reads a document's _source back. What a document does not hold (the
// original bytes, the trace) is missing from the article.
func Parse(source []byte) (a article.Article, indexedAt time.Time, err error) {
	if err := json.Unmarshal(source, &a); err != nil {
		return article.Article{}, time.Time{}, fmt.Errorf("document: %w", err)
	}
	var e struct {
		IndexedAt time.Time `json:"indexed_at"`
	}
	if err := json.Unmarshal(source, &e); err != nil {
		return article.Article{}, time.Time{}, fmt.Errorf("document %s: indexed_at: %w", a.URI, err)
	}
	return a, e.IndexedAt.UTC(), nil
}

// NoticeFields are the fields of a document that [Notice] keeps.
var NoticeFields = []string{
	"uri", "version", "revision", "status", "embargo_until", "expires_at", "source", "provider", "urgency",
	"published_at", "version_created", "received_at", "sort_date", "flags",
}

// Notice is what is left of a killed article: that it was, whose, when, that it
// is canceled, and what its status was without the kill. Nothing of what it said,
// and nothing that enrichment found out: a kill comes both before and after it, and
// whichever is written first must say the same.
func Notice(a *article.Article) article.Article {
	n := article.Article{
		URI: a.URI, Version: a.Version, Revision: a.Revision, Status: article.Canceled, EmbargoUntil: a.EmbargoUntil, ExpiresAt: a.ExpiresAt,
		Source: a.Source, Provider: a.Provider, Urgency: a.Urgency,
		PublishedAt: a.PublishedAt, VersionCreated: a.VersionCreated, ReceivedAt: a.ReceivedAt,
		Flags: slices.DeleteFunc(slices.Clone(a.Flags), ofEnrichment),
	}
	if flag, ok := was[a.Status]; ok {
		n.Flag(flag)
	}
	return n
}

// ofEnrichment tells whether enrichment may set a flag. They are about fields that
// no notice has.
func ofEnrichment(flag string) bool {
	return flag == article.FlagEnricherFailed || flag == article.FlagTruncated
}

// was are the flags of a killed article's revisions, by what they were without
// the kill.
var was = map[article.Status]string{article.Usable: article.FlagWasUsable, article.Withheld: article.FlagWasWithheld}

// Was is the status of a revision, or of what a kill left of it. It is canceled
// for a kill itself.
func Was(s article.Status, flags []string) article.Status {
	for status, flag := range was {
		if slices.Contains(flags, flag) {
			return status
		}
	}
	return s
}
