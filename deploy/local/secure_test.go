package local

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

func TestCredentialsStay(t *testing.T) {
	dir := t.TempDir()
	one, err := OpenCredentials(dir, "ingest")
	if err != nil {
		t.Fatal(err)
	}
	before, err := one.Password("ingest")
	if err != nil || len(before) < 20 {
		t.Fatal(before, err)
	}
	ca := contents(t, one.CA())
	for _, secret := range []string{"ingest.password", "admin.password", "broker.password", "elastic.password", nodeKeyFile, nodeStoreFile} {
		info, err := os.Stat(filepath.Join(dir, secret))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", secret, info, err)
		}
	}
	_, err = tls.LoadX509KeyPair(filepath.Join(dir, nodeFile), filepath.Join(dir, nodeKeyFile))
	wantError(t, err, "")

	two, err := OpenCredentials(dir, "ingest", "search")
	if err != nil {
		t.Fatal(err)
	}
	after, err := two.Password("ingest")
	if err != nil || after != before || contents(t, two.CA()) != ca {
		t.Errorf("something was made anew: %v", err)
	}
	_, err = two.Password("search")
	wantError(t, err, "")

	// A certificate that ends soon is made anew; the passwords stay.
	wantError(t, two.issue(time.Now().Add(certificateSpare-certificateLife-time.Hour)), "")
	old := contents(t, two.CA())
	_, err = OpenCredentials(dir, "ingest")
	wantError(t, err, "")
	if contents(t, two.CA()) == old {
		t.Error("certificates that end within the month were kept")
	}
	after, err = two.Password("ingest")
	if err != nil || after != before {
		t.Errorf("the password was made anew: %v", err)
	}

	for _, bad := range []string{"", "broker", "elastic", "a b", "../x", "A"} {
		_, err := OpenCredentials(dir, bad)
		wantError(t, err, "can't be the name of a user")
	}
}

func contents(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestSecuredServers holds that the secured servers let their users in and nobody else, also after
// a restart. What a user may do is the matter of those who make the rules.
func TestSecuredServers(t *testing.T) {
	dir := realDir(t)
	config := testConfig(dir)
	config.Secure, config.Users = true, []string{"ingest"}
	began := time.Now()
	servers, err := Up(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { wantError(t, servers.Stop(t.Context()), "") })
	t.Logf("ready after %.1f s", time.Since(began).Seconds())
	var running *RunningError
	_, err = Up(t.Context(), config)
	if !errors.As(err, &running) || running.State.ElasticsearchURL != servers.ElasticsearchURL || !strings.HasPrefix(servers.ElasticsearchURL, "https://127.0.0.1:") {
		t.Errorf("a second Up: %v", err)
	}
	checkSecured(t, servers)
	err = servers.Kafka.Restart(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkSecured(t, servers)
}

func checkSecured(t *testing.T, servers *Servers) {
	t.Helper()
	for user, want := range map[string]error{"ingest": nil, KafkaAdmin: nil, "nobody": kafka.SASLAuthenticationFailed} {
		if user == "nobody" {
			wantError(t, servers.Credentials.SetPassword(user, "guess"), "")
		}
		transport, err := servers.Credentials.KafkaTransport(user)
		if err != nil {
			t.Fatal(err)
		}
		_, err = (&kafka.Client{Addr: kafka.TCP(servers.KafkaBrokers...), Transport: transport}).Metadata(t.Context(), &kafka.MetadataRequest{})
		if !errors.Is(err, want) {
			t.Errorf("user %s: %v, want %v", user, err, want)
		}
		transport.CloseIdleConnections()
	}
	withClient(servers.KafkaBrokers[0], func(client *kafka.Client) {
		_, err := client.Metadata(t.Context(), &kafka.MetadataRequest{})
		if err == nil {
			t.Error("Kafka answers without TLS and password")
		}
	})
	config, err := servers.Credentials.TLS()
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
	defer client.CloseIdleConnections()
	reply, err := client.Get(servers.ElasticsearchURL)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, reply.Body)
	_ = reply.Body.Close()
	if reply.StatusCode != http.StatusUnauthorized {
		t.Errorf("Elasticsearch answers the anonymous with %s", reply.Status)
	}
}
