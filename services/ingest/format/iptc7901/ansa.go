package iptc7901

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/copytaster/copytaster/services/ingest/format/telegraph"
)

// ansaTop is how ANSA begins a report where it sends without control
// characters: number and service, the report's name, priority and category.
//
//	ZCZC0123/SXA
//	XEF12345_SXA_QBXB
//	R ECO S0A QBXB
var ansaTop = regexp.MustCompile(`^[\x00\s]*ZCZC ?(\d{4})/([A-Z0-9]{2,4})[ ]*\r*\n([A-Z0-9]{3,12}(?:_[A-Z0-9]{1,8}){1,3})[ ]*\r*\n([A-Z]) ([A-Z0-9]{3})(?: [A-Z0-9]{2,6}){0,4}[ ]*\r*\n`)

// ansaEnd is how it ends: date and time, NNNN.
var ansaEnd = regexp.MustCompile(`(?:\r*\n[ ]*(\d{1,2}-[A-Z]{3}-\d{2,4} \d{1,2}:\d{2}))?\s*NNNN\s*$`)

// ansaPriorities are the priorities by IPTC's scale.
var ansaPriorities = map[string]int{"F": 1, "B": 2, "U": 3, "R": 4}

// ansa puts a report in ANSA's form into that of 7901.
func ansa(data []byte) ([]byte, bool) {
	g := ansaTop.FindSubmatch(data[:min(len(data), telegraph.MaxHeader)])
	if g == nil {
		return nil, false
	}
	priority, ok := ansaPriorities[string(g[4])]
	if !ok {
		priority = 5
	}
	text, date := data[len(g[0]):], []byte(nil)
	if at := ansaEnd.FindSubmatchIndex(text); at != nil {
		if at[2] >= 0 {
			date = text[at[2]:at[3]]
		}
		text = text[:at[0]]
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%c%s%s %d %s ANSA\r\n%s\r\n%c", telegraph.SOH, g[2], g[1], priority, g[5], g[3], telegraph.STX)
	b.Write(text)
	fmt.Fprintf(&b, "\r\n%c%s%c", telegraph.ETX, date, telegraph.EOT)
	return b.Bytes(), true
}
