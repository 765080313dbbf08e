// Package odrl reads policies in W3C's ODRL, which IPTC's RightsML profiles:
// version 2.2 in JSON-LD, or the JSON of 2.1, with other names. Of a policy the times
// are read in which an item may be used.
package odrl

import (
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
)

// Period is from when on and until when something may be used. A zero From: it may
// be already; a zero Until: its use doesn't end.
type Period struct {
	From  wire.Start
	Until time.Time
}

// within is the time that is in both.
func (p Period) within(q Period) Period {
	return Period{p.From.And(q.From), wire.Earlier(p.Until, q.Until)}
}

// around is the time from the first to the last moment of either.
func (p Period) around(q Period) (both Period) {
	both.From = p.From.Or(q.From)
	if !p.Until.IsZero() && !q.Until.IsZero() {
		both.Until = wire.Later(p.Until, q.Until)
	}
	return both
}

// policy is a policy while it is read.
type policy struct {
	a      *article.Article
	about  map[string]bool // the item's ids
	target targets         // of all rules
	action actions         // of all rules
	wins   string          // permissions or prohibitions, if they say different things
	more   bool            // it tells more than a permission to use the item, and its end
}

// Is tells whether the name or the address of a language is one of those that are
// read here.
func Is(language string) bool {
	language = strings.ToLower(language)
	return strings.Contains(language, "odrl") || strings.Contains(language, "rightsml")
}

// Read gives when an item may be used by its policy, src in JSON, that may name it by
// these ids. It begins with the first and ends with the last of the permissions, and
// ends or begins with a prohibition, too. What can't be read is flagged in the article
// of the item, and is no end; a beginning that can't be read is one whose time isn't
// known. only says that nothing else is in the policy than the end.
func Read(a *article.Article, src string, ids map[string]bool) (when Period, only bool) {
	top, ok := parse([]byte(src))
	if !ok {
		a.Flag(article.FlagFieldUnreadable)
		return when, false
	}
	offer := false
	for _, t := range either(top, "type", "policytype") {
		switch strings.ToLower(word(t)) {
		case "request":
			return when, false // it grants nothing
		case "offer":
			offer = true
		}
	}
	p := policy{a: a, about: ids, wins: word(top["conflict"])}
	p.target, p.action = p.targets(top), p.actions(top)
	p.keys(top, "context", "type", "uid", "id", "target", "permission")
	may := p.permissions(either(top, "permission", "permissions"))
	when = may.within(p.prohibitions(either(top, "prohibition", "prohibitions")))
	if offer {
		return Period{From: when.From}, false // what isn't granted doesn't end
	}
	return when, !p.more && when.From == (wire.Start{}) && !when.Until.IsZero()
}

// parse is a policy's fields; false if it isn't one policy in JSON.
func parse(src []byte) (map[string]any, bool) {
	var root any
	if document.JSONTooDeep(src) >= 0 || json.Unmarshal(src, &root, jsontext.AllowInvalidUTF8(true)) != nil {
		return nil, false
	}
	top, ok := fields(sole(root))
	return top, ok && top["graph"] == nil
}

// unread flags what can't be read.
func (p *policy) unread() {
	p.more = true
	p.a.Flag(article.FlagFieldUnreadable)
}

// keys notes whether an object has other names than these.
func (p *policy) keys(o map[string]any, known ...string) {
	for k := range o {
		p.more = p.more || !slices.Contains(known, k)
	}
}

// permissions is the time from the first to the last moment of those that are
// about the item and permit to show it. One that names no action permits all. One
// with conditions other than time begins nothing where there is one without.
func (p *policy) permissions(rules []any) (when Period) {
	n, plain := 0, 0
	var begins wire.Start // the first of those without
	for _, v := range rules {
		rule, ok := fields(v)
		if !ok {
			p.unread()
			continue
		}
		if !p.ofItem(rule) {
			p.more = true
			continue
		}
		p.keys(rule, "type", "target", "action", "constraint")
		do := p.actions(rule)
		if do.refined || do.n+p.action.n != 1 || !do.use {
			p.more = true
		}
		if do.n+p.action.n > 0 && !do.showing && !p.action.showing {
			continue
		}
		b := p.bounds(either(rule, "constraint", "constraints"))
		p.more = p.more || b.times != 1 || b.others
		if b.except {
			p.unread()
		}
		if !b.others && !do.refined && !p.action.refined && either(rule, "assignee", "assignees") == nil {
			if plain++; plain == 1 {
				begins = b.From
			} else {
				begins = begins.Or(b.From)
			}
		}
		if n++; n == 1 {
			when = b.Period
			continue
		}
		p.more = true
		when = when.around(b.Period)
	}
	if plain > 0 {
		when.From = begins
	}
	return when
}

