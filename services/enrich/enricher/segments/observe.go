package segments

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/grammar"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

const (
	shortWords  = 14
	mediumWords = 45
	terseWords  = 14 // a sentence of a standfirst
	// comparePieces is how many pieces at the top are compared with each
	// other for repetition, compareWords how long they may be.
	comparePieces = 16
	compareWords  = 40
	// closeLook is how many words of a piece are looked at for phrases.
	closeLook   = 120
	maxListHead = 6  // words of a line that heads a list of links
	maxCrumbs   = 12 // words of a path through a site
	maxDated    = 18 // words of a line that is a date
)

// observe collects the evidence of every piece and weighs it.
func (e *Enricher) observe(a *article.Article, ps []piece) {
	src := [2]string{a.Source, a.Provider}
	for i := range ps {
		e.alone(&ps[i], src)
	}
	repeats(ps)
	section, list := false, false
	for i := range ps {
		p := &ps[i]
		// A list of links stands below a line such as "Related stories".
		if list && p.ev&(evBullet|evGiven) == 0 && p.ev&evBrief != 0 && p.ev&(evNoStop|evAsks) != 0 {
			p.ev |= evListed
		} else {
			list = p.ev&evFurnitureSub != 0 && p.ev&(evNoStop|evColonEnd) != 0 && len(p.Tokens) <= maxListHead && i+2 < len(ps) && p.plural(ps[i+1:])
		}
		if i == 0 {
			p.ev |= evFirst
		}
		if i >= len(ps)-4 && i*2 >= len(ps) {
			p.ev |= evNearEnd
		}
		if i > 0 {
			b := &ps[i-1]
			if b.hint == article.Dateline {
				p.ev |= evAfterDate
			}
			if b.ev&evCredit != 0 {
				p.ev |= evAfterCredit
				if p.adjacent && p.block != b.block {
					p.ev |= evBelowCredit
				}
			}
		}
		if i+1 < len(ps) {
			n := &ps[i+1]
			if n.ev&evCredit != 0 {
				p.ev |= evBeforeCredit
				if n.adjacent && !p.adjacent && n.block != p.block {
					p.ev |= evAboveCredit
				}
				if n.block == p.block {
					p.ev |= evSameCredit
				}
			}
			if n.hint == article.Residue && n.block == p.block {
				p.ev |= evPhotoMark
			}
		}
		if section {
			switch {
			case p.ev&(evSignoff|evWriters|evOwnSource|evRights) != 0 && p.ev&evBullet == 0:
				section = false
			default:
				p.ev |= evSection
			}
		}
		// A heading for editors governs what follows, unless it stands at the
		// top, where the report itself is still to come.
		if p.fixed == "" && (i*2 >= len(ps) || strings.HasPrefix(p.String(), "#")) {
			_, opens := grammar.ParseNote(e.lex, p.Line)
			section = section || opens
		}
	}
	// What comes next to read: bylines, pictures and the like in between say
	// nothing about what a standfirst stands before.
	var next evidence
	for i := len(ps) - 1; i >= 0; i-- {
		p := &ps[i]
		p.ev |= next
		switch {
		case p.hint == article.Dateline:
			next = evBeforeDate
		case p.ev&(evByline|evBylineWeak|evCredit|evSameCredit|evPhotoMark|evPhotoAlone|evDateOnly|evBullet|evCityOnly|evFurnitureSub) != 0:
		case p.ev&evNewsy != 0 && p.ev&(evMedium|evLong) != 0:
			next = evNextNewsy
		default:
			next = 0
		}
	}
	for i := range ps {
		ps[i].weigh()
	}
}

// plural tells whether two lines or more of a list follow, or one that stands
// right below.
func (p *piece) plural(rest []piece) bool {
	listed := func(q *piece) bool { return q.ev&evBrief != 0 && q.ev&(evNoStop|evAsks) != 0 && q.hint == "" }
	return listed(&rest[0]) && (rest[0].adjacent || len(rest) > 1 && listed(&rest[1]))
}

func (p *piece) weigh() {
	p.scores = usual
	if f, ok := found[p.hint]; ok {
		p.scores[f.kind] += f.weight
	}
	for _, t := range table {
		if p.ev&t.ev == 0 {
			continue
		}
		for k, w := range t.w {
			p.scores[k] += w
		}
	}
	if p.fixed != "" {
		const sure = 60
		for k, name := range kindNames {
			if name == p.fixed {
				p.scores[k] += sure
			}
		}
	}
}

