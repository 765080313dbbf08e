package article

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// sorted is an article whose text is cut into these kinds and words.
func sortedInto(said ...string) *Article {
	var text strings.Builder
	a := ferry("x")
	a.Segments = nil
	for i := 0; i < len(said); i += 2 {
		words := strings.TrimLeft(said[i+1], " \n")
		text.WriteString(said[i+1][:len(said[i+1])-len(words)])
		from := text.Len()
		text.WriteString(words)
		a.Segments = append(a.Segments, Segment{Kind: Kind(said[i]), Evidence: Evidence{Span: Span{from, text.Len()}, Enricher: "segments", Version: 2, Confidence: 0.9}})
	}
	a.Text = text.String()
	if err := a.Validate(); err != nil {
		panic(err)
	}
	return a
}

// laid are the kinds of a's segments and their words; those of an editor are marked.
func laid(a *Article) string {
	var all []string
	for _, s := range a.Segments {
		mark := ""
		if s.Enricher == Signer {
			mark = "!"
		}
		all = append(all, fmt.Sprintf("%s%s %q", s.Kind, mark, s.In(a.Text)))
	}
	return strings.Join(all, ", ")
}

var wire = []string{"headline", "Ferry sinks", "paragraph", "\n\nBy Ana Ruiz", "dateline", "\n\nSKARRA (dpa) -", "paragraph", " It sank.", "paragraph", "\nAll swam.\nEditors: call Eve Poe (dpa)"}

