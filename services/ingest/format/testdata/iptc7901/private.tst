eca0125 4 i 30  dpa 0470
Skarra/ferry/
Ferry line to Lund resumes =

Skarra (dpa) - The ferry line to Lund resumes on Monday.

The following information is not intended for publication

Contact: Ida Brandt, press office, Quay 3
EMBARGOED UNTIL 0500 GMT 23 APRIL 2024

dpa ib
222101 GMT Apr 24