package corenlp

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// TestRead: labels are mapped, others left out, and places counted in UTF-16 are those
// in bytes.
func TestRead(t *testing.T) {
	const text = "Zoë 🙂 met Acme in Oslo on Monday."
	data := `{"sentences":[{"entitymentions":[
		{"ner":"PERSON","characterOffsetBegin":0,"characterOffsetEnd":3},
		{"ner":"ORGANIZATION","characterOffsetBegin":11,"characterOffsetEnd":15},
		{"ner":"CITY","characterOffsetBegin":19,"characterOffsetEnd":23},
		{"ner":"DATE","characterOffsetBegin":27,"characterOffsetEnd":33}]}]}`
	all, err := read(text, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range all {
		got = append(got, string(all[i].Type)+" "+all[i].Mentions[0].In(text))
	}
	if want := "person Zoë, organisation Acme, place Oslo"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, broken := range []string{"", `{"sentences":[{"entitymentions":[{"ner":"PERSON","characterOffsetBegin":0,"characterOffsetEnd":99}]}]}`} {
		if _, err := read(text, []byte(broken)); err == nil {
			t.Errorf("%q is taken for an answer", broken)
		}
	}
}

// TestAnnotate: the program gets each text in a file, its answers stand beside them,
// and what it says when it fails is named.
func TestAnnotate(t *testing.T) {
	bin := t.TempDir()
	fake := func(script string) {
		if err := os.WriteFile(filepath.Join(bin, "java"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	fake(`while [ "$1" != -filelist ]; do shift; done
while read -r f; do
	n=$(wc -c <"$f")
	echo '{"sentences":[{"entitymentions":[{"ner":"PERSON","characterOffsetBegin":0,"characterOffsetEnd":'$n'}]}]}' >"$f.json"
done <"$2"
echo 'TOTAL: 2.5 sec. for 9 tokens'`)
	a, err := Annotate(context.Background(), "jars", []string{"Ann", "Bob"}, true)
	if err != nil {
		t.Fatal(err)
	}
	x := article.Article{Text: "Bob"}
	if err := a.Enrich(context.Background(), &x); err != nil {
		t.Fatal(err)
	}
	if len(x.Entities) != 1 || x.Entities[0].Name != "Bob" || a.Took != 2500*time.Millisecond {
		t.Errorf("got %v in %v", x.Entities, a.Took)
	}
	fake("echo no such class >&2; exit 1")
	if _, err := Annotate(context.Background(), "jars", []string{"Ann"}, true); err == nil || !strings.Contains(err.Error(), "no such class") {
		t.Errorf("got %v", err)
	}
	fake("echo nothing done")
	if _, err := Annotate(context.Background(), "jars", []string{"Ann"}, true); err == nil || !strings.Contains(err.Error(), "nothing done") {
		t.Errorf("got %v", err)
	}
}
