package habit

// ansa is ANSA..
var ansa = Agency{
	Name:  "ANSA",
	Names: []string{"agenzia ansa", "ansa.it"},
	Zone:  "Europe/Rome",
	Words: Words{
		Kill:       []string{"ANNULLAMENTO", "NOTIZIA ANNULLATA", "ANNULLARE", "ANNULLATA"},
		Hold:       []string{"NON UTILIZZARE", "SOSPENDERE"},
		Embargo:    []string{"EMBARGO FINO ALLE", "EMBARGO FINO AL", "SOTTO EMBARGO FINO AL", "SOTTO EMBARGO"},
		Correction: []string{"RETTIFICA", "CORREZIONE", "ERRATA CORRIGE"},
		Advisory:   []string{"AVVISO AI REDATTORI", "AVVISO AI GIORNALI", "NOTA PER I REDATTORI"},
		Private:    []string{"NON PUBBLICARE"},
	},
}
