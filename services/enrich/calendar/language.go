// Package calendar reads dates and periods out of prose: absolute, relative,
// partial and vague ones, as intervals with a precision. What a language calls
// them is data under data/lang, one folder for each; the rules are the same for
// all. Nothing here knows what day it is: an expression that needs a date to
// count from is resolved by the one that the caller gives, or not at all.
package calendar

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// kind is a role that a phrase plays in telling the time. A phrase may play
// several.
type kind = lexicon.Class

// The kinds, one per section of terms.txt.
const (
	month          kind = 1 << iota // 1 to 12
	monthShort                      // its abbreviation: counts only beside a day or year
	monthAlone                      // a month that nothing else is called, and that needs no cue
	weekday                         // 1 (Monday) to 7
	weekdayShort                    // counts only before a date
	season                          // 1 (spring) to 4
	ordinal                         // 1 and up; -1: the last
	number                          // number words
	unit                            // one day, week, ...: a period
	units                           // several of them
	quarterNamed                    // a word of its own for one quarter
	quarterSign                     // the letter of Q3
	part                            // early, mid, late
	shift                           // last (-1), this (0), next (1), before a noun
	shiftPlural                     // coming, before several
	shiftAfter                      // the same behind the noun
	day                             // today (0), yesterday (-1)
	period                          // a word for a period by its distance: "Vorjahr"
	of                              // may stand between the parts of a date
	articleWord                     //
	to                              // between the ends of a range
	and                             //
	between                         // opens a range whose ends "and" joins
	at                              // a month may follow without day or year
	in                              // ... even if a name follows
	on                              // a weekday may follow even if a name follows that
	yearCue                         // a year may follow
	nounCue                         // a year may follow if a noun does ("the 2022 budget")
	since                           // what follows has begun
	meantFor                        // what follows is to come, if it is a day
	until                           // what follows is to come, if no verb says otherwise
	every                           // what follows is a habit and no date
	agoBefore                       // "il y a" two weeks
	agoAfter                        // two weeks "ago"
	ahead                           // "in" two weeks
	later                           // two days "later" (1) or "earlier" (-1)
	nextDay                         // the day after (1) or before (-1) one that was named
	following                       // "the following" (1), "the previous" (-1), "that" (0) Monday; 2: "the same", before units only
	followingAfter                  // lundi "suivant" (1), cette année "-là" (0), and by how many days a day is put off: lundi "en huit" (7)
	decade                          // the sixties: 60
	decadeCue                       // what they must have before them
	decades                         // "années" 90
	feast                           //
	named                           // a day that is known by a name
	none                            // looks like a date and is none
	few                             //
	yearNoun                        // what is counted, if a year's number stands before it
	notBehind                       // a number behind it is no year
	function                        // small words, which may follow a year
	play                            // words of sports: halves and quarters are of a match
	partHyphen                      // counts only with a hyphen: "end-March"
	figuresFor                      // what follows is over, though figures are to come
	untilStrictly                   // what follows is to come behind a verb of shuts
	after                           // a quarter that follows is over
	seasonArticle                   // a season that without article is another word
	nameNoun                        // behind a month or weekday, or before a day ("rue du" 8 mai), it makes it a name
	cardinalPart                    // "the first" six months
	mononym                         // before a name that stands alone: "Pope"
	work                            // what has a title: "novel"
	beforehand                      // something to come follows: "before" Sunday's election
	target                          // between a verb that puts off and the new day
	than                            // what is earlier or later than usual hangs on nothing
	dating                          // between a noun and the day that it is of: "vom"
	span                            // a stretch of a year: the same "period"; -1: "Vorjahreszeitraum"
)

var sections = map[string]kind{
	"month": month, "month short": monthShort, "month alone": monthAlone, "weekday": weekday, "weekday short": weekdayShort,
	"season": season, "season needs article": seasonArticle, "ordinal": ordinal, "number": number, "unit": unit, "units": units,
	"quarter named": quarterNamed, "quarter sign": quarterSign, "part": part, "shift": shift, "shift plural": shiftPlural,
	"shift after": shiftAfter, "day": day, "period": period, "of": of, "article": articleWord,
	"to": to, "and": and, "between": between, "at": at, "in": in, "on": on, "year cue": yearCue, "cued by noun": nounCue, "since": since, "meant for": meantFor,
	"until": until, "every": every, "ago before": agoBefore, "ago": agoAfter, "ahead": ahead, "later": later,
	"next day": nextDay, "following": following, "following after": followingAfter, "decade": decade, "decade cue": decadeCue,
	"decades": decades, "feast": feast, "named": named, "none": none, "few": few, "noun behind year": yearNoun,
	"not behind": notBehind, "function": function, "play": play, "cardinal part": cardinalPart, "name noun": nameNoun,
	"part hyphen": partHyphen, "figures for": figuresFor, "until strictly": untilStrictly, "after": after, "dating": dating, "span": span, "than": than, "target": target, "beforehand": beforehand, "mononym": mononym, "work": work,
}

