// Command train-names trains the models of enricher/entities.
//
//	train-names -language en -out enricher/entities/tag/models/en.gz FILE...
//
// Each FILE is a corpus in CoNLL columns. With -test, it prints what the model
// reaches on that file, which is left out of the training.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/copytaster/copytaster/services/enrich/enricher/entities"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/conll"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/train"
	"github.com/copytaster/copytaster/services/enrich/eval"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "train-names:", err)
		os.Exit(1)
	}
}

func run() error {
	o := train.Default
	language := flag.String("language", "en", "language of the texts; several models may be trained on several languages")
	out := flag.String("out", "", "file to write the model to; none: it is only tested")
	test := flag.String("test", "", "corpora to test on, parted by commas; they are left out of the training")
	errors := flag.Int("errors", 0, "how many texts with errors to print")
	flag.BoolVar(&o.Lexical, "words", o.Lexical, "learn words, and not only lists and forms")
	flag.IntVar(&o.Epochs, "epochs", o.Epochs, "how often all texts are gone through")
	flag.Float64Var(&o.Rate, "rate", o.Rate, "by which weights change at first")
	flag.Float64Var(&o.Decay, "decay", o.Decay, "by which weights shrink")
	flag.IntVar(&o.Least, "least", o.Least, "how often a feature must be seen")
	flag.Parse()
	tests := strings.FieldsFunc(*test, func(r rune) bool { return r == ',' })
	var texts []conll.Text
	for _, f := range flag.Args() {
		if slices.Contains(tests, f) {
			continue
		}
		x, err := conll.Read(f, eval.SentencesOfText)
		if err != nil {
			return err
		}
		texts = append(texts, x...)
	}
	tagger, err := entities.Tagger(nil)
	if err != nil {
		return err
	}
	weights := train.Train(tagger, *language, texts, o)
	if *out != "" {
		if err := write(*out, weights); err != nil {
			return err
		}
	}
	m, err := weights.Model()
	if err != nil {
		return err
	}
	name := *language
	if !o.Lexical {
		name = tag.AnyLanguage
	}
	e, err := entities.With(map[string]*tag.Model{name: m})
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%d texts, %d features\n", len(texts), len(weights.Rows))
	for _, f := range tests {
		measure, err := eval.Entities(e, *language, f)
		if err != nil {
			return err
		}
		eval.Result{Task: eval.Task{Name: "entities", Main: "entities"}, Data: f, Measure: measure}.Write(os.Stdout, *errors)
	}
	return nil
}

func write(file string, w *tag.Weights) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := w.Write(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
