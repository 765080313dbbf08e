package places

import (
	"math"
	"math/bits"
	"strings"

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
	asSeated      = -1.5 // a division with a town of that name
	asCapital     = 1.7
	asTyped       = 4   // "Nyanza Province" is no city
	asNamesake    = -4  // the state of Mexico is named less often than Mexico
	byContainer   = 8   // "Paris, Texas"
	byLooseOne    = 5   // "Paris in Texas"
	byCountry     = 2.5 // the text speaks of its country
	byMuch        = 0.5 // more, for each doubling of that
	byDivision    = 1.6
	asObscure     = -2  // a small town with the name of a city of a million
	asShadowed    = -2  // a city whose name is that of a greater state
	bySiblings    = 1.5 // a division, where others of its country are named
	byTowns       = 3   // a division, where towns in it are named
	byList        = 3   // a division in a list of divisions
	byHome        = 0.7 // in a country where the language of the text is spoken
	asOrigin      = -4  // a division in a dateline
)

// How many live in a place that counts by itself, and in one that little must speak for.
const (
	known  = 100_000
	middle = 15_000
)

// obscurity is how many times smaller than a city of a million a town of its name is that
// is seldom meant.
const obscurity = 50

// fewDivisions are so few that a country's counties are named as those of others are:
// England has them, and not the United Kingdom.
const fewDivisions = 5

// maxSenses is how many places of one name are looked at.
const maxSenses = 100

// maxOuter is how many places are looked at that a name behind another may mean.
const maxOuter = 20

// insideKm is how far a place may be from the middle of what it lies in, cityKm from
// that of a greater city, in kilometres.
const (
	insideKm = 150
	cityKm   = 50
)

// An article tells of sport if so many of its words do, and one of so many.
const (
	minSports = 4
	perSport  = 60
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
		sound := m.near&(word|weak) == 0
		switch {
		case r.kind == Country:
			f.give(m, r, 2, false)
		case r.kind == Region:
			f.give(m, r, 1, false)
		case r.kind == Division && r.population >= 10*known && sound:
			f.give(m, r, 0.5, true)
		case r.kind <= Capital && r.population >= 5*known && sound:
			f.give(m, r, 0.5, false)
		}
		return
	}
}

// give counts what a mention says about the country of a place, and if inside about
// its division.
func (f *finder) give(m *mention, r *record, weight float32, inside bool) {
	if r.country == 0 {
		return
	}
	f.countries[r.country] += weight
	f.gave[m.key^countryKey(r.country)] += weight
	if !inside || r.division == 0 {
		return
	}
	f.divisions[r.division] += weight
	f.gave[m.key^divisionKey(r.division)] += weight
	f.inner[r.country] += weight
	if r.kind == Division {
		f.siblings[r.country] += weight
		f.states[r.division] += weight
	}
}

// Keys by which it is told what a name gave to what.
func countryKey(country uint8) uint64    { return (uint64(country) + 1) << 40 }
func divisionKey(division uint16) uint64 { return (uint64(division) + 1) << 16 }

// home is what other names say about the country of a place, inside about its
// division.
func (f *finder) home(m *mention, r *record) float32 {
	return f.countries[r.country] - f.gave[m.key^countryKey(r.country)]
}

func (f *finder) inside(m *mention, r *record) float32 {
	if r.division == 0 {
		return 0
	}
	return f.divisions[r.division] - f.gave[m.key^divisionKey(r.division)]
}

// witness counts what a mention says that was understood.
func (f *finder) witness(m *mention) {
	r := &f.g.records[m.record]
	if m.near&barred != 0 || m.near&word != 0 && m.within == 0 {
		return
	}
	if r.kind != Country && f.sure(m, r) {
		f.give(m, r, 1, true)
	}
}

