w4733bc---
u a BC-US--Skarra Harbor,1   04-22 0125
^BC-US--Skarra Harbor, 1st Ld-Writethru,120<
^Skarra harbor to reopen after storm<
^AP Photo SK101, SK102<
^Eds: With AP Photos.<
^By IDA BRANDT=
^Associated Press=
	   SKARRA (AP) _ The harbor of Skarra will reopen on Wednesday after the
storm, the authority said.
	   ``The mole held,'' said Ida Brandt, its head. Repairs took 2{ days.
	   ___
	   AP writer Per Holm in Lund contributed.
	   AP-WF-04-22-24 1915GMT<
