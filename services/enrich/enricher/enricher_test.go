package enricher_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/enrich/enricher"
)

type as func(ctx context.Context, a *article.Article) error

func (f as) Enrich(ctx context.Context, a *article.Article) error { return f(ctx, a) }

func entry(name string, required bool, f as) enricher.Entry {
	return enricher.Entry{
		Name: name, Version: 2, Required: required, New: func() (enricher.Enricher, error) { return f, nil },
		Clear: func(a *article.Article) { a.Agency = article.Label{} },
	}
}

func TestFailures(t *testing.T) {
	boom := errors.New("boom")
	fails := func(_ context.Context, a *article.Article) error { a.Agency.Value = "half"; return boom }
	panics := func(_ context.Context, a *article.Article) error { a.Agency.Value = "half"; panic("lost") }
	changes := func(_ context.Context, a *article.Article) error { a.Text += "!"; return nil }
	reads := func(_ context.Context, a *article.Article) error {
		a.Quotes = []article.Quotation{{Evidence: article.Evidence{Span: article.Span{Start: 3, End: 9}}}}
		return nil
	}
	works := func(_ context.Context, a *article.Article) error { a.Agency.Value = "dpa"; return nil }
	for name, c := range map[string]struct {
		entry    enricher.Entry
		says     string
		panicked bool
	}{
		"optional fails":   {entry("x", false, fails), "enricher x: boom", false},
		"optional panics":  {entry("x", false, panics), "enricher x: panic: lost", true},
		"optional changes": {entry("x", false, changes), "enricher x: it changed the text", false},
		"optional reads":   {entry("x", false, reads), "enricher x: quote 0: has span 3-9 in a text of 4 bytes", false},
		"required fails":   {entry("x", true, fails), "enricher x: boom", false},
		"required panics":  {entry("x", true, panics), "enricher x: panic: lost", true},
		"works":            {entry("x", true, works), "", false},
	} {
		var got enricher.Outcome
		ch, err := enricher.NewChain(enricher.Catalogue{c.entry}, func(o enricher.Outcome) { got = o })
		if err != nil {
			t.Fatal(err)
		}
		a := article.Article{Text: "text", Agency: article.Label{Value: "stale"}, Flags: []string{article.FlagEnricherFailed, "z"}}
		flags := a.Flags
		err = ch.Enrich(context.Background(), &a)
		switch {
		case c.says == "":
			if err != nil || a.Agency.Value != "dpa" || slices.Contains(a.Flags, article.FlagEnricherFailed) {
				t.Errorf("%s: %v, %+v", name, err, a)
			}
		case c.entry.Required:
			if !stage.IsPermanent(err) || err.Error() != c.says {
				t.Errorf("%s: error %v", name, err)
			}
		default:
			if err != nil || a.Agency.Value != "" || !slices.Contains(a.Flags, article.FlagEnricherFailed) {
				t.Errorf("%s: %v, %+v", name, err, a)
			}
		}
		if flags[0] != article.FlagEnricherFailed || flags[1] != "z" || a.Text != "text" {
			t.Errorf("%s: the caller's flags or text were changed: %v %q", name, flags, a.Text)
		}
		if got.Name != "x" || got.Version != 2 || got.Panicked != c.panicked || (got.Err == nil) != (c.says == "") {
			t.Errorf("%s: outcome %+v", name, got)
		}
	}
}

