package local

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/scram"
)

const (
	// KafkaPort and KafkaSecurePort are Kafka's usual ports.
	KafkaPort       = 9092
	KafkaSecurePort = 9093
	// KafkaHeapMiB is Kafka's heap unless configured.
	KafkaHeapMiB = 512
	// MaxMessageBytes is the largest message (a whole compressed batch) that the broker takes. It
	// leaves room above the 8 MiB from which originals travel by claim check.
	MaxMessageBytes = 10 << 20
)

// StartKafka runs a broker that is its own controller, and returns once consumer groups find
// their coordinator, which needs all else to work. ctx bounds the start only. After an error nothing runs.
func StartKafka(ctx context.Context, config ServerConfig) (*Server, error) {
	return startKafka(ctx, config, 0)
}

func startKafka(ctx context.Context, config ServerConfig, usual int) (*Server, error) {
	config, err := config.prepare(KafkaHeapMiB)
	if err != nil {
		return nil, err
	}
	java, err := findJava(ctx)
	if err != nil {
		return nil, err
	}
	command := []string{java}
	if config.Brief {
		command = append(command, briefly)
	}
	command = append(command,
		"-Xmx"+strconv.Itoa(config.HeapMiB)+"m", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError",
		"-Djava.awt.headless=true",
		// Libraries for compression are unpacked here; the system's own may forbid execution.
		"-Djava.io.tmpdir="+filepath.Join(config.Dir, "tmp"),
		"-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
		"-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
		"-Dorg.slf4j.simpleLogger.showDateTime=true",
		"-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
		"-cp", filepath.Join(config.Dist, kafkaDir, "libs", "*"),
	)

	data := filepath.Join(config.Dir, "data")
	err = formatKafka(ctx, config, command, data)
	if err != nil {
		return nil, err
	}
	return startOnFreePort(ctx, func() (*Server, error) {
		port, err := choosePort("Kafka", config.Port, usual)
		if err != nil {
			return nil, err
		}
		controller, err := choosePort("Kafka's controller", 0, 0)
		if err != nil {
			return nil, err
		}
		second := behind{proxy: config.Proxy}
		if config.Proxy != "" {
			second.port, err = choosePort("Kafka behind its proxy", config.ProxiedPort, 0)
			if err != nil {
				return nil, err
			}
		}
		file := filepath.Join(config.Dir, "server.properties")
		properties, err := kafkaProperties(data, port, controller, second, config.Secure)
		if err != nil {
			return nil, err
		}
		err = replaceSecret(file, properties)
		if err != nil {
			return nil, err
		}
		address := net.JoinHostPort(host, strconv.Itoa(port))
		return &Server{
			Name: "Kafka", Address: address, Proxied: second.address(), Log: config.Log, started: config.started,
			program: program{args: append(slices.Clip(command), "kafka.Kafka", file), dir: config.Dir, log: config.Log},
			ready:   func(ctx context.Context) error { return kafkaServes(ctx, []string{address}, config.Secure) },
		}, nil
	})
}

