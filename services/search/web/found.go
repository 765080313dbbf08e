package web

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	decimal "golang.org/x/text/number"

	"github.com/copytaster/copytaster/pkg/article"
)

// maxListed is how many quotes, amounts and dates of an article are listed, each.
const maxListed = 30

type quotation struct {
	Text string
	By   string // speaker, role, medium
}

// finding is a piece of the text with what it means.
type finding struct{ Text, Is string }

// found lists what was read in the text. A quote without a speaker is left out:
// it is in the text, and the list says who said what.
func (r *reading) found(a *article.Article) {
	if a.Status == article.Canceled {
		return
	}
	var filed []string
	filed = append(filed, a.Filed.Places...)
	if !a.Filed.Date.IsZero() {
		filed = append(filed, a.Filed.Date.Format(dayLayout))
	}
	r.Filed = strings.Join(filed, ", ")
	if a.Translation.Likely() {
		r.Translated = "likely"
	}
	for i := range a.Quotes {
		if q := &a.Quotes[i]; q.Speaker != "" && a.ForReaders(q.Span) {
			by := []string{q.Speaker}
			for _, more := range []string{q.Role, q.Via} {
				if more != "" {
					by = append(by, more)
				}
			}
			r.Quotes = append(r.Quotes, quotation{q.In(a.Text), strings.Join(by, ", ")})
		}
	}
	for i := range a.Amounts {
		if m := &a.Amounts[i]; m.Known && a.ForReaders(m.Span) {
			r.Amounts = append(r.Amounts, finding{m.In(a.Text), strings.TrimSpace(m.Currency + " " + amount(m.Figure))})
		}
	}
	for i := range a.Moments {
		if m := &a.Moments[i]; m.Resolved() && a.ForReaders(m.Span) {
			r.Dates = append(r.Dates, finding{m.In(a.Text), when(m)})
		}
	}
	r.Left = cut(&r.Quotes) + cut(&r.Amounts) + cut(&r.Dates)
}

// cut shortens a list to what is shown, and tells by how much.
func cut[T any](list *[]T) int {
	left := max(0, len(*list)-maxListed)
	*list = (*list)[:len(*list)-left]
	return left
}

func amount(f article.Figure) string {
	s := sum(f.Value)
	if f.To != f.Value {
		s += " to " + sum(f.To)
	}
	if f.Approximate {
		s = "about " + s
	}
	return s
}

// sum is a number with commas for thousands, and cents if it has any.
func sum(f float64) string {
	return message.NewPrinter(language.English).Sprint(decimal.Decimal(f, decimal.MaxFractionDigits(2)))
}

const dayLayout = "2 Jan 2006"

// when is a moment for people: a year as a year, a month as a month.
func when(m *article.Moment) string {
	switch {
	case m.Precision == article.PrecisionTime:
		return m.From.Format("2 Jan 2006, 15:04 MST")
	case m.From.IsZero():
		return "until " + m.To.Format(dayLayout)
	case m.To.IsZero():
		return "from " + m.From.Format(dayLayout)
	case m.From.Equal(m.To):
		return m.From.Format(dayLayout)
	case m.Precision == article.PrecisionYear && spans(m, 1, 0):
		return strconv.Itoa(m.From.Year())
	case m.Precision == article.PrecisionMonth && spans(m, 0, 1):
		return m.From.Format("January 2006")
	}
	return m.From.Format(dayLayout) + " to " + m.To.Format(dayLayout)
}

// spans tells whether a moment is from its beginning to the day before so many
// years and months later.
func spans(m *article.Moment, years, months int) bool {
	return m.From.Day() == 1 && m.From.AddDate(years, months, 0).Add(-24*time.Hour).Equal(m.To)
}
