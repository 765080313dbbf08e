a0815 bc---
r a BC-US--Harbor 04-20 0040
^BC-US--Harbor,40<
^Harbor dredged<
	SKARRA (AP) _ The harbor was dredged.
	Ships may enter.
	   AP-WF-04-20-24 1805GMT<
