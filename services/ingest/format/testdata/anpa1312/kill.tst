w4750bc---
b a BC-US--Skarra Harbor,K   04-22 0040
^BC-US--Skarra Harbor, KILL,40<
^Eds: Please kill the story Skarra Harbor, V4711. The harbor will not reopen.=
^A KILL IS MANDATORY.=
	   The AP
	   AP-WF-04-22-24 2005GMT<
