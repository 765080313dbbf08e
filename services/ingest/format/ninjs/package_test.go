package ninjs_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
	"github.com/copytaster/copytaster/services/ingest/format/ninjs"
)

// TestPackages: what becomes an article of its own, and what that takes from
// its package.
func TestPackages(t *testing.T) {
	const member = `{"name":"m","uri":"m","type":"text","headlines":[{"value":"M"}],"bodies":[{"value":"Member."}]`
	for _, c := range []struct {
		name, data string
		want       []string // id, status, embargo, version created, headline and body
	}{
		{
			"text with id and body", `{"uri":"p","type":"composite","versionCreated":"2024-04-20T06:30:00Z","headlines":[{"value":"P"}],"associations":[` + member + `}]}`,
			[]string{"p usable  2024-04-20T06:30:00Z P/", "m usable  2024-04-20T06:30:00Z M/Member."},
		},
		{
			"1.x", `{"uri":"p","type":"composite","headline":"P","associations":{"a/b":{"uri":"m","type":"text","headline":"M","body_text":"Member."}}}`,
			[]string{"p usable   P/", "m usable   M/Member."},
		},
		{
			"without type", `{"uri":"p","headline":"P","associations":[` + strings.Replace(member, `"type":"text",`, "", 1) + `}]}`,
			[]string{"p usable   P/", "m usable   M/Member."},
		},
		{
			"own dates", `{"uri":"p","headline":"P","versionCreated":"2024-04-20T06:30:00Z","associations":[` + member + `,"versionCreated":"2024-04-19T06:30:00Z"}]}`,
			[]string{"p usable  2024-04-20T06:30:00Z P/", "m usable  2024-04-19T06:30:00Z M/Member."},
		},
		{
			"embargo of the package", `{"uri":"p","headline":"P","embargoedUntil":"2030-01-01T00:00:00+01:00","associations":[` + member + `}]}`,
			[]string{"p usable 2029-12-31T23:00:00Z  P/", "m usable 2029-12-31T23:00:00Z  M/Member."},
		},
		{
			"earlier embargo of its own", `{"uri":"p","headline":"P","embargoedUntil":"2030-01-01T00:00:00Z","associations":[` + member + `,"embargoedUntil":"2025-01-01T00:00:00Z"}]}`,
			[]string{"p usable 2030-01-01T00:00:00Z  P/", "m usable 2030-01-01T00:00:00Z  M/Member."},
		},
		{
			"later embargo of its own", `{"uri":"p","headline":"P","embargoedUntil":"2030-01-01T00:00:00Z","associations":[` + member + `,"embargoedUntil":"2031-01-01T00:00:00Z"}]}`,
			[]string{"p usable 2030-01-01T00:00:00Z  P/", "m usable 2031-01-01T00:00:00Z  M/Member."},
		},
		{
			"embargo of the outer package", `{"uri":"p","headline":"P","embargoed":"2030-01-01T00:00:00Z","associations":[{"name":"q","uri":"q","type":"composite","headlines":[{"value":"Q"}],"associations":[` + member + `}]}]}`,
			[]string{"p usable 2030-01-01T00:00:00Z  P/", "m usable 2030-01-01T00:00:00Z  M/Member."},
		},
		{
			"stub of another article", `{"uri":"p","headline":"P","associations":[{"name":"m","uri":"m","type":"text","headlines":[{"value":"M"}]}]}`,
			[]string{"p usable   P/"},
		},
		{
			"part of another article", `{"uri":"p","headline":"P","associations":[` + member + `,"representationType":"partial"}]}`,
			[]string{"p usable   P/"},
		},
		{
			"text without id is the package's", `{"uri":"p","headline":"P","bodies":[{"value":"Text."}],"associations":[` + strings.Replace(member, `"uri":"m",`, "", 1) + `}]}`,
			[]string{"p usable   P/Text.\n\nM\n\nMember."},
		},
		{
			"kill of a package is not its members'", `{"uri":"p","headline":"P","pubStatus":"canceled","associations":[` + member + `}]}`,
			[]string{"p canceled   P/"},
		},
		{
			"kill of a member", `{"uri":"p","headline":"P","associations":[{"name":"m","uri":"m","type":"text","pubStatus":"canceled"}]}`,
			[]string{"p usable   P/", "m canceled   /"},
		},
		{
			"kill of both", `{"uri":"p","pubStatus":"canceled","associations":[{"name":"m","uri":"m","type":"text","pubStatus":"canceled"}]}`,
			[]string{"p canceled   /", "m canceled   /"},
		},
		{
			"kill of an incomplete member", `{"uri":"p","headline":"P","associations":[{"name":"m","uri":"m","type":"text","pubStatus":"canceled","representationType":"incomplete"}]}`,
			[]string{"p usable   P/", "m canceled   /"},
		},
		{
			"kill of a picture", `{"uri":"p","headline":"P","associations":[{"name":"m","uri":"m","type":"picture","pubStatus":"canceled"}]}`,
			[]string{"p usable   P/", "m canceled   /"},
		},
		{
			"picture withheld by a part of a package", `{"uri":"p","headline":"P","associations":[{"name":"q","uri":"q","type":"text","associations":[{"name":"m","uri":"m","type":"picture","pubStatus":"withheld","representationType":"partial"}]}]}`,
			[]string{"p usable   P/", "m withheld   /"},
		},
		{
			"itself", `{"uri":"p","headline":"P","associations":[` + strings.Replace(member, `"uri":"m"`, `"uri":"p"`, 1) + `}]}`,
			[]string{"p usable   P/"},
		},
		{"null", `{"uri":"p","headline":"P","associations":{"featuremedia":null}}`, []string{"p usable   P/"}},
		{
			"list", `[{"uri":"a","headline":"A"},{"uri":"p","headline":"P","associations":[` + member + `}]},{"uri":"b","headline":"B"}]`,
			[]string{"a usable   A/", "p usable   P/", "m usable   M/Member.", "b usable   B/"},
		},
		{
			"lines", "{\"uri\":\"a\",\"headline\":\"A\"}\n\n{\"uri\":\"b\",\n\"headline\":\"B\"} {\"uri\":\"c\",\"headline\":\"C\"}\n",
			[]string{"a usable   A/", "b usable   B/", "c usable   C/"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, a := range decode(t, c.data) {
				id := strings.TrimPrefix(string(a.URI), "urn:copytaster:wire:")
				got = append(got, strings.Join([]string{id, string(a.Status), stamp(a.EmbargoUntil), stamp(a.VersionCreated), a.First(article.Headline) + "/" + a.Body()}, " "))
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// TestNoticeOfNobody: a kill that names nothing is not passed over in silence.
func TestNoticeOfNobody(t *testing.T) {
	for name, m := range map[string]string{
		"without id":  `{"type":"text","pubstatus":"canceled","body_text":"M"}`,
		"itself":      `{"uri":"p","type":"text","pubstatus":"canceled"}`,
		"other words": `{"type":"picture","pubstatus":"gone"}`,
	} {
		as := decode(t, `{"uri":"p","headline":"P","associations":{"m":`+m+`}}`)
		if len(as) != 1 || as[0].Status != article.Usable || !slices.Contains(as[0].Flags, article.FlagNoticeDropped) {
			t.Errorf("%s: %+v", name, as)
		}
	}
	as := decode(t, `{"uri":"p","headline":"P","associations":{"m":{"uri":"m","type":"text","pubstatus":"canceled"}}}`)
	if len(as) != 2 || slices.Contains(as[0].Flags, article.FlagNoticeDropped) {
		t.Errorf("a kill that was taken is flagged: %+v", as)
	}
}

// TestBrokenPart: what can be read comes through, and the rest is named.
func TestBrokenPart(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       string
		says       []string
	}{
		{"item of a list", `[{"uri":"a","headline":"A"},{"headline":"no id"},3,{"uri":"b","headline":"B"}]`, "a b", []string{"item 2", "/uri", "item 3 is no object"}},
		{"line", "{\"uri\":\"a\",\"headline\":\"A\"}\n{\"uri\":\"x\",\"headline\":\n{\"uri\":\"b\",\"headline\":\"B\"}\n", "a b", []string{"item 2", "line 2"}},
		{"first line", "{\"uri\":\"x\",\"pubstatus\":}\n{\"uri\":\"b\",\"headline\":\"B\"}\n", "b", []string{"line 1", "/pubstatus"}},
		{"last line", "{\"uri\":\"a\",\"headline\":\"A\"}\n{\"uri\":\"x", "a", []string{"item 2", "line 2"}},
		{"something behind", `{"uri":"a","headline":"A"}}`, "a", []string{"byte 26"}},
		{"association", `{"uri":"a","headline":"A","associations":{"m":{"uri":"m","type":"picture","byline":true}}}`, "a", []string{"/associations/m/byline", "must be text"}},
		{"member", `{"uri":"a","headline":"A","associations":{"m":{"uri":"m","type":"text","body_text":"M","embargoed":"soon"}}}`, "a", []string{"/associations/m", "/embargoed", "soon"}},
		{"status in other words", `{"uri":"a","headline":"A","associations":{"m":{"uri":"m","type":"picture","pubstatus":"gone"}}}`, "a", []string{"/associations/m", "/pubstatus", "gone"}},
		{"embargo of the package", `{"uri":"a","headline":"A","embargoed":"soon","associations":{"m":{"uri":"m","type":"text","body_text":"M"}}}`, "", []string{"/embargoed", "copytaster:package"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			as, err := format.Decode(context.Background(), []byte(c.data), hint(), "")
			var ids []string
			for _, a := range as {
				ids = append(ids, strings.TrimPrefix(string(a.URI), "urn:copytaster:wire:"))
			}
			if got := strings.Join(ids, " "); got != c.want || err == nil {
				t.Fatalf("articles %q, want %q; error %v", got, c.want, err)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("error %v doesn't say %q", err, s)
				}
			}
			if _, ok := errors.AsType[*document.Error](err); !ok {
				t.Errorf("%v has no reason", err)
			}
		})
	}
}

// TestParts: what tells a part from its siblings, and that the input itself is
// kept where it is one part.
func TestParts(t *testing.T) {
	in := "\ufeff {\"headline\":\"A\",\"uri\":\"a\"}\n"
	parts, err := ninjs.Split([]byte(in), hint())
	if err != nil || len(parts) != 1 || string(parts[0].Data) != in || parts[0].ID != "a" || parts[0].Label != "" {
		t.Errorf("%+v, %v", parts, err)
	}
	parts, err = ninjs.Split([]byte(`[{"guid":"a"},{"uri":"b","associations":[{"uri":"c","type":"text","body_text":"C"}]}]`), hint())
	if err != nil || len(parts) != 3 {
		t.Fatalf("%+v, %v", parts, err)
	}
	for i, want := range []struct{ id, label string }{{"a", "item 1"}, {"b", "item 2"}, {"c", "item 2, /associations/0"}} {
		if parts[i].ID != want.id || parts[i].Label != want.label {
			t.Errorf("part %d: %q %q", i, parts[i].ID, parts[i].Label)
		}
	}
}
