bdt0301 3 wi 30  dpa 2001
Bilanz/Nordwerft/
(Achtung Redaktionen: Sperrfrist 23. April 2024, 6.00 Uhr)
Nordwerft verdient mehr =

Skarra (dpa) - Die Nordwerft hat im ersten Quartal mehr verdient als im
Vorjahr.

221200 Apr 24
