w4740bc---
r a BC-US--Skarra Harbor,1   04-22 0040
^BC-US--Skarra Harbor, 1st Add,40<
^SKARRA: Tuesday.=
	   Twelve ferries had not been able to land since Friday.
	   AP-WF-04-22-24 1930GMT<
