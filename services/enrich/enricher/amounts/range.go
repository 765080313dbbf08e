package amounts

// rangeTo reads the other end of the range that begins with a.
func (r *reader) rangeTo(f *figure, a *operand, between, from bool) (b operand, ok bool) {
	i := a.next
	own := a.money != 0
	if !own && a.unit.next > 0 && (a.unit.kind == unitPercent || a.unit.kind == unitMeasure) {
		i = a.unit.next
		own = true
	}
	if i >= len(r.items) {
		return b, false
	}
	bare := false // joined by a mark only
	j := i
	switch {
	case between:
		n, _ := r.phrase(i, isAnd)
		if n == 0 || r.items[i].gap != gapSpace {
			return b, false
		}
		j += n
	case r.items[i].gap == gapHyphen && !from:
		bare = true
	default:
		n, _ := r.phrase(i, isTo)
		or := false
		if n == 0 {
			n, _ = r.phrase(i, isOr)
			or = true
		}
		if n == 0 || r.items[i].gap != gapSpace || or && (from || own) {
			return b, false
		}
		j += n
	}
	if !bare && !r.joined(j) {
		return b, false
	}
	if between || from {
		j = r.article(j)
	}
	if b = r.operand(j, false); b.next == j {
		return b, false
	}
	if b.money == 0 {
		b.unit = r.unit(b)
	}
	if !between && !bare && (from || own || r.comesFrom(f.from)) && r.changes(f.from) {
		return b, false
	}
	return b, r.matches(a, &b, own, bare || between)
}

// matches tells whether a and b are the ends of one range, and gives both what
// only one of them has. tight tells that the words leave no doubt.
func (r *reader) matches(a, b *operand, own, tight bool) bool {
	if b.value < 0 {
		return false
	}
	switch {
	case a.money != 0 && b.money != 0:
		if r.lang.moneys[a.money-1].codes[0] != r.lang.moneys[b.money-1].codes[0] || r.lang.moneys[a.money-1].minor != r.lang.moneys[b.money-1].minor {
			return false
		}
	case a.money != 0:
		// "$5 to 7 million", not "$5 million to 7 groups"
		if !a.before || !tight && (b.scale == 1 || a.scale > 1) {
			return false
		}
		b.money = a.money
	case b.money != 0 && own, own && b.unit.kind != a.unit.kind:
		return false
	}
	switch {
	case a.scale == 1 && b.scale > 1 && a.value < b.value/b.scale:
		a.value = round(a.value * b.scale)
	case a.digits && b.grouped && !a.grouped && a.value < b.value/1000 && (tight || !own && a.value > b.value/10_000):
		a.value *= 1000 // "10-15,000", "40 à 50 000"
	}
	return a.value < b.value || tight && a.value == b.value
}

// comesFrom tells whether a word that opens a range stands before item i.
func (r *reader) comesFrom(i int) bool { return r.class(i-1)&isFrom != 0 }

// changes tells whether the words before item i say that something goes up or
// down.
func (r *reader) changes(i int) bool {
	const most = 6
	for k := i - 1; k >= 0 && i-k <= most; k-- {
		if r.class(k)&isChange != 0 {
			return true
		}
		if r.items[k].gap == gapOther || r.items[k].gap == gapDotSpace {
			return false
		}
	}
	return false
}
