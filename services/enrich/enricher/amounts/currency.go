package amounts

import (
	"slices"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// MaxCountries is how many mentions of countries are kept, to tell whose franc
// or peso it is.
const MaxCountries = 10000

// maxLook is how many mentions before an amount are looked through.
const maxLook = 40

// findCountries keeps the countries that the segment names.
func (r *reader) findCountries() {
	for i := 0; i < len(r.items) && len(r.countries) < MaxCountries; {
		n, e := r.phrase(i, isCountry)
		if n == 0 {
			i++
			continue
		}
		if r.proper(i, e) && (r.toks[i].Shape&lexicon.AllCaps != 0 || r.toks[i].End-r.toks[i].Start > 2) {
			r.countries = append(r.countries, mention{int(r.toks[i].Start), e.money})
		}
		i += n
	}
}

// settle tells which currency a name means that several countries have.
func (r *reader) settle() {
	counts := map[string]int{}
	for i := range r.amounts {
		m := &r.lang.moneys[r.moneys[i]-1]
		if len(m.codes) == 1 && !m.minor {
			r.amounts[i].Currency = m.codes[0]
		}
	}
	if len(r.countries) > 0 {
		for _, c := range r.countries {
			counts[r.lang.moneys[c.money-1].codes[0]]++
		}
	}
	told := map[int16]string{}
	at := 0 // of countries
	for i := range r.amounts {
		a := &r.amounts[i]
		m := &r.lang.moneys[r.moneys[i]-1]
		for at < len(r.countries) && r.countries[at].at < a.End {
			at++
		}
		if a.Currency == "" && !m.minor {
			a.Currency, a.Confidence = r.whose(m, a.Start, at, counts, told[r.moneys[i]], a.Confidence)
		}
		if a.Currency != "" && !m.minor {
			// What was told once holds for the bare name from there on.
			for _, k := range r.lang.bare[a.Currency] {
				told[k] = a.Currency
			}
		}
	}
	r.settleMinor(counts)
	for i := range r.amounts {
		if a := &r.amounts[i]; a.Converts > 0 && r.amounts[i-a.Converts].Currency == a.Currency {
			a.Converts = 0
		}
	}
}

// whose tells which of its currencies m is: that of the country named last
// before the amount, nearby; what it was before; that of the country the text
// names most; the usual one. before is how many mentions stand before it.
func (r *reader) whose(m *money, start, before int, counts map[string]int, told string, sure float64) (string, float64) {
	const near = 160 // bytes
	if !m.sign && !m.fixed {
		for k := before - 1; k >= 0 && before-k <= maxLook && start-r.countries[k].at < near; k-- {
			if c := r.lang.moneys[r.countries[k].money-1].codes[0]; slices.Contains(m.codes, c) {
				return c, min(sure, sureContext)
			}
		}
		if told != "" {
			return told, min(sure, sureContext)
		}
	}
	best := ""
	if !m.fixed {
		for _, c := range m.codes {
			if n := counts[c]; n > 0 && (best == "" || n > counts[best]) {
				best = c
			}
		}
	}
	switch {
	case best == "" && m.usual == "" && r.hint != 0 && slices.Contains(m.codes, r.lang.moneys[r.hint-1].codes[0]):
		return r.lang.moneys[r.hint-1].codes[0], min(sure, sureContext)
	case best != "":
		return best, min(sure, sureContext)
	case m.usual != "" && !m.fixed && !m.sign:
		return m.usual, min(sure, sureContext)
	case m.usual != "":
		return m.usual, sure
	}
	return "", min(sure, sureGuess)
}

// settleMinor gives cents the currency of the amounts around them.
func (r *reader) settleMinor(counts map[string]int) {
	last := make(map[int16]string)
	settle := func(i int) {
		m := &r.lang.moneys[r.moneys[i]-1]
		if !m.minor {
			for _, k := range r.lang.minor[r.amounts[i].Currency] {
				last[k] = r.amounts[i].Currency
			}
			return
		}
		if a := &r.amounts[i]; a.Currency == "" {
			if len(m.codes) == 1 {
				a.Currency = m.codes[0]
			} else if c := last[r.moneys[i]]; c != "" {
				a.Currency = c
			}
		}
	}
	for i := range r.amounts {
		settle(i)
	}
	clear(last)
	for i := range slices.Backward(r.amounts) {
		settle(i)
	}
	for i := range r.amounts {
		if a := &r.amounts[i]; a.Currency == "" && r.lang.moneys[r.moneys[i]-1].minor {
			m := r.lang.moneys[r.moneys[i]-1]
			m.sign = true
			a.Currency, a.Confidence = r.whose(&m, a.Start, 0, counts, "", sureContext)
		}
	}
}
