w4760bc---
r s BC-CHE--Skarra Table     04-22 0030
^BC-CHE--Skarra Table<
^Skarra Chess Standings=
^All Times GMT=
^East Division=
^;W;L;Pct;GB
Skarra;23;13;.639;_
Lund;19;17;.528;3{
	   ___=
^Sunday's Games=
	   Skarra 7, Lund 5
	   Holm 3, Voss 0<
	   AP-WF-04-22-24 2015GMT<