// role is what a phrase says of the direction of time.
type role uint64

// The roles, one per section of tense.txt.
const (
	clause      role = 1 << iota // opens a clause
	coordinator                  // may open a clause, or join two nouns
	future                       // says that it is to come
	present                      //
	past                         //
	noVerb                       // has the ending of a verb and is none
	shuts                        // what was done lasts
	infinitive                   // the word behind it is no finite verb
	unplanned                    // the present of what nobody plans: it has happened
	once                         // what is told was to come then: "originally"
	wasOnly                      // says that something is no more
	never                        // never a verb, whatever its place
	subject                      // a small word that a verb may follow
	states                       // "to be": "está" cerrado
	perfect                      // an auxiliary behind which even "would" is past: "haber"
	withBe                       // a participle that "to be" makes past: "venu"
	opening                      // says when something is open
	event                        // a noun for what nobody announces: "attack"
	eventful                     // an adjective that only such a thing has: "deadly"
	titleShort                   // an abbreviation before names, whose full stop ends no sentence: "Sen."
	says                         // a finite verb of saying, which the day may stand before: "Monday said"
	outcome                      // a noun for what has happened unless the clause looks ahead: "victory"
	awaited                      // a participle of what was to come: "geplante"
	decides                      // the past of a verb behind which an infinitive is to come
	callsOff                     // says that what was to come is not, or not then
	reflexive                    // makes "to be" an auxiliary of the past: "s'est" ouvert
	wasTo                        // the past of what was to come then: "devait", "vencía"
	clock                        // between the figures of a time of day and the day: "a.m.", "Uhr"
	contract                     // what is traded for a month to come: "delivery"
	namesake                     // a name follows: "namens", "surnamed"
	whoBehind                    // what it follows is a person: "who"
	purpose                      // behind a date until which there is time: "until Friday" to pay
	hadDone                      // an auxiliary whose participle is over: "hatte" angekündigt
	title                        // stands before nothing but names: "Mr", "Ministerin"
	figures                      // what is published of a month or quarter: "results"
	publishes                    // says that figures are published
	comparison                   // before a figure that another one is compared with: "after" 3 percent
	nounToo                      // a verb that is a noun behind a preposition: "plans"
	degrees                      // what is told in degrees: "temperatures"
	negation                     // between "did" and a verb: "did not return"
	datedNoun                    // what happens once, though "a" day stands before it: "deadline"
	weekly                       // a day of the week behind it is every week's: "du" dimanche
	speaks                       // what is said may follow without a word between: "said"
	annual                       // what has a year, and no number of them is counted: "revenue"
	single                       // a verb of one thing, which no number follows: "war" 1998 Minister
	dayPart                      // behind a day, a part of it: "night"
	club                         // stands in the name of a club: "TSV"
	written                      // what is dated when it is out: "letter"
	steady                       // an adjective of figures, which are of what is over: "unchanged" in May
	happens                      // a verb of what has its time: "lasted", "was held"
	condition                    // opens a clause of what may come: "if"
	adverb                       // may stand between an auxiliary and its participle: "soon"
	anterior                     // an auxiliary of what was before then: "had"
	byNow                        // one of what is done by now: "has"
	superlative                  // says that nothing is more so: "mayor"
	summons                      // a verb of calling what is to come: "convocado"
	gives                        // a verb of giving time: "gave" them until Friday

	looked role = 1 << 63 // of a word of the text: its roles were looked up
)

var tenses = map[string]role{
	"clause": clause, "coordinator": coordinator, "future": future, "present": present, "past": past, "no verb": noVerb, "shuts": shuts, "infinitive": infinitive,
	"unplanned": unplanned, "once": once, "was only": wasOnly, "never verb": never, "subject": subject, "states": states,
	"perfect": perfect, "with be": withBe, "opening": opening, "calls off": callsOff, "awaited": awaited, "event": event, "eventful": eventful, "outcome": outcome, "title short": titleShort, "says": says, "decides": decides, "reflexive": reflexive,
	"was to": wasTo, "clock": clock, "contract": contract, "namesake": namesake, "behind person": whoBehind, "speaks": speaks, "weekly": weekly, "dated noun": datedNoun, "negation": negation, "adverb": adverb, "anterior": anterior, "by now": byNow, "condition": condition, "superlative": superlative, "gives": gives, "summons": summons, "happens": happens, "club": club, "written": written, "steady": steady, "part of day": dayPart, "annual": annual, "single": single, "degrees": degrees, "title": title, "figures": figures, "publishes": publishes, "compared": comparison, "noun too": nounToo, "purpose": purpose, "had": hadDone,
}