// alone observes what the piece says by itself.
func (e *Enricher) alone(p *piece, sources [2]string) {
	n := len(p.Tokens)
	s := p.String()
	lex := e.lex
	if n == 0 {
		p.ev |= evNoWords
		return
	}
	switch {
	case n <= 4:
		p.ev |= evVeryShort
	case n <= shortWords:
		p.ev |= evShort
	case n <= mediumWords:
		p.ev |= evMedium
	default:
		p.ev |= evLong
	}
	switch p.Terminal() {
	case '.', '…', '。':
		p.ev |= evStop
	case '?', '!':
		p.ev |= evAsks
	case ':', ',', ';':
		p.ev |= evColonEnd
	default:
		p.ev |= evNoStop
	}
	first := p.Tokens[0]
	if first.Shape&lexicon.Lower != 0 {
		p.ev |= evLowerStart
	}
	if bulleted(s) {
		p.ev |= evBullet
	}
	if s[0] == '(' && s[len(s)-1] == ')' {
		p.ev |= evBracketed
	}
	p.quotes(s)
	p.words(lex)
	if p.hint == article.Dateline {
		return
	}
	if n <= mediumWords {
		if _, ok := grammar.ParseCredit(lex, p.Line); ok {
			p.ev |= evCredit
		}
		if b, ok := grammar.ParseByline(lex, p.Line); ok {
			if b.Opener {
				p.ev |= evByline
			} else {
				p.ev |= evBylineWeak
			}
		}
		if given, ok := grammar.ParseName(lex, p.Line); ok {
			p.ev |= evName
			if given {
				p.ev |= evGiven
			}
		}
		if so, ok := grammar.ParseSignoff(lex, p.Line); ok {
			switch {
			case so.Writers:
				p.ev |= evWriters
			case so.Agency != nil:
				p.ev |= evSignoff
			case so.End:
				p.ev |= evEnd
			default:
				p.ev |= evInitials
			}
		}
		if p.hint == "" {
			if d, ok := grammar.ParseDateline(lex, p.Line); ok && d.End == p.End {
				if d.Agency != nil {
					p.ev |= evDateline
				} else {
					p.ev |= evCityOnly
				}
			}
		}
		e.reference(p)
	}
	switch c, _ := grammar.ParseNote(lex, p.Line); {
	case c >= 0.85:
		p.ev |= evNote
	case c > 0:
		p.ev |= evNoteWeak
	}
	e.furniture(p, s, sources)
	e.site(p, s)
	e.picture(p)
	if n <= 3 && lex.Phrases.Longest(p.Tokens, lexicon.KickerWord).Tokens == n {
		p.ev |= evKickerWord
	}
	if m := lex.Phrases.Longest(p.Tokens, lexicon.Standfirst); m.Tokens > 0 && strings.HasPrefix(strings.TrimLeft(p.Text[p.Tokens[m.Tokens-1].End:p.End], ".) "), ":") {
		p.ev |= evSubtitle
	}
}

func (p *piece) quotes(s string) {
	first, _ := utf8.DecodeRuneInString(s)
	for _, mark := range [...]string{"\"", "“", "”", "„", "«", "»"} {
		if strings.Contains(s, mark) {
			p.ev |= evHoldsQuote
			break
		}
	}
	if s[0] == '>' && len(s) > 20 {
		p.ev |= evQuotedBy
	}
	if !isQuoteMark(first) || len(p.Tokens) < 4 {
		return
	}
	last := strings.LastIndexFunc(s, isQuoteMark)
	_, size := utf8.DecodeRuneInString(s[last:])
	if last == 0 {
		return
	}
	// A mark inside closes one quotation: then it is not one as a whole.
	_, open := utf8.DecodeRuneInString(s)
	if strings.ContainsFunc(s[open:last], isQuoteMark) {
		return
	}
	rest := strings.TrimSpace(s[last+size:])
	r, _ := utf8.DecodeRuneInString(rest)
	switch {
	case rest == "" || rest == ".":
		p.ev |= evQuoted
	case strings.Contains(s[last+size:len(s)-len(rest)], "\n") && len(rest) < 120 && unicode.IsUpper(r) && !strings.ContainsAny(rest[len(rest)-1:], ".!?:;,"):
		p.ev |= evQuotedBy // its speaker on a line below
	case r == '(' && strings.HasSuffix(rest, ")"), strings.ContainsRune("-–—", r) && len(rest) < 120:
		p.ev |= evQuotedBy
	}
}

