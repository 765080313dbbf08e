package query

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/query/analysis"
)

// mark is what a token is.
type mark uint8

const (
	end mark = iota
	open
	shut
	minus
	and
	or
	without // NOT
	scope   // said: in front of a bracket
	operand
)

type token struct {
	mark mark
	at   int
	term *term // of an operand
}

// lexer cuts a query into tokens.
type lexer struct {
	text   []rune
	i      int
	tokens []token
	around []bracket // those that are open
	inside *Field    // the field that holds for what stands here
	spent  budget
	most   int // words
}

// bracket is one that is open: where, and the field that holds outside of it.
type bracket struct {
	at      int
	outside *Field
}

// budget is what a query has used of its limits.
type budget struct{ words, clauses, patterns int }

// separates tells whether words end at r; bytes that are no text, and marks that only
// turn the direction of writing, are like blanks.
func separates(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Bidi_Control, r) || r == '\ufeff'
}

func quotes(r rune) bool { return strings.ContainsRune("\"“”„‟«»", r) }

func brackets(r rune) bool { return r == '(' || r == ')' }

func (l *lexer) peek(ahead int) rune {
	if l.i+ahead < len(l.text) {
		return l.text[l.i+ahead]
	}
	return ' '
}

func (l *lexer) run() error {
	for l.i < len(l.text) {
		at := l.i
		switch r := l.text[l.i]; {
		case separates(r):
			l.i++
		case r == '(':
			if err := l.open(l.inside); err != nil {
				return err
			}
		case r == ')':
			if len(l.around) == 0 {
				return wrong(at, "this bracket was never opened; to look for it as written, put the words in quotation marks")
			}
			last := len(l.around) - 1
			l.inside, l.around = l.around[last].outside, l.around[:last]
			l.add(token{mark: shut, at: at})
			l.i++
		case r == '-':
			for l.peek(0) == '-' {
				l.i++
			}
			if next := l.peek(0); separates(next) || next == ')' {
				continue // punctuation
			}
			l.add(token{mark: minus, at: at})
			if l.peek(0) == '(' {
				continue
			}
			n := len(l.tokens)
			if err := l.operand(l.i); err != nil {
				return err
			}
			if len(l.tokens) == n { // so is what stands behind it
				l.tokens = l.tokens[:n-1]
			}
		default:
			if err := l.operand(at); err != nil {
				return err
			}
		}
	}
	if n := len(l.around); n > 0 {
		return wrong(l.around[n-1].at, "this bracket is never closed")
	}
	return nil
}

func (l *lexer) add(t token) { l.tokens = append(l.tokens, t) }

// open reads a bracket, inside of which that field holds.
func (l *lexer) open(inside *Field) error {
	if len(l.around) == MaxDepth {
		return wrong(l.i, "brackets are nested more than %d deep", MaxDepth)
	}
	l.around = append(l.around, bracket{l.i, l.inside})
	l.inside = inside
	l.add(token{mark: open, at: l.i})
	l.i++
	return nil
}

// operand reads a word, a phrase or a field with its value, which begins at.
func (l *lexer) operand(at int) error {
	f, err := l.field(at)
	if err != nil {
		return err
	}
	t := &term{field: f, at: at}
	if f != nil && l.peek(0) == '(' {
		if f.kind == ofQuote {
			l.add(token{mark: scope, at: at})
		}
		return l.open(f)
	}
	switch {
	case l.inside != nil && l.inside.kind == ofQuote:
		t.inside = true
	case f != nil && f.kind == ofQuote:
		t.inside, t.alone = true, true
	}
	if f == nil {
		f = l.inside
		t.field = f
	}
	if l.peek(0) == '=' && !separates(l.peek(1)) && l.peek(1) != ')' && (f == nil || f.wordy()) {
		t.exact = true
		l.i++
	}
	start := l.i
	if quotes(l.peek(0)) {
		if err := l.phrase(t); err != nil {
			return err
		}
	} else {
		for l.i < len(l.text) && !separates(l.text[l.i]) && !quotes(l.text[l.i]) && !brackets(l.text[l.i]) {
			l.i++
		}
		t.text = string(l.text[start:l.i])
		if operator, ok := l.operator(t); ok {
			l.add(token{mark: operator, at: at})
			return nil
		}
	}
	return l.finish(t, start)
}