// showing are the actions without which an item can't be shown, in lower case.
var showing = []string{"use", "display", "distribute", "distribution", "present", "read", "reproduce", "reproduction", "share", "sharing", "stream", "publish"}

// prohibitions is the time that they leave: each that has a date and nothing else
// forbids what is after it, or before it. One that permissions override is not
// read.
func (p *policy) prohibitions(rules []any) (when Period) {
	for _, v := range rules {
		rule, ok := fields(v)
		if !ok {
			p.unread()
			continue
		}
		p.more = true
		if !p.ofItem(rule) {
			continue
		}
		b := p.bounds(either(rule, "constraint", "constraints"))
		do := p.actions(rule)
		switch {
		case b.times == 0:
			if always := !b.others && !do.refined && !p.action.refined; always && (do.showing || p.action.showing) && p.wins != "perm" {
				p.unread() // by it the item may never be shown
			}
		case b.times > 1 || b.others || do.refined || p.action.refined || !do.showing && !p.action.showing || p.wins == "perm":
			p.unread()
		case b.last.one && !b.except:
			p.unread() // only a day is forbidden
		default:
			when = when.within(b.last.before())
		}
	}
	return when
}

// targets are what a rule is about.
type targets struct {
	stated, item bool // anything is; the item is
}

// ofItem tells whether a rule is about the item: it names it, or nothing.
func (p *policy) ofItem(rule map[string]any) bool {
	t := p.targets(rule)
	p.more = p.more || t.stated && p.target.stated
	return t.item || p.target.item || !t.stated && !p.target.stated
}

func (p *policy) targets(o map[string]any) (of targets) {
	for _, id := range listed(o["target"]) {
		if o, ok := fields(id); ok {
			id = first(o, "uid", "id")
			p.more = p.more || len(o) > 1
		}
		s, ok := id.(string)
		if s = strings.TrimSpace(s); !ok || s == "" {
			p.unread() // a collection of assets, which may have the item in it
			s = ""
		}
		p.more = p.more || of.stated // one of several
		of.stated, of.item = true, of.item || s != "" && p.about[s]
	}
	return of
}

// actions are what a rule permits or forbids.
type actions struct {
	n       int
	use     bool // ODRL's own, which is all of them
	showing bool // one is among them without which the item can't be shown
	refined bool // it is only some of one
}

func (p *policy) actions(rule map[string]any) (do actions) {
	for _, v := range listed(rule["action"]) {
		if o, ok := fields(v); ok {
			do.refined = do.refined || len(o) > 1
			v = first(o, "id", "uid", "rdf:value", "http://www.w3.org/1999/02/22-rdf-syntax-ns#value", "value")
		}
		w := word(v)
		if w == "" {
			p.unread()
		}
		do.n++
		s, _ := v.(string)
		do.use = do.use || bare(strings.TrimSpace(s)) == "use"
		do.showing = do.showing || slices.Contains(showing, strings.ToLower(w))
	}
	return do
}

// bounds is what the constraints of a rule say of time, together.
type bounds struct {
	Period
	times  int   // how many constraints of time there are
	last   bound // of them
	others bool  // there are others, or such that can't be read
	except bool  // one leaves out a day or a moment
}

func (p *policy) bounds(constraints []any) (b bounds) {
	for _, v := range constraints {
		c, ok := fields(v)
		if !ok {
			p.unread() // one that stands elsewhere, by its address
			b.others = true
			continue
		}
		p.constraint(c, &b)
	}
	return b
}

// constraint adds what one says. All of a list must hold; of alternatives it
// can't be told which will.
func (p *policy) constraint(c map[string]any, b *bounds) {
	if all := parts(c, "and", "andSequence"); all != nil {
		in := p.bounds(all)
		b.Period, b.times, b.others = b.within(in.Period), b.times+in.times, b.others || in.others || in.times == 0
		b.except = b.except || in.except
		if in.times > 0 {
			b.last = in.last
		}
		p.more = true
		return
	}
	if one := parts(c, "or", "xone"); one != nil {
		p.unread()
		b.others = true
		if p.allBegin(one) {
			b.Period = b.within(Period{From: unknown()})
		}
		return
	}
	p.keys(c, "type", "leftOperand", "operator", "rightOperand")
	left := word(first(c, "leftOperand", "name"))
	if !strings.EqualFold(left, "dateTime") {
		b.others = true
		if left == "" {
			p.unread()
		}
		return
	}
	b.times++
	limit, ok := p.bound(strings.ToLower(word(c["operator"])), first(c, "rightOperand", "rightoperand"))
	if !ok {
		p.unread()
		b.last, b.Period = bound{start: unknown()}, b.within(Period{From: unknown()})
		return
	}
	b.last, b.Period, b.except = limit, b.within(limit.after()), b.except || limit.except
}

