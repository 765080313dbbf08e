ZCZC0123/SXA
XEF12345_SXA_QBXB
R ECO S0A QBXB
TRAGHETTO RIPARTE DA SKARRA DOPO UN ANNO
FOLLA SUL MOLO
   (ANSA) - SKARRA, 20 APR - Il traghetto per Skarra è ripartito
oggi dopo un anno di fermo.
   Circa 200 persone attendevano sul molo. Il biglietto costa
quattro euro. (ANSA).

     YH2-FRT
20-APR-24 10:31 NNNN
