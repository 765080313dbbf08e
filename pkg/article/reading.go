package article

import "time"

// Quotation is what somebody is quoted as having said or written. Its span is what
// stands between the marks, without a comma or full stop before the closing one;
// one quotation may go on over several paragraphs, with the marks that begin them.
type Quotation struct {
	Evidence
	Speaker string // the fullest name, else the description, that the text gives; "" if nobody is named
	Role    string // as written, "" if the text gives none
	Via     string // the channel it came through: the normal name of a medium that is known, else as written; "" if none
	Cue     string // the words that ascribe it ("said", "the paper continued"); "" if none
	Partial bool   // words within the reporter's own sentence
}

// Figure is a number as a text states it. It is not Known if the text leaves it
// open ("a few dozen", "millions").
type Figure struct {
	Known       bool
	Value       float64 // in whole units: 110000000 for "110 million"
	To          float64 // the upper end of a range; else as Value
	Approximate bool    // "around", "more than", "nearly"
}

// Amount is an amount of money. Its span has the number, the currency and the
// word of approximation before it.
type Amount struct {
	Evidence
	Figure
	Currency string // ISO 4217; "" if it can't be told which dollar, franc, crown it is
	// Converts is how many entries before this one in [Article.Amounts] is the
	// amount that this one gives in another currency ("$110 million (94 million
	// euros)"); 0 if it converts none.
	Converts int
}

// Quantity is a count or measure of things other than money.
type Quantity struct {
	Evidence
	Figure
	Unit string // as written; "percent" and "percentage points" in every language
}

// Precision is how closely a [Moment] is told.
type Precision string

// Precisions, from fine to coarse.
const (
	PrecisionTime     Precision = "time"
	PrecisionDay      Precision = "day"
	PrecisionWeek     Precision = "week"
	PrecisionThird    Precision = "third of a month"
	PrecisionMonth    Precision = "month"
	PrecisionQuarter  Precision = "quarter"
	PrecisionSeason   Precision = "season"
	PrecisionHalfYear Precision = "half year"
	PrecisionYear     Precision = "year"
	PrecisionDecade   Precision = "decade"
	PrecisionCentury  Precision = "century"
	PrecisionOpen     Precision = "open" // from a day on, or up to one
)

// Moment is when, as a text tells it: a date or a period.
type Moment struct {
	Evidence
	// From and To are its first and last day (of [PrecisionTime]: instants), UTC.
	// Both zero: it can't be told without a date to count from, which the text and
	// its metadata don't give. One zero: open to that side.
	From, To  time.Time
	Precision Precision
}

// Resolved tells whether it is known when that is.
func (m Moment) Resolved() bool { return !m.From.IsZero() || !m.To.IsZero() }

// Filed is what the dateline says: where, when and for whom the report was
// written.
type Filed struct {
	Evidence           // of the dateline
	Places   []string  // as written
	Date     time.Time // midnight UTC; zero if the dateline has no date that can be told
	Agencies []string  // usual short names
}

// Translation is how likely it is that a text was translated, by people or by
// machine, and what speaks for it.
type Translation struct {
	Likelihood float64 // 0 to 1; 0 also if nobody looked
	Reasons    []Reason
}

// Reason is one thing that speaks for a result.
type Reason struct {
	Evidence
	Why string // one of a small set of words that the enricher names
}

// Likely tells whether it is more likely than not.
func (t Translation) Likely() bool { return t.Likelihood > 0.5 }
