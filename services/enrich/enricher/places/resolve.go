package places

import (
	"math"

	"github.com/copytaster/copytaster/pkg/article"
)

// What speaks for a place among those of one name; to be compared with the logarithm
// of how many live there.
const (
	asCountry     = 4
	asRegion      = 7
	asWide        = 6 // more, for a region of no country
	asDivision    = -0.8
	asSubdivision = -1.2
	asCapital     = 1.7
	asTyped       = 4   // "Nyanza Province" is no city
	asNamesake    = -4  // the state of Mexico is named less often than Mexico
	byContainer   = 8   // "Paris, Texas"
	byLooseOne    = 5   // "Paris in Texas"
	byCountry     = 2.5 // the text speaks of its country
	byMuch        = 0.5 // more, for each doubling of that
	byDivision    = 1.6
	asShadowed    = -2  // a city whose name is that of a state
	bySiblings    = 1.5 // a division, where others of its country are named
	byNearness    = 1.5 // of another place that is named
)

// How many live in a place that counts by itself, and in one that little must speak for.
const (
	known  = 100_000
	middle = 15_000
)

// maxSenses is how many places of one name are looked at.
const maxSenses = 100

// near is how far places are apart that speak for each other, in kilometres; inside, how
// far a place may be from the middle of what it lies in.
const (
	nearKm   = 200
	insideKm = 150
)

func (f *finder) resolve() {
	for i := range f.mentions {
		f.testify(&f.mentions[i])
	}
	for i := range f.mentions {
		f.choose(i)
	}
	for i := range f.mentions {
		if m := &f.mentions[i]; m.record != 0 {
			f.witness(m)
		}
	}
	for i := range f.mentions {
		f.choose(i)
	}
	f.accept()
}

// testify counts what a name says by itself about countries and divisions.
func (f *finder) testify(m *mention) {
	if m.near&barred != 0 {
		return
	}
	g := f.g
	for p := m.head; p != 0; p = g.postings[p].next {
		if !f.allowed(m, p) {
			continue
		}
		r := &g.records[g.postings[p].record]
		switch r.kind {
		case Country:
			f.countries[r.country] += 2
		case Division:
			if r.population >= 10*known && m.near&(word|weak) == 0 {
				f.countries[r.country] += 0.5
				f.divisions[r.division] += 0.5
				f.inner[r.country] += 0.5
			}
		case Region:
			if r.country != 0 {
				f.countries[r.country]++
			}
		case City, Capital:
			if r.population >= 5*known && m.near&(word|weak) == 0 {
				f.countries[r.country] += 0.5
			}
		}
		return
	}
}

// witness counts what a mention says that was understood.
func (f *finder) witness(m *mention) {
	r := &f.g.records[m.record]
	if m.near&barred != 0 || m.near&word != 0 && m.within == 0 {
		return
	}
	if r.kind != Country && r.country != 0 && f.sure(m, r) {
		f.countries[r.country]++
		if r.division != 0 {
			f.divisions[r.division]++
			f.inner[r.country]++
		}
	}
}

func (f *finder) sure(m *mention, r *record) bool {
	return m.within != 0 || r.population >= known || r.kind >= Division
}

// allowed tells whether a name may mean a place here, by how it is written.
func (f *finder) allowed(m *mention, p int32) bool {
	q := &f.g.postings[p]
	if q.langs != 0 && f.lang.bit != 0 && q.langs&f.lang.bit == 0 {
		return false
	}
	if q.how&tail != 0 && !f.follower(m) {
		return false
	}
	if !m.fits(q.how) {
		return false
	}
	const short = 4 // bytes of capitals that are a code rather than a name
	if m.capitals && q.how&exact == 0 && m.n == 1 && m.end-m.start <= short && m.kind != article.Dateline && !f.shouted(m) {
		return false
	}
	return true
}

// shouted tells whether the segment is written in capitals.
func (f *finder) shouted(m *mention) bool {
	for i := max(0, int(m.start)-1); i > 0 && i > int(m.start)-40; i-- {
		if c := f.text[i]; c >= 'a' && c <= 'z' {
			return false
		}
	}
	for i := int(m.end); i < len(f.text) && i < int(m.end)+40; i++ {
		if c := f.text[i]; c >= 'a' && c <= 'z' {
			return false
		}
	}
	return true
}

// follower tells whether a mention says where the one before it lies.
func (f *finder) follower(m *mention) bool {
	i := f.index(m)
	return i > 0 && f.mentions[i-1].within == int32(i+1)
}