// operator tells whether a word may be one.
func (l *lexer) operator(t *term) (mark, bool) {
	if t.exact || t.field != l.inside {
		return end, false
	}
	switch t.text {
	case "AND", "&&":
		return and, true
	case "OR", "||":
		return or, true
	case "NOT":
		return without, true
	}
	return end, false
}

// phrase reads what stands between quotation marks, and how far its words may be apart.
func (l *lexer) phrase(t *term) error {
	begin := l.i
	l.i++
	start := l.i
	for l.i < len(l.text) && !quotes(l.text[l.i]) {
		l.i++
	}
	if l.i == len(l.text) {
		return wrong(begin, "this quotation mark is never closed")
	}
	t.text, t.phrase = squeeze(l.text[start:l.i]), true
	l.i++
	if l.peek(0) != '~' || l.peek(1) < '0' || l.peek(1) > '9' {
		return nil
	}
	tilde := l.i
	for l.i++; l.peek(0) >= '0' && l.peek(0) <= '9'; l.i++ {
		if t.slop = 10*t.slop + int(l.peek(0)-'0'); t.slop > MaxSlop {
			return wrong(tilde, "words of a phrase may be up to %d places off, such as \"a b\"~5", MaxSlop)
		}
	}
	return nil
}

// squeeze makes every run of white space one blank.
func squeeze(text []rune) string {
	return strings.Join(strings.FieldsFunc(string(text), separates), " ")
}

// wordy tells whether its values are words.
func (f *Field) wordy() bool {
	return f.kind == ofText || f.kind == ofName || f.kind == ofPlace || f.kind == ofQuote
}

// finish makes a term of what was read, and adds it; punctuation by itself is passed
// over.
func (l *lexer) finish(t *term, start int) error {
	if t.field != nil && t.field.Missing != "" {
		return wrong(t.at, "%s: can't be searched yet: %s", t.field.Name, t.field.Missing)
	}
	if t.field != nil && !t.field.wordy() {
		if err := parseValue(t, start); err != nil {
			return err
		}
	} else {
		words := analysis.Count(t.text, MaxLength)
		switch {
		case words == 0 && t.phrase:
			return wrong(start, "there is no word between these quotation marks")
		case words == 0 && t.field != l.inside:
			return wrong(start, "%s is no word that %s: could be searched for", t.text, t.field.Name)
		case words == 0:
			return nil
		}
		if err := l.pattern(t); err != nil {
			return err
		}
		if l.spent.words += words; l.spent.words > l.most {
			return wrong(t.at, "there are more than %d words", l.most)
		}
	}
	if l.spent.clauses += t.clauses(); l.spent.clauses > MaxClauses {
		return wrong(t.at, "the query looks for too much at once: %d words anywhere are the most, or %d of one text, or %d of names", MaxAnywhere, MaxClauses/languages, MaxClauses)
	}
	l.add(token{mark: operand, at: t.at, term: t})
	return nil
}

