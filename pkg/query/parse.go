package query

import "github.com/copytaster/copytaster/pkg/corpus"

// Parse reads a query. Blank text asks for everything. Anything else that is
// no query is an [*Error].
//
// What newcomers type or paste is read as they mean it: punctuation by itself is
// passed over, a colon with a blank behind it is punctuation, as is a minus that
// doesn't stand in front of a word, and AND, OR or NOT with nothing that it could join.
func Parse(s string) (Query, error) {
	root, err := parse(s, nil, MaxWords)
	if err != nil || root == nil {
		return Query{}, err
	}
	q := Query{root: root}
	all, ok := root.(every)
	if !ok {
		return q, nil
	}
	for _, n := range all.of {
		if t, ok := n.(*term); ok && t.field == nil && !t.phrase && !t.exact && t.mask == "" {
			q.plain = append(q.plain, t)
		}
	}
	return q, nil
}

// ParseSaid reads what is asked of one quote, as what stands in the brackets of
// said:( ). It must name something that was said. Errors are as those of [Parse].
func ParseSaid(s string) (Said, error) {
	root, err := parse(s, named(fieldSaid), MaxSaid)
	if err == nil && root != nil && !names(root) {
		return Said{}, wrong(0, "this only leaves words out; name one that was said")
	}
	return Said{root}, err
}

const fieldSaid = "said"

func parse(s string, inside *Field, words int) (node, error) {
	text := []rune(s)
	if len(text) > MaxLength {
		return nil, wrong(MaxLength, "the query has %d characters, the limit is %d", len(text), MaxLength)
	}
	l := lexer{text: text, inside: inside, most: words}
	if err := l.run(); err != nil {
		return nil, err
	}
	p := parser{lexer: l}
	root, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if root == nil {
		for i, r := range text {
			if !separates(r) {
				return nil, wrong(i, "there is no word to search for")
			}
		}
	}
	return root, nil
}

// parser makes a tree of tokens.
type parser struct {
	lexer
	next int
}

func (p *parser) mark(ahead int) mark {
	if p.next+ahead < len(p.tokens) {
		return p.tokens[p.next+ahead].mark
	}
	return end
}

// begins tells whether an operand may begin at that token.
func (p *parser) begins(ahead int) bool {
	m := p.mark(ahead)
	return m != end && m != shut
}

// alternatives reads operands with OR between them; nil if there is none.
func (p *parser) alternatives() (node, error) {
	var of []node
	for {
		n, err := p.conjunction()
		if err != nil {
			return nil, err
		}
		if n != nil {
			if s, ok := n.(some); ok {
				of = append(of, s.of...)
			} else {
				of = append(of, n)
			}
		}
		if p.mark(0) != or {
			break
		}
		p.next++
	}
	if len(of) < 2 {
		return single(of), nil
	}
	return some{of}, nil
}

func single(of []node) node {
	if len(of) == 0 {
		return nil
	}
	return of[0]
}

// conjunction reads operands with AND, or nothing, between them.
func (p *parser) conjunction() (node, error) {
	var of []node
	for {
		switch m := p.mark(0); {
		case m == end, m == shut, m == or && len(of) > 0 && p.begins(1):
			if len(of) < 2 {
				return single(of), nil
			}
			return every{of}, nil
		case m == and && len(of) > 0 && p.begins(1):
			p.next++
		}
		n, err := p.operand()
		if err != nil {
			return nil, err
		}
		if e, ok := n.(every); ok {
			of = append(of, e.of...)
		} else if n != nil {
			of = append(of, n)
		}
	}
}

func (p *parser) operand() (node, error) {
	t := p.tokens[p.next]
	p.next++
	switch t.mark {
	case minus, without:
		if t.mark == without && !p.begins(0) {
			break
		}
		n, err := p.operand()
		if err != nil || n == nil {
			return nil, err
		}
		if twice, ok := n.(not); ok {
			return twice.of, nil
		}
		return not{n}, nil
	case scope:
		p.next++
		n, err := p.bracketed(t.at)
		if err != nil || n == nil {
			return nil, err
		}
		return quoted{n}, nil
	case open:
		return p.bracketed(t.at)
	case operand:
		return p.whole(t.term), nil
	default:
	}
	return nil, nil //nolint:nilnil // an operator that has nothing to join
}

// whole is a term by itself: of said:, if it isn't inside of its brackets, a quote.
func (p *parser) whole(t *term) node {
	if t.field != nil && t.field.kind == ofQuote {
		t.field = nil
		if t.alone {
			return quoted{t}
		}
	}
	return t
}

func (p *parser) bracketed(at int) (node, error) {
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	p.next++ // every bracket that is open is closed
	if n == nil {
		return nil, wrong(at, "there is nothing to search for in these brackets")
	}
	return n, nil
}

// languages is how many fields the index has of each text.
var languages = len(languageKeys) //nolint:gochecknoglobals // never changed

// clauses is how many a term is to the index: a range and a distance are two each, and
// so is what holds quotes and amounts together, beside what is looked for in it.
func (t *term) clauses() int {
	bare := t.exact || t.mask != ""
	switch {
	case t.inside && t.field != nil && t.field.kind != ofQuote:
		return 1
	case t.inside:
		return languages + 2
	case t.field == nil && bare:
		return len(corpus.TextFields)
	case t.field == nil:
		return anywhere
	}
	switch t.field.kind {
	case ofText:
		if !bare && t.field.elastic != corpus.Dateline {
			return languages
		}
	case ofPlace, ofTag, ofTopic, ofNumber, ofTime, ofPeriod, ofPoint:
		return 2
	case ofMoney:
		return 4
	default:
	}
	return 1
}
