package copytaster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/search/find"
	"github.com/copytaster/copytaster/services/search/operator"
)

// desk asks the operator's API with a key.
type desk struct {
	*system

	at, key string
}

// ask sends a request, and decodes the answer if it is a success.
func (d *desk) ask(method, path, body string, into any) error {
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.at+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+d.key)
	res, err := d.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, path, res.Status, b)
	}
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	return err
}

// group is where a consumer group stands.
func (d *desk) group(name string) (operator.Group, error) {
	var s operator.Stages
	if err := d.ask(http.MethodGet, "/v1/operator/stages", "", &s); err != nil {
		return operator.Group{}, err
	}
	for _, stage := range s.Stages {
		for _, g := range stage.Groups {
			if g.Group == name {
				return g, nil
			}
		}
	}
	return operator.Group{}, fmt.Errorf("group %s is not told of", name)
}

// nested sets how many nested objects a document of the index may have.
func (s *system) nested(limit string) {
	s.t.Helper()
	for _, alias := range []string{"articles", "article-versions"} {
		req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPut, s.elasticsearch+"/"+s.namespace+alias+"/_settings", strings.NewReader(`{"index.mapping.nested_objects.limit":`+limit+`}`))
		if err != nil {
			s.t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := s.client.Do(req)
		if err != nil {
			s.t.Fatal(err)
		}
		var b bytes.Buffer
		_, err = b.ReadFrom(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			s.t.Fatalf("%s: %s %v", res.Status, b.String(), err)
		}
	}
}

// TestOperatorsSeeAndRedrive: what the index refuses is listed, an operator sends it again by the
// API when its cause is mended, and it is found. While a stage is stopped, its lag is seen.
func TestOperatorsSeeAndRedrive(t *testing.T) {
	t.Setenv("COPYTASTER_SEARCH_KEYS", "true")
	t.Setenv("COPYTASTER_SEARCH_OPERATOR", "true")
	t.Setenv("COPYTASTER_SEARCH_OPERATOR_EVERY", "1s")
	s := startSystem(t, "index")
	stopIndex := s.stop
	s.start("ingest", "enrich", "release", "search")
	o := toolsOn(t, s)
	key := func(scopes string) string {
		return strings.TrimSpace(o.must(0, "keys", "add", "Night desk", "--scope", scopes))
	}
	ops, reader := &desk{s, s.base, key("read,operate")}, &desk{s, s.base, key("read,write")}
	s.await("the operator's key is known, and the stages were looked at", func() error {
		_, err := ops.group(topic.GroupIndex)
		return err
	})
	if err := reader.ask(http.MethodGet, "/v1/operator/letters", "", nil); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("a reader is told of letters: %v", err)
	}

	// The index refuses all that has nested objects.
	s.nested("0")
	const text = "Ferry %s runs again\n\n\"The ferry runs again since Monday,\" Ana Ruiz said in Oslo. It cost 4 million euros.\n"
	uri := s.mustPush(fmt.Sprintf(text, "Aster"), "source=coast")
	var letter operator.Letter
	s.await("the refused article is among the letters", func() error {
		var p operator.Page
		if err := ops.ask(http.MethodGet, "/v1/operator/letters?state=open&source=coast&topic="+topic.Enriched+topic.DeadSuffix, "", &p); err != nil {
			return err
		}
		if len(p.Letters) != 1 {
			return fmt.Errorf("letters: %+v", p)
		}
		letter = p.Letters[0]
		return nil
	})
	if letter.URI != string(uri) || letter.Stage != "index" || letter.Headline != "Ferry Aster runs again" || !strings.Contains(letter.Reason, "nested") || !letter.Whole {
		t.Errorf("the letter is %+v", letter)
	}
	order := fmt.Sprintf(`{"letters":[%q],"why":"the limit is mended"}`, letter.Letter)
	if err := reader.ask(http.MethodPost, "/v1/operator/redrive", order, nil); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("a reader redrives: %v", err)
	}
	s.nested("10000")
	var done operator.Redriven
	if err := ops.ask(http.MethodPost, "/v1/operator/redrive", order, &done); err != nil || done.Redriven != 1 || done.Results[0].To != topic.Enriched {
		t.Fatalf("redrive: %+v %v", done, err)
	}
	s.awaitArticle(uri, nil)
	if err := ops.ask(http.MethodPost, "/v1/operator/redrive", order, &done); err != nil || done.Redriven != 0 || done.Before != 1 || done.Results[0].Handled.Why != "the limit is mended" {
		t.Errorf("twice: %+v %v", done, err)
	}
	// The tools know it by the same audit.
	if shown := o.must(0, "dead", "show", letter.Letter); !strings.Contains(shown, "redriven") || !strings.Contains(shown, "Night desk (key ") {
		t.Errorf("the tool shows %s", shown)
	}

	// A stage is stopped: what it should do is seen, and that nobody does it.
	s.await("the index has done all", func() error {
		g, err := ops.group(topic.GroupIndex)
		if err == nil && (g.Lag != 0 || g.Unread != 0 || len(g.Members) == 0) {
			err = fmt.Errorf("it is %+v", g)
		}
		return err
	})
	stopIndex()
	late := s.mustPush(fmt.Sprintf(text, "Boreas"), "source=coast")
	s.await("its lag is seen", func() error {
		g, err := ops.group(topic.GroupIndex)
		if err == nil && (g.Lag == 0 || g.OldestAge == nil || len(g.Members) != 0 || g.State != "Empty" || g.Unread != g.Partitions) {
			err = fmt.Errorf("it is %+v", g)
		}
		return err
	})
	s.start("index")
	s.awaitArticle(late, func(a *article.Article) bool { return a.First(article.Headline) == "Ferry Boreas runs again" })
	s.await("there is no lag any more", func() error {
		g, err := ops.group(topic.GroupIndex)
		if err == nil && (g.Lag != 0 || g.OldestAge != nil) {
			err = fmt.Errorf("it is %+v", g)
		}
		return err
	})

	// What ingest refused counts at its source.
	writeDropped(t, filepath.Join(s.drop, "hills"), "broken.txt", "\x00\x01\x02\x00binary\xff\xfe\x00")
	s.await("the letter of ingest is listed", func() error {
		var p operator.Page
		err := ops.ask(http.MethodGet, "/v1/operator/letters?source=hills", "", &p)
		if err == nil && (len(p.Letters) != 1 || p.Letters[0].Stage != "ingest" || p.Letters[0].Origin.Topic != "drop") {
			err = fmt.Errorf("letters: %+v", p)
		}
		return err
	})
	var told struct{ find.Sources }
	if err := ops.ask(http.MethodGet, "/v1/operator/sources", "", &told); err != nil {
		t.Fatal(err)
	}
	all := map[string]find.Source{}
	for _, one := range told.Sources.Sources {
		all[one.Source] = one
	}
	if c := all["coast"]; c.Hour < 2 || c.Refused != 1 || c.Last == nil {
		t.Errorf("coast is %+v", c)
	}
	if h := all["hills"]; h.State != find.SourceRefused || h.Refused != 1 {
		t.Errorf("hills is %+v", h)
	}
}
