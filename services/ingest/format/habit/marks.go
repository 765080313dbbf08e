package habit

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/copytaster/copytaster/pkg/article"
)

// Line is a line of a message's top.
type Line struct {
	Text string
	// Heading says that it is the headline, in which words of notices may also
	// be the report's own.
	Heading bool
	// Field says that it is a field of a header or slug, where a word alone is
	// a mark, however it is written.
	Field bool
}

// Marks is what a message says of itself.
type Marks struct {
	Kill, Hold bool
	// Targets are the messages that a kill or hold is about, as far as it names
	// them; none: it doesn't.
	Targets []Target
	// Embargo says that one is stated; Until is its end, zero if that can't be
	// told.
	Embargo              bool
	Until                time.Time
	Correction, Advisory bool
	// OtherDay says that a kill or hold speaks of another day than its own.
	OtherDay bool
}

// Target is a message as another names it.
type Target struct {
	Agency string // or the service, "" if not said; in lower case
	Number int
	// Dated says that the notice speaks of another day than its own.
	Dated bool
}

// maxLine is the longest line that can be a mark, in bytes.
const maxLine = 240

// maxNotice is how much of a notice is read for what it is about, in bytes.
const maxNotice = 8 << 10

// maxTargets is how many messages one notice may kill.
const maxTargets = 20

// Read looks at the lines of a message's top.
func (a Agency) Read(top []Line) Marks {
	var m Marks
	for _, l := range top {
		if len(l.Text) > maxLine {
			continue
		}
		text := strip(l.Text)
		if text == "" {
			continue
		}
		upper := strings.ToUpper(text)
		line := spaced(upper)
		capitals := l.Field || upper == text
		m.Kill = m.Kill || capitals && lone.kill.alone(line) || l.Field && (tagged(text, words.Kill) || called(upper, words.Kill))
		m.Hold = m.Hold || capitals && lone.hold.alone(line) || l.Field && (tagged(text, words.Hold) || called(upper, words.Hold))
		m.Correction = m.Correction || capitals && lone.correction.alone(line) || tagged(text, words.Correction)
		m.Advisory = m.Advisory || lone.advisory.alone(line) || tagged(text, words.Advisory)
		a.embargo(&m, l)
	}
	return m
}

// embargo reads an embargo line. Of several the last that can be told counts
// if all can be told, the later: an embargo never ends early.
func (a Agency) embargo(m *Marks, l Line) {
	rest, ok := embargoed(l)
	if l.Field && advance.MatchString(l.Text) {
		rest, ok = "", true // its day is stated, its hour never
	}
	if !ok {
		return
	}
	home, _ := a.Location()
	if a.Zone == "" {
		home = nil
	}
	d := readMoment(rest)
	until, known := d.until(home)
	switch {
	case !known:
		m.Until = time.Time{}
	case !m.Embargo:
		m.Until = until
	case !m.Until.IsZero() && until.After(m.Until):
		m.Until = until
	}
	m.Embargo = true
}

// advance is a version sent ahead of its day: "ADV28", "Adv for Sunday".
var advance = regexp.MustCompile(`(?i)^adv(?:ance)?(?: ?\d{1,2}(?:-\d{1,2})?| for \pL.*)?$`)

// address is what may stand before a mark.
var address = regexp.MustCompile(`(?i)^(?:(?:eds|editors|attention(?: editors)?|attn(?: editors)?|attn: editors|achtung(?: redaktionen)?|hinweis|note to editors|editors' note|nota|note|obs|til redaktionen|till redaktionen)\s*[:,!–-]+\s*)+`)

// untils join an embargo's word to its end.
var untils = regexp.MustCompile(`(?i)^(?:until|till|til|to|bis|before|jusqu'(?:au|à)|hasta|fino|indtil|for release|zum)\b`)

// complete are openers that can only be followed by an embargo's end.
var complete = regexp.MustCompile(`(?: UNTIL| BEFORE|RELEASE| BIS|JUSQU'AU|JUSQU'À| HASTA| FINO AL| FINO ALLE| TILL| TIL| INDTIL| FØR)$`)

