package eval

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher"
)

// report is one of Reuters-21578, whose own markup has the dateline.
type report struct {
	ID       string `json:"id"`
	Date     string `json:"date"`
	Title    string `json:"title"`
	Dateline string `json:"dateline"`
	Body     string `json:"body"`
}

// dateline takes "NEW YORK, March 2 -" apart: place, month, day.
var dateline = regexp.MustCompile(`^\s*(.*?),?\s+([A-Za-z]{3})[A-Za-z]*\.?\s+(\d+)\b`)

// reportDate is the day of a report; some of its times are slips.
const reportDate = "2-Jan-2006"

// measureDatelines runs the chain over the reports of a file that have a
// dateline with a date.
func measureDatelines(ctx context.Context, chain *enricher.Chain, file string) (*Measure, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	m := newMeasure()
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		var r report
		if err := json.Unmarshal(bytes.TrimSpace(lines.Bytes()), &r); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		if err := m.dateline(ctx, chain, &r); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if m.Texts == 0 {
		return nil, fmt.Errorf("%s: there is no report with a dateline in it", file)
	}
	return m, nil
}

func (m *Measure) dateline(ctx context.Context, chain *enricher.Chain, r *report) error {
	part := dateline.FindStringSubmatch(r.Dateline)
	if part == nil || r.Body == "" {
		return nil
	}
	stamp, _, _ := strings.Cut(strings.TrimSpace(r.Date), " ")
	published, err := time.Parse(reportDate, stamp)
	if err != nil {
		return err
	}
	day, ok := dayNear(published, part[2]+" "+part[3])
	if !ok {
		return nil // a slip of the agency's: nobody can read "June 31" right
	}
	a := article.Article{Text: r.Title + "\n\n    " + r.Dateline + " " + r.Body, Source: "Reuters", Provider: "Reuters", PublishedAt: published}
	if err := chain.Enrich(ctx, &a); err != nil {
		return err
	}
	before := len(m.Errors[r.ID])
	m.one(r.ID, "datelines place", strings.ReplaceAll(strings.Trim(part[1], "*-, "), "/", ", "), strings.Join(a.Filed.Places, ", "))
	got := ""
	if !a.Filed.Date.IsZero() {
		got = a.Filed.Date.Format(time.DateOnly)
	}
	m.one(r.ID, "datelines date", day.Format(time.DateOnly), got)
	right := len(m.Errors[r.ID]) == before
	m.add("datelines", verdict(right))
	if m.Texts++; right {
		m.Exact++
	}
	return nil
}

// dayNear is the day of a month, like "Mar 2", that is nearest to t; not ok if
// there is no such day.
func dayNear(t time.Time, day string) (near time.Time, ok bool) {
	for year := t.Year() - 1; year <= t.Year()+1; year++ {
		d, err := time.Parse("Jan 2 2006", fmt.Sprintf("%s %d", day, year))
		if err == nil && (!ok || d.Sub(t).Abs() < near.Sub(t).Abs()) {
			near, ok = d, true
		}
	}
	return near, ok
}
