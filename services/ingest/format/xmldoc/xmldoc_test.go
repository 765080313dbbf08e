package xmldoc_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/xmldoc"
)

var items = xmldoc.Items{Format: "x", Containers: []string{"set", "list"}, Names: []string{"item"}}

func TestItems(t *testing.T) {
	const decl = `<?xml version="1.0" encoding="UTF-8"?>`
	for _, c := range []struct {
		name, data string
		want       []string
	}{
		{"one is the whole", "<set><item/></set>", []string{"<set><item/></set>"}},
		{"none is the whole", "<set>\n</set>", []string{"<set>\n</set>"}},
		{"another root is the whole", "<other><item/><item/></other>", []string{"<other><item/><item/></other>"}},
		{"two, with what they stand in", `<set a="<"><head/>x<list><item>1</item><item>2</item></list></set>`, []string{decl + `<set a="<"><list><item>1</item></list></set>`, decl + `<set a="<"><list><item>2</item></list></set>`}},
		{"lists side by side", "<set><list b=''><item>1</item></list><list><item/></list></set>", []string{decl + "<set><list b=''><item>1</item></list></set>", decl + "<set><list><item/></list></set>"}},
		{"items in other elements are none", "<set><head><item/></head><item>1</item><item>2</item></set>", []string{decl + "<set><item>1</item></set>", decl + "<set><item>2</item></set>"}},
		{"items in items", "<set><item>1<item>in</item></item><item>2</item></set>", []string{decl + "<set><item>1<item>in</item></item></set>", decl + "<set><item>2</item></set>"}},
		{"prefixes", "<a:set xmlns:a='u'><a:item>1</a:item><item>2</item></a:set>", []string{decl + "<a:set xmlns:a='u'><a:item>1</a:item></a:set>", decl + "<a:set xmlns:a='u'><item>2</item></a:set>"}},
		{"tags that are text", "<set><!-- <item> --><item><![CDATA[</item>]]></item><item>2</item></set>", []string{decl + "<set><item><![CDATA[</item>]]></item></set>", decl + "<set><item>2</item></set>"}},
		{"Latin-1", "<?xml version='1.0' encoding='iso-8859-1'?><set><item>\xe9</item><item>2</item></set>", []string{decl + "<set><item>é</item></set>", decl + "<set><item>2</item></set>"}},
	} {
		parts, err := items.Split([]byte(c.data), document.Hint{})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var got []string
		for _, p := range parts {
			if p.Err != nil {
				t.Errorf("%s: %v", c.name, p.Err)
			}
			got = append(got, string(p.Data))
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestItemsBroken: a broken item is named, the others are whole.
func TestItemsBroken(t *testing.T) {
	parts, err := items.Split([]byte("<set><item>1</item><item>"+strings.Repeat("x", document.MaxSingle)+"</item>\n<item>3"), document.Hint{})
	if err != nil || len(parts) != 3 || parts[0].Err != nil {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	for i, want := range map[int]document.Reason{1: document.TooLarge, 2: document.Syntax} {
		e, ok := errors.AsType[*document.Error](parts[i].Err)
		if !ok || e.Reason != want || !strings.Contains(e.Detail, parts[i].Label) {
			t.Errorf("part %d: %v, want %s", i, parts[i].Err, want)
		}
	}
	if _, err := items.Split([]byte(strings.Repeat("<set>", document.MaxDepth+1)), document.Hint{}); err == nil || !strings.Contains(err.Error(), "128") {
		t.Errorf("deep containers: %v", err)
	}
}

func parse(t *testing.T, data string) *xmldoc.Document {
	t.Helper()
	d, err := xmldoc.Parse(strings.NewReader(data), document.Hint{}, "x")
	if err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	return d
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"<a>one\n two</a>":                                        "one two",
		"<a>Ter<b>na</b></a>":                                     "Terna",
		"<a><p>one</p><p>two</p></a>":                             "one two",
		"<a><location>ORRA</location>, April</a>":                 "ORRA, April",
		"<a><location>ORRA</location><title>, May</title></a>":    "ORRA, May",
		"<a>Oui : non ; peut-être</a>":                            "Oui : non ; peut-être",
		"<a>x<br/>y&#x85;&#146;&nbsp;&unknown; &amp R&D</a>":      "x y…’ &unknown; &amp R&D",
		"<a>\x01x\x1fy</a>":                                       "x y",
		"<?xml version='1.1' encoding='nonsense'?><a>x</a>":       "x",
		"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///x'>]><a>&e;</a>": "&e;",
	} {
		if got := parse(t, in).Root.Line(); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestHTML(t *testing.T) {
	d := parse(t, `<h:html xmlns:h="u" a='"&lt;'><h:title/><h:br/>&lt;i&gt;</h:html>`)
	if got, want := d.Root.HTML(), `<html a="&#34;&lt;"><title></title><br>&lt;i&gt;</html>`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestNilElements: a missing element has nothing, and asking it does no harm.
func TestNilElements(t *testing.T) {
	var e *xmldoc.Element
	if e.Child("a", "b") != nil || e.Attr("a") != "" || e.Line()+e.Text() != "" || e.First("a") != nil || len(e.All("a")) > 0 || e.Is("") {
		t.Error("a missing element has something")
	}
}

// TestParsePropertyPlaces: wherever a document is cut, the error says where.
func TestParsePropertyPlaces(t *testing.T) {
	const doc = "<?xml version=\"1.0\"?>\n<a b='1'>\n <c>x &amp; y</c><![CDATA[z]]>\n <d/></a>"
	rapid.Check(t, func(t *rapid.T) {
		cut := doc[:rapid.IntRange(0, len(doc)-1).Draw(t, "cut")]
		_, err := xmldoc.Parse(strings.NewReader(cut), document.Hint{}, "x")
		e, ok := errors.AsType[*document.Error](err)
		if !ok || e.Byte > len(cut) || e.Line > 1+strings.Count(cut, "\n") {
			t.Fatalf("%q: %v", cut, err)
		}
	})
}

func TestRoot(t *testing.T) {
	for in, want := range map[string]string{"<a>": "a", " <x:a b='c'/>": "x:a", "text <a>": "", "</a>": "", "": "", "<!-- <b> --><a>": "a", "<?xml?><!DOCTYPE a [ <!ELEMENT b ANY> ]><a>": "a"} {
		if got := xmldoc.Root([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
