package copytaster

import (
	"io"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// readCounts gives copytaster_articles_total by "<stage> <outcome>".
func readCounts(r io.Reader) (map[string]int, error) {
	p := expfmt.NewTextParser(model.UTF8Validation)
	families, err := p.TextToMetricFamilies(r)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, m := range families["copytaster_articles_total"].GetMetric() {
		var stage, outcome string
		for _, l := range m.GetLabel() {
			switch l.GetName() {
			case "stage":
				stage = l.GetValue()
			case "outcome":
				outcome = l.GetValue()
			}
		}
		counts[stage+" "+outcome] += int(m.GetCounter().GetValue())
	}
	return counts, nil
}
