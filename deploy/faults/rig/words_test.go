package rig

import (
	"encoding/json"
	"testing"

	"github.com/copytaster/copytaster/deploy/faults/ledger"
)

// TestWordsOfSegments: where one segment ends and the next one begins is for
// enrichment to say, and changes no word.
func TestWordsOfSegments(t *testing.T) {
	tests := map[string]struct {
		segments string
		want     ledger.Words
	}{
		"one word after the other": {`{"text":"The company.","start":0,"end":12},{"text":"Reuter","start":13,"end":19}`, ledger.WordsOf("The company. Reuter")},
		"within a word":            {`{"text":"The company.","start":0,"end":12},{"text":"/ Reuter","start":12,"end":20}`, ledger.WordsOf("The company./ Reuter")},
		"a word is missing":        {`{"text":"The company.","start":0,"end":12}`, ledger.WordsOf("The company.")},
		"in another order":         {`{"text":"Reuter","start":13,"end":19},{"text":"The company.","start":0,"end":12}`, ledger.WordsOf("Reuter The company.")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := document{Source: json.RawMessage(`{"segments":[` + tt.segments + `]}`)}.parse()
			if err != nil {
				t.Fatal(err)
			}
			if p.Words != tt.want {
				t.Error("the words are others")
			}
		})
	}
}
