package query

import (
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
)

// kind is what the values of a field are.
type kind uint8

const (
	nothing   kind = iota // yet
	ofText                // words of a text, stemmed by its language
	ofName                // words of names, unstemmed
	ofPlace               // likewise, or the code of a country
	ofCode                // one of a list of codes
	ofTag                 // a language
	ofTopic               // a Media Topic
	ofNumber              // a whole number, a range
	ofTime                // a moment, a range
	ofPeriod              // periods of days, a range touches them
	ofMoney               // an amount, a range, a currency
	ofPoint               // a place on earth and a distance
	ofQuote               // words of one quote, and its speaker
	ofYesOrNo             // whether
)

// Field is what can stand before a colon.
type Field struct {
	Name    string
	Aliases []string
	// Example is a use of it, and Help what it finds.
	Example, Help string
	// Missing says why nothing can be found by it yet; "" if it can.
	Missing string

	kind    kind
	elastic string                     // the field in Elasticsearch; of a text, its name
	words   func(d *Document) []string // texts, names or codes
	times   func(d *Document) (corpus.Period, bool)
	among   []string                    // values that there are; nil: any
	form    func(value string) string   // the value as the index has it, "" if it is none
	formed  string                      // what a value looks like
	count   func(d *Document) int       // 0: none
	bounds  [2]int                      // of numbers
	yes     func(d *Document) (is bool) // whether
}

// fields are all there are, each a line or two: what it is called, what it finds, where
// the index has it, and where an article does.
var fields = []*Field{
	{Name: "headline", Example: `headline:niger`, Help: "words of the headline", kind: ofText, elastic: "headline", words: first(article.Headline)},
	{Name: "kicker", Example: `kicker:analysis`, Help: "words of the line above the headline", kind: ofText, elastic: "kicker", words: first(article.Kicker)},
	{Name: "standfirst", Example: `standfirst:"peace talks"`, Help: "words of the standfirst", kind: ofText, elastic: "standfirst", words: first(article.Standfirst)},
	{Name: "byline", Example: `byline:weber`, Help: "words of the byline", kind: ofText, elastic: "byline", words: first(article.Byline)},
	{Name: "body", Example: `body:(coup OR junta)`, Help: "words of the text", kind: ofText, elastic: "body", words: body},
	{Name: "caption", Example: `caption:soldier`, Help: "words of one caption", kind: ofText, elastic: "caption", words: captions},
	{Name: "dateline", Example: `dateline:niamey`, Help: "words of the dateline, unstemmed", kind: ofText, elastic: corpus.Dateline, words: first(article.Dateline)},

	{Name: "person", Example: `person:macron`, Help: "words of the name of somebody whom the article speaks of", kind: ofName, elastic: corpus.Persons, words: func(d *Document) []string { return d.found.Persons }},
	{Name: "organisation", Aliases: []string{"org", "organization"}, Example: `org:"African Union"`, Help: "likewise of an organisation", kind: ofName, elastic: corpus.Organisations, words: func(d *Document) []string { return d.found.Organisations }},
	{Name: "place", Example: `place:agadez`, Help: "likewise of a place; two capitals are a country's code, too", kind: ofPlace, elastic: corpus.Places, words: func(d *Document) []string { return d.found.Places }},
	{Name: "country", Example: `country:NE`, Help: "ISO 3166-1 code of a country in which a place lies that the article speaks of", kind: ofCode, elastic: corpus.Countries, form: capitals(2), formed: "a code of ISO 3166-1 such as NE", words: func(d *Document) []string { return d.found.Countries }},
	{Name: "near", Example: `near:13.5,2.1~50km`, Help: "such a place no further off than that (latitude, longitude; 50km if not told)", kind: ofPoint, elastic: corpus.Locations},
	{Name: "topic", Example: `topic:"armed conflict"`, Help: "Media Topic, by English name, words of it, or code; narrower ones are found, too", kind: ofTopic, elastic: corpus.Topics, words: func(d *Document) []string { return d.found.Topics }},
	{Name: "keyphrase", Example: `keyphrase:"drone base"`, Help: "words of a keyphrase", kind: ofName, elastic: corpus.Keyphrases, words: func(d *Document) []string { return d.found.Keyphrases }},

	{Name: "said", Aliases: []string{"quote"}, Example: `said:(abdramane withdraw*)`, Help: "words of one quote or of who said it; in brackets all of it in the same quote", kind: ofQuote, elastic: corpus.Said},
	{Name: "speaker", Example: `speaker:abdramane`, Help: "words of the name of somebody who is quoted; also inside of `said:( )`", kind: ofName, elastic: corpus.Speakers, words: func(d *Document) []string { return d.found.Speakers }},
	{Name: "amount", Aliases: []string{"money"}, Example: `amount:EUR:1mln..5mln`, Help: "an amount of money; any part of a range counts; the currency, or the amount, can be left out", kind: ofMoney, elastic: corpus.Sums},
	{Name: "currency", Example: `currency:EUR`, Help: "ISO 4217 code of an amount's currency", kind: ofCode, elastic: corpus.Currencies, form: capitals(3), formed: "a code of ISO 4217 such as EUR", words: func(d *Document) []string { return d.found.Currencies }},
	{Name: "date", Aliases: []string{"mentioned"}, Example: `date:2024-04`, Help: "a day or period that the text mentions touches that one", kind: ofPeriod, elastic: corpus.Mentioned},

	{Name: "published", Example: `published:>now-7d`, Help: "when it was published, or else created, or else received: the date that results go by", kind: ofTime, elastic: "sort_date", times: sortDate},
	{Name: "created", Example: `created:yesterday`, Help: "when this version was created", kind: ofTime, elastic: "version_created", times: func(d *Document) (corpus.Period, bool) { return at(d.article.VersionCreated) }},
	{Name: "received", Example: `received:>=today`, Help: "when it arrived here", kind: ofTime, elastic: "received_at", times: func(d *Document) (corpus.Period, bool) { return at(d.article.ReceivedAt) }},

	{Name: "agency", Example: `agency:dpa`, Help: "words of the agency's name", kind: ofName, elastic: "agency", words: func(d *Document) []string { return one(d.article.Agency.Value) }},
	{Name: "source", Example: `source:site-3`, Help: "words of the source's name", kind: ofName, elastic: "source", words: func(d *Document) []string { return one(d.article.Source) }},
	{Name: "cited", Aliases: []string{"cited_media"}, Example: `cited:"le monde"`, Help: "words of the name of a medium that the text cites", kind: ofName, elastic: "cited_media", words: cited},
	{Name: "filed", Example: `filed:niamey`, Help: "words of a place of the dateline", kind: ofName, elastic: corpus.Filed, words: func(d *Document) []string { return d.found.Filed }},
	{Name: "language", Aliases: []string{"lang"}, Example: `language:en`, Help: "BCP 47 tag; `en` finds `en-GB`, too", kind: ofTag, elastic: "language", words: func(d *Document) []string { return one(d.article.Language.Value) }},
	{Name: "status", Example: `status:usable`, Help: "`usable`, `withheld` or `canceled`, of what may be seen at all", kind: ofCode, elastic: "status", form: strings.ToLower, among: []string{string(article.Usable), string(article.Withheld), string(article.Canceled)}, words: func(d *Document) []string { return one(string(d.article.Status)) }},
	{Name: "urgency", Example: `urgency:1..3`, Help: "IPTC's urgency, 1 (flash) to 9", kind: ofNumber, elastic: "urgency", bounds: [2]int{1, 9}, count: func(d *Document) int { return d.article.Urgency }},
	{Name: "flag", Aliases: []string{"flags"}, Example: `flag:correction`, Help: "a flag of the article", kind: ofCode, elastic: "flags", form: strings.ToLower, words: func(d *Document) []string { return d.article.Flags }},
	{Name: "translated", Example: `translated:no`, Help: "`yes`: more likely translated than not; `no`: the others", kind: ofYesOrNo, elastic: "translation_likely", yes: func(d *Document) bool { return d.article.Translation.Likely() }},
	{Name: "uri", Example: `uri:urn:copytaster:site-3:42`, Help: "the article with that URI", kind: ofCode, elastic: "uri", form: func(s string) string { return s }, words: func(d *Document) []string { return one(string(d.article.URI)) }},

	{Name: "story", Example: `story:…`, Help: "the story that it belongs to", Missing: "stories are not told apart yet"},
	{Name: "duplicate", Example: `duplicate:…`, Help: "the articles that say the same", Missing: "duplicates are not found yet"},
}

