package segments_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/cputime"
	"github.com/copytaster/copytaster/services/enrich/enricher/segments"
)

func enricher(t testing.TB) *segments.Enricher {
	t.Helper()
	e, err := segments.New()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// ingredients are lines of every kind, and of none.
var ingredients = []string{
	"", " ", "\u00a0", ": ", ": A lost kicker", "A headline about something", "A headline about something | Site",
	"KICKER", "By Jane Doe", "Von Petra Muster, dpa", "NIAMEY (dpa) - The text goes on here.", "PARIS, 12 mars (AFP) -",
	"© Jo Ray/AP", "A market in Agadez. Photo: Jo Ray/dpa", "A market. photo", "Foto:", "photo", "(AFP)", "dpa", "dpa ab n1",
	"It was over. EFE", "# Notizblock", "- a bullet", "• another", "(Eds: updates)", "---", "***", "\ufeff", "\u200b", "Read more:",
	"source site-3", "Report in the Washington Post", "“Quoted.”", "— A Speaker", "> set off", "A sentence that ends here.",
	"A long sentence that goes on and on so that it fills more than one line of wrapped copy with words", "e\u0301\u0301", "日本語の文。", "😀", "1 2 3", "12.03.2024, 06:48 Uhr",
	"lower case goes on", "Enditem", "a:b:c", ":::", "Utl.: Something", "Topic: Something is said about the Topic",
}

var breaks = []string{"\n", "\n\n", "\r\n", "\r\n\r\n", "\r", "\u2028", "\v", "\f", " \n \n", "\n\t", " "}

func text() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(0, 24).Draw(t, "lines") {
			if rapid.IntRange(0, 9).Draw(t, "any") == 0 {
				b.WriteString(rapid.String().Draw(t, "string"))
			} else {
				b.WriteString(rapid.SampledFrom(ingredients).Draw(t, "line"))
			}
			b.WriteString(rapid.SampledFrom(breaks).Draw(t, "break"))
		}
		return b.String()
	})
}

func check(t interface{ Fatalf(string, ...any) }, e *segments.Enricher, a *article.Article) {
	raw, before := a.Text, append([]article.Segment(nil), a.Segments...)
	if err := e.Enrich(context.Background(), a); err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	if a.Text != raw {
		t.Fatalf("%q: the text was changed", raw)
	}
	if err := article.CheckSegments(a.Text, a.Segments); err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	for _, s := range a.Segments {
		if s.Kind == article.Unknown {
			t.Fatalf("%q: %+v is left unknown", raw, s)
		}
	}
	for _, b := range before {
		if b.Kind == article.Unknown || b.Kind == article.Paragraph || b.Kind == article.Caption {
			continue
		}
		kept := false
		for _, s := range a.Segments {
			kept = kept || s == b
		}
		if !kept {
			t.Fatalf("%q: the decoder's segment %+v is gone", raw, b)
		}
	}
	again := *a
	if err := e.Enrich(context.Background(), &again); err != nil {
		t.Fatalf("%q: again: %v", raw, err)
	}
	if !reflect.DeepEqual(again.Segments, a.Segments) {
		t.Fatalf("%q: again gives\n%+v\nand not\n%+v", raw, again.Segments, a.Segments)
	}
}

func TestAnyLines(t *testing.T) {
	e := enricher(t)
	rapid.Check(t, func(t *rapid.T) {
		check(t, e, &article.Article{Text: text().Draw(t, "text"), Source: "site-3"})
	})
}

// Decoders name some segments and leave others open.
func TestAnyDecoder(t *testing.T) {
	e := enricher(t)
	kinds := append([]article.Kind{article.Unknown, article.Unknown, article.Paragraph, article.Paragraph}, article.Kinds...)
	rapid.Check(t, func(t *rapid.T) {
		b := article.Builder{Signer: "format/test", Version: 1}
		for range rapid.IntRange(0, 12).Draw(t, "segments") {
			b.Add(rapid.SampledFrom(kinds).Draw(t, "kind"), text().Draw(t, "text"))
		}
		var a article.Article
		b.Fill(&a)
		check(t, e, &a)
	})
}

func FuzzSegments(f *testing.F) {
	for _, s := range ingredients {
		f.Add(s + "\n\n" + s)
	}
	f.Add(strings.Join(ingredients, "\n"))
	e := enricher(f)
	f.Fuzz(func(t *testing.T, s string) {
		a := &article.Article{Text: s, Source: "site-3"}
		if !utf8.ValidString(s) {
			if e.Enrich(context.Background(), a) == nil {
				t.Fatal("text that is not UTF-8 passed")
			}
			return
		}
		check(t, e, a)
	})
}

func TestRefusesBrokenSegments(t *testing.T) {
	a := &article.Article{Text: "a b", Segments: []article.Segment{{Kind: article.Unknown, Evidence: article.Evidence{Span: article.Span{Start: 0, End: 9}}}}}
	if enricher(t).Enrich(context.Background(), a) == nil {
		t.Error("a span beyond the text passed")
	}
}

