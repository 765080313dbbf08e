package copytaster

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/topic"
)

// rightsTable is the table of the services' rights in deploy/SECURITY.md.
func rightsTable() string {
	var b strings.Builder
	rights := topic.Rights("")
	for i := 0; i < len(rights); {
		r := rights[i]
		var may []string
		for ; i < len(rights) && rights[i].Service == r.Service && rights[i].Name == r.Name && rights[i].Resource == r.Resource; i++ {
			may = append(may, rights[i].Operation)
		}
		if r.Service != topic.Operator {
			fmt.Fprintf(&b, "| %s | %s `%s` | %s |\n", r.Service, strings.ToLower(string(r.Resource)), r.Name, strings.Join(may, ", "))
		}
	}
	return b.String()
}

func TestSecurityIsDocumentedAsItIs(t *testing.T) {
	text, err := os.ReadFile("../../deploy/SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), rightsTable()) {
		t.Errorf("the table of rights in deploy/SECURITY.md is not\n%s", rightsTable())
	}
}

// The example files are what each service takes, without secrets.
func TestExampleSettings(t *testing.T) {
	name := regexp.MustCompile(`(?m)^([A-Z0-9_]+)=`)
	for _, s := range append(serviceNames(), topic.Operator) {
		file := filepath.Join("../../deploy/config", s+".env")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(`(?m)_(PASSWORD|API_KEY|TOKEN)=`).Match(text) {
			t.Errorf("%s has a secret", file)
		}
		for _, set := range name.FindAllSubmatch(text, -1) {
			t.Setenv(string(set[1]), "")
			if err := os.Unsetenv(string(set[1])); err != nil {
				t.Fatal(err)
			}
		}
		if s == topic.Operator {
			var out bytes.Buffer
			args := []string{"indices", "check", "--config", file}
			if code := execute(t.Context(), args, Terminal{In: nil, Out: &out, Err: &out}); code != 2 || !strings.Contains(out.String(), "/etc/copytaster/") {
				t.Errorf("%s: exit code %d: %s", file, code, out.String())
			}
			continue
		}
		chosen, err := choose([]string{s})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := chosen[0].prepare("--config=" + file); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestSecretsAreNotInHelp(t *testing.T) {
	t.Setenv("COPYTASTER_KAFKA_PASSWORD", "hunter2")
	t.Setenv("COPYTASTER_ELASTICSEARCH_API_KEY", "hunter2")
	for _, args := range [][]string{{"indices", "create", "--help"}, {"acls", "apply", "--help"}, {"acls", "apply", "--nonsense"}, {"lag", "--kafka-user=x"}} {
		var out bytes.Buffer
		execute(t.Context(), args, Terminal{In: strings.NewReader(""), Out: &out, Err: &out})
		if strings.Contains(out.String(), "hunter2") || out.Len() == 0 {
			t.Errorf("%v: %s", args, out.String())
		}
	}
}
