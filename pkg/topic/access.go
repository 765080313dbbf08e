package topic

import (
	"cmp"
	"slices"
)

// Operator is who works with the operator's tools: the writer "copytaster".
const Operator = "operator"

// Console is what operators see and do by the search service: a user of its own, as [Editor].
const Console = "console"

// Subscriber is a downstream team, and the group that it reads as: it may read
// what is public, and nothing else.
const Subscriber = "subscriber"

// Resource is a kind of thing that Kafka gives rights on, by Kafka's name.
type Resource string

// The resources.
const (
	OnTopic   Resource = "Topic"
	OnGroup   Resource = "Group"
	OnCluster Resource = "Cluster"
)

// ClusterName is what Kafka calls the one resource of the kind [OnCluster].
const ClusterName = "kafka-cluster"

// Right is what Kafka must allow a service.
type Right struct {
	Service   string // or Operator
	Resource  Resource
	Name      string // with the namespace
	Operation string // by Kafka's name: "Read", "Write", ...
}

// operatorOnTopic is what the operator may do with every topic of the topology:
// no tool deletes one. Kafka lets whoever may read, write or alter see what is
// there, too.
var operatorOnTopic = []string{"Read", "Create", "Alter", "AlterConfigs"}

// operatorWrites tells whether the operator's tools write to t: what is theirs,
// and what groups read, where messages are sent again.
func operatorWrites(t Topic) bool {
	return t.Writer == tools || slices.ContainsFunc(Groups, func(g Group) bool { return g.Topic == t.Name })
}

// Services are those of the topology and the operator, in order.
func Services() []string {
	all := []string{Operator}
	for _, r := range Rights("") {
		all = append(all, r.Service)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Rights are all that the services need, and nothing else: the writer of a topic
// may write, its readers may read, and read as their group. Who uses a topic may
// see its settings, to say if they differ from the topology. Topics are made by
// the operator.
func Rights(n Namespace) []Right {
	var all []Right
	add := func(service string, on Resource, name string, operations ...string) {
		if on != OnCluster {
			name = n.Name(name)
		}
		for _, o := range operations {
			all = append(all, Right{service, on, name, o})
		}
	}
	for _, t := range All {
		if t.Writer != tools {
			add(t.Writer, OnTopic, t.Name, "Write", "DescribeConfigs")
		}
		for _, also := range t.Also {
			add(also, OnTopic, t.Name, "Write", "DescribeConfigs")
		}
		for _, r := range t.Readers {
			add(r, OnTopic, t.Name, "Read", "DescribeConfigs")
		}
		if t.Public {
			add(Subscriber, OnTopic, t.Name, "Read", "DescribeConfigs")
		}
		add(Operator, OnTopic, t.Name, operatorOnTopic...)
		if operatorWrites(t) {
			add(Operator, OnTopic, t.Name, "Write")
		}
	}
	for _, g := range Groups {
		add(g.Service, OnTopic, g.Topic, "Read", "DescribeConfigs")
		add(g.Service, OnGroup, g.Name, "Read")
		add(Operator, OnGroup, g.Name, "Read")
	}
	for _, g := range Groups { // it asks how far the index is
		if g.Service == "enrich" || g.Service == "index" && g.Topic != Notices {
			add(Editor, OnGroup, g.Name, "Describe")
		}
	}
	for _, t := range All {
		switch {
		case t.Dead():
			add(Console, OnTopic, t.Name, "Read", "DescribeConfigs")
		case t.Name == DeadHandled:
			add(Console, OnTopic, t.Name, "Read", "Write", "DescribeConfigs")
		case t.Writer == "release" && !t.Compact:
			add(Console, OnTopic, t.Name, "Describe")
		}
	}
	for _, g := range Groups { // letters go back there, and the age of what is unread is read there
		add(Console, OnTopic, g.Topic, "Read", "Write", "DescribeConfigs")
		add(Console, OnGroup, g.Name, "Describe")
	}
	add(Subscriber, OnGroup, Subscriber, "Read")
	add(Operator, OnCluster, ClusterName, "Describe")
	slices.SortFunc(all, func(a, b Right) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Operation, b.Operation))
	})
	return slices.Compact(all)
}
