// Package language tells the language of what readers see of an article.
package language

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Name and version that results are signed with.
const (
	Name    = "language"
	Version = 1
)

const (
	// Undetermined is said where the language was looked for and not found.
	Undetermined = "und"
	// MaxSample is how many bytes of the text are looked at.
	// With 128 it still was right on every text of testdata/wire; this leaves room.
	MaxSample = 384
	// minLetters is the least that a guess is made on.
	minLetters = 12
	// sure is how many letters are enough to trust the detector against what
	// a decoder stated.
	sure = 200
	// sentence is the least that small words are counted in: in a short headline
	// they are missing or by chance.
	sentence = 30
	// unsure is the confidence of the detector below which a single small word
	// tells more.
	unsure = 0.3
	// stated signs a language that came without evidence.
	stated = "stated"
)

//go:embed data
var data embed.FS

// Enricher detects languages. It is safe for concurrent use.
type Enricher struct {
	detector *detector
	tags     map[string]bool
	small    map[string][]string // the languages that have a small word
}

// New reads the list of languages, their trigrams and their small words.
func New() (*Enricher, error) {
	dir, err := fs.Sub(data, "data")
	if err != nil {
		return nil, err
	}
	return load(dir)
}

func load(dir fs.FS) (*Enricher, error) {
	e := &Enricher{tags: map[string]bool{}, small: map[string][]string{}}
	tags := map[string]string{} // by the code of trigrams.txt
	err := lexicon.EachLine(dir, "languages.txt", func(line string) error {
		tag, code, _ := strings.Cut(line, "\t")
		if tag == "" || code == "" {
			return fmt.Errorf("%q is no tag and code", line)
		}
		tags[code], e.tags[tag] = tag, true
		return nil
	})
	if err != nil {
		return nil, err
	}
	if e.detector, err = newDetector(dir, tags); err != nil {
		return nil, err
	}
	return e, lexicon.EachLine(dir, "words.txt", e.readWords)
}

// readWords reads a language's small words: its tag, a tab and the words.
func (e *Enricher) readWords(line string) error {
	tag, small, _ := strings.Cut(line, "\t")
	if !e.tags[tag] {
		return fmt.Errorf("%q is not in languages.txt", tag)
	}
	for w := range strings.FieldsSeq(small) {
		if !slices.Contains(e.small[w], tag) {
			e.small[w] = append(e.small[w], tag)
		}
	}
	return nil
}

// Enrich sets a.Language. A stated language stays unless a long text clearly
// is in another one; the statement's evidence then stands with confidence 0.
func (e *Enricher) Enrich(_ context.Context, a *article.Article) error {
	tag, conf, letters := e.detect(sample(a))
	found := article.Evidence{Enricher: Name, Version: Version, Confidence: conf}

	var claims []article.Evidence
	overruled := false
	for _, ev := range a.Language.Evidence {
		if ev.Enricher != Name {
			claims = append(claims, ev)
			overruled = overruled || ev.Confidence == 0
		}
	}
	claimed := ""
	if len(claims) > 0 && !overruled || len(a.Language.Evidence) == 0 {
		claimed = a.Language.Value
	}
	if claimed == "" || claimed == Undetermined {
		a.Language = article.Label{Value: tag, Evidence: append([]article.Evidence{found}, claims...)}
		return nil
	}
	if len(claims) == 0 {
		claims = []article.Evidence{{Enricher: stated, Confidence: 0.9}}
	}
	base, _, _ := strings.Cut(strings.ToLower(claimed), "-")
	switch {
	case base == tag:
		a.Language = article.Label{Value: claimed, Evidence: append(claims, found)}
	case tag != Undetermined && conf > 0.9 && letters >= sure && e.tags[base]: // a text in a language that can't be detected will always look like another
		for i := range claims {
			claims[i].Confidence = 0
		}
		a.Language = article.Label{Value: tag, Evidence: append([]article.Evidence{found}, claims...)}
	default:
		found.Confidence = math.Round(100*(1-conf)) / 100
		a.Language = article.Label{Value: claimed, Evidence: append(claims, found)}
	}
	return nil
}

func (e *Enricher) detect(text string) (tag string, confidence float64, letters int) {
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	if letters < minLetters {
		return Undetermined, 0, letters
	}
	tag, conf := e.detector.detect(text)
	if tag == "" {
		return Undetermined, 0, letters
	}
	if conf = math.Round(100*min(conf, 0.99)) / 100; math.IsNaN(conf) || conf < 0 {
		conf = 0
	}
	if letters >= sentence && letters < sure {
		least := 2 // words that tell
		if conf < unsure {
			least = 1
		}
		if t, c := e.byWords(text, least); t != "" {
			if t == tag {
				c = max(c, conf)
			}
			return t, c, letters
		}
	}
	if conf < 0.05 && letters < 60 {
		return Undetermined, conf, letters
	}
	return tag, conf, letters
}

// byWords is the language whose small words a short text has most of; "" if it
// has less than least, or as many of another.
func (e *Enricher) byWords(text string, least int) (tag string, confidence float64) {
	hits := map[string]int{}
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) }) {
		for _, t := range e.small[w] {
			hits[t]++
		}
	}
	best, second := 0, 0
	for t, n := range hits {
		if n > best {
			best, second, tag = n, best, t
		} else {
			second = max(second, n)
		}
	}
	if best < least || best == second {
		return "", 0
	}
	return tag, math.Round(100*float64(best-second)/float64(best)) / 100
}

// sample is the beginning of what readers see, or of the whole text if nothing
// is for them.
func sample(a *article.Article) string {
	var b strings.Builder
	b.Grow(MaxSample + 1)
	for _, s := range a.Segments {
		switch s.Kind {
		case article.Byline, article.Dateline, article.CreditLine, article.Signoff, article.Reference:
			continue
		}
		if !s.Kind.ForReaders() {
			continue
		}
		t := s.In(a.Text)
		if room := MaxSample - b.Len(); len(t) > room {
			for room > 0 && !utf8.RuneStart(t[room]) {
				room--
			}
			t = t[:room]
		}
		b.WriteString(t)
		b.WriteByte('\n')
		if b.Len() >= MaxSample {
			break
		}
	}
	return b.String()
}