func TestListsAreCut(t *testing.T) {
	many := func(_ context.Context, a *article.Article) error {
		a.Moments = make([]article.Moment, article.MaxMoments+1)
		for i := range a.Moments {
			a.Moments[i] = article.Moment{Evidence: article.Evidence{Span: article.Span{End: 1}}, Precision: article.PrecisionDay}
		}
		return nil
	}
	ch, err := enricher.NewChain(enricher.Catalogue{entry("x", true, many)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := article.Article{Text: "text"}
	if err := ch.Enrich(context.Background(), &a); err != nil || len(a.Moments) != article.MaxMoments || !slices.Contains(a.Flags, article.FlagTruncated) {
		t.Errorf("%v, %d moments, flags %v", err, len(a.Moments), a.Flags)
	}
}

// TestWhatIsNoTextIsTakenOut: what an enricher finds goes on as protobuf, which
// takes UTF-8 alone.
func TestWhatIsNoTextIsTakenOut(t *testing.T) {
	broken := func(_ context.Context, a *article.Article) error {
		at := article.Evidence{Span: article.Span{End: 4}}
		a.Quotes = []article.Quotation{{Evidence: at, Speaker: "Ana"}, {Evidence: at, Speaker: "A\xc3"}, {Evidence: at, Cue: "\xff"}}
		a.Amounts = []article.Amount{{Evidence: at, Currency: "\xff"}, {Evidence: at, Converts: 1}}
		a.Quantities = []article.Quantity{{Evidence: at, Unit: "\xff"}}
		a.Filed.Places = []string{"\xff", "Niamey"}
		a.Translation.Reasons = []article.Reason{{Why: "\xff"}}
		a.Entities = []article.Entity{{Type: article.EntityOther, Name: "\xff", Mentions: []article.Evidence{at}}}
		a.Topics = []article.Topic{{Qcode: "x", Path: []string{"x"}, Why: []article.Reason{{Why: "\xff"}, {Why: "y"}}}}
		a.Keyphrases = []article.Keyphrase{{Phrase: "\xff"}}
		return nil
	}
	ch, err := enricher.NewChain(enricher.Catalogue{entry("x", true, broken)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := received(t)
	if err := ch.Enrich(context.Background(), &a); err != nil || !slices.Contains(a.Flags, article.FlagTruncated) {
		t.Fatalf("%v, flags %v", err, a.Flags)
	}
	if len(a.Quotes) != 1 || len(a.Amounts) != 2 || a.Amounts[0].Currency != "" || len(a.Quantities) != 0 || len(a.Filed.Places) != 1 || len(a.Translation.Reasons) != 0 {
		t.Errorf("left are %+v", a)
	}
	if len(a.Entities) != 0 || len(a.Topics) != 1 || len(a.Topics[0].Why) != 1 || len(a.Keyphrases) != 0 {
		t.Errorf("left are %+v", a)
	}
	if _, err := event.Encode(&a, event.Enriched); err != nil {
		t.Error(err)
	}
}

// TestCorrectionsThatCantBe: what no article may have is left out, alone, and told, and
// what the enrichers found stays. What an earlier override put in is forgotten first.
func TestCorrectionsThatCantBe(t *testing.T) {
	finds := func(_ context.Context, a *article.Article) error {
		if a.Language.Value != "" || slices.Contains(a.Flags, article.FlagOverrideUnplaced) {
			return errors.New("the old correction is still there")
		}
		a.Places = []article.Place{{Name: "Skarra", Mentions: []article.Evidence{{}}}}
		return nil
	}
	var told []enricher.Outcome
	ch, err := enricher.NewChain(enricher.Catalogue{entry("x", true, finds)}, func(o enricher.Outcome) { told = append(told, o) })
	if err != nil {
		t.Fatal(err)
	}
	a := article.Article{
		Text: "text", Status: article.Usable, Revision: 12, Language: article.Label{Value: "de"}, Flags: []string{article.FlagOverrideUnplaced},
		Corrections: article.Corrections{Number: 2, Fields: []article.Corrected{{Field: "language"}}},
	}
	o := article.Override{Number: 3, Corrections: []article.Correction{
		{Corrected: article.Corrected{Field: "agency"}, Value: article.Article{Agency: article.Label{Value: "dpa"}}},
		{Corrected: article.Corrected{Field: "places"}, Value: article.Article{Places: []article.Place{{Name: "Nowhere", Located: true, Lat: 91}}}},
		{Corrected: article.Corrected{Field: "topics"}, Value: article.Article{}},
	}}
	if err := ch.EnrichWith(context.Background(), &a, &o); err != nil {
		t.Fatal(err)
	}
	if a.Places[0].Name != "Skarra" || a.Agency.Value != "dpa" || a.Corrections.Number != 3 || len(a.Corrections.Fields) != 2 || a.Corrections.Fields[1].Field != "topics" || a.Revision != 10 || !slices.Contains(a.Flags, article.FlagEnricherFailed) {
		t.Errorf("%+v", a)
	}
	if len(told) != 2 || told[1].Name != enricher.Override || told[1].Err == nil || !strings.Contains(told[1].Err.Error(), "override: place 0: ") {
		t.Errorf("told is %+v", told)
	}
	// What was put in before, and can't be any more, goes: it is no finding.
	b := article.Article{Text: "text", Places: []article.Place{{Name: "Elsewhere", Mentions: []article.Evidence{{}}}}, Corrections: article.Corrections{Number: 3, Fields: []article.Corrected{{Field: "places"}}}}
	left, err := enricher.Correct(&b, o.In(b.Text))
	if err == nil || !slices.Equal(left.Fields(), []string{"agency", "topics"}) || len(b.Places) != 0 || len(b.Corrections.Fields) != 2 {
		t.Errorf("%v, %v, %+v", err, left.Fields(), b)
	}
}

// TestEvidenceThatCannotGoOn: what an optional enricher can't be right about costs
// its field, not the article.
func TestEvidenceThatCannotGoOn(t *testing.T) {
	for name, spoil := range map[string]func(*article.Evidence){
		"above 1":   func(e *article.Evidence) { e.Confidence = math.Nextafter(1, 2) },
		"no number": func(e *article.Evidence) { e.Confidence = math.NaN() },
		"version":   func(e *article.Evidence) { e.Version = 1 << 40 },
		"name":      func(e *article.Evidence) { e.Enricher = strings.Repeat("x", article.MaxEnricher+1) },
		"no text":   func(e *article.Evidence) { e.Enricher = "\xff" },
		"outside":   func(e *article.Evidence) { e.End = 5 },
	} {
		finds := func(_ context.Context, a *article.Article) error {
			at := article.Evidence{Span: article.Span{End: 4}, Confidence: 1}
			spoil(&at)
			a.Agency = article.Label{Value: "dpa", Evidence: []article.Evidence{at}}
			return nil
		}
		var got enricher.Outcome
		ch, err := enricher.NewChain(enricher.Catalogue{entry("x", false, finds)}, func(o enricher.Outcome) { got = o })
		if err != nil {
			t.Fatal(err)
		}
		a := received(t)
		if err := ch.Enrich(context.Background(), &a); err != nil || got.Err == nil || a.Agency.Value != "" || !slices.Contains(a.Flags, article.FlagEnricherFailed) {
			t.Errorf("%s: %v, outcome %v, agency %+v, flags %v", name, err, got.Err, a.Agency, a.Flags)
		}
		if _, err := event.Encode(&a, event.Enriched); err != nil {
			t.Errorf("%s: the article can't go on: %v", name, err)
		}
	}
}

// TestSummaryOfBefore: an article that was enriched by other segments is enriched
// again.
func TestSummaryOfBefore(t *testing.T) {
	note := func(_ context.Context, a *article.Article) error {
		a.Segments = []article.Segment{{Kind: article.Note, Evidence: article.Evidence{Span: article.Span{End: 4}}}}
		return nil
	}
	ch, err := enricher.NewChain(enricher.Catalogue{entry("x", true, note)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := received(t)
	a.Summary = a.Segments[0].Evidence
	if err := ch.Enrich(context.Background(), &a); err != nil || a.Summary != (article.Evidence{}) {
		t.Errorf("%v, summary %+v", err, a.Summary)
	}
}

// received is an article of one paragraph.
func received(t *testing.T) article.Article {
	t.Helper()
	a := article.Article{URI: "urn:x:1", Status: article.Usable, Source: "wire", ReceivedAt: time.Unix(1, 0), Text: "text", Segments: []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: 4}}}}}
	if err := a.Stamp(); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestTooLargeForAMessage: with everything at its limit an article goes on, with
// fewer of its mentions.
func TestTooLargeForAMessage(t *testing.T) {
	long := strings.Repeat("n", article.MaxNameBytes)
	at := article.Evidence{Span: article.Span{Start: 9, End: 20}, Enricher: strings.Repeat("e", article.MaxEnricher), Version: math.MaxInt32, Confidence: .75}
	unsure := at
	unsure.Span, unsure.Confidence = article.Span{Start: 2, End: 4}, .25
	mentions := slices.Repeat([]article.Evidence{at}, article.MaxAllMentions/(article.MaxEntities+article.MaxPlaces))
	mentions[0], mentions[1] = unsure, unsure
	all := func(_ context.Context, a *article.Article) error {
		a.Entities = slices.Repeat([]article.Entity{{Type: article.EntityPerson, Name: long, ID: long, Title: long, Role: long, Mentions: mentions}}, article.MaxEntities)
		a.Places = slices.Repeat([]article.Place{{Name: long, Mentions: mentions}}, article.MaxPlaces)
		path := append(slices.Repeat([]string{long}, article.MaxTopicDepth-1), "medtop:1")
		why := slices.Repeat([]article.Reason{{Evidence: at, Why: long}}, article.MaxTopicWhy)
		a.Topics = slices.Repeat([]article.Topic{{Evidence: at, Qcode: "medtop:1", Label: long, Path: path, Why: why}}, article.MaxTopics)
		a.Keyphrases = slices.Repeat([]article.Keyphrase{{Evidence: at, Phrase: long}}, article.MaxKeyphrases)
		a.Summary = at
		return nil
	}
	ch, err := enricher.NewChain(enricher.Catalogue{entry("x", true, all)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text           int
		mentions, half int // of each; how often they were halved
	}{
		"small text":  {20, len(mentions), 0},
		"large text":  {2 << 20, 2, 0},
		"all of text": {article.MaxText, 2, 1},
	} {
		a := received(t)
		a.Text = strings.Repeat("t", c.text)
		a.Segments[0].End = len(a.Text)
		if err := ch.Enrich(context.Background(), &a); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := event.Encode(&a, event.Enriched); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := article.MaxEntities >> c.half; len(a.Entities) != n || len(a.Places) != n || len(a.Topics) != article.MaxTopics {
			t.Errorf("%s: %d entities, %d places, %d topics are left", name, len(a.Entities), len(a.Places), len(a.Topics))
		}
		e, p := &a.Entities[0], &a.Places[0]
		if len(e.Mentions) != c.mentions || len(p.Mentions) != c.mentions || !a.Mentioned(e.Mentions) || !a.Mentioned(p.Mentions) {
			t.Errorf("%s: left are %d and %d mentions: %+v", name, len(e.Mentions), len(p.Mentions), e.Mentions[:2])
		}
		if flagged := slices.Contains(a.Flags, article.FlagTruncated); flagged != (c.text > 20) {
			t.Errorf("%s: flags %v", name, a.Flags)
		}
	}
	// One that is too large for other reasons is none that mentions help.
	large := received(t)
	large.Text = strings.Repeat("t", 20)
	large.Segments[0].End, large.Images = len(large.Text), []article.Image{{Caption: strings.Repeat("c", 9<<20)}}
	if err := ch.Enrich(context.Background(), &large); err != nil || len(large.Entities) != article.MaxEntities || slices.Contains(large.Flags, article.FlagTruncated) {
		t.Errorf("%v, %d entities, flags %v", err, len(large.Entities), large.Flags)
	}
}

func TestCanceled(t *testing.T) {
	ch, err := enricher.NewChain(enricher.Catalogue{entry("x", true, func(ctx context.Context, _ *article.Article) error { return ctx.Err() })}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := ch.Enrich(ctx, &article.Article{}); !errors.Is(err, context.Canceled) || stage.IsPermanent(err) {
		t.Errorf("got %v", err)
	}
}

func TestCatalogue(t *testing.T) {
	ok := entry("x", true, nil)
	noClear := entry("y", false, nil)
	noClear.Clear = nil
	noVersion := entry("y", true, nil)
	noVersion.Version = 0
	broken := entry("y", true, nil)
	broken.New = func() (enricher.Enricher, error) { return nil, errors.New("no data") }
	for says, c := range map[string]enricher.Catalogue{
		"twice":               {ok, ok},
		"no Clear":            {ok, noClear},
		"has version 0":       {noVersion},
		"no name":             {{}},
		"enricher y: no data": {ok, broken},
	} {
		if _, err := enricher.NewChain(c, nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v", says, err)
		}
	}
	ch, err := enricher.NewChain(enricher.Catalogue{ok, entry("y", false, nil)}, nil)
	if err != nil || ch.Fingerprint() != "x/2 y/2" {
		t.Errorf("%v %q", err, ch.Fingerprint())
	}
}