func isQuoteMark(r rune) bool {
	switch r {
	case '"', '“', '”', '„', '«', '»':
		return true
	}
	return false
}

// words observes capitals, sentences, and words of time and of saying.
func (p *piece) words(lex *lexicon.Lexicon) {
	caps, letters, sentences, since, longest := 0, 0, 1, 0, 0
	for i, t := range p.Tokens {
		if i >= 4*closeLook {
			break
		}
		if t.Shape&lexicon.Digits == 0 {
			letters++
			if t.Shape&lexicon.AllCaps != 0 || t.End-t.Start == 1 && t.Shape&lexicon.Upper != 0 {
				caps++
			}
		}
		if i > 0 && t.Start-p.Tokens[i-1].End >= 2 {
			b := p.Tokens[i-1]
			g := p.Text[b.End:t.Start]
			if t.Shape&lexicon.Lower == 0 && strings.ContainsAny(g, ".!?…") && (b.End-b.Start > 3 || b.Shape&lexicon.Upper == 0) && b.Shape&lexicon.Digits == 0 {
				sentences++
				longest = max(longest, i-since)
				since = i
			}
		}
		if i < closeLook && p.ev&evNewsy == 0 && i > 0 {
			if lex.Phrases.Longest(p.Tokens[i:min(i+5, len(p.Tokens))], lexicon.Weekday|lexicon.Said|lexicon.According).Tokens > 0 {
				p.ev |= evNewsy
			}
		}
	}
	if p.ev&evNewsy == 0 && lex.Phrases.All(p.Tokens)&lexicon.According != 0 {
		p.ev |= evNewsy
	}
	if caps > 0 && caps == letters && (letters > 1 || p.Tokens[0].Shape&lexicon.AllCaps != 0) {
		p.ev |= evAllCaps
	}
	if sentences > 1 {
		p.ev |= evSentences
		if len(p.Tokens) <= sentences*terseWords && len(p.Tokens) <= mediumWords {
			p.ev |= evTerse
		}
	}
}

func (e *Enricher) reference(p *piece) {
	n := len(p.Tokens)
	if n < 2 || n > shortWords || p.ev&(evStop|evAsks|evColonEnd) != 0 || p.Tokens[0].Shape&lexicon.Upper == 0 {
		return
	}
	m := e.lex.Phrases.Longest(p.Tokens, lexicon.Reference)
	if m.Tokens == 0 {
		return
	}
	after := p.Text[p.Tokens[m.Tokens-1].End:]
	if m.Tokens == 1 && !strings.HasPrefix(strings.TrimLeft(after, " \u00a0"), ":") && !strings.HasPrefix(after, " (") {
		// "Bericht" alone says little: a name must follow.
		if e.lex.Phrases.All(p.Tokens[1:2])&(lexicon.Article|lexicon.Particle|lexicon.Join) == 0 && !strings.ContainsAny(p.String(), "\"“„«") {
			return
		}
	}
	for _, t := range p.Tokens[m.Tokens:] {
		if t.Shape&lexicon.Upper != 0 {
			p.ev |= evReference
			return
		}
	}
}

