package habit

// aap is Australian Associated Press..
var aap = Agency{
	Name:  "AAP",
	Names: []string{"australian associated press", "aap.com.au"},
	Zone:  "Australia/Sydney",
	Words: Words{
		Kill:     []string{"KILL STORY"},
		Embargo:  []string{"EMBARGO TO", "EMBARGOED TO", "EMBARGO:"},
		Advisory: []string{"ADVISORY TO SUBSCRIBERS", "ATTN EDITORS"},
	},
}
