package localtest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
)

func TestFind(t *testing.T) {
	const state = `{"kafka_brokers":["127.0.0.1:1","127.0.0.1:2"],"elasticsearch_url":"http://127.0.0.1:3/","processes":[]}`
	tests := []struct {
		name    string
		state   string // no file when empty
		env     map[string]string
		brokers []string
		url     string
		err     string
	}{
		{name: "nothing known"},
		{name: "state file", state: state, brokers: []string{"127.0.0.1:1", "127.0.0.1:2"}, url: "http://127.0.0.1:3"},
		{
			name: "environment wins", state: state,
			env:     map[string]string{EnvKafkaBrokers: "a:1, b:2,,", EnvElasticsearchURL: "http://c:3//"},
			brokers: []string{"a:1", "b:2"}, url: "http://c:3",
		},
		{
			name: "one of each", state: state, env: map[string]string{EnvKafkaBrokers: "a:1"},
			brokers: []string{"a:1"}, url: "http://127.0.0.1:3",
		},
		{
			name: "the other of each", state: state, env: map[string]string{EnvElasticsearchURL: "http://c:3"},
			brokers: []string{"127.0.0.1:1", "127.0.0.1:2"}, url: "http://c:3",
		},
		{name: "broken state file", state: `{"kafka_brokers":`, err: "state.json: unexpected end"},
		{
			name: "a broken state file does not matter to the environment", state: `{`,
			env:     map[string]string{EnvKafkaBrokers: "a:1", EnvElasticsearchURL: "http://c:3"},
			brokers: []string{"a:1"}, url: "http://c:3",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			deep := filepath.Join(root, "services", "x")
			for _, dir := range []string{deep, filepath.Join(root, ".local")} {
				err := os.MkdirAll(dir, 0o755)
				if err != nil {
					t.Fatal(err)
				}
			}
			write(t, filepath.Join(root, "go.work"), "go 1.26\n")
			if test.state != "" {
				write(t, filepath.Join(root, filepath.FromSlash(StateFile)), test.state)
			}
			got, err := find(func(name string) string { return test.env[name] }, deep)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("got error %v, want one with %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.brokers, got.KafkaBrokers); diff != "" {
				t.Error("brokers (-want +got):\n", diff)
			}
			if got.ElasticsearchURL != test.url {
				t.Errorf("got Elasticsearch %q, want %q", got.ElasticsearchURL, test.url)
			}
		})
	}
}

func TestHostPort(t *testing.T) {
	for in, want := range map[string]string{
		"http://127.0.0.1:9200": "127.0.0.1:9200",
		"http://host":           "host:80",
		"https://host":          "host:443",
		"http://[::1]:9200":     "[::1]:9200",
		"http://[::1]":          "[::1]:80",
		"localhost:9200":        "",
		"":                      "",
		"http://%zz":            "",
	} {
		got, err := hostPort(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("hostPort(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestPortIsFree(t *testing.T) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", Port(t)))
	if err != nil {
		t.Fatal(err)
	}
	err = listener.Close()
	if err != nil {
		t.Error(err)
	}
}

// fatal collects what Kafka and Elasticsearch tell a test before ending it.
type fatal struct {
	testing.TB
	lines []string
}

func (f *fatal) Helper() {}

func (f *fatal) Fatal(args ...any) {
	f.lines = append(f.lines, fmt.Sprint(args...))
	runtime.Goexit()
}

func (f *fatal) Fatalf(format string, args ...any) {
	f.lines = append(f.lines, fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func TestDeadServersEndTheTestInOneLine(t *testing.T) {
	t.Setenv(EnvKafkaBrokers, "127.0.0.1:1")
	t.Setenv(EnvElasticsearchURL, "http://127.0.0.1:1")
	for name, ask := range map[string]func(testing.TB){
		"Kafka":         func(t testing.TB) { Kafka(t) },
		"Elasticsearch": func(t testing.TB) { Elasticsearch(t) },
	} {
		caught := &fatal{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			ask(caught)
		}()
		<-done
		got := strings.Join(caught.lines, "\n")
		if !strings.HasPrefix(got, name+" does not answer") || !strings.Contains(got, "COPYTASTER_") || strings.Contains(got, "\n") {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestNamespaceDeletesItsOwnOnly(t *testing.T) {
	brokers, url := Kafka(t), Elasticsearch(t)
	transport := &kafka.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Transport: transport}

	mine := Namespace(t)
	create(t, client, url, mine)
	var gone string
	t.Run("inner", func(t *testing.T) {
		gone = Namespace(t)
		create(t, client, url, gone)
	})
	if gone == mine {
		t.Fatalf("two namespaces are the same: %q", gone)
	}
	for prefix, want := range map[string]bool{mine: true, gone: false} {
		topic, group, index := exist(t, brokers, url, prefix)
		if topic != want || group != want || index != want {
			t.Errorf("%s: topic %v, group %v, index %v; want all %v", prefix, topic, group, index, want)
		}
	}
}

func create(t *testing.T, client *kafka.Client, url, prefix string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	topic := prefix + "topic"
	made, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
		{Topic: topic, NumPartitions: 1, ReplicationFactor: 1},
	}})
	if err != nil || made.Errors[topic] != nil {
		t.Fatalf("create topic: %v, %v", err, made)
	}
	// A commit outside a generation makes the group. The coordinator of a fresh broker needs a
	// moment, and the client's metadata another, to know the new topic.
	for {
		reply, err := client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
			GroupID: prefix + "group", GenerationID: -1,
			Topics: map[string][]kafka.OffsetCommit{topic: {{Partition: 0, Offset: 1}}},
		})
		if err == nil && reply.Topics[topic][0].Error == nil {
			break
		}
		select {
		case <-ctx.Done():
			t.Fatalf("commit an offset: %v, %+v", err, reply)
		case <-time.After(20 * time.Millisecond):
		}
	}
	_, err = call(ctx, http.DefaultClient, http.MethodPut, url+"/"+prefix+"index")
	if err != nil {
		t.Fatal(err)
	}
}

func exist(t *testing.T, brokers []string, url, prefix string) (topic, group, index bool) {
	t.Helper()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Transport: transport}
	metadata, err := client.Metadata(t.Context(), &kafka.MetadataRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range metadata.Topics {
		topic = topic || found.Name == prefix+"topic"
	}
	groups, err := client.ListGroups(t.Context(), &kafka.ListGroupsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range groups.Groups {
		group = group || found.GroupID == prefix+"group"
	}
	body, err := call(t.Context(), http.DefaultClient, http.MethodGet, url+"/_cat/indices/"+prefix+"*?h=index")
	if err != nil {
		t.Fatal(err)
	}
	return topic, group, strings.TrimSpace(string(body)) == prefix+"index"
}

func write(t *testing.T, path, content string) {
	t.Helper()
	err := os.WriteFile(path, []byte(content), 0o644)
	if err != nil {
		t.Fatal(err)
	}
}
