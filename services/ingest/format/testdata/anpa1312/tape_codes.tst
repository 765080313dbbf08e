s0044bc---
r s BC-Results 04-20 0040
^BC-Results,30<
^Saturday's Results<
#F8;M9SKARRA 2, LUND 1<
	By The ASSOCIATED PRESS<
	Skarra beat Lund on a latlate goal.
	The next game is on Sunday.
	   AP-WF-04-20-24 1805GMT<