// value is what a phrase means in one of its roles.
type value struct {
	kind kind
	n    int
	unit Unit
	part Part
	date string // of a feast or a named day
}

// Language is how one language tells the time. It is read-only.
type Language struct {
	Tag string

	terms  lexicon.Trie
	values [][]value // by the terms' value, less 1
	tenses lexicon.Trie

	capitals     bool // months and weekdays have a capital
	monthFirst   bool // "March 9"
	usNumeric    bool // 3/31/25 may be month, day, year
	bareYears    bool // a year needs no preposition
	presentAhead bool // the present tense is used for what is to come
	articleHabit bool // "the Monday" is every Monday
	numberedDays bool // "el día 3" is a day of the month
	verbLast     bool // the verb of a subordinate clause stands at its end

	ordinalEndings, decadeEndings, weekdayEndings []string
	pastEndings, futureEndings                    []string
	eitherEndings                                 []string // of the past and the present: "ganamos"
	participles, participleEndings                []string // how they begin and end
	ongoingEndings, adjectiveEndings              []string // of participles of the present; behind either
	presentEndings                                []string // of the last word of a clause
	singularEndings                               []string // of the present, wherever it stands
	infinitiveEndings, eventEndings               []string
	outcomeEndings, habitEndings                  []string
	infinitiveInfix                               string // "zu" in "abzuschließen"

	given    *lexicon.Trie // given names; nil: none
	prefixes map[string]struct{}
}

//go:embed data
var data embed.FS

// Languages are those that are built in, by their tags ("en"). The error is
// for a broken build only.
var Languages = sync.OnceValues(func() (map[string]*Language, error) {
	sub, err := fs.Sub(data, "data/lang")
	if err != nil {
		return nil, err
	}
	all, err := Load(sub)
	if err != nil {
		return nil, err
	}
	lex, err := lexicon.Default()
	if err != nil {
		return nil, err
	}
	if _, err := yearWeights(); err != nil {
		return nil, err
	}
	for _, l := range all {
		l.given = &lex.Phrases
	}
	return all, nil
})

// Load reads a folder of languages: <tag>/terms.txt and <tag>/tense.txt.
// Errors name file and line.
func Load(dir fs.FS) (map[string]*Language, error) {
	files, err := fs.Glob(dir, "*/terms.txt")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no */terms.txt")
	}
	all := map[string]*Language{}
	for _, f := range files {
		tag := path.Dir(f)
		l := &loader{Language: &Language{Tag: tag, prefixes: map[string]struct{}{}}, ids: map[string]int32{}}
		for _, name := range []string{f, tag + "/tense.txt"} {
			if err := l.read(dir, name); err != nil {
				return nil, err
			}
		}
		all[tag] = l.Language
	}
	return all, nil
}

type loader struct {
	*Language
	ids     map[string]int32
	section string
}

func (l *loader) read(dir fs.FS, name string) error {
	return lexicon.EachSectionLine(dir, name, func(section, line string) error {
		l.section = section
		return l.line(line)
	})
}

// endings are those that a section holds, nil if it holds none.
func (l *loader) endings(section string) *[]string {
	return map[string]*[]string{
		"ordinal ending": &l.ordinalEndings, "decade ending": &l.decadeEndings, "past ending": &l.pastEndings, "past or present ending": &l.eitherEndings, "future ending": &l.futureEndings,
		"present ending": &l.presentEndings, "singular ending": &l.singularEndings, "participle": &l.participles,
		"participle ending": &l.participleEndings, "ongoing ending": &l.ongoingEndings, "adjective ending": &l.adjectiveEndings, "infinitive ending": &l.infinitiveEndings, "event ending": &l.eventEndings, "outcome ending": &l.outcomeEndings, "habit ending": &l.habitEndings,
	}[section]
}

func (l *loader) line(line string) error {
	for p := range strings.SplitSeq(line, ";") {
		if strings.Count(p, "{") != strings.Count(p, "}") {
			return fmt.Errorf("%q has a brace without its other", strings.TrimSpace(p))
		}
	}
	switch l.section {
	case "rules":
		return l.rule(line)
	case "weekday ending":
		// The days of the week stand above it.
		l.weekdayEndings = append(l.weekdayEndings, list(line)...)
		return l.compounds()
	case "verb prefix":
		for _, p := range list(line) {
			l.prefixes[p] = struct{}{}
		}
		return nil
	case "strong past":
		return l.strong(line)
	}
	if e := l.endings(l.section); e != nil {
		*e = append(*e, list(line)...)
		return nil
	}
	if t, ok := tenses[l.section]; ok {
		return l.addTense(line, t)
	}
	k, ok := sections[l.section]
	if !ok {
		return fmt.Errorf("unknown section [%s]", l.section)
	}
	v := value{kind: k}
	phrases := line
	switch k {
	case month, monthShort, monthAlone, weekday, weekdayShort, season, ordinal, number, quarterNamed, part, partHyphen, shift, shiftPlural,
		shiftAfter, later, day, period, unit, units, nextDay, following, followingAfter, decade, feast, named, span:
		head, rest, found := strings.Cut(line, ":")
		if !found {
			return fmt.Errorf("%q has no value before a colon", line)
		}
		if err := v.parse(head); err != nil {
			return err
		}
		phrases = rest
	}
	for _, p := range list(phrases) {
		if err := l.add(p, v); err != nil {
			return err
		}
	}
	return nil
}

