package operate

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/topic"
)

// ACLsCmd is `copytaster acls`.
type ACLsCmd struct {
	Print ACLsPrintCmd `cmd:"" default:"withargs" help:"Print the rules that Kafka needs, from the topology (the default)."`
	Check ACLsCheckCmd `cmd:"" help:"Compare Kafka's rules with those it needs: exit code 3 if they differ."`
	Apply ACLsApplyCmd `cmd:"" help:"Give Kafka the rules it lacks."`
}

// users are whom the rules are for.
type users struct {
	User map[string]string `help:"Kafka's name of a service's user, SERVICE=NAME; by default the namespace and the service's name. Services are ${kafka_services}." placeholder:"SERVICE=NAME"`
}

// principals gives Kafka's name of each service's user.
func (u users) principals(n topic.Namespace) (map[string]string, error) {
	all := map[string]string{}
	for _, s := range topic.Services() {
		all[s] = "User:" + n.Name(s)
	}
	for _, s := range slices.Sorted(maps.Keys(u.User)) {
		name := u.User[s]
		switch {
		case all[s] == "":
			return nil, misuse("--user: there is no service %q; there are %s", s, strings.Join(topic.Services(), ", "))
		case name == "" || strings.ContainsAny(name, "*\x00\n\r'"):
			return nil, misuse("--user: %q can't be the name of a user", name)
		}
		all[s] = "User:" + name
	}
	return all, nil
}

// rule is a right as a rule of Kafka's.
type rule struct {
	Service string `json:"service"`
	bus.ACL
	State string `json:"state,omitempty"` // "there", "missing", "extra"; "" if nobody looked
}

// The states of a rule.
const (
	ruleThere   = "there"
	ruleMissing = "missing"
	ruleExtra   = "extra"
)

func (u users) rules(n topic.Namespace) ([]rule, error) {
	principals, err := u.principals(n)
	if err != nil {
		return nil, err
	}
	rights := topic.Rights(n)
	rules := make([]rule, len(rights))
	for i, r := range rights {
		rules[i] = rule{Service: r.Service, ACL: bus.ACL{
			Principal: principals[r.Service], Resource: string(r.Resource), Name: r.Name, Pattern: "Literal",
			Operation: r.Operation, Host: "*", Allow: "Allow",
		}}
	}
	return rules, nil
}

// ACLsPrintCmd is `copytaster acls print`.
type ACLsPrintCmd struct {
	Output `embed:""`
	Kafka  `embed:"" group:"servers"`
	users

	Commands bool `help:"Print them as commands of Kafka's own kafka-acls.sh."`
}

// Run prints the rules.
func (c *ACLsPrintCmd) Run(_ context.Context, t Terminal) error {
	rules, err := c.rules(topic.Namespace(c.Bus.Namespace))
	switch {
	case err != nil:
		return err
	case c.Commands && c.JSON:
		return misuse("--commands and --json don't go together")
	case c.Commands:
		printCommands(t.Out, strings.Join(c.Bus.KafkaBrokers, ","), rules)
		return nil
	}
	return printRules(t.Out, c.JSON, rules)
}

func printRules(w io.Writer, asJSON bool, rules []rule) error {
	s := columns("service", "user", "resource", "name", "operation", "state")
	for _, r := range rules {
		if asJSON {
			if err := line(w, r); err != nil {
				return err
			}
			continue
		}
		state := r.State
		if r.Allow != "Allow" || r.Pattern != "Literal" || r.Host != "*" {
			state = strings.TrimSpace(strings.Join([]string{state, r.Allow, r.Pattern, "from " + r.Host}, " "))
		}
		s.row(r.Service, strings.TrimPrefix(r.Principal, "User:"), r.Resource, r.Name, r.Operation, state)
	}
	if !asJSON {
		s.print(w)
	}
	return nil
}

// printCommands puts the operations on one resource into one command.
func printCommands(w io.Writer, brokers string, rules []rule) {
	for i := 0; i < len(rules); {
		r := rules[i]
		fmt.Fprintf(w, "kafka-acls.sh --bootstrap-server %s --command-config admin.properties --add --allow-principal '%s'", brokers, r.Principal)
		for ; i < len(rules) && rules[i].Principal == r.Principal && rules[i].Resource == r.Resource && rules[i].Name == r.Name; i++ {
			fmt.Fprintf(w, " --operation %s", rules[i].Operation)
		}
		switch r.Resource {
		case string(topic.OnCluster):
			fmt.Fprintln(w, " --cluster")
		default:
			fmt.Fprintf(w, " --%s '%s'\n", strings.ToLower(r.Resource), r.Name)
		}
	}
}

