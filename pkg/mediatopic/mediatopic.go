// Package mediatopic has the names of IPTC's Media Topics.
//
// labels.tsv is of the release of 2022-02-03, copyright IPTC (https://iptc.org),
// under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/); the English
// names were taken out of it, unchanged. A line is a qcode, a tab and its name; they
// are ordered by qcode. It is made again from a newer release, as IPTC gives it in
// JSON at https://cv.iptc.org/newscodes/mediatopic, by
//
//	jq -r '.conceptSet[] | [.qcode, .prefLabel["en-GB"]] | @tsv' | LC_ALL=C sort
//
// What the release has no more then has no name here, only its code.
package mediatopic

import (
	_ "embed"
	"iter"
	"maps"
	"strings"
	"sync"
)

//go:embed labels.tsv
var table string

var labels = sync.OnceValue(func() map[string]string {
	m := make(map[string]string, strings.Count(table, "\n"))
	for line := range strings.Lines(table) {
		qcode, label, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		m[qcode] = label
	}
	return m
})

// Label is the English name of a topic ("conflict, war and peace" of "medtop:16000000"); "" if it
// is none of this release.
func Label(qcode string) string { return labels()[qcode] }

// All are the topics of this release with their names, in no order.
func All() iter.Seq2[string, string] { return maps.All(labels()) }
