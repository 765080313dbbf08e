package topic_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/topic"
)

// What a service may do is derived here a second time, from the flow and not
// from the topology.
func TestRightsAreWhatTheFlowNeeds(t *testing.T) {
	may := map[string][]string{}
	for _, r := range topic.Rights("n-") {
		key := r.Service + " " + r.Operation
		if r.Resource == topic.OnGroup {
			key = r.Service + " group"
		}
		if r.Resource != topic.OnCluster && !strings.HasPrefix(r.Name, "n-") {
			t.Errorf("%+v is outside the namespace", r)
		}
		may[key] = append(may[key], strings.TrimPrefix(r.Name, "n-"))
	}
	for key, want := range map[string]string{
		"ingest Write": "articles.notices articles.received articles.received.bulk ingest.dead sources.state",
		"ingest Read":  "sources.state",
		"ingest group": "",
		"enrich Read":  "article.overrides articles.received articles.received.bulk enrich.generations",
		"enrich Write": "articles.enriched articles.enriched.bulk articles.received.bulk.dead articles.received.dead",
		"enrich group": "enrich enrich.bulk",
		"index Read":   "articles.enriched articles.enriched.bulk articles.notices",
		"index Write":  "articles.enriched.bulk.dead articles.enriched.dead articles.notices.dead",
		"index group":  "index index.bulk index.notices",
		// What is released is read back, since it says what went out; the audit,
		// since each ruling stands there once.
		"release Read":  "articles.audit articles.current articles.enriched articles.enriched.bulk articles.notices articles.released articles.status embargo.pending",
		"release Write": "articles.audit articles.current articles.released articles.status embargo.pending release.dead",
		"release group": "release release.bulk release.notices",
		// Nothing that is under embargo or withheld is where they may read.
		"subscriber Read":  "articles.current articles.released",
		"subscriber Write": "",
		"subscriber group": "subscriber",
		// Editors correct articles by it: it looks for the newest revision, and sends it again.
		"editor Read":  "article.overrides articles.enriched articles.enriched.bulk articles.received articles.received.bulk articles.status",
		"editor Write": "article.overrides articles.audit articles.received articles.received.bulk",
		"editor group": "enrich enrich.bulk index index.bulk",
		"search Read":  "access.keys articles.released",
		"search Write": "",
		"search group": "",
		// Operators read every letter by it, send it back, and look at the groups without being in one.
		"console Read": "articles.enriched articles.enriched.bulk articles.enriched.bulk.dead articles.enriched.dead articles.notices articles.notices.dead " +
			"articles.received articles.received.bulk articles.received.bulk.dead articles.received.dead dead.handled ingest.dead release.dead",
		"console Write": "articles.enriched articles.enriched.bulk articles.notices articles.received articles.received.bulk dead.handled",
		"console group": "enrich enrich.bulk index index.bulk index.notices release release.bulk release.notices",
		// Letters go back to where they came from, replays to the back-fill
		// topics; generations and what was done with letters are the tools' own.
		"operator Write": "access.audit access.keys article.overrides articles.audit articles.enriched articles.enriched.bulk articles.notices articles.received articles.received.bulk dead.handled enrich.generations",
		"operator group": "enrich enrich.bulk index index.bulk index.notices release release.bulk release.notices",
	} {
		if got := strings.Join(may[key], " "); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	for _, service := range topic.Services() {
		for _, operation := range []string{"Create", "Delete", "Alter", "AlterConfigs", "All", "ClusterAction"} {
			if n := len(may[service+" "+operation]); n > 0 && service != topic.Operator {
				t.Errorf("%s may %s", service, operation)
			}
		}
	}
	for _, r := range topic.Rights("n-") {
		if r.Operation == "Delete" || r.Operation == "All" {
			t.Errorf("%+v: nothing that runs deletes anything", r)
		}
	}
	for _, r := range topic.Rights("") {
		if r.Service == topic.Console && r.Resource == topic.OnGroup && r.Operation != "Describe" {
			t.Errorf("%+v: it could take a stage's place", r)
		}
	}
	for _, known := range topic.All {
		if !slices.Contains(may[topic.Operator+" Read"], known.Name) || !slices.Contains(may[topic.Operator+" Create"], known.Name) {
			t.Errorf("the operator may not read or create %s", known.Name)
		}
	}
	if got := strings.Join(topic.Services(), " "); got != "console editor enrich index ingest operator release search subscriber" {
		t.Errorf("services: %s", got)
	}
	all := topic.Rights("")
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Error("a right is there twice")
	}
}