// pattern tells whether a word has wildcards, and checks them. A question mark is one
// only within a word: at its end it asks.
func (l *lexer) pattern(t *term) error {
	if t.phrase || !strings.ContainsAny(t.text, "*?") || strings.Trim(t.text, "*") == "" {
		return nil
	}
	core := strings.TrimFunc(t.text, func(r rune) bool { return r != '*' && !unicode.In(r, unicode.L, unicode.N, unicode.M) })
	single := isWord(strings.NewReplacer("*", "a", "?", "a").Replace(core))
	if !strings.Contains(core, "*") && (!single || !strings.Contains(core, "?")) {
		return nil
	}
	at := t.at
	first := strings.IndexAny(core, "*?")
	switch {
	case first == 0:
		return wrong(at, "a word can't begin with *; at least %d letters must stand before it", MinStem)
	case !single:
		return wrong(at, "* works in a single word: put a blank where %q has punctuation, or quotation marks around it to look for what is written", clip(core))
	case utf8.RuneCountInString(core[:first]) < MinStem:
		return wrong(at, "at least %d letters must stand before the first * or ?, such as niger*", MinStem)
	}
	if l.spent.patterns++; l.spent.patterns > MaxPatterns {
		return wrong(at, "the query has more than %d words with * or ?", MaxPatterns)
	}
	for strings.Contains(core, "**") {
		core = strings.ReplaceAll(core, "**", "*")
	}
	t.mask, t.exact = analysis.Fold(analysis.Lower(core)), false
	return simple(at, t.mask)
}

// simple tells whether Elasticsearch can make an automaton of a mask: behind a *,
// every ? and every letter that may come again multiply its states.
func simple(at int, mask string) error {
	_, tail, _ := strings.Cut(mask, "*")
	switch {
	case strings.Count(mask, "*") > MaxStars:
		return wrong(at, "a word may have up to %d *", MaxStars)
	case strings.Count(tail, "?") > MaxAfterStar:
		return wrong(at, "behind the first * of a word there may be up to %d ?", MaxAfterStar)
	case utf8.RuneCountInString(tail) > MaxTail:
		return wrong(at, "behind the first * of a word there may be up to %d characters", MaxTail)
	}
	return nil
}

// isWord tells whether s is one word and nothing else.
func isWord(s string) bool {
	whole := false
	analysis.Tokens(s, func(t analysis.Token) bool {
		whole = t == analysis.Token{Start: 0, End: len(s)}
		return false
	})
	return whole
}

// field reads the name of a field and its colon, if one stands here; nil if not. A
// colon is one if something stands right behind it.
func (l *lexer) field(at int) (*Field, error) {
	n := 0
	for r := l.peek(0); unicode.IsLetter(r) || n > 0 && (unicode.IsDigit(r) || r == '_' || r == '-'); r = l.peek(n) {
		n++
	}
	if n == 0 {
		return nil, nil //nolint:nilnil // there is none
	}
	name := string(l.text[l.i : l.i+n])
	next := l.peek(n + 1)
	switch c := l.peek(n); {
	case c == '<' || c == '>':
		if f := named(name); f != nil && f.ordered() && l.inside == nil {
			l.i += n
			return f, nil
		}
		return nil, nil //nolint:nilnil // it is a word
	case c != ':' || separates(next) || next == ')', next == '/' && l.peek(n+2) == '/':
		return nil, nil //nolint:nilnil // it is a word
	}
	f := named(name)
	switch {
	case f == nil && l.inside != nil && l.inside.kind != ofQuote:
		return nil, nil //nolint:nilnil // the value has a colon
	case f == nil:
		return nil, unknown(at, name)
	case l.inside != nil && l.inside.kind == ofQuote && f.Name != fieldSpeaker:
		return nil, wrong(at, "inside of %s:( ) only words and %s: can stand", l.inside.Name, fieldSpeaker)
	case l.inside != nil && l.inside.kind != ofQuote:
		return nil, wrong(at, "%s:( ) holds for all in its brackets, %s: must stand outside of them", l.inside.Name, f.Name)
	}
	l.i += n + 1
	return f, nil
}

const fieldSpeaker = "speaker"

func unknown(at int, name string) error {
	guess := "; the fields are in the documentation"
	if names := near(name); len(names) > 0 {
		guess = "; perhaps " + strings.Join(names, ": or ") + ":"
	}
	return wrong(at, "there is no field %s:%s. To look for the words as written, put them in quotation marks, or a blank behind the colon", clip(name), guess)
}

// ordered tells whether its values are greater or less than others.
func (f *Field) ordered() bool {
	return f.kind == ofNumber || f.kind == ofTime || f.kind == ofPeriod || f.kind == ofMoney
}

func clip(s string) string {
	const limit = 40
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}
