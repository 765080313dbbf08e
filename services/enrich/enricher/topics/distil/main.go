// Distil makes data/mediatopics.tsv of IPTC's Media Topics: the codes, what is
// above them, and their labels in the languages that topics are told in.
//
//	go run ./enricher/topics/distil mediatopics.json > enricher/topics/data/mediatopics.tsv
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
	Source   string
	Concepts []struct {
		Qcode   string
		Labels  map[string]string
		Broader []string
	}
}

var languages = []string{"en", "de", "fr", "es"}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "distil:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("it takes one file, Media Topics as JSON, and %d are named", len(args))
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	var v vocabulary
	if err := json.Unmarshal(data, &v); err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "# Made by distil, not by hand. %s\n# code, broader code, labels: %s\n", v.Source, strings.Join(languages, ", "))
	for _, c := range v.Concepts {
		broader := ""
		switch len(c.Broader) {
		case 0:
		case 1:
			broader = c.Broader[0]
		default:
			return fmt.Errorf("%s: %s has %d broader topics", args[0], c.Qcode, len(c.Broader))
		}
		row := []string{c.Qcode, broader}
		for _, l := range languages {
			row = append(row, strings.Join(strings.Fields(c.Labels[l]), " "))
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}