func (f *finder) sure(m *mention, r *record) bool {
	return m.within != 0 && f.linked(m, r) || r.population >= known || r.kind >= Division
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
	if q.how&exact != 0 && q.how&tail == 0 && m.near&preposition == 0 && m.kind != article.Dateline && !strings.Contains(f.text[m.start:m.end], ".") && f.shouted(m) {
		return false // "LET US PRAY"
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
	best, linked := float32(math.Inf(-1)), false
	n := 0
	for p := m.head; p != 0 && n < maxSenses; p, n = g.postings[p].next, n+1 {
		if !f.allowed(m, p) {
			continue
		}
		at := g.postings[p].record
		s, in := f.weigh(i, at)
		if s > best {
			best, linked = s, in
			m.record, m.score = at, s
		}
	}
	if linked {
		m.near |= certain | preposition
	}
	old, ok := f.senses[m.key]
	switch {
	case m.record == 0:
	case m.within != 0 && f.linked(m, &g.records[m.record]):
		if !ok || int32(i) < old.from {
			f.senses[m.key] = sense{m.record, int32(i)}
		}
	case ok && m.within == 0 && m.holding == 0 && (int32(i) > old.from || m.kind != article.Dateline):
		m.record = old.record // as elsewhere in this text
	}
}

// weigh is how likely it is that mention i means a place.
func (f *finder) weigh(i int, at int32) (score float32, linked bool) {
	m := &f.mentions[i]
	r := &f.g.records[at]
	s := magnitude(r.population)
	switch r.kind {
	case City:
	case Country:
		s += asCountry
		if f.home(m, r) > 0 {
			s += byCountry
		}
	case Region:
		s = asRegion
		if r.country == 0 {
			s += asWide
		}
	case Division:
		s += asDivision
		if m.seat && r.division == m.inside {
			s += asSeated
		}
		if m.near&typed != 0 {
			s += asTyped
		}
		if !m.seat && f.siblings[r.country]-f.states[r.division] >= 1 {
			s += bySiblings
		}
		if f.inside(m, r) > 0 && !(m.called && r.division == m.inside) {
			s += byTowns
		}
		if f.listed(i, r) {
			s += byList
		}
		if m.kind == article.Dateline && m.holding == 0 && m.near&typed == 0 {
			s += asOrigin
		}
	case Subdivision:
		if f.g.firsts[r.country] > fewDivisions || f.g.town(m.head, r.country) {
			s += asSubdivision
		}
		if m.near&typed != 0 {
			s += asTyped
		}
	case Capital:
		s += asCapital
	}
	if r.kind != Country && r.country != 0 {
		if c := f.home(m, r); c > 0 {
			s += byCountry + byMuch*doublings[int(2*min(c, 16))]
		}
		if r.division != 0 && r.kind != Division && !m.state && f.inside(m, r) > 0 {
			s += byDivision
		}
	}
	if f.lang.home[r.country] {
		s += byHome
	}
	if m.holding != 0 && f.contains(m.holding, r) {
		s += byContainer
	}
	if m.state && r.kind < Division && r.population < 5*known && r.division != m.inside && (m.country != 0 || r.population < m.subject) {
		s += asShadowed
	}
	if m.country != 0 && m.country == r.country && r.kind != Country && m.near&typed == 0 {
		s += asNamesake
	}
	switch {
	case m.within != 0 && f.linked(m, r):
		linked = true
		if m.within > 0 {
			s += byContainer
		} else {
			s += byLooseOne
		}
	case r.population < m.obscure && r.kind <= Subdivision:
		s += asObscure
	}
	return s, linked
}

// logs are the logarithms to the base 2 of 1 to 2.
var logs = func() (l [1 << logBits]float32) {
	for i := range l {
		l[i] = float32(math.Log2(1 + (float64(i)+0.5)/(1<<logBits)))
	}
	return l
}()

const logBits = 8

// magnitude is the logarithm to the base 10 of one more than n, but for some thousandths.
func magnitude(n uint32) float32 {
	x := uint64(n) + 1
	long := bits.Len64(x)
	return (float32(long-1) + logs[x<<(64-long)<<1>>(64-logBits)]) * (math.Ln2 / math.Ln10)
}

// doublings are the logarithms to the base 2 of one more than what speaks for a country,
// which is counted in halves.
var doublings = func() (l [2*16 + 1]float32) {
	for i := range l {
		l[i] = float32(math.Log2(float64(i)/2 + 1))
	}
	return l
}()

// town tells whether one of the greatest places of a name is a town in a country.
func (g *Gazetteer) town(head int32, country uint8) bool {
	const most = 8 // that are looked at
	for p, n := head, 0; p != 0 && n < most; p, n = g.postings[p].next, n+1 {
		if r := &g.records[g.postings[p].record]; r.country == country && r.kind <= Capital {
			return true
		}
	}
	return false
}

// contains tells whether the mention before, one more than its index, was taken for what
// lies in r.
func (f *finder) contains(holding int32, r *record) bool {
	held := &f.g.records[f.mentions[holding-1].record]
	if held.kind == 0 || held.kind >= Region || held.kind >= r.kind || held.country != r.country {
		return false
	}
	return r.kind == Country || r.kind == Division && held.division == r.division
}

// listed tells whether what mention i is listed with was taken for another division of
// r's country.
func (f *finder) listed(i int, r *record) bool {
	sibling := func(k int) bool {
		q := &f.g.records[f.mentions[k].record]
		return q.kind == Division && q.country == r.country && q.division != r.division
	}
	return f.mentions[i].chained && sibling(i-1) || i+1 < len(f.mentions) && f.mentions[i+1].chained && sibling(i+1)
}

// linked tells whether what stands behind a mention may be where the place lies.
func (f *finder) linked(m *mention, r *record) bool {
	c := &f.mentions[max(m.within, -m.within)-1]
	if c.near&barred != 0 || r.kind == Country {
		return false
	}
	if f.alikeListed(m, c) {
		return false // a list of countries or states
	}
	g := f.g
	n := 0
	for p := c.head; p != 0 && n < maxOuter; p, n = g.postings[p].next, n+1 {
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
			if r.kind == City && q.country == r.country && q.population > r.population && q.population >= middle && distance(q, r) < cityKm {
				return true
			}
		}
	}
	return false
}

