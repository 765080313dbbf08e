package train_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/services/enrich/enricher/entities"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/conll"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/train"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

func corpus(t *testing.T, lines string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "corpus.conll")
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestRead: both kinds of columns, both kinds of labels, and blanks as they were.
func TestRead(t *testing.T) {
	for _, lines := range []string{
		"Ann I-PER\nLee I-PER\n, O\nof O\nAcme I-ORG\n's O\nboard O\n. O\n\nShe O\nleft O\nOslo I-LOC\n. O\n",
		"# newdoc id = 1\n1\tAnn\tB-PER\t-\n2\tLee\tI-PER\t-\n3\t,\tO\t-\n4\tof\tO\t-\n5\tAcme\tB-ORG\t-\n6\t's\tO\t-\n7\tboard\tO\t-\n8\t.\tO\t-\n\n1\tShe\tO\t-\n2\tleft\tO\t-\n3\tOslo\tB-LOC\t-\n4\t.\tO\t-\n",
	} {
		texts, err := conll.Read(corpus(t, lines), 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(texts) != 1 || texts[0].Text != "Ann Lee, of Acme's board.\nShe left Oslo.\n" || len(texts[0].Sentences) != 2 {
			t.Fatalf("%+v", texts)
		}
		var names []string
		for _, n := range texts[0].Names {
			names = append(names, n.Label+" "+texts[0].Text[n.Start:n.End])
		}
		if want := []string{"PER Ann Lee", "ORG Acme", "LOC Oslo"}; !reflect.DeepEqual(names, want) {
			t.Errorf("got %q, want %q", names, want)
		}
	}
	for _, lines := range []string{"", "Ann\n"} {
		file := corpus(t, lines)
		if _, err := conll.Read(file, 0); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%q: %v", lines, err)
		}
	}
}

// TestLexical: as many features as it says look at words, and come first.
func TestLexical(t *testing.T) {
	tagger, err := entities.Tagger(nil)
	if err != nil {
		t.Fatal(err)
	}
	const text = "They met Zorblin Vex."
	d := tagger.Read(lexicon.NewWords(text), "en", []tag.Span{{Start: 0, End: len(text)}})
	defer d.Free()
	some := false
	d.Islands(func(a, b, from, to int) {
		some = true
		with := append([]uint32(nil), d.Features(a, a, b, from, to, true)...)
		if without := d.Features(a, a, b, from, to, false); !slices.Equal(with[tag.Lexical:], without) {
			t.Errorf("%d features with words, %d without", len(with), len(without))
		}
	})
	if !some {
		t.Error("nothing may be a name")
	}
}

// TestTrain: a model learns what it is shown, is the same every time, and survives
// being written.
func TestTrain(t *testing.T) {
	texts, err := conll.Read(corpus(t, strings.Repeat("We O\nmet O\nZorblin B-ORG\nVex I-ORG\nin O\nQuazzle B-LOC\n. O\n\n", 20)), 1)
	if err != nil {
		t.Fatal(err)
	}
	tagger, err := entities.Tagger(nil)
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		if err := train.Train(tagger, "en", texts, train.Default).Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two trainings give two models")
	}
	m, err := tag.ReadModel(bytes.NewReader(first.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	tagger.Use("en", m)
	d := tagger.Read(lexicon.NewWords("They met Zorblin Vex in Quazzle."), "en", []tag.Span{{Start: 0, End: 32}})
	defer d.Free()
	tagger.Tag(d, "en")
	var got []tag.Label
	for i := range d.Tokens {
		l, _ := d.Tokens[i].Label()
		got = append(got, l)
	}
	want := []tag.Label{tag.Outside, tag.Outside, tag.First(tag.Organised), tag.Next(tag.Organised), tag.Outside, tag.First(tag.Place), tag.Outside}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, broken := range [][]byte{nil, first.Bytes()[:first.Len()/2], []byte("no model")} {
		if _, err := tag.ReadModel(bytes.NewReader(broken)); err == nil {
			t.Errorf("%d bytes are taken for a model", len(broken))
		}
	}
}

// TestVectors: a model knows the words that its texts don't have by those that are like
// them; what is wrong with a file of vectors is told.
func TestVectors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vectors.json")
	read := func(data string) (*train.Vectors, error) {
		if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		return train.ReadVectors(file, 4)
	}
	for _, broken := range []string{
		"", "{}", `{"dimensions":2,"words":["a"],"vectors":{}}`, `{"vectors":{"a":[1,2]},"dimensions":2,"words":["a"]}`,
		`{"dimensions":2,"words":["a"],"vectors":{"a":[1]}}`, `{"dimensions":2,"words":["a"],"vectors":{"a":"b"}}`,
	} {
		if _, err := read(broken); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%q: %v", broken, err)
		}
	}
	v, err := read(`{"precision":8,"dimensions":2,"words":["zorblin","morblin","quazzle","fuzzle","rest"],
		"vectors":{"zorblin":[1,0.1,9],"morblin":[1,0.2,9],"quazzle":[0.1,1,9],"fuzzle":[0.2,1,9],"rest":[1,1,9]}}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Words) != 4 || len(v.Rows) != 4 || len(v.Rows[0]) != 2 {
		t.Fatalf("read %v", v)
	}
	texts, err := conll.Read(corpus(t, strings.Repeat("There O\ncomes O\nZorblin B-ORG\n. O\n\nThere O\ncomes O\nQuazzle B-LOC\n. O\n\n", 50)), 1)
	if err != nil {
		t.Fatal(err)
	}
	tagger, err := entities.Tagger(nil)
	if err != nil {
		t.Fatal(err)
	}
	o := train.Default
	o.Vectors, o.Slight = v, 0.1
	m, err := train.Train(tagger, "en", texts, o).Model()
	if err != nil {
		t.Fatal(err)
	}
	tagger.Use("en", m)
	for word, kind := range map[string]tag.Kind{"Morblin": tag.Organised, "Fuzzle": tag.Place} {
		text := "There comes " + word + "."
		d := tagger.Read(lexicon.NewWords(text), "en", []tag.Span{{Start: 0, End: len(text)}})
		tagger.Tag(d, "en")
		if l, _ := d.Tokens[2].Label(); l != tag.First(kind) {
			t.Errorf("%s is labelled %d, want %d", word, l, tag.First(kind))
		}
		d.Free()
	}
}
