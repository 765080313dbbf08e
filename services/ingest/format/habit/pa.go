package habit

// pa is PA Media, the former Press Association..
var pa = Agency{
	Name:  "PA",
	Names: []string{"pa media", "press association", "pa news"},
	Zone:  "Europe/London",
	Words: Words{
		Kill:       []string{"MANDATORY KILL - LEGAL", "LEGAL KILL", "LEGAL: KILL"},
		Embargo:    []string{"EMBARGOED TO", "EMBARGO TO", "EMBARGOED UNTIL"},
		Correction: []string{"CORRECTION TO", "SUBS CORRECTS"},
		Advisory:   []string{"MEMO TO EDITORS", "LEGAL ADVISORY"},
	},
}
