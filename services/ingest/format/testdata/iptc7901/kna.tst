bkn014 4 pl 21 vvvvb KNA 240422-89-00065#2
Skarra/Kirchen
Kirchen in Skarra läuten am Dienstag=
Skarra (KNA) Die Kirchen in Skarra läuten am Dienstag zur Eröffnung des
Hafens. Das teilte das Dekanat mit.
   Auch die Glocke der Mole soll klingen.
221015 Apr 24
