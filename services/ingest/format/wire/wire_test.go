package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/html"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
)

func TestMoment(t *testing.T) {
	for in, want := range map[string]string{
		"2024-04-20T08:30:00+02:00": "2024-04-20T06:30:00Z zone", "20240420T083000+0200": "2024-04-20T06:30:00Z zone", "20240420T083000Z": "2024-04-20T08:30:00Z zone",
		"20240420T083000-05:00": "2024-04-20T13:30:00Z zone", "20240420T0830Z": "2024-04-20T08:30:00Z zone", "20240420000000-0500": "2024-04-20T05:00:00Z zone",
		"20240420T083000": "2024-04-20T08:30:00Z", "20240420": "2024-04-20T00:00:00Z", "2024-04-20": "2024-04-20T00:00:00Z",
		"20241320": "", "soon": "", "": "", "2024": "",
	} {
		at, zone := wire.Moment(in)
		got := ""
		if !at.IsZero() {
			got = at.Format(time.RFC3339)
		}
		if zone {
			got += " zone"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestStatus(t *testing.T) {
	for in, want := range map[string]article.Status{
		"": article.Usable, " Usable ": article.Usable, "stat:usable": article.Usable, "STAT:Canceled": article.Canceled, "http://cv.iptc.org/newscodes/pubstatusg2/withheld": article.Withheld,
		"https://x.example/cv#kill": article.Canceled, "hold": article.Withheld, "cancelled": article.Canceled, "gone": "", "usable:": article.Usable, "not usable": "",
	} {
		got, ok := wire.Status(in)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v, want %q", in, got, ok, want)
		}
	}
	all := []article.Status{article.Usable, article.Withheld, article.Canceled} // by what they hide
	for i, a := range all {
		for j, b := range all {
			if got := wire.Stricter(a, b); got != all[max(i, j)] {
				t.Errorf("of %s and %s: %s", a, b, got)
			}
		}
	}
}

func TestURI(t *testing.T) {
	h := document.Hint{Source: "s", Provider: "p"}
	at, over := wire.URI(h, strings.Repeat("x", 512)), wire.URI(h, strings.Repeat("x", 513))
	if at != article.URI("urn:copytaster:p:"+strings.Repeat("x", 512)) || len(over) != len("urn:copytaster:p:")+64 {
		t.Errorf("%s and %s", at, over)
	}
}

// TestStoryIsSaidOnce: what a format says in several places stands in the
// article once.
func TestStoryIsSaidOnce(t *testing.T) {
	p := func(s string) html.Block { return html.Block{Kind: article.Paragraph, Text: s} }
	s := wire.Story{
		Headline: "Ferry runs", Standfirst: []string{"FERRY RUNS!", "It runs again", "After a year"}, Dateline: "Skarra",
		Body:   []html.Block{p("Ferry runs"), p("It runs again, from Skarra."), {Kind: article.Caption, Text: "The ferry"}},
		Images: []article.Image{{URL: "https://p.example/1", Caption: "The ferry."}, {URL: "https://p.example/1", Caption: "Its captain"}},
		Notes:  []string{"N", "N"},
	}
	inner := wire.Story{Headline: "Ferry runs.", Byline: "Ann", Standfirst: []string{"After a year."}, Notes: []string{"N"}}
	s.Fill(&inner)
	var a article.Article
	s.Lay(&a, "format/x", 1)
	var got []string
	for _, g := range a.Segments {
		got = append(got, string(g.Kind)+" "+g.In(a.Text))
	}
	want := "headline Ferry runs; standfirst After a year; byline Ann; dateline Skarra; paragraph It runs again, from Skarra.; caption The ferry; caption Its captain; note N"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("%s\nwant %s", s, want)
	}
	if len(a.Images) != 1 {
		t.Errorf("%d images", len(a.Images))
	}
}