func (e *Enricher) furniture(p *piece, s string, sources [2]string) {
	lex, n := e.lex, len(p.Tokens)
	if m := lex.Phrases.Longest(p.Tokens, lexicon.Boilerplate); m.Tokens > 0 {
		after := p.Text[p.Tokens[m.Tokens-1].End:p.End]
		colon := strings.HasPrefix(strings.TrimLeft(after, " \u00a0"), ":")
		switch {
		case m.Tokens < n && n <= shortWords && coded(p.Tokens[m.Tokens:]), colon, m.Tokens == n, m.Tokens >= 2 && n <= shortWords, m.Tokens >= 3 && n <= mediumWords:
			p.ev |= evFurniture | evFurnitureSub
		case m.Tokens >= 2 && n <= mediumWords:
			p.ev |= evFurniture
		}
	}
	if m := lex.Phrases.Longest(p.Tokens, lexicon.Source); m.Tokens > 0 && n <= 12 && n > m.Tokens {
		after := strings.TrimLeft(p.Text[p.Tokens[m.Tokens-1].End:p.End], " \u00a0")
		if strings.HasPrefix(after, ":") || m.Tokens > 1 {
			p.ev |= evSource
		}
	}
	if n <= 10 {
		for _, src := range sources {
			if len(src) >= 3 && p.ev&evByline == 0 && indexFold(s, src) >= 0 && !(p.ev&evSignoff != 0 && lex.Phrases.All(p.Tokens)&lexicon.Source == 0) {
				if len(s) <= len(src)+24 && n > 1 || lex.Phrases.All(p.Tokens)&lexicon.Source != 0 {
					p.ev |= evOwnSource
				}
			}
		}
	}
	rights := 0
	for i := range min(n, closeLook) {
		if lex.Phrases.Longest(p.Tokens[i:], lexicon.Rights).Tokens <= 1 {
			continue
		}
		// Deep in a long paragraph one says little: "spinach distributed by a company".
		if rights++; rights > 1 || n <= mediumWords || p.opensSentence(i) {
			p.ev |= evRights
			break
		}
	}
	if p.ev&evSignoff == 0 && p.dated(lex) {
		p.ev |= evDateOnly
	}
	if n <= mediumWords {
		contact := 0
		switch {
		case strings.Contains(s, "http://"), strings.Contains(s, "https://"), strings.Contains(s, "www."):
			if n <= shortWords {
				p.ev |= evURL
			}
			contact++
		case strings.Contains(s, "@") && strings.Contains(s, "."):
			contact++
		}
		if i := strings.Index(s, "+"); i >= 0 && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9' {
			contact++
		}
		if contact > 0 {
			p.ev |= evContact
		}
	}
	if strings.HasPrefix(s, "©") || lex.Phrases.Longest(p.Tokens, lexicon.Boilerplate).Tokens > 0 && strings.HasPrefix(strings.ToLower(s[:min(len(s), 9)]), "copyright") {
		if p.ev&(evSignoff|evCredit) == 0 {
			p.ev |= evRights
		}
	}
}

// dated tells whether the piece is a date or a time, and nothing else.
func (p *piece) dated(lex *lexicon.Lexicon) bool {
	n := len(p.Tokens)
	if n > maxDated {
		return false
	}
	dated := 0
	for i, t := range p.Tokens {
		if t.Shape&lexicon.HasDigit != 0 {
			dated++
			continue
		}
		switch c := lex.Phrases.All(p.Tokens[i:min(n, i+6)]); {
		case c&(lexicon.Month|lexicon.Weekday) != 0:
			dated++
		case t.End-t.Start <= 4 && n <= 16: // Uhr, CET, PM, Min
		case c&lexicon.Boilerplate == 0:
			return false
		}
	}
	return dated >= 2
}

func (e *Enricher) picture(p *piece) {
	lex, n := e.lex, len(p.Tokens)
	m := lex.Phrases.Longest(p.Tokens, lexicon.Photo|lexicon.Archive)
	if m.Tokens > 0 {
		after := strings.TrimLeft(p.Text[p.Tokens[m.Tokens-1].End:p.End], " \u00a0")
		switch {
		case m.Tokens == n && m.Classes&lexicon.Photo != 0:
			p.ev |= evPhotoAlone
		case strings.HasPrefix(after, ":"):
			p.ev |= evPhotoOpener
		case m.Classes&lexicon.Archive != 0 && m.Tokens > 1 && n > m.Tokens:
			p.ev |= evPhotoOpener
		}
	}
	// "(Archivbild)", "(file photo)" at the end
	for i := max(0, n-4); i < n; i++ {
		if i > 0 && strings.ContainsAny(p.Text[p.Tokens[i-1].End:p.Tokens[i].Start], "([/,") {
			if m := lex.Phrases.Longest(p.Tokens[i:], lexicon.Archive|lexicon.Photo); m.Tokens > 0 && i+m.Tokens == n {
				p.ev |= evArchive
			}
		}
	}
}

