package habit

// reuters is Reuters. What a message is stands before its headline, with a dash..
var reuters = Agency{
	Name:  "Reuters",
	Names: []string{"rtrs", "reuters.com", "reuters news"},
	Words: Words{
		Kill:       []string{"WITHDRAWN", "STORY WITHDRAWN", "WITHDRAWAL"},
		Embargo:    []string{"EMBARGOED UNTIL", "EMBARGOED FOR"},
		Correction: []string{"CORRECTED-OFFICIAL", "CORRECTED-UPDATE", "REFILE"},
		Advisory:   []string{"ADVISORY-WITHDRAWN", "ATTENTION EDITORS"},
	},
}
