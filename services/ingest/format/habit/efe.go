package habit

// efe is Agencia EFE..
var efe = Agency{
	Name:  "EFE",
	Names: []string{"agencia efe", "efe.com"},
	Zone:  "Europe/Madrid",
	Words: Words{
		Kill:       []string{"ANULACIÓN", "ANULADA", "ANULADO", "ANULAR", "NOTICIA ANULADA"},
		Hold:       []string{"RETENER", "NO UTILIZAR"},
		Embargo:    []string{"EMBARGADO HASTA", "EMBARGADA HASTA", "CON EMBARGO HASTA", "EMBARGO HASTA"},
		Correction: []string{"CORRECCIÓN", "CORREGIDA", "FE DE ERRORES", "RECTIFICACIÓN"},
		Advisory:   []string{"AVISO A LOS ABONADOS", "NOTA A LOS REDACTORES", "AVISO A LOS CLIENTES"},
		Private:    []string{"NO PUBLICAR"},
	},
}
