package operate

import (
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/enrich/override/desk"
)

const ferryURI = article.URI("urn:x:ferry")

// A reinstatement says what the agency stated, and not what an editor said over it.
func TestReinstatementOfACorrectedArticle(t *testing.T) {
	received := article.Article{
		URI: ferryURI, Version: "1", Source: "wire", Status: article.Usable, Text: "Text 1", ReceivedAt: time.Unix(1_700_000_001, 0).UTC(),
		Segments: []article.Segment{{Kind: article.Paragraph, Evidence: article.Evidence{Span: article.Span{End: 6}}}},
	}
	if err := received.Stamp(); err != nil {
		t.Fatal(err)
	}
	received.Language = article.Label{Value: "sv"}
	enriched := received
	enriched.Language, enriched.Quotes = article.Label{Value: "de"}, []article.Quotation{{Evidence: article.Evidence{Span: article.Span{End: 4}}}}
	enriched.Corrections = article.Corrections{Number: 1, Fields: []article.Corrected{{Field: "language", Who: "M. Ito", At: received.ReceivedAt}}}
	p := enriched.Revision.Parts()
	p.Generation = 3
	var err error
	if enriched.Revision, err = p.Revision(); err != nil {
		t.Fatal(err)
	}
	enriched.Reissue()
	killed := article.Article{URI: ferryURI, Source: "wire", Status: article.Canceled, ReceivedAt: received.ReceivedAt.Add(time.Hour)}
	if err := killed.Stamp(); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []bool{false, true} {
		var l life
		told := map[string]bool{}
		if !gone {
			l.take(&received, stage.Message{Topic: topic.Received}, told)
		}
		l.take(&enriched, stage.Message{Topic: topic.Enriched}, told)
		l.take(&killed, stage.Message{Topic: topic.Received}, told)
		c := Editor{URI: ferryURI, Who: "M. Ito", Reason: "x"}
		again, err := c.notice(&l, article.Reinstate, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]string{false: "sv", true: ""}[gone]; again.Language.Value != want || len(again.Quotes) > 0 || again.Corrections.Number != 0 || again.Revision.Parts().Generation != 0 || again.Revision.Parts().Sequence != 1 {
			t.Errorf("gone %v: %+v", gone, again)
		}
	}
	if enriched.Language.Value != "de" {
		t.Error("what was read is changed")
	}
}

func TestTheQuestionSaysWhatGoes(t *testing.T) {
	at := time.Unix(1_700_000_001, 0).UTC()
	l := desk.Line{Action: "set", URI: ferryURI, Replaced: []desk.Correction{{Field: "language", Who: "M. Ito", At: at}}}
	want := "Corrects urn:x:ferry for everybody, as B. Lee, in place of language by M. Ito, " + at.Local().Format("2006-01-02 15:04:05")
	if got := question(&l, "B. Lee"); got != want {
		t.Errorf("it asks %q, want %q", got, want)
	}
}

func TestSaid(t *testing.T) {
	for arg, want := range map[string]string{
		"language=de": `language "de"`, `language="de"`: `language "de"`, "agency=dpa": `agency "dpa"`, "agency=null": "agency null", "topics=[]": "topics []",
	} {
		said, err := saidIn(arg)
		if got := said.Field + " " + string(said.Value); err != nil || got != want {
			t.Errorf("%s: %s, %v", arg, got, err)
		}
	}
	for _, arg := range []string{"language", "topics=@" + t.TempDir() + "/none"} {
		if _, err := saidIn(arg); err == nil {
			t.Errorf("%s is taken", arg)
		}
	}
}
