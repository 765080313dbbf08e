i0042bc---
r i BC-Skarra-Ferry          04-21 0030
^BC-Skarra-Ferry,30<
^Ferry line resumes<
	   The line to Lund resumes on Monday.

