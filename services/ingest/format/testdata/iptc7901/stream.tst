ZCZC
abc0010 4 sp 8
Schach
Brandt gewinnt in Lund =

Lund (abc) - Ida Brandt gewann am Montag das Turnier von Lund.
220910 Apr 24
NNNN
abc0011 4 sp 8
Schach
Ergebnisse aus Lund =

Brandt     Holm       1:0
Lindt      Moe        0,5:0,5
Strand     Voss       0:1
220911 Apr 24
