package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

// envHelper makes the test binary call Up on that folder and then wait to be killed.
const envHelper = "COPYTASTER_LOCAL_TEST_HELPER"

// waitLimit bounds the wait for what the kernel and the servers do by themselves.
const waitLimit = 60 * time.Second

func TestMain(m *testing.M) {
	dir := os.Getenv(envHelper)
	if dir == "" {
		os.Exit(m.Run())
	}
	servers, err := Up(context.Background(), testConfig(dir))
	if err != nil {
		fmt.Println("up failed:", err)
		os.Exit(1)
	}
	fmt.Println(<-servers.Died())
}

func testConfig(dir string) Config {
	return Config{Dir: dir, KafkaHeapMiB: 256, ElasticsearchHeapMiB: 512, Brief: true, Progress: os.Stdout}
}

// realDir is a folder for real servers that borrows the programs of the repository's own.
func realDir(t *testing.T) string {
	t.Helper()
	dist, err := Dist("")
	if err != nil {
		t.Fatal(err)
	}
	dir := openDir(t)
	err = os.Symlink(dist, filepath.Join(dir, "dist"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestRealServers tells one long story, because each start takes some ten seconds.
func TestRealServers(t *testing.T) {
	dir := realDir(t)
	t.Setenv(EnvKafkaBrokers, "")
	t.Setenv(EnvElasticsearchURL, "")

	// The usual ports are taken, by this test or already before.
	for _, port := range []int{KafkaPort, ElasticsearchPort} {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			t.Cleanup(func() { _ = listener.Close() })
		}
	}

	// Another process starts the servers.
	helper := exec.CommandContext(t.Context(), os.Args[0])
	helper.Env = append(os.Environ(), envHelper+"="+dir)
	helper.Stdout, helper.Stderr = t.Output(), t.Output()
	err := helper.Start()
	if err != nil {
		t.Fatal(err)
	}
	helperDone := make(chan error, 1)
	go func() { helperDone <- helper.Wait() }()
	var state State
	await(t, startTimeout, "the helper's servers", func() bool {
		select {
		case err := <-helperDone:
			t.Fatal("the helper ended:", err)
		default:
		}
		state, err = readState(dir)
		return err == nil && state.ElasticsearchURL != ""
	})
	brokers := state.KafkaBrokers
	if len(brokers) != 1 || strings.HasSuffix(brokers[0], ":9092") || strings.HasSuffix(state.ElasticsearchURL, ":9200") {
		t.Errorf("took taken ports: %+v", state)
	}
	if len(state.Processes) != 3 {
		t.Errorf("recorded %d processes, want Kafka, Elasticsearch's launcher and Elasticsearch: %+v", len(state.Processes), state.Processes)
	}
	checkKeys(t, dir)

	// A second one says where the first one's are.
	_, err = Up(t.Context(), testConfig(dir))
	var running *RunningError
	if !errors.As(err, &running) || running.State.KafkaBrokers[0] != brokers[0] || running.State.PID != helper.Process.Pid {
		t.Errorf("a second Up: %v", err)
	}

	// Servers of others are used, not started: both, or one alone beside our own.
	t.Setenv(EnvKafkaBrokers, brokers[0])
	t.Setenv(EnvElasticsearchURL, state.ElasticsearchURL+"/")
	unused := filepath.Join(t.TempDir(), "unused")
	others, err := Up(t.Context(), Config{Dir: unused})
	if err != nil {
		t.Fatal(err)
	}
	if others.KafkaBrokers[0] != brokers[0] || others.ElasticsearchURL != state.ElasticsearchURL || others.Kafka != nil {
		t.Errorf("got %+v", others)
	}
	wantError(t, others.Stop(t.Context()), "")
	_, err = os.Stat(unused)
	if err == nil {
		t.Error("a folder was made for nothing")
	}

	createTopic(t, brokers[0], "kept")
	put(t, state.ElasticsearchURL+"/kept")

	// The helper is killed without warning: its servers end too.
	err = helper.Process.Kill()
	if err != nil {
		t.Fatal(err)
	}
	<-helperDone
	await(t, waitLimit, "the orphans' end", func() bool {
		return !slices.ContainsFunc(state.Processes, isStill)
	})
	_, err = os.Stat(filepath.Join(dir, stateFile))
	if err != nil {
		t.Error("the killed one tidied up?", err)
	}

	restartElasticsearch(t, dir)

	// Only Kafka is started now, the data is still there, and Elasticsearch is somebody else's.
	fake := fakeElasticsearch(t)
	t.Setenv(EnvKafkaBrokers, "")
	t.Setenv(EnvElasticsearchURL, fake)
	one, err := Up(t.Context(), testConfig(dir))
	if err != nil {
		t.Fatal(err)
	}
	if one.Elasticsearch != nil || one.ElasticsearchURL != fake {
		t.Errorf("got %+v", one)
	}
	if !hasTopic(t, one.KafkaBrokers[0], "kept") {
		t.Error("the topic is lost")
	}

	// A crash is told, with the log.
	err = one.Kafka.Kill()
	if err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-one.Died():
		wantError(t, err, "Kafka died (signal: killed); the end of "+one.Kafka.Log)
		wantError(t, err, "Kafka Server started")
	case <-time.After(waitLimit):
		t.Fatal("nobody told that Kafka died")
	}
	// And survived, on the same port.
	err = one.Kafka.Restart(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !hasTopic(t, one.KafkaBrokers[0], "kept") {
		t.Error("the topic is lost by the crash")
	}
	err = one.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat(filepath.Join(dir, stateFile))
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("state.json after Stop: %v", err)
	}
	wantError(t, one.Stop(t.Context()), "")
	if reachable(one.KafkaBrokers[0]) {
		t.Error("Kafka still listens after Stop")
	}
}

// restartElasticsearch starts it alone on what the killed helper left, and crashes it.
func restartElasticsearch(t *testing.T, dir string) {
	t.Helper()
	server, err := StartElasticsearch(t.Context(), ServerConfig{
		Dist: filepath.Join(dir, "dist"), Dir: filepath.Join(dir, "data", "elasticsearch"), HeapMiB: 512, Brief: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, "http://"+server.Address+"/kept", nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		t.Errorf("the index is lost: %s", reply.Status)
	}
	if os.Geteuid() == 0 {
		checkOwner(t, server.current().pid)
	}
	if runtime.GOOS == "linux" {
		checkBrief(t, server.current().pid)
	}
	wantError(t, server.Kill(), "")
	if reachable(server.Address) {
		t.Error("Elasticsearch outlived a kill")
	}
}

// checkBrief holds that the launcher hands the option on to the server.
func checkBrief(t *testing.T, id int) {
	t.Helper()
	for _, pid := range group(id) {
		command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil || !strings.Contains(string(command), briefly) {
			t.Errorf("process %d: no %s in %q %v", pid, briefly, command, err)
		}
	}
}

func checkOwner(t *testing.T, id int) {
	t.Helper()
	for _, pid := range group(id) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Uid:\t65534\t65534\t65534\t65534\n", "Gid:\t65534\t65534\t65534\t65534\n", "Groups:\t \n"} {
			if !strings.Contains(string(status), want) {
				t.Errorf("process %d: no %q in %s", pid, want, status)
			}
		}
	}
}

