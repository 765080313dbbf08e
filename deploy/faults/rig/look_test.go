package rig

import "testing"

func TestMetricIsASum(t *testing.T) {
	const text = `# HELP copytaster_retries_total Calls.
copytaster_retries_total{call="sink",stage="index"} 3
copytaster_retries_total{call="sink",stage="index.bulk"} 5
copytaster_retries_total{call="dead",stage="index"} 7
copytaster_retries_total_other 100
copytaster_pending_bytes 1.5e+06
`
	for _, c := range []struct {
		name   string
		labels []string
		want   float64
	}{
		{"copytaster_retries_total", nil, 15},
		{"copytaster_retries_total", []string{`call="sink"`}, 8},
		{"copytaster_retries_total", []string{`call="sink"`, `stage="index"`}, 3},
		{"copytaster_pending_bytes", nil, 1.5e6},
		{"copytaster_pending", nil, 0},
	} {
		if got, err := sum(text, c.name, c.labels); err != nil || got != c.want {
			t.Errorf("%s%v: %v, %v, want %v", c.name, c.labels, got, err, c.want)
		}
	}
	if _, err := sum("a{} word\n", "a", nil); err == nil {
		t.Error("a word is taken as a number")
	}
}
