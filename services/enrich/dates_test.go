package enrich_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

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