// formatKafka gives a new data folder its identity. It is made beside its place and moved there
// when whole, so that a start that was cut off leaves nothing half-formatted.
func formatKafka(ctx context.Context, config ServerConfig, command []string, data string) error {
	_, err := os.Stat(filepath.Join(data, "meta.properties"))
	if err == nil {
		return nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	next := data + ".new"
	file := filepath.Join(config.Dir, "format.properties")
	err = errors.Join(os.RemoveAll(next), os.MkdirAll(next, 0o755))
	if err != nil {
		return err
	}
	// The ports don't matter to the format.
	properties, err := kafkaProperties(next, KafkaPort, KafkaPort+1, behind{}, config.Secure)
	if err != nil {
		return err
	}
	err = replaceSecret(file, properties)
	if err != nil {
		return err
	}
	id := make([]byte, 16)
	_, err = rand.Read(id)
	if err != nil {
		return err
	}
	// An id must not begin with a dash, or it would be read as an option.
	cluster := "A" + base64.RawURLEncoding.EncodeToString(id)[1:]
	format := program{
		dir: config.Dir, log: config.Log,
		args: append(slices.Clip(command), briefly, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", file),
	}
	if config.Secure != nil {
		// Whoever can list this machine's processes sees the passwords for a second or two.
		scram, err := config.Secure.scram()
		if err != nil {
			return err
		}
		format.args = append(format.args, scram...)
	}
	err = format.run(ctx)
	if err != nil {
		return fmt.Errorf("format Kafka's data folder: %w; the end of %s:%s", err, config.Log, tail(config.Log))
	}
	return errors.Join(os.Remove(file), os.RemoveAll(data), os.Rename(next, data))
}

// behind is a second listener for those who come through a proxy: Kafka tells its clients where to
// go on, and only the listener that they came to decides what they are told.
type behind struct {
	port  int
	proxy string // host:port; "" = there is no such listener
}

func (b behind) address() string {
	if b.proxy == "" {
		return ""
	}
	return net.JoinHostPort(host, strconv.Itoa(b.port))
}

// kafkaProperties are the settings of the server; the secured one has no second listener.
func kafkaProperties(data string, port, controller int, second behind, secure *Credentials) ([]byte, error) {
	// A backslash begins an escape in a properties file.
	data = strings.ReplaceAll(data, `\`, `\\`)
	lines := []string{
		"process.roles=broker,controller",
		"node.id=1",
		fmt.Sprintf("controller.quorum.voters=1@%s:%d", host, controller),
		"controller.listener.names=CONTROLLER",
		"log.dirs=" + data,
		// A misspelt topic must fail, not appear.
		"auto.create.topics.enable=false",
		fmt.Sprintf("message.max.bytes=%d", MaxMessageBytes),
		fmt.Sprintf("replica.fetch.max.bytes=%d", MaxMessageBytes),
		// One node holds everything, so internal topics have one replica and few partitions.
		"offsets.topic.replication.factor=1",
		"offsets.topic.num.partitions=4",
		"transaction.state.log.replication.factor=1",
		"transaction.state.log.min.isr=1",
		"transaction.state.log.num.partitions=4",
		"share.coordinator.state.topic.replication.factor=1",
		"share.coordinator.state.topic.min.isr=1",
		// A lone consumer needs not wait for others to join.
		"group.initial.rebalance.delay.ms=0",
		// The default of 128 MiB is a quarter of this heap.
		"log.cleaner.dedupe.buffer.size=16777216",
	}
	switch {
	case secure != nil:
		security, err := secure.kafkaProperties(port, controller)
		if err != nil {
			return nil, err
		}
		lines = append(lines, security...)
	case second.proxy != "":
		lines = append(lines,
			fmt.Sprintf("listeners=PLAINTEXT://%s:%d,CONTROLLER://%s:%d,PROXIED://%s", host, port, host, controller, second.address()),
			fmt.Sprintf("advertised.listeners=PLAINTEXT://%s:%d,PROXIED://%s", host, port, second.proxy),
			"listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT",
			"inter.broker.listener.name=PLAINTEXT")
	default:
		lines = append(lines,
			fmt.Sprintf("listeners=PLAINTEXT://%s:%d,CONTROLLER://%s:%d", host, port, host, controller),
			fmt.Sprintf("advertised.listeners=PLAINTEXT://%s:%d", host, port),
			"listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT")
	}
	return []byte(strings.Join(lines, "\n") + "\n"), nil
}

// kafkaProperties are the settings that let nobody in without TLS and a password, and to nothing
// without a rule. The controller knows its broker by the certificate, because passwords are kept
// by the controller itself.
func (c *Credentials) kafkaProperties(port, controller int) ([]string, error) {
	password, err := c.Password(kafkaBroker)
	if err != nil {
		return nil, err
	}
	path := func(name string) string { return strings.ReplaceAll(filepath.Join(c.dir, name), `\`, `\\`) }
	return []string{
		fmt.Sprintf("listeners=SASL_SSL://%s:%d,CONTROLLER://%s:%d", host, port, host, controller),
		fmt.Sprintf("advertised.listeners=SASL_SSL://%s:%d", host, port),
		"listener.security.protocol.map=CONTROLLER:SSL,SASL_SSL:SASL_SSL",
		"inter.broker.listener.name=SASL_SSL",
		"sasl.enabled.mechanisms=SCRAM-SHA-512",
		"sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512",
		fmt.Sprintf("listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=%q password=%q;",
			kafkaBroker, password),
		"listener.name.controller.ssl.client.auth=required",
		"ssl.keystore.type=PEM", "ssl.keystore.location=" + path(nodeStoreFile),
		"ssl.truststore.type=PEM", "ssl.truststore.location=" + path(caFile),
		"authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
		fmt.Sprintf("super.users=User:%s;User:%s;User:CN=%s", kafkaBroker, KafkaAdmin, nodeName),
	}, nil
}

// scram are the arguments of the storage tool that make the users.
func (c *Credentials) scram() ([]string, error) {
	var args []string
	for _, user := range c.users {
		password, err := c.Password(user)
		if err != nil {
			return nil, err
		}
		args = append(args, "--add-scram", fmt.Sprintf("SCRAM-SHA-512=[name=%s,password=%s]", user, password))
	}
	return args, nil
}

// KafkaTransport is a connection to the secured Kafka as one of its users. Its user closes its idle
// connections.
func (c *Credentials) KafkaTransport(user string) (*kafka.Transport, error) {
	password, err := c.Password(user)
	if err != nil {
		return nil, err
	}
	config, err := c.TLS()
	if err != nil {
		return nil, err
	}
	mechanism, err := scram.Mechanism(scram.SHA512, user, password)
	if err != nil {
		return nil, err
	}
	return &kafka.Transport{TLS: config, SASL: mechanism}, nil
}

// kafkaServes returns nil once the brokers can be produced to and consumed from. A consumer group's
// coordinator needs all of that: the first question makes the controller create the topic of the
// offsets, and the answer comes when that has a leader.
//
// Not by a CreateTopics that only validates: kafka-go then waits for the topic to appear.
func kafkaServes(ctx context.Context, brokers []string, secure *Credentials) error {
	// A transport of its own, because a kept one answers from what it learned before.
	transport := &kafka.Transport{}
	if secure != nil {
		var err error
		transport, err = secure.KafkaTransport(KafkaAdmin)
		if err != nil {
			return err
		}
	}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Transport: transport}

	metadata, err := client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return err
	}
	if len(metadata.Brokers) == 0 || metadata.Controller.Host == "" {
		return errors.New("no controller yet")
	}
	const probe = "copytaster-probe"
	coordinator, err := client.FindCoordinator(ctx, &kafka.FindCoordinatorRequest{Key: probe, KeyType: kafka.CoordinatorKeyTypeConsumer})
	if err != nil {
		return err
	}
	if coordinator.Error != nil {
		return coordinator.Error
	}
	offsets, err := client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: probe})
	if err != nil {
		return err
	}
	return offsets.Error
}