// dated are openers that mean something else unless a date follows.
var dated = regexp.MustCompile(`^(?:FREI AB|FREI FÜR)$| TO$| FOR$`)

// shortMark is the longest line in small letters that is an embargo without
// colon or date, in bytes.
const shortMark = 80

// embargoed tells whether a line states an embargo, and what follows its word.
// A report about an embargo ("Embargo on oil lifted", "EMBARGO LIFTED") has
// neither colon nor "until" nor a date behind the word.
func embargoed(l Line) (rest string, ok bool) {
	text := strings.TrimLeftFunc(l.Text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	text = strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "’", "'")
	text = address.ReplaceAllString(text, "")
	for _, w := range words.Embargo {
		if len(text) < len(w) || !strings.EqualFold(text[:len(w)], w) {
			continue
		}
		behind := text[len(w):]
		if r := []rune(behind); len(r) > 0 && (unicode.IsLetter(r[0]) || unicode.IsDigit(r[0])) {
			continue
		}
		colon := strings.HasPrefix(strings.TrimLeft(behind, " "), ":")
		rest = strings.TrimLeft(behind, " :,;-–—!")
		d := readMoment(rest)
		upper := text[:len(w)] == strings.ToUpper(text[:len(w)])
		until := untils.MatchString(rest) || complete.MatchString(w)
		blank := strings.TrimFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) == ""
		switch {
		case d.like():
			return rest, true
		case dated.MatchString(w):
		case upper && (until || colon || blank):
			return rest, true
		case l.Field && blank:
			return rest, true
		case !l.Heading && (colon || until && len(text) <= shortMark):
			return rest, true
		}
		return "", false
	}
	return "", false
}

// strip takes away what surrounds a mark.
func strip(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '#' })
	return strings.Join(strings.Fields(s), " ")
}

// beside may stand beside a mark and change nothing.
var beside = []string{"MANDATORY", "BULLETIN", "URGENT", "ADVISORY", "NOTICE", "STORY", "EDITORS", "ACHTUNG", "ATTENTION", "ATTN", "EDS", "EIL", "MELDUNG", "NOTE", "AND", "UND"}

// loners are words that may stand alone, as [spaced] has them.
type loners struct {
	words []string
	first map[string]bool // with which one begins, or a line of them may
}

func newLoners(list []string) loners {
	l := loners{first: map[string]bool{}}
	for _, s := range list {
		s = spaced(s)
		l.words = append(l.words, s)
		first, _, _ := strings.Cut(s[1:], " ")
		l.first[first] = true
	}
	for _, s := range beside {
		l.first[s] = true
	}
	return l
}

// alone tells whether a line, [spaced] and in capitals, consists of such words
// and nothing else. Most lines are none by their first word.
func (l loners) alone(line string) bool {
	first, _, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
	if quotes := strings.Trim(first, "'"); quotes != "" && !l.first[first] && !l.first[quotes] {
		return false
	}
	rest, found := line, false
	for _, w := range l.words {
		for strings.Contains(rest, w) {
			rest, found = strings.Replace(rest, w, " ", 1), true
		}
	}
	if !found {
		return false
	}
	for f := range strings.FieldsSeq(rest) {
		if !slices.Contains(beside, strings.Trim(f, "'")) && strings.Trim(f, "'") != "" {
			return false
		}
	}
	return true
}

// spaced is the words of a line with a space around each.
func spaced(s string) string {
	return " " + strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' }), " ") + " "
}

// tagged tells whether a line begins with such a word in capitals, followed
// by a colon or a dash: "CORRECTED-Minister resigns", "KORREKTUR: ...".
func tagged(line string, list []string) bool {
	for _, w := range list {
		if rest, ok := strings.CutPrefix(line, w); ok {
			rest = strings.TrimLeft(rest, " ")
			if strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "–") || strings.HasPrefix(rest, "/") {
				return true
			}
		}
	}
	return false
}