// unknown is a beginning of which nothing is known.
func unknown() wire.Start { return wire.Start{Unresolved: true} }

// allBegin tells whether each of the alternatives has a beginning.
func (p *policy) allBegin(alternatives []any) bool {
	for _, one := range alternatives {
		if in := p.bounds([]any{one}); in.From == (wire.Start{}) {
			return false
		}
	}
	return len(alternatives) > 0
}

// parts are those of a constraint that is made of others; nil if it is none.
func parts(c map[string]any, names ...string) []any {
	all := either(c, names...)
	if len(all) > 0 {
		if o, ok := fields(all[0]); ok && o["list"] != nil {
			return listed(o["list"])
		}
	}
	return all
}

// bound is one side of a time, its beginning or its end, or one day, or all but one. A
// day is a whole one: what may be until then may be until its end.
type bound struct {
	begins bool // else it ends
	at     time.Time
	start  wire.Start // of what begins at that time; one that can't be read isn't known
	one    bool       // a day or a moment: from start until at
	except bool       // all but that
}

// after is the time that the bound leaves.
func (b *bound) after() Period {
	switch {
	case b.except:
		return Period{}
	case b.one:
		return Period{b.start, b.at}
	case b.begins:
		return Period{From: b.start}
	}
	return Period{Until: b.at}
}

// before is the time that is left where what is after the bound is forbidden.
func (b *bound) before() Period {
	switch {
	case b.one && !b.except:
		return Period{}
	case b.one:
		return Period{b.start, b.at}
	case b.begins:
		return Period{Until: b.at}
	}
	return Period{From: b.start}
}

// bound is when a date compares so with the one that is given; false if it isn't
// known what the operator says of it. A date that can't be read is flagged.
func (p *policy) bound(operator string, given any) (b bound, ok bool) {
	given = sole(given)
	if o, ok := given.(map[string]any); ok {
		given = o["@value"]
	}
	s, _ := given.(string)
	s = strings.TrimSpace(s)
	if s == "" {
		s = "?" // as one that can't be read
	}
	b.at, _ = wire.Moment(s)
	b.start = wire.StartOf(p.a, s)
	day := wire.Day(s)
	switch operator {
	case "lt", "gteq":
	case "lteq", "gt":
		if day {
			b.at = b.at.AddDate(0, 0, 1)
			b.start.At = b.at
		}
	case "eq", "neq":
		b.one, b.except = true, operator == "neq"
		if b.at = b.at.AddDate(0, 0, 1); !day { // to be allowed for a moment is never to be
			b.at, b.start = time.Time{}, unknown()
		}
		return b, true
	default:
		return b, false
	}
	b.begins = operator[0] == 'g'
	return b, true
}

// namespaces are how ODRL's names may begin.
var namespaces = []string{"odrl:", "http://www.w3.org/ns/odrl/2/", "http://w3.org/ns/odrl/2/", "@"}

// bare is one of ODRL's names without namespace; any other as it stands.
func bare(name string) string {
	for _, n := range namespaces {
		if rest, ok := strings.CutPrefix(name, n); ok {
			return rest
		}
	}
	return name
}

// fields are an object's, by their names without namespace; false if it is none,
// or has one twice.
func fields(v any) (map[string]any, bool) {
	o, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	named := make(map[string]any, len(o))
	for name, v := range o {
		name = bare(name)
		if _, twice := named[name]; twice {
			return nil, false
		}
		named[name] = v
	}
	return named, true
}

// first is the field of these names that is there; nil if none is.
func first(o map[string]any, names ...string) any {
	for _, n := range names {
		if v := o[n]; v != nil {
			return v
		}
	}
	return nil
}

// listed is a list of one or of several, which mean the same in JSON-LD; of none
// it is nil.
func listed(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// sole is what a list of one has in it, which means the same in JSON-LD.
func sole(v any) any {
	if l, ok := v.([]any); ok && len(l) == 1 {
		return l[0]
	}
	return v
}

// either is all that stands under one of these names.
func either(o map[string]any, names ...string) (all []any) {
	for _, n := range names {
		all = append(all, listed(o[n])...)
	}
	return all
}

// word is a term, an address or an object that has one, without its namespace; ""
// if it is none of them.
func word(v any) string {
	v = sole(v)
	if o, ok := fields(v); ok {
		v = first(o, "id", "value")
	}
	s, _ := v.(string)
	s = strings.TrimSpace(s)
	return s[strings.LastIndexAny(s, "/#:")+1:]
}
