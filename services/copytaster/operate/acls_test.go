package operate

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/topic"
)

func TestACLsPrint(t *testing.T) {
	show := func(c ACLsPrintCmd) string {
		t.Helper()
		c.Bus = bus.Config{KafkaBrokers: []string{"k1:9093", "k2:9093"}, Namespace: "w-"}
		var out bytes.Buffer
		if err := c.Run(t.Context(), Terminal{Out: &out}); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	commands := show(ACLsPrintCmd{Commands: true, users: users{map[string]string{"index": "writer"}}})
	for _, want := range []string{
		"kafka-acls.sh --bootstrap-server k1:9093,k2:9093 --command-config admin.properties --add --allow-principal 'User:writer' --operation Read --group 'w-index'\n",
		"--allow-principal 'User:w-ingest' --operation DescribeConfigs --operation Read --operation Write --topic 'w-sources.state'\n",
		"--allow-principal 'User:w-operator' --operation Describe --cluster\n",
	} {
		if !strings.Contains(commands, want) {
			t.Errorf("%q is not in\n%s", want, commands)
		}
	}
	var got []topic.Right
	for l := range strings.Lines(show(ACLsPrintCmd{Output: Output{JSON: true}})) {
		var r rule
		if err := json.Unmarshal([]byte(l), &r); err != nil {
			t.Fatal(err)
		}
		if r.Principal != "User:w-"+r.Service || r.Pattern != "Literal" || r.Host != "*" || r.Allow != "Allow" || r.State != "" {
			t.Errorf("%s", l)
		}
		got = append(got, topic.Right{Service: r.Service, Resource: topic.Resource(r.Resource), Name: r.Name, Operation: r.Operation})
	}
	want := topic.Rights("w-")
	if len(got) != len(want) {
		t.Fatalf("%d rules, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	if table := show(ACLsPrintCmd{}); strings.Count(table, "\n") != len(want)+1 {
		t.Errorf("the table has other rules:\n%s", table)
	}
}

func TestACLsMisuse(t *testing.T) {
	for _, c := range []struct {
		cmd  ACLsPrintCmd
		want string
	}{
		{ACLsPrintCmd{users: users{map[string]string{"x": "y"}}}, `no service "x"; there are console, editor, enrich, index, ingest, operator`},
		{ACLsPrintCmd{users: users{map[string]string{"index": "*"}}}, "can't be the name of a user"},
		{ACLsPrintCmd{users: users{map[string]string{"index": "a'b"}}}, "can't be the name of a user"},
		{ACLsPrintCmd{users: users{map[string]string{"index": ""}}}, "can't be the name of a user"},
		{ACLsPrintCmd{Commands: true, Output: Output{JSON: true}}, "don't go together"},
	} {
		var out bytes.Buffer
		if err := c.cmd.Run(t.Context(), Terminal{Out: &out}); err == nil || !strings.Contains(err.Error(), c.want) || out.Len() > 0 {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func TestACLsOfAKafkaWithoutSecurity(t *testing.T) {
	var c ACLsCheckCmd
	c.Bus.KafkaBrokers = localtest.Kafka(t)
	var out bytes.Buffer
	if err := c.Run(t.Context(), Terminal{Out: &out, Err: &out}); err == nil || !strings.Contains(err.Error(), "this Kafka has no rules: set authorizer.class.name") {
		t.Error(err)
	}
}
