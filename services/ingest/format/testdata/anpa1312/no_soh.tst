w4713bc---
r a BC-US--Quay  04-20 0040
^BC-US--Quay,40<
^Quay closed until Monday<
	SKARRA (AP) _ The quay is closed.
	It opens on Monday.
	   AP-WF-04-20-24 1805GMT<
