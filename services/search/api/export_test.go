package api

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/services/search/export"
	"github.com/copytaster/copytaster/services/search/find"
)

// TestFeedIsOfItsSearch: what else is asked of a search, which facets or how many
// on a page, makes no other feed.
func TestFeedIsOfItsSearch(t *testing.T) {
	f, ok := export.Find("atom")
	if !ok {
		t.Fatal("no atom")
	}
	ids := map[string]string{}
	for _, query := range []string{"q=a", "q=a&facets=none", "q=a&facets=person,day", "q=a&size=5", "q=b"} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		request, err := find.ParseRequest(values, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		b, l, err := many(&f, find.Page{Next: "further"}, request, httptest.NewRequest(http.MethodGet, "/v1/articles", nil), "https://x.example")
		if err != nil {
			t.Fatal(err)
		}
		ids[query] = l.ID
		for _, address := range []string{l.Self, l.Home, l.Next, string(b)} {
			if strings.Contains(address, "facets") {
				t.Errorf("%s: facets are asked for in %s", query, address)
			}
		}
	}
	for query, id := range ids {
		if (id == ids["q=a"]) != strings.HasPrefix(query, "q=a") {
			t.Errorf("%s has the id %s, q=a has %s", query, id, ids["q=a"])
		}
	}
}