// called tells whether a line, in capitals, begins with such a word and a colon:
// "Kill: Ferry runs again". Only words count with which no report begins.
func called(line string, list []string) bool {
	return slices.ContainsFunc(unmistakable, func(w string) bool {
		rest, ok := strings.CutPrefix(line, w)
		return ok && strings.HasPrefix(strings.TrimLeft(rest, " "), ":") && slices.Contains(list, w)
	})
}

// orders begin the sentence in which a notice names what it is about.
var orders = regexp.MustCompile(`(?i)\b(?:kill|eliminate|withdraw|disregard|delete|hold|withhold|do not use|streichen|zurückziehen|ziehen|löschen|annullieren|nicht (?:zu )?verwenden|gesperrt|zurückgezogen|annul\pL*|anul\pL*|supprim\pL*|suspend\pL*|makuler\pL*|stryk\pL*|trekk\pL*|udgå\pL*|utgår|withdrawn|killed)\b`)

// named is a message by its number: "item dpa 157", "Meldung bdt0157",
// "dpa 157", "V9991".
var named = regexp.MustCompile(`(?i)\b(?:(?:items?|story|stories|messages?|meldung(?:en)?|nr\.?|no\.?|number|dépêches?|despachos?|noticias?|notizi[ae]|telegram(?:met|mer)?|melding(?:en)?)\s+(?:(\pL{1,8})[ -]?)?0*(\d{1,5})|(dpa|ap|afp|pa|aap|efe|ansa|tt|ntb|ritzau|reuters)[ -]0*(\d{1,5}))\b`)

// otherDay says that a notice speaks of another day than its own.
var otherDay = regexp.MustCompile(`(?i)\b(?:yesterday|gestern|hier|ayer|ieri|i går|igår|(?:of|from|on|vom|du|del|den|fra|från)\s+(?:last\s+)?(?:\d{1,2}[. ]|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)))`)

// Find adds what a kill or hold says it is about: the numbers in the sentences
// that order it, outside of quotation marks.
func (m Marks) Find(text string) Marks {
	if len(text) > maxNotice {
		text = strings.ToValidUTF8(text[:maxNotice], "")
	}
	text = unquoted(text)
	for _, s := range sentences(text) {
		if !orders.MatchString(s) {
			continue
		}
		dated := otherDay.MatchString(s)
		m.OtherDay = m.OtherDay || dated
		for _, g := range named.FindAllStringSubmatch(s, maxTargets+1) {
			t := Target{Agency: strings.ToLower(g[1] + g[3]), Dated: dated}
			for _, d := range g[2] + g[4] {
				t.Number = t.Number*10 + int(d-'0')
			}
			if slices.Contains([]string{"nr", "no", "number", "nummer", "numero", "item"}, t.Agency) {
				t.Agency = ""
			}
			if !slices.Contains(m.Targets, t) && t.Number > 0 {
				m.Targets = append(m.Targets, t)
			}
		}
	}
	if len(m.Targets) > maxTargets {
		m.Targets = nil // a list of everything names nothing
	}
	return m
}

var quotes = regexp.MustCompile("\"[^\"]*\"|“[^”]*”|„[^“]*“|«[^»]*»|``[^']*''")

func unquoted(s string) string { return quotes.ReplaceAllString(s, " ") }

var sentenceEnd = regexp.MustCompile(`[.!?]\s+(\p{Lu}\pL*)`)

// sentences cuts at full stops before a space and a capital letter, but not in
// a date ("23. November").
func sentences(s string) []string {
	var out []string
	from := 0
	for _, at := range sentenceEnd.FindAllStringSubmatchIndex(s, -1) {
		if at[0] > 0 && s[at[0]-1] >= '0' && s[at[0]-1] <= '9' && MonthOf(s[at[2]:at[3]]) != 0 {
			continue
		}
		out = append(out, s[from:at[0]+1])
		from = at[0] + 1
	}
	return append(out, s[from:])
}

// The lines of a text in which marks are looked for.
const (
	topLines    = 14 // of its beginning
	bottomLines = 4  // of its end
)