// alikeListed tells whether a mention and what stands behind it may be a list of
// countries, or of divisions of one: "Niger, Nigeria", but not "Poland, Ohio".
func (f *finder) alikeListed(m, c *mention) bool {
	switch {
	case !m.state || !c.state || c.near&code != 0 || c.tail || m.bracket || m.within < 0:
		return false
	case m.country != 0 && c.country != 0, m.inside != 0 && c.inside != 0 && m.region == c.region:
		return true
	}
	return !c.ended
}

// distance is how far two places are apart, in kilometres, well enough for short ways.
func distance(a, b *record) float64 {
	const degree = 111.2 / hundredths // kilometres of a hundredth
	dy := float64(int(a.lat)-int(b.lat)) * degree
	dx := float64(int(a.lon)-int(b.lon)) * degree * math.Cos(float64(int(a.lat)+int(b.lat))/2/hundredths*math.Pi/180)
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
		} else if m.near&(barred|bodied|weak|word) != 0 || f.persons[m.key] || f.government(m) || f.club(m, &f.g.records[m.record]) {
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

// club tells whether a town stands for its club, as in reports of matches: there only
// what says where leaves it a place.
func (f *finder) club(m *mention, r *record) bool {
	if f.sports < minSports || f.sports*perSport < f.words || r.kind >= Region || m.within != 0 || m.holding != 0 || m.kind == article.Dateline {
		return false
	}
	return m.near&certain == 0 && (m.near&preposition == 0 || m.near&(sided|weak) != 0)
}

// holds tells whether enough speaks for a mention by itself.
func (f *finder) holds(m *mention) bool {
	r := &f.g.records[m.record]
	switch {
	case m.near&barred != 0:
		return false
	case m.near&bodied != 0:
		return r.kind == Country && m.near&code != 0
	case f.government(m), f.club(m, r):
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
	spoken := f.lang.home[r.country]
	inside := f.inside(m, r) > 0
	elsewhere := f.inner[r.country]-f.gave[m.key^divisionKey(r.division)] > 0 && !inside
	filed := m.kind == article.Dateline && f.text[max(0, m.start-1)] != '(' // "Lech (APA)"
	home := f.home(m, r) > 0 || spoken && (r.population >= middle || m.alone || filed)
	at := m.near&preposition != 0 || filed
	sure := m.near&certain != 0 || filed
	switch {
	case m.near&weak != 0:
		return at && r.population >= known
	case f.among(m):
		return home || r.population >= known
	case m.near&word != 0 || m.only != 0 && f.commonly(m.only):
		named := f.home(m, r) > 0
		return r.population >= 3*known && (at && r.kind <= Capital || named) || sure && home && r.population >= known || at && inside && r.population >= middle || at && spoken && f.lang.smallNouns && r.population >= known
	case r.kind == Division:
		return r.population >= known*5 || home || sure
	case r.kind == Capital, r.population >= known && r.kind == City:
		return true
	case r.population >= middle:
		return sure && (home || !elsewhere) || at && home && !elsewhere || home && inside || spoken && r.population >= 4*middle || m.alone && f.home(m, r) > 0
	}
	return sure && home && (!elsewhere || m.alone) || at && inside
}

// among tells whether a mention is listed with a place that nothing is doubtful about:
// "Taunton and Bath".
func (f *finder) among(m *mention) bool {
	i := f.index(m)
	sound := func(k int) bool {
		o := &f.mentions[k]
		return o.record != 0 && o.near&(barred|word|weak|bodied) == 0 && f.g.records[o.record].kind < Region && (o.only == 0 || !f.commonly(o.only))
	}
	return m.within == 0 && (m.chained && sound(i-1) || i+1 < len(f.mentions) && f.mentions[i+1].chained && f.mentions[i+1].holding == 0 && sound(i+1))
}
