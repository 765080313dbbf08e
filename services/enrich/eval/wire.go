package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher"
)

// annotation is what a careful editor reads in a text, see testdata/wire.
type annotation struct {
	Source      string    `json:"source"`
	PublishedAt time.Time `json:"published_at"`
	Segments    []struct {
		Kind   article.Kind `json:"kind"`
		Text   string       `json:"text"`
		Starts string       `json:"starts"`
		Ends   string       `json:"ends"`
	} `json:"segments"`
	Headline   *string `json:"headline"`
	Kicker     *string `json:"kicker"`
	Standfirst *string `json:"standfirst"`
	Byline     *string `json:"byline"`
	Dateline   *string `json:"dateline"`
	Agency     *string `json:"agency"`
	Language   string  `json:"language"`
	Credits    []struct {
		Text         string   `json:"text"`
		Photographer *string  `json:"photographer"`
		Agencies     []string `json:"agencies"`
	} `json:"credits"`
	CitedMedia  []string `json:"cited_media"`
	Attribution []any    `json:"attribution"`
}

type piece struct {
	article.Span
	kind article.Kind
}

// wanted finds the annotated segments in the text.
func (an *annotation) wanted(text string) ([]piece, error) {
	var out []piece
	at := 0
	for _, s := range an.Segments {
		first := s.Text
		if first == "" {
			first = s.Starts
		}
		i := strings.Index(text[at:], first)
		if i < 0 {
			return nil, fmt.Errorf("segment %q is not in the text after byte %d", first, at)
		}
		start := at + i
		end := start + len(first)
		if s.Text == "" {
			if s.Ends != "" {
				j := strings.Index(text[start:], s.Ends)
				if j < 0 {
					return nil, fmt.Errorf("end %q is not in the text after byte %d", s.Ends, start)
				}
				end = start + j + len(s.Ends)
			} else if j := strings.IndexByte(text[start:], '\n'); j >= 0 {
				end = start + j
			} else {
				end = len(text)
			}
		}
		for end > start && text[end-1] == ' ' {
			end--
		}
		out = append(out, piece{article.Span{Start: start, End: end}, s.Kind})
		at = end
	}
	return out, nil
}

func parts(a *article.Article) []piece {
	out := make([]piece, 0, len(a.Segments))
	for _, s := range a.Segments {
		end := s.End
		for end > s.Start && a.Text[end-1] == ' ' {
			end--
		}
		out = append(out, piece{article.Span{Start: s.Start, End: end}, s.Kind})
	}
	return out
}

// measureWire runs the chain over the texts of a folder, each NAME.txt with its
// NAME.json.
func measureWire(ctx context.Context, chain *enricher.Chain, dir string) (*Measure, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: there is no text in it", dir)
	}
	m := newMeasure()
	for _, file := range files {
		if err := m.wire(ctx, chain, file); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return m, nil
}

func (m *Measure) wire(ctx context.Context, chain *enricher.Chain, file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	base := strings.TrimSuffix(file, ".txt")
	js, err := os.ReadFile(base + ".json")
	if err != nil {
		return err
	}
	var an annotation
	if err := json.Unmarshal(js, &an); err != nil {
		return err
	}
	a := article.Article{Text: string(raw), Source: an.Source, Provider: an.Source, PublishedAt: an.PublishedAt}
	if err := chain.Enrich(ctx, &a); err != nil {
		return err
	}
	if err := Lossless(string(raw), &a); err != nil {
		return err
	}
	want, err := an.wanted(a.Text)
	if err != nil {
		return err
	}
	m.compareWire(filepath.Base(base), &an, want, &a)
	return nil
}

// Lossless tells why the segments of an enriched article, with the white space
// between them, aren't its text, or why one of them is left unknown or unsigned.
func Lossless(raw string, a *article.Article) error {
	if a.Text != raw {
		return fmt.Errorf("the text was changed")
	}
	if err := article.CheckSegments(a.Text, a.Segments); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(article.Before(a.Text, a.Segments))
	for i, s := range a.Segments {
		if s.Kind == article.Unknown {
			return fmt.Errorf("segment %d is left unknown", i)
		}
		if s.Enricher == "" || s.Version < 1 || s.Confidence <= 0 || s.Confidence > 1 {
			return fmt.Errorf("segment %d is signed %+v", i, s.Evidence)
		}
		b.WriteString(s.In(a.Text))
		b.WriteString(article.After(a.Text, a.Segments, i))
	}
	if b.String() != raw {
		return fmt.Errorf("the segments don't rebuild the text")
	}
	return nil
}