// Lines are the lines of a text in which marks may stand: its first and last
// ones, and all that are not for publication. Those in the midst of a text are
// held to the stricter rule for headlines, since a line may begin anywhere in
// a sentence.
func Lines(text []string) []Line {
	var out []Line
	full := make([]string, 0, len(text))
	for _, l := range text {
		if strings.TrimSpace(l) != "" {
			full = append(full, l)
		}
	}
	private := false
	for i, l := range full {
		if private = private || Private(l); private {
			out = append(out, Line{Text: l})
		} else if i < topLines || i >= len(full)-bottomLines {
			out = append(out, Line{Text: l, Heading: true})
		}
		private = private && !PrivateEnd(l)
	}
	return out
}

// Note tells whether all of a paragraph says something of the message.
func (a Agency) Note(paragraph string) bool {
	for l := range strings.SplitSeq(paragraph, "\n") {
		m := a.Read([]Line{{Text: l}})
		if !m.Notice() && !m.Embargo && !m.Advisory && !(m.Correction && len(l) <= maxNote) && !address.MatchString(strings.TrimLeft(l, "( *")) {
			return false
		}
	}
	return true
}

// maxNote is the longest paragraph that may be but a note of a correction, in
// bytes: a report may begin with the word, too.
const maxNote = 120

// Private tells whether a line opens what is not for publication.
func Private(line string) bool { return opens(line, words.Private) }

// PrivateEnd tells whether a line ends it.
func PrivateEnd(line string) bool { return opens(line, words.PrivateEnd) }

// opens tells whether a line is one of the phrases, or begins with it and a
// colon.
func opens(line string, list []string) bool {
	if len(line) > maxLine {
		return false
	}
	s := strings.ToUpper(strip(line))
	for _, w := range list {
		if rest, ok := strings.CutPrefix(s, w); ok && (rest == "" || strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, " (") || strings.HasPrefix(rest, " -")) {
			return true
		}
	}
	return false
}

// Apply puts what a message says of itself into its article. An embargo whose
// end can't be told withholds it: it must not go out too early.
func (m Marks) Apply(a *article.Article) {
	if m.Correction {
		a.Flag(article.FlagCorrection)
	}
	if m.Advisory {
		a.Flag(article.FlagAdvisory)
	}
	switch {
	case !m.Embargo:
	case !m.Until.IsZero():
		if m.Until.After(a.EmbargoUntil) {
			a.EmbargoUntil = m.Until
		}
	default:
		a.Flag(article.FlagEmbargoUnresolved)
		if a.Status != article.Canceled {
			a.Status = article.Withheld
		}
	}
}

// Notice tells whether the message is about another and no report.
func (m Marks) Notice() bool { return m.Kill || m.Hold }

// Notices are the articles that a message makes: itself, or if it kills or
// holds others, one for each of them under its URI. known says which that is;
// where that can't be told the message stands for itself, flagged, and kills
// nothing. One that says both kill and hold only holds.
func (m Marks) Notices(a article.Article, known func(Target) (article.URI, bool)) []article.Article {
	if !m.Notice() {
		return []article.Article{a}
	}
	var out []article.Article
	seen := map[article.URI]bool{}
	for _, t := range m.Targets {
		uri, ok := known(t)
		if !ok {
			a.Flag(article.FlagTargetUnknown)
			continue
		}
		if seen[uri] {
			continue
		}
		seen[uri] = true
		n := a
		n.URI, n.Flags = uri, nil
		n.PublishedAt = time.Time{} // that of the notice is none of the article
		if n.Status = article.Canceled; m.Hold {
			n.Status = article.Withheld
		}
		for _, f := range a.Flags {
			if f != article.FlagTargetUnknown && f != article.FlagIdentityFromText {
				n.Flag(f)
			}
		}
		out = append(out, n)
	}
	if len(m.Targets) == 0 {
		a.Flag(article.FlagTargetUnknown)
	}
	if slices.Contains(a.Flags, article.FlagTargetUnknown) {
		a.Flag(article.FlagAdvisory)
		out = append(out, a)
	}
	return out
}
