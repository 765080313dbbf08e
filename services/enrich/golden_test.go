package enrich_test

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
)

func goldenArticle(t testing.TB) *article.Article {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "golden", "niger.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return &article.Article{Text: string(raw), Source: "site-3", Provider: "site-3", PublishedAt: time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC)}
}

func TestGolden(t *testing.T) {
	a := goldenArticle(t)
	raw := a.Text
	if err := newChain(t).Enrich(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	lossless(t, "niger", raw, a)
	js, err := os.ReadFile(filepath.Join("testdata", "golden", "niger.expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Segments []struct {
			Kind         article.Kind
			Text, Starts string
			Photographer string
			Agencies     []string
		}
		Agency, Language string
		CitedMedia       []string `json:"cited_media"`
		Attribution      []any
		Translation      bool `json:"translation_likely"`
		Topics           goldenTopics
		Places           []goldenPlace
	}
	if err := json.Unmarshal(js, &want); err != nil {
		t.Fatal(err)
	}
	// The annotation leaves out the residue that its notes speak of: the
	// repeated headline and the scraper's "photo".
	var got []article.Segment
	var extra []string
	for i, s := range a.Segments {
		if s.Kind == article.Residue && i > 0 {
			extra = append(extra, strings.TrimSpace(s.In(a.Text)))
			continue
		}
		got = append(got, s)
	}
	if !reflect.DeepEqual(extra, []string{"USA must withdraw its military personnel from Niger", "photo"}) {
		t.Errorf("residue is %q", extra)
	}
	if len(got) != len(want.Segments) {
		t.Fatalf("%d segments, want %d: %+v", len(got), len(want.Segments), got)
	}
	for i, w := range want.Segments {
		text := got[i].In(a.Text)
		if got[i].Kind != w.Kind || w.Text != "" && text != w.Text || w.Starts != "" && (!strings.HasPrefix(text, w.Starts) || strings.Contains(text, "\n\n")) {
			t.Errorf("segment %d is %s %q, want %s %q", i, got[i].Kind, text, w.Kind, w.Text+w.Starts)
		}
	}
	if a.Agency.Value != want.Agency || a.Language.Value != want.Language {
		t.Errorf("agency %q, language %q", a.Agency.Value, a.Language.Value)
	}
	if !reflect.DeepEqual(values(a.CitedMedia), want.CitedMedia) {
		t.Errorf("cited media %q, want %q", values(a.CitedMedia), want.CitedMedia)
	}
	if len(a.Credits) != 1 || a.Credits[0].Photographer != "Sam Mednick" || !reflect.DeepEqual(a.Credits[0].Agencies, []string{"AP", "dpa"}) {
		t.Errorf("credits %+v", a.Credits)
	}
	if a.Publisher != "site-3" || a.Via != "dpa" || !reflect.DeepEqual(a.Cites, want.CitedMedia) {
		t.Errorf("attribution %+v", a.Attribution)
	}
	if a.Translation.Likely() != want.Translation {
		t.Errorf("translation %+v, likely: want %v", a.Translation, want.Translation)
	}
	want.Topics.check(t, a)
	checkPlaces(t, a, want.Places)
	if a.First(article.Headline) != "USA must withdraw its military personnel from Niger" || a.First(article.Kicker) != "" {
		t.Errorf("headline %q, kicker %q", a.First(article.Headline), a.First(article.Kicker))
	}
	for _, shown := range []string{a.First(article.Headline), a.First(article.Standfirst), a.Body()} {
		if strings.Contains(shown, "site-3") || strings.HasPrefix(shown, ":") || strings.HasSuffix(shown, "photo") {
			t.Errorf("%q holds what is not for readers", clip(shown))
		}
	}
	for _, l := range append([]article.Label{a.Agency, a.Language}, a.CitedMedia...) {
		if len(l.Evidence) == 0 || l.Evidence[0].Enricher == "" || l.Evidence[0].Version < 1 || l.Evidence[0].Confidence <= 0 {
			t.Errorf("%q has evidence %+v", l.Value, l.Evidence)
		}
	}

	// Enriching again changes nothing.
	again := *a
	if err := newChain(t).Enrich(context.Background(), &again); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&again, a) {
		t.Errorf("enriching again gives another article")
	}
}

func BenchmarkGolden(b *testing.B) {
	a := goldenArticle(b)
	c := newChain(b)
	b.SetBytes(int64(len(a.Text)))
	b.ReportAllocs()
	for b.Loop() {
		x := *a
		if err := c.Enrich(context.Background(), &x); err != nil {
			b.Fatal(err)
		}
	}
}

type goldenTopics struct {
	Must, Never   []string
	ExpectedAmong []string `json:"expected_among"`
}

func (want goldenTopics) check(t *testing.T, a *article.Article) {
	t.Helper()
	about := map[string]bool{}
	for _, p := range a.Topics {
		for _, code := range p.Path {
			about[code] = true
		}
	}
	expected := 0
	for _, code := range want.ExpectedAmong {
		if about[code] {
			expected++
		}
	}
	for _, code := range want.Must {
		if !about[code] {
			t.Errorf("%s is missing among the topics", code)
		}
	}
	for _, code := range want.Never {
		if about[code] {
			t.Errorf("%s is no topic of it", code)
		}
	}
	if expected < 3 {
		t.Errorf("%d of the expected topics", expected)
	}
}

type goldenPlace struct {
	Name, Country string
	Main          bool
}

func checkPlaces(t *testing.T, a *article.Article, want []goldenPlace) {
	t.Helper()
	var wantPlaces, gotPlaces []goldenPlace
	for _, p := range want {
		wantPlaces = append(wantPlaces, goldenPlace{p.Name, p.Country, p.Main})
	}
	for _, p := range a.Places {
		gotPlaces = append(gotPlaces, goldenPlace{p.Name, p.Country, p.Main})
		if p.Name == "Agadez" && (math.Abs(p.Lat-16.97) > .2 || math.Abs(p.Lon-7.99) > .2) {
			t.Errorf("%s lies at %v, %v", p.Name, p.Lat, p.Lon)
		}
	}
	byName := func(a, b goldenPlace) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(wantPlaces, byName)
	slices.SortFunc(gotPlaces, byName)
	if !slices.Equal(gotPlaces, wantPlaces) {
		t.Errorf("places %v, want %v", gotPlaces, wantPlaces)
	}
}
