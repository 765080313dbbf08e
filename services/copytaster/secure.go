package copytaster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/deploy/local"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/elastic"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/copytaster/operate"
)

// keyOf is the role of those who come to Elasticsearch.
func keyOf(service string) (corpus.Role, bool) {
	switch service {
	case "index":
		return corpus.Writer, true
	case "search":
		return corpus.Reader, true
	case topic.Operator:
		return corpus.Operator, true
	}
	return "", false
}

// secured is a pair of secured servers and how each service gets in.
type secured struct {
	brokers       []string
	elasticsearch string
	credentials   *local.Credentials
	dir           string // of the API keys
	namespace     string
}

// bus is how a user of Kafka's gets in.
func (s secured) bus(user string) bus.Config {
	return bus.Config{KafkaBrokers: s.brokers, Namespace: s.namespace, Security: bus.Security{
		KafkaTLS: true, KafkaCACert: s.credentials.CA(), KafkaUser: user, KafkaPasswordFile: s.credentials.PasswordFile(user),
	}}
}

func (s secured) keyFile(r corpus.Role) string { return filepath.Join(s.dir, string(r)+".key") }

// elastic is how a role gets in; without one, it is who has no key.
func (s secured) elastic(r corpus.Role) elastic.Config {
	c := elastic.Config{URL: []string{s.elasticsearch}, CACert: s.credentials.CA()}
	if r != "" {
		c.APIKeyFile = s.keyFile(r)
	}
	return c
}

// setUp gives the services their rights: Kafka's rules, topics, keys, indices.
// What is there stays.
func (s secured) setUp(ctx context.Context, t Terminal) error {
	rules := operate.ACLsApplyCmd{Change: operate.Change{Yes: true}}
	rules.Bus = s.bus(local.KafkaAdmin)
	rules.User = map[string]string{}
	for _, service := range topic.Services() {
		rules.User[service] = service
	}
	if err := rules.Run(ctx, t); err != nil {
		return err
	}
	b, err := bus.Connect(s.bus(topic.Operator), zerolog.Nop())
	if err != nil {
		return err
	}
	defer b.Close()
	var names []string
	for _, known := range topic.All {
		names = append(names, known.Name)
	}
	if err := b.EnsureTopics(ctx, names...); err != nil {
		return err
	}
	if err := s.keys(ctx, t); err != nil {
		return err
	}
	indices := operate.IndicesCreateCmd{Shards: 1, RefreshInterval: corpus.DefaultRefreshInterval}
	indices.Elasticsearch = s.elastic(corpus.Operator)
	indices.Bus.Namespace = s.namespace
	return indices.Run(ctx, t)
}

// keys makes the keys that are missing or no longer do.
func (s secured) keys(ctx context.Context, t Terminal) error {
	var lacking []corpus.Role
	for _, r := range corpus.Roles {
		es, err := s.elastic(r).Connect(1)
		if err == nil {
			err = corpus.CheckRights(ctx, es, corpus.Namespace(s.namespace), r)
			es.Close()
		}
		if err != nil {
			lacking = append(lacking, r)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	var c operate.KeysCreateCmd
	c.Elasticsearch, c.Namespace = s.elastic(""), s.namespace
	c.Admin, c.AdminPasswordFile = local.ElasticsearchAdmin, s.credentials.PasswordFile(local.ElasticsearchAdmin)
	c.Role, c.Out, c.Yes = lacking, s.dir, true // what is there no longer does
	return c.Run(ctx, t)
}

// settings are those of all services and of the operator's tools in one file.
func (s secured) settings() string {
	var b strings.Builder
	set := func(name, value string) { fmt.Fprintf(&b, "COPYTASTER_%s=%s\n", name, value) }
	set("KAFKA_BROKERS", strings.Join(s.brokers, ","))
	set("KAFKA_TLS", "true")
	set("KAFKA_CA_CERT", s.credentials.CA())
	set("ELASTICSEARCH_URL", s.elasticsearch)
	set("ELASTICSEARCH_CA_CERT", s.credentials.CA())
	if s.namespace != "" {
		set("NAMESPACE", s.namespace)
	}
	for _, service := range append(serviceNames(), topic.Operator) {
		name := strings.ToUpper(service)
		if slices.Contains(topic.Services(), service) {
			set(name+"_KAFKA_USER", service)
			set(name+"_KAFKA_PASSWORD_FILE", s.credentials.PasswordFile(service))
		}
		if role, has := keyOf(service); has {
			set(name+"_ELASTICSEARCH_API_KEY_FILE", s.keyFile(role))
		}
	}
	set("SEARCH_OVERRIDES_USER", topic.Editor)
	set("SEARCH_OVERRIDES_PASSWORD_FILE", s.credentials.PasswordFile(topic.Editor))
	set("SEARCH_OPERATOR_USER", topic.Console)
	set("SEARCH_OPERATOR_PASSWORD_FILE", s.credentials.PasswordFile(topic.Console))
	return b.String()
}

// settingsFile is where `copytaster up --secure` writes them.
const settingsFile = "copytaster.env"

// upSecure makes secured servers that run ready for the services, and gives the
// file of their settings.
func upSecure(ctx context.Context, servers *local.Servers, t Terminal) (string, error) {
	s := secured{
		brokers: servers.KafkaBrokers, elasticsearch: servers.ElasticsearchURL, credentials: servers.Credentials,
		dir: filepath.Dir(servers.Credentials.CA()),
	}
	if err := s.setUp(ctx, Terminal{In: t.In, Out: io.Discard, Err: t.Err}); err != nil {
		return "", err
	}
	file := filepath.Join(filepath.Dir(s.dir), settingsFile)
	return file, errors.Join(os.WriteFile(file, []byte(s.settings()), 0o600))
}
