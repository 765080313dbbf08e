w4712bc---
r a BC-US--Skarra Ferry  04-20 0040
^BC-US--Skarra Ferry,90<
^Ferry to Skarra sails again after a year<
^By IDA BRANDT=
^Associated Press Writer=
	SKARRA (AP) _ The ferry to Skarra sailed on Saturday for
the first time in a year.
	"We waited long," the harbor master said.
	   AP-WF-04-20-24 1805GMT<
