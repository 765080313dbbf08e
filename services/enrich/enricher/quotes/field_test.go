package quotes

import "testing"

func TestFields(t *testing.T) {
	langs, err := readLanguages(data)
	if err != nil {
		t.Fatal(err)
	}
	bit := func(name string) fields {
		for i, n := range fieldNames {
			if n == name {
				return 1 << i
			}
		}
		t.Fatalf("there is no field %q", name)
		return 0
	}
	if bit("old") != fieldOld || bit("young") != fieldYoung {
		t.Error("the fields of ages have other bits than their names")
	}
	for _, c := range []struct {
		lang, word, field string
		is                bool
	}{
		{"en", "entomologist", "science", true},
		{"en", "ministers", "politics", true},
		{"en", "don", "science", true},
		{"en", "donkey", "science", false},
		{"de", "sozialministerin", "politics", true},
		{"de", "landwirt", "farm", true},
		{"de", "landwirt", "trade", false},
		{"fr", "viticulteurs", "farm", true},
		{"es", "oncóloga", "health", true},
		{"", "viticulteur", "farm", true},
	} {
		l := langs[c.lang]
		if is := l.fields.of(c.word, l.capitals)&bit(c.field) != 0; is != c.is {
			t.Errorf("%q (%s) is of %s: %v, want %v", c.word, c.lang, c.field, is, c.is)
		}
	}
	for _, s := range []string{"a", "a-", "two words-", "half-time"} {
		if err := new(vocabulary).add(s, 1); err == nil {
			t.Errorf("%q is taken for a stem", s)
		}
	}
}
