package corpus

import "github.com/copytaster/copytaster/pkg/article"

// about appends what the text is about: entities, places, topics, keyphrases,
// summary and reading time.
func (w *writer) about(a *article.Article) {
	for i := range a.Entities {
		e := &a.Entities[i]
		w.field(item(i, `,"entities":[{"type":`, `,{"type":`), string(e.Type))
		w.field(`,"name":`, e.Name)
		w.some(`,"id":`, e.ID)
		w.some(`,"title":`, e.Title)
		w.some(`,"role":`, e.Role)
		w.mentions(a, e.Mentions)
		w.b = append(w.b, '}')
	}
	w.end(len(a.Entities))
	w.places(a)
	for i := range a.Topics {
		t := &a.Topics[i]
		w.field(item(i, `,"topics":[{"qcode":`, `,{"qcode":`), t.Qcode)
		w.some(`,"label":`, t.Label)
		w.raw(`,"path":`)
		w.list(t.Path)
		w.reasons(`,"why":[{"why":`, a, t.Why)
		w.some(`,"text":`, cut(a.Text, t.Span))
		w.evidence(&t.Evidence)
	}
	w.end(len(a.Topics))
	for i := range a.Keyphrases {
		k := &a.Keyphrases[i]
		w.field(item(i, `,"keyphrases":[{"phrase":`, `,{"phrase":`), k.Phrase)
		w.raw(`,"score":`)
		w.float(k.Score)
		w.some(`,"text":`, cut(a.Text, k.Span))
		w.evidence(&k.Evidence)
	}
	w.end(len(a.Keyphrases))
	if a.Summary != (article.Evidence{}) {
		w.field(`,"summary":{"text":`, cut(a.Text, a.Summary.Span))
		w.evidence(&a.Summary)
	}
	w.someNumber(`,"reading_time":`, int64(a.ReadingTime().Seconds()))
}

func (w *writer) places(a *article.Article) {
	for i := range a.Places {
		p := &a.Places[i]
		w.field(item(i, `,"places":[{"name":`, `,{"name":`), p.Name)
		w.some(`,"country":`, p.Country)
		if p.Located {
			w.raw(`,"lat":`)
			w.float(p.Lat)
			w.raw(`,"lon":`)
			w.float(p.Lon)
		}
		w.someNumber(`,"geonames_id":`, p.GeoNamesID)
		w.someTrue(`,"main":true`, p.Main)
		w.mentions(a, p.Mentions)
		w.b = append(w.b, '}')
	}
	w.end(len(a.Places))
}

func (w *writer) mentions(a *article.Article, ms []article.Evidence) {
	w.raw(`,"mentions":[`)
	for i := range ms {
		w.raw(item(i, `{`, `,{`))
		if text := cut(a.Text, ms[i].Span); text != "" {
			w.field(`"text":`, text)
			w.b = append(w.b, ',')
		}
		w.raw(`"start":`)
		w.evidenceFromStart(&ms[i])
	}
	w.b = append(w.b, ']')
}

// reasons appends a list of them, whose first member begins with first.
func (w *writer) reasons(first string, a *article.Article, rs []article.Reason) {
	for i := range rs {
		r := &rs[i]
		w.field(item(i, first, `,{"why":`), r.Why)
		w.some(`,"text":`, cut(a.Text, r.Span))
		w.evidence(&r.Evidence)
	}
	w.end(len(rs))
}

// corrections appends what editors corrected.
func (w *writer) corrections(c *article.Corrections) {
	if c.Number == 0 && len(c.Fields) == 0 {
		return
	}
	w.number(`,"corrections":{"number":`, int64(c.Number))
	for i := range c.Fields {
		f := &c.Fields[i]
		w.field(item(i, `,"fields":[{"field":`, `,{"field":`), f.Field)
		w.some(`,"who":`, f.Who)
		w.someTime(`,"at":`, f.At)
		w.someList(`,"unseen":`, f.Unseen)
		w.b = append(w.b, '}')
	}
	w.end(len(c.Fields))
	w.b = append(w.b, '}')
}
