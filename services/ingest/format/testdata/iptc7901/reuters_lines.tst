RTR0777 3 OVR 110
SKARRA-FERRY/ (UPDATE 1)
UPDATE 1-Skarra ferry sails again after a year

    By Ida Brandt
    SKARRA, April 20 (Reuters) - The ferry to Skarra sailed on Saturday for the first time in a year, after a strike and a storm had kept it in port.
    "We waited long," said the harbour master, who had counted 200 people on the quay at dawn.
    The fare is 4 euros.

 (Reporting by Ida Brandt; Editing by Lars Krogh)
200831 GMT APR 24
