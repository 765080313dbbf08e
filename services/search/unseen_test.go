package search_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/live/livetest"
)

// TestWhatIsHiddenChangesNothing: answers are the same bytes before and after articles
// come that the reader may not see, and that have the rare words of those that they may
// see, and more words like them than Elasticsearch looks at.
func TestWhatIsHiddenChangesNothing(t *testing.T) {
	n := open(t)
	text := []string{
		"Falkenstein is what the ministry calls its project for a drone base near Agadez in the desert.",
		"Soldiers from Washington must leave the country, a spokesman of the junta says on television.",
	}
	one := report{
		id: "one", language: "en", headline: "Ministry speaks of Falkenstein", body: text, persons: []string{"Ana Ruiz"},
		source: "site-3", keyphrases: []string{"drone base"},
	}
	seen := []report{one}
	for i := range 12 {
		r := report{id: fmt.Sprint("seen-", i), language: "en", headline: "Junta speaks of soldiers", persons: []string{"Ana Ruiz"}, published: day.Add(time.Duration(i) * time.Hour)}
		words := strings.Fields(strings.Join(text, " "))
		r.body = []string{strings.Join(words[i:i+12], " "), "The military is in the capital."}
		seen = append(seen, r)
	}
	path := articlePath(n.index(seen...)[0].URI)
	reader := n.reading(t, allButEmbargo, access.Grant{AgenciesDenied: []string{"foreign"}}, livetest.New(1))
	asked := []string{
		path + "/similar", path + "/similar?size=50",
		"/v1/spelling?" + query("q", "militery"), "/v1/spelling?" + query("q", "militery falkenstien"), "/v1/spelling?" + query("q", "junat soldirs"),
		"/v1/suggest?" + query("prefix", "a"), "/v1/suggest?" + query("prefix", "d", "of", "keyphrase,speaker,filed"),
		"/v1/significant?" + query("q", "junta", "of", "person,keyphrase,word"),
		"/v1/articles?" + query("q", "junta falkenst*"), "/v1/histogram", "/v1/map",
	}
	answers := func() (all []string) {
		for _, address := range asked {
			r := reader.get(address)
			if r.status != http.StatusOK {
				t.Fatalf("%s: %d %s", address, r.status, r.body)
			}
			all = append(all, changing.ReplaceAllString(r.body, ""))
		}
		return all
	}
	before := answers()
	if !strings.Contains(before[0], "seen-") || !strings.Contains(before[2], `"suggestion":"military"`) {
		t.Fatalf("nothing would be seen to change: %s, %s", before[0], before[2])
	}
	var unseen []report
	for i := range 60 {
		r := one
		r.id = fmt.Sprint("unseen-", i)
		r.headline = "Falkenstein in the desert, Agadez and Washington"
		letters := string([]rune{'a' + rune(i%26), 'a' + rune(i/26)})
		// Words as near as the ones that may be seen, and nearer.
		r.body = append([]string{"milit" + letters + "ry militer" + letters + " mil" + letters + "tery jun" + letters + " soldeir" + letters + " falkenstie" + letters}, text...)
		r.persons, r.keyphrases = []string{"Aab " + letters, "Ana Ruiz"}, []string{"drone base", "dab " + letters}
		switch i % 3 {
		case 0:
			r.embargo = time.Now().Add(time.Hour)
		case 1:
			r.agency = "foreign"
		default:
			r.status = article.Withheld
		}
		unseen = append(unseen, r)
	}
	n.index(unseen...)
	for i, after := range answers() {
		if after != before[i] {
			t.Errorf("%s: %s, where it was %s", asked[i], after, before[i])
		}
	}
}
