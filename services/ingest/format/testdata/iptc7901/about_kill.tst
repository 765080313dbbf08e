eca0126 4 i 30  dpa 0471
Media/wires/
Agency kills story about harbour, then holds another =

Skarra (dpa) - "Please kill item dpa 456", an agency wrote on Monday.
An embargo until 0001 GMT on 23 April 2030 was broken.

KILLED stories are rare, and WITHHELD ones are not.
222102 GMT Apr 24