// Package topic is the topology: every topic with its settings, and the groups
// that read it, in one place.
package topic

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Topic is a Kafka topic as it should be.
type Topic struct {
	Name       string
	Partitions int
	Retention  time.Duration // 0: for ever
	Compact    bool          // newest per key; Retention must be 0
	Writer     string        // the one service that produces to it; "copytaster": the operator's tools
	Also       []string      // services that produce to it, too
	Readers    []string      // services that read all of it, without a group; see Groups for the others
	Public     bool          // downstream teams may read it, see [Subscriber]
	About      string
}

// Names of the topics, without a namespace.
const (
	Received     = "articles.received"
	ReceivedBulk = "articles.received.bulk"
	Enriched     = "articles.enriched"
	EnrichedBulk = "articles.enriched.bulk"
	// Notices has the kills beside those topics, so that none waits behind a backlog.
	Notices        = "articles.notices"
	Released       = "articles.released"
	Current        = "articles.current"
	Status         = "articles.status"
	EmbargoPending = "embargo.pending"
	Audit          = "articles.audit"
	Overrides      = "article.overrides"
	ReleaseDead    = "release.dead"

	// AccessKeys has the API keys, as package access writes them; AccessAudit what was done with them.
	AccessKeys  = "access.keys"
	AccessAudit = "access.audit"

	Generations  = "enrich.generations"
	SourcesState = "sources.state"
	IngestDead   = "ingest.dead"
	DeadHandled  = "dead.handled"
)

// tools is the writer of what no service writes.
const tools = "copytaster"

// Editor is who corrects articles by the search service: a user of its own, since who
// answers searches needs to write nothing.
const Editor = "editor"

// DeadSuffix makes the name of the topic that holds a topic's dead letters.
const DeadSuffix = ".dead"

// MaxMessage is the largest message in bytes, before compression.
const MaxMessage = 8 << 20

const (
	day = 24 * time.Hour
	// compactionLag is how long nothing is compacted away.
	compactionLag = time.Hour
)

// All is the topology.
var All = []Topic{
	{Name: Received, Partitions: 12, Retention: 30 * day, Writer: "ingest", Also: []string{Editor}, Readers: []string{Editor}, About: "every article as parsed, with the original bytes"},
	{Name: ReceivedBulk, Partitions: 12, Retention: 30 * day, Writer: "ingest", Also: []string{Editor}, Readers: []string{Editor}, About: "the same, of back-fills, which live copy never waits behind"},
	{Name: Enriched, Partitions: 12, Writer: "enrich", Readers: []string{Editor}, About: "every revision with what was understood of it: the log that indices are built from"},
	{Name: EnrichedBulk, Partitions: 12, Writer: "enrich", Readers: []string{Editor}, About: "the same, of back-fills and replays; indices are built from both"},
	{Name: Notices, Partitions: 12, Retention: 30 * day, Writer: "ingest", About: "the kills as they arrive, ahead of what waits to be enriched"},
	{Name: Released, Partitions: 12, Retention: 30 * day, Writer: "release", Readers: []string{"release", "search"}, Public: true, About: "what may go out: usable, embargo over; kills and holds of what went out follow as notices without text"},
	{Name: Current, Partitions: 12, Compact: true, Writer: "release", Readers: []string{"release"}, Public: true, About: "the newest of each article that went out; of a killed or held one a notice without text"},
	{Name: Status, Partitions: 1, Compact: true, Writer: "release", Readers: []string{"release", Editor}, About: "articles that are killed, withheld, under embargo, reinstated, or expire"},
	{Name: EmbargoPending, Partitions: 1, Compact: true, Writer: "release", Readers: []string{"release"}, About: "articles under embargo that wait for their time"},
	{Name: Audit, Partitions: 1, Writer: "copytaster", Also: []string{"release", Editor}, Readers: []string{"release"}, About: "kills, holds and what lifted them, of editors and of agencies: who, when, why, and where the article had gone"},
	{Name: Overrides, Partitions: 1, Compact: true, Writer: "copytaster", Also: []string{Editor}, Readers: []string{"enrich", Editor}, About: "what editors corrected of articles, which goes before all that is found out of them"},
	{Name: Generations, Partitions: 1, Compact: true, Writer: "copytaster", Readers: []string{"enrich"}, About: "the generations of the enrichment that were issued, and the one that counts"},
	{Name: AccessKeys, Partitions: 1, Compact: true, Writer: "copytaster", Readers: []string{"search"}, About: "the API keys, hashed: whose, what they may ask for and see, until when"},
	{Name: AccessAudit, Partitions: 1, Writer: "copytaster", About: "what was done with API keys: who, when, why"},
	{Name: SourcesState, Partitions: 1, Compact: true, Writer: "ingest", Readers: []string{"ingest"}, About: "where each polled source stands: ETags, dates, hashes of what was seen"},
	{Name: IngestDead, Partitions: 1, Writer: "ingest", About: "input that could not become an article"},
	{Name: Received + DeadSuffix, Partitions: 1, Writer: "enrich", About: "articles that could not be enriched"},
	{Name: ReceivedBulk + DeadSuffix, Partitions: 1, Writer: "enrich", About: "articles of back-fills that could not be enriched"},
	{Name: Enriched + DeadSuffix, Partitions: 1, Writer: "index", About: "articles that could not be indexed"},
	{Name: EnrichedBulk + DeadSuffix, Partitions: 1, Writer: "index", About: "articles of back-fills that could not be indexed"},
	{Name: Notices + DeadSuffix, Partitions: 1, Writer: "index", About: "kills that could not be indexed ahead; they come again among the enriched"},
	{Name: ReleaseDead, Partitions: 1, Writer: "release", About: "articles that could not be released"},
	{Name: DeadHandled, Partitions: 1, Compact: true, Writer: "copytaster", About: "which dead letters were sent again or discarded: by whom, when and why"},
}

