package event

import (
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event/internal/pb"
)

// reading writes what was read in the text.
func (w *writer) reading(p *pb.Article, a *article.Article) {
	f := a.Filed
	if e := w.evidence("filed", f.Evidence); e != nil || len(f.Places) > 0 || !f.Date.IsZero() || len(f.Agencies) > 0 {
		p.Filed = &pb.Filed{Evidence: e, Places: f.Places, Date: w.time("filed", f.Date), Agencies: f.Agencies}
	}
	if t := a.Translation; t.Likelihood != 0 || len(t.Reasons) > 0 {
		p.Translation = &pb.Translation{Likelihood: t.Likelihood, Reasons: w.reasons("translation", t.Reasons)}
	}
	for i := range a.Quotes {
		q := &a.Quotes[i]
		p.Quotes = append(p.Quotes, &pb.Quotation{
			Evidence: w.evidence("quotes", q.Evidence), Speaker: q.Speaker, Role: q.Role, Via: q.Via, Cue: q.Cue, Partial: q.Partial,
		})
	}
	for i := range a.Amounts {
		m := &a.Amounts[i]
		p.Amounts = append(p.Amounts, &pb.Amount{
			Evidence: w.evidence("amounts", m.Evidence), Figure: figureToProto(m.Figure), Currency: m.Currency, Converts: w.int("amounts", m.Converts),
		})
	}
	for i := range a.Quantities {
		q := &a.Quantities[i]
		p.Quantities = append(p.Quantities, &pb.Quantity{Evidence: w.evidence("quantities", q.Evidence), Figure: figureToProto(q.Figure), Unit: q.Unit})
	}
	for i := range a.Moments {
		m := &a.Moments[i]
		p.Moments = append(p.Moments, &pb.Moment{
			Evidence: w.evidence("moments", m.Evidence), From: w.time("moments", m.From), To: w.time("moments", m.To), Precision: string(m.Precision),
		})
	}
}

func figureToProto(f article.Figure) *pb.Figure {
	if f == (article.Figure{}) {
		return nil
	}
	return &pb.Figure{Known: f.Known, Value: f.Value, To: f.To, Approximate: f.Approximate}
}

// reading reads what was read in the text.
func (r *reader) reading(a *article.Article, p *pb.Article) {
	if f := p.GetFiled(); f != nil {
		a.Filed = article.Filed{
			Evidence: evidence(f.GetEvidence()), Places: f.GetPlaces(), Date: r.time("filed", f.GetDate()), Agencies: f.GetAgencies(),
		}
	}
	if t := p.GetTranslation(); t != nil {
		a.Translation = article.Translation{Likelihood: t.GetLikelihood(), Reasons: reasons(t.GetReasons())}
	}
	for _, q := range p.GetQuotes() {
		a.Quotes = append(a.Quotes, article.Quotation{
			Evidence: evidence(q.GetEvidence()), Speaker: q.GetSpeaker(), Role: q.GetRole(), Via: q.GetVia(), Cue: q.GetCue(), Partial: q.GetPartial(),
		})
	}
	for _, m := range p.GetAmounts() {
		a.Amounts = append(a.Amounts, article.Amount{
			Evidence: evidence(m.GetEvidence()), Figure: figureFromProto(m.GetFigure()), Currency: m.GetCurrency(), Converts: int(m.GetConverts()),
		})
	}
	for _, q := range p.GetQuantities() {
		a.Quantities = append(a.Quantities, article.Quantity{Evidence: evidence(q.GetEvidence()), Figure: figureFromProto(q.GetFigure()), Unit: q.GetUnit()})
	}
	for _, m := range p.GetMoments() {
		a.Moments = append(a.Moments, article.Moment{
			Evidence: evidence(m.GetEvidence()), From: r.time("moments", m.GetFrom()), To: r.time("moments", m.GetTo()), Precision: article.Precision(m.GetPrecision()),
		})
	}
}

func figureFromProto(p *pb.Figure) article.Figure {
	return article.Figure{Known: p.GetKnown(), Value: p.GetValue(), To: p.GetTo(), Approximate: p.GetApproximate()}
}
