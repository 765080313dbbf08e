w4711bc---
r a BC-US--Skarra Harbor     04-22 0120
^BC-US--Skarra Harbor,120<
^Skarra harbor to reopen after storm<
^AP Photo SK101, SK102<
^Eds: With AP Photos.<
^By IDA BRANDT=
^Associated Press=
	   SKARRA (AP) _ The harbor of Skarra will reopen on Tuesday after the
storm, the authority said.
	   ``The mole held,'' said Ida Brandt, its head. Repairs took 2{ days.
	   ___
	   AP writer Per Holm in Lund contributed.
	   AP-WF-04-22-24 1805GMT<
