package habit

// tt is Tidningarnas Telegrambyrå..
var tt = Agency{
	Name:   "TT",
	Names:  []string{"tidningarnas telegrambyrå", "tt.se", "tt nyhetsbyrån"},
	Zone:   "Europe/Stockholm",
	ISO646: "iso646-se",
	Words: Words{
		Kill:       []string{"MAKULERAS", "MAKULERA", "ANNULLERAS", "STRYKES", "TEXTEN UTGÅR"},
		Hold:       []string{"AVVAKTA", "ANVÄND EJ"},
		Embargo:    []string{"EMBARGO TILL", "UNDER EMBARGO TILL", "SPÄRRTID", "SPÄRR TILL"},
		Correction: []string{"RÄTTELSE", "RÄTTAD", "RÄTTAR", "KORRIGERING"},
		Advisory:   []string{"TILL REDAKTIONEN", "TILL REDAKTIONERNA"},
		Private:    []string{"EJ FÖR PUBLICERING"},
	},
}