// Fields are all fields, in the order of their table.
func Fields() []Field {
	all := make([]Field, len(fields))
	for i, f := range fields {
		all[i] = *f
	}
	return all
}

// named is the field of that name, in any case.
func named(name string) *Field {
	name = strings.ToLower(name)
	for _, f := range fields {
		if f.Name == name || slices.Contains(f.Aliases, name) {
			return f
		}
	}
	return nil
}

func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func first(k article.Kind) func(d *Document) []string {
	return func(d *Document) []string { return one(d.article.First(k)) }
}

func body(d *Document) []string { return one(d.article.Body()) }

func captions(d *Document) (all []string) {
	for _, s := range d.article.Segments {
		if s.Kind == article.Caption {
			all = append(all, s.In(d.article.Text))
		}
	}
	return all
}

func cited(d *Document) (all []string) {
	for _, l := range d.article.CitedMedia {
		all = append(all, l.Value)
	}
	return all
}

// capitals makes a code of n letters of ASCII.
func capitals(n int) func(string) string {
	return func(s string) string {
		s = strings.ToUpper(s)
		if len(s) != n || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return ""
		}
		return s
	}
}

// maxNear is how far off a field's name may be from what was meant, in letters.
const maxNear = 2

// near are the names of fields that may be meant by name, the nearest first.
func near(name string) []string {
	name = strings.ToLower(name)
	type guess struct {
		name string
		off  int
	}
	var guesses []guess
	for _, f := range fields {
		best := maxNear + 1
		for _, n := range append([]string{f.Name}, f.Aliases...) {
			off := Distance(name, n)
			if len(name) > maxNear && (strings.HasPrefix(n, name) || strings.HasPrefix(name, n)) {
				off = min(off, 1)
			}
			if off < len(n) { // else nothing of it is left
				best = min(best, off)
			}
		}
		if best <= maxNear {
			guesses = append(guesses, guess{f.Name, best})
		}
	}
	slices.SortStableFunc(guesses, func(a, b guess) int { return a.off - b.off })
	var names []string
	for _, g := range guesses[:min(len(guesses), 3)] {
		names = append(names, g.name)
	}
	return names
}
