// Package localtest gives tests the real Kafka and Elasticsearch that run on this machine.
//
// It starts nothing: `copytaster up` (package deploy/local) does that. One pair of servers
// serves every test of the repository at once, so a test names all its topics, consumer groups
// and indices with a prefix from [Namespace], which also deletes them at the test's end.
package localtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

// The environment names servers that run elsewhere; it wins over the state file.
const (
	EnvKafkaBrokers     = "COPYTASTER_KAFKA_BROKERS"     // host:port, comma separated
	EnvElasticsearchURL = "COPYTASTER_ELASTICSEARCH_URL" // http://host:port
)

// StateFile is where `copytaster up` says what it started, below the folder that holds go.work.
// Keys: kafka_brokers (list of host:port), elasticsearch_url.
const StateFile = ".local/state.json"

const (
	// dialTimeout bounds the check that a named server is there at all.
	dialTimeout = 30 * time.Second
	// cleanTimeout bounds all deleting at the end of one test.
	cleanTimeout = 2 * time.Minute
	// groupTimeout bounds the wait for the members of a consumer group to have left. One that
	// could not say so counts until its session is over.
	groupTimeout = time.Minute
	// namespaceBytes of randomness keep concurrent test processes apart.
	namespaceBytes = 4
	// Ports that [Port] chooses from: below those that Linux, and above those that services, use.
	portFirst, portCount = 20000, 12000
	portAttempts         = 100
	// maxReply bounds what is read of a reply from Elasticsearch, in bytes.
	maxReply = 16 << 20
)

// Kafka returns the addresses (host:port) of the Kafka brokers to test with. It ends the test
// when none are known or none of them accepts connections.
func Kafka(t testing.TB) []string {
	t.Helper()
	found, err := find(os.Getenv, ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(found.KafkaBrokers) == 0 {
		t.Fatalf("no Kafka to test with: run `copytaster up`, or set %s", EnvKafkaBrokers)
	}
	var failed error
	for _, broker := range found.KafkaBrokers {
		failed = reach(broker)
		if failed == nil {
			return found.KafkaBrokers
		}
	}
	t.Fatalf("Kafka does not answer (address from %s): run `copytaster up`: %v", found.kafkaFrom, failed)
	return nil
}

// Elasticsearch returns the URL of the Elasticsearch to test with, without a trailing slash. It
// ends the test when none is known or it does not accept connections.
func Elasticsearch(t testing.TB) string {
	t.Helper()
	found, err := find(os.Getenv, ".")
	if err != nil {
		t.Fatal(err)
	}
	if found.ElasticsearchURL == "" {
		t.Fatalf("no Elasticsearch to test with: run `copytaster up`, or set %s", EnvElasticsearchURL)
	}
	host, err := hostPort(found.ElasticsearchURL)
	if err == nil {
		err = reach(host)
	}
	if err != nil {
		t.Fatalf("Elasticsearch does not answer (address from %s): run `copytaster up`: %v",
			found.elasticsearchFrom, err)
	}
	return found.ElasticsearchURL
}

// Namespace returns a prefix such as "t-1a2b3c4d-" that no other test has. At the end of the
// test it deletes every topic, consumer group and index whose name begins with it, on those
// servers that are known. Call it before starting what uses it: cleanups run last first, so that
// the consumers are gone by then.
func Namespace(t testing.TB) string {
	t.Helper()
	random := make([]byte, namespaceBytes)
	_, err := rand.Read(random)
	if err != nil {
		t.Fatalf("make a namespace: %v", err)
	}
	prefix := "t-" + hex.EncodeToString(random) + "-"
	t.Cleanup(func() {
		found, err := find(os.Getenv, ".")
		if err != nil {
			return // The test had no servers, or has said so.
		}
		// The test's own context is over by now.
		ctx, cancel := context.WithTimeout(context.Background(), cleanTimeout)
		defer cancel()
		if len(found.KafkaBrokers) > 0 && reach(found.KafkaBrokers[0]) == nil {
			err := cleanKafka(ctx, found.KafkaBrokers, prefix)
			if err != nil {
				t.Errorf("clean Kafka of %s*: %v", prefix, err)
			}
		}
		host, err := hostPort(found.ElasticsearchURL)
		if err == nil && reach(host) == nil {
			err := cleanElasticsearch(ctx, found.ElasticsearchURL, prefix)
			if err != nil {
				t.Errorf("clean Elasticsearch of %s*: %v", prefix, err)
			}
		}
	})
	return prefix
}

// Port returns a port of loopback that nobody listens on, for what is to listen there later, or
// again: it is none of those that the system hands out by itself, to whoever asks for any and to
// the client's end of every connection.
func Port(t testing.TB) int {
	t.Helper()
	var failed error
	for range portAttempts {
		port := portFirst + mathrand.IntN(portCount)
		//nolint:noctx // Binding to loopback doesn't block.
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			err = listener.Close()
		}
		if err == nil {
			return port
		}
		failed = err
	}
	t.Fatalf("no free port between %d and %d: %v", portFirst, portFirst+portCount, failed)
	return 0
}

type servers struct {
	KafkaBrokers     []string `json:"kafka_brokers"`
	ElasticsearchURL string   `json:"elasticsearch_url"`

	kafkaFrom, elasticsearchFrom string
}