// repeats finds short pieces that say the same: of those, the cleanest is the
// one that counts.
func repeats(ps []piece) {
	n := min(len(ps), comparePieces)
	seen := map[uint64]struct{}{}
	for i := range n {
		if ps[i].hint == article.Residue || len(ps[i].Tokens) < 3 || len(ps[i].Tokens) > compareWords || ps[i].ev&evRepeat != 0 {
			continue
		}
		best := i
		var same []int
		for j := i + 1; j < n; j++ {
			if len(ps[j].Tokens) < 3 || len(ps[j].Tokens) > compareWords || ps[j].hint == article.Dateline || ps[j].ev&evAfterDate != 0 {
				continue
			}
			if j > 0 && ps[j-1].hint == article.Dateline {
				continue
			}
			if alike(ps[i].Tokens, ps[j].Tokens) {
				same = append(same, j)
				// The site's name behind it makes the longer one the copy.
				if len(ps[j].Tokens) < len(ps[best].Tokens) && tailed(ps[best].Line, len(ps[j].Tokens)) {
					best = j
				}
			}
		}
		if len(same) == 0 {
			continue
		}
		ps[best].ev |= evRepeated
		seen[sequence(ps[best].Tokens)] = struct{}{}
		for _, j := range append(same, i) {
			if j != best {
				ps[j].ev |= evRepeat
			}
		}
	}
	if len(ps) <= n {
		return
	}
	for i := range n {
		if len(ps[i].Tokens) >= 4 && len(ps[i].Tokens) <= compareWords && ps[i].ev&evStop == 0 {
			seen[sequence(ps[i].Tokens)] = struct{}{}
		}
	}
	for i := n; i < len(ps); i++ {
		if t := ps[i].Tokens; len(t) >= 4 && len(t) <= compareWords {
			if _, ok := seen[sequence(t)]; ok {
				ps[i].ev |= evRepeat
			}
		}
	}
}

// tailed tells whether word n of l follows a mark that sets a site's name off.
func tailed(l grammar.Line, n int) bool {
	return strings.ContainsAny(l.Text[l.Tokens[n-1].End:l.Tokens[n].Start], "|-–—·:»•(")
}

// alike tells whether a and b are the same words, but for a few, or for a tail
// that one of them has.
func alike(a, b []lexicon.Token) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	same := 0
	for same < len(a) && a[same].Hash == b[same].Hash {
		same++
	}
	if same == len(a) {
		return len(b)-len(a) <= 6 && len(a) >= 4 || len(b) == len(a)
	}
	if len(a) < 5 || len(b)-len(a) > 3 {
		return false
	}
	found := 0
	for _, t := range a {
		for _, u := range b {
			if t.Hash == u.Hash {
				found++
				break
			}
		}
	}
	return found*10 >= len(b)*8
}

func sequence(ts []lexicon.Token) uint64 {
	h := uint64(1469598103934665603)
	for _, t := range ts {
		h = (h ^ t.Hash) * 1099511628211
	}
	return h
}

// kicker finds "Topic: " in front of a headline: at is the byte behind the
// colon, next where the headline begins; 0 if there is none. A word before a
// colon may as well be a speaker: how the text uses it elsewhere decides.
func (e *Enricher) kicker(ps []piece, i int) (at, next int) {
	const maxTopic, minRest = 4, 3
	p := &ps[i]
	for n := 1; n <= maxTopic && n+minRest <= len(p.Tokens); n++ {
		t := p.Tokens[n-1]
		if n == 1 && t.Shape&lexicon.Upper == 0 {
			return 0, 0
		}
		g := p.Text[t.End:p.Tokens[n].Start]
		if !strings.HasPrefix(g, ":") {
			if strings.TrimSpace(g) != "" && g != "-" {
				return 0, 0
			}
			continue
		}
		if len(g) < 2 {
			return 0, 0
		}
		if !e.topical(ps, i, n) {
			return 0, 0
		}
		at = int(t.End) + 1
		next = at
		for next < p.End {
			r, size := utf8.DecodeRuneInString(p.Text[next:p.End])
			if !unicode.IsSpace(r) {
				break
			}
			next += size
		}
		return at, next
	}
	return 0, 0
}

