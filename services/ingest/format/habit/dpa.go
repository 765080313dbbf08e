package habit

// dpa is Deutsche Presse-Agentur. Its message number follows its name in the header
// ("dpa 0157"), whichever service it comes by, and its notices name it so..
var dpa = Agency{
	Name:     "dpa",
	Names:    []string{"deutsche presse-agentur", "dpa-afx", "dpa.com"},
	Services: []string{"bdt", "eca", "lbn", "lhe", "lno", "lnw", "lsw", "lby"},
	Zone:     "Europe/Berlin",
	ISO646:   "iso646-de",
	Words: Words{
		Kill:       []string{"ANNULLIERUNG", "ANNULLIERT", "RÜCKRUF", "MELDUNG ZURÜCKGEZOGEN", "ZURÜCKGEZOGEN", "WIRD ZURÜCKGEZOGEN", "LÖSCHUNG"},
		Hold:       []string{"BITTE NICHT VERWENDEN", "NICHT VERWENDEN", "NICHT MEHR VERWENDEN", "MELDUNG GESPERRT", "VORLÄUFIG NICHT VERWENDEN"},
		Embargo:    []string{"SPERRFRIST", "ACHTUNG SPERRFRIST", "ACHTUNG, SPERRFRIST", "GESPERRT BIS", "FREI AB", "FREI FÜR", "SPERRVERMERK"},
		Correction: []string{"KORREKTUR", "BERICHTIGUNG", "BERICHTIGT", "KORRIGIERTE WIEDERHOLUNG", "BERICHTIGTE WIEDERHOLUNG"},
		Advisory:   []string{"HINWEIS AN DIE REDAKTIONEN", "AN DIE REDAKTIONEN", "REDAKTIONELLER HINWEIS"},
		Private: []string{
			"NICHT ZUR VERÖFFENTLICHUNG", "DIE FOLGENDEN INFORMATIONEN SIND NICHT ZUR VERÖFFENTLICHUNG BESTIMMT",
			"DIE NACHFOLGENDEN INFORMATIONEN SIND NICHT ZUR VERÖFFENTLICHUNG BESTIMMT", "# NOTIZBLOCK", "# NOTEBOOK", "NOTIZBLOCK", "REDAKTIONELLE HINWEISE",
		},
	},
}
