bdt0305 3 pl 30  dpa 2005
Hafen/Skarra/
(KORREKTUR: 2. Absatz, 1. Satz berichtigt: zwölf statt zwei Fähren)
Hafen von Skarra öffnet am Dienstag wieder =

Skarra (dpa) - Der Hafen von Skarra öffnet am Dienstag wieder.

Zwölf Fähren hatten nicht anlegen können.

221300 Apr 24
