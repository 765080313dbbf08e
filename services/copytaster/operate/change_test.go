package operate

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/bus"
)

func TestConfirm(t *testing.T) {
	for _, c := range []struct {
		name, in string
		change   Change
		ask      bool
		want     string // "": done
	}{
		{"said before", "", Change{Yes: true}, false, ""},
		{"nobody to ask", "yes\n", Change{}, false, "say --yes"},
		{"yes", "yes\n", Change{}, true, ""},
		{"Yes, with spaces", " YES \r\n", Change{}, true, ""},
		{"yes without an end", "yes", Change{}, true, ""},
		{"only y", "y\n", Change{}, true, "nothing was changed"},
		{"no", "no\n", Change{}, true, "nothing was changed"},
		{"nothing", "", Change{}, true, "nothing was changed"},
		{"too late", "no\nyes\n", Change{}, true, "nothing was changed"},
		{"endless", strings.Repeat("y", 1000), Change{}, true, "nothing was changed"},
	} {
		var out bytes.Buffer
		term := Terminal{strings.NewReader(c.in), &out, &out}
		var err error
		if c.ask {
			err = ask(term, "The sky falls")
		} else {
			err = c.change.confirm(term, "The sky falls")
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if c.ask && !strings.Contains(out.String(), "The sky falls.") {
			t.Errorf("%s: it asked %q", c.name, out.String())
		}
	}
	var exit *ExitError
	if err := (Change{}).confirm(Terminal{In: strings.NewReader("yes\n")}, "x"); !errors.As(err, &exit) || exit.Code != 2 {
		t.Errorf("exit code of a refusal: %v", err)
	}
}

// Whoever can't be asked is refused before Kafka is: nothing answers there.
func TestRedriveIsRefusedBeforeAnythingIsRead(t *testing.T) {
	c := DeadRedriveCmd{All: true, Kafka: Kafka{Bus: bus.Config{KafkaBrokers: []string{"127.0.0.1:1"}}}}
	var out bytes.Buffer
	err := c.Run(t.Context(), Terminal{strings.NewReader("yes\n"), &out, &out})
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Code != 2 || !strings.Contains(err.Error(), "say --yes") {
		t.Errorf("it ended with %v", err)
	}
}

func TestSheet(t *testing.T) {
	s := columns("topic", ">lag", "state")
	s.row("é", 5, "up\x1b[31m\nto date")
	s.row("long", 12345, "")
	var b bytes.Buffer
	s.print(&b)
	want := "topic    lag  state\n" +
		"é          5  up\uFFFD[31m to date\n" +
		"long   12345\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}
