package wire_test

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/ledger"
	"github.com/copytaster/copytaster/deploy/faults/wire"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestTheSameSeedMakesTheSameCopy(t *testing.T) {
	copyOf := func(seed uint64, name string) string {
		w := wire.New(seed, name, nil, noon)
		var b strings.Builder
		for _, i := range w.Items(50) {
			data, err := w.NINJS(i)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(data)
		}
		return b.String()
	}
	if again := copyOf(7, "x"); again != copyOf(7, "x") {
		t.Error("two wires of one seed differ")
	}
	if copyOf(7, "x") == copyOf(8, "x") || copyOf(7, "x") == copyOf(7, "y") {
		t.Error("wires of two seeds or names are the same")
	}
}

func TestItemsAreMixed(t *testing.T) {
	w := wire.New(7, "x", nil, noon)
	items := w.Items(20_000)
	versions := map[string][]ledger.Item{}
	marks := map[string]bool{}
	early, afterKill := 0, 0
	for _, i := range items {
		before := versions[i.Article]
		if slices.ContainsFunc(before, func(o ledger.Item) bool { return o.Newer(i) }) {
			early++
		}
		if slices.ContainsFunc(before, func(o ledger.Item) bool { return o.Killed }) {
			afterKill++
		}
		versions[i.Article] = append(before, i)
		marks[i.Mark] = true
	}
	if len(versions) != 20_000 || len(marks) != len(items) {
		t.Errorf("%d articles and %d marks of %d items", len(versions), len(marks), len(items))
	}
	killed := 0
	for _, is := range versions {
		if slices.ContainsFunc(is, func(i ledger.Item) bool { return i.Killed }) {
			killed++
		}
	}
	for name, n := range map[string]int{"overtaken": early, "after their kill": afterKill, "killed": killed, "revisions": len(items) - 20_000} {
		if n < 100 {
			t.Errorf("%s: %d of %d items", name, n, len(items))
		}
	}
}

func TestNINJSSaysWhatTheItemIs(t *testing.T) {
	w := wire.New(7, "x", nil, noon)
	i := w.Item(3, 2)
	i.Killed = true
	data, err := w.NINJS(i)
	if err != nil {
		t.Fatal(err)
	}
	var d map[string]string
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	if d["uri"] != i.Article || d["version"] != "2" || d["pubstatus"] != "canceled" || d["versioncreated"] != i.Created.Format(time.RFC3339) {
		t.Errorf("%v", d)
	}
	if got := ledger.Marks(data); !slices.Equal(got, []string{i.Mark}) {
		t.Errorf("marks %v, want %s", got, i.Mark)
	}
}

func TestTexts(t *testing.T) {
	write := func(content string) string {
		dir := t.TempDir()
		f, err := os.Create(filepath.Join(dir, "x.jsonl.gz"))
		if err != nil {
			t.Fatal(err)
		}
		z := gzip.NewWriter(f)
		if _, err := z.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	got, err := wire.Texts(write(`{"title":"T","body":"B"}` + "\n" + `{"title":"empty","body":" "}` + "\n"))
	if err != nil || !slices.Equal(got, []wire.Text{{"T", "B"}}) {
		t.Errorf("%v %v", got, err)
	}
	for name, content := range map[string]string{"broken": "{", "nothing": `{"title":"x"}`} {
		if _, err := wire.Texts(write(content)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := wire.Texts(t.TempDir()); err == nil {
		t.Error("an empty folder: no error")
	}
}
