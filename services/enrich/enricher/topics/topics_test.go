package topics

import "testing"

func TestData(t *testing.T) {
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for tag, l := range e.languages {
		t.Logf("%s: %d terms, %d patterns, %d slots", tag, len(l.postings), len(l.forms), len(l.heads.slots))
	}
}