func TestWhatKindPassagesAre(t *testing.T) {
	for _, c := range []struct{ says, value, want string }{
		{"a segment", `[{"text":"By Ana Ruiz","kind":"byline"}]`, `headline "Ferry sinks", byline! "By Ana Ruiz", dateline "SKARRA (dpa) -", paragraph "It sank.", paragraph "All swam.\nEditors: call Eve Poe (dpa)"`},
		{"the headline", `[{"text":"By Ana Ruiz","kind":"headline"}]`, `subhead! "Ferry sinks", headline! "By Ana Ruiz", dateline "SKARRA (dpa) -", paragraph "It sank.", paragraph "All swam.\nEditors: call Eve Poe (dpa)"`},
		{"a line of one", `[{"text":"Editors: call Eve Poe (dpa)","kind":"note"}]`, `headline "Ferry sinks", paragraph "By Ana Ruiz", dateline "SKARRA (dpa) -", paragraph "It sank.", paragraph "All swam.", note! "Editors: call Eve Poe (dpa)"`},
		{"several", `[{"text":"SKARRA (dpa) - It sank.\nAll swam.","kind":"boilerplate"}]`, `headline "Ferry sinks", paragraph "By Ana Ruiz", boilerplate! "SKARRA (dpa) - It sank.\nAll swam.", paragraph "Editors: call Eve Poe (dpa)"`},
		{"what is behind a dateline", `[{"text":"It sank.","kind":"caption"}]`, `headline "Ferry sinks", paragraph "By Ana Ruiz", dateline "SKARRA (dpa) -", caption! "It sank.", paragraph "All swam.\nEditors: call Eve Poe (dpa)"`},
		{"the end of a line, and so its beginning", `[{"text":"Editors: call Eve Poe","kind":"note"},{"text":"(dpa)","kind":"signoff"}]`, `headline "Ferry sinks", paragraph "By Ana Ruiz", dateline "SKARRA (dpa) -", paragraph "It sank.", paragraph "All swam.", note! "Editors: call Eve Poe", signoff! "(dpa)"`},
		{"the beginning of a line", `[{"text":"Editors:","kind":"kicker"}]`, `headline "Ferry sinks", paragraph "By Ana Ruiz", dateline "SKARRA (dpa) -", paragraph "It sank.", paragraph "All swam.", kicker! "Editors:", paragraph "call Eve Poe (dpa)"`},
	} {
		a := sortedInto(wire...)
		said, err := ParseCorrection(Proof{Article: a}, "segments", []byte(c.value))
		if err != nil {
			t.Errorf("%s: %v", c.says, err)
			continue
		}
		o := &Override{Number: 1, Corrections: []Correction{said}}
		o.In(a.Text).Apply(a)
		if got := laid(a); got != c.want || len(a.Flags) > 0 {
			t.Errorf("%s: %s, want %s, flags %v", c.says, got, c.want, a.Flags)
		}
		if err := a.Validate(); err != nil {
			t.Errorf("%s: %v", c.says, err)
		}
		again := *a
		o.In(a.Text).Apply(&again)
		if !reflect.DeepEqual(again, *a) {
			t.Errorf("%s: once more: %s", c.says, laid(&again))
		}
		a.Forget()
		if s := laid(a); strings.Contains(s, "!") || !strings.Contains(s, string(Unknown)) || a.Validate() != nil {
			t.Errorf("%s: forgotten: %s", c.says, s)
		}
	}
	a := sortedInto(wire...)
	for value, says := range map[string]string{
		`[{"text":"It sank.","kind":"dateline","start":42,"end":44}]`:                                  "is not what stands at 42 to 44",
		`[{"text":"(dpa) -","kind":"signoff"}]`:                                                        "", // an end of what is a segment
		`[{"text":"(dpa)","kind":"credit"}]`:                                                           "", // the second one ends a line
		`[{"text":"(dpa)","kind":"note"}]`:                                                             "is a part of a segment",
		`[{"text":"swam.","kind":"note"}]`:                                                             "is a part of a segment",
		`[{"text":"sank.\nAll swam.","kind":"note"}]`:                                                  "is a part of a segment",
		`[{"text":"By Ana Ruiz\n","kind":"byline"}]`:                                                   "is a part of a segment",
		`[{"text":"By Ana Ruiz","kind":"byline"},{"text":"Ferry sinks\n\nBy Ana Ruiz","kind":"note"}]`: "has words that the one before it has",
	} {
		if _, err := ParseCorrection(Proof{Article: a}, "segments", []byte(value)); says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: got %v, want %q", value, err, says)
		}
	}
	// A text that was not sorted yet has lines.
	raw := ferry("Ferry sinks\nBy Ana Ruiz\nIt sank.")
	raw.Segments[0].Kind = Unknown
	for value, good := range map[string]bool{`[{"text":"By Ana Ruiz","kind":"byline"}]`: true, `[{"text":"Ana Ruiz","kind":"byline"}]`: false} {
		if _, err := ParseCorrection(Proof{Article: raw}, "segments", []byte(value)); (err == nil) != good {
			t.Errorf("not sorted: %s: %v", value, err)
		}
	}
}

