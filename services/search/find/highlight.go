package find

import (
	"crypto/rand"
	"strings"

	"github.com/copytaster/copytaster/pkg/corpus"
	"github.com/copytaster/copytaster/pkg/query"
)

// What is cut out of long texts for the list of results.
const (
	fragmentSize = 180 // characters, about
	fragments    = 2
	leadSize     = 220 // of a body in which nothing was found
)

func stemmed(name string) []string {
	fields := []string{corpus.Stemmed(corpus.Other, name)}
	for _, l := range corpus.Languages {
		fields = append(fields, corpus.Stemmed(l, name))
	}
	return fields
}

// Piece is a run of text that matches throughout or not at all.
type Piece struct {
	Text  string `json:"text"`
	Match bool   `json:"match,omitempty"`
}

// Fragment is a part of a text, or all of it, cut into pieces.
type Fragment []Piece

// String is the fragment's plain text.
func (f Fragment) String() string {
	var b strings.Builder
	for _, p := range f {
		b.WriteString(p.Text)
	}
	return b.String()
}

// marks are what Elasticsearch is told to put around matches. No text can know
// them, so none can pretend to a match or break one.
type marks struct{ open, shut string }

func newMarks() marks { return marks{"\ue000" + rand.Text(), "\ue001" + rand.Text()} }

// cut makes a fragment of marked text.
func (m marks) cut(s string) Fragment {
	var f Fragment
	add := func(text string, match bool) {
		if text != "" {
			f = append(f, Piece{text, match})
		}
	}
	for s != "" {
		before, rest, ok := strings.Cut(s, m.open)
		add(before, false)
		if !ok {
			break
		}
		match, after, _ := strings.Cut(rest, m.shut)
		add(match, true)
		s = after
	}
	return f
}

// joined is f with words that match one after the other as one piece: of a phrase,
// Elasticsearch marks each.
func (f Fragment) joined() Fragment {
	var all Fragment
	for _, p := range f {
		n := len(all)
		if p.Match && n > 1 && all[n-2].Match && !all[n-1].Match && strings.TrimSpace(all[n-1].Text) == "" {
			all = append(all[:n-2], Piece{all[n-2].Text + all[n-1].Text + p.Text, true})
		} else {
			all = append(all, p)
		}
	}
	return all
}

// highlight asks Elasticsearch to mark what of a query was found where.
func (f *Finder) highlight(q query.Query) object {
	fields := object{}
	for _, name := range corpus.TextFields {
		// What is found is the stemmed text; what is shown is the text as written.
		field := object{"matched_fields": append([]string{name}, stemmed(name)...)}
		switch name {
		case "body":
			field["number_of_fragments"], field["fragment_size"], field["no_match_size"] = fragments, fragmentSize, leadSize
		case "caption":
			field["number_of_fragments"], field["fragment_size"] = 1, fragmentSize
		default:
			field["number_of_fragments"] = 0 // all of it
		}
		// Elasticsearch looks for all of the query that it is given in each of the matched
		// fields of each text: one about all texts would take several times as long.
		marked := q.Marks(name)
		switch {
		case marked != nil:
			field["highlight_query"] = marked
		case name == "body": // there is its begin
			field["highlight_query"] = object{"match_none": object{}}
		default:
			continue
		}
		fields[name] = field
	}
	return object{
		"type": "unified", "order": "score", "require_field_match": true,
		"pre_tags": []string{f.marks.open}, "post_tags": []string{f.marks.shut}, "fields": fields,
	}
}
