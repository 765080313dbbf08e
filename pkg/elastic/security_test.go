package elastic_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/elastic"
)

func TestSecurityNamesTheSetting(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	https, local := []string{"https://es.example:9200"}, []string{"http://127.0.0.1:9200"}
	for name, c := range map[string]struct {
		config elastic.Config
		want   string // "": fine
	}{
		"a key":              {elastic.Config{URL: https, APIKey: "hunter2"}, ""},
		"a key at home":      {elastic.Config{URL: local, APIKey: "hunter2"}, ""},
		"a key on the wire":  {elastic.Config{URL: []string{"http://es.example:9200"}, APIKey: "hunter2"}, "COPYTASTER_ELASTICSEARCH_URL"},
		"two keys":           {elastic.Config{URL: https, APIKey: "hunter2", APIKeyFile: "x"}, "elasticsearch-api-key-file are both set"},
		"authority, no TLS":  {elastic.Config{URL: local, CACert: "x"}, "COPYTASTER_ELASTICSEARCH_CA_CERT) needs https"},
		"no authority":       {elastic.Config{URL: https, CACert: empty}, "has no certificate"},
		"no authority file":  {elastic.Config{URL: https, CACert: empty + ".none"}, "COPYTASTER_ELASTICSEARCH_CA_CERT): open"},
		"an empty key":       {elastic.Config{URL: https, APIKeyFile: empty}, "COPYTASTER_ELASTICSEARCH_API_KEY_FILE): " + empty + ": it is empty"},
		"no key file":        {elastic.Config{URL: https, APIKeyFile: empty + ".none"}, "COPYTASTER_ELASTICSEARCH_API_KEY_FILE): open"},
		"a key of two lines": {elastic.Config{URL: https, APIKey: "hunter2\nx"}, "not one line"},
	} {
		err := c.config.Validate()
		if err == nil {
			var es *elastic.Client
			if es, err = c.config.Connect(1); err == nil {
				es.Close()
			}
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if shown := fmt.Sprintf("%v %+v", err, c.config); strings.Contains(shown, "hunter2") {
			t.Errorf("%s: the key is shown: %s", name, shown)
		}
	}
}

// A user in a URL would go out over http, and pass by what is asked of a key.
func TestAUserInTheURLIsRefused(t *testing.T) {
	for _, c := range []elastic.Config{
		{URL: []string{"http://elastic:hunter2@127.0.0.1:9200"}},
		{URL: []string{"https://es.example:9200", "https://hunter2@es.example:9200"}},
		{URL: []string{"https://elastic:hunter2@es.example:9200"}, APIKey: "x"},
		{URL: []string{"https://@es.example:9200"}},
	} {
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), "elasticsearch-url (COPYTASTER_ELASTICSEARCH_URL) has a user or a password") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: %v", c.URL, err)
		}
	}
}

func get(c elastic.Config) error {
	es, err := c.Connect(1)
	if err != nil {
		return err
	}
	defer es.Close()
	return ask(es)
}

func ask(es *elastic.Client) error {
	return elastic.Ask(context.Background(), es, "try", esapi.InfoRequest{}, nil)
}

// guarded answers only to the key.
func guarded(key *string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		if r.Header.Get("Authorization") != "ApiKey "+*key {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = w.Write([]byte(`{}`))
	})
}

func TestConnectionsSayWhatToDo(t *testing.T) {
	key := "right"
	secure := httptest.NewTLSServer(guarded(&key))
	defer secure.Close()
	plain := httptest.NewServer(guarded(&key))
	defer plain.Close()
	ca := filepath.Join(t.TempDir(), "ca.crt")
	writeCA(t, ca, secure)
	port := secure.Listener.Addr().(*net.TCPAddr).Port
	for name, c := range map[string]struct {
		config elastic.Config
		want   string // "": fine
	}{
		"right":             {elastic.Config{URL: []string{secure.URL}, CACert: ca, APIKey: "right"}, ""},
		"wrong key":         {elastic.Config{URL: []string{secure.URL}, CACert: ca, APIKey: "wrong"}, "the API key is missing, wrong, expired or invalidated"},
		"no key":            {elastic.Config{URL: []string{secure.URL}, CACert: ca}, "the API key is missing"},
		"unknown authority": {elastic.Config{URL: []string{secure.URL}, APIKey: "right"}, "set elasticsearch-ca-cert"},
		"other name":        {elastic.Config{URL: []string{fmt.Sprintf("https://localhost:%d", port)}, CACert: ca, APIKey: "right"}, "for another name"},
		"TLS to plain":      {elastic.Config{URL: []string{strings.Replace(plain.URL, "http:", "https:", 1)}, APIKey: "right"}, "take http in elasticsearch-url"},
	} {
		if err := get(c.config); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}

	// Who speaks TLS, and is not spoken to in TLS, hangs up.
	l, err := tls.Listen("tcp", "127.0.0.1:0", secure.TLS)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1))
			_ = conn.Close()
		}
	}()
	if err := get(elastic.Config{URL: []string{"http://" + l.Addr().String()}}); err == nil || !strings.Contains(err.Error(), "take https in elasticsearch-url") {
		t.Error(err)
	}
}

func writeCA(t *testing.T, path string, s *httptest.Server) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestKeyIsChangedUnderARunningClient(t *testing.T) {
	key := "one"
	s := httptest.NewServer(guarded(&key))
	defer s.Close()
	file := filepath.Join(t.TempDir(), "key")
	put := func(k string) {
		if err := os.WriteFile(file, []byte(k+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("one")
	es, err := elastic.Config{URL: []string{s.URL}, APIKeyFile: file}.Connect(1)
	if err != nil {
		t.Fatal(err)
	}
	defer es.Close()
	if err := ask(es); err != nil {
		t.Fatal(err)
	}
	key = "two"
	put("two")
	deadline := time.Now().Add(time.Minute)
	for err = ask(es); err != nil && time.Now().Before(deadline); err = ask(es) {
		<-time.After(20 * time.Millisecond) // between two looks at the condition
	}
	if err != nil {
		t.Fatal(err)
	}
}
