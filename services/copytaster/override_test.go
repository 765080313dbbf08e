package copytaster

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/topic"
)

// corrections are "field by who" of an article, and its language.
func corrections(a *article.Article) string {
	all := []string{a.Language.Value}
	for _, c := range a.Corrections.Fields {
		all = append(all, strings.TrimSpace(c.Field+" "+c.Who))
	}
	return strings.Join(all, ", ")
}

// ferryID is the agency's name of the article that editors correct.
const ferryID = "urn:newsml:wire.example:20240501:ferry"

// What an editor says stands in the index and in the public topics, whatever the
// agency sends and however often it is enriched, until it is taken back.
func TestEditorsOverride(t *testing.T) {
	s := startSystem(t)
	o := toolsOn(t, s)
	released := s.subscribe(topic.Released)
	const uri = article.URI("urn:copytaster:wire:" + ferryID)
	is := func(headline, want string) *article.Article {
		t.Helper()
		return s.awaitArticle(uri, func(a *article.Article) bool { return a.First(article.Headline) == headline && corrections(a) == want })
	}
	set := func(args ...string) []string {
		return append([]string{"override", "set", "--who", "M. Ito", "--reason", "the wrong Skarra", string(uri)}, args...)
	}
	o.refused(1, "has no revision with a text", append(set("language=sv"), "--yes")...)
	s.mustPush(ninjs(ferryID, "1", "Ferry sinks", ""), "source=wire")
	first := is("Ferry sinks", "en")

	// Nothing happens by mistake.
	o.refused(2, "missing flags: --who=NAME", "override", "set", string(uri), "language=sv")
	o.refused(2, `field "body" can't be corrected`, set("body=x")...)
	o.refused(2, "is not as FIELD=VALUE", set("language")...)
	o.refused(2, "say --yes", set("language=sv")...)
	o.refused(1, `entities[0].mentions[0]: "Ana" is not in the text`, append(set(`entities=[{"type":"person","name":"Ana","mentions":[{"text":"Ana"}]}]`), "--yes")...)
	o.refused(1, "language: urn:copytaster:wire:"+ferryID+" has no such correction", "override", "remove", "--by", "M. Ito", "--yes", string(uri), "language")
	o.refused(1, "was ever corrected", "override", "list", string(uri))
	if dry := o.lines(0, append(set("language=sv"), "--dry-run")...); len(dry) != 1 || dry[0]["done"] != false || dry[0]["number"] != 1.0 {
		t.Errorf("dry run: %v", dry)
	}

	places := filepath.Join(t.TempDir(), "places.json")
	if err := os.WriteFile(places, []byte(`[{"name":"Skarra","country":"SE","lat":58.4,"lon":13.4,"geonames_id":2684113,"main":true}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	done := o.lines(0, append(set("language=sv", "places=@"+places,
		`topics=[{"qcode":"medtop:20000139","why":[{"why":"lighthouse","text":"lighthouse"}]}]`,
		`entities=[{"type":"person","name":"Ana Ruiz"},{"type":"place","name":"Skarra"}]`,
		`keyphrases=[{"phrase":"lighthouse","score":1}]`, `summary={"text":"The lighthouse of Skarra was lit."}`), "--yes")...)
	if len(done) != 1 || done[0]["done"] != true || len(done[0]["fields"].([]any)) != 6 {
		t.Errorf("it says %v", done)
	}
	all := "sv, entities M. Ito, keyphrases M. Ito, language M. Ito, places M. Ito, summary M. Ito, topics M. Ito"
	a := is("Ferry sinks", all)
	if a.Revision.Source() != first.Revision.Source() || a.Revision.Parts().Sequence != 1 || a.Places[0].Country != "SE" || a.Summary.In(a.Text) != "The lighthouse of Skarra was lit." ||
		len(a.Entities) != 2 || a.Keyphrases[0].In(a.Text) != "lighthouse" || a.Topics[0].Label == "" {
		t.Errorf("it is %+v", a)
	}
	for _, filter := range []string{"place=Skarra", "country=SE", "person=Ana+Ruiz", "topic=medtop:03000000", "keyphrase=lighthouse", "language=sv"} {
		s.await(filter+" finds it", func() error {
			resp, err := s.client.Get(s.base + "/v1/articles?q=lighthouse&" + filter)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			var f found
			if err = json.NewDecoder(resp.Body).Decode(&f); err == nil && len(f.Hits) != 1 {
				err = fmt.Errorf("%s, %d hits", resp.Status, len(f.Hits))
			}
			return err
		})
	}
	// Teams see that, and not who.
	public := strings.ReplaceAll(all, " M. Ito", "")
	s.await("it goes out", func() error {
		out := released.all(uri)
		if n := len(out); n != 2 || corrections(&out[1].Article) != public {
			return fmt.Errorf("%d messages, the last is %+v", n, out)
		}
		return nil
	})

	// A replay, the agency's next revision and a replay of both change nothing of it.
	bulk := 1 // messages in the lane of back-fills: the editor's change
	replay := func() {
		t.Helper()
		for _, l := range o.lines(0, "replay", "enrich", "--uri", string(uri), "--yes") {
			bulk += int(l["messages"].(float64))
		}
		s.await("the replay is through", func() error {
			if n := s.counts()["index.bulk ok"]; n < bulk {
				return fmt.Errorf("%d of %d", n, bulk)
			}
			return nil
		})
	}
	replay()
	if b := is("Ferry sinks", all); b.Revision != a.Revision {
		t.Errorf("after a replay it is %v, was %v", b.Revision.Parts(), a.Revision.Parts())
	}
	s.mustPush(ninjs(ferryID, "2", "Ferry has sunk", ""), "source=wire")
	b := is("Ferry has sunk", all)
	if b.Places[0].Country != "SE" || b.Revision <= a.Revision || b.Revision.Parts().Sequence != 1 {
		t.Errorf("the next revision is %+v", b)
	}
	replay()
	is("Ferry has sunk", all)

	// One field is taken back, and one is said anew by somebody else.
	o.must(0, "override", "remove", "--who", "B. Lee", "--yes", string(uri), "language", "summary")
	is("Ferry has sunk", "en, entities M. Ito, keyphrases M. Ito, places M. Ito, topics M. Ito")
	o.must(0, "override", "set", "--who", "B. Lee", "--yes", string(uri), "topics=null")
	c := is("Ferry has sunk", "en, entities M. Ito, keyphrases M. Ito, places M. Ito, topics B. Lee")
	if len(c.Topics) > 0 || c.Revision.Parts().Sequence != 3 {
		t.Errorf("it is %+v", c)
	}
	if out := o.must(0, "override", "list", string(uri)); !strings.Contains(out, "3 changes") || !strings.Contains(out, "M. Ito: the wrong Skarra") || strings.Contains(out, "waits for enrich") {
		t.Errorf("the list says %s", out)
	}
	if l := o.lines(0, "override", "list"); len(l) != 1 || l[0]["uri"] != string(uri) || len(l[0]["fields"].([]any)) != 4 {
		t.Errorf("the list has %v", l)
	}
	var seen []string
	for _, l := range o.lines(0, "audit", string(uri)) {
		seen = append(seen, fmt.Sprint(l["action"], " by ", l["who"], " ", l["kept"]))
	}
	if want := []string{"override by M. Ito true", "override removed by B. Lee true", "override by B. Lee true", "now by <nil> <nil>"}; !slices.Equal(seen, want) {
		t.Errorf("the audit has %q", seen)
	}
	o.must(0, "override", "reissue", string(uri))

	// A kill takes it away with the text; what comes back has it.
	ruling := []string{"--who", "M. Ito", "--reason", "x", "--yes", string(uri)}
	o.must(0, append([]string{"kill"}, ruling...)...)
	s.await("it is killed", func() error {
		if status, body, err := s.get(uri, 0); err != nil || status != http.StatusOK || !strings.Contains(body, `"canceled"`) || strings.Contains(body, "M. Ito") {
			return fmt.Errorf("%d %s %w", status, body, err)
		}
		return nil
	})
	s.await("the statuses have it", func() error {
		if code, _, errs := o.run(append(set("language=sv"), "--yes")...); code != 1 || !strings.Contains(errs, "is killed: copytaster reinstate comes first") {
			return fmt.Errorf("%d %s", code, errs)
		}
		return nil
	})
	if l := o.lines(0, "override", "list", string(uri)); l[0]["withheld"] != true || l[0]["seen"] != nil || l[0]["fields"].([]any)[0].(map[string]any)["value"] != nil {
		t.Errorf("the list has %v", l)
	}
	o.must(0, "override", "remove", "--who", "B. Lee", "--yes", string(uri), "keyphrases") // the row alone
	o.must(0, append([]string{"reinstate"}, ruling...)...)
	s.await("the statuses have it", func() error {
		if code, _, errs := o.run("override", "reissue", string(uri)); code != 0 {
			return fmt.Errorf("%d %s", code, errs)
		}
		return nil
	})
	is("Ferry has sunk", "en, entities M. Ito, places M. Ito, topics B. Lee")
	o.refused(1, "no language tag", append(set("language=english"), "--yes")...)
	o.must(0, "override", "remove", "--all", "--who", "B. Lee", "--yes", string(uri))
	d := is("Ferry has sunk", "en")
	if len(d.Entities) == 0 || len(d.Entities) != len(first.Entities) || d.Entities[0].Name != first.Entities[0].Name {
		t.Errorf("it is not found out again: %+v, at first %+v", d.Entities, first.Entities)
	}
	if doc, err := json.Marshal(d); err != nil || strings.Contains(string(doc), `"`+article.Signer+`"`) {
		t.Errorf("something is signed by editors still: %s, %v", doc, err)
	}
	o.refused(1, "has no such correction", "override", "remove", "--all", "--who", "B. Lee", "--yes", string(uri))
	s.await("the version is the head's", func() error {
		docs, err := s.source("article-versions", uri)
		if err != nil {
			return err
		}
		for _, doc := range docs {
			var v article.Article
			if err := json.Unmarshal(doc, &v); err != nil {
				return err
			}
			if v.Version == "2" && v.Revision == d.Revision {
				return nil
			}
		}
		return fmt.Errorf("%d versions, none of them %v", len(docs), d.Revision.Parts())
	})
}

// A rollback has today's corrections. What it leaves empty, since a correction was removed
// after the result was made, is enriched again.
func TestOverridesOfARollback(t *testing.T) {
	s := startSystem(t, "index")
	o := toolsOn(t, s)
	change := func(args ...string) { o.must(0, append([]string{"override"}, args...)...) }
	is := func(key, want string, generation int) {
		t.Helper()
		s.awaitArticle(report(key, 1).URI, func(a *article.Article) bool {
			return a.Agency.Value+" "+corrections(a) == want && a.Revision.Parts().Generation == generation
		})
	}
	stop := enrichAs(s, "one")
	o.write(topic.Received, report("a", 1), report("b", 1), report("c", 1))
	for _, key := range []string{"a", "b"} {
		is(key, "one ", 0)
		change("set", "--who", "M. Ito", "--yes", "urn:test:"+key, "agency=dpa", "language=sv")
		is(key, "dpa sv, agency M. Ito, language M. Ito", 0)
	}
	o.must(0, "generation", "issue", "--note", "two")
	stop()
	o.must(0, "generation", "promote", "1", "--replay", "--yes")
	stop = enrichAs(s, "two")
	is("a", "dpa sv, agency M. Ito, language M. Ito", 1)
	is("b", "dpa sv, agency M. Ito, language M. Ito", 1)
	is("c", "two ", 1)
	change("remove", "--who", "B. Lee", "--yes", "urn:test:a", "agency")
	is("a", "two sv, language M. Ito", 1)
	change("set", "--who", "B. Lee", "--yes", "urn:test:c", "language=de")
	is("c", "two de, language B. Lee", 1)
	stop()

	if dry := o.lines(0, "generation", "rollback", "--dry-run")[0]; fmt.Sprint(dry["emptied"]) != "[urn:test:a]" {
		t.Errorf("got %v", dry)
	}
	if out := o.must(0, "generation", "rollback", "--yes"); !strings.Contains(out, "1 article were sent to the enrichment: a correction was removed since") {
		t.Errorf("it says %s", out)
	}
	is("b", "dpa sv, agency M. Ito, language M. Ito", 2)
	is("c", "one de, language B. Lee", 2)
	is("a", " sv, language M. Ito", 2) // until the old program runs
	enrichAs(s, "one")
	is("a", "one sv, language M. Ito", 2)
}

// editorsAPI asks for the overrides of one article, as who has a key.
type editorsAPI struct {
	*system

	uri article.URI
}

func (a *editorsAPI) send(key, method, target, body, tag string) (status int, etag, answer string) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.base+"/v1/articles/"+url.PathEscape(string(a.uri))+target, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	if tag != "" {
		req.Header.Set("If-Match", tag)
	}
	resp, err := a.client.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("ETag"), string(b)
}

// want asks once.
func (a *editorsAPI) want(status int, says, key, method, target, body, tag string) (etag string) {
	a.t.Helper()
	got, etag, answer := a.send(key, method, target, body, tag)
	if got != status || !strings.Contains(answer, says) {
		a.t.Errorf("%s %s: %d %s, want %d with %s", method, target, got, answer, status, says)
	}
	return etag
}

// until asks until that is the answer.
func (a *editorsAPI) until(status int, says, key, method, target, body, tag string) {
	a.t.Helper()
	a.await(fmt.Sprintf("%s %s: %d with %s", method, target, status, says), func() error {
		if got, _, answer := a.send(key, method, target, body, tag); got != status || !strings.Contains(answer, says) {
			return fmt.Errorf("%d %s", got, answer)
		}
		return nil
	})
}

// What an editor says over the search service's API stands in the index, with their
// name, through the agency's next revision, until it is taken back; who may not correct,
// or not see, can't.
func TestEditorsOverrideByTheAPI(t *testing.T) {
	t.Setenv("COPYTASTER_SEARCH_KEYS", "true")
	t.Setenv("COPYTASTER_SEARCH_OVERRIDES", "true")
	s := startSystem(t)
	o := toolsOn(t, s)
	a := &editorsAPI{s, article.URI("urn:copytaster:wire:" + ferryID)}
	key := func(args ...string) string {
		t.Helper()
		return strings.TrimSpace(o.must(0, append([]string{"keys", "add", "--expires", "never"}, args...)...))
	}
	editor, reader, other := key("Desk", "--scope", "read,write"), key("Readers"), key("Others", "--scope", "read,write", "--not-source", "wire")
	outside := key("Outside", "--scope", "read,write", "--source", "wire")
	s.mustPush(ninjs(ferryID, "1", "Ferry sinks", ""), "source=wire")
	is := func(headline, want string) {
		t.Helper()
		s.awaitArticle(a.uri, func(found *article.Article) bool {
			return found.First(article.Headline) == headline && corrections(found) == want
		})
	}
	is("Ferry sinks", "en")
	const get, set, remove = http.MethodGet, http.MethodPut, http.MethodDelete
	const all, language = "/overrides", "/overrides/language"
	a.until(http.StatusOK, `"fields":[]`, editor, get, all, "", "")
	a.until(http.StatusOK, `"fields":[]`, outside, get, all, "", "")
	a.until(http.StatusForbidden, "scope write", reader, get, all, "", "")
	a.until(http.StatusNotFound, "no such article", other, get, all, "", "")
	a.want(http.StatusForbidden, "scope write", reader, set, language, `"sv"`, "*")
	a.want(http.StatusNotFound, "no such article", other, set, language, `"sv"`, "*")
	a.want(http.StatusNotFound, "no such article", other, remove, language, "", "*")
	a.want(http.StatusForbidden, "The agency says", outside, set, "/overrides/agency", `"dpa"`, "*")
	a.want(http.StatusUnauthorized, "", "ctk_x", set, language, `"sv"`, "*")
	a.want(http.StatusPreconditionRequired, "If-Match", editor, set, language, `"sv"`, "")
	a.want(http.StatusBadRequest, `\"Bo Tran\" is not in the text`, editor, set, "/overrides/entities", `[{"type":"person","name":"Bo Tran","mentions":[{"text":"Bo Tran"}]}]`, "*")

	none := a.want(http.StatusOK, `"number":0`, editor, get, all, "", "")
	first := a.want(http.StatusOK, `"done":true`, editor, set, language+"?reason=heard+it", `"sv"`, none)
	who := "Desk (key " + editor[len(access.Prefix):][:8] + ")"
	is("Ferry sinks", "sv, language "+who)
	a.until(http.StatusOK, `"language":"sv"`, reader, get, "", "", "")
	a.until(http.StatusOK, `"seen":1`, editor, get, all, "", "")
	a.want(http.StatusOK, `"who":"`+who+`"`, editor, get, all, "", "")
	a.want(http.StatusOK, `"reason":"heard it"`, editor, get, all, "", "")
	if _, _, answer := a.send(outside, get, all, "", ""); !strings.Contains(answer, `"value":"sv"`) || strings.Contains(answer, "Desk") || strings.Contains(answer, "heard it") {
		t.Errorf("who has a grant of their own is told %s", answer)
	}
	a.want(http.StatusPreconditionFailed, who, editor, set, language, `"de"`, none)
	a.want(http.StatusOK, `"number":1`, editor, set, language, `"sv"`, first)
	if l := o.lines(0, "override", "list", string(a.uri)); len(l) != 1 || l[0]["number"] != 1.0 {
		t.Errorf("the command lists %v", l)
	}

	// The agency's next revision has it, too.
	s.mustPush(ninjs(ferryID, "2", "Ferry has sunk", ""), "source=wire")
	is("Ferry has sunk", "sv, language "+who)
	a.until(http.StatusOK, `"action":"remove"`, editor, remove, language, "", first)
	is("Ferry has sunk", "en")
	a.until(http.StatusOK, `"seen":2`, editor, get, all, "", "")
	a.want(http.StatusNotFound, "has no such correction", editor, remove, language, "", "*")

	// What is under embargo isn't to be seen, nor corrected.
	later := &editorsAPI{s, article.URI("urn:copytaster:wire:" + ferryID + ":later")}
	s.mustPush(embargoed(ferryID+":later", "1", "Ferry will sink", time.Now().Add(time.Hour)), "source=wire")
	s.await("it is in the index", func() error {
		docs, err := s.source("articles", later.uri)
		if err == nil && len(docs) != 1 {
			err = fmt.Errorf("%d documents", len(docs))
		}
		return err
	})
	later.want(http.StatusNotFound, "no such article", editor, get, all, "", "")
	later.want(http.StatusNotFound, "no such article", editor, set, language, `"sv"`, "*")

	// Of a killed article nothing is corrected.
	o.must(0, "kill", "--who", "M. Ito", "--reason", "x", "--yes", string(a.uri))
	a.until(http.StatusOK, `"canceled"`, editor, get, "", "", "")
	a.until(http.StatusConflict, "is killed", editor, set, language, `"de"`, "*")
	var seen []string
	for _, l := range o.lines(0, "audit", string(a.uri)) {
		if strings.HasPrefix(fmt.Sprint(l["action"]), "override") {
			seen = append(seen, fmt.Sprint(l["action"], " by ", l["who"], " ", l["kept"]))
		}
	}
	if want := []string{"override by " + who + " true", "override removed by " + who + " true"}; !slices.Equal(seen, want) {
		t.Errorf("the audit has %q", seen)
	}
}

// editorsOf is a pipeline with the editors' API, what it knows of the ferry, and an editor's key.
func editorsOf(t *testing.T) (s *system, o *tools, a *editorsAPI, editor string) {
	t.Helper()
	t.Setenv("COPYTASTER_SEARCH_KEYS", "true")
	t.Setenv("COPYTASTER_SEARCH_OVERRIDES", "true")
	s = startSystem(t)
	o = toolsOn(t, s)
	return s, o, &editorsAPI{s, article.URI("urn:copytaster:wire:" + ferryID)}, strings.TrimSpace(o.must(0, "keys", "add", "--expires", "never", "Desk", "--scope", "read,write"))
}

// What an editor says a passage of the text is, it is for readers, in the next revision too:
// by the command and by the API.
func TestEditorsSayWhatPassagesAre(t *testing.T) {
	s, o, a, editor := editorsOf(t)
	outside := strings.TrimSpace(o.must(0, "keys", "add", "--expires", "never", "Outside", "--scope", "read,write", "--source", "wire"))
	paragraphs := []string{"The ferry sank off Hamburg.", "Hannah Doyle can be reached at night.", "Bo Tran was saved."}
	s.mustPush(heardOf(ferryID, "1", paragraphs...), "source=wire")
	is := func(version, doyle, tran string) *article.Article {
		t.Helper()
		return s.awaitArticle(a.uri, func(found *article.Article) bool {
			kinds := map[string]article.Kind{}
			for _, g := range found.Segments {
				kinds[g.In(found.Text)] = g.Kind
			}
			return found.Version == version && string(kinds[paragraphs[1]]) == doyle && string(kinds[paragraphs[2]]) == tran
		})
	}
	is("1", "paragraph", "paragraph")
	set := func(value string) []string {
		return []string{"override", "set", "--who", "M. Ito", "--yes", string(a.uri), "segments=" + value}
	}
	note := fmt.Sprintf(`{"text":%q,"kind":"note"}`, paragraphs[1])
	o.refused(1, "is a part of a segment", set(`[{"text":"Hannah Doyle","kind":"note"}]`)...)
	o.refused(1, `has kind "notice"`, set(strings.Replace("["+note+"]", "note", "notice", 1))...)
	o.must(0, set("["+note+"]")...)
	first := is("1", "note", "paragraph")
	if strings.Contains(first.Body(), "Doyle") || slices.ContainsFunc(first.Entities, func(e article.Entity) bool { return e.Name == "Hannah Doyle" && first.Mentioned(e.Mentions) }) {
		t.Errorf("readers are shown %q, %+v", first.Body(), first.Entities)
	}

	// Read back, and one more said.
	const field = "/overrides/segments"
	a.until(http.StatusOK, `"seen":1`, editor, http.MethodGet, "/overrides", "", "")
	a.until(http.StatusForbidden, "The agency says", outside, http.MethodPut, field, "["+note+"]", "*")
	_, tag, answer := a.send(editor, http.MethodGet, "/overrides", "", "")
	var l struct {
		Fields []struct{ Value json.RawMessage }
	}
	if err := json.Unmarshal([]byte(answer), &l); err != nil || len(l.Fields) != 1 {
		t.Fatalf("%s: %v", answer, err)
	}
	said := string(l.Fields[0].Value)
	a.want(http.StatusOK, `"number":1`, editor, http.MethodPut, field, said, tag)
	a.want(http.StatusBadRequest, "take the correction back instead", editor, http.MethodPut, field, "[]", tag)
	a.want(http.StatusOK, `"number":2`, editor, http.MethodPut, field, strings.TrimSuffix(said, "]")+fmt.Sprintf(`,{"text":%q,"kind":"caption"}]`, paragraphs[2]), tag)
	is("1", "note", "caption")
	s.mustPush(heardOf(ferryID, "2", append([]string{"All were saved."}, paragraphs...)...), "source=wire")
	if next := is("2", "note", "caption"); slices.Contains(next.Flags, article.FlagOverrideUnplaced) {
		t.Errorf("flags %v", next.Flags)
	}
	a.until(http.StatusOK, `"action":"remove"`, editor, http.MethodDelete, field, "", "*")
	is("2", "paragraph", "paragraph")
}

// heardOf is an item of a wire with these paragraphs.
func heardOf(id, version string, paragraphs ...string) string {
	return fmt.Sprintf(`{"standard":{"name":"ninjs","version":"3.0"},"uri":%q,"type":"text","version":%q,"versionCreated":"2024-05-01T12:0%s:00Z","language":"en",
"headlines":[{"role":"main","value":"Ferry sinks"}],"bodies":[{"contentType":"text/html","value":%q}]}`,
		id, version, version, "<p>"+strings.Join(paragraphs, "</p><p>")+"</p>")
}

// A list that is read back and said again keeps its words, also in the next revision; what
// that has more is told, until the list is said again.
func TestListsOfALaterRevision(t *testing.T) {
	s, o, a, editor := editorsOf(t)
	paragraphs := []string{
		"Hannah Doyle told reporters that the ferry sank off Hamburg. Bo Tran was saved.",
		"The owner lost 5 million dollars.", "It has paid 5 million dollars in tax.",
	}
	s.mustPush(heardOf(ferryID, "1", paragraphs...), "source=wire")
	first := s.awaitArticle(a.uri, func(found *article.Article) bool { return len(found.Amounts) == 2 && len(found.Entities) > 2 })
	a.until(http.StatusOK, `"fields":[]`, editor, http.MethodGet, "/overrides", "", "")
	// value is what is said of a field.
	value := func(field string) (string, string) {
		t.Helper()
		_, tag, answer := a.send(editor, http.MethodGet, "/overrides", "", "")
		var l struct {
			Fields []struct {
				Field string
				Value json.RawMessage
			}
		}
		if err := json.Unmarshal([]byte(answer), &l); err != nil {
			t.Fatalf("%s: %v", answer, err)
		}
		for _, f := range l.Fields {
			if f.Field == field {
				return string(f.Value), tag
			}
		}
		t.Fatalf("%s has no %s", answer, field)
		return "", ""
	}
	set := func(says, field, value, tag string) {
		t.Helper()
		a.want(http.StatusOK, says, editor, http.MethodPut, "/overrides/"+field, value, tag)
	}
	second := first.Amounts[1].Span
	set(`"number":1`, "amounts", fmt.Sprintf(`[{"start":%d,"end":%d,"text":"5 million dollars","value":5000000,"currency":"USD"}]`, second.Start, second.End), "*")
	a.until(http.StatusOK, `"seen":1`, editor, http.MethodGet, "/overrides", "", "")
	said, tag := value("amounts")
	set(`"number":1`, "amounts", said, tag)
	set(`"number":2`, "amounts", strings.Replace(said, "5000000", "6000000", 1), tag)

	var kept []string
	for _, e := range first.Entities {
		if e.Name != "Bo Tran" {
			kept = append(kept, fmt.Sprintf(`{"type":%q,"name":%q}`, e.Type, e.Name))
		}
	}
	if len(kept) != len(first.Entities)-1 {
		t.Fatalf("nobody found Bo Tran: %+v", first.Entities)
	}
	a.until(http.StatusOK, `"seen":2`, editor, http.MethodGet, "/overrides", "", "")
	set(`"number":3`, "entities", "["+strings.Join(kept, ",")+"]", "*")

	s.mustPush(heardOf(ferryID, "2", append([]string{"Police arrested Eve Karlsson in Sweden."}, paragraphs...)...), "source=wire")
	flagged := func(a *article.Article) bool { return slices.Contains(a.Flags, article.FlagOverrideOutdated) }
	now := s.awaitArticle(a.uri, func(found *article.Article) bool { return found.Version == "2" && flagged(found) })
	unseen := func(a *article.Article) []string {
		i := slices.IndexFunc(a.Corrections.Fields, func(c article.Corrected) bool { return c.Field == "entities" })
		return a.Corrections.Fields[i].Unseen
	}
	if got := unseen(now); !slices.Contains(got, "Eve Karlsson") || slices.Contains(got, "Bo Tran") || slices.Contains(got, "Hannah Doyle") {
		t.Errorf("it doesn't know %q", got)
	}
	if at := strings.LastIndex(now.Text, "5 million dollars"); len(now.Amounts) != 1 || now.Amounts[0].Start != at || now.Amounts[0].Value != 6e6 {
		t.Errorf("the amount is %+v, want it at %d", now.Amounts, at)
	}
	if slices.ContainsFunc(now.Entities, func(e article.Entity) bool { return e.Name == "Eve Karlsson" }) {
		t.Errorf("it is added: %+v", now.Entities)
	}
	a.until(http.StatusOK, `"unseen":[`, editor, http.MethodGet, "/overrides", "", "")
	if out := o.must(0, "override", "list", string(a.uri)); !strings.Contains(out, "outdated: the text has changed since") || !strings.Contains(out, "Eve Karlsson") {
		t.Errorf("the list says %s", out)
	}
	said, tag = value("entities")
	set(`"number":4`, "entities", said, tag)
	now = s.awaitArticle(a.uri, func(found *article.Article) bool { return found.Corrections.Number == 4 })
	if flagged(now) || len(unseen(now)) > 0 || len(now.Entities) != len(kept) || len(now.Amounts) != 1 {
		t.Errorf("said again: %+v, %v", now.Corrections, now.Flags)
	}

	// Which place of several is asked; one of a name that no other has is where it is.
	a.until(http.StatusOK, `"seen":4`, editor, http.MethodGet, "/overrides", "", "")
	a.want(http.StatusBadRequest, `"candidates":[{"name":"Springfield","within":"`, editor, http.MethodPut, "/overrides/places", `[{"name":"Springfield"}]`, "*")
	set(`"country":"BF"`, "places", `[{"name":"Ouagadougou"}]`, "*")
	now = s.awaitArticle(a.uri, func(found *article.Article) bool { return found.Corrections.Number == 5 })
	if p := now.Places; len(p) != 1 || p[0].Country != "BF" || !p[0].Located || p[0].GeoNamesID == 0 {
		t.Errorf("the place is %+v", p)
	}
}
