package corpus

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"strconv"
	"time"
)

// Limits of the mapping, in characters unless said otherwise. A keyword beyond
// its limit stays in _source and can't be found or counted by.
const (
	MaxURIKeyword  = 2048 // as long as a URI may be
	MaxNameKeyword = 512  // sources, agencies, media, subjects, file names; of persons, places and the like
	MaxCodeKeyword = 128  // languages, states, flags, hashes, formats
	MaxFields      = 200  // fields of an index; strictness keeps it far below
)

type object = map[string]any

// analysis holds custom analyzers only: the built-in language analyzers stem
// differently from the stemmers that a program outside Elasticsearch can use,
// and a saved search must find the same in both places.
//
// French and Spanish are folded after stemming, since their endings are told
// apart by accents (condamné, condamnées; nación, naciones). English and German
// lose nothing by being folded first, and gain that an accent or a typographic
// apostrophe doesn't hide an ending (cafés, Niger’s).
func analysis() object {
	chain := func(filters ...string) object {
		return object{"type": "custom", "tokenizer": "standard", "filter": append([]string{"lowercase"}, filters...)}
	}
	stem := func(language string) object { return object{"type": "snowball", "language": language} }
	return object{
		"char_filter": object{
			// French stemmers disagree about the diaeresis: Haïti, Israël.
			"diaeresis": object{"type": "mapping", "mappings": []string{"ï=>i", "Ï=>I", "ë=>e", "Ë=>E"}},
		},
		"filter": object{
			"elision_fr": object{"type": "elision", "articles": []string{
				"l", "m", "t", "qu", "n", "s", "j", "d", "c", "jusqu", "quoiqu", "lorsqu", "puisqu",
			}},
			"stem_en": stem("English"),
			"stem_de": stem("German"),
			"stem_fr": stem("French"),
			"stem_es": stem("Spanish"),
		},
		"analyzer": object{
			"folded": chain("asciifolding"),
			"en":     chain("asciifolding", "stem_en"),
			"de":     chain("asciifolding", "stem_de"),
			"fr": object{
				"type": "custom", "tokenizer": "standard", "char_filter": []string{"diaeresis"},
				"filter": []string{"lowercase", "elision_fr", "stem_fr", "asciifolding"},
			},
			"es": chain("stem_es", "asciifolding"),
		},
	}
}

// Analyzer is the name of the analyzer of the text stemmed under a language's
// key; that of the top-level fields, and of [Other], is "folded".
func Analyzer(language string) string {
	if language == Other {
		return "folded"
	}
	return language
}

func keyword(limit int) object { return object{"type": "keyword", "ignore_above": limit} }

// name is a keyword that is found by its words, too, as [Words] of the field.
func name() object {
	m := keyword(MaxNameKeyword)
	m["fields"] = object{wordsOf: words()}
	return m
}

func words() object { return object{"type": "text", "analyzer": "folded", "norms": false} }

func date() object { return object{"type": "date", "format": "strict_date_optional_time"} }

// blob is kept and given back, and not looked into.
func blob() object { return object{"type": "object", "enabled": false} }

func strict(properties object) object {
	return object{"dynamic": "strict", "properties": properties}
}

// fields are the properties that both indices have.
func fields() object {
	return object{
		"uri":         keyword(MaxURIKeyword),
		"version":     keyword(MaxCodeKeyword),
		"revision":    object{"type": "long", "coerce": false},
		"status":      keyword(MaxCodeKeyword),
		"source":      keyword(MaxNameKeyword),
		"provider":    keyword(MaxNameKeyword),
		"url":         keyword(MaxURIKeyword),
		"agency":      keyword(MaxNameKeyword),
		"language":    keyword(MaxCodeKeyword),
		"cited_media": keyword(MaxNameKeyword),
		"flags":       keyword(MaxCodeKeyword),
		"urgency":     object{"type": "byte", "coerce": false},

		"evolved_from": keyword(MaxURIKeyword),

		"subjects":    strict(object{"code": keyword(MaxNameKeyword), "name": keyword(MaxNameKeyword)}),
		"segments":    blob(),
		"provenance":  blob(),
		"credits":     blob(),
		"images":      blob(),
		"attribution": blob(),
		"filed":       blob(),
		"translation": blob(),
		"quotes":      blob(),
		"amounts":     blob(),
		"quantities":  blob(),
		"dates":       blob(),
		"entities":    blob(),
		"places":      blob(),
		"topics":      blob(),
		"keyphrases":  blob(),
		"summary":     blob(),
		"corrections": blob(),

		"translation_likely": object{"type": "boolean"},
		"reading_time":       object{"type": "integer", "coerce": false, "index": false, "doc_values": false},

		"published_at": date(), "version_created": date(), "received_at": date(),
		"sort_date": date(), "embargo_until": date(), "expires_at": date(), "indexed_at": date(),
		"original": strict(object{
			"size": object{"type": "long", "coerce": false}, "hash": keyword(MaxCodeKeyword), "format": keyword(MaxCodeKeyword),
			"media_type": keyword(MaxNameKeyword), "charset": keyword(MaxCodeKeyword), "name": keyword(MaxNameKeyword),
		}),
	}
}

