package topics

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/language"
	"github.com/copytaster/copytaster/services/enrich/enricher/segments"
)

func TestTune(t *testing.T) {
	dir, file := os.Getenv("TDIR"), os.Getenv("TFILE")
	if dir == "" {
		t.Skip()
	}
	k, err := load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	e := on(k)
	seg, _ := segments.New()
	lang, _ := language.New()
	f, _ := os.Open(file)
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	var right, wrong, missed int
	per := map[string][3]int{}
	for sc.Scan() {
		var c struct {
			ID, Language, Text string
			Topics             []string
		}
		json.Unmarshal(sc.Bytes(), &c)
		a := article.Article{Text: c.Text}
		seg.Enrich(context.Background(), &a)
		lang.Enrich(context.Background(), &a)
		if err := e.Enrich(context.Background(), &a); err != nil {
			t.Fatal(err)
		}
		tops := map[string]bool{}
		var show []string
		for _, p := range a.Topics {
			tops[p.Path[0]] = true
			var why []string
			for _, w := range p.Why {
				why = append(why, fmt.Sprintf("%s %.2f", w.In(a.Text), w.Confidence))
			}
			show = append(show, fmt.Sprintf("      %s %.2f %s", p.Label, p.Confidence, strings.Join(why, " | ")))
		}
		ok := true
		p := per[c.Language]
		for _, w := range c.Topics {
			if tops[w] {
				right++
				p[0]++
			} else {
				missed++
				p[2]++
				ok = false
			}
		}
		for g := range tops {
			if !slices.Contains(c.Topics, g) {
				wrong++
				p[1]++
				ok = false
			}
		}
		per[c.Language] = p
		if !ok || os.Getenv("TALL") != "" {
			fmt.Printf("%s %v lang=%s %q\n%s\n", c.ID, c.Topics, a.Language.Value, c.Text[:min(60, len(c.Text))], strings.Join(show, "\n"))
		}
	}
	fmt.Printf("F1 %.3f right %d wrong %d missed %d %v\n", 2*float64(right)/float64(2*right+wrong+missed), right, wrong, missed, per)
}
