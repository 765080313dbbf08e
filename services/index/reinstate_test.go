package index_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/index"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// interrupted calls before each refresh, with its number from 1 on, and after each
// search, when the answer is there and before the asker has it; the search fails if
// that gives an error.
type interrupted struct {
	esapi.Transport

	refreshes, searches int
	before              func(refresh int)
	after               func(search int) error
}

func (i *interrupted) Perform(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/_refresh") {
		i.refreshes++
		i.before(i.refreshes)
	}
	resp, err := i.Transport.Perform(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/_search") {
		return resp, err
	}
	i.searches++
	if err := i.after(i.searches); err != nil {
		return nil, errors.Join(err, resp.Body.Close())
	}
	return resp, nil
}

// What another writer brings while a reinstatement is decided governs as if it had
// come before, or after.
func TestReinstatementBesideAnotherWriter(t *testing.T) {
	w := newWorld(t)
	const u = article.Usable
	away := errors.New("Elasticsearch is away")
	embargoed := told(t, "", 2, 25, u)
	embargoed.EmbargoUntil = time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		first []article.Article // under the kill
		then  []article.Article // when the reinstatement governs, before it looks again
		last  []article.Article // when it has looked
		fails bool              // the second look, once
		mixed bool              // what comes again may not be told from what is new
		head  string
	}{
		"nothing":                                      {nil, nil, nil, false, false, "usable Secret 1"},
		"a hold":                                       {[]article.Article{told(t, "", 3, 30, article.Withheld)}, nil, nil, false, false, "withheld Secret 1"},
		"a hold without a version":                     {[]article.Article{told(t, "", 0, 30, article.Withheld)}, nil, nil, false, false, "withheld Secret 1"},
		"an editor's withhold":                         {[]article.Article{withheld(told(t, "", 0, 30, article.Withheld))}, nil, nil, false, false, "withheld Secret 1"},
		"what may be used":                             {[]article.Article{told(t, "", 3, 30, u)}, nil, nil, false, true, "usable Secret 1"},
		"a hold, given up at once":                     {[]article.Article{told(t, "", 3, 30, article.Withheld), told(t, "", 4, 40, u)}, nil, nil, false, true, "usable Secret 1"},
		"a hold, then something older":                 {[]article.Article{told(t, "", 3, 30, article.Withheld)}, nil, []article.Article{told(t, "", 2, 25, u)}, false, false, "withheld Secret 1"},
		"a hold, then something newer":                 {[]article.Article{told(t, "", 3, 30, article.Withheld)}, nil, []article.Article{told(t, "", 4, 40, u)}, false, false, "usable Secret 4"},
		"a hold, then a kill":                          {[]article.Article{told(t, "", 3, 30, article.Withheld)}, nil, []article.Article{told(t, "", 0, 40, article.Canceled)}, false, false, "canceled "},
		"a hold, and all comes again":                  {[]article.Article{told(t, "", 3, 30, article.Withheld)}, nil, nil, true, false, "withheld Secret 1"},
		"an editor's withhold, and all again":          {[]article.Article{withheld(told(t, "", 0, 30, article.Withheld))}, nil, nil, true, false, "withheld Secret 1"},
		"another one after it has its text":            {nil, nil, []article.Article{told(t, "", 2, 25, u)}, false, false, "usable Secret 2"},
		"a hold after it":                              {nil, nil, []article.Article{told(t, "", 2, 25, article.Withheld)}, false, false, "withheld "},
		"an embargo after it":                          {nil, []article.Article{embargoed}, nil, false, false, "usable Secret 2"},
		"a hold, then an older embargo":                {[]article.Article{told(t, "", 3, 30, article.Withheld)}, []article.Article{embargoed}, nil, false, false, "withheld Secret 1"},
		"a hold, then something newer before it looks": {[]article.Article{told(t, "", 3, 30, article.Withheld)}, []article.Article{told(t, "", 4, 40, u)}, nil, false, false, "usable Secret 4"},
		"a kill before it looks":                       {[]article.Article{told(t, "", 3, 30, article.Withheld)}, []article.Article{told(t, "", 0, 40, article.Canceled)}, nil, false, false, "canceled "},
		"something newer, and all comes again":         {[]article.Article{told(t, "", 3, 30, article.Withheld)}, nil, []article.Article{told(t, "", 4, 40, u)}, true, false, "usable Secret 4"},
	} {
		t.Run(name, func(t *testing.T) {
			uri := article.URI("urn:x:beside:" + strings.ReplaceAll(name, " ", "-"))
			w := &world{TB: t, es: w.es, ns: w.ns, sink: w.sink, reg: w.reg}
			write := func(as []article.Article) {
				for _, a := range as {
					a.URI = uri
					w.write(a)
				}
			}
			v1 := told(t, uri, 1, 10, u)
			w.write(v1)
			w.write(told(t, uri, 0, 20, article.Canceled))
			es := &interrupted{Transport: w.es}
			es.before = func(refresh int) {
				if refresh == 2 {
					write(c.then)
				}
			}
			es.after = func(search int) error {
				switch {
				case search == 1:
					write(c.first)
				case search == 2 && c.fails:
					return away
				case search == 2:
					write(c.last)
				}
				return nil
			}
			sink := index.NewSink(es, w.ns, bulk.Config{}, prometheus.NewRegistry())
			t.Cleanup(func() {
				if err := sink.Close(); err != nil {
					t.Error(err)
				}
			})
			back := []article.Article{reinstated(v1, 20)}
			err := sink.Write(t.Context(), back)
			if c.fails {
				if err == nil {
					t.Error("done without a second search")
				}
				write(c.last)
				err = sink.Write(t.Context(), back)
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := w.stands(uri); got != c.head {
				t.Errorf("head is %q, want %q", got, c.head)
			}
			if c.mixed {
				return
			}
			write(slices.Concat(c.first, c.then, c.last, back))
			if got := w.stands(uri); got != c.head {
				t.Errorf("head is %q after all came again, want %q", got, c.head)
			}
		})
	}
}
