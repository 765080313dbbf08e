package habit

// apa is Austria Presse Agentur. It writes dpa's words.
var apa = Agency{
	Name:  "APA",
	Names: []string{"austria presse agentur", "apa.at"},
	Zone:  "Europe/Vienna",
	Words: Words{
		Embargo:    []string{"SPERRFRIST"},
		Correction: []string{"KORREKTUR"},
		Advisory:   []string{"HINWEIS AN DIE REDAKTIONEN"},
	},
}