// What an earlier version said is judged anew.
func TestOldVersion(t *testing.T) {
	e := enricher(t)
	raw := "A headline about it\n\nNIAMEY (dpa) - The text goes on here, and on, and on.\n\ndpa\n"
	fresh := &article.Article{Text: raw}
	check(t, e, fresh)
	old := &article.Article{Text: raw}
	for _, s := range fresh.Segments {
		s.Version, s.Kind = segments.Version-1, article.Paragraph
		old.Segments = append(old.Segments, s)
	}
	check(t, e, old)
	if !reflect.DeepEqual(old.Segments, fresh.Segments) {
		t.Errorf("got %+v, want %+v", old.Segments, fresh.Segments)
	}
}

func TestDecoderIsKept(t *testing.T) {
	b := article.Builder{Signer: "format/feed", Version: 3}
	b.Add(article.Headline, "A headline that ends with a full stop.")
	b.Add(article.Paragraph, "NIAMEY (dpa) - The army said on Monday that it was over.")
	b.Add(article.Caption, "A market in Agadez. Photo: Jo Ray/dpa")
	b.Add(article.Unknown, "dpa")
	var a article.Article
	b.Fill(&a)
	check(t, enricher(t), &a)
	var got []article.Kind
	for _, s := range a.Segments {
		got = append(got, s.Kind)
	}
	want := []article.Kind{article.Headline, article.Dateline, article.Paragraph, article.Caption, article.CreditLine, article.Signoff}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if a.Segments[0].Enricher != "format/feed" || a.Segments[1].Enricher != segments.Name {
		t.Errorf("signed %+v", a.Segments)
	}
}

// hostile are inputs that are dear to read for a careless reader.
func hostile() map[string]string {
	const mb = 1 << 20
	return map[string]string{
		"one endless word":   strings.Repeat("a", mb),
		"one endless line":   strings.Repeat("word ", mb/5),
		"newlines":           strings.Repeat("\n", mb),
		"short lines":        strings.Repeat("a\n", mb/2),
		"short paragraphs":   strings.Repeat("a\n\n", mb/3),
		"colons":             strings.Repeat(":", mb),
		"colons and spaces":  strings.Repeat(": ", mb/2),
		"brackets":           strings.Repeat("(", mb),
		"datelines":          strings.Repeat("PARIS (AFP) - ", mb/14),
		"dateline lines":     strings.Repeat("PARIS (AFP) - A\n\n", mb/17),
		"credits":            strings.Repeat("© A/AP ", mb/8),
		"credit lines":       strings.Repeat("A. © A/AP\n\n", mb/12),
		"quotation marks":    strings.Repeat("“", mb/3),
		"same headline":      strings.Repeat("A headline about it\n\n", mb/21),
		"wrapped":            strings.Repeat(strings.Repeat("word ", 13)+"words\n", mb/71),
		"bylines":            strings.Repeat("By Jane Doe\nReuters\n", mb/20),
		"notes":              strings.Repeat("# Notizblock\n- x\n", mb/17),
		"headings":           strings.Repeat("#\n", mb/2),
		"kicker":             "Topic: it is about this\n\n" + strings.Repeat("the Topic ", mb/10),
		"capitals":           strings.Repeat("A ", mb/2),
		"dashes":             strings.Repeat("- ", mb/2),
		"non-breaking space": strings.Repeat("\u00a0", mb/2),
		"full stops":         strings.Repeat("A. ", mb/3),
		"agencies":           strings.Repeat("dpa/", mb/4),
	}
}

func TestHostile(t *testing.T) {
	e := enricher(t)
	for name, s := range hostile() {
		a := &article.Article{Text: s}
		took := cputime.Of(func() {
			if err := e.Enrich(context.Background(), a); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		t.Logf("%-20s %6d segments %v", name, len(a.Segments), took)
		// Generous: the race detector slows it down; what is not linear takes
		// minutes.
		if took > 20*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		if len(a.Segments) > article.MaxSegments {
			t.Errorf("%s made %d segments", name, len(a.Segments))
		}
	}
}

// A line that names where the text was taken from is no part of it, whether or
// not it names the intake.
func TestSourceLine(t *testing.T) {
	for _, last := range []string{"Quelle: nordblick", "Source : Nordblick", "source site-3"} {
		a := &article.Article{Source: "site-3", Text: "A headline about it\n\nThe army said on Monday that it was over, and that nobody had been hurt.\n\n" + last}
		check(t, enricher(t), a)
		if s := a.Segments[len(a.Segments)-1]; s.Kind != article.Boilerplate {
			t.Errorf("%q is %s", last, s.Kind)
		}
	}
}

// A story isn't furniture for words that notices of rights have, too.
func TestRightsInAStory(t *testing.T) {
	const story = "Health officials said on Tuesday that a company in the north has called back bottles of water from shops in three counties. " +
		"The bottles, which were distributed by a wholesaler near the coast, may hold small pieces of glass, and nobody is to drink from them. " +
		"No illness has been reported so far, and the company said that it would pay for every bottle that is brought back to a shop."
	const notice = "All rights reserved. The pictures, the sound and all other parts of this programme belong to those who made them, and to nobody else, wherever they may be shown. " +
		"They may not be reproduced, kept or sent on in any form, by any means, whether for money or for nothing, without prior written permission from those who own them."
	e := enricher(t)
	for text, want := range map[string]article.Kind{story: article.Paragraph, notice: article.Boilerplate} {
		a := &article.Article{Text: text}
		check(t, e, a)
		if len(a.Segments) != 1 || a.Segments[0].Kind != want {
			t.Errorf("%.40q: got %+v, want one %s", text, a.Segments, want)
		}
	}
}
