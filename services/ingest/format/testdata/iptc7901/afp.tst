GLM0093 4 i 0272 FRA /AFP-PV69
transport-mer-accident
Le bac de Skarra repart après un an
SKARRA, 20 avr 2024 (AFP) - Le bac de Skarra est reparti samedi après
un an d'arrêt, a-t-on appris auprès de la capitainerie.

   Quelque 200 personnes attendaient sur le quai, où une fanfare
jouait depuis l'aube.
ib/lk

AFP  200631 GMT AVR 24
