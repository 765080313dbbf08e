package bus

import "testing"

func TestPlace(t *testing.T) {
	for in, want := range map[string]Place{
		"articles.received/3@120": {"articles.received", 3, 120},
		"a/b/0@0":                 {"a/b", 0, 0},
	} {
		var p Place
		if err := p.UnmarshalText([]byte(in)); err != nil || p != want {
			t.Errorf("%s: %v %v", in, p, err)
		}
	}
	for _, in := range []string{"", "a", "a/1", "a@1", "/1@1", "a/@1", "a/1@", "a/-1@1", "a/1@-1", "a/+1@1", "a/1@1@1", "a/2147483648@1", "a/1@9223372036854775808", "a/1 @1"} {
		var p Place
		if err := p.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q is %v", in, p)
		}
	}
}

func FuzzPlace(f *testing.F) {
	f.Add("articles.received/3@120")
	f.Add("a/b/0@9223372036854775807")
	f.Add("//1@2")
	f.Fuzz(func(t *testing.T, s string) {
		var p, q Place
		if p.UnmarshalText([]byte(s)) != nil {
			return
		}
		if p.Partition < 0 || p.Offset < 0 || p.Topic == "" {
			t.Fatalf("%q is %+v", s, p)
		}
		if err := q.UnmarshalText([]byte(p.String())); err != nil || q != p {
			t.Fatalf("%q is %v, which reads as %v %v", s, p, q, err)
		}
	})
}
