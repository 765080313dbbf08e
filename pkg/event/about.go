package event

import (
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event/internal/pb"
)

// about writes what the text is about.
func (w *writer) about(p *pb.Article, a *article.Article) {
	for i := range a.Entities {
		e := &a.Entities[i]
		p.Entities = append(p.Entities, &pb.Entity{
			Type: string(e.Type), Name: e.Name, Id: e.ID, Title: e.Title, Role: e.Role, Mentions: w.evidences("entities", e.Mentions),
		})
	}
	for i := range a.Places {
		o := &a.Places[i]
		place := &pb.Place{Name: o.Name, Country: o.Country, GeonamesId: o.GeoNamesID, Main: o.Main, Mentions: w.evidences("places", o.Mentions)}
		if o.Located {
			place.Position = &pb.Position{Lat: o.Lat, Lon: o.Lon}
		}
		p.Places = append(p.Places, place)
	}
	for i := range a.Topics {
		t := &a.Topics[i]
		p.Topics = append(p.Topics, &pb.Topic{
			Evidence: w.evidence("topics", t.Evidence), Qcode: t.Qcode, Label: t.Label, Path: t.Path, Why: w.reasons("topics", t.Why),
		})
	}
	for i := range a.Keyphrases {
		k := &a.Keyphrases[i]
		p.Keyphrases = append(p.Keyphrases, &pb.Keyphrase{Evidence: w.evidence("keyphrases", k.Evidence), Phrase: k.Phrase, Score: k.Score})
	}
	p.Summary = w.evidence("summary", a.Summary)
}

func (w *writer) reasons(field string, rs []article.Reason) []*pb.Reason {
	var ps []*pb.Reason
	for _, r := range rs {
		ps = append(ps, &pb.Reason{Evidence: w.evidence(field, r.Evidence), Why: r.Why})
	}
	return ps
}

// about reads what the text is about.
func about(a *article.Article, p *pb.Article) {
	for _, e := range p.GetEntities() {
		a.Entities = append(a.Entities, article.Entity{
			Type: article.EntityType(e.GetType()), Name: e.GetName(), ID: e.GetId(), Title: e.GetTitle(), Role: e.GetRole(), Mentions: evidences(e.GetMentions()),
		})
	}
	for _, o := range p.GetPlaces() {
		at := o.GetPosition()
		a.Places = append(a.Places, article.Place{
			Name: o.GetName(), Country: o.GetCountry(), GeoNamesID: o.GetGeonamesId(), Main: o.GetMain(), Mentions: evidences(o.GetMentions()),
			Located: at != nil, Lat: at.GetLat(), Lon: at.GetLon(),
		})
	}
	for _, t := range p.GetTopics() {
		a.Topics = append(a.Topics, article.Topic{
			Evidence: evidence(t.GetEvidence()), Qcode: t.GetQcode(), Label: t.GetLabel(), Path: t.GetPath(), Why: reasons(t.GetWhy()),
		})
	}
	for _, k := range p.GetKeyphrases() {
		a.Keyphrases = append(a.Keyphrases, article.Keyphrase{Evidence: evidence(k.GetEvidence()), Phrase: k.GetPhrase(), Score: k.GetScore()})
	}
	a.Summary = evidence(p.GetSummary())
}

func reasons(ps []*pb.Reason) []article.Reason {
	var rs []article.Reason
	for _, p := range ps {
		rs = append(rs, article.Reason{Evidence: evidence(p.GetEvidence()), Why: p.GetWhy()})
	}
	return rs
}
