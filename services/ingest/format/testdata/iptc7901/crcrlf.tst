bdt0158 4 wi 93  dpa 0461
Schifffahrt/Skarra/
Fähre nach Skarra fährt wieder =

Skarra (dpa) - Die Fähre nach Skarra fährt nach einem Jahr wieder.
Rund 200 Menschen warteten am Kai.

Die Karten kosten nun vier Euro, teilte die Reederei mit. Im Sommer
soll öfter gefahren werden.
dpa ib yyzz lk

201031 Apr 24
