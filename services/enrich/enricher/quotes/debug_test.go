package quotes_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
)

func TestDebug(t *testing.T) {
	f := os.Getenv("QDEBUG")
	if f == "" {
		t.Skip()
	}
	raw, _ := os.ReadFile(f)
	for n, text := range strings.Split(string(raw), "\x01") {
		a := article.Article{Text: text}
		if err := newChain(t).Enrich(context.Background(), &a); err != nil {
			t.Fatal(err)
		}
		fmt.Println("#####", n, a.Language.Value, a.Agency.Value)
		if os.Getenv("QSEG") != "" {
			for _, s := range a.Segments {
				fmt.Printf("%s %.60q\n", s.Kind, s.In(a.Text))
			}
		}
		for _, q := range a.Quotes {
			x := strings.ReplaceAll(q.In(a.Text), "\n", "|")
			r := []rune(x)
			if len(r) > 90 {
				x = string(r[:50]) + " ... " + string(r[len(r)-35:])
			}
			b := []rune(a.Text[:q.Start])
			e := []rune(a.Text[q.End:])
			fmt.Printf("%s [[%s]] %s\n      S %q R %q V %q C %q P %v  %.2f\n", strings.ReplaceAll(string(b[max(0, len(b)-70):]), "\n", "|"), x, strings.ReplaceAll(string(e[:min(len(e), 90)]), "\n", "|"), q.Speaker, q.Role, q.Via, q.Cue, q.Partial, q.Confidence)
		}
	}
}
