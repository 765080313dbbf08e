package habit

// ritzau is Ritzaus Bureau..
var ritzau = Agency{
	Name:   "Ritzau",
	Names:  []string{"ritzaus bureau", "rb", "ritzau.dk", "/ritzau/"},
	Zone:   "Europe/Copenhagen",
	ISO646: "iso646-dk",
	Words: Words{
		Kill:       []string{"UDGÅR", "ANNULLERES", "TELEGRAMMET ANNULLERES", "TELEGRAMMET UDGÅR", "TILBAGEKALDT"},
		Hold:       []string{"AFVENT BRUG", "BRUG IKKE"},
		Embargo:    []string{"KLAUSULERET TIL", "KLAUSULERET INDTIL", "EMBARGO TIL", "MÅ IKKE BRUGES FØR"},
		Correction: []string{"RETTELSE", "RETTET", "BERIGTIGELSE"},
		Advisory:   []string{"TIL REDAKTIONEN", "TIL REDAKTIONERNE"},
		Private:    []string{"IKKE TIL OFFENTLIGGØRELSE", "IKKE TIL PUBLICERING"},
	},
}
