package moments_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/services/enrich/enricher/moments"
)

func TestDump(t *testing.T) {
	e, _ := moments.New()
	for _, f := range []string{"../../testdata/cases/quotes/tune.jsonl", "../../testdata/cases/amounts/tune.jsonl"} {
		if os.Getenv("DUMP") == "" {
			t.Skip()
		}
		for _, c := range readCases(t, f) {
			a := c.article()
			e.Enrich(context.Background(), a)
			s := a.Text
			for i := len(a.Moments) - 1; i >= 0; i-- {
				m := a.Moments[i]
				s = s[:m.Start] + "⟦" + s[m.Start:m.End] + "⟧" + s[m.End:]
			}
			fmt.Println(c.ID, a.PublishedAt.Format("2006-01-02 Mon"), s)
			for _, m := range a.Moments {
				fmt.Printf("      %s = %s\n", m.In(a.Text), told(m))
			}
		}
	}
}

func TestTry(t *testing.T) {
	f := os.Getenv("TRY")
	if f == "" {
		t.Skip()
	}
	e, _ := moments.New()
	raw, _ := os.ReadFile(f)
	lang := "en"
	for _, line := range strings.Split(string(raw), "\n") {
		if len(line) == 2 {
			lang = line
			continue
		}
		if line != "" {
			fmt.Println(line, "\n       ", strings.Join(found(t, e, lang, line, time.Date(2025, 3, 12, 9, 30, 0, 0, time.UTC)), "  ;  "))
		}
	}
}
