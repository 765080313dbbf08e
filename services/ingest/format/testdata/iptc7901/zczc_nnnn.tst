ZCZC eca0191 4 i 60  dpa 0463
Skarra/harbour/

Quay in Skarra closed until Monday =

Skarra (dpa) - The quay in Skarra is closed until Monday.

A crack was found in the concrete.

dpa ib yyzz lk
201140 GMT Apr 24

NNNN