// In another text the words are looked for in their sentence, or where they are lines.
func TestKindsInAnotherText(t *testing.T) {
	a := sortedInto("headline", "Ferry sinks", "paragraph", "\n\nContact", "paragraph", "\n\nAna Ruiz swam.", "paragraph", "\n\nContact the desk.")
	o := corrected(t, a, "segments", `[{"text":"Contact","kind":"note"},{"text":"Contact the desk.","kind":"note"}]`)
	for _, c := range []struct {
		says string
		b    *Article
		want string
		lost bool
	}{
		{"with another headline", sortedInto("headline", "Ferry has sunk", "paragraph", "\n\nContact", "paragraph", "\n\nContact the desk."), `headline "Ferry has sunk", note! "Contact", note! "Contact the desk."`, false},
		{"cut otherwise", sortedInto("headline", "Ferry has sunk\nContact\nContact the desk.\nBo Tran swam."), `headline "Ferry has sunk", note! "Contact", note! "Contact the desk.", headline "Bo Tran swam."`, false},
		{"one is gone", sortedInto("headline", "Ferry sinks", "paragraph", "\n\nContact the desks.", "paragraph", "\n\nContact the desk."), `headline "Ferry sinks", paragraph "Contact the desks.", note! "Contact the desk."`, true},
		{"one is a part by now", sortedInto("headline", "Ferry sinks", "paragraph", "\n\nContact", "paragraph", "\n\nSo he said. Contact the desk. It is open."), `headline "Ferry sinks", note! "Contact", paragraph "So he said. Contact the desk. It is open."`, true},
		{"all are", sortedInto("paragraph", "The Contact of the desk."), `paragraph "The Contact of the desk."`, true},
	} {
		p := o.In(c.b.Text)
		lost := p.Lost(c.b)
		p.Apply(c.b)
		if got := laid(c.b); got != c.want || slices.Contains(c.b.Flags, FlagOverrideUnplaced) != c.lost || (len(lost) > 0) != c.lost {
			t.Errorf("%s: %s, want %s, flags %v, lost %v", c.says, got, c.want, c.b.Flags, lost)
		}
		if err := c.b.Validate(); err != nil {
			t.Errorf("%s: %v", c.says, err)
		}
	}
	// Of two that are told by the same words nobody knows which is left.
	twice := sortedInto("paragraph", "By Ana Ruiz", "paragraph", "\n\nIt sank. All of it.", "paragraph", "\n\nBy Ana Ruiz")
	o = corrected(t, twice, "segments", `[{"text":"By Ana Ruiz","kind":"byline"},{"text":"By Ana Ruiz","kind":"signoff"}]`)
	if o.In(twice.Text).Apply(twice); laid(twice) != `byline! "By Ana Ruiz", paragraph "It sank. All of it.", signoff! "By Ana Ruiz"` {
		t.Error(laid(twice))
	}
	once := sortedInto("paragraph", "New.", "paragraph", "\n\nBy Ana Ruiz")
	if o.In(once.Text).Apply(once); strings.Contains(laid(once), "!") || !slices.Contains(once.Flags, FlagOverrideUnplaced) {
		t.Error(laid(once))
	}
}

// What lies in a passage that is no report any more goes by the rules for that.
func TestWhatIsInANoteByAWord(t *testing.T) {
	a := sortedInto("headline", "Ferry sinks", "paragraph", "\n\nIt sank off Skarra.", "paragraph", "\n\nEve Poe wrote it.")
	a.Summary = Evidence{Span: Span{13, 32}, Enricher: "gist", Version: 1, Confidence: 0.9}
	a.Entities = []Entity{{Type: EntityPlace, Name: "Skarra", Mentions: wordsAt(a.Text, 0.9, "Skarra")}}
	for _, summary := range []bool{false, true} {
		b := *a
		o := corrected(t, a, "segments", `[{"text":"It sank off Skarra.","kind":"note"}]`)
		if summary {
			c := corrected(t, a, "summary", `{"text":"It sank off Skarra."}`).Corrections[0]
			*o = o.Set(c)
		}
		o.In(b.Text).Apply(&b)
		if b.Summary != (Evidence{}) || b.Mentioned(b.Entities[0].Mentions) || b.Validate() != nil || slices.Contains(b.Flags, FlagOverrideUnplaced) != summary {
			t.Errorf("%+v, %+v, %v, flags %v", b.Summary, b.Entities, b.Validate(), b.Flags)
		}
	}
	o := corrected(t, a, "segments", `[{"text":"Eve Poe wrote it.","kind":"note"}]`)
	if o.In(a.Text).Apply(a); a.Summary == (Evidence{}) {
		t.Error("the summary of what is report is gone")
	}
	a.Summary.Span = Span{34, 51}
	if a.Forget(); a.Summary != (Evidence{}) || a.Validate() != nil {
		t.Errorf("forgotten: %+v, %v", a.Summary, a.Validate())
	}
}