// TestStartIsCancelled asks for Kafka and changes its mind while it starts.
func TestStartIsCancelled(t *testing.T) {
	dir := realDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	var id int
	_, err := StartKafka(ctx, ServerConfig{
		Dist: filepath.Join(dir, "dist"), Dir: filepath.Join(dir, "k"), HeapMiB: 256,
		started: func(group int) error { id = group; cancel(); return nil },
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if left := group(id); id == 0 || len(left) > 0 {
		t.Errorf("left of %d: %v", id, left)
	}
}

// checkKeys holds the contract with those who read state.json without this package.
func checkKeys(t *testing.T, dir string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		t.Fatal(err)
	}
	var keys struct {
		Brokers []string `json:"kafka_brokers"`
		URL     string   `json:"elasticsearch_url"`
	}
	err = json.Unmarshal(data, &keys)
	if err != nil || len(keys.Brokers) != 1 || !strings.HasPrefix(keys.URL, "http://127.0.0.1:") {
		t.Errorf("state.json: %s, %v", data, err)
	}
}

func await(t *testing.T, limit time.Duration, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", limit, what)
		}
		<-time.After(pollEvery)
	}
}

func reachable(address string) bool {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func withClient(address string, use func(*kafka.Client)) {
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	use(&kafka.Client{Addr: kafka.TCP(address), Transport: transport})
}

func createTopic(t *testing.T, address, topic string) {
	t.Helper()
	withClient(address, func(client *kafka.Client) {
		made, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{
			Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: 2, ReplicationFactor: 1}},
		})
		if err != nil || made.Errors[topic] != nil {
			t.Fatalf("create a topic: %v, %+v", err, made)
		}
	})
}

func hasTopic(t *testing.T, address, topic string) (found bool) {
	t.Helper()
	withClient(address, func(client *kafka.Client) {
		metadata, err := client.Metadata(t.Context(), &kafka.MetadataRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, known := range metadata.Topics {
			found = found || known.Name == topic && len(known.Partitions) == 2
		}
	})
	return found
}

func put(t *testing.T, url string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		t.Fatalf("PUT %s: %s", url, reply.Status)
	}
}
