bdt0214 3 pl 62  dpa 1888
Hafen/Skarra/
Hafen von Skarra öffnet am Dienstag wieder =

Skarra (dpa) - Der Hafen von Skarra öffnet nach dem Sturm am Dienstag
wieder. Das teilte die Behörde am Montag mit. «Die Mole hält», sagte
Leiterin Ida Brandt.

   Zwölf Fähren hatten seit Freitag nicht anlegen können.
   Der Schaden wird auf 3,2 Millionen Kronen geschätzt.

# Notizblock

## Orte
- Hafenamt, Kai 3, Skarra

dpa xy yyzz a3 kb

221805 Apr 24