func (f *finder) index(m *mention) int {
	lo, hi := 0, len(f.mentions)
	for lo < hi {
		if mid := (lo + hi) / 2; f.mentions[mid].start < m.start {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// choose finds the place that mention i most likely means.
func (f *finder) choose(i int) {
	m := &f.mentions[i]
	g := f.g
	m.record, m.score = 0, 0
	best := float32(math.Inf(-1))
	n := 0
	for p := m.head; p != 0 && n < maxSenses; p, n = g.postings[p].next, n+1 {
		if !f.allowed(m, p) {
			continue
		}
		at := g.postings[p].record
		s, linked := f.weigh(m, at)
		if s > best {
			best = s
			m.record, m.score = at, s
			if linked {
				m.near |= certain | preposition
			}
		}
	}
	if old, ok := f.senses[m.key]; ok && m.within == 0 && m.record != 0 {
		m.record = old // as before in this text
	} else if m.record != 0 && m.within != 0 && f.linked(m, &g.records[m.record]) {
		f.senses[m.key] = m.record
	}
}

// weigh is how likely it is that a mention means a place.
func (f *finder) weigh(m *mention, at int32) (score float32, linked bool) {
	r := &f.g.records[at]
	s := float32(math.Log10(float64(r.population) + 1))
	switch r.kind {
	case Country:
		s += asCountry
	case Region:
		s = asRegion
		if r.country == 0 {
			s += asWide
		}
	case Division:
		s += asDivision
		if m.near&typed != 0 {
			s += asTyped
		}
		if f.inner[r.country]-f.divisions[r.division] >= 1 {
			s += bySiblings
		}
	case Subdivision:
		s += asSubdivision
		if m.near&typed != 0 {
			s += asTyped
		}
	case Capital:
		s += asCapital
	}
	if r.kind != Country && r.country != 0 {
		if c := f.countries[r.country]; c > 0 {
			s += byCountry + byMuch*float32(math.Log2(float64(min(c, 16))+1))
		}
		if r.division != 0 && r.kind != Division && !m.state && f.divisions[r.division] > 0 {
			s += byDivision
		}
	}
	if m.state && r.kind < Division && r.population < 5*known && r.division != m.inside {
		s += asShadowed
	}
	if m.country != 0 && m.country == r.country && r.kind != Country && m.near&typed == 0 {
		s += asNamesake
	}
	if m.within != 0 && f.linked(m, r) {
		linked = true
		if m.within > 0 {
			s += byContainer
		} else {
			s += byLooseOne
		}
	}
	return s, linked
}

// linked tells whether what stands behind a mention may be where the place lies.
func (f *finder) linked(m *mention, r *record) bool {
	c := &f.mentions[max(m.within, -m.within)-1]
	if c.near&barred != 0 || r.kind == Country {
		return false
	}
	if m.state && c.state && c.near&code == 0 && r.kind < Division && r.population < 5*known {
		return false // a list of countries or states
	}
	g := f.g
	n := 0
	for p := c.head; p != 0 && n < maxSenses; p, n = g.postings[p].next, n+1 {
		q := &g.records[g.postings[p].record]
		switch q.kind {
		case Country:
			if q.country == r.country {
				return true
			}
		case Division:
			if q.country == r.country && q.division == r.division && r.kind != Division {
				return true
			}
		case Subdivision:
			if q.country == r.country && q.division == r.division && r.kind < Subdivision && distance(q, r) < insideKm {
				return true
			}
		case Region:
			if q.country != 0 && q.country == r.country && distance(q, r) < 3*insideKm {
				return true
			}
		case City, Capital:
			if r.kind == City && q.population > r.population && q.population >= middle && distance(q, r) < nearKm/4 {
				return true
			}
		}
	}
	return false
}

// distance is how far two places are apart, in kilometres, well enough for short ways.
func distance(a, b *record) float64 {
	const degree = 111.2 / hundred // kilometres of a hundredth
	dy := float64(int(a.lat)-int(b.lat)) * degree
	dx := float64(int(a.lon)-int(b.lon)) * degree * math.Cos(float64(int(a.lat)+int(b.lat))/2/hundred*math.Pi/180)
	return math.Hypot(dx, dy)
}

// accept leaves the mentions that are places.
func (f *finder) accept() {
	for i := range f.mentions {
		m := &f.mentions[i]
		if m.record == 0 {
			continue
		}
		if f.holds(m) {
			f.seen[m.record]++
			if k := f.g.records[m.record].kind; k == Division || k == Subdivision {
				m.end += m.more
			}
		} else if m.near&(barred|bodied|weak|word) != 0 || f.persons[m.key] || f.government(m) {
			m.record = 0
		}
	}
	// What was a place once is one in the rest of the text, too.
	for i := range f.mentions {
		if m := &f.mentions[i]; m.record != 0 && f.seen[m.record] == 0 {
			m.record = 0
		}
	}
}

// government tells whether a capital stands for who governs there.
func (f *finder) government(m *mention) bool {
	if !m.capital || m.within != 0 {
		return false
	}
	return m.near&(genitive|attribute) == genitive|attribute || m.near&acting != 0 && m.near&preposition == 0 || m.near&dealt != 0
}

// holds tells whether enough speaks for a mention by itself.
func (f *finder) holds(m *mention) bool {
	r := &f.g.records[m.record]
	switch {
	case m.near&barred != 0:
		return false
	case m.near&bodied != 0:
		return r.kind == Country && m.near&code != 0
	case f.government(m):
		return false
	case m.within != 0 && f.linked(m, r) || f.follower(m) && r.kind >= Subdivision:
		return true
	case r.kind == Country:
		return m.near&weak == 0 || m.capitals || m.near&preposition != 0
	case r.kind == Region:
		return m.near&weak == 0 || m.near&preposition != 0
	case f.persons[m.key]:
		return false
	}
	return f.supported(m, r)
}

// supported tells whether enough speaks for a division or a city.
func (f *finder) supported(m *mention, r *record) bool {
	home := f.countries[r.country] > 0
	inside := f.divisions[r.division] > 0
	elsewhere := f.inner[r.country] > 0 && !inside
	at := m.near&preposition != 0
	sure := m.near&certain != 0
	switch {
	case m.near&weak != 0:
		return at && r.population >= known
	case m.near&word != 0 || m.only != 0 && f.commonly(m.only):
		return r.population >= 3*known && (at || home) || sure && home && r.population >= known || at && inside && r.population >= middle
	case r.kind == Division:
		return r.population >= known*5 || home || sure
	case r.kind == Capital, r.population >= known && r.kind == City:
		return true
	case r.population >= middle:
		return sure && (home || !elsewhere) || at && home && !elsewhere || home && inside
	}
	return sure && home && (!elsewhere || m.alone) || at && inside
}
