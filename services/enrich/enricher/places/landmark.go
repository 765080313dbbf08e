package places

import (
	"cmp"
	"slices"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// longestLandmark is how many words the name of a landmark may have, without what it is.
const longestLandmark = 3

// landmark is how many words from word i on name a place by what it is, which no
// gazetteer needs to have: "River Severn", "Swan Street", "col du Soulor"; 0 if they don't.
func (f *finder) landmark(i int) int {
	end := f.landmarkBefore(i)
	if end == 0 {
		end = f.landmarkBehind(i)
	}
	if end == 0 || f.titled || !f.bounds(i) || end < len(f.toks) && space(f.gap(end)) && f.body(end) || f.lang.words.Longest(f.toks[i:end], stop).Tokens == end-i {
		return 0
	}
	return end - i
}

// bounds tells whether a name may begin with word i, and doesn't go on there from before.
func (f *finder) bounds(i int) bool {
	if i == 0 || f.opens(i) {
		return true
	}
	return f.gap(i) != "-" && !f.bearer(i) && !f.general(i-1, lexicon.Given) && !(f.is(i-1, title) && space(f.gap(i)))
}

// landmarkBefore is the end of a landmark that begins with what it is.
func (f *finder) landmarkBefore(i int) int {
	if !f.lang.others.has(f.toks[i].Hash) {
		return 0
	}
	m := f.lang.words.Longest(f.toks[i:], landmarkType)
	k := i + m.Tokens
	if m.Tokens == 0 || k >= len(f.toks) || !f.lang.smallNouns && f.toks[i].Shape&lexicon.Upper == 0 {
		return 0
	}
	for n := 0; f.lang.smallNouns && n < 2 && k+1 < len(f.toks) && f.is(k, of) && space(f.gap(k)); n++ {
		k++ // "col du Soulor"
	}
	if gap := f.gap(k); !space(gap) && gap != "-" && !f.elided(k) {
		return 0
	}
	end := f.capitals(k, k+longestLandmark)
	if end == k {
		return 0
	}
	return end
}

// landmarkBehind is the end of a landmark that ends with what it is.
func (f *finder) landmarkBehind(i int) int {
	last := f.capitals(i, i+longestLandmark+1)
	k := i + 1
	for k < last && !f.lang.ends.has(f.toks[k].Hash) {
		k++
	}
	if k >= last || !f.sited(i) || f.general(i, lexicon.Article|lexicon.Weekday|lexicon.Month|lexicon.Join|lexicon.Given) || f.is(i, before|strong|stop|direction|title) {
		return 0
	}
	for ; k < last; k++ {
		if f.is(k, landmarkEnd) {
			return k + 1
		}
	}
	return 0
}

// capitals is the end of the words from word k on, up to most, that have a capital and
// aren't written in capitals.
func (f *finder) capitals(k, most int) int {
	begin := k
	for k < min(most, len(f.toks)) {
		t := &f.toks[k]
		if t.Shape&lexicon.Upper == 0 || t.Shape&lexicon.Lower == 0 && t.Shape&lexicon.AllCaps != 0 {
			break
		}
		if k > begin && f.gap(k) != " " && f.gap(k) != "-" {
			break
		}
		k++
	}
	return k
}

// site notes a landmark of n words from word i on.
func (f *finder) site(i, n int) {
	m := mention{start: f.toks[i].Start, end: f.toks[i+n-1].End, first: int32(i), n: int32(n), kind: f.segment.Kind, lead: f.lead, part: f.part}
	if f.sited(i) {
		m.near = preposition
	}
	f.landmarks = append(f.landmarks, m)
}

// sited tells whether a word that stands before places does before word i.
func (f *finder) sited(i int) bool {
	if i > 0 && f.general(i-1, lexicon.Article) && space(f.gap(i)) {
		i-- // "on the"
	}
	return i > 0 && space(f.gap(i)) && f.ending(i, before|strong)
}

// sites adds the landmarks to the places that were found. A text that tells of no
// country has none.
func (f *finder) sites(out []article.Place, most float64) []article.Place {
	only, some := f.country(-1)
	if !some {
		return out
	}
	known := map[string]int{}
	weights := map[int]float64{}
	part, country := int32(-1), only // landmarks come part by part
	main := slices.IndexFunc(out, func(p article.Place) bool { return p.Main })
	for i := range f.landmarks {
		m := &f.landmarks[i]
		name := f.text[m.start:m.end]
		k, ok := known[name]
		if !ok {
			k = len(out)
			known[name] = k
			if m.part != part {
				part = m.part
				if country, some = f.country(part); !some {
					country = only
				}
			}
			out = append(out, article.Place{Name: name, Country: f.g.countries[country]})
		}
		out[k].Mentions = append(out[k].Mentions, article.Evidence{Span: article.Span{Start: int(m.start), End: int(m.end)}, Enricher: Name, Version: Version, Confidence: uncertain})
		if weights[k] += f.weight(m); weights[k] > most && out[k].Country != "" {
			out[main].Main = false
			main, most = k, weights[k]
			out[main].Main = true
		}
	}
	slices.SortFunc(out, func(a, b article.Place) int { return cmp.Compare(a.Mentions[0].Start, b.Mentions[0].Start) })
	return out
}

// clearly is the share of what a text or a part of it tells of places that must lie in one
// country for a landmark to be said to lie there, too.
const clearly = 0.6

// country is the one that nearly all lies in that a part of the text tells of, or all of it
// if part is below 0; 0 if it is of several. some tells whether any place lies in one.
func (f *finder) country(part int32) (c uint8, some bool) {
	var weights [256]float64
	total, best := 0.0, uint8(0)
	for i := range f.mentions {
		m := &f.mentions[i]
		in := f.g.records[m.record].country
		if m.record == 0 || in == 0 || part >= 0 && m.part != part {
			continue
		}
		w := f.weight(m)
		total += w
		if weights[in] += w; weights[in] > weights[best] {
			best = in
		}
	}
	if weights[best] < clearly*total {
		return 0, true
	}
	return best, best != 0
}
