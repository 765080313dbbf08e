w0001bc---
r s BC-Chess                 04-22 0010
^BC-Chess,10<
^Brandt wins<
	   Ida Brandt won.
	   XYZ-A-04-22-24 0100GMT<



w0002bc---
r s BC-Chess                 04-22 0010
^BC-Chess,10<
^Holm loses<
	   Per Holm lost.
	   XYZ-A-04-22-24 0110GMT<
