package habit

// afp is Agence France-Presse..
var afp = Agency{
	Name:  "AFP",
	Names: []string{"agence france-presse", "afp.com"},
	Words: Words{
		Kill:       []string{"ANNULATION", "ANNULÉ", "DÉPÊCHE ANNULÉE", "ANNULLATION"},
		Hold:       []string{"A SUSPENDRE", "À SUSPENDRE", "NE PAS UTILISER", "NE PLUS UTILISER"},
		Embargo:    []string{"SOUS EMBARGO", "EMBARGO JUSQU'AU", "EMBARGO JUSQU'À", "SOUS EMBARGO JUSQU'AU", "SOUS EMBARGO JUSQU'À"},
		Correction: []string{"RECTIFICATIF", "CORRIGÉ"},
		Advisory:   []string{"AVIS AUX RÉDACTIONS", "AVIS AUX CLIENTS", "NOTE AUX RÉDACTEURS"},
		Private:    []string{"NE PAS PUBLIER", "POUR INFORMATION DES RÉDACTIONS"},
	},
}
