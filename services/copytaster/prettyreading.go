package copytaster

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

// reading prints what was read in the text: a line for each quote, amount,
// quantity and date.
func (p printer) reading(a *article.Article) {
	for i := range a.Quotes {
		q := &a.Quotes[i]
		p.found("quote", q.Evidence, "“"+q.In(a.Text)+"”", quoted(q))
	}
	for i := range a.Amounts {
		m := &a.Amounts[i]
		is := figure(m.Figure) + " " + m.Currency
		if m.Converts > 0 && m.Converts <= i {
			is += ", which is " + a.Amounts[i-m.Converts].In(a.Text)
		}
		p.found("amount", m.Evidence, m.In(a.Text), is)
	}
	for i := range a.Quantities {
		q := &a.Quantities[i]
		p.found("quantity", q.Evidence, q.In(a.Text), figure(q.Figure)+" "+q.Unit)
	}
	for i := range a.Moments {
		m := &a.Moments[i]
		p.found("date", m.Evidence, m.In(a.Text), span(m))
	}
	if len(a.Quotes)+len(a.Amounts)+len(a.Quantities)+len(a.Moments) > 0 {
		fmt.Fprintln(p.w)
	}
}

// found prints a piece of the text and what it is.
func (p printer) found(name string, e article.Evidence, text, is string) {
	p.piece(ansiGreen, name, e.Confidence, text+" = "+strings.TrimSpace(is))
}

func quoted(q *article.Quotation) string {
	who := q.Speaker
	if who == "" {
		who = "nobody named"
	}
	for _, more := range []string{q.Role, q.Via} {
		if more != "" {
			who += ", " + more
		}
	}
	if q.Partial {
		who += " (in part)"
	}
	return who
}

func figure(f article.Figure) string {
	if !f.Known {
		return "not told"
	}
	s := number(f.Value)
	if f.To != f.Value {
		s += " to " + number(f.To)
	}
	if f.Approximate {
		s = "about " + s
	}
	return s
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func span(m *article.Moment) string {
	if !m.Resolved() {
		return "not told (" + string(m.Precision) + ")"
	}
	layout := time.DateOnly
	if m.Precision == article.PrecisionTime {
		layout = time.RFC3339
	}
	end := func(t time.Time) string {
		if t.IsZero() {
			return "…"
		}
		return t.Format(layout)
	}
	from, to := end(m.From), end(m.To)
	if from == to {
		return fmt.Sprintf("%s (%s)", from, m.Precision)
	}
	return fmt.Sprintf("%s to %s (%s)", from, to, m.Precision)
}

func filed(f *article.Filed) string {
	parts := []string{strings.Join(f.Places, ", ")}
	if !f.Date.IsZero() {
		parts = append(parts, f.Date.Format(time.DateOnly))
	}
	parts = append(parts, f.Agencies...)
	if parts[0] == "" {
		parts = parts[1:]
	}
	return strings.Join(parts, "; ")
}

func translated(t *article.Translation) string {
	if len(t.Reasons) == 0 {
		return ""
	}
	var why []string
	for _, r := range t.Reasons {
		why = append(why, r.Why)
	}
	return fmt.Sprintf("%.0f%%: %s", 100*t.Likelihood, strings.Join(why, ", "))
}
