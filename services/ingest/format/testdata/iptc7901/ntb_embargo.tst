NTB0301 4 INN 40
Ferge-Skarra
SPERREFRIST TIL 21. APRIL 2024 KL. 06.00
Ferga går igjen til Skarra =

SKARRA (NTB): Ferga går igjen fra søndag.

Rundt 200 har kjøpt billett.
(NTB)
201240 APR 24
