package elastic_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/elastic"
)

func TestConfigNamesTheSetting(t *testing.T) {
	for name, urls := range map[string][]string{
		"nothing": nil, "no scheme": {"127.0.0.1:9200"}, "other scheme": {"ftp://elastic:hunter2@host"}, "no URL": {"http://elastic:hunter2@[host"},
	} {
		err := elastic.Config{URL: urls}.Validate()
		if err == nil || !strings.Contains(err.Error(), "COPYTASTER_ELASTICSEARCH_URL") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (elastic.Config{URL: []string{"https://es.example:9200"}}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestAskReadsRefusals(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, want string
	}{
		{404, `{"error":{"type":"index_not_found_exception","reason":"no such index [x]"}}`, "try: Elasticsearch answered 404: index_not_found_exception: no such index [x]"},
		{502, "<h1>Bad gateway</h1>", "try: Elasticsearch answered 502: <h1>Bad gateway</h1>"},
		{200, "{", "try: read the reply: unexpected end of JSON input"},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Elastic-Product", "Elasticsearch")
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		es, err := elastic.Config{URL: []string{srv.URL}}.Connect(1)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := elastic.Ask(t.Context(), es, "try", esapi.IndicesGetRequest{Index: []string{"x"}}, &v); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
		es.Close()
		srv.Close()
	}
}
