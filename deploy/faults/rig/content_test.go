package rig

import (
	"encoding/json"
	"strings"
	"testing"
)

func contentOf(t *testing.T, docs ...document) Content {
	t.Helper()
	c := Content{}
	for _, d := range docs {
		if err := c.add("articles", d); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func doc(id, source string, version int64) document {
	return document{ID: id, Source: json.RawMessage(source), Version: version}
}

func TestContentHash(t *testing.T) {
	a, b := doc("a", `{"uri":"u","revision":14641338839048192,"indexed_at":"2026-11-24T12:00:00Z"}`, 1), doc("b", `{"uri":"v"}`, 2)
	want := contentOf(t, a, b)
	for name, c := range map[string]struct {
		content Content
		same    bool
		says    string
	}{
		"another order of documents":   {contentOf(t, b, a), true, ""},
		"another order of fields":      {contentOf(t, doc("a", `{"revision":14641338839048192, "uri":"u"}`, 1), b), true, ""},
		"indexed later":                {contentOf(t, doc("a", `{"uri":"u","revision":14641338839048192,"indexed_at":"x"}`, 1), b), true, ""},
		"a field":                      {contentOf(t, doc("a", `{"uri":"w","revision":14641338839048192}`, 1), b), false, "differs in [uri]"},
		"the last digit of a revision": {contentOf(t, doc("a", `{"uri":"u","revision":14641338839048193}`, 1), b), false, "differs in [revision]"},
		"another version":              {contentOf(t, doc("a", `{"uri":"u","revision":14641338839048192}`, 2), b), false, "differs in [_version]"},
		"a field more":                 {contentOf(t, a, doc("b", `{"uri":"v","x":null}`, 2)), false, "differs in [x]"},
		"a document less":              {contentOf(t, a), false, "is not there"},
		"a document more":              {contentOf(t, a, b, doc("c", `{}`, 1)), false, "was not there"},
	} {
		n, first := want.Differences(c.content, 1)
		if (want.Hash() == c.content.Hash()) != c.same || (n == 0) != c.same {
			t.Errorf("%s: same is %v, %d differences", name, want.Hash() == c.content.Hash(), n)
		}
		if !strings.Contains(strings.Join(first, ""), c.says) {
			t.Errorf("%s: says %v, want %q", name, first, c.says)
		}
	}
	if err := want.add("articles", a); err == nil {
		t.Error("a document that is read twice is no error")
	}
}
