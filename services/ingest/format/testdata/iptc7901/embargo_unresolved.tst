bdt0302 3 wi 30  dpa 2002
Rede/
(Sperrfrist: Redebeginn)
Ministerin verspricht neue Fähren =

Skarra (dpa) - Die Ministerin will drei Fähren kaufen.

221201 Apr 24
