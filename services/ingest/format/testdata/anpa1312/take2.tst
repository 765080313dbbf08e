w4741bc---
r a BC-US--Skarra Harbor,T   04-22 0040
^BC-US--Skarra Harbor, Take 2 of 3,40<
	   The damage is put at 3 million crowns.
	   AP-WF-04-22-24 1931GMT<