// list splits a line at its semicolons. Braces hold alternatives, of which one
// may be empty; a blank in them counts: "{moved, put off} to{, the}", "clos{e,es}".
func list(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, ";") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, alternatives(p)...)
		}
	}
	return out
}

func alternatives(p string) []string {
	head, rest, ok := strings.Cut(p, "{")
	if !ok {
		return []string{p}
	}
	inner, tail, _ := strings.Cut(rest, "}")
	var out []string
	for _, end := range alternatives(tail) {
		for one := range strings.SplitSeq(inner, ",") {
			out = append(out, head+one+end)
		}
	}
	return out
}

func (v *value) parse(head string) (err error) {
	switch v.kind {
	case feast, named:
		v.date = head
		if _, _, ok := feastDay(head, 2000); v.kind == feast && !ok {
			return fmt.Errorf("%q is no day of a feast", head)
		}
		return nil
	case unit, units:
		v.unit, err = unitNamed(head)
		return err
	case part, partHyphen:
		v.part, err = partNamed(head)
		return err
	case period:
		col := strings.Fields(head)
		if len(col) < 2 {
			return fmt.Errorf("%q is not a unit and a distance", head)
		}
		if v.unit, err = unitNamed(col[0]); err != nil {
			return err
		}
		if v.n, err = strconv.Atoi(col[1]); err != nil {
			return err
		}
		if len(col) > 2 {
			v.part, err = partNamed(col[2])
		}
		return err
	}
	v.n, err = strconv.Atoi(head)
	return err
}

func (l *loader) rule(line string) error {
	key, val, _ := strings.Cut(line, ": ")
	switch key {
	case "names":
		l.capitals = val == "capitals"
	case "order":
		l.usNumeric = strings.Contains(val, "US month day")
		l.monthFirst = l.usNumeric
	case "year":
		l.bareYears = val == "bare"
	case "present":
		l.presentAhead = val == "future"
	case "article":
		l.articleHabit = val == "habit"
	case "day":
		l.numberedDays = val == "numbered"
	case "infinitive":
		l.infinitiveInfix = val
	case "verb":
		l.verbLast = val == "last"
	default:
		return fmt.Errorf("unknown rule %q", key)
	}
	return nil
}

// compounds adds words such as "Freitagabend".
func (l *loader) compounds() error {
	for _, p := range slices.Sorted(maps.Keys(l.ids)) {
		for _, v := range l.values[l.ids[p]-1] {
			if v.kind != weekday {
				continue
			}
			for _, e := range l.weekdayEndings {
				if err := l.add(p+e, v); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// swiss is a phrase as it is spelt where there is no "ß", and whether that is another way.
func swiss(phrase string) (string, bool) {
	return strings.ReplaceAll(phrase, "ß", "ss"), strings.Contains(phrase, "ß")
}

func (l *loader) add(phrase string, v value) error {
	if other, ok := swiss(phrase); ok {
		if err := l.add(other, v); err != nil {
			return err
		}
	}
	toks := lexicon.Scan(nil, phrase, 0, len(phrase))
	words := make([]string, len(toks))
	for i, t := range toks {
		words[i] = strings.ToLower(phrase[t.Start:t.End])
	}
	key := strings.Join(words, " ")
	id, ok := l.ids[key]
	if !ok {
		l.values = append(l.values, nil)
		id = int32(len(l.values))
		l.ids[key] = id
	}
	l.values[id-1] = append(l.values[id-1], v)
	if !l.terms.Add(phrase, v.kind, id) {
		return fmt.Errorf("%q has no words", phrase)
	}
	return nil
}

// strong adds verbs in the past, each also with every prefix: "schloss",
// "abschloss". The prefixes stand above them.
func (l *loader) strong(line string) error {
	if err := l.addTense(line, past); err != nil {
		return err
	}
	for _, p := range list(line) {
		for pre := range l.prefixes {
			if err := l.addTense(pre+p, past); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loader) addTense(line string, t role) error {
	for _, p := range list(line) {
		if !l.tenses.Add(p, lexicon.Class(t), 0) {
			return fmt.Errorf("%q has no words", p)
		}
		if other, ok := swiss(p); ok {
			l.tenses.Add(other, lexicon.Class(t), 0)
		}
	}
	return nil
}
