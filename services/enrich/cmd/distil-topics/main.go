// Distil-topics makes data/mediatopics.tsv of IPTC's Media Topics: the codes, what
// is above them, and their labels in the languages that topics are told in.
//
//	go run ./cmd/distil-topics < mediatopics.json > enricher/topics/data/mediatopics.tsv
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

type vocabulary struct {
	Source   string `json:"source"`
	Concepts []struct {
		Qcode   string            `json:"qcode"`
		Labels  map[string]string `json:"labels"`
		Broader []string          `json:"broader"`
	} `json:"concepts"`
}

var languages = []string{"en", "de", "fr", "es"}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "distil-topics:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	var v vocabulary
	if err := json.NewDecoder(in).Decode(&v); err != nil {
		return fmt.Errorf("Media Topics as JSON: %w", err)
	}
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "# Made by distil-topics, not by hand. %s\n# code, broader code, labels: %s\n", v.Source, strings.Join(languages, ", "))
	for _, c := range v.Concepts {
		broader := ""
		switch len(c.Broader) {
		case 0:
		case 1:
			broader = c.Broader[0]
		default:
			return fmt.Errorf("%s has %d broader topics", c.Qcode, len(c.Broader))
		}
		row := []string{c.Qcode, broader}
		for _, l := range languages {
			row = append(row, strings.Join(strings.Fields(c.Labels[l]), " "))
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}