// Groups of the consumers.
const (
	GroupEnrich     = "enrich"
	GroupEnrichBulk = "enrich.bulk"
	GroupIndex      = "index"
	GroupIndexBulk  = "index.bulk"

	GroupIndexNotices   = "index.notices"
	GroupRelease        = "release"
	GroupReleaseBulk    = "release.bulk"
	GroupReleaseNotices = "release.notices"
)

// Group is a consumer group as it should be.
type Group struct {
	Name    string
	Topic   string // that it reads
	Service string // whose it is
	Bulk    string // topic that leads what is sent again beside live copy to the same service
}

// Groups is who reads what.
var Groups = []Group{
	{GroupEnrich, Received, "enrich", ReceivedBulk},
	{GroupEnrichBulk, ReceivedBulk, "enrich", ReceivedBulk},
	{GroupIndex, Enriched, "index", EnrichedBulk},
	{GroupIndexBulk, EnrichedBulk, "index", EnrichedBulk},
	{GroupIndexNotices, Notices, "index", EnrichedBulk},
	{GroupRelease, Enriched, "release", EnrichedBulk},
	{GroupReleaseBulk, EnrichedBulk, "release", EnrichedBulk},
	{GroupReleaseNotices, Notices, "release", EnrichedBulk},
}

// GroupByName finds a group of the topology.
func GroupByName(name string) (Group, error) {
	for _, g := range Groups {
		if g.Name == name {
			return g, nil
		}
	}
	return Group{}, fmt.Errorf("group %q is not in the topology; there are %s", name, strings.Join(GroupNames(), ", "))
}

// GroupNames are the names of all groups, in the order of [Groups].
func GroupNames() []string {
	names := make([]string, len(Groups))
	for i, g := range Groups {
		names[i] = g.Name
	}
	return names
}

// Dead tells whether the topic holds dead letters.
func (t Topic) Dead() bool { return t.Name == IngestDead || strings.HasSuffix(t.Name, DeadSuffix) }

// Namespace sets one installation's topics and groups apart from another's on
// the same cluster: a prefix, "" for none.
type Namespace string

// Name is the full name of a topic or group.
func (n Namespace) Name(name string) string { return string(n) + name }

// Config is the topic's settings by Kafka's names.
func (t Topic) Config() map[string]string {
	c := map[string]string{
		"max.message.bytes": strconv.Itoa(MaxMessage + 1<<20), // room for keys, headers and the batch's own bytes
		"retention.bytes":   "-1",
		"compression.type":  "producer",
	}
	if t.Public {
		// Release looks for what it wrote since a time by its own clock.
		c["message.timestamp.type"] = "CreateTime"
	} else {
		// By Kafka's clock. By a writer's, one that is an hour ahead could write nothing.
		c["message.timestamp.type"] = "LogAppendTime"
	}
	if t.Compact {
		c["cleanup.policy"] = "compact"
		// Lets the owner of a table mend what a former owner wrote over.
		c["min.compaction.lag.ms"] = strconv.FormatInt(compactionLag.Milliseconds(), 10)
	} else {
		c["cleanup.policy"] = "delete"
		c["retention.ms"] = "-1"
		if t.Retention > 0 {
			c["retention.ms"] = strconv.FormatInt(t.Retention.Milliseconds(), 10)
		}
	}
	return c
}

// ByName finds a topic of the topology.
func ByName(name string) (Topic, error) {
	for _, t := range All {
		if t.Name == name {
			return t, nil
		}
	}
	return Topic{}, fmt.Errorf("topic %q is not in the topology", name)
}
