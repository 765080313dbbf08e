n0123cpn--
d n Ferry-Skarra 04-20 0040
^Ferry-Skarra,60<
^Ferry sails again from Skarra<
^By Ida Brandt=
^THE CANADIAN PRESS=
	SKARRA, Ont. _ The ferry sailed Saturday.
	Two hundred people waited.
	___
	With files from Lars Krogh.
	   04-20-24 1805EDT<
