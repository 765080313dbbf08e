package copytaster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/ingest"
)

// Of the articles that a [grower] makes.
const (
	grownYears = 10
	// grownRare is in how many texts a word stands at most that is another one in
	// each copy of the corpus, as new names are; grownCommon in how many at least that
	// is in all of them, as "said" is. Of the others, grownSwapped per cent are
	// swapped, article by article, for one of the same length.
	grownRare, grownCommon, grownSwapped = 5, 500, 30
	// grownShortest is how many letters a word has that is changed at all.
	grownShortest = 4
)

// grower makes as many articles as wanted of a corpus that is smaller. The first copy of
// the corpus has its texts as they are, the further ones other words, names and numbers;
// each article has its own time within ten years, agency, source, language, places and
// topics. What was read in a text is changed with it, not read again: words keep their
// lengths, so that spans stay where they are.
type grower struct {
	known  []article.Article // enriched
	n      int               // how many there will be
	begin  time.Time         // before the first is published
	often  map[string]int    // in how many texts a word stands, in lower case
	words  map[int][]string  // by length, those neither rare nor common, each as often as it stands somewhere
	places []article.Place
	filed  []string
	topics []article.Topic
}

// newGrower reads and enriches the texts.
func newGrower(ctx context.Context, texts []string, n int) (*grower, error) {
	g := &grower{
		known: make([]article.Article, min(len(texts), n)), n: n, begin: time.Now().AddDate(-grownYears, 0, 0),
		often: map[string]int{}, words: map[int][]string{},
	}
	chain, err := enrich.NewChain(nil)
	if err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i := range g.known {
		group.Go(func() error {
			as, err := ingest.Decode(ctx, []byte(texts[i]), ingest.Hint{Source: "grown", ReceivedAt: g.begin}, "text")
			if err == nil {
				err = chain.Enrich(ctx, &as[0])
			}
			if err != nil {
				return fmt.Errorf("text %d: %w", i, err)
			}
			g.known[i] = as[0]
			g.known[i].Original.Bytes = nil
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	g.learn()
	return g, nil
}

// learn counts the words, and gathers the places and topics.
func (g *grower) learn() {
	for i := range g.known {
		seen := map[string]bool{}
		for _, w := range lettersOf(g.known[i].Text) {
			if w = strings.ToLower(w); !seen[w] {
				seen[w] = true
				g.often[w]++
			}
		}
		g.places = append(g.places, g.known[i].Places...)
		g.filed = append(g.filed, g.known[i].Filed.Places...)
		g.topics = append(g.topics, g.known[i].Topics...)
	}
	for i := range g.known {
		for _, w := range lettersOf(g.known[i].Text) {
			w = strings.ToLower(w)
			if n := g.often[w]; n > grownRare && n < grownCommon {
				g.words[len(w)] = append(g.words[len(w)], w)
			}
		}
	}
	// Each place as often as any other: ten years of copy speak of more places than a year does.
	slices.SortFunc(g.places, func(a, b article.Place) int { return strings.Compare(a.Name, b.Name) })
	g.places = slices.CompactFunc(g.places, func(a, b article.Place) bool { return a.Name == b.Name })
}

// lettersOf are the runs of ASCII letters of a text.
func lettersOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !isLetter(r) })
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// article makes the article with that number; the same one each time.
func (g *grower) article(i int) (article.Article, error) {
	r := rand.New(rand.NewPCG(uint64(i), 0))
	a := g.known[i%len(g.known)]
	a.URI = article.URI(fmt.Sprintf("urn:grown:%d", i))
	published := g.begin.Add(time.Duration(float64(time.Since(g.begin)) * float64(i) / float64(g.n))).Truncate(time.Second)
	g.vary(&a, variant{g, i / len(g.known), uint64(i)}, r, published.Sub(g.begin))
	a.PublishedAt, a.VersionCreated, a.ReceivedAt = published, published, published
	a.Source = fmt.Sprint("site-", 1+few(r, 60))
	a.Agency.Value = grownAgencies[few(r, len(grownAgencies))]
	a.Language.Value = grownLanguages[few(r, len(grownLanguages))]
	a.Urgency = 1 + few(r, 8)
	a.CitedMedia = nil
	if r.IntN(4) == 0 {
		a.CitedMedia = []article.Label{{Value: fmt.Sprint("Paper ", 1+few(r, 300))}}
	}
	switch u := r.IntN(1000); {
	case u < 5:
		a.Status = article.Withheld
	case u < 10:
		a.Status = article.Canceled
	case u < 12:
		a.EmbargoUntil = time.Now().AddDate(0, 0, 7)
	case u < 40:
		a.EmbargoUntil = published.Add(time.Hour)
	case u < 50:
		a.ExpiresAt = published.AddDate(0, 1, 0)
	case u < 60:
		a.ExpiresAt = time.Now().AddDate(1, 0, 0)
	}
	return a, a.Stamp()
}

// vary changes a's text and what was read in it.
func (g *grower) vary(a *article.Article, v variant, r *rand.Rand, shift time.Duration) {
	a.Text = v.text(a.Text)
	a.Entities, a.Quotes, a.Keyphrases = slices.Clone(a.Entities), slices.Clone(a.Quotes), slices.Clone(a.Keyphrases)
	for i := range a.Entities {
		a.Entities[i].Name = v.text(a.Entities[i].Name)
	}
	for i := range a.Quotes {
		a.Quotes[i].Speaker = v.text(a.Quotes[i].Speaker)
	}
	for i := range a.Keyphrases {
		a.Keyphrases[i].Phrase = v.text(a.Keyphrases[i].Phrase)
	}
	a.Amounts, a.Moments = slices.Clone(a.Amounts), slices.Clone(a.Moments)
	for i := range a.Amounts {
		by := math.Exp(r.NormFloat64())
		a.Amounts[i].Value, a.Amounts[i].To = math.Round(a.Amounts[i].Value*by), math.Round(a.Amounts[i].To*by)
	}
	for i := range a.Moments {
		for _, t := range []*time.Time{&a.Moments[i].From, &a.Moments[i].To} {
			if !t.IsZero() {
				*t = t.Add(shift.Truncate(24 * time.Hour))
			}
		}
	}
	a.Places, a.Topics, a.Filed.Places = slices.Clone(a.Places), slices.Clone(a.Topics), slices.Clone(a.Filed.Places)
	for i := range a.Places {
		if r.IntN(3) == 0 {
			mentions := a.Places[i].Mentions
			a.Places[i] = g.places[r.IntN(len(g.places))]
			a.Places[i].Main, a.Places[i].Mentions = false, mentions
		}
	}
	for i := range a.Topics {
		if r.IntN(3) == 0 {
			evidence, why := a.Topics[i].Evidence, a.Topics[i].Why
			a.Topics[i] = g.topics[r.IntN(len(g.topics))]
			a.Topics[i].Evidence, a.Topics[i].Why = evidence, why
		}
	}
	for i := range a.Filed.Places {
		a.Filed.Places[i] = g.filed[r.IntN(len(g.filed))]
	}
	if !a.Filed.Date.IsZero() {
		a.Filed.Date = a.Filed.Date.Add(shift.Truncate(24 * time.Hour))
	}
}

// few is a number below n, the small ones more often.
func few(r *rand.Rand, n int) int { return int(float64(n) * math.Pow(r.Float64(), 3)) }

var (
	grownAgencies = []string{
		"Reuters", "AP", "AFP", "dpa", "ANSA", "EFE", "Kyodo", "Xinhua", "TASS", "PTI", "APA", "Belga", "ANP", "NTB", "TT", "Ritzau",
		"PAP", "CTK", "MTI", "Agerpres", "Lusa", "AAP", "CP", "Yonhap", "Antara", "SAPA", "NAN", "MAP", "APS", "TAP",
	}
	// By [few], 73 % are in the first one, 9 % in the second.
	grownLanguages = []string{"en", "en", "en", "en", "en", "fr", "fr", "de", "de", "es", "pt", "it", "nl"}
)

// variant is how the words of one article are changed.
type variant struct {
	g     *grower
	round int // which copy of the corpus it is of; 0: words stay
	seed  uint64
}

func (v variant) text(s string) string {
	if v.round == 0 {
		return s
	}
	b := []byte(s)
	for at := 0; at < len(b); {
		end := at + 1
		switch {
		case isLetter(rune(b[at])):
			for end < len(b) && isLetter(rune(b[end])) {
				end++
			}
			v.word(b[at:end])
		case b[at] > '0' && b[at] <= '9':
			for h := v.hash(s[at:end], v.seed+uint64(at)); end < len(b) && b[end] >= '0' && b[end] <= '9'; end++ {
				b[end] = '0' + byte(h%10)
				h /= 10
			}
		}
		at = end
	}
	return string(b)
}

// word puts another word in the place of b, in the same case, if any.
func (v variant) word(b []byte) {
	word := strings.ToLower(string(b))
	if len(b) < grownShortest {
		return
	}
	switch n := v.g.often[word]; {
	case n <= grownRare:
		word = invented(v.hash(word, uint64(v.round)), len(b))
	case n < grownCommon:
		h := v.hash(word, v.seed)
		if others := v.g.words[len(b)]; h%100 < grownSwapped && len(others) > 0 {
			word = others[h/100%uint64(len(others))]
		}
	}
	for i := range b {
		if b[i] < 'a' {
			b[i] = word[i] - 'a' + 'A'
		} else {
			b[i] = word[i]
		}
	}
}

// invented is a word that can be said, of n letters.
func invented(h uint64, n int) string {
	r := rand.New(rand.NewPCG(h, 0))
	b := make([]byte, n)
	for i := range b {
		of := "bcdfghklmnprstvz"
		if i%2 == int(h%2) {
			of = "aeiou"
		}
		b[i] = of[r.IntN(len(of))]
	}
	return string(b)
}

// hash is FNV-1a, and then mixed, since its low bits are not.
func (v variant) hash(s string, seed uint64) uint64 {
	h := 14695981039346656037 ^ seed*0x9E3779B97F4A7C15
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	h ^= h >> 31
	h *= 0xBF58476D1CE4E5B9
	return h ^ h>>29
}