// Whatever is said of which passages, and whatever becomes of the text and of how it is
// cut: what comes out is segments that cover the text, each passage that is found is one of
// its kind, put in once more it is the same, and so is what is read back and said again.
func TestKindsFitAnyText(t *testing.T) {
	lines := []string{"By Ana Ruiz", "It sank.", "It sank. All swam.", "All swam.", "SKARRA (dpa) - It sank.", "Contact", "(dpa)"}
	rapid.Check(t, func(r *rapid.T) {
		draw := func(name string) *Article {
			var said []string
			for i := range rapid.IntRange(1, 6).Draw(r, name) {
				gap := rapid.SampledFrom([]string{"\n", "\n\n"}).Draw(r, "gap")
				line := rapid.SampledFrom(lines).Draw(r, "line")
				if i == 0 {
					gap = ""
				}
				kind := string(rapid.SampledFrom(Kinds).Draw(r, "kind"))
				first, rest, cut := strings.Cut(line, " - ")
				switch how := rapid.IntRange(0, 2).Draw(r, "how"); {
				case how == 0 && i > 0:
					said[len(said)-1] += gap + line
				case how == 1 && cut:
					said = append(said, "dateline", gap+first+" -", kind, " "+rest)
				default:
					said = append(said, kind, gap+line)
				}
			}
			return sortedInto(said...)
		}
		a := draw("old")
		var said []string
		end := 0
		for _, s := range a.Segments {
			at := s.Start
			for _, l := range strings.SplitAfter(s.In(a.Text), "\n") {
				from := at
				at += len(l)
				l = strings.TrimSpace(l)
				if l == "" || from < end || !rapid.Bool().Draw(r, "said") {
					continue
				}
				end = from + len(l)
				said = append(said, fmt.Sprintf(`{"start":%d,"end":%d,"kind":%q}`, from, end, rapid.SampledFrom(Kinds).Draw(r, "as")))
			}
		}
		if len(said) == 0 {
			return
		}
		o := corrected(t, a, "segments", "["+strings.Join(said, ",")+"]")
		for _, b := range []*Article{a, draw("new")} {
			same := b == a
			for range 2 {
				before := *b
				p := o.In(b.Text)
				p.Apply(b)
				if err := b.Validate(); err != nil {
					r.Fatal(err)
				}
				n := 0
				for _, s := range p.fields[0].value.Segments {
					if slices.Contains(b.Segments, s) {
						n++
					}
				}
				if whole := n == len(said); whole == slices.Contains(b.Flags, FlagOverrideUnplaced) || same && !whole {
					r.Fatalf("%d of %d in %s, flags %v", n, len(said), laid(b), b.Flags)
				}
				if before.Corrections.Number > 0 && !reflect.DeepEqual(*b, before) {
					r.Fatalf("once more: %s, was %s", laid(b), laid(&before))
				}
				if c := saidAgain(t, o, "segments", b); len(c.Value.Segments) != len(said) || same && !reflect.DeepEqual(c, o.Corrections[0]) {
					r.Fatalf("said again of %s: %+v, was %+v", laid(b), c, o.Corrections[0])
				}
			}
			b.Forget()
			if err := b.Validate(); err != nil || strings.Contains(laid(b), "!") {
				r.Fatalf("forgotten: %s, %v", laid(b), err)
			}
		}
	})
}

// What was found to be the headline is one again once the one that an editor told is
// forgotten, and put in anew, without the enrichment between, it is the same.
func TestADisplacedHeadlineComesBack(t *testing.T) {
	for _, enricher := range []string{"segments", ""} { // "": a format said so
		a := sortedInto(wire...)
		a.Segments[0].Enricher = enricher
		o := corrected(t, a, "segments", `[{"text":"By Ana Ruiz","kind":"headline"}]`)
		o.In(a.Text).Apply(a)
		once := *a
		a.Forget()
		const want = `headline "Ferry sinks", unknown "By Ana Ruiz", `
		if got := laid(a); !strings.HasPrefix(got, want) || a.Validate() != nil {
			t.Errorf("%q, forgotten: %s, want %s…", enricher, got, want)
		}
		if o.In(a.Text).Apply(a); !reflect.DeepEqual(*a, once) {
			t.Errorf("%q, put in anew: %s, was %s", enricher, laid(a), laid(&once))
		}
	}
}

