w4772bc---
r v BC-AP News Coverage Advisory 04-22 0030
^BC-AP News Coverage Advisory, ADVISORY<
^Plans for Tuesday<
	   SKARRA-HARBOR: reopens. UPCOMING: 400 words by 5 p.m.
	   AP-NY-04-22-24 1606EDT<