func (e *Enricher) topical(ps []piece, i, n int) bool {
	head := ps[i].Tokens[:n]
	// "Exclusive:" is of the headline, "EXCLUSIVE:" is set off from it.
	if m := e.lex.Phrases.Longest(head, lexicon.KickerWord|lexicon.City); m.Tokens == n && m.Classes&lexicon.Form == 0 {
		return true
	}
	if capitals(head) && !capitals(ps[i].Tokens[n:]) {
		return true
	}
	// Where the headline stands again without it, it is no part of it.
	rest := ps[i].Tokens[n:]
	for j := range ps[:min(len(ps), comparePieces)] {
		if t := ps[j].Tokens; j != i && len(t) == len(rest) && len(t) >= 3 && sequence(t) == sequence(rest) {
			return true
		}
	}
	for _, t := range head {
		if t.Shape&lexicon.Upper == 0 {
			return false
		}
	}
	if n > 2 {
		return false
	}
	topic, name := 0, 0
	for j := range ps {
		if j == i {
			continue
		}
		toks := ps[j].Tokens
		for k := 0; k+n <= len(toks) && k < 4*closeLook; k++ {
			if toks[k].Hash != head[0].Hash || n == 2 && toks[k+1].Hash != head[1].Hash {
				continue
			}
			switch {
			case k == 0:
			case toks[k-1].Shape&lexicon.Lower != 0 && e.lex.Phrases.All(toks[k-1:k])&(lexicon.Article|lexicon.Particle|lexicon.Join) != 0:
				topic++
			case toks[k-1].Shape&lexicon.Upper != 0:
				name++
			}
		}
	}
	return topic > name
}

// indexFold finds sub in s without regard to case.
func indexFold(s, sub string) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		if c := s[i]; c|sub[0] < utf8.RuneSelf && (c^sub[0])&^0x20 != 0 {
			continue // neither is the other's capital
		}
		if strings.EqualFold(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}

// capitals tells whether all words are in capitals, and one of them is no
// short form such as "EU".
func capitals(toks []lexicon.Token) bool {
	long := false
	for _, t := range toks {
		switch {
		case t.Shape&lexicon.AllCaps != 0:
			long = long || t.End-t.Start > 3
		case t.Shape&lexicon.Digits == 0:
			return false
		}
	}
	return long
}

// coded tells whether all words hold a digit, as numbers of securities do.
func coded(toks []lexicon.Token) bool {
	for _, t := range toks {
		if t.Shape&lexicon.HasDigit == 0 {
			return false
		}
	}
	return true
}

// site observes what only a web page says: where in the site one is, and what
// one should do there.
func (e *Enricher) site(p *piece, s string) {
	lex, n := e.lex, len(p.Tokens)
	if n <= maxCrumbs && p.crumbs(lex) {
		p.ev |= evCrumbs
	}
	if lex.Phrases.Longest(p.Tokens, lexicon.Standfirst).Tokens == n {
		p.ev |= evFurniture | evFurnitureSub
	}
	for _, mark := range []string{"+++", "***", "===", ">>>"} {
		if strings.HasPrefix(s, mark) && (strings.HasSuffix(s, mark) || mark == ">>>") {
			p.ev |= evRuled
		}
	}
	if n > mediumWords {
		return
	}
	for i := range p.Tokens {
		m := lex.Phrases.Longest(p.Tokens[i:], lexicon.Invite)
		// One word may be news; in a short line of its own it seldom is.
		if m.Tokens > 1 || m.Tokens == 1 && (n <= shortWords && p.ev&evHoldsQuote == 0 || p.ev&evRuled != 0) {
			p.ev |= evInvite
			return
		}
	}
}

// opensSentence tells whether a sentence begins with word i.
func (p *piece) opensSentence(i int) bool {
	return i == 0 || strings.ContainsAny(p.Text[p.Tokens[i-1].End:p.Tokens[i].Start], ".!?:©\n")
}

// crumbs tells whether the line is a path such as "News | Region | Town".
func (p *piece) crumbs(lex *lexicon.Lexicon) bool {
	n := len(p.Tokens)
	if p.ev&evNoStop == 0 || n < 2 {
		return false
	}
	parts, size := 1, 0
	for i, t := range p.Tokens {
		if t.Shape&lexicon.HasDigit != 0 {
			return false
		}
		if _, k := lex.Mark(p.Tokens[i:]); k > 0 && t.Shape&lexicon.AllCaps != 0 {
			return false
		}
		if i > 0 {
			g := p.Text[p.Tokens[i-1].End:t.Start]
			if strings.ContainsAny(g, "|›»→") || strings.Contains(g, " > ") || strings.Contains(g, " / ") {
				parts, size = parts+1, 0
			} else if strings.ContainsAny(g, ":;?!\"“„") {
				return false
			}
		}
		if size == 0 && t.Shape&lexicon.Upper == 0 || size == 4 || lex.Phrases.All(p.Tokens[i:i+1])&lexicon.Role != 0 {
			return false
		}
		size++
	}
	return parts > 1
}