func articlesMapping() object {
	text := func(analyzer string) object {
		// With offsets in the index, highlighting doesn't analyse the text again,
		// and is not bound by index.highlight.max_analyzed_offset.
		return object{"type": "text", "analyzer": analyzer, "index_options": "offsets"}
	}
	p := fields()
	m := strict(p)
	m["_source"] = object{"excludes": []string{"stemmed"}}
	p["dateline"] = text("folded")
	for _, f := range []string{"source", "agency", "cited_media"} {
		p[f] = name()
	}
	p["ruling"] = object{"type": "long", "coerce": false, "index": false, "doc_values": false}
	stemmed := object{}
	for _, l := range append([]string{Other}, Languages...) {
		of := object{}
		for _, f := range TextFields {
			p[f] = text("folded")
			of[f] = text(Analyzer(l))
		}
		stemmed[l] = strict(of)
	}
	said := object{}
	for _, l := range append([]string{Other}, Languages...) {
		of := object{"type": "text", "analyzer": Analyzer(l)}
		if l != Other {
			of["fields"] = object{wordsOf: words()}
		}
		said[l] = of
	}
	// A quote's words belong to its speaker, an amount to its currency: a nested
	// object keeps them together. Article and nested objects are documents to
	// Elasticsearch, which refuses an article with more than
	// index.mapping.nested_objects.limit, 10,000, of them.
	stemmed["said"] = nested(object{"words": strict(said), "speaker": name()})
	stemmed["sums"] = nested(object{"value": object{"type": "double_range"}, "currency": keyword(MaxCodeKeyword)})
	stemmed["currencies"] = keyword(MaxCodeKeyword)
	stemmed["mentioned"] = object{"type": "date_range", "format": "strict_date_optional_time"}
	for _, f := range []string{"persons", "organisations", "places", "keyphrases", "speakers", "filed"} {
		stemmed[f] = name()
	}
	stemmed["topics"] = keyword(MaxNameKeyword)
	stemmed["countries"] = keyword(MaxCodeKeyword)
	stemmed["locations"] = object{"type": "geo_point"}
	p["stemmed"] = strict(stemmed)
	return m
}

// nested are objects each of which is searched by itself.
func nested(properties object) object {
	m := strict(properties)
	m["type"] = "nested"
	return m
}

func versionsMapping() object {
	p := fields()
	m := strict(p)
	m["_routing"] = object{"required": true}
	for _, f := range append([]string{"dateline"}, TextFields...) {
		p[f] = object{"type": "text", "index": false}
	}
	return m
}

// Settings are the settings of the indices that may differ between
// installations. They count when an index is created, and are left alone later.
type Settings struct {
	Shards          int           // of each index; 0: 1
	RefreshInterval time.Duration // how soon what was written can be found; 0: DefaultRefreshInterval
}

// DefaultRefreshInterval makes an article searchable well within a second.
const DefaultRefreshInterval = 250 * time.Millisecond

// MaxShards bounds Settings.Shards.
const MaxShards = 128

func (s Settings) body() object {
	if s.Shards == 0 {
		s.Shards = 1
	}
	if s.RefreshInterval == 0 {
		s.RefreshInterval = DefaultRefreshInterval
	}
	return object{
		"number_of_shards":     strconv.Itoa(s.Shards),
		"auto_expand_replicas": "0-1", // one node: none, and the cluster is green
		"refresh_interval":     strconv.FormatInt(s.RefreshInterval.Milliseconds(), 10) + "ms",
		"mapping":              object{"total_fields": object{"limit": strconv.Itoa(MaxFields)}},
		// Words of phrases are marked one by one: as wholes, that takes four times as long.
		"highlight": object{"weight_matches_mode": object{"enabled": "false"}},
	}
}

// index is one index as it should be.
type index struct {
	alias    string
	mapping  object
	analysis object
}

func indices(n Namespace) []index {
	return []index{
		{n.Articles(), articlesMapping(), analysis()},
		{n.Versions(), versionsMapping(), object{}},
	}
}

// fingerprint is the same for the same mapping and analysis.
func (x index) fingerprint() string {
	b, err := json.Marshal([]any{x.mapping, x.analysis})
	if err != nil {
		panic(err) // maps, strings, numbers and bools only
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// create is the body of the request that creates the index with its alias, in
// one step, so that no half of it can be left behind.
func (x index) create(s Settings) object {
	mapping := object{"_meta": object{"copytaster": object{"schema": Schema, "fingerprint": x.fingerprint()}}}
	maps.Copy(mapping, x.mapping)
	settings := s.body()
	if len(x.analysis) > 0 {
		settings["analysis"] = x.analysis
	}
	return object{
		"settings": object{"index": settings},
		"mappings": mapping,
		"aliases":  object{x.alias: object{"is_write_index": true}},
	}
}
