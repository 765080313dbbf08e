r0100rtr--
u i SKARRA-FERRY-(UPDATE1) 04-20 0040
^SKARRA-FERRY (UPDATE 1)<
^UPDATE 1-Skarra ferry sails again<
^By Ida Brandt<
   SKARRA, April 20 (Reuters) - The ferry sailed on Saturday.
   The quay was full.
	   REUTERS-04-20-24 1205GMT<
