w4771bc---
r a BC-US--Sunday Feature    04-22 0030
^BC-US--Sunday Feature, ADV28,30<
^HOLD FOR RELEASE UNTIL SUNDAY 0001 GMT<
^A day on the ferry<
	   SKARRA (AP) _ The ferry leaves at six.
	   AP-NY-04-22-24 1605EDT<
