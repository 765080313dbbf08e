package article

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// String is how a passage is told, and said again, together with its words: by what is
// beside them, and by which of the places with the same beside them it is.
func (p *Passage) String() string { return fmt.Sprintf("%016x-%d-%d", p.Sentence, p.Nth, p.Alike) }

// parsePassage reads what String wrote, of words of that many bytes.
func parsePassage(s string, bytes int) (p Passage, ok bool) {
	sentence, rest, _ := strings.Cut(s, "-")
	nth, alike, _ := strings.Cut(rest, "-")
	var err [3]error
	p.End = bytes
	p.Sentence, err[0] = strconv.ParseUint(sentence, 16, 64)
	p.Nth, err[1] = strconv.Atoi(nth)
	p.Alike, err[2] = strconv.Atoi(alike)
	ok = cmp.Or(err[:]...) == nil && p.Nth >= 0 && p.Nth < p.Alike && p.Alike <= MaxAlike
	return p, ok && p.String() == s
}

// stood gives the passages by where their words stand in the value's text.
func (c *Correction) stood() iter.Seq2[Span, *Passage] {
	return func(yield func(Span, *Passage) bool) {
		end := 0
		for i := range c.Passages {
			p := &c.Passages[i]
			was := Span{end, end + p.End - p.Start}
			if end = was.End; !yield(was, p) {
				return
			}
		}
	}
}

// told are words with the passage that tells them apart from all others of a text.
type told struct{ words, passage string }

// standing are words of what was said before.
type standing struct {
	Passage

	was  Span // in its value's text
	kept Span // where they are put behind the text; zero: they aren't
}

// locator gives words of a proof their places in its text.
type locator struct {
	proof Proof
	of    *correctable
	in    *search
	// text is that of the proof, and behind it what it hasn't any more and stands: that is
	// gathered in behind until all is read.
	text   string
	behind strings.Builder
	kept   map[Span]Passage // of what is behind the text
	stands map[told]*standing
	to     func(Span) (Span, bool) // where those are in the text
	segs   []Segment               // of the text, where kinds are said
	none   map[cuttable]int        // from where on there is nothing to cut out
	// mentioned is where mentions are looked for further, of whatever: two Smiths of whom
	// one stands there aren't both meant by it.
	mentioned map[string]int
	names     map[string]bool // of what is said
	alone     []int           // the places that are said by their names alone
	found     []foundThing    // of the field
	longer    []Span          // see [locator.longerNames]
	errs      []error
}

func newLocator(p Proof, f *correctable) *locator {
	l := &locator{
		proof: p, of: f, in: &search{text: p.Text}, text: p.Text, kept: map[Span]Passage{}, stands: map[told]*standing{},
		mentioned: map[string]int{}, names: map[string]bool{}, none: map[cuttable]int{},
	}
	if p.Stands != nil {
		for was, passage := range p.Stands.stood() {
			l.stands[told{was.In(p.Stands.Value.Text), passage.String()}] = &standing{Passage: *passage, was: was}
		}
		l.to, _ = p.Stands.finder(l.in, f)
		if f.lines {
			l.to = l.wholeOnly(l.to)
		}
	}
	return l
}

// maxSaid is how many items a list may have that an editor says: no field's may have more.
const maxSaid = 2_000

// locate gives all words of what is said of the field their places.
func (l *locator) locate(said any) error {
	list, _ := said.([]any)
	limit, what := maxSaid, "items"
	if l.of.lines {
		limit, what = MaxRetold, retoldItems
	}
	if len(list) > limit { // before anything is looked for
		return fmt.Errorf("has %d %s, the limit is %d", len(list), what, limit)
	}
	for i, x := range list {
		item, _ := x.(map[string]any)
		name, is := item["name"].(string)
		if !is {
			continue
		}
		l.names[strings.ToLower(name)] = true
		if l.of.name == "places" && item["mentions"] == nil && item["lat"] == nil && item["lon"] == nil {
			l.alone = append(l.alone, i)
		}
	}
	l.found, l.longer = l.things(l.of.name), l.longerNames()
	l.find(l.of.name, said, map[string]int{})
	l.text += l.behind.String()
	return errors.Join(l.errs...)
}

