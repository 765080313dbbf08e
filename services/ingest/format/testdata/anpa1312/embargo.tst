w4770bc---
r a BC-US--Bank Rates        04-22 0030
^BC-US--Bank Rates,30<
^EMBARGOED UNTIL 12:01 A.M. EDT, APRIL 23, 2024<
^Bank of Skarra holds rates<
^By IDA BRANDT=
^AP Business Writer=
	   SKARRA (AP) _ The bank holds its rates.
	   AP-NY-04-22-24 1605EDT<
