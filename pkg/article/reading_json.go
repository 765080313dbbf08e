package article

import (
	"fmt"
	"time"
)

type filedDoc struct {
	Text     string   `json:"text"`
	Places   []string `json:"places,omitempty"`
	Date     string   `json:"date,omitempty"` // a day
	Agencies []string `json:"agencies,omitempty"`
	evidenceDoc
}

type translationDoc struct {
	Likelihood float64     `json:"likelihood"`
	Reasons    []reasonDoc `json:"reasons,omitempty"`
}

type reasonDoc struct {
	Why  string `json:"why"`
	Text string `json:"text,omitempty"`
	evidenceDoc
}

type quotationDoc struct {
	Text    string `json:"text"`
	Speaker string `json:"speaker,omitempty"`
	Role    string `json:"role,omitempty"`
	Via     string `json:"via,omitempty"`
	Cue     string `json:"cue,omitempty"`
	Partial bool   `json:"partial,omitempty"`
	evidenceDoc
}

// figureDoc has value null for a number that the text leaves open, and value_to
// for a range only.
type figureDoc struct {
	Value       *float64 `json:"value"`
	ValueTo     *float64 `json:"value_to,omitempty"`
	Approximate bool     `json:"approximate,omitempty"`
}

type amountDoc struct {
	Text     string `json:"text"`
	Currency string `json:"currency,omitempty"`
	figureDoc
	ConversionOf *int `json:"conversion_of,omitempty"` // place in the list, from 0
	evidenceDoc
}

type quantityDoc struct {
	Text string `json:"text"`
	figureDoc
	Unit string `json:"unit,omitempty"`
	evidenceDoc
}

type momentDoc struct {
	Text      string    `json:"text"`
	From      *string   `json:"from"`
	To        *string   `json:"to"`
	Precision Precision `json:"precision"`
	evidenceDoc
}

// readingDoc is the part of a document that holds what was read in the text.
type readingDoc struct {
	Filed             *filedDoc       `json:"filed,omitempty"`
	TranslationLikely bool            `json:"translation_likely,omitempty"`
	Translation       *translationDoc `json:"translation,omitempty"`
	Quotes            []quotationDoc  `json:"quotes,omitempty"`
	Amounts           []amountDoc     `json:"amounts,omitempty"`
	Quantities        []quantityDoc   `json:"quantities,omitempty"`
	Dates             []momentDoc     `json:"dates,omitempty"`
}

func (a *Article) readingDoc() (d readingDoc, err error) {
	if f := a.Filed; !f.none() {
		d.Filed = &filedDoc{Text: a.cut(f.Span), Places: f.Places, Agencies: f.Agencies, evidenceDoc: f.doc()}
		if !f.Date.IsZero() {
			if d.Filed.Date, err = day(f.Date); err != nil {
				return d, fmt.Errorf("filed: %w", err)
			}
		}
	}
	if t := a.Translation; t.Likelihood != 0 || len(t.Reasons) > 0 {
		d.TranslationLikely = t.Likely()
		d.Translation = &translationDoc{t.Likelihood, a.reasonDocs(t.Reasons)}
	}
	for _, q := range a.Quotes {
		d.Quotes = append(d.Quotes, quotationDoc{a.cut(q.Span), q.Speaker, q.Role, q.Via, q.Cue, q.Partial, q.doc()})
	}
	for i, m := range a.Amounts {
		doc := amountDoc{Text: a.cut(m.Span), Currency: m.Currency, figureDoc: m.Figure.doc(), evidenceDoc: m.Evidence.doc()}
		if of := i - m.Converts; m.Converts > 0 && of >= 0 {
			doc.ConversionOf = &of
		}
		d.Amounts = append(d.Amounts, doc)
	}
	for _, q := range a.Quantities {
		d.Quantities = append(d.Quantities, quantityDoc{a.cut(q.Span), q.Figure.doc(), q.Unit, q.Evidence.doc()})
	}
	for i, m := range a.Moments {
		doc := momentDoc{Text: a.cut(m.Span), Precision: m.Precision, evidenceDoc: m.doc()}
		if doc.From, err = m.Precision.end(m.From); err == nil {
			doc.To, err = m.Precision.end(m.To)
		}
		if err != nil {
			return d, fmt.Errorf("date %d: %w", i, err)
		}
		d.Dates = append(d.Dates, doc)
	}
	return d, nil
}

func (a *Article) readReading(d readingDoc) error {
	var err error
	if f := d.Filed; f != nil {
		a.Filed = Filed{Evidence: f.evidence(), Places: f.Places, Agencies: f.Agencies}
		if f.Date != "" {
			if a.Filed.Date, err = time.Parse(time.DateOnly, f.Date); err != nil {
				return fmt.Errorf("filed: %w", err)
			}
		}
	}
	if t := d.Translation; t != nil {
		a.Translation = Translation{t.Likelihood, reasons(t.Reasons)}
	}
	for _, q := range d.Quotes {
		a.Quotes = append(a.Quotes, Quotation{q.evidence(), q.Speaker, q.Role, q.Via, q.Cue, q.Partial})
	}
	for i, m := range d.Amounts {
		amount := Amount{Evidence: m.evidence(), Figure: m.figure(), Currency: m.Currency}
		if of := m.ConversionOf; of != nil {
			if *of < 0 || *of >= i {
				return fmt.Errorf("amount %d converts amount %d, which is not before it", i, *of)
			}
			amount.Converts = i - *of
		}
		a.Amounts = append(a.Amounts, amount)
	}
	for _, q := range d.Quantities {
		a.Quantities = append(a.Quantities, Quantity{q.evidence(), q.figure(), q.Unit})
	}
	for i, m := range d.Dates {
		when := Moment{Evidence: m.evidence(), Precision: m.Precision}
		if when.From, err = m.Precision.read(m.From); err == nil {
			when.To, err = m.Precision.read(m.To)
		}
		if err != nil {
			return fmt.Errorf("date %d: %w", i, err)
		}
		a.Moments = append(a.Moments, when)
	}
	return nil
}

// none tells that there is no dateline, or that nobody looked.
func (f *Filed) none() bool {
	return f.Evidence == (Evidence{}) && len(f.Places) == 0 && f.Date.IsZero() && len(f.Agencies) == 0
}

func (f Figure) doc() figureDoc {
	d := figureDoc{Approximate: f.Approximate}
	if f.Known {
		d.Value = &f.Value
		if f.To != f.Value {
			d.ValueTo = &f.To
		}
	}
	return d
}

func (d figureDoc) figure() Figure {
	f := Figure{Approximate: d.Approximate}
	if d.Value != nil {
		f.Known, f.Value, f.To = true, *d.Value, *d.Value
		if d.ValueTo != nil {
			f.To = *d.ValueTo
		}
	}
	return f
}

func day(t time.Time) (string, error) {
	t = t.UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return "", fmt.Errorf("year %d is outside 1 to 9999", y)
	}
	return t.Format(time.DateOnly), nil
}

// end writes an end of a moment of this precision; null for an open one.
func (p Precision) end(t time.Time) (*string, error) {
	if t.IsZero() {
		return nil, nil
	}
	if p == PrecisionTime {
		b, err := t.UTC().MarshalText()
		s := string(b)
		return &s, err
	}
	s, err := day(t)
	return &s, err
}

func (p Precision) read(s *string) (time.Time, error) {
	if s == nil {
		return time.Time{}, nil
	}
	layout := time.DateOnly
	if p == PrecisionTime {
		layout = time.RFC3339Nano
	}
	t, err := time.Parse(layout, *s)
	return t.UTC(), err
}
