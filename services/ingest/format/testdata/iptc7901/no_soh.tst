bdt0159 4 wi 60  dpa 0462
Schifffahrt/
Kai in Skarra gesperrt =

Skarra (dpa) - Der Kai in Skarra ist bis Montag gesperrt.

Grund ist ein Riss im Beton.
dpa ib yyzz lk
201130 Apr 24
