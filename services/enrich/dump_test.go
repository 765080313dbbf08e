package enrich_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/moments"
)

func TestDumpWire(t *testing.T) {
	if os.Getenv("DUMP") == "" {
		t.Skip()
	}
	e, _ := moments.New()
	for _, dir := range []string{"testdata/wire", "testdata/unseen"} {
		fs, _ := filepath.Glob(dir + "/*.txt")
		for _, f := range fs {
			raw, _ := os.ReadFile(f)
			var an annotation
			js, _ := os.ReadFile(strings.TrimSuffix(f, ".txt") + ".json")
			json.Unmarshal(js, &an)
			a := &article.Article{Text: string(raw), Source: an.Source, PublishedAt: an.PublishedAt}
			newChain(t).Enrich(context.Background(), a)
			e.Enrich(context.Background(), a)
			if len(a.Moments) == 0 {
				continue
			}
			fmt.Println("=====", filepath.Base(f), a.Language.Value, a.PublishedAt.Format("2006-01-02 Mon"))
			for _, m := range a.Moments {
				when := "?"
				if m.Resolved() {
					when = m.From.Format("06-01-02") + ".." + m.To.Format("06-01-02") + " " + string(m.Precision)
				}
				fmt.Printf("  %-40s | %s⟦%s⟧%s\n", when, strings.ReplaceAll(strings.ToValidUTF8(a.Text[max(0, m.Start-60):m.Start], ""), "\n", " "), m.In(a.Text), strings.ReplaceAll(strings.ToValidUTF8(a.Text[m.End:min(len(a.Text), m.End+35)], ""), "\n", " "))
			}
		}
	}
}
