a0900bc---
b a BC-APNewsAlert 04-20 0040
^BC-APNewsAlert,12<
	SKARRA (AP) _ Ferry sails again, harbor master says.
	   AP-WF-04-20-24 1805GMT<