// compare gives the rules that are needed and those that are there besides, for
// the same users.
func (u users) compare(ctx context.Context, b *bus.Bus) ([]rule, error) {
	rules, err := u.rules(b.Namespace())
	if err != nil {
		return nil, err
	}
	services := map[string]string{} // by principal; one user may be several services'
	for _, r := range rules {
		services[r.Principal] = r.Service
	}
	have, err := b.ACLs(ctx, slices.Sorted(maps.Keys(services))...)
	if err != nil {
		return nil, err
	}
	needed := map[bus.ACL]bool{}
	for i := range rules {
		rules[i].State = ruleMissing
		if slices.Contains(have, rules[i].ACL) {
			rules[i].State = ruleThere
		}
		needed[rules[i].ACL] = true
	}
	for _, a := range have {
		if !needed[a] {
			rules = append(rules, rule{services[a.Principal], a, ruleExtra})
		}
	}
	return rules, nil
}

func inState(rules []rule, state string) []rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r rule) bool { return r.State != state })
}

// ACLsCheckCmd is `copytaster acls check`.
type ACLsCheckCmd struct {
	Output `embed:""`
	Kafka  `embed:"" group:"servers"`
	users
}

// Help is shown by `copytaster acls check --help`.
func (ACLsCheckCmd) Help() string {
	return `It looks at the rules of the services' users only. A rule that is "extra" gives a user more, or forbids it
what it needs: see what it is there for, and take it away with "apply --prune". Needs a user who may
Describe the cluster; the operator's may.`
}

// Run compares.
func (c *ACLsCheckCmd) Run(ctx context.Context, t Terminal) error {
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	rules, err := c.compare(ctx, b)
	if err != nil {
		return err
	}
	if err := printRules(t.Out, c.JSON, rules); err != nil {
		return err
	}
	if m, e := len(inState(rules, ruleMissing)), len(inState(rules, ruleExtra)); m+e > 0 {
		return &ExitError{ExitDiffers, fmt.Errorf("%d rules are missing, %d are extra", m, e)}
	}
	return nil
}

// ACLsApplyCmd is `copytaster acls apply`.
type ACLsApplyCmd struct {
	Output `embed:""`
	Kafka  `embed:"" group:"servers"`
	Change `embed:""`
	users

	Prune bool `help:"Take away the rules that are extra, too."`
}

// Help is shown by `copytaster acls apply --help`.
func (ACLsApplyCmd) Help() string {
	return `Needs a user who may Alter the cluster, such as an administrator of super.users; the operator's may not,
so that it can't give itself more.`
}

// Run adds, and with --prune takes away.
func (c *ACLsApplyCmd) Run(ctx context.Context, t Terminal) error {
	b, err := c.connect(ctx, t)
	if err != nil {
		return err
	}
	defer b.Close()
	rules, err := c.compare(ctx, b)
	if err != nil {
		return err
	}
	add, remove := inState(rules, ruleMissing), inState(rules, ruleExtra)
	left := 0
	if !c.Prune {
		left, remove = len(remove), nil
	}
	if err := printRules(t.Out, c.JSON, slices.Concat(add, remove)); err != nil {
		return err
	}
	if left > 0 {
		fmt.Fprintf(t.Err, "%d rules are extra and stay: see them with `copytaster acls check`, take them away with --prune\n", left)
	}
	switch {
	case len(add)+len(remove) == 0:
		fmt.Fprintln(t.Err, "nothing to do")
		return nil
	case c.DryRun:
		fmt.Fprintf(t.Err, "would add %d rules and take %d away\n", len(add), len(remove))
		return nil
	}
	if err := c.confirm(t, fmt.Sprintf("%d rules are added to Kafka's, %d are taken away", len(add), len(remove))); err != nil {
		return err
	}
	if len(add) > 0 {
		if err := b.CreateACLs(ctx, acls(add)...); err != nil {
			return err
		}
	}
	if len(remove) > 0 {
		if err := b.DeleteACLs(ctx, acls(remove)...); err != nil {
			return err
		}
	}
	fmt.Fprintf(t.Err, "added %d rules, took %d away\n", len(add), len(remove))
	return nil
}

func acls(rules []rule) []bus.ACL {
	all := make([]bus.ACL, len(rules))
	for i, r := range rules {
		all[i] = r.ACL
	}
	return all
}
