package article

type entityDoc struct {
	Type     EntityType   `json:"type"`
	Name     string       `json:"name"`
	ID       string       `json:"id,omitempty"`
	Title    string       `json:"title,omitempty"`
	Role     string       `json:"role,omitempty"`
	Mentions []mentionDoc `json:"mentions"`
}

type mentionDoc struct {
	Text string `json:"text,omitempty"`
	evidenceDoc
}

type placeDoc struct {
	Name       string       `json:"name"`
	Country    string       `json:"country,omitempty"`
	Lat        *float64     `json:"lat,omitempty"`
	Lon        *float64     `json:"lon,omitempty"`
	GeoNamesID int64        `json:"geonames_id,omitempty"`
	Main       bool         `json:"main,omitempty"`
	Mentions   []mentionDoc `json:"mentions"`
}

type topicDoc struct {
	Qcode string      `json:"qcode"`
	Label string      `json:"label,omitempty"`
	Path  []string    `json:"path"`
	Why   []reasonDoc `json:"why,omitempty"`
	Text  string      `json:"text,omitempty"`
	evidenceDoc
}

type keyphraseDoc struct {
	Phrase string  `json:"phrase"`
	Score  float64 `json:"score"`
	Text   string  `json:"text,omitempty"`
	evidenceDoc
}

type summaryDoc struct {
	Text string `json:"text"`
	evidenceDoc
}

// aboutDoc is the part of a document that says who and what the text is about.
type aboutDoc struct {
	Entities    []entityDoc    `json:"entities,omitempty"`
	Places      []placeDoc     `json:"places,omitempty"`
	Topics      []topicDoc     `json:"topics,omitempty"`
	Keyphrases  []keyphraseDoc `json:"keyphrases,omitempty"`
	Summary     *summaryDoc    `json:"summary,omitempty"`
	ReadingTime int            `json:"reading_time,omitempty"` // seconds
}

func (a *Article) aboutDoc() aboutDoc {
	var d aboutDoc
	for i := range a.Entities {
		e := &a.Entities[i]
		d.Entities = append(d.Entities, entityDoc{e.Type, e.Name, e.ID, e.Title, e.Role, a.mentionDocs(e.Mentions)})
	}
	for i := range a.Places {
		p := &a.Places[i]
		doc := placeDoc{Name: p.Name, Country: p.Country, GeoNamesID: p.GeoNamesID, Main: p.Main, Mentions: a.mentionDocs(p.Mentions)}
		if p.Located {
			doc.Lat, doc.Lon = &p.Lat, &p.Lon
		}
		d.Places = append(d.Places, doc)
	}
	for i := range a.Topics {
		t := &a.Topics[i]
		path := t.Path
		if path == nil {
			path = []string{}
		}
		d.Topics = append(d.Topics, topicDoc{t.Qcode, t.Label, path, a.reasonDocs(t.Why), a.cut(t.Span), t.doc()})
	}
	for i := range a.Keyphrases {
		k := &a.Keyphrases[i]
		d.Keyphrases = append(d.Keyphrases, keyphraseDoc{k.Phrase, k.Score, a.cut(k.Span), k.doc()})
	}
	if a.Summary != (Evidence{}) {
		d.Summary = &summaryDoc{a.cut(a.Summary.Span), a.Summary.doc()}
	}
	d.ReadingTime = int(a.ReadingTime().Seconds())
	return d
}

func (a *Article) mentionDocs(ms []Evidence) []mentionDoc {
	docs := make([]mentionDoc, len(ms))
	for i, m := range ms {
		docs[i] = mentionDoc{a.cut(m.Span), m.doc()}
	}
	return docs
}

func (a *Article) reasonDocs(rs []Reason) []reasonDoc {
	var docs []reasonDoc
	for _, r := range rs {
		docs = append(docs, reasonDoc{r.Why, a.cut(r.Span), r.doc()})
	}
	return docs
}

func (a *Article) readAbout(d aboutDoc) {
	for _, e := range d.Entities {
		a.Entities = append(a.Entities, Entity{e.Type, e.Name, e.ID, e.Title, e.Role, mentions(e.Mentions)})
	}
	for _, p := range d.Places {
		place := Place{Name: p.Name, Country: p.Country, GeoNamesID: p.GeoNamesID, Main: p.Main, Mentions: mentions(p.Mentions)}
		if p.Lat != nil && p.Lon != nil {
			place.Located, place.Lat, place.Lon = true, *p.Lat, *p.Lon
		}
		a.Places = append(a.Places, place)
	}
	for _, t := range d.Topics {
		a.Topics = append(a.Topics, Topic{t.evidence(), t.Qcode, t.Label, t.Path, reasons(t.Why)})
	}
	for _, k := range d.Keyphrases {
		a.Keyphrases = append(a.Keyphrases, Keyphrase{k.evidence(), k.Phrase, k.Score})
	}
	if d.Summary != nil {
		a.Summary = d.Summary.evidence()
	}
}

func mentions(docs []mentionDoc) []Evidence {
	var ms []Evidence
	for _, m := range docs {
		ms = append(ms, m.evidence())
	}
	return ms
}

func reasons(docs []reasonDoc) []Reason {
	var rs []Reason
	for _, r := range docs {
		rs = append(rs, Reason{r.evidence(), r.Why})
	}
	return rs
}
