package quotes

import "sort"

// channelAt is how many items name a channel from i on: "in a statement".
func (a *ascriber) channelAt(i, end int) int {
	n := a.items[i].words(channelPreposition)
	if n == 0 {
		return 0
	}
	for m := i + n; m < min(end, i+n+6) && a.items[m].kind == word && a.joined(m); m++ {
		t := &a.items[m]
		if c := t.words(channel); c > 0 && (t.End-t.Start > 1 || t.upper()) {
			return m + c - i
		}
		if a.verbal(m) || m > i+n && t.is(preposition) && !t.is(inside|articleWord) || t.is(relative) && !t.is(articleWord) {
			return 0
		}
	}
	return 0
}

// mediumOf is the normal name of the medium that a phrase names, else the
// phrase as written.
func (a *ascriber) mediumOf(p *phrase) string {
	if e := a.theMedium(p); e != nil {
		return e.name
	}
	s := a.cover(p.from, p.to)
	for _, m := range a.near(s.Start) {
		if m.Start < s.End && s.Start < m.End {
			return m.name
		}
	}
	return clean(s.In(a.text))
}

// spokesman puts whoever is named as speaking for a body in its place: "the
// ministry said through its spokesman, Ian Frost".
func (a *ascriber) spokesman(asc *ascription, s *sentence) {
	if asc.who.to == 0 || asc.who.named() && !asc.who.article || asc.who.pronoun != 0 {
		return
	}
	from := min(max(asc.who.from, s.from), max(asc.at, s.from))
	for k := from; k < min(s.to, from+maxPhrase); k++ {
		if a.items[k].kind == quotation {
			return
		}
		n := a.items[k].words(mouth)
		if n == 0 {
			continue
		}
		if p, ok := a.noun(k+n, s.to); ok {
			a.apposition(&p, s.to)
			if p.named() && !p.role.Empty() && a.hasFunction(p.from, p.core) {
				asc.who = p
			}
			return
		}
	}
}

// channel is what the sentence says of the way that the words came, "" if it
// doesn't: a medium, an audience, a statement.
func (a *ascriber) channel(asc *ascription, s *sentence) string {
	if asc.via != "" {
		return asc.via
	}
	from, to := max(s.from, asc.at-maxClause), min(s.to, asc.at+maxClause)
	if asc.at < 0 {
		to = min(s.to, s.from+maxSentence)
	}
	who := asc.who
	if who.to > 0 && who.from > s.from && asc.at >= 0 {
		// "heißt es in dem Bericht": the document speaks, and is the channel
		for k := who.from; k < who.to; k++ {
			if a.items[who.from-1].words(channelPreposition) == 1 && a.items[k].words(channel) > 0 && asc.at < who.from && a.items[asc.at].words(according) > 0 {
				return clean(a.cover(who.from-1, who.to).In(a.text))
			}
		}
	}
	for k := from; k < to; k++ {
		if a.items[k].kind != word || who.to > 0 && k >= who.from && k < who.to {
			continue
		}
		for _, m := range a.near(int(a.items[k].Start)) {
			if m.End > int(a.items[k].Start) && m.Start <= int(a.items[k].Start) && !(who.to > 0 && m.Start < a.cover(who.from, who.to).End && a.cover(who.from, who.to).Start < m.End) {
				return m.name
			}
		}
	}
	for k := asc.at; k >= 0 && k < min(to, asc.at+12); k++ {
		if n := a.items[k].words(audience); n > 0 {
			at := k
			if k == asc.at+1 && !a.items[k].is(preposition) {
				at = asc.at
			}
			return clean(a.cover(at, k+n).In(a.text))
		}
		if a.items[k].kind == quotation {
			break
		}
	}
	for k := from; k < to; k++ {
		if a.items[k].kind == quotation || who.to > 0 && k >= who.from && k < who.to {
			continue
		}
		if n := a.channelAt(k, to); n > 0 {
			return clean(a.cover(k, k+n).In(a.text))
		}
	}
	// "sagte er der Deutschen Presse-Agentur", "told the Nordic news agency"
	if asc.at >= 0 {
		for k := max(asc.at+1, 0); k < min(to, asc.at+10); k++ {
			if a.items[k].kind == quotation || a.items[k].kind == comma {
				break
			}
			if who.to > 0 && k >= who.from && k < who.to || a.items[k].kind != word {
				continue
			}
			if p, ok := a.noun(k, to); ok && a.medial(p.from, p.to) {
				return clean(a.cover(p.from, p.to).In(a.text))
			}
		}
	}
	return ""
}

// near are the mentions around a place in the text.
func (a *ascriber) near(at int) []mention {
	lo := sort.Search(len(a.media), func(i int) bool { return a.media[i].End > at })
	return a.media[lo:min(len(a.media), lo+2)]
}