// What an editor told is forgotten also where the list of what was corrected is gone.
func TestForgetWithoutTheListOfFields(t *testing.T) {
	a := sortedInto(wire...)
	corrected(t, a, "segments", `[{"text":"By Ana Ruiz","kind":"note"}]`).In(a.Text).Apply(a)
	a.Corrections = Corrections{}
	if a.Forget(); strings.Contains(laid(a), "!") || a.Segments[1].Kind != Unknown {
		t.Error(laid(a))
	}
}

// Of the places with the words in another text the first counts that is a whole line, or
// that can be cut out, whatever stands before it.
func TestTheRightLineIsTaken(t *testing.T) {
	short := sortedInto("paragraph", "New.", "paragraph", "\n\nContact", "paragraph", "\n\nContact the desk.")
	behind := sortedInto("dateline", "SKARRA -", "paragraph", " It sank.")
	for _, c := range []struct {
		says, value string
		old, b      *Article
		want        string
		lost        bool
	}{
		{
			"a longer line begins so", `[{"text":"Contact","kind":"note"}]`, short, sortedInto("paragraph", "Contact was lost at noon.", "paragraph", "\n\nAll swam.\nContact"),
			`paragraph "Contact was lost at noon.", paragraph "All swam.", note! "Contact"`, false,
		},
		{
			"the other way round", `[{"text":"Contact","kind":"note"},{"text":"Contact the desk.","kind":"note"}]`, short, sortedInto("paragraph", "Old.", "paragraph", "\n\nContact the desk.", "paragraph", "\n\nContact"),
			`paragraph "Old.", note! "Contact the desk.", note! "Contact"`, false,
		},
		{
			"the shorter one is gone", `[{"text":"Contact","kind":"note"},{"text":"Contact the desk.","kind":"note"}]`, short, sortedInto("paragraph", "Old.", "paragraph", "\n\nContact the desk."),
			`paragraph "Old.", note! "Contact the desk."`, true,
		},
		{
			"a segment in a line", `[{"text":"It sank.","kind":"caption"}]`, behind, sortedInto("paragraph", "It sank. All swam.", "dateline", "\n\nOSLO -", "paragraph", " It sank."),
			`paragraph "It sank. All swam.", dateline "OSLO -", caption! "It sank."`, false,
		},
		{
			"a sign-off ends its line", `[{"text":"(dpa)","kind":"signoff"}]`, sortedInto("paragraph", "It sank.", "signoff", "\n\n(dpa)"), sortedInto("paragraph", "(dpa) It sank.", "paragraph", "\n\nAll swam. (dpa)"),
			`paragraph "(dpa) It sank.", paragraph "All swam.", signoff! "(dpa)"`, false,
		},
	} {
		o := corrected(t, c.old, "segments", c.value)
		for range 2 {
			o.In(c.b.Text).Apply(c.b)
			if got := laid(c.b); got != c.want || slices.Contains(c.b.Flags, FlagOverrideUnplaced) != c.lost || c.b.Validate() != nil {
				t.Errorf("%s: %s, want %s, flags %v, %v", c.says, got, c.want, c.b.Flags, c.b.Validate())
			}
		}
	}
}

// So many places of the words are tried, and no more.
func TestHowManyPlacesAreTried(t *testing.T) {
	old := sortedInto("dateline", "SKARRA -", "paragraph", " It sank.")
	o := corrected(t, old, "segments", `[{"text":"It sank.","kind":"caption"}]`)
	for n, lost := range map[int]bool{maxElsewhere: false, maxElsewhere + 1: true} {
		b := sortedInto("paragraph", strings.Repeat("It sank. All swam.\n", n), "dateline", "\nOSLO -", "paragraph", " It sank.")
		if o.In(b.Text).Apply(b); slices.Contains(b.Flags, FlagOverrideUnplaced) != lost {
			t.Errorf("behind %d others: flags %v", n, b.Flags)
		}
	}
}

