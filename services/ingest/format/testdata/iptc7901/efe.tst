EXT1234 4 ECO,TRA 120 EFE
TRANSPORTE MARÍTIMO
El ferry vuelve a Skarra tras un año

   Skarra, 20 abr (EFE).- El ferry de Skarra volvió a zarpar este
sábado tras un año parado.
   Unas 200 personas esperaban en el muelle. EFE
ib/lk

200831 GMT ABR 24
