w4751bc---
b v BC-AP--Kill              04-22 0030
^BC-AP--Kill Advisory<
^KILL KILL KILL=
	   Please kill the story about the harbor of Skarra.
	   AP-WF-04-22-24 2010GMT<