// complete says where the places are that are said by their names alone.
func (l *locator) complete(v *Article) error {
	if l.proof.Locate == nil {
		return nil
	}
	var errs []error
	for _, i := range l.alone {
		if err := l.proof.Locate(&v.Places[i]); err != nil {
			errs = append(errs, fmt.Errorf("places[%d]: %w", i, err))
		}
		if len(errs) == maxWrong {
			break
		}
	}
	return errors.Join(errs...)
}

// segments are those of the locator's text.
func (l *locator) segments() []Segment {
	all := l.proof.Segments
	report := func(from, to int) Segment {
		return Segment{Kind: Paragraph, Evidence: Evidence{Span: Span{from, to}}}
	}
	if !l.sorted() { // it isn't told yet what is report
		return []Segment{report(0, len(l.text))}
	}
	if n := len(l.proof.Text); n < len(l.text) {
		all = append(slices.Clip(all), report(n, len(l.text)))
	}
	return all
}

// sorted tells whether it is known what of the text is report.
func (l *locator) sorted() bool {
	return len(l.proof.Segments) > 0 && !slices.ContainsFunc(l.proof.Segments, func(s Segment) bool { return s.Kind == Unknown })
}

func (l *locator) bad(path, format string, args ...any) {
	if len(l.errs) < maxWrong {
		l.errs = append(l.errs, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
	}
}

// find looks through a value for objects with words of the text. next is where those
// of its list are looked for that were there before.
func (l *locator) find(path string, x any, next map[string]int) {
	switch x := x.(type) {
	case []any:
		seen := map[string]int{}
		if strings.HasSuffix(path, ".mentions") {
			seen = l.mentioned
		}
		for i := range x {
			l.find(fmt.Sprintf("%s[%d]", path, i), x[i], seen)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(x)) {
			l.find(path+"."+name, x[name], map[string]int{})
		}
		l.object(path, x, next)
	}
}

// object gives one object its place.
func (l *locator) object(path string, x map[string]any, next map[string]int) {
	said, _ := x["text"].(string)
	passage, known := x["passage"]
	_, starts := x["start"]
	_, ends := x["end"]
	delete(x, "passage")
	switch {
	case known && (said == "" || starts || ends):
		l.bad(path, "has a passage, which is for words without start and end")
	case known:
		l.passage(path, x, said, passage)
	case said != "" && starts && ends:
		start, end := number(x["start"]), number(x["end"])
		if start < 0 || end > len(l.proof.Text) || start > end || l.proof.Text[start:end] != said {
			l.bad(path, "%q is not what stands at %v to %v in the text", clip(said), x["start"], x["end"])
		}
	case starts || ends:
	case said != "":
		at := l.standsFirst(x, said, next[said])
		if at < 0 {
			l.bad(path, "%q is not in the text%s", clip(said), map[bool]string{true: " once more"}[next[said] > 0])
			return
		}
		next[said] = at + len(said)
		put(x, Span{at, at + len(said)})
	default:
		l.named(x)
	}
}

func put(x map[string]any, s Span) { x["start"], x["end"] = s.Start, s.End }

// passage gives words the place that was told with them. What stands and isn't in the
// text stays as it was said.
func (l *locator) passage(path string, x map[string]any, said string, as any) {
	name, _ := as.(string)
	p, ok := parsePassage(name, len(said))
	if !ok {
		l.bad(path, "has the passage %q, which is none", clip(fmt.Sprint(as)))
		return
	}
	of := l.stands[told{said, name}]
	if of == nil {
		at := l.in.find(&p, said)
		if at < 0 {
			l.bad(path, "%q is not in the text where its passage says, nor was it corrected so", clip(said))
			return
		}
		put(x, Span{at, at + len(said)})
		return
	}
	to, ok := l.to(of.was)
	if !ok {
		to = l.keep(of, said)
	}
	put(x, to)
}

// keep puts words of what stands behind the text.
func (l *locator) keep(of *standing, said string) Span {
	if of.kept == (Span{}) {
		l.behind.WriteString("\n\n")
		from := len(l.proof.Text) + l.behind.Len()
		l.behind.WriteString(said)
		of.kept = Span{from, from + len(said)}
		l.kept[of.kept] = of.Passage
	}
	return of.kept
}

// named gives what has a name, and no places, those of what was found of that name. Was
// nothing, it has them wherever the name stands, see [locator.wherever].
func (l *locator) named(x map[string]any) {
	if name, is := x["name"].(string); is && x["mentions"] == nil {
		kind, _ := x["type"].(string)
		spans := l.foundAs(name, EntityType(kind))
		if len(spans) == 0 {
			spans = l.wherever(name)
		}
		if len(spans) == 0 {
			spans = []Span{{}}
		}
		mentions := []any{}
		for _, s := range spans {
			mentions = append(mentions, map[string]any{"start": s.Start, "end": s.End})
		}
		x["mentions"] = mentions
	}
	if phrase, is := x["phrase"].(string); is {
		if spans := l.wherever(phrase); len(spans) > 0 {
			put(x, spans[0])
		}
	}
}

// wherever is where words stand in the report as no part of a longer name. If they don't,
// it is where they stand in longer names, or else beside the report.
func (l *locator) wherever(words string) []Span {
	var all [3][]Span // the better first
	text, sorted := l.proof.Text, l.sorted()
	for at := 0; len(all[0]) < MaxMentions; {
		if at = nextWhole(text, words, at, len(text)); at < 0 {
			break
		}
		s := Span{at, at + len(words)}
		at = s.End
		i := 0
		switch {
		case sorted && !l.proof.ForReaders(s):
			i = 2
		case l.partOfName(s):
			i = 1
		}
		if len(all[i]) < MaxMentions {
			all[i] = append(all[i], s)
		}
	}
	for _, spans := range all {
		if len(spans) > 0 {
			return spans
		}
	}
	return nil
}

// foundThing is an entity or a place that was found.
type foundThing struct {
	name     string
	kind     EntityType // "": a place
	mentions []Evidence
}

// things are the entities or the places that were found.
func (l *locator) things(field string) (all []foundThing) {
	found := l.proof.Found
	switch {
	case found == nil:
	case field == "entities":
		for i := range found.Entities {
			e := &found.Entities[i]
			all = append(all, foundThing{e.Name, e.Type, e.Mentions})
		}
	case field == "places":
		for i := range found.Places {
			p := &found.Places[i]
			all = append(all, foundThing{p.Name, "", p.Mentions})
		}
	}
	return all
}

// foundAs is where the one thing is mentioned that was found by that name, if it can be of
// that type, or else the one that has the name among its mentions, and isn't said itself.
func (l *locator) foundAs(name string, kind EntityType) []Span {
	var of [3][]foundThing // the nearest first
	for _, t := range l.found {
		same := strings.EqualFold(t.name, name)
		switch {
		case same && t.kind == kind:
			of[0] = append(of[0], t)
		case same:
			of[1] = append(of[1], t)
		case t.kind == kind && !l.names[strings.ToLower(t.name)] && slices.ContainsFunc(t.mentions, func(m Evidence) bool { return m.In(l.proof.Text) == name }):
			of[2] = append(of[2], t)
		}
	}
	i := slices.IndexFunc(of[:], func(ts []foundThing) bool { return len(ts) > 0 })
	if i < 0 || len(of[i]) > 1 {
		return nil
	}
	var spans []Span
	for _, m := range of[i][0].mentions {
		if m.Confidence >= Sure && m.Span != (Span{}) {
			spans = append(spans, m.Span)
		}
	}
	return spans
}

// longerNames are where names were found, in order, and each in no other one. Of the
// field itself those count that are still said.
func (l *locator) longerNames() []Span {
	if l.of.name != "entities" && l.of.name != "places" {
		return nil
	}
	var all []Span
	for _, field := range []string{"entities", "places"} {
		for _, t := range l.things(field) {
			if field == l.of.name && !l.names[strings.ToLower(t.name)] {
				continue
			}
			for _, m := range t.mentions {
				if m.Confidence >= Sure {
					all = append(all, m.Span)
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b Span) int { return cmp.Or(a.Start-b.Start, b.End-a.End) })
	end := 0
	return slices.DeleteFunc(all, func(s Span) bool {
		inside := s.End <= end
		end = max(end, s.End)
		return inside
	})
}

// partOfName tells whether s is a part of a longer name.
func (l *locator) partOfName(s Span) bool {
	i, _ := slices.BinarySearchFunc(l.longer, s.Start+1, func(o Span, start int) int { return cmp.Compare(o.Start, start) })
	return i > 0 && l.longer[i-1] != s && l.longer[i-1].End >= s.End
}
