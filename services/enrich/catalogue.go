// Package enrich is the stage that understands: it takes articles as they were
// received and says what their parts are, in which language, by which agency
// and after which media.
package enrich

import (
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher"
	"github.com/copytaster/copytaster/services/enrich/enricher/agency"
	"github.com/copytaster/copytaster/services/enrich/enricher/amounts"
	"github.com/copytaster/copytaster/services/enrich/enricher/attribution"
	"github.com/copytaster/copytaster/services/enrich/enricher/citedmedia"
	"github.com/copytaster/copytaster/services/enrich/enricher/credits"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities"
	"github.com/copytaster/copytaster/services/enrich/enricher/filed"
	"github.com/copytaster/copytaster/services/enrich/enricher/gist"
	"github.com/copytaster/copytaster/services/enrich/enricher/language"
	"github.com/copytaster/copytaster/services/enrich/enricher/moments"
	"github.com/copytaster/copytaster/services/enrich/enricher/places"
	"github.com/copytaster/copytaster/services/enrich/enricher/quotes"
	"github.com/copytaster/copytaster/services/enrich/enricher/segments"
	"github.com/copytaster/copytaster/services/enrich/enricher/topics"
	"github.com/copytaster/copytaster/services/enrich/enricher/translation"
)

// Catalogue is every enricher, in order. A new one is a folder under enricher/
// and a line here.
var Catalogue = enricher.Catalogue{
	{Name: segments.Name, Version: segments.Version, Required: true, New: made(segments.New)},
	{Name: language.Name, Version: language.Version, New: made(language.New), Clear: func(a *article.Article) { a.Language = article.Label{} }},
	{Name: agency.Name, Version: agency.Version, New: made(agency.New), Clear: func(a *article.Article) { a.Agency = article.Label{} }},
	{Name: credits.Name, Version: credits.Version, New: made(credits.New), Clear: func(a *article.Article) { a.Credits = nil }},
	{Name: citedmedia.Name, Version: citedmedia.Version, New: made(citedmedia.New), Clear: func(a *article.Article) { a.CitedMedia = nil }},
	{Name: amounts.Name, Version: amounts.Version, New: made(amounts.New), Clear: func(a *article.Article) { a.Amounts, a.Quantities = nil, nil }},
	{Name: filed.Name, Version: filed.Version, New: made(filed.New), Clear: func(a *article.Article) { a.Filed = article.Filed{} }},
	{Name: moments.Name, Version: moments.Version, New: made(moments.New), Clear: func(a *article.Article) { a.Moments = nil }},
	{Name: quotes.Name, Version: quotes.Version, New: made(quotes.New), Clear: func(a *article.Article) { a.Quotes = nil }},
	{Name: entities.Name, Version: entities.Version, New: made(entities.New), Clear: func(a *article.Article) { a.Entities = nil }},
	{Name: places.Name, Version: places.Version, New: made(places.New), Clear: func(a *article.Article) { a.Places = nil }},
	{Name: attribution.Name, Version: attribution.Version, New: made(attribution.New), Clear: func(a *article.Article) { a.Attribution = article.Attribution{} }},
	{Name: translation.Name, Version: translation.Version, New: made(translation.New), Clear: func(a *article.Article) { a.Translation = article.Translation{} }},
	{Name: topics.Name, Version: topics.Version, New: made(topics.New), Clear: func(a *article.Article) { a.Topics = nil }},
	{Name: gist.Name, Version: gist.Version, New: made(gist.New), Clear: func(a *article.Article) { a.Keyphrases, a.Summary = nil, article.Evidence{} }},
}

// NewChain makes the chain of [Catalogue]; it needs neither Kafka nor any other
// service. report may be nil.
func NewChain(report func(enricher.Outcome)) (*enricher.Chain, error) {
	return enricher.NewChain(Catalogue, report)
}

// made fits a constructor of a concrete type into the catalogue.
func made[E enricher.Enricher](f func() (E, error)) func() (enricher.Enricher, error) {
	return func() (enricher.Enricher, error) { return f() }
}
