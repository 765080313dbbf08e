// Package corenlp has Stanford CoreNLP name whom and what texts are about, so that
// the project's own enricher can be compared with it. Nothing of CoreNLP is part of
// the project: it is run as a program, from a folder of its jars.
package corenlp

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/copytaster/copytaster/pkg/article"
)

// Answers are the names that it finds, by text. They take the place of an enricher
// of entities.
type Answers struct {
	byText map[string][]article.Entity
	// Texts is how many there are, Took how long all took, without loading its models.
	Texts int
	Took  time.Duration
}

// types are what its labels mean. It has others for dates, amounts, nations and roles.
var types = map[string]article.EntityType{
	"PERSON":       article.EntityPerson,
	"ORGANIZATION": article.EntityOrganisation,
	"LOCATION":     article.EntityPlace, "CITY": article.EntityPlace, "COUNTRY": article.EntityPlace, "STATE_OR_PROVINCE": article.EntityPlace,
}

// Annotate runs it over texts, in one thread. A new line ends a sentence where lines
// are sentences.
func Annotate(ctx context.Context, jars string, texts []string, lines bool) (*Answers, error) {
	dir, err := os.MkdirTemp("", "corenlp")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var list strings.Builder
	for i, t := range texts {
		file := filepath.Join(dir, strconv.Itoa(i)+".txt")
		if err := os.WriteFile(file, []byte(t), 0o600); err != nil {
			return nil, err
		}
		fmt.Fprintln(&list, file)
	}
	files := filepath.Join(dir, "list")
	if err := os.WriteFile(files, []byte(list.String()), 0o600); err != nil {
		return nil, err
	}
	breaks := "two"
	if lines {
		breaks = "always"
	}
	java := exec.CommandContext(ctx, "java", "-Xmx4g", //nolint:gosec // whoever runs it names the folder
		"-cp", filepath.Join(jars, "*"), "edu.stanford.nlp.pipeline.StanfordCoreNLP",
		"-annotators", "tokenize,ssplit,pos,lemma,ner", "-ssplit.newlineIsSentenceBreak", breaks, "-threads", "1",
		"-ner.applyFineGrained", "false", "-ner.useSUTime", "false", "-ner.applyNumericClassifiers", "false",
		"-filelist", files, "-outputFormat", "json", "-outputDirectory", dir, "-encoding", "utf-8")
	said, err := java.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("java with the jars of %s: %w: %s", jars, err, tail(said))
	}
	a := &Answers{byText: map[string][]article.Entity{}, Texts: len(texts)}
	if m := total.FindSubmatch(said); m != nil {
		a.Took, _ = time.ParseDuration(string(m[1]) + "s")
	}
	for i, t := range texts {
		file := filepath.Join(dir, strconv.Itoa(i)+".txt.json")
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("no answer: %w: %s", err, tail(said))
		}
		if a.byText[t], err = read(t, data); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return a, nil
}

// total is where it says how long all took.
var total = regexp.MustCompile(`TOTAL: ([0-9.]+) sec`)

// tail is the end of what a program said.
func tail(said []byte) string {
	const most = 1000
	return strings.TrimSpace(string(said[max(0, len(said)-most):]))
}

type output struct {
	Sentences []struct {
		Mentions []struct {
			Label string `json:"ner"`
			From  int    `json:"characterOffsetBegin"` // in UTF-16
			To    int    `json:"characterOffsetEnd"`
		} `json:"entitymentions"`
	} `json:"sentences"`
}

// read is what an answer says of a text, each mention as an entity of its own.
func read(text string, data []byte) ([]article.Entity, error) {
	var o output
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, err
	}
	at := bytes(text)
	var all []article.Entity
	for i := range o.Sentences {
		for _, m := range o.Sentences[i].Mentions {
			sort, ok := types[m.Label]
			if !ok {
				continue
			}
			if m.From < 0 || m.To < m.From || m.To >= len(at) {
				return nil, fmt.Errorf("a mention from %d to %d in a text of %d", m.From, m.To, len(at)-1)
			}
			s := article.Span{Start: at[m.From], End: at[m.To]}
			all = append(all, article.Entity{Type: sort, Name: s.In(text), Mentions: []article.Evidence{{Span: s, Enricher: "corenlp", Confidence: 1}}})
		}
	}
	return all, nil
}

// bytes is where each unit of a text in UTF-16 begins, in bytes; the last is its end.
func bytes(text string) []int {
	at := make([]int, 0, len(text)+1)
	for i, r := range text {
		for range utf16.RuneLen(r) {
			at = append(at, i)
		}
	}
	return append(at, len(text))
}

// Enrich gives an article the names that were found in its text.
func (a *Answers) Enrich(_ context.Context, x *article.Article) error {
	x.Entities = slices.Clone(a.byText[x.Text])
	return nil
}