func (m *Measure) compareWire(name string, an *annotation, want []piece, a *article.Article) {
	m.Texts++
	got := parts(a)
	all := true
	segment := func(kind article.Kind, s Score) {
		m.add("segment", s)
		m.add("segment "+an.Language, s)
		m.add("kind "+string(kind), s)
		all = all && s.Wrong+s.Missed == 0
	}
	for _, w := range want {
		if slices.Contains(got, w) {
			segment(w.kind, Score{Right: 1})
			continue
		}
		was := "otherwise cut"
		for _, g := range got {
			if g.Span == w.Span {
				was = string(g.kind)
			}
		}
		segment(w.kind, Score{Missed: 1})
		m.blame(name, "segment: %s %q is %s", w.kind, clip(w.In(a.Text)), was)
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			segment(g.kind, Score{Wrong: 1})
			m.blame(name, "segment: got %s %q", g.kind, clip(g.In(a.Text)))
		}
	}
	if all {
		m.Exact++
	}
	m.one(name, "headline", said(an.Headline), a.First(article.Headline))
	m.one(name, "kicker", said(an.Kicker), strings.TrimRight(a.First(article.Kicker), ": \u00a0"))
	var stand []string
	for _, s := range a.Segments {
		if s.Kind == article.Standfirst {
			stand = append(stand, s.In(a.Text))
		}
	}
	m.one(name, "standfirst", said(an.Standfirst), strings.Join(stand, "\n"))
	m.one(name, "byline", said(an.Byline), a.First(article.Byline))
	m.one(name, "dateline", said(an.Dateline), a.First(article.Dateline))
	m.one(name, "agency", said(an.Agency), a.Agency.Value)
	m.one(name, "language", an.Language, a.Language.Value)
	m.set(name, "cited_media", an.CitedMedia, values(a.CitedMedia))
	m.credits(name, an, a)
	m.attribution(name, an, a)
}

func (m *Measure) credits(name string, an *annotation, a *article.Article) {
	var want, got []string
	for _, c := range an.Credits {
		want = append(want, fmt.Sprintf("%s|%s|%s", squeeze(c.Text), said(c.Photographer), strings.Join(c.Agencies, ",")))
	}
	for _, c := range a.Credits {
		got = append(got, fmt.Sprintf("%s|%s|%s", squeeze(c.In(a.Text)), c.Photographer, strings.Join(c.Agencies, ",")))
	}
	m.set(name, "credits", want, got)
}

func (m *Measure) attribution(name string, an *annotation, a *article.Article) {
	if len(an.Attribution) != 3 {
		return
	}
	cites := a.Cites
	if cites == nil {
		cites = []string{}
	}
	var via any
	if a.Via != "" {
		via = a.Via
	}
	want, err := json.Marshal(an.Attribution)
	if err != nil {
		want = []byte(err.Error())
	}
	got, err := json.Marshal([]any{a.Publisher, via, cites})
	if err != nil {
		got = []byte(err.Error())
	}
	m.one(name, "attribution", string(want), string(got))
}

// one compares a field with one value; "" is none.
func (m *Measure) one(text, field, want, got string) {
	want, got = squeeze(want), squeeze(got)
	switch {
	case want == "" && got == "":
	case want == got:
		m.add(field, Score{Right: 1})
	case got == "":
		m.add(field, Score{Missed: 1})
		m.blame(text, "%s: want %q, got none", field, want)
	case want == "":
		m.add(field, Score{Wrong: 1})
		m.blame(text, "%s: want none, got %q", field, got)
	default:
		m.add(field, Score{Wrong: 1, Missed: 1})
		m.blame(text, "%s: want %q, got %q", field, want, got)
	}
}

// set compares a field with several values, whose order doesn't count.
func (m *Measure) set(text, field string, want, got []string) {
	for _, w := range want {
		if slices.Contains(got, w) {
			m.add(field, Score{Right: 1})
		} else {
			m.add(field, Score{Missed: 1})
			m.blame(text, "%s: %q is missing", field, w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			m.add(field, Score{Wrong: 1})
			m.blame(text, "%s: %q is wrong", field, g)
		}
	}
}

func values(ls []article.Label) []string {
	vs := make([]string, 0, len(ls))
	for _, l := range ls {
		vs = append(vs, l.Value)
	}
	return vs
}