func TestHowSureAKindIsSaid(t *testing.T) {
	a, later := sortedInto(wire...), sortedInto("paragraph", "All swam.")
	o := corrected(t, a, "segments", `[{"text":"By Ana Ruiz","kind":"byline"}]`)
	kept, err := o.Corrections[0].JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		confidence string
		good       bool
	}{{"7", false}, {"-1", false}, {"0.5", true}} {
		with := strings.Replace(string(kept), `"confidence":1`, `"confidence":`+c.confidence, 1)
		for says, p := range map[string]Proof{"there": {Article: a}, "kept": {Article: later, Stands: &o.Corrections[0]}} {
			_, err := ParseCorrection(p, "segments", []byte(with))
			if c.good != (err == nil) || !c.good && !strings.Contains(err.Error(), "segments: segment 0: confidence "+c.confidence) {
				t.Errorf("%s, %s: %v", says, with, err)
			}
		}
	}
}

// What can't be cut out anywhere is looked for once, however often it is said.
func TestSaidOftenIsLookedForOnce(t *testing.T) {
	a := sortedInto("paragraph", strings.Repeat("0 ", 50_000)+"0")
	say := func(n int) time.Duration {
		value := "[" + strings.TrimSuffix(strings.Repeat(`{"text":"0","kind":"note"},`, n), ",") + "]"
		began := time.Now()
		if _, err := ParseCorrection(Proof{Article: a}, "segments", []byte(value)); err == nil || !strings.Contains(err.Error(), "part of a segment") {
			t.Fatal(err)
		}
		return time.Since(began)
	}
	say(1)
	if one, all := say(1), say(MaxRetold); all > MaxRetold/4*one {
		t.Errorf("%d take %v, one takes %v", MaxRetold, all, one)
	}
	many := "[" + strings.Repeat(`{"text":"x","kind":"note"},`, MaxRetold) + `{"text":"x","kind":"note"}]`
	if _, err := ParseCorrection(Proof{Article: a}, "segments", []byte(many)); err == nil || !strings.Contains(err.Error(), "segments: has 201 passages whose kind is said, the limit is 200") {
		t.Error(err)
	}
}

// An article may have so many segments, and what makes no more of them can still be told.
func TestKindsAtTheLimitOfSegments(t *testing.T) {
	full := func(n int) *Article {
		said := make([]string, 0, 2*n)
		for range n - 1 {
			said = append(said, "paragraph", "x\n")
		}
		return sortedInto(append(said, "paragraph", "one\ntwo\nthree")...)
	}
	a := full(MaxSegments - 2)
	o := corrected(t, a, "segments", `[{"text":"two","kind":"note"}]`)
	for range 2 {
		if o.In(a.Text).Apply(a); len(a.Segments) != MaxSegments || len(a.Flags) > 0 || a.Validate() != nil {
			t.Fatalf("%d segments, flags %v, %v", len(a.Segments), a.Flags, a.Validate())
		}
	}
	a = full(MaxSegments - 1)
	if _, err := ParseCorrection(Proof{Article: a}, "segments", []byte(`[{"text":"two","kind":"note"}]`)); err == nil || !strings.Contains(err.Error(), "would make more segments of the article than 100000") {
		t.Error(err)
	}
	o = corrected(t, a, "segments", `[{"text":"one\ntwo\nthree","kind":"note"}]`)
	if o.In(a.Text).Apply(a); len(a.Flags) > 0 || a.Segments[len(a.Segments)-1].Kind != Note {
		t.Errorf("a whole one: flags %v", a.Flags)
	}
}
