package amounts

import (
	"github.com/copytaster/copytaster/pkg/article"
)

// open reads what leaves the number open: "hundreds of phones", "mehrere
// Millionen Euro".
func (r *reader) open(f *figure) bool {
	i := f.item
	j := i
	few, _ := r.phrase(i, isFew)
	j += few
	if few > 0 && !r.joined(j) {
		return false
	}
	found := false
	const most = 4
	for range most {
		k := j
		if found {
			n, _ := r.phrase(j, isOf)
			k += n
		}
		n, _ := r.phrase(k, isVague)
		if n == 0 && (few > 0 && r.class(i)&isArticle == 0 || found) {
			var e entry
			if n, e = r.numberWord(k, true); n > 0 && e.value < 10 {
				n = 0
			}
		}
		if n == 0 || k > i && !r.joined(k) {
			break
		}
		found = true
		j = k + n
	}
	if !found {
		return false
	}
	fig := article.Figure{Approximate: true}
	start := int(r.toks[f.from].Start)
	if m, next := r.moneyBehind(numeral{next: j, scale: 1000}); next > j {
		f.item = next
		r.amount(f, fig, m, article.Span{Start: start, End: r.endOf(next)}, sureVague)
		return true
	}
	u := r.unit(operand{numeral: numeral{next: j, scale: 1000, value: 1000}})
	if u.next == 0 || u.kind == unitNever || j < len(r.items) && r.items[j].gap == gapHyphen {
		f.item = i
		return false
	}
	f.item = u.next
	r.quantity(fig, u, article.Span{Start: start, End: u.end}, sureVague)
	return true
}
