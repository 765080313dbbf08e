package query

import (
	"strconv"
	"strings"
)

// canonical is a query as it is written in its plainest form.
type canonical struct{ strings.Builder }

// String writes the query in its plainest form; Parse reads it back.
func (q Query) String() string { return plainest(q.root) }

// String writes what is asked in its plainest form; ParseSaid reads it back.
func (s Said) String() string { return plainest(s.root) }

func plainest(n node) string {
	if n == nil {
		return ""
	}
	var b canonical
	n.write(&b)
	return b.String()
}

func (n every) write(b *canonical) {
	for i, o := range n.of {
		if i > 0 {
			b.WriteByte(' ')
		}
		if _, ok := o.(some); ok {
			b.bracketed(o)
		} else {
			o.write(b)
		}
	}
}

func (n some) write(b *canonical) {
	for i, o := range n.of {
		if i > 0 {
			b.WriteString(" OR ")
		}
		o.write(b)
	}
}

func (n not) write(b *canonical) {
	b.WriteByte('-')
	switch n.of.(type) {
	case every, some:
		b.bracketed(n.of)
	default:
		n.of.write(b)
	}
}

func (n quoted) write(b *canonical) {
	b.WriteString(fieldSaid + ":")
	if t, ok := n.of.(*term); ok && t.field == nil {
		t.write(b)
	} else {
		b.bracketed(n.of)
	}
}

func (b *canonical) bracketed(n node) {
	b.WriteByte('(')
	n.write(b)
	b.WriteByte(')')
}

func (t *term) write(b *canonical) {
	if t.field != nil {
		b.WriteString(t.field.Name + ":")
	}
	if t.exact {
		b.WriteByte('=')
	}
	if !t.phrase {
		b.WriteString(t.text)
		return
	}
	b.WriteString(`"` + t.text + `"`)
	if t.slop > 0 && t.value == nil {
		b.WriteString("~" + strconv.Itoa(t.slop))
	}
}
