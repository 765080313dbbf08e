package habit

// ntb is Norsk Telegrambyrå..
var ntb = Agency{
	Name:   "NTB",
	Names:  []string{"norsk telegrambyrå", "ntb.no"},
	Zone:   "Europe/Oslo",
	ISO646: "iso646-no",
	Words: Words{
		Kill:       []string{"ANNULLERES", "TREKKES TILBAKE", "MELDINGEN ANNULLERES", "MELDINGEN TREKKES", "ANNULLERT"},
		Hold:       []string{"VENT MED BRUK", "HOLD TILBAKE"},
		Embargo:    []string{"SPERREFRIST", "EMBARGO TIL"},
		Correction: []string{"RETTELSE", "RETTET", "KORRIGERT"},
		Advisory:   []string{"TIL REDAKSJONEN", "TIL REDAKSJONENE"},
		Private:    []string{"IKKE FOR PUBLISERING"},
	},
}
