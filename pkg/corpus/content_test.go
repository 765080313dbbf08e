package corpus_test

import (
	"encoding/json"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/corpus"
)

func sumOf(t testing.TB, id, source string, version int64, routing string) corpus.Sum {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(source), &fields); err != nil {
		t.Fatal(err)
	}
	f, err := corpus.SumFields(fields, version, routing)
	if err != nil {
		t.Fatal(err)
	}
	return f.Of(id)
}

// TestSumOfADocument: what counts, and what does not.
func TestSumOfADocument(t *testing.T) {
	base := sumOf(t, "a", `{"uri":"u","revision":14641338839048192,"indexed_at":"2024-04-20T06:00:00Z"}`, 5, "r")
	for what, c := range map[string]struct {
		sum  corpus.Sum
		same bool
	}{
		"another order of fields":      {sumOf(t, "a", `{"revision": 14641338839048192, "uri": "u"}`, 5, "r"), true},
		"indexed later":                {sumOf(t, "a", `{"uri":"u","revision":14641338839048192,"indexed_at":"x"}`, 5, "r"), true},
		"the last digit of a revision": {sumOf(t, "a", `{"uri":"u","revision":14641338839048193}`, 5, "r"), false},
		"a field more":                 {sumOf(t, "a", `{"uri":"u","revision":14641338839048192,"x":null}`, 5, "r"), false},
		"a field less":                 {sumOf(t, "a", `{"uri":"u"}`, 5, "r"), false},
		"values that changed places":   {sumOf(t, "a", `{"revision":"u","uri":14641338839048192}`, 5, "r"), false},
		"another version":              {sumOf(t, "a", `{"uri":"u","revision":14641338839048192}`, 6, "r"), false},
		"another routing":              {sumOf(t, "a", `{"uri":"u","revision":14641338839048192}`, 5, "s"), false},
		"another id":                   {sumOf(t, "b", `{"uri":"u","revision":14641338839048192}`, 5, "r"), false},
	} {
		if (c.sum == base) != c.same {
			t.Errorf("%s: the same is %v", what, c.sum == base)
		}
	}
	if _, err := corpus.SumFields(map[string]json.RawMessage{"x": json.RawMessage("{")}, 1, ""); err == nil {
		t.Error("what is no JSON was taken")
	}
}

// TestContentHasNoOrder: it is the same in every order, and says of every
// document that one is more or less.
func TestContentHasNoOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		docs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) corpus.Sum {
			var s corpus.Sum
			copy(s[:], rapid.SliceOfN(rapid.Byte(), len(s), len(s)).Draw(t, "sum"))
			s[15] |= 1 // no document's is nothing
			return s
		}), 1, 8).Draw(t, "docs")
		of := func(ds []corpus.Sum) (c corpus.Content) {
			for _, d := range ds {
				c.Add(d)
			}
			return c
		}
		all := of(docs)
		if other := of(rapid.Permutation(docs).Draw(t, "another order")); other != all {
			t.Errorf("%v in another order is %v", all, other)
		}
		if less := of(docs[1:]); less.Sum == all.Sum || less.Docs != all.Docs-1 {
			t.Errorf("%v with one less is %v", all, less)
		}
		// By numbers: what stands there twice does not cancel out.
		want := new(big.Int)
		for _, d := range docs {
			want.Add(want, new(big.Int).SetBytes(d[:]))
		}
		want.Mod(want, new(big.Int).Lsh(big.NewInt(1), 8*uint(len(all.Sum))))
		if got := new(big.Int).SetBytes(all.Sum[:]); got.Cmp(want) != 0 {
			t.Errorf("the sum of %v is %x, not %x", docs, got, want)
		}
	})
}
