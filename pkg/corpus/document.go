package corpus

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// extra is what a document has beyond the article's own JSON.
type extra struct {
	Caption   []string         `json:"caption,omitempty"`
	IndexedAt time.Time        `json:"indexed_at"`
	Stemmed   map[string]texts `json:"stemmed,omitempty"`
}

// texts are the [TextFields].
type texts struct {
	Kicker     string   `json:"kicker,omitempty"`
	Headline   string   `json:"headline,omitempty"`
	Standfirst string   `json:"standfirst,omitempty"`
	Byline     string   `json:"byline,omitempty"`
	Body       string   `json:"body,omitempty"`
	Caption    []string `json:"caption,omitempty"`
}

// Document is the article as it is sent to the articles index: its JSON, with
// caption (the captions' texts), indexed_at, and the text again under the key
// of its language, which Elasticsearch indexes and drops from _source. Of a
// canceled article it is a notice, see [Notice]. An error means that the
// article can't be a document, now or later.
func Document(a *article.Article, indexedAt time.Time) ([]byte, error) {
	return document(a, indexedAt, true)
}

// VersionDocument is the article as it is sent to the versions index: as
// [Document], without the text to be searched.
func VersionDocument(a *article.Article, indexedAt time.Time) ([]byte, error) {
	return document(a, indexedAt, false)
}

func document(a *article.Article, indexedAt time.Time, searchable bool) ([]byte, error) {
	if a.Status == article.Canceled {
		notice := Notice(a)
		a = &notice
	}
	base, err := a.MarshalJSON()
	if err != nil {
		return nil, err
	}
	e := extra{IndexedAt: indexedAt.UTC()}
	for _, s := range a.Segments {
		if s.Kind == article.Caption {
			e.Caption = append(e.Caption, s.In(a.Text))
		}
	}
	if searchable && len(a.Segments) > 0 {
		e.Stemmed = map[string]texts{Language(a.Language.Value): {
			Kicker: a.First(article.Kicker), Headline: a.First(article.Headline), Standfirst: a.First(article.Standfirst),
			Byline: a.First(article.Byline), Body: a.Body(), Caption: e.Caption,
		}}
	}
	more, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("article %s: %w", a.URI, err)
	}
	doc := append(base[:len(base)-1], ',')
	return append(doc, more[1:]...), nil
}

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
	"uri", "version", "revision", "status", "embargo_until", "source", "provider", "agency", "urgency",
	"published_at", "version_created", "received_at", "sort_date", "flags",
}

// Notice is what is left of a killed article: that it was, whose, when, and
// that it is canceled. Nothing of what it said.
func Notice(a *article.Article) article.Article {
	return article.Article{
		URI: a.URI, Version: a.Version, Revision: a.Revision, Status: article.Canceled, EmbargoUntil: a.EmbargoUntil,
		Source: a.Source, Provider: a.Provider, Agency: article.Label{Value: a.Agency.Value}, Urgency: a.Urgency,
		PublishedAt: a.PublishedAt, VersionCreated: a.VersionCreated, ReceivedAt: a.ReceivedAt,
		Flags: a.Flags,
	}
}
