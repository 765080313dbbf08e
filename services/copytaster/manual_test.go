package copytaster

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
)

var documented = regexp.MustCompile("(?m)(?:`|^    |\\| )(copytaster [^`\n|#\\\\]+)")

// What the runbook and the help texts tell an operator to type must be
// understood.
func TestDocumentedCommandsExist(t *testing.T) {
	texts := map[string]string{}
	for _, name := range []string{"../../deploy/OPERATING.md"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(b)
	}
	var tools cli
	model, err := newParser(t.Context(), &tools, Terminal{Out: io.Discard, Err: io.Discard}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range model.Model.Leaves(true) {
		command := strings.TrimPrefix(leaf.FullPath(), "copytaster ")
		if first := strings.Fields(command)[0]; first == "completion" || first == "demo" || first == "read" || first == "run" || first == "up" {
			continue // no tools for servers
		}
		code, out, errs := run(t, "", append(strings.Fields(command), "--help")...)
		if code != 0 || !strings.Contains(out, "copytaster "+strings.Fields(command)[0]) {
			t.Fatalf("%s --help: %d %s", command, code, errs)
		}
		texts[command+" --help"] = strings.ReplaceAll(out, " || ", "\n    ")
	}
	parsed := map[string]bool{} // the same examples stand in several places
	for name, text := range texts {
		n := 0
		for _, found := range documented.FindAllStringSubmatch(text, -1) {
			line := strings.TrimSpace(found[1])
			if strings.Contains(line, "COMMAND") || strings.Contains(line, "…") {
				continue
			}
			n++
			if parsed[line] {
				continue
			}
			parsed[line] = true
			words := strings.NewReplacer("URI", "urn:x:y", "PLACE", "ingest.dead/0@5", "TOPIC", "articles.received", "FILE", "file").Replace(line)
			var c cli
			p, err := newParser(t.Context(), &c, Terminal{Out: io.Discard, Err: io.Discard}, func(int) {})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Parse(split(words)[1:]); err != nil {
				t.Errorf("%s: %s: %v", name, line, err)
			}
		}
		if n == 0 && strings.HasSuffix(name, ".md") {
			t.Errorf("%s: no command is found", name)
		}
	}
}

// split is how a shell takes a line apart, as far as double quotes go.
func split(line string) (words []string) {
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}
