package enrich_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

var (
	reuters       = flag.String("reuters", "", "reports of Reuters-21578, one JSON object a line, gzip: to measure datelines with")
	reutersSample = flag.Int("reuters-sample", 0, "print the moments of that many of them")
)

// report is one of Reuters-21578. Its dateline and date are those of the
// collection's own markup.
type report struct{ ID, Date, Title, Dateline, Body string }

var datelineParts = regexp.MustCompile(`^\s*(.*?),?\s+([A-Za-z]+)\.?\s+(\d+)\b`)

// TestDates: the whole chain, from the dateline that the segments found to the
// dates that count from it.
func TestDates(t *testing.T) {
	chain := newChain(t)
	a := &article.Article{
		Text:        "Port reopens after the storm\n\nPINE FORK, Idaho, Dec. 31 (AP) — The port reopened on Tuesday, the mayor said. It had closed on Dec. 27.\n\nA second berth is to open by mid-January.",
		PublishedAt: time.Date(2025, 1, 2, 6, 0, 0, 0, time.UTC), // two days later: the dateline counts
	}
	if err := chain.Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	f := a.Filed
	if strings.Join(f.Places, ";") != "PINE FORK, Idaho" || strings.Join(f.Agencies, ";") != "AP" || f.Date.Format(time.DateOnly) != "2024-12-31" || f.Enricher != "filed" || f.Confidence < 0.5 {
		t.Errorf("filed %+v", f)
	}
	want := []string{"Dec. 31 2024-12-31 2024-12-31 day", "Tuesday 2024-12-31 2024-12-31 day", "Dec. 27 2024-12-27 2024-12-27 day", "mid-January 2025-01-11 2025-01-20 third of a month"}
	var got []string
	for _, m := range a.Moments {
		got = append(got, strings.Join([]string{m.In(a.Text), m.From.Format(time.DateOnly), m.To.Format(time.DateOnly), string(m.Precision)}, " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}

	golden := goldenArticle(t)
	if err := chain.Enrich(context.Background(), golden); err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, m := range golden.Moments {
		got = append(got, m.In(golden.Text))
	}
	if want := []string{"the coming months", "last year", "mid-March", "the end of July 2023", "the beginning of April"}; !slices.Equal(got, want) {
		t.Errorf("golden text: got %q, want %q", got, want)
	}
}

// TestReutersDatelines measures the places and dates of datelines, by hand: the
// reports are for research, and no part of the project.
func TestReutersDatelines(t *testing.T) {
	const (
		reports = 300
		enough  = 0.98
	)
	if *reuters == "" {
		t.Skip("only with -reuters FILE")
	}
	all := readReuters(t, *reuters)
	chain := newChain(t)
	places, dates, n := 0, 0, 0
	for i := 0; i < len(all) && n < reports; i += len(all) / reports {
		r := all[i]
		stamp, _, _ := strings.Cut(strings.TrimSpace(r.Date), ".")
		published, err := time.Parse("2-Jan-2006 15:04:05", stamp)
		if err != nil {
			t.Fatal(r.ID, err)
		}
		m := datelineParts.FindStringSubmatch(r.Dateline)
		day, err := time.Parse("Jan 2 2006", m[2][:3]+" "+m[3]+" 1987")
		if err != nil {
			t.Fatal(r.ID, err)
		}
		n++
		a := &article.Article{Text: r.Title + "\n\n    " + r.Dateline + " " + r.Body, Source: "Reuters", PublishedAt: published.UTC()}
		if err := chain.Enrich(context.Background(), a); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(a.Filed.Places, ", ")
		want := strings.Join(strings.Fields(strings.NewReplacer("/", ", ").Replace(m[1])), " ")
		if got == want {
			places++
		} else {
			t.Logf("%s: place %q, want %q (dateline %q read as %q)", r.ID, got, want, r.Dateline, a.Filed.In(a.Text))
		}
		if a.Filed.Date.Equal(day) {
			dates++
		} else {
			t.Logf("%s: date %v, want %v (dateline %q, published %v)", r.ID, a.Filed.Date, day, r.Dateline, published)
		}
		if n <= *reutersSample {
			t.Log(marked(a))
		}
	}
	t.Logf("places %d, dates %d of %d", places, dates, n)
	if least := enough * float64(n); float64(places) < least || float64(dates) < least {
		t.Errorf("less than %.2f are right", enough)
	}
}

func readReuters(t *testing.T, file string) []report {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var all []report
	for lines := bufio.NewReader(z); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return all
		}
		var r report
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		if datelineParts.MatchString(r.Dateline) && r.Body != "" {
			all = append(all, r)
		}
	}
}

// marked lists the moments of a with what stands around them.
func marked(a *article.Article) string {
	var b strings.Builder
	b.WriteString(a.First(article.Headline) + " " + a.PublishedAt.Format("Mon 2006-01-02") + "\n")
	for _, m := range a.Moments {
		when := "?"
		if m.Resolved() {
			when = m.From.Format(time.DateOnly) + " " + m.To.Format(time.DateOnly) + " " + string(m.Precision)
		}
		around := a.Text[max(0, m.Start-45):m.Start] + "[" + m.In(a.Text) + "]" + a.Text[m.End:min(len(a.Text), m.End+30)]
		b.WriteString("  " + when + " | " + strings.Join(strings.Fields(around), " ") + "\n")
	}
	return b.String()
}