// find returns what is known of the servers; a server that nobody named is left empty. The
// error says which file can't be read or parsed.
func find(getenv func(string) string, dir string) (servers, error) {
	var found servers
	brokers, url := getenv(EnvKafkaBrokers), getenv(EnvElasticsearchURL)
	if brokers == "" || url == "" {
		path, err := statePath(dir)
		if err != nil {
			return servers{}, err
		}
		data, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return servers{}, fmt.Errorf("read where the servers are: %w", err)
		default:
			err = json.Unmarshal(data, &found)
			if err != nil {
				return servers{}, fmt.Errorf("%s: %w", path, err)
			}
		}
		found.kafkaFrom, found.elasticsearchFrom = path, path
	}
	if brokers != "" {
		found.KafkaBrokers = nil
		for broker := range strings.SplitSeq(brokers, ",") {
			broker = strings.TrimSpace(broker)
			if broker != "" {
				found.KafkaBrokers = append(found.KafkaBrokers, broker)
			}
		}
		found.kafkaFrom = EnvKafkaBrokers
	}
	if url != "" {
		found.ElasticsearchURL = url
		found.elasticsearchFrom = EnvElasticsearchURL
	}
	found.ElasticsearchURL = strings.TrimRight(found.ElasticsearchURL, "/")
	return found, nil
}

// statePath walks up from dir to the folder that holds go.work; without one, the state file is
// looked for in dir itself.
func statePath(dir string) (string, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := start; ; at = filepath.Dir(at) {
		_, err := os.Stat(filepath.Join(at, "go.work"))
		if err == nil {
			return filepath.Join(at, filepath.FromSlash(StateFile)), nil
		}
		if at == filepath.Dir(at) {
			return filepath.Join(start, filepath.FromSlash(StateFile)), nil
		}
	}
}

func hostPort(address string) (string, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	if parsed.Host == "" {
		return "", fmt.Errorf("%q is not a URL with a host", address)
	}
	if parsed.Port() != "" {
		return parsed.Host, nil
	}
	port := "80"
	if parsed.Scheme == "https" {
		port = "443"
	}
	return net.JoinHostPort(parsed.Hostname(), port), nil
}

func reach(address string) error {
	//nolint:noctx // Bounded, and called when the test's context is over.
	conn, err := net.DialTimeout("tcp", address, dialTimeout)
	if err != nil {
		return err
	}
	return conn.Close()
}

func cleanKafka(ctx context.Context, brokers []string, prefix string) error {
	// A transport of its own: a shared one answers from metadata that is seconds old, and would
	// miss the newest topics.
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Transport: transport}

	return errors.Join(deleteGroups(ctx, client, prefix), deleteTopics(ctx, client, prefix))
}

func deleteTopics(ctx context.Context, client *kafka.Client, prefix string) error {
	metadata, err := client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return fmt.Errorf("list topics: %w", err)
	}
	var topics []string
	for _, topic := range metadata.Topics {
		if strings.HasPrefix(topic.Name, prefix) {
			topics = append(topics, topic.Name)
		}
	}
	if len(topics) == 0 {
		return nil
	}
	reply, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: topics})
	if err != nil {
		return fmt.Errorf("delete topics: %w", err)
	}
	var failed []error
	for topic, err := range reply.Errors {
		if err != nil && !errors.Is(err, kafka.UnknownTopicOrPartition) {
			failed = append(failed, fmt.Errorf("delete topic %s: %w", topic, err))
		}
	}
	return errors.Join(failed...)
}

func deleteGroups(ctx context.Context, client *kafka.Client, prefix string) error {
	listed, err := client.ListGroups(ctx, &kafka.ListGroupsRequest{})
	if err != nil {
		return fmt.Errorf("list consumer groups: %w", err)
	}
	var groups []string
	for _, group := range listed.Groups {
		if strings.HasPrefix(group.GroupID, prefix) {
			groups = append(groups, group.GroupID)
		}
	}
	// A member that has just closed may still count for a moment.
	deadline := time.Now().Add(groupTimeout)
	for len(groups) > 0 {
		reply, err := client.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: groups})
		if err != nil {
			return fmt.Errorf("delete consumer groups: %w", err)
		}
		var busy []string
		for group, err := range reply.Errors {
			switch {
			case err == nil, errors.Is(err, kafka.GroupIdNotFound):
			case errors.Is(err, kafka.NonEmptyGroup):
				busy = append(busy, group)
			default:
				return fmt.Errorf("delete consumer group %s: %w", group, err)
			}
		}
		groups = busy
		if len(busy) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("consumer groups still have members: %s", strings.Join(busy, ", "))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

func cleanElasticsearch(ctx context.Context, url, prefix string) error {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}

	// Elasticsearch refuses to delete by pattern, so the names come first.
	body, err := call(ctx, client, http.MethodGet,
		url+"/_cat/indices/"+prefix+"*?format=json&h=index&expand_wildcards=all")
	if err != nil {
		return fmt.Errorf("list indices: %w", err)
	}
	var indices []struct {
		Index string `json:"index"`
	}
	err = json.Unmarshal(body, &indices)
	if err != nil {
		return fmt.Errorf("list indices: %w", err)
	}
	var failed []error
	for _, index := range indices {
		// One by one: many names would make a URL that is too long.
		_, err := call(ctx, client, http.MethodDelete, url+"/"+index.Index+"?ignore_unavailable=true")
		if err != nil {
			failed = append(failed, fmt.Errorf("delete index %s: %w", index.Index, err))
		}
	}
	return errors.Join(failed...)
}

func call(ctx context.Context, client *http.Client, method, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, err
	}
	reply, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = reply.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(reply.Body, maxReply))
	if err != nil {
		return nil, err
	}
	if reply.StatusCode != http.StatusOK {
		const shown = 300
		return nil, fmt.Errorf("%s %s: %s: %s", method, url, reply.Status, bytes.TrimSpace(body[:min(len(body), shown)]))
	}
	return body, nil
}
