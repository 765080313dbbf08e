package habit

// ap is The Associated Press. Its keyword line names a story through all leads
// and writethrus of a day..
var ap = Agency{
	Name:      "AP",
	Names:     []string{"the associated press", "associated press", "ap-ny", "ap-wf", "ap.org"},
	Zone:      "America/New_York",
	SlugNames: true,
	Words: Words{
		Kill:     []string{"A KILL IS MANDATORY", "KILL IS MANDATORY", "BULLETIN-KILL"},
		Embargo:  []string{"HOLD FOR RELEASE UNTIL", "EMBARGOED FOR RELEASE", "EMBARGOED FOR RELEASE UNTIL", "MOVED IN ADVANCE AND NOT FOR USE BEFORE"},
		Advisory: []string{"NEWS COVERAGE ADVISORY", "AP NEWS COVERAGE ADVISORY", "COVERAGE ADVISORY", "NEWS DIGEST"},
	},
}
