package main

import (
	"bufio"
	"context"
	"os"
	"strings"

	"github.com/copytaster/copytaster/services/enrich"
	"github.com/copytaster/copytaster/services/enrich/eval"
)

func main() {
	chain, err := enrich.NewChain(nil)
	if err != nil {
		panic(err)
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	task, _ := eval.Find("quotes")
	for _, f := range os.Args[1:] {
		worst := -1
		if strings.HasPrefix(f, "-") {
			f, worst = f[1:], 0
		}
		if strings.Contains(f, "measure") {
			worst = 0
		}
		m, err := task.Run(context.Background(), chain, f)
		if err != nil {
			panic(err)
		}
		eval.Result{Task: task, Data: f, Measure: m}.Write(out, worst)
	}
}
